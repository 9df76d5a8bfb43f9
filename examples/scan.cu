// Scan: inclusive prefix sums in three launches: scan each block, scan the block totals, add them back.
//
// Usage: scan [elements]

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

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / 32;
constexpr unsigned kAllLanes = 0xffffffffu;

__device__ unsigned warp_scan(unsigned value) {
  int lane = threadIdx.x % 32;
  for (int distance = 1; distance < 32; distance *= 2) {
    unsigned left = __shfl_up_sync(kAllLanes, value, distance);
    if (lane >= distance) value += left;
  }
  return value;
}

__device__ unsigned block_scan(unsigned value) {
  __shared__ unsigned warp_totals[kWarps];
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  value = warp_scan(value);
  if (lane == 31) warp_totals[warp] = value;
  __syncthreads();
  if (warp == 0) {
    unsigned total = warp_scan(lane < kWarps ? warp_totals[lane] : 0u);
    if (lane < kWarps) warp_totals[lane] = total;
  }
  __syncthreads();
  return warp == 0 ? value : value + warp_totals[warp - 1];
}

__global__ void scan_blocks(const unsigned* in, unsigned* out, unsigned* block_totals, int n) {
  int i = blockIdx.x * kThreads + threadIdx.x;
  unsigned sum = block_scan(i < n ? in[i] : 0u);
  if (i < n) out[i] = sum;
  if (threadIdx.x == kThreads - 1 && block_totals) block_totals[blockIdx.x] = sum;
}

__global__ void add_totals(unsigned* out, const unsigned* block_totals, int n) {
  int i = blockIdx.x * kThreads + threadIdx.x;
  if (blockIdx.x > 0 && i < n) out[i] += block_totals[blockIdx.x - 1];
}

// Scans any length: the block totals are themselves an array to scan.
void scan(const unsigned* in, unsigned* out, int n) {
  int blocks = (n + kThreads - 1) / kThreads;
  if (blocks == 1) {
    scan_blocks<<<1, kThreads>>>(in, out, nullptr, n);
    CHECK(cudaGetLastError());
    return;
  }
  unsigned *totals, *scanned_totals;
  CHECK(cudaMalloc(&totals, blocks * sizeof(unsigned)));
  CHECK(cudaMalloc(&scanned_totals, blocks * sizeof(unsigned)));
  scan_blocks<<<blocks, kThreads>>>(in, out, totals, n);
  CHECK(cudaGetLastError());
  scan(totals, scanned_totals, blocks);
  add_totals<<<blocks, kThreads>>>(out, scanned_totals, n);
  CHECK(cudaGetLastError());
  CHECK(cudaFree(totals));
  CHECK(cudaFree(scanned_totals));
}

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  std::vector<unsigned> in(n), out(n);
  for (int i = 0; i < n; ++i) in[i] = (i * 37u) % 101u;

  unsigned *d_in, *d_out;
  CHECK(cudaMalloc(&d_in, n * sizeof(unsigned)));
  CHECK(cudaMalloc(&d_out, n * sizeof(unsigned)));
  CHECK(cudaMemcpy(d_in, in.data(), n * sizeof(unsigned), cudaMemcpyHostToDevice));
  scan(d_in, d_out, n);
  CHECK(cudaMemcpy(out.data(), d_out, n * sizeof(unsigned), cudaMemcpyDeviceToHost));

  int wrong = 0;
  unsigned sum = 0;
  for (int i = 0; i < n; ++i) {
    sum += in[i];
    wrong += out[i] != sum;
  }
  std::printf("%s: %d elements, total %u, %d prefixes wrong\n", wrong ? "FAIL" : "PASS", n, sum, wrong);

  CHECK(cudaFree(d_in));
  CHECK(cudaFree(d_out));
  return wrong ? 1 : 0;
}
