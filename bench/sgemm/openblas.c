// SGEMM by OpenBLAS: the ceiling, tuned by hand in assembly.
#include <cblas.h>

#include "../bench.h"

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1024);
  size_t cells = (size_t)n * n;
  float* a = bench_fill(cells, 1, -1.0f, 1.0f);
  float* b = bench_fill(cells, 2, -1.0f, 1.0f);
  float* c = bench_alloc(cells * sizeof *c);
  Bench bench = bench_open("sgemm");
  while (bench_again(&bench)) {
    bench_start(&bench);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0f, a, n, b, n, 0.0f, c, n);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, c, cells);
  return 0;
}
