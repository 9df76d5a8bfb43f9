"""What a kernel asks of a chip (`Work`), and the laws by which units share time.

A Work holds clocks of the busiest multiprocessor by what binds it, bytes of each level and operations by kind.
It says nothing of the clock rate: the price of it does (sheer.model.price).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

# Part of the L2's nominal width that its slices deliver under traffic of many multiprocessors (bank conflicts,
# crossbar arbitration). Fitted once for all chips on GEMM rows; microbenchmarks of V100, T4, A100 and H100 show
# 0.5 to 0.75.
L2_DELIVERED = 0.56
PIPE_OVERLAP = 8.0  # pipes of a multiprocessor work side by side under many warps; an exponent of `shared_time`
# Energy of an instruction of a lane over that of an FP32 multiply-add; most of it is fetch, registers and control. What an access to memory takes
# is in the energy of its bytes, what a matrix instruction takes in that of its multiply-adds.
ENERGY = {"fp64": 2.5, "sfu": 1.5, "int": 0.6, "convert": 0.8, "branch": 0.4, "barrier": 0.2, "constant": 0.3, "vote": 0.4, "other": 0.4}


class Work(NamedTuple):
    """One kernel launch, or several equal ones."""

    name: str
    clocks: dict[str, float]  # unit: clocks that it needs on the busiest multiprocessor
    overlap: float  # exponent of `shared_time`: how well the kernel overlaps its units
    read_bytes: float  # from device memory
    write_bytes: float  # to device memory
    l2_bytes: float  # between L2 and multiprocessors
    shared_bytes: float  # from and to shared memory and L1
    fma: float  # instructions of vector lanes, counted as multiply-adds
    tensor: float  # multiply-adds of tensor cores, in units of a 16-bit one's energy
    operations: float  # floating-point operations of the mathematics, for rates
    launches: int = 1
    note: str = ""  # which kernel was chosen
    inside: dict[str, float] = {}  # clocks of further units of a multiprocessor that `clocks` has in its sum already


def shared_time(exponent: float, times: Iterable[float]) -> float:
    """Time of units that work side by side: their maximum where they overlap perfectly (large exponent), their
    sum where they take turns (1), in between for what real schedules do."""
    known = [t for t in times if t > 0]
    if not known:
        return 0.0
    most = max(known)
    return most * sum((t / most) ** exponent for t in known) ** (1 / exponent)


def multiprocessor(units: dict[str, float]) -> tuple[str, float, dict[str, float]]:
    """Clocks of a multiprocessor that runs many warps, from those of its issue slots ("issue") and each of its pipes: the name of the busiest, the
    clocks of all together, and the others, for a Work's `inside`. An instruction takes its slot and its pipe at once, so these two never add."""
    busiest = max(units, key=lambda unit: units[unit])
    pipes = shared_time(PIPE_OVERLAP, (t for unit, t in units.items() if unit != "issue"))
    return busiest, max(units["issue"], pipes), {unit: t for unit, t in units.items() if unit != busiest and t > 0}


def hit_rate(footprint: float, capacity: float, sharpness: float = 4.0) -> float:
    """Part of re-reads that a cache serves when `footprint` bytes pass between a use and the next: near one below
    its capacity, near zero above, smooth because sets fill unevenly."""
    if capacity <= 0:
        return 0.0
    return 1 / (1 + (footprint / capacity) ** sharpness)


def resident_blocks(threads: int, registers: float, shared: float, limits: tuple[int, int, int, int]) -> int:
    """Blocks that fit a multiprocessor at once; `limits` are its threads, blocks, registers and shared bytes."""
    most_threads, most_blocks, most_registers, most_shared = limits
    rounded = -(-int(registers) // 8) * 8  # registers are handed out in eights
    fit = min(
        most_threads // threads,
        most_blocks,
        most_registers // max(1, rounded * threads),
        int(most_shared // shared) if shared else most_blocks,
    )
    return max(1, fit)
