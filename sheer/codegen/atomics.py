"""Atomics and fences. In: bound instructions of the atom, red, fence and mbarrier families. Out: IR.

Global and generic addresses use hardware atomics, one active lane after the other; shared memory needs none, because a block runs on one
thread of the machine. A reduction of all lanes into one address is combined in registers first.
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import Unsupported
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.strong import StrongLanes
from sheer.codegen.text import FLOAT_NAMES, int_type
from sheer.codegen.value import Value
from sheer.passes.cfg import Ins

_INTEGER_OP = {
    "add": "add",
    "and": "and",
    "or": "or",
    "xor": "xor",
    "exch": "xchg",
    "inc": "uinc_wrap",
    "dec": "udec_wrap",
}
U32 = SCALARS["u32"]


class AtomicLanes(StrongLanes):
    """Atomics."""

    def src(self, ins: Ins, operand: Any, t: ScalarType) -> Value:
        raise NotImplementedError

    def address(self, ins: Ins, operand: Any, space: str) -> Value:
        raise NotImplementedError

    # -- atom and red ----------------------------------------------------------------------------------------------------

    def atomic(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        operands = ins.inst.operands
        kind = SCALARS[f"b{m.type.bits}"] if m.type.bits < 128 else m.type
        address = self.address(ins, operands[1], m.space)
        values = [self.src(ins, operand, kind) for operand in operands[2 : 4 if m.op == "cas" else 3]]
        if self.private_copy(ins) is not None:
            self._add(m, ins, address, values[0])
            return [(kind, Value(kind.bits, None, vector="zeroinitializer"))]  # nobody reads it
        ordering = (
            "monotonic"
            if m.sem in ("", "relaxed")
            else {"acquire": "acquire", "release": "release"}.get(m.sem, "acq_rel")
        )
        if not self.is_read(ins):
            self._reduce_at(m, address, values, m.space, ordering)
            return [(kind, Value(kind.bits, None, vector="zeroinitializer"))]
        if m.op == "add" and not m.type.is_float and m.type.bits >= 32 and self._as_one(address):
            return [(kind, self._added_in_turn(m, address, values[0], ordering))]
        return [(kind, self._lane_atomics(m, address, values, ordering, True, m.space))]

    def is_read(self, ins: Ins) -> bool:
        """Somebody reads what the instruction gives."""
        raise NotImplementedError

    def reduce(self, m: Any, ins: Ins) -> None:
        kind = SCALARS[f"b{m.type.bits}"]
        address = self.address(ins, ins.inst.operands[0], m.space)
        self._add(m, ins, address, self.src(ins, ins.inst.operands[1], kind))

    def private_copy(self, ins: Ins) -> int | None:
        """The number of the array whose copy the atomic may add to (passes/private.py)."""
        raise NotImplementedError

    def _add(self, m: Any, ins: Ins, address: Value, value: Value) -> None:
        """A reduction: to the array's copy if there is one and all lanes hit it, else where it is."""
        number = self.private_copy(ins)
        if number is None:
            return self._reduce_at(m, address, [value], m.space)
        t, u64, b64 = self.text, SCALARS["u64"], SCALARS["b64"]
        fields = [t.op(f"getelementptr i64, ptr %private, i64 {4 * number + i}") for i in range(4)]
        asked, given, none, done = (
            t.fresh_label(name) for name in ("copy.asked", "copy", "no.copy", "added")
        )
        outside = t.op("icmp eq ptr %private, null")
        self.vec(value)
        self.vec(address)
        t.branch(outside, none, asked)
        t.label(asked)
        begin, units, copy = (self.scalar(64, t.op(f"load i64, ptr {fields[i]}, align 8")) for i in (0, 2, 3))
        offset = self.sub(u64, address.apart(), begin)
        shift = m.type.bytes.bit_length() - 1
        if offset.narrow is not None and offset.narrow[3] == m.type.bytes:
            further = t.fresh_label("copy.perhaps")
            t.branch(self._indices_inside(offset.narrow, units, shift), given, further)
            t.label(further)
        low, high = (
            self.shr(u64, offset, self.const(b64, shift)),
            self.shl(b64, offset, self.const(b64, 64 - shift)),
        )
        inside = self.compare(
            u64, "lt", self.or_(b64, low, high), units
        )  # a misaligned offset is a large index
        t.branch(self._in_all(inside), given, none)
        t.label(given)
        self._reduce_at(m, self.add(u64, offset.apart(), copy), [value.apart()], "shared")
        t.jump(done)
        t.label(none)
        self._reduce_at(m, address.apart(), [value.apart()], m.space)
        t.label(done)
        return None

    def _indices_inside(self, offset: tuple[str, str, str, int], units: Value, shift: int) -> str:
        """i1: the offsets are surely of the array's elements: they begin inside, and no index, without its sign, leads out."""
        t, u32, u64 = self.text, SCALARS["u32"], SCALARS["u64"]
        start, indices, word, _ = offset
        first = t.intrinsic("llvm.fshr.i64", "i64", [("i64", start), ("i64", start), ("i64", str(shift))])  # a misaligned one is a large number
        begins = t.op(f"icmp ult i64 {first}, {units.scalar}")
        most = self.const(u64, (1 << 31 if word == "sext" else 1 << 32) - 1)
        room = self.min(u64, self.scalar(64, t.op(f"sub i64 {units.scalar}, {first}")), most)
        inside = self.compare(u32, "lo", Value(32, None, vector=indices), self.widen(u32, u64, room))
        return t.op(f"and i1 {begins}, {self._in_all(inside)}")

    def _in_all(self, predicate: Value) -> str:
        """i1: the predicate holds in all active lanes."""
        if predicate.uniform:
            return predicate.scalar
        name, wide = self.vec(predicate), f"<{self.n} x i1>"
        if self.mask:
            name = self.text.op(
                f"or {wide} {name}, {self.text.op(f'xor {wide} {self.mask}, splat (i1 true)')}"
            )
        return self.text.op(f"icmp eq i{self.n} {self.text.op(f'bitcast {wide} {name} to i{self.n}')}, -1")

    def _reduce_at(self, m: Any, address: Value, values: list[Value], space: str, ordering: str = "monotonic") -> None:
        """An atomic whose result nobody reads. Where all lanes have one address, their values are combined in registers first."""
        if self._as_one(address) and self._combines(m):
            total = self.reduced(m.op, m.type, values[0])
            self._scalar_atomic(m, self.pointer(address), [total], ordering, space)
        else:
            self._lane_atomics(m, address, values, ordering, False, space)

    def _as_one(self, address: Value) -> bool:
        """All lanes go to one address, and together."""
        return address.uniform and not self.lane_fibers

    def _combines(self, m: Any) -> bool:
        return m.op in ("add", "and", "or", "xor", "min", "max") and m.type.lanes == 1 and m.type.bits >= 32

    def _added_in_turn(self, m: Any, address: Value, value: Value, ordering: str) -> Value:
        """One addition of all lanes' values: each lane gets what stood there, and what the lanes before it add."""
        t, bits = self.text, m.type.bits
        ty, wide = f"i{bits}", int_type(bits, self.n)
        name = self.vec(value)
        if self.mask:
            name = t.op(f"select <{self.n} x i1> {self.mask}, {wide} {name}, {wide} zeroinitializer")
        sums, distance = name, 1
        while distance < self.n:
            lanes = ", ".join(f"i32 {i - distance if i >= distance else self.n + i}" for i in range(self.n))
            before = t.op(f"shufflevector {wide} {sums}, {wide} zeroinitializer, <{self.n} x i32> <{lanes}>")
            sums = t.op(f"add {wide} {sums}, {before}")
            distance *= 2
        total = t.op(f"extractelement {wide} {sums}, i64 {self.n - 1}")
        old = self._scalar_atomic(m, self.pointer(address), [total], ordering, m.space)
        return self.vector(bits, t.op(f"add {wide} {self.splat(ty, old)}, {t.op(f'sub {wide} {sums}, {name}')}"))

    def reduced(self, op: str, t: ScalarType, value: Value, mask: str | None = None) -> str:
        """Scalar: the active lanes' values combined."""
        if mask is None:
            mask = self.mask
        ty, wide = f"i{t.bits}", f"<{self.n} x i{t.bits}>"
        name = self.vec(value)
        neutral = {"add": 0, "or": 0, "xor": 0, "and": -1, "max": t.low, "min": t.high}[op]
        if t.is_float and op == "add":
            bits = -(1 << (t.bits - 1))  # -0.0
            if mask:
                name = self.text.op(
                    f"select <{self.n} x i1> {mask}, {wide} {name}, {wide} splat ({ty} {bits})"
                )
            floats = f"<{self.n} x {FLOAT_NAMES[t.name]}>"
            scalar = FLOAT_NAMES[t.name]
            name = self.text.op(f"bitcast {wide} {name} to {floats}")
            self.text.program.declare(
                f"declare {scalar} @llvm.vector.reduce.fadd.v{self.n}{t.name}({scalar}, {floats})"
            )
            total = self.text.op(
                f"call reassoc {scalar} @llvm.vector.reduce.fadd.v{self.n}{t.name}("
                f"{scalar} -0.0, {floats} {name})"
            )
            return self.text.op(f"bitcast {scalar} {total} to {ty}")
        if mask:
            literal = neutral - (1 << t.bits) if neutral >= 1 << (t.bits - 1) else neutral
            name = self.text.op(
                f"select <{self.n} x i1> {mask}, {wide} {name}, {wide} splat ({ty} {literal})"
            )
        stem = {"min": "smin" if t.kind == "s" else "umin", "max": "smax" if t.kind == "s" else "umax"}.get(
            op, op
        )
        return self.text.intrinsic(f"llvm.vector.reduce.{stem}.v{self.n}i{t.bits}", ty, [(wide, name)])

    def _lane_atomics(
        self, m: Any, address: Value, values: list[Value], ordering: str, wanted: bool, space: str
    ) -> Value:
        bits = m.type.bits
        place_of = self.lane_pointers(address)
        arrays = [None if v.uniform else self.lane_array(v) for v in values]

        def one(lane: str) -> list[str]:
            place = place_of(lane)
            scalars = [
                v.scalar if a is None else self.lane_of(a, bits, lane)
                for v, a in zip(values, arrays, strict=True)
            ]
            old = self._scalar_atomic(m, place, scalars, ordering, space)
            return [old] if wanted else []

        loops = (m.type.is_float or m.type.lanes > 1) and not space.startswith("shared")
        result = self.for_each_lane(one, [(f"i{bits}", "zeroinitializer")] if wanted else [], short=not loops)
        return self.vector(bits, result[0]) if wanted else Value(bits, None)

    def _scalar_atomic(self, m: Any, place: str, values: list[str], ordering: str, space: str) -> str:
        """One atomic operation on scalars; returns the old value's bits."""
        t, ty = m.type, f"i{m.type.bits}"
        text = self.text
        if m.op == "cas":
            if space.startswith("shared"):
                old = text.op(f"load {ty}, ptr {place}, align {t.bytes}")
                same = text.op(f"icmp eq {ty} {old}, {values[0]}")
                text.do(
                    f"store {ty} {text.op(f'select i1 {same}, {ty} {values[1]}, {ty} {old}')}, ptr {place}, align {t.bytes}"
                )
                return old
            failure = "acquire" if ordering in ("acquire", "acq_rel") else "monotonic"
            pair = text.op(
                f"cmpxchg ptr {place}, {ty} {values[0]}, {ty} {values[1]} {ordering} {failure}, align {t.bytes}"
            )
            return text.op(f"extractvalue {{ {ty}, i1 }} {pair}, 0")
        if t.is_float or t.lanes > 1:
            return self._float_atomic(m, place, values[0], ordering, space)
        if m.op in ("min", "max"):
            word = m.op if t.kind == "s" else f"u{m.op}"
        else:
            word = _INTEGER_OP[m.op]
        if space.startswith("shared"):
            return self._plain_update(word, t, place, values[0])
        return text.op(f"atomicrmw {word} ptr {place}, {ty} {values[0]} {ordering}, align {t.bytes}")

    def _plain_update(self, word: str, t: ScalarType, place: str, value: str) -> str:
        """Read, modify, write without a lock: shared memory belongs to one thread of the machine."""
        text, ty = self.text, f"i{t.bits}"
        old = text.op(f"load {ty}, ptr {place}, align {t.bytes}")
        if word == "xchg":
            new = value
        elif word in ("min", "max", "umin", "umax"):
            stem = {"min": "smin", "max": "smax"}.get(word, word)
            new = text.intrinsic(f"llvm.{stem}.{ty}", ty, [(ty, old), (ty, value)])
        elif word == "uinc_wrap":
            past = text.op(f"icmp uge {ty} {old}, {value}")
            new = text.op(f"select i1 {past}, {ty} 0, {ty} {text.op(f'add {ty} {old}, 1')}")
        elif word == "udec_wrap":
            zero = text.op(f"icmp eq {ty} {old}, 0")
            above = text.op(f"icmp ugt {ty} {old}, {value}")
            wrap = text.op(f"or i1 {zero}, {above}")
            new = text.op(f"select i1 {wrap}, {ty} {value}, {ty} {text.op(f'sub {ty} {old}, 1')}")
        else:
            new = text.op(f"{word} {ty} {old}, {value}")
        text.do(f"store {ty} {new}, ptr {place}, align {t.bytes}")
        return old

    def _float_atomic(self, m: Any, place: str, value: str, ordering: str, space: str) -> str:
        t, ty, text = m.type, f"i{m.type.bits}", self.text
        element = FLOAT_NAMES[t.element or t.name]
        floats = f"<2 x {element}>" if t.lanes == 2 else element
        amount = text.op(f"bitcast {ty} {value} to {floats}")

        def combined(old: str) -> str:
            number = text.op(f"bitcast {ty} {old} to {floats}")
            if m.op == "add":
                new = text.op(f"fadd {floats} {number}, {amount}")
            else:
                short = {"half": "f16", "bfloat": "bf16", "float": "f32", "double": "f64"}[element]
                suffix = f"v2{short}" if t.lanes == 2 else short
                new = text.intrinsic(
                    f"llvm.{m.op}imumnum.{suffix}", floats, [(floats, number), (floats, amount)]
                )
            return text.op(f"bitcast {floats} {new} to {ty}")

        if space.startswith("shared"):
            old = text.op(f"load {ty}, ptr {place}, align {t.bytes}")
            text.do(f"store {ty} {combined(old)}, ptr {place}, align {t.bytes}")
            return old
        slot = text.alloca(ty)
        text.do(
            f"store {ty} {text.op(f'load atomic {ty}, ptr {place} monotonic, align {t.bytes}')}, ptr {slot}"
        )
        again, done = text.fresh_label("cas"), text.fresh_label("cas.done")
        text.label(again)
        seen = text.op(f"load {ty}, ptr {slot}")
        new = combined(seen)
        failure = "acquire" if ordering in ("acquire", "acq_rel") else "monotonic"
        pair = text.op(f"cmpxchg ptr {place}, {ty} {seen}, {ty} {new} {ordering} {failure}, align {t.bytes}")
        text.do(f"store {ty} {text.op(f'extractvalue {{ {ty}, i1 }} {pair}, 0')}, ptr {slot}")
        text.branch(text.op(f"extractvalue {{ {ty}, i1 }} {pair}, 1"), done, again)
        text.label(done)
        return text.op(f"load {ty}, ptr {slot}")

    lane_fibers = False

    # -- fences -----------------------------------------------------------------------------------------------------------

    def fence(self, m: Any, ins: Ins) -> None:
        if getattr(m, "kind", "") or (not hasattr(m, "sem") and not hasattr(m, "level")):
            return
        if getattr(m, "sem", "") in ("acq_rel", "acquire", "release"):
            self.text.do("fence acq_rel")
        else:
            self.text.do("fence seq_cst")

    # -- mbarrier: phase bit 63, pending count 0..19, expected count 20..39, both of arrivals; transaction bytes 40..62 ------

    _COUNT = (1 << 20) - 1

    def mbarrier(self, m: Any, ins: Ins) -> Any:
        if m.op == "pending_count":
            state = self.src(ins, ins.inst.operands[1], SCALARS["b64"])
            return [
                (
                    U32,
                    self.widen(
                        U32,
                        SCALARS["u64"],
                        self.and_(SCALARS["b64"], state, self.const(SCALARS["b64"], self._COUNT)),
                    ),
                )
            ]
        name = m.op
        operands = list(ins.inst.operands)
        has_result = name.startswith(("arrive", "test", "try"))
        place = self.address(ins, operands[1] if has_result else operands[0], m.space or "generic")
        rest = operands[2:] if has_result else operands[1:]
        if name in ("test_wait", "try_wait"):
            return self._mbarrier_wait(m, ins, place, rest)
        count = self.src(ins, rest[0], U32) if rest else self.const(U32, 1)
        places = self.lane_array(Value(64, None, vector=self.vec(place)))
        counts = self.lane_array(count)

        def one(lane: str) -> list[str]:
            at = self.text.op(f"inttoptr i64 {self.lane_of(places, 64, lane)} to ptr")
            number = self.text.op(f"zext i32 {self.lane_of(counts, 32, lane)} to i64")
            state = self._mbarrier_update(m, at, number)
            return [state] if has_result else []

        states = self.for_each_lane(one, [("i64", "zeroinitializer")] if has_result else [])
        return [(SCALARS["b64"], self.vector(64, states[0]))] if has_result else None

    def _mbarrier_update(self, m: Any, at: str, number: str) -> str:
        text = self.text
        old = text.op(f"load i64, ptr {at}, align 8")
        if m.op == "init":
            expected = text.op(f"shl i64 {number}, 20")
            text.do(f"store i64 {text.op(f'or i64 {expected}, {number}')}, ptr {at}, align 8")
            return old
        if m.op == "inval":
            text.do(f"store i64 0, ptr {at}, align 8")
            return old
        if m.op in ("expect_tx", "complete_tx"):
            bytes_ = text.op(f"shl i64 {number}, 40")
            word = "add" if m.op == "expect_tx" else "sub"
            changed = text.op(f"{word} i64 {old}, {bytes_}")
            arrived = "0"
        else:
            changed = old
            arrived = number
            if getattr(m, "expect_tx", False):
                changed = text.op(f"add i64 {old}, {text.op(f'shl i64 {number}, 40')}")
                arrived = "1"
            if m.op.startswith("arrive_drop"):
                changed = text.op(f"sub i64 {changed}, {text.op(f'shl i64 {arrived}, 20')}")
        changed = text.op(f"sub i64 {changed}, {arrived}")
        pending = text.op(f"and i64 {changed}, {self._COUNT | ((1 << 62) - (1 << 40))}")
        complete = text.op(f"icmp eq i64 {pending}, 0")
        expected = text.op(f"and i64 {text.op(f'lshr i64 {changed}, 20')}, {self._COUNT}")
        flipped = text.op(f"xor i64 {changed}, {-(1 << 63)}")
        fresh = text.op(f"or i64 {flipped}, {expected}")
        text.do(
            f"store i64 {text.op(f'select i1 {complete}, i64 {fresh}, i64 {changed}')}, ptr {at}, align 8"
        )
        return old

    def _mbarrier_wait(self, m: Any, ins: Ins, place: Value, rest: list[Any]) -> Any:
        """True when the phase of the state (or of the given parity) is over. Others get their turn before a test."""
        if self.text.program is None:
            raise Unsupported("mbarrier outside a function")
        self.poll_yield()
        state = self.load_lanes(SCALARS["b64"], 1, place, strong=True)[0]
        phase = self.shr(SCALARS["u64"], state, self.const(U32, 63))
        if m.parity:
            wanted = self.widen(
                SCALARS["u64"], U32, self.and_(U32, self.src(ins, rest[0], U32), self.const(U32, 1))
            )
        else:
            wanted = self.shr(SCALARS["u64"], self.src(ins, rest[0], SCALARS["b64"]), self.const(U32, 63))
        return [(SCALARS["pred"], self.compare(SCALARS["u64"], "ne", phase, wanted))]

    def poll_yield(self) -> None:
        raise NotImplementedError
