// One Jacobi step of a 5-point stencil on a square; the border stays.
#include "../bench.h"

__global__ void step(const float* in, float* out, int n) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= n || y >= n) return;
  int i = y * n + x;
  bool border = x == 0 || y == 0 || x == n - 1 || y == n - 1;
  out[i] = border ? in[i] : 0.5f * in[i] + 0.125f * (in[i - 1] + in[i + 1] + in[i - n] + in[i + n]);
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 4096);
  size_t cells = (size_t)n * n;
  float* data = bench_fill(cells, 1, -1.0f, 1.0f);
  float* d_in = bench_upload(data, cells);
  float* d_out = bench_device<float>(cells);
  Bench bench = bench_open("stencil2d");
  while (bench_again(&bench)) {
    bench_start(&bench);
    step<<<dim3((n + 31) / 32, (n + 7) / 8), dim3(32, 8)>>>(d_in, d_out, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(data, d_out, cells);
  bench_close_f32(&bench, data, cells);
  return 0;
}
