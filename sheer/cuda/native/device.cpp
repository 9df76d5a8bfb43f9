// What a device says of itself: attributes, the properties structure, limits, identity. Limits are those that
// compute capability 8.0 promises; sizes and rates are the chip's.
#include "api.h"

namespace sheer::api {

struct Fixed {
  int attribute, value;
};
// Numbers that capability 8.0 fixes, or that say what this device does not do.
// clang-format off
static const Fixed fixed[] = {
  {1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 2147483647}, {6, 65535}, {7, 65535},
  {8, int(SHARED_DEFAULT)}, {9, 65536}, {10, int(WARP)}, {11, 2147483647}, {12, int(REGISTERS)}, {14, 512},
  {15, 1}, {17, 0}, {18, 0}, {19, 1}, {20, 0}, {21, 131072}, {22, 131072}, {23, 65536}, {24, 16384},
  {25, 16384}, {26, 16384}, {27, 32768}, {28, 32768}, {29, 2048}, {30, 512}, {31, 1}, {34, 0}, {35, 0},
  {39, 2048}, {40, 3}, {41, 1}, {42, 32768}, {43, 2048}, {45, 32768}, {46, 32768}, {47, 8192}, {48, 8192},
  {49, 32768}, {50, 0}, {51, 32}, {52, 32768}, {53, 32768}, {54, 2046}, {55, 32768}, {56, 131072},
  {57, 65536}, {58, 16384}, {59, 16384}, {60, 16384}, {61, 32768}, {62, 2048}, {63, 32768}, {64, 32768},
  {65, 2048}, {66, 32768}, {67, 32768}, {68, 2046}, {69, 268435456}, {70, 131072}, {71, 65000},
  {72, 2097120}, {73, 32768}, {74, 32768}, {75, 8}, {76, 0}, {77, 32768}, {78, 1}, {79, 1}, {80, 1},
  {82, int(REGISTERS)}, {83, 1}, {84, 0}, {86, 0}, {87, 2}, {88, 0}, {89, 1}, {90, 1}, {91, 1}, {92, 0},
  {93, 0}, {94, 0}, {95, 1}, {96, 0}, {98, 0}, {99, 1}, {100, 0}, {101, 0}, {102, 1}, {103, 1}, {104, 0},
  {105, 0}, {106, int(MAX_BLOCKS)}, {107, 0}, {108, 0}, {109, 134213632}, {110, 0},
  {111, int(SHARED_RESERVED)}, {112, 0}, {113, 1}, {114, 0}, {115, 1}, {116, 0}, {117, 0}, {118, 0},
  {119, 1}, {120, 0}, {121, 0}, {122, 0}, {123, 0}, {124, 0}, {125, 1}, {126, 1}, {127, 0}, {128, 0},
  {129, 1}, {130, 0}, {131, -1}, {132, 0}, {133, 0}, {134, 0}, {135, 0}, {136, 0}, {137, 0}, {138, 0},
  {139, 0}, {140, 0}, {141, 0}, {142, 0}, {143, 0},
};
// clang-format on

static int clamp(uint64_t v) { return v > 0x7fffffff ? 0x7fffffff : int(v); }

int shared_limit(Device* d) {
  uint64_t chip = strict_limits() ? chip_number(d, "shared_bytes_per_block", SHARED_OPT_IN) : SHARED_OPT_IN;
  return clamp(min<uint64_t>(chip, SHARED_OPT_IN));
}

Error device_attribute(int attribute, int ordinal, int* out) {
  if (!out) return Error::InvalidValue;
  Device* d = device(ordinal);
  if (!d) return Error::InvalidDevice;
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount: *out = device_multiprocessors(d); return Error::Ok;
    case cudaDevAttrClockRate: *out = clamp(chip_number(d, "clock_hz", 1000000000) / 1000); return Error::Ok;
    case cudaDevAttrMemoryClockRate:
      *out = clamp(chip_number(d, "memory_clock_hz", 1600000000) / 1000);
      return Error::Ok;
    case cudaDevAttrGlobalMemoryBusWidth:
      *out = clamp(chip_number(d, "memory_bus_bits", 4096));
      return Error::Ok;
    case cudaDevAttrL2CacheSize: *out = clamp(chip_number(d, "l2_bytes", 40 << 20)); return Error::Ok;
    case cudaDevAttrEccEnabled: *out = chip_number(d, "ecc", 1) != 0; return Error::Ok;
    case cudaDevAttrPciBusId: *out = ordinal + 1; return Error::Ok;
    case cudaDevAttrMultiGpuBoardGroupID: *out = ordinal; return Error::Ok;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *out = shared_limit(d); return Error::Ok;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      *out =
          strict_limits()
              ? clamp(min<uint64_t>(chip_number(d, "shared_bytes_per_multiprocessor", SHARED_MULTIPROCESSOR),
                                    SHARED_MULTIPROCESSOR))
              : int(SHARED_MULTIPROCESSOR);
      return Error::Ok;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *out = min(shared_limit(d), int(SHARED_DEFAULT));
      return Error::Ok;
    case cudaDevAttrMaxThreadsPerBlock:
      *out = strict_limits() ? min(clamp(chip_number(d, "threads_per_block", MAX_THREADS)), int(MAX_THREADS))
                             : int(MAX_THREADS);
      return Error::Ok;
    case cudaDevAttrMaxPersistingL2CacheSize:
      *out = clamp(chip_number(d, "l2_bytes", 40 << 20) * 3 / 4);
      return Error::Ok;
  }
  for (const Fixed& f : fixed) {
    if (f.attribute != attribute) continue;
    *out = f.value;
    return Error::Ok;
  }
  return Error::InvalidValue;
}

