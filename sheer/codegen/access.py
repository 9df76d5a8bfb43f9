"""Memory instructions: addresses in state spaces, ld, st, cvta, isspacep, cp.async. In: bound instructions. Out: IR."""

from __future__ import annotations

from typing import Any

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.counting import CountingLanes
from sheer.codegen.depot import in_depot
from sheer.codegen.memory import LINE
from sheer.codegen.value import Value
from sheer.ir.module import Addr, Imm, Not, Operand, Reg, Sym, Vec
from sheer.passes.advance import Step
from sheer.passes.alignment import required
from sheer.passes.cfg import Ins
from sheer.passes.shape import Shape

U32, U64, S64, B32, B64, PRED = (SCALARS[n] for n in ("u32", "u64", "s64", "b32", "b64", "pred"))


class AccessLanes(CountingLanes):
    """Memory instructions."""

    @property
    def checked_mode(self) -> bool:
        return bool(self.compiler.plain)

    # -- addresses and memory instructions ----------------------------------------------------------------------------------------------------------

    def address(self, ins: Ins, operand: Operand, space: str) -> Value:
        """A generic address (64 bits) from an address operand in a state space."""
        assert isinstance(operand, Addr)
        base = operand.base
        space = (space or "generic").partition("::")[0]
        if isinstance(base, Sym) and space == "generic":
            place = self.compiler.place(self.function, base.name)
            if place is not None and place[0] in ("shared", "dynamic_shared", "local"):
                space = "local" if place[0] == "local" else "shared"
        value = self.linear(ins, operand)
        return self.to_generic(value, space)

    def to_generic(self, value: Value, space: str) -> Value:
        if space == "shared":
            if value.narrow is not None and value.narrow[2] == "zext":
                value = self._shared_indices(value)
            elif value.narrow is None and value.shape is None:
                low = self.text.op(f"trunc <{self.n} x i64> {self.vec(value)} to <{self.n} x i32>")
                value = self.widen(U64, SCALARS["s32"], self.vector(32, low))
            return self.add(U64, self.scalar(64, self.frame_field(8, "i64")), value)
        if space == "local":
            return self.add(U64, self.local_base(), value)
        return value

    def _shared_indices(self, value: Value) -> Value:
        """Addresses of shared memory have 32 bits: `shared[~i]`, taken from further on, is in front of it. So unsigned indices are signed ones of the bits
        that are left when they are multiplied."""
        base, indices, _, scale = value.narrow or ("", "", "", 0)
        bits, wide = scale.bit_length() - 1, f"<{self.n} x i32>"
        if bits:
            high = self.text.op(f"shl {wide} {indices}, splat (i32 {bits})")
            indices = self.text.op(f"ashr {wide} {high}, splat (i32 {bits})")
        result = value.apart()
        result.narrow = (base, indices, "sext", scale)
        return result

    def local_base(self) -> Value:
        """Generic address of every lane's local memory."""
        import numpy as np

        base = self.frame_field(16, "i64")
        stride = self.resize_scalar(self.frame_field(76), 32, 64, False)
        first = self.text.op(f"zext i32 {self.text.op(f'mul i32 {self.group}, {self.n}')} to i64")
        start = self.text.op(f"add i64 {base}, {self.text.op(f'mul i64 {first}, {stride}')}")
        shape = Shape(np.zeros(self.n, np.int64), "local", np.arange(self.n, dtype=np.int64))
        return Value(64, shape, scalar=start, stride=stride)

    def load(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        operands = ins.inst.operands
        count = int(m.vec[1:]) if m.vec else 1
        space = (getattr(m, "space", "") or "").partition("::")[0]
        kind = SCALARS[f"b{m.type.bits}"]
        assert isinstance(operands[1], Addr)
        if space == "param":
            values = self._load_param(ins, operands[1], kind, count)
        elif in_depot(self.compiler, space):
            offset = self.linear(ins, operands[1])
            self.test_alignment(offset, kind.bytes * count, 0, ins)
            values = self.load_depot(kind, count, offset)
        else:
            address = self.address(ins, operands[1], space)
            strong = getattr(m, "sem", "") not in ("", "weak")
            self.watch(address, kind.bytes * count, 0, space, ins)
            self.ahead = self.distance(ins)
            self.alignment = ins.align
            values = self.load_lanes(kind, count, address, strong)
            self.ahead, self.alignment = "", 0
            if (strong and m.sem == "volatile") or getattr(m, "sem", "") in ("relaxed", "acquire"):
                self.compiler.polls_memory = True
        return [(m.type, v) for v in values]

    def distance(self, ins: Ins) -> str:
        """Bytes from an access to where memory will be accessed next, where that is known."""
        step = self.compiler.ahead.get(id(ins))
        return "" if step is None else self._bytes_of(step)

    def ask(self, ins: Ins) -> None:
        """Lines are asked for, if the instruction is a request that the compiler made (passes/spread.py); a program's own are ignored."""
        ask = self.compiler.asks.get(id(ins))
        if ask is None:
            return
        address = self.address(ins, ins.inst.operands[0], "global")
        place = self.piece_pointer(address, self.pointer(address), ask.lane)
        self.ahead = self._bytes_of(ask.step._replace(constant=ask.step.constant + ask.offset))
        self._prefetch(place, ask.lines * LINE)
        self.ahead = ""

    def _bytes_of(self, step: Step) -> str:
        t, total = self.text, str(step.constant)
        for factor, values in step.products:
            product = str(factor)
            for value in values:
                v = self.read(value)
                product = t.op(f"mul i64 {product}, {self.resize_scalar(v.scalar, v.bits, 64, True)}")
            total = t.op(f"add i64 {total}, {product}")
        return total

    def _load_param(self, ins: Ins, operand: Addr, t: ScalarType, count: int) -> list[Value]:
        planes = self.param_address(operand)
        if planes is not None:
            return [self.read_param(planes, operand.offset + i * t.bytes, t) for i in range(count)]
        if isinstance(operand.base, Sym) and not self.function.is_entry:
            raise CompileError(
                f"{operand.base.name} is not a parameter of {self.function.name}", ins.inst.loc
            )
        address = self.address(ins, operand, "param")
        if not address.uniform:
            return self.load_lanes(t, count, address)
        pointer = self.pointer(address)
        found = []
        for i in range(count):
            place = self.text.op(f"getelementptr i8, ptr {pointer}, i64 {i * t.bytes}") if i else pointer
            found.append(
                self.scalar(
                    t.bits,
                    self.text.op(f"load i{t.bits}, ptr {place}, align {min(t.bytes, 8)}, !invariant.load !0"),
                )
            )
        return found

    def store(self, m: Any, ins: Ins) -> None:
        operands = ins.inst.operands
        kind = SCALARS[f"b{m.type.bits}"]
        items = operands[1].items if isinstance(operands[1], Vec) else (operands[1],)
        values = [self.src(ins, item, kind) for item in items]
        space = (m.space or "").partition("::")[0]
        assert isinstance(operands[0], Addr)
        if space == "param":
            planes = self.param_address(operands[0])
            if planes is None:
                raise CompileError("a store to a kernel parameter", ins.inst.loc)
            for i, value in enumerate(values):
                self.write_param(planes, operands[0].offset + i * kind.bytes, kind, value)
            return
        if in_depot(self.compiler, space):
            offset = self.linear(ins, operands[0])
            self.test_alignment(offset, kind.bytes * len(values), 1, ins)
            self.store_depot(kind, values, offset)
            return
        if id(ins) in self.compiler.turns:
            self.text.intrinsic("sheer_rt_turn", "void", [("ptr", self.frame), ("i32", self.group)])
        address = self.address(ins, operands[0], space)
        self.watch(address, kind.bytes * len(values), 1, space, ins)
        self.ahead = self.distance(ins)
        self.alignment = ins.align
        self.store_lanes(kind, values, address, m.sem not in ("", "weak"))
        self.ahead, self.alignment = "", 0

    def watch(self, address: Value, size: int, access: int, space: str, ins: Ins) -> None:
        """What checked mode and counting mode do before an access."""
        self.check(address, size, access, ins)
        if space != "const":
            self.count_instruction(ins, address, size, access, space)

    def check(self, address: Value, size: int, access: int, ins: Ins) -> None:
        """Checked mode: the machine verifies every active lane's address first."""
        if self.compiler.checked:
            self._ask_machine("sheer_rt_check", address, size, access, ins)
        else:
            self.test_alignment(address, size, access, ins)

    def _ask_machine(self, service: str, address: Value, size: int, access: int, ins: Ins) -> None:
        """Hands all lanes' addresses of an access to a service."""
        t, n = self.text, self.n
        array = self.lane_array(Value(64, None, vector=self.vec(address)))
        mask = t.alloca(f"i{n}", 8)
        t.do(f"store i{n} {self.mask_bits()}, ptr {mask}")
        t.intrinsic(
            service,
            "void",
            [
                ("ptr", self.frame),
                ("i32", self.group),
                ("ptr", array),
                ("ptr", mask),
                ("i32", str(n)),
                ("i32", str(size)),
                ("i32", str(access)),
                ("i32", str(ins.inst.loc.line)),
                ("i32", str(ins.inst.loc.file)),
            ],
        )

    def test_alignment(self, address: Value, size: int, access: int, ins: Ins) -> None:
        """Leaves the kernel where an active lane's address is no multiple of the access: only where nothing else says that all are."""
        if id(ins) not in self.compiler.tested:
            return
        t, size = self.text, required(ins, size)
        bad, good = t.fresh_label("misaligned"), t.fresh_label("aligned")
        t.branch(self._some_misaligned(address, size), bad, good)
        t.label(bad)
        self._ask_machine("sheer_rt_misaligned", address.apart(), size, access, ins)
        t.finish("unreachable")
        t.label(good)

    def _some_misaligned(self, address: Value, size: int) -> str:
        """i1: the low bits of an active lane's address are not all zero. Of affine addresses the base tells, and the stride."""
        t, n, low, shape = self.text, self.n, size - 1, address.shape
        words = [address.scalar] if shape is not None and not (shape.c & low).any() else []
        if words and shape is not None and shape.stride is not None and (shape.m & low).any():
            words = []
        if address.narrow is not None and address.narrow[3] % size == 0:
            words = [address.narrow[0]]
        if words:
            return t.op(f"icmp ne i64 {t.op(f'and i64 {words[0]}, {low}')}, 0")
        wide = f"<{n} x i64>"
        bits = t.op(f"and {wide} {self.vec(address)}, splat (i64 {low})")
        wrong = t.op(f"icmp ne {wide} {bits}, zeroinitializer")
        if self.mask:
            wrong = t.op(f"and <{n} x i1> {wrong}, {self.mask}")
        return t.op(f"icmp ne i{n} {t.op(f'bitcast <{n} x i1> {wrong} to i{n}')}, 0")

    def is_read(self, ins: Ins) -> bool:
        return any(value in self.facts.read for value in ins.defs.values())

    def private_copy(self, ins: Ins) -> int | None:
        found = self.compiler.private
        return found.atomics.get(id(ins)) if found else None

    def atomic(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        if self.compiler.plain or id(ins) in self.compiler.tested:
            self.watch(self.address(ins, ins.inst.operands[1], m.space), m.type.bytes, 2, m.space, ins)
        return super().atomic(m, ins)

    def reduce(self, m: Any, ins: Ins) -> None:
        if self.compiler.plain or id(ins) in self.compiler.tested:
            self.watch(self.address(ins, ins.inst.operands[0], m.space), m.type.bytes, 2, m.space, ins)
        super().reduce(m, ins)

    def convert_address(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        """cvta: to generic adds the window's base, cvta.to takes it away."""
        value = self.src(ins, ins.inst.operands[1], SCALARS[f"b{m.type.bits}"])
        space = m.space.partition("::")[0]
        wide = value if value.bits == 64 else self.widen(U64, U32, value)
        if space in ("shared", "local"):
            if m.to:
                base = self.scalar(64, self.frame_field(8, "i64")) if space == "shared" else self.local_base()
                result = self.sub(U64, wide, base)
            else:
                result = self.to_generic(wide, space)
        else:
            result = wide
        if space == "local":
            result = self.vector(64, self.vec(result))
        return [
            (m.type, self.widen(SCALARS[f"u{m.type.bits}"], U64, result) if m.type.bits != 64 else result)
        ]

    def space_of(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        value = self.src(ins, ins.inst.operands[1], B64)
        space = m.space.partition("::")[0]
        shared = self._inside(
            value, self.frame_field(8, "i64"), self.resize_scalar(self.frame_field(68), 32, 64, False)
        )
        stride = self.resize_scalar(self.frame_field(76), 32, 64, False)
        threads = self.text.op(f"mul i64 {stride}, 1024")
        local = self._inside(value, self.frame_field(16, "i64"), threads)
        if space in ("shared", "local"):
            return [(PRED, shared if space == "shared" else local)]
        if space == "global":
            return [(PRED, self.not_(PRED, self.simple("or", shared, local)))]
        return [(PRED, self.const(PRED, 0))]

    def _inside(self, value: Value, base: str, size: str) -> Value:
        offset = self.simple("sub", value, self.scalar(64, base))
        return self.compare(U64, "lt", offset, self.scalar(64, size))

    def copy_async(self, m: Any, ins: Ins) -> None:
        """cp.async: done at once. A source size smaller than the copy fills the rest with zeros, a predicate all of it."""
        operands = ins.inst.operands
        target = self.address(ins, operands[0], "shared")
        source = self.address(ins, operands[1], "global")
        size = operands[2].value if isinstance(operands[2], Imm) else 16
        self.count_access(source, size, 0, "global")
        self.count_access(target, size, 1, "shared", silent=True)
        unit = B32 if size % 8 else B64
        given = operands[3:-1] if m.l2c else operands[3:]  # a policy of the cache comes last
        limit = given[0] if given else None
        short = limit is not None and not (isinstance(limit, Imm) and limit.value == size)
        if not short:
            self.check(source, size, 0, ins)
            self.check(target, size, 1, ins)
            self.store_lanes(unit, self.load_lanes(unit, size // unit.bytes, source), target)
            return
        if isinstance(limit, Not) or (isinstance(limit, Reg) and self.read(ins.uses[limit.name]).bits == 1):
            amount = self.select(U32, self.src(ins, limit, PRED), self.const(U32, 0), self.const(U32, size))
        else:
            amount = self.src(ins, limit, U32)
        outer = self.mask
        values = []
        byte = SCALARS["b32"]
        for offset in range(0, size, 4):
            wanted = self.vec(self.compare(U32, "gt", amount, self.const(U32, offset)))
            self.mask = self.text.op(f"and <{self.n} x i1> {wanted}, {outer}") if outer else wanted
            place = self.vector(64, self.vec(self.add(U64, source, self.const(U64, offset))))
            word = self._load_lanes(byte, 1, place)[0]
            values.append(self._leading_bytes(word, amount, offset))
            self.mask = outer
        self.store_lanes(byte, values, target)

    def _leading_bytes(self, word: Value, amount: Value, offset: int) -> Value:
        """The bytes of a word at `offset` that lie below `amount`; zeros above. 64 bits wide, so that 4 bytes can be shifted out."""
        text, words, wide = self.text, f"<{self.n} x i32>", f"<{self.n} x i64>"

        def less(a: str, b: str) -> str:
            return text.intrinsic(f"llvm.usub.sat.v{self.n}i32", words, [(words, a), (words, b)])

        left = less(self.vec(self.const(U32, 4)), less(self.vec(amount), self.vec(self.const(U32, offset))))
        bits = text.op(f"zext {words} {text.op(f'mul {words} {left}, {self.vec(self.const(U32, 8))}')} to {wide}")
        kept = text.op(f"lshr {wide} {self.vec(self.const(U64, 0xFFFFFFFF))}, {bits}")
        mask = text.op(f"trunc {wide} {kept} to {words}")
        return self.vector(32, text.op(f"and {words} {self.vec(word)}, {mask}"))

    def copy_arrive(self, m: Any, ins: Ins) -> None:
        """The copies are done already: with .noinc this is an arrival; without, the pending count is raised and lowered."""
        if not m.noinc:
            return
        from types import SimpleNamespace

        place = self.address(ins, ins.inst.operands[0], m.space or "generic")
        places = self.lane_array(Value(64, None, vector=self.vec(place)))
        arrive = SimpleNamespace(op="arrive", expect_tx=False)

        def one(lane: str) -> list[str]:
            at = self.text.op(f"inttoptr i64 {self.lane_of(places, 64, lane)} to ptr")
            self._mbarrier_update(arrive, at, "1")
            return []

        self.for_each_lane(one)

    def policy(self, m: Any, ins: Ins) -> list[tuple[ScalarType, Value]]:
        return [(B64, self.const(B64, 0))]

    def poll_yield(self) -> None:
        """Others get their turn: lanes of other groups, other blocks."""
        self.compiler.flags |= 2
        self.text.intrinsic("sheer_rt_yield", "void", [("ptr", self.frame), ("i32", self.group)])

    def carry_in(self) -> Value:
        return self.vector(32, self.text.op(f"load <{self.n} x i32>, ptr {self._carry_slot()}"))

    def _carry_slot(self) -> str:
        if not self.carry:
            self.carry = self.text.alloca(f"<{self.n} x i32>")
            self.text.allocas.append(f"  store <{self.n} x i32> zeroinitializer, ptr {self.carry}")
        return self.carry

    def set_carry(self, value: Value) -> None:
        """The condition code of the lanes that execute the instruction; a guard that does not hold leaves it."""
        slot, ty, wide = self._carry_slot(), f"<{self.n} x i32>", f"<{self.n} x i1>"
        name, mask, guard = self.vec(value), self.mask, self.ins.inst.guard
        if guard is not None:
            holds = self.read(self.ins.uses[guard.reg.name])
            holds = self.vec(self.not_(PRED, holds) if guard.negated else holds)
            mask = self.text.op(f"and {wide} {holds}, {mask}") if mask else holds
        if mask:
            old = self.text.op(f"load {ty}, ptr {slot}")
            name = self.text.op(f"select {wide} {mask}, {ty} {name}, {ty} {old}")
        self.text.do(f"store {ty} {name}, ptr {slot}")
