// A kernel between two events, and in a child of the process again: prints the milliseconds.
#include <cuda_runtime.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

__global__ void add(float* p) { p[threadIdx.x] += 1.0f; }

static void timed() {
  float *p, ms;
  cudaEvent_t from, to;
  cudaMalloc(&p, 4096);
  cudaEventCreate(&from);
  cudaEventCreate(&to);
  cudaEventRecord(from);
  add<<<1, 64>>>(p);
  cudaEventRecord(to);
  cudaEventSynchronize(to);
  cudaError_t error = cudaEventElapsedTime(&ms, from, to);
  std::printf("%d %.6f\n", int(error), ms);
  std::fflush(stdout);
}

int main() {
  if (!fork()) {
    timed();
    _exit(0);
  }
  wait(nullptr);
  timed();
}
