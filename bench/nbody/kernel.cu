// N-body: the acceleration of every body by all others, tiled through shared memory. x, y, z and mass in a
// float4.
#include "../bench.h"

constexpr int kThreads = 256;
constexpr float kSoftening2 = 0.01f;

__global__ void accelerate(const float4* bodies, float4* accelerations, int n) {
  __shared__ float4 tile[kThreads];
  int i = blockIdx.x * kThreads + threadIdx.x;
  float4 self = bodies[i];
  float ax = 0.0f, ay = 0.0f, az = 0.0f;
  for (int start = 0; start < n; start += kThreads) {
    tile[threadIdx.x] = bodies[start + threadIdx.x];
    __syncthreads();
#pragma unroll 8
    for (int k = 0; k < kThreads; ++k) {
      float4 other = tile[k];
      float dx = other.x - self.x, dy = other.y - self.y, dz = other.z - self.z;
      float inverse = rsqrtf(dx * dx + dy * dy + dz * dz + kSoftening2);
      float strength = other.w * inverse * inverse * inverse;
      ax += dx * strength;
      ay += dy * strength;
      az += dz * strength;
    }
    __syncthreads();
  }
  accelerations[i] = make_float4(ax, ay, az, 0.0f);
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 8192) / kThreads * kThreads;
  float* bodies = bench_fill(4 * (size_t)n, 1, 0.0f, 1.0f);
  float* out = (float*)bench_alloc(n * sizeof(float4));
  float* d_bodies = bench_upload(bodies, 4 * (size_t)n);
  float* d_out = bench_device<float>(4 * (size_t)n);
  Bench bench = bench_open("nbody");
  while (bench_again(&bench)) {
    bench_start(&bench);
    accelerate<<<n / kThreads, kThreads>>>((const float4*)d_bodies, (float4*)d_out, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(out, d_out, 4 * (size_t)n);
  bench_close_f32(&bench, out, 4 * (size_t)n);
  return 0;
}
