"""What an assembler would refuse in a PTX text. In: a parsed Module, checked before it is linked. Out: nothing, or a Refused.

Kernels are compiled when they are first launched, and most of these would be noticed only then, or never. Instructions that
exist in PTX and that Sheer does not have are no business of this pass: a kernel that is never launched may hold them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from sheer.base.types import SCALARS
from sheer.ir.module import (
    Addr,
    Args,
    Function,
    Inst,
    Label,
    Module,
    Not,
    Operand,
    Pair,
    Reg,
    Special,
    Sym,
    Vec,
)
from sheer.isa import absent
from sheer.isa.row import TABLE, Binding, UnknownOpcode, bind, operand_type
from sheer.passes.cfg import FLOW

# every instruction of the PTX ISA by its first word, for telling what is foreign from what is missing here
MNEMONICS = frozenset(TABLE) | absent.NAMES
SPECIALS = re.compile(
    r"(n?tid|n?ctaid|(n?clusterid|cluster_n?ctaid)|env)(\.[xyz])?|laneid|n?warpid|n?smid|gridid|lanemask_(eq|[lg][et])|"
    r"clock(_hi|64)?|globaltimer(_lo|_hi)?|pm\d+(_64)?|envreg\d+|cluster_n?ctarank|is_explicit_cluster|current_graph_exec|"
    r"(total|dynamic|aggr)_smem_size|reserved_smem_offset_\w+"
)
PLAIN = frozenset(f"{kind}{bits}" for kind in "usf" for bits in (16, 32, 64))
# their operands may be wider than the instruction's type, or are of no type of their own
LOOSE = frozenset(("cvt", "mov", "ld", "ldu", "st", "set", "setp", "selp", "slct", "cvta", "tex", "prmt", "shfl"))


class Refused(Exception):
    """What is wrong, with the line of the text (from 1) and the word there that it is about."""

    def __init__(self, message: str, line: int, word: str) -> None:
        super().__init__(message)
        self.line, self.word = line, word


def check(module: Module) -> None:
    """Raises Refused at the first fault in the order of the text."""
    for function in module.functions.values():
        if function.body is not None:
            _function(function, module)


def check_calls(module: Module, known: Container[str]) -> None:
    """Raises Refused at a call of a function that a linked module only declares. `known`: those that the machine has."""
    for function in module.functions.values():
        for item in function.body or ():
            if not isinstance(item, Inst) or not item.opcode.startswith("call"):
                continue
            names = [operand.name for operand in item.operands if isinstance(operand, Sym)]
            callee = module.functions.get(names[0]) if names else None
            if callee is not None and callee.body is None and callee.name not in known:
                raise Refused(f"the function {callee.name} is called and nowhere defined", item.ptx_line, callee.name)


def _function(function: Function, module: Module) -> None:
    labels = {item.name for item in function.body or () if isinstance(item, Label)}
    symbols = {v.name for v in function.variables} | {p.name for p in (*function.params, *function.returns)}
    symbols.update(labels, function.branch_targets, function.prototypes, function.call_targets)
    declared = dict(function.regs)
    declared.update({p.name: p.type for p in (*function.params, *function.returns) if p.is_reg})
    for item in function.body or ():
        if not isinstance(item, Inst):
            continue
        for register in _registers(item):
            if register not in declared:
                raise Refused(f"the register {register} is not declared", item.ptx_line, register)
        if item.guard and declared[item.guard.reg.name] != "pred":
            name = item.guard.reg.name
            raise Refused(f"the guard {name} is no predicate", item.ptx_line, name)
        if item.opcode.startswith("brx"):
            _table(item, function, labels)
        _instruction(item, labels, declared)
        for operand in _leaves(item):
            name = getattr(operand, "name", "")
            known = name in symbols or name in module.variables or name in module.functions
            if (isinstance(operand, Sym) and not known) or (isinstance(operand, Special) and not SPECIALS.fullmatch(name)):
                name = name if isinstance(operand, Sym) else f"%{name}"
                raise Refused(f"{name} is not declared", item.ptx_line, name)


def _table(inst: Inst, function: Function, labels: set[str]) -> None:
    """The labels of brx.idx."""
    name = getattr(inst.operands[1], "name", "") if len(inst.operands) == 2 else ""
    if name not in function.branch_targets:
        raise Refused("brx.idx takes an index and the name of a .branchtargets list", inst.ptx_line, "brx.idx")
    missing = next((label for label in function.branch_targets[name] if label not in labels), "")
    if missing:
        raise Refused(f"the branch target {missing} in {name} is not a label of this function", inst.ptx_line, name)


def _leaves(inst: Inst) -> Iterator[Operand]:
    """The operands, those in braces and brackets one by one."""
    todo: list[Operand | None] = list(reversed(inst.operands))
    while todo:
        operand = todo.pop()
        if isinstance(operand, Vec | Args):
            todo += reversed(operand.items)
        elif isinstance(operand, Pair):
            todo += [operand.second, operand.first]
        elif isinstance(operand, Addr):
            todo += reversed(operand.coordinates)
            todo.append(operand.base)
        elif isinstance(operand, Not):
            todo.append(operand.reg)
        elif operand is not None:
            yield operand


def _registers(inst: Inst) -> Iterator[str]:
    if inst.guard:
        yield inst.guard.reg.name
    yield from (operand.name for operand in _leaves(inst) if isinstance(operand, Reg))


def _instruction(inst: Inst, labels: set[str], declared: dict[str, str]) -> None:
    name = inst.opcode.split(".", 1)[0]
    if FLOW.get(name) == "branch":
        target = inst.operands[0] if inst.operands else None
        if not isinstance(target, Sym) or target.name not in labels:
            said = getattr(target, "name", "")
            raise Refused(f"the branch target {said or 'here'} is not a label of this function", inst.ptx_line, said or name)
        return
    if name not in MNEMONICS:
        try:
            bind(inst.opcode)
        except UnknownOpcode as error:
            raise Refused(str(error), inst.ptx_line, inst.opcode) from None
    try:
        binding = bind(inst.opcode)
    except UnknownOpcode:
        return
    if not binding.row.raw:
        _operands(inst, binding, declared, name)


def _operands(inst: Inst, binding: Binding, declared: dict[str, str], name: str) -> None:
    wanted = [o for o in binding.form.operands if not o.is_pred]
    required = sum(1 for o in wanted if not o.optional)
    if not required <= len(inst.operands) <= len(wanted):
        takes = binding.form.text.partition(" ")[2].strip() or "none"
        raise Refused(f"{inst.opcode} takes {takes}, but {len(inst.operands)} operands are given", inst.ptx_line, inst.opcode)
    if name in LOOSE or len(wanted) != len(inst.operands):
        return
    for operand, given in zip(wanted, inst.operands, strict=True):
        if not isinstance(given, Reg) or operand.is_address:
            continue
        have, want = SCALARS[declared[given.name]], operand_type(operand, binding.m)
        fits = have.name == want.name or (have.kind != "p" and want.kind != "p")
        if fits and have.name in PLAIN and want.name in PLAIN:
            fits = have.bits == want.bits and (have.kind == "f") == (want.kind == "f")
        elif fits and have.kind == "b" and want.name in PLAIN:
            fits = have.bits == want.bits
        if not fits:
            raise Refused(
                f"{inst.opcode} wants .{want.name} here, and {given.name} is .{have.name}", inst.ptx_line, given.name
            )
