"""Kernels that run in stages, from barrier to barrier (passes/stages.py). In: the Plan. Out: how a stage begins and ends; codegen/beside.py runs them.

A stage is a function of its own: (frame, group, ..., kept) -> the number of the stage that follows, 0 when the block is done. `kept` is memory of
the block: two words for the votes of a barrier that counts them, then what groups keep from stage to stage.
"""

from __future__ import annotations

from sheer.base.types import SCALARS
from sheer.codegen.control import ControlLanes
from sheer.codegen.kept import FIRST, MASKS, RESULT, VOTES
from sheer.codegen.text import int_type
from sheer.passes.cfg import Block, Ins
from sheer.passes.stages import in_place

U32, PRED = SCALARS["u32"], SCALARS["pred"]
STEP = "@kept.step"  # bytes from what a group keeps to what the next one does: known when all stages are written


class StageLanes(ControlLanes):
    """What the emitter of a function does where a stage begins and ends. Needs `emit_ins`."""

    lying: set[int]  # values whose variable is their place in what the group keeps

    def emit_ins(self, ins: Ins) -> None:
        raise NotImplementedError

    def _parts(self, value: int) -> list[tuple[str, str, str, int]]:
        """(name, variable, type, bytes) of what a value consists of between blocks."""
        slot, bits = self.slots[value], self.bits_of(value)
        wide = int_type(bits, self.n)
        parts = (
            ("scalar", slot.scalar, int_type(bits), -(-bits // 8)),
            ("vector", slot.vector, wide, -(-bits * self.n // 8)),
            ("stride", slot.stride, "i64", 8),
            ("outside", slot.outside, wide, -(-bits * self.n // 8)),
        )
        return [part for part in parts if part[1]]

    def kept_place(self, number: int, part: str, size: int) -> str:
        """A pointer to a part of a place in what the group keeps."""
        offset = FIRST + self.compiler.kept.place(number, part, size)
        t = self.text
        group = t.op(f"zext i32 {self.group} to i64")
        far = t.op(f"mul i64 {group}, {t.op(f'load i64, ptr {STEP}')}")
        return t.op(f"getelementptr i8, ptr {t.op(f'getelementptr i8, ptr %kept, i64 {far}')}, i64 {offset}")

    def begin_stage(self) -> None:
        """What the stage needs comes from memory, or is made again."""
        assert self.staged is not None
        stage = self.staged.stages[self.stage]
        if stage.before < 0:
            return
        t, block, places = self.text, self.graph.blocks[stage.before], self.staged.place
        self.block, self.local = block, {}
        self.lying = {v for v in in_place(self.facts, self.staged, self.stage) if not self.slots[v].outside}
        for value in self.lying:
            self.slots[value].vector = self.kept_place(places[value], "vector", -(-self.bits_of(value) * self.n // 8))
        for value in stage.fetches:
            if value in self.lying:
                continue
            for part, variable, ty, size in self._parts(value):
                t.do(f"store {ty} {t.op(f'load {ty}, ptr {self.kept_place(places[value], part, size)}')}, ptr {variable}")
        if self.staged.apart:
            self._come_back(block)
        for ins in stage.again:
            self.emit_ins(ins)
        if not self.staged.apart:
            self._barrier_result(block.ins[-1])
        self._go_on(block, block.succs[0])

    def _mask_place(self, block: int) -> str:
        return self.kept_place(MASKS - block, "mask", -(-self.n // 8))

    def _come_back(self, block: Block) -> None:
        """The lanes that wait everywhere, and those that go on."""
        assert self.staged is not None
        t, wide = self.text, f"<{self.n} x i1>"
        for index in sorted(self.staged.stages[self.stage].blocks & set(self.masks)):
            lanes = t.op(f"load i{self.n}, ptr {self._mask_place(index)}")
            lanes = t.op(f"bitcast i{self.n} {lanes} to {wide}")
            if index == block.index:
                self.mask = lanes
            else:
                t.do(f"store {wide} {lanes}, ptr {self.masks[index]}")

    def _go_on(self, block: Block, target: int) -> None:
        """To the target: in its form for all lanes, if all go on."""
        t = self.text
        if self.mask and target in self.versions:
            bits = t.op(f"bitcast <{self.n} x i1> {self.mask} to i{self.n}")
            everybody, some = t.fresh_label("everybody"), t.fresh_label("some")
            t.branch(t.op(f"icmp eq i{self.n} {bits}, -1"), everybody, some)
            saved = self.apart()
            t.label(everybody)
            self.whole = True
            self.edge(block, target, "")
            self.whole, self.local = False, saved
            t.label(some)
        self.edge(block, target, self.mask)

    def pause(self) -> None:
        """At the end of a block where groups may pause."""
        assert self.staged is not None
        t, here = self.text, self.block.index
        for index in sorted(self.staged.stages[self.stage].blocks & set(self.masks)):
            lanes = self.mask or "splat (i1 true)"
            if index != here:
                lanes = t.op(f"load <{self.n} x i1>, ptr {self.masks[index]}")
            t.do(f"store i{self.n} {t.op(f'bitcast <{self.n} x i1> {lanes} to i{self.n}')}, ptr {self._mask_place(index)}")
        self._leave_values()

    def _barrier_result(self, ins: Ins) -> None:
        if not ins.defs:
            return
        t = self.text
        votes = self.scalar(32, t.op(f"load i32, ptr {t.op(f'getelementptr i8, ptr %kept, i64 {RESULT}')}"))
        mode = ins.binding.m.op
        if mode != "popc":
            relation, least = ("eq", self.compiler.threads) if mode == "and" else ("ne", 0)
            votes = self.compare(U32, relation, votes, self.const(U32, least))
        for number in ins.defs.values():
            self.define(number, votes)

    def end_stage(self, ins: Ins) -> None:
        """At a barrier: what later stages need and memory does not hold goes there."""
        assert self.staged is not None
        t = self.text
        if "red" in ins.inst.opcode.split("."):
            place = t.op(f"getelementptr i8, ptr %kept, i64 {VOTES}")
            votes = self._votes(ins, ins.inst.operands[-1])
            total = t.op(f"add i32 {votes}, {t.op(f'load i32, ptr {place}')}")
            t.do(f"store i32 {total}, ptr {place}")
        self._leave_values()

    def _leave_values(self) -> None:
        assert self.staged is not None
        t, index = self.text, self.block.index
        for value in self.staged.leaves[self.stage][index]:
            if value in self.lying:
                continue
            for part, variable, ty, size in self._parts(value):
                t.do(f"store {ty} {t.op(f'load {ty}, ptr {variable}')}, ptr {self.kept_place(self.staged.place[value], part, size)}")
        t.finish(f"ret i32 {self.staged.next[index]}")
