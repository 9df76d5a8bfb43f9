"""The work of basic blocks as an assembler would leave it. In: a Graph in SSA form. Out: for every block its micro-operations by unit.

isa/work.py prices instructions one by one. PTX is written without registers' limits and before instruction selection: here fall away what the
machine's instructions take along. Assumed, as ptxas does it: moves, address conversions and parameters cost nothing (constant bank); a constant
added to an address goes into the access; a product that is only added to becomes a multiply-add, a shift an LEA; two additions in a row are one
IADD3, two logic operations one LOP3; a predicate's `and` goes into the comparison; what is only an address of shared memory has 32 bits.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.ir.module import Addr, Imm, Operand, Reg, Special, Sym, Vec
from sheer.isa.work import Units, Work, work_of
from sheer.passes.cfg import Block, Graph, Ins

_CONSTANT = ("ntid", "nctaid", "nwarpid", "nsmid", "gridid", "warpsize")  # special registers that lie in the constant bank
_ADD, _LOGIC, _CARRIES = ("add", "sub"), ("and", "or", "xor", "not"), ("add", "sub", "mad", "mov", "cvta", "mul", "shl")
_BY_END: dict[str, Units] = {"branch": {"branch": 1}, "switch": {"branch": 2, "int": 2}, "return": {"branch": 1}, "exit": {"branch": 1}}


class Use(NamedTuple):
    """Who reads a value: an instruction, with the value as the base of an address or not; None: a phi or a branch."""

    ins: Ins | None
    is_address: bool
    phi: int = -1


def block_works(graph: Graph) -> list[Work]:
    """The work of one entry of each block."""
    return _Folding(graph).works()


class _Folding:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.maker: dict[int, Ins] = {}
        self.uses: dict[int, list[Use]] = {}
        for block in graph.blocks:
            for phi in block.phis:
                for source in phi.sources:
                    self.uses.setdefault(source, []).append(Use(None, False, phi.value))
            for ins in block.ins:
                self._read(ins)
            if block.cond:
                self.uses.setdefault(block.cond_value, []).append(Use(None, False))
        self.narrow = self._narrow()
        self.gone: set[int] = set()  # ids of instructions that others take along
        self.changed: dict[int, Units] = {}  # ids of those that cost something else by it

    def _read(self, ins: Ins) -> None:
        bases = {o.base.name for o in ins.inst.operands if isinstance(o, Addr) and isinstance(o.base, Reg)}
        plain = {name for o in ins.inst.operands for name in _names(o)}
        for name, value in ins.uses.items():
            self.uses.setdefault(value, []).append(Use(ins, name in bases and name not in plain))
        for value in ins.defs.values():
            self.maker[value] = ins

    # -- values ----------------------------------------------------------------------------------------------------------------

    def _narrow(self) -> set[int]:
        """64-bit values that nobody uses but as addresses in shared memory."""
        found = {v for v, kind in enumerate(self.graph.value_type) if kind.endswith("64")}
        changed = True
        while changed:
            wide = {v for v in found if not all(self._keeps_narrow(use, found) for use in self.uses.get(v, ()))}
            changed = bool(wide)
            found -= wide
        return found

    def _keeps_narrow(self, use: Use, narrow: set[int]) -> bool:
        if use.ins is None:
            return use.phi in narrow
        if use.is_address:
            return "shared" in use.ins.inst.opcode
        return _name(use.ins) in _CARRIES and all(v in narrow for v in use.ins.defs.values())

    def _result(self, ins: Ins) -> int:
        return next(iter(ins.defs.values()), -1) if len(ins.defs) == 1 else -1

    def _readers(self, ins: Ins) -> list[Use]:
        return self.uses.get(self._result(ins), [])

    # -- folding ---------------------------------------------------------------------------------------------------------------

    def works(self) -> list[Work]:
        free = [ins for block in self.graph.blocks for ins in block.ins if ins.guard is None]
        for ins in free:
            self._into_address(ins)
        for ins in free:
            if id(ins) not in self.gone:
                self._fold(ins)
        return [self._block(block) for block in self.graph.blocks]

    def _into_address(self, ins: Ins) -> None:
        readers = self._readers(ins)
        constant = any(isinstance(o, Imm) for o in ins.inst.operands)
        if _name(ins) in _ADD and constant and readers and all(use.is_address for use in readers):
            self.gone.add(id(ins))

    def _fold(self, ins: Ins) -> None:
        name, readers = _name(ins), self._readers(ins)
        if not readers or any(use.ins is not None and use.ins.guard is not None for use in readers):
            return
        words = ins.inst.opcode.split(".")
        constant = any(isinstance(o, Imm) for o in ins.inst.operands)
        if name in ("mul", "shl") and not ins.binding.form.name.startswith("mul24") and "f32" not in words and "f64" not in words:
            self._into_additions(ins, name, constant, readers)
        elif len(readers) == 1 and readers[0].ins is not None and not readers[0].is_address:
            self._into_reader(ins, name, words, readers[0].ins)

    def _into_additions(self, ins: Ins, name: str, constant: bool, readers: list[Use]) -> None:
        """A product, or a shift by a constant, that is only added to: every addition does it anew."""
        if "hi" in ins.inst.opcode.split(".") or (name == "shl" and not constant) or ins.inst.opcode.endswith(("f16", "f16x2", "bf16", "bf16x2")):
            return
        adders = [use.ins for use in readers if use.ins is not None and not use.is_address]
        if len(adders) < len(readers) or any(_name(a) != "add" or id(a) in self.changed or id(a) in self.gone or "cc" in a.inst.opcode for a in adders):
            return
        units = work_of(ins.binding).units
        if name == "mul" and units != {"imad": 1}:
            return
        self.gone.add(id(ins))
        wide = 2 if self._result(ins) not in self.narrow and ins.inst.opcode.endswith("64") else 1
        for adder in adders:
            self.changed[id(adder)] = {"imad": 1} if name == "mul" else {"int": wide}

    def _into_reader(self, ins: Ins, name: str, words: list[str], reader: Ins) -> None:
        there = _name(reader)
        taken = id(reader) in self.changed or id(reader) in self.gone or id(ins) in self.changed
        if name == "neg" and there in (*_ADD, "mad"):
            self.gone.add(id(ins))
        elif taken:
            return
        elif name in _LOGIC and there in _LOGIC and "pred" not in words and words[-1] == reader.inst.opcode.split(".")[-1]:
            self.gone.add(id(ins))
            self.changed[id(reader)] = work_of(reader.binding).units if there != "not" else {"int": 1}
        elif name in _ADD and there in _ADD and not _floats(words) and words[-1][1:] == reader.inst.opcode.split(".")[-1][1:]:
            self.gone.add(id(ins))
            self.changed[id(reader)] = work_of(reader.binding).units
        elif name == "setp" and there in ("and", "or", "xor", "not"):
            self.changed[id(reader)] = {}

    def _block(self, block: Block) -> Work:
        units: Units = dict(_BY_END.get(block.kind, {}))
        tensor: Units = {}
        flops: Units = {}
        for ins in block.ins:
            work = work_of(ins.binding)
            for target, source in ((units, self._units(ins, work)), (tensor, work.tensor), (flops, work.flops)):
                for key, count in source.items():
                    target[key] = target.get(key, 0) + count
        return Work(units, tensor, flops)

    def _units(self, ins: Ins, work: Work) -> Units:
        name = _name(ins)
        if id(ins) in self.gone or (ins.defs and ins.binding.row.ref is not None and not any(self.uses.get(v) for v in ins.defs.values())):
            return {}
        units = self.changed.get(id(ins), work.units)
        if name == "mov":
            source = ins.inst.operands[-1]
            if isinstance(source, Special) and not source.name.lstrip("%").startswith(_CONSTANT):
                return {"other": 1}
        if name == "not" and "pred" in ins.inst.opcode:
            return {}
        if name == "ld" and "const" in ins.inst.opcode.split("."):
            address = ins.inst.operands[1]
            return {} if isinstance(address, Addr) and isinstance(address.base, Sym) else {"constant": 1}
        if units.get("int") == 2 and self._result(ins) in self.narrow:
            return {**units, "int": 1}
        return units


def units_of(graph: Graph) -> dict[int, Units]:
    """Micro-operations of each instruction, by its id, after folding."""
    folding = _Folding(graph)
    folding.works()
    return {id(ins): folding._units(ins, work_of(ins.binding)) for block in graph.blocks for ins in block.ins}


def narrow_and_folded(graph: Graph) -> tuple[set[int], set[int]]:
    """64-bit values that need 32, and ids of the instructions whose results no register holds: others take them along."""
    folding = _Folding(graph)
    folding.works()
    return folding.narrow, folding.gone


def _names(operand: Operand) -> list[str]:
    if isinstance(operand, Reg):
        return [operand.name]
    if isinstance(operand, Vec):
        return [name for item in operand.items for name in _names(item)]
    return []


def _name(ins: Ins) -> str:
    return ins.binding.form.name


def _floats(words: list[str]) -> bool:
    return bool({"f32", "f64", "f16", "bf16", "f16x2", "bf16x2"} & set(words))
