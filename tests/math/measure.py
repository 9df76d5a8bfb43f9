"""Measures the device math functions. In: the tables of `functions.py`. Out: the worst error of each, and with `--write` the page
docs/coverage/math.md. `python tests/math/measure.py [names] [--count=N] [--write]`.

The library's C sources are compiled for this processor together with `reference.h`, which compares with exact values point for point; what
only the device has (PTX's approximate instructions, the fast intrinsics, half and bfloat16) runs in kernels first (`kernels.py`).
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from sheer.cuda.math import build  # noqa: E402
from tests.math import kernels  # noqa: E402
from tests.math.functions import DEVICE, SIXTEEN, TABLE, Device, Row  # noqa: E402

TYPES = {"f": ("float", np.float32, np.uint32), "": ("double", np.float64, np.uint64)}


def _c_source() -> str:
    lines = [f'#include "{build.HERE / name}"' for name in build.SOURCES]
    lines.append(f'#include "{HERE / "reference.h"}"')
    for number, row in enumerate(TABLE):
        arguments = ", ".join(("x_", "y_", "z_", "w_")[: row.arity])
        for suffix, (c_type, _, _) in TYPES.items():
            exact = row.exact or f"nextafter{suffix}(x_, y_)"
            where = row.where.replace("FROM", "-2.264").replace("TO", "-10.001" if suffix else "-23.001")
            call = f"__nv_{row.name}{suffix}({arguments})"
            lines.append(f"MEASURE({number}, {suffix}, {c_type}, {call}, {exact}, {where}, {row.unit})")
    for number, device in enumerate(DEVICE):
        lines.append(f"COMPARE({number}, {device.exact}, {device.where}, {device.unit})")
    for name, exact in SIXTEEN:
        for kind in kernels.KINDS:
            lines.append(f"COMPARE({kind}_{name}, {exact}, 1, {kind})")
    return "\n".join(lines)


def library(folder: Path) -> ctypes.CDLL:
    """The measuring functions, compiled into `folder`."""
    import ziglang

    zig = Path(ziglang.__file__).parent / "zig"
    source, shared = folder / "measure.c", folder / "measure.so"
    source.write_text(_c_source())
    flags = ["-O1", "-march=x86_64_v3", "-ffp-contract=off", "-fno-builtin", "-w", "-fPIC", "-shared", "-fno-sanitize=all"]
    estimate = "-D__nvvm_rsqrt_approx_f(x)=(1.0f/__builtin_sqrtf(x))"
    command = [str(zig), "cc", *flags, estimate, str(source), "-o", str(shared), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return ctypes.CDLL(str(shared))


def _special(dtype: type, arity: int) -> np.ndarray:
    limits = np.finfo(dtype)
    values = [0.0, 1.0, 0.5, 2.0, 3.0, 1.5, 5.0, 10.0, 0.25, float(limits.tiny), float(limits.smallest_subnormal),
              float(limits.max), float(limits.eps), float("inf"), 1e-3, 100.0, 2.0**24, 2.0**53, 1e5, 1e22]  # fmt: skip
    values = np.array([*values, *(-v for v in values), float("nan")], dtype)
    if arity > 2:
        values = values[::2]
    with np.errstate(over="ignore"):
        return np.concatenate([values, np.nextafter(values, dtype(np.inf)), np.nextafter(values, dtype(-np.inf))])


def points(dense: tuple[tuple[float, float], ...], arity: int, suffix: str, count: int, seed: int = 1) -> list[np.ndarray]:
    """Four arrays of arguments: every pair of special values, random bit patterns, dense intervals, numbers close together."""
    _, dtype, bits = TYPES[suffix]
    random = np.random.default_rng(seed)
    special = _special(dtype, arity)
    columns: list[list[np.ndarray]] = [[], [], [], []]
    first = np.repeat(special, len(special)) if arity > 1 else special
    for i, column in enumerate(columns):
        other = np.tile(special, len(special)) if arity > 1 else special
        column.append(first if i == 0 else other if i == 1 else random.permutation(other))
        raw = random.integers(0, 2**32 if bits == np.uint32 else 2**64, count, bits)
        column.append(raw.view(dtype))
        for low, high in dense:
            column.append(random.uniform(low, high, count).astype(dtype))
    if arity > 1:  # one from an interval, the others nearby
        base = random.uniform(0.1, 4, count).astype(dtype)
        for column in columns:
            column.append(base if column is columns[0] else (base * random.uniform(0.9, 1.1, count)).astype(dtype))
    return [np.ascontiguousarray(np.concatenate(column)) for column in columns]


def _call(function: ctypes._CFuncPtr, arrays: list[np.ndarray]) -> tuple[float, int]:
    function.restype = ctypes.c_double
    at = ctypes.c_long(0)
    worst = function(*[ctypes.c_void_p(a.ctypes.data) for a in arrays], ctypes.c_long(len(arrays[0])), ctypes.byref(at))
    return worst, at.value


def measure(lib: ctypes.CDLL, row: Row, suffix: str, count: int) -> tuple[float, list[float]]:
    """The worst error of a library function, and where."""
    arrays = points(row.dense, row.arity, suffix, max(count // 8, 300) if row.slow else count)
    worst, at = _call(getattr(lib, f"measure_{TABLE.index(row)}{suffix}"), arrays)
    return worst, [float(a[at]) for a in arrays[: row.arity]]


def values(lib: ctypes.CDLL, row: Row, suffix: str, arrays: list[np.ndarray]) -> np.ndarray:
    """What a library function gives on this processor."""
    result = np.empty_like(arrays[0])
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in arrays]
    getattr(lib, f"evaluate_{TABLE.index(row)}{suffix}")(*pointers, ctypes.c_long(len(result)), ctypes.c_void_p(result.ctypes.data))
    return result


def measure_device(lib: ctypes.CDLL, count: int) -> list[tuple[Device, float, list[float]]]:
    """The worst errors of what only the device has, in the order of the table."""
    found = []
    for number, row in enumerate(DEVICE):
        arrays = points(row.dense, row.arity, "f", count)[:2]
        got = kernels.approximate(row.code, arrays)
        worst, at = _call(getattr(lib, f"compare_{number}"), [*arrays, got])
        found.append((row, worst, [float(a[at]) for a in arrays]))
    return found


def measure_sixteen(lib: ctypes.CDLL, kinds: Sequence[str] = kernels.KINDS) -> list[tuple[str, str, float, float]]:
    """(kind, function, worst error in its units, where) over all arguments of half and bfloat16."""
    found = []
    for kind in kinds:
        arguments, results = kernels.sixteen(kind, [name for name, _ in SIXTEEN])
        for name, _ in SIXTEEN:
            worst, at = _call(getattr(lib, f"compare_{kind}_{name}"), [arguments, arguments, results[name]])
            found.append((kind, name, worst, float(arguments[at])))
    return found


def allowed(row: Row, suffix: str) -> float | None:
    """The error that a result may have. The documentation counts from the correctly rounded result, which may be half a unit off itself."""
    bound = row.f32 if suffix else row.f64
    return bound + 0.5 if bound and bound != 0.5 and row.unit == "error" else bound


def main(words: list[str]) -> None:
    """Prints, and writes the page when asked to."""
    from tests.math.page import page

    count = int(next((w.split("=")[1] for w in words if w.startswith("--count=")), 40000))
    names = [w for w in words if not w.startswith("-")]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        lib = library(Path(folder))
        for row in TABLE:
            for suffix in TYPES if not names or row.name in names else ():
                limit = allowed(row, suffix)
                if limit is None:
                    continue
                worst, at = measure(lib, row, suffix, count)
                rows.append((row, suffix, worst, at))
                mark = "" if worst <= limit else "   <-- at " + ", ".join(map(repr, at))
                print(f"{row.name + suffix:16} {limit:6g} {worst:10.4g}{mark}", flush=True)
        if names:
            return
        device, sixteen = measure_device(lib, count), measure_sixteen(lib)
    for row, worst, at in device:
        mark = "" if worst <= row.bound else "   <-- at " + ", ".join(map(repr, at))
        print(f"{row.name:16} {row.bound:6.3g} {worst:10.4g} {row.range}{mark}")
    for kind, name, worst, where in sixteen:
        print(f"{kind} h{name:16} {worst:10.4g}" + (f"   <-- at {where!r}" if worst > 0.5 else ""))
    if "--write" in words:
        (ROOT / "docs" / "coverage" / "math.md").write_text(page(rows, device, sixteen, count))


if __name__ == "__main__":
    main(sys.argv[1:])
