// What watchers see of launches and memory, and SHEER_DEBUG=1: one line a launch on stderr.
#include "internal.h"

namespace sheer {

static Subscriber subscriber;

void subscribe(const Subscriber& s) { subscriber = s; }

bool launches_watched() { return knobs().debug > 0 || profile_on() || subscriber.launch_end || subscriber.launch_begin; }

void report_memory(const Range& range, bool allocated) {
  if (subscriber.memory) subscriber.memory(subscriber.user, range, allocated);
}

static LaunchEvent event_of(Node* n) {
  LaunchEvent e{};
  e.function = n->function;
  e.device = n->device;
  e.stream = n->stream;
  e.grid = n->grid;
  e.block = n->block;
  e.dynamic_shared = n->dynamic_shared;
  e.id = n->id;
  e.engine = knobs().reference ? "reference" : "native";
  e.compile_us = n->compile_us;
  e.cache_hit = n->cache_hit;
  e.error = device_error(n->device);
  return e;
}

void report_launch_begin(Node* n) {
  if (subscriber.launch_begin) subscriber.launch_begin(subscriber.user, event_of(n));
}

void report_launch_end(Node* n) {
  if (!launches_watched()) return;
  profile_launch_end(n);
  LaunchEvent e = event_of(n);
  e.run_us = double(host_ns() - n->started_ns) * 1e-3;
  if (subscriber.launch_end) subscriber.launch_end(subscriber.user, e);
  if (!knobs().debug) return;
  fprintf(stderr,
          "sheer: launch %llu %s<<<%u,%u,%u / %u,%u,%u>>> shared %u on device %d: %s, %.1f us (code %s, %.1f "
          "us)\n",
          (unsigned long long)e.id, n->function->name.c(), n->grid[0], n->grid[1], n->grid[2], n->block[0],
          n->block[1], n->block[2], n->shared_bytes, n->device->index, e.engine, e.run_us,
          n->cache_hit ? "cached" : "compiled", e.compile_us);
}
}  // namespace sheer
