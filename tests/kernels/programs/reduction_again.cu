// A block reduction that broadcasts its result, called twice without a barrier between: all warps read before one writes again.
#include <cstdio>

__device__ int block_sum(int value) {
  __shared__ int part[32];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int d = 16; d; d /= 2) value += __shfl_xor_sync(~0u, value, d);
  if (lane == 0) part[warp] = value;
  __syncthreads();
  if (warp == 0) {
    value = lane < blockDim.x / 32 ? part[lane] : 0;
    for (int d = 16; d; d /= 2) value += __shfl_xor_sync(~0u, value, d);
    if (lane == 0) part[0] = value;
  }
  __syncthreads();
  return part[0];
}

__global__ void spread(const int* in, int* out, int columns) {
  int sum = 0, apart = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += in[i];
  int mean = block_sum(sum) / columns;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) apart += (in[i] - mean) * (in[i] - mean);
  int square = block_sum(apart);
  int count = block_sum(1);  // only shuffles lie between
  out[threadIdx.x] = square + count + mean;
}

int main() {
  const int columns = 3000, threads = 1024;
  int *in, *out, bad = 0;
  cudaMallocManaged(&in, columns * sizeof(int));
  cudaMallocManaged(&out, threads * sizeof(int));
  for (int i = 0; i < columns; i++) in[i] = 10 + i % 2 * 2;
  spread<<<1, threads>>>(in, out, columns);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (int i = 0; i < threads; i++) bad += out[i] != columns + threads + 11;
  printf("%d wrong\n", bad);
  return bad != 0;
}
