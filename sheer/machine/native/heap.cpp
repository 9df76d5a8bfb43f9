// The heap of kernels' malloc and free: one region a device, as large as the limit says, pieces in size
// classes. Each piece has a 16-byte head with its class, so that free needs no table.
#include "internal.h"

namespace sheer {

static const uint64_t head_magic = 0x53484541504b0000ull;

// Classes: 16, 32, 48, 64, then four steps to each doubling.
static uint32_t class_of(uint64_t bytes) {
  if (bytes <= 64) return bytes ? uint32_t((bytes + 15) / 16) - 1 : 0;
  uint32_t top = 63 - uint32_t(__builtin_clzll(bytes - 1));  // 6 for 65..128
  return 4 + (top - 6) * 4 + uint32_t((bytes - 1 - (1ull << top)) >> (top - 2));
}

static uint64_t class_bytes(uint32_t c) {
  if (c < 4) return (c + 1) * 16;
  uint32_t top = 6 + (c - 4) / 4;
  return (1ull << top) + ((c - 4) % 4 + 1) * (1ull << (top - 2));
}

void* heap_allocate(Device* d, uint64_t bytes) {
  Heap& heap = d->heap;
  if (bytes > 1ull << 40) return nullptr;
  uint32_t c = class_of(bytes);
  Hold hold(heap.lock);
  if (!heap.base) {
    void* base;
    if (memory_allocate(d, d->limits[int(Limit::HeapBytes)], Kind::Device, 0, &base) != Error::Ok)
      return nullptr;
    heap.base = static_cast<uint8_t*>(base);
    heap.bytes = d->limits[int(Limit::HeapBytes)];
  }
  while (heap.bins.count <= c) heap.bins.push(nullptr);
  uint8_t* piece = static_cast<uint8_t*>(heap.bins[c]);
  if (piece) {
    memcpy(&heap.bins[c], piece, sizeof(void*));
  } else {
    uint64_t need = class_bytes(c) + 16;
    if (need > heap.bytes - heap.used_end) return nullptr;
    piece = heap.base + heap.used_end + 16;
    heap.used_end += need;
  }
  uint64_t head[2] = {head_magic | c, bytes};
  memcpy(piece - 16, head, 16);
  return piece;
}

// False: not a piece of this heap, or freed already.
bool heap_free(Device* d, void* address) {
  Heap& heap = d->heap;
  uint8_t* piece = static_cast<uint8_t*>(address);
  Hold hold(heap.lock);
  if (!heap.base || piece < heap.base + 16 || piece >= heap.base + heap.used_end) return false;
  uint64_t head;
  memcpy(&head, piece - 16, 8);
  uint32_t c = uint32_t(head & 0xffff);
  if ((head & ~0xffffull) != head_magic || c >= heap.bins.count) return false;
  head = 0;
  memcpy(piece - 16, &head, 8);
  memcpy(piece, &heap.bins[c], sizeof(void*));
  heap.bins[c] = piece;
  return true;
}
}  // namespace sheer
