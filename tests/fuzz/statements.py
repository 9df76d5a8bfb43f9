"""Random statements without control flow. In: a random source and what holds at a place (`Where`). Out: lines of PTX.

What they compute does not depend on the order in which threads run: memory is a thread's own, or threads reduce into it by operations
that commute, or they exchange it between barriers. NaNs are made canonical after every floating-point instruction, because PTX leaves
their bits open.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass

from sheer.base.types import ScalarType
from tests.fuzz.program import CELLS, COLUMNS, DOUBLES, FLOATS, INPUTS, PREDS, PRIVATE, RECORD, SHORTS, WORDS
from tests.isa.spellings import Case, cases, corners

MIXING = 1_000_000  # seeds from here on also make programs with addresses that mix threads and a distance (the programs of others stay what they were)
_CLASS = {1: "pred", 16: "b16", 32: "b32", 64: "b64"}
_NAN = {"f16": 0x7FFF, "bf16": 0x7FFF, "f32": 0x7FFFFFFF, "tf32": 0x7FFFFFFF, "f64": 0x7FF8000000000000}


# Instructions that came later: a seed's program is made of all that there are, and those that showed a fault once are to stay. They have row tests.
_LATER = ("vadd", "vsub", "vabsdiff", "vmin", "vmax", "vshl", "vshr", "vmad", "vset")


@functools.cache
def values() -> tuple[Case, ...]:
    """Value instructions that a program may use: exact ones, on registers that it has."""
    found = []
    for case in cases(full=False):
        packed = [t for t in case.dests if t.lanes > 1 and t.element in ("f16", "bf16")]
        sizes = {t.bits for t in (*case.dests, *case.sources)}
        left = case.opcode == "fns.b32" or case.opcode.partition(".")[0] in _LATER
        if case.row.within is None and not packed and not case.carry and sizes <= _CLASS.keys() and not left:
            found.append(case)
    return tuple(found)


@dataclass
class Where:
    """What holds at a place in the program."""

    depth: int = 0
    everyone: bool = False  # all threads of the block that are left come here
    mask: str = ""  # the lanes that are here: a register or -1; nothing where that is not known
    breaks: tuple[str, ...] = ()  # labels that may be jumped to
    functions: int = 0  # device functions that may be called
    kernel: bool = True


class Statements:
    """Writes single statements."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.threads = 32
        self.gone = False  # some lanes may have left
        self.mixing = seed >= MIXING

    # -- operands ---------------------------------------------------------------------------------------------------------

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

    def signed(self, p: str) -> str:
        """A predicate or its opposite."""
        return p if self.rng.random() < 0.7 else "!" + p

    def guard(self) -> str:
        return f"@{self.rng.choice(['', '!'])}{self.pred()} " if self.rng.random() < 0.15 else ""

    def of_type(self, t: ScalarType) -> str:
        """A register for a type."""
        if t.name == "f32" and self.rng.random() < 0.7:
            return self.real()
        return {1: self.pred, 16: self.short, 32: self.word, 64: self.double}[t.bits]()

    # -- arithmetic -------------------------------------------------------------------------------------------------------

    def value(self) -> str:
        """Any value instruction of the table, or one of those that make addresses."""
        if self.rng.random() < 0.45:
            return self.guard() + self.rng.choice(_PLAIN)(self)
        case = self.rng.choice(values())
        sources = [self._operand(t) for t in case.sources]
        literals = [str(i) for i in case.immediates]
        operands = [sources[i] if i >= 0 else literals[-1 - i] for i in case.order]
        targets = [self.of_type(t) for t in case.dests]
        one = targets[0] if len(targets) == 1 or targets[0] == targets[1] else "|".join(targets)
        if "|" not in one and case.opcode.startswith("lop3.") and case.opcode.count(".") == 2:
            one = f"{targets[0]}|{targets[-1]}"
        text = f"{self.guard()}{case.opcode} {', '.join([one, *operands])};"
        if case.dests[0].is_float:
            text += self._canonical(case.dests[0], targets[0])
        return text

    def _operand(self, t: ScalarType) -> str:
        if t.kind in "sub" and t.lanes == 1 and t.bits > 1 and self.rng.random() < 0.2:
            return str(t.wrap(self.rng.choice(corners(t))))
        return self.of_type(t)

    def _canonical(self, t: ScalarType, reg: str) -> str:
        name = "f32" if t.name == "tf32" else t.name
        literal, kind = f"{_NAN[t.name]:#x}", f"b{t.bits}"
        if reg.startswith("%f"):
            literal, kind = f"0f{_NAN['f32']:08X}", "f32"
        return f" setp.nan.{name} %q3, {reg}, {reg}; selp.{kind} {reg}, {literal}, {reg}, %q3;"

    # -- memory -----------------------------------------------------------------------------------------------------------

    def memory(self, where: Where) -> str:
        """A read of the input, private memory of some space, a reduction."""
        kinds = ["input", "stepped", "private", "local", "local", "reduce", "narrow", "vector", "columns", "columns", "generic", "atomic"]
        kinds += ["mixed"] * 8 if self.mixing else []
        return getattr(self, "_" + self.rng.choice(kinds if where.kernel else ["local", "local", "generic"]))()

    def _input(self) -> str:
        return (f"and.b32 %t0, {self.source()}, {INPUTS - 1}; mul.wide.u32 %a6, %t0, 4; add.s64 %a6, %in, %a6; "
                f"{self.guard()}ld.global.u32 {self.word()}, [%a6];")

    def _stepped(self) -> str:
        """Neighbouring threads read words at a fixed distance, forwards or backwards."""
        rng = self.rng
        step, start, source = rng.choice([-3, -2, -1, 1, 1, 1, 2, 3]), rng.randrange(1000, 1024), rng.choice(["%lane", "%linear", "%r0"])
        if source == "%r0":
            source = "%lane"
        make = rng.choice([
            "mad.lo.s32 %t0, {s}, {k}, {c}; mul.wide.s32 %a6, %t0, 4; add.s64 %a6, %in, %a6;",
            "mul.lo.s32 %t0, {s}, {k}; add.s32 %t0, %t0, {c}; cvt.s64.s32 %a6, %t0; shl.b64 %a6, %a6, 2; add.s64 %a6, %in, %a6;",
            "mul.lo.s32 %t0, {s}, {k}; cvt.s64.s32 %a6, %t0; add.s64 %a6, %a6, {c}; mad.lo.s64 %a6, %a6, 4, %in;",
            "mad.lo.s32 %t0, {s}, {k}, {c}; shl.b32 %t0, %t0, 2; cvt.u64.u32 %a6, %t0; add.s64 %a6, %a6, %in;",
            "mul.wide.s32 %a6, {s}, {k4}; add.s64 %a6, %a6, {c4}; add.s64 %a6, %in, %a6;",
        ]).format(s=source, k=step, c=start, k4=4 * step, c4=4 * start)
        offset = 4 * rng.randint(-9, 9)
        load = rng.choice([f"ld.global.u32 {self.word()}", f"ld.global.f32 {self.real()}", f"ld.global.nc.u32 {self.word()}",
                           f"ld.global.s8 {self.word()}", f"ld.global.u16 {self.short()}"])
        text = f"{make} {self.guard()}{load}, [%a6+{offset}];"
        if ".f32 " in load:
            reg = load.split()[1]
            text += f" setp.nan.f32 %q3, {reg}, {reg}; selp.f32 {reg}, 0f7FFFFFFF, {reg}, %q3;"
        return text

    def _distance(self) -> str:
        """A value for %t3 that is the same for all threads, most often a power of two."""
        rng = self.rng
        load = f"ld.global.u32 %t3, [%in+{4 * rng.randrange(INPUTS)}]; "
        if rng.random() < 0.3:
            return f"{load}and.b32 %t3, %t3, {rng.choice([7, 63, 255])};"
        return f"{load}and.b32 %t3, %t3, {rng.choice([3, 7])}; mov.u32 %t4, 1; shl.b32 %t3, %t4, %t3;"

    def _mixed(self) -> str:
        """Words at places that are made of a thread's number and a distance, as in networks that sort and in Fourier transforms."""
        rng = self.rng
        s = rng.choice(["%lane", "%linear", "%gid"])
        place = rng.choice([
            "xor.b32 %t0, {s}, %t3;", "or.b32 %t0, %t3, {s};", "and.b32 %t0, {s}, %t3;",
            "sub.u32 %t1, %t3, 1; and.b32 %t1, %t1, {s}; shl.b32 %t0, {s}, 1; sub.u32 %t0, %t0, %t1;",
            "add.u32 %t1, %t3, -1; and.b32 %t1, {s}, %t1; shl.b32 %t0, {s}, 1; sub.u32 %t0, %t0, %t1; add.u32 %t0, %t0, %t3;",
            "neg.s32 %t1, %t3; and.b32 %t1, %t1, {s}; add.u32 %t0, %t1, {s};",
            "sub.u32 %t1, %t3, 1; and.b32 %t2, %t1, {s}; not.b32 %t1, %t1; and.b32 %t1, {s}, %t1; shl.b32 %t1, %t1, 1; or.b32 %t0, %t1, %t2;",
            "cvt.u64.u32 %a6, {s}; cvt.u64.u32 %a7, %t3; xor.b64 %a6, %a6, %a7; cvt.u32.u64 %t0, %a6;",
        ]).format(s=s)
        kind = rng.choice(["u32", "u32", "u8", "s16", "v2"])
        size = {"u8": 1, "s16": 2, "v2": 8}.get(kind, 4)
        place = f"{self._distance()}\n{place} and.b32 %t0, %t0, {4 * INPUTS // size - 1}; mul.wide.u32 %a6, %t0, {size}; add.s64 %a6, %in, %a6; "
        if kind == "v2":
            return f"{place}{self.guard()}ld.global.v2.u32 {{%r1, %r4}}, [%a6];"
        return f"{place}{self.guard()}ld.global.{kind} {self.word()}, [%a6];"

    def _vector(self) -> str:
        w = self.word()
        return (f"and.b32 %t0, {self.source()}, {INPUTS // 2 - 1}; mul.wide.u32 %a6, %t0, 8; add.s64 %a6, %in, %a6; "
                f"{self.guard()}ld.global.v2.u32 {{%r0, {'%r7' if w == '%r0' else w}}}, [%a6];")

    def _narrow(self) -> str:
        t = self.rng.choice(["u8", "s8", "u16", "s16"])
        width = 1 if t.endswith("8") else 2
        return (f"and.b32 %t0, {self.source()}, {INPUTS * 4 // width - 1}; mul.wide.u32 %a6, %t0, {width}; add.s64 %a6, %in, %a6; "
                f"{self.guard()}ld.global.{t} {self.word()}, [%a6];")

    def _reduce(self) -> str:
        """One cell only ever sees one operation, so that the order does not matter."""
        rng = self.rng
        ops = ["and.b32", "or.b32", "xor.b32", "min.u32", "max.s32", "min.s32", "add.u32"]
        cell = rng.randrange(len(ops))
        space, base = rng.choice([("global", "%cells"), ("shared", "sums"), ("global", "%cells")])
        w, guard, op = self.word(), self.guard(), ops[cell]
        name = rng.choice([f"red.{space}.{op} ", f"atom.{space}.{op} %t1, "])
        if op == "add.u32" and rng.random() < 0.6:
            place = f"and.b32 %t0, {self.source()}, 7; "
            if space == "shared":
                return f"{place}mov.u32 %t1, sums; mad.lo.s32 %t0, %t0, 4, %t1; {guard}{name}[%t0+{4 * cell}], {w};"
            return f"{place}mul.wide.u32 %a6, %t0, 4; add.s64 %a6, %cells, %a6; {guard}{name}[%a6+{4 * cell}], {w};"
        if cell == 6 and rng.random() < 0.3:
            return f"{guard}red.global.add.u64 [%cells+{4 * (CELLS - 8)}], {self.double()};"
        return f"{guard}{name}[{base}+{4 * cell}], {w};"

    def _own(self, base: str, at: int, space: str) -> str:
        """A load or store of some width at a random place of the thread's own memory."""
        rng, guard = self.rng, self.guard()
        kind = rng.choice(["u32", "u32", "u32", "b32", "u8", "s8", "u16", "s16", "b64", "f32", "v2", "v4"])
        size = {"u8": 1, "s8": 1, "u16": 2, "s16": 2, "b64": 8, "v2": 8, "v4": 16}.get(kind, 4)
        count = 4 * PRIVATE // size
        if kind == "v4" and (space == "global" or at % 16):
            kind, size, count = "v2", 8, 2 * PRIVATE // 4
        if rng.random() < 0.3:
            place, address = "", f"[{base}+{at + size * rng.randrange(count)}]"
        else:
            place = f"and.b32 %t0, {self.source()}, {count - 1}; mul.wide.u32 %a6, %t0, {size}; add.s64 %a6, {base}, %a6; "
            address = f"[%a6+{at}]"
        dot = f".{space}." if space else "."
        if kind in ("v2", "v4"):
            regs = rng.sample(range(WORDS), int(kind[1]))
            many = "{" + ", ".join(f"%r{r}" for r in regs) + "}"
            return f"{place}{guard}" + (f"st{dot}{kind}.u32 {address}, {many};" if rng.random() < 0.5 else f"ld{dot}{kind}.u32 {many}, {address};")
        if kind == "f32":
            f = self.real()
            if rng.random() < 0.5:
                return f"{place}{guard}st{dot}f32 {address}, {f};"
            return f"{place}{guard}ld{dot}f32 {f}, {address}; setp.nan.f32 %q3, {f}, {f}; selp.f32 {f}, 0f7FFFFFFF, {f}, %q3;"
        reg = self.double() if kind == "b64" else self.short() if kind == "u16" and rng.random() < 0.5 else self.word()
        if rng.random() < 0.5:
            return f"{place}{guard}st{dot}{kind} {address}, {reg};"
        return f"{place}{guard}ld{dot}{kind} {reg}, {address};"

    def _private(self) -> str:
        return self._own("%out", 4 * (RECORD - PRIVATE), "global")

    def _local(self) -> str:
        return self._own("%array", 0, "local")

    def _generic(self) -> str:
        return "cvta.local.u64 %a7, %array; " + self._own("%a7", 0, "")

    def _columns(self) -> str:
        """Threads side by side in memory: full and partial rows."""
        rng, guard, w = self.rng, self.guard(), self.word()
        row = f"mul.lo.u32 %t0, %total, {rng.randrange(COLUMNS)};"
        if rng.random() < 0.3:
            row = f"and.b32 %t0, {self.source()}, {COLUMNS - 1}; mul.lo.u32 %t0, %total, %t0;"
        place = f"{row} mul.wide.u32 %a6, %t0, 4; add.s64 %a6, %columns, %a6;"
        if rng.random() < 0.4:  # the other way to the same place
            place = f"{row} add.u32 %t0, %t0, %gid; mul.wide.u32 %a6, %t0, 4; ld.param.u64 %a7, [columns]; add.s64 %a6, %a7, %a6;"
        operation = rng.choice(["ld", "st", "st", "half"])
        if operation == "half":
            return f"{place} {guard}st.global.u{rng.choice([8, 16])} [%a6+{rng.choice([0, 2])}], {w};"
        return f"{place} {guard}ld.global.u32 {w}, [%a6];" if operation == "ld" else f"{place} {guard}st.global.u32 [%a6], {w};"

    def _atomic(self) -> str:
        """On the thread's own memory; the old value counts."""
        rng, guard, w = self.rng, self.guard(), self.word()
        place = f"and.b32 %t0, {self.source()}, {PRIVATE // 2 - 1}; mul.wide.u32 %a6, %t0, 8; add.s64 %a6, %out, %a6;"
        at = f"[%a6+{4 * (RECORD - PRIVATE)}]"
        space = rng.choice([".global", ""])
        if rng.random() < 0.3:
            op = rng.choice(["add.u64", "min.s64", "max.u64", "xor.b64", "exch.b64", "and.b64"])
            return f"{place} {guard}atom{space}.{op} {self.double()}, {at}, {self.double()};"
        if rng.random() < 0.2:
            return f"{place} {guard}atom{space}.cas.b32 {w}, {at}, {self.source()}, {self.source()};"
        op = rng.choice(["add.u32", "min.s32", "max.u32", "xor.b32", "exch.b32", "inc.u32", "dec.u32", "or.b32", "and.b32", "max.s32"])
        return f"{place} {guard}atom{space}.{op} {w}, {at}, {self.source()};"

    # -- threads together -------------------------------------------------------------------------------------------------

    def warp(self, mask: str) -> str:
        """An exchange among the lanes of `mask`, all of which are here, and no others."""
        rng, w, s, p = self.rng, self.word(), self.word(), self.pred()
        kind = rng.choice(["shfl", "shfl", "ballot", "vote", "match", "matchall", "redux", "leader", "sync"])
        if kind == "shfl":
            if mask == "-1" and self.threads % 32 == 0 and not self.gone and rng.random() < 0.6:
                return self._shuffle(w, s)
            return self._checked_shuffle(w, s, mask)
        if kind == "ballot":
            return f"vote.sync.ballot.b32 {w}, {self.signed(p)}, {mask};"
        if kind == "vote":
            return f"vote.sync.{rng.choice(['any', 'all', 'uni'])}.pred {self.pred()}, {self.signed(p)}, {mask};"
        if kind == "match":
            if rng.random() < 0.3:
                return f"and.b64 %a6, {self.double()}, 3; match.any.sync.b64 {w}, %a6, {mask};"
            return f"and.b32 %t0, {s}, 3; match.any.sync.b32 {w}, %t0, {mask};"
        if kind == "matchall":
            return f"and.b32 %t0, {s}, 0x{rng.choice([0, 1, 0xF00]):x}; match.all.sync.b32 {w}|{p}, %t0, {mask};"
        if kind == "redux":
            op = rng.choice(["add.s32", "add.u32", "min.s32", "max.u32", "min.u32", "max.s32", "and.b32", "or.b32", "xor.b32"])
            return f"redux.sync.{op} {w}, {s}, {mask};"
        if kind == "sync":
            return f"bar.warp.sync {mask};"
        return (f"setp.eq.u32 %q3, %t6, %t6; vote.sync.ballot.b32 %t0, %q3, {mask}; brev.b32 %t0, %t0; "
                f"bfind.shiftamt.u32 %t0, %t0; shfl.sync.idx.b32 {w}, {s}, %t0, 31, {mask};")

    def _shuffle(self, w: str, s: str) -> str:
        rng = self.rng
        mode = rng.choice(["up", "down", "bfly", "idx"])
        width = rng.choice([32, 32, 16, 8, 4])
        bounds = (32 - width) << 8 | (0 if mode == "up" else 31)
        target = f"{w}|{self.pred()}" if rng.random() < 0.5 else w
        return f"shfl.sync.{mode}.b32 {target}, {s}, {rng.choice([str(rng.randrange(32)), self.word()])}, {bounds}, -1;"

    def _checked_shuffle(self, w: str, s: str, mask: str) -> str:
        """A lane that is not there has nothing to give."""
        rng = self.rng
        step = rng.choice([str(rng.randrange(32)), "%t2"])
        mode = rng.choice(["bfly", "idx", "up", "down"])
        source = {"bfly": f"xor.b32 %t1, %lane, {step};", "idx": f"mov.b32 %t1, {step};",
                  "up": f"sub.u32 %t1, %lane, {step};", "down": f"add.u32 %t1, %lane, {step};"}[mode]
        return (f"and.b32 %t2, {self.word()}, 31; shfl.sync.{mode}.b32 %t0|%q0, {s}, {step}, {0 if mode == 'up' else 31}, {mask};\n"
                f"{source} and.b32 %t1, %t1, 31; mov.b32 %t3, {mask}; shr.u32 %t1, %t3, %t1; and.b32 %t1, %t1, 1; "
                f"setp.ne.u32 %q1, %t1, 0; and.pred %q1, %q1, %q0; selp.b32 {w}, %t0, {s}, %q1;")

    def exchange(self) -> str:
        """Through shared memory, where all threads that are left come by."""
        rng, w, s = self.rng, self.word(), self.word()
        barrier = rng.choice(["bar.sync 0;", "barrier.sync 0;", "bar.sync 3;", "barrier.sync.aligned 1;"])
        if not self.gone and rng.random() < 0.2 and self.threads % 32 == 0:
            barrier = f"bar.sync 2, {self.threads};"
        text = (f"mov.u32 %t0, board; mad.lo.s32 %t1, %linear, 4, %t0; st.shared.u32 [%t1], {s};\n{barrier}\n"
                f"mad.lo.u32 %t2, %linear, {rng.choice([1, 3, 5])}, {rng.randrange(64)}; rem.u32 %t2, %t2, {self.threads}; "
                f"mad.lo.s32 %t2, %t2, 4, %t0; ld.shared.u32 {w}, [%t2];\n")
        if self.mixing and self.threads & (self.threads - 1) == 0:
            text += (f"{barrier}\n{self._distance()} and.b32 %t3, %t3, {self.threads - 1}; xor.b32 %t1, %linear, %t3; mad.lo.u32 %t1, %t1, 4, %t0; "
                     f"st.shared.u32 [%t1], {self.source()};\n{barrier}\nmad.lo.u32 %t2, %linear, 4, %t0; ld.shared.u32 {self.word()}, [%t2];\n")
        roll = rng.random()
        if roll < 0.15:
            return text + f"bar.red.popc.u32 {self.word()}, 0, {self.signed(self.pred())};"
        if roll < 0.4:
            return text + f"bar.red.{rng.choice(['and', 'or'])}.pred {self.pred()}, 0, {self.signed(self.pred())};"
        return text + barrier


