/* Sine, cosine, tangent and their inverses. Arguments are reduced by multiples of pi/2: in three parts while they are small, by the digits
   of 2/pi (Payne and Hanek) when they are not. */
#include "common.h"
#include "coefficients.h"

#define PI_2_A 0x1.921fb54442d18p+0
#define PI_2_B 0x1.1a62633145c07p-54
#define PI_2_C -0x1.f1976b7ed8fbcp-110
#define TWO_BY_PI 0x1.45f306dc9c883p-1

/* |x| up to infinity: the fraction of x * 2/pi to 128 bits; the quadrant into *q. */
static __attribute__((noinline)) double reduce_large(double x, int *q, double *low) {
  x = __builtin_fabs(x) < INF ? x : 0x1p27;
  u64 b = bits_of(x);
  int e = (int)(b >> 52 & 2047) - 1075;                  /* |x| = m * 2**e */
  u64 m = (b & 0xfffffffffffffull) | 0x10000000000000ull;
  int start = e < 2 ? 0 : e - 2;                         /* digits before this one give multiples of 4 */
  int word = start >> 6, bit = start & 63;
  u64 w[4];
  for (int i = 0; i < 4; ++i) {
    int at = word + i;
    u64 first = at < 20 ? TWO_OVER_PI[at] : 0, second = at + 1 < 20 ? TWO_OVER_PI[at + 1] : 0;
    w[i] = bit ? first << bit | second >> (64 - bit) : first;
  }
  /* m * (w0 w1 w2 w3): keep the 256 low bits; the binary point lies e - start bits below the top of w0 */
  u64 p[4], carry = 0;
  for (int i = 3; i >= 0; --i) {
    unsigned __int128 t = (unsigned __int128)m * w[i] + carry;
    p[i] = (u64)t;
    carry = (u64)(t >> 64);
  }
  int left = e - start;                                  /* 2 for large arguments */
  u64 top, f0, f1;                                       /* whole quadrants, and 128 bits of fraction */
  if (left > 0) {
    top = carry << left | p[0] >> (64 - left);
    f0 = p[0] << left | p[1] >> (64 - left);
    f1 = p[1] << left | p[2] >> (64 - left);
  } else if (left == 0) {
    top = carry, f0 = p[0], f1 = p[1];
  } else {
    int r = -left;
    top = carry >> r;
    f0 = p[0] >> r | carry << (64 - r);
    f1 = p[1] >> r | p[0] << (64 - r);
  }
  int up = (int)(f0 >> 63);                              /* to the nearest quadrant */
  int quadrant = (int)top + up;
  f0 = up ? ~f0 : f0;
  f1 = up ? ~f1 : f1;
  double h = (double)f0, hl = (double)(s64)(f0 - (u64)h);
  hl = h >= 0x1p64 ? (double)(s64)f0 : hl;
  double tail = hl * 0x1p-64 + (double)f1 * 0x1p-128;
  h *= 0x1p-64;
  double sum = h + tail;
  tail = (h - sum) + tail;
  double r = sum * PI_2_A, rl = FMA(sum, PI_2_A, -r) + FMA(sum, PI_2_B, tail * PI_2_A);
  int negative = up ^ (int)(b >> 63);
  *q = b >> 63 ? -quadrant : quadrant;
  *low = negative ? -rl : rl;
  return negative ? -r : r;
}

#pragma clang attribute push(__attribute__((always_inline)), apply_to = function)

/* r + *low = x - q pi/2 */
INLINE double reduce(double x, int *q, double *low) {
  u64 bits;
  int small = __builtin_fabs(x) < 0x1p26;
  double t = pick(small, x, 0.0), n = whole_product(t, TWO_BY_PI, &bits);
  double r = FMA(-n, PI_2_A, t);
  double p = n * PI_2_B, pl = FMA(n, PI_2_B, -p);
  double s = r - p, rest = ((r - s) - p) - FMA(n, PI_2_C, pl);
  double sum = s + rest;
  *low = (s - sum) + rest;
  *q = (int)bits;
  if (!small) sum = reduce_large(x, q, low);
  return sum;
}

