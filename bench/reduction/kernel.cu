// Sum of floats: grid-stride loop, warp shuffles, shared memory, one atomic a block.
#include "../bench.h"

constexpr int kThreads = 256;

__device__ float warp_sum(float value) {
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_down_sync(0xffffffffu, value, offset);
  return value;
}

__global__ void reduce(const float* data, int n, float* total) {
  float sum = 0.0f;
  for (int i = blockIdx.x * kThreads + threadIdx.x; i < n; i += gridDim.x * kThreads) sum += data[i];
  __shared__ float warp_sums[kThreads / 32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  sum = warp_sum(sum);
  if (lane == 0) warp_sums[warp] = sum;
  __syncthreads();
  if (warp > 0) return;
  sum = warp_sum(lane < kThreads / 32 ? warp_sums[lane] : 0.0f);
  if (lane == 0) atomicAdd(total, sum);
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 24);
  float* data = bench_fill(n, 1, 0.0f, 1.0f);
  float* d_data = bench_upload(data, n);
  float* d_total = bench_device<float>(1);
  float total;
  Bench bench = bench_open("reduction");
  while (bench_again(&bench)) {
    bench_start(&bench);
    BENCH_CUDA(cudaMemsetAsync(d_total, 0, sizeof total));
    reduce<<<256, kThreads>>>(d_data, n, d_total);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(&total, d_total, 1);
  bench_close_f32(&bench, &total, 1);
  return 0;
}
