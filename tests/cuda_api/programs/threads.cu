// Host threads: each has its own device, last error and, compiled so, its own default stream.
// nvcc: --default-stream per-thread
// env: SHEER_DEVICES=2
#include "check.h"
#include <pthread.h>
#include <unistd.h>

__global__ void count(int* p, int n) { for (int i = 0; i < n; i++) atomicAdd(p, 1); }
static int* shared_counter;
static void* work(void* arg) {
  int device = -1, mine = int((long)arg) % 2;
  OK(cudaGetDevice(&device));
  CHECK(device == 0);
  OK(cudaSetDevice(mine));
  OK(cudaGetLastError());
  EXPECT(cudaErrorInvalidValue, cudaMalloc((void**)0, 1));
  int* d;
  OK(cudaMalloc(&d, 4));
  OK(cudaMemset(d, 0, 4));
  for (int i = 0; i < 20; i++) count<<<1, 1>>>(d, 10);
  int got;
  OK(cudaMemcpy(&got, d, 4, cudaMemcpyDeviceToHost));
  CHECK(got == 200);
  EXPECT(cudaErrorInvalidValue, cudaGetLastError());
  OK(cudaFree(d));
  return 0;
}
static volatile int go_on;
static void nap(void* flag) {  // until it is told, but not for ever
  for (int i = 0; i < 20000 && !go_on; i++) usleep(1000);
  *(volatile int*)flag = 1;
}
static void* sleeper(void* flag) {
  OK(cudaLaunchHostFunc(0, nap, flag));      // in this thread's own stream
  OK(cudaStreamSynchronize(cudaStreamPerThread));
  return 0;
}

int main() {
  pthread_t t[6];
  for (long i = 0; i < 6; i++) pthread_create(&t[i], 0, work, (void*)i);
  for (int i = 0; i < 6; i++) pthread_join(t[i], 0);
  OK(cudaGetLastError());
  static volatile int flag;
  pthread_create(&t[0], 0, sleeper, (void*)&flag);
  usleep(10000);
  int value = 3, *d;
  OK(cudaMalloc(&d, 4));
  OK(cudaMemcpy(d, &value, 4, cudaMemcpyHostToDevice));   // does not wait for the other thread's stream
  CHECK(!flag);
  go_on = 1;
  pthread_join(t[0], 0);
  CHECK(flag);
  return 0;
}
