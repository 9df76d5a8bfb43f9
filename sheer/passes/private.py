"""Small arrays that a kernel only adds to. In: the Graph of a kernel whose blocks do not wait for each other. Out: the atomics that may add to
a copy that belongs to one thread of the machine, and what must be looked up when the kernel starts.

Processors that count into the same few cache lines take them from each other at every atomic. Nobody sees the order of additions of integers, nor
when they arrive, as long as the kernel neither reads nor writes the array otherwise and has no fence: so a thread of the machine may add to
a copy, and add that to the array at the end of its blocks. Whether two pointers lead into the same allocation is asked when the kernel starts;
this pass names, for each access, the parameters that its address is made of.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.ir.module import Addr, Imm, Reg, Special, Sym
from sheer.passes.cfg import Graph, Ins

Roots = frozenset[int]  # offsets of parameters
_MOST = 4  # arrays
_HARMLESS = ("shfl", "vote", "match", "redux", "activemask", "cvta", "isspacep", "trap", "brx", "nop")
_ELSEWHERE = ("shared", "shared::cta", "local", "const", "param")


class Private(NamedTuple):
    """Arrays that are only added to."""

    arrays: list[tuple[int, int]]  # (offset of the pointer's parameter, bytes of an element)
    others: list[Roots]  # what other accesses are made of: each has to lead elsewhere
    atomics: dict[int, int]  # id of an Ins -> its array


def find(graph: Graph) -> Private | None:
    """The arrays of one kernel, or None."""
    search = _Search(graph)
    arrays: list[tuple[int, int]] = []
    others: list[Roots] = []
    atomics: dict[int, int] = {}
    for block in graph.blocks:
        for ins in block.ins:
            name, words = ins.binding.form.name, ins.inst.opcode.split(".")
            if name in ("ld", "st", "atom", "red"):
                if set(words) & {"volatile", "acquire", "release", "acq_rel", "sys", "mmio"}:
                    return None
                if (words[0] == "ld" and "param" in words) or set(words) & set(_ELSEWHERE):
                    continue
                roots = search.of_address(ins)
                if roots is None or not roots:
                    return None
                if name in ("atom", "red") and len(roots) == 1 and search.only_adds(ins):
                    key = (min(roots), ins.binding.m.type.bytes)
                    if key not in arrays:
                        arrays.append(key)
                    atomics[id(ins)] = arrays.index(key)
                elif roots not in others:
                    others.append(roots)
            elif name not in _HARMLESS and ins.binding.row.ref is None:
                return None  # fences, barriers, calls, copies
    places = [place for place, _ in arrays]
    if not arrays or len(arrays) > _MOST or len(set(places)) < len(places):
        return None
    return Private(arrays, others, atomics)


class _Search:
    def __init__(self, graph: Graph) -> None:
        self.params = {p.name: p.offset for p in graph.function.params}
        self.makers = {v: ins for block in graph.blocks for ins in block.ins for v in ins.defs.values()}
        self.phis = {phi.value: phi for block in graph.blocks for phi in block.phis}
        self.types = graph.value_type
        self.read = {v for block in graph.blocks for ins in block.ins for v in ins.uses.values()}
        self.read |= {v for block in graph.blocks for phi in block.phis for v in phi.sources}
        self.read |= {block.cond_value for block in graph.blocks if block.cond}

    def only_adds(self, ins: Ins) -> bool:
        """An addition of integers whose old value nobody reads."""
        m = ins.binding.m
        if m.op != "add" or m.type.is_float or m.type.lanes > 1 or m.type.bits not in (32, 64):
            return False
        return ins.guard is None and not any(v in self.read for v in ins.defs.values())

    def of_address(self, ins: Ins) -> Roots | None:
        """The parameters of an access's address; None: nothing is known."""
        address = next((o for o in ins.inst.operands if isinstance(o, Addr)), None)
        if address is None or not isinstance(address.base, Reg) or address.base.name not in ins.uses:
            return None
        return self._of_value(ins.uses[address.base.name])

    def _of_value(self, start: int) -> Roots | None:
        found: set[int] = set()
        seen = {start}
        stack = [start]
        while stack:
            value = stack.pop()
            if value in self.phis:
                sources = list(self.phis[value].sources)
            elif value in self.makers:
                ins = self.makers[value]
                name, words = ins.binding.form.name, ins.inst.opcode.split(".")
                if name == "ld" and "param" in words:
                    place = ins.inst.operands[1]
                    if (
                        isinstance(place, Addr)
                        and isinstance(place.base, Sym)
                        and place.base.name in self.params
                    ):
                        found.add(self.params[place.base.name] + place.offset)
                        continue
                    return None
                if name == "ld":
                    continue  # an index: an address has one pointer, and that is a parameter
                if (name != "cvta" and ins.binding.row.ref is None) or not all(
                    isinstance(o, Reg | Imm | Special) for o in ins.inst.operands
                ):
                    return None
                sources = [v for v in ins.uses.values() if self._wide(v)]
            else:
                return None
            stack += [s for s in sources if s not in seen]
            seen.update(sources)
        return frozenset(found)

    def _wide(self, value: int) -> bool:
        return self.types[value].endswith("64")
