/* exp, log and what follows from them: powers, hyperbolic functions, roots. Double first; float through double or in float below. */
#include "common.h"
#include "coefficients.h"

/* Inlined always: the functions that programs use in their inner loops become vector code there. */
#pragma clang attribute push(__attribute__((always_inline)), apply_to = function)

#define LOG2E 0x1.71547652b82fep+0
#define LN2_HIGH 0x1.62e42fefa39efp-1
#define LN2_LOW 0x1.abc9e3b39803fp-56

/* ---- exp */
INLINE double exp_tail(double r) { return FMA(r * r, POLY(EXP, r), r); } /* e**r - 1 for |r| <= ln 2 / 2 */

/* e**x * 2**-k, for results that are scaled later: k doublings more of range. */
INLINE double exp_shifted(double x, int k) {
  u64 bits;
  double t = clamp(x, -750.0, 760.0), n = whole_product(t, LOG2E, &bits);
  double r = FMA(-n, LN2_LOW, FMA(-n, LN2_HIGH, t));
  return scale_by_bits(1.0 + exp_tail(r), bits - (u64)(s64)k);
}
double __nv_exp(double x) { return exp_shifted(x, 0); }
double __nv_exp2(double x) {
  u64 bits;
  double t = clamp(x, -1080.0, 1025.0), n = whole_product(t, 1.0, &bits);
  return scale_by_bits(1.0 + exp_tail((t - n) * LN2_HIGH), bits);
}
double __nv_exp10(double x) {
  u64 bits;
  double t = clamp(x, -330.0, 310.0), n = whole_product(t, 0x1.a934f0979a371p+1, &bits);
  double f = FMA(-n, -0x1.9dc1da994fd21p-59, FMA(-n, 0x1.34413509f79ffp-2, t));
  return scale_by_bits(1.0 + exp_tail(FMA(f, 0x1.26bb1bbb55516p+1, f * -0x1.f48ad494ea3e9p-53)), bits);
}
/* e**(h + l) = (1 + tail) * 2**n for |h| < 1100 and l far smaller. */
INLINE double exp_pair(double h, double l, u64 *n) {
  double m = whole_product(h, LOG2E, n);
  double a = FMA(-m, LN2_HIGH, h), b = FMA(-m, LN2_LOW, l), r = a + b, rl = (a - r) + b;
  return 1.0 + (r + FMA(r * r, POLY(EXP, r), FMA(r, rl, rl)));
}
/* e**x - 1 for -60 <= x <= 710 as a sum: the head is rounded, *low is what it lost, to about 2**-60 of the head. */
INLINE double expm1_pair(double x, double *low) {
  u64 bits;
  double n = whole_product(x, LOG2E, &bits);
  double a = FMA(-n, LN2_HIGH, x), b = n * LN2_LOW, r = a - b, rl = (a - r) - b;
  double q = FMA(r * r, POLY(EXP, r), FMA(r, rl, rl));
  double scale = double_of((bits + 1023) << 52);
  double c = scale - 1.0, lost = pick(n > 53.0, -1.0, 0.0);        /* c is exact below, and scale itself above */
  c = pick(n > 53.0, scale, c);
  double p = scale * r, sum = c + p, back = sum - c;
  double rest = ((c - (sum - back)) + (p - back)) + FMA(scale, q, lost);
  double head = sum + rest;
  *low = (sum - head) + rest;
  return head;
}
double __nv_expm1(double x) {
  double low, y = expm1_pair(clamp(x, -60.0, 709.0), &low), most = __nv_exp(x);
  y = pick(x > 709.0, most, y);
  return pick(x == 0.0, x, y);
}

