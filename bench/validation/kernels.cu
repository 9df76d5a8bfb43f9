// Kernels whose price is known from elsewhere: what a library launches for an operator, a unit kept busy alone, and pairs that must differ.
//
//     kernels NAME SIZE [NAME SIZE ...]        kernels all [small]
//
// Each is launched once and checked at a few places. bench/validation/kernels.py records what they ask of a chip.
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <mma.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

// ---- element-wise -----------------------------------------------------------------------------------------------------

__global__ void add(const float* a, const float* b, float* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}

// As libraries do it: a thread moves a vector.
__global__ void add4(const float4* a, const float4* b, float4* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n / 4) return;
  float4 x = a[i], y = b[i];
  c[i] = make_float4(x.x + y.x, x.y + y.y, x.z + y.z, x.w + y.w);
}

__device__ float gelu_of(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678f)); }

__global__ void gelu4(const float4* a, float4* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n / 4) return;
  float4 x = a[i];
  c[i] = make_float4(gelu_of(x.x), gelu_of(x.y), gelu_of(x.z), gelu_of(x.w));
}

__global__ void strided(const float* a, float* c, int n) {  // a sector for each lane
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n / 8) c[i] = a[8 * i];
}

// ---- reductions -------------------------------------------------------------------------------------------------------

__device__ float block_sum(float sum, float* shared) {
  for (int step = 16; step; step /= 2) sum += __shfl_down_sync(~0u, sum, step);
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = threadIdx.x < blockDim.x / 32 ? shared[threadIdx.x] : 0.0f;
    for (int step = 16; step; step /= 2) sum += __shfl_down_sync(~0u, sum, step);
    if (threadIdx.x == 0) shared[0] = sum;
  }
  __syncthreads();
  sum = shared[0];
  __syncthreads();
  return sum;
}

// The reduction of soft-max in PyTorch: a lane of the first warp goes over the 32 values of each warp, then one thread over what they found.
template <class Op>
__device__ float block_all(float mine, float nothing, float* shared, Op op) {
  __syncthreads();
  shared[threadIdx.x] = mine;
  __syncthreads();
  int warps = blockDim.x / 32;
  if (threadIdx.x < warps) {
    float most = nothing;
#pragma unroll
    for (int i = 0; i < 32; ++i) most = op(most, shared[threadIdx.x * 32 + i]);
    __syncwarp((1ull << warps) - 1);
    shared[threadIdx.x] = most;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    float most = nothing;
    for (int i = 0; i < warps; ++i) most = op(most, shared[i]);
    shared[0] = most;
  }
  __syncthreads();
  return shared[0];
}

__global__ void reduce(const float4* a, float* sum, int n) {  // four vectors of a thread under way together
  __shared__ float shared[32];
  float mine = 0.0f;
  int stride = gridDim.x * blockDim.x, i = blockIdx.x * blockDim.x + threadIdx.x;
  for (; i + 3 * stride < n / 4; i += 4 * stride) {
    float4 v[4];
#pragma unroll
    for (int k = 0; k < 4; ++k) v[k] = a[i + k * stride];
#pragma unroll
    for (int k = 0; k < 4; ++k) mine += v[k].x + v[k].y + v[k].z + v[k].w;
  }
  for (; i < n / 4; i += stride) mine += a[i].x + a[i].y + a[i].z + a[i].w;
  mine = block_sum(mine, shared);
  if (threadIdx.x == 0) atomicAdd(sum, mine);
}

// A warp a row of at most 1,024 elements, which stay in registers.
template <int kWidth>
__global__ void softmax_warp(const float* a, float* c, int rows) {
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
  if (row >= rows) return;
  float v[kWidth / 32], most = -INFINITY, sum = 0.0f;
#pragma unroll
  for (int i = 0; i < kWidth / 32; ++i) v[i] = a[(size_t)row * kWidth + 32 * i + lane];
#pragma unroll
  for (int i = 0; i < kWidth / 32; ++i) most = fmaxf(most, v[i]);
  for (int step = 16; step; step /= 2) most = fmaxf(most, __shfl_xor_sync(~0u, most, step));
#pragma unroll
  for (int i = 0; i < kWidth / 32; ++i) {
    v[i] = __expf(v[i] - most);
    sum += v[i];
  }
  for (int step = 16; step; step /= 2) sum += __shfl_xor_sync(~0u, sum, step);
#pragma unroll
  for (int i = 0; i < kWidth / 32; ++i) c[(size_t)row * kWidth + 32 * i + lane] = v[i] / sum;
}

