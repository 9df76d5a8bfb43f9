"""Where compiled things are kept between runs: the cache folder and how files get into it without
half-written ones.

In go a kind (`modules kernels native programs tools`) and a content key, out come paths. Losing the folder,
or being unable to write it, costs time and nothing else: `write_atomically` answers False and the caller
goes on.
"""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path:
    """The cache folder: SHEER_CACHE, default ~/.cache/sheer. It need not exist or be writable."""
    named = os.environ.get("SHEER_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "sheer"


def entry(kind: str, key: str) -> Path:
    """The place of one entry, present or not: <cache>/<kind>/<key>."""
    return folder() / kind / key


def staging(kind: str) -> Path:
    """A fresh private folder beside the entries of `kind`, to be filled and renamed into place; in /tmp if
    the cache is read-only."""
    import tempfile

    parent = folder() / kind
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=parent, prefix=".new-"))
    except OSError:
        return Path(tempfile.mkdtemp(prefix="sheer-"))


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> bool:
    """Put `data` at `path` by way of a temporary name, so that others see all of it or nothing. False if it
    can't be."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        return False
    return True


def usage() -> dict[str, tuple[int, int]]:
    """For each kind in the cache: how many entries, and their bytes."""
    found: dict[str, tuple[int, int]] = {}
    try:
        kinds = sorted(item for item in folder().iterdir() if item.is_dir())
    except OSError:
        return found
    for kind in kinds:
        count = sum(1 for item in kind.iterdir() if not item.name.startswith(".new-"))
        total = sum(
            item.stat().st_size for item in kind.rglob("*") if item.is_file() and not item.is_symlink()
        )
        found[kind.name] = (count, total)
    return found
