"""What one launch of a program's kernel asks of a chip: from Counters, which know no chip, to a Work, which price() takes.

Comes in: Counters, the Launch (grid, block, registers, shared memory), a Silicon. Goes out: an Analysis: the Work, with the occupancy and the
traffic that it comes from.

A multiprocessor gets blocks / multiprocessors of the grid. Their instructions need issue slots and lanes of the pipes; a warp by itself is
a chain of latencies, which other warps hide the better the more of them there are; caches and memory see what reuse distances let through.
All constants here are properties of multiprocessors or of programs in general, none of a kernel. docs/model.md tells each.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sheer.base.counters import Counters, Launch
from sheer.base.errors import UsageError
from sheer.model.caches import SECTOR, Traffic, access, traffic, warm
from sheer.model.gemm import DEEP_OVERLAP
from sheer.model.gemm import OVERLAP as STAGES_OVERLAP
from sheer.model.occupancy import Occupancy, block_shared, occupancy
from sheer.model.residency import Found
from sheer.model.silicon import TYPES, Pipes, Silicon
from sheer.model.work import ENERGY, Work, multiprocessor, shared_time

BANK_ROW = 128  # bytes: the row of banks that shared memory or the L1 gives at once
# From an instruction to the next that needs its result, beside what chip files say; clocks.
SFU_CLOCKS = 20.0
FP64_CLOCKS = 8.0
CONVERT_CLOCKS = 12.0
SHUFFLE_CLOCKS = 23.0
BARRIER_CLOCKS = 25.0
TENSOR_CLOCKS = 33.0
BLOCK_CLOCKS = 290.0  # start of a block, first reads of its parameters, drain of its stores
PORTS = ("L1 and shared memory", "L2 port")
MEMORY_UNITS = ("load", "store", "atomic", "local", "shared_load", "shared_store", "shared_atomic")


NOTHING = Found()


class Analysis(NamedTuple):
    """A launch on a chip, before any price."""

    work: Work
    occupancy: Occupancy
    traffic: Traffic
    waves: float  # of blocks
    chain: float  # clocks that a block would take if it were alone
    busiest: float  # blocks that the busiest multiprocessor runs
    units: dict[str, float]  # clocks of the busiest multiprocessor by unit, each by itself


def analyse(c: Counters, launch: Launch, si: Silicon, found: Found = NOTHING) -> Analysis:
    """The Work of a launch, and why it is what it is; `found` is what it has to do with the L2 alone, thanks to kernels before it."""
    if si.pipes is None:
        raise UsageError(f"chip {si.key} lacks numbers that kernels need")
    if not c.blocks or not c.warps:
        raise UsageError(f"{launch.kernel}: its counters have no blocks")
    held = occupancy(launch, si)
    flow = warm(traffic(c, si, held.blocks, block_shared(launch, si)), found)
    busiest = math.ceil(c.blocks / si.multiprocessors)
    part = busiest / c.blocks  # of the whole grid's work, on the busiest multiprocessor
    units = _pipes(c, si, si.pipes, part, min(1.0, held.warps / si.partitions))
    units |= _ports(c, si, flow, part)
    name, inside, others = multiprocessor(units)
    chain = BLOCK_CLOCKS + _chain(c, si, si.pipes, flow)
    waves = busiest / held.blocks
    clocks = {name: inside, "latency": math.ceil(waves) * chain}
    overlap = _overlap(c, held)
    if copied(c) > 0.5:
        # As products of libraries: a block alone computes stage after stage, other blocks hide its latencies, and all of that runs beside the copies.
        alone = math.ceil(waves) * (chain + max(t for unit, t in units.items() if unit not in PORTS) / busiest)
        clocks, others, overlap = {name: shared_time(STAGES_OVERLAP, (inside, alone))}, others | {"latency": clocks["latency"]}, DEEP_OVERLAP
    atomics = _atomics(c, si)
    if atomics:
        clocks["atomics"] = atomics
    work = Work(
        launch.kernel,
        clocks,
        overlap,
        flow.dram_read,
        flow.dram_write,
        flow.l2_read + flow.l2_write,
        _on_chip_bytes(c),
        sum(n * ENERGY.get(unit, 1.0) for unit, n in c.active.items() if unit not in (*MEMORY_UNITS, "tensor")),
        sum(n * (TYPES[dtype][3] if dtype in TYPES else 8.0) for dtype, n in c.tensor.items()),
        sum(c.flops.values()) + 2 * sum(c.tensor.values()),
        1,
        f"{held.share:.0%} of the warps (by {held.limit}), {waves:.3g} waves, L1 {flow.l1_hit:.0%}, L2 {flow.l2_hit:.0%}",
        others,
    )
    return Analysis(work, held, flow, waves, chain, busiest, units)


def work(c: Counters, launch: Launch, si: Silicon) -> Work:
    """The Work of a launch."""
    return analyse(c, launch, si).work


def _pipes(c: Counters, si: Silicon, p: Pipes, part: float, busy: float) -> dict[str, float]:
    """Clocks of the busiest multiprocessor by pipe; `busy` is the part of its partitions that have a warp at all."""

    def lanes(unit: str, width: float) -> float:
        return c.issued.get(unit, 0.0) * si.warp / width

    integer = lanes("int", p.int) + lanes("vote", p.int)
    fp32 = lanes("fp32", si.lanes) + lanes("imad", p.imad)
    if p.int_on_fp32:
        fp32 += lanes("int", si.lanes) + lanes("vote", si.lanes)
    tensor = 0.0
    for dtype, multiply_adds in c.tensor.items():
        tensor += multiply_adds / (p.fp64_tensor if dtype == "fp64" else si.matrix(dtype)[1])
    found = {
        "issue": c.instructions / si.issue,
        "fp32": fp32,
        "integer": integer,
        "special functions": lanes("sfu", si.sfu),
        "conversions": lanes("convert", p.convert),
        "fp64": lanes("fp64", p.fp64),
        "fp16": lanes("fp16", p.fp16),
        "tensor": tensor,
        "load-store": sum(lanes(unit, p.load_store) for unit in MEMORY_UNITS),
    }
    return {unit: t * part / busy for unit, t in found.items()}


def _ports(c: Counters, si: Silicon, flow: Traffic, part: float) -> dict[str, float]:
    """Clocks of the busiest multiprocessor at its memories: rows of banks and lines of the L1, and the port to the L2."""
    rows = sum(access(c, kind).wavefronts for kind in ("shared_load", "shared_store", "shared_atomic"))
    rows += c.issued.get("shuffle", 0.0)
    # A request looks up each of its lines, and brings rows of data. What is copied to shared memory passes once: as a row that is stored there.
    for kind in ("global_load", "global_store", "local_load", "local_store", "atomic"):
        a = access(c, kind)
        passes = 1 - copied(c) if kind == "global_load" else 1.0
        rows += max(a.lines, a.sectors * SECTOR / BANK_ROW) * passes
    # Ports wider than a row of banks serve several warps at once, one of each partition at most.
    at_once = max(1.0, min(si.shared_Bpc / BANK_ROW, si.partitions))
    return {
        "L1 and shared memory": rows / at_once * part,
        "L2 port": max(flow.l2_read, flow.l2_write) / si.l1_Bpc * part,
    }


def copied(c: Counters) -> float:
    """The part of global loads that go to shared memory and not to registers (`cp.async`): they count there as requests, but as no instruction."""
    loads = access(c, "global_load").requests
    return min(1.0, max(0.0, access(c, "shared_store").requests - c.issued.get("shared_store", 0.0)) / loads) if loads else 0.0


def _chain(c: Counters, si: Silicon, p: Pipes, flow: Traffic) -> float:
    """Clocks that a warp by itself waits for the results of its own instructions: latencies on its chain of dependent instructions."""
    far = flow.l2_hit * p.l2_clocks + (1 - flow.l2_hit) * si.latency_s * si.clock_hz
    latency = {
        "alu": p.alu_clocks,
        "load": flow.l1_hit * p.l1_clocks + (1 - flow.l1_hit) * far,
        "shared": p.shared_clocks,
        "atomic": p.l2_clocks,
        "sfu": SFU_CLOCKS,
        "fp64": FP64_CLOCKS * max(1.0, 16 / p.fp64),
        "convert": CONVERT_CLOCKS,
        "shuffle": SHUFFLE_CLOCKS,
        "barrier": BARRIER_CLOCKS,
        "tensor": TENSOR_CLOCKS,
    }
    first = latency["load"] if copied(c) else 0.0  # what is copied to shared memory is waited for once: at the start
    return first + sum(n * latency[kind] for kind, n in c.critical.items()) / c.warps


def _overlap(c: Counters, held: Occupancy) -> float:
    """The exponent with which a multiprocessor's own time, latency, L2 and memory share time.

    It grows with the number of things that run independently: warps; where barriers tie the warps of a block together, blocks. 64 warps
    come to the 4 that element-wise kernels of libraries show; two blocks with barriers to 2.3 and eight to 3, where products of libraries
    show 2.45 and row kernels 2.4; one warp alone, whose own chain holds most of its instructions, to 2.
    """
    independent = held.blocks if c.barriers >= 1 else held.warps
    return 2 + math.log2(max(1.0, independent)) / 3


def _atomics(c: Counters, si: Silicon) -> float:
    """Clocks of the L2 for atomics: a sector a clock and slice; lanes that meet at one address go one after the other, and
    no more slices work than there are different sectors."""
    a = access(c, "atomic")
    if not a.sectors:
        return 0.0
    steps = a.sectors + max(0.0, a.same - a.requests)
    slices = min(si.l2_Bpc / (2 * SECTOR), max(1.0, c.l2.written / SECTOR))
    return steps / slices


def _on_chip_bytes(c: Counters) -> float:
    """Bytes from and to shared memory and L1; lanes that read the same word get it from one read."""
    banked = 0.0
    for kind in ("shared_load", "shared_store", "shared_atomic"):
        a = access(c, kind)
        banked += a.sectors * SECTOR if a.sectors else min(a.bytes, a.wavefronts * BANK_ROW)
    cached = sum(access(c, kind).sectors for kind in ("global_load", "global_store", "local_load", "local_store", "atomic"))
    return banked + cached * SECTOR
