"""The table of CUDA functions, what is generated from it, and the chip files."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import pytest

from sheer.base.errors import ChipError
from sheer.chips import schema
from sheer.cuda import functions, generate
from sheer.machine import build


def test_generated_files_are_current() -> None:
    for path, text in generate.committed_files().items():
        assert path.read_text() == text, f"{path} is old; run python -m sheer.cuda.generate"


def test_names_are_unique() -> None:
    names = [f.name for f in functions.ALL]
    assert len(names) == len(set(names))
    assert len(functions.RUNTIME) > 300
    assert len(functions.DRIVER) > 450


def test_every_function_has_an_entry_point() -> None:
    sources = generate.native_files()
    for api, rows in (("runtime", functions.RUNTIME), ("driver", functions.DRIVER), ("nvrtc", functions.NVRTC)):
        text = sources[f"entries_{api}.cpp"]
        for row in rows:
            assert re.search(rf"^SHEER_API .*\b{row.name}\(", text, re.M), row.name
            if row.twin:
                assert f"{row.name}{row.twin}(" in text


def test_rows_are_read() -> None:
    (row,) = functions.read("== G\n11.2 | partial: x | cudaError_t f(void **p, size_t n = 0)\n", "runtime")
    assert (row.since, row.status, row.note, row.group) == (11020, "partial", "x", "G")
    assert [(p.type, p.name, p.default) for p in row.parameters] == [("void **", "p", ""), ("size_t", "n", "0")]
    with pytest.raises(functions.TableError, match="status"):
        functions.read("11.2 | perhaps | int f(void)", "runtime")


def test_plain_names() -> None:
    names = functions.plain_names(functions.DRIVER)
    assert names["cuMemAlloc"] == "cuMemAlloc_v2"
    assert names["cuCtxCreate"] == "cuCtxCreate_v2"


@pytest.mark.parametrize("name", schema.names())
def test_chips_load(name: str) -> None:
    chip = schema.load(name)
    assert chip["multiprocessors"] > 0
    assert f"name {chip.name}" in schema.properties_text(chip)


BAD = {
    "multiprocessors = 128": "exactly the fields",
    'multiprocessors = { value = 128, unit = "1", status = "published" }': "exactly the fields",
    'multiprocessors = { value = 128, unit = "", status = "published", source = "x" }': "unit",
    'multiprocessors = { value = 128, unit = "1", status = "guessed", source = "x" }': "status",
    'multiprocessors = { value = 128, unit = "1", status = "assumed", source = " " }': "source",
    'multiprocessors = { value = "many", unit = "1", status = "assumed", source = "x" }': "not a number",
    'multiprocessors = { value = 128, unit = "kB", status = "assumed", source = "x" }': "unit",
}


@pytest.mark.parametrize(("line", "words"), BAD.items())
def test_bad_chips_are_refused(line: str, words: str, tmp_path: Path) -> None:
    text = (schema.FOLDER / "br100.toml").read_text()
    path = tmp_path / "bad.toml"
    path.write_text(re.sub(r"^multiprocessors = .*$", lambda _: line, text, flags=re.M))
    with pytest.raises(ChipError, match=words):
        schema.load(str(path))


def test_unknown_chip_lists_the_known() -> None:
    with pytest.raises(ChipError, match="br104"):
        schema.load("br200")


def test_first_names_are_in_the_library() -> None:
    """Loaders that look functions up by name want the first ones, too, as the driver's library has them."""
    library = ctypes.CDLL(str(build.library()))
    assert all(hasattr(library, name) for name in functions.FIRST_NAMES)
    here, popped = ctypes.c_void_p(), ctypes.c_void_p()
    assert library.cuInit(0) == 0 and library.cuCtxCreate(ctypes.byref(here), 0, 0) == 0
    assert library.cuCtxPopCurrent(ctypes.byref(popped)) == 0 and popped.value == here.value
    assert library.cuCtxDestroy(here) == 0
