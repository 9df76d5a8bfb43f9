"""Counting: what a kernel compiled for it does besides its work. In: blocks and accesses as they are emitted. Out: code that adds to the counters
of the running block (frame.counts), calls that hand the lanes' addresses to the machine, and a table with the work of each basic block.

Groups are warps here, so that lanes and requests are those of a GPU; nothing else is done to make the code fast. Accesses of shared memory whose
addresses differ from lane to lane by constants need no call: how often they pass over the banks is known, and goes into the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheer.base.counters import CHAINS, FLOAT_TYPES, TENSOR_TYPES, UNITS
from sheer.base.types import SCALARS
from sheer.codegen.depot import DepotLanes
from sheer.codegen.value import Value
from sheer.passes import copies
from sheer.passes.cfg import Ins
from sheer.passes.facts import Facts
from sheer.passes.pressure import registers
from sheer.passes.shape import Shape
from sheer.passes.unrolled import as_unrolled
from sheer.passes.work import block_works

COUNTS = 104  # offset of frame.counts
LOAD, STORE, ATOMIC = range(3)
_SPACES = {"global": 1, "shared": 2, "local": 3}
_SILENT = 1 << 12  # part of an instruction that is counted elsewhere
_PAIR = 1 << 13  # two of half the size where the address does not allow one
U64 = SCALARS["u64"]


class CountingLanes(DepotLanes):
    """Counts where the compiler was asked to; else does nothing."""

    _count_slot = ""
    _block_mask = ""
    _block_number = 0

    def count_entry(self, block: int) -> None:
        """One more warp, and its active lanes, through a basic block."""
        if not self.compiler.counting:
            return
        t = self.text
        number = self.compiler.count_number(self.function, block)
        self._block_mask, self._block_number = self.mask, number
        place = t.op(f"getelementptr i8, ptr {self.frame_field(COUNTS, 'ptr')}, i64 {16 * number}")
        lanes = "32"
        if self.mask:
            lanes = t.intrinsic("llvm.ctpop.i32", "i32", [("i32", self.mask_bits())])
        for offset, amount in ((0, "1"), (8, t.op(f"zext i32 {lanes} to i64"))):
            where = t.op(f"getelementptr i8, ptr {place}, i64 {offset}")
            old = t.op(f"load i64, ptr {where}, align 8")
            t.do(f"store i64 {t.op(f'add i64 {old}, {amount}')}, ptr {where}, align 8")

    def count_instruction(self, ins: Ins, address: Value, size: int, access: int, space: str) -> None:
        """An access of an instruction; of two that copy 16 bytes, the lower one stands for both."""
        if self.compiler.counting and id(ins) not in self.compiler.upper_halves:
            pair = id(ins) in self.compiler.lower_halves
            self.count_access(address, 16 if pair else size, access, space, pair=pair)

    def count_access(self, address: Value, size: int, access: int, space: str, silent: bool = False, lanes: int = -1, pair: bool = False) -> None:
        """An access of `size` bytes by every active lane, of those in `lanes` if it is given."""
        if not self.compiler.counting:
            return
        t = self.text
        kind = _SPACES.get((space or "generic").partition("::")[0], 0)
        what = size | access << 8 | kind << 10 | (_SILENT if silent else 0) | (_PAIR if pair else 0)
        if kind == _SPACES["shared"] and access != ATOMIC and not silent and not pair and lanes < 0 and self._known(address.shape, size, access):
            return
        mask = self.mask_bits()
        if lanes >= 0:
            mask = t.op(f"and i32 {mask}, {lanes}")
        common = [("ptr", self.frame), ("i32", self.group), ("i32", str(self.compiler.count_site())), ("i32", str(what)), ("i32", mask)]
        step = _step(address.shape)
        if step is not None:
            base = address.scalar
            first = int(address.shape.c[0]) if address.shape is not None else 0
            if first:
                base = t.op(f"add i64 {base}, {first}")
            t.intrinsic("sheer_rt_count_row", "void", [*common, ("i64", base), ("i64", str(step))])
            return
        if not self._count_slot:
            self._count_slot = t.alloca(f"[{self.n} x i64]", 64)
        t.do(f"store <{self.n} x i64> {self.vec(address)}, ptr {self._count_slot}, align 64")
        t.intrinsic("sheer_rt_count", "void", [*common, ("ptr", self._count_slot)])


    def _known(self, shape: Shape | None, size: int, access: int) -> bool:
        """Adds an access of shared memory to the table, if it is the same at every entry of the block."""
        if shape is None or shape.stride is not None or self.mask != self._block_mask or (self.mask and not shape.uniform):
            return False
        row = self.compiler.known_accesses.setdefault(self._block_number, [0.0] * len(KNOWN))
        addresses = shape.c.tolist()
        for i, amount in enumerate((1, size, wavefronts(addresses, size), different_words(addresses, size) / 8)):
            row[4 * access + i] += amount
        return True


# Of loads and stores of shared memory: requests, bytes of a lane, passes over the banks, different words in sectors; by entry of a block.
KNOWN = tuple(f"shared_{access}.{what}" for access in ("load", "store") for what in ("requests", "bytes", "wavefronts", "sectors"))


def wavefronts(addresses: Sequence[int], size: int) -> int:
    """Passes over 32 banks of 4 bytes for all lanes of a warp: 8 bytes go by half warps, 16 by quarters (count.cpp does the same)."""
    words = max(1, size // 4)
    part = 8 if words >= 4 else 16 if words == 2 else 32
    passes = 0
    for first in range(0, len(addresses), part):
        wanted: dict[int, set[int]] = {}
        for address in addresses[first : first + part]:
            for word in range(address >> 2, (address >> 2) + min(words, 4)):
                wanted.setdefault(word & 31, set()).add(word)
        passes += max(map(len, wanted.values()))
    return passes


def different_words(addresses: Sequence[int], size: int) -> int:
    """Words of 4 bytes that the lanes of a warp access, each once (count.cpp does the same)."""
    return len({word for address in addresses for word in range(address >> 2, (address >> 2) + min(max(1, size // 4), 4))})


def _step(shape: Shape | None) -> int | None:
    """Bytes from a lane's address to the next one's, where they are the same for all lanes."""
    if shape is None or shape.stride is not None:
        return None
    steps = np.diff(shape.c)
    return int(steps[0]) if (steps == steps[0]).all() else None


def table(facts: Sequence[Facts], known: dict[int, list[float]], sites: int) -> str:
    """@sheer_counting (frame.h): how many blocks and sites there are, and the blocks' work, a row each."""
    works = [work for found in facts for work in as_unrolled(found.graph, block_works(found.graph))]
    columns = [(0, name) for name in UNITS] + [(1, name) for name in TENSOR_TYPES] + [(2, name) for name in FLOAT_TYPES] + [(3, name) for name in CHAINS]
    rows = [[work[part].get(name, 0) for part, name in columns] + known.get(n, [0] * len(KNOWN)) for n, work in enumerate(works)]
    cells = [f"float {float(cell):e}" for row in rows for cell in row]
    head = [1, len(works), sites, len(columns) + len(KNOWN), max(map(registers, facts)), 0, 0, 0]
    fields = ", ".join(f"i32 {v}" for v in head)
    kind = f"{{ {', '.join(['i32'] * 8)}, [{len(cells)} x float] }}"
    return f"@sheer_counting = constant {kind} {{ {fields}, [{len(cells)} x float] [ {', '.join(cells)} ] }}"


def halves(graphs: Sequence[Any]) -> tuple[set[int], set[int]]:
    """The lower and the upper accesses of 8 bytes that are one of 16."""
    found = [copies.pairs(graph) for graph in graphs]
    return set().union(*(lower for lower, _ in found)), set().union(*(upper for _, upper in found))


def numbered(graphs: Sequence[Any]) -> dict[str, int]:
    """The number of each function's first block among all of the kernel's."""
    first, found = 0, {}
    for graph in graphs:
        found[graph.function.name] = first
        first += len(graph.blocks)
    return found
