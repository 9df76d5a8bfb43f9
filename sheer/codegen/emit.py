"""Emission of one function. In: its Graph and Facts. Out: LLVM IR of a function that runs all lanes of a group.

Blocks are written in the linear order of the facts. Converged blocks branch as the program does. A masked block has a mask variable: lanes that
branch to it are added to the variable; the block is skipped while no lane waits for it; at the end of a loop, lanes waiting for its
header start the next turn. Branches that all lanes of a context take together stay branches there, too.
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.tensor import TensorLanes
from sheer.codegen.text import Text, int_type
from sheer.codegen.value import Value
from sheer.ir.module import Addr, Imm, Not, Operand, Reg, Sink, Special, Sym, Vec
from sheer.isa.row import operand_type
from sheer.passes.cfg import Block, Graph, Ins
from sheer.passes.facts import Facts, destinations, thread_vectors
from sheer.passes.shape import Shape, ShapeLanes

U32, U64, S64, B32, B64, PRED = (SCALARS[n] for n in ("u32", "u64", "s64", "b32", "b64", "pred"))


class Slot:
    """Where a value lives between blocks: allocas by part."""

    __slots__ = ("scalar", "vector", "stride", "outside")

    def __init__(self) -> None:
        self.scalar = self.vector = self.stride = self.outside = ""


class FunctionEmitter(TensorLanes):
    """Writes one function into a Text."""

    def __init__(self, compiler: Any, graph: Graph, facts: Facts, text: Text, entry_mask: str) -> None:
        self.compiler, self.graph, self.facts, self.text = compiler, graph, facts, text
        self.function = graph.function
        self.n = facts.lanes
        self.shapes = ShapeLanes(self.n)
        self.has_avx512 = compiler.target.avx512
        self.lane_fibers = compiler.lane_fibers
        self.ftz_by_mode = compiler.ftz_by_mode
        self.entry_mask = self.mask = entry_mask
        self.planes = {}
        self.slots: dict[int, Slot] = {}
        self.local: dict[int, Value] = {}
        self.block = graph.blocks[0]
        self.masks: dict[int, str] = {}
        self.fixed: dict[str, Value] = {}        # values computed once at entry
        self.scratch_pointer = ""
        self.carry: str = ""
        self.exit_label = "function.exit"
        self.prologue_done = False

    # -- the whole function ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Emits all blocks."""
        self._find_slots()
        for variable in self.function.variables:
            if variable.space == "param":
                self.declare_variable(variable)
        for block in self.graph.blocks:
            if self.facts.masked(block.index):
                self.masks[block.index] = self.text.alloca(f"<{self.n} x i1>")
                self.text.allocas.append(f"  store <{self.n} x i1> zeroinitializer, ptr {self.masks[block.index]}")
        for index in self.facts.order:
            self._emit_block(self.graph.blocks[index])
        self.text.label(self.exit_label)
        self.text.finish("ret void")

    def _find_slots(self) -> None:
        """Values used outside their block, and phis, get storage."""
        graph, facts = self.graph, self.facts
        for block in graph.blocks:
            for phi in block.phis:
                self._slot(phi.value)
        for block in graph.blocks:
            for ins in block.ins:
                for value in ins.uses.values():
                    self._use(value, block.index)
            if block.cond:
                self._use(block.cond_value, block.index)
            for phi in block.phis:
                for pred, source in zip(block.preds, phi.sources, strict=True):
                    self._use(source, pred)
        for value, slot in self.slots.items():
            if not slot.scalar and not slot.vector:
                self._allocate(value, slot)
        assert facts is not None

    def _slot(self, value: int) -> Slot:
        if value not in self.slots:
            self.slots[value] = Slot()
        return self.slots[value]

    def _use(self, value: int, block: int) -> None:
        if self.graph.value_block[value] != block:
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
        result.vector = t.op(f"load {int_type(bits, self.n)}, ptr {slot.vector}")
        result.exact = True
        if slot.stride:
            result.stride = t.op(f"load i64, ptr {slot.stride}")
        return result

    def _undefined(self, value: int, bits: int) -> Value:
        name = next((r for r, v in self.graph.undefined.items() if v == value), "")
        if name in self.planes:                        # a .reg parameter
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
        """The passes know more than the code shows: every lane holds base + constant, so lane 0 gives the base."""
        if shape.const is not None and shape.uniform:
            return self.const(SCALARS[f"u{v.bits}"] if v.bits > 1 else PRED, shape.const)
        if shape.stride is not None:
            raise CompileError(f"internal: a value of {v.bits} bits was taken to be {shape} but is varying")
        first = self.text.op(f"extractelement {int_type(v.bits, self.n)} {v.vector}, i64 0")
        if int(shape.c[0]):
            first = self.text.op(f"sub {int_type(v.bits)} {first}, {int(shape.c[0])}")
        result = Value(v.bits, shape, scalar=first, vector="" if shape.uniform else v.vector)
        result.exact = not shape.uniform
        return result

    # -- blocks --------------------------------------------------------------------------------------------------------------------------

    def _body(self, block: int) -> str:
        return f"body.{block}"

    def _check(self, position: int) -> str:
        """Where control goes to look for waiting lanes, from this position of the order on."""
        if position >= len(self.facts.order):
            return self.exit_label
        block = self.facts.order[position]
        return f"check.{block}" if self.facts.masked(block) else self._body(block)

    def _emit_block(self, block: Block) -> None:
        t, index = self.text, block.index
        self.block, self.local = block, {}
        masked = self.facts.masked(index)
        if masked:
            t.label(f"check.{index}")
            waiting = t.op(f"load <{self.n} x i1>, ptr {self.masks[index]}")
            bits = t.op(f"bitcast <{self.n} x i1> {waiting} to i{self.n}")
            t.branch(t.op(f"icmp ne i{self.n} {bits}, 0"), self._body(index), self._after(self.facts.position[index]))
        t.label(self._body(index))
        if masked:
            self.mask = t.op(f"load <{self.n} x i1>, ptr {self.masks[index]}")
            t.do(f"store <{self.n} x i1> zeroinitializer, ptr {self.masks[index]}")
        else:
            self.mask = self.entry_mask
        for phi in block.phis:
            if self.slots[phi.value].outside:
                value = self.read(phi.value)
                self._store_outside(phi.value, value)
        if self.compiler.polling_header(self, block):
            self.poll_yield()
        for ins in block.ins:
            self._emit_ins(ins)
        self.text.dbg = self.compiler.location(block.loc)
        self._terminator(block)
        self._loop_ends(self.facts.position[index])

    def _store_outside(self, value: int, v: Value) -> None:
        slot, wide = self.slots[value], int_type(v.bits, self.n)
        name = self.vec(v)
        if self.mask:
            old = self.text.op(f"load {wide}, ptr {slot.outside}")
            name = self.text.op(f"select <{self.n} x i1> {self.mask}, {wide} {name}, {wide} {old}")
        self.text.do(f"store {wide} {name}, ptr {slot.outside}")

    def _after(self, position: int) -> str:
        """Where control goes after the block at a position: the loops that end there first, then the next block."""
        return f"after.{position}" if self._ending_loops(position) else self._check(position + 1)

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
        targets = {s for b in loop.members for s in self.graph.blocks[b].succs
                   if s in loop.members and position[s] <= position[b] and self.facts.loop_of[s] is loop}
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
                waiting = t.op(f"load <{self.n} x i1>, ptr {self.masks[header]}")
                bits = t.op(f"bitcast <{self.n} x i1> {waiting} to i{self.n}")
                onward = t.fresh_label("onward")
                t.branch(t.op(f"icmp ne i{self.n} {bits}, 0"), self._body(header), onward)
                t.label(onward)
        t.jump(self._check(position + 1))

    # -- how blocks end -------------------------------------------------------------------------------------------------------------

    def _terminator(self, block: Block) -> None:
        t = self.text
        kind = block.kind
        if kind in ("return", "exit"):
            self._leave(block)
        elif kind == "trap":
            t.finish("unreachable") if not self.mask else t.jump(self._after(self.facts.position[block.index]))
        elif kind == "jump":
            self._edge(block, block.succs[0], self.mask, True)
        elif kind == "switch":
            self._switch(block)
        else:
            self._branch(block)

    def _leave(self, block: Block) -> None:
        """ret and exit: the lanes of the mask are done. `exit` in a function called leaves the kernel (see exited)."""
        if block.kind == "exit" and not self.function.is_entry:
            raise CompileError("exit inside a function that is called and not inlined is not supported; return instead",
                               block.loc)
        if not self.facts.masked(block.index):
            self.text.jump(self.exit_label)
            return
        if self.compiler.uses_barrier and self.function.is_entry:
            self.text.intrinsic("sheer_rt_exited", "void", [
                ("ptr", self.frame), ("i32", self.group), ("i32", self.active_count())])
        self.text.jump(self._after(self.facts.position[block.index]))

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
                saved = dict(self.local)
                t.label(label)
                self._edge(block, target, self.mask, True)
                self.local = saved
            return
        yes = self.vec(condition)
        wide = f"<{self.n} x i1>"
        no = t.op(f"xor {wide} {yes}, splat (i1 true)")
        if self.mask:
            yes = t.op(f"and {wide} {yes}, {self.mask}")
            no = t.op(f"and {wide} {no}, {self.mask}")
        moves = [self._phi_moves(block, target) for target in (taken, other)]
        for target, mask, move in zip((taken, other), (yes, no), moves, strict=True):
            self._write_phis(move, mask)
            self._wait_at(target, mask)
        t.jump(self._after(self.facts.position[block.index]))

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
                saved = dict(self.local)
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
        if self._just_leaves(target):
            self._count_exited(mask)
            return
        if not self.facts.masked(target):
            return
        wide = f"<{self.n} x i1>"
        old = self.text.op(f"load {wide}, ptr {self.masks[target]}")
        self.text.do(f"store {wide} {self.text.op(f'or {wide} {old}, {mask}')}, ptr {self.masks[target]}")

    def _just_leaves(self, block: int) -> bool:
        """The block does nothing but end the kernel: its lanes are gone for barriers that others still reach."""
        there = self.graph.blocks[block]
        return (self.compiler.uses_barrier and self.function.is_entry and there.kind in ("return", "exit")
                and not there.ins and not there.phis)

    def _count_exited(self, mask: str) -> None:
        bits = self.text.op(f"bitcast <{self.n} x i1> {mask} to i{self.n}")
        count = self.text.intrinsic(f"llvm.ctpop.i{self.n}", f"i{self.n}", [(f"i{self.n}", bits)])
        self.text.intrinsic("sheer_rt_exited", "void", [
            ("ptr", self.frame), ("i32", self.group), ("i32", self.resize_scalar(count, self.n, 32, False))])

    def _edge(self, block: Block, target: int, mask: str, whole: bool) -> None:
        """All lanes of the block's mask go to `target`."""
        t, facts = self.text, self.facts
        self._write_phis(self._phi_moves(block, target), mask)
        if not facts.masked(block.index):
            if facts.masked(target):
                name = mask or "splat (i1 true)"
                t.do(f"store <{self.n} x i1> {name}, ptr {self.masks[target]}")
            t.jump(self._body(target))
            return
        if facts.masked(target) and self._straight(block.index, target) and not self._just_leaves(target):
            if self._sole_entry(block.index, target):
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
            return all(facts.dominates(source, b) for b in facts.order[here + 1:there])
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
            moves.append((phi.value, self.read(phi.sources[place])))
        for value, source in moves:
            if self.facts.shape[value] is None:
                self.vec(source)
        return moves

    def _write_phis(self, moves: list[tuple[int, Value]], mask: str) -> None:
        t = self.text
        for value, source in moves:
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
                value = self.select(SCALARS[f"b{value.bits}"] if value.bits > 1 else PRED, guard, value, old[position])
            self._define(ins.defs[reg], value)

    def _define(self, number: int, value: Value) -> None:
        shape = self.facts.shape[number]
        if shape is None and value.shape is not None and not value.uniform:
            value = self.vector(value.bits, self.vec(value))
        if shape is not None and value.shape is None:
            value = self._as_shape(value, shape)
        elif shape is not None and shape.same(value.shape):
            value = value.known_as(shape)
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
        saved = dict(self.local)
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
        self.mask, self.local = outer, {k: v for k, v in saved.items()}
        for reg, slot in zip(dests, keep, strict=True):
            if reg is not None and slot:
                bits = SCALARS[self.function.regs[reg]].bits
                value = self.vector(bits, t.op(f"load {int_type(bits, self.n)}, ptr {slot}"))
                if self.facts.shape[ins.defs[reg]] is not None:
                    value = self.scalar(bits, t.op(f"extractelement {int_type(bits, self.n)} {value.vector}, i64 0"))
                self._define(ins.defs[reg], value)

    def _value_results(self, ins: Ins, out: Any) -> list[tuple[ScalarType, Value]]:
        """Types of a value row's results, by the form's destinations."""
        values = list(out) if isinstance(out, (list, tuple)) else [out]
        m = ins.binding.m
        first = ins.inst.operands[0]
        if isinstance(first, Vec) and len(values) == 1:          # mov.b64 {a, b}, c
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

    # -- operands ---------------------------------------------------------------------------------------------------------------------------

    def sources(self, ins: Ins) -> list[Any]:
        values: list[Any] = []
        specs = [o for o in ins.binding.form.operands if not o.is_pred]
        for spec, operand in zip(specs, ins.inst.operands, strict=False):
            if spec.is_dest:
                continue
            if spec.type == "imm":
                values.append(getattr(operand, "value", 0))
            elif isinstance(operand, Vec):
                width = operand_type(spec, ins.binding.m).bits // len(operand.items)
                part = SCALARS[f"b{width}"] if width > 1 else PRED
                values.append([self.src(ins, item, part) for item in operand.items])
            else:
                values.append(self.src(ins, operand, operand_type(spec, ins.binding.m)))
        return values

    def src(self, ins: Ins, operand: Operand, t: ScalarType) -> Value:
        """An operand as a value of type t: registers are cut to its width."""
        if isinstance(operand, Reg):
            value = self.read(ins.uses[operand.name])
            if value.bits == t.bits or t.kind == "p":
                return value
            kind = SCALARS[f"{'s' if t.kind == 's' and t.bits > value.bits else 'u'}{value.bits}"]
            return self.widen(SCALARS[f"u{t.bits}"] if t.bits < 128 else t, kind, value)
        if isinstance(operand, Imm):
            return self._immediate(operand, t)
        if isinstance(operand, Not):
            return self.not_(PRED, self.read(ins.uses[operand.reg.name]))
        if isinstance(operand, Special):
            return self.special(operand.name, t)
        if isinstance(operand, Sym):
            return self.symbol(operand, ins, t)
        if isinstance(operand, Sink):
            return self.const(t, 0)
        raise CompileError(f"{ins.inst.opcode}: operand {operand} is not understood", ins.inst.loc)

    def _immediate(self, operand: Imm, t: ScalarType) -> Value:
        if operand.kind == "int":
            if t.is_float and t.bits >= 32 and t.name != "tf32":
                return self.const(t, float(operand.value))
            return self.const(SCALARS[f"b{t.bits}"] if t.kind == "f" else t, operand.value)
        have = 32 if operand.kind == "f32" else 64
        if have == t.bits or not t.is_float:
            return self.const(SCALARS[f"b{t.bits}"], operand.value)
        import struct
        number = struct.unpack("<f" if have == 32 else "<d", operand.value.to_bytes(have // 8, "little"))[0]
        return self.const(t, number)

    # -- special registers and symbols ----------------------------------------------------------------------------------------------------------

    def frame_field(self, offset: int, ty: str = "i32") -> str:
        """A field of the frame; it does not change during a launch."""
        t = self.text
        place = t.op(f"getelementptr i8, ptr {self.frame}, i64 {offset}")
        return t.op(f"load {ty}, ptr {place}, align {8 if ty in ('i64', 'ptr') else 4}, !invariant.load !0")

    def special(self, name: str, t: ScalarType) -> Value:
        value = self._special(name)
        if value.bits != t.bits:
            kind = SCALARS[f"u{value.bits}"]
            return self.widen(SCALARS[f"u{t.bits}"], kind, value)
        return value

    def _special(self, name: str) -> Value:
        axis = {"x": 0, "y": 1, "z": 2}.get(name.rpartition(".")[2], 0)
        stem = name.partition(".")[0]
        if stem == "tid":
            return self.thread_id(name)
        if stem == "ctaid":
            return self.scalar(32, f"%c{'xyz'[axis]}")
        if stem == "ntid":
            block = self.compiler.block
            return self.const(U32, block[axis]) if block else self.scalar(32, self.frame_field(44 + 4 * axis))
        if stem == "nctaid":
            return self.scalar(32, self.frame_field(56 + 4 * axis))
        if name == "laneid":
            return self.lane_ids()
        if name.startswith("lanemask"):
            return self.lane_mask(name.rpartition("_")[2])
        simple = {"dynamic_smem_size": 72, "total_smem_size": 68, "aggr_smem_size": 68, "smid": 88, "nsmid": 92}
        if name in simple:
            return self.scalar(32, self.frame_field(simple[name]))
        if name == "gridid":
            return self.scalar(64, self.frame_field(80, "i64"))
        if name in ("clock", "clock_hi", "clock64", "globaltimer", "globaltimer_lo", "globaltimer_hi"):
            return self._clock(name)
        if name in ("warpid", "nwarpid"):
            return self.warp_id(name)
        if stem in ("clusterid", "cluster_ctaid") or name in ("cluster_ctarank", "is_explicit_cluster") or stem == "envreg" \
                or name.startswith(("envreg", "pm")):
            return self.const(PRED if name == "is_explicit_cluster" else U32, 0)
        if stem in ("nclusterid", "cluster_nctaid") or name == "cluster_nctarank":
            return self.scalar(32, self.frame_field(56 + 4 * axis)) if stem == "nclusterid" else self.const(U32, 1)
        if name == "reserved_smem_offset_begin":
            return self.const(U32, 0)
        raise CompileError(f"the special register %{name} is not supported", self.ins.inst.loc)

    def _clock(self, name: str) -> Value:
        service = "sheer_rt_clock64" if name.startswith("clock") else "sheer_rt_globaltimer"
        value = self.scalar(64, self.text.intrinsic(service, "i64", [("ptr", self.frame)]))
        if name.endswith("_hi"):
            value = self.shr(U64, value, self.const(U32, 32))
        return value if name in ("clock64", "globaltimer") else self.widen(U32, U64, value)

    def lane_ids(self) -> Value:
        if "laneid" not in self.fixed:
            import numpy as np
            shape = Shape(np.arange(self.n, dtype=np.int64) % 32, None, None, 64, 31)
            self.fixed["laneid"] = Value(32, shape, scalar="0")
        kept = self.fixed["laneid"]
        return Value(32, kept.shape, scalar="0")

    def lane_mask(self, which: str) -> Value:
        table = {"eq": lambda i: 1 << i, "lt": lambda i: (1 << i) - 1, "le": lambda i: (2 << i) - 1,
                 "gt": lambda i: ~((2 << i) - 1), "ge": lambda i: ~((1 << i) - 1)}
        return self.vector(32, self.constants(32, [table[which](i % 32) for i in range(self.n)]))

    def warp_id(self, name: str) -> Value:
        if name == "nwarpid":
            return self.const(U32, 64)
        if self.n == 32:
            return self.scalar(32, self.group)
        first = self.text.op(f"mul i32 {self.group}, {self.n // 32}")
        return self.vector(32, self.text.op(
            f"add <{self.n} x i32> {self.splat('i32', first)}, {self.constants(32, [i // 32 for i in range(self.n)])}"))

    def linear_thread(self) -> Value:
        """Linear thread id of every lane."""
        import numpy as np
        first = self.text.op(f"mul i32 {self.group}, {self.n}")
        shape = Shape(np.arange(self.n, dtype=np.int64), None, None, self.n.bit_length() - 1, -1)
        return Value(32, shape, scalar=first)

    def thread_id(self, name: str) -> Value:
        """tid.x/y/z: constants per lane on a scalar base where the block shape allows it."""
        block = self.compiler.block
        linear = self.linear_thread()
        axis = "xyz".index(name[-1])
        if block is None:
            return self._thread_id_any(linear, axis)
        shapes = self.facts_tids()
        shape = shapes.get(name)
        extents = [self.const(U32, e) for e in block]
        if shape is None:
            value: Value = self.vector(32, self.vec(linear))
        elif shape.const is not None:
            return self.const(U32, shape.const)
        else:
            value = self.scalar(32, linear.scalar)
        if axis == 0:
            result = value if block[1] * block[2] == 1 else self._mod(value, block[0])
        elif axis == 1:
            result = self._over(value, block[0])
            result = result if block[2] == 1 else self._mod(result, block[1])
        else:
            result = self._over(value, block[0] * block[1])
        assert extents
        if shape is None or shape.uniform:
            return result if shape is None else self.scalar(32, result.scalar, shape)
        return Value(32, shape, scalar=result.scalar)

    def facts_tids(self) -> dict[str, Any]:
        from sheer.passes.facts import thread_shapes
        return thread_shapes(self.n, self.compiler.block, self.shapes)

    def _mod(self, value: Value, extent: int) -> Value:
        return self.simple("urem", value, self.const(U32, extent))

    def _over(self, value: Value, extent: int) -> Value:
        return self.simple("udiv", value, self.const(U32, extent))

    def _thread_id_any(self, linear: Value, axis: int) -> Value:
        ntid = [self.scalar(32, self.frame_field(44 + 4 * i)) for i in range(3)]
        value: Value = self.vector(32, self.vec(linear))
        if axis == 0:
            return self.rem(U32, value, ntid[0])
        if axis == 1:
            return self.rem(U32, self.div(U32, value, ntid[0]), ntid[1])
        return self.div(U32, value, self.simple("mul", ntid[0], ntid[1]))

    def symbol(self, operand: Sym, ins: Ins, t: ScalarType) -> Value:
        """The address of a variable or a function's id."""
        name, offset = operand.name, operand.offset
        place = self.compiler.place(self.function, name)
        if place is None:
            raise CompileError(f"{name} is used but not declared in any linked module", ins.inst.loc)
        space, where = place
        if space == "global":
            value = self.scalar(64, self.global_address(where))
            value = self.add(U64, value, self.const(U64, offset)) if offset else value
        elif space == "param":
            value = self.scalar(64, self.param_base())
            value = self.add(U64, value, self.const(U64, where + offset))
        elif space == "dynamic_shared":
            value = self.const(U64, where + offset)
        elif space == "local":
            base = self.scalar(32, self.stack_base())
            value = self.widen(U64, U32, self.add(U32, base, self.const(U32, where + offset)))
        else:
            value = self.const(U64, where + offset)
        return self.widen(SCALARS[f"u{t.bits}"], U64, value) if t.bits != 64 else value

    def global_address(self, index: int) -> str:
        t = self.text
        table = self.frame_field(24, "ptr")
        place = t.op(f"getelementptr i64, ptr {table}, i64 {index}")
        return t.op(f"load i64, ptr {place}, align 8, !invariant.load !0")

    def param_base(self) -> str:
        return self.frame_field(0, "i64")

    def stack_base(self) -> str:
        return "0" if self.function.is_entry else "%stack"

    def stack_top(self) -> str:
        mine = self.compiler.local_bytes(self.function)
        base = self.stack_base()
        return str(mine) if base == "0" else self.text.op(f"add i32 {base}, {mine}")

    def scratch(self) -> str:
        if not self.scratch_pointer:
            self.scratch_pointer = self.text.alloca("[64 x i8]", 64)
        return self.scratch_pointer

    # -- addresses and memory instructions ----------------------------------------------------------------------------------------------------------

    def address(self, ins: Ins, operand: Operand, space: str) -> Value:
        """A generic address (64 bits) from an address operand in a state space."""
        assert isinstance(operand, Addr)
        base = operand.base
        space = (space or "generic").partition("::")[0]
        if base is None:
            value = self.const(U64, operand.offset)
        elif isinstance(base, Sym):
            value = self.symbol(Sym(base.name, operand.offset), ins, U64)
            place = self.compiler.place(self.function, base.name)
            if place is not None and place[0] in ("shared", "dynamic_shared") and space == "generic":
                space = "shared"
            if place is not None and place[0] == "local" and space == "generic":
                space = "local"
        else:
            value = self.read(ins.uses[base.name])
            if value.bits < 64:
                value = self.widen(U64, SCALARS[f"u{value.bits}"], value)
            if operand.offset:
                value = self.add(U64, value, self.const(U64, operand.offset))
        return self.to_generic(value, space)

    def to_generic(self, value: Value, space: str) -> Value:
        if space == "shared":
            return self.add(U64, self.scalar(64, self.frame_field(8, "i64")), value)
        if space == "local":
            return self.add(U64, self.local_base(), value)
        return value

    def local_base(self) -> Value:
        """Generic address of every lane's local memory."""
        import numpy as np
        base = self.frame_field(16, "i64")
        stride = self.resize_scalar(self.frame_field(76), 32, 64, False)
        first = self.text.op(f"zext i32 {self.text.op(f'mul i32 {self.group}, {self.n}')} to i64")
        start = self.text.op(f"add i64 {base}, {self.text.op(f'mul i64 {first}, {stride}')}")
        shape = Shape(np.zeros(self.n, np.int64), "local", np.arange(self.n, dtype=np.int64))
        return Value(64, shape, scalar=start, stride=stride)

    def load(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        operands = ins.inst.operands
        count = int(m.vec[1:]) if m.vec else 1
        space = (getattr(m, "space", "") or "").partition("::")[0]
        kind = SCALARS[f"b{m.type.bits}"]
        assert isinstance(operands[1], Addr)
        if space == "param":
            values = self._load_param(ins, operands[1], kind, count)
        else:
            address = self.address(ins, operands[1], space)
            strong = getattr(m, "sem", "") not in ("", "weak")
            self.check(address, kind.bytes * count, 0, ins)
            values = self.load_lanes(kind, count, address, strong)
            if strong and m.sem == "volatile" or getattr(m, "sem", "") in ("relaxed", "acquire"):
                self.compiler.polls_memory = True
        return [(m.type, v) for v in values]

    def _load_param(self, ins: Ins, operand: Addr, t: ScalarType, count: int) -> list[Value]:
        planes = self.param_address(operand)
        if planes is not None:
            return [self.read_param(planes, operand.offset + i * t.bytes, t) for i in range(count)]
        if isinstance(operand.base, Sym) and not self.function.is_entry:
            raise CompileError(f"{operand.base.name} is not a parameter of {self.function.name}", ins.inst.loc)
        address = self.address(ins, operand, "param")
        if not address.uniform:
            return self.load_lanes(t, count, address)
        pointer = self.pointer(address)
        found = []
        for i in range(count):
            place = self.text.op(f"getelementptr i8, ptr {pointer}, i64 {i * t.bytes}") if i else pointer
            found.append(self.scalar(t.bits, self.text.op(
                f"load i{t.bits}, ptr {place}, align {min(t.bytes, 8)}, !invariant.load !0")))
        return found

    def store(self, m: Any, ins: Ins) -> None:
        operands = ins.inst.operands
        kind = SCALARS[f"b{m.type.bits}"]
        items = operands[1].items if isinstance(operands[1], Vec) else (operands[1],)
        values = [self.src(ins, item, kind) for item in items]
        space = (m.space or "").partition("::")[0]
        assert isinstance(operands[0], Addr)
        if space == "param":
            planes = self.param_address(operands[0])
            if planes is None:
                raise CompileError("a store to a kernel parameter", ins.inst.loc)
            for i, value in enumerate(values):
                self.write_param(planes, operands[0].offset + i * kind.bytes, kind, value)
            return
        address = self.address(ins, operands[0], space)
        self.check(address, kind.bytes * len(values), 1, ins)
        self.store_lanes(kind, values, address, m.sem not in ("", "weak"))

    def check(self, address: Value, size: int, access: int, ins: Ins) -> None:
        """Checked mode: the machine verifies every active lane's address first."""
        if not self.compiler.checked:
            return
        t, n = self.text, self.n
        array = self.lane_array(Value(64, None, vector=self.vec(address)))
        mask = t.alloca(f"i{n}", 8)
        t.do(f"store i{n} {self.mask_bits()}, ptr {mask}")
        t.intrinsic("sheer_rt_check", "void", [
            ("ptr", self.frame), ("i32", self.group), ("ptr", array), ("ptr", mask), ("i32", str(n)), ("i32", str(size)),
            ("i32", str(access)), ("i32", str(ins.inst.loc.line)), ("i32", str(ins.inst.loc.file))])

    def atomic(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        if self.compiler.checked:
            self.check(self.address(ins, ins.inst.operands[1], m.space), m.type.bytes, 2, ins)
        return super().atomic(m, ins)

    def reduce(self, m: Any, ins: Ins) -> None:
        if self.compiler.checked:
            self.check(self.address(ins, ins.inst.operands[0], m.space), m.type.bytes, 2, ins)
        super().reduce(m, ins)

    def convert_address(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        """cvta: to generic adds the window's base, cvta.to takes it away."""
        value = self.src(ins, ins.inst.operands[1], SCALARS[f"b{m.type.bits}"])
        space = m.space.partition("::")[0]
        wide = value if value.bits == 64 else self.widen(U64, U32, value)
        if space in ("shared", "local"):
            if m.to:
                base = self.scalar(64, self.frame_field(8, "i64")) if space == "shared" else self.local_base()
                result = self.sub(U64, wide, base)
            else:
                result = self.to_generic(wide, space)
        else:
            result = wide
        if space == "local":
            result = self.vector(64, self.vec(result))
        return [(m.type, self.widen(SCALARS[f"u{m.type.bits}"], U64, result) if m.type.bits != 64 else result)]

    def space_of(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        value = self.src(ins, ins.inst.operands[1], B64)
        space = m.space.partition("::")[0]
        shared = self._inside(value, self.frame_field(8, "i64"), self.resize_scalar(self.frame_field(68), 32, 64, False))
        stride = self.resize_scalar(self.frame_field(76), 32, 64, False)
        threads = self.text.op(f"mul i64 {stride}, 1024")
        local = self._inside(value, self.frame_field(16, "i64"), threads)
        if space in ("shared", "local"):
            return [(PRED, shared if space == "shared" else local)]
        if space == "global":
            return [(PRED, self.not_(PRED, self.simple("or", shared, local)))]
        return [(PRED, self.const(PRED, 0))]

    def _inside(self, value: Value, base: str, size: str) -> Value:
        offset = self.simple("sub", value, self.scalar(64, base))
        return self.compare(U64, "lt", offset, self.scalar(64, size))

    def copy_async(self, m: Any, ins: Ins) -> None:
        """cp.async: done at once. A source size smaller than the copy fills the rest with zeros."""
        operands = ins.inst.operands
        target = self.address(ins, operands[0], "shared")
        source = self.address(ins, operands[1], "global")
        size = operands[2].value if isinstance(operands[2], Imm) else 16
        unit = B32 if size % 8 else B64
        limit = operands[3] if len(operands) > 3 else None
        short = limit is not None and not (isinstance(limit, Imm) and limit.value == size)
        if not short:
            self.check(source, size, 0, ins)
            self.check(target, size, 1, ins)
            self.store_lanes(unit, self.load_lanes(unit, size // unit.bytes, source), target)
            return
        amount = self.src(ins, limit, U32)
        outer = self.mask
        values = []
        byte = SCALARS["b32"]
        for offset in range(0, size, 4):
            wanted = self.vec(self.compare(U32, "gt", amount, self.const(U32, offset)))
            self.mask = self.text.op(f"and <{self.n} x i1> {wanted}, {outer}") if outer else wanted
            place = self.vector(64, self.vec(self.add(U64, source, self.const(U64, offset))))
            values.append(self._load_lanes(byte, 1, place)[0])
            self.mask = outer
        self.store_lanes(byte, values, target)

    def copy_arrive(self, m: Any, ins: Ins) -> None:
        """The copies are done already: with .noinc this is an arrival; without, the pending count is raised and lowered."""
        if not m.noinc:
            return
        from types import SimpleNamespace
        place = self.address(ins, ins.inst.operands[0], m.space or "generic")
        places = self.lane_array(Value(64, None, vector=self.vec(place)))
        arrive = SimpleNamespace(op="arrive", expect_tx=False)

        def one(lane: str) -> list[str]:
            at = self.text.op(f"inttoptr i64 {self.lane_of(places, 64, lane)} to ptr")
            self._mbarrier_update(arrive, at, "1")
            return []

        self.for_each_lane(one)

    def policy(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        return [(B64, self.const(B64, 0))]

    def poll_yield(self) -> None:
        """Others get their turn: lanes of other groups, other blocks."""
        self.compiler.flags |= 2
        self.text.intrinsic("sheer_rt_yield", "void", [("ptr", self.frame), ("i32", self.group)])

    def carry_in(self) -> Value:
        if not self.carry:
            self.carry = self.text.alloca(f"<{self.n} x i32>")
        return self.vector(32, self.text.op(f"load <{self.n} x i32>, ptr {self.carry}"))

    def set_carry(self, value: Value) -> None:
        if not self.carry:
            self.carry = self.text.alloca(f"<{self.n} x i32>")
        self.text.do(f"store <{self.n} x i32> {self.vec(value)}, ptr {self.carry}")


def group_count(lanes: int, block: tuple[int, int, int]) -> int:
    """Groups of a block."""
    return len(thread_vectors(lanes, block)["tid.x"])
