"""Facts beside the program: the shape of every value, which branches diverge, which blocks run with part of the lanes, and the linear order.
In: a Graph in SSA form and the block shape. Out: Facts. Nothing in the Graph changes.

The context of a block is the set of (divergent branch, side) pairs that it depends on, directly or not. An empty context means that all
lanes that are alive run the block together ("converged"); blocks of equal context run with equal masks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sheer.base.types import SCALARS, ScalarType
from sheer.ir.module import Addr, Args, Imm, Not, Operand, Pair, Reg, Sink, Special, Sym, Vec
from sheer.passes.cfg import Graph, Ins, immediate, source_values
from sheer.passes.convergence import convergence
from sheer.passes.dominance import Loop, dominators, linear_order, postdominators
from sheer.passes.failing import failing_blocks
from sheer.passes.shape import VARYING, Shape, ShapeLanes, join

_TOP = object()


_PATIENCE = 6  # changes of a shape


class Facts:
    """What the passes found out about one function for one block shape."""

    def __init__(self, graph: Graph, lanes: int, block: tuple[int, int, int] | None, is_entry: bool) -> None:
        self.graph, self.lanes, self.block, self.is_entry = graph, lanes, block, is_entry
        succs = [b.succs for b in graph.blocks]
        self.order, self.loop_of, self.loops = linear_order(succs, [b.preds for b in graph.blocks])
        self.position = {b: n for n, b in enumerate(self.order)}
        self.failing = failing_blocks(graph)
        self.alive = [[s for s in targets if s not in self.failing] or targets for targets in succs]
        self.ipdom = postdominators(self.alive)
        self.idom = dominators([b.preds for b in graph.blocks])
        found = convergence(self.alive, self.order, self.loop_of, self.loops)
        self.meet, self.sides = found.meet, found.depends
        self.depends = [{branch for branch, _ in sides} for sides in self.sides]
        self.shape: list[Any] = [_TOP] * len(graph.value_type)
        self.divergent = [False] * len(graph.blocks)
        self.loses = [False] * len(graph.blocks)  # some lanes go to a failing block, all others on together
        self.context = [0] * len(graph.blocks)  # (branch, side) pairs, a bit each
        self.divergent_loops: set[int] = set()
        self.clock = 1  # of the analysis: when a shape, or who leaves a loop with whom, last changed
        self.changed_at = [0] * len(graph.value_type)
        self.left_apart_at = 0  # when lanes last were found to leave a loop at different times
        self.times_changed = [0] * len(graph.value_type)
        self.read = _read(graph)
        self.mixed_phis: set[int] = set()  # values of phis at which differently masked edges meet

    def masked(self, block: int) -> bool:
        return bool(self.context[block])

    def dominates(self, above: int, below: int) -> bool:
        """Every path to `below` goes through `above`."""
        while below > above:
            below = self.idom[below]
        return below == above

    def together(self, loop: Loop, block: int) -> bool:
        """All lanes that are in this turn of the loop are at `block` when it runs: what diverged before has met again."""
        here = self.position[block]
        for branch in loop.members:
            if not self.divergent[branch] or self.position[branch] >= here:
                continue
            if sum(s in loop.members for s in set(self.graph.blocks[branch].succs)) < 2:
                continue
            meet = self.meet[branch]
            if meet not in loop.members or not self.position[branch] < self.position[meet] <= here:
                return False
        return True

    def leaves_divergent_loop(self, value: int, use_block: int) -> bool:
        """The value is defined in a loop that lanes leave at different times, and used after it."""
        block = self.graph.value_block[value]
        return block >= 0 and self.leaves_divergently(block, use_block)

    def leaves_divergently(self, block: int, to: int) -> bool:
        """From `block` to `to` lanes leave a loop, and not all at the same time."""
        loop = self.loop_of[block]
        while loop is not None:
            if to in loop.members:
                return False
            if id(loop) in self.divergent_loops:
                return True
            loop = loop.parent
        return False

    def shape_at(self, value: int, use_block: int) -> Shape | None:
        """The shape of a value as seen by a use in a block."""
        shape = self.shape[value]
        if shape is VARYING or self.leaves_divergent_loop(value, use_block):
            return VARYING
        return shape


def _read(graph: Graph) -> set[int]:
    """The values that an instruction, a phi or a branch reads."""
    found = {block.cond_value for block in graph.blocks if block.cond}
    for block in graph.blocks:
        found.update(value for phi in block.phis for value in phi.sources)
        found.update(value for ins in block.ins for value in ins.uses.values())
    return found


def analyse(
    graph: Graph, lanes: int, block: tuple[int, int, int] | None, is_entry: bool, varying_params: bool = True
) -> Facts:
    """Runs to a fixed point: shapes decide which branches diverge, those decide contexts, those decide shapes of phis."""
    facts = Facts(graph, lanes, block, is_entry)
    lanes_k = FactLanes(facts)
    param_regs = {p.name for p in graph.function.params if p.is_reg}
    for reg, value in getattr(graph, "undefined", {}).items():
        facts.shape[value] = VARYING if reg in param_regs else lanes_k.uniform()
    seen: dict[int, int] = {}
    while _sweep(facts, lanes_k, seen):
        pass
    _contexts(facts)
    for value, shape in enumerate(facts.shape):
        if shape is _TOP:
            facts.shape[value] = VARYING
    return facts


def _sweep(facts: Facts, k: FactLanes, seen: dict[int, int]) -> bool:
    """Brings every instruction up to date whose operands have changed since it was `seen`."""
    changed = False
    graph = facts.graph
    for index in facts.order:
        block = graph.blocks[index]
        k.block = index
        for phi in block.phis:
            changed |= _update(facts, phi.value, _phi_shape(facts, index, phi))
        for ins in block.ins:
            before = seen.get(id(ins), -1)
            if before >= facts.left_apart_at and all(facts.changed_at[v] <= before for v in ins.uses.values()):
                continue
            seen[id(ins)] = facts.clock
            for reg, shape in k.results(ins):
                if reg is not None:
                    changed |= _update(facts, ins.defs[reg], shape)
        if block.kind == "branch":
            divergent = k.value(block.cond_value) is not _TOP and not _uniform(k.value(block.cond_value))
        elif block.kind == "switch":
            selector = block.ins[-1].inst.operands[0]
            divergent = isinstance(selector, Reg) and not _uniform(k.value(block.ins[-1].uses[selector.name]))
        else:
            divergent = False
        if divergent and len(set(facts.alive[index])) == 1:
            facts.loses[index] = True
        elif divergent and not facts.divergent[index]:
            facts.divergent[index] = changed = True
            _part_loops(facts, index)
    return changed


def _uniform(shape: Any) -> bool:
    return shape is _TOP or (shape is not VARYING and shape.uniform)


def _update(facts: Facts, value: int, shape: Any) -> bool:
    if shape is _TOP:
        return False
    old = facts.shape[value]
    if old is VARYING:
        return False
    if old is not _TOP:
        shape = join(old, shape)
    if shape is not VARYING:
        shape = shape.with_key(value)
        if old is not _TOP and shape.identical(old):
            return False
        facts.times_changed[value] += 1
        if facts.times_changed[value] > _PATIENCE:  # what is known of the base shrinks bit by bit around a loop: give it up
            shape = Shape(shape.c, shape.stride, shape.m, key=value)
            if old is not _TOP and shape.identical(old):
                return False
    facts.clock += 1
    facts.changed_at[value] = facts.clock
    facts.shape[value] = shape
    return True


def _contexts(facts: Facts) -> None:
    """Transitive closure of control dependence on divergent branches, as sets of (branch, side) pairs: a number each, a bit a pair."""
    number_of = {pair: n for n, pair in enumerate(sorted(set().union(*facts.sides)))}
    number = {pair: n for pair, n in number_of.items() if facts.divergent[pair[0]]}
    context = [sum(1 << number[pair] for pair in sides if pair in number) for sides in facts.sides]
    changed = True
    while changed:
        changed = False
        for index in facts.order:
            new = context[index]
            for branch in facts.depends[index]:
                new |= context[branch]
            if new != context[index]:
                context[index] = new
                changed = True
    for index in facts.order:  # whoever comes to a failing block comes from one branch
        if index in facts.failing and any(
            facts.loses[pred] or facts.divergent[pred] or context[pred] for pred in facts.graph.blocks[index].preds
        ):
            context[index] = 1 << len(number_of) + index
    facts.context = context


def _part_loops(facts: Facts, branch: int) -> None:
    """`branch` has come to part lanes: which of the loops around it these now leave at different times."""
    loop = facts.loop_of[branch]
    while loop is not None:
        if id(loop) not in facts.divergent_loops and any(_parts(facts, loop, block) for block in loop.members):
            facts.divergent_loops.add(id(loop))
            facts.clock += 1
            facts.left_apart_at = facts.clock
        loop = loop.parent


def _parts(facts: Facts, loop: Loop, block: int) -> bool:
    """Lanes leave the loop from this block while others stay, or without those of the turn that are not here."""
    leaves = any(s not in loop.members for s in facts.alive[block])
    return (leaves and facts.divergent[block]) or _exits_masked(facts, loop, block)


def _exits_masked(facts: Facts, loop: Loop, block: int) -> bool:
    """A uniform exit that only part of the loop's lanes reach is an exit at different times too."""
    succs = facts.alive[block]
    if succs and all(s in loop.members for s in succs):
        return False
    return not facts.together(loop, block)


