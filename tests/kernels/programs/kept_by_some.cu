// Some lanes load a value and store another in its place; what they loaded is told later. Against the host.
#include <cstdio>
#include <cuda_runtime.h>
#include "arrays.h"

constexpr int kThreads = 128;

__global__ void rows(int* data, int* out) {
  int t = threadIdx.x, kept = -1;
  if (data[t] % 3 != 0) {
    kept = data[kThreads + t];
    data[kThreads + t] = t * 10;
  }
  out[t] = kept;
}

// In assembly, where nothing puts a branch around the pair.
__global__ void shared_rows(int* data, int* out) {
  __shared__ int shared[kThreads];
  int t = threadIdx.x, kept = -1;
  shared[t] = data[kThreads + t];
  __syncthreads();
  if (t % 2 == 1 && data[t] % 3 != 0) {
    unsigned place = unsigned(__cvta_generic_to_shared(shared + t));
    asm volatile("ld.shared.s32 %0, [%1];" : "=r"(kept) : "r"(place) : "memory");
    asm volatile("st.shared.s32 [%0], %1;" : : "r"(place), "r"(t * 10) : "memory");
  }
  out[t] = kept;
}

__global__ void scattered(int* data, int* out) {
  int t = threadIdx.x, kept = -1, place = kThreads + t * 5 % kThreads;
  if (data[t] % 3 != 0) {
    kept = data[place];
    data[place] = t * 10;
  }
  out[t] = kept;
}

int main() {
  std::vector<int> data(2 * kThreads);
  for (int i = 0; i < 2 * kThreads; ++i) data[i] = i * 7 % 100;
  for (auto kernel : {rows, shared_rows, scattered}) {
    int *d_data = device(data), *d_out = device(std::vector<int>(kThreads));
    kernel<<<1, kThreads>>>(d_data, d_out);
    std::vector<int> after = taken(d_data, 2 * kThreads), out = taken(d_out, kThreads);
    for (int t = 0; t < kThreads; ++t) {
      int place = kThreads + (kernel == scattered ? t * 5 % kThreads : t);
      bool some = data[t] % 3 != 0 && (kernel != shared_rows || t % 2 == 1);
      wrong += out[t] != (some ? data[place] : -1) || after[place] != (some && kernel != shared_rows ? t * 10 : data[place]);
    }
  }
  return wrong ? printf("%d wrong\n", wrong), 1 : 0;
}
