"""How the addresses of lanes lie to each other. In: the Shape of an address. Out: rows, combs and small strides that it makes, and what an access takes.

The code generator writes accesses by these patterns; passes that form accesses ask here what would become of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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


def runs(shape: Shape, lanes: int, bits: int) -> tuple[list[int], list[int]] | None:
    """Lanes in the order of their addresses, each another one, and the lengths of rows of at most 64 bytes that these make; None if they are not much fewer
    than the lanes."""
    if shape.stride is not None:
        return None
    order = np.argsort(shape.c, kind="stable")
    steps = np.diff(shape.c[order])
    if not steps.all():
        return None
    sizes: list[int] = []
    for run in np.diff([0, *(np.flatnonzero(steps != bits // 8) + 1), lanes]).tolist():
        while run:
            sizes.append(min(1 << run.bit_length() - 1, 512 // bits))
            run -= sizes[-1]
    return ([int(lane) for lane in order], sizes) if 2 * len(sizes) <= lanes else None


class Shuffles(NamedTuple):
    """Windows that a target's instructions are good for: rows of so many bits (0: none), of elements that a mask may leave out, from so many bits on."""

    row_bits: int = 0
    least_bits: int = 0


class Window(NamedTuple):
    """Elements that the lanes permute: `start`: bytes from the base to the first; `elements`: each lane's, from there on; `rows`: the vectors of
    `size` elements that have some of them."""

    start: int
    size: int
    elements: Any
    rows: tuple[int, ...]


def window(shape: Shape, lanes: int, bits: int, row_bits: int, distinct: bool) -> Window | None:
    """Lanes whose elements, each another one where they must be `distinct`, lie so near to each other that a vector of lanes has its own in two
    vectors of memory."""
    size = min(row_bits // bits, lanes)
    if shape.stride is not None or (8 * shape.c % bits).any() or lanes % size:
        return None
    start = int(shape.c.min())
    start -= (start + shape.phase) % (size * bits // 8) // (bits // 8) * (bits // 8)  # rows are lines, or parts of them
    elements = (shape.c - start) // (bits // 8)
    if distinct and len(np.unique(elements)) < lanes:
        return None
    if any(len(np.unique(part // size)) > 2 for part in elements.reshape(-1, size)):
        return None
    return Window(start, size, elements, tuple(int(row) for row in np.unique(elements // size)))


def _by_window(shape: Shape, lanes: int, bits: int, shuffles: Shuffles) -> float | None:
    found = window(shape, lanes, bits, shuffles.row_bits, True) if shuffles.row_bits and bits >= shuffles.least_bits else None
    return 2.0 * (lanes // found.size + len(found.rows)) if found is not None else None


def short(plan: tuple[int, list[str]] | None, bits: int) -> bool:
    """Pieces, if any, of less than half a vector, `bits` a lane: a window is better."""
    return plan is None or (plan[0] * bits < _VECTOR // 2 and set(plan[1]) == {"row"})


def cost(shape: Shape | None, lanes: int, bits: int, count: int, masked: bool, shuffles: Shuffles | None = None) -> float:
    """What an access of `count` neighbouring elements a lane takes, about, in vector instructions; with windows, if the target's are given."""
    vectors = max(1.0, lanes * bits / _VECTOR)
    if shape is not None:
        if shape.uniform:
            return count
        plan = pieces(shape, lanes, bits // 8 * count)
        near = _by_window(shape, lanes, bits, shuffles) if shuffles is not None and count == 1 else None
        if near is not None and short(plan, bits):
            return near
        if plan is not None:
            moved = vectors * count if "row" in plan[1] or "back" in plan[1] else 0
            apart = vectors * count if count > 1 else 0
            return moved + apart + len(plan[1])
    per = min(64 // bits, count)
    if per > 1 and count % per == 0:  # goes through larger units
        return cost(shape, lanes, bits * per, count // per, masked, shuffles) + vectors * count
    if shape is not None and not masked:
        every = comb(shape, lanes, bits) if bits >= 32 else None
        if every:
            return count * vectors * (1 + every[1])
        if bits < 32 and small_step(shape, bits):
            return count * 4 * max(1.0, lanes * small_step(shape, bits) * 8 / _VECTOR)
        return count * 2 * lanes
    return count * (1.5 * lanes if bits >= 32 else 2 * lanes)
