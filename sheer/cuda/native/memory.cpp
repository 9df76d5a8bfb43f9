// Memory of both APIs: device, pinned, registered and managed; what a pointer is; advice. Host and device share one
// address space, so mapped and managed memory are the same bytes for both.
#include "api.h"

namespace sheer::api {
static Mutex allocations_lock;
static Map<void*, Allocation> allocations;

bool allocation_find(const void* base, Allocation* out) {
  Hold hold(allocations_lock);
  Allocation* a = allocations.find(const_cast<void*>(base));
  if (a && out) *out = *a;
  return a != nullptr;
}
template <class F> bool allocation_change(const void* base, F change) {
  Hold hold(allocations_lock);
  Allocation* a = allocations.find(const_cast<void*>(base));
  if (a) change(*a);
  return a != nullptr;
}
void allocation_forget(const void* base) {
  Hold hold(allocations_lock);
  allocations.remove(const_cast<void*>(base));
}
void allocation_give_to_pool(const void* base, Pool* p) { allocation_change(base, [p](Allocation& a) { a.pool = p; }); }
void allocation_give_to_graph(const void* base) { allocation_change(base, [](Allocation& a) { a.of_graph = true; }); }

static void note(Context* c, void* base, uint64_t bytes, uint32_t flags) {
  Hold hold(allocations_lock);
  allocations[base] = {c, nullptr, flags, bytes, -2, -2, 0, -2, false};
}

Error allocate(Context* c, uint64_t bytes, Kind kind, uint32_t flags, void** out) {
  void* base;
  SHEER_TRY(memory_allocate(c->device, bytes, kind, flags, &base));
  note(c, base, bytes, flags);
  *out = base;
  return Error::Ok;
}

Error allocate_pitched(Context* c, void** out, size_t* pitch, size_t width, size_t rows) {
  if (!out || !pitch) return Error::InvalidValue;
  if (!width || !rows) { *out = nullptr; *pitch = 0; return Error::Ok; }
  if (width > 0x7fffffff) return Error::InvalidValue;
  *pitch = round_up(width, 512);
  return allocate(c, *pitch * rows, Kind::Device, 0, out);
}

Error release(Context* c, void* base, bool host) {
  if (!base) return Error::Ok;
  Range r;
  if (!memory_find(base, &r) || r.base != base) return Error::InvalidValue;
  bool is_host = r.kind == Kind::HostPinned;
  if (is_host != host || (!is_host && r.kind != Kind::Device && r.kind != Kind::Managed)) return Error::InvalidValue;
  Device* d = device(r.device);
  Error e = device_synchronize(d ? d : c->device);
  Allocation a;
  if (allocation_find(base, &a)) {
    if (a.of_graph) return e;               // the graph owns it
    allocation_forget(base);
    pool_forget(a);
  }
  Error freed = memory_free(base);
  return e != Error::Ok ? e : freed;
}

void release_all_of(Context* c) {
  Vec<void*> bases;
  {
    Hold hold(allocations_lock);
    for (auto& slot : allocations.slots)
      if (slot.used && slot.value.context == c) bases.push(slot.key);
  }
  for (void* base : bases) {
    Allocation a;
    if (allocation_find(base, &a)) pool_forget(a);
    allocation_forget(base);
    Range r;
    if (!memory_find(base, &r) || r.base != base) continue;
    if (r.kind == Kind::HostRegistered) memory_unregister(base);
    else memory_free(base);
  }
}
void forget_memory(int ordinal) {            // after which the machine frees the device's memory itself
  Hold hold(allocations_lock);
  Vec<void*> bases;
  for (auto& slot : allocations.slots)
    if (slot.used && slot.value.context->ordinal == ordinal) bases.push(slot.key);
  for (void* base : bases) allocations.remove(base);
}

Error host_register(Context* c, void* host, size_t bytes, uint32_t flags) {
  if (!host || !bytes || flags & ~15u) return Error::InvalidValue;
  SHEER_TRY(memory_register(c->device, host, bytes, flags));
  note(c, host, bytes, flags);
  return Error::Ok;
}
Error host_unregister(Context* c, void* host) {
  if (!host) return Error::InvalidValue;
  device_synchronize(c->device);
  SHEER_TRY(memory_unregister(host));
  allocation_forget(host);
  return Error::Ok;
}
Error host_flags(const void* host, uint32_t* out) {
  if (!out) return Error::InvalidValue;
  Range r;
  if (!memory_find(host, &r) || (r.kind != Kind::HostPinned && r.kind != Kind::HostRegistered)) return Error::InvalidValue;
  *out = r.flags | cudaHostAllocMapped;
  return Error::Ok;
}
static Error device_pointer(void** out, void* host, unsigned flags) {
  if (!out || flags) return Error::InvalidValue;
  Range r;
  if (!memory_find(host, &r) || (r.kind != Kind::HostPinned && r.kind != Kind::HostRegistered)) return Error::InvalidValue;
  *out = host;
  return Error::Ok;
}
Error pointer_range(const void* p, Range* out) { return memory_find(p, out) ? Error::Ok : Error::InvalidValue; }

// ------------------------------------------------------------------------------------------------------------- advice
static Error managed_range(const void* p, size_t count, Range* r) {
  if (!p || !count) return Error::InvalidValue;
  if (!memory_find(p, r) || r->kind != Kind::Managed) return Error::InvalidValue;
  return uint64_t(p) + count > uint64_t(r->base) + r->bytes ? Error::InvalidValue : Error::Ok;
}
static Error location_ok(int location) { return location == -1 || device(location) ? Error::Ok : Error::InvalidDevice; }

Error advise(Context*, const void* p, size_t count, int advice, int location) {
  Range r;
  SHEER_TRY(managed_range(p, count, &r));
  bool place = advice == cudaMemAdviseSetPreferredLocation || advice == cudaMemAdviseSetAccessedBy || advice == cudaMemAdviseUnsetAccessedBy;
  if (place) SHEER_TRY(location_ok(location));
  if (advice < cudaMemAdviseSetReadMostly || advice > cudaMemAdviseUnsetAccessedBy) return Error::InvalidValue;
  allocation_change(r.base, [=](Allocation& a) {
    switch (advice) {
      case cudaMemAdviseSetReadMostly: a.read_mostly = 1; break;
      case cudaMemAdviseUnsetReadMostly: a.read_mostly = 0; break;
      case cudaMemAdviseSetPreferredLocation: a.preferred = location; break;
      case cudaMemAdviseUnsetPreferredLocation: a.preferred = -2; break;
      case cudaMemAdviseSetAccessedBy: a.accessed_by = location; break;
      case cudaMemAdviseUnsetAccessedBy: if (a.accessed_by == location) a.accessed_by = -2; break;
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
  auto kind_of = [](int location) { return location == -1 ? int(cudaMemLocationTypeHost) : location >= 0 ? int(cudaMemLocationTypeDevice) : 0; };
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
template <class A> static Error range_attributes(void** data, size_t* sizes, const A* which, size_t n, const void* p, size_t count) {
  if (!data || !sizes || !which || !n) return Error::InvalidValue;
  for (size_t i = 0; i < n; i++) SHEER_TRY(range_attribute(data[i], sizes[i], int(which[i]), p, count));
  return Error::Ok;
}

// --------------------------------------------------------------------------------------------------- pointer attributes
static Error describe(cudaPointerAttributes* out, const void* p) {
  if (!out) return Error::InvalidValue;
  Range r;
  *out = {cudaMemoryTypeUnregistered, cudaInvalidDeviceId, nullptr, const_cast<void*>(p)};
  if (!p || !memory_find(p, &r)) return Error::Ok;
  void* at = const_cast<void*>(p);
  switch (r.kind) {
    case Kind::Device: case Kind::Symbol: *out = {cudaMemoryTypeDevice, r.device, at, nullptr}; break;
    case Kind::Managed: *out = {cudaMemoryTypeManaged, r.device, at, at}; break;
    case Kind::HostPinned: case Kind::HostRegistered: *out = {cudaMemoryTypeHost, r.device, at, at}; break;
    case Kind::None: break;
  }
  return Error::Ok;
}
static Error driver_attribute(void* data, int attribute, const void* p) {
  if (!data) return Error::InvalidValue;
  Range r;
  if (!p || !memory_find(p, &r)) return Error::InvalidValue;
  bool host = r.kind == Kind::HostPinned || r.kind == Kind::HostRegistered;
  Allocation a;
  bool ours = allocation_find(r.base, &a);
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_CONTEXT: *static_cast<CUcontext*>(data) = ours ? a.context : primary(r.device); return Error::Ok;
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE: *static_cast<unsigned*>(data) = host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER: *static_cast<const void**>(data) = p; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      if (!host && r.kind != Kind::Managed) return Error::InvalidValue;
      *static_cast<const void**>(data) = p;
      return Error::Ok;
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS: *static_cast<unsigned*>(data) = 0; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_BUFFER_ID: *static_cast<uint64_t*>(data) = r.id; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_IS_MANAGED: *static_cast<unsigned*>(data) = r.kind == Kind::Managed; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL: *static_cast<int*>(data) = r.device; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE: *static_cast<unsigned*>(data) = 0; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR: *static_cast<void**>(data) = r.base; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE: *static_cast<size_t*>(data) = r.bytes; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_MAPPED: *static_cast<unsigned*>(data) = 1; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES: *static_cast<uint64_t*>(data) = 0; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE: *static_cast<unsigned*>(data) = 0; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS: *static_cast<unsigned*>(data) = CU_POINTER_ATTRIBUTE_ACCESS_FLAG_READWRITE; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE: *static_cast<CUmemoryPool*>(data) = ours ? a.pool : nullptr; return Error::Ok;
  }
  return Error::NotSupported;
}
static Error allocate_host(Context* c, void** out, size_t bytes, unsigned flags) {
  if (!out || flags & ~7u) return Error::InvalidValue;
  SHEER_TRY(check_unsafe_call());
  if (!bytes) { *out = nullptr; return Error::Ok; }
  return allocate(c, bytes, Kind::HostPinned, flags, out);
}
static Error allocate_managed(Context* c, void** out, size_t bytes, unsigned flags) {
  if (!out || !bytes || (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost)) return Error::InvalidValue;
  SHEER_TRY(check_unsafe_call());
  return allocate(c, bytes, Kind::Managed, flags, out);
}
static Error info(Context* c, size_t* free, size_t* total) {
  if (free) *free = device_free_bytes(c->device);
  if (total) *total = device_capacity(c->device);
  return Error::Ok;
}
static Error attach(Context* c, CUstream stream, const void* p, size_t length, unsigned flags) {
  if (!p || (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost && flags != cudaMemAttachSingle)) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(c, stream, &s));
  Range r;
  if (!memory_find(p, &r) || r.kind != Kind::Managed || r.base != p || (length && length != r.bytes)) return Error::InvalidValue;
  if (flags == cudaMemAttachSingle && (s->legacy || s->per_thread)) return Error::InvalidValue;
  return enqueue(s, Body{});
}
// The location of the newer calls, as one number: a device, -1 for the host.
static Error location_of(int type, int id, int* out) {
  switch (type) {
    case cudaMemLocationTypeDevice: *out = id; return Error::Ok;
    case cudaMemLocationTypeHost: case cudaMemLocationTypeHostNuma: case cudaMemLocationTypeHostNumaCurrent: *out = -1; return Error::Ok;
    case cudaMemLocationTypeInvalid: *out = -2; return Error::Ok;
  }
  return Error::InvalidValue;
}
template <class L>
static Error prefetch_batch(Context* c, void* const* pointers, const size_t* sizes, size_t count, const L* places, const size_t* firsts,
                            size_t place_count, unsigned long long flags, CUstream stream) {
  if (!pointers || !sizes || !count || !places || !firsts || !place_count || flags || firsts[0]) return Error::InvalidValue;
  for (size_t i = 0, k = 0; i < count; i++) {
    while (k + 1 < place_count && firsts[k + 1] <= i) k++;
    int where;
    SHEER_TRY(location_of(int(places[k].type), places[k].id, &where));
    SHEER_TRY(prefetch(c, pointers[i], sizes[i], where, stream));
  }
  return Error::Ok;
}
static Error discard_batch(Context* c, void* const* pointers, const size_t* sizes, size_t count, unsigned long long flags, CUstream stream) {
  if (!pointers || !sizes || !count || flags) return Error::InvalidValue;
  for (size_t i = 0; i < count; i++) {
    Range r;
    SHEER_TRY(managed_range(pointers[i], sizes[i], &r));
  }
  StreamObject* s;
  SHEER_TRY(find_stream(c, stream, &s));
  return enqueue(s, Body{});                // contents may be anything afterwards: the old ones do
}
}  // namespace sheer::api

namespace sheer::impl {
#define RUNTIME_CONTEXT Context* c; SHEER_TRY(runtime_context(&c))
#define DRIVER_CONTEXT Context* c; SHEER_TRY(driver_context(&c))

Error cudaMalloc(void** out, size_t bytes) {
  if (!out) return Error::InvalidValue;
  RUNTIME_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  if (!bytes) { *out = nullptr; return Error::Ok; }
  return allocate(c, bytes, Kind::Device, 0, out);
}
Error cudaFree(void* base) {
  RUNTIME_CONTEXT;
  if (!base) return Error::Ok;
  SHEER_TRY(check_unsafe_call());
  return release(c, base, false);
}
Error cudaMallocHost(void** out, size_t bytes) { RUNTIME_CONTEXT; return allocate_host(c, out, bytes, 0); }
Error cudaHostAlloc(void** out, size_t bytes, unsigned flags) { RUNTIME_CONTEXT; return allocate_host(c, out, bytes, flags); }
Error cudaFreeHost(void* base) {
  RUNTIME_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  return release(c, base, true);
}
Error cudaMallocManaged(void** out, size_t bytes, unsigned flags) { RUNTIME_CONTEXT; return allocate_managed(c, out, bytes, flags); }
Error cudaMallocPitch(void** out, size_t* pitch, size_t width, size_t height) {
  RUNTIME_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  return allocate_pitched(c, out, pitch, width, height);
}
Error cudaMalloc3D(cudaPitchedPtr* out, cudaExtent extent) {
  if (!out) return Error::InvalidValue;
  RUNTIME_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  out->xsize = extent.width;
  out->ysize = extent.height;
  return allocate_pitched(c, &out->ptr, &out->pitch, extent.width, extent.height * extent.depth);
}
Error cudaHostRegister(void* host, size_t bytes, unsigned flags) { RUNTIME_CONTEXT; return host_register(c, host, bytes, flags); }
Error cudaHostUnregister(void* host) { RUNTIME_CONTEXT; return host_unregister(c, host); }
Error cudaHostGetDevicePointer(void** out, void* host, unsigned flags) { RUNTIME_CONTEXT; return device_pointer(out, host, flags); }
Error cudaHostGetFlags(unsigned* out, void* host) { RUNTIME_CONTEXT; return host_flags(host, out); }
Error cudaMemGetInfo(size_t* free, size_t* total) { RUNTIME_CONTEXT; return info(c, free, total); }
Error cudaPointerGetAttributes(cudaPointerAttributes* out, const void* p) { RUNTIME_CONTEXT; return describe(out, p); }
Error cudaMemAdvise(const void* p, size_t count, cudaMemoryAdvise advice, int place) { RUNTIME_CONTEXT; return advise(c, p, count, advice, place); }
Error cudaMemAdvise_v2(const void* p, size_t count, cudaMemoryAdvise advice, cudaMemLocation place) {
  RUNTIME_CONTEXT;
  int where;
  SHEER_TRY(location_of(place.type, place.id, &where));
  return advise(c, p, count, advice, where);
}
Error cudaMemPrefetchAsync(const void* p, size_t count, int place, cudaStream_t s) { RUNTIME_CONTEXT; return prefetch(c, p, count, place, s); }
Error cudaMemPrefetchAsync_v2(const void* p, size_t count, cudaMemLocation place, unsigned flags, cudaStream_t s) {
  if (flags) return Error::InvalidValue;
  RUNTIME_CONTEXT;
  int where;
  SHEER_TRY(location_of(place.type, place.id, &where));
  return prefetch(c, p, count, where, s);
}
Error cudaMemPrefetchBatchAsync(void** p, size_t* sizes, size_t count, cudaMemLocation* places, size_t* firsts, size_t n,
                                unsigned long long flags, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return prefetch_batch(c, p, sizes, count, places, firsts, n, flags, s);
}
Error cudaMemDiscardBatchAsync(void** p, size_t* sizes, size_t count, unsigned long long flags, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return discard_batch(c, p, sizes, count, flags, s);
}
Error cudaMemDiscardAndPrefetchBatchAsync(void** p, size_t* sizes, size_t count, cudaMemLocation* places, size_t* firsts, size_t n,
                                          unsigned long long flags, cudaStream_t s) {
  return impl::cudaMemPrefetchBatchAsync(p, sizes, count, places, firsts, n, flags, s);
}
Error cudaMemRangeGetAttribute(void* data, size_t bytes, cudaMemRangeAttribute a, const void* p, size_t count) {
  return range_attribute(data, bytes, a, p, count);
}
Error cudaMemRangeGetAttributes(void** data, size_t* sizes, cudaMemRangeAttribute* which, size_t n, const void* p, size_t count) {
  return range_attributes(data, sizes, which, n, p, count);
}
Error cudaStreamAttachMemAsync(cudaStream_t s, void* p, size_t length, unsigned flags) { RUNTIME_CONTEXT; return attach(c, s, p, length, flags); }

static void* at(CUdeviceptr p) { return reinterpret_cast<void*>(p); }
Error cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
  if (!out || !bytes) return Error::InvalidValue;
  DRIVER_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  return allocate(c, bytes, Kind::Device, 0, reinterpret_cast<void**>(out));
}
Error cuMemFree_v2(CUdeviceptr base) { DRIVER_CONTEXT; SHEER_TRY(check_unsafe_call()); return release(c, at(base), false); }
Error cuMemAllocHost_v2(void** out, size_t bytes) { DRIVER_CONTEXT; return bytes ? allocate_host(c, out, bytes, 0) : Error::InvalidValue; }
Error cuMemHostAlloc(void** out, size_t bytes, unsigned flags) { DRIVER_CONTEXT; return bytes ? allocate_host(c, out, bytes, flags) : Error::InvalidValue; }
Error cuMemFreeHost(void* base) { DRIVER_CONTEXT; return base ? release(c, base, true) : Error::InvalidValue; }
Error cuMemAllocManaged(CUdeviceptr* out, size_t bytes, unsigned flags) {
  DRIVER_CONTEXT;
  return allocate_managed(c, reinterpret_cast<void**>(out), bytes, flags);
}
Error cuMemAllocPitch_v2(CUdeviceptr* out, size_t* pitch, size_t width, size_t height, unsigned element) {
  if (element != 4 && element != 8 && element != 16) return Error::InvalidValue;
  if (!width || !height) return Error::InvalidValue;
  DRIVER_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  return allocate_pitched(c, reinterpret_cast<void**>(out), pitch, width, height);
}
Error cuMemHostRegister_v2(void* host, size_t bytes, unsigned flags) { DRIVER_CONTEXT; return host_register(c, host, bytes, flags); }
Error cuMemHostUnregister(void* host) { DRIVER_CONTEXT; return host_unregister(c, host); }
Error cuMemHostGetDevicePointer_v2(CUdeviceptr* out, void* host, unsigned flags) {
  DRIVER_CONTEXT;
  return device_pointer(reinterpret_cast<void**>(out), host, flags);
}
Error cuMemHostGetFlags(unsigned* out, void* host) { DRIVER_CONTEXT; return host_flags(host, out); }
Error cuMemGetInfo_v2(size_t* free, size_t* total) { DRIVER_CONTEXT; return info(c, free, total); }
Error cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr p) {
  DRIVER_CONTEXT;
  Range r;
  if (!memory_find(at(p), &r)) return Error::NotFound;
  if (base) *base = CUdeviceptr(r.base);
  if (bytes) *bytes = r.bytes;
  return Error::Ok;
}
Error cuPointerGetAttribute(void* data, CUpointer_attribute a, CUdeviceptr p) { SHEER_TRY(driver_ready()); return driver_attribute(data, a, at(p)); }
Error cuPointerGetAttributes(unsigned n, CUpointer_attribute* which, void** data, CUdeviceptr p) {
  SHEER_TRY(driver_ready());
  if (!n || !which || !data) return Error::InvalidValue;
  for (unsigned i = 0; i < n; i++) {
    // What does not hold for the pointer is zero, and no error.
    bool wide = which[i] == CU_POINTER_ATTRIBUTE_CONTEXT || which[i] == CU_POINTER_ATTRIBUTE_DEVICE_POINTER ||
                which[i] == CU_POINTER_ATTRIBUTE_HOST_POINTER || which[i] == CU_POINTER_ATTRIBUTE_BUFFER_ID ||
                which[i] == CU_POINTER_ATTRIBUTE_RANGE_START_ADDR || which[i] == CU_POINTER_ATTRIBUTE_RANGE_SIZE ||
                which[i] == CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE;
    if (!data[i]) return Error::InvalidValue;
    if (driver_attribute(data[i], which[i], at(p)) == Error::Ok) continue;
    if (wide) *static_cast<uint64_t*>(data[i]) = 0;
    else *static_cast<int*>(data[i]) = which[i] == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL ? -2 : 0;
  }
  return Error::Ok;
}
Error cuPointerSetAttribute(const void* value, CUpointer_attribute a, CUdeviceptr p) {
  SHEER_TRY(driver_ready());
  Range r;
  if (!value || a != CU_POINTER_ATTRIBUTE_SYNC_MEMOPS || !memory_find(at(p), &r)) return Error::InvalidValue;
  return Error::Ok;
}
Error cuMemAdvise(CUdeviceptr p, size_t count, CUmem_advise advice, CUdevice place) { DRIVER_CONTEXT; return advise(c, at(p), count, advice, place); }
Error cuMemAdvise_v2(CUdeviceptr p, size_t count, CUmem_advise advice, CUmemLocation place) {
  DRIVER_CONTEXT;
  int where;
  SHEER_TRY(location_of(place.type, place.id, &where));
  return advise(c, at(p), count, advice, where);
}
Error cuMemPrefetchAsync(CUdeviceptr p, size_t count, CUdevice place, CUstream s) { DRIVER_CONTEXT; return prefetch(c, at(p), count, place, s); }
Error cuMemPrefetchAsync_v2(CUdeviceptr p, size_t count, CUmemLocation place, unsigned flags, CUstream s) {
  if (flags) return Error::InvalidValue;
  DRIVER_CONTEXT;
  int where;
  SHEER_TRY(location_of(place.type, place.id, &where));
  return prefetch(c, at(p), count, where, s);
}
Error cuMemPrefetchBatchAsync(CUdeviceptr* p, size_t* sizes, size_t count, CUmemLocation* places, size_t* firsts, size_t n,
                              unsigned long long flags, CUstream s) {
  DRIVER_CONTEXT;
  return prefetch_batch(c, reinterpret_cast<void**>(p), sizes, count, places, firsts, n, flags, s);
}
Error cuMemDiscardBatchAsync(CUdeviceptr* p, size_t* sizes, size_t count, unsigned long long flags, CUstream s) {
  DRIVER_CONTEXT;
  return discard_batch(c, reinterpret_cast<void**>(p), sizes, count, flags, s);
}
Error cuMemDiscardAndPrefetchBatchAsync(CUdeviceptr* p, size_t* sizes, size_t count, CUmemLocation* places, size_t* firsts, size_t n,
                                        unsigned long long flags, CUstream s) {
  return impl::cuMemPrefetchBatchAsync(p, sizes, count, places, firsts, n, flags, s);
}
Error cuMemRangeGetAttribute(void* data, size_t bytes, CUmem_range_attribute a, CUdeviceptr p, size_t count) {
  return range_attribute(data, bytes, a, at(p), count);
}
Error cuMemRangeGetAttributes(void** data, size_t* sizes, CUmem_range_attribute* which, size_t n, CUdeviceptr p, size_t count) {
  return range_attributes(data, sizes, which, n, at(p), count);
}
Error cuStreamAttachMemAsync(CUstream s, CUdeviceptr p, size_t length, unsigned flags) { DRIVER_CONTEXT; return attach(c, s, at(p), length, flags); }
}  // namespace sheer::impl
