// The run file (SHEER_PROFILE): JSON lines about what the program asked for, in order, and what its kernels asked of a GPU.
// Written line by line, so that a crash keeps what was written. Without the knob nothing here runs but a test of `profile_on`.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counting.h"

namespace sheer {

static Mutex file_lock;  // the file, and what is below
static int file = -1;
static bool opened;
static int owner;  // process
static uint64_t launches;
static uint64_t born_ns;
__attribute__((constructor)) static void remember_start() { born_ns = host_ns(); }

static double now_s() { return double(host_ns() - born_ns) * 1e-9; }

static void quoted(String* out, const char* text, size_t bytes) {
  *out += "\"";
  for (size_t i = 0; i < bytes; i++) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\')
      out->format("\\%c", c);
    else if (c < 32)
      out->format("\\u%04x", c);
    else
      out->append(&text[i], 1);
  }
  *out += "\"";
}

static void write_all(const String& text) {  // lock held
  for (uint32_t at = 0; at < text.size();) {
    ssize_t n = write(file, text.c() + at, text.size() - at);
    if (n <= 0) break;
    at += uint32_t(n);
  }
}

static void write_head() {  // lock held
  String out("{\"event\":\"run\",\"sheer_run\":1,\"program\":"), words;
  int from = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  char piece[4096];
  for (ssize_t n; from >= 0 && (n = read(from, piece, sizeof piece)) > 0;) words.append(piece, size_t(n));
  if (from >= 0) close(from);
  const char *at = words.c(), *end = at + words.size();
  quoted(&out, at, strlen(at));
  out += ",\"arguments\":[";
  bool first = true;
  for (at += strlen(at) + 1; at < end; at += strlen(at) + 1) {
    if (!first) out += ",";
    quoted(&out, at, strlen(at));
    first = false;
  }
  out += "],\"chip\":";
  quoted(&out, knobs().chip, strlen(knobs().chip));
  time_t seconds = time(nullptr);
  tm parts;
  char date[32];
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
  out.format(",\"devices\":%d,\"date\":\"%s\"}\n", knobs().devices, date);
  write_all(out);
}

