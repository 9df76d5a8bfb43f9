// Each thread waits until the one before it has written: lanes of one warp wait for each other, in plain loops and in counted ones.
#include <cstdio>

__global__ void in_turn(volatile int* value, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  int before = 1;
  if (i > 0)
    while ((before = value[i - 1]) == 0) {}
  value[i] = before + 1;
}

__global__ void solve(volatile int* done, volatile int* x, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  int sum = 1;
  for (int back = 1; back <= i % 5; ++back) {
    while (done[i - back] == 0) {}
    __threadfence();
    sum += x[i - back];
  }
  x[i] = sum;
  __threadfence();
  done[i] = 1;
}

int main() {
  const int count = 200;
  static int host[count], want[count];
  int *value, *done, bad = 0;
  cudaMalloc(&value, sizeof host), cudaMalloc(&done, sizeof host);
  cudaMemset(value, 0, sizeof host), cudaMemset(done, 0, sizeof host);
  in_turn<<<2, 128>>>(value, count);
  if (cudaMemcpy(host, value, sizeof host, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
  for (int i = 0; i < count; i++) bad += host[i] != i + 2;
  solve<<<2, 128>>>(done, value, count);
  if (cudaMemcpy(host, value, sizeof host, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
  for (int i = 0; i < count; i++) {
    want[i] = 1;
    for (int back = 1; back <= i % 5; ++back) want[i] += want[i - back];
    bad += host[i] != want[i];
  }
  printf("%d wrong\n", bad);
  return bad != 0;
}
