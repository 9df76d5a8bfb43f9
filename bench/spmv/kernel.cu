// Sparse matrix times vector, CSR: one row a thread, and one row a warp.
#include "problem.h"

__global__ void row_a_thread(int rows, const int* starts, const int* columns, const float* values,
                             const float* x, float* y) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  float sum = 0.0f;
  for (int e = starts[row]; e < starts[row + 1]; ++e) sum += values[e] * x[columns[e]];
  y[row] = sum;
}

__global__ void row_a_warp(int rows, const int* starts, const int* columns, const float* values,
                           const float* x, float* y) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
  if (row >= rows) return;
  float sum = 0.0f;
  for (int e = starts[row] + lane; e < starts[row + 1]; e += 32) sum += values[e] * x[columns[e]];
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
  if (lane == 0) y[row] = sum;
}

int main(int argc, char** argv) {
  Csr m = make_csr(bench_size(argc, argv, 200000));
  float* x = bench_fill(m.rows, 5, -1.0f, 1.0f);
  float* y = (float*)bench_alloc(m.rows * sizeof *y);
  int* d_starts = bench_upload(m.starts, m.rows + 1);
  int* d_columns = bench_upload(m.columns, m.entries);
  float* d_values = bench_upload(m.values, m.entries);
  float* d_x = bench_upload(x, m.rows);
  float* d_y = bench_device<float>(m.rows);

  Bench bench = bench_open("spmv.thread");
  while (bench_again(&bench)) {
    bench_start(&bench);
    row_a_thread<<<(m.rows + 255) / 256, 256>>>(m.rows, d_starts, d_columns, d_values, d_x, d_y);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(y, d_y, m.rows);
  bench_close_f32(&bench, y, m.rows);

  bench = bench_open("spmv.warp");
  while (bench_again(&bench)) {
    bench_start(&bench);
    row_a_warp<<<(m.rows + 7) / 8, 256>>>(m.rows, d_starts, d_columns, d_values, d_x, d_y);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(y, d_y, m.rows);
  bench_close_f32(&bench, y, m.rows);
  return 0;
}
