// Texture fetches, for a whole group of lanes at once, as the CUDA programming guide's appendix on texture fetching
// defines them. In: an object, coordinates, a mask. Out: four words for each lane of the mask. What a fetch means is
// written a second time, in Python, in sheer/oracle/texture.py; both give the same bits.
#include <math.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "image.h"

#pragma clang fp contract(off)
#define INLINE static inline __attribute__((always_inline))

namespace sheer {

enum Address { WRAP, CLAMP, MIRROR, BORDER };
constexpr uint32_t CHUNK = 32;  // lanes that are worked on together
constexpr int32_t OUTSIDE = -1;
static const float far_away = 1e9f;

// One axis of a chunk of lanes: the texels at both sides of the coordinate (of a point: one), and how much the second counts.
// Loops go over whole chunks, whatever lanes are there: as vectors that costs less than asking.
struct Axis {
  int32_t low[CHUNK], high[CHUNK];
  float share[CHUNK];
};

template <uint32_t MODE>
INLINE int32_t within(int32_t i, int32_t size) {
  if (MODE == BORDER) return i < 0 || i >= size ? OUTSIDE : i;
  if (MODE == WRAP) i = i < 0 ? i + size : i >= size ? i - size : i;
  i = i < 0 ? 0 : i;
  return i >= size ? size - 1 : i;  // a mirror shows the edge again
}

INLINE int32_t floor_of(float x) {
  int32_t whole = int32_t(x);
  return whole - (float(whole) > x);
}

INLINE float tame(float x) {
  x = x >= -far_away ? x : -far_away;
  return x <= far_away ? x : far_away;
}

template <uint32_t MODE>
INLINE void axis_of_floats(const float* x, uint32_t size, bool normalized, bool linear, Axis* out) {
  int32_t whole = int32_t(size);
  float scale = normalized ? float(whole) : 1, half = linear ? 0.5f : 0;
  for (uint32_t i = 0; i < CHUNK; i++) {
    float at = x[i];
    if (MODE == WRAP || MODE == MIRROR) {  // of normalized coordinates only
      at = tame(at);
      int32_t below = floor_of(at);
      at = at - float(below);
      if (MODE == MIRROR) at = below & 1 ? 1 - at : at;
    }
    at = tame(scale * at - half);
    int32_t low = floor_of(at);
    out->low[i] = within<MODE>(low, whole);
    out->high[i] = within<MODE>(low + 1, whole);
    out->share[i] = float(int32_t((at - float(low)) * 256 + 0.5f)) * (1 / 256.0f);  // 9 bits, 8 of them of the fraction
  }
}

INLINE void axis_of_floats(const float* x, uint32_t size, uint32_t mode, bool normalized, bool linear, Axis* out) {
  switch (mode) {
    case WRAP: return axis_of_floats<WRAP>(x, size, normalized, linear, out);
    case MIRROR: return axis_of_floats<MIRROR>(x, size, normalized, linear, out);
    case BORDER: return axis_of_floats<BORDER>(x, size, normalized, linear, out);
    default: return axis_of_floats<CLAMP>(x, size, normalized, linear, out);
  }
}

INLINE void axis_of_integers(const float* x, uint32_t size, bool border, Axis* out) {
  for (uint32_t i = 0; i < CHUNK; i++) {
    int32_t at = __builtin_bit_cast(int32_t, x[i]);
    out->low[i] = border ? within<BORDER>(at, int32_t(size)) : within<CLAMP>(at, int32_t(size));
  }
}

// ---- texels
static uint32_t word_of(float f) { return __builtin_bit_cast(uint32_t, f); }
static float float_of(uint32_t w) { return __builtin_bit_cast(float, w); }
static bool gives_floats(const SheerImage& im) { return im.kind == SHEER_FLOAT || (im.as_float && im.bits < 32); }

// What every lane of a request shares.
struct Request {
  const SheerImage* im;
  uint32_t what, n;
  const uint32_t* coordinates;
  uint32_t* texels;
  uint32_t dimensions;
  SheerFrame* frame;
  uint32_t group, site;
  uint32_t plane(uint32_t c, uint32_t lane) const { return coordinates[c * n + lane]; }
  float number(uint32_t c, uint32_t lane) const { return float_of(plane(c, lane)); }
};

// A chunk of lanes: `mask` are those that fetch.
struct Chunk {
  uint32_t first, count, mask;
};

using Words = uint32_t[4][CHUNK];  // of the lanes, by channel
struct Texels {                    // of a chunk, one a lane
  const uint8_t* at[CHUNK];
  uint32_t outside;  // lanes whose texel is the border's
};

// In counting mode a row of neighbouring texels is an access.
static void count_texels(const Request& r, const Texels& t, uint32_t mask, uint32_t texels) {
  if (r.site == NOT_COUNTED || !(mask & ~t.outside)) return;
  uint64_t addresses[CHUNK];
  memcpy(addresses, t.at, sizeof addresses);
  uint32_t bytes = texels * r.im->channels * r.im->bits / 8;
  count_image_access(r.frame, r.group, r.site, bytes, SHEER_LOAD, mask & ~t.outside, addresses);
}

template <class T, uint32_t COUNT>
INLINE void load_channels(const Texels& t, uint32_t mask, uint32_t first, Words& out) {
  auto one = [&](uint32_t i) __attribute__((always_inline)) {
    T values[COUNT];
    memcpy(values, t.at[i] + first * sizeof(T), sizeof values);
    for (uint32_t c = 0; c < COUNT; c++) out[c][i] = uint32_t(values[c]);
  };
  if (mask == ~0u)
    for (uint32_t i = 0; i < CHUNK; i++) one(i);
  else
    for (; mask; mask &= mask - 1) one(uint32_t(__builtin_ctz(mask)));
}

template <class T>
INLINE void load_channels(const Texels& t, uint32_t mask, uint32_t first, uint32_t count, Words& out) {
  if (count == 1) load_channels<T, 1>(t, mask, first, out);
  else if (count == 2) load_channels<T, 2>(t, mask, first, out);
  else load_channels<T, 4>(t, mask, first, out);
}

INLINE void as_fractions(uint32_t (&words)[CHUNK], int32_t one) {
  for (uint32_t i = 0; i < CHUNK; i++) {
    float value = float(int32_t(words[i])) / float(one);
    words[i] = word_of(value < -1 ? -1 : value);
  }
}

INLINE void as_halves(uint32_t (&words)[CHUNK]) {
  for (uint32_t i = 0; i < CHUNK; i++) words[i] = word_of(half_to_float(uint16_t(words[i])));
}

INLINE void as_srgb(uint32_t (&words)[CHUNK], uint32_t mask) {
  for (; mask; mask &= mask - 1) {
    uint32_t& w = words[__builtin_ctz(mask)];
    double s = double(w) / 255;
    w = word_of(float(s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4)));
  }
}

