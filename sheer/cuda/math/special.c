/* Error functions, gamma functions, the normal distribution, and the small functions on numbers' parts. */
#include "common.h"
#include "coefficients.h"

double __nv_exp(double);
double __nv_log(double);
double __nv_pow(double, double);
double __nv_sinpi(double);

INLINE double erfcx_positive(double x) {                /* e**(x*x) erfc(x) for x >= 0.97 */
  double t = (x - 2.0) / (x + 2.0);
  double y = POLY(ERFCX, t > 0.88 ? 0.88 : t) / FMA(2.0, x, 1.0);
  double v = 1.0 / (x * x);                              /* far out: the asymptotic series */
  double far = 0x1.20dd750429b6dp-1 / x * FMA(v, FMA(v, FMA(v, FMA(v, 6.5625, -1.875), 0.75), -0.5), 1.0);
  return x > 28.0 ? far : y;
}
INLINE double erf_small(double x) { double z = x * x; return FMA(x, POLY(ERF, z), x * 0x1.20dd750429b6dp+0); }
INLINE double gauss(double x) {                          /* e**(-x*x) with the square's lost part */
  double s = x * x, l = FMA(x, x, -s);
  double e = __nv_exp(-s);
  return s > 745.0 ? 0.0 : FMA(-l, e, e);
}
double __nv_erfc(double x) {
  double a = __builtin_fabs(x), c = a < 28.0 ? a : 28.0;
  double tail = gauss(c) * erfcx_positive(c < 0.97 ? 0.97 : c);
  tail = a >= 28.0 ? 0.0 : tail;
  double y = a < 1.0 ? 1.0 - erf_small(x) : x < 0.0 ? 2.0 - tail : tail;
  return x != x ? x : y;
}
double __nv_erf(double x) {
  double a = __builtin_fabs(x), c = a < 7.0 ? a : 7.0;
  double tail = 1.0 - gauss(c) * erfcx_positive(c < 0.97 ? 0.97 : c);
  double y = a < 1.0 ? erf_small(a) : tail;
  return x != x || x == 0.0 ? x : __builtin_copysign(y, x);
}
double __nv_erfcx(double x) {
  double near = gauss(x) == 0.0 ? INF : __nv_erfc(x) / gauss(x);
  double a = __builtin_fabs(x) < 1.0 ? 1.0 : __builtin_fabs(x);
  return x != x ? x : x < 1.0 ? (x < -26.7 ? INF : near) : erfcx_positive(a);
}
/* Start from a rational guess of the normal quantile's tail, then Newton steps on erfc (relative, so tails stay right). */
double __nv_erfcinv(double y) {
  double p = y > 1.0 ? 2.0 - y : y;
  double t = __builtin_sqrt(-2.0 * __nv_log(0.5 * p));
  double x = 0x1.6a09e667f3bcdp-1 * (t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                                           (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
  for (int i = 0; i < 4; ++i) {
    double e = __nv_erfc(x) - p, d = -0x1.20dd750429b6dp+0 * gauss(x);
    double step = e / d;
    x -= step / FMA(step, x, 1.0);                       /* Halley: the second derivative is -2x times the first */
  }
  x = y == 1.0 ? 0.0 : x;
  x = p == 0.0 ? INF : x;
  return y < 0.0 || y > 2.0 ? NOT_A_NUMBER : y != y ? y : y > 1.0 ? -x : x;
}
double __nv_erfinv(double y) {
  double a = __builtin_fabs(y), x = a * 0x1.c5bf891b4ef6bp-1;
  for (int i = 0; i < 4; ++i) {
    double step = (__nv_erf(x) - a) / (0x1.20dd750429b6dp+0 * gauss(x));
    x -= step / FMA(step, x, 1.0);
  }
  x = a > 0.5 ? __nv_erfcinv(1.0 - a) : x;
  return a > 1.0 ? NOT_A_NUMBER : y != y || y == 0.0 ? y : __builtin_copysign(x, y);
}
double __nv_normcdf(double x) {
  double h = -x * 0x1.6a09e667f3bcdp-1, l = FMA(-x, 0x1.6a09e667f3bcdp-1, -h) + x * 0x1.bdd3413b26456p-55;
  double y = __nv_erfc(h);
  y = FMA(-0x1.20dd750429b6dp+0 * gauss(h), l, y);
  return 0.5 * y;
}
double __nv_normcdfinv(double p) { return -0x1.6a09e667f3bcdp+0 * __nv_erfcinv(2.0 * p); }

/* ---- gamma */
INLINE double stirling(double x) {                       /* the series after (x - 1/2) log x - x + log(2 pi) / 2 */
  double v = 1.0 / x, z = v * v;
  double p = FMA(z, FMA(z, FMA(z, FMA(z, FMA(z, -0x1.f6ab0d9993c7dp-10, 0x1.b951e2b18ff23p-11), -0x1.380ab5b5c0f5ap-11),
                             0x1.a01a01a01a01ap-11), -0x1.6c16c16c16c17p-9), 0x1.5555555555555p-4);
  return v * p;
}
INLINE double lgamma_positive(double x) {
  double big = x > 10.0 ? x : 10.0;
  double far = FMA(big - 0.5, __nv_log(big) - 1.0, 0.41893853320467274) + stirling(big);
  double t = x < 10.0 ? x : 10.0, product = 1.0;
  int small = t < 1.0;
  double scale = small ? t : 1.0;
  t = small ? t + 1.0 : t;
  for (int i = 0; i < 8; ++i) {
    int more = t > 2.0;
    t = more ? t - 1.0 : t;
    product = more ? product * t : product;
  }
  double u = t - 1.5, near = (u + 0.5) * (u - 0.5) * POLY(LGAMMA, u) + __nv_log(product / scale);
  near = product == 1.0 && scale == 1.0 ? (u + 0.5) * (u - 0.5) * POLY(LGAMMA, u) : near;
  return x >= 10.0 ? far : near;
}
double __nv_lgamma(double x) {
  double a = __builtin_fabs(x), y = lgamma_positive(a > 0.0 ? a : 1.0);
  double s = __builtin_fabs(__nv_sinpi(a));
  double mirrored = 0x1.250d048e7a1bdp+0 - __nv_log(s * a) - y;
  y = x < 0.0 ? mirrored : y;
  y = x <= 0.0 && __builtin_trunc(x) == x ? INF : y;
  return a == INF ? INF : x != x ? x : y;
}
double __nv_tgamma(double x) {
  double a = __builtin_fabs(x), t = a > 180.0 ? 180.0 : a;
  double big = t > 12.0 ? t : 12.0;
  double half = __nv_pow(big, 0.5 * big - 0.25);
  double far = half * __nv_exp(-big) * half * 0x1.40d931ff62706p+1 * __nv_exp(stirling(big));
  double product = 1.0, u = t < 12.0 ? t : 12.0;
  int small = u < 1.0;
  double scale = small ? u : 1.0;
  u = small ? u + 1.0 : u;
  for (int i = 0; i < 10; ++i) {
    int more = u > 2.0;
    u = more ? u - 1.0 : u;
    product = more ? product * u : product;
  }
  double y = t >= 12.0 ? far : product * POLY(TGAMMA, u - 1.5) / scale;
  double mirrored = -0x1.921fb54442d18p+1 / (a * __nv_sinpi(a) * y);
  y = a > 171.7 && x > 0.0 ? INF : y;
  y = x < 0.0 ? (a > 184.0 ? 0.0 : mirrored) : y;
  y = x == 0.0 ? __builtin_copysign(INF, x) : y;
  y = (x < 0.0 && __builtin_trunc(x) == x) ? NOT_A_NUMBER : y;
  return x == INF ? INF : x != x ? x : y;
}

float __nv_erff(float x) { return (float)__nv_erf((double)x); }
float __nv_erfcf(float x) { return (float)__nv_erfc((double)x); }
float __nv_erfcxf(float x) { return (float)__nv_erfcx((double)x); }
float __nv_erfinvf(float x) { return (float)__nv_erfinv((double)x); }
float __nv_erfcinvf(float x) { return (float)__nv_erfcinv((double)x); }
float __nv_normcdff(float x) { return (float)__nv_normcdf((double)x); }
float __nv_normcdfinvf(float x) { return (float)__nv_normcdfinv((double)x); }
float __nv_lgammaf(float x) { return (float)__nv_lgamma((double)x); }
float __nv_tgammaf(float x) { return (float)__nv_tgamma((double)x); }
