// SAXPY: y = a * x + y, one element a thread. Pure streaming.
#include "../bench.h"

__global__ void saxpy(int n, float a, const float* x, float* y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 24);
  float* x = bench_fill(n, 1, -1.0f, 1.0f);
  float* y = bench_fill(n, 2, -1.0f, 1.0f);
  float* d_x = bench_upload(x, n);
  float* d_y = bench_upload(y, n);
  Bench bench = bench_open("saxpy");
  while (bench_again(&bench)) {
    BENCH_CUDA(cudaMemcpy(d_y, y, n * sizeof(float), cudaMemcpyHostToDevice));
    bench_start(&bench);
    saxpy<<<(n + 255) / 256, 256>>>(n, 1.5f, d_x, d_y);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(y, d_y, n);
  bench_close_f32(&bench, y, n);
  return 0;
}
