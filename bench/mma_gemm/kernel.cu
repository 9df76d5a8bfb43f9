// GEMM on tensor cores with 16-bit inputs and single-precision sums, row-major n x n (n a multiple of 64):
// through wmma in half precision, and through mma.sync and ldmatrix in bfloat16. A block of 4 warps computes
// a 64 x 64 tile.
#include <cuda_fp16.h>
#include <mma.h>

#include "problem.h"

namespace wmma = nvcuda::wmma;

constexpr int kSide = 64, kDepth = 32, kThreads = 128;
constexpr int kPad = 8;  // moves the rows to different banks and keeps them aligned to 16 bytes

// Copies a tile of `rows` x `columns` 16-bit elements, 8 at a time.
template <int rows, int columns>
__device__ void stage(uint16_t (*tile)[columns + kPad], const uint16_t* from, int n) {
  for (int i = threadIdx.x; i < rows * columns / 8; i += kThreads) {
    int row = i / (columns / 8), column = i % (columns / 8) * 8;
    *(uint4*)&tile[row][column] = *(const uint4*)&from[(size_t)row * n + column];
  }
}

__global__ void half_wmma(const uint16_t* a, const uint16_t* b, float* c, int n) {
  __shared__ __align__(16) uint16_t tile_a[kSide][kDepth + kPad];
  __shared__ __align__(16) uint16_t tile_b[kDepth][kSide + kPad];
  int warp = threadIdx.x / 32, warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;
  size_t first_row = blockIdx.y * kSide, first_column = blockIdx.x * kSide;

  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums[2][2];
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) wmma::fill_fragment(sums[i][j], 0.0f);
  }
  for (int start = 0; start < n; start += kDepth) {
    stage<kSide, kDepth>(tile_a, a + first_row * n + start, n);
    stage<kDepth, kSide>(tile_b, b + (size_t)start * n + first_column, n);
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kDepth; k += 16) {
      wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> left[2];
      wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> right[2];
      for (int i = 0; i < 2; ++i) {
        wmma::load_matrix_sync(left[i], (const half*)&tile_a[warp_row + 16 * i][k], kDepth + kPad);
        wmma::load_matrix_sync(right[i], (const half*)&tile_b[k][warp_column + 16 * i], kSide + kPad);
      }
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 2; ++j) wmma::mma_sync(sums[i][j], left[i], right[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      float* corner = c + (first_row + warp_row + 16 * i) * n + first_column + warp_column + 16 * j;
      wmma::store_matrix_sync(corner, sums[i][j], n, wmma::mem_row_major);
    }
  }
}

__device__ void load_matrices(uint32_t (&r)[4], const uint16_t* row) {
  uint32_t address = (uint32_t)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address));
}

__device__ void load_transposed(uint32_t (&r)[2], const uint16_t* row) {
  uint32_t address = (uint32_t)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(address));
}

__device__ void multiply_add(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__global__ void bf16_mma(const uint16_t* a, const uint16_t* b, float* c, int n) {
  __shared__ __align__(16) uint16_t tile_a[kSide][kDepth + kPad];
  __shared__ __align__(16) uint16_t tile_b[kDepth][kSide + kPad];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;
  size_t first_row = blockIdx.y * kSide, first_column = blockIdx.x * kSide;

  float sums[2][4][4] = {};  // 2 x 4 results of 16 x 8; a lane holds four elements of each
  for (int start = 0; start < n; start += kDepth) {
    stage<kSide, kDepth>(tile_a, a + first_row * n + start, n);
    stage<kDepth, kSide>(tile_b, b + (size_t)start * n + first_column, n);
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kDepth; k += 16) {
      uint32_t left[2][4], right[4][2];
      for (int i = 0; i < 2; ++i) {
        load_matrices(left[i], &tile_a[warp_row + 16 * i + lane % 16][k + lane / 16 * 8]);
      }
      for (int j = 0; j < 4; ++j) load_transposed(right[j], &tile_b[k + lane % 16][warp_column + 8 * j]);
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 4; ++j) multiply_add(sums[i][j], left[i], right[j]);
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 4; ++j) {
      size_t row = first_row + warp_row + 16 * i + lane / 4;
      size_t column = first_column + warp_column + 8 * j + lane % 4 * 2;
      *(float2*)&c[row * n + column] = make_float2(sums[i][j][0], sums[i][j][1]);
      *(float2*)&c[(row + 8) * n + column] = make_float2(sums[i][j][2], sums[i][j][3]);
    }
  }
}

template <class Kernel>
void measure(const char* name, Kernel kernel, uint16_t (*convert)(float), int n) {
  size_t cells = (size_t)n * n;
  uint16_t* a = make_matrix(cells, 1, convert);
  uint16_t* b = make_matrix(cells, 2, convert);
  float* out = (float*)bench_alloc(cells * sizeof *out);
  uint16_t* d_a = bench_upload(a, cells);
  uint16_t* d_b = bench_upload(b, cells);
  float* d_c = bench_device<float>(cells);
  Bench bench = bench_open(name);
  while (bench_again(&bench)) {
    bench_start(&bench);
    kernel<<<dim3(n / kSide, n / kSide), kThreads>>>(d_a, d_b, d_c, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(out, d_c, cells);
  bench_close_f32(&bench, out, cells);
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1024);
  measure("mma_gemm.f16_wmma", half_wmma, to_half, n);
  measure("mma_gemm.bf16_mma", bf16_mma, to_bf16, n);
  return 0;
}
