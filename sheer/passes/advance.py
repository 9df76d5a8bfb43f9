"""What the next turn of a loop will read. In: Facts of a kernel. Out: accesses, and how many bytes further on they will
be a turn later.

A loop over tiles reads each turn a piece of many rows, waits at a barrier until all have read theirs, and computes. On a GPU other warps compute
meanwhile. A processor looks a few hundred instructions ahead, which a turn exceeds, and its own prefetching follows what is read in a row, not rows
that are kilobytes apart. So with a loop that goes over an array in steps of the grid and counts, lane by lane. But such an address grows by the same
amount each turn: by a sum of products of what does not change in the loop. Prefetching is a hint: where the sum is not found nothing is done, and a
wrong one costs time only.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sheer.base.types import SCALARS
from sheer.ir.module import Addr, Imm, Operand, Reg
from sheer.passes.cfg import Ins, Phi
from sheer.passes.dominance import Loop
from sheer.passes.facts import Facts

_FAR = 2048  # bytes
_DEEP = 60  # instructions followed from one address
_MANY = 4  # products of a sum
_LATENCY = 600  # cycles that memory may take, about
_LANE = 1.5  # cycles of a lane's turn at an atomic
_MOST_TURNS = 8
_LANES_A_CYCLE = 32
_PRODUCT = 16  # vector instructions that a product of matrices is worth
_SAME = ("mov", "cvt", "cvta")
_NOT_GLOBAL = {"shared", "local", "param", "const"}

# A sum of products of values, each with its factor; the product of nothing is 1.
Sum = dict[tuple[int, ...], int]


class Step(NamedTuple):
    """Bytes: a constant, and products of values that are the same for all lanes and in all turns, each with its factor."""

    constant: int
    products: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def times(self, turns: int) -> Step:
        return Step(turns * self.constant, tuple((turns * factor, values) for factor, values in self.products))

    @property
    def is_far(self) -> bool:
        """A turn leaves what lies beside it behind."""
        return bool(self.products) or abs(self.constant) >= _FAR

    @property
    def values(self) -> set[int]:
        return {value for _, factors in self.products for value in factors}


def ahead(facts: Facts) -> dict[int, Step]:
    """Steps by id of the Ins, for accesses of global memory in loops in which groups wait for each other or pause, or with atomics."""
    found: dict[int, Step] = {}
    turns = [(loop, _turns(facts, loop)) for loop in facts.loops]
    searches = {id(loop): Search(facts, loop, count) for loop, count in turns if count}
    for block in facts.graph.blocks if searches else ():
        inner = _innermost(facts, block.index, searches)
        for ins in block.ins if inner is not None else ():
            address = address_of(ins) if goes_far(ins) else None
            if inner is not None and address is not None and inner.turns > 1 and facts.shape_at(address, block.index) is None:
                continue  # wherever these lanes read, it takes them longer
            step = inner.step(address) if inner is not None and address is not None else None
            if inner is not None and step is not None and step != Step(0):
                found[id(ins)] = step.times(inner.turns)
    return found


def _turns(facts: Facts, loop: Loop) -> int:
    """Turns ahead that are worth a prefetch; 0: none. Where groups wait for each other what comes next, or what comes then if turns are short. Where
    lanes take their turns at memory, one after the other, the processor does not look far beyond a turn."""
    if _waits(facts, loop):
        pauses = any(facts.graph.blocks[b].pauses for b in loop.members)  # other blocks take their turns meanwhile
        return 1 if pauses or _turn(facts, loop) > _LATENCY else 2
    atomics = sum(i.binding.form.name in ("atom", "red") for b in loop.members for i in facts.graph.blocks[b].ins)
    return min(_MOST_TURNS, math.ceil(_LATENCY / (_LANE * atomics * facts.lanes))) if atomics else 0


def _turn(facts: Facts, loop: Loop) -> float:
    """Cycles of a block's turn, at least: what its lanes compute of their own."""
    made = [ins for b in loop.members for ins in facts.graph.blocks[b].ins if any(facts.shape[v] is None for v in ins.defs.values())]
    vectors = sum(_PRODUCT if ins.binding.form.name in ("mma", "wmma") else 1 for ins in made)
    return vectors * math.prod(facts.block or (facts.lanes,)) / _LANES_A_CYCLE


def _waits(facts: Facts, loop: Loop) -> bool:
    blocks = [facts.graph.blocks[b] for b in loop.members]
    return any(block.pauses or any(i.binding.form.name in ("bar", "barrier") for i in block.ins) for block in blocks)


def _innermost(facts: Facts, block: int, searches: dict[int, Search]) -> Search | None:
    loop = facts.loop_of[block]
    while loop is not None and id(loop) not in searches:
        loop = loop.parent
    return searches[id(loop)] if loop is not None else None


def goes_far(ins: Ins) -> bool:
    """Whether the instruction loads from memory that all blocks share, or stores there."""
    return ins.binding.form.name in ("ld", "ldu", "st") and not _NOT_GLOBAL & set(ins.inst.opcode.replace("::", ".").split("."))


def address_of(ins: Ins) -> int | None:
    """The value of the address, where that is in a register."""
    address = next((o for o in ins.inst.operands if isinstance(o, Addr)), None)
    return ins.uses.get(address.base.name) if address is not None and isinstance(address.base, Reg) else None


