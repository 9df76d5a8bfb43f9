"""What the next block will read and write. In: Facts of a kernel. Out: loads and stores, and how many bytes further on those of the next
block along x are.

A processor's own prefetching follows what is read in a row. A block that reads a piece here and a piece there, as tiles do and blocks whose threads
have several elements each, defeats it. But the neighbour reads the same pieces a fixed distance away, and comes next. So with stores: they leave in
order, and one whose line has to come from memory holds up all that follow, and with them the loads that wait for a store. Prefetching is a hint:
where the distance is not known, or far, nothing is done, and a wrong one costs time only.
"""

from __future__ import annotations

from sheer.ir.module import Addr, Imm, Reg, Special
from sheer.passes import advance
from sheer.passes.cfg import Ins
from sheer.passes.facts import Facts

_LINE = 64  # bytes that caches hold together
_FAR = 256 << 10  # bytes: what one block reads should stay in the second cache until the next
_DEEP = 200  # instructions looked at behind one address
_GLOBAL = ("global", "nc", "weak", "b32", "b64", "v2", "v4")  # or generic
_SAME = ("mov", "cvt", "cvta")


def ahead(facts: Facts) -> dict[int, int]:
    """Bytes by id of the Ins, for accesses of global memory that are not one stream anyway."""
    if facts.block is None:
        return {}
    search = _Search(facts)
    flat = facts.block[1] * facts.block[2] > 1
    found = {}
    lines: dict[tuple[int, int, int], list[int]] = {}  # block, address, step -> offsets
    searches: dict[int, advance.Search] = {}
    for block in facts.graph.blocks:
        for ins in block.ins:
            words = ins.inst.opcode.split(".")
            if ins.binding.form.name not in ("ld", "st") or words[1] not in _GLOBAL:
                continue
            address = next((o for o in ins.inst.operands if isinstance(o, Addr)), None)
            if address is None or not isinstance(address.base, Reg) or address.base.name not in ins.uses:
                continue
            step = search.step(ins.uses[address.base.name])
            size = advance.size_of(ins)
            if _goes_on(facts, searches, block.index, ins.uses[address.base.name]):
                continue
            near = _LINE if flat or facts.loop_of[block.index] else facts.block[0] * size + 1
            if step is None or not near <= abs(step) <= _FAR:
                continue
            asked = lines.setdefault((block.index, ins.uses[address.base.name], step), [])
            if all(abs(address.offset - other) >= _LINE for other in asked):  # or another access asks for the same lines, but for one
                asked.append(address.offset)
                found[id(ins)] = step
    return found


def _goes_on(facts: Facts, searches: dict[int, advance.Search], block: int, address: int) -> bool:
    """Each turn of a loop goes far, so what the next block reads beside it has left the caches when that comes."""
    loop = facts.loop_of[block]
    if loop is None:
        return False
    if id(loop) not in searches:
        searches[id(loop)] = advance.Search(facts, loop)
    step = searches[id(loop)].step(address)
    return step is not None and step.is_far


class _Search:
    """How much a value grows from one block to the next."""

    def __init__(self, facts: Facts) -> None:
        assert facts.block is not None
        self.block = facts.block
        self.makers = {v: ins for block in facts.graph.blocks for ins in block.ins for v in ins.defs.values()}
        self.phis = {phi.value: phi for block in facts.graph.blocks for phi in block.phis}
        self.known: dict[int, int | None] = {}
        self.left = 0

    def step(self, value: int) -> int | None:
        self.left = _DEEP
        return self._step(value)

    def _step(self, value: int) -> int | None:
        if value not in self.known:
            self.left -= 1
            if self.left < 0:
                return None
            self.known[value] = 0  # of a loop's own contribution: its first turn decides
            phi, ins = self.phis.get(value), self.makers.get(value)
            if phi is not None:
                self.known[value] = self._step(phi.sources[0])
            else:
                self.known[value] = self._of(ins) if ins is not None else 0
        return self.known[value]

    def _of(self, ins: Ins) -> int | None:
        name, words = ins.binding.form.name, ins.inst.opcode.split(".")
        sources = ins.inst.operands[1:]
        if name == "mov" and isinstance(sources[0], Special):
            return int(sources[0].name == "ctaid.x")
        steps = [self._operand(ins, o) for o in sources]
        if name == "ld":
            return 0 if "param" in words else None
        if all(s == 0 for s in steps):
            return 0
        if any(s is None for s in steps):
            return None
        a, *rest = [s or 0 for s in steps]
        if name in _SAME:
            return a
        if name == "add":
            return a + rest[0]
        if name == "sub":
            return a - rest[0]
        if name == "shl" and isinstance(sources[1], Imm):
            return a << int(sources[1].value)
        if name == "mul":
            return self._product(ins, 0, a, rest[0])
        if name == "mad":
            product = self._product(ins, 0, a, rest[0])
            return None if product is None else product + rest[1]
        if name == "or" and not (a and rest[0]):  # of what does not overlap, as an addition
            return a + rest[0]
        return None

    def _operand(self, ins: Ins, operand: object) -> int | None:
        if isinstance(operand, Reg):
            return self._step(ins.uses[operand.name]) if operand.name in ins.uses else None
        return 0

    def _product(self, ins: Ins, first: int, a: int, b: int) -> int | None:
        left, right = ins.inst.operands[1 + first : 3 + first]
        if not a and not b:
            return 0
        if a and b:
            return None
        constant = self._constant(ins, right if a else left)
        return None if constant is None else (a or b) * constant

    def _constant(self, ins: Ins, operand: object) -> int | None:
        if isinstance(operand, Imm):
            return int(operand.value)
        if not isinstance(operand, Reg) or operand.name not in ins.uses:
            return None
        maker = self.makers.get(ins.uses[operand.name])
        if maker is None or maker.binding.form.name != "mov":
            return None
        source = maker.inst.operands[1]
        if isinstance(source, Special) and source.name in ("ntid.x", "ntid.y", "ntid.z"):
            return self.block["xyz".index(source.name[-1])]
        return self._constant(maker, source)
