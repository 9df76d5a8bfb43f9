// Inclusive prefix sums: sums of chunks of 2,048, a scan of the sums by one block, then each chunk scanned
// with its start.
#include "../bench.h"

constexpr int kThreads = 256, kEach = 8, kChunk = kThreads * kEach;

__device__ uint32_t warp_scan(uint32_t value) {
  for (int distance = 1; distance < 32; distance *= 2) {
    uint32_t left = __shfl_up_sync(0xffffffffu, value, distance);
    if (threadIdx.x % 32 >= distance) value += left;
  }
  return value;
}

__device__ uint32_t block_scan(uint32_t value) {
  __shared__ uint32_t warp_totals[kThreads / 32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_scan(value);
  __syncthreads();  // the table may still be read from the call before
  if (lane == 31) warp_totals[warp] = value;
  __syncthreads();
  for (int w = 0; w < warp; ++w) value += warp_totals[w];
  return value;
}

__global__ void chunk_sums(const uint32_t* in, uint32_t* sums, int n) {
  int start = blockIdx.x * kChunk;
  uint32_t sum = 0;
  for (int e = 0; e < kEach; ++e) {
    int i = start + e * kThreads + threadIdx.x;
    if (i < n) sum += in[i];
  }
  sum = block_scan(sum);
  if (threadIdx.x == kThreads - 1) sums[blockIdx.x] = sum;
}

// One block; sums[i] becomes the sum of all before it.
__global__ void scan_sums(uint32_t* sums, int chunks) {
  __shared__ uint32_t carried;
  uint32_t carry = 0;
  for (int start = 0; start < chunks; start += kThreads) {
    int i = start + threadIdx.x;
    uint32_t value = i < chunks ? sums[i] : 0;
    uint32_t scanned = block_scan(value) + carry;
    if (i < chunks) sums[i] = scanned - value;
    if (threadIdx.x == kThreads - 1) carried = scanned;
    __syncthreads();
    carry = carried;
  }
}

__global__ void scan_chunks(const uint32_t* in, uint32_t* out, const uint32_t* sums, int n) {
  __shared__ uint32_t last;
  int start = blockIdx.x * kChunk;
  uint32_t carry = sums[blockIdx.x];
  for (int e = 0; e < kEach; ++e) {
    int i = start + e * kThreads + threadIdx.x;
    uint32_t scanned = block_scan(i < n ? in[i] : 0) + carry;
    if (i < n) out[i] = scanned;
    if (threadIdx.x == kThreads - 1) last = scanned;
    __syncthreads();
    carry = last;
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 24);
  int chunks = (n + kChunk - 1) / kChunk;
  uint32_t* data = (uint32_t*)bench_alloc(n * sizeof *data);
  for (int i = 0; i < n; ++i) data[i] = bench_hash(i, 1) >> 28;
  uint32_t* d_data = bench_upload(data, n);
  uint32_t* d_out = bench_device<uint32_t>(n);
  uint32_t* d_sums = bench_device<uint32_t>(chunks);
  Bench bench = bench_open("scan");
  while (bench_again(&bench)) {
    bench_start(&bench);
    chunk_sums<<<chunks, kThreads>>>(d_data, d_sums, n);
    scan_sums<<<1, kThreads>>>(d_sums, chunks);
    scan_chunks<<<chunks, kThreads>>>(d_data, d_out, d_sums, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(data, d_out, n);
  bench_close_u32(&bench, data, n);
  return 0;
}
