/* clang's OpenMP calls (__kmpc_*), answered with gcc's OpenMP library (GOMP_*, omp_*). In come calls from code
 * that clang compiled, out go calls to libgomp, so that objects of both compilers share one set of threads. Linked
 * into programs whose CUDA sources were compiled with -fopenmp. Doacross loops and offloading are absent: the
 * linker says so. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

typedef void (*Microtask)(int32_t*, int32_t*, ...);
typedef unsigned long long Ull;
typedef __SIZE_TYPE__ Size;
extern void *malloc(Size), *memcpy(void*, const void*, Size), free(void*), abort(void);
extern int omp_get_thread_num(void), omp_get_num_threads(void), dprintf(int, const char*, ...);
extern void GOMP_parallel(void (*)(void*), void*, unsigned, unsigned), GOMP_barrier(void);
extern void GOMP_critical_name_start(void**), GOMP_critical_name_end(void**);
extern void GOMP_ordered_start(void), GOMP_ordered_end(void);
extern bool GOMP_single_start(void);
extern void GOMP_task(void (*)(void*), void*, void (*)(void*, void*), long, long, bool, unsigned, void**, int,
                      void*);
extern void GOMP_taskwait(void), GOMP_taskgroup_start(void), GOMP_taskgroup_end(void);
extern void GOMP_loop_end_nowait(void);
typedef bool Begin(bool up, Ull first, Ull last, Ull step, Ull chunk, Ull* from, Ull* to);
typedef bool Next(Ull* from, Ull* to);
extern Begin GOMP_loop_ull_dynamic_start, GOMP_loop_ull_guided_start, GOMP_loop_ull_ordered_dynamic_start;
extern Next GOMP_loop_ull_dynamic_next, GOMP_loop_ull_guided_next, GOMP_loop_ull_ordered_dynamic_next;
extern Next GOMP_loop_ull_runtime_next;
extern bool GOMP_loop_ull_runtime_start(bool, Ull, Ull, Ull, Ull*, Ull*);

#define CALL __attribute__((visibility("hidden")))
#define WHERE void *where, int32_t id    /* what every call begins with: the source place and a thread number */
enum { MOST_CAPTURES = 128 };

typedef struct Region {          /* one parallel region, on its master's stack */
  Microtask code;
  void** captures;
  void* volatile published;      /* of copyprivate */
} Region;

static __thread Region* region;
static __thread int serial;              /* depth of regions that this thread runs alone, whatever team it is in */
static __thread int32_t wanted_threads;  /* of the num_threads clause of the next region */

/* All captures are pointers, and the calling conventions let the caller pass more than the callee takes. */
#define FOUR(i) c[i], c[i + 1], c[i + 2], c[i + 3]
#define SIXTEEN(i) FOUR(i), FOUR(i + 4), FOUR(i + 8), FOUR(i + 12)
static void invoke(Microtask code, void** c, int count) {
  int32_t id = omp_get_thread_num(), bound = 0;
  if (count <= 16) code(&id, &bound, SIXTEEN(0));
  else code(&id, &bound, SIXTEEN(0), SIXTEEN(16), SIXTEEN(32), SIXTEEN(48), SIXTEEN(64), SIXTEEN(80), SIXTEEN(96),
            SIXTEEN(112));
}

static void** collect(int count, va_list list, void** into) {
  if (count > MOST_CAPTURES) {
    dprintf(2, "sheer: an OpenMP region captures %d variables; at most %d are supported\n", count,
            MOST_CAPTURES);
    abort();
  }
  for (int i = 0; i < count; i++) into[i] = va_arg(list, void*);
  return into;
}

typedef struct { Region shared; int count; } Start;

static void enter(void* data) {
  Start* start = data;
  Region* outer = region;
  int outer_serial = serial;
  region = &start->shared;
  serial = 0;
  invoke(start->shared.code, start->shared.captures, start->count);
  region = outer;
  serial = outer_serial;
}

static void fork_region(Microtask code, void** captures, int count, bool parallel) {
  Start start = {{code, captures, 0}, count};
  unsigned threads = wanted_threads > 0 ? (unsigned)wanted_threads : 0;
  wanted_threads = 0;
  GOMP_parallel(enter, &start, parallel ? threads : 1, 0);
}

