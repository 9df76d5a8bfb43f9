// A flag and a number in one store of 8 or 16 bytes: blocks wait for the flag of the block before and must find its number with it. One thread
// speaks for its block, or each lane for itself, in an order that memory does not have.
#include <cstdio>
#include <vector>

struct Pair { unsigned long long flag, number; };

template <int bytes> __device__ Pair look(const char* at) {
  Pair p;
  if constexpr (bytes == 8) {
    unsigned flag, number;
    asm volatile("ld.relaxed.gpu.v2.u32 {%0, %1}, [%2];" : "=r"(flag), "=r"(number) : "l"(at) : "memory");
    p.flag = flag, p.number = number;
  } else if constexpr (bytes == 16) {
    asm volatile("ld.relaxed.gpu.v2.u64 {%0, %1}, [%2];" : "=l"(p.flag), "=l"(p.number) : "l"(at) : "memory");
  } else {
    unsigned a, b, c, d;
    asm volatile("ld.volatile.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "l"(at) : "memory");
    p.flag = a, p.number = b == 0 && c == d ? c : ~0u;
  }
  return p;
}

template <int bytes> __device__ void publish(char* at, unsigned long long number) {
  if constexpr (bytes == 8) {
    asm volatile("st.relaxed.gpu.v2.u32 [%0], {%1, %2};" : : "l"(at), "r"(1u), "r"((unsigned)number) : "memory");
  } else if constexpr (bytes == 16) {
    asm volatile("st.relaxed.gpu.v2.u64 [%0], {%1, %2};" : : "l"(at), "l"(1ull), "l"(number) : "memory");
  } else {
    asm volatile("st.volatile.v4.u32 [%0], {%1, %2, %3, %3};" : : "l"(at), "r"(1u), "r"(0u), "r"((unsigned)number) : "memory");
  }
}

// The sum of all numbers up to a block's own. `order` mixes the lanes' places; with `one`, thread 0 speaks for all.
template <int bytes> __global__ void chain(char* state, const int* order, unsigned long long* sums, bool one) {
  constexpr int size = bytes == 8 ? 8 : 16;
  if (one && threadIdx.x) return;
  int place = one ? 0 : order[threadIdx.x];
  unsigned long long before = 0;
  if (blockIdx.x) {
    Pair p;
    do p = look<bytes>(state + ((blockIdx.x - 1) * 32 + place) * size);
    while (!p.flag);
    before = p.number;
  }
  unsigned long long sum = before + blockIdx.x + place + 1;
  publish<bytes>(state + (blockIdx.x * 32 + place) * size, sum);
  sums[blockIdx.x * 32 + place] = sum;
}

template <int bytes> int wrong(bool one) {
  const int blocks = 400, turns = 30;
  char* state;
  int* order;
  unsigned long long* sums;
  cudaMalloc(&state, blocks * 32 * 16), cudaMalloc(&order, 32 * 4), cudaMalloc(&sums, blocks * 32 * 8);
  std::vector<int> mixed(32);
  for (int i = 0; i < 32; ++i) mixed[i] = i * 13 % 32;
  cudaMemcpy(order, mixed.data(), 32 * 4, cudaMemcpyHostToDevice);
  std::vector<unsigned long long> got(blocks * 32);
  int bad = 0;
  for (int turn = 0; turn < turns; ++turn) {
    cudaMemset(state, 0, blocks * 32 * 16);
    chain<bytes><<<blocks, 32>>>(state, order, sums, one);
    if (cudaMemcpy(got.data(), sums, blocks * 32 * 8, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
    for (int place = 0; place < (one ? 1 : 32); ++place)
      for (unsigned long long block = 0, sum = 0; block < blocks; ++block) bad += got[block * 32 + place] != (sum += block + place + 1);
  }
  cudaFree(state), cudaFree(order), cudaFree(sums);
  return bad;
}

// One block writes pairs of equal numbers, the other looks at them meanwhile.
template <int bytes> __global__ void watch(char* state, int turns, unsigned* torn) {
  if (threadIdx.x) return;
  if (blockIdx.x == 0) {
    for (int i = 1; i <= turns; ++i) {
      if constexpr (bytes == 8) asm volatile("st.relaxed.gpu.v2.u32 [%0], {%1, %1};" : : "l"(state), "r"(i) : "memory");
      else asm volatile("st.relaxed.gpu.v2.u64 [%0], {%1, %1};" : : "l"(state), "l"((long long)i) : "memory");
    }
    return;
  }
  unsigned bad = 0;
  Pair p;
  do {
    p = look<bytes>(state);
    bad += p.flag != p.number;
  } while (p.flag != turns);
  *torn = bad;
}

template <int bytes> int torn() {
  char* state;
  unsigned* found;
  unsigned bad = 1;
  cudaMalloc(&state, 16), cudaMalloc(&found, 4);
  cudaMemset(state, 0, 16);
  watch<bytes><<<2, 32>>>(state, 300000, found);
  if (cudaMemcpy(&bad, found, 4, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
  cudaFree(state), cudaFree(found);
  return bad;
}

int main() {
  int found[] = {wrong<8>(true), wrong<8>(false), wrong<16>(true), wrong<16>(false), wrong<4>(true), wrong<4>(false), torn<8>(), torn<16>()}, bad = 0;
  for (int n : found) printf("%d ", n), bad += n;
  printf("wrong\n");
  return bad != 0;
}
