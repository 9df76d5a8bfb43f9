// Transpose of a square matrix through a padded tile in shared memory (the side is a multiple of 32).
#include "../bench.h"

constexpr int kTile = 32, kRows = 8;

__global__ void transpose(const float* in, float* out, int n) {
  __shared__ float tile[kTile][kTile + 1];
  int x = blockIdx.x * kTile + threadIdx.x, y = blockIdx.y * kTile + threadIdx.y;
  for (int i = 0; i < kTile; i += kRows) tile[threadIdx.y + i][threadIdx.x] = in[(y + i) * n + x];
  __syncthreads();
  x = blockIdx.y * kTile + threadIdx.x;
  y = blockIdx.x * kTile + threadIdx.y;
  for (int i = 0; i < kTile; i += kRows) out[(y + i) * n + x] = tile[threadIdx.x][threadIdx.y + i];
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 4096);
  size_t cells = (size_t)n * n;
  float* data = bench_fill(cells, 1, -1.0f, 1.0f);
  float* d_in = bench_upload(data, cells);
  float* d_out = bench_device<float>(cells);
  Bench bench = bench_open("transpose");
  while (bench_again(&bench)) {
    bench_start(&bench);
    transpose<<<dim3(n / kTile, n / kTile), dim3(kTile, kRows)>>>(d_in, d_out, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(data, d_out, cells);
  bench_close_f32(&bench, data, cells);
  return 0;
}
