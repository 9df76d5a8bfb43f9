"""Where what a phi held in the turn before is done with. In: Facts. Out: blocks, and the phis that are empty when lanes leave these.

Lanes that come to a phi by several ways write their part of it and leave the rest. Around a loop that would keep what the turn before left there
alive, in a register or on the stack, for every such phi. But all lanes that come pass the phi's dominator first: at its end the phi holds nothing
that anybody reads. Lanes that left a loop earlier have their values elsewhere, and those that wait at the phi must not see its dominator run again.
"""

from __future__ import annotations

from sheer.passes.facts import Facts


def phis(facts: Facts) -> dict[int, list[int]]:
    """Values of phis by the block at whose end they are empty."""
    found: dict[int, list[int]] = {}
    for block in facts.graph.blocks:
        above = facts.idom[block.index]
        if facts.loop_of[block.index] is None or above == block.index or above < 0:
            continue
        around = facts.loop_of[above]
        if around is not None and (block.index not in around.members or len(around.headers) != 1):
            continue
        values = [phi.value for phi in block.phis if phi.value in facts.mixed_phis]
        if values:
            found.setdefault(above, []).extend(values)
    return found
