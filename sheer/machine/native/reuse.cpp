// Reuse of sectors: inside a block (Tracker), and between the blocks of a grid.
#include "counting.h"

namespace sheer {

static const uint32_t none = ~0u;
static const uint8_t unlisted = 255;
// A block is followed exactly up to so many sectors, and so many accesses to them.
static const uint32_t most_entries = 8192, few_entries = 512;
static const uint64_t most_touches = 20000;

void Tracker::reset() {
  entries.clear();
  if (!table.count) table.resize(1024);
  memset(table.data, 0, table.count * sizeof *table.data);
  shift = listed = 0;
  head = oldest = none;
  limit = ~0ull;
  touches = 0;
  cold = 0;
  for (uint32_t l = 0; l < LEVELS; l++) {
    markers[l] = none;
    reuse[l] = 0;
  }
}

uint32_t* Tracker::slot_of(uint64_t sector) {
  uint32_t mask = table.count - 1, i = uint32_t((sector * 0xD6E8FEB86659FD93ull) >> 32) & mask;
  while (table[i] && entries[table[i] - 1].sector != sector) i = (i + 1) & mask;
  return &table[i];
}

void Tracker::grow() {
  uint32_t room = table.count * 2;
  table.resize(0);
  table.resize(room);
  memset(table.data, 0, room * sizeof *table.data);
  for (uint32_t i = 0; i < entries.count; i++) *slot_of(entries[i].sector) = i + 1;
}

// Sectors in the levels up to l: 1 KB << l, as far as they are followed.
static uint32_t room_of(uint32_t l, uint32_t shift) { return max(1u, uint32_t((uint64_t(LINE / 4) << l) >> shift)); }
static uint32_t first_level(uint32_t shift) { return shift > 5 ? min(shift - 5, LEVELS - 1) : 0; }

void Tracker::to_front(uint32_t at) {
  Entry& e = entries[at];
  double weight = double(1ull << shift);
  uint32_t first = first_level(shift), upto = LEVELS;
  bool fresh = e.level == unlisted;
  (fresh ? cold : reuse[e.level]) += weight;
  if (at == head) return;
  if (!fresh) {
    upto = e.level;
    if (markers[upto] == at) markers[upto] = e.newer;
    entries[e.newer].older = e.older;
    (e.older == none ? oldest : entries[e.older].newer) = e.newer;
  }
  e.newer = none;
  e.older = head;
  (head == none ? oldest : entries[head].newer) = at;
  head = at;
  e.level = uint8_t(first);
  for (uint32_t l = first; l < upto && markers[l] != none; l++) {  // each full level passes its oldest on
    uint32_t last = markers[l];
    entries[last].level = uint8_t(min(l + 1, LEVELS - 1));
    markers[l] = entries[last].newer;
  }
  if (!fresh) return;
  listed++;
  for (uint32_t l = first; l + 1 < LEVELS && room_of(l, shift) <= listed; l++)
    if (room_of(l, shift) == listed) markers[l] = oldest;
}

// Follows half of the lines from now on.
void Tracker::halve() {
  shift++;
  limit >>= 1;
  touches = 0;
  Vec<Entry> old = sheer::move(entries);
  entries = Vec<Entry>();
  uint32_t first = first_level(shift);
  listed = 0;
  for (uint32_t l = 0; l < LEVELS; l++) markers[l] = none;
  uint32_t level = first;
  for (uint32_t at = head; at != none; at = old[at].older) {
    if (!follows(old[at].sector >> 2)) continue;
    while (level + 1 < LEVELS && room_of(level, shift) <= listed) level++;
    entries.push(Entry{old[at].sector, listed ? listed - 1 : none, listed + 1, uint8_t(level), old[at].flags});
    listed++;
    for (uint32_t l = first; l + 1 < LEVELS && room_of(l, shift) <= listed; l++)
      if (room_of(l, shift) == listed) markers[l] = listed - 1;
  }
  head = listed ? 0 : none;
  oldest = listed ? listed - 1 : none;
  if (listed) entries[oldest].older = none;
  for (Entry& e : old)
    if (e.level == unlisted && follows(e.sector >> 2)) entries.push(e);
  table.resize(table.count / 2);
  grow();
}

void Tracker::touch(uint64_t sector, bool load, bool writes, bool of_grid) {
  uint32_t* slot = slot_of(sector);
  uint32_t at = *slot - 1;
  if (!*slot) {
    at = entries.count;
    entries.push(Entry{sector, none, none, unlisted, uint8_t((load ? READ_FIRST : 0) | (of_grid ? OF_GRID : 0))});
    *slot = at + 1;
    if (entries.count * 2 > table.count) grow();
  }
  if (writes) entries[at].flags |= WRITTEN;
  if (load) to_front(at);
  touches++;
  if (entries.count > most_entries || (touches > most_touches && entries.count > few_entries)) halve();
}

// ---- between blocks
bool sector_followed(uint64_t sector, uint32_t shift) {
  return (sector >> 2) * 0x9E3779B97F4A7C15ull <= ~0ull >> shift;
}

struct Region {  // of memory, that some accesses went to
  uint64_t low, high;
  double fresh_read, fresh_write, fresh_written;  // bytes that no counted neighbour had touched, or written, before
  double touched;                                 // bytes, block by block
};

static Vec<Region> regions_of(const Vec<Window>& windows) {
  Vec<Region> found;
  for (const Window& w : windows) {
    if (w.high <= w.low) continue;
    Region r{w.low / SECTOR * SECTOR, round_up(w.high, SECTOR), 0, 0, 0, 0};
    for (uint32_t i = 0; i < found.count;) {  // swallow those that overlap
      if (found[i].high <= r.low || found[i].low >= r.high) {
        i++;
        continue;
      }
      r.low = min(r.low, found[i].low);
      r.high = max(r.high, found[i].high);
      found.remove(i);
      i = 0;
    }
    found.push(r);
  }
  for (uint32_t i = 1; i < found.count; i++)
    for (uint32_t k = i; k && found[k].low < found[k - 1].low; k--) {
      Region t = found[k];
      found[k] = found[k - 1];
      found[k - 1] = t;
    }
  return found;
}

static Region* region_at(Vec<Region>& regions, uint64_t address) {
  uint32_t low = 0, high = regions.count;
  while (high - low > 1) {
    uint32_t middle = (low + high) / 2;
    (regions[middle].low <= address ? low : high) = middle;
  }
  return &regions[low];
}

static uint32_t power(double distance) {
  uint32_t k = 0;
  while (k + 1 < FURTHEST && distance >= double(2ull << k)) k++;
  return k;
}

struct Toucher {
  uint64_t block, writer;  // + 1; 0: none yet
};
using Touchers = Map<uint64_t, Toucher>;

// A block so far back may be told to be the last that touched: those between were looked at, too.
static bool near(const Node* n, uint64_t distance) {
  const uint64_t reach = 4, steps[] = {0, n->grid[0], uint64_t(n->grid[0]) * n->grid[1]};
  for (uint64_t step : steps)
    if (distance + reach > step && distance < step + reach) return true;
  return false;
}

static void look_back(const Node* n, Counting* c, const Counted& b, double weight, bool all, Touchers& last,
                      Vec<Region>& regions, Reuse* out) {
  double bytes = double(SECTOR) * double(1ull << c->shift);
  for (uint64_t word : b.sectors) {
    uint64_t sector = word >> 2;
    if (!sector_followed(sector, c->shift)) continue;
    bool written = word & Tracker::WRITTEN, read_first = word & Tracker::READ_FIRST;
    Toucher& t = last[sector];
    if (weight > 0) {
      uint64_t back = t.block ? b.id + 1 - t.block : 0, wrote = t.writer ? b.id + 1 - t.writer : 0;
      bool again = t.block && (all || near(n, back));
      Region* r = region_at(regions, sector * SECTOR);
      if (again) out->reuse[power(double(back))] += weight * bytes;
      else (read_first ? r->fresh_read : r->fresh_write) += weight * bytes;
      if (written && !(t.writer && (all || near(n, wrote)))) r->fresh_written += weight * bytes;
      r->touched += weight * bytes;
    }
    t.block = b.id + 1;
    if (written) t.writer = b.id + 1;
  }
}

// Of a region that is touched densely, all: what few blocks of a sample tell scatters by some parts in a hundred.
static double settled(double fresh, const Region& r) {
  double extent = double(r.high - r.low);
  return fresh < 0.7 * extent ? fresh : fresh < 0.85 * extent ? min(extent, r.touched) : extent;
}

// What was fresh to the counted neighbours is no more than the region, whose other blocks touch the same bytes; and where it is
// nearly all of it, it is all of it. The rest was touched by blocks further away: evenly spread ones, if nothing more is known.
static void settle(const Node* n, Region& r, Reuse* out) {
  double fresh = r.fresh_read + r.fresh_write;
  if (fresh <= 0) return;
  double cold = settled(fresh, r);
  out->cold_read += cold * r.fresh_read / fresh;
  out->cold_write += cold * r.fresh_write / fresh;
  out->written += settled(r.fresh_written, r);
  if (fresh > cold * 1.000001) out->reuse[power(double(n->total) * cold / fresh)] += fresh - cold;
}

Reuse grid_reuse(const Node* n, Counting* c, const Vec<double>& weights, const Vec<double>& anchors, bool all) {
  Reuse out{};
  Vec<Region> regions = regions_of(c->windows);
  if (!regions.count) return out;
  Touchers last;
  double total = 0;
  for (uint32_t i = 0; i < c->blocks.count; i++) {
    look_back(n, c, *c->blocks[i], anchors[i], all, last, regions, &out);
    total += weights[i] * c->blocks[i]->footprint;
  }
  out.footprint = total / double(n->total);
  for (Region& r : regions) {
    Touched t{r.low, r.high, out.cold_read, out.cold_write, out.written};
    if (all) {
      out.cold_read += r.fresh_read;
      out.cold_write += r.fresh_write;
      out.written += r.fresh_written;
    } else {
      settle(n, r, &out);
    }
    t.cold_read = out.cold_read - t.cold_read;
    t.cold_write = out.cold_write - t.cold_write;
    t.written = out.written - t.written;
    out.regions.push(t);
  }
  return out;
}
}  // namespace sheer
