"""Groups of 64 lanes: bytes that lie two apart, on which LLVM's instruction selection once did not end; reversed ballots, of which LLVM 20 exchanges the
words of both warps (`__ffs(__ballot_sync(...))` reverses)."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as binding
import numpy as np
import pytest

from sheer.codegen import llvm

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


BALLOTS = """
.version 7.0
.target sm_80
.address_size 64
.visible .entry ballots(.param .u64 p) {
  .reg .pred %q; .reg .b32 %r<5>; .reg .b64 %d<3>;
  ld.param.u64 %d0, [p];
  mov.u32 %r0, %tid.x;
  mul.wide.u32 %d1, %r0, 4;
  add.s64 %d2, %d0, %d1;
  ld.global.u32 %r1, [%d2];
  setp.ne.u32 %q, %r1, 0;
  vote.sync.ballot.b32 %r2, %q, -1;
  brev.b32 %r3, %r2;
  st.global.u32 [%d2], %r3;
  ret;
}
"""
RUN = """
import sys
import numpy as np
from tests import engines
words = np.array([int(word) for word in sys.argv[1:]], np.uint32)
engines.native(sys.stdin.read(), "ballots", (1, 1, 1), (len(words), 1, 1), [words])
print(*words)
"""


@pytest.mark.parametrize("lanes", [32, 64])
@pytest.mark.parametrize("threads", [32, 64])
def test_reversed_ballots(threads: int, lanes: int) -> None:
    asked = np.random.default_rng(threads).integers(0, 2, threads)
    command = [sys.executable, "-c", RUN, *map(str, asked)]
    done = subprocess.run(
        command, input=BALLOTS, capture_output=True, text=True, cwd=ROOT, timeout=60, env={**os.environ, "SHEER_LANES": str(lanes)}
    )
    assert done.returncode == 0, done.stderr
    words = ["".join(map(str, asked[warp : warp + 32])) for warp in range(0, threads, 32)]
    assert list(map(int, done.stdout.split())) == [int(word, 2) for word in words for _ in range(32)]


REVERSED = """
declare <2 x i32> @llvm.bitreverse.v2i32(<2 x i32>)
define void @f(ptr %in, ptr %out) {
  %bytes = load <64 x i8>, ptr %in, align 1
  %mask = icmp ne <64 x i8> %bytes, zeroinitializer
  %words = bitcast <64 x i1> %mask to <2 x i32>
  %reversed = call <2 x i32> @llvm.bitreverse.v2i32(<2 x i32> %words)
  store <2 x i32> %reversed, ptr %out, align 8
  ret void
}
"""


@pytest.mark.skipif(not binding.get_host_cpu_features().get("avx512bw"), reason="masks of 64 lanes need AVX-512")
def test_llvm_still_exchanges_the_words() -> None:
    """If this fails, LLVM is healed, and the fence of `IntegerLanes.brev` may go."""
    native = llvm.target("native")
    module = llvm.optimised(REVERSED, native)
    machine = binding.Target.from_default_triple().create_target_machine(cpu=native.cpu, features=native.features)
    with binding.create_mcjit_compiler(module, machine) as engine:
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(engine.get_function_address("f"))
        asked, got = np.zeros(64, np.uint8), np.zeros(2, np.uint32)
        asked[0] = 1  # bit 0 of the first word: bit 31 of the first word, reversed
        call(asked.ctypes.data, got.ctypes.data)
    assert list(got) == [0, 1 << 31]
