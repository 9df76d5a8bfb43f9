// Streams and events: copies and kernels of four chunks overlap in four streams; events order and time them.
//
// Usage: streams [elements per chunk]

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <cuda_runtime.h>

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

constexpr int kChunks = 4;
constexpr int kRounds = 50;

__host__ __device__ inline float polish(float x) {
  for (int i = 0; i < kRounds; ++i) x = 0.5f * (x + 2.0f / x);  // Newton's square root of two
  return x;
}

__global__ void polish_chunk(float* data, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] = polish(data[i]);
}

__global__ void add_chunks(const float* data, float* sums, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = 0.0f;
  for (int chunk = 0; chunk < kChunks; ++chunk) sum += data[chunk * n + i];
  sums[i] = sum;
}

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 100'000;
  size_t bytes = n * sizeof(float);
  float *data, *sums;  // pinned host memory: only then is a copy really asynchronous
  CHECK(cudaMallocHost(&data, kChunks * bytes));
  CHECK(cudaMallocHost(&sums, bytes));
  for (int i = 0; i < kChunks * n; ++i) data[i] = 1.0f + i % 9;

  float *d_data, *d_sums;
  CHECK(cudaMalloc(&d_data, kChunks * bytes));
  CHECK(cudaMalloc(&d_sums, bytes));
  cudaStream_t streams[kChunks], last;
  cudaEvent_t done[kChunks], start, stop;
  CHECK(cudaStreamCreateWithFlags(&last, cudaStreamNonBlocking));
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventCreate(&stop));
  int threads = 256, blocks = (n + threads - 1) / threads;

  CHECK(cudaEventRecord(start, last));
  for (int chunk = 0; chunk < kChunks; ++chunk) {
    CHECK(cudaStreamCreateWithFlags(&streams[chunk], cudaStreamNonBlocking));
    CHECK(cudaEventCreateWithFlags(&done[chunk], cudaEventDisableTiming));
    float* d_chunk = d_data + chunk * n;
    CHECK(cudaMemcpyAsync(d_chunk, data + chunk * n, bytes, cudaMemcpyHostToDevice, streams[chunk]));
    polish_chunk<<<blocks, threads, 0, streams[chunk]>>>(d_chunk, n);
    CHECK(cudaGetLastError());
    CHECK(cudaEventRecord(done[chunk], streams[chunk]));
    CHECK(cudaStreamWaitEvent(last, done[chunk], 0));  // the last stream waits for all; the host for nobody
  }
  add_chunks<<<blocks, threads, 0, last>>>(d_data, d_sums, n);
  CHECK(cudaGetLastError());
  CHECK(cudaMemcpyAsync(sums, d_sums, bytes, cudaMemcpyDeviceToHost, last));
  CHECK(cudaEventRecord(stop, last));
  CHECK(cudaEventSynchronize(stop));
  float elapsed_ms = 0.0f;
  CHECK(cudaEventElapsedTime(&elapsed_ms, start, stop));

  int wrong = 0;
  for (int i = 0; i < n; ++i) {
    float expected = 0.0f;
    for (int chunk = 0; chunk < kChunks; ++chunk) expected += polish(data[chunk * n + i]);
    wrong += !(std::fabs(sums[i] - expected) <= 1e-5f);
  }
  bool good = wrong == 0 && elapsed_ms > 0.0f;
  std::printf("%s: %d chunks of %d, %d sums wrong, %.3f ms between the events\n", good ? "PASS" : "FAIL",
              kChunks, n, wrong, elapsed_ms);

  for (int chunk = 0; chunk < kChunks; ++chunk) {
    CHECK(cudaStreamDestroy(streams[chunk]));
    CHECK(cudaEventDestroy(done[chunk]));
  }
  CHECK(cudaStreamDestroy(last));
  CHECK(cudaEventDestroy(start));
  CHECK(cudaEventDestroy(stop));
  CHECK(cudaFree(d_data));
  CHECK(cudaFree(d_sums));
  CHECK(cudaFreeHost(data));
  CHECK(cudaFreeHost(sums));
  return good ? 0 : 1;
}
