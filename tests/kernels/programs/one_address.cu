// Atomics of all lanes on one address: with results that nobody reads, that number the lanes, under divergence, in shared
// and global memory, of 32 and 64 bits; floats only added where every order gives the same.
#include <cstdio>

struct Totals {
  int sum, low, high, bits, odd, exclusive;
  unsigned long long wide;
  float real;
  int next, taken[4096];
  unsigned long long next_wide, taken_wide[4096];
  int shared_next[4096], swapped;
};

__global__ void count(Totals* t, int n) {
  __shared__ int next;
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (threadIdx.x == 0) next = 0;
  __syncthreads();
  if (i < n) {
    for (int k = 0; k < 3; k++) {
      atomicAdd(&t->sum, i + k);
      atomicMin(&t->low, i * 7 % 1000 - 500);
      atomicMax(&t->high, i * 7 % 1000 - 500 + k);
      atomicOr(&t->bits, 1 << (i % 20));
      atomicXor(&t->exclusive, i * 3 + k);
      atomicAdd(&t->wide, 1ull << 33);
      atomicAdd(&t->real, 0.5f);
    }
    if (i % 3 != 1) {
      atomicAdd(&t->odd, i & 1);
      t->taken[atomicAdd(&t->next, 1)] = i + 1;
      int room = i % 5;
      unsigned long long at = atomicAdd(&t->next_wide, (unsigned long long)room);
      for (int k = 0; k < room; k++) t->taken_wide[(at + k) % 4096] += i + 1;
    }
    t->shared_next[blockIdx.x * blockDim.x + atomicAdd(&next, 1)] = i + 1;
    atomicExch(&t->swapped, 77);
  }
}

int main() {
  const int n = 1000;
  int bad = 0;
  for (int threads : {32, 50, 64, 128, 256}) {
    Totals* t;
    cudaMallocManaged(&t, sizeof *t);
    cudaMemset(t, 0, sizeof *t);
    cudaDeviceSynchronize();
    count<<<(n + threads - 1) / threads, threads>>>(t, n);
    if (cudaDeviceSynchronize() != cudaSuccess) return 1;
    int sum = 0, low = 0, high = 0, bits = 0, odd = 0, exclusive = 0, taken = 0, places = 0;
    for (int i = 0; i < n; i++) {
      int v = i * 7 % 1000 - 500;
      for (int k = 0; k < 3; k++) sum += i + k, exclusive ^= i * 3 + k;
      low = v < low ? v : low, high = v + 2 > high ? v + 2 : high, bits |= 1 << (i % 20);
      if (i % 3 != 1) odd += i & 1, taken++, places += i % 5;
    }
    bad += t->sum != sum || t->low != low || t->high != high || t->bits != bits || t->exclusive != exclusive;
    bad += t->wide != 3ull * n << 33 || t->real != 1.5f * n || t->odd != odd || t->next != taken || t->swapped != 77;
    bad += t->next_wide != (unsigned long long)places;
    static int seen[n + 1], room[n + 1], shared[n + 1];
    for (int i = 0; i <= n; i++) seen[i] = room[i] = shared[i] = 0;
    for (int i = 0; i < taken; i++) seen[t->taken[i]]++;
    for (int i = 0; i < places; i++) room[t->taken_wide[i]]++;
    for (int i = 0; i < 4096; i++) shared[t->shared_next[i]]++;
    for (int i = 0; i < n; i++) {
      bool in = i % 3 != 1;
      bad += seen[i + 1] != in || room[i + 1] != (in ? i % 5 : 0) || shared[i + 1] != 1;
    }
    if (bad) printf("%d threads: %d wrong\n", threads, bad);
    cudaFree(t);
  }
  return bad != 0;
}
