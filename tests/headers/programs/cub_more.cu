// More of CUB: merges, partitions, segments, transforms, and the block and warp classes that cub_algorithms.cu leaves out.
#include <cub/block/block_shuffle.cuh>
#include <cub/cub.cuh>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <utility>
#include <vector>

static int failures = 0;
static void expect(bool good, const char* what) {
  if (!good) printf("wrong: %s\n", what), ++failures;
}
template <class T> static T* managed(size_t n) {
  T* p;
  cudaMallocManaged(&p, n * sizeof(T));
  return p;
}
// Calls one of CUB's device functions twice: for the size of its scratch memory, then for real.
#define CUB_CALL(function, ...) do { \
    size_t bytes = 0; \
    expect(function(nullptr, bytes, __VA_ARGS__) == cudaSuccess, #function ": size"); \
    char* scratch = managed<char>(bytes + 1); \
    expect(function(scratch, bytes, __VA_ARGS__) == cudaSuccess && cudaDeviceSynchronize() == cudaSuccess, #function); \
    cudaFree(scratch); \
  } while (0)

struct Below {
  int limit;
  __host__ __device__ bool operator()(int x) const { return x < limit; }
};
struct Less {
  __host__ __device__ bool operator()(int a, int b) const { return a < b; }
};
struct Twice {
  __host__ __device__ int operator()(int x) const { return 2 * x; }
};

static void device_level(int n) {
  std::vector<int> h(n), want(n);
  unsigned state = 11;
  for (int& x : h) state = state * 1664525u + 1013904223u, x = int(state >> 8) % 1000;
  int *in = managed<int>(n), *out = managed<int>(n), *aux = managed<int>(n), *count = managed<int>(4);
  std::copy(h.begin(), h.end(), in);
  auto same = [&](const int* p, const std::vector<int>& v) { return std::equal(v.begin(), v.end(), p); };

  CUB_CALL(cub::DevicePartition::If, in, out, count, n, Below{400});
  int low = int(std::stable_partition(h.begin(), h.end(), Below{400}) - h.begin());
  std::reverse(h.begin() + low, h.end());  // CUB writes those that are not selected from the end
  expect(count[0] == low && same(out, h), "DevicePartition::If");
  int *small = managed<int>(n), *middle = managed<int>(n);
  CUB_CALL(cub::DevicePartition::If, in, small, middle, out, count, n, Below{100}, Below{500});
  expect(count[0] == std::count_if(in, in + n, Below{100}) && count[0] + count[1] == std::count_if(in, in + n, Below{500}), "three ways");
  for (int i = 0; i < n; ++i) aux[i] = in[i] % 3 == 0;
  CUB_CALL(cub::DeviceSelect::Flagged, in, aux, out, count, n);
  want.clear();
  std::copy_if(in, in + n, std::back_inserter(want), [](int x) { return x % 3 == 0; });
  expect(count[0] == int(want.size()) && same(out, want), "DeviceSelect::Flagged");
  CUB_CALL(cub::DeviceSelect::Unique, in, out, count, n);
  want.clear();
  std::unique_copy(in, in + n, std::back_inserter(want));
  expect(count[0] == int(want.size()) && same(out, want), "DeviceSelect::Unique");

  for (int i = 0; i < n; ++i) aux[i] = i / 50;
  CUB_CALL(cub::DeviceReduce::ReduceByKey, aux, small, in, out, count, cuda::std::plus<>{}, n);
  expect(count[0] == (n + 49) / 50 && out[1] == std::accumulate(in + 50, in + 100, 0), "DeviceReduce::ReduceByKey");
  CUB_CALL(cub::DeviceScan::InclusiveSumByKey, aux, in, out, n);
  expect(out[49] == std::accumulate(in, in + 50, 0) && out[50] == in[50], "DeviceScan::InclusiveSumByKey");
  CUB_CALL(cub::DeviceReduce::TransformReduce, in, count, n, cuda::std::plus<>{}, Twice{}, 7);
  expect(count[0] == 2 * std::accumulate(in, in + n, 0) + 7, "DeviceReduce::TransformReduce");
  CUB_CALL(cub::DeviceRunLengthEncode::NonTrivialRuns, aux, out, small, count, n);
  expect(count[0] == n / 50 && out[1] == 50 && small[1] == 50, "DeviceRunLengthEncode::NonTrivialRuns");

  expect(cub::DeviceTransform::Transform(cuda::std::make_tuple(in, aux), out, n, [] __device__(int a, int b) { return a - b; }) == 0 &&
             cudaDeviceSynchronize() == cudaSuccess && out[n - 1] == in[n - 1] - aux[n - 1], "DeviceTransform");
  expect(cub::DeviceFor::Bulk(n, [=] __device__(int i) { out[i] = n - i; }) == cudaSuccess &&
             cudaDeviceSynchronize() == cudaSuccess && out[1] == n - 1, "DeviceFor::Bulk");
  expect(cub::DeviceFor::ForEach(out, out + n, [] __device__(int& x) { x += 5; }) == cudaSuccess &&
             cudaDeviceSynchronize() == cudaSuccess && out[n - 1] == 6, "DeviceFor::ForEach");
  CUB_CALL(cub::DeviceAdjacentDifference::SubtractLeftCopy, in, out, n);
  expect(out[0] == in[0] && out[n - 1] == in[n - 1] - in[n - 2], "DeviceAdjacentDifference");

  int* bounds = managed<int>(5);
  const int edges[5] = {0, 3, n / 3, n / 3, n};
  std::copy(edges, edges + 5, bounds);
  CUB_CALL(cub::DeviceSegmentedSort::StableSortPairs, in, out, aux, small, n, 4, bounds, bounds + 1);
  want.assign(in, in + n);
  for (int s = 0; s < 4; ++s) std::sort(want.begin() + edges[s], want.begin() + edges[s + 1]);
  expect(same(out, want), "DeviceSegmentedSort");
  CUB_CALL(cub::DeviceSegmentedReduce::Max, in, count, 4, bounds, bounds + 1);
  expect(count[0] == *std::max_element(in, in + 3) && count[3] == *std::max_element(in + n / 3, in + n), "DeviceSegmentedReduce::Max");
  std::sort(in, in + n / 2), std::sort(in + n / 2, in + n);
  CUB_CALL(cub::DeviceMerge::MergeKeys, in, n / 2, in + n / 2, n - n / 2, out, Less{});
  std::sort(in, in + n);
  expect(std::equal(in, in + n, out), "DeviceMerge");
  CUB_CALL(cub::DeviceMergeSort::StableSortPairs, aux, in, n, [] __device__(int a, int b) { return b < a; });
  expect(aux[0] == (n - 1) / 50 && aux[n - 1] == 0, "DeviceMergeSort::StableSortPairs");

  float levels[5] = {0, 10, 100, 400, 1000};
  float* given = managed<float>(5);
  std::copy(levels, levels + 5, given);
  float* samples = managed<float>(n);
  for (int i = 0; i < n; ++i) samples[i] = float(in[i]) + 0.25f;
  CUB_CALL(cub::DeviceHistogram::HistogramRange, samples, count, 5, given, n);
  expect(count[1] == std::count_if(in, in + n, Below{100}) - std::count_if(in, in + n, Below{10}), "DeviceHistogram::HistogramRange");
  std::pair<void*, size_t> copies[2] = {{in, 40}, {aux, 400}};
  void **from = managed<void*>(2), **to = managed<void*>(2);
  size_t* sizes = managed<size_t>(2);
  for (int i = 0; i < 2; ++i) from[i] = copies[i].first, sizes[i] = copies[i].second, to[i] = out + 500 * i;
  CUB_CALL(cub::DeviceMemcpy::Batched, from, to, sizes, 2);
  expect(std::equal(in, in + 10, out) && std::equal(aux, aux + 100, out + 500), "DeviceMemcpy");
  for (void* p : std::vector<void*>{in, out, aux, count, small, middle, bounds, given, samples, from, to, sizes}) cudaFree(p);
}

constexpr int kThreads = 128, kItems = 4, kTile = kThreads * kItems;

__global__ void block_classes(const int* in, int* out) {
  using Exchange = cub::BlockExchange<int, kThreads, kItems>;
  using Merge = cub::BlockMergeSort<int, kThreads, kItems>;
  using Shuffle = cub::BlockShuffle<int, kThreads>;
  using Difference = cub::BlockAdjacentDifference<int, kThreads>;
  using Rank = cub::BlockRadixRank<kThreads, 5, false>;
  using Runs = cub::BlockRunLengthDecode<int, kThreads, 1, 2>;
  __shared__ union {
    typename Exchange::TempStorage exchange;
    typename Merge::TempStorage merge;
    typename Shuffle::TempStorage shuffle;
    typename Difference::TempStorage difference;
    typename Rank::TempStorage rank;
    typename Runs::TempStorage runs;
  } temp;
  const int t = threadIdx.x;
  int items[kItems];
  cub::LoadDirectStriped<kThreads>(t, in, items);
  Exchange(temp.exchange).StripedToBlocked(items, items);
  __syncthreads();
  cub::StoreDirectBlocked(t, out, items);
  Merge(temp.merge).Sort(items, Less{});
  __syncthreads();
  cub::StoreDirectBlocked(t, out + kTile, items);
  int differences[kItems], moved = -1;
  Difference(temp.difference).SubtractLeft(items, differences, [](int a, int b) { return a - b; });
  __syncthreads();
  cub::StoreDirectBlocked(t, out + 2 * kTile, differences);
  Shuffle(temp.shuffle).Offset(t, moved, 3);
  __syncthreads();
  out[3 * kTile + t] = moved;
  unsigned keys[1] = {unsigned(in[t]) & 31};
  int ranks[1];
  Rank(temp.rank).RankKeys(keys, ranks, cub::BFEDigitExtractor<unsigned>(0, 5));
  __syncthreads();
  out[3 * kTile + kThreads + ranks[0]] = int(keys[0]);
  int values[1] = {t}, lengths[1] = {2}, decoded[2], total = 0;
  Runs runs(temp.runs, values, lengths, total);
  runs.RunLengthDecode(decoded, 0);
  out[3 * kTile + 2 * kThreads + t] = decoded[0] == t && decoded[1] == t && total == 2 * kThreads;
}

__global__ void warp_classes(const int* in, int* out) {
  using Exchange = cub::WarpExchange<int, 4, 32>;
  using Load = cub::WarpLoad<int, 4, cub::WARP_LOAD_TRANSPOSE, 16>;
  using Segments = cub::WarpReduce<int>;
  __shared__ typename Exchange::TempStorage exchange;
  __shared__ typename Load::TempStorage load[2];
  __shared__ typename Segments::TempStorage segments;
  const int t = threadIdx.x, half = t / 16;
  int items[4];
  Load(load[half]).Load(in + half * 64, items);
  out[t] = items[0] + items[3];
  __syncwarp();
  Exchange(exchange).BlockedToStriped(items, items);
  out[32 + t] = items[1];
  __syncwarp();
  int sum = Segments(segments).HeadSegmentedSum(in[t], t % 5 == 0);
  if (t % 5 == 0) out[64 + t / 5] = sum;
  int least = cub::ShuffleIndex<32>(in[t], 7, ~0u), up = cub::ShuffleUp<32>(in[t], 1, 0, ~0u);
  out[96 + t] = least == in[7] && up == in[t ? t - 1 : 0];
}

static void inside_blocks() {
  int *in = managed<int>(kTile), *out = managed<int>(4 * kTile);
  for (int i = 0; i < kTile; ++i) in[i] = (i * 7919 + 13) % 1009;
  block_classes<<<1, kThreads>>>(in, out);
  expect(cudaDeviceSynchronize() == cudaSuccess, "block kernel");
  std::vector<int> sorted(in, in + kTile), digits(kThreads);
  std::sort(sorted.begin(), sorted.end());
  expect(std::equal(in, in + kTile, out), "BlockExchange");
  expect(std::equal(sorted.begin(), sorted.end(), out + kTile), "BlockMergeSort");
  bool good = out[2 * kTile] == sorted[0];
  for (int i = 1; i < kTile; ++i) good &= out[2 * kTile + i] == sorted[i] - sorted[i - 1];
  expect(good, "BlockAdjacentDifference");
  expect(out[3 * kTile] == 3 && out[3 * kTile + 124] == 127, "BlockShuffle");
  for (int i = 0; i < kThreads; ++i) digits[i] = in[i] & 31;
  std::sort(digits.begin(), digits.end());
  expect(std::equal(digits.begin(), digits.end(), out + 3 * kTile + kThreads), "BlockRadixRank");
  expect(std::count(out + 3 * kTile + 2 * kThreads, out + 3 * kTile + 3 * kThreads, 1) == kThreads, "BlockRunLengthDecode");
  warp_classes<<<1, 32>>>(in, out);
  expect(cudaDeviceSynchronize() == cudaSuccess, "warp kernel");
  good = true;
  for (int t = 0; t < 32; ++t) good &= out[t] == in[4 * t] + in[4 * t + 3] && out[32 + t] == in[32 + t] && out[96 + t];
  expect(good, "WarpLoad, WarpExchange, shuffles");
  expect(out[64] == std::accumulate(in, in + 5, 0) && out[70] == in[30] + in[31], "WarpReduce::HeadSegmentedSum");
}

int main() {
  inside_blocks();
  device_level(2000);
  device_level(60001);
  printf(failures ? "%d wrong\n" : "all right\n", failures);
  return failures != 0;
}
