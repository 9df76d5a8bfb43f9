// Launches: configuration checks as the APIs document them, parameters, cooperative size, attributes;
// function attributes and the occupancy calculator of compute capability 8.0.
#include <alloca.h>

#include "api.h"

namespace sheer::api {

static uint32_t most_threads(const Kernel* k) {
  const uint32_t* t = function_info(k->function).max_threads;
  uint64_t declared = uint64_t(t[0] ? t[0] : 1) * (t[1] ? t[1] : 1) * (t[2] ? t[2] : 1);
  return t[0] && declared < MAX_THREADS ? uint32_t(declared) : MAX_THREADS;
}
// Virtual registers of PTX are no measure of a real allocation; never more than a full block can have, in the units
// that are handed out (8 registers a thread, 4 warps), so that at least one block of the declared size is resident.
static uint32_t registers_of(const Kernel* k) {
  uint32_t warps = uint32_t(round_up((most_threads(k) + WARP - 1) / WARP, 4));
  uint32_t most = REGISTERS / warps / 256 * 256 / WARP;
  return max(16u, min(function_info(k->function).registers, min(255u, most)));
}
static uint32_t dynamic_limit(const Kernel* k, int ordinal, int most) {
  uint32_t fixed = function_info(k->function).static_shared;
  if (k->dynamic_shared[ordinal]) return uint32_t(k->dynamic_shared[ordinal]);
  uint32_t room = min(SHARED_DEFAULT, uint32_t(most));
  return fixed > room ? 0 : room - fixed;
}

Error occupancy(Context* c, const Kernel* k, int threads, uint64_t dynamic, int* blocks) {
  if (!blocks || threads <= 0) return Error::InvalidValue;
  *blocks = 0;
  if (uint32_t(threads) > most_threads(k)) return Error::Ok;
  int most = shared_limit(c->device), multiprocessor = 0;
  if (dynamic > dynamic_limit(k, c->ordinal, most)) return Error::Ok;
  device_attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor, c->ordinal, &multiprocessor);
  uint32_t warps = (uint32_t(threads) + WARP - 1) / WARP;
  uint32_t per_warp = uint32_t(round_up(registers_of(k) * WARP, 256));
  uint32_t by_registers = REGISTERS / per_warp / 4 * 4 / warps;
  uint64_t shared = round_up(function_info(k->function).static_shared + dynamic + SHARED_RESERVED, 128);
  if (strict_limits() && uint64_t(multiprocessor) < SHARED_MULTIPROCESSOR) shared -= SHARED_RESERVED;
  uint32_t by_shared = uint32_t(uint64_t(multiprocessor) / max<uint64_t>(shared, 1));
  *blocks = int(min(min(MAX_WARPS / warps, MAX_BLOCKS), min(by_registers, by_shared)));
  return Error::Ok;
}

static Error refuse(Api api, Error runtime_code, const char* what) {
  set_message("%s", what);
  return api == Api::Runtime ? runtime_code : Error::InvalidValue;
}

Error launch_check(Context* c, const LaunchRequest& r, Api api) {
  const uint32_t *g = r.grid, *b = r.block;
  const FunctionInfo& f = function_info(r.kernel->function);
  if (!g[0] || !g[1] || !g[2] || g[0] > 0x7fffffff || g[1] > 65535 || g[2] > 65535)
    return refuse(api, InvalidConfiguration, "the grid has a zero dimension or one that is too large");
  uint64_t threads = uint64_t(b[0]) * b[1] * b[2];
  if (!threads || b[0] > 1024 || b[1] > 1024 || b[2] > 64 || threads > MAX_THREADS)
    return refuse(api, InvalidConfiguration,
                  "the block has a zero dimension, one that is too large, or more than 1024 threads");
  if (threads > most_threads(r.kernel)) {
    set_message("kernel %s: %llu threads a block, its launch bounds allow %u", f.name,
                (unsigned long long)threads, most_threads(r.kernel));
    return Error::InvalidValue;
  }
  int most = shared_limit(c->device), strict_threads = 0;
  if (r.shared > dynamic_limit(r.kernel, c->ordinal, most) || f.static_shared + r.shared > uint64_t(most)) {
    set_message(
        "kernel %s: %u + %llu bytes of shared memory; raise cudaFuncAttributeMaxDynamicSharedMemorySize, at "
        "most %d in all",
        f.name, f.static_shared, (unsigned long long)r.shared, most);
    return Error::InvalidValue;
  }
  if (strict_limits()) {
    SHEER_TRY(device_attribute(cudaDevAttrMaxThreadsPerBlock, c->ordinal, &strict_threads));
    if (threads > uint64_t(strict_threads))
      return refuse(api, InvalidConfiguration, "more threads a block than the chip has");
  }
  if (f.param_count && !r.args && !r.packed) return Error::InvalidValue;
  if (r.cooperative) {
    int blocks = 0;
    SHEER_TRY(occupancy(c, r.kernel, int(threads), r.shared, &blocks));
    if (uint64_t(g[0]) * g[1] * g[2] > uint64_t(blocks) * uint64_t(device_multiprocessors(c->device)))
      return Error::CooperativeLaunchTooLarge;
  }
  return Error::Ok;
}

