"""Products on tiles (AMX). In: a Plan of passes/homes.py. Out: IR that packs registers of lanes into tiles, multiplies, and unpacks.

Tiles have 16 rows of 64 bytes. The machine loads that configuration before a kernel with the flag TILES runs; tile registers hold nothing from
one group of products to the next. A register of a fragment is a vector of 32 lanes, lane 4 g + t with 32 bits of row (B: column) g, part t:
eight times 16 bytes. Packing A and sums therefore transposes blocks of 16 bytes, packing B single words of 32 bits in them. The 16 columns
of a tile stand in the order that the latter gives them, in B and in the sums alike: column g of the sum `side` is number 4 (g % 4) + 2 side + g / 4.
"""

from __future__ import annotations

from typing import Any

from sheer.codegen.border import BARRIER
from sheer.codegen.halves import split_function
from sheer.codegen.tensor import TensorLanes
from sheer.codegen.value import Value
from sheer.passes.cfg import Graph
from sheer.passes.homes import Plan
from sheer.passes.tiles import Cell, Group, Key

ROW = 64
_SCRATCH = 128  # tiles that fit the scratch memory of the machine's worker
_ZEROS = ["zeroinitializer"] * 2
_WIDE, _HALF = "<32 x i32>", "<16 x i32>"
_BLOCKS = [range(4 * b, 4 * b + 4) for b in range(8)]  # words of 16-byte blocks, of two vectors


def _column(t: int, odd: int, side: int) -> int:
    """Where a row of sums has the element that lane 4 g + t holds for even or odd columns."""
    g = 2 * t + odd
    return 4 * (g % 4) + 2 * side + g // 4


_PARTS = ((1, 0), (0, 0), (0, 1), (2, 2))  # of A and B: each with each, one changing at a time
# A row of sums as four blocks (side, odd), words by t; and the way back.
_TO_BLOCKS = [_column(t, odd, side) for side in (0, 1) for odd in (0, 1) for t in range(4)]
_FROM_BLOCKS = sorted(range(16), key=_TO_BLOCKS.__getitem__)


