// Lanes of one warp that wait for each other: by what is done inside the loop, and by what is done after it.
#include <cstdio>

__global__ void inside(volatile int* value, int count) {  // nothing is written after the loop
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  bool again;
  do {
    again = false;
    for (int at = i; at < count; at += gridDim.x * blockDim.x) {
      if (value[at] >= 0) continue;
      int before = at ? value[at - 1] : 0;
      again |= before < 0;
      if (before >= 0) value[at] = before + 1;
    }
  } while (again);
}

__global__ void after(volatile int* value, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  int before = 0;
  if (i)
    while ((before = value[i - 1]) < 0) {
    }
  value[i] = before + 1;
}

__global__ void locked(int* lock, int* sum) {
  while (atomicCAS(lock, 0, 1) != 0) {
  }
  *reinterpret_cast<volatile int*>(sum) = *reinterpret_cast<volatile int*>(sum) + 1;
  __threadfence();
  atomicExch(lock, 0);
}

int main() {
  const int count = 1000;
  int *value, *lock, bad = 0;
  cudaMallocManaged(&value, count * sizeof(int)), cudaMallocManaged(&lock, 2 * sizeof(int));
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < count; i++) value[i] = -1;
    if (round)
      after<<<10, 100>>>(value, count);
    else
      inside<<<4, 100>>>(value, count);
    if (cudaDeviceSynchronize() != cudaSuccess) return 1;
    for (int i = 0; i < count; i++) bad += value[i] != i + 1;
  }
  locked<<<5, 64>>>(lock, lock + 1);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  printf("%d wrong, %d of 320\n", bad, lock[1]);
  return bad || lock[1] != 320;
}
