// Executable graphs: a clone that is flattened into operations for the machine, launched, updated, switched
// on and off.
#include "graph.h"

namespace sheer::api {
static Slab<Exec> slab;
static uint32_t next_exec = 1;

Error to_op(const Body& body, Op* op) {
  switch (body.type) {
    case CU_GRAPH_NODE_TYPE_KERNEL: {
      const LaunchRequest& r = body.launch;
      op->kind = OpKind::Launch;
      op->launch = {r.kernel->function,
                    {r.grid[0], r.grid[1], r.grid[2]},
                    {r.block[0], r.block[1], r.block[2]},
                    uint32_t(r.shared),
                    r.cooperative,
                    r.packed};
      return Error::Ok;
    }
    case CU_GRAPH_NODE_TYPE_MEMCPY: op->kind = OpKind::Copy; return copy_check(body.copy, &op->copy);
    case CU_GRAPH_NODE_TYPE_MEMSET:
      op->kind = OpKind::Fill;
      op->fill = body.fill;
      return fill_check(body.fill);
    case CU_GRAPH_NODE_TYPE_HOST:
      op->kind = OpKind::Host;
      op->host = body.host;
      return Error::Ok;
    case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
      if (body.event->shared) return unsupported("cudaGraphAddEventRecordNode", "interprocess events as nodes of graphs");
      op->kind = OpKind::Record;
      op->record = {body.event->event};
      return Error::Ok;
    case CU_GRAPH_NODE_TYPE_WAIT_EVENT:
      if (body.event->shared) return unsupported("cudaGraphAddEventWaitNode", "interprocess events as nodes of graphs");
      op->kind = OpKind::Wait;
      op->wait = {body.event->event};
      return Error::Ok;
    case CU_GRAPH_NODE_TYPE_MEM_FREE:
      op->kind = OpKind::Free;
      op->free = {body.pointer};
      return Error::Ok;
    default: op->kind = OpKind::Empty; return Error::Ok;
  }
}

static uint32_t emit(Flat* f, const Op& op, const Vec<uint32_t>& deps) {
  f->ops.push(op);
  f->deps.push(deps);
  return f->ops.count - 1;
}
static void finish(Flat* f) {
  f->nodes.clear();
  for (uint32_t i = 0; i < f->ops.count; i++) f->nodes.push({&f->ops[i], f->deps[i].data, f->deps[i].count});
}
static void clear(Flat* f) {
  for (GraphBody* b : f->bodies) body_release(b);
  for (GraphBody** list : f->lists) free(list);
  f->ops.clear();
  f->deps.clear();
  f->nodes.clear();
  f->bodies.clear();
  f->lists.clear();
}

static Error flatten(Flat* f, const Graph* g, const Vec<uint32_t>& before, Vec<uint32_t>* ends);

static bool may_be_chosen(CUgraphNodeType type) {  // stands in the body of a conditional node
  return type == CU_GRAPH_NODE_TYPE_KERNEL || type == CU_GRAPH_NODE_TYPE_MEMCPY || type == CU_GRAPH_NODE_TYPE_MEMSET ||
         type == CU_GRAPH_NODE_TYPE_EMPTY || type == CU_GRAPH_NODE_TYPE_GRAPH || type == CU_GRAPH_NODE_TYPE_CONDITIONAL;
}
static Error check_body(const Graph* g) {
  for (Node* n : g->nodes) {
    if (!may_be_chosen(n->body.type)) {
      set_message("the body of a conditional node may hold kernels, copies, fills, empty, child graph and conditional nodes");
      return Error::NotSupported;
    }
    if (n->body.type == CU_GRAPH_NODE_TYPE_GRAPH) SHEER_TRY(check_body(n->body.child));
  }
  return Error::Ok;
}
static Error conditional_op(Flat* f, const Body& body, Op* op) {
  GraphBody** list = static_cast<GraphBody**>(calloc(body.body_count, sizeof *list));
  f->lists.push(list);
  for (uint32_t i = 0; i < body.body_count; i++) {
    Flat inner;
    Vec<uint32_t> ends;
    Error error = check_body(body.bodies[i]);
    if (error == Error::Ok) error = flatten(&inner, body.bodies[i], Vec<uint32_t>(), &ends);
    if (error == Error::Ok) {
      finish(&inner);
      list[i] = body_make(inner.nodes.data, inner.nodes.count);
      f->bodies.push(list[i]);
    }
    clear(&inner);
    SHEER_TRY(error);
  }
  op->kind = OpKind::Conditional;
  op->conditional = {&body.condition->value, Condition(body.choice), list, body.body_count};
  return Error::Ok;
}
// Appends the graph's nodes; those without dependencies wait for `before`. `ends`: the nodes that nothing
// waits for.
static Error flatten(Flat* f, const Graph* g, const Vec<uint32_t>& before, Vec<uint32_t>* ends) {
  Vec<Node*> order;
  SHEER_TRY(topological(g, &order));
  Map<Node*, uint32_t> place;
  for (Node* n : order) {
    Vec<uint32_t> deps;
    for (Node* d : n->deps) deps.push(place[d]);
    if (!n->deps.count) deps = before;
    Op op;
    if (n->enabled && n->body.type == CU_GRAPH_NODE_TYPE_GRAPH) {
      Vec<uint32_t> inner;
      SHEER_TRY(flatten(f, n->body.child, deps, &inner));
      if (inner.count) deps = inner;
    } else if (n->body.type == CU_GRAPH_NODE_TYPE_CONDITIONAL) {
      SHEER_TRY(conditional_op(f, n->body, &op));
    } else if (n->enabled &&
               n->body.type != CU_GRAPH_NODE_TYPE_MEM_FREE) {  // the memory lives as long as the graph
      SHEER_TRY(to_op(n->body, &op));
    }
    place[n] = emit(f, op, deps);
  }
  for (Node* n : order) {
    bool last = true;
    for (Node* m : order)
      for (Node* d : m->deps) last &= d != n;
    if (last) ends->push(place[n]);
  }
  return Error::Ok;
}
// Values that a launch begins with, before anything else of it.
static void initial_values(Flat* f, const Graph* g, Vec<uint32_t>* first) {
  for (Node* n : g->nodes) {
    if (n->body.type == CU_GRAPH_NODE_TYPE_GRAPH) initial_values(f, n->body.child, first);
    for (uint32_t i = 0; i < n->body.body_count; i++) initial_values(f, n->body.bodies[i], first);
    ConditionObject* c = n->body.condition;
    if (!c || !c->assigned) continue;
    Op op;
    op.kind = OpKind::Signal;
    op.signal = {[](void* user, uint64_t value) { store(static_cast<ConditionObject*>(user)->value, uint32_t(value)); }, c,
                 c->initial};
    first->push(emit(f, op, Vec<uint32_t>()));
  }
}
static Error refresh(Exec* e) {
  if (!e->stale) return Error::Ok;
  clear(&e->flat);
  Vec<uint32_t> first, ends;
  initial_values(&e->flat, e->graph, &first);
  SHEER_TRY(flatten(&e->flat, e->graph, first, &ends));
  finish(&e->flat);
  e->stale = false;
  return Error::Ok;
}

static Error instantiate(Graph* g, uint64_t flags, Exec** out) {
  if (!out || flags & ~uint64_t(0xf)) return Error::InvalidValue;
  if (flags & CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH) {
    set_message("graphs cannot be launched from the device");
    return Error::NotSupported;
  }
  Hold hold(graph_lock);
  SHEER_TRY(check(g));
  Exec* e = slab.take();
  e->id = next_exec++;
  e->flags = flags;
  e->graph = graph_clone(g);
  e->graph->child = true;
  Error error = refresh(e);
  if (error != Error::Ok) {
    clear(&e->flat);
    graph_drop(e->graph);
    slab.give(e);
    return error;
  }
  *out = e;
  return Error::Ok;
}

Error exec_launch(Context* c, Exec* e, CUstream handle) {
  SHEER_TRY(check(e));
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  if (capturing(s)) {
    Body body;
    body.type = CU_GRAPH_NODE_TYPE_GRAPH;
    body.child = e->graph;
    return enqueue(s, body);
  }
  SHEER_TRY(check_legacy(s));
  Hold hold(graph_lock);
  SHEER_TRY(refresh(e));
  return submit_graph(s->stream, e->flat.nodes.data, e->flat.nodes.count);
}

static Node* search(Graph* g, const Node* original) {
  for (Node* n : g->nodes) {
    if (n->original == original) return n;
    for (uint32_t i = 0; i < n->body.body_count; i++)
      if (Node* inner = search(n->body.bodies[i], original)) return inner;
    if (n->body.type != CU_GRAPH_NODE_TYPE_GRAPH) continue;
    if (Node* inner = search(n->body.child, original)) return inner;
  }
  return nullptr;
}
Node* exec_node(Exec* e, const Node* original) { return search(e->graph, original); }

// ---- 
// whole update
static int index_of(const Graph* g, const Node* n) {
  for (uint32_t i = 0; i < g->nodes.count; i++)
    if (g->nodes[i] == n) return int(i);
  return -1;
}
static bool same_edges(const Graph* a, const Graph* b, uint32_t at) {
  const Vec<CUgraphNode>&x = a->nodes[at]->deps, &y = b->nodes[at]->deps;
  if (x.count != y.count) return false;
  for (Node* d : x) {
    bool there = false;
    for (Node* o : y) there |= index_of(b, o) == index_of(a, d);
    if (!there) return false;
  }
  return true;
}
static CUgraphExecUpdateResult compare(const Graph* mine, const Graph* theirs, CUgraphNode* where,
                                       CUgraphNode* from) {
  if (mine->nodes.count != theirs->nodes.count) return CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
  for (uint32_t i = 0; i < mine->nodes.count; i++) {
    Node *a = mine->nodes[i], *b = theirs->nodes[i];
    *where = b;
    if (a->body.type != b->body.type) return CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED;
    if (!same_edges(mine, theirs, i)) return CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
    if (a->body.type == CU_GRAPH_NODE_TYPE_GRAPH) {
      CUgraphExecUpdateResult inner = compare(a->body.child, b->body.child, where, from);
      if (inner != CU_GRAPH_EXEC_UPDATE_SUCCESS) return inner;
    }
    if (a->body.condition != b->body.condition || a->body.choice != b->body.choice || a->body.body_count != b->body.body_count)
      return CU_GRAPH_EXEC_UPDATE_ERROR_ATTRIBUTES_CHANGED;
    for (uint32_t k = 0; k < a->body.body_count; k++) {
      CUgraphExecUpdateResult inner = compare(a->body.bodies[k], b->body.bodies[k], where, from);
      if (inner != CU_GRAPH_EXEC_UPDATE_SUCCESS) return inner;
    }
    if (a->body.type == CU_GRAPH_NODE_TYPE_KERNEL && a->body.launch.cooperative != b->body.launch.cooperative)
      return CU_GRAPH_EXEC_UPDATE_ERROR_ATTRIBUTES_CHANGED;
  }
  *where = nullptr;
  return CU_GRAPH_EXEC_UPDATE_SUCCESS;
}
static Error whole_update(Exec* e, Graph* g, CUgraphExecUpdateResultInfo* out) {
  Hold hold(graph_lock);
  SHEER_TRY(check(e));
  SHEER_TRY(check(g));
  CUgraphNode where = nullptr, from = nullptr;
  CUgraphExecUpdateResult result = compare(e->graph, g, &where, &from);
  if (out) *out = {result, where, from};
  if (result != CU_GRAPH_EXEC_UPDATE_SUCCESS) return Error(cudaErrorGraphExecUpdateFailure);
  Vec<bool> enabled;
  for (Node* n : e->graph->nodes) enabled.push(n->enabled);
  Vec<Node*> originals;
  for (Node* n : e->graph->nodes) originals.push(n->original);
  graph_drop(e->graph);
  e->graph = graph_clone(g);
  e->graph->child = true;
  for (uint32_t i = 0; i < enabled.count; i++) {
    e->graph->nodes[i]->enabled = enabled[i];
    e->graph->nodes[i]->original = originals[i];  // handles of the first graph stay valid for later updates
  }
  e->stale = true;
  return refresh(e);
}
static Error enabled_set(Exec* e, const Node* n, bool on) {
  Hold hold(graph_lock);
  SHEER_TRY(check(e));
  Node* mine = exec_node(e, n);
  if (!mine) return Error::InvalidValue;
  CUgraphNodeType t = mine->body.type;
  if (t != CU_GRAPH_NODE_TYPE_KERNEL && t != CU_GRAPH_NODE_TYPE_MEMCPY && t != CU_GRAPH_NODE_TYPE_MEMSET)
    return Error::InvalidValue;
  mine->enabled = on;
  e->stale = true;
  return Error::Ok;
}
static Error enabled_get(Exec* e, const Node* n, unsigned* out) {
  Hold hold(graph_lock);
  SHEER_TRY(check(e));
  Node* mine = exec_node(e, n);
  if (!mine || !out) return Error::InvalidValue;
  *out = mine->enabled;
  return Error::Ok;
}
static Error destroy(Exec* e) {
  Hold hold(graph_lock);
  SHEER_TRY(check(e));
  clear(&e->flat);
  graph_drop(e->graph);
  slab.give(e);
  return Error::Ok;
}
template <class P>
static Error with_params(Exec** out, Graph* g, P* p, uint64_t flags) {
  Error e = instantiate(g, flags, out);
  using Result = decltype(p->result_out);
  p->result_out =
      e == Error::Ok ? Result(CUDA_GRAPH_INSTANTIATE_SUCCESS) : Result(CUDA_GRAPH_INSTANTIATE_ERROR);
  return e;
}
}  // namespace sheer::api

