// Host code that counts on signed overflow to wrap, as it does where nvcc leaves host code unoptimised.
#include <stdio.h>

__global__ void square(int *data) { data[threadIdx.x + blockIdx.x * blockDim.x] *= threadIdx.x + blockIdx.x * blockDim.x; }

int main() {
  int *data, wrong = 0;
  cudaMallocManaged(&data, 70000 * sizeof(int));
  for (int i = 0; i < 70000; ++i) data[i] = i;
  square<<<70, 1000>>>(data);
  cudaDeviceSynchronize();
  for (int i = 0; i < 70000; ++i)
    if (data[i] != i * i) ++wrong;
  printf(wrong ? "%d wrong\n" : "all right\n", wrong);
  return wrong != 0;
}
