/* The CUDA math API on the device: thin names over __nv_*, the device math library (sheer/cuda/math), which is linked as bitcode. */
#ifndef SHEER_MATH_FUNCTIONS_H
#define SHEER_MATH_FUNCTIONS_H

#include "math_forward.h"
#include "device_macros.h"

#if defined(__USE_FAST_MATH__) || defined(__CLANG_GPU_APPROX_TRANSCENDENTALS__)
#define SHEER_FAST(fast, exact) fast
#else
#define SHEER_FAST(fast, exact) exact
#endif

extern "C" {
__device__ double __nv_sin(double);
__device__ float __nv_sinf(float);
__device__ double __nv_cos(double);
__device__ float __nv_cosf(float);
__device__ double __nv_tan(double);
__device__ float __nv_tanf(float);
__device__ double __nv_asin(double);
__device__ float __nv_asinf(float);
__device__ double __nv_acos(double);
__device__ float __nv_acosf(float);
__device__ double __nv_atan(double);
__device__ float __nv_atanf(float);
__device__ double __nv_sinh(double);
__device__ float __nv_sinhf(float);
__device__ double __nv_cosh(double);
__device__ float __nv_coshf(float);
__device__ double __nv_tanh(double);
__device__ float __nv_tanhf(float);
__device__ double __nv_asinh(double);
__device__ float __nv_asinhf(float);
__device__ double __nv_acosh(double);
__device__ float __nv_acoshf(float);
__device__ double __nv_atanh(double);
__device__ float __nv_atanhf(float);
__device__ double __nv_exp(double);
__device__ float __nv_expf(float);
__device__ double __nv_exp2(double);
__device__ float __nv_exp2f(float);
__device__ double __nv_expm1(double);
__device__ float __nv_expm1f(float);
__device__ double __nv_log(double);
__device__ float __nv_logf(float);
__device__ double __nv_log2(double);
__device__ float __nv_log2f(float);
__device__ double __nv_log10(double);
__device__ float __nv_log10f(float);
__device__ double __nv_log1p(double);
__device__ float __nv_log1pf(float);
__device__ double __nv_logb(double);
__device__ float __nv_logbf(float);
__device__ double __nv_cbrt(double);
__device__ float __nv_cbrtf(float);
__device__ double __nv_erf(double);
__device__ float __nv_erff(float);
__device__ double __nv_erfc(double);
__device__ float __nv_erfcf(float);
__device__ double __nv_tgamma(double);
__device__ float __nv_tgammaf(float);
__device__ double __nv_lgamma(double);
__device__ float __nv_lgammaf(float);
__device__ double __nv_round(double);
__device__ float __nv_roundf(float);
__device__ double __nv_exp10(double);
__device__ float __nv_exp10f(float);
__device__ double __nv_rsqrt(double);
__device__ float __nv_rsqrtf(float);
__device__ double __nv_rcbrt(double);
__device__ float __nv_rcbrtf(float);
__device__ double __nv_sinpi(double);
__device__ float __nv_sinpif(float);
__device__ double __nv_cospi(double);
__device__ float __nv_cospif(float);
__device__ double __nv_erfinv(double);
__device__ float __nv_erfinvf(float);
__device__ double __nv_erfcinv(double);
__device__ float __nv_erfcinvf(float);
__device__ double __nv_erfcx(double);
__device__ float __nv_erfcxf(float);
__device__ double __nv_normcdf(double);
__device__ float __nv_normcdff(float);
__device__ double __nv_normcdfinv(double);
__device__ float __nv_normcdfinvf(float);
__device__ double __nv_pow(double, double);
__device__ float __nv_powf(float, float);
__device__ double __nv_atan2(double, double);
__device__ float __nv_atan2f(float, float);
__device__ double __nv_fmod(double, double);
__device__ float __nv_fmodf(float, float);
__device__ double __nv_remainder(double, double);
__device__ float __nv_remainderf(float, float);
__device__ double __nv_hypot(double, double);
__device__ float __nv_hypotf(float, float);
__device__ double __nv_nextafter(double, double);
__device__ float __nv_nextafterf(float, float);
__device__ double __nv_fdim(double, double);
__device__ float __nv_fdimf(float, float);
__device__ double __nv_rhypot(double, double);
__device__ float __nv_rhypotf(float, float);
__device__ double __nv_norm3d(double, double, double);
__device__ float __nv_norm3df(float, float, float);
__device__ double __nv_rnorm3d(double, double, double);
__device__ float __nv_rnorm3df(float, float, float);
__device__ double __nv_norm4d(double, double, double, double);
__device__ float __nv_norm4df(float, float, float, float);
__device__ double __nv_rnorm4d(double, double, double, double);
__device__ float __nv_rnorm4df(float, float, float, float);
__device__ double __nv_j0(double);
__device__ float __nv_j0f(float);
__device__ double __nv_j1(double);
__device__ float __nv_j1f(float);
__device__ double __nv_y0(double);
__device__ float __nv_y0f(float);
__device__ double __nv_y1(double);
__device__ float __nv_y1f(float);
__device__ double __nv_cyl_bessel_i0(double);
__device__ float __nv_cyl_bessel_i0f(float);
__device__ double __nv_cyl_bessel_i1(double);
__device__ float __nv_cyl_bessel_i1f(float);
__device__ double __nv_jn(int, double);
__device__ float __nv_jnf(int, float);
__device__ double __nv_yn(int, double);
__device__ float __nv_ynf(int, float);
__device__ double __nv_norm(int, const double *);
__device__ float __nv_normf(int, const float *);
__device__ double __nv_ldexp(double, int);
__device__ double __nv_frexp(double, int *);
__device__ double __nv_modf(double, double *);
__device__ double __nv_remquo(double, double, int *);
__device__ int __nv_ilogb(double);
__device__ void __nv_sincos(double, double *, double *);
__device__ void __nv_sincospi(double, double *, double *);
__device__ double __nv_powi(double, int);
__device__ float __nv_ldexpf(float, int);
__device__ float __nv_frexpf(float, int *);
__device__ float __nv_modff(float, float *);
__device__ float __nv_remquof(float, float, int *);
__device__ int __nv_ilogbf(float);
__device__ void __nv_sincosf(float, float *, float *);
__device__ void __nv_sincospif(float, float *, float *);
__device__ float __nv_powif(float, int);
}

