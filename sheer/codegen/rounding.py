"""The lane vocabulary over LLVM IR: rounding. In: operations whose result must be rounded otherwise than LLVM's plain instructions do. Out: Values.

Directed rounding uses the processor's own (AVX-512 takes the mode in the instruction); else f32 goes through f64 with rounding to
odd, and f64 through the exact error of the operation. bf16 is computed in f32 and rounded with integers, because the
processor's conversion flushes subnormal numbers. The fused operations of both half formats are rounded once, through rounding to odd.
"""

from __future__ import annotations

from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.floats import BF16, F16, F32, F64, FloatLanes
from sheer.codegen.value import Value

B32, B64, S64, U32, U64, PRED = (SCALARS[n] for n in ("b32", "b64", "s64", "u32", "u64", "pred"))
_MODE = {"rn": 8, "rm": 9, "rp": 10, "rz": 11}  # with suppressed exceptions


class RoundingLanes(FloatLanes):
    """Rounding."""

    has_avx512 = False

    # -- the processor's own directed rounding ------------------------------------------------------------------------------

    def _directed(self, opcode: str, t: ScalarType, values: list[Value], rnd: str) -> Value:
        if self.has_avx512:
            stem = {"fma": "vfmadd"}.get(opcode, opcode.removeprefix("f"))
            short = "ps" if t.bits == 32 else "pd"
            return self._by_512(
                f"llvm.x86.avx512.{stem}.{short}.512", t, t, values, [("i32", str(_MODE[rnd]))]
            )
        return self._directed_by_error(opcode, t, values, rnd)

    def _by_512(
        self, name: str, to: ScalarType, t: ScalarType, values: list[Value], extra: list[tuple[str, str]]
    ) -> Value:
        """An intrinsic of 512-bit vectors, piece by piece."""
        ty, count, names = self.fnames(t, *values)
        size = 512 // t.bits
        scalar, result_scalar = self._ftype(t, 1), self._ftype(to, 1)
        part_type, result_type = f"<{size} x {scalar}>", f"<{size} x {result_scalar}>"
        parts = []
        for first in range(0, count, size):
            pieces = [(part_type, self._piece(ty, count, name, scalar, first, size)) for name in names]
            parts.append(self.text.intrinsic(name, result_type, [*pieces, *extra]))
        if count == 1:
            found = self.text.op(f"extractelement {result_type} {parts[0]}, i64 0")
            return self.from_float(to, result_scalar, found, tuple(values))
        width = size
        while len(parts) > 1:
            every = ", ".join(f"i32 {i}" for i in range(2 * width))
            kind = f"<{width} x {result_scalar}>"
            parts = [
                self.text.op(f"shufflevector {kind} {x}, {kind} {y}, <{2 * width} x i32> <{every}>")
                for x, y in zip(parts[::2], parts[1::2], strict=True)
            ]
            width *= 2
        return self.from_float(to, f"<{count} x {result_scalar}>", parts[0], tuple(values))

    def _piece(self, ty: str, count: int, name: str, scalar: str, first: int, size: int) -> str:
        if count == 1:
            return self.text.op(f"insertelement <{size} x {scalar}> zeroinitializer, {scalar} {name}, i64 0")
        lanes = ", ".join(f"i32 {first + i}" for i in range(size))
        return self.text.op(f"shufflevector {ty} {name}, {ty} poison, <{size} x i32> <{lanes}>")

    # -- by the error of the operation ------------------------------------------------------------------------------------------

    def _directed_by_error(self, opcode: str, t: ScalarType, values: list[Value], rnd: str) -> Value:
        if t.bits == 32:
            wide = [self._to64(v) for v in values]
            exact = self._to_odd(F64, *self._with_error(opcode, wide))
            error = self.const(F64, 0.0)  # of zero: none
            result = self.narrow(F32, exact, rnd)
        else:
            exact, error = self._with_error(opcode, values)
            result = self._nudge(F64, exact, self._overflow_error(opcode, values, exact, error), rnd)
        if rnd != "rm" or opcode not in ("fadd", "fsub", "fma"):
            return result
        kind, zero = SCALARS[f"u{t.bits}"], self.const(F64, 0.0)
        inexact = self.compare(F64, "ne", error, zero)  # not where the error of a huge number times zero is NaN
        sign = self.select(kind, inexact, result, self._sign_of_zero(opcode, t, values))
        return self.select(kind, self.compare(F64, "eq", exact, zero), sign, result)

    def _overflow_error(self, opcode: str, values: list[Value], result: Value, error: Value) -> Value:
        """An infinity made of finite numbers is too large by an infinite amount, but for that of a division by zero."""
        infinity = self.const(F64, float("inf"))
        over = self.compare(F64, "eq", self.fcall("fabs", F64, result), infinity)
        for value in values:
            finite = self.compare(F64, "lt", self.fcall("fabs", F64, value), infinity)
            over = self.simple("and", over, finite)
        if opcode == "fdiv":
            over = self.simple("and", over, self.compare(F64, "ne", values[1], self.const(F64, 0.0)))
        return self.select(B64, over, self._op64("fneg", result), error)

    def _sign_of_zero(self, opcode: str, t: ScalarType, values: list[Value]) -> Value:
        """Rounding down, a sum that is exactly zero (not one that comes to it from above) is -0, unless both its terms are +0."""
        kind = SCALARS[f"u{t.bits}"]
        last = values[-1]
        if opcode == "fsub":
            last = self.fneg(t, last)
        first = values[0] if opcode != "fma" else self.simple("xor", values[0], values[1])
        return self.simple("and", self.simple("or", first, last), self.const(kind, 1 << (t.bits - 1)))

    def _to64(self, v: Value) -> Value:
        ty, count, names = self.fnames(F32, v)
        wide = self._ftype(F64, count)
        return self.from_float(F64, wide, self.text.op(f"fpext {ty} {names[0]} to {wide}"), (v,))

    def _op64(self, opcode: str, *values: Value) -> Value:
        ty, _, names = self.fnames(F64, *values)
        return self.from_float(F64, ty, self.text.op(f"{opcode} {ty} {', '.join(names)}"), values)

    def _fma64(self, a: Value, b: Value, c: Value) -> Value:
        return self.fcall("fma", F64, a, b, c)

    def _two_sum(self, a: Value, b: Value, t: ScalarType = F64) -> tuple[Value, Value]:
        def op(opcode: str, x: Value, y: Value) -> Value:
            ty, _, names = self.fnames(t, x, y)
            return self.from_float(t, ty, self.text.op(f"{opcode} {ty} {', '.join(names)}"), (x, y))

        total = op("fadd", a, b)
        virtual = op("fsub", total, a)
        return total, op("fadd", op("fsub", a, op("fsub", total, virtual)), op("fsub", b, virtual))

    def _with_error(self, opcode: str, v: list[Value]) -> tuple[Value, Value]:
        """An f64 operation rounded to nearest, and a value with the sign of what is missing (exact - result)."""
        if opcode in ("fadd", "fsub"):
            return self._two_sum(v[0], v[1] if opcode == "fadd" else self._op64("fneg", v[1]))
        if opcode == "fmul":
            product = self._op64("fmul", *v)
            up = self._power_where(self._under(product, -900), 540)  # then |v| < 2**174, and the last bit of it is there
            a, b, scaled = self._scaled(v[0], up), self._scaled(v[1], up), self._scaled(product, up, up)
            return product, self._fma64(a, b, self._op64("fneg", scaled))
        if opcode == "fdiv":
            quotient = self._op64("fdiv", *v)
            small = self.simple("and", self._under(v[0], -900), self._under(v[1], 800))
            up = self._power_where(small, 200)
            rest = self._fma64(self._op64("fneg", quotient), self._scaled(v[1], up), self._scaled(v[0], up))
            negative = self.compare(F64, "lt", v[1], self.const(F64, 0.0))
            return quotient, self.select(B64, negative, self._op64("fneg", rest), rest)
        if opcode == "sqrt":
            root = self.fcall("sqrt", F64, v[0])
            half = self._power_where(self._under(v[0], -900), 100)
            scaled = self._scaled(root, half)
            return root, self._fma64(self._op64("fneg", scaled), scaled, self._scaled(v[0], half, half))
        return self._fma_with_error(*v)

    def _fma_with_error(self, a: Value, b: Value, c: Value) -> tuple[Value, Value]:
        """The error of an fma (Boldo and Muller), the operands scaled so that no part of it under- or overflows."""
        result = self._fma64(a, b, c)
        product = self._op64("fmul", a, b)
        small = self.simple("and", self._under(product, -700), self._under(c, -100))
        up = self._power_where(small, 540)
        down = self.select(B64, self._under(product, 1000), up, self.const(F64, 2.0**-54))
        scaled_c, scaled = self._scaled(c, up, down), self._scaled(result, up, down)
        a, b = self._scaled(a, down), self._scaled(b, up)
        product = self._op64("fmul", a, b)
        low = self._fma64(a, b, self._op64("fneg", product))
        # what vanishes beside the other term still has a sign
        nothing = self.const(F64, 0.0)
        gone = self.compare(F64, "eq", product, nothing)
        for factor in (a, b):
            gone = self.simple("and", gone, self.compare(F64, "ne", factor, nothing))
        sign = self.simple("xor", a, b)
        product = self.select(B64, gone, self.copysign(F64, sign, self.const(F64, 2.0**-1022)), product)
        gone = self.simple("and", self.compare(F64, "eq", scaled_c, nothing), self.compare(F64, "ne", c, nothing))
        scaled_c = self.select(B64, gone, self.copysign(F64, c, self.const(F64, 2.0**-1022)), scaled_c)
        alpha, alpha_low = self._two_sum(scaled_c, low)
        beta, beta_low = self._two_sum(product, alpha)
        gamma = self._op64("fadd", self._op64("fsub", beta, scaled), beta_low)
        return result, self._op64("fadd", gamma, alpha_low)

    def _under(self, v: Value, power: int) -> Value:
        return self.compare(F64, "lt", self.fcall("fabs", F64, v), self.const(F64, 2.0**power))

    def _power_where(self, condition: Value, power: int) -> Value:
        """2 to the power, or 1."""
        return self.select(B64, condition, self.const(F64, 2.0**power), self.const(F64, 1.0))

    def _scaled(self, v: Value, *factors: Value) -> Value:
        for factor in factors:
            v = self._op64("fmul", v, factor)
        return v

    def _to_odd(self, t: ScalarType, result: Value, error: Value) -> Value:
        """The result rounded to odd: truncated, last bit set if inexact."""
        signed, unsigned = SCALARS[f"s{t.bits}"], SCALARS[f"u{t.bits}"]
        inexact = self.compare(t, "ne", error, self.const(t, 0.0))
        finite = self.compare(t, "lt", self.fcall("fabs", t, result), self.const(t, float("inf")))
        inexact = self.simple("and", inexact, finite)
        opposite = self.compare(signed, "lt", self.simple("xor", result, error), self.const(signed, 0))
        minus = self.widen(unsigned, PRED, self.simple("and", inexact, opposite))
        bits = self.simple("sub", result, minus)
        return self.simple("or", bits, self.widen(unsigned, PRED, inexact))

    def _nudge(self, t: ScalarType, result: Value, error: Value, rnd: str) -> Value:
        """From nearest to the directed mode, given the sign of the error (exact - result)."""
        kind = SCALARS[f"u{t.bits}"]
        signed = SCALARS[f"s{t.bits}"]
        zero = self.const(t, 0.0)
        above = self.compare(t, "gt", error, zero)
        below = self.compare(t, "lt", error, zero)
        negative = self.compare(signed, "lt", result, self.const(signed, 0))
        positive = self.not_(SCALARS["pred"], negative)
        if rnd == "rz":
            grow = self.const(SCALARS["pred"], 0)
            shrink = self.simple(
                "or", self.simple("and", negative, above), self.simple("and", positive, below)
            )
        elif rnd == "rp":
            grow, shrink = self.simple("and", positive, above), self.simple("and", negative, above)
        else:
            grow, shrink = self.simple("and", negative, below), self.simple("and", positive, below)
        one = self.const(kind, 1)
        none = self.const(kind, 0)
        bits = self.simple("add", result, self.select(kind, grow, one, none))
        return self.simple("sub", bits, self.select(kind, shrink, one, none))

    def narrow(self, to: ScalarType, a: Value, rnd: str) -> Value:
        """f64 to f32, f32 to f16 or bf16, in any rounding mode."""
        source = F64 if a.bits == 64 else F32
        if source is F64 and to.bits == 16:
            return self.narrow(to, self._odd32(a), rnd)
        if source is F64 and self.has_avx512 and rnd not in ("", "rn", "rna"):
            return self._by_512(
                "llvm.x86.avx512.mask.cvtpd2ps.512",
                F32,
                F64,
                [a],
                [("<8 x float>", "zeroinitializer"), ("i8", "-1"), ("i32", str(_MODE[rnd]))],
            )
        if to.name == "bf16":
            return self._bf16_directed(a, rnd)
        ty, count, names = self.fnames(source, a)
        small = self._ftype(to, count)
        nearest = self.from_float(to, small, self.text.op(f"fptrunc {ty} {names[0]} to {small}"), (a,))
        if rnd in ("", "rn", "rna"):
            return nearest
        _, _, back = self.fnames(to, nearest)
        again = self.text.op(f"fpext {small} {back[0]} to {ty}")
        error = self.from_float(source, ty, self.text.op(f"fsub {ty} {names[0]}, {again}"), (a,))
        # an overflow to infinity (error -inf or inf) steps back to the largest number, as it should
        if source is F64:
            sign = self.narrow(F32, error, "rn") if to.bits == 32 else error
            tiny = self.compare(F64, "ne", error, self.const(F64, 0.0))
            unit = self.copysign(F32, sign, self.const(F32, 1.0))
            sign = self.select(B32, tiny, unit, self.const(F32, 0.0))
            return self._nudge(F32, nearest, sign, rnd)
        return self._nudge_small(to, nearest, error, rnd)

    def _nudge_small(self, to: ScalarType, nearest: Value, error: Value, rnd: str) -> Value:
        unit = self.copysign(F32, error, self.const(F32, 1.0))
        some = self.compare(F32, "ne", error, self.const(F32, 0.0))
        sign = self.select(B32, some, unit, self.const(F32, 0.0))
        return self._nudge(to, nearest, self.narrow(to, sign, "rn"), rnd)

    def _odd32(self, a: Value) -> Value:
        """f64 to f32 rounded to odd."""
        cut = self.narrow(F32, a, "rz")
        inexact = self.compare(F64, "ne", self._to64(cut), a)
        return self.simple("or", cut, self.select(U32, inexact, self.const(U32, 1), self.const(U32, 0)))

    # -- bf16 -----------------------------------------------------------------------------------------------------------------------

    def _bf16_directed(self, a: Value, rnd: str) -> Value:
        """f32 to bf16: the low 16 bits go. What is added before says which way."""
        if rnd in ("", "rn", "rna"):
            even = self.simple("and", self.shr(U32, a, self.const(U32, 16)), self.const(U32, 1))
            bump = self.simple("add", even, self.const(U32, 0x7FFF))
        elif rnd == "rz":
            bump = self.const(U32, 0)
        else:
            toward = self.compare(
                SCALARS["s32"], "lt" if rnd == "rm" else "ge", a, self.const(SCALARS["s32"], 0)
            )
            bump = self.select(U32, toward, self.const(U32, 0xFFFF), self.const(U32, 0))
        moved = self.simple("add", a, bump)
        nan = self.compare(F32, "nan", a, a)
        moved = self.select(U32, nan, self.const(U32, 0x7FFF0000), moved)
        return self.widen(SCALARS["u16"], U32, self.shr(U32, moved, self.const(U32, 16)))

    def _bf16_wide(self, a: Value) -> Value:
        return self.shl(U32, self.widen(U32, SCALARS["u16"], a), self.const(U32, 16))

    def _halves(self, t: ScalarType, *values: Value) -> list[tuple[Value, ...]]:
        """The elements: one tuple, or the low and the high one of packed values."""
        if t.lanes == 1:
            return [values]
        parts = [self.unpack(SCALARS["b16"], v, t.lanes) for v in values]
        return list(zip(*parts, strict=True))

    def _joined(self, t: ScalarType, parts: list[Value]) -> Value:
        return parts[0] if t.lanes == 1 else self.pack(B32, parts)

    def _bf16(self, opcode: str, t: ScalarType, *values: Value) -> Value:
        """In f32, whose 24 bits make the second rounding harmless for one addition, product or quotient."""
        found = []
        for parts in self._halves(t, *values):
            wide = [self._bf16_wide(p) for p in parts]
            ty, _, names = self.fnames(F32, *wide)
            result = self.text.op(f"{opcode} {ty} {', '.join(names)}")
            found.append(self.narrow(BF16, self.from_float(F32, ty, result, tuple(wide)), "rn"))
        return self._joined(t, found)

    def _bf16_call(self, stem: str, t: ScalarType, *values: Value) -> Value:
        """An intrinsic in f32: LLVM would do the same, but come back by the processor's conversion."""
        found = []
        for parts in self._halves(t, *values):
            wide = self.fcall(stem, F32, *[self._bf16_wide(p) for p in parts])
            found.append(self.narrow(BF16, wide, "rn"))
        return self._joined(t, found)

    def _half_fma(self, t: ScalarType, a: Value, b: Value, c: Value) -> Value:
        """The product is exact when computed wide (f32 for f16, f64 for bf16); the sum is rounded to odd there, then once more."""
        return self._joined(t, [self._one_half_fma(t, *parts) for parts in self._halves(t, a, b, c)])

    def _one_half_fma(self, t: ScalarType, a: Value, b: Value, c: Value) -> Value:
        if self._element(t) == "f16":
            wide = F32
            x, y, z = (self._f16_wide(v) for v in (a, b, c))
        else:
            wide = F64
            x, y, z = (self._to64(self._bf16_wide(v)) for v in (a, b, c))
        ty, _, names = self.fnames(wide, x, y)
        product = self.from_float(wide, ty, self.text.op(f"fmul {ty} {', '.join(names)}"), (x, y))
        odd = self._to_odd(wide, *self._two_sum(product, z, wide))
        return self.narrow(F16 if wide is F32 else BF16, odd, "rn")

    def _f16_wide(self, a: Value) -> Value:
        ty, count, names = self.fnames(F16, a)
        wide = self._ftype(F32, count)
        return self.from_float(F32, wide, self.text.op(f"fpext {ty} {names[0]} to {wide}"), (a,))
