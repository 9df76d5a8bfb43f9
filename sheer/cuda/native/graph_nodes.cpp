// Graph nodes that compute, copy, fill or call: their functions in both APIs, and attributes of kernel nodes.
#include "graph_forms.h"

namespace sheer::api {
// ---- 
// attributes
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
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
      v->memSyncDomain = CUlaunchMemSyncDomain(n->domain);
      return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
      v->sharedMemCarveout = unsigned(n->carveout);
      return Error::Ok;
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
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
      n->cluster_policy = v->clusterSchedulingPolicyPreference;
      break;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP: n->domains = v->memSyncDomainMap; break;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN: n->domain = v->memSyncDomain; break;
    case CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: n->carveout = int(v->sharedMemCarveout); break;
  }
  return Error::Ok;
}
static Error attributes_copy(Node* to, const Node* from) {
  SHEER_TRY(typed(to, CU_GRAPH_NODE_TYPE_KERNEL));
  SHEER_TRY(typed(from, CU_GRAPH_NODE_TYPE_KERNEL));
  to->window = from->window;
  to->domains = from->domains;
  to->domain = from->domain;
  to->carveout = from->carveout;
  to->cluster_policy = from->cluster_policy;
  to->body.launch.cooperative = from->body.launch.cooperative;
  to->body.launch.priority = from->body.launch.priority;
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
using NodeT = CUgraphNode;

// ---- 
// kernel
Error cudaGraphAddKernelNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n,
                             const cudaKernelNodeParams* p) {
  NEED(p);
  RUNTIME_CONTEXT;
  BODY(kernel_runtime(c, *p, &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphKernelNodeGetParams(NodeT n, cudaKernelNodeParams* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_KERNEL));
  give_kernel(n, p);
  return Error::Ok;
}
Error cudaGraphKernelNodeSetParams(NodeT n, const cudaKernelNodeParams* p) {
  NEED(p);
  RUNTIME_CONTEXT;
  BODY(kernel_runtime(c, *p, &b));
  return set(n, b);
}
Error cudaGraphExecKernelNodeSetParams(CUgraphExec e, NodeT n, const cudaKernelNodeParams* p) {
  NEED(p);
  RUNTIME_CONTEXT;
  BODY(kernel_runtime(c, *p, &b));
  return exec_set(e, n, b);
}
Error cudaGraphKernelNodeCopyAttributes(NodeT from, NodeT to) { return attributes_copy(to, from); }
Error cudaGraphKernelNodeGetAttribute(NodeT n, cudaKernelNodeAttrID id, cudaKernelNodeAttrValue* v) {
  return api::attribute_get(n, id, reinterpret_cast<CUlaunchAttributeValue*>(v));
}
Error cudaGraphKernelNodeSetAttribute(NodeT n, cudaKernelNodeAttrID id, const cudaKernelNodeAttrValue* v) {
  return api::attribute_set(n, id, reinterpret_cast<const CUlaunchAttributeValue*>(v));
}
Error cuGraphAddKernelNode_v2(NodeT* out, CUgraph g, const NodeT* deps, size_t n,
                              const CUDA_KERNEL_NODE_PARAMS* p) {
  NEED(p);
  DRIVER_CONTEXT;
  BODY(kernel_driver(c, *p, &b));
  return add(out, g, deps, n, b);
}
Error cuGraphKernelNodeGetParams_v2(NodeT n, CUDA_KERNEL_NODE_PARAMS* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_KERNEL));
  give_kernel(n, p);
  return Error::Ok;
}
Error cuGraphKernelNodeSetParams_v2(NodeT n, const CUDA_KERNEL_NODE_PARAMS* p) {
  NEED(p);
  DRIVER_CONTEXT;
  BODY(kernel_driver(c, *p, &b));
  return set(n, b);
}
Error cuGraphExecKernelNodeSetParams_v2(CUgraphExec e, NodeT n, const CUDA_KERNEL_NODE_PARAMS* p) {
  NEED(p);
  DRIVER_CONTEXT;
  BODY(kernel_driver(c, *p, &b));
  return exec_set(e, n, b);
}
Error cuGraphKernelNodeCopyAttributes(NodeT to, NodeT from) { return attributes_copy(to, from); }
Error cuGraphKernelNodeGetAttribute(NodeT n, CUkernelNodeAttrID id, CUkernelNodeAttrValue* v) {
  return api::attribute_get(n, id, v);
}
Error cuGraphKernelNodeSetAttribute(NodeT n, CUkernelNodeAttrID id, const CUkernelNodeAttrValue* v) {
  return api::attribute_set(n, id, v);
}

