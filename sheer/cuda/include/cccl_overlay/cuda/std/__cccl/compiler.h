// Stands before CCCL's header of the same name, which takes __NVCC__ to mean the EDG front end. Programs and CMake want to see
// that macro; CCCL is told the truth: this is clang. For clang it takes the toolkit's version from CUDA_VERSION (cuda.h).
#pragma once
#ifndef CUDA_VERSION
#define CUDA_VERSION 12080
#endif
#pragma push_macro("__NVCC__")
#undef __NVCC__
#include_next <cuda/std/__cccl/compiler.h>
#pragma pop_macro("__NVCC__")
