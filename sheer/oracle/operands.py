"""Operands. In: an operand as parsed and the type that the instruction's form gives it. Out: a reader (thread -> value) or a writer
(thread, value -> None).

Values are those of the rows' `ref` functions. A register's bits are cut to a narrower type and extended, by the sign of signed
types, to a wider one; a result is extended to its register in the same way.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS, ScalarType
from sheer.ir.module import Imm, Inst, Not, Operand, Pair, Reg, Sink, Special, Sym, Vec
from sheer.isa import exact
from sheer.oracle.memory import PARAM
from sheer.oracle.special import special
from sheer.oracle.state import Thread

Reader = Callable[[Thread], Any]
Writer = Callable[[Thread, Any], None]


def from_bits(t: ScalarType, bits: int) -> Any:
    """A value of the bits, cut to the type."""
    bits &= (1 << t.bits) - 1
    if t.kind == "f":
        return exact.decode(t, bits)
    if t.kind == "p":
        return bits != 0
    return t.wrap(bits) if t.kind == "s" else bits


def to_bits(t: ScalarType, value: Any) -> int:
    """The bits of a value."""
    if t.kind == "f":
        return exact.encode(t, value)
    if t.kind == "p":
        return 1 if value else 0
    result: int = value & ((1 << t.bits) - 1)
    return result


class Operands:
    """Makes readers and writers for the instructions of one function."""

    def __init__(self, code: Any) -> None:
        self.code = code

    # -- sources ---------------------------------------------------------------------------------------------------------

    def reader(self, inst: Inst, operand: Operand | None, t: ScalarType) -> Reader:
        """Reads a source operand as a value of type t."""
        if isinstance(operand, Reg):
            return self._register_reader(operand, t)
        if isinstance(operand, Imm):
            constant = self._immediate(operand, t)
            return lambda thread: constant
        if isinstance(operand, Not):
            inner = self._register_reader(operand.reg, SCALARS["pred"])
            return lambda thread: not inner(thread)
        if isinstance(operand, Special):
            return self._special(inst, operand.name, t)
        if isinstance(operand, Sym):
            return self._symbol(inst, operand, t)
        if isinstance(operand, Vec):
            width = max(t.bits // len(operand.items), 1)
            part = SCALARS[f"b{width}"] if width > 1 else SCALARS["pred"]
            readers = [self.reader(inst, item, part) for item in operand.items]
            return lambda thread: [r(thread) for r in readers]
        if isinstance(operand, Sink):
            zero = from_bits(t, 0)
            return lambda thread: zero
        raise self.error(inst, f"the operand {operand} is not understood")

    def error(self, inst: Inst, message: str) -> CompileError:
        """An error that names the instruction's place in the PTX text."""
        return CompileError(f"{self.code.launch_name}:{inst.ptx_line}: {inst.opcode}: {message}", inst.loc)

    def _register_reader(self, operand: Reg, t: ScalarType) -> Reader:
        index = self.code.register_index[operand.name]
        width = SCALARS[self.code.function.regs[operand.name]].bits
        if t.kind in "bu" and t.bits >= width:
            return lambda thread: thread.regs[index]
        if t.kind in "bu":
            mask = (1 << t.bits) - 1
            return lambda thread: thread.regs[index] & mask
        if t.kind == "s" and width < t.bits:
            sign = 1 << (width - 1)
            return lambda thread: (thread.regs[index] ^ sign) - sign
        return lambda thread: from_bits(t, thread.regs[index])

    def _immediate(self, operand: Imm, t: ScalarType) -> Any:
        if operand.kind == "int":
            if t.is_float and t.bits >= 32 and t.name != "tf32":
                return exact.fit(t, float(operand.value))
            return from_bits(t, operand.value)
        have = 32 if operand.kind == "f32" else 64
        if have == t.bits or not t.is_float:
            return from_bits(t, operand.value)
        number = struct.unpack("<f" if have == 32 else "<d", operand.value.to_bytes(have // 8, "little"))[0]
        return exact.fit(t, number)

    def _special(self, inst: Inst, name: str, t: ScalarType) -> Reader:
        read = special(name)
        if read is None:
            raise self.error(inst, f"the special register %{name} is not supported")
        return lambda thread: from_bits(t, read(thread))

    def _symbol(self, inst: Inst, operand: Sym, t: ScalarType) -> Reader:
        """The address of a variable in its own state space; of a kernel parameter the generic one; a function's number."""
        place = self.code.place(operand.name)
        if place is None:
            raise self.error(inst, f"{operand.name} is used but not declared in any linked module")
        space, where = place
        offset = operand.offset
        if space in ("global", "const"):
            return lambda thread: from_bits(t, thread.launch.symbols[where] + offset)
        if space == "local":
            return lambda thread: from_bits(t, thread.local_base + where + offset)
        if space == "param":
            return lambda thread: from_bits(t, PARAM + where + offset)
        constant = from_bits(t, where + offset)
        return lambda thread: constant

    # -- destinations --------------------------------------------------------------------------------------------------------

    def writer(self, inst: Inst, operand: Operand | None, t: ScalarType) -> Writer:
        """Writes a result of type t; {a, b} takes it apart, lowest first."""
        if operand is None or isinstance(operand, Sink):
            return lambda thread, value: None
        if isinstance(operand, Pair):
            first = self.writer(inst, operand.first, t)
            second = self.writer(inst, operand.second, SCALARS["pred"])
            return lambda thread, value: (first(thread, value[0]), second(thread, value[1]))[0]
        if isinstance(operand, Vec):
            return self._taken_apart(inst, operand, t)
        if not isinstance(operand, Reg):
            raise self.error(inst, f"the destination {operand} is not a register")
        index = self.code.register_index[operand.name]
        width = SCALARS[self.code.function.regs[operand.name]].bits
        mask = (1 << width) - 1

        def write(thread: Thread, value: Any) -> None:
            bits = to_bits(t, value)
            if t.kind == "s" and bits >> (t.bits - 1):
                bits -= 1 << t.bits
            thread.regs[index] = bits & mask

        return write

    def _taken_apart(self, inst: Inst, operand: Vec, t: ScalarType) -> Writer:
        width = t.bits // len(operand.items)
        part = SCALARS[f"b{width}"]
        writers = [self.writer(inst, item, part) for item in operand.items]
        low = (1 << width) - 1

        def write(thread: Thread, value: Any) -> None:
            bits = to_bits(t, value)
            for i, one in enumerate(writers):
                one(thread, bits >> (width * i) & low)

        return write

    def each(self, inst: Inst, operand: Operand | None, t: ScalarType) -> list[Any]:
        """Writers of the registers of a vector operand, or of the one register."""
        items = operand.items if isinstance(operand, Vec) else (operand,)
        return [self.writer(inst, item, t) for item in items]

    def each_reader(self, inst: Inst, operand: Operand | None, t: ScalarType) -> list[Reader]:
        """Readers of the registers of a vector operand, or of the one register."""
        items = operand.items if isinstance(operand, Vec) else (operand,)
        return [self.reader(inst, item, t) for item in items]
