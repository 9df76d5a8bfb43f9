// After a barrier the first warp goes on first: programs that lack the second barrier of a reduction live on that.
#include <cstdio>

__global__ void sums(const int* in, int* out, int rows) {
  __shared__ int part[32];
  for (int r = 0; r < rows; r++) {
    int sum = in[r * blockDim.x + threadIdx.x];
    for (int d = 16; d; d /= 2) sum += __shfl_xor_sync(~0u, sum, d);
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
      int all = 0;
      for (int w = 0; w < blockDim.x / 32; w++) all += part[w];
      out[r] = all;
    }
  }
}

int main() {
  const int rows = 5, threads = 1024;
  int *in, *out, bad = 0;
  cudaMallocManaged(&in, rows * threads * sizeof(int));
  cudaMallocManaged(&out, rows * sizeof(int));
  for (int i = 0; i < rows * threads; i++) in[i] = i / threads + 1;
  sums<<<1, threads>>>(in, out, rows);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (int r = 0; r < rows; r++) bad += out[r] != (r + 1) * threads;
  printf("%d wrong\n", bad);
  return bad != 0;
}
