"""Programs of tests/kernels/programs, each about one thing that a kernel may rely on, compiled as users do. Exit status 0 = held."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.parametrize("source", sorted((HERE / "programs").glob("*.cu")), ids=lambda p: p.stem)
def test_kernel(source: Path, tmp_path: Path) -> None:
    program = tmp_path / source.stem
    words = re.findall(r"^// nvcc: (.*)$", source.read_text(), re.M)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    made = subprocess.run(
        [sys.executable, "-c", NVCC, str(source), "-o", str(program), *" ".join(words).split()],
        capture_output=True, text=True, env=environ, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    done = subprocess.run([str(program)], capture_output=True, text=True, env=environ, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
