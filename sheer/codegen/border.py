"""The border between a kernel and the machine: what an object exports (sheer/machine/native/frame.h). In: the name of the kernel's function and
what the compiler knows of it. Out: sheer_info, sheer_aligned, sheer_warp, which runs a group, and sheer_blocks, which runs whole blocks.
"""

from __future__ import annotations

from sheer.codegen.kept import Kept
from sheer.codegen.text import Program, Text
from sheer.ir.module import Function
from sheer.passes.private import Private
from sheer.passes.stages import Plan

BARRIER, POLLS, LANE_FIBERS, GRID_BARRIER, FTZ, RECURSIVE, STRIPS, TILES = 1, 2, 4, 8, 16, 32, 64, 128
ABI_VERSION = 2
_TILE = 4  # blocks
_STRIP = 4
_STACK = 128 << 10  # bytes that code may need beside what it keeps between stages


class KernelBorder:
    """Writes the border; what it reads belongs to the compiler of a kernel."""

    program: Program
    kernel: Function
    block: tuple[int, int, int] | None
    private: Private | None
    shared_places: dict[str, tuple[str, int]]
    files: dict[int, str]
    lanes: int
    flags: int
    static_shared: int
    lane_fibers: bool
    aligned: dict[int, int]
    staged: Plan | None
    kept: Kept
    side: int
    unit = routine = border_place = ""

    def function_name(self, function: Function) -> str:
        """Its name in the LLVM module."""
        raise NotImplementedError

    def _border(self, local_bytes: int) -> None:
        n = self.lanes
        staged = self.staged is not None
        if staged or self._runs_blocks():
            self.program.functions.append(self._beside_function() if staged else self._blocks_function())
        if not staged:
            self.program.functions.append(self._warp_function())
        stack = _STACK + self.side * self.kept.size if staged else 0
        values = [ABI_VERSION, n, self.flags, local_bytes, self.static_shared, stack, 0, 0]
        fields = ", ".join(f"i32 {v}" for v in values)
        self.program.globals.append(f"@sheer_info = constant {{ {', '.join(['i32'] * 8)} }} {{ {fields} }}")
        if self.aligned:
            words = [len(self.aligned), *(w for pair in sorted(self.aligned.items()) for w in pair)]
            fields = ", ".join(f"i32 {word}" for word in words)
            self.program.globals.append(f"@sheer_aligned = constant [{len(words)} x i32] [ {fields} ]")

    def _runs_blocks(self) -> bool:
        """Groups never wait: whole blocks run one after the other."""
        return not self.flags & (BARRIER | POLLS | LANE_FIBERS | GRID_BARRIER)

    def _valid_lanes(self, text: Text, group: str, total: str) -> str:
        """i<n>: lanes of the group that are threads of the block."""
        n = self.lanes
        first = text.op(f"mul i32 {group}, {n}")
        left = text.op(f"sub i32 {total}, {first}")
        lanes = ", ".join(f"i32 {i}" for i in range(n))
        one = text.op(f"insertelement <{n} x i32> poison, i32 {left}, i64 0")
        many = text.op(f"shufflevector <{n} x i32> {one}, <{n} x i32> poison, <{n} x i32> zeroinitializer")
        inside = text.op(f"icmp slt <{n} x i32> <{lanes}>, {many}")
        return text.op(f"bitcast <{n} x i1> {inside} to i{n}")

    def _total(self, text: Text) -> str:
        if self.block is not None:
            return str(self.block[0] * self.block[1] * self.block[2])
        parts = []
        for axis in range(3):
            place = text.op(f"getelementptr i8, ptr %frame, i64 {44 + 4 * axis}")
            parts.append(text.op(f"load i32, ptr {place}, align 4"))
        return text.op(f"mul i32 {text.op(f'mul i32 {parts[0]}, {parts[1]}')}, {parts[2]}")

    def _groups(self, text: Text, total: str) -> str:
        """Groups of a block of so many threads."""
        if self.block is not None:
            return str(-(-int(total) // self.lanes))
        return text.op(f"udiv i32 {text.op(f'add i32 {total}, {self.lanes - 1}')}, {self.lanes}")

    def _border_scope(self, name: str) -> str:
        """A scope for a function of the border; its calls need a place, or the lines of what is inlined into it are lost."""
        if not self.unit:
            return ""
        file = next(iter(self.files.values()))
        scope = self.program.metadata_node(
            f'distinct !DISubprogram(name: "{name}", file: {file}, line: 0, type: {self.routine}, '
            f"spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: {self.unit})"
        )
        self.border_place = f", !dbg {self.program.metadata_node(f'!DILocation(line: 0, scope: {scope})')}"
        return f" !dbg {scope}"

    def _call_kernel(self, text: Text, group: str, lanes: str, c: list[str], copies: str = "null") -> None:
        extra = f", ptr {copies}" if self.private else ""
        text.do(
            f"call void @{self.function_name(self.kernel)}(ptr %frame, i32 {group}, i{self.lanes} {lanes}, i32 0, "
            f"i32 {c[0]}, i32 {c[1]}, i32 {c[2]}{extra}){self.border_place}"
        )

    def _begin_private(self, text: Text) -> str:
        """Asks for the worker's copies of arrays that are only added to; the table of them (SheerPrivate[])."""
        if not self.private:
            return "null"
        arrays, others = self.private.arrays, self.private.others
        params = text.op("load ptr, ptr %frame, align 8")

        def param(offset: int) -> str:
            place = text.op(f"getelementptr i8, ptr {params}, i64 {offset}")
            return text.op(f"load i64, ptr {place}, align 8")

        table = text.alloca(f"[{4 * len(arrays)} x i64]", 8)
        for i, (offset, unit) in enumerate(arrays):
            for word, value in ((0, param(offset)), (1, str(unit))):
                place = text.op(f"getelementptr i64, ptr {table}, i64 {4 * i + word}")
                text.do(f"store i64 {value}, ptr {place}")
        words = [word for roots in others for word in (str(len(roots)), *map(param, sorted(roots)))]
        sets = text.alloca(f"[{max(1, len(words))} x i64]", 8)
        for i, word in enumerate(words):
            text.do(f"store i64 {word}, ptr {text.op(f'getelementptr i64, ptr {sets}, i64 {i}')}")
        counts = (("i32", str(len(arrays))), ("ptr", sets), ("i32", str(len(words))))
        text.intrinsic("sheer_rt_private", "void", [("ptr", "%frame"), ("ptr", table), *counts])
        return table

    def _warp_function(self) -> str:
        n = self.lanes
        header = f"define void @sheer_warp(ptr %frame, i32 %group, i64 %given) #0{self._border_scope('sheer_warp')}"
        text = Text(self.program, header)
        c = []
        for axis in range(3):
            place = text.op(f"getelementptr i8, ptr %frame, i64 {32 + 4 * axis}")
            c.append(text.op(f"load i32, ptr {place}, align 4"))
        lanes = self._valid_lanes(text, "%group", self._total(text))
        if self.lane_fibers:
            given = text.op("trunc i64 %given to i32")
            lanes = text.op(f"and i{n} {lanes}, {given}")
        self._call_kernel(text, "%group", lanes, c)
        text.finish("ret void")
        return text.text()

    def _blocks_function(self) -> str:
        """Blocks first..first+count in tiles of a few: for each tile a loop over groups, in it a loop over the tile's blocks."""
        text = Text(self.program, "define void @sheer_blocks(ptr %frame, i64 %first, i64 %count) #0")
        total = self._total(text)
        groups = self._groups(text, total)
        start, at = ([text.alloca("i64") for _ in range(3)] for _ in range(2))
        inner, group = text.alloca("i64"), text.alloca("i32")
        grid, copies, size = self._begin_tiles(text, start, self._tile())
        text.do(f"store i32 0, ptr {group}")
        text.label("groups")
        number = text.op(f"load i32, ptr {group}")
        for there, here in zip(start, at, strict=True):
            text.do(f"store i64 {text.op(f'load i64, ptr {there}')}, ptr {here}")
        text.do(f"store i64 {size}, ptr {inner}")
        text.label("blocks")
        c = []
        for axis in range(3):
            value = text.op(f"trunc i64 {text.op(f'load i64, ptr {at[axis]}')} to i32")
            place = text.op(f"getelementptr i8, ptr %frame, i64 {32 + 4 * axis}")
            text.do(f"store i32 {value}, ptr {place}, align 4")
            c.append(value)
        full = self.block is not None and int(total) % self.lanes == 0
        lanes = "-1" if full else self._valid_lanes(text, number, total)
        self._call_kernel(text, number, lanes, c, copies)
        self._next_block(text, at, grid)
        less = text.op(f"sub i64 {text.op(f'load i64, ptr {inner}')}, 1")
        text.do(f"store i64 {less}, ptr {inner}")
        text.branch(text.op(f"icmp ne i64 {less}, 0"), "blocks", "group.done")
        text.label("group.done")
        following = text.op(f"add i32 {number}, 1")
        text.do(f"store i32 {following}, ptr {group}")
        text.branch(text.op(f"icmp ult i32 {following}, {groups}"), "groups", "tile.done")
        text.label("tile.done")
        for there, here in zip(start, at, strict=True):
            text.do(f"store i64 {text.op(f'load i64, ptr {here}')}, ptr {there}")
        self._end_tiles(text, copies)
        return text.text()

    def _beside_function(self) -> str:
        """Blocks first..first+count of a kernel in stages, a few side by side."""
        text = Text(self.program, "define void @sheer_blocks(ptr %frame, i64 %first, i64 %count) #0")
        at, numbers = [text.alloca("i64") for _ in range(3)], text.alloca(f"[{3 * self.side} x i32]")
        inner = text.alloca("i64")
        grid, copies, size = self._begin_tiles(text, at, self.side)
        text.do(f"store i64 0, ptr {inner}")
        text.label("blocks")
        block = text.op(f"load i64, ptr {inner}")
        for axis in range(3):
            value = text.op(f"trunc i64 {text.op(f'load i64, ptr {at[axis]}')} to i32")
            text.do(f"store i32 {value}, ptr {text.op(f'getelementptr [3 x i32], ptr {numbers}, i64 {block}, i64 {axis}')}")
        self._next_block(text, at, grid)
        more = text.op(f"add i64 {block}, 1")
        text.do(f"store i64 {more}, ptr {inner}")
        text.branch(text.op(f"icmp ult i64 {more}, {size}"), "blocks", "run")
        text.label("run")
        count = text.op(f"trunc i64 {size} to i32")
        text.do(f"call void @{self.function_name(self.kernel)}(ptr %frame, i32 {count}, ptr {numbers}, ptr {copies})")
        self._end_tiles(text, copies)
        return text.text()

    def _begin_tiles(self, text: Text, slots: list[str], most: int) -> tuple[list[str], str, str]:
        """A loop over tiles of at most so many blocks; `slots` get the first one's numbers. (the grid's x and y, private copies, blocks of the tile)"""
        grid, corner = self._first_block(text)
        left = text.alloca("i64")
        copies = self._begin_private(text)
        for value, slot in zip([*corner, "%count"], [*slots, left], strict=True):
            text.do(f"store i64 {value}, ptr {slot}")
        text.label("tiles")
        remaining = text.op(f"load i64, ptr {left}")
        text.branch(text.op(f"icmp ne i64 {remaining}, 0"), "tile", "done")
        text.label("tile")
        size = text.intrinsic("llvm.umin.i64", "i64", [("i64", remaining), ("i64", str(most))])
        text.do(f"store i64 {text.op(f'sub i64 {remaining}, {size}')}, ptr {left}")
        return grid, copies, size

    def _first_block(self, text: Text) -> tuple[list[str], list[str]]:
        """(x and y of the grid, the numbers of the block %first)."""
        grid = []
        for axis in range(2):
            place = text.op(f"getelementptr i8, ptr %frame, i64 {56 + 4 * axis}")
            grid.append(text.op(f"zext i32 {text.op(f'load i32, ptr {place}, align 4')} to i64"))
        rest = text.op(f"udiv i64 %first, {grid[0]}")
        return grid, [
            text.op(f"urem i64 %first, {grid[0]}"),
            text.op(f"urem i64 {rest}, {grid[1]}"),
            text.op(f"udiv i64 {rest}, {grid[1]}"),
        ]

    def _end_tiles(self, text: Text, copies: str) -> None:
        """To the next tile; behind the last one the function ends."""
        text.jump("tiles")
        text.label("done")
        if self.private:
            count = ("i32", str(len(self.private.arrays)))
            text.intrinsic("sheer_rt_private_end", "void", [("ptr", "%frame"), ("ptr", copies), count])
        text.finish("ret void")

    def _tile(self) -> int:
        """How many neighbouring blocks run group by group. Where a group is a short row of a two-dimensional block, its neighbours' rows
        continue it in memory: so long stretches are read one after another. Blocks that use shared memory keep to themselves."""
        if self.block is None or self.shared_places:
            return 1
        return _TILE if self.block[0] <= self.lanes < self.block[0] * self.block[1] * self.block[2] else 1

    def _next_block(self, text: Text, slots: list[str], grid: list[str]) -> None:
        """x fastest, then y, then z; in strips x to the strip's end, then y, then the next strip."""
        x, y, z = (text.op(f"load i64, ptr {slot}") for slot in slots)
        right = text.op(f"add i64 {x}, 1")
        outside = text.op(f"icmp uge i64 {right}, {grid[0]}")
        first, over, after = "0", outside, "0"  # of the row: where it begins, whether it ends; where the next ones begin
        if self.flags & STRIPS:
            first = text.op(f"and i64 {x}, -{_STRIP}")
            after = text.op(f"add i64 {first}, {_STRIP}")
            over = text.op(f"or i1 {outside}, {text.op(f'icmp eq i64 {right}, {after}')}")
        down = text.op(f"add i64 {y}, {text.op(f'zext i1 {over} to i64')}")
        low = text.op(f"icmp uge i64 {down}, {grid[1]}")
        beyond = text.op(f"icmp uge i64 {after}, {grid[0]}") if after != "0" else "true"
        back = text.op(f"select i1 {beyond}, i64 0, i64 {after}")
        row = text.op(f"select i1 {low}, i64 {back}, i64 {first}")
        text.do(f"store i64 {text.op(f'select i1 {over}, i64 {row}, i64 {right}')}, ptr {slots[0]}")
        text.do(f"store i64 {text.op(f'select i1 {low}, i64 0, i64 {down}')}, ptr {slots[1]}")
        deep = text.op(f"zext i1 {text.op(f'and i1 {low}, {beyond}')} to i64")
        text.do(f"store i64 {text.op(f'add i64 {z}, {deep}')}, ptr {slots[2]}")
