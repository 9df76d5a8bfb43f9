"""Counting: what a kernel compiled for it does besides its work. In: blocks and accesses as they are emitted. Out: code that adds to the counters
of the running block (frame.counts), calls that hand the lanes' addresses to the machine, and a table with the work of each basic block.

Groups are warps here, so that lanes and requests are those of a GPU; nothing else is done to make the code fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheer.base.counters import FLOAT_TYPES, TENSOR_TYPES, UNITS
from sheer.base.types import SCALARS
from sheer.codegen.depot import DepotLanes
from sheer.codegen.value import Value
from sheer.isa.work import Work
from sheer.passes.shape import Shape

COUNTS = 104  # offset of frame.counts
LOAD, STORE, ATOMIC = range(3)
_SPACES = {"global": 1, "shared": 2, "local": 3}
_SILENT = 1 << 12  # part of an instruction that is counted elsewhere
U64 = SCALARS["u64"]


class CountingLanes(DepotLanes):
    """Counts where the compiler was asked to; else does nothing."""

    _count_slot = ""

    def count_entry(self, block: int) -> None:
        """One more warp, and its active lanes, through a basic block."""
        if not self.compiler.counting:
            return
        t = self.text
        number = self.compiler.count_number(self.function, block)
        place = t.op(f"getelementptr i8, ptr {self.frame_field(COUNTS, 'ptr')}, i64 {16 * number}")
        lanes = "32"
        if self.mask:
            lanes = t.intrinsic("llvm.ctpop.i32", "i32", [("i32", self.mask_bits())])
        for offset, amount in ((0, "1"), (8, t.op(f"zext i32 {lanes} to i64"))):
            where = t.op(f"getelementptr i8, ptr {place}, i64 {offset}")
            old = t.op(f"load i64, ptr {where}, align 8")
            t.do(f"store i64 {t.op(f'add i64 {old}, {amount}')}, ptr {where}, align 8")

    def count_access(self, address: Value, size: int, access: int, space: str, silent: bool = False, lanes: int = -1) -> None:
        """An access of `size` bytes by every active lane, of those in `lanes` if it is given."""
        if not self.compiler.counting:
            return
        t = self.text
        kind = _SPACES.get((space or "generic").partition("::")[0], 0)
        what = size | access << 8 | kind << 10 | (_SILENT if silent else 0)
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


def _step(shape: Shape | None) -> int | None:
    """Bytes from a lane's address to the next one's, where they are the same for all lanes."""
    if shape is None or shape.stride is not None:
        return None
    steps = np.diff(shape.c)
    return int(steps[0]) if (steps == steps[0]).all() else None


def table(works: Sequence[Work], sites: int, registers: int) -> str:
    """@sheer_counting (frame.h): how many blocks and sites there are, and the blocks' work, a row each."""
    columns = [(0, name) for name in UNITS] + [(1, name) for name in TENSOR_TYPES] + [(2, name) for name in FLOAT_TYPES]
    cells = [f"float {float(work[part].get(name, 0)):e}" for work in works for part, name in columns]
    head = [1, len(works), sites, len(columns), registers, 0, 0, 0]
    fields = ", ".join(f"i32 {v}" for v in head)
    kind = f"{{ {', '.join(['i32'] * 8)}, [{len(cells)} x float] }}"
    return f"@sheer_counting = constant {kind} {{ {fields}, [{len(cells)} x float] [ {', '.join(cells)} ] }}"


def numbered(graphs: Sequence[Any]) -> dict[str, int]:
    """The number of each function's first block among all of the kernel's."""
    first, found = 0, {}
    for graph in graphs:
        found[graph.function.name] = first
        first += len(graph.blocks)
    return found
