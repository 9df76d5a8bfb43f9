"""Threads that have passed their last barrier. In: a Graph, and which of its instructions wait for other threads of the block. Out: the
blocks from which no such instruction is reached any more.

Lanes on their way to such a block count as gone for the barriers that other lanes of their group still wait at: their code may be
emitted behind those barriers, and they must not be waited for.
"""

from __future__ import annotations

from collections.abc import Callable

from sheer.passes.cfg import Graph, Ins


def past_barriers(graph: Graph, waits: Callable[[Ins], bool]) -> set[int]:
    """Block numbers."""
    waiting = {block.index for block in graph.blocks if any(waits(ins) for ins in block.ins)}
    work = list(waiting)
    while work:
        for pred in graph.blocks[work.pop()].preds:
            if pred not in waiting:
                waiting.add(pred)
                work.append(pred)
    return {block.index for block in graph.blocks} - waiting
