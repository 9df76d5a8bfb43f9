"""Counters and predictions of launches under the names that Nsight Compute has for them, so that habits carry over.

Comes in: a Priced launch and its Silicon. Goes out: rows (name, unit, value). A name is used only where the value means the same; what has no
such name begins with `sheer__`.
"""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sheer.base.counters import Run
    from sheer.chips.schema import Chip
    from sheer.model.program import Priced, Program
    from sheer.model.silicon import Silicon


class Metric(NamedTuple):
    """One value."""

    name: str
    unit: str
    value: float | str


# unit of ours: the pipe's name there
PIPES = {"int": "alu", "fp64": "fp64", "fp16": "fp16", "tensor": "tensor"}
# accesses of ours: where they go, and the operation, as the names there have it
GLOBAL = {
    "global_load": "pipe_lsu_mem_global_op_ld", "global_store": "pipe_lsu_mem_global_op_st",
    "local_load": "pipe_lsu_mem_local_op_ld", "local_store": "pipe_lsu_mem_local_op_st",
}  # fmt: skip
SHARED = {"shared_load": "op_ld", "shared_store": "op_st", "shared_atomic": "op_atom"}
OPERATIONS = {
    "global_load": "global_ld", "global_store": "global_st", "local_load": "local_ld", "local_store": "local_st",
    "shared_load": "shared_ld", "shared_store": "shared_st", "shared_atomic": "shared_atom", "atomic": "global_atom",
}  # fmt: skip


def metrics(priced: Priced, si: Silicon) -> list[Metric]:
    """All of one launch."""
    return [*_launch(priced, si), *_time(priced, si), *_instructions(priced), *_memory(priced)]


def _launch(priced: Priced, si: Silicon) -> list[Metric]:
    launch, held = priced.launch, priced.analysis.occupancy
    return [
        Metric("launch__grid_size", "block", launch.blocks),
        Metric("launch__block_size", "thread", launch.threads),
        Metric("launch__thread_count", "thread", launch.blocks * launch.threads),
        Metric("launch__registers_per_thread", "register/thread", launch.registers),
        Metric("launch__shared_mem_per_block_static", "byte/block", launch.static_shared),
        Metric("launch__shared_mem_per_block_dynamic", "byte/block", launch.dynamic_shared),
        Metric("launch__waves_per_multiprocessor", "", priced.analysis.waves),
        Metric("sm__maximum_warps_per_active_cycle_pct", "%", 100 * held.share),
        Metric("sheer__resident_blocks", "block", held.blocks),
        Metric("sheer__occupancy_limit", "", held.limit),
    ]


def _time(priced: Priced, si: Silicon) -> list[Metric]:
    p, work = priced.prediction, priced.analysis.work
    busy = max(1e-12, p.time_s - si.launch_s)
    units = priced.analysis.units
    inside = max((t for unit, t in units.items()), default=0.0) / p.clock_hz / busy
    dram = (work.read_bytes + work.write_bytes) / si.dram_Bps / busy
    l2 = work.l2_bytes / (si.l2_Bpc * p.clock_hz) / busy
    l1 = units.get("L1 and shared memory", 0.0) / p.clock_hz / busy
    return [
        Metric("gpu__time_duration.sum", "second", busy),
        Metric("sm__cycles_elapsed.max", "cycle", busy * p.clock_hz),
        Metric("sm__cycles_elapsed.avg.per_second", "cycle/second", p.clock_hz),
        Metric("sm__throughput.avg.pct_of_peak_sustained_elapsed", "%", 100 * inside),
        Metric("gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed", "%", 100 * max(dram, l2, l1)),
        Metric("dram__throughput.avg.pct_of_peak_sustained_elapsed", "%", 100 * dram),
        Metric("lts__throughput.avg.pct_of_peak_sustained_elapsed", "%", 100 * l2),
        Metric("l1tex__throughput.avg.pct_of_peak_sustained_elapsed", "%", 100 * l1),
        Metric("sheer__bound", "", p.bound),
        Metric("sheer__next_bound", "", p.next_bound),
        Metric("sheer__power", "watt", p.power_w),
        Metric("sheer__energy", "joule", p.energy_J),
        Metric("sheer__launch_overhead", "second", si.launch_s),
    ]


