// Graphs: built, captured, forked and joined, updated, cloned, launched again.
#include "check.h"

__global__ void add(int* p, int n) { *p += n; }
__global__ void twice(int* p) { *p *= 2; }
__global__ void copy(int* to, const int* from) { *to = *from; }
static int calls;
static void count(void* user) { calls += int((long)user); }
static int* d;
static cudaStream_t s;
static int value() {
  int v;
  OK(cudaStreamSynchronize(s));
  OK(cudaMemcpy(&v, d, 4, cudaMemcpyDeviceToHost));
  return v;
}

static void built() {
  cudaGraph_t g;
  cudaGraphNode_t set, plus, doubled, host, read, empty, child;
  OK(cudaGraphCreate(&g, 0));
  cudaMemsetParams m = {};
  m.dst = d;
  m.elementSize = 4;
  m.value = 3;
  m.width = 1;
  m.height = 1;
  OK(cudaGraphAddMemsetNode(&set, g, 0, 0, &m));
  int n = 4;
  void* args[] = {&d, &n};
  cudaKernelNodeParams k = {};
  k.func = (void*)add;
  k.gridDim = k.blockDim = dim3(1);
  k.kernelParams = args;
  OK(cudaGraphAddKernelNode(&plus, g, &set, 1, &k));
  n = 1000;                                      // the node has its own copy
  cudaKernelNodeParams k2 = k;
  void* one[] = {&d};
  k2.func = (void*)twice;
  k2.kernelParams = one;
  OK(cudaGraphAddKernelNode(&doubled, g, &plus, 1, &k2));
  cudaHostNodeParams h = {count, (void*)1};
  OK(cudaGraphAddHostNode(&host, g, &doubled, 1, &h));
  static int out;
  OK(cudaGraphAddMemcpyNode1D(&read, g, &doubled, 1, &out, d, 4, cudaMemcpyDeviceToHost));
  cudaGraphNode_t both[] = {host, read};
  OK(cudaGraphAddEmptyNode(&empty, g, both, 2));

  size_t count_ = 0;
  OK(cudaGraphGetNodes(g, 0, &count_));
  CHECK(count_ == 6);
  OK(cudaGraphGetRootNodes(g, 0, &count_));
  CHECK(count_ == 1);
  OK(cudaGraphGetEdges(g, 0, 0, &count_));
  CHECK(count_ == 6);
  cudaGraphNodeType type;
  OK(cudaGraphNodeGetType(read, &type));
  CHECK(type == cudaGraphNodeTypeMemcpy);
  cudaKernelNodeParams got;
  OK(cudaGraphKernelNodeGetParams(plus, &got));
  CHECK(got.func == (void*)add && got.blockDim.x == 1 && *(int*)got.kernelParams[1] == 4);
  EXPECT(cudaErrorInvalidValue, cudaGraphAddDependencies(g, &empty, &set, 1));   // a cycle
  cudaGetLastError();

  cudaGraphExec_t e;
  OK(cudaGraphInstantiate(&e, g, 0));
  for (int i = 0; i < 3; i++) OK(cudaGraphLaunch(e, s));
  CHECK(value() == 14 && out == 14 && calls == 3);

  n = 10;                                        // one node of the executable graph
  OK(cudaGraphExecKernelNodeSetParams(e, plus, &k));
  OK(cudaGraphLaunch(e, s));
  CHECK(value() == 26);
  OK(cudaGraphNodeSetEnabled(e, doubled, 0));
  OK(cudaGraphLaunch(e, s));
  CHECK(value() == 13);
  OK(cudaGraphNodeSetEnabled(e, doubled, 1));

  m.value = 1;                                   // the whole graph
  OK(cudaGraphMemsetNodeSetParams(set, &m));
  cudaGraphExecUpdateResultInfo info;
  OK(cudaGraphExecUpdate(e, g, &info));
  CHECK(info.result == cudaGraphExecUpdateSuccess);
  OK(cudaGraphLaunch(e, s));
  CHECK(value() == 10);
  cudaGraphNode_t extra;
  OK(cudaGraphAddEmptyNode(&extra, g, 0, 0));
  EXPECT(cudaErrorGraphExecUpdateFailure, cudaGraphExecUpdate(e, g, &info));
  CHECK(info.result == cudaGraphExecUpdateErrorTopologyChanged);
  cudaGetLastError();
  OK(cudaGraphDestroyNode(extra));

  cudaGraph_t outer, clone;                      // as a child, twice in a row
  OK(cudaGraphCreate(&outer, 0));
  OK(cudaGraphAddChildGraphNode(&child, outer, 0, 0, g));
  OK(cudaGraphAddKernelNode(&doubled, outer, &child, 1, &k2));
  OK(cudaGraphClone(&clone, outer));
  OK(cudaGraphDestroy(g));
  cudaGraphExec_t e2;
  OK(cudaGraphInstantiate(&e2, clone, 0));
  OK(cudaGraphLaunch(e2, s));
  CHECK(value() == 20);
  OK(cudaGraphExecDestroy(e2));
  OK(cudaGraphDestroy(outer));
  OK(cudaGraphDestroy(clone));
  OK(cudaGraphExecDestroy(e));
  EXPECT(cudaErrorInvalidValue, cudaGraphLaunch(e, s));
  cudaGetLastError();
}

