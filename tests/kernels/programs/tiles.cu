// Matrix products in loops, in groups and chains, whose sums stay, leave, are changed or change places: against the host.
// Small integers, but for half precision at the end: every sum is exact, in any order.
// isa: native avx512
#include <cuda_bf16.h>
#include <mma.h>

#include <cstdio>
#include <cstdlib>

typedef __nv_bfloat16 bf16;
using namespace nvcuda;

// Fragments as the manual of PTX lays them out, straight from row-major A (16 x k) and column-major B (k x 8).
__device__ unsigned at(const void* p, int bytes) { return *(const unsigned*)((const char*)p + bytes); }
__device__ void load_a(unsigned (&r)[4], const bf16* a, int lda, int k) {
  int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  for (int i = 0; i < 4; ++i) r[i] = at(a, 2 * ((g + i % 2 * 8) * lda + k + 2 * t + i / 2 * 8));
}
__device__ void load_b(unsigned (&r)[2], const bf16* b, int ldb, int k) {
  int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  for (int i = 0; i < 2; ++i) r[i] = at(b, 2 * (g * ldb + k + 2 * t + i * 8));
}
__device__ void mma(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ void mma8(float (&d)[4], unsigned a0, unsigned a1, unsigned b) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a0), "r"(a1), "r"(b));
}
template <class T>
__device__ void store(T* c, int ldc, const T (&d)[4]) {
  int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  for (int i = 0; i < 4; ++i) c[(g + i / 2 * 8) * ldc + 2 * t + i % 2] = d[i];
}

constexpr int kRows = 32, kColumns = 24, kDepth = 48;  // of a warp; 3 columns of sums: one is left without a neighbour

// Modes of `sums`.
enum { Plain, Barrier, Watched, Scaled, Swapped, Restarted, Inner, Narrow, Late };

constexpr int row_tiles(int mode) { return mode == Plain || mode == Watched || mode == Swapped ? 2 : 1; }

template <int mode>
__global__ void sums(const bf16* a, const bf16* b, float* c, float* seen, int turns, int most) {
  constexpr int rows = row_tiles(mode);
  int warp = threadIdx.x / 32;
  c += warp * kRows * kColumns;
  float d[rows][3][4] = {};
  float watched = 0;
  int own = mode == Late ? turns - warp : turns;  // warps that leave at different times
  if (mode == Late && warp == 2) own = 0;
  for (int turn = 0; turn < own; ++turn) {
    if (mode == Restarted && turn % 2 == 0) {
      for (int i = 0; i < rows; ++i)
        for (int j = 0; j < 3; ++j)
          for (int e = 0; e < 4; ++e) d[i][j][e] = float(turn);
    }
    if (mode == Watched) watched += d[0][2][1] - 2 * d[rows - 1][0][2];  // before the products of this turn
    if (mode == Narrow) {
      int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
      for (int k = 0; k < kDepth; k += 8)
        for (int j = 0; j < 3; ++j)
          for (int i = 0; i < rows; ++i)
            mma8(d[i][j], at(a, 2 * ((16 * i + g) * kDepth + k + 2 * t)), at(a, 2 * ((16 * i + g + 8) * kDepth + k + 2 * t)),
                 at(b, 2 * ((8 * j + g) * kDepth + k + 2 * t)));
      continue;
    }
    for (int repeat = 0; repeat < (mode == Inner ? most : 1); ++repeat) {
#pragma unroll
      for (int k = 0; k < kDepth; k += 16) {
        unsigned left[rows][4], right[3][2];
        for (int i = 0; i < rows; ++i) load_a(left[i], a + 16 * i * kDepth, kDepth, k);
        for (int j = 0; j < 3; ++j) load_b(right[j], b + 8 * j * kDepth, kDepth, k);
        for (int i = 0; i < rows; ++i)
          for (int j = 0; j < 3; ++j) mma(d[i][j], left[i], right[j]);
        if (mode == Barrier && k == 16) __syncthreads();
      }
    }
    if (mode == Watched) watched += d[rows - 1][2][3];  // and behind them
    if (mode == Scaled) {
      for (int i = 0; i < rows; ++i)
        for (int j = 0; j < 3; ++j)
          for (int e = 0; e < 4; ++e) d[i][j][e] *= e % 2 ? -1.0f : 1.0f;
    }
    if (mode == Swapped) {
      for (int j = 0; j < 3; ++j)
        for (int e = 0; e < 4; ++e) {
          float other = d[0][j][e];
          d[0][j][e] = d[rows - 1][j][e], d[rows - 1][j][e] = other;
        }
    }
    if (mode == Barrier) __syncthreads();
  }
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < 3; ++j) store(c + 16 * i * kColumns + 8 * j, kColumns, d[i][j]);
  if (threadIdx.x % 32 < 20) seen[threadIdx.x] = watched;
}

