"""Programs of tests/cuda_api/programs, compiled as users do, hold the runtime and driver API to their documentation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAMS = sorted((HERE / "programs").glob("*.cu"))
NVCC = "import sys; from sheer.cuda.toolchain.nvcc import main; sys.exit(main(sys.argv[1:]))"


def notes(source: Path, key: str) -> list[str]:
    """What the comment lines `// key: text` of a program say."""
    return re.findall(rf"^// {key}: (.*)$", source.read_text(), re.M)


def compiled(source: Path, folder: Path, *options: str) -> Path:
    program = folder / source.stem
    words = [word for note in notes(source, "nvcc") for word in note.split()]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", NVCC, str(source), "-o", str(program), *words, *options],
        capture_output=True, text=True, env=environ, timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return program


def run(program: Path, *arguments: str, **knobs: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, env={**os.environ, **knobs}, timeout=120
    )


@pytest.mark.parametrize("source", PROGRAMS, ids=lambda p: p.stem)
def test_program(source: Path, tmp_path: Path) -> None:
    program = compiled(source, tmp_path)
    knobs = dict(word.split("=", 1) for note in notes(source, "env") for word in note.split())
    done = run(program, **knobs)
    assert done.returncode == 0, done.stdout + done.stderr
    for text in notes(source, "stderr"):
        assert done.stderr.count(text) == 1


def test_trace(tmp_path: Path) -> None:
    done = run(compiled(HERE / "programs" / "unsupported.cu", tmp_path), SHEER_TRACE="1")
    assert re.search(r"sheer: \[\d+\] cudaMalloc\(devPtr=0x[0-9a-f]+, size=4\) = cudaSuccess .*\*devPtr=0x", done.stderr)
    assert "sheer: cudaGraphicsMapResources is not supported" in done.stderr


def test_strict_limits(tmp_path: Path) -> None:
    source = tmp_path / "strict.cu"
    source.write_text(
        "#include <cstdio>\n__global__ void k() {}\nint main() { int v; "
        "cudaDeviceGetAttribute(&v, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0);\n"
        'k<<<1, 1, 40 << 10>>>(); printf("%d %s", v, cudaGetErrorName(cudaGetLastError())); }\n'
    )
    program = compiled(source, tmp_path)
    assert run(program).stdout == "166912 cudaSuccess"
    assert run(program, SHEER_STRICT_LIMITS="1").stdout == "65536 cudaSuccess"


@pytest.mark.parametrize(("chip", "answer"), [("br104", "Sheer BR104 64 34359738368"), ("a100", "Sheer A100 108 85899345920")])
def test_chip(chip: str, answer: str, tmp_path: Path) -> None:
    source = tmp_path / "chip.cu"
    source.write_text(
        "#include <cstdio>\nint main() { cudaDeviceProp p; cudaGetDeviceProperties(&p, 0);\n"
        'printf("%s %d %zu", p.name, p.multiProcessorCount, p.totalGlobalMem); }\n'
    )
    program = compiled(source, tmp_path)
    assert run(program, SHEER_CHIP=chip).stdout == answer
    assert run(program, SHEER_CHIP=str(ROOT / "sheer" / "chips" / f"{chip}.toml")).stdout == answer


def test_vendor_binary_names_the_way_out(tmp_path: Path) -> None:
    source = tmp_path / "vendor.cu"
    source.write_text(
        "#include <cstdio>\nstatic const unsigned fatbin[8] = {0xba55ed50u, 1};\n"
        "static struct { int magic, version; const void* data; void* more; } wrapper = {0x466243b1, 1, fatbin, 0};\n"
        'extern "C" void** __cudaRegisterFatBinary(void*);\n'
        'extern "C" void __cudaRegisterFunction(void**, const char*, char*, const char*, int, void*, void*, void*, void*, int*);\n'
        "static char stub[16];\nint main() { void** h = __cudaRegisterFatBinary(&wrapper);\n"
        '__cudaRegisterFunction(h, stub, stub, "k", -1, 0, 0, 0, 0, 0);\n'
        'printf("%s", cudaGetErrorName(cudaLaunchKernel((const void*)stub, dim3(1), dim3(1), 0, 0, 0))); }\n'
    )
    done = run(compiled(source, tmp_path))
    assert done.stdout == "cudaErrorNoKernelImageForDevice"
    assert "sheer nvcc" in done.stderr


VISIBLE = [
    ({}, "cudaSuccess 4 cudaSuccess cudaSuccess", ""),
    ({"CUDA_VISIBLE_DEVICES": "2,0"}, "cudaSuccess 2 cudaSuccess cudaSuccess", ""),
    ({"CUDA_VISIBLE_DEVICES": "1,7,0"}, "cudaSuccess 1 cudaSuccess cudaSuccess", ""),
    ({"CUDA_VISIBLE_DEVICES": ""}, "cudaErrorNoDevice 0 cudaErrorNoDevice cudaErrorNoDevice", ""),
    ({"CUDA_VISIBLE_DEVICES": "-1"}, "cudaErrorNoDevice 0 cudaErrorNoDevice cudaErrorNoDevice", ""),
    ({"CUDA_VISIBLE_DEVICES": "9"}, "cudaErrorNoDevice 0 cudaErrorNoDevice cudaErrorNoDevice", "names none of the 4 devices"),
    ({"SHEER_DEVICES": "many"}, "cudaSuccess 1 cudaSuccess cudaSuccess", "SHEER_DEVICES=many is no number from 0 to 64"),
    ({"SHEER_TIME_LIMIT": "soon"}, "cudaSuccess 4 cudaSuccess cudaSuccess", "SHEER_TIME_LIMIT=soon is no number of seconds"),
    ({"SHEER_MEMORY": "big"}, "cudaSuccess 4 cudaSuccess cudaSuccess", "SHEER_MEMORY=big is no size"),
]  # fmt: skip


def test_visible_devices_and_bad_settings(tmp_path: Path) -> None:
    source = tmp_path / "visible.cu"
    source.write_text(
        "#include <cstdio>\nint main() { int n = -1; cudaDeviceProp p; void* m; auto e = cudaGetDeviceCount(&n);\n"
        'printf("%s %d ", cudaGetErrorName(e), n); printf("%s ", cudaGetErrorName(cudaGetDeviceProperties(&p, 0)));\n'
        'printf("%s", cudaGetErrorName(cudaMalloc(&m, 4))); }\n'
    )
    program = compiled(source, tmp_path)
    for knobs, answer, told in VISIBLE:
        done = run(program, **{"SHEER_DEVICES": "4", **knobs})
        assert (done.stdout, done.returncode) == (answer, 0), (knobs, done.stdout + done.stderr)
        assert told in done.stderr if told else not done.stderr, done.stderr