static void pack(const LaunchRequest& r, uint8_t* out) {
  const FunctionInfo& f = function_info(r.kernel->function);
  if (r.args) pack_params(r.kernel->function, r.args, out);
  else if (r.packed) {
    uint64_t given = min<uint64_t>(r.packed_bytes, f.param_bytes);
    memcpy(out, r.packed, given);
    memset(out + given, 0, f.param_bytes - given);
  }
}

Error launch(Context* c, const LaunchRequest& r, CUstream handle, Api api) {
  StreamObject* s;
  SHEER_TRY(find_stream(c, handle, &s));
  SHEER_TRY(launch_check(c, r, api));
  if (stream_device(s->stream) != c->device) return Error::InvalidHandle;
  if (SHEER_UNLIKELY(capturing(s))) {
    Body body;
    body.type = CU_GRAPH_NODE_TYPE_KERNEL;
    body.launch = r;
    return enqueue(s, body);
  }
  SHEER_TRY(check_legacy(s));
  uint64_t bytes = function_info(r.kernel->function).param_bytes;
  uint8_t* params = static_cast<uint8_t*>(alloca(bytes + 64));
  params += -uintptr_t(params) & 63;
  pack(r, params);
  Op op;
  op.kind = OpKind::Launch;
  op.launch = {r.kernel->function,
               {r.grid[0], r.grid[1], r.grid[2]},
               {r.block[0], r.block[1], r.block[2]},
               uint32_t(r.shared),
               r.cooperative,
               params};
  SHEER_TRY(submit(s->stream, op));
  if (!r.event) return Error::Ok;
  EventObject* e;
  SHEER_TRY(find_event(r.event, &e));
  return record(c, e, handle, 0);
}

Error read_attributes(const CUlaunchAttribute* list, uint32_t count, LaunchRequest* r) {
  if (count && !list) return Error::InvalidValue;
  for (uint32_t i = 0; i < count; i++) {
    const CUlaunchAttributeValue& v = list[i].value;
    switch (int(list[i].id)) {
      case CU_LAUNCH_ATTRIBUTE_COOPERATIVE: r->cooperative = v.cooperative != 0; break;
      case CU_LAUNCH_ATTRIBUTE_PRIORITY:
        r->has_priority = true;
        r->priority = v.priority;
        break;
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
        if (max(v.clusterDim.x, 1u) * max(v.clusterDim.y, 1u) * max(v.clusterDim.z, 1u) > 1) {
          set_message("clusters of more than one block need compute capability 9.0; this device has 8.0");
          return Error(CUDA_ERROR_INVALID_CLUSTER_SIZE);
        }
        break;
      case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT: r->event = v.programmaticEvent.event; break;
      case CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT: r->event = v.launchCompletionEvent.event; break;
      case CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE:
        if (v.deviceUpdatableKernelNode.deviceUpdatable) return Error::NotSupported;
        break;
      default:  // hints: about caches, scheduling, memory domains
        if (int(list[i].id) < 0 || int(list[i].id) > 31) return Error::InvalidValue;
    }
  }
  return Error::Ok;
}

