// What programs written with CCCL 2.x count on: thrust's public headers bring in tuple, pair, distance and std::cout.
#include <thrust/device_vector.h>
#include <thrust/iterator/zip_iterator.h>
#include <thrust/functional.h>

int main() {
  thrust::device_vector<int> d(3, 1);
  bool good = thrust::distance(d.begin(), d.end()) == 3 && thrust::get<0>(thrust::make_tuple(7)) == 7 && thrust::pair<int, int>(1, 2).second == 2;
  std::cout << (good ? "all right\n" : "wrong\n");
  return !good;
}
