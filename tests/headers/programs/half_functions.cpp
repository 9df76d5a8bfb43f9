// Host functions of cuda_fp16.h and cuda_bf16.h over arrays, for test_ext_half.py.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define MAP(name, in, out, expression) \
  extern "C" void name(const in* a, out* r, long n) { for (long i = 0; i < n; ++i) { in x = a[i]; r[i] = (out)(expression); } }
#define MAP2(name, expression) \
  extern "C" void name(const unsigned short* a, const unsigned short* b, const unsigned short* c, unsigned short* r, long n) { \
    for (long i = 0; i < n; ++i) { HALF(a, x) HALF(b, y) HALF(c, z) r[i] = BITS(expression); } \
  }
#define MODES(name, in, to) \
  MAP(name##_rn, in, unsigned short, to##_rn(x).__x) MAP(name##_rz, in, unsigned short, to##_rz(x).__x) \
  MAP(name##_rd, in, unsigned short, to##_rd(x).__x) MAP(name##_ru, in, unsigned short, to##_ru(x).__x)
#define TO_MODES(name, out, from, function) \
  MAP(name##_rn, unsigned short, out, function##_rn(from(x))) MAP(name##_rz, unsigned short, out, function##_rz(from(x))) \
  MAP(name##_rd, unsigned short, out, function##_rd(from(x))) MAP(name##_ru, unsigned short, out, function##_ru(from(x)))

#define TYPE(p, N, T) \
  MAP(p##_to_float, unsigned short, float, __##N##2float(__ushort_as_##N(x))) \
  MAP(p##_from_double, double, unsigned short, __double2##N(x).__x) \
  MODES(p##_from_float, float, __float2##N) \
  MODES(p##_from_int, int, __int2##N) MODES(p##_from_uint, unsigned, __uint2##N) \
  MODES(p##_from_ll, long long, __ll2##N) MODES(p##_from_ull, unsigned long long, __ull2##N) \
  TO_MODES(p##_to_int, int, __ushort_as_##N, __##N##2int) TO_MODES(p##_to_uint, unsigned, __ushort_as_##N, __##N##2uint) \
  TO_MODES(p##_to_short, short, __ushort_as_##N, __##N##2short) \
  TO_MODES(p##_to_ll, long long, __ushort_as_##N, __##N##2ll) \
  TO_MODES(p##_to_ull, unsigned long long, __ushort_as_##N, __##N##2ull)
TYPE(half, half, __half)
TYPE(bf16, bfloat16, __nv_bfloat16)

#define BITS(h) (h).__x
#define HALF(p, x) __half x = __ushort_as_half(p[i]);
MAP2(half_add, x + y)
MAP2(half_sub, x - y)
MAP2(half_mul, x * y)
MAP2(half_div, x / y)
MAP2(half_fma, __hfma(x, y, z))
MAP2(half_min, __hmin(x, y))
MAP2(half_max_nan, __hmax_nan(x, y))
#undef HALF
#define HALF(p, x) __nv_bfloat16 x = __ushort_as_bfloat16(p[i]);
MAP2(bf16_add, x + y)
MAP2(bf16_sub, x - y)
MAP2(bf16_mul, x * y)
MAP2(bf16_div, x / y)
MAP2(bf16_fma, __hfma(x, y, z))
