// Conditional nodes of graphs. In: a value that kernels set, and graphs that were flattened. When such a node begins, the thread of host functions looks
// at the value and queues the chosen body; when that has ended, it looks again, and the node is done once nothing more is to run.
#include "internal.h"

namespace sheer {

struct GraphBody {
  uint32_t references = 1;
  Vec<Op> ops;
  Vec<Vec<uint32_t>> deps;
  Vec<GraphNode> flat;
  Vec<void*> rooms;            // copies of what ops point to
  Vec<GraphBody*> nested;      // those of conditional nodes in it
};

static void* kept(GraphBody* b, const void* data, uint64_t bytes) {
  void* room = checked(malloc(bytes + 1));
  memcpy(room, data, bytes);
  b->rooms.push(room);
  return room;
}

static GraphBody* retain(GraphBody* b) {
  fetch_add(b->references, 1);
  return b;
}

GraphBody* body_make(const GraphNode* nodes, uint32_t count) {
  GraphBody* b = make<GraphBody>();
  for (uint32_t i = 0; i < count; i++) {
    Op op = *nodes[i].op;
    if (op.kind == OpKind::Launch && op.launch.params)
      op.launch.params = kept(b, op.launch.params, function_info(op.launch.function).param_bytes);
    if (op.kind == OpKind::Conditional) {
      ConditionalOp& c = op.conditional;
      for (uint32_t k = 0; k < c.count; k++) b->nested.push(retain(c.bodies[k]));
      c.bodies = static_cast<GraphBody* const*>(kept(b, c.bodies, c.count * sizeof *c.bodies));
    }
    b->ops.push(op);
    Vec<uint32_t> deps;
    for (uint32_t k = 0; k < nodes[i].dep_count; k++) deps.push(nodes[i].deps[k]);
    b->deps.push(deps);
  }
  for (uint32_t i = 0; i < count; i++) b->flat.push(GraphNode{&b->ops[i], b->deps[i].data, b->deps[i].count});
  return b;
}

void body_release(GraphBody* b) {
  if (fetch_sub(b->references, 1) > 1) return;
  for (GraphBody* n : b->nested) body_release(n);
  for (void* room : b->rooms) free(room);
  drop(b);
}

// Compiles what a body launches now, so that a launch says what is wrong with it.
static Error body_prepare(const GraphBody* b, Device* d) {
  for (const Op& op : b->ops) {
    if (op.kind == OpKind::Launch) {
      if (Error e = launch_shape_error(op.launch); e != Error::Ok) return e;
      if (Error e = knobs().reference ? Error::Ok : function_prepare(op.launch.function, d, op.launch.block); e != Error::Ok)
        return e;
    }
    for (uint32_t k = 0; op.kind == OpKind::Conditional && k < op.conditional.count; k++)
      if (Error e = body_prepare(op.conditional.bodies[k], d); e != Error::Ok) return e;
  }
  return Error::Ok;
}

Error conditional_prepare(Node* n, const ConditionalOp& op) {
  for (uint32_t k = 0; k < op.count; k++) {
    if (Error e = body_prepare(op.bodies[k], n->device); e != Error::Ok) return e;
    n->bodies.push(retain(op.bodies[k]));
  }
  n->conditional = op;
  n->turned = false;
  return Error::Ok;
}

static GraphBody* chosen(const Node* n) {
  uint32_t value = load(*n->conditional.value), which = value;
  if (n->turned && n->conditional.kind != Condition::While) return nullptr;
  if (n->conditional.kind == Condition::If) which = value ? 0 : 1;
  if (n->conditional.kind == Condition::While) which = value ? 0 : ~0u;
  return which < n->bodies.count ? n->bodies[which] : nullptr;
}

bool conditional_step(Node* n) {
  GraphBody* b = load(n->device->sticky) ? nullptr : chosen(n);
  if (!b) return true;
  n->turned = true;
  Vec<Node*> nodes;
  if (Error e = graph_prepare(n->stream, b->flat.data, b->flat.count, n, &nodes); e != Error::Ok) {
    device_fail(n->device, e);
    return true;
  }
  Node* again = node_fresh();
  again->kind = OpKind::Again;
  again->inner = true;
  again->device = n->device;
  again->stream = n->stream;
  again->owner = n;
  Hold hold(scheduler.lock);
  graph_link(b->flat.data, nodes, nullptr, again);
  for (Node* inner : nodes) node_release_guard(inner);
  node_release_guard(again);
  return false;
}
}  // namespace sheer
