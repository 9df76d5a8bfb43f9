// Texture fetches, for a whole group of lanes at once, as the CUDA programming guide's appendix on texture fetching
// defines them. In: an object, coordinates, a mask. Out: four words for each lane of the mask. What a fetch means is
// written a second time, in Python, in sheer/oracle/texture.py; both give the same bits.
#include <math.h>

#include "image.h"

#pragma clang fp contract(off)

namespace sheer {

enum Address { WRAP, CLAMP, MIRROR, BORDER };
constexpr uint32_t CHUNK = 32;  // lanes that are worked on together
constexpr int32_t OUTSIDE = -1;
static const float far_away = 1e9f;

// One axis of a chunk of lanes: the texels at both sides of the coordinate (of a point: one), and how much the second counts.
struct Axis {
  int32_t low[CHUNK], high[CHUNK];
  float share[CHUNK];
};

static int32_t within(int32_t i, int32_t size, uint32_t mode) {
  if (mode == BORDER) return i < 0 || i >= size ? OUTSIDE : i;
  if (mode == WRAP) i = i < 0 ? i + size : i >= size ? i - size : i;
  return i < 0 ? 0 : i >= size ? size - 1 : i;  // a mirror shows the edge again
}

static int32_t floor_of(float x) {
  int32_t whole = int32_t(x);
  return whole - (float(whole) > x);
}

static float tame(float x) { return x >= -far_away ? x <= far_away ? x : far_away : -far_away; }

static float periodic(float x, uint32_t mode) {  // normalised coordinates of modes that repeat
  x = tame(x);
  float below = floorf(x), part = x - below;
  return mode == MIRROR && int64_t(below) & 1 ? 1 - part : part;
}

static void axis_of_floats(const float* x, uint32_t count, uint32_t size, uint32_t mode, bool normalized, bool linear, Axis* out) {
  int32_t whole = int32_t(size);
  for (uint32_t i = 0; i < count; i++) {
    float at = x[i];
    if (normalized) at = float(whole) * (mode == WRAP || mode == MIRROR ? periodic(at, mode) : at);
    at = tame(linear ? at - 0.5f : at);
    int32_t low = floor_of(at);
    out->low[i] = within(low, whole, mode);
    if (!linear) continue;
    out->high[i] = within(low + 1, whole, mode);
    out->share[i] = float(int32_t((at - float(low)) * 256 + 0.5f)) * (1 / 256.0f);  // 9 bits, 8 of them of the fraction
  }
}

static void axis_of_integers(const uint32_t* x, uint32_t count, uint32_t size, uint32_t mode, Axis* out) {
  for (uint32_t i = 0; i < count; i++) out->low[i] = within(int32_t(x[i]), int32_t(size), mode == BORDER ? BORDER : CLAMP);
}

// ---- texels
// One channel as a word: a float's bits where the texture is read as floats, else an integer.
using Channel = uint32_t (*)(const uint8_t* texel, uint32_t channel);

template <class T>
static T channel_bits(const uint8_t* texel, uint32_t channel) {
  T value;
  memcpy(&value, texel + channel * sizeof(T), sizeof(T));
  return value;
}
static uint32_t word_of(float f) { return __builtin_bit_cast(uint32_t, f); }
static float float_of(uint32_t w) { return __builtin_bit_cast(float, w); }

template <class T>
static uint32_t whole(const uint8_t* texel, uint32_t channel) {
  return uint32_t(channel_bits<T>(texel, channel));
}
template <class T, int32_t ONE>
static uint32_t fraction(const uint8_t* texel, uint32_t channel) {
  float value = float(channel_bits<T>(texel, channel)) / float(ONE);
  return word_of(value < -1 ? -1 : value);
}
static uint32_t half_channel(const uint8_t* texel, uint32_t channel) {
  return word_of(half_to_float(channel_bits<uint16_t>(texel, channel)));
}
static uint32_t srgb(const uint8_t* texel, uint32_t channel) {
  if (channel == 3) return fraction<uint8_t, 255>(texel, channel);
  double s = double(texel[channel]) / 255;
  return word_of(float(s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4)));
}

static Channel channel_of(const SheerImage& im) {
  bool is_signed = im.kind == SHEER_SIGNED;
  if (im.bits == 32) return whole<uint32_t>;
  if (im.kind == SHEER_FLOAT) return half_channel;
  if (!im.as_float) {
    if (im.bits == 8) return is_signed ? whole<int8_t> : whole<uint8_t>;
    return is_signed ? whole<int16_t> : whole<uint16_t>;
  }
  if (im.srgb && im.bits == 8 && !is_signed) return srgb;
  if (im.bits == 8) return is_signed ? fraction<int8_t, 127> : fraction<uint8_t, 255>;
  return is_signed ? fraction<int16_t, 32767> : fraction<uint16_t, 65535>;
}

static bool gives_floats(const SheerImage& im) { return im.kind == SHEER_FLOAT || (im.as_float && im.bits < 32); }

