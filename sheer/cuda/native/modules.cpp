// Modules, libraries, linking and kernels of the driver API, and what a pointer given as an image is.
#include <errno.h>

#include "api.h"

namespace sheer::api {
static Slab<ModuleObject> module_slab;
static Slab<Kernel> kernel_slab;

bool live(const Kernel* k) {
  return uint64_t(k) > 4096 && uint64_t(k) % alignof(Kernel) == 0 && k->tag == Tag::Kernel;
}
static Error check(CUmodule m) {
  bool ok = uint64_t(m) > 4096 && uint64_t(m) % alignof(ModuleObject) == 0 &&
            (m->tag == Tag::Module || m->tag == Tag::Library);
  return ok ? Error::Ok : Error::InvalidHandle;
}

struct Wrapper {
  uint32_t magic, version;
  const void* data;
  void* unused;
};
constexpr uint32_t WRAPPER_MAGIC = 0x466243b1, VENDOR_FATBIN = 0xba55ed50, VENDOR_LTO = 0x1ee55a01,
                   ELF_MAGIC = 0x464c457f;

Error image_of(const void* data, Image* out) {
  if (!data) return Error::InvalidValue;
  uint32_t magic;
  memcpy(&magic, data, 4);
  if (magic == WRAPPER_MAGIC) {
    data = static_cast<const Wrapper*>(data)->data;
    if (!data) return Error::InvalidImage;
    memcpy(&magic, data, 4);
  }
  const char* text = static_cast<const char*>(data);
  *out = {data, 0};
  if (!strncmp(text, "SHEERFB1", 8)) return Error::Ok;
  if (magic == VENDOR_FATBIN) {
    set_message(
        "this program holds code that NVIDIA's nvcc compiled for its own GPUs; build it again with `sheer "
        "nvcc`");
    return Error::NoBinaryForGpu;
  }
  if (magic == ELF_MAGIC || magic == VENDOR_LTO) {
    set_message(
        "this image is machine code for an NVIDIA GPU (a cubin); hand over PTX instead "
        "(CuPy: CUPY_COMPILE_WITH_PTX=1; NVRTC: -arch=compute_80; nvcc: build with `sheer nvcc`)");
    return Error::NoBinaryForGpu;
  }
  for (int i = 0; i < 4; i++)
    if (text[i] && (text[i] < 9 || (text[i] > 13 && text[i] < 32) || uint8_t(text[i]) > 126)) {
      set_message("this image is neither PTX nor an image of Sheer's compiler");
      return Error::InvalidImage;
    }
  return Error::Ok;
}

Error module_make(Context* c, const Image* images, uint32_t count, ModuleObject** out) {
  Module* module;
  SHEER_TRY(module_load(images, count, &module));
  ModuleObject* m = module_slab.take();
  m->tag = c ? Tag::Module : Tag::Library;
  m->context = c;
  m->module = module;
  *out = m;
  return Error::Ok;
}

static Kernel* kernel_object(ModuleObject* m, Function* f) {
  Hold hold(m->lock);
  for (Kernel* k : m->kernels)
    if (k->function == f) return k;
  Kernel* k = kernel_slab.take();
  k->function = f;
  k->module = m;
  m->kernels.push(k);
  return k;
}
Error module_kernel(ModuleObject* m, const char* name, Kernel** out) {
  Function* f;
  SHEER_TRY(module_function(m->module, name, &f));
  *out = kernel_object(m, f);
  return Error::Ok;
}
Error module_drop(ModuleObject* m) {
  for (int i = 0; i < device_count(); i++) device_synchronize(device(i));
  Error e = module_unload(m->module);
  for (Kernel* k : m->kernels) kernel_slab.give(k);
  module_slab.give(m);
  return e;
}
const char* kernel_name(const Kernel* k) { return function_info(k->function).name; }

// ---- 
// JIT options
struct Logs {
  char* error = nullptr;
  char* info = nullptr;
  void** error_bytes = nullptr;  // in: the buffer's size; out: what was written
  void** info_bytes = nullptr;
  size_t error_room = 0, info_room = 0;  // read once: a linker writes its logs several times
  void** wall = nullptr;
};
static Logs logs_of(unsigned count, const CUjit_option* options, void** values) {
  Logs l;
  for (unsigned i = 0; options && values && i < count; i++) {
    switch (int(options[i])) {
      case CU_JIT_ERROR_LOG_BUFFER: l.error = static_cast<char*>(values[i]); break;
      case CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES: l.error_bytes = &values[i]; break;
      case CU_JIT_INFO_LOG_BUFFER: l.info = static_cast<char*>(values[i]); break;
      case CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES: l.info_bytes = &values[i]; break;
      case CU_JIT_WALL_TIME: l.wall = &values[i]; break;
    }
  }
  if (l.error_bytes) l.error_room = size_t(*l.error_bytes);
  if (l.info_bytes) l.info_room = size_t(*l.info_bytes);
  return l;
}
static void write_log(char* buffer, void** bytes, size_t room, const char* text) {
  if (!bytes) return;
  size_t length = 0;
  if (buffer && room) {
    length = min(strlen(text), room - 1);
    memcpy(buffer, text, length);
    buffer[length] = 0;
  }
  *bytes = reinterpret_cast<void*>(length);
}
static Error finish(const Logs& l, Error e, uint64_t start) {
  write_log(l.info, l.info_bytes, l.info_room, "");
  const char* words = e == Error::Ok ? "" : last_message();
  write_log(l.error, l.error_bytes, l.error_room, words);
  if (l.wall) {
    float ms = float(double(host_ns() - start) * 1e-6);
    memcpy(l.wall, &ms, sizeof ms);
  }
  if (l.error && l.error_bytes && *words) set_message("%s", "");  // said already
  return e;
}
static Error load_data(Context* c, const void* data, unsigned count, const CUjit_option* options,
                       void** values, ModuleObject** out) {
  if (!out || !data) return Error::InvalidValue;
  Logs l = logs_of(count, options, values);
  uint64_t start = host_ns();
  Image image;
  Error e = image_of(data, &image);
  if (e == Error::Ok) e = module_make(c, &image, 1, out);
  return finish(l, e, start);
}

Error read_file(const char* path, String* out) {
  if (!path) return Error::InvalidValue;
  FILE* f = fopen(path, "rbe");
  if (!f) {
    set_message("%s: %s", path, strerror(errno));
    return Error::FileNotFound;
  }
  char piece[65536];
  for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;) out->append(piece, n);
  bool bad = ferror(f);
  fclose(f);
  return bad || out->empty() ? Error::InvalidImage : Error::Ok;
}
static Error global_of(ModuleObject* m, Device* d, const char* name, void** address, size_t* bytes) {
  if (!name || (!address && !bytes)) return Error::InvalidValue;
  void* at = nullptr;
  uint64_t size = 0;
  SHEER_TRY(module_symbol(m->module, d, name, &at, &size));
  if (address) *address = at;
  if (bytes) *bytes = size;
  return Error::Ok;
}
static Error enumerate(ModuleObject* m, Kernel** out, unsigned count) {
  if (!out) return Error::InvalidValue;
  unsigned all = module_function_count(m->module);
  for (unsigned i = 0; i < count && i < all; i++) out[i] = kernel_object(m, module_function_at(m->module, i));
  return Error::Ok;
}
static Error param_info(const Kernel* k, size_t index, size_t* offset, size_t* bytes) {
  if (!live(k)) return Error::InvalidHandle;
  const FunctionInfo& f = function_info(k->function);
  if (!offset || index >= f.param_count) return Error::InvalidValue;
  *offset = f.params[index].offset;
  if (bytes) *bytes = f.params[index].bytes;
  return Error::Ok;
}

