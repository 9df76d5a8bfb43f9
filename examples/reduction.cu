// Reduction: the sum of an array, by grid-stride loop, warp shuffles, shared memory and one atomic a block.
//
// Usage: reduction [elements]

#include <cmath>
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

constexpr int kThreads = 256;
constexpr unsigned kAllLanes = 0xffffffffu;

// After the loop, lane 0 holds the sum of all 32 lanes.
__device__ double warp_sum(double value) {
  for (int offset = warpSize / 2; offset > 0; offset /= 2)
    value += __shfl_down_sync(kAllLanes, value, offset);
  return value;
}

__global__ void reduce(const float* data, int n, double* total) {
  double sum = 0.0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) sum += data[i];

  __shared__ double warp_sums[kThreads / 32];
  int lane = threadIdx.x % warpSize;
  int warp = threadIdx.x / warpSize;
  sum = warp_sum(sum);
  if (lane == 0) warp_sums[warp] = sum;
  __syncthreads();

  if (warp == 0) {
    sum = lane < kThreads / 32 ? warp_sums[lane] : 0.0;
    sum = warp_sum(sum);
    if (lane == 0) atomicAdd(total, sum);
  }
}

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 2'000'000;
  std::vector<float> data(n);
  double expected = 0.0;
  for (int i = 0; i < n; ++i) {
    data[i] = float((i * 7919LL) % 1000) / 1000.0f;
    expected += data[i];
  }

  float* d_data;
  double* d_total;
  CHECK(cudaMalloc(&d_data, n * sizeof(float)));
  CHECK(cudaMalloc(&d_total, sizeof(double)));
  CHECK(cudaMemcpy(d_data, data.data(), n * sizeof(float), cudaMemcpyHostToDevice));
  CHECK(cudaMemset(d_total, 0, sizeof(double)));

  reduce<<<64, kThreads>>>(d_data, n, d_total);
  CHECK(cudaGetLastError());
  double total = 0.0;
  CHECK(cudaMemcpy(&total, d_total, sizeof(double), cudaMemcpyDeviceToHost));

  bool good = std::fabs(total - expected) <= 1e-9 * expected;
  std::printf("%s: sum of %d numbers is %.6f, the host says %.6f\n", good ? "PASS" : "FAIL", n, total,
              expected);

  CHECK(cudaFree(d_data));
  CHECK(cudaFree(d_total));
  return good ? 0 : 1;
}
