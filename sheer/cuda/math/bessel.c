/* Bessel functions. Below 8 each piece is the distance from a zero times a polynomial, so that the zeros are right to the last digit; above,
   amplitudes times sine and cosine of the phase (Hankel). Branches, not selects: a program that needs these is glad of those it can skip. */
#include "common.h"
#include "coefficients.h"

double __nv_log(double);

#define TWO_BY_PI_J 0x1.45f306dc9c883p-1
#define AROUND(zero, table, x) around(x, zero##_HIGH, zero##_LOW, table, sizeof(table) / sizeof(table[0]))

INLINE double around(double x, double high, double low, const double *c, int n) {
  double d = (x - high) - low;
  return d * horner(c, n, d);
}
INLINE double j0_small(double z) { return FMA(z, POLY(J0_SMALL, z), 1.0); }          /* z = x**2 */
INLINE double j1_small(double x, double z) { return x * FMA(z, POLY(J1_SMALL, z), 0.5); }
/* log(x / zero), good to the last digit near 1 too */
INLINE double log_ratio(double x, double inverse, double inverse_low) {
  int tiny = x < 0x1p-900;
  double t = tiny ? x * 0x1p200 : x, q = t * inverse, l = FMA(t, inverse, -q) + t * inverse_low;
  return (__nv_log(q) + l / q) - (tiny ? 0x1.1542457337d43p+7 : 0.0);
}
/* x**2 - zero**2, the same way */
INLINE double square_less(double x, double high, double low) { return ((x - high) - low) * (x + high); }

/* sqrt(2 / (pi x)) (p cos(x - turn) - q sin(x - turn)) with turn = (1 + 2 order) pi/4, and, for `second`, the function of the second kind. */
INLINE double far(double x, double p, double q, int order, int second) {
  int k;
  double l, r = reduce(x, &k, &l), a = sine(r, l), b = cosine(r, l);
  double s = quadrant(a, b, k), c = quadrant(a, b, k + 1);
  double u = order ? s - c : c + s, v = order ? -(s + c) : s - c;      /* cosine and sine of the phase, times sqrt(2) */
  double y = second ? FMA(p, v, q * u) : FMA(p, u, -q * v);
  return x < INF ? y / __builtin_sqrt(x) * 0x1.20dd750429b6dp-1 : 0.0;
}
INLINE double far_0(double x, int second) {
  double t = 8.0 / x, w = t * t;
  return far(x, POLY(P0, w), t * POLY(Q0, w), 0, second);
}
INLINE double far_1(double x, int second) {
  double t = 8.0 / x, w = t * t;
  return far(x, POLY(P1, w), t * POLY(Q1, w), 1, second);
}

double __nv_j0(double x) {
  double a = __builtin_fabs(x);
  if (a >= 8.0) return far_0(a, 0);
  if (a >= 3.9) return AROUND(J0_ZERO_2, J0_B, a);
  return a >= 1.5 ? AROUND(J0_ZERO_1, J0_A, a) : j0_small(a * a);
}
double __nv_j1(double x) {
  double a = __builtin_fabs(x), y;
  if (a >= 8.0) y = far_1(a, 0);
  else if (a >= 5.4) y = AROUND(J1_ZERO_2, J1_B, a);
  else if (a >= 2.2) y = AROUND(J1_ZERO_1, J1_A, a);
  else y = j1_small(a, a * a);
  return bits_of(x) >> 63 ? -y : y;
}
double __nv_y0(double x) {
  if (!(x > 0.0)) return x == 0.0 ? -INF : NOT_A_NUMBER;
  if (x >= 8.0) return far_0(x, 1);
  if (x >= 5.5) return AROUND(Y0_ZERO_3, Y0_B, x);
  if (x >= 2.4) return AROUND(Y0_ZERO_2, Y0_A, x);
  double z = x * x, l = log_ratio(x, Y0_ZERO_1_INVERSE_HIGH, Y0_ZERO_1_INVERSE_LOW) * TWO_BY_PI_J;
  return FMA(l, j0_small(z), square_less(x, Y0_ZERO_1_HIGH, Y0_ZERO_1_LOW) * POLY(Y0_SMALL, z));
}
double __nv_y1(double x) {
  if (!(x > 0.0)) return x == 0.0 ? -INF : NOT_A_NUMBER;
  if (x >= 8.0) return far_1(x, 1);
  if (x >= 3.7) return AROUND(Y1_ZERO_2, Y1_A, x);
  double z = x * x, l = log_ratio(x, Y1_ZERO_1_INVERSE_HIGH, Y1_ZERO_1_INVERSE_LOW) * TWO_BY_PI_J;
  return FMA(l, j1_small(x, z), square_less(x, Y1_ZERO_1_HIGH, Y1_ZERO_1_LOW) * POLY(Y1_SMALL, z) / x);
}

