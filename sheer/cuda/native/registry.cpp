// What compiled programs register before main: images, kernels by their host stubs, variables by their host
// shadows. Nothing is loaded until something of an image is used. Images of separate compilation in one
// executable or shared object are linked.
#include <dlfcn.h>

#include "api.h"
#include "entry.h"

namespace sheer::api {
struct Entry {  // an image, or all relocatable images of one executable or shared object
  Mutex lock;
  Vec<const void*> images;
  const void* owner = nullptr;  // linked: where the executable or shared object begins
  ModuleObject* module = nullptr;
  Error error = Error::Ok;
  bool tried = false;
};
struct HostKernel {
  Entry* entry;
  const char* name;
  Kernel* kernel;
};
struct HostVariable {
  Entry* entry;
  const char* name;
  size_t bytes;
  void** managed;
};

static Mutex registry_lock;
static Map<const void*, HostKernel> kernels;
static Map<const void*, HostVariable> variables;
static Vec<Entry*> linked;
struct Section {
  const char *begin, *end;
};
static Vec<Section> managed_sections;  // where programs keep managed variables on the host

static bool in_managed_section(const void* host) {  // lock held
  for (const Section& s : managed_sections)
    if (host >= s.begin && host < s.end) return true;
  return false;
}
// Host and device share one address space: managed variables live where the host has them.
static void bind_managed(Entry* e) {
  Hold hold(registry_lock);
  for (auto& slot : variables.slots)
    if (slot.used && slot.value.entry == e && in_managed_section(slot.key))
      module_bind(e->module->module, slot.value.name, const_cast<void*>(slot.key));
}

static Error load_now(Entry* e) {
  Vec<Image> images;
  for (const void* data : e->images) {
    Image image;
    SHEER_TRY(image_of(data, &image));
    images.push(image);
  }
  if (!images.count) return Error::InvalidImage;
  SHEER_TRY(module_make(nullptr, images.data, images.count, &e->module));
  bind_managed(e);
  return Error::Ok;
}
static Error entry_load(Entry* e) {
  Hold hold(e->lock);
  if (!e->tried) {
    e->tried = true;
    e->error = load_now(e);
  } else if (e->error != Error::Ok) {
    set_message("%s", "");  // said at the first use
  }
  return e->error;
}

Error find_kernel(const void* host, Kernel** out) {
  if (!host) return InvalidKernel;
  HostKernel found;
  {
    Hold hold(registry_lock);
    HostKernel* k = kernels.find(host);
    if (!k) {
      Kernel* handle = const_cast<Kernel*>(static_cast<const Kernel*>(host));
      if (!live(handle)) return InvalidKernel;
      *out = handle;
      return Error::Ok;
    }
    if (SHEER_LIKELY(k->kernel != nullptr)) {
      *out = k->kernel;
      return Error::Ok;
    }
    found = *k;
  }
  SHEER_TRY(entry_load(found.entry));
  Kernel* kernel;
  Error e = module_kernel(found.entry->module, found.name, &kernel);
  if (e != Error::Ok) return e == Error::NotFound ? InvalidKernel : e;
  Hold hold(registry_lock);
  if (HostKernel* k = kernels.find(host)) k->kernel = kernel;
  *out = kernel;
  return Error::Ok;
}

Error find_symbol(Context* c, const void* host, void** address, size_t* bytes) {
  HostVariable v;
  {
    Hold hold(registry_lock);
    HostVariable* found = host ? variables.find(host) : nullptr;
    if (!found) return InvalidSymbol;
    v = *found;
  }
  SHEER_TRY(entry_load(v.entry));
  uint64_t size = 0;
  Error e = module_symbol(v.entry->module->module, c->device, v.name, address, &size);
  if (e == Error::NotFound) return InvalidSymbol;
  if (bytes) *bytes = v.bytes ? v.bytes : size;
  return e;
}

// Managed variables hold their initial values before main, so an image that has some is loaded at once. In
// the form that NVIDIA's compiler emits, the host reaches them through a pointer, which is set here.
static void place_managed(Entry* entry) {
  Vec<HostVariable> list;
  {
    Hold hold(registry_lock);
    for (auto& slot : variables.slots) {
      HostVariable& v = slot.value;
      if (!slot.used || v.entry != entry) continue;
      if ((v.managed && !*v.managed) || in_managed_section(slot.key)) list.push(v);
    }
  }
  Context* c = list.count ? primary(thread().device) : nullptr;
  if (!c) return;
  if (Error e = entry_load(entry); e != Error::Ok) {
    fprintf(stderr, "sheer: managed variables: %s\n", last_message());
    return;
  }
  for (HostVariable& v : list) {
    void* address = nullptr;
    module_symbol(entry->module->module, c->device, v.name, &address, nullptr);
    if (v.managed) *v.managed = address;
  }
}
}  // namespace sheer::api

using namespace sheer;
using namespace sheer::api;

