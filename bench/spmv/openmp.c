// Sparse matrix times vector, CSR.
#include "problem.h"

static void spmv(int rows, const int* restrict starts, const int* restrict columns,
                 const float* restrict values, const float* restrict x, float* restrict y) {
#pragma omp parallel for schedule(static)
  for (int row = 0; row < rows; ++row) {
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int e = starts[row]; e < starts[row + 1]; ++e) sum += values[e] * x[columns[e]];
    y[row] = sum;
  }
}

int main(int argc, char** argv) {
  Csr m = make_csr(bench_size(argc, argv, 200000));
  float* x = bench_fill(m.rows, 5, -1.0f, 1.0f);
  float* y = bench_alloc(m.rows * sizeof *y);
  bench_save("starts", m.starts, (m.rows + 1) * sizeof(int));
  bench_save("columns", m.columns, m.entries * sizeof(int));
  bench_save("values", m.values, m.entries * sizeof(float));
  bench_save("x", x, m.rows * sizeof *x);
  Bench bench = bench_open("spmv");
  while (bench_again(&bench)) {
    bench_start(&bench);
    spmv(m.rows, m.starts, m.columns, m.values, x, y);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, y, m.rows);
  return 0;
}