// A block a row, three passes over it.
__global__ void softmax_block(const float4* a, float4* c, int width) {
  __shared__ float shared[1024];
  const float4* row = a + (size_t)blockIdx.x * (width / 4);
  float most = -INFINITY, sum = 0.0f;
  for (int i = threadIdx.x; i < width / 4; i += blockDim.x) {
    float4 v = row[i];
    most = fmaxf(most, fmaxf(fmaxf(v.x, v.y), fmaxf(v.z, v.w)));
  }
  most = block_all(most, -INFINITY, shared, [](float x, float y) { return fmaxf(x, y); });
  for (int i = threadIdx.x; i < width / 4; i += blockDim.x) {
    float4 v = row[i];
    sum += __expf(v.x - most) + __expf(v.y - most) + __expf(v.z - most) + __expf(v.w - most);
  }
  sum = 1.0f / block_all(sum, 0.0f, shared, [](float x, float y) { return x + y; });
  for (int i = threadIdx.x; i < width / 4; i += blockDim.x) {
    float4 v = row[i];
    c[(size_t)blockIdx.x * (width / 4) + i] =
        make_float4(__expf(v.x - most) * sum, __expf(v.y - most) * sum, __expf(v.z - most) * sum, __expf(v.w - most) * sum);
  }
}

// A block a row, two passes: mean and squares by Welford's updates, as libraries have it, then the result.
struct Moments {
  float mean, squares, count;
};

__device__ void take(Moments& m, float x) {
  m.count += 1.0f;
  float delta = x - m.mean;
  m.mean += delta * (1.0f / m.count);
  m.squares += delta * (x - m.mean);
}

__device__ Moments both(Moments a, Moments b) {
  float count = a.count + b.count, delta = b.mean - a.mean, part = count > 0.0f ? b.count / count : 0.0f;
  return {a.mean + delta * part, a.squares + b.squares + delta * delta * a.count * part, count};
}

__global__ void layernorm(const float4* a, float4* c, int width) {
  __shared__ Moments shared[4];
  const float4* row = a + (size_t)blockIdx.x * (width / 4);
  Moments mine = {0.0f, 0.0f, 0.0f};
  for (int i = threadIdx.x; i < width / 4; i += blockDim.x) {
    float4 v = row[i];
    take(mine, v.x), take(mine, v.y), take(mine, v.z), take(mine, v.w);
  }
  for (int step = 16; step; step /= 2) {
    mine = both(mine, {__shfl_down_sync(~0u, mine.mean, step), __shfl_down_sync(~0u, mine.squares, step),
                       __shfl_down_sync(~0u, mine.count, step)});
  }
  for (int half = blockDim.x / 64; half; half /= 2) {
    if (threadIdx.x % 32 == 0 && threadIdx.x / 32 >= half && threadIdx.x / 32 < 2 * half) shared[threadIdx.x / 32 - half] = mine;
    __syncthreads();
    if (threadIdx.x % 32 == 0 && threadIdx.x / 32 < half) mine = both(mine, shared[threadIdx.x / 32]);
    __syncthreads();
  }
  if (threadIdx.x == 0) shared[0] = mine;
  __syncthreads();
  float mean = shared[0].mean, scale = rsqrtf(shared[0].squares / width + 1e-5f);
  for (int i = threadIdx.x; i < width / 4; i += blockDim.x) {
    float4 v = row[i];
    c[(size_t)blockIdx.x * (width / 4) + i] =
        make_float4((v.x - mean) * scale, (v.y - mean) * scale, (v.z - mean) * scale, (v.w - mean) * scale);
  }
}

// ---- transposes: 32 x 32 tiles by 32 x 8 threads ------------------------------------------------------------------------

__global__ void transpose_naive(const float* a, float* c, int n) {
  int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
  for (int i = 0; i < 32; i += 8) c[(size_t)x * n + y + i] = a[(size_t)(y + i) * n + x];
}

template <int kPitch>
__device__ void transpose_tile(const float* a, float* c, int n) {
  __shared__ float tile[32][kPitch];
  int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
  for (int i = 0; i < 32; i += 8) tile[threadIdx.y + i][threadIdx.x] = a[(size_t)(y + i) * n + x];
  __syncthreads();
  x = blockIdx.y * 32 + threadIdx.x, y = blockIdx.x * 32 + threadIdx.y;
  for (int i = 0; i < 32; i += 8) c[(size_t)(y + i) * n + x] = tile[threadIdx.x][threadIdx.y + i];
}

