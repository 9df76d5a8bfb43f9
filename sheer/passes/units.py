"""In what units a run of neighbouring elements is accessed. In: the run, and which bytes values are made of. Out: units, and the instructions for them.

Elements of a word and more stay what they are. Smaller ones become words, and those that the program puts together to 8 bytes become such. A
stored unit is one value if the elements are its bytes in their order; otherwise it is put together.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from sheer.base.types import SCALARS
from sheer.ir.module import Addr, Imm, Inst, Operand, Reg, Vec
from sheer.isa.row import Binding, bind
from sheer.passes.cfg import Block, Graph, Ins
from sheer.passes.octets import Octet, Octets, Sources

_MOST = 16  # bytes of an access
PUTS_TOGETHER = frozenset(("or", "prmt", "mov"))


class Piece(NamedTuple):
    """One element of an access: where it is, and what it is loaded into or stored from."""

    ins: Ins
    at: int  # the instruction's place in the block
    offset: int
    size: int
    operand: Operand


class Unit(NamedTuple):
    """Elements that are accessed as one. `whole`: the value or constant that they are the bytes of, where there is one. `ready`: nothing has to be
    taken apart or put together for it."""

    size: int
    pieces: tuple[Piece, ...]
    whole: Operand | None
    ready: bool


def chunks(units: list[Unit]) -> list[list[Unit]]:
    """Units of one size that one instruction takes."""
    found: list[list[Unit]] = []
    for unit in units:
        if found and found[-1][0].size == unit.size and unit.size >= 4 and (len(found[-1]) + 1) * unit.size <= _MOST:
            found[-1].append(unit)
        else:
            found.append([unit])
    return found


def put_together(block: Block, sources: Sources) -> dict[Octet, list[Octets]]:
    """What the block's instructions make of bytes of several values, by the first byte."""
    found: dict[Octet, list[Octets]] = {}
    for ins in block.ins:
        if ins.binding.form.name in PUTS_TOGETHER and len(ins.defs) == 1:
            (value,) = ins.defs.values()
            octets = sources.of(value)
            if len({o.value for o in octets}) > 1 and octets[0].value != value:
                found.setdefault(octets[0], []).append(octets)
    return found


def load_units(run: list[Piece], words: dict[Octet, list[Octets]]) -> list[Unit]:
    """Words that the program puts together first, then words of small elements."""
    order = [Octet(_loaded(p), i) for p in run for i in range(p.size)]
    base = run[0].offset
    wanted: dict[int, int] = {}  # place in the run -> pieces
    for n, piece in enumerate(run):
        start = piece.offset - base
        for octets in words.get(Octet(_loaded(piece), 0), ()):
            count = _count(run, n, len(octets))
            if count > 1 and order[start : start + len(octets)] == list(octets):
                wanted[n] = max(count, wanted.get(n, 0))
    taken = {i for n, count in wanted.items() for i in range(n, n + count)}
    units: list[Unit] = []
    n = 0
    while n < len(run):
        count = wanted.get(n, 0)
        ready = count > 0
        if not count and n not in taken and run[n].size < 4:
            count = _count(run, n, 4)
            if count > 1 and (taken & set(range(n, n + count)) or any(p.size != run[n].size for p in run[n : n + count])):
                count = 0
        count = max(count, 1)
        part = tuple(run[n : n + count])
        units.append(Unit(sum(p.size for p in part), part, None, ready or count == 1))
        n += count
    return units


def store_units(run: list[Piece], sources: Sources) -> list[Unit]:
    """Values whose bytes are stored one after the other; else words that small elements are put together to."""
    units: list[Unit] = []
    n = 0
    while n < len(run):
        unit = Unit(run[n].size, (run[n],), run[n].operand, True)
        for size in (8, 4, 2):
            part = tuple(run[n : n + _count(run, n, size)])
            if len(part) < 2:
                continue
            whole = _whole(part, size, sources)
            if whole is not None:
                unit = Unit(size, part, whole, True)
                break
            if size == 4 and all(p.size == run[n].size for p in part):
                unit = Unit(size, part, None, False)
                break
        units.append(unit)
        n += len(unit.pieces)
    return units


def _count(run: list[Piece], first: int, size: int) -> int:
    """How many elements from the first on are `size` bytes together; 0 if none are."""
    n = first
    while n < len(run) and size > 0:
        size -= run[n].size
        n += 1
    return n - first if size == 0 else 0


def _loaded(piece: Piece) -> int:
    return piece.ins.defs[piece.operand.name] if isinstance(piece.operand, Reg) else -1


def _whole(part: tuple[Piece, ...], size: int, sources: Sources) -> Operand | None:
    """The value whose low bytes the elements are, or a constant."""
    octets: list[Octet] = []
    for piece in part:
        found = sources.operand(piece.ins, piece.operand, piece.size)
        if found is None:
            return None
        octets += found
    if all(o.value < 0 for o in octets):
        return Imm("int", int.from_bytes(bytes(o.at for o in octets), "little"))
    value = octets[0].value
    return _named(value) if value >= 0 and tuple(octets) == sources.of(value)[:size] else None


