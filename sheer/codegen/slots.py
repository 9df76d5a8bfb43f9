"""Values between blocks. In: the Facts of a function. Out: variables for the values that more than one block reads, and code that reads and writes them.

A value that stays in its block is kept as it was made. Others get a slot: what a value consists of (its scalar, its lanes, its stride) each in a
variable, which LLVM makes registers of again. A phi is written on the edges that lead to it, all of a block's phis after all their sources were read.
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS
from sheer.codegen.text import int_type
from sheer.codegen.textures import TextureLanes
from sheer.codegen.value import Value
from sheer.passes.cases import Cases, used
from sheer.passes.cfg import Block, Graph
from sheer.passes.facts import Facts
from sheer.passes.shape import Shape
from sheer.passes.stages import Plan

PRED = SCALARS["pred"]


class Slot:
    """Where a value lives between blocks: allocas by part."""

    __slots__ = ("outside", "scalar", "stride", "vector")

    def __init__(self) -> None:
        self.scalar = self.vector = self.stride = self.outside = ""


class SlotLanes(TextureLanes):
    """Reads and writes the values of a function from any of its blocks."""

    compiler: Any
    graph: Graph
    facts: Facts
    staged: Plan | None
    slots: dict[int, Slot]
    local: dict[int, Value]  # the values as the current block knows them
    block: Block  # the one that is being written
    cases: dict[int, Cases]  # of the blocks that have some
    tight: set[int]  # affine values that are base + constants in every lane, exactly

    def find_slots(self) -> None:
        """Values used outside their block, and phis, get storage."""
        graph = self.graph
        for block in graph.blocks:
            for phi in block.phis:
                if phi.value not in self.tiles.home:
                    self._slot(phi.value)
        for block in graph.blocks:
            for ins in block.ins:
                for value in ins.uses.values():
                    self._use(value, block.index)
                for value in self.compiler.ahead[id(ins)].values if id(ins) in self.compiler.ahead else ():
                    self._use(value, block.index)
            for value in used(self.cases[block.index]) if block.index in self.cases else ():
                self._use(value, block.index)
            if block.cond:
                self._use(block.cond_value, block.index)
            for phi in block.phis:
                for pred, source in zip(block.preds, phi.sources, strict=True):
                    self._use(source, pred)
        for value in self.staged.place if self.staged is not None else ():
            self._slot(value)
        for value, slot in self.slots.items():
            if not slot.scalar and not slot.vector:
                self._allocate(value, slot)

    def _slot(self, value: int) -> Slot:
        if value not in self.slots:
            self.slots[value] = Slot()
        return self.slots[value]

    def _use(self, value: int, block: int) -> None:
        if self.graph.value_block[value] != block and value not in self.tiles.home:
            slot = self._slot(value)
            if self.facts.leaves_divergent_loop(value, block) and not slot.outside:
                slot.outside = self.text.alloca(int_type(self.bits_of(value), self.n), 0)

    def _allocate(self, value: int, slot: Slot) -> None:
        bits = self.bits_of(value)
        shape = self.facts.shape[value]
        if shape is None:
            slot.vector = self.text.alloca(int_type(bits, self.n))
            return
        slot.scalar = self.text.alloca(int_type(bits))
        if not shape.uniform:
            if value not in self.tight:
                slot.vector = self.text.alloca(int_type(bits, self.n))
            if shape.stride is not None:
                slot.stride = self.text.alloca("i64")

    def bits_of(self, value: int) -> int:
        return SCALARS[self.graph.value_type[value]].bits

    def read(self, value: int) -> Value:
        """A value as seen from the current block."""
        found = self.local.get(value)
        if found is None:
            found = self.local[value] = self._load(value)
        return found

    def _load(self, value: int) -> Value:
        bits = self.bits_of(value)
        if value in self.tiles.home:
            return self.from_home(value)
        if self.graph.value_block[value] < 0:
            return self._undefined(value, bits)
        slot = self.slots[value]
        t = self.text
        if self.facts.leaves_divergent_loop(value, self.block.index):
            return self.vector(bits, t.op(f"load {int_type(bits, self.n)}, ptr {slot.outside}"))
        shape = self.facts.shape[value]
        if shape is None:
            return self.vector(bits, t.op(f"load {int_type(bits, self.n)}, ptr {slot.vector}"))
        scalar = t.op(f"load {int_type(bits)}, ptr {slot.scalar}")
        if shape.uniform:
            return self.scalar(bits, scalar, shape)
        result = Value(bits, shape, scalar=scalar)
        if slot.vector:
            result.vector = t.op(f"load {int_type(bits, self.n)}, ptr {slot.vector}")
            result.exact = True
        if slot.stride:
            result.stride = t.op(f"load i64, ptr {slot.stride}")
        return result

    def _undefined(self, value: int, bits: int) -> Value:
        name = next((r for r, v in self.graph.undefined.items() if v == value), "")
        if name in self.planes:  # a .reg parameter
            return self.read_param(self.planes[name], 0, SCALARS[f"b{bits}" if bits > 1 else "u32"])
        return self.const(SCALARS[f"u{bits}"] if bits > 1 else PRED, 0)

    def write(self, value: int, v: Value) -> None:
        """Defines a value: stored if other blocks read it."""
        slot = self.slots.get(value)
        if slot is None:
            return
        shape = self.facts.shape[value]
        if shape is not None and v.shape is None:
            v = self.as_shape(v, shape)
        self._store(slot, v)
        if slot.outside:
            self.store_outside(value, v)

    def _store(self, slot: Slot, v: Value, blend: str = "") -> None:
        """`blend`: the mask of the lanes that change."""
        t = self.text
        if slot.scalar:
            t.do(f"store {int_type(v.bits)} {v.scalar}, ptr {slot.scalar}")
            if slot.stride:
                t.do(f"store i64 {v.stride or '0'}, ptr {slot.stride}")
        if slot.vector:
            name, wide = self.vec(v), int_type(v.bits, self.n)
            if blend:
                old = t.op(f"load {wide}, ptr {slot.vector}")
                name = t.op(f"select <{self.n} x i1> {blend}, {wide} {name}, {wide} {old}")
            t.do(f"store {wide} {name}, ptr {slot.vector}")

    def as_shape(self, v: Value, shape: Shape) -> Value:
        """The passes know more than the code shows: every active lane holds base + constant, so one gives the base."""
        if shape.const is not None and shape.uniform:
            return self.const(SCALARS[f"u{v.bits}"] if v.bits > 1 else PRED, shape.const)
        if shape.stride is not None:
            raise CompileError(f"internal: a value of {v.bits} bits was taken to be {shape} but is varying")
        same = v
        if not shape.uniform:
            wide = int_type(v.bits, self.n)
            same = self.vector(v.bits, self.text.op(f"sub {wide} {v.vector}, {self.constants(v.bits, shape.c)}"))
        result = Value(v.bits, shape, scalar=self.last_lane(same), vector="" if shape.uniform else v.vector)
        result.exact = not shape.uniform
        return result

    # -- at the edges of blocks ---------------------------------------------------------------------------------------------------------

    def store_outside(self, value: int, v: Value) -> None:
        slot, wide = self.slots[value], int_type(v.bits, self.n)
        name = self.vec(v)
        if self.mask:
            old = self.text.op(f"load {wide}, ptr {slot.outside}")
            name = self.text.op(f"select <{self.n} x i1> {self.mask}, {wide} {name}, {wide} {old}")
        self.text.do(f"store {wide} {name}, ptr {slot.outside}")

    def phi_moves(self, block: Block, target: int) -> list[tuple[int, Value]]:
        """Sources of the target's phis on this edge, read before any is written."""
        moves = []
        there = self.graph.blocks[target]
        if not there.phis:
            return moves
        place = there.preds.index(block.index)
        for phi in there.phis:
            if (phi.value, block.index) not in self.tiles.arrives:
                moves.append((phi.value, self.read(phi.sources[place])))
        for value, source in moves:
            if self.facts.shape[value] is None:
                self.vec(source)
        return moves

    def write_phis(self, moves: list[tuple[int, Value]], mask: str) -> None:
        """The phis of a block that lanes of a mask (all, where it is empty) come to."""
        self.move_home(moves)
        for value, source in moves:
            if value not in self.tiles.home:
                self._store(self.slots[value], source, mask if value in self.facts.mixed_phis else "")

    def apart(self) -> dict[int, Value]:
        """Gives the code that follows copies of the values, and returns the values: what is cached there must not be used elsewhere."""
        saved = self.local
        self.local = {number: value.apart() for number, value in saved.items()}
        return saved
