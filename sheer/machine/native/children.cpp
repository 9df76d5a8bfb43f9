// Kernels that launch kernels. A launch's node keeps what its threads launch and, when its own blocks are through, goes on
// as each of these in turn, so that whatever waits for the launch waits for all of its family. What a child launches
// itself comes before its next sibling: a child is complete only when its own children are.
#include "internal.h"

namespace sheer {

struct Child {
  Op op{};
  uint8_t* params = nullptr;
  uint64_t parent = 0;  // the launch that asked for it, as Node has it
};

struct Family {
  Vec<Child> launched;  // by the threads of the node as it runs now, in order (family_lock)
  Vec<Child> tail;      // the same, for the stream whose work begins when all the rest is done
  Vec<Child> pending;   // the next one last
};

static Mutex family_lock;

// Before the parameters; cuda/include/sheer/device_runtime.h fills it in.
struct ChildHead {
  uint32_t grid[3], block[3], shared, param_bytes;
  uint64_t stream;
};
static const uint64_t params_after = 64;  // bytes
static const uint64_t tail_stream = 3;    // cudaStreamTailLaunch
static const uint64_t service_copy = ~0ull, service_fill = ~1ull;  // instead of a kernel's function id

static Function* kernel_at(Module* m, uint64_t address) {
  for (Function* f : m->functions)
    if (f->address == address) return f;
  return nullptr;
}

static Error make_child(Node* n, uint64_t what, const ChildHead* head, const uint8_t* params, Child* child) {
  uint64_t words[3];
  if (what == service_copy || what == service_fill) memcpy(words, params, sizeof words);
  if (what == service_copy) {
    child->op.kind = OpKind::Copy;
    CopyOp& c = child->op.copy;
    c.dst = reinterpret_cast<void*>(words[0]);
    c.src = reinterpret_cast<const void*>(words[1]);
    c.width = c.dst_pitch = c.src_pitch = c.dst_slice = c.src_slice = words[2];
    c.height = c.depth = 1;
    return Error::Ok;
  }
  if (what == service_fill) {
    child->op.kind = OpKind::Fill;
    FillOp& f = child->op.fill;
    f.dst = reinterpret_cast<void*>(words[0]);
    f.value = uint32_t(words[1]) & 0xff;
    f.element = 1;
    f.width = f.pitch = f.slice = words[2];
    f.height = f.depth = 1;
    return Error::Ok;
  }
  child->op.kind = OpKind::Launch;
  LaunchOp& launch = child->op.launch;
  launch.function = kernel_at(n->function->module, what);
  if (!launch.function || head->param_bytes < launch.function->info.param_bytes) return Error::InvalidHandle;
  memcpy(launch.grid, head->grid, sizeof launch.grid);
  memcpy(launch.block, head->block, sizeof launch.block);
  launch.dynamic_shared = head->shared;
  if (Error e = launch_shape_error(launch); e != Error::Ok) return Error::InvalidValue;
  if (head->param_bytes) {
    child->params = static_cast<uint8_t*>(checked(malloc(head->param_bytes)));
    memcpy(child->params, params, head->param_bytes);
  }
  launch.params = child->params;
  return Error::Ok;
}

extern "C" __attribute__((visibility("default"))) uint32_t sheer_rt_launch(SheerFrame* frame, uint64_t what,
                                                                           uint64_t buffer) {
  Block* b = static_cast<Block*>(frame->machine);
  if (b->replay) return 0;
  Node* n = b->node;
  const ChildHead* head = reinterpret_cast<const ChildHead*>(buffer);
  hold_begin(b);
  Child child;
  child.parent = n->run_line;
  Error error = make_child(n, what, head, reinterpret_cast<const uint8_t*>(buffer) + params_after, &child);
  if (error == Error::Ok) {
    Hold hold(family_lock);
    if (!n->family) n->family = make<Family>();
    (head->stream == tail_stream ? n->family->tail : n->family->launched).push(child);
  }
  hold_end(b);
  if (error == Error::Ok) return 0;
  b->worker->fault = Fault();  // on a GPU the thread could ask for it; most do not
  b->worker->fault.error = error;
  b->worker->fault.text.format("launch of a kernel with grid %u x %u x %u, block %u x %u x %u from a kernel: %s", head->grid[0],
                               head->grid[1], head->grid[2], head->block[0], head->block[1], head->block[2],
                               error == Error::InvalidHandle ? "no such kernel" : "invalid configuration");
  leave_block(b, Left::Fault);
}

static void push_reversed(Vec<Child>& to, Vec<Child>& from) {
  for (uint32_t i = from.count; i-- > 0;) to.push(from[i]);
  from.clear();
}

bool node_goes_on(Node* n) {
  Family* f = n->family;
  push_reversed(f->pending, f->tail);
  push_reversed(f->pending, f->launched);
  while (f->pending.count && !load(n->cancelled) && !load(n->device->sticky)) {
    Child child = f->pending.back();
    f->pending.pop();
    n->parent = child.parent;
    Error error = node_renew(n, child.op);
    free(child.params);
    if (error != Error::Ok)
      device_fail(n->device, error);
    else if (n->total)
      return true;
  }
  return false;
}

void family_drop(Node* n) {
  if (!n->family) return;
  Vec<Child>* const lists[] = {&n->family->launched, &n->family->tail, &n->family->pending};
  for (Vec<Child>* list : lists)
    for (Child& child : *list) free(child.params);
  drop(n->family);
  n->family = nullptr;
}
}  // namespace sheer
