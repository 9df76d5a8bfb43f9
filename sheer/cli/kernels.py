"""How a program's prediction is shown: the table per kernel, totals, a line for each other chip; the same as JSON and as CSV.

Comes in: a Run and chips. Goes out: text, used by `sheer predict`, `sheer run --predict` and `sheer profile`.
"""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING, Any

from sheer.cli.units import bytes_text, energy_text, time_text

if TYPE_CHECKING:
    from sheer.base.counters import Run
    from sheer.chips.schema import Chip
    from sheer.model.program import Program, Row

COLUMNS = ("kernel", "calls", "time", "range", "share", "each", "bound", "next", "of peak", "power", "warps", "L1", "L2")
LEFT = ("kernel", "bound", "next")


def priced(run: Run, chips: list[tuple[str, Chip]], with_range: bool = True) -> list[tuple[str, Chip, Program]]:
    """The run on each chip, with the chip's label."""
    from sheer.model.program import price_run

    return [(label, chip, price_run(run, chip, with_range)) for label, chip in chips]


def show(console: Any, run: Run, found: list[tuple[str, Chip, Program]]) -> None:
    """The table of the first chip, and a line for each other."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    label, chip, program = found[0]
    words = " ".join([os.path.basename(run.program), *run.arguments])
    table = Table(title=f"{words} on {chip.name} ({label})", title_justify="left", box=SIMPLE_HEAD)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in LEFT else "right", overflow="fold")
    for row in program.rows:
        table.add_row(*cells(row, chip))
    console.print(table)
    for line in totals(run, program):
        console.print(line, highlight=False, soft_wrap=True)
    for other, _, p in found[1:]:
        console.print(f"{other}: {compared(p, program)}", highlight=False, soft_wrap=True)


def cells(row: Row, chip: Chip) -> tuple[str, ...]:
    """A row of the table, as text."""
    from sheer.model.program import speed_of_light
    from sheer.model.silicon import silicon

    best = row.main
    p, a = best.prediction, best.analysis
    unit, part = speed_of_light(best, silicon(chip))
    return (
        row.kernel,
        f"{row.calls:,}",
        time_text(row.time_s),
        f"{100 * (row.low_s / row.time_s - 1):+.0f} {100 * (row.high_s / row.time_s - 1):+.0f} %",
        f"{row.share:.1%}",
        time_text(row.time_s / row.calls),
        p.bound,
        f"{p.next_bound} ({p.utilisation[p.next_bound]:.0%})",
        f"{part:.0%} {unit}",
        f"{p.power_w:.0f} W",
        f"{a.occupancy.share:.0%}",
        f"{a.traffic.l1_hit:.0%}",
        f"{a.traffic.l2_hit:.0%}",
    )


def show_changes(console: Any, run: Run, chip: Chip) -> None:
    """What changes of the chip and of the launches would bring, the most useful first."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sheer.model.whatif import effects

    table = Table(title=f"what if {chip.name} had ...", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("change")
    for name in ("kernels", "device time", "energy"):
        table.add_column(name, justify="right")
    for effect in effects(run, chip):
        table.add_row(effect.change, *(f"{part - 1:+.1%}" for part in (effect.kernels, effect.total, effect.energy)))
    console.print(table)


def totals(run: Run, program: Program) -> list[str]:
    """Lines below the table."""
    peers = f", {bytes_text(program.peer_bytes)} from device to device" if program.peer_bytes else ""
    lines = [
        f"device time {time_text(program.total_s)} ({time_text(program.low_s)} to {time_text(program.high_s)}): "
        f"kernels {time_text(program.kernel_s)}, copies {time_text(program.copy_s)}"
        f" ({bytes_text(program.copied_bytes)} from and to the host{peers}); "
        f"energy {energy_text(program.energy_J)}, {program.power_w:.0f} W on average"
    ]
    if program.leans_on:
        lines.append(f"leans on assumed {', '.join(program.leans_on)}")
    lines += [f"would not fit: {misfit}" for misfit in program.misfits]
    lines += [f"not counted, so not in the times: {reason}" for reason in program.uncounted]
    sampled = max((p.launch.counters.error for p in program.launches if p.launch.counters), default=0.0)
    if sampled > 0.005:
        lines.append(f"counted by samples of blocks: instructions within {sampled:.1%} (standard error)")
    if run.end_s is None:
        lines.append("the program did not come to its end: what it did until then is counted")
    return lines


def compared(p: Program, first: Program) -> str:
    """One line: another chip against the first."""
    text = (
        f"{time_text(p.total_s)} ({first.total_s / p.total_s:.3g} times as fast), kernels {time_text(p.kernel_s)}"
        f" ({first.kernel_s / p.kernel_s if p.kernel_s else 1:.3g}), energy {energy_text(p.energy_J)}"
    )
    if p.rows:
        longest = p.rows[0].main.prediction
        text += f"; {p.rows[0].kernel} bound by {longest.bound}"
    return "; ".join([text, *(f"would not fit: {misfit}" for misfit in p.misfits)])


def plain(label: str, chip: Chip, program: Program) -> dict[str, Any]:
    """A Program as plain values, for JSON."""
    from sheer.model.program import speed_of_light
    from sheer.model.silicon import silicon

    kernels = []
    for row in program.rows:
        best = row.main
        unit, part = speed_of_light(best, silicon(chip))
        kernels.append(
            {
                "kernel": row.kernel,
                "symbol": best.launch.symbol,
                "calls": row.calls,
                "time_s": row.time_s,
                "low_s": row.low_s,
                "high_s": row.high_s,
                "leans_on": row.leans_on,
                "share": row.share,
                "energy_J": row.energy_J,
                "operations": row.operations,
                "memory_bytes": row.bytes,
                "bound": best.prediction.bound,
                "next_bound": best.prediction.next_bound,
                "peak_unit": unit,
                "of_peak": part,
                "power_w": best.prediction.power_w,
                "clock_hz": best.prediction.clock_hz,
                "grid": best.launch.grid,
                "block": best.launch.block,
                "utilisation": best.prediction.utilisation,
                "occupancy": best.analysis.occupancy._asdict(),
                "traffic": best.analysis.traffic._asdict(),
                "waves": best.analysis.waves,
            }
        )
    return {
        "chip": label,
        "name": chip.name,
        "total_s": program.total_s,
        "low_s": program.low_s,
        "high_s": program.high_s,
        "kernel_s": program.kernel_s,
        "copy_s": program.copy_s,
        "copied_bytes": program.copied_bytes,
        "peer_bytes": program.peer_bytes,
        "energy_J": program.energy_J,
        "power_w": program.power_w,
        "leans_on": program.leans_on,
        "misfits": program.misfits,
        "uncounted": program.uncounted,
        "kernels": kernels,
        "power": program.timeline.power,
    }


CSV_COLUMNS = (
    "kernel", "calls", "time_s", "low_s", "high_s", "share", "energy_J", "operations", "memory_bytes", "bound", "next_bound", "peak_unit",
    "of_peak", "power_w", "clock_hz",
)  # fmt: skip


def csv_text(found: list[tuple[str, Chip, Program]]) -> str:
    """A row for each kernel and chip."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ("chip", *CSV_COLUMNS), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for label, chip, program in found:
        for row in plain(label, chip, program)["kernels"]:
            writer.writerow({"chip": label, **row})
    return out.getvalue()
