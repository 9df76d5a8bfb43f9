/* Uniform, normal and log-normal numbers. Normal ones come in pairs by Box and Muller from the pseudorandom generators; a
   quasirandom generator may spend only one number on a result, so there the distribution's inverse is taken. */
#ifndef SHEER_RANDOM_DISTRIBUTIONS_H
#define SHEER_RANDOM_DISTRIBUTIONS_H

#include "random_mrg.h"
#include "random_philox.h"
#include "random_sobol.h"
#include "random_xorwow.h"

/* Bits to (0, 1]: the unit interval in equal cells, the middle of the cell (its upper end where a double has 32 bits).
   2^-32, 2^-33, 2^-53, 2^-54: C++11 has no hexadecimal floats. */
SHEER_RANDOM float __sheer_unit(unsigned int x) { return fmaf(x, 2.3283064365386963e-10f, 1.1641532182693481e-10f); }
SHEER_RANDOM float __sheer_unit(unsigned long long x) { return __sheer_unit(static_cast<unsigned int>(x >> 32)); }
SHEER_RANDOM double __sheer_unit53(unsigned long long x) { return fma(static_cast<double>(x), 1.1102230246251565e-16, 5.551115123125783e-17); }
SHEER_RANDOM double __sheer_unit_double(unsigned int x) { return (x + 1.0) * 2.3283064365386963e-10; }
SHEER_RANDOM double __sheer_unit_double(unsigned long long x) { return __sheer_unit53(x >> 11); }
/* 53 bits of two words: the second one's upper bits above, where they overlap the exclusive or. */
SHEER_RANDOM unsigned long long __sheer_join(unsigned int low, unsigned int high) {
  return static_cast<unsigned long long>(high) << 21 ^ low;
}

/* The point at this angle on the circle whose radius makes both coordinates normal; the sine is the first. */
SHEER_RANDOM float2 __sheer_polar(float u, float angle) {
  float radius = sqrtf(-2.0f * logf(u)), s, c;
#if defined(__CUDA_ARCH__)
  __sincosf(angle, &s, &c);
#else
  s = sinf(angle), c = cosf(angle);
#endif
  return make_float2(radius * s, radius * c);
}
SHEER_RANDOM double2 __sheer_polar(double u, double half_turns) {
  double radius = sqrt(-2.0 * log(u)), s, c;
#if defined(__CUDA_ARCH__)
  sincospi(half_turns, &s, &c);
#else
  s = sin(half_turns * 3.141592653589793), c = cos(half_turns * 3.141592653589793);
#endif
  return make_double2(radius * s, radius * c);
}
SHEER_RANDOM float2 __sheer_normal_pair(unsigned int x, unsigned int y) {
  const float turn = 6.2831853f;
  return __sheer_polar(__sheer_unit(x), fmaf(y, turn * 2.3283064365386963e-10f, turn * 1.1641532182693481e-10f));
}
SHEER_RANDOM double2 __sheer_normal_pair(uint4 x) {
  return __sheer_polar(__sheer_unit53(__sheer_join(x.x, x.y)), 2.0 * __sheer_unit53(__sheer_join(x.z, x.w)));
}

SHEER_RANDOM uint4 __sheer_four(curandStateXORWOW_t *state) {
  uint4 x;
  x.x = curand(state), x.y = curand(state), x.z = curand(state), x.w = curand(state);
  return x;
}
SHEER_RANDOM uint4 __sheer_four(curandStatePhilox4_32_10_t *state) { return curand4(state); }

/* The generators whose numbers are words. */
#define SHEER_WORDS(State) \
  SHEER_RANDOM float curand_uniform(State *state) { return __sheer_unit(curand(state)); } \
  SHEER_RANDOM float2 curand_normal2(State *state) { \
    unsigned int x = curand(state); \
    return __sheer_normal_pair(x, curand(state)); \
  } \
  SHEER_RANDOM double2 curand_normal2_double(State *state) { return __sheer_normal_pair(__sheer_four(state)); }
SHEER_WORDS(curandStateXORWOW_t)
SHEER_WORDS(curandStatePhilox4_32_10_t)
#undef SHEER_WORDS