def size_of(ins: Ins) -> int:
    """Bytes that each lane accesses."""
    return ins.binding.m.type.bytes * int(getattr(ins.binding.m, "vec", "")[1:] or 1)


class Search:
    """How much values grow in one turn of a loop."""

    def __init__(self, facts: Facts, loop: Loop, turns: int = 1) -> None:
        self.facts, self.loop, self.turns = facts, loop, turns
        inside = [facts.graph.blocks[b] for b in loop.members]
        self.makers = {v: ins for block in inside for ins in block.ins for v in ins.defs.values()}
        self.phis: dict[int, tuple[int, Phi]] = {phi.value: (block.index, phi) for block in inside for phi in block.phis}
        self.sums: dict[int, Sum | None] = {}
        self.left = 0

    def step(self, value: int) -> Step | None:
        self.left = _DEEP
        grown = self._growth(self._sum(value))
        if grown is None or len(grown) > _MANY:
            return None
        products = tuple((factor, values) for values, factor in sorted(grown.items()) if values and factor)
        if any(not self._fixed(v) for _, values in products for v in values):
            return None
        return Step(grown.get((), 0), products)

    def _fixed(self, value: int) -> bool:
        shape = self.facts.shape[value]
        return value not in self.makers and value not in self.phis and shape is not None and shape.uniform

    def _growth(self, total: Sum | None) -> Sum | None:
        """The difference that a turn makes to a sum of products of values at the loop's header and fixed ones."""
        if total is None:
            return None
        grown: Sum = {}
        for values, factor in total.items():
            moving = [v for v in values if v in self.phis]
            if not moving:
                continue
            step = self._phi_step(moving[0]) if len(moving) == 1 else None
            if step is None:
                return None
            others = [v for v in values if v not in self.phis]
            for product, count in step.items():
                _add(grown, (*product, *others), factor * count)
        return grown

    def _phi_step(self, value: int) -> Sum | None:
        """What a turn adds to a value at the loop's header."""
        block, phi = self.phis[value]
        preds = self.facts.graph.blocks[block].preds
        back = {source for pred, source in zip(preds, phi.sources, strict=True) if pred in self.loop.members}
        if len(back) != 1:
            return None
        total = self._sum(back.pop())
        if total is None or total.get((value,)) != 1:
            return None
        rest = {values: factor for values, factor in total.items() if values != (value,)}
        return None if any(v in self.phis for values in rest for v in values) else rest

    def _sum(self, value: int) -> Sum | None:
        """A value as a sum of products of fixed values and of phis at the loop's header."""
        if value not in self.sums:
            self.left -= 1
            if self.left < 0:
                return None
            self.sums[value] = None  # of a value that is made from itself
            self.sums[value] = self._found(value)
        return self.sums[value]

    def _found(self, value: int) -> Sum | None:
        shape = self.facts.shape[value]
        if shape is not None and shape.uniform and shape.const is not None:
            return {(): shape.const}
        if value in self.phis:
            block, phi = self.phis[value]
            if block in self.loop.headers:
                return {(value,): 1}
            inner = self.facts.loop_of[block]
            if inner is None or block not in inner.headers:
                return None
            preds = self.facts.graph.blocks[block].preds  # of an inner loop: where it starts moves with the turn
            starts = {source for pred, source in zip(preds, phi.sources, strict=True) if pred not in inner.members}
            return self._sum(starts.pop()) if len(starts) == 1 else None
        ins = self.makers.get(value)
        if ins is None:
            return {(value,): 1}
        return self._made(ins) if ins.guard is None else None

    def _made(self, ins: Ins) -> Sum | None:
        name, operands = ins.binding.form.name, ins.inst.operands[1:]
        if name in _SAME and ".f" not in ins.inst.opcode:
            return self._operand(ins, operands[0])
        if name in ("add", "sub", "mul", "mad", "shl") and ".f" not in ins.inst.opcode and ".hi" not in ins.inst.opcode:
            a, b = self._operand(ins, operands[0]), self._operand(ins, operands[1])
            if a is None or b is None:
                return None
            if name in ("add", "sub"):
                return _plus(a, b, -1 if name == "sub" else 1)
            if name == "shl":
                return _times(a, {(): 1 << b[()]}) if set(b) == {()} and 0 <= b[()] < 40 else None
            product = _times(a, b)
            more = self._operand(ins, operands[2]) if name == "mad" else {}
            return None if product is None or more is None else _plus(product, more, 1)
        return None

    def _operand(self, ins: Ins, operand: Operand) -> Sum | None:
        if isinstance(operand, Reg):
            return self._sum(ins.uses[operand.name]) if SCALARS[self.facts.graph.function.regs[operand.name]].bits >= 32 else None
        return {(): operand.value} if isinstance(operand, Imm) and isinstance(operand.value, int) else None


def _add(total: Sum, values: tuple[int, ...], factor: int) -> None:
    values = tuple(sorted(values))
    total[values] = total.get(values, 0) + factor
    if not total[values]:
        del total[values]


def _plus(a: Sum, b: Sum, sign: int) -> Sum:
    total = dict(a)
    for values, factor in b.items():
        _add(total, values, sign * factor)
    return total


def _times(a: Sum, b: Sum) -> Sum | None:
    total: Sum = {}
    for left, x in a.items():
        for right, y in b.items():
            if len(left) + len(right) > 3:
                return None
            _add(total, (*left, *right), x * y)
    return total
