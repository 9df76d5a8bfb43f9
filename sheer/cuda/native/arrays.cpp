// CUDA arrays as plain pitched memory, and mipmapped ones as an array for each level. Textures and surfaces
// (textures.cpp) read and write them.
#include "api.h"

namespace sheer::api {
static Slab<CUarray_st> slab;
static Mutex arrays_lock;
static Vec<Array*> arrays;

bool live(const Array* a) {
  return uint64_t(a) > 4096 && uint64_t(a) % alignof(Array) == 0 && a->tag == Tag::Array;
}

bool format_of(const cudaChannelFormatDesc& d, CUarray_format* format, uint32_t* channels,
               uint32_t* element) {
  int bits[4] = {d.x, d.y, d.z, d.w};
  uint32_t count = 0;
  while (count < 4 && bits[count]) count++;
  if (count != 1 && count != 2 && count != 4) return false;
  for (uint32_t i = 1; i < 4; i++)
    if (bits[i] != (i < count ? bits[0] : 0)) return false;
  *channels = count;
  *element = count * uint32_t(bits[0]) / 8;
  if (d.f == cudaChannelFormatKindUnsigned) {
    *format = bits[0] == 8    ? CU_AD_FORMAT_UNSIGNED_INT8
              : bits[0] == 16 ? CU_AD_FORMAT_UNSIGNED_INT16
                              : CU_AD_FORMAT_UNSIGNED_INT32;
    return bits[0] == 8 || bits[0] == 16 || bits[0] == 32;
  }
  if (d.f == cudaChannelFormatKindSigned) {
    *format = bits[0] == 8    ? CU_AD_FORMAT_SIGNED_INT8
              : bits[0] == 16 ? CU_AD_FORMAT_SIGNED_INT16
                              : CU_AD_FORMAT_SIGNED_INT32;
    return bits[0] == 8 || bits[0] == 16 || bits[0] == 32;
  }
  if (d.f == cudaChannelFormatKindFloat) {
    *format = bits[0] == 16 ? CU_AD_FORMAT_HALF : CU_AD_FORMAT_FLOAT;
    return bits[0] == 16 || bits[0] == 32;
  }
  return false;
}

bool desc_of(CUarray_format format, uint32_t channels, cudaChannelFormatDesc* d, uint32_t* element) {
  int bits;
  cudaChannelFormatKind kind;
  switch (format) {
    case CU_AD_FORMAT_UNSIGNED_INT8:
      bits = 8;
      kind = cudaChannelFormatKindUnsigned;
      break;
    case CU_AD_FORMAT_UNSIGNED_INT16:
      bits = 16;
      kind = cudaChannelFormatKindUnsigned;
      break;
    case CU_AD_FORMAT_UNSIGNED_INT32:
      bits = 32;
      kind = cudaChannelFormatKindUnsigned;
      break;
    case CU_AD_FORMAT_SIGNED_INT8:
      bits = 8;
      kind = cudaChannelFormatKindSigned;
      break;
    case CU_AD_FORMAT_SIGNED_INT16:
      bits = 16;
      kind = cudaChannelFormatKindSigned;
      break;
    case CU_AD_FORMAT_SIGNED_INT32:
      bits = 32;
      kind = cudaChannelFormatKindSigned;
      break;
    case CU_AD_FORMAT_HALF:
      bits = 16;
      kind = cudaChannelFormatKindFloat;
      break;
    case CU_AD_FORMAT_FLOAT:
      bits = 32;
      kind = cudaChannelFormatKindFloat;
      break;
    default: return false;
  }
  if (channels != 1 && channels != 2 && channels != 4) return false;
  *d = {bits, channels > 1 ? bits : 0, channels > 2 ? bits : 0, channels > 2 ? bits : 0, kind};
  *element = channels * uint32_t(bits) / 8;
  return true;
}

Error array_make(Context* c, const cudaChannelFormatDesc& desc, uint64_t w, uint64_t h, uint64_t d,
                 uint32_t flags, Array** out) {
  CUarray_format format;
  uint32_t channels, element;
  if (!out) return Error::InvalidValue;
  if (!format_of(desc, &format, &channels, &element)) return Error(cudaErrorInvalidChannelDescriptor);
  if (!w || (d && !h && !(flags & cudaArrayLayered))) return Error::InvalidValue;
  if (flags & (cudaArraySparse | cudaArrayDeferredMapping)) return Error::NotSupported;
  if (flags & cudaArrayCubemap && (w != h || (flags & cudaArrayLayered ? d % 6 : d != 6)))
    return Error::InvalidValue;
  SHEER_TRY(check_unsafe_call());
  uint64_t pitch = round_up(w * element, 64);
  void* data;
  SHEER_TRY(allocate(c, pitch * max<uint64_t>(h, 1) * max<uint64_t>(d, 1), Kind::Device, 0, &data));
  CUarray_st* a = slab.take();
  a->context = c;
  a->data = data;
  a->width = w;
  a->height = h;
  a->depth = d;
  a->pitch = pitch;
  a->element = element;
  a->channels = channels;
  a->flags = flags;
  a->format = format;
  a->desc = desc;
  Hold hold(arrays_lock);
  arrays.push(a);
  *out = a;
  return Error::Ok;
}

Error array_free(Context* c, Array* a) {
  if (!a) return Error::Ok;
  if (!live(a)) return Error::InvalidHandle;
  Error e = release(c, a->data, false);
  {
    Hold hold(arrays_lock);
    arrays.remove_value(a);
  }
  slab.give(static_cast<CUarray_st*>(a));
  return e;
}

// ---- mipmapped arrays
static Slab<CUmipmappedArray_st> mipmaps;

bool live(const MipmappedArray* m) {
  return uint64_t(m) > 4096 && uint64_t(m) % alignof(MipmappedArray) == 0 && m->tag == Tag::MipmappedArray;
}

static Error mipmap_free(Context* c, MipmappedArray* m) {
  if (!m) return Error::Ok;
  if (!live(m)) return Error::InvalidHandle;
  Error first = Error::Ok;
  for (Array* level : m->levels)
    if (Error e = array_free(c, level); e != Error::Ok) first = e;
  mipmaps.give(static_cast<CUmipmappedArray_st*>(m));
  return first;
}

// Each level has half the size of the one before, layers excepted; there are no more than down to 1.
static Error mipmap_make(Context* c, const cudaChannelFormatDesc& desc, uint64_t w, uint64_t h, uint64_t d,
                         uint32_t levels, uint32_t flags, MipmappedArray** out) {
  if (!out || !levels) return Error::InvalidValue;
  bool layered = flags & (cudaArrayLayered | cudaArrayCubemap);
  uint64_t largest = max(w, max(h, layered ? 0 : d));
  uint32_t most = 1;
  while (largest >> most) most++;
  CUmipmappedArray_st* m = mipmaps.take();
  for (uint32_t i = 0; i < min(min(levels, most), 16u); i++) {
    auto half = [i](uint64_t size) { return size ? max<uint64_t>(size >> i, 1) : 0; };
    Array* level;
    Error e = array_make(c, desc, half(w), half(h), layered ? d : half(d), flags, &level);
    if (e != Error::Ok) {
      mipmap_free(c, m);
      return e;
    }
    m->levels.push(level);
  }
  *out = m;
  return Error::Ok;
}

static Error mipmap_level(const MipmappedArray* m, uint32_t level, Array** out) {
  if (!live(m)) return Error::InvalidHandle;
  if (!out || level >= m->levels.count) return Error::InvalidValue;
  *out = m->levels[level];
  return Error::Ok;
}

static Error from_driver_desc(Context* c, CUarray* out, size_t w, size_t h, size_t d, CUarray_format format,
                              unsigned channels, unsigned flags) {
  cudaChannelFormatDesc desc;
  uint32_t element;
  if (!out || !desc_of(format, channels, &desc, &element)) return Error::InvalidValue;
  return array_make(c, desc, w, h, d, flags, reinterpret_cast<Array**>(out));
}
}  // namespace sheer::api

