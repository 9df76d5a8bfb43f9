// The chip's time (SHEER_CLOCK=chip). The compile worker reads the run file as it is written and says when, on the chip, an event
// is reached and a launch begins (sheer/model/clock.py). It is asked when the program asks, and keeps no state that a new worker could not
// read again.
#include "internal.h"

namespace sheer {

static bool told_why_not;  // atomic

// The seconds that the worker answers with; false: none, which is said once.
static bool ask(const String& question, double* seconds, uint32_t count, double* hz) {
  String header("verb clock\n"), path;
  Reply reply{};
  if (profile_path(&path)) {
    header.format("chip %s\nrun %s\n%s", knobs().chip, path.c(), question.c());
    reply = worker_ask(header, nullptr, 0);
  } else {
    reply.error = Error::OperatingSystem;
    for (const char* c = "there is no run file"; *c; c++) reply.blob.push(uint8_t(*c));
  }
  const char* at = reply.error == Error::Ok ? header_value(reply.header, "seconds") : nullptr;
  const char* ticks = at ? header_value(reply.header, "hz") : nullptr;
  if (!at || !ticks) {
    if (!__atomic_exchange_n(&told_why_not, true, __ATOMIC_ACQ_REL))
      fprintf(stderr, "sheer: the chip's clock can't be told, this machine's is: %.*s\n", int(reply.blob.count),
              reinterpret_cast<const char*>(reply.blob.data));
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    char* end;
    seconds[i] = strtod(at, &end);
    at = end;
  }
  *hz = strtod(ticks, nullptr);
  if (reply.blob.count) fwrite(reply.blob.data, 1, reply.blob.count, stderr);
  return true;
}

bool chip_elapsed(uint64_t from, uint64_t to, double* seconds) {
  String question;
  question.format("event %llu\nevent %llu\n", static_cast<unsigned long long>(from), static_cast<unsigned long long>(to));
  double times[2], hz;
  if (!ask(question, times, 2, &hz)) return false;
  double ns = (times[1] - times[0]) * 1e9;  // whole ones, so that equal work takes equal times
  *seconds = double(int64_t(ns + (ns < 0 ? -0.5 : 0.5))) * 1e-9;
  return true;
}

static Mutex begin_lock;

// A launch's own time begins with the first of its threads that asks.
static bool begin(Node* n) {  // true: this was it
  Hold hold(begin_lock);
  if (load(n->clock_since_ns)) return false;
  String question;
  question.format("launch %llu\n", static_cast<unsigned long long>(n->run_line - 1));
  if (!n->run_line || !ask(question, &n->clock_s, 1, &n->clock_hz)) n->clock_hz = 0;
  store(n->clock_since_ns, host_ns());
  return true;
}

double chip_now_s(Block* b, double* hz) {
  Node* n = b->node;
  bool first = false;
  if (SHEER_UNLIKELY(!load(n->clock_since_ns))) {
    hold_begin(b);
    first = begin(n);
    hold_end(b);
  }
  *hz = n->clock_hz;
  if (first) return n->clock_s;
  return n->clock_s + double(host_ns() - n->clock_since_ns) * 1e-9;
}
}  // namespace sheer