// What a mode should give, sum by sum. `p`: the product of A and B there.
static float expected(int mode, int warp, int row, int column, const float* p, int turns, int most) {
  if (mode == Late) turns = warp == 2 ? 0 : turns - warp;
  float d = 0, other = 0, q = p[(row ^ 16) * kColumns + column];
  float o = p[row * kColumns + column];
  for (int turn = 0; turn < turns; ++turn) {
    if (mode == Restarted && turn % 2 == 0) d = float(turn);
    d += o * (mode == Inner ? most : 1);
    other += q;
    if (mode == Scaled && column % 2) d = -d;
    if (mode == Swapped) {
      float was = d;
      d = other, other = was;
    }
  }
  return d;
}

static int wrong, done;
static unsigned seed = 1;
static int small(int low, int high) {
  seed = seed * 1664525u + 1013904223u;
  return low + int((seed >> 8) % unsigned(high - low + 1));
}
template <class T>
static T* managed(int count) {
  T* p;
  cudaMallocManaged(&p, count * sizeof(T));
  return p;
}
static void differ(const char* name, int i, int j, double got, double want) {
  if (wrong++ < 10) printf("%s %d,%d: %g, not %g\n", name, i, j, got, want);
}

template <int mode>
static void check(const char* name, int warps, int turns, int most = 2) {
  bf16 *a = managed<bf16>(kRows * kDepth), *b = managed<bf16>(kColumns * kDepth);
  float *c = managed<float>(4 * kRows * kColumns), *seen = managed<float>(128), product[kRows * kColumns];
  for (int i = 0; i < kRows * kDepth; ++i) a[i] = bf16(float(small(-4, 4)));
  for (int i = 0; i < kColumns * kDepth; ++i) b[i] = bf16(float(small(-4, 4)));
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kColumns; ++j) {
      float& sum = product[i * kColumns + j] = 0;
      for (int k = 0; k < kDepth; ++k) sum += float(a[i * kDepth + k]) * float(b[j * kDepth + k]);
    }
  sums<mode><<<1, 32 * warps>>>(a, b, c, seen, turns, most);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong++;
  for (int w = 0; w < warps; ++w)
    for (int i = 0; i < 16 * row_tiles(mode); ++i)
      for (int j = 0; j < kColumns; ++j) {
        float got = c[(w * kRows + i) * kColumns + j], want = expected(mode, w, i, j, product, turns, most);
        if (got != want) differ(name, i, j, got, want);
      }
  for (int w = 0; mode == Watched && w < warps; ++w)
    for (int lane = 0; lane < 20; ++lane) {
      int g = lane / 4, t = lane % 4;
      float first = product[g * kColumns + 16 + 2 * t + 1] - 2 * product[(24 + g) * kColumns + 2 * t], want = 0;
      for (int turn = 0; turn < turns; ++turn) want += turn * first + (turn + 1) * product[(24 + g) * kColumns + 16 + 2 * t + 1];
      if (seen[32 * w + lane] != want) differ("what is seen of sums", w, lane, seen[32 * w + lane], want);
    }
  cudaFree(a), cudaFree(b), cudaFree(c), cudaFree(seen);
  done++;
}

// One product, and no loop: not worth the way into tiles.
__global__ void one(const bf16* a, const bf16* b, float* c) {
  unsigned left[4], right[2];
  float d[4] = {1, 2, 3, 4};
  load_a(left, a, 16, 0);
  load_b(right, b, 16, 0);
  mma(d, left, right);
  store(c, 8, d);
}

