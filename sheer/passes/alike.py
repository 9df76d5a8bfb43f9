"""Values that every way to a place makes alike. In: a Graph in SSA form. Out: the Graph, in which they are made there, and not chosen by phis.

Compilers move what addresses are made of into both branches of an `if`, to where each uses it, and use the one or the other behind. What comes by
several ways is no row to the passes that follow, though it was one on each. So where all ways bring the same function of the same values, it is
computed once more where they meet.
"""

from __future__ import annotations

from sheer.ir.module import Imm, Operand, Reg, Sym
from sheer.passes.cfg import Block, Graph, Ins
from sheer.passes.pure import is_fixed

_CHAIN = 6  # instructions for a value
_CHEAP = frozenset(("mov", "cvt", "cvta", "add", "sub", "mul", "mad", "shl", "shr", "and", "or"))


def merge(graph: Graph) -> None:
    """Replaces phis by what makes their value."""
    maker = {v: ins for block in graph.blocks for ins in block.ins for v in ins.defs.values()}
    for block in graph.blocks:
        made: list[Ins] = []
        for phi in list(block.phis):
            chain = _Chain(graph, block, maker)
            if len(block.preds) > 1 and chain.make(tuple(phi.sources), phi.value) is not None and len(chain.made) <= _CHAIN:
                block.phis.remove(phi)
                made += chain.made
                maker |= {v: ins for ins in chain.made for v in ins.defs.values()}
        block.ins[:0] = made


class _Chain:
    """The instructions that make one value in a block."""

    def __init__(self, graph: Graph, block: Block, maker: dict[int, Ins]) -> None:
        self.graph, self.block, self.maker = graph, block, maker
        self.made: list[Ins] = []

    def make(self, values: tuple[int, ...], result: int = -1) -> int | None:
        """What is all of these values; `result`: the value that it becomes, where it has to be made. None: they are not alike."""
        if len(set(values)) == 1:
            return values[0] if result < 0 else None
        makers = [self.maker.get(v) for v in values]
        first = makers[0]
        if first is None or not _cheap(first) or len(self.made) >= _CHAIN:
            return None
        uses: dict[str, int] = {}
        for other in makers:
            if other is None or other.inst.opcode != first.inst.opcode or other.guard is not None:
                return None
            if len(other.inst.operands) != len(first.inst.operands):
                return None
        for at, operand in enumerate(first.inst.operands[1:], 1):
            if not isinstance(operand, Reg):
                if any(m is None or not _same(m.inst.operands[at], operand) for m in makers):
                    return None
                continue
            read = [m.uses.get(_name(m.inst.operands[at]), -1) if m is not None else -1 for m in makers]
            value = self.make(tuple(read)) if min(read) >= 0 else None
            if value is None or uses.setdefault(operand.name, value) != value:
                return None
        return self._add(first, uses, result)

    def _add(self, like: Ins, uses: dict[str, int], result: int) -> int:
        new = Ins(like.inst, like.binding)
        (register, value), *_ = like.defs.items()
        if result < 0:
            self.graph.value_type.append(self.graph.value_type[value])
            self.graph.value_block.append(self.block.index)
            result = len(self.graph.value_type) - 1
        new.uses, new.defs = uses, {register: result}
        self.made.append(new)
        return result


def _cheap(ins: Ins) -> bool:
    words = ins.inst.opcode.split(".")
    if words[0] not in _CHEAP or ins.guard is not None or len(ins.defs) != 1 or any(word.startswith(("f", "bf", "cc")) for word in words[1:]):
        return False
    return isinstance(ins.inst.operands[0], Reg)


def _same(one: Operand, other: Operand) -> bool:
    """The same constant, or what stays as it is while a thread runs."""
    return (is_fixed(other) or isinstance(other, Imm | Sym)) and one == other


def _name(operand: Operand) -> str:
    return operand.name if isinstance(operand, Reg) else ""
