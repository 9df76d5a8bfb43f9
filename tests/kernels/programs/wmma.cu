// Warp matrix functions in all types, shapes and layouts against sums on the host. Small integers: every sum is exact, in any order.
#include <mma.h>

#include <cstdio>
#include <type_traits>

using namespace nvcuda;

template <class T>
struct Memory {
  typedef T type;
};
template <>
struct Memory<wmma::precision::tf32> {
  typedef float type;
};

template <class T, class D, int m, int n, int k, class LA, class LB>
__global__ void multiply(const typename Memory<T>::type* a, const typename Memory<T>::type* b, const D* c, D* d, D* doubled, int lda, int ldb,
                         int ldc, bool rows, bool sat) {
  wmma::fragment<wmma::matrix_a, m, n, k, T, LA> fa;
  wmma::fragment<wmma::matrix_b, m, n, k, T, LB> fb;
  wmma::fragment<wmma::accumulator, m, n, k, D> fc, twice;
  wmma::load_matrix_sync(fa, a, lda);
  wmma::load_matrix_sync(fb, b, ldb);
  wmma::load_matrix_sync(fc, c, ldc, rows ? wmma::mem_row_major : wmma::mem_col_major);
  wmma::fill_fragment(twice, D(0));
  wmma::mma_sync(twice, fa, fb, twice);
  for (int i = 0; i < twice.num_elements; ++i) twice.x[i] = twice.x[i] + twice.x[i];
  wmma::mma_sync(fc, fa, fb, fc, sat);
  wmma::store_matrix_sync(d, fc, ldc, rows ? wmma::mem_row_major : wmma::mem_col_major);
  wmma::store_matrix_sync(doubled, twice, ldc, wmma::mem_row_major);
}

static int wrong, done;
template <class T>
static T* array(int count, int low, int high, unsigned seed) {
  T* at;
  cudaMallocManaged(&at, count * sizeof(T));
  for (int i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    at[i] = T(float(low + int((seed >> 8) % unsigned(high - low + 1))));
  }
  return at;
}

template <class T, class D, int m, int n, int k, class LA, class LB>
static void check(const char* name, bool rows, int pad, int scale = 1, bool sat = false) {
  typedef typename Memory<T>::type M;
  constexpr bool row_a = std::is_same<LA, wmma::row_major>::value, row_b = std::is_same<LB, wmma::row_major>::value;
  int lda = (row_a ? k : m) + pad, ldb = (row_b ? n : k) + pad, ldc = (rows ? n : m) + pad;
  int low = std::is_same<M, unsigned char>::value ? 0 : -4;
  M *a = array<M>(64 * 64, low * scale, 4 * scale, 1), *b = array<M>(64 * 64, low * scale, 4 * scale, 2);
  D* c = array<D>(64 * 64, -50, 50, 3);
  D *d = array<D>(64 * 64, 0, 0, 4), *doubled = array<D>(64 * 64, 0, 0, 5);
  if (sat) c[0] = D(2147483000.0), c[1] = D(-2147483000.0);
  multiply<T, D, m, n, k, LA, LB><<<1, 32>>>(a, b, c, d, doubled, lda, ldb, rows ? ldc : ldc, rows, sat);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong++;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int l = 0; l < k; ++l) sum += double(float(a[row_a ? i * lda + l : l * lda + i])) * double(float(b[row_b ? l * ldb + j : j * ldb + l]));
      int at = rows ? i * ldc + j : j * ldc + i;
      double added = sum + (std::is_same<D, int>::value ? double(int(c[at])) : double(float(c[at])));
      if (sat && added > 2147483647.0) added = 2147483647.0;
      if (sat && added < -2147483648.0) added = -2147483648.0;
      double got = std::is_same<D, int>::value ? double(int(d[at])) : double(float(d[at]));
      double two = std::is_same<D, int>::value ? double(int(doubled[i * ldc + j])) : double(float(doubled[i * ldc + j]));
      if ((got != added || (rows && two != 2 * sum)) && wrong++ < 10)
        printf("%s %d,%d: %g and %g, not %g and %g\n", name, i, j, got, two, added, 2 * sum);
    }
  cudaFree(a), cudaFree(b), cudaFree(c), cudaFree(d), cudaFree(doubled);
  done++;
}

// Each pair of layouts is a kernel of its own, and takes a while to compile: without ALL those that differ most.
template <class T, class D, int m, int n, int k>
static void layouts(const char* name) {
  for (int pad : {0, 8}) {
    for (bool rows : {true, false}) {
      check<T, D, m, n, k, wmma::row_major, wmma::col_major>(name, rows, pad);
      if (m == 16 || pad) check<T, D, m, n, k, wmma::col_major, wmma::row_major>(name, rows, pad);
#ifdef ALL
      check<T, D, m, n, k, wmma::row_major, wmma::row_major>(name, rows, pad);
      check<T, D, m, n, k, wmma::col_major, wmma::col_major>(name, rows, pad);
#endif
    }
  }
}
template <class T, class D>
static void shapes(const char* name, bool wide) {
  layouts<T, D, 16, 16, 16>(name);
#ifndef ALL
  if (wide) check<T, D, 32, 8, 16, wmma::row_major, wmma::row_major>(name, true, 8);
  if (!wide) check<T, D, 8, 32, 16, wmma::col_major, wmma::col_major>(name, true, 8);
#else
  layouts<T, D, 32, 8, 16>(name);
  layouts<T, D, 8, 32, 16>(name);
#endif
}

__global__ void rounded(float* values, int n) {
  for (int i = 0; i < n; ++i) values[i] = wmma::__float_to_tf32(values[i]);
}

int main() {
  shapes<__half, float>("f16, f32", true);
  shapes<__half, __half>("f16", false);
  shapes<__nv_bfloat16, float>("bf16", true);
  shapes<signed char, int>("s8", false);
  shapes<unsigned char, int>("u8", true);
  layouts<wmma::precision::tf32, float, 16, 16, 8>("tf32");
  layouts<double, double, 8, 8, 4>("f64");
  check<signed char, int, 16, 16, 16, wmma::row_major, wmma::row_major>("s8, saturated", true, 0, 30, true);

  float* values;
  cudaMallocManaged(&values, 4 * sizeof(float));
  values[0] = 1.0f + 1.0f / 2048, values[1] = 1.0f + 1.0f / 4096, values[2] = -1.0f - 3.0f / 2048, values[3] = 3.0f;
  rounded<<<1, 1>>>(values, 4);
  cudaDeviceSynchronize();
  wrong += values[0] != 1.0f + 1.0f / 1024 || values[1] != 1.0f || values[2] != -1.0f - 2.0f / 1024 || values[3] != 3.0f;
  printf("%s: %d products, %d wrong\n", wrong ? "FAIL" : "PASS", done, wrong);
  return wrong != 0;
}
