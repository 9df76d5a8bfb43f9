// Black-Scholes: European call and put prices; exp, log and sqrt in every thread.
#include "../bench.h"

constexpr float kRate = 0.02f, kVolatility = 0.30f;

// The cumulative normal distribution (Abramowitz and Stegun 26.2.17).
__device__ float normal_cdf(float d) {
  float k = 1.0f / (1.0f + 0.2316419f * fabsf(d));
  float tail =
      0.39894228f * expf(-0.5f * d * d) *
      (k * (0.31938153f + k * (-0.356563782f + k * (1.781477937f + k * (-1.821255978f + k * 1.330274429f)))));
  return d > 0.0f ? 1.0f - tail : tail;
}

__global__ void price(const float* stock, const float* strike, const float* years, float* call, float* put,
                      int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float s = stock[i], x = strike[i], t = years[i];
  float root = sqrtf(t);
  float d1 = (logf(s / x) + (kRate + 0.5f * kVolatility * kVolatility) * t) / (kVolatility * root);
  float d2 = d1 - kVolatility * root;
  float n1 = normal_cdf(d1), n2 = normal_cdf(d2);
  float discounted = x * expf(-kRate * t);
  call[i] = s * n1 - discounted * n2;
  put[i] = discounted * (1.0f - n2) - s * (1.0f - n1);
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 21);
  float* stock = bench_fill(n, 1, 5.0f, 30.0f);
  float* strike = bench_fill(n, 2, 1.0f, 100.0f);
  float* years = bench_fill(n, 3, 0.25f, 10.0f);
  float* out = (float*)bench_alloc(2 * (size_t)n * sizeof(float));
  float* d_stock = bench_upload(stock, n);
  float* d_strike = bench_upload(strike, n);
  float* d_years = bench_upload(years, n);
  float* d_out = bench_device<float>(2 * (size_t)n);
  Bench bench = bench_open("black_scholes");
  while (bench_again(&bench)) {
    bench_start(&bench);
    price<<<(n + 255) / 256, 256>>>(d_stock, d_strike, d_years, d_out, d_out + n, n);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(out, d_out, 2 * (size_t)n);
  bench_close_f32(&bench, out, 2 * (size_t)n);
  return 0;
}
