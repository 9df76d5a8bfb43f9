// Transpose of a square matrix, tile by tile, so that a cache line is used whole on both sides.
#include "../bench.h"

enum { kTile = 32 };

static void transpose(const float* restrict in, float* restrict out, int n) {
#pragma omp parallel for collapse(2) schedule(static)
  for (int y0 = 0; y0 < n; y0 += kTile) {
    for (int x0 = 0; x0 < n; x0 += kTile) {
      for (int y = y0; y < y0 + kTile; ++y) {
#pragma omp simd
        for (int x = x0; x < x0 + kTile; ++x) out[(size_t)y * n + x] = in[(size_t)x * n + y];
      }
    }
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 4096);
  size_t cells = (size_t)n * n;
  float* in = bench_fill(cells, 1, -1.0f, 1.0f);
  float* out = bench_alloc(cells * sizeof *out);
  bench_save("in", in, cells * sizeof *in);
  Bench bench = bench_open("transpose");
  while (bench_again(&bench)) {
    bench_start(&bench);
    transpose(in, out, n);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, out, cells);
  return 0;
}
