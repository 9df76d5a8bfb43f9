/* Short names that the device headers share. Every device function here is inlined; none has a symbol of its own. */
#ifndef SHEER_DEVICE_MACROS_H
#define SHEER_DEVICE_MACROS_H

#include "../crt/host_defines.h"

#define SHEER_INLINE __device__ __inline__ __attribute__((always_inline, nodebug))
#define SHEER_DEVICE static SHEER_INLINE
#define SHEER_BOTH static __host__ __device__ __inline__ __attribute__((always_inline, nodebug))
/* A warp-wide or block-wide operation: it may not be moved into or out of divergent control flow. */
#define SHEER_CONVERGENT static SHEER_INLINE __attribute__((convergent))

/* nvcc hides the types of extended lambdas from the host side and answers here which they are; to clang they are ordinary closures. */
#define __nv_is_extended_device_lambda_closure_type(type) false
#define __nv_is_extended_host_device_lambda_closure_type(type) false
#define __nv_is_extended_device_lambda_with_preserved_return_type(type) false

#endif