// `count` channels of all lanes' texels from `first` on: floats' bits where the texture is read as floats, else integers.
INLINE void read_channels(const SheerImage& im, const Texels& t, uint32_t mask, uint32_t first, uint32_t count, Words& out) {
  bool is_signed = im.kind == SHEER_SIGNED;
  uint32_t there = mask & ~t.outside;
  if (im.bits == 32) load_channels<uint32_t>(t, there, first, count, out);
  else if (im.bits == 16 && is_signed) load_channels<int16_t>(t, there, first, count, out);
  else if (im.bits == 16) load_channels<uint16_t>(t, there, first, count, out);
  else if (is_signed) load_channels<int8_t>(t, there, first, count, out);
  else load_channels<uint8_t>(t, there, first, count, out);
  for (uint32_t c = 0; c < count && gives_floats(im) && im.bits < 32; c++) {
    if (im.kind == SHEER_FLOAT) as_halves(out[c]);
    else if (im.srgb && im.bits == 8 && !is_signed && first + c < 3) as_srgb(out[c], there);
    else as_fractions(out[c], (1 << (im.bits - is_signed)) - 1);
  }
  for (uint32_t rest = mask & t.outside; rest; rest &= rest - 1)
    for (uint32_t c = 0; c < count; c++) out[c][__builtin_ctz(rest)] = im.border[first + c];
}

// Channels that the texture does not have.
INLINE void fill_channel(const SheerImage& im, uint32_t channel, uint32_t (&words)[CHUNK]) {
  uint32_t value = channel < 3 ? 0 : gives_floats(im) ? word_of(1.0f) : 1;
  for (uint32_t i = 0; i < CHUNK; i++) words[i] = value;
}

