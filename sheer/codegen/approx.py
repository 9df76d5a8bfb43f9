"""PTX's approximate functions (ex2, lg2, sin, cos, tanh, rcp, rsqrt, sqrt) as polynomials over lanes. In: a Value. Out: a Value within PTX's
documented error. Coefficients: least-squares fits on Chebyshev nodes, reweighted towards the minimax solution (relative errors 2^-29
for ex2, 2^-37 for lg2, 2^-34 for sin and cos before rounding).
"""

from __future__ import annotations

from sheer.base.errors import Unsupported
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.floats import F32, F64
from sheer.codegen.rounding import RoundingLanes
from sheer.codegen.value import Value

B32, S32, U32 = SCALARS["b32"], SCALARS["s32"], SCALARS["u32"]
_EX2 = (
    1.0,
    0.6931472057372636,
    0.24022646890623459,
    0.05550328776972563,
    0.009618488958263146,
    0.0013399931216820406,
    0.00015345811694075166,
)
_LG2 = (2.8853900817900833, 0.9617966733499461, 0.5770835832881469, 0.411672825854308, 0.3407280269016112)
_SIN = (-0.16666666663915858, 0.00833333188347351, -0.00019840089752822977, 2.7250216197889116e-06)
_COS = (0.04166666666720601, -0.001388887851254537, 2.4795655694289346e-05, -2.671737493274437e-07)
_TWO_OVER_PI = 0.6366197723675814
_HALF_PI = (
    1.5707962512969971,
    7.5497894158615964e-08,
    5.390302858158119e-15,
)  # pi/2 in three floats, high to low


