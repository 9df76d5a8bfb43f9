// Thrust: sorts keys, sorts values by key and sums, without a hand-written kernel (needs CCCL).
//
// Usage: thrust_sort [elements]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <thrust/copy.h>
#include <thrust/device_vector.h>
#include <thrust/functional.h>
#include <thrust/host_vector.h>
#include <thrust/reduce.h>
#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/transform.h>

struct Square {
  __host__ __device__ unsigned long long operator()(unsigned x) const {
    return static_cast<unsigned long long>(x) * x;
  }
};

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 100'000;
  thrust::host_vector<unsigned> keys(n);
  unsigned state = 42;
  for (unsigned& key : keys) {
    state = state * 1664525u + 1013904223u;
    key = state >> 12;
  }
  std::vector<unsigned> expected(keys.begin(), keys.end());
  std::sort(expected.begin(), expected.end());

  // Sorting the positions by key tells where each key came from.
  thrust::device_vector<unsigned> d_keys = keys;
  thrust::device_vector<int> d_positions(n);
  thrust::sequence(d_positions.begin(), d_positions.end());
  thrust::stable_sort_by_key(d_keys.begin(), d_keys.end(), d_positions.begin());
  thrust::host_vector<unsigned> sorted = d_keys;
  thrust::host_vector<int> positions = d_positions;

  int wrong = 0;
  for (int i = 0; i < n; ++i) wrong += sorted[i] != expected[i] || keys[positions[i]] != expected[i];

  thrust::device_vector<unsigned long long> d_squares(n);
  thrust::transform(d_keys.begin(), d_keys.end(), d_squares.begin(), Square());
  unsigned long long sum = thrust::reduce(d_squares.begin(), d_squares.end(), 0ull);
  unsigned long long expected_sum = 0;
  for (unsigned key : expected) expected_sum += Square()(key);

  thrust::sort(d_keys.begin(), d_keys.end(), thrust::greater<unsigned>());
  thrust::copy(d_keys.begin(), d_keys.end(), sorted.begin());
  std::reverse(expected.begin(), expected.end());
  wrong += !std::equal(expected.begin(), expected.end(), sorted.begin());

  bool good = wrong == 0 && sum == expected_sum;
  std::printf("%s: %d keys sorted, %d wrong; sum of squares %llu\n", good ? "PASS" : "FAIL", n, wrong, sum);
  return good ? 0 : 1;
}
