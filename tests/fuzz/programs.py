"""Random PTX programs with defined results. In: a seed. Out: PTX text and its launch.

Programs are structured: ifs, loops whose trip counts differ from lane to lane, switches, calls, early exits; between them all value
instructions of the table, shuffles and votes among exactly the lanes that are there (each context carries its member mask),
shared memory between barriers where all threads come, local memory, atomics whose order does not matter. NaNs are made canonical
after every floating-point instruction, because PTX leaves their bits open.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field

from sheer.base.types import ScalarType
from tests.isa.spellings import Case, cases, corners

REGS = {"pred": 3, "b16": 3, "b32": 7, "b64": 4}
_CLASS = {1: "pred", 16: "b16", 32: "b32", 64: "b64"}
_PREFIX = {"pred": "%p", "b16": "%h", "b32": "%r", "b64": "%d"}
SLOTS = 11          # 32-bit words that a thread leaves behind
CELLS = 8           # words for atomics


@functools.cache
def values() -> tuple[Case, ...]:
    """Value instructions that a program may use: exact ones, on registers that it has."""
    found = []
    for case in cases(full=False):
        floats = [t for t in case.dests if t.lanes > 1 and t.element in ("f16", "bf16")]
        sizes = {t.bits for t in (*case.dests, *case.sources)}
        if case.row.within is None and not floats and not case.carry and sizes <= _CLASS.keys() and case.opcode != "fns.b32":
            found.append(case)
    return tuple(found)


@dataclass
class Program:
    """A kernel `fuzz(in, out, cells)`: `out` gets SLOTS words a thread."""

    seed: int
    text: str
    block: tuple[int, int, int]
    grid: tuple[int, int, int]
    threads: int


@dataclass
class Writer:
    """Writes the body; `mask` is the register with the lanes that are in the present context, "" where that can't be known."""

    rng: random.Random
    threads: int
    lines: list[str] = field(default_factory=list)
    count: int = 0
    masks: int = 0

    def new(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def put(self, line: str) -> None:
        self.lines.append(line)

    def reg(self, kind: str) -> str:
        return f"{_PREFIX[kind]}{self.rng.randrange(REGS[kind])}"

    def operand(self, t: ScalarType) -> str:
        kind = _CLASS[t.bits]
        if t.kind in "sub" and t.lanes == 1 and t.bits > 1 and self.rng.random() < 0.2:
            return str(t.wrap(self.rng.choice(corners(t))))
        return self.reg(kind)

    # -- instructions ---------------------------------------------------------------------------------------------------

    def value(self) -> None:
        case = self.rng.choice(values())
        sources = [self.operand(t) for t in case.sources]
        literals = [str(i) for i in case.immediates]
        operands = [sources[i] if i >= 0 else literals[-1 - i] for i in case.order]
        targets = [self.reg(_CLASS[t.bits]) for t in case.dests]
        if len(targets) == 2 and targets[0] == targets[1]:
            target = targets[0]
        else:
            target = "|".join(targets)
        if "|" not in target and case.opcode.startswith("lop3.") and case.opcode.count(".") == 2:
            target = targets[0] + "|" + targets[-1]
        guard = f"@{'!' if self.rng.random() < 0.5 else ''}{self.reg('pred')} " if self.rng.random() < 0.15 else ""
        self.put(f"{guard}{case.opcode} {', '.join([target, *operands])};")
        t = case.dests[0]
        if t.is_float:
            nan = {"f16": 0x7FFF, "bf16": 0x7FFF, "f32": 0x7FFFFFFF, "tf32": 0x7FFFFFFF, "f64": 0x7FF8000000000000}[t.name]
            name = "f32" if t.name == "tf32" else t.name
            self.put(f"setp.nan.{name} %pn, {targets[0]}, {targets[0]};")
            self.put(f"selp.b{t.bits} {targets[0]}, {nan:#x}, {targets[0]}, %pn;")

    def warp(self, mask: str) -> None:
        """An exchange among the lanes of `mask`."""
        rng, d, a = self.rng, self.reg("b32"), self.reg("b32")
        kind = rng.choice(("shfl", "shfl", "vote", "ballot", "match", "redux", "all"))
        if kind == "shfl":
            step = rng.randrange(32)
            mode = rng.choice(("bfly", "idx", "up", "down"))
            self.put(f"shfl.sync.{mode}.b32 %w0|%pw, {a}, {step}, {0 if mode == 'up' else 31}, {mask};")
            source = {"bfly": f"xor.b32 %w1, %lane, {step};", "idx": f"mov.b32 %w1, {step};",
                      "up": f"sub.u32 %w1, %lane, {step};", "down": f"add.u32 %w1, %lane, {step};"}[mode]
            self.put(source)          # a lane that is not there has nothing to give
            self.put(f"and.b32 %w1, %w1, 31; shr.u32 %w1, {mask}, %w1; and.b32 %w1, %w1, 1; setp.ne.u32 %px, %w1, 0;")
            self.put(f"and.pred %px, %px, %pw; selp.b32 {d}, %w0, {a}, %px;")
        elif kind == "vote":
            self.put(f"vote.sync.{rng.choice(('any', 'all', 'uni'))}.pred {self.reg('pred')}, {self.reg('pred')}, {mask};")
        elif kind == "ballot":
            self.put(f"vote.sync.ballot.b32 {d}, {self.reg('pred')}, {mask};")
        elif kind == "match":
            self.put(f"and.b32 %w0, {a}, 3; match.any.sync.b32 {d}, %w0, {mask};")
        elif kind == "all":
            self.put(f"and.b32 %w0, {a}, 1; match.all.sync.b32 {d}|{self.reg('pred')}, %w0, {mask};")
        else:
            op = rng.choice(("add.u32", "min.s32", "max.u32", "and.b32", "or.b32", "xor.b32"))
            self.put(f"redux.sync.{op} {d}, {a}, {mask};")

    def local(self) -> None:
        a, d = self.reg("b32"), self.reg("b32")
        self.put(f"and.b32 %w0, {self.reg('b32')}, 7; mul.wide.u32 %a0, %w0, 4; mov.b64 %a1, scratch; add.s64 %a0, %a0, %a1;")
        self.put(f"st.local.b32 [%a0], {a};")
        self.put(f"and.b32 %w0, {self.reg('b32')}, 7; mul.wide.u32 %a0, %w0, 4; add.s64 %a0, %a0, %a1;")
        self.put(f"ld.local.b32 {d}, [%a0];")

    def memory(self) -> None:
        """A read of the input anywhere; an atomic whose order does not matter."""
        rng = self.rng
        if rng.random() < 0.6:
            size = rng.choice(("b32", "b32", "u16", "s8", "b64"))
            self.put(f"and.b32 %w0, {self.reg('b32')}, 127; mul.wide.u32 %a0, %w0, 8; add.s64 %a0, %a0, %in;")
            kind = {"b64": "b64", "u16": "b32", "s8": "b32"}.get(size, "b32")
            self.put(f"ld.global.{size} {self.reg(kind)}, [%a0];")
            return
        cell, op = rng.choice(list(enumerate(("add.u32", "min.s32", "max.u32", "and.b32", "or.b32", "xor.b32"))))
        place = rng.choice((f"[%cells+{4 * cell}]", f"[counters+{4 * cell}]"))
        space = "global" if "cells" in place else "shared"
        guard = f"@{self.reg('pred')} " if rng.random() < 0.3 else ""
        self.put(f"{guard}{rng.choice(('red', 'atom'))}.{space}.{op} {place}, {self.reg('b32')};"
                 .replace("atom." + space + "." + op + " ", f"atom.{space}.{op} %w0, "))

    def call(self) -> None:
        a, b, d = self.reg("b32"), self.reg("b64"), self.reg("b32")
        name = self.rng.choice(("twist", "fold"))
        self.put(f"{{ .param .b32 one; .param .b64 two; .param .b32 result; st.param.b32 [one], {a}; st.param.b64 [two], {b};")
        self.put(f"call.uni (result), {name}, (one, two); ld.param.b32 {d}, [result]; }}")

    def exchange(self) -> None:
        """Through shared memory, where all threads that are left come by."""
        a, d, factor = self.reg("b32"), self.reg("b32"), self.rng.choice((1, 3, 5))
        self.put(f"mul.wide.u32 %a0, %linear, 4; mov.b64 %a1, board; add.s64 %a0, %a0, %a1; st.shared.b32 [%a0], {a};")
        self.put("bar.sync 0;")
        self.put(f"mad.lo.u32 %w0, %linear, {factor}, {self.rng.randrange(64)}; rem.u32 %w0, %w0, {self.threads};")
        self.put(f"mul.wide.u32 %a0, %w0, 4; add.s64 %a0, %a0, %a1; ld.shared.b32 {d}, [%a0];")
        if self.rng.random() < 0.5:
            op, to, p = self.rng.choice((("popc.u32", self.reg("b32"), self.reg("pred")), ("and.pred", "%px", self.reg("pred")),
                                         ("or.pred", "%px", self.reg("pred"))))
            self.put(f"bar.red.{op} {to}, 0, {p};")
            if to == "%px":
                self.put(f"selp.b32 {self.reg('b32')}, 77, {self.reg('b32')}, %px;")
        else:
            self.put("bar.sync 0;")

    # -- control flow --------------------------------------------------------------------------------------------------------

    def condition(self) -> str:
        if self.rng.random() < 0.5:
            return self.reg("pred")
        relation = self.rng.choice(("lt.u32", "ge.s32", "ne.u32"))
        self.put(f"and.b32 %w0, {self.reg('b32')}, 15; setp.{relation} %pc, %w0, {self.rng.randrange(16)};")
        return "%pc"

    def mask_of(self, predicate: str, mask: str) -> str:
        self.masks += 1
        made = f"%m{self.masks}"
        self.put(f"vote.sync.ballot.b32 {made}, {predicate}, {mask};")
        return made

    def branch(self, depth: int, mask: str) -> None:
        p, other, join = self.condition(), self.new("else"), self.new("join")
        inside = self.mask_of(p, mask)
        self.masks += 1
        outside = f"%m{self.masks}"
        self.put(f"xor.b32 {outside}, {mask}, {inside};")
        self.put(f"@!{p} bra {other};")
        self.body(depth + 1, inside)
        self.put(f"bra {join};")
        self.put(f"{other}:")
        if self.rng.random() < 0.6:
            self.body(depth + 1, outside)
        self.put(f"{join}:")

    def loop(self, depth: int, mask: str) -> None:
        """Up to 7 turns, a different number in each lane; perhaps left in the middle."""
        top, leave = self.new("loop"), self.new("done")
        counter = self.new("%n")
        self.put(f"and.b32 {counter}, {self.reg('b32')}, 7;")
        self.masks += 1
        inside = f"%m{self.masks}"
        self.put(f"mov.b32 {inside}, {mask};")
        self.put(f"{top}:")
        self.put(f"setp.ne.u32 %pc, {counter}, 0;")
        self.put(f"vote.sync.ballot.b32 {inside}, %pc, {inside};")
        self.put(f"@!%pc bra {leave};")
        self.put(f"sub.u32 {counter}, {counter}, 1;")
        self.body(depth + 1, inside)
        if self.rng.random() < 0.3:
            p = self.condition()
            self.masks += 1
            staying = f"%m{self.masks}"
            self.put(f"not.pred %px, {p};")
            self.put(f"vote.sync.ballot.b32 {staying}, %px, {inside};")
            self.put(f"@{p} bra {leave};")
            self.put(f"mov.b32 {inside}, {staying};")
        self.put(f"bra {top};")
        self.put(f"{leave}:")

    def switch(self, depth: int, mask: str) -> None:
        """brx.idx over four targets; no exchange inside."""
        labels = [self.new("case") for _ in range(4)]
        table, join = self.new("table"), self.new("join")
        self.put(f"{table}: .branchtargets {', '.join(labels)};")
        self.put(f"and.b32 %w0, {self.reg('b32')}, 3; brx.idx %w0, {table};")
        for label in labels:
            self.put(f"{label}:")
            self.body(depth + 1, "")
            self.put(f"bra {join};")
        self.put(f"{join}:")

    def body(self, depth: int, mask: str) -> None:
        for _ in range(self.rng.randint(2, 6) if depth else self.rng.randint(8, 14)):
            roll = self.rng.random()
            if roll < 0.12 and mask and depth < 3:
                self.branch(depth, mask)
            elif roll < 0.20 and mask and depth < 3:
                self.loop(depth, mask)
            elif roll < 0.23 and depth < 3:
                self.switch(depth, mask)
            elif roll < 0.33 and mask:
                self.warp(mask)
            elif roll < 0.40:
                self.memory()
            elif roll < 0.44:
                self.local()
            elif roll < 0.47:
                self.call()
            elif roll < 0.55 and depth == 0:
                self.exchange()
            elif roll < 0.57 and depth == 0:
                self.put(f"setp.ne.u32 %px, %linear, {self.rng.randrange(self.threads)};")
                self.put("vote.sync.ballot.b32 %m0, %px, %m0; @!%px bra early;")
            else:
                for _ in range(self.rng.randint(1, 4)):
                    self.value()


_FUNCTIONS = """.func (.param .b32 out) twist(.param .b32 a, .param .b64 b)
{
    .reg .b32 %r<4>; .reg .b64 %d<3>; .reg .pred %p<2>;
    ld.param.b32 %r0, [a]; ld.param.b64 %d0, [b];
    setp.lt.s32 %p0, %r0, 0;
    @%p0 bra other;
    shf.l.wrap.b32 %r1, %r0, %r0, 7; cvt.u32.u64 %r2, %d0; xor.b32 %r1, %r1, %r2;
    st.param.b32 [out], %r1;
    ret;
other:
    shr.u64 %d1, %d0, 32; cvt.u32.u64 %r1, %d1; add.u32 %r1, %r1, %r0;
    st.param.b32 [out], %r1;
    ret;
}
.func (.param .b32 out) fold(.param .b32 a, .param .b64 b)
{
    .reg .b32 %r<6>; .reg .b64 %d<3>; .reg .pred %p<2>; .local .align 4 .b8 room[16]; .reg .b64 %a<3>;
    ld.param.b32 %r0, [a]; ld.param.b64 %d0, [b];
    cvt.u32.u64 %r1, %d0; mov.b64 %a0, room; st.local.b32 [%a0], %r1; st.local.b32 [%a0+4], %r0;
    and.b32 %r2, %r0, 5; mov.b32 %r3, 0;
again:
    { .param .b32 x; .param .b64 y; .param .b32 z; st.param.b32 [x], %r3; st.param.b64 [y], %d0;
    call.uni (z), twist, (x, y); ld.param.b32 %r4, [z]; }
    add.u32 %r3, %r3, %r4; sub.u32 %r2, %r2, 1; setp.ge.s32 %p0, %r2, 0;
    @%p0 bra again;
    ld.local.b32 %r4, [%a0]; xor.b32 %r3, %r3, %r4; ld.local.b32 %r4, [%a0+4]; add.u32 %r3, %r3, %r4;
    st.param.b32 [out], %r3;
    ret;
}
"""


def program(seed: int) -> Program:
    """The program of a seed."""
    rng = random.Random(seed)
    block = rng.choice(((32, 1, 1), (64, 1, 1), (16, 4, 1), (48, 1, 1), (96, 1, 1), (128, 1, 1), (20, 2, 1), (8, 4, 3)))
    grid = rng.choice(((1, 1, 1), (2, 1, 1), (1, 2, 1)))
    threads = block[0] * block[1] * block[2]
    w = Writer(rng, threads)
    w.body(0, "%m0")
    return Program(seed, _text(w, threads), block, grid, threads)


def _text(w: Writer, threads: int) -> str:
    regs = [f".reg .{kind} {_PREFIX[kind]}<{n}>;" for kind, n in REGS.items()]
    counters = sorted({word for line in w.lines for word in line.replace(",", " ").split() if word.startswith("%n")})
    regs += [f".reg .b32 {name};" for name in dict.fromkeys(c.rstrip(";") for c in counters)]
    start = [f"ld.global.b32 %r{i}, [%a0+{8 * i}];" for i in range(REGS["b32"])]
    start += [f"ld.global.b64 %d{i}, [%a0+{8 * i}];" for i in range(REGS["b64"])]
    start += [f"ld.global.u16 %h{i}, [%a0+{8 * i + 2}];" for i in range(REGS["b16"])]
    start += [f"setp.lt.s32 %p{i}, %r{i}, %r{i + 1};" for i in range(REGS["pred"])]
    left = [f"%r{i}" for i in range(REGS["b32"])]
    end = [f"st.global.b32 [%out+{4 * i}], {r};" for i, r in enumerate(left)]
    end += ["mov.b64 {%w0, %w1}, %d0; st.global.b32 [%out+28], %w0; st.global.b32 [%out+32], %w1;",
            "xor.b64 %d1, %d1, %d2; xor.b64 %d1, %d1, %d3; mov.b64 {%w0, %w1}, %d1; xor.b32 %w0, %w0, %w1; st.global.b32 [%out+36], %w0;",
            "mov.b32 %w0, {%h0, %h1}; selp.b32 %w1, 0x10000, 1, %p0; add.u32 %w0, %w0, %w1; selp.b32 %w1, 0x1000, 3, %p1;",
            "add.u32 %w0, %w0, %w1; cvt.u32.u16 %w1, %h2; xor.b32 %w0, %w0, %w1; st.global.b32 [%out+40], %w0;"]
    last = "\n    ".join(end)
    body = "\n    ".join((*regs, *_HEAD.format(masks=w.masks + 1).splitlines(), *start, *w.lines, *end))
    return f""".version 8.5
.target sm_80
.address_size 64
{_FUNCTIONS}.visible .entry fuzz(.param .u64 pin, .param .u64 pout, .param .u64 pcells)
{{
    .shared .align 4 .b8 board[{4 * threads}]; .shared .align 4 .b8 counters[{4 * CELLS}]; .local .align 4 .b8 scratch[32];
    {body}
    bar.sync 1;
    setp.lt.u32 %px, %linear, 6; @!%px bra out;
    mul.wide.u32 %a0, %linear, 4; mov.b64 %a1, counters; add.s64 %a1, %a0, %a1; ld.shared.b32 %w0, [%a1];
    add.s64 %a0, %a0, %cells; mov.u32 %w1, %ctaid.x; mov.u32 %w2, %ctaid.y; add.u32 %w1, %w1, %w2; add.u32 %w1, %w1, 1;
    mul.wide.u32 %a1, %w1, 32; add.s64 %a0, %a0, %a1; st.global.b32 [%a0], %w0;
out:
    ret;
early:
    {last}
    exit;
}}
"""


_HEAD = """.reg .pred %pn, %pw, %px, %pc;
.reg .b32 %w<4>, %m<{masks}>, %lane, %linear, %gid;
.reg .b64 %in, %out, %cells, %a<4>;
ld.param.u64 %in, [pin]; ld.param.u64 %out, [pout]; ld.param.u64 %cells, [pcells];
mov.u32 %lane, %laneid; mov.u32 %w0, %tid.x; mov.u32 %w1, %tid.y; mov.u32 %w2, %tid.z; mov.u32 %w3, %ntid.y;
mad.lo.u32 %w2, %w2, %w3, %w1; mov.u32 %w3, %ntid.x; mad.lo.u32 %linear, %w2, %w3, %w0;
mov.u32 %w0, %ctaid.x; mov.u32 %w1, %ctaid.y; mov.u32 %w2, %nctaid.x; mad.lo.u32 %w0, %w1, %w2, %w0;
mov.u32 %w1, %ntid.y; mul.lo.u32 %w1, %w1, %w3; mov.u32 %w2, %ntid.z; mul.lo.u32 %w1, %w1, %w2; mad.lo.u32 %gid, %w0, %w1, %linear;
mul.wide.u32 %a0, %gid, 44; add.s64 %out, %out, %a0;
mov.pred %px, 1; vote.sync.ballot.b32 %m0, %px, 0xffffffff;
setp.lt.u32 %px, %linear, 8; mul.wide.u32 %a0, %linear, 4; mov.b64 %a1, counters; add.s64 %a1, %a0, %a1; mov.b32 %w0, 0;
@%px st.shared.b32 [%a1], %w0;
mul.wide.u32 %a0, %linear, 8; add.s64 %a0, %a0, %in; mov.b32 %w0, 0; mov.b32 %w1, 0;
mov.b64 %a1, scratch; st.local.b32 [%a1], %linear; st.local.b32 [%a1+4], 0; st.local.b32 [%a1+8], 1; st.local.b32 [%a1+12], %lane;
st.local.b32 [%a1+16], 0; st.local.b32 [%a1+20], 5; st.local.b32 [%a1+24], %linear; st.local.b32 [%a1+28], 9;
bar.sync 0;"""
