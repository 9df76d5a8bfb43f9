// Devices: how many, what the chip file says of them, limits, sticky errors, reset.
#include "internal.h"

namespace sheer {

static Mutex devices_lock;
static Vec<Device*> devices;
static bool devices_made;

static void make_devices() {
  if (SHEER_LIKELY(load(devices_made))) return;
  Hold hold(devices_lock);
  if (devices_made) return;
  for (int i = 0; i < knobs().devices; i++) {
    Device* d = make<Device>();
    d->index = i;
    devices.push(d);
  }
  store(devices_made, true);
}

int device_count() {
  make_devices();
  return int(devices.count);
}

Device* device(int index) {
  make_devices();
  return index >= 0 && uint32_t(index) < devices.count ? devices[uint32_t(index)] : nullptr;
}

int device_index(const Device* d) { return d->index; }
Error device_error(const Device* d) { return Error(load(d->sticky)); }

// ---- properties
static bool ask_properties(Vec<uint8_t>* text) {
  String header("verb chip\n");
  header.format("name %s\n", knobs().chip);
  Sha256 sha;
  sha.add(header.c(), header.size());
  String files = files_fingerprint("chips", ".toml"), code = files_fingerprint("chips", ".py");
  sha.add(files.c(), files.size());
  sha.add(code.c(), code.size());
  String key = hex(sha.finish());
  if (cache_read("chips", key, ".txt", text)) return true;
  Reply reply = worker_ask(header, nullptr, 0);
  if (reply.error != Error::Ok) {
    fprintf(stderr, "sheer: chip %s: %.*s; going on with 128 multiprocessors and 64 GB\n", knobs().chip,
            int(reply.blob.count), reinterpret_cast<char*>(reply.blob.data));
    return false;
  }
  cache_write("chips", key, ".txt", reply.blob.data, reply.blob.count);
  *text = sheer::move(reply.blob);
  return true;
}

void device_prepare(Device* d) {
  if (SHEER_LIKELY(load(d->properties_read))) return;
  Hold hold(d->setup);
  if (d->properties_read) return;
  Vec<uint8_t> text;
  if (ask_properties(&text)) {
    const char *at = reinterpret_cast<const char*>(text.data), *end = at + text.count;
    while (at < end) {
      const char* stop = static_cast<const char*>(memchr(at, '\n', size_t(end - at)));
      if (!stop) stop = end;
      String line(at, size_t(stop - at));
      if (char* space = line.empty() ? nullptr : strchr(line.bytes.data, ' ')) *space = 0;
      if (!line.empty()) d->properties.push(line);
      at = stop + 1;
    }
  }
  store(d->properties_read, true);
  const char *units = device_property(d, "multiprocessors"), *memory = device_property(d, "memory_bytes");
  d->multiprocessors = units ? max(1, atoi(units)) : 128;
  d->capacity = memory ? strtoull(memory, nullptr, 10) : 64ull << 30;
  if (knobs().memory_bytes) d->capacity = knobs().memory_bytes;
}

const char* device_property(Device* d, const char* name) {
  device_prepare(d);
  for (String& line : d->properties) {
    if (strcmp(line.c(), name)) continue;
    size_t key = strlen(name);
    return key < line.size() ? line.c() + key + 1 : "";
  }
  return nullptr;
}

int device_multiprocessors(Device* d) {
  device_prepare(d);
  return d->multiprocessors;
}

uint64_t device_capacity(const Device* d) {
  device_prepare(const_cast<Device*>(d));
  return d->capacity;
}

// ---- limits
Error limit_set(Device* d, Limit which, uint64_t value) {
  if (which == Limit::HeapBytes) {
    Hold hold(d->heap.lock);
    if (d->heap.base && value != d->limits[int(which)]) return Error::InvalidValue;
    d->limits[int(which)] = max<uint64_t>(round_up(value, 4096), 4096);
    return Error::Ok;
  }
  d->limits[int(which)] = value;
  return Error::Ok;
}

uint64_t limit_get(const Device* d, Limit which) { return d->limits[int(which)]; }

Error device_reset(Device* d) {
  device_synchronize(d);
  streams_release(d);
  memory_release_all(d);
  modules_forget(d);
  d->heap.base = nullptr;
  d->heap.used_end = 0;
  d->heap.bins.clear();
  d->limits[0] = 1024;
  d->limits[1] = 1 << 20;
  d->limits[2] = 8 << 20;
  store(d->sticky, 0);
  return Error::Ok;
}
}  // namespace sheer