// ---- cube maps
struct Face {
  int32_t face;
  float s, t;  // from -1 to 1
};
static Face face_of(float x, float y, float z) {
  float ax = fabsf(x), ay = fabsf(y), az = fabsf(z);
  if (ax >= ay && ax >= az) return x >= 0 ? Face{0, -z / ax, -y / ax} : Face{1, z / ax, -y / ax};
  if (ay >= az) return y >= 0 ? Face{2, x / ay, z / ay} : Face{3, x / ay, -z / ay};
  return z >= 0 ? Face{4, x / az, -y / az} : Face{5, -x / az, -y / az};
}

// A texel beside a face is one of the face that it borders on.
static void around_the_edge(int32_t size, int32_t* face, int32_t* i, int32_t* j) {
  if (*i >= 0 && *i < size && *j >= 0 && *j < size) return;
  float s = float(2 * *i + 1) / float(size) - 1, t = float(2 * *j + 1) / float(size) - 1;
  const float directions[6][3] = {{1, -t, -s}, {-1, -t, s}, {s, 1, t}, {s, -1, -t}, {s, -t, 1}, {-s, -t, -1}};
  const float* d = directions[*face];
  Face there = face_of(d[0], d[1], d[2]);
  *face = there.face;
  *i = within<CLAMP>(floor_of((there.s + 1) / 2 * float(size)), size);
  *j = within<CLAMP>(floor_of((there.t + 1) / 2 * float(size)), size);
}

// ---- a chunk of lanes in one level
struct Places {
  Axis axis[3];
  int32_t slice[CHUNK];  // layer, face
};

INLINE void find_slices(const Request& r, const SheerLevel& level, Chunk k, float (*x)[CHUNK], Places* p) {
  bool cube = (r.what & 7) == SHEER_CUBE;
  int32_t layers = level.depth ? int32_t(level.depth) : 1;
  memset(p->slice, 0, sizeof p->slice);
  if (!cube && !(r.what & SHEER_LAYERED)) return;
  for (uint32_t i = 0; i < k.count; i++) {
    int32_t layer = r.what & SHEER_LAYERED ? int32_t(r.plane(SHEER_AT_LAYER, k.first + i)) : 0;
    if (cube) {
      Face f = face_of(x[0][i], x[1][i], x[2][i]);
      x[0][i] = (f.s + 1) / 2;
      x[1][i] = (f.t + 1) / 2;
      layer = within<CLAMP>(layer, layers > 11 ? layers / 6 : 1) * 6 + f.face;
    }
    p->slice[i] = within<CLAMP>(layer, layers);
  }
}

INLINE void find_places(const Request& r, const SheerLevel& level, Chunk k, bool linear, Places* p) {
  const SheerImage& im = *r.im;
  bool cube = (r.what & 7) == SHEER_CUBE;
  float x[3][CHUNK] = {};
  for (uint32_t a = 0; a < (cube ? 3 : r.dimensions); a++)
    memcpy(x[a], r.coordinates + a * r.n + k.first, k.count * sizeof(float));
  find_slices(r, level, k, x, p);
  uint32_t sizes[3] = {level.width, level.height ? level.height : 1, level.depth ? level.depth : 1};
  for (uint32_t a = 0; a < r.dimensions; a++) {
    if (r.what & SHEER_INTEGER) axis_of_integers(x[a], sizes[a], im.address[a] == BORDER, &p->axis[a]);
    else axis_of_floats(x[a], sizes[a], cube ? uint32_t(CLAMP) : im.address[a], cube || im.normalized, linear, &p->axis[a]);
    for (uint32_t i = 0; i < k.count && cube && linear && im.seamless; i++) {
      p->axis[a].low[i] = floor_of(tame(x[a][i] * float(sizes[a]) - 0.5f));
      p->axis[a].high[i] = p->axis[a].low[i] + 1;
    }
  }
}

