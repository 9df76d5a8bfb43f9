// What the files of the API layer share: contexts, streams, events, kernels, arrays, pools, graphs behind the
// public handles; the calling thread's state; and how a call finds its context and stream. Both APIs stand on
// the same objects.
//
// Implementations return sheer::Error, whose numbers are those of cudaError_t and CUresult; the entry points
// that generate.py makes from the function table convert it, remember it as the thread's last error, and
// trace it.
#pragma once
#include "base.h"
#include "machine.h"
#include "include/cuda.h"
#include "include/cuda_runtime_api.h"
#define SHEER_NO_CXX_LIBRARY
#include "include/nvrtc.h"
#include "include/nvml.h"
#include "include/nvFatbin.h"
#include "include/nvJitLink.h"
#include "include/nvPTXCompiler.h"

// First lines of implementations: `c` is the context that a call of the runtime, or of the driver, means.
#define RUNTIME_CONTEXT \
  Context* c;           \
  SHEER_TRY(runtime_context(&c))
#define DRIVER_CONTEXT \
  Context* c;          \
  SHEER_TRY(driver_context(&c))

namespace sheer::api {

#define SHEER_TRY(call)                                                                 \
  do {                                                                                  \
    if (::sheer::Error sheer_e = (call); sheer_e != ::sheer::Error::Ok) return sheer_e; \
  } while (0)

constexpr Error InvalidConfiguration = Error(cudaErrorInvalidConfiguration);
constexpr Error InvalidPitch = Error(cudaErrorInvalidPitchValue);
constexpr Error InvalidSymbol = Error(cudaErrorInvalidSymbol);
constexpr Error InvalidDirection = Error(cudaErrorInvalidMemcpyDirection);
constexpr Error InvalidKernel = Error(cudaErrorInvalidDeviceFunction);
constexpr Error UnsupportedLimit = Error(cudaErrorUnsupportedLimit);

// What compute capability 8.0 promises, whatever the chip.
constexpr uint32_t MAX_THREADS = 1024, WARP = 32, MAX_WARPS = 64, MAX_BLOCKS = 32, REGISTERS = 65536;
constexpr uint32_t SHARED_DEFAULT = 48 << 10, SHARED_OPT_IN = 163 << 10, SHARED_MULTIPROCESSOR = 164 << 10,
                   SHARED_RESERVED = 1 << 10;
constexpr int API_VERSION = CUDA_VERSION, MAX_DEVICES = 64;

// A handle's first word says what it points to. Objects are never given back to malloc, only reused, so that
// a stale handle can be recognised.
enum class Tag : uint32_t {
  Dead,
  Context = 0x53480001,
  Stream,
  Event,
  Module,
  Kernel,
  Array,
  MipmappedArray,
  Pool,
  Graph,
  Node,
  Exec,
  UserObject,
  Link,
  Library,
  Condition
};

template <class T>
struct Slab {  // live objects of one kind
  Mutex lock;
  Vec<T*> idle;
  template <class... A>
  T* take(A&&... a) {
    T* t = nullptr;
    {
      Hold hold(lock);
      if (idle.count) {
        t = idle.back();
        idle.pop();
      }
    }
    if (!t) return make<T>(static_cast<A&&>(a)...);
    return new (t) T{static_cast<A&&>(a)...};
  }
  void give(T* t) {
    t->~T();
    memset(static_cast<void*>(t), 0, sizeof(T));
    Hold hold(lock);
    idle.push(t);
  }
};
}  // namespace sheer::api

// ---- behind the
// handles
struct CUctx_st {
  sheer::api::Tag tag = sheer::api::Tag::Context;
  int ordinal = 0;
  sheer::Device* device = nullptr;
  bool primary = false;
  int retained = 0;  // primary: cuDevicePrimaryCtxRetain less Release
  uint64_t id = 0;
  uint32_t flags = 0, version = 3020;
  int cache_config = 0, shared_config = 1;
  uint64_t limits[16] = {};  // those that are only kept
  CUstream legacy = nullptr;
  uint32_t captures = 0;  // of blocking streams of this context, now going on
  uint64_t peers = 0;     // bit per device whose memory this context was allowed to use
};

