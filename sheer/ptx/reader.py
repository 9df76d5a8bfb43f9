"""What the parts of the parser share: the row of tokens, where it stands in it, and operands, which registers, addresses and numbers make up.

In: PTX text. Out: one token or operand after the other, or a PtxError with line, column and caret.
"""

from __future__ import annotations

import bisect
import struct
from typing import Any

from sheer.ir.module import Addr, Args, Imm, Not, Operand, Pair, Reg, Sink, Special, Sym, Vec
from sheer.ptx.lexer import PtxError, Token, tokens

SPACES = {".global", ".const", ".shared", ".local", ".param", ".tex"}


class Reader:
    """A place in a text."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.file_name = text, name
        self.toks = tokens(text, name)
        self.pos = 0
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

    def offset(self) -> int:
        if self.accept("+"):
            return self.integer()
        if self.at("-"):
            return self.integer()
        return 0

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


def _int(text: str) -> int:
    text = text.rstrip("U")
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    if text[:2] in ("0b", "0B"):
        return int(text, 2)
    return int(text, 8) if len(text) > 1 and text[0] == "0" else int(text)
