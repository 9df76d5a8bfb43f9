// PTX and source texts that are wrong: refused when they are loaded or compiled, with line and caret in the log.
// nvcc: -lnvrtc -lcuda
#include "check.h"
#include <nvrtc.h>

#define HEAD ".version 7.8\n.target sm_80\n.address_size 64\n"
#define KERNEL(body) HEAD ".visible .entry k(.param .u64 p)\n{\n  .reg .b32 %r<3>;\n  .reg .f64 %d<2>;\n  .reg .pred %p<2>;\n" body "\n  ret;\n}\n"

static void refused(const char* text, const char* place, const char* why, const char* source, int column) {
  char errors[1024] = "", info[64] = "x";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, CU_JIT_INFO_LOG_BUFFER,
                            CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES};
  void* values[] = {errors, reinterpret_cast<void*>(sizeof errors), info, reinterpret_cast<void*>(sizeof info)};
  CUmodule m;
  int code = cuModuleLoadDataEx(&m, text, 4, options, values);
  char caret[64];
  snprintf(caret, sizeof caret, "%s\n%*s", source, column, "^");
  if (code != CUDA_ERROR_INVALID_PTX || !strstr(errors, place) || !strstr(errors, why) || !strstr(errors, caret)) {
    printf("%s: %d\n%s\n", place, code, errors);
    exit(1);
  }
  CHECK(reinterpret_cast<size_t>(values[1]) == strlen(errors) && !*info);
}

static nvrtcResult compile(const char* source, const char* option, char* log, size_t room) {
  nvrtcProgram p;
  OK(nvrtcCreateProgram(&p, source, "prog.cu", 0, 0, 0));
  nvrtcResult result = nvrtcCompileProgram(p, option ? 1 : 0, &option);
  size_t size;
  OK(nvrtcGetProgramLogSize(p, &size));
  CHECK(size <= room);
  OK(nvrtcGetProgramLog(p, log));
  CHECK(strlen(log) + 1 == size);
  OK(nvrtcDestroyProgram(&p));
  CHECK(!p);
  return result;
}

int main() {
  CUcontext c;
  OK(cuInit(0));
  OK(cuDevicePrimaryCtxRetain(&c, 0));
  OK(cuCtxSetCurrent(c));
  refused(KERNEL("  mov.u32 %r1 5;"), ":9:15: error:", "expected ','", "  mov.u32 %r1 5;", 15);
  refused(KERNEL("  frob.u32 %r1, 5;"), ":9:3: error:", "no instruction is named frob", "  frob.u32 %r1, 5;", 3);
  refused(KERNEL("  mov.u32 %q1, 5;"), ":9:11: error:", "%q1 is not declared", "  mov.u32 %q1, 5;", 11);
  refused(KERNEL("  add.u32 %r1, %r2, %r9;"), ":9:21: error:", "%r9 is not declared", "  add.u32 %r1, %r2, %r9;", 21);
  refused(KERNEL("  bra L;"), ":9:7: error:", "L is not a label", "  bra L;", 7);
  refused(KERNEL("  add.u32 %r1, %d1, 5;"), ":9:16: error:", "wants .u32 here, and %d1 is .f64", "  add.u32 %r1, %d1, 5;", 16);
  refused(KERNEL("  add.u32 %r1, %r2;"), ":9:3: error:", "operands are given", "  add.u32 %r1, %r2;", 3);
  refused(KERNEL("@%r1 bra L;\nL:"), ":9:2: error:", "no predicate", "@%r1 bra L;", 2);
  refused(KERNEL("  mov.u64 %rd1, nothing;"), ":9:11: error:", "is not declared", "  mov.u64 %rd1, nothing;", 11);
  refused(HEAD ".extern .func f();\n.visible .entry k()\n{\n  call f;\n  ret;\n}\n", ":7:8: error:", "nowhere defined", "  call f;", 8);
  refused("not ptx", ":1:1: error:", "expected a directive", "not ptx", 1);
  CUmodule m;
  OK(cuModuleLoadData(&m, KERNEL("  tensormap.cp_fenceproxy;")));  // PTX that Sheer lacks: an error where it is launched
  CUfunction f;
  OK(cuModuleGetFunction(&f, m, "k"));
  void* argument = nullptr;
  void* arguments[] = {&argument};
  EXPECT(CUDA_ERROR_INVALID_PTX, cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 0, 0, arguments, 0));
  EXPECT(CUDA_ERROR_NOT_FOUND, cuModuleGetFunction(&f, m, "nothing"));
  EXPECT(CUDA_ERROR_NO_BINARY_FOR_GPU, cuModuleLoadData(&m, "\x7f" "ELF\2\1\1"));

  char log[1024];
  EXPECT(0, compile("__global__ void k(int* p) { *p = 1; }", "-arch=sm_90", log, sizeof log));
  CHECK(!*log);
  EXPECT(NVRTC_ERROR_COMPILATION, compile("__global__ void k(int* p) {\n  *p = q;\n}", 0, log, sizeof log));
  CHECK(strstr(log, "prog.cu:2:8: error: use of undeclared identifier 'q'") && strstr(log, "|        ^"));
  EXPECT(NVRTC_ERROR_COMPILATION, compile("#include <no_such.h>\n", 0, log, sizeof log));
  CHECK(strstr(log, "prog.cu:1:10") && strstr(log, "no_such.h"));
  EXPECT(0, compile("#warning heed\n__global__ void k() {}", 0, log, sizeof log));
  CHECK(strstr(log, "prog.cu:1:2: warning: heed"));
  EXPECT(NVRTC_ERROR_INVALID_OPTION, compile("__global__ void k() {}", "--frobnicate", log, sizeof log));
  CHECK(strstr(log, "--frobnicate"));
  EXPECT(NVRTC_ERROR_INVALID_OPTION, compile("__global__ void k() {}", "-arch=banana", log, sizeof log));
  CHECK(!strcmp(nvrtcGetErrorString(NVRTC_ERROR_COMPILATION), "NVRTC_ERROR_COMPILATION"));
  CHECK(!strcmp(nvrtcGetErrorString(nvrtcResult(99)), "NVRTC_ERROR unknown"));
  return 0;
}
