// Convolution of an image with a 7 x 7 filter: a tile with its halo in shared memory, weights in constant
// memory. Beyond the border the nearest pixel counts.
#include "../bench.h"

constexpr int kRadius = 3, kSide = 2 * kRadius + 1, kWidth = 32, kHeight = 8;

__constant__ float weights[kSide * kSide];

__global__ void convolve(const float* in, float* out, int n) {
  __shared__ float tile[kHeight + 2 * kRadius][kWidth + 2 * kRadius];
  int left = blockIdx.x * kWidth - kRadius, top = blockIdx.y * kHeight - kRadius;
  for (int y = threadIdx.y; y < kHeight + 2 * kRadius; y += kHeight) {
    int from_y = min(max(top + y, 0), n - 1);
    for (int x = threadIdx.x; x < kWidth + 2 * kRadius; x += kWidth) {
      tile[y][x] = in[from_y * n + min(max(left + x, 0), n - 1)];
    }
  }
  __syncthreads();
  int x = blockIdx.x * kWidth + threadIdx.x, y = blockIdx.y * kHeight + threadIdx.y;
  if (x >= n || y >= n) return;
  float sum = 0.0f;
#pragma unroll
  for (int dy = 0; dy < kSide; ++dy) {
#pragma unroll
    for (int dx = 0; dx < kSide; ++dx)
      sum += weights[dy * kSide + dx] * tile[threadIdx.y + dy][threadIdx.x + dx];
  }
  out[y * n + x] = sum;
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 2048);
  size_t cells = (size_t)n * n;
  float* data = bench_fill(cells, 1, -1.0f, 1.0f);
  float* filter = bench_fill(kSide * kSide, 2, -1.0f, 1.0f);
  float* d_in = bench_upload(data, cells);
  float* d_out = bench_device<float>(cells);
  BENCH_CUDA(cudaMemcpyToSymbol(weights, filter, sizeof weights));
  Bench bench = bench_open("convolution");
  while (bench_again(&bench)) {
    bench_start(&bench);
    dim3 blocks((n + kWidth - 1) / kWidth, (n + kHeight - 1) / kHeight);
    convolve<<<blocks, dim3(kWidth, kHeight)>>>(d_in, d_out, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(data, d_out, cells);
  bench_close_f32(&bench, data, cells);
  return 0;
}
