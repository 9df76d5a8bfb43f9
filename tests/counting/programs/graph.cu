// A graph of four kernels, of which two do not wait for each other, launched twice; and kernels that launch kernels.
#include <cuda_runtime.h>

__global__ void work(float* a, int turns) {
  float x = a[blockIdx.x * blockDim.x + threadIdx.x];
  for (int t = 0; t < turns; t++) x = x * 0.999f + 0.001f;
  a[blockIdx.x * blockDim.x + threadIdx.x] = x;
}
__global__ void leaf(float* a) { a[threadIdx.x] += 1; }
__global__ void child(float* a) {
  if (threadIdx.x == 0) leaf<<<1, 32>>>(a);
}
__global__ void parent(float* a) {
  if (threadIdx.x == 0) child<<<1, 32>>>(a), work<<<8, 128>>>(a, 10);
}
__global__ void after(float* a) { a[threadIdx.x] *= 2; }

int main() {
  float* a;
  cudaMalloc(&a, 1 << 20);
  cudaMemset(a, 0, 1 << 20);
  cudaGraph_t graph;
  cudaGraphCreate(&graph, 0);
  cudaGraphNode_t nodes[4], empty;
  float* parts[4] = {a, a + 4096, a + 8192, a};
  int turns = 20000;
  for (int i = 0; i < 4; i++) {
    void* arguments[] = {&parts[i], &turns};
    cudaKernelNodeParams p = {};
    p.func = (void*)work, p.gridDim = dim3(4), p.blockDim = dim3(128), p.kernelParams = arguments;
    cudaGraphNode_t waits[] = {nodes[1], empty};
    if (i == 3) cudaGraphAddEmptyNode(&empty, graph, &nodes[2], 1), waits[1] = empty;
    cudaGraphAddKernelNode(&nodes[i], graph, i == 0 ? nullptr : i == 3 ? waits : &nodes[0], i == 0 ? 0 : i == 3 ? 2 : 1, &p);
  }
  cudaGraphExec_t exec;
  cudaGraphInstantiate(&exec, graph, 0);
  cudaGraphLaunch(exec, 0);
  cudaGraphLaunch(exec, 0);
  after<<<1, 32>>>(a);
  parent<<<1, 32>>>(a);
  after<<<1, 32>>>(a);
  return cudaDeviceSynchronize();
}
