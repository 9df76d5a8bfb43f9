// Stream-ordered allocation: pools, their attributes, cudaMallocAsync and cudaFreeAsync. An allocation is had
// at once; its memory goes back when the stream reaches the free.
#include "api.h"

namespace sheer::api {
static Slab<Pool> slab;
static Mutex pools_lock;
static Pool* defaults[MAX_DEVICES];
static Pool* chosen[MAX_DEVICES];
static Vec<Pool*> made;

static Pool* default_pool(int ordinal) {
  Hold hold(pools_lock);
  if (!defaults[ordinal]) {
    Pool* p = slab.take();
    p->ordinal = ordinal;
    p->built_in = true;
    p->properties.allocType = cudaMemAllocationTypePinned;
    p->properties.location = {cudaMemLocationTypeDevice, ordinal};
    defaults[ordinal] = p;
  }
  return defaults[ordinal];
}
Pool* current_pool(int ordinal) { return chosen[ordinal] ? chosen[ordinal] : default_pool(ordinal); }

static Error check(Pool* p) {
  if (!p || uint64_t(p) % alignof(Pool) || p->tag != Tag::Pool) return Error::InvalidValue;
  return Error::Ok;
}
Error find_pool(Context* c, CUmemoryPool handle, Pool** out) {
  if (!handle) {
    *out = current_pool(c->ordinal);
    return Error::Ok;
  }
  SHEER_TRY(check(handle));
  *out = handle;
  return Error::Ok;
}

void pool_forget(const Allocation& a) {
  if (!a.pool || a.pool->tag != Tag::Pool) return;
  Hold hold(pools_lock);
  a.pool->used -= min(a.pool->used, a.bytes);
}
void forget_pools(int ordinal) {
  Hold hold(pools_lock);
  if (defaults[ordinal]) defaults[ordinal]->used = defaults[ordinal]->used_high = 0;
  chosen[ordinal] = nullptr;
  for (uint32_t i = made.count; i--;)
    if (made[i]->ordinal == ordinal) {
      slab.give(made[i]);
      made.remove(i);
    }
}

Error pool_allocate(Context* c, Pool* p, size_t bytes, CUstream handle, void** out) {
  if (!out) return Error::InvalidValue;
  if (!bytes) {
    *out = nullptr;
    return Error::InvalidValue;
  }
  if (p->imported) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  if (capturing(s)) {
    Body body;
    body.type = CU_GRAPH_NODE_TYPE_MEM_ALLOC;
    body.bytes = bytes;
    SHEER_TRY(allocate(c, bytes, Kind::Device, 0, &body.pointer));
    allocation_give_to_graph(body.pointer);
    Error e = enqueue(s, body);
    if (e == Error::Ok) *out = body.pointer;
    return e;
  }
  if (p->max_bytes && p->used + bytes > p->max_bytes) return Error::OutOfMemory;
  Context* owner = p->ordinal == c->ordinal ? c : primary(p->ordinal);
  Error e = allocate(owner, bytes, Kind::Device, 0, out);
  if (e == Error::OutOfMemory) {  // memory that is about to be freed may do
    SHEER_TRY(device_synchronize(owner->device));
    e = allocate(owner, bytes, Kind::Device, 0, out);
  }
  if (e != Error::Ok) return e;
  allocation_give_to_pool(*out, p);
  Hold hold(pools_lock);
  p->used += bytes;
  p->used_high = max(p->used_high, p->used);
  return Error::Ok;
}

Error pool_free(Context* c, void* base, CUstream handle) {
  if (!base) return Error::Ok;
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  Allocation a;
  if (!allocation_find(base, &a)) return Error::InvalidValue;
  Body body;
  body.type = CU_GRAPH_NODE_TYPE_MEM_FREE;
  body.pointer = base;
  if (capturing(s)) return enqueue(s, body);
  if (a.of_graph) return Error::Ok;  // the graph owns it
  allocation_forget(base);
  pool_forget(a);
  return enqueue(s, body);
}

// ---- 
// attributes
static Error attribute_set(Pool* p, int attribute, const void* value) {
  SHEER_TRY(check(p));
  if (!value) return Error::InvalidValue;
  switch (attribute) {
    case cudaMemPoolReuseFollowEventDependencies:
    case cudaMemPoolReuseAllowOpportunistic:
    case cudaMemPoolReuseAllowInternalDependencies:
      p->reuse[attribute - cudaMemPoolReuseFollowEventDependencies] = *static_cast<const int*>(value) != 0;
      return Error::Ok;
    case cudaMemPoolAttrReleaseThreshold:
      p->threshold = *static_cast<const uint64_t*>(value);
      return Error::Ok;
    case cudaMemPoolAttrReservedMemHigh:
    case cudaMemPoolAttrUsedMemHigh:
      if (*static_cast<const uint64_t*>(value)) return Error::InvalidValue;
      p->used_high = p->used;
      return Error::Ok;
  }
  return Error::InvalidValue;
}
static Error attribute_get(Pool* p, int attribute, void* value) {
  SHEER_TRY(check(p));
  if (!value) return Error::InvalidValue;
  uint64_t* wide = static_cast<uint64_t*>(value);
  switch (attribute) {
    case cudaMemPoolReuseFollowEventDependencies:
    case cudaMemPoolReuseAllowOpportunistic:
    case cudaMemPoolReuseAllowInternalDependencies:
      *static_cast<int*>(value) = p->reuse[attribute - cudaMemPoolReuseFollowEventDependencies];
      return Error::Ok;
    case cudaMemPoolAttrReleaseThreshold: *wide = p->threshold; return Error::Ok;
    case cudaMemPoolAttrReservedMemCurrent:
    case cudaMemPoolAttrUsedMemCurrent: *wide = p->used; return Error::Ok;
    case cudaMemPoolAttrReservedMemHigh:
    case cudaMemPoolAttrUsedMemHigh: *wide = p->used_high; return Error::Ok;
  }
  return Error::InvalidValue;
}
static Error create(const cudaMemPoolProps* props, Pool** out) {
  if (!props || !out || props->allocType != cudaMemAllocationTypePinned) return Error::InvalidValue;
  if (props->handleTypes != cudaMemHandleTypeNone && props->handleTypes != cudaMemHandleTypePosixFileDescriptor)
    return Error::NotSupported;
  if (props->location.type != cudaMemLocationTypeDevice) return Error::NotSupported;
  if (!device(props->location.id)) return Error::InvalidDevice;
  Pool* p = slab.take();
  p->ordinal = props->location.id;
  p->properties = *props;
  p->max_bytes = props->maxSize;
  Hold hold(pools_lock);
  made.push(p);
  *out = p;
  return Error::Ok;
}
Error imported_pool(int ordinal, Pool** out) {
  cudaMemPoolProps props = {};
  props.allocType = cudaMemAllocationTypePinned;
  props.handleTypes = cudaMemHandleTypePosixFileDescriptor;
  props.location = {cudaMemLocationTypeDevice, ordinal};
  SHEER_TRY(create(&props, out));
  (*out)->imported = true;
  return Error::Ok;
}
static Error destroy(Pool* p) {
  SHEER_TRY(check(p));
  if (p->built_in) return Error::InvalidValue;
  Hold hold(pools_lock);
  for (Pool*& c : chosen)
    if (c == p) c = nullptr;
  made.remove_value(p);
  slab.give(p);
  return Error::Ok;
}
static Error set_access(Pool* p, const cudaMemAccessDesc* list, size_t count) {
  SHEER_TRY(check(p));
  if (count && !list) return Error::InvalidValue;
  for (size_t i = 0; i < count; i++) {
    if (list[i].location.type != cudaMemLocationTypeDevice) return Error::InvalidValue;
    if (!device(list[i].location.id)) return Error::InvalidDevice;
    if (list[i].location.id == p->ordinal && list[i].flags != cudaMemAccessFlagsProtReadWrite)
      return Error::InvalidValue;
    p->access[list[i].location.id] = uint8_t(list[i].flags + 1);
  }
  return Error::Ok;
}
static Error get_access(int* flags, Pool* p, const cudaMemLocation* where) {
  SHEER_TRY(check(p));
  if (!flags || !where || where->type != cudaMemLocationTypeDevice) return Error::InvalidValue;
  if (!device(where->id)) return Error::InvalidDevice;
  int kept = p->access[where->id];
  *flags = kept                      ? kept - 1
           : where->id == p->ordinal ? cudaMemAccessFlagsProtReadWrite
                                     : cudaMemAccessFlagsProtNone;
  return Error::Ok;
}
static Error set_current(int ordinal, Pool* p) {
  if (!device(ordinal)) return Error::InvalidDevice;
  SHEER_TRY(check(p));
  if (p->ordinal != ordinal || p->imported) return Error::InvalidValue;
  chosen[ordinal] = p;
  return Error::Ok;
}
static Error get_pool(Pool** out, int ordinal, bool built_in) {
  if (!out) return Error::InvalidValue;
  if (!device(ordinal)) return Error::InvalidDevice;
  *out = built_in ? default_pool(ordinal) : current_pool(ordinal);
  return Error::Ok;
}
static Error of_location(Pool** out, int type, int id, int allocation, bool built_in) {
  if (type != cudaMemLocationTypeDevice || allocation != cudaMemAllocationTypePinned)
    return Error::NotSupported;
  return get_pool(out, id, built_in);
}
}  // namespace sheer::api

