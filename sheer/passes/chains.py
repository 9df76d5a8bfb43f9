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
    chains = Chains(graph, units_of(graph))
    return [chains.of(block) for block in graph.blocks]


class Chains:
    """The chains of a graph's blocks."""

    def __init__(self, graph: Graph, units: dict[int, Units]) -> None:
        shared = _pointers_to_shared(graph)
        self.graph, self.units, self.later = graph, units, _read_next(graph)
        self.spaces = {id(ins): _space_of(ins, shared) for block in graph.blocks for ins in block.ins}

    def of(self, block: Block, turns: int = 1) -> Units:
        """Latencies on the longest chain of a block, or of so many turns of a loop that it is, one after the other."""
        walk = _Walk()
        back = back_edge(self.graph, block)
        for turn in range(turns):
            if turn:
                walk.made = {phi.value: walk.made[phi.sources[back]] for phi in block.phis if phi.sources[back] in walk.made}
            for ins in block.ins:
                space = self.spaces[id(ins)]
                walk.step(ins, _latencies(ins, self.units[id(ins)], space), space, self.later[block.index])
        return walk.end.chain


def _beyond(graph: Graph, block: int, target: int) -> tuple[int, int]:
    """Where a way out of a block leads, behind blocks that do nothing but jump on: the last block on the way, and the one it comes to."""
    while (empty := graph.blocks[target]).kind == "jump" and not empty.ins and not empty.phis and empty.succs[0] != target:
        block, target = target, empty.succs[0]
    return block, target


def back_edge(graph: Graph, block: Block) -> int:
    """Which of a block's predecessors is itself, where it is a loop; else -1."""
    for number in block.succs:
        last, target = _beyond(graph, block.index, number)
        if target == block.index:
            return block.preds.index(last)
    return -1


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
            last, number = _beyond(graph, block.index, number)
            target = graph.blocks[number]
            found |= reads[number]
            found |= {phi.sources[target.preds.index(last)] for phi in target.phis if phi.value in reads[number]}
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


class _Walk:
    """A walk through instructions: when each result is there, and what holds back accesses to memory."""

    def __init__(self) -> None:
        self.made: dict[int, _Node] = {}
        self.stores: dict[str, _Node] = {}  # by space: when the last store there could be issued
        self.fence = _START  # the last barrier
        self.issued = _START  # the latest moment at which something was issued
        self.end = _START

    def step(self, ins: Ins, latency: Units, space: str, later: set[int]) -> None:
        """One instruction; `later` are the values that somebody waits for behind the block."""
        name = ins.binding.form.name
        before = [self.made[value] for value in ins.uses.values() if value in self.made]
        if space:
            before.append(self.fence)
            before += [node for where, node in self.stores.items() if _same(where, space)]
        if "barrier" in latency:
            before.append(self.issued)
        start = _latest(_START, *before)
        self.issued = _latest(self.issued, start)
        result = _after(start, latency)
        if "barrier" in latency:
            self.fence = self.end = _latest(self.end, result)
        if space and name in _STORES and (name == "atom" or not ins.defs):
            self.stores[space] = _latest(self.stores.get(space, _START), start)
        for value in ins.defs.values():
            self.made[value] = result
        self.end = _latest(self.end, result if later.intersection(ins.defs.values()) else start)


def _latest(*nodes: _Node) -> _Node:
    return max(nodes, key=lambda node: node.ready)


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
