// The driver API's copies and fills.
#include "copy_forms.h"

namespace sheer::impl {
constexpr CopyMode Wait = CopyMode::Wait, Async = CopyMode::Async;

static void* at(CUdeviceptr p) { return reinterpret_cast<void*>(p); }
static Error plain(void* dst, const void* src, size_t n, int kind, CUstream s, CopyMode mode) {
  DRIVER_CONTEXT;
  return copy(c, plain_copy(dst, src, n, kind), s, mode);
}
Error cuMemcpy(CUdeviceptr d, CUdeviceptr s, size_t n) {
  return plain(at(d), at(s), n, cudaMemcpyDefault, nullptr, Wait);
}
Error cuMemcpyAsync(CUdeviceptr d, CUdeviceptr s, size_t n, CUstream q) {
  return plain(at(d), at(s), n, cudaMemcpyDefault, q, Async);
}
Error cuMemcpyWithAttributesAsync(CUdeviceptr d, CUdeviceptr s, size_t n, CUmemcpyAttributes* a, CUstream q) {
  return a ? plain(at(d), at(s), n, cudaMemcpyDefault, q, Async) : Error::InvalidValue;
}
Error cuMemcpyPeer(CUdeviceptr d, CUcontext to, CUdeviceptr s, CUcontext from, size_t n) {
  if (!live(to) || !live(from)) return Error::InvalidContext;
  return plain(at(d), at(s), n, cudaMemcpyDeviceToDevice, nullptr, Wait);
}
Error cuMemcpyPeerAsync(CUdeviceptr d, CUcontext to, CUdeviceptr s, CUcontext from, size_t n, CUstream q) {
  if (!live(to) || !live(from)) return Error::InvalidContext;
  return plain(at(d), at(s), n, cudaMemcpyDeviceToDevice, q, Async);
}
Error cuMemcpyHtoD_v2(CUdeviceptr d, const void* s, size_t n) {
  return plain(at(d), s, n, cudaMemcpyHostToDevice, nullptr, Wait);
}
Error cuMemcpyDtoH_v2(void* d, CUdeviceptr s, size_t n) {
  return plain(d, at(s), n, cudaMemcpyDeviceToHost, nullptr, Wait);
}
Error cuMemcpyDtoD_v2(CUdeviceptr d, CUdeviceptr s, size_t n) {
  return plain(at(d), at(s), n, cudaMemcpyDeviceToDevice, nullptr, Wait);
}
Error cuMemcpyHtoDAsync_v2(CUdeviceptr d, const void* s, size_t n, CUstream q) {
  return plain(at(d), s, n, cudaMemcpyHostToDevice, q, Async);
}
Error cuMemcpyDtoHAsync_v2(void* d, CUdeviceptr s, size_t n, CUstream q) {
  return plain(d, at(s), n, cudaMemcpyDeviceToHost, q, Async);
}
Error cuMemcpyDtoDAsync_v2(CUdeviceptr d, CUdeviceptr s, size_t n, CUstream q) {
  return plain(at(d), at(s), n, cudaMemcpyDeviceToDevice, q, Async);
}
Error cuMemcpyDtoA_v2(CUarray a, size_t x, CUdeviceptr s, size_t n) {
  DRIVER_CONTEXT;
  return run_to_array(c, a, x, 0, at(s), n, cudaMemcpyDeviceToDevice, nullptr, Wait);
}
Error cuMemcpyHtoA_v2(CUarray a, size_t x, const void* s, size_t n) {
  DRIVER_CONTEXT;
  return run_to_array(c, a, x, 0, s, n, cudaMemcpyHostToDevice, nullptr, Wait);
}
Error cuMemcpyHtoAAsync_v2(CUarray a, size_t x, const void* s, size_t n, CUstream q) {
  DRIVER_CONTEXT;
  return run_to_array(c, a, x, 0, s, n, cudaMemcpyHostToDevice, q, Async);
}
Error cuMemcpyAtoD_v2(CUdeviceptr d, CUarray a, size_t x, size_t n) {
  DRIVER_CONTEXT;
  return run_from_array(c, at(d), a, x, 0, n, cudaMemcpyDeviceToDevice, nullptr, Wait);
}
Error cuMemcpyAtoH_v2(void* d, CUarray a, size_t x, size_t n) {
  DRIVER_CONTEXT;
  return run_from_array(c, d, a, x, 0, n, cudaMemcpyDeviceToHost, nullptr, Wait);
}
Error cuMemcpyAtoHAsync_v2(void* d, CUarray a, size_t x, size_t n, CUstream q) {
  DRIVER_CONTEXT;
  return run_from_array(c, d, a, x, 0, n, cudaMemcpyDeviceToHost, q, Async);
}
Error cuMemcpyAtoA_v2(CUarray d, size_t dx, CUarray a, size_t sx, size_t n) {
  DRIVER_CONTEXT;
  return run_between(c, d, dx, 0, a, sx, 0, n, cudaMemcpyDeviceToDevice);
}
static Error driver_2d(const CUDA_MEMCPY2D* p, CUstream s, CopyMode mode) {
  DRIVER_CONTEXT;
  if (!p) return Error::InvalidValue;
  Copy3D k;
  SHEER_TRY(from_driver_2d(*p, &k));
  return copy(c, k, s, mode);
}
Error cuMemcpy2D_v2(const CUDA_MEMCPY2D* p) { return driver_2d(p, nullptr, Wait); }
Error cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* p) { return driver_2d(p, nullptr, Wait); }
Error cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* p, CUstream s) { return driver_2d(p, s, Async); }
template <class P>
static Error driver_3d(const P* p, CUstream s, CopyMode mode) {
  DRIVER_CONTEXT;
  if (!p) return Error::InvalidValue;
  Copy3D k;
  SHEER_TRY(from_driver(*p, &k));
  return copy(c, k, s, mode);
}
Error cuMemcpy3D_v2(const CUDA_MEMCPY3D* p) { return driver_3d(p, nullptr, Wait); }
Error cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D* p, CUstream s) { return driver_3d(p, s, Async); }
Error cuMemcpy3DPeer(const CUDA_MEMCPY3D_PEER* p) { return driver_3d(p, nullptr, Wait); }
Error cuMemcpy3DPeerAsync(const CUDA_MEMCPY3D_PEER* p, CUstream s) { return driver_3d(p, s, Async); }
Error cuMemcpyBatchAsync(CUdeviceptr* dsts, CUdeviceptr* srcs, size_t* sizes, size_t n,
                         CUmemcpyAttributes* attributes, size_t* firsts, size_t attribute_count,
                         size_t* failed, CUstream s) {
  DRIVER_CONTEXT;
  return batch(c, reinterpret_cast<void**>(dsts), reinterpret_cast<void**>(srcs), sizes, n, attributes,
               firsts, attribute_count, failed, s);
}
Error cuMemcpy3DBatchAsync(size_t n, CUDA_MEMCPY3D_BATCH_OP* list, size_t* failed, unsigned long long flags,
                           CUstream s) {
  DRIVER_CONTEXT;
  return batch_3d(c, n, list, failed, flags, s);
}
Error cuMemcpy3DWithAttributesAsync(CUDA_MEMCPY3D_BATCH_OP* op, unsigned long long flags, CUstream s) {
  DRIVER_CONTEXT;
  return batch_3d(c, 1, op, nullptr, flags, s);
}

