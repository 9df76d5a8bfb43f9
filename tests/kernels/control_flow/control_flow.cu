// Control flow of all kinds: each function runs as a kernel and on the host, thread by thread, and must give the same.
// Built with -fmad=false: the host does not fuse.
#include <cstdio>
#include <vector>
#define BOTH __host__ __device__
#define APART __host__ __device__ __noinline__

struct Nested { static BOTH int at(int i, int n, const int* a) {
  int v = a[i], r = 0;
  if (v & 1) {
    if (v & 2) r = v * 3; else r = v - 7;
    for (int j = 0; j < (v & 7); j++) r += j * i;
    return r;
  }
  int j = 0;
  while (j < (v & 15)) {
    if (((j ^ i) & 3) == 0) { j += 2; continue; }
    r += a[(i + j) % n];
    if (r > 100000) break;
    j++;
  }
  return r;
} };

struct Collatz { static BOTH int at(int i, int, const int* a) {
  unsigned x = (unsigned)(a[i] & 1023) + 1;
  int steps = 0;
  for (; x != 1; steps++) x = (x & 1) ? 3 * x + 1 : x / 2;
  return steps;
} };

// The counter is the same in all lanes, but they leave the loop at different times.
struct Search { static BOTH int at(int i, int n, const int* a) {
  int j, limit = a[i] & 31;
  for (j = 0; j < 64; j++) if (a[(j * 7) % n] % 32 == limit) break;
  return j * 1000 + i;
} };

// The same inside another loop: a value from before the inner loop must survive it.
struct SearchAgain { static BOTH int at(int i, int n, const int* a) {
  int found = i, rounds = 0;
  do {
    int left = 8;
    while (--left > 0) if (a[(i + left) % n] % 3 == rounds) { found = found * 5 + left; break; }
    rounds++;
  } while (rounds < (n & 3));
  return found;
} };

struct Sorted { static BOTH int at(int i, int n, const int* a) {
  int b[16];
  for (int j = 0; j < 16; j++) b[j] = a[(i + j) % n];
  for (int p = 0; p < 16; p++)
    for (int q = 0; q + 1 < 16 - p; q++)
      if (b[q] > b[q + 1]) { int t = b[q]; b[q] = b[q + 1]; b[q + 1] = t; }
  return b[a[i] & 15] * 3 + b[0];
} };

APART int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
struct Recursion { static BOTH int at(int i, int, const int* a) { return fibonacci(a[i] & 7); } };

struct Switch { static BOTH int at(int i, int, const int* a) {
  int v = a[i], r = 0;
  switch (v & 7) {
    case 0: r = v * 2; break;
    case 1: r = v + i;  // falls through
    case 2: r = r + (v ^ i); break;
    case 3: r = v / 3; break;
    case 4: r = v % 7; break;
    case 5: r = (int)((unsigned)v / 5u); break;
    case 6: r = v << (i & 7); break;
    default: r = v >> (i & 7);
  }
  return r;
} };

struct Wide { static BOTH int at(int i, int n, const int* a) {
  long long x = a[i] * 1234567891LL + i;
  unsigned long long y = (unsigned long long)x / (unsigned)(a[(i + 1) % n] | 1);
  x = x % ((a[i] & 255) + 1);
  return (int)(x ^ (long long)(y >> 13));
} };

struct Bytes { static BOTH int at(int i, int n, const int* a) {
  const unsigned char* b = (const unsigned char*)a;
  const short* s = (const short*)a;
  unsigned r = 0;
  for (int j = 0; j < 8; j++) r = r * 31 + b[(i * 5 + j) % (4 * n)] - s[(i * 3 + j) % (2 * n)];
  int result = 0;
  ((unsigned char*)&result)[1] = (unsigned char)r;
  ((short*)&result)[1] = (short)(r >> 8);
  ((unsigned char*)&result)[0] = (unsigned char)i;
  return result;
} };

struct Floats { static BOTH int at(int i, int, const int* a) {
  float x = (float)(a[i] % 1000) * 0.01f, s = 0;
  for (int j = 1; j < 10; j++) { s += x / (float)j; if (s > 20) s -= 3.5f; x *= 0.9f; }
  double d = s;
  for (int j = 0; j < 5; j++) d = d * 1.0000001 + 0.5 / (j + 1);
  return (int)(s * 1000) + (int)(d * 100);
} };

struct Three { int a, b, c; };
APART Three three(int x, int y) {
  Three p;
  p.a = x * y;
  if (x > y) { p.b = x; p.c = 1; return p; }
  p.b = y; p.c = 2;
  return p;
}
struct Structures { static BOTH int at(int i, int, const int* a) {
  Three p = three(a[i] & 63, i & 31);
  return p.a * 100 + p.b * 3 + p.c;
} };

APART int next(int x) { return x + 1; }
APART int twice(int x) { return x * 2; }
APART int less(int x) { return x - 5; }
struct Pointers { static BOTH int at(int i, int, const int* a) {
  int (*f)(int) = (a[i] & 3) == 0 ? next : (a[i] & 3) == 1 ? twice : less;
  return f(a[i]) + f(i);
} };

