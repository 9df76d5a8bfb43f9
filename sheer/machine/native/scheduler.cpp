// Who runs what: the pool of worker threads, the queue of ready work, threads that help while they wait,
// cancelling.
//
// At most `limit` threads execute at a time, workers and helpers together. A thread that synchronises takes
// part in the work it waits for, so a small launch never waits for another thread to wake. Idle workers spin
// for a while, but one core is left to the program; the others sleep and are woken one by one while there is
// more to do than threads at it.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "internal.h"

namespace sheer {

Scheduler scheduler;
SHEER_TLS Worker* this_worker;
static const uint64_t spin_ns = 100000;

static Worker* worker_new() {  // lock held
  Worker* w = make<Worker>();
  w->index = scheduler.workers.count;
  scheduler.workers.push(w);
  return w;
}

// ---- the queue
void notify_workers() {
  fetch_add(scheduler.version, 1);
  if (!load(scheduler.spinners) && load(scheduler.sleepers)) futex_wake(&scheduler.version, 1);
}

void queue_push(Node* n) {
  Node* after = scheduler.last;
  while (after && after->priority > n->priority) after = after->prev;
  n->prev = after;
  n->next_node = after ? after->next_node : scheduler.first;
  (n->next_node ? n->next_node->prev : scheduler.last) = n;
  (after ? after->next_node : scheduler.first) = n;
  n->in_queue = true;
}

void queue_remove(Node* n) {
  if (!n->in_queue) return;
  (n->prev ? n->prev->next_node : scheduler.first) = n->next_node;
  (n->next_node ? n->next_node->prev : scheduler.last) = n->prev;
  n->prev = n->next_node = nullptr;
  n->in_queue = false;
}

Node* pick(Stream* only) {
  for (Node *n = scheduler.first, *next; n; n = next) {
    next = n->next_node;
    if (only && n->stream != only) continue;
    if (load(n->taken) >= n->total) {
      queue_remove(n);
      continue;
    }
    if (n->live_cap && load(n->live) >= n->live_cap) continue;
    if (!n->users++ && !n->started_ns) {
      n->started_ns = host_ns();
      scheduler.running.push(n);
    }
    return n;
  }
  return nullptr;
}

bool take_blocks(Node* n, uint64_t* first, uint64_t* count, uint64_t least) {
  uint64_t at = load(n->taken);
  for (;;) {
    if (at >= n->total) return false;
    uint64_t left = n->total - at, threads = scheduler.limit;
    uint64_t part = n->one_by_one ? 1 : max(left / (threads * 4), min(least, (left + threads - 1) / threads));
    if (!compare_swap(n->taken, at, at + part)) continue;
    *first = at;
    *count = part;
    return true;
  }
}

void node_close(Node* n) {
  uint64_t taken = __atomic_exchange_n(&n->taken, n->total, __ATOMIC_ACQ_REL);
  if (taken < n->total) fetch_add(n->done, n->total - taken);
  queue_remove(n);
}

void node_cancel(Node* n) {
  store(n->cancelled, true);
  node_close(n);
  for (Worker* w : scheduler.workers) {
    Block* b = load(w->inside);
    if (b && b->node == n) interrupt_worker(w);
  }
}

bool device_busy(const Device* d) {
  Hold hold(scheduler.lock);
  for (Node* n : scheduler.running)
    if (n->device == d) return true;
  return false;
}

void device_fail(Device* d, Error error) {
  Hold hold(scheduler.lock);
  int none = 0;
  compare_swap(d->sticky, none, int(error));
  Vec<Node*> unused;
  for (Node *n = scheduler.first, *next; n; n = next) {
    next = n->next_node;
    if (n->device != d || n->kind != OpKind::Launch) continue;
    node_cancel(n);
    if (!n->users) unused.push(n);
  }
  for (Node* n : scheduler.running)
    if (n->device == d && n->kind == OpKind::Launch && n->users) node_cancel(n);
  for (Node* n : unused) node_complete(n);
  watchdog_start();
}

void node_leave(Node* n) {
  bool watched = n->kind == OpKind::Launch && launches_watched();
  Hold hold(scheduler.lock);
  if (--n->users || load(n->done) < n->total || n->finished) return;
  if (watched || n->family) {
    n->users++;  // nobody else may complete it meanwhile,
    queue_remove(n);  // or take from what it becomes before that is whole
    scheduler.lock.unlock();
    if (watched) report_launch_end(n);
    bool goes_on = n->family && node_goes_on(n);
    scheduler.lock.lock();
    n->users--;
    if (goes_on && !load(n->cancelled)) {
      queue_push(n);
      notify_workers();
      return;
    }
  }
  node_complete(n);
}

// ---- the threads
static bool work_left() { return scheduler.first != nullptr; }

// While as many threads work as may, one that spins takes a core from one that works.
static bool no_room() { return load_relaxed(scheduler.active) >= scheduler.limit; }

static void idle(uint32_t seen) {
  uint32_t allowed = scheduler.limit - 1;
  if (fetch_add(scheduler.spinners, 1) < allowed) {
    uint64_t until = host_ns() + spin_ns;
    while (load_relaxed(scheduler.version) == seen && !no_room()) {
      for (int i = 0; i < 32 && load_relaxed(scheduler.version) == seen; i++) cpu_pause();
      if (host_ns() > until) break;
    }
  }
  fetch_sub(scheduler.spinners, 1);
  if (load(scheduler.version) != seen) return;
  fetch_add(scheduler.sleepers, 1);
  futex_wait(&scheduler.version, seen);
  fetch_sub(scheduler.sleepers, 1);
}

static void* worker_main(void* argument) {
  Worker* w = static_cast<Worker*>(argument);
  this_worker = w;
  fault_thread_setup();
  for (;;) {
    uint32_t seen = load(scheduler.version);
    scheduler.lock.lock();
    Node* n = scheduler.active < scheduler.limit ? pick(nullptr) : nullptr;
    bool more = false;
    if (n) more = ++scheduler.active < scheduler.limit && work_left();
    scheduler.lock.unlock();
    if (!n) {
      idle(seen);
      continue;
    }
    if (more && !load(scheduler.spinners) && load(scheduler.sleepers)) futex_wake(&scheduler.version, 1);
    work_on(w, n);
    scheduler.lock.lock();
    scheduler.active--;
    scheduler.lock.unlock();
  }
  return nullptr;
}

static void start_thread(Worker* w) {
  sigset_t all, before;
  sigfillset(&all);  // the program's signal handlers are not for fibers' stacks
  const int ours[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGRTMAX - 5};
  for (int s : ours) sigdelset(&all, s);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t how;
  pthread_attr_init(&how);
  pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&how, 512 << 10);
  pthread_t thread;
  if (!pthread_create(&thread, &how, worker_main, w)) {
    w->thread = uint64_t(thread);
    char name[16];
    snprintf(name, sizeof name, "sheer-%u", w->index);
    pthread_setname_np(thread, name);
  }
  pthread_attr_destroy(&how);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

static void before_fork() {
  scheduler.lock.lock();
  memory_fork_lock(true);
  printf_fork_lock(true);
}

static void after_fork_parent() {
  printf_fork_lock(false);
  memory_fork_lock(false);
  scheduler.lock.unlock();
}

// The child has no worker threads: it starts its own at its first work. What the parent had queued is the
// parent's.
static void after_fork_child() {
  printf_fork_lock(false);
  memory_fork_lock(false);
  worker_after_fork();
  scheduler.lock.unlock();
  scheduler.started = false;
  scheduler.active = scheduler.spinners = scheduler.sleepers = scheduler.done_sleepers = 0;
  while (scheduler.first) queue_remove(scheduler.first);
  scheduler.workers.clear();
  scheduler.spare.clear();
  scheduler.running.clear();
  forget_service_threads();
}

void scheduler_start() {
  if (SHEER_LIKELY(load(scheduler.started))) return;
  Hold hold(scheduler.lock);
  if (scheduler.started) return;
  static bool once;
  if (!once) pthread_atfork(before_fork, after_fork_parent, after_fork_child);
  once = true;
  scheduler.limit = uint32_t(knobs().threads);
  fault_handlers_install();
  for (uint32_t i = 0; i < scheduler.limit; i++) start_thread(worker_new());
  if (knobs().time_limit_s > 0) watchdog_start();
  store(scheduler.started, true);
}

bool help(Stream* only) {
  if (this_worker) return false;  // a worker does not wait, and a host function must not
  scheduler.lock.lock();
  Node* n = scheduler.active < scheduler.limit ? pick(only) : nullptr;
  if (!n) {
    scheduler.lock.unlock();
    return false;
  }
  scheduler.active++;
  Worker* w;
  if (scheduler.spare.count) {
    w = scheduler.spare.back();
    scheduler.spare.pop();
  } else {
    w = worker_new();
  }
  scheduler.lock.unlock();
  w->thread = uint64_t(pthread_self());
  this_worker = w;
  fault_thread_setup();
  work_on(w, n);
  this_worker = nullptr;
  scheduler.lock.lock();
  w->thread = 0;
  scheduler.spare.push(w);
  scheduler.active--;
  bool more = work_left();
  scheduler.lock.unlock();
  if (more) notify_workers();
  return true;
}

// ---- the watchdog
static uint32_t watchdog_word;  // grows when there is something to watch
static bool watchdog_runs;

// Interrupts what was cancelled again and again (a signal may come just before a block is entered), finds
// what runs too long.
static bool watch() {
  bool busy = false;
  Vec<Device*> late;
  {
    Hold hold(scheduler.lock);
    uint64_t now = host_ns();
    for (Node* n : scheduler.running) {
      if (n->kind != OpKind::Launch) continue;
      double ran = double(int64_t(now - n->started_ns)) * 1e-9;  // may have started since `now` was read
      if (!load(n->cancelled) && knobs().time_limit_s > 0 && ran > knobs().time_limit_s) {
        n->timed_out = true;
        node_cancel(n);
        late.push(n->device);
      } else if (load(n->cancelled)) {
        busy = true;
        for (Worker* w : scheduler.workers) {
          Block* b = load(w->inside);
          if (b && b->node == n) interrupt_worker(w);
        }
      }
    }
  }
  for (Device* d : late) device_fail(d, Error::LaunchTimeout);
  return busy || late.count;
}

static void* watchdog_main(void*) {
  for (;;) {
    uint32_t seen = load(watchdog_word);
    bool busy = watch();
    if (busy || knobs().time_limit_s > 0)
      futex_wait(&watchdog_word, seen, 10000000);
    else
      futex_wait(&watchdog_word, seen);
  }
  return nullptr;
}

void watchdog_start() {  // lock held
  fetch_add(watchdog_word, 1);
  if (watchdog_runs) {
    futex_wake(&watchdog_word, 1);
    return;
  }
  watchdog_runs = true;
  service_thread(watchdog_main, "sheer-watch");
}

void watchdog_forget() { watchdog_runs = false; }
}  // namespace sheer
