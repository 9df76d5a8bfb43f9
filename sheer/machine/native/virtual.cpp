// Memory and addresses apart: address ranges that are reserved first, memory that is a file of the kernel's (so that other processes may map it,
// too), and mappings of the one in the other. What is reserved and not mapped, or mapped and not to be accessed, faults like all else that is not there.
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

namespace sheer {

struct Physical {
  int file, device;
  uint32_t note, references, mappings;
  bool charged;  // made here: counts as memory of the device
  uint64_t bytes;
};
struct Mapping {
  uint8_t* at;
  uint64_t bytes;
  Physical* memory;
  uint8_t access[64];  // by device
};
struct Reservation {
  uint8_t* base;
  uint64_t bytes;
  uint8_t* whole;  // as the kernel gave it: with room to align it, and a page behind that stays unreadable
  uint64_t whole_bytes;
  Vec<Mapping> mappings;  // by address
};

static Mutex lock;
static Vec<Physical*> memories;
static Vec<Reservation*> reservations;
static const uint64_t page = 4096;
// What the kernel's name of such a file says of it: which device's memory it is, and the note.
static const char prefix[] = "sheer-memory:", link_prefix[] = "/memfd:sheer-memory:";

void addresses_fork_lock(bool take) { take ? lock.lock() : lock.unlock(); }

static bool known(const Physical* p) {  // lock held
  for (Physical* m : memories)
    if (m == p) return true;
  return false;
}

static void drop_unused(Physical* p) {  // lock held
  if (p->references || p->mappings) return;
  if (p->charged) memory_discharge(device(p->device), p->bytes);
  close(p->file);
  memories.remove_value(p);
  drop(p);
}

static Reservation* reservation_of(const void* at) {  // lock held
  for (Reservation* r : reservations)
    if (at >= r->base && at < r->base + r->bytes) return r;
  return nullptr;
}

// The mappings that fill [at, at + bytes) exactly, as a range of indices. Lock held.
static bool whole_mappings(const Reservation* r, const void* at, uint64_t bytes, uint32_t* first, uint32_t* end) {
  const uint8_t *here = static_cast<const uint8_t*>(at), *last = here + bytes;
  uint32_t i = 0;
  while (i < r->mappings.count && r->mappings[i].at < here) i++;
  *first = i;
  for (; i < r->mappings.count && r->mappings[i].at == here && here < last; i++) here += r->mappings[i].bytes;
  *end = i;
  return here == last && bytes;
}

// ---- memory
static Physical* physical_new(int file, int device, uint64_t bytes, uint32_t note, bool charged) {
  Physical* p = make<Physical>(Physical{file, device, note, 1, 0, charged, bytes});
  Hold hold(lock);
  memories.push(p);
  return p;
}

Error physical_create(Device* d, uint64_t bytes, uint32_t note, Physical** out) {
  if (!bytes || bytes % MAPPING_UNIT || bytes > 1ull << 46) return Error::InvalidValue;
  if (!memory_charge(d, bytes)) {
    set_message("device %d has %llu bytes free of %llu, %llu were asked for", d->index,
                (unsigned long long)device_free_bytes(d), (unsigned long long)d->capacity, (unsigned long long)bytes);
    return Error::OutOfMemory;
  }
  String name;
  name.format("%s%d:%u", prefix, d->index, note);
  int file = memfd_create(name.c(), MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, off_t(bytes))) {
    set_message("the host gives no memory for %llu bytes (errno %d)", (unsigned long long)bytes, errno);
    if (file >= 0) close(file);
    memory_discharge(d, bytes);
    return Error::OutOfMemory;
  }
  *out = physical_new(file, d->index, bytes, note, true);
  return Error::Ok;
}

Error physical_import(int file, Physical** out) {
  char path[64], name[128];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  ssize_t length = readlink(path, name, sizeof name - 1);
  uint64_t inode, bytes;
  int of = 0;
  unsigned note = 0;
  if (length < 0 || !file_facts(file, &inode, &bytes)) return Error::InvalidValue;
  name[length] = 0;
  if (strncmp(name, link_prefix, sizeof link_prefix - 1) ||
      sscanf(name + sizeof link_prefix - 1, "%d:%u", &of, &note) != 2 || !device(of) || !bytes) {
    set_message("file descriptor %d is no memory that was exported", file);
    return Error::InvalidValue;
  }
  int own = fcntl(file, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return Error::OperatingSystem;
  *out = physical_new(own, of, bytes, note, false);
  return Error::Ok;
}

Error physical_file(Physical* p, int* out) {
  Hold hold(lock);
  if (!known(p)) return Error::InvalidValue;
  *out = fcntl(p->file, F_DUPFD_CLOEXEC, 0);
  return *out < 0 ? Error::OperatingSystem : Error::Ok;
}

Error physical_retain(const void* address, Physical** out) {
  Hold hold(lock);
  Reservation* r = reservation_of(address);
  if (!r) return Error::InvalidValue;
  for (Mapping& m : r->mappings) {
    if (address < m.at || address >= m.at + m.bytes) continue;
    m.memory->references++;
    *out = m.memory;
    return Error::Ok;
  }
  return Error::InvalidValue;
}

Error physical_release(Physical* p) {
  Hold hold(lock);
  if (!known(p) || !p->references) return Error::InvalidValue;
  p->references--;
  drop_unused(p);
  return Error::Ok;
}

bool physical_describe(Physical* p, int* of, uint64_t* bytes, uint32_t* note) {
  Hold hold(lock);
  if (!known(p)) return false;
  if (of) *of = p->device;
  if (bytes) *bytes = p->bytes;
  if (note) *note = p->note;
  return true;
}

// ---- addresses
Error addresses_reserve(uint64_t bytes, uint64_t align, void* wish, void** out) {
  if (!bytes || bytes % MAPPING_UNIT || align & (align - 1) || bytes > 1ull << 46) return Error::InvalidValue;
  align = max(align, MAPPING_UNIT);
  uint64_t whole = bytes + align + page;
  void* at = MAP_FAILED;
  if (wish && !(uint64_t(wish) & (align - 1))) {  // a wish: elsewhere if something is there
    at = mmap(wish, bytes + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at != MAP_FAILED && at != wish) {
      munmap(at, bytes + page);
      at = MAP_FAILED;
    } else if (at == wish) {
      whole = bytes + page;
    }
  }
  if (at == MAP_FAILED) at = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) {
    set_message("cannot reserve %llu bytes of address space; is there a limit (ulimit -v)?", (unsigned long long)bytes);
    return Error::OutOfMemory;
  }
  uint8_t* base = reinterpret_cast<uint8_t*>(round_up(uint64_t(at), align));
  Hold hold(lock);
  reservations.push(make<Reservation>(Reservation{base, bytes, static_cast<uint8_t*>(at), whole, {}}));
  *out = base;
  return Error::Ok;
}

