// The driver API: contexts, modules from PTX, log buffers, linking, libraries, launches in all forms, entry points.
// nvcc: -lcuda
#include "check.h"

static const char* scale =
    ".version 7.8\n.target sm_80\n.address_size 64\n"
    ".visible .global .align 4 .b8 factor[4] = {3, 0, 0, 0};\n"
    ".visible .entry scale(.param .u64 p, .param .u32 n) {\n"
    "  .reg .pred %q; .reg .b32 %r<8>; .reg .b64 %d<6>;\n"
    "  ld.param.u64 %d1, [p]; ld.param.u32 %r1, [n];\n"
    "  mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x; mad.lo.s32 %r5, %r2, %r3, %r4;\n"
    "  setp.ge.u32 %q, %r5, %r1; @%q ret;\n"
    "  cvta.to.global.u64 %d1, %d1; mul.wide.u32 %d2, %r5, 4; add.s64 %d3, %d1, %d2;\n"
    "  ld.global.u32 %r6, [factor]; ld.global.u32 %r7, [%d3]; mul.lo.s32 %r7, %r7, %r6; st.global.u32 [%d3], %r7;\n"
    "  ret;\n}\n";
static const char* caller =
    ".version 7.8\n.target sm_80\n.address_size 64\n"
    ".extern .func (.param .b32 r) plus_one(.param .b32 a);\n"
    ".visible .entry bump(.param .u64 p) {\n"
    "  .reg .b32 %r<4>; .reg .b64 %d<4>;\n"
    "  ld.param.u64 %d1, [p]; cvta.to.global.u64 %d1, %d1; ld.global.u32 %r1, [%d1];\n"
    "  { .param .b32 a; .param .b32 b; st.param.b32 [a], %r1; call.uni (b), plus_one, (a); ld.param.b32 %r2, [b]; }\n"
    "  st.global.u32 [%d1], %r2; ret;\n}\n";
static const char* callee =
    ".version 7.8\n.target sm_80\n.address_size 64\n"
    ".visible .func (.param .b32 r) plus_one(.param .b32 a) {\n"
    "  .reg .b32 %r<3>; ld.param.b32 %r1, [a]; add.s32 %r2, %r1, 1; st.param.b32 [r], %r2; ret;\n}\n";

static void run(CUfunction f, CUdeviceptr d, int expected) {
  int n = 100, out[100];
  for (int i = 0; i < 100; i++) out[i] = i;
  OK(cuMemcpyHtoD(d, out, 400));
  void* args[] = {&d, &n};
  OK(cuLaunchKernel(f, 4, 1, 1, 32, 1, 1, 0, 0, args, 0));
  OK(cuMemcpyDtoH(out, d, 400));
  for (int i = 0; i < 100; i++) CHECK(out[i] == i * expected);
}

// Where no context is current, calls that name memory, a pool or a stream mean the context of that.
static void without_context(CUdevice dev) {
  CUcontext ctx;
  CUstream s;
  CUdeviceptr d, on_stream, on_null, from_pool, seen;
  CUmemoryPool pool;
  void *host, *plain = malloc(4096);
  OK(cuCtxCreate(&ctx, 0, dev));
  OK(cuStreamCreate(&s, CU_STREAM_NON_BLOCKING));
  OK(cuMemAlloc(&d, 64));
  OK(cuMemAllocAsync(&on_null, 64, 0));
  OK(cuMemHostAlloc(&host, 64, CU_MEMHOSTALLOC_DEVICEMAP));
  OK(cuMemHostRegister(plain, 4096, 0));
  OK(cuCtxSetCurrent(nullptr));
  OK(cuDeviceGetDefaultMemPool(&pool, dev));
  EXPECT(CUDA_ERROR_INVALID_CONTEXT, cuMemAllocAsync(&on_stream, 64, 0));
  OK(cuMemAllocAsync(&on_stream, 64, s));
  OK(cuMemAllocFromPoolAsync(&from_pool, 64, pool, s));
  OK(cuMemFreeAsync(on_stream, s));
  OK(cuMemFreeAsync(from_pool, s));
  OK(cuMemFreeAsync(on_null, 0));
  OK(cuMemHostGetDevicePointer(&seen, host, 0));
  CHECK(seen == CUdeviceptr(host));
  OK(cuMemHostUnregister(plain));
  OK(cuMemFreeHost(host));
  OK(cuMemFree(d));
  EXPECT(CUDA_ERROR_INVALID_CONTEXT, cuMemFree(d));  // it is nobody's now
  OK(cuStreamSynchronize(s));
  OK(cuCtxSetCurrent(ctx));
  OK(cuStreamDestroy(s));
  OK(cuCtxDestroy(ctx));
  free(plain);
}

