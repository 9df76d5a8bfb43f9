// Live blocks: the frame that kernels see, its shared and local memory, its fibers and barriers; running one
// until it is done or has to wait.
#include <sys/mman.h>

#include "internal.h"

namespace sheer {

static const uint64_t page = 4096;

// (Re)maps a window of at least `bytes` with an unreadable page behind it; keeps the old one where it is
// large enough.
static void window(uint8_t** map, uint64_t* room, uint64_t bytes) {
  if (bytes <= *room && *map) return;
  if (*map) munmap(*map, *room + page);
  *room = round_up(max<uint64_t>(bytes, 64 << 10), page);
  void* at =
      mmap(nullptr, *room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) checked(nullptr);
  *map = static_cast<uint8_t*>(at);
  mprotect(*map + *room, page, PROT_NONE);
}

static void add_fibers(Block* b, uint32_t wanted) {
  const SheerKernelInfo* info = b->code->info;
  uint64_t stack = info->stack_bytes;
  if (info->flags & SHEER_RECURSIVE)  // frames hold vectors: what a thread keeps, times the lanes, and spills
    stack = max<uint64_t>(stack, 1 << 20) + b->node->device->limits[int(Limit::StackBytes)] * info->lanes * 2;
  while (b->fibers.count < wanted) {
    uint32_t i = b->fibers.count;
    Fiber* f = fiber_get(b->worker, stack);
    f->block = b;
    f->group = b->lane_fibers ? i / 32 : i;
    f->lane = b->lane_fibers ? i % 32 : 0;
    b->fibers.push(f);
  }
}

bool needs_fibers(const Code* code) {
  return code->info->flags & (SHEER_BARRIER | SHEER_POLLS | SHEER_LANE_FIBERS | SHEER_GRID_BARRIER);
}

static uint32_t local_stride(const Code* code, const Device* d) {
  uint64_t bytes = code->info->local_bytes;
  if (code->info->flags & SHEER_RECURSIVE)
    bytes += max<uint64_t>(d->limits[int(Limit::StackBytes)], 16 << 10);
  return uint32_t(round_up(bytes, 16));
}

static void set_frame(Block* b) {
  Node* n = b->node;
  SheerFrame& f = b->frame;
  uint32_t threads = n->threads;
  f.params = n->params;
  f.globals = n->globals;
  for (int i = 0; i < 3; i++) {
    f.ntid[i] = n->block[i];
    f.nctaid[i] = n->grid[i];
  }
  // By this code, not by the launch: a checked form may keep in memory what the fast one has in registers.
  f.shared_bytes = b->code->info->static_shared + n->dynamic_shared;
  f.dynamic_shared = n->dynamic_shared;
  f.local_stride = local_stride(b->code, n->device);
  f.gridid = n->id;
  f.nsmid = uint32_t(n->device->multiprocessors);
  f.machine = b;
  // The ends stand close to the guard pages, so that overruns are seen.
  window(&b->shared_map, &b->shared_room, round_up(f.shared_bytes, 128));
  f.shared = b->shared_map + b->shared_room - round_up(f.shared_bytes, 128);
  // Whole groups: their lanes may have their words side by side.
  uint64_t local = round_up(round_up(threads, b->code->info->lanes) * uint64_t(f.local_stride), 128);
  window(&b->local_map, &b->local_room, local);
  f.local = b->local_map + b->local_room - local;
}

Block* block_get(Worker* w, Node* n, Code* code) {
  Block* b;
  if (w->spare.count) {
    b = w->spare.back();
    w->spare.pop();
  } else {
    b = make<Block>();
    memset(static_cast<void*>(b->barriers), 0, sizeof b->barriers);
  }
  b->worker = w;
  b->node = n;
  b->code = code;
  b->threads = n->threads;
  b->simple = !needs_fibers(code);
  b->lane_fibers = code->info->flags & SHEER_LANE_FIBERS;
  b->replay = false;
  uint32_t lanes = code->info->lanes;
  uint32_t groups = (b->threads + lanes - 1) / lanes;
  add_fibers(b, b->simple ? 1 : b->lane_fibers ? b->threads : groups);
  b->group_exited.resize(b->simple ? 0 : groups);
  b->lane_groups.resize(b->lane_fibers ? groups : 0);
  set_frame(b);
  return b;
}

void block_put(Block* b) {
  Worker* w = b->worker;
  for (Fiber* f : b->fibers) fiber_put(w, f);
  b->fibers.clear();
  w->spare.push(b);
}

void block_start(Block* b, uint64_t id) {
  Node* n = b->node;
  b->id = id;
  b->frame.ctaid[0] = uint32_t(id % n->grid[0]);
  uint64_t rest = id / n->grid[0];
  b->frame.ctaid[1] = uint32_t(rest % n->grid[1]);
  b->frame.ctaid[2] = uint32_t(rest / n->grid[1]);
  b->frame.smid = uint32_t(id % b->frame.nsmid);
  b->ready_first = b->polled_first = nullptr;
  if (SHEER_UNLIKELY(b->code->counting != nullptr)) {
    b->tally = tally_begin(b->tally, b->code);
    b->frame.counts = tally_counts(b->tally);
  }
  if (b->simple) {
    b->fibers_live = 1;
    make_ready(b, b->fibers[0]);
    return;
  }
  b->fibers_live = b->fibers.count;
  b->threads_live = b->threads;
  if (uint64_t used = b->barriers_used)
    memset(static_cast<void*>(b->barriers), 0, sizeof *b->barriers * (used >> PTX_BARRIERS ? BARRIERS : PTX_BARRIERS));
  b->barriers_used = 0;
  b->grid_arrived = 0;
  b->grid_first = nullptr;
  b->grid_waiting = false;
  memset(b->group_exited.data, 0, 4 * b->group_exited.count);
  for (LaneGroup& g : b->lane_groups) g.exited = g.waiting = 0;
  Fiber* previous = nullptr;
  for (Fiber* f : b->fibers) {
    if (previous) previous->next = f;
    f->polls = 0;
    previous = f;
  }
  previous->next = nullptr;
  b->ready_first = b->fibers[0];
  b->ready_last = previous;
}

Left block_enter(Block* b) {
  Worker* w = b->worker;
  if (!b->ready_first && b->polled_first) {
    b->ready_first = b->polled_first;
    b->ready_last = b->polled_last;
    b->polled_first = nullptr;
  }
  Fiber* f = b->ready_first;
  if (!f) return Left::Waiting;
  b->ready_first = f->next;
  b->current = f;
  uint32_t outside = float_mode();
  uint32_t inside = b->code->info->flags & SHEER_FTZ ? float_mode_flushing : float_mode_plain;
  if (inside != outside) float_mode_set(inside);
  bool tiles = b->code->info->flags & SHEER_TILES;
  if (tiles) tiles_begin();
  w->inside = b;
  asm volatile("" ::: "memory");
  sheer_switch(&w->home, f->sp);
  asm volatile("" ::: "memory");
  w->inside = nullptr;
  if (tiles) tiles_end();
  if (inside != outside) float_mode_set(outside);
  return w->left;
}

void block_abandon(Block* b) {
  for (Fiber* f : b->fibers)
    if (!f->fresh) fiber_reset(f);
  fiber_reset(b->current ? b->current : b->fibers[0]);
  b->ready_first = b->polled_first = b->grid_first = nullptr;
  b->grid_waiting = false;
  b->barriers_used = ~0ull;
  b->worker->hold = 0;
}

// ---- barriers
static uint32_t barrier_result(const BarrierState& s) {
  switch (s.mode) {
    case SHEER_BAR_POPC: return s.votes;
    case SHEER_BAR_AND: return s.votes == s.arrived;
    case SHEER_BAR_OR: return s.votes != 0;
  }
  return 0;
}

static uint32_t open_barrier(Block* b, BarrierState& s) {
  uint32_t result = barrier_result(s);
  for (Fiber* f = s.first; f; f = f->next) f->result = result;
  if (s.first) {
    if (b->ready_first)
      b->ready_last->next = s.first;
    else
      b->ready_first = s.first;
    b->ready_last = s.last;
  }
  s = BarrierState{};
  return result;
}

static void enlist(Fiber** first, Fiber** last, Fiber* f) {
  f->next = nullptr;
  if (*first)
    (*last)->next = f;
  else
    *first = f;
  *last = f;
}

extern "C" __attribute__((visibility("default"))) uint32_t sheer_rt_barrier(SheerFrame* frame, uint32_t,
                                                                            uint32_t arriving, uint32_t id,
                                                                            uint32_t expected, uint32_t mode,
                                                                            uint32_t votes) {
  Block* b = static_cast<Block*>(frame->machine);
  BarrierState& s = b->barriers[id % BARRIERS];
  s.arrived += arriving;
  s.votes += votes;
  s.expected = expected;
  if (mode != SHEER_BAR_ARRIVE) s.mode = mode;
  uint32_t needed = expected ? expected : b->threads_live;
  bool open = s.arrived >= needed;
  if (open && (!s.first || mode == SHEER_BAR_ARRIVE)) return open_barrier(b, s);
  b->barriers_used |= 1ull << id % BARRIERS;
  if (mode == SHEER_BAR_ARRIVE) return 0;
  // The last to come queues behind the others: the first group, which in so many programs collects what all have put
  // into shared memory, goes on first, as it would get there first on a GPU where a second barrier is missing.
  Fiber* self = b->current;
  enlist(&s.first, &s.last, self);
  if (open) open_barrier(b, s);
  suspend(b);
  return self->result;
}

// ---- grid barriers
static void spin_lock(uint32_t& lock) {
  uint32_t open = 0;
  while (!compare_swap(lock, open, 1u)) {
    open = 0;
    cpu_pause();
  }
}

// A block came (or ended: `ended`); opens the barrier when all blocks that have not ended are there.
static void grid_event(Node* n, bool ended) {
  spin_lock(n->grid_lock);
  if (ended)
    n->grid_live--;
  else
    n->grid_arrived++;
  if (n->grid_arrived && n->grid_arrived == n->grid_live) {
    n->grid_arrived = 0;
    fetch_add(n->grid_generation, 1);
  }
  store(n->grid_lock, 0);
}

void grid_block_ended(Node* n) { grid_event(n, true); }

static void block_came_to_grid(Block* b) {
  b->grid_arrived = 0;
  b->grid_waiting = true;
  hold_begin(b);
  grid_event(b->node, false);
  hold_end(b);
}

void block_check_grid(Block* b) {
  if (!b->grid_waiting || load(b->node->grid_generation) == b->grid_seen) return;
  b->grid_waiting = false;
  for (Fiber *f = b->grid_first, *next; f; f = next) {
    next = f->next;
    make_ready(b, f);
  }
  b->grid_first = nullptr;
}

extern "C" __attribute__((visibility("default"))) void sheer_rt_grid_barrier(SheerFrame* frame, uint32_t,
                                                                             uint32_t arriving) {
  Block* b = static_cast<Block*>(frame->machine);
  if (b->replay) return;  // the other blocks are gone
  if (!b->grid_arrived) b->grid_seen = load(b->node->grid_generation);
  b->grid_arrived += arriving;
  enlist(&b->grid_first, &b->grid_last, b->current);
  if (b->grid_arrived >= b->threads_live) {
    block_came_to_grid(b);
    block_check_grid(b);
  }
  suspend(b);
}

void block_exit_threads(Block* b, uint32_t threads) {
  b->threads_live -= min(threads, b->threads_live);
  uint64_t used = b->barriers_used;
  if (SHEER_UNLIKELY(used && used != ~0ull && b->threads_live)) {
    for (; used; used &= used - 1) {
      BarrierState& s = b->barriers[__builtin_ctzll(used)];
      if (s.arrived && !s.expected && s.arrived >= b->threads_live) open_barrier(b, s);
    }
  }
  if (SHEER_UNLIKELY(b->grid_arrived && b->threads_live && b->grid_arrived >= b->threads_live)) {
    block_came_to_grid(b);
    block_check_grid(b);
  }
}
}  // namespace sheer
