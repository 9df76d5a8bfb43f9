"""Microbenchmarks that ran and were counted reach the published peaks of every chip file, or it is said why not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from sheer.chips import schema

FILE = Path(__file__).parent.parent.parent / "bench" / "validation" / "microbenchmarks.py"


@pytest.fixture(scope="module")
def microbenchmarks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("validation_microbenchmarks", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", schema.names())
def test_every_peak_is_reached_by_a_program_or_it_is_said_why(microbenchmarks: ModuleType, name: str) -> None:
    chip = schema.load(name)
    found = microbenchmarks.reached(chip)
    assert not [unit for unit in found if not unit.holds]
    assert {unit.what for unit in found} >= {"fp32 multiply-add", "memory read", "L2 read", "PCIe, one way"}
    # no program goes past a peak; small differences are those of rounded numbers in data sheets
    assert all(unit.program is None or unit.program <= 1.02 for unit in found)


def test_what_was_recorded_names_no_machine(microbenchmarks: ModuleType) -> None:
    head = microbenchmarks.KEPT.read_text().splitlines()[0]
    assert '"program":"microbenchmarks"' in head and "/" not in head
