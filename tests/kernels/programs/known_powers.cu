// Powers with exponents that are known when the program is compiled, and become products: as the host's, with the signs of zeros.
#include <cmath>
#include <cstdio>
#include "arrays.h"

constexpr int kNumbers = 10, kDoubles = 7, kFloats = 5;

__global__ void powers(double* doubles, float* floats, const double* numbers) {
  double x = numbers[threadIdx.x];
  float y = float(x);
  double* d = doubles + threadIdx.x * kDoubles;
  d[0] = pow(x, 2.0), d[1] = pow(x, 3), d[2] = pow(x, 0.5), d[3] = pow(x, -1.0), d[4] = pow(x, 4.0f), d[5] = std::pow(x, 1.0);
  d[6] = pow(x, 2.5);
  float* f = floats + threadIdx.x * kFloats;
  f[0] = powf(y, 2.0f), f[1] = powf(y, 3.0f), f[2] = powf(y, 0.5f), f[3] = pow(y, -1.0f), f[4] = powf(y, 2.5f);
}

template <class T>
static bool same(T a, T b, T unit) {
  if (std::isnan(b)) return std::isnan(a);
  return (a == b && std::signbit(a) == std::signbit(b)) || std::fabs(a - b) <= 2 * unit * std::fabs(b);
}

int main() {
  std::vector<double> numbers = {1.5, -2, 0.0, -0.0, INFINITY, -INFINITY, NAN, 1e-160, 3e100, -7.25};
  double* d_numbers = device(numbers);
  double* d_doubles = device(std::vector<double>(kNumbers * kDoubles));
  float* d_floats = device(std::vector<float>(kNumbers * kFloats));
  powers<<<1, kNumbers>>>(d_doubles, d_floats, d_numbers);
  std::vector<double> doubles = taken(d_doubles, kNumbers * kDoubles);
  std::vector<float> floats = taken(d_floats, kNumbers * kFloats);
  const double of_doubles[] = {2, 3, 0.5, -1, 4, 1, 2.5};
  const float of_floats[] = {2, 3, 0.5f, -1, 2.5f};
  for (int i = 0; i < kNumbers; ++i) {
    for (int k = 0; k < kDoubles; ++k) wrong += !same(doubles[i * kDoubles + k], std::pow(numbers[i], of_doubles[k]), 2.3e-16);
    for (int k = 0; k < kFloats; ++k) wrong += !same(floats[i * kFloats + k], std::pow(float(numbers[i]), of_floats[k]), 1.2e-7f);
  }
  return wrong ? printf("%d wrong\n", wrong), 1 : 0;
}
