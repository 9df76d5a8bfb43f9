/* What the random generators of curand_kernel.h share. */
#ifndef SHEER_RANDOM_COMMON_H
#define SHEER_RANDOM_COMMON_H

#include "../cuda_runtime.h"

/* Every generator works in host code too. */
#define SHEER_RANDOM static __host__ __device__ __inline__ __attribute__((unused))
/* For clang; the host's compiler would warn of the pragma. */
#ifdef __clang__
#define SHEER_UNROLLED _Pragma("unroll")
#define SHEER_ROLLED _Pragma("unroll 1")
#else
#define SHEER_UNROLLED
#define SHEER_ROLLED
#endif

/* The tail of a pseudorandom generator's state: the number left over from a pair of normal ones, and whether there is one. */
#define SHEER_RANDOM_SPARES \
  int boxmuller_flag; \
  int boxmuller_flag_double; \
  float boxmuller_extra; \
  double boxmuller_extra_double;

template <class State> SHEER_RANDOM void __sheer_no_spares(State *state) {
  state->boxmuller_flag = state->boxmuller_flag_double = 0;
  state->boxmuller_extra = 0.0f;
  state->boxmuller_extra_double = 0.0;
}

#endif
