// From the tallies of blocks to the counters of a launch, and to their text in the run file.
#include "counting.h"

namespace sheer {

// As in base/counters.py.
const char* const unit_names[UNITS] = {"fp32",         "fp64",          "fp16",  "int",      "imad",    "sfu",     "convert",
                                       "branch",       "load",          "store", "atomic",   "shared_load", "shared_store",
                                       "shared_atomic", "local",        "constant", "shuffle", "vote",  "barrier", "tensor",
                                       "other"};
static const char* const tensor_names[TENSOR_TYPES] = {"fp16", "bf16", "tf32", "fp64", "int8"};
static const char* const float_names[FLOAT_TYPES] = {"fp16", "fp32", "fp64"};
static const char* const chain_names[CHAINS] = {"alu",  "load",    "shared",  "atomic",  "sfu",
                                                "fp64", "convert", "shuffle", "barrier", "tensor"};
static const char* const access_names[ACCESSED] = {"global_load", "global_store", "local_load",   "local_store",
                                                   "atomic",      "shared_load",  "shared_store", "shared_atomic"};
static const uint32_t unit_of[ACCESSED] = {8, 9, 14, 14, 10, 11, 12, 13};  // in unit_names
static const char* const request_names[REQUEST_FIELDS] = {"requests", "lanes",      "bytes", "sectors",
                                                          "lines",    "wavefronts", "same"};
static const uint64_t most_kept = 1 << 16, most_kept_of_all = 1 << 20;  // sectors of a launch

// ---- one block
static void add_known(const float* known, double entries, double lanes, Counted* c) {
  static const Accessed kinds[] = {SHARED_LOAD, SHARED_STORE};
  for (uint32_t k = 0; k < 2; k++, known += 4) {
    Requests& r = c->requests[kinds[k]];
    r.requests += entries * double(known[0]);
    r.lanes += lanes * double(known[0]);
    r.bytes += lanes * double(known[1]);
    r.wavefronts += entries * double(known[2]);
    r.sectors += entries * double(known[3]);
  }
}

static void add_work(const SheerCounting* info, const Tally& t, Counted* c) {
  for (uint32_t a = 0; a < ACCESSED; a++) c->requests[a] = t.requests[a];
  for (uint32_t b = 0; b < info->blocks; b++) {
    double entries = double(t.counts[2 * b]), lanes = double(t.counts[2 * b + 1]);
    if (entries == 0) continue;
    const float* row = info->work + b * COLUMNS;
    for (uint32_t u = 0; u < UNITS; u++) {
      c->issued[u] += entries * double(row[u]);
      c->active[u] += lanes * double(row[u]);
    }
    for (uint32_t i = 0; i < TENSOR_TYPES; i++) c->tensor[i] += entries * double(row[UNITS + i]);
    for (uint32_t i = 0; i < FLOAT_TYPES; i++) c->flops[i] += lanes * double(row[UNITS + TENSOR_TYPES + i]);
    for (uint32_t i = 0; i < CHAINS; i++) c->chain[i] += entries * double(row[UNITS + TENSOR_TYPES + FLOAT_TYPES + i]);
    add_known(row + UNITS + TENSOR_TYPES + FLOAT_TYPES + CHAINS, entries, lanes, c);
  }
  for (uint32_t a = 0; a < ACCESSED; a++) {
    c->issued[unit_of[a]] += c->requests[a].requests - t.silent[a][0];
    c->active[unit_of[a]] += c->requests[a].lanes - t.silent[a][1];
  }
}

static Counted* counted_of(const Code* code, uint64_t id, const Tally& t) {
  Counted* c = make<Counted>();
  c->id = id;
  add_work(code->counting, t, c);
  const Tracker& k = t.tracker;
  double seen = k.cold, all = t.requests[GLOBAL_LOAD].sectors + t.requests[LOCAL_LOAD].sectors;
  for (double r : k.reuse) seen += r;
  double scale = seen > 0 ? all / seen : 0;  // not 1 only where not all sectors were followed
  c->cold = k.cold * scale;
  for (uint32_t l = 0; l < LEVELS; l++) c->reuse[l] = k.reuse[l] * scale;
  c->shift = k.shift;
  c->sectors.reserve(k.entries.count);
  for (const Tracker::Entry& e : k.entries)
    if (e.flags & Tracker::OF_GRID) c->sectors.push(e.sector << 2 | (e.flags & 3));
  c->footprint = double(c->sectors.count) * SECTOR * double(1ull << k.shift);
  return c;
}

static double cost_of(const Counted& c, const Tally& t) {
  double cost = 0;
  for (double i : c.issued) cost += i;
  for (uint32_t a = 0; a < ACCESSED; a++) {
    bool atomic = a == ATOMIC_ACCESS || a == SHARED_ATOMIC;
    cost += (atomic ? 120 : 20) * t.requests[a].requests + 10 * t.requests[a].sectors;
  }
  return cost;
}

static uint32_t keep_followed(Counted* b, uint32_t shift) {
  uint32_t n = 0;
  for (uint64_t word : b->sectors)
    if (sector_followed(word >> 2, shift)) b->sectors[n++] = word;
  b->sectors.resize(n);
  return n;
}

static void keep_fewer(Counting* c) {  // lock held
  while (c->kept > (knobs().profile_all ? most_kept_of_all : most_kept)) {
    c->shift++;
    c->kept = 0;
    for (Counted* b : c->blocks) c->kept += keep_followed(b, c->shift);
  }
}

void counting_block_ended(Block* b) {
  Counting* c = b->node->counting;
  Counted* counted = counted_of(b->code, b->id, *b->tally);
  if (!load(c->plan)) {
    Vec<uint64_t>* plan = sample_plan(b->node->grid, cost_of(*counted, *b->tally));
    Vec<uint64_t>* nobody = nullptr;
    if (!compare_swap(c->plan, nobody, plan)) drop(plan);
  }
  Hold hold(c->lock);
  c->blocks.push(counted);
  c->shift = max(c->shift, counted->shift);
  c->kept += keep_followed(counted, c->shift);
  if (c->windows.count < b->tally->windows.count) c->windows.resize(b->tally->windows.count);
  for (uint32_t i = 0; i < b->tally->windows.count; i++) {
    const Window& from = b->tally->windows[i];
    Window& w = c->windows[i];
    w.low = min(w.low, from.low);
    w.high = max(w.high, from.high);
    w.writes |= from.writes;
  }
  keep_fewer(c);
}

// ---- which blocks
static bool planned(const Vec<uint64_t>& plan, uint64_t id) {
  uint32_t low = 0, high = plan.count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (plan[middle] == id) return true;
    if (plan[middle] < id) low = middle + 1;
    else high = middle;
  }
  return false;
}

