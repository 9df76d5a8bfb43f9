// NVRTC: a program with its headers and name expressions; compiling is the compile worker's, images are PTX.
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
static const char* names[] = {"NVRTC_SUCCESS",
                              "NVRTC_ERROR_OUT_OF_MEMORY",
                              "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
                              "NVRTC_ERROR_INVALID_INPUT",
                              "NVRTC_ERROR_INVALID_PROGRAM",
                              "NVRTC_ERROR_INVALID_OPTION",
                              "NVRTC_ERROR_COMPILATION",
                              "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE",
                              "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
                              "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION",
                              "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID",
                              "NVRTC_ERROR_INTERNAL_ERROR",
                              "NVRTC_ERROR_TIME_FILE_WRITE_FAILED",
                              "NVRTC_ERROR_NO_PCH_CREATE_ATTEMPTED",
                              "NVRTC_ERROR_PCH_CREATE_HEAP_EXHAUSTED",
                              "NVRTC_ERROR_PCH_CREATE",
                              "NVRTC_ERROR_CANCELLED"};
const char* nvrtc_name(nvrtcResult result) {
  return result >= 0 && result <= NVRTC_ERROR_CANCELLED ? names[result] : "NVRTC_ERROR unknown";
}
constexpr int ARCHITECTURES[] = {50, 52, 53, 60, 61, 62, 70, 72, 75, 80};
}  // namespace sheer::api

// The compiler puts a line `// sheer-lowered MANGLED EXPRESSION` before the PTX for every name expression.
static bool lowered_name(const char* ptx, const String& expression, String* out) {
  static const char mark[] = "// sheer-lowered ";
  for (const char* at = strstr(ptx, mark); at; at = strstr(at, mark)) {
    at += sizeof mark - 1;
    const char* end = strchrnul(at, '\n');
    const char* gap = static_cast<const char*>(memchr(at, ' ', size_t(end - at)));
    if (!gap || size_t(end - gap - 1) != expression.size() ||
        memcmp(gap + 1, expression.c(), expression.size()))
      continue;
    *out = String(at, size_t(gap - at));
    return true;
  }
  return false;
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
nvrtcResult nvrtcCreateProgram(nvrtcProgram* out, const char* source, const char* name, int count,
                               const char* const* headers, const char* const* include_names) {
  if (!out || !source || count < 0 || (count && (!headers || !include_names)))
    return NVRTC_ERROR_INVALID_INPUT;
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
nvrtcResult nvrtcCompileProgram(nvrtcProgram p, int count, const char* const* options) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  if (count < 0 || (count && !options)) return NVRTC_ERROR_INVALID_INPUT;
  p->tried = true;
  Vec<String> name_options;
  Vec<const char*> all;
  for (int i = 0; i < count; i++) all.push(options[i]);
  for (const String& expression : p->expressions)
    name_options.push(String("--sheer-name-expression=") += expression);
  for (const String& option : name_options) all.push(option.c());
  Vec<const char*> header_names;
  Vec<Text> headers;
  for (uint32_t i = 0; i < p->headers.count; i++) {
    header_names.push(p->header_names[i].c());
    headers.push({p->headers[i].c(), p->headers[i].size()});
  }
  free(const_cast<char*>(p->ptx.data));
  free(const_cast<char*>(p->log.data));
  p->ptx = p->log = {};
  NvrtcRequest request = {
      p->name.c(),  {p->source.c(), p->source.size()}, all.data, all.count, header_names.data, headers.data,
      headers.count};
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
    if (!lowered_name(p->ptx.data, p->expressions[i], &name)) return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
    p->lowered.push(name);
  }
  p->compiled = true;
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetLoweredName(nvrtcProgram p, const char* expression, const char** out) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  if (!expression || !out) return NVRTC_ERROR_INVALID_INPUT;
  if (!p->compiled) return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
  for (uint32_t i = 0; i < p->expressions.count; i++)
    if (p->expressions[i] == expression) {
      *out = p->lowered[i].c();
      return NVRTC_SUCCESS;
    }
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
nvrtcResult nvrtcGetPTXSize(nvrtcProgram p, size_t* out) {
  return p ? text_size(p, p->ptx, p->compiled, out) : NVRTC_ERROR_INVALID_PROGRAM;
}
nvrtcResult nvrtcGetPTX(nvrtcProgram p, char* out) {
  return p ? text_copy(p->ptx, p->compiled, out) : NVRTC_ERROR_INVALID_PROGRAM;
}
nvrtcResult nvrtcGetCUBINSize(nvrtcProgram p, size_t* out) { return impl::nvrtcGetPTXSize(p, out); }
nvrtcResult nvrtcGetCUBIN(nvrtcProgram p, char* out) { return impl::nvrtcGetPTX(p, out); }
nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram p, size_t* out) {
  return p ? text_size(p, p->log, true, out) : NVRTC_ERROR_INVALID_PROGRAM;
}
nvrtcResult nvrtcGetProgramLog(nvrtcProgram p, char* out) {
  return p ? text_copy(p->log, true, out) : NVRTC_ERROR_INVALID_PROGRAM;
}
}  // namespace sheer::impl
