"""Rows: integer arithmetic (PTX ISA 9.7.1, 9.7.2)."""

from sheer.base.types import SCALARS
from sheer.isa.row import op

U32, S32, U64 = SCALARS["u32"], SCALARS["s32"], SCALARS["u64"]


def _mad(k, t, mode, a, b, c, sat=False):
    """mul then add, at the width that the mode gives."""
    if mode == "wide":
        return k.add(SCALARS[f"{t.kind}{t.bits * 2}"], k.mul_wide(t, a, b), c)
    product = k.mul_hi(t, a, b) if mode == "hi" else k.mul(t, a, b)
    return k.add(t, product, c, sat=sat)


op("""add{.sat}.<s32>  d a b
      add.<s16|u16|s32|u32|s64|u64>  d a b
      add.<s16x2|u16x2>  d a b""",
   emit=lambda k, m, a, b: k.add(m.type, a, b, sat=getattr(m, "sat", False)), section="9.7.1.1")
op("""sub{.sat}.<s32>  d a b
      sub.<s16|u16|s32|u32|s64|u64>  d a b
      sub.<s16x2|u16x2>  d a b""",
   emit=lambda k, m, a, b: k.sub(m.type, a, b, sat=getattr(m, "sat", False)), section="9.7.1.2")
op("""mul.mode:lo|hi.<s16|u16|s32|u32|s64|u64>  d a b""",
   emit=lambda k, m, a, b: k.mul_hi(m.type, a, b) if m.mode == "hi" else k.mul(m.type, a, b), section="9.7.1.3")
op("""mul.wide.<s16|u16|s32|u32>  d:wide a b""", emit=lambda k, m, a, b: k.mul_wide(m.type, a, b), section="9.7.1.3")
op("""mad.hi.sat.<s32>  d a b c""", emit=lambda k, m, a, b, c: _mad(k, m.type, "hi", a, b, c, True), section="9.7.1.4")
op("""mad.mode:lo|hi.<s16|u16|s32|u32|s64|u64>  d a b c""",
   emit=lambda k, m, a, b, c: _mad(k, m.type, m.mode, a, b, c), section="9.7.1.4")
op("""mad.wide.<s16|u16|s32|u32>  d:wide a b c:wide""",
   emit=lambda k, m, a, b, c: _mad(k, m.type, "wide", a, b, c), section="9.7.1.4")


def _mul24(k, t, mode, a, b):
    """Product of the low 24 bits: bits 0..31 (lo) or 16..47 (hi)."""
    wide = SCALARS[f"{t.kind}64"]
    eight = k.const(U32, 8)
    a, b = (k.widen(wide, t, k.shr(t, k.shl(t, v, eight), eight)) for v in (a, b))
    product = k.mul(wide, a, b)
    if mode == "hi":
        product = k.shr(wide, product, k.const(U32, 16))
    return k.widen(t, wide, product)


op("""mul24.mode:lo|hi.<s32|u32>  d a b""", emit=lambda k, m, a, b: _mul24(k, m.type, m.mode, a, b), section="9.7.1.5")
op("""mad24.hi.sat.<s32>  d a b c""",
   emit=lambda k, m, a, b, c: k.add(m.type, _mul24(k, m.type, "hi", a, b), c, sat=True), section="9.7.1.6")
op("""mad24.mode:lo|hi.<s32|u32>  d a b c""",
   emit=lambda k, m, a, b, c: k.add(m.type, _mul24(k, m.type, m.mode, a, b), c), section="9.7.1.6")
op("""sad.<s16|u16|s32|u32|s64|u64>  d a b c""",
   emit=lambda k, m, a, b, c: k.add(m.type, c, k.sub(m.type, k.max(m.type, a, b), k.min(m.type, a, b))), section="9.7.1.7")
op("""div.<s16|u16|s32|u32|s64|u64>  d a b""", emit=lambda k, m, a, b: k.div(m.type, a, b), work="division",
   section="9.7.1.8")
op("""rem.<s16|u16|s32|u32|s64|u64>  d a b""", emit=lambda k, m, a, b: k.rem(m.type, a, b), work="division",
   section="9.7.1.9")
op("""abs.<s16|s32|s64>  d a""", emit=lambda k, m, a: k.abs(m.type, a), section="9.7.1.10")
op("""neg.<s16|s32|s64>  d a""", emit=lambda k, m, a: k.neg(m.type, a), section="9.7.1.11")


