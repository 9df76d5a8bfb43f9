// What a stage makes again instead of keeping it: numbers of elements from what all lanes share, tests of a lane's place, results in front of a barrier
// instead of what they are made of, pairs that leave in short rows, addresses that lie as one number between stages. Against the host.
#include <cstdio>
#include <cuda_runtime.h>
#include "arrays.h"

constexpr int kThreads = 128, kPieces = 5, kChunk = kThreads * kPieces;

// The number of the element is known before the barriers and needed behind them; so are the tests of the lane's place in its warp.
__global__ void scan(const int* in, int* out, const int* shifts, int n) {
  __shared__ int totals[kThreads / 32], last, shift;
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, carry = 0;
  for (int e = 0; e < kPieces; ++e) {
    int i = blockIdx.x * kChunk + e * kThreads + threadIdx.x;
    if (threadIdx.x == 0) shift = shifts[e];
    int value = i < n ? in[i] : 0;
    for (int distance = 1; distance < 32; distance *= 2) {
      int left = __shfl_up_sync(0xffffffffu, value, distance);
      if (lane >= distance) value += left;
    }
    if (lane == 31) totals[warp] = value;
    __syncthreads();
    int moved;  // made here, of what all lanes share, but that another thread has written
    asm volatile("add.s32 %0, %1, %2;" : "=r"(moved) : "r"(i), "r"(shift));
    for (int w = 0; w < warp; ++w) value += totals[w];
    value += carry;
    if (threadIdx.x == kThreads - 1) last = value;
    __syncthreads();
    carry = last;
    if (i < n) out[i] = value + (moved % 3 == 0 ? 1000000 : 0);
    __syncthreads();
  }
}

// Lanes leave the loop after different turns; what they had then is still theirs behind the barriers.
__global__ void leave(int* out, const int* turns) {
  __shared__ int seen[kThreads];
  int k = 0, place;
  do asm volatile("mad.lo.s32 %0, %1, 1000, %2;" : "=r"(place) : "r"(k), "r"(int(threadIdx.x)));
  while (++k < turns[threadIdx.x]);
  seen[threadIdx.x] = k;
  __syncthreads();
  int other = seen[threadIdx.x ^ 1];
  __syncthreads();
  seen[threadIdx.x] = place + other;
  __syncthreads();
  out[threadIdx.x] = seen[kThreads - 1 - threadIdx.x] * 2 + place - k;
}

// Eight values are read, two are stored where others have read: the barrier's own result is one of what they are made of.
__global__ void fewer(float* data, int rounds) {
  __shared__ float shared[kThreads * 8];
  int t = threadIdx.x;
  for (int i = 0; i < 8; ++i) shared[i * kThreads + t] = data[i * kThreads + t];
  for (int r = 0; r < rounds; ++r) {
    __syncthreads();
    float v[8];
    for (int i = 0; i < 8; ++i) v[i] = shared[i * kThreads + (t * 5 + i) % kThreads];
    int more = __syncthreads_count(v[0] > 0.0f);
    float sum = v[0] + v[1] * 2.0f - v[2] + v[3] * 0.5f, difference = v[4] - v[5] * 0.25f + v[6] - v[7];
    shared[t] = sum * 0.125f;
    shared[kThreads + t] = difference * 0.5f + float(more) * 0.01f;
  }
  __syncthreads();
  for (int i = 0; i < 8; ++i) data[i * kThreads + t] = shared[i * kThreads + t];
}

// Addresses go from turn to turn across barriers; of one, and of a number that passes 2^32 within a warp, the lanes' values are told, too.
__global__ void places(const float* in, float* out, unsigned long long* told, unsigned start, int turns) {
  __shared__ float shared[kThreads];
  int t = threadIdx.x;
  const float *at = in + t, *other = in + unsigned(t) * 2u;
  unsigned number = start + unsigned(t);
  unsigned long long wide;
  asm volatile("cvt.u64.u32 %0, %1;" : "=l"(wide) : "r"(number));
  float sum = 0.0f;
  for (int i = 0; i < turns; ++i) {
    shared[t] = *at;
    __syncthreads();
    for (int k = 0; k < 16; ++k) sum += shared[(t + k) % kThreads] * float(k + 1);
    sum += *other;
    __syncthreads();
    at += kThreads, other += kThreads;
  }
  out[t] = sum;
  told[t] = wide + (unsigned long long)(other - in);
}

// Pairs go to rows of kRow lanes; of the last row a part stays.
template <int kRow>
__global__ void pairs(float2* out, const float* in, int rows) {
  int t = blockIdx.x * blockDim.x + threadIdx.x, row = t / kRow;
  if (row < rows) out[row * 2 * kRow + t % kRow] = make_float2(in[t], in[t] * 2.0f);
}

static std::vector<float> numbers(size_t n) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = float(i * 37 % 101) - 50.0f;
  return values;
}

