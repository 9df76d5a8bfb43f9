"""Local memory in rows. In: Facts of a kernel and of all functions that it calls. Out: the granule by which it may be dealt out to the lanes, or 0.

What a thread keeps in local memory lies apart from its neighbours': lanes that read the same element of their arrays would have to gather it. If
no address of local memory ever becomes a generic one, only loads and stores of local memory see where things are: then word i of all lanes of a
group may lie side by side, and the element is a row.
"""

from __future__ import annotations

from sheer.ir.module import Addr, Sym
from sheer.passes.cfg import Graph, Ins
from sheer.passes.facts import Facts

_LOOP = 8  # how often a loop is thought to run


def granule(facts: list[Facts]) -> int:
    """Bytes of a word that stays whole, 4 or 8: what most accesses take; 0 if an address gets out, or nothing is in local memory."""
    weight = {4: 0, 8: 0}
    for found in facts:
        graph = found.graph
        names = {v.name for v in graph.function.variables if v.space == "local"}
        read = _read(graph)
        for block in graph.blocks:
            for ins in block.ins:
                if _gets_out(ins, names, read):
                    return 0
                if ins.binding.form.name in ("ld", "st") and "local" in ins.inst.opcode.split("."):
                    size = 8 if ins.binding.m.type.bits >= 64 else 4
                    weight[size] += _LOOP ** min(_depth(found, block.index), 4)
    if not any(weight.values()):
        return 0
    return 8 if weight[8] > weight[4] else 4


def _read(graph: Graph) -> set[int]:
    """Values that somebody reads."""
    read = {v for block in graph.blocks for ins in block.ins for v in ins.uses.values()}
    read |= {v for block in graph.blocks for phi in block.phis for v in phi.sources}
    return read | {block.cond_value for block in graph.blocks if block.cond}


def _gets_out(ins: Ins, names: set[str], read: set[int]) -> bool:
    words = ins.inst.opcode.split(".")
    if ins.binding.form.name == "cvta":
        return "local" in words and any(v in read for v in ins.defs.values())
    return "local" not in words and any(
        isinstance(o, Addr) and isinstance(o.base, Sym) and o.base.name in names for o in ins.inst.operands
    )


def _depth(facts: Facts, block: int) -> int:
    depth, loop = 0, facts.loop_of[block]
    while loop is not None:
        depth, loop = depth + 1, loop.parent
    return depth
