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
  uint64_t unit = (*end & ~32) == 'K'   ? 1ull << 10
                  : (*end & ~32) == 'M' ? 1ull << 20
                  : (*end & ~32) == 'G' ? 1ull << 30
                  : (*end & ~32) == 'T' ? 1ull << 40
                                        : 1;
  return amount > 0 ? uint64_t(amount * double(unit)) : 0;
}

static int number_of(const char* name, int otherwise, int low, int high) {
  const char* value = getenv(name);
  int number = value && *value ? atoi(value) : otherwise;
  return number < low ? low : number > high ? high : number;
}

static int cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set)) return 1;
  return max(1, CPU_COUNT(&set));
}

static Knobs read_knobs() {
  Knobs k;
  k.devices = number_of("SHEER_DEVICES", 1, 0, 64);    // virtual devices
  k.threads = number_of("SHEER_THREADS", 0, 0, 1024);  // threads that run kernels; 0: the cores given to us
  if (!k.threads) k.threads = cores();
  k.debug = number_of("SHEER_DEBUG", 0, 0, 9);     // 1: launches and times on stderr
  k.memory_bytes = bytes_of("SHEER_MEMORY");       // device memory instead of the chip's: 8G, 512M
  k.overrun_bytes = uint32_t(number_of("SHEER_OVERRUN", 512, 0, 8192));  // open bytes behind an allocation
  const char* limit = getenv("SHEER_TIME_LIMIT");  // seconds a kernel may run before it is cancelled
  k.time_limit_s = limit ? atof(limit) : 0;
  k.reference = !strcmp(text_of("SHEER_ENGINE", "native"), "reference");  // native | reference
  k.chip = text_of("SHEER_CHIP", "br100");                                // the chip file
  k.isa = text_of("SHEER_ISA", "native");                    // vector instructions that kernels may use
  k.python = text_of("SHEER_PYTHON", SHEER_DEFAULT_PYTHON);  // the compile worker: interpreter
  k.home = text_of("SHEER_HOME", SHEER_DEFAULT_HOME);        // ... and the folder that holds the package
  k.lanes = number_of("SHEER_LANES", 0, 0, 128);  // threads per group; 0: the compiler chooses
  k.perf_map = number_of("SHEER_PERF_MAP", 0, 0, 1);  // name kernels for `perf`
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
