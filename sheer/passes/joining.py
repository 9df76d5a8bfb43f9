"""Accesses of neighbouring elements become one. In: Facts of a function. Out: its Graph with wider accesses; says whether anything changed.

Compilers split a copy of 16 bytes, or a word in a packed structure, into the pieces that its declared alignment allows. Each piece alone is a
gather or a scatter where the whole would be a row. So accesses of one block that have the same base and follow each other in memory are joined, if
nothing between them may touch the same memory, and if the patterns of the lanes' addresses say that this gains. In what units: see units.py.

Loads go to the place of the first, stores to that of the last. What is joined keeps the alignment of its pieces.
"""

from __future__ import annotations

from sheer.ir.module import Addr, Imm, Reg, Vec
from sheer.passes import pattern
from sheer.passes.cfg import Block, Graph, Ins
from sheer.passes.facts import Facts
from sheer.passes.octets import Sources
from sheer.passes.spacing import Spacing
from sheer.passes.units import (
    PUTS_TOGETHER,
    Maker,
    Piece,
    Unit,
    chunks,
    load_units,
    put_together,
    store_units,
)

_HARMLESS = frozenset(("cvta", "isspacep", "prefetch", "prefetchu", "createpolicy", "mov"))
_TAKES_APART = frozenset(("mov", "or", "and", "shl", "shr", "cvt", "prmt"))


def join(facts: Facts) -> bool:
    """Joins what gains by it."""
    return _Joiner(facts).run()


class Group:
    """Elements that may be accessed together: one base, no overlap, nothing between them that matters."""

    def __init__(self, base: int, space: str, constant: bool) -> None:
        self.base, self.space, self.constant = base, space, constant  # constant: of memory that nobody writes to
        self.pieces: list[Piece] = []
        self.written: list[tuple[int, int]] = []  # (offset, size) of what was stored at the same base since the first piece

    def overlaps(self, offset: int, size: int) -> bool:
        return any(p.offset < offset + size and offset < p.offset + p.size for p in self.pieces)

    def finds_new(self, offset: int, size: int) -> bool:
        """A load that comes now may not go where the first stands."""
        return any(at < offset + size and offset < at + bytes_ for at, bytes_ in self.written)

    def runs(self) -> list[list[Piece]]:
        """Without gaps, the lowest first; only of several instructions."""
        found: list[list[Piece]] = []
        for piece in sorted(self.pieces, key=lambda p: p.offset):
            if found and found[-1][-1].offset + found[-1][-1].size == piece.offset:
                found[-1].append(piece)
            else:
                found.append([piece])
        return [run for run in found if len({p.at for p in run}) > 1]


