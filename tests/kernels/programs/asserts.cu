// Assertions and traps part no lanes that live: what follows them is computed by all, and a lane that fails ends the launch, wherever it stands.
// isa: native avx2
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__device__ void stop(int why) {
  printf("stopped %d\n", why);
  __trap();
}

__device__ __noinline__ int looked_up(const int *table, int n, int at) {
  assert(at >= 0 && at < n);
  if (table[at] < 0) stop(1);
  return table[at];
}

/* In loops that lanes leave at different times, before barriers, in switches, in a function. */
__global__ void walk(const int *table, int *out, int n, int fails) {
  __shared__ int shared[128];
  int me = threadIdx.x, sum = 0;
  assert(blockDim.x == 128 && out != nullptr);
  for (int i = 0; i < me % 7; ++i) {
    int at = (me * 5 + i) % n;
    assert(table[at] < 1000);
    if (table[at] == 999 && fails == 1) stop(2);
    sum += table[at];
    if (sum > 500) break;
  }
  shared[me] = sum;
  assert(fails != 2 || me != 77);
  __syncthreads();
  switch (table[me % n] & 3) {
    case 0: sum += shared[127 - me]; break;
    case 1: sum -= shared[me ^ 1]; break;
    case 2: sum = looked_up(table, n, fails == 3 && me == 102 ? n : me % n) + 1; break;
    default: if (fails == 4 && me > 100) stop(me & 1 ? 3 : 4);
  }
  __syncthreads();
  if (me & 1) {
    if (sum == -12345) __trap();
    assert(sum != -54321);
    if (fails == 5 && me > 90) {
      if (sum & 1) { printf("odd\n"); __trap(); }
      assert(sum & 1);
    }
    sum = __shfl_xor_sync(0xaaaaaaaau, sum, 2);
  }
  out[blockIdx.x * 128 + me] = sum + int(__ballot_sync(~0u, me % 3 == 0) & 7);
}

int expected(const int *table, int n, int me, int *sums, bool last) {
  int sum = 0;
  for (int i = 0; i < me % 7; ++i) {
    sum += table[(me * 5 + i) % n];
    if (sum > 500) break;
  }
  if (!last) return sum;
  switch (table[me % n] & 3) {
    case 0: return sum + sums[127 - me];
    case 1: return sum - sums[me ^ 1];
    case 2: return table[me % n] + 1;
  }
  return sum;
}

int run(int fails) {
  const int n = 50;
  int *table, *out, sums[128], ends[128], wrong = 0;
  cudaMallocManaged(&table, n * sizeof(int));
  cudaMallocManaged(&out, 4 * 128 * sizeof(int));
  for (int i = 0; i < n; ++i) table[i] = i * 37 % 199;
  if (fails == 1) table[7] = 999;
  walk<<<4, 128>>>(table, out, n, fails);
  cudaError_t error = cudaDeviceSynchronize();
  if (fails) return error != cudaErrorAssert && error != cudaErrorLaunchFailure;
  wrong += error != cudaSuccess;
  for (int me = 0; me < 128; ++me) sums[me] = expected(table, n, me, nullptr, false);
  for (int me = 0; me < 128; ++me) ends[me] = expected(table, n, me, sums, true);
  for (int i = 0; i < 4 * 128; ++i) {
    int me = i % 128, ballot = 0;
    for (int lane = 0; lane < 3; ++lane) ballot |= ((me / 32 * 32 + lane) % 3 == 0) << lane;
    wrong += out[i] != ends[me & 1 ? me ^ 2 : me] + ballot;
  }
  return wrong != 0;
}

int main() {
  int wrong = 0;
  for (int fails = 0; fails < 6; ++fails) {  // a process each: the error stays
    fflush(stdout);
    pid_t child = fork();
    if (!child) exit(run(fails));
    int status = 0;
    waitpid(child, &status, 0);
    if (status) printf("case %d: %d\n", fails, status);
    wrong += status != 0;
  }
  return wrong;
}
