"""Random kernels as PTX. In: a seed. Out: a Program: a tree of statements (so that it can be made smaller piece by piece) and how to launch it.

What a kernel computes never depends on the order in which threads run: memory is private to a thread, or reduced by
operations that commute, or exchanged where all threads of a warp are known to be together.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

WORDS, DOUBLES, FLOATS, PREDS, SHORTS = 10, 4, 4, 4, 3
INPUTS = 256  # words of the read-only array
PRIVATE = 16  # words of memory of each thread, in each state space
COUNTERS = 16  # words that are reduced into
CELLS = WORDS + 2 * DOUBLES + FLOATS + PREDS + SHORTS + PRIVATE  # what a thread writes in the end


@dataclass
class Node:
    """A statement: lines of text and, between them, bodies. Without it the program is still valid."""

    parts: list[str | list[Node]]

    def lines(self) -> list[str]:
        return [line for part in self.parts for line in (part.split("\n") if isinstance(part, str) else render(part))]

    def bodies(self) -> list[list[Node]]:
        return [part for part in self.parts if isinstance(part, list)]


def render(body: list[Node]) -> list[str]:
    return [line for node in body for line in node.lines()]


@dataclass
class Program:
    """A kernel `fuzz(in, out, counters, number)` and its device functions."""

    seed: int
    block: tuple[int, int, int]
    grid: int
    functions: list[list[Node]] = field(default_factory=list)
    body: list[Node] = field(default_factory=list)
    shared: bool = False

    @property
    def threads(self) -> int:
        x, y, z = self.block
        return x * y * z

    def text(self) -> str:
        """The PTX."""
        declared = "\n".join(_function(i, body) for i, body in enumerate(self.functions))
        shared = f"    .shared .align 8 .b32 cells[{self.threads}];\n    .shared .align 8 .b32 sums[{COUNTERS}];\n"
        lines = "\n".join("    " + line for line in render(self.body))
        return f"""// seed {self.seed}, block {self.block}, grid {self.grid}
