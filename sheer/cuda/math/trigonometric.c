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
  double a = __builtin_fabs(x);
  double t = a < 0x1p26 ? x : 0.0;
  double n = __builtin_rint(t * TWO_BY_PI);
  double r = FMA(-n, PI_2_A, t);
  double p = n * PI_2_B, pl = FMA(n, PI_2_B, -p);
  double s = r - p, rest = ((r - s) - p) - FMA(n, PI_2_C, pl);
  double sum = s + rest;
  *low = (s - sum) + rest;
  *q = (int)n;
  if (!(a < 0x1p26)) sum = reduce_large(a < INF ? x : 0x1p27, q, low);
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
  double y = q & 1 ? c : s;
  return q & 2 ? -y : y;
}
double __nv_sin(double x) {
  int q;
  double l, r = reduce(x, &q, &l), y = quadrant(sine(r, l), cosine(r, l), q);
  y = x == 0.0 ? x : y;
  return __builtin_fabs(x) < INF ? y : NOT_A_NUMBER;
}
double __nv_cos(double x) {
  int q;
  double l, r = reduce(x, &q, &l), y = quadrant(sine(r, l), cosine(r, l), q + 1);
  return __builtin_fabs(x) < INF ? y : NOT_A_NUMBER;
}
void __nv_sincos(double x, double *s, double *c) {
  int q;
  double l, r = reduce(x, &q, &l), a = sine(r, l), b = cosine(r, l);
  int fine = __builtin_fabs(x) < INF;
  *s = fine ? (x == 0.0 ? x : quadrant(a, b, q)) : NOT_A_NUMBER;
  *c = fine ? quadrant(a, b, q + 1) : NOT_A_NUMBER;
}
double __nv_tan(double x) {
  int q;
  double l, r = reduce(x, &q, &l), a = sine(r, l), b = cosine(r, l);
  double y = q & 1 ? -b / a : a / b;
  y = x == 0.0 ? x : y;
  return __builtin_fabs(x) < INF ? y : NOT_A_NUMBER;
}
/* times pi: the quadrant is exact */
INLINE double reduce_pi(double x, int *q) {
  double t = x - 2.0 * __builtin_rint(x * 0.5), n = __builtin_rint(2.0 * t);
  *q = (int)n;
  return FMA(-0.5, n, t);
}
#define PI_A 0x1.921fb54442d18p+1
#define PI_B 0x1.1a62633145c07p-53
double __nv_sinpi(double x) {
  int q;
  double f = reduce_pi(x, &q), r = f * PI_A, l = FMA(f, PI_A, -r) + f * PI_B;
  double y = quadrant(sine(r, l), cosine(r, l), q);
  y = __builtin_trunc(x) == x ? __builtin_copysign(0.0, x) : y;
  return __builtin_fabs(x) < INF ? y : NOT_A_NUMBER;
}
double __nv_cospi(double x) {
  int q;
  double f = reduce_pi(x, &q), r = f * PI_A, l = FMA(f, PI_A, -r) + f * PI_B;
  double y = quadrant(sine(r, l), cosine(r, l), q + 1);
  y = q & 1 && f == 0.0 ? 0.0 : y;
  return __builtin_fabs(x) < INF ? y : NOT_A_NUMBER;
}
void __nv_sincospi(double x, double *s, double *c) { *s = __nv_sinpi(x); *c = __nv_cospi(x); }

