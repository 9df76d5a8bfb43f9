"""Compares predictions with tables of measurements, and says how far off they are.

Comes in: rows of a table (mappings of column to text). Goes out: a Report: per device and operator the number of
rows, the mean absolute percentage error, median, 90th percentile and worst, and what was skipped and why.
Two schemas are read: `device, op, B, M, N, K, H, latency_ms` and `op, M, N, K, H, value, unit`. The type of an operator is
the end of its name (`matmul_fp16`) or in a column `dtype`; a column `host_us` says what the measuring program added to each call.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sheer.base.errors import ChipError, UsageError
from sheer.chips import schema
from sheer.model.gemm import Gemm
from sheer.model.operators import Operator, price_operator
from sheer.model.pointwise import KINDS, Pointwise
from sheer.model.rowwise import Rows
from sheer.model.silicon import Silicon, silicon

# What the host adds between two events around a PyTorch operator in the NeuSight table; fitted on the fit rows of
# its element-wise operators, one number for all devices.
EVENTS_S = 17e-6
# What LLMCompass publishes as the overhead of a call in its own measurements (hardware_model/compute_module.py,
# A100), launch included.
CALL_S = {"matmul": 21e-6, "softmax": 12e-6, "layernorm": 45e-6, "gelu": 45e-6}
SIZES = ((1e-4, "under 0.1 ms"), (1e-3, "0.1 to 1 ms"), (1e-2, "1 to 10 ms"), (float("inf"), "over 10 ms"))
NAMES = {"ln": "layernorm", "layer_norm": "layernorm"}
TYPES = ("fp32", "tf32", "fp16", "bf16", "int8")
MISSING = ("nan", "na", "n/a", "none", "null", "-")  # what programs write into a field that has no value


class Case(NamedTuple):
    """One row of a table, understood."""

    device: str
    op: str
    operator: Operator
    measured_s: float
    host_s: float
    test: bool
    row: Mapping[str, str]


class Error(NamedTuple):
    """How far off predictions of one group are; percentages."""

    rows: int
    mape: float
    median: float
    p90: float
    worst: float
    bias: float  # mean of the signed error: above zero, predictions are too long
    worst_row: str


class Report(NamedTuple):
    """The outcome of a validation."""

    groups: dict[tuple[str, str], Error]
    sizes: dict[tuple[str, str], Error]  # by device and measured time
    skipped: dict[str, int]
    rows: int


def is_test(row: Mapping[str, str]) -> bool:
    """Whether a row belongs to the test part (three in ten, by a hash of what it is): never fitted on."""
    key = "|".join([row.get("device", ""), row.get("op", ""), *(str(_int(row, c)) for c in "BMNKH")])
    return zlib.crc32(key.encode()) % 10 >= 7


def _int(row: Mapping[str, str], column: str) -> int:
    text = (row.get(column) or "").strip()
    try:
        value = float(0 if text.lower() in ("", *MISSING) else text)
    except ValueError:
        value = math.nan
    if not value.is_integer():
        raise UsageError(f"column {column}: {text!r} is not a whole number")
    return int(value)


def operator_of(row: Mapping[str, str]) -> Operator | None:
    """The operator that a row measures, or None where the name is not known."""
    name, dtype = (row.get("op") or "").strip().lower(), (row.get("dtype") or "fp32").strip().lower()
    for kind in TYPES:
        if name.endswith("_" + kind):
            name, dtype = name[: -len(kind) - 1], kind
    name = NAMES.get(name, name)
    if dtype not in TYPES:
        return None
    b, m, n, k, h = (_int(row, column) for column in "BMNKH")
    if name in ("linear", "bmm", "matmul"):
        # The tables name the dimensions of A, then the last one: C (m x k) = A (m x n) times B (n x k). In every
        # row the launched grid covers m x k, and not m x n. A linear layer has the same weights for the whole batch.
        if name == "linear":
            return Gemm(1, (b or 1) * m, k, n, dtype, True)
        return Gemm(b or 1, m, k, n, dtype)
    if name in ("softmax", "layernorm"):
        return Rows(name, b or m, h or n, dtype)
    if name in KINDS:
        return Pointwise(name, max(0, b or m) * max(0, h or n), dtype)
    return None


def measured_s(row: Mapping[str, str], op: Operator) -> float:
    """Seconds that a row tells, as a latency or as a rate; 0 where it tells none."""
    unit = "latency_ms" if row.get("latency_ms") else row.get("unit", "")
    try:
        value = float(row.get("latency_ms") or row.get("value") or 0)
    except ValueError:
        return 0.0
    if not 0 < value < float("inf"):
        return 0.0
    if unit == "latency_ms":
        return value * 1e-3
    if unit == "giga_elements_per_s" and isinstance(op, Pointwise | Rows):
        return (op.elements if isinstance(op, Pointwise) else op.rows * op.width) / value * 1e-9
    if unit == "tera_operations_per_s" and isinstance(op, Gemm):
        return op.operations / value * 1e-12
    raise UsageError(
        f"the unit {unit!r} does not suit {row['op']}; known are latency_ms, giga_elements_per_s of element-wise "
        "and row kernels, tera_operations_per_s of products"
    )


def cases(
    rows: Iterable[Mapping[str, str]], device: str, skipped: dict[str, int], chips: dict[str, Silicon]
) -> Iterable[Case]:
    """Rows understood; what can't be goes to `skipped` by its reason. Fills `chips` by device. A UsageError names the line of a row that
    makes no sense, counted as in a file with one line of headings."""
    strangers: set[str] = set()
    for line, row in enumerate(rows, 2):
        try:
            case = _case(row, device, chips, strangers)
        except UsageError as error:
            raise UsageError(f"line {line}: {error}") from None
        if isinstance(case, Case):
            yield case
        else:
            _skip(skipped, case)


def _case(row: Mapping[str, str], device: str, chips: dict[str, Silicon], strangers: set[str]) -> Case | str:
    """A row understood, or why it is left out."""
    named = (row.get("device") or device).strip()
    if not named:
        raise UsageError("the table has no column device; say which it is by --device")
    if named not in chips and named not in strangers:
        try:
            chips[named] = silicon(schema.load(named))
        except ChipError:
            strangers.add(named)
    if named in strangers:
        return f"unknown device {named}"
    op = operator_of(row)
    if op is None:
        dtype = f" of type {row['dtype']}" if row.get("dtype") else ""
        return f"unknown operator {row.get('op') or '(none)'}{dtype}"
    if not _shaped(op):
        return "no shape"
    seconds = measured_s(row, op)
    if not seconds:
        return "no measured time"
    host = EVENTS_S
    if row.get("host_us"):
        try:
            host = float(row["host_us"]) * 1e-6
        except ValueError:
            raise UsageError(f"column host_us: {row['host_us']!r} is not a number") from None
    elif "value" in row:
        host = CALL_S.get(row["op"].partition("_")[0], 0.0) - chips[named].launch_s
    return Case(named, row["op"].strip(), op, seconds, max(0.0, host), is_test(row), row)


def _shaped(op: Operator) -> bool:
    if isinstance(op, Gemm):
        return min(op.b, op.m, op.n, op.k) > 0
    if isinstance(op, Pointwise):
        return op.elements > 0
    return not isinstance(op, Rows) or min(op.rows, op.width) > 0


def _skip(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def validate(rows: Iterable[Mapping[str, str]], device: str = "", part: str = "all") -> Report:
    """Price every row (`part`: all, fit or test) and compare."""
    skipped: dict[str, int] = {}
    chips: dict[str, Silicon] = {}
    found: dict[tuple[str, str], list[tuple[float, Case]]] = {}
    count = 0
    for case in cases(rows, device, skipped, chips):
        if part != "all" and case.test != (part == "test"):
            continue
        try:
            predicted = price_operator(chips[case.device], case.operator, case.host_s).time_s
        except UsageError as refused:
            _skip(skipped, str(refused))
            continue
        count += 1
        found.setdefault((case.device, case.op), []).append((predicted / case.measured_s - 1, case))
    sizes: dict[tuple[str, str], list[tuple[float, Case]]] = {}
    for pairs in found.values():
        for error, case in pairs:
            label = next(name for limit, name in SIZES if case.measured_s < limit)
            sizes.setdefault((case.device, label), []).append((error, case))
    order = [name for _, name in SIZES]
    return Report(
        {key: summary(found[key]) for key in sorted(found)},
        {key: summary(sizes[key]) for key in sorted(sizes, key=lambda k: (k[0], order.index(k[1])))},
        skipped,
        count,
    )


def summary(pairs: list[tuple[float, Case]]) -> Error:
    """Statistics of signed relative errors."""
    ranked = sorted(abs(error) for error, _ in pairs)
    worst, case = max(pairs, key=lambda pair: abs(pair[0]))
    n = len(ranked)
    return Error(
        n,
        100 * sum(ranked) / n,
        100 * ranked[n // 2],
        100 * ranked[min(n - 1, int(0.9 * n))],
        100 * abs(worst),
        100 * sum(error for error, _ in pairs) / n,
        " ".join(f"{c}={case.row[c]}" for c in ("B", "M", "N", "K", "H") if case.row.get(c)),
    )
