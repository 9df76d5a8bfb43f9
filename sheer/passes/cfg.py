"""Basic blocks. In: an ir.Function. Out: a Graph of blocks whose instructions are bound to rows of the instruction table.

A guarded `ret` or `exit` becomes a conditional branch to a block of its own, so that only branches have two successors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheer.base.errors import CompileError
from sheer.base.types import SCALARS, ScalarType
from sheer.ir.module import Addr, Args, Function, Imm, Inst, Label, Loc, Not, Operand, Pair, Reg, Sym, Vec
from sheer.isa.row import Binding, UnknownOpcode, bind, operand_type

FLOW = {"bra": "branch", "brx": "switch", "ret": "return", "exit": "exit", "trap": "trap"}
IMAGES = frozenset(("tex", "tld4", "suld", "sust"))  # their addresses hold coordinates


class Ins:
    """One bound instruction. `uses` and `defs` map register names to SSA values once ssa.py has run."""

    __slots__ = ("align", "binding", "defs", "guard", "inst", "reads", "uses", "writes")

    def __init__(self, inst: Inst, binding: Binding) -> None:
        self.inst = inst
        self.binding = binding
        self.uses: dict[str, int] = {}
        self.defs: dict[str, int] = {}
        self.guard = inst.guard
        self.align = 0  # bytes that the address is surely a multiple of; 0: those of an element
        self.reads, self.writes = _registers(inst, binding)


class Block:
    """A straight line of instructions. `kind` says how it ends: jump, branch, switch, return, exit or trap.

    `succs`: for branch (taken, fallen through); the branch's predicate is `cond` (register) and `negated`.
    """

    __slots__ = (
        "cond",
        "cond_value",
        "index",
        "ins",
        "kind",
        "label",
        "loc",
        "negated",
        "pauses",
        "phis",
        "preds",
        "succs",
    )

    def __init__(self, index: int, label: str = "") -> None:
        self.index = index
        self.label = label
        self.ins: list[Ins] = []
        self.kind = "jump"
        self.succs: list[int] = []
        self.preds: list[int] = []
        self.cond = ""
        self.negated = False
        self.cond_value = -1
        self.phis: list[Phi] = []
        self.pauses = False  # a group may stop at its end and go on later (passes/march.py)
        self.loc = Loc(0, 0)


class Phi:
    """A value that depends on the edge taken: one source per predecessor, in the order of Block.preds."""

    __slots__ = ("reg", "sources", "value")

    def __init__(self, reg: str) -> None:
        self.reg = reg
        self.value = -1
        self.sources: list[int] = []


class Graph:
    """Control flow of one function; block 0 is the entry."""

    def __init__(self, function: Function, blocks: list[Block]) -> None:
        self.function = function
        self.blocks = blocks
        self.value_type: list[str] = []  # SSA value -> register type, filled by ssa.py
        self.value_block: list[int] = []  # SSA value -> defining block (-1 = undefined or parameter)
        self.undefined: dict[str, int] = {}  # register -> its value where it is read before it is written


def build(function: Function, text_name: str, ends_block: Callable[[Inst], bool] = lambda inst: False) -> Graph:
    """Splits the body into blocks (behind instructions that end one, too), binds every instruction, removes unreachable blocks."""
    groups = _groups(function.body or (), _targets(function), ends_block)
    blocks = [Block(index) for index in range(len(groups) + 1)]
    blocks[-1].kind = "return"  # where a body without a ret at its end arrives; else nobody does, and it goes
    labels = {label: index for index, (names, _) in enumerate(groups) for label in names}
    for block, (_, insts) in zip(blocks[:], groups, strict=False):
        last = insts[-1] if insts and _flow(insts[-1]) else None
        block.ins = [_bind(inst, text_name) for inst in (insts[:-1] if last else insts)]
        fall = block.index + 1
        if last is None:
            block.succs = [fall]
        elif _flow(last) == "trap":
            block.ins.append(_bind(last, text_name))
            block.kind, block.succs = ("trap", []) if last.guard is None else ("jump", [fall])
        else:
            _terminate(function, blocks, block, last, labels, text_name, fall)
    return _compact(Graph(function, blocks))


def with_pauses(graph: Graph, edges: set[tuple[int, int]]) -> Graph:
    """A graph, not yet in SSA form, with a block on each of these edges at which groups may pause."""
    for source, target in sorted(edges):
        pause = Block(len(graph.blocks))
        pause.pauses, pause.succs = True, [target]
        pause.loc = graph.blocks[source].loc
        graph.blocks.append(pause)
        block = graph.blocks[source]
        block.succs = [pause.index if succ == target else succ for succ in block.succs]
    return _compact(graph)


def name_of(inst: Inst) -> str:
    """The first word of the opcode."""
    return inst.opcode.partition(".")[0]


def _flow(inst: Inst) -> str | None:
    name = inst.opcode.split(".", 1)[0]
    if name == "call" and any(isinstance(operand, Sym) and operand.name == "__assertfail" for operand in inst.operands):
        return "trap"  # it does not come back, and compilers put anything behind it
    return FLOW.get(name)


def _targets(function: Function) -> set[str]:
    """Labels that some branch names; the others only mark places for debuggers."""
    found = {name for names in function.branch_targets.values() for name in names}
    for item in function.body or ():
        if isinstance(item, Inst) and _flow(item) == "branch" and isinstance(item.operands[0], Sym):
            found.add(item.operands[0].name)
    return found


def _groups(body: tuple[Inst | Label, ...], targets: set[str], ends_block: Callable[[Inst], bool]) -> list[tuple[list[str], list[Inst]]]:
    """Labels and instructions of each block: a branch's target starts one, a branch ends one."""
    groups: list[tuple[list[str], list[Inst]]] = [([], [])]
    for item in body:
        names, insts = groups[-1]
        if isinstance(item, Label):
            if item.name not in targets:
                continue
            if insts:
                groups.append(([item.name], []))
            else:
                names.append(item.name)
            continue
        if insts and (_flow(insts[-1]) or ends_block(insts[-1])):
            groups.append(([], [item]))
        else:
            insts.append(item)
    return groups