struct CUstream_st {
  sheer::api::Tag tag = sheer::api::Tag::Stream;
  uint32_t flags = 0;
  int priority = 0;
  CUcontext context = nullptr;
  sheer::Stream* stream = nullptr;
  bool legacy = false, per_thread = false;
  struct sheer_capture* capture = nullptr;
  sheer::Vec<CUgraphNode> tail;  // while captured: what the next node depends on
  CUaccessPolicyWindow window = {};
  CUsynchronizationPolicy sync_policy = CU_SYNC_POLICY_AUTO;
  CUlaunchMemSyncDomainMap domains = {0, 1};
  CUlaunchMemSyncDomain domain = CU_LAUNCH_MEM_SYNC_DOMAIN_DEFAULT;
};

struct CUevent_st {
  sheer::api::Tag tag = sheer::api::Tag::Event;
  uint32_t flags = 0;
  CUcontext context = nullptr;
  sheer::Event* event = nullptr;
  struct sheer_shared_event* shared = nullptr;  // cudaEventInterprocess: what all processes see of it
  struct sheer_capture* capture = nullptr;  // recorded in a capture ...
  uint64_t capture_id = 0;
  sheer::Vec<CUgraphNode> nodes;  // ... after these
};

struct CUmod_st {  // a module, and the library that loads one lazily
  sheer::api::Tag tag = sheer::api::Tag::Module;
  CUcontext context = nullptr;  // null: a library
  sheer::Module* module = nullptr;
  sheer::Mutex lock;
  sheer::Vec<CUfunction> kernels;
};

struct CUfunc_st {  // CUfunction, CUkernel, cudaFunction_t and cudaKernel_t
  sheer::api::Tag tag = sheer::api::Tag::Kernel;
  sheer::Function* function = nullptr;
  CUmodule module = nullptr;
  int dynamic_shared[sheer::api::MAX_DEVICES] = {};  // raised maximum, 0: the default
  int carveout = -1, cache_config = 0;
  bool non_portable_cluster = false;
};

struct cudaArray {  // CUarray and cudaArray_t: plain rows, one slice after the other
  sheer::api::Tag tag = sheer::api::Tag::Array;
  CUcontext context = nullptr;
  void* data = nullptr;
  uint64_t width = 0, height = 0, depth = 0;  // elements; 0 as given: fewer dimensions
  uint64_t pitch = 0;
  uint32_t element = 0, channels = 0, flags = 0;
  CUarray_format format = CU_AD_FORMAT_UNSIGNED_INT8;
  cudaChannelFormatDesc desc = {};
  uint64_t rows() const { return height ? height : 1; }
  uint64_t slices() const { return depth ? depth : 1; }
};
struct CUarray_st : cudaArray {};

struct cudaMipmappedArray {  // CUmipmappedArray and cudaMipmappedArray_t
  sheer::api::Tag tag = sheer::api::Tag::MipmappedArray;
  sheer::Vec<cudaArray*> levels;
};
struct CUmipmappedArray_st : cudaMipmappedArray {};

struct CUmemPoolHandle_st {
  sheer::api::Tag tag = sheer::api::Tag::Pool;
  int ordinal = 0;
  bool built_in = false, imported = false;
  int file = 0;        // what other processes know it by, and its inode
  uint64_t inode = 0;
  uint64_t max_bytes = 0, threshold = 0, used = 0, used_high = 0;
  int reuse[3] = {1, 1, 1};
  uint8_t access[sheer::api::MAX_DEVICES] = {};  // 0: as by default
  cudaMemPoolProps properties = {};
};