// Workers' first blocks, which are others each time, are left out where the plan was kept, so that a launch counts the same in each run.
static void keep_planned(const Node* n, Counting* c) {
  if (knobs().profile_all || !c->plan || c->blocks.count == n->total || c->blocks.count == c->plan->count) return;
  Vec<Counted*> kept, others;
  for (Counted* b : c->blocks) (planned(*c->plan, b->id) ? kept : others).push(b);
  if (kept.count < c->plan->count) return;
  for (Counted* b : others) drop(b);
  c->blocks = sheer::move(kept);
}

bool counting_wants(Worker* w, Node* n, uint64_t id) {
  Counting* c = n->counting;
  if (knobs().profile_all) return true;
  if (const Vec<uint64_t>* plan = load(c->plan)) return planned(*plan, id);
  uint64_t bit = 1ull << w->index % 64;  // the first of each worker shows what a block costs
  return !(__atomic_fetch_or(&c->probes, bit, __ATOMIC_ACQ_REL) & bit);
}

uint64_t counting_next(Worker* w, Node* n, uint64_t from, uint64_t end) {
  if (knobs().profile_all) return from;
  const Vec<uint64_t>* plan = load(n->counting->plan);
  if (!plan) return counting_wants(w, n, from) ? from : end;
  uint32_t low = 0, high = plan->count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if ((*plan)[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low < plan->count ? min((*plan)[low], end) : end;
}

Code* counting_code(const Counting* c) { return c->code; }

// ---- the whole launch
struct Totals {
  double issued[UNITS], active[UNITS], tensor[TENSOR_TYPES], flops[FLOAT_TYPES], chain[CHAINS];
  Requests requests[ACCESSED];
  double cold, reuse[LEVELS], footprint;
};
static_assert(sizeof(Totals) == COUNTED_NUMBERS * sizeof(double), "numbers only");
static_assert(__builtin_offsetof(Counted, shift) - __builtin_offsetof(Counted, issued) == sizeof(Totals), "the same numbers");

static const double* numbers_of(const Counted& c) { return c.issued; }

static double instructions_of(const Counted& c) {
  double sum = 0;
  for (double i : c.issued) sum += i;
  return sum;
}

// Of the number of instructions: between stretches of neighbours, which resemble each other, inside each class of places.
static double relative_error(const Node* n, const Vec<Counted*>& blocks, const Vec<double>& weights, double total) {
  struct Class {
    double count, sum, squares, weight;
  } classes[PLACES] = {};
  for (uint32_t i = 0; i < blocks.count;) {
    uint32_t place = place_class(n->grid, blocks[i]->id), k = i;
    double sum = 0;
    for (; k < blocks.count && blocks[k]->id - blocks[i]->id == k - i && place_class(n->grid, blocks[k]->id) == place; k++)
      sum += instructions_of(*blocks[k]);
    double mean = sum / (k - i);
    Class& c = classes[place];
    c.count += 1;
    c.sum += mean;
    c.squares += mean * mean;
    c.weight += weights[i] * (k - i);
    i = k;
  }
  double variance = 0;
  for (const Class& c : classes) {
    if (c.count < 2) continue;
    double spread = max(0.0, (c.squares - c.sum * c.sum / c.count) / (c.count - 1));
    variance += c.weight * c.weight * spread / c.count;
  }
  return total > 0 ? __builtin_sqrt(variance) / total : 0;
}

static void number(String* out, double v) {
  if (v >= 0 && v < 9e15 && v == double(uint64_t(v)))
    out->format("%llu", static_cast<unsigned long long>(v));
  else
    out->format("%.7g", v);
}

static void field(String* out, const char* name, double v, bool* first) {
  out->format("%s\"%s\":", *first ? "" : ",", name);
  number(out, v);
  *first = false;
}

static void object(String* out, const char* name, const char* const* names, const double* values, uint32_t count) {
  out->format(",\"%s\":{", name);
  bool first = true;
  for (uint32_t i = 0; i < count; i++)
    if (values[i] != 0) field(out, names[i], values[i], &first);
  *out += "}";
}

static void list(String* out, const char* name, const double* values, uint32_t count) {
  while (count && values[count - 1] == 0) count--;
  out->format(",\"%s\":[", name);
  for (uint32_t i = 0; i < count; i++) {
    if (i) *out += ",";
    number(out, values[i]);
  }
  *out += "]";
}

static void write_requests(String* out, const Totals& t) {
  *out += ",\"memory\":{";
  bool first = true;
  for (uint32_t a = 0; a < ACCESSED; a++) {
    const double* values = &t.requests[a].requests;
    if (values[0] == 0) continue;
    out->format("%s\"%s\":{", first ? "" : ",", access_names[a]);
    bool inner = true;
    for (uint32_t i = 0; i < REQUEST_FIELDS; i++)
      if (i < 3 || values[i] != 0) field(out, request_names[i], values[i], &inner);
    *out += "}";
    first = false;
  }
  *out += "}";
}

static int by_id(const void* a, const void* b) {
  uint64_t x = (*static_cast<Counted* const*>(a))->id, y = (*static_cast<Counted* const*>(b))->id;
  return x < y ? -1 : int(x > y);
}

void write_counters(String* out, const Node* n, Counting* c) {
  keep_planned(n, c);
  qsort(c->blocks.data, c->blocks.count, sizeof c->blocks[0], by_id);
  bool all = c->blocks.count == n->total;
  Vec<double> weights = sample_weights(n->grid, c->blocks, false);
  Totals t{};
  double* sums = t.issued;
  for (uint32_t i = 0; i < c->blocks.count; i++)
    for (uint32_t k = 0; k < COUNTED_NUMBERS; k++) sums[k] += weights[i] * numbers_of(*c->blocks[i])[k];
  double total = 0, blocks = double(n->total);
  for (double i : t.issued) total += i;
  Reuse grid = grid_reuse(n, c, weights, all ? weights : sample_weights(n->grid, c->blocks, true), all);
  bool first = true;
  *out += "{";
  field(out, "blocks", blocks, &first);
  field(out, "counted_blocks", c->blocks.count, &first);
  c->instructions = total;
  c->error = all ? 0 : relative_error(n, c->blocks, weights, total);
  field(out, "error", c->error, &first);
  double warps = (n->threads + 31) / 32;
  field(out, "warps", blocks * warps, &first);
  field(out, "threads", blocks * n->threads, &first);
  object(out, "issued", unit_names, t.issued, UNITS);
  object(out, "active", unit_names, t.active, UNITS);
  object(out, "tensor", tensor_names, t.tensor, TENSOR_TYPES);
  object(out, "flops", float_names, t.flops, FLOAT_TYPES);
  write_requests(out, t);
  *out += ",\"l1\":{\"cold\":";
  number(out, t.cold);
  list(out, "reuse", t.reuse, LEVELS);
  *out += "},\"l2\":{";
  first = true;
  field(out, "cold_read", grid.cold_read, &first);
  field(out, "cold_write", grid.cold_write, &first);
  field(out, "written", grid.written, &first);
  field(out, "footprint", grid.footprint, &first);
  list(out, "reuse", grid.reuse, FURTHEST);
  *out += "},\"regions\":[";
  for (uint32_t i = 0; i < grid.regions.count; i++) {
    const Touched& t = grid.regions[i];
    out->format("%s[%llu,%llu", i ? "," : "", static_cast<unsigned long long>(t.low),
                static_cast<unsigned long long>(t.high - t.low));
    const double bytes[] = {t.cold_read, t.cold_write, t.written};
    for (double b : bytes) {
      *out += ",";
      number(out, b);
    }
    *out += "]";
  }
  *out += "],\"barriers\":";
  number(out, t.issued[18] / warps / blocks);
  object(out, "critical", chain_names, t.chain, CHAINS);
  *out += "}";
}
}  // namespace sheer
