// Pointers wrap around the address space: whether start + n lies before start is asked of the addresses, on the host and in kernels.
#include <cstdint>
#include <cstdio>

__host__ __device__ int before(const char* start, size_t length) {
  const char* end = start + length;
  return end < start;
}

__global__ void ask(const char* start, const size_t* lengths, int* answers) {
  answers[threadIdx.x] = before(start, lengths[threadIdx.x]);
}

// The one ends before it begins, and so is not entered.
__global__ void enter(char* start, int bytes, int* entered) {
  int i = threadIdx.x;
  entered[i] = 0;
  for (char *p = start + i * bytes, *end = start + (i + 1) * bytes; p < end; p = end) entered[i] = 1;
}

int main() {
  const int threads = 64, bytes = 1 << 20;
  size_t* lengths;
  int *answers, wrong = 0;
  char* memory;
  cudaMallocManaged(&lengths, threads * sizeof *lengths);
  cudaMallocManaged(&answers, threads * sizeof *answers);
  cudaMalloc(&memory, 1);
  for (int i = 0; i < threads; ++i) lengths[i] = i % 2 ? SIZE_MAX - i : i;
  ask<<<1, threads>>>(memory, lengths, answers);
  cudaDeviceSynchronize();
  for (int i = 0; i < threads; ++i) wrong += answers[i] != i % 2 || before(memory, lengths[i]) != i % 2;
  enter<<<1, threads>>>(memory, bytes, answers);
  cudaDeviceSynchronize();
  for (int i = 0; i < threads; ++i) wrong += answers[i] != 1;
  enter<<<1, threads>>>(memory, -bytes, answers);
  cudaDeviceSynchronize();
  for (int i = 0; i < threads; ++i) wrong += answers[i] != 0;
  printf(wrong ? "%d wrong\n" : "all right\n", wrong);
  return wrong != 0;
}
