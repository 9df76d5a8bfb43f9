"""Emission of one function. In: its Graph and Facts. Out: LLVM IR of a function that runs all lanes of a group.

Blocks are written in the linear order of the facts; how control passes between them, and under which masks, is in control.py.

Where groups are always whole, masked blocks are written twice: the second form, `full`, is for all lanes at once and needs no mask. Control enters it
where every lane of the group takes the same way, and leaves it for the masked form at the first branch that parts them.
"""

from __future__ import annotations

from typing import Any

from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.stages import StageLanes
from sheer.codegen.text import Text, int_type
from sheer.codegen.value import Value
from sheer.ir.module import Vec
from sheer.isa.row import operand_type
from sheer.passes import fresh
from sheer.passes.cases import Cases
from sheer.passes.cfg import Block, Graph, Ins, source_values
from sheer.passes.facts import Facts, destinations
from sheer.passes.leaving import past_barriers
from sheer.passes.shape import Shape, ShapeLanes
from sheer.passes.stages import is_barrier
from sheer.passes.tight import of_rows, tight_values

PRED = SCALARS["pred"]

_VERSIONED = 400  # instructions of a function that may be written twice


def _says_more(shape: Shape | None) -> bool:
    """A case knows more of the value than its facts say."""
    return shape is not None and (shape.low is not None or shape.phase != 0)


