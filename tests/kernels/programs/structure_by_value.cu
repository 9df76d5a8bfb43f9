// nvcc: -O0 -G
// Structures passed by value to functions that are not inlined: the callee may take their address, index them and change them,
// and the caller's stays as it was.
#include <cstdio>
struct Odd { char c[3]; };
struct Mixed { short s[5]; int i; double d; };
struct Big { float v[9]; };
__device__ __noinline__ int odd(Odd o, int k) { return o.c[k % 3]; }
__device__ __noinline__ double mixed(Mixed m, int k) {
  m.s[k % 5] += 100, m.d *= 2;
  Mixed *p = &m;
  return p->s[k % 5] + p->i + p->d;
}
__device__ __noinline__ float big(Big b, int depth) {
  if (depth == 0) return b.v[threadIdx.x % 9];
  b.v[depth % 9] += depth;
  return big(b, depth - 1);
}
__global__ void kernel(double *out) {
  int t = threadIdx.x;
  Odd o = {{char(t), char(t + 1), char(t + 2)}};
  Mixed m = {{1, 2, 3, 4, 5}, t, 0.5};
  Big b;
  for (int i = 0; i < 9; ++i) b.v[i] = t * 10 + i;
  if (t % 3 != 1) out[t] = odd(o, t) + 1000.0 * mixed(m, t) + 1e6 * big(b, 4);
  if (m.d != 0.5 || m.s[t % 5] != t % 5 + 1 || b.v[2] != t * 10 + 2) out[t] = -1;
}
int main() {
  double *out;
  cudaMallocManaged(&out, 96 * sizeof *out);
  kernel<<<1, 96>>>(out);
  if (cudaError_t e = cudaDeviceSynchronize()) return printf("%s\n", cudaGetErrorString(e)), 1;
  if (cudaError_t e = cudaGetLastError()) return printf("%s\n", cudaGetErrorString(e)), 1;
  for (int t = 0; t < 96; ++t) {
    double big = t * 10 + t % 9 + (t % 9 >= 1 && t % 9 <= 4 ? t % 9 : 0);
    double expected = t % 3 == 1 ? 0 : t + t % 3 + 1000.0 * (t % 5 + 1 + 100 + t + 1) + 1e6 * big;
    if (out[t] != expected) return printf("thread %d: %g, not %g\n", t, out[t], expected), 1;
  }
}
