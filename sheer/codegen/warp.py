"""Exchange among the lanes of a warp, and barriers. In: bound instructions of the shfl, vote, match, redux, bar families. Out: IR.

A group may hold several warps: every operation works on segments of 32 lanes. In lane-fiber mode each lane runs on its own, so lanes meet
through the machine (`sheer_rt_lanes`).
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import Unsupported
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.atomics import AtomicLanes
from sheer.codegen.value import Value
from sheer.ir.module import Imm
from sheer.passes.cfg import Ins
from sheer.passes.facts import is_broadcast

U32, B32, PRED, U64 = (SCALARS[n] for n in ("u32", "b32", "pred", "u64"))
_BAR_MODE = {"sync": 0, "arrive": 1}
_BAR_RED = {"popc": 2, "and": 3, "or": 4}


class WarpLanes(AtomicLanes):
    """Warp-level operations and barriers. Needs `self.frame`, `self.group` (i32) and `self.lane_ids()` (laneid of every lane)."""

    frame = "%frame"
    group = "%group"

    def lane_ids(self) -> Value:
        raise NotImplementedError

    # -- exchange -----------------------------------------------------------------------------------------------------------

    def exchange(self, value: Value, index: Value) -> Value:
        """Every lane gets the value of lane `index` (0..31) of its own warp. value: 32 bits."""
        wide = f"<{self.n} x i32>"
        if value.uniform:
            return value
        base = [lane // 32 * 32 for lane in range(self.n)]
        if index.uniform and self.n == 32:
            lane = self.text.op(f"and i32 {index.scalar}, 31")
            return self.scalar(32, self.text.op(f"extractelement {wide} {self.vec(value)}, i32 {lane}"))
        if index.known is not None and index.known >= 0:
            source = ", ".join(f"i32 {lane // 32 * 32 + index.known % 32}" for lane in range(self.n))
            return self.vector(
                32,
                self.text.op(
                    f"shufflevector {wide} {self.vec(value)}, {wide} poison, <{self.n} x i32> <{source}>"
                ),
            )
        lanes = self.text.op(f"and {wide} {self.vec(index)}, splat (i32 31)")
        if self.has_avx512:
            return self.vector(32, self._permute(self.vec(value), lanes))
        if self.n > 32:
            lanes = self.text.op(f"or {wide} {lanes}, {self.constants(32, base)}")
        array = self.lane_array(value)
        places = self.text.op(f"getelementptr i32, ptr {array}, {wide} {lanes}")
        return self.vector(
            32,
            self.text.intrinsic(
                f"llvm.masked.gather.v{self.n}i32.v{self.n}p0",
                wide,
                [
                    (f"<{self.n} x ptr>", f"align 4 {places}"),
                    (f"<{self.n} x i1>", "splat (i1 true)"),
                    (wide, "poison"),
                ],
            ),
        )

    def _permute(self, value: str, lanes: str) -> str:
        """vpermi2d: 16 lanes from two registers of 16 by 5-bit numbers."""
        t, half = self.text, "<16 x i32>"

        def part(name: str, first: int) -> str:
            indices = ", ".join(f"i32 {first + i}" for i in range(16))
            return t.op(
                f"shufflevector <{self.n} x i32> {name}, <{self.n} x i32> poison, <16 x i32> <{indices}>"
            )

        parts = []
        for first in range(0, self.n, 16):
            segment = first // 32 * 32
            low, high = part(value, segment), part(value, segment + 16)
            parts.append(
                t.intrinsic(
                    "llvm.x86.avx512.vpermi2var.d.512",
                    half,
                    [(half, low), (half, part(lanes, first)), (half, high)],
                )
            )
        return self._concat(parts, 32, 16)

    def shuffle(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        operands = ins.inst.operands
        value = self.src(ins, operands[1], B32)
        b, c = self.src(ins, operands[2], U32), self.src(ins, operands[3], U32)
        member = self.src(ins, operands[4], U32) if len(operands) > 4 else self.const(U32, -1)
        lane = self.lane_ids()
        k31 = self.const(U32, 31)
        b = self.and_(U32, b, k31)
        if is_broadcast(m, ins):
            exchanged = self._fiber_exchange(value, b, member) if self.lane_fibers else self.exchange(value, b)
            return [(B32, exchanged), (PRED, self.const(PRED, 1))]
        clamp = self.and_(U32, c, k31)
        segment = self.and_(U32, self.shr(U32, c, self.const(U32, 8)), k31)
        low = self.and_(U32, lane, segment)
        high = self.or_(U32, low, self.and_(U32, clamp, self.not_(U32, segment)))
        if m.mode == "up":
            source, valid = self._up(lane, b, high)
        else:
            if m.mode == "down":
                source = self.simple("add", lane, b)
            elif m.mode == "bfly":
                source = self.simple("xor", lane, b)
            else:
                source = self.simple("or", low, self.simple("and", b, self.not_(U32, segment)))
            valid = self.compare(U32, "le", source, high)
        source = self.select(U32, valid, source, lane)
        if self.lane_fibers:
            return [(B32, self._fiber_exchange(value, source, member)), (PRED, valid)]
        return [(B32, self.exchange(value, source)), (PRED, valid)]

    def _up(self, lane: Value, b: Value, low: Value) -> tuple[Value, Value]:
        source = self.simple("sub", lane, b)
        return source, self.compare(SCALARS["s32"], "ge", source, low)

    # -- votes -------------------------------------------------------------------------------------------------------------------

    def warp_bits(self, predicate: str) -> Value:
        """<n x i1> to the 32-bit ballot of each lane's own warp."""
        bits = self.text.op(f"bitcast <{self.n} x i1> {predicate} to i{self.n}")
        if self.n == 32:
            return self.scalar(32, bits)
        words = self.text.op(f"bitcast i{self.n} {bits} to <{self.n // 32} x i32>")
        indices = ", ".join(f"i32 {lane // 32}" for lane in range(self.n))
        few = f"<{self.n // 32} x i32>"
        return self.vector(
            32, self.text.op(f"shufflevector {few} {words}, {few} poison, <{self.n} x i32> <{indices}>")
        )

    def active_bits(self) -> Value:
        """The active lanes of each lane's own warp."""
        return self.warp_bits(self.mask_name())

    def _member(self, ins: Ins) -> Value:
        operands = ins.inst.operands
        index = len(ins.binding.form.operands) - sum(o.is_pred for o in ins.binding.form.operands) - 1
        if ins.binding.form.operands[-1].name != "member" or index >= len(operands):
            return self.const(U32, -1)
        return self.src(ins, operands[index], U32)

    def ballot(self, predicate: Value, member: Value) -> tuple[Value, Value]:
        """(lanes of `member` that take part, those of them for which the predicate holds)."""
        if self.lane_fibers:
            return self._fiber_ballot(predicate, member)
        votes = self.vec(predicate)
        if self.mask:
            votes = self.text.op(f"and <{self.n} x i1> {votes}, {self.mask}")
        return self.and_(U32, self.active_bits(), member), self.and_(U32, self.warp_bits(votes), member)

    def vote(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        present, votes = self.ballot(self.src(ins, ins.inst.operands[1], PRED), self._member(ins))
        if m.mode == "ballot":
            return [(B32, votes)]
        zero = self.const(U32, 0)
        if m.mode == "any":
            return [(PRED, self.compare(U32, "ne", votes, zero))]
        every = self.compare(U32, "eq", votes, present)
        if m.mode == "uni":
            every = self.simple("or", every, self.compare(U32, "eq", votes, zero))
        return [(PRED, every)]

    def activemask(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        return [(B32, self.active_bits())]

    def elect(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        member = self._member(ins)
        present, _ = self.ballot(self.const(PRED, 1), member)
        leader = self.call_intrinsic("cttz", present, extra="i1 false")
        return [(B32, leader), (PRED, self.compare(U32, "eq", self.lane_ids(), leader))]

    def match(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        """For every distinct value among the lanes: the mask of the lanes that hold it."""
        kind = SCALARS[f"u{m.type.bits}"]
        value, member = self.src(ins, ins.inst.operands[1], kind), self._member(ins)
        if self.lane_fibers:
            return self._fiber_match(m, kind, value, member)
        present = self.and_(U32, self.active_bits(), member)
        found = self.const(U32, 0)
        for lane in range(32):
            one = self._from_lane(kind, value, lane)
            same = self.vec(self.compare(kind, "eq", value, one))
            if self.mask:
                same = self.text.op(f"and <{self.n} x i1> {same}, {self.mask}")
            mine = self.warp_bits(same)  # lanes equal to lane `lane`
            hit = self.compare(U32, "ne", self.and_(U32, mine, self._own_bit()), self.const(U32, 0))
            found = self.select(U32, hit, mine, found)
        found = self.and_(U32, found, member)
        if m.mode == "any":
            return [(B32, found)]
        every = self.compare(U32, "eq", found, present)
        return [(B32, self.select(U32, every, found, self.const(U32, 0))), (PRED, every)]

    def _own_bit(self) -> Value:
        return self.vector(
            32, self.text.op(f"shl <{self.n} x i32> splat (i32 1), {self.vec(self.lane_ids())}")
        )

    def _from_lane(self, t: ScalarType, value: Value, lane: int) -> Value:
        if value.uniform:
            return value
        ty = f"<{self.n} x i{t.bits}>"
        indices = ", ".join(f"i32 {at // 32 * 32 + lane}" for at in range(self.n))
        return self.vector(
            t.bits,
            self.text.op(f"shufflevector {ty} {self.vec(value)}, {ty} poison, <{self.n} x i32> <{indices}>"),
        )

    def redux(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        t = m.type if not m.type.is_float else SCALARS["f32"]
        value, member = self.src(ins, ins.inst.operands[1], SCALARS[f"b{t.bits}"]), self._member(ins)
        if t.is_float:
            raise Unsupported("redux.sync on f32 needs compute capability 10.0", ins.inst.loc)
        if self.lane_fibers or not (member.uniform and self.n == 32):
            return [(t, self._redux_steps(m.op, t, value, member))]
        inside = self._in_member(member)
        mask = inside if not self.mask else self.text.op(f"and <{self.n} x i1> {inside}, {self.mask}")
        return [(t, self.scalar(32, self.reduced(m.op, t, value, mask)))]

    def _in_member(self, member: Value) -> str:
        bits = self.and_(U32, member, self._own_bit())
        return self.vec(self.compare(U32, "ne", bits, self.const(U32, 0)))

    def _redux_steps(self, op: str, t: ScalarType, value: Value, member: Value) -> Value:
        """Lane by lane of the warp: right for any pattern of member masks."""
        neutral = {"add": 0, "or": 0, "xor": 0, "and": -1, "max": t.low, "min": t.high}[op]
        total = self.const(t, neutral)
        if self.lane_fibers:
            values = self._fiber_values(value, member)
            present = values[1]
        else:
            present = self.and_(U32, self.active_bits(), member)
        for lane in range(32):
            one = self._fiber_lane(values[0], lane) if self.lane_fibers else self._from_lane(t, value, lane)
            bit = self.compare(
                U32, "ne", self.and_(U32, present, self.const(U32, 1 << lane)), self.const(U32, 0)
            )
            combined = {
                "add": self.add,
                "min": self.min,
                "max": self.max,
                "and": self.and_,
                "or": self.or_,
                "xor": self.xor,
            }[op](t, total, one)
            total = self.select(t, bit, combined, total)
        return total

    # -- lanes that run apart ---------------------------------------------------------------------------------------------------------

    def _own_lane(self) -> str:
        """In lane-fiber mode: the one active lane's number (i32)."""
        bits = self.mask_bits()
        return self.text.intrinsic("llvm.cttz.i32", "i32", [("i32", bits), ("i1", "true")])

    def _fiber_values(self, value: Value, member: Value) -> tuple[str, Value]:
        """(array of 32 i64, mask of the lanes that took part)."""
        lane = self._own_lane()
        slot = self.text.alloca("[32 x i64]", 64)
        ty = f"<{self.n} x i{value.bits}>"
        mine = (
            value.scalar
            if value.uniform
            else self.text.op(f"extractelement {ty} {self.vec(value)}, i32 {lane}")
        )
        mine = self.resize_scalar(mine, value.bits, 64, False)
        mask = (
            member.scalar
            if member.uniform
            else self.text.op(f"extractelement <{self.n} x i32> {self.vec(member)}, i32 {lane}")
        )
        present = self.text.intrinsic(
            "sheer_rt_lanes",
            "i32",
            [
                ("ptr", self.frame),
                ("i32", self.group),
                ("i32", lane),
                ("i32", mask),
                ("i64", mine),
                ("ptr", slot),
            ],
        )
        return slot, self.vector(32, self.splat("i32", present))

    def _fiber_lane(self, slot: str, lane: int) -> Value:
        name = self.lane_of(slot, 64, str(lane))
        return self.vector(32, self.splat("i32", self.resize_scalar(name, 64, 32)))

    def _fiber_exchange(self, value: Value, source: Value, member: Value) -> Value:
        slot, _ = self._fiber_values(value, member)
        if source.uniform:
            place = self.resize_scalar(source.scalar, 32, 64, False)
            return self.scalar(32, self.resize_scalar(self.lane_of(slot, 64, place), 64, 32))
        wide = self.text.op(f"zext <{self.n} x i32> {self.vec(source)} to <{self.n} x i64>")
        places = self.text.op(f"getelementptr i64, ptr {slot}, <{self.n} x i64> {wide}")
        got = self.text.intrinsic(
            f"llvm.masked.gather.v{self.n}i64.v{self.n}p0",
            f"<{self.n} x i64>",
            [
                (f"<{self.n} x ptr>", f"align 8 {places}"),
                (f"<{self.n} x i1>", self.mask_name()),
                (f"<{self.n} x i64>", "zeroinitializer"),
            ],
        )
        return self.vector(32, self.text.op(f"trunc <{self.n} x i64> {got} to <{self.n} x i32>"))

    def _fiber_ballot(self, predicate: Value, member: Value) -> tuple[Value, Value]:
        slot, present = self._fiber_values(self.widen(U32, PRED, predicate), member)
        votes = self.text.op(f"load <32 x i64>, ptr {slot}, align 64")
        bits = self.text.op(f"icmp ne <32 x i64> {votes}, zeroinitializer")
        word = self.vector(32, self.splat("i32", self.text.op(f"bitcast <32 x i1> {bits} to i32")))
        return present, self.and_(U32, word, present)

    def _fiber_match(
        self, m: Any, kind: ScalarType, value: Value, member: Value
    ) -> list[tuple[ScalarType, Value]]:
        slot, present = self._fiber_values(value, member)
        values = self.text.op(f"load <32 x i64>, ptr {slot}, align 64")
        lane = self._own_lane()
        mine = self.lane_of(slot, 64, self.resize_scalar(lane, 32, 64, False))
        same = self.text.op(f"icmp eq <32 x i64> {values}, {self.splat('i64', mine)}")
        word = self.vector(32, self.splat("i32", self.text.op(f"bitcast <32 x i1> {same} to i32")))
        found = self.and_(U32, word, present)
        if m.mode == "any":
            return [(B32, found)]
        every = self.compare(U32, "eq", found, present)
        return [(B32, self.select(U32, every, found, self.const(U32, 0))), (PRED, every)]

    # -- barriers -----------------------------------------------------------------------------------------------------------------------

    def active_count(self) -> str:
        if not self.mask:
            return str(self.n)
        bits = self.mask_bits()
        count = self.text.intrinsic(f"llvm.ctpop.i{self.n}", f"i{self.n}", [(f"i{self.n}", bits)])
        return self.resize_scalar(count, self.n, 32, False)

    def barrier(self, m: Any, ins: Ins) -> Any:
        operands = list(ins.inst.operands)
        red = m.mode == "red"
        if red:
            operands = operands[1:]
        votes = self._votes(ins, operands[-1]) if red else "0"
        if self.compiler.alone:  # all threads are here, and memory is accessed in the order of the text
            result = votes
            if red and m.op == "and":
                result = self.text.op(f"zext i1 {self.text.op(f'icmp eq i32 {votes}, {self.n}')} to i32")
        else:
            number = self.first_lane(self.src(ins, operands[0], U32))
            has_count = len(operands) > (2 if red else 1)
            expected = self.first_lane(self.src(ins, operands[1], U32)) if has_count else "0"
            mode = _BAR_RED[m.op] if red else _BAR_MODE.get(m.mode, 0)
            result = self._meet(number, expected, mode, votes)
        if not red:
            return None
        value = self.scalar(32, result)
        if m.op == "popc":
            return [(U32, value)]
        return [(PRED, self.compare(U32, "ne", value, self.const(U32, 0)))]

    def _votes(self, ins: Ins, operand: Any) -> str:
        """How many of the active lanes have the predicate set."""
        predicate = self.vec(self.src(ins, operand, PRED))
        if self.mask:
            predicate = self.text.op(f"and <{self.n} x i1> {predicate}, {self.mask}")
        bits = self.text.op(f"bitcast <{self.n} x i1> {predicate} to i{self.n}")
        count = self.text.intrinsic(f"llvm.ctpop.i{self.n}", f"i{self.n}", [(f"i{self.n}", bits)])
        return self.resize_scalar(count, self.n, 32, False)

    def _meet(self, number: str, expected: str, mode: int, votes: str) -> str:
        """Waits for the other groups of the block; what the machine makes of all votes."""
        values = (self.group, self.active_count(), number, expected, str(mode), votes)
        return self.text.intrinsic(
            "sheer_rt_barrier", "i32", [("ptr", self.frame), *(("i32", value) for value in values)]
        )

    def first_lane(self, value: Value) -> str:
        """A scalar that is the same in all active lanes by the instruction's rules."""
        return value.scalar if value.uniform else self.last_lane(value)

    def warp_barrier(self, m: Any, ins: Ins) -> None:
        """bar.warp.sync: lanes of a group run together, so only memory order matters, except where each lane runs apart."""
        if self.lane_fibers and ins.binding.form.name == "bar":
            member = self.src(ins, ins.inst.operands[0], U32)
            self._fiber_values(self.const(U32, 0), member)
        if ins.binding.form.name == "barrier":
            if "wait" in ins.inst.opcode:  # a cluster is one block here
                self._meet("15", "0", 0, "0")
            return
        self.text.do('fence syncscope("singlethread") seq_cst')

    def nanosleep(self, m: Any, ins: Ins) -> None:
        operand = ins.inst.operands[0]
        amount = (
            str(operand.value) if isinstance(operand, Imm) else self.first_lane(self.src(ins, operand, U32))
        )
        self.text.intrinsic(
            "sheer_rt_nanosleep", "void", [("ptr", self.frame), ("i32", self.group), ("i32", amount)]
        )
