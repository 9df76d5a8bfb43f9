"""Rows: integer arithmetic (PTX ISA 9.7.1, 9.7.2)."""

from sheer.base.types import SCALARS
from sheer.isa.exact import each
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
   emit=lambda k, m, a, b: k.add(m.type, a, b, sat=getattr(m, "sat", False)),
   ref=lambda m, a, b: m.type.clamp(a + b) if getattr(m, "sat", False) else each(m.type, lambda t, x, y: t.wrap(x + y), a, b),
   section="9.7.1.1")
op("""sub{.sat}.<s32>  d a b
      sub.<s16|u16|s32|u32|s64|u64>  d a b
      sub.<s16x2|u16x2>  d a b""",
   emit=lambda k, m, a, b: k.sub(m.type, a, b, sat=getattr(m, "sat", False)),
   ref=lambda m, a, b: m.type.clamp(a - b) if getattr(m, "sat", False) else each(m.type, lambda t, x, y: t.wrap(x - y), a, b),
   section="9.7.1.2")
def _part(t, mode, product):
    """The low or the high half of a product of twice the width."""
    return t.wrap(product >> t.bits if mode == "hi" else product)


op("""mul.mode:lo|hi.<s16|u16|s32|u32|s64|u64>  d a b""",
   emit=lambda k, m, a, b: k.mul_hi(m.type, a, b) if m.mode == "hi" else k.mul(m.type, a, b),
   ref=lambda m, a, b: _part(m.type, m.mode, a * b), section="9.7.1.3")
op("""mul.wide.<s16|u16|s32|u32>  d:wide a b""", emit=lambda k, m, a, b: k.mul_wide(m.type, a, b),
   ref=lambda m, a, b: a * b, section="9.7.1.3")
op("""mad.hi.sat.<s32>  d a b c""", emit=lambda k, m, a, b, c: _mad(k, m.type, "hi", a, b, c, True),
   ref=lambda m, a, b, c: m.type.clamp((a * b >> 32) + c), section="9.7.1.4")
op("""mad.mode:lo|hi.<s16|u16|s32|u32|s64|u64>  d a b c""",
   emit=lambda k, m, a, b, c: _mad(k, m.type, m.mode, a, b, c),
   ref=lambda m, a, b, c: m.type.wrap(_part(m.type, m.mode, a * b) + c), section="9.7.1.4")
op("""mad.wide.<s16|u16|s32|u32>  d:wide a b c:wide""",
   emit=lambda k, m, a, b, c: _mad(k, m.type, "wide", a, b, c),
   ref=lambda m, a, b, c: SCALARS[f"{m.type.kind}{m.type.bits * 2}"].wrap(a * b + c), section="9.7.1.4")


def _mul24(k, t, mode, a, b):
    """Product of the low 24 bits: bits 0..31 (lo) or 16..47 (hi)."""
    wide = SCALARS[f"{t.kind}64"]
    eight = k.const(U32, 8)
    a, b = (k.widen(wide, t, k.shr(t, k.shl(t, v, eight), eight)) for v in (a, b))
    product = k.mul(wide, a, b)
    if mode == "hi":
        product = k.shr(wide, product, k.const(U32, 16))
    return k.widen(t, wide, product)


def _low24(t, v):
    """The low 24 bits, with their sign for signed types."""
    v &= 0xFFFFFF
    return v - (1 << 24) if t.kind == "s" and v >> 23 else v


def _ref24(m, a, b):
    product = _low24(m.type, a) * _low24(m.type, b)
    return m.type.wrap(product >> 16 if getattr(m, "mode", "hi") == "hi" else product)


op("""mul24.mode:lo|hi.<s32|u32>  d a b""", emit=lambda k, m, a, b: _mul24(k, m.type, m.mode, a, b), ref=_ref24,
   section="9.7.1.5")
