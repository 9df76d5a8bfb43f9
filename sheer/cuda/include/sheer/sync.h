/* Barriers, fences, timers and the other statements of a thread about itself: block, warp and memory order. */
#ifndef SHEER_SYNC_H
#define SHEER_SYNC_H

#include "device_macros.h"

/* __syncthreads() itself is known to the compiler. */
SHEER_CONVERGENT int __syncthreads_count(int predicate) { return __nvvm_bar0_popc(predicate); }
SHEER_CONVERGENT int __syncthreads_and(int predicate) { return __nvvm_bar0_and(predicate); }
SHEER_CONVERGENT int __syncthreads_or(int predicate) { return __nvvm_bar0_or(predicate); }
SHEER_CONVERGENT void __syncwarp(unsigned int mask = 0xffffffffu) { __nvvm_bar_warp_sync(mask); }
SHEER_CONVERGENT void __barrier_sync(unsigned int id) { __nvvm_barrier_sync(id); }
SHEER_CONVERGENT void __barrier_sync_count(unsigned int id, unsigned int count) { __nvvm_barrier_sync_cnt(id, count); }

SHEER_DEVICE void __threadfence_block() { __nvvm_membar_cta(); }
SHEER_DEVICE void __threadfence() { __nvvm_membar_gl(); }
SHEER_DEVICE void __threadfence_system() { __nvvm_membar_sys(); }

SHEER_DEVICE long long clock64() {
  long long ticks;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(ticks)::"memory");
  return ticks;
}
SHEER_DEVICE clock_t clock() {
  unsigned int ticks;
  asm volatile("mov.u32 %0, %%clock;" : "=r"(ticks)::"memory");
  return static_cast<clock_t>(static_cast<int>(ticks));
}
SHEER_DEVICE unsigned long long __globaltimer() {
  unsigned long long nanoseconds;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanoseconds)::"memory");
  return nanoseconds;
}
SHEER_DEVICE void __nanosleep(unsigned int nanoseconds) { asm volatile("nanosleep.u32 %0;" ::"r"(nanoseconds) : "memory"); }

/* A kernel whose launch may begin before the one ahead of it in the stream has ended waits for that one's results. Here it begins later. */
SHEER_DEVICE void cudaGridDependencySynchronize() { asm volatile("griddepcontrol.wait;" ::: "memory"); }
SHEER_DEVICE void cudaTriggerProgrammaticLaunchCompletion() { asm volatile("griddepcontrol.launch_dependents;" ::: "memory"); }

SHEER_DEVICE void __trap() { asm volatile("trap;"); }
SHEER_DEVICE void __brkpt() { asm volatile("brkpt;"); }
/* Profiler counters: the instruction has no effect that a program can see. The number must be a constant. */
#define __prof_trigger(counter) __asm__ __volatile__("pmevent %0;" ::"n"(counter))
SHEER_DEVICE unsigned int __pm0() { unsigned int v; asm volatile("mov.u32 %0, %%pm0;" : "=r"(v)); return v; }
SHEER_DEVICE unsigned int __pm1() { unsigned int v; asm volatile("mov.u32 %0, %%pm1;" : "=r"(v)); return v; }
SHEER_DEVICE unsigned int __pm2() { unsigned int v; asm volatile("mov.u32 %0, %%pm2;" : "=r"(v)); return v; }
SHEER_DEVICE unsigned int __pm3() { unsigned int v; asm volatile("mov.u32 %0, %%pm3;" : "=r"(v)); return v; }

#define __assume(condition) __builtin_assume(condition)

/* Which space a generic address lies in, and the way between generic addresses and those of one space. */
#define SHEER_IS_SPACE(name, space) \
  SHEER_DEVICE unsigned int __is##name(const void* pointer) { \
    unsigned int answer; \
    asm("{ .reg .pred p;\n\tisspacep." space " p, %1;\n\tselp.u32 %0, 1, 0, p; }" : "=r"(answer) : "l"(pointer)); \
    return answer; \
  }
SHEER_IS_SPACE(Global, "global")
SHEER_IS_SPACE(Shared, "shared")
SHEER_IS_SPACE(Local, "local")
SHEER_IS_SPACE(Constant, "const")
#undef SHEER_IS_SPACE
SHEER_DEVICE unsigned int __isGridConstant(const void* pointer) {
  unsigned int answer;
  asm("{ .reg .pred p;\n\tisspacep.param p, %1;\n\tselp.u32 %0, 1, 0, p; }" : "=r"(answer) : "l"(pointer));
  return answer;
}

#define SHEER_CVTA(name, number) \
  SHEER_DEVICE size_t __cvta_generic_to_##name(const void* pointer) { \
    return (size_t)(__attribute__((address_space(number))) const void*)pointer; \
  } \
  SHEER_DEVICE void* __cvta_##name##_to_generic(size_t address) { \
    return (void*)(__attribute__((address_space(number))) void*)address; \
  }
SHEER_CVTA(global, 1)
SHEER_CVTA(shared, 3)
SHEER_CVTA(constant, 4)
SHEER_CVTA(local, 5)
#undef SHEER_CVTA
SHEER_DEVICE size_t __cvta_generic_to_grid_constant(const void* pointer) {
  size_t address;
  asm("cvta.to.param.u64 %0, %1;" : "=l"(address) : "l"(pointer));
  return address;
}
SHEER_DEVICE void* __cvta_grid_constant_to_generic(size_t address) {
  void* pointer;
  asm("cvta.param.u64 %0, %1;" : "=l"(pointer) : "l"(address));
  return pointer;
}

#endif
