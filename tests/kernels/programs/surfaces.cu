// Surface reads and writes: all sizes, all shapes, what happens outside, and texture fetches of what was written.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);          \
      exit(1);                                                                \
    }                                                                         \
  } while (0)
#define OK(call) CHECK((call) == cudaSuccess)

constexpr int W = 24, H = 5, D = 3;
static int* wrong;

template <class T>
__device__ T number(int i) {
  T t;
  for (unsigned b = 0; b < sizeof(T); b++) ((unsigned char*)&t)[b] = (unsigned char)(i * 31 + b * 7);
  return t;
}
template <class T>
__device__ bool same(const T& a, const T& b) {
  for (unsigned i = 0; i < sizeof(T); i++)
    if (((const char*)&a)[i] != ((const char*)&b)[i]) return false;
  return true;
}

template <class T>
__global__ void write_2d(cudaSurfaceObject_t s) {
  int x = threadIdx.x, y = threadIdx.y;
  if ((x + y) % 5) surf2Dwrite(number<T>(y * W + x), s, x * int(sizeof(T)), y);  // some lanes are off
}
template <class T>
__global__ void read_2d(cudaSurfaceObject_t s, int* wrong) {
  int x = int(threadIdx.x) - 4, y = int(threadIdx.y) - 1;
  bool there = x >= 0 && x < W && y >= 0 && y < H;
  int cx = min(max(x, 0), W - 1), cy = min(max(y, 0), H - 1);
  auto at = [](int x, int y) { return (x + y) % 5 ? number<T>(y * W + x) : T{}; };
  T zero = surf2Dread<T>(s, x * int(sizeof(T)), y, cudaBoundaryModeZero), clamp;
  surf2Dread(&clamp, s, x * int(sizeof(T)), y, cudaBoundaryModeClamp);
  if (!same(zero, there ? at(x, y) : T{}) || !same(clamp, at(cx, cy))) atomicAdd(wrong, 1);
  surf2Dwrite(number<T>(1), s, x * int(sizeof(T)) + (there ? 1 << 20 : 0), y, cudaBoundaryModeZero);  // vanishes
}

static cudaSurfaceObject_t surface(cudaChannelFormatDesc format, cudaExtent size, unsigned flags, cudaArray_t* array) {
  OK(cudaMalloc3DArray(array, &format, size, flags | cudaArraySurfaceLoadStore));
  cudaResourceDesc what = {};
  what.resType = cudaResourceTypeArray;
  what.res.array.array = *array;
  cudaSurfaceObject_t s;
  OK(cudaCreateSurfaceObject(&s, &what));
  return s;
}

template <class T>
static void flat(cudaChannelFormatDesc format) {
  cudaArray_t array;
  cudaSurfaceObject_t s = surface(format, make_cudaExtent(W, H, 0), 0, &array);
  static char zeros[W * H * 16];
  OK(cudaMemcpy2DToArray(array, 0, 0, zeros, W * sizeof(T), W * sizeof(T), H, cudaMemcpyHostToDevice));
  write_2d<T><<<1, dim3(W, H)>>>(s);
  read_2d<T><<<1, dim3(W + 8, H + 2)>>>(s, wrong);
  OK(cudaDeviceSynchronize());
  CHECK(!*wrong);
  OK(cudaDestroySurfaceObject(s));
  OK(cudaFreeArray(array));
}

__global__ void shapes(cudaSurfaceObject_t one, cudaSurfaceObject_t solid, cudaSurfaceObject_t ones, cudaSurfaceObject_t layers,
                       cudaSurfaceObject_t cube, int step) {
  int x = threadIdx.x, y = threadIdx.y, z = threadIdx.z;
  if (y == 0 && z == 0) surf1Dwrite(x * step, one, x * 4);
  surf3Dwrite(float(x + 100 * y + 1000 * z) * step, solid, x * 4, y, z);
  if (y == 0) surf1DLayeredwrite(short(x + 100 * z), ones, x * 2, z);
  surf2DLayeredwrite(make_uchar4(x, y, z, 9), layers, x * 4, y, z);
  if (x < H) surfCubemapwrite(x + 10 * y + 100 * z, cube, x * 4, y, z);
  if (x < H) surfCubemapwrite(x + 10 * y + 100 * (z + D), cube, x * 4, y, z + D);
}
__global__ void shapes_back(cudaSurfaceObject_t one, cudaSurfaceObject_t solid, cudaSurfaceObject_t ones, cudaSurfaceObject_t layers,
                            cudaSurfaceObject_t cube, cudaTextureObject_t texture, int* wrong) {
  int x = threadIdx.x, y = threadIdx.y, z = threadIdx.z;
  uchar4 c = surf2DLayeredread<uchar4>(layers, x * 4, y, z);
  bool good = surf1Dread<int>(one, x * 4) == 2 * x && surf3Dread<float>(solid, x * 4, y, z) == 2 * (x + 100 * y + 1000 * z) &&
              surf1DLayeredread<short>(ones, x * 2, z) == x + 100 * z && c.x == x && c.y == y && c.z == z && c.w == 9;
  good = good && (x >= H || surfCubemapread<int>(cube, x * 4, y, z + D) == x + 10 * y + 100 * (z + D));
  good = good && tex3D<float>(texture, x + 0.5f, y + 0.5f, z + 0.5f) == 2 * (x + 100 * y + 1000 * z);
  unsigned width, rows, order;
  asm("suq.width.b32 %0, [%1];" : "=r"(width) : "l"(solid));
  asm("suq.array_size.b32 %0, [%1];" : "=r"(rows) : "l"(layers));
  asm("suq.channel_order.b32 %0, [%1];" : "=r"(order) : "l"(layers));
  if (!good || width != W || rows != D || order != 0x10B5) atomicAdd(wrong, 1);
}

