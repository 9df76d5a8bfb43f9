// Sum of floats: grid-stride loop and a tree in local memory (OpenCL's core has no shuffle); the group sums
// are added by a second, one-group launch.
#define THREADS 256

__kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void reduce(__global const float* data, int n,
                                                                          __global float* sums) {
  __local float partial[THREADS];
  int thread = get_local_id(0);
  float sum = 0.0f;
  for (int i = get_global_id(0); i < n; i += get_global_size(0)) sum += data[i];
  partial[thread] = sum;
  for (int half_way = THREADS / 2; half_way > 0; half_way /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (thread < half_way) partial[thread] += partial[thread + half_way];
  }
  if (thread == 0) sums[get_group_id(0)] = partial[0];
}