/* ---- log: x = m 2**e with m in [sqrt(1/2), sqrt(2)) */
INLINE double split(double x, int *e) {
  u64 b = bits_of(x);
  int tiny = b < 0x0010000000000000ull;
  b = tiny ? bits_of(x * 0x1p54) : b;
  s64 shift = (s64)(b - 0x3fe6a09e667f3bcdull) >> 52;
  *e = (int)shift - (tiny ? 54 : 0);
  return double_of(b - ((u64)shift << 52));
}
INLINE double log_special(double x, double y) {
  y = pick(x == 0.0, -INF, y);
  y = pick(x == INF, INF, y);
  return pick(x >= 0.0, y, NOT_A_NUMBER);
}
double __nv_log(double x) {
  int e;
  double m = split(x, &e), f = m - 1.0, n = e;
  double s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
  double rest = FMA(s, FMA(z, POLY(LOG, z), half), n * LN2_LOW);
  return log_special(x, FMA(n, LN2_HIGH, f - (half - rest)));
}
double __nv_log1p(double x) {
  double u = 1.0 + x;
  int e;
  double m = split(u, &e), f = m - 1.0, n = e;
  double above = 1.0 - (u - x), below = x - (u - 1.0), c = pick(u >= 2.0, above, below) / u;
  f = pick(e == 0, x, f);
  c = pick(e == 0, 0.0, c);
  double s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
  double rest = FMA(s, FMA(z, POLY(LOG, z), half), FMA(n, LN2_LOW, c));
  double y = FMA(n, LN2_HIGH, f - (half - rest));
  y = pick(x == -1.0, -INF, y);
  y = pick(x == INF, INF, y);
  y = pick(x >= -1.0, y, NOT_A_NUMBER);
  return pick(x == 0.0, x, y);
}
/* log(m) as a sum of two doubles, about 2**-66 relative. */
INLINE double log_pair(double m, double *low) {
  double f = m - 1.0, d = 2.0 + f, dl = f - (d - 2.0);
  double s = f / d, sl = (FMA(-s, d, f) - s * dl) / d;
  double z = s * s, zl = FMA(s, s, -z) + 2.0 * s * sl;
  double q = POLY(LOGQ, z);
  double qh = z * q;                                            /* z/5 and on */
  double th = 0x1.5555555555555p-2 + qh;
  double tl = (0x1.5555555555555p-2 - th) + qh + FMA(z, q, -qh) + zl * q + 0x1.5555555555555p-56;
  double ph = z * th, pl = FMA(z, th, -ph) + FMA(z, tl, zl * th);   /* z * (1/3 + z q) */
  double wh = s * ph, wl = FMA(s, ph, -wh) + FMA(s, pl, sl * ph);
  double h = s + wh, l = (s - h) + wh + wl + sl;
  double high = 2.0 * h + 2.0 * l;
  *low = (2.0 * h - high) + 2.0 * l;
  return high;
}
INLINE double log_full(double x, double *low) {
  int e;
  double m = split(x, &e), n = e, l;
  double h = log_pair(m, &l);
  double a = n * LN2_HIGH, al = FMA(n, LN2_HIGH, -a);
  double high = a + h, rest = (a - high) + h + (l + al + n * LN2_LOW);
  double sum = high + rest;
  *low = (high - sum) + rest;
  return sum;
}
double __nv_log2(double x) {
  int e;
  double l, m = split(x, &e), h = log_pair(m, &l);
  double a = h * LOG2E, al = FMA(h, LOG2E, -a) + FMA(h, 0x1.777d0ffda0d24p-56, l * LOG2E);
  double n = e, sum = n + a;
  return log_special(x, sum + ((n - sum) + a + al));
}
double __nv_log10(double x) {
  double l, h = log_full(x, &l);
  double a = h * 0x1.bcb7b1526e50ep-2;
  double y = a + (FMA(h, 0x1.bcb7b1526e50ep-2, -a) + FMA(h, 0x1.95355baaafad3p-57, l * 0x1.bcb7b1526e50ep-2));
  return log_special(x, y);
}
double __nv_logb(double x) {
  double a = __builtin_fabs(x);
  u64 b = bits_of(a < 0x1p-1022 ? a * 0x1p54 : a);
  double e = (double)((int)(b >> 52) - 1023 - (a < 0x1p-1022 ? 54 : 0));
  return x == 0.0 ? -INF : a == INF ? INF : x != x ? x : e;
}
int __nv_ilogb(double x) {
  double e = __nv_logb(x);
  return x == 0.0 || x != x ? (int)0x80000000 : e == INF ? 0x7fffffff : (int)e;
}

