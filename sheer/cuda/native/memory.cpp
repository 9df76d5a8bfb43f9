// Memory of both APIs: device, pinned, registered and managed; what a pointer is; advice. Host and device
// share one address space, so mapped and managed memory are the same bytes for both.
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
bool allocation_visit(const void* base, void (*change)(Allocation&, void*), void* user) {
  Hold hold(allocations_lock);
  Allocation* a = allocations.find(const_cast<void*>(base));
  if (a) change(*a, user);
  return a != nullptr;
}
void allocation_forget(const void* base) {
  Hold hold(allocations_lock);
  allocations.remove(const_cast<void*>(base));
}
void allocation_give_to_pool(const void* base, Pool* p) {
  allocation_change(base, [p](Allocation& a) { a.pool = p; });
}
void allocation_give_to_graph(const void* base) {
  allocation_change(base, [](Allocation& a) { a.of_graph = true; });
}

void allocation_imported(Context* c, void* base, uint64_t bytes, Pool* pool) {
  Hold hold(allocations_lock);
  allocations[base] = {c, pool, 0, bytes, -2, -2, 0, -2, false};
}

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
  if (!width || !rows) {
    *out = nullptr;
    *pitch = 0;
    return Error::Ok;
  }
  if (width > 0x7fffffff) return Error::InvalidValue;
  *pitch = round_up(width, 512);
  return allocate(c, *pitch * rows, Kind::Device, 0, out);
}

