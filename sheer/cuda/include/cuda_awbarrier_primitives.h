/* Arrive/wait barriers in shared memory as functions (mbarrier of compute capability 8.0). */
#ifndef SHEER_CUDA_AWBARRIER_PRIMITIVES_H
#define SHEER_CUDA_AWBARRIER_PRIMITIVES_H
#define _CUDA_AWBARRIER_PRIMITIVES_H_

#include "cuda_runtime.h"

#if defined(__cplusplus) && defined(__CUDACC__)

typedef uint64_t __mbarrier_t;
typedef uint64_t __mbarrier_token_t;

#define SHEER_MBARRIER static __device__ __inline__ __attribute__((always_inline, convergent))
#define SHEER_MBARRIER_AT(barrier) ((unsigned)__cvta_generic_to_shared(barrier))

static __host__ __device__ __inline__ constexpr uint32_t __mbarrier_maximum_count() { return (1u << 20) - 1; }

SHEER_MBARRIER void __mbarrier_init(__mbarrier_t* barrier, uint32_t expected_count) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(SHEER_MBARRIER_AT(barrier)), "r"(expected_count) : "memory");
}
SHEER_MBARRIER void __mbarrier_inval(__mbarrier_t* barrier) {
  asm volatile("mbarrier.inval.shared.b64 [%0];" ::"r"(SHEER_MBARRIER_AT(barrier)) : "memory");
}
SHEER_MBARRIER __mbarrier_token_t __mbarrier_arrive(__mbarrier_t* barrier) {
  __mbarrier_token_t token;
  asm volatile("mbarrier.arrive.shared.b64 %0, [%1];" : "=l"(token) : "r"(SHEER_MBARRIER_AT(barrier)) : "memory");
  return token;
}
SHEER_MBARRIER __mbarrier_token_t __mbarrier_arrive_and_drop(__mbarrier_t* barrier) {
  __mbarrier_token_t token;
  asm volatile("mbarrier.arrive_drop.shared.b64 %0, [%1];" : "=l"(token) : "r"(SHEER_MBARRIER_AT(barrier)) : "memory");
  return token;
}
SHEER_MBARRIER bool __mbarrier_test_wait(__mbarrier_t* barrier, __mbarrier_token_t token) {
  unsigned complete;
  asm volatile("{ .reg .pred p;\n\tmbarrier.test_wait.shared.b64 p, [%1], %2;\n\tselp.u32 %0, 1, 0, p; }"
               : "=r"(complete)
               : "r"(SHEER_MBARRIER_AT(barrier)), "l"(token)
               : "memory");
  return complete != 0;
}
SHEER_MBARRIER bool __mbarrier_test_wait_parity(__mbarrier_t* barrier, bool phase_parity) {
  unsigned complete;
  asm volatile("{ .reg .pred p;\n\tmbarrier.test_wait.parity.shared.b64 p, [%1], %2;\n\tselp.u32 %0, 1, 0, p; }"
               : "=r"(complete)
               : "r"(SHEER_MBARRIER_AT(barrier)), "r"((unsigned)phase_parity)
               : "memory");
  return complete != 0;
}
/* A wait with a time limit may end early: one look is such a wait. */
SHEER_MBARRIER bool __mbarrier_try_wait(__mbarrier_t* barrier, __mbarrier_token_t token, uint32_t) {
  return __mbarrier_test_wait(barrier, token);
}
SHEER_MBARRIER bool __mbarrier_try_wait_parity(__mbarrier_t* barrier, bool phase_parity, uint32_t) {
  return __mbarrier_test_wait_parity(barrier, phase_parity);
}
SHEER_MBARRIER uint32_t __mbarrier_token_pending_count(__mbarrier_token_t token) {
  uint32_t count;
  asm("mbarrier.pending_count.b64 %0, %1;" : "=r"(count) : "l"(token));
  return count;
}

#undef SHEER_MBARRIER_AT
#undef SHEER_MBARRIER

#endif
#endif
