// What test programs need of a device: arrays there and back. Failures are counted in `wrong`.
#pragma once
#include <vector>

static int wrong;

template <class T>
static T* device(const std::vector<T>& values) {
  T* at = nullptr;
  wrong += cudaMalloc(&at, values.size() * sizeof(T)) != cudaSuccess;
  wrong += cudaMemcpy(at, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice) != cudaSuccess;
  return at;
}

template <class T>
static std::vector<T> host(const T* at, size_t n) {
  std::vector<T> values(n);
  wrong += cudaMemcpy(values.data(), at, n * sizeof(T), cudaMemcpyDeviceToHost) != cudaSuccess;
  return values;
}

// The array's values; it is not used any more.
template <class T>
static std::vector<T> taken(T* at, size_t n) {
  std::vector<T> values = host(at, n);
  wrong += cudaFree(at) != cudaSuccess;
  return values;
}
