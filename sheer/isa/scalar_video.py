"""Rows: video instructions on one part of each operand, or all of it (PTX ISA 9.7.17).

The parser hands the selectors of parts (`%r1.b0`) on as a literal behind the operands and a word behind the opcode: `.parts`, or `.merged`
where the destination is a part and the rest of it comes from c. A nibble for each operand, the destination's lowest: 0 whole, 1 to 4 a byte,
5 and 6 a half. Results are exact before they are clamped or cut.
"""

from sheer.base.types import SCALARS
from sheer.isa.row import op

U32, S32, U64, S64 = (SCALARS[name] for name in ("u32", "s32", "u64", "s64"))
PLACES = ((0, 32), (0, 8), (8, 8), (16, 8), (24, 8), (0, 16), (16, 16))  # first bit and width, by selector
RELATIONS = "eq|ne|lt|le|gt|ge"


def _place(selectors, operand):
    return PLACES[min(selectors >> 4 * operand & 15, 6)]


def _types(name, m):
    """Of the result and the operands; what vset says is unsigned, and shifts go by an unsigned number."""
    if name == "vset":
        return U32, m.type, m.type2
    return m.type, m.type2, getattr(m, "type3", U32)


def _limits(t, bits):
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if t.kind == "s" else (0, (1 << bits) - 1)


def _signed(m):
    return "s" in (m.type2.kind, m.type3.kind)


def _exact(name, m):
    """A type that holds every result of the instruction."""
    if name == "vmad":
        return S64 if _signed(m) else U64
    return U64 if name in ("vshl", "vshr") and m.type2.kind == "u" else S64


# -- native ---------------------------------------------------------------------------------------------------------------------


def _part(k, t, word, place):
    """The part of a word, extended to 32 bits by its sign or with zeros."""
    at, bits = place
    if bits == 32:
        return word
    return k.shr(t, k.shl(U32, word, k.const(U32, 32 - bits - at)), k.const(U32, 32 - bits))


def _amount(k, m, n):
    return k.and_(U32, n, k.const(U32, 31)) if m.mode == "wrap" else k.min(U32, n, k.const(U32, 32))


def _vmad(k, m, w, x, y, z):
    z = k.widen(w, S32 if w is S64 else U32, z)
    total = k.add(w, k.add(w, k.mul(w, x, y), z), k.const(w, int(m.po)))
    return k.shr(w, total, k.const(U32, int(m.scale[3:]))) if m.scale else total


# k, m, the type to work in, the operands in it (c of vmad as it is)
_EMIT = {
    "vadd": lambda k, m, w, x, y: k.add(w, x, y),
    "vsub": lambda k, m, w, x, y: k.sub(w, x, y),
    "vabsdiff": lambda k, m, w, x, y: k.abs(w, k.sub(w, x, y)),
    "vmin": lambda k, m, w, x, y: k.min(w, x, y),
    "vmax": lambda k, m, w, x, y: k.max(w, x, y),
    "vset": lambda k, m, w, x, y: k.select(w, k.compare(w, m.rel, x, y), k.const(w, 1), k.const(w, 0)),
    "vshl": lambda k, m, w, x, y: k.shl(w, x, _amount(k, m, y)),
    "vshr": lambda k, m, w, x, y: k.shr(w, x, _amount(k, m, y)),
    "vmad": _vmad,
}
_LOW = ("vadd", "vsub", "vshl")  # the low half of the result needs no more than the low halves of the operands


def _emit(name, selected=False, merged=False):
    def emit(k, m, a, b, *rest):
        selectors = rest[-1] if selected else 0
        out, ta, tb = _types(name, m)
        x, y = _part(k, ta, a, _place(selectors, 1)), _part(k, tb, b, _place(selectors, 2))
        at, bits = _place(selectors, 0) if merged else (0, 32)
        sat = getattr(m, "sat", False)
        work = U32 if name in _LOW and not sat else _exact(name, m)
        if work is not U32:
            x = k.widen(work, ta, x)
            y = y if name in ("vshl", "vshr") else k.widen(work, tb, y)
        found = _EMIT[name](k, m, work, x, y, *(rest[:1] if name == "vmad" else ()))
        if sat:
            low, high = _limits({S64: S32, U64: U32}[work] if name == "vmad" else out, bits)
            found = k.min(work, found, k.const(work, high))
            found = found if work is U64 else k.max(work, found, k.const(work, low))
        found = k.widen(U32, work, found)
        if merged:
            mask = ((1 << bits) - 1) << at
            kept = k.and_(U32, rest[0], k.const(U32, ~mask & 0xFFFFFFFF))
            return k.or_(U32, kept, k.and_(U32, k.shl(U32, found, k.const(U32, at)), k.const(U32, mask)))
        second = getattr(m, "second", "")
        return getattr(k, second)(out, found, rest[0]) if second else found

    return emit


