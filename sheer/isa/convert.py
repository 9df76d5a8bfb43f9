"""Rows: conversions (PTX ISA 9.7.9.21-22)."""

from sheer.base.types import SCALARS
from sheer.isa import exact
from sheer.isa.row import op

_INT = "u8|u16|u32|u64|s8|s16|s32|s64"
_RND = ".rnd:rn|rz|rm|rp"
_WHOLE = "rnd:rni|rzi|rmi|rpi"
F32, B32, B16 = SCALARS["f32"], SCALARS["b32"], SCALARS["b16"]


def _flags(m):
    """rounding, ftz, sat, relu: those that the form has."""
    return getattr(m, "rnd", "") or "", *(bool(getattr(m, name, False)) for name in ("ftz", "sat", "relu"))


# integers; float to integer; integer to float; wider; the same width, perhaps to an integral value; narrower
op(f"""cvt{{.sat}}.<{_INT}>.<{_INT}>  d a:type2
       cvt.{_WHOLE}{{.ftz}}{{.sat}}.<{_INT}>.<f32>  d a:type2
       cvt.{_WHOLE}{{.sat}}.<{_INT}>.<f16|bf16|f64>  d a:type2
       cvt{_RND}{{.ftz}}{{.sat}}.<f32>.<{_INT}>  d a:type2
       cvt{_RND}{{.sat}}.<f16|bf16|f64>.<{_INT}>  d a:type2
       cvt{{.ftz}}{{.sat}}.<f32>.<f16|bf16>  d a:type2
       cvt{{.ftz}}{{.sat}}.<f64>.<f32>  d a:type2
       cvt{{.sat}}.<f64>.<f16|bf16>  d a:type2
       cvt{{.{_WHOLE}}}{{.ftz}}{{.sat}}.<f32>.<f32>  d a:type2
       cvt{{.{_WHOLE}}}{{.sat}}.<f16>.<f16>  d a:type2
       cvt{{.{_WHOLE}}}{{.sat}}.<bf16>.<bf16>  d a:type2
       cvt{{.{_WHOLE}}}{{.sat}}.<f64>.<f64>  d a:type2
       cvt{_RND}{{.ftz}}{{.sat}}.<f32>.<f64>  d a:type2
       cvt{_RND}{{.ftz}}{{.sat}}.<f16>.<f32>  d a:type2
       cvt{_RND}{{.sat}}.<bf16>.<f32>  d a:type2
       cvt{_RND}{{.sat}}.<f16|bf16>.<f64>  d a:type2
       cvt{_RND}{{.sat}}.<bf16>.<f16>  d a:type2
       cvt{_RND}{{.sat}}.<f16>.<bf16>  d a:type2
       cvt.rnd:rn|rz.relu.<f16|bf16>.<f32>  d a:type2
       cvt.rnd:rn|rz|rna{{.relu}}.<tf32>.<f32>  d a:type2""",
   emit=lambda k, m, a: k.convert(m.type, m.type2, a, *_flags(m)),
   ref=lambda m, a: exact.convert(m.type, m.type2, a, *_flags(m)), section="9.7.9.21")


def _pair(k, m, a, b):
    """Two f32 into a packed pair; a goes to the high half."""
    element = SCALARS[m.type.element]
    parts = [k.convert(element, F32, v, m.rnd, relu=m.relu) for v in (b, a)]
    return k.pack(B32, parts)


op("""cvt.rnd:rn|rz{.relu}.<f16x2|bf16x2>.<f32>  d a:type2 b:type2""", emit=_pair,
   ref=lambda m, a, b: exact.join(m.type, [exact.convert(SCALARS[m.type.element], F32, v, m.rnd, clamp=bool(m.relu))
                                           for v in (b, a)]), section="9.7.9.21")


def _pack(k, m, a, b, *c):
    """a and b saturated and packed, a in the high half; with c: its low bits move up and the pair goes below."""
    width, word, whole = m.type.bits, SCALARS["u32"], m.type2
    mask = k.const(word, (1 << width) - 1)
    if width < 8:
        low, high = (k.max(whole, k.min(whole, v, k.const(whole, m.type.high)), k.const(whole, m.type.low)) for v in (b, a))
    else:
        low, high = (k.widen(word, SCALARS[f"u{width}"], k.convert(m.type, whole, v, sat=True)) for v in (b, a))
    parts = [k.and_(word, v, mask) for v in (low, high)]
    pair = k.or_(word, parts[0], k.shl(word, parts[1], k.const(word, width)))
    if not c:
        return pair
    return k.or_(word, pair, k.shl(word, *c, k.const(word, 2 * width)))


op("""cvt.pack.sat.<u16|s16>.<s32>  d:b32 a:type2 b:type2
      cvt.pack.sat.<u8|s8|u4|s4>.<s32>.b32  d:b32 a:type2 b:type2 c:b32""", emit=_pack,
   ref=lambda m, a, b, c=0: _ref_pack(m.type, a, b, c), section="9.7.9.22")


def _ref_pack(t, a, b, c):
    mask = (1 << t.bits) - 1
    return ((c << 2 * t.bits) | (t.clamp(a) & mask) << t.bits | (t.clamp(b) & mask)) & 0xFFFFFFFF
