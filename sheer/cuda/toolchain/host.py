"""The host side's C++ library, compiler and linker: g++'s where a compiler is installed, else those of the
ziglang wheel.

In goes what the user asked for (-ccbin, SHEER_CXX_LIBRARY), out comes a `Host`: flags that make clang see
the right headers, the command that compiles plain C and C++, the command that links. What was found out is
kept in the cache until the tools change.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sheer.base import cache, knobs
from sheer.base.errors import MissingTool, ToolError
from sheer.cuda.toolchain import clang

WHEEL_TARGET = "linux-gnu.2.28"  # the glibc that programs linked by the wheel ask for at least
RECIPE = "1"


class Host(NamedTuple):
    """Where host code gets its C++ library. `kind` is gcc, clang or wheel."""

    kind: str
    headers: tuple[str, ...]  # flags for our clang on CUDA sources
    compiler: tuple[str, ...]  # compiles C and C++ and links
    openmp: str  # folder of libgomp's omp.h, "" if there is none
    fingerprint: str

    def environment(self) -> dict[str, str]:
        """The environment for `compiler`: the wheel keeps its own build products, which belong into our
        cache."""
        env = dict(os.environ)
        if self.kind == "wheel":
            env.setdefault("ZIG_GLOBAL_CACHE_DIR", str(cache.folder() / "zig"))
            env.setdefault("ZIG_LOCAL_CACHE_DIR", env["ZIG_GLOBAL_CACHE_DIR"])
        return env


def find(ccbin: str = "") -> Host:
    """The host tools to use. `ccbin` is a compiler, or a folder that holds g++."""
    library = knobs.get("SHEER_CXX_LIBRARY")
    program = _program(ccbin)
    if ccbin and program is None:
        raise MissingTool(f"-ccbin {ccbin}: there is no such host compiler")
    if program is None or (library == "wheel" and not ccbin):
        if library == "gcc":
            raise MissingTool(
                "SHEER_CXX_LIBRARY=gcc, but there is no g++ on PATH; install it or use SHEER_CXX_LIBRARY=auto"
            )
        return _remembered("wheel", _wheel)
    return _remembered(program, lambda: _installed(program))


def _program(ccbin: str) -> str | None:
    if ccbin and os.path.isdir(ccbin):
        return next((p for p in (shutil.which(name, path=ccbin) for name in ("g++", "c++")) if p), None)
    if ccbin:
        # nvcc is often given the C compiler; the C++ one is its neighbour
        folder, base = os.path.split(ccbin)
        better = base.replace("gcc", "g++") if "gcc" in base else base + "++" if base == "clang" else base
        return shutil.which(os.path.join(folder, better)) or shutil.which(ccbin)
    return shutil.which("g++") or shutil.which("c++")


def _remembered(name: str, make: Callable[[], Host]) -> Host:
    """What `make` finds out about the tool `name`, or what an earlier start found out about the same file."""
    import hashlib

    tool = clang.zig() if name == "wheel" else Path(os.path.realpath(name))
    if tool is None:
        raise MissingTool("neither g++ nor the package `ziglang` is installed; run `pip install ziglang`")
    stamp = f"{RECIPE}|{name}|{clang.stamp(tool)}"
    path = cache.entry("tools", f"host-{hashlib.sha256(stamp.encode()).hexdigest()[:24]}.json")
    try:
        kept = json.loads(path.read_text())
        return Host(kept["kind"], tuple(kept["headers"]), tuple(kept["compiler"]), kept["openmp"], stamp)
    except (OSError, ValueError, KeyError):
        host = make()._replace(fingerprint=stamp)
        cache.write_atomically(path, json.dumps(host._asdict()).encode())
        return host


def _ask(command: list[str], **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    return str(done.stdout).strip() if done.returncode == 0 else ""


def _installed(program: str) -> Host:
    """A compiler of this machine. Of gcc our clang uses the very installation, so that both see the same
    headers."""
    version = _ask([program, "--version"])
    if not version:
        raise MissingTool(f"{program} does not work: `{program} --version` fails")
    if "clang" in version.lower():
        return Host("clang", (), (program,), "", "")
    libgcc = _ask([program, "-print-libgcc-file-name"])
    folder = os.path.dirname(libgcc)
    headers = (f"--gcc-install-dir={folder}",) if os.path.exists(os.path.join(folder, "crtbegin.o")) else ()
    if not _has_cxx_headers(program):
        print(
            f"sheer: {program} has no C++ headers (libstdc++-dev); using the ziglang wheel's",
            file=sys.stderr,
        )
        return _wheel()
    openmp = os.path.join(folder, "include")
    return Host(
        "gcc", headers, (program,), openmp if os.path.exists(os.path.join(openmp, "omp.h")) else "", ""
    )


def _has_cxx_headers(program: str) -> bool:
    done = subprocess.run(
        [program, "-x", "c++", "-fsyntax-only", "-"],
        input="#include <vector>\n#include <stdlib.h>\n",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0


def _wheel() -> Host:
    """The wheel's libc++ and glibc headers: their flags are read off the wheel's own compiler call."""
    import tempfile

    program = clang.zig()
    if program is None:
        raise MissingTool("neither g++ nor the package `ziglang` is installed; run `pip install ziglang`")
    target = f"{platform.machine()}-{WHEEL_TARGET}"
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "empty.cpp").write_text("int sheer_empty;\n")
        env = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": scratch, "ZIG_LOCAL_CACHE_DIR": scratch}
        done = subprocess.run(
            [str(program), "build-obj", "--verbose-cc", "-target", target, "-lc++", "empty.cpp"],
            cwd=scratch,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise ToolError(f"the ziglang wheel cannot compile C++: {done.stderr.strip()}")
    words = (done.stdout + done.stderr).split()
    headers: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in ("-nostdinc", "-nostdinc++") or word.startswith(("-D_LIBC", "-D__GLIBC")):
            headers.append(word)
        elif word == "-isystem":
            headers += [word, following]
    return Host("wheel", tuple(headers), (str(program), "c++", "-target", target), "", "")


def announce_first_link(host: Host) -> None:
    """The wheel builds its C++ library at the first link: say so, since it takes minutes."""
    if host.kind != "wheel":
        return
    marker = cache.folder() / "zig" / "o"
    if not marker.is_dir():
        print(
            "sheer: no C++ compiler is installed; building the ziglang wheel's C++ library, once (two minutes)",
            file=sys.stderr,
            flush=True,
        )
