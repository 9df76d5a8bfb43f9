// Tiles that are stored by columns, several of which lie side by side for the lanes of a group: elements of 2, 4 and 8 bytes, tiles of several depths, with and
// without room between rows, elements that several lanes store. Against the host.
#include <cstdio>

constexpr int kThreads = 256;

template <class T, int depth, int pad, int overlap>
__global__ void transpose(const T* in, T* out, int count) {
  constexpr int columns = kThreads / depth, row = columns + pad;
  __shared__ T tile[depth * row];
  for (int i = threadIdx.x; i < depth * row; i += kThreads) tile[i] = T(-1);
  __syncthreads();
  int i = threadIdx.x;
  if (i < count) tile[i % depth * row + (i / depth) / overlap] = in[i];
  __syncthreads();
  for (int k = threadIdx.x; k < depth * row; k += kThreads) out[k] = tile[k];
}

template <class T, int depth, int pad, int overlap>
static int check(const char* name, int count) {
  constexpr int columns = kThreads / depth, row = columns + pad;
  T *in, *out, want[depth * row];
  cudaMallocManaged(&in, kThreads * sizeof(T));
  cudaMallocManaged(&out, depth * row * sizeof(T));
  for (int i = 0; i < kThreads; ++i) in[i] = T(i * 7 + 3);
  for (T& x : want) x = T(-1);
  transpose<T, depth, pad, overlap><<<1, kThreads>>>(in, out, count);
  if (cudaError_t error = cudaDeviceSynchronize()) return printf("%s\n", cudaGetErrorString(error)), 1;
  int wrong = 0;
  for (int i = 0; i < count; ++i) want[i % depth * row + (i / depth) / overlap] = in[i];
  for (int k = 0; k < depth * row; ++k) {
    bool good = out[k] == want[k];
    for (int i = 0; i < count && !good; ++i)  // of lanes that store to one place, any may be the one
      good = overlap > 1 && i % depth * row + (i / depth) / overlap == k && out[k] == in[i];
    if (!good && wrong++ < 4) printf("%s, %d: [%d] is %g, not %g\n", name, count, k, double(out[k]), double(want[k]));
  }
  cudaFree(in), cudaFree(out);
  return wrong;
}

int main() {
  int wrong = 0;
  for (int count : {kThreads, 200, 1}) {
    wrong += check<float, 8, 0, 1>("float, 8", count) + check<float, 8, 1, 1>("float, 8, padded", count);
    wrong += check<float, 4, 0, 1>("float, 4", count) + check<float, 16, 4, 1>("float, 16", count);
    wrong += check<float, 2, 0, 1>("float, 2", count) + check<float, 32, 0, 1>("float, 32", count);
    wrong += check<double, 8, 0, 1>("double, 8", count) + check<double, 4, 2, 1>("double, 4", count);
    wrong += check<short, 8, 0, 1>("short, 8", count) + check<float, 8, 0, 2>("float, two to a place", count);
  }
  return wrong != 0;
}
