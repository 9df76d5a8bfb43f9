// More of libcu++: views, text-free standard types, bit and number functions, and what threads use to wait for each other across blocks.
#include <cuda/atomic>
#include <cuda/barrier>
#include <cuda/cmath>
#include <cuda/functional>
#include <cuda/latch>
#include <cuda/pipeline>
#include <cuda/semaphore>
#include <cuda/std/algorithm>
#include <cuda/std/array>
#include <cuda/std/bit>
#include <cuda/std/bitset>
#include <cuda/std/chrono>
#include <cuda/std/cmath>
#include <cuda/std/complex>
#include <cuda/std/concepts>
#include <cuda/std/cstdint>
#include <cuda/std/expected>
#include <cuda/std/functional>
#include <cuda/std/inplace_vector>
#include <cuda/std/iterator>
#include <cuda/std/mdspan>
#include <cuda/std/numeric>
#include <cuda/std/optional>
#include <cuda/std/ratio>
#include <cuda/std/span>
#include <cuda/std/string_view>
#include <cuda/std/tuple>
#include <cuda/std/variant>

#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>

#include <cstdio>

namespace cg = cooperative_groups;
namespace std_ = cuda::std;

__managed__ unsigned checks;
#define CHECK(bit, ...) do { if (__VA_ARGS__) atomicOr(&checks, 1u << (bit)); } while (0)
constexpr int kChecks = 16;

__global__ void types(int n) {
  std_::array<int, 8> a{5, 3, 8, 1, 9, 2, 7, n};
  CHECK(0, std_::accumulate(a.begin(), a.end(), 0) == 35 + n && *std_::max_element(a.begin(), a.end()) == 9);
  std_::mdspan<int, std_::extents<int, 2, std_::dynamic_extent>> matrix(a.data(), 4);
  CHECK(1, matrix.extent(1) == 4 && matrix(1, 2) == 7 && matrix.stride(0) == 4);
  std_::mdspan<int, std_::dextents<int, 2>, std_::layout_left> columns(a.data(), 2, 4);
  CHECK(2, columns(1, 2) == 2);
  std_::optional<double> none, some = 2.0 * n;
  CHECK(3, none.value_or(1.5) == 1.5 && some && *some == 2.0 * n);
  std_::variant<int, double, std_::tuple<int, int>> choice = std_::make_tuple(n, 7);
  auto sum = [](auto x) {
    if constexpr (std_::is_arithmetic_v<decltype(x)>) return int(x);
    else return std_::get<0>(x) + std_::get<1>(x);
  };
  CHECK(4, std_::visit(sum, choice) == n + 7 && choice.index() == 2);
  auto both = std_::tuple_cat(std_::make_tuple(1, 2.5f), std_::make_tuple('c'));
  CHECK(5, std_::apply([](int i, float f, char c) { return i + f + c; }, both) == 102.5f);
  std_::span<const int> part = std_::span<const int>(a).subspan(2, 3);
  CHECK(6, part.size() == 3 && part.front() == 8 && part.back() == 9);
  std_::complex<float> z(3, 4 + float(n) * 0);
  CHECK(7, std_::abs(z) == 5.0f && std_::norm(z * std_::conj(z)) == 625.0f && std_::real(std_::sqrt(z)) == 2.0f);
  CHECK(8, std_::popcount(0xf0f0u + n - n) == 8 && std_::rotl(0x80000001u, 1) == 3 && std_::bit_width(1000ull) == 10 &&
               std_::countr_zero(64u * n) == 6 + std_::countr_zero(unsigned(n)) && std_::bit_cast<unsigned>(1.0f) == 0x3f800000u);
  std_::bitset<70> bits;
  bits.set(3).set(69);
  CHECK(9, bits.count() == 2 && bits.test(69) && !bits.test(4));
  std_::expected<int, char> good = n, bad = std_::unexpected('x');
  CHECK(10, good.has_value() && *good == n && !bad && bad.error() == 'x');
  using namespace std_::chrono_literals;
  CHECK(11, std_::chrono::duration_cast<std_::chrono::milliseconds>(2s + 5ms).count() == 2005 &&
                std_::chrono::high_resolution_clock::now().time_since_epoch().count() > 0);
  std_::string_view text = "decoupled";
  CHECK(12, text.find("up") == 4 && text.substr(2, 3) == "cou" && text.size() == 9);
  std_::inplace_vector<int, 6> few;
  for (int i = 0; i < 5; ++i) few.push_back(n - i);
  std_::span<int> order(few.begin(), few.end());
  CHECK(13, few.size() == 5 && few.back() == n - 4 && order[1] == n - 1);
  CHECK(14, std_::gcd(84 * n, 36 * n) == 12 * n && std_::midpoint(2, 8) == 5 && cuda::ceil_div(10 * n + 1, 10) == n + 1);
  CHECK(15, std_::lerp(1.0, 3.0, 0.5) == 2.0 && std_::isinf(1.0 / (n - n)) && std_::hypot(3.0, 4.0) == 5.0 && std_::fmin(2.0, double(n)) == 2.0);
}

