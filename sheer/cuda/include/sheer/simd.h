/* Integer intrinsics on the two halfwords or four bytes of a word, and the fused minimum and maximum functions. */
#ifndef SHEER_SIMD_H
#define SHEER_SIMD_H

#include "device_macros.h"

/* One function on `bits` wide parts: `result` for parts a and b (c), which have the given type and are widened to int. */
#define SHEER_PARTS(name, bits, type, result) \
  SHEER_DEVICE unsigned int name(unsigned int x, unsigned int y) { \
    unsigned int d = 0; \
    for (int at = 0; at < 32; at += bits) { \
      int a = static_cast<type>(x >> at), b = static_cast<type>(y >> at); \
      d |= (static_cast<unsigned int>(result) & (0xffffffffu >> (32 - bits))) << at; \
    } \
    return d; \
  }
#define SHEER_PARTS1(name, bits, type, result) \
  SHEER_DEVICE unsigned int name(unsigned int x) { \
    unsigned int d = 0; \
    for (int at = 0; at < 32; at += bits) { \
      int a = static_cast<type>(x >> at); \
      d |= (static_cast<unsigned int>(result) & (0xffffffffu >> (32 - bits))) << at; \
    } \
    return d; \
  }
#define SHEER_PARTS_SUM(name, bits, type, term) \
  SHEER_DEVICE unsigned int name(unsigned int x, unsigned int y) { \
    unsigned int d = 0; \
    for (int at = 0; at < 32; at += bits) { \
      int a = static_cast<type>(x >> at), b = static_cast<type>(y >> at); \
      d += static_cast<unsigned int>(term); \
    } \
    return d; \
  }
