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
#define POLY(table, x) horner(table, sizeof(table) / sizeof(table[0]), x)

/* x * 2**n for any n; rounded once where the result is subnormal (for |n| up to 2200 or so). */
INLINE double scale2(double x, int n) {
  int h = n / 2;
  h = h > 1000 ? 1000 : h < -1000 ? -1000 : h;
  n -= h;
  n = n > 1023 ? 1023 : n < -1022 ? -1022 : n;
  return x * double_of((u64)(h + 1023) << 52) * double_of((u64)(n + 1023) << 52);
}

#endif