/* ---- pow */
/* The cases of pow: zeros, infinities, signs, what is no number. */
INLINE double pow_special(double x, double y, double a, double result) {
  double ay = __builtin_fabs(y), at_zero = pick(y > 0.0, 0.0, INF), at_infinity = pick(y > 0.0, INF, 0.0);
  int whole = __builtin_trunc(y) == y, odd = whole & __builtin_trunc(0.5 * y) != 0.5 * y, grows = (a > 1.0) == (y > 0.0);
  result = pick(a == 0.0, at_zero, result);
  result = pick(a == INF, at_infinity, result);
  double endless = pick(a == 1.0, 1.0, pick(grows, INF, 0.0));
  result = pick(ay == INF, endless, result);
  double signed_result = double_of(bits_of(result) ^ (bits_of(x) & (u64)odd << 63));
  result = pick((x < 0.0) & (a != INF) & !whole, NOT_A_NUMBER, signed_result);
  double sum = x + y;
  result = pick((x != x) | (y != y), sum, result);
  return pick((x == 1.0) | (y == 0.0), 1.0, result);
}
double __nv_pow(double x, double y) {
  double a = __builtin_fabs(x), l, h = log_full(a, &l);
  double p = y * h, pl = FMA(y, h, -p) + y * l;
  p = clamp(p, -800.0, 800.0);
  pl = pick(__builtin_fabs(pl) < 1.0, pl, 0.0);
  u64 n;
  double power = exp_pair(p, pl, &n);
  return pow_special(x, y, a, scale_by_bits(power, n));
}
double __nv_powi(double x, int n) { return __nv_pow(x, (double)n); }

/* ---- hyperbolic */
/* From 0.5 on through h = e**a / 2, which does not overflow too early: sinh, cosh = h -+ 1 / (4 h). */
double __nv_sinh(double x) {
  double a = __builtin_fabs(x), low;
  double t = expm1_pair(pick(a > 1.0, 1.0, a), &low);
  double u = 1.0 + t, small = 0.5 * (t + (low + t / u));
  double h = exp_shifted(a, 1), large = h - 0.25 / h, y = pick(a > 1.0, large, small);
  y = __builtin_copysign(pick(a == INF, INF, y), x);
  return pick(a < 0x1p-28, x, y);
}
double __nv_cosh(double x) {
  double a = __builtin_fabs(x), h = exp_shifted(a, 1), y = h + 0.25 / h;
  return pick(a == INF, INF, y);
}
double __nv_tanh(double x) {
  double a = __builtin_fabs(x), tl, t = expm1_pair(2.0 * pick(a > 22.0, 22.0, a), &tl);
  double d = t + 2.0, dl = (t - (d - 2.0)) + tl, q = t / d;
  double y = q + (FMA(-q, d, t) + FMA(-q, dl, tl)) / d;
  y = __builtin_copysign(pick(a > 22.0, 1.0, y), x);
  return pick(x == 0.0, x, y);
}
double __nv_asinh(double x) {
  double a = __builtin_fabs(x), z = a * a;
  double small = __nv_log1p(a + z / (1.0 + __builtin_sqrt(1.0 + z)));
  double big = __nv_log(a) + LN2_HIGH, y = __builtin_copysign(pick(a > 0x1p28, big, small), x);
  return pick((x != x) | (x == 0.0), x, y);
}
double __nv_acosh(double x) {
  double t = x - 1.0;
  double small = __nv_log1p(t + __builtin_sqrt(FMA(t, t, 2.0 * t)));
  double big = __nv_log(x) + LN2_HIGH, y = pick(x > 0x1p28, big, small);
  return pick(x >= 1.0, y, NOT_A_NUMBER);
}
double __nv_atanh(double x) {
  double a = __builtin_fabs(x), y = 0.5 * __nv_log1p(2.0 * a / (1.0 - a));
  y = __builtin_copysign(pick(a == 1.0, INF, y), x);
  y = pick(a <= 1.0, y, NOT_A_NUMBER);
  return pick(a < 0x1p-30, x, y);
}

