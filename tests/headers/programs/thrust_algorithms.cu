// Thrust's algorithms on the device against the standard library's on the host. Prints what is wrong.
#include <thrust/adjacent_difference.h>
#include <thrust/binary_search.h>
#include <thrust/copy.h>
#include <thrust/count.h>
#include <thrust/device_vector.h>
#include <thrust/execution_policy.h>
#include <thrust/extrema.h>
#include <thrust/fill.h>
#include <thrust/for_each.h>
#include <thrust/functional.h>
#include <thrust/gather.h>
#include <thrust/host_vector.h>
#include <thrust/inner_product.h>
#include <thrust/iterator/constant_iterator.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/permutation_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/iterator/zip_iterator.h>
#include <thrust/partition.h>
#include <thrust/random.h>
#include <thrust/reduce.h>
#include <thrust/remove.h>
#include <thrust/replace.h>
#include <thrust/reverse.h>
#include <thrust/scan.h>
#include <thrust/scatter.h>
#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/transform.h>
#include <thrust/transform_reduce.h>
#include <thrust/tuple.h>
#include <thrust/unique.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <vector>

static int failures = 0;
static void expect(bool good, const char* what) {
  if (!good) printf("wrong: %s\n", what), ++failures;
}
template <class T> static std::vector<T> fetch(const thrust::device_vector<T>& d) {
  std::vector<T> h(d.size());
  thrust::copy(d.begin(), d.end(), h.begin());
  return h;
}

struct Even {
  __host__ __device__ bool operator()(int x) const { return x % 2 == 0; }
};
struct Square {
  __host__ __device__ long long operator()(int x) const { return (long long)x * x; }
};

static std::vector<int> numbers(int n, int limit) {
  std::vector<int> v(n);
  unsigned state = 1;
  for (int& x : v) state = state * 1664525u + 1013904223u, x = int(state >> 8) % limit - limit / 2;
  return v;
}

static void ordering(const std::vector<int>& h) {
  int n = int(h.size());
  thrust::device_vector<int> d(h.begin(), h.end());
  std::vector<int> want = h;
  std::sort(want.begin(), want.end());
  thrust::sort(d.begin(), d.end());
  expect(fetch(d) == want, "sort");
  thrust::device_vector<int> found(5);
  std::vector<int> wanted{want[0], want[n / 2], want[n - 1], -100000000, 100000000};
  thrust::device_vector<int> keys(wanted.begin(), wanted.end());
  thrust::lower_bound(d.begin(), d.end(), keys.begin(), keys.end(), found.begin());
  for (int i = 0; i < 5; ++i)
    expect(found[i] == std::lower_bound(want.begin(), want.end(), wanted[i]) - want.begin(), "lower_bound");
  auto end = thrust::unique(d.begin(), d.end());
  want.erase(std::unique(want.begin(), want.end()), want.end());
  d.resize(end - d.begin());
  expect(fetch(d) == want, "unique");

  d.assign(h.begin(), h.end());
  thrust::device_vector<float> values(n);
  thrust::sequence(values.begin(), values.end());
  thrust::stable_sort_by_key(d.begin(), d.end(), values.begin(), thrust::greater<int>());
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return h[a] > h[b]; });
  std::vector<float> got = fetch(values);
  expect(std::equal(got.begin(), got.end(), order.begin()), "stable_sort_by_key, descending");

  thrust::device_vector<double> doubles(h.begin(), h.end());
  thrust::sort(doubles.begin(), doubles.end(), [] __host__ __device__(double a, double b) { return a * a < b * b; });
  std::vector<double> sorted = fetch(doubles);
  expect(std::is_sorted(sorted.begin(), sorted.end(), [](double a, double b) { return a * a < b * b; }), "sort by a lambda");
}

