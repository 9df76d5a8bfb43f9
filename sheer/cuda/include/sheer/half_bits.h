/* What cuda_fp16.h and cuda_bf16.h share: rounding of float to 16 bits in every mode, and ways from wider numbers to float that do
   not spoil a later rounding. Integer code, for host and device, so that it needs nothing from the host's compiler. */
#ifndef SHEER_HALF_BITS_H
#define SHEER_HALF_BITS_H

#include "../crt/host_defines.h"
#include "../vector_types.h"

#define SHEER_HALF static __host__ __device__ __inline__ __attribute__((always_inline, unused))
#define SHEER_HALF_DEVICE static __device__ __inline__ __attribute__((always_inline, unused))

namespace __sheer_half {

enum Rounding { rn, rz, rd, ru };

SHEER_HALF unsigned int bits_of(float x) { unsigned int u; __builtin_memcpy(&u, &x, 4); return u; }
SHEER_HALF unsigned long long bits_of(double x) { unsigned long long u; __builtin_memcpy(&u, &x, 8); return u; }
SHEER_HALF float float_of(unsigned int u) { float x; __builtin_memcpy(&x, &u, 4); return x; }

/* Does a magnitude whose cut-off part is `rest` (`half` is the middle) go one up? */
SHEER_HALF bool goes_up(unsigned int kept, unsigned int rest, unsigned int half, bool negative, Rounding mode) {
  if (mode == rn) return rest > half || (rest == half && (kept & 1u));
  return rest != 0 && ((mode == ru && !negative) || (mode == rd && negative));
}

/* Round to odd: cut off and remember in the last bit that something was lost. Rounding the result once more to far fewer bits
   then gives what rounding the original would have given. */
SHEER_HALF float odd_float(double x) {
  float f = (float)x;
  if ((double)f == x || x != x) return f;
  unsigned int u = bits_of(f);
  if ((f < 0 ? -(double)f : (double)f) > (x < 0 ? -x : x)) --u;
  return float_of(u | 1u);
}
SHEER_HALF float odd_float(unsigned long long x) {
  int shift = x >> 24 ? 40 - __builtin_clzll(x) : 0;
  unsigned long long lost = x & ((1ull << shift) - 1);
  float f = (float)(unsigned int)((x >> shift) | (lost != 0));
  return shift ? float_of(bits_of(f) + ((unsigned int)shift << 23)) : f;
}
SHEER_HALF float odd_float(long long x) {
  return x < 0 ? -odd_float(0ull - (unsigned long long)x) : odd_float((unsigned long long)x);
}
SHEER_HALF float odd_float(int x) { return odd_float((double)x); }
SHEER_HALF float odd_float(unsigned int x) { return odd_float((double)x); }
SHEER_HALF float odd_float(short x) { return x; }
SHEER_HALF float odd_float(unsigned short x) { return x; }
/* a * b + c of 16-bit values. The product is exact in double; the sum is rounded to odd with the help of its error. */
SHEER_HALF float odd_fma(float a, float b, float c) {
  double p = (double)a * b, s = p + c;
  if (!(s - s == 0)) return (float)s;
  double t = s - p, error = (p - (s - t)) + (c - t);
  if (error != 0) {
    unsigned long long u = bits_of(s);
    if (s != 0 && (error < 0) == (s > 0) && !(u & 1)) --u;
    u |= 1;
    __builtin_memcpy(&s, &u, 8);
  }
  return odd_float(s);
}

/* To the nearest: selections in place of branches, so that loops in host code become vector code. */
SHEER_HALF unsigned short nearest_half(float x) {
  unsigned int u = bits_of(x), a = u & 0x7fffffffu, sign = (u >> 16) & 0x8000u;
  unsigned int kept = (a - 0x38000000u + 0xfffu + ((a >> 13) & 1u)) >> 13;
  unsigned int small = bits_of(float_of(a) + 0.5f) - 0x3f000000u; /* below 2^-14: the sum's last bit is worth 2^-24 */
  kept = a < 0x38800000u ? small : kept;
  kept = sign | (a >= 0x47800000u ? 0x7c00u : kept);
  return (unsigned short)(a > 0x7f800000u ? 0x7fffu : kept);
}
SHEER_HALF unsigned short round_half(float x, Rounding mode) {
  if (mode == rn) return nearest_half(x);
  unsigned int u = bits_of(x), a = u & 0x7fffffffu, sign = (u >> 16) & 0x8000u;
  if (a > 0x7f800000u) return 0x7fff;
  if (a >= 0x47800000u) {  /* 65536 and more */
    bool infinite = a == 0x7f800000u || mode == rn || mode == (sign ? rd : ru);
    return (unsigned short)(sign | (infinite ? 0x7c00u : 0x7bffu));
  }
  unsigned int value, cut;
  if (a < 0x38800000u) {  /* below 2^-14: a multiple of 2^-24 */
    unsigned int e = a >> 23;
    value = e ? (a & 0x7fffffu) | 0x800000u : a;
    cut = 126u - (e ? e : 1u);
    if (cut > 25u) value = value != 0, cut = 25u;
  } else {
    value = a - 0x38000000u, cut = 13;
  }
  unsigned int kept = value >> cut, rest = value & ((1u << cut) - 1);
  return (unsigned short)(sign | (kept + goes_up(kept, rest, 1u << (cut - 1), sign != 0, mode)));
}
SHEER_HALF float widen_half(unsigned short h) {
  unsigned int sign = (h & 0x8000u) << 16, a = h & 0x7fffu;
  unsigned int usual = (a << 13) + 0x38000000u;
  unsigned int small = bits_of((float)(int)a * 5.9604644775390625e-8f);  /* 2^-24; C++11 has no hexadecimal ones */
  unsigned int finite = sign | (a < 0x400u ? small : usual), special = a > 0x7c00u ? 0x7fffffffu : sign | 0x7f800000u;
  return float_of(a >= 0x7c00u ? special : finite);
}

SHEER_HALF unsigned short round_bf16(float x, Rounding mode) {
  unsigned int u = bits_of(x), kept = u >> 16;
  unsigned int nearest = (u + 0x7fffu + (kept & 1u)) >> 16;
  if (mode != rn) nearest = kept + goes_up(kept, u & 0xffffu, 0x8000u, (u >> 31) != 0, mode);
  return (unsigned short)((u & 0x7fffffffu) > 0x7f800000u ? 0x7fffu : nearest);
}
SHEER_HALF float widen_bf16(unsigned short h) { return float_of((unsigned int)h << 16); }

/* To integers: rounded by mode, held to the range, NaN to zero. */
SHEER_HALF float whole(float x, Rounding mode) {
  return mode == rn ? __builtin_rintf(x) : mode == rz ? __builtin_truncf(x) : mode == rd ? __builtin_floorf(x) : __builtin_ceilf(x);
}
template <class T> SHEER_HALF T to_integer(float x, Rounding mode) {
  const bool is_signed = (T)-1 < (T)0;
  const int bits = (int)sizeof(T) * 8;
  const T most = (T)(is_signed ? ~0ull >> (65 - bits) : ~0ull >> (64 - bits)), least = is_signed ? (T)(-most - 1) : (T)0;
  const float limit = (is_signed ? 0.5f : 1.0f) * (float)(1ull << (bits / 2)) * (float)(1ull << (bits / 2));
  if (x != x) return bits == 64 ? (T)(1ull << 63) : (T)0;
  x = whole(x, mode);
  if (x >= limit) return most;
  return x < (is_signed ? -limit : 0.0f) ? least : (T)x;
}

#if defined(__CUDA_ARCH__)
/* Good to 22 bits: more than enough for a result of 8 or 11. */
SHEER_HALF_DEVICE float fast_exp2(float x) {
  float r;
  asm("ex2.approx.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
#endif

}  // namespace __sheer_half

#endif
