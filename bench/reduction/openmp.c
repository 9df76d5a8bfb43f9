// Sum of floats.
#include "../bench.h"

static float reduce(const float* restrict data, int n) {
  float sum = 0.0f;
#pragma omp parallel for simd schedule(static) reduction(+ : sum)
  for (int i = 0; i < n; ++i) sum += data[i];
  return sum;
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 24);
  float* data = bench_fill(n, 1, 0.0f, 1.0f);
  float total = 0.0f;
  bench_save("data", data, n * sizeof *data);
  Bench bench = bench_open("reduction");
  while (bench_again(&bench)) {
    bench_start(&bench);
    total = reduce(data, n);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, &total, 1);
  return 0;
}
