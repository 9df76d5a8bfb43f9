"""Groups of 64 lanes with bytes that lie two apart: LLVM's instruction selection once did not end on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PTX = """
.version 7.0
.target sm_80
.address_size 64
.visible .entry pairs(.param .u64 p) {
  .reg .b16 %h<5>;
  .reg .b32 %r<2>;
  .reg .b64 %d<4>;
  ld.param.u64 %d0, [p];
  mov.u32 %r0, %tid.x;
  shl.b32 %r1, %r0, 1;
  cvt.u64.u32 %d1, %r1;
  add.s64 %d2, %d0, %d1;
  ld.global.u8 %h0, [%d2];
  ld.global.u8 %h1, [%d2+63];
  mul.lo.s16 %h2, %h1, 5;
  add.s16 %h3, %h2, %h0;
  xor.b16 %h4, %h1, %h0;
  st.global.u8 [%d2], %h3;
  st.global.u8 [%d2+63], %h4;
  ret;
}
"""
COMPILE = """
import sys
from sheer.codegen import llvm
from sheer.codegen.kernel import Spec, kernel_text
from sheer.flow import parse
module = parse(sys.stdin.read(), "pairs")
for name in ("native", "avx512", "avx2"):
    target = llvm.target(name)
    assert llvm.object_code(kernel_text(module, "pairs", Spec((64, 1, 1), lanes=64), target), target)
"""


def test_bytes_two_apart_compile() -> None:
    done = subprocess.run([sys.executable, "-c", COMPILE], input=PTX, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
