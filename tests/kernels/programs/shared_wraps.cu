// Addresses of shared memory have 32 bits: an unsigned index below zero is in front of where it is taken from. Against the host.
#include <cstdio>
#include <cuda_runtime.h>
#include "arrays.h"

constexpr int kThreads = 128;

template <class T>
__global__ void backwards(T* out, const unsigned* indices, const T* in) {
  __shared__ T shared[2 * kThreads];
  unsigned t = threadIdx.x, i = indices[t];
  shared[t] = in[t];
  shared[kThreads + t] = in[kThreads + t];
  __syncthreads();
  const T* middle = shared + kThreads + t % 3;
  T sum = middle[~i];             // element -(i + 1)
  if (i % 2) sum += shared[i];    // by some lanes only
  __syncthreads();
  T* end = shared + 2 * kThreads;
  end[~indices[kThreads + t]] = sum;  // each thread to a place of its own
  __syncthreads();
  out[t] = shared[t];
  out[kThreads + t] = shared[kThreads + t];
}

template <class T>
static void check() {
  std::vector<unsigned> indices(2 * kThreads);
  std::vector<T> in(2 * kThreads), shared(2 * kThreads), sums(kThreads);
  for (unsigned t = 0; t < kThreads; ++t) indices[t] = t * 37 % 101, indices[kThreads + t] = t * 5 % kThreads;
  for (int i = 0; i < 2 * kThreads; ++i) in[i] = T(i * 7 % 120);
  T *d_in = device(in), *d_out = device(shared);
  unsigned* d_indices = device(indices);
  backwards<T><<<1, kThreads>>>(d_out, d_indices, d_in);
  std::vector<T> out = taken(d_out, 2 * kThreads);
  shared = in;
  for (int t = 0; t < kThreads; ++t) {
    int i = int(indices[t]);
    sums[t] = T(in[kThreads + t % 3 - 1 - i] + (i % 2 ? in[i] : T(0)));
  }
  for (int t = 0; t < kThreads; ++t) shared[2 * kThreads - 1 - indices[kThreads + t]] = sums[t];
  for (int i = 0; i < 2 * kThreads; ++i) wrong += out[i] != shared[i];
  cudaFree(d_in), cudaFree(d_indices);
}

int main() {
  check<int>();
  check<double>();
  check<short>();
  check<unsigned char>();
  if (cudaError_t error = cudaDeviceSynchronize()) return printf("%s\n", cudaGetErrorString(error)), 1;
  return wrong ? printf("%d wrong\n", wrong), 1 : 0;
}
