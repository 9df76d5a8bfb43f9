"""The PTX text of a file, whatever it is: compiled from CUDA C++, taken out of an object or a program, or
read as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sheer.base.errors import UsageError


def ptx_text(path: str, words: Sequence[str] = ()) -> str:
    """The PTX of `path`; `words` are nvcc's, for sources. UsageError if the file has none."""
    from sheer.cuda.toolchain import compile, fatbin, nvcc
    from sheer.cuda.toolchain.options import parse

    if compile.language_of("", path) in ("cuda", "c++"):
        driver = nvcc.Driver(parse(["-x", "cu", path, *words]))
        driver.check_inputs()
        passes = compile.Passes(driver.options, driver.sources[0], driver.tool, driver.machine)
        return compile.device_code(passes).decode()
    data = Path(path).read_bytes()
    if data[:4] == b"\x7fELF" or data[:7] == b"!<arch>" or data[:8] == fatbin.MAGIC:
        images = [image for images, _ in fatbin.find_all(data) for image in images]
        if not images:
            raise UsageError(f"{path} holds no device code that Sheer made")
        return "\n".join(image.decode(errors="replace") for image in images)
    return data.decode(errors="replace")
