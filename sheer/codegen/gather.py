"""Loads and stores of lanes whose addresses follow no plain pattern. In: addresses. Out: Values, or stores.

Addresses that differ by constants are read element by element. Of others nothing is known when the code is made, but much of what looks irregular
is a row when it runs (indices that went through divisions and remainders): each piece of lanes is compared with a row first, and gathered or
scattered only if it is none. An access that never is one is soon not asked any more, but in few blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.text import int_type
from sheer.codegen.value import Value
from sheer.codegen.windows import WindowLanes
from sheer.passes import pattern

U64 = SCALARS["u64"]
_PIECE = 16  # lanes that are compared with a row at once
_TRIES = 12  # accesses of a function that get the comparison
_FAILURES = 8  # comparisons in turn that may fail before an access is taken to be irregular
_AGAIN = 64  # blocks, of which one looks again


class GatherLanes(WindowLanes):
    """Needs the mask, pointers and rows of MemoryLanes."""

    mask: str
    rows_tried = 0
    rows_known: dict[tuple[str, ...], tuple[int, list[str]]]  # neighbouring elements of all lanes -> (lanes of a row, rows as they were loaded)
    blocks_known: dict[str, tuple[list[str], bool]]  # a register of 32 lanes -> the eight rows of 16 bytes it was loaded from, whether transposed
    alignment = 0  # bytes that all addresses of the access are multiples of, where that is less than its element

    def aligned(self, t: ScalarType) -> int:
        return min(t.bytes, self.alignment or t.bytes)

    # -- loads -----------------------------------------------------------------------------------------------------------------

    def _gather(self, t: ScalarType, count: int, address: Value) -> list[Value]:
        per = self._per_unit(t, count)
        if per > 1:
            unit = SCALARS[f"b{t.bits * per}"]
            return [part for v in self._gather(unit, count // per, address) for part in self._out_of_unit(t, v, per)]
        if address.shape is not None and not self.mask and t.bits <= 64:
            columns = self._columns(address, t) if count == 1 and t.bits == 32 else 0
            if columns:
                return [self._by_columns(t, address, columns)]
            comb = pattern.comb(address.shape, self.n, t.bits) if t.bits >= 32 else None
            if comb:
                return [self._by_comb(t, address, i * t.bytes, *comb) for i in range(count)]
        window = self.window_of(t, address, False)
        if window is not None:
            return [self.load_window(t, address, i * t.bytes, window) for i in range(count)]
        if address.shape is not None and not self.mask and t.bits <= 64:
            step = pattern.small_step(address.shape, t.bits) if t.bits < 32 else 0
            if step:
                return [self._by_units(t, address, i * t.bytes, step) for i in range(count)]
            return [self._by_elements(t, address, i * t.bytes) for i in range(count)]
        if self._worth_a_try(t, address):
            return self._row_or_gather(t, count, address)
        return self._gather_all(t, count, self.pointers(address), self.n, self.mask_name())

    def _per_unit(self, t: ScalarType, count: int) -> int:
        """Elements that are accessed as one, up to 64 bits."""
        per = min(64 // min(t.bits, 64), count)
        return per if count % per == 0 else 1

    def _out_of_unit(self, t: ScalarType, v: Value, per: int) -> list[Value]:
        """The parts of a unit, the lowest first."""
        ty = f"<{per * self.n} x i{t.bits}>"
        parts = self.text.op(f"bitcast <{self.n} x i{v.bits}> {self.vec(v)} to {ty}")
        names = [self._every(parts, t, per * self.n, i, per, False) for i in range(per)]
        self.rows_known[tuple(names)] = self.n, [parts]
        return [self.vector(t.bits, name) for name in names]

    def _by_elements(self, t: ScalarType, address: Value, offset: int) -> Value:
        """Constant offsets from one base: a scalar load for each lane needs no addresses in vectors."""
        base = self.pointer(address)
        ty = int_type(t.bits, self.n)
        result = "poison"
        for lane in range(self.n):
            place = self.piece_pointer(address, base, lane)
            if offset:
                place = self.text.op(f"getelementptr i8, ptr {place}, i64 {offset}")
            one = self.text.op(f"load i{t.bits}, ptr {place}, align {min(self.aligned(t), 4)}")
            result = self.text.op(f"insertelement {ty} {result}, i{t.bits} {one}, i64 {lane}")
        return self.vector(t.bits, result)

    def _by_comb(self, t: ScalarType, address: Value, offset: int, size: int, step: int) -> Value:
        """Whole rows are loaded, but for what no lane wants: what lies beyond the lanes' elements may not be there."""
        parts = []
        for _, at, place, wide, teeth in self._rows_of_comb(t, address, offset, size, step):
            arguments = [("ptr", f"align {self.aligned(t)} {place}"), teeth, (wide, "zeroinitializer")]
            row = self.text.intrinsic(f"llvm.masked.load.v{size * step}i{t.bits}.p0", wide, arguments)
            every = ", ".join(f"i32 {at + i * step}" for i in range(size))
            parts.append(self.text.op(f"shufflevector {wide} {row}, {wide} poison, <{size} x i32> <{every}>"))
        return self.vector(t.bits, self._concat(parts, t.bits, size))

    def _rows_of_comb(self, t: ScalarType, address: Value, offset: int, size: int, step: int) -> Iterator[tuple[int, int, str, str, tuple[str, str]]]:
        """(first lane, its element in the row, the row's place, its type, the mask of its elements) for each piece. The last row ends with the
        last lane's element: where memory ends there, even what a mask turns off costs a processor hundreds of cycles."""
        base, count = self.pointer(address), size * step
        for first in range(0, self.n, size):
            at = step - 1 if first and first + size == self.n else 0
            place, moved = self.piece_pointer(address, base, first), offset - at * t.bytes
            if moved:
                place = self.text.op(f"getelementptr i8, ptr {place}, i64 {moved}")
            teeth = ", ".join("i1 true" if i % step == at else "i1 false" for i in range(count))
            yield first, at, place, int_type(t.bits, count), (f"<{count} x i1>", f"<{teeth}>")

    def _by_units(self, t: ScalarType, address: Value, offset: int, step: int) -> Value:
        """Bytes or halves of structures: what lies between the first lane's and the last's is loaded in long pieces, the last of which ends with
        the last lane's; then each lane's bytes are picked."""
        base, size = self.piece_pointer(address, self.pointer(address), 0), min(64, step * self.n // 2)
        last = (self.n - 1) * step + t.bytes - size  # where the last piece begins
        starts = [*range(0, last, size), last]
        pieces = []
        for start in starts:
            place = self.text.op(f"getelementptr i8, ptr {base}, i64 {offset + start}")
            pieces.append(self.text.op(f"load <{size} x i8>, ptr {place}, align 1"))
        where = []
        for byte in (lane * step + i for lane in range(self.n) for i in range(t.bytes)):
            index = next(i for i, start in reversed([*enumerate(starts)]) if start <= byte and (i == len(starts) - 1 or byte < start + size))
            where.append((index, byte - starts[index]))
        return self.vector(t.bits, self._picked(t, pieces, where, size))

    def _picked(self, t: ScalarType, pieces: list[str], where: list[tuple[int, int]], size: int) -> str:
        """Elements made of bytes (piece, place in it) of pieces of `size` bytes; two pieces at a time."""
        text, out = self.text, f"<{len(where)} x i8>"
        result = ""
        for pair in range(0, len(pieces), 2):
            a, b = pieces[pair], pieces[pair + 1] if pair + 1 < len(pieces) else "poison"
            here = [place + size * (index - pair) if index // 2 * 2 == pair else -1 for index, place in where]
            order = ", ".join(f"i32 {i}" if i >= 0 else "i32 poison" for i in here)
            found = text.op(f"shufflevector <{size} x i8> {a}, <{size} x i8> {b}, <{len(where)} x i32> <{order}>")
            if result:
                order = ", ".join(f"i32 {len(where) + i}" if here[i] >= 0 else f"i32 {i}" for i in range(len(where)))
                found = text.op(f"shufflevector {out} {result}, {out} {found}, <{len(where)} x i32> <{order}>")
            result = found
        return text.op(f"bitcast {out} {result} to {int_type(t.bits, self.n)}") if t.bytes > 1 else result

    def _units_out(self, t: ScalarType, value: Value, address: Value, offset: int, step: int) -> None:
        """Small elements with other bytes between them, which are left alone."""
        text, count = self.text, self.n * t.bytes
        base, size = self.piece_pointer(address, self.pointer(address), 0), min(64, step * self.n)
        source = f"<{count} x i8>"
        whole = text.op(f"bitcast {int_type(t.bits, self.n)} {self.vec(value)} to {source}")
        whole = text.op(f"freeze {source} {whole}")  # or LLVM 20 swaps a truncation and what spreads its lanes back and forth, for ever
        for start in range(0, (self.n - 1) * step + t.bytes, size):
            places = [divmod(start + i, step) for i in range(size)]
            wanted = [lane < self.n and byte < t.bytes for lane, byte in places]
            order = ", ".join(f"i32 {lane * t.bytes + byte}" if ok else "i32 poison" for (lane, byte), ok in zip(places, wanted, strict=True))
            piece = text.op(f"shufflevector {source} {whole}, {source} poison, <{size} x i32> <{order}>")
            mask = ", ".join(f"i1 {'true' if ok else 'false'}" for ok in wanted)
            place = text.op(f"getelementptr i8, ptr {base}, i64 {offset + start}")
            arguments = [(f"<{size} x i8>", piece), ("ptr", f"align 1 {place}"), (f"<{size} x i1>", f"<{mask}>")]
            text.intrinsic(f"llvm.masked.store.v{size}i8.p0", "void", arguments)

    def _comb_out(self, t: ScalarType, value: Value, address: Value, offset: int, size: int, step: int) -> None:
        ty, name, count = int_type(t.bits, self.n), self.vec(value), size * step
        for first, at, place, wide, teeth in self._rows_of_comb(t, address, offset, size, step):
            lanes = ", ".join(f"i32 {first + i // step}" if i % step == at else "i32 poison" for i in range(count))
            row = self.text.op(f"shufflevector {ty} {name}, {ty} poison, <{count} x i32> <{lanes}>")
            arguments = [(wide, row), ("ptr", f"align {self.aligned(t)} {place}"), teeth]
            self.text.intrinsic(f"llvm.masked.store.v{count}i{t.bits}.p0", "void", arguments)

    def _columns(self, address: Value, t: ScalarType) -> int:
        """Lanes of a row, if those below each other in four rows of lanes (or two) have neighbouring elements; else 0."""
        shape = address.shape
        assert shape is not None
        for row in (32, 16):
            if self.n % row:
                continue
            rows = self.n // row
            tall = 4 if rows % 4 == 0 else rows if rows == 2 else 0
            if not tall:
                continue
            c = shape.c.reshape(rows // tall, tall, row)
            near = (np.diff(c, axis=1) == t.bytes).all()
            m = shape.m.reshape(rows // tall, tall, row) if shape.m is not None else None
            if near and (m is None or not np.diff(m, axis=1).any()):
                return row
        return 0

    def _by_columns(self, t: ScalarType, address: Value, row: int) -> Value:
        """A tile read by its columns: each load takes the elements of several rows of lanes, then vectors are transposed."""
        base, rows = self.pointer(address), self.n // row
        tall = 4 if rows % 4 == 0 else 2
        found: list[list[str]] = [[] for _ in range(rows)]
        for top in range(0, rows, tall):
            for first in range(0, row, 16):
                lanes = [top * row + first + i for i in range(16)]
                places = [self.piece_pointer(address, base, lane) for lane in lanes]
                for i, part in enumerate(self._transposed(t, places, tall)):
                    found[top + i].append(part)
        return self.vector(t.bits, self._concat([part for parts in found for part in parts], t.bits, 16))

    def _transposed(self, t: ScalarType, places: list[str], tall: int) -> list[str]:
        """`tall` neighbouring elements from each of 16 places, as `tall` vectors of 16."""
        text, ty = self.text, f"<16 x i{t.bits}>"
        units = [text.op(f"load <{tall} x i{t.bits}>, ptr {place}, align {self.aligned(t)}") for place in places]

        def shuffled(a: str, b: str, order: list[int]) -> str:
            """Four lanes after four, each by the same order; 4.. are those of b."""
            lanes = [i % 4 + 4 * (k // 4) + (16 if i >= 4 else 0) for k in range(0, 16, 4) for i in order]
            return text.op(f"shufflevector {ty} {a}, {ty} {b}, <16 x i32> <{', '.join(f'i32 {i}' for i in lanes)}>")

        if tall == 2:
            both, wide = self._concat(units, t.bits, 2), f"<32 x i{t.bits}>"
            odd = [", ".join(f"i32 {2 * i + k}" for i in range(16)) for k in range(2)]
            return [text.op(f"shufflevector {wide} {both}, {wide} poison, <16 x i32> <{order}>") for order in odd]
        z = [self._concat(units[k::4], t.bits, 4) for k in range(4)]
        low = [shuffled(z[0], z[1], [0, 4, 1, 5]), shuffled(z[2], z[3], [0, 4, 1, 5])]
        high = [shuffled(z[0], z[1], [2, 6, 3, 7]), shuffled(z[2], z[3], [2, 6, 3, 7])]
        return [shuffled(*pair, order) for pair in (low, high) for order in ([0, 1, 4, 5], [2, 3, 6, 7])]

    def _worth_a_try(self, t: ScalarType, address: Value) -> bool:
        """The addresses may turn out to be a row: affine ones are known not to be."""
        if address.shape is not None or t.bits not in (32, 64) or self.checked_mode or self.rows_tried >= _TRIES:
            return False
        if address.narrow is not None and t.bytes % address.narrow[3]:
            return False
        self.rows_tried += 1
        return True

    @property
    def checked_mode(self) -> bool:
        raise NotImplementedError

    def _pieces_as_rows(
        self, step: int, address: Value, row: Callable[..., None], irregular: Callable[..., None], every: Callable[[Value], None]
    ) -> None:
        """For each piece of lanes: row(first, size, place) if its active lanes are `step` bytes apart from the first on, else
        irregular(first, size, pointers, mask). Where that has not been so for long: every(address)."""
        t, size = self.text, min(_PIECE, self.n)
        start, indices, word, scale = address.narrow or ("0", self.vec(address), "", 1)
        item = "i32" if address.narrow else "i64"
        wide = f"<{size} x {item}>"
        score, hopeful = self._hope()
        asked, known, over = (t.fresh_label(name) for name in ("rows.perhaps", "irregular", "rows.done"))
        t.branch(hopeful, asked, known)
        t.label(known)
        every(address.apart())
        t.jump(over)
        t.label(asked)
        for first in range(0, self.n, size):
            lanes = ", ".join(f"i32 {first + i}" for i in range(size))
            cut = f"<{self.n} x {item}> {indices}, <{self.n} x {item}> poison, <{size} x i32> <{lanes}>"
            piece = t.op(f"shufflevector {cut}")
            mask = self.mask_piece(first, size)
            is_row, is_none, done = (t.fresh_label(name) for name in ("row", "no.row", "row.done"))
            index = t.op(f"extractelement {wide} {piece}, i64 0")
            one = t.op(f"insertelement {wide} poison, {item} {index}, i64 0")
            many = t.op(f"shufflevector {wide} {one}, {wide} poison, <{size} x i32> zeroinitializer")
            steps = ", ".join(f"{item} {i * step // scale}" for i in range(size))
            same = t.op(f"icmp eq {wide} {piece}, {t.op(f'add {wide} {many}, <{steps}>')}")
            if self.mask:
                same = t.op(f"or <{size} x i1> {same}, {t.op(f'xor <{size} x i1> {mask}, splat (i1 true)')}")
            bits = t.op(f"bitcast <{size} x i1> {same} to i{size}")
            found = t.op(f"icmp eq i{size} {bits}, -1")
            if address.narrow:  # no index of the row may wrap
                last = (1 << 31 if word == "sext" else 1 << 32) - step * size
                found = t.op(f"and i1 {found}, {t.op(f'icmp ult i32 {index}, {last - (1 << 32) if last >= 1 << 31 else last}')}")
                index = t.op(f"{word} i32 {index} to i64")
            t.branch(found, is_row, is_none)
            t.label(is_row)
            self._raise(score, mask, size)
            offset = t.op(f"mul i64 {index}, {scale}") if scale > 1 else index
            row(first, size, t.op(f"inttoptr i64 {t.op(f'add i64 {start}, {offset}')} to ptr"))
            t.jump(done)
            t.label(is_none)
            less = t.intrinsic("llvm.usub.sat.i32", "i32", [("i32", score[1]), ("i32", "1")])
            t.do(f"store atomic i32 {less}, ptr {score[0]} unordered, align 4")
            if address.narrow:
                places = self.indexed(start, piece, word, scale, size)
            else:
                places = t.op(f"inttoptr <{size} x i64> {piece} to <{size} x ptr>")
            irregular(first, size, places, mask)
            t.label(done)
        t.label(over)

    def _hope(self) -> tuple[tuple[str, str], str]:
        """((where it is kept how often in turn the access may still fail to be a row, that number), i1: the comparison is worth its time)."""
        t = self.text
        place = t.program.variable("rows", "i32", str(_FAILURES))
        score = t.op(f"load atomic i32, ptr {place} unordered, align 4")
        again = t.op(f"icmp eq i32 {t.op(f'and i32 %cx, {_AGAIN - 1}')}, 0")
        return (place, score), t.op(f"or i1 {again}, {t.op(f'icmp ne i32 {score}, 0')}")

    def _raise(self, score: tuple[str, str], mask: str, size: int) -> None:
        """It was a row. Of a few lanes that says nothing, and threads that write what stands there already would take the line from each other."""
        t = self.text
        low, full = t.fresh_label("row.again"), t.fresh_label("row.as.ever")
        t.branch(t.op(f"icmp eq i32 {score[1]}, {_FAILURES}"), full, low)
        t.label(low)
        if self.mask:
            bits, whole = t.op(f"bitcast <{size} x i1> {mask} to i{size}"), t.fresh_label("row.of.all")
            t.branch(t.op(f"icmp eq i{size} {bits}, -1"), whole, full)
            t.label(whole)
        t.do(f"store atomic i32 {_FAILURES}, ptr {score[0]} unordered, align 4")
        t.label(full)

    def _row_or_gather(self, t: ScalarType, count: int, address: Value) -> list[Value]:
        size = min(_PIECE, self.n)
        ty = f"<{size} x i{t.bits}>"
        slots = [[self.text.alloca(ty) for _ in range(count)] for _ in range(0, self.n, size)]

        def row(first: int, size: int, place: str) -> None:
            if self.ahead:
                self._prefetch(place, size * count * t.bytes)
            whole = self._row_load(t, place, first, size, count, "row")
            for i in range(count):
                part = self._every(whole, t, size * count, i, count, False)
                self.text.do(f"store {ty} {part}, ptr {slots[first // size][i]}")

        def irregular(first: int, size: int, places: str, mask: str) -> None:
            for i, value in enumerate(self._gather_all(t, count, places, size, mask)):
                self.text.do(f"store {ty} {value.vector}, ptr {slots[first // size][i]}")

        def every(there: Value) -> None:
            for i, value in enumerate(self._gather_all(t, count, self.pointers(there), self.n, self.mask_name())):
                for first in range(0, self.n, size):
                    self.text.do(f"store {ty} {self._lanes_of(value.vector, t.bits, first, size, self.n)}, ptr {slots[first // size][i]}")

        self._pieces_as_rows(t.bytes * count, address, row, irregular, every)
        found = []
        for i in range(count):
            parts = [self.text.op(f"load {ty}, ptr {slot[i]}") for slot in slots]
            found.append(self.vector(t.bits, self._concat(parts, t.bits, size)))
        return found

    def _gather_all(self, t: ScalarType, count: int, pointers: str, lanes: int, mask: str) -> list[Value]:
        found = []
        for i in range(count):
            places = pointers
            if i:
                places = self.text.op(f"getelementptr i8, <{lanes} x ptr> {pointers}, i64 {i * t.bytes}")
            found.append(self._gather_one(t, places, lanes, mask))
        return found

    def _gather_one(self, t: ScalarType, places: str, lanes: int = 0, mask: str = "") -> Value:
        n, mask = lanes or self.n, mask or self.mask_name()
        ty = int_type(t.bits, n)
        if t.bits in (32, 64):
            arguments = [(f"<{n} x ptr>", f"align {self.aligned(t)} {places}"), (f"<{n} x i1>", mask), (ty, "zeroinitializer")]
            return self.vector(t.bits, self.text.intrinsic(f"llvm.masked.gather.v{n}i{t.bits}.v{n}p0", ty, arguments))
        return self._gather_small(t, places)

    def _gather_small(self, t: ScalarType, places: str) -> Value:
        """8 and 16 bits: gather the aligned word around each element (it lies in the same page), shift, cut."""
        n = self.n
        if t.bits == 128:
            low = self._gather_one(U64, places)
            above = self.text.op(f"getelementptr i8, <{n} x ptr> {places}, i64 8")
            return self.pack(t, [low, self._gather_one(U64, above)])
        wide = f"<{n} x i64>"
        address = self.text.op(f"ptrtoint <{n} x ptr> {places} to {wide}")
        aligned = self.text.op(f"and {wide} {address}, splat (i64 -4)")
        words = self._gather_one(SCALARS["b32"], self.text.op(f"inttoptr {wide} {aligned} to <{n} x ptr>"))
        offset = self.text.op(f"trunc {wide} {address} to <{n} x i32>")
        bits = self.text.op(f"shl <{n} x i32> {offset}, splat (i32 3)")
        shift = self.text.op(f"and <{n} x i32> {bits}, splat (i32 {24 if t.bits == 8 else 16})")
        moved = self.text.op(f"lshr <{n} x i32> {self.vec(words)}, {shift}")
        return self.vector(t.bits, self.text.op(f"trunc <{n} x i32> {moved} to <{n} x i{t.bits}>"))

    def _safe(self, places: str) -> str:
        """Lanes that are off point to scratch memory."""
        if not self.mask:
            return places
        wide = f"<{self.n} x ptr>"
        one = self.text.op(f"insertelement {wide} poison, ptr {self.scratch()}, i64 0")
        spare = self.text.op(f"shufflevector {wide} {one}, {wide} poison, <{self.n} x i32> zeroinitializer")
        return self.text.op(f"select <{self.n} x i1> {self.mask}, {wide} {places}, {wide} {spare}")

    # -- stores ----------------------------------------------------------------------------------------------------------------

    def _scatter(self, t: ScalarType, values: list[Value], address: Value) -> None:
        per = self._per_unit(t, len(values))
        if per > 1:
            unit = SCALARS[f"b{t.bits * per}"]
            self._scatter(unit, [self._into_unit(t, values[i : i + per]) for i in range(0, len(values), per)], address)
            return
        window = self.window_of(t, address, True)
        if window is not None:
            for i, value in enumerate(values):
                self.store_window(t, value, address, i * t.bytes, window)
            return
        if address.shape is not None and not self.mask and t.bits <= 64:
            self._elements_out(t, values, address)
            return
        if not self._worth_a_try(t, address):
            self._scatter_all(t, values, self.pointers(address))
            return

        def row(first: int, size: int, place: str) -> None:
            self._row_store(t, values, first, size, place)

        def irregular(first: int, size: int, places: str, mask: str) -> None:
            lanes = ", ".join(f"i32 {first + i}" for i in range(size))
            whole = int_type(t.bits, self.n)
            for i, value in enumerate(values):
                at = self.text.op(f"getelementptr i8, <{size} x ptr> {places}, i64 {i * t.bytes}") if i else places
                cut = f"{whole} {self.vec(value)}, {whole} poison, <{size} x i32> <{lanes}>"
                self._scatter_one(t, self.text.op(f"shufflevector {cut}"), at, size, mask)

        for value in values:
            self.vec(value)
        self._pieces_as_rows(t.bytes * len(values), address, row, irregular, lambda there: self._scatter_all(t, values, self.pointers(there)))

    def _into_unit(self, t: ScalarType, parts: list[Value]) -> Value:
        """A unit of several parts, the lowest first."""
        row = self._interleave(t, parts, 0, self.n)
        bits = t.bits * len(parts)
        wide = self.text.op(f"bitcast <{len(parts) * self.n} x i{t.bits}> {row} to <{self.n} x i{bits}>")
        return self.vector(bits, wide)

    def _elements_out(self, t: ScalarType, values: list[Value], address: Value) -> None:
        """Constant offsets from one base, lane by lane: where lanes share an address the last one wins."""
        assert address.shape is not None
        comb = pattern.comb(address.shape, self.n, t.bits) if t.bits >= 32 else None
        if comb:
            for i, value in enumerate(values):
                self._comb_out(t, value, address, i * t.bytes, *comb)
            return
        step = pattern.small_step(address.shape, t.bits) if t.bits < 32 and self.has_avx512 else 0
        if step:
            for i, value in enumerate(values):
                self._units_out(t, value, address, i * t.bytes, step)
            return
        runs = pattern.runs(address.shape, self.n, t.bits) if t.bits >= 32 and len(values) == 1 and self.has_avx512 else None
        if runs:
            self._runs_out(t, self.vec(values[0]), address, *runs)
            return
        base, ty = self.pointer(address), int_type(t.bits, self.n)
        names = [self.vec(value) for value in values]
        for lane in range(self.n):
            place = self.piece_pointer(address, base, lane)
            for i, name in enumerate(names):
                at = self.text.op(f"getelementptr i8, ptr {place}, i64 {i * t.bytes}") if i else place
                one = self.text.op(f"extractelement {ty} {name}, i64 {lane}")
                self.text.do(f"store i{t.bits} {one}, ptr {at}, align {min(self.aligned(t), 4)}")

    def _runs_out(self, t: ScalarType, name: str, address: Value, order: list[int], sizes: list[int]) -> None:
        """Columns of a tile, where several lie side by side: all lanes are put in order first."""
        base, ty = self.pointer(address), int_type(t.bits, self.n)
        name = self.text.op(f"shufflevector {ty} {name}, {ty} poison, <{self.n} x i32> <{', '.join(f'i32 {lane}' for lane in order)}>")
        first = 0
        for size in sizes:
            place = self.piece_pointer(address, base, order[first])
            row = self._lanes_of(name, t.bits, first, size, self.n)
            self.text.do(f"store {int_type(t.bits, size)} {row}, ptr {place}, align {min(self.aligned(t), 4)}")
            first += size

    def _scatter_one(self, t: ScalarType, name: str, places: str, lanes: int, mask: str) -> None:
        self.text.intrinsic(
            f"llvm.masked.scatter.v{lanes}i{t.bits}.v{lanes}p0",
            "void",
            [
                (int_type(t.bits, lanes), name),
                (f"<{lanes} x ptr>", f"align {self.aligned(t)} {places}"),
                (f"<{lanes} x i1>", mask),
            ],
        )

    def _scatter_all(self, t: ScalarType, values: list[Value], pointers: str) -> None:
        ty = int_type(t.bits, self.n)
        for i, value in enumerate(values):
            places = pointers
            if i:
                places = self.text.op(f"getelementptr i8, <{self.n} x ptr> {pointers}, i64 {i * t.bytes}")
            name = self.vec(value)
            if t.bits in (32, 64):
                self._scatter_one(t, name, places, self.n, self.mask_name())
                continue
            safe = self._safe(places)
            for lane in range(self.n):
                place = self.text.op(f"extractelement <{self.n} x ptr> {safe}, i64 {lane}")
                one = self.text.op(f"extractelement {ty} {name}, i64 {lane}")
                self.text.do(f"store i{t.bits} {one}, ptr {place}, align {min(self.aligned(t), 8)}")
