/* Rounding modes, as some headers of CUDA name them. */
#ifndef SHEER_DEVICE_TYPES_H
#define SHEER_DEVICE_TYPES_H

#include "crt/host_defines.h"

enum cudaRoundMode {
  cudaRoundNearest = 0,
  cudaRoundZero = 1,
  cudaRoundPosInf = 2,
  cudaRoundMinInf = 3
};

#endif
