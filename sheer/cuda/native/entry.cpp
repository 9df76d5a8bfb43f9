// Results as the two APIs give them, the thread's last error, default answers, and the call tracer.
#include "entry.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sheer::api {
const char* runtime_error_name(int code);
const char* driver_error_name(int code);
const char* error_text(int code);

const char* error_name(int code) {
  const char* name = runtime_error_name(code);
  return name ? name : "unrecognized error code";
}
const char* runtime_name(cudaError_t error) { return error_name(int(error)); }
const char* driver_name(CUresult error) {
  const char* name = driver_error_name(int(error));
  return name ? name : "unrecognized error code";
}
const char* error_string(int code) {
  const char* text = runtime_error_name(code) ? error_text(code) : nullptr;
  return text ? text : "unrecognized error code";
}

static bool is_sticky(Error e) {
  int code = int(e);
  return code == 214 || code == 226 || code == 700 || code == 702 || code == 710 ||
         (code >= 714 && code <= 719);
}

// Errors that the number alone doesn't explain: the compiler's words, what an image is, what to do instead.
static void explain(Error e) {
  switch (int(e)) {
    case cudaErrorInvalidKernelImage:
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidPtx:
    case cudaErrorJitCompilerNotFound:
    case cudaErrorUnsupportedPtxVersion:
    case cudaErrorInvalidSource:
    case cudaErrorSharedObjectInitFailed: break;
    default: return;
  }
  const char* words = last_message();
  if (!*words) return;
  fprintf(stderr, "sheer: %s\n", words);
  set_message("%s", "");
}

cudaError_t runtime_result(Error e) {
  if (SHEER_LIKELY(e == Error::Ok)) return cudaSuccess;
  if (e == Error::NotReady) return cudaErrorNotReady;  // no error: not remembered
  if (e == Error::InvalidDevice && !device_count()) e = Error::NoDevice;  // what any call answers then
  explain(e);
  Thread& t = thread();
  t.last = e;
  t.sticky = is_sticky(e);
  if (t.sticky) t.sticky_device = t.contexts.count ? t.contexts.back()->ordinal : t.device;
  return cudaError_t(e);
}

CUresult driver_result(Error e) {
  if (SHEER_LIKELY(e == Error::Ok)) return CUDA_SUCCESS;
  explain(e);
  switch (int(e)) {  // numbers that only the runtime has
    case cudaErrorInvalidConfiguration:
    case cudaErrorInvalidPitchValue:
    case cudaErrorInvalidMemcpyDirection:
    case cudaErrorInvalidSymbol:
    case cudaErrorInvalidChannelDescriptor: return CUDA_ERROR_INVALID_VALUE;
    case cudaErrorInvalidDeviceFunction: return CUDA_ERROR_INVALID_HANDLE;
    default: return CUresult(e);
  }
}

void say_once(const char* function, const char* why) {
  static Mutex lock;
  static Vec<const char*> said;
  Hold hold(lock);
  for (const char* name : said)
    if (!strcmp(name, function)) return;
  said.push(function);
  fprintf(stderr, "sheer: %s is not supported: %s\n", function, why);
}

Error unsupported(const char* function, const char* why) {
  say_once(function, why);
  return Error::NotSupported;
}

// ---- 
// tracer
int trace_state = -1;

bool tracing_slow() {
  if (trace_state < 0) {
    const char* knob = getenv("SHEER_TRACE");
    trace_state = knob && *knob && strcmp(knob, "0") ? 1 : 0;
  }
  return trace_state > 0;
}

Trace::Trace(const char* function) { line_.format("sheer: [%ld] %s(", syscall(SYS_gettid), function); }
Trace::~Trace() {
  line_ += "\n";
  fputs(line_.c(), stderr);
}
void Trace::comma(const char* name) {
  line_.format("%s%s=", first_ ? "" : ", ", name);
  first_ = false;
}
void Trace::in(const char* name, const char* text) {
  comma(name);
  if (!text) line_ += "null";
  else line_.format("\"%.60s\"%s", text, strnlen(text, 61) > 60 ? "..." : "");
}
void Trace::in(const char* name, const void* pointer) {
  comma(name);
  if (pointer) line_.format("%p", pointer);
  else line_ += "0";
}
void Trace::in(const char* name, float value) { in(name, double(value)); }
void Trace::in(const char* name, double value) {
  comma(name);
  line_.format("%g", value);
}
void Trace::in(const char* name, dim3 v) {
  comma(name);
  line_.format("(%u,%u,%u)", v.x, v.y, v.z);
}
void Trace::integer(const char* name, int64_t value) {
  comma(name);
  if (value > 0xffffffffff) line_.format("%#llx", (unsigned long long)value);
  else line_.format("%lld", (long long)value);
}
void Trace::structure(const char* name) {
  comma(name);
  line_ += "{...}";
}
void Trace::call() { start_ = host_ns(); }
void Trace::result(const char* name, bool ok) {
  ok_ = ok;
  line_.format(") = %s", name);
  uint64_t spent = host_ns() - start_;
  if (spent > 100000) line_.format(" [%.1f ms]", double(spent) * 1e-6);
}
void Trace::output(const char* name, const void* value) { line_.format(" *%s=%p", name, value); }
void Trace::output(const char* name, int64_t value) {
  if (value > 0xffffffffff) line_.format(" *%s=%#llx", name, (unsigned long long)value);
  else line_.format(" *%s=%lld", name, (long long)value);
}
void Trace::output(const char* name, double value) { line_.format(" *%s=%g", name, value); }
}  // namespace sheer::api

namespace sheer::impl {
const char* cudaGetErrorName(cudaError_t error) { return error_name(int(error)); }
const char* cudaGetErrorString(cudaError_t error) { return error_string(int(error)); }

static Error last_error(bool clear) {
  Thread& t = thread();
  Error e = t.last;
  if (!clear || e == Error::Ok) return e;
  // A sticky error stays until the device is reset.
  if (t.sticky) {
    Device* d = device(t.sticky_device);
    if (d && device_error(d) != Error::Ok) return e;
  }
  t.last = Error::Ok;
  t.sticky = false;
  return e;
}
Error cudaGetLastError() { return last_error(true); }
Error cudaPeekAtLastError() { return last_error(false); }

Error cuGetErrorName(CUresult error, const char** out) {
  if (!out) return Error::InvalidValue;
  *out = driver_error_name(int(error));
  return *out ? Error::Ok : Error::InvalidValue;
}
Error cuGetErrorString(CUresult error, const char** out) {
  if (!out) return Error::InvalidValue;
  *out = driver_error_name(int(error)) ? error_text(int(error)) : nullptr;
  return *out ? Error::Ok : Error::InvalidValue;
}
}  // namespace sheer::impl
