/* nvcuda::experimental::awbarrier: arrive/wait barriers in shared memory as a class. */
#ifndef SHEER_CUDA_AWBARRIER_H
#define SHEER_CUDA_AWBARRIER_H
#define _CUDA_AWBARRIER_H_

#include "cuda_awbarrier_primitives.h"

#if defined(__cplusplus) && defined(__CUDACC__)

#define SHEER_AWBARRIER __device__ __inline__ __attribute__((always_inline, convergent))

namespace nvcuda {
namespace experimental {

class awbarrier {
 public:
  class arrival_token {
   public:
    arrival_token() = default;
    SHEER_AWBARRIER uint32_t pending_count() const { return __mbarrier_token_pending_count(token); }

   private:
    SHEER_AWBARRIER arrival_token(__mbarrier_token_t t) : token(t) {}
    __mbarrier_token_t token;
    friend awbarrier;
  };

  awbarrier() = default;
  awbarrier(const awbarrier&) = delete;
  awbarrier& operator=(const awbarrier&) = delete;

  SHEER_AWBARRIER arrival_token arrive() { return arrival_token(__mbarrier_arrive(&barrier)); }
  SHEER_AWBARRIER arrival_token arrive_and_drop() { return arrival_token(__mbarrier_arrive_and_drop(&barrier)); }
  SHEER_AWBARRIER bool timed_wait(arrival_token token, uint32_t hint_cycles) {
    return __mbarrier_try_wait(&barrier, token.token, hint_cycles);
  }
  SHEER_AWBARRIER bool timed_wait_parity(bool phase, uint32_t hint_cycles) {
    return __mbarrier_try_wait_parity(&barrier, phase, hint_cycles);
  }
  SHEER_AWBARRIER void wait(arrival_token token) {
    while (!__mbarrier_test_wait(&barrier, token.token)) {
    }
  }
  SHEER_AWBARRIER void arrive_and_wait() { wait(arrive()); }
  static __host__ __device__ constexpr uint32_t max() { return __mbarrier_maximum_count(); }

 private:
  __mbarrier_t barrier;
  friend SHEER_AWBARRIER void init(awbarrier* barrier, uint32_t expected_count) {
    __mbarrier_init(&barrier->barrier, expected_count);
  }
  friend SHEER_AWBARRIER void inval(awbarrier* barrier) { __mbarrier_inval(&barrier->barrier); }
  friend class pipeline;
};

}  // namespace experimental
}  // namespace nvcuda

#undef SHEER_AWBARRIER

#endif
#endif
