// A kernel launched again and again, and one that takes a lock lane by lane.
#include <cuda_runtime.h>

__global__ void step(float* a) { a[blockIdx.x * 64 + threadIdx.x] += 1; }
__global__ void locked(int* lock, int* count) {
  bool done = false;
  while (!done) {
    if (atomicCAS(lock, 0, 1) == 0) {
      *(volatile int*)count = *(volatile int*)count + 1;
      __threadfence();
      atomicExch(lock, 0);
      done = true;
    }
  }
}

int main() {
  float* a;
  int* lock;
  cudaMalloc(&a, 4096), cudaMalloc(&lock, 8);
  cudaMemset(lock, 0, 8);
  cudaMemset(a, 0, 4096);
  for (int i = 0; i < 300; i++) step<<<4, 64>>>(a);
  locked<<<1, 32>>>(lock, lock + 1);
  return cudaDeviceSynchronize();
}
