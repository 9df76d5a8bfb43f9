"""Where control goes. In: the linear order of the Facts. Out: labels, masks, and the branches between blocks.

Converged blocks branch as the program does. A masked block has a mask variable: lanes that branch to it are added to the variable; the block is
skipped while no lane waits for it; at the end of a loop, lanes waiting for its header start the next turn. Branches that all lanes of a context take
together stay branches there, too.
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS
from sheer.codegen.slots import SlotLanes
from sheer.codegen.value import Value
from sheer.passes.cfg import Block

U32 = SCALARS["u32"]


class ControlLanes(SlotLanes):
    """What stands at the ends of blocks, and what is asked before them."""

    stage: int
    masks: dict[int, str]  # the variable with the lanes that wait, of each masked block
    versions: set[int]  # masked blocks that have a full form, too
    whole: bool  # the full form of a masked block is being written
    exit_label: str
    past: set[int]  # blocks from which no barrier is reached any more

    def is_here(self, block: int) -> bool:
        """The block belongs to what is being written: a function, or a stage of it."""
        return self.staged is None or block in self.staged.stages[self.stage].blocks

    def body_label(self, block: int) -> str:
        return f"body.{block}"

    def full_label(self, block: int) -> str:
        return f"full.{block}"

    def _meeting(self, block: int) -> int:
        """The converged block at which the lanes of a masked region around (or after) a block meet again."""
        meet = self.facts.ipdom[block]
        while meet < len(self.graph.blocks) and self.facts.masked(meet):
            meet = self.facts.ipdom[meet]
        return meet

    def _onward(self, position: int) -> str:
        """Where control looks for waiting lanes after a position of the order: the region's next block, else where it ends."""
        meet = self._meeting(self.facts.order[position])
        for block in self.facts.order[position + 1 :]:
            if block == meet:
                break
            if self.facts.masked(block) and block not in self.facts.failing and self._meeting(block) == meet and self.is_here(block):
                return f"check.{block}"
        return self.body_label(meet) if meet < len(self.graph.blocks) else self.exit_label

    def after_label(self, position: int) -> str:
        """Where control goes after the block at a position: the loops that end there first, then the next block."""
        return f"after.{position}" if self._ending_loops(position) else self._onward(position)

    def _ending_loops(self, position: int) -> list[Any]:
        block = self.facts.order[position]
        found = []
        loop = self.facts.loop_of[block]
        while loop is not None:
            if max(self.facts.position[b] for b in loop.members) == position:
                headers = [h for h in self._back_targets(loop) if self.facts.masked(h) and self.is_here(h)]
                if headers:
                    found.append(headers)
            loop = loop.parent
        return found

    def _back_targets(self, loop: Any) -> list[int]:
        """Blocks of the loop that some edge reaches backwards, in order."""
        position = self.facts.position
        targets = {
            s
            for b in loop.members
            for s in self.graph.blocks[b].succs
            if s in loop.members and position[s] <= position[b] and self.facts.loop_of[s] is loop
        }
        targets |= {h for h in loop.headers if h in targets}
        return sorted(targets, key=lambda b: position[b])

    def loop_ends(self, position: int) -> None:
        loops = self._ending_loops(position)
        if not loops:
            return
        t = self.text
        t.label(f"after.{position}")
        for headers in loops:
            for header in headers:
                onward = t.fresh_label("onward")
                self.if_waiting(header, self.body_label(header), onward)
                t.label(onward)
        t.jump(self._onward(position))

    def if_waiting(self, index: int, yes: str, no: str) -> None:
        """To `yes` if lanes wait for a masked block (to its full form, if all do), else to `no`."""
        t = self.text
        waiting = t.op(f"load <{self.n} x i1>, ptr {self.masks[index]}")
        bits = t.op(f"bitcast <{self.n} x i1> {waiting} to i{self.n}")
        if index in self.versions and len(self.graph.blocks[index].preds) > 1:
            everybody, some = t.fresh_label("everybody"), t.fresh_label("some")
            t.branch(t.op(f"icmp eq i{self.n} {bits}, -1"), everybody, some)
            t.label(everybody)
            t.do(f"store <{self.n} x i1> zeroinitializer, ptr {self.masks[index]}")
            t.jump(self.full_label(index))
            t.label(some)
        t.branch(t.op(f"icmp ne i{self.n} {bits}, 0"), yes, no)

    # -- how blocks end -------------------------------------------------------------------------------------------------------------

    def terminator(self, block: Block) -> None:
        t = self.text
        kind = block.kind
        if kind in ("return", "exit"):
            self._leave(block)
        elif kind == "trap":
            ends = not self.mask or block.index in self.facts.failing
            t.finish("unreachable") if ends else t.jump(self.after_label(self.facts.position[block.index]))
        elif kind == "jump":
            self.edge(block, block.succs[0], self.mask)
        elif kind == "switch":
            self._switch(block)
        else:
            self._branch(block)

    def _leave(self, block: Block) -> None:
        """ret and exit: the lanes of the mask are done. `exit` in a function called leaves the kernel (see exited)."""
        if block.kind == "exit" and not self.function.is_entry:
            raise CompileError(
                "exit inside a function that is called and not inlined is not supported; return instead",
                block.loc,
            )
        if not self.facts.masked(block.index):
            self.text.jump(self.exit_label)
            return
        if self.function.is_entry and block.index not in self.past:
            self._count_exited(self.mask_name())
        self.text.jump(self.exit_label if self.whole else self.after_label(self.facts.position[block.index]))

    def _branch(self, block: Block) -> None:
        t = self.text
        condition = self.read(block.cond_value)
        taken, other = block.succs
        if block.negated:
            taken, other = other, taken
        if condition.uniform:
            edges = t.fresh_label("taken"), t.fresh_label("not.taken")
            t.branch(condition.scalar, *edges)
            for label, target in zip(edges, (taken, other), strict=True):
                saved = self.apart()
                t.label(label)
                self.edge(block, target, self.mask)
                self.local = saved
            return
        if self.facts.loses[block.index]:
            self._lose(block, condition, taken, other)
            return
        yes = self.vec(condition)
        wide = f"<{self.n} x i1>"
        if not self.mask and (self.whole or taken in self.versions or other in self.versions):
            self._try_together(block, condition, taken, other)
        no = t.op(f"xor {wide} {yes}, splat (i1 true)")
        if self.mask:
            yes = t.op(f"and {wide} {yes}, {self.mask}")
            no = t.op(f"and {wide} {no}, {self.mask}")
        moves = [self.phi_moves(block, target) for target in (taken, other)]
        for target, mask, move in zip((taken, other), (yes, no), moves, strict=True):
            self._part(block, target, mask, move)
        t.jump(self.after_label(self.facts.position[block.index]))

    def _part(self, block: Block, target: int, mask: str, moves: list[tuple[int, Value]]) -> None:
        """Lanes of the mask, perhaps none, go to `target`: later, but for a failing block."""
        if target in self.facts.failing:
            self._fail_if_any(block, target, mask)
        else:
            self.write_phis(moves, mask)
            self._wait_at(target, mask)

    def _lose(self, block: Block, condition: Value, taken: int, other: int) -> None:
        """Lanes that come to a failing block go there now, and do not come back: behind it, all are together as before."""
        t, wide = self.text, f"<{self.n} x i1>"
        fails, goes_on = (taken, other) if taken in self.facts.failing else (other, taken)
        lost = self.vec(condition)
        if fails is other:
            lost = t.op(f"xor {wide} {lost}, splat (i1 true)")
        if self.mask:
            lost = t.op(f"and {wide} {lost}, {self.mask}")
        self._fail_if_any(block, fails, lost)
        self.edge(block, goes_on, self.mask)

    def _fail_if_any(self, block: Block, target: int, mask: str) -> None:
        t, bits = self.text, f"i{self.n}"
        some, onward = t.fresh_label("lost"), t.fresh_label("goes.on")
        t.branch(t.op(f"icmp ne {bits} {t.op(f'bitcast <{self.n} x i1> {mask} to {bits}')}, 0"), some, onward)
        saved = self.apart()
        t.label(some)
        self._fail(block, target, mask)
        self.local = saved
        t.label(onward)

    def _fail(self, block: Block, target: int, mask: str) -> None:
        self.write_phis(self.phi_moves(block, target), mask)
        if self.facts.masked(target):
            self.text.do(f"store <{self.n} x i1> {mask or 'splat (i1 true)'}, ptr {self.masks[target]}")
        self.text.jump(self.body_label(target))

    def _try_together(self, block: Block, condition: Value, taken: int, other: int) -> None:
        """If all lanes take the branch, or none: there. Goes on where they part."""
        t = self.text
        everywhere, nowhere = t.fresh_label("all"), t.fresh_label("none")

        def leave_if(test: str, label: str) -> None:
            onward = t.fresh_label("perhaps.not." + label)
            t.branch(test, label, onward)
            t.label(onward)

        if condition.every:
            leave_if(condition.every, everywhere)
        if condition.never:
            leave_if(condition.never, nowhere)
        bits = t.op(f"bitcast <{self.n} x i1> {self.vec(condition)} to i{self.n}")
        leave_if(t.op(f"icmp eq i{self.n} {bits}, -1"), everywhere)
        parted = t.fresh_label("parted")
        t.branch(t.op(f"icmp eq i{self.n} {bits}, 0"), nowhere, parted)
        for target, label in ((taken, everywhere), (other, nowhere)):
            saved = self.apart()
            t.label(label)
            self.edge(block, target, "")
            self.local = saved
        t.label(parted)

    def _switch(self, block: Block) -> None:
        """brx.idx: uniform index -> a switch; else one mask per distinct target."""
        ins = block.ins[-1]
        index = self.src(ins, ins.inst.operands[0], U32)
        t = self.text
        position = self.facts.position[block.index]
        if index.uniform:
            labels = [t.fresh_label("case") for _ in block.succs]
            cases = " ".join(f"i32 {n}, label %{label}" for n, label in enumerate(labels))
            t.finish(f"switch i32 {index.scalar}, label %{labels[-1]} [ {cases} ]")
            for label, target in zip(labels, block.succs, strict=True):
                saved = self.apart()
                t.label(label)
                self.edge(block, target, self.mask)
                self.local = saved
            return
        moves = {target: self.phi_moves(block, target) for target in block.succs}
        masks: dict[int, str] = {}
        for n, target in enumerate(block.succs):
            hit = self.vec(self.compare(U32, "eq", index, self.const(U32, n)))
            masks[target] = t.op(f"or <{self.n} x i1> {masks[target]}, {hit}") if target in masks else hit
        for target, mask in masks.items():
            name = t.op(f"and <{self.n} x i1> {mask}, {self.mask}") if self.mask else mask
            self._part(block, target, name, moves[target])
        t.jump(self.after_label(position))

    def _wait_at(self, target: int, mask: str) -> None:
        """Adds lanes to a block's mask; converged blocks need none: control gets there when the region is through."""
        if self._goes_past(self.block.index, target):
            self._count_exited(mask)
        if not self.facts.masked(target):
            return
        wide = f"<{self.n} x i1>"
        old = self.text.op(f"load {wide}, ptr {self.masks[target]}")
        self.text.do(f"store {wide} {self.text.op(f'or {wide} {old}, {mask}')}, ptr {self.masks[target]}")

    def _goes_past(self, source: int, target: int) -> bool:
        """On this edge lanes leave the last barrier behind: they are gone for those that others still reach."""
        return target in self.past and source not in self.past

    def _count_exited(self, mask: str) -> None:
        bits = self.text.op(f"bitcast <{self.n} x i1> {mask} to i{self.n}")
        count = self.text.intrinsic(f"llvm.ctpop.i{self.n}", f"i{self.n}", [(f"i{self.n}", bits)])
        self.text.intrinsic(
            "sheer_rt_exited",
            "void",
            [("ptr", self.frame), ("i32", self.group), ("i32", self.resize_scalar(count, self.n, 32, False))],
        )

    def edge(self, block: Block, target: int, mask: str) -> None:
        """All lanes of the block's mask go to `target`."""
        t, facts = self.text, self.facts
        if target in facts.failing:
            self._fail(block, target, mask)
            return
        self.write_phis(self.phi_moves(block, target), mask)
        if self.whole or not facts.masked(block.index):
            if target in self.versions:
                t.jump(self.full_label(target))
                return
            if facts.masked(target):
                name = mask or "splat (i1 true)"
                t.do(f"store <{self.n} x i1> {name}, ptr {self.masks[target]}")
            t.jump(self.body_label(target))
            return
        if facts.masked(target) and self._straight(block.index, target):
            if self._sole_entry(block.index, target) and not self._goes_past(block.index, target):
                t.do(f"store <{self.n} x i1> {mask}, ptr {self.masks[target]}")
            else:
                self._wait_at(target, mask)
            t.jump(self.body_label(target))
            return
        self._wait_at(target, mask)
        t.jump(self.after_label(facts.position[block.index]))

    def _straight(self, source: int, target: int) -> bool:
        """No lanes can wait anywhere that is skipped by going straight from source to target."""
        facts = self.facts
        here, there = facts.position[source], facts.position[target]
        if there > here:
            # Lanes that left a loop in an earlier round wait behind it, those for its next round at its header.
            skipped = facts.order[here + 1 : there]
            if any(facts.leaves_divergently(source, b) for b in (*skipped, target)):
                return False
            inner = facts.loop_of[source]
            if inner is not None and target not in inner.members and not facts.together(inner, source):
                return False
            return all(facts.dominates(source, b) for b in skipped)
        loop = facts.loop_of[target]
        while loop is not None and source not in loop.members:
            loop = loop.parent
        return loop is not None and loop.headers == {target} and facts.together(loop, source)

    def _sole_entry(self, source: int, target: int) -> bool:
        """Nobody else can be waiting at the target: its mask is set, not added to."""
        position = self.facts.position
        if position[target] <= position[source]:
            return True
        return sum(position[p] < position[target] for p in self.graph.blocks[target].preds) == 1
