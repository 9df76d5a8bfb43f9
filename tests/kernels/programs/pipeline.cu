// Asynchronous copies in batches (primitives, class, cooperative groups), zero filling, and arrive/wait barriers.
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cuda_awbarrier.h>
#include <cuda_pipeline.h>

#include <cstdio>
#include <cstring>

namespace cg = cooperative_groups;
using namespace nvcuda::experimental;

// Two stages: while one is summed, the next is on its way.
__global__ void staged(const float4* in, float* out, int rounds) {
  __shared__ float4 stage[2][64];
  int t = threadIdx.x;
  float sum = 0;
  __pipeline_memcpy_async(&stage[0][t], &in[t], 16);
  __pipeline_commit();
  for (int r = 0; r < rounds; ++r) {
    if (r + 1 < rounds) __pipeline_memcpy_async(&stage[(r + 1) & 1][t], &in[(r + 1) * 64 + t], 16);
    __pipeline_commit();
    __pipeline_wait_prior(1);
    __syncthreads();
    float4 v = stage[r & 1][63 - t];
    sum += v.x + v.y + v.z + v.w;
    __syncthreads();
  }
  out[t] = sum;
}

// The last `skip` bytes of each copy are zero; the place before and after stays as it was.
template <int size> __global__ void filled(const unsigned char* in, unsigned char* out, int skip) {
  __shared__ __align__(16) unsigned char place[32][size];
  memset(place[threadIdx.x], 0xee, size);
  __pipeline_memcpy_async(place[threadIdx.x], in + threadIdx.x * size, size, skip);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  for (int i = 0; i < size; ++i) out[threadIdx.x * size + i] = place[threadIdx.x][i];
}

struct odd { char c[3]; };
__global__ void objects(const int2* in, const odd* bytes, int* out) {
  __shared__ int2 pairs[64];
  __shared__ odd odds[64];
  __shared__ awbarrier barrier;
  int t = threadIdx.x;
  if (t == 0) init(&barrier, 64);
  __syncthreads();
  pipeline pipe;
  memcpy_async(pairs[t], in[t], pipe);
  size_t first = pipe.commit();
  memcpy_async(odds[t], bytes[t], pipe);
  pipe.wait(first);
  pipe.commit_and_wait();
  for (int phase = 0; phase < 3; ++phase) {
    awbarrier::arrival_token token = barrier.arrive();
    if (t == 63 - phase) token.pending_count();
    barrier.wait(token);
  }
  out[t] = pairs[63 - t].x + pairs[t ^ 32].y + odds[63 - t].c[2];
}

// The copies themselves arrive at the barrier; half of the threads leave it after the first phase.
__global__ void arriving(const int* in, int* out) {
  __shared__ int stage[128];
  __shared__ __mbarrier_t barrier;
  int t = threadIdx.x;
  if (t == 0) __mbarrier_init(&barrier, 128);
  __syncthreads();
  __pipeline_memcpy_async(&stage[t], &in[t], 4);
  __pipeline_arrive_on(&barrier);
  __mbarrier_token_t token = t < 64 ? __mbarrier_arrive(&barrier) : __mbarrier_arrive_and_drop(&barrier);
  while (!__mbarrier_test_wait(&barrier, token)) {
  }
  int sum = stage[127 - t];
  __syncthreads();  // a barrier remembers one phase only: nobody may still wait for the first when the second ends
  if (t >= 64) {
    out[t] = sum;
    return;
  }
  stage[t] = sum + 1000;
  __mbarrier_arrive(&barrier);
  while (!__mbarrier_test_wait_parity(&barrier, true)) {
  }
  out[t] = sum + stage[63 - t];
}

__global__ void grouped(const int* in, int* out, int count) {
  __shared__ int stage[256];
  cg::thread_block block = cg::this_thread_block();
  cg::memcpy_async(block, stage, in, sizeof(int) * count);
  cg::wait(block);
  for (int i = threadIdx.x; i < count; i += blockDim.x) out[i] = stage[count - 1 - i];
  block.sync();
  auto warp = cg::tiled_partition<32>(block);
  cg::memcpy_async(warp, stage + 128 * warp.meta_group_rank(), 100, in, 50);
  cg::wait_prior<0>(warp);
  if (warp.thread_rank() == 3) out[count + warp.meta_group_rank()] = stage[128 * warp.meta_group_rank() + 49];
}

template <class T> T* managed(int count) {
  T* at;
  cudaMallocManaged(&at, count * sizeof(T));
  return at;
}
static int wrong;
static void expect(const char* what, int at, double found, double wanted) {
  if (found != wanted && wrong++ < 12) std::printf("%s %d: %g, not %g\n", what, at, found, wanted);
}

template <int size> static void fills() {
  unsigned char *in = managed<unsigned char>(32 * size), *out = managed<unsigned char>(32 * size);
  for (int i = 0; i < 32 * size; ++i) in[i] = 1 + i % 200;
  for (int skip = 0; skip <= size; ++skip) {
    filled<size><<<1, 32>>>(in, out, skip);
    cudaDeviceSynchronize();
    for (int i = 0; i < 32 * size; ++i) expect("filled", size * 100 + skip, out[i], i % size < size - skip ? in[i] : 0);
  }
}

int main() {
  float4* in = managed<float4>(64 * 5);
  float* sums = managed<float>(64);
  for (int i = 0; i < 64 * 5; ++i) in[i] = make_float4(i, 2, 3, 4);
  staged<<<1, 64>>>(in, sums, 5);
  cudaDeviceSynchronize();
  for (int t = 0; t < 64; ++t) expect("staged", t, sums[t], 5 * (63 - t) + 64 * 10 + 45);
  fills<4>();
  fills<8>();
  fills<16>();

  int2* pairs = managed<int2>(64);
  odd* odds = managed<odd>(64);
  int* ints = managed<int>(256);
  int* out = managed<int>(512);
  for (int i = 0; i < 64; ++i) pairs[i] = make_int2(i * 3, i * 1000), odds[i].c[2] = i;
  for (int i = 0; i < 256; ++i) ints[i] = i * i;
  objects<<<1, 64>>>(pairs, odds, out);
  cudaDeviceSynchronize();
  for (int t = 0; t < 64; ++t) expect("objects", t, out[t], (63 - t) * 4 + (t ^ 32) * 1000);
  arriving<<<1, 128>>>(ints, out);
  cudaDeviceSynchronize();
  for (int t = 0; t < 128; ++t) {
    int one = ints[127 - t];
    expect("arriving", t, out[t], t < 64 ? one + ints[64 + t] + 1000 : one);
  }
  grouped<<<1, 64>>>(ints, out, 200);
  expect("error", 0, cudaDeviceSynchronize(), 0);
  for (int i = 0; i < 200; ++i) expect("grouped", i, out[i], ints[199 - i]);
  for (int w = 0; w < 2; ++w) expect("grouped warp", w, out[200 + w], ints[49]);
  std::printf("%d wrong\n", wrong);
  return wrong != 0;
}
