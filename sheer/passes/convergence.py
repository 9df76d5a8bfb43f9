"""Where lanes that a branch parts are together again, in the same turn of every loop around it. In: successor lists and loops. Out: for every
block where its lanes meet, and the sides of branches that decide whether a lane comes to it.

Plain postdominance is not enough: a block that lanes come to through a back edge, in a later turn, is not where they meet those that are there
already. So back edges lead to the end of the turn here, a node of its own for each loop, and from there to wherever the loop can be left.
"""

from __future__ import annotations

from dataclasses import dataclass

from sheer.passes.dominance import Loop, postdominators


@dataclass(frozen=True)
class Convergence:
    """`meet`: by block, the first block that all its lanes come to (the number of blocks: none). `depends`: by block, (branch, side) pairs."""

    meet: list[int]
    depends: list[set[tuple[int, int]]]


def convergence(succs: list[list[int]], order: list[int], loop_of: list[Loop | None], loops: list[Loop]) -> Convergence:
    """`order`: all blocks, loops contiguous; an edge that does not go forward in it begins a loop's next turn."""
    count = len(succs)
    ends = {id(loop): count + n for n, loop in enumerate(loops)}
    forward = _within_turns(succs, order, loop_of, loops, ends)
    above = postdominators(forward)
    meet = [_block(above, block, count) for block in range(count)]
    found: list[set[tuple[int, int]]] = [set() for _ in forward]
    for block in range(count):
        if len(set(forward[block])) < 2:
            continue
        for side, runner in enumerate(forward[block]):
            while runner != above[block] and runner < len(forward):
                found[runner].add((block, side))
                runner = above[runner]
    for loop in loops:  # who decides whether there is another turn decides about all that is in it
        for member in loop.members:
            found[member] |= found[ends[id(loop)]]
    return Convergence(meet, found[:count])


def _within_turns(
    succs: list[list[int]], order: list[int], loop_of: list[Loop | None], loops: list[Loop], ends: dict[int, int]
) -> list[list[int]]:
    """The graph without back edges: blocks, then the ends of the loops' turns."""
    position = {block: n for n, block in enumerate(order)}

    def to(source: int, target: int) -> int:
        if position[target] > position[source]:
            return target
        loop = loop_of[source]
        while loop is not None and target not in loop.members:
            loop = loop.parent
        assert loop is not None, "an edge goes back outside all loops"
        return ends[id(loop)]

    forward = [[to(block, target) for target in targets] for block, targets in enumerate(succs)]
    for loop in loops:
        forward.append(sorted({to(b, s) for b in loop.members for s in succs[b] if s not in loop.members}))
    return forward


def _block(above: list[int], block: int, count: int) -> int:
    """The nearest postdominator that is a block."""
    runner = above[block]
    while count <= runner < len(above):
        runner = above[runner]
    return min(runner, count)
