"""Element-wise kernels, copies, reductions of whole tensors, and look-ups in a table.

Comes in: what is read and written for an element and how many instructions it takes. Goes out: a Work. A thread
moves a vector of elements and ends, so what bounds it is memory, the loads that threads keep in flight, or issue.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sheer.base.errors import UsageError
from sheer.model.silicon import Silicon, type_bytes
from sheer.model.work import ENERGY, Work, multiprocessor

OVERLAP = 4.0
VECTOR = 4  # elements of a thread
THREAD_CLOCKS = 290.0  # start of a block, address arithmetic, store; beside the latency of its loads
SECTOR = 32  # bytes: the least that memory gives



class Mix(NamedTuple):
    """What an operation asks for, by the element; `alu` has comparisons, selections, integers and addresses."""

    inputs: int
    fp32: float
    alu: float
    special: float = 0.0


# Counted from the code of library kernels: a thread of four elements has about a dozen instructions for its index,
# its range and its addresses, three an element. The rest: a division is a reciprocal and five multiply-adds; pow a
# logarithm to 48 bits and an exponential; erf one polynomial of eight steps with selected coefficients.
KINDS: dict[str, Mix] = {
    "add": Mix(2, 1, 3), "sub": Mix(2, 1, 3), "mul": Mix(2, 1, 3), "div": Mix(2, 7, 5, 1), "pow": Mix(2, 33, 12, 2),
    "relu": Mix(1, 0, 4), "copy": Mix(1, 0, 3), "neg": Mix(1, 1, 3), "abs": Mix(1, 1, 3),
    "addu": Mix(1, 1, 3), "subu": Mix(1, 1, 3), "mulu": Mix(1, 1, 3), "divu": Mix(1, 1, 3), "powu": Mix(1, 33, 12, 2),
    "exp": Mix(1, 3, 4, 1), "tanh": Mix(1, 9, 6, 2), "sigmoid": Mix(1, 9, 6, 2), "gelu": Mix(1, 14, 14, 1),
    "silu": Mix(1, 10, 6, 2), "rsqrt": Mix(1, 1, 3, 1), "where": Mix(3, 0, 4), "fma": Mix(3, 1, 3),
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
    mix = KINDS[op.kind]
    size = type_bytes(op.dtype)
    return stream(si, op.kind, op.elements, mix.inputs * size, size, mix)


def stream(si: Silicon, name: str, elements: float, read: float, write: float, mix: Mix) -> Work:
    """A kernel in which a thread loads VECTOR elements of `read` bytes, works, and stores `write` bytes each."""
    waves = math.ceil(elements / (VECTOR * si.threads * si.multiprocessors))
    latency = si.latency_s * si.clock_hz + THREAD_CLOCKS
    each = elements / si.multiprocessors
    moved = elements * (read + write)
    instructions = mix.fp32 + mix.alu + mix.special + (mix.inputs + 1) / VECTOR
    pipes = si.pipes
    on_fp32 = mix.fp32 + (mix.alu if pipes and pipes.int_on_fp32 else 0.0)
    units = {
        "issue": each * instructions / (si.issue * si.warp),
        "fp32": each * on_fp32 / si.lanes,
        "integer": each * mix.alu / pipes.int if pipes else 0.0,
        "special functions": each * mix.special / si.sfu,
    }
    unit, clocks, inside = multiprocessor(units)
    energy = mix.fp32 + ENERGY["int"] * mix.alu + ENERGY["sfu"] * mix.special
    return Work(
        name,
        {unit: clocks, "latency": waves * latency},
        OVERLAP,
        elements * read,
        elements * write,
        moved,
        moved,
        elements * energy,
        0.0,
        elements * max(1.0, mix.fp32 + mix.special),
        inside=inside,
    )


def reduction(si: Silicon, elements: int, dtype: str = "fp32", rows: int = 1) -> Work:
    """Sums of `rows` rows that together hold `elements`: one pass, and a second launch where one block a row would
    leave multiprocessors idle."""
    base = stream(si, "reduction", elements, type_bytes(dtype), 0.0, Mix(1, 1, 2))
    launches = 1 if rows >= si.multiprocessors else 2
    return base._replace(
        write_bytes=rows * 4.0, launches=launches, operations=float(elements), note=f"{launches} launches"
    )


def embedding(si: Silicon, lookups: int, width: int, dtype: str = "fp32", rows: int = 0) -> Work:
    """Rows of a table by their numbers; a table that the L2 holds is read once."""
    size = type_bytes(dtype)
    row = math.ceil(width * size / SECTOR) * SECTOR
    base = stream(si, "embedding", lookups * width, size, size, Mix(1, 0, 5))
    read = lookups * (row + 8.0)
    if rows and rows * row < si.l2_near / 2:
        read = min(read, rows * row + lookups * 8.0)
    return base._replace(read_bytes=read, operations=float(lookups * width))