static Error set_1d(CUdeviceptr d, uint32_t value, uint32_t element, size_t n, CUstream s, CopyMode mode) {
  DRIVER_CONTEXT;
  return fill(c, at(d), n * element, 1, value, element, n * element, 1, 1, s, mode);
}
static Error set_2d(CUdeviceptr d, size_t pitch, uint32_t value, uint32_t element, size_t w, size_t h,
                    CUstream s, CopyMode mode) {
  DRIVER_CONTEXT;
  return fill(c, at(d), pitch, h, value, element, w * element, h, 1, s, mode);
}
Error cuMemsetD8_v2(CUdeviceptr d, unsigned char v, size_t n) { return set_1d(d, v, 1, n, nullptr, Wait); }
Error cuMemsetD16_v2(CUdeviceptr d, unsigned short v, size_t n) { return set_1d(d, v, 2, n, nullptr, Wait); }
Error cuMemsetD32_v2(CUdeviceptr d, unsigned v, size_t n) { return set_1d(d, v, 4, n, nullptr, Wait); }
Error cuMemsetD8Async(CUdeviceptr d, unsigned char v, size_t n, CUstream s) {
  return set_1d(d, v, 1, n, s, Async);
}
Error cuMemsetD16Async(CUdeviceptr d, unsigned short v, size_t n, CUstream s) {
  return set_1d(d, v, 2, n, s, Async);
}
Error cuMemsetD32Async(CUdeviceptr d, unsigned v, size_t n, CUstream s) {
  return set_1d(d, v, 4, n, s, Async);
}
Error cuMemsetD2D8_v2(CUdeviceptr d, size_t p, unsigned char v, size_t w, size_t h) {
  return set_2d(d, p, v, 1, w, h, nullptr, Wait);
}
Error cuMemsetD2D16_v2(CUdeviceptr d, size_t p, unsigned short v, size_t w, size_t h) {
  return set_2d(d, p, v, 2, w, h, nullptr, Wait);
}
Error cuMemsetD2D32_v2(CUdeviceptr d, size_t p, unsigned v, size_t w, size_t h) {
  return set_2d(d, p, v, 4, w, h, nullptr, Wait);
}
Error cuMemsetD2D8Async(CUdeviceptr d, size_t p, unsigned char v, size_t w, size_t h, CUstream s) {
  return set_2d(d, p, v, 1, w, h, s, Async);
}
Error cuMemsetD2D16Async(CUdeviceptr d, size_t p, unsigned short v, size_t w, size_t h, CUstream s) {
  return set_2d(d, p, v, 2, w, h, s, Async);
}
Error cuMemsetD2D32Async(CUdeviceptr d, size_t p, unsigned v, size_t w, size_t h, CUstream s) {
  return set_2d(d, p, v, 4, w, h, s, Async);
}
}  // namespace sheer::impl
