// Sparse matrix times vector, CSR: one row a work-item, and one row for 32 of them.
__kernel void row_a_thread(int rows, __global const int* starts, __global const int* columns,
                           __global const float* values, __global const float* x, __global float* y) {
  int row = get_global_id(0);
  if (row >= rows) return;
  float sum = 0.0f;
  for (int e = starts[row]; e < starts[row + 1]; ++e) sum += values[e] * x[columns[e]];
  y[row] = sum;
}

__kernel __attribute__((reqd_work_group_size(256, 1, 1))) void row_a_warp(
    int rows, __global const int* starts, __global const int* columns, __global const float* values,
    __global const float* x, __global float* y) {
  __local float partial[256];
  int row = get_global_id(0) / 32, thread = get_local_id(0), lane = thread % 32;
  float sum = 0.0f;
  if (row < rows) {
    for (int e = starts[row] + lane; e < starts[row + 1]; e += 32) sum += values[e] * x[columns[e]];
  }
  partial[thread] = sum;
  for (int offset = 16; offset > 0; offset /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < offset) partial[thread] += partial[thread + offset];
  }
  if (lane == 0 && row < rows) y[row] = partial[thread];
}
