"""`sheer doctor`: what is found on this machine, what not, and what to do about it. Exit code 1 if something
needed is missing."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import click

FEATURES = (
    "avx2",
    "fma",
    "f16c",
    "avx512f",
    "avx512bw",
    "avx512dq",
    "avx512vl",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_bf16",
    "amx_int8",
)


def _clang() -> str:
    from sheer.cuda.toolchain import clang

    tool = clang.find()
    return f"{clang.version(tool)} ({'wheel ziglang' if tool.wheel else tool.command[0]})"


def _cxx() -> str:
    from sheer.cuda.toolchain import host

    machine = host.find()
    if machine.kind == "wheel":
        return "the wheel's libc++ (no g++ is installed); its first link takes about two minutes"
    return f"{machine.compiler[0]} ({machine.kind})"


def _cccl() -> str:
    from sheer.cuda.toolchain import cccl

    words = [str(word) for word in cccl.include_flags()]
    folders = [word for word in words if os.path.isdir(word)]
    return (
        folders[-1]
        if folders
        else "not installed: thrust, cub and cuda::std are missing; pip install 'sheer[cccl]'"
    )


def _library() -> str:
    from sheer.cuda.toolchain import link

    began = time.perf_counter()
    folder = link.library_folder()
    spent = time.perf_counter() - began
    return f"{folder / 'libsheer.so'}" + (f" (built now, {spent:.0f} s)" if spent > 1 else "")


def _math() -> str:
    from sheer.cuda.math import build

    return str(build.bitcode())


def _cache() -> str:
    from sheer.base import cache

    if not cache.write_atomically(cache.folder() / ".writable", b""):
        return f"{cache.folder()} can't be written: all works, but is compiled each time; set SHEER_CACHE"
    (cache.folder() / ".writable").unlink(missing_ok=True)
    total = sum(size for _, size in cache.usage().values())
    return f"{cache.folder()} ({total / 1e6:.0f} MB)"


def _worker() -> str:
    import importlib.util
    from importlib.metadata import version

    if importlib.util.find_spec("sheer.worker") is None:
        raise RuntimeError(
            "the module sheer.worker is missing: the installation is damaged; install Sheer again"
        )
    return f"{os.environ.get('SHEER_PYTHON') or sys.executable}, llvmlite {version('llvmlite')}"


def _vectors() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = next((line.split() for line in file if line.startswith(("flags", "Features"))), [])
    except OSError:
        flags = []
    return " ".join(name for name in FEATURES if name in flags) or "none that kernels are compiled for"


def _knobs() -> str:
    from sheer.base import knobs

    given = [f"{knob.name}={knobs.get(knob.name)}" for knob in knobs.KNOBS if os.environ.get(knob.name)]
    strange = [f"{name} is not a knob of Sheer's" for name in knobs.unknown()]
    return ", ".join([*given, *strange]) or "none set"


CHECKS: tuple[tuple[str, bool, Callable[[], str]], ...] = (
    ("clang", True, _clang),
    ("C++ library", True, _cxx),
    ("native library", True, _library),
    ("compile worker", True, _worker),
    ("device math", True, _math),
    ("CCCL", False, _cccl),
    ("cache", False, _cache),
    ("vectors", False, _vectors),
    ("knobs", False, _knobs),
)


@click.command("doctor")
def command() -> None:
    """Say what is found on this machine, and what to do about the rest."""
    from sheer.base.errors import SheerError

    failed = False
    for name, needed, check in CHECKS:
        try:
            click.echo(f"{click.style('ok ', fg='green')} {name:15} {check()}")
        except (SheerError, ImportError, RuntimeError, OSError) as error:
            failed = failed or needed
            mark = click.style("BAD", fg="red") if needed else click.style("-- ", fg="yellow")
            click.echo(f"{mark} {name:15} {error}")
    sys.exit(1 if failed else 0)
