"""How many lanes run together. In: Facts of a kernel at 32 lanes. Out: 64, 128 or 256, or half a warp, where that is worth it.

Several warps in one group cost nothing where all of them run in step: they share loads of uniform values, and a barrier has fewer groups to
switch between (none, where a group is the whole block); and more loads are under way at once. They must not wait for each other, so every barrier
has to stand in code that all threads run together; long loops that lanes leave at different times stay narrow; and what is live should fit the
vector registers. Masks of more than 128 lanes are taken to pieces by LLVM, so the widest groups are for kernels that need hardly any.

A kernel that runs in stages (stages.py) switches between no groups: width then has to pay by itself. A long chain of operations that wait for each
other is such a case, for the second half of a wider group has a chain of its own.

Half a warp, one vector register a value, is for kernels that keep many values a thread and know nothing of warps: there the registers of a
whole warp do not fit.
"""

from __future__ import annotations

from sheer.base.types import SCALARS
from sheer.ir.module import Addr, Imm, Reg, Special
from sheer.passes.advance import size_of
from sheer.passes.cfg import Ins
from sheer.passes.dominance import Loop
from sheer.passes.facts import Facts
from sheer.passes.pattern import pieces
from sheer.passes.pressure import pressure

_ROOM = 16  # vector registers that live values may take, of 32
_CODE = 3200  # vector instructions of a kernel whose code may grow with the width
_SHORT = 16  # instructions in loops that may run with part of the lanes
_WIDE = (256, 128, 64)
_FEW_MASKS = 128  # lanes up to which masks cost little
_BY_TURNS = 64  # lanes where atomics take them one by one: a longer row gains nothing
_ROW = 256  # but for bytes that are read in a row: of many short rows, pages apart, the processor's prefetching makes nothing
_STRAIGHT = 24  # vector registers that values may take in kernels that nothing but this makes wide
_LITTLE = 1000  # vector instructions of such kernels
_SPILLED_LANES, _SPILLED = 64, 64  # vector registers that values may take in groups of so many lanes, though some are spilled
_LATENCY = 4  # cycles of a floating-point operation, of which two begin in each
_CHAINED = 32  # instructions in loops that may run with part of the lanes where that shortens what the kernel waits for
_OF_WARPS = ("laneid", "warpid", "nwarpid", "lanemask_eq", "lanemask_le", "lanemask_lt", "lanemask_ge", "lanemask_gt")


def candidates(facts: Facts, threads: int, lanes_per_register: int = 16, in_stages: bool = False) -> list[int]:
    """Group widths worth a try for a kernel without calls, the widest first; in: its facts at 32 lanes, and whether it runs in stages."""
    has_barrier = False
    for block in facts.graph.blocks:
        for ins in block.ins:
            name = ins.binding.form.name
            if _is_barrier(ins):
                if facts.masked(block.index) or not _is_plain(ins):
                    return []
                has_barrier = True
            elif name in ("call", "mma", "wmma", "ldmatrix", "mbarrier", "nanosleep"):
                return []
    by_turns = _by_turns(facts)
    strides = [loop for loop in facts.loops if _parts(facts, loop)]
    if not all(_leaves_in_step(facts, loop) for loop in strides):
        return []
    size = sum(len(b.ins) for b in facts.graph.blocks)
    if has_barrier or strides:
        live, room, code = _live_across_loops(facts), _ROOM, _CODE
    else:
        live, room, code = pressure(facts), _STRAIGHT, _LITTLE

    most = pressure(facts) if in_stages else 0

    def fits(lanes: int) -> bool:
        registers = lanes // lanes_per_register
        if most * registers > (_STRAIGHT if lanes > _SPILLED_LANES else _SPILLED):
            return False
        if lanes > _FEW_MASKS and not has_barrier:
            return False
        if by_turns and lanes > by_turns:
            return False
        return threads % lanes == 0 and live * registers <= room and size * registers <= code

    return [lanes for lanes in _WIDE if fits(lanes)]


