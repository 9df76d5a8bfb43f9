// Graphs: nodes, edges, clones, queries, user objects. What a node does is in graph_nodes.cpp, running in
// graph_exec.cpp.
#include "graph.h"

namespace sheer::api {
Mutex graph_lock;
static Slab<Graph> graph_slab;
static Slab<Node> node_slab;
static Slab<CUuserObject_st> object_slab;
static uint32_t next_graph = 1;
static Map<void*, uint32_t> graph_memory;  // allocations of graphs -> how many nodes stand for them

template <class T>
static Error check_tag(const T* t, Tag tag) {
  return uint64_t(t) > 4096 && uint64_t(t) % alignof(T) == 0 && t->tag == tag ? Error::Ok
                                                                              : Error::InvalidValue;
}
Error check(const Graph* g) { return check_tag(g, Tag::Graph); }
Error check(const Node* n) { return check_tag(n, Tag::Node); }
Error check(const ConditionObject* c) { return check_tag(c, Tag::Condition); }
Error check(const Exec* e) { return check_tag(e, Tag::Exec); }

Graph* graph_make() {
  Graph* g = graph_slab.take();
  g->id = fetch_add(next_graph, 1);
  return g;
}

static Error own_parameters(Node* n) {
  LaunchRequest& r = n->body.launch;
  const FunctionInfo& f = function_info(r.kernel->function);
  if (f.param_count && !r.args && !r.packed) return Error::InvalidValue;
  Vec<uint8_t> packed;
  packed.resize(f.param_bytes + 1);
  if (r.args) pack_params(r.kernel->function, r.args, packed.data);
  else if (r.packed) memcpy(packed.data, r.packed, min<uint64_t>(r.packed_bytes, f.param_bytes));
  n->packed = sheer::move(packed);
  n->pointers.clear();
  for (uint32_t i = 0; i < f.param_count; i++) n->pointers.push(n->packed.data + f.params[i].offset);
  r.args = nullptr;
  r.packed = n->packed.data;
  r.packed_bytes = f.param_bytes;
  return Error::Ok;
}
// Copies of a conditional node's bodies, for a node that is a copy itself.
static void own_bodies(Node* n) {
  CUgraph* copies = static_cast<CUgraph*>(checked(malloc(n->body.body_count * sizeof(CUgraph))));
  for (uint32_t i = 0; i < n->body.body_count; i++) {
    copies[i] = graph_clone(n->body.bodies[i]);
    copies[i]->child = true;
  }
  n->body.bodies = copies;
}
static Error own(Node* n) {  // takes over what the body points to
  if (n->body.type == CU_GRAPH_NODE_TYPE_KERNEL) return own_parameters(n);
  if (n->body.type == CU_GRAPH_NODE_TYPE_GRAPH) {
    n->body.child = graph_clone(n->body.child);
    n->body.child->child = true;
  }
  if (n->body.type == CU_GRAPH_NODE_TYPE_MEM_ALLOC) graph_memory[n->body.pointer]++;
  return Error::Ok;
}
static void disown(Node* n) {
  if (n->body.type == CU_GRAPH_NODE_TYPE_GRAPH && n->body.child) graph_drop(n->body.child);
  for (uint32_t i = 0; i < n->body.body_count; i++) graph_drop(n->body.bodies[i]);
  free(n->body.bodies);
  if (n->body.type != CU_GRAPH_NODE_TYPE_MEM_ALLOC) return;
  uint32_t* users = graph_memory.find(n->body.pointer);
  if (!users || --*users) return;
  graph_memory.remove(n->body.pointer);
  Allocation a;
  if (allocation_find(n->body.pointer, &a)) {
    device_synchronize(a.context->device);
    allocation_forget(n->body.pointer);
    memory_free(n->body.pointer);
  }
}

Error graph_add(Graph* g, const CUgraphNode* deps, size_t count, const Body& body, Node** out) {
  if (count && !deps) return Error::InvalidValue;
  for (size_t i = 0; i < count; i++) {
    SHEER_TRY(check(deps[i]));
    if (deps[i]->graph != g) return Error::InvalidValue;
    for (size_t k = 0; k < i; k++)
      if (deps[k] == deps[i]) return Error::InvalidValue;
  }
  Node* n = node_slab.take();
  n->graph = g;
  n->body = body;
  if (Error e = own(n); e != Error::Ok) {
    node_slab.give(n);
    return e;
  }
  for (size_t i = 0; i < count; i++) n->deps.push(deps[i]);
  n->id = g->next_node++;
  g->nodes.push(n);
  *out = n;
  return Error::Ok;
}
Error node_set(Node* n, const Body& body) {
  if (body.type != n->body.type) return Error::InvalidValue;
  Body before = n->body;
  n->body = body;
  if (Error e = own(n); e != Error::Ok) {
    n->body = before;
    return e;
  }
  if (before.type == CU_GRAPH_NODE_TYPE_GRAPH && before.child) graph_drop(before.child);
  return Error::Ok;
}

Graph* graph_clone(const Graph* from) {
  Graph* g = graph_make();
  for (Node* old : from->nodes) {
    Node* n = node_slab.take();
    n->graph = g;
    n->id = old->id;
    n->body = old->body;
    n->original = old;
    n->enabled = old->enabled;
    n->window = old->window;
    n->domains = old->domains;
    n->domain = old->domain;
    n->carveout = old->carveout;
    n->cluster_policy = old->cluster_policy;
    own(n);
    own_bodies(n);
    g->nodes.push(n);
  }
  g->next_node = from->next_node;
  for (uint32_t i = 0; i < from->nodes.count; i++)
    for (Node* dep : from->nodes[i]->deps)
      for (Node* n : g->nodes)
        if (n->original == dep) g->nodes[i]->deps.push(n);
  for (const Graph::Held& h : from->objects) {
    h.object->references += h.count;
    g->objects.push(h);
  }
  return g;
}

static void object_release(CUuserObject o, uint32_t count) {
  o->references -= count;
  if (o->references > 0) return;
  o->destroy(o->pointer);
  object_slab.give(o);
}
void graph_drop(Graph* g) {
  for (Node* n : g->nodes) {
    disown(n);
    node_slab.give(n);
  }
  for (Graph::Held& h : g->objects) object_release(h.object, h.count);
  graph_slab.give(g);
}

Error topological(const Graph* g, Vec<Node*>* out) {
  Vec<Node*> rest = g->nodes;
  while (rest.count) {
    uint32_t before = rest.count;
    for (uint32_t i = 0; i < rest.count;) {
      bool ready = true;
      for (Node* d : rest[i]->deps) {
        bool done = false;
        for (Node* o : *out)
          if (o == d) {
            done = true;
            break;
          }
        if (!done) {
          ready = false;
          break;
        }
      }
      if (!ready) {
        i++;
        continue;
      }
      out->push(rest[i]);
      rest.remove(i);
    }
    if (rest.count == before) return Error::InvalidValue;
  }
  return Error::Ok;
}

// ---- 
// queries The pattern of all list queries: null asks for the number; fewer than there are fills so many, more
// are set to null.
static Error give(const Vec<Node*>& list, CUgraphNode* out, size_t* count) {
  if (!count) return Error::InvalidValue;
  if (!out) {
    *count = list.count;
    return Error::Ok;
  }
  for (size_t i = 0; i < *count; i++) out[i] = i < list.count ? list[uint32_t(i)] : nullptr;
  *count = min<size_t>(*count, list.count);
  return Error::Ok;
}
static Vec<Node*> dependents_of(const Node* n) {
  Vec<Node*> list;
  for (Node* other : n->graph->nodes)
    for (Node* d : other->deps)
      if (d == n) list.push(other);
  return list;
}
static Error edges(const Graph* g, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* data, size_t* count) {
  SHEER_TRY(check(g));
  if (!count || (from == nullptr) != (to == nullptr)) return Error::InvalidValue;
  size_t at = 0, room = from ? *count : 0;
  for (Node* n : g->nodes)
    for (Node* d : n->deps) {
      if (at < room) {
        from[at] = d;
        to[at] = n;
        if (data) data[at] = {};
      }
      at++;
    }
  for (size_t i = at; i < room; i++) from[i] = to[i] = nullptr;
  *count = from ? min(at, room) : at;
  return Error::Ok;
}
static void clear(CUgraphEdgeData* data, const size_t* count) {
  for (size_t i = 0; data && count && i < *count; i++) data[i] = {};
}
static bool plain_edges(const CUgraphEdgeData* data, size_t count) {
  for (size_t i = 0; data && i < count; i++)
    if (data[i].from_port || data[i].to_port || data[i].type) return false;
  return true;
}
static Error edges_change(Graph* g, const CUgraphNode* from, const CUgraphNode* to, size_t count, bool add) {
  SHEER_TRY(check(g));
  if (count && (!from || !to)) return Error::InvalidValue;
  for (size_t i = 0; i < count; i++) {
    SHEER_TRY(check(from[i]));
    SHEER_TRY(check(to[i]));
    if (from[i]->graph != g || to[i]->graph != g || from[i] == to[i]) return Error::InvalidValue;
    bool there = false;
    for (Node* d : to[i]->deps) there |= d == from[i];
    if (there == add) return Error::InvalidValue;
    if (add) to[i]->deps.push(from[i]);
    else to[i]->deps.remove_value(from[i]);
  }
  Vec<Node*> order;
  if (add && topological(g, &order) != Error::Ok) {
    for (size_t i = 0; i < count; i++) to[i]->deps.remove_value(from[i]);
    return Error::InvalidValue;
  }
  return Error::Ok;
}
static Error debug_print(const Graph* g, const char* path) {
  SHEER_TRY(check(g));
  if (!path) return Error::InvalidValue;
  FILE* f = fopen(path, "we");
  if (!f) return Error::OperatingSystem;
  static const char* names[] = {"kernel",     "memcpy",       "memset", "host", "graph", "empty",
                                "wait event", "record event", "signal", "wait", "alloc", "free", "memory op", "conditional"};
  fprintf(f, "digraph sheer_graph_%u {\n", g->id);
  for (Node* n : g->nodes) {
    int type = n->body.type;
    fprintf(f, "  n%u [label=\"%s%s%s\"];\n", n->id, type >= 0 && type < 14 ? names[type] : "node",
            type == 0 ? " " : "", type == 0 ? kernel_name(n->body.launch.kernel) : "");
    for (Node* d : n->deps) fprintf(f, "  n%u -> n%u;\n", d->id, n->id);
  }
  fputs("}\n", f);
  return fclose(f) ? Error::OperatingSystem : Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
// Handles are the same types in both APIs; the driver's functions are named first, the runtime's call them.
#define GRAPH_LOCK Hold hold(graph_lock)
using EdgeOut = cudaGraphEdgeData*;
static CUgraphEdgeData* edge(cudaGraphEdgeData* e) { return reinterpret_cast<CUgraphEdgeData*>(e); }
static const CUgraphEdgeData* edge(const cudaGraphEdgeData* e) {
  return reinterpret_cast<const CUgraphEdgeData*>(e);
}

Error cuGraphCreate(CUgraph* out, unsigned flags) {
  if (!out || flags) return Error::InvalidValue;
  GRAPH_LOCK;
  *out = graph_make();
  return Error::Ok;
}
Error cuGraphDestroy(CUgraph g) {
  GRAPH_LOCK;
  SHEER_TRY(check(g));
  if (g->child) return Error::InvalidValue;
  graph_drop(g);
  return Error::Ok;
}
Error cuGraphClone(CUgraph* out, CUgraph g) {
  GRAPH_LOCK;
  if (!out) return Error::InvalidValue;
  SHEER_TRY(check(g));
  *out = graph_clone(g);
  return Error::Ok;
}
Error cuGraphNodeFindInClone(CUgraphNode* out, CUgraphNode original, CUgraph clone) {
  GRAPH_LOCK;
  if (!out) return Error::InvalidValue;
  SHEER_TRY(check(original));
  SHEER_TRY(check(clone));
  for (Node* n : clone->nodes)
    if (n->original == original) {
      *out = n;
      return Error::Ok;
    }
  return Error::InvalidValue;
}
Error cuGraphNodeGetType(CUgraphNode n, CUgraphNodeType* out) {
  GRAPH_LOCK;
  SHEER_TRY(check(n));
  if (!out) return Error::InvalidValue;
  *out = n->body.type;
  return Error::Ok;
}
Error cuGraphGetNodes(CUgraph g, CUgraphNode* out, size_t* count) {
  GRAPH_LOCK;
  SHEER_TRY(check(g));
  return give(g->nodes, out, count);
}
Error cuGraphGetRootNodes(CUgraph g, CUgraphNode* out, size_t* count) {
  GRAPH_LOCK;
  SHEER_TRY(check(g));
  Vec<Node*> roots;
  for (Node* n : g->nodes)
    if (!n->deps.count) roots.push(n);
  return give(roots, out, count);
}
Error cuGraphGetEdges(CUgraph g, CUgraphNode* from, CUgraphNode* to, size_t* count) {
  GRAPH_LOCK;
  return edges(g, from, to, nullptr, count);
}
Error cuGraphGetEdges_v2(CUgraph g, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* data,
                         size_t* count) {
  GRAPH_LOCK;
  return edges(g, from, to, data, count);
}
Error cuGraphNodeGetDependencies(CUgraphNode n, CUgraphNode* out, size_t* count) {
  GRAPH_LOCK;
  SHEER_TRY(check(n));
  return give(n->deps, out, count);
}
Error cuGraphNodeGetDependencies_v2(CUgraphNode n, CUgraphNode* out, CUgraphEdgeData* data, size_t* count) {
  SHEER_TRY(impl::cuGraphNodeGetDependencies(n, out, count));
  clear(data, count);
  return Error::Ok;
}
Error cuGraphNodeGetDependentNodes(CUgraphNode n, CUgraphNode* out, size_t* count) {
  GRAPH_LOCK;
  SHEER_TRY(check(n));
  return give(dependents_of(n), out, count);
}
Error cuGraphNodeGetDependentNodes_v2(CUgraphNode n, CUgraphNode* out, CUgraphEdgeData* data, size_t* count) {
  SHEER_TRY(impl::cuGraphNodeGetDependentNodes(n, out, count));
  clear(data, count);
  return Error::Ok;
}
Error cuGraphAddDependencies(CUgraph g, const CUgraphNode* from, const CUgraphNode* to, size_t count) {
  GRAPH_LOCK;
  return edges_change(g, from, to, count, true);
}
Error cuGraphRemoveDependencies(CUgraph g, const CUgraphNode* from, const CUgraphNode* to, size_t count) {
  GRAPH_LOCK;
  return edges_change(g, from, to, count, false);
}
Error cuGraphAddDependencies_v2(CUgraph g, const CUgraphNode* from, const CUgraphNode* to,
                                const CUgraphEdgeData* data, size_t count) {
  return plain_edges(data, count) ? impl::cuGraphAddDependencies(g, from, to, count) : Error::NotSupported;
}
Error cuGraphRemoveDependencies_v2(CUgraph g, const CUgraphNode* from, const CUgraphNode* to,
                                   const CUgraphEdgeData* data, size_t count) {
  return plain_edges(data, count) ? impl::cuGraphRemoveDependencies(g, from, to, count) : Error::InvalidValue;
}
Error cuGraphDestroyNode(CUgraphNode n) {
  GRAPH_LOCK;
  SHEER_TRY(check(n));
  if (n->graph->child || n->body.type == CU_GRAPH_NODE_TYPE_MEM_ALLOC ||
      n->body.type == CU_GRAPH_NODE_TYPE_MEM_FREE)
    return Error::NotSupported;
  for (Node* other : n->graph->nodes) other->deps.remove_value(n);
  n->graph->nodes.remove_value(n);
  disown(n);
  node_slab.give(n);
  return Error::Ok;
}
Error cuGraphDebugDotPrint(CUgraph g, const char* path, unsigned) {
  GRAPH_LOCK;
  return debug_print(g, path);
}
Error cuGraphGetId(CUgraph g, unsigned* out) {
  SHEER_TRY(check(g));
  if (!out) return Error::InvalidValue;
  *out = g->id;
  return Error::Ok;
}
Error cuGraphNodeGetLocalId(CUgraphNode n, unsigned* out) {
  SHEER_TRY(check(n));
  if (!out) return Error::InvalidValue;
  *out = n->id;
  return Error::Ok;
}
Error cuGraphNodeGetContainingGraph(CUgraphNode n, CUgraph* out) {
  SHEER_TRY(check(n));
  if (!out) return Error::InvalidValue;
  *out = n->graph;
  return Error::Ok;
}

Error cuUserObjectCreate(CUuserObject* out, void* p, CUhostFn destroy, unsigned references, unsigned flags) {
  if (!out || !destroy || !references || references > 0x7fffffff ||
      flags != CU_USER_OBJECT_NO_DESTRUCTOR_SYNC)
    return Error::InvalidValue;
  CUuserObject o = object_slab.take();
  o->pointer = p;
  o->destroy = destroy;
  o->references = references;
  *out = o;
  return Error::Ok;
}
Error cuUserObjectRetain(CUuserObject o, unsigned count) {
  GRAPH_LOCK;
  SHEER_TRY(check_tag(o, Tag::UserObject));
  if (!count) return Error::InvalidValue;
  o->references += count;
  return Error::Ok;
}
Error cuUserObjectRelease(CUuserObject o, unsigned count) {
  GRAPH_LOCK;
  SHEER_TRY(check_tag(o, Tag::UserObject));
  if (!count || count > o->references) return Error::InvalidValue;
  object_release(o, count);
  return Error::Ok;
}
Error cuGraphRetainUserObject(CUgraph g, CUuserObject o, unsigned count, unsigned flags) {
  GRAPH_LOCK;
  SHEER_TRY(check(g));
  SHEER_TRY(check_tag(o, Tag::UserObject));
  if (!count || flags & ~unsigned(CU_GRAPH_USER_OBJECT_MOVE)) return Error::InvalidValue;
  if (!(flags & CU_GRAPH_USER_OBJECT_MOVE)) o->references += count;
  g->objects.push({o, count});
  return Error::Ok;
}
Error cuGraphReleaseUserObject(CUgraph g, CUuserObject o, unsigned count) {
  GRAPH_LOCK;
  SHEER_TRY(check(g));
  for (uint32_t i = 0; i < g->objects.count; i++) {
    CUgraph_st::Held& h = g->objects[i];
    if (h.object != o || h.count < count) continue;
    h.count -= count;
    if (!h.count) g->objects.remove(i);
    object_release(o, count);
    return Error::Ok;
  }
  return Error::InvalidValue;
}

Error cudaGraphCreate(cudaGraph_t* out, unsigned flags) { return impl::cuGraphCreate(out, flags); }
Error cudaGraphDestroy(cudaGraph_t g) { return impl::cuGraphDestroy(g); }
Error cudaGraphClone(cudaGraph_t* out, cudaGraph_t g) { return impl::cuGraphClone(out, g); }
Error cudaGraphNodeFindInClone(cudaGraphNode_t* out, cudaGraphNode_t n, cudaGraph_t g) {
  return impl::cuGraphNodeFindInClone(out, n, g);
}
Error cudaGraphNodeGetType(cudaGraphNode_t n, cudaGraphNodeType* out) {
  return impl::cuGraphNodeGetType(n, reinterpret_cast<CUgraphNodeType*>(out));
}
Error cudaGraphGetNodes(cudaGraph_t g, cudaGraphNode_t* out, size_t* n) {
  return impl::cuGraphGetNodes(g, out, n);
}
Error cudaGraphGetRootNodes(cudaGraph_t g, cudaGraphNode_t* out, size_t* n) {
  return impl::cuGraphGetRootNodes(g, out, n);
}
Error cudaGraphGetEdges(cudaGraph_t g, cudaGraphNode_t* from, cudaGraphNode_t* to, size_t* n) {
  return impl::cuGraphGetEdges(g, from, to, n);
}
Error cudaGraphGetEdges_v2(cudaGraph_t g, cudaGraphNode_t* from, cudaGraphNode_t* to, EdgeOut data,
                           size_t* n) {
  return impl::cuGraphGetEdges_v2(g, from, to, edge(data), n);
}
Error cudaGraphNodeGetDependencies(cudaGraphNode_t g, cudaGraphNode_t* out, size_t* n) {
  return impl::cuGraphNodeGetDependencies(g, out, n);
}
Error cudaGraphNodeGetDependencies_v2(cudaGraphNode_t g, cudaGraphNode_t* out, EdgeOut data, size_t* n) {
  return impl::cuGraphNodeGetDependencies_v2(g, out, edge(data), n);
}
Error cudaGraphNodeGetDependentNodes(cudaGraphNode_t g, cudaGraphNode_t* out, size_t* n) {
  return impl::cuGraphNodeGetDependentNodes(g, out, n);
}
Error cudaGraphNodeGetDependentNodes_v2(cudaGraphNode_t g, cudaGraphNode_t* out, EdgeOut data, size_t* n) {
  return impl::cuGraphNodeGetDependentNodes_v2(g, out, edge(data), n);
}
Error cudaGraphAddDependencies(cudaGraph_t g, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                               size_t n) {
  return impl::cuGraphAddDependencies(g, from, to, n);
}
Error cudaGraphRemoveDependencies(cudaGraph_t g, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                  size_t n) {
  return impl::cuGraphRemoveDependencies(g, from, to, n);
}
Error cudaGraphAddDependencies_v2(cudaGraph_t g, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                  const cudaGraphEdgeData* data, size_t n) {
  return impl::cuGraphAddDependencies_v2(g, from, to, edge(data), n);
}
Error cudaGraphRemoveDependencies_v2(cudaGraph_t g, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                     const cudaGraphEdgeData* data, size_t n) {
  return impl::cuGraphRemoveDependencies_v2(g, from, to, edge(data), n);
}
Error cudaGraphDestroyNode(cudaGraphNode_t n) { return impl::cuGraphDestroyNode(n); }
Error cudaGraphDebugDotPrint(cudaGraph_t g, const char* path, unsigned flags) {
  return impl::cuGraphDebugDotPrint(g, path, flags);
}
Error cudaGraphGetId(cudaGraph_t g, unsigned* out) { return impl::cuGraphGetId(g, out); }
Error cudaGraphNodeGetLocalId(cudaGraphNode_t n, unsigned* out) {
  return impl::cuGraphNodeGetLocalId(n, out);
}
Error cudaGraphNodeGetContainingGraph(cudaGraphNode_t n, cudaGraph_t* out) {
  return impl::cuGraphNodeGetContainingGraph(n, out);
}
Error cudaUserObjectCreate(cudaUserObject_t* out, void* p, cudaHostFn_t destroy, unsigned references,
                           unsigned flags) {
  return impl::cuUserObjectCreate(out, p, destroy, references, flags);
}
Error cudaUserObjectRetain(cudaUserObject_t o, unsigned n) { return impl::cuUserObjectRetain(o, n); }
Error cudaUserObjectRelease(cudaUserObject_t o, unsigned n) { return impl::cuUserObjectRelease(o, n); }
Error cudaGraphRetainUserObject(cudaGraph_t g, cudaUserObject_t o, unsigned n, unsigned flags) {
  return impl::cuGraphRetainUserObject(g, o, n, flags);
}
Error cudaGraphReleaseUserObject(cudaGraph_t g, cudaUserObject_t o, unsigned n) {
  return impl::cuGraphReleaseUserObject(g, o, n);
}
}  // namespace sheer::impl
