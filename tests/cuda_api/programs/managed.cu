// Managed variables: one place for host and device, initial values at the start of main, seen by both sides.
#include "check.h"

__managed__ int total = 3;
static __managed__ float values[10] = {1.5f};
struct Pair { int a; double b; };
__managed__ Pair pair = {7, 2.5};

__global__ void change() {
  total += 4;
  values[3] = values[0] + 1;
  pair.b *= 2;
}

int main() {
  CHECK(total == 3 && values[0] == 1.5f && pair.a == 7);
  total += 10;
  change<<<1, 1>>>();
  OK(cudaDeviceSynchronize());
  CHECK(total == 17 && values[3] == 2.5f && pair.b == 5);
  int* address;
  OK(cudaGetSymbolAddress((void**)&address, total));
  CHECK(address == &total);
  OK(cudaMemset(&total, 0, 4));
  OK(cudaDeviceSynchronize());
  CHECK(total == 0);
  cudaPointerAttributes where;
  OK(cudaPointerGetAttributes(&where, &total));
  CHECK(where.type != cudaMemoryTypeUnregistered);
  OK(cudaDeviceReset());
  total = 5;
  change<<<1, 1>>>();
  OK(cudaDeviceSynchronize());
  CHECK(total == 9);
  return 0;
}