SHEER_RANDOM double curand_uniform_double(curandStateXORWOW_t *state) {
  unsigned int low = curand(state);
  return __sheer_unit53(__sheer_join(low, curand(state)));
}
/* One word of a block of four: 32 bits are all there is. curand_uniform2_double has 53. */
SHEER_RANDOM double curand_uniform_double(curandStatePhilox4_32_10_t *state) { return __sheer_unit_double(curand(state)); }
SHEER_RANDOM double2 curand_uniform2_double(curandStatePhilox4_32_10_t *state) {
  uint4 x = curand4(state);
  return make_double2(__sheer_unit53(__sheer_join(x.x, x.y)), __sheer_unit53(__sheer_join(x.z, x.w)));
}
SHEER_RANDOM float4 curand_uniform4(curandStatePhilox4_32_10_t *state) {
  uint4 x = curand4(state);
  return make_float4(__sheer_unit(x.x), __sheer_unit(x.y), __sheer_unit(x.z), __sheer_unit(x.w));
}
SHEER_RANDOM float4 curand_normal4(curandStatePhilox4_32_10_t *state) {
  uint4 x = curand4(state);
  float2 first = __sheer_normal_pair(x.x, x.y), second = __sheer_normal_pair(x.z, x.w);
  return make_float4(first.x, first.y, second.x, second.y);
}

/* MRG32k3a's numbers are 1 ... SHEER_MRG_MOD1 and become uniform by a division. */
SHEER_RANDOM double curand_uniform_double(curandStateMRG32k3a_t *state) {
  return fmin(__sheer_mrg_step(state) * SHEER_MRG_INVERSE, 1.0);
}
SHEER_RANDOM float curand_uniform(curandStateMRG32k3a_t *state) { return static_cast<float>(curand_uniform_double(state)); }
SHEER_RANDOM float2 curand_normal2(curandStateMRG32k3a_t *state) {
  float u = curand_uniform(state);
  return __sheer_polar(u, curand_uniform(state) * 6.2831853f);
}
SHEER_RANDOM double2 curand_normal2_double(curandStateMRG32k3a_t *state) {
  double u = curand_uniform_double(state);
  return __sheer_polar(u, curand_uniform_double(state) * 2.0);
}

/* One number of a pair at a time. A flag of 1 says that a normal number is kept, 2 that it is one for curand_log_normal: the two
   do not take from each other. What is kept is the plain normal number, for mean and deviation may differ at the next call. */
template <class State> SHEER_RANDOM float __sheer_normal_one(State *state, int flag) {
  bool kept = state->boxmuller_flag == flag;
  state->boxmuller_flag = kept ? 0 : flag;
  if (kept) return state->boxmuller_extra;
  float2 pair = curand_normal2(state);
  state->boxmuller_extra = pair.y;
  return pair.x;
}
template <class State> SHEER_RANDOM double __sheer_normal_one_double(State *state, int flag) {
  bool kept = state->boxmuller_flag_double == flag;
  state->boxmuller_flag_double = kept ? 0 : flag;
  if (kept) return state->boxmuller_extra_double;
  double2 pair = curand_normal2_double(state);
  state->boxmuller_extra_double = pair.y;
  return pair.x;
}
#define SHEER_NORMAL(State) \
  SHEER_RANDOM float curand_normal(State *state) { return __sheer_normal_one(state, 1); } \
  SHEER_RANDOM double curand_normal_double(State *state) { return __sheer_normal_one_double(state, 1); } \
  SHEER_RANDOM float curand_log_normal(State *state, float mean, float stddev) { \
    return expf(mean + stddev * __sheer_normal_one(state, 2)); \
  } \
  SHEER_RANDOM double curand_log_normal_double(State *state, double mean, double stddev) { \
    return exp(mean + stddev * __sheer_normal_one_double(state, 2)); \
  } \
  SHEER_RANDOM float2 curand_log_normal2(State *state, float mean, float stddev) { \
    float2 v = curand_normal2(state); \
    return make_float2(expf(mean + stddev * v.x), expf(mean + stddev * v.y)); \
  } \
  SHEER_RANDOM double2 curand_log_normal2_double(State *state, double mean, double stddev) { \
    double2 v = curand_normal2_double(state); \
    return make_double2(exp(mean + stddev * v.x), exp(mean + stddev * v.y)); \
  }
