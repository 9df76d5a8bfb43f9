"""A whole program on a chip: every launch of its run file priced, copies and streams on a timeline, totals.

Comes in: a Run (sheer.base.counters) and a Chip. Goes out: a Program: a row for each kernel, totals, the timeline, and what could not be said.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
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
WHOLE = ""  # the run among the names of its kernels
MANY = 1000  # events of a run above which its range is found without a timeline for each assumed number


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
    low_s: float  # of the time, for what assumed numbers of the chip leave open
    high_s: float
    leans_on: tuple[str, ...] = ()


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
    peer_bytes: float = 0.0  # from device to device

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
    times_of = _scaled(run, chip, found) if len(run.events) > MANY else lambda other: _times(_program(run, other))
    found_ranges = ranges.each(chip, _times(found), times_of, ("device", "model", "kernel"))
    low, high, leans = found_ranges[WHOLE]
    rows = tuple(row._replace(**found_ranges[row.main.launch.symbol]._asdict()) for row in found.rows)
    return found._replace(rows=rows, low_s=low, high_s=high, leans_on=leans)


def _times(program: Program) -> dict[str, float]:
    """Seconds of the whole, and of each kernel by its symbol."""
    return {WHOLE: program.total_s, **{row.main.launch.symbol: row.time_s for row in program.rows}}


def _scaled(run: Run, chip: Chip, found: Program) -> Callable[[Chip], dict[str, float]]:
    """The times on another chip, without a timeline: the total is that of this one by the work of launches and copies, each kind priced once."""
    kinds: dict[int, tuple[Launch, int]] = {}
    for priced in found.launches:
        launch, count = kinds.get(id(priced.analysis), (priced.launch, 0))
        kinds[id(priced.analysis)] = launch, count + 1
    copies = Counter(
        event._replace(line=0, host_s=0.0, parent=None, place=None) for event in run.events if isinstance(event, counters.Copy) and event.kind != "h2h"
    )

    def work_s(other: Chip) -> dict[str, float]:
        si = silicon(other)
        times = {row.main.launch.symbol: 0.0 for row in found.rows}
        for launch, count in kinds.values():
            times[launch.symbol] += launch_price(launch, si).prediction.time_s * count
        copied = sum(_copy(copy, other, si).busy_s * count for copy, count in copies.items())
        return {WHOLE: sum(times.values()) + copied, **times}

    here = work_s(chip)
    base = _times(found)
    return lambda other: {what: base[what] * t / here[what] if here[what] else base[what] for what, t in work_s(other).items()}


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


class Pricing:
    """Prices the events of a run in their order and puts them on a plan."""

    def __init__(self, chip: Chip) -> None:
        self.chip, self.si = chip, silicon(chip)
        self.plan = Plan()
        self.launches: list[Priced] = []
        self.uncounted: dict[str, str] = {}  # kernel: why
        self.misfits: dict[str, None] = {}
        self.copied = 0.0
        self._seen: dict[tuple[object, ...], Priced] = {}
        self._caches: dict[int, Residency] = {}
        self._numbers: dict[int, tuple[Plan, int]] = {}  # of launches: their steps

    def trial(self) -> Pricing:
        """One that goes on from here and leaves this as it is."""
        other = copy.copy(self)
        other.plan, other._caches = copy.deepcopy(self.plan), copy.deepcopy(self._caches)
        other.launches, other.uncounted, other.misfits = [], dict(self.uncounted), dict(self.misfits)
        other._numbers = {n: (other.plan, step) for n, (plan, step) in self._numbers.items() if plan is self.plan}
        return other

    def add(self, event: counters.Event) -> None:
        """The next event."""
        if isinstance(event, Launch):
            self._launch(event)
        elif isinstance(event, counters.Copy):
            if event.kind in ("h2d", "d2h"):
                self.copied += event.bytes
            self._cache(event.device).passes(event.bytes)
            if event.kind != "h2h":
                self.plan.add(_copy(event, self.chip, self.si), event.blocking, event.place, self._parent(event.parent))
        elif isinstance(event, counters.Fill):
            self._cache(event.device).passes(event.bytes)
            self.plan.add(_fill(event, self.si), False, event.place, self._parent(event.parent))
        elif isinstance(event, counters.Record):
            self.plan.record(event.id, event.device, event.stream, event.place)
        elif isinstance(event, counters.Wait):
            self.plan.wait(event.id, event.device, event.stream, event.place)
        elif isinstance(event, counters.GraphNode):
            if event.place and event.conditional:
                self.plan.conditional(Step("conditional node", "node", event.device, event.stream, event.line, 0.0, 1e-9, 0.0, 0.0), event.place)
            elif event.place:
                self.plan.node(event.place, event.device, event.stream)
        elif isinstance(event, counters.NonBlocking):
            self.plan.apart(event.device, event.id)
        else:
            self.plan.sync(event.what, event.id, event.device)

    def run(self, devices: int = 1) -> Timeline:
        """When all that is on the plan runs."""
        return timeline.run(self.plan, self.si.idle_w or self.si.static_w, self.si.static_w, devices)

    def _cache(self, device: int) -> Residency:
        if device not in self._caches:
            self._caches[device] = Residency(self.si.l2_near * L2_HELD)
        return self._caches[device]

    def _launch(self, launch: Launch) -> None:
        if launch.counters is None:  # nothing is known of it, but it was launched
            self.uncounted.setdefault(launch.kernel, launch.reason)
            self._step(launch, Step(launch.kernel, "kernel", launch.device, launch.stream, launch.line, self.si.launch_s, 1e-9, 0.0, 0.0))
            return
        found = _rounded(self._cache(launch.device).launch(launch.counters.regions))
        shape = (
            launch.symbol, launch.grid, launch.block, launch.dynamic_shared, launch.registers, id(launch.counters), found,
        )  # fmt: skip
        if shape not in self._seen:
            self._seen[shape] = launch_price(launch, self.si, found)
        priced = self._seen[shape]._replace(launch=launch)
        self.launches.append(priced)
        if priced.analysis.occupancy.misfit:
            self.misfits[f"{launch.kernel}: {priced.analysis.occupancy.misfit}"] = None
        self._step(launch, _kernel(priced, self.si))

    def _step(self, launch: Launch, step: Step) -> None:
        self._numbers[launch.n] = self.plan, self.plan.add(step, False, launch.place, self._parent(launch.parent))

    def _parent(self, number: int | None) -> int | None:
        """The step of a launch, if it is on the plan; else it has ended."""
        plan, step = self._numbers.get(-1 if number is None else number, (None, 0))
        return step if plan is self.plan else None


def _program(run: Run, chip: Chip) -> Program:
    pricing = Pricing(chip)
    for event in run.events:
        pricing.add(event)
    line = pricing.run(run.devices)
    return Program(
        chip.key,
        _rows(pricing.launches),
        tuple(pricing.launches),
        line,
        sum(p.prediction.time_s for p in pricing.launches),
        line.busy_s(("h2d", "d2h", "p2p")),
        pricing.copied,
        line.energy_J,
        tuple(pricing.misfits),
        tuple(f"{kernel}: {reason}" for kernel, reason in pricing.uncounted.items()),
        line.total_s,
        line.total_s,
        peer_bytes=float(sum(event.bytes for event in run.events if isinstance(event, counters.Copy) and event.kind == "p2p")),
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
                time,
                time,
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


def _copy(event: counters.Copy, chip: Chip, si: Silicon) -> Step:
    moved = event.bytes * si.dram_J
    if event.kind == "d2d":
        busy = si.dram_s(event.bytes, event.bytes)
        return _step(event, "d2d", si.launch_s, busy, 1.0, 2 * moved / max(busy, 1e-9))
    rate = pcie_Bps(chip) * chip.value("pcie_efficiency")
    if event.kind == "p2p" and chip.get("link_Bps", 0.0):
        rate = chip.value("link_Bps") / 2 * chip.get("link_efficiency", 1.0)
    elif event.kind != "p2p" and not event.pinned:
        rate *= PAGEABLE
    busy = event.bytes / rate
    return _step(event, event.kind, COPY_SETUP_S, busy, 0.0, moved / max(busy, 1e-9))


def _fill(fill: counters.Fill, si: Silicon) -> Step:
    busy = si.dram_s(0, fill.bytes)
    return _step(fill, "fill", si.launch_s, busy, 1.0, fill.bytes * si.dram_J / max(busy, 1e-9))


def _step(
    event: counters.Copy | counters.Fill, kind: str, delay_s: float, busy_s: float, demand: float, watt: float
) -> Step:
    name = f"{kind} {event.bytes:,} bytes"
    return Step(name, kind, event.device, event.stream, event.line, delay_s, max(busy_s, 1e-9), demand, max(0.0, watt))
