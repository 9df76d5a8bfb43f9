// Prints what the device's generators draw: a line for each case, generator, seed, subsequence, offset and five words.
// MRG32k3a's are its double uniform numbers times its modulus, which is the integer drawn.
#include <curand_kernel.h>
#include <cmath>
#include <cstdio>

struct Case { unsigned long long seed, subsequence, offset; };
enum { Cases = 64, Words = 5 };
__device__ unsigned long long word(curandState *s) { return curand(s); }
__device__ unsigned long long word(curandStatePhilox4_32_10_t *s) { return curand(s); }
__device__ unsigned long long word(curandStateMRG32k3a *s) { return llrint(curand_uniform_double(s) * 4294967087.0); }
template <class State> __global__ void draw(const Case *cases, unsigned long long *out) {
  int t = threadIdx.x;
  State s;
  curand_init(cases[t].seed, cases[t].subsequence, cases[t].offset, &s);
  for (int i = 0; i < Words; ++i) out[t * Words + i] = word(&s);
}
template <class State> static void show(const char *name, const Case *cases, unsigned long long *out) {
  draw<State><<<1, Cases>>>(cases, out);
  if (cudaError_t e = cudaDeviceSynchronize()) printf("%s\n", cudaGetErrorString(e));
  for (int t = 0; t < Cases; ++t) {
    printf("%s %llu %llu %llu", name, cases[t].seed, cases[t].subsequence, cases[t].offset);
    for (int i = 0; i < Words; ++i) printf(" %llu", out[t * Words + i]);
    printf("\n");
  }
}
int main() {
  Case *cases;
  unsigned long long *out, x = 88172645463325252ull;
  cudaMallocManaged(&cases, Cases * sizeof *cases), cudaMallocManaged(&out, Cases * Words * sizeof *out);
  auto next = [&x] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
  // small and large numbers, none at all, and all 64 bits
  for (int t = 0; t < Cases; ++t) cases[t] = {next() >> (t % 4 * 16), next() >> (t % 8 * 8), next() >> (t % 16 * 4)};
  cases[0] = {0, 0, 0}, cases[1] = {~0ull, ~0ull, ~0ull}, cases[2] = {1, 0, 0}, cases[3] = {1234, 1, 0};
  show<curandState>("xorwow", cases, out), show<curandStatePhilox4_32_10_t>("philox", cases, out);
  show<curandStateMRG32k3a>("mrg32k3a", cases, out);
}
