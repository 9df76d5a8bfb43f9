// Contexts and the calling thread's state: which device a runtime call means, which context a driver call
// means.
#include <pthread.h>

#include "api.h"

namespace sheer::api {

// ---- 
// the thread
static SHEER_TLS Thread* this_thread;
static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;

static void thread_ends(void* state) {
  this_thread = nullptr;
  drop(static_cast<Thread*>(state));
}
static void make_thread_key() { pthread_key_create(&thread_key, thread_ends); }

Thread& thread() {
  if (SHEER_UNLIKELY(!this_thread)) {
    pthread_once(&thread_once, make_thread_key);
    this_thread = make<Thread>();
    pthread_setspecific(thread_key, this_thread);
  }
  return *this_thread;
}

// ---- 
// contexts
static Mutex contexts_lock;
static Slab<Context> slab;
static Vec<Context*> contexts;  // all live ones
static Context* primaries[MAX_DEVICES];
static uint64_t next_id = 1;
static bool driver_started;

bool initialized() { return load(driver_started); }
void initialize() { store(driver_started, true); }

static Context* context_make(int ordinal, bool is_primary) {  // lock held
  Device* d = device(ordinal);
  if (!d) return nullptr;
  Context* c = slab.take();
  c->ordinal = ordinal;
  c->device = d;
  c->primary = is_primary;
  c->id = next_id++;
  c->version = is_primary ? 3010 : 3020;
  c->limits[cudaLimitDevRuntimeSyncDepth] = 2;
  c->limits[cudaLimitDevRuntimePendingLaunchCount] = 2048;
  c->limits[cudaLimitMaxL2FetchGranularity] = 64;
  contexts.push(c);
  return c;
}

Context* primary(int ordinal) {
  if (ordinal < 0 || ordinal >= MAX_DEVICES) return nullptr;
  if (Context* c = load(primaries[ordinal])) return c;
  Hold hold(contexts_lock);
  if (!primaries[ordinal]) store(primaries[ordinal], context_make(ordinal, true));
  return primaries[ordinal];
}

bool live(const Context* c) { return c && c->tag == Tag::Context; }

bool strict_limits() {
  static int state = -1;
  if (state < 0) {
    const char* knob = getenv("SHEER_STRICT_LIMITS");
    state = knob && *knob && strcmp(knob, "0") && strcasecmp(knob, "no") && strcasecmp(knob, "off") &&
            strcasecmp(knob, "false");
  }
  return state;
}

uint64_t chip_number(Device* d, const char* name, uint64_t otherwise) {
  const char* text = device_property(d, name);
  return text && *text ? uint64_t(strtod(text, nullptr)) : otherwise;
}

Error runtime_context_quiet(Context** out) {
  Thread& t = thread();
  if (SHEER_LIKELY(t.contexts.count && t.contexts.back())) {
    *out = t.contexts.back();
    return live(*out) ? Error::Ok : Error(cudaErrorContextIsDestroyed);
  }
  initialize();
  if (device_count() == 0) return Error::NoDevice;
  Context* c = primary(t.device);
  if (!c) return Error::InvalidDevice;
  {
    Hold hold(contexts_lock);
    if (!c->retained) c->retained = 1;  // the runtime's own
  }
  if (t.contexts.count) t.contexts.back() = c;
  else t.contexts.push(c);
  *out = c;
  return Error::Ok;
}

Error runtime_context(Context** out) {
  SHEER_TRY(runtime_context_quiet(out));
  return device_error((*out)->device);
}

Error driver_ready() { return initialized() ? Error::Ok : Error::NotInitialized; }

Error driver_context(Context** out, Context* otherwise) {
  SHEER_TRY(driver_ready());
  Thread& t = thread();
  *out = t.contexts.count && t.contexts.back() ? t.contexts.back() : otherwise;
  if (!*out) return Error::InvalidContext;
  if (!live(*out)) return Error(CUDA_ERROR_CONTEXT_IS_DESTROYED);
  return device_error((*out)->device);
}

static void context_forget(Context* c) {  // its memory and its place in every list
  release_all_of(c);
  Hold hold(contexts_lock);
  contexts.remove_value(c);
  slab.give(c);
}
}  // namespace sheer::api