static bool ready() {  // lock held
  if (opened && owner == getpid()) return file >= 0;
  opened = true;
  bool child = owner != 0;
  owner = getpid();
  file = -1;
  const char *pattern = knobs().profile, *mark = strstr(pattern, "%p");
  launches = 0;
  bool named = *pattern && (!child || mark);  // else the file is the parent's
  if (!named && !knobs().chip_clock) return false;
  if (!named) {  // for the worker's eyes only
    file = int(syscall(SYS_memfd_create, "sheer-run", 1u));
    if (file >= 0) write_head();
    return file >= 0;
  }
  String path(pattern, mark ? size_t(mark - pattern) : strlen(pattern));
  if (mark) path.format("%d%s", owner, mark + 2);
  file = open(path.c(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) {
    fprintf(stderr, "sheer: the run file %s (SHEER_PROFILE) can't be written: %s\n", path.c(), strerror(errno));
    return false;
  }
  write_head();
  return true;
}

static void line(const String& text) {
  Hold hold(file_lock);
  if (ready()) write_all(text);
}

bool profile_path(String* path) {
  Hold hold(file_lock);
  if (!ready()) return false;
  path->format("/proc/%d/fd/%d", owner, file);
  return true;
}

bool profile_on() {
  static int known;  // 1: no, 2: yes
  if (SHEER_UNLIKELY(!known)) known = *knobs().profile || knobs().chip_clock ? 2 : 1;
  return known == 2;
}

static unsigned long long stream_number(const Stream* s) { return s->legacy ? 0 : s->id; }

// ---- launches
struct Repeat {  // launches of the same kernel, grid and block
  uint64_t seen = 0, next = 0, last = 0;  // `last`: the number of the last that is counted
  uint64_t stream = 0;                    // of that one
  uint64_t ended = 0;                     // the last that has ended, + 1
  double work = 0;                        // instructions of it
  uint64_t unsteady = 0;                  // how many more to count because the work of two in a row differed
  uint64_t extra = 0;                     // counted for that
};
static Map<uint64_t, Repeat> repeats;  // file_lock

// What the host has waited for: launches of a stream (of all streams of a device: stream 0) below a number have ended. That is known from
// what the program asks for, not from when things happen, so that two runs count the same.
struct Mark {
  uint64_t stream = 0, launches = 0;
};
static Map<uint64_t, uint64_t> waited;  // file_lock; by stream
static Map<uint64_t, Mark> recorded;    // file_lock; by event: where it was last recorded, and how many launches there had been
static uint64_t stream_key(const Device* d, uint64_t stream) { return uint64_t(d->index) << 48 | stream; }

static bool host_knows(const Repeat& r) {
  uint64_t device = r.stream >> 48 << 48;
  return r.ended == r.last + 1 && (waited[r.stream] > r.last || waited[device] > r.last);
}

static uint64_t shape_key(const Node* n) {
  uint64_t key = hash_of(uint64_t(n->function));
  for (int i = 0; i < 3; i++) key = hash_of(key ^ n->grid[i]) * 31 + hash_of(key + n->block[i]);
  return hash_of(key ^ n->dynamic_shared);
}

// The first launches are counted, then ever fewer: a fifth more of them each time. Where two in a row that were counted did not do the same work (a
// search by levels, a solver whose grid does not follow its data), the next ones are counted, too.
const uint64_t MORE = 8;

static void take_result(Repeat& r, const Counting* c) {
  if (!c->instructions || c->line < r.ended) return;
  double change = c->instructions - r.work, slack = max(0.05, 3 * c->error) * max(c->instructions, r.work);
  if (r.ended && (change > slack || change < -slack))
    r.unsteady = MORE;
  else if (r.unsteady)
    r.unsteady--;
  r.work = c->instructions;
  r.ended = c->line + 1;
}

static bool counted_now(Repeat& r, uint64_t number, uint64_t stream) {
  uint64_t at = r.seen++;
  bool due = at >= r.next || knobs().profile_all;
  if (!due && !(r.unsteady && r.extra < 64 + at / 4 && host_knows(r))) return false;
  r.extra += !due;
  r.next = at + 1 + (at > 2 ? at / 4 : 0);
  r.last = number;
  r.stream = stream;
  return true;
}

// What a node of a graph waits for, and whose threads launched it.
static void write_place(String* out, const Node* n) {
  if (n->parent) out->format(",\"parent\":%llu", static_cast<unsigned long long>(n->parent - 1));
  const GraphPlace& p = n->place;
  if (!p.graph) return;
  out->format(",\"graph\":%llu,\"node\":%u,\"after\":[", static_cast<unsigned long long>(p.graph), p.node);
  for (uint32_t i = 0; i < p.count; i++) out->format("%s%u", i ? "," : "", p.after[i]);
  *out += "]";
  if (p.outer_graph) out->format(",\"inside\":[%llu,%u]", static_cast<unsigned long long>(p.outer_graph), p.outer_node);
}

static const char* cannot_count(const Node* n, const Code* code) {
  if (knobs().reference) return "the reference engine does not count";
  if (!code) return "it could not be compiled for counting";
  if (code->info->flags & SHEER_LANE_FIBERS) return "its lanes wait for each other, so that there are no warps to count";
  if (n->function->module == nullptr) return "it has no module";
  return nullptr;
}

static void describe(String* out, const Node* n, const Code* code) {
  const FunctionInfo& info = function_info(n->function);
  const String& name = n->function->name;
  *out += "\"kernel\":";
  quoted(out, name.c(), name.size());
  *out += ",\"symbol\":";
  quoted(out, name.c(), name.size());
  out->format(",\"grid\":[%u,%u,%u],\"block\":[%u,%u,%u],\"static_shared\":%u,\"dynamic_shared\":%u,\"registers\":%u,"
              "\"local_bytes\":%u,\"cooperative\":%s,\"host_s\":%.9f",
              n->grid[0], n->grid[1], n->grid[2], n->block[0], n->block[1], n->block[2], info.static_shared,
              n->dynamic_shared, code ? code->counting->registers : info.registers, info.local_bytes,
              n->cooperative ? "true" : "false", now_s());
}

void profile_launch(Node* n) {
  Code* code = nullptr;
  bool hit;
  if (!knobs().reference && function_code(n->function, n->block, Mode::Counting, &code, &hit) != Error::Ok) code = nullptr;
  const char* reason = cannot_count(n, code);
  Hold hold(file_lock);
  if (!ready()) return;
  uint64_t number = launches++;
  n->run_line = number + 1;
  uint64_t shape = shape_key(n);
  Repeat& r = repeats[shape];
  bool counted = counted_now(r, number, stream_key(n->device, stream_number(n->stream)));
  String out;
  out.format("{\"event\":\"launch\",\"n\":%llu,\"device\":%d,\"stream\":%llu,", static_cast<unsigned long long>(number),
             n->device->index, stream_number(n->stream));
  describe(&out, n, code);
  write_place(&out, n);
  if (reason) {
    out += ",\"counted\":false,\"reason\":";
    quoted(&out, reason, strlen(reason));
  } else if (counted) {
    n->counting = make<Counting>();
    n->counting->code = code;
    n->counting->line = number;
    n->counting->shape = shape;
  } else {
    out.format(",\"like\":%llu", static_cast<unsigned long long>(r.last));
  }
  out += "}\n";
  write_all(out);
}

void counting_drop(Counting* c) {
  if (!c) return;
  for (Counted* b : c->blocks) drop(b);
  drop(c->plan);
  drop(c);
}

void profile_launch_end(Node* n) {
  Counting* c = n->counting;
  if (!c) return;
  n->counting = nullptr;
  String out;
  out.format("{\"event\":\"counters\",\"n\":%llu,", static_cast<unsigned long long>(c->line));
  if (load(n->cancelled) || load(n->device->sticky) || !c->blocks.count) {
    out += "\"counted\":false,\"reason\":\"the launch failed\"";
  } else {
    out += "\"counters\":";
    write_counters(&out, n, c);
  }
  out += "}\n";
  Hold hold(file_lock);
  take_result(repeats[c->shape], c);
  if (ready()) write_all(out);
  counting_drop(c);
}

// ---- everything else
static bool on_device(const Range& r) { return device_side(r.kind); }

static void profile_copy(String* out, const Stream* s, const CopyOp& c) {
  Range from{}, to{};
  bool source = memory_find(c.src, &from) && on_device(from), target = memory_find(c.dst, &to) && on_device(to);
  bool peers = source && target && from.device != to.device;
  bool pinned = (source || from.kind != Kind::None) && (target || to.kind != Kind::None);
  const char* kind = peers ? "p2p" : source ? (target ? "d2d" : "d2h") : target ? "h2d" : "h2h";
  out->format("{\"event\":\"copy\",\"kind\":\"%s\",\"bytes\":%llu,\"pinned\":%s,\"blocking\":%s,\"device\":%d,\"peer\":%d,"
              "\"stream\":%llu",
              kind, static_cast<unsigned long long>(c.width * c.height * c.depth), pinned ? "true" : "false",
              c.host_waits ? "true" : "false", s->device->index, peers ? (from.device == s->device->index ? to.device : from.device) : -1,
              stream_number(s));
}

static void host_waits(uint64_t stream) {
  Hold hold(file_lock);
  waited[stream] = launches;
}

static void mark(uint64_t event, uint64_t stream) {
  Hold hold(file_lock);
  recorded[event] = {stream, launches};
}

void profile_operation(const Node* n, const Stream* s, const Op& op) {
  String out;
  const char* name = op.kind == OpKind::Record ? "record" : "wait";
  switch (op.kind) {
    case OpKind::Copy:
      profile_copy(&out, s, op.copy);
      if (op.copy.host_waits) host_waits(stream_key(s->device, stream_number(s)));
      break;
    case OpKind::Fill:
      out.format("{\"event\":\"fill\",\"bytes\":%llu,\"device\":%d,\"stream\":%llu",
                 static_cast<unsigned long long>(op.fill.width * op.fill.height * op.fill.depth), s->device->index,
                 stream_number(s));
      break;
    case OpKind::Record:
    case OpKind::Wait:
      if (op.kind == OpKind::Record) mark(event_number(op.record.event), stream_key(s->device, stream_number(s)));
      out.format("{\"event\":\"%s\",\"id\":%llu,\"device\":%d,\"stream\":%llu", name,
                 static_cast<unsigned long long>(event_number(op.kind == OpKind::Record ? op.record.event : op.wait.event)),
                 s->device->index, stream_number(s));
      break;
    default:
      if (op.kind == OpKind::Launch || !n->place.graph) return;
      out.format("{\"event\":\"node\",\"device\":%d,\"stream\":%llu", s->device->index, stream_number(s));  // others wait for it
      if (op.kind == OpKind::Conditional) out += ",\"conditional\":true";
  }
  write_place(&out, n);
  out.format(",\"host_s\":%.9f}\n", now_s());
  line(out);
}

void profile_stream(const Stream* s) {
  if (!profile_on() || !(s->flags & STREAM_NON_BLOCKING)) return;
  String out;
  out.format("{\"event\":\"stream\",\"id\":%llu,\"device\":%d,\"non_blocking\":true,\"host_s\":%.9f}\n", stream_number(s), s->device->index,
             now_s());
  line(out);
}

void profile_sync(const char* what, uint64_t id, const Device* d) {
  if (!profile_on()) return;
  String out;
  out.format("{\"event\":\"sync\",\"what\":\"%s\",\"id\":%llu,\"device\":%d,\"host_s\":%.9f}\n", what,
             static_cast<unsigned long long>(id), d->index, now_s());
  Hold hold(file_lock);
  if (strcmp(what, "event")) {
    waited[stream_key(d, id)] = launches;
  } else if (const Mark* m = recorded.find(id)) {
    uint64_t& known = waited[m->stream];
    known = max(known, m->launches);
  }
  if (ready()) write_all(out);
}

__attribute__((destructor)) static void write_end() {
  if (!profile_on()) return;
  String out;
  out.format("{\"event\":\"end\",\"host_s\":%.9f}\n", now_s());
  Hold hold(file_lock);
  if (ready()) write_all(out);
}
}  // namespace sheer
