"""`sheer run --predict` and `sheer profile`: the program is a child whose run file is priced; its ways of ending pass through.

The program is a stand-in, a script that leaves a run file; that real programs write one is tested with counting.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sheer.cli.main import cli
from sheer.cli.run import split

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "tests" / "counting" / "vadd_gemm.json"


def sheer(tmp_path: Path, script: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Runs our command line with a stand-in for the compiled program."""
    program = tmp_path / "stand_in"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    code = (
        "import sys; from sheer.cuda.toolchain import program; path = sys.argv[1]; program.find = lambda words: path; "
        "from sheer.cli.main import main; sys.argv = ['sheer', *sys.argv[2:]]; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(program), *words],
        capture_output=True, text=True, input=stdin, timeout=60, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


WRITES = f"cp {SAMPLE} $SHEER_PROFILE"


def test_words() -> None:
    asked = split(("--predict", "a.cu", "--chip", "a100", "-O2", "--chip=br104", "--", "--predict", "x"), ("--predict",))
    assert asked.compiler == ["a.cu", "-O2"]
    assert asked.arguments == ["--predict", "x"]
    assert asked.chips == ["a100", "br104"]
    assert asked.environment == {"SHEER_CHIP": "a100"}
    assert asked.flags == {"--predict"}


def test_a_program_that_is_predicted_is_otherwise_the_same(tmp_path: Path) -> None:
    done = sheer(
        tmp_path, f"cat; echo $1 $SHEER_CHIP; echo oops >&2; {WRITES}; exit 3",
        "run", "--predict", "--chip", "a100", "--chip", "br104", "x.cu", "--", "word", stdin="typed\n",
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout == "typed\nword a100\n"
    assert done.stderr.startswith("oops\n")
    assert "on Sheer A100 (a100)" in done.stderr and "br104: " in done.stderr


def test_a_signal_passes_through(tmp_path: Path) -> None:
    done = sheer(tmp_path, f"{WRITES}; kill -SEGV $$", "run", "--predict", "--chip", "a100", "x.cu")
    assert done.returncode == -signal.SIGSEGV
    assert "gemm" in done.stderr


def test_the_run_file_can_be_kept(tmp_path: Path) -> None:
    done = sheer(tmp_path, WRITES, "run", "--predict", "--profile", "kept.json", "x.cu")
    assert done.returncode == 0
    assert (tmp_path / "kept.json").read_text() == SAMPLE.read_text()
    assert "(br100)" in done.stderr  # the chip of the run file


def test_no_device_no_table(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text("of an earlier run")
    done = sheer(tmp_path, "exit 1", "run", "--predict", "--profile", "kept.json", "x.cu")
    assert done.returncode == 1
    assert "used no device" in done.stderr


def test_a_wrong_chip_is_said_before_the_program_runs(tmp_path: Path) -> None:
    done = sheer(tmp_path, "echo ran", "run", "--predict", "--chip", "a1000", "x.cu")
    assert done.returncode == 1
    assert not done.stdout and "there is no chip 'a1000'" in done.stderr


def test_profile_has_the_names_of_nsight_compute(tmp_path: Path) -> None:
    done = sheer(tmp_path, f"echo out; {WRITES}", "profile", "x.cu", "--chip", "a100", "--csv")
    assert done.stdout == "out\n"
    rows = list(csv.DictReader(io.StringIO(done.stderr)))
    values = {row["Metric Name"]: row["Metric Value"] for row in rows if row["ID"] == "2"}
    assert values["l1tex__average_t_sectors_per_request_pipe_lsu_mem_global_op_ld.ratio"] == "4"
    assert values["smsp__inst_executed_op_shared_ld.sum"] == "41943040"
    assert values["l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_ld.sum"] == "0"
    assert values["sm__maximum_warps_per_active_cycle_pct"] == "75"
    assert {row["Kernel Name"] for row in rows} == {"vadd", "gemm"}


@pytest.mark.parametrize("flag", ["", "--json", "--csv"])
def test_profile_of_a_run_file(flag: str) -> None:
    result = CliRunner().invoke(cli, ["profile", str(SAMPLE), "--chip", "t4", *([flag] if flag else [])])
    assert result.exit_code == 0, result.output
    if flag == "--json":
        found = json.loads(result.output)
        assert [each["kernel"] for each in found] == ["vadd", "vadd", "gemm"]
    assert "dram__bytes_read.sum" in result.output


def test_vector_add_from_source_to_prediction(tmp_path: Path) -> None:
    """The whole way, once: compile, run, count, price."""
    kept = tmp_path / "kept.json"
    done = subprocess.run(
        [sys.executable, "-m", "sheer", "run", "--predict", "--profile", str(kept), "--chip", "a100", "--chip", "br104",
         str(ROOT / "examples" / "vector_add.cu"), "--", "1000000"],
        capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.startswith("PASS"), done.stderr
    assert "vector_add" in done.stderr and "memory" in done.stderr and "br104: " in done.stderr
    [kernel] = json.loads(CliRunner().invoke(cli, ["predict", str(kept), "--chip", "a100", "--json"]).output)[0]["kernels"]
    assert kernel["memory_bytes"] == pytest.approx(12e6, rel=0.01)
    assert 8e-6 < kernel["time_s"] < 13e-6
    assert kernel["bound"] == "memory"


def test_the_report_is_one_page(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    page = tmp_path / "report.html"
    result = CliRunner().invoke(cli, ["report", str(SAMPLE), "-o", str(page), "--chip", "a100", "--chip", "br104"])
    assert result.exit_code == 0, result.output
    text = page.read_text()
    for part in ("<h2>Kernels</h2>", "<h2>Roofline</h2>", "<h2>Units</h2>", "<h2>Timeline and power</h2>", "<h2>Chips</h2>"):
        assert part in text
    assert text.count("Plotly.newPlot(") >= 5
    assert not re.search(r'<(script|link|img)[^>]+(src|href)=', text)  # it needs nothing else


def test_without_plotly_the_report_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly", None)
    result = CliRunner().invoke(cli, ["report", str(SAMPLE), "-o", str(tmp_path / "x.html")])
    assert "pip install 'sheer[report]'" in str(result.exception)
