/* Exact values for the measurements, and the measure itself. The library under test is included as it stands, compiled
   for the host. Exact means: in long double or __float128, with error far below a double's last place. */
#include <math.h>
typedef __float128 quad;
long double exp10l(long double);
quad j0f128(quad), j1f128(quad), y0f128(quad), y1f128(quad), jnf128(int, quad), ynf128(int, quad);
quad erff128(quad), erfcf128(quad), expf128(quad), tgammaf128(quad), sqrtf128(quad), logf128(quad);
#define R2 0.70710678118654752440084436210484903928Q
#define PI_L 3.14159265358979323846264338327950288L
#define TWO_BY_ROOT_PI 1.12837916709551257389615890312154517Q

static int is_nan(quad x) { return x != x; }

/* |got - exact| in units of the last place of a format: `bits` of precision, smallest exponent `low`, above `high`
   infinity begins. A wrong sign of zero or a missing NaN is an error of 1e20. */
static double error(double got, quad exact, int bits, int low, int high) {
  if (is_nan(exact) || is_nan(got)) return is_nan(exact) && is_nan(got) ? 0.0 : 1e20;
  long double r = (long double)exact;
  long double limit = ldexpl(1.0L, high);
  if (fabsl(r) >= limit) r = r > 0 ? limit : -limit;
  long double g = got >= (double)INFINITY ? limit : got <= -(double)INFINITY ? -limit : got;
  if (r == 0.0L) return got != 0.0 ? 1e20 : (signbit(got) != 0) == (signbit(r) != 0) ? 0.0 : 1e20;
  if (got == 0.0 && (signbit(got) != 0) != (r < 0.0L)) return 1e20;
  int e;
  frexpl(r, &e);
  e = e - bits < low ? low : e - bits;
  quad difference = fabsl(r) == limit ? (quad)(g - r) : (quad)g - exact;
  return (double)ldexpl((long double)(difference < 0 ? -difference : difference), -e);
}
static double error_of_float(float got, quad exact) { return error(got, exact, 24, -149, 128); }
static double error_of_double(double got, quad exact) { return error(got, exact, 53, -1074, 1024); }

