"""Floating-point arithmetic done exactly and rounded once: what the rows' `ref` functions compute with. In: Python floats that hold
values of a PTX type (every f16, bf16, tf32 and f32 is a float). Out: the same.

An exact result is a pair (m, e), the integer m times 2**e; where an operation has no such result (quotients, roots) the last bit of
m stands for everything below it ("sticky"), with enough bits above for every rounding to come out right.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from sheer.base.types import SCALARS, ScalarType


class Format(NamedTuple):
    """A binary floating-point format: bits of precision with the leading one, least and greatest exponent of normal numbers, bits
    of the fraction as stored, canonical NaN."""

    precision: int
    least: int
    greatest: int
    stored: int
    nan: int


FORMATS = {
    "f64": Format(53, -1022, 1023, 52, 0x7FF8000000000000),
    "f32": Format(24, -126, 127, 23, 0x7FFFFFFF),
    "tf32": Format(11, -126, 127, 23, 0x7FFFFFFF),
    "f16": Format(11, -14, 15, 10, 0x7FFF),
    "bf16": Format(8, -126, 127, 7, 0x7FFF),
}


class Nan(float):
    """A NaN that still knows its bits, so that moves and selections keep them. Arithmetic on it gives a plain NaN."""

    bits: int

    def __new__(cls, bits: int, value: float = math.nan) -> Nan:
        made = super().__new__(cls, value)
        made.bits = bits
        return made


# -- bits and values ---------------------------------------------------------------------------------------------------------

_CODES = {"f16": ("<e", 2), "f32": ("<f", 4), "tf32": ("<f", 4), "f64": ("<d", 8)}


def decode(t: ScalarType, bits: int) -> float:
    """The value of the bits of a floating-point type."""
    if t.name == "bf16":
        value = struct.unpack("<f", (bits << 16).to_bytes(4, "little"))[0]
    else:
        code, size = _CODES[t.name]
        value = struct.unpack(code, bits.to_bytes(size, "little"))[0]
    return Nan(bits, value) if value != value else value


def encode(t: ScalarType, value: float) -> int:
    """The bits of a value of a floating-point type. A NaN becomes the canonical one unless it knows its bits."""
    if value != value:
        return value.bits if isinstance(value, Nan) and value.bits < 1 << t.bits else FORMATS[t.name].nan
    if t.name == "bf16":
        return int.from_bytes(struct.pack("<f", value), "little") >> 16
    return int.from_bytes(struct.pack(_CODES[t.name][0], value), "little")


def halves(t: ScalarType, bits: int) -> list[Any]:
    """The elements of a packed value, lowest first: floats or integers of the element type."""
    element = SCALARS[t.element]
    parts = [bits >> (i * element.bits) & ((1 << element.bits) - 1) for i in range(t.lanes)]
    return [decode(element, p) if element.is_float else element.wrap(p) for p in parts]


def join(t: ScalarType, parts: list[Any]) -> int:
    """Elements back into a packed value."""
    element = SCALARS[t.element]
    mask = (1 << element.bits) - 1
    return sum(
        (encode(element, p) if element.is_float else p & mask) << (i * element.bits)
        for i, p in enumerate(parts)
    )


def each(t: ScalarType, function: Callable[..., Any], *values: Any) -> Any:
    """`function(element type, ...)` on a scalar, or on every element of packed values."""
    if t.lanes == 1:
        return function(t, *values)
    element = SCALARS[t.element]
    return join(t, [function(element, *parts) for parts in zip(*(halves(t, v) for v in values), strict=True)])


# -- rounding ---------------------------------------------------------------------------------------------------------------------


def parts_of(x: float) -> tuple[int, int]:
    """A finite number as (m, e)."""
    numerator, denominator = x.as_integer_ratio()
    return numerator, 1 - denominator.bit_length()


def _up(m: int, cut: int, rnd: str, negative: bool) -> bool:
    """Whether the magnitude m, whose low `cut` bits go, is rounded away from zero."""
    rest = m & ((1 << cut) - 1)
    if not rest:
        return False
    if rnd in ("rm", "rmi"):
        return negative
    if rnd in ("rp", "rpi"):
        return not negative
    if rnd in ("rz", "rzi"):
        return False
    half = 1 << (cut - 1)
    return rest > half or (rest == half and (rnd == "rna" or bool(m >> cut & 1)))


def rounded(t: ScalarType, m: int, e: int, rnd: str = "rn") -> float:
    """The value m * 2**e, m not 0, in a format: rounded, gradually underflowing, overflowing as the mode says."""
    form = FORMATS[t.name]
    negative, m = m < 0, abs(m)
    top = m.bit_length() - 1 + e
    cut = max(top, form.least) - form.precision + 1 - e
    if cut > 0:
        m = (m >> cut) + _up(m, cut, rnd, negative)
        e += cut
    if m.bit_length() + e - 1 > form.greatest:
        grows = rnd in ("", "rn", "rna") or rnd == ("rm" if negative else "rp")
        size = (
            math.inf if grows else math.ldexp((1 << form.precision) - 1, form.greatest - form.precision + 1)
        )
    else:
        size = math.ldexp(m, e)
    return -size if negative else size


def fit(t: ScalarType, x: float, rnd: str = "rn") -> float:
    """A number rounded to a narrower format."""
    if x == 0 or x - x != 0:
        return x
    return rounded(t, *parts_of(x), rnd)


def flush(t: ScalarType, x: float, ftz: bool) -> float:
    """Subnormal numbers to zero of the same sign (f64 and bf16 have no such mode)."""
    if ftz and t.name in ("f32", "f16") and abs(x) < math.ldexp(1.0, FORMATS[t.name].least):
        return math.copysign(0.0, x)
    return x


def saturate(x: float) -> float:
    """Clamped to [0, 1]; NaN gives +0."""
    return min(x, 1.0) if x > 0 else 0.0


def relu(x: float) -> float:
    """Negative numbers and -0 to +0; NaN to the canonical one."""
    if x != x:
        return math.nan
    return x if x > 0 else 0.0


# -- arithmetic ---------------------------------------------------------------------------------------------------------------------


def _zero(positive: bool, rnd: str) -> float:
    """An exact zero from numbers that cancel."""
    return 0.0 if positive and rnd != "rm" else -0.0


def add(t: ScalarType, a: float, b: float, rnd: str = "rn") -> float:
    """a + b."""
    if a - a != 0 or b - b != 0:
        return a + b
    if a == 0 and b == 0:
        same = math.copysign(1.0, a) == math.copysign(1.0, b)
        return a if same else _zero(True, rnd)
    (m, e), (n, f) = parts_of(a), parts_of(b)
    low = min(e, f)
    total = (m << (e - low)) + (n << (f - low))
    return rounded(t, total, low, rnd) if total else _zero(True, rnd)


def mul(t: ScalarType, a: float, b: float, rnd: str = "rn") -> float:
    """a * b."""
    if a - a != 0 or b - b != 0 or a == 0 or b == 0:
        return a * b
    (m, e), (n, f) = parts_of(a), parts_of(b)
    return rounded(t, m * n, e + f, rnd)


def fma(t: ScalarType, a: float, b: float, c: float, rnd: str = "rn") -> float:
    """a * b + c, rounded once."""
    if a - a != 0 or b - b != 0 or c - c != 0:
        if a - a == 0 and b - b == 0 and a != 0 and b != 0:  # finite factors: their product must not overflow
            return c
        return a * b + c
    if a == 0 or b == 0:
        product = math.copysign(0.0, a) * math.copysign(1.0, b)
        return add(t, product, c, rnd)
    (m, e), (n, f), (p, g) = parts_of(a), parts_of(b), parts_of(c)
    low = min(e + f, g)
    total = (m * n << (e + f - low)) + (p << (g - low))
    return rounded(t, total, low, rnd) if total else _zero(True, rnd)


def div(t: ScalarType, a: float, b: float, rnd: str = "rn") -> float:
    """a / b."""
    if a != a or b != b:
        return math.nan
    sign = math.copysign(1.0, a) * math.copysign(1.0, b)
    if b == 0:
        return math.nan if a == 0 else sign * math.inf
    if a - a != 0:
        return math.nan if b - b != 0 else sign * math.inf
    if b - b != 0 or a == 0:
        return sign * 0.0
    (m, e), (n, f) = parts_of(a), parts_of(b)
    shift = 130 + n.bit_length()
    quotient, rest = divmod(abs(m) << shift, abs(n))
    exact = (quotient << 1) | (rest != 0)
    return rounded(t, exact if sign > 0 else -exact, e - f - shift - 1, rnd)


def sqrt(t: ScalarType, a: float, rnd: str = "rn") -> float:
    """The square root; of a negative number NaN."""
    if a != a or a < 0:
        return math.nan
    if a == 0 or a == math.inf:
        return a
    m, e = parts_of(a)
    shift = 200 + (e & 1)
    root = math.isqrt(m << shift)
    exact = (root << 1) | (root * root != m << shift)
    return rounded(t, exact, (e - shift) // 2 - 1, rnd)


def extreme(least: bool, a: float, b: float, nan: bool = False) -> float:
    """min or max: -0 below +0; a NaN loses against a number unless `nan` is set."""
    if a != a or b != b:
        if nan or (a != a and b != b):
            return math.nan
        return b if a != a else a
    if a == b == 0:
        return (
            min(a, b, key=lambda x: math.copysign(1.0, x))
            if least
            else max(a, b, key=lambda x: math.copysign(1.0, x))
        )
    return min(a, b) if least else max(a, b)


def integral(x: float, rnd: str) -> float:
    """Rounded to an integral value, which stays a float; -0 and the sign of what becomes 0 are kept."""
    if x == 0 or x - x != 0:
        return x
    return math.copysign(float(abs(to_int(x, rnd))), x)


def to_int(x: float, rnd: str) -> int:
    """A finite number as an integer."""
    m, e = parts_of(x)
    if e >= 0:
        return m << e
    size = (abs(m) >> -e) + _up(abs(m), -e, rnd, m < 0)
    return -size if m < 0 else size


def compare(relation: str, a: Any, b: Any) -> bool:
    """A PTX relation on numbers: those ending in u (but not equ's e) also hold when one is a NaN."""
    if relation in ("num", "nan"):
        return (a == a and b == b) == (relation == "num")
    if len(relation) == 3:
        if a != a or b != b:
            return True
        relation = relation[:2]
    elif a != a or b != b:
        return False
    return {"eq": a == b, "ne": a != b, "lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}[relation]


# -- functions that PTX gives approximately: the nearest value of the true result ------------------------------------------------------


def approximate(t: ScalarType, function: str, x: float) -> float:
    """rcp rsqrt sqrt sin cos ex2 lg2 tanh."""
    if x != x:
        return math.nan
    if function == "rcp":
        return div(t, 1.0, x)
    if function == "sqrt":
        return sqrt(t, x)
    if function == "rsqrt":
        if x == 0:
            return math.copysign(math.inf, x)
        return 0.0 if x == math.inf else div(t, 1.0, math.sqrt(x)) if x > 0 else math.nan
    if function in ("sin", "cos"):
        return math.nan if x - x != 0 else fit(t, math.sin(x) if function == "sin" else math.cos(x))
    if function == "lg2":
        return math.nan if x < 0 else -math.inf if x == 0 else x if x == math.inf else fit(t, math.log2(x))
    if function == "ex2":
        return math.inf if x > 1100 else 0.0 if x < -1100 else fit(t, 2.0**x if x < 1024 else math.inf)
    return fit(t, math.tanh(x))


# -- conversions --------------------------------------------------------------------------------------------------------------------------


def convert(
    to: ScalarType,
    t: ScalarType,
    a: Any,
    rnd: str = "",
    ftz: bool = False,
    sat: bool = False,
    clamp: bool = False,
) -> Any:
    """cvt between scalar types. `clamp`: the relu modifier."""
    if not t.is_float:
        if to.is_float:
            number = rounded(to, a, 0, rnd or "rn") if a else 0.0
            return saturate(number) if sat else number
        return to.clamp(a) if sat else to.wrap(a)
    a = flush(t, a, ftz and t.bits == 32)  # of f32 alone: f16 keeps its subnormal numbers
    if not to.is_float:
        return _float_to_int(to, t, a, rnd or "rzi")
    if rnd in ("rni", "rzi", "rmi", "rpi"):
        a, rnd = integral(a, rnd), "rn"
    if a == a:
        a = fit(to, a, rnd or "rn")
    elif to is not t:
        a = math.nan
    if sat:
        a = saturate(a)
    a = flush(to, a, ftz and to.bits == 32)
    return relu(a) if clamp else a


def _float_to_int(to: ScalarType, t: ScalarType, a: float, rnd: str) -> int:
    """Out of range saturates. NaN gives 0, or, where f64 or 64 bits are involved, the integer with only its top bit set."""
    if a != a:
        return to.wrap(1 << (to.bits - 1)) if t.bits == 64 or to.bits == 64 else 0
    if a - a != 0:
        return to.high if a > 0 else to.low
    return to.clamp(to_int(a, rnd))
