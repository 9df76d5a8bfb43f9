"""Loops as a GPU's compiler would unroll them. In: a Graph in SSA form, the works and chains of its blocks. Out: works and chains of one turn of such a
loop, as a part of an unrolled one.

Sheer tells clang to leave loops whose trip count is known at run time as they are (lanes that leave at different times would go through a remainder);
clang for a GPU, and nvcc, unroll those that are one small block without barriers. Of the copies, one counts and branches for all; addresses that only
differ by constants go into the accesses; loads of all copies are under way together as far as dependences let them.
"""

from __future__ import annotations

from sheer.isa.work import Units, Work
from sheer.passes.cfg import Block, Graph, Ins
from sheer.passes.chains import Chains, back_edge
from sheer.passes.work import units_of

MOST = 4  # copies
SIZE = 75  # instructions of all copies: LLVM's threshold for a GPU
# Instructions that make a linear function of the loop's counters out of others, or compare it.
_LINEAR = ("add", "sub", "mul", "mad", "shl", "cvt", "cvta", "mov", "setp", "neg")
_CONVERGENT = ("bar", "barrier", "shfl", "vote", "match", "activemask", "redux", "mma", "wmma", "ldmatrix", "call", "nanosleep", "elect")


def as_unrolled(graph: Graph, works: list[Work]) -> list[Work]:
    """The works of the blocks, with their chains; those of unrolled loops are a copy's part of the whole."""
    units = units_of(graph)
    chains = Chains(graph, units)
    found = []
    for block, work in zip(graph.blocks, works, strict=True):
        copies = copies_of(graph, block)
        left = dict(work.units)
        if copies > 1:
            for ins in _shared(graph, block):
                _less(left, units[id(ins)], copies)
            _less(left, {"branch": 1}, copies)
        chain = {kind: count / copies for kind, count in chains.of(block, copies).items()}
        found.append(work._replace(units=left, chain=chain))
    return found


def copies_of(graph: Graph, block: Block) -> int:
    """Into how many copies of itself a loop of one block is unrolled; 1: not at all, or no such loop."""
    if block.kind != "branch" or back_edge(graph, block) < 0:
        return 1
    names = {ins.binding.form.name.partition(".")[0] for ins in block.ins}
    if names.intersection(_CONVERGENT) or any(ins.inst.opcode.startswith(("bar", "wmma", "mma")) for ins in block.ins):
        return 1
    copies = MOST
    while copies > 1 and copies * len(block.ins) > SIZE:
        copies //= 2
    return copies


def _shared(graph: Graph, block: Block) -> list[Ins]:
    """Instructions that all copies need once: linear functions of what the loop counts up by constants, and of what it does not change; and
    comparisons of what it counts up by anything."""
    back = back_edge(graph, block)
    inside = {value: ins for ins in block.ins for value in ins.defs.values()}
    phis = {phi.value for phi in block.phis}
    changing = phis | set(inside)
    fixed: set[int] = set()  # phis that grow by constants
    any_step: set[int] = set()  # those that grow by what the loop does not change, and their next values
    for phi in block.phis:
        following = inside.get(phi.sources[back])
        if following is not None and _counts(following, phi.value, changing):
            any_step |= {phi.value, phi.sources[back]}
            if set(following.uses.values()) == {phi.value}:
                fixed.add(phi.value)
    found: list[Ins] = []
    for ins in block.ins:
        if ins.guard is not None or ins.binding.form.name not in _LINEAR or _floats(ins):
            continue
        reads = changing.intersection(ins.uses.values())
        if reads <= fixed:
            found.append(ins)
            fixed.update(ins.defs.values())
        elif ins.binding.form.name == "setp" and reads <= any_step | fixed:
            found.append(ins)
    return found


def _counts(ins: Ins, phi: int, changing: set[int]) -> bool:
    """Whether an instruction adds to a phi, whose next value it is, something that the loop does not change."""
    return ins.binding.form.name in ("add", "sub") and not _floats(ins) and changing.intersection(ins.uses.values()) == {phi}


def _floats(ins: Ins) -> bool:
    return bool({"f16", "f16x2", "bf16", "bf16x2", "f32", "f64"} & set(ins.inst.opcode.split(".")))


def _less(units: Units, part: Units, copies: int) -> None:
    for unit, count in part.items():
        units[unit] = units.get(unit, 0) - count * (1 - 1 / copies)