class ApproxLanes(RoundingLanes):
    """Approximate functions."""

    def _f(self, value: float) -> Value:
        return self.const(F32, value)

    def _poly(self, x: Value, coefficients: tuple[float, ...]) -> Value:
        result = self._f(coefficients[-1])
        for c in coefficients[-2::-1]:
            result = self.fma(F32, result, x, self._f(c))
        return result

    def fapprox(self, t: ScalarType, function: str, a: Value, ftz: bool = False) -> Value:
        """rcp rsqrt sqrt sin cos ex2 lg2 tanh."""
        if self._element(t) in ("f16", "bf16"):
            return self.flush(t, self._half_approx(t, function, self.flush(t, a, ftz)), ftz)
        a = self.flush(t, a, ftz)
        if t.bits == 64:
            result = self._approx64(function, a)
        else:
            result = getattr(self, f"_{function}")(a)
        return self.flush(t, result, ftz)

    def _half_approx(self, t: ScalarType, function: str, a: Value) -> Value:
        """In f32, rounded once."""
        if t.lanes == 2:
            element = SCALARS[t.element]
            parts = [self._half_approx(element, function, part) for part in self.unpack(SCALARS["b16"], a, 2)]
            return self.pack(B32, parts)
        wide = self.convert(F32, t, a)
        return self.convert(t, F32, self.fapprox(F32, function, wide), "rn")

    def _approx64(self, function: str, a: Value) -> Value:
        one = self.const(F64, 1.0)
        if function == "rcp":
            return self.fdiv(F64, one, a)
        if function in ("sqrt", "rsqrt"):
            root = self.fsqrt(F64, a)
            return root if function == "sqrt" else self.fdiv(F64, one, root)
        raise Unsupported(f"{function}.approx.f64 is not in PTX")

    def _rcp(self, a: Value) -> Value:
        """The processor's estimate and one Newton step; where that gives NaN (0, infinity) the estimate is right."""
        if not self.has_avx512 or a.uniform:
            return self.fdiv(F32, self._f(1.0), a)
        guess = self._estimate("rcp14", a)
        rest = self.fma(F32, self.fneg(F32, a), guess, self._f(1.0))
        return self._unless_nan(self.fma(F32, guess, rest, guess), guess)

    def _sqrt(self, a: Value) -> Value:
        return self.fsqrt(F32, a)

    def _rsqrt(self, a: Value) -> Value:
        if not self.has_avx512 or a.uniform:
            return self.fdiv(F32, self._f(1.0), self.fsqrt(F32, a))
        guess = self._estimate("rsqrt14", a)
        rest = self.fma(F32, self.fneg(F32, self.fmul(F32, a, guess)), guess, self._f(1.0))
        return self._unless_nan(self.fma(F32, self.fmul(F32, guess, self._f(0.5)), rest, guess), guess)

    def _unless_nan(self, value: Value, other: Value) -> Value:
        return self.select(B32, self.compare(F32, "nan", value, value), other, value)

    def _estimate(self, function: str, a: Value) -> Value:
        """vrcp14ps, vrsqrt14ps: 14 good bits, 16 lanes at a time."""
        ty, count, names = self.fnames(F32, a)
        half = "<16 x float>"
        parts = []
        for first in range(0, count, 16):
            indices = ", ".join(f"i32 {first + i}" for i in range(16))
            part = self.text.op(f"shufflevector {ty} {names[0]}, {ty} poison, <16 x i32> <{indices}>")
            parts.append(
                self.text.intrinsic(
                    f"llvm.x86.avx512.{function}.ps.512",
                    half,
                    [(half, part), (half, "zeroinitializer"), ("i16", "-1")],
                )
            )
        size = 16
        while len(parts) > 1:
            indices = ", ".join(f"i32 {i}" for i in range(2 * size))
            parts = [
                self.text.op(
                    f"shufflevector <{size} x float> {x}, <{size} x float> {y}, <{2 * size} x i32> <{indices}>"
                )
                for x, y in zip(parts[::2], parts[1::2], strict=True)
            ]
            size *= 2
        return self.from_float(F32, ty, parts[0], (a,))

    def _ex2(self, a: Value) -> Value:
        """2**n * 2**f with f in [-1/2, 1/2]; the scale is applied in two halves so that results may be subnormal."""
        x = self.fmin(F32, self.fmax(F32, a, self._f(-160.0)), self._f(160.0))
        n = self.fcall("rint", F32, x)
        power = self._poly(self.fsub(F32, x, n), _EX2)
        whole = self.convert(S32, F32, n, "rzi")
        half = self.shr(S32, whole, self.const(U32, 1))
        rest = self.sub(S32, whole, half)
        result = self.fmul(F32, self.fmul(F32, power, self._scale(half)), self._scale(rest))
        return self.select(B32, self.compare(F32, "nan", a, a), a, result)

    def _scale(self, exponent: Value) -> Value:
        return self.shl(U32, self.simple("add", exponent, self.const(S32, 127)), self.const(U32, 23))

    def _lg2(self, a: Value) -> Value:
        """log2 of x = m * 2**e, m in [sqrt(1/2), sqrt(2)): a polynomial in (m - 1) / (m + 1)."""
        tiny = self.compare(U32, "lt", a, self.const(U32, 0x00800000))
        scaled = self.select(B32, tiny, self.fmul(F32, a, self._f(2.0**24)), a)
        offset = self.simple("sub", scaled, self.const(U32, 0x3F3504F3))
        exponent = self.shr(S32, offset, self.const(U32, 23))
        mantissa = self.simple("sub", scaled, self.shl(U32, exponent, self.const(U32, 23)))
        s = self.fdiv(F32, self.fsub(F32, mantissa, self._f(1.0)), self.fadd(F32, mantissa, self._f(1.0)))
        exponent = self.sub(S32, exponent, self.select(S32, tiny, self.const(S32, 24), self.const(S32, 0)))
        result = self.fma(
            F32, s, self._poly(self.fmul(F32, s, s), _LG2), self.convert(F32, S32, exponent, "rn")
        )
        zero = self.compare(F32, "eq", a, self._f(0.0))
        result = self.select(B32, zero, self._f(float("-inf")), result)
        result = self.select(B32, self.compare(F32, "eq", a, self._f(float("inf"))), a, result)
        wrong = self.compare(F32, "ltu", a, self._f(0.0))
        return self.select(B32, wrong, self.const(B32, 0x7FFFFFFF), result)

    def _sin(self, a: Value) -> Value:
        return self._sine(a, 0)

    def _cos(self, a: Value) -> Value:
        return self._sine(a, 1)

    def _sine(self, a: Value, quarter: int) -> Value:
        """Reduced by multiples of pi/2 in three steps; good to about 2**-21 absolute in [-pi, pi] and usable to about 1e5."""
        n = self.fcall("rint", F32, self.fmul(F32, a, self._f(_TWO_OVER_PI)))
        r = a
        for part in _HALF_PI:
            r = self.fma(F32, n, self._f(-part), r)
        which = self.simple("add", self.convert(S32, F32, n, "rzi"), self.const(S32, quarter))
        square = self.fmul(F32, r, r)
        sine = self.fma(F32, self.fmul(F32, r, square), self._poly(square, _SIN), r)
        cosine = self.fma(
            F32,
            self.fmul(F32, square, square),
            self._poly(square, _COS),
            self.fma(F32, square, self._f(-0.5), self._f(1.0)),
        )
        odd = self.compare(U32, "ne", self.simple("and", which, self.const(U32, 1)), self.const(U32, 0))
        result = self.select(B32, odd, cosine, sine)
        sign = self.shl(U32, self.simple("and", which, self.const(U32, 2)), self.const(U32, 30))
        result = self.simple("xor", result, sign)
        infinite = self.compare(F32, "eq", self.fabs(F32, a), self._f(float("inf")))
        return self.select(B32, infinite, self.const(B32, 0x7FFFFFFF), result)

    def _tanh(self, a: Value) -> Value:
        """1 - 2 / (e**2x + 1), and an odd polynomial where that would cancel."""
        size = self.fabs(F32, a)
        power = self._ex2(self.fmul(F32, size, self._f(2.8853900817779268)))
        large = self.fsub(
            F32, self._f(1.0), self.fdiv(F32, self._f(2.0), self.fadd(F32, power, self._f(1.0)))
        )
        square = self.fmul(F32, a, a)
        small = self.fma(
            F32, self.fmul(F32, size, square), self._poly(square, (-1 / 3, 2 / 15, -17 / 315)), size
        )
        value = self.select(B32, self.compare(F32, "lt", size, self._f(0.25)), small, large)
        return self.copysign(F32, a, value)
