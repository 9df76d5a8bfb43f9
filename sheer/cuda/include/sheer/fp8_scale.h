/* e8m0 of cuda_fp8.h, the scale of a block of small numbers: powers of two from 2^-127 to 2^127, 255 is NaN. A scale has no sign: numbers count by
   their magnitude. */
#ifndef SHEER_FP8_SCALE_H
#define SHEER_FP8_SCALE_H

namespace __sheer_fp8 {
SHEER_FP8 __nv_fp8_storage_t scale_code(int code, bool saturate) { return static_cast<__nv_fp8_storage_t>(code <= 254 ? code : saturate ? 254 : 255); }
SHEER_FP8 __nv_fp8_storage_t scale(double x, bool saturate, bool up) {
  unsigned long long bits = __builtin_bit_cast(unsigned long long, x) & ~(1ull << 63), fraction = bits & ((1ull << 52) - 1);
  if (bits > 0x7ffull << 52) return 255;
  int code = static_cast<int>(bits >> 52) - 1023 + 127;
  return code < 0 ? 0 : scale_code(code + (up && fraction != 0), saturate);
}
SHEER_FP8 __nv_fp8_storage_t scale_of_integer(unsigned long long x) {
  return static_cast<__nv_fp8_storage_t>(x ? 127 + 63 - __builtin_clzll(x) + ((x & (x - 1)) != 0) : 0);
}
SHEER_FP8 __nv_fp8_storage_t scale_of_integer(long long x) {
  return scale_of_integer(x < 0 ? 0ull - static_cast<unsigned long long>(x) : static_cast<unsigned long long>(x));
}
SHEER_FP8 unsigned short scale_bits(__nv_fp8_storage_t x) { /* as bfloat16 */
  return static_cast<unsigned short>(x == 255 ? 0x7fff : x ? x << 7 : 0x40);
}
SHEER_FP8 float scale_value(__nv_fp8_storage_t x) { return __builtin_bit_cast(float, static_cast<unsigned int>(scale_bits(x)) << 16); }
}  // namespace __sheer_fp8

/* Rounding is cudaRoundZero or cudaRoundPosInf. */
SHEER_FP8 __nv_fp8_storage_t __nv_cvt_double_to_e8m0(const double x, const __nv_saturation_t saturate, const enum cudaRoundMode rounding) {
  return __sheer_fp8::scale(x, saturate == __NV_SATFINITE, rounding == cudaRoundPosInf);
}
SHEER_FP8 __nv_fp8_storage_t __nv_cvt_float_to_e8m0(const float x, const __nv_saturation_t saturate, const enum cudaRoundMode rounding) {
  return __nv_cvt_double_to_e8m0(static_cast<double>(x), saturate, rounding);
}
SHEER_FP8 __nv_fp8_storage_t __nv_cvt_bfloat16raw_to_e8m0(const __nv_bfloat16_raw x, const __nv_saturation_t saturate,
                                                          const enum cudaRoundMode rounding) {
  return __nv_cvt_float_to_e8m0(__bfloat162float(__nv_bfloat16(x)), saturate, rounding);
}
#define SHEER_PAIR(name, type, one, x, y) \
  SHEER_FP8 __nv_fp8x2_storage_t name(const type v, const __nv_saturation_t saturate, const enum cudaRoundMode rounding) { \
    return static_cast<__nv_fp8x2_storage_t>(one(y, saturate, rounding) << 8 | one(x, saturate, rounding)); \
  }
SHEER_PAIR(__nv_cvt_float2_to_e8m0x2, float2, __nv_cvt_float_to_e8m0, v.x, v.y)
SHEER_PAIR(__nv_cvt_double2_to_e8m0x2, double2, __nv_cvt_double_to_e8m0, v.x, v.y)
SHEER_PAIR(__nv_cvt_bfloat162raw_to_e8m0x2, __nv_bfloat162_raw, __nv_cvt_bfloat16raw_to_e8m0, __nv_bfloat16_raw{v.x}, __nv_bfloat16_raw{v.y})
#undef SHEER_PAIR
SHEER_FP8 __nv_bfloat16_raw __nv_cvt_e8m0_to_bf16raw(const __nv_fp8_storage_t x) { return __nv_bfloat16_raw{__sheer_fp8::scale_bits(x)}; }
SHEER_FP8 __nv_bfloat162_raw __nv_cvt_e8m0x2_to_bf162raw(const __nv_fp8x2_storage_t x) {
  return __nv_bfloat162_raw{__sheer_fp8::scale_bits(static_cast<__nv_fp8_storage_t>(x)),
                            __sheer_fp8::scale_bits(static_cast<__nv_fp8_storage_t>(x >> 8))};
}

