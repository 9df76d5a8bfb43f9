/* CUDA C++ for one source file: language, built-in variables, device functions and the runtime API. It is included before
   the first line of every .cu file, as nvcc does. */
#ifndef SHEER_CUDA_RUNTIME_H
#define SHEER_CUDA_RUNTIME_H
#define __CUDA_RUNTIME_H__

#include "crt/host_defines.h"

#if defined(__CUDA__)
#ifndef __CUDACC__
#define __CUDACC__ 1
#endif
#ifndef __NVCC__
#define __NVCC__ 1
#endif
#ifndef __CUDACC_VER_MAJOR__
#define __CUDACC_VER_MAJOR__ 12
#define __CUDACC_VER_MINOR__ 8
#define __CUDACC_VER_BUILD__ 61
#endif
#define __CUDACC_EXTENDED_LAMBDA__ 1
#define __CUDACC_RELAXED_CONSTEXPR__ 1
#define __CUDA_ARCH_LIST__ 800
#endif

#if defined(__CUDA__) && defined(__cplusplus)
#include "sheer/math_forward.h"
#endif
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#if !defined(__CUDACC_RTC__)
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#else
typedef long clock_t; /* runtime compilation has no host headers */
#endif
#if defined(__cplusplus) && !defined(__CUDACC_RTC__)
#include <cmath>
#include <cstdlib>
#include <new>
#include <utility>
#endif

#include "vector_types.h"
#include "builtin_types.h"
#include "vector_functions.h"
#include "cuda_runtime_api.h"
#if defined(__cplusplus)
#include "cuda_runtime_api_templates.h"
#endif

#if defined(__CUDA__)
#include "sheer/device_macros.h"
#include "sheer/builtin_vars.h"
#include "sheer/sync.h"
#include "sheer/warp.h"
#include "sheer/atomics.h"
#include "sheer/nv_atomics.h"
#include "sheer/casts.h"
#include "sheer/device_errors.h"
#include "sheer/integer.h"
#include "sheer/simd.h"
#include "sheer/loads.h"
#include "texture_indirect_functions.h"
#include "surface_indirect_functions.h"
#include "sheer/rounding.h"
#include "sheer/device_library.h"
#include "sheer/graph_conditions.h"
#if defined(__CUDACC_RDC__)
#include "sheer/device_runtime.h"
#endif
#include "sheer/math_functions.h"
#endif

#endif
