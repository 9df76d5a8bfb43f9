"""Static single assignment. In: a Graph from cfg.build. Out: the same Graph with phis, and every use and definition named by
a value number (`Ins.uses`, `Ins.defs`, `Block.cond_value`); `Graph.value_type` gives the register type of a value.

Pruned form: a phi stands only where its register is live. A register that is read before it is written has value -1's
type of undefined value: one number per register, defined in no block.
"""

from __future__ import annotations

from sheer.passes.cfg import Graph, Phi
from sheer.passes.dominance import dominators, frontiers


def build(graph: Graph) -> list[int]:
    """Names all values; returns the immediate dominators, which later passes need too."""
    preds = [b.preds for b in graph.blocks]
    idom = dominators(preds)
    _place_phis(graph, frontiers(preds, idom))
    _rename(graph, idom)
    return idom


def live_in(graph: Graph) -> list[set[str]]:
    """Registers live at the start of every block (before SSA)."""
    use: list[set[str]] = []
    kill: list[set[str]] = []
    for block in graph.blocks:
        reads: set[str] = set()
        writes: set[str] = set()
        for ins in block.ins:
            reads.update(r for r in ins.reads if r not in writes)
            writes.update(ins.writes)
        if block.cond and block.cond not in writes:
            reads.add(block.cond)
        use.append(reads)
        kill.append(writes)
    live: list[set[str]] = [set(u) for u in use]
    changed = True
    while changed:
        changed = False
        for block in reversed(graph.blocks):
            out: set[str] = set()
            for succ in block.succs:
                out |= live[succ]
            new = use[block.index] | (out - kill[block.index])
            if len(new) != len(live[block.index]):
                live[block.index] = new
                changed = True
    return live


def _place_phis(graph: Graph, frontier: list[set[int]]) -> None:
    live = live_in(graph)
    defined: dict[str, set[int]] = {}
    for block in graph.blocks:
        for ins in block.ins:
            for reg in ins.writes:
                defined.setdefault(reg, set()).add(block.index)
    returned = [p.name for p in graph.function.returns if p.is_reg]
    for reg, blocks in defined.items():
        # one block defines it and it is not live into that block: a phi could only be needed where it is live in
        # along a path around the definition, which reads an undefined value
        alone = len(blocks) == 1 and not any(reg in live[b] for b in blocks) and reg not in returned
        if alone and not any(reg in live[f] for b in blocks for f in frontier[b]):
            continue
        work = list(blocks)
        placed: set[int] = set()
        while work:
            for target in frontier[work.pop()]:
                if target not in placed and (reg in live[target]):
                    placed.add(target)
                    phi = Phi(reg)
                    phi.sources = [-1] * len(graph.blocks[target].preds)
                    graph.blocks[target].phis.append(phi)
                    work.append(target)


def _rename(graph: Graph, idom: list[int]) -> None:
    types = graph.function.regs
    children: list[list[int]] = [[] for _ in graph.blocks]
    for block in range(1, len(idom)):
        children[idom[block]].append(block)
    current: dict[str, list[int]] = {}
    undefined: dict[str, int] = {}

    def fresh(reg: str, block: int) -> int:
        graph.value_type.append(types[reg])
        graph.value_block.append(block)
        return len(graph.value_type) - 1

    def read(reg: str) -> int:
        stack = current.get(reg)
        if stack:
            return stack[-1]
        if reg not in undefined:
            undefined[reg] = fresh(reg, -1)
        return undefined[reg]

    work: list[tuple[int, list[str] | None]] = [(0, None)]
    while work:
        index, pushed = work.pop()
        if pushed is not None:
            for reg in pushed:
                current[reg].pop()
            continue
        block = graph.blocks[index]
        names: list[str] = []
        for phi in block.phis:
            phi.value = fresh(phi.reg, index)
            current.setdefault(phi.reg, []).append(phi.value)
            names.append(phi.reg)
        for ins in block.ins:
            ins.uses = {reg: read(reg) for reg in ins.reads}
            for reg in ins.writes:
                value = fresh(reg, index)
                ins.defs[reg] = value
                current.setdefault(reg, []).append(value)
                names.append(reg)
        if block.cond:
            block.cond_value = read(block.cond)
        for succ in dict.fromkeys(block.succs):
            target = graph.blocks[succ]
            place = target.preds.index(index)
            for phi in target.phis:
                phi.sources[place] = read(phi.reg)
        work.append((index, names))
        work.extend((child, None) for child in children[index])
    graph.undefined = undefined
