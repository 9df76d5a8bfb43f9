"""Loads and stores that other threads watch: volatile, relaxed, acquire, release. In: an address Value and a mask. Out: Values, or stores.

PTX promises nothing about a vector as a whole, but a GPU moves up to 16 aligned bytes of a lane at once, and programs live by that: a block that
others wait for publishes a flag and a number in one store (decoupled look-back). So what a lane loads or stores is one access of the processor
here too: up to 8 bytes as an integer, 16 as an aligned vector register. They are volatile, or LLVM would take them apart again.
"""

from __future__ import annotations

from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.memory import MemoryLanes
from sheer.codegen.value import Value
from sheer.passes.pattern import pieces

_FENCE = 'fence syncscope("singlethread") seq_cst'
_PAIR = "<2 x i64>"


class StrongLanes(MemoryLanes):
    """Accesses in order, each lane's in one piece."""

    def load_lanes(self, t: ScalarType, count: int, address: Value, strong: bool = False) -> list[Value]:
        """`count` consecutive elements of type t from every active lane's address."""
        if not strong:
            return self._load_lanes(t, count, address)
        self.text.do(_FENCE)
        several = count > 1 and t.bits <= 64
        found = self._load_whole(t, count, address) if several else self._load_lanes(t, count, address)
        self.text.do(_FENCE)
        return found

    def store_lanes(self, t: ScalarType, values: list[Value], address: Value, strong: bool = False) -> None:
        """Consecutive elements of type t to every active lane's address; where lanes share an address the last one wins."""
        if not strong:
            self._store_lanes(t, values, address)
            return
        self.text.do(_FENCE)
        if len(values) > 1 and t.bits <= 64:
            self._store_whole(t, values, address)
        else:
            self._store_lanes(t, values, address)
        self.text.do(_FENCE)

    def _load_whole(self, t: ScalarType, count: int, address: Value) -> list[Value]:
        per = self._per_unit(t, count)
        if per > 1:
            unit = SCALARS[f"b{t.bits * per}"]
            return [part for v in self._load_whole(unit, count // per, address) for part in self._parts_of(t, v, per)]
        if count == 1 and not address.uniform:
            return self._load_lanes(t, 1, address)
        if count == 1:
            place = f"ptr {self.pointer(address)}, align {self.aligned(t)}"
            return [self.scalar(t.bits, self.text.op(f"load volatile i{t.bits}, {place}"))]
        if self._in_rows(t.bytes * count, address):
            return self._load_lanes(t, count, address)
        return [half for at in range(0, count, 2) for half in self._load_pair(address, at * t.bytes)]

    def _store_whole(self, t: ScalarType, values: list[Value], address: Value) -> None:
        count = len(values)
        per = self._per_unit(t, count)
        if per > 1:
            units = [self._unit_of(t, values[i : i + per], address.uniform) for i in range(0, count, per)]
            self._store_whole(SCALARS[f"b{t.bits * per}"], units, address)
        elif count == 1 and address.uniform:
            place = f"ptr {self.pointer(address)}, align {self.aligned(t)}"
            self.text.do(f"store volatile i{t.bits} {self.last_lane(values[0])}, {place}")
        elif count == 1 or self._in_rows(t.bytes * count, address):
            self._store_lanes(t, values, address)
        else:
            for at in range(0, count, 2):
                self._store_pair(values[at], values[at + 1], address, at * t.bytes)

    def _in_rows(self, size: int, address: Value) -> bool:
        """The lanes' elements are parts of vector registers: none is cut by their ends or by the end of a line."""
        if address.uniform or address.shape is None:
            return False
        plan = pieces(address.shape, self.n, size)
        return plan is not None and set(plan[1]) == {"row"}

    # -- parts of a unit -------------------------------------------------------------------------------------------------------

    def _parts_of(self, t: ScalarType, unit: Value, count: int) -> list[Value]:
        if not unit.uniform:
            return self._out_of_unit(t, unit, count)
        shifted = [self.text.op(f"lshr i{unit.bits} {unit.scalar}, {i * t.bits}") for i in range(count)]
        return [self.scalar(t.bits, self.resize_scalar(name, unit.bits, t.bits)) for name in shifted]

    def _unit_of(self, t: ScalarType, parts: list[Value], one_lane: bool) -> Value:
        """The lowest part first. Where one lane's is all that will be stored, only that one's."""
        if not one_lane:
            return self._into_unit(t, parts)
        bits, whole = t.bits * len(parts), "0"
        for i, part in enumerate(parts):
            wide = self.resize_scalar(self.last_lane(part), t.bits, bits, False)
            whole = self.text.op(f"or i{bits} {whole}, {self.text.op(f'shl i{bits} {wide}, {i * t.bits}')}")
        return self.scalar(bits, whole)

    # -- 16 bytes ----------------------------------------------------------------------------------------------------------------

    def _load_pair(self, address: Value, offset: int) -> list[Value]:
        if address.uniform:
            pair = self._pair_at(self._beyond(self.pointer(address), offset))
            return [self.scalar(64, self.text.op(f"extractelement {_PAIR} {pair}, i64 {i}")) for i in range(2)]
        wide, halves = f"<{self.n} x i64>", ["poison", "poison"]
        places = self._safe(self.pointers(address))
        for lane in range(self.n):
            place = self.text.op(f"extractelement <{self.n} x ptr> {places}, i64 {lane}")
            pair = self._pair_at(self._beyond(place, offset))
            for i in range(2):
                one = self.text.op(f"extractelement {_PAIR} {pair}, i64 {i}")
                halves[i] = self.text.op(f"insertelement {wide} {halves[i]}, i64 {one}, i64 {lane}")
        return [self.vector(64, name) for name in halves]

    def _store_pair(self, low: Value, high: Value, address: Value, offset: int) -> None:
        if address.uniform:
            place = self._beyond(self.pointer(address), offset)
            self._pair_to(self.last_lane(low), self.last_lane(high), place)
            return
        wide, names = f"<{self.n} x i64>", (self.vec(low), self.vec(high))
        places = self._safe(self.pointers(address))
        for lane in range(self.n):
            one, other = (self.text.op(f"extractelement {wide} {name}, i64 {lane}") for name in names)
            place = self.text.op(f"extractelement <{self.n} x ptr> {places}, i64 {lane}")
            self._pair_to(one, other, self._beyond(place, offset))

    def _beyond(self, place: str, offset: int) -> str:
        return self.text.op(f"getelementptr i8, ptr {place}, i64 {offset}") if offset else place

    def _pair_at(self, place: str) -> str:
        return self.text.op(f"load volatile {_PAIR}, ptr {place}, align {min(16, self.alignment or 16)}")

    def _pair_to(self, low: str, high: str, place: str) -> None:
        first = self.text.op(f"insertelement {_PAIR} poison, i64 {low}, i64 0")
        pair = self.text.op(f"insertelement {_PAIR} {first}, i64 {high}, i64 1")
        self.text.do(f"store volatile {_PAIR} {pair}, ptr {place}, align {min(16, self.alignment or 16)}")
