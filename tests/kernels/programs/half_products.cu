// Products of half precision over a long inner dimension: exact where all sums are whole numbers, and infinity, NaN and zero as IEEE has them.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <cuda_fp16.h>
#include <mma.h>

using namespace nvcuda;
constexpr int kRows = 64, kColumns = 64, kDepth = 2048;

__global__ void product(const half* a, const half* b, float* c) {
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums[2][2];
  for (auto& row : sums)
    for (auto& sum : row) wmma::fill_fragment(sum, 0.0f);
  int first_row = blockIdx.y * 32, first_column = blockIdx.x * 32;
  for (int k = 0; k < kDepth; k += 16) {
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> left[2];
    wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> right[2];
    for (int i = 0; i < 2; ++i) {
      wmma::load_matrix_sync(left[i], a + (first_row + 16 * i) * kDepth + k, kDepth);
      wmma::load_matrix_sync(right[i], b + k * kColumns + first_column + 16 * i, kColumns);
    }
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j) wmma::mma_sync(sums[i][j], left[i], right[j], sums[i][j]);
  }
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j)
      wmma::store_matrix_sync(c + (first_row + 16 * i) * kColumns + first_column + 16 * j, sums[i][j], kColumns, wmma::mem_row_major);
}

int main() {
  half *a, *b;
  float* c;
  cudaMallocManaged(&a, kRows * kDepth * sizeof *a);
  cudaMallocManaged(&b, kDepth * kColumns * sizeof *b);
  cudaMallocManaged(&c, kRows * kColumns * sizeof *c);
  uint32_t state = 1;
  auto small = [&] { return int((state = state * 1664525u + 1013904223u) >> 24) % 8 - 4; };
  for (int i = 0; i < kRows * kDepth; ++i) a[i] = __float2half(float(small()));
  for (int i = 0; i < kDepth * kColumns; ++i) b[i] = __float2half(float(small()));
  for (int k = 0; k < kDepth; ++k) a[3 * kDepth + k] = __float2half(k % 2 ? 1.0f : -1.0f);  // sums that are 0 at the end
  for (int k = 0; k < kDepth; ++k) b[k * kColumns + 5] = __float2half(2.0f);
  uint16_t least = 1, quiet = 0x7e01, first_nan = 0x7c01;
  a[10 * kDepth + 100] = __float2half(INFINITY);
  a[11 * kDepth + 100] = __float2half(-INFINITY);
  b[100 * kColumns + 9] = __float2half(0.0f);
  b[100 * kColumns + 8] = __float2half(1.0f);
  b[700 * kColumns + 20] = __float2half(INFINITY);
  memcpy(&a[12 * kDepth + 7], &quiet, 2);
  memcpy(&a[13 * kDepth + 7], &first_nan, 2);
  for (int k = 0; k < kDepth; ++k) memcpy(&a[14 * kDepth + k], &least, 2);  // the smallest number of all
  product<<<dim3(kColumns / 32, kRows / 32), 32>>>(a, b, c);
  if (cudaError_t error = cudaDeviceSynchronize()) return printf("%s\n", cudaGetErrorString(error)), 1;
  int wrong = 0;
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kColumns; ++j) {
      double sum = 0;
      for (int k = 0; k < kDepth; ++k) sum += double(__half2float(a[i * kDepth + k])) * double(__half2float(b[k * kColumns + j]));
      float found = c[i * kColumns + j];
      if (std::isnan(sum) ? std::isnan(found) : found == float(sum)) continue;
      if (wrong++ < 10) printf("[%d][%d] is %.9g, not %.9g\n", i, j, found, sum);
    }
  }
  return wrong != 0;
}
