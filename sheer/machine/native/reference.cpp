// SHEER_ENGINE=reference: a launch is handed to the compile worker, whose interpreter reads and writes this
// process's memory.
#include <unistd.h>

#include "internal.h"

namespace sheer {

static Error error_named(const char* kind) {  // the CUDA error's name, with or without its prefix
  static const struct {
    const char* part;
    Error error;
  } kinds[] = {{"Misaligned", Error::MisalignedAddress},
               {"AddressSpace", Error::InvalidAddressSpace},
               {"Address", Error::IllegalAddress},
               {"Assert", Error::Assert},
               {"IllegalInstruction", Error::IllegalInstruction},
               {"Stack", Error::HardwareStackError},
               {"Pc", Error::InvalidPc},
               {"Timeout", Error::LaunchTimeout}};
  for (auto& k : kinds)
    if (strcasestr(kind, k.part)) return k.error;
  return Error::LaunchFailure;
}

static void fail(Node* n, const Reply& reply) {
  char kind[64] = "", file[512] = "";
  long long thread = -1, block = -1, address = 0;
  unsigned line = 0;
  int got = sscanf(reply.header.c(), "fault %63s %lld %lld %lli %u %511[^\n]", kind, &thread, &block,
                   &address, &line, file);
  String out;
  out.format("sheer: kernel %s: reference engine: %.*s", n->function->name.c(), int(reply.blob.count),
             reinterpret_cast<char*>(reply.blob.data));
  if (thread >= 0 && block >= 0) {
    uint64_t t = uint64_t(thread), b = uint64_t(block);
    out.format("\nsheer:   block (%u,%u,%u), thread (%u,%u,%u)", uint32_t(b % n->grid[0]),
               uint32_t(b / n->grid[0] % n->grid[1]), uint32_t(b / n->grid[0] / n->grid[1]),
               uint32_t(t % n->block[0]), uint32_t(t / n->block[0] % n->block[1]),
               uint32_t(t / n->block[0] / n->block[1]));
    if (line) out.format(", %s:%u", file, line);
  }
  fprintf(stderr, "%s\n", out.c());
  device_fail(n->device, got >= 1 ? error_named(kind) : Error::LaunchFailure);
}

void run_reference(Node* n) {
  Module* m = n->function->module;
  String header("verb run\n");
  Vec<Piece> pieces;
  header.format("module %s\ncount %u\nsizes", m->sha.c(), m->texts.count);
  for (String& t : m->texts) {
    header.format(" %u", t.size());
    pieces.push(Piece{t.c(), t.size()});
  }
  header.format("\nkernel %s\ngrid %u,%u,%u\nblock %u,%u,%u\nshared %u\npid %d\nparams ",
                n->function->name.c(), n->grid[0], n->grid[1], n->grid[2], n->block[0], n->block[1],
                n->block[2], n->dynamic_shared, int(getpid()));
  for (uint32_t i = 0; i < n->function->info.param_bytes; i++) header.format("%02x", n->params[i]);
  header += "\nglobals";
  for (uint32_t i = 0; i < m->symbols.count; i++) header.format(" %llx", (unsigned long long)n->globals[i]);
  header += "\n";
  n->started_ns = host_ns();
  Reply reply = worker_ask(header, pieces.data, pieces.count);
  if (reply.error != Error::Ok)
    fail(n, reply);
  else if (reply.blob.count)
    print_append(reinterpret_cast<char*>(reply.blob.data), reply.blob.count);  // what it printed
  report_launch_end(n);
}
}  // namespace sheer