static void check_scan() {
  constexpr int blocks = 3, n = blocks * kChunk - 77;
  std::vector<int> in(n), shifts = {0, 7, -3, 2, 100};
  for (int i = 0; i < n; ++i) in[i] = i * 29 % 17 - 5;
  int *d_in = device(in), *d_shifts = device(shifts), *d_out = device(std::vector<int>(n));
  scan<<<blocks, kThreads>>>(d_in, d_out, d_shifts, n);
  std::vector<int> out = taken(d_out, n);
  for (int i = 0, sum = 0; i < n; ++i) {
    sum = i % kChunk ? sum + in[i] : in[i];
    wrong += out[i] != sum + ((i + shifts[i % kChunk / kThreads]) % 3 == 0 ? 1000000 : 0);
  }
  cudaFree(d_in), cudaFree(d_shifts);
}

static void check_leave() {
  std::vector<int> turns(kThreads);
  for (int t = 0; t < kThreads; ++t) turns[t] = t * 7 % 11 + 1;
  int *d_turns = device(turns), *d_out = device(std::vector<int>(kThreads));
  leave<<<1, kThreads>>>(d_out, d_turns);
  std::vector<int> out = taken(d_out, kThreads);
  auto place = [&](int t) { return (turns[t] - 1) * 1000 + t; };
  for (int t = 0; t < kThreads; ++t) {
    int far = kThreads - 1 - t;
    wrong += out[t] != (place(far) + turns[far ^ 1]) * 2 + place(t) - turns[t];
  }
  cudaFree(d_turns);
}

static void check_fewer() {
  constexpr int rounds = 4;
  std::vector<float> data = numbers(kThreads * 8);
  float* d_data = device(data);
  fewer<<<1, kThreads>>>(d_data, rounds);
  std::vector<float> out = taken(d_data, data.size());
  for (int r = 0; r < rounds; ++r) {
    std::vector<float> old = data;
    int more = 0;
    for (int t = 0; t < kThreads; ++t) more += old[t * 5 % kThreads] > 0.0f;
    for (int t = 0; t < kThreads; ++t) {
      float v[8];
      for (int i = 0; i < 8; ++i) v[i] = old[i * kThreads + (t * 5 + i) % kThreads];
      data[t] = (v[0] + v[1] * 2.0f - v[2] + v[3] * 0.5f) * 0.125f;
      data[kThreads + t] = (v[4] - v[5] * 0.25f + v[6] - v[7]) * 0.5f + float(more) * 0.01f;
    }
  }
  for (size_t i = 0; i < data.size(); ++i) wrong += !(out[i] - data[i] < 1e-4f && data[i] - out[i] < 1e-4f);
}

static void check_places() {
  constexpr int turns = 6;
  const unsigned start = 0u - 40u;
  std::vector<float> in = numbers(kThreads * (turns + 1));
  float *d_in = device(in), *d_out = device(std::vector<float>(kThreads));
  auto d_told = device(std::vector<unsigned long long>(kThreads));
  places<<<1, kThreads>>>(d_in, d_out, d_told, start, turns);
  std::vector<float> out = taken(d_out, kThreads);
  auto told = taken(d_told, kThreads);
  for (int t = 0; t < kThreads; ++t) {
    float sum = 0.0f;
    for (int i = 0; i < turns; ++i) {
      for (int k = 0; k < 16; ++k) sum += in[i * kThreads + (t + k) % kThreads] * float(k + 1);
      sum += in[i * kThreads + t * 2];
    }
    wrong += out[t] != sum || told[t] != (unsigned long long)(start + unsigned(t)) + t * 2 + turns * kThreads;
  }
  cudaFree(d_in);
}

template <int kRow>
static void check_pairs() {
  constexpr int threads = 512, rows = threads / kRow - 3;
  std::vector<float> in = numbers(threads);
  float* d_in = device(in);
  float2* d_out = device(std::vector<float2>(threads * 2, make_float2(-1.0f, -1.0f)));
  pairs<kRow><<<threads / 256, 256>>>(d_out, d_in, rows);
  std::vector<float2> out = taken(d_out, threads * 2);
  for (int i = 0; i < threads * 2; ++i) {
    int row = i / (2 * kRow), column = i % (2 * kRow), t = row * kRow + column;
    bool stored = row < rows && column < kRow;
    wrong += out[i].x != (stored ? in[t] : -1.0f) || out[i].y != (stored ? in[t] * 2.0f : -1.0f);
  }
  cudaFree(d_in);
}

int main() {
  check_scan();
  check_leave();
  check_fewer();
  check_places();
  check_pairs<4>();
  check_pairs<8>();
  check_pairs<16>();
  if (cudaError_t error = cudaDeviceSynchronize()) return printf("%s\n", cudaGetErrorString(error)), 1;
  return wrong ? printf("%d wrong\n", wrong), 1 : 0;
}
