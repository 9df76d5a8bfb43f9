"""Rows: comparing and selecting (PTX ISA 9.7.5, 9.7.6)."""

from sheer.base.types import SCALARS
from sheer.isa import exact
from sheer.isa.row import op

PRED, U32, F32 = SCALARS["pred"], SCALARS["u32"], SCALARS["f32"]
_INT = "eq|ne|lt|le|gt|ge|lo|ls|hi|hs"
_FLOAT = "eq|ne|lt|le|gt|ge|equ|neu|ltu|leu|gtu|geu|num|nan"
_WIDE = "b16|b32|b64|u16|u32|u64|s16|s32|s64"


def _combine(k, how, p, q):
    return {"and": k.and_, "or": k.or_, "xor": k.xor}[how](PRED, p, q)


# Operands that a form may leave out come as *c: a value in the lane vocabulary can be anything, even None.


def _setp(k, m, a, b, *c):
    """(result, its opposite), each combined with c if there is one."""
    hit = k.compare(m.type, m.rel, a, b, getattr(m, "ftz", False))
    miss = k.not_(PRED, hit)
    if c:
        hit, miss = _combine(k, m.bool, hit, *c), _combine(k, m.bool, miss, *c)
    return hit, miss


def _holds(t, m, a, b, c=None):
    """The relation, combined with c if there is one."""
    if m.rel in ("lo", "ls", "hi", "hs"):
        full = (1 << t.bits) - 1
        hit = exact.compare({"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"}[m.rel], a & full, b & full)
    else:
        ftz = getattr(m, "ftz", False)
        hit = exact.compare(m.rel, exact.flush(t, a, ftz), exact.flush(t, b, ftz)) if t.is_float \
            else exact.compare(m.rel, a, b)
    return _joined(m, hit, c)


def _joined(m, hit, c):
    if c is None:
        return hit
    return {"and": hit and c, "or": hit or c, "xor": hit != c}[m.bool]


def _ref_setp(m, a, b, c=None):
    hit = _holds(m.type, m, a, b)
    return _joined(m, hit, c), _joined(m, not hit, c)


op(f"""setp.rel:{_INT}.<{_WIDE}>  d:pred|q a b
       setp.rel:{_FLOAT}{{.ftz}}.<f32|f64|f16|bf16>  d:pred|q a b
       setp.rel:{_INT}.bool:and|or|xor.<{_WIDE}>  d:pred|q a b c:pred
       setp.rel:{_FLOAT}.bool:and|or|xor{{.ftz}}.<f32|f64|f16|bf16>  d:pred|q a b c:pred""",
   emit=_setp, ref=_ref_setp, section="9.7.5.2")


def _setp2(k, m, a, b, *c):
    """Both halves of a packed comparison."""
    element = SCALARS[m.type.element]
    half = SCALARS["b16"]
    found = [k.compare(element, m.rel, x, y, getattr(m, "ftz", False))
             for x, y in zip(k.unpack(half, a, 2), k.unpack(half, b, 2), strict=True)]
    return tuple(_combine(k, m.bool, p, *c) if c else p for p in found)


def _ref_halves(t, m, a, b, c):
    """The relation on each half."""
    element = SCALARS[t.element]
    return [_holds(element, m, x, y, c) for x, y in zip(exact.halves(t, a), exact.halves(t, b), strict=True)]


op(f"""setp.rel:{_FLOAT}{{.ftz}}.<f16x2|bf16x2>  d:pred|q a b
       setp.rel:{_FLOAT}.bool:and|or|xor{{.ftz}}.<f16x2|bf16x2>  d:pred|q a b c:pred""", emit=_setp2,
   ref=lambda m, a, b, c=None: tuple(_ref_halves(m.type, m, a, b, c)), section="9.7.6.2")


