// Breadth-first search: one launch a level; a work-item takes a node of the frontier and claims its
// neighbours.
__kernel void expand(__global const int* starts, __global const int* targets, __global int* levels, int level,
                     __global const int* frontier, int count, __global int* next, __global int* next_count) {
  int i = get_global_id(0);
  if (i >= count) return;
  int node = frontier[i];
  for (int e = starts[node]; e < starts[node + 1]; ++e) {
    int target = targets[e];
    if (levels[target] < 0 && atomic_cmpxchg(&levels[target], -1, level) == -1)
      next[atomic_inc(next_count)] = target;
  }
}
