// One element too far, as programs with `i > n` for `i >= n` go: unpunished on a GPU, where pages are large.
#include <cstdio>

__global__ void fill(int* at, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) at[i] = i;
}

int main() {
  for (int n : {64, 1024, 1 << 18, 1 << 20}) {
    int *at, last;
    cudaMalloc(&at, n * sizeof(int));
    fill<<<n / 64 + 1, 64>>>(at, n);
    cudaError_t error = cudaMemcpy(&last, at + n - 1, sizeof last, cudaMemcpyDeviceToHost);
    if (error != cudaSuccess || last != n - 1) return printf("%d: %s\n", n, cudaGetErrorString(error)), 1;
  }
  return 0;
}
