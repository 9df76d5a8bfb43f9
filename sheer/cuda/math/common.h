/* What the math sources share: bits of numbers, polynomials. Plain C, compiled for the device; no branches where a select does. */
#ifndef SHEER_MATH_COMMON_H
#define SHEER_MATH_COMMON_H

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

#define INLINE static inline __attribute__((always_inline))
#define INF __builtin_inf()
#define NOT_A_NUMBER __builtin_nan("")

INLINE u64 bits_of(double x) { u64 b; __builtin_memcpy(&b, &x, 8); return b; }
INLINE double double_of(u64 b) { double x; __builtin_memcpy(&x, &b, 8); return x; }
INLINE u32 bits_of_f(float x) { u32 b; __builtin_memcpy(&b, &x, 4); return b; }
INLINE float float_of(u32 b) { float x; __builtin_memcpy(&x, &b, 4); return x; }
#define FMA(a, b, c) __builtin_fma(a, b, c)
#define FMAF(a, b, c) __builtin_fmaf(a, b, c)

INLINE double horner(const double *c, int n, double x) {
  double r = c[n - 1];
#pragma unroll
  for (int i = n - 2; i >= 0; --i) r = FMA(r, x, c[i]);
  return r;
}
INLINE float horner_f(const float *c, int n, float x) {
  float r = c[n - 1];
#pragma unroll
  for (int i = n - 2; i >= 0; --i) r = FMAF(r, x, c[i]);
  return r;
}
#define POLYF(table, x) horner_f(table, sizeof(table) / sizeof(table[0]), x)
#define POLY(table, x) horner(table, sizeof(table) / sizeof(table[0]), x)

/* A choice without a branch: both values are there before it. A plain ?: with more than names in its arms becomes a branch. */
INLINE double pick(int c, double a, double b) { return c ? a : b; }
INLINE float pickf(int c, float a, float b) { return c ? a : b; }
INLINE double clamp(double x, double low, double high) { return pick(x > high, high, pick(x < low, low, x)); }
INLINE float clampf(float x, float low, float high) { return pickf(x > high, high, pickf(x < low, low, x)); }

/* a * b rounded to a whole number, and that number in the low bits of *bits, without a conversion: added to 1.5 * 2**52 (2**23) nothing
   stays behind the point. A NaN goes through. */
INLINE double whole_product(double a, double b, u64 *bits) {
  double s = FMA(a, b, 0x1.8p52);
  *bits = bits_of(s);
  return s - 0x1.8p52;
}
INLINE float whole_product_f(float a, float b, u32 *bits) {
  float s = FMAF(a, b, 0x1.8p23f);
  *bits = bits_of_f(s);
  return s - 0x1.8p23f;
}
/* x * 2**n for the n of such bits, -2000 < n < 2000 (-250 < n < 250), in two steps: rounded once where the result is subnormal. */
INLINE double scale_by_bits(double x, u64 bits) {
  u64 k = bits + 2048, h = (k & 4095) >> 1;
  return x * double_of((h - 1) << 52) * double_of((k - h - 1) << 52);
}
INLINE float scale_by_bits_f(float x, u32 bits) {
  u32 k = bits + 512, h = (k & 1023) >> 1;
  return x * float_of((h - 129) << 23) * float_of((k - h - 129) << 23);
}

/* x * 2**n for any n; rounded once where the result is subnormal (for |n| up to 2200 or so). */
INLINE double scale2(double x, int n) {
  int h = n / 2;
  h = h > 1000 ? 1000 : h < -1000 ? -1000 : h;
  n -= h;
  n = n > 1023 ? 1023 : n < -1022 ? -1022 : n;
  return x * double_of((u64)(h + 1023) << 52) * double_of((u64)(n + 1023) << 52);
}

#endif
