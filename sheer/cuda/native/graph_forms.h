// Parameters of graph nodes in the forms of both APIs, to and from the one Body.
#pragma once
#include "graph.h"

#define NEED(p) \
  if (!(p)) return Error::InvalidValue
#define BODY(call) \
  Body b;          \
  SHEER_TRY(call)

namespace sheer::api {
// ---- 
// into a Body
template <class P>
Error kernel_common(Context* c, const P& p, Api api, Body* b) {
  b->type = CU_GRAPH_NODE_TYPE_KERNEL;
  LaunchRequest& r = b->launch;
  r.shared = p.sharedMemBytes;
  r.args = p.kernelParams;
  for (void** at = p.extra; at && *at != CU_LAUNCH_PARAM_END; at += 2) {
    if (*at == CU_LAUNCH_PARAM_BUFFER_POINTER) r.packed = at[1];
    else if (*at == CU_LAUNCH_PARAM_BUFFER_SIZE) r.packed_bytes = *static_cast<size_t*>(at[1]);
    else return Error::InvalidValue;
  }
  return launch_check(c, r, api);
}
template <class P>
Error kernel_runtime(Context* c, const P& p, Body* b) {
  SHEER_TRY(find_kernel((const void*)p.func, &b->launch.kernel));
  b->launch.host = (const void*)p.func;
  const unsigned g[3] = {p.gridDim.x, p.gridDim.y, p.gridDim.z},
                 k[3] = {p.blockDim.x, p.blockDim.y, p.blockDim.z};
  memcpy(b->launch.grid, g, sizeof g);
  memcpy(b->launch.block, k, sizeof k);
  return kernel_common(c, p, Api::Runtime, b);
}
template <class P>
Error kernel_driver(Context* c, const P& p, Body* b) {
  Kernel* kernel = p.func ? p.func : reinterpret_cast<Kernel*>(p.kern);
  if (!live(kernel)) return Error::InvalidHandle;
  b->launch.kernel = kernel;
  const unsigned g[3] = {p.gridDimX, p.gridDimY, p.gridDimZ}, k[3] = {p.blockDimX, p.blockDimY, p.blockDimZ};
  memcpy(b->launch.grid, g, sizeof g);
  memcpy(b->launch.block, k, sizeof k);
  return kernel_common(c, p, Api::Driver, b);
}
inline Error copy_body(const Copy3D& k, Body* b) {
  b->type = CU_GRAPH_NODE_TYPE_MEMCPY;
  b->copy = k;
  CopyOp op;
  return copy_check(k, &op);
}
template <class P>
Error fill_body(const P& p, Body* b) {
  b->type = CU_GRAPH_NODE_TYPE_MEMSET;
  uint64_t width = p.width * p.elementSize, pitch = p.height > 1 ? p.pitch : width;
  b->fill = {(void*)p.dst, width, p.height, 1, pitch, pitch * p.height, p.value, p.elementSize};
  if (p.elementSize == 1) b->fill.value &= 0xff;
  return fill_check(b->fill);
}
template <class P>
Error host_body(const P& p, Body* b) {
  b->type = CU_GRAPH_NODE_TYPE_HOST;
  b->host = {p.fn, p.userData};
  return p.fn ? Error::Ok : Error::InvalidValue;
}
inline Error event_body(CUevent e, bool record, Body* b) {
  b->type = record ? CU_GRAPH_NODE_TYPE_EVENT_RECORD : CU_GRAPH_NODE_TYPE_WAIT_EVENT;
  return find_event(e, &b->event);
}
inline Error child_body(CUgraph g, Body* b) {
  SHEER_TRY(check(g));
  b->type = CU_GRAPH_NODE_TYPE_GRAPH;
  b->child = g;
  return Error::Ok;
}
template <class P>
Error alloc_body(P& p, Body* b) {
  if (int(p.poolProps.allocType) != cudaMemAllocationTypePinned ||
      int(p.poolProps.location.type) != cudaMemLocationTypeDevice || !p.bytesize)
    return Error::InvalidValue;
  Context* owner = primary(p.poolProps.location.id);
  if (!owner) return Error::InvalidDevice;
  b->type = CU_GRAPH_NODE_TYPE_MEM_ALLOC;
  b->bytes = p.bytesize;
  SHEER_TRY(allocate(owner, p.bytesize, Kind::Device, 0, &b->pointer));
  allocation_give_to_graph(b->pointer);
  p.dptr = (decltype(p.dptr))b->pointer;
  return Error::Ok;
}
inline Error free_body(void* p, Body* b) {
  Allocation a;
  if (!p || !allocation_find(p, &a)) return Error::InvalidValue;
  b->type = CU_GRAPH_NODE_TYPE_MEM_FREE;
  b->pointer = p;
  return Error::Ok;
}
// A conditional node comes with its bodies, empty graphs that the caller fills.
template <class P>
Error conditional_body(P& p, Body* b) {
  ConditionObject* c = reinterpret_cast<ConditionObject*>(p.handle);
  SHEER_TRY(check(c));
  b->choice = CUgraphConditionalNodeType(p.type);
  if (c->used || !p.size || b->choice < CU_GRAPH_COND_TYPE_IF || b->choice > CU_GRAPH_COND_TYPE_SWITCH) return Error::InvalidValue;
  if (b->choice != CU_GRAPH_COND_TYPE_SWITCH && p.size > (b->choice == CU_GRAPH_COND_TYPE_IF ? 2 : 1)) return Error::InvalidValue;
  b->type = CU_GRAPH_NODE_TYPE_CONDITIONAL;
  b->condition = c;
  b->body_count = p.size;
  b->bodies = static_cast<CUgraph*>(checked(malloc(p.size * sizeof(CUgraph))));
  Hold hold(graph_lock);
  for (uint32_t i = 0; i < p.size; i++) {
    b->bodies[i] = graph_make();
    b->bodies[i]->child = true;
  }
  c->used = true;
  p.phGraph_out = b->bodies;
  return Error::Ok;
}
inline void conditional_forget(const Body& b) {  // the node has not come to be
  if (b.condition) b.condition->used = false;
  Hold hold(graph_lock);
  for (uint32_t i = 0; i < b.body_count; i++) graph_drop(b.bodies[i]);
  free(b.bodies);
}
// The one structure for all types; `alloc` may allocate, so only adding a node may use it.
template <class P>
Error any_body(Context* c, P* p, Api api, bool adding, Body* b) {
  switch (int(p->type)) {
    case CU_GRAPH_NODE_TYPE_KERNEL:
      if constexpr (requires { p->kernel.gridDim; }) return kernel_runtime(c, p->kernel, b);
      else return kernel_driver(c, p->kernel, b);
    case CU_GRAPH_NODE_TYPE_MEMCPY: {
      Copy3D k;
      if constexpr (requires { p->memcpy.copyParams.extent; })
        SHEER_TRY(from_runtime(p->memcpy.copyParams, &k));
      else SHEER_TRY(from_driver(p->memcpy.copyParams, &k));
      return copy_body(k, b);
    }
    case CU_GRAPH_NODE_TYPE_MEMSET: return fill_body(p->memset, b);
    case CU_GRAPH_NODE_TYPE_HOST: return host_body(p->host, b);
    case CU_GRAPH_NODE_TYPE_GRAPH: return child_body(p->graph.graph, b);
    case CU_GRAPH_NODE_TYPE_EMPTY: return Error::Ok;
    case CU_GRAPH_NODE_TYPE_WAIT_EVENT: return event_body(p->eventWait.event, false, b);
    case CU_GRAPH_NODE_TYPE_EVENT_RECORD: return event_body(p->eventRecord.event, true, b);
    case CU_GRAPH_NODE_TYPE_MEM_ALLOC: return adding ? alloc_body(p->alloc, b) : Error::NotSupported;
    case CU_GRAPH_NODE_TYPE_MEM_FREE: return adding ? free_body((void*)p->free.dptr, b) : Error::NotSupported;
    case CU_GRAPH_NODE_TYPE_CONDITIONAL: return adding ? conditional_body(p->conditional, b) : Error::NotSupported;
    case CU_GRAPH_NODE_TYPE_EXT_SEMAS_SIGNAL:
    case CU_GRAPH_NODE_TYPE_EXT_SEMAS_WAIT:
    case CU_GRAPH_NODE_TYPE_BATCH_MEM_OP:
      return unsupported("this type of graph node", "no semaphore or memory operation nodes");
  }
  return Error::InvalidValue;
}

// ---- 
// from a Body
inline void give_kernel(const Node* n, cudaKernelNodeParams* p) {
  const LaunchRequest& r = n->body.launch;
  *p = {};
  p->func = const_cast<void*>(r.host ? r.host : static_cast<const void*>(r.kernel));
  p->gridDim = dim3(r.grid[0], r.grid[1], r.grid[2]);
  p->blockDim = dim3(r.block[0], r.block[1], r.block[2]);
  p->sharedMemBytes = unsigned(r.shared);
  p->kernelParams = const_cast<void**>(n->pointers.data);
}
inline void give_kernel(const Node* n, CUDA_KERNEL_NODE_PARAMS* p) {
  const LaunchRequest& r = n->body.launch;
  *p = {r.kernel,
        r.grid[0],
        r.grid[1],
        r.grid[2],
        r.block[0],
        r.block[1],
        r.block[2],
        unsigned(r.shared),
        const_cast<void**>(n->pointers.data),
        nullptr,
        reinterpret_cast<CUkernel>(r.kernel),
        nullptr};
}
template <class P>
void give_fill(const FillOp& f, P* p) {
  *p = {};
  p->dst = (decltype(p->dst))f.dst;
  p->pitch = f.pitch;
  p->value = f.value;
  p->elementSize = f.element;
  p->width = f.width / f.element;
  p->height = f.height;
}

// ---- add, get,
// set
inline Error typed(const Node* n, CUgraphNodeType type) {
  SHEER_TRY(check(n));
  return n->body.type == type ? Error::Ok : Error::InvalidValue;
}
inline Error add(CUgraphNode* out, CUgraph g, const CUgraphNode* deps, size_t count, const Body& b) {
  if (!out) return Error::InvalidValue;
  Hold hold(graph_lock);
  SHEER_TRY(check(g));
  return graph_add(g, deps, count, b, out);
}
inline Error set(CUgraphNode n, const Body& b) {
  Hold hold(graph_lock);
  SHEER_TRY(typed(n, b.type));
  return node_set(n, b);
}
inline Error exec_set(CUgraphExec e, CUgraphNode n, const Body& b) {
  Hold hold(graph_lock);
  SHEER_TRY(check(e));
  Node* mine = exec_node(e, n);
  if (!mine || mine->body.type != b.type) return Error::InvalidValue;
  if (b.type == CU_GRAPH_NODE_TYPE_KERNEL) {
    Body kept = b;
    kept.launch.cooperative = mine->body.launch.cooperative;
    SHEER_TRY(node_set(mine, kept));
  } else {
    SHEER_TRY(node_set(mine, b));
  }
  if (b.type == CU_GRAPH_NODE_TYPE_GRAPH)  // handles of the node's own child graph stay the ones to update by
    for (uint32_t i = 0; i < mine->body.child->nodes.count && i < n->body.child->nodes.count; i++)
      mine->body.child->nodes[i]->original = n->body.child->nodes[i];
  e->stale = true;
  return Error::Ok;
}
}  // namespace sheer::api
