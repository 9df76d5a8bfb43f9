// Threads that walk down columns and through planes: groups of neighbouring blocks take turns step by step, whatever lanes do meanwhile.
#include <cstdio>
#include <vector>

struct Field {
  const float* in;
  const int* rows;  // how far each column goes
  float *out, *sums;
  int wide, high, deep;
};

struct Stencil {  // all lanes make the same turns
  __host__ __device__ static void run(Field f, int x, int y) {
    if (x < 1 || y < 1 || x >= f.wide - 1 || y >= f.high - 1) return;
    int plane = f.wide * f.high, i = plane + y * f.wide + x;
    float below = f.in[i - plane], centre = f.in[i];
    for (int z = 1; z < f.deep - 1; ++z, i += plane) {
      float above = f.in[i + plane];
      f.out[i] = centre + 2 * (below + above) + f.in[i - 1] + f.in[i + 1] + f.in[i - f.wide] + f.in[i + f.wide];
      below = centre;
      centre = above;
    }
  }
};

struct Ragged {  // lanes leave at different turns, with values of their own
  __host__ __device__ static void run(Field f, int x, int y) {
    float sum = 0, last = -1;
    int count = 0;
    if (x < f.wide && y < f.high) {
      for (int z = 0; z < f.rows[y * f.wide + x]; ++z) {
        last = f.in[(z * f.high + y) * f.wide + x];
        sum += last;
        ++count;
      }
    } else {
      sum = 5;
    }
    if (x < f.wide && y < f.high) f.sums[y * f.wide + x] = sum + 3 * last + 100 * count;
  }
};

struct Search {  // stops at what it finds, and goes on with other memory
  __host__ __device__ static void run(Field f, int x, int y) {
    if (x >= f.wide || y >= f.high) return;
    int z = 0, plane = f.wide * f.high, i = y * f.wide + x;
    for (; z < f.deep; ++z) {
      float value = f.in[z * plane + i];
      if (value > 90) break;
      if (value < 20) continue;
      f.out[z * plane + i] = value;
    }
    float sum = 0;
    for (int back = z - 1; back >= 0; --back) sum += f.in[back * plane + i] * (back & 3);
    f.sums[i] = sum + z;
  }
};

struct Twice {  // a march in each turn of a loop, under a condition
  __host__ __device__ static void run(Field f, int x, int y) {
    if (x >= f.wide || y >= f.high) return;
    int plane = f.wide * f.high, i = y * f.wide + x;
    double total = 0;
    for (int turn = 0; turn < 3; ++turn) {
      if ((x + turn) % 3 == 0) {
        total += turn;
        continue;
      }
      long long kept = turn + x;
      for (int z = turn; z < f.deep; z += 2) {
        kept = kept * 3 + (long long)f.in[(size_t)z * plane + i];
        f.out[(size_t)z * plane + i] = (float)(kept & 255);
      }
      total += (double)(kept & 0xffff);
    }
    f.sums[i] = (float)total;
  }
};

template <class Job>
__global__ void kernel(Field f) {
  Job::run(f, blockIdx.x * blockDim.x + threadIdx.x, (blockIdx.y * blockDim.z + threadIdx.z) * blockDim.y + threadIdx.y);
}

static int wrong = 0;

template <class Job>
void check(const char* name, dim3 block, int wide, int high, int deep) {
  size_t cells = (size_t)wide * high * deep, columns = (size_t)wide * high;
  std::vector<float> in(cells), out(cells, -7), sums(columns, -7), expected_out = out, expected_sums = sums;
  std::vector<int> rows(columns);
  unsigned state = 12345;
  for (auto& v : in) v = (float)((state = state * 1664525 + 1013904223) >> 25);
  for (auto& v : rows) v = (int)(((state = state * 1664525 + 1013904223) >> 8) % (deep + 1));
  Field host{in.data(), rows.data(), expected_out.data(), expected_sums.data(), wide, high, deep}, f = host;
  for (int y = 0; y < high; ++y)
    for (int x = 0; x < wide; ++x) Job::run(host, x, y);
  float *d_in, *d_out, *d_sums;
  int* d_rows;
  cudaMalloc(&d_in, cells * 4), cudaMalloc(&d_out, cells * 4), cudaMalloc(&d_sums, columns * 4), cudaMalloc(&d_rows, columns * 4);
  cudaMemcpy(d_in, in.data(), cells * 4, cudaMemcpyHostToDevice);
  cudaMemcpy(d_out, out.data(), cells * 4, cudaMemcpyHostToDevice);
  cudaMemcpy(d_sums, sums.data(), columns * 4, cudaMemcpyHostToDevice);
  cudaMemcpy(d_rows, rows.data(), columns * 4, cudaMemcpyHostToDevice);
  f.in = d_in, f.out = d_out, f.sums = d_sums, f.rows = d_rows;
  unsigned tall = block.y * block.z;
  kernel<Job><<<dim3((wide + block.x - 1) / block.x, (high + tall - 1) / tall), block>>>(f);
  cudaMemcpy(out.data(), d_out, cells * 4, cudaMemcpyDeviceToHost);
  cudaMemcpy(sums.data(), d_sums, columns * 4, cudaMemcpyDeviceToHost);
  if (cudaError_t error = cudaGetLastError()) std::printf("%s: %s\n", name, cudaGetErrorString(error)), ++wrong;
  int before = wrong;
  for (size_t i = 0; i < cells; ++i)
    if (out[i] != expected_out[i] && ++wrong - before <= 3)
      std::printf("%s (%u, %u, %u): cell %zu is %g, not %g\n", name, block.x, block.y, block.z, i, out[i], expected_out[i]);
  for (size_t i = 0; i < columns; ++i)
    if (sums[i] != expected_sums[i] && ++wrong - before <= 6)
      std::printf("%s (%u, %u, %u): column %zu is %g, not %g\n", name, block.x, block.y, block.z, i, sums[i], expected_sums[i]);
  cudaFree(d_in), cudaFree(d_out), cudaFree(d_sums), cudaFree(d_rows);
}

int main() {
  for (dim3 block : {dim3(32, 8), dim3(16, 16), dim3(64, 1, 2), dim3(256), dim3(8, 4, 3), dim3(10, 10)}) {
    check<Stencil>("stencil", block, 70, 33, 12);
    check<Stencil>("stencil", block, 600, 9, 3);
    check<Ragged>("ragged", block, 70, 33, 12);
    check<Ragged>("ragged", block, 1100, 4, 5);
    check<Search>("search", block, 70, 33, 12);
    check<Twice>("twice", block, 70, 33, 12);
  }
  std::printf(wrong ? "%d wrong\n" : "ok\n", wrong);
  return wrong != 0;
}
