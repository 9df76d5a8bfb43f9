"""Linking device modules. In: parsed Modules. Out: one Module in which every reference finds its definition, as nvlink would make.

Names that are neither visible nor weak are local to their file and get a suffix when two files use the same one.
"""

from __future__ import annotations

from typing import Any

from sheer.base.errors import LinkError
from sheer.ir.module import (
    Addr,
    Args,
    Function,
    Guard,
    Inst,
    Label,
    Loc,
    Module,
    Operand,
    Pair,
    Reloc,
    Sym,
    Variable,
    Vec,
)


def link(modules: list[Module]) -> Module:
    """Joins modules. Raises LinkError where a name is defined twice."""
    if len(modules) == 1:
        return modules[0]
    functions: dict[str, Function] = {}
    variables: dict[str, Variable] = {}
    files: dict[int, str] = {}
    file_numbers: dict[str, int] = {}
    renames = _local_names(modules)
    for module, names in zip(modules, renames, strict=True):
        numbers = {}
        for index, path in module.files.items():
            number = file_numbers.setdefault(path, len(file_numbers) + 1)
            files[number] = path
            numbers[index] = number
        for function in module.functions.values():
            _add_function(functions, _renamed_function(function, names, numbers))
        for variable in module.variables.values():
            _add_variable(variables, _renamed_variable(variable, names))
    return Module(modules[0].version, modules[0].target, functions, variables, files, "<linked ptx>")


def _is_local(item: Function | Variable) -> bool:
    return item.linkage == "" and not (isinstance(item, Function) and item.is_entry)


def _local_names(modules: list[Module]) -> list[dict[str, str]]:
    """Per module: new names for local symbols that another module uses too."""
    count: dict[str, int] = {}
    for module in modules:
        for name in (*module.functions, *module.variables):
            count[name] = count.get(name, 0) + 1
    found = []
    for number, module in enumerate(modules):
        items: dict[str, Any] = {**module.functions, **module.variables}
        found.append(
            {
                name: f"{name}$file{number}"
                for name, item in items.items()
                if count[name] > 1
                and _is_local(item)
                and not (isinstance(item, Function) and item.body is None)
            }
        )
    return found


def _add_function(functions: dict[str, Function], function: Function) -> None:
    known = functions.get(function.name)
    if known is None or known.body is None:
        functions[function.name] = function
    elif function.body is not None and known.linkage != "weak" and function.linkage != "weak":
        raise LinkError(f"the device function {function.name} is defined in two of the linked files")
    elif function.body is not None and known.linkage == "weak" and function.linkage != "weak":
        functions[function.name] = function


def _add_variable(variables: dict[str, Variable], variable: Variable) -> None:
    known = variables.get(variable.name)
    if known is None or known.linkage == "extern":
        variables[variable.name] = variable
    elif variable.linkage == "extern" or variable.linkage in ("weak", "common") or variable.space == "shared":
        return
    elif known.linkage in ("weak", "common"):
        variables[variable.name] = variable
    else:
        raise LinkError(f"the device variable {variable.name} is defined in two of the linked files")


def _renamed_variable(variable: Variable, names: dict[str, str]) -> Variable:
    relocs = tuple(Reloc(r.offset, names.get(r.symbol, r.symbol), r.addend, r.bytes) for r in variable.relocs)
    return variable._replace(name=names.get(variable.name, variable.name), relocs=relocs)


def _renamed_function(function: Function, names: dict[str, str], numbers: dict[int, int]) -> Function:
    own = {v.name for v in function.variables} | {p.name for p in (*function.params, *function.returns)}
    visible = {old: new for old, new in names.items() if old not in own}

    def operand(item: Operand | None) -> Any:
        if isinstance(item, Sym):
            return Sym(visible.get(item.name, item.name), item.offset)
        if isinstance(item, Addr) and isinstance(item.base, Sym):
            return item._replace(base=operand(item.base))
        if isinstance(item, Vec):
            return Vec(tuple(operand(i) for i in item.items))
        if isinstance(item, Args):
            return Args(tuple(operand(i) for i in item.items))
        if isinstance(item, Pair):
            return Pair(operand(item.first), operand(item.second))
        return item

    body = None
    if function.body is not None:
        body = tuple(
            item
            if isinstance(item, Label)
            else Inst(
                item.opcode,
                tuple(operand(o) for o in item.operands),
                item.guard,
                Loc(numbers.get(item.loc.file, 0), item.loc.line),
                item.ptx_line,
            )
            for item in function.body
        )
    calls = {k: tuple(visible.get(n, n) for n in v) for k, v in function.call_targets.items()}
    assert Guard is not None
    return function._replace(name=names.get(function.name, function.name), body=body, call_targets=calls)
