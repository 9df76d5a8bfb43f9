// Copies and fills: every form of both APIs becomes one Copy3D or FillOp, is checked, and goes to a stream or
// a capture.
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

// ---- 
// checks
struct Place {
  uint8_t* start;
  uint64_t pitch, slice;
  bool known;
  Kind kind;
};

// Bytes from the first to past the last of a box; what does not fit in 64 bits fits nowhere.
static uint64_t extent(uint64_t width, uint64_t height, uint64_t depth, uint64_t pitch, uint64_t slice) {
  typedef unsigned __int128 Wide;
  Wide last = Wide(depth - 1) * slice + Wide(height - 1) * pitch + width;
  return last > ~uint64_t(0) ? ~uint64_t(0) : uint64_t(last);
}
static bool runs_past(Range r, const void* start, uint64_t bytes) {
  while (bytes > uint64_t(r.base) + r.bytes - uint64_t(start)) {  // what is mapped side by side is one
    bool mapped = r.kind == Kind::Mapped && memory_find(static_cast<uint8_t*>(r.base) + r.bytes, &r);
    if (!mapped || r.kind != Kind::Mapped) return true;
  }
  return false;
}

static Error place_of(const Side& side, const Copy3D& c, Place* out) {
  uint64_t pitch = side.pitch, rows = side.rows;
  uint8_t* base = static_cast<uint8_t*>(side.pointer);
  if (side.array) {
    const Array* a = side.array;
    if (!live(a)) return Error::InvalidHandle;
    auto outside = [](uint64_t from, uint64_t count, uint64_t all) { return from > all || count > all - from; };
    if (outside(side.x, c.width, a->width * a->element) || outside(side.y, c.height, a->rows()) ||
        outside(side.z, c.depth, a->slices()))
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
    uint64_t last = extent(c.width, c.height, c.depth, pitch, out->slice);
    if (device_side(r.kind) && runs_past(r, out->start, last)) {
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
    set_message("a copy's device pointer is no device memory: %p",
                src_on_device && !src->known ? src->start : dst->start);
    return Error::InvalidValue;
  }
  *op = {dst->start, src->start, c.width,    c.height,   c.depth,
         dst->pitch, src->pitch, dst->slice, src->slice, false};
  return Error::Ok;
}
Error copy_check(const Copy3D& c, CopyOp* op) {
  Place src, dst;
  return resolve(c, op, &src, &dst);
}

// ---- 
// execution
constexpr uint64_t STAGE_AT_MOST =
    1 << 20;  // larger copies from pageable memory wait, instead of being copied twice

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
  auto hidden = [](const Place& p) { return device_side(p.kind) && p.kind != Kind::Managed; };
  bool on_device = hidden(src) && hidden(dst);
  bool wait = mode == CopyMode::Wait ? !on_device : false;
  if (mode == CopyMode::Async) {
    if (!dst.known) wait = true;
    else if (!src.known) {
      if (what.width * what.height * what.depth <= STAGE_AT_MOST) op.copy.stage_source = true;
      else wait = true;
    }
  }
  op.copy.host_waits = wait;
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
  uint64_t last = extent(f.width, f.height, f.depth, f.pitch, f.slice);
  return runs_past(r, f.dst, last) ? Error::InvalidValue : Error::Ok;
}

Error fill(Context* c, void* dst, uint64_t pitch, uint64_t rows, uint32_t value, uint32_t element,
           uint64_t width, uint64_t height, uint64_t depth, CUstream handle, CopyMode mode) {
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
  bool on_device = memory_find(dst, &r) && device_side(r.kind) && r.kind != Kind::Managed;
  return mode == CopyMode::Wait && !on_device ? stream_synchronize(s->stream) : Error::Ok;
}

// ---- the
// APIs' structures
Error from_runtime(const cudaMemcpy3DParms& p, Copy3D* out) {
  if ((p.srcArray != nullptr) == (p.srcPtr.ptr != nullptr) ||
      (p.dstArray != nullptr) == (p.dstPtr.ptr != nullptr))
    return Error::InvalidValue;
  if ((p.srcArray && !live(p.srcArray)) || (p.dstArray && !live(p.dstArray))) return Error::InvalidHandle;
  uint64_t element = p.srcArray ? p.srcArray->element : p.dstArray ? p.dstArray->element : 1;
  if (p.srcArray && p.dstArray && p.srcArray->element != p.dstArray->element) return Error::InvalidValue;
  *out = {{p.srcPtr.ptr, p.srcArray, p.srcPtr.pitch, p.srcPtr.ysize, p.srcPos.x * (p.srcArray ? element : 1),
           p.srcPos.y, p.srcPos.z},
          {p.dstPtr.ptr, p.dstArray, p.dstPtr.pitch, p.dstPtr.ysize, p.dstPos.x * (p.dstArray ? element : 1),
           p.dstPos.y, p.dstPos.z},
          p.extent.width * element,
          p.extent.height,
          p.extent.depth,
          p.kind};
  return Error::Ok;
}
void to_runtime(const Copy3D& c, cudaMemcpy3DParms* p) {
  uint64_t src_element = c.src.array ? c.src.array->element : 1,
           dst_element = c.dst.array ? c.dst.array->element : 1;
  uint64_t element = c.src.array ? src_element : dst_element;
  *p = {c.src.array,
        {c.src.x / src_element, c.src.y, c.src.z},
        {c.src.pointer, c.src.pitch, c.src.pitch, c.src.rows},
        c.dst.array,
        {c.dst.x / dst_element, c.dst.y, c.dst.z},
        {c.dst.pointer, c.dst.pitch, c.dst.pitch, c.dst.rows},
        {c.width / element, c.height, c.depth},
        cudaMemcpyKind(c.kind)};
}

