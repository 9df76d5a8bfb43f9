// Atomics on scattered addresses, taken lane by lane: whole groups and parted ones, indices of both signs, several widths, with and without the
// old value. And one thread of a wide group that leaves a value for all: the lane that stores is found when the kernel runs.
// isa: native avx2 generic
#include <cstdint>
#include <cstdio>

constexpr int kThreads = 256, kBlocks = 6, kBins = 61;

__device__ __host__ uint32_t mixed(uint32_t x) {
  x = (x ^ 61) ^ (x >> 16);
  x *= 9;
  x = (x ^ (x >> 4)) * 0x27d4eb2d;
  return x ^ (x >> 15);
}

// `middle` points into the table's middle: indices run from -30 to 30.
__global__ void scattered(int* middle, unsigned long long* sums, uint32_t* most, uint32_t* seen, int turns) {
  __shared__ uint32_t counts[kBins];
  __shared__ unsigned long long wide[kBins];
  if (threadIdx.x < kBins) counts[threadIdx.x] = 0, wide[threadIdx.x] = 0;
  __syncthreads();
  for (int i = 0; i < turns; i++) {
    uint32_t number = mixed((blockIdx.x * turns + i) * kThreads + threadIdx.x);
    int bin = int(number % kBins);
    atomicAdd(middle + (bin - kBins / 2), int(number & 255) - 100);
    atomicAdd(&counts[bin], number & 7);
    atomicAdd(&wide[bin], (unsigned long long)number << 8);
    if (number & 64) {
      uint32_t old = atomicMax(&most[bin], number);
      if (old < number) atomicOr(&seen[bin], 1u << (number >> 27));
    }
  }
  __syncthreads();
  if (threadIdx.x < kBins) atomicAdd(&sums[threadIdx.x], wide[threadIdx.x] + counts[threadIdx.x]);
}

template <class T>
__global__ void left_by_one(T* out, int which) {
  __shared__ T left;
  T mine = T(threadIdx.x * 3 + blockIdx.x);
  for (int i = 0; i < 3; i++) {
    __syncthreads();
    if (threadIdx.x == (which + 37 * i) % kThreads) left = mine;
    __syncthreads();
    mine += left;
  }
  out[blockIdx.x * kThreads + threadIdx.x] = mine;
}

// A lane of each warp, or the last of those that hold, leaves the warp's value: known to the compiler, and only when it runs.
template <class T>
__global__ void left_by_warps(T* out, int which, int divisor) {
  __shared__ T fixed[kThreads / 32], found[kThreads / 32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  T mine = T(threadIdx.x * 5 + blockIdx.x);
  if (threadIdx.x < kThreads / 32) fixed[threadIdx.x] = found[threadIdx.x] = T(1);
  __syncthreads();
  if (lane == 31) fixed[warp] = mine;
  if (lane == (which + warp) % 32 && warp % divisor) found[warp] = mine;
  __syncthreads();
  if (lane == which % 32) out[(blockIdx.x * kThreads + threadIdx.x) / 32] = fixed[warp] + found[warp];
}

template <class T>
int check_warps(T* out, int which) {
  left_by_warps<<<kBlocks, kThreads>>>(out, which, 3);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (int i = 0; i < kBlocks * kThreads / 32; i++) {
    int block = i / (kThreads / 32), warp = i % (kThreads / 32);
    T fixed = T((warp * 32 + 31) * 5 + block), found = warp % 3 ? T((warp * 32 + (which + warp) % 32) * 5 + block) : T(1);
    if (out[i] != T(fixed + found)) return printf("left by lane %d of warp %d, %d bytes\n", which, i, int(sizeof(T)));
  }
  return 0;
}

template <class T>
int check(T* out, int which) {
  if (check_warps(out, which)) return 1;
  left_by_one<<<kBlocks, kThreads>>>(out, which);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (int block = 0; block < kBlocks; block++) {
    T mine[kThreads];
    for (int t = 0; t < kThreads; t++) mine[t] = T(t * 3 + block);
    for (int i = 0; i < 3; i++) {
      T left = mine[(which + 37 * i) % kThreads];
      for (int t = 0; t < kThreads; t++) mine[t] += left;
    }
    for (int t = 0; t < kThreads; t++)
      if (out[block * kThreads + t] != mine[t]) return printf("left by %d, thread %d, %d bytes\n", which, t, int(sizeof(T)));
  }
  return 0;
}

int main() {
  const int turns = 9;
  int* table;
  unsigned long long* sums;
  uint32_t *most, *seen;
  void* out;
  cudaMallocManaged(&table, kBins * sizeof *table);
  cudaMallocManaged(&sums, kBins * sizeof *sums);
  cudaMallocManaged(&most, kBins * sizeof *most);
  cudaMallocManaged(&seen, kBins * sizeof *seen);
  cudaMallocManaged(&out, kBlocks * kThreads * 8);
  scattered<<<kBlocks, kThreads>>>(table + kBins / 2, sums, most, seen, turns);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  int expected[kBins] = {}, bad = 0;
  unsigned long long totals[kBins] = {};
  uint32_t largest[kBins] = {};
  for (uint32_t i = 0; i < uint32_t(kBlocks * turns * kThreads); i++) {
    uint32_t number = mixed(i), bin = number % kBins;
    expected[bin] += int(number & 255) - 100;
    totals[bin] += ((unsigned long long)number << 8) + (number & 7);
    if (number & 64 && number > largest[bin]) largest[bin] = number;
  }
  for (int bin = 0; bin < kBins; bin++) {
    if (table[bin] == expected[bin] && sums[bin] == totals[bin] && most[bin] == largest[bin] && seen[bin] >> (largest[bin] >> 27) & 1) continue;
    bad++, printf("bin %d: %d %llu %u, not %d %llu %u\n", bin, table[bin], sums[bin], most[bin], expected[bin], totals[bin], largest[bin]);
  }
  for (int which : {0, 7, 8, 31, 100, 143, 255})
    bad += check((uint8_t*)out, which) + check((uint16_t*)out, which) + check((float*)out, which) + check((double*)out, which);
  return bad != 0;
}
