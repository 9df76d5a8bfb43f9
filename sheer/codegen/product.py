"""The high half of a 64-bit product of vectors, from four 32-bit products. In: names of two vectors of i64. Out: the name of the result.

`mul <n x i128>` would be one machine multiplication a lane, with every lane moved to a scalar register and back: ten times the
instructions, and LLVM's instruction selection takes seconds for the few hundred of them that modular arithmetic has.
"""

from __future__ import annotations

from sheer.codegen.text import Text

_LOW = 0xFFFFFFFF


def high_half(text: Text, count: int, signed: bool, a: str, b: str) -> str:
    """Names bits 64..127 of a * b, lane by lane."""
    ty = f"<{count} x i64>"

    def op(word: str, x: str, y: str) -> str:
        return text.op(f"{word} {ty} {x}, {y}")

    def low(x: str) -> str:
        return op("and", x, f"splat (i64 {_LOW})")

    def high(x: str) -> str:
        return op("lshr", x, "splat (i64 32)")

    a_low, a_high, b_low, b_high = low(a), high(a), low(b), high(b)
    cross = op("mul", a_low, b_high)
    # No sum overflows: (2^32-1)^2 + 2 (2^32-1) = 2^64-1.
    middle = op("add", op("add", high(op("mul", a_low, b_low)), low(cross)), op("mul", a_high, b_low))
    result = op("add", op("add", op("mul", a_high, b_high), _moved_down(text, count, cross)), high(middle))
    if not signed:
        return result
    # A negative factor reads 2^64 too large: the other factor is that much too often in the high half.
    for x, y in ((a, b), (b, a)):
        result = op("sub", result, op("and", op("ashr", x, "splat (i64 63)"), y))
    return result


def _moved_down(text: Text, count: int, x: str) -> str:
    """x >> 32 as a shuffle of halves: with plain shifts all through, LLVM knows the pattern and makes the i128 product out of it again."""
    halves = f"<{2 * count} x i32>"
    order = ", ".join(f"i32 {2 * lane + 1}, i32 {2 * count}" for lane in range(count))
    parts = text.op(f"bitcast <{count} x i64> {x} to {halves}")
    moved = text.op(f"shufflevector {halves} {parts}, {halves} zeroinitializer, <{2 * count} x i32> <{order}>")
    return text.op(f"bitcast {halves} {moved} to <{count} x i64>")