class _Joiner:
    def __init__(self, facts: Facts) -> None:
        self.facts, self.graph = facts, facts.graph
        self.spacing = Spacing(facts)
        self.maker = Maker(self.graph)

    def run(self) -> bool:
        changed = [self._block(block) for block in self.graph.blocks]
        if any(changed):
            function = self.graph.function
            self.graph.function = function._replace(regs={**function.regs, **self.maker.regs})
            _drop_unread(self.graph)
        return any(changed)

    def _block(self, block: Block) -> bool:
        """Loads first, for what is stored may be what was loaded."""
        loads = self._joined(block, "ld")
        if loads:
            self._use_words(block, Sources(self.graph))
        return self._joined(block, "st") or loads

    def _joined(self, block: Block, name: str) -> bool:
        groups = [g for g in _groups(block, name) if g.pieces]
        runs = [(g, run) for g in groups if not self._uniform(g, block) for run in g.runs()]
        if not runs:
            return False
        sources = Sources(self.graph)
        words = put_together(block, sources) if name == "ld" else {}
        new: dict[int, list[Ins]] = {}
        gone: set[int] = set()
        for group, run in runs:
            units = load_units(run, words) if name == "ld" else store_units(run, sources)
            if self._gains(block, group, run, units, name):
                place = min(p.at for p in run) if name == "ld" else max(p.at for p in run)
                write = self.maker.loads if name == "ld" else self.maker.stores
                new.setdefault(place, []).extend(write(block, group.base, run[0].ins.inst, units))
                gone.update(id(p.ins) for p in run)
        if new:
            block.ins = [i for at, ins in enumerate(block.ins) for i in (*new.get(at, ()), ins) if id(i) not in gone]
        return bool(new)

    def _uniform(self, group: Group, block: Block) -> bool:
        shape = self.facts.shape_at(group.base, block.index)
        return shape is not None and shape.uniform

    def _gains(self, block: Block, group: Group, run: list[Piece], units: list[Unit], name: str) -> bool:
        """By the pattern of the addresses; and what lanes write must not overlap in part, nor rows of single elements be lost."""
        shape, lanes, masked = self.facts.shape_at(group.base, block.index), self.facts.lanes, self.facts.masked(block.index)

        def cost(bits: int, count: int) -> float:
            return pattern.cost(shape, lanes, bits, count, masked)

        accesses = chunks(units)
        before = {p.at: (8 * p.size, sum(q.at == p.at for q in run)) for p in run}
        if len(accesses) >= len(before):
            return False
        apart = self.spacing.of(group.base)
        longest = max(sum(u.size for u in access) for access in accesses)
        if (name == "st" or (shape is None and run[0].size >= 4)) and apart and apart < longest:
            plan = pattern.pieces(shape, lanes, longest) if shape is not None else None
            if plan is None or set(plan[1]) != {"row"}:
                return False
        after = sum(cost(8 * access[0].size, len(access)) for access in accesses)
        after += sum(len(u.pieces) * max(1, lanes // 32) for u in units if not u.ready)
        return after < 0.9 * sum(cost(*old) for old in before.values())

    def _use_words(self, block: Block, sources: Sources) -> None:
        """What is put together from all bytes of a loaded word is that word."""
        for at, ins in enumerate(block.ins):
            if ins.binding.form.name not in PUTS_TOGETHER or len(ins.defs) != 1 or ins.guard is not None:
                continue
            (value,) = ins.defs.values()
            octets = sources.of(value)
            first = octets[0].value if octets else -1
            if first not in (-1, value) and octets == sources.of(first) and first not in ins.uses.values():
                same = self.maker.made(f"mov.b{8 * len(octets)}", (self.maker.reg(value), self.maker.reg(first)), ins.inst)
                block.ins[at] = same


def _space(ins: Ins) -> str:
    return (getattr(ins.binding.m, "space", "") or "").partition("::")[0]


def _may_meet(a: str, b: str) -> bool:
    return a == b or not a or not b


def _groups(block: Block, name: str) -> list[Group]:
    """Elements that may change places with all that stands between them."""
    found: list[Group] = []
    current: dict[tuple[object, ...], Group] = {}
    for at, ins in enumerate(block.ins):
        form = ins.binding.form.name
        if not ins.binding.row.raw or form in _HARMLESS:
            continue
        if form not in ("ld", "ldu", "st") or ins.guard is not None or getattr(ins.binding.m, "sem", "") not in ("", "weak"):
            found += current.values()
            current.clear()
            continue
        place = next(o for o in ins.inst.operands if isinstance(o, Addr))
        base = ins.uses[place.base.name] if isinstance(place.base, Reg) else -1
        pieces = _pieces(ins, at, place)
        size = sum(p.size for p in pieces)
        m = vars(ins.binding.m)
        key = (form, base, *(f"{k}={v}" for k, v in m.items() if k not in ("type", "vec")))
        if form == "st" or name == "st":  # of two loads none changes what the other finds
            for other in [k for k, g in current.items() if _orders(g, base, _space(ins), place.offset, size)]:
                found.append(current.pop(other))
        if form == "st":
            for group in current.values():
                if group.base == base and group.space == _space(ins):
                    group.written.append((place.offset, size))
        if form == name and base >= 0 and _may_join(ins):
            if form != "st" and key in current and current[key].finds_new(place.offset, size):
                found.append(current.pop(key))
            group = current.setdefault(key, Group(base, _space(ins), bool(m.get("nc"))))
            if not group.overlaps(place.offset, size):
                group.pieces += pieces
    return found + list(current.values())


def _orders(group: Group, base: int, space: str, offset: int, size: int) -> bool:
    """The group must come before an access."""
    if group.constant or not _may_meet(group.space, space):
        return False
    return group.base != base or group.space != space or group.overlaps(offset, size)


def _may_join(ins: Ins) -> bool:
    """Two plain operands, in memory that is not dealt out in words of its own kind (see depot)."""
    value = next(o for o in ins.inst.operands if not isinstance(o, Addr))
    items = value.items if isinstance(value, Vec) else (value,)
    plain = all(isinstance(i, (Reg, Imm)) for i in items) and len(ins.inst.operands) == 2
    return plain and _space(ins) not in ("local", "param") and ins.binding.m.type.bits in (8, 16, 32, 64)


def _pieces(ins: Ins, at: int, place: Addr) -> list[Piece]:
    value = next(o for o in ins.inst.operands if not isinstance(o, Addr))
    size = ins.binding.m.type.bytes
    items = value.items if isinstance(value, Vec) else (value,)
    return [Piece(ins, at, place.offset + i * size, size, item) for i, item in enumerate(items)]


def _drop_unread(graph: Graph) -> None:
    """What only took apart or put together is gone if nobody reads it."""
    readers: dict[int, int] = {}
    for block in graph.blocks:
        for value in [v for ins in block.ins for v in ins.uses.values()] + [v for phi in block.phis for v in phi.sources]:
            readers[value] = readers.get(value, 0) + 1
        if block.cond:
            readers[block.cond_value] = readers.get(block.cond_value, 0) + 1
    returned = {p.name for p in graph.function.returns}
    for block in reversed(graph.blocks):
        kept = []
        for ins in reversed(block.ins):
            idle = not any(readers.get(v) for v in ins.defs.values()) and not returned & ins.defs.keys()
            if idle and ins.binding.form.name in _TAKES_APART and not ins.binding.row.raw and ins.guard is None:
                for value in ins.uses.values():
                    readers[value] -= 1
            else:
                kept.append(ins)
        block.ins = kept[::-1]
