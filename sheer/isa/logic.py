"""Rows: logic, shifts, permutation and moves (PTX ISA 9.7.8, 9.7.9.3-4, 9.7.9.7)."""

import functools

from sheer.base.types import SCALARS
from sheer.isa.row import op

U32, PRED, B32 = SCALARS["u32"], SCALARS["pred"], SCALARS["b32"]

op("""and.<pred|b16|b32|b64>  d a b""", emit=lambda k, m, a, b: k.and_(m.type, a, b), ref=lambda m, a, b: a & b,
   section="9.7.8.1")
op("""or.<pred|b16|b32|b64>  d a b""", emit=lambda k, m, a, b: k.or_(m.type, a, b), ref=lambda m, a, b: a | b,
   section="9.7.8.2")
op("""xor.<pred|b16|b32|b64>  d a b""", emit=lambda k, m, a, b: k.xor(m.type, a, b), ref=lambda m, a, b: a ^ b,
   section="9.7.8.3")
op("""not.<pred|b16|b32|b64>  d a""", emit=lambda k, m, a: k.not_(m.type, a),
   ref=lambda m, a: not a if m.type.kind == "p" else a ^ ((1 << m.type.bits) - 1), section="9.7.8.4")
op("""cnot.<b16|b32|b64>  d a""",
   emit=lambda k, m, a: k.select(m.type, k.compare(m.type, "eq", a, k.const(m.type, 0)), k.const(m.type, 1),
                                 k.const(m.type, 0)), ref=lambda m, a: int(a == 0), section="9.7.8.5")


def _lop3(k, m, a, b, c, table):
    """Sum of the minterms whose bit is set in the table; each built from a, b, c or their complements."""
    t = SCALARS["b32"]
    simple = _lop3_simple(k, t, a, b, c)
    if table in simple:
        return simple[table]()
    inverse = {"a": k.not_(t, a), "b": k.not_(t, b), "c": k.not_(t, c)}
    terms = []
    for pair in range(4):
        both = table >> (2 * pair) & 3
        if not both:
            continue
        term = k.and_(t, a if pair & 2 else inverse["a"], b if pair & 1 else inverse["b"])
        if both != 3:
            term = k.and_(t, term, c if both == 2 else inverse["c"])
        terms.append(term)
    return functools.reduce(lambda x, y: k.or_(t, x, y), terms)


def _lop3_simple(k, t, a, b, c):
    """The tables that compilers use most."""
    return {
        0x00: lambda: k.const(t, 0), 0xFF: lambda: k.const(t, 0xFFFFFFFF),
        0x96: lambda: k.xor(t, k.xor(t, a, b), c),
        0x80: lambda: k.and_(t, k.and_(t, a, b), c), 0xFE: lambda: k.or_(t, k.or_(t, a, b), c),
        0xF8: lambda: k.or_(t, a, k.and_(t, b, c)), 0xE0: lambda: k.and_(t, a, k.or_(t, b, c)),
        0xCA: lambda: k.xor(t, c, k.and_(t, a, k.xor(t, b, c))),
        0xEA: lambda: k.or_(t, k.and_(t, a, b), c), 0xA8: lambda: k.and_(t, k.or_(t, a, b), c),
        0x78: lambda: k.xor(t, a, k.and_(t, b, c)), 0x6A: lambda: k.xor(t, k.and_(t, a, b), c),
    }


def _ref_lop3(m, a, b, c, table):
    """Bit i of the result is the bit of the table that the three bits i choose."""
    return sum((table >> ((a >> i & 1) * 4 + (b >> i & 1) * 2 + (c >> i & 1)) & 1) << i for i in range(32))


op("""lop3.<b32>  d a b c e:imm""", emit=_lop3, ref=_ref_lop3, section="9.7.8.6")


def _lop3_pred(k, m, a, b, c, table, q):
    result = _lop3(k, m, a, b, c, table)
    hit = k.compare(B32, "ne", result, k.const(B32, 0))
    return result, (k.or_ if m.bool == "or" else k.and_)(PRED, hit, q)


def _ref_lop3_pred(m, a, b, c, table, q):
    result = _ref_lop3(m, a, b, c, table)
    return result, (result != 0 or q) if m.bool == "or" else (result != 0 and q)


op("""lop3.bool:or|and.<b32>  d|p a b c e:imm q:pred""", emit=_lop3_pred, ref=_ref_lop3_pred, section="9.7.8.6")


def _shf(k, m, a, b, n):
    """The high (left) or low (right) half of b:a shifted; amounts modulo 32 or clamped to 32."""
    left = m.dir == "l"
    if m.mode == "wrap":
        return k.funnel(left, b, a, n)
    n = k.min(U32, n, k.const(U32, 32))
    whole = k.compare(U32, "eq", n, k.const(U32, 32))
    return k.select(B32, whole, a if left else b, k.funnel(left, b, a, n))


