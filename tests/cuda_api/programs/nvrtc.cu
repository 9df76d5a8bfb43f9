// NVRTC: compile, log, lowered names of templates, headers, launch of what came out.
// nvcc: -lnvrtc -lcuda
#include "check.h"
#include <nvrtc.h>

static const char* source =
    "#include \"extra.h\"\n"
    "template <typename T> __global__ void scale(T* p, int n) {\n"
    "  int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
    "  if (i < n) p[i] *= T(FACTOR);\n"
    "}\n"
    "extern \"C\" __global__ void plain(int* p) { assert(p && __FILE__[0] == 'p'); *p = 7; }\n";

int main() {
  int major, minor;
  OK(nvrtcVersion(&major, &minor));
  CHECK(major == 12);
  nvrtcProgram p;
  const char* header = "#define FACTOR 3\n";
  const char* header_name = "extra.h";
  OK(nvrtcCreateProgram(&p, source, "prog.cu", 1, &header, &header_name));
  OK(nvrtcAddNameExpression(p, "scale<float>"));
  OK(nvrtcAddNameExpression(p, "&scale<int>"));
  const char* lowered;
  EXPECT(NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION, nvrtcGetLoweredName(p, "scale<float>", &lowered));
  const char* options[] = {"--gpu-architecture=compute_80", "-std=c++17", "-DUNUSED=1"};
  int result = nvrtcCompileProgram(p, 3, options);
  size_t size;
  char log[4096] = "";
  OK(nvrtcGetProgramLogSize(p, &size));
  CHECK(size < sizeof log);
  OK(nvrtcGetProgramLog(p, log));
  if (result) printf("%s\n", log);
  OK(result);
  OK(nvrtcGetPTXSize(p, &size));
  char* ptx = (char*)malloc(size);
  OK(nvrtcGetPTX(p, ptx));
  CHECK(strlen(ptx) + 1 == size && strstr(ptx, ".version") && strstr(ptx, "plain"));

  OK(cuInit(0));
  CUcontext c;
  OK(cuDevicePrimaryCtxRetain(&c, 0));
  OK(cuCtxSetCurrent(c));
  CUmodule m;
  CUfunction f;
  CUdeviceptr d;
  OK(cuModuleLoadData(&m, ptx));
  OK(nvrtcGetLoweredName(p, "scale<float>", &lowered));
  OK(cuModuleGetFunction(&f, m, lowered));
  float v = 1.5f;
  int n = 1;
  OK(cuMemAlloc(&d, 4));
  OK(cuMemcpyHtoD(d, &v, 4));
  void* args[] = {&d, &n};
  OK(cuLaunchKernel(f, 1, 1, 1, 32, 1, 1, 0, 0, args, 0));
  OK(cuMemcpyDtoH(&v, d, 4));
  CHECK(v == 4.5f);
  OK(nvrtcGetLoweredName(p, "&scale<int>", &lowered));
  OK(cuModuleGetFunction(&f, m, lowered));
  OK(nvrtcDestroyProgram(&p));
  CHECK(!p);

  OK(nvrtcCreateProgram(&p, "__global__ void k() { int x = nonsense; }", "bad.cu", 0, 0, 0));
  EXPECT(NVRTC_ERROR_COMPILATION, nvrtcCompileProgram(p, 0, 0));
  OK(nvrtcGetProgramLogSize(p, &size));
  char* words = (char*)malloc(size);
  OK(nvrtcGetProgramLog(p, words));
  CHECK(strstr(words, "bad.cu") && strstr(words, "nonsense"));
  OK(nvrtcDestroyProgram(&p));
  return 0;
}
