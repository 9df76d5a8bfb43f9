"""A kernel cut at its barriers. In: Facts of a kernel whose block is several groups. Out: its stages, and what each hands on to the next.

A stage is the code between two barriers. Where every barrier is one that all threads of the block reach together, nobody has to be suspended: the
first stage runs for one group after the other, then the second, and so on. What a stage needs of earlier ones lies in memory between them, in a
place for each value and group. Values that become each other around a loop share a place, so that a sum which one stage adds to passes through
the others without being touched; what is only made of the thread's and the block's numbers and of parameters is made again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sheer.ir.module import Imm, Inst
from sheer.passes.cfg import Graph, Ins
from sheer.passes.facts import Facts
from sheer.passes.pressure import live_in, live_out
from sheer.passes.pure import is_pure
from sheer.passes.shape import Shape

_MOST = 12  # stages
_REPEATED = 3000  # instructions that several stages may have to themselves
_AGAIN = 24  # instructions that make a value again
_PARTS = 2  # values that are kept to make one again
_WAITS = ("mbarrier", "nanosleep", "call")
_CARRY = ("addc", "subc", "madc")


class Stage(NamedTuple):
    """before: the block that ends with the barrier which the stage follows (-1: the first stage); blocks: all that it may run; fetches: values
    that come from memory; again: instructions that run again."""

    before: int
    blocks: frozenset[int]
    fetches: tuple[int, ...]
    again: tuple[Ins, ...]


class Plan:
    """What the emitter needs to know. `apart`: a group goes on by itself, and lanes may be at different places when it stops."""

    def __init__(self, apart: bool = False) -> None:
        self.apart = apart
        self.stages: list[Stage] = []
        self.next: dict[int, int] = {}  # a block that ends with a barrier -> the stage behind it
        self.place: dict[int, int] = {}  # value -> where it lies between stages
        self.leaves: list[dict[int, tuple[int, ...]]] = []  # by stage: values to put there at the end of a block


def is_barrier(inst: Inst) -> bool:
    """One that the whole block may wait at."""
    words = inst.opcode.split(".")
    return words[0] in ("bar", "barrier") and "warp" not in words


def plan(facts: Facts, of_block: Callable[[], Facts]) -> Plan | None:
    """Stages of a kernel whose barriers end blocks; `of_block` gives its facts with all threads of the block in one group."""
    if not _all_meet(facts) or facts.masked(0):
        return None
    graph = facts.graph
    ends = [block.index for block in graph.blocks if block.ins and is_barrier(block.ins[-1].inst)]
    if not 0 < len(ends) < _MOST or not all(_meets(facts, b) for b in ends):
        return None
    reached = [_reached(graph, start, set(ends)) for start in (0, *(graph.blocks[b].succs[0] for b in ends))]
    if _repeated(graph, reached) > _REPEATED:
        return None
    whole = of_block()
    if any(whole.masked(b) for b in ends):
        return None
    return _cut(facts, Plan(), ends, reached, {})


def pauses(facts: Facts) -> Plan | None:
    """Stages of a kernel without barriers that end where a group may pause, at the end of a loop. Lanes that wait elsewhere meanwhile do so where
    others will come to from there: what they will read, and others may not, is kept too."""
    graph = facts.graph
    ends = [block.index for block in graph.blocks if block.pauses]
    if not 0 < len(ends) < _MOST or facts.masked(0) or not _all_meet(facts):
        return None
    waiting: dict[int, set[int]] = {}
    for b in ends:
        loop = facts.loop_of[b]
        header = graph.blocks[b].succs[0]
        behind = _reached(graph, header, set())
        if loop is None or len(loop.headers) != 1 or facts.position[b] != max(facts.position[m] for m in loop.members):
            return None
        if sum(p in loop.members for p in graph.blocks[header].preds) != 1:
            return None
        masked = [block for block in graph.blocks if facts.masked(block.index)]
        if any(block.index not in behind and facts.position[block.index] > facts.position[header] for block in masked):
            return None
        waiting[b] = {phi.value for block in masked if block.index in behind - loop.members for phi in block.phis}
        waiting[b] |= {v for v in _used_behind(facts) if b in _loops_around(facts, graph.value_block[v])}
    reached = [_reached(graph, start, set(ends)) for start in (0, *(graph.blocks[b].succs[0] for b in ends))]
    return _cut(facts, Plan(True), ends, reached, waiting) if _repeated(graph, reached) <= _REPEATED else None


def _repeated(graph: Graph, reached: list[frozenset[int]]) -> int:
    """Instructions that stand in more than one stage."""
    return sum(len(graph.blocks[b].ins) for blocks in reached for b in blocks) - sum(len(b.ins) for b in graph.blocks)


def _used_behind(facts: Facts) -> set[int]:
    """Values of which lanes that left a loop earlier keep their own."""
    found: set[int] = set()
    for block in facts.graph.blocks:
        read = {(v, block.index) for ins in block.ins for v in ins.uses.values()}
        read |= {(v, pred) for phi in block.phis for pred, v in zip(block.preds, phi.sources, strict=True)}
        if block.cond:
            read.add((block.cond_value, block.index))
        found |= {v for v, place in read if facts.leaves_divergent_loop(v, place)}
    return found


def _loops_around(facts: Facts, block: int) -> set[int]:
    """The blocks of all loops that a block is in."""
    found: set[int] = set()
    loop = facts.loop_of[block]
    while loop is not None:
        found |= loop.members
        loop = loop.parent
    return found


def _cut(facts: Facts, found: Plan, ends: list[int], reached: list[frozenset[int]], more: dict[int, set[int]]) -> Plan:
    """Fills in the plan of stages that end with certain blocks. `more`: what else is needed of the values at an end."""
    graph = facts.graph
    found.next = {b: n + 1 for n, b in enumerate(ends)}
    live = live_in(facts)
    at_end = {b: live_out(facts, graph.blocks[b], live) | more.get(b, set()) for b in ends}
    again = _Again(facts)
    for value in set().union(*at_end.values()):
        again.look(value, [] if found.apart else [b for b in ends if value in at_end[b]])
    for part in set().union(*again.parts.values()):  # others are made of it, perhaps before it would be made again
        again.makers.pop(part, None)
    for values in at_end.values():
        values |= {part for v in values for part in again.parts.get(v, ())}
    kept = {b: {v for v in values if graph.value_block[v] >= 0 and v not in again.makers} for b, values in at_end.items()}
    for b in ends:  # the result of a barrier is made behind it
        kept[b] -= set() if found.apart else set(graph.blocks[b].ins[-1].defs.values())
    found.place = _places(facts, list(kept.values()))
    for before, blocks in zip((-1, *ends), reached, strict=True):
        fetched = kept[before] if before >= 0 else set()
        made = again.order(at_end[before]) if before >= 0 else []
        found.stages.append(Stage(before, blocks, tuple(sorted(fetched)), tuple(made)))
        lies = _Lies(facts, found, blocks, before, fetched)
        found.leaves.append({b: tuple(sorted(v for v in kept[b] if not lies.there(v))) for b in ends if b in blocks})
    return found


def in_place(facts: Facts, found: Plan, number: int) -> set[int]:
    """Vectors that a stage may read where they lie and write where they stay, in one block that ends it: then sums need not all be in registers from the
    beginning of the stage to its end. What lies in a place is read (once, and kept from then on) before the value that stays there is made."""
    stage, left = found.stages[number], {v: block for block, values in found.leaves[number].items() for v in values}
    readers: dict[int, set[int]] = {}
    first: dict[int, int] = {}  # where a value is made or, if it comes from memory, read first in its block
    for index in stage.blocks:
        block = facts.graph.blocks[index]
        for at, ins in enumerate(block.ins):
            for value in ins.uses.values():
                readers.setdefault(value, set()).add(index)
                first.setdefault(value, at)
        for value in (*(s for phi in block.phis for s in phi.sources), *((block.cond_value,) if block.cond else ())):
            readers.setdefault(value, set()).add(-1)
    lying: set[int] = set()
    read_at: dict[int, tuple[int, int]] = {}  # place -> where it is read
    for value in stage.fetches:
        read = readers.get(value, set())
        if facts.shape[value] is None and len(read) == 1 and read <= set(found.next) and value not in left:
            lying.add(value)
            read_at[found.place[value]] = min(read), first[value]
    for index in stage.blocks & set(found.next):
        for at, ins in enumerate(facts.graph.blocks[index].ins):
            for value in ins.defs.values():
                if left.get(value) != index or facts.shape[value] is not None or not readers.get(value, set()) <= {index}:
                    continue
                where, before = read_at.get(found.place[value], (index, -1))
                if where == index and before <= at:
                    lying.add(value)
    return lying


def _all_meet(facts: Facts) -> bool:
    """Nobody waits but at barriers, and these are of all threads."""
    for block in facts.graph.blocks:
        for at, ins in enumerate(block.ins):
            if is_barrier(ins.inst) and (at + 1 < len(block.ins) or ins.guard is not None or len(block.succs) != 1):
                return False
            name = ins.binding.form.name
            if name in _WAITS or name in _CARRY or ".cc" in ins.inst.opcode or "sheer_rt" in ins.inst.opcode:
                return False
    return True


def _meets(facts: Facts, block: int) -> bool:
    ins = facts.graph.blocks[block].ins[-1]
    red = "red" in ins.inst.opcode.split(".")
    number, more = ins.inst.operands[red : red + 1], ins.inst.operands[red + 1 :]
    if facts.masked(block) or "arrive" in ins.inst.opcode:
        return False
    return bool(number) and isinstance(number[0], Imm) and number[0].value == 0 and len(more) == red


def _reached(graph: Graph, start: int, ends: set[int]) -> frozenset[int]:
    found, work = {start}, [start]
    while work:
        block = work.pop()
        for succ in () if block in ends else graph.blocks[block].succs:
            if succ not in found:
                found.add(succ)
                work.append(succ)
    return frozenset(found)


class _Again:
    """Values that cost less to make again than to keep: the same for all lanes, or known from their neighbour's, and made of what is fixed, or what
    each lane has of its own whatever the group. Of values that differ from lane to lane by constants, what is the same for all lanes is kept."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.where = {v: (block.index, ins) for block in facts.graph.blocks for ins in block.ins for v in ins.defs.values()}
        self.makers: dict[int, list[Ins]] = {}  # value -> all that has to run, in order
        self.parts: dict[int, set[int]] = {}  # value -> what is kept in its place
        self.own: dict[int, bool] = {}

    def look(self, value: int, ends: list[int]) -> None:
        """`ends`: where it is needed, if parts of it may be kept: all lanes are together there."""
        shape = self.facts.shape[value]
        steps = _Steps()
        made = self._follow(value, steps, False)
        if not made and ends and shape is not None and not shape.uniform:
            steps = _Steps()
            made = self._follow(value, steps, True) and len(steps.parts) <= _PARTS
            made = made and not any(self.facts.leaves_divergent_loop(v, b) for v in (value, *steps.parts) for b in ends)
            self.parts[value] = steps.parts if made else set()
        if made:
            self.makers[value] = steps.order()

    def order(self, values: set[int]) -> list[Ins]:
        """All that makes these values, without repetition, each after what it needs."""
        made: dict[int, Ins] = {}
        for value in sorted(values):
            for ins in self.makers.get(value, ()):
                made.setdefault(id(ins), ins)
        return list(made.values())

    def _follow(self, value: int, steps: _Steps, parts: bool) -> bool:
        """Whether the value can be made again; `parts`: of values that are the same for all lanes, too."""
        if value in self.where and (self.facts.shape[value] is not None or self._own(value)):
            block, ins = self.where[value]
            if id(ins) in steps.found:
                return True
            before = steps.copy()
            if is_pure(ins) and len(steps.found) < _AGAIN and all(self._follow(v, steps, parts) for v in ins.uses.values()):
                steps.found[id(ins)] = len(steps.found), block, ins  # what it needs comes before it
                return len(steps.found) <= _AGAIN
            steps.found, steps.parts = before.found, before.parts
        shape = self.facts.shape[value]
        if parts and shape is not None and shape.uniform and self.facts.graph.value_block[value] >= 0:
            steps.parts.add(value)
            return True
        return False

    def _own(self, value: int) -> bool:
        """It varies, but each lane has the same in all groups: LLVM knows it when the code is made."""
        if value not in self.own:
            self.own[value] = False
            self.own[value] = value in self.where and self._made_of_own(self.where[value][1])
        return self.own[value]

    def _made_of_own(self, ins: Ins) -> bool:
        shape = self.facts.shape
        return is_pure(ins) and all(self._own(v) if shape[v] is None else _of_the_lane(shape[v]) for v in ins.uses.values())


