// Nothing for the host here: only a device link asks for it.
__device__ int calls = 100;
__device__ int triple(int x) {
  atomicAdd(&calls, 1);
  return 3 * x;
}
