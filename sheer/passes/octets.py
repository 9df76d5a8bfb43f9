"""Which bytes of other values a value is made of. In: a Graph in SSA form. Out: for each byte of a value, where it comes from.

Followed are moves that take values apart and put them together, shifts by whole bytes, masks of whole bytes, extensions and cuts, and the
joining of what does not overlap by `or`.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.base.types import SCALARS
from sheer.ir.module import Imm, Operand, Reg, Vec
from sheer.passes.cfg import Graph, Ins
from sheer.passes.facts import destinations

_DEEP = 24  # instructions followed from one value


class Octet(NamedTuple):
    """Byte `at` of a value; of no value (-1): a constant byte."""

    value: int
    at: int


Octets = tuple[Octet, ...]
ZERO = Octet(-1, 0)


class Sources:
    """Finds and remembers the bytes of values."""

    def __init__(self, graph: Graph) -> None:
        self.types = graph.value_type
        self.makers = {v: ins for block in graph.blocks for ins in block.ins for v in ins.defs.values()}
        self.known: dict[int, Octets] = {}

    def of(self, value: int, deep: int = 0) -> Octets:
        """The bytes of a value, the lowest first; of a predicate none."""
        found = self.known.get(value)
        if found is None:
            ins = self.makers.get(value)
            found = self._made(ins, value, deep) if ins is not None and deep < _DEEP and self.types[value] != "pred" else None
            found = found or self._own(value)
            self.known[value] = found
        return found

    def operand(self, ins: Ins, operand: Operand, size: int, deep: int = 0) -> Octets | None:
        """The low `size` bytes of an operand; a shorter register is not extended."""
        if isinstance(operand, Imm):
            if operand.kind != "int" and size != (4 if operand.kind == "f32" else 8):
                return None
            return tuple(Octet(-1, operand.value >> 8 * i & 255) for i in range(size))
        if isinstance(operand, Reg):
            found = self.of(ins.uses[operand.name], deep)
            return found[:size] if len(found) >= size else None
        return None

    def _own(self, value: int) -> Octets:
        return tuple(Octet(value, i) for i in range(SCALARS[self.types[value]].bits // 8))

    def _made(self, ins: Ins, value: int, deep: int) -> Octets | None:
        name, rule = ins.binding.form.name, None
        if ins.guard is None and not ins.binding.row.raw:
            rule = getattr(self, f"_{name}", None) if name in _FOLLOWED else None
        elif name == "ld" and ins.guard is None:
            return self._loaded(ins, value)
        return rule(ins, value, deep + 1) if rule else None

    def _loaded(self, ins: Ins, value: int) -> Octets | None:
        """What a narrow load leaves of a wide register is zero."""
        t = ins.binding.m.type
        own = self._own(value)
        return own[: t.bytes] + (ZERO,) * (len(own) - t.bytes) if t.kind in "ub" and t.lanes == 1 else None

    def _mov(self, ins: Ins, value: int, deep: int) -> Octets | None:
        to, source = ins.inst.operands[:2]
        size = ins.binding.m.type.bytes
        if isinstance(to, Vec):
            whole = self.operand(ins, source, size, deep)
            if whole is None or size % len(to.items):
                return None
            each = size // len(to.items)
            at = destinations(ins).index(next(r for r, v in ins.defs.items() if v == value))
            return self._extended(whole[at * each : (at + 1) * each], value)
        if isinstance(source, Vec):
            if size % len(source.items):
                return None
            parts = [self.operand(ins, item, size // len(source.items), deep) for item in source.items]
            return None if None in parts else self._extended(tuple(o for part in parts for o in part or ()), value)
        return self._extended(self.operand(ins, source, size, deep), value)

    def _or(self, ins: Ins, value: int, deep: int) -> Octets | None:
        a, b = (self.operand(ins, o, ins.binding.m.type.bytes, deep) for o in ins.inst.operands[1:3])
        if a is None or b is None or any(ZERO not in pair for pair in zip(a, b, strict=True)):
            return None
        return tuple(y if x == ZERO else x for x, y in zip(a, b, strict=True))

    def _and(self, ins: Ins, value: int, deep: int) -> Octets | None:
        a, b = (self.operand(ins, o, ins.binding.m.type.bytes, deep) for o in ins.inst.operands[1:3])
        if a is None or b is None or any(o.value >= 0 or o.at not in (0, 255) for o in b):
            return None
        return tuple(x if mask.at else ZERO for x, mask in zip(a, b, strict=True))

    def _shl(self, ins: Ins, value: int, deep: int) -> Octets | None:
        a, amount = self.operand(ins, ins.inst.operands[1], ins.binding.m.type.bytes, deep), ins.inst.operands[2]
        if a is None or not isinstance(amount, Imm) or amount.value % 8 or not 0 <= amount.value <= 8 * len(a):
            return None
        return (ZERO,) * (amount.value // 8) + a[: len(a) - amount.value // 8]

    def _shr(self, ins: Ins, value: int, deep: int) -> Octets | None:
        """Of a signed shift only the low bytes are known: those above are the value's own."""
        a, amount = self.operand(ins, ins.inst.operands[1], ins.binding.m.type.bytes, deep), ins.inst.operands[2]
        if a is None or not isinstance(amount, Imm) or amount.value % 8 or not 0 <= amount.value <= 8 * len(a):
            return None
        kept = len(a) - amount.value // 8
        above = self._own(value)[kept:] if ins.binding.m.type.kind == "s" else (ZERO,) * (len(a) - kept)
        return a[amount.value // 8 :] + above

    def _cvt(self, ins: Ins, value: int, deep: int) -> Octets | None:
        m = ins.binding.m
        to, t = getattr(m, "type", None), getattr(m, "type2", None)
        if to is None or t is None or to.is_float or t.is_float or to.lanes > 1 or t.lanes > 1 or getattr(m, "sat", False):
            return None
        a = self.operand(ins, ins.inst.operands[1], t.bytes, deep)
        if a is None or ins.binding.form.text.startswith("cvt.pack"):
            return None
        own = self._own(value)
        result = a[: to.bytes]
        for kind, size in ((t.kind, to.bytes), (to.kind, len(own))):  # to the type, then to the register
            above = range(len(result), size)
            result += tuple(own[i] if kind == "s" else ZERO for i in above)
        return result

    def _prmt(self, ins: Ins, value: int, deep: int) -> Octets | None:
        a, b, selector = (self.operand(ins, o, 4, deep) for o in ins.inst.operands[1:4])
        if a is None or b is None or selector is None or ins.binding.m.mode or any(o.value >= 0 for o in selector[:2]):
            return None
        picks = [selector[i // 2].at >> 4 * (i % 2) & 15 for i in range(4)]
        return None if any(p > 7 for p in picks) else tuple((a + b)[p] for p in picks)

    def _extended(self, found: Octets | None, value: int) -> Octets | None:
        """In a register that is wider than what is written to it, zeros follow."""
        if found is None:
            return None
        return found + (ZERO,) * (len(self._own(value)) - len(found))


_FOLLOWED = frozenset(("mov", "or", "and", "shl", "shr", "cvt", "prmt"))
