// SHEER_ENGINE=reference: a launch is handed to the compile worker, whose interpreter reads and writes this
// process's memory.
#include <unistd.h>

#include "internal.h"

namespace sheer {

static void add_hex(String* out, const void* data, uint64_t bytes) {
  const uint8_t* at = static_cast<const uint8_t*>(data);
  for (uint64_t i = 0; i < bytes; i++) out->format("%02x", at[i]);
}

static Error error_named(const char* kind) {
  static const struct {
    const char* name;
    Error error;
  } kinds[] = {{"address", Error::IllegalAddress},
               {"misaligned", Error::MisalignedAddress},
               {"assert", Error::Assert},
               {"unsupported", Error::IllegalInstruction},
               {"stack", Error::HardwareStackError},
               {"pc", Error::InvalidPc},
               {"timeout", Error::LaunchTimeout}};
  for (auto& k : kinds)
    if (!strcmp(k.name, kind)) return k.error;
  return Error::LaunchFailure;
}

static void fail(Node* n, const Reply& reply) {
  char kind[32] = "", block[64] = "", thread[64] = "", address[32] = "", line[16] = "";
  int used = 0;
  if (sscanf(reply.header.c(), "fault %31s %63s %63s %31s %15s %n", kind, block, thread, address, line,
             &used) < 5) {
    fprintf(stderr, "sheer: kernel %s: reference engine: %.*s\n", n->function->name.c(),
            int(reply.blob.count), reinterpret_cast<char*>(reply.blob.data));
    return device_fail(n->device, Error::LaunchFailure);
  }
  const char* file = reply.header.c() + used;
  fprintf(stderr, "sheer: kernel %s: %s %s\nsheer:   block (%s), thread (%s), %.*s:%s\n",
          n->function->name.c(), kind, address, block, thread, int(strcspn(file, "\n")), file, line);
  device_fail(n->device, error_named(kind));
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
  add_hex(&header, n->params, n->function->info.param_bytes);
  header += "\nglobals ";
  add_hex(&header, n->globals, m->symbols.count * 8);
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
