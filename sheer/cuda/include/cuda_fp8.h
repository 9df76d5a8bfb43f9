/* 8-bit floating point: e4m3 (no infinity, one NaN), e5m2 and e8m0 (powers of two), alone, as pairs and as fours; conversions on host and device. */
#ifndef SHEER_CUDA_FP8_H
#define SHEER_CUDA_FP8_H
#define __CUDA_FP8_H__
#define __CUDA_FP8_TYPES_EXIST__

#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "device_types.h"
#include "vector_functions.h"

typedef unsigned char __nv_fp8_storage_t;
typedef unsigned short int __nv_fp8x2_storage_t;
typedef unsigned int __nv_fp8x4_storage_t;
typedef enum __nv_saturation_t { __NV_NOSAT, __NV_SATFINITE } __nv_saturation_t;
typedef enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 } __nv_fp8_interpretation_t;

#if defined(__cplusplus)
#define SHEER_FP8 static __host__ __device__ __inline__ __attribute__((always_inline, unused))

namespace __sheer_fp8 {
/* Rounds the magnitude of a binary float, given as its bits, to the nearest 8-bit value, ties to even. `fraction` and `bias` describe
   the float; its sign is cut off already. */
template <class Word> SHEER_FP8 unsigned int magnitude(Word bits, int fraction, int bias, bool saturate, bool e4m3) {
  const Word one = 1;
  const Word infinite = (2 * static_cast<Word>(bias) + 1) << fraction;
  if (bits > infinite) return 0x7f; /* NaN */
  const int kept = e4m3 ? 3 : 2, small_bias = e4m3 ? 7 : 15;
  int exponent = static_cast<int>(bits >> fraction) - bias;
  int shift = fraction - kept;
  if (exponent < 1 - small_bias) shift += 1 - small_bias - exponent; /* becomes a subnormal number */
  unsigned int result = 0;
  if (shift <= fraction + 1) { /* else below half of the smallest */
    Word significand = (bits & ((one << fraction) - 1)) | one << fraction;
    Word lost = significand & ((one << shift) - 1), half = one << (shift - 1);
    result = static_cast<unsigned int>(significand >> shift);
    if (lost > half || (lost == half && (result & 1))) result++;
    if (exponent >= 1 - small_bias) result += static_cast<unsigned int>(exponent + small_bias - 1) << kept;
  }
  const unsigned int largest = e4m3 ? 0x7e : 0x7b;
  return result <= largest ? result : saturate ? largest : e4m3 ? 0x7f : 0x7c;
}
SHEER_FP8 unsigned char signed_value(unsigned int sign, unsigned int value, bool e4m3) {
  bool nan = e4m3 ? value == 0x7f : value > 0x7c;
  return static_cast<unsigned char>(nan && !e4m3 ? value : value | sign);
}
SHEER_FP8 unsigned short half_bits(unsigned char x, bool e4m3) {
  unsigned int sign = (x & 0x80u) << 8, value = x & 0x7fu;
  if (!e4m3) return static_cast<unsigned short>(value > 0x7c ? 0x7fffu : sign | value << 8);
  if (value == 0x7f) return 0x7fff;
  if (value >= 8) return static_cast<unsigned short>(sign | ((value << 7) + (8u << 10)));
  if (!value) return static_cast<unsigned short>(sign);
  unsigned int up = value >= 4 ? 0 : value >= 2 ? 1 : 2; /* places to the leading one of a subnormal number */
  return static_cast<unsigned short>(sign | (8 - up) << 10 | ((value << (8 + up)) & 0x3ffu));
}
}  // namespace __sheer_fp8

SHEER_FP8 __nv_fp8_storage_t __nv_cvt_float_to_fp8(const float x, const __nv_saturation_t saturate,
                                                   const __nv_fp8_interpretation_t kind) {
  unsigned int bits = __builtin_bit_cast(unsigned int, x);
  bool e4m3 = kind == __NV_E4M3;
  unsigned int value = __sheer_fp8::magnitude<unsigned int>(bits & 0x7fffffffu, 23, 127, saturate == __NV_SATFINITE, e4m3);
  return __sheer_fp8::signed_value(bits >> 24 & 0x80u, value, e4m3);
}
SHEER_FP8 __nv_fp8_storage_t __nv_cvt_double_to_fp8(const double x, const __nv_saturation_t saturate,
                                                    const __nv_fp8_interpretation_t kind) {
  unsigned long long bits = __builtin_bit_cast(unsigned long long, x);
  bool e4m3 = kind == __NV_E4M3;
  unsigned int value = __sheer_fp8::magnitude<unsigned long long>(bits & ~(1ull << 63), 52, 1023, saturate == __NV_SATFINITE, e4m3);
  return __sheer_fp8::signed_value(static_cast<unsigned int>(bits >> 56) & 0x80u, value, e4m3);
}
SHEER_FP8 __nv_fp8_storage_t __nv_cvt_halfraw_to_fp8(const __half_raw x, const __nv_saturation_t saturate,
                                                     const __nv_fp8_interpretation_t kind) {
  return __nv_cvt_float_to_fp8(__half2float(__half(x)), saturate, kind);
}
SHEER_FP8 __nv_fp8_storage_t __nv_cvt_bfloat16raw_to_fp8(const __nv_bfloat16_raw x, const __nv_saturation_t saturate,
                                                         const __nv_fp8_interpretation_t kind) {
  return __nv_cvt_float_to_fp8(__bfloat162float(__nv_bfloat16(x)), saturate, kind);
}
#define SHEER_PAIR(name, type, one, x, y) \
  SHEER_FP8 __nv_fp8x2_storage_t name(const type v, const __nv_saturation_t saturate, const __nv_fp8_interpretation_t kind) { \
    return static_cast<__nv_fp8x2_storage_t>(one(y, saturate, kind) << 8 | one(x, saturate, kind)); \
  }
