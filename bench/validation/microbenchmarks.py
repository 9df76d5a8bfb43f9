"""Microbenchmarks as programs, against the published peaks of every chip.

    python bench/validation/microbenchmarks.py             run microbenchmarks.cu, keep what it counted in microbenchmarks_run.json, print the table

Comes in: microbenchmarks.cu, chip files. Goes out: for each chip and unit the peak, the part of it that the unit alone reaches in the model, the part that the
program reaches, and why not all. The run file knows no chip, so the table is made for any chip without running anything again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from sheer.base import counters
from sheer.base.counters import Copy, Launch
from sheer.chips import schema
from sheer.chips.schema import Chip
from sheer.model import peaks
from sheer.model.peaks import Peak
from sheer.model.price import Prediction
from sheer.model.program import launch_price, price_run
from sheer.model.silicon import silicon

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KEPT = HERE / "microbenchmarks_run.json"
NEAR = 0.97  # of what the unit alone reaches


class Reached(NamedTuple):
    """A unit of a chip."""

    what: str
    unit: tuple[str, float]
    peak: float
    alone: float  # parts of the peak
    program: float | None  # none: no program of microbenchmarks.cu asks for the unit
    why: str

    @property
    def holds(self) -> bool:
        """Whether the peak is reached, or it is said why not, and the program comes as near as the unit alone."""
        near = self.program is None or self.program >= NEAR * self.alone or "program:" in self.why
        return near and (self.alone >= NEAR or bool(self.why))


def record() -> None:
    """Runs the program and keeps its run file, without what belongs to this machine or this hour."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        subprocess.run(
            [sys.executable, "-m", "sheer", "run", "--profile", str(path), str(HERE / "microbenchmarks.cu"), "-O3"],
            check=True, env={**os.environ, "PYTHONPATH": str(ROOT), "SHEER_DEVICES": "2"},
        )  # fmt: skip
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    kept = []
    for line in lines:
        if line["event"] == "run":
            line = {**line, "program": "microbenchmarks", "date": ""}
        kept.append({**line, **({"host_s": 0} if "host_s" in line else {})})
    KEPT.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in kept))


def reached(chip: Chip) -> list[Reached]:
    """Every unit of a chip."""
    si = silicon(chip)
    run = counters.read(str(KEPT))
    launches = {name: launch for launch in run.launches for name in [_unit(launch)]}
    found = []
    for peak in peaks.peaks(chip):
        name = peak.what.partition(" ")[0]
        scale = ("T/s", 1e12) if "multiply" in peak.what else ("TB/s", 1e12) if "read" in peak.what else ("GB/s", 1e9)
        program, why = None, peak.why
        if peak.what in ("memory read", "L2 read"):
            priced = launch_price(launches[peak.what], si)
            traffic = priced.prediction.bytes if name == "memory" else priced.analysis.work.l2_bytes
            program = traffic / priced.prediction.time_s / peak.peak
            why = _besides(priced.prediction, peak, program, si.clock_hz)
        elif "multiply" in peak.what and name in launches and (name == "fp32" or not si.on_lanes(name)):
            program = launch_price(launches[name], si).prediction.flops / peak.peak
            if name == "fp32" and not si.on_lanes("fp32"):
                why = f"program: its multiply-adds run on {si.lanes} vector lanes a multiprocessor, the peak is that of the matrix units"
        elif "multiply" in peak.what:
            why = why or "no program: packed words or dot products of the vector lanes"
        elif name in ("PCIe,", "links"):
            kind = "h2d" if name == "PCIe," else "p2p"
            spans = [s for s in price_run(run, chip, with_range=False).timeline.spans if s.step.kind == kind]
            moved = sum(e.bytes for e in run.events if isinstance(e, Copy) and e.kind == kind)
            both = 1 if kind == "h2d" else 2  # links are told for both directions together
            program = both * moved / sum(s.end_s - s.start_s for s in spans) / peak.peak
        found.append(Reached(peak.what, scale, peak.peak, peak.share, program, why))
    return found


def _besides(p: Prediction, peak: Peak, program: float, clock_hz: float) -> str:
    """Why a program does not come as near to a peak as the unit alone, where another unit or the power limit is the cause."""
    if program >= NEAR * peak.share:
        return peak.why
    if p.clock_hz < clock_hz:
        return f"{peak.why}; program: at {p.clock_hz / 1e9:.2f} GHz under the power limit, with what the L1 takes"
    part = p.utilisation[p.next_bound]
    return f"{peak.why}; program: beside it {p.next_bound} takes {part:.0%} of the time" if part > 0.5 else peak.why


def _unit(launch: Launch) -> str:
    if "read_once" in launch.kernel:
        return "memory read" if launch.grid[0] * 65536 == 2 << 30 else "L2 read"
    return next(name for name in ("fp32", "tf32", "fp16", "bf16", "int8") if name in launch.kernel)


COLUMNS = {
    "FP32": "fp32 multiply-add", "TF32": "tf32 multiply-add", "FP16": "fp16 multiply-add", "BF16": "bf16 multiply-add", "INT8": "int8 multiply-add",
    "memory": "memory read", "L2": "L2 read", "PCIe, one way": "PCIe, one way", "links": "links to devices",
}  # fmt: skip


def table() -> list[str]:
    """All chips, and below them why a peak is not reached."""
    text = ["| chip | " + " | ".join(COLUMNS) + " |", "|---|" + "---|" * len(COLUMNS)]
    reasons: dict[tuple[str, str], list[str]] = {}
    for key in schema.names():
        units = {r.what: r for r in reached(schema.load(key))}
        cells = []
        for column, what in COLUMNS.items():
            r = units.get(what)
            if r is None:
                cells.append("")
                continue
            program = "" if r.program is None else f", {r.program:.0%}"
            cells.append(f"{r.peak / r.unit[1]:.4g} {r.unit[0]}: {r.alone:.0%}{program}{'' if r.holds else ' **missed**'}")
            for why in filter(None, r.why.split("; ")):
                if min(r.alone, 1.0 if r.program is None else r.program) < NEAR or r.program is None:
                    reasons.setdefault((column, why), []).append(key)
        text.append(f"| {key} | " + " | ".join(cells) + " |")
    text += ["", "| what | why not all | chips |", "|---|---|---|"]
    for (column, why), keys in sorted(reasons.items(), key=lambda item: list(COLUMNS).index(item[0][0])):
        text.append(f"| {column} | {why} | {', '.join(keys)} |")
    return text


if __name__ == "__main__":
    if "--again" not in sys.argv:
        record()
    print("\n".join(table()))
