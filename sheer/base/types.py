"""PTX scalar types: the only place that knows a width.

`SCALARS` maps a type's PTX name to its `ScalarType`; everything else asks it for kind, bits and ranges.
"""

from __future__ import annotations

from typing import NamedTuple


class ScalarType(NamedTuple):
    """One PTX fundamental type. `kind` is one of: s (signed), u (unsigned), f (float), b (untyped bits), p
    (predicate).

    `bits` is the width in bits (1 for predicates). Packed types (f16x2, bf16x2, u16x2 ...) are kind `b`
    with `lanes` 2 and `element` naming the half's type.
    """

    name: str
    kind: str
    bits: int
    lanes: int = 1
    element: str = ""

    @property
    def bytes(self) -> int:
        return max(1, self.bits // 8)

    @property
    def is_float(self) -> bool:
        return self.kind == "f"

    @property
    def is_signed(self) -> bool:
        return self.kind == "s"

    @property
    def low(self) -> int:
        """Smallest integer value of the type."""
        return -(1 << (self.bits - 1)) if self.kind == "s" else 0

    @property
    def high(self) -> int:
        """Largest integer value of the type."""
        return (1 << (self.bits - 1)) - 1 if self.kind == "s" else (1 << self.bits) - 1

    def wrap(self, value: int) -> int:
        """`value` modulo the type's width, in the type's range."""
        value &= (1 << self.bits) - 1
        if self.kind == "s" and value >> (self.bits - 1):
            value -= 1 << self.bits
        return value

    def clamp(self, value: int) -> int:
        """`value` saturated to the type's range."""
        return min(max(value, self.low), self.high)


def _scalars() -> dict[str, ScalarType]:
    table = {"pred": ScalarType("pred", "p", 1)}
    for bits in (8, 16, 32, 64):
        for kind in "sub":
            table[f"{kind}{bits}"] = ScalarType(f"{kind}{bits}", kind, bits)
    table["b128"] = ScalarType("b128", "b", 128)
    table["b1"] = ScalarType("b1", "b", 1)
    for kind in "su":  # of matrix instructions only
        table[f"{kind}4"] = ScalarType(f"{kind}4", kind, 4)
    for name, bits in (("f16", 16), ("bf16", 16), ("f32", 32), ("tf32", 32), ("f64", 64)):
        table[name] = ScalarType(name, "f", bits)
    for name in ("e4m3", "e5m2"):
        table[name] = ScalarType(name, "f", 8)
    for element in ("f16", "bf16", "s16", "u16"):
        table[element + "x2"] = ScalarType(element + "x2", "b", 32, 2, element)
    for element in ("e4m3", "e5m2"):
        table[element + "x2"] = ScalarType(element + "x2", "b", 16, 2, element)
    for element in ("u8", "s8"):
        table[element + "x4"] = ScalarType(element + "x4", "b", 32, 4, element)
    return table


SCALARS: dict[str, ScalarType] = _scalars()
