// Device generators: published values, jumps against single steps, the host's numbers against the device's, moments.
#include <curand_kernel.h>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

static int failures = 0;
static void check(bool right, const char *what) {
  if (!right) printf("wrong: %s\n", what), failures++;
}
static bool near(double got, double expected, double allowed) { return std::fabs(got - expected) <= allowed; }

// n single steps and one jump give the same numbers; so do jumps in parts.
template <class State, class... Start> static void jumps(const char *name, Start... start) {
  for (unsigned n : {0u, 1u, 2u, 3u, 4u, 5u, 15u, 16u, 17u, 255u, 4099u, 70001u}) {
    State one, two, three;
    curand_init(start..., 0, &one), curand_init(start..., n, &two), curand_init(start..., 0, &three);
    for (unsigned i = 0; i < n; ++i) curand(&one);
    skipahead(n / 3, &three), skipahead(n - n / 3, &three);
    for (int i = 0; i < 9; ++i) {
      auto a = curand(&one), b = curand(&two), c = curand(&three);
      check(a == b && a == c, name);
    }
  }
}
// A subsequence is 2**distance steps on: 2**distance in halves of 2**63 each.
template <class State> static void subsequences(const char *name, int distance) {
  State far, steps;
  curand_init(77, 3, 5, &far), curand_init(77, 0, 5, &steps);
  for (unsigned i = 0; i < 3u << (distance - 63); ++i) skipahead(1ull << 63, &steps);
  for (int i = 0; i < 9; ++i) check(curand(&far) == curand(&steps), name);
}

// The samples of the library's manual: seed 1234, one number of each of ten subsequences.
static void published() {
  const float manual[10] = {0.1455f, 0.8202f, 0.5504f, 0.2948f, 0.9147f, 0.8690f, 0.3219f, 0.7829f, 0.0113f, 0.2855f};
  for (int i = 0; i < 10; ++i) {
    curandState state;
    curand_init(1234, i, 0, &state);
    check(near(curand_uniform(&state), manual[i], 6e-5), "XORWOW, seed 1234");
  }
  // known answers of Random123
  uint4 z = curand_Philox4x32_10(make_uint4(0, 0, 0, 0), make_uint2(0, 0));
  check(z.x == 0x6627e8d5 && z.y == 0xe169c58d && z.z == 0xbc57ac4c && z.w == 0x9b00dbd8, "Philox of zeros");
  uint4 o = curand_Philox4x32_10(make_uint4(~0u, ~0u, ~0u, ~0u), make_uint2(~0u, ~0u));
  check(o.x == 0x408f276d && o.y == 0x41c83b0e && o.z == 0xa20bc7c6 && o.w == 0x6d5451fd, "Philox of ones");
  uint4 p = curand_Philox4x32_10(make_uint4(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), make_uint2(0xa4093822, 0x299f31d0));
  check(p.x == 0xd16cfe09 && p.y == 0x94fdcceb && p.z == 0x5001e420 && p.w == 0x24126ea1, "Philox of pi");
  curandStatePhilox4_32_10_t first;
  curand_init(0, 0, 0, &first);
  check(curand(&first) == 0x6627e8d5 && curand(&first) == 0xe169c58d, "Philox by curand");
  // L'Ecuyer's generator from his default seed of 12345 six times: 0.127011, 0.318528, 0.309186
  curandStateMRG32k3a_t mrg;
  curand_init(0, 0, 0, &mrg);
  check(near(curand_uniform_double(&mrg), 0.1270111, 1e-6) && near(curand_uniform_double(&mrg), 0.3185276, 1e-6) &&
        near(curand_uniform_double(&mrg), 0.3091860, 1e-6), "MRG32k3a from 12345");
}
static void vectors_of_four() {
  for (int used = 0; used < 4; ++used) {
    curandStatePhilox4_32_10_t a, b;
    curand_init(9, 8, used, &a), curand_init(9, 8, used, &b);
    for (int i = 0; i < 3; ++i) {
      uint4 v = curand4(&a);
      check(v.x == curand(&b) && v.y == curand(&b) && v.z == curand(&b) && v.w == curand(&b), "curand4");
    }
    check(curand(&a) == curand(&b), "curand after curand4");
  }
}
// The first dimension of Sobol's sequence, van der Corput's.
static void sobol() {
  unsigned v[32];
  unsigned long long w[64];
  for (int i = 0; i < 32; ++i) v[i] = 1u << (31 - i);
  for (int i = 0; i < 64; ++i) w[i] = 1ull << (63 - i);
  curandStateSobol32_t a;
  curand_init(v, 0, &a);
  const unsigned expected[] = {0, 1u << 31, 3u << 30, 1u << 30};
  for (unsigned e : expected) check(curand(&a) == e, "Sobol32");
  jumps<curandStateSobol32_t>("Sobol32", v), jumps<curandStateScrambledSobol32_t>("scrambled Sobol32", v, 0x12345u);
  jumps<curandStateSobol64_t>("Sobol64", w), jumps<curandStateScrambledSobol64_t>("scrambled Sobol64", w, 0x123456789abcull);
}

