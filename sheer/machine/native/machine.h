// The machine's interface for the API layer (sheer/cuda/native): devices, memory, modules, streams, events,
// launches. What comes in: plain calls with host pointers and sizes. What goes out: an Error (numbers equal
// CUDA's), never an exception.
//
// Rules that hold for all of it, unless a line says otherwise:
//  * Every function is thread safe. None needs an init call; the first call sets the machine up.
//  * "blocks" = may wait for device work or for the compiler. Everything not so marked returns at once.
//  * Pointers to Device, Stream, Event, Module, Function stay valid until their destroy call, which is not to
//  race with use.
//  * A device whose work failed is "sticky": device_error() says with what, and submit/sync on it return that
//  error.
//  * A "device" is also the one context of the machine on that device; contexts of the driver API are the API
//  layer's own.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)
namespace sheer {

// Equal to both cudaError_t and CUresult, where those agree: cast it. (700s are the sticky ones, with 214,
// 710, 715-719.)
enum class Error : int {
  Ok = 0,
  InvalidValue = 1,
  OutOfMemory = 2,
  NotInitialized = 3,
  Deinitialized = 4,
  NoDevice = 100,
  InvalidDevice = 101,
  InvalidImage = 200,
  InvalidContext = 201,
  MapFailed = 205,
  NoBinaryForGpu = 209,
  InvalidPtx = 218,
  JitCompilerNotFound = 221,
  UnsupportedPtx = 222,
  InvalidSource = 300,
  FileNotFound = 301,
  SymbolNotFound = 302,
  OperatingSystem = 304,
  InvalidHandle = 400,
  IllegalState = 401,
  NotFound = 500,
  NotReady = 600,
  IllegalAddress = 700,
  LaunchOutOfResources = 701,
  LaunchTimeout = 702,
  HostMemoryAlreadyRegistered = 712,
  HostMemoryNotRegistered = 713,
  Assert = 710,
  HardwareStackError = 714,
  IllegalInstruction = 715,
  MisalignedAddress = 716,
  InvalidAddressSpace = 717,
  InvalidPc = 718,
  LaunchFailure = 719,
  CooperativeLaunchTooLarge = 720,
  NotPermitted = 800,
  NotSupported = 801,
  Unknown = 999,
};

struct Device;
struct Stream;
struct Event;
struct Module;
struct Function;

// Text about the last error that a call of this thread returned ("" if there is nothing to say beyond the
// number); never null.
const char* last_message();
void set_message(const char* format, ...) __attribute__((format(printf, 1, 2)));

// ---- devices
int device_count();         // SHEER_DEVICES, default 1
Device* device(int index);  // null if there is none
int device_index(const Device*);
Error device_error(const Device*);          // the sticky error, or Ok
uint64_t device_capacity(const Device*);    // bytes of memory (chip file, or SHEER_MEMORY)
uint64_t device_free_bytes(const Device*);  // capacity less what is allocated
Error device_synchronize(
    Device*);  // blocks: all work of all streams; flushes printf; returns the sticky error
// Waits for the device's work, frees its memory, streams (not the default ones) and events, drops module
// instances, clears the sticky error. The caller must not use the old handles any more. blocks
Error device_reset(Device*);
// One property of the device by the chip file's name, as decimal or text: "multiprocessors", "memory_bytes",
// "name", ... The chip file is read by the compile worker and cached; null if it has no such line. blocks at
// first use.
const char* device_property(Device*, const char* name);
int device_multiprocessors(Device*);
bool device_busy(const Device*);  // some of its work runs at this moment

enum class Limit { StackBytes, PrintfBytes, HeapBytes };  // defaults 1 KB a thread, 1 MB, 8 MB
Error limit_set(Device*, Limit, uint64_t);  // HeapBytes: InvalidValue once a kernel has run that used malloc
uint64_t limit_get(const Device*, Limit);

// ---- memory
enum class Kind : uint8_t { None, Device, HostPinned, HostRegistered, Managed, Symbol, Mapped };
inline bool device_side(Kind k) {
  return k == Kind::Device || k == Kind::Symbol || k == Kind::Managed || k == Kind::Mapped;
}
struct Range {
  Kind kind;
  uint8_t pad[3];
  int device;  // owner; for host kinds the device current at the call
  void* base;
  uint64_t bytes;
  uint32_t flags;  // the caller's own bits given at allocation
  uint64_t id;     // unique over the process, never reused
};
// Device memory, base aligned to 256 (2 MB for 1 MB and more). Contents undefined. bytes 0 is InvalidValue.
Error memory_allocate(Device*, uint64_t bytes, Kind kind, uint32_t flags,
                      void** out);  // Device, Managed, HostPinned
// Frees what memory_allocate gave, at once: an implicit wait is the caller's business (device_synchronize
// before cudaFree). InvalidValue if `base` is not such an address.
Error memory_free(void* base);
Error memory_register(Device*, void* host, uint64_t bytes,
                      uint32_t flags);  // HostMemoryAlreadyRegistered ...
Error memory_unregister(void* host);
bool memory_find(const void* address,
                 Range* out);  // the range that holds the address; false: plain host memory or nothing
// ---- memory and addresses apart (virtual.cpp). Memory is a file of the kernel's that other processes may be given; it is there once somebody maps
// it. Sizes and addresses are multiples of MAPPING_UNIT. A range of Kind::Mapped has Rights as its flags.
struct Physical;
constexpr uint64_t MAPPING_UNIT = 2 << 20;
enum Rights : uint32_t { ACCESS_NONE = 0, ACCESS_READ = 1, ACCESS_ALL = 3 };
Error physical_create(Device*, uint64_t bytes, uint32_t note, Physical** out);  // `note`: the caller's own bits
Error physical_import(int file, Physical** out);                  // what physical_file gave here or elsewhere; InvalidValue
Error physical_file(Physical*, int* out);                         // a descriptor of it, the caller's to close
Error physical_retain(const void* address, Physical** out);       // of what is mapped there, with one more reference
Error physical_release(Physical*);                                // a reference; mapped memory stays. InvalidValue: it has none
bool physical_describe(Physical*, int* device, uint64_t* bytes, uint32_t* note);  // false: it is none
Error addresses_reserve(uint64_t bytes, uint64_t align, void* wish, void** out);
Error addresses_free(void* base, uint64_t bytes);  // InvalidValue: not such a reservation, or something is mapped there
Error mapping_make(void* at, uint64_t bytes, uint64_t offset, Physical*);
Error mapping_end(void* at, uint64_t bytes);                      // whole mappings
Error mapping_access(void* at, uint64_t bytes, int device, Rights);
Error mapping_asked(const void* at, int device, Rights* out);
bool addresses_reserved(const void* at);  // by addresses_reserve, whether or not something is mapped there

// ---- memory of other processes (shared.cpp)
struct Shared {  // how another process finds an allocation
  uint64_t inode, offset, bytes;
  int process, file, device;
};
Error memory_share(const void* address, Shared* out);  // of the allocation there. blocks; InvalidValue: no device memory
Error shared_open(const Shared&, void** out);          // once more: the same address. InvalidContext: of this process; MapFailed
Error shared_close(void* base);                        // InvalidValue: not such an address
int shared_file(int process, int file, uint64_t inode);  // a descriptor of what another process has open; -1: not that any more

// Calls `visit` for every live range of the device in address order, holding the table's lock: don't allocate
// in it.
void memory_visit(Device*, void (*visit)(const Range&, void* user), void* user);

// ---- modules
// An image: raw PTX text (NUL at the end or not), or a fatbin of our toolchain ("SHEERFB1"). Several texts
// are linked together. Compiling is lazy: loading only asks for the description (disk cache, else the compile
// worker). blocks
struct Image {
  const void* data;
  uint64_t bytes;
};  // bytes 0: PTX text ended by NUL, or a fatbin that knows its size
Error module_load(const Image* images, uint32_t count, Module** out);
bool image_is_relocatable(const void* fatbin);  // flag 1 of a fatbin: wait for its fellows before module_load
Error module_unload(Module*);                   // frees symbols; the caller has synchronised
Error module_function(Module*, const char* name, Function** out);  // NotFound
uint32_t module_function_count(Module*);
Function* module_function_at(Module*, uint32_t index);
// Address and size of a __device__ / __constant__ variable on a device; instantiates the module there.
// NotFound
Error module_symbol(Module*, Device*, const char* name, void** address, uint64_t* bytes);
// From now on the variable lives at `host` on every device (managed variables: the host's own copy of it). To
// be called before the module is used on a device. NotFound, IllegalState
Error module_bind(Module*, const char* name, void* host);
uint32_t module_symbol_count(Module*);
const char* module_symbol_name(Module*, uint32_t index);

struct Param {
  uint32_t offset, bytes, align;
};
struct FunctionInfo {
  const char* name;
  uint32_t param_bytes, param_count;
  const Param* params;
  uint32_t static_shared, local_bytes, registers;
  uint32_t max_threads[3];  // .maxntid, zeros if not given
  Module* module;
};
const FunctionInfo& function_info(const Function*);
// Compiles (or loads) the kernel for this block shape now, instead of at its first launch. blocks
Error function_prepare(Function*, Device*, const uint32_t block[3]);

// ---- streams
enum StreamFlags : uint32_t { STREAM_BLOCKING = 0, STREAM_NON_BLOCKING = 1 };
// The default streams of a device. Legacy: synchronises with every blocking stream of the device, both ways.
Stream* stream_legacy(Device*);
Stream* stream_per_thread(Device*);  // the calling thread's own; blocking kind
Error stream_create(Device*, uint32_t flags, int priority, Stream** out);  // priority: smaller goes first
Error stream_destroy(Stream*);      // work already in it still runs; the handle is dead at once
Error stream_synchronize(Stream*);  // blocks; the sticky error; flushes printf
Error stream_query(Stream*);        // Ok, NotReady, or the sticky error
Device* stream_device(const Stream*);
uint32_t stream_flags(const Stream*);
int stream_priority(const Stream*);
uint64_t stream_id(const Stream*);  // unique, never reused

// ---- events
Error event_create(Device*, Event** out);
Error event_destroy(Event*);      // a pending record still completes
Error event_synchronize(Event*);  // blocks; Ok at once if never recorded
Error event_query(Event*);        // Ok (also if never recorded), NotReady, or the sticky error
Error event_elapsed(Event* start, Event* end,
                    float* milliseconds);  // InvalidHandle: not recorded; NotReady: not done yet
Device* event_device(const Event*);
bool event_recorded(const Event*);

// ---- operations
// Everything put in a stream is an Op. submit() copies all that the Op points to (parameters, not memory
// contents).
enum class OpKind : uint8_t { Empty, Launch, Copy, Fill, Host, Record, Wait, Free, Signal, Await, Conditional, Again };

struct LaunchOp {
  Function* function;
  uint32_t grid[3], block[3];
  uint32_t dynamic_shared;
  bool cooperative;    // all blocks resident: CooperativeLaunchTooLarge is the API layer's check
  const void* params;  // packed parameter block, function_info().param_bytes long: see pack_params
};
struct CopyOp {  // rows of `width` bytes, `height` rows, `depth` slices; a plain copy has height = depth = 1
  void* dst;
  const void* src;
  uint64_t width, height, depth;
  uint64_t dst_pitch, src_pitch;  // bytes from row to row
  uint64_t dst_slice, src_slice;  // bytes from slice to slice
  bool stage_source;  // read the source now, into a buffer of the Op's own: for pageable host memory given to
                      // async
  bool host_waits = false;  // the caller will wait for it: for the run file only
};  // calls (the program may reuse it at once). Overlapping ranges: undefined, except dst == src.
struct FillOp {
  void* dst;
  uint64_t width, height, depth, pitch, slice;  // width in bytes, a multiple of `element`
  uint32_t value, element;                      // element 1, 2 or 4 bytes
};
struct HostOp {
  void (*call)(void* user);
  void* user;
};  // runs on the machine's host-function thread, one at a time
struct RecordOp {
  Event* event;
};
struct WaitOp {
  Event* event;
};  // waits for the event's last record before this call; none: no wait. Any device.
struct FreeOp {
  void* base;
};  // memory_free in stream order

struct SignalOp {
  void (*call)(void* user, uint64_t value);
  void* user;
  uint64_t value;
};  // a few instructions, called in stream order with locks held: it must call nothing of the machine
struct AwaitOp {
  bool (*ready)(void* user, uint64_t value);
  void* user;
  uint64_t value;
};  // the stream goes on once ready() says so; it is asked again and again, and under the same rules

struct GraphBody;  // a graph that a conditional node runs, perhaps many times (conditional.cpp)
enum class Condition : uint8_t { If, While, Switch };
struct ConditionalOp {
  const uint32_t* value;  // read when the node begins, and before each further turn of a While
  Condition kind;
  GraphBody* const* bodies;  // If: what runs where the value is not 0, and what else; Switch: by value
  uint32_t count;
};

struct Op {
  OpKind kind = OpKind::Empty;
  union {
    LaunchOp launch;
    CopyOp copy;
    FillOp fill;
    HostOp host;
    RecordOp record;
    WaitOp wait;
    FreeOp free;
    SignalOp signal;
    AwaitOp await;
    ConditionalOp conditional;
  };
  Op() : launch() {}
};

// Appends to the stream. A Launch compiles its kernel at first use (blocks) and returns launch errors found
// before it starts: InvalidValue (a zero or too large dimension), InvalidPtx and others of the compiler,
// OutOfMemory. Also the sticky error. HostOp is called even when the device is sticky only if `host_always`
// was asked for in submit_callback.
Error submit(Stream*, const Op&);
// As HostOp, but always called, with the error of the work before it (cudaStreamAddCallback).
Error submit_callback(Stream*, void (*call)(void* user, Error status), void* user);
// A whole graph as one operation of the stream: node i starts when its `deps` (indices < i) are done; the
// first ones when the stream's earlier work is done; the stream goes on when all are. Record/Wait nodes are
// allowed.
struct GraphNode {
  const Op* op;
  const uint32_t* deps;
  uint32_t dep_count;
};
Error submit_graph(Stream*, const GraphNode* nodes, uint32_t count);
// A copy of all that the nodes point to, with one reference; what is queued has its own.
GraphBody* body_make(const GraphNode* nodes, uint32_t count);
void body_release(GraphBody*);

// Gathers `args[i]` (as of cudaLaunchKernel's void**) into a parameter block of function_info().param_bytes.
void pack_params(const Function*, void* const* args, void* out);
// Writes what device printf has collected to stdout. Synchronising calls do it themselves.
void printf_flush();

// For the run file (SHEER_PROFILE): the program waits for a "stream", an "event" or a "device", or learns that it need not.
void profile_sync(const char* what, uint64_t id, const Device*);
uint64_t event_number(const Event*);

// ---- the compile worker, NVRTC
struct Text {
  const char* data;
  uint64_t bytes;
};
struct NvrtcRequest {
  const char* name;
  Text source;
  const char* const* options;
  uint32_t option_count;
  const char* const* header_names;
  const Text* headers;
  uint32_t header_count;
};
// On Ok or InvalidSource (does not compile) fills ptx and log; both are malloc'ed, NUL-terminated, the caller
// frees. blocks
Error nvrtc_compile(const NvrtcRequest&, Text* ptx, Text* log);

// ---- hooks
// Watchers (tools, the API tracer). Null members are skipped. Set once, before work; called on the thread
// where it happens.
struct LaunchEvent {
  const Function* function;
  const Device* device;
  const Stream* stream;
  const uint32_t* grid;
  const uint32_t* block;
  uint32_t dynamic_shared;
  uint64_t id;
  const char* engine;         // "native", "checked" or "reference"
  double compile_us, run_us;  // run_us: at the end only
  bool cache_hit;
  Error error;
};
struct Subscriber {
  void (*launch_begin)(void* user, const LaunchEvent&);
  void (*launch_end)(void* user, const LaunchEvent&);
  void (*memory)(void* user, const Range&, bool allocated);
  void* user;
};
void subscribe(const Subscriber&);
// By statx: older C libraries export no fstat. False: no such file.
bool file_facts(int file, uint64_t* inode, uint64_t* bytes);
uint64_t host_ns();  // CLOCK_MONOTONIC; what events and globaltimer-like things stand on
}  // namespace sheer
#pragma GCC visibility pop