static int ask(int attribute, int ordinal) {
  int value = 0;
  device_attribute(attribute, ordinal, &value);
  return value;
}

// A name-based identity: the same chip and number give the same bytes in every process.
Error device_uuid(int ordinal, void* out) {
  Device* d = device(ordinal);
  if (!d) return Error::InvalidDevice;
  const char* name = device_property(d, "name");
  uint64_t h = hash_of(String(name ? name : "Sheer")) ^ hash_of(uint64_t(ordinal + 1));
  uint64_t parts[2] = {h, hash_of(h + 0x5348454552ull)};
  memcpy(out, parts, 16);
  static_cast<uint8_t*>(out)[6] = uint8_t((static_cast<uint8_t*>(out)[6] & 0x0f) | 0x80);
  static_cast<uint8_t*>(out)[8] = uint8_t((static_cast<uint8_t*>(out)[8] & 0x3f) | 0x80);
  return Error::Ok;
}

static const char* device_name(Device* d) {
  const char* name = device_property(d, "name");
  return name && *name ? name : "Sheer";
}

static Error properties(int ordinal, cudaDeviceProp* p) {
  Device* d = device(ordinal);
  if (!d) return Error::InvalidDevice;
  memset(p, 0, sizeof *p);
  auto at = [&](int attribute) { return ask(attribute, ordinal); };
  snprintf(p->name, sizeof p->name, "%s", device_name(d));
  device_uuid(ordinal, &p->uuid);
  p->totalGlobalMem = device_capacity(d);
  p->sharedMemPerBlock = size_t(at(cudaDevAttrMaxSharedMemoryPerBlock));
  p->regsPerBlock = at(cudaDevAttrMaxRegistersPerBlock);
  p->warpSize = at(cudaDevAttrWarpSize);
  p->memPitch = size_t(at(cudaDevAttrMaxPitch));
  p->maxThreadsPerBlock = at(cudaDevAttrMaxThreadsPerBlock);
  for (int i = 0; i < 3; i++) p->maxThreadsDim[i] = at(cudaDevAttrMaxBlockDimX + i);
  for (int i = 0; i < 3; i++) p->maxGridSize[i] = at(cudaDevAttrMaxGridDimX + i);
  p->clockRate = at(cudaDevAttrClockRate);
  p->totalConstMem = size_t(at(cudaDevAttrTotalConstantMemory));
  p->major = at(cudaDevAttrComputeCapabilityMajor);
  p->minor = at(cudaDevAttrComputeCapabilityMinor);
  p->textureAlignment = size_t(at(cudaDevAttrTextureAlignment));
  p->texturePitchAlignment = size_t(at(cudaDevAttrTexturePitchAlignment));
  p->deviceOverlap = at(cudaDevAttrGpuOverlap);
  p->multiProcessorCount = at(cudaDevAttrMultiProcessorCount);
  p->kernelExecTimeoutEnabled = at(cudaDevAttrKernelExecTimeout);
  p->integrated = at(cudaDevAttrIntegrated);
  p->canMapHostMemory = at(cudaDevAttrCanMapHostMemory);
  p->computeMode = at(cudaDevAttrComputeMode);
  p->maxTexture1D = at(cudaDevAttrMaxTexture1DWidth);
  p->maxTexture1DMipmap = at(cudaDevAttrMaxTexture1DMipmappedWidth);
  p->maxTexture1DLinear = at(cudaDevAttrMaxTexture1DLinearWidth);
  for (int i = 0; i < 2; i++) p->maxTexture2D[i] = at(cudaDevAttrMaxTexture2DWidth + i);
  for (int i = 0; i < 2; i++) p->maxTexture2DMipmap[i] = at(cudaDevAttrMaxTexture2DMipmappedWidth + i);
  for (int i = 0; i < 3; i++) p->maxTexture2DLinear[i] = at(cudaDevAttrMaxTexture2DLinearWidth + i);
  for (int i = 0; i < 2; i++) p->maxTexture2DGather[i] = at(cudaDevAttrMaxTexture2DGatherWidth + i);
  for (int i = 0; i < 3; i++) p->maxTexture3D[i] = at(cudaDevAttrMaxTexture3DWidth + i);
  for (int i = 0; i < 3; i++) p->maxTexture3DAlt[i] = at(cudaDevAttrMaxTexture3DWidthAlt + i);
  p->maxTextureCubemap = at(cudaDevAttrMaxTextureCubemapWidth);
  for (int i = 0; i < 2; i++) p->maxTexture1DLayered[i] = at(cudaDevAttrMaxTexture1DLayeredWidth + i);
  for (int i = 0; i < 3; i++) p->maxTexture2DLayered[i] = at(cudaDevAttrMaxTexture2DLayeredWidth + i);
  for (int i = 0; i < 2; i++)
    p->maxTextureCubemapLayered[i] = at(cudaDevAttrMaxTextureCubemapLayeredWidth + i);
  p->maxSurface1D = at(cudaDevAttrMaxSurface1DWidth);
  for (int i = 0; i < 2; i++) p->maxSurface2D[i] = at(cudaDevAttrMaxSurface2DWidth + i);
  for (int i = 0; i < 3; i++) p->maxSurface3D[i] = at(cudaDevAttrMaxSurface3DWidth + i);
  for (int i = 0; i < 2; i++) p->maxSurface1DLayered[i] = at(cudaDevAttrMaxSurface1DLayeredWidth + i);
  for (int i = 0; i < 3; i++) p->maxSurface2DLayered[i] = at(cudaDevAttrMaxSurface2DLayeredWidth + i);
  p->maxSurfaceCubemap = at(cudaDevAttrMaxSurfaceCubemapWidth);
  for (int i = 0; i < 2; i++)
    p->maxSurfaceCubemapLayered[i] = at(cudaDevAttrMaxSurfaceCubemapLayeredWidth + i);
  p->surfaceAlignment = size_t(at(cudaDevAttrSurfaceAlignment));
  p->concurrentKernels = at(cudaDevAttrConcurrentKernels);
  p->ECCEnabled = at(cudaDevAttrEccEnabled);
  p->pciBusID = at(cudaDevAttrPciBusId);
  p->pciDeviceID = at(cudaDevAttrPciDeviceId);
  p->pciDomainID = at(cudaDevAttrPciDomainId);
  p->tccDriver = at(cudaDevAttrTccDriver);
  p->asyncEngineCount = at(cudaDevAttrAsyncEngineCount);
  p->unifiedAddressing = at(cudaDevAttrUnifiedAddressing);
  p->memoryClockRate = at(cudaDevAttrMemoryClockRate);
  p->memoryBusWidth = at(cudaDevAttrGlobalMemoryBusWidth);
  p->l2CacheSize = at(cudaDevAttrL2CacheSize);
  p->persistingL2CacheMaxSize = at(cudaDevAttrMaxPersistingL2CacheSize);
  p->maxThreadsPerMultiProcessor = at(cudaDevAttrMaxThreadsPerMultiProcessor);
  p->streamPrioritiesSupported = at(cudaDevAttrStreamPrioritiesSupported);
  p->globalL1CacheSupported = at(cudaDevAttrGlobalL1CacheSupported);
  p->localL1CacheSupported = at(cudaDevAttrLocalL1CacheSupported);
  p->sharedMemPerMultiprocessor = size_t(at(cudaDevAttrMaxSharedMemoryPerMultiprocessor));
  p->regsPerMultiprocessor = at(cudaDevAttrMaxRegistersPerMultiprocessor);
  p->managedMemory = at(cudaDevAttrManagedMemory);
  p->isMultiGpuBoard = at(cudaDevAttrIsMultiGpuBoard);
  p->multiGpuBoardGroupID = at(cudaDevAttrMultiGpuBoardGroupID);
  p->hostNativeAtomicSupported = at(cudaDevAttrHostNativeAtomicSupported);
  p->singleToDoublePrecisionPerfRatio = at(cudaDevAttrSingleToDoublePrecisionPerfRatio);
  p->pageableMemoryAccess = at(cudaDevAttrPageableMemoryAccess);
  p->concurrentManagedAccess = at(cudaDevAttrConcurrentManagedAccess);
  p->computePreemptionSupported = at(cudaDevAttrComputePreemptionSupported);
  p->canUseHostPointerForRegisteredMem = at(cudaDevAttrCanUseHostPointerForRegisteredMem);
  p->cooperativeLaunch = at(cudaDevAttrCooperativeLaunch);
  p->cooperativeMultiDeviceLaunch = at(cudaDevAttrCooperativeMultiDeviceLaunch);
  p->sharedMemPerBlockOptin = size_t(at(cudaDevAttrMaxSharedMemoryPerBlockOptin));
  p->maxBlocksPerMultiProcessor = at(cudaDevAttrMaxBlocksPerMultiprocessor);
  p->accessPolicyMaxWindowSize = at(cudaDevAttrMaxAccessPolicyWindowSize);
  p->reservedSharedMemPerBlock = size_t(at(cudaDevAttrReservedSharedMemoryPerBlock));
  p->hostRegisterSupported = at(cudaDevAttrHostRegisterSupported);
  p->hostRegisterReadOnlySupported = at(cudaDevAttrHostRegisterReadOnlySupported);
  p->memoryPoolsSupported = at(cudaDevAttrMemoryPoolsSupported);
  p->unifiedFunctionPointers = 0;
  return Error::Ok;
}

