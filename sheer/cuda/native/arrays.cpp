// CUDA arrays as plain pitched memory: enough for every copy. Textures and surfaces, which give arrays their
// point on a real device, are not supported and say so.
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