op("""mad24.hi.sat.<s32>  d a b c""",
   emit=lambda k, m, a, b, c: k.add(m.type, _mul24(k, m.type, "hi", a, b), c, sat=True),
   ref=lambda m, a, b, c: m.type.clamp(_ref24(m, a, b) + c), section="9.7.1.6")
op("""mad24.mode:lo|hi.<s32|u32>  d a b c""",
   emit=lambda k, m, a, b, c: k.add(m.type, _mul24(k, m.type, m.mode, a, b), c),
   ref=lambda m, a, b, c: m.type.wrap(_ref24(m, a, b) + c), section="9.7.1.6")
op("""sad.<s16|u16|s32|u32|s64|u64>  d a b c""",
   emit=lambda k, m, a, b, c: k.add(m.type, c, k.sub(m.type, k.max(m.type, a, b), k.min(m.type, a, b))),
   ref=lambda m, a, b, c: m.type.wrap(c + abs(a - b)), section="9.7.1.7")


def _quotient(a, b):
    """Toward zero."""
    size = abs(a) // abs(b)
    return size if (a < 0) == (b < 0) else -size


op("""div.<s16|u16|s32|u32|s64|u64>  d a b""", emit=lambda k, m, a, b: k.div(m.type, a, b),
   ref=lambda m, a, b: m.type.wrap(_quotient(a, b) if b else -1), work="division", section="9.7.1.8",
   note="by zero: all ones")
op("""rem.<s16|u16|s32|u32|s64|u64>  d a b""", emit=lambda k, m, a, b: k.rem(m.type, a, b),
   ref=lambda m, a, b: a - b * _quotient(a, b) if b else a, work="division", section="9.7.1.9",
   note="by zero: the dividend")
op("""abs.<s16|s32|s64>  d a""", emit=lambda k, m, a: k.abs(m.type, a), ref=lambda m, a: m.type.wrap(abs(a)),
   section="9.7.1.10")
op("""neg.<s16|s32|s64>  d a""", emit=lambda k, m, a: k.neg(m.type, a), ref=lambda m, a: m.type.wrap(-a),
   section="9.7.1.11")


def _relu(k, t, v, relu):
    return k.max(t, v, k.const(t, 0)) if relu else v


def _ref_extreme(choose, m, a, b):
    floor = 0 if getattr(m, "relu", False) else None
    return each(m.type, lambda t, x, y: choose(x, y) if floor is None else max(choose(x, y), floor), a, b)


op("""min{.relu}.<s32|s16x2>  d a b
      min.<s16|u16|u32|s64|u64|u16x2>  d a b""",
   emit=lambda k, m, a, b: _relu(k, m.type, k.min(m.type, a, b), getattr(m, "relu", False)),
   ref=lambda m, a, b: _ref_extreme(min, m, a, b), section="9.7.1.12")
op("""max{.relu}.<s32|s16x2>  d a b
      max.<s16|u16|u32|s64|u64|u16x2>  d a b""",
   emit=lambda k, m, a, b: _relu(k, m.type, k.max(m.type, a, b), getattr(m, "relu", False)),
   ref=lambda m, a, b: _ref_extreme(max, m, a, b), section="9.7.1.13")
op("""popc.<b32|b64>  d:u32 a""", emit=lambda k, m, a: k.popc(m.type, a), ref=lambda m, a: a.bit_count(), section="9.7.1.14")
op("""clz.<b32|b64>  d:u32 a""", emit=lambda k, m, a: k.clz(m.type, a), ref=lambda m, a: m.type.bits - a.bit_length(),
   section="9.7.1.15")


def _bfind(k, t, shiftamt, a):
    """Position of the highest bit that differs from the sign (or is set); all ones if there is none."""
    kind = SCALARS[f"u{t.bits}"]
    if t.kind == "s":
        a = k.xor(kind, a, k.shr(t, a, k.const(U32, t.bits - 1)))
    zeros = k.clz(kind, a)
    position = zeros if shiftamt else k.sub(U32, k.const(U32, t.bits - 1), zeros)
    return k.select(U32, k.compare(kind, "eq", a, k.const(kind, 0)), k.const(U32, 0xFFFFFFFF), position)


