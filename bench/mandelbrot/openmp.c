// Mandelbrot: rows handed out as threads become free, for their work differs. The loop's length differs from
// pixel to pixel, so that no compiler of today vectorises it.
#include "../bench.h"

enum { kLimit = 256 };

static void mandelbrot(uint32_t* steps, int width, int height) {
#pragma omp parallel for schedule(dynamic, 4)
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      float c_re = -2.2f + 3.2f * x / width, c_im = -1.2f + 2.4f * y / height;
      float re = 0.0f, im = 0.0f;
      uint32_t step = 0;
      while (step < kLimit && re * re + im * im <= 4.0f) {
        float next = re * re - im * im + c_re;
        im = 2.0f * re * im + c_im;
        re = next;
        ++step;
      }
      steps[(size_t)y * width + x] = step;
    }
  }
}

int main(int argc, char** argv) {
  int width = bench_size(argc, argv, 1024), height = width * 3 / 4;
  size_t n = (size_t)width * height;
  uint32_t* out = bench_alloc(n * sizeof *out);
  Bench bench = bench_open("mandelbrot");
  while (bench_again(&bench)) {
    bench_start(&bench);
    mandelbrot(out, width, height);
    bench_stop(&bench);
  }
  bench_close_u32(&bench, out, n);
  return 0;
}