// Formatted writes bring 32-bit values into the surface's format.
__global__ void formatted(cudaSurfaceObject_t bytes, cudaSurfaceObject_t halves) {
  int x = threadIdx.x;
  asm volatile("sust.p.2d.v2.b32.trap [%0, {%1, %2}], {%3, %4};" ::"l"(bytes), "r"(x), "r"(0), "r"(x * 40 - 300), "r"(x));
  asm volatile("sust.p.1d.b32.trap [%0, {%1}], {%2};" ::"l"(halves), "r"(x), "r"(__float_as_int(x * 3000.0f + 0.1f)));
}

int main() {
  OK(cudaMallocManaged(&wrong, sizeof(int)));
  *wrong = 0;
  flat<unsigned char>(cudaCreateChannelDesc<unsigned char>());
  flat<char2>(cudaCreateChannelDesc<char2>());
  flat<uchar4>(cudaCreateChannelDesc<uchar4>());
  flat<short>(cudaCreateChannelDesc<short>());
  flat<ushort2>(cudaCreateChannelDesc<ushort2>());
  flat<short4>(cudaCreateChannelDesc<short4>());
  flat<float>(cudaCreateChannelDesc<float>());
  flat<uint2>(cudaCreateChannelDesc<uint2>());
  flat<float4>(cudaCreateChannelDesc<float4>());
  flat<double>(cudaCreateChannelDesc<int2>());
  flat<ulonglong2>(cudaCreateChannelDesc<int4>());

  cudaArray_t arrays[5], bytes, halves;
  cudaSurfaceObject_t one = surface(cudaCreateChannelDesc<int>(), make_cudaExtent(W, 0, 0), 0, &arrays[0]),
                      solid = surface(cudaCreateChannelDesc<float>(), make_cudaExtent(W, H, D), 0, &arrays[1]),
                      ones = surface(cudaCreateChannelDesc<short>(), make_cudaExtent(W, 0, D), cudaArrayLayered, &arrays[2]),
                      layers = surface(cudaCreateChannelDesc<uchar4>(), make_cudaExtent(W, H, D), cudaArrayLayered, &arrays[3]),
                      cube = surface(cudaCreateChannelDesc<int>(), make_cudaExtent(H, H, 6), cudaArrayCubemap, &arrays[4]);
  cudaResourceDesc what = {};
  what.resType = cudaResourceTypeArray;
  what.res.array.array = arrays[1];
  cudaTextureDesc how = {};
  cudaTextureObject_t texture;
  OK(cudaCreateTextureObject(&texture, &what, &how, nullptr));
  for (int step = 1; step < 3; step++) shapes<<<1, dim3(W, H, D)>>>(one, solid, ones, layers, cube, step);
  shapes_back<<<1, dim3(W, H, D)>>>(one, solid, ones, layers, cube, texture, wrong);
  OK(cudaDeviceSynchronize());
  CHECK(!*wrong);

  cudaSurfaceObject_t b = surface(cudaCreateChannelDesc<char2>(), make_cudaExtent(W, H, 0), 0, &bytes),
                      h = surface(cudaCreateChannelDescHalf(), make_cudaExtent(W, 0, 0), 0, &halves);
  formatted<<<1, W>>>(b, h);
  char2 c[W];
  unsigned short f[W];
  OK(cudaMemcpyFromArray(c, bytes, 0, 0, sizeof c, cudaMemcpyDeviceToHost));
  OK(cudaMemcpyFromArray(f, halves, 0, 0, sizeof f, cudaMemcpyDeviceToHost));
  for (int x = 0; x < W; x++) CHECK(c[x].x == (x * 40 < 172 ? -128 : x * 40 > 427 ? 127 : x * 40 - 300) && c[x].y == x);
  CHECK(f[0] == 0x2E66 && f[1] == 0x69DC && f[2] == 0x6DDC && f[22] == 0x7C00);
  return 0;
}
