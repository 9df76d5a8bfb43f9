// Math functions that CUDA has on both sides: a function for host and device gives the same there, to a few units in the last place.
#include <cstdio>
#include <cmath>

const int COUNT = 17;

__host__ __device__ void all(double x, double y, double *o) {
  int i = 0;
  double s, c;
  float sf, cf;
  o[i++] = rsqrt(x), o[i++] = rcbrt(x), o[i++] = sinpi(x), o[i++] = cospi(y), o[i++] = normcdf(-x), o[i++] = rhypot(x, y);
  sincospi(y, &s, &c);
  o[i++] = s, o[i++] = c, o[i++] = norm3d(x, y, x), o[i++] = rnorm3d(x, y, x), o[i++] = norm4d(x, y, 1.0, 2.0), o[i++] = rnorm4d(x, y, 1.0, 2.0);
  sincospif((float)x, &sf, &cf);
  o[i++] = sf, o[i++] = cf, o[i++] = norm3df((float)x, (float)y, 1.0f), o[i++] = rsqrtf((float)y), o[i++] = fdividef((float)x, (float)y);
}
__global__ void kernel(double x, double y, double *o) { all(x, y, o); }

int main() {
  double *device, host[COUNT];
  int bad = 0;
  cudaMallocManaged(&device, sizeof host);
  const double arguments[][2] = {{0.3, 1.75}, {2.5, -0.25}, {1e-3, 1.5}, {7.0, 1000001.25}};
  for (auto &a : arguments) {
    kernel<<<1, 1>>>(a[0], fabs(a[1]), device);
    if (cudaDeviceSynchronize() != cudaSuccess) return 1;
    all(a[0], fabs(a[1]), host);
    for (int i = 0; i < COUNT; i++)
      if (!(fabs(host[i] - device[i]) <= (i < 12 ? 2e-15 : 3e-7) * fabs(host[i])))
        bad++, printf("%d of %g, %g: %.17g on the host, %.17g on the device\n", i, a[0], a[1], host[i], device[i]);
  }
  return bad;
}
