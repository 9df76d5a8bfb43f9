// Breadth-first search: one launch a level; a thread takes a node of the frontier and claims its neighbours.
#include "problem.h"

__global__ void expand(const int* starts, const int* targets, int* levels, int level, const int* frontier,
                       int count, int* next, int* next_count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  int node = frontier[i];
  for (int e = starts[node]; e < starts[node + 1]; ++e) {
    int target = targets[e];
    if (levels[target] < 0 && atomicCAS(&levels[target], -1, level) == -1)
      next[atomicAdd(next_count, 1)] = target;
  }
}

int main(int argc, char** argv) {
  Graph g = make_graph(bench_size(argc, argv, 1 << 19));
  int* d_starts = bench_upload(g.starts, g.nodes + 1);
  int* d_targets = bench_upload(g.targets, g.edges);
  int* d_levels = bench_device<int>(g.nodes);
  int* d_frontier = bench_device<int>(g.nodes);
  int* d_next = bench_device<int>(g.nodes);
  int* d_count = bench_device<int>(1);
  Bench bench = bench_open("bfs");
  while (bench_again(&bench)) {
    BENCH_CUDA(cudaMemset(d_levels, 0xff, g.nodes * sizeof(int)));
    BENCH_CUDA(cudaMemset(d_levels, 0, sizeof(int)));
    BENCH_CUDA(cudaMemset(d_frontier, 0, sizeof(int)));
    bench_finish();
    bench_start(&bench);
    int count = 1;
    for (int level = 1; count > 0; ++level) {
      BENCH_CUDA(cudaMemset(d_count, 0, sizeof(int)));
      expand<<<(count + 255) / 256, 256>>>(d_starts, d_targets, d_levels, level, d_frontier, count, d_next,
                                           d_count);
      BENCH_CUDA(cudaMemcpy(&count, d_count, sizeof(int), cudaMemcpyDeviceToHost));
      int* swap = d_frontier;
      d_frontier = d_next;
      d_next = swap;
    }
    bench_stop(&bench);
  }
  uint32_t* levels = (uint32_t*)bench_alloc(g.nodes * sizeof *levels);
  bench_download(levels, (const uint32_t*)d_levels, g.nodes);
  bench_close_u32(&bench, levels, g.nodes);
  return 0;
}