// What every lane of a request shares.
struct Request {
  const SheerImage* im;
  uint32_t what, n;
  const uint32_t* coordinates;
  uint32_t* texels;
  Channel channel;
  uint32_t dimensions;
  uint32_t plane(uint32_t c, uint32_t lane) const { return coordinates[c * n + lane]; }
  float number(uint32_t c, uint32_t lane) const { return float_of(plane(c, lane)); }
};

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
  *i = within(floor_of((there.s + 1) / 2 * float(size)), size, CLAMP);
  *j = within(floor_of((there.t + 1) / 2 * float(size)), size, CLAMP);
}

// ---- a chunk of lanes in one level
struct Places {
  Axis axis[3];
  int32_t slice[CHUNK];  // layer, face
};

static const uint8_t* texel_at(const Request& r, const SheerLevel& level, int32_t slice, int32_t x, int32_t y, int32_t z) {
  if (r.im->seamless && r.im->shape == SHEER_CUBE) {
    int32_t face = slice % 6;
    around_the_edge(int32_t(level.width), &face, &x, &y);
    slice += face - slice % 6;
  } else if ((x | y | z) < 0) {
    return nullptr;
  }
  uint64_t texel_bytes = uint64_t(r.im->channels) * r.im->bits / 8;
  return reinterpret_cast<const uint8_t*>(level.data) + uint64_t(slice + z) * level.slice + uint64_t(y) * level.pitch +
         uint64_t(x) * texel_bytes;
}

static uint32_t word_at(const Request& r, const uint8_t* texel, uint32_t c) {
  if (c < r.im->channels) return texel ? r.channel(texel, c) : r.im->border[c];
  return c < 3 ? 0 : gives_floats(*r.im) ? word_of(1.0f) : 1;
}

static void find_places(const Request& r, const SheerLevel& level, uint32_t first, uint32_t count, bool linear, Places* p) {
  const SheerImage& im = *r.im;
  float cube[2][CHUNK];
  uint32_t layers = level.depth ? level.depth : 1;
  for (uint32_t i = 0; i < count; i++) {
    int32_t layer = r.what & SHEER_LAYERED ? int32_t(r.plane(SHEER_AT_LAYER, first + i)) : 0;
    if ((r.what & 7) == SHEER_CUBE) {
      Face f = face_of(r.number(0, first + i), r.number(1, first + i), r.number(2, first + i));
      cube[0][i] = (f.s + 1) / 2;
      cube[1][i] = (f.t + 1) / 2;
      int32_t cubes = int32_t(layers / 6);
      layer = within(layer, cubes > 1 ? cubes : 1, CLAMP) * 6 + f.face;
    }
    p->slice[i] = within(layer, int32_t(layers), CLAMP);
  }
  uint32_t sizes[3] = {level.width, level.height ? level.height : 1, layers};
  for (uint32_t a = 0; a < 3; a++) {
    if (a >= r.dimensions) {
      for (uint32_t i = 0; i < count; i++) p->axis[a].low[i] = 0;
      continue;
    }
    const uint32_t* words = r.coordinates + a * r.n + first;
    if ((r.what & 7) == SHEER_CUBE) {
      bool seamless = linear && im.seamless;
      axis_of_floats(cube[a], count, sizes[a], CLAMP, true, linear, &p->axis[a]);
      for (uint32_t i = 0; seamless && i < count; i++) {
        p->axis[a].low[i] = floor_of(tame(cube[a][i] * float(sizes[a]) - 0.5f));
        p->axis[a].high[i] = p->axis[a].low[i] + 1;
      }
    } else if (r.what & SHEER_INTEGER) {
      axis_of_integers(words, count, sizes[a], im.address[a], &p->axis[a]);
    } else {
      axis_of_floats(reinterpret_cast<const float*>(words), count, sizes[a], im.address[a], im.normalized, linear, &p->axis[a]);
    }
  }
}

static void nearest(const Request& r, const SheerLevel& level, const Places& p, uint32_t i, uint32_t* out) {
  const uint8_t* texel = texel_at(r, level, p.slice[i], p.axis[0].low[i], p.axis[1].low[i], p.axis[2].low[i]);
  for (uint32_t c = 0; c < 4; c++) out[c] = word_at(r, texel, c);
}

// The corners around a point, each weighted; those that count nothing are not looked at.
static void weighted(const Request& r, const SheerLevel& level, const Places& p, uint32_t i, uint32_t* out) {
  float sum[4];
  bool begun = false;
  for (uint32_t corner = 0; corner < 1u << r.dimensions; corner++) {
    float weight = 1;
    int32_t at[3] = {0, 0, 0};
    for (uint32_t a = 0; a < r.dimensions; a++) {
      const Axis& axis = p.axis[a];
      bool high = corner >> a & 1;
      weight = weight * (high ? axis.share[i] : 1 - axis.share[i]);
      at[a] = high ? axis.high[i] : axis.low[i];
    }
    if (weight == 0) continue;
    const uint8_t* texel = texel_at(r, level, p.slice[i], at[0], at[1], at[2]);
    for (uint32_t c = 0; c < r.im->channels; c++) {
      float part = weight * float_of(word_at(r, texel, c));
      sum[c] = begun ? sum[c] + part : part;
    }
    begun = true;
  }
  for (uint32_t c = 0; c < 4; c++) out[c] = c < r.im->channels ? word_of(sum[c]) : word_at(r, nullptr, c);
}

