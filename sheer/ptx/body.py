"""The body of a function: statements in nested scopes. In: the parser at an opening brace. Out: a Body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheer.base.types import SCALARS
from sheer.ir.module import Guard, Imm, Inst, Label, Loc, Operand, Prototype, Reg, Variable
from sheer.ptx.lexer import Token
from sheer.ptx.reader import SPACES

if TYPE_CHECKING:
    from sheer.ptx.parser import Parser

MOST_REGISTERS, DEEPEST_SCOPE = 1 << 20, 200
PARTS = ("b0", "b1", "b2", "b3", "h0", "h1")  # bytes and halves of a register, as operands of video instructions


class Body:
    """What a function's body declares and does."""

    def __init__(self) -> None:
        self.regs: dict[str, str] = {}
        self.variables: list[Variable] = []
        self.code: list[Inst | Label] = []
        self.branch_targets: dict[str, tuple[str, ...]] = {}
        self.prototypes: dict[str, Prototype] = {}
        self.call_targets: dict[str, tuple[str, ...]] = {}


class BodyParser:
    """Parses `{ ... }` with nested scopes; names declared in an inner scope are made unique."""

    def __init__(self, parser: Parser, body: Body, outer: set[str]) -> None:
        self.p, self.body = parser, body
        self.loc = Loc(0, 0)
        self.scopes: list[dict[str, str]] = [{}]
        self.taken: set[str] = set(outer)
        self.labels: set[str] = set()
        self.count = 0

    def parse(self) -> None:
        p = self.p
        p.expect("{")
        self.rename_from = len(p.toks)
        while not p.accept("}"):
            self.statement()

    def statement(self) -> None:
        p = self.p
        token = p.tok
        if token.kind == "dot":
            self.directive(token)
        elif token.text == "{":
            p.next()
            self.scope()
        elif token.kind == "end":
            raise p.error("missing '}' at the end of a function")
        elif token.text == ";":
            p.next()
        elif token.kind == "word" and p.toks[p.pos + 1].text == ":":
            p.pos += 2
            self.label(token)
        else:
            self.instruction()

    def label(self, token: Token) -> None:
        p = self.p
        if p.tok.text in (".branchtargets", ".calltargets"):
            is_branch = p.next().text == ".branchtargets"
            names = [p.next().text]
            while p.accept(","):
                names.append(p.next().text)
            p.expect(";")
            (self.body.branch_targets if is_branch else self.body.call_targets)[self.rename(token.text)] = (
                tuple(self.rename(n) for n in names)
            )
        elif p.at(".callprototype"):
            p.next()
            returns = p.params() if p.at("(") else ()
            p.next()
            params = p.params() if p.at("(") else ()
            noreturn = p.accept(".noreturn")
            p.expect(";")
            self.body.prototypes[self.rename(token.text)] = Prototype(token.text, returns, params, noreturn)
        else:
            name = self.rename(token.text)
            if name in self.labels:
                raise p.error(f"the label {token.text} is defined twice", token)
            self.labels.add(name)
            self.body.code.append(Label(name, p.line_of(token)))

    def directive(self, token: Token) -> None:
        p = self.p
        if token.text == ".loc":
            self.location()
        elif token.text == ".reg":
            self.registers()
        elif token.text in SPACES:
            for variable in p.variable(""):
                name = self.declare(variable.name)
                self.body.variables.append(variable._replace(name=name))
        elif token.text == ".pragma":
            p.skip_statement()
        elif token.text == ".file":
            p.file()
        elif token.text == ".section":
            p.skip_section()
        else:
            raise p.error(f"unknown directive {token.text!r} in a function")

    def location(self) -> None:
        p = self.p
        p.next()
        file, line = p.integer(), p.integer()
        if p.tok.kind == "int":
            p.integer()
        while p.accept(","):  # function_name label, inlined_at file line column
            while p.tok.kind in ("word", "int") or p.at("+"):
                stop = p.toks[p.pos + 1]
                inlined = p.tok.text == "inlined_at"
                p.next()
                if inlined:
                    p.integer(), p.integer(), p.integer()
                    break
                if stop.text == ",":
                    break
                if (
                    p.tok.kind == "word"
                    and p.tok.text != "inlined_at"
                    and stop.kind != "punct"
                    and stop.kind != "word"
                ):
                    break
        self.loc = Loc(file, line) if line else self.loc

    def registers(self) -> None:
        p = self.p
        p.next()
        kind = ""
        vector = 1
        while p.tok.kind == "dot":
            word = p.next().text[1:]
            if word in ("v2", "v4"):
                vector = int(word[1:])
            else:
                kind = word
        if kind not in SCALARS:
            raise p.error(f"unknown register type .{kind}")
        if vector != 1:
            raise p.error("vector registers are not supported; use scalar registers and {a, b} operands")
        while True:
            name = p.expect_kind("word", "a register name").text
            if p.accept("<"):
                count = p.integer()
                p.expect(">")
                if count > MOST_REGISTERS:
                    raise p.error(f"{count} registers of one name; at most {MOST_REGISTERS} are supported")
                for index in range(count):
                    self.register(f"{name}{index}", kind)
            else:
                self.register(name, kind)
            if not p.accept(","):
                break
        p.expect(";")

    def register(self, name: str, kind: str) -> None:
        name = self.declare(name)
        if self.body.regs.get(name, kind) != kind:
            raise self.p.error(f"the register {name} is declared twice, as .{self.body.regs[name]} and as .{kind}")
        self.body.regs[name] = kind

    def scope(self) -> None:
        """An inner `{ ... }`: its declarations get unique names, by rewriting the tokens of the scope."""
        p = self.p
        if len(self.scopes) > DEEPEST_SCOPE:
            raise p.error(f"blocks are nested more than {DEEPEST_SCOPE} deep")
        self.scopes.append({})
        depth_end = self.matching_brace()
        self.hoist_labels(depth_end)
        while not p.accept("}"):
            self.statement()
        self.scopes.pop()

    def matching_brace(self) -> int:
        p = self.p
        depth, index = 1, p.pos
        while depth:
            text = p.toks[index].text
            if p.toks[index].kind == "end":
                raise p.error("missing '}' at the end of a block")
            depth += (text == "{") - (text == "}")
            index += 1
        return index - 1

    def hoist_labels(self, end: int) -> None:
        """Labels of an inner scope are known before their definition (forward branches)."""
        p = self.p
        depth = 0
        for index in range(p.pos, end):
            text = p.toks[index].text
            depth += (text == "{") - (text == "}")
            previous = p.toks[index - 1].text
            if (
                depth == 0
                and p.toks[index + 1].text == ":"
                and p.toks[index].kind == "word"
                and previous in ";{}:"
            ):
                self.declare(text)

    def declare(self, name: str) -> str:
        if len(self.scopes) == 1:
            self.taken.add(name)
            return name
        if name in self.scopes[-1]:
            return self.scopes[-1][name]
        unique = name
        if name in self.taken:
            self.count += 1
            unique = f"{name}${self.count}"
        self.taken.add(unique)
        self.scopes[-1][name] = unique
        return unique

    def rename(self, name: str) -> str:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return name

    def instruction(self) -> None:
        p = self.p
        start = p.tok
        guard = None
        if p.accept("@"):
            negated = p.accept("!")
            guard = Guard(Reg(self.rename(p.expect_kind("word", "a predicate").text)), negated)
            if guard.reg.name not in self.body.regs:
                raise p.error(f"the guard {guard.reg.name} is not a declared register", p.toks[p.pos - 1])
        opcode = p.expect_kind("word", "an instruction")
        operands: list[Operand] = []
        selectors = 0
        if not p.at(";"):
            while True:
                selectors |= self.selector() << 4 * len(operands)
                operands.append(self.renamed_operand())
                if not p.accept(","):
                    break
        if not p.accept(";"):
            raise p.error(f"expected ',' or ';' after an operand of {opcode.text}, found {p.tok.text!r}")
        word = opcode.text
        if selectors:  # as a literal and a modifier of ours
            operands.append(Imm("int", selectors))
            word += ".merged" if selectors & 15 else ".parts"
        self.body.code.append(Inst(word, tuple(operands), guard, self.loc, p.line_of(start)))

    def selector(self) -> int:
        """Which part of a register the next operand is, from 1 (0 = no part), as in `%r1.h0`; the register alone is left."""
        token = self.p.tok
        register, dot, part = token.text.rpartition(".")
        if not dot or part not in PARTS or self.rename(register) not in self.body.regs:
            return 0
        self.p.toks[self.p.pos] = token._replace(text=register)
        return PARTS.index(part) + 1

    def renamed_operand(self) -> Operand:
        p = self.p
        if len(self.scopes) > 1:
            index = p.pos
            depth = 0
            while p.toks[index].text != ";" and p.toks[index].kind != "end":
                token = p.toks[index]
                depth += (token.text in "([{") - (token.text in ")]}")
                if token.kind == "word":
                    new = self.rename(token.text)
                    if new != token.text:
                        p.toks[index] = token._replace(text=new)
                if token.text == "," and depth == 0:
                    break
                index += 1
        return p.operand(self.body.regs)