__global__ void transpose_conflicts(const float* a, float* c, int n) { transpose_tile<32>(a, c, n); }
__global__ void transpose_padded(const float* a, float* c, int n) { transpose_tile<33>(a, c, n); }
__global__ void transpose_copy(const float* a, float* c, int n) {
  int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
  for (int i = 0; i < 32; i += 8) c[(size_t)(y + i) * n + x] = a[(size_t)(y + i) * n + x];
}

// ---- stencil ------------------------------------------------------------------------------------------------------------

__global__ void stencil(const float* a, float* c, int n) {
  int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 8 + threadIdx.y;
  if (x < 1 || y < 1 || x >= n - 1 || y >= n - 1) return;
  size_t i = (size_t)y * n + x;
  c[i] = 0.5f * a[i] + 0.125f * (a[i - 1] + a[i + 1] + a[i - n] + a[i + n]);
}

// ---- matrix products --------------------------------------------------------------------------------------------------------

__global__ void gemm_tiled(const float* a, const float* b, float* c, int n) {  // 16 x 16, a result a thread
  __shared__ float left[16][16], right[16][16];
  int row = blockIdx.y * 16 + threadIdx.y, column = blockIdx.x * 16 + threadIdx.x;
  float sum = 0.0f;
  for (int start = 0; start < n; start += 16) {
    left[threadIdx.y][threadIdx.x] = a[(size_t)row * n + start + threadIdx.x];
    right[threadIdx.y][threadIdx.x] = b[(size_t)(start + threadIdx.y) * n + column];
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 16; ++k) sum += left[threadIdx.y][k] * right[k][threadIdx.x];
    __syncthreads();
  }
  c[(size_t)row * n + column] = sum;
}

// 128 x 128 results a block of 256 threads, 8 x 8 a thread, two stages of 8 along k, as libraries have it.
// One of a batch for each z of the grid.
__global__ void __launch_bounds__(256) gemm_blocked(const float* a, const float* b, float* c, int n) {
  __shared__ float4 left[2][8][32], right[2][8][32];  // of float4: clang takes a cast float array to be aligned to 4 bytes only
  int thread = threadIdx.x, tx = thread % 16, ty = thread / 16;
  a += (size_t)blockIdx.z * n * n, b += (size_t)blockIdx.z * n * n, c += (size_t)blockIdx.z * n * n;
  const float* from_a = a + (size_t)(blockIdx.y * 128 + thread / 2) * n + thread % 2 * 4;
  const float* from_b = b + (size_t)(thread / 32) * n + blockIdx.x * 128 + thread % 32 * 4;
  float sums[8][8] = {};
  float4 next_a = *(const float4*)from_a, next_b = *(const float4*)from_b;
  int at = 0;
  for (int start = 0; start < n; start += 8) {
    int k = thread % 2 * 4, m = thread / 2;
    float* column = (float*)left[at][k] + m;
    column[0] = next_a.x, column[128] = next_a.y, column[256] = next_a.z, column[384] = next_a.w;
    right[at][thread / 32][thread % 32] = make_float4(next_b.x, next_b.y, next_b.z, next_b.w);
    __syncthreads();
    if (start + 8 < n) {
      next_a = *(const float4*)(from_a + start + 8);
      next_b = *(const float4*)(from_b + (size_t)(start + 8) * n);
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      float4 x0 = left[at][i][ty], x1 = left[at][i][16 + ty], y0 = right[at][i][tx], y1 = right[at][i][16 + tx];
      float x[8] = {x0.x, x0.y, x0.z, x0.w, x1.x, x1.y, x1.z, x1.w};
      float y[8] = {y0.x, y0.y, y0.z, y0.w, y1.x, y1.y, y1.z, y1.w};
#pragma unroll
      for (int p = 0; p < 8; ++p) {
#pragma unroll
        for (int q = 0; q < 8; ++q) sums[p][q] += x[p] * y[q];
      }
    }
    at ^= 1;
  }
#pragma unroll
  for (int p = 0; p < 8; ++p) {
    float* row = c + (size_t)(blockIdx.y * 128 + p / 4 * 64 + ty * 4 + p % 4) * n + blockIdx.x * 128 + tx * 4;
    *(float4*)row = make_float4(sums[p][0], sums[p][1], sums[p][2], sums[p][3]);
    *(float4*)(row + 64) = make_float4(sums[p][4], sums[p][5], sums[p][6], sums[p][7]);
  }
}

