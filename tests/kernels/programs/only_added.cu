// Arrays that kernels only add to, and arrays that look so but are also read, written or fenced: every count has to arrive.
// isa: native avx2
#include <cstdint>
#include <cstdio>
#include <vector>

#include "arrays.h"

constexpr int kThreads = 256, kBlocks = 64, kAll = kThreads * kBlocks, kBins = 100;

__global__ void count(const uint8_t* data, int n, unsigned* bins, unsigned long long* sums, int* total) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicAdd(&bins[data[i] % kBins], 1u);
    atomicAdd(&sums[data[i] % 7], (unsigned long long)i << 20);
    if (data[i] & 1) atomicSub(total, 3);
  }
}

// What is read may be what is added to: the host calls it with the same array and with two.
__global__ void move(const int* from, int* to, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    atomicAdd(&to[i % 64], 1);
    if (from[i % 64] < 0) atomicAdd(&to[0], 1000000);
  }
}

// A thread sees its own addition.
__global__ void see(int* cells, int* seen) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < 64) {
    atomicAdd(&cells[i], 5);
    seen[i] = cells[i];
  }
}

// The last block to draw a ticket finds all sums complete.
__global__ void last_block(int* sums, unsigned* tickets, int* result) {
  __shared__ bool last;
  atomicAdd(&sums[threadIdx.x % 16], 1);
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) last = atomicAdd(tickets, 1u) == gridDim.x - 1;
  __syncthreads();
  if (last && threadIdx.x < 16) result[threadIdx.x] = sums[threadIdx.x];
}

// Pointers in memory, offsets of 64 bits, an array in the middle of an allocation.
__global__ void through(int** arrays, const long long* places, int n, size_t shift) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomicAdd(arrays[i & 1] + places[i] + shift, 1);
}
__global__ void middle(int* cells, const long long* places, int n, size_t shift) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomicAdd(cells + places[i] + shift, 1);
}

// Indices that lead from the array's middle to both sides, or from outside into it.
__global__ void around(const int8_t* data, int n, int* middle) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) atomicAdd(&middle[data[i]], 1);
}
__global__ void above(const unsigned* data, int n, unsigned* cells, unsigned first) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomicAdd(cells - first + data[i], 2u);
}

static void expect(long long got, long long wanted, const char* what, int at) {
  if (got != wanted && wrong++ < 20) printf("%s[%d] is %lld, not %lld\n", what, at, got, wanted);
}

int main() {
  const int n = 100003;
  std::vector<uint8_t> data(n);
  for (int i = 0; i < n; ++i) data[i] = uint8_t((i * 2654435761u) >> 23);
  std::vector<unsigned> bins(kBins);
  std::vector<unsigned long long> sums(7);
  int total = 0;
  for (int i = 0; i < n; ++i) bins[data[i] % kBins]++, sums[data[i] % 7] += (unsigned long long)i << 20, total -= data[i] & 1 ? 3 : 0;
  uint8_t* d_data = device(data);
  unsigned* d_bins = device(std::vector<unsigned>(kBins));
  auto* d_sums = device(std::vector<unsigned long long>(7));
  int* d_total = device(std::vector<int>(1));
  for (int i = 0; i < 2; ++i) count<<<kBlocks, kThreads>>>(d_data, n, d_bins, d_sums, d_total);
  for (int i = 0; i < kBins; ++i) expect(host(d_bins, kBins)[i], 2 * bins[i], "bins", i);
  for (int i = 0; i < 7; ++i) expect(host(d_sums, 7)[i], 2 * sums[i], "sums", i);
  expect(host(d_total, 1)[0], 2 * total, "total", 0);

  int* cells = device(std::vector<int>(64));
  int* others = device(std::vector<int>(64));
  move<<<kBlocks, kThreads>>>(cells, cells, kAll);
  move<<<kBlocks, kThreads>>>(others, cells, kAll);
  for (int i = 0; i < 64; ++i) expect(host(cells, 64)[i], 2 * kAll / 64, "moved", i);
  see<<<1, 64>>>(cells, others);
  for (int i = 0; i < 64; ++i) expect(host(others, 64)[i], 2 * kAll / 64 + 5, "seen", i);

  int *block_sums = device(std::vector<int>(16)), *result = device(std::vector<int>(16));
  unsigned* tickets = device(std::vector<unsigned>(1));
  last_block<<<kBlocks, kThreads>>>(block_sums, tickets, result);
  for (int i = 0; i < 16; ++i) expect(host(result, 16)[i], kAll / 16, "result", i);

  std::vector<long long> places(kAll);
  for (int i = 0; i < kAll; ++i) places[i] = i % 32;
  long long* d_places = device(places);
  int *left = device(std::vector<int>(64)), *right = device(std::vector<int>(64));
  int** arrays = device(std::vector<int*>{left, right});
  through<<<kBlocks, kThreads>>>(arrays, d_places, kAll, 16);
  middle<<<kBlocks, kThreads>>>(left + 16, d_places, kAll, 0);
  for (int i = 0; i < 64; ++i) {
    bool hit = i >= 16 && i < 48;
    expect(host(left, 64)[i], hit ? (i % 2 ? 0 : kAll / 32) + kAll / 32 : 0, "left", i);
    expect(host(right, 64)[i], hit && i % 2 ? kAll / 32 : 0, "right", i);
  }
  int* circle = device(std::vector<int>(256));
  around<<<16, 128>>>((int8_t*)d_data, n, circle + 128);
  std::vector<int> circled(256);
  for (int i = 0; i < n; ++i) ++circled[128 + (int8_t)data[i]];
  for (int i = 0; i < 256; ++i) expect(host(circle, 256)[i], circled[i], "circle", i);
  for (unsigned first : {5u, 0x80000000u, 0xFFFFFF00u}) {
    std::vector<unsigned> far(kAll), counted(50);
    for (int i = 0; i < kAll; ++i) far[i] = first + data[i] % 50, counted[data[i] % 50] += 2;
    unsigned *d_far = device(far), *d_counted = device(std::vector<unsigned>(50));
    above<<<kBlocks, kThreads>>>(d_far, kAll, d_counted, first);
    for (int i = 0; i < 50; ++i) expect(host(d_counted, 50)[i], counted[i], "above", i);
  }
  expect(cudaGetLastError(), 0, "error", 0);

  middle<<<1, 32>>>(left, d_places, 32, size_t(1) << 30);  // outside: an error, and nothing else happens
  expect(cudaDeviceSynchronize(), cudaErrorIllegalAddress, "outside", 0);
  puts(wrong ? "FAIL" : "PASS");
  return wrong != 0;
}
