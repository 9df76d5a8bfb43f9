/* The functions of one 16-bit floating type and its pair, for cuda_fp16.h and cuda_bf16.h, which include this file once each.
   They define: SHEER_T, SHEER_T2 (the types), SHEER_N, SHEER_N2 (their names within function names), SHEER_PTX, SHEER_PTX2 (the
   types in PTX), SHEER_VALUE(x) (x as a type that can add and multiply), SHEER_ROUND(v) (back), SHEER_FLOAT(x),
   SHEER_FROM_FLOAT(v, mode), SHEER_FROM_INTEGER(v, mode, cvt, constraint). No include guard. */

#define SHEER_PASTE_(a, b, c) a##b##c
#define SHEER_PASTE(a, b, c) SHEER_PASTE_(a, b, c)
#define SHEER_AS(bits) SHEER_PASTE(__ushort_as_, SHEER_N, )(bits)

/* ---- bits */
SHEER_HALF SHEER_T SHEER_AS(unsigned short bits) { SHEER_T h; h.__x = bits; return h; }
SHEER_HALF SHEER_T SHEER_PASTE(__short_as_, SHEER_N, )(short bits) { SHEER_T h; h.__x = (unsigned short)bits; return h; }
SHEER_HALF short SHEER_PASTE(__, SHEER_N, _as_short)(SHEER_T h) { return (short)h.__x; }
SHEER_HALF unsigned short SHEER_PASTE(__, SHEER_N, _as_ushort)(SHEER_T h) { return h.__x; }

/* ---- between float and 16 bits */
SHEER_HALF float SHEER_PASTE(__, SHEER_N, 2float)(SHEER_T h) { return SHEER_FLOAT(h); }
SHEER_HALF SHEER_T SHEER_PASTE(__float2, SHEER_N, )(float x) { return SHEER_FROM_FLOAT(x, rn); }
SHEER_HALF SHEER_T SHEER_PASTE(__float2, SHEER_N, _rn)(float x) { return SHEER_FROM_FLOAT(x, rn); }
SHEER_HALF SHEER_T SHEER_PASTE(__float2, SHEER_N, _rz)(float x) { return SHEER_FROM_FLOAT(x, rz); }
SHEER_HALF SHEER_T SHEER_PASTE(__float2, SHEER_N, _rd)(float x) { return SHEER_FROM_FLOAT(x, rd); }
SHEER_HALF SHEER_T SHEER_PASTE(__float2, SHEER_N, _ru)(float x) { return SHEER_FROM_FLOAT(x, ru); }
SHEER_HALF SHEER_T SHEER_PASTE(__double2, SHEER_N, )(double x) { return SHEER_FROM_FLOAT(__sheer_half::odd_float(x), rn); }

