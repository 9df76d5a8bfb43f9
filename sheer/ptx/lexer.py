"""Tokens of PTX text. In: the text. Out: a list of tokens with offsets; `place` turns an offset into line, column and caret."""

from __future__ import annotations

import re
from typing import NamedTuple

TOKEN = re.compile(
    r"""
    (?P<skip>(?:\s+|//[^\n]*|/\*.*?\*/)+)
  | (?P<float>0[fF][0-9a-fA-F]{8}\b|0[dD][0-9a-fA-F]{16}\b|[0-9]+\.[0-9]*(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
  | (?P<int>0[xX][0-9a-fA-F]+U?|0[bB][01]+U?|0[0-7]*U?|[1-9][0-9]*U?)
  | (?P<word>[%$_A-Za-z][\w$%]*(?:(?:\.|::)\w+)*)
  | (?P<dot>\.[A-Za-z_]\w*(?:::\w+)*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<punct>[][(){}<>,;:=+\-@!|*~])
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """kind: float int word dot string punct end."""

    kind: str
    text: str
    offset: int


class PtxError(Exception):
    """Malformed PTX: says where (file, line, a caret) and what was expected."""

    def __init__(self, message: str, text: str, offset: int, name: str = "<ptx>") -> None:
        line, column, source = place(text, offset)
        self.line, self.column, self.reason = line, column, message
        caret = "".join("\t" if c == "\t" else " " for c in source[: column - 1]) + "^"
        super().__init__(f"{name}:{line}:{column}: error: {message}\n{source}\n{caret}")


def place(text: str, offset: int) -> tuple[int, int, str]:
    """Line and column (from 1) of an offset, and the text of that line."""
    start = text.rfind("\n", 0, offset) + 1
    stop = text.find("\n", offset)
    return text.count("\n", 0, offset) + 1, offset - start + 1, text[start : stop if stop >= 0 else len(text)]


def tokens(text: str, name: str = "<ptx>") -> list[Token]:
    """All tokens, closed by one of kind `end`. Raises PtxError at a character that starts no token."""
    found: list[Token] = []
    position = 0
    match = TOKEN.match
    size = len(text)
    while position < size:
        m = match(text, position)
        if m is None:
            if text[position] == "\0":
                break
            endless = {"/*": "a comment that does not end", '"': "a string that does not end"}
            what = next((told for start, told in endless.items() if text.startswith(start, position)), "")
            raise PtxError(what or f"unexpected character {text[position]!r}", text, position, name)
        kind = m.lastgroup or ""
        if kind != "skip":
            found.append(Token(kind, m.group(), position))
        position = m.end()
    found.append(Token("end", "end of text", min(position, size)))
    return found
