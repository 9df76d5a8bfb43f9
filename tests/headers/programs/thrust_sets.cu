// Thrust: sets, merging, searching, partitions, complex numbers, shuffles, lazy iterators and policies, against the standard library.
#include <thrust/complex.h>
#include <thrust/device_ptr.h>
#include <thrust/device_vector.h>
#include <thrust/equal.h>
#include <thrust/execution_policy.h>
#include <thrust/find.h>
#include <thrust/host_vector.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/discard_iterator.h>
#include <thrust/iterator/reverse_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/iterator/transform_output_iterator.h>
#include <thrust/iterator/zip_iterator.h>
#include <thrust/logical.h>
#include <thrust/merge.h>
#include <thrust/mismatch.h>
#include <thrust/partition.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/set_operations.h>
#include <thrust/shuffle.h>
#include <thrust/sort.h>
#include <thrust/tabulate.h>
#include <thrust/transform.h>
#include <thrust/transform_scan.h>
#include <thrust/tuple.h>
#include <thrust/uninitialized_copy.h>
#include <thrust/unique.h>
#include <thrust/universal_vector.h>

#include <algorithm>
#include <complex>
#include <cstdio>
#include <iterator>
#include <numeric>
#include <vector>

static int failures = 0;
static void expect(bool good, const char* what) {
  if (!good) printf("wrong: %s\n", what), ++failures;
}
using Ints = thrust::device_vector<int>;
static bool same(const Ints& d, size_t n, const std::vector<int>& want) {
  std::vector<int> h(n);
  thrust::copy(d.begin(), d.begin() + n, h.begin());
  return h == want;
}
static std::vector<int> numbers(int n, int limit, unsigned state) {
  std::vector<int> v(n);
  for (int& x : v) state = state * 1664525u + 1013904223u, x = int(state >> 8) % limit;
  return v;
}

static void sets(int n) {
  std::vector<int> a = numbers(n, n, 1), b = numbers(n / 2, n, 2), want;
  std::sort(a.begin(), a.end()), std::sort(b.begin(), b.end());
  Ints da(a.begin(), a.end()), db(b.begin(), b.end()), out(a.size() + b.size());
  auto check = [&](Ints::iterator end, const char* what) {
    expect(same(out, end - out.begin(), want), what);
    want.clear();
  };
  auto to = std::back_inserter(want);
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), to);
  check(thrust::set_union(da.begin(), da.end(), db.begin(), db.end(), out.begin()), "set_union");
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), to);
  check(thrust::set_intersection(da.begin(), da.end(), db.begin(), db.end(), out.begin()), "set_intersection");
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), to);
  check(thrust::set_difference(da.begin(), da.end(), db.begin(), db.end(), out.begin()), "set_difference");
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), to);
  check(thrust::set_symmetric_difference(da.begin(), da.end(), db.begin(), db.end(), out.begin()), "set_symmetric_difference");
  std::merge(a.begin(), a.end(), b.begin(), b.end(), to);
  check(thrust::merge(da.begin(), da.end(), db.begin(), db.end(), out.begin()), "merge");
  Ints ones(n, 1), twos(n / 2, 2), from(out.size());
  thrust::merge_by_key(da.begin(), da.end(), db.begin(), db.end(), ones.begin(), twos.begin(), out.begin(), from.begin());
  expect(thrust::count(from.begin(), from.end(), 2) == n / 2 && from.back() == (a.back() > b.back() ? 1 : 2), "merge_by_key");
}

struct Half {
  __host__ __device__ int operator()(int x) const { return x / 2; }
};
struct Below {
  int limit;
  __host__ __device__ bool operator()(int x) const { return x < limit; }
};

static void searching(int n) {
  std::vector<int> h = numbers(n, 1000, 3), want;
  Ints d(h.begin(), h.end()), yes(n), no(n);
  expect(thrust::find(d.begin(), d.end(), h[n / 2]) - d.begin() == std::find(h.begin(), h.end(), h[n / 2]) - h.begin(), "find");
  expect(thrust::any_of(d.begin(), d.end(), Below{1}) == std::any_of(h.begin(), h.end(), Below{1}), "any_of");
  expect(thrust::all_of(d.begin(), d.end(), Below{1000}) && thrust::none_of(d.begin(), d.end(), Below{0}), "all_of, none_of");
  Ints other = d;
  expect(thrust::equal(d.begin(), d.end(), other.begin()), "equal");
  other[n - 3] = -1;
  expect(thrust::mismatch(d.begin(), d.end(), other.begin()).first - d.begin() == n - 3, "mismatch");
  auto ends = thrust::partition_copy(d.begin(), d.end(), yes.begin(), no.begin(), Below{300});
  std::copy_if(h.begin(), h.end(), std::back_inserter(want), Below{300});
  expect(same(yes, ends.first - yes.begin(), want) && ends.second - no.begin() == n - long(want.size()), "partition_copy");
  thrust::sort(d.begin(), d.end());
  expect(thrust::is_sorted(d.begin(), d.end()), "is_sorted");
  Ints kept(n), first(n);
  auto last = thrust::unique_by_key_copy(d.begin(), d.end(), thrust::counting_iterator<int>(0), kept.begin(), first.begin());
  std::sort(h.begin(), h.end());
  bool good = true;
  for (int i = 0; i < last.first - kept.begin(); i += 37) good &= h[first[i]] == kept[i] && (!i || h[first[i] - 1] < kept[i]);
  expect(good, "unique_by_key_copy");
  auto order = thrust::make_zip_iterator(d.begin(), kept.begin());
  thrust::tabulate(kept.begin(), kept.end(), [] __device__(int i) { return -i; });
  thrust::sort(order, order + n);
  expect(kept[n - 1] == -first[last.first - kept.begin() - 1], "sort of tuples");
}

