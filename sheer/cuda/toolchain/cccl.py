"""CCCL (thrust, cub, libcu++): where its headers are, and what they must be told to compile with clang.

In goes the Python environment, out come include flags, empty if the wheel `nvidia-cuda-cccl` is not installed.
CCCL itself stays as it is; the few headers that must stand before its own are in include/cccl_overlay, or are made from
the installed ones and kept in the cache (`adjusted`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sheer.base import cache as kept

# The folder under site-packages/nvidia, in the order of preference: the wheels of CUDA 13, then those of 12.
PLACES = ("cu13/include/cccl", "cuda_cccl/include/cccl", "cuda_cccl/include")

# Ranges for the vendor's profiler: a dead weight here, and they ask for a particular version of its C++ header.
# Algorithms called in a kernel run in the calling thread, as they do where kernels cannot launch kernels.
DEFINES = ("-DCCCL_DISABLE_NVTX", "-DCCCL_DISABLE_CDP")


@cache
def folder() -> Path | None:
    """The folder that holds thrust/, cub/, cuda/ and nv/, or None."""
    spec = importlib.util.find_spec("nvidia")
    if spec is None or not spec.submodule_search_locations:
        return None
    for root in spec.submodule_search_locations:
        for place in PLACES:
            path = Path(root, place)
            if (path / "cub" / "cub.cuh").exists():
                return path
    return None


def include_flags() -> list[str]:
    """Flags for both passes. They come after ours, so that our CUDA headers are found first."""
    path = folder()
    if path is None:
        return []
    return ["-isystem", os.fspath(path), *DEFINES]


INCLUDED = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*(?:[<"](thrust|cub|cuda|nv)/|<([^>\n]+)>|"([^"\n]+)")', re.M)
OLD = re.compile(r"(?:c|gnu)\+\+(?:98|03|0x|11|1y|14)")
OLDEST = "17"  # the C++ that CCCL wants; the toolkits before CUDA 13 had one that made do with C++14


def newer(standard: str, source: str, folders: Sequence[str]) -> str:
    """The standard under which a source is compiled: an old one would not do for CCCL's headers, if the source gets to them."""
    if not OLD.fullmatch(standard) or folder() is None or not reaches(source, folders):
        return standard
    return standard.partition("+")[0] + "++" + OLDEST


def reaches(source: str, folders: Sequence[str]) -> bool:
    """Does the source include CCCL, by itself or by headers of the program? Conditions around the include are not looked at."""
    todo, seen = [os.path.abspath(source)], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        try:
            text = Path(path).read_bytes()
        except OSError:
            continue
        for match in INCLUDED.finditer(text):
            cccl, angled, quoted = match.groups()
            if cccl:
                return True
            places = (os.path.dirname(path), *folders) if quoted else folders
            todo += [os.path.join(place, os.fsdecode(quoted or angled)) for place in places]
    return False


# clang refuses `__shared__` variables of classes whose destructor has a body; nvcc only warns. Header and destructor.
EMPTY_DESTRUCTORS = (("cuda/__barrier/barrier_block_scope.h", "~barrier()"),)


def without_body(text: str, signature: str) -> str:
    """`text` with the body of the function of this signature emptied; unchanged if there is no such function."""
    start = text.find(signature)
    opening = text.find("{", start)
    if start < 0 or opening < 0 or text[start + len(signature) : opening].strip():
        return text
    depth = 0
    for at in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            lines = "\n" * text.count("\n", opening, at)  # so that messages name the right line
            return text[: opening + 1] + lines + text[at:]
    return text


@cache
def adjusted() -> list[str]:
    """Flags for a folder that stands before CCCL's: copies of the headers above, with the destructor emptied."""
    path = folder()
    if path is None:
        return []
    made: dict[str, bytes] = {}
    for name, destructor in EMPTY_DESTRUCTORS:
        if (path / name).exists():
            made[name] = without_body((path / name).read_text(), destructor).encode()
    key = hashlib.sha256(b"".join(name.encode() + made[name] for name in made)).hexdigest()[:16]
    places = [kept.find("cccl", f"{key}/{name}") or kept.store("cccl", f"{key}/{name}", made[name]) for name in made]
    roots = {os.fspath(place)[: -len(name) - 1] for place, name in zip(places, made, strict=True)}
    return [flag for root in sorted(roots) for flag in ("-isystem", root)]