// ---- 
// copy
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
static Error symbol_body(const void* symbol, void* other, size_t count, size_t offset, int kind, bool to,
                         Body* b) {
  RUNTIME_CONTEXT;
  Copy3D k;
  SHEER_TRY(symbol_copy(c, symbol, other, count, offset, kind, to, &k));
  return copy_body(k, b);
}
Error cudaGraphAddMemcpyNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const cudaMemcpy3DParms* p) {
  BODY(runtime_copy(p, &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphMemcpyNodeGetParams(NodeT n, cudaMemcpy3DParms* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEMCPY));
  to_runtime(n->body.copy, p);
  return Error::Ok;
}
Error cudaGraphMemcpyNodeSetParams(NodeT n, const cudaMemcpy3DParms* p) {
  BODY(runtime_copy(p, &b));
  return set(n, b);
}
Error cudaGraphExecMemcpyNodeSetParams(CUgraphExec e, NodeT n, const cudaMemcpy3DParms* p) {
  BODY(runtime_copy(p, &b));
  return exec_set(e, n, b);
}
Error cudaGraphAddMemcpyNode1D(NodeT* out, CUgraph g, const NodeT* deps, size_t n, void* dst, const void* src,
                               size_t count, cudaMemcpyKind kind) {
  BODY(copy_body(plain_copy(dst, src, count, kind), &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphMemcpyNodeSetParams1D(NodeT n, void* dst, const void* src, size_t count, cudaMemcpyKind kind) {
  BODY(copy_body(plain_copy(dst, src, count, kind), &b));
  return set(n, b);
}
Error cudaGraphExecMemcpyNodeSetParams1D(CUgraphExec e, NodeT n, void* dst, const void* src, size_t count,
                                         cudaMemcpyKind kind) {
  BODY(copy_body(plain_copy(dst, src, count, kind), &b));
  return exec_set(e, n, b);
}
Error cudaGraphAddMemcpyNodeToSymbol(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const void* symbol,
                                     const void* src, size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, const_cast<void*>(src), count, offset, kind, true, &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphAddMemcpyNodeFromSymbol(NodeT* out, CUgraph g, const NodeT* deps, size_t n, void* dst,
                                       const void* symbol, size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, dst, count, offset, kind, false, &b));
  return add(out, g, deps, n, b);
}
Error cudaGraphMemcpyNodeSetParamsToSymbol(NodeT n, const void* symbol, const void* src, size_t count,
                                           size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, const_cast<void*>(src), count, offset, kind, true, &b));
  return set(n, b);
}
Error cudaGraphMemcpyNodeSetParamsFromSymbol(NodeT n, void* dst, const void* symbol, size_t count,
                                             size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, dst, count, offset, kind, false, &b));
  return set(n, b);
}
Error cudaGraphExecMemcpyNodeSetParamsToSymbol(CUgraphExec e, NodeT n, const void* symbol, const void* src,
                                               size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, const_cast<void*>(src), count, offset, kind, true, &b));
  return exec_set(e, n, b);
}
Error cudaGraphExecMemcpyNodeSetParamsFromSymbol(CUgraphExec e, NodeT n, void* dst, const void* symbol,
                                                 size_t count, size_t offset, cudaMemcpyKind kind) {
  BODY(symbol_body(symbol, dst, count, offset, kind, false, &b));
  return exec_set(e, n, b);
}
Error cuGraphAddMemcpyNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const CUDA_MEMCPY3D* p,
                           CUcontext) {
  BODY(driver_copy(p, &b));
  return add(out, g, deps, n, b);
}
Error cuGraphMemcpyNodeGetParams(NodeT n, CUDA_MEMCPY3D* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEMCPY));
  to_driver(n->body.copy, p);
  return Error::Ok;
}
Error cuGraphMemcpyNodeSetParams(NodeT n, const CUDA_MEMCPY3D* p) {
  BODY(driver_copy(p, &b));
  return set(n, b);
}
Error cuGraphExecMemcpyNodeSetParams(CUgraphExec e, NodeT n, const CUDA_MEMCPY3D* p, CUcontext) {
  BODY(driver_copy(p, &b));
  return exec_set(e, n, b);
}

