// Memory, events and pools of one process in another. Handles say which process has what open (machine/native/shared.cpp); an interprocess event is
// a pair of counters in memory that both map: how often it was recorded, and which of these records is done.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api.h"

namespace sheer::api {
constexpr uint64_t MEMORY_MARK = 0x004d454d52454853, EVENT_MARK = 0x0054564552454853;  // "SHERMEM", "SHEREVT"

struct Handle {  // what the 64 bytes hold
  uint64_t mark;
  Shared what;
  uint64_t pool;  // the inode that says which it belongs to, or 0
};
static_assert(sizeof(Handle) <= 64);

static uint64_t inode_of(int file) {
  uint64_t inode = 0, bytes;
  file_facts(file, &inode, &bytes);
  return inode;
}
static Handle handle_of(const void* bytes) {
  Handle h;
  memcpy(&h, bytes, sizeof h);
  return h;
}
static void write_handle(void* bytes, uint64_t mark, const Shared& what, uint64_t pool = 0) {
  Handle h = {mark, what, pool};
  memset(bytes, 0, 64);
  memcpy(bytes, &h, sizeof h);
}

// ---- memory
static Error export_memory(void* out, const void* p) {
  if (!out || !p) return Error::InvalidValue;
  Allocation a;
  Range r;
  if (!memory_find(p, &r) || !allocation_find(r.base, &a) || a.pool || a.of_graph) return Error::InvalidValue;
  Shared s;
  SHEER_TRY(memory_share(p, &s));
  write_handle(out, MEMORY_MARK, s);
  return Error::Ok;
}
static Error open_memory(void** out, const void* bytes, unsigned flags) {
  if (!out || flags & ~unsigned(cudaIpcMemLazyEnablePeerAccess)) return Error::InvalidValue;
  Handle h = handle_of(bytes);
  return h.mark == MEMORY_MARK ? shared_open(h.what, out) : Error::InvalidHandle;
}
static Error close_memory(Context* c, void* base) {
  if (!base) return Error::InvalidValue;
  SHEER_TRY(device_synchronize(c->device));
  return shared_close(base);
}

// ---- events
}  // namespace sheer::api
struct sheer_shared_event {
  uint64_t recorded, completed;
  int recorder;  // the process that recorded last: its work ends with it
  uint32_t unused[11];
};
namespace sheer::api {
using SharedEvent = sheer_shared_event;
struct Arena {  // events of this process, or of another
  int file;     // -1: another's
  uint64_t inode;
  SharedEvent* events;
  uint32_t used;
};
constexpr uint32_t ARENA_EVENTS = 1 << 14;
constexpr uint64_t ARENA_BYTES = ARENA_EVENTS * sizeof(SharedEvent);
static Mutex arenas_lock;
static Vec<Arena> arenas;

static SharedEvent* map_arena(int file) {
  void* at = mmap(nullptr, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return at == MAP_FAILED ? nullptr : static_cast<SharedEvent*>(at);
}

// An event's counters are not given to another event: work that is still to come may set them.
Error shared_event_make(SharedEvent** out) {
  Hold hold(arenas_lock);
  Arena* room = nullptr;
  for (Arena& a : arenas)
    if (a.file >= 0 && a.used < ARENA_EVENTS) room = &a;
  if (!room) {
    int file = memfd_create("sheer-events", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, off_t(ARENA_BYTES))) return Error::OutOfMemory;
    SharedEvent* events = map_arena(file);
    if (!events) return Error::OutOfMemory;
    arenas.push(Arena{file, inode_of(file), events, 0});
    room = &arenas.back();
  }
  *out = room->events + room->used++;
  return Error::Ok;
}

static Error export_event(void* out, EventObject* e) {
  if (!out) return Error::InvalidValue;
  Hold hold(arenas_lock);
  for (Arena& a : arenas) {
    if (a.file < 0 || !e->shared || e->shared < a.events || e->shared >= a.events + ARENA_EVENTS) continue;
    uint64_t offset = uint64_t(e->shared) - uint64_t(a.events);
    write_handle(out, EVENT_MARK, Shared{a.inode, offset, sizeof(SharedEvent), getpid(), a.file, e->context->ordinal});
    return Error::Ok;
  }
  return Error::InvalidHandle;  // not made with cudaEventInterprocess, or another process made it
}

static Error open_event(Context* c, EventObject** out, const void* bytes) {
  Handle h = handle_of(bytes);
  if (!out) return Error::InvalidValue;
  if (h.mark != EVENT_MARK || h.what.offset >= ARENA_BYTES || h.what.offset % sizeof(SharedEvent)) return Error::InvalidHandle;
  if (h.what.process == getpid()) return Error::InvalidContext;
  SharedEvent* events = nullptr;
  {
    Hold hold(arenas_lock);
    for (Arena& a : arenas)
      if (a.inode == h.what.inode) events = a.events;
    if (!events) {
      int file = shared_file(h.what.process, h.what.file, h.what.inode);
      if (file < 0) return Error::MapFailed;
      events = map_arena(file);
      close(file);
      if (!events) return Error::MapFailed;
      arenas.push(Arena{-1, h.what.inode, events, 0});
    }
  }
  SHEER_TRY(event_make(c, cudaEventDisableTiming, out));
  (*out)->flags |= cudaEventInterprocess;
  (*out)->shared = events + h.what.offset / sizeof(SharedEvent);
  return Error::Ok;
}

static void completed(void* user, uint64_t number) {
  SharedEvent* e = static_cast<SharedEvent*>(user);
  uint64_t seen = load(e->completed);
  while (seen < number && !__atomic_compare_exchange_n(&e->completed, &seen, number, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
}
static bool is_complete(void* user, uint64_t number) {
  SharedEvent* e = static_cast<SharedEvent*>(user);
  if (load(e->completed) >= number) return true;
  int recorder = load(e->recorder);
  return kill(recorder, 0) && errno == ESRCH;
}

Error shared_event_record(EventObject* e, StreamObject* s) {
  uint64_t number = fetch_add(e->shared->recorded, 1) + 1;
  store(e->shared->recorder, getpid());
  Op op;
  op.kind = OpKind::Signal;
  op.signal = {completed, e->shared, number};
  return submit(s->stream, op);
}
Error shared_event_wait(EventObject* e, StreamObject* s) {
  Op op;
  op.kind = OpKind::Await;
  op.await = {is_complete, e->shared, load(e->shared->recorded)};
  return submit(s->stream, op);
}
bool shared_event_done(EventObject* e) { return is_complete(e->shared, load(e->shared->recorded)); }

// ---- pools: a file that is empty stands for one, and says which pointers may be had from it; each of these carries all that is needed to map it
static const char pool_name[] = "sheer-pool:", pool_link[] = "/memfd:sheer-pool:";

static bool shareable(const Pool* p) {
  return !p->imported && p->properties.handleTypes & cudaMemHandleTypePosixFileDescriptor;
}
static int pool_file(Pool* p) {  // as long as the process runs
  Hold hold(arenas_lock);
  if (p->file > 0) return p->file;
  String name;
  name.format("%s%d", pool_name, p->ordinal);
  p->file = memfd_create(name.c(), MFD_CLOEXEC);
  p->inode = inode_of(p->file);
  return p->file;
}
static Error export_pool(void* out, Pool* p, int type, uint64_t flags) {
  if (!out || flags || type != cudaMemHandleTypePosixFileDescriptor || !shareable(p)) return Error::InvalidValue;
  int file = fcntl(pool_file(p), F_DUPFD_CLOEXEC, 0);
  if (file < 0) return Error::OperatingSystem;
  *static_cast<int*>(out) = file;
  return Error::Ok;
}
static Error import_pool(Pool** out, void* given, int type, uint64_t flags) {
  if (!out || flags || type != cudaMemHandleTypePosixFileDescriptor) return Error::InvalidValue;
  char path[64], name[128];
  int file = int(reinterpret_cast<intptr_t>(given));
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  ssize_t length = readlink(path, name, sizeof name - 1);
  if (length < 0) return Error::InvalidValue;
  name[length] = 0;
  if (strncmp(name, pool_link, sizeof pool_link - 1)) return Error::InvalidValue;
  int ordinal = atoi(name + sizeof pool_link - 1);
  if (!device(ordinal)) return Error::InvalidDevice;
  SHEER_TRY(imported_pool(ordinal, out));
  (*out)->inode = inode_of(file);
  return Error::Ok;
}
static Error export_pointer(void* out, const void* p) {
  Allocation a;
  Range r;
  if (!out || !p || !memory_find(p, &r) || !allocation_find(r.base, &a)) return Error::InvalidValue;
  if (!a.pool || !shareable(a.pool) || pool_file(a.pool) < 0) return Error::InvalidValue;
  Shared s;
  SHEER_TRY(memory_share(p, &s));
  write_handle(out, MEMORY_MARK, s, a.pool->inode);
  return Error::Ok;
}
static Error import_pointer(void** out, Pool* p, const void* bytes) {
  if (!out || !bytes || !p->imported) return Error::InvalidValue;
  Handle h = handle_of(bytes);
  if (h.mark != MEMORY_MARK || h.pool != p->inode) return Error::InvalidValue;
  SHEER_TRY(shared_open(h.what, out));
  allocation_imported(primary(p->ordinal), *out, h.what.bytes, p);
  return Error::Ok;
}
}  // namespace sheer::api

namespace sheer::impl {
#define EVENT(h)  \
  EventObject* e; \
  SHEER_TRY(find_event(h, &e))
#define POOL(h)                           \
  if (!(h)) return Error::InvalidValue;   \
  Pool* p;                                \
  SHEER_TRY(find_pool(nullptr, (h), &p))

static void* at(CUdeviceptr p) { return reinterpret_cast<void*>(p); }

Error cudaIpcGetMemHandle(cudaIpcMemHandle_t* out, void* p) {
  RUNTIME_CONTEXT;
  return export_memory(out, p);
}
Error cudaIpcOpenMemHandle(void** out, cudaIpcMemHandle_t handle, unsigned flags) {
  RUNTIME_CONTEXT;
  return open_memory(out, &handle, flags);
}
Error cudaIpcCloseMemHandle(void* base) {
  RUNTIME_CONTEXT;
  return close_memory(c, base);
}
Error cudaIpcGetEventHandle(cudaIpcEventHandle_t* out, cudaEvent_t h) {
  RUNTIME_CONTEXT;
  EVENT(h);
  return export_event(out, e);
}
Error cudaIpcOpenEventHandle(cudaEvent_t* out, cudaIpcEventHandle_t handle) {
  RUNTIME_CONTEXT;
  return open_event(c, out, &handle);
}
Error cudaMemPoolExportToShareableHandle(void* out, cudaMemPool_t h, cudaMemAllocationHandleType type, unsigned flags) {
  POOL(h);
  return export_pool(out, p, type, flags);
}
Error cudaMemPoolImportFromShareableHandle(cudaMemPool_t* out, void* given, cudaMemAllocationHandleType type, unsigned flags) {
  RUNTIME_CONTEXT;
  return import_pool(out, given, type, flags);
}
Error cudaMemPoolExportPointer(cudaMemPoolPtrExportData* out, void* p) {
  RUNTIME_CONTEXT;
  return export_pointer(out, p);
}
Error cudaMemPoolImportPointer(void** out, cudaMemPool_t h, cudaMemPoolPtrExportData* data) {
  RUNTIME_CONTEXT;
  POOL(h);
  return import_pointer(out, p, data);
}

Error cuIpcGetMemHandle(CUipcMemHandle* out, CUdeviceptr p) {
  DRIVER_CONTEXT;
  return export_memory(out, at(p));
}
Error cuIpcOpenMemHandle_v2(CUdeviceptr* out, CUipcMemHandle handle, unsigned flags) {
  DRIVER_CONTEXT;
  return open_memory(reinterpret_cast<void**>(out), &handle, flags);
}
Error cuIpcCloseMemHandle(CUdeviceptr base) {
  DRIVER_CONTEXT;
  return close_memory(c, at(base));
}
Error cuIpcGetEventHandle(CUipcEventHandle* out, CUevent h) {
  DRIVER_CONTEXT;
  EVENT(h);
  return export_event(out, e);
}
Error cuIpcOpenEventHandle(CUevent* out, CUipcEventHandle handle) {
  DRIVER_CONTEXT;
  return open_event(c, out, &handle);
}
Error cuMemPoolExportToShareableHandle(void* out, CUmemoryPool h, CUmemAllocationHandleType type, unsigned long long flags) {
  SHEER_TRY(driver_ready());
  POOL(h);
  return export_pool(out, p, type, flags);
}
Error cuMemPoolImportFromShareableHandle(CUmemoryPool* out, void* given, CUmemAllocationHandleType type, unsigned long long flags) {
  SHEER_TRY(driver_ready());
  return import_pool(out, given, type, flags);
}
Error cuMemPoolExportPointer(CUmemPoolPtrExportData* out, CUdeviceptr p) {
  DRIVER_CONTEXT;
  return export_pointer(out, at(p));
}
Error cuMemPoolImportPointer(CUdeviceptr* out, CUmemoryPool h, CUmemPoolPtrExportData* data) {
  DRIVER_CONTEXT;
  POOL(h);
  return import_pointer(reinterpret_cast<void**>(out), p, data);
}
}  // namespace sheer::impl
