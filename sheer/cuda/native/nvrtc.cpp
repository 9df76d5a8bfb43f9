// NVRTC: a program with its headers and name expressions; compiling is the compile worker's, images are PTX.
#include <ctype.h>

#include "entry.h"

using namespace sheer;
using namespace sheer::api;

struct _nvrtcProgram {
  String source, name;
  Vec<String> header_names, headers, expressions, lowered;
  Text ptx = {}, log = {};
  bool tried = false, compiled = false;
};

namespace sheer::api {
static const char* names[] = {
  "NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE", "NVRTC_ERROR_INVALID_INPUT",
  "NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION", "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE",
  "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION", "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION",
  "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID", "NVRTC_ERROR_INTERNAL_ERROR", "NVRTC_ERROR_TIME_FILE_WRITE_FAILED",
  "NVRTC_ERROR_NO_PCH_CREATE_ATTEMPTED", "NVRTC_ERROR_PCH_CREATE_HEAP_EXHAUSTED", "NVRTC_ERROR_PCH_CREATE", "NVRTC_ERROR_CANCELLED"};
const char* nvrtc_name(nvrtcResult result) { return result >= 0 && result <= NVRTC_ERROR_CANCELLED ? names[result] : "NVRTC_ERROR unknown"; }
constexpr int ARCHITECTURES[] = {50, 52, 53, 60, 61, 62, 70, 72, 75, 80};
}  // namespace sheer::api

// A name expression is turned into a reference that the compiler must emit: a constant array of names and addresses would need
// relocations, so each expression gets an external variable initialised with the address; the PTX then names what it stands for.
static String with_expressions(const _nvrtcProgram* p) {
  String text = p->source;
  for (uint32_t i = 0; i < p->expressions.count; i++) {
    const char* e = p->expressions[i].c();
    while (*e == '&' || isspace(*e)) e++;
    text.format("\nextern \"C\" __device__ const void* const volatile __sheer_name_%u = (const void*)(&%s);\n", i, e);
  }
  return text;
}

// `.visible .global ... __sheer_name_3 = _Z4scaleIfEvPT_i;` -> the name on the right, without generic(...).
static bool lowered_name(const char* ptx, uint32_t index, String* out) {
  String key;
  key.format("__sheer_name_%u", index);
  for (const char* at = strstr(ptx, key.c()); at; at = strstr(at + 1, key.c())) {
    const char* p = at + key.size();
    while (*p && *p != '=' && *p != ';' && *p != '\n') p++;
    if (*p != '=') continue;
    p++;
    while (isspace(*p) || *p == '{') p++;
    if (!strncmp(p, "generic(", 8)) p += 8;
    const char* start = p;
    while (isalnum(*p) || *p == '_' || *p == '$') p++;
    if (p == start) continue;
    *out = String(start, size_t(p - start));
    return true;
  }
  return false;
}
// The helper variables leave the text again: a module with addresses of kernels in data is more than the program asked for.
static void strip_helpers(Text* ptx) {
  char* data = const_cast<char*>(ptx->data);
  char *write = data, *read = data;
  while (*read) {
    char* end = strchr(read, '\n');
    size_t length = end ? size_t(end - read) + 1 : strlen(read);
    bool helper = false;
    for (size_t i = 0; i + 13 <= length && !helper; i++) helper = !memcmp(read + i, "__sheer_name_", 13);
    if (!helper) { memmove(write, read, length); write += length; }
    read += length;
  }
  *write = 0;
  ptx->bytes = uint64_t(write - data);
}

