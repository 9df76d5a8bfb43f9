"""Measures the device math library on the host: compiles its sources for this processor together with `reference.h`
and compares, point for point, with exact values. `python tests/math/measure.py [names]` prints; with `--write` it
rewrites docs/coverage/math.md."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from functions import TABLE, Row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TYPES = {"f": ("float", np.float32, np.uint32), "": ("double", np.float64, np.uint64)}


def _c_source() -> str:
    from sheer.cuda.math import build

    lines = [f'#include "{build.HERE / name}"' for name in build.SOURCES]
    lines.append(f'#include "{HERE / "reference.h"}"')
    for number, row in enumerate(TABLE):
        arguments = ", ".join(("x_", "y_", "z_", "w_")[: row.arity])
        for suffix, (c_type, _, _) in TYPES.items():
            exact = row.exact or f"nextafter{suffix}(x_, y_)"
            where = row.where.replace("FROM", "-2.264").replace("TO", "-10.001" if suffix else "-23.001")
            lines.append(
                f"MEASURE({number}, {suffix}, {c_type}, __nv_{row.name}{suffix}({arguments}), {exact}, {where}, {row.unit})"
            )
    return "\n".join(lines)


def library(folder: Path) -> ctypes.CDLL:
    """The measuring functions, compiled into `folder`."""
    import ziglang

    zig = Path(ziglang.__file__).parent / "zig"
    source, shared = folder / "measure.c", folder / "measure.so"
    source.write_text(_c_source())
    command = [str(zig), "cc", "-O2", "-march=x86_64_v3", "-ffp-contract=off", "-fno-builtin", "-w", "-fPIC", "-shared",
               "-fno-sanitize=all", "-D__nvvm_rsqrt_approx_f(x)=(1.0f/__builtin_sqrtf(x))", str(source), "-o", str(shared), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return ctypes.CDLL(str(shared))


def points(row: Row, suffix: str, count: int, seed: int = 1) -> list[np.ndarray]:
    """Four arrays of arguments: random bit patterns, dense intervals, and every pair of special values."""
    _, dtype, bits = TYPES[suffix]
    random = np.random.default_rng(seed)
    limits = np.finfo(dtype)
    special = [0.0, 1.0, 0.5, 2.0, 3.0, 1.5, 5.0, 10.0, 0.25, float(limits.tiny), float(limits.smallest_subnormal),
               float(limits.max), float(limits.eps), float("inf"), 1e-3, 100.0, 2.0**24, 2.0**53, 1e5, 1e22]
    special += [-v for v in special] + [float("nan")]
    with np.errstate(over="ignore"):
        special = np.array(special, dtype)
        special = np.concatenate([special, np.nextafter(special, dtype(np.inf)), np.nextafter(special, dtype(-np.inf))])
    columns: list[list[np.ndarray]] = [[], [], [], []]
    first = np.repeat(special, len(special)) if row.arity > 1 else special
    for i, column in enumerate(columns):
        other = np.tile(special, len(special)) if row.arity > 1 else special
        column.append(first if i == 0 else other if i == 1 else random.permutation(other))
        if bits == np.uint32:
            raw = random.integers(0, 2**32, count, np.uint32)
        else:
            raw = random.integers(0, 2**64, count, np.uint64)
        column.append(raw.view(dtype))
        for low, high in row.dense:
            column.append(random.uniform(low, high, count).astype(dtype))
    if row.arity > 1:                                   # one from a dense interval, the other nearby
        base = random.uniform(0.1, 4, count).astype(dtype)
        for i, column in enumerate(columns):
            column.append(base if i == 0 else (base * random.uniform(0.9, 1.1, count)).astype(dtype))
    return [np.ascontiguousarray(np.concatenate(column)) for column in columns]


def measure(lib: ctypes.CDLL, row: Row, suffix: str, count: int) -> tuple[float, list[float]]:
    """The worst error in ulps, and where."""
    function = getattr(lib, f"measure_{TABLE.index(row)}{suffix}")
    function.restype = ctypes.c_double
    arrays = points(row, suffix, count // 8 if row.slow else count)
    at = ctypes.c_long(0)
    worst = function(*[ctypes.c_void_p(a.ctypes.data) for a in arrays], ctypes.c_long(len(arrays[0])), ctypes.byref(at))
    return worst, [float(a[at.value]) for a in arrays[: row.arity]]


def bound(row: Row, suffix: str) -> float | None:
    return row.f32 if suffix else row.f64


def main(words: list[str]) -> None:
    count = int(next((w.split("=")[1] for w in words if w.startswith("--count=")), 40000))
    names = [w for w in words if not w.startswith("-")]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        lib = library(Path(folder))
        for row in TABLE:
            if names and row.name not in names:
                continue
            for suffix in TYPES:
                limit = bound(row, suffix)
                if limit is None:
                    continue
                worst, at = measure(lib, row, suffix, count)
                rows.append((row, suffix, limit, worst))
                mark = "" if worst <= limit + (0.5 if limit else 0) else "   <-- at " + ", ".join(map(repr, at))
                print(f"{row.name + suffix:16} {limit:6g} {worst:10.4g}{mark}", flush=True)
    if "--write" in words:
        (ROOT / "docs" / "coverage" / "math.md").write_text(page(rows, count))


def page(rows: list[tuple[Row, str, float, float]], count: int) -> str:
    """The coverage page."""
    lines = ["# Device math functions", "",
             "Largest errors in units in the last place, measured by `python tests/math/measure.py --write` against long",
             f"double and quadruple precision over random bit patterns, {count:,} points in each interval of interest, and",
             "special values (infinities, NaN, signed zeros, subnormals, neighbours of exact cases). *Allowed* is the bound",
             "that CUDA documents; correctly rounded results measure up to 0.5. A test fails when a bound is passed.", "",
             "| function | allowed | measured | range |", "|---|---|---|---|"]
    lines += [f"| `{r.name}{s}` | {limit:g} | {worst:.2f} | {r.range} |" for r, s, limit, worst in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(sys.argv[1:])
