// Threads that march through memory: planes of a volume (an update of three arrays, a 7-point stencil) and columns of a matrix. Prints
// milliseconds for each size and block; run it with two versions of Sheer, SHEER_THREADS=1, and divide.
#include "../bench.h"

__global__ void update(const float* a, const float* b, float* out, int n) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= n || y >= n) return;
  for (int z = 0; z < n; ++z) {
    size_t i = ((size_t)z * n + y) * n + x;
    out[i] = a[i] * 0.5f + b[i];
  }
}

__global__ void stencil(const float* a, const float*, float* out, int n) {
  int x = blockIdx.x * blockDim.x + threadIdx.x + 1, y = blockIdx.y * blockDim.y + threadIdx.y + 1;
  if (x >= n - 1 || y >= n - 1) return;
  size_t plane = (size_t)n * n;
  for (int z = 1; z < n - 1; ++z) {
    size_t i = z * plane + (size_t)y * n + x;
    out[i] = a[i] * 0.5f + 0.1f * (a[i - 1] + a[i + 1] + a[i - n] + a[i + n] + a[i - plane] + a[i + plane]);
  }
}

__global__ void columns(const float* a, float* sums, int rows, int wide) {
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  if (x >= wide) return;
  float sum = 0;
  for (int row = 0; row < rows; ++row) sum += a[(size_t)row * wide + x];
  sums[x] = sum;
}

template <class Launch>
static void measure(const char* what, int first, int second, Launch launch) {
  char name[80];
  snprintf(name, sizeof name, "%s.%dx%d", what, first, second);
  Bench bench = bench_open(name);
  while (bench_again(&bench)) {
    bench_start(&bench);
    launch();
    bench_finish();
    bench_stop(&bench);
  }
  bench_close_f32(&bench, nullptr, 0);
}

int main() {
  const size_t most = (size_t)64 << 20;
  float *a = bench_device<float>(most), *b = bench_device<float>(most), *out = bench_device<float>(most);
  for (float* each : {a, b, out}) BENCH_CUDA(cudaMemset(each, 0, most * sizeof *each));
  for (int n : {64, 100, 128, 200, 256, 300}) {
    for (dim3 block : {dim3(32, 8), dim3(16, 16), dim3(64, 4)}) {
      dim3 grid((n + block.x - 1) / block.x, (n + block.y - 1) / block.y);
      measure("march.update", n, block.x, [&] { update<<<grid, block>>>(a, b, out, n); });
      measure("march.stencil", n, block.x, [&] { stencil<<<grid, block>>>(a, b, out, n); });
    }
  }
  for (int rows : {128, 512, 4096}) {
    for (int wide : {512, 1024, 4096, 5000, 16384}) {
      measure("march.columns", rows, wide, [&] { columns<<<(wide + 255) / 256, 256>>>(a, out, rows, wide); });
    }
  }
  return 0;
}
