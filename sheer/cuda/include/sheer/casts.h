/* Conversions with a named rounding mode, and reinterpretations of bits. Float to integer saturates and takes NaN to 0
   (32-bit) as the hardware's instruction does. */
#ifndef SHEER_CASTS_H
#define SHEER_CASTS_H

#include "device_macros.h"

SHEER_DEVICE int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
SHEER_DEVICE unsigned int __float_as_uint(float x) { return __builtin_bit_cast(unsigned int, x); }
SHEER_DEVICE float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
SHEER_DEVICE float __uint_as_float(unsigned int x) { return __builtin_bit_cast(float, x); }
SHEER_DEVICE long long __double_as_longlong(double x) { return __builtin_bit_cast(long long, x); }
SHEER_DEVICE double __longlong_as_double(long long x) { return __builtin_bit_cast(double, x); }
SHEER_DEVICE int __double2hiint(double x) {
  return static_cast<int>(static_cast<unsigned long long>(__builtin_bit_cast(long long, x)) >> 32);
}
SHEER_DEVICE int __double2loint(double x) { return static_cast<int>(__builtin_bit_cast(long long, x)); }
SHEER_DEVICE double __hiloint2double(int high, int low) {
  return __builtin_bit_cast(double, (static_cast<unsigned long long>(static_cast<unsigned int>(high)) << 32) |
                                        static_cast<unsigned int>(low));
}

#define SHEER_CONVERT(name, to, to_constraint, from, from_constraint, ptx) \
  SHEER_DEVICE to name(from x) { \
    to result; \
    asm("cvt." ptx " %0, %1;" : "=" to_constraint(result) : from_constraint(x)); \
    return result; \
  }
/* Float to integer: the rounding mode is one of rni, rzi, rmi, rpi. */
#define SHEER_TO_INTEGER(name, to, to_constraint, to_ptx, from, from_constraint, from_ptx) \
  SHEER_CONVERT(name##_rn, to, to_constraint, from, from_constraint, "rni." to_ptx from_ptx) \
  SHEER_CONVERT(name##_rz, to, to_constraint, from, from_constraint, "rzi." to_ptx from_ptx) \
  SHEER_CONVERT(name##_rd, to, to_constraint, from, from_constraint, "rmi." to_ptx from_ptx) \
  SHEER_CONVERT(name##_ru, to, to_constraint, from, from_constraint, "rpi." to_ptx from_ptx)
#define SHEER_TO_FLOAT(name, to, to_constraint, to_ptx, from, from_constraint, from_ptx) \
  SHEER_CONVERT(name##_rn, to, to_constraint, from, from_constraint, "rn." to_ptx from_ptx) \
  SHEER_CONVERT(name##_rz, to, to_constraint, from, from_constraint, "rz." to_ptx from_ptx) \
  SHEER_CONVERT(name##_rd, to, to_constraint, from, from_constraint, "rm." to_ptx from_ptx) \
  SHEER_CONVERT(name##_ru, to, to_constraint, from, from_constraint, "rp." to_ptx from_ptx)

SHEER_TO_INTEGER(__float2int, int, "r", "s32", float, "f", ".f32")
SHEER_TO_INTEGER(__float2uint, unsigned int, "r", "u32", float, "f", ".f32")
SHEER_TO_INTEGER(__float2ll, long long, "l", "s64", float, "f", ".f32")
SHEER_TO_INTEGER(__float2ull, unsigned long long, "l", "u64", float, "f", ".f32")
SHEER_TO_INTEGER(__double2int, int, "r", "s32", double, "d", ".f64")
SHEER_TO_INTEGER(__double2uint, unsigned int, "r", "u32", double, "d", ".f64")
SHEER_TO_INTEGER(__double2ll, long long, "l", "s64", double, "d", ".f64")
SHEER_TO_INTEGER(__double2ull, unsigned long long, "l", "u64", double, "d", ".f64")
SHEER_TO_FLOAT(__int2float, float, "f", "f32", int, "r", ".s32")
SHEER_TO_FLOAT(__uint2float, float, "f", "f32", unsigned int, "r", ".u32")
SHEER_TO_FLOAT(__ll2float, float, "f", "f32", long long, "l", ".s64")
SHEER_TO_FLOAT(__ull2float, float, "f", "f32", unsigned long long, "l", ".u64")
SHEER_TO_FLOAT(__ll2double, double, "d", "f64", long long, "l", ".s64")
SHEER_TO_FLOAT(__ull2double, double, "d", "f64", unsigned long long, "l", ".u64")
SHEER_TO_FLOAT(__double2float, float, "f", "f32", double, "d", ".f64")
SHEER_DEVICE double __int2double_rn(int x) { return x; }
SHEER_DEVICE double __uint2double_rn(unsigned int x) { return x; }

#undef SHEER_TO_FLOAT
#undef SHEER_TO_INTEGER
#undef SHEER_CONVERT

#endif
