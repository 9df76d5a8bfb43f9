"""Facts as text. In: a Function and a block shape. Out: its blocks in the order of emission, with what the passes know of them, for people."""

from __future__ import annotations

from sheer.ir.module import Function
from sheer.ir.printer import head_text, instruction_text
from sheer.passes import cfg, ssa
from sheer.passes.facts import Facts, analyse


def facts_text(function: Function, source: str, block: tuple[int, int, int], lanes: int = 32) -> str:
    """Blocks with their edges, who runs them, and the shape of every value that an instruction gives."""
    graph = cfg.build(function, source)
    ssa.build(graph)
    facts = analyse(graph, lanes, block, function.is_entry)
    lines = [*head_text(function), f"  // {lanes} lanes a group, block {block}"]
    for index in facts.order:
        here = graph.blocks[index]
        who = "some lanes" if facts.masked(index) else "all lanes"
        parts = ", parts its lanes" if facts.divergent[index] else ""
        turns = ", in a loop" if facts.loop_of[index] is not None else ""
        lines.append(f"block {index}: {who}{turns}{parts}; goes on to {', '.join(map(str, here.succs)) or 'the end'}")
        lines += [f"    v{phi.value} = phi {', '.join(f'v{s}' for s in phi.sources)}{_shape(facts, phi.value)}" for phi in here.phis]
        for ins in here.ins:
            given = "".join(f"  // {reg} = v{value}{_shape(facts, value)}" for reg, value in ins.defs.items())
            lines.append(f"    {instruction_text(ins.inst)}{given}")
    return "\n".join(lines) + "\n"


def _shape(facts: Facts, value: int) -> str:
    """Uniform, affine with its first steps, or varying."""
    shape = facts.shape[value]
    if shape is None:
        return " varying"
    if shape.uniform:
        return " uniform" if shape.const is None else f" uniform {shape.const}"
    first = ", ".join(map(str, shape.c[:4]))
    return f" affine {first}, ..." + (f" + v{shape.stride} * {', '.join(map(str, shape.m[:4]))}, ..." if shape.stride is not None else "")
