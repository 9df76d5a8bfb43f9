// nvcc: -O2
// Arrays of a thread: elements of all sizes, read at places that all lanes share and at places of their own, small and large, in functions that are
// called and call themselves, across barriers, and with an address that gets out. The same code on the host says what is right.
#include <cstdint>
#include <cstdio>
#include <vector>

#define BOTH __host__ __device__

struct Mixed {
  uint8_t flags;
  uint16_t half;
  uint32_t word;
  double real;
};

template <class T, int n>
BOTH uint64_t turned(uint32_t seed, int steps) {  // places of its own
  T a[n];
  for (int i = 0; i < n; ++i) a[i] = T(seed * (i + 1));
  for (int k = 0; k < steps; ++k) {
    int i = (seed + k * 7) % n, j = (seed / 3 + k) % n;
    a[i] = T(a[i] + a[j] + k);
    if ((seed >> k % 16) & 1) a[j] = T(a[j] - a[k % n]);
  }
  uint64_t sum = 0;
#pragma unroll 1
  for (int i = 0; i < n; ++i) sum = sum * 31 + uint64_t(int64_t(a[i]));
  return sum;
}

BOTH uint64_t structures(uint32_t seed, int steps) {
  Mixed a[5];
  for (int i = 0; i < 5; ++i) a[i] = {uint8_t(seed + i), uint16_t(seed * i), seed ^ i, i + seed * 0.5};
  for (int k = 0; k < steps; ++k) {
    Mixed& m = a[(seed + k) % 5];
    m.flags += k;
    m.half ^= m.flags;
    if (m.half & 1) m.word += m.half;
    m.real = m.real * 0.5 + a[k % 5].real;
  }
  uint64_t sum = 0;
  for (int i = 0; i < 5; ++i) sum += a[i].flags + a[i].half + a[i].word + uint64_t(int64_t(a[i].real));
  return sum;
}

BOTH __attribute__((noinline)) uint64_t deep(uint32_t seed, int depth) {  // each call has an array of its own
  uint32_t a[6];
#pragma unroll 1
  for (int i = 0; i < 6; ++i) a[i] = seed + depth * i;
  uint64_t below = depth ? deep(seed * 5 + 1, depth - 1) : seed;
#pragma unroll 1
  for (int i = 0; i < 6; ++i) below = below * 3 + a[(seed + i) % 6];
  return below;
}

BOTH __attribute__((noinline)) void fill(uint16_t* to, int n, uint32_t seed) {  // gets a generic address
#pragma unroll 1
  for (int i = 0; i < n; ++i) to[i] = uint16_t(seed * i + 3);
}
BOTH uint64_t given_away(uint32_t seed) {
  uint16_t a[12];
  fill(a, 12, seed);
  return a[seed % 12] + 7 * a[(seed + 5) % 12];
}

BOTH uint64_t all(int which, uint32_t seed, int steps) {
  switch (which) {
    case 0: return turned<uint8_t, 13>(seed, steps);
    case 1: return turned<int16_t, 16>(seed, steps);
    case 2: return turned<int, 32>(seed, steps);
    case 3: return turned<uint64_t, 9>(seed, steps);
    case 4: return structures(seed, steps);
    case 5: return turned<int, 600>(seed, steps);  // more than a stack holds for all lanes
    case 6: return deep(seed, seed % 5);
    default: return given_away(seed);
  }
}

template <int which>
__global__ void run(uint64_t* to, int n, int steps) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = all(which, i * 2654435761u >> 7, steps + i % 3);
}

__global__ void across(uint64_t* to) {  // arrays live over a barrier
  __shared__ int next[96];
  int a[8], t = threadIdx.x;
#pragma unroll 1
  for (int i = 0; i < 8; ++i) a[i] = t * i;
  for (int k = 0; k < 5; ++k) {
    next[t] = a[(t + k) % 8];
    __syncthreads();
    a[k] += next[(t + 1) % 96];
    __syncthreads();
  }
  to[t] = a[t % 8] + 1000 * a[(t + 3) % 8];
}

static int wrong;

template <int which>
static void check(int threads) {
  const int n = 500, steps = 40;
  uint64_t* to;
  cudaMallocManaged(&to, n * sizeof *to);
  run<which><<<(n + threads - 1) / threads, threads>>>(to, n, steps);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong = printf("error in %d\n", which);
  for (int i = 0; i < n && !wrong; ++i) {
    uint64_t right = all(which, i * 2654435761u >> 7, steps + i % 3);
    if (to[i] != right) wrong = printf("%d with %d threads: [%d] is %llx, not %llx\n", which, threads, i, (long long)to[i], (long long)right);
  }
  cudaFree(to);
}

int main() {
  for (int threads : {32, 33, 128, 250}) {
    check<0>(threads), check<1>(threads), check<2>(threads), check<3>(threads);
    check<4>(threads), check<5>(threads), check<6>(threads), check<7>(threads);
  }
  uint64_t* to;
  cudaMallocManaged(&to, 96 * sizeof *to);
  across<<<1, 96>>>(to);
  cudaDeviceSynchronize();
  std::vector<std::vector<int>> a(96, std::vector<int>(8));
  for (int t = 0; t < 96; ++t)
    for (int i = 0; i < 8; ++i) a[t][i] = t * i;
  for (int k = 0; k < 5; ++k) {
    int next[96];
    for (int t = 0; t < 96; ++t) next[t] = a[t][(t + k) % 8];
    for (int t = 0; t < 96; ++t) a[t][k] += next[(t + 1) % 96];
  }
  for (int t = 0; t < 96; ++t)
    if (to[t] != uint64_t(a[t][t % 8] + 1000 * a[t][(t + 3) % 8])) wrong = printf("across: [%d]\n", t);
  return wrong != 0;
}
