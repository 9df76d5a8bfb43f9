// Transpose: coalesced reads and writes through a padded shared tile, so that no two lanes hit one bank.
//
// Usage: transpose [rows] [columns]

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

constexpr int kTile = 32;
constexpr int kRowsAtOnce = 8;  // a block of 32 x 8 threads moves a tile of 32 x 32 in four steps

__global__ void transpose(const float* in, float* out, int rows, int columns) {
  // Without the "+ 1", the 32 elements of a tile column would lie in one memory bank.
  __shared__ float tile[kTile][kTile + 1];

  int column = blockIdx.x * kTile + threadIdx.x;
  int row = blockIdx.y * kTile + threadIdx.y;
  for (int i = 0; i < kTile; i += kRowsAtOnce) {
    if (row + i < rows && column < columns)
      tile[threadIdx.y + i][threadIdx.x] = in[(row + i) * columns + column];
  }
  __syncthreads();

  int out_column = blockIdx.y * kTile + threadIdx.x;
  int out_row = blockIdx.x * kTile + threadIdx.y;
  for (int i = 0; i < kTile; i += kRowsAtOnce) {
    if (out_row + i < columns && out_column < rows) {
      out[(out_row + i) * rows + out_column] = tile[threadIdx.x][threadIdx.y + i];
    }
  }
}

int main(int argc, char** argv) {
  int rows = argc > 1 ? std::atoi(argv[1]) : 1000;
  int columns = argc > 2 ? std::atoi(argv[2]) : rows + 77;
  std::vector<float> in(rows * columns), out(rows * columns);
  for (int i = 0; i < rows * columns; ++i) in[i] = static_cast<float>(i);

  float *d_in, *d_out;
  size_t bytes = in.size() * sizeof(float);
  CHECK(cudaMalloc(&d_in, bytes));
  CHECK(cudaMalloc(&d_out, bytes));
  CHECK(cudaMemcpy(d_in, in.data(), bytes, cudaMemcpyHostToDevice));

  dim3 threads(kTile, kRowsAtOnce);
  dim3 blocks((columns + kTile - 1) / kTile, (rows + kTile - 1) / kTile);
  transpose<<<blocks, threads>>>(d_in, d_out, rows, columns);
  CHECK(cudaGetLastError());
  CHECK(cudaMemcpy(out.data(), d_out, bytes, cudaMemcpyDeviceToHost));

  int wrong = 0;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column)
      wrong += out[column * rows + row] != in[row * columns + column];
  }
  std::printf("%s: %d x %d, %d elements wrong\n", wrong ? "FAIL" : "PASS", rows, columns, wrong);

  CHECK(cudaFree(d_in));
  CHECK(cudaFree(d_out));
  return wrong ? 1 : 0;
}
