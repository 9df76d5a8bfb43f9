"""The known wrongs of docs/deviations.md that a program can show. A test here fails when its wrong heals: then the page changes, too."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sheer.base.errors import CompileError
from sheer.flow import compile_kernel
from sheer.isa import UnknownOpcode, bind
from sheer.ptx import parse

ROOT = Path(__file__).resolve().parent.parent
HEAD = ".version 7.8\n.target sm_80\n.address_size 64\n"
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"

UNNOTICED = r"""
#include <stdio.h>
__global__ void write_at(char* p) { *(volatile int*)p = 5; }
__global__ void read_host(const int* host, int* out) { *out = *host; }
__global__ void stop_here() { asm volatile("brkpt;"); }
static void say(const char* what) { printf("%s %s\n", what, cudaGetErrorName(cudaDeviceSynchronize())); }
int main() {
  char* p;
  int plain = 7;
  cudaMalloc(&p, 4096);
  write_at<<<1, 1>>>(p + 4096 + 256), say("overrun");
  stop_here<<<1, 1>>>(), say("brkpt");
  read_host<<<1, 1>>>(&plain, (int*)p), say("host");
  printf("read %d\n", *(int*)p);
}
"""


def built(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "a.cu").write_text(text)
    return subprocess.run(
        [sys.executable, "-c", NVCC, str(folder / "a.cu"), "-o", str(folder / "a")],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300,
    )  # fmt: skip


def test_faults_that_are_not_noticed(tmp_path: Path) -> None:
    done = built(tmp_path, UNNOTICED)
    assert done.returncode == 0, done.stderr
    ran = subprocess.run([tmp_path / "a"], capture_output=True, text=True, timeout=100)
    names = ("overrun", "brkpt", "host")
    assert ran.stdout == "".join(f"{name} cudaSuccess\n" for name in names) + "read 7\n", ran.stderr


# clang 22's straight-line strength reduction takes the difference of two 32-bit indices for that of the extended ones.
SPANS = r"""
#include <stdio.h>
__global__ void before(const char* p, const unsigned* i, bool* answer) { *answer = p + (int)*i < p + (int)(*i + 16); }
int main() {
  unsigned* i;
  cudaMallocManaged(&i, 8);
  *i = 0x7ffffff0;
  before<<<1, 1>>>((char*)i, i, (bool*)(i + 1));
  cudaDeviceSynchronize();
  puts(*(bool*)(i + 1) ? "before" : "after");
}
"""


def test_indices_that_cross_the_sign(tmp_path: Path) -> None:
    done = built(tmp_path, SPANS)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([tmp_path / "a"], capture_output=True, text=True, timeout=100).stdout == "before\n"


EXIT = HEAD + """
.func inner(.param .b32 n) {
  .reg .b32 %r<3>; .reg .pred %p<2>;
  ld.param.u32 %r1, [n]; setp.gt.s32 %p1, %r1, 9; @%p1 exit;
  { .param .b32 a; add.s32 %r2, %r1, 1; st.param.b32 [a], %r2; call inner, (a); }
  ret;
}
.visible .entry k() {
  .reg .b32 %r<2>;
  mov.u32 %r1, %tid.x;
  { .param .b32 a; st.param.b32 [a], %r1; call inner, (a); }
  ret;
}
"""
LOCKED = HEAD + """
.visible .entry k(.param .u64 lock) {
  .reg .b64 %d<2>; .reg .b32 %r<8>; .reg .pred %p<2>;
  ld.param.u64 %d1, [lock];
TRY: atom.global.cas.b32 %r1, [%d1], 0, 1; setp.ne.u32 %p1, %r1, 0; @%p1 bra TRY;
  add.u32 %r2, %r2, 1;
  atom.global.exch.b32 %r1, [%d1], 0;
  ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r3}, [%r2];
  ret;
}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [(EXIT, "exit inside a function that is called and not inlined"), (LOCKED, "ldmatrix in a kernel whose lanes wait for each other")],
    ids=["exit", "ldmatrix"],
)
def test_refused_by_the_compiler(text: str, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        compile_kernel(parse(text), "k", (32, 1, 1))


@pytest.mark.parametrize(
    "opcode",
    ["mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32", "wmma.mma.sync.aligned.row.col.m8n8k32.s32.s4.s4.s32",
     "mma.sp.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", "tex.2dms.v4.f32.s32", "sured.b.add.1d.u32.trap"],
)  # fmt: skip
def test_not_in_the_table(opcode: str) -> None:
    with pytest.raises(UnknownOpcode, match="instead"):
        bind(opcode)


@pytest.mark.parametrize(
    ("code", "said"), [("curandStateMtgp32 s", "XORWOW"), ("curand_discrete((curandState*)0, 0)", "curand_poisson")], ids=["mtgp", "discrete"]
)
def test_absent_generators(tmp_path: Path, code: str, said: str) -> None:
    done = built(tmp_path, f"#include <curand_kernel.h>\n__global__ void k() {{ {code}; }}\nint main() {{}}\n")
    assert done.returncode == 1 and said in done.stderr


def test_page_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "deviations.md").read_text()
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page):
        assert f"def {name}(" in (ROOT / file).read_text(), f"{file}::{name}"
