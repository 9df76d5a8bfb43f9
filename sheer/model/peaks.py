"""Microbenchmarks on a described chip: one unit kept busy and nothing else, against the published peak.

Comes in: a Chip. Goes out: a Peak for every rate and memory level: what the model reaches, and why not all of it.
"""

from __future__ import annotations

from typing import NamedTuple

from sheer.chips.schema import Chip
from sheer.model.price import price
from sheer.model.silicon import TYPES, Silicon, silicon
from sheer.model.work import L2_DELIVERED, Work

SECONDS = 0.05  # length of a microbenchmark
NOTHING = Work("microbenchmark", {}, 8.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class Peak(NamedTuple):
    """One unit at work alone."""

    what: str
    peak: float  # operations or bytes a second, as the chip file has it
    reached: float
    power_w: float
    why: str  # what keeps it from the peak, or nothing

    @property
    def share(self) -> float:
        """Reached over peak."""
        return self.reached / self.peak


def peaks(chip: Chip) -> list[Peak]:
    """All of them."""
    si = silicon(chip)
    found = [_matrix(chip, si, dtype) for dtype in TYPES if TYPES[dtype][1] in chip.numbers]
    bandwidth = chip.value("memory_bandwidth_Bps")
    read = NOTHING._replace(name="memory read", read_bytes=bandwidth * SECONDS)
    found.append(
        _peak(
            si,
            read,
            bandwidth,
            "bytes",
            f"streams reach {si.read_eff:.0%} of the bus: refresh, activation, ECC",
        )
    )
    l2 = si.l2_Bpc * si.clock_hz
    inside = NOTHING._replace(name="L2 read", l2_bytes=l2 * SECONDS)
    found.append(
        _peak(si, inside, l2, "bytes", f"slices deliver {L2_DELIVERED:.0%} of their width: bank conflicts")
    )
    found.append(_link("PCIe, one way", pcie_Bps(chip), chip.value("pcie_efficiency")))
    if chip.get("link_Bps"):
        found.append(_link("links to devices", chip.value("link_Bps"), chip.get("link_efficiency", 1.0)))
    return found


def pcie_Bps(chip: Chip) -> float:
    """Raw rate of the host link in one direction: 0.985 GB/s a lane in generation 3, doubling with each."""
    return 0.985e9 * 2.0 ** (chip.value("pcie_generation") - 3) * chip.value("pcie_lanes")


def _link(what: str, peak: float, efficiency: float) -> Peak:
    return Peak(
        what,
        peak,
        peak * efficiency,
        0.0,
        f"large copies reach {efficiency:.0%}: packet headers, flow control",
    )


def _matrix(chip: Chip, si: Silicon, dtype: str) -> Peak:
    rate = chip.value(TYPES[dtype][1])
    multiply_adds = rate / 2 * SECONDS
    clocks = multiply_adds / si.multiprocessors / si.rates[dtype]
    vector = si.on_lanes(dtype)
    work = NOTHING._replace(
        name=f"{dtype} multiply-add",
        clocks={"matrix": clocks},
        fma=multiply_adds * TYPES[dtype][0] / 4 if vector else 0.0,
        tensor=0.0 if vector else multiply_adds * TYPES[dtype][3],
        operations=2 * multiply_adds,
    )
    return _peak(si, work, rate, "operations", "")


def _peak(si: Silicon, work: Work, peak: float, kind: str, why: str) -> Peak:
    p = price(work, si)
    amount = work.operations if kind == "operations" else work.read_bytes + work.l2_bytes
    if p.clock_hz < si.clock_hz:
        why = f"{si.tdp_w:.0f} W lower the clock to {p.clock_hz / 1e9:.2f} GHz"
    return Peak(work.name, peak, amount / p.time_s, p.power_w, why)
