// Many values a thread: a product with 6 x 5 sums a thread, a filter that keeps a window of 40 values, and sums of what comes four elements at a time, in
// blocks of 16 x 8 threads.
#include <cstdio>
#include <vector>

constexpr int kRows = 6, kColumns = 5, kDepth = 8, kWindow = 40;

__global__ void product(const float* a, const float* b, float* c, int n) {
  __shared__ float tile_a[kDepth][8 * kRows], tile_b[kDepth][16 * kColumns];
  float sums[kRows][kColumns] = {};
  int thread = threadIdx.y * 16 + threadIdx.x, top = blockIdx.y * 8 * kRows, left = blockIdx.x * 16 * kColumns;
  for (int start = 0; start < n; start += kDepth) {
    for (int i = thread; i < kDepth * 8 * kRows; i += 128) tile_a[i % kDepth][i / kDepth] = a[(top + i / kDepth) * n + start + i % kDepth];
    for (int i = thread; i < kDepth * 16 * kColumns; i += 128)
      tile_b[i / (16 * kColumns)][i % (16 * kColumns)] = b[(start + i / (16 * kColumns)) * n + left + i % (16 * kColumns)];
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kDepth; ++k)
#pragma unroll
      for (int i = 0; i < kRows; ++i)
#pragma unroll
        for (int j = 0; j < kColumns; ++j) sums[i][j] += tile_a[k][threadIdx.y + 8 * i] * tile_b[k][threadIdx.x + 16 * j];
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kRows; ++i)
#pragma unroll
    for (int j = 0; j < kColumns; ++j) c[(top + threadIdx.y + 8 * i) * n + left + threadIdx.x + 16 * j] = sums[i][j];
}

// Sums over all pairs of a window of integers; integer sums do not depend on the order.
__global__ void pairs(const int* in, int* out) {
  int first = (blockIdx.x * 128 + threadIdx.y * 16 + threadIdx.x) * 3;
  int window[kWindow], sums[kWindow] = {};
#pragma unroll
  for (int i = 0; i < kWindow; ++i) window[i] = in[first + i];
#pragma unroll
  for (int step = 1; step < 6; ++step)
#pragma unroll
    for (int i = 0; i < kWindow; ++i) sums[i] += window[i] * window[(i + step) % kWindow] ^ sums[(i + 7 * step) % kWindow];
  int total = 0;
#pragma unroll
  for (int i = 0; i < kWindow; ++i) total = total * 31 + sums[i];
  out[first / 3] = total;
}

// Each sum needs elements of many loads of four from shared memory.
constexpr int kQuads = 16, kSums = 40;
__host__ __device__ int term(int r, int q, int x, int y, int z, int w) { return (r + q) % 2 ? x * (r + 1) + w : y * (q + 1) - z * r; }
__global__ void quads(const int4* in, int* out, int turns) {
  __shared__ int4 shared[kQuads * 128];
  int thread = threadIdx.y * 16 + threadIdx.x, sums[kSums] = {};
  for (int turn = 0; turn < turns; ++turn) {
    for (int q = 0; q < kQuads; ++q) shared[q * 128 + thread] = in[(turn * kQuads + q) * 128 + thread];
    __syncthreads();
    int4 quad[kQuads];
#pragma unroll
    for (int q = 0; q < kQuads; ++q) quad[q] = shared[q * 128 + (thread ^ 1)];
#pragma unroll
    for (int r = 0; r < kSums; ++r)
#pragma unroll
      for (int q = 0; q < kQuads; ++q) sums[r] += term(r, q, quad[q].x, quad[q].y, quad[q].z, quad[q].w);
    __syncthreads();
  }
#pragma unroll
  for (int r = 0; r < kSums; ++r) out[r * 128 + thread] = sums[r];
}

static int check_quads() {
  const int turns = 3;
  std::vector<int4> in(turns * kQuads * 128);
  std::vector<int> out(kSums * 128);
  for (size_t i = 0; i < in.size(); ++i) in[i] = make_int4(int(i % 97), int(i % 89) - 40, int(i * 7 % 83), int(i * 5 % 79));
  int4* d_in;
  int *d_out, wrong = 0;
  cudaMalloc(&d_in, in.size() * sizeof(int4)), cudaMalloc(&d_out, out.size() * 4);
  cudaMemcpy(d_in, in.data(), in.size() * sizeof(int4), cudaMemcpyHostToDevice);
  quads<<<1, dim3(16, 8)>>>(d_in, d_out, turns);
  cudaMemcpy(out.data(), d_out, out.size() * 4, cudaMemcpyDeviceToHost);
  for (int t = 0; t < 128; ++t)
    for (int r = 0; r < kSums; ++r) {
      int sum = 0;
      for (int q = 0; q < turns * kQuads; ++q) {
        int4 v = in[q * 128 + (t ^ 1)];
        sum += term(r, q % kQuads, v.x, v.y, v.z, v.w);
      }
      wrong += out[r * 128 + t] != sum;
    }
  return wrong;
}

int main() {
  const int n = 240;
  std::vector<float> a(n * n), b(n * n), c(n * n);
  for (int i = 0; i < n * n; ++i) a[i] = float(i % 13) - 6, b[i] = float(i % 11) - 5;
  float *da, *db, *dc;
  cudaMalloc(&da, n * n * 4), cudaMalloc(&db, n * n * 4), cudaMalloc(&dc, n * n * 4);
  cudaMemcpy(da, a.data(), n * n * 4, cudaMemcpyHostToDevice), cudaMemcpy(db, b.data(), n * n * 4, cudaMemcpyHostToDevice);
  product<<<dim3(n / (16 * kColumns), n / (8 * kRows)), dim3(16, 8)>>>(da, db, dc, n);
  cudaMemcpy(c.data(), dc, n * n * 4, cudaMemcpyDeviceToHost);
  int wrong = 0;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      float sum = 0;  // small integers: exact in any order
      for (int k = 0; k < n; ++k) sum += a[y * n + k] * b[k * n + x];
      wrong += sum != c[y * n + x];
    }

  const int threads = 512;
  std::vector<int> in(threads * 3 + kWindow), out(threads);
  for (size_t i = 0; i < in.size(); ++i) in[i] = int(i * 2654435761u >> 8);
  int *din, *dout;
  cudaMalloc(&din, in.size() * 4), cudaMalloc(&dout, threads * 4);
  cudaMemcpy(din, in.data(), in.size() * 4, cudaMemcpyHostToDevice);
  pairs<<<threads / 128, dim3(16, 8)>>>(din, dout);
  cudaMemcpy(out.data(), dout, threads * 4, cudaMemcpyDeviceToHost);
  for (int t = 0; t < threads; ++t) {
    unsigned sums[kWindow] = {}, total = 0;
    const int* window = &in[t * 3];
    for (int step = 1; step < 6; ++step)
      for (int i = 0; i < kWindow; ++i)
        sums[i] += unsigned(window[i]) * unsigned(window[(i + step) % kWindow]) ^ sums[(i + 7 * step) % kWindow];
    for (int i = 0; i < kWindow; ++i) total = total * 31 + sums[i];
    wrong += out[t] != int(total);
  }
  wrong += check_quads();
  printf(wrong ? "FAIL: %d wrong\n" : "PASS: %d wrong\n", wrong);
  return wrong != 0;
}