class _Steps:
    """What makes a value again: (number, block, instruction) by id, and the values it begins with."""

    def __init__(self) -> None:
        self.found: dict[int, tuple[int, int, Ins]] = {}
        self.parts: set[int] = set()

    def copy(self) -> _Steps:
        other = _Steps()
        other.found, other.parts = dict(self.found), set(self.parts)
        return other

    def order(self) -> list[Ins]:
        return [ins for _, _, ins in sorted(self.found.values(), key=lambda t: t[:2])]


def _of_the_lane(shape: Shape) -> bool:
    """A lane's value in one group is its value in every group: nothing is added to the lanes' constants."""
    if shape.uniform:
        return shape.const is not None
    unit = 1 << min(shape.tz, 62)
    return shape.stride is None and 0 <= shape.bits < unit and bool(((shape.c >= 0) & (shape.c < unit)).all())


def _places(facts: Facts, together: list[set[int]]) -> dict[int, int]:
    """A place for each value that is kept. Phis share with their sources where no barrier needs both."""
    parent = {v: v for values in together for v in values}
    webs = {v: {v} for v in parent}

    def root(v: int) -> int:
        while parent[v] != v:
            v = parent[v]
        return v

    for block in facts.graph.blocks:
        for phi in block.phis:
            for source in phi.sources:
                if phi.value not in parent or source not in parent or not _alike(facts, phi.value, source):
                    continue
                a, b = root(phi.value), root(source)
                if a != b and all(len(values & (webs[a] | webs[b])) < 2 for values in together):
                    parent[b] = a
                    webs[a] |= webs.pop(b)
    numbers = {v: n for n, v in enumerate(sorted(webs))}
    return {v: numbers[root(v)] for v in parent}


