"""Uniform values whose low bits decide how the lanes' addresses lie. In: Facts. Out: for blocks, the value to ask and the low bits that are worth
code of their own.

In a network of exchanges thread t meets thread t ^ d, or works at 2 t - (t & (d - 1)), with a distance d that changes from turn to turn. Nothing is
known of such addresses when the code is made, so each access would be a gather or a scatter. But the threads of a group are neighbours, and the low
bits of d, as many as number the lanes, say all that there is to know of how their addresses lie to each other: d is a power of two, and few of them
are smaller than a group. So a block with such accesses is written once for each of these, where the addresses are an affine pattern, vectors are
loaded and shuffled, and once more for whatever else d may be.

What a block gets from others is made again in it, so that its pattern is known there, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sheer.ir.module import Addr, Reg
from sheer.passes import pattern
from sheer.passes.cfg import Block, Ins
from sheer.passes.facts import FactLanes, Facts
from sheer.passes.pattern import Shuffles
from sheer.passes.pressure import live_in
from sheer.passes.shape import VARYING, Shape

_MIXES = frozenset(("and", "or", "xor"))
_STEPS = frozenset(("add", "sub", "neg", "not"))
_AWAY = 3  # steps from the value that is asked to the one that lanes are mixed with
_MOST_BITS = 8  # of a lane's number
_GAIN = 0.7  # of what the accesses of the block cost otherwise
_ROOM, _ROOM_OF_ALL = 2000, 4000  # vector instructions that one block's cases, all cases of a function may have
_VECTOR = 512
_NOT_WRITTEN_TWICE = frozenset(("call", "mma", "wmma", "ldmatrix", "mbarrier"))
_ELSEWHERE = ("local", "param")


class Cases(NamedTuple):
    """Control parts before instruction `at` of the block by `value` modulo 2**bits; `again`: instructions of other blocks to repeat in each case."""

    value: int
    bits: int
    lows: tuple[int, ...]
    at: int
    again: tuple[Ins, ...]


@dataclass
class _Selector:
    bits: int
    lows: set[int]


def find(facts: Facts, shuffles: Shuffles, in_stages: bool) -> dict[int, Cases]:
    """By block. In stages a block can only ask for what is live there anyway."""
    if not shuffles.row_bits:
        return {}
    found: dict[int, tuple[float, Cases]] = {}
    for value, selector in _selectors(facts).items():
        for index, (gain, cases) in _Trial(facts, value, selector, shuffles).blocks().items():
            if index not in found or gain > found[index][0]:
                found[index] = gain, cases
    kept, room = {}, _ROOM_OF_ALL
    live = live_in(facts) if in_stages and found else None
    for index, (_, cases) in sorted(found.items(), key=lambda item: -item[1][0]):
        size = _size(facts, index, cases.at) * len(cases.lows)
        there = live is None or all(facts.graph.value_block[v] == index or v in live[index] for v in used(cases))
        if size <= room and there:
            kept[index] = cases
            room -= size
    return kept


def _size(facts: Facts, index: int, at: int) -> int:
    """Vector instructions of a block from an instruction on; a masked one may be written twice."""
    return max(1, 32 * facts.lanes // _VECTOR) * (len(facts.graph.blocks[index].ins) - at + 4) * (1 + facts.masked(index))


def _selectors(facts: Facts) -> dict[int, _Selector]:
    """Uniform values that lanes' numbers are mixed with, traced to what they are computed from."""
    makers = {v: ins for block in facts.graph.blocks for ins in block.ins for v in ins.defs.values()}
    found: dict[int, _Selector] = {}
    for block in facts.graph.blocks:
        for ins in block.ins:
            mixed = _mixed(facts, block, ins)
            if mixed is None:
                continue
            value, bits = mixed
            root, step = _root(facts, makers, value)
            selector = found.setdefault(root, _Selector(0, set()))
            selector.bits = max(selector.bits, bits)
            mask = (1 << bits) - 1
            lows = _expected(ins, bits, step(1) < step(0))
            selector.lows |= {r for r in range(1 << bits) if step(r) & mask in lows}
    return found


