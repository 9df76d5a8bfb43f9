// What a program holds in memory beyond what it asked for: 256 MB of device memory, all of it written.
#include <string.h>

#include "../bench.h"

__global__ void fill(float4* data, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] = make_float4(1.0f, 2.0f, 3.0f, 4.0f);
}

static double peak_mb() {
  char line[256];
  double kilobytes = 0.0;
  FILE* file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, "VmHWM:", 6) == 0) kilobytes = atof(line + 6);
  }
  if (file) fclose(file);
  return kilobytes / 1024.0;
}

int main() {
  int n = 16 << 20;
  printf("memory.before_first_call_mb %.6f 0\n", peak_mb());
  float4* data = bench_device<float4>(n);
  fill<<<n / 256, 256>>>(data, n);
  bench_finish();
  printf("memory.overhead_mb %.6f 0\n", peak_mb() - n * sizeof(float4) / 1048576.0);
  return 0;
}