int main() {
  CUdevice dev;
  CUcontext ctx, other, got;
  int count, value;
  EXPECT(CUDA_ERROR_NOT_INITIALIZED, cuDeviceGetCount(&count));
  OK(cuInit(0));
  OK(cuDeviceGetCount(&count));
  CHECK(count == 1);
  OK(cuDeviceGet(&dev, 0));
  char name[64];
  OK(cuDeviceGetName(name, 64, dev));
  CHECK(!strcmp(name, "Sheer BR100"));
  OK(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, dev));
  CHECK(value == 8);
  CUdeviceptr d;
  EXPECT(CUDA_ERROR_INVALID_CONTEXT, cuMemAlloc(&d, 4));
  without_context(dev);
  OK(cuDevicePrimaryCtxRetain(&ctx, dev));
  OK(cuCtxSetCurrent(ctx));
  OK(cuCtxCreate(&other, 0, dev));
  OK(cuCtxGetCurrent(&got));
  CHECK(got == other);
  CUdeviceptr lost;
  OK(cuMemAlloc(&lost, 1024));
  OK(cuCtxDestroy(other));                       // takes its memory along
  OK(cuCtxGetCurrent(&got));
  CHECK(got == ctx);
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuMemFree(lost));

  CUmodule m;
  CUfunction f;
  OK(cuMemAlloc(&d, 400));
  OK(cuModuleLoadData(&m, scale));
  OK(cuModuleGetFunction(&f, m, "scale"));
  EXPECT(CUDA_ERROR_NOT_FOUND, cuModuleGetFunction(&f, m, "nothing"));
  OK(cuModuleGetFunction(&f, m, "scale"));
  run(f, d, 3);
  CUdeviceptr factor;
  size_t bytes;
  OK(cuModuleGetGlobal(&factor, &bytes, m, "factor"));
  CHECK(bytes == 4);
  value = 5;
  OK(cuMemcpyHtoD(factor, &value, 4));
  run(f, d, 5);
  OK(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, f));
  CHECK(value == 1024);
  struct { CUdeviceptr p; int n; } packed = {d, 100};
  size_t size = 12;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
  OK(cuMemsetD32(d, 2, 100));
  OK(cuLaunchKernel(f, 4, 1, 1, 32, 1, 1, 0, 0, 0, extra));
  CUlaunchConfig config = {};
  config.gridDimX = 4; config.gridDimY = config.gridDimZ = config.blockDimY = config.blockDimZ = 1; config.blockDimX = 32;
  void* args[] = {&packed.p, &packed.n};
  OK(cuLaunchKernelEx(&config, f, args, 0));
  OK(cuMemcpyDtoH(&value, d + 396, 4));
  CHECK(value == 50);
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuLaunchKernel(f, 0, 1, 1, 32, 1, 1, 0, 0, args, 0));
  OK(cuModuleUnload(m));
  EXPECT(CUDA_ERROR_INVALID_HANDLE, cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 0, 0, args, 0));

  // Errors go to the log buffer, with the line.
  char log[2048] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void* values[] = {log, (void*)sizeof log};
  int broken = cuModuleLoadDataEx(&m, ".version 7.8\n.target sm_80\n.address_size 64\n.visible .entry k( {\n", 2, options, values);
  CHECK(broken == CUDA_ERROR_INVALID_PTX);
  CHECK(strlen(log) > 10 && (size_t)values[1] == strlen(log));
  static const unsigned char cubin[64] = {0x7f, 'E', 'L', 'F'};
  EXPECT(CUDA_ERROR_NO_BINARY_FOR_GPU, cuModuleLoadData(&m, cubin));
  EXPECT(CUDA_ERROR_FILE_NOT_FOUND, cuModuleLoad(&m, "/nowhere/x.ptx"));

  CUlinkState link;
  void* image;
  OK(cuLinkCreate(0, 0, 0, &link));
  OK(cuLinkAddData(link, CU_JIT_INPUT_PTX, (void*)caller, strlen(caller) + 1, "caller", 0, 0, 0));
  OK(cuLinkAddData(link, CU_JIT_INPUT_PTX, (void*)callee, strlen(callee) + 1, "callee", 0, 0, 0));
  OK(cuLinkComplete(link, &image, &bytes));
  CUlibrary library;
  CUkernel kernel;
  OK(cuLibraryLoadData(&library, image, 0, 0, 0, 0, 0, 0));
  OK(cuLinkDestroy(link));
  values[1] = (void*)sizeof log;
  OK(cuLinkCreate(2, options, values, &link));
  OK(cuLinkAddData(link, CU_JIT_INPUT_PTX, (void*)caller, strlen(caller) + 1, "caller", 0, 0, 0));
  EXPECT(CUDA_ERROR_INVALID_PTX, cuLinkComplete(link, &image, &bytes));
  CHECK(strstr(log, "is called and nowhere defined") && (size_t)values[1] == strlen(log));
  OK(cuLinkDestroy(link));
  OK(cuLibraryGetKernel(&kernel, library, "bump"));
  OK(cuMemsetD32(d, 41, 1));
  OK(cuLaunchKernel((CUfunction)kernel, 1, 1, 1, 1, 1, 1, 0, 0, args, 0));
  OK(cuMemcpyDtoH(&value, d, 4));
  CHECK(value == 42);
  OK(cuLibraryUnload(library));

  void* entry;
  CUdriverProcAddressQueryResult found;
  OK(cuGetProcAddress("cuMemAlloc", &entry, 12000, 0, &found));
  CHECK(entry == (void*)cuMemAlloc && found == CU_GET_PROC_ADDRESS_SUCCESS);
  OK(cuGetProcAddress("cuMemAlloc", &entry, 2000, 0, &found));
  CHECK(!entry && found == CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
  OK(cuGetProcAddress("cuCtxCreate", &entry, 4000, 0, &found));
  CHECK(entry == (void*)cuCtxCreate);
  void* newer;
  OK(cuGetProcAddress("cuCtxCreate", &newer, 12050, 0, &found));
  CHECK(newer == (void*)cuCtxCreate_v4 && newer != entry);
  OK(cuGetProcAddress("cuNothing", &entry, 12000, 0, &found));
  CHECK(!entry && found == CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  EXPECT(CUDA_ERROR_NOT_FOUND, cuGetProcAddress("cuNothing", &entry, 12000, 0, 0));
  void* twin;
  OK(cuGetProcAddress("cuMemcpyHtoDAsync", &entry, 12000, CU_GET_PROC_ADDRESS_LEGACY_STREAM, &found));
  OK(cuGetProcAddress("cuMemcpyHtoDAsync", &twin, 12000, CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM, &found));
  CHECK(entry && twin && entry != twin);
  const char* text;
  OK(cuGetErrorName(CUDA_ERROR_OUT_OF_MEMORY, &text));
  CHECK(!strcmp(text, "CUDA_ERROR_OUT_OF_MEMORY"));
  EXPECT(CUDA_ERROR_INVALID_VALUE, cuGetErrorName(CUresult(4242), &text));
  unsigned state;
  int active;
  OK(cuDevicePrimaryCtxGetState(dev, &state, &active));
  CHECK(active);
  CUdeviceptr base;
  OK(cuMemGetAddressRange(&base, &bytes, d + 100));
  CHECK(base == d && bytes == 400);
  OK(cuMemFree(d));
  OK(cuDevicePrimaryCtxRelease(dev));
  return 0;
}
