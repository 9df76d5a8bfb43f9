// Complex FFT of 1,024 points, one transform a block: 256 threads, one radix-4 butterfly each in every pass,
// with the data in shared memory between the passes.
#include "problem.h"

__device__ float2 add(float2 a, float2 b) { return make_float2(a.x + b.x, a.y + b.y); }
__device__ float2 sub(float2 a, float2 b) { return make_float2(a.x - b.x, a.y - b.y); }
__device__ float2 mul(float2 a, float2 b) {
  return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

__global__ void fft(const float2* in, float2* out, const float2* roots) {
  __shared__ float2 data[kPoints];
  int j = threadIdx.x;
  const float2* source = in + (size_t)blockIdx.x * kPoints;
  float2 v[4];
#pragma unroll
  for (int r = 0; r < 4; ++r) v[r] = source[j + r * kQuarter];

#pragma unroll
  for (int span = 1; span < kPoints; span *= 4) {
    if (span > 1) {
      __syncthreads();
#pragma unroll
      for (int r = 0; r < 4; ++r) v[r] = data[j + r * kQuarter];
      int turn = (j % span) * (kQuarter / span);
#pragma unroll
      for (int r = 1; r < 4; ++r) v[r] = mul(v[r], roots[r * turn]);
      __syncthreads();
    }
    float2 a = add(v[0], v[2]), b = sub(v[0], v[2]), c = add(v[1], v[3]), d = sub(v[1], v[3]);
    float2 minus_i_d = make_float2(d.y, -d.x);
    int place = j / span * span * 4 + j % span;
    data[place] = add(a, c);
    data[place + span] = add(b, minus_i_d);
    data[place + 2 * span] = sub(a, c);
    data[place + 3 * span] = sub(b, minus_i_d);
  }
  __syncthreads();
  float2* target = out + (size_t)blockIdx.x * kPoints;
#pragma unroll
  for (int r = 0; r < 4; ++r) target[j + r * kQuarter] = data[j + r * kQuarter];
}

int main(int argc, char** argv) {
  int batches = bench_size(argc, argv, 4096);
  size_t n = (size_t)batches * kPoints * 2;
  float* data = bench_fill(n, 1, -1.0f, 1.0f);
  float* roots = make_roots();
  float* d_in = bench_upload(data, n);
  float* d_roots = bench_upload(roots, 2 * kPoints);
  float* d_out = bench_device<float>(n);
  Bench bench = bench_open("fft");
  while (bench_again(&bench)) {
    bench_start(&bench);
    fft<<<batches, kQuarter>>>((const float2*)d_in, (float2*)d_out, (const float2*)d_roots);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(data, d_out, n);
  bench_close_f32(&bench, data, n);
  return 0;
}