// The texels at a corner: bit a of it chooses the side on axis a.
INLINE void find_texels(const Request& r, const SheerLevel& level, const Places& p, uint32_t corner, Texels* t) {
  const SheerImage& im = *r.im;
  uint64_t steps[3] = {uint64_t(im.channels) * im.bits / 8, level.pitch, level.slice};
  t->outside = 0;
  if (im.seamless && im.shape == SHEER_CUBE) {
    for (uint32_t i = 0; i < CHUNK; i++) {
      int32_t x = (corner & 1 ? p.axis[0].high : p.axis[0].low)[i], y = (corner & 2 ? p.axis[1].high : p.axis[1].low)[i];
      int32_t face = p.slice[i] % 6, cube = p.slice[i] - face;
      around_the_edge(int32_t(level.width), &face, &x, &y);
      t->at[i] = reinterpret_cast<const uint8_t*>(level.data + uint64_t(cube + face) * steps[2] + uint64_t(y) * steps[1] +
                                                  uint64_t(x) * steps[0]);
    }
    return;
  }
  for (uint32_t i = 0; i < CHUNK; i++)
    t->at[i] = reinterpret_cast<const uint8_t*>(level.data + uint64_t(uint32_t(p.slice[i])) * steps[2]);
  for (uint32_t a = 0; a < r.dimensions; a++) {
    const int32_t* number = corner >> a & 1 ? p.axis[a].high : p.axis[a].low;
    for (uint32_t i = 0; i < CHUNK; i++) t->at[i] += uint64_t(uint32_t(number[i])) * steps[a];
    if (im.address[a] == BORDER)
      for (uint32_t i = 0; i < CHUNK; i++) t->outside |= uint32_t(number[i] < 0) << i;
  }
}

INLINE void nearest(const Request& r, const SheerLevel& level, const Places& p, uint32_t mask, Words& out) {
  Texels t;
  find_texels(r, level, p, 0, &t);
  count_texels(r, t, mask, 1);
  read_channels(*r.im, t, mask, 0, r.im->channels, out);
}

// The corners around a point, each weighted; those that count nothing are as if they were not there.
INLINE void weighted(const Request& r, const SheerLevel& level, const Places& p, uint32_t mask, Words& out) {
  const float nothing = -0.0f;  // to which anything may be added without a change
  uint32_t channels = r.im->channels;
  for (uint32_t c = 0; c < channels; c++)
    for (uint32_t i = 0; i < CHUNK; i++) out[c][i] = word_of(nothing);
  for (uint32_t corner = 0; corner < 1u << r.dimensions; corner++) {
    float weight[CHUNK];
    for (uint32_t i = 0; i < CHUNK; i++) weight[i] = 1;
    for (uint32_t a = 0; a < r.dimensions; a++)
      for (uint32_t i = 0; i < CHUNK; i++)
        weight[i] = weight[i] * (corner >> a & 1 ? p.axis[a].share[i] : 1 - p.axis[a].share[i]);
    Texels t;
    Words found;
    find_texels(r, level, p, corner, &t);
    if (!(corner & 1)) count_texels(r, t, mask, 2);
    read_channels(*r.im, t, mask, 0, channels, found);
    for (uint32_t c = 0; c < channels; c++)
      for (uint32_t i = 0; i < CHUNK; i++) {
        float sum = float_of(out[c][i]), more = sum + weight[i] * float_of(found[c][i]);
        out[c][i] = word_of(weight[i] != 0 ? more : sum);
      }
  }
}

INLINE void gathered(const Request& r, const SheerLevel& level, const Places& p, uint32_t mask, Words& out) {
  static const uint32_t corners[4] = {2, 3, 1, 0};  // from below left, counterclockwise
  uint32_t channel = r.what >> 8 & 3;
  for (uint32_t c = 0; c < 4; c++) {
    if (channel >= r.im->channels) {
      fill_channel(*r.im, channel, out[c]);
      continue;
    }
    Texels t;
    Words found;
    find_texels(r, level, p, corners[c], &t);
    if (!(corners[c] & 1)) count_texels(r, t, mask, 2);
    read_channels(*r.im, t, mask, channel, 1, found);
    memcpy(out[c], found[0], sizeof found[0]);
  }
}

