"""-fopenmp for CUDA sources.

In goes the host's tools, out come flags. Plain C and C++ sources get full OpenMP from the host compiler. In
CUDA sources the pragmas are accepted and run serially, which OpenMP allows: clang's code wants LLVM's OpenMP
runtime, which no package here brings.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sheer.base import cache
from sheer.cuda.toolchain.host import Host

VERSION = "-D_OPENMP=201511"


def include_folder(machine: Host) -> str:
    """A folder that holds gcc's omp.h and none of its other headers; "" if there is no gcc."""
    if not machine.openmp:
        return ""
    folder = cache.entry("tools", "openmp")
    header = folder / "omp.h"
    wanted = Path(machine.openmp) / "omp.h"
    if not header.exists() or header.read_bytes() != wanted.read_bytes():
        cache.write_atomically(header, wanted.read_bytes())
    return str(folder)


def shared_flags(machine: Host) -> list[str]:
    """Flags for both sides of a CUDA source."""
    folder = include_folder(machine)
    return [VERSION, "-Wno-source-uses-openmp", *(["-isystem", folder] if folder else [])]


def link_flags(flags: Sequence[str], machine: Host) -> list[str]:
    """The linker's flags, with the OpenMP library where there is one."""
    plain = [flag for flag in flags if not flag.startswith("-fopenmp")]
    return (
        [*plain, "-fopenmp"]
        if machine.kind == "gcc" and os.path.exists(os.path.join(machine.openmp, "omp.h"))
        else plain
    )
