/* XORWOW (Marsaglia, Xorshift RNGs, 2003): five words by shifts and exclusive or, and a Weyl sequence added on output. */
#ifndef SHEER_RANDOM_XORWOW_H
#define SHEER_RANDOM_XORWOW_H

#include "random_common.h"
#include "random_jumps.h"

struct curandStateXORWOW {
  unsigned int d, v[5];
  SHEER_RANDOM_SPARES
};
typedef struct curandStateXORWOW curandStateXORWOW_t;
typedef struct curandStateXORWOW curandState_t;
typedef struct curandStateXORWOW curandState;

SHEER_RANDOM unsigned int curand(curandStateXORWOW_t *state) {
  unsigned int t = state->v[0] ^ (state->v[0] >> 2), last = state->v[4];
  state->v[0] = state->v[1];
  state->v[1] = state->v[2];
  state->v[2] = state->v[3];
  state->v[3] = last;
  state->v[4] = last ^ (last << 4) ^ t ^ (t << 1);
  state->d += 362437u;
  return state->v[4] + state->d;
}

/* One step in which the word `first` is replaced and no word moves: after five of them all are in place again. */
SHEER_RANDOM unsigned int __sheer_xorwow_next(unsigned int first, unsigned int last) {
  unsigned int t = first ^ (first >> 2);
  return last ^ (last << 4) ^ t ^ (t << 1);
}
/* Applies the jump polynomials of the digits of n, four bits a time (see random_jumps.py). All lanes do the same steps; what
   differs between them is which coefficients are one. */
SHEER_RANDOM void __sheer_xorwow_jump(unsigned int *v, unsigned long long n, const unsigned int table[240][5]) {
  SHEER_ROLLED
  for (unsigned int k = 0; n != 0; n >>= 4, k += 15) {
    unsigned int digit = static_cast<unsigned int>(n) & 15u;
    if (digit == 0) continue;
    const unsigned int *row = table[k + digit - 1];
    unsigned int c0 = row[0], c1 = row[1], c2 = row[2], c3 = row[3], c4 = row[4];
    unsigned int a = v[0], b = v[1], c = v[2], d = v[3], e = v[4];
    unsigned int ra = 0, rb = 0, rc = 0, rd = 0, re = 0;
#define SHEER_JUMP_STEP(bits, first, second, third, fourth, fifth) \
  { \
    unsigned int mask = 0u - (bits & 1u); \
    bits >>= 1; \
    ra ^= first & mask, rb ^= second & mask, rc ^= third & mask, rd ^= fourth & mask, re ^= fifth & mask; \
    first = __sheer_xorwow_next(first, fifth); \
  }
    SHEER_ROLLED
    for (int i = 0; i < 32; ++i) {
      SHEER_JUMP_STEP(c0, a, b, c, d, e)
      SHEER_JUMP_STEP(c1, b, c, d, e, a)
      SHEER_JUMP_STEP(c2, c, d, e, a, b)
      SHEER_JUMP_STEP(c3, d, e, a, b, c)
      SHEER_JUMP_STEP(c4, e, a, b, c, d)
    }
#undef SHEER_JUMP_STEP
    v[0] = ra, v[1] = rb, v[2] = rc, v[3] = rd, v[4] = re;
  }
}
/* As n calls of curand(). */
SHEER_RANDOM void skipahead(unsigned long long n, curandStateXORWOW_t *state) {
  __sheer_xorwow_jump(state->v, n, sheer_xorwow_offset);
  state->d += 362437u * static_cast<unsigned int>(n);
}
/* As n * 2**67 calls of curand(); the Weyl sequence is where it was, since 2**32 divides the distance. */
SHEER_RANDOM void skipahead_sequence(unsigned long long n, curandStateXORWOW_t *state) {
  __sheer_xorwow_jump(state->v, n, sheer_xorwow_subsequence);
}
SHEER_RANDOM void curand_init(unsigned long long seed, unsigned long long subsequence, unsigned long long offset,
                            curandStateXORWOW_t *state) {
  unsigned int s0 = static_cast<unsigned int>(seed) ^ 0xaad26b49u;
  unsigned int s1 = static_cast<unsigned int>(seed >> 32) ^ 0xf7dcefddu;
  unsigned int t0 = 1099087573u * s0, t1 = 2591861531u * s1;
  state->d = 6615241u + t1 + t0;
  state->v[0] = 123456789u + t0;
  state->v[1] = 362436069u ^ t0;
  state->v[2] = 521288629u + t1;
  state->v[3] = 88675123u ^ t1;
  state->v[4] = 5783321u + t0;
  skipahead_sequence(subsequence, state);
  skipahead(offset, state);
  __sheer_no_spares(state);
}

#endif
