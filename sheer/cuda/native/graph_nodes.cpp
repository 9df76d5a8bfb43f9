// What graph nodes do: their parameters in the forms of both APIs, to and from the one Body; attributes of kernel nodes.
#include "graph.h"

namespace sheer::api {
Error symbol_copy(Context*, const void* symbol, void* other, size_t count, size_t offset, int kind, bool to_symbol, Copy3D* out);

// -------------------------------------------------------------------------------------------------------- into a Body
template <class P> static Error kernel_common(Context* c, const P& p, Api api, Body* b) {
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
template <class P> static Error kernel_runtime(Context* c, const P& p, Body* b) {
  SHEER_TRY(find_kernel((const void*)p.func, &b->launch.kernel));
  b->launch.host = (const void*)p.func;
  const unsigned g[3] = {p.gridDim.x, p.gridDim.y, p.gridDim.z}, k[3] = {p.blockDim.x, p.blockDim.y, p.blockDim.z};
  memcpy(b->launch.grid, g, sizeof g);
  memcpy(b->launch.block, k, sizeof k);
  return kernel_common(c, p, Api::Runtime, b);
}
template <class P> static Error kernel_driver(Context* c, const P& p, Body* b) {
  Kernel* kernel = p.func ? p.func : reinterpret_cast<Kernel*>(p.kern);
  if (!live(kernel)) return Error::InvalidHandle;
  b->launch.kernel = kernel;
  const unsigned g[3] = {p.gridDimX, p.gridDimY, p.gridDimZ}, k[3] = {p.blockDimX, p.blockDimY, p.blockDimZ};
  memcpy(b->launch.grid, g, sizeof g);
  memcpy(b->launch.block, k, sizeof k);
  return kernel_common(c, p, Api::Driver, b);
}
static Error copy_body(const Copy3D& k, Body* b) {
  b->type = CU_GRAPH_NODE_TYPE_MEMCPY;
  b->copy = k;
  CopyOp op;
  return copy_check(k, &op);
}
template <class P> static Error fill_body(const P& p, Body* b) {
  b->type = CU_GRAPH_NODE_TYPE_MEMSET;
  uint64_t width = p.width * p.elementSize, pitch = p.height > 1 ? p.pitch : width;
  b->fill = {(void*)p.dst, width, p.height, 1, pitch, pitch * p.height, p.value, p.elementSize};
  if (p.elementSize == 1) b->fill.value &= 0xff;
  return fill_check(b->fill);
}
template <class P> static Error host_body(const P& p, Body* b) {
  b->type = CU_GRAPH_NODE_TYPE_HOST;
  b->host = {p.fn, p.userData};
  return p.fn ? Error::Ok : Error::InvalidValue;
}
static Error event_body(CUevent e, bool record, Body* b) {
  b->type = record ? CU_GRAPH_NODE_TYPE_EVENT_RECORD : CU_GRAPH_NODE_TYPE_WAIT_EVENT;
  return find_event(e, &b->event);
}
static Error child_body(CUgraph g, Body* b) {
  SHEER_TRY(check(g));
  b->type = CU_GRAPH_NODE_TYPE_GRAPH;
  b->child = g;
  return Error::Ok;
}
template <class P> static Error alloc_body(P& p, Body* b) {
  if (int(p.poolProps.allocType) != cudaMemAllocationTypePinned || int(p.poolProps.location.type) != cudaMemLocationTypeDevice || !p.bytesize)
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
static Error free_body(void* p, Body* b) {
  Allocation a;
  if (!p || !allocation_find(p, &a)) return Error::InvalidValue;
  b->type = CU_GRAPH_NODE_TYPE_MEM_FREE;
  b->pointer = p;
  return Error::Ok;
}
// The one structure for all types; `alloc` may allocate, so only adding a node may use it.
template <class P> static Error any_body(Context* c, P* p, Api api, bool adding, Body* b) {
  switch (int(p->type)) {
    case CU_GRAPH_NODE_TYPE_KERNEL:
      if constexpr (requires { p->kernel.gridDim; }) return kernel_runtime(c, p->kernel, b);
      else return kernel_driver(c, p->kernel, b);
    case CU_GRAPH_NODE_TYPE_MEMCPY: {
      Copy3D k;
      if constexpr (requires { p->memcpy.copyParams.extent; }) SHEER_TRY(from_runtime(p->memcpy.copyParams, &k));
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
    case CU_GRAPH_NODE_TYPE_EXT_SEMAS_SIGNAL: case CU_GRAPH_NODE_TYPE_EXT_SEMAS_WAIT: case CU_GRAPH_NODE_TYPE_CONDITIONAL:
    case CU_GRAPH_NODE_TYPE_BATCH_MEM_OP: return unsupported("this type of graph node", "no conditional, semaphore or memory operation nodes");
  }
  return Error::InvalidValue;
}

// ------------------------------------------------------------------------------------------------------- from a Body
static void give_kernel(const Node* n, cudaKernelNodeParams* p) {
  const LaunchRequest& r = n->body.launch;
  *p = {};
  p->func = const_cast<void*>(r.host ? r.host : static_cast<const void*>(r.kernel));
  p->gridDim = dim3(r.grid[0], r.grid[1], r.grid[2]);
  p->blockDim = dim3(r.block[0], r.block[1], r.block[2]);
  p->sharedMemBytes = unsigned(r.shared);
  p->kernelParams = const_cast<void**>(n->pointers.data);
}
static void give_kernel(const Node* n, CUDA_KERNEL_NODE_PARAMS* p) {
  const LaunchRequest& r = n->body.launch;
  *p = {r.kernel, r.grid[0], r.grid[1], r.grid[2], r.block[0], r.block[1], r.block[2], unsigned(r.shared),
        const_cast<void**>(n->pointers.data), nullptr, reinterpret_cast<CUkernel>(r.kernel), nullptr};
}
template <class P> static void give_fill(const FillOp& f, P* p) {
  *p = {};
  p->dst = (decltype(p->dst))f.dst;
  p->pitch = f.pitch;
  p->value = f.value;
  p->elementSize = f.element;
  p->width = f.width / f.element;
  p->height = f.height;
}

// ----------------------------------------------------------------------------------------------- add, get, set
static Error typed(const Node* n, CUgraphNodeType type) {
  SHEER_TRY(check(n));
  return n->body.type == type ? Error::Ok : Error::InvalidValue;
}
static Error add(CUgraphNode* out, CUgraph g, const CUgraphNode* deps, size_t count, const Body& b) {
  if (!out) return Error::InvalidValue;
  Hold hold(graph_lock);
  SHEER_TRY(check(g));
  return graph_add(g, deps, count, b, out);
}
static Error set(CUgraphNode n, const Body& b) {
  Hold hold(graph_lock);
  SHEER_TRY(typed(n, b.type));
  return node_set(n, b);
}
static Error exec_set(CUgraphExec e, CUgraphNode n, const Body& b) {
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
  if (b.type == CU_GRAPH_NODE_TYPE_GRAPH)      // handles of the node's own child graph stay the ones to update by
    for (uint32_t i = 0; i < mine->body.child->nodes.count && i < n->body.child->nodes.count; i++)
      mine->body.child->nodes[i]->original = n->body.child->nodes[i];
  e->stale = true;
  return Error::Ok;
}

// ---------------------------------------------------------------------------------------------------------- attributes
static Error attribute_get(const Node* n, int id, CUlaunchAttributeValue* v) {
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_KERNEL));
  if (!v) return Error::InvalidValue;
  memset(v, 0, sizeof *v);
  switch (id) {
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW: v->accessPolicyWindow = n->window; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_COOPERATIVE: v->cooperative = n->body.launch.cooperative; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_PRIORITY: v->priority = n->body.launch.priority; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION: v->clusterDim = {1, 1, 1}; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
      v->clusterSchedulingPolicyPreference = CUclusterSchedulingPolicy(n->cluster_policy);
      return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP: v->memSyncDomainMap = n->domains; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN: v->memSyncDomain = CUlaunchMemSyncDomain(n->domain); return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: v->sharedMemCarveout = unsigned(n->carveout); return Error::Ok;
  }
  return Error::InvalidValue;
}
static Error attribute_set(Node* n, int id, const CUlaunchAttributeValue* v) {
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_KERNEL));
  if (!v) return Error::InvalidValue;
  CUlaunchAttribute one = {};
  one.id = CUlaunchAttributeID(id);
  one.value = *v;
  SHEER_TRY(read_attributes(&one, 1, &n->body.launch));
  switch (id) {
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW: n->window = v->accessPolicyWindow; break;
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE: n->cluster_policy = v->clusterSchedulingPolicyPreference; break;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP: n->domains = v->memSyncDomainMap; break;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN: n->domain = v->memSyncDomain; break;
    case CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: n->carveout = int(v->sharedMemCarveout); break;
  }
  return Error::Ok;
}
static Error attributes_copy(Node* to, const Node* from) {
  SHEER_TRY(typed(to, CU_GRAPH_NODE_TYPE_KERNEL));
  SHEER_TRY(typed(from, CU_GRAPH_NODE_TYPE_KERNEL));
  to->window = from->window; to->domains = from->domains; to->domain = from->domain;
  to->carveout = from->carveout; to->cluster_policy = from->cluster_policy;
  to->body.launch.cooperative = from->body.launch.cooperative;
  to->body.launch.priority = from->body.launch.priority;
  return Error::Ok;
}
static Error memory_attribute(int ordinal, void* value) {
  if (!value) return Error::InvalidValue;
  if (!device(ordinal)) return Error::InvalidDevice;
  *static_cast<uint64_t*>(value) = 0;          // graphs allocate when they are built; no reserve is kept
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
#define RUNTIME_CONTEXT Context* c; SHEER_TRY(runtime_context(&c))
#define DRIVER_CONTEXT Context* c; SHEER_TRY(driver_context(&c))
#define NEED(p) if (!(p)) return Error::InvalidValue
#define BODY(call) Body b; SHEER_TRY(call)
using NodeT = CUgraphNode;

// --------------------------------------------------------------------------------------------------------------- kernel
Error cudaGraphAddKernelNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const cudaKernelNodeParams* p) {
  NEED(p); RUNTIME_CONTEXT; BODY(kernel_runtime(c, *p, &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphKernelNodeGetParams(NodeT n, cudaKernelNodeParams* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_KERNEL)); give_kernel(n, p); return Error::Ok; }
Error cudaGraphKernelNodeSetParams(NodeT n, const cudaKernelNodeParams* p) { NEED(p); RUNTIME_CONTEXT; BODY(kernel_runtime(c, *p, &b)); return set(n, b); }
Error cudaGraphExecKernelNodeSetParams(CUgraphExec e, NodeT n, const cudaKernelNodeParams* p) {
  NEED(p); RUNTIME_CONTEXT; BODY(kernel_runtime(c, *p, &b));
  return exec_set(e, n, b);
}
Error cudaGraphKernelNodeCopyAttributes(NodeT from, NodeT to) { return attributes_copy(to, from); }
Error cudaGraphKernelNodeGetAttribute(NodeT n, cudaKernelNodeAttrID id, cudaKernelNodeAttrValue* v) {
  return api::attribute_get(n, id, reinterpret_cast<CUlaunchAttributeValue*>(v));
}
Error cudaGraphKernelNodeSetAttribute(NodeT n, cudaKernelNodeAttrID id, const cudaKernelNodeAttrValue* v) {
  return api::attribute_set(n, id, reinterpret_cast<const CUlaunchAttributeValue*>(v));
}
Error cuGraphAddKernelNode_v2(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const CUDA_KERNEL_NODE_PARAMS* p) {
  NEED(p); DRIVER_CONTEXT; BODY(kernel_driver(c, *p, &b));
  return add(out, g, deps, n, b);
}
Error cuGraphKernelNodeGetParams_v2(NodeT n, CUDA_KERNEL_NODE_PARAMS* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_KERNEL)); give_kernel(n, p); return Error::Ok; }
Error cuGraphKernelNodeSetParams_v2(NodeT n, const CUDA_KERNEL_NODE_PARAMS* p) { NEED(p); DRIVER_CONTEXT; BODY(kernel_driver(c, *p, &b)); return set(n, b); }
Error cuGraphExecKernelNodeSetParams_v2(CUgraphExec e, NodeT n, const CUDA_KERNEL_NODE_PARAMS* p) {
  NEED(p); DRIVER_CONTEXT; BODY(kernel_driver(c, *p, &b));
  return exec_set(e, n, b);
}
Error cuGraphKernelNodeCopyAttributes(NodeT to, NodeT from) { return attributes_copy(to, from); }
Error cuGraphKernelNodeGetAttribute(NodeT n, CUkernelNodeAttrID id, CUkernelNodeAttrValue* v) { return api::attribute_get(n, id, v); }
Error cuGraphKernelNodeSetAttribute(NodeT n, CUkernelNodeAttrID id, const CUkernelNodeAttrValue* v) { return api::attribute_set(n, id, v); }

