/* What kernels may call of the runtime API where kernels can launch kernels (-rdc=true). In: the calls that clang makes of
   kernel<<<...>>>() in device code. Out: calls of the machine, which runs what was launched when the launching grid is through,
   in the order of the calls, so that streams and events have nothing left to order. Clang makes such calls of launches in
   lambdas of host code as well, which no kernel ever runs. */
#pragma once

extern "C" {
/* A kernel's function id, or one of the two below; its head and parameters are at `buffer` (machine/native/children.cpp). */
__device__ cudaError_t __sheer_launch(unsigned long long what, void *buffer);

struct __sheer_child {
  unsigned grid[3], block[3], shared, param_bytes;
  cudaStream_t stream;
};

static __device__ __inline__ void *cudaGetParameterBuffer(size_t alignment, size_t size) {
  char *buffer = (char *)malloc(64 + size);
  if (!buffer) return 0;
  ((__sheer_child *)buffer)->param_bytes = (unsigned)size;
  return buffer + 64;
}
static __device__ __inline__ cudaError_t cudaLaunchDevice(void *function, void *parameters, dim3 grid, dim3 block,
                                                          unsigned shared, cudaStream_t stream) {
  if (!parameters) return cudaErrorMemoryAllocation;
  __sheer_child *head = (__sheer_child *)((char *)parameters - 64);
  head->grid[0] = grid.x, head->grid[1] = grid.y, head->grid[2] = grid.z;
  head->block[0] = block.x, head->block[1] = block.y, head->block[2] = block.z;
  head->shared = shared;
  head->stream = stream;
  cudaError_t error = __sheer_launch((unsigned long long)function, head);
  free(head);
  return error;
}
static __device__ __inline__ cudaError_t __sheer_launch_service(unsigned long long what, void *to, unsigned long long from,
                                                                size_t bytes, cudaStream_t stream) {
  struct { __sheer_child head; char room[64 - sizeof(__sheer_child)]; unsigned long long words[3]; } buffer;
  buffer.head.stream = stream;
  buffer.words[0] = (unsigned long long)to, buffer.words[1] = from, buffer.words[2] = bytes;
  return __sheer_launch(what, &buffer);
}
static __device__ __inline__ cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind,
                                                         cudaStream_t stream) {
  return __sheer_launch_service(~0ull, to, (unsigned long long)from, bytes, stream);
}
static __device__ __inline__ cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream) {
  return __sheer_launch_service(~1ull, to, (unsigned)value, bytes, stream);
}

static __device__ __inline__ cudaError_t cudaMalloc(void **pointer, size_t bytes) {
  *pointer = malloc(bytes);
  return *pointer ? cudaSuccess : cudaErrorMemoryAllocation;
}
static __device__ __inline__ cudaError_t cudaFree(void *pointer) {
  free(pointer);
  return cudaSuccess;
}
static __device__ __inline__ cudaError_t cudaGetDevice(int *device) {
  *device = 0;
  return cudaSuccess;
}
static __device__ __inline__ cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
  *stream = (cudaStream_t)16;
  return cudaSuccess;
}
static __device__ __inline__ cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
static __device__ __inline__ cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
  *event = (cudaEvent_t)16;
  return cudaSuccess;
}
static __device__ __inline__ cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
static __device__ __inline__ cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
static __device__ __inline__ cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
}

template <class T> static __device__ __inline__ cudaError_t cudaMalloc(T **pointer, size_t bytes) {
  return cudaMalloc((void **)(void *)pointer, bytes);
}
#define cudaStreamTailLaunch ((cudaStream_t)3)
#define cudaStreamFireAndForget ((cudaStream_t)4)
