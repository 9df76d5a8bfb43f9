// Small kernels whose counts are known by hand; test_counting.py has the numbers.
#include <cuda_runtime.h>

#include "gemm.h"

__global__ void vadd(const float* a, const float* b, float* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}
__global__ void strided(float* a, int stride) { a[(blockIdx.x * blockDim.x + threadIdx.x) * stride] = 1; }
__global__ void wide(float4* a, const float4* b) {
  float4 v = b[threadIdx.x];
  a[threadIdx.x] = make_float4(v.x + 1, v.y, v.z, v.w);
}
__global__ void copied(float4* a, const float4* b) { a[threadIdx.x] = b[threadIdx.x]; }
__global__ void broadcast(float* a, const float* b) {
  __shared__ float s[32];
  s[threadIdx.x] = b[7];
  __syncthreads();
  a[threadIdx.x] = s[5];
}
// Dynamic: the stride is not known when the kernel is compiled.
__global__ void banks(float* a, int stride) {
  __shared__ float s[1024];
  s[threadIdx.x] = 0;
  a[threadIdx.x] = s[threadIdx.x * stride & 1023];
}
__global__ void known_banks(float* a) {
  __shared__ float s[1024];
  s[threadIdx.x * 2] = 1;
  s[threadIdx.x * 32] = 2;
  __syncthreads();
  a[threadIdx.x] = s[threadIdx.x * 33 & 1023];
}
__global__ void banks8(double* a, int stride) {
  __shared__ double s[1024];
  s[threadIdx.x] = 0;
  a[threadIdx.x] = s[threadIdx.x * stride & 1023];
}
__global__ void divergent(float* a) {
  float x = a[threadIdx.x];
  if (threadIdx.x % 32 < 8)
    for (int i = 0; i < 10; i++) x = __fsqrt_rn(x) + float(threadIdx.x);
  a[threadIdx.x] = x;
}
__global__ void atomics(int* a, int lanes_at_one) { atomicAdd(&a[threadIdx.x / lanes_at_one], int(threadIdx.x)); }
// Reads the same 4 KB (of a block) again and again.
__global__ void again(float* a, const float* b, int times, int zero) {
  float sum = 0;
  for (int t = 0; t < times; t++)
    for (int i = 0; i < 1024; i += 32) sum += b[blockIdx.x * 1024 + i + threadIdx.x + t * zero];
  a[blockIdx.x * 32 + threadIdx.x] = sum;
}
__global__ void local(float* a, int n) {
  float x[64];
  for (int i = 0; i < 64; i++) x[i] = a[i];
  x[n & 63] = 3;
  a[threadIdx.x] = x[n / 2 & 63];
}
__global__ void fetched(cudaTextureObject_t t, float* a) { a[threadIdx.x] = tex2D<float>(t, threadIdx.x + 1, 1); }
__global__ void surfaced(cudaSurfaceObject_t s) { surf2Dwrite(2.0f, s, threadIdx.x * 4, 1); }

static void textures(float* a) {
  cudaResourceDesc r = {};
  cudaTextureDesc d = {};
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaMallocArray(&r.res.array.array, &format, 64, 4, cudaArraySurfaceLoadStore);
  cudaTextureObject_t points, linear;
  cudaSurfaceObject_t s;
  cudaCreateTextureObject(&points, &r, &d, nullptr);
  d.filterMode = cudaFilterModeLinear;
  cudaCreateTextureObject(&linear, &r, &d, nullptr);
  cudaCreateSurfaceObject(&s, &r);
  fetched<<<1, 32>>>(points, a);
  fetched<<<1, 32>>>(linear, a);
  surfaced<<<1, 32>>>(s);
}

int main() {
  float *a, *b, *c;
  cudaMalloc(&a, 1 << 22), cudaMalloc(&b, 1 << 22), cudaMalloc(&c, 1 << 22);
  cudaMemset(a, 0, 1 << 22), cudaMemset(b, 0, 1 << 22);
  vadd<<<4, 256>>>(a, b, c, 1000);
  for (int stride : {1, 2, 8, 32, 64}) strided<<<2, 64>>>(a, stride);
  wide<<<1, 32>>>((float4*)a, (const float4*)b);
  copied<<<1, 32>>>((float4*)a, (const float4*)b);
  copied<<<1, 32>>>((float4*)(a + 2), (const float4*)(b + 2));  // as no GPU could: 8 bytes off
  broadcast<<<1, 32>>>(a, b);
  for (int stride : {1, 2, 32, 33}) banks<<<1, 32>>>(a, stride);
  known_banks<<<1, 32>>>(a);
  for (int stride : {1, 2, 16}) banks8<<<1, 32>>>((double*)a, stride);
  divergent<<<1, 64>>>(a);
  for (int lanes : {1, 4, 32}) atomics<<<1, 64>>>((int*)a, lanes);
  gemm<<<dim3(8, 8), dim3(16, 16)>>>(a, b, c, 128);
  again<<<3, 32>>>(a, b, 5, 0);
  local<<<1, 32>>>(a, 5);
  textures(a);
  return cudaDeviceSynchronize();
}