def _instructions(priced: Priced) -> list[Metric]:
    c = priced.launch.counters
    assert c
    active = sum(c.active.values())
    found = [
        Metric("smsp__inst_executed.sum", "inst", c.instructions),
        Metric("smsp__thread_inst_executed.sum", "inst", active),
        Metric(
            "smsp__thread_inst_executed_per_inst_executed.ratio", "", active / c.instructions if c.instructions else 0.0
        ),
        Metric("smsp__warps_launched.sum", "warp", c.warps),
    ]
    pipes = {pipe: c.issued.get(unit, 0.0) for unit, pipe in PIPES.items()}
    pipes["fma"] = c.issued.get("fp32", 0.0) + c.issued.get("imad", 0.0)
    pipes["xu"] = c.issued.get("sfu", 0.0) + c.issued.get("convert", 0.0)
    found += [Metric(f"sm__inst_executed_pipe_{pipe}.sum", "inst", n) for pipe, n in pipes.items()]
    found += [
        Metric(f"smsp__inst_executed_op_{name}.sum", "inst", c.memory[kind].requests)
        for kind, name in OPERATIONS.items()
        if kind in c.memory
    ]
    found += [Metric(f"sheer__flops_{dtype}.sum", "", n) for dtype, n in c.flops.items()]
    found += [Metric(f"sheer__tensor_multiply_adds_{dtype}.sum", "", n) for dtype, n in c.tensor.items()]
    found.append(Metric("sheer__counted_blocks", "block", c.counted_blocks))
    found.append(Metric("sheer__sampling_error", "", c.error))
    return found


def _memory(priced: Priced) -> list[Metric]:
    c, flow = priced.launch.counters, priced.analysis.traffic
    assert c
    found = [
        Metric("dram__bytes_read.sum", "byte", flow.dram_read),
        Metric("dram__bytes_write.sum", "byte", flow.dram_write),
        Metric("lts__t_sectors_op_read.sum", "sector", flow.l2_read / 32),
        Metric("lts__t_sectors_op_write.sum", "sector", flow.l2_write / 32),
        Metric("sheer__l2_hit_rate_of_loads", "%", 100 * flow.l2_hit),
        Metric("sheer__l1_hit_rate_of_loads", "%", 100 * flow.l1_hit),
        Metric("sheer__l1_capacity", "byte", flow.l1_bytes),
    ]
    for kind, name in GLOBAL.items():
        if kind in c.memory:
            a = c.memory[kind]
            found.append(Metric(f"l1tex__t_requests_{name}.sum", "request", a.requests))
            found.append(Metric(f"l1tex__t_sectors_{name}.sum", "sector", a.sectors))
            ratio = a.sectors / a.requests if a.requests else 0.0
            found.append(Metric(f"l1tex__average_t_sectors_per_request_{name}.ratio", "sector/request", ratio))
    for kind, name in SHARED.items():
        if kind in c.memory:
            a = c.memory[kind]
            found.append(Metric(f"l1tex__data_pipe_lsu_wavefronts_mem_shared_{name}.sum", "", a.wavefronts))
            # a request of more than 4 bytes a lane takes several passes by itself
            needed = max(a.requests, a.bytes / 128)
            found.append(
                Metric(f"l1tex__data_bank_conflicts_pipe_lsu_mem_shared_{name}.sum", "", max(0.0, a.wavefronts - needed))
            )
    return found


HEAD = (
    "ID", "Process ID", "Process Name", "Host Name", "Kernel Name", "Context", "Stream", "Block Size", "Grid Size", "Device", "CC", "Section Name",
    "Metric Name", "Metric Unit", "Metric Value",
)  # fmt: skip


def csv_text(run: Run, found: list[tuple[str, Chip, Program]]) -> str:
    """A row for each launch and metric, in the columns that `ncu --csv` has; those of the machine and of the section are empty."""
    from sheer.model.silicon import silicon

    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(HEAD)
    for label, chip, program in found:
        si = silicon(chip)
        for priced in program.launches:
            launch = priced.launch
            block, grid = (f"({', '.join(map(str, shape))})" for shape in (launch.block, launch.grid))
            name = os.path.basename(run.program)
            head = (launch.n, "", name, "", launch.kernel, launch.device + 1, launch.stream, block, grid, label, "8.0", "")
            for m in metrics(priced, si):
                writer.writerow((*head, m.name, m.unit, _value(m)))
    return out.getvalue()


def _value(m: Metric) -> str:
    if isinstance(m.value, str):
        return m.value
    return f"{m.value:.6g}" if m.value != int(m.value) else str(int(m.value))


def show(console: Any, run: Run, label: str, chip: Chip, program: Program) -> None:
    """One launch of each kernel, of those alike that took most of the time; a table each."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sheer.model.silicon import silicon

    si = silicon(chip)
    for row in program.rows:
        launch = row.main.launch
        title = f"{row.kernel} {launch.grid} x {launch.block}, {row.calls:,} calls, on {chip.name} ({label})"
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
        table.add_column("metric")
        table.add_column("unit")
        table.add_column("value", justify="right")
        for m in metrics(row.main, si):
            table.add_row(m.name, m.unit, m.value if isinstance(m.value, str) else f"{m.value:,.6g}")
        console.print(table)
