// Stream capture: work goes into a graph instead of the machine; events fork a capture into further streams
// and join them.
#include "graph.h"

namespace sheer::api {
static Vec<sheer_capture*> active;  // graph_lock
static uint32_t active_count;
static uint64_t next_capture = 1;

bool capturing(const StreamObject* s) { return load(s->capture) != nullptr; }

static bool alive(sheer_capture* c, uint64_t id) {
  for (sheer_capture* a : active)
    if (a == c && a->id == id) return true;
  return false;
}

static void enter(sheer_capture* c, StreamObject* s) {
  c->streams.push(s);
  store(s->capture, c);
  if (!(s->flags & STREAM_NON_BLOCKING)) fetch_add(s->context->captures, 1u);
}
static void leave(StreamObject* s) {
  if (!(s->flags & STREAM_NON_BLOCKING)) fetch_sub(s->context->captures, 1u);
  s->capture = nullptr;
  s->tail.clear();
}
static void add_unique(Vec<CUgraphNode>* to, const Vec<CUgraphNode>& from) {
  for (Node* n : from) {
    bool there = false;
    for (Node* m : *to) there |= m == n;
    if (!there) to->push(n);
  }
}
static void finish(sheer_capture* c) {
  for (StreamObject* s : c->streams) leave(s);
  if (c->mode != cudaStreamCaptureModeRelaxed) c->owner->local_captures--;
  active.remove_value(c);
  store(active_count, active.count);
  drop(c);
}
void capture_forget(StreamObject* s) {  // the stream is destroyed
  Hold hold(graph_lock);
  sheer_capture* c = s->capture;
  if (!c) return;
  c->streams.remove_value(s);
  if (c->origin != s) add_unique(&c->gone, s->tail);
  leave(s);
  if (c->origin != s) return;
  if (!c->given_graph) graph_drop(c->graph);
  finish(c);
}

// Which captures a potentially unsafe call of this thread disturbs, in the thread's mode.
Error check_unsafe_call() {
  if (SHEER_LIKELY(!load(active_count))) return Error::Ok;
  Thread& t = thread();
  if (t.capture_mode == cudaStreamCaptureModeRelaxed) return Error::Ok;
  Hold hold(graph_lock);
  bool hit = false;
  for (sheer_capture* c : active) {
    bool mine = c->owner == &t && c->mode != cudaStreamCaptureModeRelaxed;
    bool others = t.capture_mode == cudaStreamCaptureModeGlobal && c->mode == cudaStreamCaptureModeGlobal;
    if (!mine && !others) continue;
    c->spoilt = hit = true;
  }
  return hit ? Error(cudaErrorStreamCaptureUnsupported) : Error::Ok;
}
static void spoil_blocking(Context* context, bool all) {
  for (sheer_capture* c : active)
    for (StreamObject* s : c->streams)
      if (s->context == context && (all || !(s->flags & STREAM_NON_BLOCKING))) c->spoilt = true;
}
Error check_legacy(StreamObject* s) {
  if (SHEER_LIKELY(!s->legacy || !load(s->context->captures))) return Error::Ok;
  Hold hold(graph_lock);
  spoil_blocking(s->context, false);
  return Error(cudaErrorStreamCaptureImplicit);
}
Error check_capture_sync(Context* context, StreamObject* only) {
  if (SHEER_LIKELY(!load(active_count))) return Error::Ok;
  if (only) {
    if (!only->capture) return check_legacy(only);
    Hold hold(graph_lock);
    if (only->capture) only->capture->spoilt = true;
    return Error(cudaErrorStreamCaptureUnsupported);
  }
  Hold hold(graph_lock);
  bool hit = false;
  for (sheer_capture* c : active)
    for (StreamObject* s : c->streams) hit |= s->context == context;
  if (hit) spoil_blocking(context, true);
  return hit ? Error(cudaErrorStreamCaptureUnsupported) : Error::Ok;
}

Error enqueue(StreamObject* s, const Body& body) {
  if (SHEER_LIKELY(!capturing(s))) {
    SHEER_TRY(check_legacy(s));
    Op op;
    SHEER_TRY(to_op(body, &op));
    return submit(s->stream, op);
  }
  Hold hold(graph_lock);
  sheer_capture* c = s->capture;
  if (!c || c->spoilt) return Error(cudaErrorStreamCaptureInvalidated);
  Node* node;
  Error e = graph_add(c->graph, s->tail.data, s->tail.count, body, &node);
  if (e != Error::Ok) {
    c->spoilt = true;
    return e;
  }
  s->tail.clear();
  s->tail.push(node);
  return Error::Ok;
}

Error capture_record(StreamObject* s, EventObject* e) {
  Hold hold(graph_lock);
  sheer_capture* c = s->capture;
  if (!c || c->spoilt) return Error(cudaErrorStreamCaptureInvalidated);
  e->capture = c;
  e->capture_id = c->id;
  e->nodes = s->tail;
  return Error::Ok;
}

Error capture_wait(StreamObject* s, EventObject* e, bool* handled) {
  *handled = false;
  if (SHEER_LIKELY(!e->capture && !capturing(s))) return check_legacy(s);
  Hold hold(graph_lock);
  *handled = true;
  sheer_capture* c = s->capture;
  if (c && c->spoilt) return Error(cudaErrorStreamCaptureInvalidated);
  if (!e->capture) {
    c->spoilt = true;
    return Error(cudaErrorStreamCaptureIsolation);
  }
  if (!alive(e->capture, e->capture_id)) return Error(cudaErrorCapturedEvent);
  if (e->capture->spoilt) return Error(cudaErrorStreamCaptureInvalidated);
  if (c && c != e->capture) {
    c->spoilt = e->capture->spoilt = true;
    return Error(cudaErrorStreamCaptureMerge);
  }
  if (!c) {
    if (s->legacy) {
      e->capture->spoilt = true;
      return Error(cudaErrorStreamCaptureImplicit);
    }
    enter(e->capture, s);
  }
  add_unique(&s->tail, e->nodes);
  return Error::Ok;
}

// ---- 
// begin and end
static Error begin(Context* context, CUstream handle, int mode, Graph* graph, const CUgraphNode* deps,
                   size_t count) {
  if (mode < cudaStreamCaptureModeGlobal || mode > cudaStreamCaptureModeRelaxed) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(context, handle, &s));
  if (s->legacy) return Error(cudaErrorStreamCaptureUnsupported);
  Hold hold(graph_lock);
  if (s->capture) return Error::IllegalState;
  for (size_t i = 0; i < count; i++) {
    SHEER_TRY(check(deps[i]));
    if (deps[i]->graph != graph) return Error::InvalidValue;
  }
  sheer_capture* c = make<sheer_capture>();
  c->id = next_capture++;
  c->given_graph = graph != nullptr;
  c->graph = graph ? graph : graph_make();
  c->origin = s;
  c->mode = mode;
  c->owner = &thread();
  c->spoilt = false;
  if (mode != cudaStreamCaptureModeRelaxed) c->owner->local_captures++;
  active.push(c);
  store(active_count, active.count);
  enter(c, s);
  for (size_t i = 0; i < count; i++) s->tail.push(deps[i]);
  return Error::Ok;
}

