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

static uint32_t emit(Exec* e, const Op& op, const Vec<uint32_t>& deps) {
  e->ops.push(op);
  e->deps.push(deps);
  return e->ops.count - 1;
}
// Appends the graph's nodes; those without dependencies wait for `before`. `ends`: the nodes that nothing
// waits for.
static Error flatten(Exec* e, const Graph* g, const Vec<uint32_t>& before, Vec<uint32_t>* ends) {
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
      SHEER_TRY(flatten(e, n->body.child, deps, &inner));
      if (inner.count) deps = inner;
    } else if (n->enabled &&
               n->body.type != CU_GRAPH_NODE_TYPE_MEM_FREE) {  // the memory lives as long as the graph
      SHEER_TRY(to_op(n->body, &op));
    }
    place[n] = emit(e, op, deps);
  }
  for (Node* n : order) {
    bool last = true;
    for (Node* m : order)
      for (Node* d : m->deps) last &= d != n;
    if (last) ends->push(place[n]);
  }
  return Error::Ok;
}
static Error refresh(Exec* e) {
  if (!e->stale) return Error::Ok;
  e->ops.clear();
  e->deps.clear();
  e->flat.clear();
  Vec<uint32_t> ends;
  SHEER_TRY(flatten(e, e->graph, Vec<uint32_t>(), &ends));
  for (uint32_t i = 0; i < e->ops.count; i++) e->flat.push({&e->ops[i], e->deps[i].data, e->deps[i].count});
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
  return submit_graph(s->stream, e->flat.data, e->flat.count);
}

static Node* search(Graph* g, const Node* original) {
  for (Node* n : g->nodes) {
    if (n->original == original) return n;
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
