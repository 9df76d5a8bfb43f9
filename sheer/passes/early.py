"""What may be computed before a barrier as well as behind it. In: Facts of a kernel and the blocks that end with its barriers. Out: the Graph with
instructions moved; says whether any was.

A kernel that loads into registers, waits, computes and stores keeps in memory, from stage to stage (stages.py), what it has loaded. Where the results
are fewer than what they are made of, they are computed first: nothing but registers decides what they are.
"""

from __future__ import annotations

from sheer.base.types import SCALARS
from sheer.passes.cfg import Block, Ins
from sheer.passes.facts import Facts
from sheer.passes.pressure import live_in, live_out
from sheer.passes.pure import is_pure


def hoist(facts: Facts, ends: list[int]) -> bool:
    """Moves what follows a barrier in front of it where fewer values of the lanes' own are kept then."""
    blocks, changed = facts.graph.blocks, False
    live = live_in(facts)
    for end in ends:
        block, behind = blocks[end], blocks[blocks[end].succs[0]]
        if behind.preds != [end] or behind.phis:
            continue
        moved = _movable(block, behind)
        if moved and _kept(facts, _needed(facts, behind, moved, live)) < _kept(facts, live_out(facts, block, live)):
            _move(facts, block, behind, moved)
            changed = True
    return changed


def _movable(block: Block, behind: Block) -> list[Ins]:
    """Instructions whose operands are known when the barrier is reached, and that do nothing but make values of them."""
    unknown = set(block.ins[-1].defs.values()) | {v for ins in behind.ins for v in ins.defs.values()}
    found = []
    for ins in behind.ins:
        if is_pure(ins) and not unknown & set(ins.uses.values()):
            found.append(ins)
            unknown -= set(ins.defs.values())
    return found


def _needed(facts: Facts, behind: Block, moved: list[Ins], live: list[set[int]]) -> set[int]:
    """Values that are read behind the barrier when `moved` stand before it."""
    early = {id(ins) for ins in moved}
    needed = live_out(facts, behind, live) | ({behind.cond_value} if behind.cond else set())
    for ins in reversed(behind.ins):
        if id(ins) not in early:
            needed -= set(ins.defs.values())
            needed |= set(ins.uses.values())
    return needed


def _kept(facts: Facts, values: set[int]) -> int:
    """Bits of a lane."""
    return sum(SCALARS[facts.graph.value_type[v]].bits for v in values if facts.shape[v] is None)


def _move(facts: Facts, block: Block, behind: Block, moved: list[Ins]) -> None:
    early = {id(ins) for ins in moved}
    behind.ins = [ins for ins in behind.ins if id(ins) not in early]
    block.ins[-1:-1] = moved
    for ins in moved:
        for value in ins.defs.values():
            facts.graph.value_block[value] = block.index