class FunctionEmitter(StageLanes):
    """Writes one function into a Text."""

    def __init__(self, compiler: Any, graph: Graph, facts: Facts, text: Text, entry_mask: str, stage: int = 0) -> None:
        self.compiler, self.graph, self.facts, self.text = compiler, graph, facts, text
        self.function = graph.function
        self.stage = stage
        self.staged = compiler.staged if graph.function.is_entry else None
        self.n = facts.lanes
        self.shapes = ShapeLanes(self.n)
        self.shuffles = compiler.target.shuffles
        self.has_avx512 = compiler.target.avx512
        self.has_bf16_pairs = compiler.target.avx512 and "+avx512bf16" in compiler.target.features.split(",")
        self.lane_fibers = compiler.lane_fibers
        self.ftz_by_mode = compiler.ftz_by_mode
        self.entry_mask = self.mask = entry_mask
        self.planes = {}
        self.rows_known = {}
        self.blocks_known = {}
        self.result_rooms = {}
        self.slots = {}
        self.local = {}
        self.block = graph.blocks[0]
        self.masks = {}
        self.fixed: dict[str, Value] = {}  # values computed once at entry
        self.scratch_pointer = ""
        self.carry: str = ""
        self.exit_label = "function.exit"
        self.past = past_barriers(graph, compiler.waits) if graph.function.is_entry else set()
        self.prologue_done = False
        self.tight = set()
        self.fresh: dict[int, list[int]] = {}  # phis that are empty at the end of a block
        self.versions = set()
        self.lying = set()
        self.whole = False
        self.cases: dict[int, Cases] = compiler.cases.get(graph.function.name, {})
        self.case = False  # in a case of a block, where more is known than the facts say
        self.again = False  # what other blocks have made is made again

    def run(self) -> None:
        """Emits all blocks."""
        self.tight = tight_values(self.facts) | (set() if self.compiler.plain else of_rows(self.facts))
        self.begin_tiles(self.compiler.tiles(self.facts))
        self.find_slots()
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
            if self.is_here(index):
                self._emit_block(self.graph.blocks[index])
        for index in self.facts.order:
            if index in self.versions and self.is_here(index):
                self._emit_whole(self.graph.blocks[index])
        self.text.label(self.exit_label)
        self.text.finish("ret void" if self.staged is None else "ret i32 0")

    def _choose_versions(self) -> set[int]:
        """The masked blocks that get a full form: all of them in a small function, else those of innermost loops."""
        if self.entry_mask or self.lane_fibers or self.compiler.plain:
            return set()
        masked = [i for i in self.facts.order if self.facts.masked(i) and i not in self.facts.failing]
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

    # -- blocks --------------------------------------------------------------------------------------------------------------------------

    def _emit_block(self, block: Block) -> None:
        t, index = self.text, block.index
        masked = self.facts.masked(index)
        if masked and index not in self.facts.failing:
            t.label(f"check.{index}")
            nobody = t.fresh_label("nobody")
            self.if_waiting(index, self.body_label(index), nobody)
            t.label(nobody)
            t.do(f"store <{self.n} x i1> zeroinitializer, ptr {self.masks[index]}")
            t.jump(self.after_label(self.facts.position[index]))
        t.label(self.body_label(index))
        if masked:
            self.mask = t.op(f"load <{self.n} x i1>, ptr {self.masks[index]}")
            t.do(f"store <{self.n} x i1> zeroinitializer, ptr {self.masks[index]}")
        else:
            self.mask = self.entry_mask
        self._contents(block)
        self.loop_ends(self.facts.position[index])

    def _emit_whole(self, block: Block) -> None:
        """The block's form for all lanes of the group."""
        self.text.label(self.full_label(block.index))
        self.mask, self.whole = "", True
        self._contents(block)
        self.whole = False

    def _contents(self, block: Block) -> None:
        self.block, self.local = block, {}
        self.count_entry(block.index)
        for phi in block.phis:
            if phi.value in self.slots and self.slots[phi.value].outside:
                value = self.read(phi.value)
                self.store_outside(phi.value, value)
        if self.compiler.polling_header(self, block):
            self.text.dbg = self.compiler.location(block.ins[0].inst.loc if block.ins else block.loc)
            self.poll_yield()
        cases = self.cases.get(block.index)
        if cases is None:
            self._end(block, 0)
        elif self._instructions(block, 0, cases.at):
            self._in_cases(block, cases)

    def _in_cases(self, block: Block, cases: Cases) -> None:
        """The rest of a block for each of the low bits that a value may have, and for all others."""
        t, value = self.text, self.read(cases.value)
        assert value.shape is not None
        ty, names = int_type(value.bits), [t.fresh_label("case") for _ in cases.lows]
        low = t.op(f"and {ty} {value.scalar}, {(1 << cases.bits) - 1}")
        others = t.fresh_label("other.cases")
        t.finish(f"switch {ty} {low}, label %{others} [ {' '.join(f'{ty} {n}, label %{name}' for n, name in zip(cases.lows, names, strict=True))} ]")
        for number, name in zip(cases.lows, names, strict=True):
            saved = self.apart()
            t.label(name)
            self.case = True
            self.local[cases.value] = value.known_as(value.shape.with_low(cases.bits, number))
            self.again = True
            for ins in cases.again:
                self.emit_ins(ins)
            self.again = False
            self._end(block, cases.at)
            self.case, self.local = False, saved
        t.label(others)
        self._end(block, cases.at)

    def _instructions(self, block: Block, start: int, stop: int) -> bool:
        """Says whether control goes on behind them."""
        for at in range(start, stop):
            ins = block.ins[at]
            self.tile_work(block.index, at)
            if self.staged is not None and is_barrier(ins.inst):
                self.end_stage(ins)
                return False
            if id(ins) in self.compiler.walls:
                self.text.do('call void asm sideeffect "", "~{memory}"()')
            if id(ins) not in self.tiles.members:
                self.emit_ins(ins)
        return True

    def _end(self, block: Block, start: int) -> None:
        """From an instruction to where the block is left."""
        if not self._instructions(block, start, len(block.ins)):
            return
        self.tile_work(block.index, len(block.ins))
        self.text.dbg = self.compiler.location(block.loc)
        for value in self.fresh.get(block.index, ()):
            slot = self.slots[value]
            if slot.vector:
                self.text.do(f"store {int_type(self.bits_of(value), self.n)} zeroinitializer, ptr {slot.vector}")
        if self.staged is not None and block.index in self.staged.next:
            self.pause()
            return
        self.terminator(block)

    # -- instructions ------------------------------------------------------------------------------------------------------------------

    def emit_ins(self, ins: Ins) -> None:
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
            results = self._value_results(ins, row.emit(self, m, *source_values(ins, self.src)))
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
            self.define(ins.defs[reg], value)

    def define(self, number: int, value: Value) -> None:
        shape = self.facts.shape[number]
        if shape is None and value.shape is not None and not value.uniform and not self.case:
            value = self.vector(value.bits, self.vec(value))
        if shape is not None and value.shape is None:
            value = self.as_shape(value, shape)
        elif shape is not None and shape.same(value.shape) and not (self.case and _says_more(value.shape)):
            value = value.known_as(shape)
        if value.exact and number in self.tight:
            value = value.known_as(value.shape)
            value.exact = False
        self.local[number] = value
        if not self.again:
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
        saved = self.apart()
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
                self.define(ins.defs[reg], value)

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
