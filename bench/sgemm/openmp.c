// SGEMM, C = A * B with row-major n x n matrices.
#include "sgemm.h"

#include "../bench.h"

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1024);
  size_t cells = (size_t)n * n;
  float* a = bench_fill(cells, 1, -1.0f, 1.0f);
  float* b = bench_fill(cells, 2, -1.0f, 1.0f);
  float* c = bench_alloc(cells * sizeof *c);
  bench_save("a", a, cells * sizeof *a);
  bench_save("b", b, cells * sizeof *b);
  Bench bench = bench_open("sgemm");
  while (bench_again(&bench)) {
    bench_start(&bench);
    sgemm(n, a, b, c);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, c, cells);
  return 0;
}
