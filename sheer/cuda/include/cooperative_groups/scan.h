/* Prefix sums over a group of at most one warp. */
#ifndef SHEER_CG_SCAN_H
#define SHEER_CG_SCAN_H

#include "reduce.h"

#if defined(__CUDA__) && defined(__cplusplus)
namespace cooperative_groups {
template <class G, class T, class Op> __device__ __inline__ T inclusive_scan(const G &g, T value, Op op) {
  unsigned rank = g.thread_rank(), size = g.size();
  for (unsigned step = 1; step < size; step *= 2) {
    T other = g.shfl_up(value, step);
    if (rank >= step) value = op(other, value);
  }
  return value;
}
template <class G, class T> __device__ __inline__ T inclusive_scan(const G &g, T value) {
  return inclusive_scan(g, value, plus<T>());
}
template <class G, class T, class Op> __device__ __inline__ T exclusive_scan(const G &g, T value, Op op) {
  T other = g.shfl_up(inclusive_scan(g, value, op), 1);
  return g.thread_rank() == 0 ? T() : other;
}
template <class G, class T> __device__ __inline__ T exclusive_scan(const G &g, T value) {
  return exclusive_scan(g, value, plus<T>());
}
}  // namespace cooperative_groups
#endif
#endif
