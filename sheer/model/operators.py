"""Operators by name and shape, and their price on a chip: the front of the model.

Comes in: an operator (a Gemm, Rows, Pointwise, ... or a name with a shape as text) and a Chip. Goes out: a
Prediction, with the range that assumed numbers of the chip file leave.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from sheer.base.errors import UsageError
from sheer.chips.schema import Chip
from sheer.model import attention, gemm, pointwise, ranges, rowwise
from sheer.model.attention import Attention
from sheer.model.gemm import Gemm
from sheer.model.pointwise import KINDS, Pointwise
from sheer.model.price import Prediction, price
from sheer.model.rowwise import Rows
from sheer.model.silicon import Silicon, silicon, type_bytes
from sheer.model.work import Work


class Convolution(NamedTuple):
    """A convolution of n images, done as an implicit matrix product."""

    n: int
    c: int
    h: int
    w: int
    filters: int
    r: int
    s: int
    stride: int = 1
    pad: int = 0
    dtype: str = "fp16"

    def gemm(self) -> Gemm:
        """The product that it is: rows are output pixels, k runs over channels and the window."""
        p = (self.h + 2 * self.pad - self.r) // self.stride + 1
        q = (self.w + 2 * self.pad - self.s) // self.stride + 1
        if min(p, q) < 1:
            raise UsageError(f"a window of {self.r}x{self.s} does not fit an image of {self.h}x{self.w}")
        window = max(1.0, self.r * self.s / self.stride**2)
        return Gemm(1, self.n * p * q, self.filters, self.c * self.r * self.s, self.dtype, False, window)


class Reduction(NamedTuple):
    """Sums of `rows` rows that together hold `elements`."""

    elements: int
    rows: int = 1
    dtype: str = "fp32"


class Embedding(NamedTuple):
    """`lookups` rows of `width` out of a table of `rows`."""

    lookups: int
    width: int
    rows: int = 0
    dtype: str = "fp32"


Operator = Gemm | Rows | Pointwise | Convolution | Attention | Reduction | Embedding


def works(si: Silicon, op: Operator) -> list[Work]:
    """The kernels that an operator becomes."""
    if isinstance(op, Gemm):
        return [gemm.work(si, op)]
    if isinstance(op, Convolution):
        return [gemm.work(si, op.gemm())._replace(name="convolution")]
    if isinstance(op, Rows):
        return [rowwise.work(si, op)]
    if isinstance(op, Pointwise):
        return [pointwise.work(si, op)]
    if isinstance(op, Reduction):
        return [pointwise.reduction(si, op.elements, op.dtype, op.rows)]
    if isinstance(op, Embedding):
        return [pointwise.embedding(si, op.lookups, op.width, op.dtype, op.rows)]
    if type_bytes(op.dtype) == 2 and not si.on_lanes(op.dtype):
        return [attention.work(si, op)]
    # Without tensor cores for the type, libraries launch three kernels.
    heads = op.b * op.heads
    return [
        gemm.work(si, Gemm(heads, op.queries, op.keys, op.size, op.dtype, True)),
        rowwise.work(si, Rows("softmax", heads * op.queries, op.keys, op.dtype)),
        gemm.work(si, Gemm(heads, op.queries, op.size, op.keys, op.dtype)),
    ]


def price_operator(si: Silicon, op: Operator, host_s: float = 0.0) -> Prediction:
    """Time and power; `host_s` is what a framework adds to each call."""
    parts = [price(work, si) for work in works(si, op)]
    main = max(parts, key=lambda part: part.time_s)
    if len(parts) == 1:
        time = main.time_s + host_s
        return main._replace(time_s=time, low_s=time, high_s=time)
    time = sum(part.time_s for part in parts)
    energy = sum(part.energy_J for part in parts)
    units = {unit for part in parts for unit in part.utilisation}
    return main._replace(
        name=type(op).__name__.lower(),
        time_s=time + host_s,
        low_s=time + host_s,
        high_s=time + host_s,
        energy_J=energy,
        power_w=energy / time,
        operations=sum(part.operations for part in parts),
        bytes=sum(part.bytes for part in parts),
        utilisation={
            unit: sum(part.utilisation.get(unit, 0.0) * part.time_s for part in parts) / time
            for unit in units
        },
        note="; ".join(f"{part.name} {part.time_s * 1e6:.3g} us" for part in parts),
    )


def predict(chip: Chip, op: Operator, host_s: float = 0.0) -> Prediction:
    """A Prediction with the range that assumed numbers of the chip leave."""
    base = price_operator(silicon(chip), op, host_s)
    low, high, leans = ranges.around(
        chip, base.time_s, lambda other: price_operator(silicon(other), op, host_s).time_s
    )
    return base._replace(low_s=low, high_s=high, leans_on=leans)


def _numbers(text: str, names: str, least: int) -> list[int]:
    parts = re.split(r"[x,]", text.lower())
    most = len(names.split("x"))
    if not all(part.isdigit() and int(part) > 0 for part in parts) or not least <= len(parts) <= most:
        raise UsageError(f"the shape {text!r} must be {names}, numbers joined by x")
    return [int(part) for part in parts]


def _convolution(shape: list[int], dtype: str) -> Operator:
    n, c, h, w, filters, r, s, stride, pad = (*shape, 1, 0) if len(shape) == 7 else (*shape, 0)[:9]
    return Convolution(n, c, h, w, filters, r, s, stride, pad, dtype)


def _gemm(shape: list[int], dtype: str) -> Operator:
    b, m, n, k = shape if len(shape) == 4 else (1, *shape)
    return Gemm(b, m, n, k, dtype)


# Name: how its shape is written, the least count of numbers, and what it makes.
SHAPES: dict[str, tuple[str, int, Callable[[list[int], str], Operator]]] = {
    "gemm": ("MxNxK", 3, _gemm),
    "linear": ("MxNxK", 3, lambda s, t: Gemm(1, s[0], s[1], s[2], t, True)),
    "bmm": ("BxMxNxK", 4, _gemm),
    "conv": (
        "NxCxHxWxFILTERSxRxSxSTRIDExPAD", 7,
        _convolution,
    ),
    "attention": (
        "BATCHxHEADSxQUERIESxKEYSxSIZE", 5, lambda s, t: Attention(s[0], s[1], s[2], s[3], s[4], t)
    ),
    "softmax": ("ROWSxWIDTH", 2, lambda s, t: Rows("softmax", s[0], s[1], t)),
    "layernorm": ("ROWSxWIDTH", 2, lambda s, t: Rows("layernorm", s[0], s[1], t)),
    "embedding": ("LOOKUPSxWIDTHxROWS", 2, lambda s, t: Embedding(s[0], s[1], [*s, 0][2], t)),
    "reduction": ("ELEMENTSxROWS", 1, lambda s, t: Reduction(s[0], [*s, 1][1], t)),
}  # fmt: skip


def parse(name: str, shape: str, dtype: str) -> Operator:
    """An operator from its name, shape and type, as written on a command line."""
    type_bytes(dtype)
    if name in SHAPES:
        names, least, make = SHAPES[name]
        return make(_numbers(shape, names, least), dtype)
    if name in KINDS:
        return Pointwise(name, math.prod(_numbers(shape, "DxDxDxD", 1)), dtype)
    raise UsageError(f"there is no operator {name!r}; there are {', '.join([*SHAPES, *KINDS])}")
