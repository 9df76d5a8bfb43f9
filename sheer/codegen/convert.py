"""The lane vocabulary over LLVM IR: cvt between all scalar types. In: a Value of one type. Out: a Value of another."""

from __future__ import annotations

from sheer.base.errors import Unsupported
from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.approx import ApproxLanes
from sheer.codegen.floats import BF16, F32, F64
from sheer.codegen.text import int_type
from sheer.codegen.value import Value

_TO_INTEGER = {"rni": "roundeven", "rzi": "trunc", "rmi": "floor", "rpi": "ceil"}


class ConvertLanes(ApproxLanes):
    """Conversions."""

    def convert(
        self,
        to: ScalarType,
        t: ScalarType,
        a: Value,
        rnd: str = "",
        ftz: bool = False,
        sat: bool = False,
        relu: bool = False,
    ) -> Value:
        if t.is_float and to.is_float:
            return self._float_to_float(to, t, a, rnd, ftz, sat, relu)
        if t.is_float:
            return self._float_to_int(to, t, self.flush(t, a, ftz and t.bits == 32), rnd)
        if to.is_float:
            return self.saturate(to, self._int_to_float(to, t, a, rnd), sat)
        return self._int_to_int(to, t, a, sat)

    def _int_to_int(self, to: ScalarType, t: ScalarType, a: Value, sat: bool) -> Value:
        if sat:
            low, high = max(to.low, t.low), min(to.high, t.high)
            if low > t.low:
                a = self.max(t, a, self.const(t, low))
            if high < t.high:
                a = self.min(t, a, self.const(t, high))
        return self.widen(to, t, a)

    # -- integers and floats ---------------------------------------------------------------------------------------------

    def _float_to_int(self, to: ScalarType, t: ScalarType, a: Value, rnd: str) -> Value:
        """Out-of-range values saturate; NaN gives 0, or, where f64 or 64 bits are involved, only the top bit."""
        nan_is_low = t.bits == 64 or to.bits == 64
        if t.bits == 16:
            a, t = self._float_to_float(F32, t, a, "", False, False, False), F32
        if rnd and rnd != "rzi":
            a = self.fcall(_TO_INTEGER[rnd], t, a)
        if not self.is_uniform(a):
            return self._lanes_to_int(to, t, a, nan_is_low)
        ty, _, names = self.fnames(t, a)
        stem = "fptosi" if to.kind == "s" else "fptoui"
        result = self.text.intrinsic(
            f"llvm.{stem}.sat.i{to.bits}.{t.name}", int_type(to.bits, 1), [(ty, names[0])]
        )
        found = self.made(to.bits, result, (a,))
        if not nan_is_low:
            return found
        kind = SCALARS[f"u{to.bits}"]
        return self.select(kind, self.compare(t, "nan", a, a), self.const(kind, 1 << (to.bits - 1)), found)

    def _lanes_to_int(self, to: ScalarType, t: ScalarType, a: Value, nan_is_low: bool) -> Value:
        """The same for vectors. LLVM takes its saturating conversion lane by lane, so: what is out of range goes aside first."""
        wide, zero = SCALARS[f"b{t.bits}"], self.float_const(t, 0.0)
        below_high = self.compare(t, "lt", a, self.float_const(t, float(to.high + 1)))
        from_low = self.compare(t, "ge", a, self.float_const(t, float(to.low)))
        inside = self.select(wide, below_high, self.select(wide, from_low, a, zero), zero)
        ty, count, names = self.fnames(t, inside)
        word, bits = "fptosi" if to.kind == "s" else "fptoui", max(to.bits, 32)
        result = self.text.op(f"{word} {ty} {names[0]} to {int_type(bits, count)}")
        found = self.widen(to, SCALARS[f"{to.kind}{bits}"], self.made(bits, result, (inside,)))
        kind = SCALARS[f"u{to.bits}"]
        least, for_nan = to.low & (1 << to.bits) - 1, 1 << (to.bits - 1) if nan_is_low else 0
        found = self.select(kind, from_low, found, self.const(kind, least))
        if for_nan != least:
            found = self.select(kind, self.compare(t, "nan", a, a), self.const(kind, for_nan), found)
        above = self.compare(t, "ge", a, self.float_const(t, float(to.high + 1)))
        return self.select(kind, above, self.const(kind, to.high), found)

    def _int_to_float(self, to: ScalarType, t: ScalarType, a: Value, rnd: str) -> Value:
        if rnd not in ("", "rn") and t.bits > 16:
            return self._int_to_float_directed(to, t, a, rnd)
        if to.bits == 16:
            wide = self._int_to_float_odd(t, a)
            return self._float_to_float(to, F64, wide, rnd or "rn", False, False, False)
        return self._int_cast(to, t, a)

    def _int_cast(self, to: ScalarType, t: ScalarType, a: Value) -> Value:
        source, _, names = self.names(a)
        count = 1 if a.uniform else self.n
        ty = self._ftype(to, count)
        word = "sitofp" if t.kind == "s" else "uitofp"
        return self.from_float(to, ty, self.text.op(f"{word} {source} {names[0]} to {ty}"), (a,))

    def _int_to_float_odd(self, t: ScalarType, a: Value) -> Value:
        """Any integer as f64, rounded to odd (exact up to 53 bits), so that a second rounding is right."""
        if t.bits <= 32:
            return self._int_cast(F64, t, a)
        kind = SCALARS[f"u{t.bits}"]
        low = self.simple("and", a, self.const(kind, 0x7FF))
        sticky = self.select(
            kind,
            self.compare(kind, "ne", low, self.const(kind, 0)),
            self.const(kind, 0x800),
            self.const(kind, 0),
        )
        cut = self.simple(
            "or",
            self.simple("and", a, self.const(kind, ~0xFFF & ((1 << 64) - 1))),
            self.simple("or", self.simple("and", a, self.const(kind, 0x800)), sticky),
        )
        magnitude = self.abs(SCALARS["s64"], a) if t.kind == "s" else a
        small = self.compare(kind, "lt", magnitude, self.const(kind, 1 << 53))
        return self._int_cast(F64, t, self.select(kind, small, a, cut))

    def _int_to_float_directed(self, to: ScalarType, t: ScalarType, a: Value, rnd: str) -> Value:
        if to.bits < 64:
            return self._float_to_float(to, F64, self._int_to_float_odd(t, a), rnd, False, False, False)
        if t.bits <= 32:
            return self._int_cast(F64, t, a)
        half = SCALARS[f"{t.kind}32"]  # both halves are exact in f64, and so is the error of their sum
        high = self._int_cast(F64, half, self.widen(half, t, self.shr(t, a, self.const(SCALARS["u32"], 32))))
        low = self._int_cast(F64, SCALARS["u32"], self.widen(SCALARS["u32"], t, a))
        nearest, error = self._two_sum(self._op64("fmul", high, self.const(F64, 2.0**32)), low)
        return self._nudge(F64, nearest, error, rnd)

    # -- floats ---------------------------------------------------------------------------------------------------------------

    def _float_to_float(
        self, to: ScalarType, t: ScalarType, a: Value, rnd: str, ftz: bool, sat: bool, relu: bool
    ) -> Value:
        a = self.flush(t, a, ftz and t.bits == 32)  # of f32 alone: f16 keeps its subnormal numbers
        if to.name == "tf32":
            return self._relu(F32, self._to_tf32(a, rnd), relu)
        if rnd in _TO_INTEGER:  # rounding to an integral value in floating point
            result = self.fcall(_TO_INTEGER[rnd], t, a) if t.bits > 16 else self._half_round(t, a, rnd)
        else:
            result = a
        if to.bits > t.bits or (to.bits == 16 and t.bits == 16 and to.name != t.name):
            result = self._wider(to, t, result, rnd)
        elif to.bits < t.bits:
            result = self._narrower(to, t, result, rnd)
        result = self._relu(to, self.saturate(to, result, sat), relu)
        return self.flush(to, result, ftz) if to.bits == 32 else result

    def _half_round(self, t: ScalarType, a: Value, rnd: str) -> Value:
        wide = self.fcall(_TO_INTEGER[rnd], F32, self._wider(F32, t, a))
        return self._narrower(t, F32, wide, "rn")

    def _wider(self, to: ScalarType, t: ScalarType, a: Value, rnd: str = "rn") -> Value:
        if to.bits == 16:  # f16 <-> bf16
            return self._narrower(to, F32, self._wider(F32, t, a), rnd)
        if t is BF16:
            wide = self.shl(
                SCALARS["u32"], self.widen(SCALARS["u32"], SCALARS["u16"], a), self.const(SCALARS["u32"], 16)
            )
            return wide if to.bits == 32 else self._wider(to, F32, wide)
        ty, count, names = self.fnames(t, a)
        wide_type = self._ftype(to, count)
        return self.from_float(to, wide_type, self.text.op(f"fpext {ty} {names[0]} to {wide_type}"), (a,))

    def _narrower(self, to: ScalarType, t: ScalarType, a: Value, rnd: str) -> Value:
        if rnd in _TO_INTEGER:
            rnd = "rn"
        if to.bits == 32:
            return self.narrow(F32, a, rnd)
        if to.bits == 16:
            return self.narrow(to, a, rnd)
        raise Unsupported(f"conversion from {t.name} to {to.name} is not supported yet")

    def _to_tf32(self, a: Value, rnd: str) -> Value:
        """10 bits of fraction kept: to nearest (rn: ties to even, rna: away), or toward zero."""
        u32 = SCALARS["u32"]
        keep = self.const(u32, 0xFFFFE000)
        half = self.const(u32, 0x1000 if rnd != "rz" else 0)
        if rnd == "rn":
            even = self.simple("and", self.shr(u32, a, self.const(u32, 13)), self.const(u32, 1))
            half = self.simple("add", even, self.const(u32, 0xFFF))
        rounded = self.simple("and", self.simple("add", a, half), keep)
        special = self.compare(
            u32, "ge", self.simple("and", a, self.const(u32, 0x7F800000)), self.const(u32, 0x7F800000)
        )
        return self.select(u32, special, a, rounded)