.version 8.5
.target sm_80
.address_size 64
{declared}
.visible .entry fuzz(.param .u64 in, .param .u64 out, .param .u64 counters, .param .u32 number)
{{
{shared if self.shared else ""}    .local .align 8 .b32 array[{PRIVATE}];
{_REGISTERS}
{_PROLOGUE}
{lines}
DONE:
{_epilogue()}
    ret;
}}
"""


_REGISTERS = f"""    .reg .b32 %r<{WORDS}>; .reg .b64 %d<{DOUBLES}>; .reg .f32 %f<{FLOATS}>; .reg .pred %p<{PREDS}>; .reg .b16 %h<{SHORTS}>;
    .reg .b32 %t<8>; .reg .b64 %a<8>; .reg .pred %q<4>; .reg .b32 %n<12>; .reg .f32 %g;"""

_PROLOGUE = f"""    ld.param.u64 %a0, [in]; ld.param.u64 %a1, [out]; ld.param.u64 %a2, [counters]; ld.param.u32 %r4, [number];
    mov.u32 %t0, %tid.x; mov.u32 %t1, %tid.y; mov.u32 %t2, %ntid.x; mov.u32 %t3, %ntid.y; mov.u32 %t5, %ctaid.x;
    mad.lo.s32 %t6, %t1, %t2, %t0;
    mul.lo.s32 %t4, %t2, %t3; mad.lo.s32 %t7, %t5, %t4, %t6;
    mul.wide.u32 %a3, %t7, {4 * CELLS}; add.s64 %a1, %a1, %a3;
    mov.u32 %r0, %t0; mov.u32 %r1, %laneid; mov.u32 %r2, %t5; mov.u32 %r3, %t2; mov.u32 %r5, %t1; mov.u32 %r6, %t7;
    and.b32 %t0, %t7, {INPUTS - 1}; mul.wide.u32 %a4, %t0, 4; add.s64 %a4, %a0, %a4; ld.global.u32 %r7, [%a4];
    ld.global.u32 %r8, [%a0+64]; mul.lo.s32 %r9, %t7, 12;
    mul.wide.u32 %d0, %r7, %r6; cvt.u64.u32 %d1, %r0; mov.b64 %d2, {{%r4, %r7}}; cvta.to.global.u64 %d3, 77;
    cvt.rn.f32.s32 %f0, %r0; cvt.rn.f32.u32 %f1, %r7; mov.f32 %f2, 0f3FC00000; cvt.rn.f32.s32 %f3, %r4;
    setp.lt.u32 %p0, %r7, 0x80000000; setp.gt.s32 %p1, %r4, 5; setp.eq.s32 %p2, %r1, 3; setp.ge.u32 %p3, %r0, 7;
    cvt.u16.u32 %h0, %r7; cvt.u16.u32 %h1, %r0; mov.u16 %h2, 77;
    mov.u32 %n0, 0; mov.u32 %n1, 0; mov.u32 %n2, 0; mov.u32 %n3, 0; mov.u32 %n4, 0; mov.u32 %n5, 0;
    mov.u64 %a5, array;""" + "".join(f"\n    st.local.u32 [%a5+{4 * i}], {i};" for i in range(PRIVATE)) + "".join(
    f"\n    st.global.u32 [%a1+{4 * (CELLS - PRIVATE + i)}], {i * 3};" for i in range(PRIVATE))


def _epilogue() -> str:
    lines = []
    place = 0

    def put(text: str, size: int = 4) -> None:
        nonlocal place
        lines.append("    " + text.format(f"[%a1+{place}]"))
        place += size

    for i in range(WORDS):
        put(f"st.global.u32 {{}}, %r{i};")
    for i in range(DOUBLES):
        put(f"mov.b64 {{{{%t0, %t1}}}}, %d{i}; st.global.u32 {{}}, %t0;")
        put("st.global.u32 {}, %t1;")
    for i in range(FLOATS):  # NaNs may have any bits
        put(f"setp.nan.f32 %q0, %f{i}, %f{i}; mov.b32 %t0, %f{i}; selp.b32 %t0, 0x7FFFFFFF, %t0, %q0; st.global.u32 {{}}, %t0;")
    for i in range(PREDS):
        put(f"selp.u32 %t0, 1, 0, %p{i}; st.global.u32 {{}}, %t0;")
    for i in range(SHORTS):
        put(f"cvt.u32.u16 %t0, %h{i}; st.global.u32 {{}}, %t0;")
    return "\n".join(lines)


def _function(index: int, body: list[Node]) -> str:
    """A device function of two words that gives one; it may call those before it, and itself with a smaller first argument."""
    lines = "\n".join("    " + line for line in render(body))
    return f""".func (.param .b32 result) helper{index}(.param .b32 x, .param .b32 y)
{{
    .local .align 8 .b32 array[{PRIVATE}];
{_REGISTERS}
    ld.param.u32 %r0, [x]; ld.param.u32 %r1, [y]; mov.u32 %a0, 0;
    mov.u32 %r2, 3; xor.b32 %r3, %r0, %r1; mov.u32 %r4, %laneid; mov.u32 %r5, %r1; mov.u32 %r6, %r0; mov.u32 %r7, 0x1234567;
    shl.b32 %r8, %r0, 2; sub.s32 %r9, %r1, %r0;
    mov.u64 %d0, 1; mul.wide.u32 %d1, %r0, %r1; mov.u64 %d2, 0; mov.u64 %d3, -1;
    mov.f32 %f0, 0f3F800000; cvt.rn.f32.s32 %f1, %r0; mov.f32 %f2, %f0; mov.f32 %f3, %f0;
    setp.lt.s32 %p0, %r0, %r1; setp.eq.u32 %p1, %r0, 0; setp.gt.u32 %p2, %r1, 9; setp.ne.s32 %p3, %r0, %r0;
    mov.u16 %h0, 1; mov.u16 %h1, 2; cvt.u16.u32 %h2, %r1;
    mov.u64 %a5, array;
""".replace("mov.u32 %a0, 0;", "mov.u64 %a0, 0;") + "".join(
        f"    st.local.u32 [%a5+{4 * i}], {i};\n" for i in range(PRIVATE)) + f"""{lines}
DONE:
    add.s32 %r0, %r0, %r1; xor.b32 %r0, %r0, %r9; selp.u32 %r1, 1, 7, %p0; mad.lo.s32 %r0, %r0, %r1, %r5;
    st.param.b32 [result], %r0;
    ret;
}}"""


@dataclass
class Where:
    """What may stand at a place in the program."""

    depth: int = 0
    together: bool = False  # all threads of the warp are here
    member: bool = False  # the lanes of %n11 are here, no others
    breaks: tuple[str, ...] = ()  # labels that may be jumped to
    functions: int = 0  # device functions that may be called
    kernel: bool = True


class Generator:
    """Makes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        rng = self.rng
        block = rng.choice([(32, 1, 1)] * 3 + [(8, 4, 1), (16, 2, 1), (64, 1, 1), (48, 1, 1), (20, 1, 1), (128, 1, 1)])
        self.program = Program(seed, block, rng.choice([1, 1, 2]))
        self.labels = 0
        self.counters = 0
        self.flow = rng.choice(["little", "much", "wild"])

    def make(self) -> Program:
        rng, program = self.rng, self.program
        for index in range(rng.choice([0, 0, 1, 2])):
            self.counters = 0
            program.functions.append(self.body(rng.randint(2, 5), Where(depth=2, functions=index, kernel=False)))
        self.counters = 0
        program.shared = program.threads <= 32 and rng.random() < 0.5
        if program.shared:
            program.body.append(Node(["""mov.u32 %t0, sums; shl.b32 %t1, %t6, 2; and.b32 %t1, %t1, 60; add.s32 %t0, %t0, %t1;
st.shared.u32 [%t0], 5; bar.sync 0;"""]))
        program.body += self.body(rng.randint(6, 14), Where(together=True, functions=len(program.functions)))
        if program.shared:
            program.body.append(Node(["""bar.sync 0; mov.u32 %t0, sums; and.b32 %t1, %t6, 15; shl.b32 %t1, %t1, 2; add.s32 %t0, %t0, %t1;
ld.shared.u32 %t2, [%t0]; xor.b32 %r9, %r9, %t2;"""]))
        return program

    # -- pieces ----------------------------------------------------------------------------------------------------------

    def label(self) -> str:
        self.labels += 1
        return f"L{self.labels}"

    def counter(self) -> str:
        """A register that no other statement uses."""
        self.counters += 1
        return f"%n{self.counters % 11}"

    def word(self) -> str:
        return f"%r{self.rng.randrange(WORDS)}"

    def source(self) -> str:
        rng = self.rng
        if rng.random() < 0.2:
            return str(rng.choice([0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 255, -1, -2, 65535, 0x7FFFFFFF, -0x80000000, rng.randint(-9999, 9999)]))
        return self.word()

    def double(self) -> str:
        return f"%d{self.rng.randrange(DOUBLES)}"

    def real(self) -> str:
        return f"%f{self.rng.randrange(FLOATS)}"

    def pred(self) -> str:
        return f"%p{self.rng.randrange(PREDS)}"

    def short(self) -> str:
        return f"%h{self.rng.randrange(SHORTS)}"

    def guard(self) -> str:
        rng = self.rng
        return f"@{rng.choice(['', '!'])}{self.pred()} " if rng.random() < 0.15 else ""

    # -- statements ----------------------------------------------------------------------------------------------------------

    def body(self, count: int, where: Where) -> list[Node]:
        return [self.statement(where) for _ in range(count)]

    def statement(self, where: Where) -> Node:
        rng = self.rng
        flow = {"little": 0.12, "much": 0.3, "wild": 0.4}[self.flow]
        if rng.random() < flow and where.depth < 4 and self.counters < 10:
            return self.control(where)
        if where.breaks and rng.random() < 0.12:
            return Node([f"@{rng.choice(['', '!'])}{self.pred()} bra {rng.choice(where.breaks)};"])
        if (where.together or where.member) and rng.random() < 0.25:
            return self.warp(where)
        if rng.random() < 0.25:
            return self.memory(where)
        if where.functions and rng.random() < 0.15:
            return self.call(where)
        return Node([self.guard() + rng.choice(_PLAIN)(self)])

    def memory(self, where: Where) -> Node:
        rng, guard = self.rng, self.guard()
        kind = rng.choice(["input", "private", "local", "local", "reduce", "narrow", "vector"] if where.kernel else ["local"])
        w, s = self.word(), self.word()
        if kind == "input":
            return Node([f"and.b32 %t0, {s}, {INPUTS - 1}; mul.wide.u32 %a6, %t0, 4; add.s64 %a6, %a0, %a6; {guard}ld.global.u32 {w}, [%a6];"])
        if kind == "vector":
            return Node([f"and.b32 %t0, {s}, {INPUTS // 2 - 1}; mul.wide.u32 %a6, %t0, 8; add.s64 %a6, %a0, %a6; "
                         f"{guard}ld.global.v2.u32 {{%r0, {'%r7' if w == '%r0' else w}}}, [%a6];"])
        if kind == "narrow":
            t = rng.choice(["u8", "s8", "u16", "s16"])
            width = 1 if t.endswith("8") else 2
            return Node([f"and.b32 %t0, {s}, {INPUTS * 4 // width - 1}; mul.wide.u32 %a6, %t0, {width}; add.s64 %a6, %a0, %a6; "
                         f"{guard}ld.global.{t} {w}, [%a6];"])
        if kind == "reduce":
            op = rng.choice(["add.u32", "and.b32", "or.b32", "xor.b32", "min.u32", "max.s32", "min.s32", "add.s32"])
            index = "sums" if self.program.shared and rng.random() < 0.5 else ""
            operation = {"and.b32": 0, "or.b32": 1, "xor.b32": 2, "min.u32": 3, "max.s32": 4, "min.s32": 5}.get(op, 6)
            # one cell only ever sees one operation, so that the order does not matter
            if index and op.startswith("add"):
                return Node([f"mov.u32 %t0, sums; and.b32 %t1, {s}, 15; mad.lo.s32 %t0, %t1, 4, %t0; {guard}red.shared.add.u32 [%t0], {w};"])
            return Node([f"{guard}red.global.{op} [%a2+{8 * operation}], {self.word()};"])
        if kind == "private":
            base = 4 * (CELLS - PRIVATE)
            return self._access("global", f"and.b32 %t0, {s}, {PRIVATE - 1}; mul.wide.u32 %a6, %t0, 4; add.s64 %a6, %a1, %a6;", f"%a6+{base}", w, guard)
        return self._access("local", f"and.b32 %t0, {s}, {PRIVATE - 1}; mul.wide.u32 %a6, %t0, 4; add.s64 %a6, %a5, %a6;", "%a6", w, guard)

    def _access(self, space: str, place: str, at: str, word: str, guard: str) -> Node:
        if self.rng.random() < 0.5:
            return Node([f"{place} {guard}st.{space}.u32 [{at}], {word};"])
        return Node([f"{place} {guard}ld.{space}.u32 {word}, [{at}];"])

    def warp(self, where: Where) -> Node:
        """Exchange where it is known who is there."""
        rng, mask = self.rng, "-1" if where.together else "%n11"
        w, s, p = self.word(), self.word(), self.pred()
        kinds = ["ballot", "any", "all", "uni", "match", "matchall", "redux", "leader"]
        if where.together and self.program.threads % 32 == 0:
            kinds += ["shfl"] * 4
        if where.together and self.program.shared:
            kinds += ["exchange"] * 3
        if where.together:
            kinds += ["member"] * 2
        kind = rng.choice(kinds)
        if kind == "ballot":
            return Node([f"vote.sync.ballot.b32 {w}, {self.maybe_not(p)}, {mask};"])
        if kind in ("any", "all", "uni"):
            return Node([f"vote.sync.{kind}.pred {self.pred()}, {self.maybe_not(p)}, {mask};"])
        if kind == "match":
            return Node([f"and.b32 %t0, {s}, 3; match.any.sync.b32 {w}, %t0, {mask};"])
        if kind == "matchall":
            return Node([f"and.b32 %t0, {s}, 0x{rng.choice([0, 1, 0xF00]):x}; match.all.sync.b32 {w}|{p}, %t0, {mask};"])
        if kind == "redux":
            op = rng.choice(["add.s32", "add.u32", "min.s32", "max.u32", "min.u32", "max.s32", "and.b32", "or.b32", "xor.b32"])
            return Node([f"redux.sync.{op} {w}, {s}, {mask};"])
        if kind == "leader":  # the lowest lane that is here
            return Node([f"vote.sync.ballot.b32 %t0, 1, {mask}; brev.b32 %t0, %t0; bfind.shiftamt.u32 %t0, %t0; "
                         f"shfl.sync.idx.b32 {w}, {s}, %t0, 31, {mask};".replace("ballot.b32 %t0, 1,", "ballot.b32 %t0, %q3,").replace(
                             "vote.sync", "setp.eq.u32 %q3, %t6, %t6; vote.sync", 1)])
        if kind == "shfl":
            return self._shuffle(w, s)
        if kind == "exchange":
            turn = rng.randint(1, self.program.threads - 1)
            return Node([f"""mov.u32 %t0, cells; mad.lo.s32 %t1, %t6, 4, %t0; st.shared.u32 [%t1], {s};
bar.sync 0;
add.s32 %t2, %t6, {turn}; rem.u32 %t2, %t2, {self.program.threads}; mad.lo.s32 %t2, %t2, 4, %t0; ld.shared.u32 {w}, [%t2];
bar.sync 0;"""])
        inner, end = Where(where.depth + 1, False, True, functions=where.functions), self.label()
        if self.counters > 8:
            return Node([f"vote.sync.all.pred {p}, {p}, {mask};"])
        return Node([f"vote.sync.ballot.b32 %n11, {p}, -1;\n@!{p} bra {end};", [self.statement_apart(inner) for _ in range(3)], f"{end}:"])

    def statement_apart(self, where: Where) -> Node:
        """A statement among the lanes of %n11: no more control flow."""
        return self.warp(where) if self.rng.random() < 0.5 else Node([self.guard() + self.rng.choice(_PLAIN)(self)])

    def maybe_not(self, p: str) -> str:
        return p if self.rng.random() < 0.7 else "!" + p

    def _shuffle(self, w: str, s: str) -> Node:
        rng = self.rng
        mode = rng.choice(["up", "down", "bfly", "idx"])
        amount = rng.choice([str(rng.randrange(32)), self.word()])
        width = rng.choice([32, 32, 16, 8, 4])
        bounds = (32 - width) << 8 | (0 if mode == "up" else 31)
        target = f"{w}|{self.pred()}" if rng.random() < 0.5 else w
        return Node([f"shfl.sync.{mode}.b32 {target}, {s}, {amount}, {bounds}, -1;"])

    def call(self, where: Where) -> Node:
        index = self.rng.randrange(where.functions)
        w, x, y = self.word(), self.word(), self.source()
        if y[0] != "%":
            y = self.word()
        setup = f"{{ .param .b32 p0; .param .b32 p1; .param .b32 r0; st.param.b32 [p0], {x}; st.param.b32 [p1], {y};"
        if self.rng.random() < 0.3:
            end = self.label()
            return Node([f"@{self.pred()} bra {end};\n{setup} call (r0), helper{index}, (p0, p1); ld.param.b32 {w}, [r0]; }}\n{end}:"])
        return Node([f"{setup} call.uni (r0), helper{index}, (p0, p1); ld.param.b32 {w}, [r0]; }}"])

    # -- control flow --------------------------------------------------------------------------------------------------------

    def control(self, where: Where) -> Node:
        rng = self.rng
        kinds = ["if", "ifelse", "loop", "loop", "switch", "uniform"]
        if self.flow == "wild":
            kinds += ["graph"] * 3
        if where.depth and rng.random() < 0.1:
            return Node([f"@{self.pred()} bra DONE;"]) if not where.together and self._may_leave(where) else self._if(where, False)
        kind = rng.choice(kinds)
        if kind in ("if", "ifelse"):
            return self._if(where, kind == "ifelse")
        if kind == "loop":
            return self._loop(where)
        if kind == "switch":
            return self._switch(where)
        if kind == "graph":
            return self._graph(where)
        return self._uniform(where)

    def _may_leave(self, where: Where) -> bool:
        """Leaving early is for kernels in which nobody waits for others later."""
        return not where.kernel

    def _inside(self, where: Where, *breaks: str) -> Where:
        return Where(where.depth + 1, False, False, (*where.breaks, *breaks), where.functions, where.kernel)

    def condition(self) -> tuple[str, str]:
        """(lines that compute it, guard)"""
        rng = self.rng
        if rng.random() < 0.4:
            return "", self.pred()
        relation = rng.choice(["lt.s32", "eq.u32", "gt.u32", "ne.s32", "le.s32"])
        return f"setp.{relation} %q0, {self.word()}, {self.source()};\n", "%q0"

    def _if(self, where: Where, other: bool) -> Node:
        rng, inner, no, end = self.rng, self._inside(where), self.label(), self.label()
        lines, p = self.condition()
        sign = rng.choice(["", "!"])
        if not other:
            return Node([f"{lines}@{sign}{p} bra {end};", self.body(rng.randint(1, 4), inner), f"{end}:"])
        return Node([f"{lines}@{sign}{p} bra {no};", self.body(rng.randint(1, 4), inner), f"bra.uni {end};\n{no}:",
                     self.body(rng.randint(1, 4), inner), f"{end}:"])

    def _uniform(self, where: Where) -> Node:
        """All threads of the block go the same way."""
        end = self.label()
        inner = Where(where.depth + 1, where.together, False, where.breaks, where.functions, where.kernel)
        test = self.rng.choice(["setp.gt.u32 %q1, %ctaid.x, 0;", "setp.lt.u32 %q1, %ntid.x, 33;"])
        if where.kernel and self.rng.random() < 0.5:
            test = "ld.param.u32 %t0, [number]; setp.gt.u32 %q1, %t0, 40;"
        return Node([f"{test}\n@%q1 bra {end};", self.body(self.rng.randint(1, 4), inner), f"{end}:"])

    def _loop(self, where: Where) -> Node:
        rng, n, limit = self.rng, self.counter(), self.counter()
        head, next_, end = self.label(), self.label(), self.label()
        uniform = rng.random() < 0.4
        together = where.together and uniform and rng.random() < 0.5
        inner = Where(where.depth + 1, together, False, () if together else (*where.breaks, next_, end), where.functions, where.kernel)
        trips = f"mov.u32 {limit}, {rng.randint(0, 5)};" if uniform else f"and.b32 {limit}, {self.word()}, {rng.choice([1, 3, 7])};"
        step = f"add.s32 {n}, {n}, 1;"
        if rng.random() < 0.5:
            return Node([f"{trips} mov.u32 {n}, 0;\n{head}: setp.ge.u32 %q2, {n}, {limit};\n@%q2 bra {end};",
                         self.body(rng.randint(1, 4), inner), f"{next_}: {step}\nbra {head};\n{end}:"])
        return Node([f"{trips} mov.u32 {n}, 0;\n{head}:", self.body(rng.randint(1, 4), inner),
                     f"{next_}: {step} setp.lt.u32 %q2, {n}, {limit};\n@%q2 bra {head};\n{end}:"])

    def _switch(self, where: Where) -> Node:
        rng, inner, end = self.rng, self._inside(where), self.label()
        count = rng.randint(2, 4)
        cases = [self.label() for _ in range(count)]
        table = self.label()
        parts: list[str | list[Node]] = [f"rem.u32 %t0, {self.word()}, {count};\n{table}: .branchtargets {', '.join(cases)};\nbrx.idx %t0, {table};"]
        for case in cases:
            parts += [f"{case}:", self.body(rng.randint(1, 3), inner), f"bra {end};" if rng.random() < 0.7 else ""]
        return Node([*parts, f"{end}:"])

    def _graph(self, where: Where) -> Node:
        """Blocks that branch to any of each other while the fuel lasts."""
        rng, fuel, end = self.rng, self.counter(), self.label()
        labels = [self.label() for _ in range(rng.randint(2, 5))]
        inner = Where(4, functions=where.functions, kernel=where.kernel)
        parts: list[str | list[Node]] = [f"mov.u32 {fuel}, {rng.randint(3, 14)};"]
        if rng.random() < 0.5:
            parts[0] = f"{parts[0]}\n@{self.pred()} bra {rng.choice(labels)};"
        for label in labels:
            parts += [f"{label}: sub.s32 {fuel}, {fuel}, 1; setp.le.s32 %q3, {fuel}, 0;\n@%q3 bra {end};", self.body(rng.randint(1, 2), inner)]
            lines, p = self.condition()
            parts.append(f"{lines}@{rng.choice(['', '!'])}{p} bra {rng.choice(labels + [end])};")
            if rng.random() < 0.3:
                parts.append(f"bra {rng.choice(labels)};")
        return Node([*parts, f"{end}:"])


