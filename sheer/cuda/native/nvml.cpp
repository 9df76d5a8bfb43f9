// NVML: what a device is, its memory, limits and clocks. Values are the chip file's; what changes while a program runs is this process's own work.
#include <unistd.h>

#include "entry.h"

using namespace sheer;
using namespace sheer::api;

namespace sheer::api {
static const char* const names[] = {
    "NVML_SUCCESS", "NVML_ERROR_UNINITIALIZED", "NVML_ERROR_INVALID_ARGUMENT", "NVML_ERROR_NOT_SUPPORTED", "NVML_ERROR_NO_PERMISSION",
    "NVML_ERROR_ALREADY_INITIALIZED", "NVML_ERROR_NOT_FOUND", "NVML_ERROR_INSUFFICIENT_SIZE"};
const char* nvml_name(nvmlReturn_t result) {
  return unsigned(result) < sizeof names / sizeof *names ? names[result] : "NVML_ERROR";
}

static uint32_t users;  // nvmlInit less nvmlShutdown
constexpr char DRIVER[] = "570.26", LIBRARY[] = "12.570.26";  // that belong to CUDA 12.8
constexpr unsigned PCI_ID = 0x5345;

static bool ready() { return load(users) != 0; }

// A handle is the device's ordinal + 1.
static nvmlDevice_t handle(int ordinal) { return reinterpret_cast<nvmlDevice_t>(uint64_t(ordinal) + 1); }
static int ordinal(nvmlDevice_t h) { return int(reinterpret_cast<uint64_t>(h)) - 1; }

static nvmlReturn_t find(nvmlDevice_t h, const void* out, Device** d) {
  if (!ready()) return NVML_ERROR_UNINITIALIZED;
  uint64_t number = reinterpret_cast<uint64_t>(h);
  *d = number && number <= uint64_t(device_count()) ? device(ordinal(h)) : nullptr;
  return *d && out ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}
#define DEVICE(out)                                                        \
  Device* d;                                                               \
  if (nvmlReturn_t e = find(h, out, &d); e != NVML_SUCCESS) return e

static nvmlReturn_t text(char* out, unsigned room, const char* what) {
  if (!ready()) return NVML_ERROR_UNINITIALIZED;
  if (!out || !room) return NVML_ERROR_INVALID_ARGUMENT;
  if (strlen(what) >= room) return NVML_ERROR_INSUFFICIENT_SIZE;
  strcpy(out, what);
  return NVML_SUCCESS;
}
template <class T>
static nvmlReturn_t give(T* out, T value) {
  *out = value;
  return NVML_SUCCESS;
}
static unsigned number(Device* d, const char* name, double scale) {  // 0: the chip file does not say
  const char* found = device_property(d, name);
  return found ? unsigned(strtod(found, nullptr) * scale + 0.5) : 0;
}
static nvmlReturn_t known(unsigned* out, Device* d, const char* name, double scale) {
  unsigned value = number(d, name, scale);
  return value ? give(out, value) : NVML_ERROR_NOT_SUPPORTED;
}
static nvmlReturn_t clock(unsigned* out, Device* d, nvmlClockType_t type) {
  if (unsigned(type) >= NVML_CLOCK_COUNT) return NVML_ERROR_INVALID_ARGUMENT;
  if (type == NVML_CLOCK_VIDEO) return NVML_ERROR_NOT_SUPPORTED;
  return known(out, d, type == NVML_CLOCK_MEM ? "memory_clock_hz" : "clock_hz", 1e-6);
}
static void uuid_text(int of, char out[48]) {
  uint8_t b[16];
  device_uuid(of, b);
  int at = sprintf(out, "GPU-");
  for (int i = 0; i < 16; i++) at += sprintf(out + at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}
static nvmlReturn_t processes(Device* d, unsigned* count, nvmlProcessInfo_t* out) {
  uint64_t used = device_capacity(d) - device_free_bytes(d);
  unsigned room = *count;
  *count = 1;
  if (!out || !room) return NVML_ERROR_INSUFFICIENT_SIZE;
  *out = {unsigned(getpid()), used, ~0u, ~0u};
  return NVML_SUCCESS;
}
}  // namespace sheer::api

namespace sheer::impl {
using Handle = nvmlDevice_t;
using R = nvmlReturn_t;

R nvmlInit_v2() {
  fetch_add(users, 1);
  return NVML_SUCCESS;
}
R nvmlInit() { return impl::nvmlInit_v2(); }
R nvmlInitWithFlags(unsigned) { return impl::nvmlInit_v2(); }
R nvmlShutdown() {
  uint32_t now = load(users);
  while (now && !compare_swap(users, now, now - 1)) now = load(users);
  return now ? NVML_SUCCESS : NVML_ERROR_UNINITIALIZED;
}
const char* nvmlErrorString(R result) {
  switch (result) {
    case NVML_SUCCESS: return "Success";
    case NVML_ERROR_UNINITIALIZED: return "Uninitialized";
    case NVML_ERROR_INVALID_ARGUMENT: return "Invalid Argument";
    case NVML_ERROR_NOT_SUPPORTED: return "Not Supported";
    case NVML_ERROR_NO_PERMISSION: return "Insufficient Permissions";
    case NVML_ERROR_ALREADY_INITIALIZED: return "Already Initialized";
    case NVML_ERROR_NOT_FOUND: return "Not Found";
    case NVML_ERROR_INSUFFICIENT_SIZE: return "Insufficient Size";
    case NVML_ERROR_DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case NVML_ERROR_TIMEOUT: return "Timeout";
    case NVML_ERROR_LIBRARY_NOT_FOUND: return "Library Not Found";
    case NVML_ERROR_FUNCTION_NOT_FOUND: return "Function Not Found";
    case NVML_ERROR_GPU_IS_LOST: return "GPU is lost";
    case NVML_ERROR_MEMORY: return "Insufficient Memory";
    case NVML_ERROR_NO_DATA: return "No data";
    case NVML_ERROR_ARGUMENT_VERSION_MISMATCH: return "Argument version mismatch";
    default: return "Unknown Error";
  }
}

R nvmlSystemGetDriverVersion(char* out, unsigned room) { return text(out, room, DRIVER); }
R nvmlSystemGetNVMLVersion(char* out, unsigned room) { return text(out, room, LIBRARY); }
R nvmlSystemGetCudaDriverVersion(int* out) { return out ? give(out, API_VERSION) : NVML_ERROR_INVALID_ARGUMENT; }
R nvmlSystemGetCudaDriverVersion_v2(int* out) { return impl::nvmlSystemGetCudaDriverVersion(out); }

// ---- devices
R nvmlDeviceGetCount_v2(unsigned* out) {
  if (!ready()) return NVML_ERROR_UNINITIALIZED;
  return out ? give(out, unsigned(device_count())) : NVML_ERROR_INVALID_ARGUMENT;
}
R nvmlDeviceGetHandleByIndex_v2(unsigned index, Handle* out) {
  if (!ready()) return NVML_ERROR_UNINITIALIZED;
  return out && index < unsigned(device_count()) ? give(out, handle(int(index))) : NVML_ERROR_INVALID_ARGUMENT;
}
R nvmlDeviceGetHandleByUUID(const char* uuid, Handle* out) {
  if (!ready()) return NVML_ERROR_UNINITIALIZED;
  if (!uuid || !out) return NVML_ERROR_INVALID_ARGUMENT;
  for (int i = 0; i < device_count(); i++) {
    char own[48];
    uuid_text(i, own);
    if (!strcasecmp(own, uuid)) return give(out, handle(i));
  }
  return NVML_ERROR_NOT_FOUND;
}
R nvmlDeviceGetHandleByPciBusId_v2(const char* id, Handle* out) {
  if (!ready()) return NVML_ERROR_UNINITIALIZED;
  int found;
  if (!id || !out || impl::cudaDeviceGetByPCIBusId(&found, id) == Error::InvalidValue) return NVML_ERROR_INVALID_ARGUMENT;
  return impl::cudaDeviceGetByPCIBusId(&found, id) == Error::Ok ? give(out, handle(found)) : NVML_ERROR_NOT_FOUND;
}
R nvmlDeviceGetName(Handle h, char* out, unsigned room) {
  DEVICE(out);
  const char* name = device_property(d, "name");
  return text(out, room, name ? name : "Sheer");
}
R nvmlDeviceGetIndex(Handle h, unsigned* out) {
  DEVICE(out);
  return give(out, unsigned(ordinal(h)));
}
R nvmlDeviceGetMinorNumber(Handle h, unsigned* out) { return impl::nvmlDeviceGetIndex(h, out); }
R nvmlDeviceGetUUID(Handle h, char* out, unsigned room) {
  DEVICE(out);
  char own[48];
  uuid_text(ordinal(h), own);
  return text(out, room, own);
}
R nvmlDeviceGetPciInfo_v3(Handle h, nvmlPciInfo_t* out) {
  DEVICE(out);
  *out = {};
  out->bus = unsigned(ordinal(h)) + 1;  // as cudaDeviceGetPCIBusId has it
  out->pciDeviceId = PCI_ID << 16 | PCI_ID;
  snprintf(out->busIdLegacy, sizeof out->busIdLegacy, "0000:%02X:00.0", out->bus);
  snprintf(out->busId, sizeof out->busId, "00000000:%02X:00.0", out->bus);
  return NVML_SUCCESS;
}
R nvmlDeviceGetCudaComputeCapability(Handle h, int* major, int* minor) {
  DEVICE(major);
  if (!minor) return NVML_ERROR_INVALID_ARGUMENT;
  device_attribute(cudaDevAttrComputeCapabilityMajor, ordinal(h), major);
  device_attribute(cudaDevAttrComputeCapabilityMinor, ordinal(h), minor);
  return NVML_SUCCESS;
}
R nvmlDeviceGetArchitecture(Handle h, nvmlDeviceArchitecture_t* out) {
  DEVICE(out);
  return give(out, nvmlDeviceArchitecture_t(NVML_DEVICE_ARCH_AMPERE));  // what compute capability 8.0 is
}
R nvmlDeviceGetBrand(Handle h, nvmlBrandType_t* out) {
  DEVICE(out);
  return give(out, NVML_BRAND_UNKNOWN);
}
R nvmlDeviceGetMemoryBusWidth(Handle h, unsigned* out) {
  DEVICE(out);
  return known(out, d, "memory_bus_bits", 1);
}
R nvmlDeviceGetMaxPcieLinkGeneration(Handle h, unsigned* out) {
  DEVICE(out);
  return known(out, d, "pcie_generation", 1);
}
R nvmlDeviceGetCurrPcieLinkGeneration(Handle h, unsigned* out) { return impl::nvmlDeviceGetMaxPcieLinkGeneration(h, out); }
R nvmlDeviceGetMaxPcieLinkWidth(Handle h, unsigned* out) {
  DEVICE(out);
  return known(out, d, "pcie_lanes", 1);
}
R nvmlDeviceGetCurrPcieLinkWidth(Handle h, unsigned* out) { return impl::nvmlDeviceGetMaxPcieLinkWidth(h, out); }
R nvmlDeviceGetComputeMode(Handle h, nvmlComputeMode_t* out) {
  DEVICE(out);
  return give(out, NVML_COMPUTEMODE_DEFAULT);
}
R nvmlDeviceGetPersistenceMode(Handle h, nvmlEnableState_t* out) {
  DEVICE(out);
  return give(out, NVML_FEATURE_ENABLED);
}
R nvmlDeviceGetDisplayMode(Handle h, nvmlEnableState_t* out) {
  DEVICE(out);
  return give(out, NVML_FEATURE_DISABLED);
}
R nvmlDeviceGetDisplayActive(Handle h, nvmlEnableState_t* out) { return impl::nvmlDeviceGetDisplayMode(h, out); }
R nvmlDeviceGetEccMode(Handle h, nvmlEnableState_t* now, nvmlEnableState_t* later) {
  DEVICE(now);
  if (!later) return NVML_ERROR_INVALID_ARGUMENT;
  return give(now, *later = number(d, "ecc", 1) ? NVML_FEATURE_ENABLED : NVML_FEATURE_DISABLED);
}

// ---- what they do
R nvmlDeviceGetMemoryInfo(Handle h, nvmlMemory_t* out) {
  DEVICE(out);
  uint64_t all = device_capacity(d), free = device_free_bytes(d);
  *out = {all, free, all - free};
  return NVML_SUCCESS;
}
R nvmlDeviceGetMemoryInfo_v2(Handle h, nvmlMemory_v2_t* out) {
  DEVICE(out);
  if (out->version != nvmlMemory_v2) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  uint64_t all = device_capacity(d), free = device_free_bytes(d);
  *out = {out->version, all, 0, free, all - free};
  return NVML_SUCCESS;
}
R nvmlDeviceGetUtilizationRates(Handle h, nvmlUtilization_t* out) {
  DEVICE(out);
  unsigned percent = device_busy(d) ? 100 : 0;
  *out = {percent, percent};
  return NVML_SUCCESS;
}
R nvmlDeviceGetComputeRunningProcesses_v3(Handle h, unsigned* count, nvmlProcessInfo_t* out) {
  DEVICE(count);
  return processes(d, count, out);
}
R nvmlDeviceGetGraphicsRunningProcesses_v3(Handle h, unsigned* count, nvmlProcessInfo_t*) {
  DEVICE(count);
  return give(count, 0u);
}
R nvmlDeviceGetPowerUsage(Handle h, unsigned* out) {
  DEVICE(out);
  unsigned idle = number(d, "idle_w", 1000);
  return idle && !device_busy(d) ? give(out, idle) : known(out, d, "tdp_w", 1000);
}
R nvmlDeviceGetPowerManagementMode(Handle h, nvmlEnableState_t* out) {
  DEVICE(out);
  return give(out, NVML_FEATURE_ENABLED);
}
R nvmlDeviceGetPowerManagementLimit(Handle h, unsigned* out) {
  DEVICE(out);
  return known(out, d, "tdp_w", 1000);
}
R nvmlDeviceGetPowerManagementDefaultLimit(Handle h, unsigned* out) { return impl::nvmlDeviceGetPowerManagementLimit(h, out); }
R nvmlDeviceGetEnforcedPowerLimit(Handle h, unsigned* out) { return impl::nvmlDeviceGetPowerManagementLimit(h, out); }
R nvmlDeviceGetPowerManagementLimitConstraints(Handle h, unsigned* least, unsigned* most) {  // it cannot be moved
  if (!most) return NVML_ERROR_INVALID_ARGUMENT;
  R e = impl::nvmlDeviceGetPowerManagementLimit(h, least);
  return e == NVML_SUCCESS ? give(most, *least) : e;
}
R nvmlDeviceGetClockInfo(Handle h, nvmlClockType_t type, unsigned* out) {
  DEVICE(out);
  return clock(out, d, type);
}
R nvmlDeviceGetMaxClockInfo(Handle h, nvmlClockType_t type, unsigned* out) { return impl::nvmlDeviceGetClockInfo(h, type, out); }
R nvmlDeviceGetApplicationsClock(Handle h, nvmlClockType_t type, unsigned* out) {
  return impl::nvmlDeviceGetClockInfo(h, type, out);
}
R nvmlDeviceGetClock(Handle h, nvmlClockType_t type, nvmlClockId_t which, unsigned* out) {
  if (unsigned(which) >= NVML_CLOCK_ID_COUNT) return NVML_ERROR_INVALID_ARGUMENT;
  return impl::nvmlDeviceGetClockInfo(h, type, out);
}
R nvmlDeviceGetCurrentClocksThrottleReasons(Handle h, unsigned long long* out) {
  DEVICE(out);
  return give(out, nvmlClocksThrottleReasonNone);
}
R nvmlDeviceGetPerformanceState(Handle h, nvmlPstates_t* out) {
  DEVICE(out);
  return give(out, NVML_PSTATE_0);
}
}  // namespace sheer::impl
