"""Every spelling of every value row, operand values for it, and the PTX kernel that applies it. In: the instruction table. Out: cases for the row
tests: an opcode, its operands' types, what its reference says."""

from __future__ import annotations

import itertools
import math
import random
import struct
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sheer.base.types import SCALARS, ScalarType
from sheer.isa import ROWS, Form, Row, bind, exact, operand_type
from sheer.oracle.operands import from_bits, to_bits

PRED = SCALARS["pred"]


def spellings(form: Form) -> list[str]:
    """All opcodes that a form allows."""
    choices = []
    for _, optional, alternatives in form.slots:
        words = ["." + a for a in alternatives]
        choices.append(["", *words] if optional else words)
    return [form.name + "".join(parts) for parts in itertools.product(*choices)]


@dataclass
class Case:
    """One spelling with one number of operands."""

    opcode: str
    row: Row
    m: SimpleNamespace
    dests: list[ScalarType]
    pair: bool
    sources: list[ScalarType]
    immediates: list[int]            # values of operands that must be literals, after the other sources' order
    order: list[int]                 # position of each source: index into sources, or -1 - index into immediates
    carry: bool

    @property
    def name(self) -> str:
        """For messages."""
        return self.opcode + "".join(f" {i:#x}" for i in self.immediates) + f" ({len(self.sources)} sources)"

    def expected(self, values: list[Any]) -> list[Any]:
        """The reference's answer: one value per destination."""
        carry = values[-1] if self.carry else 0
        given = [values[i] if i >= 0 else self.immediates[-1 - i] for i in self.order]
        if self.carry:
            value, out = self.row.ref(self.m, *given, carry=carry)
            return [value, out]
        found = self.row.ref(self.m, *given)
        return list(found) if self.pair else [found]


IMMEDIATES = {"lop3": [0x00, 0xFF, 0x96, 0xE8, 0x80, 0xFE, 0xF8, 0xE0, 0xCA, 0xEA, 0xA8, 0x78, 0x6A, 0x1B, 0x27, 0x53, 0x0F],
              **dict.fromkeys(("vadd", "vsub", "vabsdiff", "vmin", "vmax", "vshl", "vshr", "vmad", "vset"),
                              [0x621, 0x054, 0x136])}


def covering(form: Form) -> list[str]:
    """Fewer opcodes, in which every word of every slot still stands at least once."""
    every = spellings(form)
    random.Random(form.text).shuffle(every)
    missing = {(i, word) for i, (_, optional, words) in enumerate(form.slots) for word in (*words, *([""] * optional))}
    chosen = []
    for opcode in every:
        has = _words(form, opcode) & missing
        if has:
            missing -= has
            chosen.append(opcode)
    return chosen


def _words(form: Form, opcode: str) -> set[tuple[int, str]]:
    found, rest = set(), opcode[len(form.name):]
    for i, (_, optional, words) in enumerate(form.slots):
        fitting = [w for w in words if rest == "." + w or rest.startswith("." + w + ".")]
        word = max(fitting, key=len) if fitting else ""
        found.add((i, word))
        rest = rest[len(word) + 1:] if word else rest
    return found


def cases(full: bool = True) -> list[Case]:
    """All cases of the table, each spelling once; or enough of them that every modifier and type occurs."""
    found: list[Case] = []
    seen: set[tuple[str, int]] = set()
    for row in ROWS:
        if row.raw:
            continue
        for form in row.forms:
            for opcode in spellings(form) if full else covering(form):
                binding = bind(opcode)
                if binding.row is row and "b128" not in opcode:
                    _add(found, seen, opcode, binding)
    return found


def _add(found: list[Case], seen: set[tuple[str, int]], opcode: str, binding: Any) -> None:
    specs = binding.form.operands
    m = binding.m
    required = [o for o in specs if not o.optional and not o.is_pred]
    for count in {len(required), sum(not o.is_pred for o in specs)}:
        if (opcode, count) in seen:
            continue
        seen.add((opcode, count))
        used = [o for o in specs if not o.is_pred][:count]
        dests = [operand_type(used[0], m)]
        pair = any(o.is_pred for o in specs)
        if pair:
            dests.append(PRED)
        sources, order, literals = [], [], 0
        for spec in used[1:]:
            if spec.type == "imm":
                literals += 1
                order.append(-literals)
            else:
                order.append(len(sources))
                sources.append(operand_type(spec, m))
        ref = binding.row.ref
        carry = "carry" in ref.__code__.co_varnames[: ref.__code__.co_argcount]
        if carry:
            dests.append(SCALARS["u32"])
            sources = [*sources, SCALARS["u32"]]
        for immediate in IMMEDIATES[binding.form.name] if literals else [None]:
            found.append(Case(opcode, binding.row, m, dests, pair or carry, sources,
                              [] if immediate is None else [immediate], order, carry))


# -- operand values ---------------------------------------------------------------------------------------------------------------

_FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, 3.0, 0.99999994, 1.0000001, 3.1415927, -2.7182817, 100.0, 255.5, 256.0,
           -128.5, 32767.5, 65504.0, 65536.0, 2147483520.0, 2147483648.0, -2147483648.0, 4294967296.0, 9.223372036854776e18,
           -9.223372036854776e18, 1.8446744073709552e19, 1e-3, 1e30, -1e-30, math.inf, -math.inf]


def corners(t: ScalarType) -> list[int]:
    """Bits of the values of a type where things go wrong."""
    if t.kind == "p":
        return [0, 1]
    if t.lanes > 1:
        element = corners(SCALARS[t.element])
        width = SCALARS[t.element].bits
        return [a | element[(i * 7 + 3) % len(element)] << width for i, a in enumerate(element)]
    if t.is_float:
        f = exact.FORMATS[t.name]
        top = ((f.greatest - f.least + 2) << f.stored)
        sign = 1 << (t.bits - 1)
        special = [1, 2, (1 << f.stored) - 1, 1 << f.stored, (1 << f.stored) + 1, top - 1, top - 2, top | 1 << (f.stored - 1), f.nan]
        found = special + [s | sign for s in special[:7]]
        return list(dict.fromkeys(found + [exact.encode(t, exact.fit(t, x)) for x in _FLOATS]))
    full = (1 << t.bits) - 1
    half = 1 << (t.bits - 1)
    plain = [0, 1, 2, 3, 5, 7, 8, 15, 16, 24, 31, 32, 33, 63, 64, 65, 100, 127, 128, 255, 256, half, half - 1, half + 1,
             full, full - 1, full - 2, full - 31, 0x55555555, 0xAAAAAAAA, 0x80007FFF, 0x00FF00FF, 0x123456789ABCDEF0,
             1 << 53, (1 << 53) + 1, (1 << 24) + 1]
    return list(dict.fromkeys(v & full for v in plain))


def _random(t: ScalarType, rng: random.Random) -> int:
    if t.is_float and rng.random() < 0.6:
        return exact.encode(t, exact.fit(t, rng.uniform(-4, 4) * 2.0 ** rng.randint(-6, 6)))
    if t.lanes > 1:
        element = SCALARS[t.element]
        return sum(_random(element, rng) << (i * element.bits) for i in range(t.lanes))
    bits = rng.getrandbits(max(t.bits, 1))
    return bits >> rng.randrange(t.bits) if rng.random() < 0.5 and not t.is_float else bits


def operand_bits(case: Case, count: int, rng: random.Random) -> list[tuple[int, ...]]:
    """`count` tuples of source bits: corners against corners, then random ones."""
    pools = [[0, 1] if case.carry and i == len(case.sources) - 1 else corners(t) for i, t in enumerate(case.sources)]
    size = math.prod(len(p) for p in pools)
    wanted = count * 3 // 4
    if size <= wanted:
        found = list(itertools.product(*pools))
    else:
        found = [tuple(rng.choice(p) for p in pools) for _ in range(wanted)]
    while len(found) < count:
        found.append(tuple(rng.choice(pools[i]) if len(pools[i]) == 2 else _random(t, rng)
                           for i, t in enumerate(case.sources)))
    return [_fitting(case, bits) for bits in found[:count]]


def _fitting(case: Case, bits: tuple[int, ...]) -> tuple[int, ...]:
    """Operands inside what PTX promises for the instruction."""
    name = case.opcode.split(".")[0]
    values = [from_bits(t, b) for t, b in zip(case.sources, bits, strict=True)]
    if name in ("sin", "cos") and not abs(values[0]) <= math.pi:
        return (exact.encode(case.sources[0], exact.fit(case.sources[0], math.remainder(values[0], 6.0)))
                if values[0] - values[0] == 0 else bits[0],)
    if case.opcode.startswith("div.approx") and not 2.0**-120 < abs(values[1]) < 2.0**120:
        return bits[0], exact.encode(case.sources[1], exact.fit(case.sources[1], 1.7))
    if name == "fns":
        return bits[0], bits[1] & 31, bits[2]
    return bits


# -- the kernel ----------------------------------------------------------------------------------------------------------------------

_REG = {1: "pred", 8: "b16", 16: "b16", 32: "b32", 64: "b64"}


def sharing(case: Case, rng: random.Random) -> list[str]:
    """For each source: every lane its own value, one value for all lanes from memory, or a literal."""
    return [rng.choice(("lane", "uniform", "literal" if t.lanes == 1 and t.bits in (16, 32, 64) else "uniform"))
            for t in case.sources]


def _literal(t: ScalarType, bits: int) -> str:
    if t.name in ("f32", "f64"):
        return f"0f{bits:08X}" if t.bits == 32 else f"0d{bits:016X}"
    return str(from_bits(t, bits)) if t.kind == "s" else f"{bits:#x}"


