// Texture fetches against the formulas of the CUDA programming guide, computed on the host: address and filter modes, all shapes, and lanes that
// are off or fetch from different textures.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vector>

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);          \
      exit(1);                                                                \
    }                                                                         \
  } while (0)
#define OK(call) CHECK((call) == cudaSuccess)

constexpr int W = 13, H = 7, D = 5, N = 257;
struct Point {
  float x, y, z;
  int layer;
};

enum Shape { ONE, TWO, THREE, ONE_LAYERED, TWO_LAYERED, CUBE, CUBES };
template <class T>
__device__ T fetch(Shape shape, cudaTextureObject_t t, Point p) {
  switch (shape) {
    case ONE: return tex1D<T>(t, p.x);
    case TWO: return tex2D<T>(t, p.x, p.y);
    case THREE: return tex3D<T>(t, p.x, p.y, p.z);
    case ONE_LAYERED: return tex1DLayered<T>(t, p.x, p.layer);
    case TWO_LAYERED: return tex2DLayered<T>(t, p.x, p.y, p.layer);
    case CUBE: return texCubemap<T>(t, p.x, p.y, p.z);
    default: return texCubemapLayered<T>(t, p.x, p.y, p.z, p.layer);
  }
}
template <class T>
__global__ void fetch_all(Shape shape, cudaTextureObject_t t, const Point* points, T* out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < N && i % 7 != 3) out[i] = fetch<T>(shape, t, points[i]);  // some lanes are off
}

// ---- the guide, on the host
struct Texture {
  Shape shape;
  int width, height, depth;  // 0: not that many dimensions
  cudaTextureDesc how;
  std::vector<float> values;  // as they are read
  bool flat(int axis) const { return axis >= (shape == ONE || shape == ONE_LAYERED ? 1 : shape == THREE ? 3 : 2); }
};

static int inside(int i, int n, cudaTextureAddressMode mode) {
  if (mode == cudaAddressModeBorder) return i < 0 || i >= n ? -1 : i;
  if (mode == cudaAddressModeWrap) return (i % n + n) % n;
  return i < 0 ? 0 : i >= n ? n - 1 : i;
}
static float value(const Texture& t, int slice, const int* at) {
  for (int a = 0; a < 3; a++)
    if (at[a] < 0) return t.how.borderColor[0];
  int rows = t.height ? t.height : 1;
  return t.values[(size_t(slice + at[2]) * rows + at[1]) * t.width + at[0]];
}
static float expected(const Texture& t, Point p) {
  float x[3] = {p.x, p.y, p.z};
  int layers = t.depth ? t.depth : 1, slice = 0, sizes[3] = {t.width, t.height, t.depth};
  auto mode = [&](int a) { return t.shape >= CUBE ? cudaAddressModeClamp : t.how.addressMode[a]; };
  auto clamped = [](int i, int n) { return i < 0 ? 0 : i >= n ? n - 1 : i; };
  if (t.shape == ONE_LAYERED || t.shape == TWO_LAYERED) slice = clamped(p.layer, layers);
  if (t.shape >= CUBE) {
    int axis = fabsf(x[0]) >= fabsf(x[1]) && fabsf(x[0]) >= fabsf(x[2]) ? 0 : fabsf(x[1]) >= fabsf(x[2]) ? 1 : 2;
    float m = x[axis], s, tt;
    int face = axis * 2 + (m < 0);
    if (axis == 0) s = m < 0 ? x[2] : -x[2], tt = -x[1];
    else if (axis == 1) s = x[0], tt = m < 0 ? -x[2] : x[2];
    else s = m < 0 ? -x[0] : x[0], tt = -x[1];
    m = fabsf(m);
    x[0] = (s / m + 1) / 2, x[1] = (tt / m + 1) / 2;
    slice = face + (t.shape == CUBES ? clamped(p.layer, layers / 6) * 6 : 0);
  }
  bool linear = t.how.filterMode == cudaFilterModeLinear;
  int low[3] = {}, high[3] = {};
  float weight[3] = {};
  for (int a = 0; a < 3; a++) {
    if (t.flat(a)) continue;
    float at = x[a];
    if (t.how.normalizedCoords || t.shape >= CUBE) {
      float below = floorf(at);
      if (mode(a) == cudaAddressModeWrap) at = at - below;
      if (mode(a) == cudaAddressModeMirror) at = int(below) & 1 ? 1 - (at - below) : at - below;
      at = sizes[a] * at;
    }
    if (linear) at -= 0.5f;
    int i = int(floorf(at));
    weight[a] = linear ? floorf((at - i) * 256 + 0.5f) / 256 : 0;
    low[a] = inside(i, sizes[a], mode(a));
    high[a] = inside(i + 1, sizes[a], mode(a));
  }
  float sum = 0;
  for (int corner = 0; corner < 8; corner++) {
    float w = 1;
    int at[3];
    for (int a = 0; a < 3; a++) {
      bool up = corner >> a & 1;
      w *= up ? weight[a] : 1 - weight[a];
      at[a] = up ? high[a] : low[a];
    }
    if (w != 0) sum += w * value(t, slice, at);
  }
  return sum;
}