Error release(Context* c, void* base, bool host) {
  if (!base) return Error::Ok;
  Range r;
  if (!memory_find(base, &r) || r.base != base) return Error::InvalidValue;
  bool is_host = r.kind == Kind::HostPinned;
  Allocation a;
  bool ours = allocation_find(base, &a), imported = r.kind == Kind::Mapped && ours;
  if (is_host != host || (!is_host && r.kind != Kind::Device && r.kind != Kind::Managed && !imported))
    return Error::InvalidValue;
  Device* d = device(r.device);
  profile_sync("device", 0, d ? d : c->device);
  Error e = device_synchronize(d ? d : c->device);
  if (ours) {
    if (a.of_graph) return e;  // the graph owns it
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
void forget_memory(int ordinal) {  // after which the machine frees the device's memory itself
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
  if (!memory_find(host, &r) || (r.kind != Kind::HostPinned && r.kind != Kind::HostRegistered))
    return Error::InvalidValue;
  *out = r.flags | cudaHostAllocMapped;
  return Error::Ok;
}
static Error device_pointer(void** out, void* host, unsigned flags) {
  if (!out || flags) return Error::InvalidValue;
  Range r;
  if (!memory_find(host, &r) || (r.kind != Kind::HostPinned && r.kind != Kind::HostRegistered))
    return Error::InvalidValue;
  *out = host;
  return Error::Ok;
}
Error pointer_range(const void* p, Range* out) {
  return memory_find(p, out) ? Error::Ok : Error::InvalidValue;
}

// ---- pointer
// attributes
static Error describe(cudaPointerAttributes* out, const void* p) {
  if (!out) return Error::InvalidValue;
  Range r;
  *out = {cudaMemoryTypeUnregistered, cudaInvalidDeviceId, nullptr, const_cast<void*>(p)};
  if (!p || !memory_find(p, &r)) return Error::Ok;
  void* at = const_cast<void*>(p);
  switch (r.kind) {
    case Kind::Device:
    case Kind::Mapped:
    case Kind::Symbol: *out = {cudaMemoryTypeDevice, r.device, at, nullptr}; break;
    case Kind::Managed: *out = {cudaMemoryTypeManaged, r.device, at, at}; break;
    case Kind::HostPinned:
    case Kind::HostRegistered: *out = {cudaMemoryTypeHost, r.device, at, at}; break;
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
    case CU_POINTER_ATTRIBUTE_CONTEXT:
      *static_cast<CUcontext*>(data) = ours ? a.context : primary(r.device);
      return Error::Ok;
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      *static_cast<unsigned*>(data) = host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
      return Error::Ok;
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER: *static_cast<const void**>(data) = p; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      if (!host && r.kind != Kind::Managed) return Error::InvalidValue;
      *static_cast<const void**>(data) = p;
      return Error::Ok;
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS: *static_cast<unsigned*>(data) = 0; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_BUFFER_ID: *static_cast<uint64_t*>(data) = r.id; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
      *static_cast<unsigned*>(data) = r.kind == Kind::Managed;
      return Error::Ok;
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL: *static_cast<int*>(data) = r.device; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
      *static_cast<unsigned*>(data) = r.kind == Kind::Device && ours && !a.pool && !a.of_graph;
      return Error::Ok;
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR: *static_cast<void**>(data) = r.base; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE: *static_cast<size_t*>(data) = r.bytes; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_MAPPED: *static_cast<unsigned*>(data) = 1; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
      *static_cast<uint64_t*>(data) = ours && a.pool ? uint64_t(a.pool->properties.handleTypes) : 0;
      return Error::Ok;
    case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE: *static_cast<unsigned*>(data) = 0; return Error::Ok;
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
      *static_cast<unsigned*>(data) = CU_POINTER_ATTRIBUTE_ACCESS_FLAG_READWRITE;
      return Error::Ok;
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
      *static_cast<CUmemoryPool*>(data) = ours ? a.pool : nullptr;
      return Error::Ok;
  }
  return Error::NotSupported;
}
static Error allocate_host(Context* c, void** out, size_t bytes, unsigned flags) {
  if (!out || flags & ~7u) return Error::InvalidValue;
  SHEER_TRY(check_unsafe_call());
  if (!bytes) {
    *out = nullptr;
    return Error::Ok;
  }
  return allocate(c, bytes, Kind::HostPinned, flags, out);
}
static Error allocate_managed(Context* c, void** out, size_t bytes, unsigned flags) {
  if (!out || !bytes || (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost))
    return Error::InvalidValue;
  SHEER_TRY(check_unsafe_call());
  return allocate(c, bytes, Kind::Managed, flags, out);
}
static Error info(Context* c, size_t* free, size_t* total) {
  if (free) *free = device_free_bytes(c->device);
  if (total) *total = device_capacity(c->device);
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {

Error cudaMalloc(void** out, size_t bytes) {
  if (!out) return Error::InvalidValue;
  RUNTIME_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  if (!bytes) {
    *out = nullptr;
    return Error::Ok;
  }
  return allocate(c, bytes, Kind::Device, 0, out);
}
Error cudaFree(void* base) {
  RUNTIME_CONTEXT;
  if (!base) return Error::Ok;
  SHEER_TRY(check_unsafe_call());
  return release(c, base, false);
}
Error cudaMallocHost(void** out, size_t bytes) {
  RUNTIME_CONTEXT;
  return allocate_host(c, out, bytes, 0);
}
Error cudaHostAlloc(void** out, size_t bytes, unsigned flags) {
  RUNTIME_CONTEXT;
  return allocate_host(c, out, bytes, flags);
}
Error cudaFreeHost(void* base) {
  RUNTIME_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  return release(c, base, true);
}
Error cudaMallocManaged(void** out, size_t bytes, unsigned flags) {
  RUNTIME_CONTEXT;
  return allocate_managed(c, out, bytes, flags);
}
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
Error cudaHostRegister(void* host, size_t bytes, unsigned flags) {
  RUNTIME_CONTEXT;
  return host_register(c, host, bytes, flags);
}
Error cudaHostUnregister(void* host) {
  RUNTIME_CONTEXT;
  return host_unregister(c, host);
}
Error cudaHostGetDevicePointer(void** out, void* host, unsigned flags) {
  RUNTIME_CONTEXT;
  return device_pointer(out, host, flags);
}
Error cudaHostGetFlags(unsigned* out, void* host) {
  RUNTIME_CONTEXT;
  return host_flags(host, out);
}
Error cudaMemGetInfo(size_t* free, size_t* total) {
  RUNTIME_CONTEXT;
  return info(c, free, total);
}
Error cudaPointerGetAttributes(cudaPointerAttributes* out, const void* p) {
  RUNTIME_CONTEXT;
  return describe(out, p);
}

static void* at(CUdeviceptr p) { return reinterpret_cast<void*>(p); }
// The context of the memory at `base` stands in where none is current.
static Error memory_context(Context** out, const void* base) {
  Allocation a;
  return driver_context(out, allocation_find(base, &a) ? a.context : nullptr);
}
Error cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
  if (!out || !bytes) return Error::InvalidValue;
  DRIVER_CONTEXT;
  SHEER_TRY(check_unsafe_call());
  return allocate(c, bytes, Kind::Device, 0, reinterpret_cast<void**>(out));
}
Error cuMemFree_v2(CUdeviceptr base) {
  Context* c;
  SHEER_TRY(memory_context(&c, at(base)));
  SHEER_TRY(check_unsafe_call());
  return release(c, at(base), false);
}
Error cuMemAllocHost_v2(void** out, size_t bytes) {
  DRIVER_CONTEXT;
  return bytes ? allocate_host(c, out, bytes, 0) : Error::InvalidValue;
}
Error cuMemHostAlloc(void** out, size_t bytes, unsigned flags) {
  DRIVER_CONTEXT;
  return bytes ? allocate_host(c, out, bytes, flags) : Error::InvalidValue;
}
Error cuMemFreeHost(void* base) {
  Context* c;
  SHEER_TRY(memory_context(&c, base));
  return base ? release(c, base, true) : Error::InvalidValue;
}
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
Error cuMemHostRegister_v2(void* host, size_t bytes, unsigned flags) {
  DRIVER_CONTEXT;
  return host_register(c, host, bytes, flags);
}
Error cuMemHostUnregister(void* host) {
  Context* c;
  SHEER_TRY(memory_context(&c, host));
  return host_unregister(c, host);
}
Error cuMemHostGetDevicePointer_v2(CUdeviceptr* out, void* host, unsigned flags) {
  Context* c;
  SHEER_TRY(memory_context(&c, host));
  return device_pointer(reinterpret_cast<void**>(out), host, flags);
}
Error cuMemHostGetFlags(unsigned* out, void* host) {
  Context* c;
  SHEER_TRY(memory_context(&c, host));
  return host_flags(host, out);
}
Error cuMemGetInfo_v2(size_t* free, size_t* total) {
  DRIVER_CONTEXT;
  return info(c, free, total);
}
Error cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr p) {
  DRIVER_CONTEXT;
  Range r;
  if (!memory_find(at(p), &r)) return Error::NotFound;
  if (base) *base = CUdeviceptr(r.base);
  if (bytes) *bytes = r.bytes;
  return Error::Ok;
}
Error cuPointerGetAttribute(void* data, CUpointer_attribute a, CUdeviceptr p) {
  SHEER_TRY(driver_ready());
  return driver_attribute(data, a, at(p));
}
Error cuPointerGetAttributes(unsigned n, CUpointer_attribute* which, void** data, CUdeviceptr p) {
  SHEER_TRY(driver_ready());
  if (!n || !which || !data) return Error::InvalidValue;
  for (unsigned i = 0; i < n; i++) {
    // What does not hold for the pointer is zero, and no error.
    bool wide = which[i] == CU_POINTER_ATTRIBUTE_CONTEXT || which[i] == CU_POINTER_ATTRIBUTE_DEVICE_POINTER ||
                which[i] == CU_POINTER_ATTRIBUTE_HOST_POINTER || which[i] == CU_POINTER_ATTRIBUTE_BUFFER_ID ||
                which[i] == CU_POINTER_ATTRIBUTE_RANGE_START_ADDR ||
                which[i] == CU_POINTER_ATTRIBUTE_RANGE_SIZE ||
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
}  // namespace sheer::impl
