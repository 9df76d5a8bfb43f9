// 16-bit matrices: the same random numbers as IEEE half precision and as bfloat16.
#pragma once
#include <string.h>

#include "../bench.h"

static inline uint16_t to_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Multiples of 1/512 in [-1, 1]: exact in half precision.
static inline uint16_t to_half(float x) {
  int steps = (int)(x * 512.0f);
  if (steps == 0) return 0;
  uint16_t sign = steps < 0 ? 0x8000 : 0;
  int magnitude = steps < 0 ? -steps : steps, exponent = 15 - 9;
  while (magnitude < 1024) {
    magnitude <<= 1;
    --exponent;
  }
  exponent += 10;
  return (uint16_t)(sign | exponent << 10 | (magnitude & 1023));
}

static inline uint16_t* make_matrix(size_t cells, uint32_t seed, uint16_t (*convert)(float)) {
  uint16_t* matrix = (uint16_t*)bench_alloc(cells * sizeof *matrix);
  for (size_t i = 0; i < cells; ++i) matrix[i] = convert(bench_uniform((uint32_t)i, seed, -1.0f, 1.0f));
  return matrix;
}
