"""Matrix products: the work of a tiled kernel, and the search of the tile.

Comes in: a Gemm (batch, m, n, k, type, layout) and a Silicon. Goes out: the Work of the kernel that a library would
take. The shape of the model: a block walks along k in stages; a stage costs multiply-adds, issue slots, operand
reads from shared memory and the fill of the next stage, which overlap; blocks come in waves, the last one partly
filled; a wave pays a prologue and an epilogue; device memory sees what the L2 does not hold.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sheer.base.errors import UsageError
from sheer.model.library import Tile, family
from sheer.model.silicon import TYPES, Silicon
from sheer.model.work import L2_DELIVERED, Work, hit_rate, resident_blocks, shared_time

# Properties of the class of kernels, the same for every chip; fitted on the fit rows of FP32 products on three
# chips where they are not counted from the code of such kernels.
STAGE = 8  # elements of k in a stage of a vector kernel: 32 bytes of a row of FP32
STAGE_TENSOR_BYTES = 64  # bytes of k in a stage of a tensor kernel
OVERLAP = 4.2  # how multiply-adds, issue and shared memory of a stage overlap
LATENCY_OVERLAP = 2.45  # how a block's own chain of latencies hides behind other blocks
STAGE_LATENCY = 86.0  # clocks: barrier, first operand reads and address update of a stage
WAVE_CLOCKS = 2850.0  # prologue and epilogue that nothing hides: first loads from memory, drain, block start
STORE = 1.375  # bytes of results that leave a multiprocessor in a clock, over the width of its L1, beside other work
FILL = 1.46  # register-staged fills against the widths of L1 and shared memory: replays, address arithmetic
STRIDED_FILL = 2.4  # fills of operands stored along k: 32 bytes of each row, transposed on the way
OTHER_ISSUE = 0.4  # instructions of a thread's step of k that are neither multiply-adds nor operand reads
L2_HELD = 0.39  # part of the L2 that holds operands of a running wave for reuse
DRIFT = 5.5  # how far blocks drift apart along k, over the root of k (a random walk) and of a multiprocessor's blocks
DEEP_OVERLAP = (
    8.0  # multiprocessors against L2 and memory, where a block has stages enough: with few, it mostly fills
)


class Gemm(NamedTuple):
    """C[b] = A[b] (m x k) times B[b] (k x n)."""

    b: int
    m: int
    n: int
    k: int
    dtype: str = "fp32"
    k_major: bool = False  # both operands stored along k, as a linear layer with its weights has them
    window: float = 1.0  # implicit products: how often an element of A's source appears in A
    out_bytes: int = 0  # size of a result element; 0: that of the inputs, 4 for INT8

    @property
    def operations(self) -> float:
        """Floating-point operations of the mathematics."""
        return 2.0 * self.b * self.m * self.n * self.k


class Rates(NamedTuple):
    """A Silicon as one type of product sees it."""

    vector: bool
    fma: float  # multiply-adds a clock of a multiprocessor
    bytes: int
    stage: int
    fill_cpB: float  # clocks a byte of fill takes of shared memory's port
    copy_cpB: float  # clocks a byte of an asynchronous copy takes of the L1's port, beside the rest
    chain: float  # exponent with which the chain of stages hides behind other warps
    stages: int
    touches: int  # how often a filled byte passes L1 or shared memory
    energy: float  # of a tensor multiply-add, against a 16-bit one


def rates(si: Silicon, g: Gemm) -> Rates:
    """Rate, stage and cost of fills for the type of a product."""
    dtype, fma = si.matrix(g.dtype)
    size, _, _, energy = TYPES[dtype]
    vector = si.on_lanes(g.dtype)
    if vector:
        fill = FILL * (STRIDED_FILL if g.k_major else 1.0) * (1 / si.l1_Bpc + 1 / si.shared_Bpc)
        return Rates(True, fma, size, STAGE * 4 // size, fill, 0.0, LATENCY_OVERLAP, 2, 2, 1.0)
    if family(si.kernels).async_copy:
        return Rates(
            False,
            fma,
            size,
            STAGE_TENSOR_BYTES // size,
            1 / si.shared_Bpc,
            1 / si.l1_Bpc,
            OVERLAP,
            3,
            1,
            energy,
        )
    fill = FILL * (1 / si.l1_Bpc + 1 / si.shared_Bpc)
    return Rates(False, fma, size, STAGE_TENSOR_BYTES // size, fill, 0.0, LATENCY_OVERLAP, 2, 2, energy)


class Plan(NamedTuple):
    """A product cut for one kernel: what its blocks cost and move."""

    clocks: float
    read: float
    write: float
    l2: float
    shared: float
    fma: float
    blocks: int
    resident: int


def plan(si: Silicon, g: Gemm, tile: Tile, split: int, r: Rates) -> Plan:
    """Clocks and traffic of a product with one tile."""
    bm, bn, size = tile.bm, tile.bn, r.bytes
    k = math.ceil(g.k / split / r.stage) * r.stage
    across, down = math.ceil(g.n / bn), math.ceil(g.m / bm)
    blocks = across * down * g.b * split
    out = g.out_bytes or (4 if g.dtype in ("int8", "tf32") else size)
    warps = tile.threads / si.warp
    # A stage, by the unit of k.
    fma = bm * bn / r.fma
    operands = bm * bn * (1 / tile.wm + 1 / tile.wn) * size
    fills = (bm + bn) * size
    step: tuple[float, ...] = (operands / si.shared_Bpc + fills * r.fill_cpB, fills * r.copy_cpB, fma)
    registers = 255.0
    if r.vector:
        # operand reads of four words each; sums, two sets of operands and about 30 others in registers
        words = (tile.wm / 8 + tile.wn / 4) / 4
        step = (*step, bm * bn / si.warp / si.issue * (1 + (words + OTHER_ISSUE) / tile.sums))
        registers = min(255, tile.sums + 8 * words + 30)
    else:
        registers = min(255, tile.sums + 60)
    unit = shared_time(OVERLAP, step)
    limits = (si.threads, si.blocks, si.registers, si.shared)
    stage = fills * r.stage * tile.slices
    stages = max(2, min(r.stages, int(si.shared_block // stage)))
    resident = resident_blocks(tile.threads, registers, stages * stage, limits)
    # The chain of one block: its stages one after the other, each with its latencies.
    alone = k / r.stage / tile.slices * (r.stage * bm * bn * tile.slices / r.fma / max(1.0, warps) * si.partitions
                                         + STAGE_LATENCY)  # fmt: skip

    def wave(n: int) -> float:
        busy = min(1.0, n * warps / si.partitions)
        body = shared_time(r.chain, (k * n * unit / busy, alone))
        return body + WAVE_CLOCKS + n * bm * bn * out / (STORE * si.l1_Bpc)

    capacity = si.multiprocessors * resident
    full, rest = divmod(blocks, capacity)
    clocks = full * wave(resident) if full else 0.0
    if rest:
        clocks += wave(math.ceil(rest / si.multiprocessors))
    read = _reads(si, g, tile, (k, size, resident), min(blocks, capacity), blocks)
    # parts of a split product are written, read again and added
    write = g.b * g.m * g.n * (out if split == 1 else 8 * split)
    requests = blocks * k * (bm + bn / family(si.kernels).multicast) * size
    return Plan(
        clocks, read, write, requests + write, blocks * k * (operands + r.touches * fills), blocks * k * bm * bn, blocks, resident
    )  # fmt: skip


def _reads(si: Silicon, g: Gemm, tile: Tile, depth: tuple[int, int, int], wave: int, blocks: int) -> float:
    """Bytes from device memory: each operand once at least; once a wave where the L2 does not hold it from wave to
    wave; once a block where blocks of a wave drift apart by more than the L2 holds."""
    k, size, resident = depth
    across, down = math.ceil(g.n / tile.bn), math.ceil(g.m / tile.bm)
    once = g.b * size * (g.m * g.k / g.window + g.k * g.n)
    products = max(1.0, wave / (across * down))
    in_one = min(wave, across * down)
    # The grid is walked in squares ("swizzled"), so that blocks that run together share most.
    wide = max(1.0, min(across, in_one, math.sqrt(in_one * tile.bm / tile.bn)))
    tall = math.ceil(in_one / wide)
    per_k = size * (wide * tile.bn + tall * tile.bm / g.window) * products
    held = si.l2_near * L2_HELD
    by_wave = max(once, blocks / wave * per_k * k)
    kept = hit_rate(size * k * (g.n * math.ceil(products) + tall * tile.bm), held)
    shared = once * kept + by_wave * (1 - kept)
    # Blocks that share a multiprocessor take turns and drift more; those of one small product of a batch start
    # together and drift less than those of a whole wave.
    drift = DRIFT * math.sqrt(k * resident * in_one / wave)
    together = hit_rate(per_k * drift, held)
    requests = blocks * k * size * (tile.bm / g.window + tile.bn)
    return shared * together + max(shared, requests) * (1 - together)


def fits(si: Silicon, tile: Tile, r: Rates) -> bool:
    """Whether two stages of a tile fit the shared memory that a block may have."""
    return 2 * (tile.bm + tile.bn) * r.bytes * r.stage * tile.slices <= si.shared_block


def candidates(si: Silicon, g: Gemm, r: Rates) -> list[tuple[Tile, int]]:
    """Kernels that the library could launch for this shape, each with a split of k."""
    kernels = family(si.kernels)
    if si.on_lanes(g.dtype):
        tiles, splits = (kernels.batched, (1,)) if g.b > 1 else (kernels.plain, kernels.splits)
    else:
        tiles, splits = kernels.tensor, (1,) if g.b > 1 else (1, 2, 4)
    found = []
    for tile in (tile for tile in tiles if fits(si, tile, r)):
        blocks = math.ceil(g.m / tile.bm) * math.ceil(g.n / tile.bn) * g.b
        for split in splits:
            # Splitting is for chips that would stand partly idle, and parts must stay worth a block.
            if split == 1 or (g.k // split >= 128 and blocks < 8 * si.multiprocessors):
                found.append((tile, split))
    return found


def work(si: Silicon, g: Gemm, only: Tile | None = None) -> Work:
    """The Work of the fastest kernel at the highest clock (a library knows no power limit), or of that with one tile."""
    r = rates(si, g)
    best: tuple[float, Tile, int, Plan] | None = None
    l2_rate = si.l2_Bpc * L2_DELIVERED
    for tile, split in [(only, 1)] if only else candidates(si, g, r):
        p = plan(si, g, tile, split, r)
        time = max(p.clocks / si.clock_hz, p.l2 / l2_rate / si.clock_hz, si.dram_s(p.read, p.write))
        if best is None or time < best[0]:
            best = (time, tile, split, p)
    if best is None:
        raise UsageError(
            f"no kernel for {g.dtype} fits the shared memory of {si.key}: {si.shared_block} bytes a block"
        )
    _, tile, split, p = best
    return Work(
        "gemm",
        {"matrix": p.clocks},
        min(DEEP_OVERLAP, 2 + g.k / split / r.stage / 8),
        p.read,
        p.write,
        p.l2,
        p.shared,
        p.fma * (r.bytes / 4 if r.vector else 0.0),
        0.0 if r.vector else p.fma * r.energy,
        g.operations,
        1 if split == 1 else 2,
        f"{tile.name}{f' split {split}' if split > 1 else ''}, {p.blocks} blocks, {p.resident} resident",
    )
