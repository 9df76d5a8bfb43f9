// Hand-made kernels as the compiler would make them: each -DKERNEL_... gives one object with sheer_info,
// sheer_warp and, where it has no waits, sheer_blocks. CHECKED adds the calls of checked mode.
#include "frame.h"

extern "C" double sin(double);
#define LANES 32
#define ARG(type, offset) (*(type*)(f->params + (offset)))
#define SYNC(g, n) sheer_rt_barrier(f, g, n, 0, 0, SHEER_BAR_SYNC, 0)

static uint32_t threads_of(SheerFrame* f) { return f->ntid[0] * f->ntid[1] * f->ntid[2]; }
static uint32_t lanes_in(SheerFrame* f, uint32_t g) {
  uint32_t left = threads_of(f) - g * LANES;
  return left < LANES ? left : LANES;
}
static uint64_t block_of(SheerFrame* f) {
  return f->ctaid[0] + (uint64_t)f->nctaid[0] * (f->ctaid[1] + (uint64_t)f->nctaid[1] * f->ctaid[2]);
}
static void access(SheerFrame* f, uint32_t g, uint32_t lane, const void* at, uint32_t bytes, uint32_t kind,
                   uint32_t line) {
#ifdef CHECKED
  uint64_t addresses[32] = {0};
  uint32_t mask = 1u << lane;
  addresses[lane] = (uint64_t)at;
  sheer_rt_check(f, g, addresses, &mask, 32, bytes, kind, line, 0);
#endif
}

