"""A machine that has Python and nothing else: no compiler on PATH, and the C and C++ libraries' headers come with the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_programs import HERE, NVCC, ROOT

from sheer.cuda.math import build
from sheer.cuda.toolchain import clang

PROGRAM = HERE / "programs" / "host_side.cu"


def nvcc(folder: Path, *words: str, seconds: int = 300) -> subprocess.CompletedProcess[str]:
    (folder / "no-tools").mkdir(exist_ok=True)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": str(folder / "no-tools")}
    return subprocess.run(
        [sys.executable, "-c", NVCC, str(PROGRAM), "-rdc=true", "-Xcompiler", "-fopenmp", *words],
        capture_output=True, text=True, env=environ, timeout=seconds, cwd=folder,
    )  # fmt: skip


def test_compiles(tmp_path: Path) -> None:
    done = nvcc(tmp_path, "-c", "-o", "a.o")
    assert done.returncode == 0, done.stderr
    assert "no gcc with OpenMP is installed; one thread does everything" in done.stderr
    assert (tmp_path / "a.o").stat().st_size


@pytest.mark.slow
def test_links_and_runs(tmp_path: Path) -> None:
    done = nvcc(tmp_path, "-o", "a", seconds=1800)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([tmp_path / "a"], capture_output=True, text=True, timeout=100).stdout == "caught\n"


def test_no_toolkit_of_the_machine_is_asked() -> None:
    """clang would take the version of PTX, and fail without any, from a toolkit that it finds."""
    assert set(clang.PTX_VERSION) <= set(clang.common_flags(clang.find("")))
    assert any(flag.startswith("--cuda-path=") for flag in build.PTX_VERSION)