static long double norm_exact(long double x, long double y, long double z, long double w) {
  if (isinf(x) || isinf(y) || isinf(z) || isinf(w)) return INFINITY;
  return sqrtl(x * x + y * y + z * z + w * w);
}
static long double sinpi_exact(long double x) {
  if (isinf(x)) return NAN;
  if (truncl(x) == x) return copysignl(0.0L, x);
  long double r = x - 2.0L * rintl(x * 0.5L);
  if (fabsl(r) > 0.5L) r = copysignl(1.0L, r) - r;
  return fabsl(r) <= 0.25L ? sinl(PI_L * r) : copysignl(cosl(PI_L * (0.5L - fabsl(r))), r);
}
static long double cospi_exact(long double x) {
  if (isinf(x)) return NAN;
  long double r = fabsl(x - 2.0L * rintl(x * 0.5L));
  int minus = r > 0.5L;
  if (minus) r = 1.0L - r;
  long double y = r == 0.5L ? 0.0L : r <= 0.25L ? cosl(PI_L * r) : sinl(PI_L * (0.5L - r));
  return minus ? -y : y;
}
static quad erfcx_exact(quad x) {
  if (is_nan(x)) return x;
  if (x > 100) {
    quad v = 1 / (x * x);
    return TWO_BY_ROOT_PI / 2 / x * (1 - v / 2 * (1 - v * 3 / 2 * (1 - v * 5 / 2 * (1 - v * 7 / 2))));
  }
  return x < -100 ? (quad)INFINITY : expf128(x * x) * erfcf128(x);
}
/* Inverses: Newton steps from the value under test, each of which doubles the digits. */
static quad erfinv_exact(quad y, quad x) {
  if (!(y > -1 && y < 1)) return y == 1 ? (quad)INFINITY : y == -1 ? -(quad)INFINITY : (quad)NAN;
  if (y == 0 || is_nan(x)) return y;
  for (int i = 0; i < 3; ++i) {
    quad a = y > 0.5Q ? (1 - y) - erfcf128(x) : y < -0.5Q ? erfcf128(-x) - (1 + y) : erff128(x) - y;
    if (y > 0.5Q) a = (1 - y) - erfcf128(x), a = -(-a);
    x -= a * expf128(x * x) / TWO_BY_ROOT_PI;
  }
  return x;
}
static quad erfcinv_exact(quad y, quad x) {
  if (!(y > 0 && y < 2)) return y == 0 ? (quad)INFINITY : y == 2 ? -(quad)INFINITY : (quad)NAN;
  if (y == 1) return 0;
  if (is_nan(x)) return 1;
  for (int i = 0; i < 3; ++i) x += (erfcf128(x) - y) * expf128(x * x) / TWO_BY_ROOT_PI;
  return x;
}
static quad normcdfinv_exact(quad p, quad x) {
  if (!(p > 0 && p < 1)) return p == 0 ? -(quad)INFINITY : p == 1 ? (quad)INFINITY : (quad)NAN;
  if (p == 0.5Q) return 0;
  return -erfcinv_exact(2 * p, -x * R2) / R2;
}
static quad bessel_i_exact(int n, quad x) {
  if (is_nan(x)) return x;
  if (x > 800 || x < -800) return x < 0 && n ? -(quad)INFINITY : (quad)INFINITY;
  quad z = x * x / 4, term = n ? x / 2 : 1, sum = term;
  for (int k = 1; k < 3000; ++k) {
    term *= z / ((quad)k * (k + n));
    sum += term;
    if (term * 1e25Q < sum && -term * 1e25Q < sum && (sum > 0 ? term < sum * 1e-25Q : term > sum * 1e-25Q)) break;
  }
  return sum;
}
static long double fdim_exact(long double x, long double y) {
  return isnan(x) || isnan(y) ? NAN : x > y ? x - y : 0.0L;
}
static long double frexp_exact(long double x) { int e; return frexpl(x, &e); }
static long double frexp_exponent(long double x) { int e; frexpl(x, &e); return isfinite(x) ? e : 0; }
static long double remquo_quotient(long double x, long double y) {
  int q = 0;
  if (isnan(remquol(x, y, &q))) return 0;
  return (q < 0 ? -q & 7 : q & 7) * (signbit(x) == signbit(y) ? 1 : -1);
}
static long double norm3_exact(long double x, long double y, long double z) { return norm_exact(x, y, z, 0); }
static long double modf_exact(long double x) { long double w; return modfl(x, &w); }

/* Functions with two results, one at a time. */
#define PARTS(T, f) \
  static T __nv_sincos_s##f(T x) { T s, c; __nv_sincos##f(x, &s, &c); return s; } \
  static T __nv_sincos_c##f(T x) { T s, c; __nv_sincos##f(x, &s, &c); return c; } \
  static T __nv_sincospi_s##f(T x) { T s, c; __nv_sincospi##f(x, &s, &c); return s; } \
  static T __nv_sincospi_c##f(T x) { T s, c; __nv_sincospi##f(x, &s, &c); return c; } \
  static T __nv_frexp_f##f(T x) { int e; return __nv_frexp##f(x, &e); } \
  static T __nv_frexp_e##f(T x) { int e; __nv_frexp##f(x, &e); return e; } \
  static T __nv_remquo_r##f(T x, T y) { int q; return __nv_remquo##f(x, y, &q); } \
  static T __nv_remquo_q##f(T x, T y) { int q; return __nv_remquo##f(x, y, &q) == 0, x - x != 0 || y == 0 || y != y ? 0 : q; } \
  static T __nv_norm_3##f(T x, T y, T z) { T v[3] = {x, y, z}; return __nv_norm##f(3, v); } \
  static T __nv_ilogb_##f(T x) { return __nv_ilogb##f(x); } \
  static T __nv_modf_f##f(T x) { T w; return __nv_modf##f(x, &w); } \
  static T __nv_modf_w##f(T x) { T w; __nv_modf##f(x, &w); return w; } \
  static T __nv_ldexp_y##f(T x, T y) { return __nv_ldexp##f(x, (int)y); } \
  static T __nv_sqrt_##f(T x) { return __builtin_sqrt##f(x); }
