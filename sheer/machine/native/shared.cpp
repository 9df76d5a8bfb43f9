// Memory of one process in another. In: an allocation, which becomes a file of the kernel's where it stands; out: what another process needs to map it.
// The file is found by the process that has it open and its number there, and known again by its inode.
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

namespace sheer {

struct Opened {
  uint64_t inode, offset, map_bytes;
  uint8_t *map, *base;
  uint32_t users;
};
static Mutex lock;
static Vec<Opened> opened;
static const uint64_t page = 4096;

void shared_fork_lock(bool take) { take ? lock.lock() : lock.unlock(); }

static uint64_t inode_of(int file) {
  uint64_t inode = 0, bytes;
  file_facts(file, &inode, &bytes);
  return inode;
}

Error memory_share(const void* address, Shared* out) {
  Range r;
  if (!memory_find(address, &r) || r.kind != Kind::Device) return Error::InvalidValue;
  for (;;) {
    SharedFile f;
    if (memory_file(r.base, false, &f) == Error::Ok) {
      *out = Shared{inode_of(f.file), f.offset, r.bytes, getpid(), f.file, r.device};
      return Error::Ok;
    }
    Error e = device_synchronize(device(r.device));
    if (e != Error::Ok) return e;
    Hold hold(scheduler.lock);  // nothing begins while its pages are exchanged
    bool busy = false;
    for (Node* n : scheduler.running) busy |= n->device->index == r.device;
    if (busy) continue;
    e = memory_file(r.base, true, &f);
    if (e != Error::Ok) return e;
  }
}

int shared_file(int process, int file, uint64_t inode) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", process, file);
  int own = open(path, O_RDWR | O_CLOEXEC);
  if (own >= 0 && inode_of(own) == inode) return own;
  if (own >= 0) close(own);
  set_message("process %d no longer has the memory that it exported, or this process may not look into it", process);
  return -1;
}

Error shared_open(const Shared& s, void** out) {
  Device* d = device(s.device);
  if (!d || !s.bytes || s.offset % 256) return Error::InvalidValue;
  if (s.process == getpid()) {
    set_message("memory of this same process: use its pointer");
    return Error::InvalidContext;
  }
  Hold hold(lock);
  for (Opened& o : opened) {
    if (o.inode != s.inode || o.offset != s.offset) continue;
    o.users++;
    *out = o.base;
    return Error::Ok;
  }
  int file = shared_file(s.process, s.file, s.inode);
  if (file < 0) return Error::MapFailed;
  uint64_t inode, bytes = 0;
  file_facts(file, &inode, &bytes);
  void* at = MAP_FAILED;
  if (s.offset < bytes && s.bytes <= bytes - s.offset)  // a page behind it stays unreadable
    at = mmap(nullptr, bytes + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  bool mapped = at != MAP_FAILED &&
                mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) != MAP_FAILED;
  close(file);
  uint8_t *map = static_cast<uint8_t*>(at), *base = map + s.offset;
  if (!mapped || memory_enter(d, base, s.bytes, ACCESS_ALL) != Error::Ok) {
    if (at != MAP_FAILED) munmap(at, bytes + page);
    return Error::MapFailed;
  }
  opened.push(Opened{s.inode, s.offset, bytes + page, map, base, 1});
  *out = base;
  return Error::Ok;
}

Error shared_close(void* base) {
  Hold hold(lock);
  for (uint32_t i = 0; i < opened.count; i++) {
    Opened& o = opened[i];
    if (o.base != base) continue;
    if (--o.users) return Error::Ok;
    memory_leave(base);
    munmap(o.map, o.map_bytes);
    opened.remove(i);
    return Error::Ok;
  }
  return Error::InvalidValue;
}
}  // namespace sheer
