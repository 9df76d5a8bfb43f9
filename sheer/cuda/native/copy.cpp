// Copies and fills: every form of both APIs becomes one Copy3D or FillOp, is checked, and goes to a stream or a capture.
#include "api.h"

namespace sheer::api {
Copy3D plain_copy(void* dst, const void* src, uint64_t bytes, int kind) {
  Copy3D c = {};
  c.src.pointer = const_cast<void*>(src);
  c.dst.pointer = dst;
  c.width = bytes;
  c.height = c.depth = 1;
  c.kind = kind;
  return c;
}
static Copy3D copy_2d(void* dst, uint64_t dst_pitch, const void* src, uint64_t src_pitch, uint64_t width, uint64_t height, int kind) {
  Copy3D c = plain_copy(dst, src, width, kind);
  c.src.pitch = src_pitch;
  c.dst.pitch = dst_pitch;
  c.height = height;
  return c;
}

// ------------------------------------------------------------------------------------------------------------- checks
struct Place { uint8_t* start; uint64_t pitch, slice; bool known; Kind kind; };

static Error place_of(const Side& side, const Copy3D& c, Place* out) {
  uint64_t pitch = side.pitch, rows = side.rows;
  uint8_t* base = static_cast<uint8_t*>(side.pointer);
  if (side.array) {
    const Array* a = side.array;
    if (!live(a)) return Error::InvalidHandle;
    if (side.x + c.width > a->width * a->element || side.y + c.height > a->rows() || side.z + c.depth > a->slices())
      return Error::InvalidValue;
    pitch = a->pitch;
    rows = a->rows();
    base = static_cast<uint8_t*>(a->data);
  } else {
    if (!base) return Error::InvalidValue;
    if (!pitch) pitch = side.x + c.width;
    if (pitch < side.x + c.width && (c.height > 1 || c.depth > 1)) return InvalidPitch;
    if (!rows) rows = side.y + c.height;
    if (rows < side.y + c.height && c.depth > 1) return Error::InvalidValue;
  }
  out->pitch = pitch;
  out->slice = pitch * rows;
  out->start = base + side.z * out->slice + side.y * pitch + side.x;
  Range r;
  out->known = memory_find(out->start, &r);
  out->kind = out->known ? r.kind : Kind::None;
  if (out->known) {
    uint64_t last = (c.depth - 1) * out->slice + (c.height - 1) * pitch + c.width;
    bool device_side = r.kind == Kind::Device || r.kind == Kind::Symbol || r.kind == Kind::Managed;
    if (device_side && uint64_t(out->start) + last > uint64_t(r.base) + r.bytes) {
      set_message("a copy of %llu bytes runs past the end of its allocation", (unsigned long long)last);
      return Error::InvalidValue;
    }
  }
  return Error::Ok;
}

static Error resolve(const Copy3D& c, CopyOp* op, Place* src, Place* dst) {
  if (c.kind < cudaMemcpyHostToHost || c.kind > cudaMemcpyDefault) return InvalidDirection;
  if (!c.width || !c.height || !c.depth) {
    *op = {};
    return Error::Ok;
  }
  SHEER_TRY(place_of(c.src, c, src));
  SHEER_TRY(place_of(c.dst, c, dst));
  bool src_on_device = c.kind == cudaMemcpyDeviceToHost || c.kind == cudaMemcpyDeviceToDevice;
  bool dst_on_device = c.kind == cudaMemcpyHostToDevice || c.kind == cudaMemcpyDeviceToDevice;
  if ((src_on_device && !src->known) || (dst_on_device && !dst->known)) {
    set_message("a copy's device pointer is no device memory: %p", src_on_device && !src->known ? src->start : dst->start);
    return Error::InvalidValue;
  }
  *op = {dst->start, src->start, c.width, c.height, c.depth, dst->pitch, src->pitch, dst->slice, src->slice, false};
  return Error::Ok;
}
Error copy_check(const Copy3D& c, CopyOp* op) {
  Place src, dst;
  return resolve(c, op, &src, &dst);
}

// ----------------------------------------------------------------------------------------------------------- execution
constexpr uint64_t STAGE_AT_MOST = 1 << 20;   // larger copies from pageable memory wait, instead of being copied twice

Error copy(Context* c, const Copy3D& what, CUstream handle, CopyMode mode) {
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  Op op;
  op.kind = OpKind::Copy;
  Place src = {}, dst = {};
  SHEER_TRY(resolve(what, &op.copy, &src, &dst));
  if (mode == CopyMode::Wait) SHEER_TRY(check_unsafe_call());
  if (capturing(s)) {
    Body body;
    body.type = CU_GRAPH_NODE_TYPE_MEMCPY;
    body.copy = what;
    return enqueue(s, body);
  }
  SHEER_TRY(check_legacy(s));
  if (!op.copy.width) return mode == CopyMode::Wait ? device_error(c->device) : Error::Ok;
  bool on_device = (src.kind == Kind::Device || src.kind == Kind::Symbol) && (dst.kind == Kind::Device || dst.kind == Kind::Symbol);
  bool wait = mode == CopyMode::Wait ? !on_device : false;
  if (mode == CopyMode::Async) {
    if (!dst.known) wait = true;
    else if (!src.known) {
      if (what.width * what.height * what.depth <= STAGE_AT_MOST) op.copy.stage_source = true;
      else wait = true;
    }
  }
  SHEER_TRY(submit(s->stream, op));
  return wait ? stream_synchronize(s->stream) : Error::Ok;
}

Error fill_check(const FillOp& f) {
  if (f.element != 1 && f.element != 2 && f.element != 4) return Error::InvalidValue;
  if (!f.width || !f.height || !f.depth) return Error::Ok;
  if (f.width % f.element || uint64_t(f.dst) % f.element) return Error::InvalidValue;
  if ((f.height > 1 || f.depth > 1) && f.pitch < f.width) return InvalidPitch;
  Range r;
  if (!memory_find(f.dst, &r)) {
    set_message("memset of %p, which is no device memory", f.dst);
    return Error::InvalidValue;
  }
  uint64_t last = (f.depth - 1) * f.slice + (f.height - 1) * f.pitch + f.width;
  return uint64_t(f.dst) + last > uint64_t(r.base) + r.bytes ? Error::InvalidValue : Error::Ok;
}

Error fill(Context* c, void* dst, uint64_t pitch, uint64_t rows, uint32_t value, uint32_t element, uint64_t width, uint64_t height,
           uint64_t depth, CUstream handle, CopyMode mode) {
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  Body body;
  body.type = CU_GRAPH_NODE_TYPE_MEMSET;
  body.fill = {dst, width, height, depth, pitch, pitch * rows, value, element};
  SHEER_TRY(fill_check(body.fill));
  if (mode == CopyMode::Wait) SHEER_TRY(check_unsafe_call());
  if (!width || !height || !depth) return Error::Ok;
  SHEER_TRY(enqueue(s, body));
  Range r;
  bool on_device = memory_find(dst, &r) && (r.kind == Kind::Device || r.kind == Kind::Symbol);
  return mode == CopyMode::Wait && !on_device ? stream_synchronize(s->stream) : Error::Ok;
}

// -------------------------------------------------------------------------------------------------- the APIs' structures
Error from_runtime(const cudaMemcpy3DParms& p, Copy3D* out) {
  if ((p.srcArray != nullptr) == (p.srcPtr.ptr != nullptr) || (p.dstArray != nullptr) == (p.dstPtr.ptr != nullptr)) return Error::InvalidValue;
  if ((p.srcArray && !live(p.srcArray)) || (p.dstArray && !live(p.dstArray))) return Error::InvalidHandle;
  uint64_t element = p.srcArray ? p.srcArray->element : p.dstArray ? p.dstArray->element : 1;
  if (p.srcArray && p.dstArray && p.srcArray->element != p.dstArray->element) return Error::InvalidValue;
  *out = {{p.srcPtr.ptr, p.srcArray, p.srcPtr.pitch, p.srcPtr.ysize, p.srcPos.x * (p.srcArray ? element : 1), p.srcPos.y, p.srcPos.z},
          {p.dstPtr.ptr, p.dstArray, p.dstPtr.pitch, p.dstPtr.ysize, p.dstPos.x * (p.dstArray ? element : 1), p.dstPos.y, p.dstPos.z},
          p.extent.width * element, p.extent.height, p.extent.depth, p.kind};
  return Error::Ok;
}
void to_runtime(const Copy3D& c, cudaMemcpy3DParms* p) {
  uint64_t src_element = c.src.array ? c.src.array->element : 1, dst_element = c.dst.array ? c.dst.array->element : 1;
  uint64_t element = c.src.array ? src_element : dst_element;
  *p = {c.src.array, {c.src.x / src_element, c.src.y, c.src.z}, {c.src.pointer, c.src.pitch, c.src.pitch, c.src.rows},
        c.dst.array, {c.dst.x / dst_element, c.dst.y, c.dst.z}, {c.dst.pointer, c.dst.pitch, c.dst.pitch, c.dst.rows},
        {c.width / element, c.height, c.depth}, cudaMemcpyKind(c.kind)};
}

static Error driver_side(CUmemorytype type, const void* host, CUdeviceptr dev, CUarray array, uint64_t pitch, uint64_t rows, uint64_t x,
                         uint64_t y, uint64_t z, Side* out, bool* is_host, bool* unified) {
  *out = {nullptr, nullptr, pitch, rows, x, y, z};
  *is_host = type == CU_MEMORYTYPE_HOST;
  switch (type) {
    case CU_MEMORYTYPE_HOST: out->pointer = const_cast<void*>(host); return Error::Ok;
    case CU_MEMORYTYPE_DEVICE: out->pointer = reinterpret_cast<void*>(dev); return Error::Ok;
    case CU_MEMORYTYPE_ARRAY: out->array = array; return array ? Error::Ok : Error::InvalidValue;
    case CU_MEMORYTYPE_UNIFIED: out->pointer = reinterpret_cast<void*>(dev); *unified = true; return Error::Ok;
  }
  return Error::InvalidValue;
}
static int kind_of(bool src_host, bool dst_host, bool unified) {
  if (unified) return cudaMemcpyDefault;
  return src_host ? (dst_host ? cudaMemcpyHostToHost : cudaMemcpyHostToDevice) : dst_host ? cudaMemcpyDeviceToHost : cudaMemcpyDeviceToDevice;
}
template <class P> static Error from_driver_3d(const P& p, Copy3D* out) {
  bool src_host, dst_host, unified = false;
  SHEER_TRY(driver_side(p.srcMemoryType, p.srcHost, p.srcDevice, p.srcArray, p.srcPitch, p.srcHeight, p.srcXInBytes, p.srcY, p.srcZ,
                        &out->src, &src_host, &unified));
  SHEER_TRY(driver_side(p.dstMemoryType, p.dstHost, p.dstDevice, p.dstArray, p.dstPitch, p.dstHeight, p.dstXInBytes, p.dstY, p.dstZ,
                        &out->dst, &dst_host, &unified));
  out->width = p.WidthInBytes;
  out->height = p.Height;
  out->depth = p.Depth;
  out->kind = kind_of(src_host, dst_host, unified);
  return Error::Ok;
}
Error from_driver(const CUDA_MEMCPY3D& p, Copy3D* out) { return from_driver_3d(p, out); }
static Error from_driver_2d(const CUDA_MEMCPY2D& p, Copy3D* out) {
  bool src_host, dst_host, unified = false;
  SHEER_TRY(driver_side(p.srcMemoryType, p.srcHost, p.srcDevice, p.srcArray, p.srcPitch, 0, p.srcXInBytes, p.srcY, 0, &out->src,
                        &src_host, &unified));
  SHEER_TRY(driver_side(p.dstMemoryType, p.dstHost, p.dstDevice, p.dstArray, p.dstPitch, 0, p.dstXInBytes, p.dstY, 0, &out->dst,
                        &dst_host, &unified));
  out->width = p.WidthInBytes;
  out->height = p.Height;
  out->depth = 1;
  out->kind = kind_of(src_host, dst_host, unified);
  return Error::Ok;
}
void to_driver(const Copy3D& c, CUDA_MEMCPY3D* p) {
  *p = {};
  bool src_host = c.kind == cudaMemcpyHostToDevice || c.kind == cudaMemcpyHostToHost;
  bool dst_host = c.kind == cudaMemcpyDeviceToHost || c.kind == cudaMemcpyHostToHost, any = c.kind == cudaMemcpyDefault;
  p->srcMemoryType = c.src.array ? CU_MEMORYTYPE_ARRAY : any ? CU_MEMORYTYPE_UNIFIED : src_host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
  p->dstMemoryType = c.dst.array ? CU_MEMORYTYPE_ARRAY : any ? CU_MEMORYTYPE_UNIFIED : dst_host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
  p->srcXInBytes = c.src.x; p->srcY = c.src.y; p->srcZ = c.src.z; p->srcPitch = c.src.pitch; p->srcHeight = c.src.rows;
  p->dstXInBytes = c.dst.x; p->dstY = c.dst.y; p->dstZ = c.dst.z; p->dstPitch = c.dst.pitch; p->dstHeight = c.dst.rows;
  p->srcArray = static_cast<CUarray>(c.src.array);
  p->dstArray = static_cast<CUarray>(c.dst.array);
  if (src_host) p->srcHost = c.src.pointer; else p->srcDevice = CUdeviceptr(c.src.pointer);
  if (dst_host) p->dstHost = c.dst.pointer; else p->dstDevice = CUdeviceptr(c.dst.pointer);
  p->WidthInBytes = c.width; p->Height = c.height; p->Depth = c.depth;
}

// --------------------------------------------------------------------------------------------------------- array copies
static Error to_array(Context* c, Array* a, size_t x, size_t y, const void* src, size_t pitch, size_t width, size_t height, int kind,
                      CUstream s, CopyMode mode) {
  Copy3D k = copy_2d(nullptr, 0, src, pitch, width, height, kind);
  k.dst.array = a; k.dst.x = x; k.dst.y = y;
  if (!a) return Error::InvalidValue;
  return copy(c, k, s, mode);
}
static Error from_array(Context* c, void* dst, size_t pitch, const Array* a, size_t x, size_t y, size_t width, size_t height, int kind,
                        CUstream s, CopyMode mode) {
  Copy3D k = copy_2d(dst, pitch, nullptr, 0, width, height, kind);
  k.src.array = const_cast<Array*>(a); k.src.x = x; k.src.y = y;
  if (!a) return Error::InvalidValue;
  return copy(c, k, s, mode);
}
static Error between_arrays(Context* c, Array* d, size_t dx, size_t dy, const Array* a, size_t sx, size_t sy, size_t width, size_t height, int kind) {
  if (!a || !d) return Error::InvalidValue;
  Copy3D k = copy_2d(nullptr, 0, nullptr, 0, width, height, kind);
  k.src.array = const_cast<Array*>(a); k.src.x = sx; k.src.y = sy;
  k.dst.array = d; k.dst.x = dx; k.dst.y = dy;
  return copy(c, k, nullptr, CopyMode::Wait);
}
// `count` bytes of an array as one run: row after row. `step` copies one piece inside a row.
template <class Step> static Error along_rows(const Array* a, size_t x, size_t y, size_t count, Step step) {
  if (!live(a)) return Error::InvalidHandle;
  uint64_t row = a->width * a->element, at = 0;
  if (x >= row && count) return Error::InvalidValue;
  while (at < count) {
    if (y >= a->rows() * a->slices()) return Error::InvalidValue;
    uint64_t piece = min<uint64_t>(count - at, row - x);
    SHEER_TRY(step(x, y % a->rows(), y / a->rows(), at, piece));
    at += piece;
    x = 0;
    y++;
  }
  return Error::Ok;
}
static Error run_to_array(Context* c, Array* a, size_t x, size_t y, const void* src, size_t count, int kind, CUstream s, CopyMode mode) {
  return along_rows(a, x, y, count, [&](uint64_t px, uint64_t py, uint64_t pz, uint64_t at, uint64_t n) {
    Copy3D k = plain_copy(nullptr, static_cast<const uint8_t*>(src) + at, n, kind);
    k.dst.array = a; k.dst.x = px; k.dst.y = py; k.dst.z = pz;
    return copy(c, k, s, mode);
  });
}
static Error run_from_array(Context* c, void* dst, const Array* a, size_t x, size_t y, size_t count, int kind, CUstream s, CopyMode mode) {
  return along_rows(a, x, y, count, [&](uint64_t px, uint64_t py, uint64_t pz, uint64_t at, uint64_t n) {
    Copy3D k = plain_copy(static_cast<uint8_t*>(dst) + at, nullptr, n, kind);
    k.src.array = const_cast<Array*>(a); k.src.x = px; k.src.y = py; k.src.z = pz;
    return copy(c, k, s, mode);
  });
}
static Error run_between(Context* c, Array* d, size_t dx, size_t dy, const Array* a, size_t sx, size_t sy, size_t count, int kind) {
  if (!live(d)) return Error::InvalidHandle;
  uint64_t row = d->width * d->element, offset = dy * row + dx;
  return along_rows(a, sx, sy, count, [&](uint64_t px, uint64_t py, uint64_t pz, uint64_t at, uint64_t n) {
    uint64_t done = 0;
    while (done < n) {                     // a piece of a source row may cross the end of a row of the destination
      uint64_t to = offset + at + done, piece = min(n - done, row - to % row);
      Copy3D k = plain_copy(nullptr, nullptr, piece, kind);
      k.src.array = const_cast<Array*>(a); k.src.x = px + done; k.src.y = py; k.src.z = pz;
      k.dst.array = d; k.dst.x = to % row; k.dst.y = to / row % d->rows(); k.dst.z = to / row / d->rows();
      SHEER_TRY(copy(c, k, nullptr, CopyMode::Wait));
      done += piece;
    }
    return Error::Ok;
  });
}

// ------------------------------------------------------------------------------------------------------------- symbols
Error symbol_copy(Context* c, const void* symbol, void* other, size_t count, size_t offset, int kind, bool to_symbol, Copy3D* out) {
  bool ok = to_symbol ? kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice || kind == cudaMemcpyDefault
                      : kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice || kind == cudaMemcpyDefault;
  if (!ok) return InvalidDirection;
  void* address;
  size_t bytes;
  SHEER_TRY(find_symbol(c, symbol, &address, &bytes));
  if (offset > bytes || count > bytes - offset) return Error::InvalidValue;
  uint8_t* at = static_cast<uint8_t*>(address) + offset;
  *out = to_symbol ? plain_copy(at, other, count, kind) : plain_copy(other, at, count, kind);
  return Error::Ok;
}

// --------------------------------------------------------------------------------------------------------------- batches
template <class A>
static Error batch(Context* c, void* const* dsts, void* const* srcs, const size_t* sizes, size_t count, const A* attributes,
                   const size_t* firsts, size_t attribute_count, size_t* failed, CUstream s) {
  if (failed) *failed = SIZE_MAX;
  if (!dsts || !srcs || !sizes || !count || !attributes || !firsts || !attribute_count || attribute_count > count || firsts[0] ||
      uint64_t(s) <= 1)
    return Error::InvalidValue;
  for (size_t i = 0; i < count; i++) {
    Error e = copy(c, plain_copy(dsts[i], srcs[i], sizes[i], cudaMemcpyDefault), s, CopyMode::Async);
    if (e == Error::Ok) continue;
    if (failed) *failed = i;
    return e;
  }
  return Error::Ok;
}
template <class O> static Error batch_side(const O& o, Side* out) {
  *out = {};
  if (int(o.type) == cudaMemcpyOperandTypePointer) {
    out->pointer = (void*)(o.op.ptr.ptr);
    out->pitch = o.op.ptr.rowLength;
    out->rows = o.op.ptr.layerHeight;
    return Error::Ok;
  }
  if (int(o.type) != cudaMemcpyOperandTypeArray) return Error::InvalidValue;
  out->array = o.op.array.array;
  if (!live(out->array)) return Error::InvalidHandle;
  out->x = o.op.array.offset.x * out->array->element;
  out->y = o.op.array.offset.y;
  out->z = o.op.array.offset.z;
  return Error::Ok;
}
template <class O> static Error batch_3d(Context* c, size_t count, const O* list, size_t* failed, unsigned long long flags, CUstream s) {
  if (failed) *failed = SIZE_MAX;
  if (!count || !list || flags || uint64_t(s) <= 1) return Error::InvalidValue;
  for (size_t i = 0; i < count; i++) {
    Copy3D k = {};
    Error e = batch_side(list[i].src, &k.src);
    if (e == Error::Ok) e = batch_side(list[i].dst, &k.dst);
    uint64_t element = k.src.array ? k.src.array->element : k.dst.array ? k.dst.array->element : 1;
    if (!k.src.array) k.src.pitch *= element;
    if (!k.dst.array) k.dst.pitch *= element;
    k.width = list[i].extent.width * element;
    k.height = list[i].extent.height;
    k.depth = list[i].extent.depth;
    k.kind = cudaMemcpyDefault;
    if (e == Error::Ok) e = copy(c, k, s, CopyMode::Async);
    if (e == Error::Ok) continue;
    if (failed) *failed = i;
    return e;
  }
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
#define RUNTIME_CONTEXT Context* c; SHEER_TRY(runtime_context(&c))
#define DRIVER_CONTEXT Context* c; SHEER_TRY(driver_context(&c))
constexpr CopyMode Wait = CopyMode::Wait, Async = CopyMode::Async;

// -------------------------------------------------------------------------------------------------------------- runtime
Error cudaMemcpy(void* dst, const void* src, size_t n, cudaMemcpyKind kind) { RUNTIME_CONTEXT; return copy(c, plain_copy(dst, src, n, kind), nullptr, Wait); }
Error cudaMemcpyAsync(void* dst, const void* src, size_t n, cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return copy(c, plain_copy(dst, src, n, kind), s, Async);
}
Error cudaMemcpyWithAttributesAsync(void* dst, const void* src, size_t n, cudaMemcpyAttributes* attributes, cudaStream_t s) {
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
static Error two_d(Context* c, void* dst, size_t dp, const void* src, size_t sp, size_t w, size_t h, int kind, CUstream s, CopyMode mode) {
  if (h && w && (dp < w || sp < w)) return InvalidPitch;
  return copy(c, copy_2d(dst, dp, src, sp, w, h, kind), s, mode);
}
Error cudaMemcpy2D(void* dst, size_t dp, const void* src, size_t sp, size_t w, size_t h, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return two_d(c, dst, dp, src, sp, w, h, kind, nullptr, Wait);
}
Error cudaMemcpy2DAsync(void* dst, size_t dp, const void* src, size_t sp, size_t w, size_t h, cudaMemcpyKind kind, cudaStream_t s) {
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
Error cudaMemcpy2DToArray(cudaArray_t a, size_t x, size_t y, const void* src, size_t pitch, size_t w, size_t h, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return to_array(c, a, x, y, src, pitch, w, h, kind, nullptr, Wait);
}
Error cudaMemcpy2DToArrayAsync(cudaArray_t a, size_t x, size_t y, const void* src, size_t pitch, size_t w, size_t h, cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return to_array(c, a, x, y, src, pitch, w, h, kind, s, Async);
}
Error cudaMemcpy2DFromArray(void* dst, size_t pitch, cudaArray_const_t a, size_t x, size_t y, size_t w, size_t h, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return from_array(c, dst, pitch, a, x, y, w, h, kind, nullptr, Wait);
}
Error cudaMemcpy2DFromArrayAsync(void* dst, size_t pitch, cudaArray_const_t a, size_t x, size_t y, size_t w, size_t h, cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return from_array(c, dst, pitch, a, x, y, w, h, kind, s, Async);
}
Error cudaMemcpy2DArrayToArray(cudaArray_t d, size_t dx, size_t dy, cudaArray_const_t a, size_t sx, size_t sy, size_t w, size_t h, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return between_arrays(c, d, dx, dy, a, sx, sy, w, h, kind);
}
Error cudaMemcpyToArray(cudaArray_t a, size_t x, size_t y, const void* src, size_t n, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return run_to_array(c, a, x, y, src, n, kind, nullptr, Wait);
}
Error cudaMemcpyToArrayAsync(cudaArray_t a, size_t x, size_t y, const void* src, size_t n, cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return run_to_array(c, a, x, y, src, n, kind, s, Async);
}
Error cudaMemcpyFromArray(void* dst, cudaArray_const_t a, size_t x, size_t y, size_t n, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return run_from_array(c, dst, a, x, y, n, kind, nullptr, Wait);
}
Error cudaMemcpyFromArrayAsync(void* dst, cudaArray_const_t a, size_t x, size_t y, size_t n, cudaMemcpyKind kind, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return run_from_array(c, dst, a, x, y, n, kind, s, Async);
}
Error cudaMemcpyArrayToArray(cudaArray_t d, size_t dx, size_t dy, cudaArray_const_t a, size_t sx, size_t sy, size_t n, cudaMemcpyKind kind) {
  RUNTIME_CONTEXT;
  return run_between(c, d, dx, dy, a, sx, sy, n, kind);
}
static Error symbol(const void* name, void* other, size_t n, size_t offset, int kind, bool to, CUstream s, CopyMode mode) {
  RUNTIME_CONTEXT;
  Copy3D k;
  SHEER_TRY(symbol_copy(c, name, other, n, offset, kind, to, &k));
  return copy(c, k, s, mode);
}
Error cudaMemcpyToSymbol(const void* name, const void* src, size_t n, size_t offset, cudaMemcpyKind kind) {
  return symbol(name, const_cast<void*>(src), n, offset, kind, true, nullptr, Wait);
}
Error cudaMemcpyToSymbolAsync(const void* name, const void* src, size_t n, size_t offset, cudaMemcpyKind kind, cudaStream_t s) {
  return symbol(name, const_cast<void*>(src), n, offset, kind, true, s, Async);
}
Error cudaMemcpyFromSymbol(void* dst, const void* name, size_t n, size_t offset, cudaMemcpyKind kind) {
  return symbol(name, dst, n, offset, kind, false, nullptr, Wait);
}
Error cudaMemcpyFromSymbolAsync(void* dst, const void* name, size_t n, size_t offset, cudaMemcpyKind kind, cudaStream_t s) {
  return symbol(name, dst, n, offset, kind, false, s, Async);
}
Error cudaMemcpyBatchAsync(void** dsts, void** srcs, size_t* sizes, size_t n, cudaMemcpyAttributes* attributes, size_t* firsts,
                           size_t attribute_count, size_t* failed, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return batch(c, dsts, srcs, sizes, n, attributes, firsts, attribute_count, failed, s);
}
Error cudaMemcpy3DBatchAsync(size_t n, cudaMemcpy3DBatchOp* list, size_t* failed, unsigned long long flags, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return batch_3d(c, n, list, failed, flags, s);
}
Error cudaMemcpy3DWithAttributesAsync(cudaMemcpy3DBatchOp* op, unsigned long long flags, cudaStream_t s) {
  RUNTIME_CONTEXT;
  return batch_3d(c, 1, op, nullptr, flags, s);
}

Error cudaMemset(void* dst, int value, size_t n) { RUNTIME_CONTEXT; return fill(c, dst, n, 1, uint8_t(value), 1, n, 1, 1, nullptr, Wait); }
Error cudaMemsetAsync(void* dst, int value, size_t n, cudaStream_t s) { RUNTIME_CONTEXT; return fill(c, dst, n, 1, uint8_t(value), 1, n, 1, 1, s, Async); }
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

// --------------------------------------------------------------------------------------------------------------- driver
static void* at(CUdeviceptr p) { return reinterpret_cast<void*>(p); }
static Error plain(void* dst, const void* src, size_t n, int kind, CUstream s, CopyMode mode) {
  DRIVER_CONTEXT;
  return copy(c, plain_copy(dst, src, n, kind), s, mode);
}
Error cuMemcpy(CUdeviceptr d, CUdeviceptr s, size_t n) { return plain(at(d), at(s), n, cudaMemcpyDefault, nullptr, Wait); }
Error cuMemcpyAsync(CUdeviceptr d, CUdeviceptr s, size_t n, CUstream q) { return plain(at(d), at(s), n, cudaMemcpyDefault, q, Async); }
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
Error cuMemcpyHtoD_v2(CUdeviceptr d, const void* s, size_t n) { return plain(at(d), s, n, cudaMemcpyHostToDevice, nullptr, Wait); }
Error cuMemcpyDtoH_v2(void* d, CUdeviceptr s, size_t n) { return plain(d, at(s), n, cudaMemcpyDeviceToHost, nullptr, Wait); }
Error cuMemcpyDtoD_v2(CUdeviceptr d, CUdeviceptr s, size_t n) { return plain(at(d), at(s), n, cudaMemcpyDeviceToDevice, nullptr, Wait); }
Error cuMemcpyHtoDAsync_v2(CUdeviceptr d, const void* s, size_t n, CUstream q) { return plain(at(d), s, n, cudaMemcpyHostToDevice, q, Async); }
Error cuMemcpyDtoHAsync_v2(void* d, CUdeviceptr s, size_t n, CUstream q) { return plain(d, at(s), n, cudaMemcpyDeviceToHost, q, Async); }
Error cuMemcpyDtoDAsync_v2(CUdeviceptr d, CUdeviceptr s, size_t n, CUstream q) { return plain(at(d), at(s), n, cudaMemcpyDeviceToDevice, q, Async); }
Error cuMemcpyDtoA_v2(CUarray a, size_t x, CUdeviceptr s, size_t n) { DRIVER_CONTEXT; return run_to_array(c, a, x, 0, at(s), n, cudaMemcpyDeviceToDevice, nullptr, Wait); }
Error cuMemcpyHtoA_v2(CUarray a, size_t x, const void* s, size_t n) { DRIVER_CONTEXT; return run_to_array(c, a, x, 0, s, n, cudaMemcpyHostToDevice, nullptr, Wait); }
Error cuMemcpyHtoAAsync_v2(CUarray a, size_t x, const void* s, size_t n, CUstream q) { DRIVER_CONTEXT; return run_to_array(c, a, x, 0, s, n, cudaMemcpyHostToDevice, q, Async); }
Error cuMemcpyAtoD_v2(CUdeviceptr d, CUarray a, size_t x, size_t n) { DRIVER_CONTEXT; return run_from_array(c, at(d), a, x, 0, n, cudaMemcpyDeviceToDevice, nullptr, Wait); }
Error cuMemcpyAtoH_v2(void* d, CUarray a, size_t x, size_t n) { DRIVER_CONTEXT; return run_from_array(c, d, a, x, 0, n, cudaMemcpyDeviceToHost, nullptr, Wait); }
Error cuMemcpyAtoHAsync_v2(void* d, CUarray a, size_t x, size_t n, CUstream q) { DRIVER_CONTEXT; return run_from_array(c, d, a, x, 0, n, cudaMemcpyDeviceToHost, q, Async); }
Error cuMemcpyAtoA_v2(CUarray d, size_t dx, CUarray a, size_t sx, size_t n) { DRIVER_CONTEXT; return run_between(c, d, dx, 0, a, sx, 0, n, cudaMemcpyDeviceToDevice); }
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
template <class P> static Error driver_3d(const P* p, CUstream s, CopyMode mode) {
  DRIVER_CONTEXT;
  if (!p) return Error::InvalidValue;
  Copy3D k;
  SHEER_TRY(from_driver_3d(*p, &k));
  return copy(c, k, s, mode);
}
Error cuMemcpy3D_v2(const CUDA_MEMCPY3D* p) { return driver_3d(p, nullptr, Wait); }
Error cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D* p, CUstream s) { return driver_3d(p, s, Async); }
Error cuMemcpy3DPeer(const CUDA_MEMCPY3D_PEER* p) { return driver_3d(p, nullptr, Wait); }
Error cuMemcpy3DPeerAsync(const CUDA_MEMCPY3D_PEER* p, CUstream s) { return driver_3d(p, s, Async); }
Error cuMemcpyBatchAsync(CUdeviceptr* dsts, CUdeviceptr* srcs, size_t* sizes, size_t n, CUmemcpyAttributes* attributes, size_t* firsts,
                         size_t attribute_count, size_t* failed, CUstream s) {
  DRIVER_CONTEXT;
  return batch(c, reinterpret_cast<void**>(dsts), reinterpret_cast<void**>(srcs), sizes, n, attributes, firsts, attribute_count, failed, s);
}
Error cuMemcpy3DBatchAsync(size_t n, CUDA_MEMCPY3D_BATCH_OP* list, size_t* failed, unsigned long long flags, CUstream s) {
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
static Error set_2d(CUdeviceptr d, size_t pitch, uint32_t value, uint32_t element, size_t w, size_t h, CUstream s, CopyMode mode) {
  DRIVER_CONTEXT;
  return fill(c, at(d), pitch, h, value, element, w * element, h, 1, s, mode);
}
Error cuMemsetD8_v2(CUdeviceptr d, unsigned char v, size_t n) { return set_1d(d, v, 1, n, nullptr, Wait); }
Error cuMemsetD16_v2(CUdeviceptr d, unsigned short v, size_t n) { return set_1d(d, v, 2, n, nullptr, Wait); }
Error cuMemsetD32_v2(CUdeviceptr d, unsigned v, size_t n) { return set_1d(d, v, 4, n, nullptr, Wait); }
Error cuMemsetD8Async(CUdeviceptr d, unsigned char v, size_t n, CUstream s) { return set_1d(d, v, 1, n, s, Async); }
Error cuMemsetD16Async(CUdeviceptr d, unsigned short v, size_t n, CUstream s) { return set_1d(d, v, 2, n, s, Async); }
Error cuMemsetD32Async(CUdeviceptr d, unsigned v, size_t n, CUstream s) { return set_1d(d, v, 4, n, s, Async); }
Error cuMemsetD2D8_v2(CUdeviceptr d, size_t p, unsigned char v, size_t w, size_t h) { return set_2d(d, p, v, 1, w, h, nullptr, Wait); }
Error cuMemsetD2D16_v2(CUdeviceptr d, size_t p, unsigned short v, size_t w, size_t h) { return set_2d(d, p, v, 2, w, h, nullptr, Wait); }
Error cuMemsetD2D32_v2(CUdeviceptr d, size_t p, unsigned v, size_t w, size_t h) { return set_2d(d, p, v, 4, w, h, nullptr, Wait); }
Error cuMemsetD2D8Async(CUdeviceptr d, size_t p, unsigned char v, size_t w, size_t h, CUstream s) { return set_2d(d, p, v, 1, w, h, s, Async); }
Error cuMemsetD2D16Async(CUdeviceptr d, size_t p, unsigned short v, size_t w, size_t h, CUstream s) { return set_2d(d, p, v, 2, w, h, s, Async); }
Error cuMemsetD2D32Async(CUdeviceptr d, size_t p, unsigned v, size_t w, size_t h, CUstream s) { return set_2d(d, p, v, 4, w, h, s, Async); }
}  // namespace sheer::impl