def _expected(ins: Ins, bits: int, negated: bool) -> set[int]:
    """Low bits of a distance that is a power of two, of a mask of what is below one, or of one of what is not."""
    powers = {1 << i for i in range(bits + 1)}
    mask = (1 << bits) - 1
    if ins.inst.opcode.startswith("xor"):
        return {power & mask for power in powers}
    return {-power & mask for power in powers} if negated else {power - 1 for power in powers}


def _mixed(facts: Facts, block: Block, ins: Ins) -> tuple[int, int] | None:
    """(uniform value, low bits that matter) of an instruction that mixes it with lanes of one aligned stretch."""
    words = ins.inst.opcode.split(".")
    if words[0] not in _MIXES or words[-1] not in ("b32", "b64") or ins.guard is not None:
        return None
    operands = ins.inst.operands[1:3]
    if not all(isinstance(o, Reg) for o in operands):
        return None
    values = [ins.uses[o.name] for o in operands if isinstance(o, Reg)]
    shapes = [facts.shape_at(v, block.index) for v in values]
    for (one, other), lanes in zip((shapes, shapes[::-1]), (values[1], values[0]), strict=True):
        if one is None or other is None or one.uniform or not other.uniform or other.const is not None or one.stride is not None:
            continue
        bits = int(one.c.max()).bit_length()
        if int(one.c.min()) < 0 or not 0 < bits <= min(one.tz, _MOST_BITS):
            return None
        return lanes, bits
    return None


def _root(facts: Facts, makers: dict[int, Ins], value: int) -> tuple[int, Callable[[int], int]]:
    """What a value is computed from by constants, and how."""
    steps: list[tuple[int, int]] = []  # the value is factor * x + term, one after the other
    for _ in range(_AWAY):
        ins = makers.get(value)
        step = _step(facts, ins) if ins is not None else None
        if step is None:
            break
        value = step[0]
        steps.append(step[1:])

    def of(low: int) -> int:
        for factor, term in reversed(steps):
            low = factor * low + term
        return low

    return value, of


def _step(facts: Facts, ins: Ins) -> tuple[int, int, int] | None:
    """(x, factor, term) of an instruction that gives factor * x + term."""
    word = ins.inst.opcode.split(".")[0]
    if word not in _STEPS or ins.guard is not None or len(ins.uses) != 1 or "sat" in ins.inst.opcode:
        return None
    ((name, value),) = ins.uses.items()
    if word in ("neg", "not"):
        return value, -1, -(word == "not")
    a, b = ins.inst.operands[1:3]
    mine = isinstance(a, Reg) and a.name == name
    constant = getattr(b if mine else a, "value", None)
    if not isinstance(constant, int):
        return None
    if word == "add":
        return value, 1, constant
    return (value, 1, -constant) if mine else (value, -1, constant)


