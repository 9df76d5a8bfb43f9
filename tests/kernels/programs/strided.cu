// Elements of structures, columns of tiles, halves of 16-byte copies: reads and writes with constant steps, up to the last byte of an array.
#include <cstdio>
#include <cstdint>
#include <vector>

#include "arrays.h"

template <class T, int step, int offset>
__global__ void pick(const T* from, T* to) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  to[i] = from[i * step + offset];
}
template <class T, int step, int offset>
__global__ void put(const T* from, T* to) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  to[i * step + offset] = from[i];
}
__global__ void swap_halves(const ulonglong2* from, ulonglong2* to) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  ulonglong2 both = from[i];
  to[i].y = both.x;
  to[i].x = both.y;
}
template <int kWidth, int kHeight>
__global__ void turn(const int* from, int* to) {  // a tile of kWidth x kWidth, read by columns
  __shared__ int tile[kWidth][kWidth + 1];
  for (int y = threadIdx.y; y < kWidth; y += kHeight) tile[y][threadIdx.x] = from[y * kWidth + threadIdx.x];
  __syncthreads();
  for (int y = threadIdx.y; y < kWidth; y += kHeight) to[y * kWidth + threadIdx.x] = tile[threadIdx.x][y];
}

template <class T, int step, int offset>
static void strided(int threads) {
  const int n = 256;
  std::vector<T> many(n * step), few(n);
  for (int i = 0; i < n * step; ++i) many[i] = T(i * 2654435761u);
  for (int i = 0; i < n; ++i) few[i] = T(i * 40503u + 7);
  T *d_many = device(many), *d_few = device(few), *d_to = device(few);
  pick<T, step, offset><<<n / threads, threads>>>(d_many, d_to);
  put<T, step, offset><<<n / threads, threads>>>(d_few, d_many);
  auto picked = taken(d_to, n);
  auto written = taken(d_many, n * step);
  for (int i = 0; i < n; ++i) wrong += picked[i] != many[i * step + offset];
  for (int i = 0; i < n * step; ++i) wrong += written[i] != (i % step == offset ? few[i / step] : many[i]);
  cudaFree(d_few);
}
template <class T>
static void steps() {
  for (int threads : {32, 64, 128, 256}) {
    strided<T, 2, 0>(threads), strided<T, 2, 1>(threads), strided<T, 3, 2>(threads), strided<T, 4, 3>(threads), strided<T, 5, 4>(threads);
  }
}
template <int kWidth, int kHeight>
static void turned() {
  std::vector<int> values(kWidth * kWidth);
  for (int i = 0; i < kWidth * kWidth; ++i) values[i] = i * 31 + 5;
  int *from = device(values), *to = device(values);
  turn<kWidth, kHeight><<<1, dim3(kWidth, kHeight)>>>(from, to);
  auto got = taken(to, kWidth * kWidth);
  for (int y = 0; y < kWidth; ++y)
    for (int x = 0; x < kWidth; ++x) wrong += got[y * kWidth + x] != values[x * kWidth + y];
  cudaFree(from);
}

int main() {
  steps<uint32_t>(), steps<uint64_t>(), steps<uint16_t>(), steps<uint8_t>();
  turned<32, 8>(), turned<32, 2>(), turned<32, 4>(), turned<16, 16>(), turned<16, 4>(), turned<32, 32>(), turned<8, 8>();
  std::vector<ulonglong2> pairs(512);
  for (int i = 0; i < 512; ++i) pairs[i] = make_ulonglong2(i * 3ull, ~0ull - i);
  ulonglong2 *from = device(pairs), *to = device(pairs);
  swap_halves<<<4, 128>>>(from, to);
  auto got = taken(to, 512);
  for (int i = 0; i < 512; ++i) wrong += got[i].x != pairs[i].y || got[i].y != pairs[i].x;
  wrong += cudaDeviceSynchronize() != cudaSuccess;
  printf("%s: %d wrong\n", wrong ? "FAIL" : "PASS", wrong);
  return wrong != 0;
}