namespace sheer::impl {
cudaChannelFormatDesc cudaCreateChannelDesc(int x, int y, int z, int w, cudaChannelFormatKind f) {
  return {x, y, z, w, f};
}
Error cudaMallocArray(cudaArray_t* out, const cudaChannelFormatDesc* desc, size_t w, size_t h,
                      unsigned flags) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return desc ? array_make(c, *desc, w, h, 0, flags, out) : Error::InvalidValue;
}
Error cudaMalloc3DArray(cudaArray_t* out, const cudaChannelFormatDesc* desc, cudaExtent e, unsigned flags) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return desc ? array_make(c, *desc, e.width, e.height, e.depth, flags, out) : Error::InvalidValue;
}
Error cudaFreeArray(cudaArray_t a) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return array_free(c, a);
}
Error cudaArrayGetInfo(cudaChannelFormatDesc* desc, cudaExtent* extent, unsigned* flags, cudaArray_t a) {
  if (!live(a)) return Error::InvalidHandle;
  if (desc) *desc = a->desc;
  if (extent) *extent = {size_t(a->width), size_t(a->height), size_t(a->depth)};
  if (flags) *flags = a->flags;
  return Error::Ok;
}
Error cudaGetChannelDesc(cudaChannelFormatDesc* desc, cudaArray_const_t a) {
  if (!live(a)) return Error::InvalidHandle;
  if (!desc) return Error::InvalidValue;
  *desc = a->desc;
  return Error::Ok;
}
Error cudaMallocMipmappedArray(cudaMipmappedArray_t* out, const cudaChannelFormatDesc* desc, cudaExtent e,
                               unsigned levels, unsigned flags) {
  RUNTIME_CONTEXT;
  return desc ? mipmap_make(c, *desc, e.width, e.height, e.depth, levels, flags, out) : Error::InvalidValue;
}
Error cudaGetMipmappedArrayLevel(cudaArray_t* out, cudaMipmappedArray_const_t m, unsigned level) {
  RUNTIME_CONTEXT;
  return mipmap_level(m, level, out);
}
Error cudaFreeMipmappedArray(cudaMipmappedArray_t m) {
  RUNTIME_CONTEXT;
  return mipmap_free(c, m);
}
Error cuMipmappedArrayCreate(CUmipmappedArray* out, const CUDA_ARRAY3D_DESCRIPTOR* d, unsigned levels) {
  DRIVER_CONTEXT;
  cudaChannelFormatDesc desc;
  uint32_t element;
  if (!out || !d || !desc_of(d->Format, d->NumChannels, &desc, &element)) return Error::InvalidValue;
  MipmappedArray* m = nullptr;
  SHEER_TRY(mipmap_make(c, desc, d->Width, d->Height, d->Depth, levels, d->Flags, &m));
  *out = static_cast<CUmipmappedArray>(m);
  return Error::Ok;
}
Error cuMipmappedArrayGetLevel(CUarray* out, CUmipmappedArray m, unsigned level) {
  DRIVER_CONTEXT;
  return mipmap_level(m, level, reinterpret_cast<Array**>(out));
}
Error cuMipmappedArrayDestroy(CUmipmappedArray m) {
  DRIVER_CONTEXT;
  return m ? mipmap_free(c, m) : Error::InvalidHandle;
}
Error cuArrayCreate_v2(CUarray* out, const CUDA_ARRAY_DESCRIPTOR* d) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  return d ? from_driver_desc(c, out, d->Width, d->Height, 0, d->Format, d->NumChannels, 0)
           : Error::InvalidValue;
}
Error cuArray3DCreate_v2(CUarray* out, const CUDA_ARRAY3D_DESCRIPTOR* d) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  return d ? from_driver_desc(c, out, d->Width, d->Height, d->Depth, d->Format, d->NumChannels, d->Flags)
           : Error::InvalidValue;
}
Error cuArrayDestroy(CUarray a) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  return a ? array_free(c, a) : Error::InvalidHandle;
}
Error cuArrayGetDescriptor_v2(CUDA_ARRAY_DESCRIPTOR* d, CUarray a) {
  if (!live(a)) return Error::InvalidHandle;
  if (!d) return Error::InvalidValue;
  *d = {a->width, a->height, a->format, a->channels};
  return Error::Ok;
}
Error cuArray3DGetDescriptor_v2(CUDA_ARRAY3D_DESCRIPTOR* d, CUarray a) {
  if (!live(a)) return Error::InvalidHandle;
  if (!d) return Error::InvalidValue;
  *d = {a->width, a->height, a->depth, a->format, a->channels, a->flags};
  return Error::Ok;
}
}  // namespace sheer::impl
