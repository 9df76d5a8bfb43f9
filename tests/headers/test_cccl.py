"""CCCL (thrust, cub, libcu++): programs over its algorithms, each of which checks itself and says `all right`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheer.cuda.toolchain import cccl

PROGRAMS = Path(__file__).parent / "programs"

needs_cccl = pytest.mark.skipif(cccl.folder() is None, reason="the wheel nvidia-cuda-cccl is not installed")


@needs_cccl
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "libcudacxx",
        "libcudacxx_more",
        "thrust_algorithms",
        "thrust_sets",
        "cccl_old_includes",
        "cccl_old_names",
        "cub_algorithms",
        "cub_more",
    ],
)
def test_program_checks_itself(name: str) -> None:
    command = [sys.executable, "-m", "sheer", "run", str(PROGRAMS / f"{name}.cu")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all right" in done.stdout


def test_only_the_named_body_is_emptied() -> None:
    text = "class a { a() { f(); } ~a()\n { if (x) { g(); }\n } void h() { ~a(); } };"
    assert cccl.without_body(text, "~a()") == "class a { a() { f(); } ~a()\n {\n} void h() { ~a(); } };"
    assert cccl.without_body(text, "~b()") == text
    assert cccl.without_body("~a() = default; void h() {}", "~a()") == "~a() = default; void h() {}"


@needs_cccl
def test_the_adjusted_header_is_found_before_the_installed_one() -> None:
    flag, root = cccl.adjusted()
    header, destructor = cccl.EMPTY_DESTRUCTORS[0]
    assert flag == "-isystem"
    text = Path(root, header).read_text()
    assert text != (cccl.folder() or Path(os.devnull)).joinpath(header).read_text()
    assert text.count("\n") == (cccl.folder() or Path(os.devnull)).joinpath(header).read_text().count("\n")
    assert destructor in text


@needs_cccl
def test_old_standards_make_way_where_a_source_gets_to_cccl(tmp_path: Path) -> None:
    (tmp_path / "plain.cu").write_text("#include <vector>\n#include \"own.h\"\n")
    (tmp_path / "own.h").write_text("#include <cmath>\n")
    (tmp_path / "sorts.cu").write_text("#include <headers/sort.h>\n")
    (tmp_path / "headers").mkdir()
    (tmp_path / "headers" / "sort.h").write_text("#include \"sort.h\" // itself\n  #  include <thrust/sort.h>\n")
    folder = str(tmp_path)
    assert cccl.newer("c++14", f"{folder}/plain.cu", [folder]) == "c++14"
    assert cccl.newer("c++14", f"{folder}/sorts.cu", []) == "c++14"  # the header is in no folder that is searched
    assert cccl.newer("c++14", f"{folder}/sorts.cu", [folder]) == "c++17"
    assert cccl.newer("gnu++11", f"{folder}/sorts.cu", [folder]) == "gnu++17"
    assert cccl.newer("c++20", f"{folder}/sorts.cu", [folder]) == "c++20"


@needs_cccl
def test_thrust_under_an_old_standard(tmp_path: Path) -> None:
    source = tmp_path / "count.cu"
    source.write_text(
        "#include <thrust/count.h>\n#include <cstdio>\n"
        "int main() { int a[] = {1, 2, 1, 1}; std::printf(\"%d\\n\", int(thrust::count(a, a + 4, 1))); }\n"
    )
    command = [sys.executable, "-m", "sheer", "run", "-std=c++14", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
    assert "compiled as c++17, not c++14" in done.stderr
