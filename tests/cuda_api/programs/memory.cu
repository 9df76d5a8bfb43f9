// Allocation of every kind, pointer attributes, accounting, advice.
// env: SHEER_MEMORY=64M
#include "check.h"

int main() {
  size_t free0, total, free1;
  OK(cudaMemGetInfo(&free0, &total));
  CHECK(total == 64 << 20 && free0 <= total);
  char* d;
  OK(cudaMalloc(&d, 1 << 20));
  CHECK((size_t)d % 256 == 0);
  OK(cudaMemGetInfo(&free1, &total));
  CHECK(free0 - free1 >= 1 << 20);
  void* big = (void*)1;
  EXPECT(cudaErrorMemoryAllocation, cudaMalloc(&big, 1ull << 30));
  EXPECT(cudaErrorMemoryAllocation, cudaGetLastError());
  EXPECT(cudaErrorInvalidValue, cudaFree(d + 16));
  EXPECT(cudaErrorInvalidValue, cudaFreeHost(d));
  cudaGetLastError();
  OK(cudaFree(d));
  EXPECT(cudaErrorInvalidValue, cudaFree(d));
  cudaGetLastError();
  OK(cudaFree(0));
  OK(cudaMalloc(&d, 0));
  CHECK(!d);
  OK(cudaMemGetInfo(&free1, &total));
  CHECK(free0 == free1);

  char *pinned, *mapped, *managed;
  OK(cudaMallocHost(&pinned, 4096));
  OK(cudaHostAlloc(&mapped, 4096, cudaHostAllocMapped | cudaHostAllocPortable));
  OK(cudaMallocManaged(&managed, 4096));
  EXPECT(cudaErrorInvalidValue, cudaMallocManaged(&d, 4096, 99));
  cudaPointerAttributes a;
  OK(cudaPointerGetAttributes(&a, pinned + 10));
  CHECK(a.type == cudaMemoryTypeHost && a.hostPointer == pinned + 10);
  OK(cudaPointerGetAttributes(&a, managed));
  CHECK(a.type == cudaMemoryTypeManaged && a.devicePointer == managed && a.hostPointer == managed);
  int local;
  OK(cudaPointerGetAttributes(&a, &local));
  CHECK(a.type == cudaMemoryTypeUnregistered && !a.devicePointer);
  void* dp;
  unsigned flags;
  OK(cudaHostGetDevicePointer(&dp, mapped, 0));
  CHECK(dp == mapped);
  OK(cudaHostGetFlags(&flags, mapped));
  CHECK(flags & cudaHostAllocMapped);
  EXPECT(cudaErrorInvalidValue, cudaHostGetDevicePointer(&dp, &local, 0));

  static char plain[8192];
  OK(cudaHostRegister(plain, sizeof plain, cudaHostRegisterMapped));
  EXPECT(cudaErrorHostMemoryAlreadyRegistered, cudaHostRegister(plain, sizeof plain, 0));
  OK(cudaHostGetDevicePointer(&dp, plain, 0));
  OK(cudaHostUnregister(plain));
  EXPECT(cudaErrorHostMemoryNotRegistered, cudaHostUnregister(plain));

  OK(cudaMemAdvise(managed, 4096, cudaMemAdviseSetReadMostly, 0));
  int value = 0;
  OK(cudaMemRangeGetAttribute(&value, 4, cudaMemRangeAttributeReadMostly, managed, 4096));
  CHECK(value == 1);
  OK(cudaMemPrefetchAsync(managed, 4096, 0, 0));
  OK(cudaMemRangeGetAttribute(&value, 4, cudaMemRangeAttributeLastPrefetchLocation, managed, 4096));
  CHECK(value == 0);
  EXPECT(cudaErrorInvalidValue, cudaMemPrefetchAsync(pinned, 4096, 0, 0));
  memset(managed, 7, 4096);
  OK(cudaMemset(managed, 9, 100));
  OK(cudaDeviceSynchronize());
  CHECK(managed[99] == 9 && managed[100] == 7);

  size_t pitch;
  OK(cudaMallocPitch(&d, &pitch, 100, 10));
  CHECK(pitch >= 100 && pitch % 32 == 0);
  OK(cudaFree(d));
  cudaPitchedPtr p3;
  OK(cudaMalloc3D(&p3, make_cudaExtent(100, 10, 4)));
  CHECK(p3.xsize == 100 && p3.ysize == 10);
  OK(cudaFree(p3.ptr));

  OK(cudaFreeHost(pinned));
  OK(cudaFreeHost(mapped));
  OK(cudaFree(managed));
  cudaGetLastError();
  // Stream-ordered allocation.
  cudaStream_t s;
  OK(cudaStreamCreate(&s));
  OK(cudaMallocAsync(&d, 40 << 20, s));
  OK(cudaMemsetAsync(d, 1, 40 << 20, s));
  OK(cudaFreeAsync(d, s));
  OK(cudaMallocAsync(&d, 40 << 20, s));   // fits only when the first one has gone
  cudaMemPool_t pool;
  OK(cudaDeviceGetDefaultMemPool(&pool, 0));
  unsigned long long used = 0, threshold = ~0ull;
  OK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used));
  CHECK(used == 40 << 20);
  OK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold));
  threshold = 0;
  OK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold));
  CHECK(threshold == ~0ull);
  OK(cudaFreeAsync(d, s));
  OK(cudaStreamSynchronize(s));
  cudaMemPoolProps props = {};
  props.allocType = cudaMemAllocationTypePinned;
  props.location.type = cudaMemLocationTypeDevice;
  cudaMemPool_t own;
  OK(cudaMemPoolCreate(&own, &props));
  OK(cudaMallocFromPoolAsync(&d, 1024, own, s));
  OK(cudaFreeAsync(d, s));
  OK(cudaStreamSynchronize(s));
  OK(cudaMemPoolDestroy(own));
  EXPECT(cudaErrorInvalidValue, cudaMemPoolDestroy(pool));
  OK(cudaStreamDestroy(s));
  OK(cudaMemGetInfo(&free1, &total));
  CHECK(free0 == free1);
  return 0;
}
