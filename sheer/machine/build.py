"""Builds libsheer.so, the machine and the CUDA API layer, at first use; later starts find it by content.

In go the C++ sources of `machine/native` and `cuda/native` (and what `cuda/generate.py` makes), out comes a
folder in the cache that holds libsheer.so and the thin libcudart, libcuda and libnvrtc that name it. Only the
ziglang wheel is needed: its clang compiles, its lld links, its glibc headers stand in for the system's.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sheer.base import cache, knobs
from sheer.base.errors import ToolError

PACKAGE = Path(__file__).resolve().parent.parent
NATIVE_FOLDERS = (PACKAGE / "machine" / "native", PACKAGE / "cuda" / "native")
RECIPE = "3"  # changes when this file builds differently from the same sources
GLIBC_MINOR = 28
GLIBC_PARTS = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2")
# file name, SONAME; the unversioned names that linkers look for are linker scripts
THIN = (
    "libcudart.so.12", "libcudart.so.13", "libcuda.so.1", "libnvrtc.so.12", "libnvrtc.so.13", "libnvidia-ml.so.1",
    "libnvJitLink.so.12", "libnvJitLink.so.13", "libnvfatbin.so.12", "libnvfatbin.so.13",
)  # fmt: skip
SCRIPTS = {
    "libcudart.so": "libcudart.so.12",
    "libcuda.so": "libcuda.so.1",
    "libnvrtc.so": "libnvrtc.so.12",
    "libnvidia-ml.so": "libnvidia-ml.so.1",
    "libnvJitLink.so": "libnvJitLink.so.12",
    "libnvfatbin.so": "libnvfatbin.so.12",
}


class BuildError(ToolError):
    """The native library does not compile or link; holds the compiler's own words."""


def library() -> Path:
    """The path of libsheer.so, built now if the cache has none for these sources."""
    return folder() / "libsheer.so"


def folder() -> Path:
    """The folder of libsheer.so, libcudart.so, libcuda.so.1 and so on: what -L and LD_LIBRARY_PATH want."""
    sources = _sources()
    key = _key(sources)
    found = cache.find("native", key, "complete")
    if found is not None and _whole(found):
        return found
    with cache.staging() as staging:
        _build(sources, staging)
        (staging / "complete").write_text("".join(f"{p.stat().st_size} {p.name}\n" for p in sorted(staging.iterdir())))
        try:
            return cache.publish(staging, "native", key, "" if found else "complete")
        except OSError as error:
            raise BuildError(f"the native library is built, but there is no place for it: {error}") from None


def _whole(made: Path) -> bool:
    """Is every file there, as long as it was? `complete` lists them."""
    try:
        listed = [line.split(" ", 1) for line in (made / "complete").read_text().splitlines()]
        return bool(listed) and all((made / name).stat().st_size == int(size) for size, name in listed)
    except (OSError, ValueError):
        return False


def _sources() -> list[tuple[str, bytes]]:
    """(name relative to the package, content) of every native source, generated ones too, sorted."""
    found: dict[str, bytes] = {}
    for root in NATIVE_FOLDERS:
        for path in sorted(root.glob("*")):
            if path.suffix in (".cpp", ".h", ".inc"):
                found[str(path.relative_to(PACKAGE))] = path.read_bytes()
    generate = importlib.import_module("sheer.cuda.generate")
    for name, text in getattr(generate, "native_files", dict)().items():
        found[f"cuda/native/{name}"] = text.encode()
    return sorted(found.items())


