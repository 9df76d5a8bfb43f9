"""Which accesses may be misaligned. In: the Graph of a function in SSA form. Out: what has to hold of the kernel's parameters so that its accesses are
aligned, and the accesses of which that cannot be told, which look at their own addresses when they run.

A GPU stops at an access whose address is no multiple of its size; the processors that kernels run on here do not notice. Most addresses are a
parameter and multiples of an element's size: the machine looks at the parameters once a launch, and no access needs a look. For each value and
each power of two this pass says what its being a multiple depends on: nothing, or low bits of some parameters, or things it knows nothing of.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

from sheer.base.types import SCALARS, ScalarType
from sheer.ir.module import Addr, Imm, Operand, Reg, Sym
from sheer.passes.cfg import Graph, Ins, Phi, source_values
from sheer.passes.facts import destinations

Needs = frozenset[tuple[int, int]]  # (offset of a parameter's lowest byte, log2 of what the parameter is a multiple of)
_POWERS = 6  # 1, 2, 4 .. 32 bytes: no access is larger
_NOTHING: Needs = frozenset()
_MOST = 8  # parameters that one address is followed to


class Multiple(NamedTuple):
    """Of a value: `rest` and a number of which each of `needs` says, for a k, what its being a multiple of 2**k needs; None: unknown.
    `const`: the value, if known."""

    needs: tuple[Needs | None, ...]
    rest: int = 0  # below 32
    const: int | None = None

    def need(self, k: int) -> Needs | None:
        """What the value's being a multiple of 2**k needs."""
        return self.needs[k] if self.rest % (1 << k) == 0 else None

    def plain(self) -> Multiple:
        """The same with no rest."""
        return Multiple(tuple(self.need(k) for k in range(_POWERS))) if self.rest else self._replace(const=None)


class Alignment(NamedTuple):
    """Of a function: what its accesses need of parameters (offset -> mask of bits that are zero), and those that test themselves."""

    params: dict[int, int]
    tested: set[int]  # id of an Ins


def multiple_of(number: int) -> Multiple:
    """Of a known number."""
    return Multiple((_NOTHING,) * _POWERS, number % (1 << _POWERS - 1), number)


def known_multiple(unit: int) -> Multiple:
    """Of any multiple of a number."""
    return multiple_of(unit).plain()


def find(graph: Graph, trusting: bool, unit_of: Callable[[str], int | None]) -> Alignment:
    """`trusting`: the machine looks at parameters, else accesses that depend on some test themselves. `unit_of`: what the address of a variable
    is a multiple of."""
    lanes = _MultipleLanes(graph, unit_of)
    found = Alignment({}, set())
    accesses = [(ins, access) for block in graph.blocks for ins in block.ins for access in accesses_of(ins)]
    lanes.follow([ins.uses[access.base.name] for ins, (access, _) in accesses if isinstance(access.base, Reg)])
    for ins, (access, size) in accesses:
        address = lanes.add(SCALARS["u64"], lanes.base(ins, access), multiple_of(access.offset))
        needs = address.need(size.bit_length() - 1) if address is not None else None
        if needs is None or (needs and not trusting):
            found.tested.add(id(ins))
            continue
        for offset, power in needs:
            found.params[offset] = found.params.get(offset, 0) | ((1 << power) - 1)
    return found


def accesses_of(ins: Ins) -> list[tuple[Addr, int]]:
    """(address, bytes that it is to be a multiple of) of what an instruction accesses in memory."""
    name, operands, m = ins.binding.form.name, ins.inst.operands, ins.binding.m
    if name == "cp" and ins.inst.opcode.startswith("cp.async.c") and len(operands) > 2 and isinstance(operands[2], Imm):
        return [(o, operands[2].value) for o in operands[:2] if isinstance(o, Addr) and operands[2].value in (4, 8, 16)]
    place = {"ld": 1, "ldu": 1, "st": 0, "atom": 1, "red": 0}.get(name)
    # Where something lies in local memory the compiler chose: clang puts at a multiple of 8 what programs move by 16 bytes.
    if place is None or (getattr(m, "space", "") or "").startswith(("param", "local")):
        return []
    address = operands[place]
    size = required(ins, m.type.bytes * (int(m.vec[1:]) if getattr(m, "vec", "") else 1))
    return [(address, size)] if isinstance(address, Addr) and 1 < size < 1 << _POWERS else []


def required(ins: Ins, size: int) -> int:
    """Of what an access of `size` bytes has to be at a multiple: joined ones (units.py) of less."""
    size = min(size, ins.align or size)
    return size & -size


def _both(a: Multiple, b: Multiple, rest: int) -> Multiple:
    """A sum: it needs what both need."""
    needs = []
    for x, y in zip(a.needs, b.needs, strict=True):
        both = x | y if x is not None and y is not None else None
        needs.append(None if both is not None and len(both) > _MOST else both)
    return Multiple(tuple(needs), rest % (1 << _POWERS - 1))