static void folding(const std::vector<int>& h) {
  int n = int(h.size());
  thrust::device_vector<int> d(h.begin(), h.end());
  expect(thrust::reduce(d.begin(), d.end()) == std::accumulate(h.begin(), h.end(), 0), "reduce");
  expect(thrust::reduce(d.begin(), d.end(), -1000000000, thrust::maximum<int>()) == *std::max_element(h.begin(), h.end()),
         "reduce, maximum");
  long long squares = thrust::transform_reduce(d.begin(), d.end(), Square(), 0ll, thrust::plus<long long>());
  long long want = 0;
  for (int x : h) want += (long long)x * x;
  expect(squares == want, "transform_reduce");
  expect(thrust::inner_product(d.begin(), d.end(), d.begin(), 0ll) == want, "inner_product");
  auto lazy = thrust::make_transform_iterator(d.begin(), Square());
  expect(thrust::reduce(lazy, lazy + n) == want, "transform_iterator");
  expect(thrust::count_if(d.begin(), d.end(), Even()) == std::count_if(h.begin(), h.end(), Even()), "count_if");
  expect(thrust::max_element(d.begin(), d.end()) - d.begin() == std::max_element(h.begin(), h.end()) - h.begin(), "max_element");
  expect(thrust::min_element(d.begin(), d.end()) - d.begin() == std::min_element(h.begin(), h.end()) - h.begin(), "min_element");

  thrust::device_vector<int> out(n);
  std::vector<int> scanned(n);
  std::partial_sum(h.begin(), h.end(), scanned.begin());
  thrust::inclusive_scan(d.begin(), d.end(), out.begin());
  expect(fetch(out) == scanned, "inclusive_scan");
  thrust::exclusive_scan(d.begin(), d.end(), out.begin(), 7);
  scanned.insert(scanned.begin(), 0), scanned.pop_back();
  for (int& x : scanned) x += 7;
  expect(fetch(out) == scanned, "exclusive_scan");
  thrust::adjacent_difference(d.begin(), d.end(), out.begin());
  std::adjacent_difference(h.begin(), h.end(), scanned.begin());
  expect(fetch(out) == scanned, "adjacent_difference");

  thrust::device_vector<int> keys(n), sums(n), key_out(n);
  thrust::transform(thrust::counting_iterator<int>(0), thrust::counting_iterator<int>(n), keys.begin(),
                    [] __host__ __device__(int i) { return i / 100; });
  auto ends = thrust::reduce_by_key(keys.begin(), keys.end(), thrust::constant_iterator<int>(1), key_out.begin(), sums.begin());
  int groups = int(ends.first - key_out.begin());
  expect(groups == (n + 99) / 100 && sums[0] == 100 && key_out[groups - 1] == groups - 1, "reduce_by_key");
  thrust::inclusive_scan_by_key(keys.begin(), keys.end(), thrust::constant_iterator<int>(1), out.begin());
  std::vector<int> counted = fetch(out);
  bool good = true;
  for (int i = 0; i < n; ++i) good &= counted[i] == i % 100 + 1;
  expect(good, "inclusive_scan_by_key");
}

static void moving(const std::vector<int>& h) {
  int n = int(h.size());
  thrust::device_vector<int> d(h.begin(), h.end()), out(n);
  auto end = thrust::copy_if(d.begin(), d.end(), out.begin(), Even());
  std::vector<int> want;
  std::copy_if(h.begin(), h.end(), std::back_inserter(want), Even());
  out.resize(end - out.begin());
  expect(fetch(out) == want, "copy_if");
  d.erase(thrust::remove_if(d.begin(), d.end(), Even()), d.end());
  expect(d.size() + want.size() == size_t(n), "remove_if");
  d.assign(h.begin(), h.end());
  auto middle = thrust::stable_partition(d.begin(), d.end(), Even());
  expect(size_t(middle - d.begin()) == want.size() && std::equal(want.begin(), want.end(), fetch(d).begin()), "stable_partition");

  out.resize(n);
  thrust::device_vector<int> map(n);
  thrust::sequence(map.begin(), map.end(), n - 1, -1);
  d.assign(h.begin(), h.end());
  thrust::gather(map.begin(), map.end(), d.begin(), out.begin());
  std::vector<int> reversed(h.rbegin(), h.rend());
  expect(fetch(out) == reversed, "gather");
  thrust::copy(thrust::make_permutation_iterator(d.begin(), map.begin()), thrust::make_permutation_iterator(d.begin(), map.end()),
               out.begin());
  expect(fetch(out) == reversed, "permutation_iterator");
  thrust::scatter(d.begin(), d.end(), map.begin(), out.begin());
  expect(fetch(out) == reversed, "scatter");
  thrust::reverse(d.begin(), d.end());
  expect(fetch(d) == reversed, "reverse");
  thrust::replace_if(d.begin(), d.end(), Even(), 0);
  thrust::fill(out.begin(), out.begin() + n / 2, 9);
  expect(out[0] == 9 && out[n / 2 - 1] == 9 && out[n - 1] == h[0], "fill");

  auto pairs = thrust::make_zip_iterator(thrust::make_tuple(d.begin(), out.begin()));
  thrust::for_each(thrust::device, pairs, pairs + n, [] __host__ __device__(thrust::tuple<int&, int&> p) {
    thrust::get<1>(p) = thrust::get<0>(p) * 2;
  });
  std::vector<int> a = fetch(d), b = fetch(out);
  bool good = true;
  for (int i = 0; i < n; ++i) good &= b[i] == 2 * a[i];
  expect(good, "zip_iterator and for_each");

  thrust::host_vector<int> host = out;
  thrust::sort(thrust::host, host.begin(), host.end());
  expect(std::is_sorted(host.begin(), host.end()), "sort on the host");
  thrust::default_random_engine engine(5);
  thrust::uniform_real_distribution<float> uniform(0, 1);
  float x = uniform(engine);
  expect(x >= 0 && x < 1, "random");
  int* raw = thrust::raw_pointer_cast(d.data());
  cudaStream_t stream;
  cudaStreamCreate(&stream);
  thrust::transform(thrust::cuda::par.on(stream), raw, raw + n, raw, thrust::negate<int>());
  cudaStreamSynchronize(stream);
  expect(d[1] == -a[1], "transform on a stream");
}

int main() {
  for (int n : {1000, 70001}) {
    std::vector<int> h = numbers(n, 5000);
    ordering(h), folding(h), moving(h);
  }
  printf(failures ? "%d wrong\n" : "all right\n", failures);
  return failures != 0;
}
