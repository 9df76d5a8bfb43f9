/* Reductions over a tile or a group of lanes. */
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

namespace __v1 {
namespace details {
/* Within a warp lanes hand each other values. */
template <class G, class T, class Op> __device__ __inline__ T reduced(const G &g, T value, Op op, const void *) {
  unsigned rank = g.thread_rank(), size = g.size();
  for (unsigned step = 1; step < size; step *= 2) {
    T other = g.shfl_down(value, step);
    if (rank + step < size) value = op(value, other);
  }
  return g.shfl(value, 0);
}
/* Among warps through shared memory. */
template <unsigned Size, class G, class T, class Op>
__device__ __inline__ T reduced(const G &g, T value, Op op, const thread_block_tile_base<Size, true> *) {
  __shared__ __attribute__((aligned(16))) char parts[32 * sizeof(T)];
  T part = reduced(tiled_partition<32>(this_thread_block()), value, op, nullptr);
  unsigned warp = block_rank() / 32;
  if (lane() == 0) __builtin_memcpy(parts + warp * sizeof(T), &part, sizeof(T));
  g.sync();
  warp -= g.thread_rank() / 32;
  __builtin_memcpy(static_cast<void *>(&part), parts + warp * sizeof(T), sizeof(T));
  for (unsigned i = 1; i < Size / 32; ++i) {
    __builtin_memcpy(static_cast<void *>(&value), parts + (warp + i) * sizeof(T), sizeof(T));
    part = op(part, value);
  }
  g.sync();
  return part;
}
}  // namespace details
}  // namespace __v1

/* Every thread gets the reduction of all threads' values. */
template <class G, class T, class Op>
__device__ __inline__ auto reduce(const G &g, T value, Op op) -> decltype(op(value, value)) {
  return details::reduced(g, value, op, &g);
}
}  // namespace cooperative_groups
#endif
#endif
