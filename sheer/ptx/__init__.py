"""PTX text to Module: grammar only."""

from sheer.ptx.lexer import PtxError
from sheer.ptx.parser import parse

__all__ = ["PtxError", "parse"]