def _three(opcode: str, narrow: str = "") -> object:
    return lambda g: f"{opcode} {g.word()}, {g.word()}, {g.source()};"


_PLAIN = [
    *(_three(o) for o in ("add.s32", "add.s32", "add.u32", "sub.s32", "sub.u32", "mul.lo.s32", "mul.lo.u32", "mul.hi.u32", "mul.hi.s32",
                          "and.b32", "or.b32", "xor.b32", "min.s32", "max.s32", "min.u32", "max.u32", "div.u32", "div.s32",
                          "rem.u32", "rem.s32", "add.sat.s32", "sub.sat.s32", "mul24.lo.u32")),
    *[lambda g: f"mad.lo.s32 {g.word()}, {g.word()}, {g.source()}, {g.word()};"] * 2,
    lambda g: f"mad.hi.u32 {g.word()}, {g.word()}, {g.source()}, {g.word()};",
    *[lambda g: f"shl.b32 {g.word()}, {g.word()}, {g.rng.choice([1, 2, 3, 5, 31, 40])};"] * 2,
    lambda g: f"shl.b32 {g.word()}, {g.word()}, {g.word()};",
    lambda g: f"shr.{g.rng.choice(['u32', 's32', 'b32'])} {g.word()}, {g.word()}, {g.rng.choice([1, 2, 4, 31, 33])};",
    lambda g: f"shr.{g.rng.choice(['u32', 's32'])} {g.word()}, {g.word()}, {g.word()};",
    lambda g: f"and.b32 {g.word()}, {g.word()}, {g.rng.choice([1, 3, 7, 31, 255, -4, -8])};",
    lambda g: f"not.b32 {g.word()}, {g.word()};",
    lambda g: f"neg.s32 {g.word()}, {g.word()};",
    lambda g: f"abs.s32 {g.word()}, {g.word()};",
    lambda g: f"popc.b32 {g.word()}, {g.word()};",
    lambda g: f"clz.b32 {g.word()}, {g.word()};",
    lambda g: f"brev.b32 {g.word()}, {g.word()};",
    lambda g: f"bfind.u32 {g.word()}, {g.word()};",
    lambda g: f"bfe.u32 {g.word()}, {g.word()}, {g.source()}, {g.source()};",
    lambda g: f"bfe.s32 {g.word()}, {g.word()}, {g.rng.randrange(32)}, {g.rng.randrange(33)};",
    lambda g: f"bfi.b32 {g.word()}, {g.word()}, {g.word()}, {g.rng.randrange(32)}, {g.rng.randrange(33)};",
    lambda g: f"prmt.b32 {g.word()}, {g.word()}, {g.word()}, {g.rng.randrange(65536)};",
    lambda g: f"lop3.b32 {g.word()}, {g.word()}, {g.word()}, {g.word()}, {g.rng.randrange(256)};",
    lambda g: f"shf.{g.rng.choice('lr')}.{g.rng.choice(['wrap', 'clamp'])}.b32 {g.word()}, {g.word()}, {g.word()}, {g.source()};",
    lambda g: f"sad.s32 {g.word()}, {g.word()}, {g.source()}, {g.word()};",
    lambda g: f"mov.u32 {g.word()}, {g.source()};",
    lambda g: f"mov.u32 {g.word()}, %{g.rng.choice(['tid.x', 'tid.y', 'laneid', 'ctaid.x', 'ntid.x', 'lanemask_lt', 'nctaid.x'])};",
    lambda g: f"selp.b32 {g.word()}, {g.word()}, {g.source()}, {g.pred()};",
    lambda g: f"slct.b32.s32 {g.word()}, {g.word()}, {g.word()}, {g.word()};",
    lambda g: f"add.cc.u32 {g.word()}, {g.word()}, {g.word()}; addc.u32 {g.word()}, {g.word()}, {g.source()};",
    lambda g: f"sub.cc.u32 {g.word()}, {g.word()}, {g.word()}; subc.u32 {g.word()}, {g.word()}, {g.source()};",
    *[lambda g: f"setp.{g.rng.choice(['lt.s32', 'eq.s32', 'gt.u32', 'ne.u32', 'le.u32', 'hi.u32', 'ge.s32'])} {g.pred()}, {g.word()}, {g.source()};"] * 4,
    lambda g: f"setp.lt.and.u32 {g.pred()}, {g.word()}, {g.source()}, {g.pred()};",
    lambda g: f"setp.eq.or.s32 %p0|%p1, {g.word()}, {g.source()}, !{g.pred()};",
    lambda g: f"{g.rng.choice(['and', 'or', 'xor'])}.pred {g.pred()}, {g.pred()}, {g.pred()};",
    lambda g: f"not.pred {g.pred()}, {g.pred()};",
    lambda g: f"set.gt.u32.s32 {g.word()}, {g.word()}, {g.source()};",
    # 64 bits
    lambda g: f"{g.rng.choice(['add.s64', 'sub.s64', 'mul.lo.s64', 'and.b64', 'or.b64', 'xor.b64', 'min.s64', 'max.u64', 'mul.hi.u64'])} "
              f"{g.double()}, {g.double()}, {g.double()};",
    lambda g: f"mul.wide.{g.rng.choice('su')}32 {g.double()}, {g.word()}, {g.source()};",
    lambda g: f"mad.wide.{g.rng.choice('su')}32 {g.double()}, {g.word()}, {g.source()}, {g.double()};",
    lambda g: f"cvt.{g.rng.choice(['s64.s32', 'u64.u32'])} {g.double()}, {g.word()};",
    lambda g: f"cvt.u32.u64 {g.word()}, {g.double()};",
    lambda g: f"{g.rng.choice(['shl.b64', 'shr.u64', 'shr.s64'])} {g.double()}, {g.double()}, {g.rng.choice([1, 3, 32, 63, 64])};",
    lambda g: f"mov.b64 {g.double()}, {{{g.word()}, {g.word()}}};",
    lambda g: f"mov.b64 {{%r0, %r7}}, {g.double()};",
    lambda g: f"setp.{g.rng.choice(['lt.s64', 'eq.u64', 'gt.u64'])} {g.pred()}, {g.double()}, {g.double()};",
    lambda g: f"selp.b64 {g.double()}, {g.double()}, {g.double()}, {g.pred()};",
    lambda g: f"popc.b64 {g.word()}, {g.double()};",
    # 16 bits
    lambda g: f"cvt.u16.u32 {g.short()}, {g.word()};",
    lambda g: f"cvt.{g.rng.choice(['u32.u16', 's32.s16'])} {g.word()}, {g.short()};",
    lambda g: f"{g.rng.choice(['add.s16', 'sub.s16', 'mul.lo.s16', 'and.b16', 'xor.b16', 'max.s16', 'min.u16'])} {g.short()}, {g.short()}, {g.short()};",
    lambda g: f"{g.rng.choice(['shl.b16', 'shr.u16', 'shr.s16'])} {g.short()}, {g.short()}, {g.source()};",
    lambda g: f"setp.lt.s16 {g.pred()}, {g.short()}, {g.short()};",
    lambda g: f"cvt.{g.rng.choice(['s8', 'u8'])}.u32 {g.word()}, {g.word()};",
    lambda g: f"cvt.s32.s8 {g.word()}, {g.word()};",
    # floating point
    *[lambda g: f"{g.rng.choice(['add', 'sub', 'mul', 'add.rn', 'div.rn', 'min', 'max'])}.f32 {g.real()}, {g.real()}, {g.real()};"] * 2,
    lambda g: f"fma.rn.f32 {g.real()}, {g.real()}, {g.real()}, {g.real()};",
    lambda g: f"{g.rng.choice(['abs', 'neg', 'sqrt.rn'])}.f32 {g.real()}, {g.real()};",
    lambda g: f"cvt.rn.f32.{g.rng.choice(['s32', 'u32'])} {g.real()}, {g.word()};",
    lambda g: f"cvt.{g.rng.choice(['rzi', 'rni', 'rmi'])}.{g.rng.choice(['s32', 'u32'])}.f32 {g.word()}, {g.real()};",
    lambda g: f"setp.{g.rng.choice(['lt', 'gt', 'equ', 'neu', 'num'])}.f32 {g.pred()}, {g.real()}, {g.real()};",
    lambda g: f"selp.f32 {g.real()}, {g.real()}, {g.real()}, {g.pred()};",
    lambda g: f"mov.f32 {g.real()}, {g.real()};",
]
