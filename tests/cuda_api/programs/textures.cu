// Texture and surface objects: what they are made from, what they say of themselves, what is refused; both APIs, and arrays behind them.
#include "check.h"

__global__ void corners(cudaTextureObject_t t, float* out) { out[threadIdx.x] = tex2D<float>(t, threadIdx.x * 3 + 0.5f, 1.5f); }

static cudaResourceDesc of_array(cudaArray_t array) {
  cudaResourceDesc r = {};
  r.resType = cudaResourceTypeArray;
  r.res.array.array = array;
  return r;
}

static void runtime_objects(cudaArray_t array) {
  cudaResourceDesc r = of_array(array), told_r;
  cudaTextureDesc d = {}, told_d;
  cudaResourceViewDesc told_v;
  d.addressMode[0] = cudaAddressModeBorder;
  d.addressMode[1] = cudaAddressModeMirror;
  d.filterMode = cudaFilterModeLinear;
  d.borderColor[2] = 0.25f;
  d.normalizedCoords = 1;
  d.maxAnisotropy = 4;
  d.maxMipmapLevelClamp = 7;
  cudaTextureObject_t t;
  OK(cudaCreateTextureObject(&t, &r, &d, nullptr));
  OK(cudaGetTextureObjectResourceDesc(&told_r, t));
  OK(cudaGetTextureObjectTextureDesc(&told_d, t));
  CHECK(told_r.resType == cudaResourceTypeArray && told_r.res.array.array == array);
  CHECK(told_d.addressMode[0] == cudaAddressModeBorder && told_d.addressMode[1] == cudaAddressModeMirror && told_d.borderColor[2] == 0.25f);
  CHECK(told_d.filterMode == cudaFilterModeLinear && told_d.normalizedCoords && told_d.maxAnisotropy == 4 && told_d.maxMipmapLevelClamp == 7);
  CHECK(told_d.readMode == cudaReadModeElementType && !told_d.sRGB);
  EXPECT(cudaErrorInvalidValue, cudaGetTextureObjectResourceViewDesc(&told_v, t));
  EXPECT(cudaErrorInvalidValue, cudaDestroySurfaceObject(t));  // it is a texture
  OK(cudaDestroyTextureObject(t));
  EXPECT(cudaErrorInvalidValue, cudaGetTextureObjectTextureDesc(&told_d, t));
  EXPECT(cudaErrorInvalidValue, cudaDestroyTextureObject(t));
  cudaResourceViewDesc v = {};
  v.format = cudaResViewFormatUnsignedChar4;
  v.width = 8, v.height = 4;
  d.readMode = cudaReadModeNormalizedFloat;
  OK(cudaCreateTextureObject(&t, &r, &d, &v));
  OK(cudaGetTextureObjectResourceViewDesc(&told_v, t));
  CHECK(told_v.format == cudaResViewFormatUnsignedChar4 && told_v.width == 8 && told_v.height == 4);
  OK(cudaDestroyTextureObject(t));
  v.format = cudaResViewFormatUnsignedChar2;  // texels of another size
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, &r, &d, &v));
}

static void refused(cudaArray_t array, cudaArray_t integers) {
  cudaResourceDesc r = of_array(array);
  cudaTextureDesc d = {};
  cudaTextureObject_t t;
  cudaSurfaceObject_t s;
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(nullptr, &r, &d, nullptr));
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, nullptr, &d, nullptr));
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, &r, nullptr, nullptr));
  EXPECT(cudaErrorInvalidValue, cudaCreateSurfaceObject(&s, &r));  // made without cudaArraySurfaceLoadStore
  cudaResourceDesc nothing = of_array(nullptr);
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, &nothing, &d, nullptr));
  cudaResourceDesc whole = of_array(integers);
  d.filterMode = cudaFilterModeLinear;
  EXPECT(cudaErrorInvalidFilterSetting, cudaCreateTextureObject(&t, &whole, &d, nullptr));
  d.readMode = cudaReadModeNormalizedFloat;
  OK(cudaCreateTextureObject(&t, &whole, &d, nullptr));
  OK(cudaDestroyTextureObject(t));
  d.addressMode[1] = cudaTextureAddressMode(9);
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, &whole, &d, nullptr));
  d = {};

  float* p;
  OK(cudaMalloc(&p, 4096));
  cudaResourceDesc m = {};
  m.resType = cudaResourceTypeLinear;
  m.res.linear = {p, cudaCreateChannelDesc<float4>(), 4096};
  OK(cudaCreateTextureObject(&t, &m, &d, nullptr));
  OK(cudaDestroyTextureObject(t));
  cudaResourceViewDesc v = {};
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, &m, &d, &v));
  m.res.linear.devPtr = p + 1;  // between two texels
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, &m, &d, nullptr));
  m.res.linear = {p, {8, 8, 8, 0, cudaChannelFormatKindUnsigned}, 4096};  // three channels
  EXPECT(cudaErrorInvalidChannelDescriptor, cudaCreateTextureObject(&t, &m, &d, nullptr));
  m.resType = cudaResourceTypePitch2D;
  m.res.pitch2D = {p, cudaCreateChannelDesc<float>(), 16, 16, 64};
  OK(cudaCreateTextureObject(&t, &m, &d, nullptr));
  cudaResourceDesc told;
  OK(cudaGetTextureObjectResourceDesc(&told, t));
  CHECK(told.res.pitch2D.devPtr == p && told.res.pitch2D.width == 16 && told.res.pitch2D.pitchInBytes == 64 && told.res.pitch2D.desc.x == 32);
  m.res.pitch2D.pitchInBytes = 72;
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, &m, &d, nullptr));
  m.res.pitch2D.pitchInBytes = 32;
  EXPECT(cudaErrorInvalidValue, cudaCreateTextureObject(&t, &m, &d, nullptr));
}

