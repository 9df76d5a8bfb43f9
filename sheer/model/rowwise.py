"""Kernels that reduce rows: soft-max and layer norm.

Comes in: rows, width, type. Goes out: the Work of the kernel that PyTorch's library launches: a warp a row for
short rows of soft-max, else a block a row that passes over it two (layer norm) or three times (soft-max). A later
pass finds the row in the L1, the L2 or not at all, by the footprint of all resident blocks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sheer.model.library import softmax_threads
from sheer.model.silicon import Silicon, type_bytes
from sheer.model.work import Work, hit_rate

# Properties of the class of kernels, fitted once on rows of three chips.
OVERLAP = 2.4  # latencies, instructions and memory of such kernels overlap, but by no schedule
L1_HELD = 0.68  # part of the L1 that holds rows between passes
L2_HELD = 0.52
SHARPNESS = 4.5
L1_CLOCKS = 40.0  # latencies
L2_CLOCKS = 230.0
BLOCK_CLOCKS = 530.0  # start of a block, first address arithmetic, store of the last pass
MEMORY_SHARE = (
    0.6  # of the idle latency to memory, that the first load of a block adds: blocks start staggered
)
VECTOR_CLOCKS = 47.0  # a thread's step: four elements of a row, read, combined
REDUCE_CLOCKS = 320.0  # a block-wide reduction, by the binary logarithm of its threads
WARP_BLOCK_CLOCKS = 160.0
WARP_ELEMENT_CLOCKS = 12.5  # 32 elements of a row in registers: load, exp, shuffle, store
NORM_INSTRUCTIONS = 8.0  # of a lane for an element, both passes (Welford's update divides)
SOFTMAX_INSTRUCTIONS = 16.0
CONVERT_INSTRUCTIONS = 12.5  # of an element narrower than FP32, a pass: unpack, widen, narrow, pack
WARP_ROW = 1024  # longest row that a single warp keeps in registers


class Rows(NamedTuple):
    """Soft-max or layer norm over rows."""

    kind: str  # softmax, layernorm
    rows: int
    width: int
    dtype: str = "fp32"


class Kernel(NamedTuple):
    """How such a kernel goes about it."""

    threads: int
    rows: int  # of a block
    passes: int  # reads of a row
    reductions: int
    instructions: float


def kernel(op: Rows) -> Kernel:
    """The kernel by its width, as the library chooses it."""
    if op.kind == "layernorm":
        return Kernel(128, 1, 2, 1, NORM_INSTRUCTIONS)
    if op.width <= WARP_ROW:
        return Kernel(128, 4, 1, 0, SOFTMAX_INSTRUCTIONS)
    threads = softmax_threads(op.width, 16 // type_bytes(op.dtype))
    return Kernel(threads, 1, 3, 2, SOFTMAX_INSTRUCTIONS)


def work(si: Silicon, op: Rows) -> Work:
    """The Work of one launch."""
    k = kernel(op)
    row = op.width * type_bytes(op.dtype)
    resident = max(1, min(si.threads // k.threads, si.blocks))
    blocks = math.ceil(op.rows / k.rows)
    footprint = resident * k.rows * row
    l1 = hit_rate(footprint / L1_HELD, si.l1, SHARPNESS)
    l2 = hit_rate(footprint * si.multiprocessors / L2_HELD, si.l2_near, SHARPNESS)
    again = (k.passes - 1) * (1 - l1)  # passes that leave the multiprocessor
    memory_clocks = si.latency_s * si.clock_hz * MEMORY_SHARE
    if k.rows > 1:
        chain = WARP_BLOCK_CLOCKS + memory_clocks + WARP_ELEMENT_CLOCKS * op.width / si.warp
    else:
        reread = l1 * L1_CLOCKS + (1 - l1) * (l2 * L2_CLOCKS + (1 - l2) * memory_clocks)
        steps = math.ceil(op.width / (k.threads * 4))
        chain = (
            BLOCK_CLOCKS
            + memory_clocks
            + (k.passes - 1) * reread
            + k.passes * steps * VECTOR_CLOCKS
            + k.reductions * REDUCE_CLOCKS * math.log2(k.threads)
        )
    waves = math.ceil(blocks / (si.multiprocessors * resident))
    lanes = si.issue * si.warp
    elements = op.rows * op.width
    instructions = elements * k.instructions * max(1.0, k.passes / 2)
    if type_bytes(op.dtype) < 4:
        instructions += elements * k.passes * CONVERT_INSTRUCTIONS
    exponentials = elements * (k.passes - 1 or 1) if op.kind == "softmax" else 0.0
    return Work(
        op.kind,
        {
            "latency": waves * chain,
            "issue": instructions / (si.multiprocessors * lanes),
            "special functions": exponentials / (si.multiprocessors * si.sfu),
        },
        OVERLAP,
        op.rows * row * (1 + again * (1 - l2)),
        op.rows * row,
        op.rows * row * (2 + again),
        op.rows * row * (1 + k.passes),
        instructions,
        0.0,
        elements * (5.0 if op.kind == "softmax" else 8.0),
        1,
        f"{k.threads} threads, {k.rows} row{'s' if k.rows > 1 else ''} a block, {k.passes} passes, L1 {l1:.0%}",
    )
