// Grids whose blocks share data by rows and by columns run in strips: every block once, whatever the grid's shape, with
// barriers that groups wait at and without.
#include <cstdio>
#include <cstring>

// Every element of c counts the visits and adds up a row of a times a column of b.
template <int kThreads, bool kTogether>
__global__ void outer(const int* a, const int* b, int* c, int n, int depth) {
  __shared__ int rows[kThreads];
  int sum = 0;
  for (int k = 0; k < depth; k++) {
    if (kTogether) {
      rows[threadIdx.x] = a[blockIdx.y * depth + k];
      __syncthreads();
      sum += rows[(threadIdx.x + 1) % kThreads] * b[k * n + blockIdx.x * kThreads + threadIdx.x];
      __syncthreads();
    } else {
      sum += a[blockIdx.y * depth + k] * b[k * n + blockIdx.x * kThreads + threadIdx.x];
    }
  }
  atomicAdd(&c[(blockIdx.z * gridDim.y + blockIdx.y) * n + blockIdx.x * kThreads + threadIdx.x], sum);
}

template <int kThreads, bool kTogether>
int check(int columns, int rows, int planes) {
  const int depth = 5, n = columns * kThreads;
  int *a, *b, *c, bad = 0;
  cudaMallocManaged(&a, rows * depth * 4), cudaMallocManaged(&b, depth * n * 4);
  cudaMallocManaged(&c, planes * rows * n * 4);
  for (int i = 0; i < rows * depth; i++) a[i] = i % 11 + 1;
  for (int i = 0; i < depth * n; i++) b[i] = i % 13 + 1;
  memset(c, 0, planes * rows * n * 4);
  outer<kThreads, kTogether><<<dim3(columns, rows, planes), kThreads>>>(a, b, c, n, depth);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (int i = 0; i < planes * rows * n; i++) {
    int sum = 0;
    for (int k = 0; k < depth; k++) sum += a[i / n % rows * depth + k] * b[k * n + i % n];
    bad += c[i] != sum;
  }
  if (bad) printf("grid %d x %d x %d: %d wrong\n", columns, rows, planes, bad);
  cudaFree(a), cudaFree(b), cudaFree(c);
  return bad;
}

int main() {
  int bad = 0;
  for (int columns : {1, 3, 4, 5, 8, 11})
    for (int rows : {1, 2, 7}) {
      bad += check<32, false>(columns, rows, 2) + check<64, true>(columns, rows, 1) + check<512, true>(columns, rows, 3);
    }
  return bad != 0;
}
