// Copies, fills, events and waits, for the run file.
#include <cuda_runtime.h>

__global__ void touch(float* a) { a[threadIdx.x] = 1; }

int main() {
  float *a, *b, *pinned, plain[256];
  cudaMalloc(&a, 1024), cudaMalloc(&b, 1024), cudaMallocHost(&pinned, 1024);
  cudaStream_t one, two;
  cudaStreamCreateWithFlags(&one, cudaStreamNonBlocking), cudaStreamCreateWithFlags(&two, cudaStreamNonBlocking);
  cudaEvent_t done;
  cudaEventCreate(&done);
  cudaMemcpy(a, plain, 1024, cudaMemcpyHostToDevice);
  cudaMemcpyAsync(b, pinned, 512, cudaMemcpyHostToDevice, one);
  cudaMemsetAsync(a, 0, 256, one);
  touch<<<1, 64, 0, one>>>(a);
  cudaEventRecord(done, one);
  cudaStreamWaitEvent(two, done, 0);
  cudaMemcpyAsync(a, b, 128, cudaMemcpyDeviceToDevice, two);
  cudaStreamSynchronize(two);
  cudaEventSynchronize(done);
  cudaMemcpy(plain, a, 1024, cudaMemcpyDeviceToHost);
  return cudaDeviceSynchronize();
}