def _mixed(facts: Facts, block: int, preds: list[int], stop: int) -> bool:
    """Lanes that a divergent branch has parted come to `block` by different ones of these edges."""
    if len(preds) < 2:
        return False
    graph = facts.graph
    between = {stop, *preds}
    work = [p for p in preds if p != stop]
    while work:
        for pred in graph.blocks[work.pop()].preds:
            if pred not in between:
                between.add(pred)
                work.append(pred)
    return any(
        facts.divergent[b] and (facts.meet[b] not in between or facts.meet[b] == block) for b in between
    )


def _entered_apart(facts: Facts, block: int) -> bool:
    """The block is in a loop with several entries in which lanes part. Lanes that left it for another entry may still wait on the way, and need
    its phis, when others come back to it: with one entry they would all come back by edges that _mixed looks at."""
    loop = facts.loop_of[block]
    while loop is not None:
        if len(loop.headers) > 1 and any(facts.divergent[member] for member in loop.members):
            return True
        loop = loop.parent
    return False


def _phi_shape(facts: Facts, index: int, phi: Any) -> Any:
    block = facts.graph.blocks[index]
    result: Any = _TOP
    here = facts.position[index]
    edges: dict[bool, list[int]] = {False: [], True: []}
    for pred, source in zip(block.preds, phi.sources, strict=True):
        edges[facts.position[pred] >= here].append(pred)
        shape = facts.shape[source]
        if shape is _TOP:
            continue
        shape = facts.shape_at(source, pred)
        result = shape if result is _TOP else join(result, shape)
    mixed = _mixed(facts, index, edges[False], facts.idom[index]) or _mixed(facts, index, edges[True], index)
    mixed = mixed or any(facts.leaves_divergently(pred, index) for pred in block.preds)
    mixed = mixed or (bool(edges[True]) and _entered_apart(facts, index))
    # an undefined source must not make a phi uniform when lanes come by several ways
    if mixed:
        facts.mixed_phis.add(phi.value)
        return VARYING
    if result is _TOP or result is VARYING:
        return result
    if len(block.preds) > 1:
        result = Shape(result.c, result.stride, result.m, result.tz, result.bits, result.const)
        if result.stride is not None and not _stride_is_fixed(facts, result.stride, index):
            return VARYING
    return result