// ----------------------------------------------------------------------------------------------------------------- copy
static Error runtime_copy(const cudaMemcpy3DParms* p, Body* b) {
  NEED(p);
  Copy3D k;
  SHEER_TRY(from_runtime(*p, &k));
  return copy_body(k, b);
}
static Error driver_copy(const CUDA_MEMCPY3D* p, Body* b) {
  NEED(p);
  Copy3D k;
  SHEER_TRY(from_driver(*p, &k));
  return copy_body(k, b);
}
static Error symbol_body(const void* symbol, void* other, size_t count, size_t offset, int kind, bool to, Body* b) {
  RUNTIME_CONTEXT;
  Copy3D k;
  SHEER_TRY(symbol_copy(c, symbol, other, count, offset, kind, to, &k));
  return copy_body(k, b);
}
Error cudaGraphAddMemcpyNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const cudaMemcpy3DParms* p) { BODY(runtime_copy(p, &b)); return add(out, g, deps, n, b); }
Error cudaGraphMemcpyNodeGetParams(NodeT n, cudaMemcpy3DParms* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEMCPY)); to_runtime(n->body.copy, p); return Error::Ok; }
Error cudaGraphMemcpyNodeSetParams(NodeT n, const cudaMemcpy3DParms* p) { BODY(runtime_copy(p, &b)); return set(n, b); }
Error cudaGraphExecMemcpyNodeSetParams(CUgraphExec e, NodeT n, const cudaMemcpy3DParms* p) { BODY(runtime_copy(p, &b)); return exec_set(e, n, b); }
Error cudaGraphAddMemcpyNode1D(NodeT* out, CUgraph g, const NodeT* deps, size_t n, void* dst, const void* src, size_t count, cudaMemcpyKind kind) {
  BODY(copy_body(plain_copy(dst, src, count, kind), &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphMemcpyNodeSetParams1D(NodeT n, void* dst, const void* src, size_t count, cudaMemcpyKind kind) {
  BODY(copy_body(plain_copy(dst, src, count, kind), &b));
  return set(n, b);
}
Error cudaGraphExecMemcpyNodeSetParams1D(CUgraphExec e, NodeT n, void* dst, const void* src, size_t count, cudaMemcpyKind kind) {
  BODY(copy_body(plain_copy(dst, src, count, kind), &b));
  return exec_set(e, n, b);
}
Error cudaGraphAddMemcpyNodeToSymbol(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const void* symbol, const void* src, size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, const_cast<void*>(src), count, offset, kind, true, &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphAddMemcpyNodeFromSymbol(NodeT* out, CUgraph g, const NodeT* deps, size_t n, void* dst, const void* symbol, size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, dst, count, offset, kind, false, &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphMemcpyNodeSetParamsToSymbol(NodeT n, const void* symbol, const void* src, size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, const_cast<void*>(src), count, offset, kind, true, &b));
  return set(n, b);
}
Error cudaGraphMemcpyNodeSetParamsFromSymbol(NodeT n, void* dst, const void* symbol, size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, dst, count, offset, kind, false, &b));
  return set(n, b);
}
Error cudaGraphExecMemcpyNodeSetParamsToSymbol(CUgraphExec e, NodeT n, const void* symbol, const void* src, size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, const_cast<void*>(src), count, offset, kind, true, &b));
  return exec_set(e, n, b);
}
Error cudaGraphExecMemcpyNodeSetParamsFromSymbol(CUgraphExec e, NodeT n, void* dst, const void* symbol, size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, dst, count, offset, kind, false, &b));
  return exec_set(e, n, b);
}
Error cuGraphAddMemcpyNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const CUDA_MEMCPY3D* p, CUcontext) { BODY(driver_copy(p, &b)); return add(out, g, deps, n, b); }
Error cuGraphMemcpyNodeGetParams(NodeT n, CUDA_MEMCPY3D* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEMCPY)); to_driver(n->body.copy, p); return Error::Ok; }
Error cuGraphMemcpyNodeSetParams(NodeT n, const CUDA_MEMCPY3D* p) { BODY(driver_copy(p, &b)); return set(n, b); }
Error cuGraphExecMemcpyNodeSetParams(CUgraphExec e, NodeT n, const CUDA_MEMCPY3D* p, CUcontext) { BODY(driver_copy(p, &b)); return exec_set(e, n, b); }

