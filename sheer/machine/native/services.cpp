// The services that kernels call, sheer_rt_*: polling, lanes that wait for each other, traps, memory, clocks.
// (Barriers are in block.cpp, printf in printf.cpp, the checks of checked mode in check.cpp.)
#include <sys/mman.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "internal.h"

#define SERVICE_CALL extern "C" __attribute__((visibility("default")))

namespace sheer {

static Block* block_of(SheerFrame* frame) { return static_cast<Block*>(frame->machine); }

SERVICE_CALL void sheer_rt_exited(SheerFrame* frame, uint32_t group, uint32_t lanes) {
  Block* b = block_of(frame);
  if (b->simple || b->lane_fibers) return;
  b->group_exited[group] += lanes;
  block_exit_threads(b, lanes);
}

// In a polling loop: what is polled for may come from another fiber of the block, another block of this
// worker, another thread.
SERVICE_CALL void sheer_rt_yield(SheerFrame* frame, uint32_t) {
  Block* b = block_of(frame);
  if (b->simple) return cpu_pause();
  Fiber* f = b->current;
  if (!b->ready_first && !b->polled_first && b->worker->live.count <= 1 && f->polls < 32 && !b->replay) {
    uint32_t pauses = f->polls++ / 4 + 1;  // likely soon done by another thread: cheaper than going round
    for (uint32_t i = 0; i < pauses; i++) cpu_pause();
    return;
  }
  f->polls = 0;
  f->next = nullptr;
  if (b->polled_first)
    b->polled_last->next = f;
  else
    b->polled_first = f;
  b->polled_last = f;
  suspend(b);
}

// Before shared memory is used again: the other groups of the block, as far as they can run, read it first.
SERVICE_CALL void sheer_rt_turn(SheerFrame* frame, uint32_t) {
  Block* b = block_of(frame);
  if (b->simple || !b->ready_first) return;
  make_ready(b, b->current);
  suspend(b);
}

SERVICE_CALL void sheer_rt_nanosleep(SheerFrame* frame, uint32_t group, uint32_t ns) {
  Block* b = block_of(frame);
  if (b->simple) return;
  uint64_t until = host_ns() + min(ns, 1000000u);
  do sheer_rt_yield(frame, group);
  while (host_ns() < until);
}

// ---- lane fibers
static uint32_t meet(Block* b, LaneGroup& g, uint32_t members, Fiber* self) {
  uint32_t taking_part = members & ~g.exited;
  for (uint32_t lane = 0; lane < 32; lane++) {
    if (!(taking_part >> lane & 1)) continue;
    if (!(g.waiting >> lane & 1) || g.members[lane] != members) return 0;
  }
  for (uint32_t to = 0; to < 32; to++) {
    if (!(taking_part >> to & 1)) continue;
    for (uint32_t from = 0; from < 32; from++)
      if (taking_part >> from & 1) g.out[to][from] = g.value[from];
    g.fiber[to]->result = taking_part;
    if (g.fiber[to] != self) make_ready(b, g.fiber[to]);
  }
  g.waiting &= ~taking_part;
  return taking_part;
}

SERVICE_CALL uint32_t sheer_rt_lanes(SheerFrame* frame, uint32_t group, uint32_t lane, uint32_t members,
                                     uint64_t value, uint64_t* out) {
  Block* b = block_of(frame);
  uint32_t in_group = min(32u, b->threads - group * 32);
  if (in_group < 32) members &= (1u << in_group) - 1;
  members |= 1u << lane;
  LaneGroup& g = b->lane_groups[group];
  g.members[lane] = members;
  g.value[lane] = value;
  g.out[lane] = out;
  g.fiber[lane] = b->current;
  g.waiting |= 1u << lane;
  Fiber* self = b->current;
  if (uint32_t met = meet(b, g, members, self)) return met;
  suspend(b);
  return self->result;
}

void lanes_exit(Block* b, uint32_t group, uint32_t lanes) {
  LaneGroup& g = b->lane_groups[group];
  g.exited |= lanes;
  uint32_t open = g.waiting;
  while (open) {
    uint32_t lane = uint32_t(__builtin_ctz(open));
    open &= ~g.members[lane] & ~(1u << lane);
    if (g.members[lane] & lanes) meet(b, g, g.members[lane], nullptr);
  }
}

SERVICE_CALL uint32_t sheer_rt_activemask(SheerFrame*, uint32_t, uint32_t lane) { return 1u << lane; }

// ---- traps
static Fault& fresh_fault(Block* b, uint32_t group, uint32_t lane) {
  b->worker->fault = Fault();
  Fault& fault = b->worker->fault;
  fault.group = group;
  fault.lane = lane;
  fault.has_lane = true;
  return fault;
}

SERVICE_CALL [[noreturn]] void sheer_rt_trap(SheerFrame* frame, uint32_t group, uint32_t lane, uint32_t kind,
                                             uint32_t line, uint32_t file) {
  Block* b = block_of(frame);
  Fault& fault = fresh_fault(b, group, lane);
  static const char* const what[] = {"trap", "call of an invalid function pointer",
                                     "instruction that Sheer does not support", "stack overflow"};
  static const Error errors[] = {Error::LaunchFailure, Error::InvalidPc, Error::IllegalInstruction,
                                 Error::HardwareStackError};
  fault.error = errors[kind & 3];
  fault.text = String(what[kind & 3]);
  fault.line = line;
  fault.file = file;
  leave_block(b, Left::Fault);
}

SERVICE_CALL [[noreturn]] void sheer_rt_assertfail(SheerFrame* frame, uint32_t group, uint32_t lane,
                                                   const char* message, const char* file, uint32_t line,
                                                   const char* function) {
  Block* b = block_of(frame);
  Fault& fault = fresh_fault(b, group, lane);
  uint32_t thread = group * b->code->info->lanes + lane;
  const uint32_t *t = b->frame.ntid, *c = b->frame.ctaid;
  fault.error = Error::Assert;
  fault.text.format("%s:%u: %s: block: [%u,%u,%u], thread: [%u,%u,%u] Assertion `%s` failed.", file, line,
                    function, c[0], c[1], c[2], thread % t[0], thread / t[0] % t[1], thread / t[0] / t[1],
                    message);
  leave_block(b, Left::Fault);
}

// ---- memory and clocks
SERVICE_CALL uint64_t sheer_rt_malloc(SheerFrame* frame, uint64_t bytes) {
  Block* b = block_of(frame);
  hold_begin(b);
  void* at = heap_allocate(b->node->device, bytes);
  hold_end(b);
  return uint64_t(at);
}

SERVICE_CALL void sheer_rt_free(SheerFrame* frame, uint64_t address) {
  if (!address) return;
  Block* b = block_of(frame);
  hold_begin(b);
  bool ok = heap_free(b->node->device, reinterpret_cast<void*>(address));
  hold_end(b);
  if (ok) return;
  Fault& fault = fresh_fault(b, 0, 0);
  fault.has_lane = false;
  fault.error = Error::IllegalAddress;
  fault.text.format("free of 0x%llx, which malloc did not give or which was freed before",
                    (unsigned long long)address);
  leave_block(b, Left::Fault);
}

SERVICE_CALL uint8_t* sheer_rt_scratch(SheerFrame* frame) {
  Worker* w = block_of(frame)->worker;
  if (SHEER_UNLIKELY(!w->scratch)) {
    void* at = mmap(nullptr, 128 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    w->scratch = static_cast<uint8_t*>(checked(at == MAP_FAILED ? nullptr : at));
  }
  return w->scratch;
}

SERVICE_CALL uint64_t sheer_rt_clock64(SheerFrame* frame) {
  if (SHEER_UNLIKELY(knobs().chip_clock)) {
    double hz, now = chip_now_s(block_of(frame), &hz);
    if (hz > 0) return uint64_t(now * hz);
  }
#if defined(__x86_64__)
  return __rdtsc();
#else
  uint64_t ticks;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#endif
}

SERVICE_CALL uint64_t sheer_rt_globaltimer(SheerFrame* frame) {
  if (SHEER_UNLIKELY(knobs().chip_clock)) {
    double hz, now = chip_now_s(block_of(frame), &hz);
    if (hz > 0) return uint64_t(now * 1e9);
  }
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return uint64_t(now.tv_sec) * 1000000000ull + uint64_t(now.tv_nsec);
}
}  // namespace sheer
