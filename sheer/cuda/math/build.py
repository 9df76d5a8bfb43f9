"""Builds the device math library. In: the C sources beside this file. Out: one LLVM bitcode file in the cache, which every device compilation
links (`-mlink-builtin-bitcode`): functions that are used are inlined, the others vanish.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import tempfile
from pathlib import Path

from sheer.base import cache
from sheer.base.errors import ToolError
from sheer.cuda.toolchain.clang import PTX_VERSION

HERE = Path(__file__).resolve().parent
SOURCES = ("exponential.c", "trigonometric.c", "special.c", "bessel.c", "single.c", "parts.c")
FLAGS = (
    "-target",
    "nvptx64-nvidia-cuda",
    "-march=sm_80",
    "-O1",
    "-ffp-contract=off",
    "-fno-builtin",
    "-ffreestanding",
    "-emit-llvm",
    "-c",
    "-Xclang",
    "-disable-llvm-passes",
    "-Xclang",
    "-no-enable-noundef-analysis",  # as for the programs that it is linked into
    "-w",
)


@functools.cache
def bitcode() -> Path:
    """The library's path; compiled now if the cache has none for these sources. Raises ToolError."""
    texts = [(HERE / name).read_bytes() for name in (*SOURCES, "common.h", "coefficients.h")]
    key = hashlib.sha256(b"\0".join([*texts, " ".join(FLAGS).encode()])).hexdigest()[:32]
    place = cache.find("math", f"{key}.bc")
    if place is not None:
        return place
    with tempfile.TemporaryDirectory() as scratch:
        data = _compile(Path(scratch))
    return cache.store("math", f"{key}.bc", data)


def _compile(scratch: Path) -> bytes:
    import ziglang

    zig = Path(ziglang.__file__).parent / "zig"
    unity = scratch / "math.c"
    unity.write_text("".join(f'#include "{HERE / name}"\n' for name in SOURCES))
    done = subprocess.run(
        [str(zig), "clang", *FLAGS, *PTX_VERSION, str(unity), "-o", str(scratch / "math.bc")],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolError("the device math library does not compile", done.returncode, done.stderr)
    return (scratch / "math.bc").read_bytes()
