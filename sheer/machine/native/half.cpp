// 16-bit floating point where the processor has no instructions for it: the functions that LLVM calls then. libgcc has them too, but only
// in newer versions, and not all of them. Rounding is to nearest, ties to even, and done with integers.
#include "internal.h"

namespace sheer {

#if defined(__x86_64__)

template <class To, class From>
static To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}

// The upper bits of `value`, rounded by the `dropped` lower ones.
static uint64_t rounded(uint64_t value, uint32_t dropped) {
  if (dropped > 63) return 0;
  uint64_t kept = value >> dropped, rest = value & ((1ull << dropped) - 1), half = 1ull << (dropped - 1);
  return kept + (rest > half || (rest == half && (kept & 1)));
}

// A number with `from_bits` of fraction and exponents biased by `from_bias` to 16 bits.
static uint16_t narrowed(uint64_t bits, uint32_t sign_at, uint32_t from_bits, int32_t from_bias, uint32_t to_bits,
                         int32_t to_bias) {
  uint32_t sign = uint32_t(bits >> sign_at & 1) << 15;
  uint64_t magnitude = bits & ((1ull << sign_at) - 1), fraction = magnitude & ((1ull << from_bits) - 1);
  int32_t exponent = int32_t(magnitude >> from_bits), top = int32_t((1ull << (sign_at - from_bits)) - 1);
  uint32_t infinity = ((1u << (15 - to_bits)) - 1) << to_bits;
  if (exponent == top) {
    uint32_t quiet = fraction ? 1u << (to_bits - 1) | uint32_t(fraction >> (from_bits - to_bits)) : 0;
    return uint16_t(sign | infinity | quiet);
  }
  if (exponent) {
    fraction |= 1ull << from_bits;
  } else {
    exponent = 1;
  }
  int32_t to = exponent - from_bias + to_bias;
  uint32_t dropped = from_bits - to_bits + uint32_t(to < 1 ? min(1 - to, 64) : 0);
  uint64_t result = rounded(fraction, dropped);
  if (to > 1) result += uint64_t(to - 1) << to_bits;  // a carry out of the fraction raises the exponent
  return uint16_t(sign | (result > infinity ? infinity : uint32_t(result)));
}

static float widened(uint16_t half) {
  uint32_t sign = uint32_t(half >> 15) << 31, exponent = half >> 10 & 31, fraction = half & 0x3FF;
  if (exponent == 31) return bits_as<float>(sign | 0x7F800000 | fraction << 13 | (fraction ? 0x400000u : 0));
  if (!exponent) {
    float small = float(fraction) * 0x1p-24f;
    return sign ? -small : small;
  }
  return bits_as<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

static float extend_half(_Float16 a) { return widened(bits_as<uint16_t>(a)); }
static _Float16 float_to_half(float a) {
  return bits_as<_Float16>(narrowed(bits_as<uint32_t>(a), 31, 23, 127, 10, 15));
}
static _Float16 double_to_half(double a) {
  return bits_as<_Float16>(narrowed(bits_as<uint64_t>(a), 63, 52, 1023, 10, 15));
}
// In the register that a __bf16 comes back in, too.
static _Float16 float_to_bf16(float a) {
  return bits_as<_Float16>(narrowed(bits_as<uint32_t>(a), 31, 23, 127, 7, 127));
}
static _Float16 double_to_bf16(double a) {
  return bits_as<_Float16>(narrowed(bits_as<uint64_t>(a), 63, 52, 1023, 7, 127));
}

void* half_symbol(const char* name) {
  static const struct {
    const char* name;
    void* address;
  } functions[] = {
      {"__extendhfsf2", reinterpret_cast<void*>(&extend_half)},
      {"__truncsfhf2", reinterpret_cast<void*>(&float_to_half)},
      {"__truncdfhf2", reinterpret_cast<void*>(&double_to_half)},
      {"__truncsfbf2", reinterpret_cast<void*>(&float_to_bf16)},
      {"__truncdfbf2", reinterpret_cast<void*>(&double_to_bf16)},
  };
  for (auto& f : functions)
    if (!strcmp(f.name, name)) return f.address;
  return nullptr;
}

#else

void* half_symbol(const char*) { return nullptr; }

#endif
}  // namespace sheer