SHEER_MATH double sin(double x) { return __nv_sin(x); }
SHEER_MATH float sinf(float x) { return SHEER_FAST(__sinf, __nv_sinf)(x); }
SHEER_MATH float sin(float x) { return sinf(x); }
SHEER_MATH double cos(double x) { return __nv_cos(x); }
SHEER_MATH float cosf(float x) { return SHEER_FAST(__cosf, __nv_cosf)(x); }
SHEER_MATH float cos(float x) { return cosf(x); }
SHEER_MATH double tan(double x) { return __nv_tan(x); }
SHEER_MATH float tanf(float x) { return SHEER_FAST(__tanf, __nv_tanf)(x); }
SHEER_MATH float tan(float x) { return tanf(x); }
SHEER_MATH double asin(double x) { return __nv_asin(x); }
SHEER_MATH float asinf(float x) { return __nv_asinf(x); }
SHEER_MATH float asin(float x) { return asinf(x); }
SHEER_MATH double acos(double x) { return __nv_acos(x); }
SHEER_MATH float acosf(float x) { return __nv_acosf(x); }
SHEER_MATH float acos(float x) { return acosf(x); }
SHEER_MATH double atan(double x) { return __nv_atan(x); }
SHEER_MATH float atanf(float x) { return __nv_atanf(x); }
SHEER_MATH float atan(float x) { return atanf(x); }
SHEER_MATH double sinh(double x) { return __nv_sinh(x); }
SHEER_MATH float sinhf(float x) { return __nv_sinhf(x); }
SHEER_MATH float sinh(float x) { return sinhf(x); }
SHEER_MATH double cosh(double x) { return __nv_cosh(x); }
SHEER_MATH float coshf(float x) { return __nv_coshf(x); }
SHEER_MATH float cosh(float x) { return coshf(x); }
SHEER_MATH double tanh(double x) { return __nv_tanh(x); }
SHEER_MATH float tanhf(float x) { return __nv_tanhf(x); }
SHEER_MATH float tanh(float x) { return tanhf(x); }
SHEER_MATH double asinh(double x) { return __nv_asinh(x); }
SHEER_MATH float asinhf(float x) { return __nv_asinhf(x); }
SHEER_MATH float asinh(float x) { return asinhf(x); }
SHEER_MATH double acosh(double x) { return __nv_acosh(x); }
SHEER_MATH float acoshf(float x) { return __nv_acoshf(x); }
SHEER_MATH float acosh(float x) { return acoshf(x); }
SHEER_MATH double atanh(double x) { return __nv_atanh(x); }
SHEER_MATH float atanhf(float x) { return __nv_atanhf(x); }
SHEER_MATH float atanh(float x) { return atanhf(x); }
SHEER_MATH double exp(double x) { return __nv_exp(x); }
SHEER_MATH float expf(float x) { return SHEER_FAST(__expf, __nv_expf)(x); }
SHEER_MATH float exp(float x) { return expf(x); }
SHEER_MATH double exp2(double x) { return __nv_exp2(x); }
SHEER_MATH float exp2f(float x) { return __nv_exp2f(x); }
SHEER_MATH float exp2(float x) { return exp2f(x); }
SHEER_MATH double expm1(double x) { return __nv_expm1(x); }
SHEER_MATH float expm1f(float x) { return __nv_expm1f(x); }
SHEER_MATH float expm1(float x) { return expm1f(x); }
SHEER_MATH double log(double x) { return __nv_log(x); }
SHEER_MATH float logf(float x) { return SHEER_FAST(__logf, __nv_logf)(x); }
SHEER_MATH float log(float x) { return logf(x); }
SHEER_MATH double log2(double x) { return __nv_log2(x); }
SHEER_MATH float log2f(float x) { return SHEER_FAST(__log2f, __nv_log2f)(x); }
SHEER_MATH float log2(float x) { return log2f(x); }
SHEER_MATH double log10(double x) { return __nv_log10(x); }
SHEER_MATH float log10f(float x) { return SHEER_FAST(__log10f, __nv_log10f)(x); }
SHEER_MATH float log10(float x) { return log10f(x); }
SHEER_MATH double log1p(double x) { return __nv_log1p(x); }
SHEER_MATH float log1pf(float x) { return __nv_log1pf(x); }
SHEER_MATH float log1p(float x) { return log1pf(x); }
SHEER_MATH double logb(double x) { return __nv_logb(x); }
SHEER_MATH float logbf(float x) { return __nv_logbf(x); }
SHEER_MATH float logb(float x) { return logbf(x); }
SHEER_MATH double cbrt(double x) { return __nv_cbrt(x); }
SHEER_MATH float cbrtf(float x) { return __nv_cbrtf(x); }
SHEER_MATH float cbrt(float x) { return cbrtf(x); }
SHEER_MATH double erf(double x) { return __nv_erf(x); }
SHEER_MATH float erff(float x) { return __nv_erff(x); }
SHEER_MATH float erf(float x) { return erff(x); }
SHEER_MATH double erfc(double x) { return __nv_erfc(x); }
SHEER_MATH float erfcf(float x) { return __nv_erfcf(x); }
SHEER_MATH float erfc(float x) { return erfcf(x); }
SHEER_MATH double tgamma(double x) { return __nv_tgamma(x); }
SHEER_MATH float tgammaf(float x) { return __nv_tgammaf(x); }
SHEER_MATH float tgamma(float x) { return tgammaf(x); }
SHEER_MATH double lgamma(double x) { return __nv_lgamma(x); }
SHEER_MATH float lgammaf(float x) { return __nv_lgammaf(x); }
SHEER_MATH float lgamma(float x) { return lgammaf(x); }
SHEER_MATH double round(double x) { return __nv_round(x); }
SHEER_MATH float roundf(float x) { return __nv_roundf(x); }
SHEER_MATH float round(float x) { return roundf(x); }
SHEER_MATH double exp10(double x) { return __nv_exp10(x); }
SHEER_MATH float exp10f(float x) { return SHEER_FAST(__exp10f, __nv_exp10f)(x); }
SHEER_MATH float exp10(float x) { return exp10f(x); }
SHEER_MATH double rsqrt(double x) { return __nv_rsqrt(x); }
SHEER_MATH float rsqrtf(float x) { return __nv_rsqrtf(x); }
SHEER_MATH float rsqrt(float x) { return rsqrtf(x); }
SHEER_MATH double rcbrt(double x) { return __nv_rcbrt(x); }
SHEER_MATH float rcbrtf(float x) { return __nv_rcbrtf(x); }
SHEER_MATH float rcbrt(float x) { return rcbrtf(x); }
SHEER_MATH double sinpi(double x) { return __nv_sinpi(x); }
SHEER_MATH float sinpif(float x) { return __nv_sinpif(x); }
SHEER_MATH float sinpi(float x) { return sinpif(x); }
SHEER_MATH double cospi(double x) { return __nv_cospi(x); }
SHEER_MATH float cospif(float x) { return __nv_cospif(x); }
SHEER_MATH float cospi(float x) { return cospif(x); }
SHEER_MATH double erfinv(double x) { return __nv_erfinv(x); }
SHEER_MATH float erfinvf(float x) { return __nv_erfinvf(x); }
SHEER_MATH float erfinv(float x) { return erfinvf(x); }
SHEER_MATH double erfcinv(double x) { return __nv_erfcinv(x); }
SHEER_MATH float erfcinvf(float x) { return __nv_erfcinvf(x); }
SHEER_MATH float erfcinv(float x) { return erfcinvf(x); }
SHEER_MATH double erfcx(double x) { return __nv_erfcx(x); }
SHEER_MATH float erfcxf(float x) { return __nv_erfcxf(x); }
SHEER_MATH float erfcx(float x) { return erfcxf(x); }
SHEER_MATH double normcdf(double x) { return __nv_normcdf(x); }
SHEER_MATH float normcdff(float x) { return __nv_normcdff(x); }
SHEER_MATH float normcdf(float x) { return normcdff(x); }
SHEER_MATH double normcdfinv(double x) { return __nv_normcdfinv(x); }
SHEER_MATH float normcdfinvf(float x) { return __nv_normcdfinvf(x); }
SHEER_MATH float normcdfinv(float x) { return normcdfinvf(x); }
SHEER_MATH double sqrt(double x) { return __nvvm_sqrt_rn_d(x); }
SHEER_MATH float sqrtf(float x) { return __nvvm_sqrt_rn_f(x); }
SHEER_MATH float sqrt(float x) { return sqrtf(x); }
SHEER_MATH double floor(double x) { return __builtin_floor(x); }
SHEER_MATH float floorf(float x) { return __builtin_floorf(x); }
SHEER_MATH float floor(float x) { return floorf(x); }
SHEER_MATH double ceil(double x) { return __builtin_ceil(x); }
SHEER_MATH float ceilf(float x) { return __builtin_ceilf(x); }
SHEER_MATH float ceil(float x) { return ceilf(x); }
SHEER_MATH double trunc(double x) { return __builtin_trunc(x); }
SHEER_MATH float truncf(float x) { return __builtin_truncf(x); }
SHEER_MATH float trunc(float x) { return truncf(x); }
SHEER_MATH double rint(double x) { return __builtin_rint(x); }
SHEER_MATH float rintf(float x) { return __builtin_rintf(x); }
SHEER_MATH float rint(float x) { return rintf(x); }
SHEER_MATH double nearbyint(double x) { return __builtin_nearbyint(x); }
SHEER_MATH float nearbyintf(float x) { return __builtin_nearbyintf(x); }
SHEER_MATH float nearbyint(float x) { return nearbyintf(x); }
SHEER_MATH double fabs(double x) { return __builtin_fabs(x); }
SHEER_MATH float fabsf(float x) { return __builtin_fabsf(x); }
SHEER_MATH float fabs(float x) { return fabsf(x); }
/* Powers with small exponents that the compiler knows: products are as exact, and take a hundredth of the time. */
#define SHEER_POWER(T, x, y, root, otherwise)                                        \
  (!__builtin_constant_p(y) ? otherwise(x, y)                                        \
   : (y) == T(1) ? (x)                                                               \
   : (y) == T(2) ? (x) * (x)                                                         \
   : (y) == T(3) ? (x) * (x) * (x)                                                   \
   : (y) == T(4) ? ((x) * (x)) * ((x) * (x))                                         \
   : (y) == T(-1) ? T(1) / (x)                                                       \
   : (y) == T(0.5) ? ((x) == -T(__builtin_huge_val()) ? T(__builtin_huge_val()) : root(x) + T(0)) /* +0 of -0 */ \
                   : otherwise(x, y))
