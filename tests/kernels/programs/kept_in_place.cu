// Values that live across barriers in a loop: added to, exchanged, read after they changed, left for later turns. Against the host.
#include <cstdio>

constexpr int kThreads = 128, kTurns = 7, kSums = 40;

struct State {
  float sums[kSums], x, y, old, last, first, second;
  unsigned pairs;
};

__host__ __device__ void turn(State& s, const float* shared, int thread, int i) {
  float next = shared[(thread + 1) % kThreads], far = shared[(thread + 37) % kThreads];
#pragma unroll
  for (int j = 0; j < kSums; ++j) s.sums[j] += next * float(j % 5 - 2) + far;
  float was = s.x;
  s.x = s.y * 0.5f + next;  // x and y change places
  s.y = was;
  s.last = s.old;           // what old was before it is made anew
  s.old = was - far;
  if (i % 3 == 1) s.sums[3] = s.sums[4] - was;
  float first = far * 3.0f + next, second = far - next;  // made of nothing that was there before
  s.sums[5] += s.first;
  s.sums[6] += s.second;
  s.first = first, s.second = second;
  s.pairs = s.pairs * 5 + unsigned(thread);
}

__global__ void run(State* out, const float* in) {
  __shared__ float shared[kThreads];
  int thread = threadIdx.x;
  State s = {};
  s.x = in[thread], s.y = float(thread % 7), s.pairs = 1;
  for (int i = 0; i < kTurns; ++i) {
    shared[thread] = in[thread] + s.x - s.old * 0.25f;
    __syncthreads();
    turn(s, shared, thread, i);
    __syncthreads();
    if (i == 4) s.sums[0] = s.last;
  }
  out[thread] = s;
}

int main() {
  State* out;
  float* in;
  cudaMallocManaged(&out, kThreads * sizeof *out);
  cudaMallocManaged(&in, kThreads * sizeof *in);
  static State want[kThreads];
  for (int t = 0; t < kThreads; ++t) {
    in[t] = float(t * 13 % 32) - 16;
    want[t].x = in[t], want[t].y = float(t % 7), want[t].pairs = 1;
  }
  run<<<1, kThreads>>>(out, in);
  if (cudaError_t error = cudaDeviceSynchronize()) return printf("%s\n", cudaGetErrorString(error)), 1;
  for (int i = 0; i < kTurns; ++i) {
    float shared[kThreads];
    for (int t = 0; t < kThreads; ++t) shared[t] = in[t] + want[t].x - want[t].old * 0.25f;
    for (int t = 0; t < kThreads; ++t) turn(want[t], shared, t, i);
    for (int t = 0; t < kThreads; ++t)
      if (i == 4) want[t].sums[0] = want[t].last;
  }
  int wrong = 0;
  for (int t = 0; t < kThreads; ++t) {
    const float *a = (const float*)&out[t], *b = (const float*)&want[t];
    for (unsigned w = 0; w < sizeof(State) / 4; ++w)
      if (a[w] != b[w] && wrong++ < 5) printf("thread %d, word %u: %g, not %g\n", t, w, a[w], b[w]);
  }
  return wrong != 0;
}
