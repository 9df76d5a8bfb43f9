// Fibers: a stack each, made in slabs, kept by the worker thread that made them. A fiber loops over "run one
// group of my block", so starting the next block on it is one context switch.
#include <sys/mman.h>

#include "internal.h"

namespace sheer {

static const uint64_t smallest_stack = 256 << 10, guard = 16384;  // frames may be large
static const uint32_t slab = 16,
                      guarded_fibers = 12000;  // each guard page costs the kernel two mappings of its 65530
static uint32_t fibers_made;

static uint32_t class_of(uint64_t bytes) {
  uint32_t c = 0;
  while (c < 7 && (smallest_stack << c) < bytes) c++;
  return c;
}

static bool grow(Worker* w, uint32_t c) {
  uint64_t bytes = smallest_stack << c;
  void* at = mmap(nullptr, bytes * slab, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (at == MAP_FAILED) return false;
  for (uint32_t i = 0; i < slab; i++) {
    uint8_t* low = static_cast<uint8_t*>(at) + i * bytes;
    if (fetch_add(fibers_made, 1) < guarded_fibers) mprotect(low, guard, PROT_NONE);
    Fiber* f = make<Fiber>();
    f->stack = low + guard;
    // Tops at different places in their pages, or all fibers would fight for the same few lines of the
    // first-level cache.
    f->top = low + bytes - (w->color++ % 12) * 320;
    w->fiber_pools[c].push(f);
  }
  return true;
}

Fiber* fiber_get(Worker* w, uint64_t stack_bytes) {
  uint32_t c = class_of(stack_bytes + guard);
  if (!w->fiber_pools[c].count && !grow(w, c)) {
    fputs("sheer: no address space for kernel stacks\n", stderr);
    abort();
  }
  Fiber* f = w->fiber_pools[c].back();
  w->fiber_pools[c].pop();
  fiber_reset(f);
  return f;
}

void fiber_put(Worker* w, Fiber* f) {
  uint64_t bytes = round_up(uint64_t(f->top - f->stack), smallest_stack);
  w->fiber_pools[class_of(bytes)].push(f);
}

void fiber_reset(Fiber* f) {
  f->sp = context_make(f->top, fiber_entry, f);
  f->fresh = true;
}

// Hands control to the next ready fiber of the block, or to the scheduler when there is none.
static inline void switch_away(Block* b, Fiber* self, Left left) {
  Fiber* next = b->ready_first;
  if (SHEER_LIKELY(next != nullptr)) {
    b->ready_first = next->next;
    b->current = next;
    sheer_switch(&self->sp, next->sp);
    return;
  }
  b->worker->left = left;
  sheer_switch(&self->sp, b->worker->home);
}

void make_ready(Block* b, Fiber* f) {
  f->next = nullptr;
  if (b->ready_first)
    b->ready_last->next = f;
  else
    b->ready_first = f;
  b->ready_last = f;
}

void suspend(Block* b) { switch_away(b, b->current, b->polled_first ? Left::Polling : Left::Waiting); }

void leave_block(Block* b, Left left) {
  void* unused;
  b->worker->left = left;
  sheer_switch(&unused, b->worker->home);
  __builtin_unreachable();
}

static void group_ended(Block* b, Fiber* f) {
  if (b->lane_fibers) {
    lanes_exit(b, f->group, 1u << f->lane);
    return block_exit_threads(b, 1);
  }
  uint32_t lanes = b->code->info->lanes, from = f->group * lanes;
  uint32_t all = min(lanes, b->threads - from);
  block_exit_threads(b, all - min(all, b->group_exited[f->group]));
}

void fiber_entry(Fiber* f) {
  for (;;) {
    Block* b = f->block;
    f->fresh = false;
    if (b->simple) {
      b->code->blocks(&b->frame, b->first, b->count);
      b->fibers_live = 0;
    } else {
      b->code->warp(&b->frame, f->group, b->lane_fibers ? 1ull << f->lane : ~0ull);
      b->fibers_live--;
      group_ended(b, f);
    }
    f->fresh = true;  // suspended here, it can begin again as it is
    Left left = !b->fibers_live ? Left::Done : b->polled_first ? Left::Polling : Left::Waiting;
    switch_away(b, f, left);
  }
}

void hold_begin(Block* b) {
  b->worker->hold++;
  asm volatile("" ::: "memory");
}

void hold_end(Block* b) {
  asm volatile("" ::: "memory");
  if (!--b->worker->hold && SHEER_UNLIKELY(load(b->node->cancelled)) && !b->replay)
    leave_block(b, Left::Cancelled);
}
}  // namespace sheer
