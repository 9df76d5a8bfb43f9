// isa: native avx2
// Matrix products of 4-bit integers and of single bits: all shapes of mma, and fragments of 8 x 8.
#include <mma.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace nvcuda;
namespace narrow = wmma::experimental::precision;

// Elements of kBits bits in words; `get` as a number of the type.
template <int kBits, bool kSigned>
struct Matrix {
  std::vector<uint32_t> words;
  int width;
  Matrix(int rows, int columns) : words(rows * columns * kBits / 32), width(columns) {
    for (uint32_t& word : words) word = (uint32_t)rand() << 16 ^ (uint32_t)rand();
  }
  int get(int row, int column) const {
    int at = (row * width + column) * kBits;
    uint32_t bits = words[at / 32] >> at % 32 & ((1u << kBits) - 1);
    return kSigned && bits >> (kBits - 1) ? (int)bits - (1 << kBits) : (int)bits;
  }
};

template <int kM, int kK, int kBits>
__device__ void fragments(const uint32_t* a, const uint32_t* b, const int* c, uint32_t* ra, uint32_t* rb, int* rc) {
  constexpr int kWords = kK * kBits / 32;  // a row
  int group = threadIdx.x / 4, in_group = threadIdx.x % 4;
  for (int i = 0; i < kM / 8 * (kWords / 4); ++i) ra[i] = a[(group + i % (kM / 8) * 8) * kWords + in_group + i / (kM / 8) * 4];
  for (int i = 0; i < kWords / 4; ++i) rb[i] = b[group * kWords + in_group + i * 4];
  for (int i = 0; i < kM / 4; ++i) rc[i] = c[(group + i / 2 * 8) * 8 + in_group * 2 + i % 2];
}

#define PRODUCT_8(name, k, bits, words)                                                                                        \
  __global__ void name(const uint32_t* a, const uint32_t* b, int* c) {                                                         \
    uint32_t ra[1], rb[1];                                                                                                     \
    int rc[2];                                                                                                                 \
    fragments<8, k, bits>(a, b, c, ra, rb, rc);                                                                                \
    asm("mma.sync.aligned.m8n8k" #k ".row.col." words " {%0,%1}, {%2}, {%3}, {%0,%1};"                                         \
        : "+r"(rc[0]), "+r"(rc[1])                                                                                             \
        : "r"(ra[0]), "r"(rb[0]));                                                                                             \
    for (int i = 0; i < 2; ++i) c[threadIdx.x / 4 * 8 + threadIdx.x % 4 * 2 + i] = rc[i];                                      \
  }
#define PRODUCT_16(name, k, bits, words, in_a, in_b, ...)                                                                      \
  __global__ void name(const uint32_t* a, const uint32_t* b, int* c) {                                                         \
    uint32_t ra[4], rb[2];                                                                                                     \
    int rc[4];                                                                                                                 \
    fragments<16, k, bits>(a, b, c, ra, rb, rc);                                                                               \
    asm("mma.sync.aligned.m16n8k" #k ".row.col." words " {%0,%1,%2,%3}, {" in_a "}, {" in_b "}, {%0,%1,%2,%3};"                \
        : "+r"(rc[0]), "+r"(rc[1]), "+r"(rc[2]), "+r"(rc[3])                                                                   \
        : __VA_ARGS__);                                                                                                        \
    for (int i = 0; i < 4; ++i) c[(threadIdx.x / 4 + i / 2 * 8) * 8 + threadIdx.x % 4 * 2 + i % 2] = rc[i];                    \
  }
#define HALF "%4,%5", "%6", "r"(ra[0]), "r"(ra[1]), "r"(rb[0])
#define FULL "%4,%5,%6,%7", "%8,%9", "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1])
#define PRODUCT_16_(...) PRODUCT_16(__VA_ARGS__)
PRODUCT_8(s4_8, 32, 4, "s32.s4.s4.s32")
PRODUCT_8(mixed_8, 32, 4, "satfinite.s32.u4.s4.s32")
PRODUCT_8(xor_8, 128, 1, "s32.b1.b1.s32.xor.popc")
PRODUCT_16_(u4_16, 32, 4, "s32.u4.u4.s32", HALF)
PRODUCT_16_(s4_16, 64, 4, "s32.s4.s4.s32", FULL)
PRODUCT_16_(and_16, 128, 1, "s32.b1.b1.s32.and.popc", HALF)
PRODUCT_16_(xor_16, 256, 1, "s32.b1.b1.s32.xor.popc", FULL)

template <class T, int kK>
__global__ void by_fragments(const uint32_t* a, const uint32_t* b, int* c) {
  wmma::fragment<wmma::matrix_a, 8, 8, kK, T, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 8, 8, kK, T, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 8, 8, kK, int> sum;
  wmma::load_matrix_sync(left, a, kK);
  wmma::load_matrix_sync(right, b, kK);
  wmma::load_matrix_sync(sum, c, 8, wmma::mem_row_major);
  if constexpr (kK == 128)
    wmma::bmma_sync(sum, left, right, sum, wmma::experimental::bmmaBitOpAND);
  else
    wmma::mma_sync(sum, left, right, sum);
  wmma::store_matrix_sync(c, sum, 8, wmma::mem_row_major);
}

static int wrong;

template <int kBits, bool kSignedA, bool kSignedB>
static void check(const char* name, void (*kernel)(const uint32_t*, const uint32_t*, int*), int m, int k, bool differ = false) {
  Matrix<kBits, kSignedA> a(m, k);
  Matrix<kBits, kSignedB> b(8, k);
  uint32_t *d_a, *d_b;
  int* c;
  cudaMallocManaged(&d_a, a.words.size() * 4);
  cudaMallocManaged(&d_b, b.words.size() * 4);
  cudaMallocManaged(&c, m * 8 * 4);
  cudaMemcpy(d_a, a.words.data(), a.words.size() * 4, cudaMemcpyDefault);
  cudaMemcpy(d_b, b.words.data(), b.words.size() * 4, cudaMemcpyDefault);
  for (int i = 0; i < m * 8; ++i) c[i] = i * 3 - 50;
  kernel<<<1, 32>>>(d_a, d_b, c);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong = printf("%s: %s\n", name, cudaGetErrorString(cudaGetLastError()));
  for (int i = 0; i < m * 8; ++i) {
    int sum = i * 3 - 50;
    for (int j = 0; j < k; ++j) sum += differ ? a.get(i / 8, j) != b.get(i % 8, j) : a.get(i / 8, j) * b.get(i % 8, j);
    if (c[i] != sum) wrong = printf("%s: [%d][%d] is %d, not %d\n", name, i / 8, i % 8, c[i], sum);
  }
}

int main() {
  check<4, true, true>("s4_8", s4_8, 8, 32);
  check<4, false, true>("mixed_8", mixed_8, 8, 32);
  check<1, false, false>("xor_8", xor_8, 8, 128, true);
  check<4, false, false>("u4_16", u4_16, 16, 32);
  check<4, true, true>("s4_16", s4_16, 16, 64);
  check<1, false, false>("and_16", and_16, 16, 128);
  check<1, false, false>("xor_16", xor_16, 16, 256, true);
  check<4, true, true>("fragments of s4", by_fragments<narrow::s4, 32>, 8, 32);
  check<4, false, false>("fragments of u4", by_fragments<narrow::u4, 32>, 8, 32);
  check<1, false, false>("fragments of b1", by_fragments<narrow::b1, 128>, 8, 128);
  printf(wrong ? "wrong\n" : "all right\n");
  return wrong != 0;
}
