"""What kernels find in the L2 from kernels before them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheer.base import counters
from sheer.base.counters import Region
from sheer.chips import schema
from sheer.model.program import price_run
from sheer.model.residency import Residency

SAMPLE = Path(__file__).parent.parent / "counting" / "vadd_gemm.json"
MB = 1 << 20


def read(address: int, size: int) -> Region:
    return Region(address, size, float(size), 0.0, 0.0)


def write(address: int, size: int) -> Region:
    return Region(address, size, 0.0, float(size), float(size))


def test_the_first_use_is_cold_and_the_second_is_not() -> None:
    l2 = Residency(20 * MB)
    assert l2.launch([read(0, MB)]) == (0, 0)
    assert l2.launch([read(0, MB)]).read == pytest.approx(MB, rel=0.01)
    assert l2.launch([read(MB // 2, MB)]).read == pytest.approx(MB / 2, rel=0.01)


def test_what_does_not_fit_is_gone() -> None:
    l2 = Residency(20 * MB)
    l2.launch([read(0, 100 * MB)])
    assert l2.launch([read(0, 100 * MB)]).read < 0.01 * 100 * MB


def test_other_traffic_pushes_data_out() -> None:
    l2 = Residency(20 * MB)
    l2.launch([read(0, MB)])
    l2.passes(500 * MB)
    assert l2.launch([read(0, MB)]).read < 0.001 * MB


def test_results_that_are_written_over_never_reach_memory() -> None:
    l2 = Residency(20 * MB)
    for _ in range(3):
        found = [l2.launch([read(0, MB), write(MB, MB)]), l2.launch([read(MB, MB), write(0, MB)])]
    assert all(f.read == pytest.approx(MB, rel=0.01) and f.written == pytest.approx(MB, rel=0.01) for f in found)
    only_read = Residency(20 * MB)
    only_read.launch([read(0, MB)])
    assert only_read.launch([write(0, MB)]).written == 0


def test_uses_do_not_pile_up() -> None:
    l2 = Residency(20 * MB)
    for n in range(2000):
        l2.launch([read(n * MB, 2 * MB)])
        assert len(l2.uses) <= 257
    spans = sorted((use.low, use.high) for use in l2.uses)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))


def test_a_program_that_iterates_over_small_data_is_bound_elsewhere(tmp_path: Path) -> None:
    """The two launches of vadd in the sample, with the places where its arrays lie."""
    text = SAMPLE.read_text().replace(
        '"footprint": 3072}, "barriers"',
        '"footprint": 3072}, "regions": [[1048576, 8388608, 8388608, 0, 0], [16777216, 4194304, 0, 4194304, 4194304]], "barriers"',
    )
    path = tmp_path / "run.json"
    path.write_text(text)
    first, second = price_run(counters.read(str(path)), schema.load("a100"), with_range=False).launches[:2]
    assert first.prediction.bound == "memory" and first.analysis.traffic.l2_hit < 0.01
    assert second.analysis.traffic.l2_hit > 0.8 and second.prediction.time_s < 0.75 * first.prediction.time_s
    small = price_run(counters.read(str(path)), schema.load("t4"), with_range=False).launches
    assert small[1].prediction.time_s > 0.9 * small[0].prediction.time_s  # 4 MB of L2 hold none of it
