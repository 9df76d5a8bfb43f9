// Tiled matrix multiply: a block stages tiles in shared memory and reuses each number 16 times.
//
// Usage: matmul [size of the square matrices]

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

constexpr int kTile = 16;

// C = A * B for row-major n x n matrices; n need not be a multiple of the tile.
__global__ void matmul(const float* a, const float* b, float* c, int n) {
  __shared__ float tile_a[kTile][kTile];
  __shared__ float tile_b[kTile][kTile];
  int row = blockIdx.y * kTile + threadIdx.y;
  int column = blockIdx.x * kTile + threadIdx.x;

  float sum = 0.0f;
  for (int start = 0; start < n; start += kTile) {
    int k_a = start + threadIdx.x;
    int k_b = start + threadIdx.y;
    tile_a[threadIdx.y][threadIdx.x] = row < n && k_a < n ? a[row * n + k_a] : 0.0f;
    tile_b[threadIdx.y][threadIdx.x] = k_b < n && column < n ? b[k_b * n + column] : 0.0f;
    __syncthreads();  // the tiles are complete
    for (int k = 0; k < kTile; ++k) sum += tile_a[threadIdx.y][k] * tile_b[k][threadIdx.x];
    __syncthreads();  // everybody has read them: they may be overwritten
  }
  if (row < n && column < n) c[row * n + column] = sum;
}

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 250;
  std::vector<float> a(n * n), b(n * n), c(n * n);
  for (int i = 0; i < n * n; ++i) {
    a[i] = float(i % 17) / 17.0f;
    b[i] = float(i % 23) / 23.0f - 0.5f;
  }

  float *d_a, *d_b, *d_c;
  size_t bytes = c.size() * sizeof(float);
  CHECK(cudaMalloc(&d_a, bytes));
  CHECK(cudaMalloc(&d_b, bytes));
  CHECK(cudaMalloc(&d_c, bytes));
  CHECK(cudaMemcpy(d_a, a.data(), bytes, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(d_b, b.data(), bytes, cudaMemcpyHostToDevice));

  dim3 threads(kTile, kTile);
  dim3 blocks((n + kTile - 1) / kTile, (n + kTile - 1) / kTile);
  matmul<<<blocks, threads>>>(d_a, d_b, d_c, n);
  CHECK(cudaGetLastError());
  CHECK(cudaMemcpy(c.data(), d_c, bytes, cudaMemcpyDeviceToHost));

  double worst = 0.0;
  for (int row = 0; row < n; ++row) {
    for (int column = 0; column < n; ++column) {
      double expected = 0.0;
      for (int k = 0; k < n; ++k) expected += double(a[row * n + k]) * b[k * n + column];
      worst = std::fmax(worst, std::fabs(c[row * n + column] - expected));
    }
  }
  bool good = worst < 1e-6 * n;
  std::printf("%s: %d x %d, largest difference from the host's double sum %.2e\n", good ? "PASS" : "FAIL", n,
              n, worst);

  CHECK(cudaFree(d_a));
  CHECK(cudaFree(d_b));
  CHECK(cudaFree(d_c));
  return good ? 0 : 1;
}
