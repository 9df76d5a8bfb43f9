// One Jacobi step of a 5-point stencil on a square; the border stays.
__kernel void jacobi(__global const float* in, __global float* out, int n) {
  int x = get_global_id(0), y = get_global_id(1);
  if (x >= n || y >= n) return;
  int i = y * n + x;
  bool border = x == 0 || y == 0 || x == n - 1 || y == n - 1;
  out[i] = border ? in[i] : 0.5f * in[i] + 0.125f * (in[i - 1] + in[i + 1] + in[i - n] + in[i + n]);
}
