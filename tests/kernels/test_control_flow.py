"""The kernels of control_flow.cu as the compiler makes them at each level of optimisation, for each kind of processor, on both
engines: every thread must compute what the host does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCE = HERE / "control_flow" / "control_flow.cu"
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"
LEVELS = ("-G", "-O3")  # device code at -O0 and at -O3
WAYS = {
    "native": {},
    "avx2": {"SHEER_ISA": "avx2"},
    "lanes-64": {"SHEER_LANES": "64"},
    "lanes-128": {"SHEER_LANES": "128"},
    "reference": {"SHEER_ENGINE": "reference"},
}
QUICK = {("-O3", "native"), ("-G", "native"), ("-G", "avx2"), ("-O3", "reference")}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Programs by level, filled as they are asked for."""
    return {"folder": tmp_path_factory.mktemp("control_flow")}


def program(programs: dict[str, Path], level: str) -> Path:
    if level not in programs:
        made = programs["folder"] / f"control_flow{level}"
        command = [sys.executable, "-c", NVCC, str(SOURCE), "-o", str(made), "-fmad=false", level]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300)
        assert done.returncode == 0, done.stderr
        programs[level] = made
    return programs[level]


@pytest.mark.parametrize(
    ("level", "way"),
    [pytest.param(level, way, marks=() if (level, way) in QUICK else pytest.mark.slow) for level in LEVELS for way in WAYS],
)
def test_threads_compute_what_the_host_does(level: str, way: str, programs: dict[str, Path]) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **WAYS[way]}
    done = subprocess.run([str(program(programs, level))], capture_output=True, text=True, env=environ, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
