// Kernels cut at their barriers: whatever a thread knows before a barrier it knows behind it, on every way from one barrier to the next.
#include <cstdint>
#include <cstdio>
#include <vector>

__device__ __host__ uint32_t mixed(uint32_t x) { return (x ^ x >> 15) * 0x9e3779b1u + 12345; }

// Sums in registers that one stage adds to and the others only hand on; a pointer, a float and a flag beside them.
__global__ void sums(const uint32_t* in, uint64_t* out, int steps) {
  __shared__ uint32_t tile[256];
  int t = threadIdx.y * blockDim.x + threadIdx.x, threads = blockDim.x * blockDim.y;
  const uint32_t* from = in + blockIdx.x * threads;
  uint64_t sum = t, other = 0;
  double weight = 1;
  bool odd = false;
  for (int s = 0; s < steps; ++s) {
    tile[t] = from[(t + s) % threads];
    __syncthreads();
    for (int k = 0; k < 5; ++k) sum += uint64_t(tile[(t + k * s) % threads]) * (k + 1);
    if (tile[t] % 3 == 1) other ^= sum;
    weight = weight * 0.5 + (tile[(t + 1) % threads] & 7);
    odd ^= tile[t] & 1;
    __syncthreads();
  }
  out[blockIdx.x * threads + t] = sum * 3 + other + uint64_t(weight * 16) + (odd ? 1000003 : 0);
}

static uint64_t sums_host(const uint32_t* from, int t, int threads, int steps) {
  uint64_t sum = t, other = 0;
  double weight = 1;
  bool odd = false;
  for (int s = 0; s < steps; ++s) {
    auto tile = [&](int at) { return from[(at % threads + s) % threads]; };
    for (int k = 0; k < 5; ++k) sum += uint64_t(tile(t + k * s)) * (k + 1);
    if (tile(t) % 3 == 1) other ^= sum;
    weight = weight * 0.5 + (tile(t + 1) & 7);
    odd ^= tile(t) & 1;
  }
  return sum * 3 + other + uint64_t(weight * 16) + (odd ? 1000003 : 0);
}

// Barriers on some ways only, before a loop, at the end of one, and in a loop in a loop; which way is taken depends on the block.
__global__ void ways(uint32_t* out, int n) {
  __shared__ uint32_t cell[192];
  int t = threadIdx.x, threads = blockDim.x;
  uint32_t mine = mixed(t + blockIdx.x * 1000);
  cell[t] = mine;
  if (blockIdx.x % 2) {
    __syncthreads();
    mine += cell[threads - 1 - t];
    __syncthreads();
    cell[t] = mine;
  }
  int round = 0;
  do {
    __syncthreads();
    uint32_t next = cell[(t + 1) % threads];
    for (int inner = 0; inner < int(blockIdx.x % 3); ++inner) {
      __syncthreads();
      cell[t] = mixed(next + inner);
      __syncthreads();
      next += cell[(t + 7) % threads];
      if (blockIdx.x % 4 == 3 && inner == 1) break;
    }
    if (round == 2 && blockIdx.x % 5 == 4) {
      out[blockIdx.x * threads + t] = next + mine;
      return;
    }
    __syncthreads();
    cell[t] = mixed(next ^ mine);
    mine += round;
  } while (++round < n);
  __syncthreads();
  if (t % 3 == 0) mine ^= cell[t ^ 1];
  out[blockIdx.x * threads + t] = mine + cell[(t + 5) % threads];
}

static void ways_host(uint32_t* out, int block, int threads, int n) {
  std::vector<uint32_t> cell(threads), mine(threads), next(threads), old;
  for (int t = 0; t < threads; ++t) cell[t] = mine[t] = mixed(t + block * 1000);
  if (block % 2) {
    for (int t = 0; t < threads; ++t) mine[t] += cell[threads - 1 - t];
    cell = mine;
  }
  int round = 0;
  do {
    for (int t = 0; t < threads; ++t) next[t] = cell[(t + 1) % threads];
    for (int inner = 0; inner < block % 3; ++inner) {
      for (int t = 0; t < threads; ++t) cell[t] = mixed(next[t] + inner);
      for (int t = 0; t < threads; ++t) next[t] += cell[(t + 7) % threads];
      if (block % 4 == 3 && inner == 1) break;
    }
    if (round == 2 && block % 5 == 4) {
      for (int t = 0; t < threads; ++t) out[t] = next[t] + mine[t];
      return;
    }
    for (int t = 0; t < threads; ++t) {
      cell[t] = mixed(next[t] ^ mine[t]);
      mine[t] += round;
    }
  } while (++round < n);
  for (int t = 0; t < threads; ++t)
    out[t] = (t % 3 == 0 ? mine[t] ^ cell[t ^ 1] : mine[t]) + cell[(t + 5) % threads];
}

