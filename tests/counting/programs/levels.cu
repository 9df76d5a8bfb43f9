// A search by levels, whose launches look alike and do not do the same work: the host waits for each. And steps that do the same work.
#include <cuda_runtime.h>

__global__ void level(int* found, int width, int turns) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= width) return;
  int x = i;
  for (int t = 0; t < turns; t++) x = x * 1103515245 + 12345;
  found[i] = x;
}
__global__ void even(int* found) { found[blockIdx.x * blockDim.x + threadIdx.x]++; }

int main() {
  int* found;
  cudaMalloc(&found, 65536 * 4);
  cudaMemset(found, 0, 65536 * 4);
  int there;
  for (int search = 0; search < 6; search++)
    for (int depth = 0; depth < 8; depth++) {
      level<<<64, 256>>>(found, 1 + (depth < 4 ? 1 << 3 * depth : 1 << 3 * (7 - depth)) * 31, 64);
      cudaMemcpy(&there, found, 4, cudaMemcpyDeviceToHost);
    }
  for (int i = 0; i < 60; i++) {
    even<<<64, 256>>>(found);
    cudaDeviceSynchronize();
  }
  return cudaDeviceSynchronize();
}
