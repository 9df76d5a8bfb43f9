// nvcc: -rdc=true -Xcompiler -fopenmp
// Host code beside kernels: a launch inside of a lambda, CUDA's functions for the host, OpenMP, the C++ library.
#include "check.h"
#include <omp.h>
#include <cmath>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>

__global__ void twice(float* p, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] *= 2;
}

static bool near(double a, double b) { return std::fabs(a - b) < 1e-12; }

static void mathematics() {
  CHECK(sinpi(0.5) == 1 && sinpi(1.0) == 0 && cospi(1.0) == -1 && cospi(0.5) == 0 && sinpif(-1.5f) == 1 && cospif(2.0f) == 1);
  CHECK(near(sinpi(2.25), std::sqrt(0.5)) && sinpi(1e9 + 0.5) == 1);
  CHECK(rsqrt(4.0) == 0.5 && rsqrt(4.0f) == 0.5f && rsqrtf(16.0f) == 0.25f && normcdf(0.0) == 0.5 && normcdff(0.0f) == 0.5f);
}

int main() {
  mathematics();
  const int n = 1000;
  std::vector<float> v(n, 1.5f);
  float* p;
  OK(cudaMalloc(&p, n * 4));
  OK(cudaMemcpy(p, v.data(), n * 4, cudaMemcpyHostToDevice));
  std::thread([&] { twice<<<4, 256>>>(p, n); }).join();
  OK(cudaMemcpy(v.data(), p, n * 4, cudaMemcpyDeviceToHost));
  double sum = 0;
  int threads = 0;
  double before = omp_get_wtime();
#pragma omp parallel for reduction(+ : sum)
  for (int i = 0; i < n; i++) {
    sum += v[i];
    if (!i) threads = omp_get_num_threads();
  }
  CHECK(sum == 3 * n && threads >= 1 && threads <= omp_get_max_threads() && omp_get_wtime() >= before);
  try {
    throw std::runtime_error("caught");
  } catch (const std::exception& e) {
    std::cout << e.what() << std::endl;
  }
}