def _ref_bfind(m, a):
    found = (~a if a < 0 else a).bit_length() - 1
    if found < 0:
        return 0xFFFFFFFF
    return m.type.bits - 1 - found if m.shiftamt else found


op("""bfind{.shiftamt}.<s32|u32|s64|u64>  d:u32 a""", emit=lambda k, m, a: _bfind(k, m.type, m.shiftamt, a), ref=_ref_bfind,
   section="9.7.1.16")


def _fns(k, mask, base, offset):
    """The |offset|-th set bit of mask from position base on, upwards (offset > 0) or downwards; all ones if there is none.
    Five halvings: at each, the count of bits in the lower half says in which half the wanted bit is.
    """
    s32, zero = SCALARS["s32"], k.const(U32, 0)
    down = k.compare(s32, "lt", offset, zero)
    # downwards is upwards on the mirror image
    mask, base = k.select(U32, down, k.brev(U32, mask), mask), k.select(U32, down, k.sub(U32, k.const(U32, 31), base), base)
    rest = k.and_(U32, mask, k.shl(U32, k.const(U32, 0xFFFFFFFF), base))
    wanted = k.max(U32, k.abs(s32, offset), k.const(U32, 1))
    found, position = k.compare(U32, "ge", k.popc(U32, rest), wanted), zero
    for half in (16, 8, 4, 2, 1):
        low = k.popc(U32, k.and_(U32, k.shr(U32, rest, position), k.const(U32, (1 << half) - 1)))
        above = k.compare(U32, "lt", low, wanted)
        wanted = k.sub(U32, wanted, k.select(U32, above, low, zero))
        position = k.add(U32, position, k.select(U32, above, k.const(U32, half), zero))
    position = k.select(U32, down, k.sub(U32, k.const(U32, 31), position), position)
    # offset 0 asks for the bit at base itself
    at_base = k.compare(U32, "ne", k.and_(U32, k.shr(U32, mask, base), k.const(U32, 1)), zero)
    is_zero = k.compare(U32, "eq", offset, zero)
    found = k.select(SCALARS["pred"], is_zero, at_base, found)
    return k.select(U32, found, k.select(U32, is_zero, base, position), k.const(U32, 0xFFFFFFFF))


def _ref_fns(m, mask, base, offset):
    places = range(base, 32) if offset >= 0 else range(base, -1, -1)
    if offset == 0:
        return base if mask >> base & 1 else 0xFFFFFFFF
    hits = [p for p in places if mask >> p & 1]
    return hits[abs(offset) - 1] if len(hits) >= abs(offset) else 0xFFFFFFFF


op("""fns.<b32>  d a b c:s32""", emit=lambda k, m, a, b, c: _fns(k, a, b, c), ref=_ref_fns, section="9.7.1.17",
   note="base is below 32")
op("""brev.<b32|b64>  d a""", emit=lambda k, m, a: k.brev(m.type, a),
   ref=lambda m, a: int(format(a, f"0{m.type.bits}b")[::-1], 2), section="9.7.1.18")


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


def _ref_bfe(m, a, b, c):
    start, length = b & 255, c & 255
    top = m.type.bits - 1
    sign = 0 if m.type.kind == "u" or length == 0 else (a & ((1 << (top + 1)) - 1)) >> min(start + length - 1, top) & 1
    result = 0
    for i in range(top + 1):
        bit = (a >> (start + i)) & 1 if i < length and start + i <= top else sign
        result |= bit << i
    return m.type.wrap(result)


op("""bfe.<s32|u32|s64|u64>  d a b:u32 c:u32""", emit=lambda k, m, a, b, c: _bfe(k, m.type, a, b, c), ref=_ref_bfe,
   section="9.7.1.19")