// Every stream that took part must have been joined: what it did last comes before the end of the first
// stream's work.
static bool all_joined(const sheer_capture* c) {
  Vec<Node*> reached = c->origin->tail;
  for (uint32_t i = 0; i < reached.count; i++) add_unique(&reached, reached[i]->deps);
  Vec<Node*> last = c->gone;
  for (StreamObject* s : c->streams) add_unique(&last, s->tail);
  for (Node* n : last) {
    bool there = false;
    for (Node* r : reached) there |= r == n;
    if (!there) return false;
  }
  return true;
}
static Error end(Context* context, CUstream handle, CUgraph* out) {
  StreamObject* s;
  SHEER_TRY(find_stream(context, handle, &s));
  Hold hold(graph_lock);
  sheer_capture* c = s->capture;
  CUgraph known;  // the caller has a graph that it gave
  if (!out && c && c->given_graph) out = &known;
  if (!out) return Error::InvalidValue;
  *out = nullptr;
  if (!c) return Error::IllegalState;
  if (c->mode != cudaStreamCaptureModeRelaxed && c->owner != &thread())
    return Error(cudaErrorStreamCaptureWrongThread);
  Error e = Error::Ok;
  if (c->origin != s) {
    c->spoilt = true;
    return Error(cudaErrorStreamCaptureUnmatched);
  }
  if (c->spoilt) e = Error(cudaErrorStreamCaptureInvalidated);
  else if (!all_joined(c)) e = Error(cudaErrorStreamCaptureUnjoined);
  if (e == Error::Ok) *out = c->graph;
  else if (!c->given_graph) graph_drop(c->graph);
  finish(c);
  return e;
}

