/* Atomic functions on memory. They are relaxed, as CUDA says; those that programs build locks from (exchange, compare
   and swap) also keep the compiler from moving other accesses across them. */
#ifndef SHEER_ATOMICS_H
#define SHEER_ATOMICS_H

#include "device_macros.h"

#define SHEER_COMPILER_FENCE() asm volatile("" ::: "memory")

#define SHEER_FETCH(name, operation, type, suffix, scope) \
  SHEER_DEVICE type name##suffix(type* address, type value) { \
    return __scoped_atomic_fetch_##operation(address, value, __ATOMIC_RELAXED, scope); \
  }
#define SHEER_EXCHANGE(type, word, suffix, scope) \
  SHEER_DEVICE type atomicExch##suffix(type* address, type value) { \
    SHEER_COMPILER_FENCE(); \
    word old = __scoped_atomic_exchange_n(reinterpret_cast<word*>(address), __builtin_bit_cast(word, value), \
                                          __ATOMIC_RELAXED, scope); \
    SHEER_COMPILER_FENCE(); \
    return __builtin_bit_cast(type, old); \
  }
#define SHEER_COMPARE_AND_SWAP(type, suffix, scope) \
  SHEER_DEVICE type atomicCAS##suffix(type* address, type compare, type value) { \
    SHEER_COMPILER_FENCE(); \
    __scoped_atomic_compare_exchange_n(address, &compare, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED, scope); \
    SHEER_COMPILER_FENCE(); \
    return compare; \
  }

#define SHEER_ATOMICS(suffix, scope) \
  SHEER_FETCH(atomicAdd, add, int, suffix, scope) \
  SHEER_FETCH(atomicAdd, add, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicAdd, add, unsigned long long, suffix, scope) \
  SHEER_FETCH(atomicAdd, add, float, suffix, scope) \
  SHEER_FETCH(atomicAdd, add, double, suffix, scope) \
  SHEER_FETCH(atomicSub, sub, int, suffix, scope) \
  SHEER_FETCH(atomicSub, sub, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicMin, min, int, suffix, scope) \
  SHEER_FETCH(atomicMin, min, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicMin, min, long long, suffix, scope) \
  SHEER_FETCH(atomicMin, min, unsigned long long, suffix, scope) \
  SHEER_FETCH(atomicMax, max, int, suffix, scope) \
  SHEER_FETCH(atomicMax, max, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicMax, max, long long, suffix, scope) \
  SHEER_FETCH(atomicMax, max, unsigned long long, suffix, scope) \
  SHEER_FETCH(atomicInc, uinc, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicDec, udec, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicAnd, and, int, suffix, scope) \
  SHEER_FETCH(atomicAnd, and, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicAnd, and, unsigned long long, suffix, scope) \
  SHEER_FETCH(atomicOr, or, int, suffix, scope) \
  SHEER_FETCH(atomicOr, or, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicOr, or, unsigned long long, suffix, scope) \
  SHEER_FETCH(atomicXor, xor, int, suffix, scope) \
  SHEER_FETCH(atomicXor, xor, unsigned int, suffix, scope) \
  SHEER_FETCH(atomicXor, xor, unsigned long long, suffix, scope) \
  SHEER_EXCHANGE(int, int, suffix, scope) \
  SHEER_EXCHANGE(unsigned int, unsigned int, suffix, scope) \
  SHEER_EXCHANGE(unsigned long long, unsigned long long, suffix, scope) \
  SHEER_EXCHANGE(float, unsigned int, suffix, scope) \
  SHEER_COMPARE_AND_SWAP(unsigned short, suffix, scope) \
  SHEER_COMPARE_AND_SWAP(int, suffix, scope) \
  SHEER_COMPARE_AND_SWAP(unsigned int, suffix, scope) \
  SHEER_COMPARE_AND_SWAP(unsigned long long, suffix, scope)

SHEER_ATOMICS(, __MEMORY_SCOPE_DEVICE)
SHEER_ATOMICS(_block, __MEMORY_SCOPE_WRKGRP)
SHEER_ATOMICS(_system, __MEMORY_SCOPE_SYSTEM)

#undef SHEER_ATOMICS
#undef SHEER_COMPARE_AND_SWAP
#undef SHEER_EXCHANGE
#undef SHEER_FETCH

#endif
