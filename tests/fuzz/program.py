"""A random program: a tree of statements, its PTX, how to launch it. In: statements from `generator`. Out: PTX text.

The tree is there so that a failing program can be made smaller piece by piece (`reduce`): every statement can be left out, and a statement
with bodies can be replaced by them, and the program stays valid.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

WORDS, DOUBLES, FLOATS, PREDS, SHORTS = 10, 4, 4, 4, 3  # registers %r %d %f %p %h that hold a thread's state
INPUTS = 2048  # words of the read-only array
PRIVATE = 16  # words of memory that each thread has, in each state space
COLUMNS = 4  # words of each thread in memory where threads lie side by side
CELLS = 24  # words that threads reduce into or lock
STATE = WORDS + 2 * DOUBLES + FLOATS + PREDS + SHORTS  # words that a thread writes in the end
RECORD = STATE + (STATE & 1) + PRIVATE  # and those it has in global memory; even, so that it may be accessed by 64 bits


@dataclass
class Node:
    """A statement: text and, between it, bodies. Without it the program is still valid. `masks`: (own mask register, the one around it)."""

    parts: list[str | list[Node]]
    masks: list[tuple[str, str]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The PTX."""
        return [line for part in self.parts for line in (part.split("\n") if isinstance(part, str) else render(part))]

    def bodies(self) -> list[list[Node]]:
        """The statements inside, by place."""
        return [part for part in self.parts if isinstance(part, list)]

    def rename(self, masks: list[tuple[str, str]]) -> None:
        """Replaces mask registers, here and inside."""
        for old, new in masks:
            self.parts = [_renamed(p, old, new) if isinstance(p, str) else p for p in self.parts]
            self.masks = [(own, new if outer == old else outer) for own, outer in self.masks]
        for body in self.bodies():
            for node in body:
                node.rename(masks)


def _renamed(text: str, old: str, new: str) -> str:
    for end in ",;":
        text = text.replace(old + end, new + end)
    return text


def render(body: list[Node]) -> list[str]:
    """The PTX of some statements."""
    return [line for node in body for line in node.lines()]


@dataclass
class Program:
    """A kernel `fuzz(in, out, columns, cells, number)` and its device functions."""

    seed: int
    block: tuple[int, int, int]
    grid: tuple[int, int, int]
    functions: list[list[Node]] = field(default_factory=list)
    body: list[Node] = field(default_factory=list)
    names: int = 1  # numbered registers in use: %n0 ... and %m0 ...

    @property
    def threads(self) -> int:
        """Threads of a block."""
        x, y, z = self.block
        return x * y * z

    @property
    def total(self) -> int:
        """Threads of the launch."""
        x, y, z = self.grid
        return x * y * z * self.threads

    def inputs(self) -> tuple[list[int], list[int], int]:
        """The read-only words, the cells' first values, the number."""
        rng = random.Random(self.seed ^ 0xF00D)
        words = [rng.choice([rng.getrandbits(32), rng.randrange(16), rng.randrange(1024), 0x3F800000 + rng.randrange(1 << 24)])
                 for _ in range(INPUTS)]
        return words, [i * 77 for i in range(CELLS - 4)] + [0] * 4, rng.randrange(80)

    def text(self) -> str:
        """The PTX."""
        parts = [f"// seed {self.seed}, block {self.block}, grid {self.grid}\n.version 8.5\n.target sm_80\n.address_size 64"]
        parts += [f".func (.param .b32 result) helper{i}(.param .b32 x, .param .b32 y);" for i in range(len(self.functions))]
        parts += [_function(i, body, self.names) for i, body in enumerate(self.functions)]
        lines = "\n".join("    " + line for line in render(self.body))
        parts.append(f""".visible .entry fuzz(.param .u64 in, .param .u64 out, .param .u64 columns, .param .u64 cells, .param .u32 number)
{{
    .shared .align 8 .b32 board[{self.threads}];
    .shared .align 8 .b32 sums[{CELLS}];
    .local .align 8 .b32 array[{PRIVATE}];
{_registers(self.names)}
{_PROLOGUE}
{lines}
{_SUMS}
DONE:
{_epilogue()}
    ret;
}}
""")
        return "\n".join(parts)


def _registers(names: int) -> str:
    return f"""    .reg .b32 %r<{WORDS}>; .reg .b64 %d<{DOUBLES}>; .reg .f32 %f<{FLOATS}>; .reg .pred %p<{PREDS}>; .reg .b16 %h<{SHORTS}>;
    .reg .b32 %t<8>, %lane, %linear, %gid, %total; .reg .b64 %in, %out, %columns, %cells, %array, %a<8>; .reg .pred %q<4>;
    .reg .b32 %n<{names}>, %m<{names}>;"""


_LOCAL = "".join(f"\n    st.local.u32 [%array+{4 * i}], {i};" for i in range(PRIVATE))