// ----------------------------------------------------------------------------------------------------------------- fill
#define FILL NEED(p); BODY(fill_body(*p, &b))
Error cudaGraphAddMemsetNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const cudaMemsetParams* p) { FILL; return add(out, g, deps, n, b); }
Error cudaGraphMemsetNodeGetParams(NodeT n, cudaMemsetParams* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEMSET)); give_fill(n->body.fill, p); return Error::Ok; }
Error cudaGraphMemsetNodeSetParams(NodeT n, const cudaMemsetParams* p) { FILL; return set(n, b); }
Error cudaGraphExecMemsetNodeSetParams(CUgraphExec e, NodeT n, const cudaMemsetParams* p) { FILL; return exec_set(e, n, b); }
Error cuGraphAddMemsetNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const CUDA_MEMSET_NODE_PARAMS* p, CUcontext) { FILL; return add(out, g, deps, n, b); }
Error cuGraphMemsetNodeGetParams(NodeT n, CUDA_MEMSET_NODE_PARAMS* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEMSET)); give_fill(n->body.fill, p); return Error::Ok; }
Error cuGraphMemsetNodeSetParams(NodeT n, const CUDA_MEMSET_NODE_PARAMS* p) { FILL; return set(n, b); }
Error cuGraphExecMemsetNodeSetParams(CUgraphExec e, NodeT n, const CUDA_MEMSET_NODE_PARAMS* p, CUcontext) { FILL; return exec_set(e, n, b); }

