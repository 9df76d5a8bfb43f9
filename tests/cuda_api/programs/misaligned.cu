// One misaligned access, chosen by the first argument; without one, accesses that are aligned though a parameter is not. The line numbers are
// named in test_faults.py.
#include "check.h"

__global__ void wide(const float4* p, float* out) { float4 v = p[threadIdx.x]; out[threadIdx.x] = v.x + v.y * v.z - v.w; }
__global__ void odd(char* p) {
  if (blockIdx.x == 1 && threadIdx.x == 37) *reinterpret_cast<int*>(p) = 5;  // line 7
}
__global__ void step(const char* p, int pitch, int* out) {
  out[threadIdx.x] = *reinterpret_cast<const int*>(p + threadIdx.x * pitch);  // line 10
}
__global__ void loaded(int** list, int* out) { out[threadIdx.x] = *list[threadIdx.x]; }
__global__ void shared(int at, int* out) {
  __shared__ alignas(16) char room[512];
  room[threadIdx.x] = char(threadIdx.x);
  __syncthreads();
  const short* halves = reinterpret_cast<const short*>(room + at);
  out[threadIdx.x] = halves[threadIdx.x];  // line 18
}
__global__ void add(char* p) { atomicAdd(reinterpret_cast<unsigned*>(p + 4 * threadIdx.x), 1u); }
__device__ __noinline__ long through(const long* p, int i) { return p[i]; }  // line 21
__global__ void called(const char* p, long* out) { out[threadIdx.x] = through(reinterpret_cast<const long*>(p), int(threadIdx.x)); }
__global__ void walk(const char* p, int n, int* out) {  // the pointer goes on by its own steps
  int sum = 0;
  for (int i = 0; i < n; i++, p += 4) sum += *reinterpret_cast<const int*>(p);
  *out = sum;
}
__global__ void picked(const char* p, int* out) {  // bytes until words can be read
  unsigned long at = reinterpret_cast<unsigned long>(p);
  int sum = 0;
  for (; at & 3; at++) sum += *reinterpret_cast<const unsigned char*>(at);
  for (int i = 0; i < 8; i++) sum += reinterpret_cast<const int*>(at)[i];
  out[threadIdx.x] = sum;
}

static void aligned(char* p, int* out) {
  int sum;
  char bytes[40] = {1, 2, 3, 4, 5};
  OK(cudaMemcpy(p, bytes, sizeof bytes, cudaMemcpyDefault));
  picked<<<1, 64>>>(p + 1, out);  // 2 + 3 + 4 + 5
  OK(cudaMemcpy(&sum, out + 63, 4, cudaMemcpyDefault));
  EXPECT(14, sum);
  odd<<<1, 64>>>(p + 1);  // nobody writes
  step<<<1, 32>>>(p, 12, out);
  step<<<1, 1>>>(p, 7, out);
  walk<<<1, 1>>>(p, 10, out);
  OK(cudaDeviceSynchronize());
}

int main(int count, char** words) {
  const char* what = count < 2 ? "" : words[1];
  char* p;
  int* out;
  OK(cudaMalloc(&p, 1 << 20));
  OK(cudaMalloc(&out, 1 << 20));
  OK(cudaMemset(p, 0, 1 << 20));
#define IS(name) if (!strcmp(what, name))
  IS("") {
    aligned(p, out);
    return 0;
  }
  IS("wide") wide<<<2, 64>>>(reinterpret_cast<float4*>(p + 8), reinterpret_cast<float*>(out));
  IS("odd") odd<<<2, 64>>>(p + 1);
  IS("step") step<<<1, 64>>>(p, 6, out);
  IS("loaded") {
    int* list[64];
    for (int i = 0; i < 64; i++) list[i] = reinterpret_cast<int*>(p + 4 * i + (i == 40 ? 2 : 0));
    OK(cudaMemcpy(p + 4096, list, sizeof list, cudaMemcpyDefault));
    loaded<<<1, 64>>>(reinterpret_cast<int**>(p + 4096), out);
  }
  IS("shared") shared<<<1, 64>>>(1, out);
  IS("add") add<<<1, 64>>>(p + 2);
  IS("called") called<<<1, 64>>>(p + 4, reinterpret_cast<long*>(out));
  IS("walk") walk<<<1, 1>>>(p + 3, 10, out);
  EXPECT(0, cudaPeekAtLastError());
  EXPECT(716, cudaDeviceSynchronize());
  EXPECT(716, cudaGetLastError());
  printf("%s\n", cudaGetErrorName(cudaErrorMisalignedAddress));
  OK(cudaDeviceReset());
  OK(cudaMalloc(&out, 4));
  add<<<1, 1>>>(reinterpret_cast<char*>(out));
  OK(cudaDeviceSynchronize());
}
