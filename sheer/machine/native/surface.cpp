// Surface accesses, for a whole group of lanes at once, and how texture and surface objects are found. In: an object,
// coordinates, a mask, values to write. Out: values read, or a fault that names the lane.
#include "image.h"

namespace sheer {

[[noreturn]] void image_fault(SheerFrame* frame, const Place& place, String text) {
  Block* b = static_cast<Block*>(frame->machine);
  b->worker->fault = Fault();
  Fault& f = b->worker->fault;
  f.error = Error::LaunchFailure;
  f.group = place.group;
  f.lane = place.lane;
  f.line = place.line;
  f.file = place.file;
  f.has_lane = true;
  f.text = static_cast<String&&>(text);
  leave_block(b, Left::Fault);
}

const SheerImage* image_of(SheerFrame* frame, uint64_t handle, uint32_t tag, const Place& place) {
  const SheerImage* im = reinterpret_cast<const SheerImage*>(handle);
  bool good = handle > 4096 && handle % alignof(SheerImage) == 0 &&
              (tag ? im->tag == tag : im->tag == SHEER_TEXTURE || im->tag == SHEER_SURFACE);
  if (good) return im;
  String text;
  text.format("0x%llx is no %s object, or one that was destroyed", (unsigned long long)handle,
              tag == SHEER_TEXTURE ? "texture" : tag ? "surface" : "texture or surface");
  image_fault(frame, place, static_cast<String&&>(text));
}

uint16_t float_to_half_bits(float value) {  // to nearest, ties to even
  uint32_t bits = __builtin_bit_cast(uint32_t, value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return uint16_t(sign | 0x7E00);
  if (magnitude >= 0x477FF000) return uint16_t(sign | 0x7C00);  // rounds to infinity
  if (magnitude < 0x38800000) {                                 // a subnormal: adding 0.5 leaves its bits lowest
    float shifted = __builtin_bit_cast(float, magnitude) + 0.5f;
    return uint16_t(sign | (__builtin_bit_cast(uint32_t, shifted) - 0x3F000000));
  }
  magnitude += 0xFFF + (magnitude >> 13 & 1);
  return uint16_t(sign | ((magnitude - 0x38000000) >> 13));
}

// ---- formatted writes: 32-bit values into the surface's own format
static void put_channel(const SheerImage& im, uint8_t* at, uint32_t word) {
  if (im.bits == 32) return void(memcpy(at, &word, 4));
  if (im.kind == SHEER_FLOAT) {
    uint16_t half = float_to_half_bits(__builtin_bit_cast(float, word));
    return void(memcpy(at, &half, 2));
  }
  int64_t top = im.kind == SHEER_SIGNED ? (1 << (im.bits - 1)) - 1 : (1 << im.bits) - 1;
  int64_t value = im.kind == SHEER_SIGNED ? int64_t(int32_t(word)) : int64_t(word);
  value = value > top ? top : im.kind == SHEER_SIGNED && value < -top - 1 ? -top - 1 : value;
  memcpy(at, &value, im.bits / 8);
}

struct Access {
  const SheerImage* im;
  uint32_t what, n, element, count;  // bytes of an element, elements
  const uint32_t* coordinates;
  uint8_t* values;
};

// Where the lane's access goes; null: outside.
static uint8_t* place_of(const Access& a, uint32_t lane) {
  const SheerLevel& level = a.im->level[0];
  uint32_t texel = uint32_t(a.im->channels) * a.im->bits / 8, shape = a.what & 7;
  uint32_t size = a.what & SHEER_FORMATTED ? texel : a.element * a.count;
  int64_t x = int32_t(a.coordinates[lane]), y = 0, z = 0;
  if (a.what & SHEER_FORMATTED) x *= texel;
  if (shape != SHEER_1D) y = int32_t(a.coordinates[a.n + lane]);
  if (a.what & SHEER_LAYERED) z = int32_t(a.coordinates[SHEER_AT_LAYER * a.n + lane]);
  if (shape == SHEER_3D) z = int32_t(a.coordinates[2 * a.n + lane]);
  int64_t last_x = int64_t(level.width) * texel - size, last_y = max(level.height, 1u) - 1, last_z = max(level.depth, 1u) - 1;
  if (a.what & SHEER_CLAMP) {
    x = x < 0 ? 0 : min(x, last_x);
    y = y < 0 ? 0 : min(y, last_y);
    z = z < 0 ? 0 : min(z, last_z);
  }
  if (x < 0 || y < 0 || z < 0 || x > last_x || y > last_y || z > last_z) return nullptr;
  return reinterpret_cast<uint8_t*>(level.data) + uint64_t(z) * level.slice + uint64_t(y) * level.pitch + uint64_t(x);
}

static void move(const Access& a, uint8_t* at, uint32_t lane) {
  for (uint32_t e = 0; e < a.count; e++) {
    uint8_t* value = a.values + uint64_t(e * a.n + lane) * a.element;
    if (a.what & SHEER_FORMATTED) {
      uint32_t word;
      memcpy(&word, value, 4);
      if (e < a.im->channels) put_channel(*a.im, at + e * a.im->bits / 8, word);
    } else if (a.what & SHEER_WRITE) {
      memcpy(at + e * a.element, value, a.element);
    } else {
      memcpy(value, at + e * a.element, a.element);
    }
  }
}

[[noreturn]] static void outside(SheerFrame* frame, const Access& a, const Place& place) {
  const SheerLevel& level = a.im->level[0];
  const uint32_t* c = a.coordinates + place.lane;
  uint32_t shape = a.what & 7, n = a.n;
  String text;
  text.format("surface %s outside of the surface: %s %d", a.what & SHEER_WRITE ? "write" : "read",
              a.what & SHEER_FORMATTED ? "x" : "byte", int32_t(c[0]));
  if (shape != SHEER_1D) text.format(", y %d", int32_t(c[n]));
  if (shape == SHEER_3D) text.format(", z %d", int32_t(c[2 * n]));
  if (a.what & SHEER_LAYERED) text.format(", layer %d", int32_t(c[SHEER_AT_LAYER * n]));
  text.format("; it has %u texels of %u bytes", level.width, uint32_t(a.im->channels) * a.im->bits / 8);
  if (level.height) text.format(", %u rows", level.height);
  if (level.depth) text.format(", %u %s", level.depth, a.im->shape == SHEER_3D ? "slices" : "layers");
  image_fault(frame, place, static_cast<String&&>(text));
}

extern "C" __attribute__((visibility("default"))) void sheer_rt_surface(SheerFrame* frame, uint32_t group, uint32_t what,
                                                                        const uint64_t* objects, const uint32_t* coordinates,
                                                                        const uint32_t* mask, uint32_t n, void* values,
                                                                        uint32_t site, uint32_t line, uint32_t file) {
  uint64_t addresses[32];
  uint32_t accessed = 0, bytes = 0;
  Access a{nullptr, what, n, 1u << (what >> 12 & 3), 1u << (what >> 16 & 3), coordinates, static_cast<uint8_t*>(values)};
  for (uint32_t i = 0; i < n; i++) {
    if (!(mask[i / 32] >> (i % 32) & 1)) continue;
    uint64_t object = objects[what & SHEER_SAME ? 0 : i];
    Place place{group, i, line, file};
    if (!a.im || uint64_t(a.im) != object) a.im = image_of(frame, object, SHEER_SURFACE, place);
    if (uint8_t* at = place_of(a, i)) {
      move(a, at, i);
      if (site == NOT_COUNTED) continue;
      addresses[i % 32] = uint64_t(at);
      accessed |= 1u << (i % 32);
      bytes = what & SHEER_FORMATTED ? uint32_t(a.im->channels) * a.im->bits / 8 : a.element * a.count;
    } else if (!(what & (SHEER_CLAMP | SHEER_ZERO)))
      outside(frame, a, place);
    else if (!(what & SHEER_WRITE))
      for (uint32_t e = 0; e < a.count; e++) memset(a.values + uint64_t(e * n + i) * a.element, 0, a.element);
  }
  SheerAccess access = what & SHEER_WRITE ? SHEER_STORE : SHEER_LOAD;
  if (accessed) count_image_access(frame, group, site, bytes, access, accessed, addresses);
}
}  // namespace sheer
