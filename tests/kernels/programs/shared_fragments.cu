// Fragments that come straight from rows in shared memory, in every layout, for the warps of a block that wait for each other; and memory that is
// written again between the load of a fragment and its product. Half precision and bfloat16: against the host.
#include <cuda_bf16.h>
#include <mma.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <type_traits>

using namespace nvcuda;
constexpr int kSide = 32, kStep = 32, kDepth = 96, kPad = 8, kWarps = 4;  // of a block: a strip of kWarps x 32 rows and 32 columns
constexpr int kRows = kSide * kWarps;

__device__ void load(unsigned (&r)[4], const void* row, bool transposed) {
  unsigned address = (unsigned)__cvta_generic_to_shared(row);
  if (transposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}
__device__ void multiply(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, __half) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ void multiply(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, __nv_bfloat16) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// A tile of A is [row][k] or, transposed, [k][row]; one of B [k][column] or [column][k]. Bits of `layout`: A, B transposed.
template <class T, int layout>
__device__ void bring(T* ta, T* tb, const T* a, const T* b, int k) {
  for (int i = threadIdx.x; i < kRows * kStep; i += blockDim.x) {
    int row = i / kStep, depth = i % kStep;
    ta[layout & 1 ? depth * (kRows + kPad) + row : row * (kStep + kPad) + depth] = a[row * kDepth + k + depth];
  }
  for (int i = threadIdx.x; i < kStep * kSide; i += blockDim.x) {
    int depth = i / kSide, column = i % kSide;
    tb[layout & 2 ? column * (kStep + kPad) + depth : depth * (kSide + kPad) + column] = b[(k + depth) * kSide + column];
  }
}

template <bool transposed>
using Order = std::conditional_t<transposed, wmma::col_major, wmma::row_major>;

template <class T, int layout>
__global__ void by_wmma(const T* a, const T* b, float* c) {
  __shared__ __align__(16) T ta[kRows * (kStep + kPad) + kStep * (kRows + kPad)], tb[kStep * (kSide + kPad)];
  int warp = threadIdx.x / 32;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums[2][2];
  for (auto& row : sums)
    for (auto& sum : row) wmma::fill_fragment(sum, 0.0f);
  for (int start = 0; start < kDepth; start += kStep) {
    bring<T, layout>(ta, tb, a, b, start);
    __syncthreads();
    for (int k = 0; k < kStep; k += 16) {
      wmma::fragment<wmma::matrix_a, 16, 16, 16, T, Order<layout & 1>> left[2];
      wmma::fragment<wmma::matrix_b, 16, 16, 16, T, Order<(layout & 2) != 0>> right[2];
      for (int i = 0; i < 2; ++i) {
        int row = warp * kSide + 16 * i;
        wmma::load_matrix_sync(left[i], ta + (layout & 1 ? k * (kRows + kPad) + row : row * (kStep + kPad) + k), layout & 1 ? kRows + kPad : kStep + kPad);
        wmma::load_matrix_sync(right[i], tb + (layout & 2 ? 16 * i * (kStep + kPad) + k : k * (kSide + kPad) + 16 * i), kSide + kPad);
      }
      for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) wmma::mma_sync(sums[i][j], left[i], right[j], sums[i][j]);
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) wmma::store_matrix_sync(c + (warp * kSide + 16 * i) * kSide + 16 * j, sums[i][j], kSide, wmma::mem_row_major);
}

// `again`: each warp's rows of A are overwritten once they are in registers.
template <class T, int layout, bool again>
__global__ void by_mma(const T* a, const T* b, float* c) {
  __shared__ __align__(16) T ta[kRows * (kStep + kPad) + kStep * (kRows + kPad)], tb[kStep * (kSide + kPad)];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, low = lane % 16, high = lane / 16 * 8;
  float d[2][4][4] = {};
  for (int start = 0; start < kDepth; start += kStep) {
    bring<T, layout>(ta, tb, a, b, start);
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kStep; k += 16) {
      unsigned left[2][4], right[2][4];
      for (int i = 0; i < 2; ++i) {
        int row = warp * kSide + 16 * i;
        if (layout & 1)
          load(left[i], &ta[(k + lane % 8 + high) * (kRows + kPad) + row + lane / 8 % 2 * 8], true);
        else
          load(left[i], &ta[(row + low) * (kStep + kPad) + k + high], false);
        if (layout & 2)
          load(right[i], &tb[(16 * i + lane % 8 + high) * (kStep + kPad) + k + lane / 8 % 2 * 8], false);
        else
          load(right[i], &tb[(k + low) * (kSide + kPad) + 16 * i + high], true);
      }
      if (again)
        for (int i = 0; i < 16; ++i) {
          int row = warp * kSide + lane, depth = k + i;
          ta[layout & 1 ? depth * (kRows + kPad) + row : row * (kStep + kPad) + depth] = T(77.0f);
        }
      for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 4; ++j) multiply(d[i][j], left[i], right[j / 2][j % 2 * 2], right[j / 2][j % 2 * 2 + 1], T());
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j)
      for (int e = 0; e < 4; ++e) c[(warp * kSide + 16 * i + lane / 4 + e / 2 * 8) * kSide + 8 * j + lane % 4 * 2 + e % 2] = d[i][j][e];
}