def _stride_is_fixed(facts: Facts, stride: int, block: int) -> bool:
    """The stride is computed outside every loop around the phi, so that it is the same on all edges."""
    loop = facts.loop_of[block]
    while loop is not None:
        if facts.graph.value_block[stride] in loop.members:
            return False
        loop = loop.parent
    return True


class FactLanes(ShapeLanes):
    """The lane vocabulary over shapes, with operands of the current function: what raw rows call, too."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts.lanes)
        self.facts = facts
        self.block = 0
        self.kernel_params = {p.name for p in facts.graph.function.params}
        self.tids = thread_shapes(facts.lanes, facts.block, self) if facts.block and facts.is_entry else {}

    def value(self, number: int) -> Any:
        shape = self.facts.shape[number]
        return shape if shape is _TOP else self.facts.shape_at(number, self.block)

    def results(self, ins: Ins) -> list[tuple[str | None, Any]]:
        """(register or None for a sink, shape) of every destination."""
        dests = destinations(ins)
        if not dests:
            return []
        if any(self.facts.shape[v] is _TOP for v in ins.uses.values()):
            return [(reg, _TOP) for reg in dests]
        row, m = ins.binding.row, ins.binding.m
        if row.raw:
            out = row.emit(self, m, ins)
            shapes = list(out) if isinstance(out, (list, tuple)) else [out] * len(dests)
        else:
            out = row.emit(self, m, *source_values(ins, self.source))
            shapes = list(out) if isinstance(out, (list, tuple)) else [out]
        if len(shapes) < len(dests):  # a value taken apart: mov.b64 {a, b}, c
            shapes = [self._default(*shapes)] * len(dests)
        if ins.guard is not None:
            guard = self.value(ins.uses[ins.guard.reg.name])
            shapes = [
                join(s, self.value(ins.uses[d])) if _uniform(guard) and d is not None else VARYING
                for s, d in zip(shapes, dests, strict=False)
            ]
        return list(zip(dests, shapes, strict=False))

    def source(self, ins: Ins, operand: Operand, wanted: ScalarType) -> Any:
        """An operand's shape as a value of the type wanted: a register may be wider."""
        shape = self.operand(ins, operand)
        if isinstance(operand, Reg) and shape is not VARYING and not wanted.is_float:
            have = SCALARS[self.facts.graph.function.regs[operand.name]]
            if wanted.bits < have.bits:
                shape = self.widen(wanted, have, shape)
        return shape

    def operand(self, ins: Ins, operand: Operand) -> Any:
        if isinstance(operand, Reg):
            return self.value(ins.uses[operand.name])
        if isinstance(operand, Imm):
            return self.uniform(operand.value if operand.kind == "int" else None)
        if isinstance(operand, Not):
            return self._default(self.value(ins.uses[operand.reg.name]))
        if isinstance(operand, Special):
            return self.special(operand.name)
        if isinstance(operand, Sym):
            return self.uniform()
        if isinstance(operand, Addr):
            base = operand.base
            return (
                self.uniform() if base is None or isinstance(base, Sym) else self.value(ins.uses[base.name])
            )
        return VARYING

    def special(self, name: str) -> Any:
        if name in self.tids:
            return self.tids[name]
        if name.startswith(("tid", "lanemask")):
            return VARYING
        if name == "laneid":
            return Shape(np.arange(self.lanes, dtype=np.int64) % 32, None, None, 64, 31)
        if name == "warpid" and self.lanes > 32:
            return Shape(np.arange(self.lanes, dtype=np.int64) // 32, None, None, 0, -1)
        if name.startswith("ntid.") and self.facts.block:
            return self.uniform(self.facts.block["xyz".index(name[-1])])
        return self.uniform()

    # -- raw rows: shapes of their results --------------------------------------------------------------------------

    def load(self, m: Any, ins: Ins) -> Any:
        address = self.operand(ins, ins.inst.operands[1])
        space, base = getattr(m, "space", ""), getattr(ins.inst.operands[1], "base", None)
        if (
            space.startswith("param")
            and self.facts.is_entry
            and not (isinstance(base, Sym) and base.name not in self.kernel_params)
        ):
            return self.uniform() if _uniform(address) else VARYING
        if space.startswith(("local", "param")) or not _uniform(address):
            return VARYING
        return self.uniform()

    def convert_address(self, m: Any, ins: Ins) -> Any:
        """cvta: a scalar is added, except to or from local space, where it differs per lane."""
        source = self.operand(ins, ins.inst.operands[1])
        return VARYING if m.space == "local" else source

    def _raw_varying(self, m: Any, ins: Ins) -> Any:
        return [VARYING] * len(destinations(ins))

    atomic = match = call = mma = ldmatrix = movmatrix = wmma_load = wmma_mma = elect = mbarrier = (
        _raw_varying
    )
    policy = texture = texture_gather = image_query = surface_load = surface_store = _raw_varying

    def vote(self, m: Any, ins: Ins) -> Any:
        member = self.operand(ins, ins.inst.operands[-1])
        return self.uniform() if _uniform(member) and self.lanes == 32 else VARYING

    def redux(self, m: Any, ins: Ins) -> Any:
        return self.vote(m, ins)

    def shuffle(self, m: Any, ins: Ins) -> Any:
        """What one lane of the warp hands to all is the same in all of them."""
        value, lane = (self.operand(ins, operand) for operand in ins.inst.operands[1:3])
        if self.lanes == 32 and _uniform(lane) and is_broadcast(m, ins):
            return [self.uniform(), self.uniform()]
        return [self.uniform() if _uniform(value) else VARYING, VARYING]

    def activemask(self, m: Any, ins: Ins) -> Any:
        return self.uniform() if self.lanes == 32 else VARYING

    def carry_in(self) -> Any:
        return VARYING

    def space_of(self, m: Any, ins: Ins) -> Any:
        return self._default(self.operand(ins, ins.inst.operands[1]))

    def barrier(self, m: Any, ins: Ins) -> Any:
        return self.uniform()

    def move_symbol(self, m: Any, ins: Ins) -> Any:
        return self.uniform()


def is_broadcast(m: Any, ins: Ins) -> bool:
    """shfl.idx over the whole warp: the segments are not narrower, so all lanes with the same index read the same one."""
    return m.mode == "idx" and (immediate(ins.inst.operands[3]) or 0) & 0x1F1F == 0x1F


def destinations(ins: Ins) -> list[str | None]:
    """Destination registers in the order written, None for sinks."""
    specs = [o for o in ins.binding.form.operands if not o.is_pred]
    found: list[str | None] = []
    for spec, operand in zip(specs, ins.inst.operands, strict=False):
        if spec.is_dest and not isinstance(operand, Addr):
            _flatten(operand, found)
    if ins.binding.form.name == "call":
        found = []
        if ins.writes:
            _flatten(ins.inst.operands[0], found)
    return found


def _flatten(operand: Operand | None, into: list[str | None]) -> None:
    if isinstance(operand, Reg):
        into.append(operand.name)
    elif isinstance(operand, (Vec, Args)):
        for item in operand.items:
            _flatten(item, into)
    elif isinstance(operand, Pair):
        _flatten(operand.first, into)
        _flatten(operand.second, into)
    elif operand is None or isinstance(operand, (Sink, Sym)):
        into.append(None)


def thread_vectors(lanes: int, block: tuple[int, int, int]) -> dict[str, Any]:
    """tid.x/y/z of every lane of every group (groups x lanes)."""
    x, y, z = block
    groups = -(-x * y * z // lanes)
    linear = np.arange(groups * lanes, dtype=np.int64).reshape(groups, lanes)
    return {"tid.x": linear % x, "tid.y": linear // x % y, "tid.z": linear // (x * y)}


def thread_shapes(lanes: int, block: tuple[int, int, int], k: ShapeLanes) -> dict[str, Shape | None]:
    """tid.* as shapes: affine when every group has the same constants beside its own base."""
    shapes: dict[str, Shape | None] = {}
    for (name, values), extent in zip(thread_vectors(lanes, block).items(), block, strict=True):
        base = values[:, :1]
        c = values - base
        bits = (1 << max(int(extent - 1).bit_length(), 0)) - 1
        if (c == c[0]).all():
            tz = min((_tz(int(b)) for b in base[:, 0]), default=64)
            const = 0 if not base.any() and not c[0].any() else None
            shapes[name] = Shape(c[0].copy(), None, None, tz, bits, const)
        else:
            shapes[name] = VARYING
    return shapes


def _tz(value: int) -> int:
    return 64 if value == 0 else (value & -value).bit_length() - 1
