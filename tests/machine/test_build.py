"""The builder: thin libraries that resolve everything, builds at once, a cache that is read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sheer.machine import build

PRINT = "from sheer.machine import build; print(build.library())"


def _start(cache: Path, temporary: Path) -> subprocess.Popen[str]:
    env = os.environ | {"SHEER_CACHE": str(cache), "TMPDIR": str(temporary)}
    return subprocess.Popen([sys.executable, "-c", PRINT], env=env, text=True, stdout=subprocess.PIPE)


def test_every_symbol_is_found() -> None:
    """All that libsheer needs from outside is in the C library: loading with RTLD_NOW succeeds."""
    folder = build.folder()
    for name in ("libsheer.so", *build.THIN):
        code = f"import ctypes, os; ctypes.CDLL({str(folder / name)!r}, mode=os.RTLD_NOW)"
        subprocess.run([sys.executable, "-c", code], check=True)


def test_thin_libraries_lead_to_libsheer() -> None:
    """dlopen of a thin library gives the symbols of libsheer."""
    code = f"import ctypes; print(ctypes.CDLL({str(build.folder() / 'libcuda.so.1')!r}).sheer_rt_clock64)"
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("library", ["cudart", "cuda", "nvrtc"])
def test_linking_with_one_library_is_enough(library: str, tmp_path: Path) -> None:
    """-lcudart (or -lcuda, -lnvrtc) alone resolves the symbols, and the program starts."""
    gcc = shutil.which("gcc")
    if not gcc:
        pytest.skip("no gcc here")
    source = tmp_path / "a.c"
    source.write_text(
        "unsigned long sheer_rt_globaltimer(void*);\n"
        "int main(void) { return sheer_rt_globaltimer(0) == 0; }\n"
    )
    folder = build.folder()
    subprocess.run(
        [gcc, str(source), f"-L{folder}", f"-l{library}", f"-Wl,-rpath,{folder}", "-o", "a"],
        cwd=tmp_path,
        check=True,
    )
    subprocess.run([str(tmp_path / "a")], check=True)


def test_processes_may_build_at_once(tmp_path: Path) -> None:
    """Two first starts at the same time end with one complete folder and no litter."""
    running = [_start(tmp_path / "cache", tmp_path) for _ in range(2)]
    paths = {process.communicate(timeout=300)[0].strip() for process in running}
    assert len(paths) == 1
    assert Path(paths.pop()).exists()
    assert len(os.listdir(tmp_path / "cache" / "native")) == 1


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    """The library is then built below the temporary folder, once."""
    (tmp_path / "file").write_text("")
    first, _ = _start(tmp_path / "file" / "cache", tmp_path).communicate(timeout=300)
    assert first.startswith(str(tmp_path))
    made = Path(first.strip()).stat().st_mtime_ns
    again, _ = _start(tmp_path / "file" / "cache", tmp_path).communicate(timeout=300)
    assert again == first
    assert Path(first.strip()).stat().st_mtime_ns == made
