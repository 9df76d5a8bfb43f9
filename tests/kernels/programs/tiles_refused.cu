// A thread has a small alternate signal stack: the operating system then lets nobody in the process use the tile unit, whose registers would
// not fit there. Products are right all the same.
#include <cuda_bf16.h>
#include <mma.h>
#include <pthread.h>
#include <signal.h>

#include <cstdio>

using namespace nvcuda;

__global__ void multiply(const __nv_bfloat16* a, float* c, int turns) {
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, wmma::row_major> right;
  wmma::fill_fragment(sum, 1.0f);
  for (int i = 0; i < turns; ++i) {
    wmma::load_matrix_sync(left, a, 16);
    wmma::load_matrix_sync(right, a, 16);
    wmma::mma_sync(sum, left, right, sum);
  }
  wmma::store_matrix_sync(c, sum, 16, wmma::mem_row_major);
}

static pthread_barrier_t meeting;
static void* wait_on_small_stack(void*) {
  static char room[4096];
  stack_t small{};
  small.ss_sp = room;
  small.ss_size = sizeof room;
  bool refused = sigaltstack(&small, nullptr) != 0;
  pthread_barrier_wait(&meeting);
  pthread_barrier_wait(&meeting);
  return refused ? &meeting : nullptr;
}

int main() {
  pthread_t other;
  pthread_barrier_init(&meeting, nullptr, 2);
  pthread_create(&other, nullptr, wait_on_small_stack, nullptr);
  pthread_barrier_wait(&meeting);
  __nv_bfloat16* a;
  float* c;
  cudaMallocManaged(&a, 256 * sizeof *a);
  cudaMallocManaged(&c, 256 * sizeof *c);
  for (int i = 0; i < 256; ++i) a[i] = __nv_bfloat16(float(i % 7 - 3));
  multiply<<<1, 32>>>(a, c, 3);
  int wrong = cudaDeviceSynchronize() != cudaSuccess;
  for (int i = 0; i < 256; ++i) {
    float sum = 0;
    for (int k = 0; k < 16; ++k) sum += float(a[i / 16 * 16 + k]) * float(a[k * 16 + i % 16]);
    wrong += c[i] != 1 + 3 * sum;
  }
  pthread_barrier_wait(&meeting);
  void* refused;
  pthread_join(other, &refused);
  printf("%s: %d wrong%s\n", wrong ? "FAIL" : "PASS", wrong, refused ? ", and the signal stack was refused" : "");
  return wrong != 0 || refused;
}
