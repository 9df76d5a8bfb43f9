// The disk cache: entries with a checked head, written under a temporary name and renamed. Whatever goes
// wrong here costs speed only. Also the fingerprint of the compiler and the processor, which is part of every
// key.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "internal.h"

namespace sheer {

bool file_facts(int file, uint64_t* inode, uint64_t* bytes) {
  struct statx facts;
  if (statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_SIZE, &facts)) return false;
  *inode = facts.stx_ino;
  *bytes = facts.stx_size;
  return true;
}

struct EntryHead {
  char magic[8];
  uint64_t checksum;
};
static const char entry_magic[9] = "SHEERC01";

static uint64_t checksum(const void* data, size_t bytes) {  // FNV-1a
  const uint8_t* at = static_cast<const uint8_t*>(data);
  uint64_t h = 0xcbf29ce484222325ull;
  for (size_t i = 0; i < bytes; i++) h = (h ^ at[i]) * 0x100000001b3ull;
  return h;
}

static String entry_path(const char* folder, const String& key, const char* suffix) {
  String path;
  path.format("%s/%s/%s%s", knobs().cache, folder, key.c(), suffix);
  return path;
}

bool read_whole(int file, Vec<uint8_t>* out) {
  for (;;) {
    out->reserve(out->count + 65536);
    ssize_t got = read(file, out->data + out->count, 65536);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (!got) return true;
    out->count += uint32_t(got);
  }
}

bool cache_read(const char* folder, const String& key, const char* suffix, Vec<uint8_t>* out) {
  int file = open(entry_path(folder, key, suffix).c(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  Vec<uint8_t> whole;
  bool ok = read_whole(file, &whole);
  close(file);
  EntryHead head;
  if (!ok || whole.count < sizeof head) return false;
  memcpy(&head, whole.data, sizeof head);
  uint32_t bytes = whole.count - uint32_t(sizeof head);
  if (memcmp(head.magic, entry_magic, 8) || head.checksum != checksum(whole.data + sizeof head, bytes))
    return false;
  out->clear();
  out->reserve(bytes);
  memcpy(out->data, whole.data + sizeof head, bytes);
  out->count = bytes;
  return true;
}

static void make_folders(const char* path) {
  String part;
  for (const char* at = path; *at; at++) {
    if (*at == '/' && part.size()) mkdir(part.c(), 0755);
    part.append(at, 1);
  }
  mkdir(part.c(), 0755);
}

static bool write_all(int file, const void* data, size_t bytes) {
  const uint8_t* at = static_cast<const uint8_t*>(data);
  while (bytes) {
    ssize_t put = write(file, at, bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    bytes -= size_t(put);
  }
  return true;
}

// A limit on file sizes is a full disk to us, not the end of the program: its signal waits while we write.
class QuietLimit {
  sigset_t limit, before;

 public:
  QuietLimit() {
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &limit, &before);
  }
  ~QuietLimit() {
    if (!sigismember(&before, SIGXFSZ)) {
      timespec at_once{};
      sigtimedwait(&limit, nullptr, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
};

void cache_write(const char* folder, const String& key, const char* suffix, const void* data, size_t bytes) {
  String parent, temporary, final = entry_path(folder, key, suffix);
  parent.format("%s/%s", knobs().cache, folder);
  temporary.format("%s/.new-XXXXXX", parent.c());
  int file = mkostemp(temporary.bytes.data, O_CLOEXEC);
  if (file < 0) {
    make_folders(parent.c());
    temporary = String();
    temporary.format("%s/.new-XXXXXX", parent.c());
    file = mkostemp(temporary.bytes.data, O_CLOEXEC);
    if (file < 0) return;
  }
  EntryHead head;
  memcpy(head.magic, entry_magic, 8);
  head.checksum = checksum(data, bytes);
  QuietLimit quiet;
  bool ok = write_all(file, &head, sizeof head) && write_all(file, data, bytes) && !fchmod(file, 0644);
  ok = !close(file) && ok;
  if (!ok || rename(temporary.c(), final.c())) unlink(temporary.c());
}

// ---- fingerprint
static void list_source(const String& root, String relative, Vec<String>* out) {
  struct statx info;
  String full = root;
  full += "/";
  full += relative;
  if (statx(AT_FDCWD, full.c(), 0, STATX_SIZE | STATX_MTIME, &info)) return;
  relative.format(" %llu %lld.%u\n", (unsigned long long)info.stx_size, (long long)info.stx_mtime.tv_sec,
                  info.stx_mtime.tv_nsec);
  out->push(relative);
}

static void list_sources(const String& root, const String& relative, const char* suffix, Vec<String>* out) {
  String path = root;
  path += "/";
  path += relative;
  DIR* folder = opendir(path.c());
  if (!folder) return;
  while (dirent* entry = readdir(folder)) {
    const char* name = entry->d_name;
    if (name[0] == '.' || !strcmp(name, "__pycache__")) continue;
    String inner = relative;
    inner += "/";
    inner += name;
    size_t length = strlen(name), end = strlen(suffix);
    if (length > end && !strcmp(name + length - end, suffix)) {
      list_source(root, inner, out);
    } else if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) {
      list_sources(root, inner, suffix, out);
    }
  }
  closedir(folder);
}

static int by_text(const void* a, const void* b) {
  return strcmp(static_cast<const String*>(a)->c(), static_cast<const String*>(b)->c());
}

static void add_processor(Sha256* sha) {
#if defined(__x86_64__)
  static const uint32_t leaves[][2] = {{0, 0},          {1, 0},          {7, 0},         {7, 1},
                                       {0x80000001, 0}, {0x80000002, 0}, {0x80000003, 0}};
  for (auto& leaf : leaves) {
    uint32_t r[4] = {};
    __get_cpuid_count(leaf[0], leaf[1], &r[0], &r[1], &r[2], &r[3]);
    if (leaf[0] == 1) {
      r[1] &= 0xffff;       // the core we happen to be on
      r[2] &= ~(1u << 27);  // OSXSAVE follows from the rest
    }
    sha->add(r, sizeof r);
  }
#else
  uint64_t caps[2] = {getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};
  sha->add(caps, sizeof caps);
#endif
}

// `part`: a folder of the package, or one file.
static void add_files(Sha256* sha, const char* part, const char* suffix) {
  String root(knobs().home);
  root += "/sheer";
  Vec<String> lines;
  if (strstr(part, suffix))
    list_source(root, part, &lines);
  else
    list_sources(root, part, suffix, &lines);
  qsort(lines.data, lines.count, sizeof(String), by_text);
  for (String& line : lines) sha->add(line.c(), line.size());
}

String files_fingerprint(const char* folder, const char* suffix) {
  Sha256 sha;
  add_files(&sha, folder, suffix);
  return hex(sha.finish());
}

const String& compiler_fingerprint() {
  static Mutex lock;
  static String text;
  Hold hold(lock);
  if (!text.empty()) return text;
  static const char* const parts[] = {"base", "isa", "ir", "ptx", "passes", "codegen", "worker.py"};
  Sha256 sha;
  for (const char* part : parts) add_files(&sha, part, ".py");
  add_processor(&sha);
  uint32_t abi = SHEER_ABI_VERSION;
  sha.add(&abi, sizeof abi);
  text = hex(sha.finish());
  return text;
}
}  // namespace sheer