def _three(opcode: str) -> object:
    return lambda g: f"{opcode} {g.word()}, {g.word()}, {g.source()};"


# Instructions that programs make addresses and conditions of, oftener than the table would give them.
_PLAIN = [
    *(_three(o) for o in ("add.s32", "add.s32", "add.u32", "sub.s32", "sub.u32", "mul.lo.s32", "mul.lo.u32", "mul.hi.u32", "and.b32",
                          "or.b32", "xor.b32", "min.s32", "max.u32", "div.u32", "div.s32", "rem.u32", "rem.s32", "mul24.lo.u32")),
    *[lambda g: f"mad.lo.s32 {g.word()}, {g.word()}, {g.source()}, {g.word()};"] * 2,
    *[lambda g: f"shl.b32 {g.word()}, {g.word()}, {g.rng.choice([1, 2, 3, 5, 31, 40])};"] * 2,
    lambda g: f"shl.b32 {g.word()}, {g.word()}, {g.word()};",
    lambda g: f"shr.{g.rng.choice(['u32', 's32', 'b32'])} {g.word()}, {g.word()}, {g.rng.choice([1, 2, 4, 31, 33])};",
    lambda g: f"and.b32 {g.word()}, {g.word()}, {g.rng.choice([1, 3, 7, 31, 255, -4, -8])};",
    lambda g: f"bfe.u32 {g.word()}, {g.word()}, {g.source()}, {g.source()};",
    lambda g: f"bfi.b32 {g.word()}, {g.word()}, {g.word()}, {g.rng.randrange(32)}, {g.rng.randrange(33)};",
    lambda g: f"prmt.b32 {g.word()}, {g.word()}, {g.word()}, {g.rng.randrange(65536)};",
    lambda g: f"lop3.b32 {g.word()}, {g.word()}, {g.word()}, {g.word()}, {g.rng.randrange(256)};",
    lambda g: f"shf.{g.rng.choice('lr')}.{g.rng.choice(['wrap', 'clamp'])}.b32 {g.word()}, {g.word()}, {g.word()}, {g.source()};",
    *[lambda g: f"mov.u32 {g.word()}, {g.source()};"] * 2,
    *[lambda g: f"mov.u32 {g.word()}, %{g.rng.choice(['tid.x', 'tid.y', 'laneid', 'ctaid.x', 'ntid.x', 'lanemask_lt', 'nctaid.x'])};"] * 2,
    lambda g: f"selp.b32 {g.word()}, {g.word()}, {g.source()}, {g.pred()};",
    lambda g: f"slct.b32.s32 {g.word()}, {g.word()}, {g.word()}, {g.word()};",
    lambda g: f"add.cc.u32 {g.word()}, {g.word()}, {g.word()}; addc.u32 {g.word()}, {g.word()}, {g.source()};",
    lambda g: f"sub.cc.u32 {g.word()}, {g.word()}, {g.word()}; subc.cc.u32 {g.word()}, {g.word()}, {g.source()}; "
              f"subc.u32 {g.word()}, {g.word()}, 0;",
    lambda g: f"mad.lo.cc.u32 {g.word()}, {g.word()}, {g.word()}, {g.word()}; madc.hi.u32 {g.word()}, {g.word()}, {g.word()}, {g.word()};",
    *[lambda g: f"setp.{g.rng.choice(['lt.s32', 'eq.s32', 'gt.u32', 'ne.u32', 'le.u32', 'hi.u32', 'ge.s32'])} "
                f"{g.pred()}, {g.word()}, {g.source()};"] * 5,
    lambda g: f"setp.eq.or.s32 %p0|%p1, {g.word()}, {g.source()}, !{g.pred()};",
    lambda g: f"{g.rng.choice(['and', 'or', 'xor'])}.pred {g.pred()}, {g.pred()}, {g.pred()};",
    lambda g: f"mul.wide.{g.rng.choice('su')}32 {g.double()}, {g.word()}, {g.source()};",
    lambda g: f"mad.wide.{g.rng.choice('su')}32 {g.double()}, {g.word()}, {g.source()}, {g.double()};",
    lambda g: f"cvt.{g.rng.choice(['s64.s32', 'u64.u32'])} {g.double()}, {g.word()};",
    lambda g: f"cvt.u32.u64 {g.word()}, {g.double()};",
    lambda g: f"mov.b64 {g.double()}, {{{g.word()}, {g.word()}}};",
    lambda g: f"mov.b64 {{%r0, %r7}}, {g.double()};",
    lambda g: f"mov.b32 {{%h0, %h1}}, {g.word()}; mov.b32 {g.word()}, {{{g.short()}, {g.short()}}};",
    lambda g: f"cvt.{g.rng.choice(['s8', 'u8'])}.u32 {g.word()}, {g.word()};",
    lambda g: f"mov.f32 {g.real()}, {g.real()};",
    lambda g: f"cvt.rn.f32.s32 {g.real()}, {g.word()};",
    lambda g: f"cvt.rzi.s32.f32 {g.word()}, {g.real()};",
]
