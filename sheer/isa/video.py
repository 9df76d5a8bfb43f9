"""Rows: video instructions on the four bytes or two halfwords of a word (PTX ISA 9.7.18), without selectors of parts."""

from sheer.base.types import SCALARS
from sheer.isa.row import op

U32, S32 = SCALARS["u32"], SCALARS["s32"]


def _parts(k, t, word, bits):
    """The parts of a word, widened to 32 bits."""
    found = []
    for at in range(0, 32, bits):
        top = k.shl(U32, word, k.const(U32, 32 - bits - at))
        found.append(k.shr(t, top, k.const(U32, 32 - bits)))
    return found


def _limits(t, bits):
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if t.kind == "s" else (0, (1 << bits) - 1)


def _clamped(k, x, low, high):
    return k.max(S32, k.min(S32, x, k.const(S32, high)), k.const(S32, low))


def _average(k, m, x, y):
    """Halves are rounded up, of negative numbers away from zero."""
    total = k.add(S32, x, y)
    if "s" in (m.type2.kind, m.type3.kind):
        below = k.compare(S32, "lt", total, k.const(S32, 0))
        return k.div(S32, k.add(S32, total, k.select(S32, below, k.const(S32, -1), k.const(S32, 1))), k.const(S32, 2))
    return k.shr(S32, k.add(S32, total, k.const(S32, 1)), k.const(U32, 1))


_EMIT = {
    "vadd": lambda k, m, x, y: k.add(S32, x, y),
    "vsub": lambda k, m, x, y: k.sub(S32, x, y),
    "vavrg": _average,
    "vabsdiff": lambda k, m, x, y: k.abs(S32, k.sub(S32, x, y)),
    "vmin": lambda k, m, x, y: k.min(S32, x, y),
    "vmax": lambda k, m, x, y: k.max(S32, x, y),
    "vset": lambda k, m, x, y: k.select(S32, k.compare(S32, m.rel, x, y), k.const(S32, 1), k.const(S32, 0)),
}


def _emit(name, bits):
    def emit(k, m, a, b, c):
        types = (m.type, m.type2) if name == "vset" else (m.type2, m.type3)
        out = U32 if name == "vset" else m.type
        sums = getattr(m, "second", "") == "add"
        total = c if sums else k.const(U32, 0)
        for i, (x, y) in enumerate(zip(_parts(k, types[0], a, bits), _parts(k, types[1], b, bits), strict=True)):
            part = _EMIT[name](k, m, x, y)
            if getattr(m, "sat", False):
                part = _clamped(k, part, *_limits(out, bits))
            part = k.shl(U32, part, k.const(U32, 32 - bits))  # cut to its bits, and back by the sign of the result
            if sums:
                total = k.add(U32, total, k.shr(out, part, k.const(U32, 32 - bits)))
            else:
                total = k.or_(U32, total, k.shr(U32, part, k.const(U32, 32 - bits - i * bits)))
        return total

    return emit


def _ref_average(m, x, y):
    total = x + y
    if total < 0 and "s" in (m.type2.kind, m.type3.kind):
        return -((1 - total) // 2)
    return (total + 1) // 2


_REF = {
    "vadd": lambda m, x, y: x + y,
    "vsub": lambda m, x, y: x - y,
    "vavrg": _ref_average,
    "vabsdiff": lambda m, x, y: abs(x - y),
    "vmin": lambda m, x, y: min(x, y),
    "vmax": lambda m, x, y: max(x, y),
    "vset": lambda m, x, y: {"eq": x == y, "ne": x != y, "lt": x < y, "le": x <= y, "gt": x > y, "ge": x >= y}[m.rel],
}


def _ref(name, bits):
    part_of = {"u": SCALARS[f"u{bits}"], "s": SCALARS[f"s{bits}"]}

    def ref(m, a, b, c):
        ta, tb, out = (m.type, m.type2, U32) if name == "vset" else (m.type2, m.type3, m.type)
        total, packed = c, 0
        for at in range(0, 32, bits):
            value = int(_REF[name](m, part_of[ta.kind].wrap(a >> at), part_of[tb.kind].wrap(b >> at)))
            part = part_of[out.kind]
            value = part.clamp(value) if getattr(m, "sat", False) else part.wrap(value)
            total += value
            packed |= (value & ((1 << bits) - 1)) << at
        return (total if getattr(m, "second", "") == "add" else packed) & 0xFFFFFFFF

    return ref


for _bits in (8, 16):
    _n = 32 // _bits
    for _name in ("vadd", "vsub", "vavrg", "vabsdiff", "vmin", "vmax"):
        op(f"""{_name}{_n}.<u32|s32>.<u32|s32>.<u32|s32>{{.sat}}  d:b32 a:b32 b:b32 c:b32
               {_name}{_n}.<u32|s32>.<u32|s32>.<u32|s32>.second:add  d:b32 a:b32 b:b32 c:b32""",
           emit=_emit(_name, _bits), ref=_ref(_name, _bits), section="9.7.18.1" if _n == 2 else "9.7.18.2")
    op(f"""vset{_n}.<u32|s32>.<u32|s32>.rel:eq|ne|lt|le|gt|ge{{.second:add}}  d:b32 a:b32 b:b32 c:b32""",
       emit=_emit("vset", _bits), ref=_ref("vset", _bits), section="9.7.18.1" if _n == 2 else "9.7.18.2",
       note="all parts are computed, in their order: no masks and no selectors")
