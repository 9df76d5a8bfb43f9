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

INLINE double exp_scaled(double n, double r) {
  return scale2(1.0 + exp_tail(r), (int)n);
}

double __nv_exp(double x) {
  double t = x > 710.0 ? 710.0 : x < -750.0 ? -750.0 : x;
  double n = __builtin_rint(t * LOG2E);
  double r = FMA(-n, LN2_LOW, FMA(-n, LN2_HIGH, t));
  return x != x ? x : exp_scaled(n, r);
}
double __nv_exp2(double x) {
  double t = x > 1025.0 ? 1025.0 : x < -1080.0 ? -1080.0 : x;
  double n = __builtin_rint(t);
  return x != x ? x : exp_scaled(n, (t - n) * LN2_HIGH);
}
double __nv_exp10(double x) {
  double t = x > 310.0 ? 310.0 : x < -330.0 ? -330.0 : x;
  double n = __builtin_rint(t * 0x1.a934f0979a371p+1);
  double f = FMA(-n, -0x1.9dc1da994fd21p-59, FMA(-n, 0x1.34413509f79ffp-2, t));
  double r = FMA(f, 0x1.26bb1bbb55516p+1, f * -0x1.f48ad494ea3e9p-53);
  return x != x ? x : exp_scaled(n, r);
}
double __nv_expm1(double x) {
  double t = x > 710.0 ? 710.0 : x < -60.0 ? -60.0 : x;
  double n = __builtin_rint(t * LOG2E);
  double r = FMA(-n, LN2_LOW, FMA(-n, LN2_HIGH, t));
  double tail = exp_tail(r);
  int k = (int)n;
  double scale = double_of((u64)((k > 1023 ? 1023 : k) + 1023) << 52);
  double result = FMA(scale, tail, scale - 1.0);
  result = k > 1023 ? 2.0 * FMA(scale, tail, scale) : result;
  result = k == 0 ? tail : result;
  return x != x || x == 0.0 ? x : result;
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
/* log of 1 + f = log of m, as head + tail: the head is f - f*f/2 rounded, so that adding e ln 2 loses nothing. */
INLINE double log_core(double f, double extra) {
  double s = f / (2.0 + f), z = s * s;
  double half = 0.5 * f * f;
  return f - (half - (FMA(s, FMA(z, POLY(LOG, z), half), extra)));
}
INLINE double log_special(double x, double y) {
  y = x == 0.0 ? -INF : y;
  y = x == INF ? INF : y;
  return x < 0.0 ? NOT_A_NUMBER : x != x ? x : y;
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
  double lost = e == 0 ? x - f : (u >= 2.0 ? 1.0 - (u - x) : x - (u - 1.0));
  f = e == 0 ? x : f;
  double c = e == 0 ? 0.0 : lost / u;
  double s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
  double rest = FMA(s, FMA(z, POLY(LOG, z), half), FMA(n, LN2_LOW, c));
  double y = FMA(n, LN2_HIGH, f - (half - rest));
  y = x == -1.0 ? -INF : y;
  y = x == INF ? INF : y;
  return x < -1.0 ? NOT_A_NUMBER : x != x || x == 0.0 ? x : y;
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
double __nv_pow(double x, double y) {
  double a = __builtin_fabs(x), l, h = log_full(a, &l);
  double p = y * h, pl = FMA(y, h, -p) + y * l;
  p = p > 800.0 ? 800.0 : p < -800.0 ? -800.0 : p;
  pl = __builtin_fabs(pl) < 1.0 ? pl : 0.0;
  double n = __builtin_rint(p * LOG2E);
  double r = FMA(-n, LN2_HIGH, p), rl = FMA(-n, LN2_LOW, pl);
  double result = scale2(1.0 + FMA(r * r, POLY(EXP, r), r + FMA(r, rl, rl)), (int)n);
  double ay = __builtin_fabs(y);
  int whole = __builtin_trunc(y) == y;
  int odd = whole && ay < 0x1p53 && ((s64)ay & 1);
  result = a == 0.0 ? (y > 0.0 ? 0.0 : INF) : result;
  result = a == INF ? (y > 0.0 ? INF : 0.0) : result;
  double endless = a == 1.0 ? 1.0 : ((a > 1.0) == (y > 0.0) ? INF : 0.0);
  result = ay == INF ? endless : result;
  result = bits_of(x) >> 63 && odd ? -result : result;
  result = x < 0.0 && a != INF && !whole ? NOT_A_NUMBER : result;
  result = x != x || y != y ? x + y : result;
  return x == 1.0 || y == 0.0 ? 1.0 : result;
}
double __nv_powi(double x, int n) { return __nv_pow(x, (double)n); }

/* ---- hyperbolic */
double __nv_sinh(double x) {
  double a = __builtin_fabs(x);
  double t = __nv_expm1(a > 709.0 ? a - 0x1.62e42fefa39efp-1 : a);
  double small = 0.5 * (t + t / (t + 1.0));
  double y = a > 709.0 ? t : small;
  y = a == INF ? INF : y;
  return x != x || a < 0x1p-28 ? x : __builtin_copysign(y, x);
}
double __nv_cosh(double x) {
  double a = __builtin_fabs(x);
  double t = __nv_exp(a > 709.0 ? a - 0x1.62e42fefa39efp-1 : a);
  return a > 709.0 ? t : 0.5 * (t + 1.0 / t);
}
double __nv_tanh(double x) {
  double a = __builtin_fabs(x), t = __nv_expm1(2.0 * (a > 40.0 ? 40.0 : a));
  double y = a > 20.0 ? 1.0 : t / (t + 2.0);
  return x != x || x == 0.0 ? x : __builtin_copysign(y, x);
}
double __nv_asinh(double x) {
  double a = __builtin_fabs(x), z = a * a;
  double small = __nv_log1p(a + z / (1.0 + __builtin_sqrt(1.0 + z)));
  double big = __nv_log(a) + LN2_HIGH;
  return x != x || x == 0.0 ? x : __builtin_copysign(a > 0x1p28 ? big : small, x);
}
double __nv_acosh(double x) {
  double t = x - 1.0;
  double small = __nv_log1p(t + __builtin_sqrt(FMA(t, t, 2.0 * t)));
  double big = __nv_log(x) + LN2_HIGH;
  return x < 1.0 ? NOT_A_NUMBER : x > 0x1p28 ? big : small;
}
double __nv_atanh(double x) {
  double a = __builtin_fabs(x), y = 0.5 * __nv_log1p(2.0 * a / (1.0 - a));
  y = a == 1.0 ? INF : y;
  return a > 1.0 ? NOT_A_NUMBER : x != x || a < 0x1p-30 ? x : __builtin_copysign(y, x);
}

/* ---- roots */
double __nv_sqrt(double x) { return __builtin_sqrt(x); }
double __nv_rsqrt(double x) { return 1.0 / __builtin_sqrt(x); }
double __nv_cbrt(double x) {
  double a = __builtin_fabs(x);
  int tiny = a < 0x1p-1022;
  double t = tiny ? a * 0x1p54 : a;
  double y = double_of(bits_of(t) / 3 + 0x2a9f7893782da1ceull);
  for (int i = 0; i < 3; ++i) {
    double c = y * y * y;
    y = FMA(y, (t - c) / FMA(2.0, c, t), y);                   /* Halley */
  }
  y = FMA(FMA(-y * y, y, t) / (3.0 * y * y), 1.0, y);
  y = tiny ? y * 0x1p-18 : y;
  return x == 0.0 || a == INF || x != x ? x : __builtin_copysign(y, x);
}
double __nv_rcbrt(double x) { return 1.0 / __nv_cbrt(x); }
double __nv_hypot(double x, double y) {
  double a = __builtin_fabs(x), b = __builtin_fabs(y);
  double big = a > b ? a : b, small = a > b ? b : a;
  double k = big > 0x1p500 ? 0x1p-600 : big < 0x1p-500 ? 0x1p600 : 1.0;
  double back = big > 0x1p500 ? 0x1p600 : big < 0x1p-500 ? 0x1p-600 : 1.0;
  double p = big * k, q = small * k, s = p * p, sl = FMA(p, p, -s), u = q * q;
  double r = __builtin_sqrt(s + (u + sl)) * back;
  r = a != a || b != b ? NOT_A_NUMBER : r;
  return a == INF || b == INF ? INF : r;
}
double __nv_rhypot(double x, double y) { return 1.0 / __nv_hypot(x, y); }
double __nv_norm3d(double x, double y, double z) { return __nv_hypot(__nv_hypot(x, y), z); }
double __nv_rnorm3d(double x, double y, double z) { return 1.0 / __nv_norm3d(x, y, z); }
double __nv_norm4d(double x, double y, double z, double w) { return __nv_hypot(__nv_hypot(x, y), __nv_hypot(z, w)); }
double __nv_rnorm4d(double x, double y, double z, double w) { return 1.0 / __nv_norm4d(x, y, z, w); }

/* ---- float: in float where programs spend their time */
static const float EXPF[] = {0.5f, 0x1.555556p-3f, 0x1.5554d2p-5f, 0x1.1110e0p-7f, 0x1.6da0bep-10f, 0x1.a2a4dcp-13f};
INLINE float exp_poly(float r) {
  float p = EXPF[5];
  for (int i = 4; i >= 0; --i) p = FMAF(p, r, EXPF[i]);
  return FMAF(r * r, p, r);
}
INLINE float scale2f(float x, int n) {
  int h = n >> 1;
  return x * float_of((u32)(h + 127) << 23) * float_of((u32)(n - h + 127) << 23);
}
float __nv_expf(float x) {
  float t = x > 90.0f ? 90.0f : x < -105.0f ? -105.0f : x;
  float n = __builtin_rintf(t * 0x1.715476p+0f);
  float r = FMAF(-n, -0x1.05c610p-29f, FMAF(-n, 0x1.62e430p-1f, t));
  return x != x ? x : scale2f(1.0f + exp_poly(r), (int)n);
}
float __nv_exp2f(float x) {
  float t = x > 130.0f ? 130.0f : x < -152.0f ? -152.0f : x;
  float n = __builtin_rintf(t), f = t - n;
  return x != x ? x : scale2f(1.0f + exp_poly(FMAF(f, 0x1.62e430p-1f, f * -0x1.05c610p-29f)), (int)n);
}
float __nv_exp10f(float x) { return (float)__nv_exp10((double)x); }
float __nv_expm1f(float x) {
  float t = x > 90.0f ? 90.0f : x < -30.0f ? -30.0f : x;
  float n = __builtin_rintf(t * 0x1.715476p+0f);
  float r = FMAF(-n, -0x1.05c610p-29f, FMAF(-n, 0x1.62e430p-1f, t));
  float tail = exp_poly(r);
  int k = (int)n;
  float scale = float_of((u32)((k > 127 ? 127 : k) + 127) << 23);
  float y = FMAF(scale, tail, scale - 1.0f);
  y = k > 127 ? 2.0f * FMAF(scale, tail, scale) : k == 0 ? tail : y;
  return x != x || x == 0.0f ? x : y;
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
  y = x == 0.0f ? -__builtin_inff() : y;
  y = x == __builtin_inff() ? x : y;
  return x < 0.0f ? __builtin_nanf("") : x != x ? x : y;
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
float __nv_log2f(float x) { return (float)__nv_log2((double)x); }
float __nv_log10f(float x) { return (float)__nv_log10((double)x); }
float __nv_log1pf(float x) { return (float)__nv_log1p((double)x); }
float __nv_logbf(float x) { return (float)__nv_logb((double)x); }
int __nv_ilogbf(float x) { return __nv_ilogb((double)x); }
/* |x|**y by log2 and exp2 in double: far more than enough. */
INLINE double pow_positive(double a, double y) {
  int e;
  double m = split(a, &e), f = m - 1.0, s = f / (2.0 + f), z = s * s;
  double p = y * FMA(FMA(s * z, POLY(LOG, z), 2.0 * s), LOG2E, (double)e);
  p = p > 200.0 ? 200.0 : p < -200.0 ? -200.0 : p;
  double n = __builtin_rint(p), r = (p - n) * LN2_HIGH;
  double t = 1.0 + FMA(r * r, FMA(r, FMA(r, FMA(r, FMA(r, FMA(r, EXP[5], EXP[4]), EXP[3]), EXP[2]), EXP[1]), EXP[0]), r);
  return t * double_of((u64)((int)n + 1023) << 52);
}
float __nv_powf(float x, float y) {
  float a = __builtin_fabsf(x), ay = __builtin_fabsf(y), inf = __builtin_inff();
  float result = (float)pow_positive((double)a, (double)y);
  int whole = __builtin_truncf(y) == y;
  int odd = whole && ay < 0x1p24f && ((int)ay & 1);
  result = a == 0.0f ? (y > 0.0f ? 0.0f : inf) : result;
  result = a == inf ? (y > 0.0f ? inf : 0.0f) : result;
  float endless = a == 1.0f ? 1.0f : ((a > 1.0f) == (y > 0.0f) ? inf : 0.0f);
  result = ay == inf ? endless : result;
  result = bits_of_f(x) >> 31 && odd ? -result : result;
  result = x < 0.0f && a != inf && !whole ? __builtin_nanf("") : result;
  result = x != x || y != y ? x + y : result;
  return x == 1.0f || y == 0.0f ? 1.0f : result;
}
float __nv_powif(float x, int n) { return __nv_powf(x, (float)n); }
float __nv_sinhf(float x) { return (float)__nv_sinh((double)x); }
float __nv_coshf(float x) { return (float)__nv_cosh((double)x); }
float __nv_tanhf(float x) {
  float a = __builtin_fabsf(x), t = __nv_expm1f(2.0f * (a > 20.0f ? 20.0f : a));
  float y = a > 10.0f ? 1.0f : t / (t + 2.0f);
  return x != x || x == 0.0f ? x : __builtin_copysignf(y, x);
}
float __nv_asinhf(float x) { return (float)__nv_asinh((double)x); }
float __nv_acoshf(float x) { return (float)__nv_acosh((double)x); }
float __nv_atanhf(float x) { return (float)__nv_atanh((double)x); }
float __nv_sqrtf(float x) { return __builtin_sqrtf(x); }
float __nv_rsqrtf(float x) { return __nvvm_rsqrt_approx_f(x); }
float __nv_cbrtf(float x) { return (float)__nv_cbrt((double)x); }
float __nv_rcbrtf(float x) { return (float)(1.0 / __nv_cbrt((double)x)); }
float __nv_hypotf(float x, float y) {
  double s = (double)x * x + (double)y * y;
  float r = (float)__builtin_sqrt(s), inf = __builtin_inff();
  return __builtin_fabsf(x) == inf || __builtin_fabsf(y) == inf ? inf : r;
}
float __nv_rhypotf(float x, float y) { return (float)(1.0 / __builtin_sqrt((double)x * x + (double)y * y)); }
float __nv_norm3df(float x, float y, float z) { return (float)__builtin_sqrt((double)x * x + (double)y * y + (double)z * z); }
float __nv_rnorm3df(float x, float y, float z) { return (float)(1.0 / __builtin_sqrt((double)x * x + (double)y * y + (double)z * z)); }
float __nv_norm4df(float x, float y, float z, float w) {
  return (float)__builtin_sqrt((double)x * x + (double)y * y + (double)z * z + (double)w * w);
}
float __nv_rnorm4df(float x, float y, float z, float w) {
  return (float)(1.0 / __builtin_sqrt((double)x * x + (double)y * y + (double)z * z + (double)w * w));
}

#pragma clang attribute pop