/* ---- roots */
double __nv_sqrt(double x) { return __builtin_sqrt(x); }
double __nv_rsqrt(double x) { return 1.0 / __builtin_sqrt(x); }
/* x**(-1/3) for a normal x: a guess from the bits to 5 %, and steps of fourth order on 1 - x y**3, without a division. */
INLINE double inverse_cbrt(double x) {
  double y = double_of((u64)(0x553eb000u - (u32)(bits_of(x) >> 32) / 3) << 32);
#pragma unroll
  for (int i = 0; i < 3; ++i) {
    double e = FMA(-x * y, y * y, 1.0);
    y = FMA(y * e, FMA(e, FMA(e, 14.0 / 81.0, 2.0 / 9.0), 1.0 / 3.0), y);
  }
  return y;
}
INLINE double cbrt_pair(double x, double *scale, double *inverse) { /* cbrt(x) / scale of a positive number */
  double t = x < 0x1p-900 ? x * 0x1p300 : x > 0x1p900 ? x * 0x1p-300 : x;
  *scale = x < 0x1p-900 ? 0x1p-100 : x > 0x1p900 ? 0x1p100 : 1.0;
  double y = inverse_cbrt(t), c = t * y * y, s = c * c, sl = FMA(c, c, -s);
  *inverse = y;
  return FMA(-(FMA(s, c, -t) + sl * c), y * y * (1.0 / 3.0), c);
}
double __nv_cbrt(double x) {
  double a = __builtin_fabs(x), scale, inverse, y = cbrt_pair(a, &scale, &inverse) * scale;
  return x == 0.0 || a == INF || x != x ? x : __builtin_copysign(y, x);
}
double __nv_rcbrt(double x) {
  double a = __builtin_fabs(x), scale, y, c = cbrt_pair(a, &scale, &y);
  y = FMA(FMA(-c, y, 1.0), y, y) / scale;
  y = a == 0.0 ? INF : a == INF ? 0.0 : y;
  return x != x ? x : __builtin_copysign(y, x);
}
/* The sum of n squares as s + *low, all scaled by *scale so that nothing overflows or gets lost. */
INLINE double squares(const double *x, int n, double *low, double *scale) {
  double big = 0.0;
#pragma unroll
  for (int i = 0; i < n; ++i) big = pick(__builtin_fabs(x[i]) > big, __builtin_fabs(x[i]), big);
  double k = pick(big > 0x1p500, 0x1p-600, pick(big < 0x1p-400, 0x1p600, 1.0)), s = 0.0, rest = 0.0;
#pragma unroll
  for (int i = 0; i < n; ++i) {
    double t = x[i] * k, p = t * t, sum = s + p, back = sum - s;
    rest += (i ? (s - (sum - back)) + (p - back) : 0.0) + FMA(t, t, -p);
    s = i ? sum : p;
  }
  *low = rest;
  *scale = k;
  return s;
}
/* What holds for infinities (which win over NaN) and NaN. */
INLINE double norm_special(const double *x, int n, double y, double of_infinity) {
  int infinite = 0, nan = 0;
#pragma unroll
  for (int i = 0; i < n; ++i) infinite |= __builtin_fabs(x[i]) == INF, nan |= x[i] != x[i];
  return pick(infinite, of_infinity, pick(nan, NOT_A_NUMBER, y));
}
INLINE double norm(const double *x, int n) {
  double k, l, s = squares(x, n, &l, &k), back = pick(k == 1.0, 1.0, pick(k < 1.0, 0x1p600, 0x1p-600));
  return norm_special(x, n, __builtin_sqrt(s + l) * back, INF);
}
INLINE double inverse_norm(const double *x, int n) {
  double k, l, s = squares(x, n, &l, &k), r = 1.0 / __builtin_sqrt(s);
  double h = s * r, e = FMA(-h, r, 1.0) - FMA(s, r, -h) * r - l * r * r, y = FMA(0.5 * r, e, r) * k;
  return norm_special(x, n, pick(s > 0.0, y, INF), 0.0);
}
#define LIST(...) (const double[]){__VA_ARGS__}
double __nv_hypot(double x, double y) { return norm(LIST(x, y), 2); }
double __nv_rhypot(double x, double y) { return inverse_norm(LIST(x, y), 2); }
double __nv_norm3d(double x, double y, double z) { return norm(LIST(x, y, z), 3); }
double __nv_rnorm3d(double x, double y, double z) { return inverse_norm(LIST(x, y, z), 3); }
double __nv_norm4d(double x, double y, double z, double w) { return norm(LIST(x, y, z, w), 4); }
double __nv_rnorm4d(double x, double y, double z, double w) { return inverse_norm(LIST(x, y, z, w), 4); }
/* Any number of them: scaled by the largest. */
double __nv_norm(int n, const double *x) {
  double big = 0.0, s = 0.0, nan = 0.0;
  for (int i = 0; i < n; ++i) big = pick(__builtin_fabs(x[i]) > big, __builtin_fabs(x[i]), big), nan = pick(x[i] != x[i], x[i], nan);
  double k = pick(big > 0x1p480, 0x1p-600, pick(big < 0x1p-400, 0x1p600, 1.0));
  for (int i = 0; i < n; ++i) s = FMA(x[i] * k, x[i] * k, s);
  return big == INF ? INF : nan != nan ? nan : __builtin_sqrt(s) * pick(k == 1.0, 1.0, pick(k < 1.0, 0x1p600, 0x1p-600));
}
float __nv_normf(int n, const float *x) {
  double s = 0.0;
  int infinite = 0;
  for (int i = 0; i < n; ++i) s = FMA((double)x[i], (double)x[i], s), infinite |= __builtin_fabsf(x[i]) == __builtin_inff();
  return infinite ? __builtin_inff() : (float)__builtin_sqrt(s);
}

