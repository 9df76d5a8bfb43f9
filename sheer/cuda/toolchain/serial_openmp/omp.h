/* OpenMP's functions for a machine without an OpenMP library, where the pragmas are ignored: one thread does everything, which the
   standard allows. Locks are not needed then; times are real. */
#ifndef SHEER_SERIAL_OMP_H
#define SHEER_SERIAL_OMP_H

#include <time.h>

#ifdef __cplusplus
#define SHEER_OMP extern "C" inline __attribute__((weak))
#else
#define SHEER_OMP static inline __attribute__((unused))
#endif

typedef struct { int held; } omp_lock_t;
typedef struct { int held; } omp_nest_lock_t;
typedef enum { omp_sched_static = 1, omp_sched_dynamic, omp_sched_guided, omp_sched_auto } omp_sched_t;
typedef enum { omp_proc_bind_false, omp_proc_bind_true, omp_proc_bind_master, omp_proc_bind_close, omp_proc_bind_spread } omp_proc_bind_t;
typedef enum { omp_sync_hint_none, omp_lock_hint_none = 0 } omp_sync_hint_t;

#define SHEER_ANSWERS(name, value) SHEER_OMP int name(void) { return value; }
SHEER_ANSWERS(omp_get_num_threads, 1)
SHEER_ANSWERS(omp_get_max_threads, 1)
SHEER_ANSWERS(omp_get_num_procs, 1)
SHEER_ANSWERS(omp_get_thread_num, 0)
SHEER_ANSWERS(omp_get_thread_limit, 1)
SHEER_ANSWERS(omp_in_parallel, 0)
SHEER_ANSWERS(omp_in_final, 1)
SHEER_ANSWERS(omp_get_dynamic, 0)
SHEER_ANSWERS(omp_get_nested, 0)
SHEER_ANSWERS(omp_get_level, 0)
SHEER_ANSWERS(omp_get_active_level, 0)
SHEER_ANSWERS(omp_get_max_active_levels, 1)
SHEER_ANSWERS(omp_get_num_devices, 0)
SHEER_ANSWERS(omp_get_initial_device, 0)
SHEER_ANSWERS(omp_get_default_device, 0)
SHEER_ANSWERS(omp_is_initial_device, 1)
SHEER_ANSWERS(omp_get_num_teams, 1)
SHEER_ANSWERS(omp_get_team_num, 0)
SHEER_ANSWERS(omp_get_num_places, 0)
SHEER_ANSWERS(omp_get_cancellation, 0)
#undef SHEER_ANSWERS
#define SHEER_IGNORES(name) SHEER_OMP void name(int x) { (void)x; }
SHEER_IGNORES(omp_set_num_threads)
SHEER_IGNORES(omp_set_dynamic)
SHEER_IGNORES(omp_set_nested)
SHEER_IGNORES(omp_set_max_active_levels)
SHEER_IGNORES(omp_set_default_device)
#undef SHEER_IGNORES
SHEER_OMP int omp_get_ancestor_thread_num(int level) { return level ? -1 : 0; }
SHEER_OMP int omp_get_team_size(int level) { return level ? -1 : 1; }
SHEER_OMP omp_proc_bind_t omp_get_proc_bind(void) { return omp_proc_bind_false; }
SHEER_OMP void omp_set_schedule(omp_sched_t kind, int chunk) { (void)kind, (void)chunk; }
SHEER_OMP void omp_get_schedule(omp_sched_t *kind, int *chunk) { *kind = omp_sched_static, *chunk = 0; }
SHEER_OMP double omp_get_wtime(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
SHEER_OMP double omp_get_wtick(void) { return 1e-9; }
#define SHEER_LOCKS(type, prefix) \
  SHEER_OMP void omp_init_##prefix(type *l) { l->held = 0; } \
  SHEER_OMP void omp_destroy_##prefix(type *l) { (void)l; } \
  SHEER_OMP void omp_set_##prefix(type *l) { l->held++; } \
  SHEER_OMP void omp_unset_##prefix(type *l) { l->held--; }
SHEER_LOCKS(omp_lock_t, lock)
SHEER_LOCKS(omp_nest_lock_t, nest_lock)
#undef SHEER_LOCKS
SHEER_OMP int omp_test_lock(omp_lock_t *l) { return l->held ? 0 : ++l->held; }
SHEER_OMP int omp_test_nest_lock(omp_nest_lock_t *l) { return ++l->held; }

#undef SHEER_OMP
#endif
