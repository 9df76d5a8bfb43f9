// Threads that meet a partner at a distance known only at run time: t ^ d, 2 t - (t & (d - 1)), (t & ~(d - 1)) * 2 + (t & (d - 1)), t | d. With
// distances that are powers of two and others, below a vector's lanes and beyond, elements of 1 to 8 bytes, lanes that are off, blocks that are no
// multiple of a warp, whole sorts in shared and in global memory.
// isa: native avx512 avx2 generic
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "arrays.h"

template <class T, class Index>
__global__ void fetch_partner(const T* from, T* to, int n, Index distance) {
  Index t = blockIdx.x * blockDim.x + threadIdx.x, partner = t ^ distance;
  if (t < n && partner < n) to[t] = from[partner];
}
template <class T, class Index>
__global__ void put_to_partner(const T* from, T* to, int n, Index distance) {
  Index t = blockIdx.x * blockDim.x + threadIdx.x;
  to[t ^ distance] = from[t] + T(1);  // all partners are there
}
template <class T>
__global__ void partner_of_odd(const T* from, T* to, int n, int distance) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (from[t] & 1) to[t ^ distance] = from[t ^ distance] * T(3);
}
template <class T>
__global__ void pairs(T* values, int distance) {  // each thread a pair, the order of a sorting network
  int t = blockIdx.x * blockDim.x + threadIdx.x, i = 2 * t - (t & (distance - 1));
  T a = values[i], b = values[i + distance];
  values[i] = a + b * T(5), values[i + distance] = a ^ b;
}
template <class T>
__global__ void halves(const T* from, T* to, int distance) {  // as a Fourier transform spreads its results
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  int i = (t & ~(distance - 1)) * 2 + (t & (distance - 1));
  to[i] = from[t];
}
__global__ void set_bits(const int* from, int* to, int bits) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  to[t] = from[t | bits] + from[t & bits];
}
__global__ void structures(const int2* from, int4* to, int distance) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  int2 a = from[t ^ distance];
  to[t ^ distance ^ 1] = make_int4(a.x, a.y, t, distance);
}
template <class T>
__global__ void sort_shared(T* keys, int n) {  // one block
  extern __shared__ char memory[];
  T* mine = (T*)memory;
  int t = threadIdx.x;
  mine[t] = keys[blockIdx.x * n + t];
  for (int length = 2; length <= n; length *= 2) {
    for (int distance = length / 2; distance > 0; distance /= 2) {
      __syncthreads();
      int partner = t ^ distance;
      if (partner > t) {
        T a = mine[t], b = mine[partner];
        if ((a > b) == ((t & length) == 0)) mine[t] = b, mine[partner] = a;
      }
    }
  }
  __syncthreads();
  keys[blockIdx.x * n + t] = mine[t];
}
template <class T>
__global__ void sort_step(T* keys, int distance, int length) {
  unsigned t = threadIdx.x + blockDim.x * blockIdx.x, partner = t ^ distance;
  if (partner <= t) return;
  T a = keys[t], b = keys[partner];
  if ((t & length) == 0 ? a > b : a < b) keys[t] = b, keys[partner] = a;
}
__global__ void planes(const float* from, float* to, int distance) {  // 16 x 16 threads
  __shared__ float tile[16][16];
  int x = threadIdx.x, y = threadIdx.y;
  tile[y][x ^ distance] = from[y * 16 + x];
  __syncthreads();
  to[y * 16 + x] = tile[y ^ distance][x] + tile[x ^ distance][y];
}

template <class T>
static std::vector<T> numbers(int n) {
  std::vector<T> values(n);
  for (int i = 0; i < n; ++i) values[i] = T((i + 1) * 0x9E3779B97F4A7C15ull >> 13);
  return values;
}
template <class T>
static void check(const char* what, int distance, const std::vector<T>& got, const std::vector<T>& want) {
  if (got != want) printf("%s, %d bytes, distance %d\n", what, int(sizeof(T)), distance), ++wrong;
}

template <class T, class Index>
static void partners(int threads) {
  const int n = 6 * threads, whole = 512;
  auto from = numbers<T>(std::max(n, whole));
  T* d_from = device(from);
  for (int distance : {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 48, 63, 64, 100, 128, 255, 256}) {
    std::vector<T> want(n, T(9));
    T* d_to = device(want);
    fetch_partner<T, Index><<<7, threads>>>(d_from, d_to, n, Index(distance));
    for (int t = 0; t < n; ++t) {
      if ((t ^ distance) < n) want[t] = from[t ^ distance];
    }
    check("fetch", distance, taken(d_to, n), want);
    want.assign(whole, T(9));
    d_to = device(want);
    put_to_partner<T, Index><<<4, 128>>>(d_from, d_to, whole, Index(distance));
    for (int t = 0; t < whole; ++t) want[t ^ distance] = from[t] + T(1);
    check("put", distance, taken(d_to, whole), want);
  }
  cudaFree(d_from);
}

