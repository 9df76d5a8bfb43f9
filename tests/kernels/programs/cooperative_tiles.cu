// Tiles of several warps (sync, votes, reduce, tiles of tiles), shuffles of values of any type, and parts of tiles, against the host.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <stdio.h>

namespace cg = cooperative_groups;

struct Pair {
  double weight;
  short index;
};

template <unsigned Size> __global__ void tiles(int *sums, int *votes) {
  __shared__ cg::block_tile_memory<1024> room;
  cg::thread_block block = cg::this_thread_block(room);
  auto tile = cg::tiled_partition<Size>(block);
  int me = block.thread_rank();
  int sum = cg::reduce(tile, me * me % 101, cg::plus<int>());
  auto part = cg::tiled_partition<64>(tile);
  // Tiles take different numbers of rounds, so their barriers are not in step.
  for (unsigned round = 0; round < tile.meta_group_rank() + 1; ++round) {
    sum += cg::reduce(part, me, cg::greater<int>());
    tile.sync();
  }
  sums[me] = sum;
  votes[me] = tile.any(me == 70) + 2 * tile.all(me >= 128) + 4 * (tile.thread_rank() == 0) + 8 * tile.meta_group_size();
}

__global__ void shuffles(Pair *pairs, uchar4 *colours) {
  auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  int me = warp.thread_rank();
  pairs[me] = warp.shfl_xor(Pair{me * 0.5, short(me)}, 5);
  colours[me] = warp.shfl_down(make_uchar4(me, 2 * me, 3, 4), 3);
  if (me % 3 == 0) pairs[me] = cg::coalesced_threads().shfl(Pair{1.5 * me, short(-me)}, 2);
}

/* Parts of a tile, what one thread computes for all, and a barrier in two halves. */
__global__ void parts(Pair *pairs, int *ranks) {
  __shared__ int last[64];
  auto block = cg::this_thread_block();
  auto tile = cg::tiled_partition<16>(block);
  int me = block.thread_rank();
  auto token = block.barrier_arrive();
  auto part = cg::binary_partition<16>(tile, me % 3 == 0);
  auto labelled = cg::labeled_partition<16>(tile, me % 5);
  pairs[me] = cg::invoke_one_broadcast(part, [=](double half) { return Pair{me * half, short(part.size())}; }, 0.5);
  last[me] = me;
  cg::invoke_one(labelled, [&](int add) { last[me] += add; }, 100);
  block.barrier_wait(static_cast<decltype(token) &&>(token));
  ranks[me] = last[63 - me] + 1000 * int(labelled.thread_rank());
}
int check_parts(Pair *pairs, int *ranks) {
  parts<<<1, 64>>>(pairs, ranks);
  int wrong = cudaDeviceSynchronize() != cudaSuccess;
  for (int me = 0; me < 64; ++me) {
    int first = me / 16 * 16, leader = -1, count = 0, rank = 0, other = 63 - me;
    for (int i = first; i < first + 16; ++i) {
      if ((i % 3 == 0) != (me % 3 == 0)) continue;
      if (leader < 0) leader = i;
      count++;
    }
    for (int i = first; i < me; ++i) rank += i % 5 == me % 5;
    bool leads = other % 16 < 5;
    wrong += pairs[me].weight != leader * 0.5 || pairs[me].index != count;
    wrong += ranks[me] != other + 100 * leads + 1000 * rank;
  }
  return wrong;
}

template <unsigned Size> int check_tiles(int *sums, int *votes) {
  tiles<Size><<<1, 512>>>(sums, votes);
  cudaDeviceSynchronize();
  int wrong = 0;
  for (int me = 0; me < 512; ++me) {
    int first = me / Size * Size, sum = 0;
    for (unsigned i = first; i < first + Size; ++i) sum += i * i % 101;
    sum += (me / Size + 1) * (me / 64 * 64 + 63);
    bool has_70 = first <= 70 && 70 < first + int(Size);
    int vote = has_70 + 2 * (first >= 128) + 4 * (me == first) + 8 * (512 / Size);
    wrong += sums[me] != sum || votes[me] != vote;
  }
  return wrong;
}

int main() {
  int *sums, *votes;
  Pair *pairs;
  uchar4 *colours;
  cudaMallocManaged(&sums, 512 * sizeof(int));
  cudaMallocManaged(&votes, 512 * sizeof(int));
  cudaMallocManaged(&pairs, 64 * sizeof(Pair));
  cudaMallocManaged(&colours, 32 * sizeof(uchar4));
  int wrong = check_tiles<64>(sums, votes) + check_tiles<128>(sums, votes) + check_tiles<512>(sums, votes);
  wrong += check_parts(pairs, sums);
  shuffles<<<1, 32>>>(pairs, colours);
  wrong += cudaDeviceSynchronize() != cudaSuccess;
  for (int me = 0; me < 32; ++me) {
    bool third = me % 3 == 0;
    wrong += pairs[me].weight != (third ? 9.0 : (me ^ 5) * 0.5) || pairs[me].index != (third ? -6 : me ^ 5);
    int from = me + 3 < 32 ? me + 3 : me;
    wrong += colours[me].x != from || colours[me].y != 2 * from || colours[me].w != 4;
  }
  printf(wrong ? "%d wrong\n" : "all right\n", wrong);
  return wrong != 0;
}