// ---- 
// function attributes
Error kernel_attribute(const Kernel* k, int ordinal, int attribute, int* out) {
  Device* d = device(ordinal);
  if (!d) return Error::InvalidDevice;
  if (!out) return Error::InvalidValue;
  const FunctionInfo& f = function_info(k->function);
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *out = int(most_threads(k)); return Error::Ok;
    case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *out = int(f.static_shared); return Error::Ok;
    case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES: *out = 0; return Error::Ok;
    case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES: *out = int(f.local_bytes); return Error::Ok;
    case CU_FUNC_ATTRIBUTE_NUM_REGS: *out = int(registers_of(k)); return Error::Ok;
    case CU_FUNC_ATTRIBUTE_PTX_VERSION:
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION: *out = 80; return Error::Ok;
    case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA: *out = 0; return Error::Ok;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
      *out = int(dynamic_limit(k, ordinal, shared_limit(d)));
      return Error::Ok;
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: *out = k->carveout; return Error::Ok;
    case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE: *out = 0; return Error::Ok;
    case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
      *out = k->non_portable_cluster;
      return Error::Ok;
  }
  return Error::InvalidValue;
}

Error kernel_set_attribute(Kernel* k, int ordinal, int attribute, int value) {
  Device* d = device(ordinal);
  if (!d) return Error::InvalidDevice;
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
      if (value < 0 || int64_t(value) + function_info(k->function).static_shared > shared_limit(d))
        return Error::InvalidValue;
      k->dynamic_shared[ordinal] = value;
      return Error::Ok;
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
      if (value < -1 || value > 100) return Error::InvalidValue;
      k->carveout = value;
      return Error::Ok;
    case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
      k->non_portable_cluster = value != 0;
      return Error::Ok;
    case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
      return value ? Error::NotSupported : Error::Ok;
  }
  return Error::InvalidValue;
}

static Error potential_block(Context* c, const Kernel* k, CUoccupancyB2DSize bytes_of, size_t fixed,
                             int limit, int* grid, int* block) {
  if (!grid || !block) return Error::InvalidValue;
  int largest = int(most_threads(k)), best = 0, best_block = 0, best_blocks = 0;
  if (limit > 0 && limit < largest) largest = limit;
  for (int aligned = (largest + 31) / 32 * 32; aligned > 0 && best < 2048; aligned -= 32) {
    int size = min(aligned, largest), blocks = 0;
    SHEER_TRY(occupancy(c, k, size, bytes_of ? bytes_of(size) : fixed, &blocks));
    if (size * blocks <= best) continue;
    best = size * blocks;
    best_block = size;
    best_blocks = blocks;
  }
  *block = best_block;
  *grid = best_blocks * device_multiprocessors(c->device);
  return Error::Ok;
}
static Error available_shared(Context* c, const Kernel* k, int blocks, int threads, size_t* out) {
  if (!out || blocks <= 0 || threads <= 0) return Error::InvalidValue;
  int multiprocessor = 0;
  SHEER_TRY(device_attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor, c->ordinal, &multiprocessor));
  int64_t each = multiprocessor / blocks / 128 * 128 - int(SHARED_RESERVED) -
                 int64_t(function_info(k->function).static_shared);
  each = min<int64_t>(each, shared_limit(c->device) - int64_t(function_info(k->function).static_shared));
  *out = each > 0 ? size_t(each) : 0;
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
#define STUB(host) \
  Kernel* k;       \
  SHEER_TRY(find_kernel(host, &k))
#define HANDLE(f) \
  Kernel* k = f;  \
  if (!live(k)) return Error::InvalidHandle

static LaunchRequest request(Kernel* k, dim3 g, dim3 b, size_t shared, void** args) {
  return {k, {g.x, g.y, g.z}, {b.x, b.y, b.z}, shared, args, nullptr, 0, false, false, 0, nullptr, nullptr};
}
Error cudaLaunchKernel(const void* host, dim3 g, dim3 b, void** args, size_t shared, cudaStream_t s) {
  RUNTIME_CONTEXT;
  STUB(host);
  LaunchRequest r = request(k, g, b, shared, args);
  r.host = host;
  return launch(c, r, s, Api::Runtime);
}
Error cudaLaunchCooperativeKernel(const void* host, dim3 g, dim3 b, void** args, size_t shared,
                                  cudaStream_t s) {
  RUNTIME_CONTEXT;
  STUB(host);
  LaunchRequest r = request(k, g, b, shared, args);
  r.cooperative = true;
  r.host = host;
  return launch(c, r, s, Api::Runtime);
}
Error cudaLaunchCooperativeKernelMultiDevice(cudaLaunchParams* list, unsigned count, unsigned) {
  if (!list || !count) return Error::InvalidValue;
  int before;
  SHEER_TRY(impl::cudaGetDevice(&before));
  Error e = Error::Ok;
  for (unsigned i = 0; i < count && e == Error::Ok; i++) {
    StreamObject* s;
    Context* c;
    SHEER_TRY(runtime_context(&c));
    e = find_stream(c, list[i].stream, &s);
    if (e == Error::Ok) e = impl::cudaSetDevice(device_index(stream_device(s->stream)));
    if (e == Error::Ok)
      e = impl::cudaLaunchCooperativeKernel(list[i].func, list[i].gridDim, list[i].blockDim, list[i].args,
                                            list[i].sharedMem, list[i].stream);
  }
  impl::cudaSetDevice(before);
  return e;
}
Error cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* host, void** args) {
  if (!config) return Error::InvalidValue;
  RUNTIME_CONTEXT;
  STUB(host);
  LaunchRequest r = request(k, config->gridDim, config->blockDim, config->dynamicSmemBytes, args);
  SHEER_TRY(read_attributes(reinterpret_cast<const CUlaunchAttribute*>(config->attrs), config->numAttrs, &r));
  r.host = host;
  return launch(c, r, config->stream, Api::Runtime);
}

