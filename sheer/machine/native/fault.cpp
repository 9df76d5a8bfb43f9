// Faults: a signal inside of a kernel leaves it by a jump to the scheduler's side, the launch fails with a
// sticky error, and what happened is told once on stderr, with the help of a replay of the block in checked
// mode.
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "internal.h"

extern "C" __attribute__((visibility("hidden"))) char __ehdr_start, etext;  // this library, by the linker

namespace sheer {

static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
static struct sigaction previous[65];
static int interrupt_signal() { return SIGRTMAX - 5; }

static void* pc_of(ucontext_t* u) {
#if defined(__x86_64__)
  return reinterpret_cast<void*>(u->uc_mcontext.gregs[REG_RIP]);
#else
  return reinterpret_cast<void*>(u->uc_mcontext.pc);
#endif
}

static void* sp_of(ucontext_t* u) {
#if defined(__x86_64__)
  return reinterpret_cast<void*>(u->uc_mcontext.gregs[REG_RSP]);
#else
  return reinterpret_cast<void*>(u->uc_mcontext.sp);
#endif
}

static void continue_at(ucontext_t* u, void (*pc)(), void* sp) {
#if defined(__x86_64__)
  u->uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(pc);
  u->uc_mcontext.gregs[REG_RSP] = reinterpret_cast<greg_t>(sp);
  u->uc_mcontext.gregs[REG_EFL] &= ~greg_t(0x400);
#else
  u->uc_mcontext.pc = reinterpret_cast<uint64_t>(pc);
  u->uc_mcontext.sp = reinterpret_cast<uint64_t>(sp);
#endif
}

// A return address into the kernel's text, found by looking over the stack; code keeps no frame pointers that
// could be followed.
static void* text_on_stack(Block* b, const void* from) {
  const void* const* at = reinterpret_cast<const void* const*>(uint64_t(from) & ~7ull);
  for (Fiber* f : b->fibers) {
    if (from < f->stack || from >= f->top) continue;
    for (int i = 0; i < 2048 && at + i + 1 < static_cast<void*>(f->top); i++)
      if (code_holds(b->code, at[i])) return static_cast<uint8_t*>(const_cast<void*>(at[i])) - 1;
  }
  return nullptr;
}

static bool in_this_library(const void* pc) { return pc >= &__ehdr_start && pc < &etext; }

static void leave_kernel(Worker* w, ucontext_t* u, Left left) {
  w->left = left;
  continue_at(u, sheer_switch_resume, w->home);
}

static void on_interrupt(int, siginfo_t*, void* context) {
  Worker* w = this_worker;
  Block* b = w ? w->inside : nullptr;
  ucontext_t* u = static_cast<ucontext_t*>(context);
  // Inside of the library the thread may be between two stacks: the watchdog asks again soon.
  if (!b || w->hold || in_this_library(pc_of(u))) return;
  bool leave = b->replay ? host_ns() > w->replay_until : load(b->node->cancelled);
  if (!leave) return;
  w->fault = Fault();
  w->fault.pc = code_holds(b->code, pc_of(u)) ? pc_of(u) : text_on_stack(b, sp_of(u));
  leave_kernel(w, u, Left::Cancelled);
}

static void copy_escape() { longjmp(*static_cast<jmp_buf*>(this_worker->copy_escape), 1); }

static void pass_on(int number, siginfo_t* info, void* context) {
  struct sigaction& old = previous[number];
  if (old.sa_flags & SA_SIGINFO) return old.sa_sigaction(number, info, context);
  if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) return old.sa_handler(number);
  signal(number, SIG_DFL);  // happens again at once, and then as if we were not here
  if (info->si_code <= 0) raise(number);
}

static void on_fault(int number, siginfo_t* info, void* context) {
  Worker* w = this_worker;
  Block* b = w ? w->inside : nullptr;
  ucontext_t* u = static_cast<ucontext_t*>(context);
  if (w && w->copy_escape) {
    w->fault.address = info->si_addr;
    return continue_at(u, copy_escape, reinterpret_cast<void*>(((uint64_t(sp_of(u)) - 1024) & ~15ull) - 8));
  }
  if (!b || info->si_code <= 0) return pass_on(number, info, context);
  Fault& f = w->fault;
  f.error = Error::Ok;
  f.signal = number;
  f.pc = code_holds(b->code, pc_of(u)) ? pc_of(u) : text_on_stack(b, sp_of(u));
  f.address = info->si_addr;
  f.unknown_address = number == SIGSEGV && info->si_code == SI_KERNEL;
  f.has_lane = f.has_access = false;
  uint8_t* low = b->current ? b->current->stack : nullptr;
  f.stack_overflow = low && f.address < low && f.address >= low - 65536;
  leave_kernel(w, u, Left::Fault);
}

