"""What goes wrong inside kernels: the right error, told with kernel, block, thread, address and line; the process lives."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest
from test_programs import HERE, compiled, run

SOURCE = HERE / "programs" / "faults.cu"
FAULTS = [
    ("load", "cudaErrorIllegalAddress", r"kernel \w+(\(int const\*, int\*\))?: illegal address: load of 4 bytes at 0x\w+"
     r"\nsheer:   block \(0,0,0\), thread \(0,0,0\), \S*faults.cu:5\n"),
    ("store", "cudaErrorIllegalAddress", r"kernel \w+(\(int\*, long\))?: illegal address: store of 4 bytes at 0x\w+"
     r"\nsheer:   block \(2,0,0\), thread \(40,0,0\), \S*faults.cu:7\n"),
    ("null", "cudaErrorIllegalAddress", r"kernel \w+(\(int\*\))?: illegal address: atomic of 4 bytes at"),
    ("freed", "cudaErrorIllegalAddress", r"kernel \w+(\(int\*\))?: illegal address"),
    ("trap", "cudaErrorLaunchFailure", r"kernel \w+(\(\))?: trap\nsheer:   block \(0,0,0\), thread \(3,0,0\), \S*faults.cu:14\n"),
    ("assert", "cudaErrorAssert", r"faults.cu:16: void assertion\(int\): block: \[0,0,0\], thread: \[30,0,0\] "
     r"Assertion `threadIdx.x < n` failed."),
    ("poll", "cudaErrorLaunchTimeout", r"kernel \w+(\(int volatile\*\))?: ran longer than the time limit of 0.5 s .*"
     r"\nsheer:   block \(0,0,0\), \S*faults.cu:18\n"),
    ("lock", "cudaErrorLaunchTimeout", r"kernel \w+(\(int\*\))?: ran longer than .*\nsheer:   block \(0,0,0\), \S*faults.cu:21\n"),
    ("pointer", "cudaErrorInvalidPc", r"call of an invalid function pointer\nsheer:   block \(0,0,0\), thread \(0,0,0\)"),
    ("surface", "cudaErrorLaunchFailure", r"surface write outside of the surface: byte 160, y 16; it has 64 texels of 4 bytes, 16 rows"
     r"\nsheer:   block \(0,0,0\), thread \(40,0,0\), \S*faults.cu:43\n"),
    ("texture", "cudaErrorLaunchFailure", r"0x0 is no texture object, or one that was destroyed\nsheer:   block \(0,0,0\), thread \(0,0,0\)"),
    ("deep", "cudaErrorHardwareStackError", r"kernel \w+(\(int, int\*\))?: stack overflow"),
]  # fmt: skip


@pytest.fixture(scope="module", params=[(), ("-lineinfo",), ("-g", "-G")], ids=["plain", "lineinfo", "debug"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(SOURCE, tmp_path_factory.mktemp("faults"), *request.param)


@pytest.mark.parametrize(("what", "name", "told"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_fault(program: Path, what: str, name: str, told: str) -> None:
    limit = "0.5" if name.endswith("Timeout") else "60"
    done = run(program, what, SHEER_TIME_LIMIT=limit)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == name + "\n"
    assert re.search(told, done.stderr), done.stderr

MISALIGNED = [
    ("wide", "load of 16 bytes", "block (0,0,0), thread (0,0,0)", 5),
    ("odd", "store of 4 bytes", "block (1,0,0), thread (37,0,0)", 7),
    ("step", "load of 4 bytes", "block (0,0,0), thread (1,0,0)", 10),
    ("loaded", "load of 4 bytes", "block (0,0,0), thread (40,0,0)", 12),
    ("shared", "load of 2 bytes", "block (0,0,0), thread (0,0,0)", 18),
    ("add", "atomic of 4 bytes", "block (0,0,0), thread (0,0,0)", 20),
    ("called", "load of 8 bytes", "block (0,0,0), thread (0,0,0)", 21),
    ("walk", "load of 4 bytes", "block (0,0,0), thread (0,0,0)", 25),
]


@pytest.fixture(scope="module", params=[(), ("-O0",)], ids=["plain", "O0"])
def misaligned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(HERE / "programs" / "misaligned.cu", tmp_path_factory.mktemp("misaligned"), *request.param)


@pytest.mark.parametrize(("what", "access", "place", "line"), MISALIGNED, ids=[fault[0] for fault in MISALIGNED])
def test_misaligned(misaligned: Path, what: str, access: str, place: str, line: int) -> None:
    done = run(misaligned, what)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "cudaErrorMisalignedAddress\n"
    assert f": misaligned address: {access} at 0x" in done.stderr
    assert f"sheer:   {place}, " in done.stderr and f"misaligned.cu:{line}\n" in done.stderr, done.stderr


@pytest.mark.parametrize(("what", "told"), [("unmapped", "reserved address at which no memory is mapped"), ("read-only", "may not be accessed like that")])
def test_mapped_memory(tmp_path: Path, what: str, told: str) -> None:
    done = run(compiled(HERE / "programs" / "virtual_memory.cu", tmp_path), what)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ": illegal address: store of 4 bytes at 0x" in done.stderr and told in done.stderr, done.stderr


@pytest.mark.parametrize("what", ["streams", "heap"])
def test_goes_on(program: Path, what: str) -> None:
    done = run(program, what)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("what", "number"), [("host", signal.SIGSEGV), ("abort", signal.SIGABRT)])
def test_host_faults_are_the_programs_own(program: Path, what: str, number: int) -> None:
    done = subprocess.run(["sh", "-c", f'ulimit -c 0; exec "{program}" {what}'], capture_output=True, timeout=60)
    assert done.returncode == -number