// ----------------------------------------------------------------------------------------------------------------- host
#define HOST NEED(p); BODY(host_body(*p, &b))
Error cudaGraphAddHostNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const cudaHostNodeParams* p) { HOST; return add(out, g, deps, n, b); }
Error cudaGraphHostNodeGetParams(NodeT n, cudaHostNodeParams* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_HOST)); *p = {n->body.host.call, n->body.host.user}; return Error::Ok; }
Error cudaGraphHostNodeSetParams(NodeT n, const cudaHostNodeParams* p) { HOST; return set(n, b); }
Error cudaGraphExecHostNodeSetParams(CUgraphExec e, NodeT n, const cudaHostNodeParams* p) { HOST; return exec_set(e, n, b); }
Error cuGraphAddHostNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const CUDA_HOST_NODE_PARAMS* p) { HOST; return add(out, g, deps, n, b); }
Error cuGraphHostNodeGetParams(NodeT n, CUDA_HOST_NODE_PARAMS* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_HOST)); *p = {n->body.host.call, n->body.host.user}; return Error::Ok; }
Error cuGraphHostNodeSetParams(NodeT n, const CUDA_HOST_NODE_PARAMS* p) { HOST; return set(n, b); }
Error cuGraphExecHostNodeSetParams(CUgraphExec e, NodeT n, const CUDA_HOST_NODE_PARAMS* p) { HOST; return exec_set(e, n, b); }