/* ---- between integers and 16 bits */
#define SHEER_INTEGER(name, type, cvt, constraint) \
  SHEER_HALF SHEER_T SHEER_PASTE(__##name##2, SHEER_N, _rn)(type x) { return SHEER_FROM_INTEGER(x, rn, "rn", cvt, constraint); } \
  SHEER_HALF SHEER_T SHEER_PASTE(__##name##2, SHEER_N, _rz)(type x) { return SHEER_FROM_INTEGER(x, rz, "rz", cvt, constraint); } \
  SHEER_HALF SHEER_T SHEER_PASTE(__##name##2, SHEER_N, _rd)(type x) { return SHEER_FROM_INTEGER(x, rd, "rm", cvt, constraint); } \
  SHEER_HALF SHEER_T SHEER_PASTE(__##name##2, SHEER_N, _ru)(type x) { return SHEER_FROM_INTEGER(x, ru, "rp", cvt, constraint); } \
  SHEER_HALF type SHEER_PASTE(__, SHEER_N, 2##name##_rn)(SHEER_T h) { return SHEER_TO_INTEGER(type, h, rn, "rni", cvt, constraint); } \
  SHEER_HALF type SHEER_PASTE(__, SHEER_N, 2##name##_rz)(SHEER_T h) { return SHEER_TO_INTEGER(type, h, rz, "rzi", cvt, constraint); } \
  SHEER_HALF type SHEER_PASTE(__, SHEER_N, 2##name##_rd)(SHEER_T h) { return SHEER_TO_INTEGER(type, h, rd, "rmi", cvt, constraint); } \
  SHEER_HALF type SHEER_PASTE(__, SHEER_N, 2##name##_ru)(SHEER_T h) { return SHEER_TO_INTEGER(type, h, ru, "rpi", cvt, constraint); }
#if defined(__CUDA_ARCH__)
#define SHEER_TO_INTEGER(type, h, mode, word, cvt, constraint) ([](float sheer_f) { \
    type sheer_i; asm("cvt." word "." cvt ".f32 %0, %1;" : "=" constraint(sheer_i) : "f"(sheer_f)); return sheer_i; }(SHEER_FLOAT(h)))
#else
#define SHEER_TO_INTEGER(type, h, mode, word, cvt, constraint) __sheer_half::to_integer<type>(SHEER_FLOAT(h), __sheer_half::mode)
#endif
SHEER_INTEGER(int, int, "s32", "r")
SHEER_INTEGER(uint, unsigned int, "u32", "r")
SHEER_INTEGER(short, short, "s16", "h")
SHEER_INTEGER(ushort, unsigned short, "u16", "h")
SHEER_INTEGER(ll, long long, "s64", "l")
SHEER_INTEGER(ull, unsigned long long, "u64", "l")
#undef SHEER_INTEGER
#undef SHEER_TO_INTEGER
SHEER_HALF signed char SHEER_PASTE(__, SHEER_N, 2char_rz)(SHEER_T h) {
  return __sheer_half::to_integer<signed char>(SHEER_FLOAT(h), __sheer_half::rz);
}
SHEER_HALF unsigned char SHEER_PASTE(__, SHEER_N, 2uchar_rz)(SHEER_T h) {
  return __sheer_half::to_integer<unsigned char>(SHEER_FLOAT(h), __sheer_half::rz);
}

/* ---- pairs */
SHEER_HALF SHEER_T2 SHEER_PASTE(__halves2, SHEER_N2, )(SHEER_T low, SHEER_T high) { return SHEER_T2(low, high); }
SHEER_HALF SHEER_T2 SHEER_PASTE(make_, SHEER_N2, )(SHEER_T low, SHEER_T high) { return SHEER_T2(low, high); }
SHEER_HALF SHEER_T2 SHEER_PASTE(__, SHEER_N, SHEER_TO_N2)(SHEER_T h) { return SHEER_T2(h, h); }
SHEER_HALF SHEER_T SHEER_PASTE(__low2, SHEER_N, )(SHEER_T2 p) { return p.x; }
SHEER_HALF SHEER_T SHEER_PASTE(__high2, SHEER_N, )(SHEER_T2 p) { return p.y; }
SHEER_HALF SHEER_T2 SHEER_PASTE(__low2, SHEER_N2, )(SHEER_T2 p) { return SHEER_T2(p.x, p.x); }
SHEER_HALF SHEER_T2 SHEER_PASTE(__high2, SHEER_N2, )(SHEER_T2 p) { return SHEER_T2(p.y, p.y); }
SHEER_HALF SHEER_T2 SHEER_PASTE(__lows2, SHEER_N2, )(SHEER_T2 a, SHEER_T2 b) { return SHEER_T2(a.x, b.x); }
SHEER_HALF SHEER_T2 SHEER_PASTE(__highs2, SHEER_N2, )(SHEER_T2 a, SHEER_T2 b) { return SHEER_T2(a.y, b.y); }
SHEER_HALF SHEER_T2 __lowhigh2highlow(SHEER_T2 p) { return SHEER_T2(p.y, p.x); }
SHEER_HALF float __low2float(SHEER_T2 p) { return SHEER_FLOAT(p.x); }
SHEER_HALF float __high2float(SHEER_T2 p) { return SHEER_FLOAT(p.y); }
SHEER_HALF SHEER_T2 SHEER_PASTE(__floats2, SHEER_N2, _rn)(float x, float y) {
  return SHEER_T2(SHEER_FROM_FLOAT(x, rn), SHEER_FROM_FLOAT(y, rn));
}
SHEER_HALF SHEER_T2 SHEER_PASTE(__float22, SHEER_N2, _rn)(float2 v) {
  return SHEER_T2(SHEER_FROM_FLOAT(v.x, rn), SHEER_FROM_FLOAT(v.y, rn));
}
SHEER_HALF SHEER_T2 SHEER_PASTE(__float2, SHEER_N2, _rn)(float x) {
  SHEER_T h = SHEER_FROM_FLOAT(x, rn);
  return SHEER_T2(h, h);
}
SHEER_HALF float2 SHEER_PASTE(__, SHEER_N2, 2float2)(SHEER_T2 p) {
  float2 v;
  v.x = SHEER_FLOAT(p.x), v.y = SHEER_FLOAT(p.y);
  return v;
}

/* ---- arithmetic. The _rn names are never fused with what follows. */
#define SHEER_BINARY(name, expression) \
  SHEER_HALF SHEER_T __h##name(SHEER_T a, SHEER_T b) { return expression; } \
  SHEER_HALF SHEER_T2 __h##name##2(SHEER_T2 a, SHEER_T2 b) { return SHEER_T2(__h##name(a.x, b.x), __h##name(a.y, b.y)); }
#define SHEER_RN(name, expression) \
  SHEER_HALF SHEER_T __h##name##_rn(SHEER_T a, SHEER_T b) { SHEER_NO_CONTRACTION return expression; } \
  SHEER_HALF SHEER_T2 __h##name##2_rn(SHEER_T2 a, SHEER_T2 b) { \
    return SHEER_T2(__h##name##_rn(a.x, b.x), __h##name##_rn(a.y, b.y)); \
  }
#if defined(__clang__)
#define SHEER_NO_CONTRACTION _Pragma("clang fp contract(off)")
#else
#define SHEER_NO_CONTRACTION
#endif
SHEER_BINARY(add, SHEER_ROUND(SHEER_VALUE(a) + SHEER_VALUE(b)))
SHEER_BINARY(sub, SHEER_ROUND(SHEER_VALUE(a) - SHEER_VALUE(b)))
SHEER_BINARY(mul, SHEER_ROUND(SHEER_VALUE(a) * SHEER_VALUE(b)))
SHEER_RN(add, SHEER_ROUND(SHEER_VALUE(a) + SHEER_VALUE(b)))
SHEER_RN(sub, SHEER_ROUND(SHEER_VALUE(a) - SHEER_VALUE(b)))
SHEER_RN(mul, SHEER_ROUND(SHEER_VALUE(a) * SHEER_VALUE(b)))
SHEER_HALF SHEER_T __hdiv(SHEER_T a, SHEER_T b) { return SHEER_FROM_FLOAT(SHEER_FLOAT(a) / SHEER_FLOAT(b), rn); }
SHEER_HALF SHEER_T2 __h2div(SHEER_T2 a, SHEER_T2 b) { return SHEER_T2(__hdiv(a.x, b.x), __hdiv(a.y, b.y)); }
SHEER_HALF SHEER_T __hneg(SHEER_T a) { return SHEER_AS((unsigned short)(a.__x ^ 0x8000u)); }
SHEER_HALF SHEER_T __habs(SHEER_T a) { return SHEER_AS((unsigned short)(a.__x & 0x7fffu)); }
SHEER_HALF SHEER_T2 __hneg2(SHEER_T2 a) { return SHEER_T2(__hneg(a.x), __hneg(a.y)); }
SHEER_HALF SHEER_T2 __habs2(SHEER_T2 a) { return SHEER_T2(__habs(a.x), __habs(a.y)); }
SHEER_HALF SHEER_T __hcopysign(SHEER_T a, SHEER_T b) {
  return SHEER_AS((unsigned short)((a.__x & 0x7fffu) | (b.__x & 0x8000u)));
}

/* ---- comparison. The plain names are false, those with u true, if an operand is NaN. */
#define SHEER_COMPARE(name, op, not_op) \
  SHEER_HALF bool __h##name(SHEER_T a, SHEER_T b) { return SHEER_VALUE(a) op SHEER_VALUE(b); } \
  SHEER_HALF bool __h##name##u(SHEER_T a, SHEER_T b) { return !(SHEER_VALUE(a) not_op SHEER_VALUE(b)); } \
  SHEER_COMPARE_2(name) SHEER_COMPARE_2(name##u)
#define SHEER_COMPARE_2(name) \
  SHEER_HALF SHEER_T2 __h##name##2(SHEER_T2 a, SHEER_T2 b) { \
    return SHEER_T2(SHEER_AS(__h##name(a.x, b.x) ? SHEER_ONE : 0), SHEER_AS(__h##name(a.y, b.y) ? SHEER_ONE : 0)); \
  } \
  SHEER_HALF unsigned int __h##name##2_mask(SHEER_T2 a, SHEER_T2 b) { \
    return (__h##name(a.x, b.x) ? 0xffffu : 0u) | (__h##name(a.y, b.y) ? 0xffff0000u : 0u); \
  } \
  SHEER_HALF bool __hb##name##2(SHEER_T2 a, SHEER_T2 b) { return __h##name(a.x, b.x) && __h##name(a.y, b.y); }
SHEER_HALF bool __hisnan(SHEER_T a) { return (a.__x & 0x7fffu) > SHEER_INFINITE; }
SHEER_HALF int __hisinf(SHEER_T a) { return a.__x == SHEER_INFINITE ? 1 : a.__x == (0x8000u | SHEER_INFINITE) ? -1 : 0; }
SHEER_HALF SHEER_T2 __hisnan2(SHEER_T2 a) {
  return SHEER_T2(SHEER_AS(__hisnan(a.x) ? SHEER_ONE : 0), SHEER_AS(__hisnan(a.y) ? SHEER_ONE : 0));
}
SHEER_COMPARE(lt, <, >=)
SHEER_COMPARE(le, <=, >)
SHEER_COMPARE(gt, >, <=)
SHEER_COMPARE(ge, >=, <)
SHEER_HALF bool __heq(SHEER_T a, SHEER_T b) { return SHEER_VALUE(a) == SHEER_VALUE(b); }
SHEER_HALF bool __hequ(SHEER_T a, SHEER_T b) { return __heq(a, b) || __hisnan(a) || __hisnan(b); }
SHEER_HALF bool __hneu(SHEER_T a, SHEER_T b) { return SHEER_VALUE(a) != SHEER_VALUE(b); }
SHEER_HALF bool __hne(SHEER_T a, SHEER_T b) { return __hneu(a, b) && !__hisnan(a) && !__hisnan(b); }
SHEER_COMPARE_2(eq)
SHEER_COMPARE_2(equ)
SHEER_COMPARE_2(ne)
SHEER_COMPARE_2(neu)

/* The smaller and the larger: a NaN gives way to a number, or (_nan) wins; -0 is below +0. */
#if defined(__CUDA_ARCH__)
#define SHEER_EXTREME(name, ptx, below) \
  SHEER_HALF_DEVICE SHEER_T __h##name(SHEER_T a, SHEER_T b) { \
    unsigned short r; \
    asm(ptx "." SHEER_PTX " %0, %1, %2;" : "=h"(r) : "h"(a.__x), "h"(b.__x)); \
    return SHEER_AS(r); \
  } \
  SHEER_HALF_DEVICE SHEER_T2 __h##name##2(SHEER_T2 a, SHEER_T2 b) { \
    unsigned int r; \
    asm(ptx "." SHEER_PTX2 " %0, %1, %2;" : "=r"(r) : "r"(a.sheer_bits()), "r"(b.sheer_bits())); \
    return SHEER_T2::sheer_from(r); \
  }
SHEER_EXTREME(min, "min", )
SHEER_EXTREME(max, "max", )
SHEER_EXTREME(min_nan, "min.NaN", )
SHEER_EXTREME(max_nan, "max.NaN", )
/* The pairs of the _nan names end in 2_nan. */
SHEER_HALF_DEVICE SHEER_T2 __hmin2_nan(SHEER_T2 a, SHEER_T2 b) { return __hmin_nan2(a, b); }
SHEER_HALF_DEVICE SHEER_T2 __hmax2_nan(SHEER_T2 a, SHEER_T2 b) { return __hmax_nan2(a, b); }
#else
#define SHEER_EXTREME(name, sign) \
  SHEER_HALF SHEER_T __h##name##_nan(SHEER_T a, SHEER_T b) { \
    if (__hisnan(a) || __hisnan(b)) return SHEER_AS(0x7fff); \
    if (__heq(a, b)) return (a.__x & 0x8000u) sign ? a : b; \
    return __hlt(a, b) sign ? a : b; \
  } \
  SHEER_HALF SHEER_T __h##name(SHEER_T a, SHEER_T b) { \
    return __hisnan(a) ? (__hisnan(b) ? SHEER_AS(0x7fff) : b) : __hisnan(b) ? a : __h##name##_nan(a, b); \
  } \
  SHEER_HALF SHEER_T2 __h##name##2(SHEER_T2 a, SHEER_T2 b) { return SHEER_T2(__h##name(a.x, b.x), __h##name(a.y, b.y)); } \
  SHEER_HALF SHEER_T2 __h##name##2_nan(SHEER_T2 a, SHEER_T2 b) { \
    return SHEER_T2(__h##name##_nan(a.x, b.x), __h##name##_nan(a.y, b.y)); \
  }
SHEER_EXTREME(min, != 0)
SHEER_EXTREME(max, == 0)
#endif

SHEER_HALF SHEER_T __sheer_saturate(SHEER_T a) { return __hmin(__hmax(a, SHEER_AS(0)), SHEER_AS(SHEER_ONE)); }
SHEER_BINARY(add_sat, __sheer_saturate(__hadd(a, b)))
SHEER_BINARY(sub_sat, __sheer_saturate(__hsub(a, b)))
SHEER_BINARY(mul_sat, __sheer_saturate(__hmul(a, b)))
SHEER_HALF SHEER_T2 __hadd2_sat(SHEER_T2 a, SHEER_T2 b) { return __hadd_sat2(a, b); }
SHEER_HALF SHEER_T2 __hsub2_sat(SHEER_T2 a, SHEER_T2 b) { return __hsub_sat2(a, b); }
SHEER_HALF SHEER_T2 __hmul2_sat(SHEER_T2 a, SHEER_T2 b) { return __hmul_sat2(a, b); }

/* ---- fused multiply-add */
SHEER_HALF SHEER_T __hfma(SHEER_T a, SHEER_T b, SHEER_T c) {
#if defined(__CUDA_ARCH__)
  unsigned short r;
  asm("fma.rn." SHEER_PTX " %0, %1, %2, %3;" : "=h"(r) : "h"(a.__x), "h"(b.__x), "h"(c.__x));
  return SHEER_AS(r);
#else
  return SHEER_FROM_FLOAT(__sheer_half::odd_fma(SHEER_FLOAT(a), SHEER_FLOAT(b), SHEER_FLOAT(c)), rn);
#endif
}
SHEER_HALF SHEER_T2 __hfma2(SHEER_T2 a, SHEER_T2 b, SHEER_T2 c) {
#if defined(__CUDA_ARCH__)
  unsigned int r;
  asm("fma.rn." SHEER_PTX2 " %0, %1, %2, %3;" : "=r"(r) : "r"(a.sheer_bits()), "r"(b.sheer_bits()), "r"(c.sheer_bits()));
  return SHEER_T2::sheer_from(r);
#else
  return SHEER_T2(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y));
#endif
}
SHEER_HALF SHEER_T __hfma_sat(SHEER_T a, SHEER_T b, SHEER_T c) { return __sheer_saturate(__hfma(a, b, c)); }
SHEER_HALF SHEER_T __hfma_relu(SHEER_T a, SHEER_T b, SHEER_T c) { return __hmax_nan(__hfma(a, b, c), SHEER_AS(0)); }
SHEER_HALF SHEER_T2 __hfma2_sat(SHEER_T2 a, SHEER_T2 b, SHEER_T2 c) {
  return SHEER_T2(__hfma_sat(a.x, b.x, c.x), __hfma_sat(a.y, b.y, c.y));
}
SHEER_HALF SHEER_T2 __hfma2_relu(SHEER_T2 a, SHEER_T2 b, SHEER_T2 c) {
  return SHEER_T2(__hfma_relu(a.x, b.x, c.x), __hfma_relu(a.y, b.y, c.y));
}
/* a * b + c of complex numbers whose real part is x. */
SHEER_HALF SHEER_T2 __hcmadd(SHEER_T2 a, SHEER_T2 b, SHEER_T2 c) {
  SHEER_T real = __hfma(a.x, b.x, c.x), imaginary = __hfma(a.x, b.y, c.y);
  return SHEER_T2(__hfma(__hneg(a.y), b.y, real), __hfma(a.y, b.x, imaginary));
}

/* ---- functions, by way of float */
#define SHEER_UNARY(name, expression) \
  SHEER_HALF SHEER_T h##name(SHEER_T a) { float x = SHEER_FLOAT(a); return SHEER_FROM_FLOAT((expression), rn); } \
  SHEER_HALF SHEER_T2 h2##name(SHEER_T2 a) { return SHEER_T2(h##name(a.x), h##name(a.y)); }
SHEER_UNARY(ceil, __builtin_ceilf(x))
SHEER_UNARY(floor, __builtin_floorf(x))
SHEER_UNARY(trunc, __builtin_truncf(x))
SHEER_UNARY(rint, __builtin_rintf(x))
SHEER_UNARY(sqrt, ::sqrtf(x))
SHEER_UNARY(rcp, 1.0f / x)
SHEER_UNARY(log, ::logf(x))
SHEER_UNARY(log2, ::log2f(x))
SHEER_UNARY(log10, ::log10f(x))
SHEER_UNARY(sin, ::sinf(x))
SHEER_UNARY(cos, ::cosf(x))
SHEER_UNARY(tanh, ::tanhf(x))
#if defined(__CUDA_ARCH__)
SHEER_UNARY(exp, __sheer_half::fast_exp2(x * 0x1.715476p+0f))
SHEER_UNARY(exp2, __sheer_half::fast_exp2(x))
SHEER_UNARY(exp10, __sheer_half::fast_exp2(x * 0x1.a934f0p+1f))
SHEER_UNARY(rsqrt, ::rsqrtf(x))
SHEER_UNARY(tanh_approx, __tanhf(x))
#else
SHEER_UNARY(exp, ::expf(x))
SHEER_UNARY(exp2, ::exp2f(x))
SHEER_UNARY(exp10, ::powf(10.0f, x))
SHEER_UNARY(rsqrt, (float)(1.0 / ::sqrt((double)x)))
SHEER_UNARY(tanh_approx, ::tanhf(x))
#endif

#if defined(__CUDA__)
/* ---- between lanes: as 32-bit words */
#define SHEER_SHUFFLE(name, otype) \
  SHEER_HALF_DEVICE __attribute__((convergent)) SHEER_T name(unsigned int mask, SHEER_T h, otype o, int width = warpSize) { \
    return SHEER_AS((unsigned short)name(mask, (unsigned int)h.__x, o, width)); \
  } \
  SHEER_HALF_DEVICE __attribute__((convergent)) SHEER_T2 name(unsigned int mask, SHEER_T2 p, otype o, int width = warpSize) { \
    return SHEER_T2::sheer_from(name(mask, p.sheer_bits(), o, width)); \
  }
SHEER_SHUFFLE(__shfl_sync, int)
SHEER_SHUFFLE(__shfl_up_sync, unsigned int)
SHEER_SHUFFLE(__shfl_down_sync, unsigned int)
SHEER_SHUFFLE(__shfl_xor_sync, int)
#undef SHEER_SHUFFLE

/* ---- memory */
#define SHEER_LOAD(name) \
  SHEER_HALF_DEVICE SHEER_T name(const SHEER_T *p) { return SHEER_AS(name(reinterpret_cast<const unsigned short *>(p))); } \
  SHEER_HALF_DEVICE SHEER_T2 name(const SHEER_T2 *p) { \
    return SHEER_T2::sheer_from(name(reinterpret_cast<const unsigned int *>(p))); \
  }
#define SHEER_STORE(name) \
  SHEER_HALF_DEVICE void name(SHEER_T *p, SHEER_T h) { name(reinterpret_cast<unsigned short *>(p), h.__x); } \
  SHEER_HALF_DEVICE void name(SHEER_T2 *p, SHEER_T2 v) { name(reinterpret_cast<unsigned int *>(p), v.sheer_bits()); }
SHEER_LOAD(__ldg)
SHEER_LOAD(__ldca)
SHEER_LOAD(__ldcg)
SHEER_LOAD(__ldcs)
SHEER_LOAD(__ldlu)
SHEER_LOAD(__ldcv)
SHEER_STORE(__stwb)
SHEER_STORE(__stcg)
SHEER_STORE(__stcs)
SHEER_STORE(__stwt)
#undef SHEER_LOAD
#undef SHEER_STORE

/* One instruction, though for bf16 a real sm_80 would need a loop of compare and swap. The pair's halves are atomic each. */
SHEER_HALF_DEVICE SHEER_T atomicAdd(SHEER_T *address, SHEER_T value) {
  unsigned short old;
  asm volatile("atom.add.noftz." SHEER_PTX " %0, [%1], %2;" : "=h"(old) : "l"(address), "h"(value.__x) : "memory");
  return SHEER_AS(old);
}
SHEER_HALF_DEVICE SHEER_T2 atomicAdd(SHEER_T2 *address, SHEER_T2 value) {
  unsigned int old;
  asm volatile("atom.add.noftz." SHEER_PTX2 " %0, [%1], %2;" : "=r"(old) : "l"(address), "r"(value.sheer_bits()) : "memory");
  return SHEER_T2::sheer_from(old);
}
#endif

/* ---- operators */
#if !defined(SHEER_NO_OPERATORS)
#define SHEER_OPERATOR(op, f) \
  SHEER_HALF SHEER_T operator op(const SHEER_T &a, const SHEER_T &b) { return __h##f(a, b); } \
  SHEER_HALF SHEER_T &operator op##=(SHEER_T &a, const SHEER_T &b) { return a = __h##f(a, b); }
#define SHEER_RELATION(op, f) \
  SHEER_HALF bool operator op(const SHEER_T &a, const SHEER_T &b) { return __h##f(a, b); }
SHEER_OPERATOR(+, add)
SHEER_OPERATOR(-, sub)
SHEER_OPERATOR(*, mul)
SHEER_OPERATOR(/, div)
SHEER_HALF SHEER_T operator+(const SHEER_T &a) { return a; }
SHEER_HALF SHEER_T operator-(const SHEER_T &a) { return __hneg(a); }
SHEER_HALF SHEER_T &operator++(SHEER_T &a) { return a = __hadd(a, SHEER_AS(SHEER_ONE)); }
SHEER_HALF SHEER_T &operator--(SHEER_T &a) { return a = __hsub(a, SHEER_AS(SHEER_ONE)); }
SHEER_HALF SHEER_T operator++(SHEER_T &a, int) { SHEER_T old = a; ++a; return old; }
SHEER_HALF SHEER_T operator--(SHEER_T &a, int) { SHEER_T old = a; --a; return old; }
SHEER_RELATION(==, eq)
SHEER_RELATION(!=, neu)
SHEER_RELATION(<, lt)
SHEER_RELATION(<=, le)
SHEER_RELATION(>, gt)
SHEER_RELATION(>=, ge)
#undef SHEER_OPERATOR
#undef SHEER_RELATION
#endif
#if !defined(SHEER_NO_OPERATORS2)
#define SHEER_OPERATOR(op, f) \
  SHEER_HALF SHEER_T2 operator op(const SHEER_T2 &a, const SHEER_T2 &b) { return f(a, b); } \
  SHEER_HALF SHEER_T2 &operator op##=(SHEER_T2 &a, const SHEER_T2 &b) { return a = f(a, b); }
#define SHEER_RELATION(op, f) \
  SHEER_HALF bool operator op(const SHEER_T2 &a, const SHEER_T2 &b) { return __hb##f##2(a, b); }
SHEER_OPERATOR(+, __hadd2)
SHEER_OPERATOR(-, __hsub2)
SHEER_OPERATOR(*, __hmul2)
SHEER_OPERATOR(/, __h2div)
SHEER_HALF SHEER_T2 operator+(const SHEER_T2 &a) { return a; }
SHEER_HALF SHEER_T2 operator-(const SHEER_T2 &a) { return __hneg2(a); }
SHEER_HALF SHEER_T2 &operator++(SHEER_T2 &a) { return a = SHEER_T2(__hadd(a.x, SHEER_AS(SHEER_ONE)), __hadd(a.y, SHEER_AS(SHEER_ONE))); }
SHEER_HALF SHEER_T2 &operator--(SHEER_T2 &a) { return a = SHEER_T2(__hsub(a.x, SHEER_AS(SHEER_ONE)), __hsub(a.y, SHEER_AS(SHEER_ONE))); }
SHEER_HALF SHEER_T2 operator++(SHEER_T2 &a, int) { SHEER_T2 old = a; ++a; return old; }
SHEER_HALF SHEER_T2 operator--(SHEER_T2 &a, int) { SHEER_T2 old = a; --a; return old; }
SHEER_RELATION(==, eq)
SHEER_RELATION(!=, neu)
SHEER_RELATION(<, lt)
SHEER_RELATION(<=, le)
SHEER_RELATION(>, gt)
SHEER_RELATION(>=, ge)
#undef SHEER_OPERATOR
#undef SHEER_RELATION
#endif

#undef SHEER_PASTE_
#undef SHEER_PASTE
#undef SHEER_AS
#undef SHEER_BINARY
#undef SHEER_RN
#undef SHEER_NO_CONTRACTION
#undef SHEER_COMPARE
#undef SHEER_COMPARE_2
#undef SHEER_EXTREME
#undef SHEER_UNARY
#undef SHEER_T
#undef SHEER_T2
#undef SHEER_N
#undef SHEER_N2
#undef SHEER_TO_N2
#undef SHEER_PTX
#undef SHEER_PTX2
#undef SHEER_VALUE
#undef SHEER_ROUND
#undef SHEER_FLOAT
#undef SHEER_FROM_FLOAT
#undef SHEER_FROM_INTEGER
#undef SHEER_ONE
#undef SHEER_INFINITE
#undef SHEER_NO_OPERATORS
#undef SHEER_NO_OPERATORS2