_PROLOGUE = f"""    ld.param.u64 %in, [in]; ld.param.u64 %out, [out]; ld.param.u64 %columns, [columns]; ld.param.u64 %cells, [cells];
    ld.param.u32 %r4, [number]; mov.u32 %t0, %tid.x; mov.u32 %t1, %tid.y; mov.u32 %t2, %tid.z; mov.u32 %t3, %ntid.x;
    mov.u32 %t4, %ntid.y; mov.u32 %t5, %ntid.z; mad.lo.u32 %linear, %t2, %t4, %t1; mad.lo.u32 %linear, %linear, %t3, %t0;
    mul.lo.u32 %t3, %t3, %t4; mul.lo.u32 %t3, %t3, %t5; mov.u32 %t4, %ctaid.x; mov.u32 %t5, %ctaid.y; mov.u32 %t6, %nctaid.x;
    mov.u32 %t7, %nctaid.y; mad.lo.u32 %t5, %t5, %t6, %t4; mad.lo.u32 %gid, %t5, %t3, %linear; mul.lo.u32 %total, %t6, %t7;
    mul.lo.u32 %total, %total, %t3; mov.u32 %lane, %laneid; mul.wide.u32 %a0, %gid, {4 * RECORD}; add.s64 %out, %out, %a0;
    mul.wide.u32 %a0, %gid, 4; add.s64 %columns, %columns, %a0;
    mov.u32 %r0, %tid.x; mov.u32 %r1, %laneid; mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r5, %tid.y; mov.u32 %r6, %gid;
    and.b32 %t0, %gid, {INPUTS - 1}; mul.wide.u32 %a0, %t0, 4; add.s64 %a0, %in, %a0; ld.global.u32 %r7, [%a0];
    ld.global.u32 %r8, [%in+64]; mul.lo.s32 %r9, %gid, 12;
    mul.wide.u32 %d0, %r7, %r6; cvt.u64.u32 %d1, %r0; mov.b64 %d2, {{%r4, %r7}}; mov.u64 %d3, 77;
    cvt.rn.f32.s32 %f0, %r0; cvt.rn.f32.u32 %f1, %r7; mov.f32 %f2, 0f3FC00000; cvt.rn.f32.s32 %f3, %r4;
    setp.lt.u32 %p0, %r7, 0x1000; setp.gt.s32 %p1, %r4, 5; setp.eq.s32 %p2, %r1, 3; setp.ge.u32 %p3, %r0, 7;
    cvt.u16.u32 %h0, %r7; cvt.u16.u32 %h1, %r0; mov.u16 %h2, 77;
    setp.eq.u32 %q0, %lane, %lane; vote.sync.ballot.b32 %m0, %q0, -1;
    mov.u64 %array, array;{_LOCAL}
    mov.u32 %t0, board; mad.lo.u32 %t0, %linear, 4, %t0; st.shared.u32 [%t0], %linear;
    setp.ne.u32 %q0, %linear, 0; @%q0 bra START;""" + "".join(
    f"\n    st.shared.u32 [sums+{4 * i}], {0 if i >= CELLS - 4 else i * 55};" for i in range(CELLS)) + """
START:
    bar.sync 0;"""

_SUMS = f"""    bar.sync 0;
    rem.u32 %t1, %linear, {CELLS - 4}; mov.u32 %t0, sums; mad.lo.u32 %t0, %t1, 4, %t0; ld.shared.u32 %t2, [%t0]; xor.b32 %r9, %r9, %t2;"""


def _epilogue() -> str:
    lines: list[str] = []

    def put(text: str) -> None:
        lines.append("    " + text.replace("@", f"[%out+{4 * len(lines)}]"))

    for i in range(WORDS):
        put(f"st.global.u32 @, %r{i};")
    for i in range(DOUBLES):
        put(f"mov.b64 {{%t0, %t1}}, %d{i}; st.global.u32 @, %t0;")
        put("st.global.u32 @, %t1;")
    for i in range(FLOATS):
        put(f"mov.b32 %t0, %f{i}; st.global.u32 @, %t0;")
    for i in range(PREDS):
        put(f"selp.u32 %t0, 1, 0, %p{i}; st.global.u32 @, %t0;")
    for i in range(SHORTS):
        put(f"cvt.u32.u16 %t0, %h{i}; st.global.u32 @, %t0;")
    return "\n".join(lines)


def _function(index: int, body: list[Node], names: int) -> str:
    """A device function of two words that gives one; it may call those before it."""
    lines = "\n".join("    " + line for line in render(body))
    return f""".func (.param .b32 result) helper{index}(.param .b32 x, .param .b32 y)
{{
    .local .align 8 .b32 array[{PRIVATE}];
{_registers(names)}
    ld.param.u32 %r0, [x]; ld.param.u32 %r1, [y]; mov.u32 %lane, %laneid; mov.u32 %linear, %tid.x; mov.u32 %gid, %tid.y;
    mov.u32 %r2, 3; xor.b32 %r3, %r0, %r1; mov.u32 %r4, %laneid; mov.u32 %r5, %r1; mov.u32 %r6, %r0; mov.u32 %r7, 0x1234567;
    shl.b32 %r8, %r0, 2; sub.s32 %r9, %r1, %r0;
    mov.u64 %d0, 1; mul.wide.u32 %d1, %r0, %r1; mov.u64 %d2, 0; mov.u64 %d3, -1;
    mov.f32 %f0, 0f3F800000; cvt.rn.f32.s32 %f1, %r0; mov.f32 %f2, %f0; mov.f32 %f3, %f0;
    setp.lt.s32 %p0, %r0, %r1; setp.eq.u32 %p1, %r0, 0; setp.gt.u32 %p2, %r1, 9; setp.ne.s32 %p3, %r0, %r0;
    mov.u16 %h0, 1; mov.u16 %h1, 2; cvt.u16.u32 %h2, %r1;
    mov.u64 %array, array;{_LOCAL}
{lines}
DONE:
    add.s32 %r0, %r0, %r1; xor.b32 %r0, %r0, %r9; selp.u32 %r1, 1, 7, %p0; mad.lo.s32 %r0, %r0, %r1, %r5;
    cvt.u32.u64 %r1, %d1; xor.b32 %r0, %r0, %r1; mov.b32 %r1, %f1; xor.b32 %r0, %r0, %r1;
    st.param.b32 [result], %r0;
    ret;
}}"""