static void captured() {
  cudaStream_t t;
  cudaEvent_t fork, join;
  int* d2;
  OK(cudaStreamCreateWithFlags(&t, cudaStreamNonBlocking));
  OK(cudaEventCreate(&fork));
  OK(cudaEventCreate(&join));
  OK(cudaMalloc(&d2, 4));
  OK(cudaMemset(d, 0, 4));
  OK(cudaMemset(d2, 0, 4));
  OK(cudaDeviceSynchronize());
  cudaGraph_t g;
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  add<<<1, 1, 0, s>>>(d, 1);
  OK(cudaEventRecord(fork, s));
  OK(cudaStreamWaitEvent(t, fork, 0));
  add<<<1, 1, 0, t>>>(d2, 7);
  twice<<<1, 1, 0, s>>>(d);
  OK(cudaMemcpyAsync(d2 + 0, d2, 4, cudaMemcpyDeviceToDevice, t));
  OK(cudaEventRecord(join, t));
  OK(cudaStreamWaitEvent(s, join, 0));
  OK(cudaLaunchHostFunc(s, count, (void*)100));
  cudaStreamCaptureStatus status;
  unsigned long long id;
  OK(cudaStreamGetCaptureInfo(s, &status, &id));
  CHECK(status == cudaStreamCaptureStatusActive);
  EXPECT(cudaErrorCapturedEvent, cudaEventQuery(join));
  cudaGetLastError();
  OK(cudaStreamEndCapture(s, &g));
  int before = calls;
  CHECK(value() == 0);
  size_t nodes, edges;
  OK(cudaGraphGetNodes(g, 0, &nodes));
  OK(cudaGraphGetEdges(g, 0, 0, &edges));
  CHECK(nodes == 5 && edges == 5);
  cudaGraphExec_t e;
  OK(cudaGraphInstantiateWithFlags(&e, g, 0));
  OK(cudaGraphUpload(e, s));
  OK(cudaGraphLaunch(e, s));
  OK(cudaGraphLaunch(e, s));
  CHECK(value() == 6 && calls == before + 200);
  int v2;
  OK(cudaMemcpy(&v2, d2, 4, cudaMemcpyDeviceToHost));
  CHECK(v2 == 14);

  // What a capture forbids, and what forgets to join.
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  EXPECT(cudaErrorStreamCaptureUnsupported, cudaStreamSynchronize(s));
  EXPECT(cudaErrorStreamCaptureInvalidated, cudaStreamEndCapture(s, &g));
  CHECK(!g);
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  void* p;
  EXPECT(cudaErrorStreamCaptureUnsupported, cudaMalloc(&p, 4));
  EXPECT(cudaErrorStreamCaptureInvalidated, cudaStreamEndCapture(s, &g));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeRelaxed));
  OK(cudaMalloc(&p, 4));
  OK(cudaStreamEndCapture(s, &g));
  OK(cudaGraphDestroy(g));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  add<<<1, 1>>>(d, 1);
  EXPECT(cudaErrorStreamCaptureImplicit, cudaGetLastError());
  EXPECT(cudaErrorStreamCaptureInvalidated, cudaStreamEndCapture(s, &g));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  OK(cudaEventRecord(fork, s));
  OK(cudaStreamWaitEvent(t, fork, 0));
  add<<<1, 1, 0, t>>>(d2, 7);
  EXPECT(cudaErrorStreamCaptureUnjoined, cudaStreamEndCapture(s, &g));
  EXPECT(cudaErrorIllegalState, cudaStreamEndCapture(s, &g));
  cudaGetLastError();

  // A stream that took part may be destroyed before the end; what it did must have been joined all the same.
  for (int joined = 0; joined < 2; ++joined) {
    cudaStream_t u;
    OK(cudaStreamCreate(&u));
    OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
    OK(cudaEventRecord(fork, s));
    OK(cudaStreamWaitEvent(u, fork, 0));
    add<<<1, 1, 0, u>>>(d2, 7);
    OK(cudaEventRecord(join, u));
    OK(cudaStreamDestroy(u));
    if (joined) OK(cudaStreamWaitEvent(s, join, 0));
    EXPECT(joined ? cudaSuccess : cudaErrorStreamCaptureUnjoined, cudaStreamEndCapture(s, &g));
    if (joined) OK(cudaGraphDestroy(g));
  }
  cudaGetLastError();

  // Memory that a graph allocates.
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  int* scratch;
  OK(cudaMallocAsync(&scratch, 4, s));
  OK(cudaMemsetAsync(scratch, 0, 4, s));
  add<<<1, 1, 0, s>>>(scratch, 21);
  twice<<<1, 1, 0, s>>>(scratch);
  copy<<<1, 1, 0, s>>>(d, scratch);
  OK(cudaFreeAsync(scratch, s));
  OK(cudaStreamEndCapture(s, &g));
  OK(cudaGraphExecDestroy(e));
  OK(cudaGraphInstantiate(&e, g, 0));
  OK(cudaGraphDestroy(g));
  OK(cudaGraphLaunch(e, s));
  OK(cudaGraphLaunch(e, s));
  CHECK(value() == 42);
  OK(cudaGraphExecDestroy(e));
}

int main() {
  OK(cudaMalloc(&d, 4));
  OK(cudaStreamCreate(&s));
  built();
  captured();
  return 0;
}
