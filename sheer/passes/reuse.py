"""Which blocks read the same. In: Facts of a kernel. Out: whether blocks of a row of the grid share data, and blocks of a column others.

So it is with matrix products: all blocks of a row read the same rows of one matrix, all of a column the same columns of the other. Run row
by row of the grid, the second matrix is read from far away for every row. Run in strips a few blocks wide, its columns stay in the second cache
from one row to the next.
"""

from __future__ import annotations

from sheer.ir.module import Addr, Reg, Special
from sheer.passes.cfg import Ins
from sheer.passes.facts import Facts

_READS = ("ld", "ldu", "cp", "wmma")
_OWN = {"shared", "local", "param", "const"}
_AXES = {"ctaid.x": 1, "ctaid.y": 2}


def both_ways(facts: Facts) -> bool:
    """In a loop, some loads of far memory depend on the block's row and not on its column, and others the other way round."""
    depends = _dependence(facts)
    seen: set[int] = set()
    for block in facts.graph.blocks:
        if facts.loop_of[block.index] is None:
            continue
        for ins in block.ins:
            place = _far_read(ins)
            if place is not None:
                seen.add(depends[ins.uses[place]])
    return {1, 2} <= seen


def _far_read(ins: Ins) -> str | None:
    """The register of the address, if the instruction reads global memory."""
    words = ins.inst.opcode.replace("::", ".").split(".")
    if ins.binding.form.name not in _READS or ("global" not in words and _OWN & set(words)):
        return None
    places = [o for o in ins.inst.operands if isinstance(o, Addr)]
    base = places[-1].base if places else None
    return base.name if isinstance(base, Reg) and base.name in ins.uses else None


def _dependence(facts: Facts) -> list[int]:
    """Of every value: 1 if it is made from the block's x, 2 from its y, added up."""
    graph = facts.graph
    found = [0] * len(graph.value_type)
    changed = True
    while changed:
        changed = False
        for index in facts.order:
            block = graph.blocks[index]
            for phi in block.phis:
                changed |= _add(found, phi.value, [found[v] for v in phi.sources])
            for ins in block.ins:
                axes = [_AXES.get(o.name.lstrip("%"), 0) for o in ins.inst.operands if isinstance(o, Special)]
                axes += [found[v] for v in ins.uses.values()]
                for value in ins.defs.values():
                    changed |= _add(found, value, axes)
    return found


def _add(found: list[int], value: int, axes: list[int]) -> bool:
    before = found[value]
    for axis in axes:
        found[value] |= axis
    return found[value] != before
