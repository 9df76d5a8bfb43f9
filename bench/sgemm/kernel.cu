// SGEMM, C = A * B with row-major n x n matrices (n a multiple of 128): square tiles in shared memory with
// one result a thread (16 x 16 and 32 x 32), and register blocking with 4 x 4 and 8 x 8 results a thread.
#include "../bench.h"

template <int kTile>
__global__ void tiled(const float* a, const float* b, float* c, int n) {
  __shared__ float tile_a[kTile][kTile];
  __shared__ float tile_b[kTile][kTile];
  int row = blockIdx.y * kTile + threadIdx.y;
  int column = blockIdx.x * kTile + threadIdx.x;
  float sum = 0.0f;
  for (int start = 0; start < n; start += kTile) {
    tile_a[threadIdx.y][threadIdx.x] = a[row * n + start + threadIdx.x];
    tile_b[threadIdx.y][threadIdx.x] = b[(start + threadIdx.y) * n + column];
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kTile; ++k) sum += tile_a[threadIdx.y][k] * tile_b[k][threadIdx.x];
    __syncthreads();
  }
  c[row * n + column] = sum;
}

// A block of 16 x 16 threads computes a square of 16 * kEach; a thread's results lie 16 apart.
template <int kEach, int kDepth>
__global__ void blocked(const float* a, const float* b, float* c, int n) {
  constexpr int kSide = 16 * kEach;
  __shared__ float tile_a[kDepth][kSide];
  __shared__ float tile_b[kDepth][kSide];
  int thread = threadIdx.y * 16 + threadIdx.x;
  int first_row = blockIdx.y * kSide;
  int first_column = blockIdx.x * kSide;
  float sums[kEach][kEach] = {};
  for (int start = 0; start < n; start += kDepth) {
    for (int i = thread; i < kSide * kDepth; i += 256) {
      tile_a[i % kDepth][i / kDepth] = a[(first_row + i / kDepth) * n + start + i % kDepth];
      tile_b[i / kSide][i % kSide] = b[(start + i / kSide) * n + first_column + i % kSide];
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kDepth; ++k) {
      float column_of_a[kEach], row_of_b[kEach];
#pragma unroll
      for (int i = 0; i < kEach; ++i) {
        column_of_a[i] = tile_a[k][threadIdx.y + 16 * i];
        row_of_b[i] = tile_b[k][threadIdx.x + 16 * i];
      }
#pragma unroll
      for (int i = 0; i < kEach; ++i) {
#pragma unroll
        for (int j = 0; j < kEach; ++j) sums[i][j] += column_of_a[i] * row_of_b[j];
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kEach; ++i) {
#pragma unroll
    for (int j = 0; j < kEach; ++j) {
      c[(first_row + threadIdx.y + 16 * i) * n + first_column + threadIdx.x + 16 * j] = sums[i][j];
    }
  }
}

template <class Kernel>
void measure(const char* name, Kernel kernel, int threads, int side, int n, float* out) {
  float* a = bench_fill((size_t)n * n, 1, -1.0f, 1.0f);
  float* b = bench_fill((size_t)n * n, 2, -1.0f, 1.0f);
  float* d_a = bench_upload(a, (size_t)n * n);
  float* d_b = bench_upload(b, (size_t)n * n);
  float* d_c = bench_device<float>((size_t)n * n);
  Bench bench = bench_open(name);
  while (bench_again(&bench)) {
    bench_start(&bench);
    kernel<<<dim3(n / side, n / side), dim3(threads, threads)>>>(d_a, d_b, d_c, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(out, d_c, (size_t)n * n);
  bench_close_f32(&bench, out, (size_t)n * n);
  BENCH_CUDA(cudaFree(d_a));
  BENCH_CUDA(cudaFree(d_b));
  BENCH_CUDA(cudaFree(d_c));
  free(a);
  free(b);
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1024);
  float* out = (float*)bench_alloc((size_t)n * n * sizeof(float));
  measure("sgemm.tiled16", tiled<16>, 16, 16, n, out);
  measure("sgemm.tiled32", tiled<32>, 32, 32, n, out);
  measure("sgemm.blocked4", blocked<4, 16>, 16, 64, n, out);
  measure("sgemm.blocked8", blocked<8, 8>, 16, 128, n, out);
  return 0;
}
