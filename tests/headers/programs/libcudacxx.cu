// libcu++ on the device: atomics of all sizes and scopes, barriers, pipelines, semaphores, latches, and the standard types.
#include <cuda/atomic>
#include <cuda/barrier>
#include <cuda/functional>
#include <cuda/latch>
#include <cuda/pipeline>
#include <cuda/semaphore>
#include <cuda/std/array>
#include <cuda/std/atomic>
#include <cuda/std/bit>
#include <cuda/std/chrono>
#include <cuda/std/cmath>
#include <cuda/std/complex>
#include <cuda/std/limits>
#include <cuda/std/optional>
#include <cuda/std/span>
#include <cuda/std/tuple>
#include <cuda/std/type_traits>
#include <cuda/std/utility>
#include <cuda/std/variant>

#include <cooperative_groups.h>

#include <cstdio>

namespace cg = cooperative_groups;

struct Results {
  cuda::atomic<int, cuda::thread_scope_device> count;
  cuda::std::atomic<unsigned long long> sum;
  cuda::atomic<float> real;
  cuda::atomic<unsigned char, cuda::thread_scope_system> byte;
  cuda::atomic<short> word;
  int plain, most;
  double complex_part;
  int checks;
};

__global__ void atomics(Results* r) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  r->count.fetch_add(1, cuda::std::memory_order_relaxed);
  r->sum += i;
  r->real.fetch_add(0.5f);
  if (i < 100) r->byte.fetch_add(1);
  r->word.fetch_or(short(1 << (i % 8)));
  cuda::atomic_ref<int, cuda::thread_scope_device> plain(r->plain);
  int seen = plain.load(cuda::std::memory_order_acquire);
  while (!plain.compare_exchange_weak(seen, seen + 2, cuda::std::memory_order_acq_rel)) {}
  cuda::atomic_ref<int, cuda::thread_scope_device>(r->most).fetch_max(i);
}

__global__ void barriers(int* out) {
  using Barrier = cuda::barrier<cuda::thread_scope_block>;
#pragma nv_diag_suppress static_var_with_dynamic_init
  __shared__ Barrier barrier;
  __shared__ int shared[256];
  auto block = cg::this_thread_block();
  if (block.thread_rank() == 0) init(&barrier, block.size());
  block.sync();
  int t = threadIdx.x, x = t;
  for (int round = 0; round < 8; ++round) {
    shared[t] = x;
    auto token = barrier.arrive();
    barrier.wait(cuda::std::move(token));
    x = shared[(t + 1) % 256] + round;
    barrier.arrive_and_wait();
  }
  out[t] = x;
}

__global__ void pipelines(const int* in, int* out, int batches) {
  constexpr int kStages = 2;
  __shared__ int buffer[kStages][128];
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, kStages> state;
  auto block = cg::this_thread_block();
  auto pipe = cuda::make_pipeline(block, &state);
  int fetched = 0;
  for (int batch = 0; batch < batches; ++batch) {
    for (; fetched < batches && fetched < batch + kStages; ++fetched) {
      pipe.producer_acquire();
      cuda::memcpy_async(block, buffer[fetched % kStages], in + fetched * 128, sizeof(int) * 128, pipe);
      pipe.producer_commit();
    }
    pipe.consumer_wait();
    out[batch * 128 + threadIdx.x] = buffer[batch % kStages][127 - threadIdx.x] + batch;
    pipe.consumer_release();
  }
  // a thread's own pipeline
  auto own = cuda::make_pipeline();
  own.producer_acquire();
  cuda::memcpy_async(&buffer[0][threadIdx.x], in + threadIdx.x, cuda::aligned_size_t<4>(4), own);
  own.producer_commit();
  own.consumer_wait();
  out[batches * 128 + threadIdx.x] = buffer[0][threadIdx.x];
  own.consumer_release();
}

__global__ void types(Results* r, cuda::latch<cuda::thread_scope_device>* latch,
                      cuda::counting_semaphore<cuda::thread_scope_device>* room) {
  if (threadIdx.x == 0) {
    room->acquire();
    latch->count_down();
    room->release();
  }
  latch->wait();
  if (blockIdx.x || threadIdx.x) return;
  int checks = 0;
  cuda::std::array<int, 4> a{1, 2, 3, 4};
  cuda::std::span<int> view(a);
  int sum = 0;
  for (int x : view) sum += x;
  checks += sum == 10;
  cuda::std::optional<int> maybe;
  checks += !maybe.has_value();
  maybe = 3;
  checks += *maybe == 3;
  auto [first, second] = cuda::std::make_tuple(5, 6.5);
  checks += first == 5 && second == 6.5;
  cuda::std::variant<int, float> choice = 2.5f;
  checks += cuda::std::get<float>(choice) == 2.5f;
  checks += cuda::std::popcount(255u) == 8 && cuda::std::countl_zero(1u) == 31 && cuda::std::bit_ceil(100u) == 128;
  checks += cuda::std::numeric_limits<float>::max() > 3e38f && cuda::std::isnan(cuda::std::numeric_limits<double>::quiet_NaN());
  cuda::std::complex<double> z(1, 2);
  z = z * z + cuda::std::exp(cuda::std::complex<double>(0, 0));
  r->complex_part = z.imag();
  auto start = cuda::std::chrono::system_clock::now();
  checks += cuda::std::chrono::system_clock::now() >= start;
  r->checks = checks;
}

int main() {
  int failures = 0;
  auto expect = [&](bool good, const char* what) {
    if (!good) printf("wrong: %s\n", what), ++failures;
  };
  Results* r;
  cudaMallocManaged(&r, sizeof(Results));
  memset((void*)r, 0, sizeof *r);
  atomics<<<10, 100>>>(r);
  expect(cudaDeviceSynchronize() == cudaSuccess, "atomics run");
  expect(r->count == 1000 && r->sum == 499500 && r->real == 500.0f, "fetch_add");
  expect(r->byte == 100 && r->word == 255, "small atomics");
  expect(r->plain == 2000 && r->most == 999, "atomic_ref");

  int* data;
  cudaMallocManaged(&data, 4096 * sizeof(int));
  barriers<<<1, 256>>>(data);
  expect(cudaDeviceSynchronize() == cudaSuccess, "barriers run");
  bool good = true;
  for (int t = 0; t < 256; ++t) good &= data[t] == (t + 8) % 256 + 28;
  expect(good, "barrier");

  for (int i = 0; i < 1024; ++i) data[i] = i * 3;
  pipelines<<<1, 128>>>(data, data + 1024, 8);
  expect(cudaDeviceSynchronize() == cudaSuccess, "pipelines run");
  good = true;
  for (int i = 0; i < 1024; ++i) good &= data[1024 + i] == (i / 128 * 128 + 127 - i % 128) * 3 + i / 128;
  for (int i = 0; i < 128; ++i) good &= data[2048 + i] == i * 3;
  expect(good, "pipeline");

  cuda::latch<cuda::thread_scope_device>* latch;
  cuda::counting_semaphore<cuda::thread_scope_device>* room;
  cudaMallocManaged(&latch, sizeof *latch);
  cudaMallocManaged(&room, sizeof *room);
  new (latch) cuda::latch<cuda::thread_scope_device>(4);
  new (room) cuda::counting_semaphore<cuda::thread_scope_device>(2);
  types<<<4, 32>>>(r, latch, room);
  expect(cudaDeviceSynchronize() == cudaSuccess, "types run");
  expect(r->checks == 8, "types");
  expect(r->complex_part == 4, "complex");
  printf(failures ? "%d wrong\n" : "all right\n", failures);
  return failures != 0;
}