CALL void __kmpc_fork_call(void* where, int32_t count, Microtask code, ...) {
  void* captures[MOST_CAPTURES];
  va_list list;
  va_start(list, code);
  collect(count, list, captures);
  va_end(list);
  fork_region(code, captures, count, true);
}
CALL void __kmpc_fork_call_if(void* where, int32_t count, Microtask code, int32_t condition, void* argument) {
  void* captures[MOST_CAPTURES] = {argument};
  fork_region(code, captures, count, condition);
}
CALL void __kmpc_fork_teams(void* where, int32_t count, Microtask code, ...) {   /* one team */
  void* captures[MOST_CAPTURES];
  va_list list;
  va_start(list, code);
  collect(count, list, captures);
  va_end(list);
  invoke(code, captures, count);
}
CALL void __kmpc_push_num_threads(WHERE, int32_t threads) { wanted_threads = threads; }
CALL void __kmpc_push_num_teams(WHERE, int32_t teams, int32_t threads) { wanted_threads = threads; }
CALL void __kmpc_push_proc_bind(WHERE, int kind) {}
CALL void __kmpc_serialized_parallel(WHERE) { serial++; wanted_threads = 0; }
CALL void __kmpc_end_serialized_parallel(WHERE) { serial--; }
CALL int32_t __kmpc_global_thread_num(void* where) { return omp_get_thread_num(); }

static int me(void) { return serial ? 0 : omp_get_thread_num(); }
static int team(void) { return serial ? 1 : omp_get_num_threads(); }

/* ----------------------------------------------------------------------------------------- synchronisation */
CALL void __kmpc_barrier(WHERE) { if (!serial) GOMP_barrier(); }
CALL int32_t __kmpc_cancel_barrier(WHERE) { if (!serial) GOMP_barrier(); return 0; }
CALL int32_t __kmpc_cancel(WHERE, int32_t kind) { return 0; }     /* off, as by default */
CALL int32_t __kmpc_cancellationpoint(WHERE, int32_t kind) { return 0; }
CALL void __kmpc_flush(void* where) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
CALL void __kmpc_critical(WHERE, void** name) { GOMP_critical_name_start(name); }
CALL void __kmpc_critical_with_hint(WHERE, void** name, uint32_t hint) { GOMP_critical_name_start(name); }
CALL void __kmpc_end_critical(WHERE, void** name) { GOMP_critical_name_end(name); }
CALL int32_t __kmpc_master(WHERE) { return me() == 0; }
CALL void __kmpc_end_master(WHERE) {}
CALL int32_t __kmpc_masked(WHERE, int32_t which) { return me() == which; }
CALL void __kmpc_end_masked(WHERE) {}
CALL int32_t __kmpc_single(WHERE) { return serial ? 1 : GOMP_single_start(); }
CALL void __kmpc_end_single(WHERE) {}
CALL void __kmpc_ordered(WHERE) { if (!serial) GOMP_ordered_start(); }
CALL void __kmpc_end_ordered(WHERE) { if (!serial) GOMP_ordered_end(); }
CALL void __kmpc_copyprivate(WHERE, Size bytes, void* mine, void (*copy)(void*, void*),
                              int32_t did_it) {
  if (serial || !region) return;
  if (did_it) region->published = mine;
  GOMP_barrier();
  if (!did_it) copy(mine, region->published);
  GOMP_barrier();
}
/* Reductions: every thread combines its part itself, one at a time. */
CALL int32_t __kmpc_reduce_nowait(WHERE, int32_t n, Size bytes, void* data, void* combine, void** lock) {
  if (!serial) GOMP_critical_name_start(lock);
  return 1;
}
CALL void __kmpc_end_reduce_nowait(WHERE, void** lock) { if (!serial) GOMP_critical_name_end(lock); }
CALL int32_t __kmpc_reduce(WHERE, int32_t n, Size bytes, void* data, void* combine, void** lock) {
  return __kmpc_reduce_nowait(where, id, n, bytes, data, combine, lock);
}
CALL void __kmpc_end_reduce(WHERE, void** lock) {
  if (serial) return;
  GOMP_critical_name_end(lock);
  GOMP_barrier();
}

/* --------------------------------------------------------------------------------------------------- loops */
enum { CHUNKED = 33, STATIC = 34, DYNAMIC = 35, GUIDED = 36, RUNTIME = 37, ORDERED = 64, ORDERED_END = 72,
       DISTRIBUTE_CHUNKED = 91, DISTRIBUTE = 92, MODIFIERS = 3 << 29 };

/* Iterations of lower..upper by step; 0 if none. */
static Ull trips(int64_t lower, int64_t upper, int64_t step, bool is_signed) {
  if (step > 0) {
    if (is_signed ? upper < lower : (Ull)upper < (Ull)lower) return 0;
    return ((Ull)upper - (Ull)lower) / (Ull)step + 1;
  }
  if (is_signed ? upper > lower : (Ull)upper > (Ull)lower) return 0;
  return ((Ull)lower - (Ull)upper) / (0 - (Ull)step) + 1;
}

typedef struct { int64_t lower, upper, stride; int32_t last; } Share;