static Error driver_side(CUmemorytype type, const void* host, CUdeviceptr dev, CUarray array, uint64_t pitch,
                         uint64_t rows, uint64_t x, uint64_t y, uint64_t z, Side* out, bool* is_host,
                         bool* unified) {
  *out = {nullptr, nullptr, pitch, rows, x, y, z};
  *is_host = type == CU_MEMORYTYPE_HOST;
  switch (type) {
    case CU_MEMORYTYPE_HOST: out->pointer = const_cast<void*>(host); return Error::Ok;
    case CU_MEMORYTYPE_DEVICE: out->pointer = reinterpret_cast<void*>(dev); return Error::Ok;
    case CU_MEMORYTYPE_ARRAY: out->array = array; return array ? Error::Ok : Error::InvalidValue;
    case CU_MEMORYTYPE_UNIFIED:
      out->pointer = reinterpret_cast<void*>(dev);
      *unified = true;
      return Error::Ok;
  }
  return Error::InvalidValue;
}
static int kind_of(bool src_host, bool dst_host, bool unified) {
  if (unified) return cudaMemcpyDefault;
  return src_host   ? (dst_host ? cudaMemcpyHostToHost : cudaMemcpyHostToDevice)
         : dst_host ? cudaMemcpyDeviceToHost
                    : cudaMemcpyDeviceToDevice;
}
template <class P>
static Error from_driver_3d(const P& p, Copy3D* out) {
  bool src_host, dst_host, unified = false;
  SHEER_TRY(driver_side(p.srcMemoryType, p.srcHost, p.srcDevice, p.srcArray, p.srcPitch, p.srcHeight,
                        p.srcXInBytes, p.srcY, p.srcZ, &out->src, &src_host, &unified));
  SHEER_TRY(driver_side(p.dstMemoryType, p.dstHost, p.dstDevice, p.dstArray, p.dstPitch, p.dstHeight,
                        p.dstXInBytes, p.dstY, p.dstZ, &out->dst, &dst_host, &unified));
  out->width = p.WidthInBytes;
  out->height = p.Height;
  out->depth = p.Depth;
  out->kind = kind_of(src_host, dst_host, unified);
  return Error::Ok;
}
Error from_driver(const CUDA_MEMCPY3D& p, Copy3D* out) { return from_driver_3d(p, out); }
Error from_driver(const CUDA_MEMCPY3D_PEER& p, Copy3D* out) { return from_driver_3d(p, out); }
Error from_driver_2d(const CUDA_MEMCPY2D& p, Copy3D* out) {
  bool src_host, dst_host, unified = false;
  SHEER_TRY(driver_side(p.srcMemoryType, p.srcHost, p.srcDevice, p.srcArray, p.srcPitch, 0, p.srcXInBytes,
                        p.srcY, 0, &out->src, &src_host, &unified));
  SHEER_TRY(driver_side(p.dstMemoryType, p.dstHost, p.dstDevice, p.dstArray, p.dstPitch, 0, p.dstXInBytes,
                        p.dstY, 0, &out->dst, &dst_host, &unified));
  out->width = p.WidthInBytes;
  out->height = p.Height;
  out->depth = 1;
  out->kind = kind_of(src_host, dst_host, unified);
  return Error::Ok;
}
void to_driver(const Copy3D& c, CUDA_MEMCPY3D* p) {
  *p = {};
  bool src_host = c.kind == cudaMemcpyHostToDevice || c.kind == cudaMemcpyHostToHost;
  bool dst_host = c.kind == cudaMemcpyDeviceToHost || c.kind == cudaMemcpyHostToHost,
       any = c.kind == cudaMemcpyDefault;
  p->srcMemoryType = c.src.array ? CU_MEMORYTYPE_ARRAY
                     : any       ? CU_MEMORYTYPE_UNIFIED
                     : src_host  ? CU_MEMORYTYPE_HOST
                                 : CU_MEMORYTYPE_DEVICE;
  p->dstMemoryType = c.dst.array ? CU_MEMORYTYPE_ARRAY
                     : any       ? CU_MEMORYTYPE_UNIFIED
                     : dst_host  ? CU_MEMORYTYPE_HOST
                                 : CU_MEMORYTYPE_DEVICE;
  p->srcXInBytes = c.src.x;
  p->srcY = c.src.y;
  p->srcZ = c.src.z;
  p->srcPitch = c.src.pitch;
  p->srcHeight = c.src.rows;
  p->dstXInBytes = c.dst.x;
  p->dstY = c.dst.y;
  p->dstZ = c.dst.z;
  p->dstPitch = c.dst.pitch;
  p->dstHeight = c.dst.rows;
  p->srcArray = static_cast<CUarray>(c.src.array);
  p->dstArray = static_cast<CUarray>(c.dst.array);
  if (src_host) p->srcHost = c.src.pointer;
  else p->srcDevice = CUdeviceptr(c.src.pointer);
  if (dst_host) p->dstHost = c.dst.pointer;
  else p->dstDevice = CUdeviceptr(c.dst.pointer);
  p->WidthInBytes = c.width;
  p->Height = c.height;
  p->Depth = c.depth;
}

// ---- 
// symbols
Error symbol_copy(Context* c, const void* symbol, void* other, size_t count, size_t offset, int kind,
                  bool to_symbol, Copy3D* out) {
  bool ok =
      to_symbol
          ? kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice || kind == cudaMemcpyDefault
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
}  // namespace sheer::api