def _relu(k, t, v, relu):
    return k.max(t, v, k.const(t, 0)) if relu else v


op("""min{.relu}.<s32>  d a b
      min.<s16|u16|u32|s64|u64|u16x2|s16x2>  d a b""",
   emit=lambda k, m, a, b: _relu(k, m.type, k.min(m.type, a, b), getattr(m, "relu", False)), section="9.7.1.12")
op("""max{.relu}.<s32>  d a b
      max.<s16|u16|u32|s64|u64|u16x2|s16x2>  d a b""",
   emit=lambda k, m, a, b: _relu(k, m.type, k.max(m.type, a, b), getattr(m, "relu", False)), section="9.7.1.13")
op("""popc.<b32|b64>  d:u32 a""", emit=lambda k, m, a: k.popc(m.type, a), section="9.7.1.14")
op("""clz.<b32|b64>  d:u32 a""", emit=lambda k, m, a: k.clz(m.type, a), section="9.7.1.15")


def _bfind(k, t, shiftamt, a):
    """Position of the highest bit that differs from the sign (or is set); all ones if there is none."""
    kind = SCALARS[f"u{t.bits}"]
    if t.kind == "s":
        a = k.xor(kind, a, k.shr(t, a, k.const(U32, t.bits - 1)))
    zeros = k.clz(kind, a)
    position = zeros if shiftamt else k.sub(U32, k.const(U32, t.bits - 1), zeros)
    return k.select(U32, k.compare(kind, "eq", a, k.const(kind, 0)), k.const(U32, 0xFFFFFFFF), position)


op("""bfind{.shiftamt}.<s32|u32|s64|u64>  d:u32 a""", emit=lambda k, m, a: _bfind(k, m.type, m.shiftamt, a),
   section="9.7.1.16")
op("""brev.<b32|b64>  d a""", emit=lambda k, m, a: k.brev(m.type, a), section="9.7.1.18")


def _bfe(k, t, a, b, c):
    """Field of c bits from bit b, extended by its sign for signed types."""
    kind = SCALARS[f"u{t.bits}"]
    full = k.const(U32, t.bits)
    start = k.and_(U32, b, k.const(U32, 255))
    length = k.and_(U32, c, k.const(U32, 255))
    shifted = k.shr(t, a, start)
    if t.kind != "s":
        keep = k.sub(kind, k.shl(kind, k.const(kind, 1), length), k.const(kind, 1))
        return k.and_(kind, shifted, keep)
    up = k.sub(U32, full, k.min(U32, length, full))
    inside = k.sub(U32, k.const(U32, t.bits), k.min(U32, start, k.const(U32, t.bits)))
    up = k.max(U32, up, k.sub(U32, full, k.min(U32, k.max(U32, inside, k.const(U32, 1)), full)))
    up = k.min(U32, k.sub(U32, full, k.min(U32, length, full)), full)
    field = k.shr(t, k.shl(t, shifted, up), up)
    return k.select(t, k.compare(U32, "eq", length, k.const(U32, 0)), k.const(t, 0), field)


op("""bfe.<s32|u32|s64|u64>  d a b:u32 c:u32""", emit=lambda k, m, a, b, c: _bfe(k, m.type, a, b, c), section="9.7.1.19")


def _bfi(k, t, a, b, c, d):
    """c..c+d bits of b replaced by the low bits of a."""
    kind = SCALARS[f"u{t.bits}"]
    start = k.and_(U32, c, k.const(U32, 255))
    length = k.and_(U32, d, k.const(U32, 255))
    ones = k.sub(kind, k.shl(kind, k.const(kind, 1), length), k.const(kind, 1))
    mask = k.shl(kind, ones, start)
    return k.or_(kind, k.and_(kind, k.shl(kind, a, start), mask), k.and_(kind, b, k.not_(kind, mask)))


op("""bfi.<b32|b64>  d a b c:u32 e:u32""", emit=lambda k, m, a, b, c, e: _bfi(k, m.type, a, b, c, e), section="9.7.1.20")


def _bmsk(k, clamp, a, b):
    if not clamp:
        a, b = (k.and_(U32, v, k.const(U32, 31)) for v in (a, b))
    ones = k.sub(U32, k.shl(U32, k.const(U32, 1), b), k.const(U32, 1))
    return k.shl(U32, ones, a)


op("""bmsk.mode:clamp|wrap.<b32>  d a b""", emit=lambda k, m, a, b: _bmsk(k, m.mode == "clamp", a, b), section="9.7.1.22")


