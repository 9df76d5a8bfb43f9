"""Prices a Work on a Silicon: time, clock under the power limit, power, energy, what bounds it.

The clock is the highest at which energy over time stays within the board's power: E(V(f)) / t(f) + static <= TDP.
Nothing here knows an operator.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.model.silicon import Silicon
from sheer.model.work import L2_DELIVERED, Work, shared_time


class Prediction(NamedTuple):
    """What a Work costs on a chip."""

    chip: str
    name: str
    time_s: float
    clock_hz: float
    power_w: float
    energy_J: float
    bound: str
    next_bound: str
    utilisation: dict[str, float]  # share of the time that each unit is needed
    operations: float
    bytes: float  # of device memory
    note: str = ""
    low_s: float = 0.0
    high_s: float = 0.0
    leans_on: tuple[str, ...] = ()  # assumed numbers that move the time

    @property
    def flops(self) -> float:
        """Operations a second."""
        return self.operations / self.time_s


def unit_times(work: Work, si: Silicon, clock_hz: float) -> dict[str, float]:
    """Seconds that each unit needs by itself."""
    times = {name: clocks / clock_hz for name, clocks in work.clocks.items()}
    times["memory"] = si.dram_s(work.read_bytes, work.write_bytes)
    if si.die_Bps and si.remote:
        times["die link"] = si.remote * (work.read_bytes + work.write_bytes) / si.die_Bps
    times["l2"] = work.l2_bytes / (si.l2_Bpc * L2_DELIVERED * clock_hz)
    return times


def time_at(work: Work, si: Silicon, clock_hz: float) -> float:
    """Seconds at a clock, launches included."""
    return work.launches * si.launch_s + shared_time(work.overlap, unit_times(work, si, clock_hz).values())


def energy_at(work: Work, si: Silicon, clock_hz: float) -> float:
    """Joule beside the static power: what switches goes with the square of the voltage, memory does not."""
    core = (
        work.fma * si.fma_J
        + work.tensor * si.tensor_J
        + work.shared_bytes * si.shared_J
        + work.l2_bytes * si.l2_J
    )
    return core * si.voltage(clock_hz) ** 2 + (work.read_bytes + work.write_bytes) * si.dram_J


def power_at(work: Work, si: Silicon, clock_hz: float) -> float:
    """Watt while the Work runs at a clock."""
    return si.static_w + energy_at(work, si, clock_hz) / time_at(work, si, clock_hz)


def clock_under_cap(work: Work, si: Silicon) -> float:
    """The highest clock that keeps the power limit; the lowest one where even that breaks it."""
    high = si.clock_hz
    if power_at(work, si, high) <= si.tdp_w:
        return high
    low = si.clock_min_hz
    for _ in range(12):
        middle = (low + high) / 2
        if power_at(work, si, middle) <= si.tdp_w:
            low = middle
        else:
            high = middle
    return low


def price(work: Work, si: Silicon, host_s: float = 0.0) -> Prediction:
    """Time and power of a Work; `host_s` is what the caller's framework adds in front of the launch."""
    clock = clock_under_cap(work, si)
    time = time_at(work, si, clock)
    units = unit_times(work, si, clock)
    units["launch"] = work.launches * si.launch_s
    units |= {unit: clocks / clock for unit, clocks in work.inside.items()}
    ranked = sorted(units, key=lambda unit: -units[unit])
    energy = energy_at(work, si, clock) + si.static_w * time
    bound = ranked[0]
    if clock < si.clock_hz and bound not in ("memory", "launch"):
        bound += " (clock lowered by the power limit)"
    return Prediction(
        si.key,
        work.name,
        time + host_s,
        clock,
        energy / time,
        energy,
        bound,
        ranked[1],
        {unit: t / time for unit, t in units.items()},
        work.operations,
        work.read_bytes + work.write_bytes,
        work.note,
        time + host_s,
        time + host_s,
    )
