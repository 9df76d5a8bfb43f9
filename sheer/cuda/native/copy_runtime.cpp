// The runtime API's copies and fills.
#include "copy_forms.h"

namespace sheer::impl {
constexpr CopyMode Wait = CopyMode::Wait, Async = CopyMode::Async;

Error cudaMemcpy(void* dst, const void* src, size_t n, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return copy(c, plain_copy(dst, src, n, kind), nullptr, Wait);
}
Error cudaMemcpyAsync(void* dst, const void* src, size_t n, cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return copy(c, plain_copy(dst, src, n, kind), s, Async);
}
Error cudaMemcpyWithAttributesAsync(void* dst, const void* src, size_t n, cudaMemcpyAttributes* attributes,
                                    cudaStream_t s) {
  if (!attributes) return Error::InvalidValue;
  RUNTIME_CONTEXT;
  return copy(c, plain_copy(dst, src, n, cudaMemcpyDefault), s, Async);
}
Error cudaMemcpyPeer(void* dst, int to, const void* src, int from, size_t n) {
  RUNTIME_CONTEXT;
  if (!device(to) || !device(from)) return Error::InvalidDevice;
  return copy(c, plain_copy(dst, src, n, cudaMemcpyDeviceToDevice), nullptr, Wait);
}
Error cudaMemcpyPeerAsync(void* dst, int to, const void* src, int from, size_t n, cudaStream_t s) {
  RUNTIME_CONTEXT;
  if (!device(to) || !device(from)) return Error::InvalidDevice;
  return copy(c, plain_copy(dst, src, n, cudaMemcpyDeviceToDevice), s, Async);
}
static Error two_d(Context* c, void* dst, size_t dp, const void* src, size_t sp, size_t w, size_t h, int kind,
                   CUstream s, CopyMode mode) {
  if (h && w && (dp < w || sp < w)) return InvalidPitch;
  return copy(c, copy_2d(dst, dp, src, sp, w, h, kind), s, mode);
}
Error cudaMemcpy2D(void* dst, size_t dp, const void* src, size_t sp, size_t w, size_t h,
                   cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return two_d(c, dst, dp, src, sp, w, h, kind, nullptr, Wait);
}
Error cudaMemcpy2DAsync(void* dst, size_t dp, const void* src, size_t sp, size_t w, size_t h,
                        cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return two_d(c, dst, dp, src, sp, w, h, kind, s, Async);
}
static Error three_d(const cudaMemcpy3DParms* p, CUstream s, CopyMode mode) {
  RUNTIME_CONTEXT;
  if (!p) return Error::InvalidValue;
  Copy3D k;
  SHEER_TRY(from_runtime(*p, &k));
  return copy(c, k, s, mode);
}
Error cudaMemcpy3D(const cudaMemcpy3DParms* p) { return three_d(p, nullptr, Wait); }
Error cudaMemcpy3DAsync(const cudaMemcpy3DParms* p, cudaStream_t s) { return three_d(p, s, Async); }
static cudaMemcpy3DParms without_peers(const cudaMemcpy3DPeerParms& p) {
  return {p.srcArray, p.srcPos, p.srcPtr, p.dstArray, p.dstPos, p.dstPtr, p.extent, cudaMemcpyDefault};
}
Error cudaMemcpy3DPeer(const cudaMemcpy3DPeerParms* p) {
  if (!p) return Error::InvalidValue;
  if (!device(p->srcDevice) || !device(p->dstDevice)) return Error::InvalidDevice;
  cudaMemcpy3DParms plain = without_peers(*p);
  return three_d(&plain, nullptr, Wait);
}
Error cudaMemcpy3DPeerAsync(const cudaMemcpy3DPeerParms* p, cudaStream_t s) {
  if (!p) return Error::InvalidValue;
  if (!device(p->srcDevice) || !device(p->dstDevice)) return Error::InvalidDevice;
  cudaMemcpy3DParms plain = without_peers(*p);
  return three_d(&plain, s, Async);
}
Error cudaMemcpy2DToArray(cudaArray_t a, size_t x, size_t y, const void* src, size_t pitch, size_t w,
                          size_t h, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return to_array(c, a, x, y, src, pitch, w, h, kind, nullptr, Wait);
}
Error cudaMemcpy2DToArrayAsync(cudaArray_t a, size_t x, size_t y, const void* src, size_t pitch, size_t w,
                               size_t h, cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return to_array(c, a, x, y, src, pitch, w, h, kind, s, Async);
}
Error cudaMemcpy2DFromArray(void* dst, size_t pitch, cudaArray_const_t a, size_t x, size_t y, size_t w,
                            size_t h, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return from_array(c, dst, pitch, a, x, y, w, h, kind, nullptr, Wait);
}
Error cudaMemcpy2DFromArrayAsync(void* dst, size_t pitch, cudaArray_const_t a, size_t x, size_t y, size_t w,
                                 size_t h, cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return from_array(c, dst, pitch, a, x, y, w, h, kind, s, Async);
}
Error cudaMemcpy2DArrayToArray(cudaArray_t d, size_t dx, size_t dy, cudaArray_const_t a, size_t sx, size_t sy,
                               size_t w, size_t h, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return between_arrays(c, d, dx, dy, a, sx, sy, w, h, kind);
}
Error cudaMemcpyToArray(cudaArray_t a, size_t x, size_t y, const void* src, size_t n, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return run_to_array(c, a, x, y, src, n, kind, nullptr, Wait);
}
Error cudaMemcpyToArrayAsync(cudaArray_t a, size_t x, size_t y, const void* src, size_t n,
                             cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return run_to_array(c, a, x, y, src, n, kind, s, Async);
}
Error cudaMemcpyFromArray(void* dst, cudaArray_const_t a, size_t x, size_t y, size_t n, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return run_from_array(c, dst, a, x, y, n, kind, nullptr, Wait);
}
Error cudaMemcpyFromArrayAsync(void* dst, cudaArray_const_t a, size_t x, size_t y, size_t n,
                               cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return run_from_array(c, dst, a, x, y, n, kind, s, Async);
}
Error cudaMemcpyArrayToArray(cudaArray_t d, size_t dx, size_t dy, cudaArray_const_t a, size_t sx, size_t sy,
                             size_t n, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return run_between(c, d, dx, dy, a, sx, sy, n, kind);
}
static Error symbol(const void* name, void* other, size_t n, size_t offset, int kind, bool to, CUstream s,
                    CopyMode mode) {
  RUNTIME_CONTEXT;
  Copy3D k;
  SHEER_TRY(symbol_copy(c, name, other, n, offset, kind, to, &k));
  return copy(c, k, s, mode);
}
Error cudaMemcpyToSymbol(const void* name, const void* src, size_t n, size_t offset, cudaMemcpyKind kind) {
  return symbol(name, const_cast<void*>(src), n, offset, kind, true, nullptr, Wait);
}
Error cudaMemcpyToSymbolAsync(const void* name, const void* src, size_t n, size_t offset, cudaMemcpyKind kind,
                              cudaStream_t s) {
  return symbol(name, const_cast<void*>(src), n, offset, kind, true, s, Async);
}
Error cudaMemcpyFromSymbol(void* dst, const void* name, size_t n, size_t offset, cudaMemcpyKind kind) {
  return symbol(name, dst, n, offset, kind, false, nullptr, Wait);
}
Error cudaMemcpyFromSymbolAsync(void* dst, const void* name, size_t n, size_t offset, cudaMemcpyKind kind,
                                cudaStream_t s) {
  return symbol(name, dst, n, offset, kind, false, s, Async);
}
Error cudaMemcpyBatchAsync(void** dsts, void** srcs, size_t* sizes, size_t n,
                           cudaMemcpyAttributes* attributes, size_t* firsts, size_t attribute_count,
                           size_t* failed, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return batch(c, dsts, srcs, sizes, n, attributes, firsts, attribute_count, failed, s);
}
Error cudaMemcpy3DBatchAsync(size_t n, cudaMemcpy3DBatchOp* list, size_t* failed, unsigned long long flags,
                             cudaStream_t s) {
  RUNTIME_CONTEXT;
  return batch_3d(c, n, list, failed, flags, s);
}
Error cudaMemcpy3DWithAttributesAsync(cudaMemcpy3DBatchOp* op, unsigned long long flags, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return batch_3d(c, 1, op, nullptr, flags, s);
}

Error cudaMemset(void* dst, int value, size_t n) {
  RUNTIME_CONTEXT;
  return fill(c, dst, n, 1, uint8_t(value), 1, n, 1, 1, nullptr, Wait);
}
Error cudaMemsetAsync(void* dst, int value, size_t n, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return fill(c, dst, n, 1, uint8_t(value), 1, n, 1, 1, s, Async);
}
Error cudaMemset2D(void* dst, size_t pitch, int value, size_t w, size_t h) {
  RUNTIME_CONTEXT;
  return fill(c, dst, pitch, h, uint8_t(value), 1, w, h, 1, nullptr, Wait);
}
Error cudaMemset2DAsync(void* dst, size_t pitch, int value, size_t w, size_t h, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return fill(c, dst, pitch, h, uint8_t(value), 1, w, h, 1, s, Async);
}
Error cudaMemset3D(cudaPitchedPtr p, int value, cudaExtent e) {
  RUNTIME_CONTEXT;
  return fill(c, p.ptr, p.pitch, p.ysize, uint8_t(value), 1, e.width, e.height, e.depth, nullptr, Wait);
}
Error cudaMemset3DAsync(cudaPitchedPtr p, int value, cudaExtent e, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return fill(c, p.ptr, p.pitch, p.ysize, uint8_t(value), 1, e.width, e.height, e.depth, s, Async);
}
}  // namespace sheer::impl
