"""A whole program on a chip: every launch of its run file priced, copies and streams on a timeline, totals.

Comes in: a Run (sheer.base.counters) and a Chip. Goes out: a Program: a row for each kernel, totals, the timeline, and what could not be said.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from sheer.base import counters
from sheer.base.counters import Launch, Run
from sheer.chips import schema
from sheer.chips.schema import Chip
from sheer.model import ranges, timeline
from sheer.model.caches import L2_HELD
from sheer.model.kernel import NOTHING, Analysis, analyse
from sheer.model.peaks import pcie_Bps
from sheer.model.price import Prediction, price
from sheer.model.residency import Found, Residency
from sheer.model.silicon import Silicon, silicon
from sheer.model.timeline import Plan, Step, Timeline

COPY_SETUP_S = 2e-6  # of a copy engine, before the first byte moves; what small copies show beside the call itself
# Memory of the host that is not pinned passes a buffer of the driver on the way; public measurements show a third to two thirds.
PAGEABLE = 0.5


class Priced(NamedTuple):
    """One launch on a chip."""

    launch: Launch
    analysis: Analysis
    prediction: Prediction  # its time includes what the launch itself takes


class Row(NamedTuple):
    """All launches of one kernel."""

    kernel: str
    calls: int
    time_s: float
    share: float  # of the time of all kernels
    main: Priced  # one of the launches alike that took most of the time: bound, power and the rest are its
    energy_J: float
    operations: float
    bytes: float


class Program(NamedTuple):
    """A run on a chip."""

    chip: str
    rows: tuple[Row, ...]  # longest first
    launches: tuple[Priced, ...]  # in order
    timeline: Timeline
    kernel_s: float
    copy_s: float  # in which at least one copy ran
    copied_bytes: float  # from and to the host
    energy_J: float
    misfits: tuple[str, ...]  # what this chip could not run
    uncounted: tuple[str, ...]  # kernels that have no counters, and why
    low_s: float
    high_s: float
    leans_on: tuple[str, ...] = ()

    @property
    def total_s(self) -> float:
        """From the first step to the end of the last."""
        return self.timeline.total_s

    @property
    def power_w(self) -> float:
        """On average."""
        return self.energy_J / self.total_s if self.total_s else 0.0


def price_run(run: Run, chip: Chip, with_range: bool = True) -> Program:
    """Price a run on a chip. A ChipError says which number the chip file lacks."""
    schema.for_pricing(chip, kernels=True)
    found = _program(run, chip)
    if not with_range:
        return found
    low, high, leans = ranges.around(
        chip, found.total_s, lambda other: _program(run, other).total_s, ("device", "model", "kernel")
    )
    return found._replace(low_s=low, high_s=high, leans_on=leans)


def speed_of_light(priced: Priced, si: Silicon) -> tuple[str, float]:
    """The unit that comes nearest to its published peak while the kernel runs, and the part of the peak that it reaches."""
    p, work = priced.prediction, priced.analysis.work
    peaks = {
        "memory": (work.read_bytes + work.write_bytes) / si.dram_Bps,
        "l2": work.l2_bytes / (si.l2_Bpc * si.clock_hz),
    }
    units = priced.analysis.units
    peaks |= {unit: clocks / si.clock_hz for unit, clocks in units.items() if unit not in ("issue", "latency")}
    unit = max(peaks, key=lambda name: peaks[name])
    return unit, peaks[unit] / p.time_s


def launch_price(launch: Launch, si: Silicon, found: Found = NOTHING) -> Priced:
    """One launch that has counters; `found` is what kernels before it left in the L2."""
    assert launch.counters
    analysis = analyse(launch.counters, launch, si, found)
    return Priced(launch, analysis, price(analysis.work, si))


def _program(run: Run, chip: Chip) -> Program:
    si = silicon(chip)
    seen: dict[tuple[object, ...], Priced] = {}
    launches: list[Priced] = []
    uncounted: dict[str, str] = {}
    misfits: dict[str, None] = {}
    plan = Plan()
    caches: dict[int, Residency] = defaultdict(lambda: Residency(si.l2_near * L2_HELD))
    copied = 0.0
    for event in run.events:
        if isinstance(event, Launch):
            if event.counters is None:
                uncounted.setdefault(event.kernel, event.reason)
                continue
            found = _rounded(caches[event.device].launch(event.counters.regions))
            shape = (event.symbol, event.grid, event.block, event.dynamic_shared, event.registers, id(event.counters), found)
            if shape not in seen:
                seen[shape] = launch_price(event, si, found)
            priced = seen[shape]._replace(launch=event)
            launches.append(priced)
            if priced.analysis.occupancy.misfit:
                misfits[f"{event.kernel}: {priced.analysis.occupancy.misfit}"] = None
            plan.add(_kernel(priced, si))
        elif isinstance(event, counters.Copy):
            if event.kind in ("h2d", "d2h"):
                copied += event.bytes
            caches[event.device].passes(event.bytes)
            if event.kind != "h2h":
                plan.add(_copy(event, chip, si), event.blocking)
        elif isinstance(event, counters.Fill):
            caches[event.device].passes(event.bytes)
            plan.add(_fill(event, si))
        elif isinstance(event, counters.Record):
            plan.record(event.id, event.device, event.stream)
        elif isinstance(event, counters.Wait):
            plan.wait(event.id, event.device, event.stream)
        else:
            plan.sync(event.what, event.id, event.device)
    line = timeline.run(plan, si.idle_w or si.static_w, si.static_w, run.devices)
    return Program(
        chip.key,
        _rows(launches),
        tuple(launches),
        line,
        sum(p.prediction.time_s for p in launches),
        line.busy_s(("h2d", "d2h", "p2p")),
        copied,
        line.energy_J,
        tuple(misfits),
        tuple(f"{kernel}: {reason}" for kernel, reason in uncounted.items()),
        line.total_s,
        line.total_s,
    )


def _rounded(found: Found) -> Found:
    """To three digits, so that launches that are alike are priced once."""
    return Found(float(f"{found.read:.3g}"), float(f"{found.written:.3g}"))


def _rows(launches: list[Priced]) -> tuple[Row, ...]:
    groups: dict[str, list[Priced]] = {}
    for priced in launches:
        groups.setdefault(priced.launch.symbol, []).append(priced)
    whole = sum(p.prediction.time_s for p in launches) or 1.0
    rows = []
    for group in groups.values():
        time = sum(p.prediction.time_s for p in group)
        rows.append(
            Row(
                group[0].launch.kernel,
                len(group),
                time,
                time / whole,
                _main(group),
                sum(p.prediction.energy_J for p in group),
                sum(p.prediction.operations for p in group),
                sum(p.prediction.bytes for p in group),
            )
        )
    return tuple(sorted(rows, key=lambda row: -row.time_s))


def _main(group: list[Priced]) -> Priced:
    """One of the launches alike that together took most of the time."""
    times: dict[float, float] = {}
    for priced in group:
        times[priced.prediction.time_s] = times.get(priced.prediction.time_s, 0.0) + priced.prediction.time_s
    most = max(times, key=lambda each: times[each])
    return next(priced for priced in group if priced.prediction.time_s == most)


def _kernel(priced: Priced, si: Silicon) -> Step:
    """A launch on the timeline. It keeps from others what it takes itself: multiprocessors, or what they share."""
    p, held = priced.prediction, priced.analysis.occupancy
    busy = max(1e-9, p.time_s - si.launch_s)
    room = si.multiprocessors if held.limit == "grid" else si.multiprocessors * held.blocks
    shared = max(p.utilisation.get(unit, 0.0) for unit in ("memory", "l2", "die link")) * p.time_s / busy
    return Step(
        priced.launch.kernel, "kernel", priced.launch.device, priced.launch.stream, priced.launch.line,
        si.launch_s, busy, min(1.0, max(shared, priced.launch.blocks / room)),
        max(0.0, p.energy_J - si.static_w * p.time_s) / busy,
    )  # fmt: skip


def _copy(copy: counters.Copy, chip: Chip, si: Silicon) -> Step:
    moved = copy.bytes * si.dram_J
    if copy.kind == "d2d":
        busy = si.dram_s(copy.bytes, copy.bytes)
        return _step(copy, "d2d", si.launch_s, busy, 1.0, 2 * moved / max(busy, 1e-9))
    rate = pcie_Bps(chip) * chip.value("pcie_efficiency")
    if copy.kind == "p2p" and chip.get("link_Bps", 0.0):
        rate = chip.value("link_Bps") / 2 * chip.get("link_efficiency", 1.0)
    elif copy.kind != "p2p" and not copy.pinned:
        rate *= PAGEABLE
    busy = copy.bytes / rate
    return _step(copy, copy.kind, COPY_SETUP_S, busy, 0.0, moved / max(busy, 1e-9))


def _fill(fill: counters.Fill, si: Silicon) -> Step:
    busy = si.dram_s(0, fill.bytes)
    return _step(fill, "fill", si.launch_s, busy, 1.0, fill.bytes * si.dram_J / max(busy, 1e-9))


def _step(
    event: counters.Copy | counters.Fill, kind: str, delay_s: float, busy_s: float, demand: float, watt: float
) -> Step:
    name = f"{kind} {event.bytes:,} bytes"
    return Step(name, kind, event.device, event.stream, event.line, delay_s, max(busy_s, 1e-9), demand, max(0.0, watt))