static void lazily(int n) {
  auto count = thrust::counting_iterator<int>(0);
  Ints out(n);
  thrust::copy(thrust::make_reverse_iterator(count + n), thrust::make_reverse_iterator(count), out.begin());
  expect(out[0] == n - 1 && out[n - 1] == 0, "reverse_iterator");
  auto halved = thrust::make_transform_output_iterator(out.begin(), Half());
  thrust::copy(count, count + n, halved);
  expect(out[n - 1] == (n - 1) / 2, "transform_output_iterator");
  auto ends = thrust::reduce_by_key(out.begin(), out.end(), count, thrust::make_discard_iterator(), out.begin());
  expect(ends.second - out.begin() == (n + 1) / 2 && out[1] == 5, "discard_iterator");
  thrust::transform_exclusive_scan(count, count + n, out.begin(), [] __host__ __device__(int x) { return x % 7; }, 5, thrust::plus<int>());
  expect(out[8] == 26, "transform_exclusive_scan");
  thrust::exclusive_scan_by_key(thrust::make_transform_iterator(count, Below{n / 2}), thrust::make_transform_iterator(count + n, Below{n / 2}),
                                count, out.begin());
  expect(out[n / 2] == 0 && out[n / 2 + 2] == n / 2 * 2 + 1, "exclusive_scan_by_key");
  thrust::sequence(out.begin(), out.end());
  thrust::shuffle(out.begin(), out.end(), thrust::default_random_engine(7));
  expect(!thrust::is_sorted(out.begin(), out.end()), "shuffle moves");
  thrust::sort(out.begin(), out.end(), thrust::greater<int>());
  expect(out[0] == n - 1 && out[n - 1] == 0, "shuffle loses nothing");

  int* raw;
  cudaMalloc(&raw, n * sizeof(int));
  thrust::device_ptr<int> pointer(raw);
  thrust::uninitialized_copy(count, count + n, pointer);
  cudaStream_t stream;
  cudaStreamCreate(&stream);
  thrust::sort(thrust::cuda::par_nosync.on(stream), pointer, pointer + n, thrust::greater<int>());
  cudaStreamSynchronize(stream);
  expect(pointer[0] == n - 1, "sort on a stream");
  expect(thrust::reduce(thrust::cuda::par.on(stream), pointer, pointer + n, 0ll) == n * (n - 1ll) / 2, "reduce on a stream");
  cudaStreamDestroy(stream), cudaFree(raw);
  thrust::universal_vector<int> both(n, 2);
  thrust::transform(thrust::device, both.begin(), both.end(), both.begin(), thrust::negate<int>());
  cudaDeviceSynchronize();
  expect(std::accumulate(both.begin(), both.end(), 0) == -2 * n, "universal_vector");
}

static void complexes(int n) {
  using Complex = thrust::complex<double>;
  thrust::device_vector<Complex> z(n), w(n);
  thrust::tabulate(z.begin(), z.end(), [] __device__(int i) { return Complex(cos(i * 0.1), sin(i * 0.1)); });
  thrust::transform(z.begin(), z.end(), w.begin(), [] __device__(Complex x) { return thrust::sqrt(x) * thrust::exp(x) / (x + 2.0); });
  double worst = 0;
  thrust::host_vector<Complex> h = w;
  for (int i = 0; i < n; ++i) {
    std::complex<double> x(cos(i * 0.1), sin(i * 0.1)), want = std::sqrt(x) * std::exp(x) / (x + 2.0);
    worst = std::max(worst, std::abs(std::complex<double>(h[i].real(), h[i].imag()) - want));
  }
  expect(worst < 1e-14, "complex functions");
  Complex sum = thrust::reduce(w.begin(), w.end(), Complex(0), thrust::plus<Complex>());
  Complex other = std::accumulate(h.begin(), h.end(), Complex(0));
  expect(thrust::abs(sum - other) < 1e-9, "sum of complex numbers");
}

int main() {
  for (int n : {1000, 50000}) sets(n), searching(n), lazily(n), complexes(n);
  printf(failures ? "%d wrong\n" : "all right\n", failures);
  return failures != 0;
}
