/* Reductions over a group of at most one warp. */
#ifndef SHEER_CG_REDUCE_H
#define SHEER_CG_REDUCE_H

#include "../cooperative_groups.h"

#if defined(__CUDA__) && defined(__cplusplus)
namespace cooperative_groups {
#define SHEER_CG_OPERATOR(name, expression) \
  template <class T = void> struct name { \
    __device__ __inline__ T operator()(const T &a, const T &b) const { return expression; } \
  }; \
  template <> struct name<void> { \
    template <class T> __device__ __inline__ T operator()(const T &a, const T &b) const { return expression; } \
  };
SHEER_CG_OPERATOR(plus, a + b)
SHEER_CG_OPERATOR(less, b < a ? b : a)
SHEER_CG_OPERATOR(greater, a < b ? b : a)
SHEER_CG_OPERATOR(bit_and, a & b)
SHEER_CG_OPERATOR(bit_or, a | b)
SHEER_CG_OPERATOR(bit_xor, a ^ b)
#undef SHEER_CG_OPERATOR

/* Every thread gets the reduction of all threads' values. */
template <class G, class T, class Op>
__device__ __inline__ auto reduce(const G &g, T value, Op op) -> decltype(op(value, value)) {
  unsigned rank = g.thread_rank(), size = g.size();
  for (unsigned step = 1; step < size; step *= 2) {
    T other = g.shfl_down(value, step);
    if (rank + step < size) value = op(value, other);
  }
  return g.shfl(value, 0);
}
}  // namespace cooperative_groups
#endif
#endif
