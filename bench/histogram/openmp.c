// Histogram of bytes, 256 bins: a private table a thread, added up at the end.
#include "../bench.h"

enum { kBins = 256 };

static void histogram(const uint8_t* restrict data, int n, uint32_t* restrict result) {
  uint32_t counts[kBins] = {0};
#pragma omp parallel for schedule(static) reduction(+ : counts[ : kBins])
  for (int i = 0; i < n; ++i) ++counts[data[i]];
  for (int bin = 0; bin < kBins; ++bin) result[bin] = counts[bin];
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 24);
  uint8_t* data = bench_alloc(n);
  for (int i = 0; i < n; ++i) data[i] = (uint8_t)(bench_hash(i, 1) >> 24);
  uint32_t counts[kBins];
  bench_save("data", data, n);
  Bench bench = bench_open("histogram");
  while (bench_again(&bench)) {
    bench_start(&bench);
    histogram(data, n, counts);
    bench_stop(&bench);
  }
  bench_close_u32(&bench, counts, kBins);
  return 0;
}
