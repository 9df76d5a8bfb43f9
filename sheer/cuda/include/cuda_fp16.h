/* Half precision for host and device: types, conversions, arithmetic, comparison, functions. Values are computed in the
   type's own arithmetic (rounded once); functions in float, rounded once. */
#ifndef SHEER_CUDA_FP16_H
#define SHEER_CUDA_FP16_H

#include "cuda_runtime.h"

#if defined(__cplusplus)

#define SHEER_F static __host__ __device__ __inline__ __attribute__((unused))
#define SHEER_M __host__ __device__ __inline__
#define SHEER_D static __device__ __inline__ __attribute__((unused))

typedef struct { unsigned short x; } __half_raw;
typedef struct { unsigned short x, y; } __half2_raw;

struct __attribute__((aligned(2))) __half {
  unsigned short __x;
  __half() = default;
  SHEER_M constexpr __half(const __half_raw &r) : __x(r.x) {}
  SHEER_M operator __half_raw() const { __half_raw r; r.x = __x; return r; }
  SHEER_M __half(_Float16 v) : __x(__builtin_bit_cast(unsigned short, v)) {}
  SHEER_M _Float16 value() const { return __builtin_bit_cast(_Float16, __x); }
  SHEER_M __half(float v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(float v) { return *this = __half(v); }
  SHEER_M __half(double v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(double v) { return *this = __half(v); }
  SHEER_M __half(int v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(int v) { return *this = __half(v); }
  SHEER_M __half(unsigned v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(unsigned v) { return *this = __half(v); }
  SHEER_M __half(short v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(short v) { return *this = __half(v); }
  SHEER_M __half(unsigned short v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(unsigned short v) { return *this = __half(v); }
  SHEER_M __half(long v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(long v) { return *this = __half(v); }
  SHEER_M __half(unsigned long v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(unsigned long v) { return *this = __half(v); }
  SHEER_M __half(long long v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(long long v) { return *this = __half(v); }
  SHEER_M __half(unsigned long long v) : __x(__builtin_bit_cast(unsigned short, (_Float16)v)) {}
  SHEER_M __half &operator=(unsigned long long v) { return *this = __half(v); }
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
typedef __half half;
struct __attribute__((aligned(4))) __half2 {
  __half x, y;
  __half2() = default;
  SHEER_M __half2(const __half &a, const __half &b) : x(a), y(b) {}
};
typedef __half2 half2;

SHEER_F __half2 make_half2(__half a, __half b) { return __half2(a, b); }
SHEER_F __half __float2half(float v) { return __half(v); }
SHEER_F __half __float2half_rn(float v) { return __half(v); }
SHEER_F __half __double2half(double v) { return __half(v); }
SHEER_F float __half2float(__half v) { return (float)v; }
SHEER_F __half __sheer_next(__half v, int away) { v.__x = (unsigned short)(v.__x + away); return v; }
SHEER_F __half __float2half_rz(float v) { __half h(v); return __builtin_fabsf((float)h) > __builtin_fabsf(v) ? __sheer_next(h, -1) : h; }
SHEER_F __half __float2half_ru(float v) { __half h(v); return (float)h < v ? ((float)h < 0 ? __sheer_next(h, -1) : __sheer_next(h, 1)) : h; }
SHEER_F __half __float2half_rd(float v) { __half h(v); return (float)h > v ? ((float)h > 0 ? __sheer_next(h, -1) : __sheer_next(h, 1)) : h; }
SHEER_F __half2 __half2half2(__half a) { return __half2(a, a); }
SHEER_F __half2 __halves2half2(__half a, __half b) { return __half2(a, b); }
SHEER_F __half2 __float2half2_rn(float a) { return __half2(__half(a), __half(a)); }
SHEER_F __half2 __floats2half2_rn(float a, float b) { return __half2(__half(a), __half(b)); }
SHEER_F __half2 __float22half2_rn(float2 v) { return __half2(__half(v.x), __half(v.y)); }
SHEER_F float2 __half22float2(__half2 v) { return make_float2((float)v.x, (float)v.y); }
SHEER_F float __low2float(__half2 v) { return (float)v.x; }
SHEER_F float __high2float(__half2 v) { return (float)v.y; }
SHEER_F __half __low2half(__half2 v) { return v.x; }
SHEER_F __half __high2half(__half2 v) { return v.y; }
SHEER_F __half2 __low2half2(__half2 v) { return __half2(v.x, v.x); }
SHEER_F __half2 __high2half2(__half2 v) { return __half2(v.y, v.y); }
SHEER_F __half2 __lowhigh2highlow(__half2 v) { return __half2(v.y, v.x); }
SHEER_F __half2 __lows2half2(__half2 a, __half2 b) { return __half2(a.x, b.x); }
SHEER_F __half2 __highs2half2(__half2 a, __half2 b) { return __half2(a.y, b.y); }
SHEER_F short __half_as_short(__half v) { return (short)v.__x; }
SHEER_F __half __short_as_half(short v) { __half_raw r; r.x = (unsigned short)v; return __half(r); }
SHEER_F unsigned short __half_as_ushort(__half v) { return (unsigned short)v.__x; }
SHEER_F __half __ushort_as_half(unsigned short v) { __half_raw r; r.x = (unsigned short)v; return __half(r); }
SHEER_F int __half2int_rn(__half v) { return (int)__builtin_rintf((float)v); }
SHEER_F __half __int2half_rn(int v) { return __half(v); }
SHEER_F int __half2int_rz(__half v) { return (int)__builtin_truncf((float)v); }
SHEER_F __half __int2half_rz(int v) { return __float2half_rz((float)v); }
SHEER_F int __half2int_rd(__half v) { return (int)__builtin_floorf((float)v); }
SHEER_F __half __int2half_rd(int v) { return __float2half_rd((float)v); }
SHEER_F int __half2int_ru(__half v) { return (int)__builtin_ceilf((float)v); }
SHEER_F __half __int2half_ru(int v) { return __float2half_ru((float)v); }
SHEER_F unsigned __half2uint_rn(__half v) { return (unsigned)__builtin_rintf((float)v); }
SHEER_F __half __uint2half_rn(unsigned v) { return __half(v); }
SHEER_F unsigned __half2uint_rz(__half v) { return (unsigned)__builtin_truncf((float)v); }
SHEER_F __half __uint2half_rz(unsigned v) { return __float2half_rz((float)v); }
SHEER_F unsigned __half2uint_rd(__half v) { return (unsigned)__builtin_floorf((float)v); }
SHEER_F __half __uint2half_rd(unsigned v) { return __float2half_rd((float)v); }
SHEER_F unsigned __half2uint_ru(__half v) { return (unsigned)__builtin_ceilf((float)v); }
SHEER_F __half __uint2half_ru(unsigned v) { return __float2half_ru((float)v); }
SHEER_F short __half2short_rn(__half v) { return (short)__builtin_rintf((float)v); }
SHEER_F __half __short2half_rn(short v) { return __half(v); }
SHEER_F short __half2short_rz(__half v) { return (short)__builtin_truncf((float)v); }
SHEER_F __half __short2half_rz(short v) { return __float2half_rz((float)v); }
SHEER_F short __half2short_rd(__half v) { return (short)__builtin_floorf((float)v); }
SHEER_F __half __short2half_rd(short v) { return __float2half_rd((float)v); }
SHEER_F short __half2short_ru(__half v) { return (short)__builtin_ceilf((float)v); }
SHEER_F __half __short2half_ru(short v) { return __float2half_ru((float)v); }
SHEER_F unsigned short __half2ushort_rn(__half v) { return (unsigned short)__builtin_rintf((float)v); }
SHEER_F __half __ushort2half_rn(unsigned short v) { return __half(v); }
SHEER_F unsigned short __half2ushort_rz(__half v) { return (unsigned short)__builtin_truncf((float)v); }
SHEER_F __half __ushort2half_rz(unsigned short v) { return __float2half_rz((float)v); }
SHEER_F unsigned short __half2ushort_rd(__half v) { return (unsigned short)__builtin_floorf((float)v); }
SHEER_F __half __ushort2half_rd(unsigned short v) { return __float2half_rd((float)v); }
SHEER_F unsigned short __half2ushort_ru(__half v) { return (unsigned short)__builtin_ceilf((float)v); }
SHEER_F __half __ushort2half_ru(unsigned short v) { return __float2half_ru((float)v); }
SHEER_F long long __half2ll_rn(__half v) { return (long long)__builtin_rintf((float)v); }
SHEER_F __half __ll2half_rn(long long v) { return __half(v); }
SHEER_F long long __half2ll_rz(__half v) { return (long long)__builtin_truncf((float)v); }
SHEER_F __half __ll2half_rz(long long v) { return __float2half_rz((float)v); }
SHEER_F long long __half2ll_rd(__half v) { return (long long)__builtin_floorf((float)v); }
SHEER_F __half __ll2half_rd(long long v) { return __float2half_rd((float)v); }
SHEER_F long long __half2ll_ru(__half v) { return (long long)__builtin_ceilf((float)v); }
SHEER_F __half __ll2half_ru(long long v) { return __float2half_ru((float)v); }
SHEER_F unsigned long long __half2ull_rn(__half v) { return (unsigned long long)__builtin_rintf((float)v); }
SHEER_F __half __ull2half_rn(unsigned long long v) { return __half(v); }
SHEER_F unsigned long long __half2ull_rz(__half v) { return (unsigned long long)__builtin_truncf((float)v); }
SHEER_F __half __ull2half_rz(unsigned long long v) { return __float2half_rz((float)v); }
SHEER_F unsigned long long __half2ull_rd(__half v) { return (unsigned long long)__builtin_floorf((float)v); }
SHEER_F __half __ull2half_rd(unsigned long long v) { return __float2half_rd((float)v); }
SHEER_F unsigned long long __half2ull_ru(__half v) { return (unsigned long long)__builtin_ceilf((float)v); }
SHEER_F __half __ull2half_ru(unsigned long long v) { return __float2half_ru((float)v); }
SHEER_F __half __hadd(__half a, __half b) { return __half((_Float16)(a.value() + b.value())); }
SHEER_F __half __hadd_rn(__half a, __half b) { return __half((_Float16)(a.value() + b.value())); }
SHEER_F __half2 __hadd2(__half2 a, __half2 b) { return __half2(__hadd(a.x, b.x), __hadd(a.y, b.y)); }
SHEER_F __half2 __hadd2_rn(__half2 a, __half2 b) { return __hadd2(a, b); }
SHEER_F __half __hadd_sat(__half a, __half b) { return __half(__builtin_fminf(__builtin_fmaxf((float)__hadd(a, b), 0.0f), 1.0f)); }
SHEER_F __half2 __hadd2_sat(__half2 a, __half2 b) { return __half2(__hadd_sat(a.x, b.x), __hadd_sat(a.y, b.y)); }
SHEER_F __half __hsub(__half a, __half b) { return __half((_Float16)(a.value() - b.value())); }
SHEER_F __half __hsub_rn(__half a, __half b) { return __half((_Float16)(a.value() - b.value())); }
SHEER_F __half2 __hsub2(__half2 a, __half2 b) { return __half2(__hsub(a.x, b.x), __hsub(a.y, b.y)); }
SHEER_F __half2 __hsub2_rn(__half2 a, __half2 b) { return __hsub2(a, b); }
SHEER_F __half __hsub_sat(__half a, __half b) { return __half(__builtin_fminf(__builtin_fmaxf((float)__hsub(a, b), 0.0f), 1.0f)); }
SHEER_F __half2 __hsub2_sat(__half2 a, __half2 b) { return __half2(__hsub_sat(a.x, b.x), __hsub_sat(a.y, b.y)); }
SHEER_F __half __hmul(__half a, __half b) { return __half((_Float16)(a.value() * b.value())); }
SHEER_F __half __hmul_rn(__half a, __half b) { return __half((_Float16)(a.value() * b.value())); }
SHEER_F __half2 __hmul2(__half2 a, __half2 b) { return __half2(__hmul(a.x, b.x), __hmul(a.y, b.y)); }
SHEER_F __half2 __hmul2_rn(__half2 a, __half2 b) { return __hmul2(a, b); }
SHEER_F __half __hmul_sat(__half a, __half b) { return __half(__builtin_fminf(__builtin_fmaxf((float)__hmul(a, b), 0.0f), 1.0f)); }
SHEER_F __half2 __hmul2_sat(__half2 a, __half2 b) { return __half2(__hmul_sat(a.x, b.x), __hmul_sat(a.y, b.y)); }
SHEER_F __half __hdiv(__half a, __half b) { return __half((_Float16)(a.value() / b.value())); }
SHEER_F __half __hdiv_rn(__half a, __half b) { return __half((_Float16)(a.value() / b.value())); }
SHEER_F __half2 __h2div(__half2 a, __half2 b) { return __half2(__hdiv(a.x, b.x), __hdiv(a.y, b.y)); }
SHEER_F __half __hfma(__half a, __half b, __half c) { return __half((_Float16)__builtin_fma((double)(float)a, (double)(float)b, (double)(float)c)); }
SHEER_F __half2 __hfma2(__half2 a, __half2 b, __half2 c) { return __half2(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)); }
SHEER_F __half __hfma_relu(__half a, __half b, __half c) { return __half(__builtin_fmaxf((float)__hfma(a, b, c), 0.0f)); }
SHEER_F __half __hfma_sat(__half a, __half b, __half c) { return __half(__builtin_fminf(__builtin_fmaxf((float)__hfma(a, b, c), 0.0f), 1.0f)); }
SHEER_F __half __hneg(__half a) { __half_raw r; r.x = a.__x ^ 0x8000; return __half(r); }
SHEER_F __half __habs(__half a) { __half_raw r; r.x = a.__x & 0x7fff; return __half(r); }
SHEER_F __half2 __hneg2(__half2 a) { return __half2(__hneg(a.x), __hneg(a.y)); }
SHEER_F __half2 __habs2(__half2 a) { return __half2(__habs(a.x), __habs(a.y)); }
SHEER_F bool __heq(__half a, __half b) { return ((float)a == (float)b); }
SHEER_F bool __hequ(__half a, __half b) { return (float)a != (float)a || (float)b != (float)b || (float)a == (float)b; }
SHEER_F bool __hbeq2(__half2 a, __half2 b) { return __heq(a.x, b.x) && __heq(a.y, b.y); }
SHEER_F __half2 __heq2(__half2 a, __half2 b) { return __half2(__half(__heq(a.x, b.x) ? 1.0f : 0.0f), __half(__heq(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hne(__half a, __half b) { return ((float)a < (float)b || (float)a > (float)b); }
SHEER_F bool __hneu(__half a, __half b) { return (float)a != (float)a || (float)b != (float)b || (float)a != (float)b; }
SHEER_F bool __hbne2(__half2 a, __half2 b) { return __hne(a.x, b.x) && __hne(a.y, b.y); }
SHEER_F __half2 __hne2(__half2 a, __half2 b) { return __half2(__half(__hne(a.x, b.x) ? 1.0f : 0.0f), __half(__hne(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hlt(__half a, __half b) { return ((float)a < (float)b); }
SHEER_F bool __hltu(__half a, __half b) { return (float)a != (float)a || (float)b != (float)b || (float)a < (float)b; }
SHEER_F bool __hblt2(__half2 a, __half2 b) { return __hlt(a.x, b.x) && __hlt(a.y, b.y); }
SHEER_F __half2 __hlt2(__half2 a, __half2 b) { return __half2(__half(__hlt(a.x, b.x) ? 1.0f : 0.0f), __half(__hlt(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hle(__half a, __half b) { return ((float)a <= (float)b); }
SHEER_F bool __hleu(__half a, __half b) { return (float)a != (float)a || (float)b != (float)b || (float)a <= (float)b; }
SHEER_F bool __hble2(__half2 a, __half2 b) { return __hle(a.x, b.x) && __hle(a.y, b.y); }
SHEER_F __half2 __hle2(__half2 a, __half2 b) { return __half2(__half(__hle(a.x, b.x) ? 1.0f : 0.0f), __half(__hle(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hgt(__half a, __half b) { return ((float)a > (float)b); }
SHEER_F bool __hgtu(__half a, __half b) { return (float)a != (float)a || (float)b != (float)b || (float)a > (float)b; }
SHEER_F bool __hbgt2(__half2 a, __half2 b) { return __hgt(a.x, b.x) && __hgt(a.y, b.y); }
SHEER_F __half2 __hgt2(__half2 a, __half2 b) { return __half2(__half(__hgt(a.x, b.x) ? 1.0f : 0.0f), __half(__hgt(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F bool __hge(__half a, __half b) { return ((float)a >= (float)b); }
SHEER_F bool __hgeu(__half a, __half b) { return (float)a != (float)a || (float)b != (float)b || (float)a >= (float)b; }
SHEER_F bool __hbge2(__half2 a, __half2 b) { return __hge(a.x, b.x) && __hge(a.y, b.y); }
SHEER_F __half2 __hge2(__half2 a, __half2 b) { return __half2(__half(__hge(a.x, b.x) ? 1.0f : 0.0f), __half(__hge(a.y, b.y) ? 1.0f : 0.0f)); }
SHEER_F __half __hmax(__half a, __half b) { return __half(__builtin_fmaxf((float)a, (float)b)); }
SHEER_F __half2 __hmax2(__half2 a, __half2 b) { return __half2(__hmax(a.x, b.x), __hmax(a.y, b.y)); }
SHEER_F __half __hmax_nan(__half a, __half b) { return (float)a != (float)a ? a : (float)b != (float)b ? b : __hmax(a, b); }
SHEER_F __half __hmin(__half a, __half b) { return __half(__builtin_fminf((float)a, (float)b)); }
SHEER_F __half2 __hmin2(__half2 a, __half2 b) { return __half2(__hmin(a.x, b.x), __hmin(a.y, b.y)); }
SHEER_F __half __hmin_nan(__half a, __half b) { return (float)a != (float)a ? a : (float)b != (float)b ? b : __hmin(a, b); }
SHEER_F bool __hisnan(__half a) { return (float)a != (float)a; }
SHEER_F int __hisinf(__half a) { return __builtin_fabsf((float)a) == __builtin_inff() ? ((float)a < 0 ? -1 : 1) : 0; }
SHEER_F __half2 __hisnan2(__half2 a) { return __half2(__half(__hisnan(a.x) ? 1.0f : 0.0f), __half(__hisnan(a.y) ? 1.0f : 0.0f)); }

/* Functions: device only, as in CUDA. */
#if defined(__CUDA__)
SHEER_D __half hsin(__half a) { return __half(sinf((float)a)); }
SHEER_D __half2 h2sin(__half2 a) { return __half2(hsin(a.x), hsin(a.y)); }
SHEER_D __half hcos(__half a) { return __half(cosf((float)a)); }
SHEER_D __half2 h2cos(__half2 a) { return __half2(hcos(a.x), hcos(a.y)); }
SHEER_D __half hexp(__half a) { return __half(expf((float)a)); }
SHEER_D __half2 h2exp(__half2 a) { return __half2(hexp(a.x), hexp(a.y)); }
SHEER_D __half hexp2(__half a) { return __half(exp2f((float)a)); }
SHEER_D __half2 h2exp2(__half2 a) { return __half2(hexp2(a.x), hexp2(a.y)); }
SHEER_D __half hexp10(__half a) { return __half(exp10f((float)a)); }
SHEER_D __half2 h2exp10(__half2 a) { return __half2(hexp10(a.x), hexp10(a.y)); }
SHEER_D __half hlog(__half a) { return __half(logf((float)a)); }
SHEER_D __half2 h2log(__half2 a) { return __half2(hlog(a.x), hlog(a.y)); }
SHEER_D __half hlog2(__half a) { return __half(log2f((float)a)); }
SHEER_D __half2 h2log2(__half2 a) { return __half2(hlog2(a.x), hlog2(a.y)); }
SHEER_D __half hlog10(__half a) { return __half(log10f((float)a)); }
SHEER_D __half2 h2log10(__half2 a) { return __half2(hlog10(a.x), hlog10(a.y)); }
SHEER_D __half hsqrt(__half a) { return __half(sqrtf((float)a)); }
SHEER_D __half2 h2sqrt(__half2 a) { return __half2(hsqrt(a.x), hsqrt(a.y)); }
SHEER_D __half hrsqrt(__half a) { return __half(rsqrtf((float)a)); }
SHEER_D __half2 h2rsqrt(__half2 a) { return __half2(hrsqrt(a.x), hrsqrt(a.y)); }
SHEER_D __half hfloor(__half a) { return __half(floorf((float)a)); }
SHEER_D __half2 h2floor(__half2 a) { return __half2(hfloor(a.x), hfloor(a.y)); }
SHEER_D __half hceil(__half a) { return __half(ceilf((float)a)); }
SHEER_D __half2 h2ceil(__half2 a) { return __half2(hceil(a.x), hceil(a.y)); }
SHEER_D __half htrunc(__half a) { return __half(truncf((float)a)); }
SHEER_D __half2 h2trunc(__half2 a) { return __half2(htrunc(a.x), htrunc(a.y)); }
SHEER_D __half hrint(__half a) { return __half(rintf((float)a)); }
SHEER_D __half2 h2rint(__half2 a) { return __half2(hrint(a.x), hrint(a.y)); }
SHEER_D __half htanh(__half a) { return __half(tanhf((float)a)); }
SHEER_D __half2 h2tanh(__half2 a) { return __half2(htanh(a.x), htanh(a.y)); }
SHEER_D __half hrcp(__half a) { return __half(1.0f / (float)a); }
SHEER_D __half2 h2rcp(__half2 a) { return __half2(hrcp(a.x), hrcp(a.y)); }
SHEER_D __half htanh_approx(__half a) { return htanh(a); }
SHEER_D __half __shfl_sync(unsigned m, __half v, int o, int width = warpSize) { __half_raw r; r.x = (unsigned short)__shfl_sync(m, (unsigned)v.__x, o, width); return __half(r); }
SHEER_D __half2 __shfl_sync(unsigned m, __half2 v, int o, int width = warpSize) { return __builtin_bit_cast(__half2, __shfl_sync(m, __builtin_bit_cast(unsigned, v), o, width)); }
SHEER_D __half __shfl_up_sync(unsigned m, __half v, unsigned o, int width = warpSize) { __half_raw r; r.x = (unsigned short)__shfl_up_sync(m, (unsigned)v.__x, o, width); return __half(r); }
SHEER_D __half2 __shfl_up_sync(unsigned m, __half2 v, unsigned o, int width = warpSize) { return __builtin_bit_cast(__half2, __shfl_up_sync(m, __builtin_bit_cast(unsigned, v), o, width)); }
SHEER_D __half __shfl_down_sync(unsigned m, __half v, unsigned o, int width = warpSize) { __half_raw r; r.x = (unsigned short)__shfl_down_sync(m, (unsigned)v.__x, o, width); return __half(r); }
SHEER_D __half2 __shfl_down_sync(unsigned m, __half2 v, unsigned o, int width = warpSize) { return __builtin_bit_cast(__half2, __shfl_down_sync(m, __builtin_bit_cast(unsigned, v), o, width)); }
SHEER_D __half __shfl_xor_sync(unsigned m, __half v, int o, int width = warpSize) { __half_raw r; r.x = (unsigned short)__shfl_xor_sync(m, (unsigned)v.__x, o, width); return __half(r); }
SHEER_D __half2 __shfl_xor_sync(unsigned m, __half2 v, int o, int width = warpSize) { return __builtin_bit_cast(__half2, __shfl_xor_sync(m, __builtin_bit_cast(unsigned, v), o, width)); }
SHEER_D __half2 atomicAdd(__half2 *p, __half2 v) {
  unsigned *w = (unsigned *)p, old = *w, seen;
  do {
    seen = old;
    old = atomicCAS(w, seen, __builtin_bit_cast(unsigned, __hadd2(__builtin_bit_cast(__half2, seen), v)));
  } while (old != seen);
  return __builtin_bit_cast(__half2, old);
}
SHEER_D __half atomicAdd(__half *p, __half v) {
  unsigned short *w = (unsigned short *)p, old = *w, seen;
  do {
    seen = old;
    old = atomicCAS(w, seen, __hadd(__builtin_bit_cast(__half, seen), v).__x);
  } while (old != seen);
  return __builtin_bit_cast(__half, old);
}
SHEER_D __half __ldg(const __half *p) { return __builtin_bit_cast(__half, __ldg((const unsigned short *)p)); }
SHEER_D __half2 __ldg(const __half2 *p) { return __builtin_bit_cast(__half2, __ldg((const unsigned *)p)); }
SHEER_D __half __ldcg(const __half *p) { return __builtin_bit_cast(__half, __ldcg((const unsigned short *)p)); }
SHEER_D __half2 __ldcg(const __half2 *p) { return __builtin_bit_cast(__half2, __ldcg((const unsigned *)p)); }
SHEER_D __half __ldca(const __half *p) { return __builtin_bit_cast(__half, __ldca((const unsigned short *)p)); }
SHEER_D __half2 __ldca(const __half2 *p) { return __builtin_bit_cast(__half2, __ldca((const unsigned *)p)); }
SHEER_D __half __ldcs(const __half *p) { return __builtin_bit_cast(__half, __ldcs((const unsigned short *)p)); }
SHEER_D __half2 __ldcs(const __half2 *p) { return __builtin_bit_cast(__half2, __ldcs((const unsigned *)p)); }
SHEER_D __half __ldlu(const __half *p) { return __builtin_bit_cast(__half, __ldlu((const unsigned short *)p)); }
SHEER_D __half2 __ldlu(const __half2 *p) { return __builtin_bit_cast(__half2, __ldlu((const unsigned *)p)); }
SHEER_D __half __ldcv(const __half *p) { return __builtin_bit_cast(__half, __ldcv((const unsigned short *)p)); }
SHEER_D __half2 __ldcv(const __half2 *p) { return __builtin_bit_cast(__half2, __ldcv((const unsigned *)p)); }
#endif

#if !defined(__CUDA_NO_HALF_OPERATORS__)
SHEER_F __half operator+(const __half &a, const __half &b) { return __hadd(a, b); }
SHEER_F __half &operator+=(__half &a, const __half &b) { return a = __hadd(a, b); }
SHEER_F __half2 operator+(const __half2 &a, const __half2 &b) { return __hadd2(a, b); }
SHEER_F __half2 &operator+=(__half2 &a, const __half2 &b) { return a = __hadd2(a, b); }
SHEER_F __half operator-(const __half &a, const __half &b) { return __hsub(a, b); }
SHEER_F __half &operator-=(__half &a, const __half &b) { return a = __hsub(a, b); }
SHEER_F __half2 operator-(const __half2 &a, const __half2 &b) { return __hsub2(a, b); }
SHEER_F __half2 &operator-=(__half2 &a, const __half2 &b) { return a = __hsub2(a, b); }
SHEER_F __half operator*(const __half &a, const __half &b) { return __hmul(a, b); }
SHEER_F __half &operator*=(__half &a, const __half &b) { return a = __hmul(a, b); }
SHEER_F __half2 operator*(const __half2 &a, const __half2 &b) { return __hmul2(a, b); }
SHEER_F __half2 &operator*=(__half2 &a, const __half2 &b) { return a = __hmul2(a, b); }
SHEER_F __half operator/(const __half &a, const __half &b) { return __hdiv(a, b); }
SHEER_F __half &operator/=(__half &a, const __half &b) { return a = __hdiv(a, b); }
SHEER_F __half2 operator/(const __half2 &a, const __half2 &b) { return __h2div(a, b); }
SHEER_F __half2 &operator/=(__half2 &a, const __half2 &b) { return a = __h2div(a, b); }
SHEER_F bool operator==(const __half &a, const __half &b) { return __heq(a, b); }
SHEER_F bool operator!=(const __half &a, const __half &b) { return __hneu(a, b); }
SHEER_F bool operator<(const __half &a, const __half &b) { return __hlt(a, b); }
SHEER_F bool operator<=(const __half &a, const __half &b) { return __hle(a, b); }
SHEER_F bool operator>(const __half &a, const __half &b) { return __hgt(a, b); }
SHEER_F bool operator>=(const __half &a, const __half &b) { return __hge(a, b); }
SHEER_F __half operator-(const __half &a) { return __hneg(a); }
SHEER_F __half operator+(const __half &a) { return a; }
SHEER_F __half2 operator-(const __half2 &a) { return __hneg2(a); }
SHEER_F __half &operator++(__half &a) { return a = __hadd(a, __half(1.0f)); }
SHEER_F __half &operator--(__half &a) { return a = __hsub(a, __half(1.0f)); }
#endif

#undef SHEER_F
#undef SHEER_M
#undef SHEER_D
#endif
#endif
