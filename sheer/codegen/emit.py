"""Emission of one function. In: its Graph and Facts. Out: LLVM IR of a function that runs all lanes of a group.

Blocks are written in the linear order of the facts. Converged blocks branch as the program does. A masked block has a mask variable: lanes that
branch to it are added to the variable; the block is skipped while no lane waits for it; at the end of a loop, lanes waiting for its
header start the next turn. Branches that all lanes of a context take together stay branches there, too.

Where groups are always whole, masked blocks are written twice: the second form, `full`, is for all lanes at once and needs no mask. Control enters it
where every lane of the group takes the same way, and leaves it for the masked form at the first branch that parts them.
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.stages import StageLanes
from sheer.codegen.text import Text, int_type
from sheer.codegen.textures import TextureLanes
from sheer.codegen.value import Value
from sheer.ir.module import Vec
from sheer.isa.row import operand_type
from sheer.passes import fresh
from sheer.passes.cfg import Block, Graph, Ins
from sheer.passes.facts import Facts, destinations
from sheer.passes.leaving import past_barriers
from sheer.passes.shape import Shape, ShapeLanes
from sheer.passes.stages import is_barrier
from sheer.passes.tight import tight_values

U32, U64, S64, B32, B64, PRED = (SCALARS[n] for n in ("u32", "u64", "s64", "b32", "b64", "pred"))


_VERSIONED = 400  # instructions of a function that may be written twice


class Slot:
    """Where a value lives between blocks: allocas by part."""

    __slots__ = ("outside", "scalar", "stride", "vector")

    def __init__(self) -> None:
        self.scalar = self.vector = self.stride = self.outside = ""


class FunctionEmitter(StageLanes, TextureLanes):
    """Writes one function into a Text."""

    def __init__(self, compiler: Any, graph: Graph, facts: Facts, text: Text, entry_mask: str, stage: int = 0) -> None:
        self.compiler, self.graph, self.facts, self.text = compiler, graph, facts, text
        self.function = graph.function
        self.stage = stage
        self.staged = compiler.staged if graph.function.is_entry else None
        self.n = facts.lanes
        self.shapes = ShapeLanes(self.n)
        self.has_avx512 = compiler.target.avx512
        self.has_bf16_pairs = compiler.target.avx512 and "+avx512bf16" in compiler.target.features.split(",")
        self.lane_fibers = compiler.lane_fibers
        self.ftz_by_mode = compiler.ftz_by_mode
        self.entry_mask = self.mask = entry_mask
        self.planes = {}
        self.rows_known = {}
        self.result_rooms = {}
        self.slots: dict[int, Slot] = {}
        self.local: dict[int, Value] = {}
        self.block = graph.blocks[0]
        self.masks: dict[int, str] = {}
        self.fixed: dict[str, Value] = {}  # values computed once at entry
        self.scratch_pointer = ""
        self.carry: str = ""
        self.exit_label = "function.exit"
        self.past = past_barriers(graph, compiler.waits) if graph.function.is_entry else set()
        self.prologue_done = False
        self.tight: set[int] = set()  # affine values that are base + constants in every lane, exactly
        self.fresh: dict[int, list[int]] = {}  # phis that are empty at the end of a block
        self.versions: set[int] = set()  # masked blocks that have a full form, too
        self.whole = False  # the full form of a masked block is being written

    # -- the whole function ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Emits all blocks."""
        self.tight = tight_values(self.facts)
        self.begin_tiles(self.compiler.tiles(self.facts))
        self._find_slots()
        for variable in self.function.variables:
            if variable.space == "param":
                self.declare_variable(variable)
        for block in self.graph.blocks:
            if self.facts.masked(block.index):
                self.masks[block.index] = self.text.alloca(f"<{self.n} x i1>")
                self.text.allocas.append(
                    f"  store <{self.n} x i1> zeroinitializer, ptr {self.masks[block.index]}"
                )
        if self.compiler.recursive and not self.function.is_entry:
            self.check_stack()
        self.versions = self._choose_versions()
        self.fresh = fresh.phis(self.facts)
        if self.staged is not None:
            self.begin_stage()
        for index in self.facts.order:
            if self._is_here(index):
                self._emit_block(self.graph.blocks[index])
        for index in self.facts.order:
            if index in self.versions and self._is_here(index):
                self._emit_whole(self.graph.blocks[index])
        self.text.label(self.exit_label)
        self.text.finish("ret void" if self.staged is None else "ret i32 0")

    def _is_here(self, block: int) -> bool:
        """The block belongs to what is being written: a function, or a stage of it."""
        return self.staged is None or block in self.staged.stages[self.stage].blocks

    def _find_slots(self) -> None:
        """Values used outside their block, and phis, get storage."""
        graph, facts = self.graph, self.facts
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
        assert facts is not None

    def _slot(self, value: int) -> Slot:
        if value not in self.slots:
            self.slots[value] = Slot()
        return self.slots[value]

    def _use(self, value: int, block: int) -> None:
        if self.graph.value_block[value] != block and value not in self.tiles.home:
            slot = self._slot(value)
            if self.facts.leaves_divergent_loop(value, block) and not slot.outside:
                slot.outside = self.text.alloca(int_type(self._bits(value), self.n), 0)

    def _allocate(self, value: int, slot: Slot) -> None:
        bits = self._bits(value)
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

    def _bits(self, value: int) -> int:
        return SCALARS[self.graph.value_type[value]].bits

    # -- values across blocks ------------------------------------------------------------------------------------------------------

    def read(self, value: int) -> Value:
        """A value as seen from the current block."""
        found = self.local.get(value)
        if found is None:
            found = self.local[value] = self._load_slot(value)
        return found

    def _load_slot(self, value: int) -> Value:
        bits = self._bits(value)
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

    def write(self, value: int, v: Value, blend: str = "") -> None:
        """Defines a value: remembered for this block, stored if others read it. `blend`: mask of lanes that change."""
        slot = self.slots.get(value)
        if slot is None:
            return
        t = self.text
        ty, wide = int_type(v.bits), int_type(v.bits, self.n)
        shape = self.facts.shape[value]
        if shape is not None and v.shape is None:
            v = self._as_shape(v, shape)
        if slot.scalar:
            t.do(f"store {ty} {v.scalar}, ptr {slot.scalar}")
            if slot.stride:
                t.do(f"store i64 {v.stride or '0'}, ptr {slot.stride}")
        if slot.vector:
            name = self.vec(v)
            if blend and not slot.scalar:
                old = t.op(f"load {wide}, ptr {slot.vector}")
                name = t.op(f"select <{self.n} x i1> {blend}, {wide} {name}, {wide} {old}")
            t.do(f"store {wide} {name}, ptr {slot.vector}")
        if slot.outside:
            name = self.vec(v)
            if self.mask:
                old = t.op(f"load {wide}, ptr {slot.outside}")
                name = t.op(f"select <{self.n} x i1> {self.mask}, {wide} {name}, {wide} {old}")
            t.do(f"store {wide} {name}, ptr {slot.outside}")

    def _as_shape(self, v: Value, shape: Shape) -> Value:
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

    # -- blocks --------------------------------------------------------------------------------------------------------------------------

    def _body(self, block: int) -> str:
        return f"body.{block}"

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
            if self.facts.masked(block) and self._meeting(block) == meet and self._is_here(block):
                return f"check.{block}"
        return self._body(meet) if meet < len(self.graph.blocks) else self.exit_label

    def _choose_versions(self) -> set[int]:
        """The masked blocks that get a full form: all of them in a small function, else those of innermost loops."""
        if self.entry_mask or self.lane_fibers or self.compiler.plain:
            return set()
        masked = [i for i in self.facts.order if self.facts.masked(i)]
        if sum(len(self.graph.blocks[i].ins) for i in masked) <= _VERSIONED:
            return set(masked)
        outer = {id(loop.parent) for loop in self.facts.loops if loop.parent is not None}
        chosen: set[int] = set()
        room = _VERSIONED
        for loop in self.facts.loops:
            members = [i for i in loop.members if self.facts.masked(i)]
            size = sum(len(self.graph.blocks[i].ins) for i in members)
            if id(loop) not in outer and size <= room:
                chosen.update(members)
                room -= size
        return chosen

    def _emit_block(self, block: Block) -> None:
        t, index = self.text, block.index
        masked = self.facts.masked(index)
        if masked:
            t.label(f"check.{index}")
            nobody = t.fresh_label("nobody")
            self._if_waiting(index, self._body(index), nobody)
            t.label(nobody)
            t.do(f"store <{self.n} x i1> zeroinitializer, ptr {self.masks[index]}")
            t.jump(self._after(self.facts.position[index]))
        t.label(self._body(index))
        if masked:
            self.mask = t.op(f"load <{self.n} x i1>, ptr {self.masks[index]}")
            t.do(f"store <{self.n} x i1> zeroinitializer, ptr {self.masks[index]}")
        else:
            self.mask = self.entry_mask
        self._contents(block)
        self._loop_ends(self.facts.position[index])

    def _emit_whole(self, block: Block) -> None:
        """The block's form for all lanes of the group."""
        self.text.label(self._full(block.index))
        self.mask, self.whole = "", True
        self._contents(block)
        self.whole = False

    def _contents(self, block: Block) -> None:
        self.block, self.local = block, {}
        self.count_entry(block.index)
        for phi in block.phis:
            if phi.value in self.slots and self.slots[phi.value].outside:
                value = self.read(phi.value)
                self._store_outside(phi.value, value)
        if self.compiler.polling_header(self, block):
            self.text.dbg = self.compiler.location(block.ins[0].inst.loc if block.ins else block.loc)
            self.poll_yield()
        for at, ins in enumerate(block.ins):
            self.tile_work(block.index, at)
            if self.staged is not None and is_barrier(ins.inst):
                self.end_stage(ins)
                return
            if id(ins) not in self.tiles.members:
                self._emit_ins(ins)
        self.tile_work(block.index, len(block.ins))
        self.text.dbg = self.compiler.location(block.loc)
        for value in self.fresh.get(block.index, ()):
            slot = self.slots[value]
            if slot.vector:
                self.text.do(f"store {int_type(self._bits(value), self.n)} zeroinitializer, ptr {slot.vector}")
        self._terminator(block)

    def _full(self, block: int) -> str:
        return f"full.{block}"

    def _if_waiting(self, index: int, yes: str, no: str) -> None:
        """To `yes` if lanes wait for a masked block (to its full form, if all do), else to `no`."""
        t = self.text
        waiting = t.op(f"load <{self.n} x i1>, ptr {self.masks[index]}")
        bits = t.op(f"bitcast <{self.n} x i1> {waiting} to i{self.n}")
        if index in self.versions and len(self.graph.blocks[index].preds) > 1:
            everybody, some = t.fresh_label("everybody"), t.fresh_label("some")
            t.branch(t.op(f"icmp eq i{self.n} {bits}, -1"), everybody, some)
            t.label(everybody)
            t.do(f"store <{self.n} x i1> zeroinitializer, ptr {self.masks[index]}")
            t.jump(self._full(index))
            t.label(some)
        t.branch(t.op(f"icmp ne i{self.n} {bits}, 0"), yes, no)

    def _store_outside(self, value: int, v: Value) -> None:
        slot, wide = self.slots[value], int_type(v.bits, self.n)
        name = self.vec(v)
        if self.mask:
            old = self.text.op(f"load {wide}, ptr {slot.outside}")
            name = self.text.op(f"select <{self.n} x i1> {self.mask}, {wide} {name}, {wide} {old}")
        self.text.do(f"store {wide} {name}, ptr {slot.outside}")

    def _after(self, position: int) -> str:
        """Where control goes after the block at a position: the loops that end there first, then the next block."""
        return f"after.{position}" if self._ending_loops(position) else self._onward(position)

    def _ending_loops(self, position: int) -> list[Any]:
        block = self.facts.order[position]
        found = []
        loop = self.facts.loop_of[block]
        while loop is not None:
            if max(self.facts.position[b] for b in loop.members) == position:
                headers = [h for h in self._back_targets(loop) if self.facts.masked(h)]
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

    def _loop_ends(self, position: int) -> None:
        loops = self._ending_loops(position)
        if not loops:
            return
        t = self.text
        t.label(f"after.{position}")
        for headers in loops:
            for header in headers:
                onward = t.fresh_label("onward")
                self._if_waiting(header, self._body(header), onward)
                t.label(onward)
        t.jump(self._onward(position))

    # -- how blocks end -------------------------------------------------------------------------------------------------------------

    def _terminator(self, block: Block) -> None:
        t = self.text
        kind = block.kind
        if kind in ("return", "exit"):
            self._leave(block)
        elif kind == "trap":
            t.finish("unreachable") if not self.mask else t.jump(
                self._after(self.facts.position[block.index])
            )
        elif kind == "jump":
            self._edge(block, block.succs[0], self.mask, True)
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
        self.text.jump(self.exit_label if self.whole else self._after(self.facts.position[block.index]))

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
                saved = self._apart()
                t.label(label)
                self._edge(block, target, self.mask, True)
                self.local = saved
            return
        yes = self.vec(condition)
        wide = f"<{self.n} x i1>"
        if not self.mask and (self.whole or taken in self.versions or other in self.versions):
            self._try_together(block, condition, taken, other)
        no = t.op(f"xor {wide} {yes}, splat (i1 true)")
        if self.mask:
            yes = t.op(f"and {wide} {yes}, {self.mask}")
            no = t.op(f"and {wide} {no}, {self.mask}")
        moves = [self._phi_moves(block, target) for target in (taken, other)]
        for target, mask, move in zip((taken, other), (yes, no), moves, strict=True):
            self._write_phis(move, mask)
            self._wait_at(target, mask)
        t.jump(self._after(self.facts.position[block.index]))

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
            saved = self._apart()
            t.label(label)
            self._edge(block, target, "", True)
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
                saved = self._apart()
                t.label(label)
                self._edge(block, target, self.mask, True)
                self.local = saved
            return
        moves = {target: self._phi_moves(block, target) for target in block.succs}
        masks: dict[int, str] = {}
        for n, target in enumerate(block.succs):
            hit = self.vec(self.compare(U32, "eq", index, self.const(U32, n)))
            masks[target] = t.op(f"or <{self.n} x i1> {masks[target]}, {hit}") if target in masks else hit
        for target, mask in masks.items():
            name = t.op(f"and <{self.n} x i1> {mask}, {self.mask}") if self.mask else mask
            self._write_phis(moves[target], name)
            self._wait_at(target, name)
        t.jump(self._after(position))

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

    def _edge(self, block: Block, target: int, mask: str, whole: bool) -> None:
        """All lanes of the block's mask go to `target`."""
        t, facts = self.text, self.facts
        self._write_phis(self._phi_moves(block, target), mask)
        if self.whole or not facts.masked(block.index):
            if target in self.versions:
                t.jump(self._full(target))
                return
            if facts.masked(target):
                name = mask or "splat (i1 true)"
                t.do(f"store <{self.n} x i1> {name}, ptr {self.masks[target]}")
            t.jump(self._body(target))
            return
        if facts.masked(target) and self._straight(block.index, target):
            if self._sole_entry(block.index, target) and not self._goes_past(block.index, target):
                t.do(f"store <{self.n} x i1> {mask}, ptr {self.masks[target]}")
            else:
                self._wait_at(target, mask)
            t.jump(self._body(target))
            return
        self._wait_at(target, mask)
        t.jump(self._after(facts.position[block.index]))

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

    def _phi_moves(self, block: Block, target: int) -> list[tuple[int, Value]]:
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

    def _write_phis(self, moves: list[tuple[int, Value]], mask: str) -> None:
        t = self.text
        self.move_home(moves)
        for value, source in moves:
            if value in self.tiles.home:
                continue
            slot = self.slots[value]
            bits = self._bits(value)
            ty, wide = int_type(bits), int_type(bits, self.n)
            if slot.scalar:
                t.do(f"store {ty} {source.scalar}, ptr {slot.scalar}")
                if slot.stride:
                    t.do(f"store i64 {source.stride or '0'}, ptr {slot.stride}")
            if slot.vector:
                name = self.vec(source)
                if mask and value in self.facts.mixed_phis:
                    old = t.op(f"load {wide}, ptr {slot.vector}")
                    name = t.op(f"select <{self.n} x i1> {mask}, {wide} {name}, {wide} {old}")
                t.do(f"store {wide} {name}, ptr {slot.vector}")

    def _apart(self) -> dict[int, Value]:
        """Gives the code that follows copies of the values, and returns the values: what is cached there must not be used elsewhere."""
        saved = self.local
        self.local = {number: value.apart() for number, value in saved.items()}
        return saved

    # -- instructions ------------------------------------------------------------------------------------------------------------------

    def _emit_ins(self, ins: Ins) -> None:
        row, m = ins.binding.row, ins.binding.m
        self.text.dbg = self.compiler.location(ins.inst.loc)
        self.ins = ins
        outer = self.mask
        old: list[Value | None] = []
        dests = destinations(ins)
        if ins.guard is not None:
            old = [self.read(ins.uses[d]) if d is not None else None for d in dests]
            guard = self.read(ins.uses[ins.guard.reg.name])
            if ins.guard.negated:
                guard = self.not_(PRED, guard)
            if row.raw:
                self._guarded_raw(ins, guard, dests, old)
                return
        if row.raw:
            out = row.emit(self, m, ins)
            results = list(out) if out else []
        else:
            results = self._value_results(ins, row.emit(self, m, *self.sources(ins)))
        self.mask = outer
        for position, reg in enumerate(dests):
            if reg is None:
                continue
            t, value = results[position]
            value = self._to_register(t, value, SCALARS[self.function.regs[reg]])
            if ins.guard is not None:
                value = self.select(
                    SCALARS[f"b{value.bits}"] if value.bits > 1 else PRED, guard, value, old[position]
                )
            self._define(ins.defs[reg], value)

    def _define(self, number: int, value: Value) -> None:
        shape = self.facts.shape[number]
        if shape is None and value.shape is not None and not value.uniform:
            value = self.vector(value.bits, self.vec(value))
        if shape is not None and value.shape is None:
            value = self._as_shape(value, shape)
        elif shape is not None and shape.same(value.shape):
            value = value.known_as(shape)
        if value.exact and number in self.tight:
            value = value.known_as(value.shape)
            value.exact = False
        self.local[number] = value
        self.write(number, value)

    def _guarded_raw(self, ins: Ins, guard: Value, dests: list[str | None], old: list[Value | None]) -> None:
        """A guarded memory or control instruction: a branch around it; its lanes are those of the guard."""
        t, outer = self.text, self.mask
        wide = f"<{self.n} x i1>"
        inside, done = t.fresh_label("guarded"), t.fresh_label("guarded.done")
        keep = []
        for reg, before in zip(dests, old, strict=True):
            if reg is None or before is None:
                keep.append("")
                continue
            slot = t.alloca(int_type(before.bits, self.n))
            t.do(f"store {int_type(before.bits, self.n)} {self.vec(before)}, ptr {slot}")
            keep.append(slot)
        if guard.uniform:
            t.branch(guard.scalar, inside, done)
            t.label(inside)
        else:
            mask = self.vec(guard)
            if outer:
                mask = t.op(f"and {wide} {mask}, {outer}")
            bits = t.op(f"bitcast {wide} {mask} to i{self.n}")
            t.branch(t.op(f"icmp ne i{self.n} {bits}, 0"), inside, done)
            t.label(inside)
            self.mask = mask
        saved = self._apart()
        out = ins.binding.row.emit(self, ins.binding.m, ins)
        for position, (reg, slot) in enumerate(zip(dests, keep, strict=True)):
            if reg is None or not slot:
                continue
            kind, value = list(out)[position]
            value = self._to_register(kind, value, SCALARS[self.function.regs[reg]])
            ty = int_type(value.bits, self.n)
            name = self.vec(value)
            if not guard.uniform:
                before = old[position]
                name = t.op(f"select {wide} {self.mask}, {ty} {name}, {ty} {self.vec(before)}")
            t.do(f"store {ty} {name}, ptr {slot}")
        t.label(done)
        self.mask, self.local = outer, saved
        for reg, slot in zip(dests, keep, strict=True):
            if reg is not None and slot:
                bits = SCALARS[self.function.regs[reg]].bits
                value = self.vector(bits, t.op(f"load {int_type(bits, self.n)}, ptr {slot}"))
                if self.facts.shape[ins.defs[reg]] is not None:
                    value = self.scalar(bits, self.last_lane(value))
                self._define(ins.defs[reg], value)

    def _value_results(self, ins: Ins, out: Any) -> list[tuple[ScalarType, Value]]:
        """Types of a value row's results, by the form's destinations."""
        values = list(out) if isinstance(out, (list, tuple)) else [out]
        m = ins.binding.m
        first = ins.inst.operands[0]
        if isinstance(first, Vec) and len(values) == 1:  # mov.b64 {a, b}, c
            width = SCALARS[f"b{m.type.bits // len(first.items)}"]
            return [(width, part) for part in self.unpack(width, values[0], len(first.items))]
        types: list[ScalarType] = []
        for spec in ins.binding.form.operands:
            if spec.is_dest and not spec.is_address:
                types.append(operand_type(spec, m))
        if len(values) > len(types):
            types = [SCALARS[f"b{v.bits}"] if v.bits > 1 else PRED for v in values]
        return list(zip(types, values, strict=False))

    def _to_register(self, t: ScalarType, value: Value, reg: ScalarType) -> Value:
        """A result extended (by its type's sign) or cut to the register's width."""
        if value.bits == reg.bits:
            return value
        kind = SCALARS[f"{'s' if t.kind == 's' else 'u'}{value.bits}"] if value.bits > 1 else PRED
        return self.widen(SCALARS[f"u{reg.bits}"] if reg.bits > 1 else PRED, kind, value)
