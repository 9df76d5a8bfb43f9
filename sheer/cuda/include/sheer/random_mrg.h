/* MRG32k3a (L'Ecuyer, Good Parameters and Implementations for Combined Multiple Recursive Random Number Generators, 1999). */
#ifndef SHEER_RANDOM_MRG_H
#define SHEER_RANDOM_MRG_H

#include "random_common.h"
#include "random_jumps.h"

#define SHEER_MRG_MOD1 4294967087u
#define SHEER_MRG_MOD2 4294944443u
#define SHEER_MRG_A12 1403580u
#define SHEER_MRG_A13N 810728u
#define SHEER_MRG_A21 527612u
#define SHEER_MRG_A23N 1370589u
#define SHEER_MRG_INVERSE 2.3283065498378288e-10 /* 1 / MOD1 */
#define SHEER_MRG_TO_BITS 1.000000048662 /* 2**32 / MOD1 */
#define SHEER_MRG_DEFAULT_SEED 12345u

struct curandStateMRG32k3a {
  unsigned int s1[3];
  unsigned int s2[3];
  SHEER_RANDOM_SPARES
};
typedef struct curandStateMRG32k3a curandStateMRG32k3a_t;

/* x modulo 2**32 - c, without a division: what stands above 2**32 counts c. */
SHEER_RANDOM unsigned int __sheer_mrg_fold(unsigned long long x, unsigned int c) {
  x = (x & 0xffffffffu) + (x >> 32) * c;
  x = (x & 0xffffffffu) + (x >> 32) * c;
  unsigned long long modulus = 0x100000000ull - c;
  return static_cast<unsigned int>(x >= modulus ? x - modulus : x);
}
SHEER_RANDOM unsigned int __sheer_mrg_product(unsigned int a, unsigned int b, unsigned int c) {
  return __sheer_mrg_fold(static_cast<unsigned long long>(a) * b, c);
}
#define SHEER_MRG_C1 209u
#define SHEER_MRG_C2 22853u
/* What follows s[0], s[1], s[2]: subtraction is addition of the factor's complement, so that nothing becomes negative. */
SHEER_RANDOM unsigned int __sheer_mrg_next1(const unsigned int *s) {
  unsigned long long p = static_cast<unsigned long long>(SHEER_MRG_A12) * s[1];
  return __sheer_mrg_fold(p + static_cast<unsigned long long>(SHEER_MRG_A13N) * (SHEER_MRG_MOD1 - s[0]), SHEER_MRG_C1);
}
SHEER_RANDOM unsigned int __sheer_mrg_next2(const unsigned int *s) {
  unsigned long long p = static_cast<unsigned long long>(SHEER_MRG_A21) * s[2];
  return __sheer_mrg_fold(p + static_cast<unsigned long long>(SHEER_MRG_A23N) * (SHEER_MRG_MOD2 - s[0]), SHEER_MRG_C2);
}
/* The combined generator: a number from 1 to MOD1. */
SHEER_RANDOM unsigned int __sheer_mrg_step(curandStateMRG32k3a_t *state) {
  unsigned int p1 = __sheer_mrg_next1(state->s1), p2 = __sheer_mrg_next2(state->s2);
  state->s1[0] = state->s1[1], state->s1[1] = state->s1[2], state->s1[2] = p1;
  state->s2[0] = state->s2[1], state->s2[1] = state->s2[2], state->s2[2] = p2;
  return p1 - p2 + (p1 <= p2 ? SHEER_MRG_MOD1 : 0u);
}
SHEER_RANDOM unsigned int curand(curandStateMRG32k3a_t *state) {
  double wide = __sheer_mrg_step(state) * SHEER_MRG_TO_BITS;
  return wide >= 4294967295.0 ? 0xffffffffu : static_cast<unsigned int>(wide);
}

/* Jump polynomials of degree two: c0 s + c1 (a step on) + c2 (two steps on), one for each bit of n. */
SHEER_RANDOM void __sheer_mrg_combine(unsigned int *s, unsigned int fourth, unsigned int fifth, const unsigned int *c, bool on,
                                    unsigned int modulus) {
  unsigned int all[5] = {s[0], s[1], s[2], fourth, fifth};
  for (int i = 0; i < 3; ++i) {
    unsigned long long sum = __sheer_mrg_product(c[0], all[i], modulus);
    sum += __sheer_mrg_product(c[1], all[i + 1], modulus);
    sum += __sheer_mrg_product(c[2], all[i + 2], modulus);
    s[i] = on ? __sheer_mrg_fold(sum, modulus) : s[i];
  }
}
SHEER_RANDOM void __sheer_mrg_jump(curandStateMRG32k3a_t *state, unsigned long long n, const unsigned int table[64][6]) {
  SHEER_ROLLED
  for (int k = 0; n != 0; n >>= 1, ++k) {
    unsigned int ahead[4];
    ahead[0] = state->s1[1], ahead[1] = state->s1[2], ahead[2] = __sheer_mrg_next1(state->s1);
    ahead[3] = __sheer_mrg_next1(ahead);
    __sheer_mrg_combine(state->s1, ahead[2], ahead[3], table[k], n & 1, SHEER_MRG_C1);
    ahead[0] = state->s2[1], ahead[1] = state->s2[2], ahead[2] = __sheer_mrg_next2(state->s2);
    ahead[3] = __sheer_mrg_next2(ahead);
    __sheer_mrg_combine(state->s2, ahead[2], ahead[3], table[k] + 3, n & 1, SHEER_MRG_C2);
  }
}
/* As n calls of curand(). */
SHEER_RANDOM void skipahead(unsigned long long n, curandStateMRG32k3a_t *state) { __sheer_mrg_jump(state, n, sheer_mrg_offset); }
/* As n * 2**76 calls. */
SHEER_RANDOM void skipahead_subsequence(unsigned long long n, curandStateMRG32k3a_t *state) {
  __sheer_mrg_jump(state, n, sheer_mrg_subsequence);
}
/* As n * 2**127 calls. */
SHEER_RANDOM void skipahead_sequence(unsigned long long n, curandStateMRG32k3a_t *state) {
  __sheer_mrg_jump(state, n, sheer_mrg_sequence);
}
SHEER_RANDOM void curand_init(unsigned long long seed, unsigned long long subsequence, unsigned long long offset,
                            curandStateMRG32k3a_t *state) {
  for (int i = 0; i < 3; ++i) state->s1[i] = state->s2[i] = SHEER_MRG_DEFAULT_SEED;
  if (seed != 0) {
    unsigned int x = static_cast<unsigned int>(seed) ^ 0x55555555u;
    unsigned int y = static_cast<unsigned int>(seed >> 32) ^ 0xaaaaaaaau;
    state->s1[0] = __sheer_mrg_product(x, SHEER_MRG_DEFAULT_SEED, SHEER_MRG_C1);
    state->s1[1] = __sheer_mrg_product(y, SHEER_MRG_DEFAULT_SEED, SHEER_MRG_C1);
    state->s1[2] = state->s1[0];
    state->s2[0] = __sheer_mrg_product(y, SHEER_MRG_DEFAULT_SEED, SHEER_MRG_C2);
    state->s2[1] = __sheer_mrg_product(x, SHEER_MRG_DEFAULT_SEED, SHEER_MRG_C2);
    state->s2[2] = state->s2[0];
  }
  skipahead_subsequence(subsequence, state);
  skipahead(offset, state);
  __sheer_no_spares(state);
}

#endif
