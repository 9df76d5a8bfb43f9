// Copies and words that the compiler splits into what the declared alignment allows: through arrays of smaller elements, in packed structures, at odd
// addresses, with part of the lanes, with overlaps and stores between.
// isa: native avx2
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "arrays.h"

struct __attribute__((packed)) Packed { char tag; int number; short few; double value; };
struct Triple { float x, y, z; };

template <class Element>
__global__ void through_shared(const Element* from, Element* to, int odd) {  // 16 bytes a thread, rows of the array with a skew
  constexpr int kEach = 16 / sizeof(Element), kSkew = 8 * sizeof(short) / sizeof(Element);
  __shared__ Element tile[16][16 * kEach + kSkew];
  int row = threadIdx.x / 16, column = threadIdx.x % 16 * kEach;
  *(int4*)&tile[row][column] = *(const int4*)&from[threadIdx.x * kEach];
  __syncthreads();
  *(int4*)&to[threadIdx.x * kEach] = *(int4*)&tile[row][column ^ kEach];
  if (threadIdx.x % 3 == odd) *(int4*)&to[threadIdx.x * kEach] = *(int4*)&tile[row][column];
}
__global__ void packed(const Packed* from, Packed* to) {
  Packed p = from[threadIdx.x];
  p.number += 7, p.value *= 2, p.few = short(p.few - p.tag);
  to[threadIdx.x ^ 5] = p;
}
__global__ void signs(const signed char* from, int* to) {  // loaded as bytes, each with its sign
  const signed char* mine = from + 4 * threadIdx.x;
  to[threadIdx.x] = mine[0] * 1000 + mine[1] * 100 - mine[2] * 10 + mine[3];
}
__global__ void triples(const Triple* from, Triple* to, int n) {
  Triple t = from[threadIdx.x];
  Triple turned = {t.y, t.z, t.x + 1};
  if (threadIdx.x < n) to[threadIdx.x] = turned;
}
__global__ void neighbours(const float* from, float* to) {  // a row each, although they follow each other
  int i = threadIdx.x + 1;
  to[i] = from[i - 1] + 2 * from[i] + 4 * from[i + 1] + 8 * from[i + 2];
}
__global__ void between(short* data, const int* where) {  // what stands between reads and writes the same memory
  short* mine = data + 4 * threadIdx.x;
  short* other = data + 4 * where[threadIdx.x];
  short a = mine[0];
  other[1] = a;
  short b = mine[1];
  mine[2] = b;
  short c = other[2];
  mine[3] = short(c + 1);
  mine[0] = 11;
  mine[1] = short(mine[1] + 12);
  mine[0] = short(mine[0] + 13);
}
__global__ void just_written(int* data, const int* where) {  // the later loads are neighbours of the first, and find what is stored after it
  int *mine = data + 4 * where[threadIdx.x], b, c;
  long long both;
  asm volatile("ld.global.b64 %0, [%1+8];" : "=l"(both) : "l"(mine));
  int a = int(both);
  asm volatile("st.global.b32 [%0], %1;" ::"l"(mine), "r"(a + 1));
  asm volatile("st.global.b32 [%0+4], %1;" ::"l"(mine), "r"(a + 2));
  asm volatile("ld.global.b32 %0, [%1];" : "=r"(b) : "l"(mine));
  asm volatile("ld.global.b32 %0, [%1+4];" : "=r"(c) : "l"(mine));
  mine[3] = b * 1000 + c;
}
__global__ void halves(const uint64_t* from, uint16_t* to) {  // stored in parts that are not in the order of its bytes, and one that is constant
  uint64_t v = from[threadIdx.x];
  uint16_t* mine = to + 4 * threadIdx.x;
  mine[0] = uint16_t(v >> 32), mine[1] = uint16_t(v >> 48), mine[2] = uint16_t(v), mine[3] = 77;
}

static void check(bool right, const char* what) {
  if (!right) ++wrong, printf("%s is wrong\n", what);
}

template <class Element>
static void copies(const char* name, int misaligned) {
  constexpr int kEach = 16 / sizeof(Element), kThreads = 256;
  std::vector<char> bytes(16 * kThreads + misaligned);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = char(i * 37 + i / 256);
  char *from = device(bytes), *to = device(bytes);
  through_shared<<<1, kThreads>>>((Element*)(from + misaligned), (Element*)(to + misaligned), 1);
  auto got = host(to, bytes.size());
  for (int i = 0; i < kThreads; ++i) {
    int source = i % 3 == 1 ? i : i ^ 1;
    check(!memcmp(&got[16 * i + misaligned], &bytes[16 * source + misaligned], 16), name);
  }
  (void)kEach;
}

