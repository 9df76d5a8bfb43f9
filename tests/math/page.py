"""The page docs/coverage/math.md. In: what `measure.py` measured. Out: its text."""

from __future__ import annotations

from tests.math.functions import Device, Row

HEAD = """# Device math functions

Made by `python tests/math/measure.py --write`: the largest errors found, over random bit patterns, {count:,} points in each interval of
interest (an eighth of them where exact values are costly), and special values: infinities, NaN, signed zeros, subnormal numbers, neighbours of
exact cases. Exact values come from long double and quadruple precision. The library's sources are compiled for the processor that measures; a
test compares what kernels compute with that bit for bit. Another fails when a bound is passed.

*Allowed* is what CUDA documents. It counts units in the last place from the correctly rounded result; *measured* is the distance from the exact
value, so a correctly rounded function measures 0.5, and up to allowed + 0.5 is within the bound. Where the bound is absolute both columns are.

The list of all functions is `tests/headers/math_api.py`; a test compiles a call of each. What the list leaves out: quadruple precision
(`__fp128_*`), which devices of compute capability 8.0 do not have.

## Single and double precision

| function | allowed | measured | worst at | range |
|---|---|---|---|---|
"""
FAST = """
## Fast intrinsics and PTX's approximate instructions

Measured on the device, in kernels. Bounds of the instructions are those of the PTX manual.

| function | allowed | measured | worst at | range |
|---|---|---|---|---|
"""
SIXTEEN = """
## Half and bfloat16

Over all 65,536 arguments, `h...` and `h2...` alike, in units in the last place of the type: 0.5 is correctly rounded. Conversions between these
types and floats and integers in all four rounding modes are exact by construction and tested against the host's
(`tests/headers/programs/half_device.cu`); `fma` is rounded once. The functions go by way of float: what is above 0.5 are a few arguments whose
exact values lie within a float's rounding of the middle between two results.

| function | half | bfloat16 |
|---|---|---|
"""


def _number(unit: str, value: float) -> str:
    return f"{value:.2g} {unit}" if unit in ("absolute", "relative") else f"{value:.2f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _place(at: list[float], worst: float) -> str:
    return ", ".join(f"{v:.9g}" for v in at) if worst else ""


def page(
    rows: list[tuple[Row, str, float, list[float]]],
    device: list[tuple[Device, float, list[float]]],
    sixteen: list[tuple[str, str, float, float]],
    count: int,
) -> str:
    """The whole page."""
    lines = [HEAD.format(count=count)]
    for row, suffix, worst, at in rows:
        bound = row.f32 if suffix else row.f64
        names = row.name.split("_")
        plain = row.name if row.name.startswith("cyl") else names[0]
        shown = f"{bound:g}" if row.unit == "error" else _number(row.unit, bound or 0)
        part = f" ({PARTS[row.name]})" if row.name in PARTS else ""
        lines.append(f"| `{plain}{suffix}`{part} | {shown} | {_number(row.unit, worst)} | {_place(at, worst)} | {_cell(row.range)} |\n")
    lines.append(FAST)
    for approximate, worst, at in device:
        allowed = f"2^{_log2(approximate.bound)} {approximate.unit}" if approximate.bound < 0.1 else f"{approximate.bound:g}"
        place, measured = _place(at[: approximate.arity], worst), _number(approximate.unit, worst)
        lines.append(f"| `{approximate.name}` | {allowed} | {measured} | {place} | {_cell(approximate.range)} |\n")
    lines.append(SIXTEEN)
    errors = {(kind, name): worst for kind, name, worst, _ in sixteen}
    for name in dict.fromkeys(name for _, name, _, _ in sixteen):
        lines.append(f"| `h{name}` | {errors['half', name]:.4f} | {errors['bfloat16', name]:.4f} |\n")
    return "".join(lines)


PARTS = {
    "sincos_s": "sine", "sincos_c": "cosine", "sincospi_s": "sine", "sincospi_c": "cosine", "remquo_r": "remainder", "remquo_q": "quotient",
    "frexp_f": "fraction", "frexp_e": "exponent", "modf_f": "fraction", "modf_w": "whole part",
}  # fmt: skip


def _log2(value: float) -> str:
    import math

    return f"{math.log2(value):.4g}"