struct CUuserObject_st {
  sheer::api::Tag tag = sheer::api::Tag::UserObject;
  void* pointer = nullptr;
  CUhostFn destroy = nullptr;
  int64_t references = 0;
};

namespace sheer::api {
using Context = CUctx_st;
using StreamObject = CUstream_st;
using EventObject = CUevent_st;
using ModuleObject = CUmod_st;
using Kernel = CUfunc_st;
using Array = cudaArray;
using MipmappedArray = cudaMipmappedArray;
using Pool = CUmemPoolHandle_st;

// ---- the
// calling thread
struct LaunchConfiguration {
  dim3 grid, block;
  size_t shared;
  cudaStream_t stream;
};
struct Thread {
  Vec<Context*> contexts;  // the stack of current contexts
  int device = 0;          // the runtime's current device
  bool device_chosen = false;
  Error last = Error::Ok;  // the runtime's last error
  bool sticky = false;     // ... is the device's, and stays
  int sticky_device = 0;
  bool per_thread_default = false;  // inside a _ptds or _ptsz entry point
  int capture_mode = cudaStreamCaptureModeGlobal;
  uint32_t local_captures = 0;  // thread-local captures that this thread began
  Vec<LaunchConfiguration> configurations;
  StreamObject* per_thread[MAX_DEVICES] = {};
};
Thread& thread();
struct PerThreadScope {
  bool before;
  PerThreadScope() : before(thread().per_thread_default) { thread().per_thread_default = true; }
  ~PerThreadScope() { thread().per_thread_default = before; }
};

// ---- contexts
// (context.cpp)
bool initialized();
void initialize();
Context* primary(int ordinal);  // made at first use; null if there is no such device
// The runtime's current context, made current if there is none; the device's sticky error.
Error runtime_context(Context** out);
Error runtime_context_quiet(Context** out);  // as before, but no word of the sticky error
// NotInitialized, InvalidContext, the sticky error. `otherwise`: whose objects the call names, where no context is current.
Error driver_context(Context** out, Context* otherwise = nullptr);
Error driver_ready();                        // NotInitialized
bool live(const Context*);
// Which of the two APIs calls decides how a context is found.
enum class Api { Runtime, Driver };
inline Error current(Api api, Context** out) {
  return api == Api::Runtime ? runtime_context(out) : driver_context(out);
}
void forget_device(int ordinal);  // reset: pools and objects of the device start anew
bool strict_limits();
uint64_t chip_number(Device*, const char* name, uint64_t otherwise);

// ---- properties and limits
// (device.cpp)
Error device_attribute(int attribute, int ordinal, int* out);
Error limit_write(Context*, int limit, size_t value);
Error limit_read(Context*, int limit, size_t* out);
Error device_uuid(int ordinal, void* out);

// ---- streams, events
// (streams.cpp)
Error find_stream(Context*, CUstream handle, StreamObject** out);
// For driver calls on a stream: where no context is current, that of the stream stands in, else `otherwise`.
Error stream_context(Context** out, CUstream, Context* otherwise = nullptr);
StreamObject* default_stream(Context*);  // what the null stream means here
Error stream_make(Context*, uint32_t flags, int priority, StreamObject** out);
Error find_event(CUevent handle, EventObject** out);
Error event_make(Context*, uint32_t flags, EventObject** out);
Error record(Context*, EventObject*, CUstream, uint32_t flags);
Error wait(Context*, CUstream, EventObject*, uint32_t flags);
Error host_function(Context*, CUstream, CUhostFn, void* user);
Error stream_callback(Context*, CUstream, cudaStreamCallback_t, void* user, uint32_t flags);
constexpr int GREATEST_PRIORITY = -5, LEAST_PRIORITY = 0;

// ---- memory
// (memory.cpp)
struct Allocation {  // what the API knows beside the machine's Range
  Context* context;
  Pool* pool;
  uint32_t flags;
  uint64_t bytes;
  int preferred, accessed_by, read_mostly, prefetched;  // advice; -1: host, -2: none
  bool of_graph;
};
bool allocation_find(const void* base, Allocation* out);
void allocation_forget(const void* base);
bool allocation_visit(const void* base, void (*change)(Allocation&, void*), void* user);
template <class F>
bool allocation_change(const void* base, F change) {
  return allocation_visit(base, [](Allocation& a, void* f) { (*static_cast<F*>(f))(a); }, &change);
}
void allocation_give_to_pool(const void* base, Pool*);
void allocation_give_to_graph(const void* base);
void allocation_imported(Context*, void* base, uint64_t bytes, Pool*);
Error allocate(Context*, uint64_t bytes, Kind, uint32_t flags, void** out);
Error allocate_pitched(Context*, void** out, size_t* pitch, size_t width, size_t rows);
Error release(Context*, void* base, bool host);  // cudaFree, cudaFreeHost: waits first
Error host_register(Context*, void*, size_t, uint32_t flags);
Error host_unregister(Context*, void*);
Error host_flags(const void*, uint32_t* out);
void release_all_of(Context*);
Error pointer_range(const void*, Range* out);  // InvalidValue if the machine does not know it
Error advise(Context*, const void*, size_t, int advice, int location);
Error prefetch(Context*, const void*, size_t, int location, CUstream);
Error range_attribute(void* data, size_t bytes, int attribute, const void*, size_t count);

// ---- arrays
// (arrays.cpp)
bool live(const Array*);
bool live(const MipmappedArray*);
Error array_make(Context*, const cudaChannelFormatDesc&, uint64_t w, uint64_t h, uint64_t d, uint32_t flags,
                 Array** out);
Error array_free(Context*, Array*);
bool format_of(const cudaChannelFormatDesc&, CUarray_format* format, uint32_t* channels, uint32_t* element);
bool desc_of(CUarray_format, uint32_t channels, cudaChannelFormatDesc* desc, uint32_t* element);

// ---- pools
// (pools.cpp)
Error find_pool(Context*, CUmemoryPool, Pool** out);
Error pool_allocate(Context*, Pool*, size_t, CUstream, void** out);
Error pool_free(Context*, void*, CUstream);
Pool* current_pool(int ordinal);
void pool_forget(const Allocation&);  // the allocation is gone
Error imported_pool(int ordinal, Pool** out);  // of another process: nothing is allocated from it

// ---- interprocess events
// (ipc.cpp)
Error shared_event_make(sheer_shared_event** out);
Error shared_event_record(EventObject*, StreamObject*);
Error shared_event_wait(EventObject*, StreamObject*);
bool shared_event_done(EventObject*);

// ---- copies
// (copy.cpp)
struct Side {
  void* pointer;
  Array* array;
  uint64_t pitch, rows, x, y, z;
};  // x in bytes; rows of a slice
struct Copy3D {
  Side src, dst;
  uint64_t width, height, depth;
  int kind;
};  // width in bytes
enum class CopyMode { Wait, Async };
Error copy(Context*, const Copy3D&, CUstream, CopyMode);
Error copy_check(const Copy3D&, CopyOp* out);  // resolves arrays, checks pitches, directions, ranges
Copy3D plain_copy(void* dst, const void* src, uint64_t bytes, int kind);
Error fill(Context*, void* dst, uint64_t pitch, uint64_t rows, uint32_t value, uint32_t element,
           uint64_t width, uint64_t height, uint64_t depth, CUstream, CopyMode);
Error fill_check(const FillOp&);
Error from_runtime(const cudaMemcpy3DParms&, Copy3D* out);
Error from_driver(const CUDA_MEMCPY3D&, Copy3D* out);
Error from_driver(const CUDA_MEMCPY3D_PEER&, Copy3D* out);
Error from_driver_2d(const CUDA_MEMCPY2D&, Copy3D* out);
Error symbol_copy(Context*, const void* symbol, void* other, size_t count, size_t offset, int kind,
                  bool to_symbol, Copy3D* out);
void to_runtime(const Copy3D&, cudaMemcpy3DParms* out);
void to_driver(const Copy3D&, CUDA_MEMCPY3D* out);

// ---- modules, kernels
// (modules.cpp, registry.cpp)
bool live(const Kernel*);
Error module_make(Context*, const Image*, uint32_t count, ModuleObject** out);
Error module_kernel(ModuleObject*, const char* name, Kernel** out);
Error module_drop(ModuleObject*);
Error image_of(const void* data,
               Image* out);  // what a pointer given as an image is; refuses machine code, saying what to do
Error image_texts(const void* data, size_t bytes, Vec<String>* texts);  // adds the image's PTX
String image_around(const Vec<String>& texts);                          // a fatbin of texts that belong together
Error link_texts(const Vec<String>& texts, String* image);              // the same, if they are right and fit together
Error parse_text(const String& text);                                   // can it be read? Names of other texts may be missing
Error read_file(const char* path, String* out);
Error find_kernel(const void* host, Kernel** out);  // a registered host stub, or a kernel handle
Error find_symbol(Context*, const void* host, void** address, size_t* bytes);
const char* kernel_name(const Kernel*);

// ---- launches
// (launch.cpp)
struct LaunchRequest {
  Kernel* kernel;
  uint32_t grid[3], block[3];
  uint64_t shared;
  void** args;
  const void* packed;
  uint64_t packed_bytes;
  bool cooperative, has_priority;
  int priority;
  CUevent event;     // event: recorded after it
  const void* host;  // the runtime's name of the kernel, if it has one
};
Error launch(Context*, const LaunchRequest&, CUstream, Api);
Error launch_check(Context*, const LaunchRequest&, Api);
Error read_attributes(const CUlaunchAttribute*, uint32_t count, LaunchRequest*);
Error kernel_attribute(const Kernel*, int ordinal, int attribute, int* out);
Error kernel_set_attribute(Kernel*, int ordinal, int attribute, int value);
Error occupancy(Context*, const Kernel*, int threads, uint64_t dynamic, int* blocks);
int shared_limit(Device*);  // opt-in maximum of a block

// ---- graphs, capture
// (graph*.cpp, capture.cpp)
struct Body {  // a graph node's work, or work that goes to a stream at once
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
  LaunchRequest launch = {};
  Copy3D copy = {};
  FillOp fill = {};
  HostOp host = {};
  EventObject* event = nullptr;
  void* pointer = nullptr;  // alloc, free
  uint64_t bytes = 0;
  CUgraph child = nullptr;
  struct ConditionObject* condition = nullptr;  // of a conditional node, with
  CUgraphConditionalNodeType choice = CU_GRAPH_COND_TYPE_IF;
  CUgraph* bodies = nullptr;  // these many graphs to choose from
  uint32_t body_count = 0;
};
Error enqueue(StreamObject*, const Body&);  // to the capture, if the stream is captured, else at once
Error to_op(const Body&, Op* op);
bool capturing(const StreamObject* s);
// Refuses calls that a capture forbids, and spoils the captures that are in the way.
Error check_unsafe_call();
Error check_legacy(StreamObject*);  // work for the legacy stream while a blocking stream is captured
Error check_capture_sync(Context*, StreamObject* only);
Error capture_record(StreamObject*, EventObject*);
Error capture_wait(StreamObject*, EventObject*, bool* handled);
void capture_forget(StreamObject*);

void say_once(const char* function, const char* why);
Error unsupported(const char* function, const char* why);
const char* error_name(int code);
const char* error_string(int code);
}  // namespace sheer::api

// Implementations of the table's functions, by their exported names: implemented.h declares them.
namespace sheer::impl {
using namespace sheer::api;
}
#include "implemented.h"
