// cuGetProcAddress and cudaGetDriverEntryPoint: driver functions by base name and version. The newest variant
// that is not newer than the version asked for is given; a newer one would write other structures than the
// caller has.
#include "api.h"
#include "procedures.h"

namespace sheer::api {
static const Procedure* find(const char* name, int version, bool* known) {
  *known = false;
  unsigned low = 0, high = procedure_count;
  while (low < high) {  // the table is sorted by name, newest first
    unsigned middle = (low + high) / 2;
    if (strcmp(procedures[middle].name, name) < 0) low = middle + 1;
    else high = middle;
  }
  for (; low < procedure_count && !strcmp(procedures[low].name, name); low++) {
    *known = true;
    if (procedures[low].since <= version) return &procedures[low];
  }
  return nullptr;
}
static Error lookup(const char* name, void** out, int version, uint64_t flags,
                    CUdriverProcAddressQueryResult* status) {
  if (!name || !out || flags > CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) return Error::InvalidValue;
  bool known;
  const Procedure* p = find(name, version, &known);
  *out = p ? (flags == CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM && p->twin ? p->twin : p->address)
           : nullptr;
  if (status)
    *status = p       ? CU_GET_PROC_ADDRESS_SUCCESS
              : known ? CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
                      : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
Error cuGetProcAddress_v2(const char* name, void** out, int version, cuuint64_t flags,
                          CUdriverProcAddressQueryResult* status) {
  SHEER_TRY(lookup(name, out, version, flags, status));
  return *out || status ? Error::Ok : Error::NotFound;
}
static Error entry_point(const char* name, void** out, int version, unsigned long long flags,
                         cudaDriverEntryPointQueryResult* status) {
  uint64_t wanted =
      flags == cudaEnablePerThreadDefaultStream || (flags == cudaEnableDefault && thread().per_thread_default)
          ? CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM
          : CU_GET_PROC_ADDRESS_DEFAULT;
  if (flags > cudaEnablePerThreadDefaultStream) return Error::InvalidValue;
  CUdriverProcAddressQueryResult found;
  SHEER_TRY(lookup(name, out, version, wanted, &found));
  if (status) *status = cudaDriverEntryPointQueryResult(found);
  return *out || status ? Error::Ok : Error::NotFound;
}
Error cudaGetDriverEntryPoint(const char* name, void** out, unsigned long long flags,
                              cudaDriverEntryPointQueryResult* status) {
  return entry_point(name, out, API_VERSION, flags, status);
}
Error cudaGetDriverEntryPointByVersion(const char* name, void** out, unsigned version,
                                       unsigned long long flags, cudaDriverEntryPointQueryResult* status) {
  return entry_point(name, out, int(version), flags, status);
}
}  // namespace sheer::impl

namespace sheer::impl {
// NVIDIA's own static runtime asks for tables that are not documented; Sheer does not imitate them.
static Error no_table(const void** out) {
  if (out) *out = nullptr;
  say_once("a private table of the driver",
           "this is NVIDIA's own runtime, linked in; link with -cudart shared or build with `sheer nvcc`");
  return Error::NotFound;
}
Error cuGetExportTable(const void** out, const CUuuid*) { return no_table(out); }
Error cudaGetExportTable(const void** out, const cudaUUID_t*) { return no_table(out); }
}  // namespace sheer::impl
