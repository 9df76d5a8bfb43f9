"""The PTX parser. In: PTX text. Out: an `ir.Module`. It knows the grammar (directives, declarations, statements) and
names no instruction: opcodes stay text until `passes/bind` looks them up in the instruction table.
"""

from __future__ import annotations

import bisect
import struct
from typing import Any

from sheer.base.types import SCALARS
from sheer.ir.module import (
    Addr,
    Args,
    Function,
    Guard,
    Imm,
    Inst,
    Label,
    Loc,
    Module,
    Not,
    Operand,
    Pair,
    Param,
    Prototype,
    Reg,
    Reloc,
    Sink,
    Special,
    Sym,
    Variable,
    Vec,
)
from sheer.ir.parameters import in_memory
from sheer.ptx.lexer import PtxError, Token, tokens

MOST_REGISTERS, DEEPEST_SCOPE = 1 << 20, 200
_LINKAGE = {".extern", ".visible", ".weak", ".common"}
_SPACES = {".global", ".const", ".shared", ".local", ".param", ".tex"}
_THREE = {
    ".maxntid",
    ".reqntid",
    ".maxclusterrank",
    ".minnctapersm",
    ".maxnctapersm",
    ".maxnreg",
    ".reqnctapercluster",
}


def parse(text: str, name: str = "<ptx>") -> Module:
    """Parses a PTX text. Raises PtxError (line, column, caret) where it is malformed."""
    return _Parser(text, name).module()


