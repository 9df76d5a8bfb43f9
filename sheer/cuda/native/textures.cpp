// Texture and surface objects of both APIs. A handle is the address of what kernels read of the object (SheerImage, frame.h);
// behind it stand the descriptors that it was made from, in the driver's form.
#include "api.h"
#include "frame.h"

namespace sheer::api {

struct ImageObject {
  SheerImage image = {};  // first: the handle is its address
  CUDA_RESOURCE_DESC resource = {};
  CUDA_TEXTURE_DESC texture = {};
  CUDA_RESOURCE_VIEW_DESC view = {};
  bool has_view = false;
};
static Slab<ImageObject> slab;

static ImageObject* find(uint64_t handle, uint32_t tag) {
  if (handle <= 4096 || handle % alignof(ImageObject)) return nullptr;
  ImageObject* o = reinterpret_cast<ImageObject*>(handle);
  return o->image.tag == tag ? o : nullptr;
}

// ---- what texels are, and where
static bool texel_of(const cudaChannelFormatDesc& d, SheerImage* im) {
  CUarray_format format;
  uint32_t channels, element;
  if (!format_of(d, &format, &channels, &element)) return false;
  im->kind = d.f == cudaChannelFormatKindFloat    ? SHEER_FLOAT
             : d.f == cudaChannelFormatKindSigned ? SHEER_SIGNED
                                                  : SHEER_UNSIGNED;
  im->channels = uint8_t(channels);
  im->bits = uint8_t(d.x);
  return true;
}

static bool texel_of(CUarray_format format, uint32_t channels, SheerImage* im) {
  cudaChannelFormatDesc d;
  uint32_t element;
  return desc_of(format, channels, &d, &element) && texel_of(d, im);
}

static uint32_t texel_bytes(const SheerImage& im) { return uint32_t(im.channels) * im.bits / 8; }

static void add_level(SheerImage* im, const Array* a, uint32_t first_layer, uint32_t layers) {
  uint64_t slice = a->pitch * a->rows();
  im->level[im->levels++] = {uint64_t(a->data) + first_layer * slice,
                             a->pitch,
                             slice,
                             uint32_t(a->width),
                             uint32_t(a->height),
                             layers ? layers : uint32_t(a->depth),
                             0};
}

static Error shape_of(const Array* a, SheerImage* im) {
  if (!texel_of(a->desc, im)) return Error::InvalidValue;
  im->layered = (a->flags & cudaArrayLayered) != 0;
  im->shape = a->flags & cudaArrayCubemap         ? SHEER_CUBE
              : !a->height                        ? SHEER_1D
              : !a->depth || im->layered          ? SHEER_2D
                                                  : SHEER_3D;
  return Error::Ok;
}

static Error memory_of(const CUDA_RESOURCE_DESC& r, SheerImage* im) {
  uint32_t size;
  if (r.resType == CU_RESOURCE_TYPE_LINEAR) {
    const auto& l = r.res.linear;
    int most = 0;
    device_attribute(cudaDevAttrMaxTexture1DLinearWidth, 0, &most);
    if (!l.devPtr || !texel_of(l.format, l.numChannels, im)) return Error::InvalidValue;
    size = texel_bytes(*im);
    if (l.devPtr % size || l.sizeInBytes < size || l.sizeInBytes / size > uint64_t(most)) return Error::InvalidValue;
    im->shape = SHEER_LINEAR;
    im->level[0] = {l.devPtr, l.sizeInBytes, 0, uint32_t(l.sizeInBytes / size), 0, 0, 0};
  } else {
    const auto& p = r.res.pitch2D;
    int most[3] = {}, step = 1;
    for (int i = 0; i < 3; i++) device_attribute(cudaDevAttrMaxTexture2DLinearWidth + i, 0, &most[i]);
    device_attribute(cudaDevAttrTexturePitchAlignment, 0, &step);
    if (!p.devPtr || !p.width || !p.height || !texel_of(p.format, p.numChannels, im)) return Error::InvalidValue;
    size = texel_bytes(*im);
    if (p.devPtr % size || p.width > uint64_t(most[0]) || p.height > uint64_t(most[1]) ||
        p.pitchInBytes > uint64_t(most[2]) || p.pitchInBytes < p.width * size || p.pitchInBytes % uint32_t(step))
      return Error::InvalidValue;
    im->shape = SHEER_2D;
    im->level[0] = {p.devPtr, p.pitchInBytes, 0, uint32_t(p.width), uint32_t(p.height), 0, 0};
  }
  im->levels = 1;
  return Error::Ok;
}

// A view may read texels as others of the same size, and choose levels and layers.
static Error seen_as(const CUDA_RESOURCE_VIEW_DESC& v, const Array* base, uint32_t levels, SheerImage* im) {
  static const CUarray_format formats[] = {CU_AD_FORMAT_UNSIGNED_INT8,  CU_AD_FORMAT_SIGNED_INT8,
                                           CU_AD_FORMAT_UNSIGNED_INT16, CU_AD_FORMAT_SIGNED_INT16,
                                           CU_AD_FORMAT_UNSIGNED_INT32, CU_AD_FORMAT_SIGNED_INT32,
                                           CU_AD_FORMAT_HALF,           CU_AD_FORMAT_FLOAT};
  uint32_t number = uint32_t(v.format), size = texel_bytes(*im);
  if (number > 24) return number > 34 ? Error::InvalidValue : Error::NotSupported;  // compressed blocks
  if (number) texel_of(formats[(number - 1) / 3], 1u << (number - 1) % 3, im);
  bool same = v.width == base->width && v.height == base->height && v.depth == base->depth;
  bool choice = v.firstMipmapLevel <= v.lastMipmapLevel && v.lastMipmapLevel < levels && v.firstLayer <= v.lastLayer &&
                (im->layered ? v.lastLayer < base->depth : !v.lastLayer);
  return same && choice && texel_bytes(*im) == size ? Error::Ok : Error::InvalidValue;
}

static Error arrays_of(const CUDA_RESOURCE_DESC& r, const CUDA_RESOURCE_VIEW_DESC* v, SheerImage* im) {
  MipmappedArray* mipmap = nullptr;
  Array* base;
  if (r.resType == CU_RESOURCE_TYPE_ARRAY) {
    base = r.res.array.hArray;
  } else {
    mipmap = r.res.mipmap.hMipmappedArray;
    if (!live(mipmap)) return Error::InvalidValue;
    base = mipmap->levels[0];
  }
  if (!live(base)) return Error::InvalidValue;
  SHEER_TRY(shape_of(base, im));
  uint32_t first = 0, last = mipmap ? mipmap->levels.count - 1 : 0, layer = 0, layers = 0;
  if (v) {
    SHEER_TRY(seen_as(*v, base, last + 1, im));
    first = v->firstMipmapLevel;
    last = v->lastMipmapLevel;
    layer = v->firstLayer;
    if (im->layered) layers = v->lastLayer - v->firstLayer + 1;
  }
  for (uint32_t i = first; i <= last; i++) add_level(im, mipmap ? mipmap->levels[i] : base, layer, layers);
  return Error::Ok;
}

// ---- how it is read
static Error reading_of(const CUDA_TEXTURE_DESC& t, Api api, SheerImage* im) {
  if (uint32_t(t.filterMode) > 1 || uint32_t(t.mipmapFilterMode) > 1) return Error::InvalidValue;
  im->as_float = !(t.flags & CU_TRSF_READ_AS_INTEGER);
  im->normalized = (t.flags & CU_TRSF_NORMALIZED_COORDINATES) != 0;
  im->srgb = (t.flags & CU_TRSF_SRGB) != 0;
  im->seamless = (t.flags & CU_TRSF_SEAMLESS_CUBEMAP) != 0;
  memcpy(im->border, t.borderColor, sizeof im->border);
  if (im->shape == SHEER_LINEAR) return Error::Ok;  // which is read texel by texel
  for (int i = 0; i < 3; i++) {
    if (uint32_t(t.addressMode[i]) > 3) return Error::InvalidValue;
    bool repeats = t.addressMode[i] == CU_TR_ADDRESS_MODE_WRAP || t.addressMode[i] == CU_TR_ADDRESS_MODE_MIRROR;
    im->address[i] = uint8_t(repeats && !im->normalized ? CU_TR_ADDRESS_MODE_CLAMP : t.addressMode[i]);
  }
  im->linear = t.filterMode == CU_TR_FILTER_MODE_LINEAR;
  im->linear_levels = t.mipmapFilterMode == CU_TR_FILTER_MODE_LINEAR;
  im->bias = t.mipmapLevelBias;
  im->least = t.minMipmapLevelClamp;
  im->most = t.maxMipmapLevelClamp;
  bool floats = im->kind == SHEER_FLOAT || (im->as_float && im->bits < 32);
  if ((im->linear || (im->linear_levels && im->levels > 1)) && !floats) {
    set_message("linear filtering needs texels that are read as floats");
    return api == Api::Runtime ? Error(cudaErrorInvalidFilterSetting) : Error::InvalidValue;
  }
  return Error::Ok;
}

static Error texture_make(Api api, const CUDA_RESOURCE_DESC& r, const CUDA_TEXTURE_DESC& t,
                          const CUDA_RESOURCE_VIEW_DESC* v, uint64_t* out) {
  Context* c;
  SHEER_TRY(current(api, &c));
  SheerImage image = {};
  if (r.resType == CU_RESOURCE_TYPE_LINEAR || r.resType == CU_RESOURCE_TYPE_PITCH2D) {
    if (v) return Error::InvalidValue;
    SHEER_TRY(memory_of(r, &image));
  } else if (r.resType == CU_RESOURCE_TYPE_ARRAY || r.resType == CU_RESOURCE_TYPE_MIPMAPPED_ARRAY) {
    SHEER_TRY(arrays_of(r, v, &image));
  } else {
    return Error::InvalidValue;
  }
  SHEER_TRY(reading_of(t, api, &image));
  ImageObject* o = slab.take();
  o->image = image;
  o->resource = r;
  o->texture = t;
  if (v) o->view = *v;
  o->has_view = v != nullptr;
  o->image.tag = SHEER_TEXTURE;
  *out = uint64_t(o);
  return Error::Ok;
}

static Error surface_make(Api api, const CUDA_RESOURCE_DESC& r, uint64_t* out) {
  Context* c;
  SHEER_TRY(current(api, &c));
  if (r.resType != CU_RESOURCE_TYPE_ARRAY) return Error::InvalidValue;
  Array* a = r.res.array.hArray;
  if (!live(a)) return Error::InvalidValue;
  if (!(a->flags & cudaArraySurfaceLoadStore)) {
    set_message("the array was made without cudaArraySurfaceLoadStore");
    return Error::InvalidValue;
  }
  SheerImage image = {};
  SHEER_TRY(shape_of(a, &image));
  add_level(&image, a, 0, 0);
  ImageObject* o = slab.take();
  o->image = image;
  o->resource = r;
  o->image.tag = SHEER_SURFACE;
  *out = uint64_t(o);
  return Error::Ok;
}

// Kernels that were launched before may still read it, as they may memory that is freed.
static Error destroy(Api api, uint64_t handle, uint32_t tag) {
  Context* c;
  SHEER_TRY(current(api, &c));
  if (!handle) return Error::Ok;
  ImageObject* o = find(handle, tag);
  if (!o) return Error::InvalidValue;
  SHEER_TRY(check_unsafe_call());
  Error e = device_synchronize(c->device);
  slab.give(o);
  return e;
}

// ---- between the two APIs' descriptors
static Error from_runtime(const cudaResourceDesc& r, CUDA_RESOURCE_DESC* out) {
  uint32_t element;
  out->resType = CUresourcetype(r.resType);
  switch (r.resType) {
    case cudaResourceTypeArray: out->res.array.hArray = static_cast<CUarray>(r.res.array.array); return Error::Ok;
    case cudaResourceTypeMipmappedArray:
      out->res.mipmap.hMipmappedArray = static_cast<CUmipmappedArray>(r.res.mipmap.mipmap);
      return Error::Ok;
    case cudaResourceTypeLinear: {
      auto& l = out->res.linear;
      l.devPtr = uint64_t(r.res.linear.devPtr);
      l.sizeInBytes = r.res.linear.sizeInBytes;
      bool good = format_of(r.res.linear.desc, &l.format, &l.numChannels, &element);
      return good ? Error::Ok : Error(cudaErrorInvalidChannelDescriptor);
    }
    case cudaResourceTypePitch2D: {
      auto& p = out->res.pitch2D;
      p.devPtr = uint64_t(r.res.pitch2D.devPtr);
      p.width = r.res.pitch2D.width;
      p.height = r.res.pitch2D.height;
      p.pitchInBytes = r.res.pitch2D.pitchInBytes;
      bool good = format_of(r.res.pitch2D.desc, &p.format, &p.numChannels, &element);
      return good ? Error::Ok : Error(cudaErrorInvalidChannelDescriptor);
    }
  }
  return Error::InvalidValue;
}

static void to_runtime(const CUDA_RESOURCE_DESC& r, cudaResourceDesc* out) {
  uint32_t element;
  *out = {};
  out->resType = cudaResourceType(r.resType);
  if (r.resType == CU_RESOURCE_TYPE_ARRAY) out->res.array.array = r.res.array.hArray;
  if (r.resType == CU_RESOURCE_TYPE_MIPMAPPED_ARRAY) out->res.mipmap.mipmap = r.res.mipmap.hMipmappedArray;
  if (r.resType == CU_RESOURCE_TYPE_LINEAR) {
    out->res.linear.devPtr = reinterpret_cast<void*>(r.res.linear.devPtr);
    out->res.linear.sizeInBytes = r.res.linear.sizeInBytes;
    desc_of(r.res.linear.format, r.res.linear.numChannels, &out->res.linear.desc, &element);
  }
  if (r.resType == CU_RESOURCE_TYPE_PITCH2D) {
    const auto& p = r.res.pitch2D;
    out->res.pitch2D = {reinterpret_cast<void*>(p.devPtr), {}, p.width, p.height, p.pitchInBytes};
    desc_of(p.format, p.numChannels, &out->res.pitch2D.desc, &element);
  }
}

struct Flag {
  uint32_t flag;
  int cudaTextureDesc::* field;
};
static const Flag flags[] = {
    {CU_TRSF_NORMALIZED_COORDINATES, &cudaTextureDesc::normalizedCoords},
    {CU_TRSF_SRGB, &cudaTextureDesc::sRGB},
    {CU_TRSF_DISABLE_TRILINEAR_OPTIMIZATION, &cudaTextureDesc::disableTrilinearOptimization},
    {CU_TRSF_SEAMLESS_CUBEMAP, &cudaTextureDesc::seamlessCubemap},
};

static Error from_runtime(const cudaTextureDesc& t, CUDA_TEXTURE_DESC* out) {
  if (uint32_t(t.readMode) > 1) return Error::InvalidValue;
  for (int i = 0; i < 3; i++) out->addressMode[i] = CUaddress_mode(t.addressMode[i]);
  out->filterMode = CUfilter_mode(t.filterMode);
  out->mipmapFilterMode = CUfilter_mode(t.mipmapFilterMode);
  out->flags = t.readMode == cudaReadModeElementType ? CU_TRSF_READ_AS_INTEGER : 0;
  for (const Flag& f : flags)
    if (t.*f.field) out->flags |= f.flag;
  out->maxAnisotropy = t.maxAnisotropy;
  out->mipmapLevelBias = t.mipmapLevelBias;
  out->minMipmapLevelClamp = t.minMipmapLevelClamp;
  out->maxMipmapLevelClamp = t.maxMipmapLevelClamp;
  memcpy(out->borderColor, t.borderColor, sizeof out->borderColor);
  return Error::Ok;
}

static void to_runtime(const CUDA_TEXTURE_DESC& t, cudaTextureDesc* out) {
  *out = {};
  for (int i = 0; i < 3; i++) out->addressMode[i] = cudaTextureAddressMode(t.addressMode[i]);
  out->filterMode = cudaTextureFilterMode(t.filterMode);
  out->mipmapFilterMode = cudaTextureFilterMode(t.mipmapFilterMode);
  out->readMode = t.flags & CU_TRSF_READ_AS_INTEGER ? cudaReadModeElementType : cudaReadModeNormalizedFloat;
  for (const Flag& f : flags) out->*f.field = (t.flags & f.flag) != 0;
  out->maxAnisotropy = t.maxAnisotropy;
  out->mipmapLevelBias = t.mipmapLevelBias;
  out->minMipmapLevelClamp = t.minMipmapLevelClamp;
  out->maxMipmapLevelClamp = t.maxMipmapLevelClamp;
  memcpy(out->borderColor, t.borderColor, sizeof out->borderColor);
}

static CUDA_RESOURCE_VIEW_DESC view_of(const cudaResourceViewDesc& v) {
  CUDA_RESOURCE_VIEW_DESC out = {};
  out.format = CUresourceViewFormat(v.format);
  out.width = v.width, out.height = v.height, out.depth = v.depth;
  out.firstMipmapLevel = v.firstMipmapLevel, out.lastMipmapLevel = v.lastMipmapLevel;
  out.firstLayer = v.firstLayer, out.lastLayer = v.lastLayer;
  return out;
}

// A question about an object: fills `out` by `tell`.
template <class T, class Tell>
static Error ask(Api api, uint64_t handle, uint32_t tag, T* out, Tell tell) {
  Context* c;
  SHEER_TRY(current(api, &c));
  ImageObject* o = find(handle, tag);
  if (!o || !out) return Error::InvalidValue;
  return tell(*o);
}
}  // namespace sheer::api

