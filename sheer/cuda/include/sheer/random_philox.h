/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, 2011): a block function of counter and key. */
#ifndef SHEER_RANDOM_PHILOX_H
#define SHEER_RANDOM_PHILOX_H

#include "random_common.h"

#define SHEER_PHILOX_W0 0x9E3779B9u
#define SHEER_PHILOX_W1 0xBB67AE85u
#define SHEER_PHILOX_M0 0xD2511F53u
#define SHEER_PHILOX_M1 0xCD9E8D57u

struct curandStatePhilox4_32_10 {
  uint4 ctr;
  uint4 output;
  uint2 key;
  unsigned int STATE; /* how many words of output are used up */
  SHEER_RANDOM_SPARES
};
typedef struct curandStatePhilox4_32_10 curandStatePhilox4_32_10_t;

SHEER_RANDOM uint4 curand_Philox4x32_10(uint4 counter, uint2 key) {
  SHEER_UNROLLED
  for (int round = 0; round < 10; ++round) {
    unsigned long long p0 = static_cast<unsigned long long>(SHEER_PHILOX_M0) * counter.x;
    unsigned long long p1 = static_cast<unsigned long long>(SHEER_PHILOX_M1) * counter.z;
    uint4 next;
    next.x = static_cast<unsigned int>(p1 >> 32) ^ counter.y ^ key.x;
    next.y = static_cast<unsigned int>(p1);
    next.z = static_cast<unsigned int>(p0 >> 32) ^ counter.w ^ key.y;
    next.w = static_cast<unsigned int>(p0);
    counter = next;
    key.x += SHEER_PHILOX_W0;
    key.y += SHEER_PHILOX_W1;
  }
  return counter;
}
/* The counter counts blocks in 128 bits; the upper 64 of them are the subsequence. */
SHEER_RANDOM void __sheer_philox_carry(curandStatePhilox4_32_10_t *state, unsigned long long n) {
  unsigned long long high = (static_cast<unsigned long long>(state->ctr.w) << 32 | state->ctr.z) + n;
  state->ctr.z = static_cast<unsigned int>(high);
  state->ctr.w = static_cast<unsigned int>(high >> 32);
}
SHEER_RANDOM void __sheer_philox_advance(curandStatePhilox4_32_10_t *state, unsigned long long n) {
  unsigned long long low = (static_cast<unsigned long long>(state->ctr.y) << 32 | state->ctr.x) + n;
  state->ctr.x = static_cast<unsigned int>(low);
  state->ctr.y = static_cast<unsigned int>(low >> 32);
  __sheer_philox_carry(state, low < n ? 1 : 0);
}
SHEER_RANDOM void __sheer_philox_advance(curandStatePhilox4_32_10_t *state) { __sheer_philox_advance(state, 1); }

/* As n * 2**66 calls of curand(). */
SHEER_RANDOM void skipahead_sequence(unsigned long long n, curandStatePhilox4_32_10_t *state) {
  __sheer_philox_carry(state, n);
  state->output = curand_Philox4x32_10(state->ctr, state->key);
}
/* As n calls of curand(). */
SHEER_RANDOM void skipahead(unsigned long long n, curandStatePhilox4_32_10_t *state) {
  unsigned int used = state->STATE + static_cast<unsigned int>(n & 3);
  __sheer_philox_advance(state, (n >> 2) + (used >> 2));
  state->STATE = used & 3;
  state->output = curand_Philox4x32_10(state->ctr, state->key);
}
SHEER_RANDOM void curand_init(unsigned long long seed, unsigned long long subsequence, unsigned long long offset,
                            curandStatePhilox4_32_10_t *state) {
  state->ctr.x = state->ctr.y = 0;
  state->ctr.z = static_cast<unsigned int>(subsequence);
  state->ctr.w = static_cast<unsigned int>(subsequence >> 32);
  state->key.x = static_cast<unsigned int>(seed);
  state->key.y = static_cast<unsigned int>(seed >> 32);
  state->STATE = 0;
  __sheer_no_spares(state);
  skipahead(offset, state);
}
SHEER_RANDOM unsigned int curand(curandStatePhilox4_32_10_t *state) {
  unsigned int used = state->STATE;
  unsigned int result = used == 0 ? state->output.x : used == 1 ? state->output.y : used == 2 ? state->output.z : state->output.w;
  state->STATE = used + 1;
  if (used >= 3) {
    __sheer_philox_advance(state);
    state->output = curand_Philox4x32_10(state->ctr, state->key);
    state->STATE = 0;
  }
  return result;
}
/* The next four numbers, as four calls of curand() give them. */
SHEER_RANDOM uint4 curand4(curandStatePhilox4_32_10_t *state) {
  uint4 now = state->output, result = now;
  __sheer_philox_advance(state);
  uint4 then = curand_Philox4x32_10(state->ctr, state->key);
  state->output = then;
  unsigned int used = state->STATE;
  if (used != 0) {
    result.x = used == 1 ? now.y : used == 2 ? now.z : now.w;
    result.y = used == 1 ? now.z : used == 2 ? now.w : then.x;
    result.z = used == 1 ? now.w : used == 2 ? then.x : then.y;
    result.w = used == 1 ? then.x : used == 2 ? then.y : then.z;
  }
  return result;
}

#endif
