"""How far lanes are apart at least. In: Facts. Out: for a value, a number that the differences between its lanes are multiples of.

Where shapes give up, for an index that went through `xor` or a remainder, the address is still a multiple of the record's size away from
another lane's. What is found decides what is worth doing, never what is right: arithmetic is taken not to wrap.
"""

from __future__ import annotations

from math import gcd

import numpy as np

from sheer.ir.module import Imm, Operand, Reg, Special
from sheer.passes.cfg import Ins
from sheer.passes.facts import Facts

_DEEP = 40  # instructions followed from one value


class Spacing:
    """0: the same in all lanes; 1: nothing is known."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        blocks = facts.graph.blocks
        self.makers = {v: ins for block in blocks for ins in block.ins for v in ins.defs.values()}
        self.phis = {phi.value: phi for block in blocks for phi in block.phis}
        self.known: dict[int, int] = {}

    def of(self, value: int, deep: int = 0) -> int:
        if value not in self.known:
            self.known[value] = 0  # around a loop: what its other sources say
            self.known[value] = self._found(value, deep)
        return self.known[value]

    def _found(self, value: int, deep: int) -> int:
        shape = self.facts.shape[value] if value < len(self.facts.shape) else None
        if shape is not None and shape.stride is None:
            return int(np.gcd.reduce(shape.c - shape.c[0]))
        if deep > _DEEP:
            return 1
        if value in self.phis:
            return gcd(*(self.of(source, deep + 1) for source in self.phis[value].sources))
        ins = self.makers.get(value)
        return self._made(ins, deep + 1) if ins is not None and ins.guard is None else 1

    def _made(self, ins: Ins, deep: int) -> int:
        name, operands = ins.binding.form.name, ins.inst.operands[1:]
        if name in ("mov", "cvt", "cvta", "neg", "not"):
            return self._operand(ins, operands[0], deep)
        if name in ("add", "sub"):
            return gcd(self._operand(ins, operands[0], deep), self._operand(ins, operands[1], deep))
        if name in ("and", "or", "xor"):  # each bit for itself: the low bits that all lanes share stay shared
            found = gcd(self._operand(ins, operands[0], deep), self._operand(ins, operands[1], deep))
            return found & -found
        if name == "shl" and isinstance(operands[1], Imm):
            return self._operand(ins, operands[0], deep) << min(operands[1].value, 40)
        if name == "mul" and ".hi" not in ins.inst.opcode:
            return self._product(ins, operands, deep)
        if name == "mad" and ".hi" not in ins.inst.opcode:
            return gcd(self._product(ins, operands, deep), self._operand(ins, operands[2], deep))
        return 0 if all(self._operand(ins, o, deep) == 0 for o in operands) and ins.binding.row.ref is not None else 1

    def _product(self, ins: Ins, operands: tuple[Operand, ...], deep: int) -> int:
        """A factor that is the same in all lanes multiplies the differences."""
        a, b = self._operand(ins, operands[0], deep), self._operand(ins, operands[1], deep)
        if a and b:
            return 1
        factor = operands[1] if a else operands[0]
        return max(a, b) * (abs(factor.value) if isinstance(factor, Imm) else 1)

    def _operand(self, ins: Ins, operand: Operand, deep: int) -> int:
        if isinstance(operand, Reg):
            return self.of(ins.uses[operand.name], deep)
        if isinstance(operand, Special):
            return 0 if operand.name.startswith(("ctaid", "ntid", "nctaid")) else 1
        return 0