// ---- 
// limits
Error limit_write(Context* c, int limit, size_t value) {
  switch (limit) {
    case cudaLimitStackSize: return limit_set(c->device, Limit::StackBytes, value);
    case cudaLimitPrintfFifoSize: return limit_set(c->device, Limit::PrintfBytes, value);
    case cudaLimitMallocHeapSize: return limit_set(c->device, Limit::HeapBytes, value);
    case cudaLimitDevRuntimeSyncDepth:
    case cudaLimitDevRuntimePendingLaunchCount: c->limits[limit] = value; return Error::Ok;
    case cudaLimitMaxL2FetchGranularity: c->limits[limit] = min<size_t>(value, 128); return Error::Ok;
    case cudaLimitPersistingL2CacheSize: {
      int most = ask(cudaDevAttrMaxPersistingL2CacheSize, c->ordinal);
      c->limits[limit] = min<size_t>(value, size_t(most));
      return Error::Ok;
    }
  }
  return limit < 0 || limit > 16 ? Error::InvalidValue : UnsupportedLimit;
}

Error limit_read(Context* c, int limit, size_t* out) {
  if (!out) return Error::InvalidValue;
  switch (limit) {
    case cudaLimitStackSize: *out = limit_get(c->device, Limit::StackBytes); return Error::Ok;
    case cudaLimitPrintfFifoSize: *out = limit_get(c->device, Limit::PrintfBytes); return Error::Ok;
    case cudaLimitMallocHeapSize: *out = limit_get(c->device, Limit::HeapBytes); return Error::Ok;
    case cudaLimitDevRuntimeSyncDepth:
    case cudaLimitDevRuntimePendingLaunchCount:
    case cudaLimitMaxL2FetchGranularity:
    case cudaLimitPersistingL2CacheSize: *out = c->limits[limit]; return Error::Ok;
  }
  return limit < 0 || limit > 16 ? Error::InvalidValue : UnsupportedLimit;
}
}  // namespace sheer::api

