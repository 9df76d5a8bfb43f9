// One step of a 7-point stencil on a cube: a thread marches along z and keeps the cells above and below in
// registers.
#include "../bench.h"

__global__ void step(const float* in, float* out, int n) {
  int x = blockIdx.x * blockDim.x + threadIdx.x + 1, y = blockIdx.y * blockDim.y + threadIdx.y + 1;
  if (x >= n - 1 || y >= n - 1) return;
  int plane = n * n, i = plane + y * n + x;
  float below = in[i - plane], centre = in[i];
  for (int z = 1; z < n - 1; ++z, i += plane) {
    float above = in[i + plane];
    out[i] = 0.4f * centre + 0.1f * (below + above + in[i - 1] + in[i + 1] + in[i - n] + in[i + n]);
    below = centre;
    centre = above;
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 256);
  size_t cells = (size_t)n * n * n;
  float* data = bench_fill(cells, 1, -1.0f, 1.0f);
  float* d_in = bench_upload(data, cells);
  float* d_out = bench_device<float>(cells);
  BENCH_CUDA(cudaMemset(d_out, 0, cells * sizeof(float)));  // the border is nobody's
  Bench bench = bench_open("stencil3d");
  while (bench_again(&bench)) {
    bench_start(&bench);
    step<<<dim3((n - 2 + 31) / 32, (n - 2 + 7) / 8), dim3(32, 8)>>>(d_in, d_out, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(data, d_out, cells);
  bench_close_f32(&bench, data, cells);
  return 0;
}
