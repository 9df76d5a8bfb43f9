// Inclusive prefix sums: each thread sums its part, then scans it from where the parts before end.
#include <omp.h>

#include "../bench.h"

static void scan(const uint32_t* restrict in, uint32_t* restrict out, int n) {
  static uint32_t sums[1024];
#pragma omp parallel
  {
    int thread = omp_get_thread_num(), threads = omp_get_num_threads();
    int first = (int)((int64_t)n * thread / threads), end = (int)((int64_t)n * (thread + 1) / threads);
    uint32_t sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = first; i < end; ++i) sum += in[i];
    sums[thread] = sum;
#pragma omp barrier
    uint32_t running = 0;
    for (int t = 0; t < thread; ++t) running += sums[t];
#pragma omp simd reduction(inscan, + : running)
    for (int i = first; i < end; ++i) {
      running += in[i];
#pragma omp scan inclusive(running)
      out[i] = running;
    }
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 24);
  uint32_t* data = bench_alloc(n * sizeof *data);
  uint32_t* out = bench_alloc(n * sizeof *out);
  for (int i = 0; i < n; ++i) data[i] = bench_hash(i, 1) >> 28;
  bench_save("data", data, n * sizeof *data);
  Bench bench = bench_open("scan");
  while (bench_again(&bench)) {
    bench_start(&bench);
    scan(data, out, n);
    bench_stop(&bench);
  }
  bench_close_u32(&bench, out, n);
  return 0;
}