Error cudaFuncGetAttributes(cudaFuncAttributes* out, const void* host) {
  if (!out) return Error::InvalidValue;
  RUNTIME_CONTEXT;
  STUB(host);
  memset(out, 0, sizeof *out);
  auto ask = [&](int attribute) {
    int v = 0;
    kernel_attribute(k, c->ordinal, attribute, &v);
    return v;
  };
  out->sharedSizeBytes = size_t(ask(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES));
  out->constSizeBytes = size_t(ask(CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES));
  out->localSizeBytes = size_t(ask(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES));
  out->maxThreadsPerBlock = ask(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  out->numRegs = ask(CU_FUNC_ATTRIBUTE_NUM_REGS);
  out->ptxVersion = ask(CU_FUNC_ATTRIBUTE_PTX_VERSION);
  out->binaryVersion = ask(CU_FUNC_ATTRIBUTE_BINARY_VERSION);
  out->maxDynamicSharedSizeBytes = ask(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
  out->preferredShmemCarveout = ask(CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT);
  out->nonPortableClusterSizeAllowed = ask(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED);
  return Error::Ok;
}
Error cudaFuncSetAttribute(const void* host, cudaFuncAttribute attribute, int value) {
  RUNTIME_CONTEXT;
  STUB(host);
  return kernel_set_attribute(k, c->ordinal, attribute, value);
}
Error cudaFuncSetCacheConfig(const void* host, cudaFuncCache config) {
  RUNTIME_CONTEXT;
  STUB(host);
  return impl::cuFuncSetCacheConfig(k, CUfunc_cache(config));
}
Error cudaFuncSetSharedMemConfig(const void* host, cudaSharedMemConfig config) {
  RUNTIME_CONTEXT;
  STUB(host);
  return impl::cuFuncSetSharedMemConfig(k, CUsharedconfig(config));
}
Error cudaSetDoubleForDevice(double* d) {
  return d ? Error::Ok : Error::InvalidValue;
}  // doubles are doubles
Error cudaSetDoubleForHost(double* d) { return d ? Error::Ok : Error::InvalidValue; }

Error cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* out, const void* host, int threads, size_t dynamic) {
  RUNTIME_CONTEXT;
  STUB(host);
  return occupancy(c, k, threads, dynamic, out);
}
Error cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* out, const void* host, int threads,
                                                             size_t dynamic, unsigned flags) {
  if (flags & ~1u) return Error::InvalidValue;
  return impl::cudaOccupancyMaxActiveBlocksPerMultiprocessor(out, host, threads, dynamic);
}
Error cudaOccupancyAvailableDynamicSMemPerBlock(size_t* out, const void* host, int blocks, int threads) {
  RUNTIME_CONTEXT;
  STUB(host);
  return available_shared(c, k, blocks, threads, out);
}