def _join(a: Multiple | None, b: Multiple | None) -> Multiple | None:
    """A value that is one or the other."""
    if a is None or b is None:
        return None
    apart = known_multiple(b.rest - a.rest)
    return _both(_both(a, b, 0), apart, a.rest)._replace(const=a.const if a.const == b.const else None)


class _MultipleLanes:
    """The lane vocabulary over Multiples (None: nothing is known). What is not written here gives None."""

    def __init__(self, graph: Graph, unit_of: Callable[[str], int | None]) -> None:
        self.graph, self.unit_of = graph, unit_of
        entry = graph.function.is_entry
        self.params = {p.name: p.offset for p in graph.function.params} if entry else {}
        self.makers: dict[int, Ins | Phi] = {v: ins for block in graph.blocks for ins in block.ins for v in ins.defs.values()}
        self.makers |= {phi.value: phi for block in graph.blocks for phi in block.phis}
        given = {p.name for p in graph.function.params if p.is_reg}
        self.unknown = {graph.undefined[name] for name in given if name in graph.undefined}
        self.known: dict[int, Multiple | None] = {}
        self.open: set[int] = set()  # those of which nothing has been said yet

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None

    # -- values ------------------------------------------------------------------------------------------------------------------

    def follow(self, values: list[int]) -> None:
        """Finds out about some values and all that they are made of. Ways around a loop count once they are known, and then only take away."""
        order: list[int] = []
        work = [(v, False) for v in values]
        while work:
            value, through = work.pop()
            if through:
                order.append(value)
            elif value not in self.known:
                maker = self.makers.get(value)
                if maker is None:  # read before it is written, or a parameter in a register
                    self.known[value] = None if value in self.unknown else known_multiple(0)
                    continue
                self.known[value] = None
                work.append((value, True))
                work += [(v, False) for v in self._sources_of(maker)]
        self.open = set(order)
        changed = True
        while changed:
            changed = False
            for value in order:
                sources = [v not in self.open for v in self._sources_of(self.makers[value])]
                if not (any(sources) if isinstance(self.makers[value], Phi) else all(sources)):
                    continue
                new = self._made(value)
                if value not in self.open:
                    new = _join(self.known[value], new)
                if value in self.open or new != self.known[value]:
                    self.known[value] = new
                    self.open.discard(value)
                    changed = True

    def _sources_of(self, maker: Ins | Phi) -> list[int]:
        if isinstance(maker, Phi):
            return maker.sources
        return list(maker.uses.values()) if self._counts(maker) else []

    def _counts(self, ins: Ins) -> bool:
        """What it gives may be told from its operands."""
        return not ins.binding.row.raw or ins.binding.form.name in ("cvta", "mov", "shfl")

    def _made(self, value: int) -> Multiple | None:
        maker = self.makers[value]
        if isinstance(maker, Phi):
            known = [self.known[source] for source in maker.sources if source not in self.open]
            return reduce(_join, known)
        name = next(reg for reg, v in maker.defs.items() if v == value)
        results = self._results(maker)
        dests = destinations(maker)
        result = results[dests.index(name)] if name in dests and dests.index(name) < len(results) else None
        return _join(result, self.known.get(maker.uses[name])) if maker.guard is not None and name in maker.uses else result

    def _results(self, ins: Ins) -> list[Multiple | None]:
        row, m = ins.binding.row, ins.binding.m
        if row.raw:
            return self._raw(ins, m)
        out = row.emit(self, m, *source_values(ins, self._source))
        return list(out) if isinstance(out, (list, tuple)) and not isinstance(out, Multiple) else [out]

    def _raw(self, ins: Ins, m: Any) -> list[Multiple | None]:
        name, operands = ins.binding.form.name, ins.inst.operands
        if name == "ld" and (m.space or "").startswith("param") and isinstance(operands[1], Addr):
            return self._parameters(operands[1], m)
        if name == "shfl":
            return [self._operand(ins, operands[1])]
        if name not in ("cvta", "mov"):
            return []
        base = known_multiple(16 if (getattr(m, "space", "") or "").startswith("local") else 0)  # windows begin at multiples of 128
        return [_join(self._operand(ins, operands[1]), base)]

    def _parameters(self, address: Addr, m: Any) -> list[Multiple | None]:
        if not isinstance(address.base, Sym) or address.base.name not in self.params:
            return []
        first = self.params[address.base.name] + address.base.offset + address.offset
        count = int(m.vec[1:]) if m.vec else 1
        places = [first + i * m.type.bytes for i in range(count)]
        return [Multiple((_NOTHING, *(frozenset({(at, k)}) for k in range(1, _POWERS)))) for at in places]

    def _source(self, ins: Ins, operand: Operand, t: ScalarType) -> Multiple | None:
        return None if t.is_float else self._operand(ins, operand)

    def _operand(self, ins: Ins, operand: Operand) -> Multiple | None:
        if isinstance(operand, Reg):
            return self.known[ins.uses[operand.name]]
        if isinstance(operand, Imm):
            return multiple_of(operand.value) if operand.kind == "int" else None
        if isinstance(operand, Sym):
            unit = self.unit_of(operand.name)
            return None if unit is None else self.add(SCALARS["u64"], known_multiple(unit), multiple_of(operand.offset))
        return None

    def base(self, ins: Ins, address: Addr) -> Multiple | None:
        """What is known of an address without its constant offset."""
        return multiple_of(0) if address.base is None else self._operand(ins, address.base)

    # -- the vocabulary -----------------------------------------------------------------------------------------------------------

    def const(self, t: ScalarType, value: int | float) -> Multiple | None:
        return multiple_of(value) if isinstance(value, int) else None

    def add(self, t: ScalarType, a: Multiple | None, b: Multiple | None, sat: bool = False) -> Multiple | None:
        return None if a is None or b is None or sat or t.lanes > 1 else _both(a, b, a.rest + b.rest)

    def sub(self, t: ScalarType, a: Multiple | None, b: Multiple | None, sat: bool = False) -> Multiple | None:
        return None if a is None or b is None or sat or t.lanes > 1 else _both(a, b, a.rest - b.rest)

    def neg(self, t: ScalarType, a: Multiple | None) -> Multiple | None:
        return self.sub(t, multiple_of(0), a)

    def select(self, t: ScalarType, p: Any, a: Multiple | None, b: Multiple | None) -> Multiple | None:
        return _join(a, b)

    def min(self, t: ScalarType, a: Multiple | None, b: Multiple | None) -> Multiple | None:
        return None if t.lanes > 1 else _join(a, b)

    max = min

    def abs(self, t: ScalarType, a: Multiple | None) -> Multiple | None:
        return self.min(t, a, self.neg(t, a))

    def rem(self, t: ScalarType, a: Multiple | None, b: Multiple | None) -> Multiple | None:
        return self.sub(t, a, b and b.plain())

    def or_(self, t: ScalarType, a: Multiple | None, b: Multiple | None) -> Multiple | None:
        return None if a is None or b is None else _both(a, b, a.rest | b.rest)

    def xor(self, t: ScalarType, a: Multiple | None, b: Multiple | None) -> Multiple | None:
        return None if a is None or b is None else _both(a, b, a.rest ^ b.rest)

    def and_(self, t: ScalarType, a: Multiple | None, b: Multiple | None) -> Multiple | None:
        if a is not None and b is not None and (a.const is not None or b.const is not None):
            mask, other = (a, b) if a.const is not None else (b, a)
            zeros = known_multiple(mask.const or 0).needs
            return Multiple(tuple(_NOTHING if z is not None else n for z, n in zip(zeros, other.needs, strict=True)), a.rest & b.rest)
        a, b = a or b, b or a
        if a is None or b is None:
            return None
        ways = zip(a.plain().needs, b.plain().needs, strict=True)
        return Multiple(tuple(x if x is not None and (y is None or len(x) <= len(y)) else y for x, y in ways))

    def mul(self, t: ScalarType, a: Multiple | None, b: Multiple | None) -> Multiple | None:
        if t.lanes > 1:
            return None
        a, b = a or known_multiple(1), b or known_multiple(1)
        rest = a.rest * b.rest if a.const is not None or b.const is not None else 0
        a, b = (v.plain() if v.const is not None or not rest else v._replace(rest=0) for v in (a, b))
        needs: list[Needs | None] = []
        for k in range(_POWERS):
            ways = [x | y for i in range(k + 1) if (x := a.needs[i]) is not None and (y := b.needs[k - i]) is not None]
            needs.append(min(ways, key=len, default=None))
        return Multiple(tuple(needs), rest % (1 << _POWERS - 1))

    def mul_wide(self, t: ScalarType, a: Multiple | None, b: Multiple | None) -> Multiple | None:
        return self.mul(t, a, b)

    def shl(self, t: ScalarType, a: Multiple | None, n: Multiple | None) -> Multiple | None:
        return self.mul(t, a, multiple_of(1 << min(n.const, 63) if n is not None and n.const is not None else 1))

    def shr(self, t: ScalarType, a: Multiple | None, n: Multiple | None) -> Multiple | None:
        if a is None or n is None or n.const is None:
            return None
        return Multiple((_NOTHING, *(a.need(k + n.const) if k + n.const < _POWERS else None for k in range(1, _POWERS))))

    def widen(self, to: ScalarType, t: ScalarType, a: Multiple | None) -> Multiple | None:
        return None if 1 in (to.bits, t.bits) else a

    def convert(self, to: ScalarType, t: ScalarType, a: Multiple | None, rnd: str = "", ftz: bool = False, sat: bool = False,
                relu: bool = False) -> Multiple | None:
        return None if to.is_float or t.is_float or sat else self.widen(to, t, a)

    def bitcast(self, to: ScalarType, t: ScalarType, a: Multiple | None) -> Multiple | None:
        return a if to.bits == t.bits else None

    def pack(self, to: ScalarType, parts: list[Multiple | None]) -> Multiple | None:
        return parts[0] and parts[0]._replace(const=None)

    def unpack(self, t: ScalarType, a: Multiple | None, count: int) -> list[Multiple | None]:
        return [a and a._replace(const=None), *[None] * (count - 1)]
