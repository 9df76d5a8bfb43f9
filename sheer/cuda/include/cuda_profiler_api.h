/* Profiler control: accepted; the calls mark a range for tools that listen. */
#ifndef SHEER_CUDA_PROFILER_API_H
#define SHEER_CUDA_PROFILER_API_H
#define __CUDA_PROFILER_API_H__

#include "cuda_runtime_api.h"

#endif