static std::vector<Point> points_for(const Texture& t, bool normalized) {
  std::vector<Point> points(N);
  auto number = [](float low, float high) { return low + (high - low) * float(rand()) / float(RAND_MAX); };
  for (Point& p : points) {
    if (t.shape >= CUBE) p = {number(-1, 1), number(-1, 1), number(-1, 1), int(number(-2, 5))};
    else if (normalized) p = {number(-2.5f, 3), number(-1.5f, 2), number(-3, 3), int(number(-2, 9))};
    else p = {number(-3, W + 3), number(-3, H + 3), number(-3, D + 3), int(number(-2, 9))};
  }
  return points;
}

template <class T>
static cudaArray_t array_of(const Texture& t, const std::vector<T>& data) {
  bool layered = t.shape == ONE_LAYERED || t.shape == TWO_LAYERED || t.shape == CUBES;
  unsigned flags = (layered ? cudaArrayLayered : 0) | (t.shape >= CUBE ? cudaArrayCubemap : 0);
  cudaArray_t array;
  cudaChannelFormatDesc format = cudaCreateChannelDesc<T>();
  OK(cudaMalloc3DArray(&array, &format, make_cudaExtent(t.width, t.height, t.depth), flags));
  cudaMemcpy3DParms copy = {};
  size_t rows = t.height ? t.height : 1;
  copy.srcPtr = make_cudaPitchedPtr((void*)data.data(), t.width * sizeof(T), t.width, rows);
  copy.dstArray = array;
  copy.extent = make_cudaExtent(t.width, rows, t.depth ? t.depth : 1);
  copy.kind = cudaMemcpyHostToDevice;
  OK(cudaMemcpy3D(&copy));
  return array;
}

static cudaTextureObject_t object_of(cudaArray_t array, const cudaTextureDesc& how) {
  cudaResourceDesc what = {};
  what.resType = cudaResourceTypeArray;
  what.res.array.array = array;
  cudaTextureObject_t t;
  OK(cudaCreateTextureObject(&t, &what, &how, nullptr));
  return t;
}

template <class T>
static T* managed(size_t count) {
  T* p;
  OK(cudaMallocManaged(&p, count * sizeof(T)));
  memset(p, 0, count * sizeof(T));
  return p;
}

template <class T>  // texels of integers are read as fractions
static void compare(Texture t, float one) {
  size_t count = size_t(t.width) * (t.height ? t.height : 1) * (t.depth ? t.depth : 1);
  std::vector<T> data(count);
  t.values.resize(count);
  for (size_t i = 0; i < count; i++) {
    data[i] = one ? T(rand()) : T(rand() % 4001 - 2000) / T(8);
    float v = one ? float(data[i]) / one : float(data[i]);
    t.values[i] = v < -1 && one ? -1 : v;
  }
  cudaArray_t array = array_of(t, data);
  cudaTextureObject_t object = object_of(array, t.how);
  std::vector<Point> points = points_for(t, t.how.normalizedCoords);
  Point* where = managed<Point>(N);
  memcpy(where, points.data(), N * sizeof(Point));
  float* out = managed<float>(N);
  fetch_all<<<3, 96>>>(t.shape, object, where, out);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < N; i++) {
    float want = i % 7 == 3 ? 0 : expected(t, points[i]);
    if (fabsf(out[i] - want) > 1e-6f * (one ? 1 : 250)) {
      printf("shape %d, mode %d, filter %d, normalized %d, at %g %g %g layer %d: %g, not %g\n", t.shape, t.how.addressMode[0],
             t.how.filterMode, t.how.normalizedCoords, points[i].x, points[i].y, points[i].z, points[i].layer, out[i], want);
      exit(1);
    }
  }
  OK(cudaDestroyTextureObject(object));
  OK(cudaFreeArray(array));
  OK(cudaFree(where));
  OK(cudaFree(out));
}

