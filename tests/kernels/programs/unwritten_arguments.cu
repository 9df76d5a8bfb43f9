// Only the lane that is asked has a value: the others hand a variable to the shuffle, to a function or to sqrtf that was never written.
#include <cstdio>

__device__ int ticket, calls;

template <class T>
__device__ T broadcast(T value, int lane = 0) {
  return __shfl_sync(~0u, value, lane);
}

__device__ float root_of_first(float value) { return broadcast(sqrtf(value)); }

__global__ void take(int* out, float* roots, int rounds) {
  const int lane = threadIdx.x % 32, warp = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  int index;
  if (lane == 0) index = atomicAdd(&ticket, 1);
  index = __shfl_sync(~0u, index, 0);
  while (index < rounds) {
    atomicAdd(&out[index], 1);
    if (lane == 0) index = atomicAdd(&ticket, 1);
    index = broadcast(index);
  }
  float value;
  if (lane == 0) {
    value = warp * warp;
    atomicAdd(&calls, 1);
  }
  roots[blockIdx.x * blockDim.x + threadIdx.x] = root_of_first(value);
}

int main() {
  const int blocks = 3, threads = 64, rounds = 40, warps = blocks * threads / 32;
  int *out, bad = 0, tickets, called;
  float* roots;
  cudaMallocManaged(&out, rounds * sizeof(int));
  cudaMallocManaged(&roots, blocks * threads * sizeof(float));
  take<<<blocks, threads>>>(out, roots, rounds);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  cudaMemcpyFromSymbol(&tickets, ticket, sizeof(int));
  cudaMemcpyFromSymbol(&called, calls, sizeof(int));
  for (int i = 0; i < rounds; i++) bad += out[i] != 32;
  for (int i = 0; i < blocks * threads; i++) bad += roots[i] != i / 32;
  bad += tickets != rounds + warps || called != warps;
  printf("%d wrong; %d tickets, %d calls\n", bad, tickets, called);
  return bad != 0;
}
