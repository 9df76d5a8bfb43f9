"""CCCL (thrust, cub, libcu++): where its headers are, and what they must be told to compile with clang.

In goes the Python environment, out come include flags, empty if the wheel `nvidia-cuda-cccl` is not installed.
CCCL itself stays as it is; the few headers that must stand before its own are in include/cccl_overlay.
"""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path

# The folder under site-packages/nvidia, in the order of preference: the wheels of CUDA 13, then those of 12.
PLACES = ("cu13/include/cccl", "cuda_cccl/include/cccl", "cuda_cccl/include")

# Ranges for the vendor's profiler: a dead weight here, and they ask for a particular version of its C++ header.
DEFINES = ("-DCCCL_DISABLE_NVTX",)


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