PARTS(double, )
PARTS(float, f)

#define ORDERS(T, f) \
  static T __nv_jn_3##f(T x) { return __nv_jn##f(3, x); } \
  static T __nv_jn_128##f(T x) { return __nv_jn##f(128, x); } \
  static T __nv_yn_3##f(T x) { return __nv_yn##f(3, x); } \
  static T __nv_yn_128##f(T x) { return __nv_yn##f(128, x); }
ORDERS(double, )
ORDERS(float, f)

/* An error in the function's own unit, for bounds that are absolute. */
static double distance(double got, quad exact) {
  if (is_nan(exact) || is_nan(got)) return is_nan(exact) && is_nan(got) ? 0.0 : 1e20;
  if ((double)exact == got) return 0.0;
  double d = (double)((quad)got - exact);
  return d < 0 ? -d : d;
}
#define absolute_of_float distance
#define absolute_of_double distance
/* A share of the exact value; infinities and zeros have to be met. */
static double relative_of_float(float got, quad exact) {
  double d = distance(got, exact);
  return d == 0.0 || d == 1e20 || exact == 0 ? d : (double)(d / (exact < 0 ? -exact : exact));
}
/* __expf and __exp10f may be wrong by more ulps the larger the argument, which is the exact value's logarithm. */
static double allowed_exp_of_float(float got, quad exact) {
  return error_of_float(got, exact) / (2 + floor((double)fabsl(1.173L * logl((long double)exact))));
}
static double allowed_exp10_of_float(float got, quad exact) {
  return error_of_float(got, exact) / (2 + floor((double)fabsl(2.97L * log10l((long double)exact))));
}
static double half_of_float(float got, quad exact) { return error(got, exact, 11, -24, 16); }
static double bfloat16_of_float(float got, quad exact) { return error(got, exact, 8, -133, 128); }

/* The worst error of a function over `count` points; `worst_at` gets the index. And its values. */
#define MEASURE(id, suffix, T, call, exact_value, where, unit) \
  double measure_##id##suffix(const T *a, const T *b, const T *c, const T *d, long count, long *worst_at) { \
    double worst = 0.0; \
    for (long i = 0; i < count; ++i) { \
      T x_ = a[i], y_ = b[i], z_ = c[i], w_ = d[i]; \
      T got = call; \
      long double x = x_, y = y_, z = z_, w = w_; \
      (void)y, (void)z, (void)w; \
      if (!(where)) continue; \
      double e = unit##_of_##T(got, exact_value); \
      if (!(e <= worst)) worst = e, *worst_at = i; \
    } \
    return worst; \
  } \
  void evaluate_##id##suffix(const T *a, const T *b, const T *c, const T *d, long count, T *values) { \
    for (long i = 0; i < count; ++i) { \
      T x_ = a[i], y_ = b[i], z_ = c[i], w_ = d[i]; \
      (void)y_, (void)z_, (void)w_; \
      values[i] = call; \
    } \
  }

/* The same for results that a kernel has left: floats, or 16-bit numbers as floats. */
#define COMPARE(id, exact_value, where, unit) \
  double compare_##id(const float *a, const float *b, const float *got, long count, long *worst_at) { \
    double worst = 0.0; \
    for (long i = 0; i < count; ++i) { \
      long double x = a[i], y = b[i]; \
      (void)y; \
      if (!(where)) continue; \
      double e = unit##_of_float(got[i], exact_value); \
      if (!(e <= worst)) worst = e, *worst_at = i; \
    } \
    return worst; \
  }