// Half precision on tensor cores: 128 x 128 results a block of 8 warps, 64 x 32 a warp, 32 of k a stage, three stages.
constexpr int kPitchA = 40, kPitchB = 136;  // rows in different banks
constexpr int kStage = 128 * kPitchA + 32 * kPitchB, kStages = 3;

__device__ void fetch(void* to, const void* from) {
  uint32_t address = (uint32_t)__cvta_generic_to_shared(to);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address), "l"(from));
}

__global__ void __launch_bounds__(256) gemm_tensor(const half* a, const half* b, float* c, int n) {
  namespace wmma = nvcuda::wmma;
  extern __shared__ __align__(16) half stages[];
  int thread = threadIdx.x, warp = thread / 32, warp_row = warp / 4 * 64, warp_column = warp % 4 * 32;
  const half* from_a = a + (size_t)blockIdx.y * 128 * n;
  const half* from_b = b + blockIdx.x * 128;
  auto fill = [&](int stage, int start) {
    half* left = stages + stage * kStage;
    half* right = left + 128 * kPitchA;
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      int at = thread + 256 * i;
      fetch(left + at / 4 * kPitchA + at % 4 * 8, from_a + (size_t)(at / 4) * n + start + at % 4 * 8);
      fetch(right + at / 16 * kPitchB + at % 16 * 8, from_b + (size_t)(start + at / 16) * n + at % 16 * 8);
    }
  };
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums[4][2];
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 2; ++j) wmma::fill_fragment(sums[i][j], 0.0f);
  }
  for (int stage = 0; stage < 2; ++stage) {
    fill(stage, 32 * stage);
    asm volatile("cp.async.commit_group;");
  }
  for (int step = 0; step < n / 32; ++step) {
    asm volatile("cp.async.wait_group 1;");
    __syncthreads();
    if (step + 2 < n / 32) fill((step + 2) % 3, 32 * (step + 2));
    asm volatile("cp.async.commit_group;");
    const half* left = stages + step % 3 * kStage;
    const half* right = left + 128 * kPitchA;
#pragma unroll
    for (int k = 0; k < 32; k += 16) {
      wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> x[4];
      wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> y[2];
#pragma unroll
      for (int i = 0; i < 4; ++i) wmma::load_matrix_sync(x[i], left + (warp_row + 16 * i) * kPitchA + k, kPitchA);
#pragma unroll
      for (int j = 0; j < 2; ++j) wmma::load_matrix_sync(y[j], right + k * kPitchB + warp_column + 16 * j, kPitchB);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 2; ++j) wmma::mma_sync(sums[i][j], x[i], y[j], sums[i][j]);
      }
    }
  }
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 2; ++j) {
      float* corner = c + (size_t)(blockIdx.y * 128 + warp_row + 16 * i) * n + blockIdx.x * 128 + warp_column + 16 * j;
      wmma::store_matrix_sync(corner, sums[i][j], n, wmma::mem_row_major);
    }
  }
}

// The same as libraries have it: 64 x 64 results a warp, operands by ldmatrix, results in half precision. Rows of A are 64 bytes, and the four
// vectors of a row change places from every second row to the next, so that eight rows lie in different banks.
__device__ void fragments(uint32_t (&r)[4], const half* from) {
  uint32_t address = (uint32_t)__cvta_generic_to_shared(from);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}

__device__ void fragments_across(uint32_t (&r)[4], const half* from) {
  uint32_t address = (uint32_t)__cvta_generic_to_shared(from);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}

__device__ void multiply(float (&d)[4], const uint32_t (&x)[4], uint32_t y0, uint32_t y1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y0), "r"(y1));
}