INLINE void all_in_level(const Request& r, uint32_t number, Chunk k, Words& out) {
  const SheerLevel& level = r.im->level[number];
  bool gather = r.what & SHEER_GATHER;
  bool linear = gather || (r.im->linear && !(r.what & SHEER_INTEGER));
  Places places;
  find_places(r, level, k, linear, &places);
  if (gather) return gathered(r, level, places, k.mask, out);
  if (linear) weighted(r, level, places, k.mask, out);
  else nearest(r, level, places, k.mask, out);
  for (uint32_t c = r.im->channels; c < 4; c++) fill_channel(*r.im, c, out[c]);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void wide_in_level(const Request& r, uint32_t number, Chunk k, Words& out) {
  all_in_level(r, number, k, out);
}
#endif
static void plain_in_level(const Request& r, uint32_t number, Chunk k, Words& out) { all_in_level(r, number, k, out); }

using InLevel = void (*)(const Request&, uint32_t number, Chunk, Words&);
static InLevel best_in_level() {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  bool saved = __get_cpuid(1, &a, &b, &c, &d) && c & bit_OSXSAVE;  // the system keeps wide registers, too
  if (saved && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_AVX2) {
    asm("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    if ((a & 6) == 6) return wide_in_level;
  }
#endif
  return plain_in_level;
}
static const InLevel in_level = best_in_level();

// ---- levels
static float level_wanted(const Request& r, uint32_t lane) {
  if (r.what & SHEER_LEVEL) return r.number(SHEER_AT_LEVEL, lane);
  if (!(r.what & SHEER_GRADIENT)) return 0;
  const SheerLevel& base = r.im->level[0];
  const float sizes[3] = {float(base.width), float(base.height), float(base.depth)};
  float most = 0;
  for (uint32_t side = 0; side < 2; side++) {
    float squares = 0;
    for (uint32_t a = 0; a < r.dimensions; a++) {
      float step = r.number((side ? SHEER_AT_DY : SHEER_AT_DX) + a, lane) * (r.im->normalized ? sizes[a] : 1);
      squares = squares + step * step;
    }
    most = squares > most ? squares : most;
  }
  return most > 0 ? 0.5f * log2f(most) : r.im->least;
}

static void between_levels(const Request& r, uint32_t lane, uint32_t out[4]) {
  const SheerImage& im = *r.im;
  float top = float(im.levels - 1), level = level_wanted(r, lane) + im.bias;
  level = level > im.most ? im.most : level;
  level = level > im.least ? level : im.least;
  level = level > 0 ? level < top ? level : top : 0;
  bool mixed = im.linear_levels && gives_floats(im);
  uint32_t low = uint32_t(mixed ? level : level + 0.5f);
  float share = mixed ? float(int32_t((level - float(low)) * 256 + 0.5f)) * (1 / 256.0f) : 0;
  Words near, far;
  in_level(r, low, Chunk{lane, 1, 1}, near);
  for (uint32_t c = 0; c < 4; c++) out[c] = near[c][0];
  if (share == 0) return;
  in_level(r, low + 1, Chunk{lane, 1, 1}, far);
  for (uint32_t c = 0; c < im.channels; c++)
    out[c] = word_of((1 - share) * float_of(out[c]) + share * float_of(far[c][0]));
}

// ---- plain memory, read by the number of the texel: outside are zeros
static void from_memory(const Request& r, Chunk k, Words& out) {
  const SheerLevel& level = r.im->level[0];
  uint32_t texel = uint32_t(r.im->channels) * r.im->bits / 8, inside = 0;
  Texels t;
  t.outside = 0;
  for (uint32_t rest = k.mask; rest; rest &= rest - 1) {
    uint32_t i = uint32_t(__builtin_ctz(rest));
    int32_t at = r.what & SHEER_INTEGER ? int32_t(r.plane(0, k.first + i)) : floor_of(tame(r.number(0, k.first + i)));
    inside |= uint32_t(at >= 0 && uint32_t(at) < level.width) << i;
    t.at[i] = reinterpret_cast<const uint8_t*>(level.data) + uint64_t(uint32_t(at)) * texel;
  }
  for (uint32_t c = 0; c < 4; c++) fill_channel(*r.im, c, out[c]);
  count_texels(r, t, inside, 1);
  read_channels(*r.im, t, inside, 0, r.im->channels, out);
  for (uint32_t rest = k.mask & ~inside; rest; rest &= rest - 1)
    for (uint32_t c = 0; c < 4; c++) out[c][__builtin_ctz(rest)] = 0;
}

static void fetch(const Request& r, Chunk k) {
  Words found;
  if (r.im->shape == SHEER_LINEAR) {
    from_memory(r, k, found);
  } else if (r.im->levels > 1 && !(r.what & SHEER_GATHER)) {
    for (uint32_t rest = k.mask; rest; rest &= rest - 1) {
      uint32_t i = uint32_t(__builtin_ctz(rest)), texel[4];
      between_levels(r, k.first + i, texel);
      for (uint32_t c = 0; c < 4; c++) found[c][i] = texel[c];
    }
  } else {
    in_level(r, 0, k, found);
  }
  for (uint32_t c = 0; c < 4; c++) {
    uint32_t* out = r.texels + c * r.n + k.first;
    if (k.mask == ~0u) memcpy(out, found[c], sizeof found[c]);
    else
      for (uint32_t rest = k.mask; rest; rest &= rest - 1) out[__builtin_ctz(rest)] = found[c][__builtin_ctz(rest)];
  }
}

extern "C" __attribute__((visibility("default"))) void sheer_rt_texture(SheerFrame* frame, uint32_t group, uint32_t what,
                                                                        const uint64_t* objects, const uint32_t* coordinates,
                                                                        const uint32_t* mask, uint32_t n, uint32_t* texels,
                                                                        uint32_t site, uint32_t line, uint32_t file) {
  static const uint8_t dimensions[8] = {1, 1, 2, 3, 2, 0, 0, 0};
  Request r{nullptr, what, n, coordinates, texels, dimensions[what & 7], frame, group, site};
  for (uint32_t first = 0; first < n; first += CHUNK) {
    uint32_t count = min(CHUNK, n - first);
    uint32_t rest = mask[first / 32] & (count < 32 ? (1u << count) - 1 : ~0u);
    while (rest) {  // lanes that fetch from the same object
      uint32_t lane = first + uint32_t(__builtin_ctz(rest)), same = rest;
      uint64_t object = objects[what & SHEER_SAME ? 0 : lane];
      for (uint32_t i = 0; i < count && !(what & SHEER_SAME); i++)
        if (objects[first + i] != object) same &= ~(1u << i);
      if (!r.im || uint64_t(r.im) != object) r.im = image_of(frame, object, SHEER_TEXTURE, Place{group, lane, line, file});
      fetch(r, Chunk{first, count, same});
      rest &= ~same;
    }
  }
}

// ---- what an object is
static uint32_t channel_type(const SheerImage& im) {  // as PTX numbers them, which are those of OpenCL
  if (im.kind == SHEER_FLOAT) return im.bits == 16 ? 0x10DD : 0x10DE;
  bool is_signed = im.kind == SHEER_SIGNED;
  if (im.as_float && im.bits < 32) return im.bits == 8 ? (is_signed ? 0x10D0 : 0x10D2) : is_signed ? 0x10D1 : 0x10D3;
  uint32_t step = im.bits == 8 ? 0 : im.bits == 16 ? 1 : 2;
  return (is_signed ? 0x10D7 : 0x10DA) + step;
}

static uint32_t answer(const SheerImage& im, uint32_t query, uint32_t number) {
  const SheerLevel& level = im.level[number < im.levels ? number : im.levels - 1];
  static const uint32_t orders[5] = {0, 0x10B0, 0x10B2, 0, 0x10B5};
  switch (query) {
    case SHEER_WIDTH: return level.width;
    case SHEER_HEIGHT: return level.height;
    case SHEER_DEPTH: return im.shape == SHEER_3D ? level.depth : 0;
    case SHEER_LAYERS: return im.layered ? im.shape == SHEER_CUBE ? level.depth / 6 : level.depth : 0;
    case SHEER_LEVELS: return im.levels;
    case SHEER_NORMALIZED: return im.normalized;
    case SHEER_CHANNEL_TYPE: return channel_type(im);
    case SHEER_CHANNEL_ORDER: return orders[im.channels];
    case SHEER_FILTER: return im.linear;
    default: return im.address[query - SHEER_ADDRESS_0];
  }
}

extern "C" __attribute__((visibility("default"))) void sheer_rt_image(SheerFrame* frame, uint32_t group, uint32_t query,
                                                                      const uint64_t* objects, const uint32_t* levels,
                                                                      const uint32_t* mask, uint32_t n, uint32_t* answers,
                                                                      uint32_t line, uint32_t file) {
  for (uint32_t i = 0; i < n; i++) {
    if (!(mask[i / 32] >> (i % 32) & 1)) continue;
    const SheerImage* im = image_of(frame, objects[i], 0, Place{group, i, line, file});
    answers[i] = answer(*im, query, levels[i]);
  }
}
}  // namespace sheer
