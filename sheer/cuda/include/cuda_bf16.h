/* bfloat16: types __nv_bfloat16 and __nv_bfloat162, conversions, arithmetic, functions, on host and device. */
#ifndef SHEER_CUDA_BF16_H
#define SHEER_CUDA_BF16_H
#define __CUDA_BF16_H__
#define __CUDA_BF16_TYPES_EXIST__

#include "crt/host_defines.h"
#include "cuda_fp16.h"
#include "vector_types.h"

typedef struct __attribute__((aligned(2))) { unsigned short x; } __nv_bfloat16_raw;
typedef struct __attribute__((aligned(4))) { unsigned short x, y; } __nv_bfloat162_raw;

#if defined(__cplusplus)
#if !defined(__CUDACC_RTC__)
#include <math.h>
#endif
#if defined(__CUDA__)
#include "cuda_runtime.h"
#endif
#include "sheer/half_bits.h"

struct __nv_bfloat16;
SHEER_HALF __nv_bfloat16 __float2bfloat16(float x);
SHEER_HALF __nv_bfloat16 __double2bfloat16(double x);
SHEER_HALF float __bfloat162float(__nv_bfloat16 h);
#define SHEER_INTEGER(name, type) \
  SHEER_HALF __nv_bfloat16 __##name##2bfloat16_rn(type x); \
  SHEER_HALF type __bfloat162##name##_rz(__nv_bfloat16 h);
SHEER_INTEGER(short, short)
SHEER_INTEGER(ushort, unsigned short)
SHEER_INTEGER(int, int)
SHEER_INTEGER(uint, unsigned int)
SHEER_INTEGER(ll, long long)
SHEER_INTEGER(ull, unsigned long long)
#undef SHEER_INTEGER
SHEER_HALF signed char __bfloat162char_rz(__nv_bfloat16 h);
SHEER_HALF unsigned char __bfloat162uchar_rz(__nv_bfloat16 h);

#define SHEER_HALF_MEMBER __host__ __device__ __inline__ __attribute__((always_inline))
struct __attribute__((aligned(2))) __nv_bfloat16 {
  unsigned short __x;