__global__ void __launch_bounds__(128) gemm_mma(const half* a, const half* b, half* c, int n) {
  extern __shared__ __align__(16) half stages[];
  int thread = threadIdx.x, lane = thread % 32, row = thread / 64 * 64, column = thread / 32 % 2 * 64;
  const half* from_a = a + (size_t)(blockIdx.y * 128 + thread / 4) * n + thread % 4 * 8;
  const half* from_b = b + (size_t)(thread / 16) * n + blockIdx.x * 128 + thread % 16 * 8;
  auto fill = [&](int stage, int start) {
    half* left = stages + stage * kStage + thread / 4 * 32 + (thread % 4 ^ thread / 8 % 4) * 8;
    half* right = stages + stage * kStage + 128 * kPitchA + thread / 16 * kPitchB + thread % 16 * 8;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      fetch(left + 32 * i * 32, from_a + (size_t)(32 * i) * n + start);
      fetch(right + 8 * i * kPitchB, from_b + (size_t)(start + 8 * i) * n);
    }
  };
  float sums[4][8][4] = {};
  for (int stage = 0; stage < kStages - 1; ++stage) {
    fill(stage, 32 * stage);
    asm volatile("cp.async.commit_group;");
  }
  for (int step = 0; step < n / 32; ++step) {
    asm volatile("cp.async.wait_group %0;" ::"n"(kStages - 2));
    __syncthreads();
    if (step + kStages - 1 < n / 32) fill((step + kStages - 1) % kStages, 32 * (step + kStages - 1));
    asm volatile("cp.async.commit_group;");
    const half* left = stages + step % kStages * kStage + (row + lane % 16) * 32;
    const half* right = stages + step % kStages * kStage + 128 * kPitchA + lane % 16 * kPitchB + column + lane / 16 * 8;
#pragma unroll
    for (int k = 0; k < 32; k += 16) {
      uint32_t x[4][4], y[4][4];
#pragma unroll
      for (int i = 0; i < 4; ++i) fragments(x[i], left + 16 * i * 32 + ((k / 8 + lane / 16) ^ lane / 2 % 4) * 8);
#pragma unroll
      for (int j = 0; j < 4; ++j) fragments_across(y[j], right + k * kPitchB + 16 * j);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 8; ++j) multiply(sums[i][j], x[i], y[j / 2][j % 2 * 2], y[j / 2][j % 2 * 2 + 1]);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      half* corner = c + (size_t)(blockIdx.y * 128 + row + 16 * i + lane / 4) * n + blockIdx.x * 128 + column + 8 * j + lane % 4 * 2;
      *(half2*)corner = __floats2half2_rn(sums[i][j][0], sums[i][j][1]);
      *(half2*)(corner + 8 * (size_t)n) = __floats2half2_rn(sums[i][j][2], sums[i][j][3]);
    }
  }
}

// ---- one unit alone -----------------------------------------------------------------------------------------------------------

__global__ void fma_loop(float* c, int turns) {  // eight chains a thread
  float x[8];
  for (int i = 0; i < 8; ++i) x[i] = 0.001f * (threadIdx.x + i);
  for (int t = 0; t < turns; ++t) {
#pragma unroll
    for (int k = 0; k < 16; ++k) {
#pragma unroll
      for (int i = 0; i < 8; ++i) x[i] = fmaf(x[i], 0.999f, 0.001f);
    }
  }
  float sum = 0.0f;
  for (int i = 0; i < 8; ++i) sum += x[i];
  c[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

__global__ void bf16_loop(float* c, int turns) {
  float d[4][4] = {};
  uint32_t a[4] = {0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80}, b[2] = {0x3c003c00, 0x3c003c00};
  for (int t = 0; t < turns; ++t) {
#pragma unroll
    for (int k = 0; k < 4; ++k) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
      }
    }
  }
  c[blockIdx.x * blockDim.x + threadIdx.x] = d[0][0] + d[1][1] + d[2][2] + d[3][3];
}

__global__ void int8_loop(float* c, int turns) {
  int32_t d[4][4] = {};
  uint32_t a[4] = {0x01010101, 0x01010101, 0x01010101, 0x01010101}, b[2] = {0x01010101, 0x01010101};
  for (int t = 0; t < turns; ++t) {
#pragma unroll
    for (int k = 0; k < 4; ++k) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        asm volatile(
            "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+r"(d[i][0]), "+r"(d[i][1]), "+r"(d[i][2]), "+r"(d[i][3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
      }
    }
  }
  c[blockIdx.x * blockDim.x + threadIdx.x] = float(d[0][0] + d[1][1] + d[2][2] + d[3][3]);
}

// ---- atomics --------------------------------------------------------------------------------------------------------------------

__global__ void histogram_global(const uint32_t* a, uint32_t* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomicAdd(&c[a[i] >> 13 & 255], 1u);
}

__global__ void histogram_shared(const uint32_t* a, uint32_t* c, int n) {
  __shared__ uint32_t mine[256];
  mine[threadIdx.x] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) atomicAdd(&mine[a[i] >> 13 & 255], 1u);
  __syncthreads();
  atomicAdd(&c[threadIdx.x], mine[threadIdx.x]);
}

