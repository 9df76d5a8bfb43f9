"""Loops that wait for memory. In: Facts of a function. Out: the headers of loops in which others must get their turn, and whether the lanes
of a warp may wait for each other (then each lane runs on its own).

A loop polls if one of its exits depends on an atomic's result or on a volatile, relaxed or acquiring load made in the loop. Not so the
loops that get on by themselves: the usual update loop around compare-and-swap (its new value computed from the old one), and one
that draws numbers from a counter until they are past an end.

An exit depends on a value directly, or because a branch on that value decides what the exit looks at (`if (flag) done = true`). Both
give others their turn; only the first puts lanes apart: where a branch decides, the waiting lanes let the others finish the turn.
Lanes also stay together where nothing is written after the loop: what they wait for can only happen in it.
Nor does a compare-and-swap that tries another place in every turn (a search for a free one) put lanes apart.

Lanes stay together as well where the program itself keeps them together: a loop that only reads, and after which a collective of the
warp (a vote, a shuffle) stands before anything is written. Decoupled look-back is of this kind: no lane gets on before all have
read their predecessor.
"""

from __future__ import annotations

from sheer.ir.module import Reg
from sheer.passes.cfg import Ins, Phi, immediate
from sheer.passes.dominance import Loop
from sheer.passes.facts import Facts

_WRITES = ("st", "atom", "red", "call", "cp", "mbarrier", "sust", "wmma")
_STRONG = ("volatile", "relaxed", "acquire", "mmio")
_COLLECTIVE = frozenset(("vote", "shfl", "match", "redux", "bar", "barrier"))


def headers(facts: Facts) -> set[int]:
    """Header blocks of polling loops."""
    return {header for loop in facts.loops if waits_on(facts, loop, branches=True) for header in loop.headers}


def lanes_wait(facts: Facts) -> bool:
    """Some polling loop is left by its lanes at different times: one lane may wait for what another does after the loop."""
    return any(id(loop) in facts.divergent_loops and _puts_apart(facts, loop) for loop in facts.loops)


def _puts_apart(facts: Facts, loop: Loop) -> bool:
    found = waits_on(facts, loop)
    if not found or not _writes_after(facts, loop):
        return False
    if any(ins.binding.form.name != "ld" for ins in found):
        return True
    if _meets(facts, loop):
        return False
    # A loop that ends by count waits nowhere but in the loops inside it.
    return not (_counted(facts, loop) and all(_inside_a_meeting(facts, loop, ins) for ins in found))


def _writes_after(facts: Facts, loop: Loop) -> bool:
    """A lane that has left the loop may still write to memory."""
    if not facts.is_entry:
        return True  # the caller may
    blocks = facts.graph.blocks
    work = [s for b in loop.members for s in blocks[b].succs if s not in loop.members]
    seen = set(loop.members)
    while work:
        block = work.pop()
        if block in seen:
            continue
        seen.add(block)
        if any(ins.binding.form.name.startswith(_WRITES) for ins in blocks[block].ins):
            return True
        work.extend(blocks[block].succs)
    return False


def _inside_a_meeting(facts: Facts, around: Loop, ins: Ins) -> bool:
    """The load stands in a loop inside `around` that waits for it and whose lanes meet afterwards."""
    for loop in facts.loops:
        if loop.members < around.members and any(ins in facts.graph.blocks[b].ins for b in loop.members):
            return any(ins is found for found in waits_on(facts, loop)) and _meets(facts, loop)
    return False


def _meets(facts: Facts, loop: Loop) -> bool:
    """Whatever way the loop is left, a collective of the warp comes before any write to memory and any branch."""
    blocks = facts.graph.blocks
    ways = {s for b in loop.members for s in blocks[b].succs if s not in loop.members}
    return bool(ways) and all(_collective_first(facts, block) for block in ways)


def _collective_first(facts: Facts, block: int) -> bool:
    seen: set[int] = set()
    while block not in seen and block < len(facts.graph.blocks):
        seen.add(block)
        for ins in facts.graph.blocks[block].ins:
            name = ins.binding.form.name
            if name in _COLLECTIVE and ins.guard is None and _of_all(facts, ins):
                return True
            if name == "activemask" or name.startswith(_WRITES):
                return False
        succs = facts.graph.blocks[block].succs
        if len(succs) != 1:
            return False
        block = succs[0]
    return False


def _of_all(facts: Facts, ins: Ins) -> bool:
    """Whole blocks, or all lanes that are still there: half a warp that meets may be what the other half waits for."""
    if ins.binding.form.name in ("bar", "barrier") and "warp" not in ins.inst.opcode:
        return True
    makers = {v: i for block in facts.graph.blocks for i in block.ins for v in i.defs.values()}
    phis = {phi.value: phi for block in facts.graph.blocks for phi in block.phis}
    seen: set[int] = set()
    work: list[int | Ins] = [ins]
    while work:
        item = work.pop()
        if isinstance(item, int):
            if item in seen:
                continue
            seen.add(item)
            if item in phis:
                work.extend(phis[item].sources)
                continue
            maker = makers.get(item)
            if maker is None or (maker.binding.form.name != "mov" and "ballot" not in maker.inst.opcode):
                return False
            item = maker
        mask = item.inst.operands[-1]
        if isinstance(mask, Reg):
            work.append(item.uses[mask.name])
        elif (immediate(mask) or 0) & 0xFFFFFFFF != 0xFFFFFFFF:
            return False
    return True