def _bind(inst: Inst, text_name: str) -> Ins:
    try:
        binding = bind(inst.opcode)
    except UnknownOpcode as error:
        raise CompileError(f"{text_name}:{inst.ptx_line}: {error}", inst.loc) from None
    if name_of(inst) not in IMAGES and any(isinstance(o, Addr) and o.coordinates for o in inst.operands):
        raise CompileError(f"{text_name}:{inst.ptx_line}: {inst.opcode} takes no coordinates in its address", inst.loc)
    required = sum(1 for o in binding.form.operands if not o.optional and not o.is_pred)
    allowed = sum(1 for o in binding.form.operands if not o.is_pred)
    if not binding.row.raw and not required <= len(inst.operands) <= allowed:
        raise CompileError(
            f"{text_name}:{inst.ptx_line}: {inst.opcode} takes {binding.form.text.partition(' ')[2].strip()}, "
            f"but {len(inst.operands)} operands are given",
            inst.loc,
        )
    return Ins(inst, binding)


def _terminate(
    function: Function,
    blocks: list[Block],
    block: Block,
    inst: Inst,
    labels: dict[str, int],
    name: str,
    fall: int,
) -> None:
    flow = _flow(inst)
    block.loc = inst.loc
    if flow in ("return", "exit"):
        if inst.guard is None:
            block.kind, block.succs = flow, []
            return
        leave = Block(len(blocks))
        leave.kind, leave.loc = flow, inst.loc
        blocks.append(leave)
        target = leave.index
    elif flow == "branch":
        target = _target(inst.operands[0], labels, name, inst)
    else:
        block.ins.append(_bind(inst, name))
        table = function.branch_targets.get(getattr(inst.operands[1], "name", ""), ())
        if not table:
            raise CompileError(
                f"{name}:{inst.ptx_line}: {inst.opcode} names no .branchtargets table", inst.loc
            )
        block.kind = "switch"
        block.succs = [_target(Sym(t), labels, name, inst) for t in table]
        return
    if inst.guard is None:
        block.kind, block.succs = "jump", [target]
        return
    if fall == target:
        block.succs = [fall]
        return
    block.kind, block.succs = "branch", [target, fall]
    block.cond, block.negated = inst.guard.reg.name, inst.guard.negated