struct __nv_fp8_e8m0 {
  __nv_fp8_storage_t __x;
  __nv_fp8_e8m0() = default;
  SHEER_FROM(__nv_fp8_e8m0, __half, __nv_cvt_float_to_e8m0(__half2float(f), __NV_SATFINITE, cudaRoundPosInf))
  SHEER_FROM(__nv_fp8_e8m0, __nv_bfloat16, __nv_cvt_float_to_e8m0(__bfloat162float(f), __NV_SATFINITE, cudaRoundPosInf))
  SHEER_FROM(__nv_fp8_e8m0, float, __nv_cvt_float_to_e8m0(f, __NV_SATFINITE, cudaRoundPosInf))
  SHEER_FROM(__nv_fp8_e8m0, double, __nv_cvt_double_to_e8m0(f, __NV_SATFINITE, cudaRoundPosInf))
  SHEER_FROM(__nv_fp8_e8m0, unsigned short int, __sheer_fp8::scale_of_integer(static_cast<unsigned long long>(f)))
  SHEER_FROM(__nv_fp8_e8m0, unsigned int, __sheer_fp8::scale_of_integer(static_cast<unsigned long long>(f)))
  SHEER_FROM(__nv_fp8_e8m0, unsigned long int, __sheer_fp8::scale_of_integer(static_cast<unsigned long long>(f)))
  SHEER_FROM(__nv_fp8_e8m0, unsigned long long int, __sheer_fp8::scale_of_integer(f))
  SHEER_FROM(__nv_fp8_e8m0, short int, __sheer_fp8::scale_of_integer(static_cast<long long>(f)))
  SHEER_FROM(__nv_fp8_e8m0, int, __sheer_fp8::scale_of_integer(static_cast<long long>(f)))
  SHEER_FROM(__nv_fp8_e8m0, long int, __sheer_fp8::scale_of_integer(static_cast<long long>(f)))
  SHEER_FROM(__nv_fp8_e8m0, long long int, __sheer_fp8::scale_of_integer(f))
  SHEER_TO(__half, __float2half(float(*this)))
  SHEER_TO(float, __sheer_fp8::scale_value(__x))
  SHEER_TO(__nv_bfloat16, __nv_bfloat16(__nv_cvt_e8m0_to_bf16raw(__x)))
  SHEER_TO(double, static_cast<double>(float(*this)))
  SHEER_TO(bool, true)
  SHEER_TO_ALL_INTEGERS
};
struct __nv_fp8x2_e8m0 {
  __nv_fp8x2_storage_t __x;
  __nv_fp8x2_e8m0() = default;
  SHEER_FROM(__nv_fp8x2_e8m0, __half2, __nv_cvt_float2_to_e8m0x2(__half22float2(f), __NV_SATFINITE, cudaRoundPosInf))
  SHEER_FROM(__nv_fp8x2_e8m0, __nv_bfloat162, __nv_cvt_bfloat162raw_to_e8m0x2(__nv_bfloat162_raw(f), __NV_SATFINITE, cudaRoundPosInf))
  SHEER_FROM(__nv_fp8x2_e8m0, float2, __nv_cvt_float2_to_e8m0x2(f, __NV_SATFINITE, cudaRoundPosInf))
  SHEER_FROM(__nv_fp8x2_e8m0, double2, __nv_cvt_double2_to_e8m0x2(f, __NV_SATFINITE, cudaRoundPosInf))
  SHEER_TO(__half2, __float22half2_rn(float2(*this)))
  SHEER_TO(__nv_bfloat162, __nv_bfloat162(__nv_cvt_e8m0x2_to_bf162raw(__x)))
  SHEER_TO(float2, make_float2(__sheer_fp8::scale_value(static_cast<__nv_fp8_storage_t>(__x)),
                               __sheer_fp8::scale_value(static_cast<__nv_fp8_storage_t>(__x >> 8))))
};
SHEER_FP8X4_TYPE(__nv_fp8x4_e8m0, __nv_fp8x2_e8m0, )

#endif
