// Preferences of a context, the range of priorities, and access between devices.
#include "api.h"

namespace sheer::impl {
// Preferences: kept, so that they can be read back; they change nothing here.
static Error set_cache(Api api, int config) {
  if (config < 0 || config > cudaFuncCachePreferEqual) return Error::InvalidValue;
  Context* c;
  SHEER_TRY(current(api, &c));
  c->cache_config = config;
  return Error::Ok;
}
static Error get_cache(Api api, int* out) {
  if (!out) return Error::InvalidValue;
  Context* c;
  SHEER_TRY(current(api, &c));
  *out = c->cache_config;
  return Error::Ok;
}
static Error set_banks(Api api, int config) {
  if (config < 0 || config > 2) return Error::InvalidValue;
  Context* c;
  return current(api, &c);  // banks are four bytes wide since capability 5.0, whatever is asked
}
static Error get_banks(Api api, int* out) {
  if (!out) return Error::InvalidValue;
  Context* c;
  SHEER_TRY(current(api, &c));
  *out = c->shared_config;
  return Error::Ok;
}
Error cudaDeviceSetCacheConfig(cudaFuncCache config) { return set_cache(Api::Runtime, config); }
Error cudaDeviceGetCacheConfig(cudaFuncCache* out) {
  return get_cache(Api::Runtime, reinterpret_cast<int*>(out));
}
Error cudaThreadSetCacheConfig(cudaFuncCache config) { return set_cache(Api::Runtime, config); }
Error cudaThreadGetCacheConfig(cudaFuncCache* out) {
  return get_cache(Api::Runtime, reinterpret_cast<int*>(out));
}
Error cudaDeviceSetSharedMemConfig(cudaSharedMemConfig config) { return set_banks(Api::Runtime, config); }
Error cudaDeviceGetSharedMemConfig(cudaSharedMemConfig* out) {
  return get_banks(Api::Runtime, reinterpret_cast<int*>(out));
}
Error cuCtxSetCacheConfig(CUfunc_cache config) { return set_cache(Api::Driver, config); }
Error cuCtxGetCacheConfig(CUfunc_cache* out) { return get_cache(Api::Driver, reinterpret_cast<int*>(out)); }
Error cuCtxSetSharedMemConfig(CUsharedconfig config) { return set_banks(Api::Driver, config); }
Error cuCtxGetSharedMemConfig(CUsharedconfig* out) {
  return get_banks(Api::Driver, reinterpret_cast<int*>(out));
}

static Error priority_range(int* least, int* greatest) {
  if (least) *least = LEAST_PRIORITY;
  if (greatest) *greatest = GREATEST_PRIORITY;
  return Error::Ok;
}
Error cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return priority_range(least, greatest);
}
Error cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  return priority_range(least, greatest);
}

// ---- 
// peers
static Error can_access(int* can, int ordinal, int peer) {
  if (!can) return Error::InvalidValue;
  if (!device(ordinal) || !device(peer)) return Error::InvalidDevice;
  *can = ordinal != peer;  // one memory: every device reaches every other's
  return Error::Ok;
}
static Error p2p(int* out, int attribute, int ordinal, int peer) {
  if (!out) return Error::InvalidValue;
  if (!device(ordinal) || !device(peer) || ordinal == peer) return Error::InvalidDevice;
  switch (attribute) {
    case cudaDevP2PAttrPerformanceRank: *out = 0; return Error::Ok;
    case cudaDevP2PAttrAccessSupported:
    case cudaDevP2PAttrNativeAtomicSupported: *out = 1; return Error::Ok;
    case cudaDevP2PAttrCudaArrayAccessSupported: *out = 1; return Error::Ok;
  }
  return Error::InvalidValue;
}
static Error peer_set(Context* c, int peer, unsigned flags, bool on) {
  if (flags) return Error::InvalidValue;
  if (!device(peer) || peer == c->ordinal) return Error::InvalidDevice;
  uint64_t bit = 1ull << peer;
  if (on && c->peers & bit) return Error(cudaErrorPeerAccessAlreadyEnabled);
  if (!on && !(c->peers & bit)) return Error(cudaErrorPeerAccessNotEnabled);
  c->peers ^= bit;
  return Error::Ok;
}
Error cudaDeviceCanAccessPeer(int* can, int ordinal, int peer) { return can_access(can, ordinal, peer); }
Error cudaDeviceGetP2PAttribute(int* out, cudaDeviceP2PAttr attribute, int a, int b) {
  return p2p(out, attribute, a, b);
}
Error cudaDeviceEnablePeerAccess(int peer, unsigned int flags) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return peer_set(c, peer, flags, true);
}
Error cudaDeviceDisablePeerAccess(int peer) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return peer_set(c, peer, 0, false);
}
Error cuDeviceCanAccessPeer(int* can, CUdevice a, CUdevice b) {
  SHEER_TRY(driver_ready());
  return can_access(can, a, b);
}
Error cuDeviceGetP2PAttribute(int* out, CUdevice_P2PAttribute attribute, CUdevice a, CUdevice b) {
  SHEER_TRY(driver_ready());
  return p2p(out, attribute, a, b);
}
Error cuCtxEnablePeerAccess(CUcontext peer, unsigned int flags) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  if (!live(peer)) return Error::InvalidContext;
  return peer_set(c, peer->ordinal, flags, true);
}
Error cuCtxDisablePeerAccess(CUcontext peer) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  if (!live(peer)) return Error::InvalidContext;
  return peer_set(c, peer->ordinal, 0, false);
}
}  // namespace sheer::impl