def _bfi(k, t, a, b, c, d):
    """c..c+d bits of b replaced by the low bits of a."""
    kind = SCALARS[f"u{t.bits}"]
    start = k.and_(U32, c, k.const(U32, 255))
    length = k.and_(U32, d, k.const(U32, 255))
    ones = k.sub(kind, k.shl(kind, k.const(kind, 1), length), k.const(kind, 1))
    mask = k.shl(kind, ones, start)
    return k.or_(kind, k.and_(kind, k.shl(kind, a, start), mask), k.and_(kind, b, k.not_(kind, mask)))


def _ref_bfi(m, a, b, c, e):
    start, length = c & 255, e & 255
    for i in range(length):
        if start + i < m.type.bits:
            b = b & ~(1 << (start + i)) | (a >> i & 1) << (start + i)
    return b


op("""bfi.<b32|b64>  d a b c:u32 e:u32""", emit=lambda k, m, a, b, c, e: _bfi(k, m.type, a, b, c, e), ref=_ref_bfi,
   section="9.7.1.20")


def _bmsk(k, clamp, a, b):
    if not clamp:
        a, b = (k.and_(U32, v, k.const(U32, 31)) for v in (a, b))
    ones = k.sub(U32, k.shl(U32, k.const(U32, 1), b), k.const(U32, 1))
    return k.shl(U32, ones, a)


def _ref_bmsk(m, a, b):
    if m.mode == "wrap":
        a, b = a & 31, b & 31
    return sum(1 << i for i in range(min(a, 32), min(a + b, 32)))


op("""bmsk.mode:clamp|wrap.<b32>  d a b""", emit=lambda k, m, a, b: _bmsk(k, m.mode == "clamp", a, b), ref=_ref_bmsk,
   section="9.7.1.22")


def _szext(k, t, clamp, a, n):
    n = k.and_(U32, n, k.const(U32, 31)) if not clamp else k.min(U32, n, k.const(U32, 32))
    up = k.sub(U32, k.const(U32, 32), n)
    result = k.shr(t, k.shl(t, a, up), up)
    return k.select(t, k.compare(U32, "eq", n, k.const(U32, 0)), k.const(t, 0), result)


op("""szext.mode:clamp|wrap.<s32|u32>  d a b:u32""",
   emit=lambda k, m, a, b: _szext(k, m.type, m.mode == "clamp", a, b),
   ref=lambda m, a, b: _ref_szext(m.type, a, b & 31 if m.mode == "wrap" else min(b, 32)), section="9.7.1.21")


def _ref_szext(t, a, n):
    low = a & ((1 << n) - 1)
    return low - (1 << n) if t.kind == "s" and n and low >> (n - 1) else low


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


def _ref_dot(m, a, b, c, size, first):
    """a is split into fields of `size` bytes, b into bytes."""
    xs, ys = ((t.kind == "s", v.to_bytes(4, "little")) for t, v in ((m.type, a), (m.type2, b)))
    x = [int.from_bytes(xs[1][i:i + size], "little", signed=xs[0]) for i in range(0, 4, size)]
    y = [int.from_bytes(ys[1][i:i + 1], "little", signed=ys[0]) for i in range(first, first + len(x))]
    return (c + sum(p * q for p, q in zip(x, y, strict=True))) & 0xFFFFFFFF


op("""dp4a.<u32|s32>.<u32|s32>  d:b32 a:b32 b:b32 c:b32""",
   emit=lambda k, m, a, b, c: _dot(k, m.type, m.type2, a, b, c, 8, 0, 4),
   ref=lambda m, a, b, c: _ref_dot(m, a, b, c, 1, 0), section="9.7.1.23")
op("""dp2a.mode:lo|hi.<u32|s32>.<u32|s32>  d:b32 a:b32 b:b32 c:b32""",
   emit=lambda k, m, a, b, c: _dot(k, m.type, m.type2, a, b, c, 16, 0 if m.mode == "lo" else 2, 2),
   ref=lambda m, a, b, c: _ref_dot(m, a, b, c, 2, 0 if m.mode == "lo" else 2), section="9.7.1.24")


