// Conditional nodes of graphs: IF with and without ELSE, WHILE, SWITCH, one in the other, default values, updates.
#include "check.h"

__global__ void decide(cudaGraphConditionalHandle h, const int* from) { cudaGraphSetConditional(h, unsigned(*from)); }
__global__ void add(int* to, int what) { *to += what; }
__global__ void turn(cudaGraphConditionalHandle h, int* left, int* done) {
  ++*done;
  cudaGraphSetConditional(h, --*left > 0);
}

static int* words;  // device memory: [0] decides, [1].. results
static int read(int i) {
  int v;
  OK(cudaMemcpy(&v, words + i, 4, cudaMemcpyDefault));
  return v;
}
static void write(int i, int v) { OK(cudaMemcpy(words + i, &v, 4, cudaMemcpyDefault)); }

template <class... A>
static cudaGraphNode_t kernel(cudaGraph_t g, cudaGraphNode_t after, void (*f)(A...), A... a) {
  void* args[] = {&a...};
  cudaGraphNodeParams p = {cudaGraphNodeTypeKernel};
  p.kernel.func = reinterpret_cast<void*>(f);
  p.kernel.gridDim = p.kernel.blockDim = dim3(1, 1, 1);
  p.kernel.kernelParams = args;
  cudaGraphNode_t n;
  OK(cudaGraphAddNode(&n, g, &after, after ? 1 : 0, &p));
  return n;
}
static cudaGraphNode_t condition(cudaGraph_t g, cudaGraphNode_t after, cudaGraphConditionalHandle h,
                                 cudaGraphConditionalNodeType type, unsigned size, cudaGraph_t* bodies) {
  cudaGraphNodeParams p = {cudaGraphNodeTypeConditional};
  p.conditional.handle = h;
  p.conditional.type = type;
  p.conditional.size = size;
  cudaGraphNode_t n;
  OK(cudaGraphAddNode(&n, g, &after, after ? 1 : 0, &p));
  for (unsigned i = 0; i < size; i++) bodies[i] = p.conditional.phGraph_out[i];
  return n;
}
static void launch(cudaGraphExec_t e) {
  OK(cudaGraphLaunch(e, 0));
  OK(cudaDeviceSynchronize());
}

static void branches() {
  cudaGraph_t g, bodies[2], ways[3];
  cudaGraphExec_t e;
  cudaGraphConditionalHandle h, s;
  OK(cudaGraphCreate(&g, 0));
  OK(cudaGraphConditionalHandleCreate(&h, g));
  OK(cudaGraphConditionalHandleCreate(&s, g, 2, cudaGraphCondAssignDefault));
  cudaGraphNode_t n = kernel(g, nullptr, decide, h, (const int*)words);
  n = condition(g, n, h, cudaGraphCondTypeIf, 2, bodies);
  cudaGraphNodeType type;
  OK(cudaGraphNodeGetType(n, &type));
  EXPECT(cudaGraphNodeTypeConditional, type);
  cudaGraphNode_t inner = kernel(bodies[0], nullptr, add, words + 1, 1);
  kernel(bodies[0], inner, add, words + 1, 10);
  kernel(bodies[1], nullptr, add, words + 2, 1);
  condition(g, n, s, cudaGraphCondTypeSwitch, 3, ways);
  for (int i = 0; i < 3; i++) kernel(ways[i], nullptr, add, words + 3 + i, 1);
  cudaGraphNodeParams again = {cudaGraphNodeTypeConditional};
  again.conditional = {h, cudaGraphCondTypeIf, 1, nullptr};
  EXPECT(cudaErrorInvalidValue, cudaGraphAddNode(&inner, g, nullptr, 0, &again));  // it has a node
  OK(cudaGraphInstantiate(&e, g, 0));
  for (int i = 0; i < 4; i++) {
    write(0, i & 1 ? 5 : 0);
    launch(e);
  }
  EXPECT(22, read(1));
  EXPECT(2, read(2));
  EXPECT(0, read(3));
  EXPECT(4, read(5));  // the default
  OK(cudaGraphExecDestroy(e));
  OK(cudaGraphDestroy(g));
}

static void loops() {  // a loop in a loop, captured, in a child graph
  cudaGraph_t g, outer, inner;
  cudaGraphExec_t e;
  cudaGraphConditionalHandle a, b;
  OK(cudaMemset(words, 0, 64));
  OK(cudaGraphCreate(&g, 0));
  OK(cudaGraphConditionalHandleCreate(&a, g, 1, cudaGraphCondAssignDefault));
  condition(g, nullptr, a, cudaGraphCondTypeWhile, 1, &outer);
  OK(cudaGraphConditionalHandleCreate(&b, outer));
  cudaGraphNode_t n = kernel(outer, nullptr, add, words + 6, 5);  // five turns of the inner one
  n = kernel(outer, n, decide, b, (const int*)(words + 6));
  n = condition(outer, n, b, cudaGraphCondTypeWhile, 1, &inner);
  cudaStream_t s;
  OK(cudaStreamCreate(&s));
  OK(cudaStreamBeginCaptureToGraph(s, inner, nullptr, nullptr, 0, cudaStreamCaptureModeRelaxed));
  turn<<<1, 1, 0, s>>>(b, words + 6, words + 7);
  OK(cudaMemsetAsync(words + 9, 1, 4, s));
  OK(cudaStreamEndCapture(s, nullptr));
  kernel(outer, n, turn, a, words, words + 8);
  OK(cudaGraphInstantiate(&e, g, 0));
  for (int i = 1; i < 3; i++) {
    write(0, 30);
    OK(cudaGraphLaunch(e, s));
    add<<<1, 1, 0, s>>>(words + 10, 1);
    OK(cudaGraphLaunch(e, s));  // its counter has run out: one turn
    OK(cudaStreamSynchronize(s));
    EXPECT(31 * 5 * i, read(7));
    EXPECT(31 * i, read(8));
    EXPECT(0x01010101, read(9));
    EXPECT(i, read(10));
  }
  OK(cudaGraphLaunch(e, s));
  OK(cudaGraphExecDestroy(e));  // while it runs
  OK(cudaGraphDestroy(g));
  OK(cudaStreamSynchronize(s));
  OK(cudaStreamDestroy(s));
}

static void refusals() {
  cudaGraph_t g, body;
  cudaGraphExec_t e;
  cudaGraphConditionalHandle h;
  cudaGraphNode_t n;
  OK(cudaGraphCreate(&g, 0));
  EXPECT(cudaErrorInvalidValue, cudaGraphConditionalHandleCreate(&h, g, 0, 8));
  OK(cudaGraphConditionalHandleCreate(&h, g));
  cudaGraphNodeParams p = {cudaGraphNodeTypeConditional};
  p.conditional = {h, cudaGraphCondTypeWhile, 2, nullptr};
  EXPECT(cudaErrorInvalidValue, cudaGraphAddNode(&n, g, nullptr, 0, &p));
  condition(g, nullptr, h, cudaGraphCondTypeIf, 1, &body);
  EXPECT(cudaErrorInvalidValue, cudaGraphDestroy(body));
  cudaHostNodeParams host = {[](void*) {}, nullptr};
  OK(cudaGraphAddHostNode(&n, body, nullptr, 0, &host));
  EXPECT(cudaErrorNotSupported, cudaGraphInstantiate(&e, g, 0));
  OK(cudaGraphDestroy(g));
  cudaGetLastError();
}

int main() {
  OK(cudaMalloc(&words, 64));
  OK(cudaMemset(words, 0, 64));
  branches();
  loops();
  refusals();
}