# -- reference ------------------------------------------------------------------------------------------------------------------

_REF = {
    "vadd": lambda m, x, y: x + y,
    "vsub": lambda m, x, y: x - y,
    "vabsdiff": lambda m, x, y: abs(x - y),
    "vmin": lambda m, x, y: min(x, y),
    "vmax": lambda m, x, y: max(x, y),
    "vset": lambda m, x, y: {"eq": x == y, "ne": x != y, "lt": x < y, "le": x <= y, "gt": x > y, "ge": x >= y}[m.rel],
    "vshl": lambda m, x, y: x << (y & 31 if m.mode == "wrap" else min(y, 32)),
    "vshr": lambda m, x, y: x >> (y & 31 if m.mode == "wrap" else min(y, 32)),
}
_SECOND = {"add": lambda x, y: x + y, "min": min, "max": max}


def _ref_vmad(m, x, y, c):
    kind = S32 if _signed(m) else U32
    total = (x * y + kind.wrap(c) + int(m.po)) >> (int(m.scale[3:]) if m.scale else 0)
    return kind.clamp(total) if m.sat else total


def _ref(name, selected=False, merged=False):
    def part_of(t, word, place):
        at, bits = place
        return SCALARS[f"{t.kind}{bits}"].wrap(word >> at)

    def ref(m, a, b, *rest):
        selectors = rest[-1] if selected else 0
        out, ta, tb = _types(name, m)
        x, y = part_of(ta, a, _place(selectors, 1)), part_of(tb, b, _place(selectors, 2))
        if name == "vmad":
            return _ref_vmad(m, x, y, rest[0]) & 0xFFFFFFFF
        found = int(_REF[name](m, x, y))
        at, bits = _place(selectors, 0) if merged else (0, 32)
        if getattr(m, "sat", False):
            found = SCALARS[f"{out.kind}{bits}"].clamp(found)
        if merged:
            mask = ((1 << bits) - 1) << at
            return rest[0] & ~mask & 0xFFFFFFFF | found << at & mask
        if getattr(m, "second", ""):
            found = _SECOND[m.second](out.wrap(found), out.wrap(rest[0]))
        return found & 0xFFFFFFFF

    return ref


_A_B = "d:b32 a:b32 b:b32"
_TYPES = ".<u32|s32>.<u32|s32>"


def _rows(name, modifiers, section):
    for tail, operands, selected, merged in (
        ("", "", False, False),
        (".parts", " s:imm", True, False),
        (".merged", " c:b32 s:imm", True, True),
        (".second:add|min|max", " c:b32", False, False),
        (".second:add|min|max.parts", " c:b32 s:imm", True, False),
    ):
        op(f"{name}{modifiers}{tail}  {_A_B}{operands}", emit=_emit(name, selected, merged), ref=_ref(name, selected, merged),
           section=section)


for _name in ("vadd", "vsub", "vabsdiff", "vmin", "vmax"):
    _rows(_name, _TYPES + ".<u32|s32>{.sat}", "9.7.17.1")
for _name in ("vshl", "vshr"):
    _rows(_name, _TYPES + ".u32{.sat}.mode:clamp|wrap", "9.7.17.2")
for _tail, _more in (("", ""), (".parts", " s:imm")):
    op(f"vmad{_TYPES}.<u32|s32>{{.po}}{{.sat}}{{.scale:shr7|shr15}}{_tail}  {_A_B} c:b32{_more}", emit=_emit("vmad", bool(_more)),
       ref=_ref("vmad", bool(_more)), section="9.7.17.3", note="no negated operands")
_rows("vset", _TYPES + ".rel:" + RELATIONS, "9.7.17.4")
