"""`sheer run`: sources become a program kept in the cache, found again in milliseconds while nothing that
went into it has changed.

In go the words of the command line, out comes the path of a program. A manifest names every file that was
read (sources, headers, objects) with size, time and hash, and is found by the words, the folder, the tools
and the knobs that affect code.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sheer.base import cache, knobs

if TYPE_CHECKING:
    from sheer.cuda.toolchain import nvcc

PACKAGE = Path(__file__).resolve().parent.parent.parent
# what the native library and the toolchain are made of: a change there makes every program stale
OWN_FOLDERS = (
    "machine/native",
    "machine",
    "cuda/native",
    "cuda/functions",
    "cuda",
    "cuda/toolchain",
    "cuda/math",
)


def own_fingerprint() -> str:
    """Names, sizes and times of our own files that programs depend on."""
    digest = hashlib.sha256()
    for part in OWN_FOLDERS:
        try:
            entries = sorted(os.scandir(PACKAGE / part), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.endswith((".py", ".cpp", ".h", ".inc", ".cu")):
                status = entry.stat()
                digest.update(f"{part}/{entry.name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def key_of(words: Sequence[str]) -> str:
    """The manifest's name for a command line given here and now."""
    from sheer.cuda.toolchain import clang

    environment = [
        os.environ.get(name, "")
        for name in (
            "PATH",
            "CPATH",
            "CPLUS_INCLUDE_PATH",
            "NVCC_PREPEND_FLAGS",
            "NVCC_APPEND_FLAGS",
            "NVCC_CCBIN",
        )
    ]
    parts = [
        *words,
        "|",
        os.getcwd(),
        own_fingerprint(),
        clang.find().fingerprint,
        knobs.code_key(),
        *environment,
    ]
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:40]


def find(words: Sequence[str]) -> Path | None:
    """The program built from these words before, if every file that went into it is as it was."""
    folder = cache.find("programs", key_of(words), "manifest.json")
    if folder is None:
        return None
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        for path, size, mtime, digest in manifest["files"]:
            status = os.stat(path)
            if (status.st_size, status.st_mtime_ns) != (size, mtime) and _hash(path) != digest:
                return None
        program = folder / "program"
        whole = _hash(str(program)) == manifest["program"] and all(map(os.path.exists, manifest["needs"]))
        return program if whole else None
    except (OSError, ValueError, KeyError):
        return None


def build(words: Sequence[str]) -> Path:
    """Compile and link now; the program's path."""
    from sheer.cuda.toolchain import nvcc
    from sheer.cuda.toolchain.options import parse

    options = parse(words)
    driver = nvcc.Driver(options)
    driver.check_inputs()
    with cache.staging() as staging:
        manifest = _build(driver, staging)
        manifest["words"] = list(words)
        for path in staging.glob("*.[od]"):
            path.unlink()
        (staging / "manifest.json").write_text(json.dumps(manifest))
        return cache.publish(staging, "programs", key_of(words)) / "program"


def _build(driver: nvcc.Driver, staging: Path) -> dict[str, object]:
    """Compile and link into `staging`; the manifest."""
    from sheer.cuda.toolchain import depfile, link

    files: dict[str, None] = {}
    objects = []
    for number, source in enumerate(driver.sources):
        files[source.path] = None
        if not source.language:
            objects.append(source.path)
            continue
        output = str(staging / f"{number}.o")
        parts = (str(staging / f"{number}.host.d"), str(staging / f"{number}.device.d"))
        driver.make_object(source, output, parts)
        files.update(dict.fromkeys(depfile.union(parts)))
        objects.append(output)
    link.link(
        objects,
        str(staging / "program"),
        driver.link_flags(),
        driver.machine,
        exact=True,
        verbose=driver.verbose,
    )
    needs = [str(link.library_folder() / "libsheer.so")]
    return {
        "files": [_describe(path) for path in files],
        "needs": needs,
        "program": _hash(str(staging / "program")),
    }


def _describe(path: str) -> tuple[str, int, int, str]:
    status = os.stat(path)
    return os.path.abspath(path), status.st_size, status.st_mtime_ns, _hash(path)


def _hash(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
