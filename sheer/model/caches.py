"""What the caches of a chip serve of a kernel's traffic: from reuse distances, which belong to the program, to hit rates, which belong to the chip.

Comes in: Counters, the blocks that a multiprocessor holds, a Silicon. Goes out: a Traffic: bytes between the levels.

The L1 sees each block's own reuse; blocks that share it take turns, so every distance grows by their number. The L2 sees what blocks share.
Blocks of one wave run side by side and use the same data at nearly the same time; between later blocks lies all that the blocks between them touched.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sheer.base.counters import Access, Counters
from sheer.model.residency import Found
from sheer.model.silicon import Silicon
from sheer.model.work import hit_rate

SECTOR = 32  # bytes
NEAREST = 1024  # bytes: the bound of the first bucket of reuse distances inside a block
MIDDLE = 0.75  # of a bucket from x to 2x, over 2x
# Part of the L1 that holds data for reuse: sets fill unevenly, and what is stored passes through. Carried over from row kernels of libraries
# (sheer.model.rowwise), on which it was fitted.
L1_HELD = 0.68
# Part of the L2 that holds data for reuse, beside what only passes; between what was fitted for products (0.39) and for
# rows (0.52) of libraries.
L2_HELD = 0.45
# How far blocks of a wave drift apart: like a random walk, by the root of what they read, and more where blocks share a
# multiprocessor and take turns. This many bytes a step; the drift that was fitted for products of libraries (sheer.model.gemm), in bytes.
DRIFT_BYTES = 31e3


class Traffic(NamedTuple):
    """Bytes between levels, for a whole grid."""

    l1_hit: float  # of sectors that loads ask for
    l2_hit: float  # of sectors that loads bring from the L2
    l1_bytes: float  # capacity of the L1
    l2_read: float
    l2_write: float
    dram_read: float
    dram_write: float


def warm(flow: Traffic, found: Found) -> Traffic:
    """The traffic of a kernel that finds some of its data in the L2, and writes over what had not left it."""
    read = max(0.0, flow.dram_read - found.read)
    hit = 1 - (1 - flow.l2_hit) * read / flow.dram_read if flow.dram_read else flow.l2_hit
    return flow._replace(dram_read=read, dram_write=max(0.0, flow.dram_write - found.written), l2_hit=hit)


def access(c: Counters, kind: str) -> Access:
    """Accesses of one kind; nothing where there were none."""
    return c.memory.get(kind, Access())


def l1_capacity(si: Silicon, shared: float) -> float:
    """Bytes of the L1 beside the shared memory that resident blocks take."""
    assert si.pipes
    return min(si.l1, max(si.pipes.l1_least, si.shared + si.pipes.l1_least - shared))


def spread(c: Counters, blocks: float) -> float:
    """Different bytes that so many consecutive blocks touch: each adds what none of those before it in the row touched."""
    each = c.blocks * c.l2.footprint
    if not each:
        return 0.0
    total, again, first = c.l2.footprint, 0.0, 1.0  # the first block's bytes are all new
    for bytes_ in c.l2.reuse:
        if first >= blocks:
            break
        again += bytes_  # reuse over 2**k blocks and more: found by the blocks from 2**k + 1 on
        last = min(2 * first, blocks)
        total += (last - first) * c.l2.footprint * max(0.0, 1 - again / each)
        first *= 2
    if blocks > first:
        total += (blocks - first) * c.l2.footprint * max(0.0, 1 - again / each)
    return min(total, c.l2.cold_read + c.l2.cold_write) or total


def inside(k: int, own: float) -> float:
    """Bytes between two uses of a sector in a block that loads `own` different bytes, where the uses lie in bucket `k`: the middle of the bucket. Where
    all that the block loads ends in the bucket, the block walks over it again, and exactly that lies between."""
    bound = NEAREST * 2.0**k
    return own if bound / 2 < own <= bound else MIDDLE * bound


def together(c: Counters, wave: float) -> float:
    """Blocks of a wave that share data with each other, directly or by others: the furthest distance at which they share, times the blocks that use the
    same byte. Those of one small product of a batch start together and drift apart less than those of a whole wave."""
    reuse, cold = sum(c.l2.reuse), c.l2.cold_read + c.l2.cold_write
    if not reuse or not cold:
        return wave
    furthest = max(k for k, bytes_ in enumerate(c.l2.reuse) if bytes_ > 0.05 * reuse)
    return min(wave, max(2.0, 2.0**furthest * (1 + reuse / cold)))


def traffic(c: Counters, si: Silicon, resident: int, shared: float) -> Traffic:
    """Bytes from level to level; `resident` blocks of `shared` bytes each lie on a multiprocessor."""
    l1 = l1_capacity(si, resident * shared)
    own = c.l1.cold * SECTOR / c.blocks  # different bytes that a block loads: nothing can lie further away in it
    wave = min(c.blocks, resident * si.multiprocessors)
    held = si.l2_near * L2_HELD
    wave_bytes = spread(c, wave)
    # Inside a block: what the L1 does not keep comes from the L2, if the blocks that run keep it there.
    loads = c.l1.cold + sum(c.l1.reuse)
    l1_miss = again = 0.0
    for k, sectors in enumerate(c.l1.reuse):
        distance = inside(k, own)
        missed = sectors * (1 - hit_rate(distance * resident, l1 * L1_HELD))
        l1_miss += missed
        between = min(wave_bytes, distance * wave)
        again += missed * SECTOR * (1 - hit_rate(between, held))
    l2_read = (c.l1.cold + l1_miss) * SECTOR
    # Between blocks. Who comes late in a wave finds what the one before him fetched again: however many share it, data is
    # fetched once for each stretch of the drift that the L2 holds.
    drift = wave_bytes * min(1.0, math.sqrt(resident * DRIFT_BYTES / c.l2.footprint)) if c.l2.footprint else 0.0
    drift *= math.sqrt(together(c, wave) / wave)
    late, fetches = 0.0, c.blocks / wave * wave_bytes * drift / held
    for k, bytes_ in enumerate(c.l2.reuse):
        distance = 1.5 * 2.0**k if k else 1.0
        if distance <= wave:
            late += bytes_
        else:
            again += bytes_ * (1 - hit_rate(spread(c, distance), held))
    again += min(late, fetches) * (1 - hit_rate(drift, held))
    written = (access(c, "global_store").sectors + access(c, "local_store").sectors) * SECTOR
    atomics = access(c, "atomic").sectors * SECTOR
    read = min(c.l2.cold_read + again, max(l2_read, c.l2.cold_read))
    return Traffic(
        l1_hit=1 - (c.l1.cold + l1_miss) / loads if loads else 0.0,
        l2_hit=max(0.0, 1 - read / l2_read) if l2_read else 0.0,
        l1_bytes=l1,
        l2_read=l2_read + atomics,
        l2_write=written + atomics,
        dram_read=read,
        dram_write=c.l2.written,
    )
