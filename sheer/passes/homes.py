"""Sums that stay in memory as tiles. In: Facts of a function with groups of matrix products. Out: a Plan, for the emitter.

The sums of a loop are not taken apart after each turn: a home is a tile in memory for the sums of a cell, for the phis that they come from and
for those that they become. Whether a home holds, wherever one of these values is read, just that value, is proved by following its contents
through the function; where that fails the cell's sums come in and go out as registers.
"""

from __future__ import annotations

from typing import Any

from sheer.passes.cfg import Block
from sheer.passes.facts import Facts
from sheer.passes.shape import VARYING
from sheer.passes.tiles import Cell, Group, Key, Sums, groups, start

Place = tuple[int, int]  # a block, and the number of the instruction that follows
_UNKNOWN, _NOTHING = (-2,), (-3,)  # contents of a home: not looked at yet; not one known tuple


class Plan:
    """What the emitter needs to know."""

    def __init__(self) -> None:
        self.members: set[int] = set()  # id(ins) of products that groups compute
        self.packs: dict[Place, list[Key]] = {}  # tiles of A and B that are made ready here
        self.groups: dict[Place, list[Group]] = {}
        self.home: dict[int, tuple[int, int]] = {}  # value -> (number of its home, position in it)
        self.homes = 0
        self.resident: dict[Sums, int] = {}  # sums of a cell, before or after it -> their home
        self.arrives: set[tuple[int, int]] = set()  # (phi, predecessor): its home holds the source already


class _Web:
    """Sums that would share a home."""

    def __init__(self) -> None:
        self.tuples: set[Sums] = set()
        self.phis: dict[int, Sums] = {}  # block -> the one that begins there
        self.cells: dict[Place, list[Cell]] = {}
        self.good = True


def plan(facts: Facts) -> Plan:
    """Groups and homes of a function."""
    found = Plan()
    listed = groups(facts)
    ends: dict[int, int] = {}  # block -> where its group before this one is computed, and its tiles are done with
    for block, at, group in listed:
        found.groups.setdefault((block, at), []).append(group)
        found.members.update(id(ins) for ins in group.members)
        _place_packs(found, facts.graph.blocks[block], ends.get(block, 0), at, group)
        ends[block] = at
    for web in _webs(facts, [((b, at), cell) for b, at, group in listed for cell in group.cells]):
        ends = _Proof(facts, web, found.members).ends()
        if ends is None:
            continue
        for sums in web.tuples:
            found.resident[sums] = found.homes
            found.home.update({v: (found.homes, n) for n, v in enumerate(sums) if v >= 0})
        for block, sums in web.phis.items():
            for pred, source in _sources(facts, block, sums):
                if ends[pred] == source:
                    found.arrives |= {(v, pred) for v in sums}
        found.homes += 1
    return found


def _place_packs(found: Plan, block: Block, before: int, at: int, group: Group) -> None:
    """Each tile of A and B is made ready as soon as all its registers are there."""
    members = {id(ins) for ins in group.members}
    first = start(block, next(n for n, ins in enumerate(block.ins) if ins is group.members[0]), members)
    first = max(first, before)
    born = {v: n for n, ins in enumerate(block.ins) for v in ins.defs.values()}
    for key in group.tiles():
        last = max((born.get(v, -1) for one in key.slices for v in one), default=-1)
        found.packs.setdefault((block.index, min(max(last + 1, first), at)), []).append(key)


def _sources(facts: Facts, block: int, sums: Sums) -> list[tuple[int, Sums]]:
    """(predecessor, what the phis are there) of a tuple of phis."""
    here = facts.graph.blocks[block]
    of = {phi.value: phi.sources for phi in here.phis}
    return [(pred, tuple(v if v < 0 else of[v][n] for v in sums)) for n, pred in enumerate(here.preds)]