SHEER_API void** __cudaRegisterFatBinary(void* wrapper) {
  Entry* e = make<Entry>();
  e->images.push(wrapper);
  return reinterpret_cast<void**>(e);
}
SHEER_API void __cudaRegisterFatBinaryEnd(void** handle) { place_managed(reinterpret_cast<Entry*>(handle)); }
SHEER_API void __cudaUnregisterFatBinary(void** handle) {
  // The image may be about to leave with its shared object, so its stubs must not be found any more.
  Entry* e = reinterpret_cast<Entry*>(handle);
  if (!e || e->owner) return;
  Hold hold(registry_lock);
  Vec<const void*> gone;
  for (auto& slot : kernels.slots)
    if (slot.used && slot.value.entry == e) gone.push(slot.key);
  for (const void* host : gone) kernels.remove(host);
  gone.clear();
  for (auto& slot : variables.slots)
    if (slot.used && slot.value.entry == e) gone.push(slot.key);
  for (const void* host : gone) variables.remove(host);
}
SHEER_API void __cudaRegisterFunction(void** handle, const char* host, char*, const char* name, int, uint3*,
                                      uint3*, dim3*, dim3*, int*) {
  Hold hold(registry_lock);
  kernels[static_cast<const void*>(host)] = {reinterpret_cast<Entry*>(handle), name, nullptr};
}
SHEER_API void __cudaRegisterVar(void** handle, char* host, char*, const char* name, int, size_t bytes, int,
                                 int) {
  Hold hold(registry_lock);
  variables[static_cast<const void*>(host)] = {reinterpret_cast<Entry*>(handle), name, bytes, nullptr};
}
SHEER_API void __cudaRegisterManagedVar(void** handle, void** host, char*, const char* name, int,
                                        size_t bytes, int, int) {
  Hold hold(registry_lock);
  variables[static_cast<const void*>(host)] = {reinterpret_cast<Entry*>(handle), name, bytes, host};
}
SHEER_API void __sheerManagedSection(void* begin, void* end) {
  Hold hold(registry_lock);
  for (const Section& s : managed_sections)
    if (s.begin == begin) return;
  managed_sections.push({static_cast<char*>(begin), static_cast<char*>(end)});
}
SHEER_API char __cudaInitModule(void** handle) {
  place_managed(reinterpret_cast<Entry*>(handle));
  return 1;
}
SHEER_API void __cudaRegisterHostVar(void**, const char*, char*, size_t) {}
// The final link of separate compilation calls this once per object file; all those of one executable form
// one module.
SHEER_API void __sheerRegisterLinked(void (*register_globals)(void**), const void* wrapper, const char*) {
  Dl_info info = {};
  dladdr(wrapper, &info);
  Entry* e = nullptr;
  {
    Hold hold(registry_lock);
    for (Entry* candidate : linked)
      if (candidate->owner == info.dli_fbase && !candidate->tried) e = candidate;
    if (!e) {
      e = make<Entry>();
      e->owner = info.dli_fbase ? info.dli_fbase : wrapper;
      linked.push(e);
    }
    e->images.push(wrapper);
  }
  if (register_globals) register_globals(reinterpret_cast<void**>(e));
}

SHEER_API unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, CUstream_st* stream) {
  thread().configurations.push({grid, block, shared, stream});
  return 0;
}
SHEER_API unsigned __cudaPushCallConfiguration_ptsz(dim3 grid, dim3 block, size_t shared,
                                                    CUstream_st* stream) {
  return __cudaPushCallConfiguration(grid, block, shared, stream ? stream : cudaStreamPerThread);
}
SHEER_API cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
  Thread& t = thread();
  if (!t.configurations.count) return runtime_result(Error(cudaErrorMissingConfiguration));
  LaunchConfiguration& top = t.configurations.back();
  *grid = top.grid;
  *block = top.block;
  *shared = top.shared;
  *static_cast<cudaStream_t*>(stream) = top.stream;
  t.configurations.pop();
  return cudaSuccess;
}
// The forms that nvcc 13 and later emit.
SHEER_API cudaError_t __cudaGetKernel(cudaKernel_t* out, const void* host) {
  return runtime_result(find_kernel(host, reinterpret_cast<Kernel**>(out)));
}
SHEER_API cudaError_t __cudaLaunchKernel(cudaKernel_t k, dim3 grid, dim3 block, void** args, size_t shared,
                                         cudaStream_t stream) {
  return ::cudaLaunchKernel(reinterpret_cast<const void*>(k), grid, block, args, shared, stream);
}
SHEER_API cudaError_t __cudaLaunchKernel_ptsz(cudaKernel_t k, dim3 grid, dim3 block, void** args,
                                              size_t shared, cudaStream_t stream) {
  PerThreadScope scope;
  return ::cudaLaunchKernel(reinterpret_cast<const void*>(k), grid, block, args, shared, stream);
}

namespace sheer::impl {
Error cudaGetSymbolAddress(void** out, const void* host) {
  if (!out) return Error::InvalidValue;
  Context* c;
  SHEER_TRY(runtime_context(&c));
  return find_symbol(c, host, out, nullptr);
}
Error cudaGetSymbolSize(size_t* out, const void* host) {
  if (!out) return Error::InvalidValue;
  Context* c;
  SHEER_TRY(runtime_context(&c));
  void* address;
  return find_symbol(c, host, &address, out);
}
}  // namespace sheer::impl
