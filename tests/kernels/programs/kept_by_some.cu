// Some lanes load a value and store another in its place; what they loaded is told later. Against the host.
#include <cstdio>
#include <cuda_runtime.h>
#include "arrays.h"

constexpr int kThreads = 128;

__global__ void rows(int* data, int* out, int n) {
  int t = threadIdx.x, kept = -1;
  if (data[t] % 3 != 0) {
    kept = data[n + t];
    data[n + t] = t * 10;
  }
  out[t] = kept;
}

__global__ void scattered(int* data, int* out, const int* places) {
  int t = threadIdx.x, kept = -1, place = places[t];
  if (data[t] % 3 != 0) {
    kept = data[place];
    data[place] = t * 10;
  }
  out[t] = kept;
}

int main() {
  std::vector<int> data(2 * kThreads), places(kThreads);
  for (int i = 0; i < 2 * kThreads; ++i) data[i] = i * 7 % 100;
  for (int t = 0; t < kThreads; ++t) places[t] = kThreads + t * 5 % kThreads;
  int* d_places = device(places);
  for (int way = 0; way < 2; ++way) {
    int *d_data = device(data), *d_out = device(std::vector<int>(kThreads));
    if (way) scattered<<<1, kThreads>>>(d_data, d_out, d_places);
    else rows<<<1, kThreads>>>(d_data, d_out, kThreads);
    std::vector<int> after = taken(d_data, 2 * kThreads), out = taken(d_out, kThreads);
    for (int t = 0; t < kThreads; ++t) {
      int place = way ? places[t] : kThreads + t;
      bool some = data[t] % 3 != 0;
      wrong += out[t] != (some ? data[place] : -1) || after[place] != (some ? t * 10 : data[place]);
    }
  }
  cudaFree(d_places);
  return wrong ? printf("%d wrong\n", wrong), 1 : 0;
}
