// Streams and events of both APIs: handles, flags, priorities, attributes, callbacks, timing.
#include <unistd.h>

#include "api.h"

namespace sheer::api {
static Slab<StreamObject> stream_slab;
static Slab<EventObject> event_slab;
static Mutex lists_lock;
static Vec<StreamObject*> all_streams;  // made by programs; default streams are not among them
static Vec<EventObject*> all_events;

static StreamObject* legacy_of(Context* c) {
  if (StreamObject* s = load(c->legacy)) return s;
  Hold hold(lists_lock);
  if (!c->legacy) {
    StreamObject* s = stream_slab.take();
    s->context = c;
    s->stream = stream_legacy(c->device);
    s->legacy = true;
    store(c->legacy, s);
  }
  return c->legacy;
}
static StreamObject* per_thread_of(Context* c) {
  StreamObject*& s = thread().per_thread[c->ordinal];
  if (!s) {
    s = stream_slab.take();
    s->per_thread = true;
    s->stream = stream_per_thread(c->device);
  }
  s->context = c;
  return s;
}
StreamObject* default_stream(Context* c) {
  return thread().per_thread_default ? per_thread_of(c) : legacy_of(c);
}

// After a sticky error nothing can be made any more, and programs that ask no results hand on handles that were never written.
// Where there is such an error it is said of all but the handles that were made.
template <class T>
static Error unless_made(const Vec<T*>& made, const T* handle) {
  Thread& t = thread();
  const Context* c = t.contexts.count ? t.contexts.back() : nullptr;
  Error failed = c && live(c) ? device_error(c->device) : Error::Ok;
  if (SHEER_LIKELY(failed == Error::Ok)) return Error::Ok;
  Hold hold(lists_lock);
  for (const T* one : made)
    if (one == handle) return Error::Ok;
  return failed;
}

Error find_stream(Context* c, CUstream handle, StreamObject** out) {
  uint64_t value = reinterpret_cast<uint64_t>(handle);
  if (value <= 2) {
    *out = value == 0 ? default_stream(c) : value == 1 ? legacy_of(c) : per_thread_of(c);
    return Error::Ok;
  }
  SHEER_TRY(unless_made(all_streams, handle));
  if (value % alignof(StreamObject) || handle->tag != Tag::Stream) return Error::InvalidHandle;
  *out = handle;
  return Error::Ok;
}

Error stream_context(Context** out, CUstream handle, Context* otherwise) {
  StreamObject* s;
  bool named = uint64_t(handle) > 2 && find_stream(nullptr, handle, &s) == Error::Ok;
  return driver_context(out, named ? s->context : otherwise);
}

Error stream_make(Context* c, uint32_t flags, int priority, StreamObject** out) {
  if (!out || flags & ~1u) return Error::InvalidValue;
  priority = max(GREATEST_PRIORITY, min(LEAST_PRIORITY, priority));
  Stream* stream;
  SHEER_TRY(stream_create(c->device, flags & 1 ? STREAM_NON_BLOCKING : STREAM_BLOCKING, priority, &stream));
  StreamObject* s = stream_slab.take();
  s->flags = flags;
  s->priority = priority;
  s->context = c;
  s->stream = stream;
  Hold hold(lists_lock);
  all_streams.push(s);
  *out = s;
  return Error::Ok;
}

static Error stream_drop(StreamObject* s) {
  if (s->legacy || s->per_thread) return Error::InvalidHandle;
  if (s->capture) capture_forget(s);
  Error e = stream_destroy(s->stream);
  {
    Hold hold(lists_lock);
    all_streams.remove_value(s);
  }
  stream_slab.give(s);
  return e;
}

Error find_event(CUevent handle, EventObject** out) {
  uint64_t value = reinterpret_cast<uint64_t>(handle);
  SHEER_TRY(unless_made(all_events, handle));
  if (value < 4096 || value % alignof(EventObject) || handle->tag != Tag::Event) return Error::InvalidHandle;
  *out = handle;
  return Error::Ok;
}

Error event_make(Context* c, uint32_t flags, EventObject** out) {
  if (!out || flags & ~7u) return Error::InvalidValue;
  sheer_shared_event* shared = nullptr;
  if (flags & cudaEventInterprocess) {
    if (!(flags & cudaEventDisableTiming)) return Error::InvalidValue;
    SHEER_TRY(shared_event_make(&shared));
  }
  Event* event;
  SHEER_TRY(event_create(c->device, &event));
  EventObject* e = event_slab.take();
  e->shared = shared;
  e->flags = flags;
  e->context = c;
  e->event = event;
  Hold hold(lists_lock);
  all_events.push(e);
  *out = e;
  return Error::Ok;
}

static Error event_drop(EventObject* e) {
  Error result = event_destroy(e->event);
  {
    Hold hold(lists_lock);
    all_events.remove_value(e);
  }
  event_slab.give(e);
  return result;
}

// The machine has taken the device's streams and events back (reset): the handles die.
static void drop_handles(int ordinal) {
  Hold hold(lists_lock);
  for (uint32_t i = all_streams.count; i--;) {
    StreamObject* s = all_streams[i];
    if (s->context->ordinal != ordinal) continue;
    all_streams.remove(i);
    stream_slab.give(s);
  }
  for (uint32_t i = all_events.count; i--;) {
    EventObject* e = all_events[i];
    if (e->context->ordinal != ordinal) continue;
    all_events.remove(i);
    event_slab.give(e);
  }
}
void forget_memory(int ordinal);
void forget_pools(int ordinal);
void forget_device(int ordinal) {
  device_synchronize(device(ordinal));
  drop_handles(ordinal);
  forget_memory(ordinal);
  forget_pools(ordinal);
}

Error record(Context* c, EventObject* e, CUstream handle, uint32_t flags) {
  if (flags & ~1u) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  if (stream_device(s->stream) != event_device(e->event)) return Error::InvalidHandle;
  if (capturing(s)) {
    if (!(flags & cudaEventRecordExternal)) return capture_record(s, e);
    if (e->shared) return unsupported("cudaEventRecordWithFlags", "interprocess events as nodes of graphs");
    Body body;
    body.type = CU_GRAPH_NODE_TYPE_EVENT_RECORD;
    body.event = e;
    return enqueue(s, body);
  }
  if (flags & cudaEventRecordExternal) return Error(cudaErrorIllegalState);
  e->capture = nullptr;
  e->nodes.clear();
  Op op;
  op.kind = OpKind::Record;
  op.record = {e->event};
  SHEER_TRY(submit(s->stream, op));
  return e->shared ? shared_event_record(e, s) : Error::Ok;
}

Error wait(Context* c, CUstream handle, EventObject* e, uint32_t flags) {
  if (flags & ~1u) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  if (flags & cudaEventWaitExternal) {
    if (!capturing(s)) return Error(cudaErrorIllegalState);
    if (e->shared) return unsupported("cudaStreamWaitEvent", "interprocess events as nodes of graphs");
    Body body;
    body.type = CU_GRAPH_NODE_TYPE_WAIT_EVENT;
    body.event = e;
    return enqueue(s, body);
  }
  bool handled = false;
  SHEER_TRY(capture_wait(s, e, &handled));
  if (handled) return Error::Ok;
  if (e->shared) return shared_event_wait(e, s);
  Op op;
  op.kind = OpKind::Wait;
  op.wait = {e->event};
  return submit(s->stream, op);
}

Error host_function(Context* c, CUstream handle, CUhostFn call, void* user) {
  if (!call) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  Body body;
  body.type = CU_GRAPH_NODE_TYPE_HOST;
  body.host = {call, user};
  return enqueue(s, body);
}

struct Callback {
  StreamObject* stream;
  CUstream handle;
  cudaStreamCallback_t call;
  void* user;
};
static void run_callback(void* state, Error status) {
  Callback* b = static_cast<Callback*>(state);
  b->call(b->handle, cudaError_t(status), b->user);
  drop(b);
}
Error stream_callback(Context* c, CUstream handle, cudaStreamCallback_t call, void* user, uint32_t flags) {
  if (!call || flags) return Error::InvalidValue;
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  if (capturing(s)) return Error(cudaErrorStreamCaptureUnsupported);
  Callback* b = make<Callback>();
  *b = {s, handle, call, user};
  return submit_callback(s->stream, run_callback, b);
}

static Error stream_wait(Context* c, CUstream handle) {
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  SHEER_TRY(check_capture_sync(c, s));
  profile_sync("stream", s->legacy ? 0 : stream_id(s->stream), c->device);
  return stream_synchronize(s->stream);
}
static Error stream_ask(Context* c, CUstream handle) {
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  SHEER_TRY(check_capture_sync(c, s));
  Error error = stream_query(s->stream);
  if (error == Error::Ok) profile_sync("stream", s->legacy ? 0 : stream_id(s->stream), c->device);
  return error;
}

static Error event_wait(EventObject* e) {
  if (e->capture) return Error(cudaErrorCapturedEvent);
  profile_sync("event", event_number(e->event), event_device(e->event));
  SHEER_TRY(event_synchronize(e->event));
  while (e->shared && !shared_event_done(e)) usleep(20);  // another process records it
  return Error::Ok;
}
static Error event_ask(EventObject* e) {
  if (e->capture) return Error(cudaErrorCapturedEvent);
  Error error = event_query(e->event);
  if (error == Error::Ok && e->shared && !shared_event_done(e)) error = Error::NotReady;
  if (error == Error::Ok) profile_sync("event", event_number(e->event), event_device(e->event));
  return error;
}
static Error event_time(float* out, CUevent from, CUevent to) {
  if (!out) return Error::InvalidValue;
  EventObject *a, *b;
  SHEER_TRY(find_event(from, &a));
  SHEER_TRY(find_event(to, &b));
  if ((a->flags | b->flags) & cudaEventDisableTiming) return Error::InvalidHandle;
  if (a->capture || b->capture) return Error(cudaErrorCapturedEvent);
  return event_elapsed(a->event, b->event, out);
}

// ---- 
// attributes
static Error attribute_get(StreamObject* s, int id, CUlaunchAttributeValue* out) {
  if (!out) return Error::InvalidValue;
  memset(out, 0, sizeof *out);
  switch (id) {
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW: out->accessPolicyWindow = s->window; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY: out->syncPolicy = s->sync_policy; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_PRIORITY: out->priority = s->priority; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP: out->memSyncDomainMap = s->domains; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN: out->memSyncDomain = s->domain; return Error::Ok;
  }
  return Error::InvalidValue;
}
static Error attribute_set(StreamObject* s, int id, const CUlaunchAttributeValue* in) {
  if (!in) return Error::InvalidValue;
  switch (id) {
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
      if (in->accessPolicyWindow.hitRatio < 0 || in->accessPolicyWindow.hitRatio > 1)
        return Error::InvalidValue;
      s->window = in->accessPolicyWindow;
      return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
      if (in->syncPolicy < CU_SYNC_POLICY_AUTO || in->syncPolicy > CU_SYNC_POLICY_BLOCKING_SYNC)
        return Error::InvalidValue;
      s->sync_policy = in->syncPolicy;
      return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_PRIORITY:
      s->priority = max(GREATEST_PRIORITY, min(LEAST_PRIORITY, in->priority));
      return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP: s->domains = in->memSyncDomainMap; return Error::Ok;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN: s->domain = in->memSyncDomain; return Error::Ok;
  }
  return Error::InvalidValue;
}
static Error attributes_copy(StreamObject* to, const StreamObject* from) {
  to->window = from->window;
  to->sync_policy = from->sync_policy;
  to->domains = from->domains;
  to->domain = from->domain;
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
// One line per function: how the context is found is all that differs between the two APIs.
#define STREAM_CONTEXT(h) \
  Context* c;             \
  SHEER_TRY(stream_context(&c, h))
#define STREAM(h)  \
  StreamObject* s; \
  SHEER_TRY(find_stream(c, h, &s))
#define EVENT(h)  \
  EventObject* e; \
  SHEER_TRY(find_event(h, &e))

Error cudaStreamCreate(cudaStream_t* out) {
  RUNTIME_CONTEXT;
  return stream_make(c, 0, 0, out);
}
Error cudaStreamCreateWithFlags(cudaStream_t* out, unsigned flags) {
  RUNTIME_CONTEXT;
  return stream_make(c, flags, 0, out);
}
Error cudaStreamCreateWithPriority(cudaStream_t* out, unsigned flags, int priority) {
  RUNTIME_CONTEXT;
  return stream_make(c, flags, priority, out);
}
Error cudaStreamDestroy(cudaStream_t h) {
  Context* c;
  SHEER_TRY(runtime_context_quiet(&c));
  if (uint64_t(h) <= 2) return Error::InvalidHandle;
  STREAM(h);
  return stream_drop(s);
}
Error cudaStreamGetPriority(cudaStream_t h, int* out) {
  RUNTIME_CONTEXT;
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = s->priority;
  return Error::Ok;
}
Error cudaStreamGetFlags(cudaStream_t h, unsigned* out) {
  RUNTIME_CONTEXT;
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = s->flags;
  return Error::Ok;
}
Error cudaStreamGetId(cudaStream_t h, unsigned long long* out) {
  RUNTIME_CONTEXT;
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = stream_id(s->stream);
  return Error::Ok;
}
Error cudaStreamGetDevice(cudaStream_t h, int* out) {
  RUNTIME_CONTEXT;
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = device_index(stream_device(s->stream));
  return Error::Ok;
}
Error cudaStreamSynchronize(cudaStream_t h) {
  Context* c;
  SHEER_TRY(runtime_context_quiet(&c));
  return stream_wait(c, h);
}
Error cudaStreamQuery(cudaStream_t h) {
  Context* c;
  SHEER_TRY(runtime_context_quiet(&c));
  return stream_ask(c, h);
}
Error cudaStreamWaitEvent(cudaStream_t h, cudaEvent_t event, unsigned flags) {
  RUNTIME_CONTEXT;
  EVENT(event);
  return wait(c, h, e, flags);
}
Error cudaStreamAddCallback(cudaStream_t h, cudaStreamCallback_t call, void* user, unsigned flags) {
  Context* c;
  SHEER_TRY(runtime_context_quiet(&c));
  return stream_callback(c, h, call, user, flags);
}
Error cudaLaunchHostFunc(cudaStream_t h, cudaHostFn_t call, void* user) {
  RUNTIME_CONTEXT;
  return host_function(c, h, call, user);
}
Error cudaStreamGetAttribute(cudaStream_t h, cudaStreamAttrID id, cudaStreamAttrValue* out) {
  RUNTIME_CONTEXT;
  STREAM(h);
  return attribute_get(s, id, reinterpret_cast<CUlaunchAttributeValue*>(out));
}
Error cudaStreamSetAttribute(cudaStream_t h, cudaStreamAttrID id, const cudaStreamAttrValue* in) {
  RUNTIME_CONTEXT;
  STREAM(h);
  return attribute_set(s, id, reinterpret_cast<const CUlaunchAttributeValue*>(in));
}
Error cudaStreamCopyAttributes(cudaStream_t to, cudaStream_t from) {
  RUNTIME_CONTEXT;
  StreamObject *a, *b;
  SHEER_TRY(find_stream(c, to, &a));
  SHEER_TRY(find_stream(c, from, &b));
  return attributes_copy(a, b);
}

Error cudaEventCreate(cudaEvent_t* out) {
  RUNTIME_CONTEXT;
  return event_make(c, 0, out);
}
Error cudaEventCreateWithFlags(cudaEvent_t* out, unsigned flags) {
  RUNTIME_CONTEXT;
  return event_make(c, flags, out);
}
Error cudaEventDestroy(cudaEvent_t event) {
  EVENT(event);
  return event_drop(e);
}
Error cudaEventRecord(cudaEvent_t event, cudaStream_t h) {
  RUNTIME_CONTEXT;
  EVENT(event);
  return record(c, e, h, 0);
}
Error cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t h, unsigned flags) {
  RUNTIME_CONTEXT;
  EVENT(event);
  return record(c, e, h, flags);
}
Error cudaEventQuery(cudaEvent_t event) {
  EVENT(event);
  return event_ask(e);
}
Error cudaEventSynchronize(cudaEvent_t event) {
  EVENT(event);
  return event_wait(e);
}
Error cudaEventElapsedTime(float* ms, cudaEvent_t from, cudaEvent_t to) { return event_time(ms, from, to); }
Error cudaEventElapsedTime_v2(float* ms, cudaEvent_t from, cudaEvent_t to) {
  return event_time(ms, from, to);
}

Error cuStreamCreate(CUstream* out, unsigned flags) {
  DRIVER_CONTEXT;
  return stream_make(c, flags, 0, out);
}
Error cuStreamCreateWithPriority(CUstream* out, unsigned flags, int priority) {
  DRIVER_CONTEXT;
  return stream_make(c, flags, priority, out);
}
Error cuStreamDestroy_v2(CUstream h) {
  SHEER_TRY(driver_ready());
  if (uint64_t(h) <= 2) return Error::InvalidHandle;
  StreamObject* s;
  SHEER_TRY(find_stream(nullptr, h, &s));
  return stream_drop(s);
}
Error cuStreamGetPriority(CUstream h, int* out) {
  STREAM_CONTEXT(h);
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = s->priority;
  return Error::Ok;
}
Error cuStreamGetFlags(CUstream h, unsigned* out) {
  STREAM_CONTEXT(h);
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = s->flags;
  return Error::Ok;
}
Error cuStreamGetId(CUstream h, unsigned long long* out) {
  STREAM_CONTEXT(h);
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = stream_id(s->stream);
  return Error::Ok;
}
Error cuStreamGetDevice(CUstream h, CUdevice* out) {
  STREAM_CONTEXT(h);
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = device_index(stream_device(s->stream));
  return Error::Ok;
}
Error cuStreamGetCtx(CUstream h, CUcontext* out) {
  STREAM_CONTEXT(h);
  STREAM(h);
  if (!out) return Error::InvalidValue;
  *out = s->context;
  return Error::Ok;
}
Error cuStreamGetCtx_v2(CUstream h, CUcontext* out, CUgreenCtx* green) {
  if (green) *green = nullptr;
  return impl::cuStreamGetCtx(h, out);
}
Error cuStreamSynchronize(CUstream h) {
  STREAM_CONTEXT(h);
  return stream_wait(c, h);
}
Error cuStreamQuery(CUstream h) {
  STREAM_CONTEXT(h);
  return stream_ask(c, h);
}
Error cuStreamWaitEvent(CUstream h, CUevent event, unsigned flags) {
  STREAM_CONTEXT(h);
  EVENT(event);
  return wait(c, h, e, flags);
}
Error cuStreamAddCallback(CUstream h, CUstreamCallback call, void* user, unsigned flags) {
  STREAM_CONTEXT(h);
  return stream_callback(c, h, reinterpret_cast<cudaStreamCallback_t>(call), user, flags);
}
Error cuLaunchHostFunc(CUstream h, CUhostFn call, void* user) {
  STREAM_CONTEXT(h);
  return host_function(c, h, call, user);
}
Error cuStreamGetAttribute(CUstream h, CUstreamAttrID id, CUstreamAttrValue* out) {
  STREAM_CONTEXT(h);
  STREAM(h);
  return attribute_get(s, id, out);
}
Error cuStreamSetAttribute(CUstream h, CUstreamAttrID id, const CUstreamAttrValue* in) {
  STREAM_CONTEXT(h);
  STREAM(h);
  return attribute_set(s, id, in);
}
Error cuStreamCopyAttributes(CUstream to, CUstream from) {
  STREAM_CONTEXT(to);
  StreamObject *a, *b;
  SHEER_TRY(find_stream(c, to, &a));
  SHEER_TRY(find_stream(c, from, &b));
  return attributes_copy(a, b);
}

Error cuEventCreate(CUevent* out, unsigned flags) {
  DRIVER_CONTEXT;
  return event_make(c, flags, out);
}
Error cuEventDestroy_v2(CUevent event) {
  SHEER_TRY(driver_ready());
  EVENT(event);
  return event_drop(e);
}
Error cuEventRecord(CUevent event, CUstream h) {
  STREAM_CONTEXT(h);
  EVENT(event);
  return record(c, e, h, 0);
}
Error cuEventRecordWithFlags(CUevent event, CUstream h, unsigned flags) {
  STREAM_CONTEXT(h);
  EVENT(event);
  return record(c, e, h, flags);
}
Error cuEventQuery(CUevent event) {
  SHEER_TRY(driver_ready());
  EVENT(event);
  return event_ask(e);
}
Error cuEventSynchronize(CUevent event) {
  SHEER_TRY(driver_ready());
  EVENT(event);
  return event_wait(e);
}
Error cuEventElapsedTime(float* ms, CUevent from, CUevent to) {
  SHEER_TRY(driver_ready());
  return event_time(ms, from, to);
}
Error cuEventElapsedTime_v2(float* ms, CUevent from, CUevent to) {
  SHEER_TRY(driver_ready());
  return event_time(ms, from, to);
}
}  // namespace sheer::impl
