// Which blocks of a grid are counted, and what each of them stands for.
//
// Small grids are counted whole. Of large ones some stretches of neighbouring blocks, evenly spread, and in grids of two and three
// dimensions the stretches above and before them, so that what neighbours share is seen; some of the stretches lie at the
// grid's edges, whose blocks differ. Blocks are weighted by where they are: inside, or at which edge.
#include "counting.h"

namespace sheer {

static const uint64_t stretch = 4;
static const uint64_t most_blocks = 512, fewest_blocks = 12, part = 40;
static const double budget = 1e6;  // of work, in micro-operations, for what accesses cost see totals.cpp

static void add_stretch(Vec<uint64_t>* ids, const uint32_t grid[3], uint64_t first) {
  uint64_t row = grid[0], plane = row * grid[1], total = plane * grid[2];
  uint64_t back[3] = {0, row, plane};
  uint32_t steps = grid[2] > 1 ? 3 : grid[1] > 1 ? 2 : 1;
  for (uint32_t s = 0; s < steps; s++) {
    if (back[s] > first || (s == 2 && grid[1] == 1)) continue;
    for (uint64_t i = 0; i < stretch && first + i < total; i++) ids->push(first + i - back[s]);
  }
}

static void sort(Vec<uint64_t>* v) {  // and drops what is there twice
  qsort(v->data, v->count, sizeof(uint64_t), [](const void* a, const void* b) {
    uint64_t x = *static_cast<const uint64_t*>(a), y = *static_cast<const uint64_t*>(b);
    return x < y ? -1 : int(x > y);
  });
  uint32_t kept = 0;
  for (uint32_t i = 0; i < v->count; i++)
    if (!kept || (*v)[kept - 1] != (*v)[i]) (*v)[kept++] = (*v)[i];
  v->resize(kept);
}

Vec<uint64_t>* sample_plan(const uint32_t grid[3], double cost_of_a_block) {
  uint64_t row = grid[0], plane = row * grid[1], total = plane * grid[2];
  double affordable = budget / max(1.0, cost_of_a_block);
  uint64_t wanted = min(max(fewest_blocks, total / part), most_blocks);
  if (affordable > double(wanted)) wanted = affordable < double(total) ? uint64_t(affordable) : total;
  Vec<uint64_t>* ids = make<Vec<uint64_t>>();
  if (wanted * 4 >= total * 3) {
    for (uint64_t i = 0; i < total; i++) ids->push(i);
    return ids;
  }
  uint64_t in_a_place = stretch * (1 + (grid[1] > 1) + (grid[2] > 1));
  uint64_t places = max<uint64_t>(3, (wanted + in_a_place / 2) / in_a_place);
  for (uint64_t p = 0; p < places; p++) {
    uint64_t from = total * p / places, to = total * (p + 1) / places;
    uint64_t at = from + hash_of(p + 1) % max<uint64_t>(1, to - from);
    if (p == 0) at = 0;
    if (p == places - 1) at = total > stretch ? total - stretch : 0;
    if (row > 2 * stretch && grid[1] > 1) {  // the first and the last column
      if (p % 6 == 1) at = at / row * row;
      if (p % 6 == 4) at = at / row * row + row - stretch;
    }
    add_stretch(ids, grid, min(at, total - 1));
  }
  sort(ids);
  return ids;
}

uint32_t place_class(const uint32_t grid[3], uint64_t id) {
  uint64_t at[3] = {id % grid[0], id / grid[0] % grid[1], id / grid[0] / grid[1]};
  uint32_t place = 0;
  for (int i = 2; i >= 0; i--) {
    uint32_t edge = grid[i] == 1 || (at[i] && at[i] + 1 < grid[i]) ? 0 : at[i] ? 2 : 1;
    place = place * 3 + edge;
  }
  return place;
}

static double blocks_in(const uint32_t grid[3], uint32_t place) {
  double count = 1;
  for (int i = 0; i < 3; i++, place /= 3)
    count *= place % 3 ? double(grid[i] > 1) : grid[i] == 1 ? 1.0 : double(grid[i]) - 2;
  return count;
}

static bool holds(const Vec<Counted*>& blocks, uint64_t id) {  // sorted by id
  uint32_t low = 0, high = blocks.count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (blocks[middle]->id == id) return true;
    if (blocks[middle]->id < id) low = middle + 1;
    else high = middle;
  }
  return false;
}

// All the neighbours before it, as far as it has any, were counted: what it shares with them is known.
static bool is_anchor(const uint32_t grid[3], const Vec<Counted*>& blocks, uint64_t id) {
  uint64_t row = grid[0], plane = row * grid[1];
  if (id % row && !holds(blocks, id - 1)) return false;
  if (grid[1] > 1 && id / row % grid[1] && !holds(blocks, id - row)) return false;
  return grid[2] == 1 || id < plane || holds(blocks, id - plane);
}

Vec<double> sample_weights(const uint32_t grid[3], const Vec<Counted*>& blocks, bool only_anchors) {
  Vec<double> weights;
  uint32_t counted[PLACES] = {};
  Vec<uint32_t> places;
  for (const Counted* b : blocks) {
    bool taken = !only_anchors || is_anchor(grid, blocks, b->id);
    places.push(taken ? place_class(grid, b->id) : PLACES);
    if (taken) counted[places.back()]++;
  }
  double each[PLACES] = {}, left = 0, seen = 0;
  for (uint32_t p = 0; p < PLACES; p++) (counted[p] ? seen : left) += blocks_in(grid, p);
  for (uint32_t p = 0; p < PLACES; p++)  // what no counted block stands for is shared out
    if (counted[p]) each[p] = blocks_in(grid, p) * (1 + left / seen) / counted[p];
  for (uint32_t p : places) weights.push(p < PLACES ? each[p] : 0.0);
  return weights;
}
}  // namespace sheer
