"""Random kernels. In: a seed. Out: a Program: statements under control flow of all kinds.

Control flow is structured (if, loops with equal and with different numbers of turns, switches, calls, early exits) or a graph of blocks
that branch to any of each other while fuel lasts. Where lanes part, `Where.mask` says who is there, so that they can exchange values.
"""

from __future__ import annotations

from dataclasses import replace

from tests.fuzz.program import CELLS, Node, Program
from tests.fuzz.statements import Statements, Where

BLOCKS = [(32, 1, 1)] * 3 + [(64, 1, 1)] * 2 + [
    (8, 4, 1), (16, 4, 1), (16, 2, 1), (48, 1, 1), (20, 1, 1), (20, 2, 1), (96, 1, 1), (128, 1, 1), (8, 4, 3), (5, 5, 3), (1, 1, 1), (7, 1, 1),
    (4, 2, 8), (33, 2, 1)]
DEEPEST = 4


class Generator(Statements):
    """Makes one program."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        rng = self.rng
        self.program = Program(seed, rng.choice(BLOCKS), rng.choice([(1, 1, 1), (1, 1, 1), (2, 1, 1), (1, 2, 1), (3, 2, 1)]))
        self.threads = self.program.threads
        self.labels = 0
        self.flow = rng.choice([0.08, 0.2, 0.3])
        self.wild = rng.random() < 0.4  # graphs
        self.leaving = rng.choice(["", "", "", "top", "anywhere"])  # threads that end early
        self.locks = rng.random() < 0.15 and self.threads <= 64
        if self.locks:
            self.program.grid = (1, 1, 1)

    def make(self) -> Program:
        """The program of the seed."""
        rng, program = self.rng, self.program
        for index in range(rng.choice([0, 0, 1, 2, 3])):
            program.functions.append(self.body(rng.randint(2, 5), Where(depth=2, functions=index, kernel=False)))
        mask = "-1" if self.threads % 32 == 0 and self.leaving != "top" else "%m0"
        self.gone = bool(self.leaving)
        where = Where(everyone=True, mask="" if self.leaving == "anywhere" else mask, functions=len(program.functions))
        program.body += self.body(rng.randint(6, 16), where)
        return program

    def label(self) -> str:
        self.labels += 1
        return f"L{self.labels}"

    def number(self) -> str:
        """A register that no other statement uses, %n or %m by its owner's choice."""
        self.program.names += 1
        return str(self.program.names - 1)

    # -- statements -------------------------------------------------------------------------------------------------------

    def body(self, count: int, where: Where) -> list[Node]:
        """So many statements."""
        return [self.statement(where) for _ in range(count)]

    def statement(self, where: Where) -> Node:
        """Any statement that may stand here."""
        rng = self.rng
        if rng.random() < self.flow and where.depth < DEEPEST:
            return self.control(where)
        if where.breaks and rng.random() < 0.12:
            return Node([f"@{rng.choice(['', '!'])}{self.pred()} bra {rng.choice(where.breaks)};"])
        if where.mask and rng.random() < 0.2:
            return Node([self.warp(where.mask)])
        if where.everyone and rng.random() < 0.12:
            return Node([self.exchange()])
        if self.locks and where.kernel and rng.random() < 0.1:
            return self._lock()
        if rng.random() < 0.25:
            return Node([self.memory(where)])
        if where.functions and rng.random() < 0.15:
            return self.call(where)
        if rng.random() < 0.03:
            return self._leave(where)
        return Node(["\n".join(self.value() for _ in range(rng.choice([1, 1, 1, 2])))])

    def _leave(self, where: Where) -> Node:
        """Some threads are done."""
        if self.leaving == "anywhere" or not where.kernel:
            return Node([self.rng.choice([f"@{self.pred()} bra DONE;", f"@!{self.pred()} bra DONE;"])])
        if self.leaving == "top" and where.depth == 0:
            number = self.rng.randrange(self.threads)
            compare = self.rng.choice(["ne.u32", "ne.u32", "lt.u32"])
            return Node([f"setp.{compare} %q0, %linear, {number};\nvote.sync.ballot.b32 %m0, %q0, %m0; @!%q0 bra DONE;"])
        return Node([self.value()])

    def _lock(self) -> Node:
        """A critical section: other lanes of the warp may hold the lock."""
        rng, again, w = self.rng, self.label(), self.word()
        space, base = rng.choice([("global", "%cells"), ("shared", "sums")])
        at = f"{base}+{4 * (CELLS - 4)}"
        section = (f"membar.cta; ld.volatile.{space}.u32 %t1, [{at}+4]; add.u32 %t1, %t1, {w}; st.volatile.{space}.u32 [{at}+4], %t1; "
                   f"membar.cta; atom.{space}.exch.b32 %t0, [{at}], 0;").replace(f"{at}+4", f"{base}+{4 * (CELLS - 3)}")
        take = f"atom.{space}.cas.b32 %t0, [{at}], 0, 1;"
        if rng.random() < 0.5:  # the section after the loop
            return Node([f"{again}: {take} setp.ne.u32 %q3, %t0, 0; @%q3 bra {again};\n{section}"])
        skip, n = self.label(), "%n" + self.number()
        return Node([f"mov.u32 {n}, 0;\n{again}: {take} setp.ne.u32 %q3, %t0, 0; @%q3 bra {skip};\n{section} mov.u32 {n}, 1;\n"
                     f"{skip}: setp.eq.u32 %q3, {n}, 0; @%q3 bra {again};"])

    def call(self, where: Where) -> Node:
        """A device function, perhaps by some lanes only, perhaps through a pointer."""
        rng = self.rng
        index, w, x, y = rng.randrange(where.functions), self.word(), self.word(), self.word()
        setup = f"{{ .param .b32 p0; .param .b32 p1; .param .b32 r0; st.param.b32 [p0], {x}; st.param.b32 [p1], {y};"
        text = f"{setup} call{rng.choice(['', '.uni'])} (r0), helper{index}, (p0, p1); ld.param.b32 {w}, [r0]; }}"
        if where.functions > 1 and rng.random() < 0.4:
            kind, other = self.label(), rng.randrange(where.functions)
            text = (f"mov.u64 %a6, helper{index}; mov.u64 %a7, helper{other}; selp.b64 %a6, %a6, %a7, {self.pred()};\n"
                    f"{kind}: .callprototype (.param .b32 _) _ (.param .b32 _, .param .b32 _);\n"
                    f"{setup} call (r0), %a6, (p0, p1), {kind}; ld.param.b32 {w}, [r0]; }}")
        if rng.random() < 0.3:
            end = self.label()
            return Node([f"@{self.pred()} bra {end};\n{text}\n{end}:"])
        return Node([text])

    # -- control flow -----------------------------------------------------------------------------------------------------

    def control(self, where: Where) -> Node:
        """An if, a loop, a switch, a graph, with statements inside."""
        kinds = [self._if, self._if, self._if, self._uniform, self._loop, self._loop, self._uniform_loop, self._switch]
        if where.mask:
            kinds += [self._masked_if, self._masked_loop] * 2
        if self.wild:
            kinds += [self._graph] * 3
        return self.rng.choice(kinds)(where)

    def _inside(self, where: Where) -> Where:
        """Where nobody knows who is there."""
        return replace(where, depth=where.depth + 1, everyone=False, mask="")

    def condition(self) -> tuple[str, str]:
        """(lines that compute it, guard)"""
        rng = self.rng
        if rng.random() < 0.4:
            return "", self.pred()
        relation = rng.choice(["lt.s32", "eq.u32", "gt.u32", "ne.s32", "le.s32"])
        if rng.random() < 0.3:
            return f"and.b32 %t0, {self.word()}, 15; setp.{relation} %q0, %t0, {rng.randrange(16)};\n", "%q0"
        return f"setp.{relation} %q0, {self.word()}, {self.source()};\n", "%q0"

    def _if(self, where: Where) -> Node:
        rng, inner, no, end = self.rng, self._inside(where), self.label(), self.label()
        lines, p = self.condition()
        sign = rng.choice(["", "!"])
        if rng.random() < 0.5:
            return Node([f"{lines}@{sign}{p} bra {end};", self.body(rng.randint(1, 4), inner), f"{end}:"])
        return Node([f"{lines}@{sign}{p} bra {no};", self.body(rng.randint(1, 4), inner), f"bra.uni {end};\n{no}:",
                     self.body(rng.randint(1, 4), inner), f"{end}:"])

    def _masked_if(self, where: Where) -> Node:
        """Both sides know who is there."""
        rng, no, end = self.rng, self.label(), self.label()
        yes_mask, no_mask = "%m" + self.number(), "%m" + self.number()
        lines, p = self.condition()
        first = f"{lines}vote.sync.ballot.b32 {yes_mask}, {p}, {where.mask}; xor.b32 {no_mask}, {where.mask}, {yes_mask};\n@!{p} bra {no};"
        inner = replace(where, depth=where.depth + 1, everyone=False)
        yes = self.body(rng.randint(1, 4), replace(inner, mask=yes_mask))
        other = self.body(rng.randint(1, 4), replace(inner, mask=no_mask)) if rng.random() < 0.6 else []
        return Node([first, yes, f"bra {end};\n{no}:", other, f"{end}:"], [(yes_mask, where.mask), (no_mask, where.mask)])

    def _uniform(self, where: Where) -> Node:
        """All threads of the block go the same way."""
        end = self.label()
        test = self.rng.choice(["setp.gt.u32 %q1, %ctaid.x, 0;", "setp.lt.u32 %q1, %ntid.x, 33;"])
        if where.kernel and self.rng.random() < 0.6:
            test = self.rng.choice(["ld.param.u32 %t0, [number]; setp.gt.u32 %q1, %t0, 40;", "ld.global.u32 %t0, [%in+20]; setp.gt.s32 %q1, %t0, 8;"])
        return Node([f"{test}\n@%q1 bra {end};", self.body(self.rng.randint(1, 4), replace(where, depth=where.depth + 1)), f"{end}:"])

    def _uniform_loop(self, where: Where) -> Node:
        """All threads that come in make the same number of turns."""
        rng, n, limit, head, end = self.rng, "%n" + self.number(), "%n" + self.number(), self.label(), self.label()
        trips = f"mov.u32 {limit}, {rng.randint(0, 5)};"
        if where.kernel and rng.random() < 0.4:
            trips = f"ld.param.u32 {limit}, [number]; and.b32 {limit}, {limit}, 3;"
        inner = replace(where, depth=where.depth + 1, breaks=())
        step = f"add.s32 {n}, {n}, 1;"
        if rng.random() < 0.5:
            return Node([f"{trips} mov.u32 {n}, 0;\n{head}: setp.ge.u32 %q2, {n}, {limit};\n@%q2 bra {end};",
                         self.body(rng.randint(1, 4), inner), f"{step}\nbra {head};\n{end}:"])
        return Node([f"{trips} mov.u32 {n}, 0;\n{head}:", self.body(rng.randint(1, 4), inner),
                     f"{step} setp.lt.u32 %q2, {n}, {limit};\n@%q2 bra {head};\n{end}:"])

    def _loop(self, where: Where) -> Node:
        """Every thread its own number of turns; may be left or continued from inside."""
        rng, n, limit = self.rng, "%n" + self.number(), "%n" + self.number()
        head, next_, end = self.label(), self.label(), self.label()
        inner = replace(self._inside(where), breaks=(*where.breaks, next_, end))
        trips = f"and.b32 {limit}, {self.word()}, {rng.choice([1, 3, 7])};" if rng.random() < 0.7 else f"mov.u32 {limit}, {rng.randint(0, 5)};"
        step = f"add.s32 {n}, {n}, 1;"
        if rng.random() < 0.2:  # the counter is one of the state's registers, which others change
            step, n = f"add.s32 {n}, {n}, 1; xor.b32 {self.word()}, {n}, {self.word()};", n
        if rng.random() < 0.5:
            return Node([f"{trips} mov.u32 {n}, 0;\n{head}: setp.ge.u32 %q2, {n}, {limit};\n@%q2 bra {end};",
                         self.body(rng.randint(1, 4), inner), f"{next_}: {step}\nbra {head};\n{end}:"])
        return Node([f"{trips} mov.u32 {n}, 0;\n{head}:", self.body(rng.randint(1, 4), inner),
                     f"{next_}: {step} setp.lt.u32 %q2, {n}, {limit};\n@%q2 bra {head};\n{end}:"])

    def _masked_loop(self, where: Where) -> Node:
        """Lanes leave one by one, and those that stay know it; perhaps also from the middle."""
        rng, n, inside, top, leave = self.rng, "%n" + self.number(), "%m" + self.number(), self.label(), self.label()
        inner = replace(where, depth=where.depth + 1, everyone=False, mask=inside, breaks=())
        parts: list[str | list[Node]] = [
            f"and.b32 {n}, {self.word()}, 7; mov.b32 {inside}, {where.mask};\n{top}: setp.ne.u32 %q2, {n}, 0;\n"
            f"vote.sync.ballot.b32 {inside}, %q2, {inside};\n@!%q2 bra {leave};\nsub.u32 {n}, {n}, 1;", self.body(rng.randint(1, 4), inner)]
        if rng.random() < 0.4:
            lines, p = self.condition()
            parts += [f"{lines}not.pred %q1, {p}; mov.b32 %t0, {inside}; vote.sync.ballot.b32 {inside}, %q1, {inside};\n@!%q1 bra {leave};",
                      self.body(rng.randint(1, 2), inner)]
        return Node([*parts, f"bra {top};\n{leave}:"], [(inside, where.mask)])

    def _switch(self, where: Where) -> Node:
        rng, inner, end = self.rng, self._inside(where), self.label()
        count = rng.randint(2, 4)
        cases = [self.label() for _ in range(count)]
        table = self.label()
        index = f"rem.u32 %t0, {self.word()}, {count};" if rng.random() < 0.8 else f"ld.param.u32 %t0, [number]; rem.u32 %t0, %t0, {count};"
        if not where.kernel:
            index = f"rem.u32 %t0, {self.word()}, {count};"
        order = [rng.choice(cases) if rng.random() < 0.2 else c for c in cases]
        parts: list[str | list[Node]] = [f"{index}\n{table}: .branchtargets {', '.join(order)};\nbrx.idx %t0, {table};"]
        for case in cases:
            parts += [f"{case}:", self.body(rng.randint(1, 3), inner), f"bra {end};" if rng.random() < 0.7 else ""]
        return Node([*parts, f"{end}:"])

    def _graph(self, where: Where) -> Node:
        """Blocks that branch to any of each other while the fuel lasts."""
        rng, fuel, end = self.rng, "%n" + self.number(), self.label()
        labels = [self.label() for _ in range(rng.randint(2, 6))]
        inner = replace(self._inside(where), depth=DEEPEST, breaks=())
        parts: list[str | list[Node]] = [f"mov.u32 {fuel}, {rng.randint(3, 14)};"]
        if rng.random() < 0.5:
            parts[0] = f"{parts[0]}\n@{self.pred()} bra {rng.choice(labels)};"
        for label in labels:
            parts += [f"{label}: sub.s32 {fuel}, {fuel}, 1; setp.le.s32 %q3, {fuel}, 0;\n@%q3 bra {end};", self.body(rng.randint(1, 2), inner)]
            lines, p = self.condition()
            parts.append(f"{lines}@{rng.choice(['', '!'])}{p} bra {rng.choice([*labels, end])};")
            if rng.random() < 0.3:
                parts.append(f"bra {rng.choice(labels)};")
        return Node([*parts, f"{end}:"])