def _alike(facts: Facts, a: int, b: int) -> bool:
    """Kept in the same form: as vectors, or as scalars of one type."""
    if facts.graph.value_type[a] != facts.graph.value_type[b]:
        return False
    one, other = facts.shape[a], facts.shape[b]
    if one is None or other is None:
        return one is other
    return bool(one.uniform and other.uniform)


class _Lies:
    """Whether values lie in their place since a stage began."""

    def __init__(self, facts: Facts, found: Plan, blocks: frozenset[int], before: int, fetched: set[int]) -> None:
        self.value_block, self.place, self.blocks, self.fetched = facts.graph.value_block, found.place, blocks, fetched
        self.phis: dict[int, set[int]] = {}  # value -> its sources on ways that the stage may take
        start = facts.graph.blocks[before].succs[0] if before >= 0 else -1
        inner = blocks - set(found.next)
        for index in blocks:
            block = facts.graph.blocks[index]
            ways = inner | {before} if index == start else inner
            for phi in block.phis:
                self.phis[phi.value] = {s for pred, s in zip(block.preds, phi.sources, strict=True) if pred in ways}

    def there(self, value: int) -> bool:
        return self._lies(value, frozenset((value,)))

    def _lies(self, value: int, seen: frozenset[int]) -> bool:
        if value in self.phis:
            return all(
                self.place.get(s) == self.place[value] and (s in seen or self._lies(s, seen | {s})) for s in self.phis[value]
            )
        return value in self.fetched and self.value_block[value] not in self.blocks
