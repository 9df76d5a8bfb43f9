// What code compiled for counting calls at each access of a warp: finds the sectors, lines and banks that its lanes need.
#include "counting.h"

namespace sheer {

Tally* tally_begin(Tally* t, const Code* code) {
  if (!t) t = make<Tally>();
  const SheerCounting* info = code->counting;
  t->counts.resize(2 * info->blocks);
  t->windows.clear();
  t->windows.resize(info->sites);
  t->banks.clear();
  t->banks.resize(info->sites);
  memset(t->counts.data, 0, t->counts.count * sizeof *t->counts.data);
  memset(static_cast<void*>(t->requests), 0, sizeof t->requests);
  memset(t->silent, 0, sizeof t->silent);
  t->tracker.reset();
  return t;
}

uint64_t* tally_counts(Tally* t) { return t->counts.data; }

struct Access {  // of a warp
  Block* block;
  Tally* tally;
  uint32_t group, site, bytes, kind, mask;  // kind: a SheerAccess
  bool silent;
};

// A set of at most 64 numbers.
struct Few {
  uint64_t values[64];
  uint8_t slots[128];
  uint32_t count = 0;
  Few() { memset(slots, 0xff, sizeof slots); }
  uint32_t add(uint64_t v) {  // where it is
    uint32_t i = uint32_t((v * 0x9E3779B97F4A7C15ull) >> 57);
    while (slots[i] != 0xff && values[slots[i]] != v) i = (i + 1) & 127;
    if (slots[i] == 0xff) {
      slots[i] = uint8_t(count);
      values[count++] = v;
    }
    return slots[i];
  }
};

static Requests& begin(const Access& a, Accessed what) {
  Requests& r = a.tally->requests[what];
  uint32_t lanes = uint32_t(__builtin_popcount(a.mask));
  r.requests += 1;
  r.lanes += lanes;
  r.bytes += double(lanes) * a.bytes;
  if (a.silent) {
    a.tally->silent[what][0] += 1;
    a.tally->silent[what][1] += lanes;
  }
  return r;
}

static void see(const Access& a, uint64_t low, uint64_t high) {
  Window& w = a.tally->windows[a.site];
  w.low = min(w.low, low);
  w.high = max(w.high, high);
  w.writes |= a.kind != SHEER_LOAD;
}

static Accessed cached_kind(const Access& a, bool local) {
  if (local) return a.kind == SHEER_LOAD ? LOCAL_LOAD : LOCAL_STORE;
  return a.kind == SHEER_LOAD ? GLOBAL_LOAD : a.kind == SHEER_STORE ? GLOBAL_STORE : ATOMIC_ACCESS;
}

static void follow(const Access& a, uint64_t first, uint64_t last, bool local) {
  Tracker& t = a.tally->tracker;
  for (uint64_t line = first >> 2; line <= last >> 2; line++) {
    if (!t.follows(line)) continue;
    uint64_t from = max(first, line << 2), to = min(last, (line << 2) + 3);
    for (uint64_t s = from; s <= to; s++) t.touch(s, a.kind == SHEER_LOAD, a.kind != SHEER_LOAD, !local);
  }
}

// Bytes [low, high), every sector of them wanted.
static void stretch(const Access& a, uint64_t low, uint64_t high) {
  Requests& r = begin(a, cached_kind(a, false));
  uint64_t first = low / SECTOR, last = (high - 1) / SECTOR;
  r.sectors += double(last - first + 1);
  r.lines += double((last >> 2) - (first >> 2) + 1);
  see(a, low, high);
  follow(a, first, last, false);
}

static void most_at_one_address(const Access& a, const uint64_t* addresses, Requests& r) {
  Few different;
  uint32_t count[64] = {}, most = 0;
  for (uint32_t rest = a.mask; rest; rest &= rest - 1) {
    uint32_t& here = count[different.add(addresses[__builtin_ctz(rest)])];
    most = max(most, ++here);
  }
  r.same += most;
}

// `bytes`: of each piece: local memory lies in words, of all lanes of a warp side by side.
static void pieces(const Access& a, const uint64_t* addresses, uint32_t bytes, bool local, Requests& r) {
  Few sectors, lines;
  for (uint32_t rest = a.mask; rest; rest &= rest - 1) {
    uint64_t at = addresses[__builtin_ctz(rest)];
    sectors.add(at / SECTOR);
    if ((at + bytes - 1) / SECTOR != at / SECTOR) sectors.add((at + bytes - 1) / SECTOR);
    if (!local) see(a, at, at + bytes);
  }
  for (uint32_t i = 0; i < sectors.count; i++) {
    lines.add(sectors.values[i] >> 2);
    follow(a, sectors.values[i], sectors.values[i], local);
  }
  r.sectors += sectors.count;
  r.lines += lines.count;
}

static void global_access(const Access& a, const uint64_t* addresses) {
  Requests& r = begin(a, cached_kind(a, false));
  pieces(a, addresses, a.bytes, false, r);
  if (a.kind == SHEER_ATOMIC) most_at_one_address(a, addresses, r);
}

// On a GPU word w of the local memory of the lanes of a warp lies side by side.
static void local_access(const Access& a, const uint64_t* addresses) {
  const SheerFrame& f = a.block->frame;
  Requests& r = begin(a, cached_kind(a, true));
  uint64_t base = uint64_t(f.local), places[32] = {};
  for (uint32_t word = 0; word < max(1u, a.bytes / 4); word++) {
    for (uint32_t rest = a.mask; rest; rest &= rest - 1) {
      uint32_t lane = uint32_t(__builtin_ctz(rest));
      uint64_t thread = a.group * 32 + lane;
      uint64_t offset = addresses[lane] - base - thread * f.local_stride + word * 4;
      places[lane] = base + uint64_t(a.group) * 32 * f.local_stride + offset / 4 * 128 + lane * 4 + offset % 4;
    }
    pieces(a, places, min(4u, a.bytes), true, r);
  }
}

// Passes over the 32 banks of 4 bytes: accesses of 8 bytes go by half warps, those of 16 by quarters.
static uint32_t wavefronts(const Access& a, const uint64_t* addresses) {
  uint32_t words = max(1u, a.bytes / 4), part = words >= 4 ? 8 : words == 2 ? 16 : 32, passes = 0;
  for (uint32_t from = 0; from < 32; from += part) {
    uint64_t wanted[32][32];
    uint8_t count[32] = {};
    uint32_t most = 0;
    for (uint32_t rest = a.mask >> from & (part == 32 ? ~0u : (1u << part) - 1); rest; rest &= rest - 1) {
      uint64_t word = addresses[from + uint32_t(__builtin_ctz(rest))] >> 2;
      for (uint32_t w = 0; w < min(words, 4u); w++, word++) {
        uint32_t bank = uint32_t(word) & 31, k = 0;
        while (k < count[bank] && wanted[bank][k] != word) k++;
        if (k == count[bank] && k < 32) wanted[bank][count[bank]++] = word;
        most = max<uint32_t>(most, count[bank]);
      }
    }
    passes += most;
  }
  return passes;
}

// Words of 4 bytes that lanes want, each once: lanes at the same word get it from one read.
static uint32_t different_words(const Access& a, const uint64_t* addresses) {
  uint64_t seen[128];
  uint32_t count = 0, words = min(max(1u, a.bytes / 4), 4u);
  for (uint32_t rest = a.mask; rest; rest &= rest - 1) {
    uint64_t word = addresses[__builtin_ctz(rest)] >> 2;
    for (uint32_t w = 0; w < words; w++, word++) {
      uint32_t k = 0;
      while (k < count && seen[k] != word) k++;
      if (k == count) seen[count++] = word;
    }
  }
  return count;
}

// Most places in the code access memory the same way each time, from another address: the banks are only turned.
static const Banks& remembered_banks(const Access& a, const uint64_t* addresses) {
  Banks& known = a.tally->banks[a.site];
  uint64_t first = addresses[__builtin_ctz(a.mask)];
  uint32_t offsets[32], different = known.mask ^ a.mask;
  for (uint32_t lane = 0; lane < 32; lane++) {
    offsets[lane] = a.mask >> lane & 1 ? uint32_t(addresses[lane] - first) : 0;
    different |= offsets[lane] ^ known.offsets[lane];
  }
  if (!different) return known;
  memcpy(known.offsets, offsets, sizeof offsets);
  known.mask = a.mask;
  known.passes = wavefronts(a, addresses);
  known.words = different_words(a, addresses);
  return known;
}

static void shared_access(const Access& a, const uint64_t* addresses) {
  Accessed what = a.kind == SHEER_LOAD ? SHARED_LOAD : a.kind == SHEER_STORE ? SHARED_STORE : SHARED_ATOMIC;
  Requests& r = begin(a, what);
  const Banks& banks = remembered_banks(a, addresses);
  r.wavefronts += banks.passes;
  r.sectors += double(banks.words) * 4 / SECTOR;
  if (a.kind == SHEER_ATOMIC) most_at_one_address(a, addresses, r);
}

enum Space : uint32_t { SPACE_GENERIC, SPACE_GLOBAL, SPACE_SHARED, SPACE_LOCAL, SPACE_PARAMETERS };

static Space space_of(const Block* b, uint64_t address) {
  if (address - uint64_t(b->shared_map) < b->shared_room) return SPACE_SHARED;
  if (address - uint64_t(b->local_map) < b->local_room) return SPACE_LOCAL;
  if (address - uint64_t(b->frame.params) < b->node->params_room) return SPACE_PARAMETERS;
  return SPACE_GLOBAL;
}

static void in_space(const Access& a, Space space, const uint64_t* addresses) {
  switch (space) {
    case SPACE_SHARED: return shared_access(a, addresses);
    case SPACE_LOCAL: return local_access(a, addresses);
    case SPACE_GLOBAL: return global_access(a, addresses);
    default: return;  // parameters lie in the constant bank
  }
}

static void scattered(Access a, Space space, const uint64_t* addresses) {
  if (space != SPACE_GENERIC) return in_space(a, space, addresses);
  uint32_t masks[5] = {};
  for (uint32_t rest = a.mask; rest; rest &= rest - 1) {
    uint32_t lane = uint32_t(__builtin_ctz(rest));
    masks[space_of(a.block, addresses[lane])] |= 1u << lane;
  }
  for (uint32_t s = SPACE_GLOBAL; s <= SPACE_LOCAL; s++) {
    a.mask = masks[s];
    if (a.mask) in_space(a, Space(s), addresses);
  }
}

static bool without_holes(uint32_t mask) {
  uint32_t ones = mask >> __builtin_ctz(mask);
  return !(ones & (ones + 1));
}

static void in_row(const Access& a, Space space, uint64_t base, int64_t step) {
  uint32_t first = uint32_t(__builtin_ctz(a.mask)), last = 31 - uint32_t(__builtin_clz(a.mask));
  uint64_t low = base + uint64_t(step) * first, high = base + uint64_t(step) * last;
  if (space == SPACE_GENERIC && space_of(a.block, low) == space_of(a.block, high)) space = space_of(a.block, low);
  bool dense = step >= 0 && step <= int64_t(SECTOR) && without_holes(a.mask);
  if (space == SPACE_GLOBAL && dense && a.kind != SHEER_ATOMIC) return stretch(a, low, high + a.bytes);
  if (space == SPACE_SHARED && a.kind != SHEER_ATOMIC && step == 0) {
    Accessed what = a.kind == SHEER_LOAD ? SHARED_LOAD : SHARED_STORE;
    begin(a, what).wavefronts += 1;
    return;
  }
  uint64_t addresses[32];
  for (uint32_t lane = 0; lane < 32; lane++) addresses[lane] = base + uint64_t(step) * lane;
  scattered(a, space, addresses);
}

// On a GPU other warps run while this one waits for its data, so that they are about as far: here too.
static void give_way(Block* b, uint32_t access, bool silent) {
  if (access != SHEER_LOAD || silent || !b->ready_first || b->lane_fibers) return;
  make_ready(b, b->current);
  suspend(b);
}

static Access access_of(Block* b, uint32_t group, uint32_t site, uint32_t what, uint32_t mask) {
  return Access{b, b->tally, group, site, what & 0xff, what >> 8 & 3, mask, (what >> 12 & 1) != 0};
}

static const uint32_t IS_PAIR = 1 << 13;

static bool aligned(const Access& a, const uint64_t* addresses) {
  uint64_t low = 0;
  for (uint32_t rest = a.mask; rest; rest &= rest - 1) low |= addresses[__builtin_ctz(rest)];
  return low % a.bytes == 0;
}

#define SERVICE_CALL extern "C" __attribute__((visibility("default")))

SERVICE_CALL void sheer_rt_count(SheerFrame* frame, uint32_t group, uint32_t site, uint32_t what, uint32_t mask,
                                 const uint64_t* addresses) {
  Block* b = static_cast<Block*>(frame->machine);
  if (!mask) return;
  Space space = Space(what >> 10 & 3);
  Access a = access_of(b, group, site, what, mask);
  hold_begin(b);
  if (SHEER_UNLIKELY(what & IS_PAIR) && !aligned(a, addresses)) {
    uint64_t upper[32];
    a.bytes /= 2;
    for (uint32_t lane = 0; lane < 32; lane++) upper[lane] = addresses[lane] + a.bytes;
    scattered(a, space, upper);
  }
  scattered(a, space, addresses);
  hold_end(b);
  if (space <= SPACE_GLOBAL) give_way(b, what >> 8 & 3, what >> 12 & 1);
}

SERVICE_CALL void sheer_rt_count_row(SheerFrame* frame, uint32_t group, uint32_t site, uint32_t what,
                                     uint32_t mask, uint64_t base, int64_t step) {
  Block* b = static_cast<Block*>(frame->machine);
  if (!mask) return;
  Space space = Space(what >> 10 & 3);
  Access a = access_of(b, group, site, what, mask);
  hold_begin(b);
  if (SHEER_UNLIKELY(what & IS_PAIR) && (base | uint64_t(step)) % a.bytes) {
    a.bytes /= 2;
    in_row(a, space, base + a.bytes, step);
  }
  in_row(a, space, base, step);
  hold_end(b);
  if (space <= SPACE_GLOBAL) give_way(b, what >> 8 & 3, what >> 12 & 1);
}
}  // namespace sheer
