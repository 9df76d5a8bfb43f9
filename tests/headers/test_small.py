"""The smaller headers; the page that lists all of them; what a compile says about a header that is absent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheer.cuda import headers, math_constants

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(__file__).parent / "programs"
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"


def nvcc(*words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", NVCC, *words], capture_output=True, text=True, env=environ, timeout=300)


@pytest.mark.parametrize("flags", [["-O0", "-G"], ["-O2"]], ids=["O0-G", "O2"])
def test_small_headers(tmp_path: Path, flags: list[str]) -> None:
    program = tmp_path / "small"
    built = nvcc(str(PROGRAMS / "small_headers.cu"), *flags, "-std=c++17", "-o", str(program))
    assert built.returncode == 0, built.stderr
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr


def test_constants_are_fresh() -> None:
    assert (headers.INCLUDE / "math_constants.h").read_text() == math_constants.page()


def test_page_is_fresh() -> None:
    page = ROOT / "docs" / "coverage" / "headers.md"
    assert page.read_text() == headers.page(), "python -m sheer.cuda.headers > docs/coverage/headers.md"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cublas_v2.h", "cuBLAS"),
        ("cuda_texture_types.h", "cudaCreateTextureObject"),
        ("cuda_gl_interop.h", "host memory"),
        ("curand_mtgp32_host.h", "XORWOW"),
        ("curand_lognormal.h", "curand_kernel.h"),
        ("helper_cuda.h", "samples"),
        ("cuda_runtme.h", "there is cuda_runtime.h"),
        ("helper_of_mine.cuh", "is a -I missing?"),
    ],
)
def test_absent_headers_are_named(tmp_path: Path, name: str, words: str) -> None:
    source = tmp_path / "absent.cu"
    source.write_text(f"#include <{name}>\nint main() {{}}\n")
    done = nvcc(str(source), "-o", str(tmp_path / "absent"))
    assert done.returncode != 0
    assert f"sheer: {name}" in done.stderr or f"has {name}" in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("__global__ void k(curandStateMtgp32 *s) {}", "curandStateMtgp32: cuRAND's MTGP32 is not there yet"),
        ("__device__ unsigned d(curandState *s) { return curand_discrete(s, 0); }", "curand_poisson needs none"),
        ("__nv_bfloat16 sixteen_bits;", "__nv_bfloat16 is declared in cuda_bf16.h"),
        ("__device__ int d(int a) { return __shfl_snyc(~0u, a, 0); }", "Sheer has no __shfl_snyc; there is __shfl_sync"),
    ],
)
def test_absent_names_are_explained(tmp_path: Path, code: str, words: str) -> None:
    source = tmp_path / "absent.cu"
    source.write_text(f"#include <curand_kernel.h>\n{code}\nint main() {{}}\n")
    done = nvcc(str(source), "-o", str(tmp_path / "absent"))
    assert done.returncode != 0
    assert words in done.stderr


def test_nothing_that_is_there_counts_as_absent() -> None:
    for path in headers.INCLUDE.rglob("*"):
        name = str(path.relative_to(headers.INCLUDE))
        if path.is_file() and not name.startswith(("curand_", "sheer", "sm_", "texture_", "surface_", "crt/", "cccl_overlay")):
            assert not headers.absent(name), name
