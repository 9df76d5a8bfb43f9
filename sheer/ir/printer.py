"""A function as text, close to PTX. In: a Function, or parts of it. Out: lines for people; they are not read again."""

from __future__ import annotations

from sheer.ir.module import Addr, Args, Function, Imm, Inst, Not, Operand, Pair, Reg, Sink, Special, Sym, Vec


def operand_text(operand: Operand | None) -> str:
    """One operand."""
    if operand is None or isinstance(operand, Sink):
        return "_"
    if isinstance(operand, Reg):
        return operand.name
    if isinstance(operand, Special):
        return "%" + operand.name
    if isinstance(operand, Imm):
        return str(operand.value) if operand.kind == "int" else f"{operand.kind}:{operand.value:#x}"
    if isinstance(operand, Not):
        return "!" + operand.reg.name
    if isinstance(operand, Pair):
        return f"{operand_text(operand.first)}|{operand_text(operand.second)}"
    if isinstance(operand, (Vec, Args)):
        items = ", ".join(map(operand_text, operand.items))
        return f"{{{items}}}" if isinstance(operand, Vec) else f"({items})"
    if isinstance(operand, Sym):
        return operand.name + _more(operand.offset)
    return _address(operand)


def _address(address: Addr) -> str:
    base = operand_text(address.base) + _more(address.offset) if address.base is not None else str(address.offset)
    return "[" + ", ".join([base, *map(operand_text, address.coordinates)]) + "]"


def _more(offset: int) -> str:
    return f"{offset:+d}" if offset else ""


def instruction_text(inst: Inst) -> str:
    """An instruction with its guard."""
    guard = f"@{'!' if inst.guard.negated else ''}{inst.guard.reg.name} " if inst.guard else ""
    return f"{guard}{inst.opcode} {', '.join(map(operand_text, inst.operands))}".rstrip() + ";"


def head_text(function: Function) -> list[str]:
    """Name, parameters and variables."""
    lines = [f"{'.entry' if function.is_entry else '.func'} {function.name}"]
    lines += [f"  .param .{p.type} {p.name}  // {p.size} bytes at {p.offset}" for p in function.params]
    lines += [f"  .{v.space} .align {v.align} {v.name}[{v.size}]" for v in function.variables]
    return lines


def print_function(function: Function) -> str:
    """The whole function as it was parsed."""
    lines = head_text(function)
    for item in function.body or ():
        lines.append(f"    {instruction_text(item)}" if isinstance(item, Inst) else f"{item.name}:")
    return "\n".join(lines) + "\n"
