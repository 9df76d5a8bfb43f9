// Kernels that are launched with more block shapes than get a form each: one form serves all others. In rows, at a barrier, in a grid of blocks, with
// additions to a small array.
#include <stdio.h>
#include <vector>

__global__ void rows(int *out, int width, int height) {
  for (int y = blockIdx.y * blockDim.y + threadIdx.y; y < height; y += blockDim.y * gridDim.y)
    for (int x = blockIdx.x * blockDim.x + threadIdx.x; x < width; x += blockDim.x * gridDim.x) out[y * width + x] += 1000 * y + x;
}
__global__ void turned(int *out, int n) {
  __shared__ int kept[1024];
  int t = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x, threads = blockDim.x * blockDim.y * blockDim.z;
  for (int base = blockIdx.x * threads; base < n; base += gridDim.x * threads) {
    kept[t] = base + t;
    __syncthreads();
    if (base + t < n) out[base + t] += 3 * kept[(t + 1) % threads] + blockIdx.x;
    __syncthreads();
  }
}
__global__ void counted(int *bins, int n) {
  int i = (blockIdx.y * gridDim.x + blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) atomicAdd(bins + i % 16, i);
}

const int N = 4800;
static int run(int *device, const char *what, std::vector<int> &expected, dim3 block) {
  std::vector<int> got(N);
  if (cudaGetLastError() || cudaMemcpy(got.data(), device, 4 * N, cudaMemcpyDeviceToHost)) return printf("%s: %s\n", what, cudaGetErrorString(cudaPeekAtLastError()));
  for (int i = 0; i < N; i++)
    if (got[i] != expected[i]) return printf("%s in %u x %u x %u: %d: %d, not %d\n", what, block.x, block.y, block.z, i, got[i], expected[i]);
  cudaMemset(device, 0, 4 * N);
  return 0;
}

int main() {
  int *device, wrong = 0;
  cudaMalloc(&device, 4 * N);
  cudaMemset(device, 0, 4 * N);
  for (unsigned shape = 0; shape < 24 && !wrong; shape++) {
    dim3 block(1 + shape * 5 % 48, 1 + shape * 3 % 7, 1 + shape % 3);
    int threads = block.x * block.y * block.z;
    std::vector<int> expected(N);
    rows<<<dim3(2, 3), dim3(block.x, block.y)>>>(device, 60, 80);
    for (int i = 0; i < N; i++) expected[i] = 1000 * (i / 60) + i % 60;
    wrong |= run(device, "rows", expected, block);
    turned<<<3, block>>>(device, N);
    for (int i = 0; i < N; i++) {
      int chunk = i / threads;
      expected[i] = 3 * (chunk * threads + (i % threads + 1) % threads) + chunk % 3;
    }
    wrong |= run(device, "turned", expected, block);
    counted<<<dim3(N / block.x / 4 + 1, 5), block.x>>>(device, N);
    for (int i = 0; i < N; i++) expected[i] = 0;
    for (int i = 0; i < N; i++) expected[i % 16] += i;
    wrong |= run(device, "counted", expected, block);
  }
  printf(wrong ? "wrong\n" : "right\n");
  return wrong != 0;
}