template <class T>
static void forms() {
  const int n = 512;
  auto from = numbers<T>(2 * n);
  T* d_from = device(from);
  for (int distance : {1, 2, 4, 8, 16, 32, 64, 128, 3, 24}) {
    std::vector<T> want(n, T(9));
    T* d_to = device(want);
    partner_of_odd<T><<<2, 256>>>(d_from, d_to, n, distance);
    for (int t = 0; t < n; ++t) {
      if (from[t] & 1) want[t ^ distance] = from[t ^ distance] * T(3);
    }
    check("odd", distance, taken(d_to, n), want);
    if (distance & (distance - 1)) continue;
    want = from;
    d_to = device(want);
    pairs<T><<<4, 128>>>(d_to, distance);
    for (int t = 0; t < n; ++t) {
      int i = 2 * t - (t & (distance - 1));
      T a = want[i], b = want[i + distance];
      want[i] = a + b * T(5), want[i + distance] = a ^ b;
    }
    check("pairs", distance, taken(d_to, 2 * n), want);
    want.assign(2 * n, T(9));
    d_to = device(want);
    halves<T><<<4, 128>>>(d_from, d_to, distance);
    for (int t = 0; t < n; ++t) want[(t & ~(distance - 1)) * 2 + (t & (distance - 1))] = from[t];
    check("halves", distance, taken(d_to, 2 * n), want);
  }
  cudaFree(d_from);
}

template <class T>
static void sorts() {
  for (int n : {8, 64, 512}) {
    auto keys = numbers<T>(3 * n);
    T* d_keys = device(keys);
    sort_shared<T><<<3, n, n * sizeof(T)>>>(d_keys, n);
    for (int i = 0; i < 3; ++i) std::sort(keys.begin() + i * n, keys.begin() + (i + 1) * n);
    check("sort in shared memory", n, taken(d_keys, 3 * n), keys);
  }
  const int n = 2048;
  auto keys = numbers<T>(n);
  T* d_keys = device(keys);
  for (int length = 2; length <= n; length *= 2) {
    for (int distance = length / 2; distance > 0; distance /= 2) sort_step<T><<<n / 256, 256>>>(d_keys, distance, length);
  }
  std::sort(keys.begin(), keys.end());
  check("sort in global memory", n, taken(d_keys, n), keys);
}

static void others() {
  const int n = 256;
  auto from = numbers<int>(2 * n);
  int* d_from = device(from);
  for (int bits = 0; bits < n; bits = bits < 20 ? bits + 1 : bits * 2 - 7) {
    std::vector<int> want(n);
    int* d_to = device(want);
    set_bits<<<2, 128>>>(d_from, d_to, bits);
    for (int t = 0; t < n; ++t) want[t] = from[t | bits] + from[t & bits];
    check("bits", bits, taken(d_to, n), want);
    std::vector<int> quads(4 * n);
    int* d_quads = device(quads);
    structures<<<2, 128>>>((int2*)d_from, (int4*)d_quads, bits);
    for (int t = 0; t < n; ++t) {
      int *q = &quads[4 * (t ^ bits ^ 1)], *p = &from[2 * (t ^ bits)];
      q[0] = p[0], q[1] = p[1], q[2] = t, q[3] = bits;
    }
    check("structures", bits, taken(d_quads, 4 * n), quads);
    if (bits > 15) continue;
    std::vector<float> tile(n), sums(n);
    for (int i = 0; i < n; ++i) tile[i] = float(from[i] & 0xFFFF);
    float *d_tile = device(tile), *d_sums = device(sums);
    planes<<<1, dim3(16, 16)>>>(d_tile, d_sums, bits);
    for (int y = 0; y < 16; ++y) {
      for (int x = 0; x < 16; ++x) sums[y * 16 + x] = tile[(y ^ bits) * 16 + (x ^ bits)] + tile[(x ^ bits) * 16 + (y ^ bits)];
    }
    check("planes", bits, taken(d_sums, n), sums);
    cudaFree(d_tile);
  }
  cudaFree(d_from);
}

int main() {
  partners<uint8_t, int>(64), partners<uint16_t, int>(100), partners<uint32_t, int>(64), partners<uint32_t, unsigned>(37);
  partners<uint32_t, long long>(128), partners<uint64_t, long long>(64), partners<uint64_t, int>(33);
  forms<uint8_t>(), forms<uint16_t>(), forms<uint32_t>(), forms<uint64_t>();
  sorts<uint8_t>(), sorts<int16_t>(), sorts<int>(), sorts<double>();
  others();
  return wrong != 0;
}