INLINE double sine(double r, double l) {
  double z = r * r, p = POLY(SIN, z);
  return r + FMA(z * r, p, FMA(-0.5 * z, l, l));
}
INLINE double cosine(double r, double l) {
  double z = r * r, half = 0.5 * z, w = 1.0 - half;
  return w + (((1.0 - w) - half) + FMA(z * z, POLY(COS, z), -r * l));
}
INLINE double quadrant(double s, double c, int q) {
  double y = pick(q & 1, c, s);
  return double_of(bits_of(y) ^ (u64)(q & 2) << 62);
}
double __nv_sin(double x) {
  int q;
  double l, r = reduce(x, &q, &l), y = quadrant(sine(r, l), cosine(r, l), q);
  y = pick(x == 0.0, x, y);
  return pick(__builtin_fabs(x) < INF, y, NOT_A_NUMBER);
}
double __nv_cos(double x) {
  int q;
  double l, r = reduce(x, &q, &l), y = quadrant(sine(r, l), cosine(r, l), q + 1);
  return pick(__builtin_fabs(x) < INF, y, NOT_A_NUMBER);
}
void __nv_sincos(double x, double *s, double *c) {
  int q;
  double l, r = reduce(x, &q, &l), a = sine(r, l), b = cosine(r, l);
  int fine = __builtin_fabs(x) < INF;
  *s = pick(fine, pick(x == 0.0, x, quadrant(a, b, q)), NOT_A_NUMBER);
  *c = pick(fine, quadrant(a, b, q + 1), NOT_A_NUMBER);
}
double __nv_tan(double x) {
  int q;
  double l, r = reduce(x, &q, &l), a = sine(r, l), b = cosine(r, l);
  double y = pick(q & 1, -b, a) / pick(q & 1, a, b);
  y = pick(x == 0.0, x, y);
  return pick(__builtin_fabs(x) < INF, y, NOT_A_NUMBER);
}
/* times pi: the quadrant is exact */
INLINE double reduce_pi(double x, int *q) {
  u64 bits;
  double t = x - 2.0 * __builtin_rint(x * 0.5), n = whole_product(t, 2.0, &bits);
  *q = (int)bits;
  return FMA(-0.5, n, t);
}
#define PI_A 0x1.921fb54442d18p+1
#define PI_B 0x1.1a62633145c07p-53
double __nv_sinpi(double x) {
  int q;
  double f = reduce_pi(x, &q), r = f * PI_A, l = FMA(f, PI_A, -r) + f * PI_B;
  double y = quadrant(sine(r, l), cosine(r, l), q);
  y = pick(__builtin_trunc(x) == x, __builtin_copysign(0.0, x), y);
  return pick(__builtin_fabs(x) < INF, y, NOT_A_NUMBER);
}
double __nv_cospi(double x) {
  int q;
  double f = reduce_pi(x, &q), r = f * PI_A, l = FMA(f, PI_A, -r) + f * PI_B;
  double y = quadrant(sine(r, l), cosine(r, l), q + 1);
  y = pick((q & 1) & (f == 0.0), 0.0, y);
  return pick(__builtin_fabs(x) < INF, y, NOT_A_NUMBER);
}
void __nv_sincospi(double x, double *s, double *c) { *s = __nv_sinpi(x); *c = __nv_cospi(x); }

/* ---- inverses */
/* Above 1/2 by the root of (1 - |x|) / 2, and what it lost. */
INLINE double asin_argument(double a, int far, double *z, double *lost) {
  *z = pick(far, 0.5 * (1.0 - a), a * a);
  double root = __builtin_sqrt(*z), t = pick(far, root, a);
  *lost = pick(far & (t != 0.0), FMA(-t, t, *z) / (2.0 * t), 0.0);
  return t;
}
double __nv_asin(double x) {
  double a = __builtin_fabs(x), z, c, t = asin_argument(a, a > 0.5, &z, &c);
  double p = FMA(t * z, POLY(ASIN, z), t), turned = PI_2_A - (2.0 * (p + c) - PI_2_B);
  double y = __builtin_copysign(pick(a > 0.5, turned, p), x);
  return pick(a <= 1.0, y, NOT_A_NUMBER);
}
double __nv_acos(double x) {
  double a = __builtin_fabs(x), z, c, t = asin_argument(a, a > 0.5, &z, &c), tail = t * z * POLY(ASIN, z);
  double root = 2.0 * (t + (tail + c)), turned = PI_A - (root - PI_B);
  double near = PI_2_A - (x - (PI_2_B - __builtin_copysign(tail, x)));
  double y = pick(a > 0.5, pick(x > 0.0, root, turned), near);
  return pick(a <= 1.0, y, NOT_A_NUMBER);
}
/* atan of n/d for 0 <= n, d, not both 0 or infinite: reduced to |t| <= tan(pi/8) */
INLINE double atan_ratio(double n, double d) {
  int swap = n > d;
  double s = pick(swap, d, n), g = pick(swap, n, d);
  int mid = s > 0x1.a827999fcef32p-2 * g;
  double p = pick(mid, s - g, s), q = pick(mid, s + g, g);
  double t = p / q, tl = FMA(-t, q, p) / q, z = t * t;
  tl = pick(__builtin_fabs(tl) < 1.0, tl, 0.0);
  double y = FMA(t * z, POLY(ATAN, z), tl);
  double base = pick(mid, 0x1.921fb54442d18p-1, 0.0), low = pick(mid, 0x1.1a62633145c07p-55, 0.0);
  double sum = base + t, rest = ((base - sum) + t) + (y + low);
  double turned = PI_2_A - sum, far = turned + (((PI_2_A - turned) - sum) + (PI_2_B - rest)), near = sum + rest;
  return pick(swap, far, near);
}
double __nv_atan(double x) {
  double a = __builtin_fabs(x), y = atan_ratio(pick(a > 0x1p60, 0x1p60, a), 1.0);
  y = __builtin_copysign(pick(a > 0x1p60, PI_2_A, y), x);
  return pick((x == 0.0) | (x != x), x, y);
}
double __nv_atan2(double y, double x) {
  double a = __builtin_fabs(y), b = __builtin_fabs(x), sum = x + y;
  int infinite = (a == INF) | (b == INF), zeros = (a == 0.0) & (b == 0.0);
  double n = pick(infinite, pick(a == INF, 1.0, 0.0), a), d = pick(infinite, pick(b == INF, 1.0, 0.0), b);
  d = pick(zeros, 1.0, d);
  double big = pick(n > d, n, d), k = pick(big > 0x1p1000, 0x1p-100, pick(big < 0x1p-900, 0x1p100, 1.0));
  double r = atan_ratio(n * k, d * k);
  r = pick(n > d * 0x1p80, PI_2_A, r);
  double turned = PI_A - (r - PI_B);
  r = __builtin_copysign(pick((int)(bits_of(x) >> 63), turned, r), y);
  return pick((x != x) | (y != y), sum, r);
}

