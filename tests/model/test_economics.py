"""Yield and cost of dies: known answers, limits, and what the page says of BR100."""

from __future__ import annotations

import math

import pytest

from sheer.chips import schema
from sheer.model.economics import (
    RETICLE_MM2,
    Packaging,
    Process,
    build,
    die_yield,
    dies_per_wafer,
    harvest_yield,
)

chip = schema.load("br100")
N7 = Process("N7", chip.value("wafer_usd"), chip.value("defects_per_cm2"), chip.value("defect_clustering"))


def test_yield_is_negative_binomial() -> None:
    assert die_yield(537, N7) == pytest.approx((1 + 5.37 * 0.09 / 10) ** -10)
    poisson = Process("p", 1, 0.1, clustering=1e7)
    assert die_yield(500, poisson) == pytest.approx(math.exp(-0.5), rel=1e-4)
    assert die_yield(0, N7) == 1


def test_dies_of_a_wafer() -> None:
    assert 600 < dies_per_wafer(100) < 660
    assert dies_per_wafer(1074) < dies_per_wafer(537) / 2


def test_harvesting_only_helps() -> None:
    whole = die_yield(826, N7)
    assert harvest_yield(826, N7, 128, 128, 0.6) == pytest.approx(whole, rel=0.03)
    assert whole < harvest_yield(826, N7, 128, 108, 0.6) < 1


def test_two_dies_against_one() -> None:
    one, two = build(1074, 1, N7, Packaging()), build(1074, 2, N7, Packaging())
    assert not one.possible and two.possible and one.die_mm2 > RETICLE_MM2
    assert two.die_yield / die_yield(RETICLE_MM2, N7) == pytest.approx(1.31, abs=0.03)
    assert two.total_usd < one.total_usd
    assert two.package_yield < one.package_yield
    many = [build(1074, n, N7, Packaging()).total_usd for n in (1, 2, 3, 4, 8)]
    assert min(many) not in (many[0], many[-1])


def test_untested_dies_waste_packages() -> None:
    blind = build(1074, 2, N7, Packaging(test_coverage=0.0))
    assert blind.package_yield == pytest.approx(die_yield(537, N7) ** 2 * 0.99**2)
    assert blind.total_usd > build(1074, 2, N7, Packaging()).total_usd
