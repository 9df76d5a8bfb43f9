"""Loads and stores of lanes that permute what lies in a few vectors of memory. In: addresses of a known pattern. Out: Values, or stores.

What no lane wants may not be there, and what no lane writes belongs to somebody else: rows of a window are accessed under masks of the elements that
active lanes have.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sheer.base.types import ScalarType
from sheer.codegen.convert import ConvertLanes
from sheer.codegen.text import int_type
from sheer.codegen.value import Value
from sheer.passes.pattern import Shuffles, Window, comb, small_step, window


class WindowLanes(ConvertLanes):
    """Needs the mask and the pointers of MemoryLanes."""

    mask: str
    shuffles: Shuffles  # of the target

    def aligned(self, t: ScalarType) -> int:
        raise NotImplementedError

    def pointer(self, address: Value) -> str:
        raise NotImplementedError

    def piece_pointer(self, address: Value, base: str, lane: int) -> str:
        raise NotImplementedError

    def _concat(self, names: list[str], bits: int, size: int) -> str:
        raise NotImplementedError

    def window_of(self, t: ScalarType, address: Value, store: bool) -> Window | None:
        """The window that the lanes' elements make up. Lanes may share what they load, if all of them are there."""
        if address.shape is None or not self.shuffles.row_bits or not self.shuffles.least_bits <= t.bits <= 64:
            return None
        if not self.mask and ((t.bits >= 32 and comb(address.shape, self.n, t.bits)) or (t.bits < 32 and small_step(address.shape, t.bits))):
            return None
        return window(address.shape, self.n, t.bits, self.shuffles.row_bits, store or bool(self.mask))

    def load_window(self, t: ScalarType, address: Value, offset: int, w: Window) -> Value:
        ty = f"<{w.size} x i{t.bits}>"
        rows = {}
        for row, place, mask, _ in self._rows_of_window(t, address, offset, w):
            if not mask:
                rows[row] = self.text.op(f"load {ty}, ptr {place}, align {self.aligned(t)}")
                continue
            arguments = [("ptr", f"align {self.aligned(t)} {place}"), (f"<{w.size} x i1>", mask), (ty, "zeroinitializer")]
            rows[row] = self.kept_here(ty, self.text.intrinsic(f"llvm.masked.load.v{w.size}i{t.bits}.p0", ty, arguments))
        parts = []
        for first in range(0, self.n, w.size):
            lanes = w.elements[first : first + w.size]
            wanted = [int(row) for row in np.unique(lanes // w.size)]
            order = ", ".join(f"i32 {wanted.index(e // w.size) * w.size + e % w.size}" for e in map(int, lanes))
            other = rows[wanted[1]] if len(wanted) > 1 else "poison"
            parts.append(self.text.op(f"shufflevector {ty} {rows[wanted[0]]}, {ty} {other}, <{w.size} x i32> <{order}>"))
        return self.vector(t.bits, self._concat(parts, t.bits, w.size))

    def store_window(self, t: ScalarType, value: Value, address: Value, offset: int, w: Window) -> None:
        whole, name = int_type(t.bits, self.n), self.vec(value)
        if t.bits < 32:
            name = self.text.op(f"freeze {whole} {name}")  # as in _units_out
        for _, place, mask, lanes in self._rows_of_window(t, address, offset, w):
            order = ", ".join(f"i32 {lane}" if lane >= 0 else "i32 poison" for lane in lanes)
            row = self.text.op(f"shufflevector {whole} {name}, {whole} poison, <{w.size} x i32> <{order}>")
            if not mask:
                self.text.do(f"store <{w.size} x i{t.bits}> {row}, ptr {place}, align {self.aligned(t)}")
                continue
            arguments = [(f"<{w.size} x i{t.bits}>", row), ("ptr", f"align {self.aligned(t)} {place}"), (f"<{w.size} x i1>", mask)]
            self.text.intrinsic(f"llvm.masked.store.v{w.size}i{t.bits}.p0", "void", arguments)

    def _rows_of_window(self, t: ScalarType, address: Value, offset: int, w: Window) -> list[tuple[int, str, str, list[int]]]:
        """(number, place, mask or "" for all, the lane of each element or -1) of each row."""
        base, found = self.pointer(address), []
        lane_of: dict[int, int] = {int(e): lane for lane, e in enumerate(w.elements)}
        for row in w.rows:
            at = w.start + row * w.size * t.bytes + offset
            place = self.text.op(f"getelementptr i8, ptr {base}, i64 {at}") if at else base
            lanes = [lane_of.get(row * w.size + i, -1) for i in range(w.size)]
            found.append((row, place, self._mask_of_row(lanes), lanes))
        return found

    def _mask_of_row(self, lanes: list[int]) -> str:
        if not self.mask:
            teeth: Any = ", ".join(f"i1 {'true' if lane >= 0 else 'false'}" for lane in lanes)
            return "" if min(lanes) >= 0 else f"<{teeth}>"
        wide, order = f"<{self.n} x i1>", ", ".join(f"i32 {lane if lane >= 0 else self.n}" for lane in lanes)
        return self.text.op(f"shufflevector {wide} {self.mask}, {wide} zeroinitializer, <{len(lanes)} x i32> <{order}>")
