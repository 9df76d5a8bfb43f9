"""Copies of 16 bytes that clang writes as two of 8. In: a Graph in SSA form. Out: the loads and stores of such pairs.

`a[i] = b[i]` of a float4 is a memcpy to clang, and comes as two pairs of ld.b64 and st.b64, at 8 and at 0. An assembler's front end makes one access of 16
bytes each. Whether the address allows that shows when the kernel runs.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.ir.module import Addr, Reg, Sym
from sheer.passes.cfg import Block, Graph, Ins


class Place(NamedTuple):
    """Where an access goes: what its address is made of, and the offset."""

    opcode: str
    base: int | str
    offset: int


class Copy(NamedTuple):
    """A load whose value a store takes, and nobody else."""

    load: Ins
    store: Ins
    source: Place
    target: Place


def pairs(graph: Graph) -> tuple[set[int], set[int]]:
    """Ids of the accesses at the lower address of a pair, and of those at the higher."""
    readers = [0] * len(graph.value_type)
    for block in graph.blocks:
        for ins in block.ins:
            for value in ins.uses.values():
                readers[value] += 1
        for phi in block.phis:
            for value in phi.sources:
                readers[value] += 1
    lower: set[int] = set()
    upper: set[int] = set()
    for block in graph.blocks:
        found = sorted(_copies(block, readers), key=lambda c: (str(c.source.base), str(c.target.base), c.source.offset))
        at = 0
        while at + 1 < len(found):
            first, second = found[at], found[at + 1]
            if _next(first.source, second.source) and _next(first.target, second.target):
                lower |= {id(first.load), id(first.store)}
                upper |= {id(second.load), id(second.store)}
                at += 1
            at += 1
    return lower, upper


def _next(a: Place, b: Place) -> bool:
    return a.opcode == b.opcode and a.base == b.base and a.offset + 8 == b.offset


def _copies(block: Block, readers: list[int]) -> list[Copy]:
    loads: dict[int, tuple[Ins, Place]] = {}
    found = []
    for ins in block.ins:
        words = ins.inst.opcode.split(".")
        if words[0] not in ("ld", "st") or words[-1] != "b64" or len(words) > 3 or ins.guard is not None:
            continue
        load = words[0] == "ld"
        place = _place(ins, ins.inst.operands[1 if load else 0])
        if place is None:
            continue
        if load and len(ins.defs) == 1:
            loads[next(iter(ins.defs.values()))] = ins, place
            continue
        value = ins.inst.operands[1]
        number = ins.uses.get(value.name, -1) if isinstance(value, Reg) else -1
        if number in loads and readers[number] == 1:
            found.append(Copy(loads[number][0], ins, loads[number][1], place))
    return found


def _place(ins: Ins, operand: object) -> Place | None:
    if not isinstance(operand, Addr):
        return None
    if isinstance(operand.base, Reg):
        return Place(ins.inst.opcode, ins.uses[operand.base.name], operand.offset)
    if isinstance(operand.base, Sym):
        return Place(ins.inst.opcode, operand.base.name, operand.base.offset + operand.offset)
    return None