def _ref_shf(m, a, b, n):
    n = n & 31 if m.mode == "wrap" else min(n, 32)
    both = b << 32 | a
    return (both << n >> 32 if m.dir == "l" else both >> n) & 0xFFFFFFFF


op("""shf.dir:l|r.mode:clamp|wrap.<b32>  d a b c:u32""", emit=_shf, ref=_ref_shf, section="9.7.8.7")
op("""shl.<b16|b32|b64>  d a b:u32""", emit=lambda k, m, a, b: k.shl(m.type, a, b),
   ref=lambda m, a, b: m.type.wrap(a << min(b, m.type.bits)), section="9.7.8.8")
op("""shr.<b16|b32|b64|u16|u32|u64|s16|s32|s64>  d a b:u32""", emit=lambda k, m, a, b: k.shr(m.type, a, b),
   ref=lambda m, a, b: a >> min(b, m.type.bits), section="9.7.8.9")


def _prmt(k, m, a, b, selector):
    """Four bytes chosen from b:a by the selector's nibbles; the top bit of a nibble replicates the byte's sign."""
    wide, u64 = SCALARS["b64"], SCALARS["u64"]
    both = k.pack(wide, [a, b])
    if m.mode:
        selector = _prmt_mode(k, m.mode, selector)
    result = k.const(U32, 0)
    for i in range(4):
        nibble = k.shr(U32, selector, k.const(U32, 4 * i))
        index = k.and_(U32, nibble, k.const(U32, 7))
        byte = k.widen(U32, u64, k.shr(u64, both, k.shl(U32, index, k.const(U32, 3))))
        byte = k.and_(U32, byte, k.const(U32, 0xFF))
        if not m.mode:
            sign = k.compare(U32, "ne", k.and_(U32, nibble, k.const(U32, 8)), k.const(U32, 0))
            top = k.compare(U32, "ne", k.and_(U32, byte, k.const(U32, 0x80)), k.const(U32, 0))
            spread = k.select(U32, top, k.const(U32, 0xFF), k.const(U32, 0))
            byte = k.select(U32, sign, spread, byte)
        result = k.or_(U32, result, k.shl(U32, byte, k.const(U32, 8 * i)))
    return result


_PRMT = {"f4e": (0x3210, 0x4321, 0x5432, 0x6543), "b4e": (0x5670, 0x6701, 0x7012, 0x0123),
         "rc8": (0x0000, 0x1111, 0x2222, 0x3333), "ecl": (0x3210, 0x3211, 0x3222, 0x3333),
         "ecr": (0x0000, 0x1110, 0x2210, 0x3210), "rc16": (0x1010, 0x3232, 0x1010, 0x3232)}


def _prmt_mode(k, mode, selector):
    table = _PRMT[mode]
    low = k.and_(U32, selector, k.const(U32, 3))
    result = k.const(U32, table[0])
    for i in range(1, 4):
        result = k.select(U32, k.compare(U32, "eq", low, k.const(U32, i)), k.const(U32, table[i]), result)
    return result


def _ref_prmt(m, a, b, c):
    data = (b << 32 | a).to_bytes(8, "little")
    n = c & 3
    if m.mode:
        picks = {"f4e": lambda i: n + i, "b4e": lambda i: (n - i) % 8, "rc8": lambda i: n, "ecl": lambda i: max(n, i),
                 "ecr": lambda i: min(n, i), "rc16": lambda i: 2 * (n & 1) + (i & 1)}[m.mode]
        return int.from_bytes(bytes(data[picks(i)] for i in range(4)), "little")
    result = 0
    for i in range(4):
        pick = c >> 4 * i & 15
        byte = data[pick & 7]
        result |= (byte if pick < 8 else 255 * (byte >> 7)) << 8 * i
    return result


op("""prmt.<b32>{.mode:f4e|b4e|rc8|ecl|ecr|rc16}  d a b c""", emit=_prmt, ref=_ref_prmt, section="9.7.9.7")


def _mov(k, m, a):
    """{a, b} on the right packs; on the left the value is taken apart by the engine."""
    return k.pack(m.type, a) if isinstance(a, list) else a


op("""mov.<pred|b8|b16|b32|b64|b128|u8|u16|u32|u64|s8|s16|s32|s64|f16|f16x2|bf16|f32|f64>  d a""", emit=_mov,
   ref=lambda m, a: _ref_pack(m, a) if isinstance(a, list) else a, section="9.7.9.3")


def _ref_pack(m, parts):
    """{a, b, ...}: a is lowest."""
    width = m.type.bits // len(parts)
    return sum(p << (width * i) for i, p in enumerate(parts))
