// cuda_fp8.h: every code goes to float and back to itself; every float between two neighbours goes to the nearer, on the host as on
// the device; what is too large, infinite or no number goes where the format says.
#include <cuda_fp8.h>
#include <cmath>
#include <cstdio>
#include <cstring>

template <class T> __host__ __device__ unsigned bits(float f) {
  T t(f);
  return t.__x;
}

template <class T> __global__ void convert(const float* in, unsigned char* out, float* back, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  T t(in[i]);
  out[i] = t.__x;
  back[i] = float(t);
}

double value(unsigned code, int kept, int bias) {  // of a finite, positive code, by the definition of the format
  int exponent = int(code >> kept), fraction = int(code & ((1 << kept) - 1));
  return exponent ? std::ldexp(1 + std::ldexp(fraction, -kept), exponent - bias) : std::ldexp(fraction, 1 - bias - kept);
}

template <class T> int check(int kept, int bias, unsigned largest) {
  int bad = 0, n = 0;
  static float in[1000], back[1000];
  static unsigned char want[1000], out[1000];
  for (unsigned code = 0; code < largest; code++) {
    double low = value(code, kept, bias), high = value(code + 1, kept, bias), middle = (low + high) / 2;
    auto add = [&](double f, unsigned c) { in[n] = float(f), want[n++] = (unsigned char)c; };
    add(low, code);
    add(-high, code + 1 | 0x80);
    add(middle, code & 1 ? code + 1 : code);
    add(std::nextafter(float(middle), 0.0f), code);
    add(std::nextafter(float(middle), 1e30f), code + 1);
  }
  float *d_in, *d_back;
  unsigned char* d_out;
  cudaMalloc(&d_in, sizeof in), cudaMalloc(&d_back, sizeof back), cudaMalloc(&d_out, sizeof out);
  cudaMemcpy(d_in, in, sizeof in, cudaMemcpyHostToDevice);
  convert<T><<<(n + 127) / 128, 128>>>(d_in, d_out, d_back, n);
  cudaMemcpy(out, d_out, sizeof out, cudaMemcpyDeviceToHost);
  if (cudaMemcpy(back, d_back, sizeof back, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
  for (int i = 0; i < n; i++) {
    double expected = value(want[i] & 0x7f, kept, bias) * (want[i] & 0x80 ? -1 : 1);
    bool good = bits<T>(in[i]) == want[i] && out[i] == want[i] && back[i] == expected && T(double(in[i])).__x == want[i];
    if (!good && bad++ < 5) printf("%g: host %02x device %02x, not %02x; back %g\n", in[i], bits<T>(in[i]), out[i], want[i], back[i]);
  }
  bad += bits<T>(1e9f) != largest || bits<T>(-INFINITY) != (largest | 0x80) || bits<T>(NAN) != 0x7f;
  return bad;
}

// e8m0: the exponent alone, upward or toward zero; on the device as on the host.
__host__ __device__ unsigned scales(double x) {
  return __nv_cvt_double_to_e8m0(x, __NV_SATFINITE, cudaRoundPosInf) | __nv_cvt_float_to_e8m0(float(x), __NV_NOSAT, cudaRoundZero) << 8;
}
__global__ void scale(const double* x, unsigned* out, float* back) {
  out[threadIdx.x] = scales(x[threadIdx.x]);
  __nv_fp8_e8m0 s;
  s.__x = static_cast<unsigned char>(out[threadIdx.x]);
  back[threadIdx.x] = float(s);
}
int check_scales() {
  const double p = 0x1p-127, x[] = {0, p, 1.5 * p, 2 * p, 1, 1.25, -3, 448, 0x1p127, 0x1.8p127, INFINITY, NAN};
  const unsigned want[] = {0, 0, 1, 0x101, 0x7f7f, 0x7f80, 0x8081, 0x8788, 0xfefe, 0xfefe, 0xfffe, 0xffff}, n = 12;
  double* d_x;
  unsigned *d_out, out[n], bad = 0;
  float *d_back, back[n];
  cudaMalloc(&d_x, sizeof x), cudaMalloc(&d_out, sizeof out), cudaMalloc(&d_back, sizeof back);
  cudaMemcpy(d_x, x, sizeof x, cudaMemcpyHostToDevice);
  scale<<<1, n>>>(d_x, d_out, d_back);
  cudaMemcpy(out, d_out, sizeof out, cudaMemcpyDeviceToHost), cudaMemcpy(back, d_back, sizeof back, cudaMemcpyDeviceToHost);
  for (unsigned i = 0; i < n; i++) {
    bool good = out[i] == want[i] && scales(x[i]) == want[i];
    good &= (want[i] & 255) == 255 ? back[i] != back[i] : back[i] == std::ldexp(1.0, int(want[i] & 255) - 127);
    if (!good) bad++, printf("e8m0 %g: host %x device %x, not %x; back %g\n", x[i], scales(x[i]), out[i], want[i], back[i]);
  }
  bad += __nv_fp8_e8m0(5).__x != 130 || __nv_fp8_e8m0((1ull << 53) + 1).__x != 181 || long(__nv_fp8_e8m0(1ull << 63)) != __LONG_MAX__;
  float2 two = float2(__nv_fp8x2_e8m0(make_float2(0.3f, 64)));
  return int(bad) + (two.x != 0.5f || two.y != 64);
}

int main() {
  int bad = check_scales() + check<__nv_fp8_e4m3>(3, 7, 0x7e) + check<__nv_fp8_e5m2>(2, 15, 0x7b);
  bad += __nv_cvt_float_to_fp8(1e9f, __NV_NOSAT, __NV_E4M3) != 0x7f || __nv_cvt_float_to_fp8(-1e9f, __NV_NOSAT, __NV_E5M2) != 0xfc;
  float4 four = float4(__nv_fp8x4_e4m3(make_float4(1, -2, 0.5f, 448)));
  bad += four.x != 1 || four.y != -2 || four.z != 0.5f || four.w != 448;
  float2 two = float2(__nv_fp8x2_e5m2(__half2(__half(3.0f), __half(-0.25f))));
  bad += two.x != 3 || two.y != -0.25f || int(__nv_fp8_e5m2(-3)) != -3;
  printf("%d wrong\n", bad);
  return bad != 0;
}