static void gathered(const Request& r, const SheerLevel& level, const Places& p, uint32_t i, uint32_t* out) {
  const Axis &x = p.axis[0], &y = p.axis[1];
  const int32_t corners[4][2] = {{x.low[i], y.high[i]}, {x.high[i], y.high[i]}, {x.high[i], y.low[i]}, {x.low[i], y.low[i]}};
  for (uint32_t c = 0; c < 4; c++)
    out[c] = word_at(r, texel_at(r, level, p.slice[i], corners[c][0], corners[c][1], 0), r.what >> 8 & 3);
}

static void in_level(const Request& r, uint32_t number, uint32_t first, uint32_t count, uint32_t mask, uint32_t (*out)[4]) {
  const SheerLevel& level = r.im->level[number];
  bool gather = r.what & SHEER_GATHER;
  bool linear = gather || (r.im->linear && !(r.what & SHEER_INTEGER));
  Places places;
  find_places(r, level, first, count, linear, &places);
  for (; mask; mask &= mask - 1) {
    uint32_t i = uint32_t(__builtin_ctz(mask));
    (gather ? gathered : linear ? weighted : nearest)(r, level, places, i, out[i]);
  }
}

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
  uint32_t texels[1][4];
  if (!im.linear_levels || !gives_floats(im)) {
    in_level(r, uint32_t(level + 0.5f), lane, 1, 1, texels);
    memcpy(out, texels[0], sizeof texels[0]);
    return;
  }
  uint32_t low = uint32_t(level);
  float share = float(int32_t((level - float(low)) * 256 + 0.5f)) * (1 / 256.0f);
  in_level(r, low, lane, 1, 1, texels);
  memcpy(out, texels[0], sizeof texels[0]);
  if (share == 0) return;
  in_level(r, low + 1, lane, 1, 1, texels);
  for (uint32_t c = 0; c < im.channels; c++)
    out[c] = word_of((1 - share) * float_of(out[c]) + share * float_of(texels[0][c]));
}

// ---- plain memory, read by the number of the texel: outside are zeros
static void from_memory(const Request& r, uint32_t lane, uint32_t out[4]) {
  const SheerLevel& level = r.im->level[0];
  int32_t at = r.what & SHEER_INTEGER ? int32_t(r.plane(0, lane)) : floor_of(tame(r.number(0, lane)));
  bool inside = at >= 0 && uint32_t(at) < level.width;
  const uint8_t* texel = reinterpret_cast<const uint8_t*>(level.data) + uint64_t(at) * r.im->channels * r.im->bits / 8;
  for (uint32_t c = 0; c < 4; c++) out[c] = inside ? word_at(r, texel, c) : 0;
}

static void fetch(const Request& r, uint32_t first, uint32_t count, uint32_t mask) {
  uint32_t found[CHUNK][4];
  if (r.im->shape == SHEER_LINEAR) {
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
      uint32_t i = uint32_t(__builtin_ctz(rest));
      from_memory(r, first + i, found[i]);
    }
  } else if (r.im->levels > 1 && !(r.what & SHEER_GATHER)) {
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
      uint32_t i = uint32_t(__builtin_ctz(rest));
      between_levels(r, first + i, found[i]);
    }
  } else {
    in_level(r, 0, first, count, mask, found);
  }
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    uint32_t i = uint32_t(__builtin_ctz(rest));
    for (uint32_t c = 0; c < 4; c++) r.texels[c * r.n + first + i] = found[i][c];
  }
}

extern "C" __attribute__((visibility("default"))) void sheer_rt_texture(SheerFrame* frame, uint32_t group, uint32_t what,
                                                                        const uint64_t* objects, const uint32_t* coordinates,
                                                                        const uint32_t* mask, uint32_t n, uint32_t* texels,
                                                                        uint32_t line, uint32_t file) {
  static const uint8_t dimensions[8] = {1, 1, 2, 3, 2, 0, 0, 0};
  Request r{nullptr, what, n, coordinates, texels, nullptr, dimensions[what & 7]};
  for (uint32_t first = 0; first < n; first += CHUNK) {
    uint32_t count = min(CHUNK, n - first);
    uint32_t rest = mask[first / 32] & (count < 32 ? (1u << count) - 1 : ~0u);
    while (rest) {  // lanes that fetch from the same object
      uint32_t lane = first + uint32_t(__builtin_ctz(rest)), same = rest;
      uint64_t object = objects[what & SHEER_SAME ? 0 : lane];
      for (uint32_t i = 0; i < count && !(what & SHEER_SAME); i++)
        if (objects[first + i] != object) same &= ~(1u << i);
      if (!r.im || uint64_t(r.im) != object) {
        r.im = image_of(frame, object, SHEER_TEXTURE, Place{group, lane, line, file});
        r.channel = channel_of(*r.im);
      }
      fetch(r, first, count, same);
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
