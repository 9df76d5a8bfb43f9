"""How many lanes run together. In: Facts of a kernel at 32 lanes. Out: 32, 64 or 128.

Several warps in one group cost nothing where all of them run in step: they share loads of uniform values, and a barrier has fewer groups to
switch between. They must not wait for each other, so every barrier has to stand in code that all threads run together; loops
that lanes leave at different times stay narrow; and what is live in loops should fit the vector registers.
"""

from __future__ import annotations

from sheer.base.types import SCALARS
from sheer.ir.module import Imm
from sheer.passes.facts import Facts

_ROOM = 16  # vector registers that live values may take, of 32
_WIDE = (128, 64)


def choose(facts: Facts, threads: int, lanes_per_register: int = 16) -> int:
    """Lanes per group for a kernel without calls."""
    has_barrier = False
    for block in facts.graph.blocks:
        for ins in block.ins:
            name = ins.binding.form.name
            if name in ("bar", "barrier") and "warp" not in ins.inst.opcode:
                first = ins.inst.operands[1 if "red" in ins.inst.opcode else 0]
                plain = isinstance(first, Imm) and first.value == 0
                if facts.masked(block.index) or not plain:
                    return 32
                has_barrier = True
            elif name in ("call", "mma", "wmma", "ldmatrix", "mbarrier", "nanosleep"):
                return 32
    if facts.divergent_loops or not has_barrier:
        return 32
    live = _live_across_loops(facts)
    for lanes in _WIDE:
        if threads % lanes == 0 and live * lanes // lanes_per_register <= _ROOM:
            return lanes
    return 32


def _live_across_loops(facts: Facts) -> int:
    """The most varying 32-bit values that are live at a loop's header."""
    graph = facts.graph
    last_use: dict[int, set[int]] = {}
    for block in graph.blocks:
        for ins in block.ins:
            for value in ins.uses.values():
                last_use.setdefault(value, set()).add(block.index)
        for phi in block.phis:
            for pred, source in zip(block.preds, phi.sources, strict=True):
                last_use.setdefault(source, set()).add(pred)
    most = 0
    for loop in facts.loops:
        words = 0
        for value, uses in last_use.items():
            born = graph.value_block[value]
            if facts.shape[value] is not None or graph.value_type[value] == "pred":
                continue
            carried = born in loop.headers and any(p.value == value for p in graph.blocks[born].phis)
            through = born not in loop.members and born >= 0 and bool(uses & loop.members)
            if carried or through:
                words += max(1, SCALARS[graph.value_type[value]].bits // 32)
        most = max(most, words)
    return most
