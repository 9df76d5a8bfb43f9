"""curand_kernel.h: sequences, jumps and distributions; the generated tables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheer.cuda import random_jumps
from sheer.cuda.toolchain import clang, host

sys.path.insert(0, str(Path(__file__).resolve().parent))
import random_model  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(__file__).parent / "programs"
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"


def nvcc(*words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", NVCC, *words], capture_output=True, text=True, env=environ, timeout=300)


def output(source: str, tmp_path: Path, *words: str) -> str:
    program = tmp_path / "random"
    built = nvcc(str(PROGRAMS / source), *words, "-o", str(program))
    assert built.returncode == 0, built.stderr
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_generators(tmp_path: Path) -> None:
    output("random_generators.cu", tmp_path, "-O1")


@pytest.mark.parametrize("flags", [["-O0", "-G"], ["-O3"]], ids=["O0-G", "O3"])
def test_words_are_those_of_the_definition(tmp_path: Path, flags: list[str]) -> None:
    lines = output("random_words.cu", tmp_path, *flags).splitlines()
    assert len(lines) == 3 * 64
    for line in lines:
        name, *words = line.split()
        seed, subsequence, offset, *drawn = map(int, words)
        assert drawn == getattr(random_model, name)(seed, subsequence, offset, len(drawn)), line


def test_tables_are_fresh() -> None:
    assert (clang.INCLUDE / "sheer" / "random_jumps.h").read_text() == random_jumps.page()


def test_a_host_compiler_alone(tmp_path: Path) -> None:
    source = tmp_path / "alone.cpp"
    source.write_text(
        "#include <curand_kernel.h>\nint main() { curandState s; curand_init(1, 2, 3, &s);\n"
        "return curand_normal(&s) + curand_poisson(&s, 4.0) > 1e9; }\n"
    )
    tools = host.find()
    words = [*tools.compiler, "-std=c++17", "-fsyntax-only", f"-I{clang.INCLUDE}", str(source)]
    done = subprocess.run(words, capture_output=True, text=True, env=tools.environment())
    assert done.returncode == 0, done.stderr


def test_the_host_library_is_missed_by_name(tmp_path: Path) -> None:
    source = tmp_path / "api.cu"
    source.write_text(
        "#include <curand.h>\nint main() { curandGenerator_t g; return curandCreateGenerator(&g, CURAND_RNG_PSEUDO_DEFAULT); }\n"
    )
    done = nvcc(str(source), "-o", str(tmp_path / "api"))
    assert done.returncode != 0
    assert "curandCreateGenerator" in done.stderr
