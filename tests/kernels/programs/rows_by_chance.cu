// Indices from memory that are rows in some launches, blocks, warps and turns and anything in others, after each other: what is learnt of an access
// must not change what it does.
// isa: native avx2
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

template <class T>
__global__ void copy(const T* from, T* to, const int* places, int n) {  // from[places] to[places]
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) to[places[i]] = from[places[i]] + T(1);
}
template <class T>
__global__ void some(const T* from, T* to, const int* places, int n, int every) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && i % every) to[places[i]] = from[places[n - 1 - i]];
}

static int wrong;
template <class T>
static void run(int n) {
  std::vector<T> from(n), got(n);
  std::vector<int> places(n);
  T *d_from, *d_to;
  int* d_places;
  cudaMalloc(&d_from, n * sizeof(T)), cudaMalloc(&d_to, n * sizeof(T)), cudaMalloc(&d_places, n * sizeof(int));
  for (int i = 0; i < n; ++i) from[i] = T(i * 2654435761u >> 3);
  cudaMemcpy(d_from, from.data(), n * sizeof(T), cudaMemcpyHostToDevice);
  for (int way = 0; way < 10; ++way) {
    for (int i = 0; i < n; ++i) places[i] = i;
    int part = way % 5 == 4 ? n / 2 : way % 5 == 3 ? 48 : n;  // as far as it is no row
    for (int i = part - 1; i > 0 && way % 5; --i) std::swap(places[i], places[(i * 40503u + way * 7919u) % (i + 1)]);
    if (way % 5 == 2) {
      for (int i = 0; i < n; ++i) places[i] = (i + 5) % n;
    }
    cudaMemcpy(d_places, places.data(), n * sizeof(int), cudaMemcpyHostToDevice);
    std::vector<T> want(n), zero(n);
    cudaMemcpy(d_to, zero.data(), n * sizeof(T), cudaMemcpyHostToDevice);
    copy<T><<<way % 2 ? 80 : 3, 96>>>(d_from, d_to, d_places, n);
    for (int i = 0; i < n; ++i) want[places[i]] = from[places[i]] + T(1);
    cudaMemcpy(got.data(), d_to, n * sizeof(T), cudaMemcpyDeviceToHost);
    if (got != want) printf("copy, %d bytes, way %d\n", int(sizeof(T)), way), ++wrong;
    int every = 2 + way % 3 * 31;
    some<T><<<(n + 127) / 128, 128>>>(d_from, d_to, d_places, n, every);
    for (int i = 0; i < n; ++i) {
      if (i % every) want[places[i]] = from[places[n - 1 - i]];
    }
    cudaMemcpy(got.data(), d_to, n * sizeof(T), cudaMemcpyDeviceToHost);
    if (got != want) printf("some, %d bytes, way %d\n", int(sizeof(T)), way), ++wrong;
  }
}

int main() {
  run<uint32_t>(10007), run<uint64_t>(10007), run<uint16_t>(999);
  return wrong != 0;
}