enum { Threads = 1024, Draws = 64, Kinds = 8 };
template <class State> __global__ void draw(double *out, unsigned *raw) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  State s;
  curand_init(4321, t, 7, &s);
  raw[t] = curand(&s);
  for (int i = 0; i < Draws; ++i) {
    double *o = out + (t * Draws + i) * Kinds;
    o[0] = curand_uniform(&s), o[1] = curand_uniform_double(&s), o[2] = curand_normal(&s), o[3] = curand_normal_double(&s);
    o[4] = curand_log_normal(&s, 0.0f, 0.5f), o[5] = curand_poisson(&s, 3.5), o[6] = curand_poisson(&s, 200.0);
    o[7] = curand_poisson(&s, 5000.0);
  }
}
template <class State> static void moments(const char *name) {
  std::vector<double> h(Threads * Draws * Kinds);
  std::vector<unsigned> raw(Threads);
  double *d;
  unsigned *r;
  cudaMalloc(&d, h.size() * 8), cudaMalloc(&r, Threads * 4);
  draw<State><<<Threads / 128, 128>>>(d, r);
  cudaMemcpy(h.data(), d, h.size() * 8, cudaMemcpyDefault), cudaMemcpy(raw.data(), r, Threads * 4, cudaMemcpyDefault);
  const double mean[] = {0.5, 0.5, 0, 0, std::exp(0.125), 3.5, 200, 5000};
  const double variance[] = {1 / 12.0, 1 / 12.0, 1, 1, (std::exp(0.25) - 1) * std::exp(0.25), 3.5, 200, 5000};
  const double n = Threads * Draws;
  for (int k = 0; k < Kinds; ++k) {
    double sum = 0, square = 0;
    for (size_t i = k; i < h.size(); i += Kinds) sum += h[i], square += (h[i] - mean[k]) * (h[i] - mean[k]);
    bool right = near(sum / n, mean[k], 5 * std::sqrt(variance[k] / n)) && near(square / n, variance[k], 0.06 * variance[k]);
    if (!right) printf("%s, kind %d: mean %g, variance %g\n", name, k, sum / n, square / n);
    check(right, "moments");
  }
  for (int t = 0; t < Threads; t += 37) {
    State s;
    curand_init(4321, t, 7, &s);
    check(curand(&s) == raw[t], "the host's numbers are the device's");
  }
  cudaFree(d), cudaFree(r);
}
__global__ void quasi(const unsigned *v, double *out) {
  int t = threadIdx.x;
  curandStateSobol32_t s;
  curand_init(v, t * 4 + 1, &s);
  out[t * 4] = curand_uniform(&s), out[t * 4 + 1] = curand_normal(&s);
  out[t * 4 + 2] = curand_normal_double(&s), out[t * 4 + 3] = curand_poisson(&s, 12.0);
}
static void quasi_device() {
  unsigned v[32], *d;
  double h[128 * 4], *o;
  for (int i = 0; i < 32; ++i) v[i] = 1u << (31 - i);
  cudaMalloc(&d, sizeof v), cudaMalloc(&o, sizeof h);
  cudaMemcpy(d, v, sizeof v, cudaMemcpyDefault);
  quasi<<<1, 128>>>(d, o);
  cudaMemcpy(h, o, sizeof h, cudaMemcpyDefault);
  double sum[4] = {};
  for (int i = 0; i < 512; ++i) sum[i % 4] += h[i] / 128;
  check(near(sum[0], 0.5, 0.3) && near(sum[3], 12, 6), "Sobol on the device");
  curandStateSobol32_t s;
  curand_init(v, 2, &s);
  unsigned x = curand(&s);
  check(near(0.5 * std::erfc(-h[1] / std::sqrt(2.0)), x * 0x1p-32, 1e-6), "normal numbers by the inverse");
}

int main() {
  published();
  jumps<curandStateXORWOW_t>("XORWOW", 5ull, 2ull), jumps<curandStatePhilox4_32_10_t>("Philox", 5ull, 2ull);
  jumps<curandStateMRG32k3a_t>("MRG32k3a", 5ull, 2ull);
  subsequences<curandStateXORWOW_t>("XORWOW's subsequence", 67), subsequences<curandStatePhilox4_32_10_t>("Philox's", 66);
  subsequences<curandStateMRG32k3a_t>("MRG32k3a's", 76);
  vectors_of_four(), sobol(), quasi_device();
  moments<curandStateXORWOW_t>("XORWOW"), moments<curandStatePhilox4_32_10_t>("Philox"), moments<curandStateMRG32k3a_t>("MRG32k3a");
  printf(failures ? "%d wrong\n" : "right\n", failures);
  return failures != 0;
}
