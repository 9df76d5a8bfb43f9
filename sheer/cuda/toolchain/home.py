"""A folder laid out as a CUDA toolkit, for Makefiles with CUDA_HOME and for CMake's CUDA support.

Out comes bin/nvcc (which is us), include/ (our headers and CCCL's), lib64/ (our library under the toolkit's
names). Programs that somebody else's linker makes with these libraries find libsheer by its absolute path,
so they run without LD_LIBRARY_PATH.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from sheer.base import cache
from sheer.base.errors import ToolError
from sheer.cuda.toolchain import clang, elf

PACKAGE_HOME = Path(__file__).resolve().parent.parent.parent.parent
# names that linkers look for; each is a linker script that leads to the stand-in below
SCRIPTS = (
    "libcudart.so",
    "libcuda.so",
    "libnvrtc.so",
    "libnvidia-ml.so",
    "libcudart_static.a",
    "libcudadevrt.a",
    "libculibos.a",
    "libnvrtc_static.a",
    "libnvJitLink.so",
    "libnvJitLink_static.a",
    "libnvfatbin.so",
    "libnvfatbin_static.a",
    "libnvptxcompiler_static.a",
    "libcufilt.a",
)
TOOLS = {"nvcc": "nvcc"}


def folder(place: Path | None = None) -> Path:
    """The toolkit folder, made or brought up to date: in the cache, or at `place`."""
    from sheer.cuda.toolchain import link

    if place is None:
        key = hashlib.sha256(f"{sys.executable}|{PACKAGE_HOME}".encode()).hexdigest()[:12]
        place = cache.entry("toolkit", key)
    library = link.library_folder()
    state = json.dumps(
        {"library": str(library), "headers": _header_names(), "recipe": 6, "python": sys.executable}
    )
    marker = place / ".sheer"
    if marker.exists() and marker.read_text() == state:
        return place
    try:
        for part in ("bin", "include", "lib64/stubs", "nvvm/libdevice"):
            (place / part).mkdir(parents=True, exist_ok=True)
        _tools(place / "bin")
        _headers(place / "include")
        _libraries(place / "lib64", library)
        _link(place / "lib", Path("lib64"))
        (place / "version.json").write_text(
            json.dumps({"cuda": {"name": "CUDA SDK (Sheer)", "version": f"{clang.CUDA_VERSION}.0"}})
        )
        marker.write_text(state)
    except OSError as error:
        raise ToolError(
            f"cannot lay out a CUDA folder at {place}: {error.strerror}; "
            "name another with `sheer cuda-home DIR`"
        ) from None
    return place


def is_ours(include: str) -> bool:
    """Is this the include folder of a toolkit that `folder` made?"""
    return Path(include, os.pardir, ".sheer").exists()


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    path.symlink_to(target)


def _tools(into: Path) -> None:
    for name, verb in TOOLS.items():
        code = (
            f"import sys; sys.path.insert(0, {str(PACKAGE_HOME)!r}); "
            "from sheer.cuda.toolchain.nvcc import main; "
            f"sys.exit(main(sys.argv[1:], {str(into.parent)!r}))"
        )
        assert verb == "nvcc"
        path = into / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -c {shlex.quote(code)} "$@"\n')
        path.chmod(0o755)


def _header_roots() -> list[Path]:
    roots = [clang.INCLUDE]
    try:
        from sheer.cuda.toolchain import cccl
    except ImportError:
        return roots
    words = [str(flag) for flag in cccl.include_flags()]
    return roots + [Path(word) for word in words if os.path.isdir(word)]


def _header_names() -> list[str]:
    return sorted({f"{root}/{name}" for root in _header_roots() for name in os.listdir(root)})


def _headers(into: Path) -> None:
    for old in into.iterdir():
        old.unlink()
    for root in _header_roots():
        for name in sorted(os.listdir(root)):
            if name != "cccl_overlay" and not (into / name).is_symlink():
                _link(into / name, root / name)


def _libraries(into: Path, library: Path) -> None:
    from sheer.cuda.toolchain import link

    current = link.current_link(library)
    for path in sorted(library.iterdir()):
        if ".so." in path.name or path.name == "libsheer.so":
            _link(into / path.name, current / path.name)
    stand_in = into / "libsheer_link.so"
    _make_stand_in(stand_in, current / "libsheer.so")
    for name in SCRIPTS:
        (into / name).unlink(missing_ok=True)
        (into / name).write_text(f"/* Sheer's CUDA library under this name */\nINPUT({stand_in})\n")
    for name in ("libcuda.so", "libnvidia-ml.so"):
        shutil.copyfile(into / name, into / "stubs" / name)


def _make_stand_in(output: Path, library: Path) -> None:
    """A library with no code that exports what libsheer does and whose name is libsheer's absolute path:
    what is linked with it loads libsheer from there."""
    from sheer.cuda.toolchain.compile import run

    zig = clang.zig()
    if zig is None:
        raise ToolError("the package `ziglang` is not installed; run `pip install ziglang`")
    tool = clang.find("")
    lines = ["  .text"]
    for name in elf.defined_names(library):
        lines += [f"  .globl {name}", f"  .type {name},@function", f"{name}:"]
    lines.append('  .section .note.GNU-stack,"",@progbits\n')
    source, made = output.with_suffix(".s"), output.with_suffix(".o")
    source.write_text("\n".join(lines))
    run([*tool.command, f"--target={clang.triple()}", "-c", str(source), "-o", str(made)])
    run(
        [
            str(zig),
            "ld.lld",
            "-shared",
            "--hash-style=gnu",
            "-soname",
            str(library),
            str(made),
            "-o",
            str(output),
        ]
    )
    source.unlink()
    made.unlink()
