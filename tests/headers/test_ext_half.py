"""cuda_fp16.h and cuda_bf16.h on the host, against numpy and exact fractions; on the device, against the host."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sheer.cuda.toolchain import clang, host

PROGRAMS = Path(__file__).parent / "programs"
MODES = ("rn", "rz", "rd", "ru")
# name in the library, bits of precision, smallest exponent
FORMATS = {"half": (11, -14), "bf16": (8, -126)}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The header's host functions, compiled by the host's own compiler."""
    made = tmp_path_factory.mktemp("half") / "half.so"
    tools = host.find()
    words = [
        *tools.compiler, "-std=c++17", "-O2", "-shared", "-fPIC", f"-I{clang.INCLUDE}",
        str(PROGRAMS / "half_functions.cpp"), "-o", str(made),
    ]  # fmt: skip
    subprocess.run(words, check=True, env=tools.environment())
    return ctypes.CDLL(str(made))


def call(library: ctypes.CDLL, name: str, inputs: list[np.ndarray], output: type) -> np.ndarray:
    result = np.zeros(len(inputs[0]), dtype=output)
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (*inputs, result)]
    getattr(library, name)(*pointers, ctypes.c_long(len(result)))
    return result


def widen(name: str, bits: np.ndarray) -> np.ndarray:
    """The value of 16-bit patterns, as float64."""
    if name == "half":
        return bits.view(np.float16).astype(np.float64)
    with np.errstate(invalid="ignore"):  # widening a NaN
        return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def tables(name: str) -> np.ndarray:
    """All finite non-negative values in order, then the value that stands for infinity when rounding."""
    top = 0x7C00 if name == "half" else 0x7F80
    values = widen(name, np.arange(top, dtype=np.uint16))
    return np.append(values, 2 * values[-1] - values[-2])


def rounded(name: str, x: np.ndarray, mode: str) -> np.ndarray:
    """The bits of finite x rounded to the format: a search in the table of all values."""
    table = tables(name)
    magnitude, negative = np.abs(x), np.signbit(x)
    above = np.searchsorted(table, magnitude, side="left")  # first value >= magnitude
    above = np.minimum(above, len(table) - 1)
    exact = table[above] == magnitude
    below = np.where(exact | (above == 0), above, above - 1)
    beyond = magnitude >= table[-1]
    up = {"rz": np.zeros_like(negative), "rd": negative, "ru": ~negative}.get(mode)
    if up is None:
        gap_down, gap_up = magnitude - table[below], table[above] - magnitude
        up = (gap_up < gap_down) | ((gap_up == gap_down) & (below % 2 == 1))
        up = up | beyond
    top = len(table) - 1
    kept = np.where(exact & (above < top), above, np.where(up, above, np.minimum(below, top - 1)))
    return (kept + 0x8000 * negative).astype(np.uint16)


def interesting(name: str) -> np.ndarray:
    """Floats near all values of the format, the middles between them, and random ones."""
    table = tables(name)[:0x8000]
    around = np.concatenate([table, (table[:-1] + table[1:]) / 2])
    with np.errstate(over="ignore"):
        floats = around.astype(np.float32)
    floats = floats[np.isfinite(floats)]
    floats = np.concatenate(
        [floats, np.nextafter(floats, np.float32(np.inf)), np.nextafter(floats, np.float32(0))]
    )
    random = np.random.default_rng(7).integers(0, 2**32, 300_000, dtype=np.uint32).view(np.float32)
    floats = np.concatenate([floats, random])
    floats = floats[np.isfinite(floats)]
    return np.concatenate([floats, -floats])


@pytest.mark.parametrize("name", FORMATS)
def test_every_pattern_widens_to_its_value(library: ctypes.CDLL, name: str) -> None:
    bits = np.arange(65536, dtype=np.uint16)
    got = call(library, f"{name}_to_float", [bits], np.float32)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(got.astype(np.float64), widen(name, bits))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FORMATS)
def test_floats_round(library: ctypes.CDLL, name: str, mode: str) -> None:
    x = interesting(name)
    got = call(library, f"{name}_from_float_{mode}", [x], np.uint16)
    np.testing.assert_array_equal(got, rounded(name, x.astype(np.float64), mode))
    special = np.array([np.inf, -np.inf, np.nan], np.float32)
    infinite = 0x7C00 if name == "half" else 0x7F80
    assert list(call(library, f"{name}_from_float_{mode}", [special], np.uint16)) == [
        infinite, infinite | 0x8000, 0x7FFF,
    ]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_doubles_round_once(library: ctypes.CDLL, name: str) -> None:
    # A hair beside each middle: rounding to float first would fall on the middle and then go wrong.
    table = tables(name)
    middles = (table[:-1] + table[1:]) / 2
    x = np.concatenate(
        [middles, np.nextafter(middles, np.inf), np.nextafter(middles, 0), middles * (1 + 1e-12)]
    )
    x = np.concatenate([x, -x])
    np.testing.assert_array_equal(
        call(library, f"{name}_from_double", [x], np.uint16), rounded(name, x, "rn")
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FORMATS)
def test_integers_round_once(library: ctypes.CDLL, name: str, mode: str) -> None:
    rng = np.random.default_rng(5)
    small = rng.integers(-(2**31), 2**31, 50_000) >> rng.integers(0, 31, 50_000)
    got = call(library, f"{name}_from_int_{mode}", [small.astype(np.int32)], np.uint16)
    np.testing.assert_array_equal(got, rounded(name, small.astype(np.float64), mode))
    # 64 bits: middles of 8-bit values with a last bit that decides
    wide = [(0x81 << s) + d for s in range(8, 55) for d in (-1, 0, 1)]
    wide += [(0x101 << s) + d for s in range(1, 54) for d in (-1, 0, 1)]
    values = np.array(wide + [-w for w in wide], np.int64)
    if name == "half":
        values = values >> 40
    got = call(library, f"{name}_from_ll_{mode}", [values], np.uint16)
    np.testing.assert_array_equal(got, [exact(name, Fraction(int(v)), mode) for v in values])
    positive = values[values >= 0].astype(np.uint64)
    got = call(library, f"{name}_from_ull_{mode}", [positive], np.uint16)
    np.testing.assert_array_equal(got, [exact(name, Fraction(int(v)), mode) for v in positive])


