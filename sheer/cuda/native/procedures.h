// The driver functions by base name and version, newest first within a name: what cuGetProcAddress searches.
#pragma once

namespace sheer::api {
struct Procedure {
  const char* name;
  int since;
  void* address;
  void* twin;  // for the per-thread default stream, or null
};
extern const Procedure procedures[];
extern const unsigned procedure_count;
}  // namespace sheer::api
