"""How many values are alive at once. In: Facts of a function. Out: 32-bit words a lane, in the order of the text.

A load for a single use counts nothing: the instruction that uses it reads memory itself. Values that are the same for all lanes, or known from
their neighbour's, are kept in scalar registers.
"""

from __future__ import annotations

from sheer.base.types import SCALARS
from sheer.ir.module import Reg
from sheer.passes.cfg import Block, Ins
from sheer.passes.facts import Facts
from sheer.passes.work import narrow_and_folded


def pressure(facts: Facts) -> int:
    """The most words of varying values that are alive at the same place."""
    words = _words(facts)
    found = live_in(facts)
    most = 0
    for block in facts.graph.blocks:
        live = live_out(facts, block, found)
        total = sum(words[v] for v in live)
        most = max(most, total)
        for ins in reversed(block.ins):
            for value in live.intersection(ins.defs.values()):
                live.discard(value)
                total -= words[value]
            for value in set(ins.uses.values()) - live:
                live.add(value)
                total += words[value]
            most = max(most, total)
    return most


def _words(facts: Facts) -> list[int]:
    """What each value takes of a lane's registers."""
    graph = facts.graph
    readers = [0] * len(graph.value_type)
    for block in graph.blocks:
        for ins in block.ins:
            for value in ins.uses.values():
                readers[value] += 1
    words = [
        0 if kind == "pred" or facts.shape[value] is not None else max(1, SCALARS[kind].bits // 32)
        for value, kind in enumerate(graph.value_type)
    ]
    for block in graph.blocks:
        for ins in block.ins:
            if ins.binding.form.name == "ld":
                for value in ins.defs.values():
                    words[value] = words[value] if readers[value] > 1 else 0
    return words


def live_out(facts: Facts, block: Block, at_start: list[set[int]]) -> set[int]:
    """Values that are read after a block."""
    live: set[int] = set()
    for number in block.succs:
        target = facts.graph.blocks[number]
        place = target.preds.index(block.index)
        live |= at_start[number]
        live |= {phi.sources[place] for phi in target.phis}
    return live


def live_in(facts: Facts) -> list[set[int]]:
    """Values that are read at or after the start of each block."""
    blocks = facts.graph.blocks
    found: list[set[int]] = [set() for _ in blocks]
    changed = True
    while changed:
        changed = False
        for index in reversed(facts.order):
            block = blocks[index]
            live = live_out(facts, block, found)
            if block.cond:
                live.add(block.cond_value)
            for ins in reversed(block.ins):
                live -= set(ins.defs.values())
                live |= set(ins.uses.values())
            live -= {phi.value for phi in block.phis}
            if live != found[index]:
                found[index] = live
                changed = True
    return found


def registers(facts: Facts) -> int:
    """Registers that a thread would have on a GPU: an estimate for occupancy, since PTX has as many as it likes.

    The most 32-bit words that are alive at one place, and eight for what an assembler needs between. Parameters and constants lie in the constant
    bank; what is the same for all lanes of a warp has registers of its own on newer chips, so it counts half; predicates have theirs.
    """
    graph = facts.graph
    narrow, gone = narrow_and_folded(graph)
    words = [0.0] * len(graph.value_type)
    for block in graph.blocks:
        for value in [phi.value for phi in block.phis] + [v for ins in block.ins if id(ins) not in gone for v in ins.defs.values()]:
            kind = graph.value_type[value]
            if kind == "pred":
                continue
            whole = 1 if value in narrow else max(1, SCALARS[kind].bits // 32)
            shape = facts.shape[value]
            words[value] = whole / 2 if shape is not None and shape.uniform else whole
        for ins in block.ins:
            if _in_constant_bank(ins):
                words[next(iter(ins.defs.values()))] = 0
    most = 0.0
    found = live_in(facts)
    for block in graph.blocks:
        live = live_out(facts, block, found)
        most = max(most, sum(words[v] for v in live))
        for ins in reversed(block.ins):
            live -= set(ins.defs.values())
            live |= set(ins.uses.values())
            most = max(most, sum(words[v] for v in live))
    return min(255, max(16, int(most) + 8))


def _in_constant_bank(ins: Ins) -> bool:
    if len(ins.defs) != 1:
        return False
    words = ins.inst.opcode.split(".")
    if words[0] == "ld":
        return "param" in words
    return words[0] == "mov" and not any(isinstance(o, Reg) for o in ins.inst.operands[1:])