namespace sheer::impl {
Error cudaMallocAsync(void** out, size_t bytes, cudaStream_t stream) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return pool_allocate(c, current_pool(c->ordinal), bytes, stream, out);
}
Error cudaMallocFromPoolAsync(void** out, size_t bytes, cudaMemPool_t pool, cudaStream_t stream) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  Pool* p;
  SHEER_TRY(find_pool(c, pool, &p));
  return pool_allocate(c, p, bytes, stream, out);
}
Error cudaFreeAsync(void* base, cudaStream_t stream) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return pool_free(c, base, stream);
}
Error cudaDeviceGetDefaultMemPool(cudaMemPool_t* out, int ordinal) { return get_pool(out, ordinal, true); }
Error cudaDeviceGetMemPool(cudaMemPool_t* out, int ordinal) { return get_pool(out, ordinal, false); }
Error cudaDeviceSetMemPool(int ordinal, cudaMemPool_t pool) { return set_current(ordinal, pool); }
Error cudaMemPoolTrimTo(cudaMemPool_t pool, size_t) { return check(pool); }  // nothing is kept back
Error cudaMemPoolSetAttribute(cudaMemPool_t p, cudaMemPoolAttr a, void* value) {
  return api::attribute_set(p, a, value);
}
Error cudaMemPoolGetAttribute(cudaMemPool_t p, cudaMemPoolAttr a, void* value) {
  return api::attribute_get(p, a, value);
}
Error cudaMemPoolSetAccess(cudaMemPool_t p, const cudaMemAccessDesc* list, size_t count) {
  return set_access(p, list, count);
}
Error cudaMemPoolGetAccess(cudaMemAccessFlags* flags, cudaMemPool_t p, cudaMemLocation* where) {
  return get_access(reinterpret_cast<int*>(flags), p, where);
}
Error cudaMemPoolCreate(cudaMemPool_t* out, const cudaMemPoolProps* props) { return create(props, out); }
Error cudaMemPoolDestroy(cudaMemPool_t p) { return destroy(p); }
Error cudaMemGetDefaultMemPool(cudaMemPool_t* out, cudaMemLocation* where, cudaMemAllocationType type) {
  return where ? of_location(out, where->type, where->id, type, true) : Error::InvalidValue;
}
Error cudaMemGetMemPool(cudaMemPool_t* out, cudaMemLocation* where, cudaMemAllocationType type) {
  return where ? of_location(out, where->type, where->id, type, false) : Error::InvalidValue;
}
Error cudaMemSetMemPool(cudaMemLocation* where, cudaMemAllocationType type, cudaMemPool_t p) {
  if (!where) return Error::InvalidValue;
  if (where->type != cudaMemLocationTypeDevice || type != cudaMemAllocationTypePinned)
    return Error::NotSupported;
  return set_current(where->id, p);
}

