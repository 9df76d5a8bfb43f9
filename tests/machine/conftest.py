"""Builds libsheer, hand-made kernels and the probe once; runs each probe function in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheer.machine import build

HERE = Path(__file__).parent
KERNELS = {  # name: parameter bytes
    "empty": 0,
    "scale": 24,
    "where": 8,
    "reverse": 8,
    "manybarriers": 4,
    "votes": 8,
    "grid": 16,
    "lookback": 8,
    "handmade": 8,
    "poll": 8,
    "lanes": 16,
    "fault": 24,
    "fiberfault": 24,
    "trap": 0,
    "assertion": 0,
    "spin": 8,
    "overflow": 8,
    "deadlock": 0,
    "print": 8,
    "heap": 8,
    "badfree": 8,
    "relocs": 8,
    "window": 8,
    "denormal": 8,
}
CHECKED = ("fault", "fiberfault")
EXTRA = {"window": ["-DSTATIC_SHARED=24", "-DLOCAL_BYTES=40"]}


def _clang(*arguments: str) -> None:
    subprocess.run(
        [str(build.zig_path()), "clang", *build.compile_flags(), *build.CXX_FLAGS, *arguments], check=True
    )


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the probe library and one object a kernel."""
    folder = tmp_path_factory.mktemp("native")
    library = build.library()
    include = f"-I{Path(build.PACKAGE) / 'machine' / 'native'}"
    source = str(HERE / "native" / "kernels.cpp")
    jobs = [(name, f"{name}.o", [f"-DKERNEL_{name}"]) for name in KERNELS]
    jobs += [(name, f"{name}.checked.o", [f"-DKERNEL_{name}", "-DCHECKED"]) for name in CHECKED]
    for name, output, flags in jobs:
        _clang(
            "-w",
            include,
            "-fno-pic",
            "-mcmodel=small",
            *flags,
            *EXTRA.get(name, []),
            "-c",
            source,
            "-o",
            str(folder / output),
        )
    _clang("-w", include, "-fPIC", "-DKERNEL_relocs", "-c", source, "-o", str(folder / "relocs_pic.o"))
    (folder / "plainfault.o").write_bytes((folder / "fault.o").read_bytes())
    (folder / "needs.cpp").write_text(
        'extern "C" void no_such_function();\n#include "frame.h"\n'
        'extern "C" const SheerKernelInfo sheer_info = {SHEER_ABI_VERSION, 32, 0, 0, 0, 0, {0, 0}};\n'
        'extern "C" void sheer_warp(SheerFrame*, uint32_t, uint64_t) { no_such_function(); }\n'
        'extern "C" void sheer_blocks(SheerFrame*, uint64_t, uint64_t) {}\n'
    )
    _clang(include, "-c", str(folder / "needs.cpp"), "-o", str(folder / "needs.o"))
    _clang(include, "-c", str(HERE / "native" / "probe.cpp"), "-o", str(folder / "probe.o"))
    subprocess.run(
        [
            str(build.zig_path()),
            "ld.lld",
            "-shared",
            "-soname",
            "probe.so",
            str(folder / "probe.o"),
            str(library),
            "-rpath",
            str(library.parent),
            "-o",
            str(folder / "probe.so"),
        ],
        check=True,
    )
    return folder


def description(folder: Path) -> str:
    """The "PTX" that the fake worker understands."""
    names = {**KERNELS, "plainfault": 24, "relocs_pic": 8, "needs": 0, "die": 0}
    lines = [f"object {folder}", "sheer-module 1", "file 0 made.cu"]
    for name, size in names.items():
        lines.append(f"kernel {name} {size} 0 0 16 0 0 0 1 0:{size}:8")
    lines += ["symbol 0 words global 16 8 0", "reloc 0 8 0 0", "data 16"]
    return "\n".join(lines) + "\nABCDEFGHXXXXXXXX"


class Probe:
    """Runs one test function of probe.cpp and keeps what it printed."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.cache = cache
        self.log = cache.parent / "worker.log"

    def start(self, name: str, **knobs: str) -> subprocess.Popen[str]:
        """Start the test in a process; its stdin is closed."""
        code = f"import ctypes, sys; sys.exit(ctypes.CDLL({str(self.folder / 'probe.so')!r}).test_{name}())"
        env = {key: value for key, value in os.environ.items() if not key.startswith("SHEER_")}
        env |= {
            "SHEER_CACHE": str(self.cache),
            "SHEER_PYTHON": sys.executable,
            "SHEER_HOME": str(HERE / "home"),
            "SHEER_CHIP": "test",  # the built-in chips need no worker
            "TEST_PTX": description(self.folder),
            "FAKE_WORKER_LOG": str(self.log),
            **knobs,
        }
        return subprocess.Popen(
            [sys.executable, "-c", code],
            env=env,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, name: str, expect: int = 0, **knobs: str) -> subprocess.CompletedProcess[str]:
        """Run the test to its end; fails unless it ends with `expect`."""
        process = self.start(name, **knobs)
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{name} hangs\n{out}{err}") from None
        assert process.returncode == expect, f"{name}: exit {process.returncode}\n{out}{err}"
        return subprocess.CompletedProcess([], process.returncode, out, err)

    def asked(self) -> list[str]:
        """The verbs that the compile worker was asked."""
        return [line.split()[1] for line in self.log.read_text().splitlines()] if self.log.exists() else []


@pytest.fixture
def probe(native: Path, tmp_path: Path) -> Probe:
    """A probe with a fresh cache."""
    return Probe(native, tmp_path / "cache")
