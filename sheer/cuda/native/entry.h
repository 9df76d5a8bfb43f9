// What the generated entry points need: export, conversion of results, the call tracer (SHEER_TRACE=1).
#pragma once
#include "api.h"

#define SHEER_API extern "C" __attribute__((visibility("default")))

namespace sheer::api {
cudaError_t runtime_result(Error);  // remembers it as the thread's last error
CUresult driver_result(Error);      // in the driver's numbers
extern int trace_state;             // -1: not looked yet
bool tracing_slow();
inline bool tracing() { return SHEER_UNLIKELY(trace_state != 0) && tracing_slow(); }
const char* runtime_name(cudaError_t);
const char* driver_name(CUresult);
const char* nvrtc_name(nvrtcResult);
const char* nvml_name(nvmlReturn_t);
const char* ptx_compiler_name(nvPTXCompileResult);
const char* jit_link_name(nvJitLinkResult);
const char* fatbin_name(nvFatbinResult);

// One traced call: arguments are gathered, then the line is written when the result is known.
class Trace {
 public:
  explicit Trace(const char* function);
  ~Trace();
  void in(const char* name, const char* text);
  void in(const char* name, char* buffer) { in(name, static_cast<const void*>(buffer)); }
  void in(const char* name, const void* pointer);
  void in(const char* name, float value);
  void in(const char* name, double value);
  void in(const char* name, dim3 value);
  template <class T>
  void in(const char* name, T* pointer) {
    in(name, reinterpret_cast<const void*>(pointer));
  }
  template <class T>
  void in(const char* name, const T& value) {
    if constexpr (__is_enum(T)) integer(name, int64_t(value));
    else if constexpr (__is_integral(T)) integer(name, int64_t(value));
    else structure(name);
  }
  void call();
  void result(const char* name, bool ok);
  template <class T>
  void out(const char* name, T* pointer) {
    if (!ok_ || !pointer) return;
    const T& value = *pointer;
    if constexpr (__is_pointer(T)) output(name, reinterpret_cast<const void*>(value));
    else if constexpr (__is_enum(T) || __is_integral(T)) output(name, int64_t(value));
    else if constexpr (__is_floating_point(T)) output(name, double(value));
  }

 private:
  String line_;
  bool ok_ = false, first_ = true;
  uint64_t start_ = 0;
  void comma(const char* name);
  void integer(const char* name, int64_t value);
  void structure(const char* name);
  void output(const char* name, const void* value);
  void output(const char* name, int64_t value);
  void output(const char* name, double value);
};
}  // namespace sheer::api