static void mipmaps() {
  cudaMipmappedArray_t mipmap;
  cudaArray_t level;
  cudaExtent size;
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  OK(cudaMallocMipmappedArray(&mipmap, &format, make_cudaExtent(20, 9, 0), 99));  // there are five
  OK(cudaGetMipmappedArrayLevel(&level, mipmap, 3));
  OK(cudaArrayGetInfo(nullptr, &size, nullptr, level));
  CHECK(size.width == 2 && size.height == 1 && size.depth == 0);
  OK(cudaGetMipmappedArrayLevel(&level, mipmap, 4));
  EXPECT(cudaErrorInvalidValue, cudaGetMipmappedArrayLevel(&level, mipmap, 5));
  OK(cudaFreeMipmappedArray(mipmap));
  EXPECT(cudaErrorInvalidResourceHandle, cudaFreeMipmappedArray(mipmap));
}

static void driver_objects() {
  CUDA_ARRAY_DESCRIPTOR a = {8, 4, CU_AD_FORMAT_FLOAT, 1};
  CUarray array;
  OK(cuArrayCreate(&array, &a));
  float rows[4][8];
  for (int i = 0; i < 32; i++) rows[i / 8][i % 8] = float(i);
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST, copy.srcHost = rows, copy.srcPitch = 32;
  copy.dstMemoryType = CU_MEMORYTYPE_ARRAY, copy.dstArray = array;
  copy.WidthInBytes = 32, copy.Height = 4;
  OK(cuMemcpy2D(&copy));
  CUDA_RESOURCE_DESC r = {}, told_r;
  r.resType = CU_RESOURCE_TYPE_ARRAY;
  r.res.array.hArray = array;
  CUDA_TEXTURE_DESC d = {}, told_d;
  d.addressMode[0] = d.addressMode[1] = CU_TR_ADDRESS_MODE_WRAP;  // which becomes clamp
  CUtexObject t;
  OK(cuTexObjectCreate(&t, &r, &d, nullptr));
  OK(cuTexObjectGetResourceDesc(&told_r, t));
  OK(cuTexObjectGetTextureDesc(&told_d, t));
  CHECK(told_r.res.array.hArray == array && told_d.addressMode[0] == CU_TR_ADDRESS_MODE_WRAP);
  float* out;
  OK(cudaMallocManaged(&out, 16));
  corners<<<1, 4>>>(t, out);
  OK(cuTexObjectDestroy(t));  // the kernel still gets what it was launched for
  OK(cudaDeviceSynchronize());
  CHECK(out[0] == 8 && out[1] == 11 && out[2] == 14 && out[3] == 15);
  CHECK(cuTexObjectDestroy(t) == CUDA_ERROR_INVALID_VALUE);
  CUsurfObject s;
  CHECK(cuSurfObjectCreate(&s, &r) == CUDA_ERROR_INVALID_VALUE);
  CUDA_ARRAY3D_DESCRIPTOR b = {8, 4, 0, CU_AD_FORMAT_UNSIGNED_INT8, 4, CUDA_ARRAY3D_SURFACE_LDST};
  OK(cuArray3DCreate(&r.res.array.hArray, &b));
  OK(cuSurfObjectCreate(&s, &r));
  OK(cuSurfObjectGetResourceDesc(&told_r, s));
  CHECK(told_r.res.array.hArray == r.res.array.hArray);
  OK(cuSurfObjectDestroy(s));
}

int main() {
  cudaArray_t array, integers;
  cudaChannelFormatDesc floats = cudaCreateChannelDesc<float>(), bytes = cudaCreateChannelDesc<uchar2>(), told;
  OK(cudaMallocArray(&array, &floats, 8, 4));
  OK(cudaMallocArray(&integers, &bytes, 8, 4, cudaArrayTextureGather));
  OK(cudaGetChannelDesc(&told, integers));
  CHECK(told.x == 8 && told.y == 8 && !told.z && told.f == cudaChannelFormatKindUnsigned);
  size_t most;
  OK(cudaDeviceGetTexture1DLinearMaxWidth(&most, &floats, 0));
  CHECK(most == 1 << 28);
  runtime_objects(array);
  refused(array, integers);
  mipmaps();
  driver_objects();
  return 0;
}
