"""The lane vocabulary over LLVM IR, floating-point part. In: Values holding bits. Out: Values holding bits.

No fast-math flag is ever set: what PTX does not contract stays apart. Directed rounding, and bf16, are in rounding.py.
"""

from __future__ import annotations

import struct

from sheer.base.types import SCALARS, ScalarType
from sheer.codegen.lanes import IntegerLanes
from sheer.codegen.text import FLOAT_NAMES, int_type
from sheer.codegen.value import Value

F16, BF16, F32, F64 = (SCALARS[n] for n in ("f16", "bf16", "f32", "f64"))
B32, B64, S32, S64, U64 = (SCALARS[n] for n in ("b32", "b64", "s32", "s64", "u64"))
_QUIET = {"f16": 0x7FFF, "bf16": 0x7FFF, "f32": 0x7FFFFFFF, "f64": 0x7FF8000000000000}


def float_bits(name: str, value: float) -> int:
    """The bits of a Python float in a PTX type, rounded to nearest."""
    if name == "f64":
        return struct.unpack("<Q", struct.pack("<d", value))[0]
    if name == "f16":
        return struct.unpack("<H", struct.pack("<e", value))[0]
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    if name == "bf16":
        return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    return bits


class FloatLanes(IntegerLanes):
    """Floating-point vocabulary."""

    ftz_by_mode = False  # the whole kernel runs with denormals flushed: no code for .ftz

    # -- forms -------------------------------------------------------------------------------------------------------------

    def _count(self, values: tuple[Value, ...], t: ScalarType) -> int:
        return (1 if self.is_uniform(*values) else self.n) * t.lanes

    def _element(self, t: ScalarType) -> str:
        return t.element or ("f32" if t.name == "tf32" else t.name)

    def _ftype(self, t: ScalarType, count: int) -> str:
        name = FLOAT_NAMES[self._element(t)]
        return name if count == 1 else f"<{count} x {name}>"

    def fnames(self, t: ScalarType, *values: Value) -> tuple[str, int, list[str]]:
        """(LLVM type, element count, operand names) in floating-point form."""
        count = self._count(values, t)
        uniform = self.is_uniform(*values)
        ty = self._ftype(t, count)
        names = []
        for value in values:
            found = value.forms.get(ty)
            if found is None:
                source = int_type(value.bits, 1 if uniform else self.n)
                found = self.text.op(
                    f"bitcast {source} {value.scalar if uniform else self.vec(value)} to {ty}"
                )
                value.forms[ty] = found
            names.append(found)
        return ty, count, names

    def from_float(self, t: ScalarType, ty: str, name: str, like: tuple[Value, ...]) -> Value:
        """A Value of the bits of a floating-point result."""
        uniform = self.is_uniform(*like)
        bits = int_type(t.bits, 1 if uniform else self.n)
        result = self.made(t.bits, self.text.op(f"bitcast {ty} {name} to {bits}"), like)
        result.forms[ty] = name
        return result

    def float_const(self, t: ScalarType, value: float) -> Value:
        return self.const(SCALARS[f"b{t.bits}"], float_bits(self._element(t), value))

    def fcall(self, stem: str, t: ScalarType, *values: Value) -> Value:
        """An LLVM intrinsic of floating-point values."""
        if self._element(t) == "bf16":
            return self._bf16_call(stem, t, *values)
        ty, count, names = self.fnames(t, *values)
        name = FLOAT_NAMES[self._element(t)]
        short = {"half": "f16", "bfloat": "bf16", "float": "f32", "double": "f64"}[name]
        suffix = short if count == 1 else f"v{count}{short}"
        result = self.text.intrinsic(f"llvm.{stem}.{suffix}", ty, [(ty, n) for n in names])
        return self.from_float(t, ty, result, values)

    # -- flushing, saturating ------------------------------------------------------------------------------------------------

    def flush(self, t: ScalarType, a: Value, ftz: bool) -> Value:
        """Subnormal f32 (or f16) to zero of the same sign."""
        if not ftz or self.ftz_by_mode or self._element(t) not in ("f32", "f16"):
            return a
        if t.lanes > 1:
            element = SCALARS[t.element]
            return self.pack(
                B32, [self.flush(element, part, ftz) for part in self.unpack(element, a, t.lanes)]
            )
        kind = SCALARS[f"u{t.bits}"]
        sign_bit = 1 << (t.bits - 1)
        least = 0x00800000 if t.bits == 32 else 0x0400
        magnitude = self.simple("and", a, self.const(kind, sign_bit - 1))
        small = self.compare(kind, "lt", magnitude, self.const(kind, least))
        return self.select(kind, small, self.simple("and", a, self.const(kind, sign_bit)), a)

    def saturate(self, t: ScalarType, a: Value, sat: bool) -> Value:
        """Clamp to [0, 1]; NaN gives +0."""
        if not sat:
            return a
        zero, one = self._packed_const(t, 0.0), self._packed_const(t, 1.0)
        return self.fcall("minimumnum", t, self.fcall("maximumnum", t, a, zero), one)

    def _packed_const(self, t: ScalarType, value: float) -> Value:
        bits = float_bits(self._element(t), value)
        if t.lanes == 2:
            bits |= bits << (t.bits // 2)
        return self.const(SCALARS[f"b{t.bits}"], bits)

    def _relu(self, t: ScalarType, a: Value, relu: bool) -> Value:
        """Negative numbers to +0; a NaN stays one."""
        return self.fcall("maximum", t, a, self._packed_const(t, 0.0)) if relu else a

    # where one rounding needs more than one operation: see rounding.py

    def _bf16(self, opcode: str, t: ScalarType, *values: Value) -> Value:
        raise NotImplementedError

    def _bf16_call(self, stem: str, t: ScalarType, *values: Value) -> Value:
        raise NotImplementedError

    def _half_fma(self, t: ScalarType, a: Value, b: Value, c: Value) -> Value:
        raise NotImplementedError

    def _directed(self, opcode: str, t: ScalarType, values: list[Value], rnd: str) -> Value:
        raise NotImplementedError

    # -- arithmetic ------------------------------------------------------------------------------------------------------------

    def _arith(self, opcode: str, t: ScalarType, a: Value, b: Value, rnd: str, ftz: bool, sat: bool) -> Value:
        a, b = self.flush(t, a, ftz), self.flush(t, b, ftz)
        if self._element(t) == "bf16":
            result = self._bf16(opcode, t, a, b)
        elif rnd in ("", "rn") or t.lanes > 1 or t.bits == 16:
            ty, _, names = self.fnames(t, a, b)
            result = self.from_float(t, ty, self.text.op(f"{opcode} {ty} {names[0]}, {names[1]}"), (a, b))
        else:
            result = self._directed(opcode, t, [a, b], rnd)
        return self.saturate(t, self.flush(t, result, ftz), sat)

    def fadd(
        self, t: ScalarType, a: Value, b: Value, rnd: str = "", ftz: bool = False, sat: bool = False
    ) -> Value:
        return self._arith("fadd", t, a, b, rnd, ftz, sat)

    def fsub(
        self, t: ScalarType, a: Value, b: Value, rnd: str = "", ftz: bool = False, sat: bool = False
    ) -> Value:
        return self._arith("fsub", t, a, b, rnd, ftz, sat)

    def fmul(
        self, t: ScalarType, a: Value, b: Value, rnd: str = "", ftz: bool = False, sat: bool = False
    ) -> Value:
        return self._arith("fmul", t, a, b, rnd, ftz, sat)

    def fma(
        self,
        t: ScalarType,
        a: Value,
        b: Value,
        c: Value,
        rnd: str = "",
        ftz: bool = False,
        sat: bool = False,
        relu: bool = False,
    ) -> Value:
        a, b, c = (self.flush(t, v, ftz) for v in (a, b, c))
        if self._element(t) in ("f16", "bf16"):
            result = self._half_fma(t, a, b, c)
        elif rnd in ("", "rn"):
            result = self.fcall("fma", t, a, b, c)
        else:
            result = self._directed("fma", t, [a, b, c], rnd)
        return self._relu(t, self.saturate(t, self.flush(t, result, ftz), sat), relu)

    def fdiv(self, t: ScalarType, a: Value, b: Value, rnd: str = "", ftz: bool = False) -> Value:
        return self._arith("fdiv", t, a, b, rnd, ftz, False)

    def fsqrt(self, t: ScalarType, a: Value, rnd: str = "", ftz: bool = False) -> Value:
        a = self.flush(t, a, ftz)
        if rnd in ("", "rn"):
            return self.flush(t, self.fcall("sqrt", t, a), ftz)
        return self.flush(t, self._directed("sqrt", t, [a], rnd), ftz)

    def fneg(self, t: ScalarType, a: Value, ftz: bool = False) -> Value:
        a = self.flush(t, a, ftz)
        ty, _, names = self.fnames(t, a)
        return self.from_float(t, ty, self.text.op(f"fneg {ty} {names[0]}"), (a,))

    def fabs(self, t: ScalarType, a: Value, ftz: bool = False) -> Value:
        return self.fcall("fabs", t, self.flush(t, a, ftz))

    def _extreme(
        self, least: bool, t: ScalarType, a: Value, b: Value, ftz: bool, nan: bool, xorsign_abs: bool
    ) -> Value:
        a, b = self.flush(t, a, ftz), self.flush(t, b, ftz)
        word = "min" if least else "max"
        if not xorsign_abs:
            return self.fcall(f"{word}imum" if nan else f"{word}imumnum", t, a, b)
        sign = self.simple("xor", a, b)
        size = self.fcall(
            f"{word}imum" if nan else f"{word}imumnum", t, self.fcall("fabs", t, a), self.fcall("fabs", t, b)
        )
        return self.copysign(t, sign, size)

    def fmin(
        self,
        t: ScalarType,
        a: Value,
        b: Value,
        ftz: bool = False,
        nan: bool = False,
        xorsign_abs: bool = False,
    ) -> Value:
        return self._extreme(True, t, a, b, ftz, nan, xorsign_abs)

    def fmax(
        self,
        t: ScalarType,
        a: Value,
        b: Value,
        ftz: bool = False,
        nan: bool = False,
        xorsign_abs: bool = False,
    ) -> Value:
        return self._extreme(False, t, a, b, ftz, nan, xorsign_abs)

    def copysign(self, t: ScalarType, sign: Value, magnitude: Value) -> Value:
        return self.fcall("copysign", t, magnitude, sign)

    # -- comparing ---------------------------------------------------------------------------------------------------------------

    _RELATION = {
        "eq": "oeq",
        "ne": "one",
        "lt": "olt",
        "le": "ole",
        "gt": "ogt",
        "ge": "oge",
        "equ": "ueq",
        "neu": "une",
        "ltu": "ult",
        "leu": "ule",
        "gtu": "ugt",
        "geu": "uge",
        "num": "ord",
        "nan": "uno",
    }

    def float_compare(self, t: ScalarType, relation: str, a: Value, b: Value, ftz: bool) -> Value:
        a, b = self.flush(t, a, ftz), self.flush(t, b, ftz)
        ty, _, names = self.fnames(t, a, b)
        return self.made(
            1, self.text.op(f"fcmp {self._RELATION[relation]} {ty} {names[0]}, {names[1]}"), (a, b)
        )

    def testp(self, t: ScalarType, what: str, a: Value) -> Value:
        mask = {
            "finite": 0x1F8,
            "infinite": 0x204,
            "number": 0x3FC,
            "notanumber": 0x3,
            "normal": 0x108,
            "subnormal": 0x90,
        }
        ty, count, names = self.fnames(t, a)
        result = "i1" if count == 1 else f"<{count} x i1>"
        suffix = t.name if count == 1 else f"v{count}{t.name}"
        name = self.text.intrinsic(
            f"llvm.is.fpclass.{suffix}", result, [(ty, names[0]), ("i32", str(mask[what]))]
        )
        return self.made(1, name, (a,))
