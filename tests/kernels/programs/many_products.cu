// isa: native avx512 avx2
// Unrolled kernels have hundreds of matrix products: the work of each kind stands in one function then. Exact sums of small integers.
#include <cuda_fp16.h>
#include <mma.h>

#include <cstdio>
#include <vector>

using namespace nvcuda;

template <class In, class Sum, int kSteps>
__global__ void product(const In* a, const In* b, Sum* c) {  // a: 16 x kDepth by rows, b: kDepth x 16 by columns, c: 16 x 16
  constexpr int kDepth = 16 * kSteps;
  wmma::fragment<wmma::matrix_a, 16, 16, 16, In, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, In, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 16, 16, 16, Sum> sum;
  wmma::fill_fragment(sum, Sum(0));
#pragma unroll
  for (int i = 0; i < kSteps; ++i) {
    wmma::load_matrix_sync(left, a + 16 * i, kDepth);
    wmma::load_matrix_sync(right, b + 16 * i, kDepth);
    wmma::mma_sync(sum, left, right, sum);
  }
  wmma::store_matrix_sync(c, sum, 16, wmma::mem_row_major);
}

static int wrong;

template <class In, class Sum, int kSteps>
static void check(const char* name) {
  constexpr int kDepth = 16 * kSteps;
  std::vector<int> a(16 * kDepth), b(16 * kDepth);
  for (int i = 0; i < 16 * kDepth; ++i) a[i] = i * 7 % 5 - 2, b[i] = i * 11 % 7 - 3;
  In *d_a, *d_b;
  Sum* c;
  cudaMallocManaged(&d_a, a.size() * sizeof(In));
  cudaMallocManaged(&d_b, b.size() * sizeof(In));
  cudaMallocManaged(&c, 256 * sizeof(Sum));
  for (size_t i = 0; i < a.size(); ++i) d_a[i] = In(float(a[i])), d_b[i] = In(float(b[i]));
  product<In, Sum, kSteps><<<1, 32>>>(d_a, d_b, c);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong = printf("%s: %s\n", name, cudaGetErrorString(cudaGetLastError()));
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      int sum = 0;
      for (int k = 0; k < kDepth; ++k) sum += a[y * kDepth + k] * b[x * kDepth + k];
      if (int(c[y * 16 + x]) != sum) wrong = printf("%s: [%d][%d] is %d, not %d\n", name, y, x, int(c[y * 16 + x]), sum);
    }
  }
}

int main() {
  check<half, float, 300>("half");  // more than the stack of a group could hold, if each call left its results in a place of its own
  check<signed char, int, 100>("signed char");
  return wrong != 0;
}
