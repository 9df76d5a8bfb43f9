"""LLVM IR as text. In: requests for instructions. Out: lines of IR and fresh names. Text is several times faster to make than
builder objects, and LLVM parses it in a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable

FLOAT_NAMES = {"f16": "half", "bf16": "bfloat", "f32": "float", "f64": "double"}
_FLOAT_OF_BITS = {16: "half", 32: "float", 64: "double"}


def int_type(bits: int, count: int = 1) -> str:
    """iN or <count x iN>."""
    return f"i{bits}" if count == 1 else f"<{count} x i{bits}>"


def float_type(name: str, count: int = 1) -> str:
    """LLVM's name of f16, bf16, f32, f64."""
    return FLOAT_NAMES[name] if count == 1 else f"<{count} x {FLOAT_NAMES[name]}>"


class Text:
    """One LLVM function being written: allocas first, then the body; declarations and globals go to the shared Program."""

    def __init__(self, program: Program, header: str) -> None:
        self.program = program
        self.header = header
        self.allocas: list[str] = []
        self.lines: list[str] = []
        self.counter = 0
        self.dbg = ""
        self.terminated = False

    def name(self) -> str:
        self.counter += 1
        return f"%t{self.counter}"

    def op(self, text: str) -> str:
        """Adds `name = text`; returns the name."""
        self.counter += 1
        name = f"%t{self.counter}"
        self.lines.append(f"  {name} = {text}{self.dbg}")
        return name

    def first(self, text: str) -> str:
        """The same at the function's beginning."""
        self.counter += 1
        name = f"%a{self.counter}"
        self.allocas.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """Adds an instruction without a result."""
        self.lines.append(f"  {text}{self.dbg}")

    def label(self, name: str) -> None:
        if not self.terminated:
            self.lines.append(f"  br label %{name}")
        self.lines.append(f"{name}:")
        self.terminated = False

    def fresh_label(self, stem: str) -> str:
        self.counter += 1
        return f"{stem}.{self.counter}"

    def jump(self, label: str) -> None:
        if not self.terminated:
            self.lines.append(f"  br label %{label}")
        self.terminated = True

    def branch(self, condition: str, yes: str, no: str) -> None:
        self.lines.append(f"  br i1 {condition}, label %{yes}, label %{no}")
        self.terminated = True

    def finish(self, text: str) -> None:
        """A terminator such as `ret void` or `unreachable`."""
        if not self.terminated:
            self.lines.append(f"  {text}")
        self.terminated = True

    def alloca(self, type_name: str, align: int = 0, count: int = 0) -> str:
        self.counter += 1
        name = f"%a{self.counter}"
        number = f", i32 {count}" if count else ""
        self.allocas.append(f"  {name} = alloca {type_name}{number}{f', align {align}' if align else ''}")
        return name

    def intrinsic(self, name: str, result: str, arguments: Iterable[tuple[str, str]]) -> str:
        """Calls a function, declaring it first; returns the result's name ("" for void)."""
        pairs = list(arguments)
        self.program.declare(f"declare {result} @{name}({', '.join(t for t, _ in pairs)})")
        call = f"call {result} @{name}({', '.join(f'{t} {v}' for t, v in pairs)})"
        if result == "void":
            self.do(call)
            return ""
        return self.op(call)

    def text(self) -> str:
        return "\n".join([f"{self.header} {{", "entry:", *self.allocas, *self.lines, "}"])


class Program:
    """The LLVM module being written."""

    def __init__(self) -> None:
        self.declarations: dict[str, None] = {}
        self.functions: list[str] = []
        self.globals: list[str] = []
        self.metadata: list[str] = []
        self.variables = 0

    def variable(self, stem: str, type_name: str, value: str) -> str:
        """A new variable of the module, shared by all threads of the machine."""
        self.variables += 1
        name = f"@{stem}.{self.variables}"
        self.globals.append(f"{name} = internal global {type_name} {value}")
        return name

    def declare(self, text: str) -> None:
        self.declarations[text] = None

    def metadata_node(self, text: str) -> str:
        self.metadata.append(text)
        return f"!{len(self.metadata) - 1}"

    def text(self, footer: str = "") -> str:
        nodes = [f"!{n} = {text}" for n, text in enumerate(self.metadata)]
        return "\n".join([*self.globals, *self.declarations, *self.functions, *nodes, footer])
