// Virtual memory management of the driver API: addresses that are reserved, memory that is created, and the one mapped in the other. A generic
// allocation handle is the machine's Physical.
#include "api.h"

namespace sheer::api {
static void* at(CUdeviceptr p) { return reinterpret_cast<void*>(p); }
static Physical* memory(CUmemGenericAllocationHandle h) { return reinterpret_cast<Physical*>(h); }

// What is kept of the properties with the memory: kinds of handles, and usage.
static uint32_t note_of(const CUmemAllocationProp& p) {
  return uint32_t(p.requestedHandleTypes) | uint32_t(p.allocFlags.usage) << 8;
}

static Error check(const CUmemAllocationProp* p) {
  if (!p || p->type != CU_MEM_ALLOCATION_TYPE_PINNED) return Error::InvalidValue;
  if (p->location.type != CU_MEM_LOCATION_TYPE_DEVICE) return Error::NotSupported;  // host memory is not had this way
  if (!device(p->location.id)) return Error::InvalidDevice;
  if (p->requestedHandleTypes & ~CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR) return Error::NotSupported;
  return Error::Ok;
}

static Error describe(CUmemAllocationProp* out, Physical* p) {
  int of;
  uint32_t note;
  if (!out || !physical_describe(p, &of, nullptr, &note)) return Error::InvalidValue;
  *out = {};
  out->type = CU_MEM_ALLOCATION_TYPE_PINNED;
  out->requestedHandleTypes = CUmemAllocationHandleType(note & 255);
  out->location = {CU_MEM_LOCATION_TYPE_DEVICE, of};
  out->allocFlags.usage = uint16_t(note >> 8);  // and no compression, whatever was asked for
  return Error::Ok;
}

static Error access_of(const CUmemAccessDesc& d, Rights* out) {
  if (d.location.type != CU_MEM_LOCATION_TYPE_DEVICE) return Error::NotSupported;
  if (!device(d.location.id)) return Error::InvalidDevice;
  switch (d.flags) {
    case CU_MEM_ACCESS_FLAGS_PROT_NONE: *out = ACCESS_NONE; return Error::Ok;
    case CU_MEM_ACCESS_FLAGS_PROT_READ: *out = ACCESS_READ; return Error::Ok;
    case CU_MEM_ACCESS_FLAGS_PROT_READWRITE: *out = ACCESS_ALL; return Error::Ok;
    default: return Error::InvalidValue;
  }
}
}  // namespace sheer::api

namespace sheer::impl {
Error cuMemGetAllocationGranularity(size_t* out, const CUmemAllocationProp* p, CUmemAllocationGranularity_flags which) {
  SHEER_TRY(driver_ready());
  if (!out || (which != CU_MEM_ALLOC_GRANULARITY_MINIMUM && which != CU_MEM_ALLOC_GRANULARITY_RECOMMENDED))
    return Error::InvalidValue;
  SHEER_TRY(check(p));
  *out = MAPPING_UNIT;
  return Error::Ok;
}
Error cuMemAddressReserve(CUdeviceptr* out, size_t bytes, size_t align, CUdeviceptr wish, unsigned long long flags) {
  SHEER_TRY(driver_ready());
  if (!out || flags) return Error::InvalidValue;
  return addresses_reserve(bytes, align, at(wish), reinterpret_cast<void**>(out));
}
Error cuMemAddressFree(CUdeviceptr p, size_t bytes) {
  SHEER_TRY(driver_ready());
  return addresses_free(at(p), bytes);
}
Error cuMemCreate(CUmemGenericAllocationHandle* out, size_t bytes, const CUmemAllocationProp* p, unsigned long long flags) {
  SHEER_TRY(driver_ready());
  if (!out || flags) return Error::InvalidValue;
  SHEER_TRY(check(p));
  return physical_create(device(p->location.id), bytes, note_of(*p), reinterpret_cast<Physical**>(out));
}
Error cuMemRelease(CUmemGenericAllocationHandle handle) {
  SHEER_TRY(driver_ready());
  return physical_release(memory(handle));
}
Error cuMemMap(CUdeviceptr p, size_t bytes, size_t offset, CUmemGenericAllocationHandle handle, unsigned long long flags) {
  SHEER_TRY(driver_ready());
  return flags ? Error::InvalidValue : mapping_make(at(p), bytes, offset, memory(handle));
}
Error cuMemUnmap(CUdeviceptr p, size_t bytes) {
  SHEER_TRY(driver_ready());
  return mapping_end(at(p), bytes);
}
Error cuMemSetAccess(CUdeviceptr p, size_t bytes, const CUmemAccessDesc* list, size_t count) {
  SHEER_TRY(driver_ready());
  if (!list || !count) return Error::InvalidValue;
  Rights access;
  for (size_t i = 0; i < count; i++) SHEER_TRY(access_of(list[i], &access));
  for (size_t i = 0; i < count; i++) {
    SHEER_TRY(access_of(list[i], &access));
    SHEER_TRY(mapping_access(at(p), bytes, list[i].location.id, access));
  }
  return Error::Ok;
}
Error cuMemGetAccess(unsigned long long* out, const CUmemLocation* where, CUdeviceptr p) {
  SHEER_TRY(driver_ready());
  if (!out || !where || where->type != CU_MEM_LOCATION_TYPE_DEVICE) return Error::InvalidValue;
  if (!device(where->id)) return Error::InvalidDevice;
  Rights access;
  SHEER_TRY(mapping_asked(at(p), where->id, &access));
  *out = access;  // the numbers are the same
  return Error::Ok;
}
Error cuMemGetAllocationPropertiesFromHandle(CUmemAllocationProp* out, CUmemGenericAllocationHandle handle) {
  SHEER_TRY(driver_ready());
  return describe(out, memory(handle));
}
Error cuMemRetainAllocationHandle(CUmemGenericAllocationHandle* out, void* address) {
  SHEER_TRY(driver_ready());
  return out ? physical_retain(address, reinterpret_cast<Physical**>(out)) : Error::InvalidValue;
}
Error cuMemExportToShareableHandle(void* out, CUmemGenericAllocationHandle handle, CUmemAllocationHandleType type,
                                   unsigned long long flags) {
  SHEER_TRY(driver_ready());
  uint32_t note;
  if (!out || flags || !physical_describe(memory(handle), nullptr, nullptr, &note)) return Error::InvalidValue;
  if (type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR || !(note & type)) return Error::InvalidValue;
  return physical_file(memory(handle), static_cast<int*>(out));
}
Error cuMemImportFromShareableHandle(CUmemGenericAllocationHandle* out, void* given, CUmemAllocationHandleType type) {
  SHEER_TRY(driver_ready());
  if (!out) return Error::InvalidValue;
  if (type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR) return Error::NotSupported;
  return physical_import(int(reinterpret_cast<intptr_t>(given)), reinterpret_cast<Physical**>(out));
}
}  // namespace sheer::impl