// ---- the host -------------------------------------------------------------------------------------------------------------------

struct Arrays {  // on the device and here; element i of the inputs is known from i
  float *a, *b, *c;
  size_t size;
  static float x(size_t i) { return float(i * 2654435761u >> 8 & 1023) / 1024.0f - 0.5f; }
  static float y(size_t i) { return x(i + 12345); }
  explicit Arrays(size_t n) : size(n) {
    std::vector<float> host(n);
    CHECK(cudaMalloc(&a, 4 * n));
    CHECK(cudaMalloc(&b, 4 * n));
    CHECK(cudaMalloc(&c, 4 * n));
    for (size_t i = 0; i < n; ++i) host[i] = x(i);
    CHECK(cudaMemcpy(a, host.data(), 4 * n, cudaMemcpyHostToDevice));
    for (size_t i = 0; i < n; ++i) host[i] = y(i);
    CHECK(cudaMemcpy(b, host.data(), 4 * n, cudaMemcpyHostToDevice));
    CHECK(cudaMemset(c, 0, 4 * n));
  }
  ~Arrays() { cudaFree(a), cudaFree(b), cudaFree(c); }
  float at(size_t i) const {
    float value;
    CHECK(cudaMemcpy(&value, c + i, 4, cudaMemcpyDeviceToHost));
    return value;
  }
  float result(size_t i) const {
    CHECK(cudaGetLastError());
    CHECK(cudaDeviceSynchronize());
    return at(i);
  }
};

int wrong = 0;

void expect(const char* name, double got, double want, double tolerance = 1e-4) {
  if (std::fabs(got - want) <= tolerance * (1 + std::fabs(want))) return;
  std::printf("%s: %.9g, expected %.9g\n", name, got, want);
  ++wrong;
}

void element_wise(const char* name, int n, int shape) {
  Arrays t(n);
  int i = n / 2 + 8;
  if (shape == 0) add<<<(n + 255) / 256, 256>>>(t.a, t.b, t.c, n);
  if (shape == 1) add4<<<(n / 4 + 255) / 256, 256>>>((float4*)t.a, (float4*)t.b, (float4*)t.c, n);
  if (shape == 2) gelu4<<<(n / 4 + 255) / 256, 256>>>((float4*)t.a, (float4*)t.c, n);
  if (shape == 3) strided<<<(n / 8 + 255) / 256, 256>>>(t.a, t.c, n);
  if (shape < 2) expect(name, t.result(i), t.x(i) + t.y(i));
  if (shape == 2) expect(name, t.result(i), 0.5 * t.x(i) * (1 + std::erf(t.x(i) * 0.70710678)));
  if (shape == 3) expect(name, t.result(i / 8), t.x(i / 8 * 8));
}

void rows(const char* name, int width, int count, int shape) {
  Arrays t((size_t)width * count);
  if (shape == 0 && width == 512) softmax_warp<512><<<(count + 3) / 4, 128>>>(t.a, t.c, count);
  if (shape == 0 && width == 1024) softmax_warp<1024><<<(count + 3) / 4, 128>>>(t.a, t.c, count);
  // the threads that libraries take: the power of two above half of the row's vectors
  int threads = 32;
  while (threads < width / 4 / 2 && threads < 1024) threads *= 2;
  if (shape == 1) softmax_block<<<count, threads>>>((float4*)t.a, (float4*)t.c, width);
  if (shape == 2) layernorm<<<count, 128>>>((float4*)t.a, (float4*)t.c, width);
  size_t first = (size_t)(count / 2) * width;
  double sum = 0, squares = 0, exponentials = 0;
  for (int i = 0; i < width; ++i) {
    double x = t.x(first + i);
    sum += x, squares += x * x, exponentials += std::exp(x);
  }
  double mean = sum / width, want = std::exp(t.x(first + 3)) / exponentials;
  if (shape == 2) want = (t.x(first + 3) - mean) / std::sqrt(squares / width - mean * mean + 1e-5);
  expect(name, t.result(first + 3), want, 1e-3);
}

void reduction(const char* name, int n) {
  Arrays t(n);
  reduce<<<864, 256>>>((float4*)t.a, t.c, n);
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += t.x(i);
  expect(name, t.result(0), sum, 1e-2);
}

