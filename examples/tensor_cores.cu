// Tensor cores: a warp multiplies 16 x 16 tiles in half precision and sums in single precision (wmma).
//
// Usage: tensor_cores [size, a multiple of 16]

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <mma.h>

namespace wmma = nvcuda::wmma;

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

constexpr int kTile = 16;
constexpr int kWarps = 4;

// C = A * B: each warp owns one tile of C. All 32 lanes hold a part of every fragment.
__global__ void matmul(const half* a, const half* b, float* c, int n) {
  int tiles = n / kTile;
  int warp = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  if (warp >= tiles * tiles) return;  // the whole warp leaves: wmma needs all of its lanes
  int row = warp / tiles * kTile;
  int column = warp % tiles * kTile;

  wmma::fragment<wmma::matrix_a, kTile, kTile, kTile, half, wmma::row_major> tile_a;
  wmma::fragment<wmma::matrix_b, kTile, kTile, kTile, half, wmma::row_major> tile_b;
  wmma::fragment<wmma::accumulator, kTile, kTile, kTile, float> sum;
  wmma::fill_fragment(sum, 0.0f);
  for (int k = 0; k < n; k += kTile) {
    wmma::load_matrix_sync(tile_a, a + row * n + k, n);
    wmma::load_matrix_sync(tile_b, b + k * n + column, n);
    wmma::mma_sync(sum, tile_a, tile_b, sum);
  }
  wmma::store_matrix_sync(c + row * n + column, sum, n, wmma::mem_row_major);
}

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 192;
  if (n <= 0 || n % kTile) {
    std::fprintf(stderr, "the size must be a multiple of %d, and %d is none\n", kTile, n);
    return 2;
  }
  std::vector<half> a(n * n), b(n * n);
  std::vector<float> c(n * n);
  for (int i = 0; i < n * n; ++i) {
    a[i] = __float2half(float(i % 13) / 13.0f);
    b[i] = __float2half(float(i % 29) / 29.0f - 0.5f);
  }

  half *d_a, *d_b;
  float* d_c;
  CHECK(cudaMalloc(&d_a, a.size() * sizeof(half)));
  CHECK(cudaMalloc(&d_b, b.size() * sizeof(half)));
  CHECK(cudaMalloc(&d_c, c.size() * sizeof(float)));
  CHECK(cudaMemcpy(d_a, a.data(), a.size() * sizeof(half), cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(d_b, b.data(), b.size() * sizeof(half), cudaMemcpyHostToDevice));

  int warps = (n / kTile) * (n / kTile);
  matmul<<<(warps + kWarps - 1) / kWarps, kWarps * 32>>>(d_a, d_b, d_c, n);
  CHECK(cudaGetLastError());
  CHECK(cudaMemcpy(c.data(), d_c, c.size() * sizeof(float), cudaMemcpyDeviceToHost));

  double worst = 0.0;
  for (int row = 0; row < n; ++row) {
    for (int column = 0; column < n; ++column) {
      double expected = 0.0;
      for (int k = 0; k < n; ++k)
        expected += double(__half2float(a[row * n + k])) * __half2float(b[k * n + column]);
      worst = std::fmax(worst, std::fabs(c[row * n + column] - expected));
    }
  }
  bool good = worst < 2e-6 * n;
  std::printf("%s: %d x %d, largest difference from the host's double sum %.2e\n", good ? "PASS" : "FAIL", n,
              n, worst);

  CHECK(cudaFree(d_a));
  CHECK(cudaFree(d_b));
  CHECK(cudaFree(d_c));
  return good ? 0 : 1;
}
