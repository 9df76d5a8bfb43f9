#include <cuda.h>
#include <cuda_runtime.h>
#include <nvml.h>
#include <nvrtc.h>
#include <stdio.h>
int run(int*);
void add_one(int*);
int main() {
  int *p, h[32], major, minor, driver;
  cudaMalloc(reinterpret_cast<void**>(&p), sizeof h);
  int calls = run(p);
  add_one(p);
  cudaMemcpy(h, p, sizeof h, cudaMemcpyDeviceToHost);
  if (nvrtcVersion(&major, &minor) || cuDriverGetVersion(&driver) || nvmlInit()) return 1;
  printf("%d %d\n", h[31], calls);
  return h[31] != 101 || calls != 132;
}
