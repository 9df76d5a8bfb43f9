/* Functions of CUDA's math API that no C library has and CUDA gives to host code as well: by way of the C library, float through double.
   Included by math_functions.h, after those that new C libraries have. */
#ifndef SHEER_MATH_ON_HOST_H
#define SHEER_MATH_ON_HOST_H

#define SHEER_HOST static __host__ __inline__ __attribute__((unused))
SHEER_HOST float sinpi(float x) { return sinpif(x); }
SHEER_HOST float cospi(float x) { return cospif(x); }
SHEER_HOST float normcdf(float x) { return normcdff(x); }
SHEER_HOST void sincospi(double x, double *s, double *c) { *s = sinpi(x), *c = cospi(x); }
SHEER_HOST void sincospif(float x, float *s, float *c) { *s = sinpif(x), *c = cospif(x); }
SHEER_HOST void sincospi(float x, float *s, float *c) { sincospif(x, s, c); }
SHEER_HOST double rcbrt(double x) { return 1.0 / __builtin_cbrt(x); }
SHEER_HOST float rcbrtf(float x) { return (float)(1.0 / __builtin_cbrt((double)x)); }
SHEER_HOST float rcbrt(float x) { return rcbrtf(x); }
SHEER_HOST double rhypot(double x, double y) { return 1.0 / __builtin_hypot(x, y); }
SHEER_HOST float rhypotf(float x, float y) { return (float)(1.0 / __builtin_hypot((double)x, (double)y)); }
SHEER_HOST float rhypot(float x, float y) { return rhypotf(x, y); }
SHEER_HOST double fdivide(double x, double y) { return x / y; }
SHEER_HOST float fdividef(float x, float y) { return x / y; }
SHEER_HOST float fdivide(float x, float y) { return x / y; }

SHEER_HOST double __sheer_norm(double x, double y, double z, double w) {
  return __builtin_hypot(__builtin_hypot(x, y), __builtin_hypot(z, w));
}
SHEER_HOST double __sheer_rnorm(double x, double y, double z, double w) { return 1.0 / __sheer_norm(x, y, z, w); }
#define SHEER_NORM(kind) \
  SHEER_HOST double kind##3d(double x, double y, double z) { return __sheer_##kind(x, y, z, 0.0); } \
  SHEER_HOST float kind##3df(float x, float y, float z) { return (float)__sheer_##kind(x, y, z, 0.0); } \
  SHEER_HOST float kind##3d(float x, float y, float z) { return kind##3df(x, y, z); } \
  SHEER_HOST double kind##4d(double x, double y, double z, double w) { return __sheer_##kind(x, y, z, w); } \
  SHEER_HOST float kind##4df(float x, float y, float z, float w) { return (float)__sheer_##kind(x, y, z, w); } \
  SHEER_HOST float kind##4d(float x, float y, float z, float w) { return kind##4df(x, y, z, w); }
SHEER_NORM(norm)
SHEER_NORM(rnorm)
#undef SHEER_NORM
#undef SHEER_HOST

#endif
