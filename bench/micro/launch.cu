// What a launch costs: empty kernels, one after another and one by one to their end.
#include "../bench.h"

__global__ void empty() {}

__global__ void touch(int* flag) {
  if (threadIdx.x == 0 && blockIdx.x == 0) *flag = 1;
}

static void many(const char* name, int launches, int blocks, bool wait_each) {
  double best_s = 1e30;
  for (int round = 0; round < 5; ++round) {
    bench_finish();
    double start_s = bench_now();
    for (int i = 0; i < launches; ++i) {
      empty<<<blocks, 128>>>();
      if (wait_each) bench_finish();
    }
    bench_finish();
    double elapsed_s = (bench_now() - start_s) / launches;
    if (elapsed_s < best_s) best_s = elapsed_s;
  }
  printf("%s %.6f 0\n", name, best_s * 1e3);
}

int main() {
  int* flag = bench_device<int>(1);
  touch<<<1, 32>>>(flag);
  many("launch.queued", 10000, 1, false);
  many("launch.one_by_one", 2000, 1, true);
  many("launch.1000_blocks", 1000, 1000, true);
  return 0;
}
