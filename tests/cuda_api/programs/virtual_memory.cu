// Virtual memory management: reserved addresses, memory mapped there, access rights, export by file descriptor.
#include "check.h"
#include <cuda.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRIVER(call) EXPECT(0, call)
constexpr size_t unit = 2 << 20;

__global__ void add(int* p, int n) {
  for (int i = threadIdx.x + blockIdx.x * blockDim.x; i < n; i += blockDim.x * gridDim.x) p[i] += i;
}
__global__ void touch(volatile int* p) { *p = 1; }
__global__ void look(const volatile int* p, int* out) { *out = *p; }

static CUmemAllocationProp properties(int handles = 0) {
  CUmemAllocationProp p = {};
  p.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  p.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  p.requestedHandleTypes = CUmemAllocationHandleType(handles);
  p.allocFlags.compressionType = CU_MEM_ALLOCATION_COMP_GENERIC;
  return p;
}
static const CUmemAccessDesc all = {{CU_MEM_LOCATION_TYPE_DEVICE, 0}, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
static const CUmemAccessDesc read_only = {{CU_MEM_LOCATION_TYPE_DEVICE, 0}, CU_MEM_ACCESS_FLAGS_PROT_READ};

static void refusals() {
  CUmemAllocationProp p = properties();
  CUmemGenericAllocationHandle h;
  CUdeviceptr at;
  size_t granularity;
  DRIVER(cuMemGetAllocationGranularity(&granularity, &p, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
  EXPECT(unit, granularity);
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemCreate(&h, unit + 4096, &p, 0));
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemAddressReserve(&at, 4096, 0, 0, 0));
  EXPECT(CUDA_ERROR_OUT_OF_MEMORY, cuMemCreate(&h, 1ull << 40, &p, 0));
  p.location.id = 77;
  EXPECT(CUDA_ERROR_INVALID_DEVICE, cuMemCreate(&h, unit, &p, 0));
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemRelease(12345));
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemMap(CUdeviceptr(unit), unit, 0, 12345, 0));
}

static void grows() {  // as an allocator does that extends a segment
  CUmemAllocationProp p = properties();
  CUdeviceptr base;
  size_t before, now, total;
  DRIVER(cuMemGetInfo(&before, &total));
  DRIVER(cuMemAddressReserve(&base, 64 * unit, 0, 0, 0));
  EXPECT(0, base % unit);
  int* numbers = reinterpret_cast<int*>(base);
  for (int i = 0; i < 3; i++) {
    CUmemGenericAllocationHandle h, same;
    DRIVER(cuMemCreate(&h, unit, &p, 0));
    DRIVER(cuMemMap(base + i * unit, unit, 0, h, 0));
    EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemMap(base + i * unit, unit, 0, h, 0));
    DRIVER(cuMemSetAccess(base + i * unit, unit, &all, 1));
    CUmemAllocationProp got;
    DRIVER(cuMemGetAllocationPropertiesFromHandle(&got, h));
    EXPECT(0, got.allocFlags.compressionType);  // the device compresses nothing
    DRIVER(cuMemRetainAllocationHandle(&same, reinterpret_cast<void*>(base + i * unit + 100)));
    EXPECT(h, same);
    DRIVER(cuMemRelease(h));
    DRIVER(cuMemRelease(h));
    EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemRelease(h));  // the mapping keeps it, nobody has a handle
  }
  DRIVER(cuMemGetInfo(&now, &total));
  EXPECT(3 * unit, before - now);
  int n = 3 * unit / 4, last;
  OK(cudaMemset(numbers, 0, 3 * unit));  // over three mappings
  add<<<64, 256>>>(numbers, n);
  OK(cudaMemcpy(&last, numbers + n - 1, 4, cudaMemcpyDefault));
  EXPECT(n - 1, last);
  char* room = static_cast<char*>(malloc(3 * unit));
  OK(cudaMemcpy(room, numbers, 3 * unit, cudaMemcpyDeviceToHost));
  EXPECT(unit / 4 + 5, reinterpret_cast<int*>(room + unit)[5]);
  EXPECT(cudaErrorInvalidValue, cudaMemcpy(room, numbers + 1, 3 * unit, cudaMemcpyDeviceToHost));
  free(room);
  unsigned long long access;
  DRIVER(cuMemGetAccess(&access, &all.location, base + unit));
  EXPECT(CU_MEM_ACCESS_FLAGS_PROT_READWRITE, access);
  cudaPointerAttributes a;
  OK(cudaPointerGetAttributes(&a, numbers + 7));
  EXPECT(cudaMemoryTypeDevice, a.type);
  EXPECT(cudaErrorInvalidValue, cudaFree(numbers));
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemAddressFree(base, 64 * unit));  // memory is mapped there
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemUnmap(base + unit, unit / 2));
  DRIVER(cuMemUnmap(base + unit, unit));  // the middle goes, and others come into its place
  CUmemGenericAllocationHandle wide;
  DRIVER(cuMemCreate(&wide, 2 * unit, &p, 0));
  DRIVER(cuMemMap(base + unit, unit, 0, wide, 0));
  DRIVER(cuMemMap(base + 3 * unit, unit, 0, wide, 0));  // the same memory at two addresses
  DRIVER(cuMemSetAccess(base, 4 * unit, &all, 1));
  touch<<<1, 1>>>(numbers + unit / 4);
  OK(cudaMemcpy(&last, numbers + 3 * unit / 4, 4, cudaMemcpyDefault));
  EXPECT(1, last);
  DRIVER(cuMemRelease(wide));
  DRIVER(cuMemUnmap(base, 4 * unit));
  DRIVER(cuMemAddressFree(base, 64 * unit));
  DRIVER(cuMemGetInfo(&now, &total));
  EXPECT(before, now);
}

