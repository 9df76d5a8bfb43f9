// For the programs here: CHECK says which line failed and ends the program.
#pragma once
#include <cuda.h>
#include <cuda_runtime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);         \
      exit(1);                                                               \
    }                                                                        \
  } while (0)
#define EXPECT(code, call)                                                   \
  do {                                                                       \
    int got_ = int(call);                                                    \
    if (got_ != int(code)) {                                                 \
      printf("%s:%d: %s gave %d (%s), not %s\n", __FILE__, __LINE__, #call,  \
             got_, cudaGetErrorName(cudaError_t(got_)), #code);              \
      exit(1);                                                               \
    }                                                                        \
  } while (0)
#define OK(call) EXPECT(0, call)
