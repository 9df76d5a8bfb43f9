/* cuRAND's device API: XORWOW, Philox4x32-10, MRG32k3a and Sobol generators and their distributions. A seed, a
   subsequence and an offset give CUDA's sequences. MTGP32 and curand_discrete need tables of the host library and are not there yet. */
#ifndef SHEER_CURAND_KERNEL_H
#define SHEER_CURAND_KERNEL_H
#define CURAND_KERNEL_H_

#if !defined(__cplusplus)
#error curand_kernel.h is for C++: compile this file as C++ or CUDA C++
#endif

#include "curand.h"

#include "sheer/random_poisson.h"

#endif