/* ---- float: up to 1e5 pi/2 is taken off in three parts, by fused multiply-adds of which the first is exact; beyond, in double. */
static __attribute__((noinline)) float reduce_large_f(float x, int *q) {
  double l;
  return (float)reduce((double)x, q, &l);
}
INLINE float reduce_f(float x, int *q) {
  u32 bits;
  int small = __builtin_fabsf(x) < 1e5f;
  float t = pickf(small, x, 0.0f), n = whole_product_f(t, 0x1.45f306p-1f, &bits);
  float r = FMAF(n, 0x1.ee59dap-50f, FMAF(n, 0x1.777a5cp-25f, FMAF(-n, 0x1.921fb6p+0f, t)));
  *q = (int)bits;
  if (!small) r = reduce_large_f(x, q);
  return r;
}
INLINE float sine_f(float r) {
  float z = r * r;
  float p = FMAF(z, FMAF(z, 2.718311493989822e-6f, -1.9839334836096632e-4f), 8.333329385889463e-3f);
  return FMAF(z * r, FMAF(z, p, -0.16666666641626524f), r);
}
INLINE float cosine_f(float r) {
  float z = r * r;
  float p = FMAF(z, FMAF(z, 2.439044879627741e-5f, -1.388676377460993e-3f), 4.166662332373906e-2f);
  return FMAF(z, FMAF(z, p, -0.5f), 1.0f);
}
INLINE float quadrant_f(float s, float c, int q) {
  float y = pickf(q & 1, c, s);
  return float_of(bits_of_f(y) ^ (u32)(q & 2) << 30);
}
INLINE float of_finite_f(float x, float y) { return pickf(__builtin_fabsf(x) < __builtin_inff(), y, __builtin_nanf("")); }
float __nv_sinf(float x) {
  int q;
  float r = reduce_f(x, &q), y = quadrant_f(sine_f(r), cosine_f(r), q);
  return of_finite_f(x, pickf(x == 0.0f, x, y));
}
float __nv_cosf(float x) {
  int q;
  float r = reduce_f(x, &q);
  return of_finite_f(x, quadrant_f(sine_f(r), cosine_f(r), q + 1));
}
void __nv_sincosf(float x, float *s, float *c) {
  int q;
  float r = reduce_f(x, &q), a = sine_f(r), b = cosine_f(r);
  *s = of_finite_f(x, pickf(x == 0.0f, x, quadrant_f(a, b, q)));
  *c = of_finite_f(x, quadrant_f(a, b, q + 1));
}
float __nv_tanf(float x) {
  int q;
  float r = reduce_f(x, &q), a = sine_f(r), b = cosine_f(r), y = pickf(q & 1, -b, a) / pickf(q & 1, a, b);
  return of_finite_f(x, pickf(x == 0.0f, x, y));
}
float __nv_sinpif(float x) { return (float)__nv_sinpi((double)x); }
float __nv_cospif(float x) { return (float)__nv_cospi((double)x); }
void __nv_sincospif(float x, float *s, float *c) { *s = __nv_sinpif(x); *c = __nv_cospif(x); }

#pragma clang attribute pop
