// Start-up: the least that a program does with the device.
#include "../bench.h"

__global__ void touch(int* flag) { *flag = 42; }

int main() {
  int flag = 0;
  int* d_flag = bench_device<int>(1);
  touch<<<1, 1>>>(d_flag);
  bench_download(&flag, d_flag, 1);
  return flag == 42 ? 0 : 1;
}
