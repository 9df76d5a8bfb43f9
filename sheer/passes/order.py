"""The order of instructions in straight code, and what it costs in registers. In: Facts of a kernel. Out: blocks whose instructions may stand in
another order, and an estimate of the work of one turn of the kernel's loops, in vector instructions.

A GPU's thread has up to 255 registers, a CPU's vector unit 16 or 32 for all lanes of a group. A matrix product that keeps 64 sums a thread, and
goes through all of them at each step, would read and write memory for every sum. Going through some of the sums for all steps, then through the
next ones, keeps those in registers. So for each stretch of code that nothing fixed interrupts, several orders are tried on a model of the
registers, and the one with the fewest transfers is taken: the order of the text, and that of chunks of results, each chunk with what it needs. What a
chunk before it loaded from shared or constant memory a chunk may load again: a row that all of them read would else be stored by the first, to be loaded
by the others from another place.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np

from sheer.base.types import SCALARS
from sheer.ir.module import Addr, Reg, Special
from sheer.passes.cfg import Block, Ins
from sheer.passes.facts import Facts

_CHUNKS = (24, 16, 8, 4)
_LONG = 48  # instructions that make a stretch worth a look
_STORE = 2  # a transfer to memory, in transfers from memory
_FIXED_LOADS = ("volatile", "acquire", "relaxed", "param", "mmio")
_CARRY = ("addc", "subc", "madc")
_TURNS = 8  # assumed of a loop


class Machine:
    """The vector registers: how many there are, and how many 32-bit lanes each holds."""

    def __init__(self, registers: int, lanes: int) -> None:
        self.registers, self.lanes = registers, lanes


class _Order(NamedTuple):
    """Instructions of a stretch. Loads may be among them more than once; `starts`: where those stand that do not go with the ones before."""

    ins: list[Ins]
    starts: frozenset[int]


def arrange(facts: Facts, machine: Machine, walls: set[int] | None) -> bool:
    """Puts long stretches of straight code into the order with the fewest transfers; says whether anything moved. `walls` gets the instructions (id) before
    which what was loaded has to be forgotten, or LLVM would keep it for loads of the same that follow; None: each load stands there once."""
    users = _users(facts)
    moved = False
    for block in facts.graph.blocks:
        if len(block.ins) < _LONG:
            continue
        found: list[Ins] = []
        for stretch, end in _stretches(block):
            if len(stretch) >= _LONG:
                best = _best(facts, machine, stretch, _later(block, stretch, users), walls is not None)
                moved, stretch = moved or best.ins is not stretch, best.ins
                if walls is not None:
                    walls |= {id(stretch[n]) for n in best.starts}
            found += stretch
            if end is not None:
                found.append(end)
        block.ins = found
    return moved


class Work(NamedTuple):
    """Vector and scalar instructions of a run of one group, and registers moved from and to memory for want of room."""

    instructions: float
    transfers: float


def work(facts: Facts, machine: Machine) -> Work:
    """What a run takes, if each loop takes a few turns."""
    users = _users(facts)
    instructions = transfers = 0.0
    for block in facts.graph.blocks:
        turns = _TURNS ** _depth(facts, block.index)
        for ins in block.ins:
            size = max((_registers(facts, machine, v) for v in ins.defs.values()), default=0)
            instructions += turns * max(size, 1)
        for stretch, _ in _stretches(block):
            if len(stretch) >= _LONG:
                later = _later(block, stretch, users)
                transfers += turns * min(_transfers(facts, machine, order, later) for order in _orders(stretch))
    return Work(instructions, transfers)


def _depth(facts: Facts, block: int) -> int:
    return min(3, sum(block in loop.members for loop in facts.loops))


def movable(ins: Ins) -> bool:
    """Only its operands decide what it gives."""
    name, opcode = ins.binding.form.name, ins.inst.opcode
    if ins.guard is not None or name in _CARRY or ".cc" in opcode:
        return False
    if name == "ld":
        return not any(word in opcode.split(".") for word in _FIXED_LOADS)
    row = ins.binding.row
    return row.ref is not None and not row.raw and not any(isinstance(o, Special) for o in ins.inst.operands)


def _stretches(block: Block) -> list[tuple[list[Ins], Ins | None]]:
    """Runs of instructions that may change places, each with the fixed one that ends it."""
    found: list[tuple[list[Ins], Ins | None]] = []
    run: list[Ins] = []
    for ins in block.ins:
        if movable(ins):
            run.append(ins)
        else:
            found.append((run, ins))
            run = []
    found.append((run, None))
    return found


def _users(facts: Facts) -> dict[int, int]:
    """How often each value is read."""
    found: dict[int, int] = {}
    for block in facts.graph.blocks:
        for ins in block.ins:
            for value in ins.uses.values():
                found[value] = found.get(value, 0) + 1
        for phi in block.phis:
            for value in phi.sources:
                found[value] = found.get(value, 0) + 1
        if block.cond:
            found[block.cond_value] = found.get(block.cond_value, 0) + 1
    return found


def _later(block: Block, stretch: list[Ins], users: dict[int, int]) -> set[int]:
    """Values that are read after the stretch."""
    inside: dict[int, int] = {}
    for ins in stretch:
        for value in ins.uses.values():
            inside[value] = inside.get(value, 0) + 1
    values = {v for ins in stretch for v in ins.defs.values()}
    return {v for v in values if users.get(v, 0) > inside.get(v, 0)}


def _best(facts: Facts, machine: Machine, stretch: list[Ins], later: set[int], again: bool) -> _Order:
    orders = _orders(stretch, again)
    costs = [_transfers(facts, machine, order, later) for order in orders]
    best = min(range(len(orders)), key=costs.__getitem__)
    return orders[best] if costs[best] < 0.9 * costs[0] else orders[0]


def _orders(stretch: list[Ins], again: bool = True) -> list[_Order]:
    """That of the text first; then by chunks of results, each of which loads what it needs or takes what those before it loaded."""
    maker = {v: n for n, ins in enumerate(stretch) for v in ins.defs.values()}
    needs = [[maker[v] for v in ins.uses.values() if maker.get(v, n) < n] for n, ins in enumerate(stretch)]
    used = {n for need in needs for n in need}
    results = [n for n in range(len(stretch)) if n not in used]
    loads = {n for n, ins in enumerate(stretch) if again and _stays(ins)}
    found = [_Order(stretch, frozenset())]
    for size in _CHUNKS:
        if len(results) < 2 * size:
            continue
        for afresh in (False, True) if loads else (False,):
            done: set[int] = set()
            order: list[Ins] = []
            starts: set[int] = set()
            for first in range(0, len(results), size):
                chunk: set[int] = set()
                stack = results[first : first + size]
                while stack:
                    n = stack.pop()
                    if n not in chunk and (n not in done or (afresh and n in loads)):
                        chunk.add(n)
                        stack += needs[n]
                if chunk & done:
                    starts.add(len(order))
                order += [copy(stretch[n]) if n in done else stretch[n] for n in sorted(chunk)]
                done |= chunk
            if starts or not afresh:
                found.append(_Order(order, frozenset(starts)))
    return found


def _registers(facts: Facts, machine: Machine, value: int) -> int:
    """Vector registers that a value takes; none if it is the same for all lanes, or known from its neighbour's."""
    kind = facts.graph.value_type[value]
    if kind == "pred" or facts.shape[value] is not None:
        return 0
    return max(1, SCALARS[kind].bits * facts.lanes // (32 * machine.lanes))


def _stays(ins: Ins) -> bool:
    """A load that finds the same if it runs again in the stretch: no other thread of the machine writes to what it reads."""
    words = {word.partition("::")[0] for word in ins.inst.opcode.split(".")}
    return "ld" in words and bool(words & {"shared", "const", "nc"})


def _repeats(facts: Facts, machine: Machine, ins: Ins) -> bool:
    """A load that gives every register of a group the same: a row that several rows of threads read."""
    address = ins.inst.operands[-1]
    if ins.binding.form.name != "ld" or not isinstance(address, Addr) or not isinstance(address.base, Reg):
        return False
    shape = facts.shape[ins.uses[address.base.name]]
    if shape is None or facts.lanes % machine.lanes:
        return False
    known = [shape.c] if shape.m is None else [shape.c, shape.m]
    return all((part == part.reshape(-1, machine.lanes)[0][np.arange(facts.lanes) % machine.lanes]).all() for part in known)


def _transfers(facts: Facts, machine: Machine, order: _Order, later: set[int]) -> int:
    """Reads and writes of memory if the value that is used last makes room. What is loaded again is another value each time."""
    far = len(order.ins) * 2
    now: dict[int, int] = {}  # value -> its latest name, where it is made again
    steps: list[tuple[list[int], list[int]]] = []
    size: dict[int, int] = {}
    cost, names, made = 0, 0, set()  # names below 0: of values that are made again
    for ins in order.ins:
        uses = [now.get(v, v) for v in ins.uses.values()]
        defs = []
        for v in ins.defs.values():
            registers = _registers(facts, machine, v)
            if registers > 1 and _repeats(facts, machine, ins):
                registers = 1
            if v in made:
                names -= 1
                now[v] = names
                cost += registers
            made.add(v)
            defs.append(now.get(v, v))
            size[defs[-1]] = registers
        for v in uses:
            size.setdefault(v, _registers(facts, machine, v) if v >= 0 else 0)
        steps.append((uses, defs))
    later = {now.get(v, v) for v in later}
    uses_of: dict[int, list[int]] = {}
    for n, (uses, _) in enumerate(steps):
        for value in uses:
            if size[value]:
                uses_of.setdefault(value, []).append(n)
    for turn in uses_of.values():
        turn.reverse()  # the next one last
    return cost + _evictions(machine.registers, steps, size, uses_of, later, far)


def _evictions(
    room: int, steps: list[tuple[list[int], list[int]]], size: dict[int, int], uses: dict[int, list[int]], later: set[int], far: int
) -> int:
    held: dict[int, bool] = {}  # value -> there is a copy in memory
    stored: set[int] = set()
    made = {v for _, defs in steps for v in defs}
    cost = 0
    for n, (read, defs) in enumerate(steps):
        for value in read:
            if value not in uses:
                continue
            if value not in held:
                cost += size[value]
                held[value] = value in stored or value not in made
                room -= size[value]
            turns = uses[value]
            while turns and turns[-1] <= n:
                turns.pop()
            if not turns and value not in later:
                held.pop(value, None)
                room += size[value]
        for value in defs:
            if size[value] and (uses.get(value) or value in later):
                held[value] = False
                room -= size[value]
        while room < 0:
            value = max(held, key=lambda v: uses[v][-1] if uses.get(v) else far)
            wanted = uses.get(value) or value in later
            if not held.pop(value) and wanted:
                cost += _STORE * size[value]
                stored.add(value)
            room += size[value]
    return cost