def kernel(cases_: list[Case], name: str = "apply", shared: list[list[str]] | None = None,
           first: list[tuple[int, ...]] | None = None) -> str:
    """PTX: thread i applies every case to the operands in column i. Operand (case, source) is an array of 8-byte cells, as are
    results; parameters: operands, results, number of columns. `shared` (see `sharing`) and `first`, the bits of column 0, make
    sources the same for all lanes."""
    regs: list[str] = []
    body: list[str] = []
    load_row = store_row = 0
    for c, case in enumerate(cases_):
        names = []
        for s, t in enumerate(case.sources):
            how = shared[c][s] if shared else "lane"
            if how == "literal" and not (case.carry and s == len(case.sources) - 1):
                names.append(_literal(t, first[c][s]))
                load_row += 1
                continue
            body.append(f"mad.lo.s64 %at, %n, {load_row * 8}, {'%in' if how == 'lane' else '%in0'};")
            load_row += 1
            names.append(_load(f"%s{c}_{s}", t, regs, body))
        literals = [str(i) for i in case.immediates]
        operands = [names[i] if i >= 0 else literals[-1 - i] for i in case.order]
        targets = []
        for d, t in enumerate(case.dests):
            regs.append(f".reg .{_REG[t.bits]} %d{c}_{d};")
            targets.append(f"%d{c}_{d}")
        if case.carry:
            regs.append(f".reg .b32 %junk{c};")
            body.append(f"add.cc.u32 %junk{c}, {names[-1]}, 0xffffffff;")
            body.append(f"{case.opcode} {', '.join([targets[0], *operands])};")
            body.append(f"addc.u32 {targets[1]}, 0, 0;")
        else:
            target = "|".join(targets) if case.pair else targets[0]
            body.append(f"{case.opcode} {', '.join([target, *operands])};")
        for target, t in zip(targets, case.dests, strict=True):
            body.append(f"mad.lo.s64 %at, %n, {store_row * 8}, %out;")
            store_row += 1
            _store(target, t, body)
    lines = "\n".join(f"    {line}" for line in (*regs, *body))
    return f""".version 8.5
.target sm_80
.address_size 64
.visible .entry {name}(.param .u64 pin, .param .u64 pout, .param .u64 pn) {{
    .reg .b32 %i<4>; .reg .b64 %in, %in0, %out, %n, %at, %col; .reg .pred %p; .reg .b32 %w; .reg .f32 %f;
    ld.param.u64 %in, [pin]; ld.param.u64 %out, [pout]; ld.param.u64 %n, [pn];
    mov.u32 %i0, %ctaid.x; mov.u32 %i1, %ntid.x; mov.u32 %i2, %tid.x; mad.lo.s32 %i3, %i0, %i1, %i2;
    mul.wide.u32 %col, %i3, 8; mov.b64 %in0, %in; add.s64 %in, %in, %col; add.s64 %out, %out, %col;
    mov.f32 %f, 0f00000000; add.f32 %f, %f, %f;
{lines}
    ret;
}}
"""


def _load(reg: str, t: ScalarType, regs: list[str], body: list[str]) -> str:
    regs.append(f".reg .{_REG[t.bits]} {reg};")
    if t.kind == "p":
        body.append("ld.global.u32 %w, [%at];")
        body.append(f"setp.ne.u32 {reg}, %w, 0;")
    else:
        body.append(f"ld.global.{'b8' if t.bits == 8 else f'b{t.bits}'} {reg}, [%at];")
    return reg


def _store(reg: str, t: ScalarType, body: list[str]) -> None:
    if t.kind == "p":
        body.append(f"selp.u32 %w, 1, 0, {reg};")
        body.append("st.global.u32 [%at], %w;")
    else:
        body.append(f"st.global.b{max(t.bits, 16)} [%at], {reg};")


# -- comparing ----------------------------------------------------------------------------------------------------------------------------


def _ordered(t: ScalarType, bits: int) -> int:
    sign = 1 << (t.bits - 1)
    return bits if bits < sign else sign - bits


def close(t: ScalarType, row: Row, expected: Any, got: int) -> bool:
    """Whether the bits are what the reference says, within the row's error. All NaNs are alike."""
    want = to_bits(t, expected)
    width = t.bits
    if t.bits == 8:                     # in a register of 16 bits
        want, width = want - (256 if t.kind == "s" and want >> 7 else 0) & 0xFFFF, 16
    got &= (1 << width) - 1
    if want == got:
        return True
    if t.lanes > 1:
        element = SCALARS[t.element]
        if not element.is_float:
            return False
        mask = (1 << element.bits) - 1
        return all(close(element, row, exact.decode(element, want >> i & mask), got >> i & mask) for i in (0, element.bits))
    if not t.is_float:
        return False
    value, found = from_bits(t, want), from_bits(t, got)
    if value != value or found != found:
        return value != value and found != found
    if row.within is None:
        return False
    return abs(_ordered(t, want) - _ordered(t, got)) <= row.within.ulp or abs(value - found) <= row.within.absolute


def show(t: ScalarType, bits: int) -> str:
    """Bits, and what they mean."""
    value = from_bits(t, bits)
    return f"{bits:#x}" + (f" ({value!r})" if t.is_float else "")


def packed_cells(columns: list[list[int]]) -> bytes:
    """Rows of 8-byte cells."""
    return b"".join(struct.pack(f"<{len(c)}Q", *c) for c in columns)
