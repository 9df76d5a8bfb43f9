"""The program as data: Module, Function, Variable, Inst and the operand kinds. In: nothing. Out: plain immutable nouns.

A Function holds a flat list of instructions and labels as written; passes build blocks and facts beside it and never
change it, so one parsed Module serves every specialisation.
"""

from __future__ import annotations

from typing import NamedTuple, Union


class Loc(NamedTuple):
    """A place in the user's source: index into Module.files (0 = unknown) and line."""

    file: int
    line: int


class Reg(NamedTuple):
    """A virtual register."""

    name: str


class Special(NamedTuple):
    """A special register such as %tid.x (name without the %)."""

    name: str


class Imm(NamedTuple):
    """A literal: an int, or a float given by its bits. `kind` is "int", "f32" or "f64"; value is the int or the bits."""

    kind: str
    value: int


class Sym(NamedTuple):
    """The address of a variable, parameter, function or label, plus an offset in bytes."""

    name: str
    offset: int = 0


class Addr(NamedTuple):
    """[base + offset]: base is Reg, Sym, or None for an absolute address. In textures and the like [base, coordinates ...]."""

    base: Reg | Sym | None
    offset: int = 0
    coordinates: tuple[Operand, ...] = ()


class Vec(NamedTuple):
    """{a, b, ...}"""

    items: tuple[Operand, ...]


class Pair(NamedTuple):
    """d|p; either half may be the sink `_` (None)."""

    first: Operand | None
    second: Operand | None


class Not(NamedTuple):
    """!p"""

    reg: Reg


class Sink(NamedTuple):
    """The operand `_`."""


class Args(NamedTuple):
    """(a, b, ...) of a call."""

    items: tuple[Operand, ...]


Operand = Union[Reg, Special, Imm, Sym, Addr, Vec, Pair, Not, Sink, Args]  # noqa: UP007


class Guard(NamedTuple):
    """@p or @!p before an instruction."""

    reg: Reg
    negated: bool


class Inst(NamedTuple):
    """One instruction: opcode with all its modifiers as written, operands, guard, source place, line in the PTX text."""

    opcode: str
    operands: tuple[Operand, ...]
    guard: Guard | None
    loc: Loc
    ptx_line: int


class Label(NamedTuple):
    """A branch target."""

    name: str
    ptx_line: int


class Reloc(NamedTuple):
    """An address stored in initial data: at `offset` (8 bytes; or `bytes`), symbol + addend. generic: written generic(sym)."""

    offset: int
    symbol: str
    addend: int
    bytes: int = 8


class Variable(NamedTuple):
    """A variable in a state space. size 0 with `extern` in shared space = dynamic shared memory (`[]`)."""

    name: str
    space: str  # global const shared local param
    align: int
    size: int
    data: bytes | None = None  # initial value, None = zero
    relocs: tuple[Reloc, ...] = ()
    linkage: str = ""  # "" visible extern weak common
    type: str = "b8"  # element type
    count: int = 1  # type: ignore[assignment]  # elements; 1 and scalar for plain variables
    is_array: bool = False


class Param(NamedTuple):
    """A parameter or return value. For kernels `offset` is its place in the parameter block."""

    name: str
    type: str
    size: int
    align: int
    offset: int
    is_reg: bool = False  # .reg parameter of a .func
    is_array: bool = False


class Prototype(NamedTuple):
    """A .callprototype or the signature of a function."""

    name: str
    returns: tuple[Param, ...]
    params: tuple[Param, ...]
    noreturn: bool = False


class Function(NamedTuple):
    """A kernel (.entry) or device function (.func); body is None for a declaration."""

    name: str
    is_entry: bool
    returns: tuple[Param, ...]
    params: tuple[Param, ...]
    param_bytes: int
    regs: dict[str, str]  # register -> type
    variables: tuple[Variable, ...]  # declared inside: local, shared, param
    body: tuple[Inst | Label, ...] | None
    branch_targets: dict[str, tuple[str, ...]]  # .branchtargets tables
    prototypes: dict[str, Prototype]  # .callprototype
    call_targets: dict[str, tuple[str, ...]]  # .calltargets
    linkage: str = ""
    noreturn: bool = False
    maxntid: tuple[int, int, int] = (0, 0, 0)
    reqntid: tuple[int, int, int] = (0, 0, 0)
    minnctapersm: int = 0
    maxnreg: int = 0
    ptx_line: int = 0


class Module(NamedTuple):
    """A whole PTX text."""

    version: str
    target: str
    functions: dict[str, Function]
    variables: dict[str, Variable]
    files: dict[int, str]
    text_name: str = "<ptx>"