static uint32_t state = 1;
static uint32_t any(uint32_t below) { return (state = state * 1664525u + 1013904223u) % (below << 8) >> 8; }

// 0: whole numbers, whose sums are exact. 1: of any size that is no subnormal. 2: now and then a subnormal number. 3: all subnormal. 4: with infinities and NaN.
static uint16_t number(__half, int kind) {
  if (kind == 0) {
    __half whole(float(int(any(64)) - 32));
    uint16_t bits;
    return memcpy(&bits, &whole, 2), bits;
  }
  uint32_t sign = any(2) << 15, often = any(100);
  if (often < 10) return uint16_t(sign);
  if (kind == 3 || (kind == 2 && often < 12)) return uint16_t(sign | any(0x400));
  if (kind == 4 && often < 11) return uint16_t(sign | (any(2) ? 0x7c00 : 0x7c00 + any(0x400)));
  return uint16_t(sign | (0x400 + any(0x7800)));
}
static uint16_t number(__nv_bfloat16, int) {
  __nv_bfloat16 whole(float(int(any(64)) - 32));
  uint16_t bits;
  return memcpy(&bits, &whole, 2), bits;
}

template <class T>
static int check(void (*kernel)(const T*, const T*, float*), const char* name, int kind) {
  T *a, *b;
  float* c;
  cudaMallocManaged(&a, kRows * kDepth * sizeof *a);
  cudaMallocManaged(&b, kDepth * kSide * sizeof *b);
  cudaMallocManaged(&c, kRows * kSide * sizeof *c);
  auto fill = [&](T* p, int count) {
    for (int i = 0; i < count; ++i) {
      uint16_t bits = number(T(), kind);
      memcpy(p + i, &bits, 2);
    }
  };
  fill(a, kRows * kDepth), fill(b, kDepth * kSide);
  kernel<<<1, 32 * kWarps>>>(a, b, c);
  if (cudaError_t error = cudaDeviceSynchronize()) return printf("%s\n", cudaGetErrorString(error)), 1;
  int wrong = 0;
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kSide; ++j) {
      double sum = 0, size = 0;
      for (int k = 0; k < kDepth; ++k) {
        double product = double(float(a[i * kDepth + k])) * double(float(b[k * kSide + j]));
        sum += product, size += std::fabs(product);
      }
      float got = c[i * kSide + j];
      bool same = sum != sum ? got != got : std::isinf(sum) ? got == sum : std::fabs(got - sum) <= (kind ? size * 3e-6 : 0);
      if (!same && wrong++ < 3) printf("%s, kind %d: [%d][%d] is %g, not %g\n", name, kind, i, j, got, sum);
    }
  cudaFree(a), cudaFree(b), cudaFree(c);
  return wrong;
}

int main() {
  int wrong = 0;
  for (int kind = 0; kind < 5; ++kind) {
    wrong += check(by_wmma<__half, 0>, "wmma", kind);
    wrong += check(by_wmma<__half, 3>, "wmma, columns", kind);
    wrong += check(by_mma<__half, 0, false>, "mma", kind);
    wrong += check(by_mma<__half, 3, false>, "mma, transposed", kind);
    wrong += check(by_mma<__half, 2, true>, "mma, written again", kind);
  }
  wrong += check(by_wmma<__nv_bfloat16, 2>, "bf16, wmma", 0);
  wrong += check(by_mma<__nv_bfloat16, 0, true>, "bf16, mma", 0);
  return wrong != 0;
}
