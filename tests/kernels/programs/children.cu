// Kernels that launch kernels: order in a stream, families of families, shared memory, copies and fills, the tail stream.
// nvcc: -rdc=true
#include <stdio.h>

__device__ int order[64], used;
__device__ void note(int what) { order[atomicAdd(&used, 1)] = what; }

__global__ void leaf(int what) { note(what); }
__global__ void middle(int what) {
  note(what);
  leaf<<<1, 1>>>(what + 1);
  leaf<<<1, 1>>>(what + 2);
}
__global__ void top() {
  leaf<<<1, 1, 0, cudaStreamTailLaunch>>>(99);
  middle<<<1, 1>>>(10);
  middle<<<1, 1>>>(20);
  note(1);
}

// Sorts by parts: each part is smaller than its parent's and is complete before what follows it in the stream.
__global__ void sort(int *data, int count) {
  if (count < 2) return;
  int pivot = data[count / 2], left = 0, right = count - 1;
  while (left <= right) {
    while (data[left] < pivot) ++left;
    while (data[right] > pivot) --right;
    if (left <= right) {
      int other = data[left];
      data[left++] = data[right], data[right--] = other;
    }
  }
  cudaStream_t stream;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  if (right > 0) sort<<<1, 1, 0, stream>>>(data, right + 1);
  if (left < count) sort<<<1, 1, 0, stream>>>(data + left, count - left);
  cudaStreamDestroy(stream);
}

struct Shape { double scale; short offset; };
__global__ void fill(int *out, Shape shape, char step) {
  extern __shared__ int room[];
  room[threadIdx.x] = threadIdx.x * step;
  __syncthreads();
  out[blockIdx.x * blockDim.x + threadIdx.x] = shape.scale * room[blockDim.x - 1 - threadIdx.x] + shape.offset + blockIdx.x;
}
__global__ void copies(int *from, int *to, unsigned char *bytes) {
  fill<<<2, 64, 64 * sizeof(int)>>>(from + blockIdx.x * 128, Shape{1.5, short(blockIdx.x)}, 2);
  cudaMemcpyAsync(to + blockIdx.x * 128, from + blockIdx.x * 128, 512, cudaMemcpyDeviceToDevice, 0);
  cudaMemsetAsync(bytes + blockIdx.x * 16, 40 + blockIdx.x, 16, 0);
}
__global__ void too_large() { leaf<<<1, 2000>>>(0); }

int check_order() {
  top<<<1, 1>>>();
  int seen[64], expected[] = {1, 10, 11, 12, 20, 21, 22, 99}, wrong = 0;
  wrong += cudaMemcpyFromSymbol(seen, order, sizeof seen) != cudaSuccess;
  for (int i = 0; i < 8; ++i) wrong += seen[i] != expected[i];
  return wrong;
}

int check_data() {
  int *data, *from, *to, wrong = 0;
  unsigned char *bytes;
  cudaMallocManaged(&data, 500 * sizeof(int));
  cudaMallocManaged(&from, 256 * sizeof(int));
  cudaMallocManaged(&to, 256 * sizeof(int));
  cudaMallocManaged(&bytes, 32);
  for (int i = 0; i < 500; ++i) data[i] = i * 7919 % 1009;
  sort<<<1, 1>>>(data, 500);
  copies<<<2, 1>>>(from, to, bytes);
  wrong += cudaDeviceSynchronize() != cudaSuccess;
  for (int i = 1; i < 500; ++i) wrong += data[i - 1] > data[i];
  for (int i = 0; i < 256; ++i) wrong += to[i] != 3 * (63 - i % 64) + i / 128 + i / 64 % 2;
  for (int i = 0; i < 32; ++i) wrong += bytes[i] != 40 + i / 16;
  return wrong;
}

int main() {
  int wrong = check_order() + check_data();
  too_large<<<1, 1>>>();
  wrong += cudaDeviceSynchronize() == cudaSuccess;
  printf(wrong ? "%d wrong\n" : "all right\n", wrong);
  return wrong != 0;
}
