// Microbenchmarks: each kernel keeps one unit busy and nothing else. bench/validation/microbenchmarks.py records what they ask of a chip, and holds the price
// against the published peaks.
#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

__global__ void fp32_loop(float* c, int turns) {  // eight chains a thread
  float x[8];
  for (int i = 0; i < 8; ++i) x[i] = 0.001f * (threadIdx.x + i);
  for (int t = 0; t < turns; ++t) {
#pragma unroll
    for (int k = 0; k < 64; ++k) {
#pragma unroll
      for (int i = 0; i < 8; ++i) x[i] = fmaf(x[i], 0.999f, 0.001f);
    }
  }
  float sum = 0.0f;
  for (int i = 0; i < 8; ++i) sum += x[i];
  if (sum == -1.0f) *c = sum;  // never: the store is no part of what is measured
}

// Four chains of matrix instructions a warp; all elements of both operands are `one`, so that every sum grows by the depth.
#define MMA_LOOP(NAME, SUM, CONSTRAINT, ONE, TEXT)                                                                                 \
  __global__ void NAME(float* c, int turns) {                                                                                      \
    SUM d[4][4] = {};                                                                                                              \
    uint32_t one = ONE;                                                                                                            \
    for (int t = 0; t < turns; ++t) {                                                                                              \
      _Pragma("unroll") for (int k = 0; k < 4; ++k) {                                                                              \
        _Pragma("unroll") for (int i = 0; i < 4; ++i) {                                                                            \
          asm volatile(TEXT " {%0, %1, %2, %3}, {%4, %4, %4, %4}, {%4, %4}, {%0, %1, %2, %3};"                                     \
                       : CONSTRAINT(d[i][0]), CONSTRAINT(d[i][1]), CONSTRAINT(d[i][2]), CONSTRAINT(d[i][3])                        \
                       : "r"(one));                                                                                                \
        }                                                                                                                          \
      }                                                                                                                            \
    }                                                                                                                              \
    float sum = float(d[0][0] + d[1][1] + d[2][2] + d[3][3]);                                                                      \
    if (blockIdx.x == 0 || sum == -1.0f) c[threadIdx.x] = sum;                                                                     \
  }

MMA_LOOP(tf32_loop, float, "+f", 0x3f800000, "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32")
MMA_LOOP(fp16_loop, float, "+f", 0x3c003c00, "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32")
MMA_LOOP(bf16_loop, float, "+f", 0x3f803f80, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32")
MMA_LOOP(int8_loop, int32_t, "+r", 0x01010101, "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32")

// A block reads 64 KB once: of more than any L2 holds (memory), or of a stretch that the L2 holds and that all blocks go round in.
__global__ void read_once(const float4* a, float* c, size_t vectors) {
  size_t first = (size_t)blockIdx.x * 4096 % vectors + threadIdx.x;
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    float x, y, z, w;  // all four are read, one is used: adding them would be the work of another unit
    asm volatile("ld.global.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(x), "=f"(y), "=f"(z), "=f"(w) : "l"(a + first + i * 256));
    sum += x;
  }
  if (sum == -1.0f) *c = sum;
}

int main() {
  const int blocks = 20000, threads = 256;  // many to a multiprocessor, so that its last wave weighs little on any chip
  const size_t large = (size_t)512 << 20, small = (size_t)1 << 20;
  float *c, *data;
  void* pinned;
  CHECK(cudaMalloc(&c, 4 * threads));
  CHECK(cudaMalloc(&data, large));
  CHECK(cudaMallocHost(&pinned, large));
  CHECK(cudaMemset(data, 0, large));
  int wrong = 0;
  auto expect = [&](const char* name, float want) {
    CHECK(cudaGetLastError());
    std::vector<float> got(threads);
    CHECK(cudaMemcpy(got.data(), c, 4 * threads, cudaMemcpyDeviceToHost));
    for (float x : got) {
      if (x == want) continue;
      std::printf("%s: %g, expected %g\n", name, x, want);
      ++wrong;
      break;
    }
  };
  fp32_loop<<<blocks, threads>>>(c, 20);
  CHECK(cudaDeviceSynchronize());
  tf32_loop<<<blocks, threads>>>(c, 32), expect("tf32", 4 * 4 * 32 * 8);
  fp16_loop<<<blocks, threads>>>(c, 32), expect("fp16", 4 * 4 * 32 * 16);
  bf16_loop<<<blocks, threads>>>(c, 32), expect("bf16", 4 * 4 * 32 * 16);
  int8_loop<<<blocks, threads>>>(c, 32), expect("int8", 4 * 4 * 32 * 32);
  read_once<<<4 * large / 65536, threads>>>((float4*)data, c, large / 16);
  read_once<<<8 * blocks, threads>>>((float4*)data, c, small / 16);
  CHECK(cudaDeviceSynchronize());
  CHECK(cudaMemcpyAsync(data, pinned, large, cudaMemcpyHostToDevice));
  CHECK(cudaDeviceSynchronize());
  int devices = 0;
  CHECK(cudaGetDeviceCount(&devices));
  if (devices > 1) {
    float* there;
    CHECK(cudaSetDevice(1));
    CHECK(cudaMalloc(&there, large));
    CHECK(cudaMemcpyPeer(there, 1, data, 0, large));
    CHECK(cudaDeviceSynchronize());
  }
  std::printf("%s\n", wrong ? "wrong" : "all right");
  return wrong != 0;
}