namespace sheer::impl {
// ---- 
// runtime devices
Error cudaGetDeviceCount(int* count) {
  if (!count) return Error::InvalidValue;
  initialize();  // the driver, which programs may go on with
  *count = device_count();
  return *count ? Error::Ok : Error::NoDevice;
}

static Error choose(int ordinal) {
  if (device_count() == 0) return Error::NoDevice;
  Context* c = primary(ordinal);
  if (!c) return Error::InvalidDevice;
  Thread& t = thread();
  t.device = ordinal;
  t.device_chosen = true;
  initialize();
  if (!c->retained) c->retained = 1;
  if (t.contexts.count) t.contexts.back() = c;
  else t.contexts.push(c);
  return Error::Ok;
}
Error cudaSetDevice(int ordinal) {
  SHEER_TRY(choose(ordinal));
  return device_error(device(ordinal));
}
Error cudaInitDevice(int ordinal, unsigned int device_flags, unsigned int flags) {
  if (flags & ~unsigned(cudaInitDeviceFlagsAreValid)) return Error::InvalidValue;
  Context* c = primary(ordinal);
  if (!c) return Error::InvalidDevice;
  if (flags & cudaInitDeviceFlagsAreValid) c->flags = device_flags;
  if (!c->retained) c->retained = 1;
  return Error::Ok;
}
Error cudaGetDevice(int* ordinal) {
  if (!ordinal) return Error::InvalidValue;
  Thread& t = thread();
  if (device_count() == 0) return Error::NoDevice;
  *ordinal = t.contexts.count && live(t.contexts.back()) ? t.contexts.back()->ordinal : t.device;
  return Error::Ok;
}
Error cudaSetValidDevices(int* list, int count) {
  if (count < 0 || (count && !list)) return Error::InvalidValue;
  for (int i = 0; i < count; i++)
    if (!device(list[i])) return Error::InvalidDevice;
  if (!thread().device_chosen) thread().device = count ? list[0] : 0;
  return Error::Ok;
}
static bool flags_ok(unsigned flags) {
  if (flags & ~unsigned(cudaDeviceMask)) return false;
  unsigned schedule = flags & cudaDeviceScheduleMask;
  return schedule == 0 || schedule == 1 || schedule == 2 || schedule == 4;
}
Error cudaSetDeviceFlags(unsigned int flags) {
  if (!flags_ok(flags)) return Error::InvalidValue;
  int ordinal;
  SHEER_TRY(impl::cudaGetDevice(&ordinal));
  primary(ordinal)->flags = flags;
  return Error::Ok;
}
Error cudaGetDeviceFlags(unsigned int* flags) {
  if (!flags) return Error::InvalidValue;
  int ordinal;
  SHEER_TRY(impl::cudaGetDevice(&ordinal));
  *flags = primary(ordinal)->flags | cudaDeviceMapHost;
  return Error::Ok;
}

Error cudaDeviceSynchronize() {
  Context* c;
  SHEER_TRY(runtime_context_quiet(&c));
  SHEER_TRY(check_capture_sync(c, nullptr));
  profile_sync("device", 0, c->device);
  return device_synchronize(c->device);
}
Error cudaDeviceReset() {
  Context* c;
  SHEER_TRY(runtime_context_quiet(&c));
  SHEER_TRY(check_unsafe_call());
  int ordinal = c->ordinal;
  forget_device(ordinal);
  Error e = device_reset(device(ordinal));
  Context* first = primary(ordinal);
  first->retained = 0;
  first->flags = 0;
  first->peers = 0;
  Thread& t = thread();
  if (t.contexts.count) t.contexts.pop();
  t.device = ordinal;
  t.last = Error::Ok;
  t.sticky = false;
  return e;
}
Error cudaThreadSynchronize() { return impl::cudaDeviceSynchronize(); }
Error cudaThreadExit() { return impl::cudaDeviceReset(); }
Error cudaCtxResetPersistingL2Cache() {
  Context* c;
  return runtime_context(&c);
}

Error cudaDriverGetVersion(int* version) {
  if (!version) return Error::InvalidValue;
  *version = API_VERSION;
  return Error::Ok;
}
Error cudaRuntimeGetVersion(int* version) { return impl::cudaDriverGetVersion(version); }
Error cudaProfilerStart() { return Error::Ok; }
Error cudaProfilerStop() { return Error::Ok; }

// ---- driver
// contexts
Error cuInit(unsigned int flags) {
  if (flags) return Error::InvalidValue;
  if (device_count() == 0) return Error::NoDevice;
  initialize();
  return Error::Ok;
}
Error cuDriverGetVersion(int* version) { return impl::cudaDriverGetVersion(version); }
Error cuProfilerStart() { return driver_ready(); }
Error cuProfilerStop() { return driver_ready(); }

static Error context_create(CUcontext* out, unsigned flags, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  if (!out || (flags & ~unsigned(CU_CTX_FLAGS_MASK))) return Error::InvalidValue;
  if (!device(ordinal)) return Error::InvalidDevice;
  Context* c;
  {
    Hold hold(contexts_lock);
    c = context_make(ordinal, false);
  }
  c->flags = flags;
  thread().contexts.push(c);
  *out = c;
  return Error::Ok;
}
Error cuCtxCreate_v2(CUcontext* out, unsigned int flags, CUdevice dev) {
  return context_create(out, flags, dev);
}
Error cuCtxCreate_v3(CUcontext* out, CUexecAffinityParam*, int affinities, unsigned int flags, CUdevice dev) {
  if (affinities) return Error(CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY);
  return context_create(out, flags, dev);
}
Error cuCtxCreate_v4(CUcontext* out, CUctxCreateParams* p, unsigned int flags, CUdevice dev) {
  if (p && p->numExecAffinityParams) return Error(CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY);
  if (p && p->cigParams) return Error::NotSupported;
  return context_create(out, flags, dev);
}
Error cuCtxDestroy_v2(CUcontext c) {
  SHEER_TRY(driver_ready());
  if (!live(c) || c->primary) return Error::InvalidContext;
  Error e = device_synchronize(c->device);
  Thread& t = thread();
  if (t.contexts.count && t.contexts.back() == c) t.contexts.pop();
  context_forget(c);
  return e;
}
Error cuCtxAttach(CUcontext* out, unsigned int flags) {
  if (!out || flags) return Error::InvalidValue;
  return driver_context(out);
}
Error cuCtxDetach(CUcontext c) {
  SHEER_TRY(driver_ready());
  return live(c) ? Error::Ok : Error::InvalidContext;
}
Error cuCtxPushCurrent_v2(CUcontext c) {
  SHEER_TRY(driver_ready());
  if (!live(c)) return Error::InvalidContext;
  thread().contexts.push(c);
  return Error::Ok;
}
Error cuCtxPopCurrent_v2(CUcontext* out) {
  SHEER_TRY(driver_ready());
  Thread& t = thread();
  if (!t.contexts.count || !t.contexts.back()) return Error::InvalidContext;
  if (out) *out = t.contexts.back();
  t.contexts.pop();
  return Error::Ok;
}
Error cuCtxSetCurrent(CUcontext c) {
  SHEER_TRY(driver_ready());
  Thread& t = thread();
  if (!c) {
    if (t.contexts.count) t.contexts.pop();
    return Error::Ok;
  }
  if (!live(c)) return Error::InvalidContext;
  if (t.contexts.count) t.contexts.back() = c;
  else t.contexts.push(c);
  return Error::Ok;
}
Error cuCtxGetCurrent(CUcontext* out) {
  SHEER_TRY(driver_ready());
  if (!out) return Error::InvalidValue;
  Thread& t = thread();
  *out = t.contexts.count ? t.contexts.back() : nullptr;
  return Error::Ok;
}
Error cuCtxGetDevice(CUdevice* out) {
  if (!out) return Error::InvalidValue;
  Context* c;
  SHEER_TRY(driver_context(&c));
  *out = c->ordinal;
  return Error::Ok;
}
Error cuCtxGetDevice_v2(CUdevice* out, CUcontext c) {
  if (!c) return impl::cuCtxGetDevice(out);
  if (!out) return Error::InvalidValue;
  if (!live(c)) return Error::InvalidContext;
  *out = c->ordinal;
  return Error::Ok;
}
Error cuCtxGetFlags(unsigned int* flags) {
  if (!flags) return Error::InvalidValue;
  Context* c;
  SHEER_TRY(driver_context(&c));
  *flags = c->flags;
  return Error::Ok;
}
Error cuCtxSetFlags(unsigned int flags) {
  if (flags & ~unsigned(CU_CTX_FLAGS_MASK)) return Error::InvalidValue;
  Context* c;
  SHEER_TRY(driver_context(&c));
  c->flags = flags;
  return Error::Ok;
}
Error cuCtxGetId(CUcontext c, unsigned long long* id) {
  if (!id) return Error::InvalidValue;
  if (!c) SHEER_TRY(driver_context(&c));
  if (!live(c)) return Error(CUDA_ERROR_CONTEXT_IS_DESTROYED);
  *id = c->id;
  return Error::Ok;
}
static Error context_synchronize(Context* c) {
  SHEER_TRY(check_capture_sync(c, nullptr));
  profile_sync("device", 0, c->device);
  return device_synchronize(c->device);
}
Error cuCtxSynchronize() {
  Context* c;
  SHEER_TRY(driver_context(&c));
  return context_synchronize(c);
}
Error cuCtxSynchronize_v2(CUcontext c) {
  if (!c) return impl::cuCtxSynchronize();
  return live(c) ? context_synchronize(c) : Error::InvalidContext;
}
Error cuCtxGetApiVersion(CUcontext c, unsigned int* version) {
  if (!version) return Error::InvalidValue;
  if (!c) SHEER_TRY(driver_context(&c));
  if (!live(c)) return Error::InvalidContext;
  *version = c->version;
  return Error::Ok;
}
Error cuCtxResetPersistingL2Cache() {
  Context* c;
  return driver_context(&c);
}
Error cuCtxRecordEvent(CUcontext c, CUevent event) {
  if (!c) SHEER_TRY(driver_context(&c));
  if (!live(c)) return Error::InvalidContext;
  EventObject* e;
  SHEER_TRY(find_event(event, &e));
  return record(c, e, cudaStreamLegacy, 0);
}
Error cuCtxWaitEvent(CUcontext c, CUevent event) {
  if (!c) SHEER_TRY(driver_context(&c));
  if (!live(c)) return Error::InvalidContext;
  EventObject* e;
  SHEER_TRY(find_event(event, &e));
  return wait(c, cudaStreamLegacy, e, 0);
}

// ---- 
// primary contexts
Error cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  if (!out) return Error::InvalidValue;
  Context* c = primary(ordinal);
  if (!c) return Error::InvalidDevice;
  Hold hold(contexts_lock);
  c->retained++;
  *out = c;
  return Error::Ok;
}
Error cuDevicePrimaryCtxRelease_v2(CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  Context* c = primary(ordinal);
  if (!c) return Error::InvalidDevice;
  {
    Hold hold(contexts_lock);
    if (!c->retained) return Error::InvalidContext;
    if (--c->retained) return Error::Ok;
  }
  device_synchronize(c->device);
  release_all_of(c);
  return Error::Ok;
}
Error cuDevicePrimaryCtxSetFlags_v2(CUdevice ordinal, unsigned int flags) {
  SHEER_TRY(driver_ready());
  if (flags & ~unsigned(CU_CTX_FLAGS_MASK)) return Error::InvalidValue;
  Context* c = primary(ordinal);
  if (!c) return Error::InvalidDevice;
  c->flags = flags;
  return Error::Ok;
}
Error cuDevicePrimaryCtxGetState(CUdevice ordinal, unsigned int* flags, int* active) {
  SHEER_TRY(driver_ready());
  if (!flags || !active) return Error::InvalidValue;
  Context* c = primary(ordinal);
  if (!c) return Error::InvalidDevice;
  *flags = c->flags;
  *active = c->retained > 0;
  return Error::Ok;
}
Error cuDevicePrimaryCtxReset_v2(CUdevice ordinal) {
  SHEER_TRY(driver_ready());
  Context* c = primary(ordinal);
  if (!c) return Error::InvalidDevice;
  forget_device(ordinal);
  return device_reset(c->device);
}
}  // namespace sheer::impl