def _szext(k, t, clamp, a, n):
    n = k.and_(U32, n, k.const(U32, 31)) if not clamp else k.min(U32, n, k.const(U32, 32))
    up = k.sub(U32, k.const(U32, 32), n)
    result = k.shr(t, k.shl(t, a, up), up)
    return k.select(t, k.compare(U32, "eq", n, k.const(U32, 0)), k.const(t, 0), result)


op("""szext.mode:clamp|wrap.<s32|u32>  d a b:u32""",
   emit=lambda k, m, a, b: _szext(k, m.type, m.mode == "clamp", a, b), section="9.7.1.21")


def _dot(k, a_type, b_type, a, b, c, width, first, count):
    """Sum of products of packed fields; a's are `width` bits, b's are bytes from field `first` on."""
    wide = SCALARS["s32"]
    total = c
    for i in range(count):
        x = _field(k, a_type, a, i * width, width)
        y = _field(k, b_type, b, (first + i) * 8, 8)
        total = k.add(wide, total, k.mul(wide, x, y))
    return total


def _field(k, t, v, start, width):
    up = k.shl(U32, v, k.const(U32, 32 - start - width))
    return k.shr(t, up, k.const(U32, 32 - width))


op("""dp4a.<u32|s32>.<u32|s32>  d:b32 a:b32 b:b32 c:b32""",
   emit=lambda k, m, a, b, c: _dot(k, m.type, m.type2, a, b, c, 8, 0, 4), section="9.7.1.23")
op("""dp2a.mode:lo|hi.<u32|s32>.<u32|s32>  d:b32 a:b32 b:b32 c:b32""",
   emit=lambda k, m, a, b, c: _dot(k, m.type, m.type2, a, b, c, 16, 0 if m.mode == "lo" else 2, 2), section="9.7.1.24")


def _add_carry(k, t, a, b, carry, out):
    """a + b + carry; sets the condition code if asked."""
    kind = SCALARS[f"u{t.bits}"]
    total = k.add(kind, a, b)
    over = k.compare(kind, "lt", total, a)
    if carry is not None:
        wide = k.widen(kind, U32, carry)
        again = k.add(kind, total, wide)
        over = k.or_(SCALARS["pred"], over, k.compare(kind, "lt", again, total))
        total = again
    if out:
        k.set_carry(k.widen(U32, SCALARS["pred"], over))
    return total


def _sub_borrow(k, t, a, b, borrow, out):
    kind = SCALARS[f"u{t.bits}"]
    result = k.sub(kind, a, b)
    under = k.compare(kind, "lt", a, b)
    if borrow is not None:
        wide = k.widen(kind, U32, borrow)
        under = k.or_(SCALARS["pred"], under, k.compare(kind, "lt", result, wide))
        result = k.sub(kind, result, wide)
    if out:
        k.set_carry(k.widen(U32, SCALARS["pred"], under))
    return result


op("""add.cc.<u32|s32|u64|s64>  d a b""", emit=lambda k, m, a, b: _add_carry(k, m.type, a, b, None, True), section="9.7.2.1")
op("""addc{.cc}.<u32|s32|u64|s64>  d a b""",
   emit=lambda k, m, a, b: _add_carry(k, m.type, a, b, k.carry_in(), m.cc), section="9.7.2.2")
op("""sub.cc.<u32|s32|u64|s64>  d a b""", emit=lambda k, m, a, b: _sub_borrow(k, m.type, a, b, None, True), section="9.7.2.3")
op("""subc{.cc}.<u32|s32|u64|s64>  d a b""",
   emit=lambda k, m, a, b: _sub_borrow(k, m.type, a, b, k.carry_in(), m.cc), section="9.7.2.4")


def _product(k, t, mode, a, b):
    kind = SCALARS[f"{t.kind}{t.bits}"]
    return k.mul_hi(kind, a, b) if mode == "hi" else k.mul(kind, a, b)


op("""mad.mode:lo|hi.cc.<u32|s32|u64|s64>  d a b c""",
   emit=lambda k, m, a, b, c: _add_carry(k, m.type, _product(k, m.type, m.mode, a, b), c, None, True), section="9.7.2.5")
op("""madc.mode:lo|hi{.cc}.<u32|s32|u64|s64>  d a b c""",
   emit=lambda k, m, a, b, c: _add_carry(k, m.type, _product(k, m.type, m.mode, a, b), c, k.carry_in(), m.cc),
   section="9.7.2.6")
