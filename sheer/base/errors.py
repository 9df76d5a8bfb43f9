"""Every kind of error that Sheer raises on purpose, in one tree; whoever catches `SheerError` shows its text
and no traceback.

    SheerError
     +-- UsageError            the command line or a knob says something that can't be
     +-- ToolError             clang, the linker or a build step failed; its own words went to stderr
     |    +-- MissingTool      a program or package that is needed is not installed
     +-- CompileError          PTX that is well formed, but can't be compiled; `loc` is the source place
     |    +-- UnknownInstruction   not in the instruction table
     |    +-- Unsupported          known to exist, not written yet (sparse mma, ...)
     +-- LinkError             device modules that don't fit together: symbols missing or defined twice
     +-- ChipError             a chip file that is missing or doesn't keep the schema
     +-- RunFileError          a run file (SHEER_PROFILE) that is missing or damaged
     +-- KernelFault           a kernel did something illegal (reference engine only)

Malformed PTX is `sheer.ptx.lexer.PtxError`, a `SheerError` too.
"""

from __future__ import annotations

from typing import Any


class SheerError(Exception):
    """The root. The text is complete in itself: where, what, and what to do instead."""


class UsageError(SheerError):
    """A command line or an environment variable that can't be followed."""


class ToolError(SheerError):
    """A program that was run for us failed."""

    def __init__(self, message: str, code: int = 1, details: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.details = details


class MissingTool(ToolError):
    """A program or package that is needed is not there; the message says how to get it."""


class CompileError(SheerError):
    """A module or kernel that can't be compiled. `loc` is its place in the source, as the program's
    Inst.loc, or None."""

    def __init__(self, message: str, loc: Any = None) -> None:
        super().__init__(message)
        self.loc = loc


class UnknownInstruction(CompileError):
    """The instruction, or this spelling of it, is not in the table."""


class Unsupported(CompileError):
    """A feature that exists in CUDA and that Sheer does not have yet."""


class LinkError(SheerError):
    """Device modules linked together lack a symbol or have one twice."""


class ChipError(SheerError):
    """A chip file is missing or breaks the schema."""


class RunFileError(SheerError):
    """A run file is missing, damaged or of another format; the message says file, line and key."""


class KernelFault(SheerError):
    """What a kernel did wrong, found by the reference engine: kind as the CUDA error's name, with the
    place."""

    def __init__(
        self, kind: str, message: str, thread: int = -1, block: int = -1, address: int = 0, loc: Any = None
    ) -> None:
        super().__init__(message)
        self.kind, self.thread, self.block, self.address, self.loc = kind, thread, block, address, loc