struct Early { static BOTH int at(int i, int n, const int* a) {
  for (int j = 0; j < 8; j++) {
    for (int k = 0; k < 8; k++) {
      if ((a[(i + j) % n] + k * j) % 13 == 5) return j * 8 + k;
      if (((j + k + i) % 9) == 8) break;
    }
    if (a[i] % 3 == j) return 100 + j;
  }
  return 999;
} };

struct Together { static BOTH int at(int i, int n, const int* a) {
  unsigned r = 0;
  for (int j = 0; j < n; j++) { r += (unsigned)a[j] * (j + 1); if ((int)r < 0) r = 0u - r; }
  if (a[i] & 1) for (int j = 0; j < 10; j++) r ^= (unsigned)a[(j * i) % n];
  return (int)r;
} };

// Into the middle of a loop: two ways in.
struct TwoWaysIn { static BOTH int at(int i, int, const int* a) {
  int x = a[i] & 255, steps = 0;
  if (x & 1) goto middle;
top:
  x = x * 3 + 1;
  if (++steps > 40) return x;
middle:
  x = (x ^ steps) & 1023;
  steps += 2;
  if (x % 11 != 4) goto top;
  return x * 64 + steps;
} };

// Lanes that continue come to what follows only in a later turn, though every one of them comes to it.
struct Continue { static BOTH int at(int i, int n, const int* a) {
  int left = a[i] & 7, r = i, rounds = 0;
  while (true) {
    if (left) { left--; r += 3; continue; }
    r = r * 5 + rounds;
    if (++rounds == (n & 3) + 2) break;
    left = a[(i + rounds) % n] & 7;
  }
  return r;
} };

// The only way out is in the inner loop.
struct OutFromWithin { static BOTH int at(int i, int n, const int* a) {
  int r = i, total = 0;
  while (true) {
    r ^= total;
    for (int j = 0;; j++) {
      if (total == n) return r;
      total++;
      r += a[(i + j) % n];
      if ((r & 3) == 1) break;
    }
    r = r * 7 + 1;
  }
} };

// Halves are put on a stack; a thread whose own half is done takes one from there.
struct WorkStack { static BOTH int at(int i, int n, const int* a) {
  int low[24], high[24], top = -1, l = 0, h = (a[i] & 63) + 2, r = 0;
  while (true) {
    int m = (l + h) / 2, l1 = l, h1 = m, l2 = m, h2 = h;
    if (h1 - l1 <= 1 + (a[(l1 + i) % n] & 1)) { r = r * 3 + l1; h1 = l1; }
    if (h2 - l2 <= 1 + (a[(l2 + i) % n] & 1)) { r = r * 5 + l2; h2 = l2; }
    bool first = h1 > l1, second = h2 > l2;
    if (first) {
      l = l1; h = h1;
      if (second) { top++; low[top] = l2; high[top] = h2; }
    } else if (second) {
      l = l2; h = h2;
    } else {
      if (top == -1) break;
      l = low[top]; h = high[top]; top--;
    }
  }
  return r;
} };

template <class F> __global__ void run(int n, const int* a, int* out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = F::at(i, n, a);
}

static int wrong = 0;

template <class F> void check(const char* name) {
  const int shapes[][2] = {{150, 64}, {97, 37}};
  for (auto& shape : shapes) {
    const int n = shape[0], block = shape[1];
    std::vector<int> a(n), out(n, -12345);
    unsigned state = 12345 + n;
    for (int& x : a) { state = state * 1664525u + 1013904223u; x = (int)((state >> 8) % 100000); }
    int *da, *dout;
    cudaMalloc(&da, n * sizeof(int));
    cudaMalloc(&dout, n * sizeof(int));
    cudaMemcpy(da, a.data(), n * sizeof(int), cudaMemcpyHostToDevice);
    run<F><<<(n + block - 1) / block, block>>>(n, da, dout);
    cudaError_t status = cudaMemcpy(out.data(), dout, n * sizeof(int), cudaMemcpyDeviceToHost);
    if (status != cudaSuccess) { printf("%s: %s\n", name, cudaGetErrorString(status)); wrong++; return; }
    for (int i = 0; i < n; i++) {
      int expected = F::at(i, n, a.data());
      if (out[i] == expected) continue;
      printf("%s, blocks of %d, thread %d: %d, expected %d\n", name, block, i, out[i], expected);
      wrong++;
      break;
    }
    cudaFree(da);
    cudaFree(dout);
  }
}

int main() {
#define CHECK(F) check<F>(#F)
  CHECK(Nested); CHECK(Collatz); CHECK(Search); CHECK(SearchAgain); CHECK(Sorted); CHECK(Recursion); CHECK(Switch);
  CHECK(Wide); CHECK(Bytes); CHECK(Floats); CHECK(Structures); CHECK(Pointers); CHECK(Early); CHECK(Together);
  CHECK(TwoWaysIn); CHECK(Continue); CHECK(OutFromWithin); CHECK(WorkStack);
  printf(wrong ? "FAIL\n" : "PASS\n");
  return wrong != 0;
}
