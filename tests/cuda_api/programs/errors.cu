// Last error, sticky errors, launch configuration checks, names and strings.
#include "check.h"

__global__ void nothing(int* p) { if (p) *p = 1; }
__global__ void __launch_bounds__(128) bounded() {}
__global__ void shared_user(float* out) {
  extern __shared__ float s[];
  s[threadIdx.x] = 1;
  __syncthreads();
  if (out) out[threadIdx.x] = s[threadIdx.x];
}
static cudaError_t launched() { return cudaGetLastError(); }

int main() {
  CHECK(!strcmp(cudaGetErrorName(cudaErrorIllegalAddress), "cudaErrorIllegalAddress"));
  CHECK(!strcmp(cudaGetErrorString(cudaErrorIllegalAddress), "an illegal memory access was encountered"));
  CHECK(!strcmp(cudaGetErrorString(cudaSuccess), "no error"));
  CHECK(!strcmp(cudaGetErrorString(cudaErrorMemoryAllocation), "out of memory"));
  CHECK(!strcmp(cudaGetErrorName(cudaError_t(12345)), "unrecognized error code"));

  EXPECT(cudaErrorInvalidValue, cudaMalloc((void**)0, 4));
  EXPECT(cudaErrorInvalidValue, cudaPeekAtLastError());
  OK(cudaFree(0));                                     // success does not clear it
  EXPECT(cudaErrorInvalidValue, cudaGetLastError());
  OK(cudaGetLastError());

  nothing<<<0, 1>>>(0);
  EXPECT(cudaErrorInvalidConfiguration, launched());
  nothing<<<1, 0>>>(0);
  EXPECT(cudaErrorInvalidConfiguration, launched());
  nothing<<<1, 1025>>>(0);
  EXPECT(cudaErrorInvalidConfiguration, launched());
  nothing<<<1, dim3(1, 1, 65)>>>(0);
  EXPECT(cudaErrorInvalidConfiguration, launched());
  nothing<<<dim3(1, 65536), 1>>>(0);
  EXPECT(cudaErrorInvalidConfiguration, launched());
  nothing<<<1, 1, 49 << 10>>>(0);
  EXPECT(cudaErrorInvalidValue, launched());
  bounded<<<1, 256>>>();
  EXPECT(cudaErrorInvalidValue, launched());

  float* out;
  OK(cudaMalloc(&out, 4096));
  OK(cudaFuncSetAttribute(shared_user, cudaFuncAttributeMaxDynamicSharedMemorySize, 163 << 10));
  shared_user<<<2, 1024, 163 << 10>>>(out);
  OK(launched());
  OK(cudaDeviceSynchronize());
  EXPECT(cudaErrorInvalidValue, cudaFuncSetAttribute(shared_user, cudaFuncAttributeMaxDynamicSharedMemorySize, 164 << 10));
  cudaGetLastError();
  EXPECT(cudaErrorInvalidDeviceFunction, cudaFuncSetAttribute(main, cudaFuncAttributeMaxDynamicSharedMemorySize, 1));
  EXPECT(cudaErrorInvalidDeviceFunction, cudaGetLastError());

  // An illegal address is sticky: every later call gives it, until the device is reset.
  nothing<<<1, 1>>>((int*)64);
  OK(launched());
  EXPECT(cudaErrorIllegalAddress, cudaDeviceSynchronize());
  EXPECT(cudaErrorIllegalAddress, cudaGetLastError());
  EXPECT(cudaErrorIllegalAddress, cudaGetLastError());
  void* p;
  EXPECT(cudaErrorIllegalAddress, cudaMalloc(&p, 4));
  nothing<<<1, 1>>>(0);
  EXPECT(cudaErrorIllegalAddress, cudaGetLastError());
  // Handles that could not be made, in programs that do not ask: they are not looked at.
  cudaEvent_t event = (cudaEvent_t)0x10000;
  cudaStream_t stream = (cudaStream_t)0x10000;
  float ms;
  EXPECT(cudaErrorIllegalAddress, cudaEventCreate(&event));
  EXPECT(cudaErrorIllegalAddress, cudaEventElapsedTime(&ms, event, event));
  EXPECT(cudaErrorIllegalAddress, cudaEventDestroy(event));
  EXPECT(cudaErrorIllegalAddress, cudaStreamSynchronize(stream));
  EXPECT(cudaErrorIllegalAddress, cudaStreamDestroy(stream));
  OK(cudaDeviceReset());
  OK(cudaGetLastError());
  OK(cudaMalloc(&p, 4));
  nothing<<<1, 1>>>((int*)p);
  OK(cudaDeviceSynchronize());
  return 0;
}
