/* threadIdx, blockIdx, blockDim, gridDim and warpSize: names without storage that read special registers. */
#ifndef SHEER_BUILTIN_VARS_H
#define SHEER_BUILTIN_VARS_H

#include "device_macros.h"
#include "../vector_types.h"

#define SHEER_READ_REGISTER(field, expression) \
  __declspec(property(get = __fetch_##field)) unsigned int field; \
  static SHEER_INLINE unsigned int __fetch_##field() { return expression; }

/* No object of these types may be made, copied or addressed: a use that is not a read is an error when compiled. */
#define SHEER_BUILTIN_VAR(name, type, other, register) \
  struct __sheer_##name##_t { \
    SHEER_READ_REGISTER(x, __nvvm_read_ptx_sreg_##register##_x()) \
    SHEER_READ_REGISTER(y, __nvvm_read_ptx_sreg_##register##_y()) \
    SHEER_READ_REGISTER(z, __nvvm_read_ptx_sreg_##register##_z()) \
    SHEER_INLINE operator type() const { return type{__fetch_x(), __fetch_y(), __fetch_z()}; } \
    SHEER_INLINE operator other() const { return other{__fetch_x(), __fetch_y(), __fetch_z()}; } \
   private: \
    __sheer_##name##_t() = delete; \
    __sheer_##name##_t(const __sheer_##name##_t&) = delete; \
    void operator=(const __sheer_##name##_t&) const = delete; \
    __sheer_##name##_t* operator&() const = delete; \
  }; \
  extern const __device__ __attribute__((weak)) __sheer_##name##_t name;

SHEER_BUILTIN_VAR(threadIdx, uint3, dim3, tid)
SHEER_BUILTIN_VAR(blockIdx, uint3, dim3, ctaid)
SHEER_BUILTIN_VAR(blockDim, dim3, uint3, ntid)
SHEER_BUILTIN_VAR(gridDim, dim3, uint3, nctaid)
#undef SHEER_BUILTIN_VAR
#undef SHEER_READ_REGISTER

/* A constant of the architecture: 32 for every compute capability. */
static __host__ __device__ constexpr int warpSize = 32;

#endif