void square(const char* name, int n, int shape) {
  Arrays t((size_t)n * n);
  dim3 tiles(n / 32, n / 32), threads(32, 8);
  if (shape == 0) transpose_naive<<<tiles, threads>>>(t.a, t.c, n);
  if (shape == 1) transpose_conflicts<<<tiles, threads>>>(t.a, t.c, n);
  if (shape == 2) transpose_padded<<<tiles, threads>>>(t.a, t.c, n);
  if (shape == 3) transpose_copy<<<tiles, threads>>>(t.a, t.c, n);
  if (shape == 4) stencil<<<dim3(n / 32, n / 8), threads>>>(t.a, t.c, n);
  size_t i = (size_t)7 * n + 13, other = (size_t)13 * n + 7;
  if (shape < 3) expect(name, t.result(i), t.x(other));
  if (shape == 3) expect(name, t.result(i), t.x(i));
  if (shape == 4) expect(name, t.result(i), 0.5f * t.x(i) + 0.125f * (t.x(i - 1) + t.x(i + 1) + t.x(i - n) + t.x(i + n)));
}

void product(const char* name, int n, int shape) {
  Arrays t((size_t)n * n);
  double want = 0;
  for (int k = 0; k < n; ++k) want += (double)t.x((size_t)5 * n + k) * t.y((size_t)k * n + 9);
  if (shape == 0) gemm_tiled<<<dim3(n / 16, n / 16), dim3(16, 16)>>>(t.a, t.b, t.c, n);
  if (shape == 1) gemm_blocked<<<dim3(n / 128, n / 128), 256>>>(t.a, t.b, t.c, n);
  if (shape >= 2) {
    std::vector<half> host((size_t)n * n);
    for (size_t i = 0; i < host.size(); ++i) host[i] = __float2half(t.x(i));
    CHECK(cudaMemcpy(t.a, host.data(), 2 * host.size(), cudaMemcpyHostToDevice));
    for (size_t i = 0; i < host.size(); ++i) host[i] = __float2half(t.y(i));
    CHECK(cudaMemcpy(t.b, host.data(), 2 * host.size(), cudaMemcpyHostToDevice));
    int shared = kStages * kStage * sizeof(half);
    CHECK(cudaFuncSetAttribute(gemm_tensor, cudaFuncAttributeMaxDynamicSharedMemorySize, shared));
    CHECK(cudaFuncSetAttribute(gemm_mma, cudaFuncAttributeMaxDynamicSharedMemorySize, shared));
    dim3 tiles(n / 128, n / 128);
    if (shape == 2) gemm_tensor<<<tiles, 256, shared>>>((half*)t.a, (half*)t.b, t.c, n);
    if (shape == 3) gemm_mma<<<tiles, 128, shared>>>((half*)t.a, (half*)t.b, (half*)t.c, n);
  }
  size_t at = (size_t)5 * n + 9;
  double got = t.result(shape == 3 ? at / 2 : at);
  if (shape == 3) {
    half pair[2];
    CHECK(cudaMemcpy(pair, (half*)t.c + at / 2 * 2, sizeof pair, cudaMemcpyDeviceToHost));
    got = __half2float(pair[at % 2]);
  }
  expect(name, got, want, shape >= 2 ? 1e-2 : 1e-3);
}

void batch(const char* name, int n, int count) {
  size_t cells = (size_t)n * n;
  Arrays t(cells * count);
  gemm_blocked<<<dim3(n / 128, n / 128, count), 256>>>(t.a, t.b, t.c, n);
  size_t first = cells * (count - 1);
  double want = 0;
  for (int k = 0; k < n; ++k) want += (double)t.x(first + (size_t)5 * n + k) * t.y(first + (size_t)k * n + 9);
  expect(name, t.result(first + (size_t)5 * n + 9), want, 1e-3);
}

void loop(const char* name, int turns, int shape) {
  int blocks = 864, threads = 256;
  Arrays t((size_t)blocks * threads);
  if (shape == 0) fma_loop<<<blocks, threads>>>(t.c, turns);
  if (shape == 1) bf16_loop<<<blocks, threads>>>(t.c, turns);
  if (shape == 2) int8_loop<<<blocks, threads>>>(t.c, turns);
  float got = t.result(5);
  if (shape == 1) expect(name, got, 4.0 * 4 * turns * 16 * 0.0078125);
  if (shape == 2) expect(name, got, 4.0 * 4 * turns * 32);
}

