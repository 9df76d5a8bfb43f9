// Mandelbrot: one pixel a thread; every lane leaves its loop at a step of its own.
#include "../bench.h"

constexpr int kLimit = 256;

__global__ void mandelbrot(uint32_t* steps, int width, int height) {
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  int y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  float c_re = -2.2f + 3.2f * x / width, c_im = -1.2f + 2.4f * y / height;
  float re = 0.0f, im = 0.0f;
  uint32_t step = 0;
  while (step < kLimit && re * re + im * im <= 4.0f) {
    float next = re * re - im * im + c_re;
    im = 2.0f * re * im + c_im;
    re = next;
    ++step;
  }
  steps[y * width + x] = step;
}

int main(int argc, char** argv) {
  int width = bench_size(argc, argv, 1024), height = width * 3 / 4;
  size_t n = (size_t)width * height;
  uint32_t* out = (uint32_t*)bench_alloc(n * sizeof *out);
  uint32_t* d_out = bench_device<uint32_t>(n);
  Bench bench = bench_open("mandelbrot");
  while (bench_again(&bench)) {
    bench_start(&bench);
    mandelbrot<<<dim3((width + 31) / 32, (height + 7) / 8), dim3(32, 8)>>>(d_out, width, height);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(out, d_out, n);
  bench_close_u32(&bench, out, n);
  return 0;
}
