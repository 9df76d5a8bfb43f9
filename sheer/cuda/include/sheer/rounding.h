/* Arithmetic with a named rounding mode, and the fast, less exact intrinsics. The named forms are never contracted into a
   fused multiply-add, as programs that use them expect. */
#ifndef SHEER_ROUNDING_H
#define SHEER_ROUNDING_H

#include "device_macros.h"

#define SHEER_BINARY(name, ptx, type, c) \
  SHEER_DEVICE type name(type x, type y) { \
    type result; \
    asm(ptx " %0, %1, %2;" : "=" c(result) : c(x), c(y)); \
    return result; \
  }
#define SHEER_UNARY(name, ptx, type, c) \
  SHEER_DEVICE type name(type x) { \
    type result; \
    asm(ptx " %0, %1;" : "=" c(result) : c(x)); \
    return result; \
  }
#define SHEER_TERNARY(name, ptx, type, c) \
  SHEER_DEVICE type name(type x, type y, type z) { \
    type result; \
    asm(ptx " %0, %1, %2, %3;" : "=" c(result) : c(x), c(y), c(z)); \
    return result; \
  }
#if defined(__USE_FAST_MATH__) || defined(__SHEER_FTZ__)
#define SHEER_FTZ ".ftz"
#else
#define SHEER_FTZ ""
#endif
#define SHEER_MODES(mode, ptx) \
  SHEER_BINARY(__fadd_##mode, "add." ptx SHEER_FTZ ".f32", float, "f") \
  SHEER_BINARY(__fsub_##mode, "sub." ptx SHEER_FTZ ".f32", float, "f") \
  SHEER_BINARY(__fmul_##mode, "mul." ptx SHEER_FTZ ".f32", float, "f") \
  SHEER_BINARY(__fdiv_##mode, "div." ptx SHEER_FTZ ".f32", float, "f") \
  SHEER_TERNARY(__fmaf_##mode, "fma." ptx SHEER_FTZ ".f32", float, "f") \
  SHEER_TERNARY(__fmaf_ieee_##mode, "fma." ptx ".f32", float, "f") \
  SHEER_UNARY(__frcp_##mode, "rcp." ptx SHEER_FTZ ".f32", float, "f") \
  SHEER_UNARY(__fsqrt_##mode, "sqrt." ptx SHEER_FTZ ".f32", float, "f") \
  SHEER_BINARY(__dadd_##mode, "add." ptx ".f64", double, "d") \
  SHEER_BINARY(__dsub_##mode, "sub." ptx ".f64", double, "d") \
  SHEER_BINARY(__dmul_##mode, "mul." ptx ".f64", double, "d") \
  SHEER_BINARY(__ddiv_##mode, "div." ptx ".f64", double, "d") \
  SHEER_TERNARY(__fma_##mode, "fma." ptx ".f64", double, "d") \
  SHEER_UNARY(__drcp_##mode, "rcp." ptx ".f64", double, "d") \
  SHEER_UNARY(__dsqrt_##mode, "sqrt." ptx ".f64", double, "d")
SHEER_MODES(rn, "rn")
SHEER_MODES(rz, "rz")
SHEER_MODES(rd, "rm")
SHEER_MODES(ru, "rp")
SHEER_UNARY(__saturatef, "cvt.sat.f32.f32", float, "f")

/* The fast intrinsics: the approximate instructions, with the errors that their manual allows. */
SHEER_UNARY(__sheer_ex2f, "ex2.approx" SHEER_FTZ ".f32", float, "f")
SHEER_UNARY(__sheer_lg2f, "lg2.approx" SHEER_FTZ ".f32", float, "f")
SHEER_UNARY(__sinf, "sin.approx" SHEER_FTZ ".f32", float, "f")
SHEER_UNARY(__cosf, "cos.approx" SHEER_FTZ ".f32", float, "f")
SHEER_UNARY(__tanhf, "tanh.approx.f32", float, "f")
SHEER_UNARY(__sheer_rsqrtf, "rsqrt.approx" SHEER_FTZ ".f32", float, "f")
SHEER_BINARY(__fdividef, "div.approx" SHEER_FTZ ".f32", float, "f")
SHEER_DEVICE void __sincosf(float x, float* sine, float* cosine) { *sine = __sinf(x), *cosine = __cosf(x); }
SHEER_DEVICE float __tanf(float x) { return __fdividef(__sinf(x), __cosf(x)); }
SHEER_DEVICE float __log2f(float x) { return __sheer_lg2f(x); }
SHEER_DEVICE float __logf(float x) { return __sheer_lg2f(x) * 0x1.62e430p-1f; }
SHEER_DEVICE float __log10f(float x) { return __sheer_lg2f(x) * 0x1.344136p-2f; }
SHEER_DEVICE float __expf(float x) { return __sheer_ex2f(x * 0x1.715476p+0f); }
SHEER_DEVICE float __exp10f(float x) { return __sheer_ex2f(x * 0x1.a934f0p+1f); }
SHEER_DEVICE float __exp2f(float x) { return __sheer_ex2f(x); }
SHEER_DEVICE float __powf(float x, float y) { return __sheer_ex2f(y * __sheer_lg2f(x)); }
/* The nearest float: one division of a square root would round twice. */
SHEER_DEVICE float __frsqrt_rn(float x) { return (float)(1.0 / __nvvm_sqrt_rn_d((double)x)); }

#undef SHEER_MODES
#undef SHEER_UNARY
#undef SHEER_BINARY
#undef SHEER_TERNARY

#endif
