/* Loads and stores of global memory with a cache operator: __ldg, __ldca, __ldcg, __ldcs, __ldlu, __ldcv; __stwb, __stcg,
   __stcs, __stwt. For all scalar types and the vectors of 2, 4, 8 and 16 bytes. */
#ifndef SHEER_LOADS_H
#define SHEER_LOADS_H

#include "device_macros.h"
#include "../vector_types.h"

/* operator; type; PTX type; register constraint; a register type that the constraint takes. The read-only load (nc) has
   no side effect and may be merged; all others are volatile statements that also order other memory accesses. */
#define SHEER_LOAD_1(name, keep, op, type, ptx, constraint, word, ...) \
  SHEER_DEVICE type name(const type* address) { \
    word v; \
    asm keep("ld.global." op "." ptx " %0, [%1];" : "=" constraint(v) : "l"(address) __VA_ARGS__); \
    return static_cast<type>(v); \
  }
#define SHEER_LOAD_2(name, keep, op, type, ptx, constraint, word, ...) \
  SHEER_DEVICE type name(const type* address) { \
    word a, b; \
    asm keep("ld.global." op ".v2." ptx " {%0, %1}, [%2];" : "=" constraint(a), "=" constraint(b) \
             : "l"(address) __VA_ARGS__); \
    type v; \
    v.x = static_cast<decltype(v.x)>(a), v.y = static_cast<decltype(v.x)>(b); \
    return v; \
  }
#define SHEER_LOAD_4(name, keep, op, type, ptx, constraint, word, ...) \
  SHEER_DEVICE type name(const type* address) { \
    word a, b, c, d; \
    asm keep("ld.global." op ".v4." ptx " {%0, %1, %2, %3}, [%4];" \
             : "=" constraint(a), "=" constraint(b), "=" constraint(c), "=" constraint(d) : "l"(address) __VA_ARGS__); \
    type v; \
    v.x = static_cast<decltype(v.x)>(a), v.y = static_cast<decltype(v.x)>(b); \
    v.z = static_cast<decltype(v.x)>(c), v.w = static_cast<decltype(v.x)>(d); \
    return v; \
  }
#define SHEER_STORE_1(name, op, type, ptx, constraint, word) \
  SHEER_DEVICE void name(type* address, type v) { \
    asm volatile("st.global." op "." ptx " [%0], %1;" ::"l"(address), constraint(static_cast<word>(v)) : "memory"); \
  }
#define SHEER_STORE_2(name, op, type, ptx, constraint, word) \
  SHEER_DEVICE void name(type* address, type v) { \
    asm volatile("st.global." op ".v2." ptx " [%0], {%1, %2};" ::"l"(address), constraint(static_cast<word>(v.x)), \
                 constraint(static_cast<word>(v.y)) : "memory"); \
  }
#define SHEER_STORE_4(name, op, type, ptx, constraint, word) \
  SHEER_DEVICE void name(type* address, type v) { \
    asm volatile("st.global." op ".v4." ptx " [%0], {%1, %2, %3, %4};" ::"l"(address), \
                 constraint(static_cast<word>(v.x)), constraint(static_cast<word>(v.y)), \
                 constraint(static_cast<word>(v.z)), constraint(static_cast<word>(v.w)) : "memory"); \
  }

#define SHEER_EACH_TYPE(one, two, four) \
  one(char, "s8", "r", int) \
  one(signed char, "s8", "r", int) \
  one(unsigned char, "u8", "r", unsigned int) \
  one(short, "s16", "h", short) \
  one(unsigned short, "u16", "h", unsigned short) \
  one(int, "s32", "r", int) \
  one(unsigned int, "u32", "r", unsigned int) \
  one(long, "s64", "l", long) \
  one(unsigned long, "u64", "l", unsigned long) \
  one(long long, "s64", "l", long long) \
  one(unsigned long long, "u64", "l", unsigned long long) \
  one(float, "f32", "f", float) \
  one(double, "f64", "d", double) \
  two(char2, "s8", "r", int) two(uchar2, "u8", "r", unsigned int) \
  two(short2, "s16", "h", short) two(ushort2, "u16", "h", unsigned short) \
  two(int2, "s32", "r", int) two(uint2, "u32", "r", unsigned int) \
  two(long2, "s64", "l", long) two(ulong2, "u64", "l", unsigned long) \
  two(longlong2, "s64", "l", long long) two(ulonglong2, "u64", "l", unsigned long long) \
  two(float2, "f32", "f", float) two(double2, "f64", "d", double) \
  four(char4, "s8", "r", int) four(uchar4, "u8", "r", unsigned int) \
  four(short4, "s16", "h", short) four(ushort4, "u16", "h", unsigned short) \
  four(int4, "s32", "r", int) four(uint4, "u32", "r", unsigned int) \
  four(float4, "f32", "f", float)

