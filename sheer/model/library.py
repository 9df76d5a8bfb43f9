"""Which kernels a library has: the tiles that its matrix products and reductions come in.

The families were read from kernel names in public profiles: cuBLAS 12.1 launches `volta_sgemm_*` on Volta and
Turing, `ampere_sgemm_*` on Ampere and later, `maxwell_sgemm_*` on Pascal. Tiles are facts of the library, equal
for every chip of a family; which of them a shape gets is searched (sheer.model.gemm), not looked up.
"""

from __future__ import annotations

from typing import NamedTuple


class Tile(NamedTuple):
    """One matrix-product kernel: a block of `threads` makes a bm x bn tile of the result."""

    name: str
    bm: int
    bn: int
    threads: int
    wm: int  # the part of the tile that reads shared memory together: a warp's, or a tensor core group's
    wn: int
    slices: int = 1  # groups of warps that share the tile along k ("sliced1x4")
    sums: int = 64  # accumulators of a thread


def _simt(bm: int, bn: int, threads: int, tm: int, tn: int, slices: int = 1) -> Tile:
    """A kernel of vector lanes, each thread with tm x tn sums; a warp is 8 by 4 threads."""
    name = f"{bn}x{bm}" + (f"_sliced1x{slices}" if slices > 1 else "")
    return Tile(name, bm, bn, threads, tm * 8, tn * 4, slices, tm * tn)


def _tensor(bm: int, bn: int, wm: int, wn: int) -> Tile:
    """A kernel of tensor cores; each warp makes wm x wn."""
    warps = (bm // wm) * (bn // wn)
    return Tile(f"{bm}x{bn}", bm, bn, 32 * warps, wm, wn, 1, wm * wn // 32)


class Family(NamedTuple):
    """What a library offers for one generation of chips."""

    plain: tuple[Tile, ...]  # FP32 products on vector lanes
    batched: tuple[Tile, ...]  # the same for batches of small ones
    splits: tuple[int, ...]  # into how many parts k may be cut, each with blocks of its own
    tensor: tuple[Tile, ...]
    async_copy: bool  # global to shared memory without registers (cp.async, TMA, TDA)
    multicast: int = 1  # blocks that one read of the L2 serves (clusters of Hopper)


WIDE = (_simt(128, 128, 256, 8, 8), _simt(64, 128, 128, 8, 8), _simt(64, 64, 64, 8, 8))
SMALL = (_simt(128, 32, 256, 4, 4), _simt(32, 128, 256, 4, 4))
SLICED = (_simt(32, 128, 256, 8, 8, 4), _simt(32, 64, 256, 4, 8, 4), _simt(32, 32, 128, 4, 8, 4))
MMA = (
    _tensor(256, 128, 64, 64), _tensor(128, 256, 64, 64), _tensor(128, 128, 64, 64), _tensor(256, 64, 64, 64),
    _tensor(64, 256, 64, 64), _tensor(128, 64, 64, 32), _tensor(64, 128, 32, 64), _tensor(64, 64, 32, 32),
)  # fmt: skip
# A warp group of four makes 64 rows at once and reads its operands from shared memory together.
WGMMA = tuple(
    Tile(f"{bm}x{bn}", bm, bn, 32 * 4 * (bm // 64), 64, bn, 1, 64 * bn // 128)
    for bm, bn in ((128, 256), (256, 128), (128, 128), (128, 64), (64, 128), (64, 64))
)
# Nothing is published of Biren's kernels: four T-cores of a compute unit share a tile, a quarter each.
TCORE = tuple(
    Tile(f"{bm}x{bn}", bm, bn, 512 if bm * bn > 8192 else 256, bm // 2, bn // 2, 1, bm * bn // 512)
    for bm, bn in ((256, 128), (128, 256), (128, 128), (128, 64), (64, 128), (64, 64))
)

FAMILIES = {
    "maxwell": Family(WIDE + SMALL, WIDE[1:] + SMALL, (1, 2, 3, 4, 6, 8), (), False),
    # None of 2048 batched products on V100 and T4 took the widest tile.
    "volta": Family(WIDE + SMALL + SLICED, WIDE[1:] + SMALL, (1, 2, 3, 4, 6, 8), MMA, False),
    # On Ampere the library splits k in 2 of 1040 products, takes the widest tile in 22 of them, and for every batch.
    "ampere": Family(WIDE[1:] + SMALL + SLICED, WIDE[:1], (1,), MMA, True),
    # GA102 and its like have a small L2: public profiles of such boards show ampere_sgemm_128x128 for large products.
    "ga102": Family(WIDE + SMALL + SLICED, WIDE[:1], (1,), MMA, True),
    "hopper": Family(WIDE[1:] + SMALL + SLICED, WIDE[:1], (1,), WGMMA, True, 2),
    "biren": Family(TCORE, TCORE, (1, 2, 4), TCORE, True),
}


def family(name: str) -> Family:
    """A family by the text `kernels` of a chip file."""
    return FAMILIES[name]


def softmax_threads(width: int, vector: int) -> int:
    """Threads of a block that reduces a row: the power of two above half of the row's vectors, 32 to 1024."""
    most, threads = min(width // vector, 1024), 1
    while threads < most / 2:
        threads *= 2
    return max(32, threads)
