"""Every function of CUDA's math API is there, with its type, and no program needs the list to be shorter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import math_api

ROOT = Path(__file__).resolve().parent.parent.parent
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"


def test_all_functions_are_there(tmp_path: Path) -> None:
    source = tmp_path / "api.cu"
    source.write_text(math_api.program())
    assert len(math_api.prototypes()) > 1100
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", NVCC, "-ptx", "-Xcompiler", "-ferror-limit=0", str(source), "-o", str(tmp_path / "api.ptx")],
        capture_output=True, text=True, env=environ, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
