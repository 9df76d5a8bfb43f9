// Stands before CCCL's header of the same name, which takes __NVCC__ to mean the EDG front end. Programs and CMake want to see
// that macro; CCCL is told the truth: this is clang.
#pragma once
#pragma push_macro("__NVCC__")
#undef __NVCC__
#include_next <cuda/std/__cccl/compiler.h>
#pragma pop_macro("__NVCC__")
