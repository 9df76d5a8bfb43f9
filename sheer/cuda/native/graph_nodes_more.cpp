// Graph nodes that hold graphs, events and memory, and the functions that take a node of any type.
#include "graph_forms.h"

namespace sheer::api {
static Error memory_attribute(int ordinal, void* value) {
  if (!value) return Error::InvalidValue;
  if (!device(ordinal)) return Error::InvalidDevice;
  *static_cast<uint64_t*>(value) = 0;  // graphs allocate when they are built; no reserve is kept
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
using NodeT = CUgraphNode;

// ---- child graphs,
// empty, events
Error cuGraphAddChildGraphNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUgraph child) {
  BODY(child_body(child, &b));
  return add(out, g, deps, n, b);
}
Error cuGraphChildGraphNodeGetGraph(NodeT n, CUgraph* out) {
  NEED(out);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_GRAPH));
  *out = n->body.child;
  return Error::Ok;
}
Error cuGraphExecChildGraphNodeSetParams(CUgraphExec e, NodeT n, CUgraph child) {
  BODY(child_body(child, &b));
  return exec_set(e, n, b);
}
Error cuGraphAddEmptyNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n) {
  return add(out, g, deps, n, Body{});
}
Error cuGraphAddEventRecordNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUevent event) {
  BODY(event_body(event, true, &b));
  return add(out, g, deps, n, b);
}
Error cuGraphEventRecordNodeGetEvent(NodeT n, CUevent* out) {
  NEED(out);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_EVENT_RECORD));
  *out = n->body.event;
  return Error::Ok;
}
Error cuGraphEventRecordNodeSetEvent(NodeT n, CUevent event) {
  BODY(event_body(event, true, &b));
  return set(n, b);
}
Error cuGraphExecEventRecordNodeSetEvent(CUgraphExec e, NodeT n, CUevent event) {
  BODY(event_body(event, true, &b));
  return exec_set(e, n, b);
}
Error cuGraphAddEventWaitNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUevent event) {
  BODY(event_body(event, false, &b));
  return add(out, g, deps, n, b);
}
Error cuGraphEventWaitNodeGetEvent(NodeT n, CUevent* out) {
  NEED(out);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_WAIT_EVENT));
  *out = n->body.event;
  return Error::Ok;
}
Error cuGraphEventWaitNodeSetEvent(NodeT n, CUevent event) {
  BODY(event_body(event, false, &b));
  return set(n, b);
}
Error cuGraphExecEventWaitNodeSetEvent(CUgraphExec e, NodeT n, CUevent event) {
  BODY(event_body(event, false, &b));
  return exec_set(e, n, b);
}
Error cudaGraphAddChildGraphNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUgraph child) {
  return impl::cuGraphAddChildGraphNode(out, g, deps, n, child);
}
Error cudaGraphChildGraphNodeGetGraph(NodeT n, CUgraph* out) {
  return impl::cuGraphChildGraphNodeGetGraph(n, out);
}
Error cudaGraphExecChildGraphNodeSetParams(CUgraphExec e, NodeT n, CUgraph child) {
  return impl::cuGraphExecChildGraphNodeSetParams(e, n, child);
}
Error cudaGraphAddEmptyNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n) {
  return add(out, g, deps, n, Body{});
}
Error cudaGraphAddEventRecordNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUevent event) {
  return impl::cuGraphAddEventRecordNode(out, g, deps, n, event);
}
Error cudaGraphEventRecordNodeGetEvent(NodeT n, CUevent* out) {
  return impl::cuGraphEventRecordNodeGetEvent(n, out);
}
Error cudaGraphEventRecordNodeSetEvent(NodeT n, CUevent event) {
  return impl::cuGraphEventRecordNodeSetEvent(n, event);
}
Error cudaGraphExecEventRecordNodeSetEvent(CUgraphExec e, NodeT n, CUevent event) {
  return impl::cuGraphExecEventRecordNodeSetEvent(e, n, event);
}
Error cudaGraphAddEventWaitNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUevent event) {
  return impl::cuGraphAddEventWaitNode(out, g, deps, n, event);
}
Error cudaGraphEventWaitNodeGetEvent(NodeT n, CUevent* out) {
  return impl::cuGraphEventWaitNodeGetEvent(n, out);
}
Error cudaGraphEventWaitNodeSetEvent(NodeT n, CUevent event) {
  return impl::cuGraphEventWaitNodeSetEvent(n, event);
}
Error cudaGraphExecEventWaitNodeSetEvent(CUgraphExec e, NodeT n, CUevent event) {
  return impl::cuGraphExecEventWaitNodeSetEvent(e, n, event);
}