SHEER_MATH double pow(double x, double y) { return SHEER_POWER(double, x, y, __builtin_sqrt, __nv_pow); }
SHEER_MATH float powf(float x, float y) {
  return SHEER_POWER(float, x, y, __builtin_sqrtf, SHEER_FAST(__powf, __nv_powf));
}
SHEER_MATH float pow(float x, float y) { return powf(x, y); }
SHEER_MATH double atan2(double x, double y) { return __nv_atan2(x, y); }
SHEER_MATH float atan2f(float x, float y) { return __nv_atan2f(x, y); }
SHEER_MATH float atan2(float x, float y) { return atan2f(x, y); }
SHEER_MATH double fmod(double x, double y) { return __nv_fmod(x, y); }
SHEER_MATH float fmodf(float x, float y) { return __nv_fmodf(x, y); }
SHEER_MATH float fmod(float x, float y) { return fmodf(x, y); }
SHEER_MATH double remainder(double x, double y) { return __nv_remainder(x, y); }
SHEER_MATH float remainderf(float x, float y) { return __nv_remainderf(x, y); }
SHEER_MATH float remainder(float x, float y) { return remainderf(x, y); }
SHEER_MATH double hypot(double x, double y) { return __nv_hypot(x, y); }
SHEER_MATH float hypotf(float x, float y) { return __nv_hypotf(x, y); }
SHEER_MATH float hypot(float x, float y) { return hypotf(x, y); }
SHEER_MATH double nextafter(double x, double y) { return __nv_nextafter(x, y); }
SHEER_MATH float nextafterf(float x, float y) { return __nv_nextafterf(x, y); }
SHEER_MATH float nextafter(float x, float y) { return nextafterf(x, y); }
SHEER_MATH double fdim(double x, double y) { return __nv_fdim(x, y); }
SHEER_MATH float fdimf(float x, float y) { return __nv_fdimf(x, y); }
SHEER_MATH float fdim(float x, float y) { return fdimf(x, y); }
SHEER_MATH double rhypot(double x, double y) { return __nv_rhypot(x, y); }
SHEER_MATH float rhypotf(float x, float y) { return __nv_rhypotf(x, y); }
SHEER_MATH float rhypot(float x, float y) { return rhypotf(x, y); }
SHEER_MATH double copysign(double x, double y) { return __builtin_copysign(x, y); }
SHEER_MATH float copysignf(float x, float y) { return __builtin_copysignf(x, y); }
SHEER_MATH float copysign(float x, float y) { return copysignf(x, y); }
SHEER_MATH double fmin(double x, double y) { return __builtin_fmin(x, y); }
SHEER_MATH float fminf(float x, float y) { return __builtin_fminf(x, y); }
SHEER_MATH float fmin(float x, float y) { return fminf(x, y); }
SHEER_MATH double fmax(double x, double y) { return __builtin_fmax(x, y); }
SHEER_MATH float fmaxf(float x, float y) { return __builtin_fmaxf(x, y); }
SHEER_MATH float fmax(float x, float y) { return fmaxf(x, y); }
SHEER_MATH double norm3d(double x, double y, double z) { return __nv_norm3d(x, y, z); }
SHEER_MATH float norm3df(float x, float y, float z) { return __nv_norm3df(x, y, z); }
SHEER_MATH double rnorm3d(double x, double y, double z) { return __nv_rnorm3d(x, y, z); }
SHEER_MATH float rnorm3df(float x, float y, float z) { return __nv_rnorm3df(x, y, z); }
SHEER_MATH double norm4d(double x, double y, double z, double w) { return __nv_norm4d(x, y, z, w); }
SHEER_MATH float norm4df(float x, float y, float z, float w) { return __nv_norm4df(x, y, z, w); }
SHEER_MATH double rnorm4d(double x, double y, double z, double w) { return __nv_rnorm4d(x, y, z, w); }
SHEER_MATH float rnorm4df(float x, float y, float z, float w) { return __nv_rnorm4df(x, y, z, w); }
SHEER_MATH double j0(double x) { return __nv_j0(x); }
SHEER_MATH float j0f(float x) { return __nv_j0f(x); }
SHEER_MATH float j0(float x) { return j0f(x); }
SHEER_MATH double j1(double x) { return __nv_j1(x); }
SHEER_MATH float j1f(float x) { return __nv_j1f(x); }
SHEER_MATH float j1(float x) { return j1f(x); }
SHEER_MATH double y0(double x) { return __nv_y0(x); }
SHEER_MATH float y0f(float x) { return __nv_y0f(x); }
SHEER_MATH float y0(float x) { return y0f(x); }
SHEER_MATH double y1(double x) { return __nv_y1(x); }
SHEER_MATH float y1f(float x) { return __nv_y1f(x); }
SHEER_MATH float y1(float x) { return y1f(x); }
SHEER_MATH double cyl_bessel_i0(double x) { return __nv_cyl_bessel_i0(x); }
SHEER_MATH float cyl_bessel_i0f(float x) { return __nv_cyl_bessel_i0f(x); }
SHEER_MATH float cyl_bessel_i0(float x) { return cyl_bessel_i0f(x); }
SHEER_MATH double cyl_bessel_i1(double x) { return __nv_cyl_bessel_i1(x); }
SHEER_MATH float cyl_bessel_i1f(float x) { return __nv_cyl_bessel_i1f(x); }
SHEER_MATH float cyl_bessel_i1(float x) { return cyl_bessel_i1f(x); }
SHEER_MATH double jn(int n, double x) { return __nv_jn(n, x); }
SHEER_MATH float jnf(int n, float x) { return __nv_jnf(n, x); }
SHEER_MATH float jn(int n, float x) { return jnf(n, x); }
SHEER_MATH double yn(int n, double x) { return __nv_yn(n, x); }
SHEER_MATH float ynf(int n, float x) { return __nv_ynf(n, x); }
SHEER_MATH float yn(int n, float x) { return ynf(n, x); }
SHEER_MATH double fma(double x, double y, double z) { return __builtin_fma(x, y, z); }
SHEER_MATH double ldexp(double x, int n) { return __nv_ldexp(x, n); }
SHEER_MATH double scalbn(double x, int n) { return __nv_ldexp(x, n); }
SHEER_MATH double scalbln(double x, long n) { return __nv_ldexp(x, (int)(n > 5000 ? 5000 : n < -5000 ? -5000 : n)); }
SHEER_MATH double frexp(double x, int * e) { return __nv_frexp(x, e); }
SHEER_MATH double modf(double x, double * w) { return __nv_modf(x, w); }
SHEER_MATH double remquo(double x, double y, int * q) { return __nv_remquo(x, y, q); }
SHEER_MATH int ilogb(double x) { return __nv_ilogb(x); }
SHEER_MATH void sincos(double x, double * s, double * c) { __nv_sincos(x, s, c); }
SHEER_MATH void sincospi(double x, double * s, double * c) { __nv_sincospi(x, s, c); }
SHEER_MATH long lround(double x) { return (long)__nv_round(x); }
SHEER_MATH long long llround(double x) { return (long long)__nv_round(x); }
SHEER_MATH long lrint(double x) { return (long)__builtin_rint(x); }
SHEER_MATH long long llrint(double x) { return (long long)__builtin_rint(x); }
SHEER_MATH float fmaf(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
SHEER_MATH float fma(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
SHEER_MATH float ldexpf(float x, int n) { return __nv_ldexpf(x, n); }
SHEER_MATH float ldexp(float x, int n) { return __nv_ldexpf(x, n); }
SHEER_MATH float scalbnf(float x, int n) { return __nv_ldexpf(x, n); }
SHEER_MATH float scalbn(float x, int n) { return __nv_ldexpf(x, n); }
SHEER_MATH float scalblnf(float x, long n) { return __nv_ldexpf(x, (int)(n > 5000 ? 5000 : n < -5000 ? -5000 : n)); }
SHEER_MATH float scalbln(float x, long n) { return __nv_ldexpf(x, (int)(n > 5000 ? 5000 : n < -5000 ? -5000 : n)); }
SHEER_MATH float frexpf(float x, int * e) { return __nv_frexpf(x, e); }
SHEER_MATH float frexp(float x, int * e) { return __nv_frexpf(x, e); }
SHEER_MATH float modff(float x, float * w) { return __nv_modff(x, w); }
SHEER_MATH float modf(float x, float * w) { return __nv_modff(x, w); }
SHEER_MATH float remquof(float x, float y, int * q) { return __nv_remquof(x, y, q); }
SHEER_MATH float remquo(float x, float y, int * q) { return __nv_remquof(x, y, q); }
SHEER_MATH int ilogbf(float x) { return __nv_ilogbf(x); }
SHEER_MATH int ilogb(float x) { return __nv_ilogbf(x); }
SHEER_MATH void sincosf(float x, float * s, float * c) { SHEER_FAST(__sincosf, __nv_sincosf)(x, s, c); }
SHEER_MATH void sincos(float x, float * s, float * c) { sincosf(x, s, c); }
SHEER_MATH void sincospif(float x, float * s, float * c) { __nv_sincospif(x, s, c); }
SHEER_MATH void sincospi(float x, float * s, float * c) { __nv_sincospif(x, s, c); }
SHEER_MATH long lroundf(float x) { return (long)__nv_roundf(x); }
SHEER_MATH long lround(float x) { return (long)__nv_roundf(x); }
SHEER_MATH long long llroundf(float x) { return (long long)__nv_roundf(x); }
SHEER_MATH long long llround(float x) { return (long long)__nv_roundf(x); }
SHEER_MATH long lrintf(float x) { return (long)__builtin_rintf(x); }
SHEER_MATH long lrint(float x) { return (long)__builtin_rintf(x); }
SHEER_MATH long long llrintf(float x) { return (long long)__builtin_rintf(x); }
SHEER_MATH long long llrint(float x) { return (long long)__builtin_rintf(x); }

SHEER_DEVICE double norm(int n, const double *p) { return __nv_norm(n, p); }
SHEER_DEVICE float normf(int n, const float *p) { return __nv_normf(n, p); }
SHEER_DEVICE float norm(int n, const float *p) { return __nv_normf(n, p); }
SHEER_DEVICE double rnorm(int n, const double *p) { return 1.0 / norm(n, p); }
SHEER_DEVICE float rnormf(int n, const float *p) { return 1.0f / normf(n, p); }
SHEER_DEVICE float rnorm(int n, const float *p) { return rnormf(n, p); }
SHEER_MATH float norm3d(float x, float y, float z) { return norm3df(x, y, z); }
SHEER_MATH float rnorm3d(float x, float y, float z) { return rnorm3df(x, y, z); }
SHEER_MATH float norm4d(float x, float y, float z, float w) { return norm4df(x, y, z, w); }
SHEER_MATH float rnorm4d(float x, float y, float z, float w) { return rnorm4df(x, y, z, w); }
SHEER_MATH double fdivide(double x, double y) { return x / y; }
SHEER_MATH float fdividef(float x, float y) { return SHEER_FAST(__fdividef(x, y), x / y); }
SHEER_MATH float fdivide(float x, float y) { return fdividef(x, y); }
SHEER_DEVICE double nan(const char *) { return __builtin_nan(""); }
SHEER_DEVICE float nanf(const char *) { return __builtin_nanf(""); }

/* Integer arguments go to double, as the C++ library has it; mixed ones too. */
template <bool, class T> struct __sheer_if {};
template <class T> struct __sheer_if<true, T> { typedef T type; };
template <class T> struct __sheer_integral { static const bool value = false; };
#define SHEER_INTEGRAL(t) template <> struct __sheer_integral<t> { static const bool value = true; };
SHEER_INTEGRAL(bool) SHEER_INTEGRAL(char) SHEER_INTEGRAL(signed char) SHEER_INTEGRAL(unsigned char) SHEER_INTEGRAL(short)
SHEER_INTEGRAL(unsigned short) SHEER_INTEGRAL(int) SHEER_INTEGRAL(unsigned) SHEER_INTEGRAL(long) SHEER_INTEGRAL(unsigned long)
SHEER_INTEGRAL(long long) SHEER_INTEGRAL(unsigned long long)
#undef SHEER_INTEGRAL
template <class T> struct __sheer_number { static const bool value = __sheer_integral<T>::value; };
template <> struct __sheer_number<float> { static const bool value = true; };
template <> struct __sheer_number<double> { static const bool value = true; };
template <class T, class U> struct __sheer_same { static const bool value = false; };
template <class T> struct __sheer_same<T, T> { static const bool value = true; };
#define SHEER_OF_INTEGER_TO(result, name) \
  template <class T> SHEER_MATH typename __sheer_if<__sheer_integral<T>::value, result>::type name(T x) { \
    return ::name((double)x); \
  }
#define SHEER_OF_INTEGER(name) SHEER_OF_INTEGER_TO(double, name)
#define SHEER_OF_INTEGER_AND(name, second) \
  template <class T> SHEER_MATH typename __sheer_if<__sheer_integral<T>::value, double>::type name(T x, second y) { \
    return ::name((double)x, y); \
  }
#define SHEER_OF_MIXED(name) \
  template <class T, class U> \
  SHEER_MATH typename __sheer_if<__sheer_number<T>::value && __sheer_number<U>::value && \
                                 !(__sheer_same<T, U>::value && !__sheer_integral<T>::value), double>::type \
  name(T x, U y) { return ::name((double)x, (double)y); }
SHEER_OF_INTEGER(sin)
SHEER_OF_INTEGER(cos)
SHEER_OF_INTEGER(tan)
SHEER_OF_INTEGER(asin)
SHEER_OF_INTEGER(acos)
SHEER_OF_INTEGER(atan)
SHEER_OF_INTEGER(sinh)
SHEER_OF_INTEGER(cosh)
SHEER_OF_INTEGER(tanh)
SHEER_OF_INTEGER(asinh)
SHEER_OF_INTEGER(acosh)
SHEER_OF_INTEGER(atanh)
SHEER_OF_INTEGER(exp)
SHEER_OF_INTEGER(exp2)
SHEER_OF_INTEGER(expm1)
SHEER_OF_INTEGER(log)
SHEER_OF_INTEGER(log2)
SHEER_OF_INTEGER(log10)
SHEER_OF_INTEGER(log1p)
SHEER_OF_INTEGER(logb)
SHEER_OF_INTEGER(cbrt)
SHEER_OF_INTEGER(erf)
SHEER_OF_INTEGER(erfc)
SHEER_OF_INTEGER(tgamma)
SHEER_OF_INTEGER(lgamma)
SHEER_OF_INTEGER(round)
SHEER_OF_INTEGER(sqrt)
SHEER_OF_INTEGER(floor)
SHEER_OF_INTEGER(ceil)
SHEER_OF_INTEGER(trunc)
SHEER_OF_INTEGER(rint)
SHEER_OF_INTEGER(nearbyint)
SHEER_OF_INTEGER(fabs)
SHEER_OF_INTEGER(exp10)
SHEER_OF_INTEGER(rsqrt)
SHEER_OF_INTEGER(rcbrt)
SHEER_OF_INTEGER(sinpi)
SHEER_OF_INTEGER(cospi)
SHEER_OF_INTEGER(erfinv)
SHEER_OF_INTEGER(erfcinv)
SHEER_OF_INTEGER(erfcx)
SHEER_OF_INTEGER(normcdf)
SHEER_OF_INTEGER(normcdfinv)
SHEER_OF_INTEGER_TO(int, ilogb)
SHEER_OF_INTEGER_TO(long, lround)
SHEER_OF_INTEGER_TO(long, lrint)
SHEER_OF_INTEGER_TO(long long, llround)
SHEER_OF_INTEGER_TO(long long, llrint)
SHEER_OF_INTEGER_AND(ldexp, int)
SHEER_OF_INTEGER_AND(scalbn, int)
SHEER_OF_INTEGER_AND(scalbln, long)
SHEER_OF_INTEGER_AND(frexp, int *)
SHEER_OF_MIXED(pow)
SHEER_OF_MIXED(nextafter)
SHEER_OF_MIXED(atan2)
SHEER_OF_MIXED(fmod)
SHEER_OF_MIXED(remainder)
SHEER_OF_MIXED(hypot)
SHEER_OF_MIXED(fdim)
SHEER_OF_MIXED(copysign)
SHEER_OF_MIXED(fmin)
SHEER_OF_MIXED(fmax)
#undef SHEER_OF_INTEGER_TO
#undef SHEER_OF_INTEGER_AND
#undef SHEER_OF_INTEGER
#undef SHEER_OF_MIXED
#include "math_std_names.h"

/* abs, min and max of all types, on host and device. */
SHEER_MATH int abs(int x) { return x < 0 ? -x : x; }
SHEER_MATH long labs(long x) { return x < 0 ? -x : x; }
SHEER_MATH long long llabs(long long x) { return x < 0 ? -x : x; }
SHEER_MATH long abs(long x) { return x < 0 ? -x : x; }
SHEER_MATH long long abs(long long x) { return x < 0 ? -x : x; }
SHEER_MATH float abs(float x) { return __builtin_fabsf(x); }
SHEER_MATH double abs(double x) { return __builtin_fabs(x); }
#define SHEER_LEAST_MOST(t) \
  SHEER_BOTH t min(t a, t b) { return b < a ? b : a; } \
  SHEER_BOTH t max(t a, t b) { return a < b ? b : a; }
SHEER_LEAST_MOST(int) SHEER_LEAST_MOST(unsigned) SHEER_LEAST_MOST(long) SHEER_LEAST_MOST(unsigned long)
SHEER_LEAST_MOST(long long) SHEER_LEAST_MOST(unsigned long long)
#undef SHEER_LEAST_MOST
#define SHEER_LEAST_MOST_MIXED(t, u, r) \
  SHEER_BOTH r min(t a, u b) { return min((r)a, (r)b); } SHEER_BOTH r max(t a, u b) { return max((r)a, (r)b); } \
  SHEER_BOTH r min(u a, t b) { return min((r)a, (r)b); } SHEER_BOTH r max(u a, t b) { return max((r)a, (r)b); }
SHEER_LEAST_MOST_MIXED(int, unsigned, unsigned) SHEER_LEAST_MOST_MIXED(long, unsigned long, unsigned long)
SHEER_LEAST_MOST_MIXED(long long, unsigned long long, unsigned long long)
SHEER_BOTH float min(float a, float b) { return __builtin_fminf(a, b); }
SHEER_BOTH float max(float a, float b) { return __builtin_fmaxf(a, b); }
SHEER_BOTH double min(double a, double b) { return __builtin_fmin(a, b); }
SHEER_BOTH double max(double a, double b) { return __builtin_fmax(a, b); }
SHEER_BOTH double min(float a, double b) { return __builtin_fmin((double)a, b); }
SHEER_BOTH double max(float a, double b) { return __builtin_fmax((double)a, b); }
SHEER_BOTH double min(double a, float b) { return __builtin_fmin(a, (double)b); }
SHEER_BOTH double max(double a, float b) { return __builtin_fmax(a, (double)b); }
#undef SHEER_LEAST_MOST_MIXED
SHEER_BOTH unsigned umin(unsigned a, unsigned b) { return a < b ? a : b; }
SHEER_BOTH unsigned umax(unsigned a, unsigned b) { return a > b ? a : b; }
SHEER_BOTH long long llmin(long long a, long long b) { return a < b ? a : b; }
SHEER_BOTH long long llmax(long long a, long long b) { return a > b ? a : b; }
SHEER_BOTH unsigned long long ullmin(unsigned long long a, unsigned long long b) { return a < b ? a : b; }
SHEER_BOTH unsigned long long ullmax(unsigned long long a, unsigned long long b) { return a > b ? a : b; }
/* Functions that CUDA gives to host code as well. New C libraries (C23) declare most of them: these are the same functions then, with
   C's linkage and no exceptions, and weak, so that the library's own is taken where it has one. */
#define SHEER_HOST_C extern "C" __host__ __inline__ __attribute__((weak))
static __host__ __inline__ __attribute__((unused)) double __sheer_sinpi(double x, int quarter) { /* sin(pi * (x + quarter / 2)) */
  double n = __builtin_rint(2.0 * x), r = (x - 0.5 * n) * 3.14159265358979323846;
  int q = ((int)__builtin_fmod(n, 4.0) + quarter) & 3;
  double s = q & 1 ? __builtin_cos(r) : __builtin_sin(r);
  return q & 2 ? 0.0 - s : s;
}
SHEER_HOST_C float rsqrtf(float x) noexcept(true) { return 1.0f / __builtin_sqrtf(x); }
SHEER_HOST_C double rsqrt(double x) noexcept(true) { return 1.0 / __builtin_sqrt(x); }
SHEER_HOST_C float sinpif(float x) noexcept(true) { return (float)__sheer_sinpi(x, 0); }
SHEER_HOST_C float cospif(float x) noexcept(true) { return (float)__sheer_sinpi(x, 1); }
SHEER_HOST_C double sinpi(double x) noexcept(true) { return __sheer_sinpi(x, 0); }
SHEER_HOST_C double cospi(double x) noexcept(true) { return __sheer_sinpi(x, 1); }
SHEER_HOST_C float normcdff(float x) noexcept(true) { return (float)(0.5 * __builtin_erfc(-x * 0.70710678118654752440)); }
SHEER_HOST_C double normcdf(double x) noexcept(true) { return 0.5 * __builtin_erfc(-x * 0.70710678118654752440); }
#undef SHEER_HOST_C
static __host__ __inline__ __attribute__((unused)) float rsqrt(float x) { return 1.0f / __builtin_sqrtf(x); }
#include "math_on_host.h"

#endif
