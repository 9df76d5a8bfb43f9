"""Kernels that run in stages, from barrier to barrier (passes/stages.py). In: the Plan. Out: how a stage begins and ends, and the function that runs a
block: for each stage a loop over the groups.

A stage is a function of its own: (frame, group, ..., kept) -> the number of the stage that follows, 0 when the block is done. `kept` is memory of
the block: two words for the votes of a barrier that counts them, then what groups keep from stage to stage.
"""

from __future__ import annotations

from typing import Any

from sheer.base.types import SCALARS
from sheer.codegen.control import ControlLanes
from sheer.codegen.kept import FIRST, LINE, RESULT, VOTES, Kept
from sheer.codegen.text import Text, int_type
from sheer.passes import stages
from sheer.passes.cfg import Ins

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
        self.lying = {v for v in stages.in_place(self.facts, self.staged, self.stage) if not self.slots[v].outside}
        for value in self.lying:
            self.slots[value].vector = self.kept_place(places[value], "vector", -(-self.bits_of(value) * self.n // 8))
        for value in stage.fetches:
            if value in self.lying:
                continue
            for part, variable, ty, size in self._parts(value):
                t.do(f"store {ty} {t.op(f'load {ty}, ptr {self.kept_place(places[value], part, size)}')}, ptr {variable}")
        for ins in stage.again:
            self.emit_ins(ins)
        self._barrier_result(block.ins[-1])
        self.edge(block, block.succs[0], "")

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
        t, index = self.text, self.block.index
        if "red" in ins.inst.opcode.split("."):
            place = t.op(f"getelementptr i8, ptr %kept, i64 {VOTES}")
            votes = self._votes(ins, ins.inst.operands[-1])
            total = t.op(f"add i32 {votes}, {t.op(f'load i32, ptr {place}')}")
            t.do(f"store i32 {total}, ptr {place}")
        for value in self.staged.leaves[self.stage][index]:
            if value in self.lying:
                continue
            for part, variable, ty, size in self._parts(value):
                t.do(f"store {ty} {t.op(f'load {ty}, ptr {variable}')}, ptr {self.kept_place(self.staged.place[value], part, size)}")
        t.finish(f"ret i32 {self.staged.next[index]}")


def block_function(program: Any, header: str, name: str, arguments: str, plan: stages.Plan, kept: Kept, counts_votes: bool) -> str:
    """Runs a block: all groups through one stage, then through the next."""
    text = Text(program, header)
    memory = text.alloca(f"[{kept.size} x i8]", LINE)
    program.globals.append(f"{STEP} = internal constant i64 {kept.step}")
    group = text.alloca("i32")
    if counts_votes:
        text.do(f"store i64 0, ptr {memory}")
    text.jump("stage.0")
    for number, stage in enumerate(plan.stages):
        text.label(f"stage.{number}")
        text.do(f"store i32 0, ptr {group}")
        text.label(f"groups.{number}")
        here = text.op(f"load i32, ptr {group}")
        following = text.op(f'call i32 @"{name}.{number}"(ptr %frame, i32 {here}, {arguments}, ptr {memory})')
        more = text.op(f"add i32 {here}, 1")
        text.do(f"store i32 {more}, ptr {group}")
        text.branch(text.op(f"icmp ult i32 {more}, {kept.groups}"), f"groups.{number}", f"through.{number}")
        text.label(f"through.{number}")
        if counts_votes:
            votes = text.op(f"load i32, ptr {memory}")
            text.do(f"store i32 {votes}, ptr {text.op(f'getelementptr i8, ptr {memory}, i64 {RESULT}')}")
            text.do(f"store i32 0, ptr {memory}")
        cases = " ".join(f"i32 {plan.next[b]}, label %stage.{plan.next[b]}" for b in sorted(stage.blocks) if b in plan.next)
        text.finish(f"switch i32 {following}, label %done [ {cases} ]")
    text.label("done")
    text.finish("ret void")
    return text.text()