namespace sheer::impl {
Error cudaCreateTextureObject(cudaTextureObject_t* out, const cudaResourceDesc* r, const cudaTextureDesc* t,
                              const cudaResourceViewDesc* v) {
  if (!out || !r || !t) return Error::InvalidValue;
  CUDA_RESOURCE_DESC resource = {};
  CUDA_TEXTURE_DESC texture = {};
  CUDA_RESOURCE_VIEW_DESC view = {};
  SHEER_TRY(from_runtime(*r, &resource));
  SHEER_TRY(from_runtime(*t, &texture));
  if (v) view = view_of(*v);
  uint64_t handle;
  SHEER_TRY(texture_make(Api::Runtime, resource, texture, v ? &view : nullptr, &handle));
  *out = handle;
  return Error::Ok;
}
Error cudaDestroyTextureObject(cudaTextureObject_t t) { return destroy(Api::Runtime, t, SHEER_TEXTURE); }
Error cudaGetTextureObjectResourceDesc(cudaResourceDesc* out, cudaTextureObject_t t) {
  return ask(Api::Runtime, t, SHEER_TEXTURE, out,
             [=](const ImageObject& o) { return to_runtime(o.resource, out), Error::Ok; });
}
Error cudaGetTextureObjectTextureDesc(cudaTextureDesc* out, cudaTextureObject_t t) {
  return ask(Api::Runtime, t, SHEER_TEXTURE, out,
             [=](const ImageObject& o) { return to_runtime(o.texture, out), Error::Ok; });
}
Error cudaGetTextureObjectResourceViewDesc(cudaResourceViewDesc* out, cudaTextureObject_t t) {
  return ask(Api::Runtime, t, SHEER_TEXTURE, out, [=](const ImageObject& o) {
    if (!o.has_view) return Error::InvalidValue;
    const CUDA_RESOURCE_VIEW_DESC& v = o.view;
    *out = {cudaResourceViewFormat(v.format), v.width,      v.height,    v.depth, v.firstMipmapLevel,
            v.lastMipmapLevel,                v.firstLayer, v.lastLayer};
    return Error::Ok;
  });
}
Error cudaCreateSurfaceObject(cudaSurfaceObject_t* out, const cudaResourceDesc* r) {
  if (!out || !r) return Error::InvalidValue;
  CUDA_RESOURCE_DESC resource = {};
  SHEER_TRY(from_runtime(*r, &resource));
  uint64_t handle;
  SHEER_TRY(surface_make(Api::Runtime, resource, &handle));
  *out = handle;
  return Error::Ok;
}
Error cudaDestroySurfaceObject(cudaSurfaceObject_t s) { return destroy(Api::Runtime, s, SHEER_SURFACE); }
Error cudaGetSurfaceObjectResourceDesc(cudaResourceDesc* out, cudaSurfaceObject_t s) {
  return ask(Api::Runtime, s, SHEER_SURFACE, out,
             [=](const ImageObject& o) { return to_runtime(o.resource, out), Error::Ok; });
}
Error cuTexObjectCreate(CUtexObject* out, const CUDA_RESOURCE_DESC* r, const CUDA_TEXTURE_DESC* t,
                        const CUDA_RESOURCE_VIEW_DESC* v) {
  if (!out || !r || !t) return Error::InvalidValue;
  uint64_t handle;
  SHEER_TRY(texture_make(Api::Driver, *r, *t, v, &handle));
  *out = handle;
  return Error::Ok;
}
Error cuTexObjectDestroy(CUtexObject t) { return destroy(Api::Driver, t, SHEER_TEXTURE); }
Error cuTexObjectGetResourceDesc(CUDA_RESOURCE_DESC* out, CUtexObject t) {
  return ask(Api::Driver, t, SHEER_TEXTURE, out, [=](const ImageObject& o) { return *out = o.resource, Error::Ok; });
}
Error cuTexObjectGetTextureDesc(CUDA_TEXTURE_DESC* out, CUtexObject t) {
  return ask(Api::Driver, t, SHEER_TEXTURE, out, [=](const ImageObject& o) { return *out = o.texture, Error::Ok; });
}
Error cuTexObjectGetResourceViewDesc(CUDA_RESOURCE_VIEW_DESC* out, CUtexObject t) {
  return ask(Api::Driver, t, SHEER_TEXTURE, out, [=](const ImageObject& o) {
    if (!o.has_view) return Error::InvalidValue;
    *out = o.view;
    return Error::Ok;
  });
}
Error cuSurfObjectCreate(CUsurfObject* out, const CUDA_RESOURCE_DESC* r) {
  if (!out || !r) return Error::InvalidValue;
  uint64_t handle;
  SHEER_TRY(surface_make(Api::Driver, *r, &handle));
  *out = handle;
  return Error::Ok;
}
Error cuSurfObjectDestroy(CUsurfObject s) { return destroy(Api::Driver, s, SHEER_SURFACE); }
Error cuSurfObjectGetResourceDesc(CUDA_RESOURCE_DESC* out, CUsurfObject s) {
  return ask(Api::Driver, s, SHEER_SURFACE, out, [=](const ImageObject& o) { return *out = o.resource, Error::Ok; });
}
Error cudaDeviceGetTexture1DLinearMaxWidth(size_t* out, const cudaChannelFormatDesc* desc, int device) {
  CUarray_format format;
  uint32_t channels, element;
  int most;
  if (!out || !desc) return Error::InvalidValue;
  if (!format_of(*desc, &format, &channels, &element)) return Error(cudaErrorInvalidChannelDescriptor);
  SHEER_TRY(device_attribute(cudaDevAttrMaxTexture1DLinearWidth, device, &most));
  *out = size_t(most);
  return Error::Ok;
}
Error cuDeviceGetTexture1DLinearMaxWidth(size_t* out, CUarray_format format, unsigned channels, CUdevice device) {
  cudaChannelFormatDesc desc;
  uint32_t element;
  int most;
  SHEER_TRY(driver_ready());
  if (!out || !desc_of(format, channels, &desc, &element)) return Error::InvalidValue;
  SHEER_TRY(device_attribute(cudaDevAttrMaxTexture1DLinearWidth, device, &most));
  *out = size_t(most);
  return Error::Ok;
}
}  // namespace sheer::impl