namespace sheer::impl {
Error cudaGetDeviceProperties_v2(cudaDeviceProp* p, int ordinal) {
  if (!p) return Error::InvalidValue;
  initialize();
  return properties(ordinal, p);
}
Error cudaDeviceGetAttribute(int* out, cudaDeviceAttr attribute, int ordinal) {
  initialize();
  return device_attribute(attribute, ordinal, out);
}

// The device that misses the fewest of the wishes; a field that is zero or empty is no wish.
Error cudaChooseDevice(int* out, const cudaDeviceProp* wish) {
  if (!out || !wish) return Error::InvalidValue;
  int best = 0, best_score = -1;
  for (int i = 0; i < device_count(); i++) {
    cudaDeviceProp have;
    SHEER_TRY(properties(i, &have));
    int score = (wish->name[0] && !strcmp(wish->name, have.name)) +
                (wish->major && have.major >= wish->major) +
                (wish->major == have.major && wish->minor && have.minor >= wish->minor) +
                (wish->totalGlobalMem && have.totalGlobalMem >= wish->totalGlobalMem) +
                (wish->multiProcessorCount && have.multiProcessorCount >= wish->multiProcessorCount) +
                (wish->sharedMemPerBlock && have.sharedMemPerBlock >= wish->sharedMemPerBlock);
    if (score > best_score) {
      best = i;
      best_score = score;
    }
  }
  if (best_score < 0) return Error::NoDevice;
  *out = best;
  return Error::Ok;
}

static Error pci_text(char* out, int room, int ordinal) {
  if (!out || room <= 0) return Error::InvalidValue;
  if (!device(ordinal)) return Error::InvalidDevice;
  char text[16];
  int length = snprintf(text, sizeof text, "0000:%02X:00.0", ordinal + 1);
  if (length >= room) return Error::InvalidValue;
  memcpy(out, text, size_t(length) + 1);
  return Error::Ok;
}
static Error by_pci_text(int* out, const char* text) {
  if (!out || !text) return Error::InvalidValue;
  unsigned domain = 0, bus = 0, slot = 0, function = 0;
  bool full = sscanf(text, "%x:%x:%x.%x", &domain, &bus, &slot, &function) >= 3;
  if (!full) {
    domain = function = 0;
    if (sscanf(text, "%x:%x.%x", &bus, &slot, &function) < 2) return Error::InvalidValue;
  }
  if (domain || slot || function || !bus || !device(int(bus) - 1)) return Error::InvalidDevice;
  *out = int(bus) - 1;
  return Error::Ok;
}
Error cudaDeviceGetPCIBusId(char* out, int room, int ordinal) { return pci_text(out, room, ordinal); }
Error cudaDeviceGetByPCIBusId(int* out, const char* text) { return by_pci_text(out, text); }
Error cuDeviceGetPCIBusId(char* out, int room, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  return pci_text(out, room, ordinal);
}
Error cuDeviceGetByPCIBusId(CUdevice* out, const char* text) {
  SHEER_TRY(driver_ready());
  return by_pci_text(out, text);
}

Error cudaDeviceSetLimit(cudaLimit limit, size_t value) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return limit_write(c, limit, value);
}
Error cudaDeviceGetLimit(size_t* out, cudaLimit limit) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return limit_read(c, limit, out);
}
Error cudaThreadSetLimit(cudaLimit limit, size_t value) { return impl::cudaDeviceSetLimit(limit, value); }
Error cudaThreadGetLimit(size_t* out, cudaLimit limit) { return impl::cudaDeviceGetLimit(out, limit); }
Error cuCtxSetLimit(CUlimit limit, size_t value) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  return limit_write(c, limit, value);
}
Error cuCtxGetLimit(size_t* out, CUlimit limit) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  return limit_read(c, limit, out);
}