/* ---- inverses */
double __nv_asin(double x) {
  double a = __builtin_fabs(x), far = a > 0.5, z = far ? 0.5 * (1.0 - a) : a * a;
  double t = far ? __builtin_sqrt(z) : a;
  double p = FMA(t * z, POLY(ASIN, z), t);
  double c = far ? FMA(-t, t, z) / (2.0 * t) : 0.0;              /* what the root lost */
  c = t == 0.0 ? 0.0 : c;
  double y = far ? PI_2_A - (2.0 * (p + c) - PI_2_B) : p;
  return a > 1.0 ? NOT_A_NUMBER : x != x ? x : __builtin_copysign(y, x);
}
double __nv_acos(double x) {
  double a = __builtin_fabs(x), far = a > 0.5, z = far ? 0.5 * (1.0 - a) : a * a;
  double t = far ? __builtin_sqrt(z) : a, tail = t * z * POLY(ASIN, z);
  double c = far && t != 0.0 ? FMA(-t, t, z) / (2.0 * t) : 0.0;
  double root = 2.0 * (t + (tail + c));
  double near = PI_2_A - (x - (PI_2_B - __builtin_copysign(tail, x)));
  double y = far ? (x > 0.0 ? root : PI_A - (root - PI_B)) : near;
  return a > 1.0 ? NOT_A_NUMBER : x != x ? x : y;
}
/* atan of n/d for 0 <= n, d, not both 0 or infinite: reduced to |t| <= tan(pi/8) */
INLINE double atan_ratio(double n, double d) {
  int swap = n > d;
  double s = swap ? d : n, g = swap ? n : d;
  int mid = s > 0x1.a827999fcef32p-2 * g;
  double p = mid ? s - g : s, q = mid ? s + g : g;
  double t = p / q, tl = FMA(-t, q, p) / q, z = t * t;
  tl = tl == tl && __builtin_fabs(tl) < 1.0 ? tl : 0.0;
  double y = FMA(t * z, POLY(ATAN, z), tl);
  double base = mid ? 0x1.921fb54442d18p-1 : 0.0, low = mid ? 0x1.1a62633145c07p-55 : 0.0;
  double sum = base + t, rest = ((base - sum) + t) + (y + low);
  double turned = PI_2_A - sum;
  return swap ? turned + (((PI_2_A - turned) - sum) + (PI_2_B - rest)) : sum + rest;
}
double __nv_atan(double x) {
  double a = __builtin_fabs(x), y = atan_ratio(a > 0x1p60 ? 0x1p60 : a, 1.0);
  y = a > 0x1p60 ? PI_2_A : y;
  return x != x || x == 0.0 ? x : __builtin_copysign(y, x);
}
double __nv_atan2(double y, double x) {
  double a = __builtin_fabs(y), b = __builtin_fabs(x);
  double n = a == INF ? 1.0 : b == INF ? 0.0 : a, d = b == INF ? 1.0 : a == INF ? 0.0 : b;
  n = n == 0.0 && d == 0.0 ? 0.0 : n;
  d = a == 0.0 && b == 0.0 ? 1.0 : d;
  n = a == INF && b == INF ? 1.0 : n;
  d = a == INF && b == INF ? 1.0 : d;
  double big = n > d ? n : d;
  double k = big > 0x1p1000 ? 0x1p-100 : big < 0x1p-900 ? 0x1p100 : 1.0;
  double r = atan_ratio(n * k, d * k);
  r = n > d * 0x1p80 ? PI_2_A : r;
  int left = (int)(bits_of(x) >> 63);
  r = left ? PI_A - (r - PI_B) : r;
  return x != x || y != y ? x + y : __builtin_copysign(r, y);
}

/* ---- float: reduction in double, polynomials in float */
INLINE float reduce_f(float x, int *q) {
  double t = (double)(__builtin_fabsf(x) < 0x1p26f ? x : 0.0f), n = __builtin_rint(t * TWO_BY_PI);
  double r = FMA(-n, PI_2_B, FMA(-n, PI_2_A, t));
  *q = (int)n;
  if (!(__builtin_fabsf(x) < 0x1p26f)) {
    double l;
    r = reduce_large(__builtin_fabsf(x) < __builtin_inff() ? (double)x : 0x1p27, q, &l);
  }
  return (float)r;
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
INLINE float quadrant_f(float r, int q) {
  float y = q & 1 ? cosine_f(r) : sine_f(r);
  return q & 2 ? -y : y;
}
float __nv_sinf(float x) {
  int q;
  float r = reduce_f(x, &q), y = quadrant_f(r, q);
  y = x == 0.0f ? x : y;
  return __builtin_fabsf(x) < __builtin_inff() ? y : __builtin_nanf("");
}
float __nv_cosf(float x) {
  int q;
  float r = reduce_f(x, &q), y = quadrant_f(r, q + 1);
  return __builtin_fabsf(x) < __builtin_inff() ? y : __builtin_nanf("");
}
void __nv_sincosf(float x, float *s, float *c) {
  int q;
  float r = reduce_f(x, &q);
  int fine = __builtin_fabsf(x) < __builtin_inff();
  *s = fine ? (x == 0.0f ? x : quadrant_f(r, q)) : __builtin_nanf("");
  *c = fine ? quadrant_f(r, q + 1) : __builtin_nanf("");
}
float __nv_tanf(float x) { return (float)__nv_tan((double)x); }
float __nv_sinpif(float x) { return (float)__nv_sinpi((double)x); }
float __nv_cospif(float x) { return (float)__nv_cospi((double)x); }
void __nv_sincospif(float x, float *s, float *c) { *s = __nv_sinpif(x); *c = __nv_cospif(x); }
float __nv_asinf(float x) { return (float)__nv_asin((double)x); }
float __nv_acosf(float x) { return (float)__nv_acos((double)x); }
float __nv_atanf(float x) { return (float)__nv_atan((double)x); }
float __nv_atan2f(float y, float x) { return (float)__nv_atan2((double)y, (double)x); }

#pragma clang attribute pop
