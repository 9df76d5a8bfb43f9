"""The kernel path on what bench/validation/kernels.cu was counted to do: facts that have to come out, and the distance from the operator path."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from sheer.chips import schema
from sheer.model.silicon import silicon

FILE = Path(__file__).parent.parent.parent / "bench" / "validation" / "kernels.py"


@pytest.fixture(scope="module")
def kernels() -> ModuleType:
    spec = importlib.util.spec_from_file_location("validation_kernels", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_facts_hold(kernels: ModuleType) -> None:
    assert not [fact for fact in kernels.facts() if not fact.holds]


@pytest.mark.parametrize("chip", ["a100", "h100", "v100_pcie_32gb", "t4", "a30", "br104"])
def test_both_paths_agree(kernels: ModuleType, chip: str) -> None:
    """Where the algorithm is the same: element-wise within a hundredth, every launch within a tenth."""
    si = silicon(schema.load(chip))
    off: dict[str, list[float]] = {}
    for case, launch in kernels.launches():
        if case.operator and case.kernel != "gemm_tensor" and kernels.alike(case, si):
            mine, theirs = kernels._both(case, launch, si)
            off.setdefault(case.kernel, []).append(abs(mine / theirs - 1))
    assert max(off["add4"]) < 0.01
    assert {kernel: max(found) for kernel, found in off.items() if max(found) > 0.10} == {}


def test_what_was_recorded_names_no_machine(kernels: ModuleType) -> None:
    head = kernels.KEPT.read_text().splitlines()[0]
    assert '"program":"kernels"' in head and "/" not in head
