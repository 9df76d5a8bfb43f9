// Futex waits, the lock's slow path, the per-thread error text and the host clock.
#include "base.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

namespace sheer {

void futex_wait(const uint32_t* word, uint32_t expected, uint64_t timeout_ns) {
  timespec limit = {time_t(timeout_ns / 1000000000), long(timeout_ns % 1000000000)};
  int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_ns ? &limit : nullptr, nullptr, 0);
  errno = saved;
}

void futex_wake(const uint32_t* word, int threads) {
  int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, nullptr, nullptr, 0);
  errno = saved;
}

void Mutex::lock_slow() {
  for (int i = 0; i < 100; i++) {
    uint32_t free_state = 0;
    if (load_relaxed(state) == 0 && compare_swap(state, free_state, 1u)) return;
    cpu_pause();
  }
  while (__atomic_exchange_n(&state, 2u, __ATOMIC_ACQUIRE) != 0) futex_wait(&state, 2);
}

// On the heap, since static thread storage is scarce in a library that programs may dlopen.
static const size_t message_room = 2048;
static SHEER_TLS char* message_text;

const char* last_message() { return message_text ? message_text : ""; }

void set_message(const char* format, ...) {
  if (!message_text) message_text = static_cast<char*>(checked(malloc(message_room)));
  va_list list;
  va_start(list, format);
  vsnprintf(message_text, message_room, format, list);
  va_end(list);
}

uint64_t host_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1000000000ull + uint64_t(now.tv_nsec);
}
}  // namespace sheer
