"""Kernels for the measurements. In: expressions, arguments. Out: results of the device, computed natively."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests import engines

ROOT = Path(__file__).resolve().parent.parent.parent
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"
BLOCK = 256
KINDS = ("half", "bfloat16")
INSTRUCTIONS = """
#define ONE(name, ptx) \\
  __device__ float ptx_##name(float x) { float y; asm(ptx ".f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
ONE(rcp, "rcp.approx") ONE(sqrt, "sqrt.approx") ONE(rsqrt, "rsqrt.approx") ONE(ex2, "ex2.approx")
__device__ float ptx_div_full(float x, float y) { float z; asm("div.full.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y)); return z; }
"""


@functools.cache
def ptx(source: str) -> str:
    """CUDA C++ to PTX, as a user would."""
    with tempfile.TemporaryDirectory() as folder:
        path, made = Path(folder) / "measured.cu", Path(folder) / "measured.ptx"
        path.write_text(source)
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", NVCC, "-ptx", str(path), "-o", str(made)], capture_output=True, text=True, env=environ, timeout=300
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return made.read_text()


def _launch(source: str, kernel: str, arrays: list[np.ndarray], result: np.ndarray) -> None:
    """Every kernel takes its arguments' arrays, the result's, and how many threads have work."""
    blocks = -(-len(arrays[0]) // BLOCK)
    engines.native(ptx(source), kernel, (blocks, 1, 1), (BLOCK, 1, 1), [*arrays, result, len(arrays[0])])


def _kernel(name: str, kind: str, arity: int, code: str) -> str:
    letters = "xyzw"[:arity]
    parameters = ", ".join(f"const {kind} *{v}_" for v in letters)
    loads = " ".join(f"{kind} {v} = {v}_[i];" for v in letters)
    return (
        f'extern "C" __global__ void {name}({parameters}, {kind} *result, int n) {{\n'
        f"  int i = blockIdx.x * blockDim.x + threadIdx.x;\n  if (i >= n) return;\n  {loads}\n  result[i] = {code};\n}}\n"
    )


def approximations(codes: tuple[str, ...]) -> str:
    """One source with one kernel, which evaluates all expressions of x and y: one after the other in the result."""
    lines = "".join(f"  result[{i} * n + i_] = {code};\n" for i, code in enumerate(codes))
    return INSTRUCTIONS + (
        'extern "C" __global__ void all(const float *x_, const float *y_, float *result, int n) {\n'
        "  int i_ = blockIdx.x * blockDim.x + threadIdx.x;\n  if (i_ >= n) return;\n  float x = x_[i_], y = y_[i_];\n" + lines + "}\n"
    )


def approximate(code: str, arrays: list[np.ndarray]) -> np.ndarray:
    """The values of an expression of floats x and y."""
    from tests.math.functions import DEVICE

    codes = tuple(dict.fromkeys(row.code for row in DEVICE))
    result = np.zeros(len(codes) * len(arrays[0]), np.float32)
    _launch(approximations(codes), "all", arrays, result)
    return np.ascontiguousarray(result.reshape(len(codes), -1)[codes.index(code)])


def library_source(calls: tuple[tuple[str, str, int], ...]) -> str:
    """One source with a kernel k_name for every library function, each (name, float or double, arity)."""
    return "".join(_kernel(f"k_{name}", kind, arity, f"{name}({', '.join('xyzw'[:arity])})") for name, kind, arity in calls)


def library(calls: tuple[tuple[str, str, int], ...], call: tuple[str, str, int], arrays: list[np.ndarray]) -> np.ndarray:
    """The values of one of some library functions."""
    source = library_source(calls)
    result = np.zeros_like(arrays[0])
    _launch(source, f"k_{call[0]}", arrays[: call[2]], result)
    return result


def sixteen(kind: str, names: list[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """All 65536 numbers of a 16-bit type as floats, and what functions h... and h2... make of them. Both forms must agree."""
    source = "#include <cuda_fp16.h>\n#include <cuda_bf16.h>\n"
    widen, make = f"__{kind}2float", f"__ushort_as_{kind}"
    lines = "".join(
        f"  result[{i} * 65536 + k] = {widen}(h{name}(h));\n"
        f"  if (__{kind}_as_ushort(h2{name}(make_{kind}2(h, h)).y) != __{kind}_as_ushort(h{name}(h))) result[{i} * 65536 + k] = 12345.0f;\n"
        for i, name in enumerate(names)
    )
    source += (
        'extern "C" __global__ void all(const float *unused, float *result, int n) {\n'
        f"  int k = blockIdx.x * blockDim.x + threadIdx.x;\n  auto h = {make}((unsigned short)k);\n  result[{len(names)} * 65536 + k] = {widen}(h);\n"
        f"{lines}}}\n"
    )
    result = np.zeros((len(names) + 1) * 65536, np.float32)
    _launch(source, "all", [np.zeros(65536, np.float32)], result)
    found = result.reshape(-1, 65536)
    return np.ascontiguousarray(found[-1]), {name: np.ascontiguousarray(found[i]) for i, name in enumerate(names)}