  __nv_bfloat16() = default;
  SHEER_HALF_MEMBER constexpr __nv_bfloat16(const __nv_bfloat16_raw &raw) : __x(raw.x) {}
  SHEER_HALF_MEMBER __nv_bfloat16 &operator=(const __nv_bfloat16_raw &raw) { __x = raw.x; return *this; }
  SHEER_HALF_MEMBER constexpr operator __nv_bfloat16_raw() const { return __nv_bfloat16_raw{__x}; }
  SHEER_HALF_MEMBER operator __nv_bfloat16_raw() const volatile { return __nv_bfloat16_raw{__x}; }
  SHEER_HALF_MEMBER volatile __nv_bfloat16 &operator=(const __nv_bfloat16_raw &raw) volatile { __x = raw.x; return *this; }
  SHEER_HALF_MEMBER volatile __nv_bfloat16 &operator=(const volatile __nv_bfloat16_raw &raw) volatile { __x = raw.x; return *this; }
#if !defined(__CUDA_NO_BFLOAT16_CONVERSIONS__)
  explicit SHEER_HALF_MEMBER __nv_bfloat16(const __half &h) : __x(__float2bfloat16(__half2float(h)).__x) {}
  SHEER_HALF_MEMBER __nv_bfloat16(float x) : __x(__float2bfloat16(x).__x) {}
  SHEER_HALF_MEMBER __nv_bfloat16(double x) : __x(__double2bfloat16(x).__x) {}
  SHEER_HALF_MEMBER operator float() const { return __bfloat162float(*this); }
  SHEER_HALF_MEMBER __nv_bfloat16 &operator=(float x) { return *this = __float2bfloat16(x); }
  SHEER_HALF_MEMBER __nv_bfloat16 &operator=(double x) { return *this = __double2bfloat16(x); }
#define SHEER_INTEGER(name, type) \
  SHEER_HALF_MEMBER __nv_bfloat16(type x) : __x(__##name##2bfloat16_rn(x).__x) {} \
  SHEER_HALF_MEMBER operator type() const { return (type)__bfloat162##name##_rz(*this); } \
  SHEER_HALF_MEMBER __nv_bfloat16 &operator=(type x) { return *this = __##name##2bfloat16_rn(x); }
  SHEER_INTEGER(short, short)
  SHEER_INTEGER(ushort, unsigned short)
  SHEER_INTEGER(int, int)
  SHEER_INTEGER(uint, unsigned int)
  SHEER_INTEGER(ll, long long)
  SHEER_INTEGER(ull, unsigned long long)
#undef SHEER_INTEGER
  SHEER_HALF_MEMBER __nv_bfloat16(long x) : __x(__ll2bfloat16_rn(x).__x) {}
  SHEER_HALF_MEMBER __nv_bfloat16(unsigned long x) : __x(__ull2bfloat16_rn(x).__x) {}
  SHEER_HALF_MEMBER operator long() const { return (long)__bfloat162ll_rz(*this); }
  SHEER_HALF_MEMBER operator unsigned long() const { return (unsigned long)__bfloat162ull_rz(*this); }
  SHEER_HALF_MEMBER operator signed char() const { return __bfloat162char_rz(*this); }
  SHEER_HALF_MEMBER operator char() const { return (char)__bfloat162char_rz(*this); }
  SHEER_HALF_MEMBER operator unsigned char() const { return __bfloat162uchar_rz(*this); }
  SHEER_HALF_MEMBER constexpr operator bool() const { return (__x & 0x7fffu) != 0; }
#endif
};

struct __attribute__((aligned(4))) __nv_bfloat162 {
  __nv_bfloat16 x, y;

  __nv_bfloat162() = default;
  SHEER_HALF_MEMBER constexpr __nv_bfloat162(const __nv_bfloat16 &low, const __nv_bfloat16 &high) : x(low), y(high) {}
  SHEER_HALF_MEMBER constexpr __nv_bfloat162(const __nv_bfloat162_raw &raw) : x(__nv_bfloat16_raw{raw.x}), y(__nv_bfloat16_raw{raw.y}) {}
  SHEER_HALF_MEMBER __nv_bfloat162 &operator=(const __nv_bfloat162_raw &raw) { x.__x = raw.x, y.__x = raw.y; return *this; }
  SHEER_HALF_MEMBER constexpr operator __nv_bfloat162_raw() const { return __nv_bfloat162_raw{x.__x, y.__x}; }
  SHEER_HALF_MEMBER unsigned int sheer_bits() const { unsigned int u; __builtin_memcpy(&u, this, 4); return u; }
  SHEER_HALF_MEMBER static __nv_bfloat162 sheer_from(unsigned int u) { __nv_bfloat162 p; __builtin_memcpy(&p, &u, 4); return p; }
};
#undef SHEER_HALF_MEMBER

typedef __nv_bfloat16 nv_bfloat16;
typedef __nv_bfloat162 nv_bfloat162;

#define SHEER_T __nv_bfloat16
#define SHEER_T2 __nv_bfloat162
#define SHEER_N bfloat16
#define SHEER_N2 bfloat162
#define SHEER_TO_N2 2bfloat162
#define SHEER_PTX "bf16"
#define SHEER_PTX2 "bf16x2"
#define SHEER_ONE 0x3f80
#define SHEER_INFINITE 0x7f80u
#if defined(__CUDA_NO_BFLOAT16_OPERATORS__)
#define SHEER_NO_OPERATORS 1
#endif
#if defined(__CUDA_NO_BFLOAT162_OPERATORS__) || defined(__CUDA_NO_BFLOAT16_OPERATORS__)
#define SHEER_NO_OPERATORS2 1
#endif
/* Sums and products go by way of float: rounding twice gives the nearest bfloat16, since float has more than twice its bits. */
namespace __sheer_half {
template <Rounding mode> SHEER_HALF __nv_bfloat16 bfloat16_from(float x) {
#if defined(__CUDA_ARCH__)
  if (mode == rn) {
    unsigned short r;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(r) : "f"(x));
    return __nv_bfloat16(__nv_bfloat16_raw{r});
  }
#endif
  return __nv_bfloat16(__nv_bfloat16_raw{round_bf16(x, mode)});
}
}  // namespace __sheer_half
#define SHEER_FLOAT(h) __sheer_half::widen_bf16((h).__x)
#define SHEER_FROM_FLOAT(v, mode) __sheer_half::bfloat16_from<__sheer_half::mode>(v)
#define SHEER_FROM_INTEGER(v, mode, word, cvt, constraint) \
  SHEER_FROM_FLOAT(__sheer_half::odd_float(v), mode)
#define SHEER_VALUE(h) SHEER_FLOAT(h)
#define SHEER_ROUND(v) SHEER_FROM_FLOAT(v, rn)

#include "sheer/half_functions.h"

#if !defined(__CUDA_NO_HALF_CONVERSIONS__)
__host__ __device__ __inline__ __half::__half(const __nv_bfloat16 &h) : __x(__float2half(__bfloat162float(h)).__x) {}
#endif

#define CUDART_INF_BF16 __ushort_as_bfloat16((unsigned short)0x7F80U)
#define CUDART_NAN_BF16 __ushort_as_bfloat16((unsigned short)0x7FFFU)
#define CUDART_MIN_DENORM_BF16 __ushort_as_bfloat16((unsigned short)0x0001U)
#define CUDART_MAX_NORMAL_BF16 __ushort_as_bfloat16((unsigned short)0x7F7FU)
#define CUDART_NEG_ZERO_BF16 __ushort_as_bfloat16((unsigned short)0x8000U)
#define CUDART_ZERO_BF16 __ushort_as_bfloat16((unsigned short)0x0000U)
#define CUDART_ONE_BF16 __ushort_as_bfloat16((unsigned short)0x3F80U)

#else
typedef __nv_bfloat16_raw __nv_bfloat16;
typedef __nv_bfloat162_raw __nv_bfloat162;
#endif

#endif