SHEER_NORMAL(curandStateXORWOW_t)
SHEER_NORMAL(curandStatePhilox4_32_10_t)
SHEER_NORMAL(curandStateMRG32k3a_t)
#undef SHEER_NORMAL

SHEER_RANDOM float4 curand_log_normal4(curandStatePhilox4_32_10_t *state, float mean, float stddev) {
  float4 v = curand_normal4(state);
  return make_float4(expf(mean + stddev * v.x), expf(mean + stddev * v.y), expf(mean + stddev * v.z), expf(mean + stddev * v.w));
}
#define SHEER_FOUR_DOUBLES(name, pair) \
  { \
    double2 first = pair, second = pair; \
    return make_double4(first.x, first.y, second.x, second.y); \
  }
SHEER_RANDOM double4 curand_uniform4_double(curandStatePhilox4_32_10_t *state)
  SHEER_FOUR_DOUBLES(uniform, curand_uniform2_double(state))
SHEER_RANDOM double4 curand_normal4_double(curandStatePhilox4_32_10_t *state)
  SHEER_FOUR_DOUBLES(normal, curand_normal2_double(state))
SHEER_RANDOM double4 curand_log_normal4_double(curandStatePhilox4_32_10_t *state, double mean, double stddev)
  SHEER_FOUR_DOUBLES(log_normal, curand_log_normal2_double(state, mean, stddev))
#undef SHEER_FOUR_DOUBLES

#define SHEER_QUASI(State) \
  SHEER_RANDOM float curand_uniform(State *state) { return __sheer_unit(curand(state)); } \
  SHEER_RANDOM double curand_uniform_double(State *state) { return __sheer_unit_double(curand(state)); }
SHEER_QUASI(curandStateSobol32_t)
SHEER_QUASI(curandStateScrambledSobol32_t)
SHEER_QUASI(curandStateSobol64_t)
SHEER_QUASI(curandStateScrambledSobol64_t)
#undef SHEER_QUASI

#if defined(__CUDA__) /* a host compiler alone has no inverse of the normal distribution */
/* The upper half by symmetry from the lower one, where probabilities near the end keep their digits. */
SHEER_RANDOM float __sheer_quantile(unsigned int x) {
  bool upper = x >> 31;
  float value = normcdfinvf(__sheer_unit(upper ? ~x : x));
  return upper ? -value : value;
}
SHEER_RANDOM float __sheer_quantile(unsigned long long x) { return __sheer_quantile(static_cast<unsigned int>(x >> 32)); }
SHEER_RANDOM double __sheer_quantile_double(unsigned int x) {
  bool upper = x >> 31;
  double value = normcdfinv(fma(upper ? ~x : x, 2.3283064365386963e-10, 1.1641532182693481e-10));
  return upper ? -value : value;
}
SHEER_RANDOM double __sheer_quantile_double(unsigned long long x) {
  bool upper = x >> 63;
  double value = normcdfinv(__sheer_unit53((upper ? ~x : x) >> 11));
  return upper ? -value : value;
}
#define SHEER_QUASI(State) \
  SHEER_RANDOM float curand_normal(State *state) { return __sheer_quantile(curand(state)); } \
  SHEER_RANDOM double curand_normal_double(State *state) { return __sheer_quantile_double(curand(state)); } \
  SHEER_RANDOM float curand_log_normal(State *state, float mean, float stddev) { \
    return expf(mean + stddev * curand_normal(state)); \
  } \
  SHEER_RANDOM double curand_log_normal_double(State *state, double mean, double stddev) { \
    return exp(mean + stddev * curand_normal_double(state)); \
  }
SHEER_QUASI(curandStateSobol32_t)
SHEER_QUASI(curandStateScrambledSobol32_t)
SHEER_QUASI(curandStateSobol64_t)
SHEER_QUASI(curandStateScrambledSobol64_t)
#undef SHEER_QUASI
#endif

#endif