namespace sheer::impl {
Error cudaGraphInstantiate(cudaGraphExec_t* out, cudaGraph_t g, unsigned long long flags) {
  return instantiate(g, flags, out);
}
Error cudaGraphInstantiateWithFlags(cudaGraphExec_t* out, cudaGraph_t g, unsigned long long flags) {
  return instantiate(g, flags, out);
}
Error cudaGraphInstantiateWithParams(cudaGraphExec_t* out, cudaGraph_t g, cudaGraphInstantiateParams* p) {
  if (!p) return Error::InvalidValue;
  p->errNode_out = nullptr;
  return with_params(out, g, p, p->flags);
}
Error cudaGraphLaunch(cudaGraphExec_t e, cudaStream_t s) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return exec_launch(c, e, s);
}
Error cudaGraphUpload(cudaGraphExec_t e, cudaStream_t s) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  StreamObject* found;
  SHEER_TRY(find_stream(c, s, &found));
  return check(e);
}
Error cudaGraphExecDestroy(cudaGraphExec_t e) { return destroy(e); }
Error cudaGraphExecGetFlags(cudaGraphExec_t e, unsigned long long* out) {
  SHEER_TRY(check(e));
  if (!out) return Error::InvalidValue;
  *out = e->flags;
  return Error::Ok;
}
Error cudaGraphExecGetId(cudaGraphExec_t e, unsigned* out) {
  SHEER_TRY(check(e));
  if (!out) return Error::InvalidValue;
  *out = e->id;
  return Error::Ok;
}
Error cudaGraphExecUpdate(cudaGraphExec_t e, cudaGraph_t g, cudaGraphExecUpdateResultInfo* out) {
  return whole_update(e, g, reinterpret_cast<CUgraphExecUpdateResultInfo*>(out));
}
Error cudaGraphNodeSetEnabled(cudaGraphExec_t e, cudaGraphNode_t n, unsigned on) {
  return enabled_set(e, n, on != 0);
}
Error cudaGraphNodeGetEnabled(cudaGraphExec_t e, cudaGraphNode_t n, unsigned* out) {
  return enabled_get(e, n, out);
}

