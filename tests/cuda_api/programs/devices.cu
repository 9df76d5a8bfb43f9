// Devices, properties, attributes, limits, peers.
// env: SHEER_DEVICES=2
#include "check.h"

int main() {
  int count = 0, device = -1, value = 0;
  OK(cudaGetDeviceCount(&count));
  CHECK(count == 2);
  cudaDeviceProp p;
  OK(cudaGetDeviceProperties(&p, 0));
  CHECK(!strcmp(p.name, "Sheer BR100") && p.major == 8 && p.minor == 0 && p.multiProcessorCount == 128);
  CHECK(p.totalGlobalMem == 64ull << 30 && p.warpSize == 32 && p.maxThreadsPerBlock == 1024);
  CHECK(p.sharedMemPerBlock == 48 << 10 && p.sharedMemPerBlockOptin == 163 << 10 && p.sharedMemPerMultiprocessor == 164 << 10);
  CHECK(p.maxThreadsPerMultiProcessor == 2048 && p.regsPerBlock == 65536 && p.regsPerMultiprocessor == 65536);
  CHECK(p.maxGridSize[0] == 2147483647 && p.maxGridSize[1] == 65535 && p.maxThreadsDim[2] == 64);
  CHECK(p.unifiedAddressing && p.managedMemory && p.concurrentKernels && p.cooperativeLaunch && p.canMapHostMemory);
  CHECK(p.clockRate == 1000000 && p.memoryBusWidth == 4096 && p.l2CacheSize == 256 << 20);
  EXPECT(cudaErrorInvalidDevice, cudaGetDeviceProperties(&p, 2));
  EXPECT(cudaErrorInvalidDevice, cudaSetDevice(7));
  EXPECT(cudaErrorInvalidDevice, cudaGetLastError());
  OK(cudaGetLastError());
  for (int a = 1; a < int(cudaDevAttrMax); a++)
    if (a != 44) OK(cudaDeviceGetAttribute(&value, cudaDeviceAttr(a), 0));
  EXPECT(cudaErrorInvalidValue, cudaDeviceGetAttribute(&value, cudaDeviceAttr(9999), 0));
  cudaGetLastError();

  OK(cudaGetDevice(&device));
  CHECK(device == 0);
  OK(cudaSetDevice(1));
  OK(cudaGetDevice(&device));
  CHECK(device == 1);
  char bus[32];
  OK(cudaDeviceGetPCIBusId(bus, sizeof bus, 1));
  OK(cudaDeviceGetByPCIBusId(&device, bus));
  CHECK(device == 1);
  cudaDeviceProp a, b;
  OK(cudaGetDeviceProperties(&a, 0));
  OK(cudaGetDeviceProperties(&b, 1));
  CHECK(memcmp(&a.uuid, &b.uuid, 16) != 0);
  cudaDeviceProp wish = {};
  wish.major = 8;
  OK(cudaChooseDevice(&device, &wish));

  int can = 0;
  OK(cudaDeviceCanAccessPeer(&can, 0, 1));
  CHECK(can);
  OK(cudaDeviceEnablePeerAccess(0, 0));
  EXPECT(cudaErrorPeerAccessAlreadyEnabled, cudaDeviceEnablePeerAccess(0, 0));
  OK(cudaDeviceDisablePeerAccess(0));
  EXPECT(cudaErrorPeerAccessNotEnabled, cudaDeviceDisablePeerAccess(0));
  EXPECT(cudaErrorInvalidDevice, cudaDeviceEnablePeerAccess(1, 0));
  int *d0, *d1, host = 42, back = 0;
  OK(cudaSetDevice(0));
  OK(cudaMalloc(&d0, 4));
  OK(cudaMemcpy(d0, &host, 4, cudaMemcpyHostToDevice));
  OK(cudaSetDevice(1));
  OK(cudaMalloc(&d1, 4));
  OK(cudaMemcpyPeer(d1, 1, d0, 0, 4));
  OK(cudaMemcpy(&back, d1, 4, cudaMemcpyDefault));
  CHECK(back == 42);
  cudaPointerAttributes where;
  OK(cudaPointerGetAttributes(&where, d0));
  CHECK(where.device == 0 && where.type == cudaMemoryTypeDevice);

  size_t limit;
  OK(cudaDeviceGetLimit(&limit, cudaLimitStackSize));
  CHECK(limit == 1024);
  OK(cudaDeviceSetLimit(cudaLimitStackSize, 4096));
  OK(cudaDeviceGetLimit(&limit, cudaLimitStackSize));
  CHECK(limit == 4096);
  OK(cudaDeviceSetLimit(cudaLimitMallocHeapSize, 16 << 20));
  OK(cudaDeviceGetLimit(&limit, cudaLimitMallocHeapSize));
  CHECK(limit == 16 << 20);
  EXPECT(cudaErrorUnsupportedLimit, cudaDeviceSetLimit(cudaLimit(12), 1));
  int least, greatest, version;
  OK(cudaDeviceGetStreamPriorityRange(&least, &greatest));
  CHECK(least == 0 && greatest < 0);
  OK(cudaDriverGetVersion(&version));
  CHECK(version >= 12080);
  OK(cudaSetDeviceFlags(cudaDeviceScheduleBlockingSync));
  unsigned flags;
  OK(cudaGetDeviceFlags(&flags));
  CHECK(flags & cudaDeviceScheduleBlockingSync);
  EXPECT(cudaErrorInvalidValue, cudaSetDeviceFlags(0x4000));
  OK(cudaDeviceReset());
  return 0;
}
