"""Attention in one kernel: scores, soft-max and weighted sum without the scores ever leaving the multiprocessor.

Comes in: batch, heads, lengths, head size, type. Goes out: a Work after the published FlashAttention-2 scheme: a
block keeps 128 queries and walks over the keys; tensor cores, special functions and vector lanes take part.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sheer.model.silicon import TYPES, Silicon
from sheer.model.work import Work

QUERIES = 128  # of a block
OVERLAP = 2.0  # products wait for the soft-max of their scores; two blocks or warp groups alternate
VECTOR_INSTRUCTIONS = 8.0  # of a lane for a score: scale, maximum, subtract, sum, convert, rescale
BLOCK_CLOCKS = 3000.0


class Attention(NamedTuple):
    """Softmax(Q K') V for every head."""

    b: int
    heads: int
    queries: int
    keys: int
    size: int
    dtype: str = "bf16"
    causal: bool = False


def work(si: Silicon, op: Attention) -> Work:
    """The Work of one launch."""
    dtype, fma_rate = si.matrix(op.dtype)
    width = TYPES[dtype][0]
    part = 0.5 if op.causal and op.queries == op.keys else 1.0
    heads = op.b * op.heads
    blocks = heads * math.ceil(op.queries / QUERIES)
    scores = QUERIES * op.keys * part  # of an average block
    vector = scores * VECTOR_INSTRUCTIONS / (si.issue * si.warp)
    products = 2 * scores * op.size / fma_rate
    exps = scores / si.sfu
    operands = scores * 2 * op.size * width / 64 / si.shared_Bpc  # 64 queries of a warp group share a read
    # Two blocks fit at once; waves of whole blocks.
    waves = math.ceil(blocks / (2 * si.multiprocessors)) * 2 if blocks > si.multiprocessors else 1
    moved = heads * op.size * width * (2.0 * op.queries + 2.0 * op.keys)
    written = heads * op.queries * op.size * width
    multiply_adds = 2.0 * heads * op.queries * op.keys * part * op.size
    return Work(
        "attention",
        {
            "matrix": waves * (products + BLOCK_CLOCKS / 2),
            "special functions": waves * exps,
            "issue": waves * vector,
            "shared memory": waves * operands,
        },
        OVERLAP,
        moved - written,
        written,
        blocks * 2.0 * op.keys * part * op.size * width + moved,
        blocks * scores * 2 * op.size * width / 64,
        multiply_adds if si.on_lanes(op.dtype) else blocks * scores * VECTOR_INSTRUCTIONS,
        0.0 if si.on_lanes(op.dtype) else multiply_adds * TYPES[dtype][3],
        2 * multiply_adds,
        1,
        f"{blocks} blocks of {QUERIES} queries",
    )
