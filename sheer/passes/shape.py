"""Shapes: how a value differs from lane to lane. A shape is UNIFORM (the same in all lanes), affine (a scalar base plus a constant per
lane that is known when the kernel is specialised, plus a runtime stride times such a constant), or VARYING.

`ShapeLanes` is the lane vocabulary over shapes, so the same `emit` of a row that writes code also says what shape its
result has. Address arithmetic is followed through widening as if 32-bit indices did not wrap inside a group of lanes;
only addresses use that (values are computed exactly), see docs/deviations.md.
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from sheer.base.types import SCALARS, ScalarType

_PHASES = 0xFFF  # bytes up to which a base's place is followed
_LIMIT = 1 << 24  # larger constants per lane are not worth following


class Shape:
    """c: constant per lane (int64); stride: name of a uniform runtime value, or None; m: its multiple per lane;
    tz: trailing zero bits that the base surely has; bits: mask of bits that may be set in the value (-1 unknown);
    const: the value, if known; key: the SSA value it belongs to (for use as a stride); low: of a uniform value in one of its cases (see
    cases.py), how many of its low bits are known, and what they are; phase: what a base like that is likely to be modulo a few lines, where
    nothing depends on it but speed.
    """

    __slots__ = ("bits", "c", "const", "key", "low", "m", "phase", "stride", "tz", "uniform")

    def __init__(
        self,
        c: Any,
        stride: Any = None,
        m: Any = None,
        tz: int = 0,
        bits: int = -1,
        const: int | None = None,
        key: Any = None,
    ) -> None:
        self.c, self.stride, self.m, self.tz, self.bits, self.const, self.key = (
            c,
            stride,
            m,
            tz,
            bits,
            const,
            key,
        )
        self.uniform: bool = stride is None and not c.any()
        self.low: tuple[int, int] | None = None
        self.phase = const & _PHASES if const is not None else 0

    def with_low(self, count: int, value: int) -> Shape:
        other = copy(self)
        other.low = count, value & ((1 << count) - 1)
        other.phase = other.low[1] or self.phase
        return other

    def with_key(self, key: Any) -> Shape:
        other = copy(self)
        other.key = key
        return other

    def same(self, other: Shape | None) -> bool:
        """Equal up to what is known of the base."""
        if other is None or self.stride != other.stride or self.uniform != other.uniform:
            return False
        if self.uniform or self is other:
            return True
        if self.c is not other.c and not np.array_equal(self.c, other.c):
            return False
        return self.stride is None or np.array_equal(self.m, other.m)

    def identical(self, other: Shape | None) -> bool:
        return (
            other is not None
            and self.same(other)
            and self.tz == other.tz
            and self.bits == other.bits
            and self.const == other.const
        )

    def __repr__(self) -> str:
        if self.uniform:
            return f"uniform({self.const if self.const is not None else ''})"
        return f"affine({self.c.tolist()}{f' + {self.stride}*{self.m.tolist()}' if self.stride is not None else ''})"


VARYING = None
_FIRST_ABOVE = {"lt": 0, "lo": 0, "ge": 0, "hs": 0, "le": 1, "ls": 1, "gt": 1, "hi": 1}


def join(a: Shape | None, b: Shape | None) -> Shape | None:
    """The shape of a value that is one or the other, for all lanes alike."""
    if a is None or b is None or not a.same(b):
        return VARYING
    if a.identical(b):
        return a if a.key == b.key else a.with_key(None)
    bits = a.bits | b.bits if a.bits >= 0 and b.bits >= 0 else -1
    return Shape(a.c, a.stride, a.m, min(a.tz, b.tz), bits, a.const if a.const == b.const else None)


def _trailing(value: int) -> int:
    return 64 if value == 0 else (value & -value).bit_length() - 1


def _wrap(c: Any, bits: int) -> Any:
    if bits >= 64:
        return c
    half = 1 << (bits - 1)
    return ((c + half) & ((1 << bits) - 1)) - half


def _spread(bits: int) -> int:
    """All ones up to the highest possible bit."""
    return (1 << bits.bit_length()) - 1


class ShapeLanes:
    """The lane vocabulary over shapes. Every operation that is not written here gives UNIFORM for uniform operands, else VARYING."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.zero = np.zeros(lanes, np.int64)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._default

    def uniform(self, const: int | None = None, key: Any = None, bits: int = -1) -> Shape:
        if const is not None:
            return Shape(self.zero, None, None, _trailing(const), const if const >= 0 else -1, const, key)
        return Shape(self.zero, None, None, 0, bits, None, key)

    def _default(self, *operands: Any, **_: Any) -> Shape | None:
        for operand in operands:
            if operand is VARYING or (isinstance(operand, Shape) and not operand.uniform):
                return VARYING
            if isinstance(operand, (list, tuple)) and not isinstance(operand, ScalarType) and self._default(*operand) is VARYING:
                return VARYING
        return self.uniform()

    def _affine(self, t: ScalarType, c: Any, stride: Any, m: Any, tz: int, bits: int) -> Shape | None:
        c = _wrap(c, t.bits)
        if np.abs(c).max() > _LIMIT or (m is not None and np.abs(m).max() > _LIMIT):
            return VARYING
        if m is not None and not m.any():
            stride = m = None
        mask = (1 << t.bits) - 1
        return Shape(c, stride, m, min(tz, 64), bits & mask if bits >= 0 else -1)

    # -- operations that keep affine shapes ---------------------------------------------------------------------------

    def const(self, t: ScalarType, value: Any) -> Shape:
        return self.uniform(value if isinstance(value, int) else None)

    def add(self, t: ScalarType, a: Shape | None, b: Shape | None, sat: bool = False) -> Shape | None:
        if a is None or b is None or sat or t.lanes > 1:
            return self._default(a, b)
        if a.uniform and b.uniform and a.const is not None and b.const is not None:
            return self.uniform(t.wrap(a.const + b.const))
        if a.stride is not None and b.stride is not None and a.stride != b.stride:
            return VARYING
        stride = a.stride if a.stride is not None else b.stride
        m = None if stride is None else (a.m if a.m is not None else 0) + (b.m if b.m is not None else 0)
        bits = _spread(a.bits) + _spread(b.bits) if a.bits >= 0 and b.bits >= 0 else -1
        result = self._affine(t, a.c + b.c, stride, m, min(a.tz, b.tz), _spread(bits) if bits >= 0 else -1)
        if result is not None:
            result.phase = (a.phase + b.phase) & _PHASES
        return self._both_low(np.add, result, a, b)

    def sub(self, t: ScalarType, a: Shape | None, b: Shape | None, sat: bool = False) -> Shape | None:
        if a is None or b is None or sat or t.lanes > 1:
            return self._default(a, b)
        if a.const is not None and b.const is not None and a.uniform and b.uniform:
            return self.uniform(t.wrap(a.const - b.const))
        return self.add(t, a, self.neg(t, b))

    def neg(self, t: ScalarType, a: Shape | None) -> Shape | None:
        if a is None or t.lanes > 1:
            return VARYING
        if a.const is not None and a.uniform:
            return self.uniform(t.wrap(-a.const))
        result = self._affine(t, -a.c, a.stride, None if a.m is None else -a.m, a.tz, -1)
        if result is not None:
            result.phase = -a.phase & _PHASES
        return result if a.low is None or result is None else result.with_low(a.low[0], -a.low[1])

    def mul(self, t: ScalarType, a: Shape | None, b: Shape | None) -> Shape | None:
        if a is None or b is None or t.lanes > 1:
            return VARYING
        if not b.uniform:
            a, b = b, a
        if not b.uniform:
            return VARYING
        if a.uniform:
            if a.const is not None and b.const is not None:
                return self.uniform(t.wrap(a.const * b.const))
            result = Shape(self.zero, None, None, min(a.tz + b.tz, 64))
            result.phase = a.phase * b.phase & _PHASES if a.const is not None or b.const is not None else 0
            return result
        if b.const is not None:
            k = _wrap(b.const, t.bits)
            if abs(int(k)) > _LIMIT:
                return VARYING
            bits = _spread(a.bits) * int(k) if a.bits >= 0 and int(k) > 0 else -1
            found = self._affine(
                t,
                a.c * int(k),
                a.stride,
                None if a.m is None else a.m * int(k),
                min(a.tz + b.tz, 64),
                _spread(bits) if bits >= 0 else -1,
            )
            if found is not None:
                found.phase = a.phase * int(k) & _PHASES
            return found
        if a.stride is None and b.key is not None:
            return self._affine(t, self.zero, b.key, a.c, min(a.tz, b.tz), -1)
        return VARYING

    def widen(self, to: ScalarType, t: ScalarType, a: Shape | None) -> Shape | None:
        if a is None:
            return VARYING
        if a.const is not None and a.uniform:
            return self.uniform(to.wrap(t.wrap(a.const)))
        if a.uniform:
            bits = a.bits if a.bits >= 0 else ((1 << t.bits) - 1 if t.kind != "s" else -1)
            result = Shape(
                self.zero, None, None, a.tz, bits & ((1 << to.bits) - 1) if bits >= 0 else -1, None, a.key
            )
            result.low, result.phase = (a.low, a.phase) if min(t.bits, to.bits) >= 8 else (None, 0)
            return result
        if t.bits < 32 or to.bits < 32:
            return self._narrow(to, t, a)
        result = Shape(a.c, a.stride, a.m, a.tz, a.bits, None, a.key)
        result.phase = a.phase
        return result

    def _narrow(self, to: ScalarType, t: ScalarType, a: Shape) -> Shape | None:
        """To or from 8 and 16 bits, which compilers choose for small indices: only where no lane's value surely wraps among the lanes."""
        few = min(t.bits, to.bits)
        if a.stride is not None:
            return VARYING
        within = a.bits >= 0 and not int(a.c.min()) and _spread(a.bits) < 1 << (few - 1)
        if not within and not (self._aligned(a, 1) and int(a.c.max()) < 1 << (few - 1)):
            return VARYING
        bits = a.bits if a.bits >= 0 else (1 << t.bits) - 1 if t.kind != "s" else -1
        return Shape(a.c, None, None, a.tz, bits & ((1 << to.bits) - 1) if bits >= 0 else -1, None, a.key)

    def mul_wide(self, t: ScalarType, a: Shape | None, b: Shape | None) -> Shape | None:
        wide = SCALARS[f"{t.kind}{t.bits * 2}"]
        return self.mul(wide, self.widen(wide, t, a), self.widen(wide, t, b))

    def convert(
        self,
        to: ScalarType,
        t: ScalarType,
        a: Shape | None,
        rnd: str = "",
        ftz: bool = False,
        sat: bool = False,
        relu: bool = False,
    ) -> Shape | None:
        if to.is_float or t.is_float or sat or to.kind == "p" or t.kind == "p":
            return self._default(a)
        return self.widen(to, t, a)

    def bitcast(self, to: ScalarType, t: ScalarType, a: Shape | None) -> Shape | None:
        return a if to.bits == t.bits else self._default(a)

    def shl(self, t: ScalarType, a: Shape | None, n: Shape | None) -> Shape | None:
        if a is None or n is None or n.const is None or not n.uniform:
            return self._default(a, n)
        amount = n.const & 0xFFFFFFFF
        if amount >= t.bits:
            return self.uniform(0)
        return self.mul(t, a, self.uniform(1 << amount))

    def shr(self, t: ScalarType, a: Shape | None, n: Shape | None) -> Shape | None:
        if a is None or n is None or n.const is None or not n.uniform or a.stride is not None:
            return self._default(a, n)
        k = min(n.const & 0xFFFFFFFF, 255)
        if a.const is not None and a.uniform and 0 <= k < t.bits:
            return self.uniform(
                t.wrap(a.const) >> k if t.kind == "s" else (a.const & ((1 << t.bits) - 1)) >> k
            )
        bits = a.bits >> k if a.bits >= 0 else -1
        if a.uniform:
            return Shape(self.zero, None, None, max(a.tz - k, 0), bits)
        if k >= t.bits or not self._aligned(a, 1):
            return VARYING
        return Shape(a.c >> min(k, 40), None, None, max(a.tz - k, 0), bits)

    def _aligned(self, a: Shape, k: int) -> bool:
        """Base a multiple of 2**t with t >= k and every lane's constant within [0, 2**t): the low bits come from c alone."""
        return a.tz >= k and int(a.c.min()) >= 0 and int(a.c.max()) < (1 << min(a.tz, 40))

    def and_(self, t: ScalarType, a: Shape | None, b: Shape | None) -> Shape | None:
        if a is None or b is None or t.lanes > 1:
            return VARYING
        if a.const is not None and not (b.const is not None and b.uniform):
            a, b = b, a
        if b.const is None or not b.uniform:
            return self.with_low_bits(np.bitwise_and, a, b) or self._default(a, b)
        mask = b.const & ((1 << t.bits) - 1)
        if a.const is not None and a.uniform:
            return self.uniform(t.wrap(a.const & mask))
        bits = mask if a.bits < 0 else a.bits & mask
        if a.uniform:
            return Shape(self.zero, None, None, max(a.tz, _trailing(mask)), bits)
        if a.bits >= 0 and a.bits & ~mask == 0:
            return a
        if a.stride is not None or not self._aligned(a, 1):
            return VARYING
        signed = mask - (1 << 64) if mask >> 63 else mask  # the offsets are 64-bit signed numbers
        return Shape(a.c & signed, None, None, max(a.tz, _trailing(mask)), bits)

    def or_(self, t: ScalarType, a: Shape | None, b: Shape | None) -> Shape | None:
        if a is None or b is None or t.lanes > 1:
            return VARYING
        found = self.with_low_bits(np.bitwise_or, a, b)
        if found is not None:
            return found
        low_a = a.bits if a.bits >= 0 else -(1 << a.tz) if a.uniform else -1
        low_b = b.bits if b.bits >= 0 else -(1 << b.tz) if b.uniform else -1
        if low_a & low_b:
            return self._default(a, b)
        result = self.add(t, a, b)
        if result is not None and result.const is None and a.bits >= 0 and b.bits >= 0:
            result.bits = a.bits | b.bits
        return result

    def compare(self, t: ScalarType, relation: str, a: Shape | None, b: Shape | None, ftz: bool = False) -> Shape | None:
        """The same in all lanes where lanes that lie in one aligned stretch are compared with its ends, or with what lies outside."""
        whole = t.kind in "sub" and t.lanes == 1 and relation in _FIRST_ABOVE
        if not whole or a is None or b is None or not b.uniform or a.stride is not None or not self._aligned(a, 1):
            return self._default(a, b)
        if b.const is None and b.tz < a.tz:
            return self._default(a, b)
        first = ((b.const or 0) + _FIRST_ABOVE[relation]) % (1 << min(a.tz, 40))  # the stretch's first lane on the other side
        return self._default(a, b) if int(a.c.min()) < first <= int(a.c.max()) else self.uniform()

    def xor(self, t: ScalarType, a: Shape | None, b: Shape | None) -> Shape | None:
        """Of low bits that come from the lanes' constants alone: other constants."""
        if a is not None and b is not None and a.const is not None and not b.uniform:
            a, b = b, a
        if a is None or b is None or t.lanes > 1:
            return self._default(a, b)
        if a.uniform and b.uniform:
            return self._both_low(np.bitwise_xor, self.uniform(), a, b)
        if b.const is None or a.uniform or a.stride is not None:
            return self.with_low_bits(np.bitwise_xor, a, b) or self._default(a, b)
        if not self._aligned(a, 1) or not 0 <= b.const < 1 << min(a.tz, 40):
            return VARYING
        return Shape(a.c ^ b.const, None, None, a.tz, _spread(a.bits | b.const) if a.bits >= 0 else -1)

    def not_(self, t: ScalarType, a: Shape | None) -> Shape | None:
        result = self._default(a)
        return result if a is None or result is None or a.low is None else result.with_low(a.low[0], ~a.low[1])

    # -- low bits that a case of a uniform value knows --------------------------------------------------------------------------------

    def _both_low(self, op: Any, result: Shape | None, a: Shape, b: Shape) -> Shape | None:
        """The result of two uniform values, with what is known of its low bits."""
        if result is None or not result.uniform or (a.low is None and b.low is None):
            return result
        known = [(64, v.const) if v.const is not None else v.low for v in (a, b)]
        if known[0] is None or known[1] is None:
            return result
        count = min(known[0][0], known[1][0])
        mask = (1 << count) - 1
        return result.with_low(count, int(op(known[0][1] & mask, known[1][1] & mask)))

    def with_low_bits(self, op: Any, a: Shape, b: Shape) -> Shape | None:
        """and, or, xor of lanes that lie in one aligned stretch and a uniform value whose bits are known as far as the stretch goes: these bits
        of the result come from the lanes' constants, the others from the base. None if it is nothing of that kind."""
        if a.uniform:
            a, b = b, a
        if a.uniform or not b.uniform or b.low is None or a.stride is not None:
            return None
        count, value = b.low
        if a.tz < count or int(a.c.min()) < 0 or int(a.c.max()) >> count:
            return None
        bits = a.bits if op is np.bitwise_and else -1
        return Shape(op(a.c, value), None, None, count, bits)

    def select(self, t: ScalarType, p: Shape | None, a: Shape | None, b: Shape | None) -> Shape | None:
        if p is None or not p.uniform:
            return VARYING
        return join(a, b)

    def pack(self, to: ScalarType, parts: list[Shape | None]) -> Shape | None:
        return self._default(*parts)

    def unpack(self, t: ScalarType, a: Shape | None, count: int) -> list[Shape | None]:
        return [self._default(a)] * count
