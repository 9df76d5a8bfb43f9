// Loops that look at an atomic's result but wait for nobody: numbers drawn from a counter, places searched in a table.
#include <cstdio>

__global__ void draw(int* next, int* done, int count) {
  for (int i = atomicAdd(next, 1); i < count; i = atomicAdd(next, 1)) atomicAdd(&done[i], 1);
}

__global__ void insert(unsigned* table, unsigned size, const unsigned* keys, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  unsigned key = keys[i], at = key * 2654435761u % size;
  for (;;) {
    unsigned old = atomicCAS(&table[at], 0u, key);
    if (old == 0u || old == key) break;
    at = (at + 1) % size;
  }
}

int main() {
  const int count = 5000, size = 1 << 13;
  int *next, *done, bad = 0;
  unsigned *table, *keys;
  cudaMallocManaged(&next, 4), cudaMallocManaged(&done, count * 4);
  cudaMallocManaged(&table, size * 4), cudaMallocManaged(&keys, count * 4);
  for (int i = 0; i < count; i++) keys[i] = 1 + i * 7 % 4000;
  draw<<<6, 96>>>(next, done, count);
  insert<<<(count + 127) / 128, 128>>>(table, size, keys, count);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (int i = 0; i < count; i++) bad += done[i] != 1;
  int found = 0;
  for (int i = 0; i < size; i++) found += table[i] != 0;
  printf("%d wrong, %d of 4000 keys\n", bad, found);
  return bad || found != 4000;
}
