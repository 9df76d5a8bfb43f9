"""The lane vocabulary over LLVM IR, integer part. In: Values. Out: new Values and lines of IR.

Uniform operands give scalar code; affine ones give a scalar base (and a vector only when asked for); the rest is vectors of all lanes.
"""

from __future__ import annotations

from typing import Any

from sheer.base.types import SCALARS, ScalarType
from sheer.codegen import bounds, lowbits
from sheer.codegen.product import high_half
from sheer.codegen.text import Text, int_type
from sheer.codegen.value import Value
from sheer.passes.shape import Shape, ShapeLanes

U32 = SCALARS["u32"]
PRED = SCALARS["pred"]


class IntegerLanes:
    """Needs `self.text` (a Text), `self.n` (lanes) and `self.shapes` (a ShapeLanes)."""

    text: Text
    n: int
    shapes: ShapeLanes

    # -- making and reading values --------------------------------------------------------------------------------

    def vector(self, bits: int, name: str) -> Value:
        return Value(bits, None, vector=name)

    def scalar(self, bits: int, name: str, shape: Shape | None = None) -> Value:
        return Value(bits, shape or self.shapes.uniform(), scalar=name)

    def const(self, t: ScalarType, value: int | float) -> Value:
        if t.is_float:
            return self.float_const(t, float(value))
        number = t.wrap(int(value)) if t.kind != "p" else int(bool(value))
        signed = number - (1 << t.bits) if t.bits > 1 and number >> (t.bits - 1) == 1 else number
        literal = ("true" if number else "false") if t.bits == 1 else str(signed)
        result = Value(t.bits, self.shapes.uniform(number), scalar=literal)
        result.known = number
        return result

    def float_const(self, t: ScalarType, value: float) -> Value:
        raise NotImplementedError

    def splat(self, bits_type: str, name: str) -> str:
        """A scalar in all lanes. `bits_type` is the scalar LLVM type."""
        t = self.text
        if name and (name[0] in "-0123456789" or name in ("true", "false")):
            return f"splat ({bits_type} {name})"
        one = t.op(f"insertelement <{self.n} x {bits_type}> poison, {bits_type} {name}, i64 0")
        return t.op(
            f"shufflevector <{self.n} x {bits_type}> {one}, <{self.n} x {bits_type}> poison, "
            f"<{self.n} x i32> zeroinitializer"
        )

    def constants(self, bits: int, values: Any) -> str:
        """A constant vector literal of integers."""
        mask = (1 << bits) - 1
        half = 1 << (bits - 1) if bits > 1 else 2
        items = []
        for value in values:
            number = int(value) & mask
            items.append(f"i{bits} {number - (mask + 1) if number >= half else number}")
        return "<" + ", ".join(items) + ">"

    def vec(self, v: Value) -> str:
        """The value as a vector of integers."""
        if v.vector:
            return v.vector
        ty = int_type(v.bits)
        shape = v.shape
        assert shape is not None
        name = self.splat(ty, v.scalar)
        wide = int_type(v.bits, self.n)
        if shape.c.any():
            name = self.text.op(f"add {wide} {name}, {self.constants(v.bits, shape.c)}")
        if shape.stride is not None:
            stride = self.resize_scalar(v.stride, 64, v.bits)
            product = self.text.op(f"mul {wide} {self.splat(ty, stride)}, {self.constants(v.bits, shape.m)}")
            name = self.text.op(f"add {wide} {name}, {product}")
        v.vector = name
        return name

    def resize_scalar(self, name: str, have: int, want: int, signed: bool = True) -> str:
        if have == want:
            return name
        word = "trunc" if want < have else ("sext" if signed else "zext")
        return self.text.op(f"{word} i{have} {name} to i{want}")

    def is_uniform(self, *values: Value) -> bool:
        return all(v.uniform for v in values)

    def names(self, *values: Value) -> tuple[str, str, list[str]]:
        """(LLVM type, count suffix type, operand names): scalar if all are uniform."""
        bits = values[0].bits
        if self.is_uniform(*values):
            return int_type(bits), "", [v.scalar for v in values]
        return int_type(bits, self.n), f"v{self.n}", [self.vec(v) for v in values]

    def made(self, bits: int, name: str, like: tuple[Value, ...]) -> Value:
        return self.scalar(bits, name) if self.is_uniform(*like) else self.vector(bits, name)

    def simple(self, opcode: str, *operands: Value) -> Value:
        """A two-operand LLVM instruction on integers of equal width."""
        ty, _, names = self.names(*operands)
        return self.made(operands[0].bits, self.text.op(f"{opcode} {ty} {names[0]}, {names[1]}"), operands)

    def call_intrinsic(self, stem: str, *operands: Value, extra: str = "") -> Value:
        """llvm.<stem>.<type> on integers; `extra` is a constant last argument such as "i1 false"."""
        ty, suffix, names = self.names(*operands)
        arguments = [(ty, name) for name in names]
        if extra:
            arguments.append((extra.split(maxsplit=1)[0], extra.split()[1]))
        name = self.text.intrinsic(f"llvm.{stem}.{suffix}i{operands[0].bits}", ty, arguments)
        return self.made(operands[0].bits, name, operands)

    # -- affine arithmetic --------------------------------------------------------------------------------------------

    def affine(
        self,
        bits: int,
        shape: Shape | None,
        base: str,
        operands: tuple[Value, ...],
        stride: str,
        vector: str = "",
    ) -> Value:
        result = Value(bits, shape, scalar=base, stride=stride)
        result.vector = vector
        return result

    def _linear(self, t: ScalarType, opcode: str, a: Value, b: Value, shape: Shape | None) -> Value:
        """add, sub or mul whose result `shape` says is affine: a scalar base, and an exact vector where an operand needs one."""
        ty = int_type(t.bits)
        base = self.text.op(f"{opcode} {ty} {a.scalar}, {b.scalar}")
        if shape is None or shape.uniform:
            known = shape.const if shape is not None else None
            result = self.scalar(t.bits, base, shape)
            result.known = known
            return result
        vector = ""
        if any(v.vector and not v.uniform and v.exact for v in (a, b)):
            wide = int_type(t.bits, self.n)
            vector = self.text.op(f"{opcode} {wide} {self.vec(a)}, {self.vec(b)}")
        stride = ""
        if shape.stride is not None:
            stride = a.stride or b.stride
            if not stride:
                uniform = a if a.uniform else b
                stride = self.resize_scalar(uniform.scalar, t.bits, 64)
        result = Value(t.bits, shape, scalar=base, vector=vector, stride=stride)
        if vector:
            result.exact = True
        return result

    def add(self, t: ScalarType, a: Value, b: Value, sat: bool = False) -> Value:
        if sat:
            return self.call_intrinsic("sadd.sat" if t.kind == "s" else "uadd.sat", a, b)
        return self._maybe_linear(t, "add", a, b, self.shapes.add)

    def sub(self, t: ScalarType, a: Value, b: Value, sat: bool = False) -> Value:
        if sat:
            return self.call_intrinsic("ssub.sat" if t.kind == "s" else "usub.sat", a, b)
        return self._maybe_linear(t, "sub", a, b, self.shapes.sub)

    def mul(self, t: ScalarType, a: Value, b: Value) -> Value:
        return self._maybe_linear(t, "mul", a, b, self.shapes.mul)

    def _maybe_linear(self, t: ScalarType, opcode: str, a: Value, b: Value, rule: Any) -> Value:
        if t.lanes > 1:
            return self._packed_integer(t, opcode, a, b)
        if a.shape is not None and b.shape is not None:
            shape = rule(t, a.shape, b.shape)
            if shape is not None:
                return self._linear(t, opcode, a, b, shape)
        result = self.simple(opcode, a, b)
        if t.bits == 64 and not result.uniform:
            self._narrow(opcode, a, b, result)
        return result

    def _narrow(self, opcode: str, a: Value, b: Value, result: Value) -> None:
        """Sums and small multiples of widened indices keep them."""
        if a.narrow is None and opcode != "sub":
            a, b = b, a
        if a.narrow is None or not b.uniform:
            return
        base, indices, word, scale = a.narrow
        if opcode == "mul":
            if base == "0" and b.known in (2, 4, 8) and scale * b.known <= 8:
                result.narrow = (base, indices, word, scale * b.known)
        elif opcode in ("add", "sub"):
            moved = b.scalar if base == "0" and opcode == "add" else self.text.op(f"{opcode} i64 {base}, {b.scalar}")
            result.narrow = (moved, indices, word, scale)

    def _packed_integer(self, t: ScalarType, opcode: str, a: Value, b: Value) -> Value:
        """u16x2 and the like: vectors of twice the length."""
        count = (1 if self.is_uniform(a, b) else self.n) * t.lanes
        width = t.bits // t.lanes
        ty, _, names = self.names(a, b)
        wide = f"<{count} x i{width}>"
        parts = [self.text.op(f"bitcast {ty} {name} to {wide}") for name in names]
        if opcode.startswith("llvm."):
            result = self.text.intrinsic(
                f"{opcode}.v{count}i{width}", wide, [(wide, parts[0]), (wide, parts[1])]
            )
        else:
            result = self.text.op(f"{opcode} {wide} {parts[0]}, {parts[1]}")
        return self.made(t.bits, self.text.op(f"bitcast {wide} {result} to {ty}"), (a, b))

    def mul_wide(self, t: ScalarType, a: Value, b: Value) -> Value:
        wide = SCALARS[f"{t.kind}{t.bits * 2}"]
        return self.mul(wide, self.widen(wide, t, a), self.widen(wide, t, b))

    def mul_hi(self, t: ScalarType, a: Value, b: Value) -> Value:
        word = "sext" if t.kind == "s" else "zext"
        wide_bits = t.bits * 2
        ty, _, names = self.names(a, b)
        if t.bits == 64 and not self.is_uniform(a, b):
            return self.vector(64, high_half(self.text, self.n, t.kind == "s", *names))
        wide = int_type(wide_bits, 1 if self.is_uniform(a, b) else self.n)
        parts = [self.text.op(f"{word} {ty} {name} to {wide}") for name in names]
        product = self.text.op(f"mul {wide} {parts[0]}, {parts[1]}")
        shift = f"splat (i{wide_bits} {t.bits})" if wide.startswith("<") else str(t.bits)
        high = self.text.op(f"lshr {wide} {product}, {shift}")
        return self.made(t.bits, self.text.op(f"trunc {wide} {high} to {ty}"), (a, b))

    def neg(self, t: ScalarType, a: Value) -> Value:
        if t.lanes > 1:
            return self._packed_integer(t, "sub", self.const(SCALARS["b32"], 0), a)
        return self.sub(t, self.const(SCALARS[f"{t.kind}{t.bits}"], 0), a)

    def widen(self, to: ScalarType, t: ScalarType, a: Value) -> Value:
        """Extension (by t's sign) or truncation to the width of `to`."""
        if to.bits == t.bits:
            return a
        if a.uniform:
            if a.known is not None and a.known >= 0 and t.bits > 1:
                return self.const(to, t.wrap(a.known))
            shape = self.shapes.widen(to, t, a.shape) if t.bits > 1 and to.bits > 1 else None
            if to.bits == 1:
                return self.scalar(1, self.text.op(f"trunc i{t.bits} {a.scalar} to i1"))
            return self.scalar(to.bits, self.resize_scalar(a.scalar, t.bits, to.bits, t.kind == "s"), shape)
        word = "trunc" if to.bits < t.bits else ("sext" if t.kind == "s" else "zext")
        vector = self.text.op(
            f"{word} {int_type(t.bits, self.n)} {self.vec(a)} to {int_type(to.bits, self.n)}"
        )
        shape = self.shapes.widen(to, t, a.shape) if a.shape is not None else None
        if shape is None:
            result = self.vector(to.bits, vector)
            if t.bits == 32 and to.bits == 64:
                result.narrow = ("0", self.vec(a), word, 1)
            return result
        result = Value(to.bits, shape, scalar=self._widened_base(to, t, a), vector=vector, stride=a.stride)
        result.exact = True  # the vector is exact, the base only good for addresses
        return result

    def _widened_base(self, to: ScalarType, t: ScalarType, a: Value) -> str:
        """The base of a widened affine value. Unsigned values may wrap among the lanes (a base of -3 in lanes that are off, 0 and
        more in those that are on): then the base is taken as negative, which is right for the lanes after the wrap.
        """
        base = self.resize_scalar(a.scalar, t.bits, to.bits, t.kind == "s")
        shape = a.shape
        if t.kind == "s" or to.bits <= t.bits or shape is None:
            return base
        ty = int_type(t.bits)
        last = self.text.op(f"add {ty} {a.scalar}, {max(int(shape.c.max()), 0)}")
        if shape.stride is not None:
            step = self.resize_scalar(a.stride, 64, t.bits)
            last = self.text.op(
                f"add {ty} {last}, {self.text.op(f'mul {ty} {step}, {max(int(shape.m.max()), 0)}')}"
            )
        wraps = self.text.op(f"icmp ult {ty} {last}, {a.scalar}")
        signed = self.resize_scalar(a.scalar, t.bits, to.bits, True)
        wide = int_type(to.bits)
        return self.text.op(f"select i1 {wraps}, {wide} {signed}, {wide} {base}")

    # -- plain integer operations --------------------------------------------------------------------------------------

    def div(self, t: ScalarType, a: Value, b: Value) -> Value:
        return self._divide(t, a, b, False)

    def rem(self, t: ScalarType, a: Value, b: Value) -> Value:
        return self._divide(t, a, b, True)

    def _divide(self, t: ScalarType, a: Value, b: Value, remainder: bool) -> Value:
        """Division by zero gives all ones (remainder: the dividend); the most negative by -1 wraps."""
        signed = t.kind == "s"
        zero = self.const(t, 0)
        by_zero = self.compare(t, "eq", b, zero)
        safe = self.select(t, by_zero, self.const(t, 1), b)
        if t.bits <= 32 and not self.is_uniform(a, b) and not (b.known is not None and b.known > 0):
            quotient = self._divide_by_float(t, a, safe)
        elif signed:
            minus = self.compare(t, "eq", safe, self.const(t, -1))
            quotient = self.simple("sdiv", a, self.select(t, minus, self.const(t, 1), safe))
            quotient = self.select(t, minus, self.simple("sub", zero, a), quotient)
        else:
            quotient = self.simple("udiv", a, safe)
        if remainder:
            result = self.simple("sub", a, self.simple("mul", quotient, safe))
            return self.select(t, by_zero, a, result)
        return self.select(t, by_zero, self.const(t, -1), quotient)

    def _divide_by_float(self, t: ScalarType, a: Value, b: Value) -> Value:
        """Integers up to 32 bits divide exactly in double: the quotient of two such integers, truncated, is right."""
        kind = "si" if t.kind == "s" else "ui"
        ty = int_type(t.bits, self.n)
        wide = f"<{self.n} x double>"
        names = [self.text.op(f"{kind}tofp {ty} {self.vec(v)} to {wide}") for v in (a, b)]
        quotient = self.text.op(f"fdiv {wide} {names[0]}, {names[1]}")
        # through 64 bits: the most negative by -1 does not fit 32 signed bits and wraps as it must
        if t.kind == "s":
            long = self.text.op(f"fptosi {wide} {quotient} to <{self.n} x i64>")
            return self.vector(t.bits, self.text.op(f"trunc <{self.n} x i64> {long} to {ty}"))
        return self.vector(t.bits, self.text.op(f"fptoui {wide} {quotient} to {ty}"))

    def min(self, t: ScalarType, a: Value, b: Value) -> Value:
        stem = "smin" if (t.kind == "s" or t.element.startswith("s")) else "umin"
        return self._integer_extreme(t, stem, a, b)

    def max(self, t: ScalarType, a: Value, b: Value) -> Value:
        stem = "smax" if (t.kind == "s" or t.element.startswith("s")) else "umax"
        return self._integer_extreme(t, stem, a, b)

    def _integer_extreme(self, t: ScalarType, stem: str, a: Value, b: Value) -> Value:
        if t.lanes > 1:
            return self._packed_integer(t, f"llvm.{stem}", a, b)
        result = self.call_intrinsic(stem, a, b)
        bounds.of_extreme(self, stem, a, b, result)
        return result

    def abs(self, t: ScalarType, a: Value) -> Value:
        return self.call_intrinsic("abs", a, extra="i1 false")

    def and_(self, t: ScalarType, a: Value, b: Value) -> Value:
        if t.kind != "p" and a.shape is not None and b.shape is not None and not self.is_uniform(a, b):
            mixed = lowbits.mixed(self, "and", a, b)
            if mixed is not None:
                return mixed
            shape = self.shapes.and_(t, a.shape, b.shape)
            if shape is not None:
                return self._bits_affine("and", t, a, b, shape)
        result = self.simple("and", a, b)
        bounds.of_both(self, "and", a, b, result)
        return result

    def or_(self, t: ScalarType, a: Value, b: Value) -> Value:
        if t.kind != "p" and a.shape is not None and b.shape is not None and not self.is_uniform(a, b):
            mixed = lowbits.mixed(self, "or", a, b)
            if mixed is not None:
                return mixed
            shape = self.shapes.or_(t, a.shape, b.shape)
            if shape is not None:
                return self._linear(t, "add", a, b, shape)
        result = self.simple("or", a, b)
        bounds.of_both(self, "or", a, b, result)
        return result

    def _bits_affine(self, opcode: str, t: ScalarType, a: Value, b: Value, shape: Shape) -> Value:
        """and, shr of an affine value whose base is aligned: the same operation on the base; the vector is computed exactly."""
        base = self.text.op(f"{opcode} {int_type(t.bits)} {a.scalar}, {b.scalar}")
        if shape.uniform:
            return self.scalar(t.bits, base, shape)
        vector = self.text.op(f"{opcode} {int_type(t.bits, self.n)} {self.vec(a)}, {self.vec(b)}")
        result = Value(t.bits, shape, scalar=base, vector=vector, stride=a.stride or b.stride)
        result.exact = True
        return result

    def xor(self, t: ScalarType, a: Value, b: Value) -> Value:
        if self.is_uniform(a, b):
            return lowbits.kept(self.simple("xor", a, b), self.shapes.xor(t, a.shape, b.shape), a, b)
        return lowbits.mixed(self, "xor", a, b) or self.simple("xor", a, b)

    def not_(self, t: ScalarType, a: Value) -> Value:
        ones = self.const(PRED, 1) if a.bits == 1 else self.const(SCALARS[f"s{a.bits}"], -1)
        result = lowbits.kept(self.simple("xor", a, ones), self.shapes.not_(t, a.shape), a)
        bounds.of_not(a, result)
        return result

    def _amount(self, t: ScalarType, n: Value) -> Value:
        """A shift amount (u32) clamped to 0..width, at the value's width."""
        if n.known is not None and n.known >= 0:
            return self.const(SCALARS[f"u{t.bits}"], min(n.known, t.bits))
        return self.widen(SCALARS[f"u{t.bits}"], U32, self.call_intrinsic("umin", n, self.const(U32, t.bits)))

    def shl(self, t: ScalarType, a: Value, n: Value) -> Value:
        if n.known is not None and n.known >= 0:
            if n.known >= t.bits:
                return self.const(t, 0)
            if a.shape is not None or a.narrow is not None:
                return self.mul(t, a, self.const(t, 1 << n.known))
        amount = self._amount(t, n)
        return self._shift("shl", t, a, amount)

    def shr(self, t: ScalarType, a: Value, n: Value) -> Value:
        opcode = "ashr" if t.kind == "s" else "lshr"
        if n.known is not None and 0 <= n.known < t.bits and a.shape is not None and not a.uniform:
            shape = self.shapes.shr(t, a.shape, n.shape)
            if shape is not None:
                return self._bits_affine(opcode, t, a, self.const(t, n.known), shape)
        if t.kind == "s":
            last = self.const(U32, t.bits - 1)
            if n.known is not None and n.known >= 0:
                amount = self.const(SCALARS[f"u{t.bits}"], min(n.known, t.bits - 1))
            else:
                amount = self.widen(SCALARS[f"u{t.bits}"], U32, self.call_intrinsic("umin", n, last))
            return self.simple("ashr", a, amount)
        return self._shift("lshr", t, a, self._amount(t, n))

    def _shift(self, opcode: str, t: ScalarType, a: Value, amount: Value) -> Value:
        """LLVM leaves shifts by the width or more undefined: those give zero here."""
        if amount.known is not None and 0 <= amount.known < t.bits:
            return self.simple(opcode, a, amount)
        kind = SCALARS[f"u{t.bits}"]
        too_far = self.compare(kind, "ge", amount, self.const(kind, t.bits))
        safe = self.select(kind, too_far, self.const(kind, 0), amount)
        return self.select(kind, too_far, self.const(kind, 0), self.simple(opcode, a, safe))

    def funnel(self, left: bool, high: Value, low: Value, n: Value) -> Value:
        """Shift of high:low by n modulo 32; the high (left) or low (right) half."""
        return self.call_intrinsic("fshl" if left else "fshr", high, low, n)

    def popc(self, t: ScalarType, a: Value) -> Value:
        return self.widen(U32, SCALARS[f"u{t.bits}"], self.call_intrinsic("ctpop", a))

    def clz(self, t: ScalarType, a: Value) -> Value:
        return self.widen(U32, SCALARS[f"u{t.bits}"], self.call_intrinsic("ctlz", a, extra="i1 false"))

    def brev(self, t: ScalarType, a: Value) -> Value:
        if a.uniform or t.bits != 32 or self.n <= 32:
            return self.call_intrinsic("bitreverse", a)
        # The words of ballots are a mask of 64 lanes as <2 x i32>. LLVM 20's x86 reverses that mask as a whole, which exchanges the words. It must not see
        # what is reversed (tests/kernels/test_wide_groups.py notices when it is healed).
        name, floats = self.vec(a), f"<{self.n} x float>"
        name = self.text.op(f"bitcast <{self.n} x i32> {name} to {floats}")
        name = self.text.intrinsic(f"llvm.arithmetic.fence.v{self.n}f32", floats, [(floats, name)])
        return self.call_intrinsic("bitreverse", self.vector(32, self.text.op(f"bitcast {floats} {name} to <{self.n} x i32>")))

    # -- comparing and choosing ------------------------------------------------------------------------------------------

    def select(self, t: ScalarType, p: Value, a: Value, b: Value) -> Value:
        if p.known is not None:
            return a if p.known else b
        if p.uniform:
            if self.is_uniform(a, b):
                return self.scalar(
                    a.bits, self.text.op(f"select i1 {p.scalar}, i{a.bits} {a.scalar}, i{a.bits} {b.scalar}")
                )
            if (
                a.shape is not None
                and b.shape is not None
                and a.shape.same(b.shape)
                and a.shape.stride is None
                and not a.exact
                and not b.exact
            ):
                base = self.text.op(f"select i1 {p.scalar}, i{a.bits} {a.scalar}, i{a.bits} {b.scalar}")
                return Value(a.bits, self.shapes.select(t, p.shape, a.shape, b.shape), scalar=base)
            ty = int_type(a.bits, self.n)
            return self.vector(
                a.bits, self.text.op(f"select i1 {p.scalar}, {ty} {self.vec(a)}, {ty} {self.vec(b)}")
            )
        ty = int_type(a.bits, self.n)
        return self.vector(
            a.bits,
            self.text.op(f"select <{self.n} x i1> {self.vec(p)}, {ty} {self.vec(a)}, {ty} {self.vec(b)}"),
        )

    _SIGNED = {
        "eq": "eq",
        "ne": "ne",
        "lt": "slt",
        "le": "sle",
        "gt": "sgt",
        "ge": "sge",
        "lo": "ult",
        "ls": "ule",
        "hi": "ugt",
        "hs": "uge",
    }
    _UNSIGNED = {**_SIGNED, "lt": "ult", "le": "ule", "gt": "ugt", "ge": "uge"}

    def compare(self, t: ScalarType, relation: str, a: Value, b: Value, ftz: bool = False) -> Value:
        if t.is_float or t.element in ("f16", "bf16"):
            return self.float_compare(t, relation, a, b, ftz)
        word = (self._SIGNED if t.kind == "s" else self._UNSIGNED)[relation]
        ty, _, names = self.names(a, b)
        result = self.made(1, self.text.op(f"icmp {word} {ty} {names[0]}, {names[1]}"), (a, b))
        bounds.of_comparison(self, t, word, a, b, result)
        return result

    def float_compare(self, t: ScalarType, relation: str, a: Value, b: Value, ftz: bool) -> Value:
        raise NotImplementedError

    # -- bits ---------------------------------------------------------------------------------------------------------

    def bitcast(self, to: ScalarType, t: ScalarType, a: Value) -> Value:
        return a

    def pack(self, to: ScalarType, parts: list[Value]) -> Value:
        width = to.bits // len(parts)
        part_type, wide = SCALARS[f"b{width}"], SCALARS[f"b{to.bits}"] if to.bits < 128 else to
        unsigned = SCALARS[f"u{width}"]
        result: Value | None = None
        for index, part in enumerate(parts):
            piece = self._extend(part, unsigned.bits, wide.bits)
            if index:
                shift = self.const(SCALARS[f"u{wide.bits}"], width * index) if wide.bits < 128 else None
                piece = (
                    self.simple("shl", piece, shift)
                    if shift is not None
                    else self._shl128(piece, width * index)
                )
            result = piece if result is None else self.simple("or", result, piece)
        assert result is not None and part_type is not None
        return result

    def _extend(self, v: Value, have: int, want: int) -> Value:
        _, _, names = self.names(v)
        to = int_type(want, 1 if v.uniform else self.n)
        if v.bits == want:
            return v
        source = int_type(v.bits, 1 if v.uniform else self.n)
        return self.made(want, self.text.op(f"zext {source} {names[0]} to {to}"), (v,))

    def _shl128(self, v: Value, amount: int) -> Value:
        ty, _, names = self.names(v)
        literal = str(amount) if v.uniform else f"splat (i128 {amount})"
        return self.made(128, self.text.op(f"shl {ty} {names[0]}, {literal}"), (v,))

    def unpack(self, t: ScalarType, a: Value, count: int) -> list[Value]:
        width = a.bits // count
        source, _, names = self.names(a)
        to = int_type(width, 1 if a.uniform else self.n)
        parts = []
        for index in range(count):
            shifted = names[0]
            if index:
                literal = str(width * index) if a.uniform else f"splat (i{a.bits} {width * index})"
                shifted = self.text.op(f"lshr {source} {names[0]}, {literal}")
            parts.append(self.made(width, self.text.op(f"trunc {source} {shifted} to {to}"), (a,)))
        return parts
