// One step of a 7-point stencil on a cube.
#include <string.h>

#include "../bench.h"

static void step(const float* restrict in, float* restrict out, int n) {
  const int plane = n * n;
#pragma omp parallel for collapse(2) schedule(static)
  for (int z = 1; z < n - 1; ++z) {
    for (int y = 1; y < n - 1; ++y) {
      const float* row = in + ((size_t)z * n + y) * n;
      float* result = out + ((size_t)z * n + y) * n;
#pragma omp simd
      for (int x = 1; x < n - 1; ++x) {
        float sides = row[x - plane] + row[x + plane] + row[x - 1] + row[x + 1] + row[x - n] + row[x + n];
        result[x] = 0.4f * row[x] + 0.1f * sides;
      }
    }
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 256);
  size_t cells = (size_t)n * n * n;
  float* in = bench_fill(cells, 1, -1.0f, 1.0f);
  float* out = bench_alloc(cells * sizeof *out);
  memset(out, 0, cells * sizeof *out);
  bench_save("in", in, cells * sizeof *in);
  Bench bench = bench_open("stencil3d");
  while (bench_again(&bench)) {
    bench_start(&bench);
    step(in, out, n);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, out, cells);
  return 0;
}
