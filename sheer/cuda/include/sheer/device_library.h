/* What device code finds without a header: printf, malloc, assertions, memory functions, operator new and delete. */
#ifndef SHEER_DEVICE_LIBRARY_H
#define SHEER_DEVICE_LIBRARY_H

#include "device_macros.h"

extern "C" {
__device__ int vprintf(const char *format, const char *arguments);
__device__ void *malloc(size_t bytes) __attribute__((malloc));
__device__ void free(void *pointer);
__device__ void __assertfail(const char *message, const char *file, unsigned int line, const char *function,
                             size_t char_size) __attribute__((noreturn));
/* glibc's assert() calls this one. */
static __device__ __inline__ __attribute__((noreturn, always_inline)) void __assert_fail(
    const char *message, const char *file, unsigned int line, const char *function) noexcept {
  __assertfail(message, file, line, function, sizeof(char));
}
#if defined(__CUDACC_RTC__) && !defined(assert)
/* Runtime compilation has no <assert.h>; the macro is built in. */
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) \
  ((condition) ? (void)0 : __assertfail(#condition, __FILE__, __LINE__, __PRETTY_FUNCTION__, sizeof(char)))
#endif
#endif
/* Device code has its own printf; clang turns the call into vprintf. */
__device__ int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
static __device__ __inline__ __attribute__((always_inline)) void *memcpy(void *to, const void *from, size_t bytes) noexcept {
  return __builtin_memcpy(to, from, bytes);
}
static __device__ __inline__ __attribute__((always_inline)) void *memset(void *to, int value, size_t bytes) noexcept {
  return __builtin_memset(to, value, bytes);
}
static __device__ __inline__ void *memmove(void *to, const void *from, size_t bytes) noexcept {
  char *d = (char *)to;
  const char *s = (const char *)from;
  if (d < s)
    for (size_t i = 0; i < bytes; ++i) d[i] = s[i];
  else
    for (size_t i = bytes; i-- > 0;) d[i] = s[i];
  return to;
}
static __device__ __inline__ int memcmp(const void *a, const void *b, size_t bytes) noexcept {
  const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
  for (size_t i = 0; i < bytes; ++i)
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  return 0;
}
static __device__ __inline__ size_t strlen(const char *text) noexcept {
  size_t n = 0;
  while (text[n]) ++n;
  return n;
}
static __device__ __inline__ int strcmp(const char *a, const char *b) noexcept {
  while (*a && *a == *b) ++a, ++b;
  return (unsigned char)*a - (unsigned char)*b;
}
static __device__ __inline__ char *strcpy(char *to, const char *from) noexcept {
  for (char *d = to; (*d++ = *from++);) {}
  return to;
}
}

__device__ __inline__ void *operator new(size_t bytes) { return ::malloc(bytes); }
__device__ __inline__ void *operator new[](size_t bytes) { return ::malloc(bytes); }
__device__ __inline__ void operator delete(void *pointer) noexcept { ::free(pointer); }
__device__ __inline__ void operator delete[](void *pointer) noexcept { ::free(pointer); }
__device__ __inline__ void operator delete(void *pointer, size_t) noexcept { ::free(pointer); }
__device__ __inline__ void operator delete[](void *pointer, size_t) noexcept { ::free(pointer); }
__device__ __inline__ void *operator new(size_t, void *place) noexcept { return place; }
__device__ __inline__ void *operator new[](size_t, void *place) noexcept { return place; }
__device__ __inline__ void operator delete(void *, void *) noexcept {}
__device__ __inline__ void operator delete[](void *, void *) noexcept {}

#endif
