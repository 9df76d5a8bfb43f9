// One worker thread at its work: hands itself chunks of a launch or a copy, keeps its live blocks going,
// starts further ones when those it has only wait.
#include <sched.h>
#include <time.h>

#include "internal.h"

namespace sheer {

static void run_pieces(Worker* w, Node* n) {
  uint64_t first, count;
  while (take_blocks(n, &first, &count)) {
    copy_guarded(w, n, first, count);
    fetch_add(n->done, count);
  }
}

static const uint64_t strip = 4;

// The block that comes `at` in the order of running: as they are numbered, or (SHEER_STRIPS) a few of a row, those below
// them and so on to the last row of the grid, then the next few of each row.
static uint64_t block_at(const Node* n, const Code* code, uint64_t at) {
  if (!(code->info->flags & SHEER_STRIPS)) return at;
  uint64_t columns = n->grid[0], rows = n->grid[1], plane = columns * rows;
  uint64_t inside = at % plane, left = inside / (strip * rows) * strip, width = min(strip, columns - left);
  inside -= left * rows;
  return at - at % plane + inside / width * columns + left + inside % width;
}

static void run_whole(Worker* w, Block* b, uint64_t first, uint64_t count) {
  Node* n = b->node;
  b->first = first;
  b->count = count;
  block_start(b, first);
  if (!load(n->cancelled)) {
    Left left = block_enter(b);
    if (left == Left::Fault) fault_handle(w, b);
    if (left == Left::Cancelled && n->timed_out) fault_timeout(w, b);
    if (left != Left::Done) block_abandon(b);
  }
  fetch_add(n->done, count);
}

static void deadlocked(Worker* w, Block* b) {
  w->fault = Fault();
  w->fault.error = Error::LaunchFailure;
  w->fault.text =
      String("deadlock: every thread that is left waits at a barrier that the others never reach");
  fault_handle(w, b);
}

// A block of a launch that is counted, by code that counts; what it waits for is in itself.
static void run_counted(Worker* w, Node* n, uint64_t id) {
  Block* b = block_get(w, n, counting_code(n->counting));
  b->next_id = b->end_id = id;
  block_start(b, id);
  Left left = Left::Cancelled;
  while (!load(n->cancelled)) {
    left = block_enter(b);
    if (left != Left::Waiting && left != Left::Polling) break;
    if (b->ready_first || b->polled_first) continue;
    deadlocked(w, b);
    left = Left::Cancelled;
  }
  if (left == Left::Fault) fault_handle(w, b);
  if (left == Left::Cancelled && n->timed_out) fault_timeout(w, b);
  if (left == Left::Done) counting_block_ended(b);
  else block_abandon(b);
  block_put(b);
  fetch_add(n->done, 1);
}

static void run_stretch(Worker* w, Block* b, uint64_t first, uint64_t count) {
  if (SHEER_LIKELY(!b->node->counting)) return run_whole(w, b, first, count);
  for (uint64_t at = first, end = first + count; at < end; at++) {
    uint64_t next = counting_next(w, b->node, at, end);
    if (next > at) run_whole(w, b, at, next - at);
    if (next < end) run_counted(w, b->node, next);
    at = next;
  }
}

static const uint64_t stretch_ns = 2000;  // shorter ones cost more to begin than they leave to share

// How many blocks take as long as that, if all are as those that have run.
static uint64_t blocks_of_a_stretch(uint64_t count, uint64_t ns) {
  return max<uint64_t>(1, count * stretch_ns / max<uint64_t>(ns, count));
}

static void run_simple(Worker* w, Node* n) {
  Block* b = block_get(w, n, n->code);
  uint64_t first, count, least = 1;
  while (take_blocks(n, &first, &count, least)) {
    uint64_t since = host_ns();
    uint64_t step = n->counting && n->code->info->flags & SHEER_STRIPS ? 1 : count;
    b->end_id = first + count;
    for (b->next_id = first; b->next_id < b->end_id;) {
      uint64_t at = block_at(n, n->code, b->next_id);
      b->next_id += step;
      run_stretch(w, b, at, step);
    }
    least = blocks_of_a_stretch(count, host_ns() - since);
  }
  block_put(b);
}

// ---- live blocks with fibers
static Code* code_for(Worker* w, Node* n, uint64_t id) {
  return SHEER_UNLIKELY(n->counting != nullptr) && counting_wants(w, n, id) ? counting_code(n->counting) : n->code;
}

static bool start_block(Worker* w, Node* n) {  // the caller is a user of n; the block takes that over
  uint64_t first, count;
  if (!take_blocks(n, &first, &count)) return false;
  uint64_t id = block_at(n, n->code, first);
  Block* b = block_get(w, n, code_for(w, n, id));
  b->next_id = first + 1;
  b->end_id = first + count;
  fetch_add(n->live, 1);
  block_start(b, id);
  w->live.push(b);
  return true;
}

static void block_ended(Block* b) {
  if (SHEER_UNLIKELY(b->code->counting != nullptr)) counting_block_ended(b);
  if (b->code->info->flags & SHEER_GRID_BARRIER) grid_block_ended(b->node);
  fetch_add(b->node->done, 1);
}

// After a block is done: begins the next one in the same place. False: there is none.
static bool advance(Block* b) {
  block_ended(b);
  if (b->next_id >= b->end_id) {
    uint64_t first, count;
    if (!take_blocks(b->node, &first, &count)) return false;
    b->next_id = first;
    b->end_id = first + count;
  }
  uint64_t id = block_at(b->node, b->node->code, b->next_id++);
  Code* code = code_for(b->worker, b->node, id);
  if (code != b->code) {  // the same block again, for other code: spare ones are a stack
    block_put(b);
    block_get(b->worker, b->node, code);
  }
  block_start(b, id);
  return true;
}

static void retire(Worker* w, uint32_t at) {
  Block* b = w->live[at];
  Node* n = b->node;
  w->live.remove(at);
  block_put(b);
  fetch_sub(n->live, 1);
  node_leave(n);
}

static void give_up(Worker* w, uint32_t at) {
  Block* b = w->live[at];
  if (b->node->timed_out) fault_timeout(w, b);
  block_abandon(b);
  fetch_add(b->node->done, 1 + (b->end_id - b->next_id));
  retire(w, at);
}

// Runs one live block as far as it goes. True: it got somewhere for sure.
static bool run_one(Worker* w, uint32_t at) {
  Block* b = w->live[at];
  if (load(b->node->cancelled)) {
    give_up(w, at);
    return true;
  }
  block_check_grid(b);
  if (!b->ready_first && !b->polled_first) {
    if (b->grid_waiting) return false;
    deadlocked(w, b);
    give_up(w, at);
    return true;
  }
  bool moved = false;
  Left left;
  while ((left = block_enter(b)) == Left::Done) {
    moved = true;
    if (advance(b)) {
      if (w->live.count > 1 || SHEER_UNLIKELY(load(b->node->cancelled))) return true;
      continue;
    }
    retire(w, at);
    return true;
  }
  if (left == Left::Fault) fault_handle(w, b);
  if (left == Left::Fault || left == Left::Cancelled) {
    give_up(w, at);
    return true;
  }
  return moved;
}

static const uint64_t patience_ns = 100000, poll_ns = 4000;

// What is polled for mostly comes soon, from a block that runs on another thread; blocks at a grid barrier
// only go on once all the others have started.
static bool only_polls(Worker* w) {
  for (Block* b : w->live)
    if (!b->polled_first) return false;
  return true;
}

// Blocks that wait for each other are shared out evenly, and stay where they start: a worker with its share
// gives the others, who may have to wake first, some time to come for theirs.
static bool has_its_share(Worker* w, Node* n, uint64_t quiet_since) {
  uint64_t resident = n->live_cap ? min<uint64_t>(n->total, n->live_cap) : n->total;
  uint64_t share = (resident + scheduler.limit - 1) / scheduler.limit;
  return w->live.count >= share && host_ns() - quiet_since < patience_ns;
}

// Everything that lives here waits: start another block, of the same launch or of whatever is ready.
static bool start_more(Worker* w, uint64_t quiet_since) {
  if (w->live.count && w->live.back()->node->fibers) {
    Node* n = w->live.back()->node;
    bool room = load(n->taken) < n->total && (!n->live_cap || load(n->live) < n->live_cap);
    if (room && !has_its_share(w, n, quiet_since)) {
      scheduler.lock.lock();
      n->users++;
      scheduler.lock.unlock();
      if (start_block(w, n)) return true;
      node_leave(n);
    }
  }
  if (!load(scheduler.first)) return false;
  scheduler.lock.lock();
  Node* n = pick(nullptr);
  scheduler.lock.unlock();
  if (!n) return false;
  if (n->kind == OpKind::Launch && n->fibers) {
    if (start_block(w, n)) return true;
    node_leave(n);
    return false;
  }
  if (n->kind == OpKind::Launch)
    run_simple(w, n);
  else
    run_pieces(w, n);
  node_leave(n);
  return true;
}

static void back_off(uint32_t rounds) {
  if (rounds < 16) {
    for (int i = 0; i < 16; i++) cpu_pause();
  } else if (rounds < 4000) {
    sched_yield();
  } else {
    timespec nap = {0, 20000};
    nanosleep(&nap, nullptr);
  }
}

static void run_fibers(Worker* w, Node* n) {
  if (!start_block(w, n)) return node_leave(n);
  uint32_t quiet = 0;
  uint64_t quiet_since = 0;
  while (w->live.count) {
    bool moved = false;
    for (uint32_t i = 0; i < w->live.count;) {
      Block* b = w->live[i];
      moved |= run_one(w, i);
      if (i < w->live.count && w->live[i] == b) i++;
    }
    if (moved || !w->live.count) {
      quiet = 0;
      continue;
    }
    if (!quiet) quiet_since = host_ns();
    bool early = scheduler.limit > 1 && only_polls(w) && host_ns() - quiet_since < poll_ns;
    if (!early && start_more(w, quiet_since))
      quiet = 0;
    else
      back_off(quiet++);
  }
}

void work_on(Worker* w, Node* n) {
  if (n->kind == OpKind::Launch && n->fibers) return run_fibers(w, n);
  if (n->kind == OpKind::Launch)
    run_simple(w, n);
  else
    run_pieces(w, n);
  node_leave(n);
}
}  // namespace sheer
