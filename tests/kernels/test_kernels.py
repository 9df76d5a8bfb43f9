"""Programs of tests/kernels/programs, each about one thing that a kernel may rely on, compiled as users do. Exit status 0 = held.

A line `// nvcc: WORDS` of a program is for the compiler's command line; one that begins with `// isa: ` names vector instructions (SHEER_ISA) to run with.
"""

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
    for isa in " ".join(re.findall(r"^// isa: (.*)$", source.read_text(), re.M)).split() or [""]:
        chosen = {**environ, "SHEER_ISA": isa} if isa else environ
        done = subprocess.run([str(program)], capture_output=True, text=True, env=chosen, timeout=120)
        assert done.returncode == 0, f"{isa} {done.stdout}{done.stderr}"
