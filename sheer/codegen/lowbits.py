"""Bits of lanes mixed with those of a uniform value whose low bits are known (passes/cases.py). In: Values. Out: Values with what is known of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheer.codegen.text import int_type
from sheer.codegen.value import Value
from sheer.passes.shape import Shape

_OPERATIONS = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}


def kept(result: Value, shape: Shape | None, *operands: Value) -> Value:
    """A uniform result, with what is known of its low bits where something was known of an operand's."""
    return result.known_as(shape) if shape is not None and any(v.shape is not None and v.shape.low for v in operands) else result


def mixed(k: Any, opcode: str, a: Value, b: Value) -> Value | None:
    """Lanes of one aligned stretch and a uniform value with known low bits: a base and constants. None if it is nothing of that kind."""
    if a.uniform:
        a, b = b, a
    if a.shape is None or b.shape is None or b.shape.low is None:
        return None
    shape = k.shapes.with_low_bits(_OPERATIONS[opcode], a.shape, b.shape)
    if shape is None:
        return None
    ty, wide = int_type(a.bits), int_type(a.bits, k.n)
    base = k.text.op(f"{opcode} {ty} {a.scalar}, {b.scalar}")
    if opcode != "and" and b.shape.low[1]:
        base = k.text.op(f"sub {ty} {base}, {b.shape.low[1]}")
    result = Value(a.bits, shape, scalar=base)
    if a.exact and not shape.uniform:
        result.vector = k.text.op(f"{opcode} {wide} {k.vec(a)}, {k.vec(b)}")
        result.exact = True
    return result