static Share share_of(int32_t schedule, int64_t lower, int64_t upper, int64_t step, int64_t chunk,
                          bool is_signed) {
  Ull all = trips(lower, upper, step, is_signed), n = (Ull)team(), id = (Ull)me();
  schedule &= ~MODIFIERS;
  if (schedule == DISTRIBUTE || schedule == DISTRIBUTE_CHUNKED || n == 1)
    return (Share){lower, upper, (int64_t)(all * (Ull)step), all > 0};
  if (schedule == CHUNKED || schedule == ORDERED + 1) {
    Ull size = chunk < 1 ? 1 : (Ull)chunk;
    int64_t first = lower + (int64_t)(id * size) * step;
    return (Share){first, first + (int64_t)(size - 1) * step, (int64_t)(size * n) * step,
                   all && (all - 1) / size % n == id};
  }
  Ull each = all / n, more = all % n, before = id * each + (id < more ? id : more), mine = each + (id < more);
  int64_t first = lower + (int64_t)before * step;
  if (!mine) return (Share){step > 0, step < 0, (int64_t)all * step, 0};     /* an empty range that can't wrap */
  return (Share){first, first + (int64_t)(mine - 1) * step, (int64_t)all * step, before + mine == all};
}

#define STATIC_INIT(name, type, step_type, is_signed) \
  CALL void name(WHERE, int32_t schedule, int32_t* last, type* lower, type* upper, \
                 step_type* stride, step_type step, step_type chunk) { \
    Share s = share_of(schedule, (int64_t)*lower, (int64_t)*upper, (int64_t)step, (int64_t)chunk, \
                       is_signed); \
    *last = s.last; *lower = (type)s.lower; *upper = (type)s.upper; *stride = (step_type)s.stride; \
  }
STATIC_INIT(__kmpc_for_static_init_4, int32_t, int32_t, true)
STATIC_INIT(__kmpc_for_static_init_8, int64_t, int64_t, true)
STATIC_INIT(__kmpc_for_static_init_4u, uint32_t, int32_t, false)
STATIC_INIT(__kmpc_for_static_init_8u, uint64_t, int64_t, false)
CALL void __kmpc_for_static_fini(WHERE) {}

#define DIST_INIT(name, type, step_type, is_signed) \
  CALL void name(WHERE, int32_t schedule, int32_t* last, type* lower, type* upper, \
                 type* whole_upper, step_type* stride, step_type step, step_type chunk) { \
    *whole_upper = *upper; \
    Share s = share_of(schedule, (int64_t)*lower, (int64_t)*upper, (int64_t)step, (int64_t)chunk, \
                       is_signed); \
    *last = s.last; *lower = (type)s.lower; *upper = (type)s.upper; *stride = (step_type)s.stride; \
  }
DIST_INIT(__kmpc_dist_for_static_init_4, int32_t, int32_t, true)
DIST_INIT(__kmpc_dist_for_static_init_4u, uint32_t, int32_t, false)
DIST_INIT(__kmpc_dist_for_static_init_8, int64_t, int64_t, true)
DIST_INIT(__kmpc_dist_for_static_init_8u, uint64_t, int64_t, false)

/* Loops that are handed out piece by piece run in libgomp over 0..trips; here the pieces are turned back. */
static __thread struct { Ull all, chunk; int64_t lower, step; int32_t schedule; bool started; } loop;

static void dispatch_init(int32_t schedule, int64_t lower, int64_t upper, int64_t step, int64_t chunk,
                          bool is_signed) {
  loop.all = trips(lower, upper, step, is_signed);
  loop.lower = lower;
  loop.step = step;
  loop.chunk = chunk < 1 ? 1 : (Ull)chunk;
  loop.schedule = schedule & ~MODIFIERS;
  loop.started = false;
}

static bool next_piece(Ull* from, Ull* to) {
  bool first = !loop.started;
  loop.started = true;
  if (serial) {
    *from = 0, *to = loop.all;
    return first && loop.all;
  }
  if (loop.schedule == RUNTIME)
    return first ? GOMP_loop_ull_runtime_start(true, 0, loop.all, 1, from, to) : GOMP_loop_ull_runtime_next(from, to);
  Begin* begin = GOMP_loop_ull_dynamic_start;
  Next* next = GOMP_loop_ull_dynamic_next;
  if (loop.schedule >= ORDERED && loop.schedule < ORDERED_END)
    begin = GOMP_loop_ull_ordered_dynamic_start, next = GOMP_loop_ull_ordered_dynamic_next;
  else if (loop.schedule == GUIDED)
    begin = GOMP_loop_ull_guided_start, next = GOMP_loop_ull_guided_next;
  return first ? begin(true, 0, loop.all, 1, loop.chunk, from, to) : next(from, to);
}

static bool dispatch_next(int32_t* last, int64_t* lower, int64_t* upper, int64_t* stride) {
  Ull from = 0, to = 0;
  if (!next_piece(&from, &to)) {
    if (!serial) GOMP_loop_end_nowait();
    return false;
  }
  *lower = loop.lower + (int64_t)from * loop.step;
  *upper = loop.lower + (int64_t)(to - 1) * loop.step;
  *stride = loop.step;
  if (last) *last = to == loop.all;
  return true;
}

