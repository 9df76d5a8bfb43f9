"""Rows: matrix instructions (PTX ISA 9.7.14), and where each element of a fragment lives.

A layout is a function (lane, element) -> (row, column) for a lane's elements in register order. mma's layouts are those of the manual. wmma leaves
them open: here a wmma fragment is a row of mma fragments (m16 x k, k x n8, m16 x n8 tiles), so both compute alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sheer.isa.row import op

Layout = Callable[[int, int], tuple[int, int]]


class Fragment(NamedTuple):
    """elements per lane, their width in bits, and where they are in the matrix."""

    elements: int
    bits: int
    place: Layout


def mma_a(m: int, k: int, bits: int) -> Fragment:
    """A (m x k): packs of 32 (or 64) bits along k in 4 lanes; then rows + 8, then the next columns."""
    pack = max(32 // bits, 1)
    halves = m // 8
    count = m * k // 32

    def place(lane: int, e: int) -> tuple[int, int]:
        register, i = divmod(e, pack)
        return lane // 4 + 8 * (register % halves), lane % 4 * pack + i + 4 * pack * (register // halves)

    return Fragment(count, bits, place)


def mma_b(k: int, n: int, bits: int) -> Fragment:
    """B (k x n): packs along k in 4 lanes, columns in groups of 4 lanes; for wider n tile after tile."""
    pack = max(32 // bits, 1)
    count = k * n // 32
    per_tile = k * 8 // 32

    def place(lane: int, e: int) -> tuple[int, int]:
        tile, e = divmod(e, per_tile)
        register, i = divmod(e, pack)
        return lane % 4 * pack + i + 4 * pack * register, lane // 4 + 8 * tile

    return Fragment(count, bits, place)


def mma_c(m: int, n: int, bits: int) -> Fragment:
    """C and D (m x n): pairs of columns in 4 lanes, then rows + 8, then the next 8 columns."""
    count = m * n // 32
    per_tile = m * 8 // 32

    def place(lane: int, e: int) -> tuple[int, int]:
        tile, e = divmod(e, per_tile)
        register, i = divmod(e, 2)
        return lane // 4 + 8 * register, lane % 4 * 2 + i + 8 * tile

    return Fragment(count, bits, place)


def shape_of(text: str) -> tuple[int, int, int]:
    """m16n8k16 -> (16, 8, 16)."""
    m, _, rest = text[1:].partition("n")
    n, _, k = rest.partition("k")
    return int(m), int(n), int(k)


def fragment(which: str, shape: str, bits: int) -> Fragment:
    """Fragment a, b, c or d of a shape."""
    m, n, k = shape_of(shape)
    if which == "a":
        return mma_a(m, k, bits)
    return mma_b(k, n, bits) if which == "b" else mma_c(m, n, bits)


_MMA = """mma.sync.aligned.shape:m16n8k8|m16n8k16.row.col.<f16|f32>.<f16>.<f16>.<f16|f32>  d a b c
          mma.sync.aligned.shape:m16n8k8|m16n8k16.row.col.<f32>.<bf16>.<bf16>.<f32>  d a b c
          mma.sync.aligned.shape:m16n8k4|m16n8k8.row.col.<f32>.<tf32>.<tf32>.<f32>  d a b c
          mma.sync.aligned.shape:m8n8k4.row.col.<f64>.<f64>.<f64>.<f64>  d a b c
          mma.sync.aligned.shape:m16n8k4|m16n8k8|m16n8k16.row.col.<f64>.<f64>.<f64>.<f64>  d a b c
          mma.sync.aligned.shape:m8n8k16|m16n8k16|m16n8k32.row.col{.satfinite}.<s32>.<s8|u8>.<s8|u8>.<s32>  d a b c
          mma.sync.aligned.shape:m8n8k32|m16n8k32|m16n8k64.row.col{.satfinite}.<s32>.<s4|u4>.<s4|u4>.<s32>  d a b c
          mma.sync.aligned.shape:m8n8k128|m16n8k128|m16n8k256.row.col.<s32>.<b1>.<b1>.<s32>.bits:xor|and.popc  d a b c"""
op(_MMA, emit=lambda k, m, i: k.mma(m, i), raw=True, work="mma", section="9.7.14.5")

_L = "row|col"
_H = "m16n16k16|m8n32k16|m32n8k16"
op(f"""wmma.load.which:a|b|c.sync.aligned.layout:{_L}.shape:{_H}{{.space:global|shared|shared::cta}}.<f16|f32|s8|u8|s32|bf16>  d [a] (b)
       wmma.load.which:a|b|c.sync.aligned.layout:{_L}.shape:m16n16k8{{.space:global|shared|shared::cta}}.<tf32|f32>  d [a] (b)
       wmma.load.which:a|b|c.sync.aligned.layout:{_L}.shape:m8n8k4{{.space:global|shared|shared::cta}}.<f64>  d [a] (b)""",
   emit=lambda k, m, i: k.wmma_load(m, i), raw=True, work="load", section="9.7.14.4.3")
op(f"""wmma.store.d.sync.aligned.layout:{_L}.shape:{_H}|m16n16k8|m8n8k4{{.space:global|shared|shared::cta}}.<f16|f32|s32|f64>  [a] b (c)""",
   emit=lambda k, m, i: k.wmma_store(m, i), raw=True, work="store", section="9.7.14.4.4")
op(f"""wmma.mma.sync.aligned.la:{_L}.lb:{_L}.shape:{_H}.<s32>.<s8|u8>.<s8|u8>.<s32>{{.satfinite}}  d a b c
       wmma.mma.sync.aligned.la:{_L}.lb:{_L}.shape:{_H}.<f32>.<bf16>.<bf16>.<f32>  d a b c
       wmma.mma.sync.aligned.la:{_L}.lb:{_L}.shape:m16n16k8.<f32>.<tf32>.<tf32>.<f32>  d a b c
       wmma.mma.sync.aligned.la:{_L}.lb:{_L}.shape:m8n8k4{{.rnd:rn|rz|rm|rp}}.<f64>.<f64>.<f64>.<f64>  d a b c
       wmma.mma.sync.aligned.la:{_L}.lb:{_L}.shape:{_H}.<f16|f32>.<f16|f32>{{.satfinite}}  d a b c""",
   emit=lambda k, m, i: k.wmma_mma(m, i), raw=True, work="mma", section="9.7.14.4.5")
op("""ldmatrix.sync.aligned.m8n8.count:x1|x2|x4{.trans}{.space:shared|shared::cta}.b16  d [a]""",
   emit=lambda k, m, i: k.ldmatrix(m, i), raw=True, work="load", section="9.7.14.5.15")
op("""movmatrix.sync.aligned.m8n8.trans.b16  d a""", emit=lambda k, m, i: k.movmatrix(m, i), raw=True, work="shuffle",
   section="9.7.14.5.17")
