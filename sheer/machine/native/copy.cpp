// Copies and fills, cut into pieces that the workers share.
#include "internal.h"

namespace sheer {

static const uint64_t piece = 512 << 10;

// Rows that follow each other without gaps are one long row.
static void flatten(CopyOp& c) {
  if (c.depth > 1 && c.dst_slice == c.dst_pitch * c.height && c.src_slice == c.src_pitch * c.height) {
    c.height *= c.depth;
    c.depth = 1;
  }
  if (c.depth == 1 && c.height > 1 && c.dst_pitch == c.width && c.src_pitch == c.width) {
    c.width *= c.height;
    c.height = 1;
  }
}

static void stage(Node* n) {
  CopyOp& c = n->copy;
  uint64_t bytes = c.width * c.height * c.depth;
  n->staged = static_cast<uint8_t*>(checked(malloc(bytes ? bytes : 1)));
  uint8_t* to = n->staged;
  for (uint64_t z = 0; z < c.depth; z++)
    for (uint64_t y = 0; y < c.height; y++, to += c.width)
      memcpy(to, static_cast<const uint8_t*>(c.src) + z * c.src_slice + y * c.src_pitch, c.width);
  c.src = n->staged;
  c.src_pitch = c.width;
  c.src_slice = c.width * c.height;
}

void copy_cut(Node* n) {
  if (n->kind == OpKind::Fill) {  // a fill is cut like a copy of its target
    const FillOp& f = n->fill;
    n->copy = CopyOp{f.dst, nullptr, f.width, f.height, f.depth, f.pitch, f.pitch, f.slice, f.slice, false};
  }
  CopyOp& c = n->copy;
  if (!c.width || !c.height || !c.depth) {
    n->total = 0;
    return;
  }
  flatten(c);
  if (n->kind == OpKind::Copy && c.stage_source) stage(n);
  uint64_t rows = c.height * c.depth;
  if (rows == 1) {
    n->piece_bytes = piece;
    n->total = (c.width + piece - 1) / piece;
  } else {
    n->piece_rows = max<uint64_t>(1, piece / c.width);
    n->total = (rows + n->piece_rows - 1) / n->piece_rows;
  }
}

static void fill_row(uint8_t* to, uint64_t bytes, uint32_t value, uint32_t element) {
  uint32_t byte = value & 0xff;
  if (element == 1 || (element == 2 && (value & 0xffff) == byte * 0x101) ||
      (element == 4 && value == byte * 0x1010101)) {
    memset(to, int(byte), bytes);
  } else if (element == 2) {
    uint16_t* at = reinterpret_cast<uint16_t*>(to);
    for (uint64_t i = 0; i < bytes / 2; i++) at[i] = uint16_t(value);
  } else {
    uint32_t* at = reinterpret_cast<uint32_t*>(to);
    for (uint64_t i = 0; i < bytes / 4; i++) at[i] = value;
  }
}

static void run_row(Node* n, uint64_t dst_at, uint64_t src_at, uint64_t bytes) {
  uint8_t* to = static_cast<uint8_t*>(n->copy.dst) + dst_at;
  if (n->kind == OpKind::Fill)
    fill_row(to, bytes, n->fill.value, n->fill.element);
  else
    memmove(to, static_cast<const uint8_t*>(n->copy.src) + src_at, bytes);
}

void run_copy_piece(Node* n, uint64_t at) {
  const CopyOp& c = n->copy;
  if (n->piece_bytes) {
    uint64_t from = at * n->piece_bytes;
    return run_row(n, from, from, min(n->piece_bytes, c.width - from));
  }
  uint64_t last = min((at + 1) * n->piece_rows, c.height * c.depth);
  for (uint64_t row = at * n->piece_rows; row < last; row++) {
    uint64_t z = row / c.height, y = row % c.height;
    run_row(n, z * c.dst_slice + y * c.dst_pitch, z * c.src_slice + y * c.src_pitch, c.width);
  }
}
}  // namespace sheer