// ---- 
// fill
#define FILL \
  NEED(p);   \
  BODY(fill_body(*p, &b))
Error cudaGraphAddMemsetNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const cudaMemsetParams* p) {
  FILL;
  return add(out, g, deps, n, b);
}
Error cudaGraphMemsetNodeGetParams(NodeT n, cudaMemsetParams* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEMSET));
  give_fill(n->body.fill, p);
  return Error::Ok;
}
Error cudaGraphMemsetNodeSetParams(NodeT n, const cudaMemsetParams* p) {
  FILL;
  return set(n, b);
}
Error cudaGraphExecMemsetNodeSetParams(CUgraphExec e, NodeT n, const cudaMemsetParams* p) {
  FILL;
  return exec_set(e, n, b);
}
Error cuGraphAddMemsetNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n,
                           const CUDA_MEMSET_NODE_PARAMS* p, CUcontext) {
  FILL;
  return add(out, g, deps, n, b);
}
Error cuGraphMemsetNodeGetParams(NodeT n, CUDA_MEMSET_NODE_PARAMS* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_MEMSET));
  give_fill(n->body.fill, p);
  return Error::Ok;
}
Error cuGraphMemsetNodeSetParams(NodeT n, const CUDA_MEMSET_NODE_PARAMS* p) {
  FILL;
  return set(n, b);
}
Error cuGraphExecMemsetNodeSetParams(CUgraphExec e, NodeT n, const CUDA_MEMSET_NODE_PARAMS* p, CUcontext) {
  FILL;
  return exec_set(e, n, b);
}

// ---- 
// host
#define HOST \
  NEED(p);   \
  BODY(host_body(*p, &b))
Error cudaGraphAddHostNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const cudaHostNodeParams* p) {
  HOST;
  return add(out, g, deps, n, b);
}
Error cudaGraphHostNodeGetParams(NodeT n, cudaHostNodeParams* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_HOST));
  *p = {n->body.host.call, n->body.host.user};
  return Error::Ok;
}
Error cudaGraphHostNodeSetParams(NodeT n, const cudaHostNodeParams* p) {
  HOST;
  return set(n, b);
}
Error cudaGraphExecHostNodeSetParams(CUgraphExec e, NodeT n, const cudaHostNodeParams* p) {
  HOST;
  return exec_set(e, n, b);
}
Error cuGraphAddHostNode(NodeT* out, CUgraph g, const NodeT* deps, size_t n, const CUDA_HOST_NODE_PARAMS* p) {
  HOST;
  return add(out, g, deps, n, b);
}
Error cuGraphHostNodeGetParams(NodeT n, CUDA_HOST_NODE_PARAMS* p) {
  NEED(p);
  SHEER_TRY(typed(n, CU_GRAPH_NODE_TYPE_HOST));
  *p = {n->body.host.call, n->body.host.user};
  return Error::Ok;
}
Error cuGraphHostNodeSetParams(NodeT n, const CUDA_HOST_NODE_PARAMS* p) {
  HOST;
  return set(n, b);
}
Error cuGraphExecHostNodeSetParams(CUgraphExec e, NodeT n, const CUDA_HOST_NODE_PARAMS* p) {
  HOST;
  return exec_set(e, n, b);
}
}  // namespace sheer::impl
