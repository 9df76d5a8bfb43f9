// What texture fetches and surface accesses share: finding an object by its handle, and faults of a lane.
#pragma once
#include "internal.h"

namespace sheer {

struct Place {  // of an access
  uint32_t group, lane, line, file;
};

constexpr uint32_t NOT_COUNTED = ~0u;
// In counting mode: an access of global memory by lanes of a warp. The instruction is known where it stands (isa/work.py).
inline void count_image_access(SheerFrame* frame, uint32_t group, uint32_t site, uint32_t bytes, SheerAccess access, uint32_t mask,
                               const uint64_t* addresses) {
  sheer_rt_count(frame, group, site, bytes | uint32_t(access) << 8 | 1 << 10 | 1 << 12, mask, addresses);
}

// Ends the kernel: `text` says why.
[[noreturn]] void image_fault(SheerFrame*, const Place&, String text);
// The object of a handle; tag 0: of either kind. A fault if it is none.
const SheerImage* image_of(SheerFrame*, uint64_t handle, uint32_t tag, const Place&);
inline __attribute__((always_inline)) float half_to_float(uint16_t half) {
  uint32_t exponent = half >> 10 & 31, fraction = half & 0x3FF;
  uint32_t magnitude = exponent == 31 ? 0x7F800000 | fraction << 13 : (exponent + 112) << 23 | fraction << 13;
  uint32_t small = __builtin_bit_cast(uint32_t, float(int32_t(fraction)) * 0x1p-24f);
  return __builtin_bit_cast(float, uint32_t(half >> 15) << 31 | (exponent ? magnitude : small));
}
uint16_t float_to_half_bits(float);
}  // namespace sheer