def _named(value: int) -> Reg:
    """The name by which new instructions know a value."""
    return Reg(f"%joined.{value}")


class Maker:
    """Writes accesses in units. New registers are collected in `regs`."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.regs: dict[str, str] = {}

    def reg(self, value: int) -> Reg:
        reg = _named(value)
        self.regs[reg.name] = self.graph.value_type[value]
        return reg

    def loads(self, block: Block, base: int, like: Inst, units: list[Unit]) -> list[Ins]:
        made: list[Ins] = []
        after: list[Ins] = []
        for access in chunks(units):
            items = []
            for unit in access:
                piece = unit.pieces[0]
                if len(unit.pieces) == 1 and not self._extends_sign(piece):
                    items.append(self.reg(_loaded(piece)))
                else:
                    items.append(self._fresh(unit.size, block))
                    after += self._apart(unit, items[-1], block)
            place = Addr(self.reg(base), access[0].pieces[0].offset)
            made.append(self._access(like, access, (_vector(items), place)))
        return made + after

    def stores(self, block: Block, base: int, like: Inst, units: list[Unit]) -> list[Ins]:
        before: list[Ins] = []
        made: list[Ins] = []
        for access in chunks(units):
            items: list[Operand] = []
            for unit in access:
                if unit.whole is not None:
                    items.append(self._operand(unit.pieces[0].ins, unit.whole))
                    continue
                items.append(self._fresh(unit.size, block))
                parts = tuple(self._operand(p.ins, p.operand) for p in unit.pieces)
                before.append(self.made(f"mov.b{8 * unit.size}", (items[-1], Vec(parts)), unit.pieces[0].ins.inst))
            place = Addr(self.reg(base), access[0].pieces[0].offset)
            made.append(self._access(like, access, (place, _vector(items))))
        return before + made

    def _access(self, like: Inst, access: list[Unit], operands: tuple[Operand, ...]) -> Ins:
        words = [w for w in like.opcode.split(".")[:-1] if w not in ("v2", "v4", "v8")]
        vec = [f"v{len(access)}"] if len(access) > 1 else []
        ins = self.made(".".join([*words, *vec, f"b{8 * access[0].size}"]), operands, access[0].pieces[0].ins.inst)
        ins.align = min(p.size for unit in access for p in unit.pieces)
        return ins

    def _fresh(self, size: int, block: Block) -> Reg:
        self.graph.value_type.append(f"b{max(8 * size, 16)}")
        self.graph.value_block.append(block.index)
        return self.reg(len(self.graph.value_type) - 1)

    def _operand(self, ins: Ins, operand: Operand) -> Operand:
        """As new instructions know it."""
        if isinstance(operand, Reg):
            return self.reg(ins.uses[operand.name] if operand.name in ins.uses else _value(operand))
        return operand

    def _extends_sign(self, piece: Piece) -> bool:
        t = piece.ins.binding.m.type
        return bool(t.kind == "s" and SCALARS[self.graph.value_type[_loaded(piece)]].bits > t.bits)

    def _apart(self, unit: Unit, whole: Reg, block: Block) -> list[Ins]:
        """The elements of a loaded unit."""
        made: list[Ins] = []
        parts = []
        for piece in unit.pieces:
            value, like = _loaded(piece), piece.ins.inst
            if not self._extends_sign(piece):
                parts.append(self.reg(value))
                continue
            parts.append(self._fresh(piece.size, block) if len(unit.pieces) > 1 else whole)
            to = SCALARS[self.graph.value_type[value]].bits
            made.append(self.made(f"cvt.s{to}.s{8 * piece.size}", (self.reg(value), parts[-1]), like))
        if len(parts) > 1:
            made.insert(0, self.made(f"mov.b{8 * unit.size}", (Vec(tuple(parts)), whole), unit.pieces[0].ins.inst))
        return made

    def made(self, opcode: str, operands: tuple[Operand, ...], like: Inst) -> Ins:
        """A bound instruction; all its registers are named by `reg`."""
        vec = next((w for w in opcode.split(".") if w in ("v3", "v5", "v6", "v7")), "")  # the text has no such accesses
        bound = bind(opcode.replace(f".{vec}.", ".v2.") if vec else opcode)
        if vec:
            bound = Binding(bound.row, bound.form, SimpleNamespace(**{**vars(bound.m), "vec": vec}))
        ins = Ins(Inst(opcode, operands, None, like.loc, like.ptx_line), bound)
        ins.uses = {r: _value(Reg(r)) for r in ins.reads}
        ins.defs = {r: _value(Reg(r)) for r in ins.writes}
        return ins


def _value(reg: Reg) -> int:
    return int(reg.name.removeprefix("%joined."))


def _vector(items: list[Reg] | list[Operand]) -> Operand:
    return items[0] if len(items) == 1 else Vec(tuple(items))