def _webs(facts: Facts, cells: list[tuple[Place, Cell]]) -> list[_Web]:
    """Sums that are joined by cells or phis."""
    phi_block = {phi.value: block.index for block in facts.graph.blocks for phi in block.phis}
    outs = {cell.out for _, cell in cells}
    begin: dict[Sums, int] = {}  # tuples of phis -> their block
    work = [cell.before for _, cell in cells]
    while work:
        sums = work.pop()
        blocks = {phi_block.get(v, -1) for v in sums if v >= 0}
        if sums in outs or sums in begin or len(blocks) != 1 or -1 in blocks:
            continue
        begin[sums] = blocks.pop()
        work += [source for _, source in _sources(facts, begin[sums], sums)]
    leader: dict[Sums, Sums] = {sums: sums for sums in (*outs, *begin)}

    def find(sums: Sums) -> Sums:
        while leader[sums] != sums:
            sums = leader[sums]
        return sums

    joined = [(cell.before, cell.out) for _, cell in cells]
    joined += [(source, sums) for sums, block in begin.items() for _, source in _sources(facts, block, sums)]
    for one, other in joined:
        if one in leader:
            leader[find(one)] = find(other)
    webs: dict[Sums, _Web] = {find(sums): _Web() for sums in leader}
    owner: dict[int, _Web] = {}
    for sums in leader:
        web = webs[find(sums)]
        web.tuples.add(sums)
        if sums in begin:
            web.good &= begin[sums] not in web.phis
            web.phis[begin[sums]] = sums
        for v in sums:
            if v >= 0 and owner.setdefault(v, web) is not web:
                owner[v].good = web.good = False
    for place, cell in cells:
        there = webs[find(cell.out)].cells.setdefault(place, [])
        there.append(cell)
        webs[find(cell.out)].good &= len(there) == 1  # the cells of a group are computed in no order
    for web in webs.values():
        values = [v for sums in web.tuples for v in sums if v >= 0]
        web.good &= len(values) == len(set(values))
    return [web for web in webs.values() if web.good]


class _Proof:
    """Follows what a home would hold."""

    def __init__(self, facts: Facts, web: _Web, members: set[int]) -> None:
        self.facts, self.web, self.members = facts, web, members
        self.owner = {v: sums for sums in web.tuples for v in sums if v >= 0}
        self.end: list[Any] = [_UNKNOWN] * len(facts.graph.blocks)

    def ends(self) -> list[Any] | None:
        """What the home holds at the end of each block; None if it would not hold what is read somewhere."""
        if not self._plain():
            return None
        changed = True
        while changed:
            changed = False
            for index in self.facts.order:
                new = self._through(self.facts.graph.blocks[index], False)
                changed, self.end[index] = changed or new != self.end[index], new
        good = all(self._through(self.facts.graph.blocks[b], True) is not None for b in self.facts.order)
        return self.end if good and all(map(self._edges, self.facts.order)) else None

    def _plain(self) -> bool:
        """Lanes stay together wherever the home changes."""
        facts = self.facts
        changes = {block for block, _ in self.web.cells} | set(self.web.phis)
        enters = {p for block in self.web.phis for p in facts.graph.blocks[block].preds}
        if any(map(facts.masked, changes | enters)) or any(facts.divergent[p] for p in enters):
            return False
        return all(facts.shape[v] is VARYING and v not in facts.mixed_phis for v in self.owner)

    def _through(self, block: Block, check: bool) -> Any:
        """What the home holds at the block's end; with `check`, None if something else is read in it."""
        state = self._at_start(block)
        good = True
        for n in range(len(block.ins) + 1):
            for cell in self.web.cells.get((block.index, n), ()):
                good &= cell.before == state or all(
                    self._may_read(v, state, block.index) for v in cell.before
                )
                good &= all(
                    v not in self.owner for key in (*cell.a, *cell.b) for one in key.slices for v in one
                )
                state = cell.out
            if n < len(block.ins) and id(block.ins[n]) not in self.members:
                good &= all(self._may_read(v, state, block.index) for v in block.ins[n].uses.values())
        return state if good or not check else None

    def _at_start(self, block: Block) -> Any:
        if block.index in self.web.phis:
            return self.web.phis[block.index]
        states = {self.end[p] for p in block.preds} - {_UNKNOWN}
        if block.index == 0 or len(states) > 1:
            return _NOTHING
        return states.pop() if states else _UNKNOWN

    def _may_read(self, value: int, state: Any, block: int) -> bool:
        owner = self.owner.get(value)
        return owner is None or (owner == state and not self.facts.leaves_divergent_loop(value, block))

    def _edges(self, index: int) -> bool:
        """What the phis of a block are made of can be read at the ends of its predecessors."""
        block = self.facts.graph.blocks[index]
        for n, pred in enumerate(block.preds):
            if not all(self._may_read(phi.sources[n], self.end[pred], pred) for phi in block.phis):
                return False
        return not block.cond or self._may_read(block.cond_value, self.end[index], index)
