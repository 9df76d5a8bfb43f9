/* The CUDA runtime API for C: types here, functions in sheer_runtime_api.h, which comes from the function
   table. */
#ifndef SHEER_CUDA_RUNTIME_API_H
#define SHEER_CUDA_RUNTIME_API_H
#define __CUDA_RUNTIME_API_H__

#define CUDART_VERSION 12080
#define __CUDART_API_VERSION CUDART_VERSION

#include "crt/host_defines.h"
#include "builtin_types.h"
#include "library_types.h"

#if !defined(__CUDACC_RTC__)

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define SHEER_DEFAULT(...) = __VA_ARGS__
#else
#define SHEER_DEFAULT(...)
#endif

/* The compiler calls this one by name in kernel stubs, whatever the macros of the per-thread stream say. */
#if defined(__cplusplus) && defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
extern "C" cudaError_t cudaLaunchKernel(const void *func, dim3 gridDim, dim3 blockDim, void **args,
                                        size_t sharedMem, cudaStream_t stream);
#endif

#include "sheer_runtime_api.h"

#endif
#endif
