// A directed graph in CSR form: 4 to 12 edges out of every node, to anywhere.
#pragma once
#include "../bench.h"

typedef struct Graph {
  int nodes, edges;
  int *starts, *targets;
} Graph;

static inline Graph make_graph(int nodes) {
  Graph g = {nodes, 0, (int*)bench_alloc((nodes + 1) * sizeof(int)), 0};
  for (int node = 0; node < nodes; ++node) {
    g.starts[node] = g.edges;
    g.edges += 4 + (int)(bench_hash(node, 1) % 9);
  }
  g.starts[nodes] = g.edges;
  g.targets = (int*)bench_alloc(g.edges * sizeof(int));
  for (int e = 0; e < g.edges; ++e) g.targets[e] = (int)(bench_hash(e, 2) % (uint32_t)nodes);
  return g;
}
