// Bitonic sort of 32-bit keys: short distances in local memory, long ones in global.
#define THREADS 512
#define CHUNK (2 * THREADS)

__kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void in_shared(__global uint* keys, int from,
                                                                             int to) {
  __local uint chunk[CHUNK];
  int thread = get_local_id(0), start = get_group_id(0) * CHUNK;
  chunk[thread] = keys[start + thread];
  chunk[thread + THREADS] = keys[start + thread + THREADS];
  for (int length = from; length <= to; length *= 2) {
    for (int distance = min(length / 2, THREADS); distance > 0; distance /= 2) {
      barrier(CLK_LOCAL_MEM_FENCE);
      int i = 2 * thread - (thread & (distance - 1));
      bool ascending = ((start + i) & length) == 0;
      uint low = min(chunk[i], chunk[i + distance]), high = max(chunk[i], chunk[i + distance]);
      chunk[i] = ascending ? low : high;
      chunk[i + distance] = ascending ? high : low;
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  keys[start + thread] = chunk[thread];
  keys[start + thread + THREADS] = chunk[thread + THREADS];
}

__kernel void in_global(__global uint* keys, int length, int distance) {
  int thread = get_global_id(0);
  int i = 2 * thread - (thread & (distance - 1));
  bool ascending = (i & length) == 0;
  uint low = min(keys[i], keys[i + distance]), high = max(keys[i], keys[i + distance]);
  keys[i] = ascending ? low : high;
  keys[i + distance] = ascending ? high : low;
}
