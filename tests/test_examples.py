"""Every program in examples/ builds, runs at a small size and finds its own result right."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

# What to pass, so that a program ends within a second or two; pictures go to the test's folder.
ARGUMENTS: dict[str, list[str]] = {
    "grid_sync": ["2000", "100"],
    "histogram": ["200000"],
    "mandelbrot": ["200", "picture.ppm"],
    "matmul": ["100"],
    "nbody": ["512", "20", "picture.pgm"],
    "reduction": ["200000"],
    "scan": ["300000"],
    "streams": ["10000"],
    "tensor_cores": ["96"],
    "thrust_sort": ["20000"],
    "transpose": ["300"],
    "vector_add": ["100003"],
}
PICTURES = {"mandelbrot": "picture.ppm", "nbody": "picture.pgm"}


def programs() -> list[str]:
    return sorted(path.stem for path in EXAMPLES.glob("*.cu"))


def has_cccl() -> bool:
    try:
        return bool(importlib.metadata.version("nvidia-cuda-cccl"))
    except importlib.metadata.PackageNotFoundError:
        return False


@pytest.mark.parametrize("name", programs())
def test_example_checks_itself(name: str, tmp_path: Path) -> None:
    if name == "thrust_sort" and not has_cccl():
        pytest.skip("the CCCL headers (wheel nvidia-cuda-cccl) are not installed")
    command = [sys.executable, "-m", "sheer", "run", str(EXAMPLES / f"{name}.cu"), "--", *ARGUMENTS[name]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout
    if name in PICTURES:
        assert (tmp_path / PICTURES[name]).stat().st_size > 1000


def test_every_example_is_listed_and_says_what_it_shows() -> None:
    readme = (EXAMPLES / "README.md").read_text()
    assert programs() == sorted(ARGUMENTS)
    for name in programs():
        first = (EXAMPLES / f"{name}.cu").read_text().splitlines()[0]
        assert first.startswith("// ") and ": " in first and first.endswith("."), first
        assert f"({name}.cu)" in readme


def test_an_example_that_goes_wrong_says_so(tmp_path: Path) -> None:
    """The check itself is checked: a wrong kernel must end with FAIL and a status."""
    source = (EXAMPLES / "vector_add.cu").read_text()
    broken = source.replace("sum[i] = a[i] + b[i];  //", "sum[i] = a[i] - b[i];  //")
    assert broken != source
    (tmp_path / "broken.cu").write_text(broken)
    command = [sys.executable, "-m", "sheer", "run", str(tmp_path / "broken.cu"), "--", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert "FAIL" in done.stdout
