"""How the addresses of lanes lie to each other. In: the Shape of an address. Out: rows, combs and small strides that it makes, and what an access takes.

The code generator writes accesses by these patterns; passes that form accesses ask here what would become of them.
"""

from __future__ import annotations

import numpy as np

from sheer.passes.shape import Shape

_VECTOR = 512  # bits


def pieces(shape: Shape, lanes: int, step: int) -> tuple[int, list[str]] | None:
    """(lanes per piece, pattern of each): "row" contiguous, "same" one address, "back" contiguous backwards."""
    size = lanes
    while size >= 4:
        patterns = [_pattern(shape, first, size, step) for first in range(0, lanes, size)]
        if all(patterns):
            return size, patterns
        size //= 2
    return None


def _pattern(shape: Shape, first: int, size: int, step: int) -> str:
    stop = first + size
    if shape.m is not None and (shape.m[first:stop] != shape.m[first]).any():
        return ""
    difference = shape.c[first:stop] - shape.c[first]
    along = np.arange(size)
    if (difference == along * step).all():
        return "row"
    if not difference.any():
        return "same"
    return "back" if (difference == -along * step).all() else ""


def comb(shape: Shape, lanes: int, bits: int) -> tuple[int, int] | None:
    """(lanes of a piece, elements from one lane to the next), if every piece of the lanes takes every second to fourth element of a row."""
    for size in (16, 8, 4):
        if lanes % size or size * bits < 256:
            continue
        steps = np.diff(shape.c.reshape(-1, size), axis=1)
        step = int(steps[0, 0])
        if 8 * step not in (2 * bits, 3 * bits, 4 * bits) or (steps != step).any():
            continue
        if shape.m is None or not np.diff(shape.m.reshape(-1, size), axis=1).any():
            return size, 8 * step // bits
    return None


def small_step(shape: Shape, bits: int) -> int:
    """Bytes from one lane to the next of small elements, if these are the same for all lanes and few; else 0."""
    steps = np.diff(shape.c)
    step = int(steps[0])
    return step if (steps == step).all() and shape.stride is None and bits < 8 * step <= 64 else 0


def cost(shape: Shape | None, lanes: int, bits: int, count: int, masked: bool) -> float:
    """What an access of `count` neighbouring elements a lane takes, about, in vector instructions."""
    vectors = max(1.0, lanes * bits / _VECTOR)
    if shape is not None:
        if shape.uniform:
            return count
        plan = pieces(shape, lanes, bits // 8 * count)
        if plan is not None:
            moved = vectors * count if "row" in plan[1] or "back" in plan[1] else 0
            apart = vectors * count if count > 1 else 0
            return moved + apart + len(plan[1])
    per = min(64 // bits, count)
    if per > 1 and count % per == 0:  # goes through larger units
        return cost(shape, lanes, bits * per, count // per, masked) + vectors * count
    if shape is not None and not masked:
        found = comb(shape, lanes, bits) if bits >= 32 else None
        if found:
            return count * vectors * (1 + found[1])
        if bits < 32 and small_step(shape, bits):
            return count * 4 * max(1.0, lanes * small_step(shape, bits) * 8 / _VECTOR)
        return count * 2 * lanes
    return count * (1.5 * lanes if bits >= 32 else 2 * lanes)
