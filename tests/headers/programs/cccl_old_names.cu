// What programs written with CCCL 2.x count on: function objects and iterators that 3.x has under other names only.
#include <cub/cub.cuh>
#include <thrust/device_vector.h>
#include <thrust/functional.h>
#include <thrust/transform.h>

#include <iostream>

struct Twice : thrust::unary_function<int, int> {
  __host__ __device__ int operator()(int x) const { return 2 * x; }
};
struct Product : thrust::binary_function<int, int, int> {
  __host__ __device__ result_type operator()(first_argument_type x, second_argument_type y) const { return x * y; }
};

// The reduction of `in` by `operation` on the device.
template <class In, class Operation>
int reduced(In in, int count, Operation operation, int initial) {
  thrust::device_vector<int> result(1);
  size_t bytes = 0;
  cub::DeviceReduce::Reduce(nullptr, bytes, in, result.begin(), count, operation, initial);
  thrust::device_vector<char> room(bytes);
  cub::DeviceReduce::Reduce(room.data().get(), bytes, in, result.begin(), count, operation, initial);
  return result[0];
}

__global__ void block_maximum(int *out) {
  using Reduce = cub::BlockReduce<int, 64>;
  __shared__ typename Reduce::TempStorage room;
  int most = Reduce(room).Reduce(int(threadIdx.x * 37 % 64), cub::Max());
  if (threadIdx.x == 0) *out = most;
}

int main() {
  thrust::device_vector<int> d(100, 3), e(100);
  thrust::transform(d.begin(), d.end(), e.begin(), Twice());
  bool good = e[99] == 6;
  thrust::transform(d.begin(), d.end(), e.begin(), e.begin(), Product());
  good &= e[0] == 18;
  thrust::transform(d.begin(), d.end(), e.begin(), thrust::identity<int>());
  good &= e[50] == 3;
  cub::CountingInputIterator<int> counting(1);
  good &= reduced(counting, 100, cub::Sum(), 0) == 5050;
  good &= reduced(counting, 100, cub::Max(), 0) == 100;
  good &= reduced(counting, 100, cub::Min(), 1000) == 1;
  good &= reduced(cub::ConstantInputIterator<int>(7), 10, cub::Sum(), 0) == 70;
  cub::TransformInputIterator<int, Twice, cub::CountingInputIterator<int>> transformed(counting, Twice());
  good &= reduced(transformed, 100, cub::Sum(), 0) == 10100;
  block_maximum<<<1, 64>>>(e.data().get());
  good &= e[0] == 63;
  cub::DiscardOutputIterator<> nowhere;
  nowhere[5] = 3;
  std::cout << (good ? "all right\n" : "wrong\n");
  return !good;
}
