/* Functions of float in float, where the way by double would cost twice and more: logarithms, inverses of tangent and sine, error functions. */
#include "common.h"
#include "coefficients.h"

float __nv_expf(float);

#pragma clang attribute push(__attribute__((always_inline)), apply_to = function)

/* log(1 + f) = f - t for sqrt(1/2) <= 1 + f < sqrt(2); f - t as a sum. */
INLINE float log_pair_f(float f, float *low) {
  float s = f / (2.0f + f), half = 0.5f * f * f, t = half - log_tail_f(s, half), h = f - t;
  *low = (f - h) - t;
  return h;
}
float __nv_log2f(float x) {
  int e;
  float l, h = log_pair_f(split_f(x, &e) - 1.0f, &l);
  float y = FMAF(h, 0x1.715476p+0f, FMAF(l, 0x1.715476p+0f, h * 0x1.4ae0c0p-26f));
  return log_special_f(x, (float)e + y);
}
float __nv_log10f(float x) {
  int e;
  float l, h = log_pair_f(split_f(x, &e) - 1.0f, &l), n = (float)e;
  float y = FMAF(h, 0x1.bcb7b2p-2f, FMAF(l, 0x1.bcb7b2p-2f, FMAF(h, -0x1.5b235ep-27f, n * -0x1.ec10c0p-27f)));
  return log_special_f(x, FMAF(n, 0x1.344136p-2f, y));
}
float __nv_log1pf(float x) {
  float u = 1.0f + x;
  int e;
  float f = split_f(u, &e) - 1.0f, n = (float)e;
  float above = 1.0f - (u - x), below = x - (u - 1.0f), c = pickf(u >= 2.0f, above, below) / u;
  f = pickf(e == 0, x, f);
  c = pickf(e == 0, 0.0f, c);
  float s = f / (2.0f + f), half = 0.5f * f * f, rest = log_tail_f(s, half) + FMAF(n, LN2_LOW_F, c);
  float y = FMAF(n, LN2_HIGH_F, f - (half - rest));
  y = pickf(x == -1.0f, -__builtin_inff(), y);
  y = pickf(x == __builtin_inff(), x, y);
  y = pickf(x >= -1.0f, y, __builtin_nanf(""));
  return pickf(x == 0.0f, x, y);
}

/* atan of the smaller by the larger; turned about pi/4 where that is the other way round. */
INLINE float atan_ratio_f(float n, float d) {
  float small = pickf(n > d, d, n), large = pickf(n > d, n, d), t = small / large, z = t * t;
  float y = FMAF(t * z, POLYF(ATANF, z), t), turned = 0x1.921fb6p+0f - (y - -0x1.777a5cp-25f);
  return pickf(n > d, turned, y);
}
float __nv_atanf(float x) {
  float a = __builtin_fabsf(x), y = __builtin_copysignf(atan_ratio_f(a, 1.0f), x);
  return pickf(x == 0.0f, x, y);
}
float __nv_atan2f(float y, float x) {
  float a = __builtin_fabsf(y), b = __builtin_fabsf(x), inf = __builtin_inff(), sum = x + y;
  int infinite = (a == inf) | (b == inf), zeros = (a == 0.0f) & (b == 0.0f);
  float n = pickf(infinite, pickf(a == inf, 1.0f, 0.0f), a), d = pickf(infinite, pickf(b == inf, 1.0f, 0.0f), b);
  float r = atan_ratio_f(n, pickf(zeros, 1.0f, d)), turned = 0x1.921fb6p+1f - (r - -0x1.777a5cp-24f);
  r = __builtin_copysignf(pickf((int)(bits_of_f(x) >> 31), turned, r), y);
  return pickf((x != x) | (y != y), sum, r);
}
/* Above 1/2 by the root of (1 - |x|) / 2. */
INLINE float asin_root_f(float a, float *z) {
  *z = pickf(a > 0.5f, FMAF(-0.5f, a, 0.5f), a * a);
  float root = __builtin_sqrtf(*z);
  return pickf(a > 0.5f, root, a);
}
float __nv_asinf(float x) {
  float a = __builtin_fabsf(x), z, t = asin_root_f(a, &z), p = FMAF(t * z, POLYF(ASINF, z), t);
  float turned = 0x1.921fb6p+0f - (2.0f * p - -0x1.777a5cp-25f);
  float y = __builtin_copysignf(pickf(a > 0.5f, turned, p), x);
  return pickf(a <= 1.0f, y, __builtin_nanf(""));
}
float __nv_acosf(float x) {
  float a = __builtin_fabsf(x), z, t = asin_root_f(a, &z), tail = t * z * POLYF(ASINF, z), root = 2.0f * (t + tail);
  float turned = 0x1.921fb6p+1f - (root - -0x1.777a5cp-24f);
  float near = 0x1.921fb6p+0f - (x - (-0x1.777a5cp-25f - __builtin_copysignf(tail, x)));
  float y = pickf(a > 0.5f, pickf(x > 0.0f, root, turned), near);
  return pickf(a <= 1.0f, y, __builtin_nanf(""));
}

INLINE float erf_small_f(float x) { float z = x * x; return FMAF(x, POLYF(ERFF, z), x); }
/* Below 1 a polynomial of the square; above, 1 - 2**q of another as long as that one: each lane takes its own coefficients, so that there is one
   chain, not two. Above 4 the result is 1. A NaN is not above 1. */
float __nv_erff(float x) {
  float a = __builtin_fabsf(x);
  int far = a >= 1.0f, last = sizeof(ERFF) / sizeof(ERFF[0]) - 1;
  float u = pickf(far, pickf(a > 4.0f, 4.0f, a), x * x), p = pickf(far, LOG2ERFCF[last], ERFF[last]);
#pragma unroll
  for (int i = last - 1; i >= 0; --i) p = FMAF(p, u, pickf(far, LOG2ERFCF[i], ERFF[i]));
  u32 bits;
  float n = whole_product_f(p, 1.0f, &bits), power = float_of(bits_of_f(POLYF(EXP2F, p - n)) + (bits << 23));
  return pickf(far, __builtin_copysignf(1.0f - power, x), FMAF(x, p, x));
}
/* erfc = e**(-x*x) (1 + 2x) erfcx / (1 + 2x), the exponent's rounding made good. */
float __nv_erfcf(float x) {
  float a = __builtin_fabsf(x), c = clampf(a, 0.5f, 10.3f), s = c * c, l = FMAF(c, c, -s), e = __nv_expf(-s);
  float tail = FMAF(-l, e, e) * (POLYF(ERFCXF, (c - 2.0f) / (c + 2.0f)) / FMAF(2.0f, c, 1.0f));
  float near = 1.0f - erf_small_f(x), y = pickf(x < 0.0f, 2.0f - tail, tail);
  y = pickf(a > 10.2f, pickf(x < 0.0f, 2.0f, 0.0f), y);
  return pickf(x != x, x, pickf(a < 0.5f, near, y));
}

#pragma clang attribute pop
