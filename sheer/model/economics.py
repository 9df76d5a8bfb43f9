"""What a package of dies costs and yields: a chip in one die, or the same chip in several.

Comes in: areas, a process (defects, wafer price) and the packaging. Goes out: a Cost per good package, with yields.
The model is that of the published chiplet studies (Chiplet Actuary, DAC 2022; CATCH, 2025): dies per wafer by area
and edge, negative-binomial yield, dies tested before assembly (known good, up to what the test misses), bonding yield
for each die and the interposer's own yield; what fails after bonding takes the good dies with it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

RETICLE_MM2 = 858.0  # 26 x 33 mm: the largest field of an exposure
WAFER_MM = 300.0
SCRIBE_MM = 0.1  # between dies


class Process(NamedTuple):
    """A wafer process."""

    name: str
    wafer_usd: float
    defects_per_cm2: float
    clustering: float = 10.0  # alpha of the negative-binomial law; infinite would be Poisson


class Packaging(NamedTuple):
    """How dies become a package. Defaults: silicon interposer (CoWoS-S), as the published models have it."""

    interposer: Process | None = Process("65 nm interposer", 1937.0, 0.06)
    interposer_per_die_area: float = 1.5  # interposer area over the area of the dies: memory stacks, margins
    bond_yield: float = 0.99  # of each die bonded
    test_coverage: float = 0.99  # part of bad dies that the wafer test finds: the rest is bonded
    test_usd: float = 15.0  # a die
    substrate_usd: float = 60.0
    assembly_usd: float = 40.0


class Cost(NamedTuple):
    """One way to build a chip."""

    dies: int
    die_mm2: float
    possible: bool  # whether the die fits the reticle
    die_yield: float
    good_per_wafer: float
    die_usd: float  # a die that passed its test
    package_yield: float
    interposer_usd: float
    total_usd: float  # a good package, memory not counted
    silicon_per_good: float  # mm2 of wafer used for a good package


def dies_per_wafer(area_mm2: float) -> float:
    """Whole square dies on a wafer: the circle's area over the die's, less what the edge cuts."""
    side = math.sqrt(area_mm2) + SCRIBE_MM
    with_scribe = side * side
    return max(
        0.0,
        math.pi * (WAFER_MM / 2) ** 2 / with_scribe - math.pi * WAFER_MM / math.sqrt(2 * with_scribe),
    )


def die_yield(area_mm2: float, process: Process) -> float:
    """Part of the dies without a killer defect, by the negative-binomial law: defects come in clusters."""
    defects = area_mm2 / 100 * process.defects_per_cm2
    return (1 + defects / process.clustering) ** -process.clustering


def harvest_yield(area_mm2: float, process: Process, units: int, needed: int, share: float) -> float:
    """Part of the dies that can be sold when `needed` of `units` equal units must work; `share` of the area is
    units, the rest must be whole."""
    unit = die_yield(area_mm2 * share / units, process)
    whole = die_yield(area_mm2 * (1 - share), process)
    some = sum(
        math.comb(units, good) * unit**good * (1 - unit) ** (units - good)
        for good in range(needed, units + 1)
    )
    return whole * some


def build(
    silicon_mm2: float,
    dies: int,
    process: Process,
    packaging: Packaging,
    link_mm2: float = 0.0,
    sellable: float | None = None,
) -> Cost:
    """A chip of `silicon_mm2` in `dies` equal dies; `link_mm2` is what the links to the others add to each of
    several dies. `sellable` overrules the yield of a die (harvested units)."""
    area = silicon_mm2 / dies + (link_mm2 if dies > 1 else 0.0)
    perfect = die_yield(area, process) if sellable is None else sellable
    per_wafer = dies_per_wafer(area)
    # A tested die is good but for what the test misses; both passed, so both are paid for.
    passed = perfect + (1 - perfect) * (1 - packaging.test_coverage)
    known_good = perfect / passed
    die_usd = (process.wafer_usd / per_wafer + packaging.test_usd) / passed
    interposer_usd, interposer_yield = 0.0, 1.0
    if packaging.interposer is not None:
        interposer_area = area * dies * packaging.interposer_per_die_area
        # Interposers larger than the reticle are stitched from several exposures; their yield is that of the area.
        interposer_yield = die_yield(interposer_area, packaging.interposer)
        interposer_usd = (
            packaging.interposer.wafer_usd / dies_per_wafer(interposer_area) / interposer_yield
            + packaging.test_usd
        )
    package_yield = known_good**dies * packaging.bond_yield**dies
    materials = dies * die_usd + interposer_usd + packaging.substrate_usd + packaging.assembly_usd
    wafer_area = math.pi * (WAFER_MM / 2) ** 2
    return Cost(
        dies, area, area <= RETICLE_MM2, perfect, per_wafer * perfect, die_usd, package_yield,
        interposer_usd, materials / package_yield,
        dies * wafer_area / (per_wafer * passed) / package_yield,
    )  # fmt: skip
