// Device printf: formats as C does, from the packed argument buffer that clang's device code makes (ints in 4
// bytes, the rest in 8, each at its natural alignment), into a buffer that goes to the program's stdout at
// synchronisation points or when full.
#include "internal.h"

namespace sheer {

static Mutex buffer_lock;
static String buffer;
static uint32_t buffer_bytes;  // atomic copy, so that synchronising without output costs nothing

void printf_fork_lock(bool take) { take ? buffer_lock.lock() : buffer_lock.unlock(); }

static void flush_locked() {
  if (buffer.empty()) return;
  fwrite(buffer.c(), 1, buffer.size(), stdout);
  buffer.bytes.clear();
  store(buffer_bytes, 0u);
}

void printf_flush() {
  if (!load(buffer_bytes)) return;
  Hold hold(buffer_lock);
  flush_locked();
}

void print_append(const char* text, size_t bytes) {
  Hold hold(buffer_lock);
  buffer.append(text, bytes);
  store(buffer_bytes, buffer.size());
  if (buffer.size() > 1 << 20) flush_locked();
}

// One conversion: its text with flags, width, precision (stars filled in) and what it takes from the
// arguments.
struct Conversion {
  char spec[64];
  char letter;
  bool wide;      // an 8-byte integer
  int precision;  // -1: none
};

struct Arguments {
  const uint8_t* base;
  uint64_t at = 0;
  uint32_t taken = 0;
  template <class T>
  T next() {
    at = round_up(at, sizeof(T));
    T value;
    memcpy(&value, base + at, sizeof(T));
    at += sizeof(T);
    taken++;
    return value;
  }
};

// Parses behind the '%'. Returns where it ends.
static const char* parse(const char* at, Arguments& args, Conversion* c) {
  uint32_t n = 0;
  auto put = [&](char letter) {
    if (n < 40) c->spec[n++] = letter;
  };
  auto put_number = [&](int value) {
    char digits[16];
    snprintf(digits, sizeof digits, "%d", value);
    for (char* d = digits; *d; d++) put(*d);
  };
  put('%');
  while (*at && strchr("-+ #0", *at)) put(*at++);
  if (*at == '*') {
    put_number(args.next<int32_t>());
    at++;
  }
  while (*at >= '0' && *at <= '9') put(*at++);
  c->precision = -1;
  if (*at == '.') {
    at++;
    if (*at == '*') {
      c->precision = args.next<int32_t>();
      at++;
    } else {
      c->precision = int(strtol(at, const_cast<char**>(&at), 10));
    }
    if (c->precision >= 0) {
      put('.');
      put_number(c->precision);
    }
  }
  c->wide = false;
  int halves = 0;
  while (*at && strchr("hlLqjzt", *at)) {
    if (*at == 'h')
      halves++;
    else if (*at != 'L')
      c->wide = true;
    at++;
  }
  c->letter = *at ? *at++ : 0;
  if (strchr("diouxX", c->letter)) {
    for (int i = 0; i < halves; i++) put('h');
    if (c->wide) put('l'), put('l');
  }
  put(c->letter);
  c->spec[n] = 0;
  return at;
}

// `%s` reads memory that may not be there: then the kernel faults here, so no lock may be held.
static void format_string(String* out, const Conversion& c, const char* text, Block* b) {
  if (!text) text = "(null)";
  size_t length = 0;
  hold_end(b);
  while ((c.precision < 0 || length < size_t(c.precision)) &&
         reinterpret_cast<const volatile char*>(text)[length])
    length++;
  hold_begin(b);
  char spec[64];
  size_t prefix = strcspn(c.spec, ".s");
  snprintf(spec, sizeof spec, "%.*s.*s", int(prefix), c.spec);
  char small[256];
  int n = snprintf(small, sizeof small, spec, int(length), text);
  if (n < int(sizeof small)) {
    out->append(small, size_t(n < 0 ? 0 : n));
    return;
  }
  char* big = static_cast<char*>(checked(malloc(size_t(n) + 1)));
  snprintf(big, size_t(n) + 1, spec, int(length), text);
  out->append(big, size_t(n));
  free(big);
}

#pragma clang diagnostic ignored "-Wformat-nonliteral"
#pragma clang diagnostic ignored "-Wformat-security"
static void format_one(String* out, const Conversion& c, Arguments& args, Block* b) {
  char text[512];
  int n = 0;
  switch (c.letter) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      if (c.wide)
        n = snprintf(text, sizeof text, c.spec, args.next<long long>());
      else
        n = snprintf(text, sizeof text, c.spec, args.next<int32_t>());
      break;
    case 'c': n = snprintf(text, sizeof text, c.spec, args.next<int32_t>()); break;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
    case 'a':
    case 'A': n = snprintf(text, sizeof text, c.spec, args.next<double>()); break;
    case 'p': n = snprintf(text, sizeof text, c.spec, args.next<void*>()); break;
    case 's': return format_string(out, c, args.next<const char*>(), b);
    case 'n': args.next<void*>(); return;
    case '%': n = snprintf(text, sizeof text, "%%"); break;
    default: n = snprintf(text, sizeof text, "%s", c.spec); break;
  }
  out->append(text, min<size_t>(sizeof text - 1, size_t(n < 0 ? 0 : n)));
}

extern "C" __attribute__((visibility("default"))) int32_t sheer_rt_vprintf(SheerFrame* frame, uint32_t,
                                                                           uint32_t, const char* format,
                                                                           const void* packed) {
  Block* b = static_cast<Block*>(frame->machine);
  if (!format) return -1;
  for (const volatile char* at = format; *at; at++) {}  // a bad pointer faults here, where nothing is held
  Arguments args{static_cast<const uint8_t*>(packed)};
  String& out = b->worker->print_text;
  hold_begin(b);
  out.bytes.clear();
  for (const char* at = format; *at;) {
    size_t plain = strcspn(at, "%");
    out.append(at, plain);
    at += plain;
    if (!*at) break;
    Conversion c;
    at = parse(at + 1, args, &c);
    format_one(&out, c, args, b);
  }
  print_append(out.c(), out.size());
  hold_end(b);
  return int32_t(args.taken);
}
}  // namespace sheer
