// Advice about managed memory: checked, kept and given back; there is one memory, so nothing moves.
#include "api.h"

namespace sheer::api {
// ---- 
// advice
static Error managed_range(const void* p, size_t count, Range* r) {
  if (!p || !count) return Error::InvalidValue;
  if (!memory_find(p, r) || r->kind != Kind::Managed) return Error::InvalidValue;
  return uint64_t(p) + count > uint64_t(r->base) + r->bytes ? Error::InvalidValue : Error::Ok;
}
static Error location_ok(int location) {
  return location == -1 || device(location) ? Error::Ok : Error::InvalidDevice;
}

Error advise(Context*, const void* p, size_t count, int advice, int location) {
  Range r;
  SHEER_TRY(managed_range(p, count, &r));
  bool place = advice == cudaMemAdviseSetPreferredLocation || advice == cudaMemAdviseSetAccessedBy ||
               advice == cudaMemAdviseUnsetAccessedBy;
  if (place) SHEER_TRY(location_ok(location));
  if (advice < cudaMemAdviseSetReadMostly || advice > cudaMemAdviseUnsetAccessedBy)
    return Error::InvalidValue;
  allocation_change(r.base, [=](Allocation& a) {
    switch (advice) {
      case cudaMemAdviseSetReadMostly: a.read_mostly = 1; break;
      case cudaMemAdviseUnsetReadMostly: a.read_mostly = 0; break;
      case cudaMemAdviseSetPreferredLocation: a.preferred = location; break;
      case cudaMemAdviseUnsetPreferredLocation: a.preferred = -2; break;
      case cudaMemAdviseSetAccessedBy: a.accessed_by = location; break;
      case cudaMemAdviseUnsetAccessedBy:
        if (a.accessed_by == location) a.accessed_by = -2;
        break;
    }
  });
  return Error::Ok;
}
Error prefetch(Context* c, const void* p, size_t count, int location, CUstream handle) {
  Range r;
  SHEER_TRY(managed_range(p, count, &r));
  SHEER_TRY(location_ok(location));
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  if (capturing(s)) return Error(cudaErrorStreamCaptureUnsupported);
  allocation_change(r.base, [=](Allocation& a) { a.prefetched = location; });
  return enqueue(s, Body{});
}
Error range_attribute(void* data, size_t bytes, int attribute, const void* p, size_t count) {
  if (!data || bytes < 4) return Error::InvalidValue;
  Range r;
  SHEER_TRY(managed_range(p, count, &r));
  Allocation a;
  if (!allocation_find(r.base, &a)) return Error::InvalidValue;
  int* out = static_cast<int*>(data);
  auto kind_of = [](int location) {
    return location == -1 ? int(cudaMemLocationTypeHost) : location >= 0 ? int(cudaMemLocationTypeDevice) : 0;
  };
  switch (attribute) {
    case cudaMemRangeAttributeReadMostly: *out = a.read_mostly; return Error::Ok;
    case cudaMemRangeAttributePreferredLocation: *out = a.preferred; return Error::Ok;
    case cudaMemRangeAttributeLastPrefetchLocation: *out = a.prefetched; return Error::Ok;
    case cudaMemRangeAttributePreferredLocationType: *out = kind_of(a.preferred); return Error::Ok;
    case cudaMemRangeAttributePreferredLocationId: *out = max(a.preferred, 0); return Error::Ok;
    case cudaMemRangeAttributeLastPrefetchLocationType: *out = kind_of(a.prefetched); return Error::Ok;
    case cudaMemRangeAttributeLastPrefetchLocationId: *out = max(a.prefetched, 0); return Error::Ok;
    case cudaMemRangeAttributeAccessedBy:
      for (size_t i = 0; i < bytes / 4; i++) out[i] = i == 0 ? a.accessed_by : -2;
      return Error::Ok;
  }
  return Error::InvalidValue;
}
template <class A>
static Error range_attributes(void** data, size_t* sizes, const A* which, size_t n, const void* p,
                              size_t count) {
  if (!data || !sizes || !which || !n) return Error::InvalidValue;
  for (size_t i = 0; i < n; i++) SHEER_TRY(range_attribute(data[i], sizes[i], int(which[i]), p, count));
  return Error::Ok;
}

static Error attach(Context* c, CUstream stream, const void* p, size_t length, unsigned flags) {
  if (!p || (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost && flags != cudaMemAttachSingle))
    return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(c, stream, &s));
  Range r;
  if (!memory_find(p, &r) || r.kind != Kind::Managed || r.base != p || (length && length != r.bytes))
    return Error::InvalidValue;
  if (flags == cudaMemAttachSingle && (s->legacy || s->per_thread)) return Error::InvalidValue;
  return enqueue(s, Body{});
}
// The location of the newer calls, as one number: a device, -1 for the host.
static Error location_of(int type, int id, int* out) {
  switch (type) {
    case cudaMemLocationTypeDevice: *out = id; return Error::Ok;
    case cudaMemLocationTypeHost:
    case cudaMemLocationTypeHostNuma:
    case cudaMemLocationTypeHostNumaCurrent: *out = -1; return Error::Ok;
    case cudaMemLocationTypeInvalid: *out = -2; return Error::Ok;
  }
  return Error::InvalidValue;
}
template <class L>
static Error prefetch_batch(Context* c, void* const* pointers, const size_t* sizes, size_t count,
                            const L* places, const size_t* firsts, size_t place_count,
                            unsigned long long flags, CUstream stream) {
  if (!pointers || !sizes || !count || !places || !firsts || !place_count || flags || firsts[0])
    return Error::InvalidValue;
  for (size_t i = 0, k = 0; i < count; i++) {
    while (k + 1 < place_count && firsts[k + 1] <= i) k++;
    int where;
    SHEER_TRY(location_of(int(places[k].type), places[k].id, &where));
    SHEER_TRY(prefetch(c, pointers[i], sizes[i], where, stream));
  }
  return Error::Ok;
}
static Error discard_batch(Context* c, void* const* pointers, const size_t* sizes, size_t count,
                           unsigned long long flags, CUstream stream) {
  if (!pointers || !sizes || !count || flags) return Error::InvalidValue;
  for (size_t i = 0; i < count; i++) {
    Range r;
    SHEER_TRY(managed_range(pointers[i], sizes[i], &r));
  }
  StreamObject* s;
  SHEER_TRY(find_stream(c, stream, &s));
  return enqueue(s, Body{});  // contents may be anything afterwards: the old ones do
}
}  // namespace sheer::api