#define SHEER_CLAMP(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))
#define SHEER_COMPARISON(n, bits, suffix, type, operation) \
  SHEER_PARTS(__vcmp##suffix##n, bits, type, a operation b ? -1 : 0) \
  SHEER_PARTS(__vset##suffix##n, bits, type, a operation b)

/* The signed average rounds halves away from zero, as the vavrg instruction does. */
#define SHEER_SIMD(n, bits, s, u) \
  SHEER_PARTS1(__vabs##n, bits, s, a < 0 ? -a : a) \
  SHEER_PARTS1(__vneg##n, bits, s, -a) \
  SHEER_PARTS1(__vabsss##n, bits, s, SHEER_CLAMP((a < 0 ? -a : a), 0, (1 << (bits - 1)) - 1)) \
  SHEER_PARTS1(__vnegss##n, bits, s, SHEER_CLAMP(-a, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)) \
  SHEER_PARTS(__vadd##n, bits, u, a + b) \
  SHEER_PARTS(__vsub##n, bits, u, a - b) \
  SHEER_PARTS(__vaddss##n, bits, s, SHEER_CLAMP(a + b, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)) \
  SHEER_PARTS(__vsubss##n, bits, s, SHEER_CLAMP(a - b, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)) \
  SHEER_PARTS(__vaddus##n, bits, u, SHEER_CLAMP(a + b, 0, (1 << bits) - 1)) \
  SHEER_PARTS(__vsubus##n, bits, u, SHEER_CLAMP(a - b, 0, (1 << bits) - 1)) \
  SHEER_PARTS(__vabsdiffs##n, bits, s, a > b ? a - b : b - a) \
  SHEER_PARTS(__vabsdiffu##n, bits, u, a > b ? a - b : b - a) \
  SHEER_PARTS_SUM(__vsads##n, bits, s, a > b ? a - b : b - a) \
  SHEER_PARTS_SUM(__vsadu##n, bits, u, a > b ? a - b : b - a) \
  SHEER_PARTS(__vavgs##n, bits, s, (a + b + (a + b >= 0)) >> 1) \
  SHEER_PARTS(__vavgu##n, bits, u, (a + b + 1) >> 1) \
  SHEER_PARTS(__vhaddu##n, bits, u, (a + b) >> 1) \
  SHEER_PARTS(__vmaxs##n, bits, s, a > b ? a : b) \
  SHEER_PARTS(__vmaxu##n, bits, u, a > b ? a : b) \
  SHEER_PARTS(__vmins##n, bits, s, a < b ? a : b) \
  SHEER_PARTS(__vminu##n, bits, u, a < b ? a : b) \
  SHEER_COMPARISON(n, bits, eq, u, ==) \
  SHEER_COMPARISON(n, bits, ne, u, !=) \
  SHEER_COMPARISON(n, bits, ges, s, >=) \
  SHEER_COMPARISON(n, bits, geu, u, >=) \
  SHEER_COMPARISON(n, bits, gts, s, >) \
  SHEER_COMPARISON(n, bits, gtu, u, >) \
  SHEER_COMPARISON(n, bits, les, s, <=) \
  SHEER_COMPARISON(n, bits, leu, u, <=) \
  SHEER_COMPARISON(n, bits, lts, s, <) \
  SHEER_COMPARISON(n, bits, ltu, u, <)

SHEER_SIMD(2, 16, short, unsigned short)
SHEER_SIMD(4, 8, signed char, unsigned char)

#undef SHEER_SIMD
#undef SHEER_COMPARISON
#undef SHEER_CLAMP
#undef SHEER_PARTS_SUM
#undef SHEER_PARTS1
#undef SHEER_PARTS

/* Minimum and maximum, of two or three or after an addition; relu: not below zero; vib: which of the two it was. The
   host has these too. A halfword sum wraps. */
#define SHEER_WORD(name, type, parameters, value) \
  SHEER_BOTH type name parameters { return value; }
#define SHEER_HALVES(name, type, value) \
  SHEER_BOTH unsigned int name(unsigned int x, unsigned int y, unsigned int z) { \
    unsigned int d = 0; \
    for (int at = 0; at < 32; at += 16) { \
      type a = static_cast<type>(x >> at), b = static_cast<type>(y >> at), c = static_cast<type>(z >> at); \
      type sum = static_cast<type>(a + b); \
      (void)sum, (void)c; \
      d |= static_cast<unsigned int>(static_cast<unsigned short>(value)) << at; \
    } \
    return d; \
  }
#define SHEER_OF_TWO(name, of_three) \
  SHEER_BOTH unsigned int name(unsigned int x, unsigned int y) { return of_three(x, y, y); }
#define SHEER_HALF_AND_WHICH(name, type, operation) \
  SHEER_BOTH unsigned int name(unsigned int x, unsigned int y, bool* high, bool* low) { \
    type a = static_cast<type>(x), b = static_cast<type>(y); \
    type c = static_cast<type>(x >> 16), d = static_cast<type>(y >> 16); \
    *low = a operation b; \
    *high = c operation d; \
    return static_cast<unsigned short>(*low ? a : b) | static_cast<unsigned int>(static_cast<unsigned short>(*high ? c : d)) << 16; \
  }
#define SHEER_WHICH(name, type, operation) \
  SHEER_BOTH type name(type a, type b, bool* first) { \
    *first = a operation b; \
    return *first ? a : b; \
  }
#define SHEER_BEST(a, operation, b) ((a) operation (b) ? (a) : (b))
#define SHEER_NOT_NEGATIVE(x) ((x) < 0 ? 0 : (x))
#define SHEER_SUM(type) static_cast<type>(static_cast<unsigned int>(a) + static_cast<unsigned int>(b))
#define SHEER_MIN_MAX(word, operation, which) \
  SHEER_WORD(__vi##word##3_s32, int, (int a, int b, int c), SHEER_BEST(SHEER_BEST(a, operation, b), operation, c)) \
  SHEER_WORD(__vi##word##3_u32, unsigned int, (unsigned int a, unsigned int b, unsigned int c), \
             SHEER_BEST(SHEER_BEST(a, operation, b), operation, c)) \
  SHEER_WORD(__vi##word##3_s32_relu, int, (int a, int b, int c), SHEER_NOT_NEGATIVE(__vi##word##3_s32(a, b, c))) \
  SHEER_WORD(__vi##word##_s32_relu, int, (int a, int b), SHEER_NOT_NEGATIVE(SHEER_BEST(a, operation, b))) \
  SHEER_WORD(__viadd##word##_s32, int, (int a, int b, int c), SHEER_BEST(SHEER_SUM(int), operation, c)) \
  SHEER_WORD(__viadd##word##_u32, unsigned int, (unsigned int a, unsigned int b, unsigned int c), \
             SHEER_BEST(a + b, operation, c)) \
  SHEER_WORD(__viadd##word##_s32_relu, int, (int a, int b, int c), SHEER_NOT_NEGATIVE(__viadd##word##_s32(a, b, c))) \
  SHEER_HALVES(__vi##word##3_s16x2, short, SHEER_BEST(SHEER_BEST(a, operation, b), operation, c)) \
  SHEER_HALVES(__vi##word##3_u16x2, unsigned short, SHEER_BEST(SHEER_BEST(a, operation, b), operation, c)) \
  SHEER_HALVES(__vi##word##3_s16x2_relu, short, \
               SHEER_NOT_NEGATIVE(SHEER_BEST(SHEER_BEST(a, operation, b), operation, c))) \
  SHEER_OF_TWO(__vi##word##_s16x2_relu, __vi##word##3_s16x2_relu) \
  SHEER_HALVES(__viadd##word##_s16x2, short, SHEER_BEST(sum, operation, c)) \
  SHEER_HALVES(__viadd##word##_u16x2, unsigned short, SHEER_BEST(sum, operation, c)) \
  SHEER_HALVES(__viadd##word##_s16x2_relu, short, SHEER_NOT_NEGATIVE(SHEER_BEST(sum, operation, c))) \
  SHEER_WHICH(__vib##word##_s32, int, which) \
  SHEER_WHICH(__vib##word##_u32, unsigned int, which) \
  SHEER_HALF_AND_WHICH(__vib##word##_s16x2, short, which) \
  SHEER_HALF_AND_WHICH(__vib##word##_u16x2, unsigned short, which)

SHEER_MIN_MAX(max, >, >=)
SHEER_MIN_MAX(min, <, <=)

#undef SHEER_MIN_MAX
#undef SHEER_SUM
#undef SHEER_NOT_NEGATIVE
#undef SHEER_BEST
#undef SHEER_WHICH
#undef SHEER_HALF_AND_WHICH
#undef SHEER_OF_TWO
#undef SHEER_HALVES
#undef SHEER_WORD

#endif
