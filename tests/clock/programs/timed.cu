// What events tell with the chip's clock: a stream kernel, equal kernels, a copy beside a kernel, an event that another stream
// waits for, a graph, and clocks in kernels. One line each: a name, and numbers.
#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

static const int count = 32 << 20;  // floats: an array is larger than any L2

__global__ void triad(const float4* a, const float4* b, float4* c) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float4 x = a[i], y = b[i];
  c[i] = make_float4(x.x + 2 * y.x, x.y + 2 * y.y, x.z + 2 * y.z, x.w + 2 * y.w);
}

__global__ void turns(float* out, int n) {
  float x = float(threadIdx.x);
  for (int i = 0; i < n; i++) x = x * 0.5f + 1.0f;
  out[blockIdx.x * blockDim.x + threadIdx.x] = x;
}

__global__ void clocks(unsigned long long* out) {
  unsigned long long ns;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns));
  long long first = clock64();
  out[0] = ns;
  out[1] = static_cast<unsigned long long>(first);
  out[2] = clock64() >= first;
}

static float between(cudaEvent_t a, cudaEvent_t b) {
  float ms = -1;
  CHECK(cudaEventElapsedTime(&ms, a, b));
  return ms;
}

int main() {
  float *a, *b, *c, *host;
  unsigned long long *out, told[3];
  size_t bytes = size_t(count) * sizeof(float);
  CHECK(cudaMalloc(&a, bytes));
  CHECK(cudaMalloc(&b, bytes));
  CHECK(cudaMalloc(&c, bytes));
  CHECK(cudaMalloc(&out, 64));
  CHECK(cudaMallocHost(&host, bytes));
  CHECK(cudaMemset(a, 0, bytes));
  CHECK(cudaMemset(b, 0, bytes));
  cudaEvent_t e[8];
  for (cudaEvent_t& event : e) CHECK(cudaEventCreate(&event));
  cudaStream_t s[2];
  for (cudaStream_t& stream : s) CHECK(cudaStreamCreate(&stream));
  auto run = [&](cudaStream_t stream) {
    triad<<<count / 1024, 256, 0, stream>>>(reinterpret_cast<float4*>(a), reinterpret_cast<float4*>(b), reinterpret_cast<float4*>(c));
  };

  run(nullptr);  // warms up
  CHECK(cudaEventRecord(e[0]));
  run(nullptr);
  CHECK(cudaEventRecord(e[1]));
  run(nullptr);
  CHECK(cudaEventRecord(e[2]));
  CHECK(cudaEventSynchronize(e[2]));
  std::printf("equal %.6f %.6f %.6f\n", between(e[0], e[1]), between(e[1], e[2]), between(e[2], e[0]));
  std::printf("bandwidth %.1f GB/s\n", 3.0 * double(bytes) / between(e[0], e[1]) * 1e-6);

  CHECK(cudaEventRecord(e[0], s[0]));  // a copy by itself, a kernel by itself, both side by side
  CHECK(cudaMemcpyAsync(host, b, bytes, cudaMemcpyDeviceToHost, s[0]));
  CHECK(cudaEventRecord(e[1], s[0]));
  CHECK(cudaStreamSynchronize(s[0]));
  CHECK(cudaEventRecord(e[2], s[1]));
  turns<<<4096, 256, 0, s[1]>>>(c, 20000);
  CHECK(cudaEventRecord(e[3], s[1]));
  CHECK(cudaDeviceSynchronize());
  CHECK(cudaEventRecord(e[4], s[0]));
  CHECK(cudaMemcpyAsync(host, b, bytes, cudaMemcpyDeviceToHost, s[0]));
  turns<<<4096, 256, 0, s[1]>>>(c, 20000);
  CHECK(cudaEventRecord(e[5], s[1]));
  CHECK(cudaStreamWaitEvent(s[0], e[5], 0));
  CHECK(cudaEventRecord(e[6], s[0]));
  while (cudaEventQuery(e[6]) == cudaErrorNotReady) {}
  std::printf("overlap %.6f %.6f %.6f\n", between(e[0], e[1]), between(e[2], e[3]), between(e[4], e[6]));

  cudaGraph_t graph;
  cudaGraphExec_t whole;
  CHECK(cudaStreamBeginCapture(s[0], cudaStreamCaptureModeGlobal));
  run(s[0]);
  run(s[0]);
  CHECK(cudaStreamEndCapture(s[0], &graph));
  CHECK(cudaGraphInstantiate(&whole, graph, 0));
  CHECK(cudaEventRecord(e[0], s[0]));
  CHECK(cudaGraphLaunch(whole, s[0]));
  CHECK(cudaEventRecord(e[1], s[0]));
  CHECK(cudaStreamSynchronize(s[0]));
  std::printf("graph %.6f\n", between(e[0], e[1]));

  cudaStream_t apart;  // does not wait for the legacy stream
  CHECK(cudaStreamCreateWithFlags(&apart, cudaStreamNonBlocking));
  CHECK(cudaEventRecord(e[0], apart));
  turns<<<4096, 256>>>(c, 20000);
  CHECK(cudaMemcpyAsync(host, b, bytes, cudaMemcpyDeviceToHost, apart));
  CHECK(cudaEventRecord(e[1], apart));
  CHECK(cudaDeviceSynchronize());
  std::printf("apart %.6f\n", between(e[0], e[1]));

  std::printf("clocks");
  for (int i = 0; i < 2; i++) {
    if (i) run(nullptr);
    clocks<<<1, 1>>>(out);
    CHECK(cudaMemcpy(told, out, sizeof told, cudaMemcpyDeviceToHost));
    std::printf(" %llu %llu %llu", told[0], told[1], told[2]);
  }
  std::printf("\n");
}
