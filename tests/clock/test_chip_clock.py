"""The chip's clock: what events and kernels tell with SHEER_CLOCK=chip is what `sheer predict` says, whatever the machine is busy with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sheer.base import counters
from sheer.base.errors import RunFileError
from sheer.chips import schema
from sheer.model import program
from sheer.model.clock import ChipClock, follow

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"


def build(name: str, folder: Path) -> Path:
    made = subprocess.run(
        [sys.executable, "-c", NVCC, str(HERE / "programs" / f"{name}.cu"), "-o", str(folder / name)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder / name


def run(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SHEER_CLOCK": "chip", **environment}
    done = subprocess.run([str(path)], capture_output=True, text=True, env=environ, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("timed", tmp_path_factory.mktemp("timed"))


def numbers(text: str) -> dict[str, list[float]]:
    return {line.split()[0]: [float(w) for w in line.split()[1:] if w != "GB/s"] for line in text.splitlines()}


@pytest.mark.parametrize("chip", ["a100", "br104"])
def test_events_tell_the_predicted_time(timed: Path, chip: str) -> None:
    file = timed.parent / f"{chip}.json"
    told = numbers(run(timed, SHEER_CHIP=chip, SHEER_PROFILE=str(file)).stdout)
    predicted = program.price_run(counters.read(str(file)), schema.load(chip), with_range=False)
    triad, turns = (next(row for row in predicted.rows if row.kernel == name) for name in ("triad", "turns"))
    one, two, back = told["equal"]
    assert one == two and back == pytest.approx(-one - two, abs=2e-6)
    assert one == pytest.approx(triad.time_s / triad.calls * 1e3, rel=0.03)
    bandwidth = schema.load(chip).value("memory_bandwidth_Bps") * 1e-9
    assert 0.8 * bandwidth < told["bandwidth"][0] < bandwidth
    copy, kernel, both = told["overlap"]
    assert kernel == pytest.approx(turns.time_s / turns.calls * 1e3, rel=0.03)
    assert both == pytest.approx(max(copy, kernel), rel=1e-3)
    assert told["graph"][0] == pytest.approx(2 * one, rel=0.01)
    assert told["apart"][0] == pytest.approx(copy, rel=1e-3)
    ns, cycles, later, next_ns, next_cycles, next_later = told["clocks"]
    hz = schema.load(chip).value("clock_hz")
    assert later == next_later == 1
    assert one * 1e6 < next_ns - ns < 1.1 * one * 1e6  # a triad in between
    assert cycles / hz >= ns * 1e-9 and next_cycles > cycles


def test_a_busy_machine_tells_the_same(timed: Path) -> None:
    def told(threads: str) -> tuple[list[str], list[Any]]:
        file = timed.parent / f"{threads}.json"
        lines = run(timed, SHEER_CHIP="a100", SHEER_THREADS=threads, SHEER_PROFILE=str(file)).stdout.splitlines()
        counted = [launch.counters for launch in counters.read(str(file)).launches if launch.kernel != "clocks"]
        return [line for line in lines if "clocks" not in line], counted

    alone = told("1")
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as load:
        busy = told("2")
        load.kill()
    assert alone == busy


def test_processes_and_kernels_that_are_not_counted(tmp_path: Path) -> None:
    path = build("small", tmp_path)
    child, parent = run(path, SHEER_CHIP="a100").stdout.splitlines()
    assert child == parent and child.startswith("0 0.00")
    done = run(path, SHEER_CHIP="a100", SHEER_ENGINE="reference")
    launch_ms = schema.load("a100").value("launch_s") * 1e3
    assert [float(line.split()[1]) for line in done.stdout.splitlines()] == pytest.approx([launch_ms] * 2, rel=1e-3)
    assert done.stderr.count("add was not counted (the reference engine does not count)") == 2  # one a process


def test_what_can_not_be_told(tmp_path: Path) -> None:
    path = build("small", tmp_path)
    chip = tmp_path / "bare.toml"
    described = (ROOT / "sheer" / "chips" / "a100.toml").read_text().splitlines(keepends=True)
    chip.write_text("".join(line for line in described if not line.startswith("launch_s")))
    done = run(path, SHEER_CHIP=str(chip))
    assert "the chip's clock can't be told, this machine's is" in done.stderr
    assert all(line.startswith("0 ") for line in done.stdout.splitlines())


def text(event: dict[str, Any]) -> str:
    return json.dumps(event) + "\n"


def test_a_file_that_grows(tmp_path: Path) -> None:
    """Answers do not depend on how much was read when, nor on where the past was cut off; a new worker finds the same."""
    sample = [json.loads(line) for line in (ROOT / "tests" / "counting" / "vadd_gemm.json").read_text().splitlines()]
    launches = [event for event in sample if event["event"] == "launch"]
    events, asked = sample[:-1], list(range(10, 18))
    for number in asked:
        events.append({"event": "record", "id": number, "device": 0, "stream": number % 3})
        events += [event | {"n": len(events) + i, "like": event["n"], "stream": number % 3} for i, event in enumerate(launches)]
        if number % 4 == 3:
            events.append({"event": "sync", "what": "device", "device": 0})
    events = [{"host_s": 0} | event if event["event"] != "run" else event for event in events]
    file = tmp_path / "run.json"
    file.write_text("".join(map(text, events)))
    whole = follow(str(file), "a100").events_s(asked)
    assert 0 < whole[0] < whole[-1]
    file.write_text("")
    clock, told = ChipClock(str(file), schema.load("a100")), []
    with file.open("a") as out:
        for event in events:
            line = text(event)
            out.write(line[: len(line) // 2])
            out.flush()
            clock._read()
            out.write(line[len(line) // 2 :])
            out.flush()
            if event.get("id") in asked:
                told.append(clock.events_s([event["id"]])[0])
    assert told == pytest.approx(whole, rel=1e-9)
    assert len(clock.pricing.plan.steps) < 4 * len(launches)  # what ended before the host went on is forgotten
    with pytest.raises(RunFileError, match="event 99 was not recorded"):
        clock.events_s([99])


def test_the_option_refuses_what_it_can_not_do(tmp_path: Path) -> None:
    """Before anything is compiled."""
    chip = tmp_path / "bare.toml"
    described = (ROOT / "sheer" / "chips" / "a100.toml").read_text().splitlines(keepends=True)
    chip.write_text("".join(line for line in described if not line.startswith("launch_s")))
    for words, said in ((["--clock=chip", "--chip", str(chip)], "a prediction needs launch_s"), (["--clock=sun"], "one of host, chip")):
        done = subprocess.run(
            [sys.executable, "-m", "sheer", "run", *words, "none.cu"],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
        )  # fmt: skip
        assert done.returncode == 1 and said in done.stderr, done.stderr
