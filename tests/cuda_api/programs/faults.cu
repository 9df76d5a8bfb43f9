// One fault, chosen by the first argument; without one, nothing. The line numbers are named in test_faults.py.
#include "check.h"
#include <assert.h>

__global__ void load(const int* p, int* out) { out[threadIdx.x] = p[threadIdx.x]; }
__device__ void store_at(int* p, long i) {
  p[i] = 4;  // line 7
}
__global__ void store(int* p, long i) {
  if (blockIdx.x == 2 && threadIdx.x == 40) store_at(p, i);
}
__global__ void add(int* p) { atomicAdd(p, 1); }
__global__ void trap() {
  if (threadIdx.x == 3) __trap();  // line 14
}
__global__ void assertion(int n) { assert(threadIdx.x < n); }
__global__ void poll(volatile int* p) {
  while (*p == 0) {}  // line 18
}
__global__ void lock(int* p) {
  while (atomicCAS(p, 0, 1)) {}  // line 21
}
__global__ void pointer(int (*f)(int), int* out) { *out = f(3); }
__device__ __noinline__ int recurse(int n, volatile int* p) {
  int a[16];
  for (int i = 0; i < 16; i++) a[i] = p[i] + n;
  int r = n ? recurse(n - 1, p) : 0;
  for (int i = 0; i < 16; i++) r += a[i];
  return r;
}
__global__ void deep(int n, int* p) { p[threadIdx.x] = recurse(n, p); }
__global__ void heap(int** keep, int* got) {
  for (int i = 0; i < 16; i++) {
    keep[i] = static_cast<int*>(malloc(1 << 20));
    if (keep[i]) keep[i][0] = ++*got;
  }
}
__global__ void twice(int** p) {
  free(*p);
  free(*p);
}
__global__ void outside(cudaSurfaceObject_t s, int x) {
  surf2Dwrite(4, s, 4 * int(threadIdx.x), int(threadIdx.x) == x ? 16 : 3);  // line 43
}
__global__ void no_texture(cudaTextureObject_t t, int* out) { *out = tex1Dfetch<int>(t, 0); }
__global__ void add_many(int* p) { p[threadIdx.x]++; }

static void after(int wanted) {  // what holds after every fault, and after the reset
  void* p;
  EXPECT(0, cudaPeekAtLastError());  // launching was no error
  EXPECT(wanted, cudaDeviceSynchronize());
  EXPECT(wanted, cudaGetLastError());
  EXPECT(wanted, cudaGetLastError());
  EXPECT(wanted, cudaMalloc(&p, 4));
  EXPECT(wanted, cudaStreamSynchronize(0));
  add_many<<<1, 1>>>(0);
  EXPECT(wanted, cudaPeekAtLastError());
  printf("%s\n", cudaGetErrorName(cudaError_t(wanted)));
  OK(cudaDeviceReset());
  OK(cudaGetLastError());
  OK(cudaMalloc(&p, 4));
  add_many<<<1, 1>>>(static_cast<int*>(p));
  OK(cudaDeviceSynchronize());
}

static void many_streams(int* p) {  // one stream faults among others
  cudaStream_t s[4];
  for (cudaStream_t& t : s) OK(cudaStreamCreateWithFlags(&t, cudaStreamNonBlocking));
  add_many<<<1, 32, 0, s[0]>>>(p);
  OK(cudaStreamSynchronize(s[0]));
  poll<<<1, 32, 0, s[1]>>>(p + 64);  // runs until the fault ends everything
  store<<<4, 64, 0, s[2]>>>(p, 1l << 33);
  EXPECT(cudaErrorIllegalAddress, cudaStreamSynchronize(s[2]));
  EXPECT(cudaErrorIllegalAddress, cudaStreamSynchronize(s[1]));
  EXPECT(cudaErrorIllegalAddress, cudaStreamQuery(s[3]));
  cudaEvent_t e;
  EXPECT(cudaErrorIllegalAddress, cudaEventCreate(&e));
  EXPECT(cudaErrorIllegalAddress, cudaGetLastError());
  EXPECT(cudaErrorIllegalAddress, cudaMemcpy(p, p + 4, 4, cudaMemcpyDefault));
  OK(cudaDeviceReset());
}

