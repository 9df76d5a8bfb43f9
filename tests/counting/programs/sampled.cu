// Kernels of which a sample of blocks is counted, on grids of one, two and three dimensions.
#include <cuda_runtime.h>

#include "gemm.h"

__global__ void add(const float* a, const float* b, float* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}
// The same with blocks in one dimension, as compilers of tiles have it: who shares B is not to be seen from the grid.
__global__ void flat_gemm(const float* a, const float* b, float* c, int n) {
  __shared__ float as[16][16], bs[16][16];
  int tx = threadIdx.x, ty = threadIdx.y, columns = n / 16;
  int row = blockIdx.x / columns * 16 + ty, col = blockIdx.x % columns * 16 + tx;
  float sum = 0;
  for (int k = 0; k < n; k += 16) {
    as[ty][tx] = a[row * n + k + tx];
    bs[ty][tx] = b[(k + ty) * n + col];
    __syncthreads();
    for (int i = 0; i < 16; i++) sum += as[ty][i] * bs[i][tx];
    __syncthreads();
  }
  c[row * n + col] = sum;
}
__global__ void stencil(const float* a, float* b, int n) {
  int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 8 + threadIdx.y, z = blockIdx.z;
  if (x < 1 || y < 1 || x >= n - 1 || y >= n - 1) return;
  const float* p = a + (size_t(z) * n + y) * n + x;
  b[(size_t(z) * n + y) * n + x] = p[0] + p[-1] + p[1] + p[-n] + p[n];
}
// Work that differs from block to block, a table that all blocks read here and there.
__global__ void uneven(const float* table, float* c, int size) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned at = i * 2654435761u;
  float sum = 0;
  for (int k = 0; k < 4 + (blockIdx.x * 37 & 31); k++) {
    at = at * 1664525u + 1013904223u;
    sum += table[at % size];
  }
  c[i] = sum;
}

int main() {
  float *a, *b, *c;
  const int n = 1 << 21;
  cudaMalloc(&a, n * 4), cudaMalloc(&b, n * 4), cudaMalloc(&c, n * 4);
  cudaMemset(a, 0, n * 4), cudaMemset(b, 0, n * 4);
  add<<<(n - 77) / 256 + 1, 256>>>(a, b, c, n - 77);
  gemm<<<dim3(40, 40), dim3(16, 16)>>>(a, b, c, 640);
  flat_gemm<<<1600, dim3(16, 16)>>>(a, b, c, 640);
  stencil<<<dim3(16, 64, 7), dim3(32, 8)>>>(a, c, 512);
  uneven<<<4096, 128>>>(a, c, 1 << 16);
  return cudaDeviceSynchronize();
}