static void check_one() {
  bf16 *a = managed<bf16>(256), *b = managed<bf16>(128);
  float* c = managed<float>(128);
  for (int i = 0; i < 256; ++i) a[i] = bf16(float(small(-9, 9)));
  for (int i = 0; i < 128; ++i) b[i] = bf16(float(small(-9, 9)));
  one<<<1, 32>>>(a, b, c);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong++;
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      float sum = float(1 + j % 2 + i / 8 * 2);
      for (int k = 0; k < 16; ++k) sum += float(a[i * 16 + k]) * float(b[j * 16 + k]);
      if (c[i * 8 + j] != sum) differ("one product", i, j, c[i * 8 + j], sum);
    }
  cudaFree(a), cudaFree(b), cudaFree(c);
  done++;
}

// A sum that nobody reads, and another product in its registers: both would stay in the same place.
__global__ void overwritten(const bf16* a, const bf16* b, float* c, int turns) {
  unsigned left[4], right[2];
  float d[4] = {}, other[4] = {}, start = float(turns);
  load_a(left, a, 16, 0);
  for (int i = 0; i < turns; ++i) {
    load_b(right, b + i % 2 * 128, 16, 0);
    mma(other, {left[2], left[3], left[0], left[1]}, right);
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(left[1]), "r"(left[0]), "r"(left[3]), "r"(left[2]), "r"(right[0]), "r"(right[1]));
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%10,%10,%10};"
                 : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
                 : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]), "f"(start));
  }
  store(c, 8, d);
  store(c + 128, 8, other);
}

static void check_overwritten() {
  const int turns = 4;
  bf16 *a = managed<bf16>(256), *b = managed<bf16>(256);
  float* c = managed<float>(256);
  for (int i = 0; i < 256; ++i) a[i] = bf16(float(small(-9, 9))), b[i] = bf16(float(small(-9, 9)));
  overwritten<<<1, 32>>>(a, b, c, turns);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong++;
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      float sum = turns;
      for (int k = 0; k < 16; ++k) sum += float(a[i * 16 + k]) * float(b[128 + j * 16 + k]);
      if (c[i * 8 + j] != sum) differ("an overwritten sum", i, j, c[i * 8 + j], sum);
    }
  cudaFree(a), cudaFree(b), cudaFree(c);
  done++;
}

