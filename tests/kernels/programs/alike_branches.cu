// Both branches of an `if` make the same value of the same, or of something else, or something else of the same. Against the host.
#include <cstdio>
#include <cuda_runtime.h>
#include "arrays.h"

constexpr int kThreads = 192, kValues = 6;

__device__ __forceinline__ long long widened(int x) {
  long long y;
  asm volatile("cvt.s64.s32 %0, %1;" : "=l"(y) : "r"(x));
  return y;
}
template <int kMore>
__device__ __forceinline__ int more(int x) {
  int y;
  asm volatile("add.s32 %0, %1, %2;" : "=r"(y) : "r"(x), "n"(kMore));
  return y;
}
__device__ __forceinline__ unsigned long long both(unsigned low, unsigned high) {
  unsigned long long y;
  asm volatile("mov.b64 %0, {%1, %2};" : "=l"(y) : "r"(low), "r"(high));
  return y;
}

__global__ void branches(long long* out, const int* in, int n) {
  int t = blockIdx.x * blockDim.x + threadIdx.x, value = in[t];
  if (t >= n) return;
  long long same, of_others, others, chain, pair, last = 0;
  if (value % 3 == 0) {
    same = widened(t);
    of_others = widened(value);
    others = more<1>(t);
    chain = widened(more<5>(more<7>(t)));
    pair = both(t, value);
  } else {
    same = widened(t);
    of_others = widened(t);
    others = more<2>(t);
    chain = widened(more<5>(more<7>(t)));
    pair = both(value, t);
  }
  for (int k = 0; k < value; ++k) {  // lanes leave at different turns
    if ((k + t) % 2) last = widened(more<3>(k));
    else last = widened(more<3>(k));
  }
  out[same * kValues] = same, out[same * kValues + 1] = of_others, out[same * kValues + 2] = others;
  out[same * kValues + 3] = chain, out[same * kValues + 4] = pair, out[same * kValues + 5] = last;
}

int main() {
  constexpr int n = 2 * kThreads - 50;
  std::vector<int> in(2 * kThreads);
  for (size_t i = 0; i < in.size(); ++i) in[i] = int(i * 7 % 23);
  int* d_in = device(in);
  long long* d_out = device(std::vector<long long>(in.size() * kValues, -1));
  branches<<<2, kThreads>>>(d_out, d_in, n);
  std::vector<long long> out = taken(d_out, in.size() * kValues);
  for (int t = 0; t < int(in.size()); ++t) {
    long long value = in[t], third = value % 3 == 0, want[kValues] = {-1, -1, -1, -1, -1, -1};
    if (t < n) {
      want[0] = t, want[1] = third ? value : t, want[2] = t + (third ? 1 : 2), want[3] = t + 12;
      want[4] = third ? (value << 32) + t : ((long long)t << 32) + value, want[5] = value ? value + 2 : 0;
    }
    for (int i = 0; i < kValues; ++i) wrong += out[t * kValues + i] != want[i];
  }
  return wrong ? printf("%d wrong\n", wrong), 1 : 0;
}
