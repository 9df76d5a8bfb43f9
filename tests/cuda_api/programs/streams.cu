// Streams, events, callbacks, host functions, order, timing, stale handles.
#include "check.h"
#include <unistd.h>

__global__ void add(int* p, int n) { *p += n; }
static int trail[8], steps;
static void step(void* user) { trail[steps++] = int((long)user); }
static void slow(void* user) { usleep(30000); *(volatile int*)user = 1; }
static cudaError_t seen;
static void callback(cudaStream_t, cudaError_t status, void* user) { seen = status; steps += int((long)user); }

int main() {
  cudaStream_t a, b, never_made;
  OK(cudaStreamCreate(&a));
  OK(cudaStreamCreateWithPriority(&b, cudaStreamNonBlocking, -3));
  int priority;
  unsigned flags;
  unsigned long long ida, idb;
  OK(cudaStreamGetPriority(b, &priority));
  OK(cudaStreamGetFlags(b, &flags));
  CHECK(priority == -3 && flags == cudaStreamNonBlocking);
  OK(cudaStreamGetId(a, &ida));
  OK(cudaStreamGetId(b, &idb));
  CHECK(ida != idb);
  EXPECT(cudaErrorInvalidValue, cudaStreamCreateWithFlags(&never_made, 77));
  EXPECT(cudaErrorInvalidValue, cudaGetLastError());

  for (long i = 0; i < 4; i++) OK(cudaLaunchHostFunc(a, step, (void*)i));
  OK(cudaStreamSynchronize(a));
  CHECK(steps == 4 && trail[0] == 0 && trail[3] == 3);
  OK(cudaStreamAddCallback(a, callback, (void*)10, 0));
  OK(cudaStreamSynchronize(a));
  CHECK(steps == 14 && seen == cudaSuccess);

  // Another stream waits for an event; the host sees it as not ready, which is no error.
  cudaEvent_t start, stop, quiet;
  OK(cudaEventCreate(&start));
  OK(cudaEventCreateWithFlags(&stop, cudaEventBlockingSync));
  OK(cudaEventCreateWithFlags(&quiet, cudaEventDisableTiming));
  static volatile int flag;
  OK(cudaEventRecord(start, a));
  OK(cudaLaunchHostFunc(a, slow, (void*)&flag));
  OK(cudaEventRecord(stop, a));
  EXPECT(cudaErrorNotReady, cudaEventQuery(stop));
  EXPECT(cudaErrorNotReady, cudaStreamQuery(a));
  OK(cudaPeekAtLastError());
  OK(cudaStreamWaitEvent(b, stop));
  OK(cudaStreamSynchronize(b));
  CHECK(flag == 1);
  OK(cudaEventQuery(stop));
  float ms = 0;
  OK(cudaEventElapsedTime(&ms, start, stop));
  CHECK(ms > 20 && ms < 5000);
  OK(cudaEventRecord(quiet, a));
  EXPECT(cudaErrorInvalidResourceHandle, cudaEventElapsedTime(&ms, start, quiet));
  cudaEvent_t never;
  OK(cudaEventCreate(&never));
  OK(cudaEventQuery(never));
  OK(cudaEventSynchronize(never));
  EXPECT(cudaErrorInvalidResourceHandle, cudaEventElapsedTime(&ms, start, never));

  // The legacy stream waits for blocking streams, and they for it.
  int *d, got = 0;
  OK(cudaMalloc(&d, 4));
  OK(cudaMemset(d, 0, 4));
  OK(cudaLaunchHostFunc(a, slow, (void*)&flag));
  add<<<1, 1, 0, a>>>(d, 5);
  OK(cudaMemcpy(&got, d, 4, cudaMemcpyDeviceToHost));
  CHECK(got == 5);

  cudaStreamAttrValue v = {};
  v.syncPolicy = cudaSyncPolicyYield;
  OK(cudaStreamSetAttribute(a, cudaStreamAttributeSynchronizationPolicy, &v));
  memset(&v, 0, sizeof v);
  OK(cudaStreamGetAttribute(a, cudaStreamAttributeSynchronizationPolicy, &v));
  CHECK(v.syncPolicy == cudaSyncPolicyYield);

  OK(cudaEventDestroy(start));
  EXPECT(cudaErrorInvalidResourceHandle, cudaEventDestroy(start));
  OK(cudaStreamDestroy(a));
  EXPECT(cudaErrorInvalidResourceHandle, cudaStreamSynchronize(a));
  EXPECT(cudaErrorInvalidResourceHandle, cudaStreamDestroy(0));
  return 0;
}
