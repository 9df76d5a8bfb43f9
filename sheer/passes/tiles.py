"""Groups of matrix products for a unit that multiplies tiles (AMX). In: Facts of a function. Out: which products run together, and where in
their block.

A product instruction is taken apart: into sums (16 rows, 8 columns) and slices along k of four registers' worth of lanes (8 elements of 16 bits, 16
of 8 bits). Products that follow each other in a block form a group; one that goes on with the sum of another prolongs it. Two sums with the same
slices of A make a cell, a tile of 16 x 16 sums; four slices fill the depth of a tile of A or B, which the cells of a group share. All of a group
is computed at one place: behind its last product, before anyone reads one of its sums.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sheer.ir.module import Reg, Vec
from sheer.isa.tensor import shape_of
from sheer.passes import order
from sheer.passes.cfg import Block, Ins
from sheer.passes.facts import Facts

DEPTH = 4  # slices in a tile
_MOST_TILES = 24  # of A and B that a group may keep ready
_WALLS = ("bar", "barrier", "call", "mbarrier", "nanosleep")  # values that live across these go to memory
_OPERATIONS = {
    ("bf16", "bf16", "f32", "f32"): "bf16ps",
    ("f16", "f16", "f32", "f32"): "f16",
    ("s8", "s8", "s32", "s32"): "bssd",
    ("s8", "u8", "s32", "s32"): "bsud",
    ("u8", "s8", "s32", "s32"): "busd",
    ("u8", "u8", "s32", "s32"): "buud",
}

Slice = tuple[int, int]  # of A: the values with rows 0-7 and 8-15 (-1: none)
# Eight values: of two sums, each for rows 0-7 those of even and of odd columns, then for rows 8-15; -1: none.
Sums = tuple[int, ...]
_NONE = (-1, -1, -1, -1)


class Key(NamedTuple):
    """What a tile is made of: `which` matrix, and the values of up to four slices (for B: of two sums). `split`: into two tiles, of high and
    of low parts."""

    which: str
    slices: tuple[tuple[int, ...], ...]
    split: bool


class Cell(NamedTuple):
    """A tile of sums: out = before + the sum of a[i] b[i]."""

    before: Sums
    out: Sums
    a: tuple[Key, ...]
    b: tuple[Key, ...]


class Group(NamedTuple):
    """Cells that are computed at one place, by one instruction (bf16ps, bssd, ...; f16: by bf16ps, in parts)."""

    operation: str
    cells: list[Cell]
    members: list[Ins]

    def tiles(self) -> dict[Key, None]:
        """All tiles of A and B, in the order of the cells that want them."""
        return dict.fromkeys(key for cell in self.cells for key in (*cell.a, *cell.b))


class _Sum:
    """Four values of a sum under construction."""

    def __init__(self, before: tuple[int, ...], out: tuple[int, ...]) -> None:
        self.before, self.out = before, out
        self.a: list[Slice] = []
        self.b: list[int] = []


def groups(facts: Facts) -> list[tuple[int, int, Group]]:
    """(block, number of the instruction that follows, group): all groups of a function that are worth it."""
    if facts.lanes != 32 or not any(_operation(ins) for block in facts.graph.blocks for ins in block.ins):
        return []
    readers = _readers(facts)
    phis = {phi.value for block in facts.graph.blocks for phi in block.phis}

    def pays(group: Group) -> bool:
        """A loop goes on with its sums; or there are enough of them for the way into tiles and out."""
        sums = sum(1 + (cell.out[4:] != _NONE) for cell in group.cells)
        loops = all({v for v in cell.before if v >= 0} <= phis for cell in group.cells)
        return sums >= (1 if loops else 2) * (2 if group.operation == "f16" else 1)

    return [
        (block.index, at, group)
        for block in facts.graph.blocks
        for at, group in _Grouping(block, readers).groups()
        if pays(group)
    ]


def bring_loads(facts: Facts) -> None:
    """Loads of what only the products of a group read stand right before these, by tiles: so few registers wait for the rest of their tile."""
    for block, at, group in groups(facts):
        _bring_loads(facts.graph.blocks[block], at, group, _readers(facts))


def _bring_loads(block: Block, at: int, group: Group, readers: dict[int, int]) -> None:
    members = {id(ins) for ins in group.members}
    last = next(n for n in reversed(range(at)) if id(block.ins[n]) in members)
    first = start(block, last, members)
    read: dict[int, int] = {}
    for ins in group.members:
        for value in ins.uses.values():
            read[value] = read.get(value, 0) + 1
    stretch = block.ins[first : last + 1]
    loads = [
        ins
        for ins in stretch
        if (ins.binding.form.name == "ld" or _loads_fragment(ins)) and all(0 < read.get(v, 0) == readers.get(v, 0) for v in ins.defs.values())
    ]
    wanted = {v: n for n, v in enumerate(dict.fromkeys(v for key in group.tiles() for one in key.slices for v in one))}
    loads.sort(key=lambda ins: min((wanted[v] for v in ins.defs.values() if v in wanted), default=len(wanted)))
    moved = members | {id(ins) for ins in loads}
    block.ins[first : last + 1] = [ins for ins in stretch if id(ins) not in moved] + loads + [ins for ins in stretch if id(ins) in members]


def start(block: Block, member: int, members: set[int]) -> int:
    """From where on everything up to a product of a group could stand in another order."""
    while member and (id(block.ins[member - 1]) in members or order.movable(block.ins[member - 1]) or _loads_fragment(block.ins[member - 1])):
        member -= 1
    return member


def _loads_fragment(ins: Ins) -> bool:
    return ins.guard is None and ins.inst.opcode.startswith(("ldmatrix.", "wmma.load."))


def _readers(facts: Facts) -> dict[int, int]:
    """How many instructions, phis and branches read a value."""
    found: dict[int, int] = {}
    for block in facts.graph.blocks:
        read = [v for ins in block.ins for v in ins.uses.values()]
        read += [v for phi in block.phis for v in phi.sources]
        if block.cond:
            read.append(block.cond_value)
        for value in read:
            found[value] = found.get(value, 0) + 1
    return found


def _types(ins: Ins) -> tuple[str, str, str, str] | None:
    """Of A, B and the sums before and after; None if it is no product, or one in a single type."""
    m, name = ins.binding.m, ins.inst.opcode
    if not name.startswith(("mma.", "wmma.mma.")):
        return None
    if hasattr(m, "type4"):
        return m.type2.name, m.type3.name, m.type4.name, m.type.name
    return ("f16", "f16", m.type2.name, m.type.name) if hasattr(m, "type2") else None


def _operation(ins: Ins) -> str:
    """The instruction on tiles that computes a product; "" if there is none."""
    types = _types(ins)
    if types is None or ins.guard is not None or getattr(ins.binding.m, "satfinite", False):
        return ""
    if not all(isinstance(r, Reg) for o in ins.inst.operands[:4] for r in _items(o)):
        return ""
    return _OPERATIONS.get(types, "")


def _items(operand: Any) -> tuple[Any, ...]:
    return operand.items if isinstance(operand, Vec) else (operand,)


class _Grouping:
    """Goes through a block and collects groups."""

    def __init__(self, block: Block, readers: dict[int, int]) -> None:
        self.block, self.readers = block, readers
        self.found: list[tuple[int, Group]] = []
        self._begin("")

    def _begin(self, operation: str) -> None:
        self.operation = operation
        self.sums: dict[tuple[int, ...], _Sum] = {}  # by what they are so far
        self.values: set[int] = set()  # all that a member defines
        self.members: list[Ins] = []

    def groups(self) -> list[tuple[int, Group]]:
        """(number of the instruction that follows, group)."""
        for at, ins in enumerate(self.block.ins):
            operation = _operation(ins)
            if self.members and not self._may_go_on(ins, operation):
                self._close(at)
            if operation:
                self.operation = operation
                self._take(ins)
        if self.members:
            self._close(len(self.block.ins))
        return self.found

    def _may_go_on(self, ins: Ins, operation: str) -> bool:
        if not operation:
            return ins.binding.form.name not in _WALLS and self.values.isdisjoint(ins.uses.values())
        if operation != self.operation:
            return False
        units = _units(ins)
        if any(v in self.values for unit in units for v in (*unit.b, *(v for one in unit.a for v in one))):
            return False
        old = [unit.before in self.sums and self._only_prolonged(unit.before) for unit in units]
        if not all(old) and any(v in self.values for unit in units for v in unit.before):
            return False
        if all(old) and self._tiles() >= _MOST_TILES:
            return any(len(self.sums[unit.before].a) % DEPTH for unit in units)
        return True

    def _only_prolonged(self, values: tuple[int, ...]) -> bool:
        return all(self.readers.get(v, 0) == 1 for v in values if v >= 0)

    def _tiles(self) -> int:
        a = {one for s in self.sums.values() for one in s.a}
        b = {one for s in self.sums.values() for one in s.b}
        return (len(a) + len(b) // 2) // DEPTH

    def _take(self, ins: Ins) -> None:
        self.members.append(ins)
        self.values.update(ins.defs.values())
        for unit in _units(ins):
            old = self.sums.pop(unit.before, None)
            if old is not None:
                old.out = unit.out
                old.a += unit.a
                old.b += unit.b
            self.sums[unit.out] = old or unit

    def _close(self, at: int) -> None:
        alike: dict[tuple[Slice, ...], list[_Sum]] = {}
        for one in self.sums.values():
            alike.setdefault(tuple(one.a), []).append(one)
        cells = []
        for slices, sums in alike.items():
            steps = range(0, len(slices), DEPTH)
            split = self.operation == "f16"
            a = tuple(Key("a", slices[s : s + DEPTH], split) for s in steps)
            for first in range(0, len(sums), 2):
                left, right = sums[first], sums[first + 1] if first + 1 < len(sums) else None
                pairs = tuple(zip(left.b, right.b if right else [-1] * len(left.b), strict=True))
                b = tuple(Key("b", pairs[s : s + DEPTH], split) for s in steps)
                before, out = ((*x, *(y or _NONE)) for x, y in (
                    (left.before, right and right.before), (left.out, right and right.out)))  # fmt: skip
                cells.append(Cell(before, out, a, b))
        self.found.append((at, Group(self.operation, cells, self.members)))
        self._begin("")


def _units(ins: Ins) -> list[_Sum]:
    """The sums of one instruction: for every 16 rows and 8 columns, its slices along k."""
    d, a, b, c = (
        [(ins.uses if n else ins.defs)[r.name] for r in _items(o)]
        for n, o in enumerate(ins.inst.operands[:4])
    )
    types = _types(ins)
    assert types is not None
    m, n, k = shape_of(ins.binding.m.shape)
    slices, halves = k * (8 if types[0][1:] == "8" else 16) // 128, m // 8
    found = []
    for row in range(0, halves, 2):
        for column in range(n // 8):
            first = column * 2 * halves + 2 * row
            before, out = (
                (*x[first : first + 4], *_NONE)[:4] if halves > 1 else (*x[first : first + 2], -1, -1)
                for x in (c, d)
            )
            one = _Sum(before, out)
            for s in range(slices):
                at = s * halves + row
                one.a.append((a[at], a[at + 1] if halves > 1 else -1))
                one.b.append(b[column * slices + s])
            found.append(one)
    return found