static void all_modes() {
  const Texture shapes[] = {{ONE, W, 0, 0},           {TWO, W, H, 0},  {THREE, W, H, D},   {ONE_LAYERED, W, 0, D},
                            {TWO_LAYERED, W, H, D},   {CUBE, 6, 6, 6}, {CUBES, 6, 6, 18}};
  for (const Texture& shape : shapes)
    for (int mode = 0; mode < 4; mode++)
      for (int filter = 0; filter < 2; filter++)
        for (int normalized = 0; normalized < 2; normalized++) {
          Texture t = shape;
          if (!normalized && (mode == cudaAddressModeWrap || mode == cudaAddressModeMirror)) continue;
          for (auto& m : t.how.addressMode) m = cudaTextureAddressMode(mode);
          t.how.filterMode = cudaTextureFilterMode(filter);
          t.how.normalizedCoords = normalized;
          t.how.borderColor[0] = 0.5f;
          compare<float>(t, 0);
          if (shape.shape != TWO) continue;
          t.how.readMode = cudaReadModeNormalizedFloat;
          compare<unsigned char>(t, 255);
          compare<signed char>(t, 127);
          compare<unsigned short>(t, 65535);
          compare<short>(t, 32767);
        }
}

// ---- vectors, integers, gathers, plain memory
__global__ void vectors(cudaTextureObject_t bytes, cudaTextureObject_t shorts, cudaTextureObject_t floats, int* wrong) {
  int x = threadIdx.x, y = threadIdx.y, i = y * W + x;
  uchar4 b = tex2D<uchar4>(bytes, x + 0.5f, y + 0.5f);
  short2 s;
  tex2D(&s, shorts, x + 0.5f, y + 0.5f);
  float4 f = tex2D<float4>(floats, x + 0.5f, y + 0.5f);
  if (b.x != i || b.y != 255 - i || b.z != i / 2 || b.w != 7) atomicAdd(wrong, 1);
  if (s.x != -i || s.y != i * 100) atomicAdd(wrong, 1);
  if (f.x != i || f.y != -i || f.z != 0.25f * i || f.w != 3) atomicAdd(wrong, 1);
  float4 g = tex2Dgather<float4>(floats, x + 1.0f, y + 1.0f, 2);
  auto at = [](int x, int y) { return 0.25f * (min(y, H - 1) * W + min(x, W - 1)); };
  if (g.x != at(x, y + 1) || g.y != at(x + 1, y + 1) || g.z != at(x + 1, y) || g.w != at(x, y)) atomicAdd(wrong, 1);
}
__global__ void from_memory(cudaTextureObject_t linear, cudaTextureObject_t pitched, int n, int* wrong) {
  for (int i = int(threadIdx.x) - 8; i < n + 8; i += blockDim.x) {
    int2 v = tex1Dfetch<int2>(linear, i);
    bool there = i >= 0 && i < n;
    if (v.x != (there ? 3 * i : 0) || v.y != (there ? -i : 0)) atomicAdd(wrong, 1);
  }
  if (threadIdx.x < W && tex2D<float>(pitched, threadIdx.x, 2.0f) != 200 + threadIdx.x) atomicAdd(wrong, 1);
}
__global__ void one_each(const cudaTextureObject_t* objects, int count, float* out) {
  int i = threadIdx.x;
  out[i] = tex1Dfetch<float>(objects[i % count], i);  // lanes fetch from different textures
}

