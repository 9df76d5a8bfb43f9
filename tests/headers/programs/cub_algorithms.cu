// CUB: warp, block and device algorithms against the standard library's. Prints what is wrong.
#include <cub/cub.cuh>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <vector>

static int failures = 0;
static void expect(bool good, const char* what) {
  if (!good) printf("wrong: %s\n", what), ++failures;
}
template <class T> struct Array {
  T* p;
  size_t n;
  explicit Array(size_t count) : n(count) { cudaMalloc(&p, n * sizeof(T)), cudaMemset(p, 0, n * sizeof(T)); }
  explicit Array(const std::vector<T>& h) : Array(h.size()) { cudaMemcpy(p, h.data(), n * sizeof(T), cudaMemcpyHostToDevice); }
  ~Array() { cudaFree(p); }
  std::vector<T> host() const {
    std::vector<T> h(n);
    cudaMemcpy(h.data(), p, n * sizeof(T), cudaMemcpyDeviceToHost);
    return h;
  }
};
// Calls one of CUB's device functions twice: for the size of its scratch memory, then for real.
#define CUB_CALL(function, ...) do { \
    size_t bytes = 0; \
    expect(function(nullptr, bytes, __VA_ARGS__) == cudaSuccess, #function ": size"); \
    Array<char> scratch(bytes + 1); \
    expect(function(scratch.p, bytes, __VA_ARGS__) == cudaSuccess && cudaDeviceSynchronize() == cudaSuccess, #function); \
  } while (0)

static std::vector<int> numbers(int n, int limit) {
  std::vector<int> v(n);
  unsigned state = 3;
  for (int& x : v) state = state * 1664525u + 1013904223u, x = int(state >> 8) % limit;
  return v;
}

constexpr int kThreads = 128, kItems = 4, kTile = kThreads * kItems;

__global__ void block_algorithms(const int* in, int* sorted, int* scanned, int* results, unsigned* histogram) {
  using Load = cub::BlockLoad<int, kThreads, kItems, cub::BLOCK_LOAD_TRANSPOSE>;
  using Store = cub::BlockStore<int, kThreads, kItems, cub::BLOCK_STORE_WARP_TRANSPOSE>;
  using Sort = cub::BlockRadixSort<int, kThreads, kItems>;
  using Scan = cub::BlockScan<int, kThreads>;
  using Reduce = cub::BlockReduce<int, kThreads>;
  using Histogram = cub::BlockHistogram<unsigned char, kThreads, kItems, 256>;
  using Head = cub::BlockDiscontinuity<int, kThreads>;
  __shared__ union {
    typename Load::TempStorage load;
    typename Store::TempStorage store;
    typename Sort::TempStorage sort;
    typename Scan::TempStorage scan;
    typename Reduce::TempStorage reduce;
    typename Histogram::TempStorage histogram;
    typename Head::TempStorage head;
  } temp;
  int items[kItems], copy[kItems];
  Load(temp.load).Load(in, items);
  __syncthreads();
  int total = Reduce(temp.reduce).Sum(items);
  __syncthreads();
  int most = Reduce(temp.reduce).Reduce(items, [](int a, int b) { return a < b ? b : a; });
  __syncthreads();
  if (threadIdx.x == 0) results[0] = total, results[1] = most;
  int aggregate;
  Scan(temp.scan).ExclusiveSum(items, copy, aggregate);
  __syncthreads();
  if (threadIdx.x == 5) results[2] = aggregate;
  Store(temp.store).Store(scanned, copy);
  __syncthreads();
  unsigned char bins[kItems];
  for (int i = 0; i < kItems; ++i) bins[i] = (unsigned char)items[i];
  Histogram(temp.histogram).Histogram(bins, histogram);
  __syncthreads();
  Sort(temp.sort).Sort(items);
  __syncthreads();
  int heads[kItems];
  Head(temp.head).FlagHeads(heads, items, [](int a, int b) { return a != b; });
  __syncthreads();
  int distinct = Reduce(temp.reduce).Sum(heads);
  if (threadIdx.x == 0) results[3] = distinct;
  __syncthreads();
  Store(temp.store).Store(sorted, items);
}

__global__ void warp_algorithms(const int* in, int* out) {
  using Reduce = cub::WarpReduce<int>;
  using Scan = cub::WarpScan<int>;
  using Quarter = cub::WarpReduce<float, 8>;
  using Sort = cub::WarpMergeSort<int, 2, 32>;
  __shared__ typename Reduce::TempStorage reduce[4];
  __shared__ typename Scan::TempStorage scan[4];
  __shared__ typename Quarter::TempStorage quarter[16];
  __shared__ typename Sort::TempStorage sort[4];
  int warp = threadIdx.x / 32, x = in[threadIdx.x];
  int sum = Reduce(reduce[warp]).Sum(x), inclusive;
  sum = __shfl_sync(~0u, sum, 0);
  Scan(scan[warp]).InclusiveSum(x, inclusive);
  float eighth = Quarter(quarter[threadIdx.x / 8]).Reduce((float)x, [](float a, float b) { return a < b ? b : a; });
  int pair[2] = {x, -x};
  Sort(sort[warp]).Sort(pair, [](int a, int b) { return a < b; });
  out[threadIdx.x] = sum, out[128 + threadIdx.x] = inclusive, out[256 + threadIdx.x] = (int)eighth;
  out[384 + 2 * threadIdx.x] = pair[0], out[385 + 2 * threadIdx.x] = pair[1];
}

static void block_level() {
  std::vector<int> h = numbers(kTile, 200);
  Array<int> in(h), sorted(kTile), scanned(kTile), results(4);
  Array<unsigned> histogram(256);
  block_algorithms<<<1, kThreads>>>(in.p, sorted.p, scanned.p, results.p, histogram.p);
  expect(cudaDeviceSynchronize() == cudaSuccess, "block kernel");
  std::vector<int> want = h, sums(kTile);
  std::sort(want.begin(), want.end());
  int total = std::accumulate(h.begin(), h.end(), 0);
  std::exclusive_scan(h.begin(), h.end(), sums.begin(), 0);
  std::vector<int> got = results.host();
  expect(sorted.host() == want, "BlockRadixSort");
  expect(scanned.host() == sums, "BlockScan");
  expect(got[0] == total && got[2] == total, "BlockReduce");
  expect(got[1] == want.back(), "BlockReduce with a lambda");
  expect(got[3] == std::unique(want.begin(), want.end()) - want.begin(), "BlockDiscontinuity");
  std::vector<unsigned> bins(256);
  for (int x : h) ++bins[x];
  expect(histogram.host() == bins, "BlockHistogram");

  Array<int> out(640);
  warp_algorithms<<<1, 128>>>(in.p, out.p);
  got = out.host();
  bool good = true;
  for (int w = 0; w < 4; ++w) {
    int sum = 0, most = 0;
    std::vector<int> pairs;
    for (int i = 0; i < 32; ++i) {
      int t = w * 32 + i;
      sum += h[t], most = i % 8 == 0 ? h[t] : std::max(most, h[t]);
      pairs.push_back(h[t]), pairs.push_back(-h[t]);
      good &= got[128 + t] == sum;
      if (i % 8 == 7) good &= got[256 + t - 7] == most;
    }
    std::sort(pairs.begin(), pairs.end());
    good &= got[w * 32] == sum && std::equal(pairs.begin(), pairs.end(), got.begin() + 384 + w * 64);
  }
  expect(good, "warp algorithms");
}

static void device_level(int n) {
  std::vector<int> h = numbers(n, 1000);
  Array<int> in(h), out(n), count(1);
  Array<long long> sum(1);
  CUB_CALL(cub::DeviceReduce::Sum, in.p, sum.p, n);
  expect(sum.host()[0] == std::accumulate(h.begin(), h.end(), 0ll), "DeviceReduce::Sum");
  CUB_CALL(cub::DeviceReduce::Max, in.p, count.p, n);
  expect(count.host()[0] == *std::max_element(h.begin(), h.end()), "DeviceReduce::Max");
  Array<cub::KeyValuePair<int, int>> best(1);
  CUB_CALL(cub::DeviceReduce::ArgMin, in.p, best.p, n);
  expect(best.host()[0].key == std::min_element(h.begin(), h.end()) - h.begin(), "DeviceReduce::ArgMin");

  std::vector<int> want(n);
  CUB_CALL(cub::DeviceScan::ExclusiveSum, in.p, out.p, n);
  std::exclusive_scan(h.begin(), h.end(), want.begin(), 0);
  expect(out.host() == want, "DeviceScan::ExclusiveSum");
  CUB_CALL(cub::DeviceScan::InclusiveScan, in.p, out.p, [] __device__(int a, int b) { return a < b ? b : a; }, n);
  std::inclusive_scan(h.begin(), h.end(), want.begin(), [](int a, int b) { return std::max(a, b); });
  expect(out.host() == want, "DeviceScan::InclusiveScan");

  Array<float> keys(n), keys_out(n);
  std::vector<float> fractions(n);
  for (int i = 0; i < n; ++i) fractions[i] = float(h[i] - 500) / 3;
  cudaMemcpy(keys.p, fractions.data(), n * 4, cudaMemcpyHostToDevice);
  CUB_CALL(cub::DeviceRadixSort::SortPairs, keys.p, keys_out.p, in.p, out.p, n);
  std::vector<float> sorted = fractions;
  std::sort(sorted.begin(), sorted.end());
  expect(keys_out.host() == sorted, "DeviceRadixSort::SortPairs");
  CUB_CALL(cub::DeviceRadixSort::SortKeysDescending, in.p, out.p, n);
  want = h;
  std::sort(want.rbegin(), want.rend());
  expect(out.host() == want, "DeviceRadixSort::SortKeysDescending");
  CUB_CALL(cub::DeviceMergeSort::SortKeys, out.p, n, [] __device__(int a, int b) { return a < b; });
  std::reverse(want.begin(), want.end());
  expect(out.host() == want, "DeviceMergeSort");

  CUB_CALL(cub::DeviceSelect::If, in.p, out.p, count.p, n, [] __device__(int x) { return x < 300; });
  expect(count.host()[0] == std::count_if(h.begin(), h.end(), [](int x) { return x < 300; }), "DeviceSelect::If");
  Array<int> sorted_in(want), runs(n);
  CUB_CALL(cub::DeviceRunLengthEncode::Encode, sorted_in.p, out.p, runs.p, count.p, n);
  int distinct = int(std::unique(want.begin(), want.end()) - want.begin());
  expect(count.host()[0] == distinct, "DeviceRunLengthEncode");
  Array<int> bins(16);
  CUB_CALL(cub::DeviceHistogram::HistogramEven, in.p, bins.p, 17, 0, 1600, n);
  std::vector<int> expected(16);
  for (int x : h) ++expected[x / 100];
  expect(bins.host() == expected, "DeviceHistogram");

  std::vector<int> bounds{0, n / 3, n / 3, n};
  Array<int> offsets(bounds), segments(3);
  CUB_CALL(cub::DeviceSegmentedReduce::Sum, in.p, segments.p, 3, offsets.p, offsets.p + 1);
  std::vector<int> sums = segments.host();
  expect(sums[0] == std::accumulate(h.begin(), h.begin() + n / 3, 0) && sums[1] == 0, "DeviceSegmentedReduce");
  CUB_CALL(cub::DeviceSegmentedRadixSort::SortKeys, in.p, out.p, n, 3, offsets.p, offsets.p + 1);
  std::vector<int> pieces = out.host();
  expect(std::is_sorted(pieces.begin(), pieces.begin() + n / 3) && std::is_sorted(pieces.begin() + n / 3, pieces.end()),
         "DeviceSegmentedRadixSort");
}

int main() {
  block_level();
  device_level(1000);
  device_level(100003);
  printf(failures ? "%d wrong\n" : "all right\n", failures);
  return failures != 0;
}
