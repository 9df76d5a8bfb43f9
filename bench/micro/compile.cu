// What the first launch of a kernel costs when nothing is in the cache: the first kernel also starts the compiler; then
// one of 50 lines, and one of about 2,000 instructions.
#include "../bench.h"

__global__ void one_line(float* data) { data[threadIdx.x] += 1.0f; }

// A smoothing step with a tile, a halo, a border, a reduction over the warp and an atomic: a usual kernel.
constexpr int kTile = 16;

__global__ void fifty_lines(const float* in, float* out, float* change, int width, int height) {
  __shared__ float tile[kTile + 2][kTile + 2];
  __shared__ float sums[kTile * kTile / 32];
  int x = blockIdx.x * kTile + threadIdx.x;
  int y = blockIdx.y * kTile + threadIdx.y;
  int thread = threadIdx.y * kTile + threadIdx.x;

  for (int i = thread; i < (kTile + 2) * (kTile + 2); i += kTile * kTile) {
    int from_x = blockIdx.x * kTile + i % (kTile + 2) - 1;
    int from_y = blockIdx.y * kTile + i / (kTile + 2) - 1;
    from_x = min(max(from_x, 0), width - 1);
    from_y = min(max(from_y, 0), height - 1);
    tile[i / (kTile + 2)][i % (kTile + 2)] = in[from_y * width + from_x];
  }
  __syncthreads();

  float moved = 0.0f;
  if (x < width && y < height) {
    int tx = threadIdx.x + 1;
    int ty = threadIdx.y + 1;
    float centre = tile[ty][tx];
    float sides = tile[ty][tx - 1] + tile[ty][tx + 1] + tile[ty - 1][tx] + tile[ty + 1][tx];
    float corners = tile[ty - 1][tx - 1] + tile[ty - 1][tx + 1] + tile[ty + 1][tx - 1] + tile[ty + 1][tx + 1];
    float smooth = 0.25f * centre + 0.125f * sides + 0.0625f * corners;
    float edge = fabsf(centre - 0.25f * sides);
    float keep = edge > 0.5f ? expf(-edge) : 0.0f;
    float result = keep * centre + (1.0f - keep) * smooth;
    out[y * width + x] = result;
    moved = fabsf(result - centre);
  }

  for (int offset = 16; offset > 0; offset /= 2) moved += __shfl_down_sync(0xffffffffu, moved, offset);
  if (thread % 32 == 0) sums[thread / 32] = moved;
  __syncthreads();
  if (thread == 0) {
    float total = 0.0f;
    for (int warp = 0; warp < kTile * kTile / 32; ++warp) total += sums[warp];
    atomicAdd(change, total);
  }
}

// Straight-line mixing, unrolled: integers, floats, selects, shifts, and a branch every other round.
__global__ void long_kernel(uint32_t* words, float* numbers) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  uint32_t a = words[i], b = a * 0x9e3779b9u, c = a ^ 0x85ebca6bu, d = ~a;
  float x = numbers[i], y = 0.5f * x, z = 1.0f - x;
#pragma unroll
  for (int round = 0; round < 72; ++round) {
    uint32_t f = round % 3 == 0 ? (b & c) | (~b & d) : round % 3 == 1 ? b ^ c ^ d : c ^ (b | ~d);
    uint32_t sum = a + f + 0x5a827999u * (round + 1);
    uint32_t shift = 5 + round % 17;
    a = d, d = c, c = b;
    b += sum << shift | sum >> (32 - shift);
    x = x * y + z;
    y = fminf(y + 0.001f * round, x * 0.75f);
    z = (b >> round % 24 & 1) ? z + x : z - y;
    if (round % 2 == 1 && (b & 0xff) == round) words[(i + round) & 255] = a ^ c;
    if (round % 4 == 3) numbers[(i + 7 * round) & 255] = x + z;
  }
  words[i] = a + b + c + d;
  numbers[i] = x + y + z;
}

template <class Launch>
void first(const char* name, Launch launch) {
  double start_s = bench_now();
  launch();
  bench_finish();
  printf("%s %.6f 0\n", name, (bench_now() - start_s) * 1e3);
}

int main() {
  constexpr int kSide = 64, kCells = kSide * kSide;
  float* in = bench_device<float>(kCells);
  float* out = bench_device<float>(kCells);
  uint32_t* words = bench_device<uint32_t>(kCells);
  BENCH_CUDA(cudaMemset(in, 0, kCells * sizeof *in));
  BENCH_CUDA(cudaMemset(words, 1, kCells * sizeof *words));
  first("compile.first_kernel", [&] { one_line<<<1, 32>>>(in); });
  dim3 blocks(kSide / kTile, kSide / kTile), threads(kTile, kTile);
  first("compile.fifty_lines", [&] { fifty_lines<<<blocks, threads>>>(in, out, in, kSide, kSide); });
  first("compile.two_thousand_instructions", [&] { long_kernel<<<1, 256>>>(words, out); });
  return 0;
}
