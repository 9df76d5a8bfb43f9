// Histogram of bytes, 256 bins: counted in shared memory and added up, and with every atomic on global
// memory.
#include "../bench.h"

constexpr int kBins = 256;

__global__ void shared_atomics(const uint8_t* data, int n, uint32_t* counts) {
  __shared__ uint32_t block_counts[kBins];
  block_counts[threadIdx.x] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicAdd(&block_counts[data[i]], 1u);
  }
  __syncthreads();
  atomicAdd(&counts[threadIdx.x], block_counts[threadIdx.x]);
}

__global__ void global_atomics(const uint8_t* data, int n, uint32_t* counts) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicAdd(&counts[data[i]], 1u);
  }
}

template <class Kernel>
void measure(const char* name, Kernel kernel, const uint8_t* d_data, int n, uint32_t* d_counts) {
  uint32_t counts[kBins];
  Bench bench = bench_open(name);
  while (bench_again(&bench)) {
    bench_start(&bench);
    BENCH_CUDA(cudaMemsetAsync(d_counts, 0, sizeof counts));
    kernel<<<256, kBins>>>(d_data, n, d_counts);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(counts, d_counts, kBins);
  bench_close_u32(&bench, counts, kBins);
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 24);
  uint8_t* data = (uint8_t*)bench_alloc(n);
  for (int i = 0; i < n; ++i) data[i] = (uint8_t)(bench_hash(i, 1) >> 24);
  uint8_t* d_data = bench_upload(data, n);
  uint32_t* d_counts = bench_device<uint32_t>(kBins);
  measure("histogram.shared", shared_atomics, d_data, n, d_counts);
  measure("histogram.global", global_atomics, d_data, n, d_counts);
  return 0;
}