int main(int count, char** words) {
  if (count < 2) return 0;
  const char* what = words[1];
  int *p, *out;
  OK(cudaMalloc(&p, 1 << 20));
  OK(cudaMalloc(&out, 1 << 20));
  OK(cudaMemset(p, 0, 1 << 20));
  OK(cudaMemset(out, 0, 1 << 20));
#define IS(name) if (!strcmp(what, name))
  IS("load") { load<<<2, 64>>>(p + (1l << 33), out); after(cudaErrorIllegalAddress); }
  IS("store") { store<<<4, 64>>>(p, 1l << 33); after(cudaErrorIllegalAddress); }
  IS("null") { add<<<1, 1>>>(nullptr); after(cudaErrorIllegalAddress); }
  IS("freed") {
    OK(cudaFree(p));
    add_many<<<1, 32>>>(p);
    after(cudaErrorIllegalAddress);
  }
  IS("trap") { trap<<<2, 32>>>(); after(cudaErrorLaunchFailure); }
  IS("assert") { assertion<<<2, 32>>>(30); after(cudaErrorAssert); }
  IS("poll") { poll<<<1, 32>>>(p); after(cudaErrorLaunchTimeout); }
  IS("lock") { lock<<<1, 64>>>(p); after(cudaErrorLaunchTimeout); }
  IS("pointer") { pointer<<<1, 1>>>(nullptr, out); after(718); }
  IS("deep") { deep<<<1, 32>>>(100000000, p); after(cudaErrorHardwareStackError); }
  IS("surface") {
    cudaChannelFormatDesc format = cudaCreateChannelDesc<int>();
    cudaResourceDesc r = {};
    OK(cudaMallocArray(&r.res.array.array, &format, 64, 16, cudaArraySurfaceLoadStore));
    cudaSurfaceObject_t s;
    OK(cudaCreateSurfaceObject(&s, &r));
    outside<<<1, 64>>>(s, 40);
    after(cudaErrorLaunchFailure);
  }
  IS("texture") { no_texture<<<1, 32>>>(0, out); after(cudaErrorLaunchFailure); }
  IS("streams") many_streams(p);
  IS("heap") {  // 8 MB: malloc answers null, which is no error; free gives back
    int** keep = reinterpret_cast<int**>(p);
    heap<<<1, 1>>>(keep, out);
    int got;
    OK(cudaMemcpy(&got, out, 4, cudaMemcpyDefault));
    CHECK(got >= 4 && got <= 8);
    size_t bytes;
    OK(cudaDeviceGetLimit(&bytes, cudaLimitMallocHeapSize));
    CHECK(bytes == 8 << 20);
    EXPECT(cudaErrorInvalidValue, cudaDeviceSetLimit(cudaLimitMallocHeapSize, 1 << 30));  // too late
    cudaGetLastError();
    twice<<<1, 1>>>(reinterpret_cast<int**>(p));
    CHECK(cudaDeviceSynchronize() != cudaSuccess);
    OK(cudaDeviceReset());
    OK(cudaDeviceSetLimit(cudaLimitMallocHeapSize, 64 << 20));
    OK(cudaMalloc(&p, 4096));
    OK(cudaMalloc(&out, 4096));
    OK(cudaMemset(out, 0, 4));
    heap<<<1, 1>>>(reinterpret_cast<int**>(p), out);
    OK(cudaMemcpy(&got, out, 4, cudaMemcpyDefault));
    CHECK(got == 16);
  }
  IS("host") {
    volatile int* nowhere = nullptr;
    *nowhere = 1;  // the program's own fault stays the program's
  }
  IS("abort") abort();
  return 0;
}
