// PTX compiler, nvJitLink and nvFatbin: images that the driver API loads, and what they refuse.
// nvcc: -lnvptxcompiler_static -lnvJitLink -lnvfatbin -lcuda
#include "check.h"
#include <nvFatbin.h>
#include <nvJitLink.h>
#include <nvPTXCompiler.h>
#include <nv_decode.h>
#include <string>

#define HEAD ".version 7.0\n.target sm_80\n.address_size 64\n"
static const char* put =
    HEAD ".extern .func (.param .b32 r) value();\n"
    ".visible .entry put(.param .u64 out) {\n .reg .b64 %p; .reg .b32 %v;\n ld.param.u64 %p, [out];\n {.param .b32 r;\n"
    " call.uni (r), value;\n ld.param.b32 %v, [r];\n }\n st.global.u32 [%p], %v;\n ret;\n}\n";
static std::string value(int n) {
  return HEAD ".visible .func (.param .b32 r) value() {\n .reg .b32 %v;\n mov.u32 %v, " + std::to_string(n) + ";\n st.param.b32 [r], %v;\n ret;\n}\n";
}
static std::string alone(int n) {
  return HEAD ".visible .entry put(.param .u64 out) {\n .reg .b64 %p; .reg .b32 %v;\n ld.param.u64 %p, [out];\n mov.u32 %v, " + std::to_string(n) +
         ";\n st.global.u32 [%p], %v;\n ret;\n}\n";
}

static int run(const void* image) {
  CUmodule m;
  CUfunction f;
  CUdeviceptr d;
  int h = 0;
  OK(cuModuleLoadData(&m, image));
  OK(cuModuleGetFunction(&f, m, "put"));
  OK(cuMemAlloc(&d, 4));
  void* args[] = {&d};
  OK(cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 0, 0, args, 0));
  OK(cuMemcpyDtoH(&h, d, 4));
  OK(cuMemFree(d));
  OK(cuModuleUnload(m));
  return h;
}

static void compiler() {
  std::string text = alone(3), wrong = HEAD ".visible .entry put() {\n nonsense.u32;\n ret;\n}\n";
  unsigned major, minor;
  OK(nvPTXCompilerGetVersion(&major, &minor));
  CHECK(major == 12);
  nvPTXCompilerHandle c;
  size_t size = 7;
  const char* options[] = {"--gpu-name=sm_80", "--verbose"};
  OK(nvPTXCompilerCreate(&c, text.size(), text.c_str()));
  EXPECT(NVPTXCOMPILE_ERROR_COMPILER_INVOCATION_INCOMPLETE, nvPTXCompilerGetCompiledProgramSize(c, &size));
  OK(nvPTXCompilerCompile(c, 2, options));
  OK(nvPTXCompilerGetErrorLogSize(c, &size));
  CHECK(size == 0);
  OK(nvPTXCompilerGetCompiledProgramSize(c, &size));
  std::string image(size, 0);
  OK(nvPTXCompilerGetCompiledProgram(c, &image[0]));
  OK(nvPTXCompilerDestroy(&c));
  CHECK(c == nullptr && run(image.data()) == 3);
  OK(nvPTXCompilerCreate(&c, wrong.size(), wrong.c_str()));
  EXPECT(NVPTXCOMPILE_ERROR_COMPILATION_FAILURE, nvPTXCompilerCompile(c, 2, options));
  OK(nvPTXCompilerGetErrorLogSize(c, &size));
  std::string log(size, 0);
  OK(nvPTXCompilerGetErrorLog(c, &log[0]));
  CHECK(log.find("nonsense") != std::string::npos);
  OK(nvPTXCompilerDestroy(&c));
  const char* apart[] = {"-c"};
  for (std::string part : {std::string(put), std::string(put) + "}"}) {  // another text's function is called; one brace too many
    OK(nvPTXCompilerCreate(&c, part.size(), part.c_str()));
    bool right = part == put;
    EXPECT(right ? NVPTXCOMPILE_SUCCESS : NVPTXCOMPILE_ERROR_COMPILATION_FAILURE, nvPTXCompilerCompile(c, 1, apart));
    OK(nvPTXCompilerDestroy(&c));
  }
}

static std::string linker(bool whole) {
  nvJitLinkHandle l;
  const char* options[] = {"-arch=sm_80"};
  std::string v = value(5), image;
  EXPECT(NVJITLINK_ERROR_MISSING_ARCH, nvJitLinkCreate(&l, 0, nullptr));
  OK(nvJitLinkCreate(&l, 1, options));
  OK(nvJitLinkAddData(l, NVJITLINK_INPUT_PTX, put, strlen(put) + 1, "put"));
  if (whole) OK(nvJitLinkAddData(l, NVJITLINK_INPUT_PTX, v.c_str(), v.size() + 1, "value"));
  size_t size;
  EXPECT(whole ? NVJITLINK_SUCCESS : NVJITLINK_ERROR_PTX_COMPILE, nvJitLinkComplete(l));
  OK(nvJitLinkGetErrorLogSize(l, &size));
  image.resize(size);
  OK(nvJitLinkGetErrorLog(l, &image[0]));
  if (whole) {
    CHECK(size == 0);
    OK(nvJitLinkGetLinkedCubinSize(l, &size));
    image.resize(size);
    OK(nvJitLinkGetLinkedCubin(l, &image[0]));
  }
  OK(nvJitLinkDestroy(&l));
  return image;
}

static void fatbins() {
  nvFatbinHandle f;
  std::string old = alone(70), fits = alone(80), late = alone(90);
  OK(nvFatbinCreate(&f, nullptr, 0));
  EXPECT(NVFATBIN_ERROR_INVALID_ARCH, nvFatbinAddPTX(f, old.c_str(), old.size() + 1, "volta", "x", ""));
  EXPECT(NVFATBIN_ERROR_MISSING_PTX_VERSION, nvFatbinAddPTX(f, "ret;", 5, "70", "x", ""));
  OK(nvFatbinAddPTX(f, old.c_str(), old.size() + 1, "70", "x", ""));
  OK(nvFatbinAddPTX(f, late.c_str(), late.size() + 1, "90", "x", ""));
  OK(nvFatbinAddCubin(f, fits.c_str(), fits.size() + 1, "80", "x"));
  size_t size;
  OK(nvFatbinSize(f, &size));
  std::string image(size, 0);
  OK(nvFatbinGet(f, &image[0]));
  OK(nvFatbinDestroy(&f));
  CHECK(run(image.data()) == 80);
  CHECK(!strcmp(nvFatbinGetErrorString(NVFATBIN_ERROR_EMPTY_INPUT), "NVFATBIN_ERROR_EMPTY_INPUT"));
}

int main() {
  CUcontext context;
  CUdevice device;
  OK(cuInit(0));
  OK(cuDeviceGet(&device, 0));
  OK(cuCtxCreate(&context, 0, device));
  compiler();
  CHECK(run(linker(true).data()) == 5);
  CHECK(linker(false).find("value") != std::string::npos);
  fatbins();
  int status = 1;
  char* name = __cu_demangle("_Z5scaleIfEvPT_i", nullptr, nullptr, &status);
  CHECK(status == 0 && !strcmp(name, "void scale<float>(float*, int)"));
  free(name);
  return 0;
}
