"""-fopenmp, and omp.h for those who include it with or without.

In go the host's tools, out come flags. clang compiles the pragmas to calls of LLVM's OpenMP library, which nobody has; a
small object (openmp_bridge.c) answers them with gcc's libgomp, so that these sources and those that g++ compiles share one set of
threads. Without gcc the pragmas are ignored and the program runs serially, which OpenMP allows; omp.h is then our own.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from sheer.base import cache
from sheer.cuda.toolchain import clang
from sheer.cuda.toolchain.host import Host

BRIDGE = Path(__file__).parent / "openmp_bridge.c"
SERIAL = Path(__file__).parent / "serial_openmp"
VERSION = "-D_OPENMP=201511"  # for the device pass, which has no use for the pragmas


def _include_folder(machine: Host) -> Path:
    """A folder that holds gcc's omp.h and none of its other headers."""
    header = Path(machine.openmp) / "omp.h"
    folder = "openmp-" + hashlib.sha256(header.read_bytes()).hexdigest()[:16]
    found = cache.find("tools", folder, "omp.h")
    return found or cache.store("tools", f"{folder}/omp.h", header.read_bytes()).parent


def header(machine: Host) -> list[str]:
    """Flags that make omp.h found, after whatever the program brings itself."""
    return ["-idirafter", str(_include_folder(machine) if machine.openmp else SERIAL)]


def shared_flags(machine: Host) -> list[str]:
    """Flags for both sides of a CUDA source."""
    return [] if machine.openmp else ["-Wno-source-uses-openmp"]


def plain_flags(flags: Sequence[str], machine: Host) -> list[str]:
    """The flags of plain C and C++ for the machine's compiler; the wheel has neither library nor header."""
    if machine.kind != "wheel":
        return list(flags)
    kept = [flag for flag in flags if not flag.startswith("-fopenmp")]
    if len(kept) < len(flags):
        host_flags(machine)
    return [*kept, *header(machine)]


def host_flags(machine: Host) -> list[str]:
    """Flags for the host side."""
    if machine.openmp:
        return ["-fopenmp"]
    print("sheer: -fopenmp: no gcc with OpenMP is installed; one thread does everything", file=sys.stderr)
    return []


def link_flags(flags: Sequence[str], machine: Host) -> list[str]:
    """The linker's flags, with libgomp and the bridge where there is gcc."""
    plain = [flag for flag in flags if not flag.startswith("-fopenmp")]
    return [*plain, str(_bridge()), "-fopenmp"] if machine.openmp else plain


def _bridge() -> Path:
    """The compiled bridge, from the cache."""
    from sheer.cuda.toolchain.compile import run

    tool = clang.find("")
    key = hashlib.sha256(BRIDGE.read_bytes() + tool.fingerprint.encode()).hexdigest()[:16]
    name = f"openmp-bridge-{key}.o"
    made = cache.find("tools", name)
    if made is not None:
        return made
    with cache.staging() as staging:
        temporary = staging / "bridge.o"
        flags = ["-resource-dir", tool.resource, f"--target={clang.triple()}", "-x", "c", "-std=gnu11", "-O2", "-fPIC", "-w"]
        run([*tool.command, *flags, "-c", str(BRIDGE), "-o", str(temporary)])
        return cache.store("tools", name, temporary.read_bytes())
