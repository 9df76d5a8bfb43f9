// Blocks that run as one group, so that barriers cost nothing: sums, votes at barriers, values handed on through shared
// memory, matrix tiles, far gathers by unsigned indices.
#include <cstdio>

template <int kThreads>
__global__ void ring(const int* in, int* out, int turns) {
  __shared__ int kept[kThreads];
  int t = threadIdx.x;
  kept[t] = in[blockIdx.x * kThreads + t];
  __syncthreads();
  for (int turn = 1; turn <= turns; turn++) {
    int next = kept[(t + turn) % kThreads];
    __syncthreads();
    kept[t] = next * 3 + turn;
    __syncthreads();
  }
  int odd = __syncthreads_count(kept[t] & 1);
  int all = __syncthreads_and(t < kThreads), none = __syncthreads_and(t < kThreads - 1);
  int some = __syncthreads_or(t == 5), nobody = __syncthreads_or(t > kThreads);
  out[blockIdx.x * kThreads + t] = kept[t] + 1000 * odd + (all != 0) + 2 * (none != 0) + 4 * (some != 0) + 8 * (nobody != 0);
}

template <int kTile>
__global__ void product(const float* a, const float* b, float* c, int n) {
  __shared__ float left[kTile][kTile], right[kTile][kTile];
  int x = threadIdx.x, y = threadIdx.y, row = blockIdx.y * kTile + y, column = blockIdx.x * kTile + x;
  float sum = 0;
  for (int start = 0; start < n; start += kTile) {
    left[y][x] = a[row * n + start + x];
    right[y][x] = b[(start + y) * n + column];
    __syncthreads();
    for (int k = 0; k < kTile; k++) sum += left[y][k] * right[k][x];
    __syncthreads();
  }
  c[row * n + column] = sum;
}

// Indices beyond 2^31: the table starts in the middle of the address range that they span.
__global__ void far(const int* table, unsigned first, int* out) {
  unsigned t = threadIdx.x;
  out[t] = table[first + (t * 7919u) % 4001u];
}

template <int kThreads>
int try_ring(int turns) {
  const int n = 4 * kThreads;
  static int in[4 * 256], out[4 * 256], bad;
  int *d_in, *d_out;
  cudaMalloc(&d_in, sizeof in), cudaMalloc(&d_out, sizeof out);
  for (int i = 0; i < n; i++) in[i] = i * 37 % 101;
  cudaMemcpy(d_in, in, sizeof in, cudaMemcpyHostToDevice);
  ring<kThreads><<<4, kThreads>>>(d_in, d_out, turns);
  if (cudaMemcpy(out, d_out, sizeof out, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
  bad = 0;
  for (int block = 0; block < 4; block++) {
    int kept[kThreads], next[kThreads], odd = 0;
    for (int t = 0; t < kThreads; t++) kept[t] = in[block * kThreads + t];
    for (int turn = 1; turn <= turns; turn++) {
      for (int t = 0; t < kThreads; t++) next[t] = kept[(t + turn) % kThreads] * 3 + turn;
      for (int t = 0; t < kThreads; t++) kept[t] = next[t];
    }
    for (int t = 0; t < kThreads; t++) odd += kept[t] & 1;
    for (int t = 0; t < kThreads; t++) bad += out[block * kThreads + t] != kept[t] + 1000 * odd + 1 + 4;
  }
  if (bad) printf("ring of %d: %d wrong\n", kThreads, bad);
  return bad;
}

template <int kTile>
int try_product() {
  const int n = 64;
  static float a[n * n], b[n * n], c[n * n];
  float *d_a, *d_b, *d_c;
  cudaMalloc(&d_a, sizeof a), cudaMalloc(&d_b, sizeof b), cudaMalloc(&d_c, sizeof c);
  for (int i = 0; i < n * n; i++) a[i] = float(i % 7 - 3), b[i] = float(i % 5 - 2);
  cudaMemcpy(d_a, a, sizeof a, cudaMemcpyHostToDevice);
  cudaMemcpy(d_b, b, sizeof b, cudaMemcpyHostToDevice);
  product<kTile><<<dim3(n / kTile, n / kTile), dim3(kTile, kTile)>>>(d_a, d_b, d_c, n);
  if (cudaMemcpy(c, d_c, sizeof c, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
  int bad = 0;
  for (int row = 0; row < n; row++)
    for (int column = 0; column < n; column++) {
      float sum = 0;
      for (int k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
      bad += c[row * n + column] != sum;
    }
  if (bad) printf("tiles of %d: %d wrong\n", kTile, bad);
  return bad;
}

int try_far() {
  int *table, *out, bad = 0;
  cudaMallocManaged(&table, 4001 * 4), cudaMallocManaged(&out, 256 * 4);
  for (int i = 0; i < 4001; i++) table[i] = i * 3 + 1;
  const unsigned first = 3500000000u;
  far<<<1, 256>>>(table - (size_t)first, first, out);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (unsigned t = 0; t < 256; t++) bad += out[t] != int(t * 7919u % 4001u) * 3 + 1;
  if (bad) printf("far indices: %d wrong\n", bad);
  return bad;
}

int main() {
  int bad = try_ring<32>(5) + try_ring<64>(6) + try_ring<128>(7) + try_ring<256>(8);
  bad += try_product<8>() + try_product<16>() + try_product<32>() + try_far();
  return bad != 0;
}
