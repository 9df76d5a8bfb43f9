/* Remainders, rounding and the parts of numbers: exact results. */
#include "common.h"

#pragma clang attribute push(__attribute__((always_inline)), apply_to = function)

/* a modulo b of finite a >= 0, b > 0. A fused multiply-add takes off up to 51 bits of quotient exactly; where it was rounded up by one, the
   sign shows it. Larger quotients, which are rare, come down 51 bits a turn. */
INLINE double less_multiples(double a, double b) {
  double r = FMA(-__builtin_trunc(a / b), b, a);
  return pick(r < 0.0, r + b, r);
}
INLINE double modulo(double a, double b) {
  if (a >= b * 0x1p51) {
    int eb = (int)(bits_of(b < 0x1p-1022 ? b * 0x1p54 : b) >> 52) - (b < 0x1p-1022 ? 54 : 0);
    do a = less_multiples(a, scale2(b, (int)(bits_of(a) >> 52) - eb - 50));
    while (a >= b * 0x1p51);
  }
  return less_multiples(a, b);
}
double __nv_fmod(double x, double y) {
  double a = __builtin_fabs(x), b = __builtin_fabs(y);
  int wrong = !(a < INF) | !(b > 0.0) | y != y, plain = !wrong & b < INF;
  double r = modulo(plain ? a : 0.0, plain ? b : 1.0);
  return wrong ? NOT_A_NUMBER : __builtin_copysign(plain ? r : a, x);
}
float __nv_fmodf(float x, float y) { return (float)__nv_fmod((double)x, (double)y); }
double __nv_remquo(double x, double y, int *quotient) {
  double b = __builtin_fabs(y);
  double r = b < 0x1p1022 ? __nv_fmod(x, 8.0 * b == INF ? b : 8.0 * b) : x;
  double a = __builtin_fabs(r);
  int q = 0;
  for (int k = 4; k >= 1; k >>= 1)
    if (8.0 * b != INF && a >= k * b) { a -= k * b; q += k; }
  int up = a > 0.5 * b || (a == 0.5 * b && q & 1);
  up = b < 0x1p-1021 ? (a + a > b || (a + a == b && q & 1)) : up;
  a = up ? a - b : a;
  q += up;
  int wrong = !(__builtin_fabs(x) < INF) || !(b > 0.0) || y != y;
  *quotient = ((bits_of(x) ^ bits_of(y)) >> 63) ? -(q & 7) : q & 7;
  r = bits_of(x) >> 63 ? -a : a;
  return wrong ? NOT_A_NUMBER : b == INF ? x : r == 0.0 ? __builtin_copysign(0.0, x) : r;
}
double __nv_remainder(double x, double y) { int q; return __nv_remquo(x, y, &q); }
float __nv_remquof(float x, float y, int *q) { return (float)__nv_remquo((double)x, (double)y, q); }
float __nv_remainderf(float x, float y) { int q; return (float)__nv_remquo((double)x, (double)y, &q); }

double __nv_modf(double x, double *whole) {
  double t = __builtin_trunc(x);
  *whole = t;
  return __builtin_copysign(__builtin_fabs(x) == INF ? 0.0 : x - t, x);
}
float __nv_modff(float x, float *whole) {
  float t = __builtin_truncf(x);
  *whole = t;
  return __builtin_copysignf(__builtin_fabsf(x) == __builtin_inff() ? 0.0f : x - t, x);
}
double __nv_frexp(double x, int *e) {
  double a = __builtin_fabs(x);
  int tiny = a < 0x1p-1022;
  u64 b = bits_of(tiny ? x * 0x1p54 : x);
  int plain = a > 0.0 && a < INF;
  *e = plain ? (int)(b >> 52 & 2047) - 1022 - (tiny ? 54 : 0) : 0;
  return plain ? double_of((b & 0x800fffffffffffffull) | 0x3fe0000000000000ull) : x;
}
float __nv_frexpf(float x, int *e) { return (float)__nv_frexp((double)x, e); }
double __nv_ldexp(double x, int n) { return scale2(x, n > 2200 ? 2200 : n < -2200 ? -2200 : n); }
float __nv_ldexpf(float x, int n) {
  n = n > 400 ? 400 : n < -400 ? -400 : n;
  return (float)((double)x * double_of((u64)(n + 1023) << 52));
}
double __nv_nextafter(double x, double y) {
  u64 b = bits_of(x);
  u64 next = x == 0.0 ? (1ull | (bits_of(y) & (1ull << 63))) : ((x < y) == (x > 0.0) ? b + 1 : b - 1);
  return x != x || y != y ? x + y : x == y ? y : double_of(next);
}
float __nv_nextafterf(float x, float y) {
  u32 b = bits_of_f(x);
  u32 next = x == 0.0f ? (1u | (bits_of_f(y) & (1u << 31))) : ((x < y) == (x > 0.0f) ? b + 1 : b - 1);
  return x != x || y != y ? x + y : x == y ? y : float_of(next);
}
double __nv_round(double x) {
  double t = __builtin_trunc(x);
  t = __builtin_fabs(x - t) >= 0.5 ? t + __builtin_copysign(1.0, x) : t;
  return __builtin_copysign(__builtin_fabs(x) < 0x1p52 ? t : x, x);
}
float __nv_roundf(float x) {
  float t = __builtin_truncf(x);
  t = __builtin_fabsf(x - t) >= 0.5f ? t + __builtin_copysignf(1.0f, x) : t;
  return __builtin_copysignf(__builtin_fabsf(x) < 0x1p23f ? t : x, x);
}
double __nv_fdim(double x, double y) { return x != x || y != y ? x + y : x > y ? x - y : 0.0; }
float __nv_fdimf(float x, float y) { return x != x || y != y ? x + y : x > y ? x - y : 0.0f; }

#pragma clang attribute pop
