"""Instructions of the PTX ISA that the table does not have. In: an opcode. Out: what it belongs to and what there is instead.

A row here ends its life when the table learns the instruction; a test sees to that.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Absent(NamedTuple):
    """Instructions without a row: a pattern of opcodes, one of them in full, what they do, what to do instead."""

    pattern: str
    example: str
    what: str
    instead: str
    promised: bool = True  # by compute capability 8.0


_PASSED = "pass what the host knows as a parameter"
ABSENT = (
    Absent(r"tex\.(.*\.)?a?2dms", "tex.2dms.v4.f32.s32", "textures of several samples a texel", "a layer for each sample"),
    Absent(r"(tex|tld4)\..*f16", "tex.2d.v4.f16.f32", "texels as 16-bit floats", "tex with f32, and cvt"),
    Absent(r"txq|suq", "txq.num_samples.b32", "questions about several samples a texel and about memory layouts", _PASSED),
    Absent(r"istypep", "istypep.texref", "questions about references", _PASSED),
    Absent(r"sured", "sured.b.add.1d.u32.trap", "reductions on surfaces", "suld and sust, or atomics on plain memory"),
    Absent(r"alloca|stacksave|stackrestore", "alloca.u64", "local memory whose size is known only when the kernel runs",
           "a local array of the largest size, or malloc"),
    Absent(r"mma\.sync\.aligned\.m8n8k4\..*\.f16", "mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32",
           "the matrix instruction of compute capability 7.0", "mma.sync.aligned.m16n8k8 or m16n8k16 with f16"),
    Absent(r"wmma\..*\.([us]4|b1)(\.|$)", "wmma.load.a.sync.aligned.row.m8n8k32.s4", "fragments of sub-byte matrices",
           "mma.sync of the same shape, whose fragments are known"),
    Absent(r"mma\.sp\b", "mma.sp.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", "sparse matrix instructions",
           "mma.sync on the full matrix"),
    Absent(r"mma\..*\.e[45]m[23]|cvt\..*\.(e4m3|e5m2|e2m3|e3m2|e2m1|ue8m0)x", "cvt.rn.satfinite.e4m3x2.f32",
           "floating point of 8 bits and less (capability 8.9 or higher)", "cuda_fp8.h converts without it", False),
    Absent(r"cp\.(async|reduce\.async)\.bulk|cp\.async\.bulk|tensormap", "cp.async.bulk.commit_group",
           "bulk copies (capability 9.0 or higher)", "cp.async of 4, 8 or 16 bytes a thread", False),
    Absent(r"wgmma|stmatrix", "wgmma.fence.sync.aligned", "matrix instructions of groups of warps (capability 9.0 or higher)",
           "mma.sync and ldmatrix", False),
    Absent(r"tcgen05", "tcgen05.wait::ld.sync.aligned", "matrix instructions of capability 10.0 or higher", "mma.sync", False),
    Absent(r"mapa|getctarank|clusterlaunchcontrol|st\.async|multimem", "mapa.u64",
           "clusters of blocks and multicast memory (capability 9.0 or higher)", "global memory and a grid-wide barrier", False),
)  # fmt: skip
NAMES = frozenset((  # those of which the table has no form at all
    "alloca", "clusterlaunchcontrol", "getctarank", "istypep", "mapa", "multimem", "stackrestore", "stacksave",
    "stmatrix", "sured", "tcgen05", "tensormap", "wgmma",
))  # fmt: skip


def absent(opcode: str) -> Absent | None:
    """The row for an opcode that is known to exist and that the table does not have."""
    return next((row for row in ABSENT if re.match(row.pattern, opcode)), None)
