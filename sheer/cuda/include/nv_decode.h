/* Names of symbols as C++ writes them (cu++filt as a library): the host's C++ runtime does it. */
#ifndef SHEER_NV_DECODE_H
#define SHEER_NV_DECODE_H

#include <stddef.h>

#ifdef __cplusplus
#include <cxxabi.h>

/* Status as __cxa_demangle gives it: 0, -1 no memory, -2 not a mangled name, -3 an argument is wrong. */
static inline char *__cu_demangle(const char *id, char *output_buffer, size_t *length, int *status) {
  return abi::__cxa_demangle(id, output_buffer, length, status);
}
#else
#error nv_decode.h is for C++ here: the C++ runtime takes names apart
#endif

#endif
