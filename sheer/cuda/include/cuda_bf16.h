/* bfloat16 for host and device: types, conversions, arithmetic, comparison, functions. Values are computed in the
   type's own arithmetic (rounded once); functions in float, rounded once. */
#ifndef SHEER_CUDA_BF16_H
#define SHEER_CUDA_BF16_H

#include "cuda_runtime.h"

#if defined(__cplusplus)

#define SHEER_F static __host__ __device__ __inline__ __attribute__((unused))
#define SHEER_M __host__ __device__ __inline__
#define SHEER_D static __device__ __inline__ __attribute__((unused))

typedef struct { unsigned short x; } __nv_bfloat16_raw;
typedef struct { unsigned short x, y; } __nv_bfloat162_raw;

struct __attribute__((aligned(2))) __nv_bfloat16 {
  unsigned short __x;
  __nv_bfloat16() = default;
  SHEER_M constexpr __nv_bfloat16(const __nv_bfloat16_raw &r) : __x(r.x) {}
  SHEER_M operator __nv_bfloat16_raw() const { __nv_bfloat16_raw r; r.x = __x; return r; }
  SHEER_M __nv_bfloat16(__bf16 v) : __x(__builtin_bit_cast(unsigned short, v)) {}
  SHEER_M __bf16 value() const { return __builtin_bit_cast(__bf16, __x); }
  SHEER_M __nv_bfloat16(float v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(float v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(double v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(double v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(int v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(int v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(unsigned v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(unsigned v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(short v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(short v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(unsigned short v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(unsigned short v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(long v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(long v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(unsigned long v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(unsigned long v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(long long v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(long long v) { return *this = __nv_bfloat16(v); }
  SHEER_M __nv_bfloat16(unsigned long long v) : __x(__builtin_bit_cast(unsigned short, (__bf16)v)) {}
  SHEER_M __nv_bfloat16 &operator=(unsigned long long v) { return *this = __nv_bfloat16(v); }
  SHEER_M operator float() const { return (float)value(); }
  SHEER_M explicit operator char() const { return (char)(float)value(); }
  SHEER_M explicit operator signed char() const { return (signed char)(float)value(); }
  SHEER_M explicit operator unsigned char() const { return (unsigned char)(float)value(); }
  SHEER_M explicit operator short() const { return (short)(float)value(); }
  SHEER_M explicit operator unsigned short() const { return (unsigned short)(float)value(); }
  SHEER_M explicit operator int() const { return (int)(float)value(); }
  SHEER_M explicit operator unsigned() const { return (unsigned)(float)value(); }
  SHEER_M explicit operator long() const { return (long)(float)value(); }
  SHEER_M explicit operator unsigned long() const { return (unsigned long)(float)value(); }
  SHEER_M explicit operator long long() const { return (long long)(float)value(); }
  SHEER_M explicit operator unsigned long long() const { return (unsigned long long)(float)value(); }
  SHEER_M explicit operator bool() const { return (__x & 0x7fff) != 0; }
};
typedef __nv_bfloat16 nv_bfloat16;
struct __attribute__((aligned(4))) __nv_bfloat162 {
  __nv_bfloat16 x, y;
  __nv_bfloat162() = default;
  SHEER_M __nv_bfloat162(const __nv_bfloat16 &a, const __nv_bfloat16 &b) : x(a), y(b) {}
};
typedef __nv_bfloat162 nv_bfloat162;

SHEER_F __nv_bfloat162 make_bfloat162(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat162(a, b); }
SHEER_F __nv_bfloat16 __float2bfloat16(float v) { return __nv_bfloat16(v); }
SHEER_F __nv_bfloat16 __float2bfloat16_rn(float v) { return __nv_bfloat16(v); }
SHEER_F __nv_bfloat16 __double2bfloat16(double v) { return __nv_bfloat16(v); }
SHEER_F float __bfloat162float(__nv_bfloat16 v) { return (float)v; }
SHEER_F __nv_bfloat16 __sheer_next(__nv_bfloat16 v, int away) { v.__x = (unsigned short)(v.__x + away); return v; }
SHEER_F __nv_bfloat16 __float2bfloat16_rz(float v) { __nv_bfloat16 h(v); return __builtin_fabsf((float)h) > __builtin_fabsf(v) ? __sheer_next(h, -1) : h; }
SHEER_F __nv_bfloat16 __float2bfloat16_ru(float v) { __nv_bfloat16 h(v); return (float)h < v ? ((float)h < 0 ? __sheer_next(h, -1) : __sheer_next(h, 1)) : h; }
SHEER_F __nv_bfloat16 __float2bfloat16_rd(float v) { __nv_bfloat16 h(v); return (float)h > v ? ((float)h > 0 ? __sheer_next(h, -1) : __sheer_next(h, 1)) : h; }
SHEER_F __nv_bfloat162 __bfloat162bfloat162(__nv_bfloat16 a) { return __nv_bfloat162(a, a); }
SHEER_F __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat162(a, b); }
SHEER_F __nv_bfloat162 __float2bfloat162_rn(float a) { return __nv_bfloat162(__nv_bfloat16(a), __nv_bfloat16(a)); }
SHEER_F __nv_bfloat162 __floats2bfloat162_rn(float a, float b) { return __nv_bfloat162(__nv_bfloat16(a), __nv_bfloat16(b)); }
SHEER_F __nv_bfloat162 __float22bfloat162_rn(float2 v) { return __nv_bfloat162(__nv_bfloat16(v.x), __nv_bfloat16(v.y)); }
SHEER_F float2 __bfloat1622float2(__nv_bfloat162 v) { return make_float2((float)v.x, (float)v.y); }
SHEER_F float __low2float(__nv_bfloat162 v) { return (float)v.x; }
SHEER_F float __high2float(__nv_bfloat162 v) { return (float)v.y; }
SHEER_F __nv_bfloat16 __low2bfloat16(__nv_bfloat162 v) { return v.x; }
SHEER_F __nv_bfloat16 __high2bfloat16(__nv_bfloat162 v) { return v.y; }
SHEER_F __nv_bfloat162 __low2bfloat162(__nv_bfloat162 v) { return __nv_bfloat162(v.x, v.x); }
SHEER_F __nv_bfloat162 __high2bfloat162(__nv_bfloat162 v) { return __nv_bfloat162(v.y, v.y); }
SHEER_F __nv_bfloat162 __lowhigh2highlow(__nv_bfloat162 v) { return __nv_bfloat162(v.y, v.x); }
SHEER_F __nv_bfloat162 __lows2bfloat162(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(a.x, b.x); }
SHEER_F __nv_bfloat162 __highs2bfloat162(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(a.y, b.y); }
SHEER_F short __bfloat16_as_short(__nv_bfloat16 v) { return (short)v.__x; }
SHEER_F __nv_bfloat16 __short_as_bfloat16(short v) { __nv_bfloat16_raw r; r.x = (unsigned short)v; return __nv_bfloat16(r); }
SHEER_F unsigned short __bfloat16_as_ushort(__nv_bfloat16 v) { return (unsigned short)v.__x; }
SHEER_F __nv_bfloat16 __ushort_as_bfloat16(unsigned short v) { __nv_bfloat16_raw r; r.x = (unsigned short)v; return __nv_bfloat16(r); }
SHEER_F int __bfloat162int_rn(__nv_bfloat16 v) { return (int)__builtin_rintf((float)v); }
SHEER_F __nv_bfloat16 __int2bfloat16_rn(int v) { return __nv_bfloat16(v); }
SHEER_F int __bfloat162int_rz(__nv_bfloat16 v) { return (int)__builtin_truncf((float)v); }
SHEER_F __nv_bfloat16 __int2bfloat16_rz(int v) { return __float2bfloat16_rz((float)v); }
SHEER_F int __bfloat162int_rd(__nv_bfloat16 v) { return (int)__builtin_floorf((float)v); }
SHEER_F __nv_bfloat16 __int2bfloat16_rd(int v) { return __float2bfloat16_rd((float)v); }
SHEER_F int __bfloat162int_ru(__nv_bfloat16 v) { return (int)__builtin_ceilf((float)v); }
SHEER_F __nv_bfloat16 __int2bfloat16_ru(int v) { return __float2bfloat16_ru((float)v); }
SHEER_F unsigned __bfloat162uint_rn(__nv_bfloat16 v) { return (unsigned)__builtin_rintf((float)v); }
SHEER_F __nv_bfloat16 __uint2bfloat16_rn(unsigned v) { return __nv_bfloat16(v); }
SHEER_F unsigned __bfloat162uint_rz(__nv_bfloat16 v) { return (unsigned)__builtin_truncf((float)v); }
SHEER_F __nv_bfloat16 __uint2bfloat16_rz(unsigned v) { return __float2bfloat16_rz((float)v); }
SHEER_F unsigned __bfloat162uint_rd(__nv_bfloat16 v) { return (unsigned)__builtin_floorf((float)v); }
SHEER_F __nv_bfloat16 __uint2bfloat16_rd(unsigned v) { return __float2bfloat16_rd((float)v); }
SHEER_F unsigned __bfloat162uint_ru(__nv_bfloat16 v) { return (unsigned)__builtin_ceilf((float)v); }
SHEER_F __nv_bfloat16 __uint2bfloat16_ru(unsigned v) { return __float2bfloat16_ru((float)v); }
SHEER_F short __bfloat162short_rn(__nv_bfloat16 v) { return (short)__builtin_rintf((float)v); }
SHEER_F __nv_bfloat16 __short2bfloat16_rn(short v) { return __nv_bfloat16(v); }
SHEER_F short __bfloat162short_rz(__nv_bfloat16 v) { return (short)__builtin_truncf((float)v); }
SHEER_F __nv_bfloat16 __short2bfloat16_rz(short v) { return __float2bfloat16_rz((float)v); }
SHEER_F short __bfloat162short_rd(__nv_bfloat16 v) { return (short)__builtin_floorf((float)v); }
SHEER_F __nv_bfloat16 __short2bfloat16_rd(short v) { return __float2bfloat16_rd((float)v); }
SHEER_F short __bfloat162short_ru(__nv_bfloat16 v) { return (short)__builtin_ceilf((float)v); }
SHEER_F __nv_bfloat16 __short2bfloat16_ru(short v) { return __float2bfloat16_ru((float)v); }
SHEER_F unsigned short __bfloat162ushort_rn(__nv_bfloat16 v) { return (unsigned short)__builtin_rintf((float)v); }
SHEER_F __nv_bfloat16 __ushort2bfloat16_rn(unsigned short v) { return __nv_bfloat16(v); }
SHEER_F unsigned short __bfloat162ushort_rz(__nv_bfloat16 v) { return (unsigned short)__builtin_truncf((float)v); }
SHEER_F __nv_bfloat16 __ushort2bfloat16_rz(unsigned short v) { return __float2bfloat16_rz((float)v); }
SHEER_F unsigned short __bfloat162ushort_rd(__nv_bfloat16 v) { return (unsigned short)__builtin_floorf((float)v); }
SHEER_F __nv_bfloat16 __ushort2bfloat16_rd(unsigned short v) { return __float2bfloat16_rd((float)v); }
SHEER_F unsigned short __bfloat162ushort_ru(__nv_bfloat16 v) { return (unsigned short)__builtin_ceilf((float)v); }
SHEER_F __nv_bfloat16 __ushort2bfloat16_ru(unsigned short v) { return __float2bfloat16_ru((float)v); }
SHEER_F long long __bfloat162ll_rn(__nv_bfloat16 v) { return (long long)__builtin_rintf((float)v); }
SHEER_F __nv_bfloat16 __ll2bfloat16_rn(long long v) { return __nv_bfloat16(v); }
SHEER_F long long __bfloat162ll_rz(__nv_bfloat16 v) { return (long long)__builtin_truncf((float)v); }
SHEER_F __nv_bfloat16 __ll2bfloat16_rz(long long v) { return __float2bfloat16_rz((float)v); }
SHEER_F long long __bfloat162ll_rd(__nv_bfloat16 v) { return (long long)__builtin_floorf((float)v); }
SHEER_F __nv_bfloat16 __ll2bfloat16_rd(long long v) { return __float2bfloat16_rd((float)v); }
SHEER_F long long __bfloat162ll_ru(__nv_bfloat16 v) { return (long long)__builtin_ceilf((float)v); }
SHEER_F __nv_bfloat16 __ll2bfloat16_ru(long long v) { return __float2bfloat16_ru((float)v); }
SHEER_F unsigned long long __bfloat162ull_rn(__nv_bfloat16 v) { return (unsigned long long)__builtin_rintf((float)v); }
SHEER_F __nv_bfloat16 __ull2bfloat16_rn(unsigned long long v) { return __nv_bfloat16(v); }
SHEER_F unsigned long long __bfloat162ull_rz(__nv_bfloat16 v) { return (unsigned long long)__builtin_truncf((float)v); }
SHEER_F __nv_bfloat16 __ull2bfloat16_rz(unsigned long long v) { return __float2bfloat16_rz((float)v); }
SHEER_F unsigned long long __bfloat162ull_rd(__nv_bfloat16 v) { return (unsigned long long)__builtin_floorf((float)v); }
SHEER_F __nv_bfloat16 __ull2bfloat16_rd(unsigned long long v) { return __float2bfloat16_rd((float)v); }
SHEER_F unsigned long long __bfloat162ull_ru(__nv_bfloat16 v) { return (unsigned long long)__builtin_ceilf((float)v); }
SHEER_F __nv_bfloat16 __ull2bfloat16_ru(unsigned long long v) { return __float2bfloat16_ru((float)v); }
SHEER_F __nv_bfloat16 __hadd(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16((__bf16)(a.value() + b.value())); }
SHEER_F __nv_bfloat16 __hadd_rn(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16((__bf16)(a.value() + b.value())); }
SHEER_F __nv_bfloat162 __hadd2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hadd(a.x, b.x), __hadd(a.y, b.y)); }
SHEER_F __nv_bfloat162 __hadd2_rn(__nv_bfloat162 a, __nv_bfloat162 b) { return __hadd2(a, b); }
SHEER_F __nv_bfloat16 __hadd_sat(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16(__builtin_fminf(__builtin_fmaxf((float)__hadd(a, b), 0.0f), 1.0f)); }
SHEER_F __nv_bfloat162 __hadd2_sat(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hadd_sat(a.x, b.x), __hadd_sat(a.y, b.y)); }
SHEER_F __nv_bfloat16 __hsub(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16((__bf16)(a.value() - b.value())); }
SHEER_F __nv_bfloat16 __hsub_rn(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16((__bf16)(a.value() - b.value())); }
SHEER_F __nv_bfloat162 __hsub2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hsub(a.x, b.x), __hsub(a.y, b.y)); }
SHEER_F __nv_bfloat162 __hsub2_rn(__nv_bfloat162 a, __nv_bfloat162 b) { return __hsub2(a, b); }
SHEER_F __nv_bfloat16 __hsub_sat(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16(__builtin_fminf(__builtin_fmaxf((float)__hsub(a, b), 0.0f), 1.0f)); }
SHEER_F __nv_bfloat162 __hsub2_sat(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hsub_sat(a.x, b.x), __hsub_sat(a.y, b.y)); }
SHEER_F __nv_bfloat16 __hmul(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16((__bf16)(a.value() * b.value())); }
SHEER_F __nv_bfloat16 __hmul_rn(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16((__bf16)(a.value() * b.value())); }
SHEER_F __nv_bfloat162 __hmul2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hmul(a.x, b.x), __hmul(a.y, b.y)); }
SHEER_F __nv_bfloat162 __hmul2_rn(__nv_bfloat162 a, __nv_bfloat162 b) { return __hmul2(a, b); }
SHEER_F __nv_bfloat16 __hmul_sat(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16(__builtin_fminf(__builtin_fmaxf((float)__hmul(a, b), 0.0f), 1.0f)); }
SHEER_F __nv_bfloat162 __hmul2_sat(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hmul_sat(a.x, b.x), __hmul_sat(a.y, b.y)); }
SHEER_F __nv_bfloat16 __hdiv(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16((__bf16)(a.value() / b.value())); }
SHEER_F __nv_bfloat16 __hdiv_rn(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16((__bf16)(a.value() / b.value())); }
SHEER_F __nv_bfloat162 __h2div(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hdiv(a.x, b.x), __hdiv(a.y, b.y)); }
SHEER_F __nv_bfloat16 __hfma(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) { return __nv_bfloat16((__bf16)__builtin_fma((double)(float)a, (double)(float)b, (double)(float)c)); }
SHEER_F __nv_bfloat162 __hfma2(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) { return __nv_bfloat162(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)); }
SHEER_F __nv_bfloat16 __hfma_relu(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) { return __nv_bfloat16(__builtin_fmaxf((float)__hfma(a, b, c), 0.0f)); }
SHEER_F __nv_bfloat16 __hfma_sat(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) { return __nv_bfloat16(__builtin_fminf(__builtin_fmaxf((float)__hfma(a, b, c), 0.0f), 1.0f)); }
SHEER_F __nv_bfloat16 __hneg(__nv_bfloat16 a) { __nv_bfloat16_raw r; r.x = a.__x ^ 0x8000; return __nv_bfloat16(r); }
SHEER_F __nv_bfloat16 __habs(__nv_bfloat16 a) { __nv_bfloat16_raw r; r.x = a.__x & 0x7fff; return __nv_bfloat16(r); }
SHEER_F __nv_bfloat162 __hneg2(__nv_bfloat162 a) { return __nv_bfloat162(__hneg(a.x), __hneg(a.y)); }
SHEER_F __nv_bfloat162 __habs2(__nv_bfloat162 a) { return __nv_bfloat162(__habs(a.x), __habs(a.y)); }
SHEER_F bool __heq(__nv_bfloat16 a, __nv_bfloat16 b) { return ((float)a == (float)b); }
SHEER_F bool __hequ(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a != (float)a || (float)b != (float)b || (float)a == (float)b; }
SHEER_F bool __hbeq2(__nv_bfloat162 a, __nv_bfloat162 b) { return __heq(a.x, b.x) && __heq(a.y, b.y); }
SHEER_F __nv_bfloat162 __heq2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__nv_bfloat16(__heq(a.x, b.x) ? 1.0f : 0.0f), __nv_bfloat16(__heq(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hne(__nv_bfloat16 a, __nv_bfloat16 b) { return ((float)a < (float)b || (float)a > (float)b); }
SHEER_F bool __hneu(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a != (float)a || (float)b != (float)b || (float)a != (float)b; }
SHEER_F bool __hbne2(__nv_bfloat162 a, __nv_bfloat162 b) { return __hne(a.x, b.x) && __hne(a.y, b.y); }
SHEER_F __nv_bfloat162 __hne2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__nv_bfloat16(__hne(a.x, b.x) ? 1.0f : 0.0f), __nv_bfloat16(__hne(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hlt(__nv_bfloat16 a, __nv_bfloat16 b) { return ((float)a < (float)b); }
SHEER_F bool __hltu(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a != (float)a || (float)b != (float)b || (float)a < (float)b; }
SHEER_F bool __hblt2(__nv_bfloat162 a, __nv_bfloat162 b) { return __hlt(a.x, b.x) && __hlt(a.y, b.y); }
SHEER_F __nv_bfloat162 __hlt2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__nv_bfloat16(__hlt(a.x, b.x) ? 1.0f : 0.0f), __nv_bfloat16(__hlt(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hle(__nv_bfloat16 a, __nv_bfloat16 b) { return ((float)a <= (float)b); }
SHEER_F bool __hleu(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a != (float)a || (float)b != (float)b || (float)a <= (float)b; }
SHEER_F bool __hble2(__nv_bfloat162 a, __nv_bfloat162 b) { return __hle(a.x, b.x) && __hle(a.y, b.y); }
SHEER_F __nv_bfloat162 __hle2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__nv_bfloat16(__hle(a.x, b.x) ? 1.0f : 0.0f), __nv_bfloat16(__hle(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hgt(__nv_bfloat16 a, __nv_bfloat16 b) { return ((float)a > (float)b); }
SHEER_F bool __hgtu(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a != (float)a || (float)b != (float)b || (float)a > (float)b; }
SHEER_F bool __hbgt2(__nv_bfloat162 a, __nv_bfloat162 b) { return __hgt(a.x, b.x) && __hgt(a.y, b.y); }
SHEER_F __nv_bfloat162 __hgt2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__nv_bfloat16(__hgt(a.x, b.x) ? 1.0f : 0.0f), __nv_bfloat16(__hgt(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hge(__nv_bfloat16 a, __nv_bfloat16 b) { return ((float)a >= (float)b); }
SHEER_F bool __hgeu(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a != (float)a || (float)b != (float)b || (float)a >= (float)b; }
SHEER_F bool __hbge2(__nv_bfloat162 a, __nv_bfloat162 b) { return __hge(a.x, b.x) && __hge(a.y, b.y); }
SHEER_F __nv_bfloat162 __hge2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__nv_bfloat16(__hge(a.x, b.x) ? 1.0f : 0.0f), __nv_bfloat16(__hge(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F __nv_bfloat16 __hmax(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16(__builtin_fmaxf((float)a, (float)b)); }
SHEER_F __nv_bfloat162 __hmax2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hmax(a.x, b.x), __hmax(a.y, b.y)); }
SHEER_F __nv_bfloat16 __hmax_nan(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a != (float)a ? a : (float)b != (float)b ? b : __hmax(a, b); }
SHEER_F __nv_bfloat16 __hmin(__nv_bfloat16 a, __nv_bfloat16 b) { return __nv_bfloat16(__builtin_fminf((float)a, (float)b)); }
SHEER_F __nv_bfloat162 __hmin2(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(__hmin(a.x, b.x), __hmin(a.y, b.y)); }
SHEER_F __nv_bfloat16 __hmin_nan(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a != (float)a ? a : (float)b != (float)b ? b : __hmin(a, b); }
SHEER_F bool __hisnan(__nv_bfloat16 a) { return (float)a != (float)a; }
SHEER_F int __hisinf(__nv_bfloat16 a) { return __builtin_fabsf((float)a) == __builtin_inff() ? ((float)a < 0 ? -1 : 1) : 0; }
SHEER_F __nv_bfloat162 __hisnan2(__nv_bfloat162 a) { return __nv_bfloat162(__nv_bfloat16(__hisnan(a.x) ? 1.0f : 0.0f), __nv_bfloat16(__hisnan(a.y) ? 1.0f : 0.0f)); }

/* Functions: device only, as in CUDA. */
#if defined(__CUDA__)
SHEER_D __nv_bfloat16 hsin(__nv_bfloat16 a) { return __nv_bfloat16(sinf((float)a)); }
SHEER_D __nv_bfloat162 h2sin(__nv_bfloat162 a) { return __nv_bfloat162(hsin(a.x), hsin(a.y)); }
SHEER_D __nv_bfloat16 hcos(__nv_bfloat16 a) { return __nv_bfloat16(cosf((float)a)); }
SHEER_D __nv_bfloat162 h2cos(__nv_bfloat162 a) { return __nv_bfloat162(hcos(a.x), hcos(a.y)); }
SHEER_D __nv_bfloat16 hexp(__nv_bfloat16 a) { return __nv_bfloat16(expf((float)a)); }
SHEER_D __nv_bfloat162 h2exp(__nv_bfloat162 a) { return __nv_bfloat162(hexp(a.x), hexp(a.y)); }
SHEER_D __nv_bfloat16 hexp2(__nv_bfloat16 a) { return __nv_bfloat16(exp2f((float)a)); }
SHEER_D __nv_bfloat162 h2exp2(__nv_bfloat162 a) { return __nv_bfloat162(hexp2(a.x), hexp2(a.y)); }
SHEER_D __nv_bfloat16 hexp10(__nv_bfloat16 a) { return __nv_bfloat16(exp10f((float)a)); }
SHEER_D __nv_bfloat162 h2exp10(__nv_bfloat162 a) { return __nv_bfloat162(hexp10(a.x), hexp10(a.y)); }
SHEER_D __nv_bfloat16 hlog(__nv_bfloat16 a) { return __nv_bfloat16(logf((float)a)); }
SHEER_D __nv_bfloat162 h2log(__nv_bfloat162 a) { return __nv_bfloat162(hlog(a.x), hlog(a.y)); }
SHEER_D __nv_bfloat16 hlog2(__nv_bfloat16 a) { return __nv_bfloat16(log2f((float)a)); }
SHEER_D __nv_bfloat162 h2log2(__nv_bfloat162 a) { return __nv_bfloat162(hlog2(a.x), hlog2(a.y)); }
SHEER_D __nv_bfloat16 hlog10(__nv_bfloat16 a) { return __nv_bfloat16(log10f((float)a)); }
SHEER_D __nv_bfloat162 h2log10(__nv_bfloat162 a) { return __nv_bfloat162(hlog10(a.x), hlog10(a.y)); }
SHEER_D __nv_bfloat16 hsqrt(__nv_bfloat16 a) { return __nv_bfloat16(sqrtf((float)a)); }
SHEER_D __nv_bfloat162 h2sqrt(__nv_bfloat162 a) { return __nv_bfloat162(hsqrt(a.x), hsqrt(a.y)); }
SHEER_D __nv_bfloat16 hrsqrt(__nv_bfloat16 a) { return __nv_bfloat16(rsqrtf((float)a)); }
SHEER_D __nv_bfloat162 h2rsqrt(__nv_bfloat162 a) { return __nv_bfloat162(hrsqrt(a.x), hrsqrt(a.y)); }
SHEER_D __nv_bfloat16 hfloor(__nv_bfloat16 a) { return __nv_bfloat16(floorf((float)a)); }
SHEER_D __nv_bfloat162 h2floor(__nv_bfloat162 a) { return __nv_bfloat162(hfloor(a.x), hfloor(a.y)); }
SHEER_D __nv_bfloat16 hceil(__nv_bfloat16 a) { return __nv_bfloat16(ceilf((float)a)); }
SHEER_D __nv_bfloat162 h2ceil(__nv_bfloat162 a) { return __nv_bfloat162(hceil(a.x), hceil(a.y)); }
SHEER_D __nv_bfloat16 htrunc(__nv_bfloat16 a) { return __nv_bfloat16(truncf((float)a)); }
SHEER_D __nv_bfloat162 h2trunc(__nv_bfloat162 a) { return __nv_bfloat162(htrunc(a.x), htrunc(a.y)); }
SHEER_D __nv_bfloat16 hrint(__nv_bfloat16 a) { return __nv_bfloat16(rintf((float)a)); }
SHEER_D __nv_bfloat162 h2rint(__nv_bfloat162 a) { return __nv_bfloat162(hrint(a.x), hrint(a.y)); }
SHEER_D __nv_bfloat16 htanh(__nv_bfloat16 a) { return __nv_bfloat16(tanhf((float)a)); }
SHEER_D __nv_bfloat162 h2tanh(__nv_bfloat162 a) { return __nv_bfloat162(htanh(a.x), htanh(a.y)); }
SHEER_D __nv_bfloat16 hrcp(__nv_bfloat16 a) { return __nv_bfloat16(1.0f / (float)a); }
SHEER_D __nv_bfloat162 h2rcp(__nv_bfloat162 a) { return __nv_bfloat162(hrcp(a.x), hrcp(a.y)); }
SHEER_D __nv_bfloat16 htanh_approx(__nv_bfloat16 a) { return htanh(a); }
SHEER_D __nv_bfloat16 __shfl_sync(unsigned m, __nv_bfloat16 v, int o, int width = warpSize) { __nv_bfloat16_raw r; r.x = (unsigned short)__shfl_sync(m, (unsigned)v.__x, o, width); return __nv_bfloat16(r); }
SHEER_D __nv_bfloat162 __shfl_sync(unsigned m, __nv_bfloat162 v, int o, int width = warpSize) { return __builtin_bit_cast(__nv_bfloat162, __shfl_sync(m, __builtin_bit_cast(unsigned, v), o, width)); }
SHEER_D __nv_bfloat16 __shfl_up_sync(unsigned m, __nv_bfloat16 v, unsigned o, int width = warpSize) { __nv_bfloat16_raw r; r.x = (unsigned short)__shfl_up_sync(m, (unsigned)v.__x, o, width); return __nv_bfloat16(r); }
SHEER_D __nv_bfloat162 __shfl_up_sync(unsigned m, __nv_bfloat162 v, unsigned o, int width = warpSize) { return __builtin_bit_cast(__nv_bfloat162, __shfl_up_sync(m, __builtin_bit_cast(unsigned, v), o, width)); }
SHEER_D __nv_bfloat16 __shfl_down_sync(unsigned m, __nv_bfloat16 v, unsigned o, int width = warpSize) { __nv_bfloat16_raw r; r.x = (unsigned short)__shfl_down_sync(m, (unsigned)v.__x, o, width); return __nv_bfloat16(r); }
SHEER_D __nv_bfloat162 __shfl_down_sync(unsigned m, __nv_bfloat162 v, unsigned o, int width = warpSize) { return __builtin_bit_cast(__nv_bfloat162, __shfl_down_sync(m, __builtin_bit_cast(unsigned, v), o, width)); }
SHEER_D __nv_bfloat16 __shfl_xor_sync(unsigned m, __nv_bfloat16 v, int o, int width = warpSize) { __nv_bfloat16_raw r; r.x = (unsigned short)__shfl_xor_sync(m, (unsigned)v.__x, o, width); return __nv_bfloat16(r); }
SHEER_D __nv_bfloat162 __shfl_xor_sync(unsigned m, __nv_bfloat162 v, int o, int width = warpSize) { return __builtin_bit_cast(__nv_bfloat162, __shfl_xor_sync(m, __builtin_bit_cast(unsigned, v), o, width)); }
SHEER_D __nv_bfloat162 atomicAdd(__nv_bfloat162 *p, __nv_bfloat162 v) {
  unsigned *w = (unsigned *)p, old = *w, seen;
  do {
    seen = old;
    old = atomicCAS(w, seen, __builtin_bit_cast(unsigned, __hadd2(__builtin_bit_cast(__nv_bfloat162, seen), v)));
  } while (old != seen);
  return __builtin_bit_cast(__nv_bfloat162, old);
}
SHEER_D __nv_bfloat16 atomicAdd(__nv_bfloat16 *p, __nv_bfloat16 v) {
  unsigned short *w = (unsigned short *)p, old = *w, seen;
  do {
    seen = old;
    old = atomicCAS(w, seen, __hadd(__builtin_bit_cast(__nv_bfloat16, seen), v).__x);
  } while (old != seen);
  return __builtin_bit_cast(__nv_bfloat16, old);
}
SHEER_D __nv_bfloat16 __ldg(const __nv_bfloat16 *p) { return __builtin_bit_cast(__nv_bfloat16, __ldg((const unsigned short *)p)); }
SHEER_D __nv_bfloat162 __ldg(const __nv_bfloat162 *p) { return __builtin_bit_cast(__nv_bfloat162, __ldg((const unsigned *)p)); }
SHEER_D __nv_bfloat16 __ldcg(const __nv_bfloat16 *p) { return __builtin_bit_cast(__nv_bfloat16, __ldcg((const unsigned short *)p)); }
SHEER_D __nv_bfloat162 __ldcg(const __nv_bfloat162 *p) { return __builtin_bit_cast(__nv_bfloat162, __ldcg((const unsigned *)p)); }
SHEER_D __nv_bfloat16 __ldca(const __nv_bfloat16 *p) { return __builtin_bit_cast(__nv_bfloat16, __ldca((const unsigned short *)p)); }
SHEER_D __nv_bfloat162 __ldca(const __nv_bfloat162 *p) { return __builtin_bit_cast(__nv_bfloat162, __ldca((const unsigned *)p)); }
SHEER_D __nv_bfloat16 __ldcs(const __nv_bfloat16 *p) { return __builtin_bit_cast(__nv_bfloat16, __ldcs((const unsigned short *)p)); }
SHEER_D __nv_bfloat162 __ldcs(const __nv_bfloat162 *p) { return __builtin_bit_cast(__nv_bfloat162, __ldcs((const unsigned *)p)); }
SHEER_D __nv_bfloat16 __ldlu(const __nv_bfloat16 *p) { return __builtin_bit_cast(__nv_bfloat16, __ldlu((const unsigned short *)p)); }
SHEER_D __nv_bfloat162 __ldlu(const __nv_bfloat162 *p) { return __builtin_bit_cast(__nv_bfloat162, __ldlu((const unsigned *)p)); }
SHEER_D __nv_bfloat16 __ldcv(const __nv_bfloat16 *p) { return __builtin_bit_cast(__nv_bfloat16, __ldcv((const unsigned short *)p)); }
SHEER_D __nv_bfloat162 __ldcv(const __nv_bfloat162 *p) { return __builtin_bit_cast(__nv_bfloat162, __ldcv((const unsigned *)p)); }
#endif

#if !defined(__CUDA_NO_BFLOAT16_OPERATORS__)
SHEER_F __nv_bfloat16 operator+(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hadd(a, b); }
SHEER_F __nv_bfloat16 &operator+=(__nv_bfloat16 &a, const __nv_bfloat16 &b) { return a = __hadd(a, b); }
SHEER_F __nv_bfloat162 operator+(const __nv_bfloat162 &a, const __nv_bfloat162 &b) { return __hadd2(a, b); }
SHEER_F __nv_bfloat162 &operator+=(__nv_bfloat162 &a, const __nv_bfloat162 &b) { return a = __hadd2(a, b); }
SHEER_F __nv_bfloat16 operator-(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hsub(a, b); }
SHEER_F __nv_bfloat16 &operator-=(__nv_bfloat16 &a, const __nv_bfloat16 &b) { return a = __hsub(a, b); }
SHEER_F __nv_bfloat162 operator-(const __nv_bfloat162 &a, const __nv_bfloat162 &b) { return __hsub2(a, b); }
SHEER_F __nv_bfloat162 &operator-=(__nv_bfloat162 &a, const __nv_bfloat162 &b) { return a = __hsub2(a, b); }
SHEER_F __nv_bfloat16 operator*(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hmul(a, b); }
SHEER_F __nv_bfloat16 &operator*=(__nv_bfloat16 &a, const __nv_bfloat16 &b) { return a = __hmul(a, b); }
SHEER_F __nv_bfloat162 operator*(const __nv_bfloat162 &a, const __nv_bfloat162 &b) { return __hmul2(a, b); }
SHEER_F __nv_bfloat162 &operator*=(__nv_bfloat162 &a, const __nv_bfloat162 &b) { return a = __hmul2(a, b); }
SHEER_F __nv_bfloat16 operator/(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hdiv(a, b); }
SHEER_F __nv_bfloat16 &operator/=(__nv_bfloat16 &a, const __nv_bfloat16 &b) { return a = __hdiv(a, b); }
SHEER_F __nv_bfloat162 operator/(const __nv_bfloat162 &a, const __nv_bfloat162 &b) { return __h2div(a, b); }
SHEER_F __nv_bfloat162 &operator/=(__nv_bfloat162 &a, const __nv_bfloat162 &b) { return a = __h2div(a, b); }
SHEER_F bool operator==(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __heq(a, b); }
SHEER_F bool operator!=(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hneu(a, b); }
SHEER_F bool operator<(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hlt(a, b); }
SHEER_F bool operator<=(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hle(a, b); }
SHEER_F bool operator>(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hgt(a, b); }
SHEER_F bool operator>=(const __nv_bfloat16 &a, const __nv_bfloat16 &b) { return __hge(a, b); }
SHEER_F __nv_bfloat16 operator-(const __nv_bfloat16 &a) { return __hneg(a); }
SHEER_F __nv_bfloat16 operator+(const __nv_bfloat16 &a) { return a; }
SHEER_F __nv_bfloat162 operator-(const __nv_bfloat162 &a) { return __hneg2(a); }
SHEER_F __nv_bfloat16 &operator++(__nv_bfloat16 &a) { return a = __hadd(a, __nv_bfloat16(1.0f)); }
SHEER_F __nv_bfloat16 &operator--(__nv_bfloat16 &a) { return a = __hsub(a, __nv_bfloat16(1.0f)); }
#endif

#undef SHEER_F
#undef SHEER_M
#undef SHEER_D
#endif
#endif
