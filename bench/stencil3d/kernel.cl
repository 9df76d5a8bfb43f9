// One step of a 7-point stencil on a cube: a work-item marches along z.
__kernel void jacobi(__global const float* in, __global float* out, int n) {
  int x = get_global_id(0) + 1, y = get_global_id(1) + 1;
  if (x >= n - 1 || y >= n - 1) return;
  int plane = n * n, i = plane + y * n + x;
  float below = in[i - plane], centre = in[i];
  for (int z = 1; z < n - 1; ++z, i += plane) {
    float above = in[i + plane];
    out[i] = 0.4f * centre + 0.1f * (below + above + in[i - 1] + in[i + 1] + in[i - n] + in[i + n]);
    below = centre;
    centre = above;
  }
}
