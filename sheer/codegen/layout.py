"""Where things are: shared and local variables, symbols, function ids, and which functions a kernel reaches. In: a linked Module. Out: numbers."""

from __future__ import annotations

from typing import Any

from sheer.ir.module import Args, Function, Inst, Module, Sym, Vec


class Layout:
    """Where variables are: shared offsets, local offsets per function, indices of global symbols, function ids."""

    def __init__(self, module: Module) -> None:
        self.module = module
        names = [v.name for v in module.variables.values() if v.space in ("global", "const")]
        self.symbols = {name: index for index, name in enumerate(names)}
        self.function_ids = {name: 1 + index for index, name in enumerate(module.functions)}

    def shared(self, functions: list[Function]) -> tuple[dict[str, tuple[str, int]], int]:
        """Offsets of the shared variables of the given functions and of the module (those that the functions name)."""
        named = set().union(*(named_symbols(f) for f in functions)) if functions else set()
        places: dict[str, tuple[str, int]] = {}
        offset = 0
        variables = [v for v in self.module.variables.values() if v.space == "shared" and v.name in named]
        variables += [v for f in functions for v in f.variables if v.space == "shared"]
        dynamic = []
        for variable in variables:
            if variable.size == 0:
                dynamic.append(variable)
                continue
            offset = -(-offset // variable.align) * variable.align
            places[variable.name] = ("shared", offset)
            offset += variable.size
        align = max((v.align for v in dynamic), default=1)
        start = -(-offset // max(align, 16)) * max(align, 16)
        for variable in dynamic:
            places[variable.name] = ("dynamic_shared", start)
        return places, (start if dynamic else offset)


def named_symbols(function: Function) -> dict[str, None]:
    """All symbols that a function's instructions name, in their order: what is made of a kernel must not differ from process to process."""
    found: dict[str, None] = {}

    def visit(operand: Any) -> None:
        if isinstance(operand, Sym):
            found[operand.name] = None
        elif isinstance(operand, (Vec, Args)):
            for item in operand.items:
                visit(item)
        elif hasattr(operand, "base") and isinstance(operand.base, Sym):
            found[operand.base.name] = None

    for item in function.body or ():
        if isinstance(item, Inst):
            for operand in item.operands:
                visit(operand)
    return found


def local_layout(function: Function) -> tuple[dict[str, int], int]:
    """Offsets of a function's local variables, and their total size rounded to 16."""
    places: dict[str, int] = {}
    offset = 0
    for variable in function.variables:
        if variable.space == "local":
            offset = -(-offset // variable.align) * variable.align
            places[variable.name] = offset
            offset += variable.size
    return places, -(-offset // 16) * 16


def reachable(module: Module, kernel: Function) -> list[Function]:
    """The kernel, the functions it calls, and, once an indirect call is met, all whose address is taken."""
    found: dict[str, Function] = {kernel.name: kernel}
    work = [kernel]
    taken: list[str] | None = None
    while work:
        function = work.pop()
        for name in named_symbols(function):
            callee = module.functions.get(name)
            if callee is not None and callee.body is not None and name not in found and not callee.is_entry:
                found[name] = callee
                work.append(callee)
        if taken is None and any(
            isinstance(i, Inst) and i.opcode.startswith("call") and not _names_callee(i)
            for i in function.body or ()
        ):
            taken = address_taken_names(module)
            for name in taken:
                callee = module.functions[name]
                if name not in found and callee.body is not None:
                    found[name] = callee
                    work.append(callee)
    return list(found.values())


def _names_callee(inst: Inst) -> bool:
    first = inst.operands[1] if inst.operands and isinstance(inst.operands[0], Args) else inst.operands[0]
    return isinstance(first, Sym)


def address_taken_names(module: Module) -> list[str]:
    """Functions whose address stands in initial data or is moved into a register."""
    found: dict[str, None] = {}
    for variable in module.variables.values():
        for reloc in variable.relocs:
            if reloc.symbol in module.functions:
                found[reloc.symbol] = None
    for function in module.functions.values():
        for item in function.body or ():
            if isinstance(item, Inst) and not item.opcode.startswith("call"):
                for operand in item.operands:
                    if isinstance(operand, Sym) and operand.name in module.functions:
                        found[operand.name] = None
    return [name for name in found if not module.functions[name].is_entry]


def depths(functions: list[Function]) -> tuple[dict[str, int], bool]:
    """Local bytes below each function (its own and the deepest callee's), and whether the calls are recursive."""
    by_name = {f.name: f for f in functions}
    recursive = False
    depth: dict[str, int] = {}

    def visit(name: str, path: tuple[str, ...]) -> int:
        nonlocal recursive
        if name in path:
            recursive = True
            return 0
        if name not in depth:
            below = [visit(n, (*path, name)) for n in named_symbols(by_name[name]) if n in by_name]
            depth[name] = local_layout(by_name[name])[1] + max(below, default=0)
        return depth[name]

    for function in functions:
        visit(function.name, ())
    indirect = [
        f
        for f in functions
        if any(
            isinstance(i, Inst) and i.opcode.startswith("call") and not _names_callee(i) for i in f.body or ()
        )
    ]
    return depth, recursive or bool(indirect)