// ---- 
// memory
template <class P>
static Error add_alloc(NodeT* out, CUgraph g, const NodeT* deps, size_t n, P* p) {
  NEED(p);
  SHEER_TRY(check(g));
  BODY(alloc_body(*p, &b));
  Error e = add(out, g, deps, n, b);
  if (e != Error::Ok) {
    allocation_forget(b.pointer);
    memory_free(b.pointer);
  }
  return e;
}
template <class P>
static Error get_alloc(NodeT n, P* p) {
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
Error cudaGraphAddMemAllocNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n,
                               cudaMemAllocNodeParams* p) {
  return add_alloc(out, g, deps, n, p);
}
Error cudaGraphMemAllocNodeGetParams(NodeT n, cudaMemAllocNodeParams* p) { return get_alloc(n, p); }
Error cudaGraphAddMemFreeNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, void* p) {
  BODY(free_body(p, &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphMemFreeNodeGetParams(NodeT n, void* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEM_FREE));
  *static_cast<void**>(p) = n->body.pointer;
  return Error::Ok;
}
Error cuGraphAddMemAllocNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n,
                             CUDA_MEM_ALLOC_NODE_PARAMS* p) {
  return add_alloc(out, g, deps, n, p);
}
Error cuGraphMemAllocNodeGetParams(NodeT n, CUDA_MEM_ALLOC_NODE_PARAMS* p) { return get_alloc(n, p); }
Error cuGraphAddMemFreeNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUdeviceptr p) {
  BODY(free_body((void*)p, &b));
  return add(out, g, deps, n, b);
}
Error cuGraphMemFreeNodeGetParams(NodeT n, CUdeviceptr* p) {
  return impl::cudaGraphMemFreeNodeGetParams(n, p);
}
Error cudaDeviceGraphMemTrim(int ordinal) { return device(ordinal) ? Error::Ok : Error::InvalidDevice; }
Error cudaDeviceGetGraphMemAttribute(int ordinal, cudaGraphMemAttributeType, void* value) {
  return memory_attribute(ordinal, value);
}
Error cudaDeviceSetGraphMemAttribute(int ordinal, cudaGraphMemAttributeType, void* value) {
  return value && device(ordinal) ? Error::Ok : Error::InvalidValue;
}
Error cuDeviceGraphMemTrim(CUdevice ordinal) { return device(ordinal) ? Error::Ok : Error::InvalidDevice; }
Error cuDeviceGetGraphMemAttribute(CUdevice ordinal, CUgraphMem_attribute, void* value) {
  return memory_attribute(ordinal, value);
}
Error cuDeviceSetGraphMemAttribute(CUdevice ordinal, CUgraphMem_attribute, void* value) {
  return value && device(ordinal) ? Error::Ok : Error::InvalidValue;
}

// ---- 
// conditions
static Slab<ConditionObject> conditions;
static Error condition_make(CUgraphConditionalHandle* out, CUgraph g, unsigned initial, unsigned flags) {
  if (!out || flags & ~unsigned(cudaGraphCondAssignDefault)) return Error::InvalidValue;
  SHEER_TRY(check(g));
  ConditionObject* c = conditions.take();
  c->initial = initial;
  c->assigned = flags & cudaGraphCondAssignDefault;
  c->graph = g;
  *out = reinterpret_cast<CUgraphConditionalHandle>(c);
  return Error::Ok;
}
Error cudaGraphConditionalHandleCreate(cudaGraphConditionalHandle* out, CUgraph g, unsigned initial, unsigned flags) {
  RUNTIME_CONTEXT;
  return condition_make(reinterpret_cast<CUgraphConditionalHandle*>(out), g, initial, flags);
}
Error cuGraphConditionalHandleCreate(CUgraphConditionalHandle* out, CUgraph g, CUcontext, unsigned initial, unsigned flags) {
  DRIVER_CONTEXT;
  return condition_make(out, g, initial, flags);
}

// ---- 
// any type
template <class P>
static Error add_any(Api api, NodeT* out, CUgraph g, const NodeT* deps, size_t n, P* p) {
  NEED(p);
  Context* c;
  SHEER_TRY(current(api, &c));
  SHEER_TRY(check(g));
  BODY(any_body(c, p, api, true, &b));
  Error e = add(out, g, deps, n, b);
  if (e != Error::Ok) conditional_forget(b);
  return e;
}
template <class P>
static Error set_any(Api api, CUgraphExec e, NodeT n, P* p) {
  NEED(p);
  Context* c;
  SHEER_TRY(current(api, &c));
  BODY(any_body(c, p, api, false, &b));
  return e ? exec_set(e, n, b) : set(n, b);
}
template <class E>
static bool plain_edges(const E* data, size_t n) {
  for (size_t i = 0; data && i < n; i++)
    if (data[i].type || data[i].from_port || data[i].to_port) return false;
  return true;
}
Error cudaGraphAddNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, cudaGraphNodeParams* p) {
  return add_any(Api::Runtime, out, g, deps, n, p);
}
Error cudaGraphAddNode_v2(NodeT* out, CUgraph g, const NodeT* deps, const cudaGraphEdgeData* data, size_t n,
                          cudaGraphNodeParams* p) {
  return plain_edges(data, n) ? add_any(Api::Runtime, out, g, deps, n, p) : Error::NotSupported;
}
Error cudaGraphNodeSetParams(NodeT n, cudaGraphNodeParams* p) { return set_any(Api::Runtime, nullptr, n, p); }
Error cudaGraphExecNodeSetParams(CUgraphExec e, NodeT n, cudaGraphNodeParams* p) {
  SHEER_TRY(check(e));
  return set_any(Api::Runtime, e, n, p);
}
Error cuGraphAddNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, CUgraphNodeParams* p) {
  return add_any(Api::Driver, out, g, deps, n, p);
}
Error cuGraphAddNode_v2(NodeT* out, CUgraph g, const NodeT* deps, const CUgraphEdgeData* data, size_t n,
                        CUgraphNodeParams* p) {
  return plain_edges(data, n) ? add_any(Api::Driver, out, g, deps, n, p) : Error::NotSupported;
}
Error cuGraphNodeSetParams(NodeT n, CUgraphNodeParams* p) { return set_any(Api::Driver, nullptr, n, p); }
Error cuGraphExecNodeSetParams(CUgraphExec e, NodeT n, CUgraphNodeParams* p) {
  SHEER_TRY(check(e));
  return set_any(Api::Driver, e, n, p);
}
}  // namespace sheer::impl
