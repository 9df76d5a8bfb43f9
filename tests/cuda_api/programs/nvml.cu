// NVML: what it says is what the runtime says, and the chip file.
// nvcc: -lnvidia-ml
#include "check.h"
#include <nvml.h>
#include <unistd.h>

#define NVML(code, call)                                                                           \
  do {                                                                                             \
    nvmlReturn_t got_ = call;                                                                      \
    if (got_ != code) {                                                                            \
      printf("%s:%d: %s gave %d (%s)\n", __FILE__, __LINE__, #call, int(got_), nvmlErrorString(got_)); \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)
#define GOOD(call) NVML(NVML_SUCCESS, call)

__global__ void busy(volatile int* stop) {
  while (!*stop) {}
}

int main() {
  unsigned count, value, other;
  nvmlDevice_t d, same;
  char text[96], room[8];
  NVML(NVML_ERROR_UNINITIALIZED, nvmlDeviceGetCount(&count));
  NVML(NVML_ERROR_UNINITIALIZED, nvmlShutdown());
  GOOD(nvmlInit());
  GOOD(nvmlInit());
  GOOD(nvmlShutdown());
  GOOD(nvmlDeviceGetCount(&count));
  EXPECT(1, count);
  NVML(NVML_ERROR_INVALID_ARGUMENT, nvmlDeviceGetHandleByIndex(1, &d));
  GOOD(nvmlDeviceGetHandleByIndex(0, &d));
  cudaDeviceProp p;
  OK(cudaGetDeviceProperties(&p, 0));
  GOOD(nvmlDeviceGetName(d, text, sizeof text));
  CHECK(!strcmp(text, p.name));
  NVML(NVML_ERROR_INSUFFICIENT_SIZE, nvmlDeviceGetName(d, room, sizeof room));
  NVML(NVML_ERROR_INVALID_ARGUMENT, nvmlDeviceGetName(nullptr, text, sizeof text));
  GOOD(nvmlDeviceGetUUID(d, text, sizeof text));
  CHECK(!strncmp(text, "GPU-", 4) && strlen(text) == 40);
  GOOD(nvmlDeviceGetHandleByUUID(text, &same));
  CHECK(same == d);
  NVML(NVML_ERROR_NOT_FOUND, nvmlDeviceGetHandleByUUID("GPU-0", &same));
  nvmlPciInfo_t pci;
  GOOD(nvmlDeviceGetPciInfo(d, &pci));
  OK(cudaDeviceGetPCIBusId(text, sizeof text, 0));
  CHECK(!strcmp(text, pci.busIdLegacy) && !strncmp(pci.busId, "00000000:", 9));
  GOOD(nvmlDeviceGetHandleByPciBusId(pci.busId, &same));
  CHECK(same == d);
  NVML(NVML_ERROR_NOT_FOUND, nvmlDeviceGetHandleByPciBusId("0000:77:00.0", &same));
  int major, minor;
  GOOD(nvmlDeviceGetCudaComputeCapability(d, &major, &minor));
  EXPECT(p.major, major);
  EXPECT(p.minor, minor);
  GOOD(nvmlSystemGetCudaDriverVersion(&major));
  OK(cudaDriverGetVersion(&minor));
  EXPECT(minor, major);
  GOOD(nvmlSystemGetDriverVersion(text, sizeof text));
  CHECK(atoi(text) >= 500);
  GOOD(nvmlSystemGetNVMLVersion(text, sizeof text));
  CHECK(atoi(text) == 12);

  nvmlMemory_t before, after;
  nvmlMemory_v2_t m = {};
  GOOD(nvmlDeviceGetMemoryInfo(d, &before));
  CHECK(before.total == p.totalGlobalMem && before.free + before.used == before.total);
  void* memory;
  OK(cudaMalloc(&memory, 64 << 20));
  GOOD(nvmlDeviceGetMemoryInfo(d, &after));
  CHECK(after.used - before.used == 64 << 20);
  NVML(NVML_ERROR_ARGUMENT_VERSION_MISMATCH, nvmlDeviceGetMemoryInfo_v2(d, &m));
  m.version = nvmlMemory_v2;
  GOOD(nvmlDeviceGetMemoryInfo_v2(d, &m));
  CHECK(m.used == after.used);
  nvmlProcessInfo_t who[2];
  count = 0;
  NVML(NVML_ERROR_INSUFFICIENT_SIZE, nvmlDeviceGetComputeRunningProcesses(d, &count, nullptr));
  count = 2;
  GOOD(nvmlDeviceGetComputeRunningProcesses(d, &count, who));
  CHECK(count == 1 && who[0].pid == unsigned(getpid()) && who[0].usedGpuMemory == after.used);

  GOOD(nvmlDeviceGetPowerManagementLimit(d, &value));
  CHECK(value >= 10000);
  GOOD(nvmlDeviceGetPowerManagementLimitConstraints(d, &other, &count));
  CHECK(other == value && count == value);
  GOOD(nvmlDeviceGetPowerUsage(d, &other));
  CHECK(other > 0 && other < value);
  GOOD(nvmlDeviceGetMaxClockInfo(d, NVML_CLOCK_SM, &value));
  EXPECT(p.clockRate / 1000, value);
  GOOD(nvmlDeviceGetClockInfo(d, NVML_CLOCK_MEM, &value));
  EXPECT(p.memoryClockRate / 1000, value);
  NVML(NVML_ERROR_NOT_SUPPORTED, nvmlDeviceGetTemperature(d, NVML_TEMPERATURE_GPU, &value));

  int* stop;
  nvmlUtilization_t use;
  OK(cudaMallocHost(&stop, 4));
  *stop = 0;
  GOOD(nvmlDeviceGetUtilizationRates(d, &use));
  EXPECT(0, use.gpu);
  busy<<<1, 1>>>(stop);
  for (int i = 0; i < 5000 && !use.gpu; i++) {
    usleep(1000);
    GOOD(nvmlDeviceGetUtilizationRates(d, &use));
  }
  EXPECT(100, use.gpu);
  *(volatile int*)stop = 1;
  OK(cudaDeviceSynchronize());
  GOOD(nvmlDeviceGetUtilizationRates(d, &use));
  EXPECT(0, use.gpu);
  GOOD(nvmlShutdown());
}