namespace sheer::impl {
const char* nvrtcGetErrorString(nvrtcResult result) { return nvrtc_name(result); }
nvrtcResult nvrtcVersion(int* major, int* minor) {
  if (!major || !minor) return NVRTC_ERROR_INVALID_INPUT;
  *major = CUDA_VERSION / 1000;
  *minor = CUDA_VERSION % 1000 / 10;
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetNumSupportedArchs(int* count) {
  if (!count) return NVRTC_ERROR_INVALID_INPUT;
  *count = int(sizeof ARCHITECTURES / sizeof *ARCHITECTURES);
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetSupportedArchs(int* out) {
  if (!out) return NVRTC_ERROR_INVALID_INPUT;
  memcpy(out, ARCHITECTURES, sizeof ARCHITECTURES);
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcCreateProgram(nvrtcProgram* out, const char* source, const char* name, int count, const char** headers, const char** include_names) {
  if (!out || !source || count < 0 || (count && (!headers || !include_names))) return NVRTC_ERROR_INVALID_INPUT;
  _nvrtcProgram* p = make<_nvrtcProgram>();
  p->source = String(source);
  p->name = String(name && *name ? name : "default_program");
  for (int i = 0; i < count; i++) {
    p->headers.push(String(headers[i]));
    p->header_names.push(String(include_names[i]));
  }
  *out = p;
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcDestroyProgram(nvrtcProgram* at) {
  if (!at || !*at) return NVRTC_ERROR_INVALID_PROGRAM;
  free(const_cast<char*>((*at)->ptx.data));
  free(const_cast<char*>((*at)->log.data));
  drop(*at);
  *at = nullptr;
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcAddNameExpression(nvrtcProgram p, const char* expression) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  if (!expression) return NVRTC_ERROR_INVALID_INPUT;
  if (p->tried) return NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
  p->expressions.push(String(expression));
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcCompileProgram(nvrtcProgram p, int count, const char** options) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  if (count < 0 || (count && !options)) return NVRTC_ERROR_INVALID_INPUT;
  p->tried = true;
  String source = with_expressions(p);
  Vec<const char*> header_names;
  Vec<Text> headers;
  for (uint32_t i = 0; i < p->headers.count; i++) {
    header_names.push(p->header_names[i].c());
    headers.push({p->headers[i].c(), p->headers[i].size()});
  }
  free(const_cast<char*>(p->ptx.data));
  free(const_cast<char*>(p->log.data));
  p->ptx = p->log = {};
  NvrtcRequest request = {p->name.c(), {source.c(), source.size()}, options, uint32_t(count), header_names.data, headers.data, headers.count};
  Error e = nvrtc_compile(request, &p->ptx, &p->log);
  if (e == Error::InvalidSource) return NVRTC_ERROR_COMPILATION;
  if (e == Error::InvalidValue) return NVRTC_ERROR_INVALID_OPTION;
  if (e != Error::Ok) {
    if (*last_message()) fprintf(stderr, "sheer: nvrtc: %s\n", last_message());
    return NVRTC_ERROR_INTERNAL_ERROR;
  }
  p->lowered.clear();
  for (uint32_t i = 0; i < p->expressions.count; i++) {
    String name;
    if (!lowered_name(p->ptx.data, i, &name)) return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
    p->lowered.push(name);
  }
  if (p->expressions.count) strip_helpers(&p->ptx);
  p->compiled = true;
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetLoweredName(nvrtcProgram p, const char* expression, const char** out) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  if (!expression || !out) return NVRTC_ERROR_INVALID_INPUT;
  if (!p->compiled) return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
  for (uint32_t i = 0; i < p->expressions.count; i++)
    if (p->expressions[i] == expression) { *out = p->lowered[i].c(); return NVRTC_SUCCESS; }
  return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
}
static nvrtcResult text_size(nvrtcProgram p, const Text& text, bool ready, size_t* out) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  if (!out) return NVRTC_ERROR_INVALID_INPUT;
  if (!ready) return NVRTC_ERROR_INVALID_PROGRAM;
  *out = text.bytes + 1;
  return NVRTC_SUCCESS;
}
static nvrtcResult text_copy(const Text& text, bool ready, char* out) {
  if (!out) return NVRTC_ERROR_INVALID_INPUT;
  if (!ready) return NVRTC_ERROR_INVALID_PROGRAM;
  if (text.bytes) memcpy(out, text.data, text.bytes);
  out[text.bytes] = 0;
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetPTXSize(nvrtcProgram p, size_t* out) { return p ? text_size(p, p->ptx, p->compiled, out) : NVRTC_ERROR_INVALID_PROGRAM; }
nvrtcResult nvrtcGetPTX(nvrtcProgram p, char* out) { return p ? text_copy(p->ptx, p->compiled, out) : NVRTC_ERROR_INVALID_PROGRAM; }
nvrtcResult nvrtcGetCUBINSize(nvrtcProgram p, size_t* out) { return impl::nvrtcGetPTXSize(p, out); }
nvrtcResult nvrtcGetCUBIN(nvrtcProgram p, char* out) { return impl::nvrtcGetPTX(p, out); }
nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram p, size_t* out) { return p ? text_size(p, p->log, true, out) : NVRTC_ERROR_INVALID_PROGRAM; }
nvrtcResult nvrtcGetProgramLog(nvrtcProgram p, char* out) { return p ? text_copy(p->log, true, out) : NVRTC_ERROR_INVALID_PROGRAM; }
}  // namespace sheer::impl
