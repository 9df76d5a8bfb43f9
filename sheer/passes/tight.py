"""Which affine values need no vector between blocks. In: Facts. Out: the values that are base + constants in every lane, at the value's own width, and
those of which nothing is made but addresses of rows.

Widening and bit tricks give values whose base is right for addresses but whose lanes may differ from it where narrow arithmetic wraps. What only
goes through additions and products of one width wraps alike in base and lanes. Of rows only the base is asked.
"""

from __future__ import annotations

from sheer.ir.module import Addr, Reg
from sheer.passes.advance import size_of
from sheer.passes.cfg import Ins
from sheer.passes.facts import Facts
from sheer.passes.pattern import pieces

_KEEPS = frozenset(("add", "sub", "mov", "neg", "shl", "mul", "mad"))
_LEADS = _KEEPS | {"cvt", "cvta", "or"}  # to an address
_ACCESSES = frozenset(("ld", "ldu", "st", "prefetch"))


def tight_values(facts: Facts) -> set[int]:
    """The largest set of affine values that its own members justify."""
    graph = facts.graph
    affine = {v for v, shape in enumerate(facts.shape) if shape is not None and not shape.uniform}
    sources: dict[int, list[int]] = {}
    for block in graph.blocks:
        for phi in block.phis:
            sources[phi.value] = list(phi.sources)
        for ins in block.ins:
            if ins.guard is not None or not _keeps(ins.inst.opcode):
                continue
            for value in ins.defs.values():
                sources[value] = list(ins.uses.values())
    tight = {v for v in affine if v in sources}
    while True:
        wrong = {
            v
            for v in tight
            if any(s in affine and s not in tight for s in sources[v]) or _width_changes(facts, v, sources[v])
        }
        if not wrong:
            return tight
        tight -= wrong


def of_rows(facts: Facts) -> set[int]:
    """The largest set of affine values whose users make its members of them, or access rows there."""
    graph = facts.graph
    found = {v for v, shape in enumerate(facts.shape) if shape is not None and not shape.uniform}
    makes: dict[int, list[int]] = {}  # a member -> what is made of it
    for block in graph.blocks:
        for phi in block.phis:
            for source in phi.sources:
                makes.setdefault(source, []).append(phi.value)
        for ins in block.ins:
            leads = ins.guard is None and ins.binding.form.name in _LEADS
            for name, value in ins.uses.items():
                if value not in found or _is_row(facts, ins, name):
                    continue
                if leads:
                    makes.setdefault(value, []).extend(ins.defs.values())
                else:
                    found.discard(value)
    while True:
        wrong = {v for v in found if any(user not in found for user in makes.get(v, ()))}
        if not wrong:
            return found
        found -= wrong


def _is_row(facts: Facts, ins: Ins, name: str) -> bool:
    """The register is the address of an access of pieces that are rows, and nothing else in it."""
    if ins.binding.form.name not in _ACCESSES or ins.guard is not None:
        return False
    bases = [isinstance(o, Addr) and isinstance(o.base, Reg) and o.base.name == name for o in ins.inst.operands]
    if not any(bases) or any(name in str(o) for o, base in zip(ins.inst.operands, bases, strict=True) if not base):
        return False
    if ins.binding.form.name == "prefetch":
        return True
    shape = facts.shape[ins.uses[name]]
    return shape is not None and pieces(shape, facts.lanes, size_of(ins)) is not None


def _keeps(opcode: str) -> bool:
    stem, _, rest = opcode.partition(".")
    return stem in _KEEPS and "wide" not in rest and "hi" not in rest and "sat" not in rest


def _width_changes(facts: Facts, value: int, sources: list[int]) -> bool:
    types = facts.graph.value_type
    return any(types[s][1:] != types[value][1:] for s in sources if s >= 0 and types[s] != "pred")
