/* Half precision (binary16): types __half and __half2, conversions, arithmetic, functions, on host and device. */
#ifndef SHEER_CUDA_FP16_H
#define SHEER_CUDA_FP16_H
#define __CUDA_FP16_H__
#define __CUDA_FP16_TYPES_EXIST__

#include "crt/host_defines.h"
#include "vector_types.h"

typedef struct __attribute__((aligned(2))) { unsigned short x; } __half_raw;
typedef struct __attribute__((aligned(4))) { unsigned short x, y; } __half2_raw;

#if defined(__cplusplus)
#if !defined(__CUDACC_RTC__)
#include <math.h>
#endif
#if defined(__CUDA__)
#include "cuda_runtime.h"
#endif
#include "sheer/half_bits.h"

struct __half;
struct __nv_bfloat16;
SHEER_HALF __half __float2half(float x);
SHEER_HALF __half __double2half(double x);
SHEER_HALF float __half2float(__half h);
#define SHEER_INTEGER(name, type) \
  SHEER_HALF __half __##name##2half_rn(type x); \
  SHEER_HALF type __half2##name##_rz(__half h);
SHEER_INTEGER(short, short)
SHEER_INTEGER(ushort, unsigned short)
SHEER_INTEGER(int, int)
SHEER_INTEGER(uint, unsigned int)
SHEER_INTEGER(ll, long long)
SHEER_INTEGER(ull, unsigned long long)
#undef SHEER_INTEGER
SHEER_HALF signed char __half2char_rz(__half h);
SHEER_HALF unsigned char __half2uchar_rz(__half h);

#define SHEER_HALF_MEMBER __host__ __device__ __inline__ __attribute__((always_inline))
struct __attribute__((aligned(2))) __half {
  unsigned short __x;