#define DISPATCH(suffix, type, step_type, is_signed) \
  CALL void __kmpc_dispatch_init_##suffix(WHERE, int32_t schedule, type lower, type upper, \
                                          step_type step, step_type chunk) { \
    dispatch_init(schedule, (int64_t)lower, (int64_t)upper, (int64_t)step, (int64_t)chunk, is_signed); \
  } \
  CALL int32_t __kmpc_dispatch_next_##suffix(WHERE, int32_t* last, type* lower, type* upper, \
                                             step_type* stride) { \
    int64_t l, u, s; \
    if (!dispatch_next(last, &l, &u, &s)) return 0; \
    *lower = (type)l; *upper = (type)u; *stride = (step_type)s; \
    return 1; \
  } \
  CALL void __kmpc_dispatch_fini_##suffix(WHERE) {}
DISPATCH(4, int32_t, int32_t, true)
DISPATCH(4u, uint32_t, int32_t, false)
DISPATCH(8, int64_t, int64_t, true)
DISPATCH(8u, uint64_t, int64_t, false)
CALL void __kmpc_dispatch_deinit(WHERE) {}

/* --------------------------------------------------------------------------------------------------- tasks */
typedef struct Task {
  void* shareds;
  int32_t (*routine)(int32_t, struct Task*);
  int32_t part;
} Task;
typedef struct { Size bytes, shared_bytes; } TaskHead;      /* before every Task */
enum { HEAD = 16 };

static Task* new_task(Size bytes, Size shared_bytes) {
  bytes = (bytes + 15) / 16 * 16;
  char* memory = malloc(HEAD + bytes + shared_bytes);
  if (!memory) abort();
  *(TaskHead*)memory = (TaskHead){bytes, shared_bytes};
  Task* task = (Task*)(memory + HEAD);
  task->shareds = shared_bytes ? (char*)task + bytes : 0;
  task->part = 0;
  return task;
}
static void finish(Task* task) {
  task->routine(omp_get_thread_num(), task);
  free((char*)task - HEAD);
}
static void run_task(void* data) { finish(*(Task**)data); }

CALL Task* __kmpc_omp_task_alloc(WHERE, int32_t flags, Size bytes, Size shared_bytes,
                                 int32_t (*routine)(int32_t, Task*)) {
  Task* task = new_task(bytes, shared_bytes);
  task->routine = routine;
  return task;
}
CALL int32_t __kmpc_omp_task(WHERE, Task* task) {
  if (serial) finish(task);
  else GOMP_task(run_task, &task, 0, sizeof task, sizeof task, true, 0, 0, 0, 0);
  return 0;
}
/* Dependences: everything older is finished first, which keeps every order that may be asked for. */
CALL int32_t __kmpc_omp_task_with_deps(WHERE, Task* task, int32_t n, void* list, int32_t m, void* more) {
  GOMP_taskwait();
  finish(task);
  return 0;
}
CALL void __kmpc_omp_wait_deps(WHERE, int32_t n, void* list, int32_t m, void* more) { GOMP_taskwait(); }
CALL void __kmpc_omp_taskwait_deps_51(WHERE, int32_t n, void* list, int32_t m, void* more, int32_t nowait) {
  GOMP_taskwait();
}
CALL void __kmpc_omp_task_begin_if0(WHERE, Task* task) {}
CALL void __kmpc_omp_task_complete_if0(WHERE, Task* task) { free((char*)task - HEAD); }
CALL int32_t __kmpc_omp_taskwait(WHERE) { GOMP_taskwait(); return 0; }
CALL int32_t __kmpc_omp_taskyield(WHERE, int part) { return 0; }
CALL void __kmpc_taskgroup(WHERE) { GOMP_taskgroup_start(); }
CALL void __kmpc_end_taskgroup(WHERE) { GOMP_taskgroup_end(); }
CALL void __kmpc_taskloop(WHERE, Task* task, int32_t if_value, uint64_t* lower, uint64_t* upper,
                          int64_t stride, int32_t nogroup, int32_t schedule, uint64_t grain,
                          void (*duplicate)(Task*, Task*, int32_t)) {
  TaskHead* head = (TaskHead*)((char*)task - HEAD);
  Task* copy = new_task(head->bytes, head->shared_bytes);
  void* shareds = copy->shareds;
  memcpy(copy, task, head->bytes);
  copy->shareds = shareds;
  if (shareds) memcpy(shareds, task->shareds, head->shared_bytes);
  if (duplicate) duplicate(copy, task, 1);      /* one piece: it holds the last iteration */
  finish(copy);
  free(head);
}
