// What texture fetches and surface accesses share: finding an object by its handle, and faults of a lane.
#pragma once
#include "internal.h"

namespace sheer {

struct Place {  // of an access
  uint32_t group, lane, line, file;
};

// Ends the kernel: `text` says why.
[[noreturn]] void image_fault(SheerFrame*, const Place&, String text);
// The object of a handle; tag 0: of either kind. A fault if it is none.
const SheerImage* image_of(SheerFrame*, uint64_t handle, uint32_t tag, const Place&);
float half_to_float(uint16_t);
uint16_t float_to_half_bits(float);
}  // namespace sheer
