// Convolution of an image with a 7 x 7 filter; beyond the border the nearest pixel counts.
#include "../bench.h"

enum { kRadius = 3, kSide = 2 * kRadius + 1 };

static int clamp(int x, int n) { return x < 0 ? 0 : x > n - 1 ? n - 1 : x; }

static void convolve(const float* restrict in, float* restrict out, const float* restrict weights, int n) {
#pragma omp parallel for schedule(static)
  for (int y = 0; y < n; ++y) {
    const float* rows[kSide];
    for (int dy = 0; dy < kSide; ++dy) rows[dy] = in + (size_t)clamp(y + dy - kRadius, n) * n;
    float* result = out + (size_t)y * n;
    for (int x = 0; x < n; x = x == kRadius - 1 ? n - kRadius : x + 1) {  // both ends
      float sum = 0.0f;
      for (int dy = 0; dy < kSide; ++dy) {
        for (int dx = 0; dx < kSide; ++dx)
          sum += weights[dy * kSide + dx] * rows[dy][clamp(x + dx - kRadius, n)];
      }
      result[x] = sum;
    }
#pragma omp simd
    for (int x = kRadius; x < n - kRadius; ++x) {
      float sum = 0.0f;
#pragma GCC unroll 7
      for (int dy = 0; dy < kSide; ++dy) {
#pragma GCC unroll 7
        for (int dx = 0; dx < kSide; ++dx) sum += weights[dy * kSide + dx] * rows[dy][x + dx - kRadius];
      }
      result[x] = sum;
    }
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 2048);
  size_t cells = (size_t)n * n;
  float* in = bench_fill(cells, 1, -1.0f, 1.0f);
  float* filter = bench_fill(kSide * kSide, 2, -1.0f, 1.0f);
  float* out = bench_alloc(cells * sizeof *out);
  bench_save("in", in, cells * sizeof *in);
  bench_save("weights", filter, kSide * kSide * sizeof *filter);
  Bench bench = bench_open("convolution");
  while (bench_again(&bench)) {
    bench_start(&bench);
    convolve(in, out, filter, n);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, out, cells);
  return 0;
}
