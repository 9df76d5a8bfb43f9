// Counting and the run file, shared by profile.cpp, count.cpp, reuse.cpp, sample.cpp and totals.cpp. A launch that is counted has a Counting;
// the blocks of it that were chosen run code compiled for counting, each with a Tally; what they counted becomes a Counted; all of
// them together, extrapolated to the grid, become a line of the run file. docs/counting.md says what the numbers mean.
#pragma once
#include "internal.h"

namespace sheer {

// As in base/counters.py; a test keeps them together.
constexpr uint32_t UNITS = 21, TENSOR_TYPES = 5, FLOAT_TYPES = 3, CHAINS = 10, KNOWN = 8,
                   COLUMNS = UNITS + TENSOR_TYPES + FLOAT_TYPES + CHAINS + KNOWN;
extern const char* const unit_names[UNITS];
enum Accessed : uint32_t {
  GLOBAL_LOAD, GLOBAL_STORE, LOCAL_LOAD, LOCAL_STORE, ATOMIC_ACCESS, SHARED_LOAD, SHARED_STORE, SHARED_ATOMIC, ACCESSED
};
constexpr uint32_t SECTOR = 32, LINE = 128;
constexpr uint32_t LEVELS = 24;  // of reuse distance: 1 KB, 2 KB ... 8 GB
constexpr uint32_t FURTHEST = 32;  // powers of two of a distance in blocks

struct Requests {
  double requests, lanes, bytes, sectors, lines, wavefronts, same;
};
constexpr uint32_t REQUEST_FIELDS = sizeof(Requests) / sizeof(double);

// The sectors that a block touches, newest first, in levels of reuse distance (Kim's groups: an access costs as many
// steps as its level is high). Follows only lines whose hash is below a limit (SHARDS); the limit halves when they get many.
struct Tracker {
  enum : uint8_t { READ_FIRST = 1, WRITTEN = 2, OF_GRID = 4 };
  struct Entry {
    uint64_t sector;
    uint32_t newer, older;
    uint8_t level, flags;
  };
  Vec<Entry> entries;
  Vec<uint32_t> table;  // entry + 1, by hash of the sector
  uint32_t shift = 0, head = 0, oldest = 0, listed = 0, markers[LEVELS] = {};
  uint64_t limit = ~0ull, touches = 0;
  double cold = 0, reuse[LEVELS] = {};

  void reset();
  bool follows(uint64_t line) const { return line * 0x9E3779B97F4A7C15ull <= limit; }
  void touch(uint64_t sector, bool load, bool writes, bool of_grid);

 private:
  uint32_t* slot_of(uint64_t sector);
  void to_front(uint32_t at);
  void halve();
  void grow();
};

struct Window {  // addresses that a place in the code has accessed
  uint64_t low = ~0ull, high = 0;
  bool writes = false;
};

struct Banks {  // how the lanes last accessed shared memory at a place, and what that took
  uint32_t mask = 0, passes = 0, words = 0, offsets[32] = {};  // from the first active lane's address
};

struct Tally {  // a block that is being counted
  Vec<uint64_t> counts;  // frame.counts
  Requests requests[ACCESSED];
  double silent[ACCESSED][2];  // requests and lanes without an instruction of their own
  Vec<Window> windows;         // by place
  Vec<Banks> banks;            // by place
  Tracker tracker;
};

struct Counted {  // a block that has been counted
  uint64_t id;
  double issued[UNITS], active[UNITS], tensor[TENSOR_TYPES], flops[FLOAT_TYPES], chain[CHAINS];
  Requests requests[ACCESSED];
  double cold, reuse[LEVELS], footprint;
  uint32_t shift;
  Vec<uint64_t> sectors;  // number << 2 | WRITTEN | READ_FIRST
};
constexpr uint32_t COUNTED_NUMBERS = 2 * UNITS + TENSOR_TYPES + FLOAT_TYPES + CHAINS + ACCESSED * REQUEST_FIELDS + LEVELS + 2;

struct Counting {  // a launch that is counted
  Code* code = nullptr;
  uint64_t line = 0;    // its number in the run file
  uint64_t shape = 0;   // which launches it is one of
  double instructions = 0, error = 0;  // when it has ended: issued, and how far that may be off by sampling
  Mutex lock;
  Vec<uint64_t>* plan = nullptr;  // atomic: blocks to count, sorted; null: none has been counted yet
  uint64_t probes = 0;            // atomic: workers that have taken a first block, a bit each
  Vec<Counted*> blocks;           // (lock) in the order in which they ended
  Vec<Window> windows;            // (lock)
  uint64_t kept = 0;              // (lock) sectors in all blocks
  uint32_t shift = 0;             // (lock) sectors are kept of one line in 2**shift
};

// reuse.cpp
struct Touched {  // a region of memory that a grid touched, and different bytes of it by what came first, and written
  uint64_t low, high;
  double cold_read, cold_write, written;
};
struct Reuse {
  double cold_read, cold_write, written, reuse[FURTHEST], footprint;
  Vec<Touched> regions;
};
bool sector_followed(uint64_t sector, uint32_t shift);
// `weights`: blocks that each of these stands for; `anchors`: the same, of those whose neighbours were counted too, 0 for the others
Reuse grid_reuse(const Node*, Counting*, const Vec<double>& weights, const Vec<double>& anchors, bool all);
// sample.cpp
Vec<uint64_t>* sample_plan(const uint32_t grid[3], double cost_of_a_block);
uint32_t place_class(const uint32_t grid[3], uint64_t id);  // inside the grid, or at which of its edges: < PLACES
constexpr uint32_t PLACES = 27;
Vec<double> sample_weights(const uint32_t grid[3], const Vec<Counted*>&, bool only_anchors);
// totals.cpp
void write_counters(String* out, const Node*, Counting*);
}  // namespace sheer
