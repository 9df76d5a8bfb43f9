// SGEMM, C = A * B with row-major n x n matrices (n a multiple of 4), as a good OpenMP programmer writes it:
// blocked for the caches, unrolled and jammed, vectorised along a row. Used by sgemm/openmp.c and
// mma_gemm/openmp.c.
#pragma once
#include <stddef.h>

enum { kRows = 64, kColumns = 256, kDepth = 128 };

static int least(int a, int b) { return a < b ? a : b; }

// Adds rows i .. i+3 of a block, four steps of k together: 16 multiply-adds for each 4 elements of B and of
// C.
static void four_rows(int n, int i, int j0, int j1, int k0, int k1, const float* restrict a,
                      const float* restrict b, float* restrict c) {
  float *c0 = c + (size_t)i * n, *c1 = c0 + n, *c2 = c1 + n, *c3 = c2 + n;
  const float *a0 = a + (size_t)i * n, *a1 = a0 + n, *a2 = a1 + n, *a3 = a2 + n;
  for (int k = k0; k < k1; k += 4) {
    const float *b0 = b + (size_t)k * n, *b1 = b0 + n, *b2 = b1 + n, *b3 = b2 + n;
#pragma omp simd
    for (int j = j0; j < j1; ++j) {
      c0[j] += a0[k] * b0[j] + a0[k + 1] * b1[j] + a0[k + 2] * b2[j] + a0[k + 3] * b3[j];
      c1[j] += a1[k] * b0[j] + a1[k + 1] * b1[j] + a1[k + 2] * b2[j] + a1[k + 3] * b3[j];
      c2[j] += a2[k] * b0[j] + a2[k + 1] * b1[j] + a2[k + 2] * b2[j] + a2[k + 3] * b3[j];
      c3[j] += a3[k] * b0[j] + a3[k + 1] * b1[j] + a3[k + 2] * b2[j] + a3[k + 3] * b3[j];
    }
  }
}

static void sgemm(int n, const float* restrict a, const float* restrict b, float* restrict c) {
#pragma omp parallel for collapse(2) schedule(static)
  for (int i0 = 0; i0 < n; i0 += kRows) {
    for (int j0 = 0; j0 < n; j0 += kColumns) {
      int i1 = least(i0 + kRows, n), j1 = least(j0 + kColumns, n);
      for (int i = i0; i < i1; ++i) {
        for (int j = j0; j < j1; ++j) c[(size_t)i * n + j] = 0.0f;
      }
      for (int k0 = 0; k0 < n; k0 += kDepth) {
        int k1 = least(k0 + kDepth, n);
        for (int i = i0; i < i1; i += 4) four_rows(n, i, j0, j1, k0, k1, a, b, c);
      }
    }
  }
}
