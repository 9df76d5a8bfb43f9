"""Exchange among the lanes of a warp, and barriers. In: bound instructions of the shfl, vote, match, redux, elect, bar families.
Out: Steps.

A .sync instruction is a meeting: each lane waits until all members that are alive have come, wherever in the program they execute
the like instruction. The old forms without .sync work on the lanes that are there together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheer.base.types import SCALARS
from sheer.ir.module import Inst, Operand, Pair
from sheer.isa import exact
from sheer.isa.row import Binding
from sheer.oracle.operands import Reader
from sheer.oracle.program import Code, Step, handles
from sheer.oracle.state import Barrier, Thread

U32, B32, PRED = SCALARS["u32"], SCALARS["b32"], SCALARS["pred"]
There = dict[int, tuple[Thread, Any]]
Give = Callable[[Thread, Any], None]


def meeting(
    inst: Inst, members: Reader, value: Reader, give: Give, result: Callable[[Thread, There], Any]
) -> Step:
    """A .sync step: brings `value`, gets `result(thread, who is there with what)`."""

    def one(thread: Thread) -> None:
        thread.warp.meet(
            thread, inst.opcode, members(thread) & 0xFFFFFFFF, (value(thread), give, result), _finish
        )
        thread.warp.recheck()

    return Step(inst, one, moves=True)


def _finish(there: There) -> None:
    """All have come: each gets its result by its own instruction."""
    values = {lane: (thread, brought[0]) for lane, (thread, brought) in there.items()}
    answers = [(thread, give, result(thread, values)) for thread, (_, give, result) in there.values()]
    for thread, give, answer in answers:
        give(thread, answer)


def together(inst: Inst, value: Reader, give: Give, result: Callable[[Thread, There], Any]) -> Step:
    """The form without .sync: the lanes that execute it together."""

    def group(threads: list[Thread]) -> None:
        there = {t.lane: (t, value(t)) for t in threads}
        for thread, answer in [(t, result(t, there)) for t in threads]:
            give(thread, answer)

    return Step(inst, None, group=group)


def exchange_step(
    code: Code,
    inst: Inst,
    value: Reader,
    member: Operand | None,
    give: Give,
    result: Callable[[Thread, There], Any],
) -> Step:
    if member is None:
        return together(inst, value, give, result)
    return meeting(inst, code.operands.reader(inst, member, U32), value, give, result)


def pair_writer(code: Code, inst: Inst, operand: Operand, t: Any) -> Give:
    """Writes (value, predicate) to d|p, or the value to d."""
    write = code.operands.writer(inst, operand, t)
    return write if isinstance(operand, Pair) else lambda thread, value: write(thread, value[0])


@handles("shfl")
def _shfl(code: Code, inst: Inst, binding: Binding) -> Step:
    operands, mode = inst.operands, binding.m.mode
    a = code.operands.reader(inst, operands[1], B32)
    b, c = (code.operands.reader(inst, o, U32) for o in operands[2:4])

    def result(thread: Thread, there: There) -> tuple[int, bool]:
        lane = thread.lane
        own, offset, bounds = there[lane][1]
        offset, clamp, segment = offset & 31, bounds & 31, bounds >> 8 & 31
        first = lane & segment
        last = first | clamp & ~segment
        if mode == "up":
            source = lane - offset
            inside = source >= last
        else:
            source = {"down": lane + offset, "bfly": lane ^ offset, "idx": first | offset & ~segment}[mode]
            inside = source <= last
        if not inside or source not in there:
            return own, inside
        return there[source][1][0], True

    return exchange_step(
        code,
        inst,
        lambda t: (a(t), b(t), c(t)),
        operands[4] if len(operands) > 4 else None,
        pair_writer(code, inst, operands[0], B32),
        result,
    )


@handles("vote")
def _vote(code: Code, inst: Inst, binding: Binding) -> Step:
    mode, operands = binding.m.mode, inst.operands
    holds = code.operands.reader(inst, operands[1], PRED)

    def result(thread: Thread, there: There) -> Any:
        votes = {lane: bool(value) for lane, (_, value) in there.items()}
        if mode == "ballot":
            return sum(1 << lane for lane, vote in votes.items() if vote)
        if mode == "uni":
            return len(set(votes.values())) == 1
        return any(votes.values()) if mode == "any" else all(votes.values())

    write = code.operands.writer(inst, operands[0], B32 if mode == "ballot" else PRED)
    return exchange_step(code, inst, holds, operands[2] if len(operands) > 2 else None, write, result)


@handles("match")
def _match(code: Code, inst: Inst, binding: Binding) -> Step:
    m, operands = binding.m, inst.operands
    value = code.operands.reader(inst, operands[1], m.type)

    def alike(thread: Thread, there: There) -> int:
        return sum(1 << lane for lane, (_, v) in there.items() if v == there[thread.lane][1])

    def everybody(thread: Thread, there: There) -> tuple[int, bool]:
        same = alike(thread, there)
        full = same == sum(1 << lane for lane in there)
        return (same if full else 0), full

    if m.mode == "any":
        return exchange_step(
            code, inst, value, operands[2], code.operands.writer(inst, operands[0], B32), alike
        )
    return exchange_step(code, inst, value, operands[2], pair_writer(code, inst, operands[0], B32), everybody)


@handles("redux")
def _redux(code: Code, inst: Inst, binding: Binding) -> Step:
    m, t = binding.m, binding.m.type
    value = code.operands.reader(inst, inst.operands[1], t)

    def combine(a: Any, b: Any) -> Any:
        if t.is_float:
            return exact.extreme(m.op == "min", a, b, bool(m.NaN))
        return {
            "add": t.wrap(a + b),
            "min": min(a, b),
            "max": max(a, b),
            "and": a & b,
            "or": a | b,
            "xor": a ^ b,
        }[m.op]

    def result(thread: Thread, there: There) -> Any:
        values = [abs(v) if getattr(m, "abs", False) else v for _, v in there.values()]
        total = values[0]
        for v in values[1:]:
            total = combine(total, v)
        return total

    return exchange_step(
        code, inst, value, inst.operands[2], code.operands.writer(inst, inst.operands[0], t), result
    )


@handles("activemask")
def _activemask(code: Code, inst: Inst, binding: Binding) -> Step:
    write = code.operands.writer(inst, inst.operands[0], B32)
    return together(inst, lambda thread: 0, write, lambda thread, there: sum(1 << lane for lane in there))


@handles("elect")
def _elect(code: Code, inst: Inst, binding: Binding) -> Step:
    def result(thread: Thread, there: There) -> tuple[int, bool]:
        return min(there), thread.lane == min(there)

    return exchange_step(
        code, inst, lambda thread: 0, inst.operands[1], pair_writer(code, inst, inst.operands[0], B32), result
    )


# -- barriers ------------------------------------------------------------------------------------------------------------------------


@handles("bar", "barrier")
def _bar(code: Code, inst: Inst, binding: Binding) -> Step:
    if ".warp" in inst.opcode:
        members = code.operands.reader(inst, inst.operands[0], U32)
        return meeting(
            inst, members, lambda thread: 0, lambda thread, value: None, lambda thread, there: None
        )
    if ".cluster" in inst.opcode:
        return _cluster(inst)
    m, operands = binding.m, list(inst.operands)
    give: Callable[[Thread, list[bool]], None] | None = None
    if m.mode == "red":
        write = code.operands.writer(inst, operands.pop(0), U32 if m.op == "popc" else PRED)
        count = {"popc": sum, "and": all, "or": any}[m.op]

        def give_votes(thread: Thread, votes: list[bool]) -> None:
            write(thread, count(votes))

        give = give_votes
        predicate = code.operands.reader(inst, operands.pop(), PRED)
    number = code.operands.reader(inst, operands[0], U32)
    expected = code.operands.reader(inst, operands[1], U32) if len(operands) > 1 else None

    def one(thread: Thread) -> None:
        barrier = thread.block.barriers.setdefault(number(thread), Barrier())
        barrier.expected = expected(thread) if expected is not None else 0
        barrier.arrived += 1
        if m.mode == "red":
            barrier.votes.append(predicate(thread))
        if m.mode == "arrive":
            thread.pc += 1
        else:
            thread.wait = barrier
            barrier.waiting.append((thread, give))
        thread.block.recheck()

    return Step(inst, one, moves=True)


def _cluster(inst: Inst) -> Step:
    """A cluster is one block here: arrive counts, wait waits for all of the block's threads."""

    def one(thread: Thread) -> None:
        block = thread.block
        if "arrive" in inst.opcode:
            thread.cluster_phase = block.cluster_phase
            block.cluster_arrived += 1
            thread.pc += 1
        else:
            thread.wait = ("cluster", thread.cluster_phase)
            block.cluster_waiters.append((thread, thread.cluster_phase))
        block.recheck()

    return Step(inst, one, moves=True)