// ------------------------------------------------------------------------------------------- child graphs, empty, events
Error cuGraphAddChildGraphNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUgraph child) { BODY(child_body(child, &b)); return add(out, g, deps, n, b); }
Error cuGraphChildGraphNodeGetGraph(NodeT n, CUgraph* out) { NEED(out); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_GRAPH)); *out = n->body.child; return Error::Ok; }
Error cuGraphExecChildGraphNodeSetParams(CUgraphExec e, NodeT n, CUgraph child) { BODY(child_body(child, &b)); return exec_set(e, n, b); }
Error cuGraphAddEmptyNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n) { return add(out, g, deps, n, Body{}); }
Error cuGraphAddEventRecordNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUevent event) { BODY(event_body(event, true, &b)); return add(out, g, deps, n, b); }
Error cuGraphEventRecordNodeGetEvent(NodeT n, CUevent* out) { NEED(out); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_EVENT_RECORD)); *out = n->body.event; return Error::Ok; }
Error cuGraphEventRecordNodeSetEvent(NodeT n, CUevent event) { BODY(event_body(event, true, &b)); return set(n, b); }
Error cuGraphExecEventRecordNodeSetEvent(CUgraphExec e, NodeT n, CUevent event) { BODY(event_body(event, true, &b)); return exec_set(e, n, b); }
Error cuGraphAddEventWaitNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUevent event) { BODY(event_body(event, false, &b)); return add(out, g, deps, n, b); }
Error cuGraphEventWaitNodeGetEvent(NodeT n, CUevent* out) { NEED(out); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_WAIT_EVENT)); *out = n->body.event; return Error::Ok; }
Error cuGraphEventWaitNodeSetEvent(NodeT n, CUevent event) { BODY(event_body(event, false, &b)); return set(n, b); }
Error cuGraphExecEventWaitNodeSetEvent(CUgraphExec e, NodeT n, CUevent event) { BODY(event_body(event, false, &b)); return exec_set(e, n, b); }
Error cudaGraphAddChildGraphNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUgraph child) { return impl::cuGraphAddChildGraphNode(out, g, deps, n, child); }
Error cudaGraphChildGraphNodeGetGraph(NodeT n, CUgraph* out) { return impl::cuGraphChildGraphNodeGetGraph(n, out); }
Error cudaGraphExecChildGraphNodeSetParams(CUgraphExec e, NodeT n, CUgraph child) { return impl::cuGraphExecChildGraphNodeSetParams(e, n, child); }
Error cudaGraphAddEmptyNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n) { return add(out, g, deps, n, Body{}); }
Error cudaGraphAddEventRecordNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUevent event) { return impl::cuGraphAddEventRecordNode(out, g, deps, n, event); }
Error cudaGraphEventRecordNodeGetEvent(NodeT n, CUevent* out) { return impl::cuGraphEventRecordNodeGetEvent(n, out); }
Error cudaGraphEventRecordNodeSetEvent(NodeT n, CUevent event) { return impl::cuGraphEventRecordNodeSetEvent(n, event); }
Error cudaGraphExecEventRecordNodeSetEvent(CUgraphExec e, NodeT n, CUevent event) { return impl::cuGraphExecEventRecordNodeSetEvent(e, n, event); }
Error cudaGraphAddEventWaitNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUevent event) { return impl::cuGraphAddEventWaitNode(out, g, deps, n, event); }
Error cudaGraphEventWaitNodeGetEvent(NodeT n, CUevent* out) { return impl::cuGraphEventWaitNodeGetEvent(n, out); }
Error cudaGraphEventWaitNodeSetEvent(NodeT n, CUevent event) { return impl::cuGraphEventWaitNodeSetEvent(n, event); }
Error cudaGraphExecEventWaitNodeSetEvent(CUgraphExec e, NodeT n, CUevent event) { return impl::cuGraphExecEventWaitNodeSetEvent(e, n, event); }

