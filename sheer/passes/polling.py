"""Loops that wait for memory. In: Facts of a function. Out: the headers of loops in which others must get their turn, and whether the lanes
of a warp may wait for each other (then each lane runs on its own).

A loop polls if one of its exits depends on an atomic's result or on a volatile, relaxed or acquiring load made in the loop. The usual
update loop around compare-and-swap (its new value computed from the old one) does not wait for anybody.
"""

from __future__ import annotations

from sheer.ir.module import Reg
from sheer.passes.cfg import Ins
from sheer.passes.dominance import Loop
from sheer.passes.facts import Facts

_STRONG = ("volatile", "relaxed", "acquire", "mmio")


def headers(facts: Facts) -> set[int]:
    """Header blocks of polling loops."""
    return {header for loop in facts.loops if waits_on(facts, loop) for header in loop.headers}


def lanes_wait(facts: Facts) -> bool:
    """Some polling loop is left by its lanes at different times: one lane may wait for what another does after the loop."""
    return any(id(loop) in facts.divergent_loops and waits_on(facts, loop) for loop in facts.loops)


def waits_on(facts: Facts, loop: Loop) -> list[Ins]:
    """The instructions in the loop whose result decides whether it is left."""
    graph = facts.graph
    makers = {value: ins for b in loop.members for ins in graph.blocks[b].ins for value in ins.defs.values()}
    phis = {phi.value: phi for b in loop.members for phi in graph.blocks[b].phis}
    exits = [
        graph.blocks[b].cond_value
        for b in loop.members
        if graph.blocks[b].kind == "branch" and any(s not in loop.members for s in graph.blocks[b].succs)
    ]
    found: dict[int, Ins] = {}
    seen: set[int] = set()
    work = list(exits)
    while work:
        value = work.pop()
        if value in seen:
            continue
        seen.add(value)
        if value in phis:
            work.extend(phis[value].sources)
        elif value in makers:
            ins = makers[value]
            work.extend(ins.uses.values())
            if _strong(ins) and not _updates(ins, makers, phis):
                found[id(ins)] = ins
    return list(found.values())


def _strong(ins: Ins) -> bool:
    name = ins.binding.form.name
    if name == "atom":
        return True
    return name == "ld" and getattr(ins.binding.m, "sem", "") in _STRONG


def _updates(ins: Ins, makers: dict[int, Ins], phis: dict[int, object]) -> bool:
    """Compare-and-swap whose new value is computed: somebody always succeeds."""
    if (
        ins.binding.form.name != "atom"
        or getattr(ins.binding.m, "op", "") != "cas"
        or len(ins.inst.operands) < 4
    ):
        return False
    compare, swap = ins.inst.operands[2], ins.inst.operands[3]
    if not isinstance(swap, Reg) or not isinstance(compare, Reg):
        return False
    wanted = ins.uses[compare.name]
    seen: set[int] = set()
    work = [ins.uses[swap.name]]
    while work:
        value = work.pop()
        if value == wanted:
            return True
        if value in seen:
            continue
        seen.add(value)
        if value in makers and makers[value] is not ins:
            work.extend(makers[value].uses.values())
        elif value in phis:
            work.extend(phis[value].sources)  # type: ignore[attr-defined]
    return False
