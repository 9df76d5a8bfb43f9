// GEMM with 16-bit inputs: widened to single precision first, then the twin of SGEMM. Half precision and
// bfloat16.
#include "../sgemm/sgemm.h"
#include "problem.h"

static void widen_half(const uint16_t* restrict from, float* restrict to, size_t cells) {
  const _Float16* half = (const _Float16*)from;
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < cells; ++i) to[i] = (float)half[i];
}

static void widen_bf16(const uint16_t* restrict from, float* restrict to, size_t cells) {
  uint32_t* bits = (uint32_t*)to;
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < cells; ++i) bits[i] = (uint32_t)from[i] << 16;
}

static void measure(const char* name, uint16_t (*convert)(float),
                    void (*widen)(const uint16_t* restrict, float* restrict, size_t), int n) {
  size_t cells = (size_t)n * n;
  uint16_t* a = make_matrix(cells, 1, convert);
  uint16_t* b = make_matrix(cells, 2, convert);
  float* wide_a = bench_alloc(cells * sizeof *wide_a);
  float* wide_b = bench_alloc(cells * sizeof *wide_b);
  float* c = bench_alloc(cells * sizeof *c);
  Bench bench = bench_open(name);
  while (bench_again(&bench)) {
    bench_start(&bench);
    widen(a, wide_a, cells);
    widen(b, wide_b, cells);
    sgemm(n, wide_a, wide_b, c);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, c, cells);
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 1024);
  measure("mma_gemm.f16_wmma", to_half, widen_half, n);
  measure("mma_gemm.bf16_mma", to_bf16, widen_bf16, n);
  return 0;
}
