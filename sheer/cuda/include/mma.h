/* Warp matrix functions (nvcuda::wmma): fragments of matrices spread over the lanes of a warp, for the tensor-core types of compute
   capability 8.0. What an element of a fragment stands for is left open by CUDA, and here it is that of the mma instructions. */
#ifndef SHEER_MMA_H
#define SHEER_MMA_H

#if defined(__cplusplus) && defined(__CUDACC__)

#include "cuda_bf16.h"
#include "cuda_fp16.h"

namespace nvcuda {
namespace wmma {

struct row_major;
struct col_major;
struct matrix_a;
struct matrix_b;
struct accumulator;

namespace precision {
struct tf32;
}
namespace experimental {
namespace precision {
struct u4;
struct s4;
struct b1;
}  // namespace precision
enum bmmaBitOp { bmmaBitOpXOR = 1, bmmaBitOpAND = 2 };
enum bmmaAccumulateOp { bmmaAccumulateOpPOPC = 1 };
}  // namespace experimental

enum layout_t { mem_row_major, mem_col_major };

template <class T>
struct helper_traits {
  typedef T element_type;
  typedef T storage_element_type;
  typedef T fill_argument_type;
};
template <>
struct helper_traits<precision::tf32> {
  typedef precision::tf32 element_type;
  typedef float storage_element_type;
  typedef float fill_argument_type;
};

template <class T>
struct sheer_no_such_fragment {
  static constexpr bool value = false;
};

template <class Use, int m, int n, int k, class T, class Layout = void>
class fragment {
  static_assert(sheer_no_such_fragment<T>::value,
                "compute capability 8.0 has no such fragment: f16, bf16, s8 and u8 come in 16x16x16, 32x8x16 and 8x32x16, tf32 in "
                "16x16x8, double in 8x8x4, 4 bits in 8x8x32 and 1 bit in 8x8x128 (A by rows, B by columns)");
};

template <class T, int count>
struct sheer_fragment {
  typedef T element_type;
  typedef typename helper_traits<T>::storage_element_type storage_element_type;
  enum { num_elements = count, num_storage_elements = count };
  storage_element_type x[count];
};

#define SHEER_FRAGMENT(use, m, n, k, T, count) \
  template <>                                  \
  class fragment<use, m, n, k, T> : public sheer_fragment<T, count> {};
#define SHEER_FRAGMENTS(use, m, n, k, T, count)                                    \
  template <>                                                                      \
  class fragment<use, m, n, k, T, row_major> : public sheer_fragment<T, count> {}; \
  template <>                                                                      \
  class fragment<use, m, n, k, T, col_major> : public sheer_fragment<T, count> {};

#define SHEER_SHAPE(m, n, a16, b16, a8, b8)                     \
  SHEER_FRAGMENTS(matrix_a, m, n, 16, __half, 16)               \
  SHEER_FRAGMENTS(matrix_b, m, n, 16, __half, 16)               \
  SHEER_FRAGMENT(accumulator, m, n, 16, __half, 8)              \
  SHEER_FRAGMENT(accumulator, m, n, 16, float, 8)               \
  SHEER_FRAGMENTS(matrix_a, m, n, 16, __nv_bfloat16, a16)       \
  SHEER_FRAGMENTS(matrix_b, m, n, 16, __nv_bfloat16, b16)       \
  SHEER_FRAGMENTS(matrix_a, m, n, 16, signed char, a8)          \
  SHEER_FRAGMENTS(matrix_b, m, n, 16, signed char, b8)          \
  SHEER_FRAGMENTS(matrix_a, m, n, 16, unsigned char, a8)        \
  SHEER_FRAGMENTS(matrix_b, m, n, 16, unsigned char, b8)        \
  SHEER_FRAGMENT(accumulator, m, n, 16, int, 8)
SHEER_SHAPE(16, 16, 8, 8, 8, 8)
SHEER_SHAPE(32, 8, 16, 4, 16, 4)
SHEER_SHAPE(8, 32, 4, 16, 4, 16)
SHEER_FRAGMENTS(matrix_a, 16, 16, 8, precision::tf32, 4)
SHEER_FRAGMENTS(matrix_b, 16, 16, 8, precision::tf32, 4)
SHEER_FRAGMENT(accumulator, 16, 16, 8, float, 8)
SHEER_FRAGMENTS(matrix_a, 8, 8, 4, double, 1)
SHEER_FRAGMENTS(matrix_b, 8, 8, 4, double, 1)
SHEER_FRAGMENT(accumulator, 8, 8, 4, double, 2)
#undef SHEER_SHAPE
#undef SHEER_FRAGMENT
#undef SHEER_FRAGMENTS

/* The registers of a fragment: `c` is the asm constraint, R their type. */
#define SHEER_LIST1 "{%0}"
#define SHEER_LIST2 "{%0,%1}"
#define SHEER_LIST4 "{%0,%1,%2,%3}"
#define SHEER_LIST8 "{%0,%1,%2,%3,%4,%5,%6,%7}"
#define SHEER_REGS1(mode, c, r) mode c(r[0])
#define SHEER_REGS2(mode, c, r) mode c(r[0]), mode c(r[1])
#define SHEER_REGS4(mode, c, r) mode c(r[0]), mode c(r[1]), mode c(r[2]), mode c(r[3])
#define SHEER_REGS8(mode, c, r) SHEER_REGS4(mode, c, r), mode c(r[4]), mode c(r[5]), mode c(r[6]), mode c(r[7])
#define SHEER_AFTER1 "%1], %2;"
#define SHEER_AFTER2 "%2], %3;"
#define SHEER_AFTER4 "%4], %5;"
#define SHEER_AFTER8 "%8], %9;"

#define SHEER_LOAD(which, order, shape, type, count, c, R, f, p, ldm)                                                        \
  R r[count];                                                                                                                \
  asm volatile("wmma.load." which ".sync.aligned." order "." shape "." type " " SHEER_LIST##count ", [" SHEER_AFTER##count \
               : SHEER_REGS##count("=", c, r)                                                                                \
               : "l"(p), "r"(ldm)                                                                                            \
               : "memory");                                                                                                  \
  __builtin_memcpy(f.x, r, sizeof r);
#define SHEER_STORE(order, shape, type, count, c, R, f, p, ldm)                                                         \
  R r[count];                                                                                                           \
  __builtin_memcpy(r, f.x, sizeof r);                                                                                   \
  asm volatile("wmma.store.d.sync.aligned." order "." shape "." type " [%" SHEER_STORE##count ", " SHEER_LIST##count \
               ", %" SHEER_STRIDE##count ";"                                                                            \
               :                                                                                                        \
               : SHEER_REGS##count("", c, r), "l"(p), "r"(ldm)                                                          \
               : "memory");
#define SHEER_STORE2 "2]"
#define SHEER_STRIDE2 "3"
#define SHEER_STORE4 "4]"
#define SHEER_STRIDE4 "5"
#define SHEER_STORE8 "8]"
#define SHEER_STRIDE8 "9"

#define SHEER_INPUT(use, which, m, n, k, T, S, type, count, c, R)                                                                            \
  static __inline__ __device__ void load_matrix_sync(fragment<use, m, n, k, T, row_major>& f, const S* p, unsigned ldm) {                    \
    SHEER_LOAD(which, "row", "m" #m "n" #n "k" #k, type, count, c, R, f, p, ldm)                                                             \
  }                                                                                                                                          \
  static __inline__ __device__ void load_matrix_sync(fragment<use, m, n, k, T, col_major>& f, const S* p, unsigned ldm) {                    \
    SHEER_LOAD(which, "col", "m" #m "n" #n "k" #k, type, count, c, R, f, p, ldm)                                                             \
  }
#define SHEER_OUTPUT(m, n, k, T, type, count, c, R)                                                                           \
  static __inline__ __device__ void load_matrix_sync(fragment<accumulator, m, n, k, T>& f, const T* p, unsigned ldm,          \
                                                     layout_t layout) {                                                       \
    if (layout == mem_row_major) {                                                                                            \
      SHEER_LOAD("c", "row", "m" #m "n" #n "k" #k, type, count, c, R, f, p, ldm)                                              \
    } else {                                                                                                                  \
      SHEER_LOAD("c", "col", "m" #m "n" #n "k" #k, type, count, c, R, f, p, ldm)                                              \
    }                                                                                                                         \
  }                                                                                                                           \
  static __inline__ __device__ void store_matrix_sync(T* p, const fragment<accumulator, m, n, k, T>& f, unsigned ldm,         \
                                                      layout_t layout) {                                                      \
    if (layout == mem_row_major) {                                                                                            \
      SHEER_STORE("row", "m" #m "n" #n "k" #k, type, count, c, R, f, p, ldm)                                                  \
    } else {                                                                                                                  \
      SHEER_STORE("col", "m" #m "n" #n "k" #k, type, count, c, R, f, p, ldm)                                                  \
    }                                                                                                                         \
  }

#define SHEER_SHAPE(m, n, a16, b16, a8, b8)                                                       \
  SHEER_INPUT(matrix_a, "a", m, n, 16, __half, __half, "f16", 8, "r", unsigned)                   \
  SHEER_INPUT(matrix_b, "b", m, n, 16, __half, __half, "f16", 8, "r", unsigned)                   \
  SHEER_INPUT(matrix_a, "a", m, n, 16, __nv_bfloat16, __nv_bfloat16, "bf16", a16, "r", unsigned)  \
  SHEER_INPUT(matrix_b, "b", m, n, 16, __nv_bfloat16, __nv_bfloat16, "bf16", b16, "r", unsigned)  \
  SHEER_INPUT(matrix_a, "a", m, n, 16, signed char, signed char, "s8", a8, "r", unsigned)         \
  SHEER_INPUT(matrix_b, "b", m, n, 16, signed char, signed char, "s8", b8, "r", unsigned)         \
  SHEER_INPUT(matrix_a, "a", m, n, 16, unsigned char, unsigned char, "u8", a8, "r", unsigned)     \
  SHEER_INPUT(matrix_b, "b", m, n, 16, unsigned char, unsigned char, "u8", b8, "r", unsigned)     \
  SHEER_OUTPUT(m, n, 16, __half, "f16", 4, "r", unsigned)                                         \
  SHEER_OUTPUT(m, n, 16, float, "f32", 8, "f", float)                                             \
  SHEER_OUTPUT(m, n, 16, int, "s32", 8, "r", int)
SHEER_SHAPE(16, 16, 4, 4, 2, 2)
SHEER_SHAPE(32, 8, 8, 2, 4, 1)
SHEER_SHAPE(8, 32, 2, 8, 1, 4)
#undef SHEER_SHAPE
SHEER_INPUT(matrix_a, "a", 16, 16, 8, precision::tf32, float, "tf32", 4, "r", unsigned)
SHEER_INPUT(matrix_b, "b", 16, 16, 8, precision::tf32, float, "tf32", 4, "r", unsigned)
SHEER_OUTPUT(16, 16, 8, float, "f32", 8, "f", float)
SHEER_INPUT(matrix_a, "a", 8, 8, 4, double, double, "f64", 1, "d", double)
SHEER_INPUT(matrix_b, "b", 8, 8, 4, double, double, "f64", 1, "d", double)
SHEER_OUTPUT(8, 8, 4, double, "f64", 2, "d", double)

template <class Use, int m, int n, int k, class T, class Layout>
static __inline__ __device__ void fill_fragment(fragment<Use, m, n, k, T, Layout>& f,
                                                const typename helper_traits<T>::fill_argument_type& value) {
  for (int i = 0; i < f.num_storage_elements; ++i) f.x[i] = value;
}

/* d = a b + c: c is copied to d first, so that the registers of both are the same ones. nA, nB, nD: registers. */
#define SHEER_FROM2_1 "{%2}"
#define SHEER_FROM3_1 "{%3}"
#define SHEER_FROM4_8 "{%4,%5,%6,%7,%8,%9,%10,%11}"
#define SHEER_FROM12_8 "{%12,%13,%14,%15,%16,%17,%18,%19}"
#define SHEER_FROM8_1 "{%8}"
#define SHEER_FROM9_4 "{%9,%10,%11,%12}"
#define SHEER_FROM8_2 "{%8,%9}"
#define SHEER_FROM10_2 "{%10,%11}"
#define SHEER_FROM10_8 "{%10,%11,%12,%13,%14,%15,%16,%17}"
#define SHEER_FROM8_4 "{%8,%9,%10,%11}"
#define SHEER_FROM12_1 "{%12}"
#define SHEER_FROM12_4 "{%12,%13,%14,%15}"
#define SHEER_FROM8_8 "{%8,%9,%10,%11,%12,%13,%14,%15}"
#define SHEER_FROM16_2 "{%16,%17}"
#define SHEER_FROM16_8 "{%16,%17,%18,%19,%20,%21,%22,%23}"

#define SHEER_MULTIPLY(la, lb, shape, types, nA, nB, nD, atB, cA, RA, cD, RD)                                                  \
  RD r[nD];                                                                                                                    \
  RA ra[nA], rb[nB];                                                                                                           \
  __builtin_memcpy(r, c.x, sizeof r);                                                                                          \
  __builtin_memcpy(ra, a.x, sizeof ra);                                                                                        \
  __builtin_memcpy(rb, b.x, sizeof rb);                                                                                        \
  asm volatile("wmma.mma.sync.aligned." la "." lb "." shape "." types " " SHEER_LIST##nD ", " SHEER_FROM##nD##_##nA           \
               ", " SHEER_FROM##atB##_##nB ", " SHEER_LIST##nD ";"                                                             \
               : SHEER_REGS##nD("+", cD, r)                                                                                    \
               : SHEER_REGS##nA("", cA, ra), SHEER_REGS##nB("", cA, rb));                                                      \
  __builtin_memcpy(d.x, r, sizeof r);

/* With layouts; `sat` is the type suffix where the last argument asks for finite results. */
#define SHEER_MMA(la, LA, lb, LB, m, n, k, T, D, types, sat, nA, nB, nD, atB, cA, RA, cD, RD)                                    \
  static __inline__ __device__ void mma_sync(fragment<accumulator, m, n, k, D>& d, const fragment<matrix_a, m, n, k, T, LA>& a,  \
                                             const fragment<matrix_b, m, n, k, T, LB>& b,                                        \
                                             const fragment<accumulator, m, n, k, D>& c, bool satf = false) {                    \
    if (satf) {                                                                                                                  \
      SHEER_MULTIPLY(la, lb, "m" #m "n" #n "k" #k, sat, nA, nB, nD, atB, cA, RA, cD, RD)                                         \
    } else {                                                                                                                     \
      SHEER_MULTIPLY(la, lb, "m" #m "n" #n "k" #k, types, nA, nB, nD, atB, cA, RA, cD, RD)                                       \
    }                                                                                                                            \
  }
#define SHEER_MMAS(...)                                                                    \
  SHEER_MMA("row", row_major, "row", row_major, __VA_ARGS__)                               \
  SHEER_MMA("row", row_major, "col", col_major, __VA_ARGS__)                               \
  SHEER_MMA("col", col_major, "row", row_major, __VA_ARGS__)                               \
  SHEER_MMA("col", col_major, "col", col_major, __VA_ARGS__)
/* Half precision in, another precision out than what is added: the sum is widened or rounded beforehand. */
#define SHEER_MIXED(LA, LB, m, n)                                                                                            \
  static __inline__ __device__ void mma_sync(                                                                                \
      fragment<accumulator, m, n, 16, float>& d, const fragment<matrix_a, m, n, 16, __half, LA>& a,                          \
      const fragment<matrix_b, m, n, 16, __half, LB>& b, const fragment<accumulator, m, n, 16, __half>& c, bool satf = false) { \
    fragment<accumulator, m, n, 16, float> wide;                                                                             \
    for (int i = 0; i < 8; ++i) wide.x[i] = __half2float(c.x[i]);                                                            \
    mma_sync(d, a, b, wide, satf);                                                                                           \
  }                                                                                                                          \
  static __inline__ __device__ void mma_sync(                                                                                \
      fragment<accumulator, m, n, 16, __half>& d, const fragment<matrix_a, m, n, 16, __half, LA>& a,                         \
      const fragment<matrix_b, m, n, 16, __half, LB>& b, const fragment<accumulator, m, n, 16, float>& c, bool satf = false) { \
    fragment<accumulator, m, n, 16, float> wide;                                                                             \
    mma_sync(wide, a, b, c, satf);                                                                                           \
    for (int i = 0; i < 8; ++i) d.x[i] = __float2half_rn(wide.x[i]);                                                         \
  }
#define SHEER_SHAPE(m, n, a16, b16, at16, a8, b8, at8)                                                                           \
  SHEER_MMAS(m, n, 16, __half, float, "f32.f32", "f32.f32.satfinite", 8, 8, 8, 16, "r", unsigned, "f", float)                   \
  SHEER_MMAS(m, n, 16, __half, __half, "f16.f16", "f16.f16.satfinite", 8, 8, 4, 12, "r", unsigned, "r", unsigned)               \
  SHEER_MIXED(row_major, row_major, m, n)                                                                                        \
  SHEER_MIXED(row_major, col_major, m, n)                                                                                        \
  SHEER_MIXED(col_major, row_major, m, n)                                                                                        \
  SHEER_MIXED(col_major, col_major, m, n)                                                                                        \
  SHEER_MMAS(m, n, 16, __nv_bfloat16, float, "f32.bf16.bf16.f32", "f32.bf16.bf16.f32", a16, b16, 8, at16, "r", unsigned, "f",    \
             float)                                                                                                              \
  SHEER_MMAS(m, n, 16, signed char, int, "s32.s8.s8.s32", "s32.s8.s8.s32.satfinite", a8, b8, 8, at8, "r", unsigned, "r", int)    \
  SHEER_MMAS(m, n, 16, unsigned char, int, "s32.u8.u8.s32", "s32.u8.u8.s32.satfinite", a8, b8, 8, at8, "r", unsigned, "r", int)
SHEER_SHAPE(16, 16, 4, 4, 12, 2, 2, 10)
SHEER_SHAPE(32, 8, 8, 2, 16, 4, 1, 12)
SHEER_SHAPE(8, 32, 2, 8, 10, 1, 4, 9)
SHEER_MMAS(16, 16, 8, precision::tf32, float, "f32.tf32.tf32.f32", "f32.tf32.tf32.f32", 4, 4, 8, 12, "r", unsigned, "f", float)
SHEER_MMAS(8, 8, 4, double, double, "f64.f64.f64.f64", "f64.f64.f64.f64", 1, 1, 2, 3, "d", double, "d", double)

/* Elements of 4 bits and 1 bit: 32 bits along k a lane, which is one word; `ldm` counts elements. */
static __inline__ __device__ unsigned sheer_lane() {
  unsigned lane;
  asm("mov.u32 %0, %%laneid;" : "=r"(lane));
  return lane;
}
#define SHEER_NARROW_INPUT(k, T, S)                                                                     \
  template <>                                                                                           \
  struct helper_traits<experimental::precision::T> {                                                    \
    typedef experimental::precision::T element_type;                                                    \
    typedef S storage_element_type;                                                                     \
    typedef S fill_argument_type;                                                                       \
  };                                                                                                    \
  SHEER_NARROW_FRAGMENT(matrix_a, row_major, k, T, S)                                                   \
  SHEER_NARROW_FRAGMENT(matrix_b, col_major, k, T, S)
#define SHEER_NARROW_FRAGMENT(use, layout, k, T, S)                                                     \
  template <>                                                                                           \
  class fragment<use, 8, 8, k, experimental::precision::T, layout> {                                    \
   public:                                                                                              \
    typedef experimental::precision::T element_type;                                                    \
    typedef S storage_element_type;                                                                     \
    enum { num_elements = k / 4, num_storage_elements = 1 };                                            \
    S x[1];                                                                                             \
  };                                                                                                    \
  static __inline__ __device__ void load_matrix_sync(                                                   \
      fragment<use, 8, 8, k, experimental::precision::T, layout>& f, const void* p, unsigned ldm) {     \
    f.x[0] = ((const S*)p)[sheer_lane() / 4 * (ldm / (k / 4)) + sheer_lane() % 4];                      \
  }
#define SHEER_NARROW_OUTPUT(k)                                                                          \
  template <>                                                                                           \
  class fragment<accumulator, 8, 8, k, int> : public sheer_fragment<int, 2> {};                         \
  static __inline__ __device__ void load_matrix_sync(fragment<accumulator, 8, 8, k, int>& f,            \
                                                     const int* p, unsigned ldm, layout_t layout) {     \
    for (unsigned i = 0; i < 2; ++i) f.x[i] = p[sheer_place(i, ldm, layout)];                           \
  }                                                                                                     \
  static __inline__ __device__ void store_matrix_sync(int* p, const fragment<accumulator, 8, 8, k, int>& f, \
                                                      unsigned ldm, layout_t layout) {                  \
    for (unsigned i = 0; i < 2; ++i) p[sheer_place(i, ldm, layout)] = f.x[i];                           \
  }
#define SHEER_NARROW_PRODUCT(shape, types)                                                              \
  asm volatile("mma.sync.aligned." shape ".row.col." types " {%0,%1}, {%2}, {%3}, {%0,%1};"             \
               : "+r"(low), "+r"(high)                                                                  \
               : "r"(a.x[0]), "r"(b.x[0]));
#define SHEER_NARROW_MMA(T, type)                                                                       \
  static __inline__ __device__ void mma_sync(                                                           \
      fragment<accumulator, 8, 8, 32, int>& d,                                                          \
      const fragment<matrix_a, 8, 8, 32, experimental::precision::T, row_major>& a,                     \
      const fragment<matrix_b, 8, 8, 32, experimental::precision::T, col_major>& b,                     \
      const fragment<accumulator, 8, 8, 32, int>& c, bool satf = false) {                               \
    int low = c.x[0], high = c.x[1];                                                                    \
    if (satf) {                                                                                         \
      SHEER_NARROW_PRODUCT("m8n8k32", "satfinite.s32." type "." type ".s32")                            \
    } else {                                                                                            \
      SHEER_NARROW_PRODUCT("m8n8k32", "s32." type "." type ".s32")                                      \
    }                                                                                                   \
    d.x[0] = low, d.x[1] = high;                                                                        \
  }
static __inline__ __device__ size_t sheer_place(unsigned i, unsigned ldm, layout_t layout) {
  size_t row = sheer_lane() / 4, column = sheer_lane() % 4 * 2 + i;
  return layout == mem_row_major ? row * ldm + column : column * ldm + row;
}
SHEER_NARROW_INPUT(32, s4, int)
SHEER_NARROW_INPUT(32, u4, unsigned)
SHEER_NARROW_INPUT(128, b1, unsigned)
SHEER_NARROW_OUTPUT(32)
SHEER_NARROW_OUTPUT(128)
SHEER_NARROW_MMA(s4, "s4")
SHEER_NARROW_MMA(u4, "u4")
static __inline__ __device__ void bmma_sync(
    fragment<accumulator, 8, 8, 128, int>& d,
    const fragment<matrix_a, 8, 8, 128, experimental::precision::b1, row_major>& a,
    const fragment<matrix_b, 8, 8, 128, experimental::precision::b1, col_major>& b,
    const fragment<accumulator, 8, 8, 128, int>& c, experimental::bmmaBitOp op = experimental::bmmaBitOpXOR,
    experimental::bmmaAccumulateOp = experimental::bmmaAccumulateOpPOPC) {
  int low = c.x[0], high = c.x[1];
  if (op == experimental::bmmaBitOpXOR) {
    SHEER_NARROW_PRODUCT("m8n8k128", "s32.b1.b1.s32.xor.popc")
  } else {
    SHEER_NARROW_PRODUCT("m8n8k128", "s32.b1.b1.s32.and.popc")
  }
  d.x[0] = low, d.x[1] = high;
}

/* The nearest number with 10 bits of mantissa; ties away from zero. */
static __inline__ __device__ float __float_to_tf32(float value) {
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return __uint_as_float(bits);
}

#undef SHEER_NARROW_INPUT
#undef SHEER_NARROW_FRAGMENT
#undef SHEER_NARROW_OUTPUT
#undef SHEER_NARROW_PRODUCT
#undef SHEER_NARROW_MMA
#undef SHEER_SHAPE
#undef SHEER_MIXED
#undef SHEER_MMAS
#undef SHEER_MMA
#undef SHEER_MULTIPLY
#undef SHEER_INPUT
#undef SHEER_OUTPUT
#undef SHEER_LOAD
#undef SHEER_STORE

}  // namespace wmma
}  // namespace nvcuda

#endif
#endif