class _Parser:
    def __init__(self, text: str, name: str) -> None:
        self.text, self.file_name = text, name
        self.toks = tokens(text, name)
        self.pos = 0
        self.functions: dict[str, Function] = {}
        self.variables: dict[str, Variable] = {}
        self.files: dict[int, str] = {}
        self.version, self.target = "", ""
        self.line_starts = [0]
        start = text.find("\n")
        while start >= 0:
            self.line_starts.append(start + 1)
            start = text.find("\n", start + 1)

    # -- tokens -------------------------------------------------------------------------------------------------

    @property
    def tok(self) -> Token:
        return self.toks[self.pos]

    def next(self) -> Token:
        token = self.toks[self.pos]
        if token.kind != "end":
            self.pos += 1
        return token

    def at(self, text: str) -> bool:
        return self.toks[self.pos].text == text

    def accept(self, text: str) -> bool:
        if self.toks[self.pos].text == text:
            self.pos += 1
            return True
        return False

    def expect(self, text: str) -> Token:
        if self.toks[self.pos].text != text:
            raise self.error(f"expected {text!r}, found {self.tok.text!r}")
        return self.next()

    def expect_kind(self, kind: str, what: str) -> Token:
        if self.tok.kind != kind:
            raise self.error(f"expected {what}, found {self.tok.text!r}")
        return self.next()

    def error(self, message: str, token: Token | None = None) -> PtxError:
        return PtxError(message, self.text, (token or self.tok).offset, self.file_name)

    def line_of(self, token: Token) -> int:
        return bisect.bisect_right(self.line_starts, token.offset)

    def integer(self) -> int:
        negative = self.accept("-")
        token = self.expect_kind("int", "a number")
        value = _int(token.text)
        return -value if negative else value

    # -- module scope -------------------------------------------------------------------------------------------

    def module(self) -> Module:
        while self.tok.kind != "end":
            self.statement()
        if not self.version:
            raise PtxError("this is not PTX: it has no .version directive", self.text, 0, self.file_name)
        functions = {name: in_memory(function) for name, function in self.functions.items()}
        return Module(self.version, self.target, functions, self.variables, self.files, self.file_name)

    def statement(self) -> None:
        token = self.tok
        if token.text == ".version":
            self.next()
            self.version = self.next().text
        elif token.text == ".target":
            self.next()
            self.target = self.next().text
            while self.accept(","):
                self.next()
        elif token.text == ".address_size":
            self.next()
            if self.integer() != 64:
                raise self.error("only .address_size 64 is supported", token)
        elif token.text == ".file":
            self.file()
        elif token.text == ".section":
            self.skip_section()
        elif token.text in (".pragma", ".alias", ".blocksareclusters"):
            self.skip_statement()
        elif token.kind == "dot":
            self.declaration()
        elif not self.accept(";"):
            raise self.error(f"expected a directive, found {token.text!r}")

    def file(self) -> None:
        self.next()
        index = self.integer()
        self.files[index] = self.expect_kind("string", "a file name").text[1:-1]
        while self.accept(","):
            self.integer()

    def skip_section(self) -> None:
        while not self.at("{"):
            if self.next().kind == "end":
                raise self.error("a .section needs a body in braces")
        depth = 0
        while True:
            token = self.next()
            if token.kind == "end":
                raise self.error("missing '}' at the end of a .section")
            depth += (token.text == "{") - (token.text == "}")
            if depth == 0:
                return

    def skip_statement(self) -> None:
        while not self.accept(";"):
            if self.next().kind == "end":
                raise self.error("missing ';'")

    def declaration(self) -> None:
        linkage = ""
        while self.tok.text in _LINKAGE or self.at(".attribute"):
            if self.accept(".attribute"):
                self.skip_parens()
            else:
                linkage = self.next().text[1:]
        if self.at(".entry") or self.at(".func"):
            function = self.function(linkage)
            known = self.functions.get(function.name)
            if known is None or known.body is None:
                self.functions[function.name] = function
            elif function.body is not None:
                raise self.error(f"{function.name} is defined twice")
        elif self.tok.text in _SPACES:
            for variable in self.variable(linkage):
                known_variable = self.variables.get(variable.name)
                if known_variable is None or known_variable.linkage == "extern":
                    self.variables[variable.name] = variable
        else:
            raise self.error(f"unknown directive {self.tok.text!r}")

    def skip_parens(self) -> None:
        self.expect("(")
        while not self.accept(")"):
            if self.next().kind == "end":
                raise self.error("missing ')'")

    # -- variables ----------------------------------------------------------------------------------------------

    def variable(self, linkage: str) -> list[Variable]:
        """One declaration: `.space .align n .type name[dims] = init, name2 ...;` (a vector type counts as an array)."""
        space = self.next().text[1:]
        align, element, vector = 0, "", 1
        while self.tok.kind == "dot":
            word = self.next().text[1:]
            if word == "align":
                align = self.integer()
            elif word in ("v2", "v4", "v8"):
                vector = int(word[1:])
            elif word == "attribute":
                self.skip_parens()
            elif word == "ptr":
                pass
            elif word in SCALARS:
                element = word
            elif word in ("texref", "samplerref", "surfref"):
                element = "b64"
            else:
                raise self.error(f"unknown word .{word} in a variable declaration")
        found = []
        while True:
            found.append(self.one_variable(space, linkage, element, vector, align))
            if not self.accept(","):
                break
        self.expect(";")
        return found

    def one_variable(self, space: str, linkage: str, element: str, vector: int, align: int) -> Variable:
        name = self.expect_kind("word", "a variable name").text
        if self.accept("<"):
            raise self.error("parameterised variable names are only supported for registers")
        if element not in SCALARS:
            raise self.error(f"the variable {name} has no type")
        width = SCALARS[element].bytes
        dims: list[int] = []
        while self.accept("["):
            dims.append(0 if self.at("]") else self.integer())
            self.expect("]")
        data, relocs = (None, ()) if not self.accept("=") else self.initial(width, element)
        count = vector
        for extent in dims:
            count *= extent
        if dims and dims[0] == 0 and data is not None:
            count = len(data) // width
        size = width * count
        if data is not None:
            data = data.ljust(size, b"\0")
        return Variable(
            name, space, align or width * vector, size, data, relocs, linkage, element, count, bool(dims)
        )

    def initial(self, width: int, element: str) -> tuple[bytes | None, tuple[Reloc, ...]]:
        data = bytearray()
        relocs: list[Reloc] = []
        self.initial_items(data, relocs, width, element)
        return bytes(data), tuple(relocs)

    def initial_items(self, data: bytearray, relocs: list[Reloc], width: int, element: str) -> None:
        if self.accept("{"):
            while not self.accept("}"):
                self.initial_items(data, relocs, width, element)
                if not self.accept(","):
                    self.expect("}")
                    return
            return
        token = self.tok
        if token.kind in ("int", "float") or token.text == "-":
            value = self.number()
            bits = value.value
            if SCALARS[element].is_float or value.kind != "int":
                bits = _float_bits(value, SCALARS[element].bits)
            data += (bits & ((1 << (8 * width)) - 1)).to_bytes(width, "little")
            return
        self.initial_address(data, relocs, width)

    def initial_address(self, data: bytearray, relocs: list[Reloc], width: int) -> None:
        """symbol, symbol+4, generic(symbol)+4, mask(symbol), and for bytes 0xFF00(symbol): one byte of an address."""
        mask = None
        if self.tok.kind == "int":
            mask = self.integer()
        name = self.expect_kind("word", "a number or a symbol").text
        addend = 0
        if name == "generic" and self.accept("("):
            name = self.expect_kind("word", "a symbol").text
            addend = self.offset()
            self.expect(")")
        addend += self.offset()
        if mask is not None or width != 8:
            raise self.error("an address of less than 8 bytes in initial data is not supported")
        relocs.append(Reloc(len(data), name, addend, width))
        data += bytes(width)

    def offset(self) -> int:
        if self.accept("+"):
            return self.integer()
        if self.at("-"):
            return self.integer()
        return 0

    # -- functions ----------------------------------------------------------------------------------------------

    def function(self, linkage: str) -> Function:
        line = self.line_of(self.tok)
        is_entry = self.next().text == ".entry"
        noreturn = False
        while self.at(".attribute"):
            self.next()
            self.skip_parens()
        returns = self.params() if self.at("(") else ()
        name = self.expect_kind("word", "a function name").text
        params = self.params() if self.at("(") else ()
        limits: dict[str, tuple[int, int, int]] = {}
        while self.tok.kind == "dot":
            word = self.next().text
            if word == ".noreturn":
                noreturn = True
            elif word in _THREE:
                limits[word] = self.three()
            elif word in (".explicitcluster", ".blocksareclusters", ".unique"):
                pass
            elif word == ".pragma":
                self.expect_kind("string", "a pragma text")
                self.accept(";")
            elif word == ".attribute":
                self.skip_parens()
            else:
                raise self.error(f"unknown function directive {word!r}")
        size = max((p.offset + p.size for p in params), default=0)
        body = _Body()
        has_body = self.at("{")
        if has_body:
            _BodyParser(self, body, {p.name for p in (*params, *returns)}).parse()
        else:
            self.accept(";")
        first = {key: value[0] for key, value in limits.items()}
        return Function(
            name,
            is_entry,
            returns,
            params,
            size,
            _reg_types(body.regs, params, returns),
            tuple(body.variables),
            tuple(body.code) if has_body else None,
            body.branch_targets,
            body.prototypes,
            body.call_targets,
            linkage,
            noreturn,
            limits.get(".maxntid", (0, 0, 0)),
            limits.get(".reqntid", (0, 0, 0)),
            first.get(".minnctapersm", 0),
            first.get(".maxnreg", 0),
            line,
        )

    def three(self) -> tuple[int, int, int]:
        values = [self.integer()]
        while self.accept(","):
            values.append(self.integer())
        return ([*values, 1, 1])[0], ([*values, 1, 1])[1], ([*values, 1, 1])[2]

    def params(self) -> tuple[Param, ...]:
        """(.param .align n .b8 name[size], .reg .u32 name, ...) with the offsets of the parameter block."""
        self.expect("(")
        found: list[Param] = []
        offset = 0
        while not self.accept(")"):
            param = self.param(offset)
            offset = param.offset + param.size
            found.append(param)
            if not self.accept(","):
                self.expect(")")
                break
        return tuple(found)

    def param(self, offset: int) -> Param:
        is_reg = self.next().text == ".reg"
        align, element, count, is_array = 0, "b8", 1, False
        while self.tok.kind == "dot":
            word = self.next().text[1:]
            if word == "align":
                align = self.integer()
            elif word == "ptr":
                while self.tok.text in (".global", ".const", ".shared", ".local", ".param", ".align"):
                    if self.next().text == ".align":
                        self.integer()
            elif word in SCALARS:
                element = word
            elif word in ("texref", "samplerref", "surfref"):
                element = "b64"
            else:
                raise self.error(f"unknown word .{word} in a parameter")
        name = self.next().text if self.tok.kind == "word" else f"_{offset}"
        if self.accept("["):
            is_array = True
            count = 0 if self.at("]") else self.integer()
            self.expect("]")
        size = SCALARS[element].bytes * count
        align = align or SCALARS[element].bytes
        return Param(name, element, size, align, -(-offset // align) * align, is_reg, is_array)

    # -- operands -----------------------------------------------------------------------------------------------

    def number(self) -> Imm:
        negative = self.accept("-")
        token = self.next()
        if token.kind == "int":
            value = _int(token.text)
            return Imm("int", -value if negative else value)
        if token.kind != "float":
            raise self.error(f"expected a number, found {token.text!r}", token)
        lower = token.text.lower()
        if lower.startswith("0f"):
            return Imm("f32", int(lower[2:], 16) ^ (negative << 31))
        if lower.startswith("0d"):
            return Imm("f64", int(lower[2:], 16) ^ (negative << 63))
        value64 = struct.unpack("<Q", struct.pack("<d", float(token.text)))[0]
        return Imm("f64", value64 ^ (negative << 63))

    def operand(self, regs: dict[str, str]) -> Operand:
        first = self.simple(regs)
        if self.accept("|"):
            second = self.simple(regs)
            return Pair(
                None if isinstance(first, Sink) else first, None if isinstance(second, Sink) else second
            )
        return first

    def simple(self, regs: dict[str, str]) -> Operand:
        token = self.tok
        if token.kind == "word":
            self.next()
            return self.name(token, regs)
        if token.kind in ("int", "float") or token.text == "-":
            return self.number()
        if token.text == "[":
            return self.address(regs)
        if token.text == "{":
            self.next()
            items = []
            while not self.accept("}"):
                items.append(self.operand(regs))
                if not self.accept(","):
                    self.expect("}")
                    break
            return Vec(tuple(items))
        if token.text == "!":
            self.next()
            return Not(Reg(self.expect_kind("word", "a predicate").text))
        if token.text == "(":
            self.next()
            items = []
            while not self.accept(")"):
                items.append(self.operand(regs))
                if not self.accept(","):
                    self.expect(")")
                    break
            return Args(tuple(items))
        raise self.error(f"expected an operand, found {token.text!r}")

    def name(self, token: Token, regs: dict[str, str]) -> Operand:
        text = token.text
        if text in regs:
            return Reg(text)
        if text == "_":
            return Sink()
        if text == "WARP_SZ":
            return Imm("int", 32)
        if text.startswith("%"):
            return Special(text[1:])
        return Sym(text, self.offset())

    def address(self, regs: dict[str, str]) -> Operand:
        self.expect("[")
        token = self.tok
        if token.kind == "int":
            base: Any = None
            offset = self.integer()
        else:
            found = self.name(self.expect_kind("word", "an address"), regs)
            if isinstance(found, Sym):
                base, offset = Sym(found.name), found.offset
            elif isinstance(found, Reg):
                base, offset = found, self.offset()
            else:
                raise self.error(f"{token.text!r} is not a declared register or symbol", token)
        coordinates = []
        while self.accept(","):  # of textures, surfaces, tensor maps
            coordinates.append(self.operand(regs))
        self.expect("]")
        return Addr(base, offset, tuple(coordinates))


class _Body:
    """What a function's body declares and does."""

    def __init__(self) -> None:
        self.regs: dict[str, str] = {}
        self.variables: list[Variable] = []
        self.code: list[Inst | Label] = []
        self.branch_targets: dict[str, tuple[str, ...]] = {}
        self.prototypes: dict[str, Prototype] = {}
        self.call_targets: dict[str, tuple[str, ...]] = {}


class _BodyParser:
    """Parses `{ ... }` with nested scopes; names declared in an inner scope are made unique."""

    def __init__(self, parser: _Parser, body: _Body, outer: set[str]) -> None:
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
        elif token.text in _SPACES:
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
        if not p.at(";"):
            while True:
                operands.append(self.renamed_operand())
                if not p.accept(","):
                    break
        if not p.accept(";"):
            raise p.error(f"expected ',' or ';' after an operand of {opcode.text}, found {p.tok.text!r}")
        self.body.code.append(Inst(opcode.text, tuple(operands), guard, self.loc, p.line_of(start)))

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


def _reg_types(regs: dict[str, str], params: tuple[Param, ...], returns: tuple[Param, ...]) -> dict[str, str]:
    return {**{p.name: p.type for p in (*params, *returns) if p.is_reg}, **regs}


def _int(text: str) -> int:
    text = text.rstrip("U")
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    if text[:2] in ("0b", "0B"):
        return int(text, 2)
    return int(text, 8) if len(text) > 1 and text[0] == "0" else int(text)


def _float_bits(value: Imm, bits: int) -> int:
    if value.kind == "int":
        number = float(value.value)
    else:
        number = struct.unpack(
            "<f" if value.kind == "f32" else "<d",
            value.value.to_bytes(4 if value.kind == "f32" else 8, "little"),
        )[0]
        if (bits, value.kind) in ((32, "f32"), (64, "f64")):
            return value.value
    code, size = {16: ("<e", 2), 32: ("<f", 4), 64: ("<d", 8)}[bits]
    return int.from_bytes(struct.pack(code, number), "little") if size else 0
