// Every function of both 16-bit types on the device against the same function on the host: all patterns for functions of one
// operand, random ones for more. Prints what differs.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cstdio>
#include <cstdlib>

constexpr int kPatterns = 65536;

#define UNARY(X) X(0, -a) X(1, __habs(a)) X(2, hceil(a)) X(3, hfloor(a)) X(4, htrunc(a)) X(5, hrint(a)) X(6, hsqrt(a)) \
  X(7, hrcp(a)) X(8, hexp(a)) X(9, hexp2(a)) X(10, hlog(a)) X(11, hlog2(a)) X(12, hlog10(a)) X(13, hsin(a)) X(14, hcos(a)) \
  X(15, htanh(a)) X(16, hrsqrt(a)) X(17, hexp10(a)) X(18, T((int)a)) X(19, T((unsigned long long)a)) X(20, T(-(short)a)) \
  X(21, T(1e-3 * (double)(float)a)) X(22, T((float)a * 0.3f)) \
  X(23, T(static_cast<__half>(static_cast<__nv_bfloat16>(a))))
#define BINARY(X) X(0, a + b) X(1, a - b) X(2, a * b) X(3, a / b) X(4, __hfma(a, b, c)) X(5, __hmin(a, b)) X(6, __hmax(a, b)) \
  X(7, __hmin_nan(a, b)) X(8, __hmax_nan(a, b)) X(9, __hadd_sat(a, b)) X(10, __hfma_sat(a, b, c)) X(11, __hfma_relu(a, b, c)) \
  X(12, T((int)__hlt(a, b))) X(13, T((int)__hleu(a, b))) X(14, T((int)__heq(a, b))) X(15, T((int)__hneu(a, b))) \
  X(16, T((int)__hgtu(a, b))) X(17, T((int)__hequ(a, b))) X(18, T((int)__hne(a, b))) X(19, __hmul_rn(a, b)) \
  X(20, (T2(a, b) + T2(b, c) * T2(c, a)).y) X(21, __hfma2(T2(a, b), T2(b, c), T2(c, a)).x) X(22, __hmax2(T2(a, b), T2(b, c)).y) \
  X(23, __hcmadd(T2(a, b), T2(b, c), T2(c, a)).x)
constexpr int kUnary = 24, kBinary = 24;

template <class T> __host__ __device__ T from(unsigned short bits);
template <> __host__ __device__ __half from(unsigned short bits) { return __ushort_as_half(bits); }
template <> __host__ __device__ __nv_bfloat16 from(unsigned short bits) { return __ushort_as_bfloat16(bits); }

template <class T, class T2> __host__ __device__ T unary(int f, T a) {
  switch (f) {
#define CASE(i, e) case i: return e;
    UNARY(CASE)
  }
  return a;
}
template <class T, class T2> __host__ __device__ T binary(int f, T a, T b, T c) {
  switch (f) {
    BINARY(CASE)
  }
  return a;
}

template <class T, class T2>
__global__ void run(const unsigned short* in, unsigned short* out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  T a = from<T>(in[i]), b = from<T>(in[kPatterns + i]), c = from<T>(in[2 * kPatterns + i]);
  for (int f = 0; f < kUnary; ++f) out[f * kPatterns + i] = unary<T, T2>(f, from<T>((unsigned short)i)).__x;
  for (int f = 0; f < kBinary; ++f) out[(kUnary + f) * kPatterns + i] = binary<T, T2>(f, a, b, c).__x;
}

const char* unary_names[] = {
#define NAME(i, e) #e,
    UNARY(NAME)};
const char* binary_names[] = {BINARY(NAME)};

// Functions may be a unit off in the last place; everything else must be equal.
template <class T> bool close(T got, T want, int units) {
  if (__hisnan(got) || __hisnan(want)) return __hisnan(got) && __hisnan(want);
  int g = got.__x & 0x7fff, w = want.__x & 0x7fff;
  bool same_sign = ((got.__x ^ want.__x) & 0x8000) == 0;
  return units == 0 ? got.__x == want.__x : same_sign ? abs(g - w) <= units : g + w <= units;
}

template <class T, class T2> int check(const char* type) {
  size_t in_bytes = 3 * kPatterns * 2, out_bytes = size_t(kUnary + kBinary) * kPatterns * 2;
  auto* in = (unsigned short*)malloc(in_bytes);
  auto* out = (unsigned short*)malloc(out_bytes);
  unsigned state = 12345;
  for (int i = 0; i < 3 * kPatterns; ++i) {
    state = state * 1664525u + 1013904223u;
    in[i] = state >> 16;
    if (i >= kPatterns && i % 3 == 0) in[i] = (in[i - kPatterns] & 0xfe00) + (in[i] & 0x1ff);
  }
  unsigned short *d_in, *d_out;
  cudaMalloc(&d_in, in_bytes);
  cudaMalloc(&d_out, out_bytes);
  cudaMemcpy(d_in, in, in_bytes, cudaMemcpyHostToDevice);
  run<T, T2><<<kPatterns / 256, 256>>>(d_in, d_out);
  cudaError_t error = cudaMemcpy(out, d_out, out_bytes, cudaMemcpyDeviceToHost);
  if (error != cudaSuccess) return printf("%s: %s\n", type, cudaGetErrorString(error)), 1;
  int bad = 0;
  for (int f = 0; f < kUnary + kBinary; ++f) {
    int wrong = 0;
    for (int i = 0; i < kPatterns; ++i) {
      T a = from<T>(in[i]), b = from<T>(in[kPatterns + i]), c = from<T>(in[2 * kPatterns + i]);
      T want = f < kUnary ? unary<T, T2>(f, from<T>((unsigned short)i)) : binary<T, T2>(f - kUnary, a, b, c);
      T got = from<T>(out[f * kPatterns + i]);
      // a product and a sum may be fused on the device
      if (f == kUnary + 20 && close(got, __hfma(c, a, b), 0)) continue;
      if (close(got, want, f >= 7 && f <= 17 ? 1 : 0)) continue;
      if (wrong++ < 3)
        printf("%s %s: %04x %04x %04x gives %04x, not %04x\n", type, f < kUnary ? unary_names[f] : binary_names[f - kUnary],
               f < kUnary ? i : a.__x, b.__x, c.__x, got.__x, want.__x);
    }
    if (wrong) printf("%s %s: %d wrong\n", type, f < kUnary ? unary_names[f] : binary_names[f - kUnary], wrong), ++bad;
  }
  return bad;
}

int main() {
  int bad = check<__half, __half2>("half") + check<__nv_bfloat16, __nv_bfloat162>("bfloat16");
  printf(bad ? "%d functions differ\n" : "all equal\n", bad);
  return bad != 0;
}
