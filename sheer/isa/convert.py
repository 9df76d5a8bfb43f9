"""Rows: conversions (PTX ISA 9.7.9.21-22)."""

from sheer.base.types import SCALARS
from sheer.isa import exact
from sheer.isa.row import op

_INT = "u8|u16|u32|u64|s8|s16|s32|s64"
_FLOAT = "f16|bf16|f32|f64"
_RND = "{.rnd:rn|rz|rm|rp|rna|rni|rzi|rmi|rpi}"
F32, B32, B16 = SCALARS["f32"], SCALARS["b32"], SCALARS["b16"]


def _cvt(k, m, a):
    return k.convert(m.type, m.type2, a, m.rnd, getattr(m, "ftz", False), getattr(m, "sat", False),
                     getattr(m, "relu", False))


op(f"""cvt{_RND}{{.ftz}}{{.sat}}.<{_INT}|{_FLOAT}>.<{_INT}|{_FLOAT}>  d a:type2
       cvt{_RND}{{.relu}}{{.sat}}.<f16|bf16>.<f32>  d a:type2
       cvt{_RND}{{.satfinite}}{{.relu}}.<tf32>.<f32>  d a:type2
       cvt{_RND}.relu.<f16|bf16|tf32>.<f32>  d a:type2""", emit=_cvt,
   ref=lambda m, a: exact.convert(m.type, m.type2, a, m.rnd, getattr(m, "ftz", False), getattr(m, "sat", False),
                                  bool(getattr(m, "relu", False))), section="9.7.9.21")


def _pair(k, m, a, b):
    """Two f32 into a packed pair; a goes to the high half."""
    element = SCALARS[m.type.element]
    parts = [k.convert(element, F32, v, m.rnd, relu=getattr(m, "relu", False)) for v in (b, a)]
    return k.pack(B32, parts)


op(f"""cvt{_RND}{{.relu}}{{.satfinite}}.<f16x2|bf16x2>.<f32>  d a:type2 b:type2""", emit=_pair,
   ref=lambda m, a, b: exact.join(m.type, [exact.convert(SCALARS[m.type.element], F32, v, m.rnd, clamp=bool(m.relu))
                                           for v in (b, a)]), section="9.7.9.21")


def _pack(k, m, a, b, c=None):
    """a and b saturated and packed, a in the high half; with c: its low bits move up and the pair goes below."""
    low, high = k.convert(m.type, m.type2, b, sat=True), k.convert(m.type, m.type2, a, sat=True)
    width = m.type.bits
    word = SCALARS["u32"]
    mask = k.const(word, (1 << width) - 1)
    unsigned = SCALARS[f"u{width}"]
    parts = [k.and_(word, k.widen(word, unsigned, v), mask) for v in (low, high)]
    pair = k.or_(word, parts[0], k.shl(word, parts[1], k.const(word, width)))
    if c is None:
        return pair
    return k.or_(word, pair, k.shl(word, c, k.const(word, 2 * width)))


op("""cvt.pack.sat.<u16|s16>.<s32>  d:b32 a:type2 b:type2
      cvt.pack.sat.<u8|s8>.<s32>.b32  d:b32 a:type2 b:type2 c:b32""", emit=_pack,
   ref=lambda m, a, b, c=0: _ref_pack(m.type, a, b, c), section="9.7.9.22")


def _ref_pack(t, a, b, c):
    mask = (1 << t.bits) - 1
    return ((c << 2 * t.bits) | (t.clamp(a) & mask) << t.bits | (t.clamp(b) & mask)) & 0xFFFFFFFF
