// Launches of all kinds, function attributes, occupancy of compute capability 8.0.
#include "check.h"
#include <cooperative_groups.h>

__global__ void plain(int* p, short a, double b, char c) {
  if (threadIdx.x == 0) atomicAdd(p, int(a + b) + c);
}
// More virtual registers than a thread of a block of this size can have.
__global__ void __launch_bounds__(384) greedy(float* p) {
  float held[256];
#pragma unroll
  for (int i = 0; i < 256; ++i) held[i] = p[i * 384 + threadIdx.x];
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 256; ++i) p[i * 384 + threadIdx.x] = held[255 - i];
}
__global__ void __launch_bounds__(256) with_shared(int* p) {
  __shared__ int s[4096];
  s[threadIdx.x] = int(threadIdx.x);
  __syncthreads();
  if (p && threadIdx.x == 0) *p = s[255];
}
__global__ void whole_grid(int* sum, int* result) {
  cooperative_groups::grid_group g = cooperative_groups::this_grid();
  atomicAdd(sum, 1);
  g.sync();
  if (g.thread_rank() == 0) *result = *sum;
}
// The second of two launches that may overlap: it waits for what the first one writes.
__global__ void first_half(int* p) {
  cudaTriggerProgrammaticLaunchCompletion();
  p[threadIdx.x] = int(threadIdx.x);
}
__global__ void second_half(int* p) {
  cudaGridDependencySynchronize();
  p[threadIdx.x + 2] = p[1 - threadIdx.x];
}
template <typename T> __global__ void typed(T* p, T v) { *p = v; }

int main() {
  int *d, h = 0;
  OK(cudaMalloc(&d, 64));
  OK(cudaMemset(d, 0, 64));
  plain<<<dim3(2, 3), dim3(8, 2)>>>(d, 10, 2.5, 3);
  OK(cudaGetLastError());
  short a = 1;
  double b = 2;
  char c = 4;
  void* args[] = {&d, &a, &b, &c};
  OK(cudaLaunchKernel(plain, dim3(5), dim3(32), args));
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(1);
  config.blockDim = dim3(1);
  cudaLaunchAttribute attribute;
  attribute.id = cudaLaunchAttributePriority;
  attribute.val.priority = -1;
  config.attrs = &attribute;
  config.numAttrs = 1;
  OK(cudaLaunchKernelEx(&config, plain, d, 1, 1.0f, 'a'));        // converted to the parameters' types
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = 2;
  attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
  EXPECT(cudaErrorInvalidClusterSize, cudaLaunchKernelEx(&config, plain, d, 1, 1.0f, 'a'));
  cudaGetLastError();
  OK(cudaMemcpy(&h, d, 4, cudaMemcpyDeviceToHost));
  CHECK(h == 6 * 2 * 15 + 5 * 7 + 99);          // every row of a block has a thread with threadIdx.x 0
  int pair[2];
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  config.blockDim = dim3(2);
  first_half<<<1, 2>>>(d);
  OK(cudaLaunchKernelEx(&config, second_half, d));
  OK(cudaMemcpy(pair, d + 2, sizeof pair, cudaMemcpyDeviceToHost));
  CHECK(pair[0] == 1 && pair[1] == 0);
  typed<float><<<1, 1>>>((float*)d, 1.5f);
  cudaKernel_t kernel;
  OK(cudaGetKernel(&kernel, typed<float>));
  float v = 2.5f;
  void* targs[] = {&d, &v};
  OK(cudaLaunchKernel((const void*)kernel, dim3(1), dim3(1), targs, 0, 0));
  OK(cudaMemcpy(&v, d, 4, cudaMemcpyDeviceToHost));
  CHECK(v == 2.5f);

  cudaFuncAttributes f;
  OK(cudaFuncGetAttributes(&f, with_shared));
  CHECK(f.maxThreadsPerBlock == 256 && f.sharedSizeBytes == 16384 && f.binaryVersion == 80 && f.numRegs > 0);
  CHECK(f.maxDynamicSharedSizeBytes == 32768);
  const char* name;
  OK(cudaFuncGetName(&name, with_shared));
  CHECK(strstr(name, "with_shared"));
  size_t offset, bytes, count;
  OK(cudaFuncGetParamInfo((const void*)plain, 2, &offset, &bytes));
  CHECK(offset == 16 && bytes == 8);
  OK(cudaFuncGetParamCount((const void*)plain, &count));
  CHECK(count == 4);

  int blocks, grid, block;
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, plain, 1024, 0));
  CHECK(blocks == 2);
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, plain, 32, 0));
  CHECK(blocks == 32);
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, with_shared, 32, 0));
  CHECK(blocks == 9);                            // 164 KB over 16 KB and 1 KB
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, with_shared, 512, 0));
  CHECK(blocks == 0);
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, greedy, 384, 0));
  CHECK(blocks == 1);                            // launch bounds keep their word: one block of that size fits
  OK(cudaOccupancyMaxPotentialBlockSize(&grid, &block, plain, 0, 0));
  CHECK(block > 0 && block % 32 == 0 && grid >= 128);
  OK(cudaOccupancyMaxPotentialBlockSize(&grid, &block, plain, 0, 100));
  CHECK(block <= 100);
  OK(cudaOccupancyAvailableDynamicSMemPerBlock(&bytes, plain, 2, 128));
  CHECK(bytes == (82 << 10) - 1024);

  OK(cudaMemset(d, 0, 8));
  int* result = d + 1;
  void* cargs[] = {&d, &result};
  OK(cudaLaunchCooperativeKernel((void*)whole_grid, dim3(64), dim3(64), cargs, 0, 0));
  OK(cudaMemcpy(&h, result, 4, cudaMemcpyDeviceToHost));
  CHECK(h == 4096);
  EXPECT(cudaErrorCooperativeLaunchTooLarge, cudaLaunchCooperativeKernel((void*)whole_grid, dim3(100000), dim3(64), cargs, 0, 0));
  cudaGetLastError();
  EXPECT(cudaErrorMissingConfiguration, __cudaPopCallConfiguration(0, 0, 0, 0));
  return 0;
}
