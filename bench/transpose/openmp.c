// Transpose of a square matrix (the side is a multiple of 64), tile by tile through a buffer that stays in
// the cache, so that memory is read and written along rows only.
#include "../bench.h"

enum { kTile = 64 };

static void transpose(const float* restrict in, float* restrict out, int n) {
#pragma omp parallel for collapse(2) schedule(static)
  for (int y0 = 0; y0 < n; y0 += kTile) {
    for (int x0 = 0; x0 < n; x0 += kTile) {
      float tile[kTile][kTile];
      for (int x = 0; x < kTile; ++x) {
        for (int y = 0; y < kTile; ++y) tile[y][x] = in[(size_t)(x0 + x) * n + y0 + y];
      }
      for (int y = 0; y < kTile; ++y) {
        for (int x = 0; x < kTile; ++x) out[(size_t)(y0 + y) * n + x0 + x] = tile[y][x];
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
