"""Instructions that only make values. In: an instruction. Out: whether its operands alone decide what it gives, wherever it stands."""

from __future__ import annotations

from sheer.ir.module import Operand, Special
from sheer.passes.cfg import Ins

_FIXED = ("tid", "ctaid", "ntid", "nctaid", "laneid", "warpid")


def is_fixed(operand: Operand) -> bool:
    """A special register that stays as it is while a thread runs."""
    return isinstance(operand, Special) and operand.name.lstrip("%").split(".")[0] in _FIXED


def is_pure(ins: Ins) -> bool:
    """Now as before: neither memory, but for parameters, nor other lanes or a clock have a part in it."""
    if ins.guard is not None or any(isinstance(o, Special) and not is_fixed(o) for o in ins.inst.operands):
        return False
    words = ins.inst.opcode.split(".")
    if words[0] == "ld":
        return "param" in words
    return words[0] == "cvta" or (ins.binding.row.ref is not None and not ins.binding.row.raw) or (words[0] == "mov" and not ins.uses)
