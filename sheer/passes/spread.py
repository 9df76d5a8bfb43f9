"""Asking for memory while there is something to compute. In: Facts of a kernel in stages, and the accesses that ask for what comes next. Out: the Graph
with requests among the work of the following stage.

A stage that brings a tile from memory does nothing else, and its loads and requests for the next tile compete for the few places in which a processor
keeps what it waits for. The stage behind it computes, and waits for nothing. So the requests go there, a few lines at a time.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.ir.module import Addr, Reg
from sheer.isa.row import bind
from sheer.passes.advance import Step, address_of, size_of
from sheer.passes.cfg import Block, Ins
from sheer.passes.facts import Facts
from sheer.passes.pattern import pieces

_LINE = 64  # bytes
_LINES = 2  # of a request
_REGISTER = 16  # lanes
_WORK = 4  # vector instructions for each line, or the requests stay where they are


class Ask(NamedTuple):
    """A request for lines beginning `offset` bytes behind the address of a lane, and as far from there as `step` says."""

    lane: int
    offset: int
    lines: int
    step: Step


def spread(facts: Facts, ends: list[int], ahead: dict[int, Step]) -> dict[int, Ask]:
    """The requests by id of the new Ins; `ahead` loses the accesses that ask no more. `ends`: blocks that end with barriers."""
    found: dict[int, Ask] = {}
    for end in ends:
        block, behind = facts.graph.blocks[end], facts.graph.blocks[facts.graph.blocks[end].succs[0]]
        if behind.preds != [end] or facts.loop_of[end] is None:
            continue
        asks = [(ins, ask) for ins in block.ins if id(ins) in ahead for ask in _asks(facts, ins, ahead[id(ins)])]
        if not asks or _work(facts, behind) < _WORK * sum(ask.lines for _, ask in asks):
            continue
        for ins, _ in asks:
            ahead.pop(id(ins), None)
        new = [(_request(ins, ask), ask) for ins, ask in asks]
        found |= {id(ins): ask for ins, ask in new}
        _insert(behind, [ins for ins, _ in new])
    return found


def _asks(facts: Facts, ins: Ins, step: Step) -> list[Ask]:
    """[]: the lanes' addresses are no rows."""
    address = address_of(ins)
    shape = facts.shape[address] if address is not None else None
    if shape is None or ins.guard is not None or shape.uniform:
        return []
    size = size_of(ins)
    plan = pieces(shape, facts.lanes, size)
    if plan is None or set(plan[1]) != {"row"}:
        return []
    lines = -(-plan[0] * size // _LINE)
    return [
        Ask(lane, at * _LINE, min(_LINES, lines - at), step) for lane in range(0, facts.lanes, plan[0]) for at in range(0, lines, _LINES)
    ]


def _work(facts: Facts, block: Block) -> int:
    """Vector instructions."""
    varying = sum(any(facts.shape[v] is None for v in ins.defs.values()) for ins in block.ins)
    return varying * -(-facts.lanes // _REGISTER)


def _request(ins: Ins, ask: Ask) -> Ins:
    operand = next(o for o in ins.inst.operands if isinstance(o, Addr))
    assert isinstance(operand.base, Reg)
    inst = ins.inst._replace(opcode="prefetch.global.L2", operands=(operand,), guard=None)
    new = Ins(inst, bind(inst.opcode))
    new.uses = {operand.base.name: ins.uses[operand.base.name]}
    new.uses |= {f"step {value}": value for value in sorted(ask.step.values)}  # no register has such a name
    return new


def _insert(block: Block, new: list[Ins]) -> None:
    """Among the instructions, in equal distances; the barrier that ends them stays the last."""
    old, every = block.ins[:-1], len(block.ins) / (len(new) + 1)
    found: list[Ins] = []
    for number, ins in enumerate(old):
        while new and number >= every * (len(found) - number + 1):
            found.append(new.pop(0))
        found.append(ins)
    block.ins = [*found, *new, block.ins[-1]]
