// Bitonic sort of 32-bit keys (a power of two): the same network; what fits into a chunk stays in the cache,
// and distances of 16 and more are vectors.
#include <string.h>

#include "../bench.h"

enum { kChunk = 4096 };

// `run` pairs, the second `run` elements behind the first.
static inline void order(uint32_t* restrict a, uint32_t* restrict b, int run, int ascending) {
  if (ascending) {
#pragma omp simd
    for (int i = 0; i < run; ++i) {
      uint32_t x = a[i], y = b[i];
      a[i] = x < y ? x : y;
      b[i] = x < y ? y : x;
    }
  } else {
#pragma omp simd
    for (int i = 0; i < run; ++i) {
      uint32_t x = a[i], y = b[i];
      a[i] = x < y ? y : x;
      b[i] = x < y ? x : y;
    }
  }
}

// Distances below a vector, with the distance a constant, so that the compiler makes shuffles of them.
static inline void order_near(uint32_t* keys, int count, int distance, int ascending) {
#pragma omp simd
  for (int i = 0; i < count; i += 2 * distance) {
    for (int r = i; r < i + distance; ++r) {
      uint32_t x = keys[r], y = keys[r + distance];
      uint32_t low = x < y ? x : y, high = x < y ? y : x;
      keys[r] = ascending ? low : high;
      keys[r + distance] = ascending ? high : low;
    }
  }
}

static void in_chunk(uint32_t* chunk, int start, int size, int from, int to) {
  for (int length = from; length <= to; length *= 2) {
    int distance = length / 2 < size / 2 ? length / 2 : size / 2;
    for (; distance > 8; distance /= 2) {
      for (int i = 0; i < size; i += 2 * distance) {
        order(chunk + i, chunk + i + distance, distance, ((start + i) & length) == 0);
      }
    }
    int run = length < size ? length : size;  // all of one direction
    for (int i = 0; i < size; i += run) {
      int ascending = ((start + i) & length) == 0;
      if (distance >= 8) order_near(chunk + i, run, 8, ascending);
      if (distance >= 4) order_near(chunk + i, run, 4, ascending);
      if (distance >= 2) order_near(chunk + i, run, 2, ascending);
      order_near(chunk + i, run, 1, ascending);
    }
  }
}

static void sort(uint32_t* keys, int n) {
  int size = n < kChunk ? n : kChunk;
#pragma omp parallel
  {
#pragma omp for schedule(static)
    for (int start = 0; start < n; start += size) in_chunk(keys + start, start, size, 2, size);
    for (int length = 2 * size; length <= n; length *= 2) {
      for (int distance = length / 2; distance >= size; distance /= 2) {
#pragma omp for schedule(static)
        for (int piece = 0; piece < n / 2; piece += size) {
          int i = 2 * piece - (piece & (distance - 1));
          order(keys + i, keys + i + distance, size, (i & length) == 0);
        }
      }
#pragma omp for schedule(static)
      for (int start = 0; start < n; start += size) in_chunk(keys + start, start, size, length, length);
    }
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1 << 20);
  uint32_t* keys = bench_alloc(n * sizeof *keys);
  uint32_t* out = bench_alloc(n * sizeof *out);
  for (int i = 0; i < n; ++i) keys[i] = bench_hash(i, 1);
  bench_save("keys", keys, n * sizeof *keys);
  Bench bench = bench_open("bitonic_sort");
  while (bench_again(&bench)) {
    memcpy(out, keys, n * sizeof *keys);
    bench_start(&bench);
    sort(out, n);
    bench_stop(&bench);
  }
  bench_close_u32(&bench, out, n);
  return 0;
}
