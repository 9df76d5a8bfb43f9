"""Local memory in rows (see passes/depot.py). In: offsets in local memory. Out: Values, or stores.

A word of `granule` bytes of all lanes of a group is a row: the offset of an element, times the lanes, is its row, and each lane has its own word there.
A kernel's own part stands on the stack of the group, where it stays in the first cache from group to group; large ones, and those of functions that
are called, in the group's part of the frame's local memory. Elements below a word are cut out of it and put back: nobody else sees the word.
"""

from __future__ import annotations

from typing import Any

from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.kept import ROWS
from sheer.codegen.operands import OperandLanes
from sheer.codegen.value import Value
from sheer.ir.module import Addr, Sym
from sheer.passes.cfg import Ins

U32, U64 = SCALARS["u32"], SCALARS["u64"]
_STACK = 64 << 10  # bytes of a group's rows that its stack has room for


class DepotLanes(OperandLanes):
    """Needs `self.compiler.granule`, and the rows and gathers of MemoryLanes."""

    _depot = ""

    def linear(self, ins: Ins, operand: Addr) -> Value:
        """An address operand as it stands: base and offset, in its own state space."""
        base = operand.base
        if base is None:
            return self.const(U64, operand.offset)
        if isinstance(base, Sym):
            return self.symbol(Sym(base.name, operand.offset), ins, U64)
        value = self.read(ins.uses[base.name])
        if value.bits < 64:
            value = self.widen(U64, SCALARS[f"u{value.bits}"], value)
        return self.add(U64, value, self.const(U64, operand.offset)) if operand.offset else value

    def load_depot(self, kind: ScalarType, count: int, offset: Value) -> list[Value]:
        """`count` neighbouring elements from every lane's local memory."""
        word = SCALARS[f"b{8 * self.compiler.granule}"]
        found = []
        for i in range(count):
            place = self._depot_further(offset, i * kind.bytes)
            if kind.bytes < word.bytes:
                whole = self._depot_word(word, place)
                shifted = self.simple("lshr", whole, self._bits_up(word, place, kind))
                found.append(self.vector(kind.bits, self._depot_cut(word, kind, shifted)))
                continue
            parts = [self._depot_word(word, self._depot_further(place, j)) for j in range(0, kind.bytes, word.bytes)]
            found.append(parts[0] if len(parts) == 1 else self.pack(kind, parts))
        return found

    def store_depot(self, kind: ScalarType, values: list[Value], offset: Value) -> None:
        """Neighbouring elements into every active lane's local memory."""
        word = SCALARS[f"b{8 * self.compiler.granule}"]
        for i, value in enumerate(values):
            place = self._depot_further(offset, i * kind.bytes)
            if kind.bytes < word.bytes:
                self._set_depot_word(word, self._depot_patched(word, kind, value, place), place)
                continue
            count = kind.bytes // word.bytes
            parts = [value] if count == 1 else self.unpack(word, value, count)
            for j, part in enumerate(parts):
                self._set_depot_word(word, part, self._depot_further(place, j * word.bytes))

    # -- words --------------------------------------------------------------------------------------------------------------------

    def _depot_further(self, offset: Value, amount: int) -> Value:
        return self.add(U64, offset, self.const(U64, amount)) if amount else offset

    def _depot_word(self, word: ScalarType, offset: Value) -> Value:
        if offset.uniform:
            return self.vector(word.bits, self._row_load(word, self._depot_row(word, offset), 0, self.n, 1, "row"))
        return self._gather_one(word, self._depot_words(word, offset))

    def _set_depot_word(self, word: ScalarType, value: Value, offset: Value) -> None:
        if offset.uniform:
            self._row_store(word, [value], 0, self.n, self._depot_row(word, offset))
        else:
            self._scatter_one(word, self.vec(value), self._depot_words(word, offset), self.n, self.mask_name())

    def _depot_row(self, word: ScalarType, offset: Value) -> str:
        """Pointer to the row that the element at a uniform offset is in."""
        start = self.text.op(f"and i64 {offset.scalar}, {-word.bytes}")
        return self.text.op(f"getelementptr i8, ptr {self._depot_base()}, i64 {self.text.op(f'mul i64 {start}, {self.n}')}")

    def _depot_words(self, word: ScalarType, offset: Value) -> str:
        """Every lane's pointer to its word."""
        wide = f"<{self.n} x i64>"
        start = self.text.op(f"and {wide} {self.vec(offset)}, splat (i64 {-word.bytes})")
        lanes = ", ".join(f"i64 {lane * word.bytes}" for lane in range(self.n))
        place = self.text.op(f"add {wide} {self.text.op(f'mul {wide} {start}, splat (i64 {self.n})')}, <{lanes}>")
        return self.text.op(f"getelementptr i8, ptr {self._depot_base()}, {wide} {place}")

    def _depot_base(self) -> str:
        """Where the group's rows begin."""
        if self._depot:
            return self._depot
        size = self.compiler.local_bytes(self.function) * self.n
        if self.function.is_entry and self.compiler.staged is not None and size <= _STACK:
            return self.kept_place(ROWS, "rows", size)
        if self.function.is_entry and size <= _STACK:
            self._depot = self.text.alloca(f"[{size} x i8]", 64)
            return self._depot
        t = self.text
        stride = self.resize_scalar(self.frame_field(76), 32, 64, False)
        first = t.op(f"zext i32 {t.op(f'mul i32 {self.group}, {self.n}')} to i64")
        return t.op(f"getelementptr i8, ptr {self.frame_field(16, 'ptr')}, i64 {t.op(f'mul i64 {first}, {stride}')}")

    # -- parts of words -------------------------------------------------------------------------------------------------------------

    def _bits_up(self, word: ScalarType, offset: Value, kind: ScalarType) -> Value:
        """By how many bits the element is above the word's lowest."""
        low = self.simple("and", offset, self.const(U64, word.bytes - kind.bytes))
        bits = self.simple("shl", low, self.const(U64, 3))
        return bits if word.bits == 64 else self.widen(U32, U64, bits)

    def _depot_cut(self, word: ScalarType, kind: ScalarType, value: Value) -> str:
        return self.text.op(f"trunc <{self.n} x i{word.bits}> {self.vec(value)} to <{self.n} x i{kind.bits}>")

    def _depot_patched(self, word: ScalarType, kind: ScalarType, value: Value, offset: Value) -> Value:
        """The word with one of its elements replaced."""
        shift = self._bits_up(word, offset, kind)
        ones = self.const(SCALARS[f"u{word.bits}"], (1 << kind.bits) - 1)
        wide = f"<{self.n} x i{word.bits}>"
        new = self.vector(word.bits, self.text.op(f"zext <{self.n} x i{kind.bits}> {self.vec(value)} to {wide}"))
        hole = self.not_(word, self.simple("shl", ones, shift))
        return self.simple("or", self.simple("and", self._depot_word(word, offset), hole), self.simple("shl", new, shift))


def in_depot(compiler: Any, space: str) -> bool:
    """Whether an access to a state space goes to local memory in rows."""
    return space == "local" and compiler.granule > 0