void atomics(const char* name, int n, int shape) {
  Arrays t(n);
  if (shape == 0) histogram_global<<<(n + 255) / 256, 256>>>((uint32_t*)t.a, (uint32_t*)t.c, n);
  if (shape == 1) histogram_shared<<<432, 256>>>((uint32_t*)t.a, (uint32_t*)t.c, n);
  t.result(0);
  std::vector<uint32_t> bins(256);
  CHECK(cudaMemcpy(bins.data(), t.c, 1024, cudaMemcpyDeviceToHost));
  double sum = 0;
  for (uint32_t bin : bins) sum += bin;
  expect(name, sum, n);
}

struct Case {
  std::function<void(const char*, int)> run;
  int size, small;
};

int main(int argc, char** argv) {
  const int M = 1 << 20;
  std::map<std::string, Case> cases = {
      {"add", {[](const char* s, int n) { element_wise(s, n, 0); }, 64 * M, M / 4}},
      {"add4", {[](const char* s, int n) { element_wise(s, n, 1); }, 64 * M, M / 4}},
      {"gelu4", {[](const char* s, int n) { element_wise(s, n, 2); }, 64 * M, M / 4}},
      {"strided", {[](const char* s, int n) { element_wise(s, n, 3); }, 64 * M, M / 4}},
      {"reduce", {[](const char* s, int n) { reduction(s, n); }, 64 * M, M}},
      {"softmax_512", {[](const char* s, int n) { rows(s, 512, n, 0); }, 65536, 512}},
      {"softmax_1024", {[](const char* s, int n) { rows(s, 1024, n, 0); }, 32768, 512}},
      {"softmax_4096", {[](const char* s, int n) { rows(s, 4096, n, 1); }, 16384, 256}},
      {"layernorm_1024", {[](const char* s, int n) { rows(s, 1024, n, 2); }, 32768, 512}},
      {"layernorm_4096", {[](const char* s, int n) { rows(s, 4096, n, 2); }, 16384, 256}},
      {"transpose_naive", {[](const char* s, int n) { square(s, n, 0); }, 8192, 512}},
      {"transpose_conflicts", {[](const char* s, int n) { square(s, n, 1); }, 8192, 512}},
      {"transpose_padded", {[](const char* s, int n) { square(s, n, 2); }, 8192, 512}},
      {"transpose_copy", {[](const char* s, int n) { square(s, n, 3); }, 8192, 512}},
      {"stencil", {[](const char* s, int n) { square(s, n, 4); }, 8192, 512}},
      {"gemm_tiled", {[](const char* s, int n) { product(s, n, 0); }, 2048, 256}},
      {"gemm_blocked", {[](const char* s, int n) { product(s, n, 1); }, 4096, 256}},
      {"gemm_tensor", {[](const char* s, int n) { product(s, n, 2); }, 4096, 256}},
      {"gemm_mma", {[](const char* s, int n) { product(s, n, 3); }, 4096, 256}},
      {"bmm_256", {[](const char* s, int n) { batch(s, 256, n); }, 256, 4}},
      {"bmm_512", {[](const char* s, int n) { batch(s, 512, n); }, 64, 2}},
      {"fma_loop", {[](const char* s, int n) { loop(s, n, 0); }, 1000, 10}},
      {"bf16_loop", {[](const char* s, int n) { loop(s, n, 1); }, 100, 10}},
      {"int8_loop", {[](const char* s, int n) { loop(s, n, 2); }, 100, 10}},
      {"histogram_global", {[](const char* s, int n) { atomics(s, n, 0); }, 16 * M, M / 4}},
      {"histogram_shared", {[](const char* s, int n) { atomics(s, n, 1); }, 16 * M, M / 4}},
  };
  if (argc > 1 && !std::strcmp(argv[1], "all")) {
    for (auto& [name, c] : cases) c.run(name.c_str(), argc > 2 ? c.small : c.size);
  } else {
    for (int i = 1; i + 1 < argc; i += 2) {
      auto found = cases.find(argv[i]);
      if (found == cases.end()) {
        std::fprintf(stderr, "there is no kernel %s\n", argv[i]);
        return 2;
      }
      int size = std::atoi(argv[i + 1]);
      found->second.run(argv[i], size ? size : found->second.size);
    }
  }
  std::printf("%s\n", wrong ? "wrong" : "all right");
  return wrong != 0;
}
