"""Turns before shared memory is used again. In: Facts of a kernel with barriers. Out: the stores before which the other warps of the block get
their turn.

A block reduction that broadcasts its result reads shared memory after a barrier; called again, it writes the same memory, often with no barrier
between. On a GPU the warps of a block advance side by side, so all have read long before the first writes. Here a warp runs on to the next
barrier, and would overwrite what the others have not read. So a store to shared memory gives the others their turn, if some path leads to it from
a load of the same array past a loop or a shuffle, and past no barrier. Other reuse is left as it is: where a store follows its loads at once,
a GPU's warps would race as well.
"""

from __future__ import annotations

from sheer.ir.module import Addr, Sym
from sheer.passes.cfg import Ins
from sheer.passes.dominance import Loop
from sheer.passes.facts import Facts

_COLLECTIVE = ("shfl", "redux", "vote", "match")
_ANY = "?"  # an array that is not known
_MOST = 64  # instructions looked at behind one address

State = tuple[frozenset[str], frozenset[str]]  # arrays read since the last barrier: just now, and past a loop or a shuffle
_NOTHING: State = (frozenset(), frozenset())


def stores(facts: Facts) -> set[int]:
    """The stores (by id of the Ins) that let the others come as far first."""
    blocks = facts.graph.blocks
    if not any(is_barrier(ins) for block in blocks for ins in block.ins):
        return set()
    return _Search(facts).run()


def is_barrier(ins: Ins) -> bool:
    """All threads of the block meet here."""
    return ins.binding.form.name in ("bar", "barrier") and "warp" not in ins.inst.opcode


class _Search:
    """What was read from shared memory since the last barrier, at every place; followed until nothing changes."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.blocks = facts, facts.graph.blocks
        self.makers = {v: ins for block in self.blocks for ins in block.ins for v in ins.defs.values()}
        self.phis = {phi.value: phi for block in self.blocks for phi in block.phis}
        self.quiet = [
            loop for loop in facts.loops if not any(is_barrier(i) for b in loop.members for i in self.blocks[b].ins)
        ]
        self.arrays: dict[int, frozenset[str]] = {}
        self.found: set[int] = set()

    def run(self) -> set[int]:
        before: list[State] = [_NOTHING for _ in self.blocks]
        after: list[State] = [_NOTHING for _ in self.blocks]
        changed = True
        while changed:
            changed = False
            for index in self.facts.order:
                state = _NOTHING
                for pred in self.blocks[index].preds:
                    state = _join(state, self._edge(pred, index, after[pred], before))
                result = self._through(index, state)
                changed |= (state, result) != (before[index], after[index])
                before[index], after[index] = state, result
        return self.found

    def _edge(self, source: int, target: int, state: State, before: list[State]) -> State:
        """Leaving a loop without barriers: what was read before it lies behind a loop now."""
        past = state[1]
        for loop in self.quiet:
            if source in loop.members and target not in loop.members:
                for header in loop.headers:
                    past |= (before[header][0] - self._read_in(loop)) & state[0]
        return state[0], past

    def _read_in(self, loop: Loop) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for b in loop.members:
            for ins in self.blocks[b].ins:
                if _access(ins) == "ld":
                    found |= self._array(ins)
        return found

    def _through(self, index: int, state: State) -> State:
        near, past = state
        for ins in self.blocks[index].ins:
            if is_barrier(ins):
                near = past = frozenset()
            elif ins.binding.form.name in _COLLECTIVE:
                past |= near
            elif _access(ins) == "ld":
                near |= self._array(ins)
            elif _access(ins) == "st" and self._gives_turn(index, ins, past):
                near = past = frozenset()
        return near, past

    def _gives_turn(self, index: int, ins: Ins, past: frozenset[str]) -> bool:
        """Not in a loop without barriers, where each thread works for itself. What gave a turn once goes on to do so, or this might not end."""
        if id(ins) not in self.found:
            if any(index in loop.members for loop in self.quiet) or not _meet(past, self._array(ins)):
                return False
            self.found.add(id(ins))
        return True

    def _array(self, ins: Ins) -> frozenset[str]:
        """The shared arrays that the address may be in."""
        known = self.arrays.get(id(ins))
        if known is None:
            known = self.arrays[id(ins)] = self._follow(ins)
        return known

    def _follow(self, ins: Ins) -> frozenset[str]:
        place = next(o for o in ins.inst.operands if isinstance(o, Addr))
        if isinstance(place.base, Sym):
            return frozenset((place.base.name,))
        names: set[str] = set()
        work = [ins.uses[place.base.name]] if place.base is not None else []
        seen: set[int] = set()
        while work:
            value = work.pop()
            if value in seen:
                continue
            seen.add(value)
            if len(seen) > _MOST:
                return frozenset((_ANY,))
            if value in self.phis:
                work.extend(self.phis[value].sources)
            elif value in self.makers and self.makers[value].binding.form.name != "ld":
                maker = self.makers[value]
                names.update(o.name for o in maker.inst.operands if isinstance(o, Sym))
                work.extend(maker.uses.values())
        return frozenset(names or (_ANY,))


def _access(ins: Ins) -> str:
    """ld or st, if it is one of shared memory."""
    name = ins.binding.form.name
    space = (getattr(ins.binding.m, "space", "") or "").partition("::")[0]
    return name if name in ("ld", "st") and space == "shared" else ""


def _join(a: State, b: State) -> State:
    return a[0] | b[0], a[1] | b[1]


def _meet(read: frozenset[str], written: frozenset[str]) -> bool:
    return bool(read & written) or bool(read and _ANY in written) or _ANY in read