// ---- 
// linking
struct Link {
  Tag tag = Tag::Link;
  Vec<String> texts;
  Logs logs;
  String output;
};
static Slab<Link> link_slab;
static Error check(CUlinkState handle, Link** out) {
  Link* l = reinterpret_cast<Link*>(handle);
  if (uint64_t(l) < 4096 || uint64_t(l) % alignof(Link) || l->tag != Tag::Link) return Error::InvalidHandle;
  *out = l;
  return Error::Ok;
}
Error image_texts(const void* data, size_t bytes, Vec<String>* texts) {
  if (!data || !bytes) return Error::InvalidValue;
  Image image;
  SHEER_TRY(image_of(data, &image));
  const uint8_t* p = static_cast<const uint8_t*>(image.data);
  if (memcmp(p, "SHEERFB1", 8)) {
    texts->push(String(static_cast<const char*>(data), strnlen(static_cast<const char*>(data), bytes)));
    return Error::Ok;
  }
  uint32_t count;
  memcpy(&count, p + 12, 4);
  p += 16;
  for (uint32_t i = 0; i < count; i++) {
    uint64_t size;
    memcpy(&size, p, 8);
    const char* text = reinterpret_cast<const char*>(p + 8);
    texts->push(String(text, strnlen(text, size)));
    p += 8 + size;
  }
  return Error::Ok;
}
String image_around(const Vec<String>& texts) {
  String image("SHEERFB1");
  uint32_t head[2] = {0, texts.count};
  image.append(head, sizeof head);
  for (const String& text : texts) {
    uint64_t size = text.size();
    image.append(&size, 8);
    image.append(text.c(), size);
  }
  return image;
}
Error link_texts(const Vec<String>& texts, String* image) {
  if (!texts.count) return Error::InvalidValue;
  *image = image_around(texts);
  // Loading it once text by text finds what is malformed, undefined or defined twice.
  Vec<Image> images;
  for (const String& text : texts) images.push(Image{text.c(), text.size()});
  Module* trial;
  SHEER_TRY(module_load(images.data, images.count, &trial));
  return module_unload(trial);
}
Error parse_text(const String& text) {
  Vec<String> one;
  one.push(text);
  String image = image_around(one);  // what is inside has been checked, or will be when it is linked
  const Image whole{image.c(), image.size()};
  Module* trial;
  SHEER_TRY(module_load(&whole, 1, &trial));
  return module_unload(trial);
}
static Error link_complete(Link* l, void** out, size_t* bytes) {
  if (!out || !l->texts.count) return Error::InvalidValue;
  uint64_t start = host_ns();
  SHEER_TRY(finish(l->logs, link_texts(l->texts, &l->output), start));
  *out = const_cast<char*>(l->output.c());
  if (bytes) *bytes = l->output.size();
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {

Error cuModuleLoadDataEx(CUmodule* out, const void* data, unsigned count, CUjit_option* options,
                         void** values) {
  DRIVER_CONTEXT;
  return load_data(c, data, count, options, values, out);
}
Error cuModuleLoadData(CUmodule* out, const void* data) {
  return impl::cuModuleLoadDataEx(out, data, 0, nullptr, nullptr);
}
Error cuModuleLoadFatBinary(CUmodule* out, const void* data) {
  return impl::cuModuleLoadDataEx(out, data, 0, nullptr, nullptr);
}
Error cuModuleLoad(CUmodule* out, const char* path) {
  DRIVER_CONTEXT;
  String text;
  SHEER_TRY(read_file(path, &text));
  return load_data(c, text.c(), 0, nullptr, nullptr, out);
}
Error cuModuleUnload(CUmodule m) {
  DRIVER_CONTEXT;
  SHEER_TRY(check(m));
  return module_drop(m);
}
Error cuModuleGetLoadingMode(CUmoduleLoadingMode* mode) {
  if (!mode) return Error::InvalidValue;
  *mode = CU_MODULE_LAZY_LOADING;
  return Error::Ok;
}
Error cuModuleGetFunction(CUfunction* out, CUmodule m, const char* name) {
  DRIVER_CONTEXT;
  if (!out || !name) return Error::InvalidValue;
  SHEER_TRY(check(m));
  return module_kernel(m, name, out);
}
Error cuModuleGetFunctionCount(unsigned* count, CUmodule m) {
  if (!count) return Error::InvalidValue;
  SHEER_TRY(check(m));
  *count = module_function_count(m->module);
  return Error::Ok;
}
Error cuModuleEnumerateFunctions(CUfunction* out, unsigned count, CUmodule m) {
  SHEER_TRY(check(m));
  return enumerate(m, out, count);
}
Error cuModuleGetGlobal_v2(CUdeviceptr* address, size_t* bytes, CUmodule m, const char* name) {
  DRIVER_CONTEXT;
  SHEER_TRY(check(m));
  return global_of(m, c->device, name, reinterpret_cast<void**>(address), bytes);
}

Error cuLinkCreate_v2(unsigned count, CUjit_option* options, void** values, CUlinkState* out) {
  DRIVER_CONTEXT;
  if (!out) return Error::InvalidValue;
  Link* l = link_slab.take();
  l->logs = logs_of(count, options, values);
  *out = reinterpret_cast<CUlinkState>(l);
  return Error::Ok;
}
Error cuLinkAddData_v2(CUlinkState state, CUjitInputType type, void* data, size_t bytes, const char*, unsigned,
                       CUjit_option*, void**) {
  Link* l;
  SHEER_TRY(check(state, &l));
  if (type < CU_JIT_INPUT_CUBIN || type > CU_JIT_INPUT_NVVM) return Error::InvalidValue;
  return finish(l->logs, image_texts(data, bytes, &l->texts), host_ns());
}
Error cuLinkAddFile_v2(CUlinkState state, CUjitInputType type, const char* path, unsigned, CUjit_option*,
                       void**) {
  Link* l;
  SHEER_TRY(check(state, &l));
  String text;
  SHEER_TRY(read_file(path, &text));
  return finish(l->logs, image_texts(text.c(), text.size(), &l->texts), host_ns());
}
Error cuLinkComplete(CUlinkState state, void** out, size_t* bytes) {
  Link* l;
  SHEER_TRY(check(state, &l));
  return link_complete(l, out, bytes);
}
Error cuLinkDestroy(CUlinkState state) {
  Link* l;
  SHEER_TRY(check(state, &l));
  link_slab.give(l);
  return Error::Ok;
}

// ---- 
// libraries
static CUmodule module_of(CUlibrary l) { return reinterpret_cast<CUmodule>(l); }
static CUlibrary library_of(CUmodule m) { return reinterpret_cast<CUlibrary>(m); }
static CUfunction function_of(CUkernel k) { return reinterpret_cast<CUfunction>(k); }

Error cuLibraryLoadData(CUlibrary* out, const void* data, CUjit_option* options, void** values,
                        unsigned count, CUlibraryOption*, void**, unsigned) {
  SHEER_TRY(driver_ready());
  ModuleObject* m;
  if (!out) return Error::InvalidValue;
  SHEER_TRY(load_data(nullptr, data, count, options, values, &m));
  *out = library_of(m);
  return Error::Ok;
}
Error cuLibraryLoadFromFile(CUlibrary* out, const char* path, CUjit_option* options, void** values,
                            unsigned count, CUlibraryOption* lo, void** lv, unsigned ln) {
  String text;
  SHEER_TRY(read_file(path, &text));
  return impl::cuLibraryLoadData(out, text.c(), options, values, count, lo, lv, ln);
}
Error cuLibraryUnload(CUlibrary l) {
  SHEER_TRY(check(module_of(l)));
  return module_drop(module_of(l));
}
Error cuLibraryGetKernel(CUkernel* out, CUlibrary l, const char* name) {
  if (!out || !name) return Error::InvalidValue;
  SHEER_TRY(check(module_of(l)));
  return module_kernel(module_of(l), name, reinterpret_cast<Kernel**>(out));
}
Error cuLibraryGetKernelCount(unsigned* count, CUlibrary l) {
  return impl::cuModuleGetFunctionCount(count, module_of(l));
}
Error cuLibraryEnumerateKernels(CUkernel* out, unsigned count, CUlibrary l) {
  SHEER_TRY(check(module_of(l)));
  return enumerate(module_of(l), reinterpret_cast<Kernel**>(out), count);
}
Error cuLibraryGetModule(CUmodule* out, CUlibrary l) {
  if (!out) return Error::InvalidValue;
  SHEER_TRY(check(module_of(l)));
  *out = module_of(l);
  return Error::Ok;
}
Error cuLibraryGetGlobal(CUdeviceptr* address, size_t* bytes, CUlibrary l, const char* name) {
  return impl::cuModuleGetGlobal_v2(address, bytes, module_of(l), name);
}
Error cuLibraryGetManaged(CUdeviceptr* address, size_t* bytes, CUlibrary l, const char* name) {
  return impl::cuModuleGetGlobal_v2(address, bytes, module_of(l),
                                    name);  // every variable is reachable from the host
}
Error cuKernelGetFunction(CUfunction* out, CUkernel k) {
  if (!out) return Error::InvalidValue;
  if (!live(function_of(k))) return Error::InvalidHandle;
  *out = function_of(k);
  return Error::Ok;
}
Error cuKernelGetLibrary(CUlibrary* out, CUkernel k) {
  if (!out) return Error::InvalidValue;
  if (!live(function_of(k))) return Error::InvalidHandle;
  *out = library_of(function_of(k)->module);
  return Error::Ok;
}
Error cuKernelGetName(const char** out, CUkernel k) { return impl::cuFuncGetName(out, function_of(k)); }
Error cuKernelGetParamInfo(CUkernel k, size_t i, size_t* offset, size_t* bytes) {
  return param_info(function_of(k), i, offset, bytes);
}
Error cuKernelGetParamCount(CUkernel k, size_t* count) {
  return impl::cuFuncGetParamCount(function_of(k), count);
}
Error cuKernelGetAttribute(int* out, CUfunction_attribute a, CUkernel k, CUdevice ordinal) {
  if (!live(function_of(k))) return Error::InvalidHandle;
  return kernel_attribute(function_of(k), ordinal, a, out);
}
Error cuKernelSetAttribute(CUfunction_attribute a, int value, CUkernel k, CUdevice ordinal) {
  if (!live(function_of(k))) return Error::InvalidHandle;
  return kernel_set_attribute(function_of(k), ordinal, a, value);
}
Error cuKernelSetCacheConfig(CUkernel k, CUfunc_cache config, CUdevice ordinal) {
  if (!device(ordinal)) return Error::InvalidDevice;
  return impl::cuFuncSetCacheConfig(function_of(k), config);
}

// ---- 
// functions
Error cuFuncGetModule(CUmodule* out, CUfunction f) {
  if (!out) return Error::InvalidValue;
  if (!live(f)) return Error::InvalidHandle;
  *out = f->module;
  return Error::Ok;
}
Error cuFuncGetName(const char** out, CUfunction f) {
  if (!out) return Error::InvalidValue;
  if (!live(f)) return Error::InvalidHandle;
  *out = kernel_name(f);
  return Error::Ok;
}
Error cuFuncGetParamInfo(CUfunction f, size_t i, size_t* offset, size_t* bytes) {
  return param_info(f, i, offset, bytes);
}
Error cuFuncGetParamCount(CUfunction f, size_t* count) {
  if (!count) return Error::InvalidValue;
  if (!live(f)) return Error::InvalidHandle;
  *count = function_info(f->function).param_count;
  return Error::Ok;
}
Error cuFuncIsLoaded(CUfunctionLoadingState* out, CUfunction f) {
  if (!out) return Error::InvalidValue;
  if (!live(f)) return Error::InvalidHandle;
  *out = CU_FUNCTION_LOADING_STATE_LOADED;
  return Error::Ok;
}
Error cuFuncLoad(CUfunction f) { return live(f) ? Error::Ok : Error::InvalidHandle; }
Error cuFuncSetCacheConfig(CUfunction f, CUfunc_cache config) {
  if (!live(f)) return Error::InvalidHandle;
  if (int(config) < 0 || int(config) > 3) return Error::InvalidValue;
  f->cache_config = config;
  return Error::Ok;
}
Error cuFuncSetSharedMemConfig(CUfunction f, CUsharedconfig config) {
  if (!live(f)) return Error::InvalidHandle;
  return int(config) < 0 || int(config) > 2 ? Error::InvalidValue : Error::Ok;
}

// The runtime's libraries are the driver's.
Error cudaLibraryLoadData(cudaLibrary_t* out, const void* code, cudaJitOption* options, void** values,
                          unsigned count, cudaLibraryOption*, void**, unsigned) {
  initialize();
  Vec<CUjit_option> same;
  for (unsigned i = 0; i < count && options; i++) same.push(CUjit_option(options[i]));
  return impl::cuLibraryLoadData(reinterpret_cast<CUlibrary*>(out), code, same.data, values, same.count,
                                 nullptr, nullptr, 0);
}
Error cudaLibraryLoadFromFile(cudaLibrary_t* out, const char* path, cudaJitOption* options, void** values,
                              unsigned count, cudaLibraryOption* lo, void** lv, unsigned ln) {
  String text;
  SHEER_TRY(read_file(path, &text));
  return impl::cudaLibraryLoadData(out, text.c(), options, values, count, lo, lv, ln);
}
Error cudaLibraryUnload(cudaLibrary_t l) { return impl::cuLibraryUnload(CUlibrary(l)); }
Error cudaLibraryGetKernel(cudaKernel_t* out, cudaLibrary_t l, const char* name) {
  return impl::cuLibraryGetKernel(reinterpret_cast<CUkernel*>(out), CUlibrary(l), name);
}
static Error library_global(void** address, size_t* bytes, cudaLibrary_t l, const char* name) {
  Context* c;
  SHEER_TRY(runtime_context(&c));
  SHEER_TRY(check(module_of(CUlibrary(l))));
  return global_of(module_of(CUlibrary(l)), c->device, name, address, bytes);
}
Error cudaLibraryGetGlobal(void** address, size_t* bytes, cudaLibrary_t l, const char* name) {
  return library_global(address, bytes, l, name);
}
Error cudaLibraryGetManaged(void** address, size_t* bytes, cudaLibrary_t l, const char* name) {
  return library_global(address, bytes, l, name);
}
Error cudaLibraryGetKernelCount(unsigned* count, cudaLibrary_t l) {
  return impl::cuLibraryGetKernelCount(count, CUlibrary(l));
}
Error cudaLibraryEnumerateKernels(cudaKernel_t* out, unsigned count, cudaLibrary_t l) {
  return impl::cuLibraryEnumerateKernels(reinterpret_cast<CUkernel*>(out), count, CUlibrary(l));
}
Error cudaKernelSetAttributeForDevice(cudaKernel_t k, cudaFuncAttribute a, int value, int ordinal) {
  Kernel* kernel;
  SHEER_TRY(find_kernel(k, &kernel));
  return kernel_set_attribute(kernel, ordinal, a, value);
}
Error cudaGetKernel(cudaKernel_t* out, const void* host) {
  if (!out) return Error::InvalidValue;
  return find_kernel(host, reinterpret_cast<Kernel**>(out));
}
Error cudaGetFuncBySymbol(cudaFunction_t* out, const void* host) {
  if (!out) return Error::InvalidValue;
  return find_kernel(host, out);
}
Error cudaFuncGetName(const char** out, const void* host) {
  if (!out) return Error::InvalidValue;
  Kernel* k;
  SHEER_TRY(find_kernel(host, &k));
  *out = kernel_name(k);
  return Error::Ok;
}
Error cudaFuncGetParamInfo(const void* host, size_t i, size_t* offset, size_t* bytes) {
  Kernel* k;
  SHEER_TRY(find_kernel(host, &k));
  return param_info(k, i, offset, bytes);
}
Error cudaFuncGetParamCount(const void* host, size_t* count) {
  Kernel* k;
  SHEER_TRY(find_kernel(host, &k));
  return impl::cuFuncGetParamCount(k, count);
}
}  // namespace sheer::impl
