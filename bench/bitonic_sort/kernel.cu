// Bitonic sort of 32-bit keys (a power of two, at least 1,024): short distances in shared memory, long ones
// in global.
#include "../bench.h"

constexpr int kThreads = 512, kChunk = 2 * kThreads;

__device__ void order(uint32_t& a, uint32_t& b, bool ascending) {
  uint32_t low = min(a, b), high = max(a, b);
  a = ascending ? low : high;
  b = ascending ? high : low;
}

// All steps of sequences of `from` to `to` elements whose distance fits into a chunk.
__global__ void in_shared(uint32_t* keys, int from, int to) {
  __shared__ uint32_t chunk[kChunk];
  int start = blockIdx.x * kChunk;
  chunk[threadIdx.x] = keys[start + threadIdx.x];
  chunk[threadIdx.x + kThreads] = keys[start + threadIdx.x + kThreads];
  for (int length = from; length <= to; length *= 2) {
    for (int distance = min(length / 2, kThreads); distance > 0; distance /= 2) {
      __syncthreads();
      int i = 2 * threadIdx.x - (threadIdx.x & (distance - 1));
      order(chunk[i], chunk[i + distance], ((start + i) & length) == 0);
    }
  }
  __syncthreads();
  keys[start + threadIdx.x] = chunk[threadIdx.x];
  keys[start + threadIdx.x + kThreads] = chunk[threadIdx.x + kThreads];
}

__global__ void in_global(uint32_t* keys, int length, int distance) {
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  int i = 2 * thread - (thread & (distance - 1));
  order(keys[i], keys[i + distance], (i & length) == 0);
}

void sort(uint32_t* keys, int n) {
  in_shared<<<n / kChunk, kThreads>>>(keys, 2, kChunk);
  for (int length = 2 * kChunk; length <= n; length *= 2) {
    for (int distance = length / 2; distance >= kChunk; distance /= 2) {
      in_global<<<n / kChunk, kThreads>>>(keys, length, distance);
    }
    in_shared<<<n / kChunk, kThreads>>>(keys, length, length);
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 20);
  uint32_t* keys = (uint32_t*)bench_alloc(n * sizeof *keys);
  for (int i = 0; i < n; ++i) keys[i] = bench_hash(i, 1);
  uint32_t* d_keys = bench_device<uint32_t>(n);
  Bench bench = bench_open("bitonic_sort");
  while (bench_again(&bench)) {
    BENCH_CUDA(cudaMemcpy(d_keys, keys, n * sizeof *keys, cudaMemcpyHostToDevice));
    bench_start(&bench);
    sort(d_keys, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(keys, d_keys, n);
  bench_close_u32(&bench, keys, n);
  return 0;
}
