// Graphs inside the API layer: nodes with their work, graphs that own nodes, executable graphs that own a
// clone.
#pragma once
#include "api.h"

struct CUgraphNode_st {
  sheer::api::Tag tag = sheer::api::Tag::Node;
  CUgraph graph = nullptr;
  uint32_t id = 0;
  sheer::api::Body body;
  sheer::Vec<uint8_t> packed;  // a kernel's parameters, as the kernel wants them ...
  sheer::Vec<void*> pointers;  // ... and as cudaGraphKernelNodeGetParams gives them
  sheer::Vec<CUgraphNode> deps;
  CUgraphNode original = nullptr;  // in a clone: the node that it was made from
  bool enabled = true;
  CUaccessPolicyWindow window = {};
  CUlaunchMemSyncDomainMap domains = {0, 1};
  int domain = 0, carveout = -1, cluster_policy = 0;
};

struct CUgraph_st {
  struct Held {
    CUuserObject object;
    uint32_t count;
  };
  sheer::api::Tag tag = sheer::api::Tag::Graph;
  uint32_t id = 0, next_node = 0;
  bool child = false;             // inside a child graph node, or inside an executable graph
  sheer::Vec<CUgraphNode> nodes;  // in the order of creation
  sheer::Vec<Held> objects;
};

namespace sheer::api {
// A conditional handle is the address of one, and so of the value that kernels set. It lives on: kernels may still be told of it.
struct ConditionObject {
  uint32_t value = 0;
  Tag tag = Tag::Condition;
  uint32_t initial = 0;
  bool assigned = false;   // the value is `initial` when a launch of the graph begins
  bool used = false;       // a conditional node has it
  CUgraph graph = nullptr;
};
struct Flat {  // operations for the machine, and those of the bodies of conditional nodes among them
  Vec<Op> ops;
  Vec<Vec<uint32_t>> deps;
  Vec<GraphNode> nodes;
  Vec<GraphBody*> bodies;
  Vec<GraphBody**> lists;
};
}  // namespace sheer::api

struct CUgraphExec_st {
  sheer::api::Tag tag = sheer::api::Tag::Exec;
  uint32_t id = 0;
  uint64_t flags = 0;
  CUgraph graph = nullptr;  // its own clone
  bool stale = true;        // the operations below must be made again
  sheer::api::Flat flat;
};

struct sheer_capture {  // a capture that goes on
  uint64_t id;
  CUgraph graph;
  CUstream origin;
  int mode;
  sheer::api::Thread* owner;
  sheer::Vec<CUstream> streams;
  sheer::Vec<CUgraphNode> gone;  // what streams that were destroyed did last
  bool spoilt, given_graph;
};

namespace sheer::api {
using Graph = CUgraph_st;
using Node = CUgraphNode_st;
using Exec = CUgraphExec_st;

// One lock for all graphs and captures: they are built now and then, not in the path of every launch.
extern Mutex graph_lock;

Error check(const Graph*);
Error check(const Node*);
Error check(const Exec*);
Error check(const ConditionObject*);
Graph* graph_make();
Graph* graph_clone(const Graph*);  // lock held
void graph_drop(Graph*);           // lock held
// Adds a node; the body's pointers (parameters, child graph) are copied. Lock held.
Error graph_add(Graph*, const CUgraphNode* deps, size_t count, const Body&, Node** out);
Error node_set(Node*, const Body&);                // other work of the same type
Error topological(const Graph*, Vec<Node*>* out);  // InvalidValue: a cycle
Error exec_launch(Context*, Exec*, CUstream);
Node* exec_node(Exec*, const Node* original);
}  // namespace sheer::api
