"""The PTX parser. In: PTX text. Out: an `ir.Module`. It knows the grammar (directives, declarations, statements) and
names no instruction: opcodes stay text until `passes/bind` looks them up in the instruction table.
"""

from __future__ import annotations

import struct

from sheer.base.types import SCALARS
from sheer.ir.module import Function, Imm, Module, Param, Reloc, Variable
from sheer.ir.parameters import in_memory
from sheer.ptx.body import Body, BodyParser
from sheer.ptx.lexer import PtxError
from sheer.ptx.reader import SPACES, Reader

_LINKAGE = {".extern", ".visible", ".weak", ".common"}
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
    return Parser(text, name).module()


class Parser(Reader):
    """Parses a module: what stands outside of functions' bodies."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text, name)
        self.functions: dict[str, Function] = {}
        self.variables: dict[str, Variable] = {}
        self.files: dict[int, str] = {}
        self.version, self.target = "", ""

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
        elif self.tok.text in SPACES:
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
        body = Body()
        has_body = self.at("{")
        if has_body:
            BodyParser(self, body, {p.name for p in (*params, *returns)}).parse()
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


def _reg_types(regs: dict[str, str], params: tuple[Param, ...], returns: tuple[Param, ...]) -> dict[str, str]:
    return {**{p.name: p.type for p in (*params, *returns) if p.is_reg}, **regs}


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
