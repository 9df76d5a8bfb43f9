// Timing, inputs and results for every benchmark program, in C (the OpenMP twins) and in CUDA C++ alike.
//
// A program makes its inputs with bench_fill (the same numbers in every language), times with
//     Bench bench = bench_open("name");
//     while (bench_again(&bench)) { restore inputs; bench_start(&bench); the work, to its end;
//     bench_stop(&bench); } bench_close_f32(&bench, out, n);
// and so prints one line, `name milliseconds check`: the best time of one run, and a weighted sum of the
// output. Environment: BENCH_SECONDS is how long to repeat (default 0.5); BENCH_SAVE is a folder for raw
// inputs and outputs; BENCH_CLOCK=cpu measures the process's processor time instead of the time on the wall.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct Bench {
  const char* name;
  double budget_s, opened_s, started_s, best_s;
  int runs;
  clockid_t clock;
} Bench;

static inline double bench_read(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double bench_now(void) { return bench_read(CLOCK_MONOTONIC); }

static inline clockid_t bench_clock(void) {
  const char* clock = getenv("BENCH_CLOCK");
  return clock && clock[0] == 'c' ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
}

static inline Bench bench_open(const char* name) {
  Bench bench = {name, 0.5, bench_now(), 0.0, 1e30, 0, bench_clock()};
  const char* seconds = getenv("BENCH_SECONDS");
  if (seconds) bench.budget_s = atof(seconds);
  return bench;
}

// Two runs warm up (compilation, page faults, thread pool); three at least are timed.
static inline int bench_again(Bench* bench) {
  if (bench->runs == 2) {
    bench->best_s = 1e30;
    bench->opened_s = bench_now();
  }
  return bench->runs++ < 5 || bench_now() - bench->opened_s < bench->budget_s;
}

static inline void bench_start(Bench* bench) { bench->started_s = bench_read(bench->clock); }

static inline void bench_stop(Bench* bench) {
  double elapsed_s = bench_read(bench->clock) - bench->started_s;
  if (elapsed_s < bench->best_s) bench->best_s = elapsed_s;
}

static inline void bench_save(const char* name, const void* data, size_t bytes) {
  const char* folder = getenv("BENCH_SAVE");
  char path[1024];
  if (!folder) return;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE* file = fopen(path, "wb");
  if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0) {
    fprintf(stderr, "can't write %s\n", path);
    exit(2);
  }
}

static inline void bench_print(const Bench* bench, double check, const void* out, size_t bytes) {
  char name[256];
  snprintf(name, sizeof name, "%s.out", bench->name);
  bench_save(name, out, bytes);
  printf("%s %.6f %.9g\n", bench->name, bench->best_s * 1e3, check);
  fflush(stdout);
}

// The weights make an output in the wrong order show.
static inline void bench_close_f32(const Bench* bench, const float* out, size_t n) {
  double check = 0.0;
  for (size_t i = 0; i < n; ++i) check += out[i] * (1.0 + (double)(i % 7));
  bench_print(bench, check, out, n * sizeof *out);
}

static inline void bench_close_u32(const Bench* bench, const uint32_t* out, size_t n) {
  double check = 0.0;
  for (size_t i = 0; i < n; ++i) check += out[i] * (1.0 + (double)(i % 7));
  bench_print(bench, check, out, n * sizeof *out);
}

static inline int bench_size(int argc, char** argv, int usual) { return argc > 1 ? atoi(argv[1]) : usual; }

static inline void* bench_alloc(size_t bytes) {
  void* memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!memory) {
    fprintf(stderr, "out of memory: %zu bytes\n", bytes);
    exit(2);
  }
  return memory;
}

// A well-mixed 32-bit number for every index: the same in any order and on any number of threads.
static inline uint32_t bench_hash(uint32_t i, uint32_t seed) {
  uint32_t x = i * 0x9e3779b9u + seed * 0x85ebca6bu;
  x = (x ^ (x >> 16)) * 0x21f0aaadu;
  x = (x ^ (x >> 15)) * 0x735a2d97u;
  return x ^ (x >> 15);
}

static inline float bench_uniform(uint32_t i, uint32_t seed, float low, float high) {
  return low + (high - low) * ((float)(bench_hash(i, seed) >> 8) * (1.0f / 16777216.0f));
}

static inline float* bench_fill(size_t n, uint32_t seed, float low, float high) {
  float* data = (float*)bench_alloc(n * sizeof *data);
  for (size_t i = 0; i < n; ++i) data[i] = bench_uniform((uint32_t)i, seed, low, high);
  return data;
}

#ifdef __CUDACC__
#include <cuda_runtime.h>

#define BENCH_CUDA(call)                                                                   \
  do {                                                                                     \
    cudaError_t bench_error = (call);                                                      \
    if (bench_error != cudaSuccess) {                                                      \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(bench_error)); \
      exit(2);                                                                             \
    }                                                                                      \
  } while (0)

template <class T>
T* bench_device(size_t n) {
  T* memory = nullptr;
  BENCH_CUDA(cudaMalloc(&memory, n * sizeof(T)));
  return memory;
}

template <class T>
T* bench_upload(const T* host, size_t n) {
  T* memory = bench_device<T>(n);
  BENCH_CUDA(cudaMemcpy(memory, host, n * sizeof(T), cudaMemcpyHostToDevice));
  return memory;
}

template <class T>
void bench_download(T* host, const T* device, size_t n) {
  BENCH_CUDA(cudaMemcpy(host, device, n * sizeof(T), cudaMemcpyDeviceToHost));
}

// To the end of what was launched; a launch that failed is told here.
static inline void bench_finish(void) {
  BENCH_CUDA(cudaGetLastError());
  BENCH_CUDA(cudaDeviceSynchronize());
}
#endif
