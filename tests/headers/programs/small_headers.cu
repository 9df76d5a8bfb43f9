// Headers of which programs use a little each.
#include <cuda_profiler_api.h>
#include <math_constants.h>
#include <nvToolsExt.h>
#include <nvfunctional>
#include <nvtx3/nvToolsExt.h>
#include <nvtx3/nvtx3.hpp>
#include <cmath>
#include <cstdio>
#include <limits>

static int failures = 0;
static void check(bool right, const char *what) {
  if (!right) printf("wrong: %s\n", what), failures++;
}
__global__ void constants(float *f, double *d) {
  f[0] = CUDART_INF_F, f[1] = CUDART_NAN_F, f[2] = CUDART_PI_F, f[3] = CUDART_SQRT_TWO_F, f[4] = CUDART_MAX_NORMAL_F;
  f[5] = CUDART_SQRT_HALF_HI_F, f[6] = CUDART_SQRT_HALF_LO_F, f[7] = CUDART_MIN_DENORM_F;
  d[0] = -CUDART_INF, d[1] = CUDART_NAN, d[2] = CUDART_PI, d[3] = CUDART_LN2_HI, d[4] = CUDART_LN2_LO, d[5] = CUDART_TWO_TO_M1022;
}
struct Large { double v[16]; };
__device__ int twice(int x) { return 2 * x; }
__device__ nvstd::function<int(int)> chosen(int kind) {
  Large large = {{1, 2, 3}};
  if (kind == 0) return &twice;
  if (kind == 1) return [kind](int x) { return x + kind; };
  if (kind == 2) return [large](int x) { return x * int(large.v[2]); };
  return nullptr;
}
__global__ void functions(int *out) {
  int t = threadIdx.x;
  nvstd::function<int(int)> f = chosen(t % 4), g = f, empty;
  swap(f, empty);
  out[t] = f ? -1 : empty ? empty(t) + g(t) : -2;
  g = [t](int x) { return x - t; };
  out[t] += g(t);
}
static int ranges() {
  NVTX3_FUNC_RANGE();
  nvtx3::scoped_range range{"work"};
  nvtxRangePushA("inner"), nvtxMark("here");
  nvtxEventAttributes_t a = {};
  a.version = NVTX_VERSION, a.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  a.colorType = NVTX_COLOR_ARGB, a.color = 0xff00ff00, a.messageType = NVTX_MESSAGE_TYPE_ASCII, a.message.ascii = "named";
  nvtxRangePushEx(&a);
  nvtxRangePop();
  return nvtxRangePop();
}
int main() {
  cudaProfilerStart();
  float *f;
  double *d;
  int *out;
  cudaMallocManaged(&f, 64), cudaMallocManaged(&d, 64), cudaMallocManaged(&out, 64 * sizeof *out);
  constants<<<1, 1>>>(f, d);
  functions<<<1, 64>>>(out);
  check(cudaDeviceSynchronize() == cudaSuccess && cudaGetLastError() == cudaSuccess, cudaGetErrorString(cudaGetLastError()));
  check(std::isinf(f[0]) && std::isnan(f[1]) && f[2] == float(M_PI) && f[3] == float(M_SQRT2), "floats");
  check(f[4] == std::numeric_limits<float>::max() && f[5] == float(M_SQRT1_2), "more floats");
  check(std::fabs(double(f[5]) + double(f[6]) - M_SQRT1_2) < 1e-15, "a float in two parts");
  check(d[0] < -1e308 && std::isnan(d[1]) && d[2] == M_PI && d[3] == M_LN2 && std::fabs(d[4]) < 1e-16, "doubles");
  check(d[5] == std::numeric_limits<double>::min(), "the smallest normal number");
  for (int t = 0; t < 64; ++t) {
    int expected[] = {4 * t, 2 * t + 2, 6 * t, -2};
    check(out[t] == expected[t % 4], "nvstd::function");
  }
  int state = 5;
  nvstd::function<int()> counted = [&state] { return ++state; };
  check(counted() == 6 && state == 6 && counted != nullptr, "nvstd::function on the host");
  ranges();
  cudaProfilerStop();
  return failures != 0;
}
