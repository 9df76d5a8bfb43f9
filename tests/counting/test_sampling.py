"""Sampled counters against those of all blocks; launches repeated often; what can't be counted says so; off costs nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from test_counting import build, profiled

from sheer.base.counters import Copy, Counters, Fill, GraphNode, Launch, Record, Sync, Wait, read
from sheer.chips import schema
from sheer.model.program import price_run


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Counters, Counters]]:
    """(exact, sampled) of each kernel."""
    program = build("sampled", tmp_path_factory.mktemp("sampled"))
    sampled = profiled(program).launches
    exact = profiled(program, SHEER_PROFILE_ALL="1").launches
    found = {}
    for e, s in zip(exact, sampled, strict=True):
        assert e.counters is not None and s.counters is not None
        assert e.counters.counted_blocks == e.blocks and s.counters.counted_blocks < 0.6 * s.blocks, s.kernel
        found[e.kernel] = e.counters, s.counters
    return found


def near(exact: float, sampled: float, tolerance: float) -> bool:
    return abs(sampled - exact) <= tolerance * max(abs(exact), 1)


@pytest.mark.parametrize("kernel", ["add", "gemm", "flat_gemm", "stencil", "uneven"])
def test_work(pairs: dict[str, tuple[Counters, Counters]], kernel: str) -> None:
    exact, sampled = pairs[kernel]
    tolerance = max(0.002, 4 * sampled.error)
    assert sampled.error < 0.1 and near(exact.instructions, sampled.instructions, tolerance)
    for unit in exact.issued:
        assert near(exact.issued[unit], sampled.issued[unit], tolerance), unit
    for kind, access in exact.memory.items():
        assert near(access.sectors, sampled.memory[kind].sectors, 0.01 + tolerance), kind
        assert near(access.wavefronts, sampled.memory[kind].wavefronts, tolerance), kind


@pytest.mark.parametrize("kernel", ["add", "gemm", "flat_gemm", "stencil", "uneven"])
def test_traffic(pairs: dict[str, tuple[Counters, Counters]], kernel: str) -> None:
    """Different bytes of the grid, and bytes that blocks share: within two parts in a hundred, or what the sample says of itself."""
    tolerance = max(0.02, 4 * pairs[kernel][1].error)
    exact, sampled = pairs[kernel][0].l2, pairs[kernel][1].l2
    for name in ("cold_read", "cold_write", "written", "footprint"):
        assert near(getattr(exact, name), getattr(sampled, name), tolerance), name
    assert near(sum(exact.reuse), sum(sampled.reuse), 0.03 + tolerance)
    total = sum(exact.reuse) + exact.cold_read
    for k in range(max(len(exact.reuse), len(sampled.reuse))):
        e, s = (reuse[k] if k < len(reuse) else 0 for reuse in (exact.reuse, sampled.reuse))
        slack = 0.5 if kernel == "uneven" else 0.1  # random reuse has a spread of distances; the sample knows their mean
        assert abs(e - s) <= slack * total, f"bucket {k}: {e} {s}"


def test_repeated_launches(tmp_path: Path) -> None:
    launches = profiled(build("repeated", tmp_path)).launches
    again = [launch for launch in launches if launch.kernel == "step"]
    assert len(again) == 300 and all(launch.counters is not None for launch in again)
    counted = [launch.n for launch in again if launch.like is None]
    assert 10 < len(counted) < 40 and counted[:3] == [0, 1, 2]
    locked = next(launch for launch in launches if launch.kernel == "locked")
    assert locked.counters is None and "wait for each other" in locked.reason
    check_events(launches)


def check_events(launches: list[Launch]) -> None:
    assert [launch.n for launch in launches] == list(range(len(launches)))


def test_off_writes_nothing(tmp_path: Path) -> None:
    """Without the knob no counting code is made and nothing is written."""
    program = build("exact", tmp_path)
    cache = tmp_path / "cache"
    environ = {k: v for k, v in os.environ.items() if k != "SHEER_PROFILE"} | {"SHEER_CACHE": str(cache)}
    assert subprocess.run([str(program)], env=environ, timeout=300).returncode == 0
    plain = len(list((cache / "kernels").iterdir()))
    environ["SHEER_PROFILE"] = str(tmp_path / "run.json")
    assert subprocess.run([str(program)], env=environ, timeout=300).returncode == 0
    assert len(list((cache / "kernels").iterdir())) == 2 * plain


def test_events(tmp_path: Path) -> None:
    run = profiled(build("events", tmp_path), "a \"word\"", SHEER_CHIP="a100")
    assert run.arguments == ('a "word"',) and run.chip == "a100" and run.end_s is not None
    told = []
    for event in run.events:
        match event:
            case Copy():
                told.append((event.kind, event.bytes, event.pinned, event.blocking))
            case Fill():
                told.append(("fill", event.bytes))
            case Launch():
                told.append(("launch", event.kernel))
            case Sync():
                told.append(("sync", event.what))
            case Record() | Wait():
                told.append((type(event).__name__, event.id))
    assert told == [
        ("h2d", 1024, False, True),
        ("h2d", 512, True, False),
        ("fill", 256),
        ("launch", "touch"),
        ("Record", 1),
        ("Wait", 1),
        ("d2d", 128, True, False),
        ("sync", "stream"),
        ("sync", "event"),
        ("d2h", 1024, False, True),
        ("sync", "device"),
    ]
    record, wait = (next(e for e in run.events if isinstance(e, kind)) for kind in (Record, Wait))
    assert record.stream != wait.stream and 0 not in (record.stream, wait.stream)


def test_each_process_its_file(tmp_path: Path) -> None:
    program = build("events", tmp_path)
    environ = {**os.environ, "SHEER_PROFILE": str(tmp_path / "run.%p.json")}
    done = subprocess.Popen([str(program)], env=environ)
    assert done.wait(timeout=300) == 0
    assert read(str(tmp_path / f"run.{done.pid}.json")).end_s is not None


def test_the_reference_engine_does_not_count(tmp_path: Path) -> None:
    launches = profiled(build("events", tmp_path), SHEER_ENGINE="reference").launches
    assert [launch.reason for launch in launches] == ["the reference engine does not count"]


def test_launches_that_look_alike_and_differ(tmp_path: Path) -> None:
    """A search by levels is counted level by level, since the host waits for each and the work changes; steady launches are not. Twice the same."""
    program = build("levels", tmp_path)
    runs = [profiled(program).launches for _ in range(2)]
    level = [[launch for launch in launches if launch.kernel == "level"] for launches in runs]
    assert [launch.like for launch in level[0]] == [None] * 48
    totals = [sum(launch.counters.instructions for launch in found if launch.counters) for found in level]
    assert totals[0] == totals[1]
    for launches in runs:
        even = [launch for launch in launches if launch.kernel == "even"]
        assert sum(launch.like is None for launch in even) < 20


def test_graphs_and_children(tmp_path: Path) -> None:
    """What nodes of a graph wait for, and whose threads launched a kernel."""
    run = profiled(build("graph", tmp_path, "-rdc=true"))
    work = [launch for launch in run.launches if launch.kernel == "work" and launch.place]
    assert [launch.place and launch.place.node for launch in work] == [0, 1, 2, 4, 0, 1, 2, 4]
    assert [launch.place and launch.place.after for launch in work[:4]] == [(), (0,), (0,), (1, 3)]
    [empty, _] = [event for event in run.events if isinstance(event, GraphNode)]
    assert empty.place and empty.place.node == 3 and empty.place.after == (2,)
    numbers = {launch.kernel: launch for launch in run.launches if launch.kernel in ("parent", "child", "leaf")}
    assert numbers["child"].parent == numbers["parent"].n and numbers["leaf"].parent == numbers["child"].n
    spans = {span.step.line: span for span in price_run(run, schema.load("a100")).timeline.spans}
    first, left, right, last = (spans[launch.line] for launch in work[:4])
    assert left.start_s == right.start_s > first.end_s and last.start_s > left.end_s
    [_, after] = [launch for launch in run.launches if launch.kernel == "after"]
    assert spans[after.line].start_s > max(spans[launch.line].end_s for launch in run.launches if launch.parent is not None)