def _key(sources: Sequence[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for part in (RECIPE, _triple(), sys.executable, str(PACKAGE.parent), _zig_version()):
        digest.update(part.encode() + b"\0")
    for name, content in sources:
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


def zig_path() -> Path:
    """The zig program of the ziglang wheel; `zig clang` and `zig ld.lld` are what we use of it."""
    return _zig() / "zig"


def _zig() -> Path:
    return Path(str(importlib.import_module("ziglang").__file__)).parent


def _zig_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ziglang")
    except PackageNotFoundError:
        return str((_zig() / "zig").stat().st_size)


def _triple() -> str:
    return f"{platform.machine()}-linux-gnu"


def compile_flags() -> list[str]:
    """Flags that make the wheel's clang compile C or C++ against its own glibc headers, for this machine."""
    machine = platform.machine()
    headers = _zig() / "lib" / "libc" / "include"
    arch = "x86" if machine == "x86_64" else machine
    flags = [f"--target={_triple()}", "-nostdinc", "-isystem", str(_zig() / "lib" / "include")]
    for part in (f"{arch}-linux-gnu", "generic-glibc", f"{arch}-linux-any", "any-linux-any"):
        flags += ["-isystem", str(headers / part)]
    flags += [
        f"-D__GLIBC_MINOR__={GLIBC_MINOR}",
        "-D_GNU_SOURCE",
        "-fPIC",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Wno-unused-parameter",
    ]
    return flags + (["-mno-outline-atomics"] if machine == "aarch64" else [])


CXX_FLAGS = [
    "-x",
    "c++",
    "-std=c++20",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    "-ftls-model=initial-exec",
]


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr + done.stdout
        raise BuildError(f"building libsheer.so failed: {' '.join(command[:4])} ...\n{said}")
    if done.stderr and knobs.get("SHEER_BUILD_WARNINGS"):
        sys.stderr.write(done.stderr)


def _build(sources: Sequence[tuple[str, bytes]], into: Path) -> None:
    """Write the sources down, compile each to an object (two at a time), link, make the thin libraries."""
    tree = into / "src"
    objects: list[str] = []
    jobs: list[list[str]] = []
    zig = str(_zig() / "zig")
    flags = [
        *compile_flags(),
        *CXX_FLAGS,
        "-fvisibility=hidden",
        *_defaults(),
        f"-I{tree}/machine/native",
        f"-I{tree}/cuda/native",
    ]
    for name, content in sources:
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if path.suffix == ".cpp":
            objects.append(f"{into}/{name.replace('/', '_')}.o")
            jobs.append([zig, "clang", *flags, "-c", str(path), "-o", objects[-1]])
    with ThreadPoolExecutor(max_workers=max(2, min(8, os.cpu_count() or 2))) as pool:
        list(pool.map(lambda job: _run(job, into), jobs))
    _link(into, objects)
    for path in [*into.glob("*.o"), *(into / part for part in GLIBC_PARTS)]:
        path.unlink()
    shutil.rmtree(tree)


def _defaults() -> list[str]:
    """How the library starts the compile worker unless SHEER_PYTHON and SHEER_HOME say otherwise."""
    return [f'-DSHEER_DEFAULT_PYTHON="{sys.executable}"', f'-DSHEER_DEFAULT_HOME="{PACKAGE.parent}"']


def _link(into: Path, objects: Sequence[str]) -> None:
    zig = str(_zig() / "zig")
    empty = into / "empty.c"
    empty.write_text("")
    _run([zig, "clang", *compile_flags(), "-x", "c", "-c", str(empty), "-o", f"{into}/empty.o"], into)
    empty.unlink()
    lld = [zig, "ld.lld", "-shared", "--hash-style=gnu", "-z", "now", "-z", "relro", "-z", "nodelete", "--build-id=none"]
    for part in GLIBC_PARTS:  # names only: the real ones are found when the program starts
        _run([*lld, "-soname", part, f"{into}/empty.o", "-o", f"{into}/{part}"], into)
    parts = [f"{into}/{part}" for part in GLIBC_PARTS]
    _run(
        [
            *lld,
            "-soname",
            "libsheer.so",
            "--eh-frame-hdr",
            "-Bsymbolic",
            *objects,
            "-o",
            f"{into}/libsheer.so",
            "--no-as-needed",
            *parts,
        ],
        into,
    )
    for name in THIN:
        _run(
            [
                *lld,
                "-soname",
                name,
                "-rpath",
                "$ORIGIN",
                f"{into}/empty.o",
                "-o",
                f"{into}/{name}",
                "--no-as-needed",
                f"{into}/libsheer.so",
            ],
            into,
        )
    for name, thin in SCRIPTS.items():
        (into / name).write_text(f"INPUT({thin} libsheer.so)\n")


def main() -> None:
    """Build and print the path, for shell scripts: `python -m sheer.machine.build`."""
    print(library())


if __name__ == "__main__":
    main()
