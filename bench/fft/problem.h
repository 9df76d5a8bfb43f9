// Batches of 1,024-point complex transforms (interleaved re, im), radix 4, Stockham: 5 passes, no bit
// reversal.
#pragma once
#include <math.h>

#include "../bench.h"

enum { kPoints = 1024, kQuarter = kPoints / 4 };

// exp(-2 pi i k / 1024), interleaved.
static inline float* make_roots(void) {
  float* roots = (float*)bench_alloc(2 * kPoints * sizeof *roots);
  for (int k = 0; k < kPoints; ++k) {
    double angle = -2.0 * 3.14159265358979323846 * k / kPoints;
    roots[2 * k] = (float)cos(angle);
    roots[2 * k + 1] = (float)sin(angle);
  }
  return roots;
}