SHEER_PAIR(__nv_cvt_float2_to_fp8x2, float2, __nv_cvt_float_to_fp8, v.x, v.y)
SHEER_PAIR(__nv_cvt_double2_to_fp8x2, double2, __nv_cvt_double_to_fp8, v.x, v.y)
SHEER_PAIR(__nv_cvt_halfraw2_to_fp8x2, __half2_raw, __nv_cvt_halfraw_to_fp8, __half_raw{v.x}, __half_raw{v.y})
SHEER_PAIR(__nv_cvt_bfloat16raw2_to_fp8x2, __nv_bfloat162_raw, __nv_cvt_bfloat16raw_to_fp8, __nv_bfloat16_raw{v.x},
           __nv_bfloat16_raw{v.y})
#undef SHEER_PAIR
SHEER_FP8 __half_raw __nv_cvt_fp8_to_halfraw(const __nv_fp8_storage_t x, const __nv_fp8_interpretation_t kind) {
  return __half_raw{__sheer_fp8::half_bits(x, kind == __NV_E4M3)};
}
SHEER_FP8 __half2_raw __nv_cvt_fp8x2_to_halfraw2(const __nv_fp8x2_storage_t x, const __nv_fp8_interpretation_t kind) {
  bool e4m3 = kind == __NV_E4M3;
  return __half2_raw{__sheer_fp8::half_bits(static_cast<unsigned char>(x), e4m3),
                     __sheer_fp8::half_bits(static_cast<unsigned char>(x >> 8), e4m3)};
}

#define SHEER_FP8_MEMBER __host__ __device__ __inline__ __attribute__((always_inline))
#define SHEER_FROM(name, type, value) \
  explicit SHEER_FP8_MEMBER name(const type f) : __x(value) {}
#define SHEER_TO(type, value) \
  explicit SHEER_FP8_MEMBER operator type() const { return value; }
/* To an integer: toward zero, held inside its range; NaN gives 0. */
#define SHEER_TO_INTEGER(type, low, high) \
  explicit SHEER_FP8_MEMBER operator type() const { \
    float f = float(*this); \
    return f != f ? (type)0 : f < (float)(low) ? (type)(low) : f >= (float)(high) ? (type)(high) : static_cast<type>(f); \
  }
#define SHEER_TO_ALL_INTEGERS \
  SHEER_TO_INTEGER(unsigned char, 0, 255) \
  SHEER_TO_INTEGER(signed char, -128, 127) \
  SHEER_TO_INTEGER(char, -128, 127) \
  SHEER_TO_INTEGER(unsigned short int, 0, 65535) \
  SHEER_TO_INTEGER(short int, -32768, 32767) \
  SHEER_TO_INTEGER(unsigned int, 0, 4294967295u) \
  SHEER_TO_INTEGER(int, -2147483647 - 1, 2147483647) \
  SHEER_TO_INTEGER(unsigned long int, 0, ~0ul) \
  SHEER_TO_INTEGER(long int, -__LONG_MAX__ - 1, __LONG_MAX__) \
  SHEER_TO_INTEGER(unsigned long long int, 0, ~0ull) \
  SHEER_TO_INTEGER(long long int, -__LONG_LONG_MAX__ - 1, __LONG_LONG_MAX__)
