"""Parameters of device functions whose address is taken. In: a parsed Function. Out: one that keeps them in local memory.

PTX lets `mov` take the address of a parameter of a .func; the parameter then lives in the thread's local memory. Clang
writes that for structures passed by value: at -O0 always, with optimisation where an index into them varies. Here
such a parameter gets a local variable, filled on entry, and nothing behind this has to know.
"""

from __future__ import annotations

from sheer.ir.module import Addr, Function, Inst, Label, Loc, Operand, Param, Reg, Sym, Variable, Vec

_SUFFIX = "$in_memory"


def in_memory(function: Function) -> Function:
    """The function, with local copies of the parameters whose address it uses."""
    if function.is_entry or function.body is None:
        return function
    names = {p.name for p in function.params if not p.is_reg}
    taken = {s for i in function.body if isinstance(i, Inst) for s in _addressed(i) if s in names}
    if not taken:
        return function
    params = [p for p in function.params if p.name in taken]
    regs = dict(function.regs)
    start = next((i.loc for i in function.body if isinstance(i, Inst)), Loc(0, 0))
    copies = [inst for p in params for inst in _copy(p, regs, start, function.ptx_line)]
    variables = [
        Variable(p.name + _SUFFIX, "local", max(p.align, 1), p.size, count=p.size, is_array=True) for p in params
    ]
    body = [item if isinstance(item, Label) else _redirected(item, taken) for item in function.body]
    return function._replace(
        regs=regs, variables=(*function.variables, *variables), body=(*copies, *body)
    )


def _addressed(inst: Inst) -> list[str]:
    """Names whose address an instruction uses: as a value, or outside the space of parameters."""
    words = inst.opcode.split(".")
    if words[0] == "call":
        return []  # passes it on
    in_params = bool(_space(words))
    return [n for o in inst.operands if not (in_params and isinstance(o, Addr)) for n in _names(o)]


def _space(words: list[str]) -> str:
    return next((w for w in words[1:] if w.startswith("param")), "")


def _copy(param: Param, regs: dict[str, str], loc: Loc, line: int) -> list[Inst]:
    """Loads and stores that move a parameter into its local variable, each as wide as both places allow."""
    made: list[Inst] = []
    offset = 0
    while offset < param.size:
        step = next(s for s in (8, 4, 2, 1) if offset % s == 0 and offset + s <= param.size and s <= max(param.align, 1))
        width = f"%in_memory{max(step, 2) * 8}"  # no register has 8 bits
        regs[width] = f"b{max(step, 2) * 8}"
        parts = (("ld.param", param.name), ("st.local", param.name + _SUFFIX))
        for name, place in parts:
            address = Addr(Sym(place), offset)
            operands = (Reg(width), address) if name.startswith("ld") else (address, Reg(width))
            made.append(Inst(f"{name}.b{step * 8}", operands, None, loc, line))
        offset += step
    return made


def _redirected(inst: Inst, taken: set[str]) -> Inst:
    """The instruction with the local variables in the place of the parameters."""
    words = inst.opcode.split(".")
    if words[0] == "call" or not any(_names(o) & taken for o in inst.operands):
        return inst
    opcode = ".".join("local" if w == _space(words) else w for w in words)
    return inst._replace(opcode=opcode, operands=tuple(_moved(o, taken) for o in inst.operands))


def _names(operand: Operand) -> set[str]:
    if isinstance(operand, Sym):
        return {operand.name}
    if isinstance(operand, Addr) and isinstance(operand.base, Sym):
        return {operand.base.name}
    return {name for item in operand.items for name in _names(item)} if isinstance(operand, Vec) else set()


def _moved(operand: Operand, taken: set[str]) -> Operand:
    if isinstance(operand, Sym) and operand.name in taken:
        return Sym(operand.name + _SUFFIX, operand.offset)
    if isinstance(operand, Addr) and isinstance(operand.base, Sym) and operand.base.name in taken:
        return operand._replace(base=Sym(operand.base.name + _SUFFIX, operand.base.offset))
    if isinstance(operand, Vec):
        return Vec(tuple(_moved(item, taken) for item in operand.items))
    return operand
