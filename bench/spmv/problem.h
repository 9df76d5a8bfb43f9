// A sparse matrix in CSR form: 8 to 56 entries a row, half of them near the diagonal, half anywhere.
#pragma once
#include "../bench.h"

typedef struct Csr {
  int rows, entries;
  int *starts, *columns;
  float* values;
} Csr;

static inline Csr make_csr(int rows) {
  Csr m = {rows, 0, (int*)bench_alloc((rows + 1) * sizeof(int)), 0, 0};
  for (int row = 0; row < rows; ++row) {
    m.starts[row] = m.entries;
    m.entries += 8 + (int)(bench_hash(row, 1) % 49);
  }
  m.starts[rows] = m.entries;
  m.columns = (int*)bench_alloc(m.entries * sizeof(int));
  m.values = bench_fill(m.entries, 2, -1.0f, 1.0f);
  for (int row = 0; row < rows; ++row) {
    for (int e = m.starts[row]; e < m.starts[row + 1]; ++e) {
      uint32_t near = (uint32_t)(row + (int)(bench_hash(e, 3) % 128));
      m.columns[e] = (int)((e % 2 ? near : bench_hash(e, 4)) % (uint32_t)rows);
    }
  }
  return m;
}
