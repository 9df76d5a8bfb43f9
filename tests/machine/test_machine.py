"""The machine driven by hand-made kernels: memory, barriers, streams, faults, loader, cache, worker."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import Probe

PLAIN = [
    "memory",
    "many_allocations",
    "scale",
    "every_block_once",
    "bad_launches",
    "barriers",
    "votes",
    "grid_barrier",
    "lookback",
    "handmade_barrier",
    "lanes",
    "relocs",
    "windows",
    "denormals",
    "heap",
    "stream_order",
    "events",
    "poll_set_by_host_kernel_and_copy",
    "copies",
    "graph",
    "host_threads",
    "fork",
    "worker_dies",
    "bad_ptx",
    "missing_symbol",
    "nvrtc",
    "callback_after_fault",
    "launch_speed",
    "barrier_speed",
    "stress",
]


@pytest.mark.parametrize("threads", ["1", "2", "4"])
@pytest.mark.parametrize("name", PLAIN)
def test_plain(probe: Probe, name: str, threads: str) -> None:
    print(probe.run(name, SHEER_THREADS=threads).stdout)


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "fault",
            [
                "kernel fault: illegal address: store of 4 bytes at 0x",
                "block (33,0,0), thread (70,0,0), made.cu:42",
                "the allocation of 4000 bytes",
                "ends 120 bytes before it",
            ],
        ),
        ("fault_null", ["illegal address: store of 4 bytes", "thread (70,0,0), made.cu:42"]),
        (
            "fault_in_fiber",
            ["illegal address: load of 4 bytes", "block (33,0,0), thread (70,0,0), made.cu:43"],
        ),
        ("fault_unexplained", ["kernel plainfault: illegal address 0x", "block (33,0,0), located.cu:123"]),
        ("freed", ["illegal address: store of 4 bytes", "thread (70,0,0)"]),
        ("trap", ["kernel trap: trap", "thread (35,0,0), made.cu:17"]),
        (
            "assert",
            ["made.cu:9: void assertion(): block: [1,0,0], thread: [34,0,0] Assertion `n > 0` failed."],
        ),
        ("overflow", ["kernel overflow: stack overflow", "located.cu:123"]),
        ("deadlock", ["kernel deadlock: deadlock"]),
        ("bad_free", ["free of 0x1234"]),
        ("copy_fault", ["copy of 100 bytes", "0x5000"]),
    ],
)
def test_fault(probe: Probe, name: str, texts: list[str], threads: str) -> None:
    said = probe.run(name, SHEER_THREADS=threads, SHEER_OVERRUN="0").stderr
    for text in texts:
        assert text in said
    assert len(re.findall("sheer: kernel", said)) <= 1


@pytest.mark.parametrize("name", ["time_limit", "time_limit_polling"])
def test_time_limit(probe: Probe, name: str) -> None:
    said = probe.run(name, SHEER_TIME_LIMIT="0.3").stderr
    assert "time limit of 0.3 s" in said and "located.cu:123" in said


def test_faults_of_others_pass(probe: Probe) -> None:
    probe.run("other_faults_pass", expect=-11)


@pytest.mark.parametrize("threads", ["1", "2", "4"])
def test_fault_elsewhere(probe: Probe, threads: str) -> None:
    probe.run("fault_elsewhere", SHEER_DEVICES="2", SHEER_THREADS=threads)


def test_print(probe: Probe) -> None:
    line = "[   -7|1.500   |hello|1099511627776|x|    42|%]\n"
    assert probe.run("print").stdout == "before\n" + 2 * line + "after\n"


def test_properties(probe: Probe) -> None:
    probe.run("properties", SHEER_DEVICES="3")


def test_reference(probe: Probe) -> None:
    assert probe.run("reference", SHEER_ENGINE="reference").stdout == "ran scale 7,1,1 8877665544332211\n"


def test_debug(probe: Probe) -> None:
    said = probe.run("scale", SHEER_DEBUG="1").stderr
    assert re.search(
        r"scale<<<1042,1,1 / 96,1,1>>> shared 0 on device 0: native, [\d.]+ us \(code compiled", said
    )


def test_warm_start_asks_nobody(probe: Probe) -> None:
    probe.run("scale")
    assert sorted(probe.asked()) == ["chip", "compile", "module"]
    probe.run("scale")
    assert len(probe.asked()) == 3


def test_shapes(probe: Probe) -> None:
    probe.run("shapes")
    assert probe.asked().count("compile") == 9
    assert probe.log.read_text().count("block any") == 1


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damaged_cache(probe: Probe, damage: str) -> None:
    probe.run("scale")
    entries = [path for path in probe.cache.rglob("*") if path.is_file()]
    assert len(entries) == 3
    for path in entries:
        data = bytearray(path.read_bytes())
        if damage == "flip":
            data[len(data) // 2] ^= 0x10
        path.write_bytes(b"" if damage == "empty" else data[: len(data) // 2] if damage == "cut" else data)
    probe.run("scale")
    assert len(probe.asked()) == 6
    probe.run("scale")
    assert len(probe.asked()) == 6


def test_cache_that_cannot_be_written(probe: Probe, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    probe.run("scale", SHEER_CACHE=str(file / "cache"))
    probe.run("scale", SHEER_CACHE="/proc/no/such")
    assert probe.asked().count("compile") == 2


def test_concurrent_processes(probe: Probe) -> None:
    running = [probe.start("scale") for _ in range(4)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
    assert not [name for name in os.listdir(probe.cache / "kernels") if name.startswith(".new")]
    before = len(probe.asked())
    probe.run("scale")
    assert len(probe.asked()) == before


def test_no_python(probe: Probe) -> None:
    said = probe.run("bad_launches", expect=1, SHEER_PYTHON="/no/such/python")
    assert "cannot start /no/such/python" in said.stdout
