/* Integer intrinsics: bit counting, high products, byte selection, funnel shifts, dot products, averages. */
#ifndef SHEER_INTEGER_H
#define SHEER_INTEGER_H

#include "device_macros.h"

SHEER_DEVICE int __popc(unsigned int x) { return __builtin_popcount(x); }
SHEER_DEVICE int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
SHEER_DEVICE int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned int>(x)) : 32; }
SHEER_DEVICE int __clzll(long long x) { return x ? __builtin_clzll(static_cast<unsigned long long>(x)) : 64; }
SHEER_DEVICE int __ffs(int x) { return __builtin_ffs(x); }
SHEER_DEVICE int __ffsll(long long x) { return __builtin_ffsll(x); }
SHEER_DEVICE unsigned int __brev(unsigned int x) { return __builtin_bitreverse32(x); }
SHEER_DEVICE unsigned long long __brevll(unsigned long long x) { return __builtin_bitreverse64(x); }
SHEER_DEVICE unsigned int __byte_perm(unsigned int x, unsigned int y, unsigned int s) {
  return __nvvm_prmt(x, y, s & 0x7777u);
}

SHEER_DEVICE int __mulhi(int x, int y) { return static_cast<int>((static_cast<long long>(x) * y) >> 32); }
SHEER_DEVICE unsigned int __umulhi(unsigned int x, unsigned int y) {
  return static_cast<unsigned int>((static_cast<unsigned long long>(x) * y) >> 32);
}
SHEER_DEVICE long long __mul64hi(long long x, long long y) { return __nvvm_mulhi_ll(x, y); }
SHEER_DEVICE unsigned long long __umul64hi(unsigned long long x, unsigned long long y) { return __nvvm_mulhi_ull(x, y); }
SHEER_DEVICE int __mul24(int x, int y) {
  return static_cast<int>((static_cast<unsigned int>((x << 8) >> 8)) * static_cast<unsigned int>((y << 8) >> 8));
}
SHEER_DEVICE unsigned int __umul24(unsigned int x, unsigned int y) { return (x & 0xffffffu) * (y & 0xffffffu); }
SHEER_DEVICE int __sad(int x, int y, unsigned int z) {
  unsigned int d = x > y ? static_cast<unsigned int>(x) - static_cast<unsigned int>(y)
                         : static_cast<unsigned int>(y) - static_cast<unsigned int>(x);
  return static_cast<int>(d + z);
}
SHEER_DEVICE unsigned int __usad(unsigned int x, unsigned int y, unsigned int z) { return (x > y ? x - y : y - x) + z; }
/* Averages without overflow: h rounds toward minus infinity, rh upwards. */
SHEER_DEVICE int __hadd(int x, int y) { return (x & y) + ((x ^ y) >> 1); }
SHEER_DEVICE int __rhadd(int x, int y) { return (x | y) - ((x ^ y) >> 1); }
SHEER_DEVICE unsigned int __uhadd(unsigned int x, unsigned int y) { return (x & y) + ((x ^ y) >> 1); }
SHEER_DEVICE unsigned int __urhadd(unsigned int x, unsigned int y) { return (x | y) - ((x ^ y) >> 1); }

SHEER_DEVICE unsigned int __funnelshift_l(unsigned int low, unsigned int high, unsigned int shift) {
  return __builtin_elementwise_fshl(high, low, shift & 31u);
}
SHEER_DEVICE unsigned int __funnelshift_r(unsigned int low, unsigned int high, unsigned int shift) {
  return __builtin_elementwise_fshr(high, low, shift & 31u);
}
SHEER_DEVICE unsigned int __funnelshift_lc(unsigned int low, unsigned int high, unsigned int shift) {
  return shift >= 32u ? low : __builtin_elementwise_fshl(high, low, shift & 31u);
}
SHEER_DEVICE unsigned int __funnelshift_rc(unsigned int low, unsigned int high, unsigned int shift) {
  return shift >= 32u ? high : __builtin_elementwise_fshr(high, low, shift & 31u);
}

#define SHEER_DOT(name, ptx, type_a, type_b, type_c) \
  SHEER_DEVICE type_c name(type_a a, type_b b, type_c c) { \
    type_c d; \
    asm(ptx " %0, %1, %2, %3;" : "=r"(d) : "r"(__builtin_bit_cast(int, a)), "r"(__builtin_bit_cast(int, b)), "r"(c)); \
    return d; \
  }
SHEER_DOT(__dp4a, "dp4a.s32.s32", int, int, int)
SHEER_DOT(__dp4a, "dp4a.u32.u32", unsigned int, unsigned int, unsigned int)
SHEER_DOT(__dp4a, "dp4a.s32.s32", char4, char4, int)
SHEER_DOT(__dp4a, "dp4a.u32.u32", uchar4, uchar4, unsigned int)
SHEER_DOT(__dp2a_lo, "dp2a.lo.s32.s32", int, int, int)
SHEER_DOT(__dp2a_lo, "dp2a.lo.u32.u32", unsigned int, unsigned int, unsigned int)
SHEER_DOT(__dp2a_lo, "dp2a.lo.s32.s32", short2, char4, int)
SHEER_DOT(__dp2a_lo, "dp2a.lo.u32.u32", ushort2, uchar4, unsigned int)
SHEER_DOT(__dp2a_hi, "dp2a.hi.s32.s32", int, int, int)
SHEER_DOT(__dp2a_hi, "dp2a.hi.u32.u32", unsigned int, unsigned int, unsigned int)
SHEER_DOT(__dp2a_hi, "dp2a.hi.s32.s32", short2, char4, int)
SHEER_DOT(__dp2a_hi, "dp2a.hi.u32.u32", ushort2, uchar4, unsigned int)
#undef SHEER_DOT

#endif
