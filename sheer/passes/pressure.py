"""How many values are alive at once. In: Facts of a function. Out: 32-bit words a lane, in the order of the text.

A load for a single use counts nothing: the instruction that uses it reads memory itself. Values that are the same for all lanes, or known from
their neighbour's, are kept in scalar registers.
"""

from __future__ import annotations

from sheer.base.types import SCALARS
from sheer.passes.cfg import Block
from sheer.passes.facts import Facts


def pressure(facts: Facts) -> int:
    """The most words of varying values that are alive at the same place."""
    words = _words(facts)
    live_in = _live_in(facts)
    most = 0
    for block in facts.graph.blocks:
        live = _live_out(facts, block, live_in)
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


def _live_out(facts: Facts, block: Block, live_in: list[set[int]]) -> set[int]:
    live: set[int] = set()
    for number in block.succs:
        target = facts.graph.blocks[number]
        place = target.preds.index(block.index)
        live |= live_in[number]
        live |= {phi.sources[place] for phi in target.phis}
    return live


def _live_in(facts: Facts) -> list[set[int]]:
    blocks = facts.graph.blocks
    live_in: list[set[int]] = [set() for _ in blocks]
    changed = True
    while changed:
        changed = False
        for index in reversed(facts.order):
            block = blocks[index]
            live = _live_out(facts, block, live_in)
            for ins in reversed(block.ins):
                live -= set(ins.defs.values())
                live |= set(ins.uses.values())
            live -= {phi.value for phi in block.phis}
            if live != live_in[index]:
                live_in[index] = live
                changed = True
    return live_in