#define FLAGS 0
#if defined(KERNEL_empty)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {}
#elif defined(KERNEL_scale)    // (int* out, const int* in, u32 n)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  int* out = ARG(int*, 0);
  const int* in = ARG(const int*, 8);
  for (uint32_t lane = 0; lane < lanes_in(f, g); lane++) {
    uint64_t i = block_of(f) * threads_of(f) + g * LANES + lane;
    if (i < ARG(uint32_t, 16)) out[i] = in[i] * 2;
  }
}
#elif defined(KERNEL_where)    // (u32* out): ctaid and smid by block
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint32_t* out = ARG(uint32_t*, 0) + 4 * block_of(f);
  for (int i = 0; i < 3; i++) out[i] = f->ctaid[i];
  out[3]++;
}
#elif defined(KERNEL_reverse)  // (int* data): each block reverses its part through shared memory
#undef FLAGS
#define FLAGS SHEER_BARRIER
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  int *data = ARG(int*, 0) + block_of(f) * threads_of(f), *shared = (int*)f->shared;
  uint32_t n = threads_of(f);
  for (int round = 0; round < 3; round++) {
    for (uint32_t lane = 0; lane < lanes_in(f, g); lane++) shared[g * LANES + lane] = data[g * LANES + lane];
    SYNC(g, lanes_in(f, g));
    for (uint32_t lane = 0; lane < lanes_in(f, g); lane++)
      data[g * LANES + lane] = shared[n - 1 - g * LANES - lane];
    SYNC(g, lanes_in(f, g));
  }
}
#elif defined(KERNEL_manybarriers)  // (u32 count)
#undef FLAGS
#define FLAGS SHEER_BARRIER
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  for (uint32_t i = 0; i < ARG(uint32_t, 0); i++) SYNC(g, lanes_in(f, g));
}
#elif defined(KERNEL_votes)  // (u32* out): popc, and, or, counted, arrive, early exit
#undef FLAGS
#define FLAGS SHEER_BARRIER
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint32_t *out = ARG(uint32_t*, 0), n = lanes_in(f, g), groups = (threads_of(f) + 31) / 32;
  uint32_t popc = sheer_rt_barrier(f, g, n, 1, 0, SHEER_BAR_POPC, g + 1);
  uint32_t all = sheer_rt_barrier(f, g, n, 2, 0, SHEER_BAR_AND, n);
  uint32_t none = sheer_rt_barrier(f, g, n, 2, 0, SHEER_BAR_AND, g ? n : n - 1);
  uint32_t any = sheer_rt_barrier(f, g, n, 3, 0, SHEER_BAR_OR, g == 1);
  if (g < 2) sheer_rt_barrier(f, g, n, 4, 64, SHEER_BAR_SYNC, 0);  // two groups among themselves
  if (g == groups - 1) {                                           // producer and consumer
    ((uint32_t*)f->shared)[0] = 77;
    sheer_rt_barrier(f, g, n, 5, 32 + n, SHEER_BAR_ARRIVE, 0);
    return;  // and is gone for the last barrier
  }
  if (g == 0) sheer_rt_barrier(f, g, n, 5, 32 + lanes_in(f, groups - 1), SHEER_BAR_SYNC, 0);
  uint32_t seen = ((uint32_t*)f->shared)[0];
  sheer_rt_exited(f, g, n / 2);
  uint32_t rest = sheer_rt_barrier(f, g, n - n / 2, 0, 0, SHEER_BAR_POPC, n - n / 2);
  if (g == 0) out[0] = popc, out[1] = all, out[2] = none, out[3] = any, out[4] = seen, out[5] = rest;
}
#elif defined(KERNEL_grid)  // (u32* counters, u32 phases): every block sees all arrivals of each phase
#undef FLAGS
#define FLAGS (SHEER_BARRIER | SHEER_GRID_BARRIER)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint32_t *counters = ARG(uint32_t*, 0), phases = ARG(uint32_t, 8), *bad = counters + phases;
  uint32_t groups = (threads_of(f) + 31) / 32 * f->nctaid[0];
  for (uint32_t p = 0; p < phases; p++) {
    __atomic_fetch_add(&counters[p], 1, __ATOMIC_SEQ_CST);
    sheer_rt_grid_barrier(f, g, lanes_in(f, g));
    if (__atomic_load_n(&counters[p], __ATOMIC_SEQ_CST) != groups)
      __atomic_fetch_add(bad, 1, __ATOMIC_SEQ_CST);
  }
}
#elif defined(KERNEL_lookback)  // (u32* flags): block b waits for block b-1, then adds
#undef FLAGS
#define FLAGS SHEER_POLLS
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint32_t *flags = ARG(uint32_t*, 0), b = f->ctaid[0];
  if (g) return;
  uint32_t before = 0;
  if (b)
    while (!(before = __atomic_load_n(&flags[b - 1], __ATOMIC_ACQUIRE))) sheer_rt_yield(f, g);
  __atomic_store_n(&flags[b], before + 1, __ATOMIC_RELEASE);
}
#elif defined(KERNEL_handmade)  // (u32* counter): a grid barrier written by hand, no cooperative launch
#undef FLAGS
#define FLAGS SHEER_POLLS
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint32_t* counter = ARG(uint32_t*, 0);
  if (g) return;
  __atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < f->nctaid[0]) sheer_rt_yield(f, g);
}
#elif defined(KERNEL_poll)  // (u32* flag): waits until somebody sets it
#undef FLAGS
#define FLAGS SHEER_POLLS
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  while (!__atomic_load_n(ARG(uint32_t*, 0), __ATOMIC_ACQUIRE)) sheer_rt_yield(f, g);
}
#elif defined(KERNEL_lanes)  // (u64* out, u32* lock): shuffle among lanes, then a lock that each lane takes
#undef FLAGS
#define FLAGS (SHEER_LANE_FIBERS | SHEER_POLLS)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint64_t *out = ARG(uint64_t*, 0), values[32];
  uint32_t *lock = ARG(uint32_t*, 8), lane = (uint32_t)__builtin_ctzll(lanes), thread = g * 32 + lane;
  if (lane == 5) return;  // exits before the others meet
  uint32_t met = sheer_rt_lanes(f, g, lane, ~0u, thread * 10, values);
  uint64_t sum = 0;
  for (int i = 0; i < 32; i++)
    if (met >> i & 1) sum += values[i];
  if (lane & 1) {  // a smaller party
    met = sheer_rt_lanes(f, g, lane, 0xaaaaaaaau, lane, values);
    for (int i = 0; i < 32; i++)
      if (met >> i & 1) sum += values[i];
  }
  uint32_t open = 0;
  while (!__atomic_compare_exchange_n(lock, &open, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    open = 0;
    sheer_rt_yield(f, g);
  }
  sheer_rt_yield(f, g);  // the holder is interrupted: the others must not get in
  lock[1]++;
  __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
  sheer_rt_barrier(f, g, 1, 0, 0, SHEER_BAR_SYNC, 0);
  out[thread] = sum;
}
#elif defined(KERNEL_fault)       // (int* data, u32 block, u32 thread, i64 index): that thread stores there
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  int* data = ARG(int*, 0);
  uint32_t thread = ARG(uint32_t, 12);
  if (block_of(f) != ARG(uint32_t, 8) || thread / 32 != g) return;
  access(f, g, thread % 32, data + ARG(int64_t, 16), 4, SHEER_STORE, 42);
  *(volatile int*)(data + ARG(int64_t, 16)) = 1;
}
#elif defined(KERNEL_fiberfault)  // the same behind a barrier
#undef FLAGS
#define FLAGS SHEER_BARRIER
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  int* data = ARG(int*, 0);
  SYNC(g, lanes_in(f, g));
  uint32_t thread = ARG(uint32_t, 12);
  if (block_of(f) == ARG(uint32_t, 8) && thread / 32 == g) {
    access(f, g, thread % 32, data + ARG(int64_t, 16), 4, SHEER_LOAD, 43);
    *(volatile int*)(data + ARG(int64_t, 16));
  }
  SYNC(g, lanes_in(f, g));
}
#elif defined(KERNEL_trap)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  if (g == 1) sheer_rt_trap(f, g, 3, SHEER_TRAP, 17, 0);
}
#elif defined(KERNEL_assertion)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  if (f->ctaid[0] == 1 && g == 1) sheer_rt_assertfail(f, g, 2, "n > 0", "made.cu", 9, "void assertion()");
}
#elif defined(KERNEL_spin)  // (u32* flag): never ends, and does not say that it polls
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  while (!*(volatile uint32_t*)ARG(uint32_t*, 0)) {}
}
#elif defined(KERNEL_overflow)
static uint64_t deep(volatile uint64_t* p, uint64_t n) {
  volatile uint64_t room[64];
  room[n % 64] = n + *p;
  return deep(room, n + 1) + room[(n + 1) % 64];
}
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint64_t start = 1;
  ARG(uint64_t*, 0)[0] = deep(&start, 0);
}
#elif defined(KERNEL_deadlock)
#undef FLAGS
#define FLAGS SHEER_BARRIER
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  sheer_rt_barrier(f, g, lanes_in(f, g), 1 + g, 64, SHEER_BAR_SYNC, 0);
}
#elif defined(KERNEL_print)  // (const char* word)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  struct {
    int a;
    int pad;
    double b;
    const char* c;
    long long d;
    int e;
    int w;
    int h;
  } args = {-7, 0, 1.5, ARG(const char*, 0), 1ll << 40, 'x', 6, 42};
  sheer_rt_vprintf(f, g, 0, "[%5d|%-8.3f|%s|%lld|%c|%*d|%%]\n", &args);
}
#elif defined(KERNEL_heap)   // (u64* out)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint64_t a = sheer_rt_malloc(f, 100), b = sheer_rt_malloc(f, 1000), huge = sheer_rt_malloc(f, 1ull << 36);
  *(volatile char*)(a + 99) = 1;
  sheer_rt_free(f, a);
  uint64_t again = sheer_rt_malloc(f, 100);
  uint64_t* out = ARG(uint64_t*, 0);
  out[0] = a == again, out[1] = b != 0 && b % 16 == 0, out[2] = huge;
  sheer_rt_free(f, b);
  sheer_rt_free(f, again);
}
#elif defined(KERNEL_badfree)
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) { sheer_rt_free(f, ARG(uint64_t, 0)); }
#elif defined(KERNEL_relocs)    // (double* out): far calls, constants, tables of addresses
static const double table[4] = {0.5, 1.5, 2.5, 3.5};
static double first(double v) { return sin(v); }
static double second(double v) { return v * table[(int)v]; }
static double (*const calls[2])(double) = {first, second};
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  double* out = ARG(double*, 0);
  for (int i = 0; i < 4; i++) out[i] = calls[i & 1](table[i]);
  uint64_t* symbol = (uint64_t*)f->globals[0];
  out[4] = (double)symbol[0];
  out[5] = (double)*(uint64_t*)symbol[1];
}
#elif defined(KERNEL_window)    // (u64* out): shared and local windows
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  uint64_t* out = ARG(uint64_t*, 0);
  uint8_t* local = f->local + (uint64_t)(threads_of(f) - 1) * f->local_stride;
  local[f->local_stride - 1] = 1;
  f->shared[f->shared_bytes - 1] = 1;
  out[0] = f->shared_bytes, out[1] = f->dynamic_shared, out[2] = f->local_stride,
  out[3] = (uint64_t)f->shared % 64;
}
#elif defined(KERNEL_denormal)  // (float* out)
#undef FLAGS
#define FLAGS SHEER_FTZ
static void group(SheerFrame* f, uint32_t g, uint64_t lanes) {
  volatile float small = 1e-38f;
  ARG(float*, 0)[0] = small * 0.01f;
}
#endif

#if defined(CHECKED) && defined(KERNEL_fault)  // the checked form may need fibers where the fast one does not
#undef FLAGS
#define FLAGS SHEER_BARRIER
#endif
#ifndef STATIC_SHARED
#define STATIC_SHARED 0
#endif
#ifndef LOCAL_BYTES
#define LOCAL_BYTES 0
#endif
extern "C" const SheerKernelInfo sheer_info = {SHEER_ABI_VERSION, LANES, FLAGS, LOCAL_BYTES,
                                               STATIC_SHARED,     0,     {0, 0}};
extern "C" void sheer_warp(SheerFrame* f, uint32_t g, uint64_t lanes) { group(f, g, lanes); }
extern "C" void sheer_blocks(SheerFrame* f, uint64_t first, uint64_t count) {
  for (uint64_t b = first; b < first + count; b++) {
    f->ctaid[0] = (uint32_t)(b % f->nctaid[0]);
    f->ctaid[1] = (uint32_t)(b / f->nctaid[0] % f->nctaid[1]);
    f->ctaid[2] = (uint32_t)(b / f->nctaid[0] / f->nctaid[1]);
    for (uint32_t g = 0; g * LANES < threads_of(f); g++) group(f, g, ~0ull);
  }
}
