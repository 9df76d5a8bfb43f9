"""Blocks that lanes come to only to end the launch: failed assertions and traps. In: a Graph. Out: their numbers.

A lane that comes to one never goes on, and neither does any other lane of the launch. So whoever does not come there need not wait for those
that do: they go there at once, and what follows the branch is no less together than what stood before it. Only blocks that wait for nobody are
taken: what they do must not depend on lanes that then have not come as far.
"""

from __future__ import annotations

from sheer.ir.module import Sym
from sheer.passes.cfg import Block, Graph, Ins

_SERVICES = ("__assertfail", "vprintf")
_TOGETHER = ("bar", "barrier", "shfl", "vote", "match", "redux", "activemask", "elect", "mma", "wmma", "ldmatrix", "mbarrier", "griddepcontrol")


def failing_blocks(graph: Graph) -> frozenset[int]:
    """Straight chains of blocks that end in a trap."""
    found: set[int] = set()
    work = [block for block in graph.blocks if block.kind == "trap" and block.index]
    while work:
        block = work.pop()
        if block.index in found or not all(map(_alone, block.ins)):
            continue
        found.add(block.index)
        work += [graph.blocks[p] for p in block.preds if p and _goes_straight(graph.blocks[p])]
    return frozenset(found)


def _goes_straight(block: Block) -> bool:
    return block.kind == "jump" and not block.pauses


def _alone(ins: Ins) -> bool:
    """Needs no other lane."""
    name = ins.binding.form.name
    if name == "call":
        return any(isinstance(operand, Sym) and operand.name in _SERVICES for operand in ins.inst.operands)
    return name not in _TOGETHER
