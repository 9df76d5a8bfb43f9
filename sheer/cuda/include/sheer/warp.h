/* Warp-wide operations: shuffles, votes, matches, reductions. 64-bit values travel as two 32-bit halves. */
#ifndef SHEER_WARP_H
#define SHEER_WARP_H

#include "device_macros.h"

/* The last operand of a shuffle: segment mask in bits 8-12, clamp in bits 0-4 (0 for `up`). */
#define SHEER_SHUFFLE(name, builtin, operand, otype, clamp) \
  SHEER_CONVERGENT int name##_sync(unsigned int mask, int value, otype operand, int width = warpSize) { \
    return builtin##_i32(mask, value, operand, ((warpSize - width) << 8) | clamp); \
  } \
  SHEER_CONVERGENT unsigned int name##_sync(unsigned int mask, unsigned int value, otype operand, \
                                            int width = warpSize) { \
    return static_cast<unsigned int>(name##_sync(mask, static_cast<int>(value), operand, width)); \
  } \
  SHEER_CONVERGENT float name##_sync(unsigned int mask, float value, otype operand, int width = warpSize) { \
    return __builtin_bit_cast(float, name##_sync(mask, __builtin_bit_cast(int, value), operand, width)); \
  } \
  SHEER_CONVERGENT long long name##_sync(unsigned int mask, long long value, otype operand, int width = warpSize) { \
    struct Halves { int low, high; } halves = __builtin_bit_cast(Halves, value); \
    halves.low = name##_sync(mask, halves.low, operand, width); \
    halves.high = name##_sync(mask, halves.high, operand, width); \
    return __builtin_bit_cast(long long, halves); \
  } \
  SHEER_CONVERGENT unsigned long long name##_sync(unsigned int mask, unsigned long long value, otype operand, \
                                                  int width = warpSize) { \
    return static_cast<unsigned long long>(name##_sync(mask, static_cast<long long>(value), operand, width)); \
  } \
  SHEER_CONVERGENT long name##_sync(unsigned int mask, long value, otype operand, int width = warpSize) { \
    return static_cast<long>(name##_sync(mask, static_cast<long long>(value), operand, width)); \
  } \
  SHEER_CONVERGENT unsigned long name##_sync(unsigned int mask, unsigned long value, otype operand, \
                                             int width = warpSize) { \
    return static_cast<unsigned long>(name##_sync(mask, static_cast<long long>(value), operand, width)); \
  } \
  SHEER_CONVERGENT double name##_sync(unsigned int mask, double value, otype operand, int width = warpSize) { \
    return __builtin_bit_cast(double, name##_sync(mask, __builtin_bit_cast(long long, value), operand, width)); \
  } \
  /* The names without a mask, gone since capability 7.0, mean the lanes that are active together. */ \
  template <class T> \
  SHEER_CONVERGENT decltype(name##_sync(0u, T(), 0)) name(T value, otype operand, int width = warpSize) { \
    return name##_sync(__nvvm_activemask(), value, operand, width); \
  }

SHEER_SHUFFLE(__shfl, __nvvm_shfl_sync_idx, lane, int, 0x1f)
SHEER_SHUFFLE(__shfl_up, __nvvm_shfl_sync_up, delta, unsigned int, 0)
SHEER_SHUFFLE(__shfl_down, __nvvm_shfl_sync_down, delta, unsigned int, 0x1f)
SHEER_SHUFFLE(__shfl_xor, __nvvm_shfl_sync_bfly, lane_mask, int, 0x1f)
#undef SHEER_SHUFFLE

SHEER_CONVERGENT unsigned int __activemask() { return __nvvm_activemask(); }
SHEER_CONVERGENT int __all_sync(unsigned int mask, int predicate) { return __nvvm_vote_all_sync(mask, predicate); }
SHEER_CONVERGENT int __any_sync(unsigned int mask, int predicate) { return __nvvm_vote_any_sync(mask, predicate); }
SHEER_CONVERGENT int __uni_sync(unsigned int mask, int predicate) { return __nvvm_vote_uni_sync(mask, predicate); }
SHEER_CONVERGENT unsigned int __ballot_sync(unsigned int mask, int predicate) {
  return __nvvm_vote_ballot_sync(mask, predicate);
}
SHEER_CONVERGENT int __all(int predicate) { return __nvvm_vote_all_sync(__nvvm_activemask(), predicate); }
SHEER_CONVERGENT int __any(int predicate) { return __nvvm_vote_any_sync(__nvvm_activemask(), predicate); }
SHEER_CONVERGENT unsigned int __ballot(int predicate) {
  return __nvvm_vote_ballot_sync(__nvvm_activemask(), predicate);
}
SHEER_DEVICE unsigned int __lanemask32_lt() {
  unsigned int mask;
  asm("mov.u32 %0, %%lanemask_lt;" : "=r"(mask));
  return mask;
}
SHEER_DEVICE unsigned int __fns(unsigned int mask, unsigned int base, int offset) {
  return __nvvm_fns(mask, base, offset);
}

#define SHEER_MATCH(type, bits, word) \
  SHEER_CONVERGENT unsigned int __match_any_sync(unsigned int mask, type value) { \
    return __nvvm_match_any_sync_i##bits(mask, __builtin_bit_cast(word, value)); \
  } \
  SHEER_CONVERGENT unsigned int __match_all_sync(unsigned int mask, type value, int* all) { \
    return __nvvm_match_all_sync_i##bits##p(mask, __builtin_bit_cast(word, value), all); \
  }
SHEER_MATCH(int, 32, int)
SHEER_MATCH(unsigned int, 32, int)
SHEER_MATCH(float, 32, int)
SHEER_MATCH(long, 64, long long)
SHEER_MATCH(unsigned long, 64, long long)
SHEER_MATCH(long long, 64, long long)
SHEER_MATCH(unsigned long long, 64, long long)
SHEER_MATCH(double, 64, long long)
#undef SHEER_MATCH

SHEER_CONVERGENT unsigned int __reduce_add_sync(unsigned int mask, unsigned int value) {
  return static_cast<unsigned int>(__nvvm_redux_sync_add(static_cast<int>(value), static_cast<int>(mask)));
}
SHEER_CONVERGENT int __reduce_add_sync(unsigned int mask, int value) {
  return __nvvm_redux_sync_add(value, static_cast<int>(mask));
}
SHEER_CONVERGENT unsigned int __reduce_min_sync(unsigned int mask, unsigned int value) {
  return __nvvm_redux_sync_umin(value, static_cast<int>(mask));
}
SHEER_CONVERGENT int __reduce_min_sync(unsigned int mask, int value) {
  return __nvvm_redux_sync_min(value, static_cast<int>(mask));
}
SHEER_CONVERGENT unsigned int __reduce_max_sync(unsigned int mask, unsigned int value) {
  return __nvvm_redux_sync_umax(value, static_cast<int>(mask));
}
SHEER_CONVERGENT int __reduce_max_sync(unsigned int mask, int value) {
  return __nvvm_redux_sync_max(value, static_cast<int>(mask));
}
SHEER_CONVERGENT unsigned int __reduce_and_sync(unsigned int mask, unsigned int value) {
  return static_cast<unsigned int>(__nvvm_redux_sync_and(static_cast<int>(value), static_cast<int>(mask)));
}
SHEER_CONVERGENT unsigned int __reduce_or_sync(unsigned int mask, unsigned int value) {
  return static_cast<unsigned int>(__nvvm_redux_sync_or(static_cast<int>(value), static_cast<int>(mask)));
}
SHEER_CONVERGENT unsigned int __reduce_xor_sync(unsigned int mask, unsigned int value) {
  return static_cast<unsigned int>(__nvvm_redux_sync_xor(static_cast<int>(value), static_cast<int>(mask)));
}

#endif