// A queue of one place: one block puts numbers in, another takes them out.
using Semaphore = cuda::binary_semaphore<cuda::thread_scope_device>;
__global__ void exchange(Semaphore* full, Semaphore* empty, int* place, int* out, int n) {
  if (threadIdx.x) return;
  for (int i = 0; i < n; ++i) {
    if (blockIdx.x == 0) empty->acquire(), *place = i * i, full->release();
    else full->acquire(), out[i] = *place, empty->release();
  }
}

// The last block to arrive adds up what the others left: atomics, fences and wait/notify.
__global__ void last_one(cuda::atomic<int, cuda::thread_scope_device>* ready, cuda::atomic<int>* go, int* parts, int* sum) {
  parts[blockIdx.x * blockDim.x + threadIdx.x] = blockIdx.x + threadIdx.x;
  __syncthreads();
  if (threadIdx.x == 0) {
    cuda::atomic_thread_fence(std_::memory_order_seq_cst, cuda::thread_scope_device);
    if (ready->fetch_add(1, std_::memory_order_acq_rel) == int(gridDim.x) - 1) {
      for (unsigned i = 0; i < gridDim.x * blockDim.x; ++i) *sum += parts[i];
      go->store(1, std_::memory_order_release);
      go->notify_all();
    }
    go->wait(0, std_::memory_order_acquire);
    cuda::atomic_ref<int>(parts[0]).fetch_min(-*sum);
  }
}

// Halves of a block as producer and consumer through a pipeline; tiles copied in with a barrier.
__global__ void halves(const int* in, int* out, int batches) {
  __shared__ int buffer[2][64];
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, 2> state;
  __shared__ cuda::barrier<cuda::thread_scope_block> arrived;
  __shared__ alignas(16) int tile[128];
  auto block = cg::this_thread_block();
  const int t = threadIdx.x;
  if (t == 0) init(&arrived, blockDim.x);
  block.sync();
  cuda::memcpy_async(block, tile, in, cuda::aligned_size_t<16>(sizeof tile), arrived);
  arrived.arrive_and_wait();
  out[batches * 64 + t] = tile[127 - t];
  const auto role = t < 64 ? cuda::pipeline_role::producer : cuda::pipeline_role::consumer;
  auto pipe = cuda::make_pipeline(block, &state, role);
  for (int b = 0; b < batches; ++b) {
    if (role == cuda::pipeline_role::producer) {
      pipe.producer_acquire();
      cuda::memcpy_async(&buffer[b % 2][t], in + b * 64 + t, sizeof(int), pipe);
      pipe.producer_commit();
    } else {
      pipe.consumer_wait();
      out[b * 64 + t - 64] = buffer[b % 2][127 - t] + b;
      pipe.consumer_release();
    }
  }
  block.sync();
  cg::memcpy_async(block, tile, in + 64, sizeof(int) * 64);
  cg::wait(block);
  out[batches * 64 + 128 + t] = tile[t % 64];
}

template <class T, class... Arguments> static T* make(size_t n, Arguments... arguments) {
  T* p;
  cudaMallocManaged(&p, n * sizeof(T));
  for (size_t i = 0; i < n; ++i) new (p + i) T(arguments...);
  return p;
}

int main() {
  int failures = 0;
  auto expect = [&](bool good, const char* what) {
    if (!good) printf("wrong: %s\n", what), ++failures;
  };
  types<<<1, 1>>>(6);
  expect(cudaDeviceSynchronize() == cudaSuccess, "types run");
  for (int i = 0; i < kChecks; ++i)
    if (!(checks >> i & 1)) printf("wrong: check %d of types\n", i), ++failures;

  int *in = make<int>(1024, 0), *out = make<int>(1024, 0), *sum = make<int>(2, 0);
  exchange<<<2, 32>>>(make<Semaphore>(1, 0), make<Semaphore>(1, 1), sum + 1, out, 100);
  expect(cudaDeviceSynchronize() == cudaSuccess && out[99] == 9801 && out[10] == 100, "binary_semaphore");
  last_one<<<20, 32>>>(make<cuda::atomic<int, cuda::thread_scope_device>>(1, 0), make<cuda::atomic<int>>(1, 0), in, sum);
  expect(cudaDeviceSynchronize() == cudaSuccess && *sum == 20 * 496 + 32 * 190 && in[0] == -*sum, "wait and notify");
  for (int i = 0; i < 1024; ++i) in[i] = 5 * i;
  halves<<<1, 128>>>(in, out, 6);
  expect(cudaDeviceSynchronize() == cudaSuccess, "halves run");
  bool good = true;
  for (int i = 0; i < 384; ++i) good &= out[i] == 5 * (i / 64 * 64 + 63 - i % 64) + i / 64;
  expect(good, "pipeline with roles");
  good = true;
  for (int i = 0; i < 128; ++i) good &= out[384 + i] == 5 * (127 - i) && out[512 + i] == 5 * (64 + i % 64);
  expect(good, "memcpy_async with a barrier and with a group");
  printf(failures ? "%d wrong\n" : "all right\n", failures);
  return failures != 0;
}
