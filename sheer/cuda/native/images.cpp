// Images out of PTX without a device: the PTX compiler, nvJitLink and nvFatbin. An image of this device is PTX, or a fatbin of ours that holds some;
// making one means to check the text. Linking and the reading of images are those of the driver API (modules.cpp).
#include "entry.h"

using namespace sheer;
using namespace sheer::api;

struct nvPTXCompiler {
  String source, error;
  bool compiled = false;
};
struct nvJitLink {
  Vec<String> texts;
  String image, error;
};
struct FatbinEntry {
  String text;
  unsigned arch;
  bool cubin;
};
struct _nvFatbinHandle {
  Vec<FatbinEntry> entries;
};

namespace sheer::api {
constexpr unsigned DEVICE_ARCH = 80;  // what a device reports

static const char* const compile_names[] = {"NVPTXCOMPILE_SUCCESS",
                                            "NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE",
                                            "NVPTXCOMPILE_ERROR_INVALID_INPUT",
                                            "NVPTXCOMPILE_ERROR_COMPILATION_FAILURE",
                                            "NVPTXCOMPILE_ERROR_INTERNAL"};
static const char* const fatbin_names[] = {"NVFATBIN_SUCCESS",
                                           "NVFATBIN_ERROR_INTERNAL",
                                           "NVFATBIN_ERROR_ELF_ARCH_MISMATCH",
                                           "NVFATBIN_ERROR_ELF_SIZE_MISMATCH",
                                           "NVFATBIN_ERROR_MISSING_PTX_VERSION",
                                           "NVFATBIN_ERROR_NULL_POINTER",
                                           "NVFATBIN_ERROR_COMPRESSION_FAILED",
                                           "NVFATBIN_ERROR_COMPRESSED_SIZE_EXCEEDED",
                                           "NVFATBIN_ERROR_UNRECOGNIZED_OPTION",
                                           "NVFATBIN_ERROR_INVALID_ARCH",
                                           "NVFATBIN_ERROR_INVALID_NVVM",
                                           "NVFATBIN_ERROR_EMPTY_INPUT",
                                           "NVFATBIN_ERROR_MISSING_PTX_ARCH",
                                           "NVFATBIN_ERROR_PTX_ARCH_MISMATCH",
                                           "NVFATBIN_ERROR_MISSING_FATBIN",
                                           "NVFATBIN_ERROR_INVALID_INDEX",
                                           "NVFATBIN_ERROR_IDENTIFIER_REUSE",
                                           "NVFATBIN_ERROR_INTERNAL_PTX_OPTION"};
static const char* const link_names[] = {"NVJITLINK_SUCCESS",          "NVJITLINK_ERROR_UNRECOGNIZED_OPTION", "NVJITLINK_ERROR_MISSING_ARCH",
                                         "NVJITLINK_ERROR_INVALID_INPUT", "NVJITLINK_ERROR_PTX_COMPILE"};
template <size_t N>
static const char* name_in(const char* const (&names)[N], int code, const char* other) {
  return unsigned(code) < N ? names[code] : other;
}
const char* ptx_compiler_name(nvPTXCompileResult r) { return name_in(compile_names, r, "NVPTXCOMPILE_ERROR"); }
const char* jit_link_name(nvJitLinkResult r) { return name_in(link_names, r, "NVJITLINK_ERROR"); }
const char* fatbin_name(nvFatbinResult r) { return name_in(fatbin_names, r, "NVFATBIN_ERROR unknown"); }

// Logs of a library end in a NUL that their size counts.
template <class Result>
static Result log_size(const String& log, size_t* out, Result wrong) {
  if (!out) return wrong;
  *out = log.empty() ? 0 : log.size() + 1;
  return Result(0);
}
template <class Result>
static Result copy_out(const String& text, size_t bytes, void* out, Result wrong) {
  if (!out) return wrong;
  memcpy(out, text.c(), bytes);
  return Result(0);
}
template <class Result>
static Result version(unsigned* major, unsigned* minor, Result wrong) {
  if (!major || !minor) return wrong;
  *major = CUDA_VERSION / 1000;
  *minor = CUDA_VERSION % 1000 / 10;
  return Result(0);
}

// -arch=sm_80, -arch=compute_80, 80
static unsigned arch_of(const char* text) {
  if (!text) return 0;
  static const char* const prefixes[] = {"sm_", "compute_", "lto_"};
  for (const char* prefix : prefixes)
    if (!strncmp(text, prefix, strlen(prefix))) text += strlen(prefix);
  return unsigned(strtoul(text, nullptr, 10));
}
// Does the entry serve the device better? One for a later device serves it not at all, and a cubin better than PTX for the same one.
static bool better(const FatbinEntry& a, const FatbinEntry& b) {
  bool a_fits = a.arch <= DEVICE_ARCH, b_fits = b.arch <= DEVICE_ARCH;
  if (a_fits != b_fits) return a_fits;
  if (a.arch != b.arch) return (a.arch > b.arch) == a_fits;
  return a.cubin && !b.cubin;
}
static nvFatbinResult fatbin_add(nvFatbinHandle h, const void* code, size_t size, const char* arch, bool cubin) {
  if (!h || !code) return NVFATBIN_ERROR_NULL_POINTER;
  if (!size) return NVFATBIN_ERROR_EMPTY_INPUT;
  unsigned number = arch_of(arch);
  if (!number) return NVFATBIN_ERROR_INVALID_ARCH;
  Vec<String> texts;
  if (image_texts(code, size, &texts) != Error::Ok || texts.count != 1) {
    say_once(cubin ? "nvFatbinAddCubin" : "nvFatbinAddPTX", texts.count ? "several linked texts in one entry" : last_message());
    return NVFATBIN_ERROR_INTERNAL;
  }
  if (!strstr(texts[0].c(), ".version")) return NVFATBIN_ERROR_MISSING_PTX_VERSION;
  if (!strstr(texts[0].c(), ".target")) return NVFATBIN_ERROR_MISSING_PTX_ARCH;
  h->entries.push(FatbinEntry{texts[0], number, cubin});
  return NVFATBIN_SUCCESS;
}
static nvFatbinResult fatbin_image(nvFatbinHandle h, String* out) {
  if (!h) return NVFATBIN_ERROR_NULL_POINTER;
  if (!h->entries.count) return NVFATBIN_ERROR_EMPTY_INPUT;
  const FatbinEntry* best = &h->entries[0];
  for (const FatbinEntry& entry : h->entries)
    if (better(entry, *best)) best = &entry;
  Vec<String> one;
  one.push(best->text);
  *out = image_around(one);
  return NVFATBIN_SUCCESS;
}
static nvJitLinkResult link_input(nvJitLinkHandle h, nvJitLinkInputType type, const void* data, size_t size) {
  if (type == NVJITLINK_INPUT_LTOIR || type == NVJITLINK_INPUT_INDEX) return NVJITLINK_ERROR_LTO_NOT_ENABLED;
  if (type == NVJITLINK_INPUT_OBJECT || type == NVJITLINK_INPUT_LIBRARY) {
    h->error = "host objects and libraries are not read here; hand over PTX, or build with `sheer nvcc -rdc=true`";
    return NVJITLINK_ERROR_UNRECOGNIZED_INPUT;
  }
  if (image_texts(data, size, &h->texts) == Error::Ok) return NVJITLINK_SUCCESS;
  h->error = last_message();
  return NVJITLINK_ERROR_INVALID_INPUT;
}
}  // namespace sheer::api

