// Mandelbrot: one thread a pixel, each with a loop of its own length; draws in the terminal and in a file.
//
// Usage: mandelbrot [width] [picture file]

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

constexpr int kLimit = 256;

// The number of steps of z = z^2 + c that stay inside the circle of radius 2. Double precision without fused
// multiply-adds, so that host and device agree to the last bit.
__host__ __device__ int escape_time(double c_re, double c_im) {
  double re = 0.0, im = 0.0;
  int step = 0;
  while (step < kLimit) {
#ifdef __CUDA_ARCH__
    double re2 = __dmul_rn(re, re), im2 = __dmul_rn(im, im), cross = __dmul_rn(re, im);
#else
    volatile double re2 = re * re, im2 = im * im, cross = re * im;
#endif
    if (re2 + im2 > 4.0) break;
    im = cross + cross + c_im;
    re = re2 - im2 + c_re;
    ++step;
  }
  return step;
}

struct View {
  double left = -2.2, top = -1.2, step;
  __host__ __device__ int at(int x, int y) const { return escape_time(left + x * step, top + y * step); }
};

__global__ void mandelbrot(int* steps, int width, int height, View view) {
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  int y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < width && y < height) steps[y * width + x] = view.at(x, y);
}

void write_picture(const char* path, const std::vector<int>& steps, int width, int height) {
  FILE* file = std::fopen(path, "wb");
  if (!file) {
    std::fprintf(stderr, "no picture: can't write %s\n", path);
    return;
  }
  std::fprintf(file, "P6\n%d %d\n255\n", width, height);
  for (int step : steps) {
    int glow = step == kLimit ? 0 : step;
    unsigned char colour[3] = {static_cast<unsigned char>(glow * 9), static_cast<unsigned char>(glow * 5),
                               static_cast<unsigned char>(step == kLimit ? 0 : 64 + glow * 3)};
    std::fwrite(colour, 1, 3, file);
  }
  std::fclose(file);
  std::printf("picture: %s\n", path);
}

void draw(const std::vector<int>& steps, int width, int height) {
  constexpr int kColumns = 72, kLines = 27;
  const char shades[] = " .:-=+*%@#";
  for (int line = 0; line < kLines; ++line) {
    for (int column = 0; column < kColumns; ++column) {
      int step = steps[(line * height / kLines) * width + column * width / kColumns];
      int shade = step == kLimit ? 9 : step >= 16 ? 8 : step / 2;
      std::putchar(shades[shade]);
    }
    std::putchar('\n');
  }
}

int main(int argc, char** argv) {
  int width = argc > 1 ? std::atoi(argv[1]) : 600;
  int height = width * 3 / 4;
  View view;
  view.step = 3.2 / width;

  int* d_steps;
  std::vector<int> steps(width * height);
  CHECK(cudaMalloc(&d_steps, steps.size() * sizeof(int)));
  dim3 threads(32, 8);
  dim3 blocks((width + threads.x - 1) / threads.x, (height + threads.y - 1) / threads.y);
  mandelbrot<<<blocks, threads>>>(d_steps, width, height, view);
  CHECK(cudaGetLastError());
  CHECK(cudaMemcpy(steps.data(), d_steps, steps.size() * sizeof(int), cudaMemcpyDeviceToHost));
  CHECK(cudaFree(d_steps));

  draw(steps, width, height);
  write_picture(argc > 2 ? argv[2] : "mandelbrot.ppm", steps, width, height);

  // Points at the very edge amplify the last bit of their coordinate, which the compiler may compute with a
  // fused multiply-add: allow a handful.
  int wrong = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) wrong += steps[y * width + x] != view.at(x, y);
  }
  bool good = wrong <= width * height / 500 + 8;
  std::printf("%s: %d x %d pixels, %d differ from the host's\n", good ? "PASS" : "FAIL", width, height,
              wrong);
  return good ? 0 : 1;
}
