"""What a warp by itself waits for: the longest chain of dependent instructions of each basic block. In: a Graph in SSA form. Out: for every block,
how many latencies of each kind lie on that chain.

An assembler moves loads ahead as far as dependences let it, so the chain is that of the data flow, with what it may not cross: a barrier is passed
when all before it has been issued and holds back every access to memory; a load waits for stores before it that may go to the same place. What the
next block reads counts with its latency; what is read later (prefetched) or never (stores, asynchronous copies, reductions) does not. The latencies
here only choose the chain; what they are on a chip is the chip's business.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.isa.work import Units
from sheer.passes.cfg import Block, Graph, Ins
from sheer.passes.work import units_of

# Kinds of latency, and nominal clocks that choose the chain.
NOMINAL = {"alu": 4, "load": 400, "shared": 25, "atomic": 300, "sfu": 20, "fp64": 8, "convert": 10, "shuffle": 23, "barrier": 25, "tensor": 30}
CHAINS = tuple(NOMINAL)
_OF_UNIT = {
    "fp32": "alu", "fp16": "alu", "int": "alu", "imad": "alu", "branch": "alu", "vote": "alu", "constant": "alu", "other": "alu", "fp64": "fp64",
    "sfu": "sfu", "convert": "convert", "shuffle": "shuffle", "barrier": "barrier", "tensor": "tensor",
}  # fmt: skip
_MEMORY = {"ld": "load", "ldu": "load", "ldmatrix": "shared", "atom": "atomic", "tex": "load", "wmma": "load"}
_STORES = ("st", "stmatrix", "red", "atom", "wmma")


class _Node(NamedTuple):
    """When an instruction's result is there, and the latencies on the longest way to it."""

    ready: float
    chain: Units


_START = _Node(0.0, {})


def block_chains(graph: Graph) -> list[Units]:
    """Latencies by kind of one pass through each block."""
    units, later, shared = units_of(graph), _read_next(graph), _pointers_to_shared(graph)
    spaces = {id(ins): _space_of(ins, shared) for block in graph.blocks for ins in block.ins}
    return [_block(block, units, later[block.index], spaces) for block in graph.blocks]


def _read_next(graph: Graph) -> list[set[int]]:
    """For each block: what its branch and the blocks right behind it read. Who reads later has had time to wait."""
    reads = []
    for block in graph.blocks:
        found = {value for ins in block.ins for value in ins.uses.values()}
        reads.append(found | {block.cond_value} if block.cond else found)
    result = []
    for block in graph.blocks:
        found = {block.cond_value} if block.cond else set()
        for number in block.succs:
            target = graph.blocks[number]
            found |= reads[number]
            found |= {phi.sources[target.preds.index(block.index)] for phi in target.phis if phi.value in reads[number]}
        result.append(found)
    return result


def _pointers_to_shared(graph: Graph) -> set[int]:
    """Generic pointers that were made from places in shared memory."""
    found: set[int] = set()
    size = -1
    while len(found) > size:
        size = len(found)
        for block in graph.blocks:
            found.update(phi.value for phi in block.phis if found.intersection(phi.sources))
            for ins in block.ins:
                name = ins.binding.form.name
                made = name == "cvta" and "shared" in ins.inst.opcode.split(".") and "to" not in ins.inst.opcode.split(".")
                if made or (name in ("add", "sub", "mov", "mad", "selp") and found.intersection(ins.uses.values())):
                    found.update(ins.defs.values())
    return found


def _block(block: Block, units: dict[int, Units], later: set[int], spaces: dict[int, str]) -> Units:
    made: dict[int, _Node] = {}
    stores: dict[str, _Node] = {}  # by space: when the last store there could be issued
    fence = _START  # the last barrier
    issued = _START  # the latest moment at which something was issued
    end = _START
    for ins in block.ins:
        name, space = ins.binding.form.name, spaces[id(ins)]
        latency = _latencies(ins, units[id(ins)], space)
        before = [made[value] for value in ins.uses.values() if value in made]
        if space:
            before.append(fence)
            before += [node for where, node in stores.items() if _same(where, space)]
        if "barrier" in latency:
            before.append(issued)
        start = max(before, key=lambda node: node.ready, default=_START)
        issued = max(issued, start, key=lambda node: node.ready)
        result = _after(start, latency)
        if "barrier" in latency:
            fence = end = max(end, result, key=lambda node: node.ready)
        if space and name in _STORES and (name == "atom" or not ins.defs):
            stores[space] = max(stores.get(space, _START), start, key=lambda node: node.ready)
        for value in ins.defs.values():
            made[value] = result
        end = max(end, result if later.intersection(ins.defs.values()) else start, key=lambda node: node.ready)
    return end.chain


def _after(node: _Node, latency: Units) -> _Node:
    if not latency:
        return node
    chain = dict(node.chain)
    for kind, count in latency.items():
        chain[kind] = chain.get(kind, 0) + count
    return _Node(node.ready + sum(NOMINAL[kind] * count for kind, count in latency.items()), chain)


def _latencies(ins: Ins, units: Units, space: str) -> Units:
    """From an instruction's operands to its result: its micro-operations one after the other, its access to memory."""
    found: Units = {}
    for unit, count in units.items():
        kind = _OF_UNIT.get(unit, "alu")
        # matrix instructions that one instruction of PTX stands for go side by side
        found[kind] = found.get(kind, 0) + (1 if kind == "tensor" else count)
    kind = _MEMORY.get(ins.binding.form.name, "")
    if kind and space and ins.defs and space not in ("param", "const"):
        found["shared" if space == "shared" else kind] = 1
    return found


def _space_of(ins: Ins, shared: set[int]) -> str:
    """The memory that an instruction accesses, as its text or its pointer says; empty if it accesses none."""
    name = ins.binding.form.name
    if name not in (*_MEMORY, *_STORES):
        return ""
    if name in ("ldmatrix", "stmatrix"):
        return "shared"
    if name == "wmma" and not ins.inst.opcode.startswith(("wmma.load", "wmma.store")):
        return ""
    for word in ins.inst.opcode.split("."):
        space = word.partition("::")[0]
        if space in ("global", "shared", "local", "param", "const"):
            return space
    return "shared" if shared.intersection(ins.uses.values()) else "generic"


def _same(one: str, other: str) -> bool:
    """Whether accesses to two spaces may meet."""
    if "const" in (one, other) or "param" in (one, other):
        return False
    return one == other or "generic" in (one, other)
