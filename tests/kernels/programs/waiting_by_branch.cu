// Warps of one block that wait for each other, where a branch on what was read, not the value itself, ends the loop.
#include <cstdio>

__global__ void chain(volatile int* value, int count) {
  int warp = threadIdx.x / 32;
  bool again;
  do {
    again = false;
    for (int i = threadIdx.x; __any_sync(~0u, i < count); i += blockDim.x) {
      bool open = false;
      if (i < count && value[i] < 0) {
        int next = i + 33 < count ? value[i + 33] : 0;  // the next warp's
        open = next < 0;
        if (!open) value[i] = next + 1;
      }
      if (__any_sync(~0u, open)) again = true;
    }
  } while (__any_sync(~0u, again));
  if (warp > 1000) value[0] = 0;
}

int main() {
  const int count = 33 * 8 - 8;
  int host[count], *value;
  for (int& v : host) v = -1;
  cudaMalloc(&value, sizeof host);
  cudaMemcpy(value, host, sizeof host, cudaMemcpyHostToDevice);
  chain<<<1, 256>>>(value, count);
  if (cudaMemcpy(host, value, sizeof host, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
  int bad = 0;
  for (int i = 0; i < count; i++) bad += host[i] != (count - 1 - i) / 33 + 1;
  printf("%d wrong\n", bad);
  return bad != 0;
}
