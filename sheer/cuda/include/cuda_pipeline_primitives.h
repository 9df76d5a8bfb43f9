/* Copies from global to shared memory that run beside the thread (cp.async), as functions. */
#ifndef SHEER_CUDA_PIPELINE_PRIMITIVES_H
#define SHEER_CUDA_PIPELINE_PRIMITIVES_H
#define _CUDA_PIPELINE_PRIMITIVES_H_

#include "cuda_awbarrier_primitives.h"

#if defined(__cplusplus) && defined(__CUDACC__)

#define SHEER_PIPELINE static __device__ __inline__ __attribute__((always_inline))

/* `size_and_align` bytes (4, 8 or 16), of which the last `zfill` are not read but set to zero. */
SHEER_PIPELINE void __pipeline_memcpy_async(void* __restrict__ dst_shared, const void* __restrict__ src_global,
                                            size_t size_and_align, size_t zfill = 0) {
  unsigned to = (unsigned)__cvta_generic_to_shared(dst_shared);
  size_t from = __cvta_generic_to_global(src_global);
  unsigned read = (unsigned)(size_and_align - zfill);
#define SHEER_COPY(op, size) \
  if (zfill == 0) asm volatile("cp.async." op ".shared.global [%0], [%1], " size ";" ::"r"(to), "l"(from) : "memory"); \
  else asm volatile("cp.async." op ".shared.global [%0], [%1], " size ", %2;" ::"r"(to), "l"(from), "r"(read) : "memory");
  if (size_and_align == 16) {
    SHEER_COPY("cg", "16")
  } else if (size_and_align == 8) {
    SHEER_COPY("ca", "8")
  } else if (size_and_align == 4) {
    SHEER_COPY("ca", "4")
  } else {
    __trap(); /* no such copy */
  }
#undef SHEER_COPY
}
SHEER_PIPELINE void __pipeline_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/* Waits until all but the last `batches` committed ones are complete. The instruction wants a constant: 0 to 8 have one,
   and waiting for everything is right for the rest. */
SHEER_PIPELINE void __pipeline_wait_prior(size_t batches) {
#define SHEER_WAIT(n) \
  case n: asm volatile("cp.async.wait_group " #n ";" ::: "memory"); break;
  switch (batches) {
    SHEER_WAIT(1) SHEER_WAIT(2) SHEER_WAIT(3) SHEER_WAIT(4) SHEER_WAIT(5) SHEER_WAIT(6) SHEER_WAIT(7) SHEER_WAIT(8)
    default: asm volatile("cp.async.wait_all;" ::: "memory");
  }
#undef SHEER_WAIT
}
/* The thread's copies up to here will arrive at the barrier; the phase waits for one arrival more. */
SHEER_PIPELINE void __pipeline_arrive_on(__mbarrier_t* barrier) {
  asm volatile("cp.async.mbarrier.arrive.shared.b64 [%0];" ::"r"((unsigned)__cvta_generic_to_shared(barrier)) : "memory");
}

#undef SHEER_PIPELINE

#endif
#endif
