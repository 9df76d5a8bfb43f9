"""Finds the clang that compiles CUDA C++, and the flags that every CUDA pass shares.

In goes the knob SHEER_CLANG (or an option), out comes a `Clang`: how to call it, where its own headers are,
a fingerprint for cache keys. The clang of the ziglang wheel is the one that is tested; another must know `-x
cuda` and the NVPTX target.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sheer.base import knobs
from sheer.base.errors import MissingTool

CUDA_VERSION = "12.8"  # what our headers and libcudart speak
INCLUDE = Path(__file__).resolve().parent.parent / "include"
# clang takes the version of PTX from the toolkit that it finds installed, and one that is too old for sm_80 where it finds
# none. Ours has none, and what the machine has is not asked.
PTX_VERSION = (f"--cuda-path={INCLUDE}", "--cuda-feature=+ptx88")


class Clang(NamedTuple):
    """One clang. `command` starts every call; `resource` holds include/ with clang's own headers ("" = it
    knows itself)."""

    command: tuple[str, ...]
    resource: str
    fingerprint: str
    wheel: bool


def zig() -> Path | None:
    """The zig program of the ziglang wheel, without importing the wheel."""
    spec = importlib.util.find_spec("ziglang")
    if spec is None or not spec.submodule_search_locations:
        return None
    program = Path(next(iter(spec.submodule_search_locations))) / "zig"
    return program if program.exists() else None


def stamp(path: str | Path) -> str:
    """Path, size and time of a file: enough to notice that a tool was replaced."""
    status = os.stat(path)
    return f"{path}:{status.st_size}:{status.st_mtime_ns}"


@cache
def find(wanted: str | None = None) -> Clang:
    """The clang to use: `wanted` or SHEER_CLANG ("" = the wheel's, "path" = the one on PATH, else a
    program's path)."""
    wanted = knobs.get("SHEER_CLANG") if wanted is None else wanted
    if not wanted:
        program = zig()
        if program is None:
            raise MissingTool(
                "clang is missing: the package `ziglang` is not installed; run `pip install ziglang`, "
                "or set SHEER_CLANG to a clang with the NVPTX target"
            )
        return Clang((str(program), "clang"), str(program.parent / "lib"), stamp(program), True)
    found = shutil.which("clang++" if wanted == "path" else wanted)
    if found is None and wanted == "path":
        found = shutil.which("clang")
    if found is None:
        raise MissingTool(
            f"SHEER_CLANG={wanted}: there is no such program; unset it to use the clang of the ziglang wheel"
        )
    real = os.path.realpath(found)
    return Clang((found,), "", stamp(real), False)


def triple() -> str:
    """The host's target triple."""
    return f"{platform.machine()}-linux-gnu"


def common_flags(clang: Clang) -> list[str]:
    """Flags for every call on CUDA sources, both sides: language, headers, target."""
    flags = [
        f"--target={triple()}",
        "-x",
        "cuda",
        "--cuda-gpu-arch=sm_80",
        "-nocudainc",
        "-nocudalib",
        "-Xclang",
        f"-target-sdk-version={CUDA_VERSION}",
        *PTX_VERSION,
        "--no-offload-new-driver",
    ]
    if clang.resource:
        flags += ["-resource-dir", clang.resource]
    return flags


def version(clang: Clang) -> str:
    """The first line of `clang --version`."""
    done = subprocess.run([*clang.command, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0] or "unknown"
