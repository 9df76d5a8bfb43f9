// Breadth-first search, level by level: each thread claims neighbours and collects them in a buffer of its
// own.
#include <string.h>

#include "problem.h"

enum { kBuffer = 4096 };

static void append(const int* found, int count, int* next, int* next_count) {
  int at = __atomic_fetch_add(next_count, count, __ATOMIC_RELAXED);
  memcpy(next + at, found, count * sizeof *found);
}

static void search(const Graph* g, int* restrict levels, int* frontier, int* next) {
  int count = 1;
  for (int level = 1; count > 0; ++level) {
    int next_count = 0;
#pragma omp parallel
    {
      int found[kBuffer], kept = 0;
#pragma omp for schedule(static)
      for (int i = 0; i < count; ++i) {
        int node = frontier[i];
        for (int e = g->starts[node]; e < g->starts[node + 1]; ++e) {
          int target = g->targets[e], unseen = -1;
          if (levels[target] >= 0) continue;
          if (!__atomic_compare_exchange_n(&levels[target], &unseen, level, 0, __ATOMIC_RELAXED,
                                           __ATOMIC_RELAXED)) {
            continue;
          }
          found[kept++] = target;
          if (kept == kBuffer) {
            append(found, kept, next, &next_count);
            kept = 0;
          }
        }
      }
      append(found, kept, next, &next_count);
    }
    count = next_count;
    int* swap = frontier;
    frontier = next;
    next = swap;
  }
}

int main(int argc, char** argv) {
  Graph g = make_graph(bench_size(argc, argv, 1 << 19));
  int* levels = bench_alloc(g.nodes * sizeof *levels);
  int* frontier = bench_alloc(g.nodes * sizeof *frontier);
  int* next = bench_alloc(g.nodes * sizeof *next);
  bench_save("starts", g.starts, (g.nodes + 1) * sizeof(int));
  bench_save("targets", g.targets, g.edges * sizeof(int));
  Bench bench = bench_open("bfs");
  while (bench_again(&bench)) {
    memset(levels, 0xff, g.nodes * sizeof *levels);
    levels[0] = 0;
    frontier[0] = 0;
    bench_start(&bench);
    search(&g, levels, frontier, next);
    bench_stop(&bench);
  }
  bench_close_u32(&bench, (const uint32_t*)levels, g.nodes);
  return 0;
}
