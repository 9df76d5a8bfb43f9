// Checked mode: before each access the kernel asks here whether all its addresses are good. Slow and exact;
// only used to explain a fault.
#include "internal.h"

namespace sheer {

static bool inside(uint64_t address, uint64_t bytes, const void* base, uint64_t size) {
  return address >= uint64_t(base) && bytes <= size && address - uint64_t(base) <= size - bytes;
}

struct HostRange {
  uint64_t low, high;
  bool readable, writable;
};

static bool host_allows(Worker* w, uint64_t address, uint64_t bytes, bool write) {
  static SHEER_TLS HostRange known;
  (void)w;
  if (address < known.low || address + bytes > known.high) {
    known = HostRange{};
    if (!host_mapping(reinterpret_cast<void*>(address), &known.low, &known.high, &known.readable,
                      &known.writable))
      return false;
  }
  return address + bytes <= known.high && (write ? known.writable : known.readable);
}

static bool allowed(Block* b, uint32_t thread, uint64_t address, uint32_t bytes, uint32_t access) {
  const SheerFrame& f = b->frame;
  const void* at = reinterpret_cast<const void*>(address);
  if (inside(address, 1, b->shared_map, b->shared_room))
    return inside(address, bytes, f.shared, f.shared_bytes);
  if (inside(address, 1, b->local_map, b->local_room)) {
    return inside(address, bytes, f.local + uint64_t(thread) * f.local_stride, f.local_stride);
  }
  if (inside(address, bytes, f.params, b->node->params_room)) return access == SHEER_LOAD;
  Range range;
  if (memory_find(at, &range)) return inside(address, bytes, range.base, range.bytes);
  if (memory_in_arena(at)) return false;
  return host_allows(b->worker, address, bytes, access != SHEER_LOAD);
}

extern "C" __attribute__((visibility("default"))) void sheer_rt_check(SheerFrame* frame, uint32_t group,
                                                                      const uint64_t* addresses,
                                                                      const uint32_t* mask, uint32_t n,
                                                                      uint32_t bytes, uint32_t access,
                                                                      uint32_t line, uint32_t file) {
  Block* b = static_cast<Block*>(frame->machine);
  Worker* w = b->worker;
  for (uint32_t i = 0; i < n; i++) {
    if (!(mask[i / 32] >> (i % 32) & 1)) continue;
    hold_begin(b);
    bool good = allowed(b, group * b->code->info->lanes + i, addresses[i], bytes, access);
    hold_end(b);
    bool aligned = !bytes || bytes & (bytes - 1) || !(addresses[i] & (bytes - 1));
    if (good && (aligned || w->misaligned.has_access)) continue;
    Fault f;
    f.error = good ? Error::MisalignedAddress : Error::IllegalAddress;
    f.address = reinterpret_cast<void*>(addresses[i]);
    f.group = group;
    f.lane = i;
    f.line = line;
    f.file = file;
    f.access = access;
    f.bytes = bytes;
    f.has_lane = f.has_access = true;
    if (good) {  // x86 takes most of these: only the culprit if nothing worse is found
      w->misaligned = f;
      continue;
    }
    w->fault = f;
    leave_block(b, Left::Fault);
  }
}
}  // namespace sheer
