"""Sweeps: grids of chips and changes, several programs, on processes and on Ray; what comes out is the same wherever it was priced."""

from __future__ import annotations

import csv
import io
import json
import pickle
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sheer.base import counters, spread
from sheer.base.errors import UsageError
from sheer.chips import schema
from sheer.cli.main import cli
from sheer.model.program import price_run

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "tests" / "counting" / "vadd_gemm.json"
OTHER = ROOT / "bench" / "validation" / "microbenchmarks_run.json"


def slow_square(shared: int, item: int) -> int:
    time.sleep(0.02)
    if item == 1000:
        raise UsageError("no thousands")
    return shared + item * item


def predict(*words: str) -> Any:
    result = CliRunner().invoke(cli, ["predict", *words])
    assert result.exit_code == 0, result.output
    return result


def test_long_work_goes_to_processes_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "WORTH_S", 0.1)
    monkeypatch.setattr(spread, "ProcessPoolExecutor", counted := Counted(spread.ProcessPoolExecutor))
    found = dict(spread.spread(slow_square, 7, range(40), jobs=2))
    assert found == {i: 7 + i * i for i in range(40)} and counted.made == 1
    with pytest.raises(UsageError, match="no thousands"):
        list(spread.spread(slow_square, 7, [*range(30), 1000], jobs=2))


class Counted:
    """A class, and how often it was made."""

    def __init__(self, real: Any) -> None:
        self.real, self.made = real, 0

    def __call__(self, *args: Any) -> Any:
        self.made += 1
        return self.real(*args)


def test_short_work_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "ProcessPoolExecutor", None)
    assert dict(spread.spread(slow_square, 0, range(3), jobs=8)) == {0: 0, 1: 1, 2: 4}


def test_a_chip_travels() -> None:
    chip = schema.load("a100").changed(tdp_w=300)
    there = pickle.loads(pickle.dumps(chip))
    assert there == chip and there.value("tdp_w") == 300 and dict(there.texts) == dict(chip.texts)


def test_a_grid_of_programs_chips_and_changes() -> None:
    words = [str(SAMPLE), str(OTHER), "--chip", "a100", "--chip", "t4", "--sweep", "tdp_w=40:80:2", "--sweep", "launch_s=1e-6:3e-6:3"]
    found = json.loads(predict(*words, "--json").output)
    assert len(found) == 2 * 2 * 2 * 3
    assert found[0]["changed"] == {"tdp_w": 40, "launch_s": 1e-6} and found[0]["chip"] == "a100 tdp_w=40 launch_s=1e-06"
    assert {each["program"].split()[0] for each in found} == {"gemm", "microbenchmarks"}
    times = {(e["program"], e["chip"]): e["total_s"] for e in found}
    assert all(times[p, c] >= times[p, c.replace("tdp_w=40", "tdp_w=80")] for p, c in times if "tdp_w=40" in c)
    alone = json.loads(predict(str(SAMPLE), "--chip", "t4", "--set", "tdp_w=40", "--set", "launch_s=2e-6", "--json").output)[0]
    assert times["gemm 1024", "t4 tdp_w=40 launch_s=2e-06"] == alone["total_s"]
    rows = list(csv.DictReader(io.StringIO(predict(*words, "--csv").output)))
    assert rows[0]["tdp_w"] == "40.0" and rows[0]["kernel"]
    text = predict(*words).output
    assert text.count("t4 tdp_w=80") == 6


def test_operators_in_several_shapes() -> None:
    found = json.loads(predict("gemm", "512x512x512", "1024x1024x1024", "--chip", "t4", "--sweep", "tdp_w=40:70:2", "--json").output)
    assert [each["operator"] for each in found] == ["gemm 512x512x512 fp32"] * 2 + ["gemm 1024x1024x1024 fp32"] * 2
    assert found[2]["time_s"] > found[3]["time_s"]


def test_what_does_not_go_together() -> None:
    for words, message in (
        (["gemm"], "needs a shape"), ([str(SAMPLE), "none.json"], "none.json: there is no such run file"),
        ([str(SAMPLE), "--sweep", "tdp_w=1:2", "--what-if"], "one run file"),
    ):  # fmt: skip
        result = CliRunner().invoke(cli, ["predict", *words])
        assert result.exit_code != 0 and message in str(result.exception) + result.output


def test_each_kernel_has_a_range() -> None:
    program = price_run(counters.read(str(SAMPLE)), schema.load("br104"))
    assert len(program.rows) == 2
    for row in program.rows:
        assert row.low_s < row.time_s < row.high_s and row.leans_on
    # each leans on what it is bound by
    by_kernel = {row.kernel: row for row in program.rows}
    assert "memory_read_efficiency" in by_kernel["vadd"].leans_on
    assert sum(row.low_s for row in program.rows) <= program.high_s


def test_on_ray_the_same() -> None:
    pytest.importorskip("ray")
    words = [str(SAMPLE), "--chip", "a100", "--sweep", "tdp_w=100:400:4", "--json"]
    assert json.loads(predict(*words, "--on", "ray", "--jobs", "2").output) == json.loads(predict(*words).output)


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    result = CliRunner().invoke(cli, ["predict", str(SAMPLE), "--sweep", "tdp_w=100:400:4", "--on", "ray"])
    assert "pip install 'sheer[ray]'" in str(result.exception)
