"""Subnormal numbers. In: the opcodes of a kernel. Out: whether the processor's own mode may flush them to zero, for all of the kernel at once."""

from __future__ import annotations

_FLUSHABLE = frozenset(
    ("add", "sub", "mul", "fma", "mad", "div", "rcp", "sqrt", "rsqrt", "ex2", "lg2", "sin", "cos", "min", "max", "abs", "neg", "setp", "set", "cvt")
)


def everywhere(opcodes: set[str]) -> bool:
    """Every f32 operation flushes and none is in f64 or f16."""
    some = False
    for opcode in opcodes:
        parts = opcode.split(".")
        if parts[0] not in _FLUSHABLE:
            continue
        if {"f64", "f16", "bf16", "f16x2", "bf16x2"} & set(parts):
            return False
        if "f32" in parts:
            if "ftz" in parts:
                some = True
            elif parts[0] not in ("neg", "abs", "min", "max", "cvt"):
                return False
    return some
