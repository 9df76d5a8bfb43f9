/* nvcuda::experimental::pipeline: batches of asynchronous copies to shared memory as a class. */
#ifndef SHEER_CUDA_PIPELINE_H
#define SHEER_CUDA_PIPELINE_H
#define _CUDA_PIPELINE_H_

#include "cuda_awbarrier.h"
#include "cuda_pipeline_primitives.h"

#if defined(__cplusplus) && defined(__CUDACC__)

#define SHEER_PIPELINE __device__ __inline__ __attribute__((always_inline))

namespace nvcuda {
namespace experimental {

class pipeline {
 public:
  SHEER_PIPELINE pipeline() : next(0) {}
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  /* The number of the batch, for wait(). */
  SHEER_PIPELINE size_t commit() {
    __pipeline_commit();
    return next++;
  }
  SHEER_PIPELINE void commit_and_wait() { wait(commit()); }
  SHEER_PIPELINE void wait(size_t batch) {
    if (batch >= next) commit();
    __pipeline_wait_prior(next - 1 - batch);
  }
  template <unsigned N> SHEER_PIPELINE void wait_prior() { __pipeline_wait_prior(N); }
  SHEER_PIPELINE void arrive_on(awbarrier& barrier) { __pipeline_arrive_on(&barrier.barrier); }

 private:
  size_t next;
};

/* One object. Where its size or alignment allows no asynchronous copy, the thread copies by itself, as CUDA says. */
template <class T> SHEER_PIPELINE void memcpy_async(T& __restrict__ to, const T& __restrict__ from, pipeline&) {
  constexpr size_t unit = alignof(T) >= 16 && sizeof(T) % 16 == 0 ? 16
                          : alignof(T) >= 8 && sizeof(T) % 8 == 0 ? 8
                          : alignof(T) >= 4 && sizeof(T) % 4 == 0 ? 4
                                                                  : 0;
  if constexpr (unit != 0) {
    _Pragma("unroll") for (size_t i = 0; i < sizeof(T); i += unit)
        __pipeline_memcpy_async((char*)&to + i, (const char*)&from + i, unit);
  } else {
    __builtin_memcpy(&to, &from, sizeof(T));
  }
}

}  // namespace experimental
}  // namespace nvcuda

#undef SHEER_PIPELINE

#endif
#endif
