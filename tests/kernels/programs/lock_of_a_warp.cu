// A lock that one lane takes for its warp, and tells the others by a shuffle: all lanes of the warp leave the loop in the same turn, and what they
// write inside is there before that lane gives the lock back, with nothing but the order of the text to say so.
#include <cstdio>

__device__ unsigned list_lock, length, list[4096];

__device__ void acquire(unsigned* lock, int lane) {
  bool taken = true;
  while (taken) {
    if (lane == 1) taken = (atomicOr(lock, 0x80000000u) & 0x80000000u) != 0;
    taken = __shfl_sync(~0u, taken, 1);
  }
  __threadfence();
}

__device__ void release(unsigned* lock, int lane) {
  __threadfence();
  if (lane == 1) atomicAnd(lock, 0x7fffffffu);
}

__global__ void append(int turns) {
  int lane = threadIdx.x & 31;
  for (int turn = 0; turn < turns; turn++) {
    acquire(&list_lock, lane);
    unsigned at = *(volatile unsigned*)&length;
    list[at + 31 - lane] = at + lane;
    // another lane's word is written after its own: the lock is in the word that lane 30 writes
    if (lane == 30) *(volatile unsigned*)&list_lock = 0x80000000u | at;
    if (lane == 0) *(volatile unsigned*)&length = at + 32;
    release(&list_lock, lane);
  }
}

__global__ void broadcasts(int* out, int from) {
  int lane = threadIdx.x & 31, value = lane * lane + threadIdx.x / 32;
  int all = __shfl_sync(~0u, value, from), fixed = __shfl_sync(~0u, value, 7), eights = __shfl_sync(~0u, value, 3, 8);
  int some = 0;
  if (lane & 1) some = __shfl_sync(0xaaaaaaaau, value, from | 1);
  for (int i = 0; i < lane % 5; i++) some += __shfl_sync(__activemask(), value, 31 - (31 - 4));
  out[threadIdx.x] = all + 10 * fixed + 100 * eights + 1000 * some;
}

int main() {
  append<<<2, 64>>>(30);
  static unsigned host[4096];
  unsigned total = 0;
  cudaMemcpyFromSymbol(host, list, sizeof host);
  cudaMemcpyFromSymbol(&total, length, sizeof total);
  bool held = cudaGetLastError() == cudaSuccess && total == 2 * 2 * 30 * 32;
  for (unsigned i = 0; i < total; i++) held = held && host[i] == i / 32 * 32 + 31 - i % 32;
  printf("list %s\n", held ? "right" : "wrong");

  int *out, results[96];
  cudaMalloc(&out, sizeof results);
  broadcasts<<<1, 96>>>(out, 20);
  cudaMemcpy(results, out, sizeof results, cudaMemcpyDeviceToHost);
  bool good = cudaGetLastError() == cudaSuccess;
  for (int i = 0; i < 96; i++) {
    int lane = i % 32, warp = i / 32, first = lane / 8 * 8 + 3;
    int some = (lane & 1 ? 21 * 21 + warp : 0) + lane % 5 * (4 * 4 + warp);
    good = good && results[i] == (400 + warp) + 10 * (49 + warp) + 100 * (first * first + warp) + 1000 * some;
  }
  printf("broadcasts %s\n", good ? "right" : "wrong");
  return !(held && good);
}