namespace sheer::impl {

// ----
// the PTX compiler
nvPTXCompileResult nvPTXCompilerGetVersion(unsigned* major, unsigned* minor) {
  return version(major, minor, NVPTXCOMPILE_ERROR_INVALID_INPUT);
}
nvPTXCompileResult nvPTXCompilerCreate(nvPTXCompilerHandle* out, size_t bytes, const char* source) {
  if (!out || !source || !bytes) return NVPTXCOMPILE_ERROR_INVALID_INPUT;
  *out = make<nvPTXCompiler>();
  (*out)->source = String(source, strnlen(source, bytes));
  return NVPTXCOMPILE_SUCCESS;
}
nvPTXCompileResult nvPTXCompilerDestroy(nvPTXCompilerHandle* h) {
  if (!h || !*h) return NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE;
  drop(*h);
  *h = nullptr;
  return NVPTXCOMPILE_SUCCESS;
}
nvPTXCompileResult nvPTXCompilerCompile(nvPTXCompilerHandle h, int count, const char* const* options) {
  if (!h) return NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE;
  if (count < 0 || (count && !options)) return NVPTXCOMPILE_ERROR_INVALID_INPUT;
  bool apart = false;  // names of other files may be missing: linking checks the rest
  for (int i = 0; i < count; i++) apart |= !strcmp(options[i], "-c") || !strcmp(options[i], "--compile-only");
  String image;
  Vec<String> one;
  one.push(h->source);
  h->compiled = (apart ? parse_text(h->source) : link_texts(one, &image)) == Error::Ok;
  h->error = h->compiled ? String() : String(last_message());
  return h->compiled ? NVPTXCOMPILE_SUCCESS : NVPTXCOMPILE_ERROR_COMPILATION_FAILURE;
}
nvPTXCompileResult nvPTXCompilerGetCompiledProgramSize(nvPTXCompilerHandle h, size_t* out) {
  if (!h) return NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE;
  if (!h->compiled) return NVPTXCOMPILE_ERROR_COMPILER_INVOCATION_INCOMPLETE;
  if (!out) return NVPTXCOMPILE_ERROR_INVALID_INPUT;
  *out = h->source.size() + 1;
  return NVPTXCOMPILE_SUCCESS;
}
nvPTXCompileResult nvPTXCompilerGetCompiledProgram(nvPTXCompilerHandle h, void* out) {
  if (!h) return NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE;
  if (!h->compiled) return NVPTXCOMPILE_ERROR_COMPILER_INVOCATION_INCOMPLETE;
  return copy_out(h->source, h->source.size() + 1, out, NVPTXCOMPILE_ERROR_INVALID_INPUT);
}
nvPTXCompileResult nvPTXCompilerGetErrorLogSize(nvPTXCompilerHandle h, size_t* out) {
  return h ? log_size(h->error, out, NVPTXCOMPILE_ERROR_INVALID_INPUT) : NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE;
}
nvPTXCompileResult nvPTXCompilerGetErrorLog(nvPTXCompilerHandle h, char* out) {
  if (!h) return NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE;
  return copy_out(h->error, h->error.empty() ? 0 : h->error.size() + 1, out, NVPTXCOMPILE_ERROR_INVALID_INPUT);
}
nvPTXCompileResult nvPTXCompilerGetInfoLogSize(nvPTXCompilerHandle h, size_t* out) {
  return h ? log_size(String(), out, NVPTXCOMPILE_ERROR_INVALID_INPUT) : NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE;
}
nvPTXCompileResult nvPTXCompilerGetInfoLog(nvPTXCompilerHandle h, char*) {
  return h ? NVPTXCOMPILE_SUCCESS : NVPTXCOMPILE_ERROR_INVALID_COMPILER_HANDLE;
}

// ----
// the linker
nvJitLinkResult nvJitLinkVersion(unsigned* major, unsigned* minor) { return version(major, minor, NVJITLINK_ERROR_NULL_INPUT); }
nvJitLinkResult nvJitLinkCreate(nvJitLinkHandle* out, uint32_t count, const char** options) {
  if (!out || (count && !options)) return NVJITLINK_ERROR_NULL_INPUT;
  unsigned arch = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!options[i] || options[i][0] != '-') return NVJITLINK_ERROR_UNRECOGNIZED_OPTION;
    if (!strncmp(options[i], "-arch=", 6)) {
      arch = arch_of(options[i] + 6);
      if (!arch) return NVJITLINK_ERROR_UNRECOGNIZED_ARCH;
    }
  }
  if (!arch) return NVJITLINK_ERROR_MISSING_ARCH;
  *out = make<nvJitLink>();
  return NVJITLINK_SUCCESS;
}
nvJitLinkResult nvJitLinkDestroy(nvJitLinkHandle* h) {
  if (!h || !*h) return NVJITLINK_ERROR_NULL_INPUT;
  drop(*h);
  *h = nullptr;
  return NVJITLINK_SUCCESS;
}
nvJitLinkResult nvJitLinkAddData(nvJitLinkHandle h, nvJitLinkInputType type, const void* data, size_t size, const char*) {
  if (!h || !data) return NVJITLINK_ERROR_NULL_INPUT;
  return link_input(h, type, data, size);
}
nvJitLinkResult nvJitLinkAddFile(nvJitLinkHandle h, nvJitLinkInputType type, const char* path) {
  if (!h || !path) return NVJITLINK_ERROR_NULL_INPUT;
  String text;
  if (read_file(path, &text) != Error::Ok) {
    h->error = last_message();
    return NVJITLINK_ERROR_INVALID_INPUT;
  }
  return link_input(h, type, text.c(), text.size());
}
nvJitLinkResult nvJitLinkComplete(nvJitLinkHandle h) {
  if (!h) return NVJITLINK_ERROR_NULL_INPUT;
  if (link_texts(h->texts, &h->image) == Error::Ok) return NVJITLINK_SUCCESS;
  h->error = h->texts.count ? last_message() : "nothing was added";
  h->image = String();
  return NVJITLINK_ERROR_PTX_COMPILE;
}
nvJitLinkResult nvJitLinkGetLinkedCubinSize(nvJitLinkHandle h, size_t* out) {
  if (!h || !out) return NVJITLINK_ERROR_NULL_INPUT;
  if (h->image.empty()) return NVJITLINK_ERROR_INVALID_INPUT;
  *out = h->image.size();
  return NVJITLINK_SUCCESS;
}
nvJitLinkResult nvJitLinkGetLinkedCubin(nvJitLinkHandle h, void* out) {
  if (!h) return NVJITLINK_ERROR_NULL_INPUT;
  if (h->image.empty()) return NVJITLINK_ERROR_INVALID_INPUT;
  return copy_out(h->image, h->image.size(), out, NVJITLINK_ERROR_NULL_INPUT);
}
nvJitLinkResult nvJitLinkGetErrorLogSize(nvJitLinkHandle h, size_t* out) {
  return h ? log_size(h->error, out, NVJITLINK_ERROR_NULL_INPUT) : NVJITLINK_ERROR_NULL_INPUT;
}
nvJitLinkResult nvJitLinkGetErrorLog(nvJitLinkHandle h, char* out) {
  if (!h) return NVJITLINK_ERROR_NULL_INPUT;
  return copy_out(h->error, h->error.empty() ? 0 : h->error.size() + 1, out, NVJITLINK_ERROR_NULL_INPUT);
}
nvJitLinkResult nvJitLinkGetInfoLogSize(nvJitLinkHandle h, size_t* out) {
  return h ? log_size(String(), out, NVJITLINK_ERROR_NULL_INPUT) : NVJITLINK_ERROR_NULL_INPUT;
}
nvJitLinkResult nvJitLinkGetInfoLog(nvJitLinkHandle h, char*) { return h ? NVJITLINK_SUCCESS : NVJITLINK_ERROR_NULL_INPUT; }

