// Decoupled look-back by every lane for itself, as sorts do it: a block adds up what the blocks before it had, a bin a thread. Lanes leave
// the loop at different blocks, and stay together while they wait.
#include <cstdio>
#include <cstdlib>
#include <vector>

constexpr int kBins = 256, kBlocks = 300;
constexpr unsigned kPart = 1u << 30, kSum = 1u << 31, kValue = kPart - 1;

__global__ void running_counts(const int* counts, volatile unsigned* state, unsigned* before, unsigned* ticket) {
  __shared__ int shared;
  if (threadIdx.x == 0) shared = atomicAdd(ticket, 1u);
  __syncthreads();
  int block = shared, bin = threadIdx.x;
  unsigned own = counts[block * kBins + bin], sum = 0;
  state[block * kBins + bin] = own | (block ? kPart : kSum);
  unsigned together = ~0u;
  for (int at = block - 1; at >= 0; --at) {
    unsigned seen;
    do {
      __threadfence_block();
      seen = state[at * kBins + bin];
    } while (seen == 0);
    sum += seen & kValue;
    together = __ballot_sync(together, !(seen & kSum));
    if (seen & kSum) break;
  }
  if (block) state[block * kBins + bin] = (sum + own) | kSum;
  before[block * kBins + bin] = sum;
}

int main() {
  std::vector<int> counts(kBlocks * kBins);
  for (int& c : counts) c = rand() % 100;
  int* in;
  unsigned *state, *before;
  const size_t bytes = counts.size() * 4;
  cudaMalloc(&in, bytes), cudaMalloc(&state, bytes + 4), cudaMalloc(&before, bytes);
  cudaMemcpy(in, counts.data(), bytes, cudaMemcpyHostToDevice);
  cudaMemset(state, 0, bytes + 4);
  running_counts<<<kBlocks, kBins>>>(in, state, before, state + counts.size());
  std::vector<unsigned> got(counts.size());
  if (cudaMemcpy(got.data(), before, bytes, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;
  int bad = 0;
  for (int bin = 0; bin < kBins; ++bin)
    for (unsigned at = 0, sum = 0; at < kBlocks; sum += counts[at++ * kBins + bin]) bad += got[at * kBins + bin] != sum;
  printf("%d wrong\n", bad);
  return bad != 0;
}