// --------------------------------------------------------------------------------------------------------------- memory
template <class P> static Error add_alloc(NodeT* out, CUgraph g, const NodeT* deps, size_t n, P* p) {
  NEED(p);
  SHEER_TRY(check(g));
  BODY(alloc_body(*p, &b));
  Error e = add(out, g, deps, n, b);
  if (e != Error::Ok) { allocation_forget(b.pointer); memory_free(b.pointer); }
  return e;
}
template <class P> static Error get_alloc(NodeT n, P* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEM_ALLOC));
  Allocation a;
  *p = {};
  if (!allocation_find(n->body.pointer, &a)) return Error::InvalidValue;
  p->poolProps.allocType = decltype(p->poolProps.allocType)(cudaMemAllocationTypePinned);
  p->poolProps.location.type = decltype(p->poolProps.location.type)(cudaMemLocationTypeDevice);
  p->poolProps.location.id = a.context->ordinal;
  p->bytesize = n->body.bytes;
  p->dptr = (decltype(p->dptr))n->body.pointer;
  return Error::Ok;
}
Error cudaGraphAddMemAllocNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, cudaMemAllocNodeParams* p) { return add_alloc(out, g, deps, n, p); }
Error cudaGraphMemAllocNodeGetParams(NodeT n, cudaMemAllocNodeParams* p) { return get_alloc(n, p); }
Error cudaGraphAddMemFreeNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, void* p) { BODY(free_body(p, &b)); return add(out, g, deps, n, b); }
Error cudaGraphMemFreeNodeGetParams(NodeT n, void* p) { NEED(p); SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEM_FREE)); *static_cast<void**>(p) = n->body.pointer; return Error::Ok; }
Error cuGraphAddMemAllocNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUDA_MEM_ALLOC_NODE_PARAMS* p) { return add_alloc(out, g, deps, n, p); }
Error cuGraphMemAllocNodeGetParams(NodeT n, CUDA_MEM_ALLOC_NODE_PARAMS* p) { return get_alloc(n, p); }
Error cuGraphAddMemFreeNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUdeviceptr p) { BODY(free_body((void*)p, &b)); return add(out, g, deps, n, b); }
Error cuGraphMemFreeNodeGetParams(NodeT n, CUdeviceptr* p) { return impl::cudaGraphMemFreeNodeGetParams(n, p); }
Error cudaDeviceGraphMemTrim(int ordinal) { return device(ordinal) ? Error::Ok : Error::InvalidDevice; }
Error cudaDeviceGetGraphMemAttribute(int ordinal, cudaGraphMemAttributeType, void* value) { return memory_attribute(ordinal, value); }
Error cudaDeviceSetGraphMemAttribute(int ordinal, cudaGraphMemAttributeType, void* value) { return value && device(ordinal) ? Error::Ok : Error::InvalidValue; }
Error cuDeviceGraphMemTrim(CUdevice ordinal) { return device(ordinal) ? Error::Ok : Error::InvalidDevice; }
Error cuDeviceGetGraphMemAttribute(CUdevice ordinal, CUgraphMem_attribute, void* value) { return memory_attribute(ordinal, value); }
Error cuDeviceSetGraphMemAttribute(CUdevice ordinal, CUgraphMem_attribute, void* value) { return value && device(ordinal) ? Error::Ok : Error::InvalidValue; }

