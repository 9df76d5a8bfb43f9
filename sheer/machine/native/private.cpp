// Copies of small arrays that a kernel only adds to: each worker adds to its own, and at the end of a run of blocks to the array
// (sheer/passes/private.py says when that is allowed).
#include "internal.h"

#define SERVICE_CALL extern "C" __attribute__((visibility("default")))

namespace sheer {

static const uint64_t room = 16 << 10;  // bytes of a copy: it stays in the first cache

// `others`: addresses in sets, each after their number. Every set has to lead into allocations that are no such array.
SERVICE_CALL void sheer_rt_private(SheerFrame* frame, SheerPrivate* arrays, uint32_t count, const uint64_t* others,
                                   uint32_t other_count) {
  Block* b = static_cast<Block*>(frame->machine);
  Worker* w = b->worker;
  hold_begin(b);
  bool good = count <= sizeof w->copies / sizeof *w->copies;
  for (uint32_t i = 0; i < count; i++) {
    SheerPrivate& a = arrays[i];
    Range range;
    good = good && memory_find(reinterpret_cast<void*>(a.base), &range) && range.bytes <= room &&
           (range.kind == Kind::Device || range.kind == Kind::Managed) && uint64_t(range.base) % a.unit == 0;
    a.base = good ? uint64_t(range.base) : 0;
    a.units = good ? range.bytes / a.unit : 0;
    a.copy = nullptr;
    for (uint32_t k = 0; k < i; k++) good = good && arrays[k].base != a.base;
  }
  for (uint32_t at = 0; good && at < other_count;) {
    bool any = false;  // an address of the set leads into an allocation
    for (uint64_t left = others[at++]; left; left--) {
      Range range;
      if (!memory_find(reinterpret_cast<void*>(others[at++]), &range)) continue;
      any = true;
      for (uint32_t k = 0; k < count; k++) good = good && arrays[k].base != uint64_t(range.base);
    }
    good = good && any;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!good) {
      arrays[i].units = 0;
      continue;
    }
    if (!w->copies[i]) w->copies[i] = static_cast<uint8_t*>(calloc(1, room));
    if (w->copies_in_use) memset(w->copies[i], 0, room);  // the run before ended with a fault
    arrays[i].copy = w->copies[i];
    if (!arrays[i].copy) arrays[i].units = 0;
  }
  w->copies_in_use = good;
  hold_end(b);
}

template <class T>
static void add_up(SheerPrivate& a) {
  T* from = reinterpret_cast<T*>(a.copy);
  T* to = reinterpret_cast<T*>(a.base);
  for (uint64_t i = 0; i < a.units; i++) {
    if (!from[i]) continue;
    __atomic_fetch_add(to + i, from[i], __ATOMIC_RELAXED);
    from[i] = 0;
  }
}

SERVICE_CALL void sheer_rt_private_end(SheerFrame* frame, SheerPrivate* arrays, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (!arrays[i].units) continue;
    if (arrays[i].unit == 8)
      add_up<uint64_t>(arrays[i]);
    else
      add_up<uint32_t>(arrays[i]);
  }
  static_cast<Block*>(frame->machine)->worker->copies_in_use = false;
}

}  // namespace sheer
