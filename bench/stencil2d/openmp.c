// One Jacobi step of a 5-point stencil on a square; the border stays.
#include <string.h>

#include "../bench.h"

static void step(const float* restrict in, float* restrict out, int n) {
#pragma omp parallel for schedule(static)
  for (int y = 0; y < n; ++y) {
    const float* row = in + (size_t)y * n;
    float* result = out + (size_t)y * n;
    if (y == 0 || y == n - 1) {
      memcpy(result, row, n * sizeof *row);
      continue;
    }
    result[0] = row[0];
#pragma omp simd
    for (int x = 1; x < n - 1; ++x) {
      result[x] = 0.5f * row[x] + 0.125f * (row[x - 1] + row[x + 1] + row[x - n] + row[x + n]);
    }
    result[n - 1] = row[n - 1];
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 4096);
  size_t cells = (size_t)n * n;
  float* in = bench_fill(cells, 1, -1.0f, 1.0f);
  float* out = bench_alloc(cells * sizeof *out);
  bench_save("in", in, cells * sizeof *in);
  Bench bench = bench_open("stencil2d");
  while (bench_again(&bench)) {
    bench_start(&bench);
    step(in, out, n);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, out, cells);
  return 0;
}