namespace sheer::impl {
static void* at(CUdeviceptr p) { return reinterpret_cast<void*>(p); }
Error cudaMemAdvise(const void* p, size_t count, cudaMemoryAdvise advice, int place) {
  RUNTIME_CONTEXT;
  return advise(c, p, count, advice, place);
}
Error cudaMemAdvise_v2(const void* p, size_t count, cudaMemoryAdvise advice, cudaMemLocation place) {
  RUNTIME_CONTEXT;
  int where;
  SHEER_TRY(location_of(place.type, place.id, &where));
  return advise(c, p, count, advice, where);
}
Error cudaMemPrefetchAsync(const void* p, size_t count, int place, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return prefetch(c, p, count, place, s);
}
Error cudaMemPrefetchAsync_v2(const void* p, size_t count, cudaMemLocation place, unsigned flags,
                              cudaStream_t s) {
  if (flags) return Error::InvalidValue;
  RUNTIME_CONTEXT;
  int where;
  SHEER_TRY(location_of(place.type, place.id, &where));
  return prefetch(c, p, count, where, s);
}
Error cudaMemPrefetchBatchAsync(void** p, size_t* sizes, size_t count, cudaMemLocation* places,
                                size_t* firsts, size_t n, unsigned long long flags, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return prefetch_batch(c, p, sizes, count, places, firsts, n, flags, s);
}
Error cudaMemDiscardBatchAsync(void** p, size_t* sizes, size_t count, unsigned long long flags,
                               cudaStream_t s) {
  RUNTIME_CONTEXT;
  return discard_batch(c, p, sizes, count, flags, s);
}
Error cudaMemDiscardAndPrefetchBatchAsync(void** p, size_t* sizes, size_t count, cudaMemLocation* places,
                                          size_t* firsts, size_t n, unsigned long long flags,
                                          cudaStream_t s) {
  return impl::cudaMemPrefetchBatchAsync(p, sizes, count, places, firsts, n, flags, s);
}
Error cudaMemRangeGetAttribute(void* data, size_t bytes, cudaMemRangeAttribute a, const void* p,
                               size_t count) {
  return range_attribute(data, bytes, a, p, count);
}
Error cudaMemRangeGetAttributes(void** data, size_t* sizes, cudaMemRangeAttribute* which, size_t n,
                                const void* p, size_t count) {
  return range_attributes(data, sizes, which, n, p, count);
}
Error cuMemAdvise(CUdeviceptr p, size_t count, CUmem_advise advice, CUdevice place) {
  DRIVER_CONTEXT;
  return advise(c, at(p), count, advice, place);
}
Error cuMemAdvise_v2(CUdeviceptr p, size_t count, CUmem_advise advice, CUmemLocation place) {
  DRIVER_CONTEXT;
  int where;
  SHEER_TRY(location_of(place.type, place.id, &where));
  return advise(c, at(p), count, advice, where);
}
Error cuMemPrefetchAsync(CUdeviceptr p, size_t count, CUdevice place, CUstream s) {
  DRIVER_CONTEXT;
  return prefetch(c, at(p), count, place, s);
}
Error cuMemPrefetchAsync_v2(CUdeviceptr p, size_t count, CUmemLocation place, unsigned flags, CUstream s) {
  if (flags) return Error::InvalidValue;
  DRIVER_CONTEXT;
  int where;
  SHEER_TRY(location_of(place.type, place.id, &where));
  return prefetch(c, at(p), count, where, s);
}
Error cuMemPrefetchBatchAsync(CUdeviceptr* p, size_t* sizes, size_t count, CUmemLocation* places,
                              size_t* firsts, size_t n, unsigned long long flags, CUstream s) {
  DRIVER_CONTEXT;
  return prefetch_batch(c, reinterpret_cast<void**>(p), sizes, count, places, firsts, n, flags, s);
}
Error cuMemDiscardBatchAsync(CUdeviceptr* p, size_t* sizes, size_t count, unsigned long long flags,
                             CUstream s) {
  DRIVER_CONTEXT;
  return discard_batch(c, reinterpret_cast<void**>(p), sizes, count, flags, s);
}
Error cuMemDiscardAndPrefetchBatchAsync(CUdeviceptr* p, size_t* sizes, size_t count, CUmemLocation* places,
                                        size_t* firsts, size_t n, unsigned long long flags, CUstream s) {
  return impl::cuMemPrefetchBatchAsync(p, sizes, count, places, firsts, n, flags, s);
}
Error cuMemRangeGetAttribute(void* data, size_t bytes, CUmem_range_attribute a, CUdeviceptr p, size_t count) {
  return range_attribute(data, bytes, a, at(p), count);
}
Error cuMemRangeGetAttributes(void** data, size_t* sizes, CUmem_range_attribute* which, size_t n,
                              CUdeviceptr p, size_t count) {
  return range_attributes(data, sizes, which, n, at(p), count);
}
Error cudaStreamAttachMemAsync(cudaStream_t s, void* p, size_t length, unsigned flags) {
  RUNTIME_CONTEXT;
  return attach(c, s, p, length, flags);
}
Error cuStreamAttachMemAsync(CUstream s, CUdeviceptr p, size_t length, unsigned flags) {
  DRIVER_CONTEXT;
  return attach(c, s, at(p), length, flags);
}
}  // namespace sheer::impl
