"""Loads and stores of lanes. In: an address Value and a mask. Out: Values, or stores.

The shape of an address decides the code: one scalar access, contiguous pieces as vector accesses (masked where lanes are off), a window that
is loaded and shuffled, or else a gather or scatter. A piece is the largest power of two of lanes for which all pieces fit a pattern.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.gather import GatherLanes
from sheer.codegen.text import int_type
from sheer.codegen.value import Value
from sheer.passes.pattern import pieces, short

U64 = SCALARS["u64"]


LINE = 64  # bytes that caches hold together
_AT_ONCE = 8  # lanes, in a loop over all of them
_WORTH = 16  # lanes of a piece that are better stored by a branch and a scalar than by a scatter
_VECTOR = 512  # bits of the widest register
_FORWARDED = 32  # bytes of a store that loads of parts of it need not wait for


class MemoryLanes(GatherLanes):
    """Needs `self.mask` ("" = all lanes) and `self.scratch()` (a pointer to 64 bytes that lanes that are off may touch)."""

    mask: str

    # -- masks ------------------------------------------------------------------------------------------------------------

    def mask_name(self) -> str:
        return self.mask or "splat (i1 true)"

    def mask_piece(self, first: int, count: int, repeat: int = 1) -> str:
        """Lanes first..first+count of the mask, each repeated."""
        if not self.mask:
            return "splat (i1 true)"
        if count == self.n and repeat == 1:
            return self.mask
        indices = ", ".join(f"i32 {first + i // repeat}" for i in range(count * repeat))
        return self.text.op(
            f"shufflevector <{self.n} x i1> {self.mask}, <{self.n} x i1> poison, "
            f"<{count * repeat} x i32> <{indices}>"
        )

    def mask_bits(self) -> str:
        """The mask as an integer of n bits."""
        if not self.mask:
            return "-1"
        return self.text.op(f"bitcast <{self.n} x i1> {self.mask} to i{self.n}")

    def scratch(self) -> str:
        raise NotImplementedError

    # -- addresses -----------------------------------------------------------------------------------------------------------

    def pointer(self, address: Value) -> str:
        return self.text.op(f"inttoptr i64 {address.scalar} to ptr")

    def pointers(self, address: Value) -> str:
        """Per-lane pointers."""
        if address.narrow is not None:
            return self.indexed(*address.narrow, self.n)
        if address.shape is not None and not address.exact:
            base = self.pointer(address)
            if address.shape.stride is None:
                offsets = self.constants(64, address.shape.c)
                return self.text.op(f"getelementptr i8, ptr {base}, <{self.n} x i64> {offsets}")
        return self.text.op(f"inttoptr <{self.n} x i64> {self.vec(address)} to <{self.n} x ptr>")

    def indexed(self, start: str, indices: str, word: str, scale: int, lanes: int) -> str:
        """start + extension of 32-bit indices * scale, in the form that the machine's gathers have: with signed indices. Unsigned ones
        count from the middle of their range."""
        t, few, many = self.text, f"<{lanes} x i32>", f"<{lanes} x i64>"
        if word == "zext" and scale & (scale - 1) == 0 and scale <= 8:
            start = t.op(f"add i64 {start}, {scale << 31}")
            indices, word = t.op(f"xor {few} {indices}, splat (i32 -2147483648)"), "sext"
        wide = t.op(f"{word} {few} {indices} to {many}")
        return t.op(f"getelementptr [{scale} x i8], ptr {t.op(f'inttoptr i64 {start} to ptr')}, {many} {wide}")

    def piece_pointer(self, address: Value, base: str, lane: int) -> str:
        """Pointer of one lane of an affine address, as base + constants."""
        shape = address.shape
        assert shape is not None
        if shape.stride is not None and int(shape.m[lane]):
            product = self.text.op(f"mul i64 {address.stride}, {int(shape.m[lane])}")
            base = self.text.op(f"getelementptr i8, ptr {base}, i64 {product}")
        offset = int(shape.c[lane])
        return self.text.op(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base

    # -- loads -----------------------------------------------------------------------------------------------------------------

    def load_lanes(self, t: ScalarType, count: int, address: Value, strong: bool = False) -> list[Value]:
        raise NotImplementedError

    def _load_lanes(self, t: ScalarType, count: int, address: Value) -> list[Value]:
        """`count` consecutive elements of type t from every active lane's address."""
        if address.uniform:
            base = self.pointer(address)
            return [self.scalar(t.bits, self._scalar_load(t, base, i * t.bytes)) for i in range(count)]
        if address.shape is not None:
            plan = pieces(address.shape, self.n, t.bytes * count)
            if plan is not None and not (count == 1 and short(plan, t.bits) and self.window_of(t, address, False)):
                return self._load_pieces(t, count, address, *plan)
            if count == 1 and not self.mask:
                window = self._load_window(t, address)
                if window is not None:
                    return [window]
        return self._gather(t, count, address)

    def _scalar_load(self, t: ScalarType, base: str, offset: int) -> str:
        place = self.text.op(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base
        return self.text.op(f"load i{t.bits}, ptr {place}, align {self.aligned(t)}")

    def _load_pieces(
        self, t: ScalarType, count: int, address: Value, size: int, patterns: list[str]
    ) -> list[Value]:
        base = self.pointer(address)
        parts: list[list[str]] = [[] for _ in range(count)]
        rows: list[str] = []
        for index, pattern in enumerate(patterns):
            first = index * size
            if pattern == "same":
                place = self.piece_pointer(address, base, first)
                for i in range(count):
                    parts[i].append(self._splat_load(t, place, i, first, size))
            else:
                lane = first if pattern == "row" else first + size - 1
                place = self.piece_pointer(address, base, lane)
                if self.ahead:
                    self._prefetch(place, size * count * t.bytes)
                row = self._row_load(t, place, first, size, count, pattern)
                for i in range(count):
                    parts[i].append(self._every(row, t, size * count, i, count, pattern == "back"))
                rows.append(row)
        names = [self._concat(found, t.bits, size) for found in parts]
        if count > 1 and set(patterns) == {"row"}:
            self.rows_known[tuple(names)] = size, rows
        if (t.bits, count, size, self.n) == (32, 1, 4, 32) and set(patterns) == {"row"}:
            self.blocks_known[names[0]] = rows, False
        return [self.vector(t.bits, name) for name in names]

    ahead = ""  # bytes from an access to where memory will be accessed next; "" if that is not known

    def _prefetch(self, place: str, size: int) -> None:
        """Asks for what will be accessed next, into the second cache."""
        place = self.text.op(f"getelementptr i8, ptr {place}, i64 {self.ahead}")
        for offset in range(0, size, LINE):
            there = self.text.op(f"getelementptr i8, ptr {place}, i64 {offset}") if offset else place
            self.text.intrinsic("llvm.prefetch.p0", "void", [("ptr", there), ("i32", "0"), ("i32", "2"), ("i32", "1")])

    def _splat_load(self, t: ScalarType, place: str, i: int, first: int, size: int) -> str:
        """One element for all lanes of a piece; not touched if none of them is active."""
        wide = f"<{size} x i{t.bits}>"
        if not self.mask or size == self.n:
            name = self._scalar_load(t, place, i * t.bytes)
        else:
            piece = self.mask_piece(first, size)
            bits = self.text.op(f"bitcast <{size} x i1> {piece} to i{size}")
            some = self.text.op(f"icmp ne i{size} {bits}, 0")
            safe = self.text.op(f"select i1 {some}, ptr {place}, ptr {self.scratch()}")
            offset = self.text.op(f"select i1 {some}, i64 {i * t.bytes}, i64 0")
            where = self.text.op(f"getelementptr i8, ptr {safe}, i64 {offset}")
            name = self.text.op(f"load i{t.bits}, ptr {where}, align {self.aligned(t)}")
        one = self.text.op(f"insertelement {wide} poison, i{t.bits} {name}, i64 0")
        return self.text.op(f"shufflevector {wide} {one}, {wide} poison, <{size} x i32> zeroinitializer")

    def _row_load(self, t: ScalarType, place: str, first: int, size: int, count: int, pattern: str) -> str:
        total = size * count
        ty = f"<{total} x i{t.bits}>"
        if not self.mask:
            return self.text.op(f"load {ty}, ptr {place}, align {self.aligned(t)}")
        piece = self.mask_piece(first, size, count)
        if pattern == "back":
            piece = self._reversed_mask(piece, size, count)
        arguments = [("ptr", f"align {self.aligned(t)} {place}"), (f"<{total} x i1>", piece), (ty, "zeroinitializer")]
        return self.kept_here(ty, self.text.intrinsic(f"llvm.masked.load.v{total}i{t.bits}.p0", ty, arguments))

    def kept_here(self, ty: str, loaded: str) -> str:
        """A row that lanes of a mask have loaded. LLVM 20 makes one load of it and a select of the same lanes, where the select stands: behind
        stores. Gathers stay."""
        return self.text.op(f"freeze {ty} {loaded}")

    def _reversed_mask(self, piece: str, size: int, count: int) -> str:
        total = size * count
        indices = ", ".join(f"i32 {(size - 1 - i // count) * count}" for i in range(total))
        return self.text.op(
            f"shufflevector <{total} x i1> {piece}, <{total} x i1> poison, <{total} x i32> <{indices}>"
        )

    def _every(self, row: str, t: ScalarType, total: int, i: int, count: int, back: bool) -> str:
        """Elements i, i+count, ... of a row, perhaps backwards."""
        if count == 1 and not back:
            return row
        size = total // count
        lanes = range(size - 1, -1, -1) if back else range(size)
        indices = ", ".join(f"i32 {lane * count + i}" for lane in lanes)
        ty = f"<{total} x i{t.bits}>"
        return self.text.op(f"shufflevector {ty} {row}, {ty} poison, <{size} x i32> <{indices}>")

    def _concat(self, names: list[str], bits: int, size: int) -> str:
        while len(names) > 1:
            ty = f"<{size} x i{bits}>"
            indices = ", ".join(f"i32 {i}" for i in range(2 * size))
            names = [
                self.text.op(f"shufflevector {ty} {a}, {ty} {b}, <{2 * size} x i32> <{indices}>")
                for a, b in zip(names[::2], names[1::2], strict=True)
            ]
            size *= 2
        return names[0]

    def _load_window(self, t: ScalarType, address: Value) -> Value | None:
        """All lanes inside a window of few elements that are all wanted by somebody: load the window, shuffle."""
        shape = address.shape
        assert shape is not None
        if shape.stride is not None or (shape.c % t.bytes).any():
            return None
        elements = shape.c // t.bytes
        low, high = int(elements.min()), int(elements.max())
        size = high - low + 1
        if size > 2 * self.n or size & (size - 1) or len(np.unique(elements)) != size:
            return None
        base = self.pointer(address)
        place = self.text.op(f"getelementptr i8, ptr {base}, i64 {low * t.bytes}")
        ty = f"<{size} x i{t.bits}>"
        row = self.text.op(f"load {ty}, ptr {place}, align {self.aligned(t)}")
        indices = ", ".join(f"i32 {int(e) - low}" for e in elements)
        return self.vector(
            t.bits, self.text.op(f"shufflevector {ty} {row}, {ty} poison, <{self.n} x i32> <{indices}>")
        )

    # -- stores ----------------------------------------------------------------------------------------------------------------------

    def store_lanes(self, t: ScalarType, values: list[Value], address: Value, strong: bool = False) -> None:
        raise NotImplementedError

    def _store_lanes(self, t: ScalarType, values: list[Value], address: Value) -> None:
        """Consecutive elements of type t to every active lane's address; where lanes share an address the last one wins."""
        if address.uniform:
            base = self.pointer(address)
            for i, value in enumerate(values):
                place = self.text.op(f"getelementptr i8, ptr {base}, i64 {i * t.bytes}") if i else base
                self.text.do(f"store i{t.bits} {self.last_lane(value)}, ptr {place}, align {self.aligned(t)}")
            return
        if address.shape is not None:
            plan = pieces(address.shape, self.n, t.bytes * len(values))
            near = len(values) == 1 and short(plan, t.bits) and self.window_of(t, address, True)
            if plan is not None and self._storable(*plan) and not near:
                self._store_pieces(t, values, address, *plan)
                return
        self._scatter(t, values, address)

    def _storable(self, size: int, patterns: list[str]) -> bool:
        """Pieces that are better stored as such than by a scatter."""
        return all(p == "row" or (p == "same" and (size >= _WORTH or not self.mask)) for p in patterns)

    def last_lane(self, value: Value) -> str:
        """The scalar of the highest active lane."""
        if value.uniform:
            return value.scalar
        ty = int_type(value.bits, self.n)
        if not self.mask:
            return self.text.op(f"extractelement {ty} {self.vec(value)}, i64 {self.n - 1}")
        zeros = self.text.intrinsic(
            f"llvm.ctlz.i{self.n}", f"i{self.n}", [(f"i{self.n}", self.mask_bits()), ("i1", "false")]
        )
        lane = self.text.op(f"sub i{self.n} {self.n - 1}, {zeros}")
        if value.bits == 1:
            bits = self.text.op(f"bitcast {ty} {self.vec(value)} to i{self.n}")
            return self.text.op(f"trunc i{self.n} {self.text.op(f'lshr i{self.n} {bits}, {lane}')} to i1")
        return self._lane_at(self.vec(value), value.bits, self.n, self.resize_scalar(lane, self.n, 64, False))

    def _lane_at(self, name: str, bits: int, count: int, lane: str) -> str:
        """The scalar of a lane (i64) of `count`: where LLVM finds out which, straight from the register."""
        t = self.text
        slot = t.alloca(f"i{bits}")
        known, other, done = (t.fresh_label(stem) for stem in ("lane.known", "lane.unknown", "lane.found"))
        t.branch(t.intrinsic("llvm.is.constant.i64", "i1", [("i64", lane)]), known, other)
        t.label(known)
        t.do(f"store i{bits} {t.op(f'extractelement <{count} x i{bits}> {name}, i64 {lane}')}, ptr {slot}")
        t.jump(done)
        t.label(other)
        t.do(f"store i{bits} {self._lane_by_memory(name, bits, count, lane)}, ptr {slot}")
        t.label(done)
        return t.op(f"load i{bits}, ptr {slot}")

    def _lane_by_memory(self, name: str, bits: int, count: int, lane: str) -> str:
        """The register that the lane is in, chosen by masks, and that one by way of memory."""
        t, size = self.text, min(count, _VECTOR // bits)
        ty = f"<{size} x i{bits}>"
        parts = [self._lanes_of(name, bits, first, size, count) for first in range(0, count, size)]
        step = size
        while len(parts) > 1:
            bit = t.op(f"trunc i64 {t.op(f'and i64 {lane}, {step}')} to i32")
            one = t.op(f"insertelement <{size} x i32> poison, i32 {bit}, i64 0")
            many = t.op(f"shufflevector <{size} x i32> {one}, <{size} x i32> poison, <{size} x i32> zeroinitializer")
            high = t.op(f"icmp ne <{size} x i32> {many}, zeroinitializer")
            parts = [
                t.op(f"select <{size} x i1> {high}, {ty} {b}, {ty} {a}")
                for a, b in zip(parts[::2], parts[1::2], strict=True)
            ]
            step *= 2
        slot = self._into_memory(parts[0], bits, size)
        return self.lane_of(slot, bits, t.op(f"and i64 {lane}, {size - 1}"))

    def _lanes_of(self, name: str, bits: int, first: int, size: int, count: int) -> str:
        """Lanes first..first+size of a vector of `count`."""
        if size == count:
            return name
        ty, lanes = f"<{count} x i{bits}>", ", ".join(f"i32 {first + i}" for i in range(size))
        return self.text.op(f"shufflevector {ty} {name}, {ty} poison, <{size} x i32> <{lanes}>")

    def _store_pieces(self, t: ScalarType, values: list[Value], address: Value, size: int, patterns: list[str]) -> None:
        base = self.pointer(address)
        rows = self._short_rows(t, values, size) if set(patterns) == {"row"} else []
        for index, pattern in enumerate(patterns):
            first = index * size
            place = self.piece_pointer(address, base, first)
            if pattern == "same":
                self._last_store(t, values, first, size, place)
                continue
            if self.ahead:
                self._prefetch(place, size * len(values) * t.bytes)
            self._row_store(t, values, first, size, place, rows[index] if rows else "")

    def _short_rows(self, t: ScalarType, values: list[Value], size: int) -> list[str]:
        """Pieces of pairs, shorter than a register, cut from registers full of pairs: one by one they take more shuffles. []: they are not short."""
        whole = _VECTOR // t.bits // 2  # lanes whose pairs fill a register
        if len(values) != 2 or size >= whole or self.n % whole or t.bits < 32:
            return []
        text, rows = self.text, []
        for first in range(0, self.n, whole):  # as wider units, or LLVM makes one shuffle of two
            row = self._interleave(t, values, first, whole)
            pairs = text.op(f"bitcast <{2 * whole} x i{t.bits}> {row} to <{whole} x i{2 * t.bits}>")
            for cut in range(0, whole, size):
                piece = self._lanes_of(pairs, 2 * t.bits, cut, size, whole)
                rows.append(text.op(f"bitcast <{size} x i{2 * t.bits}> {piece} to <{2 * size} x i{t.bits}>"))
        return rows

    def _last_store(self, t: ScalarType, values: list[Value], first: int, size: int, place: str) -> None:
        """All lanes of a piece share an address: the last active one wins. As where one lane of each warp leaves the warp's result."""
        text, done = self.text, self.text.fresh_label("piece.done")
        lane = str(size - 1)
        pieces = [self._lanes_of(self.vec(v), v.bits, first, size, self.n) for v in values]
        if self.mask:
            bits = text.op(f"bitcast <{size} x i1> {self.mask_piece(first, size)} to i{size}")
            some = text.fresh_label("piece.some")
            text.branch(text.op(f"icmp ne i{size} {bits}, 0"), some, done)
            text.label(some)
            zeros = text.intrinsic(f"llvm.ctlz.i{size}", f"i{size}", [(f"i{size}", bits), ("i1", "false")])
            lane = self.resize_scalar(text.op(f"sub i{size} {size - 1}, {zeros}"), size, 64, False)
        for i, (value, piece) in enumerate(zip(values, pieces, strict=True)):
            if not self.mask:
                one = text.op(f"extractelement <{size} x i{value.bits}> {piece}, i64 {lane}")
            else:
                one = value.scalar if value.uniform else self._lane_at(piece, value.bits, size, lane)
            at = text.op(f"getelementptr i8, ptr {place}, i64 {i * t.bytes}") if i else place
            text.do(f"store i{t.bits} {one}, ptr {at}, align {self.aligned(t)}")
        text.label(done)

    def _row_store(self, t: ScalarType, values: list[Value], first: int, size: int, place: str, row: str = "") -> None:
        row = row or self._interleave(t, values, first, size)
        total = size * len(values)
        ty = f"<{total} x i{t.bits}>"
        if not self.mask:
            self.text.do(f"store {ty} {row}, ptr {place}, align {self.aligned(t)}")
            return
        self.text.intrinsic(
            f"llvm.masked.store.v{total}i{t.bits}.p0",
            "void",
            [
                (ty, row),
                ("ptr", f"align {self.aligned(t)} {place}"),
                (f"<{total} x i1>", self.mask_piece(first, size, len(values))),
            ],
        )

    def _interleave(self, t: ScalarType, values: list[Value], first: int, size: int) -> str:
        ty = int_type(t.bits, self.n)
        count = len(values)
        if count == 1:
            name = self.vec(values[0])
            if size == self.n:
                return name
            indices = ", ".join(f"i32 {first + i}" for i in range(size))
            return self.text.op(f"shufflevector {ty} {name}, {ty} poison, <{size} x i32> <{indices}>")
        known = self.rows_known.get(tuple(self.vec(value) for value in values))
        if known:
            return self._part_of_rows(t, count, *known, first, size)
        if count == 3:
            return self._interleave_three(t, values, first, size)
        if count == 2:
            indices = ", ".join(f"i32 {first + i // 2 + (i % 2) * self.n}" for i in range(2 * size))
            return self.text.op(
                f"shufflevector {ty} {self.vec(values[0])}, {ty} {self.vec(values[1])}, "
                f"<{2 * size} x i32> <{indices}>"
            )
        half = count // 2
        pairs = [self._interleave(t, values[k::half], first, size) for k in range(half)]  # (0,2) and (1,3)
        double = f"<{2 * size} x i{t.bits}>"
        if half == 4:
            pairs = [
                self._zip(double, pairs[0], pairs[2], 2 * size),
                self._zip(double, pairs[1], pairs[3], 2 * size),
            ]
            double = f"<{4 * size} x i{t.bits}>"
            return self._zip(double, pairs[0], pairs[1], 4 * size)
        return self._zip(double, pairs[0], pairs[1], 2 * size)

    def _part_of_rows(self, t: ScalarType, count: int, length: int, rows: list[str], first: int, size: int) -> str:
        """Lanes first..first+size of rows of `length` lanes each that were loaded as they are to be stored."""
        if length < size:
            return self._concat(rows[first // length : (first + size) // length], t.bits, length * count)
        if length == size:
            return rows[first // length]
        ty = f"<{length * count} x i{t.bits}>"
        indices = ", ".join(f"i32 {first % length * count + i}" for i in range(size * count))
        return self.text.op(f"shufflevector {ty} {rows[first // length]}, {ty} poison, <{size * count} x i32> <{indices}>")

    def _interleave_three(self, t: ScalarType, values: list[Value], first: int, size: int) -> str:
        pair, ty = self._interleave(t, values[:2], first, size), int_type(t.bits, self.n)
        double, indices = f"<{2 * size} x i{t.bits}>", ", ".join(f"i32 {first + i}" if i < size else "i32 poison" for i in range(2 * size))
        third = self.text.op(f"shufflevector {ty} {self.vec(values[2])}, {ty} poison, <{2 * size} x i32> <{indices}>")
        order = [2 * size + i // 3 if i % 3 == 2 else i // 3 * 2 + i % 3 for i in range(3 * size)]
        return self.text.op(f"shufflevector {double} {pair}, {double} {third}, <{3 * size} x i32> <{', '.join(f'i32 {i}' for i in order)}>")

    def _zip(self, ty: str, a: str, b: str, length: int) -> str:
        indices = ", ".join(f"i32 {i // 2 + (i % 2) * length}" for i in range(2 * length))
        return self.text.op(f"shufflevector {ty} {a}, {ty} {b}, <{2 * length} x i32> <{indices}>")

    # -- one lane after another ---------------------------------------------------------------------------------------------------------

    def for_each_lane(
        self, body: Any, results: list[tuple[str, str]] | None = None, mask_bits: str = "", short: bool = False
    ) -> list[str]:
        """A loop over the active lanes. body(lane: an i64 name) -> list of scalars; `results` are (element type, initial vector).
        `short`: the body is a few instructions, which may be repeated where all lanes are active.

        Returns one vector per result, with the scalars of the active lanes.
        """
        t = self.text
        results = results or []
        slots = []
        for ty, initial in results:
            slot = t.alloca(f"[{self.n} x {ty}]", 64)
            t.do(f"store <{self.n} x {ty}> {initial}, ptr {slot}, align 64")
            slots.append(slot)

        def one(lane: str) -> None:
            for (ty, _), slot, scalar in zip(results, slots, body(lane) or [], strict=True):
                place = t.op(f"getelementptr {ty}, ptr {slot}, i64 {lane}")
                t.do(f"store {ty} {scalar}, ptr {place}")

        if short and not self.mask and not mask_bits:
            self._for_all_lanes(one)
        else:
            self._for_lanes_of(mask_bits or self.mask_bits(), one)
        return [
            t.op(f"load <{self.n} x {ty}>, ptr {slot}, align 64")
            for (ty, _), slot in zip(results, slots, strict=True)
        ]

    def _for_lanes_of(self, mask_bits: str, one: Callable[[str], None]) -> None:
        t, bits = self.text, int_type(self.n)
        rest = t.alloca(bits)
        t.do(f"store {bits} {mask_bits}, ptr {rest}")
        head, inside, done = (t.fresh_label(s) for s in ("lanes", "lane", "lanes.done"))
        t.label(head)
        left = t.op(f"load {bits}, ptr {rest}")
        t.branch(t.op(f"icmp ne {bits} {left}, 0"), inside, done)
        t.label(inside)
        lane_bits = t.intrinsic(f"llvm.cttz.{bits}", bits, [(bits, left), ("i1", "true")])
        less = t.op(f"sub {bits} {left}, 1")
        t.do(f"store {bits} {t.op(f'and {bits} {left}, {less}')}, ptr {rest}")
        lane = (
            lane_bits
            if self.n == 64
            else t.op(f"{'zext' if self.n < 64 else 'trunc'} {bits} {lane_bits} to i64")
        )
        one(lane)
        t.jump(head)
        t.label(done)

    def _for_all_lanes(self, one: Callable[[str], None]) -> None:
        """Some lanes a turn, without a look for the next active one."""
        t, at = self.text, self.text.alloca("i64")
        again, done = t.fresh_label("all.lanes"), t.fresh_label("all.lanes.done")
        t.do(f"store i64 0, ptr {at}")
        t.label(again)
        first = t.op(f"load i64, ptr {at}")
        for i in range(_AT_ONCE):
            one(t.op(f"add i64 {first}, {i}"))
        following = t.op(f"add i64 {first}, {_AT_ONCE}")
        t.do(f"store i64 {following}, ptr {at}")
        t.branch(t.op(f"icmp ult i64 {following}, {self.n}"), again, done)
        t.label(done)

    def lane_array(self, value: Value) -> str:
        """The value's lanes in memory, for access by a lane number."""
        return self._into_memory(self.vec(value), value.bits, self.n)

    def _into_memory(self, name: str, bits: int, count: int) -> str:
        """A vector in memory that parts of it are read from at once. It is stored in pieces of 32 bytes (volatile, or LLVM would join
        them): processors do not forward the upper half of a wider store, and such a load waits until all stores before it are done."""
        t, ty, size = self.text, f"<{count} x i{bits}>", max(1, min(count, _FORWARDED * 8 // bits))
        slot = t.alloca(f"[{count} x i{bits}]", 64)
        for first in range(0, count, size):
            part = name
            if size < count:
                lanes = ", ".join(f"i32 {first + i}" for i in range(size))
                part = t.op(f"shufflevector {ty} {name}, {ty} poison, <{size} x i32> <{lanes}>")
            place = t.op(f"getelementptr i{bits}, ptr {slot}, i64 {first}")
            t.do(f"store volatile <{size} x i{bits}> {part}, ptr {place}, align {min(64, size * bits // 8)}")
        return slot

    def lane_pointers(self, address: Value) -> Callable[[str], str]:
        """The lanes' pointers, by a lane number: 32-bit indices in memory where the address has them."""
        t = self.text
        if address.narrow is None:
            places = self.lane_array(Value(64, None, vector=self.vec(address)))
            return lambda lane: t.op(f"inttoptr i64 {self.lane_of(places, 64, lane)} to ptr")
        start, indices, word, scale = address.narrow
        base, array = t.op(f"inttoptr i64 {start} to ptr"), self.lane_array(Value(32, None, vector=indices))

        def pointer(lane: str) -> str:
            index = t.op(f"{word} i32 {self.lane_of(array, 32, lane)} to i64")
            return t.op(f"getelementptr [{scale} x i8], ptr {base}, i64 {index}")

        return pointer

    def lane_of(self, slot: str, bits: int, lane: str) -> str:
        place = self.text.op(f"getelementptr i{bits}, ptr {slot}, i64 {lane}")
        return self.text.op(f"load i{bits}, ptr {place}")
