// Forms of copies that both APIs have: pitched, to and from arrays, in batches. Each ends in copy().
#pragma once
#include "api.h"

namespace sheer::api {
inline Copy3D copy_2d(void* dst, uint64_t dst_pitch, const void* src, uint64_t src_pitch, uint64_t width,
                      uint64_t height, int kind) {
  Copy3D c = plain_copy(dst, src, width, kind);
  c.src.pitch = src_pitch;
  c.dst.pitch = dst_pitch;
  c.height = height;
  return c;
}

// ---- 
// array copies
inline Error to_array(Context* c, Array* a, size_t x, size_t y, const void* src, size_t pitch, size_t width,
                      size_t height, int kind, CUstream s, CopyMode mode) {
  Copy3D k = copy_2d(nullptr, 0, src, pitch, width, height, kind);
  k.dst.array = a;
  k.dst.x = x;
  k.dst.y = y;
  if (!a) return Error::InvalidValue;
  return copy(c, k, s, mode);
}
inline Error from_array(Context* c, void* dst, size_t pitch, const Array* a, size_t x, size_t y, size_t width,
                        size_t height, int kind, CUstream s, CopyMode mode) {
  Copy3D k = copy_2d(dst, pitch, nullptr, 0, width, height, kind);
  k.src.array = const_cast<Array*>(a);
  k.src.x = x;
  k.src.y = y;
  if (!a) return Error::InvalidValue;
  return copy(c, k, s, mode);
}
inline Error between_arrays(Context* c, Array* d, size_t dx, size_t dy, const Array* a, size_t sx, size_t sy,
                            size_t width, size_t height, int kind) {
  if (!a || !d) return Error::InvalidValue;
  Copy3D k = copy_2d(nullptr, 0, nullptr, 0, width, height, kind);
  k.src.array = const_cast<Array*>(a);
  k.src.x = sx;
  k.src.y = sy;
  k.dst.array = d;
  k.dst.x = dx;
  k.dst.y = dy;
  return copy(c, k, nullptr, CopyMode::Wait);
}
// `count` bytes of an array as one run: row after row. `step` copies one piece inside a row.
template <class Step>
Error along_rows(const Array* a, size_t x, size_t y, size_t count, Step step) {
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
inline Error run_to_array(Context* c, Array* a, size_t x, size_t y, const void* src, size_t count, int kind,
                          CUstream s, CopyMode mode) {
  return along_rows(a, x, y, count, [&](uint64_t px, uint64_t py, uint64_t pz, uint64_t at, uint64_t n) {
    Copy3D k = plain_copy(nullptr, static_cast<const uint8_t*>(src) + at, n, kind);
    k.dst.array = a;
    k.dst.x = px;
    k.dst.y = py;
    k.dst.z = pz;
    return copy(c, k, s, mode);
  });
}
inline Error run_from_array(Context* c, void* dst, const Array* a, size_t x, size_t y, size_t count, int kind,
                            CUstream s, CopyMode mode) {
  return along_rows(a, x, y, count, [&](uint64_t px, uint64_t py, uint64_t pz, uint64_t at, uint64_t n) {
    Copy3D k = plain_copy(static_cast<uint8_t*>(dst) + at, nullptr, n, kind);
    k.src.array = const_cast<Array*>(a);
    k.src.x = px;
    k.src.y = py;
    k.src.z = pz;
    return copy(c, k, s, mode);
  });
}
inline Error run_between(Context* c, Array* d, size_t dx, size_t dy, const Array* a, size_t sx, size_t sy,
                         size_t count, int kind) {
  if (!live(d)) return Error::InvalidHandle;
  uint64_t row = d->width * d->element, offset = dy * row + dx;
  return along_rows(a, sx, sy, count, [&](uint64_t px, uint64_t py, uint64_t pz, uint64_t at, uint64_t n) {
    uint64_t done = 0;
    while (done < n) {  // a piece of a source row may cross the end of a row of the destination
      uint64_t to = offset + at + done, piece = min(n - done, row - to % row);
      Copy3D k = plain_copy(nullptr, nullptr, piece, kind);
      k.src.array = const_cast<Array*>(a);
      k.src.x = px + done;
      k.src.y = py;
      k.src.z = pz;
      k.dst.array = d;
      k.dst.x = to % row;
      k.dst.y = to / row % d->rows();
      k.dst.z = to / row / d->rows();
      SHEER_TRY(copy(c, k, nullptr, CopyMode::Wait));
      done += piece;
    }
    return Error::Ok;
  });
}

// ---- 
// batches
template <class A>
Error batch(Context* c, void* const* dsts, void* const* srcs, const size_t* sizes, size_t count,
            const A* attributes, const size_t* firsts, size_t attribute_count, size_t* failed, CUstream s) {
  if (failed) *failed = SIZE_MAX;
  if (!dsts || !srcs || !sizes || !count || !attributes || !firsts || !attribute_count ||
      attribute_count > count || firsts[0] || uint64_t(s) <= 1)
    return Error::InvalidValue;
  for (size_t i = 0; i < count; i++) {
    Error e = copy(c, plain_copy(dsts[i], srcs[i], sizes[i], cudaMemcpyDefault), s, CopyMode::Async);
    if (e == Error::Ok) continue;
    if (failed) *failed = i;
    return e;
  }
  return Error::Ok;
}
template <class O>
Error batch_side(const O& o, Side* out) {
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
template <class O>
Error batch_3d(Context* c, size_t count, const O* list, size_t* failed, unsigned long long flags,
               CUstream s) {
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
