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


def of_comparison(k: Any, t: ScalarType, word: str, a: Value, b: Value, result: Value) -> None:
    """Adds bounds to the result of `icmp word a, b`."""
    relation = _WORDS.get(word, word)
    if a.uniform and not b.uniform:
        a, b, relation = b, a, _SWAPPED[relation]
    if a.uniform or not b.uniform or a.shape is None or a.shape.stride is not None or a.exact or a.bits > 64:
        return
    signed = t.kind == "s" or word.startswith("s")
    bits, wide = a.bits, f"i{2 * a.bits}"
    word_of = "sext" if signed else "zext"
    base = k.text.op(f"{word_of} i{bits} {a.scalar} to {wide}")
    limit = k.text.op(f"{word_of} i{bits} {b.scalar} to {wide}")
    smallest, largest = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    low, high = (int(edge) for edge in (a.shape.c.min(), a.shape.c.max()))
    low_end = k.text.op(f"add {wide} {base}, {low}")
    high_end = k.text.op(f"add {wide} {base}, {high}")
    fits = k.text.op(f"icmp sle {wide} {high_end}, {largest}")
    if low < 0:
        fits = k.text.op(f"and i1 {fits}, {k.text.op(f'icmp sge {wide} {low_end}, {smallest}')}")

    def where(relation: str, end: str) -> str:
        return k.text.op(f"and i1 {fits}, {k.text.op(f'icmp s{relation} {wide} {end}, {limit}')}")

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