/* The read-only load is known to the compiler, which merges it, widens it and folds offsets into it. */
#define SHEER_LDG_1(type, builtin) \
  SHEER_DEVICE type __ldg(const type* address) { return __nvvm_ldg_##builtin(address); }
#define SHEER_LDG_2(type, element, builtin) \
  SHEER_DEVICE type __ldg(const type* address) { \
    typedef element Vector __attribute__((ext_vector_type(2))); \
    Vector v = __nvvm_ldg_##builtin(reinterpret_cast<const Vector*>(address)); \
    return type{v[0], v[1]}; \
  }
#define SHEER_LDG_4(type, element, builtin) \
  SHEER_DEVICE type __ldg(const type* address) { \
    typedef element Vector __attribute__((ext_vector_type(4))); \
    Vector v = __nvvm_ldg_##builtin(reinterpret_cast<const Vector*>(address)); \
    return type{v[0], v[1], v[2], v[3]}; \
  }
SHEER_LDG_1(char, c)
SHEER_LDG_1(signed char, sc)
SHEER_LDG_1(unsigned char, uc)
SHEER_LDG_1(short, s)
SHEER_LDG_1(unsigned short, us)
SHEER_LDG_1(int, i)
SHEER_LDG_1(unsigned int, ui)
SHEER_LDG_1(long, l)
SHEER_LDG_1(unsigned long, ul)
SHEER_LDG_1(long long, ll)
SHEER_LDG_1(unsigned long long, ull)
SHEER_LDG_1(float, f)
SHEER_LDG_1(double, d)
SHEER_LDG_2(char2, signed char, sc2)
SHEER_LDG_2(uchar2, unsigned char, uc2)
SHEER_LDG_2(short2, short, s2)
SHEER_LDG_2(ushort2, unsigned short, us2)
SHEER_LDG_2(int2, int, i2)
SHEER_LDG_2(uint2, unsigned int, ui2)
SHEER_LDG_2(long2, long, l2)
SHEER_LDG_2(ulong2, unsigned long, ul2)
SHEER_LDG_2(longlong2, long long, ll2)
SHEER_LDG_2(ulonglong2, unsigned long long, ull2)
SHEER_LDG_2(float2, float, f2)
SHEER_LDG_2(double2, double, d2)
SHEER_LDG_4(char4, signed char, sc4)
SHEER_LDG_4(uchar4, unsigned char, uc4)
SHEER_LDG_4(short4, short, s4)
SHEER_LDG_4(ushort4, unsigned short, us4)
SHEER_LDG_4(int4, int, i4)
SHEER_LDG_4(uint4, unsigned int, ui4)
SHEER_LDG_4(float4, float, f4)

#define SHEER_LOADS(n, type, ptx, constraint, word) \
  SHEER_LOAD_##n(__ldca, volatile, "ca", type, ptx, constraint, word, : "memory") \
  SHEER_LOAD_##n(__ldcg, volatile, "cg", type, ptx, constraint, word, : "memory") \
  SHEER_LOAD_##n(__ldcs, volatile, "cs", type, ptx, constraint, word, : "memory") \
  SHEER_LOAD_##n(__ldlu, volatile, "lu", type, ptx, constraint, word, : "memory") \
  SHEER_LOAD_##n(__ldcv, volatile, "cv", type, ptx, constraint, word, : "memory") \
  SHEER_STORE_##n(__stwb, "wb", type, ptx, constraint, word) \
  SHEER_STORE_##n(__stcg, "cg", type, ptx, constraint, word) \
  SHEER_STORE_##n(__stcs, "cs", type, ptx, constraint, word) \
  SHEER_STORE_##n(__stwt, "wt", type, ptx, constraint, word)
#define SHEER_LOADS_1(type, ptx, constraint, word) SHEER_LOADS(1, type, ptx, constraint, word)
#define SHEER_LOADS_2(type, ptx, constraint, word) SHEER_LOADS(2, type, ptx, constraint, word)
#define SHEER_LOADS_4(type, ptx, constraint, word) SHEER_LOADS(4, type, ptx, constraint, word)
SHEER_EACH_TYPE(SHEER_LOADS_1, SHEER_LOADS_2, SHEER_LOADS_4)

#undef SHEER_LOADS_1
#undef SHEER_LOADS_2
#undef SHEER_LOADS_4
#undef SHEER_LOADS
#undef SHEER_LDG_1
#undef SHEER_LDG_2
#undef SHEER_LDG_4
#undef SHEER_EACH_TYPE
#undef SHEER_LOAD_1
#undef SHEER_LOAD_2
#undef SHEER_LOAD_4
#undef SHEER_STORE_1
#undef SHEER_STORE_2
#undef SHEER_STORE_4

#endif
