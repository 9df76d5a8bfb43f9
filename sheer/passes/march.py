"""Loops that march through memory. In: Facts of a kernel without barriers. Out: back edges at which a group should let its neighbours come as far.

A thread that walks down a column, or through the planes of a volume, reads far ahead of what it read before; what lies beside it is read by other
threads. On a GPU all of them walk together, and memory is read in long rows. One group that walks alone reads a short piece of each row, which is
what caches and a processor's prefetching are worst at: the rows may be a power of two apart, and fall into the same few sets of a cache. So groups of
neighbouring blocks take turns, one step each, and each asks for what its next step will read (advance.py).
"""

from __future__ import annotations

from sheer.passes.advance import Search, Step, address_of, goes_far
from sheer.passes.dominance import Loop
from sheer.passes.facts import Facts

_MOST = 6  # values of 32 bits a lane that are carried from turn to turn


def back_edges(facts: Facts) -> set[tuple[int, int]]:
    """(latch, header) of innermost loops in which every access of global memory goes a long way each turn, lanes side by side."""
    found = set()
    inner = [loop for loop in facts.loops if not any(other.parent is loop for other in facts.loops)]
    for loop in inner:
        edge = _back_edge(facts, loop)
        if edge is not None and _marches(facts, loop) and _carried(facts, loop) <= _MOST:
            found.add(edge)
    return found


def _back_edge(facts: Facts, loop: Loop) -> tuple[int, int] | None:
    if len(loop.headers) != 1:
        return None
    header = next(iter(loop.headers))
    latches = [p for p in facts.graph.blocks[header].preds if p in loop.members]
    return (latches[0], header) if len(latches) == 1 else None


def _marches(facts: Facts, loop: Loop) -> bool:
    search, far = Search(facts, loop), False
    for index in loop.members:
        for ins in facts.graph.blocks[index].ins:
            if ins.binding.form.name in ("atom", "red", "call", "cp", "tex", "suld", "sust", "tld4"):
                return False
            if not goes_far(ins):
                continue
            address = address_of(ins)
            step = search.step(address) if address is not None else None
            if address is None or step is None:
                return False
            if step == Step(0) and facts.shape[address] is not None and facts.shape[address].uniform:
                continue
            if not step.is_far or facts.shape[address] is None or facts.shape[address].uniform:
                return False
            far = True
    return far


def _carried(facts: Facts, loop: Loop) -> int:
    """32-bit words of the lanes' own values that one turn hands on to the next."""
    header = facts.graph.blocks[next(iter(loop.headers))]
    kinds = [facts.graph.value_type[phi.value] for phi in header.phis if facts.shape[phi.value] is None]
    return sum(2 if kind.endswith("64") else 1 for kind in kinds)
