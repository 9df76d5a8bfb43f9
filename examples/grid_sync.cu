// Cooperative groups: a heat equation whose time loop runs inside one launch; the whole grid meets each step.
//
// Usage: grid_sync [cells] [steps]

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include <cooperative_groups.h>
#include <cuda_runtime.h>

namespace cg = cooperative_groups;

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

constexpr int kThreads = 128;

__host__ __device__ inline float diffuse(const float* heat, int i, int n) {
  float left = heat[i > 0 ? i - 1 : 0];
  float right = heat[i < n - 1 ? i + 1 : n - 1];
  return heat[i] + 0.25f * (left - 2.0f * heat[i] + right);
}

// Leaves the result in `heat` if `steps` is even, else in `next`; the sum of all temperatures goes to
// `total`.
__global__ void simulate(float* heat, float* next, float* total, int n, int steps) {
  cg::grid_group grid = cg::this_grid();
  for (int step = 0; step < steps; ++step) {
    for (int i = grid.thread_rank(); i < n; i += grid.size()) next[i] = diffuse(heat, i, n);
    grid.sync();  // no block may start the next step before all have finished this one
    float* swap = heat;
    heat = next;
    next = swap;
  }

  float sum = 0.0f;
  for (int i = grid.thread_rank(); i < n; i += grid.size()) sum += heat[i];
  cg::thread_block_tile<32> warp = cg::tiled_partition<32>(cg::this_thread_block());
  for (int offset = warp.size() / 2; offset > 0; offset /= 2) sum += warp.shfl_down(sum, offset);
  if (warp.thread_rank() == 0) atomicAdd(total, sum);
}

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 4000;
  int steps = argc > 2 ? std::atoi(argv[2]) : 200;
  std::vector<float> heat(n), expected, next(n);
  for (int i = 0; i < n; ++i) heat[i] = i % 100 < 50 ? 100.0f : 0.0f;
  expected = heat;
  for (int step = 0; step < steps; ++step) {
    for (int i = 0; i < n; ++i) next[i] = diffuse(expected.data(), i, n);
    std::swap(expected, next);
  }

  int device = 0, cooperative = 0, multiprocessors = 0, blocks_each = 0;
  CHECK(cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device));
  CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks_each, simulate, kThreads, 0));
  if (!cooperative) {
    std::printf("FAIL: the device has no cooperative launch\n");
    return 1;
  }
  // All blocks of a cooperative launch are resident at the same time: the device says how many can be.
  int blocks = (n + kThreads - 1) / kThreads;
  if (blocks > multiprocessors * blocks_each) blocks = multiprocessors * blocks_each;

  float *d_heat, *d_next, *d_total;
  CHECK(cudaMalloc(&d_heat, n * sizeof(float)));
  CHECK(cudaMalloc(&d_next, n * sizeof(float)));
  CHECK(cudaMalloc(&d_total, sizeof(float)));
  CHECK(cudaMemcpy(d_heat, heat.data(), n * sizeof(float), cudaMemcpyHostToDevice));
  CHECK(cudaMemset(d_total, 0, sizeof(float)));
  void* arguments[] = {&d_heat, &d_next, &d_total, &n, &steps};
  CHECK(cudaLaunchCooperativeKernel(reinterpret_cast<void*>(simulate), dim3(blocks), dim3(kThreads),
                                    arguments, 0, 0));

  float total = 0.0f;
  CHECK(cudaMemcpy(heat.data(), steps % 2 ? d_next : d_heat, n * sizeof(float), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(&total, d_total, sizeof(float), cudaMemcpyDeviceToHost));
  double worst = 0.0, sum = 0.0;
  for (int i = 0; i < n; ++i) {
    worst = std::fmax(worst, std::fabs(heat[i] - expected[i]));
    sum += expected[i];
  }
  bool good = worst < 1e-2 && std::fabs(total - sum) < 1e-4 * sum;
  std::printf("%s: %d cells, %d steps, %d blocks; largest error %.1e; mean %.3f, host %.3f\n",
              good ? "PASS" : "FAIL", n, steps, blocks, worst, total / n, sum / n);

  CHECK(cudaFree(d_heat));
  CHECK(cudaFree(d_next));
  CHECK(cudaFree(d_total));
  return good ? 0 : 1;
}
