// The processor's unit that multiplies tiles (AMX): leave to use it, and its set-up while kernels run that do.
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

namespace sheer {

#if defined(__x86_64__)
// The kernel gives a process this state only if it asks: registers of 8 KB that each thread may have to save.
// It refuses where a thread's alternate signal stack would be too small for them.
static bool ask() {
  const long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

bool tiles_permitted() {
  static const bool answer = ask();
  return answer;
}

void tiles_begin() {
  struct alignas(64) Setup {
    uint8_t palette = 1, start_row = 0, reserved[14]{};
    uint16_t row_bytes[16]{64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16]{16, 16, 16, 16, 16, 16, 16, 16};
  };
  static const Setup setup;
  asm volatile("ldtilecfg %0" ::"m"(setup));
}

// Lets the operating system save less, and the unit rest.
void tiles_end() { asm volatile("tilerelease"); }
#else
bool tiles_permitted() { return false; }
void tiles_begin() {}
void tiles_end() {}
#endif
}  // namespace sheer