// ---- 
// driver
static Error with_extra(void** extra, LaunchRequest* r) {
  for (void** at = extra; at && *at != CU_LAUNCH_PARAM_END; at += 2) {
    if (*at == CU_LAUNCH_PARAM_BUFFER_POINTER) r->packed = at[1];
    else if (*at == CU_LAUNCH_PARAM_BUFFER_SIZE) r->packed_bytes = *static_cast<size_t*>(at[1]);
    else return Error::InvalidValue;
  }
  return r->args && extra ? Error::InvalidValue : Error::Ok;
}
Error cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                     unsigned bz, unsigned shared, CUstream s, void** args, void** extra) {
  DRIVER_CONTEXT;
  HANDLE(f);
  LaunchRequest r = request(k, dim3(gx, gy, gz), dim3(bx, by, bz), shared, args);
  SHEER_TRY(with_extra(extra, &r));
  return launch(c, r, s, Api::Driver);
}
Error cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction f, void** args, void** extra) {
  if (!config) return Error::InvalidValue;
  DRIVER_CONTEXT;
  HANDLE(f);
  LaunchRequest r =
      request(k, dim3(config->gridDimX, config->gridDimY, config->gridDimZ),
              dim3(config->blockDimX, config->blockDimY, config->blockDimZ), config->sharedMemBytes, args);
  SHEER_TRY(with_extra(extra, &r));
  SHEER_TRY(read_attributes(config->attrs, config->numAttrs, &r));
  return launch(c, r, config->hStream, Api::Driver);
}
Error cuLaunchCooperativeKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                                unsigned bz, unsigned shared, CUstream s, void** args) {
  DRIVER_CONTEXT;
  HANDLE(f);
  LaunchRequest r = request(k, dim3(gx, gy, gz), dim3(bx, by, bz), shared, args);
  r.cooperative = true;
  return launch(c, r, s, Api::Driver);
}
Error cuLaunchCooperativeKernelMultiDevice(CUDA_LAUNCH_PARAMS* list, unsigned count, unsigned) {
  DRIVER_CONTEXT;
  if (!list || !count) return Error::InvalidValue;
  for (unsigned i = 0; i < count; i++) {
    const CUDA_LAUNCH_PARAMS& p = list[i];
    HANDLE(p.function);
    StreamObject* s;
    SHEER_TRY(find_stream(c, p.hStream, &s));
    LaunchRequest r = request(k, dim3(p.gridDimX, p.gridDimY, p.gridDimZ),
                              dim3(p.blockDimX, p.blockDimY, p.blockDimZ), p.sharedMemBytes, p.kernelParams);
    r.cooperative = true;
    SHEER_TRY(launch(s->context, r, p.hStream, Api::Driver));
  }
  return Error::Ok;
}
Error cuFuncGetAttribute(int* out, CUfunction_attribute attribute, CUfunction f) {
  SHEER_TRY(driver_ready());
  HANDLE(f);
  Thread& t = thread();
  return kernel_attribute(k, t.contexts.count && t.contexts.back() ? t.contexts.back()->ordinal : 0,
                          attribute, out);
}
Error cuFuncSetAttribute(CUfunction f, CUfunction_attribute attribute, int value) {
  DRIVER_CONTEXT;
  HANDLE(f);
  return kernel_set_attribute(k, c->ordinal, attribute, value);
}
Error cuOccupancyMaxActiveBlocksPerMultiprocessor(int* out, CUfunction f, int threads, size_t dynamic) {
  DRIVER_CONTEXT;
  HANDLE(f);
  return occupancy(c, k, threads, dynamic, out);
}
Error cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* out, CUfunction f, int threads,
                                                           size_t dynamic, unsigned flags) {
  if (flags & ~1u) return Error::InvalidValue;
  return impl::cuOccupancyMaxActiveBlocksPerMultiprocessor(out, f, threads, dynamic);
}
Error cuOccupancyMaxPotentialBlockSize(int* grid, int* block, CUfunction f, CUoccupancyB2DSize bytes_of,
                                       size_t dynamic, int limit) {
  DRIVER_CONTEXT;
  HANDLE(f);
  return potential_block(c, k, bytes_of, dynamic, limit, grid, block);
}
Error cuOccupancyMaxPotentialBlockSizeWithFlags(int* grid, int* block, CUfunction f,
                                                CUoccupancyB2DSize bytes_of, size_t dynamic, int limit,
                                                unsigned flags) {
  if (flags & ~1u) return Error::InvalidValue;
  return impl::cuOccupancyMaxPotentialBlockSize(grid, block, f, bytes_of, dynamic, limit);
}
Error cuOccupancyAvailableDynamicSMemPerBlock(size_t* out, CUfunction f, int blocks, int threads) {
  DRIVER_CONTEXT;
  HANDLE(f);
  return available_shared(c, k, blocks, threads, out);
}
}  // namespace sheer::impl
