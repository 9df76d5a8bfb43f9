// Histogram: each block counts in its own shared memory first, so that the atomics on global memory are few.
//
// Usage: histogram [bytes]

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

constexpr int kBins = 256;

__global__ void histogram(const unsigned char* data, int n, unsigned* counts) {
  __shared__ unsigned block_counts[kBins];
  for (int bin = threadIdx.x; bin < kBins; bin += blockDim.x) block_counts[bin] = 0;
  __syncthreads();

  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicAdd(&block_counts[data[i]], 1u);
  }
  __syncthreads();

  for (int bin = threadIdx.x; bin < kBins; bin += blockDim.x) atomicAdd(&counts[bin], block_counts[bin]);
}

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 2'000'000;
  std::vector<unsigned char> data(n);
  std::vector<unsigned> expected(kBins, 0), counts(kBins);
  unsigned state = 1;
  for (int i = 0; i < n; ++i) {
    state = state * 1664525u + 1013904223u;  // a linear congruential generator: its high bits are good
    unsigned a = state >> 25, b = (state >> 17) & 127;
    data[i] = static_cast<unsigned char>(a + b);  // the sum of two dice: a triangle
    ++expected[data[i]];
  }

  unsigned char* d_data;
  unsigned* d_counts;
  CHECK(cudaMalloc(&d_data, n));
  CHECK(cudaMalloc(&d_counts, kBins * sizeof(unsigned)));
  CHECK(cudaMemcpy(d_data, data.data(), n, cudaMemcpyHostToDevice));
  CHECK(cudaMemset(d_counts, 0, kBins * sizeof(unsigned)));

  histogram<<<32, 256>>>(d_data, n, d_counts);
  CHECK(cudaGetLastError());
  CHECK(cudaMemcpy(counts.data(), d_counts, kBins * sizeof(unsigned), cudaMemcpyDeviceToHost));

  unsigned highest = 1;
  for (unsigned count : counts) highest = count > highest ? count : highest;
  for (int bin = 0; bin < kBins; bin += 16) {
    std::printf("%3d |", bin);
    for (unsigned bar = 0; bar < 60ull * counts[bin] / highest; ++bar) std::putchar('#');
    std::putchar('\n');
  }
  int wrong = 0;
  for (int bin = 0; bin < kBins; ++bin) wrong += counts[bin] != expected[bin];
  std::printf("%s: %d bytes, %d bins differ from the host's\n", wrong ? "FAIL" : "PASS", n, wrong);

  CHECK(cudaFree(d_data));
  CHECK(cudaFree(d_counts));
  return wrong ? 1 : 0;
}