static Error info(Context* context, CUstream handle, int* status, uint64_t* id, CUgraph* graph,
                  const CUgraphNode** deps, size_t* count) {
  if (!status) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(context, handle, &s));
  if (s->legacy && load(s->context->captures)) return Error(cudaErrorStreamCaptureImplicit);
  Hold hold(graph_lock);
  sheer_capture* c = s->capture;
  *status = !c          ? cudaStreamCaptureStatusNone
            : c->spoilt ? cudaStreamCaptureStatusInvalidated
                        : cudaStreamCaptureStatusActive;
  if (!c || c->spoilt) return Error::Ok;
  if (id) *id = c->id;
  if (graph) *graph = c->graph;
  if (deps) *deps = s->tail.data;
  if (count) *count = s->tail.count;
  return Error::Ok;
}
static Error update(Context* context, CUstream handle, const CUgraphNode* deps, size_t count,
                    unsigned flags) {
  if (flags > cudaStreamSetCaptureDependencies || (count && !deps)) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(context, handle, &s));
  Hold hold(graph_lock);
  sheer_capture* c = s->capture;
  if (!c) return Error::IllegalState;
  Vec<CUgraphNode> list;
  for (size_t i = 0; i < count; i++) {
    SHEER_TRY(check(deps[i]));
    if (deps[i]->graph != c->graph) return Error::InvalidValue;
    list.push(deps[i]);
  }
  if (flags == cudaStreamSetCaptureDependencies) s->tail.clear();
  add_unique(&s->tail, list);
  return Error::Ok;
}
static Error exchange_mode(int* mode) {
  if (!mode || *mode < cudaStreamCaptureModeGlobal || *mode > cudaStreamCaptureModeRelaxed)
    return Error::InvalidValue;
  int before = thread().capture_mode;
  thread().capture_mode = *mode;
  *mode = before;
  return Error::Ok;
}
// Edges of one kind only: data about them is all zero.
static CUgraphEdgeData* no_data(size_t count) {
  static SHEER_TLS CUgraphEdgeData* zeros;
  static SHEER_TLS size_t room;
  if (count > room) {
    free(zeros);
    room = count + 64;
    zeros = static_cast<CUgraphEdgeData*>(checked(calloc(room, sizeof *zeros)));
  }
  return count ? zeros : nullptr;
}
}  // namespace sheer::api

