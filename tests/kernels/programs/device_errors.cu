// The error functions of the runtime API, called from device code as checking macros do.
#include <cstdio>
#include <cstring>

__host__ __device__ const char* said(cudaError_t error) { return cudaGetErrorString(error); }

__global__ void ask(char* out) {
  if (cudaGetLastError() != cudaSuccess || cudaPeekAtLastError() != cudaSuccess) return;
  const char* text = said(cudaErrorMemoryAllocation);
  for (int i = 0; text[i]; ++i) out[i] = text[i];
  const char* name = cudaGetErrorName(cudaErrorInvalidValue);
  for (int i = 0; name[i]; ++i) out[100 + i] = name[i];
}

int main() {
  char* out;
  cudaMallocManaged(&out, 200);
  memset(out, 0, 200);
  ask<<<1, 1>>>(out);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  printf("%s, %s\n", out, out + 100);
  return strcmp(out, said(cudaErrorMemoryAllocation)) || strcmp(out + 100, "cudaErrorInvalidValue");
}