Error addresses_free(void* base, uint64_t bytes) {
  Hold hold(lock);
  for (uint32_t i = 0; i < reservations.count; i++) {
    Reservation* r = reservations[i];
    if (r->base != base) continue;
    if (r->bytes != bytes || r->mappings.count) return Error::InvalidValue;
    munmap(r->whole, r->whole_bytes);
    reservations.remove(i);
    drop(r);
    return Error::Ok;
  }
  return Error::InvalidValue;
}

bool addresses_reserved(const void* at) {
  Hold hold(lock);
  return reservation_of(at);
}

// ---- mappings
Error mapping_make(void* at, uint64_t bytes, uint64_t offset, Physical* p) {
  uint8_t* here = static_cast<uint8_t*>(at);
  if (!bytes || (uint64_t(at) | bytes | offset) % MAPPING_UNIT) return Error::InvalidValue;
  Hold hold(lock);
  Reservation* r = reservation_of(at);
  if (!r || bytes > uint64_t(r->base + r->bytes - here) || !known(p)) return Error::InvalidValue;
  if (offset > p->bytes || bytes > p->bytes - offset) return Error::InvalidValue;
  uint32_t place = 0;
  while (place < r->mappings.count && r->mappings[place].at < here) place++;
  if (place && r->mappings[place - 1].at + r->mappings[place - 1].bytes > here) return Error::InvalidValue;
  if (place < r->mappings.count && r->mappings[place].at < here + bytes) return Error::InvalidValue;
  if (mmap(at, bytes, PROT_NONE, MAP_SHARED | MAP_FIXED, p->file, off_t(offset)) == MAP_FAILED) {
    set_message("the host cannot map %llu bytes (errno %d)", (unsigned long long)bytes, errno);
    return Error::OutOfMemory;
  }
  madvise(at, bytes, MADV_HUGEPAGE);  // where the system lets shared memory have them
  r->mappings.insert(place, Mapping{here, bytes, p, {}});
  p->mappings++;
  return memory_enter(device(p->device), at, bytes, ACCESS_NONE);
}

Error mapping_end(void* at, uint64_t bytes) {
  Hold hold(lock);
  Reservation* r = reservation_of(at);
  uint32_t first, end;
  if (!r || !whole_mappings(r, at, bytes, &first, &end)) return Error::InvalidValue;
  for (; end > first; end--) {
    Mapping m = r->mappings[first];
    r->mappings.remove(first);
    memory_leave(m.at);
    mmap(m.at, m.bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    m.memory->mappings--;
    drop_unused(m.memory);
  }
  return Error::Ok;
}

// All devices see one address space: a mapping may be accessed as far as any of them may.
Error mapping_access(void* at, uint64_t bytes, int of, Rights access) {
  Hold hold(lock);
  Reservation* r = reservation_of(at);
  uint32_t first, end;
  if (!r || !whole_mappings(r, at, bytes, &first, &end)) return Error::InvalidValue;
  for (uint32_t i = first; i < end; i++) {
    Mapping& m = r->mappings[i];
    m.access[of] = uint8_t(access);
    uint32_t any = 0;
    for (uint8_t a : m.access) any |= a;
    int rights = any == ACCESS_ALL ? PROT_READ | PROT_WRITE : any ? PROT_READ : PROT_NONE;
    if (mprotect(m.at, m.bytes, rights)) return Error::OutOfMemory;
    memory_flag(m.at, any);
  }
  return Error::Ok;
}

Error mapping_asked(const void* at, int of, Rights* out) {
  Hold hold(lock);
  Reservation* r = reservation_of(at);
  if (!r) return Error::InvalidValue;
  for (Mapping& m : r->mappings) {
    if (at < m.at || at >= m.at + m.bytes) continue;
    *out = Rights(m.access[of]);
    return Error::Ok;
  }
  return Error::InvalidValue;
}
}  // namespace sheer
