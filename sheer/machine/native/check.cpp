// Checked mode: before each access the kernel asks here whether all its addresses are good. Slow and exact;
// only used to explain a fault. Also where kernels arrive that find an address misaligned themselves.
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
  if (memory_find(at, &range)) {
    uint32_t needed = access == SHEER_LOAD ? ACCESS_READ : ACCESS_ALL;
    if (range.kind == Kind::Mapped && (range.flags & needed) != needed) return false;
    return inside(address, bytes, range.base, range.bytes);
  }
  if (memory_in_arena(at)) return false;
  return host_allows(b->worker, address, bytes, access != SHEER_LOAD);
}

static Fault fault_at(uint32_t group, uint32_t lane, uint64_t address, uint32_t bytes, uint32_t access, uint32_t line,
                      uint32_t file) {
  Fault f;
  f.address = reinterpret_cast<void*>(address);
  f.group = group;
  f.lane = lane;
  f.line = line;
  f.file = file;
  f.access = access;
  f.bytes = bytes;
  f.has_lane = f.has_access = true;
  return f;
}

static bool active(const uint32_t* mask, uint32_t lane) { return mask[lane / 32] >> (lane % 32) & 1; }

extern "C" __attribute__((visibility("default"))) void sheer_rt_check(SheerFrame* frame, uint32_t group,
                                                                      const uint64_t* addresses,
                                                                      const uint32_t* mask, uint32_t n,
                                                                      uint32_t bytes, uint32_t access,
                                                                      uint32_t line, uint32_t file) {
  Block* b = static_cast<Block*>(frame->machine);
  Worker* w = b->worker;
  for (uint32_t i = 0; i < n; i++) {
    if (!active(mask, i)) continue;
    hold_begin(b);
    bool good = allowed(b, group * b->code->info->lanes + i, addresses[i], bytes, access);
    hold_end(b);
    bool aligned = !bytes || bytes & (bytes - 1) || !(addresses[i] & (bytes - 1));
    if (good && (aligned || w->misaligned.has_access)) continue;
    Fault f = fault_at(group, i, addresses[i], bytes, access, line, file);
    f.error = good ? Error::MisalignedAddress : Error::IllegalAddress;
    if (good) {  // the fast form has not stopped there: only the culprit if nothing worse is found
      w->misaligned = f;
      continue;
    }
    w->fault = f;
    leave_block(b, Left::Fault);
  }
}

extern "C" __attribute__((visibility("default"))) void sheer_rt_misaligned(SheerFrame* frame, uint32_t group,
                                                                           const uint64_t* addresses,
                                                                           const uint32_t* mask, uint32_t n,
                                                                           uint32_t bytes, uint32_t access,
                                                                           uint32_t line, uint32_t file) {
  Block* b = static_cast<Block*>(frame->machine);
  uint32_t lane = 0;
  while (lane + 1 < n && !(active(mask, lane) && addresses[lane] & (bytes - 1))) lane++;
  b->worker->fault = fault_at(group, lane, addresses[lane], bytes, access, line, file);
  b->worker->fault.error = Error::MisalignedAddress;
  leave_block(b, Left::Fault);
}
}  // namespace sheer