class _Trial(FactLanes):
    """The shapes that follow from the low bits of one value."""

    def __init__(self, facts: Facts, selector: int, wanted: _Selector, shuffles: Shuffles) -> None:
        super().__init__(facts)
        self.selector, self.wanted, self.shuffles = selector, wanted, shuffles
        self.known: dict[int, Shape] = {}
        self.maker: dict[int, Ins] = {}
        self.steps: list[tuple[int, Ins]] = []
        self.accesses: list[tuple[int, Ins, int]] = []
        self._slice()

    def _slice(self) -> None:
        """What is computed from the selector, and the irregular accesses among that."""
        facts, values = self.facts, {self.selector}
        for index in facts.order:
            for ins in facts.graph.blocks[index].ins:
                if not values & set(ins.uses.values()) or ins.guard is not None:
                    continue
                address = next((o for o in ins.inst.operands if isinstance(o, Addr)), None)
                if ins.binding.form.name in ("ld", "st") and address is not None:
                    self._access(index, ins, address, values)
                elif not ins.binding.row.raw or ins.binding.form.name == "cvta":
                    self.steps.append((index, ins))
                    for value in ins.defs.values():
                        values.add(value)
                        self.maker[value] = ins

    def _access(self, index: int, ins: Ins, address: Addr, values: set[int]) -> None:
        space = (getattr(ins.binding.m, "space", "") or "").partition("::")[0]
        base = ins.uses.get(address.base.name, -1) if isinstance(address.base, Reg) else -1
        if space not in _ELSEWHERE and base in values and self.facts.shape_at(base, index) is VARYING:
            self.accesses.append((index, ins, base))

    def value(self, number: int) -> Any:
        shape = self.known.get(number)
        return shape if shape is not None and self._reaches(number) else super().value(number)

    def _reaches(self, number: int) -> bool:
        """What the value is made of is still the same in the current block."""
        facts, here, born = self.facts, self.block, self.facts.graph.value_block[number]
        if born == here or number == self.selector:
            return not facts.leaves_divergent_loop(number, here)
        loop = facts.loop_of[born] if born >= 0 else None
        return born >= 0 and (loop is None or here in loop.members) and facts.dominates(born, here)

    def blocks(self) -> dict[int, tuple[float, Cases]]:
        """(what is gained, cases) of the blocks that gain."""
        gains: dict[int, dict[int, float]] = {}
        for low in sorted(self.wanted.lows) if self.accesses else ():
            self._follow(low)
            for index in {index for index, _, _ in self.accesses}:
                before, after = self._costs(index)
                if after < _GAIN * before:
                    gains.setdefault(index, {})[low] = before - after
        found = {}
        for index, by_low in gains.items():
            cases = self._cases(index, by_low)
            if cases is not None:
                found[index] = sum(by_low[low] for low in cases.lows), cases
        return found

    def _follow(self, low: int) -> None:
        self.known = {self.selector: self.uniform().with_low(self.wanted.bits, low)}
        for index, ins in self.steps:
            self.block = index
            for reg, shape in self.results(ins):
                if reg is not None and isinstance(shape, Shape) and (shape.low is not None or self.facts.shape[ins.defs[reg]] is VARYING):
                    self.known[ins.defs[reg]] = shape

    def _costs(self, index: int) -> tuple[float, float]:
        before = after = 0.0
        self.block = index
        masked = self.facts.masked(index)
        for at, ins, base in self.accesses:
            if at != index:
                continue
            bits, count = ins.binding.m.type.bits, int(getattr(ins.binding.m, "vec", "")[1:] or 1)
            before += pattern.cost(None, self.lanes, bits, count, masked)
            after += pattern.cost(self.value(base), self.lanes, bits, count, masked, self.shuffles)
        return before, after

    def _cases(self, index: int, gains: dict[int, float]) -> Cases | None:
        block = self.facts.graph.blocks[index]
        if any(ins.binding.form.name in _NOT_WRITTEN_TWICE for ins in block.ins):
            return None
        self.block = index
        again: dict[int, Ins] = {}
        at = len(block.ins)
        for place, ins in enumerate(block.ins):
            for value in ins.uses.values():
                if value == self.selector or value in self.maker:
                    at = min(at, place)
                    self._remake(value, index, again)
        most = _ROOM // max(1, _size(self.facts, index, at))
        lows = sorted(sorted(gains, key=lambda low: -gains[low])[:most])
        return Cases(self.selector, self.wanted.bits, tuple(lows), at, tuple(again.values())) if lows else None

    def _remake(self, value: int, index: int, again: dict[int, Ins]) -> None:
        """What makes a value of another block, each instruction after what it needs."""
        if value not in self.maker or self.facts.graph.value_block[value] == index or not self._reaches(value):
            return
        ins = self.maker[value]
        if id(ins) in again:
            return
        for needed in ins.uses.values():
            self._remake(needed, index, again)
        again[id(ins)] = ins


def used(cases: Cases) -> set[int]:
    """Values that the block reads because of its cases."""
    made = {value for ins in cases.again for value in ins.defs.values()}
    return {cases.value, *(value for ins in cases.again for value in ins.uses.values() if value not in made)}

