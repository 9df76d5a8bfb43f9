"""`sheer run` is transparent; caches that are full, read-only, damaged or shared cost speed only; processes die and fork."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_programs import HERE, ROOT, compiled, run

SOURCE = HERE / "programs" / "squares.cu"
RUN = [sys.executable, "-m", "sheer", "run"]
LONG_CODE = r"""#include <stdio.h>
template <int N>
__device__ __forceinline__ unsigned long long step(unsigned long long x) {
  x = __umul64hi(x, 0x9e3779b97f4a7c15ull + N) ^ (x * (2 * N + 1));
  return step<N - 1>(x % 1000003 + x);
}
template <>
__device__ __forceinline__ unsigned long long step<0>(unsigned long long x) { return x; }
__global__ void big(unsigned long long *out) { out[blockIdx.x * blockDim.x + threadIdx.x] = step<130>(threadIdx.x + blockIdx.x * blockDim.x); }
int main() {
  unsigned long long *out, first[96], again[96];
  cudaMalloc(&out, sizeof first);
  int wrong = 0;
  for (int block : {96, 48, 32, 16, 8}) {
    cudaMemset(out, 0, sizeof first);
    big<<<96 / block, block>>>(out);
    cudaMemcpy(block == 96 ? first : again, out, sizeof first, cudaMemcpyDeviceToHost);
    for (int i = 0; i < 96 && block < 96; i++) wrong += first[i] != again[i];
  }
  printf("%d wrong\n", wrong);
  return wrong;
}
"""
KNOBS = {**os.environ, "PYTHONPATH": str(ROOT)}


def sheer_run(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    environ = {**KNOBS, **{k: str(v) for k, v in more.items() if k.isupper()}}
    stdin = str(more.get("stdin", ""))
    return subprocess.run([*RUN, *words], input=stdin, capture_output=True, text=True, env=environ, timeout=300)


def with_library(cache: Path) -> None:
    """Puts the built native library into a fresh cache: building it is not what is tested here."""
    from sheer.machine import build

    made = build.folder()
    shutil.copytree(made, cache / "native" / made.name)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(SOURCE, tmp_path_factory.mktemp("squares"))


def test_run_is_transparent() -> None:
    done = sheer_run(str(SOURCE), "--", "echo", "a b", "--chip", "-O3", stdin="one\ntwo\n")
    assert done.returncode == 7
    assert done.stdout == "in one\nin two\n[a b][--chip][-O3]"
    assert done.stderr == "to stderr"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGPIPE])
def test_run_dies_of_the_programs_signal(number: int) -> None:
    assert sheer_run(str(SOURCE), "--", "signal", str(int(number))).returncode == -number


def test_run_stops_when_nobody_reads() -> None:
    done = subprocess.run(
        f"'{sys.executable}' -m sheer run '{SOURCE}' -- flood | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True, executable=shutil.which("bash"), capture_output=True, text=True, env=KNOBS, timeout=120,
    )  # fmt: skip
    assert done.stdout == f"line\n{128 + signal.SIGPIPE}\n"


@pytest.mark.parametrize("what", ["", "fork", "fork-after", "worker"])
def test_processes(program: Path, tmp_path: Path, what: str) -> None:
    done = run(program, what, SHEER_CACHE=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_elsewhere_and_by_a_link(program: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(program)
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "HOME", "XDG_CACHE_HOME")}
    assert subprocess.run([link], cwd="/", env={**environ, "SHEER_CACHE": str(tmp_path)}, timeout=60).returncode == 0
    assert subprocess.run([link], cwd="/", env={"PATH": os.environ["PATH"]}, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"SHEER_PYTHON": "/nowhere/python"}, ["/nowhere/python", "No such file", "SHEER_PYTHON"]),
        ({"SHEER_PYTHON": "/usr/bin/env"}, ["SHEER_PYTHON"]),
    ],
)
def test_python_is_gone(program: Path, tmp_path: Path, knobs: dict[str, str], words: list[str]) -> None:
    """The folder that the program was built from has moved: what is cached runs, the rest says what to do."""
    done = run(program, SHEER_CACHE=str(tmp_path), **knobs)
    assert done.returncode == 1 and done.stdout == "cudaErrorJitCompilerNotFound\n"
    assert all(word in done.stderr for word in words), done.stderr
    assert run(program, SHEER_CACHE=str(tmp_path)).returncode == 0
    assert run(program, SHEER_CACHE=str(tmp_path), **knobs).returncode == 0


def test_full_disk(program: Path, tmp_path: Path) -> None:
    """No file may grow: as a full disk, but where the signal of that limit would end the program."""
    done = subprocess.run(
        ["sh", "-c", f'ulimit -f 0; exec "{program}"'], env={**os.environ, "SHEER_CACHE": str(tmp_path)}, timeout=60
    )
    assert done.returncode == 0
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("cache", ["/proc/none", "/dev/null"])
def test_unwritable_cache(program: Path, tmp_path: Path, cache: str) -> None:
    assert run(program, SHEER_CACHE=cache).returncode == 0
    (tmp_path / f"sheer-{os.getuid()}").mkdir(mode=0o700)
    with_library(tmp_path / f"sheer-{os.getuid()}")
    for _ in range(2):  # what can't be kept in the cache is kept in a temporary folder
        done = sheer_run(str(SOURCE), "--", "echo", SHEER_CACHE=cache, TMPDIR=tmp_path)
        assert done.returncode == 7, done.stderr


def test_damaged_entries(program: Path, tmp_path: Path) -> None:
    def files(part: str) -> list[Path]:
        return [p for p in (tmp_path / part).rglob("*") if p.is_file() and p.suffix != ".json"]

    def damage(text: bytes) -> bytes:
        return text[: len(text) // 2]

    def garble(text: bytes) -> bytes:
        return text[:100] + bytes(255 - b for b in text[100:200]) + text[200:]

    for hurt in (damage, garble, lambda text: b""):
        for part in ("modules", "kernels"):
            assert run(program, SHEER_CACHE=str(tmp_path)).returncode == 0
            assert files(part)
            whole = [p.read_bytes() for p in files(part)]
            for path in files(part):
                path.write_bytes(hurt(path.read_bytes()))
            assert run(program, SHEER_CACHE=str(tmp_path)).returncode == 0
            assert [p.read_bytes() for p in files(part)] == whole
    with_library(tmp_path)
    for hurt in (damage, garble):
        assert sheer_run(str(SOURCE), SHEER_CACHE=tmp_path).returncode == 0
        for path in files("programs"):
            path.write_bytes(hurt(path.read_bytes()))
        assert sheer_run(str(SOURCE), SHEER_CACHE=tmp_path).returncode == 0


def test_many_at_once(program: Path, tmp_path: Path) -> None:
    environ = {**KNOBS, "SHEER_CACHE": str(tmp_path)}
    with_library(tmp_path)
    running = [
        subprocess.Popen([*RUN, str(SOURCE), "--", "echo"], env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(4)
    ]  # fmt: skip
    for process in running:
        said, _ = process.communicate(timeout=200)
        assert (process.returncode, said) == (7, b"to stderr")
    assert not [p for p in tmp_path.rglob(".*") if p.name.startswith((".new-", ".old-"))]


@pytest.mark.slow
def test_long_code_is_not_compiled_for_every_block_shape(tmp_path: Path) -> None:
    source = tmp_path / "long.cu"
    source.write_text(LONG_CODE)
    program = compiled(source, tmp_path)
    with_library(tmp_path / "cache")
    for compiled_anew in (2, 3), (0,):
        done = run(program, SHEER_CACHE=str(tmp_path / "cache"), SHEER_DEBUG="1")
        assert done.returncode == 0, done.stdout
        assert done.stderr.count("code compiled") in compiled_anew, done.stderr
