"""Blocks side by side: the function that runs a few blocks of a kernel in stages. In: its Plan and what groups keep. Out: LLVM text.

All groups of a block go through a stage, then those of the next block through the stage that it has come to, until all blocks are done. So what
neighbours read of far memory is read in one go. Where stages do not end with barriers, each group takes its turn by itself: the first group of all
blocks, then the second. Each block has its own part of `kept` and a number of the next stage, or one for each group; while it runs, the frame has
its numbers. Blocks share the frame's shared memory, so those that have any run one after the other.
"""

from __future__ import annotations

from typing import Any

from sheer.codegen.kept import LINE, RESULT, Kept
from sheer.codegen.stages import STEP
from sheer.codegen.text import Text
from sheer.passes.stages import Plan

_CTAID = 32  # its place in the frame


class Beside:
    """Writes the function (frame, count, numbers[count][3], private copies) -> void; count is at most `most`."""

    def __init__(self, program: Any, name: str, plan: Plan, kept: Kept, most: int, attributes: str) -> None:
        self.name, self.plan, self.kept, self.most = name, plan, kept, most
        self.parts = kept.groups if plan.apart else 1  # of a block, that take turns
        self.text = Text(program, f'define internal void @"{name}"(ptr %frame, i32 %count, ptr %numbers, ptr %private) noinline {attributes}')
        program.globals.append(f"{STEP} = internal constant i64 {kept.step}")
        self.memory = self.text.alloca(f"[{most * kept.size} x i8]", LINE)
        self.following = self.text.alloca(f"[{most * self.parts} x i32]")
        self.block, self.group, self.live = (self.text.alloca("i32") for _ in range(3))
        self.part = self.text.alloca("i32")

    def write(self, lanes: int, private: bool, counts_votes: bool) -> str:
        text, stages = self.text, len(self.plan.stages)
        self._begin(counts_votes)
        text.label("round")
        text.do(f"store i32 0, ptr {self.live}")
        text.do(f"store i32 0, ptr {self.part}")
        text.label("part")
        part = text.op(f"load i32, ptr {self.part}") if self.parts > 1 else "0"
        text.do(f"store i32 0, ptr {self.block}")
        text.label("block")
        here = text.op(f"load i32, ptr {self.block}")
        wide = text.op(f"zext i32 {here} to i64")
        place = text.op(f"getelementptr [{self.parts} x i32], ptr {self.following}, i64 {wide}, i32 {part}")
        own = text.op(f"getelementptr [{self.kept.size} x i8], ptr {self.memory}, i64 {wide}")
        numbers = self._tell(wide)
        given = f"i{lanes} -1, i32 0, {numbers}{', ptr %private' if private else ''}, ptr {own}"
        cases = " ".join(f"i32 {n or stages}, label %stage.{n}" for n in range(stages))
        text.finish(f"switch i32 {text.op(f'load i32, ptr {place}')}, label %next [ {cases} ]")
        for number in range(stages):
            if self.plan.apart:
                self._turn(number, given, place, part)
            else:
                self._stage(number, given, place, own if counts_votes else "")
        text.label("next")
        live = text.op(f"or i32 {text.op(f'load i32, ptr {self.live}')}, {text.op(f'load i32, ptr {place}')}")
        text.do(f"store i32 {live}, ptr {self.live}")
        self._count(self.block, here, "%count", "block", "part.done")
        text.label("part.done")
        self._count(self.part, part, str(self.parts), "part", "round.done")
        text.label("round.done")
        text.branch(text.op(f"icmp ne i32 {live}, 0"), "round", "done")
        text.label("done")
        text.finish("ret void")
        return text.text()

    def _begin(self, counts_votes: bool) -> None:
        """Every block stands before the first stage; 0 is the number of the stage after the last."""
        text = self.text
        for part in range(self.most * self.parts):
            text.do(f"store i32 {len(self.plan.stages)}, ptr {text.op(f'getelementptr i32, ptr {self.following}, i64 {part}')}")
        for block in range(self.most):
            if counts_votes:
                text.do(f"store i64 0, ptr {text.op(f'getelementptr i8, ptr {self.memory}, i64 {block * self.kept.size}')}")

    def _tell(self, block: str) -> str:
        """The block's numbers, as arguments; the frame has them too."""
        text, found = self.text, []
        for axis in range(3):
            number = text.op(f"load i32, ptr {text.op(f'getelementptr [3 x i32], ptr %numbers, i64 {block}, i64 {axis}')}")
            text.do(f"store i32 {number}, ptr {text.op(f'getelementptr i8, ptr %frame, i64 {_CTAID + 4 * axis}')}")
            found.append(f"i32 {number}")
        return ", ".join(found)

    def _turn(self, number: int, given: str, place: str, group: str) -> None:
        """One group goes as far as it gets."""
        text = self.text
        text.label(f"stage.{number}")
        following = text.op(f'call i32 @"{self.name}.{number}"(ptr %frame, i32 {group}, {given})')
        text.do(f"store i32 {following}, ptr {place}")
        text.jump("next")

    def _stage(self, number: int, given: str, place: str, votes: str) -> None:
        """All groups of the block through a stage. `votes`: where those of its barrier are counted."""
        text = self.text
        text.label(f"stage.{number}")
        text.do(f"store i32 0, ptr {self.group}")
        text.label(f"groups.{number}")
        group = text.op(f"load i32, ptr {self.group}")
        following = text.op(f'call i32 @"{self.name}.{number}"(ptr %frame, i32 {group}, {given})')
        self._count(self.group, group, str(self.kept.groups), f"groups.{number}", f"through.{number}")
        text.label(f"through.{number}")
        text.do(f"store i32 {following}, ptr {place}")
        if votes:
            text.do(f"store i32 {text.op(f'load i32, ptr {votes}')}, ptr {text.op(f'getelementptr i8, ptr {votes}, i64 {RESULT}')}")
            text.do(f"store i32 0, ptr {votes}")
        text.jump("next")

    def _count(self, slot: str, value: str, end: str, again: str, done: str) -> None:
        more = self.text.op(f"add i32 {value}, 1")
        self.text.do(f"store i32 {more}, ptr {slot}")
        self.text.branch(self.text.op(f"icmp ult i32 {more}, {end}"), again, done)
