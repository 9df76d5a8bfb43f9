/* Sobol sequences in Gray-code order (Antonov and Saleev 1979), 32 and 64 bits, plain and scrambled by an exclusive or. The direction
   vectors come from the caller. */
#ifndef SHEER_RANDOM_SOBOL_H
#define SHEER_RANDOM_SOBOL_H

#include "random_common.h"

#define SHEER_SOBOL_STATE(name, word, bits) \
  struct name { word i, x, c, direction_vectors[bits]; }; typedef struct name name##_t;
SHEER_SOBOL_STATE(curandStateSobol32, unsigned int, 32)
SHEER_SOBOL_STATE(curandStateScrambledSobol32, unsigned int, 32)
SHEER_SOBOL_STATE(curandStateSobol64, unsigned long long, 64)
SHEER_SOBOL_STATE(curandStateScrambledSobol64, unsigned long long, 64)
#undef SHEER_SOBOL_STATE

/* The lowest bit of i that is zero: the one that changes in the Gray code. */
SHEER_RANDOM int __sheer_lowest_zero(unsigned int i) { return i == 0xffffffffu ? 31 : __builtin_ctz(~i); }
SHEER_RANDOM int __sheer_lowest_zero(unsigned long long i) { return ~i == 0 ? 63 : __builtin_ctzll(~i); }

#define SHEER_SOBOL(name, word, bits) \
  SHEER_RANDOM word curand(name *state) { \
    word result = state->x; \
    state->x ^= state->direction_vectors[__sheer_lowest_zero(state->i)]; \
    state->i++; \
    return result; \
  } \
  SHEER_RANDOM void skipahead(word n, name *state) { \
    state->i += n; \
    word gray = state->i ^ (state->i >> 1), x = state->c; \
    for (int k = 0; k < bits; ++k) x ^= (gray >> k & 1) ? state->direction_vectors[k] : 0; \
    state->x = x; \
  } \
  SHEER_RANDOM void __sheer_sobol_init(const word *vectors, word c, word offset, name *state) { \
    for (int k = 0; k < bits; ++k) state->direction_vectors[k] = vectors[k]; \
    state->i = 0; \
    state->c = c; \
    skipahead(offset, state); \
  }
SHEER_SOBOL(curandStateSobol32_t, unsigned int, 32)
SHEER_SOBOL(curandStateScrambledSobol32_t, unsigned int, 32)
SHEER_SOBOL(curandStateSobol64_t, unsigned long long, 64)
SHEER_SOBOL(curandStateScrambledSobol64_t, unsigned long long, 64)
#undef SHEER_SOBOL

SHEER_RANDOM void curand_init(const unsigned int *vectors, unsigned int offset, curandStateSobol32_t *state) {
  __sheer_sobol_init(vectors, 0u, offset, state);
}
SHEER_RANDOM void curand_init(const unsigned int *vectors, unsigned int scramble, unsigned int offset,
                            curandStateScrambledSobol32_t *state) {
  __sheer_sobol_init(vectors, scramble, offset, state);
}
SHEER_RANDOM void curand_init(const unsigned long long *vectors, unsigned long long offset, curandStateSobol64_t *state) {
  __sheer_sobol_init(vectors, 0ull, offset, state);
}
SHEER_RANDOM void curand_init(const unsigned long long *vectors, unsigned long long scramble, unsigned long long offset,
                            curandStateScrambledSobol64_t *state) {
  __sheer_sobol_init(vectors, scramble, offset, state);
}

#endif