// Barriers that count votes decide how long a loop runs.
__global__ void votes(const uint32_t* in, uint32_t* out) {
  int t = threadIdx.x, at = blockIdx.x * blockDim.x + t;
  uint32_t mine = in[at] % 64, rounds = 0, counted = 0;
  while (__syncthreads_or(mine > 3)) {
    counted += __syncthreads_count(mine & 1);
    mine = mine > 3 ? mine - 1 - (rounds & 1) : mine;
    ++rounds;
    if (__syncthreads_and(mine < 20)) counted += 10000;
  }
  out[at] = counted * 64 + rounds;
}

static void votes_host(const uint32_t* in, uint32_t* out, int threads) {
  std::vector<uint32_t> mine(threads);
  for (int t = 0; t < threads; ++t) mine[t] = in[t] % 64;
  uint32_t rounds = 0, counted = 0;
  for (;;) {
    bool some = false, all = true;
    for (uint32_t m : mine) some |= m > 3;
    if (!some) break;
    for (uint32_t m : mine) counted += m & 1;
    for (uint32_t& m : mine) m = m > 3 ? m - 1 - (rounds & 1) : m;
    ++rounds;
    for (uint32_t m : mine) all &= m < 20;
    counted += all ? 10000 : 0;
  }
  for (int t = 0; t < threads; ++t) out[t] = counted * 64 + rounds;
}

static int wrong;

template <class T>
static void compare(const char* what, int threads, const std::vector<T>& wanted, const T* found) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == found[i]) continue;
    if (wrong++ < 10) printf("%s, %d threads: [%zu] is %llu, not %llu\n", what, threads, i, (unsigned long long)found[i], (unsigned long long)wanted[i]);
  }
}

int main() {
  const int blocks = 60;
  uint32_t *in, *out;
  uint64_t* out64;
  cudaMallocManaged(&in, blocks * 256 * sizeof *in);
  cudaMallocManaged(&out, blocks * 256 * sizeof *out);
  cudaMallocManaged(&out64, blocks * 256 * sizeof *out64);
  for (int i = 0; i < blocks * 256; ++i) in[i] = mixed(i) >> 5;
  for (dim3 shape : {dim3(64), dim3(16, 8), dim3(32, 6), dim3(48, 5), dim3(256), dim3(1, 96)}) {
    int threads = shape.x * shape.y;
    for (int steps : {0, 1, 7}) {
      std::vector<uint64_t> wanted;
      sums<<<blocks, shape>>>(in, out64, steps);
      cudaDeviceSynchronize();
      for (int b = 0; b < blocks; ++b)
        for (int t = 0; t < threads; ++t) wanted.push_back(sums_host(in + b * threads, t, threads, steps));
      compare("sums", threads, wanted, out64);
    }
    std::vector<uint32_t> wanted(blocks * threads);
    if (shape.y == 1 && threads <= 192) {
      for (int n : {1, 2, 6}) {
        ways<<<blocks, shape>>>(out, n);
        cudaDeviceSynchronize();
        for (int b = 0; b < blocks; ++b) ways_host(&wanted[b * threads], b, threads, n);
        compare("ways", threads, wanted, out);
      }
    }
    if (shape.y == 1) {
      votes<<<blocks, shape>>>(in, out);
      cudaDeviceSynchronize();
      for (int b = 0; b < blocks; ++b) votes_host(in + b * threads, &wanted[b * threads], threads);
      compare("votes", threads, wanted, out);
    }
  }
  for (int threads : {96, 128, 192}) {
    std::vector<uint32_t> wanted(blocks * threads);
    ways<<<blocks, threads>>>(out, 5);
    cudaDeviceSynchronize();
    for (int b = 0; b < blocks; ++b) ways_host(&wanted[b * threads], b, threads, 5);
    compare("ways", threads, wanted, out);
    votes<<<blocks, threads>>>(in, out);
    cudaDeviceSynchronize();
    for (int b = 0; b < blocks; ++b) votes_host(in + b * threads, &wanted[b * threads], threads);
    compare("votes", threads, wanted, out);
  }
  if (cudaError_t error = cudaGetLastError()) return printf("%s\n", cudaGetErrorString(error)), 1;
  return wrong != 0;
}