def exact(name: str, x: Fraction, mode: str = "rn") -> int:
    """The bits of the exact number x, rounded."""
    precision, least = FORMATS[name]
    if x == 0:
        return 0
    negative, magnitude = x < 0, abs(x)
    exponent = least
    while magnitude >= Fraction(2) ** (exponent + 1):
        exponent += 1
    unit = Fraction(2) ** (exponent - precision + 1)
    kept, rest = divmod(magnitude, unit)
    if mode == "rn":
        kept += rest > unit / 2 or (rest == unit / 2 and kept % 2 == 1)
    elif rest and mode == ("rd" if negative else "ru"):
        kept += 1
    bits = int(kept) + ((exponent - least) << (precision - 1))
    top = 0x7C00 if name == "half" else 0x7F80
    if bits >= top:
        bits = top if mode == "rn" or mode == ("rd" if negative else "ru") else top - 1
    return bits | (0x8000 if negative else 0)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("mode", MODES)
def test_patterns_become_integers(library: ctypes.CDLL, name: str, mode: str) -> None:
    bits = np.arange(65536, dtype=np.uint16)
    values = widen(name, bits)
    with np.errstate(invalid="ignore"):
        whole = {"rn": np.rint, "rz": np.trunc, "rd": np.floor, "ru": np.ceil}[mode](values)
    for word, kind in (("short", np.int16), ("int", np.int32), ("uint", np.uint32), ("ll", np.int64)):
        limits = np.iinfo(kind)
        got = call(library, f"{name}_to_{word}_{mode}", [bits], kind)
        for g, w in zip(got.tolist(), whole.tolist(), strict=True):
            if w != w:
                assert g == (0 if word != "ll" else limits.min)
            else:
                wanted = limits.max if w >= limits.max else limits.min if w <= limits.min else int(w)
                assert g == wanted


@pytest.mark.parametrize("operation", ["add", "sub", "mul", "div", "fma"])
@pytest.mark.parametrize("name", FORMATS)
def test_arithmetic_is_rounded_once(library: ctypes.CDLL, name: str, operation: str) -> None:
    rng = np.random.default_rng(11)
    n = 4_000
    a, b, c = (rng.integers(0, 65536, n, dtype=np.uint16) for _ in range(3))
    # half of the sums with exponents close to each other, where rounding is hard
    b[: n // 2] = (a[: n // 2] & 0xF800) + (b[: n // 2] & 0x7FF)
    c[: n // 2] = (c[: n // 2] & 0x83FF) | 0x3C00
    got = call(library, f"{name}_{operation}", [a, b, c], np.uint16)
    for i in range(n):
        x, y, z = (float(widen(name, v[i : i + 1])[0]) for v in (a, b, c))
        if not all(np.isfinite([x, y, z])) or (operation == "div" and y == 0):
            continue
        fx, fy, fz = Fraction(x), Fraction(y), Fraction(z)
        value = (fx + fy if operation == "add" else fx - fy if operation == "sub" else fx * fy
                 if operation == "mul" else fx / fy if operation == "div" else fx * fy + fz)  # fmt: skip
        if value == 0:
            assert got[i] & 0x7FFF == 0
        else:
            assert got[i] == exact(name, value), (x, y, z)


def test_minimum_and_maximum_know_zeros_and_nans(library: ctypes.CDLL) -> None:
    a = np.array([0x8000, 0x0000, 0x7E00, 0x3C00, 0x7E00], np.uint16)
    b = np.array([0x0000, 0x8000, 0x3C00, 0x7E00, 0x7E00], np.uint16)
    assert list(call(library, "half_min", [a, b, a], np.uint16)) == [0x8000, 0x8000, 0x3C00, 0x3C00, 0x7FFF]
    assert list(call(library, "half_max_nan", [a, b, a], np.uint16)) == [0, 0, 0x7FFF, 0x7FFF, 0x7FFF]


def test_the_device_agrees_with_the_host() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sheer", "run", str(PROGRAMS / "half_device.cu")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "all equal\n", done.stdout + done.stderr