static void other_forms() {
  int* wrong = managed<int>(1);
  Texture flat = {TWO, W, H, 0};
  std::vector<uchar4> bytes(W * H);
  std::vector<short2> shorts(W * H);
  std::vector<float4> floats(W * H);
  for (int i = 0; i < W * H; i++) {
    bytes[i] = make_uchar4(i, 255 - i, i / 2, 7);
    shorts[i] = make_short2(-i, i * 100);
    floats[i] = make_float4(i, -i, 0.25f * i, 3);
  }
  cudaTextureDesc how = {};
  how.addressMode[0] = how.addressMode[1] = cudaAddressModeClamp;
  vectors<<<1, dim3(W, H)>>>(object_of(array_of(flat, bytes), how), object_of(array_of(flat, shorts), how),
                             object_of(array_of(flat, floats), how), wrong);
  OK(cudaDeviceSynchronize());
  CHECK(!*wrong);

  const int n = 1000;
  int2* numbers = managed<int2>(n);
  for (int i = 0; i < n; i++) numbers[i] = make_int2(3 * i, -i);
  cudaResourceDesc what = {};
  what.resType = cudaResourceTypeLinear;
  what.res.linear.devPtr = numbers;
  what.res.linear.desc = cudaCreateChannelDesc<int2>();
  what.res.linear.sizeInBytes = n * sizeof(int2);
  cudaTextureObject_t linear, pitched, each[3];
  OK(cudaCreateTextureObject(&linear, &what, &how, nullptr));
  float* rows;
  size_t pitch;
  OK(cudaMallocPitch(&rows, &pitch, W * sizeof(float), H));
  std::vector<float> counted(W * H);
  for (int i = 0; i < W * H; i++) counted[i] = i / W * 100 + i % W;
  OK(cudaMemcpy2D(rows, pitch, counted.data(), W * 4, W * 4, H, cudaMemcpyHostToDevice));
  cudaResourceDesc flat_memory = {};
  flat_memory.resType = cudaResourceTypePitch2D;
  flat_memory.res.pitch2D = {rows, cudaCreateChannelDesc<float>(), W, H, pitch};
  OK(cudaCreateTextureObject(&pitched, &flat_memory, &how, nullptr));
  from_memory<<<1, 50>>>(linear, pitched, n, wrong);
  OK(cudaDeviceSynchronize());
  CHECK(!*wrong);

  cudaTextureObject_t* objects = managed<cudaTextureObject_t>(3);
  float* out = managed<float>(64);
  for (int k = 0; k < 3; k++) {
    float* one = managed<float>(64);
    for (int i = 0; i < 64; i++) one[i] = k * 1000 + i;
    what.res.linear.devPtr = one;
    what.res.linear.desc = cudaCreateChannelDesc<float>();
    what.res.linear.sizeInBytes = 64 * sizeof(float);
    OK(cudaCreateTextureObject(&each[k], &what, &how, nullptr));
    objects[k] = each[k];
  }
  one_each<<<1, 64>>>(objects, 3, out);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 64; i++) CHECK(out[i] == i % 3 * 1000 + i);
}

// ---- levels
__global__ void levels(cudaTextureObject_t t, float* out) {
  int i = threadIdx.x;
  out[i] = tex2DLod<float>(t, 0.3f, 0.6f, i * 0.125f);
  out[64 + i] = tex2DGrad<float>(t, 0.3f, 0.6f, make_float2(i / 8.0f, 0), make_float2(0, 0.01f));
  unsigned width;
  asm("txq.width.b32 %0, [%1];" : "=r"(width) : "l"(t));
  out[128 + i] = width;
}
static void mipmaps() {
  cudaMipmappedArray_t mipmap;
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  OK(cudaMallocMipmappedArray(&mipmap, &format, make_cudaExtent(16, 8, 0), 4));
  for (int level = 0; level < 4; level++) {
    cudaArray_t array;
    OK(cudaGetMipmappedArrayLevel(&array, mipmap, level));
    std::vector<float> same((16 >> level) * (8 >> level), level * 10.0f);
    OK(cudaMemcpy2DToArray(array, 0, 0, same.data(), (16 >> level) * 4, (16 >> level) * 4, 8 >> level, cudaMemcpyHostToDevice));
  }
  cudaResourceDesc what = {};
  what.resType = cudaResourceTypeMipmappedArray;
  what.res.mipmap.mipmap = mipmap;
  cudaTextureDesc how = {};
  how.normalizedCoords = 1;
  how.filterMode = how.mipmapFilterMode = cudaFilterModeLinear;
  how.maxMipmapLevelClamp = 3;
  cudaTextureObject_t t;
  OK(cudaCreateTextureObject(&t, &what, &how, nullptr));
  float* out = managed<float>(192);
  levels<<<1, 32>>>(t, out);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 32; i++) {
    CHECK(fabsf(out[i] - fminf(i * 1.25f, 30)) < 1e-4f);
    float level = fminf(fmaxf(log2f(fmaxf(i / 8.0f * 16, 0.08f)), 0), 3);
    CHECK(fabsf(out[64 + i] - level * 10) < 0.05f);
    CHECK(out[128 + i] == 16);
  }
  OK(cudaFreeMipmappedArray(mipmap));
}

int main() {
  all_modes();
  other_forms();
  mipmaps();
  return 0;
}
