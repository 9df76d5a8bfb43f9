/* Poisson numbers: products of uniform ones below a mean of 64 (Knuth), above transformed rejection (Hörmann, The transformed
   rejection method for generating Poisson random variables, 1993), a rounded normal number above 4000. How many numbers one call
   takes from the generator is not part of CUDA's promise, and differs from its library above 64. */
#ifndef SHEER_RANDOM_POISSON_H
#define SHEER_RANDOM_POISSON_H

#include "random_distributions.h"

template <class State> SHEER_RANDOM unsigned int __sheer_poisson_product(State *state, float mean) {
  unsigned int k = 0;
  float p = expf(mean);
  do {
    k++;
    p *= curand_uniform(state);
  } while (p > 1.0f);
  return k - 1;
}
template <class State> SHEER_RANDOM unsigned int __sheer_poisson_rejection(State *state, double mean) {
  double root = sqrt(mean), b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
  double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2.0), log_mean = log(mean);
  for (;;) {
    double u = curand_uniform(state) - 0.5, v = curand_uniform(state);
    double distance = 0.5 - fabs(u), k = floor((2.0 * a / distance + b) * u + mean + 0.43);
    if (distance >= 0.07 && v <= squeeze) return static_cast<unsigned int>(k);
    if (k < 0.0 || (distance < 0.013 && v > distance)) continue;
    double bound = -mean + k * log_mean - lgamma(k + 1.0);
    if (log(v * inverse_alpha / (a / (distance * distance) + b)) <= bound) return static_cast<unsigned int>(k);
  }
}
template <class State> SHEER_RANDOM unsigned int __sheer_poisson(State *state, double mean) {
  if (mean < 64.0) return __sheer_poisson_product(state, static_cast<float>(mean));
  if (mean > 4000.0) return static_cast<unsigned int>(sqrt(mean) * curand_normal_double(state) + mean + 0.5);
  return __sheer_poisson_rejection(state, mean);
}

SHEER_RANDOM unsigned int curand_poisson(curandStateXORWOW_t *state, double lambda) { return __sheer_poisson(state, lambda); }
SHEER_RANDOM unsigned int curand_poisson(curandStateMRG32k3a_t *state, double lambda) { return __sheer_poisson(state, lambda); }
SHEER_RANDOM unsigned int curand_poisson(curandStatePhilox4_32_10_t *state, double lambda) {
  return __sheer_poisson(state, lambda);
}
SHEER_RANDOM uint4 curand_poisson4(curandStatePhilox4_32_10_t *state, double lambda) {
  uint4 result;
  result.x = curand_poisson(state, lambda);
  result.y = curand_poisson(state, lambda);
  result.z = curand_poisson(state, lambda);
  result.w = curand_poisson(state, lambda);
  return result;
}

#if defined(__CUDA__)
/* The smallest k whose distribution function reaches u: one quasirandom number, one result. The walk begins at the normal
   approximation's k with the function's value there summed from the mode's term. */
SHEER_RANDOM unsigned int __sheer_poisson_inverse(double u, double mean) {
  if (mean > 4000.0) {
    double normal = normcdfinv(u < 1.0 ? u : 1.0 - 1.1102230246251565e-16);
    return static_cast<unsigned int>(fmax(0.0, sqrt(mean) * normal + mean + 0.5));
  }
  double term = exp(-mean), sum = term, k = 0.0;
  if (mean > 500.0) { /* exp(-mean) is too small to begin with */
    k = floor(fmax(0.0, mean - 10.0 * sqrt(mean)));
    term = exp(k * log(mean) - mean - lgamma(k + 1.0));
    sum = term;
  }
  double last = mean + 40.0 + 12.0 * sqrt(mean);
  while (sum < u && k < last) {
    k += 1.0;
    term *= mean / k;
    sum += term;
  }
  return static_cast<unsigned int>(k);
}
#define SHEER_POISSON(name) \
  SHEER_RANDOM unsigned int curand_poisson(name *state, double lambda) { \
    return __sheer_poisson_inverse(curand_uniform_double(state), lambda); \
  }
SHEER_POISSON(curandStateSobol32_t)
SHEER_POISSON(curandStateScrambledSobol32_t)
SHEER_POISSON(curandStateSobol64_t)
SHEER_POISSON(curandStateScrambledSobol64_t)
#undef SHEER_POISSON
#endif

#endif
