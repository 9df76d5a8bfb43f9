// Streams, events and what is put in them. Each operation becomes a node with a count of the unfinished nodes
// it needs; stream order, events, the legacy stream and graphs are all just edges. Ready launches and copies
// go to the scheduler's queue.
#include <pthread.h>

#include "internal.h"

namespace sheer {

static uint64_t next_launch = 1, next_stream = 3, next_event = 1;
static Vec<Node*> node_pool;  // scheduler lock

static Node* node_new() {  // lock held
  if (!node_pool.count) return make<Node>();
  Node* n = node_pool.back();
  node_pool.pop();
  return n;
}

static void node_free(Node* n) {  // lock held
  family_drop(n);
  counting_drop(n->counting);
  free(n->staged);
  for (GraphBody* b : n->bodies) body_release(b);
  Vec<Node*> dependents = sheer::move(n->dependents);
  uint8_t* params = n->params;
  uint64_t room = n->params_room;
  n->~Node();
  new (n) Node();
  n->dependents = sheer::move(dependents);
  n->params = params;
  n->params_room = room;
  node_pool.push(n);
}

// ---- readiness, completion
static void needs(Node* n, Node* before) {
  if (!before || before == n) return;
  before->dependents.push(n);
  n->waits++;
}

static void event_done(Node* n) {
  Event* e = n->event;
  if (n->kind == OpKind::Record && n->record > e->completed) {
    e->when_ns = host_ns();
    store(e->completed, n->record);
    if (e->node == n) e->node = nullptr;
  }
  if (!--e->pending && e->dead) drop(e);
}

// Starts a node that waits for nothing. True: it is already done.
static bool begin(Node* n) {
  bool dead = load(n->device->sticky) != 0;
  switch (n->kind) {
    case OpKind::Launch:
      if (dead) return true;
      if (knobs().reference) {
        host_thread_push(n);
        return false;
      }
      queue_push(n);
      return false;
    case OpKind::Copy:
    case OpKind::Fill:
      if (dead || !n->total) return true;
      queue_push(n);
      return false;
    case OpKind::Host:
      if (dead && !n->callback) return true;
      host_thread_push(n);
      return false;
    case OpKind::Free: memory_free(n->free_base); return true;
    case OpKind::Signal: n->signal.call(n->signal.user, n->signal.value); return true;
    case OpKind::Conditional:
      if (dead) return true;
      host_thread_push(n);
      return false;
    case OpKind::Again: host_thread_push(n->owner); return true;
    case OpKind::Await:
      if (dead || n->await.ready(n->await.user, n->await.value)) return true;
      await_push(n);
      return false;
    default: return true;
  }
}

static void stream_advance(Node* n) {
  Stream* s = n->stream;
  if (n->inner) return;
  store(s->completed, n->seq);
  if (s->tail == n) s->tail = nullptr;
  if (s->dead && s->completed == s->submitted) {
    s->device->streams.remove_value(s);
    drop(s);
  }
}

static void settle(Node* first, bool first_is_done) {  // lock held
  Vec<Node*> done;
  bool pushed = false;
  if (first_is_done || begin(first))
    done.push(first);
  else
    pushed = first->in_queue;
  for (uint32_t at = 0; at < done.count; at++) {
    Node* n = done[at];
    n->finished = true;
    queue_remove(n);
    if (n->started_ns) scheduler.running.remove_value(n);
    if (n->event) event_done(n);
    for (Node* d : n->dependents) {
      if (--d->waits) continue;
      if (begin(d))
        done.push(d);
      else
        pushed |= d->in_queue;
    }
    n->dependents.clear();
    stream_advance(n);
    node_free(n);
  }
  if (pushed) notify_workers();
  if (!done.count) return;
  fetch_add(scheduler.done_word, 1);
  if (load(scheduler.done_sleepers)) futex_wake(&scheduler.done_word, 1 << 30);
}

void node_complete(Node* n) { settle(n, true); }

void node_release_guard(Node* n) {
  if (!--n->waits) settle(n, false);
}

// ---- submission
Error launch_shape_error(const LaunchOp& op) {
  const uint32_t *g = op.grid, *b = op.block;
  uint64_t threads = uint64_t(b[0]) * b[1] * b[2];
  if (!g[0] || !g[1] || !g[2] || g[0] > 0x7fffffff || g[1] > 65535 || g[2] > 65535) {
    set_message("grid %u x %u x %u is outside 1..2147483647 x 65535 x 65535", g[0], g[1], g[2]);
    return Error::InvalidValue;
  }
  if (!threads || threads > 1024 || b[0] > 1024 || b[1] > 1024 || b[2] > 64) {
    set_message("block %u x %u x %u is outside 1..1024 x 1024 x 64, 1024 threads in all", b[0], b[1], b[2]);
    return Error::InvalidValue;
  }
  return Error::Ok;
}

// Whether the parameters are as the code's accesses need them to be; a kernel for which they are not runs in the form that tests.
static bool aligned(const Code* code, const void* params) {
  if (!code->aligned) return true;
  const uint8_t* bytes = static_cast<const uint8_t*>(params);
  for (uint32_t i = 0; i < code->aligned->count; i++)
    if (bytes[code->aligned->needs[i].offset] & code->aligned->needs[i].bits) return false;
  return true;
}

static Error prepare_launch(Node* n, const LaunchOp& op, bool* cache_hit, double* compile_us) {
  const uint32_t *g = op.grid, *b = op.block;
  if (!op.function) return Error::InvalidHandle;
  if (Error e = launch_shape_error(op); e != Error::Ok) return e;
  device_prepare(n->device);
  uint64_t start = host_ns();
  Error error = Error::Ok;
  Function* f = op.function;
  if (!knobs().reference) error = function_code(f, b, Mode::Fast, &n->code, cache_hit);
  if (error == Error::Ok && n->code && SHEER_UNLIKELY(!aligned(n->code, op.params)))
    error = function_code(f, b, Mode::Wary, &n->code, cache_hit);
  if (error == Error::Ok) error = module_instance(f->module, n->device, &n->globals);
  *compile_us = double(host_ns() - start) * 1e-3;
  if (error != Error::Ok) return error;
  n->function = f;
  memcpy(n->grid, g, sizeof n->grid);
  memcpy(n->block, b, sizeof n->block);
  n->threads = b[0] * b[1] * b[2];
  n->dynamic_shared = op.dynamic_shared;
  n->shared_bytes = (n->code ? n->code->info->static_shared : f->info.static_shared) + op.dynamic_shared;
  n->cooperative = op.cooperative;
  n->total = uint64_t(g[0]) * g[1] * g[2];
  n->grid_live = n->total;
  uint32_t flags = n->code ? n->code->info->flags : 0;
  n->fibers = n->code && needs_fibers(n->code);
  n->one_by_one = n->fibers && (op.cooperative || flags & (SHEER_POLLS | SHEER_GRID_BARRIER));
  bool all_resident = op.cooperative || flags & SHEER_GRID_BARRIER;
  uint32_t a_multiprocessor = max(1u, min(32u, 2048u / n->threads));
  n->live_cap = all_resident ? 0 : uint32_t(n->device->multiprocessors) * a_multiprocessor;
  uint64_t bytes = f->info.param_bytes;
  if (bytes > n->params_room) {
    free(n->params);
    n->params_room = round_up(bytes, 256);
    n->params = static_cast<uint8_t*>(checked(aligned_alloc(64, n->params_room)));
  }
  if (bytes) memcpy(n->params, op.params, bytes);
  n->id = fetch_add(next_launch, 1);
  if (SHEER_UNLIKELY(profile_on())) profile_launch(n);
  return Error::Ok;
}

static Error prepare(Node* n, Stream* s, const Op& op) {  // no lock held: may compile
  n->device = s->device;
  n->stream = s;
  n->kind = op.kind;
  n->priority = s->priority;
  if (SHEER_UNLIKELY(profile_on())) profile_operation(n, s, op);
  switch (op.kind) {
    case OpKind::Launch: return prepare_launch(n, op.launch, &n->cache_hit, &n->compile_us);
    case OpKind::Copy:
      n->copy = op.copy;
      copy_cut(n);
      return Error::Ok;
    case OpKind::Fill:
      n->fill = op.fill;
      if (op.fill.element != 1 && op.fill.element != 2 && op.fill.element != 4) return Error::InvalidValue;
      copy_cut(n);
      return Error::Ok;
    case OpKind::Host: n->host = op.host; return op.host.call ? Error::Ok : Error::InvalidValue;
    case OpKind::Record: return op.record.event ? Error::Ok : Error::InvalidHandle;
    case OpKind::Wait: return op.wait.event ? Error::Ok : Error::InvalidHandle;
    case OpKind::Free: n->free_base = op.free.base; return Error::Ok;
    case OpKind::Signal: n->signal = op.signal; return Error::Ok;
    case OpKind::Await: n->await = op.await; return Error::Ok;
    case OpKind::Conditional: return conditional_prepare(n, op.conditional);
    case OpKind::Again: return Error::InvalidValue;
    case OpKind::Empty: return Error::Ok;
  }
  return Error::InvalidValue;
}

Error node_renew(Node* n, const Op& op) {
  n->taken = n->done = n->grid_arrived = 0;
  n->live = n->grid_generation = 0;
  n->fibers = n->one_by_one = n->cache_hit = false;
  n->live_cap = 0;
  n->run_line = n->clock_since_ns = 0;
  n->place = GraphPlace();
  n->code = nullptr;
  free(n->staged);
  n->staged = nullptr;
  Error error = prepare(n, n->stream, op);
  if (error == Error::Ok && n->kind == OpKind::Launch) report_launch_begin(n);
  return error;
}

static void bind_event(Node* n, const Op& op) {  // lock held
  if (op.kind == OpKind::Record) {
    Event* e = n->event = op.record.event;
    n->record = ++e->recorded;
    e->node = n;
    e->pending++;
  } else if (op.kind == OpKind::Wait) {
    needs(n, op.wait.event->node);
  }
}

static void append(Stream* s, Node* n) {  // lock held; the node carries a guard
  n->seq = ++s->submitted;
  needs(n, s->tail);
  Device* d = s->device;
  if (s->legacy) {
    for (Stream* other : d->streams)
      if (other != s && !(other->flags & STREAM_NON_BLOCKING)) needs(n, other->tail);
  } else if (!(s->flags & STREAM_NON_BLOCKING) && d->legacy) {
    needs(n, d->legacy->tail);
  }
  s->tail = n;
}

Node* node_fresh() {
  Hold hold(scheduler.lock);
  Node* n = node_new();
  n->waits = 1;
  return n;
}

void node_discard(Node* n) {
  Hold hold(scheduler.lock);
  node_free(n);
}

Error submit(Stream* s, const Op& op) {
  scheduler_start();
  if (int sticky = load(s->device->sticky)) return Error(sticky);
  Node* n = node_fresh();
  Error error = prepare(n, s, op);
  if (error != Error::Ok) {
    node_discard(n);
    return error;
  }
  if (n->kind == OpKind::Launch) report_launch_begin(n);
  Hold hold(scheduler.lock);
  append(s, n);
  bind_event(n, op);
  node_release_guard(n);
  return Error::Ok;
}

Error submit_callback(Stream* s, void (*call)(void*, Error), void* user) {
  scheduler_start();
  Node* n = node_fresh();
  n->device = s->device;
  n->stream = s;
  n->kind = OpKind::Host;
  n->callback = call;
  n->host.user = user;
  Hold hold(scheduler.lock);
  append(s, n);
  node_release_guard(n);
  return Error::Ok;
}

static uint64_t next_graph = 1;  // atomic

Error graph_prepare(Stream* s, const GraphNode* graph, uint32_t count, const Node* outer, Vec<Node*>* out) {
  Error error = Error::Ok;
  uint64_t number = fetch_add(next_graph, 1);
  for (uint32_t i = 0; i < count && error == Error::Ok; i++) {
    Node* n = node_fresh();
    out->push(n);
    n->inner = true;
    n->place = {number, outer ? outer->place.graph : 0, i, outer ? outer->place.node : 0, graph[i].dep_count, graph[i].deps};
    error = prepare(n, s, *graph[i].op);
    for (uint32_t k = 0; k < graph[i].dep_count; k++)
      if (graph[i].deps[k] >= i) error = Error::InvalidValue;
    if (error == Error::Ok && n->kind == OpKind::Launch) report_launch_begin(n);
  }
  if (error != Error::Ok)
    for (Node* n : *out) node_discard(n);
  return error;
}

void graph_link(const GraphNode* graph, const Vec<Node*>& nodes, Node* entry, Node* exit) {
  for (uint32_t i = 0; i < nodes.count; i++) {
    if (!graph[i].dep_count) needs(nodes[i], entry);
    for (uint32_t k = 0; k < graph[i].dep_count; k++) needs(nodes[i], nodes[graph[i].deps[k]]);
    bind_event(nodes[i], *graph[i].op);
    needs(exit, nodes[i]);
  }
}

Error submit_graph(Stream* s, const GraphNode* graph, uint32_t count) {
  scheduler_start();
  if (int sticky = load(s->device->sticky)) return Error(sticky);
  Vec<Node*> nodes;
  Error error = graph_prepare(s, graph, count, nullptr, &nodes);
  if (error != Error::Ok) return error;
  Node *entry = node_fresh(), *exit = node_fresh();
  entry->device = exit->device = s->device;
  entry->stream = exit->stream = s;
  Hold hold(scheduler.lock);
  append(s, entry);
  graph_link(graph, nodes, entry, exit);
  append(s, exit);
  node_release_guard(entry);
  for (Node* n : nodes) node_release_guard(n);
  node_release_guard(exit);
  return Error::Ok;
}

// ---- waiting
template <class Done>
static void wait_until(Stream* only, Done done) {
  uint32_t spins = 0;
  while (!done()) {
    if (help(only)) {
      spins = 0;
      continue;
    }
    if (spins++ < 200) {
      for (int i = 0; i < 20 && !done(); i++) cpu_pause();
      continue;
    }
    fetch_add(scheduler.done_sleepers, 1);
    uint32_t seen = load(scheduler.done_word);
    if (!done()) futex_wait(&scheduler.done_word, seen);
    fetch_sub(scheduler.done_sleepers, 1);
  }
}

Error stream_synchronize(Stream* s) {
  uint64_t target = load(s->submitted);
  wait_until(s, [&] { return load(s->completed) >= target; });
  printf_flush();
  return device_error(s->device);
}

Error stream_query(Stream* s) {
  if (Error e = device_error(s->device); e != Error::Ok) return e;
  if (load(s->completed) < load(s->submitted)) return Error::NotReady;
  printf_flush();
  return Error::Ok;
}

Error device_synchronize(Device* d) {
  scheduler_start();
  for (;;) {
    Stream* busy = nullptr;
    uint64_t target = 0, id = 0;
    {
      Hold hold(scheduler.lock);
      for (Stream* s : d->streams) {
        if (s->completed == s->submitted) continue;
        busy = s;
        target = s->submitted;
        id = s->id;
        break;
      }
    }
    if (!busy) break;
    // The stream may be destroyed and gone meanwhile: look it up each time.
    wait_until(nullptr, [&] {
      Hold hold(scheduler.lock);
      for (Stream* s : d->streams)
        if (s == busy && s->id == id) return s->completed >= target;
      return true;
    });
  }
  printf_flush();
  return device_error(d);
}

// ---- streams
static Stream* stream_make(Device* d, uint32_t flags, int priority, uint64_t id) {  // lock held
  Stream* s = make<Stream>();
  s->device = d;
  s->flags = flags;
  s->priority = priority;
  s->id = id;
  d->streams.push(s);
  return s;
}

Stream* stream_legacy(Device* d) {
  if (SHEER_LIKELY(load(d->legacy) != nullptr)) return d->legacy;
  Hold hold(scheduler.lock);
  if (!d->legacy) {
    Stream* s = stream_make(d, STREAM_BLOCKING, 0, 1);
    s->legacy = true;
    store(d->legacy, s);
  }
  return d->legacy;
}

static pthread_key_t thread_streams_key;
static bool thread_streams_ready;
static SHEER_TLS Vec<Stream*>* thread_streams;

static void thread_streams_end(void* all) {
  Vec<Stream*>* streams = static_cast<Vec<Stream*>*>(all);
  for (Stream* s : *streams)
    if (s) stream_destroy(s);
  drop(streams);
}

Stream* stream_per_thread(Device* d) {
  if (!thread_streams) {
    {
      Hold hold(scheduler.lock);
      if (!thread_streams_ready) pthread_key_create(&thread_streams_key, thread_streams_end);
      thread_streams_ready = true;
    }
    thread_streams = make<Vec<Stream*>>();
    thread_streams->resize(uint32_t(device_count()));
    for (Stream*& s : *thread_streams) s = nullptr;
    pthread_setspecific(thread_streams_key, thread_streams);
  }
  Stream*& mine = (*thread_streams)[uint32_t(d->index)];
  if (mine) return mine;
  Hold hold(scheduler.lock);
  return mine = stream_make(d, STREAM_BLOCKING, 0, next_stream++);
}

Error stream_create(Device* d, uint32_t flags, int priority, Stream** out) {
  if (int sticky = load(d->sticky)) return Error(sticky);
  {
    Hold hold(scheduler.lock);
    *out = stream_make(d, flags, priority, next_stream++);
  }
  profile_stream(*out);
  return Error::Ok;
}

Error stream_destroy(Stream* s) {
  Hold hold(scheduler.lock);
  if (s->legacy || s->dead) return Error::InvalidHandle;
  s->dead = true;
  if (s->completed != s->submitted) return Error::Ok;
  s->device->streams.remove_value(s);
  drop(s);
  return Error::Ok;
}

void streams_release(Device* d) {
  Hold hold(scheduler.lock);
  Vec<Stream*> kept;
  for (Stream* s : d->streams) {
    bool mine = thread_streams && (*thread_streams)[uint32_t(d->index)] == s;
    if (s->legacy || mine || s->completed != s->submitted)
      kept.push(s);
    else
      drop(s);
  }
  d->streams = sheer::move(kept);
}

Device* stream_device(const Stream* s) { return s->device; }
uint32_t stream_flags(const Stream* s) { return s->flags; }
int stream_priority(const Stream* s) { return s->priority; }
uint64_t stream_id(const Stream* s) { return s->id; }

// ---- events
Error event_create(Device* d, Event** out) {
  if (int sticky = load(d->sticky)) return Error(sticky);
  *out = make<Event>();
  (*out)->device = d;
  (*out)->id = fetch_add(next_event, 1);
  return Error::Ok;
}

Error event_destroy(Event* e) {
  Hold hold(scheduler.lock);
  if (e->pending)
    e->dead = true;
  else
    drop(e);
  return Error::Ok;
}

Error event_synchronize(Event* e) {
  uint64_t target = load(e->recorded);
  Stream* only = nullptr;
  {
    Hold hold(scheduler.lock);
    if (e->node) only = e->node->stream;
  }
  wait_until(only, [&] { return load(e->completed) >= target; });
  printf_flush();
  return device_error(e->device);
}

Error event_query(Event* e) {
  if (Error error = device_error(e->device); error != Error::Ok) return error;
  return load(e->completed) >= load(e->recorded) ? Error::Ok : Error::NotReady;
}

Error event_elapsed(Event* start, Event* end, float* milliseconds) {
  {
    Hold hold(scheduler.lock);
    if (!start->recorded || !end->recorded) return Error::InvalidHandle;
    if (start->completed < start->recorded || end->completed < end->recorded) return Error::NotReady;
    *milliseconds = float(double(int64_t(end->when_ns - start->when_ns)) * 1e-6);
  }
  double seconds;
  if (SHEER_UNLIKELY(knobs().chip_clock) && chip_elapsed(start->id, end->id, &seconds)) *milliseconds = float(seconds * 1e3);
  return Error::Ok;
}

Device* event_device(const Event* e) { return e->device; }
uint64_t event_number(const Event* e) { return e->id; }
bool event_recorded(const Event* e) { return load(e->recorded) != 0; }
}  // namespace sheer