static void exported() {
  CUmemAllocationProp p = properties(CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR), none = properties();
  CUmemGenericAllocationHandle h, closed;
  int file;
  DRIVER(cuMemCreate(&closed, unit, &none, 0));
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemExportToShareableHandle(&file, closed, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
  DRIVER(cuMemRelease(closed));
  DRIVER(cuMemCreate(&h, unit, &p, 0));
  DRIVER(cuMemExportToShareableHandle(&file, h, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
  CUmemGenericAllocationHandle again;
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemImportFromShareableHandle(&again, reinterpret_cast<void*>(0l), CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR));
  DRIVER(cuMemImportFromShareableHandle(&again, reinterpret_cast<void*>(long(file)), CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR));
  close(file);
  CUdeviceptr at[2];
  DRIVER(cuMemAddressReserve(&at[0], 2 * unit, 0, 0, 0));
  at[1] = at[0] + unit;
  DRIVER(cuMemMap(at[0], unit, 0, h, 0));
  DRIVER(cuMemMap(at[1], unit, 0, again, 0));
  DRIVER(cuMemSetAccess(at[0], 2 * unit, &all, 1));
  DRIVER(cuMemsetD32(at[0], 77, 100));
  unsigned seen;
  DRIVER(cuMemcpyDtoH(&seen, at[1] + 396, 4));
  EXPECT(77, seen);
  DRIVER(cuMemUnmap(at[0], 2 * unit));
  DRIVER(cuMemRelease(h));
  DRIVER(cuMemRelease(again));
  DRIVER(cuMemAddressFree(at[0], 2 * unit));
}

static void faults(const char* what) {  // accesses to what is not mapped, or not to be accessed
  CUmemAllocationProp p = properties();
  CUmemGenericAllocationHandle h;
  CUdeviceptr base;
  int *out, got;
  OK(cudaMalloc(&out, 4));
  DRIVER(cuMemAddressReserve(&base, 4 * unit, 0, 0, 0));
  DRIVER(cuMemCreate(&h, unit, &p, 0));
  DRIVER(cuMemMap(base, unit, 0, h, 0));
  DRIVER(cuMemSetAccess(base, unit, &read_only, 1));
  look<<<1, 1>>>(reinterpret_cast<int*>(base), out);
  OK(cudaMemcpy(&got, out, 4, cudaMemcpyDefault));
  EXPECT(0, got);
  touch<<<1, 1>>>(reinterpret_cast<int*>(base + (strcmp(what, "unmapped") ? 8 : unit)));
  EXPECT(cudaErrorIllegalAddress, cudaDeviceSynchronize());
}

int main(int count, char** words) {
  DRIVER(cuInit(0));
  OK(cudaFree(0));
  int value;
  OK(cudaDeviceGetAttribute(&value, cudaDeviceAttr(CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED), 0));
  EXPECT(1, value);
  if (count > 1) {
    faults(words[1]);
    return 0;
  }
  refusals();
  grows();
  exported();
}