#define SHEER_FP8_TYPE(name, kind) \
  struct name { \
    __nv_fp8_storage_t __x; \
    name() = default; \
    SHEER_FROM(name, __half, __nv_cvt_halfraw_to_fp8(__half_raw(f), __NV_SATFINITE, kind)) \
    SHEER_FROM(name, __nv_bfloat16, __nv_cvt_bfloat16raw_to_fp8(__nv_bfloat16_raw(f), __NV_SATFINITE, kind)) \
    SHEER_FROM(name, float, __nv_cvt_float_to_fp8(f, __NV_SATFINITE, kind)) \
    SHEER_FROM(name, double, __nv_cvt_double_to_fp8(f, __NV_SATFINITE, kind)) \
    SHEER_FROM(name, unsigned short int, __nv_cvt_float_to_fp8(f, __NV_SATFINITE, kind)) \
    SHEER_FROM(name, unsigned int, __nv_cvt_double_to_fp8(f, __NV_SATFINITE, kind)) \
    SHEER_FROM(name, unsigned long int, __nv_cvt_double_to_fp8(static_cast<double>(f), __NV_SATFINITE, kind)) \
    SHEER_FROM(name, unsigned long long int, __nv_cvt_double_to_fp8(static_cast<double>(f), __NV_SATFINITE, kind)) \
    SHEER_FROM(name, short int, __nv_cvt_float_to_fp8(f, __NV_SATFINITE, kind)) \
    SHEER_FROM(name, int, __nv_cvt_double_to_fp8(f, __NV_SATFINITE, kind)) \
    SHEER_FROM(name, long int, __nv_cvt_double_to_fp8(static_cast<double>(f), __NV_SATFINITE, kind)) \
    SHEER_FROM(name, long long int, __nv_cvt_double_to_fp8(static_cast<double>(f), __NV_SATFINITE, kind)) \
    SHEER_TO(__half, __half(__nv_cvt_fp8_to_halfraw(__x, kind))) \
    SHEER_TO(float, __half2float(__half(__nv_cvt_fp8_to_halfraw(__x, kind)))) \
    SHEER_TO(__nv_bfloat16, __float2bfloat16(float(*this))) \
    SHEER_TO(double, static_cast<double>(float(*this))) \
    SHEER_TO(bool, (__x & 0x7f) != 0) \
    SHEER_TO_ALL_INTEGERS \
  };
#define SHEER_FP8X2_TYPE(name, kind) \
  struct name { \
    __nv_fp8x2_storage_t __x; \
    name() = default; \
    SHEER_FROM(name, __half2, __nv_cvt_halfraw2_to_fp8x2(__half2_raw(f), __NV_SATFINITE, kind)) \
    SHEER_FROM(name, __nv_bfloat162, __nv_cvt_bfloat16raw2_to_fp8x2(__nv_bfloat162_raw(f), __NV_SATFINITE, kind)) \
    SHEER_FROM(name, float2, __nv_cvt_float2_to_fp8x2(f, __NV_SATFINITE, kind)) \
    SHEER_FROM(name, double2, __nv_cvt_double2_to_fp8x2(f, __NV_SATFINITE, kind)) \
    SHEER_TO(__half2, __half2(__nv_cvt_fp8x2_to_halfraw2(__x, kind))) \
    explicit SHEER_FP8_MEMBER operator float2() const { \
      __half2_raw h = __nv_cvt_fp8x2_to_halfraw2(__x, kind); \
      return make_float2(__half2float(__half(__half_raw{h.x})), __half2float(__half(__half_raw{h.y}))); \
    } \
  };
#define SHEER_FP8X4_TYPE(name, pair, kind) \
  struct name { \
    __nv_fp8x4_storage_t __x; \
    name() = default; \
    explicit SHEER_FP8_MEMBER name(const __half2 low, const __half2 high) : __x(join(pair(low), pair(high))) {} \
    explicit SHEER_FP8_MEMBER name(const __nv_bfloat162 low, const __nv_bfloat162 high) : __x(join(pair(low), pair(high))) {} \
    SHEER_FROM(name, float4, join(pair(make_float2(f.x, f.y)), pair(make_float2(f.z, f.w)))) \
    SHEER_FROM(name, double4, join(pair(make_double2(f.x, f.y)), pair(make_double2(f.z, f.w)))) \
    explicit SHEER_FP8_MEMBER operator float4() const { \
      pair low, high; \
      low.__x = static_cast<__nv_fp8x2_storage_t>(__x), high.__x = static_cast<__nv_fp8x2_storage_t>(__x >> 16); \
      float2 a = float2(low), b = float2(high); \
      return make_float4(a.x, a.y, b.x, b.y); \
    } \
   private: \
    static SHEER_FP8_MEMBER __nv_fp8x4_storage_t join(pair low, pair high) { \
      return static_cast<__nv_fp8x4_storage_t>(high.__x) << 16 | low.__x; \
    } \
  };

SHEER_FP8_TYPE(__nv_fp8_e4m3, __NV_E4M3)
SHEER_FP8_TYPE(__nv_fp8_e5m2, __NV_E5M2)
SHEER_FP8X2_TYPE(__nv_fp8x2_e4m3, __NV_E4M3)
SHEER_FP8X2_TYPE(__nv_fp8x2_e5m2, __NV_E5M2)
SHEER_FP8X4_TYPE(__nv_fp8x4_e4m3, __nv_fp8x2_e4m3, __NV_E4M3)
SHEER_FP8X4_TYPE(__nv_fp8x4_e5m2, __nv_fp8x2_e5m2, __NV_E5M2)
#include "sheer/fp8_scale.h"

#undef SHEER_FP8X4_TYPE
#undef SHEER_FP8X2_TYPE
#undef SHEER_FP8_TYPE
#undef SHEER_TO_ALL_INTEGERS
#undef SHEER_TO_INTEGER
#undef SHEER_TO
#undef SHEER_FROM
#undef SHEER_FP8_MEMBER
#undef SHEER_FP8
#endif

#endif
