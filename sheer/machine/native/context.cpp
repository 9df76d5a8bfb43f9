// The context switch between fibers: saves what a call preserves and nothing else. The only file with a
// processor's own code beside the relocations; add an architecture here.
#include "internal.h"

#if defined(__x86_64__)
asm(R"(
.text
.globl sheer_switch
.hidden sheer_switch
.type sheer_switch,@function
.p2align 4
sheer_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
.globl sheer_switch_resume
.hidden sheer_switch_resume
sheer_switch_resume:
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size sheer_switch, .-sheer_switch
.type sheer_fiber_start,@function
sheer_fiber_start:
  movq %rbx, %rdi
  callq *%r12
  ud2
.size sheer_fiber_start, .-sheer_fiber_start
)");
#elif defined(__aarch64__)
asm(R"(
.text
.globl sheer_switch
.hidden sheer_switch
.type sheer_switch,%function
.p2align 4
sheer_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
.globl sheer_switch_resume
.hidden sheer_switch_resume
sheer_switch_resume:
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size sheer_switch, .-sheer_switch
.type sheer_fiber_start,%function
sheer_fiber_start:
  mov x0, x19
  blr x20
  brk #1
.size sheer_fiber_start, .-sheer_fiber_start
)");
#else
#error "write the context switch for this processor"
#endif

extern "C" __attribute__((visibility("hidden"))) void sheer_fiber_start();

namespace sheer {

void* context_make(uint8_t* top, void (*entry)(Fiber*), Fiber* argument) {
  uint64_t* at = reinterpret_cast<uint64_t*>(uint64_t(top) & ~63ull);
#if defined(__x86_64__)
  *--at = 0;  // sheer_fiber_start begins with the stack as `call` wants it
  *--at = 0;
  *--at = reinterpret_cast<uint64_t>(&sheer_fiber_start);
  *--at = 0;                                     // rbp: ends a walk over frames
  *--at = reinterpret_cast<uint64_t>(argument);  // rbx
  *--at = reinterpret_cast<uint64_t>(entry);     // r12
  for (int i = 0; i < 3; i++) *--at = 0;         // r13 r14 r15
#else
  at -= 20;
  memset(at, 0, 160);
  at[0] = reinterpret_cast<uint64_t>(argument);  // x19
  at[1] = reinterpret_cast<uint64_t>(entry);     // x20
  at[11] = reinterpret_cast<uint64_t>(&sheer_fiber_start);
#endif
  return at;
}

#if defined(__x86_64__)
uint32_t float_mode() { return __builtin_ia32_stmxcsr(); }
void float_mode_set(uint32_t mode) { __builtin_ia32_ldmxcsr(mode); }
// All exceptions masked, round to nearest; flushing: FTZ (bit 15) and DAZ (bit 6).
extern const uint32_t float_mode_plain = 0x1f80, float_mode_flushing = 0x1f80 | 0x8040;
#else
uint32_t float_mode() {
  uint64_t mode;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  return uint32_t(mode);
}
void float_mode_set(uint32_t mode) { asm volatile("msr fpcr, %0" ::"r"(uint64_t(mode))); }
extern const uint32_t float_mode_plain = 0, float_mode_flushing = 1u << 24;
#endif
}  // namespace sheer
