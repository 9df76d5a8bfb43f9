/* The __nv_atomic functions: any type of 4, 8 or 16 bytes (1 and 2 where the operation allows it), with a memory order and a thread
   scope, the system if none is given. They are macros, so that order and scope reach the compiler's builtins as constants. */
#ifndef SHEER_NV_ATOMICS_H
#define SHEER_NV_ATOMICS_H

#define __NV_ATOMIC_RELAXED __ATOMIC_RELAXED
#define __NV_ATOMIC_CONSUME __ATOMIC_CONSUME
#define __NV_ATOMIC_ACQUIRE __ATOMIC_ACQUIRE
#define __NV_ATOMIC_RELEASE __ATOMIC_RELEASE
#define __NV_ATOMIC_ACQ_REL __ATOMIC_ACQ_REL
#define __NV_ATOMIC_SEQ_CST __ATOMIC_SEQ_CST

#define __NV_THREAD_SCOPE_THREAD __MEMORY_SCOPE_SINGLE
#define __NV_THREAD_SCOPE_BLOCK __MEMORY_SCOPE_WRKGRP
#define __NV_THREAD_SCOPE_CLUSTER __MEMORY_SCOPE_DEVICE /* a cluster is one block here; device is the next wider scope */
#define __NV_THREAD_SCOPE_DEVICE __MEMORY_SCOPE_DEVICE
#define __NV_THREAD_SCOPE_SYSTEM __MEMORY_SCOPE_SYSTEM

namespace sheer {
constexpr int scope(int given = __NV_THREAD_SCOPE_SYSTEM) { return given; }
}

#define __nv_atomic_thread_fence(order, ...) __scoped_atomic_thread_fence(order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_load(from, to, order, ...) __scoped_atomic_load(from, to, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_load_n(from, order, ...) __scoped_atomic_load_n(from, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_store(to, from, order, ...) __scoped_atomic_store(to, from, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_store_n(to, value, order, ...) __scoped_atomic_store_n(to, value, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_exchange(at, value, old, order, ...) \
  __scoped_atomic_exchange(at, value, old, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_exchange_n(at, value, order, ...) \
  __scoped_atomic_exchange_n(at, value, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_compare_exchange(at, expected, desired, weak, success, failure, ...) \
  __scoped_atomic_compare_exchange(at, expected, desired, weak, success, failure, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_compare_exchange_n(at, expected, desired, weak, success, failure, ...) \
  __scoped_atomic_compare_exchange_n(at, expected, desired, weak, success, failure, ::sheer::scope(__VA_ARGS__))

#define __nv_atomic_fetch_add(at, value, order, ...) \
  __scoped_atomic_fetch_add(at, value, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_fetch_sub(at, value, order, ...) \
  __scoped_atomic_fetch_sub(at, value, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_fetch_and(at, value, order, ...) \
  __scoped_atomic_fetch_and(at, value, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_fetch_or(at, value, order, ...) \
  __scoped_atomic_fetch_or(at, value, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_fetch_xor(at, value, order, ...) \
  __scoped_atomic_fetch_xor(at, value, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_fetch_min(at, value, order, ...) \
  __scoped_atomic_fetch_min(at, value, order, ::sheer::scope(__VA_ARGS__))
#define __nv_atomic_fetch_max(at, value, order, ...) \
  __scoped_atomic_fetch_max(at, value, order, ::sheer::scope(__VA_ARGS__))
/* The same without a result. */
#define __nv_atomic_add(...) static_cast<void>(__nv_atomic_fetch_add(__VA_ARGS__))
#define __nv_atomic_sub(...) static_cast<void>(__nv_atomic_fetch_sub(__VA_ARGS__))
#define __nv_atomic_and(...) static_cast<void>(__nv_atomic_fetch_and(__VA_ARGS__))
#define __nv_atomic_or(...) static_cast<void>(__nv_atomic_fetch_or(__VA_ARGS__))
#define __nv_atomic_xor(...) static_cast<void>(__nv_atomic_fetch_xor(__VA_ARGS__))
#define __nv_atomic_min(...) static_cast<void>(__nv_atomic_fetch_min(__VA_ARGS__))
#define __nv_atomic_max(...) static_cast<void>(__nv_atomic_fetch_max(__VA_ARGS__))

#endif
