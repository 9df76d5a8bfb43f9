/* The error functions of the runtime API, in device code. Nothing that a kernel may call there leaves an error behind. */
#pragma once

#define SHEER_DEVICE_ERRORS(_) \
  _(cudaSuccess, "no error") \
  _(cudaErrorInvalidValue, "invalid argument") \
  _(cudaErrorMemoryAllocation, "out of memory") \
  _(cudaErrorInitializationError, "initialization error") \
  _(cudaErrorInvalidConfiguration, "invalid configuration argument") \
  _(cudaErrorInvalidDevice, "invalid device ordinal") \
  _(cudaErrorInvalidResourceHandle, "invalid resource handle") \
  _(cudaErrorNotReady, "device not ready") \
  _(cudaErrorIllegalAddress, "an illegal memory access was encountered") \
  _(cudaErrorLaunchFailure, "unspecified launch failure") \
  _(cudaErrorNotSupported, "operation not supported") \
  _(cudaErrorUnknown, "unknown error")

extern "C" {
__device__ inline const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
#define SHEER_NAME(name, text) case name: return #name;
    SHEER_DEVICE_ERRORS(SHEER_NAME)
#undef SHEER_NAME
    default: return "unrecognized error code";
  }
}

__device__ inline const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
#define SHEER_TEXT(name, text) case name: return text;
    SHEER_DEVICE_ERRORS(SHEER_TEXT)
#undef SHEER_TEXT
    default: return "unrecognized error code";
  }
}

__device__ inline cudaError_t cudaGetLastError(void) { return cudaSuccess; }
__device__ inline cudaError_t cudaPeekAtLastError(void) { return cudaSuccess; }
}

#undef SHEER_DEVICE_ERRORS