void fault_handlers_install() {
  struct sigaction action{};
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  action.sa_sigaction = on_fault;
  for (int s : caught) {
    struct sigaction now;
    if (!sigaction(s, nullptr, &now) && (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_fault) continue;
    sigaction(s, &action, &previous[s]);
  }
  action.sa_sigaction = on_interrupt;
  action.sa_flags |= SA_RESTART;
  sigaction(interrupt_signal(), &action, nullptr);
}

void interrupt_worker(Worker* w) {
  if (w->thread) pthread_kill(pthread_t(w->thread), interrupt_signal());
}

// ---- the alternate signal stack
static pthread_key_t stack_key;
static bool stack_key_made;
static SHEER_TLS bool stack_ready;
static const size_t signal_stack_bytes = 128 << 10;

static void stack_end(void* stack) {
  stack_t off{};
  off.ss_flags = SS_DISABLE;
  sigaltstack(&off, nullptr);
  munmap(stack, signal_stack_bytes);
}

void fault_thread_setup() {
  if (SHEER_LIKELY(stack_ready)) return;
  stack_ready = true;
  stack_t now;
  if (!sigaltstack(nullptr, &now) && !(now.ss_flags & SS_DISABLE) && now.ss_size >= 32768) return;
  void* stack = mmap(nullptr, signal_stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) return;
  stack_t fresh{};
  fresh.ss_sp = stack;
  fresh.ss_size = signal_stack_bytes;
  sigaltstack(&fresh, nullptr);
  Hold hold(scheduler.lock);
  if (!stack_key_made) pthread_key_create(&stack_key, stack_end);
  stack_key_made = true;
  pthread_setspecific(stack_key, stack);
}

// ---- replay
// Runs the block again in checked mode, which stops before the bad access and knows whose it was. False: it
// found nothing.
static bool replay(Worker* w, Block* failed, uint64_t id, Fault* found) {
  Node* n = failed->node;
  Code* code;
  bool hit;
  if (function_code(n->function, n->block, Mode::Checked, &code, &hit) != Error::Ok) return false;
  Block* b = block_get(w, n, code);
  b->replay = true;
  w->replay_until = host_ns() + 5000000000ull;
  w->misaligned = Fault();
  b->first = id;
  b->count = 1;
  block_start(b, id);
  Left left;
  uint32_t rounds = 0;
  do left = block_enter(b);
  while (left == Left::Polling && ++rounds < 100000 && host_ns() < w->replay_until);
  bool ok = left == Left::Fault && (w->fault.has_access || w->fault.signal);
  if (ok) {
    *found = w->fault;
  } else if (w->misaligned.has_access) {
    *found = w->misaligned;
    ok = true;
  }
  block_abandon(b);
  block_put(b);
  return ok;
}

static Error error_of(const Fault& f) {
  if (f.error != Error::Ok) return f.error;
  if (f.stack_overflow) return Error::HardwareStackError;
  switch (f.signal) {
    case SIGSEGV:
    case SIGBUS: return Error::IllegalAddress;
    case SIGILL:
    case SIGTRAP: return Error::IllegalInstruction;
  }
  return Error::LaunchFailure;
}

// ---- the report
static void where_in_memory(String* out, const void* address) {
  Range r;
  if (addresses_reserved(address)) {
    bool mapped = memory_find(address, &r);
    out->format("\nsheer:   %s", mapped ? "mapped there is memory that may not be accessed like that (cuMemSetAccess)"
                                        : "a reserved address at which no memory is mapped (cuMemMap)");
    return;
  }
  if (!memory_nearest(address, &r)) return;
  uint64_t offset = uint64_t(address) - uint64_t(r.base);
  if (offset > 2 * r.bytes + (64 << 10)) return;  // too far to be its overrun: a remark would mislead
  String name = symbol_name_at(r.base);
  out->format("\nsheer:   %s%s%llu bytes at %p (device %d)", name.empty() ? "the allocation of " : name.c(),
              name.empty() ? "" : ", ", (unsigned long long)r.bytes, r.base, r.device);
  if (offset >= r.bytes)
    out->format(" ends %llu bytes before it", (unsigned long long)(offset - r.bytes));
  else
    out->format(" holds its beginning, at offset %llu", (unsigned long long)offset);
}

static void describe_place(String* out, Block* b, uint64_t id, const Fault& f, const Code* code) {
  Node* n = b->node;
  uint64_t gx = n->grid[0], gy = n->grid[1];
  out->format("\nsheer:   block (%llu,%llu,%llu)", (unsigned long long)(id % gx),
              (unsigned long long)(id / gx % gy), (unsigned long long)(id / gx / gy));
  if (f.has_lane) {
    uint32_t t = f.group * code->info->lanes + f.lane, x = n->block[0], y = n->block[1];
    out->format(", thread (%u,%u,%u)", t % x, t / x % y, t / x / y);
  }
  const Vec<String>& files = n->function->module->files;
  String file;
  uint32_t line = f.line;
  if (line)
    file = f.file < files.count ? files[f.file] : String();
  else
    code_locate(code, f.pc, &file, &line);
  if (line) out->format(", %s:%u", file.empty() ? "?" : file.c(), line);
}

static const char* summary(const Fault& f, Error error) {
  if (!f.text.empty()) return f.text.c();
  if (f.stack_overflow) return "stack overflow";
  if (error == Error::MisalignedAddress) return "misaligned address";
  if (f.signal == SIGFPE) return "arithmetic exception";
  if (f.signal == SIGILL || f.signal == SIGTRAP) return "illegal instruction";
  return "illegal address";
}

// The kernel's name as its source has it, if the program has, or the machine, a C++ library that can tell.
static String readable(const String& name) {
  using Demangle = char* (*)(const char*, char*, size_t*, int*);
  void* found = dlsym(RTLD_DEFAULT, "__cxa_demangle");
  static const char* const libraries[] = {"libstdc++.so.6", "libc++abi.so.1"};
  for (const char* library : libraries) {
    if (found) break;
    void* handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    found = handle ? dlsym(handle, "__cxa_demangle") : nullptr;
  }
  int status = 1;
  Demangle demangle = reinterpret_cast<Demangle>(found);
  char* text = demangle ? demangle(name.c(), nullptr, nullptr, &status) : nullptr;
  String out = status == 0 && text ? String(text) : name;
  free(text);
  return out;
}

static void report(Block* b, uint64_t id, const Fault& f, const Code* code, Error error) {
  static const char* const accesses[] = {"load", "store", "atomic"};
  String out;
  printf_flush();
  if (error == Error::Assert) {
    fprintf(stderr, "%s\n", f.text.c());
    return;
  }
  out.format("sheer: kernel %s: %s", readable(b->node->function->name).c(), summary(f, error));
  if (f.has_access)
    out.format(": %s of %u bytes at %p", accesses[f.access < 3 ? f.access : 0], f.bytes, f.address);
  else if (f.signal && f.address && !f.unknown_address)
    out.format(" %p", f.address);
  describe_place(&out, b, id, f, code);
  if (f.has_access && error == Error::IllegalAddress) where_in_memory(&out, f.address);
  fprintf(stderr, "%s\n", out.c());
}

static Mutex report_lock;

static bool claim(Node* n) {  // true for the first who reports this launch
  Hold hold(report_lock);
  if (n->reported || load(n->device->sticky)) return false;
  return n->reported = true;
}

// What faulted in launches of which the first fault is still being looked into (report_lock).
struct Candidate {
  Node* node;
  uint64_t id;
  Fault fault;
  const Code* code;
};
static Vec<Candidate> candidates;

static uint64_t faulting_block(const Block* b) {
  if (!b->simple) return b->id;
  const Node* n = b->node;  // the code itself counts the blocks of a chunk
  const uint32_t* c = b->frame.ctaid;
  uint64_t now = c[0] + uint64_t(n->grid[0]) * (c[1] + uint64_t(n->grid[1]) * c[2]);
  if (b->code->info->flags & SHEER_STRIPS) return now < n->total ? now : b->first;
  return now >= b->first && now < b->first + b->count ? now : b->first;
}

// True for the first of this launch, who reports; the others leave what they know.
static bool first_of_launch(Block* b, uint64_t id, const Fault& f) {
  Node* n = b->node;
  Hold hold(report_lock);
  for (Candidate& c : candidates) {
    if (c.node != n) continue;
    if (id < c.id) c = Candidate{n, id, f, b->code};
    return false;
  }
  if (n->reported || load(n->device->sticky)) return false;
  candidates.push(Candidate{n, id, f, b->code});
  return n->reported = true;
}

static const uint64_t fault_patience_ns = 250000000;

// Which of several faulting blocks is first is chance; that the lowest is told is not. Blocks are handed out in
// order, so those below this one run or have ended: none is begun any more, and those at work get time to
// end or fault too (not for ever: one may wait for this one).
static Candidate lowest_fault(Block* b, uint64_t id) {
  Node* n = b->node;
  {
    Hold hold(scheduler.lock);
    node_close(n);
  }
  uint64_t own = (b->simple ? b->count : 1) + (b->end_id - b->next_id);
  uint64_t until = host_ns() + fault_patience_ns;
  while (id && load(n->done) + own < n->total && !load(n->cancelled) && host_ns() < until) {
    timespec nap = {0, 50000};
    nanosleep(&nap, nullptr);
  }
  Hold hold(report_lock);
  for (uint32_t i = 0; i < candidates.count; i++) {
    if (candidates[i].node != n) continue;
    Candidate lowest = candidates[i];
    candidates.remove(i);
    return lowest;
  }
  return Candidate{n, id, b->worker->fault, b->code};
}

void fault_handle(Worker* w, Block* b) {
  Node* n = b->node;
  uint64_t id = faulting_block(b);
  if (!first_of_launch(b, id, w->fault)) {
    if (!n->reported) device_fail(n->device, error_of(w->fault));
    return;
  }
  Candidate lowest = lowest_fault(b, id);
  id = lowest.id;
  Fault f = lowest.fault;
  const Code* code = lowest.code;
  Error error = error_of(f);
  Fault found;
  bool asked = f.signal && !f.stack_overflow && (f.signal == SIGSEGV || f.signal == SIGBUS);
  {
    Hold hold(scheduler.lock);
    node_cancel(n);  // the others stop while this one is being explained
    watchdog_start();
  }
  if (asked && replay(w, b, id, &found)) {
    if (found.has_access) f = found;
    if (found.has_access && found.error != Error::Ok) error = found.error;
    if (found.has_access) {
      bool hit;
      Code* checked_code;
      if (function_code(n->function, n->block, Mode::Checked, &checked_code, &hit) == Error::Ok) code = checked_code;
    }
  }
  report(b, id, f, code, error);
  device_fail(n->device, error);
}

void fault_timeout(Worker* w, Block* b) {
  Node* n = b->node;
  {
    Hold hold(report_lock);
    if (n->reported) return;
    n->reported = true;
  }
  Fault f;
  f.pc = w->left == Left::Cancelled ? w->fault.pc : nullptr;
  Fiber* stopped = b->polled_first ? b->polled_first : b->grid_first ? b->grid_first : b->current;
  for (uint32_t i = 0; !f.pc && i < BARRIERS; i++)
    if (b->barriers[i].first) stopped = b->barriers[i].first;
  if (!f.pc && stopped && !b->simple) f.pc = text_on_stack(b, stopped->sp);
  f.text.format("ran longer than the time limit of %g s (SHEER_TIME_LIMIT) and was cancelled",
                knobs().time_limit_s);
  uint64_t id = b->id;
  if (b->simple) {
    const uint32_t* c = b->frame.ctaid;
    id = c[0] + uint64_t(n->grid[0]) * (c[1] + uint64_t(n->grid[1]) * c[2]);
  }
  report(b, id, f, b->code, Error::LaunchTimeout);
}

// ---- copies
void copy_guarded(Worker* w, Node* n, uint64_t first, uint64_t count) {
  jmp_buf escape;
  if (_setjmp(escape)) {
    w->copy_escape = nullptr;
    if (!claim(n)) return;
    fprintf(stderr, "sheer: %s of %llu bytes at %p%s touches %p, which is not mapped\n",
            n->kind == OpKind::Fill ? "fill" : "copy",
            (unsigned long long)(n->copy.width * n->copy.height * n->copy.depth), n->copy.dst,
            n->kind == OpKind::Fill ? "" : " (to)", w->fault.address);
    device_fail(n->device, Error::IllegalAddress);
    return;
  }
  w->copy_escape = &escape;
  for (uint64_t i = 0; i < count && !load(n->cancelled); i++) run_copy_piece(n, first + i);
  w->copy_escape = nullptr;
}
}  // namespace sheer