// ----
// fatbins
const char* nvFatbinGetErrorString(nvFatbinResult result) { return fatbin_name(result); }
nvFatbinResult nvFatbinVersion(unsigned* major, unsigned* minor) { return version(major, minor, NVFATBIN_ERROR_NULL_POINTER); }
nvFatbinResult nvFatbinCreate(nvFatbinHandle* out, const char** options, size_t count) {
  if (!out || (count && !options)) return NVFATBIN_ERROR_NULL_POINTER;
  for (size_t i = 0; i < count; i++)
    if (!options[i] || options[i][0] != '-') return NVFATBIN_ERROR_UNRECOGNIZED_OPTION;
  *out = make<_nvFatbinHandle>();
  return NVFATBIN_SUCCESS;
}
nvFatbinResult nvFatbinDestroy(nvFatbinHandle* h) {
  if (!h || !*h) return NVFATBIN_ERROR_NULL_POINTER;
  drop(*h);
  *h = nullptr;
  return NVFATBIN_SUCCESS;
}
nvFatbinResult nvFatbinAddPTX(nvFatbinHandle h, const char* code, size_t size, const char* arch, const char*, const char*) {
  return fatbin_add(h, code, size, arch, false);
}
nvFatbinResult nvFatbinAddCubin(nvFatbinHandle h, const void* code, size_t size, const char* arch, const char*) {
  return fatbin_add(h, code, size, arch, true);
}
nvFatbinResult nvFatbinSize(nvFatbinHandle h, size_t* out) {
  String image;
  nvFatbinResult result = out ? fatbin_image(h, &image) : NVFATBIN_ERROR_NULL_POINTER;
  if (result == NVFATBIN_SUCCESS) *out = image.size();
  return result;
}
nvFatbinResult nvFatbinGet(nvFatbinHandle h, void* out) {
  String image;
  nvFatbinResult result = out ? fatbin_image(h, &image) : NVFATBIN_ERROR_NULL_POINTER;
  if (result == NVFATBIN_SUCCESS) memcpy(out, image.c(), image.size());
  return result;
}
}  // namespace sheer::impl