def _truth(k, t, p):
    """True as all ones, or as 1.0."""
    if t.is_float:
        return k.select(SCALARS[f"b{t.bits}"], p, k.const(t, 1.0), k.const(t, 0.0))
    return k.select(t, p, k.const(t, -1 if t.kind == "s" else (1 << t.bits) - 1), k.const(t, 0))


def _set(k, m, a, b, *c):
    hit = k.compare(m.type2, m.rel, a, b, getattr(m, "ftz", False))
    return _truth(k, m.type, _combine(k, m.bool, hit, *c) if c else hit)


def _ref_truth(t, hit):
    if t.is_float:
        return float(hit)
    return t.wrap(-1 if hit else 0)


op(f"""set.rel:{_INT}.<u32|s32|f32>.<{_WIDE}>  d a:type2 b:type2
       set.rel:{_FLOAT}{{.ftz}}.<u32|s32|f32|u16|s16|f16|bf16>.<f32|f64|f16|bf16>  d a:type2 b:type2
       set.rel:{_INT}.bool:and|or|xor.<u32|s32|f32>.<{_WIDE}>  d a:type2 b:type2 c:pred
       set.rel:{_FLOAT}.bool:and|or|xor{{.ftz}}.<u32|s32|f32|u16|s16|f16|bf16>.<f32|f64|f16|bf16>  d a:type2 b:type2 c:pred""",
   emit=_set, ref=lambda m, a, b, c=None: _ref_truth(m.type, _holds(m.type2, m, a, b, c)), section="9.7.5.1")


def _set2(k, m, a, b, *c):
    """Packed: each half all ones (u16x2) or 1.0 (f16x2)."""
    element, half = SCALARS[m.type2.element], SCALARS["b16"]
    target = SCALARS[m.type.element] if m.type.element else SCALARS["u16"]
    parts = []
    for x, y in zip(k.unpack(half, a, 2), k.unpack(half, b, 2), strict=True):
        hit = k.compare(element, m.rel, x, y, getattr(m, "ftz", False))
        parts.append(_truth(k, target, _combine(k, m.bool, hit, *c) if c else hit))
    return k.pack(SCALARS["b32"], parts)


op(f"""set.rel:{_FLOAT}{{.ftz}}.<f16x2|bf16x2|u32|s32|u16x2|s16x2>.<f16x2|bf16x2>  d:b32 a:type2 b:type2
       set.rel:{_FLOAT}.bool:and|or|xor{{.ftz}}.<f16x2|bf16x2|u32|s32>.<f16x2|bf16x2>  d:b32 a:type2 b:type2 c:pred""",
   emit=_set2, ref=lambda m, a, b, c=None: _ref_set2(m, a, b, c), section="9.7.6.1")


def _ref_set2(m, a, b, c):
    packed = m.type if m.type.lanes == 2 else SCALARS["u16x2"]
    return exact.join(packed, [_ref_truth(SCALARS[packed.element], hit) for hit in _ref_halves(m.type2, m, a, b, c)])


op(f"""selp.<{_WIDE}|f32|f64|f16|bf16>  d a b c:pred""",
   emit=lambda k, m, a, b, c: k.select(SCALARS[f"b{m.type.bits}"], c, a, b), ref=lambda m, a, b, c: a if c else b,
   section="9.7.5.3")


def _slct(k, m, a, b, c):
    """a where c >= 0 (a NaN is not)."""
    hit = k.compare(m.type2, "ge", c, k.const(m.type2, 0.0 if m.type2.is_float else 0), getattr(m, "ftz", False))
    return k.select(SCALARS[f"b{m.type.bits}"], hit, a, b)


op(f"""slct.<{_WIDE}|f32|f64>.<s32>  d a b c:type2
       slct{{.ftz}}.<{_WIDE}|f32|f64>.<f32>  d a b c:type2""", emit=_slct,
   ref=lambda m, a, b, c: a if (exact.flush(m.type2, c, m.ftz) if m.type2.is_float else c) >= 0 else b, section="9.7.5.4")