// ---- 
// driver devices
Error cuDeviceGet(CUdevice* out, int ordinal) {
  SHEER_TRY(driver_ready());
  if (!out) return Error::InvalidValue;
  if (!device(ordinal)) return Error::InvalidDevice;
  *out = ordinal;
  return Error::Ok;
}
Error cuDeviceGetCount(int* count) {
  SHEER_TRY(driver_ready());
  if (!count) return Error::InvalidValue;
  *count = device_count();
  return Error::Ok;
}
Error cuDeviceGetName(char* out, int room, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  if (!out || room <= 0) return Error::InvalidValue;
  Device* d = device(ordinal);
  if (!d) return Error::InvalidDevice;
  snprintf(out, size_t(room), "%s", device_name(d));
  return Error::Ok;
}
Error cuDeviceGetUuid(CUuuid* out, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  return out ? device_uuid(ordinal, out) : Error::InvalidValue;
}
Error cuDeviceGetUuid_v2(CUuuid* out, CUdevice ordinal) { return impl::cuDeviceGetUuid(out, ordinal); }
Error cuDeviceTotalMem_v2(size_t* out, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  Device* d = device(ordinal);
  if (!d) return Error::InvalidDevice;
  if (!out) return Error::InvalidValue;
  *out = device_capacity(d);
  return Error::Ok;
}
Error cuDeviceGetAttribute(int* out, CUdevice_attribute attribute, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  return device_attribute(attribute, ordinal, out);
}
Error cuDeviceComputeCapability(int* major, int* minor, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  if (!major || !minor) return Error::InvalidValue;
  SHEER_TRY(device_attribute(cudaDevAttrComputeCapabilityMajor, ordinal, major));
  return device_attribute(cudaDevAttrComputeCapabilityMinor, ordinal, minor);
}
Error cuDeviceGetProperties(CUdevprop* p, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  if (!p) return Error::InvalidValue;
  cudaDeviceProp all;
  SHEER_TRY(properties(ordinal, &all));
  p->maxThreadsPerBlock = all.maxThreadsPerBlock;
  for (int i = 0; i < 3; i++) p->maxThreadsDim[i] = all.maxThreadsDim[i];
  for (int i = 0; i < 3; i++) p->maxGridSize[i] = all.maxGridSize[i];
  p->sharedMemPerBlock = int(all.sharedMemPerBlock);
  p->totalConstantMemory = int(all.totalConstMem);
  p->SIMDWidth = all.warpSize;
  p->memPitch = int(all.memPitch);
  p->regsPerBlock = all.regsPerBlock;
  p->clockRate = all.clockRate;
  p->textureAlign = int(all.textureAlignment);
  return Error::Ok;
}
}  // namespace sheer::impl