// ------------------------------------------------------------------------------------------------------------- any type
template <class P> static Error add_any(Api api, NodeT* out, CUgraph g, const NodeT* deps, size_t n, P* p) {
  NEED(p);
  Context* c;
  SHEER_TRY(current(api, &c));
  SHEER_TRY(check(g));
  BODY(any_body(c, p, api, true, &b));
  return add(out, g, deps, n, b);
}
template <class P> static Error set_any(Api api, CUgraphExec e, NodeT n, P* p) {
  NEED(p);
  Context* c;
  SHEER_TRY(current(api, &c));
  BODY(any_body(c, p, api, false, &b));
  return e ? exec_set(e, n, b) : set(n, b);
}
template <class E> static bool plain_edges(const E* data, size_t n) {
  for (size_t i = 0; data && i < n; i++) if (data[i].type || data[i].from_port || data[i].to_port) return false;
  return true;
}
Error cudaGraphAddNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, cudaGraphNodeParams* p) { return add_any(Api::Runtime, out, g, deps, n, p); }
Error cudaGraphAddNode_v2(NodeT* out, CUgraph g, const NodeT* deps, const cudaGraphEdgeData* data, size_t n, cudaGraphNodeParams* p) {
  return plain_edges(data, n) ? add_any(Api::Runtime, out, g, deps, n, p) : Error::NotSupported;
}
Error cudaGraphNodeSetParams(NodeT n, cudaGraphNodeParams* p) { return set_any(Api::Runtime, nullptr, n, p); }
Error cudaGraphExecNodeSetParams(CUgraphExec e, NodeT n, cudaGraphNodeParams* p) { SHEER_TRY(check(e)); return set_any(Api::Runtime, e, n, p); }
Error cuGraphAddNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUgraphNodeParams* p) { return add_any(Api::Driver, out, g, deps, n, p); }
Error cuGraphAddNode_v2(NodeT* out, CUgraph g, const NodeT* deps, const CUgraphEdgeData* data, size_t n, CUgraphNodeParams* p) {
  return plain_edges(data, n) ? add_any(Api::Driver, out, g, deps, n, p) : Error::NotSupported;
}
Error cuGraphNodeSetParams(NodeT n, CUgraphNodeParams* p) { return set_any(Api::Driver, nullptr, n, p); }
Error cuGraphExecNodeSetParams(CUgraphExec e, NodeT n, CUgraphNodeParams* p) { SHEER_TRY(check(e)); return set_any(Api::Driver, e, n, p); }
}  // namespace sheer::impl
