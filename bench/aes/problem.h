// AES-128 in counter mode with lookup tables that join the byte substitution and the column mix. Words are
// little-endian.
#pragma once
#include <string.h>

#include "../bench.h"

enum { kRounds = 10 };

typedef struct Aes {
  uint32_t tables[4][256];  // the column that a byte in row 0 .. 3 contributes
  uint32_t sbox[256];       // for the last round, which mixes no columns
  uint32_t keys[4 * (kRounds + 1)];
} Aes;

static inline uint32_t aes_double(uint32_t x) { return ((x << 1) ^ (x & 0x80 ? 0x1b : 0)) & 0xff; }

static inline uint32_t aes_rotate(uint32_t x, int bits) { return x << bits | x >> (32 - bits); }

static inline void aes_prepare(Aes* aes, const uint8_t key[16]) {
  // 3 generates the multiplicative group of the field: p runs through it, q through the inverses.
  uint32_t p = 1, q = 1;
  do {
    p = p ^ aes_double(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 0xff;
    if (q & 0x80) q ^= 0x09;
    uint32_t spread = q | q << 8;
    aes->sbox[p] = (q ^ spread >> 7 ^ spread >> 6 ^ spread >> 5 ^ spread >> 4 ^ 0x63) & 0xff;
  } while (p != 1);
  aes->sbox[0] = 0x63;

  for (int i = 0; i < 256; ++i) {
    uint32_t s = aes->sbox[i], twice = aes_double(s);
    uint32_t column = twice | s << 8 | s << 16 | (twice ^ s) << 24;
    aes->tables[0][i] = column;
    for (int row = 1; row < 4; ++row) aes->tables[row][i] = aes_rotate(column, 8 * row);
  }

  memcpy(aes->keys, key, 16);
  uint32_t round_constant = 1;
  for (int i = 4; i < 4 * (kRounds + 1); ++i) {
    uint32_t word = aes->keys[i - 1];
    if (i % 4 == 0) {
      word = aes->sbox[word >> 8 & 255] | aes->sbox[word >> 16 & 255] << 8 | aes->sbox[word >> 24] << 16 |
             aes->sbox[word & 255] << 24;
      word ^= round_constant;
      round_constant = aes_double(round_constant);
    }
    aes->keys[i] = aes->keys[i - 4] ^ word;
  }
}

// The key 0, 1, .. 15 and a text of pseudo-random words.
static inline uint32_t* aes_problem(Aes* aes, size_t blocks) {
  uint8_t key[16];
  for (int i = 0; i < 16; ++i) key[i] = (uint8_t)i;
  aes_prepare(aes, key);
  uint32_t* text = (uint32_t*)bench_alloc(blocks * 16);
  for (size_t i = 0; i < 4 * blocks; ++i) text[i] = bench_hash((uint32_t)i, 1);
  return text;
}
