// Every environment variable that the machine reads, once, at first use.
#include <sched.h>
#include <unistd.h>

#include "internal.h"

namespace sheer {

static const char* text_of(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return strdup(value && *value ? value : otherwise);
}

static uint64_t bytes_of(const char* name) {  // 123, 512M, 4G
  const char* value = getenv(name);
  if (!value) return 0;
  char* end;
  double amount = strtod(value, &end);
  if (end == value || amount < 0) {
    if (*value) fprintf(stderr, "sheer: %s=%s is no size; write 8G or 512M\n", name, value);
    return 0;
  }
  uint64_t unit = (*end & ~32) == 'K'   ? 1ull << 10
                  : (*end & ~32) == 'M' ? 1ull << 20
                  : (*end & ~32) == 'G' ? 1ull << 30
                  : (*end & ~32) == 'T' ? 1ull << 40
                                        : 1;
  return amount > 0 ? uint64_t(amount * double(unit)) : 0;
}

static int number_of(const char* name, int otherwise, int low, int high) {
  const char* value = getenv(name);
  if (!value || !*value) return otherwise;
  char* end;
  long number = strtol(value, &end, 10);
  if (*end || number < low || number > high) {
    fprintf(stderr, "sheer: %s=%s is no number from %d to %d; going on with %d\n", name, value, low, high,
            otherwise);
    return otherwise;
  }
  return int(number);
}

static double seconds_of(const char* name) {
  const char* value = getenv(name);
  if (!value || !*value) return 0;
  char* end;
  double seconds = strtod(value, &end);
  if (*end || !(seconds >= 0)) {
    fprintf(stderr, "sheer: %s=%s is no number of seconds; going on without\n", name, value);
    return 0;
  }
  return seconds;
}

static bool switch_of(const char* name) {
  const char* value = getenv(name);
  if (!value || !*value || !strcmp(value, "0") || !strcasecmp(value, "no") || !strcasecmp(value, "off") ||
      !strcasecmp(value, "false"))
    return false;
  if (strcmp(value, "1") && strcasecmp(value, "yes") && strcasecmp(value, "on") && strcasecmp(value, "true"))
    fprintf(stderr, "sheer: %s=%s is neither 1 nor 0; taken as 1\n", name, value);
  return true;
}

// How many of the devices CUDA_VISIBLE_DEVICES leaves: a list of indices (or names, GPU-...), which ends at the first
// that names none. Set and empty: none. The devices are equal, so that their order does not matter.
static int visible_of(int devices) {
  const char* list = getenv("CUDA_VISIBLE_DEVICES");
  if (!list) return devices;
  int count = 0;
  uint64_t seen = 0;
  for (const char* at = list; *at;) {
    char* end;
    long index = strtol(at, &end, 10);
    bool named = !strncmp(at, "GPU-", 4);
    if (!named && (end == at || index < 0 || index >= devices || seen >> index & 1)) break;
    if (!named) seen |= 1ull << index;
    if (count < devices) count++;
    at += strcspn(at, ",");
    if (*at) at++;
  }
  if (!count && *list && *list != '-')
    fprintf(stderr, "sheer: CUDA_VISIBLE_DEVICES=%s names none of the %d devices (SHEER_DEVICES)\n", list,
            devices);
  return count;
}

static int cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set)) return 1;
  return max(1, CPU_COUNT(&set));
}

static Knobs read_knobs() {
  Knobs k;
  k.devices = visible_of(number_of("SHEER_DEVICES", 1, 0, 64));  // virtual devices
  k.threads = number_of("SHEER_THREADS", 0, 0, 1024);  // threads that run kernels; 0: the cores given to us
  if (!k.threads) k.threads = cores();
  k.debug = number_of("SHEER_DEBUG", 0, 0, 9);     // 1: launches and times on stderr
  k.memory_bytes = bytes_of("SHEER_MEMORY");       // device memory instead of the chip's: 8G, 512M
  k.overrun_bytes = uint32_t(number_of("SHEER_OVERRUN", 512, 0, 8192));  // open bytes behind an allocation
  k.time_limit_s = seconds_of("SHEER_TIME_LIMIT");  // a kernel may run before it is cancelled; 0: for ever
  k.reference = !strcmp(text_of("SHEER_ENGINE", "native"), "reference");  // native | reference
  k.chip = text_of("SHEER_CHIP", "br100");                                // the chip file
  k.isa = text_of("SHEER_ISA", "native");                    // vector instructions that kernels may use
  k.python = text_of("SHEER_PYTHON", SHEER_DEFAULT_PYTHON);  // the compile worker: interpreter
  k.home = text_of("SHEER_HOME", SHEER_DEFAULT_HOME);        // ... and the folder that holds the package
  k.lanes = number_of("SHEER_LANES", 0, 0, 256);  // threads per group; 0: the compiler chooses
  k.profile = text_of("SHEER_PROFILE", "");  // the run file
  k.profile_all = switch_of("SHEER_PROFILE_ALL");  // count every block
  const char* clock = text_of("SHEER_CLOCK", "host");  // whose time events and kernels see: host | chip
  k.chip_clock = !strcmp(clock, "chip");
  if (!k.chip_clock && strcmp(clock, "host"))
    fprintf(stderr, "sheer: SHEER_CLOCK=%s is neither host nor chip; going on with host\n", clock);
  k.perf_map = switch_of("SHEER_PERF_MAP");  // name kernels for `perf`
  const char* cache = getenv("SHEER_CACHE");                 // compiled things between runs
  if (cache && *cache) {
    k.cache = strdup(cache);
  } else {
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    String path;
    if (xdg && *xdg)
      path.format("%s/sheer", xdg);
    else
      path.format("%s/.cache/sheer", home ? home : "/tmp");
    k.cache = strdup(path.c());
  }
  return k;
}

static Mutex knobs_lock;
static bool knobs_ready;
static Knobs the_knobs;

const Knobs& knobs() {
  if (!load(knobs_ready)) {
    Hold hold(knobs_lock);
    if (!knobs_ready) {
      the_knobs = read_knobs();
      store(knobs_ready, true);
    }
  }
  return the_knobs;
}
}  // namespace sheer
