"""Scalar bounds of predicates. In: a comparison of an affine value with a uniform one. Out: i1 names that tell, without looking at lanes, that
the predicate holds in every lane (`every`), or in none (`never`).

`if (i < n)` and grid-stride loops branch on such predicates: with a scalar bound the group's common way costs one scalar comparison. The tests are
sufficient, not necessary: where neither holds, the lanes are looked at.
"""

from __future__ import annotations

from typing import Any

from sheer.base.types import ScalarType
from sheer.codegen.value import Value

_SWAPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_WORDS = {"slt": "lt", "ult": "lt", "sle": "le", "ule": "le", "sgt": "gt", "ugt": "gt", "sge": "ge", "uge": "ge"}


def extent(k: Any, v: Value, signed: bool) -> tuple[str, str, str] | None:
    """(lowest, highest, holds): names of bounds of a value's lanes in twice its bits, and of an i1 without which they mean nothing."""
    if v.extent is not None:
        return v.extent[1:] if v.extent[0] == signed else None
    if v.shape is None or v.shape.stride is not None or v.exact or not 16 <= v.bits <= 64:
        return None
    wide = f"i{2 * v.bits}"
    base = k.text.op(f"{'sext' if signed else 'zext'} i{v.bits} {v.scalar} to {wide}")
    if v.uniform:
        return base, base, "true"
    smallest, largest = (-(1 << v.bits - 1), (1 << v.bits - 1) - 1) if signed else (0, (1 << v.bits) - 1)
    low, high = (int(edge) for edge in (v.shape.c.min(), v.shape.c.max()))
    low_end = k.text.op(f"add {wide} {base}, {low}")
    high_end = k.text.op(f"add {wide} {base}, {high}")
    holds = k.text.op(f"icmp sle {wide} {high_end}, {largest}")
    if low < 0:
        holds = k.text.op(f"and i1 {holds}, {k.text.op(f'icmp sge {wide} {low_end}, {smallest}')}")
    return low_end, high_end, holds


def of_extreme(k: Any, stem: str, a: Value, b: Value, result: Value) -> None:
    """Adds an extent to the result of smin, smax, umin or umax."""
    signed = stem[0] == "s"
    first, second = extent(k, a, signed), extent(k, b, signed)
    if result.uniform or first is None or second is None:
        return
    wide, word = f"i{2 * a.bits}", f"s{stem[1:]}"
    ends = [k.text.intrinsic(f"llvm.{word}.{wide}", wide, [(wide, x), (wide, y)]) for x, y in zip(first[:2], second[:2], strict=True)]
    result.extent = (signed, ends[0], ends[1], k.text.op(f"and i1 {first[2]}, {second[2]}"))


def of_comparison(k: Any, t: ScalarType, word: str, a: Value, b: Value, result: Value) -> None:
    """Adds bounds to the result of `icmp word a, b`."""
    relation = _WORDS.get(word, word)
    if result.uniform or a.bits == 1:
        return
    if a.uniform:
        a, b, relation = b, a, _SWAPPED[relation]
    if not b.uniform:
        return
    signed = t.kind == "s" or word.startswith("s")
    lanes, limit = extent(k, a, signed), extent(k, b, signed)
    if lanes is None or limit is None:
        return
    low_end, high_end, fits = lanes
    wide = f"i{2 * a.bits}"

    def where(relation: str, end: str) -> str:
        return k.text.op(f"and i1 {fits}, {k.text.op(f'icmp s{relation} {wide} {end}, {limit[0]}')}")

    if relation in ("lt", "le"):
        result.every = where(relation, high_end)
        result.never = where("ge" if relation == "lt" else "gt", low_end)
    elif relation in ("gt", "ge"):
        result.every = where(relation, low_end)
        result.never = where("le" if relation == "gt" else "lt", high_end)
    else:
        apart = k.text.op(f"or i1 {where('gt', low_end)}, {where('lt', high_end)}")
        if relation == "ne":
            result.every = apart
        else:
            result.never = apart


def of_both(k: Any, opcode: str, a: Value, b: Value, result: Value) -> None:
    """Adds bounds to the result of `and` or `or` of two predicates."""
    if result.uniform or not (_bounded(a) and _bounded(b)):
        return
    all_need, one_does = ("every", "never") if opcode == "and" else ("never", "every")
    first, second = (_bound(k, v, all_need) for v in (a, b))
    if first and second:
        setattr(result, all_need, k.text.op(f"and i1 {first}, {second}"))
    found = [name for name in (_bound(k, v, one_does) for v in (a, b)) if name]
    if found:
        setattr(result, one_does, found[0] if len(found) == 1 else k.text.op(f"or i1 {found[0]}, {found[1]}"))


def of_not(a: Value, result: Value) -> None:
    """The negation holds in every lane where the predicate holds in none."""
    if not result.uniform:
        result.every, result.never = a.never, a.every


def _bounded(v: Value) -> bool:
    return v.uniform or bool(v.every or v.never)


def _bound(k: Any, v: Value, which: str) -> str:
    if not v.uniform:
        return v.every if which == "every" else v.never
    return v.scalar if which == "every" else k.text.op(f"xor i1 {v.scalar}, true")
