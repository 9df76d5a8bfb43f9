// The __nv_atomic functions with and without a scope, on integers, floats and a struct.
#include <cstdio>

struct alignas(8) Pair { int a, b; };

__device__ unsigned total, seen;
__device__ float sum;
__device__ unsigned long long best = ~0ull;
__device__ Pair pair;

__global__ void all() {
  unsigned id = blockIdx.x * blockDim.x + threadIdx.x;
  __nv_atomic_add(&total, id, __NV_ATOMIC_RELAXED);
  __nv_atomic_fetch_add(&sum, 1.0f, __NV_ATOMIC_RELAXED, __NV_THREAD_SCOPE_DEVICE);
  __nv_atomic_min(&best, 5ull + id, __NV_ATOMIC_ACQ_REL, __NV_THREAD_SCOPE_DEVICE);
  __nv_atomic_or(&seen, 1u << id % 32, __NV_ATOMIC_RELAXED, __NV_THREAD_SCOPE_SYSTEM);
  Pair old, next;
  __nv_atomic_load(&pair, &old, __NV_ATOMIC_ACQUIRE, __NV_THREAD_SCOPE_DEVICE);
  do {
    next = {old.a + 1, old.b - 1};
  } while (!__nv_atomic_compare_exchange(&pair, &old, &next, false, __NV_ATOMIC_ACQ_REL, __NV_ATOMIC_RELAXED,
                                         __NV_THREAD_SCOPE_DEVICE));
  __nv_atomic_thread_fence(__NV_ATOMIC_SEQ_CST, __NV_THREAD_SCOPE_DEVICE);
}

__global__ void result(int* out) {
  out[0] = __nv_atomic_load_n(&total, __NV_ATOMIC_RELAXED);
  float zero = 0, all;
  __nv_atomic_exchange(&sum, &zero, &all, __NV_ATOMIC_RELAXED);
  out[1] = int(all);
  out[2] = int(__nv_atomic_load_n(&best, __NV_ATOMIC_ACQUIRE, __NV_THREAD_SCOPE_SYSTEM));
  out[3] = __nv_atomic_fetch_xor(&seen, 1u, __NV_ATOMIC_RELAXED);
  out[4] = pair.a, out[5] = pair.b;
  __nv_atomic_store_n(&out[6], 77, __NV_ATOMIC_RELEASE, __NV_THREAD_SCOPE_BLOCK);
}

int main() {
  int *out, bad = 0;
  cudaMallocManaged(&out, 7 * sizeof(int));
  all<<<4, 64>>>();
  result<<<1, 1>>>(out);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  const int expected[7] = {255 * 128, 256, 5, -1, 256, -256, 77};
  for (int i = 0; i < 7; i++)
    if (out[i] != expected[i]) bad++, printf("%d: %d, not %d\n", i, out[i], expected[i]);
  return bad != 0;
}
