/* Error functions, gamma functions, the normal distribution, and the small functions on numbers' parts. */
#include "common.h"
#include "coefficients.h"

double __nv_exp(double);
double __nv_log(double);
double __nv_pow(double, double);
double __nv_sinpi(double);

#pragma clang attribute push(__attribute__((always_inline)), apply_to = function)

INLINE double erfcx_positive(double x) {                /* e**(x*x) erfc(x) for x >= 0.5 */
  double t = (x - 2.0) / (x + 2.0);
  double y = POLY(ERFCX, t > 0.88 ? 0.88 : t) / FMA(2.0, x, 1.0);
  double v = 1.0 / (x * x);                              /* far out: the asymptotic series */
  double s = FMA(v, FMA(v, FMA(v, FMA(v, FMA(v, 162.421875, -29.53125), 6.5625), -1.875), 0.75), -0.5);
  double distant = 0x1.20dd750429b6dp-1 / x * FMA(v, s, 1.0);
  return pick(x > 28.0, distant, y);
}
INLINE double erf_small(double x) { double z = x * x; return FMA(x, POLY(ERF, z), x); }
INLINE double gauss(double x) {                          /* e**(-x*x) with the square's lost part */
  double s = x * x, l = FMA(x, x, -s);
  double e = __nv_exp(-s);
  return pick(s > 746.0, 0.0, FMA(-l, e, e));
}
/* erfc of 0.5 and more; what becomes subnormal is rounded once. */
INLINE double erfc_tail(double x) {
  double s = x * x, l = FMA(x, x, -s), e = exp_shifted(-s, -64);
  double y = FMA(-l, e, e) * erfcx_positive(x) * 0x1p-64;
  return pick(x > 27.3, 0.0, y);
}
double __nv_erfc(double x) {
  double a = __builtin_fabs(x), tail = erfc_tail(pick(a < 0.5, 0.5, a)), near = 1.0 - erf_small(x);
  return pick(a < 0.5, near, pick(x < 0.0, 2.0 - tail, tail));
}
double __nv_erf(double x) {
  double a = __builtin_fabs(x), c = pick(a > 7.0, 7.0, a), near = erf_small(a);
  double tail = 1.0 - gauss(c) * erfcx_positive(pick(c < 0.5, 0.5, c));
  double y = __builtin_copysign(pick(a < 1.0, near, tail), x);
  return pick(x == 0.0, x, y);
}
double __nv_erfcx(double x) {
  double c = clamp(x, -27.0, 1.0), s = c * c, l = FMA(c, c, -s), e = exp_shifted(s, 8);
  double near = FMA(l, e, e) * __nv_erfc(c) * 0x1p8;
  double far = erfcx_positive(pick(x < 1.0, 1.0, x));
  return pick(x < -26.7, INF, pick(x < 1.0, near, far));
}
/* Inverses: by w = -log(1 - y*y), in which they are smooth; from 25 on by the reciprocal of its root. */
INLINE double erfinv_of(double y, double w) {
  double s = __builtin_sqrt(pick(w < 6.0, 6.0, w)), r = 1.0 / s, near = y * POLY(ERFINV, w - 3.125);
  double middle = s * POLY(ERFINV_MIDDLE, s - 3.75), distant = s * POLY(ERFINV_FAR, pick(r < 0.21, r, 0.21) - 0.1175);
  return pick(w < 6.25, near, pick(w < 25.0, middle, distant));
}
double __nv_erfinv(double y) {
  double a = __builtin_fabs(y), near = FMA(-a, a, 1.0), far = (1.0 - a) * (1.0 + a);
  double x = erfinv_of(a, -__nv_log(pick(a < 0.5, near, far)));
  x = __builtin_copysign(pick(a == 1.0, INF, x), y);
  return pick(a <= 1.0, pick(y == 0.0, y, x), NOT_A_NUMBER);
}
double __nv_erfcinv(double y) {
  double p = pick(y > 1.0, 2.0 - y, y), d = 1.0 - p, far = p * (2.0 - p), near = FMA(-d, d, 1.0);
  double x = erfinv_of(d, -__nv_log(pick(p < 0.5, far, near)));
  x = pick(p == 0.0, INF, x);
  x = pick(y > 1.0, -x, x);
  return pick((y >= 0.0) & (y <= 2.0), x, NOT_A_NUMBER);
}
double __nv_normcdf(double x) {
  double t = clamp(x, -40.0, 40.0);
  double h = t * -0x1.6a09e667f3bcdp-1, l = FMA(t, -0x1.6a09e667f3bcdp-1, -h) + t * 0x1.bdd3413b26456p-55;
  /* erfc(h + l) = erfc(h) - l * 2/sqrt(pi) e**(-h*h): the derivative is taken as a multiple of erfc itself. */
  double a = __builtin_fabs(h), c = pick(a < 0.5, 0.5, a), tail = erfc_tail(c), near = 1.0 - erf_small(h), lift = -2.0 * h * l;
  double up = FMA(tail, pick(h > 1.0, lift, 0.0), tail);
  double y = pick(a < 0.5, near, pick(h < 0.0, 2.0 - tail, up));
  double slope = -0x1.20dd750429b6dp+0 * l * gauss(pick(h > 1.0, 30.0, h));
  return 0.5 * (y + slope);
}
double __nv_normcdfinv(double p) { return 0.0 - 0x1.6a09e667f3bcdp+0 * __nv_erfcinv(2.0 * p); }