namespace sheer::impl {

Error cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode mode) {
  RUNTIME_CONTEXT;
  return begin(c, s, mode, nullptr, nullptr, 0);
}
Error cudaStreamBeginCaptureToGraph(cudaStream_t s, cudaGraph_t g, const cudaGraphNode_t* deps,
                                    const cudaGraphEdgeData*, size_t n, cudaStreamCaptureMode mode) {
  RUNTIME_CONTEXT;
  SHEER_TRY(check(g));
  return begin(c, s, mode, g, deps, n);
}
Error cudaStreamEndCapture(cudaStream_t s, cudaGraph_t* out) {
  RUNTIME_CONTEXT;
  return end(c, s, out);
}
Error cudaStreamIsCapturing(cudaStream_t s, cudaStreamCaptureStatus* out) {
  RUNTIME_CONTEXT;
  return info(c, s, reinterpret_cast<int*>(out), nullptr, nullptr, nullptr, nullptr);
}
Error cudaStreamGetCaptureInfo_v2(cudaStream_t s, cudaStreamCaptureStatus* status, unsigned long long* id,
                                  cudaGraph_t* g, const cudaGraphNode_t** deps, size_t* n) {
  RUNTIME_CONTEXT;
  return info(c, s, reinterpret_cast<int*>(status), reinterpret_cast<uint64_t*>(id), g, deps, n);
}
Error cudaStreamGetCaptureInfo_v3(cudaStream_t s, cudaStreamCaptureStatus* status, unsigned long long* id,
                                  cudaGraph_t* g, const cudaGraphNode_t** deps,
                                  const cudaGraphEdgeData** data, size_t* n) {
  RUNTIME_CONTEXT;
  size_t count = 0;
  SHEER_TRY(info(c, s, reinterpret_cast<int*>(status), reinterpret_cast<uint64_t*>(id), g, deps, &count));
  if (n) *n = count;
  if (data) *data = reinterpret_cast<const cudaGraphEdgeData*>(no_data(count));
  return Error::Ok;
}
Error cudaStreamUpdateCaptureDependencies(cudaStream_t s, cudaGraphNode_t* deps, size_t n, unsigned flags) {
  RUNTIME_CONTEXT;
  return update(c, s, deps, n, flags);
}
Error cudaStreamUpdateCaptureDependencies_v2(cudaStream_t s, cudaGraphNode_t* deps, const cudaGraphEdgeData*,
                                             size_t n, unsigned flags) {
  RUNTIME_CONTEXT;
  return update(c, s, deps, n, flags);
}
Error cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  return exchange_mode(reinterpret_cast<int*>(mode));
}

Error cuStreamBeginCapture_v2(CUstream s, CUstreamCaptureMode mode) {
  DRIVER_CONTEXT;
  return begin(c, s, mode, nullptr, nullptr, 0);
}
Error cuStreamBeginCaptureToGraph(CUstream s, CUgraph g, const CUgraphNode* deps, const CUgraphEdgeData*,
                                  size_t n, CUstreamCaptureMode mode) {
  DRIVER_CONTEXT;
  SHEER_TRY(check(g));
  return begin(c, s, mode, g, deps, n);
}
Error cuStreamEndCapture(CUstream s, CUgraph* out) {
  DRIVER_CONTEXT;
  return end(c, s, out);
}
Error cuStreamIsCapturing(CUstream s, CUstreamCaptureStatus* out) {
  DRIVER_CONTEXT;
  return info(c, s, reinterpret_cast<int*>(out), nullptr, nullptr, nullptr, nullptr);
}
Error cuStreamGetCaptureInfo_v2(CUstream s, CUstreamCaptureStatus* status, cuuint64_t* id, CUgraph* g,
                                const CUgraphNode** deps, size_t* n) {
  DRIVER_CONTEXT;
  return info(c, s, reinterpret_cast<int*>(status), id, g, deps, n);
}
Error cuStreamGetCaptureInfo_v3(CUstream s, CUstreamCaptureStatus* status, cuuint64_t* id, CUgraph* g,
                                const CUgraphNode** deps, const CUgraphEdgeData** data, size_t* n) {
  DRIVER_CONTEXT;
  size_t count = 0;
  SHEER_TRY(info(c, s, reinterpret_cast<int*>(status), id, g, deps, &count));
  if (n) *n = count;
  if (data) *data = no_data(count);
  return Error::Ok;
}
Error cuStreamUpdateCaptureDependencies(CUstream s, CUgraphNode* deps, size_t n, unsigned flags) {
  DRIVER_CONTEXT;
  return update(c, s, deps, n, flags);
}
Error cuStreamUpdateCaptureDependencies_v2(CUstream s, CUgraphNode* deps, const CUgraphEdgeData*, size_t n,
                                           unsigned flags) {
  DRIVER_CONTEXT;
  return update(c, s, deps, n, flags);
}
Error cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  return exchange_mode(reinterpret_cast<int*>(mode));
}
}  // namespace sheer::impl