  __half() = default;
  SHEER_HALF_MEMBER constexpr __half(const __half_raw &raw) : __x(raw.x) {}
  SHEER_HALF_MEMBER __half &operator=(const __half_raw &raw) { __x = raw.x; return *this; }
  SHEER_HALF_MEMBER constexpr operator __half_raw() const { return __half_raw{__x}; }
  SHEER_HALF_MEMBER operator __half_raw() const volatile { return __half_raw{__x}; }
  SHEER_HALF_MEMBER volatile __half &operator=(const __half_raw &raw) volatile { __x = raw.x; return *this; }
  SHEER_HALF_MEMBER volatile __half &operator=(const volatile __half_raw &raw) volatile { __x = raw.x; return *this; }
#if !defined(__CUDA_NO_HALF_CONVERSIONS__)
  explicit SHEER_HALF_MEMBER __half(const __nv_bfloat16 &h); /* cuda_bf16.h has it */
  SHEER_HALF_MEMBER __half(float x) : __x(__float2half(x).__x) {}
  SHEER_HALF_MEMBER __half(double x) : __x(__double2half(x).__x) {}
  SHEER_HALF_MEMBER operator float() const { return __half2float(*this); }
  SHEER_HALF_MEMBER __half &operator=(float x) { return *this = __float2half(x); }
  SHEER_HALF_MEMBER __half &operator=(double x) { return *this = __double2half(x); }
#define SHEER_INTEGER(name, type) \
  SHEER_HALF_MEMBER __half(type x) : __x(__##name##2half_rn(x).__x) {} \
  SHEER_HALF_MEMBER operator type() const { return (type)__half2##name##_rz(*this); } \
  SHEER_HALF_MEMBER __half &operator=(type x) { return *this = __##name##2half_rn(x); }
  SHEER_INTEGER(short, short)
  SHEER_INTEGER(ushort, unsigned short)
  SHEER_INTEGER(int, int)
  SHEER_INTEGER(uint, unsigned int)
  SHEER_INTEGER(ll, long long)
  SHEER_INTEGER(ull, unsigned long long)
#undef SHEER_INTEGER
  SHEER_HALF_MEMBER __half(long x) : __x(__ll2half_rn(x).__x) {}
  SHEER_HALF_MEMBER __half(unsigned long x) : __x(__ull2half_rn(x).__x) {}
  SHEER_HALF_MEMBER operator long() const { return (long)__half2ll_rz(*this); }
  SHEER_HALF_MEMBER operator unsigned long() const { return (unsigned long)__half2ull_rz(*this); }
  SHEER_HALF_MEMBER operator signed char() const { return __half2char_rz(*this); }
  SHEER_HALF_MEMBER operator char() const { return (char)__half2char_rz(*this); }
  SHEER_HALF_MEMBER operator unsigned char() const { return __half2uchar_rz(*this); }
  SHEER_HALF_MEMBER constexpr operator bool() const { return (__x & 0x7fffu) != 0; }
#endif
};

struct __attribute__((aligned(4))) __half2 {
  __half x, y;

  __half2() = default;
  SHEER_HALF_MEMBER constexpr __half2(const __half &low, const __half &high) : x(low), y(high) {}
  SHEER_HALF_MEMBER constexpr __half2(const __half2_raw &raw) : x(__half_raw{raw.x}), y(__half_raw{raw.y}) {}
  SHEER_HALF_MEMBER __half2 &operator=(const __half2_raw &raw) { x.__x = raw.x, y.__x = raw.y; return *this; }
  SHEER_HALF_MEMBER constexpr operator __half2_raw() const { return __half2_raw{x.__x, y.__x}; }
  SHEER_HALF_MEMBER unsigned int sheer_bits() const { unsigned int u; __builtin_memcpy(&u, this, 4); return u; }
  SHEER_HALF_MEMBER static __half2 sheer_from(unsigned int u) { __half2 p; __builtin_memcpy(&p, &u, 4); return p; }
};
#undef SHEER_HALF_MEMBER

typedef __half half;
typedef __half2 half2;
typedef __half __nv_half;
typedef __half2 __nv_half2;
typedef __half nv_half;
typedef __half2 nv_half2;
typedef __half_raw __nv_half_raw;
typedef __half2_raw __nv_half2_raw;

#define SHEER_T __half
#define SHEER_T2 __half2
#define SHEER_N half
#define SHEER_N2 half2
#define SHEER_TO_N2 2half2
#define SHEER_PTX "f16"
#define SHEER_PTX2 "f16x2"
#define SHEER_ONE 0x3c00
#define SHEER_INFINITE 0x7c00u
#if defined(__CUDA_NO_HALF_OPERATORS__)
#define SHEER_NO_OPERATORS 1
#endif
#if defined(__CUDA_NO_HALF2_OPERATORS__) || defined(__CUDA_NO_HALF_OPERATORS__)
#define SHEER_NO_OPERATORS2 1
#endif
#if defined(__CUDA_ARCH__)
namespace __sheer_half {
SHEER_HALF_DEVICE _Float16 native(__half h) { return __builtin_bit_cast(_Float16, h.__x); }
SHEER_HALF_DEVICE __half half_of(_Float16 v) { return __half(__half_raw{__builtin_bit_cast(unsigned short, v)}); }
#define SHEER_CONVERT(name, type, source, constraint) \
  SHEER_HALF_DEVICE __half half_##name(type x) { \
    unsigned short r; \
    asm("cvt." #name "." "f16." source " %0, %1;" : "=h"(r) : constraint(x)); \
    return __half(__half_raw{r}); \
  }
#define SHEER_CONVERTS(type, source, constraint) \
  SHEER_CONVERT(rn, type, source, constraint) SHEER_CONVERT(rz, type, source, constraint) \
  SHEER_CONVERT(rm, type, source, constraint) SHEER_CONVERT(rp, type, source, constraint)
SHEER_CONVERTS(float, "f32", "f")
SHEER_CONVERTS(short, "s16", "h")
SHEER_CONVERTS(unsigned short, "u16", "h")
SHEER_CONVERTS(int, "s32", "r")
SHEER_CONVERTS(unsigned int, "u32", "r")
SHEER_CONVERTS(long long, "s64", "l")
SHEER_CONVERTS(unsigned long long, "u64", "l")
#undef SHEER_CONVERTS
#undef SHEER_CONVERT
template <Rounding mode, class T> SHEER_HALF_DEVICE __half half_from(T x) {
  return mode == rn ? half_rn(x) : mode == rz ? half_rz(x) : mode == rd ? half_rm(x) : half_rp(x);
}
}  // namespace __sheer_half
#define SHEER_VALUE(h) __sheer_half::native(h)
#define SHEER_ROUND(v) __sheer_half::half_of(v)
#define SHEER_FLOAT(h) ((float)__sheer_half::native(h))
#define SHEER_FROM_FLOAT(v, mode) \
  (__sheer_half::mode == __sheer_half::rn ? __sheer_half::half_of((_Float16)(v)) : __sheer_half::half_from<__sheer_half::mode>(v))
#define SHEER_FROM_INTEGER(v, mode, word, cvt, constraint) __sheer_half::half_from<__sheer_half::mode>(v)
#else
#define SHEER_FLOAT(h) __sheer_half::widen_half((h).__x)
#define SHEER_FROM_FLOAT(v, mode) __half(__half_raw{__sheer_half::round_half(v, __sheer_half::mode)})
#define SHEER_FROM_INTEGER(v, mode, word, cvt, constraint) \
  SHEER_FROM_FLOAT(__sheer_half::odd_float(v), mode)
#define SHEER_VALUE(h) SHEER_FLOAT(h)
#define SHEER_ROUND(v) SHEER_FROM_FLOAT(v, rn)
#endif

#include "sheer/half_functions.h"

#define CUDART_INF_FP16 __ushort_as_half((unsigned short)0x7C00U)
#define CUDART_NAN_FP16 __ushort_as_half((unsigned short)0x7FFFU)
#define CUDART_MIN_DENORM_FP16 __ushort_as_half((unsigned short)0x0001U)
#define CUDART_MAX_NORMAL_FP16 __ushort_as_half((unsigned short)0x7BFFU)
#define CUDART_NEG_ZERO_FP16 __ushort_as_half((unsigned short)0x8000U)
#define CUDART_ZERO_FP16 __ushort_as_half((unsigned short)0x0000U)
#define CUDART_ONE_FP16 __ushort_as_half((unsigned short)0x3C00U)

#else
typedef __half_raw __half;
typedef __half2_raw __half2;
#endif

#endif
