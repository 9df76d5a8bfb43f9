// SAXPY: y = a * x + y.
#include <string.h>

#include "../bench.h"

static void saxpy(int n, float a, const float* restrict x, float* restrict y) {
#pragma omp parallel for simd schedule(static)
  for (int i = 0; i < n; ++i) y[i] = a * x[i] + y[i];
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 24);
  float* x = bench_fill(n, 1, -1.0f, 1.0f);
  float* y = bench_fill(n, 2, -1.0f, 1.0f);
  float* out = bench_alloc(n * sizeof *out);
  bench_save("x", x, n * sizeof *x);
  bench_save("y", y, n * sizeof *y);
  Bench bench = bench_open("saxpy");
  while (bench_again(&bench)) {
    memcpy(out, y, n * sizeof *y);
    bench_start(&bench);
    saxpy(n, 1.5f, x, out);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, out, n);
  return 0;
}
