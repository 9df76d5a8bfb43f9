"""A finite number divided by zero is infinite in every rounding mode: that is no overflow, of which directed rounding makes the largest number."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DIVIDE = """
import sys
import numpy as np
from tests import engines
modes = ("rn", "rz", "rm", "rp")
code = "".join(f"  div.{mode}.TYPE %f2, %f0, %f1; st.global.TYPE [%d5+{SIZE * n}], %f2;\\n" for n, mode in enumerate(modes))
text = f'''.version 7.0
.target sm_80
.address_size 64
.visible .entry divide(.param .u64 p, .param .u64 q) {{
  .reg .b32 %r; .reg .b64 %d<6>; .reg .TYPE %f<3>;
  ld.param.u64 %d0, [p]; ld.param.u64 %d1, [q]; mov.u32 %r, %tid.x;
  mul.wide.u32 %d2, %r, {2 * SIZE}; add.s64 %d3, %d0, %d2; ld.global.TYPE %f0, [%d3]; ld.global.TYPE %f1, [%d3+{SIZE}];
  mul.wide.u32 %d4, %r, {4 * SIZE}; add.s64 %d5, %d1, %d4;
{code}  ret;
}}'''
numbers = [0.0, -0.0, 1.0, -1.0, 1e-40, float("inf"), -3.5, 3e38]
pairs = np.array([[x, y] for x in numbers for y in numbers], np.FLOAT)
got, wanted = np.zeros((64, 4), np.FLOAT), np.zeros((64, 4), np.FLOAT)
for engine, out in (engines.native, got), (engines.reference, wanted):
    engine(text, "divide", (1, 1, 1), (64, 1, 1), [pairs, out])
np.testing.assert_array_equal(got, wanted)
assert np.isinf(wanted[16]).all()
"""


@pytest.mark.parametrize("isa", ["native", "avx2", "generic"])
@pytest.mark.parametrize("bits", [32, 64])
def test_division_by_zero(bits: int, isa: str) -> None:
    program = DIVIDE.replace("TYPE", f"f{bits}").replace("SIZE", str(bits // 8)).replace("FLOAT", f"float{bits}")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, "SHEER_ISA": isa})
    assert done.returncode == 0, done.stderr