Error cuGraphInstantiateWithFlags(CUgraphExec* out, CUgraph g, unsigned long long flags) {
  return instantiate(g, flags, out);
}
Error cuGraphInstantiateWithParams(CUgraphExec* out, CUgraph g, CUDA_GRAPH_INSTANTIATE_PARAMS* p) {
  if (!p) return Error::InvalidValue;
  p->hErrNode_out = nullptr;
  return with_params(out, g, p, p->flags);
}
Error cuGraphLaunch(CUgraphExec e, CUstream s) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  return exec_launch(c, e, s);
}
Error cuGraphUpload(CUgraphExec e, CUstream s) {
  Context* c;
  SHEER_TRY(driver_context(&c));
  StreamObject* found;
  SHEER_TRY(find_stream(c, s, &found));
  return check(e);
}
Error cuGraphExecDestroy(CUgraphExec e) { return destroy(e); }
Error cuGraphExecGetFlags(CUgraphExec e, cuuint64_t* out) {
  return impl::cudaGraphExecGetFlags(e, reinterpret_cast<unsigned long long*>(out));
}
Error cuGraphExecGetId(CUgraphExec e, unsigned* out) { return impl::cudaGraphExecGetId(e, out); }
Error cuGraphExecUpdate_v2(CUgraphExec e, CUgraph g, CUgraphExecUpdateResultInfo* out) {
  return whole_update(e, g, out);
}
Error cuGraphNodeSetEnabled(CUgraphExec e, CUgraphNode n, unsigned on) { return enabled_set(e, n, on != 0); }
Error cuGraphNodeGetEnabled(CUgraphExec e, CUgraphNode n, unsigned* out) { return enabled_get(e, n, out); }
}  // namespace sheer::impl
