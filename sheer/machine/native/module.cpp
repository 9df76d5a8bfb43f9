// Modules and kernels: PTX texts in, described by the compile worker (or the disk cache); then symbols with
// addresses on each device, and native code for each kernel and block shape.
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

namespace sheer {

// A kernel is compiled for each block shape until it has this many or this much code (some seconds of compiling);
// then one form serves every other shape. Code's size, as it is the same in every run; time is not.
static const uint32_t shapes_before_any = 8;
static const uint64_t text_before_any = 160 << 10;

// ---- images
static Mutex modules_lock;
static Vec<Module*> all_modules;

struct FatHead {
  char magic[8];
  uint32_t flags, count;
};

static bool is_fat(const void* data) { return !memcmp(data, "SHEERFB1", 8); }

bool image_is_relocatable(const void* fatbin) {
  FatHead head;
  if (!fatbin || !is_fat(fatbin)) return false;
  memcpy(&head, fatbin, sizeof head);
  return head.flags & 1;
}

// `raw`: a text that the program brings itself, and that nobody has assembled before.
static Error add_image(Module* m, const Image& image, bool* raw) {
  const char* at = static_cast<const char*>(image.data);
  if (!at) return Error::InvalidValue;
  if ((!image.bytes || image.bytes >= sizeof(FatHead)) && is_fat(at)) {
    FatHead head;
    memcpy(&head, at, sizeof head);
    at += sizeof head;
    for (uint32_t i = 0; i < head.count; i++) {
      uint64_t bytes;
      memcpy(&bytes, at, 8);
      m->texts.push(String(at + 8, strnlen(at + 8, bytes)));
      at += 8 + bytes;
    }
    return Error::Ok;
  }
  uint64_t bytes = image.bytes ? strnlen(at, image.bytes) : strlen(at);
  if ((bytes >= 4 && !memcmp(at,
                             "\x7f"
                             "ELF",
                             4)) ||
      (bytes >= 4 && !memcmp(at, "\x50\xed\x55\xba", 4))) {
    set_message(
        "this image holds machine code for a GPU; Sheer runs PTX: build with sheer nvcc, or embed PTX "
        "(-arch=compute_80)");
    return Error::NoBinaryForGpu;
  }
  m->texts.push(String(at, bytes));
  *raw = true;
  return Error::Ok;
}

// ---- description
static void add_blob(Module* m, String* header, Vec<Piece>* pieces) {
  header->format("count %u\nsizes", m->texts.count);
  for (String& t : m->texts) {
    header->format(" %u", t.size());
    pieces->push(Piece{t.c(), t.size()});
  }
  *header += "\n";
}

static String key_of(const String& header) {
  Sha256 sha;
  sha.add(header.c(), header.size());
  sha.add(compiler_fingerprint().c(), compiler_fingerprint().size());
  return hex(sha.finish());
}

static void parse_kernel(Module* m, const char* line) {
  Function* f = make<Function>();
  char* end;
  const char* at = line;
  size_t length = strcspn(at, " ");
  f->name = String(at, length);
  at += length;
  uint32_t* numbers[] = {&f->info.param_bytes,    &f->info.static_shared,  &f->info.local_bytes,
                         &f->info.registers,      &f->info.max_threads[0], &f->info.max_threads[1],
                         &f->info.max_threads[2], &f->info.param_count};
  for (uint32_t* number : numbers) {
    *number = uint32_t(strtoul(at, &end, 10));
    at = end;
  }
  for (uint32_t i = 0; i < f->info.param_count; i++) {
    Param p;
    p.offset = uint32_t(strtoul(at, &end, 10));
    p.bytes = uint32_t(strtoul(end + (*end == ':'), &end, 10));
    p.align = uint32_t(strtoul(end + (*end == ':'), &end, 10));
    f->params.push(p);
    at = end;
  }
  f->info.name = f->name.c();
  f->info.params = f->params.data;
  f->info.module = m;
  f->module = m;
  m->functions.push(f);
}

static bool parse_line(Module* m, const char* line) {
  unsigned index, target;
  long long data, addend;
  unsigned long long bytes, align;
  int used = 0;
  if (!strncmp(line, "kernel ", 7)) {
    parse_kernel(m, line + 7);
  } else if (!strcmp(line, "matrices")) {
    m->matrices = true;
  } else if (!strncmp(line, "address ", 8) && m->functions.count) {
    m->functions.back()->address = strtoull(line + 8, nullptr, 10);
  } else if (!strncmp(line, "file ", 5) && sscanf(line + 5, "%u %n", &index, &used) == 1) {
    while (m->files.count <= index) m->files.push(String());
    m->files[index] = String(line + 5 + used);
  } else if (!strncmp(line, "symbol ", 7)) {
    char space[16];
    Vec<char> room;
    room.resize(uint32_t(strlen(line)) + 1);
    if (sscanf(line + 7, "%u %s", &index, room.data) != 2) return false;
    const char* rest = strstr(line + 7, room.data) + strlen(room.data);
    if (sscanf(rest, " %15s %llu %llu %lld", space, &bytes, &align, &data) != 4) return false;
    while (m->symbols.count <= index) m->symbols.push(Symbol{});
    m->symbols[index] = Symbol{String(room.data), !strcmp(space, "const"), bytes, align, data};
  } else if (!strncmp(line, "reloc ", 6)) {
    if (sscanf(line + 6, "%u %llu %u %lld", &index, &bytes, &target, &addend) != 4) return false;
    m->relocs.push(Reloc{index, bytes, target, addend});
  }
  return true;
}

static bool parse_description(Module* m, const Vec<uint8_t>& blob) {
  const char *at = reinterpret_cast<const char*>(blob.data), *end = at + blob.count;
  bool first = true;
  while (at < end) {
    const char* stop = static_cast<const char*>(memchr(at, '\n', size_t(end - at)));
    if (!stop) return false;
    String line(at, size_t(stop - at));
    at = stop + 1;
    if (first && !(line == "sheer-module 1")) return false;
    first = false;
    if (!strncmp(line.c(), "data ", 5)) {
      uint64_t bytes = strtoull(line.c() + 5, nullptr, 10);
      if (bytes > uint64_t(end - at)) return false;
      m->data.reserve(uint32_t(bytes) + 1);
      memcpy(m->data.data, at, bytes);
      m->data.count = uint32_t(bytes);
      return true;
    }
    if (!parse_line(m, line.c())) return false;
  }
  return !first;
}

static void module_clear(Module* m) {
  for (Function* f : m->functions) drop(f);
  m->functions.clear();
  m->symbols.clear();
  m->relocs.clear();
  m->files.clear();
  m->data.clear();
  m->matrices = false;
}

static Error describe(Module* m, bool check) {
  String header(check ? "verb module\ncheck all\n" : "verb module\n");
  Vec<Piece> pieces;
  add_blob(m, &header, &pieces);
  Sha256 sha;
  for (Piece& p : pieces) sha.add(p.data, p.bytes);
  m->sha = hex(sha.finish());
  String keyed = header;
  keyed += m->sha;
  String key = key_of(keyed);
  Vec<uint8_t> blob;
  if (cache_read("modules", key, ".mod", &blob)) {
    if (parse_description(m, blob)) return Error::Ok;
    module_clear(m);
  }
  Reply reply = worker_ask(header, pieces.data, pieces.count);
  if (reply.error != Error::Ok) {
    set_message("%.*s", int(reply.blob.count), reinterpret_cast<char*>(reply.blob.data));
    return reply.error;
  }
  if (!parse_description(m, reply.blob)) {
    set_message("the compile worker's module description is malformed");
    return Error::InvalidPtx;
  }
  cache_write("modules", key, ".mod", reply.blob.data, reply.blob.count);
  return Error::Ok;
}

Error module_load(const Image* images, uint32_t count, Module** out) {
  if (!images || !count || !out) return Error::InvalidValue;
  Module* m = make<Module>();
  Error error = Error::Ok;
  bool raw = false;
  for (uint32_t i = 0; i < count && error == Error::Ok; i++) error = add_image(m, images[i], &raw);
  if (error == Error::Ok && !m->texts.count) error = Error::InvalidImage;
  if (error == Error::Ok) error = describe(m, raw);
  if (error != Error::Ok) {
    module_clear(m);
    drop(m);
    return error;
  }
  Hold hold(modules_lock);
  all_modules.push(m);
  *out = m;
  return Error::Ok;
}

static void instance_free(Module* m, uint32_t device_at) {
  Instance& instance = m->instances[device_at];
  if (!instance.globals) return;
  for (uint32_t i = 0; i < m->symbols.count; i++)
    if (!m->symbols[i].bound) memory_free(reinterpret_cast<void*>(instance.globals[i]));
  free(instance.globals);
  instance.globals = nullptr;
}

Error module_unload(Module* m) {
  if (!m) return Error::InvalidHandle;
  {
    Hold hold(modules_lock);
    if (!all_modules.remove_value(m)) return Error::InvalidHandle;
  }
  for (uint32_t i = 0; i < m->instances.count; i++) instance_free(m, i);
  for (Function* f : m->functions) {
    for (Special* s = f->specials; s;) {
      Special* next = s->next;
      code_unload(s->code);
      drop(s);
      s = next;
    }
  }
  module_clear(m);
  drop(m);
  return Error::Ok;
}

// The device was reset: its memory is gone, the next use makes new instances.
void modules_forget(Device* d) {
  Hold hold(modules_lock);
  for (Module* m : all_modules) {
    Hold inner(m->lock);
    if (m->instances.count <= uint32_t(d->index)) continue;
    free(m->instances[uint32_t(d->index)].globals);
    m->instances[uint32_t(d->index)].globals = nullptr;
  }
}

Error module_function(Module* m, const char* name, Function** out) {
  for (Function* f : m->functions) {
    if (!(f->name == name)) continue;
    *out = f;
    return Error::Ok;
  }
  set_message("the module has no kernel named %s", name);
  return Error::NotFound;
}

uint32_t module_function_count(Module* m) { return m->functions.count; }
Function* module_function_at(Module* m, uint32_t index) {
  return index < m->functions.count ? m->functions[index] : nullptr;
}
uint32_t module_symbol_count(Module* m) { return m->symbols.count; }
const char* module_symbol_name(Module* m, uint32_t index) {
  return index < m->symbols.count ? m->symbols[index].name.c() : nullptr;
}
const FunctionInfo& function_info(const Function* f) { return f->info; }

void pack_params(const Function* f, void* const* args, void* out) {
  for (uint32_t i = 0; i < f->params.count; i++) {
    const Param& p = f->params[i];
    memcpy(static_cast<uint8_t*>(out) + p.offset, args[i], p.bytes);
  }
}

// ---- instances
static Error instantiate(Module* m, Device* d, Instance* instance) {
  uint64_t* globals = static_cast<uint64_t*>(checked(calloc(m->symbols.count + 1, 8)));
  for (uint32_t i = 0; i < m->symbols.count; i++) {
    Symbol& s = m->symbols[i];
    void* at = s.bound;
    Error error = at ? Error::Ok : symbol_allocate(d, s.bytes, s.name.c(), &at);
    if (error != Error::Ok) {
      for (uint32_t k = 0; k < i; k++)
        if (!m->symbols[k].bound) memory_free(reinterpret_cast<void*>(globals[k]));
      free(globals);
      return error;
    }
    globals[i] = reinterpret_cast<uint64_t>(at);
    if (s.bound) {
      memory_register(d, at, s.bytes, 0);  // another device's instance, or a reset before, may have done it
      if (s.ready) continue;               // the program's own values by now
      s.ready = true;
    }
    if (s.data >= 0 && uint64_t(s.data) + s.bytes <= m->data.count)
      memcpy(at, m->data.data + s.data, s.bytes);
    else
      memset(at, 0, s.bytes);
  }
  for (const Reloc& r : m->relocs) {
    if (r.symbol >= m->symbols.count || r.target >= m->symbols.count ||
        r.offset + 8 > m->symbols[r.symbol].bytes)
      continue;
    uint64_t value = globals[r.target] + uint64_t(r.addend);
    memcpy(reinterpret_cast<uint8_t*>(globals[r.symbol]) + r.offset, &value, 8);
  }
  __atomic_store_n(&instance->globals, globals, __ATOMIC_RELEASE);
  return Error::Ok;
}

Error module_instance(Module* m, Device* d, uint64_t** globals) {
  Hold hold(m->lock);
  if (!m->instances.count) m->instances.resize(uint32_t(max(1, device_count())));
  Instance& instance = m->instances[uint32_t(d->index)];
  if (!instance.globals) {
    Error error = instantiate(m, d, &instance);
    if (error != Error::Ok) return error;
  }
  *globals = instance.globals;
  return Error::Ok;
}

Error module_symbol(Module* m, Device* d, const char* name, void** address, uint64_t* bytes) {
  for (uint32_t i = 0; i < m->symbols.count; i++) {
    if (!(m->symbols[i].name == name)) continue;
    uint64_t* globals;
    Error error = module_instance(m, d, &globals);
    if (error != Error::Ok) return error;
    if (address) *address = reinterpret_cast<void*>(globals[i]);
    if (bytes) *bytes = m->symbols[i].bytes;
    return Error::Ok;
  }
  set_message("the module has no variable named %s", name);
  return Error::NotFound;
}

Error module_bind(Module* m, const char* name, void* host) {
  Hold hold(m->lock);
  for (Instance& instance : m->instances)
    if (instance.globals) return Error::IllegalState;
  for (Symbol& s : m->symbols) {
    if (!(s.name == name)) continue;
    s.bound = host;
    return Error::Ok;
  }
  return Error::NotFound;
}

// ---- kernels
static bool has_enough(const Function* f) { return f->shapes >= shapes_before_any || f->text_bytes >= text_before_any; }

static Special* find_special(Function* f, const uint32_t block[3], Mode mode) {
  Special* any = nullptr;
  for (Special* s = load(f->specials); s; s = s->next) {
    if (s->mode != mode) continue;
    if (!memcmp(s->block, block, 12)) return s;
    if (!s->block[0]) any = s;
  }
  return any;
}

// A line of the file in which Linux perf looks for the names of code made at run time.
static void name_for_perf(const Function* f, const Code* code) {
  String path, line;
  path.format("/tmp/perf-%d.map", getpid());
  int file = open(path.c(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return;
  line.format("%llx %llx %s\n", static_cast<unsigned long long>(uint64_t(code->text)),
              static_cast<unsigned long long>(code->text_bytes), f->name.c());
  ssize_t written = write(file, line.c(), line.size());
  (void)written;  // names are a courtesy
  close(file);
}

static Error build(Function* f, const uint32_t block[3], Mode mode, Code** out, bool* cache_hit) {
  static const char* const names[] = {"fast", "checked", "counting", "wary"};
  String header("verb compile\n"), why_not;
  Vec<Piece> pieces;
  header.format("module %s\n", f->module->sha.c());
  add_blob(f->module, &header, &pieces);
  header.format("kernel %s\n", f->name.c());
  if (block[0])
    header.format("block %u,%u,%u\n", block[0], block[1], block[2]);
  else
    header += "block any\n";
  header.format("mode %s\ntarget %s\nlanes %d\n", names[int(mode)], knobs().isa, knobs().lanes);
  if (f->module->matrices && !strcmp(knobs().isa, "native") && tiles_permitted()) header += "tiles yes\n";
  String key = key_of(header);
  Vec<uint8_t> object;
  *cache_hit = cache_read("kernels", key, ".o", &object);
  if (*cache_hit && (*out = code_load(sheer::move(object), &why_not))) return Error::Ok;
  *cache_hit = false;
  Reply reply = worker_ask(header, pieces.data, pieces.count);
  if (reply.error != Error::Ok) {
    set_message("kernel %s: %.*s", f->name.c(), int(reply.blob.count),
                reinterpret_cast<char*>(reply.blob.data));
    return reply.error;
  }
  cache_write("kernels", key, ".o", reply.blob.data, reply.blob.count);
  *out = code_load(sheer::move(reply.blob), &why_not);
  if (*out) return Error::Ok;
  set_message("kernel %s: its native code cannot be loaded: %s", f->name.c(), why_not.c());
  return Error::InvalidImage;
}

Error function_code(Function* f, const uint32_t block[3], Mode mode, Code** out, bool* cache_hit) {
  *cache_hit = true;
  Special* found = find_special(f, block, mode);
  if (SHEER_LIKELY(found && (found->block[0] || has_enough(f)))) {
    *out = found->code;
    return Error::Ok;
  }
  Hold hold(f->module->lock);
  found = find_special(f, block, mode);
  if (found && (found->block[0] || has_enough(f))) {
    *out = found->code;
    return Error::Ok;
  }
  uint32_t shape[3] = {block[0], block[1], block[2]};
  if (has_enough(f) && mode == Mode::Fast) memset(shape, 0, sizeof shape);
  Code* code;
  Error error = build(f, shape, mode, &code, cache_hit);
  if (error == Error::Ok && knobs().perf_map) name_for_perf(f, code);
  if (error != Error::Ok) return error;
  if (mode == Mode::Fast && shape[0]) {
    f->shapes++;
    f->text_bytes += code->text_bytes;
  }
  Special* fresh = make<Special>(Special{{shape[0], shape[1], shape[2]}, mode, code, f->specials});
  store(f->specials, fresh);
  *out = code;
  return Error::Ok;
}

Error function_prepare(Function* f, Device*, const uint32_t block[3]) {
  Code* code;
  bool hit;
  return function_code(f, block, Mode::Fast, &code, &hit);
}

bool code_locate(const Code* code, const void* pc, String* file, uint32_t* line) {
  if (!code_holds(code, pc)) return false;
  String header;
  header.format("verb locate\noffset %llu\n",
                (unsigned long long)(static_cast<const uint8_t*>(pc) - code->text));
  Piece piece{code->object.data, code->object.count};
  Reply reply = worker_ask(header, &piece, 1);
  const char *path = header_value(reply.header, "file"), *number = header_value(reply.header, "line");
  if (reply.error != Error::Ok || !number || !(*line = uint32_t(strtoul(number, nullptr, 10)))) return false;
  *file = path ? String(path, strcspn(path, "\n")) : String();
  return true;
}
}  // namespace sheer
