"""Predictions against measurements that nothing was fitted on (a sample of the test part), and the reading of
tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sheer.base.errors import UsageError
from sheer.cli.main import cli
from sheer.model.gemm import Gemm
from sheer.model.validate import is_test, operator_of, validate

SAMPLE = Path(__file__).parent / "held_out.csv"
A100, V100, T4 = "NVIDIA A100 80GB PCIe", "Tesla V100-PCIE-32GB", "Tesla T4"
# Percent; a little above what the sample gives, so that a change that makes predictions worse is seen.
LIMITS = {
    (A100, "linear"): 9, (A100, "bmm"): 4, (A100, "softmax"): 8, (A100, "ln"): 8,
    (V100, "linear"): 7, (V100, "bmm"): 13, (V100, "softmax"): 8, (V100, "ln"): 9,
    (T4, "linear"): 12, (T4, "bmm"): 22, (T4, "softmax"): 9, (T4, "ln"): 7,
}  # fmt: skip
ELEMENT_WISE = 7


def rows() -> list[dict[str, str]]:
    with SAMPLE.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_sample_is_of_the_test_part() -> None:
    assert all(is_test(row) for row in rows())


def test_errors_stay_within_limits() -> None:
    report = validate(rows())
    assert not report.skipped
    for key, error in report.groups.items():
        assert error.mape <= LIMITS.get(key, ELEMENT_WISE), f"{key}: {error.mape:.1f} %"


def test_the_parts_are_disjoint_and_together_all() -> None:
    table = [{**row, "M": row["M"] and str(int(row["M"]) + i)} for row in rows() for i in range(2)]
    counts = {part: validate(table, part=part).rows for part in ("all", "fit", "test")}
    assert counts["fit"] and counts["test"] and counts["fit"] + counts["test"] == counts["all"]


def test_launched_grids_tell_which_dimension_is_summed_over() -> None:
    """N of the table is the depth: the grid of every product covers M x K."""
    for row in rows():
        op = operator_of(row)
        if isinstance(op, Gemm):
            across, down = (int(x) for x in row["kernel"].split("sgemm_")[1].split("_")[0].split("x"))
            assert int(row["grid_x"]) == -(-op.n // across)
            assert int(row["grid_y"]) == -(-op.m // down)


def test_strangers_are_named_and_skipped() -> None:
    row = rows()[0]
    report = validate([row, {**row, "device": "Frobnicator 9"}, {**row, "op": "frobnicate"}])
    assert report.rows == 1
    assert report.skipped == {"unknown device Frobnicator 9": 1, "unknown operator frobnicate": 1}


def test_rates_and_a_device_by_option() -> None:
    row = {
        "op": "softmax_fp16",
        "M": "4096",
        "N": "4096",
        "K": "",
        "H": "",
        "value": "204.5",
        "unit": "giga_elements_per_s",
    }
    assert validate([row], "NVIDIA A100-SXM4-80GB").groups["NVIDIA A100-SXM4-80GB", "softmax_fp16"].mape < 20
    with pytest.raises(UsageError, match="--device"):
        validate([row])
    odd = [{**row, "value": v} for v in ("", "nan", "-1", "fast")] + [{**row, "N": ""}, {**row, "M": "0"}]
    assert validate(odd, "a100").skipped == {"no measured time": 4, "no shape": 2}
    with pytest.raises(UsageError, match="furlongs"):
        validate([{**row, "unit": "furlongs"}], "a100")


def test_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["validate", str(SAMPLE), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert {e["device"] for e in report["operators"]} == {A100, V100, T4}
    assert set(report["operators"][0]) >= {"rows", "mape", "median", "p90", "worst"}
    text = CliRunner().invoke(cli, ["validate", str(SAMPLE)]).output
    assert "Tesla T4" in text and "linear" in text
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    assert CliRunner().invoke(cli, ["validate", str(tmp_path / "x.csv")]).exit_code != 0
