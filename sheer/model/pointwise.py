"""Element-wise kernels, copies, reductions of whole tensors, and look-ups in a table.

Comes in: what is read and written for an element and how many instructions it takes. Goes out: a Work. A thread
moves a vector of elements and ends, so what bounds it is memory, the loads that threads keep in flight, or issue.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sheer.base.errors import UsageError
from sheer.model.silicon import Silicon, type_bytes
from sheer.model.work import Work

OVERLAP = 4.0
VECTOR = 4  # elements of a thread
THREAD_CLOCKS = 290.0  # start of a block, address arithmetic, store; beside the latency of its loads
SECTOR = 32  # bytes: the least that memory gives

# Operation: inputs, instructions of a lane for an element (with address arithmetic; special functions as the
# instructions of their polynomials), special-function instructions.
KINDS: dict[str, tuple[int, float, float]] = {
    "add": (2, 4, 0), "sub": (2, 4, 0), "mul": (2, 4, 0), "div": (2, 12, 1), "pow": (2, 42, 2),
    "relu": (1, 4, 0), "copy": (1, 3, 0), "neg": (1, 4, 0), "abs": (1, 4, 0),
    "addu": (1, 4, 0), "subu": (1, 4, 0), "mulu": (1, 4, 0), "divu": (1, 5, 0), "powu": (1, 42, 2),
    "exp": (1, 8, 1), "tanh": (1, 10, 2), "sigmoid": (1, 14, 2), "gelu": (1, 26, 1), "silu": (1, 14, 2),
    "rsqrt": (1, 6, 1), "where": (3, 5, 0), "fma": (3, 4, 0),
}  # fmt: skip


class Pointwise(NamedTuple):
    """An element-wise operation; a trailing `u` of a name means that one operand is a number."""

    kind: str
    elements: int
    dtype: str = "fp32"


def work(si: Silicon, op: Pointwise) -> Work:
    """The Work of one launch."""
    if op.kind not in KINDS:
        raise UsageError(f"there is no element-wise operation {op.kind!r}; there are {', '.join(KINDS)}")
    inputs, instructions, special = KINDS[op.kind]
    size = type_bytes(op.dtype)
    return stream(si, op.kind, op.elements, inputs * size, size, instructions, special)


def stream(
    si: Silicon,
    name: str,
    elements: float,
    read: float,
    write: float,
    instructions: float,
    special: float = 0.0,
) -> Work:
    """A kernel in which a thread loads VECTOR elements of `read` bytes, works, and stores `write` bytes each."""
    waves = math.ceil(elements / (VECTOR * si.threads * si.multiprocessors))
    latency = si.latency_s * si.clock_hz + THREAD_CLOCKS
    lanes = si.issue * si.warp
    moved = elements * (read + write)
    return Work(
        name,
        {
            "latency": waves * latency,
            "issue": elements * instructions / (si.multiprocessors * lanes),
            "special functions": elements * special / (si.multiprocessors * si.sfu),
        },
        OVERLAP,
        elements * read,
        elements * write,
        moved,
        moved,
        elements * instructions,
        0.0,
        elements * max(1.0, instructions - 3),
    )


def reduction(si: Silicon, elements: int, dtype: str = "fp32", rows: int = 1) -> Work:
    """Sums of `rows` rows that together hold `elements`: one pass, and a second launch where one block a row would
    leave multiprocessors idle."""
    base = stream(si, "reduction", elements, type_bytes(dtype), 0.0, 3)
    launches = 1 if rows >= si.multiprocessors else 2
    return base._replace(
        write_bytes=rows * 4.0, launches=launches, operations=float(elements), note=f"{launches} launches"
    )


def embedding(si: Silicon, lookups: int, width: int, dtype: str = "fp32", rows: int = 0) -> Work:
    """Rows of a table by their numbers; a table that the L2 holds is read once."""
    size = type_bytes(dtype)
    row = math.ceil(width * size / SECTOR) * SECTOR
    base = stream(si, "embedding", lookups * width, size, size, 5)
    read = lookups * (row + 8.0)
    if rows and rows * row < si.l2_near / 2:
        read = min(read, rows * row + lookups * 8.0)
    return base._replace(read_bytes=read, operations=float(lookups * width))