int main() {
  copies<char>("bytes", 0), copies<char>("bytes at odd places", 3), copies<short>("halves", 0), copies<short>("halves at odd places", 2);
  copies<float>("floats", 0), copies<float>("floats at odd places", 4), copies<double>("doubles", 8);
  std::vector<Packed> some(96);
  for (int i = 0; i < 96; ++i) some[i] = {char(i), i * 1000003, short(-3 * i), i * 1.5};
  Packed* packed_out = device(some);
  packed<<<1, 96>>>(device(some), packed_out);
  auto packed_got = host(packed_out, 96);
  for (int i = 0; i < 96; ++i) {
    Packed want = {char(i), i * 1000003 + 7, short(-3 * i - char(i)), i * 3.0};
    check(!memcmp(&packed_got[i ^ 5], &want, sizeof want), "packed");
  }
  std::vector<signed char> small(4 * 64);
  for (int i = 0; i < 256; ++i) small[i] = (signed char)(i * 91);
  int* sums = device(std::vector<int>(64));
  signs<<<1, 64>>>(device(small), sums);
  auto sums_got = host(sums, 64);
  for (int i = 0; i < 64; ++i)
    check(sums_got[i] == small[4 * i] * 1000 + small[4 * i + 1] * 100 - small[4 * i + 2] * 10 + small[4 * i + 3], "signs");
  std::vector<Triple> three(100);
  for (int i = 0; i < 100; ++i) three[i] = {float(i), i + 0.25f, i + 0.5f};
  Triple* three_out = device(three);
  triples<<<1, 100>>>(device(three), three_out, 77);
  auto three_got = host(three_out, 100);
  for (int i = 0; i < 100; ++i) {
    Triple want = i < 77 ? Triple{i + 0.25f, i + 0.5f, i + 1.0f} : three[i];
    check(!memcmp(&three_got[i], &want, sizeof want), "triples");
  }
  std::vector<float> row(132);
  for (int i = 0; i < 132; ++i) row[i] = float(i * i % 97);
  float* row_out = device(row);
  neighbours<<<1, 128>>>(device(row), row_out);
  auto row_got = host(row_out, 132);
  for (int i = 1; i < 129; ++i) check(row_got[i] == row[i - 1] + 2 * row[i] + 4 * row[i + 1] + 8 * row[i + 2], "neighbours");
  std::vector<short> data(4 * 64), expected;
  std::vector<int> where(64);
  for (int i = 0; i < 256; ++i) data[i] = short(i * 7);
  for (int i = 0; i < 64; ++i) where[i] = i;
  expected = data;
  for (int i = 0; i < 64; ++i) {
    short* m = &expected[4 * i];
    m[1] = m[0], m[2] = m[1], m[3] = short(m[2] + 1), m[0] = 24, m[1] = short(m[1] + 12);
  }
  short* data_at = device(data);
  between<<<1, 64>>>(data_at, device(where));
  check(host(data_at, 256) == expected, "between");
  std::vector<int> numbers(4 * 64);
  for (int i = 0; i < 256; ++i) numbers[i] = i;
  int* numbers_at = device(numbers);
  just_written<<<1, 64>>>(numbers_at, device(where));
  auto numbers_got = host(numbers_at, 256);
  for (int i = 0; i < 64; ++i) check(numbers_got[4 * i + 3] == (4 * i + 3) * 1000 + 4 * i + 4, "just_written");
  std::vector<uint64_t> wide(64);
  for (int i = 0; i < 64; ++i) wide[i] = 0x0123456789abcdefull * (i + 1);
  uint16_t* parts = device(std::vector<uint16_t>(256));
  halves<<<1, 64>>>(device(wide), parts);
  auto parts_got = host(parts, 256);
  for (int i = 0; i < 64; ++i) {
    uint16_t want[4] = {uint16_t(wide[i] >> 32), uint16_t(wide[i] >> 48), uint16_t(wide[i]), 77};
    check(!memcmp(&parts_got[4 * i], want, 8), "halves");
  }
  return wrong != 0;
}
