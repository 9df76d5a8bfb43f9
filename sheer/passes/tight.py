"""Which affine values are exact. In: Facts. Out: the values that are base + constants in every lane, at the value's own width.

Widening and bit tricks give values whose base is right for addresses but whose lanes may differ from it where narrow arithmetic wraps. What only
goes through additions and products of one width wraps alike in base and lanes: such a value needs no vector between blocks.
"""

from __future__ import annotations

from sheer.passes.facts import Facts

_KEEPS = frozenset(("add", "sub", "mov", "neg", "shl", "mul", "mad"))


def tight_values(facts: Facts) -> set[int]:
    """The largest set of affine values that its own members justify."""
    graph = facts.graph
    affine = {v for v, shape in enumerate(facts.shape) if shape is not None and not shape.uniform}
    sources: dict[int, list[int]] = {}
    for block in graph.blocks:
        for phi in block.phis:
            sources[phi.value] = list(phi.sources)
        for ins in block.ins:
            if ins.guard is not None or not _keeps(ins.inst.opcode):
                continue
            for value in ins.defs.values():
                sources[value] = list(ins.uses.values())
    tight = {v for v in affine if v in sources}
    while True:
        wrong = {
            v
            for v in tight
            if any(s in affine and s not in tight for s in sources[v]) or _width_changes(facts, v, sources[v])
        }
        if not wrong:
            return tight
        tight -= wrong


def _keeps(opcode: str) -> bool:
    stem, _, rest = opcode.partition(".")
    return stem in _KEEPS and "wide" not in rest and "hi" not in rest and "sat" not in rest


def _width_changes(facts: Facts, value: int, sources: list[int]) -> bool:
    types = facts.graph.value_type
    return any(types[s][1:] != types[value][1:] for s in sources if s >= 0 and types[s] != "pred")