class TileLanes(TensorLanes):
    """What the emitter does at the places of a Plan."""

    tiles: Plan
    graph: Graph
    homes: list[str]  # pointers to the tiles of sums

    def begin_tiles(self, plan: Plan) -> None:
        """Room for sums that stay."""
        self.tiles = plan
        self.homes = [self._tile_room() for _ in range(plan.homes)]
        self.ready: dict[Key, list[str]] = {}  # tiles of A and B for the next group; if split: low parts, finite high ones, all high ones
        self.rooms: list[str] = []  # for them, and for sums that do not stay
        self.taken = 0
        self.worker_rooms = ""  # memory for the first ones, if it is not the stack
        self.raw_room = ""  # room for a tile of f16
        if plan.groups and self.compiler.flags & BARRIER and not self._turns_within(plan):
            # The fibers of a block have stacks of their own, but nobody waits between packing and multiplying: with the same rooms for all, these stay
            # in the first cache.
            self.text.program.declare("declare noalias ptr @sheer_rt_scratch(ptr)")
            self.worker_rooms = self.text.first(f"call noalias ptr @sheer_rt_scratch(ptr {self.frame})")

    def _turns_within(self, plan: Plan) -> bool:
        """A store before which other groups go on (passes/turns.py) may stand between packing and multiplying."""
        for block in {block for block, _ in plan.groups}:
            places = [at for b, at in (*plan.packs, *plan.groups) if b == block]
            if any(id(ins) in self.compiler.turns for ins in self.graph.blocks[block].ins[min(places) : max(places)]):
                return True
        return False

    def tile_work(self, block: int, at: int) -> None:
        """Packs and multiplies what the plan has for this place."""
        # The tiles of a group that ends here were packed before; what is packed now is the next one's.
        for group in self.tiles.groups.get((block, at), ()):
            self._multiply_group(group)
            self.ready, self.taken = {}, 0
        for key in self.tiles.packs.get((block, at), ()):
            values = list(dict.fromkeys(v for one in key.slices for v in one if v >= 0))
            names = [self.vec(self.read(v)) for v in values]
            slices = tuple(tuple(values.index(v) if v >= 0 else -1 for v in one) for one in key.slices)
            if key.split and not self.raw_room:
                self.raw_room = self._new_room()
            tile = self.raw_room if key.split else self._room()
            if self.compiler.many_products:
                self._pack_by_call(key.which, slices, names, tile)
            else:
                self._pack(key.which, slices, names, tile)
            self.ready[key] = self._parts_of_f16() if key.split else [tile]

    def _pack(self, which: str, slices: tuple[tuple[int, ...], ...], names: list[str], tile: str) -> None:
        """Registers of slices (-1: zeros) into a tile of A or B."""
        parts = [[names[n] if n >= 0 else "" for n in one] for one in slices]
        (self._pack_a if which == "a" else self._pack_b)(parts + [["", ""]] * (4 - len(slices)), tile)

    def _parts_of_f16(self) -> list[str]:
        """A tile of f16 as tiles of bf16: low parts, finite high ones, all high ones."""
        helpers = self.compiler.helpers
        if "halves" not in helpers:
            helpers["halves"] = split_function(self.text.program, "#0")
        low, high, other = self._room(), self._room(), self._room()
        return [low, high, self.text.op(f"call ptr {helpers['halves']}(ptr {self.raw_room}, ptr {low}, ptr {high}, ptr {other})")]

    def _pack_by_call(self, which: str, slices: tuple[tuple[int, ...], ...], names: list[str], tile: str) -> None:
        """Where there are hundreds, their work stands in one function."""
        key = ("pack", which, slices)
        if key not in self.compiler.helpers:
            with self.elsewhere():
                self._pack(which, slices, [f"%in{i}" for i in range(len(names))], "%tile")
                self.text.finish("ret void")
                name = f"@\"helper.{len(self.compiler.helpers)}\""
                given = ", ".join(["ptr %tile", *(f"{_WIDE} %in{i}" for i in range(len(names)))])
                self.text.header = f"define internal void {name}({given}) noinline #0"
                self.text.program.functions.append(self.text.text())
            self.compiler.helpers[key] = name
        given = ", ".join([f"ptr {tile}", *(f"{_WIDE} {name}" for name in names)])
        self.text.do(f"call void {self.compiler.helpers[key]}({given})")

    # -- rooms -------------------------------------------------------------------------------------------------------------------

    def _tile_room(self) -> str:
        return self.text.alloca(f"[{16 * ROW} x i8]", ROW)

    def _room(self) -> str:
        if self.taken == len(self.rooms):
            self.rooms.append(self._new_room())
        self.taken += 1
        return self.rooms[self.taken - 1]

    def _new_room(self) -> str:
        number = len(self.rooms) + (self.raw_room != "")
        if not self.worker_rooms or number >= _SCRATCH:
            return self._tile_room()
        return self.text.first(f"getelementptr i8, ptr {self.worker_rooms}, i64 {number * 16 * ROW}")

    def _row(self, tile: str, row: int) -> str:
        return self.text.op(f"getelementptr i8, ptr {tile}, i64 {row * ROW}") if row else tile

    # -- shuffles ----------------------------------------------------------------------------------------------------------------

    def _shuffle(self, a: str, b: str, words: list[int]) -> str:
        places = ", ".join(f"i32 {w}" for w in words)
        return self.text.op(f"shufflevector {_HALF} {a}, {_HALF} {b}, <16 x i32> <{places}>")

    def _blocks_transposed(self, z: list[str]) -> list[str]:
        """Block j of result i is block i of z[j]; blocks have 16 bytes."""

        def pick(a: str, b: str, *blocks: int) -> str:
            return self._shuffle(a, b, [w for block in blocks for w in _BLOCKS[block]])

        low = [pick(z[0], z[1], 0, 1, 4, 5), pick(z[2], z[3], 0, 1, 4, 5)]
        high = [pick(z[0], z[1], 2, 3, 6, 7), pick(z[2], z[3], 2, 3, 6, 7)]
        return [pick(*pair, *blocks) for pair in (low, high) for blocks in ((0, 2, 4, 6), (1, 3, 5, 7))]

    # -- into tiles and out ------------------------------------------------------------------------------------------------------

    def _pack_a(self, slices: list[list[str]], tile: str) -> None:
        for half in (0, 1):
            blocks = [self._block_rows(one[half], False) for one in slices]
            if None not in blocks:
                for i, row in enumerate(zip(*blocks, strict=True)):
                    self._store_row(tile, 8 * half + i, self._concat(list(row), 32, 4))
                continue
            registers = [self._cut(one[half]) for one in slices]
            for quarter in (0, 1):
                for i, row in enumerate(self._blocks_transposed([one[quarter] for one in registers])):
                    self._store_row(tile, 8 * half + 4 * quarter + i, row)

    def _pack_b(self, slices: list[list[str]], tile: str) -> None:
        for s, pair in enumerate(slices):
            blocks = [self._block_rows(name, True) for name in pair]
            if None not in blocks and any(pair):
                rows = self._pairs_of_rows([self._concat(list(row), 16, 8) for row in zip(*blocks, strict=True)])
            else:
                rows = self._words_transposed([half for name in pair for half in self._cut(name)])
            for t, row in enumerate(rows):
                self._store_row(tile, 4 * s + t, row)

    def _block_rows(self, name: str, trans: bool) -> list[str] | None:
        """The eight rows that a register was loaded from, if they are known and the tile's as well."""
        if not name:
            return ["zeroinitializer"] * 8
        rows, transposed = self.blocks_known.get(name, ([], None))
        return rows if transposed == trans else None

    def _pairs_of_rows(self, rows: list[str]) -> list[str]:
        """Rows of two transposed blocks side by side: of each two the elements in pairs, in the order of a tile's columns."""
        columns = [8 * (p // 2 % 2) + p // 4 + 4 * (p % 2) for p in range(16)]
        places = ", ".join(f"i32 {16 * odd + c}" for c in columns for odd in (0, 1))
        found = []
        for even, odd in zip(rows[::2], rows[1::2], strict=True):
            pairs = self.text.op(f"shufflevector <16 x i16> {even}, <16 x i16> {odd}, <32 x i32> <{places}>")
            found.append(self.text.op(f"bitcast <32 x i16> {pairs} to {_HALF}"))
        return found

    def _words_transposed(self, z: list[str]) -> list[str]:
        """Word j of block b of result i is word i of block b of z[j]."""

        def pick(a: str, b: str, *words: int) -> str:
            return self._shuffle(
                a, b, [16 * (w // 4) + 4 * block + w % 4 for block in range(4) for w in words]
            )

        low = [pick(a, b, 0, 4, 1, 5) for a, b in (z[:2], z[2:])]
        high = [pick(a, b, 2, 6, 3, 7) for a, b in (z[:2], z[2:])]
        return [pick(*pair, *words) for pair in (low, high) for words in ((0, 1, 4, 5), (2, 3, 6, 7))]

    def _store_row(self, tile: str, row: int, name: str) -> None:
        self.text.do(f"store {_HALF} {name}, ptr {self._row(tile, row)}, align {ROW}")

    def pack_sums(self, tile: str, values: list[Value | None]) -> None:
        """Eight registers of sums to a tile; None: zeros."""
        for half in (0, 1):
            four = [values[4 * side + 2 * half + odd] for side in (0, 1) for odd in (0, 1)]
            cut = [self._cut("" if v is None else self.vec(v)) for v in four]
            for quarter in (0, 1):
                for i, row in enumerate(self._blocks_transposed([c[quarter] for c in cut])):
                    self._store_row(
                        tile, 8 * half + 4 * quarter + i, self._shuffle(row, "poison", _FROM_BLOCKS)
                    )

    def _cut(self, name: str) -> list[str]:
        """Lanes 0-15 and 16-31 ("": zeros)."""
        if not name:
            return _ZEROS
        lanes = [", ".join(f"i32 {first + i}" for i in range(16)) for first in (0, 16)]
        cut = f"shufflevector {_WIDE} {name}, {_WIDE} poison, <16 x i32>"
        return [self.text.op(f"{cut} <{half}>") for half in lanes]

    def unpack_sums(self, tile: str, wanted: list[int]) -> dict[int, Value]:
        """Registers of sums (by their position among the eight) from a tile."""
        found = {}
        for half in (0, 1):
            positions = {4 * side + 2 * half + odd: 2 * side + odd for side in (0, 1) for odd in (0, 1)}
            if not set(wanted) & set(positions):
                continue
            quarters = []
            for quarter in (0, 1):
                rows = []
                for i in range(4):
                    name = self.text.op(
                        f"load {_HALF}, ptr {self._row(tile, 8 * half + 4 * quarter + i)}, align {ROW}"
                    )
                    rows.append(self._shuffle(name, "poison", _TO_BLOCKS))
                quarters.append(self._blocks_transposed(rows))
            lanes = ", ".join(f"i32 {i}" for i in range(32))
            for position, k in positions.items():
                if position in wanted:
                    a, b = quarters[0][k], quarters[1][k]
                    found[position] = self.vector(
                        32, self.text.op(f"shufflevector {_HALF} {a}, {_HALF} {b}, <32 x i32> <{lanes}>")
                    )
        return found

    def from_home(self, value: int) -> Value:
        """A value that stays in a tile."""
        home, position = self.tiles.home[value]
        return self.unpack_sums(self.homes[home], [position])[position]

    def move_home(self, moves: list[tuple[int, Value]]) -> None:
        """The phis among these moves that stay in tiles get their values."""
        by_home: dict[int, list[Value | None]] = {}
        for value, source in moves:
            if value in self.tiles.home:
                home, position = self.tiles.home[value]
                by_home.setdefault(home, [None] * 8)[position] = source
        for home, values in by_home.items():
            self.pack_sums(self.homes[home], values)

    # -- multiplying -------------------------------------------------------------------------------------------------------------

    def _multiply_group(self, group: Group) -> None:
        self.text.dbg = self.compiler.location(group.members[-1].inst.loc)
        places: list[str] = []
        for cell in group.cells:
            home = self.tiles.resident.get(cell.out)
            places.append(self.homes[home] if home is not None else self._room())
            if home is None or self.tiles.resident.get(cell.before) != home:
                self.pack_sums(places[-1], [None if v < 0 else self.read(v) for v in cell.before])
        for four in _squares(group.cells):
            self._multiply_square(group, four, places)
        for cell, place in zip(group.cells, places, strict=True):
            if cell.out not in self.tiles.resident:
                for n, value in self.unpack_sums(
                    place, [n for n, v in enumerate(cell.out) if v >= 0]
                ).items():
                    self.define(cell.out[n], value)

    def _multiply_square(self, group: Group, numbers: list[int], places: list[str]) -> None:
        """Up to two rows and two columns of cells: sums in tile registers 0-3, A in 4 and 5, B in 6 and 7."""
        cells = [group.cells[n] for n in numbers]
        rows, columns = list(dict.fromkeys(c.a for c in cells)), list(dict.fromkeys(c.b for c in cells))
        for i, n in enumerate(numbers):
            self._tile_op("tileloadd64", i, places[n])
        for step in range(len(rows[0])):
            loaded: dict[int, str] = {}
            for part_a, part_b in _PARTS if rows[0][step].split else ((0, 0),):
                for i, row in enumerate(rows):
                    self._load_tile(loaded, 4 + i, self.ready[row[step]][part_a])
                for i, column in enumerate(columns):
                    self._load_tile(loaded, 6 + i, self.ready[column[step]][part_b])
                for i, cell in enumerate(cells):
                    registers = (i, 4 + rows.index(cell.a), 6 + columns.index(cell.b))
                    arguments = [("i8", str(r)) for r in registers]
                    operation = "bf16ps" if group.operation == "f16" else group.operation
                    self.text.intrinsic(f"llvm.x86.tdp{operation}", "void", arguments)
        for i, n in enumerate(numbers):
            self._tile_op("tilestored64", i, places[n])

    def _load_tile(self, loaded: dict[int, str], register: int, place: str) -> None:
        if loaded.get(register) != place:
            loaded[register] = place
            self._tile_op("tileloadd64", register, place)

    def _tile_op(self, name: str, register: int, place: str) -> None:
        self.text.intrinsic(
            f"llvm.x86.{name}", "void", [("i8", str(register)), ("ptr", place), ("i64", str(ROW))]
        )

    def define(self, number: int, value: Value) -> None:
        raise NotImplementedError


def _squares(cells: list[Cell]) -> list[list[int]]:
    """Numbers of cells, by two rows and two columns where there are so many."""
    left = list(range(len(cells)))
    found: list[list[int]] = []

    def first_two(of: Any, among: list[int]) -> set[Any]:
        return set(list(dict.fromkeys(of(cells[n]) for n in among))[:2])

    while left:
        depth = len(cells[left[0]].a)
        alike = [n for n in left if len(cells[n].a) == depth]
        rows = first_two(lambda c: c.a, alike)
        columns = first_two(lambda c: c.b, [n for n in alike if cells[n].a in rows])
        square = [n for n in alike if cells[n].a in rows and cells[n].b in columns]
        found.append(square[:4])
        left = [n for n in left if n not in found[-1]]
    return found
