/* What kernels may do to a graph that runs: set the value that a conditional node looks at. A handle is the value's address. */
#pragma once

static __device__ __inline__ void cudaGraphSetConditional(cudaGraphConditionalHandle handle, unsigned int value) {
  *(volatile unsigned int *)handle = value;
}
