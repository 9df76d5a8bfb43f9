// Device memory: address ranges out of a large reserved area, committed per allocation, with an unreadable
// page behind each, so that a kernel's stray access faults at no cost to the others. A few bytes behind each
// allocation stay open (SHEER_OVERRUN): a GPU maps pages of 2 MiB, and programs that go one element too far
// work there. One table answers "what is at this address".
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

namespace sheer {

static const uint64_t page = 4096, huge = 2 << 20, large_from = 1 << 20;
static const uint64_t kept_dirty_limit =
    512ull << 20;                             // freed memory whose pages stay ours, for the next allocation
static const uint32_t guarded_limit = 14000;  // each guard costs two mappings of the kernel's 65530

struct Allocation {
  Range range;
  uint8_t* slot;  // null: registered host memory
  uint64_t slot_bytes;
  String name;
  int file = -1;  // what it is made of, if other processes may map it
};
struct Extent {
  uint8_t* at;
  uint64_t bytes;
};
struct Pool {                // free address space of one device
  Vec<uint8_t*> small[260];  // by pages
  Vec<Extent> large;         // by address, neighbours merged
};

static Mutex table_lock;
static Vec<Allocation*> table;  // by base
static Vec<Pool*> pools;        // by device
static uint64_t dirty_bytes, next_id = 1;
static uint32_t guarded;

void memory_fork_lock(bool take) {
  if (take) {
    addresses_fork_lock(true);
    shared_fork_lock(true);
  }
  take ? table_lock.lock() : table_lock.unlock();
  if (take) return;
  shared_fork_lock(false);
  addresses_fork_lock(false);
}

// Index of the first allocation with base > address.
static uint32_t upper(const void* address) {
  uint32_t low = 0, high = table.count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (table[middle]->range.base <= address)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static Allocation* holder(const void* address) {
  uint32_t at = upper(address);
  if (!at) return nullptr;
  Allocation* a = table[at - 1];
  return uint64_t(address) - uint64_t(a->range.base) < a->range.bytes ? a : nullptr;
}

static bool arena_ready(Device* d) {
  if (d->arena) return true;
  for (uint64_t bytes = 4ull << 40; bytes >= 64ull << 30; bytes /= 2) {
    // Counting follows a part of memory, chosen by address: it asks for the same addresses in each run.
    uint64_t wish = profile_on() ? (0x200ull << 36) + uint64_t(d->index) * (8ull << 40) : 0;
    void* at = mmap(reinterpret_cast<void*>(wish), bytes + huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) continue;
    d->arena = reinterpret_cast<uint8_t*>(round_up(uint64_t(at), huge));
    d->arena_end = d->arena + bytes;
    d->small_next = d->arena;
    d->large_next = d->arena + bytes / 8;
    while (pools.count <= uint32_t(d->index)) pools.push(nullptr);
    pools[uint32_t(d->index)] = make<Pool>();
    return true;
  }
  set_message("cannot reserve address space for device memory; is there a limit (ulimit -v)?");
  return false;
}

static uint8_t* large_slot(Device* d, uint64_t bytes) {
  Vec<Extent>& free_list = pools[uint32_t(d->index)]->large;
  uint32_t best = ~0u;
  for (uint32_t i = 0; i < free_list.count; i++) {
    if (free_list[i].bytes < bytes) continue;
    if (best == ~0u || free_list[i].bytes < free_list[best].bytes) best = i;
    if (free_list[i].bytes == bytes) break;
  }
  if (best != ~0u) {
    uint8_t* at = free_list[best].at;
    free_list[best].at += bytes;
    free_list[best].bytes -= bytes;
    if (!free_list[best].bytes) free_list.remove(best);
    dirty_bytes -= min(dirty_bytes, bytes);
    return at;
  }
  if (bytes > uint64_t(d->arena_end - d->large_next)) return nullptr;
  uint8_t* at = d->large_next;
  d->large_next += bytes;
  return at;
}

static void large_slot_free(Device* d, uint8_t* at, uint64_t bytes) {
  Vec<Extent>& free_list = pools[uint32_t(d->index)]->large;
  uint32_t i = 0;
  while (i < free_list.count && free_list[i].at < at) i++;
  if (i < free_list.count && at + bytes == free_list[i].at) {
    free_list[i].at = at;
    free_list[i].bytes += bytes;
  } else {
    free_list.insert(i, Extent{at, bytes});
  }
  if (i && free_list[i - 1].at + free_list[i - 1].bytes == free_list[i].at) {
    free_list[i - 1].bytes += free_list[i].bytes;
    free_list.remove(i);
  }
}

static uint8_t* small_slot(Device* d, uint64_t pages) {
  Vec<uint8_t*>& bin = pools[uint32_t(d->index)]->small[pages];
  if (bin.count) {
    uint8_t* at = bin.back();
    bin.pop();
    dirty_bytes -= min(dirty_bytes, pages * page);
    return at;
  }
  uint64_t bytes = (pages + 1) * page;
  if (bytes > uint64_t(d->arena + (d->arena_end - d->arena) / 8 - d->small_next)) return nullptr;
  uint8_t* at = d->small_next;
  d->small_next += bytes;
  return at;
}

// Bytes of an allocation that are mapped: it and the open bytes behind it, in whole pages.
static uint64_t mapped(uint64_t bytes) { return round_up(round_up(bytes, 256) + knobs().overrun_bytes, page); }

// Finds a slot, commits it, fills in slot, slot_bytes and base. Lock held.
static bool commit(Device* d, Allocation* a, uint64_t bytes) {
  bool large = bytes >= large_from;
  uint64_t usable = mapped(bytes);
  a->slot_bytes = large ? round_up(usable + page, huge) : usable + page;
  a->slot = large ? large_slot(d, a->slot_bytes) : small_slot(d, usable / page);
  if (!a->slot) return false;
  // When there are very many allocations the guard pages go, so that neighbours become one mapping of the
  // kernel.
  uint64_t open = guarded > guarded_limit && !large ? a->slot_bytes : usable;
  if (mprotect(a->slot, open, PROT_READ | PROT_WRITE)) {
    if (large)
      large_slot_free(d, a->slot, a->slot_bytes);
    else
      pools[uint32_t(d->index)]->small[usable / page].push(a->slot);
    return false;
  }
  if (large) madvise(a->slot, usable, MADV_HUGEPAGE);
  guarded++;
  a->range.base = large ? a->slot : a->slot + (usable - knobs().overrun_bytes - round_up(bytes, 256)) / 256 * 256;
  return true;
}

static void release(Allocation* a) {
  if (!a->slot) return;
  Device* d = device(a->range.device);
  bool large = a->range.bytes >= large_from;
  uint64_t usable = mapped(a->range.bytes);
  guarded--;
  if (a->file >= 0) {
    mmap(a->slot, usable, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    close(a->file);
  }
  mprotect(a->slot, a->slot_bytes, PROT_NONE);
  if (dirty_bytes + usable > kept_dirty_limit)
    madvise(a->slot, a->slot_bytes, MADV_DONTNEED);
  else
    dirty_bytes += usable;
  if (large)
    large_slot_free(d, a->slot, a->slot_bytes);
  else
    pools[uint32_t(d->index)]->small[usable / page].push(a->slot);
}

// Makes the allocation a file of the kernel's, at the same addresses. The caller sees to it that nobody writes there meanwhile.
static Error make_file(Allocation* a) {
  uint64_t usable = mapped(a->range.bytes);
  int file = memfd_create("sheer-shared", MFD_CLOEXEC);
  if (file < 0) return Error::OutOfMemory;
  void* copy = MAP_FAILED;
  if (!ftruncate(file, off_t(usable))) copy = mmap(nullptr, usable, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (copy != MAP_FAILED) memcpy(copy, a->slot, usable);
  if (copy == MAP_FAILED ||
      mmap(a->slot, usable, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED) {
    if (copy != MAP_FAILED) munmap(copy, usable);
    close(file);
    return Error::OutOfMemory;
  }
  munmap(copy, usable);
  a->file = file;
  return Error::Ok;
}

Error memory_file(void* base, bool make, SharedFile* out) {
  Hold hold(table_lock);
  Allocation* a = holder(base);
  if (!a || a->range.kind != Kind::Device || !a->slot) return Error::InvalidValue;
  if (a->file < 0 && !make) return Error::NotFound;
  if (a->file < 0)
    if (Error e = make_file(a); e != Error::Ok) return e;
  *out = SharedFile{a->file, uint64_t(a->range.base) - uint64_t(a->slot)};
  return Error::Ok;
}

static bool counts(Kind kind) {
  return kind == Kind::Device || kind == Kind::Managed || kind == Kind::Symbol;
}

static Error allocate(Device* d, uint64_t bytes, Kind kind, uint32_t flags, const char* name, void** out) {
  if (!bytes || !out) return Error::InvalidValue;
  device_prepare(d);
  Range seen;
  {
    Hold hold(table_lock);
    if (!arena_ready(d)) return Error::OutOfMemory;
    uint64_t charged = counts(kind) ? round_up(bytes, 256) : 0;
    if (bytes > 1ull << 46 || charged > d->capacity - min(d->capacity, d->used)) {
      set_message("device %d has %llu bytes free of %llu, %llu were asked for", d->index,
                  (unsigned long long)(d->capacity - min(d->capacity, d->used)),
                  (unsigned long long)d->capacity, (unsigned long long)bytes);
      return Error::OutOfMemory;
    }
    Allocation* a = make<Allocation>();
    if (!commit(d, a, bytes)) {
      set_message("the host gives no memory for %llu bytes (errno %d)", (unsigned long long)bytes, errno);
      drop(a);
      return Error::OutOfMemory;
    }
    if (name) a->name = String(name);
    a->range = Range{kind, {}, d->index, a->range.base, bytes, flags, next_id++};
    d->used += charged;
    table.insert(upper(a->range.base), a);
    *out = a->range.base;
    seen = a->range;
  }
  report_memory(seen, true);
  return Error::Ok;
}

Error memory_allocate(Device* d, uint64_t bytes, Kind kind, uint32_t flags, void** out) {
  return allocate(d, bytes, kind, flags, nullptr, out);
}

Error symbol_allocate(Device* d, uint64_t bytes, const char* name, void** out) {
  return allocate(d, max<uint64_t>(bytes, 1), Kind::Symbol, 0, name, out);
}

// What was allocated here, and what was only entered into the table.
static bool entered(Kind kind) { return kind == Kind::HostRegistered || kind == Kind::Mapped; }

static Error take_out(void* base, Kind kind) {  // None: of any kind that is allocated here
  Range seen;
  {
    Hold hold(table_lock);
    Error none = kind == Kind::HostRegistered ? Error::HostMemoryNotRegistered : Error::InvalidValue;
    uint32_t at = upper(base);
    if (!at || table[at - 1]->range.base != base) return none;
    Allocation* a = table[at - 1];
    if (kind == Kind::None ? entered(a->range.kind) : a->range.kind != kind) return none;
    table.remove(at - 1);
    if (counts(a->range.kind)) device(a->range.device)->used -= round_up(a->range.bytes, 256);
    release(a);
    seen = a->range;
    drop(a);
  }
  report_memory(seen, false);
  return Error::Ok;
}

Error memory_free(void* base) {
  Error e = take_out(base, Kind::None);
  return e == Error::InvalidValue ? shared_close(base) : e;  // stream-ordered frees of imported memory come here, too
}
Error memory_unregister(void* host) { return take_out(host, Kind::HostRegistered); }
Error memory_leave(void* base) { return take_out(base, Kind::Mapped); }

static Error enter(Device* d, Kind kind, void* base, uint64_t bytes, uint32_t flags) {
  if (!base || !bytes) return Error::InvalidValue;
  Hold hold(table_lock);
  uint32_t at = upper(base);
  bool overlaps =
      holder(base) || (at < table.count && uint64_t(table[at]->range.base) < uint64_t(base) + bytes);
  if (overlaps) return Error::HostMemoryAlreadyRegistered;
  Allocation* a = make<Allocation>();
  a->range = Range{kind, {}, d->index, base, bytes, flags, next_id++};
  table.insert(at, a);
  return Error::Ok;
}

Error memory_register(Device* d, void* host, uint64_t bytes, uint32_t flags) {
  return enter(d, Kind::HostRegistered, host, bytes, flags);
}

Error memory_enter(Device* d, void* base, uint64_t bytes, uint32_t flags) {
  Error e = enter(d, Kind::Mapped, base, bytes, flags);
  Range seen;
  if (e == Error::Ok && memory_find(base, &seen)) report_memory(seen, true);
  return e;
}

void memory_flag(const void* base, uint32_t flags) {
  Hold hold(table_lock);
  if (Allocation* a = holder(base)) a->range.flags = flags;
}

bool memory_charge(Device* d, uint64_t bytes) {
  device_prepare(d);
  Hold hold(table_lock);
  if (bytes > d->capacity - min(d->capacity, d->used)) return false;
  d->used += bytes;
  return true;
}

void memory_discharge(Device* d, uint64_t bytes) {
  Hold hold(table_lock);
  d->used -= min(d->used, bytes);
}

bool memory_find(const void* address, Range* out) {
  Hold hold(table_lock);
  Allocation* a = holder(address);
  if (a && out) *out = a->range;
  return a;
}

bool memory_nearest(const void* address, Range* out) {
  Hold hold(table_lock);
  uint32_t at = upper(address);
  if (!at) return false;
  *out = table[at - 1]->range;
  return true;
}

bool memory_in_arena(const void* address) {
  for (int i = 0; i < device_count(); i++) {
    Device* d = device(i);
    if (d->arena && address >= d->arena && address < d->arena_end) return true;
  }
  return false;
}

String symbol_name_at(const void* base) {
  Hold hold(table_lock);
  Allocation* a = holder(base);
  return a ? a->name : String();
}

void memory_visit(Device* d, void (*visit)(const Range&, void*), void* user) {
  Hold hold(table_lock);
  for (Allocation* a : table)
    if (a->range.device == d->index) visit(a->range, user);
}

void memory_release_all(Device* d) {
  Hold hold(table_lock);
  Vec<Allocation*> kept;
  for (Allocation* a : table) {
    if (a->range.device != d->index || entered(a->range.kind)) {
      kept.push(a);
      continue;
    }
    release(a);
    drop(a);
  }
  table = sheer::move(kept);
  d->used = 0;
}

uint64_t device_free_bytes(const Device* d) {
  device_prepare(const_cast<Device*>(d));
  Hold hold(table_lock);
  return d->capacity - min(d->capacity, d->used);
}

// What the process itself maps at `address`, from /proc/self/maps: only asked when a fault is being
// explained.
bool host_mapping(const void* address, uint64_t* low, uint64_t* high, bool* readable, bool* writable) {
  FILE* maps = fopen("/proc/self/maps", "re");
  if (!maps) return false;
  char line[512], rights[8];
  bool found = false;
  while (!found && fgets(line, sizeof line, maps)) {
    unsigned long long from, to;
    if (sscanf(line, "%llx-%llx %7s", &from, &to, rights) != 3) continue;
    if (uint64_t(address) < from || uint64_t(address) >= to) continue;
    *low = from;
    *high = to;
    *readable = rights[0] == 'r';
    *writable = rights[1] == 'w';
    found = true;
  }
  fclose(maps);
  return found;
}
}  // namespace sheer