float __nv_erfcxf(float x) { return (float)__nv_erfcx((double)x); }
float __nv_erfinvf(float x) { return (float)__nv_erfinv((double)x); }
float __nv_erfcinvf(float x) { return (float)__nv_erfcinv((double)x); }
float __nv_normcdff(float x) { return (float)__nv_normcdf((double)x); }
float __nv_normcdfinvf(float x) { return (float)__nv_normcdfinv((double)x); }

#pragma clang attribute pop

/* ---- gamma */
/* lgamma(x) of 10 and more as a sum: (x - 1/2) log x - x + log(2 pi) / 2 and the series in 1/x. */
INLINE double stirling_pair(double x, double *low) {
  double v = 1.0 / x, z = v * v, l, h = log_full(x, &l);
  double series = FMA(z, FMA(z, FMA(z, FMA(z, FMA(z, FMA(z, 0x1.a41a41a41a41ap-8, -0x1.f6ab0d9993c7dp-10), 0x1.b951e2b18ff23p-11),
                       -0x1.3813813813814p-11), 0x1.a01a01a01a01ap-11), -0x1.6c16c16c16c17p-9), 0x1.5555555555555p-4);
  double y = x - 0.5, p = y * h, pl = FMA(y, h, -p) + y * l;
  double q = p - x, ql = ((p - q) - x) + pl;
  double c = 0x1.d67f1c864beb5p-1, r = q + c, rl = ((q - r) + c) + (ql - 0x1.65b5a1b7ff5dfp-55) + v * series;
  double sum = r + rl;
  *low = (r - sum) + rl;
  return sum;
}
/* Zeros at 1 and 2 are factors of their polynomials; from 2.5 on the argument goes down to the second, from 10 on Stirling. Below 0.7 it goes
   up by one: lgamma(x) = lgamma(1 + x) - log |x|, for x > -0.3. */
INLINE double lgamma_above(double x) {
  int huge = x > 0x1p1000;                               /* where (x - 1/2) log x overflows before x is taken off */
  double big = pick(huge, x * 0x1p-100, pick(x > 10.0, x, 10.0)), rest;
  double distant = stirling_pair(big, &rest);
  double scaled = FMA(big, 0x1.1542457337d43p+6, distant) * 0x1p100;
  distant = pick(huge, scaled, distant);
  double t = x < 10.0 ? x : 10.0, product = 1.0;
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    int more = t >= 2.5;
    t = pick(more, t - 1.0, t);
    product = pick(more, product * t, product);
  }
  int low = t < 0.5, second = (t >= 1.5) | ((t >= 0.5) & (t < 0.7));
  double v = pick(low, t, pick(t >= 1.5, t - 2.0, t - 1.0)), first = POLY(LGAMMA_1, v), other = POLY(LGAMMA_2, v);
  double near = v * pick(second, other, first);
  double factor = pick(t < 0.7, __builtin_fabs(t), product), log_factor = __nv_log(factor);
  near = near + pick(t < 0.7, -log_factor, pick(factor == 1.0, 0.0, log_factor));
  return pick(x >= 10.0, distant, near);
}
double __nv_lgamma(double x) {
  double a = __builtin_fabs(x);
  int mirror = x < -0.3;
  double y = lgamma_above(pick(mirror, a, x));
  double mirrored = 0x1.250d048e7a1bdp+0 - __nv_log(__builtin_fabs(__nv_sinpi(a)) * a) - y;
  y = pick(mirror, mirrored, y);
  y = pick((x <= 0.0) & (__builtin_trunc(x) == x), INF, y);
  return pick(a == INF, INF, pick(x != x, x, y));
}
/* gamma(1 + a) by its recursion below 12, e**(lgamma) as a pair above; negative arguments by -pi / (sin(pi a) gamma(1 + a)). */
double __nv_tgamma(double x) {
  double a = __builtin_fabs(x), t = pick(a > 200.0, 200.0, a), big = pick(t > 12.0, t, 12.0);
  int minus = x < 0.0;
  u64 n;
  double rest, sum = stirling_pair(big, &rest);
  double power = exp_pair(pick(minus, -sum, sum), pick(minus, -rest, rest), &n);
  double s = -0x1.921fb54442d18p+1 / __nv_sinpi(a);
  double distant = scale_by_bits(power * pick(minus, s / a, 1.0), n);
  double product = 1.0, u = pick(t < 12.0, t, 12.0);
  int tiny = u < 1.0;
  u = pick(tiny, u + 1.0, u);
#pragma unroll
  for (int i = 0; i < 10; ++i) {
    int more = u > 2.0;
    u = pick(more, u - 1.0, u);
    product = pick(more, product * u, product);
  }
  double g = product * POLY(TGAMMA, u - 1.5), up = pick(tiny, g, g * a);     /* gamma(a), or of 1 + a; gamma(1 + a) */
  double near = pick(minus, s, g) / pick(minus, up, pick(tiny, a, 1.0));
  double value = pick(a >= 12.0, distant, near);
  value = pick(x == 0.0, __builtin_copysign(INF, x), value);
  value = pick(minus & (__builtin_trunc(x) == x), NOT_A_NUMBER, value);
  return pick(x == INF, INF, pick(x != x, x, value));
}

float __nv_lgammaf(float x) { return (float)__nv_lgamma((double)x); }
float __nv_tgammaf(float x) { return (float)__nv_tgamma((double)x); }