def _by_turns(facts: Facts) -> int:
    """Lanes that are enough where loops have atomics; 0: none has."""
    blocks = [b for b in facts.graph.blocks if facts.loop_of[b.index]]
    if not any(ins.binding.form.name in ("atom", "red") for b in blocks for ins in b.ins):
        return 0
    sizes = [_size_in_row(facts, b.index, ins) for b in blocks for ins in b.ins if ins.binding.form.name == "ld"]
    return max([_BY_TURNS, *(_ROW // size for size in sizes if size)])


def _size_in_row(facts: Facts, block: int, ins: Ins) -> int:
    """Bytes of a lane, if the lanes read neighbouring elements of global memory; else 0."""
    address = ins.inst.operands[1]
    if not isinstance(address, Addr) or not isinstance(address.base, Reg) or address.base.name not in ins.uses:
        return 0
    shape = facts.shape_at(ins.uses[address.base.name], block)
    size = size_of(ins)
    if shape is None or shape.uniform or getattr(ins.binding.m, "space", "") not in ("", "global"):
        return 0
    plan = pieces(shape, facts.lanes, size)
    return size if plan is not None and plan[1] == ["row"] else 0


def meets_in_step(facts: Facts) -> bool:
    """Every barrier is one of all threads of the block, in code that all lanes run together."""
    return all(
        _is_plain(ins) and not facts.masked(block.index)
        for block in facts.graph.blocks
        for ins in block.ins
        if _is_barrier(ins)
    )


def _is_barrier(ins: Ins) -> bool:
    return ins.binding.form.name in ("bar", "barrier") and "warp" not in ins.inst.opcode


def _is_plain(ins: Ins) -> bool:
    """Barrier 0 of all threads."""
    red = "red" in ins.inst.opcode
    first, more = ins.inst.operands[red : red + 1], ins.inst.operands[red + 1 :]
    return bool(first) and isinstance(first[0], Imm) and first[0].value == 0 and len(more) == red


def may_halve(facts: Facts, threads: int, lanes: int) -> bool:
    """No thread can tell that its warp runs in parts of `lanes`; in: facts of a kernel without calls."""
    if threads % lanes:
        return False
    for block in facts.graph.blocks:
        for ins in block.ins:
            name, words = ins.binding.form.name, ins.inst.opcode.split(".")
            if name not in ("bar", "barrier", "ld", "st", "trap", "brx", "cvta") and ins.binding.row.ref is None:
                return False  # atomics, warp functions, matrices, waiting
            if "volatile" in words or "warp" in words or "acquire" in words or "red" in words:
                return False
            if any(isinstance(o, Special) and o.name.lstrip("%") in _OF_WARPS for o in ins.inst.operands):
                return False
    return not _reads_what_is_new(facts)


def _reads_what_is_new(facts: Facts) -> bool:
    """Shared memory may be read after a store with no barrier between: perhaps lanes of a warp hand each other values, each step together."""
    blocks = facts.graph.blocks
    stored = [False] * len(blocks)  # at the end of each
    changed = True
    while changed:
        changed = False
        for index in facts.order:
            new = any(stored[p] for p in blocks[index].preds)
            for ins in blocks[index].ins:
                name, words = ins.binding.form.name, ins.inst.opcode.split(".")
                if name in ("bar", "barrier"):
                    new = False
                elif name in ("ld", "st") and not {"global", "param", "const", "local"} & set(words):
                    if name == "ld" and new:
                        return True
                    new = new or name == "st"
            changed, stored[index] = changed or new != stored[index], new
    return False


def in_step(narrow: Facts, wide: Facts, in_stages: bool = False) -> bool:
    """Wider groups part in no long loop and at no barrier where one warp stays together: what is uniform in a warp is not always so in several."""
    short = _SHORT
    if in_stages and len(wide.divergent_loops) > len(narrow.divergent_loops):
        if wide.lanes > _SPILLED_LANES or not _waits_for_itself(narrow):
            return False
        short = _CHAINED
    if wide.lanes > _FEW_MASKS:
        masked = sum(len(block.ins) for block in wide.graph.blocks if wide.masked(block.index))
        if wide.divergent_loops or masked > _SHORT:
            return False
    parted = 0  # instructions
    for block in narrow.graph.blocks:
        b = block.index
        if narrow.context[b] != wide.context[b]:
            loop = narrow.loop_of[b] is not None
            far = loop and short == _SHORT
            if any(i.binding.form.name in ("bar", "barrier") or (far and _leads_far(i)) for i in block.ins):
                return False
            parted += len(block.ins) if loop else 0
    return parted <= short


def _waits_for_itself(facts: Facts) -> bool:
    """Somewhere a chain of operations that wait for each other takes longer than all of them would."""
    for block in facts.graph.blocks:
        depth: dict[int, int] = {}
        count = 0
        for ins in block.ins:
            if ins.binding.form.name not in ("fma", "add", "mul", "sub", "min", "max") or ".f" not in ins.inst.opcode:
                continue
            count += 1
            at = 1 + max((depth.get(v, 0) for v in ins.uses.values()), default=0)
            depth.update(dict.fromkeys(ins.defs.values(), at))
        registers = facts.lanes // 16
        if max(depth.values(), default=0) * _LATENCY > 2 * count * registers / 2 and count > _SHORT:
            return True
    return False


def _leads_far(ins: Ins) -> bool:
    """Reads memory that all blocks share: such loops do the kernel's work, those on shared memory finish it."""
    return ins.binding.form.name == "ld" and not {"shared", "param", "const"} & set(ins.inst.opcode.split("."))


def _parts(facts: Facts, loop: Loop) -> bool:
    """Lanes may leave the loop at different turns."""
    return any(facts.divergent[b] and not set(facts.graph.blocks[b].succs) <= loop.members for b in loop.members)


def _leaves_in_step(facts: Facts, loop: Loop) -> bool:
    """As in a grid-stride loop: every branch in it compares an affine value with a uniform one, so lanes part in the last turn only."""
    for index in loop.members:
        if not facts.divergent[index]:
            continue
        block = facts.graph.blocks[index]
        sets = [i for i in block.ins if block.cond_value in i.defs.values()]
        if not sets or not sets[0].inst.opcode.startswith("setp."):
            return False
        shapes = [facts.shape[v] for v in sets[0].uses.values()]
        if any(shape is None or shape.stride is not None for shape in shapes):
            return False
    return True


def _live_across_loops(facts: Facts) -> int:
    """The most varying 32-bit values that are live at a loop's header."""
    graph = facts.graph
    last_use: dict[int, set[int]] = {}
    for block in graph.blocks:
        for ins in block.ins:
            for value in ins.uses.values():
                last_use.setdefault(value, set()).add(block.index)
        for phi in block.phis:
            for pred, source in zip(block.preds, phi.sources, strict=True):
                last_use.setdefault(source, set()).add(pred)
    most = 0
    for loop in facts.loops:
        words = 0
        for value, uses in last_use.items():
            born = graph.value_block[value]
            if facts.shape[value] is not None or graph.value_type[value] == "pred":
                continue
            carried = born in loop.headers and any(p.value == value for p in graph.blocks[born].phis)
            through = born not in loop.members and born >= 0 and bool(uses & loop.members)
            if carried or through:
                words += max(1, SCALARS[graph.value_type[value]].bits // 32)
        most = max(most, words)
    return most