/* Orders from 2 on: upwards from 0 and 1 where that is stable, else downwards (Miller) from an order at which nothing is left,
   scaled by 1 = J0 + 2 J2 + 2 J4 + ... */
static double jn_down(int n, double x) {
  double by_x = 2.0 / x, above = 0.0, here = 0x1p-900, sum = 0.0, wanted = 0.0;
  for (int k = 2 * ((n + (int)__builtin_sqrt(180.0 * n + 400.0)) / 2); k > 0; --k) {
    double below = FMA((double)k * by_x, here, -above);
    above = here, here = below;
    if (__builtin_fabs(here) > 0x1p600) here *= 0x1p-1000, above *= 0x1p-1000, sum *= 0x1p-1000, wanted *= 0x1p-1000;
    if (k - 1 == n) wanted = here;
    if (k & 1) sum += here;                              /* here is of order k - 1: even */
  }
  return wanted / (2.0 * sum - here);
}
double __nv_jn(int n, double x) {
  double a = __builtin_fabs(x), y;
  if (n < 0 || x != x) return NOT_A_NUMBER;
  if (n == 0) return __nv_j0(x);
  if (n == 1) return __nv_j1(x);
  if (a == INF || a == 0.0) return 0.0;
  if (a > (double)n) {
    double before = __nv_j0(a), by_a = 2.0 / a;
    y = __nv_j1(a);
    for (int k = 1; k < n; ++k) {
      double next = FMA((double)k * by_a, y, -before);
      before = y, y = next;
    }
  } else if (a < 0x1p-30 && n < 200) {                   /* (x/2)**n / n! and no more */
    y = 1.0;
    for (int k = 1; k <= n; ++k) y *= 0.5 * a / k;
  } else y = a < 0x1p-30 ? 0.0 : jn_down(n, a);
  return x < 0.0 && n & 1 ? -y : y;
}
double __nv_yn(int n, double x) {
  if (n < 0 || !(x >= 0.0)) return NOT_A_NUMBER;
  if (n == 0) return __nv_y0(x);
  double y = __nv_y1(x);
  if (n == 1 || x == 0.0 || x == INF) return y;
  double before = __nv_y0(x), by_x = 2.0 / x;
  for (int k = 1; k < n && y > -INF; ++k) {
    double next = FMA((double)k * by_x, y, -before);
    before = y, y = next;
  }
  return y;
}

/* Modified, of the first kind: a series in x**2, and e**x / sqrt(x) times a polynomial of 1/x. */
INLINE double growing(double a, double polynomial) {
  double y = exp_shifted(a, 8) * (polynomial / __builtin_sqrt(a)) * 0x1p8;
  return a < 800.0 ? y : a != a ? a : INF;
}
double __nv_cyl_bessel_i0(double x) {
  double a = __builtin_fabs(x), z = a * a;
  if (a < 8.0) return FMA(z, POLY(I0_SMALL, z), 1.0);
  return growing(a, POLY(I0_LARGE, 16.0 / a - 1.0));
}
double __nv_cyl_bessel_i1(double x) {
  double a = __builtin_fabs(x), z = a * a, y;
  if (a < 8.0) y = a * FMA(z, POLY(I1_SMALL, z), 0.5);
  else y = growing(a, POLY(I1_LARGE, 16.0 / a - 1.0));
  return __builtin_copysign(y, x);
}

float __nv_j0f(float x) { return (float)__nv_j0((double)x); }
float __nv_j1f(float x) { return (float)__nv_j1((double)x); }
float __nv_y0f(float x) { return (float)__nv_y0((double)x); }
float __nv_y1f(float x) { return (float)__nv_y1((double)x); }
float __nv_jnf(int n, float x) { return (float)__nv_jn(n, (double)x); }
float __nv_ynf(int n, float x) { return (float)__nv_yn(n, (double)x); }
float __nv_cyl_bessel_i0f(float x) { return (float)__nv_cyl_bessel_i0((double)x); }
float __nv_cyl_bessel_i1f(float x) { return (float)__nv_cyl_bessel_i1((double)x); }
