/* Complex numbers of float and double for host and device, in C's style. */
#ifndef SHEER_CUCOMPLEX_H
#define SHEER_CUCOMPLEX_H
#define CU_COMPLEX_H_

#include <math.h>
#include "vector_types.h"

#ifdef __cplusplus
#define SHEER_COMPLEX static __host__ __device__ __inline__ __attribute__((unused))
#else
#define SHEER_COMPLEX static __inline__ __attribute__((unused))
#endif

typedef float2 cuFloatComplex;
typedef double2 cuDoubleComplex;
typedef cuFloatComplex cuComplex;

/* name suffix: f for float, nothing for double. Division scales by the larger part, so that it does not overflow early. */
#define SHEER_COMPLEX_TYPE(T, C, make, f, sqrt_, fabs_) \
  SHEER_COMPLEX C make(T r, T i) { C z; z.x = r; z.y = i; return z; } \
  SHEER_COMPLEX T cuCreal##f(C z) { return z.x; } \
  SHEER_COMPLEX T cuCimag##f(C z) { return z.y; } \
  SHEER_COMPLEX C cuConj##f(C z) { return make(z.x, -z.y); } \
  SHEER_COMPLEX C cuCadd##f(C a, C b) { return make(a.x + b.x, a.y + b.y); } \
  SHEER_COMPLEX C cuCsub##f(C a, C b) { return make(a.x - b.x, a.y - b.y); } \
  SHEER_COMPLEX C cuCmul##f(C a, C b) { return make(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); } \
  SHEER_COMPLEX C cuCdiv##f(C a, C b) { \
    T s = fabs_(b.x) + fabs_(b.y), o = (T)1 / s; \
    T ar = a.x * o, ai = a.y * o, br = b.x * o, bi = b.y * o; \
    T d = (T)1 / (br * br + bi * bi); \
    return make((ar * br + ai * bi) * d, (ai * br - ar * bi) * d); \
  } \
  SHEER_COMPLEX T cuCabs##f(C z) { \
    T a = fabs_(z.x), b = fabs_(z.y), v = a > b ? a : b, w = a > b ? b : a, t; \
    if (v == (T)0 || v > (T)__builtin_huge_val##f() / 2 || w > (T)__builtin_huge_val##f() / 2) return v + w; \
    t = w / v; \
    return v * sqrt_((T)1 + t * t); \
  } \
  SHEER_COMPLEX C cuCfma##f(C a, C b, C c) { \
    return make(a.x * b.x + c.x - a.y * b.y, a.x * b.y + c.y + a.y * b.x); \
  }
SHEER_COMPLEX_TYPE(float, cuFloatComplex, make_cuFloatComplex, f, sqrtf, fabsf)
SHEER_COMPLEX_TYPE(double, cuDoubleComplex, make_cuDoubleComplex, , sqrt, fabs)
#undef SHEER_COMPLEX_TYPE

SHEER_COMPLEX cuComplex make_cuComplex(float r, float i) { return make_cuFloatComplex(r, i); }
SHEER_COMPLEX cuDoubleComplex cuComplexFloatToDouble(cuFloatComplex z) { return make_cuDoubleComplex(z.x, z.y); }
SHEER_COMPLEX cuFloatComplex cuComplexDoubleToFloat(cuDoubleComplex z) {
  return make_cuFloatComplex((float)z.x, (float)z.y);
}
#undef SHEER_COMPLEX

#endif
