/* Built-in vector types and dim3. Sizes and alignments are part of the ABI between host and device code. */
#ifndef SHEER_VECTOR_TYPES_H
#define SHEER_VECTOR_TYPES_H
#define __VECTOR_TYPES_H__

#include "crt/host_defines.h"

#define SHEER_VECTOR_1(name, type) \
  struct name##1 { type x; }; typedef struct name##1 name##1;
#define SHEER_VECTOR_2(name, type, align) \
  struct __attribute__((aligned(align))) name##2 { type x, y; }; typedef struct name##2 name##2;
#define SHEER_VECTOR_3(name, type) \
  struct name##3 { type x, y, z; }; typedef struct name##3 name##3;
#define SHEER_VECTOR_4(name, type, align) \
  struct __attribute__((aligned(align))) name##4 { type x, y, z, w; }; typedef struct name##4 name##4;
#define SHEER_VECTORS(name, type, align2, align4) \
  SHEER_VECTOR_1(name, type) SHEER_VECTOR_2(name, type, align2) \
  SHEER_VECTOR_3(name, type) SHEER_VECTOR_4(name, type, align4)

SHEER_VECTORS(char, signed char, 2, 4)
SHEER_VECTORS(uchar, unsigned char, 2, 4)
SHEER_VECTORS(short, short, 4, 8)
SHEER_VECTORS(ushort, unsigned short, 4, 8)
SHEER_VECTORS(int, int, 8, 16)
SHEER_VECTORS(uint, unsigned int, 8, 16)
SHEER_VECTORS(long, long, 16, 16)
SHEER_VECTORS(ulong, unsigned long, 16, 16)
SHEER_VECTORS(longlong, long long, 16, 16)
SHEER_VECTORS(ulonglong, unsigned long long, 16, 16)
SHEER_VECTORS(float, float, 8, 16)
SHEER_VECTORS(double, double, 16, 16)

#undef SHEER_VECTORS
#undef SHEER_VECTOR_1
#undef SHEER_VECTOR_2
#undef SHEER_VECTOR_3
#undef SHEER_VECTOR_4

/* The names of CUDA 13 for four elements of eight bytes with an explicit alignment. */
#define SHEER_VECTOR_4_ALIGNED(name, type) \
  struct __attribute__((aligned(16))) name##_16a { type x, y, z, w; }; typedef struct name##_16a name##_16a; \
  struct __attribute__((aligned(32))) name##_32a { type x, y, z, w; }; typedef struct name##_32a name##_32a;
SHEER_VECTOR_4_ALIGNED(long4, long)
SHEER_VECTOR_4_ALIGNED(ulong4, unsigned long)
SHEER_VECTOR_4_ALIGNED(longlong4, long long)
SHEER_VECTOR_4_ALIGNED(ulonglong4, unsigned long long)
SHEER_VECTOR_4_ALIGNED(double4, double)
#undef SHEER_VECTOR_4_ALIGNED

struct dim3 {
  unsigned int x, y, z;
#if defined(__cplusplus)
#if __cplusplus >= 201103L
  __host__ __device__ constexpr dim3(unsigned int x_ = 1, unsigned int y_ = 1, unsigned int z_ = 1)
      : x(x_), y(y_), z(z_) {}
  __host__ __device__ constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  __host__ __device__ constexpr operator uint3() const { return uint3{x, y, z}; }
#else
  __host__ __device__ dim3(unsigned int x_ = 1, unsigned int y_ = 1, unsigned int z_ = 1)
      : x(x_), y(y_), z(z_) {}
  __host__ __device__ dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  __host__ __device__ operator uint3() const { uint3 v; v.x = x; v.y = y; v.z = z; return v; }
#endif
#endif
};
typedef struct dim3 dim3;

#endif
