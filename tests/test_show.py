"""`sheer show` stops after each stage, and what it prints is that stage's."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheer import flow

MATMUL = Path(__file__).resolve().parent.parent / "examples" / "matmul.cu"
FIRST = {
    "ptx": ".visible .entry",
    "module": "ld.param.b32",
    "facts": "affine 0, 1, 2, 3, ...",
    "llvm": "define internal void",
    "asm": "sheer_blocks:",
}


@pytest.mark.parametrize("stage", flow.STAGES)
def test_stage(stage: str) -> None:
    assert FIRST[stage] in flow.show(str(MATMUL), stage, block=(16, 16, 1))
