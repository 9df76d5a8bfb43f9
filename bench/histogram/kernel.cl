// Histogram of bytes, 256 bins: counted in local memory and added up, and with every atomic on global memory.
#define BINS 256

__kernel void clear(__global uint* counts) { counts[get_global_id(0)] = 0; }

__kernel __attribute__((reqd_work_group_size(BINS, 1, 1))) void shared_atomics(__global const uchar* data,
                                                                               int n, __global uint* counts) {
  __local uint group_counts[BINS];
  int thread = get_local_id(0);
  group_counts[thread] = 0;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = get_global_id(0); i < n; i += get_global_size(0)) atomic_inc(&group_counts[data[i]]);
  barrier(CLK_LOCAL_MEM_FENCE);
  atomic_add(&counts[thread], group_counts[thread]);
}

__kernel void global_atomics(__global const uchar* data, int n, __global uint* counts) {
  for (int i = get_global_id(0); i < n; i += get_global_size(0)) atomic_inc(&counts[data[i]]);
}