def _counted(facts: Facts, loop: Loop) -> bool:
    """One of the loop's exits compares a value that changes by a constant at every turn with one that does not change."""
    graph = facts.graph
    makers = {value: ins for b in loop.members for ins in graph.blocks[b].ins for value in ins.defs.values()}
    changing = {phi.value for b in loop.members for phi in graph.blocks[b].phis}
    steps = {phi.value for h in loop.headers for phi in graph.blocks[h].phis if _steps(phi, makers, changing)}
    changing |= makers.keys()
    for b in loop.members:
        block = graph.blocks[b]
        if block.kind != "branch" or all(s in loop.members for s in block.succs):
            continue
        test = makers.get(block.cond_value)
        if test is None or test.binding.form.name != "setp":
            continue
        order = test.binding.m.rel not in ("eq", "ne") and not hasattr(test.binding.m, "bool")
        values = list(test.uses.values())
        moving = [v for v in values if v in steps or _step_of(makers.get(v)) in steps]
        if order and moving and all(v in moving or v not in changing for v in values):
            return True
    return False


def _steps(phi: Phi, makers: dict[int, Ins], changing: set[int]) -> bool:
    inner = [source for source in phi.sources if source in makers or source in changing]
    return bool(inner) and all(_step_of(makers.get(source)) == phi.value for source in inner)


def _step_of(ins: Ins | None) -> int:
    """The value that the instruction adds a constant other than 0 to, or -1."""
    if ins is None or ins.binding.form.name != "add" or len(ins.inst.operands) != 3 or len(ins.uses) != 1:
        return -1
    return next(iter(ins.uses.values())) if immediate(ins.inst.operands[2]) else -1


def waits_on(facts: Facts, loop: Loop, branches: bool = False) -> list[Ins]:
    """The instructions in the loop whose result decides whether it is left; `branches`: also by way of branches."""
    graph = facts.graph
    makers = {value: ins for b in loop.members for ins in graph.blocks[b].ins for value in ins.defs.values()}
    phis = {phi.value: phi for b in loop.members for phi in graph.blocks[b].phis}
    leaving = [b for b in loop.members if any(s not in loop.members for s in graph.blocks[b].succs)]
    values = [graph.blocks[b].cond_value for b in leaving if graph.blocks[b].kind == "branch"]
    if branches:
        values += _deciders(facts, loop, leaving)
    found: dict[int, Ins] = {}
    seen: set[tuple[int, bool]] = set()
    work = [(value, False) for value in values]  # and whether only its order among numbers matters
    while work:
        value, ordered = item = work.pop()
        if item in seen:
            continue
        seen.add(item)
        if value in phis:
            work.extend((source, ordered) for source in phis[value].sources)
            if branches:
                preds = graph.blocks[graph.value_block[value]].preds
                deciders = _deciders(facts, loop, [p for p in preds if p in loop.members])
                work.extend((decider, False) for decider in deciders)
        elif value in makers:
            ins = makers[value]
            work.extend((used, ordered or _orders(ins)) for used in ins.uses.values())
            alone = _updates(ins, makers, phis) or (ordered and _counts(ins))
            if _strong(ins) and not alone and (branches or not _searches(ins, makers, phis)):
                found[id(ins)] = ins
    return list(found.values())


def _deciders(facts: Facts, loop: Loop, blocks: list[int]) -> list[int]:
    """The conditions of the loop's branches that decide whether these blocks run and where they go."""
    seen: set[int] = set()
    work = list(blocks)
    while work:
        block = work.pop()
        if block not in seen:
            seen.add(block)
            work.extend(d for d in facts.depends[block] if d in loop.members)
    return [facts.graph.blocks[b].cond_value for b in seen if facts.graph.blocks[b].kind == "branch"]


def _strong(ins: Ins) -> bool:
    name = ins.binding.form.name
    if name == "atom":
        return True
    return name == "ld" and getattr(ins.binding.m, "sem", "") in _STRONG


def _updates(ins: Ins, makers: dict[int, Ins], phis: dict[int, object]) -> bool:
    """Compare-and-swap whose new value is computed: somebody always succeeds."""
    if (
        ins.binding.form.name != "atom"
        or getattr(ins.binding.m, "op", "") != "cas"
        or len(ins.inst.operands) < 4
    ):
        return False
    compare, swap = ins.inst.operands[2], ins.inst.operands[3]
    if not isinstance(swap, Reg) or not isinstance(compare, Reg):
        return False
    wanted = ins.uses[compare.name]
    seen: set[int] = set()
    work = [ins.uses[swap.name]]
    while work:
        value = work.pop()
        if value == wanted:
            return True
        if value in seen:
            continue
        seen.add(value)
        if value in makers and makers[value] is not ins:
            work.extend(makers[value].uses.values())
        elif value in phis:
            work.extend(phis[value].sources)  # type: ignore[attr-defined]
    return False


def _orders(ins: Ins) -> bool:
    """A comparison other than for equality."""
    return ins.binding.form.name == "setp" and getattr(ins.binding.m, "rel", "") not in ("eq", "ne", "equ", "neu")


def _counts(ins: Ins) -> bool:
    """Draws the next number from a counter."""
    if ins.binding.form.name != "atom" or getattr(ins.binding.m, "op", "") not in ("add", "inc", "dec"):
        return False
    return immediate(ins.inst.operands[2]) != 0


def _searches(ins: Ins, makers: dict[int, Ins], phis: dict[int, object]) -> bool:
    """Compare-and-swap at an address that changes from turn to turn."""
    if ins.binding.form.name != "atom" or getattr(ins.binding.m, "op", "") != "cas":
        return False
    address = ins.inst.operands[1]
    base = getattr(address, "base", None)
    work = [ins.uses[base.name]] if isinstance(base, Reg) else []
    seen: set[int] = set()
    while work:
        value = work.pop()
        if value in phis:
            return True
        if value not in seen and value in makers:
            seen.add(value)
            work.extend(makers[value].uses.values())
    return False