// The driver's enumerations and structures have the same numbers and layouts.
Error cuMemAllocAsync(CUdeviceptr* out, size_t bytes, CUstream stream) {
  Context* c;
  SHEER_TRY(stream_context(&c, stream));
  return pool_allocate(c, current_pool(c->ordinal), bytes, stream, reinterpret_cast<void**>(out));
}
Error cuMemAllocFromPoolAsync(CUdeviceptr* out, size_t bytes, CUmemoryPool pool, CUstream stream) {
  Context* c;
  bool named = pool && check(pool) == Error::Ok;
  SHEER_TRY(stream_context(&c, stream, named ? primary(pool->ordinal) : nullptr));
  Pool* p;
  SHEER_TRY(find_pool(c, pool, &p));
  return pool_allocate(c, p, bytes, stream, reinterpret_cast<void**>(out));
}
Error cuMemFreeAsync(CUdeviceptr base, CUstream stream) {
  void* memory = reinterpret_cast<void*>(base);
  Context* c;
  Allocation a;
  SHEER_TRY(stream_context(&c, stream, allocation_find(memory, &a) ? a.context : nullptr));
  return pool_free(c, memory, stream);
}
Error cuDeviceGetDefaultMemPool(CUmemoryPool* out, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  return get_pool(out, ordinal, true);
}
Error cuDeviceGetMemPool(CUmemoryPool* out, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  return get_pool(out, ordinal, false);
}
Error cuDeviceSetMemPool(CUdevice ordinal, CUmemoryPool pool) {
  SHEER_TRY(driver_ready());
  return set_current(ordinal, pool);
}
Error cuMemPoolTrimTo(CUmemoryPool pool, size_t) { return check(pool); }
Error cuMemPoolSetAttribute(CUmemoryPool p, CUmemPool_attribute a, void* value) {
  return api::attribute_set(p, a, value);
}
Error cuMemPoolGetAttribute(CUmemoryPool p, CUmemPool_attribute a, void* value) {
  return api::attribute_get(p, a, value);
}
Error cuMemPoolSetAccess(CUmemoryPool p, const CUmemAccessDesc* list, size_t count) {
  return set_access(p, reinterpret_cast<const cudaMemAccessDesc*>(list), count);
}
Error cuMemPoolGetAccess(CUmemAccess_flags* flags, CUmemoryPool p, CUmemLocation* where) {
  return get_access(reinterpret_cast<int*>(flags), p, reinterpret_cast<cudaMemLocation*>(where));
}
Error cuMemPoolCreate(CUmemoryPool* out, const CUmemPoolProps* props) {
  return create(reinterpret_cast<const cudaMemPoolProps*>(props), out);
}
Error cuMemPoolDestroy(CUmemoryPool p) { return destroy(p); }
Error cuMemGetDefaultMemPool(CUmemoryPool* out, CUmemLocation* where, CUmemAllocationType type) {
  return where ? of_location(out, where->type, where->id, type, true) : Error::InvalidValue;
}
Error cuMemGetMemPool(CUmemoryPool* out, CUmemLocation* where, CUmemAllocationType type) {
  return where ? of_location(out, where->type, where->id, type, false) : Error::InvalidValue;
}
Error cuMemSetMemPool(CUmemLocation* where, CUmemAllocationType type, CUmemoryPool p) {
  return impl::cudaMemSetMemPool(reinterpret_cast<cudaMemLocation*>(where), cudaMemAllocationType(type), p);
}
}  // namespace sheer::impl