def _add_carry(k, t, a, b, carries, out):
    """a + b, and + the condition code if `carries`; sets it if `out`."""
    kind = SCALARS[f"u{t.bits}"]
    total = k.add(kind, a, b)
    over = k.compare(kind, "lt", total, a)
    if carries:
        wide = k.widen(kind, U32, k.carry_in())
        again = k.add(kind, total, wide)
        over = k.or_(SCALARS["pred"], over, k.compare(kind, "lt", again, total))
        total = again
    if out:
        k.set_carry(k.widen(U32, SCALARS["pred"], over))
    return total


def _sub_borrow(k, t, a, b, borrows, out):
    kind = SCALARS[f"u{t.bits}"]
    result = k.sub(kind, a, b)
    under = k.compare(kind, "lt", a, b)
    if borrows:
        wide = k.widen(kind, U32, k.carry_in())
        under = k.or_(SCALARS["pred"], under, k.compare(kind, "lt", result, wide))
        result = k.sub(kind, result, wide)
    if out:
        k.set_carry(k.widen(U32, SCALARS["pred"], under))
    return result


def _ref_carry(t, *terms):
    """The sum of unsigned terms, and the carry out of it. A mad whose sum has a carry of 2 can't be: products are cut first."""
    full = (1 << t.bits) - 1
    total = sum(v & full for v in terms)
    return t.wrap(total), total >> t.bits


def _ref_borrow(t, a, b, borrow):
    full = (1 << t.bits) - 1
    return t.wrap(a - b - borrow), int((a & full) < (b & full) + borrow)


op("""add.cc.<u32|s32|u64|s64>  d a b""", emit=lambda k, m, a, b: _add_carry(k, m.type, a, b, False, True),
   ref=lambda m, a, b, carry: _ref_carry(m.type, a, b), section="9.7.2.1")
op("""addc{.cc}.<u32|s32|u64|s64>  d a b""",
   emit=lambda k, m, a, b: _add_carry(k, m.type, a, b, True, m.cc),
   ref=lambda m, a, b, carry: _kept(m, carry, _ref_carry(m.type, a, b, carry)), section="9.7.2.2")
op("""sub.cc.<u32|s32|u64|s64>  d a b""", emit=lambda k, m, a, b: _sub_borrow(k, m.type, a, b, False, True),
   ref=lambda m, a, b, carry: _ref_borrow(m.type, a, b, 0), section="9.7.2.3")
op("""subc{.cc}.<u32|s32|u64|s64>  d a b""",
   emit=lambda k, m, a, b: _sub_borrow(k, m.type, a, b, True, m.cc),
   ref=lambda m, a, b, carry: _kept(m, carry, _ref_borrow(m.type, a, b, carry)), section="9.7.2.4")


def _kept(m, carry, result):
    """Without .cc the condition code stays."""
    return result if m.cc else (result[0], carry)


def _product(k, t, mode, a, b):
    kind = SCALARS[f"{t.kind}{t.bits}"]
    return k.mul_hi(kind, a, b) if mode == "hi" else k.mul(kind, a, b)


op("""mad.mode:lo|hi.cc.<u32|s32|u64|s64>  d a b c""",
   emit=lambda k, m, a, b, c: _add_carry(k, m.type, _product(k, m.type, m.mode, a, b), c, False, True),
   ref=lambda m, a, b, c, carry: _ref_carry(m.type, _part(m.type, m.mode, a * b), c), section="9.7.2.5")
op("""madc.mode:lo|hi{.cc}.<u32|s32|u64|s64>  d a b c""",
   emit=lambda k, m, a, b, c: _add_carry(k, m.type, _product(k, m.type, m.mode, a, b), c, True, m.cc),
   ref=lambda m, a, b, c, carry: _kept(m, carry, _ref_carry(m.type, _part(m.type, m.mode, a * b), c, carry)),
   section="9.7.2.6")