/* ---- float: in float where programs spend their time */
static const float EXPF[] = {0.5f, 0x1.555556p-3f, 0x1.5554d2p-5f, 0x1.1110e0p-7f, 0x1.6da0bep-10f, 0x1.a2a4dcp-13f};
INLINE float exp_poly(float r) {
  float p = EXPF[5];
#pragma unroll
  for (int i = 4; i >= 0; --i) p = FMAF(p, r, EXPF[i]);
  return FMAF(r * r, p, r);
}
#define LN2_HIGH_F 0x1.62e430p-1f
#define LN2_LOW_F -0x1.05c610p-29f
float __nv_expf(float x) {
  u32 bits;
  float t = clampf(x, -105.0f, 90.0f), n = whole_product_f(t, 0x1.715476p+0f, &bits);
  float r = FMAF(-n, LN2_LOW_F, FMAF(-n, LN2_HIGH_F, t));
  return scale_by_bits_f(1.0f + exp_poly(r), bits);
}
float __nv_exp2f(float x) {
  u32 bits;
  float t = clampf(x, -152.0f, 130.0f), n = whole_product_f(t, 1.0f, &bits), f = t - n;
  return scale_by_bits_f(1.0f + exp_poly(FMAF(f, LN2_HIGH_F, f * LN2_LOW_F)), bits);
}
float __nv_exp10f(float x) {
  u32 bits;
  float t = clampf(x, -47.0f, 40.0f), n = whole_product_f(t, 0x1.a934f0p+1f, &bits);
  float f = FMAF(-n, -0x1.ec10c0p-27f, FMAF(-n, 0x1.344136p-2f, t));
  return scale_by_bits_f(1.0f + exp_poly(FMAF(f, 0x1.26bb1cp+1f, f * -0x1.12aabap-25f)), bits);
}
float __nv_expm1f(float x) {
  u32 bits;
  float t = clampf(x, -30.0f, 89.0f), n = whole_product_f(t, 0x1.715476p+0f, &bits);
  float r = FMAF(-n, LN2_LOW_F, FMAF(-n, LN2_HIGH_F, t)), tail = exp_poly(r);
  int k = (int)(bits - 0x4b400000u), most = k > 127 ? 127 : k;
  float scale = float_of((u32)(most + 127) << 23);
  float y = FMAF(scale, tail, scale - 1.0f), twice = 2.0f * FMAF(scale, tail, scale);
  y = pickf(k > 127, twice, y);
  y = pickf(k == 0, tail, y);
  return pickf(x == 0.0f, x, y);
}
INLINE float split_f(float x, int *e) {
  u32 b = bits_of_f(x);
  int tiny = b < 0x00800000u;
  b = tiny ? bits_of_f(x * 0x1p24f) : b;
  int shift = (int)(b - 0x3f3504f3u) >> 23;
  *e = shift - (tiny ? 24 : 0);
  return float_of(b - ((u32)shift << 23));
}
INLINE float log_special_f(float x, float y) {
  y = pickf(x == 0.0f, -__builtin_inff(), y);
  y = pickf(x == __builtin_inff(), x, y);
  return pickf(x >= 0.0f, y, __builtin_nanf(""));
}
INLINE float log_tail_f(float s, float half) {
  float z = s * s;
  float p = FMAF(z, FMAF(z, FMAF(z, 0.24279078841f, 0.28498786688f), 0.39999999f), 0.66666668653f);
  return s * FMAF(z, p, half);
}
float __nv_logf(float x) {
  int e;
  float m = split_f(x, &e), f = m - 1.0f, n = (float)e, s = f / (2.0f + f), half = 0.5f * f * f;
  float rest = log_tail_f(s, half) + n * 0x1.0bfbe8p-15f;
  return log_special_f(x, FMAF(n, 0x1.62e000p-1f, f - (half - rest)));
}
float __nv_logbf(float x) { return (float)__nv_logb((double)x); }
int __nv_ilogbf(float x) { return __nv_ilogb((double)x); }
/* |x|**y by log2 and exp2 in double: far more than enough. */
INLINE double pow_positive(double a, double y) {
  int e;
  u64 bits;
  double m = split(a, &e), f = m - 1.0, s = f / (2.0 + f), z = s * s;
  double p = clamp(y * FMA(FMA(s * z, POLY(LOG, z), 2.0 * s), LOG2E, (double)e), -200.0, 200.0);
  double n = whole_product(p, 1.0, &bits), r = (p - n) * LN2_HIGH;
  double t = 1.0 + FMA(r * r, FMA(r, FMA(r, FMA(r, FMA(r, FMA(r, EXP[5], EXP[4]), EXP[3]), EXP[2]), EXP[1]), EXP[0]), r);
  return t * double_of((bits + 1023) << 52);
}
float __nv_powf(float x, float y) {
  float a = __builtin_fabsf(x), ay = __builtin_fabsf(y), inf = __builtin_inff(), nan = __builtin_nanf(""), sum = x + y;
  float result = (float)pow_positive((double)a, (double)y), at_zero = pickf(y > 0.0f, 0.0f, inf), at_inf = pickf(y > 0.0f, inf, 0.0f);
  int whole = __builtin_truncf(y) == y, odd = whole & __builtin_truncf(0.5f * y) != 0.5f * y, grows = (a > 1.0f) == (y > 0.0f);
  result = pickf(a == 0.0f, at_zero, result);
  result = pickf(a == inf, at_inf, result);
  float endless = pickf(a == 1.0f, 1.0f, pickf(grows, inf, 0.0f));
  result = pickf(ay == inf, endless, result);
  result = float_of(bits_of_f(result) ^ (bits_of_f(x) & (u32)odd << 31));
  result = pickf((x < 0.0f) & (a != inf) & !whole, nan, result);
  result = pickf((x != x) | (y != y), sum, result);
  return pickf((x == 1.0f) | (y == 0.0f), 1.0f, result);
}
float __nv_powif(float x, int n) { return __nv_powf(x, (float)n); }
float __nv_sinhf(float x) { return (float)__nv_sinh((double)x); }
float __nv_coshf(float x) { return (float)__nv_cosh((double)x); }
float __nv_tanhf(float x) {
  float a = __builtin_fabsf(x), t = __nv_expm1f(2.0f * pickf(a > 20.0f, 20.0f, a)), y = t / (t + 2.0f);
  y = __builtin_copysignf(pickf(a > 10.0f, 1.0f, y), x);
  return pickf(x == 0.0f, x, y);
}
float __nv_asinhf(float x) { return (float)__nv_asinh((double)x); }
float __nv_acoshf(float x) { return (float)__nv_acosh((double)x); }
float __nv_atanhf(float x) { return (float)__nv_atanh((double)x); }
float __nv_sqrtf(float x) { return __builtin_sqrtf(x); }
float __nv_rsqrtf(float x) { return __nvvm_rsqrt_approx_f(x); }
float __nv_cbrtf(float x) { return (float)__nv_cbrt((double)x); }
float __nv_rcbrtf(float x) { return (float)__nv_rcbrt((double)x); }
/* Squares of floats fit doubles, and their sums do not overflow. */
INLINE double squares_f(float x, float y, float z, float w) {
  double s = (double)x * x + (double)y * y + ((double)z * z + (double)w * w);
  float inf = __builtin_inff();
  int infinite = (__builtin_fabsf(x) == inf) | (__builtin_fabsf(y) == inf) | (__builtin_fabsf(z) == inf) | (__builtin_fabsf(w) == inf);
  return pick(infinite, INF, s);
}
float __nv_hypotf(float x, float y) { return (float)__builtin_sqrt(squares_f(x, y, 0.0f, 0.0f)); }
float __nv_rhypotf(float x, float y) { return (float)(1.0 / __builtin_sqrt(squares_f(x, y, 0.0f, 0.0f))); }
float __nv_norm3df(float x, float y, float z) { return (float)__builtin_sqrt(squares_f(x, y, z, 0.0f)); }
float __nv_rnorm3df(float x, float y, float z) { return (float)(1.0 / __builtin_sqrt(squares_f(x, y, z, 0.0f))); }
float __nv_norm4df(float x, float y, float z, float w) { return (float)__builtin_sqrt(squares_f(x, y, z, w)); }
float __nv_rnorm4df(float x, float y, float z, float w) { return (float)(1.0 / __builtin_sqrt(squares_f(x, y, z, w))); }

#pragma clang attribute pop
