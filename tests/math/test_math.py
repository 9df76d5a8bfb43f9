"""No device math function is further off than CUDA's documentation allows: some hundred points each here, all the points of the page when slow."""

from __future__ import annotations

import ctypes
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests import engines
from tests.math import kernels, measure
from tests.math.functions import DEVICE, TABLE, Row

# What a kernel computes is compared bit for bit with the library on this processor; the quick test takes one function of each kind.
QUICK = ("exp", "sin", "pow", "tgamma")
ON_DEVICE = list({row.name: row for row in TABLE if "_" not in row.name.removeprefix("cyl_bessel_") and row.name not in ("sqrt", "rsqrt")}.values())


@pytest.fixture(scope="session")
def lib(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return measure.library(tmp_path_factory.mktemp("measure"))


def _exceeding(lib: ctypes.CDLL, count: int) -> list[str]:
    found = []
    for row in TABLE:
        for suffix in measure.TYPES:
            if measure.allowed(row, suffix) is None:
                continue
            worst, at = measure.measure(lib, row, suffix, count)
            if not worst <= measure.allowed(row, suffix):
                found.append(f"{row.name}{suffix}{tuple(at)}: {worst:.4g} ({row.unit}), allowed {measure.allowed(row, suffix)}")
    return found


def test_library_is_within_its_bounds(lib: ctypes.CDLL) -> None:
    assert not _exceeding(lib, 400)


@pytest.mark.slow
def test_library_is_within_its_bounds_everywhere(lib: ctypes.CDLL) -> None:
    assert not _exceeding(lib, 40000)


def test_a_passed_bound_is_noticed(lib: ctypes.CDLL) -> None:
    tight = next(row for row in TABLE if row.name == "exp")
    assert measure.measure(lib, tight, "", 400)[0] > 0.5, "the measure sees no error at all"


def test_approximate_instructions_and_fast_intrinsics(lib: ctypes.CDLL) -> None:
    for row, worst, at in measure.measure_device(lib, 2000):
        assert worst <= row.bound, f"{row.name}{tuple(at)}: {worst:.4g} ({row.unit}) in {row.range}, allowed {row.bound:.4g}"
    assert len(DEVICE) > 20


@pytest.mark.parametrize("kind", ["half", pytest.param("bfloat16", marks=pytest.mark.slow)])
def test_half_and_bfloat16(lib: ctypes.CDLL, kind: str) -> None:
    """By way of float: a few results of 65536 lie so close to the middle that they go to the other side."""
    for _, name, worst, at in measure.measure_sixteen(lib, [kind]):
        assert worst <= 0.5003, f"{kind} h{name}({at}): {worst}"


def _agree(lib: ctypes.CDLL, rows: list[Row], count: int) -> None:
    for suffix, (kind, dtype, bits) in measure.TYPES.items():
        calls = tuple((row.name + suffix, kind, row.arity) for row in rows)
        for row, call in zip(rows, calls, strict=True):
            arrays = measure.points(row.dense, row.arity, suffix, count)
            here, there = measure.values(lib, row, suffix, arrays), kernels.library(calls, call, arrays)
            same = (here.view(bits) == there.view(bits)) | (np.isnan(here) & np.isnan(there))
            at = int(np.argmin(same))
            assert same.all(), f"{call[0]}{tuple(dtype(a[at]) for a in arrays[: row.arity])}: {there[at]!r} on the device, {here[at]!r} here"


def test_kernels_compute_what_was_measured(lib: ctypes.CDLL) -> None:
    _agree(lib, [row for row in ON_DEVICE if row.name in QUICK], 500)


@pytest.mark.slow
def test_all_kernels_compute_what_was_measured(lib: ctypes.CDLL) -> None:
    _agree(lib, ON_DEVICE, 2000)


def test_common_functions_have_no_branches() -> None:
    """They are inlined, and become vector code without masks. (The one branch is the kernel's own, about n.)"""
    names = "exp exp2 exp10 expm1 log log2 log10 log1p pow sinh tanh asin acos atan atan2 erf erfc erfinv cbrt hypot sinpi".split()
    calls = tuple((name + suffix, kind, 2 if name in ("pow", "atan2", "hypot") else 1)
                  for name in names for suffix, kind in (("", "double"), ("f", "float")))  # fmt: skip
    for text in kernels.ptx(kernels.library_source(calls)).split(".entry ")[1:]:
        name = text.split("(", 1)[0]
        text = text.split(".func")[0]
        assert text.count("bra") - text.count("bra.uni") <= 1, name
        assert "call" not in text, name


def test_bfloat16_fma_rounds_once() -> None:
    random = np.random.default_rng(5)
    source = (
        "#include <cuda_bf16.h>\n"
        'extern "C" __global__ void k(const __nv_bfloat16 *a, const __nv_bfloat16 *b, const __nv_bfloat16 *c, __nv_bfloat16 *d) {\n'
        "  int i = blockIdx.x * blockDim.x + threadIdx.x;\n  d[i] = __hfma(a[i], b[i], c[i]);\n}\n"
    )
    a, b, c = (random.integers(0, 65536, 4096).astype(np.uint16) for _ in range(3))
    a[:2048], b[:2048] = a[:2048] & 0x80FF | 0x3F00, b[:2048] & 0x80FF | 0x3F00  # near 1, where a small c decides halves
    d = np.zeros_like(a)
    engines.native(kernels.ptx(source), "k", (16, 1, 1), (256, 1, 1), [a, b, c, d])
    with np.errstate(invalid="ignore"):
        x, y, z, got = ((v.astype(np.uint32) << 16).view(np.float32).astype(float) for v in (a, b, c, d))
    for i in np.flatnonzero(np.isfinite(x) & np.isfinite(y) & np.isfinite(z)):
        assert got[i] == _bfloat16(Fraction(x[i]) * Fraction(y[i]) + Fraction(z[i])), (x[i], y[i], z[i])


def _bfloat16(value: Fraction) -> float:
    """The nearest bfloat16, the even one of two."""
    if not value:
        return 0.0
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    unit = Fraction(2) ** (max(exponent, -126) - 7)
    rounded = round(size / unit) * unit
    return math.copysign(float(rounded) if rounded < Fraction(2) ** 128 else math.inf, value)


def test_page_lists_every_function() -> None:
    page = (Path(__file__).resolve().parent.parent.parent / "docs" / "coverage" / "math.md").read_text()
    for row in TABLE:
        name = row.name if row.name.startswith("cyl") else row.name.split("_")[0]
        assert f"| `{name}`" in page, "python tests/math/measure.py --write"
    assert all(f"| `{row.name}` |" in page for row in DEVICE)