// 8-bit integers through mma of several shapes; sums of 32 bits wrap.
template <class A, class B>
struct Integers;
#define INTEGERS(A, B, ta, tb)                                                                                                          \
  template <>                                                                                                                           \
  struct Integers<A, B> {                                                                                                               \
    static __device__ void deep(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {                                          \
      asm("mma.sync.aligned.m16n8k32.row.col.s32." #ta "." #tb ".s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"             \
          : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                                                                              \
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                                                          \
    }                                                                                                                                   \
    static __device__ void flat(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {                                          \
      asm("mma.sync.aligned.m8n8k16.row.col.s32." #ta "." #tb ".s32 {%0,%1}, {%2}, {%3}, {%0,%1};" : "+r"(d[0]), "+r"(d[1]) : "r"(a[0]), "r"(b[0])); \
      asm("mma.sync.aligned.m8n8k16.row.col.s32." #ta "." #tb ".s32 {%0,%1}, {%2}, {%3}, {%0,%1};" : "+r"(d[2]), "+r"(d[3]) : "r"(a[1]), "r"(b[0])); \
      asm("mma.sync.aligned.m16n8k16.row.col.s32." #ta "." #tb ".s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"                      \
          : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                                                                              \
          : "r"(a[2]), "r"(a[3]), "r"(b[1]));                                                                                           \
    }                                                                                                                                   \
  };
INTEGERS(signed char, signed char, s8, s8)
INTEGERS(signed char, unsigned char, s8, u8)
INTEGERS(unsigned char, signed char, u8, s8)
INTEGERS(unsigned char, unsigned char, u8, u8)

template <class A, class B, bool flat>
__global__ void integers(const A* a, const B* b, int* c, int depth) {
  int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4, d[2][4];
  for (int j = 0; j < 2; ++j)
    for (int e = 0; e < 4; ++e) d[j][e] = c[(g + e / 2 * 8) * 16 + 8 * j + 2 * t + e % 2];
  for (int k = 0; k < depth; k += 32) {
    unsigned left[4], right[2][2];
    for (int i = 0; i < 4; ++i) left[i] = at(a, (g + i % 2 * 8) * depth + k + 4 * t + i / 2 * 16);
    for (int j = 0; j < 2; ++j)
      for (int i = 0; i < 2; ++i) right[j][i] = at(b, (8 * j + g) * depth + k + 4 * t + i * 16);
    for (int j = 0; j < 2; ++j)
      if (flat)
        Integers<A, B>::flat(d[j], left, right[j]);
      else
        Integers<A, B>::deep(d[j], left, right[j]);
  }
  for (int j = 0; j < 2; ++j) store(c + 8 * j, 16, d[j]);
}

template <class A, class B>
static void check_integers(const char* name) {
  for (int flat = 0; flat < 2; ++flat) {
    const int depth = 96;
    A* a = managed<A>(16 * depth);
    B* b = managed<B>(16 * depth);
    int *c = managed<int>(256), before[256];
    for (int i = 0; i < 16 * depth; ++i) a[i] = A(small(-128, 255)), b[i] = B(small(-128, 255));
    for (int i = 0; i < 256; ++i) before[i] = c[i] = i % 3 ? i : 2147483000 - i;
    if (flat)
      integers<A, B, true><<<1, 32>>>(a, b, c, depth);
    else
      integers<A, B, false><<<1, 32>>>(a, b, c, depth);
    if (cudaDeviceSynchronize() != cudaSuccess) wrong++;
    for (int i = 0; i < 16; ++i)
      for (int j = 0; j < 16; ++j) {
        unsigned sum = unsigned(before[i * 16 + j]);
        for (int k = 0; k < depth; ++k) sum += unsigned(int(a[i * depth + k]) * int(b[j * depth + k]));
        if (c[i * 16 + j] != int(sum)) differ(name, i, j, c[i * 16 + j], int(sum));
      }
    cudaFree(a), cudaFree(b), cudaFree(c);
    done++;
  }
}

// wmma in a loop, by warps of a block with room to spare; a shape with 8 or 32 rows, too. `by_lane`: nobody sees that whole warps leave.
template <class T, class D, int m, int n, bool by_lane>
__global__ void warps(const T* a, const T* b, D* c, int depth, int used, const int* works) {
  int warp = threadIdx.x / 32;
  if (by_lane ? !works[threadIdx.x] : warp >= used) return;
  wmma::fragment<wmma::accumulator, m, n, 16, D> sum[2];
  for (int i = 0; i < 2; ++i) wmma::fill_fragment(sum[i], D(warp));
  for (int k = 0; k < depth; k += 16) {
    wmma::fragment<wmma::matrix_a, m, n, 16, T, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, m, n, 16, T, wmma::row_major> right;
    wmma::load_matrix_sync(left, a + k, depth);
    for (int i = 0; i < 2; ++i) {
      wmma::load_matrix_sync(right, b + k * 2 * n + i * n, 2 * n);
      wmma::mma_sync(sum[i], left, right, sum[i]);
    }
  }
  for (int i = 0; i < 2; ++i) wmma::store_matrix_sync(c + warp * m * 2 * n + i * n, sum[i], 2 * n, wmma::mem_row_major);
}

template <class T, class D, int m, int n, bool by_lane = false>
static void check_warps(const char* name) {
  const int depth = 80, used = 3;
  T *a = managed<T>(m * depth), *b = managed<T>(depth * 2 * n);
  D* c = managed<D>(used * m * 2 * n);
  for (int i = 0; i < m * depth; ++i) a[i] = T(float(small(0, 6)));
  for (int i = 0; i < depth * 2 * n; ++i) b[i] = T(float(small(0, 6)));
  int* works = managed<int>(128);
  for (int i = 0; i < 128; ++i) works[i] = i < 32 * used;
  warps<T, D, m, n, by_lane><<<1, 128>>>(a, b, c, depth, used, works);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong++;
  for (int w = 0; w < used; ++w)
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < 2 * n; ++j) {
        float sum = float(w);
        for (int k = 0; k < depth; ++k) sum += float(a[i * depth + k]) * float(b[k * 2 * n + j]);
        if (float(c[(w * m + i) * 2 * n + j]) != sum) differ(name, i, j, float(c[(w * m + i) * 2 * n + j]), sum);
      }
  cudaFree(a), cudaFree(b), cudaFree(c), cudaFree(works);
  done++;
}

// Half precision in full: any size, subnormal numbers, zeros of both signs, infinities, NaN. Sums are rounded in single precision.
__global__ void halves(const __half* a, const __half* b, float* c, int depth) {
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fill_fragment(sum, 0.0f);
  for (int k = 0; k < depth; k += 16) {
    wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, __half, wmma::col_major> right;
    wmma::load_matrix_sync(left, a + k, depth);
    wmma::load_matrix_sync(right, b + k, depth);
    wmma::mma_sync(sum, left, right, sum);
  }
  wmma::store_matrix_sync(c, sum, 16, wmma::mem_row_major);
}

static void check_halves(int kind) {
  const int depth = 64;
  __half *a = managed<__half>(16 * depth), *b = managed<__half>(16 * depth);
  float* c = managed<float>(256);
  unsigned short *x = (unsigned short*)a, *y = (unsigned short*)b;
  for (int i = 0; i < 16 * depth; ++i) {
    int most = kind ? 0x7bff : 0x03ff;  // of all sizes; subnormal
    x[i] = (unsigned short)(small(0, most) | small(0, 1) << 15), y[i] = (unsigned short)(small(0, most) | small(0, 1) << 15);
    if (small(0, 7) == 0) x[i] &= 0x8000;
    if (small(0, 7) == 0) y[i] &= 0x8000;
    if (kind == 2 && small(0, 99) == 0) x[i] = (unsigned short)(0x7c00 | small(0, 1) << 15);
    if (kind == 2 && small(0, 999) == 0) y[i] = 0x7c00;
    if (kind == 2 && small(0, 999) == 0) y[i] = 0x7c01;
  }
  halves<<<1, 32>>>(a, b, c, depth);
  if (cudaDeviceSynchronize() != cudaSuccess) wrong++;
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) {
      double sum = 0, size = 0;
      for (int k = 0; k < depth; ++k) {
        double product = double(float(a[i * depth + k])) * double(float(b[j * depth + k]));
        sum += product, size += product < 0 ? -product : product;
      }
      double got = c[i * 16 + j], off = got < sum ? sum - got : got - sum;
      bool same = sum != sum ? got != got : size > 1e300 ? got == sum : off <= size * 3e-6;
      if (!same) differ(kind ? "halves" : "subnormal halves", i, j, got, sum);
    }
  cudaFree(a), cudaFree(b), cudaFree(c);
  done++;
}

int main() {
  check<Plain>("plain", 1, 5);
  check<Plain>("no turn", 2, 0);
  check<Barrier>("barrier", 4, 3);
  check<Watched>("watched", 2, 3);
  check<Scaled>("scaled", 1, 4);
  check<Swapped>("swapped", 1, 5);
  check<Restarted>("restarted", 1, 5);
  check<Inner>("inner loop", 2, 3, 3);
  check<Inner>("inner loop without turns", 1, 3, 0);
  check<Narrow>("m16n8k8", 1, 2);
  check<Late>("warps that leave early", 3, 4);
  check_one();
  check_overwritten();
  check_integers<signed char, signed char>("s8 s8");
  check_integers<signed char, unsigned char>("s8 u8");
  check_integers<unsigned char, signed char>("u8 s8");
  check_integers<unsigned char, unsigned char>("u8 u8");
  check_warps<bf16, float, 16, 16>("bf16 m16n16");
  check_warps<bf16, float, 16, 16, true>("bf16 m16n16 by lane");
  check_warps<bf16, float, 32, 8>("bf16 m32n8");
  check_warps<bf16, float, 8, 32>("bf16 m8n32");
  check_warps<__half, float, 16, 16>("f16 m16n16");
  check_warps<__half, float, 32, 8>("f16 m32n8");
  for (int kind = 0; kind < 3; ++kind) check_halves(kind);
  check_warps<signed char, int, 16, 16>("s8 m16n16");
  check_warps<unsigned char, int, 8, 32>("u8 m8n32");
  printf("%s: %d kernels, %d wrong\n", wrong ? "FAIL" : "PASS", done, wrong);
  return wrong != 0;
}