def _target(operand: Operand, labels: dict[str, int], name: str, inst: Inst) -> int:
    if not isinstance(operand, Sym) or operand.name not in labels:
        raise CompileError(
            f"{name}:{inst.ptx_line}: the branch target {getattr(operand, 'name', operand)} is not a label "
            "of this function",
            inst.loc,
        )
    return labels[operand.name]


def _compact(graph: Graph) -> Graph:
    """Keeps reachable blocks, renumbers them in reverse postorder and fills in predecessors."""
    order: list[int] = []
    seen = {0}
    stack: list[tuple[int, int]] = [(0, 0)]
    while stack:
        index, step = stack.pop()
        succs = graph.blocks[index].succs
        if step < len(succs):
            stack.append((index, step + 1))
            # visit the last successor first, so that the first comes first in reverse postorder
            target = succs[len(succs) - 1 - step]
            if target not in seen:
                seen.add(target)
                stack.append((target, 0))
        else:
            order.append(index)
    order.reverse()
    number = {old: new for new, old in enumerate(order)}
    blocks = [graph.blocks[old] for old in order]
    for block in blocks:
        block.index = number[block.index]
        block.succs = [number[s] for s in block.succs]
        block.preds = []
    for block in blocks:
        for succ in dict.fromkeys(block.succs):
            blocks[succ].preds.append(block.index)
    graph.blocks = blocks
    return graph


def source_values(ins: Ins, read: Callable[[Ins, Operand, ScalarType], Any]) -> list[Any]:
    """What `read` makes of each operand that the instruction reads, in the order of its form: a list for a vector's parts, the number
    itself for an immediate that the form demands. Guards are not among them."""
    values: list[Any] = []
    specs = [o for o in ins.binding.form.operands if not o.is_pred]
    for spec, operand in zip(specs, ins.inst.operands, strict=False):
        if spec.is_dest:
            continue
        if spec.type == "imm":
            values.append(getattr(operand, "value", 0))
            continue
        whole = operand_type(spec, ins.binding.m)
        if isinstance(operand, Vec):
            width = whole.bits // len(operand.items)
            part = SCALARS[f"b{width}" if width > 1 else "pred"]
            values.append([read(ins, item, part) for item in operand.items])
        else:
            values.append(read(ins, operand, whole))
    return values


def _registers(inst: Inst, binding: Binding) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Registers read and written, by the form's destinations. An address or a guard is always read."""
    reads: dict[str, None] = {}
    writes: dict[str, None] = {}
    specs = [o for o in binding.form.operands if not o.is_pred]
    dest_first = bool(inst.operands) and isinstance(inst.operands[0], Args) and len(inst.operands) > 1
    for position, operand in enumerate(inst.operands):
        spec = specs[position] if position < len(specs) else None
        is_dest = spec is not None and spec.is_dest and not isinstance(operand, Addr)
        if binding.form.name == "call":
            is_dest = position == 0 and dest_first
        _collect(operand, writes if is_dest else reads)
    if inst.guard is not None:
        reads[inst.guard.reg.name] = None
        reads.update(writes)  # lanes that the guard leaves out keep the old value
    return tuple(reads), tuple(writes)


def _collect(operand: Operand | None, into: dict[str, None]) -> None:
    if isinstance(operand, Reg):
        into[operand.name] = None
    elif isinstance(operand, Not):
        into[operand.reg.name] = None
    elif isinstance(operand, Addr):
        if isinstance(operand.base, Reg):
            into[operand.base.name] = None
        for item in operand.coordinates:
            _collect(item, into)
    elif isinstance(operand, (Vec, Args)):
        for item in operand.items:
            _collect(item, into)
    elif isinstance(operand, Pair):
        _collect(operand.first, into)
        _collect(operand.second, into)


def immediate(operand: Operand) -> int | None:
    """The value of an integer literal, else None."""
    return operand.value if isinstance(operand, Imm) and operand.kind == "int" else None
