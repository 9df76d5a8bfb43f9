"""Where compiled things are kept between runs: the cache folder and how files get into it without
half-written ones.

In go a kind (`modules kernels native programs tools`) and a content key, out come paths. Losing the folder,
or being unable to write it, costs time and nothing else: what has to be a file goes to a temporary folder then, and
`write_atomically` answers False and the caller goes on.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
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


def spare() -> Path:
    """Where things go that the cache has no room or no right for: a temporary folder of the user's own. Raises OSError."""
    path = Path(tempfile.gettempdir()) / f"sheer-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.lstat().st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to somebody else; set SHEER_CACHE to a folder that can be written")
    return path


def find(kind: str, key: str, part: str = "") -> Path | None:
    """The entry, in the cache or in the spare folder, if it is there (and in it `part`, what is written last)."""
    places = [entry(kind, key)]
    if (Path(tempfile.gettempdir()) / f"sheer-{os.getuid()}" / kind).exists():
        places.append(spare() / kind / key)
    for place in places:
        with contextlib.suppress(OSError):
            if (place / part).exists() if part else place.exists():
                return place
    return None


def store(kind: str, key: str, data: bytes) -> Path:
    """Keeps `data` as an entry; in the spare folder if the cache can't have it. Raises OSError if neither can."""
    place = entry(kind, key)
    if write_atomically(place, data):
        return place
    place = spare() / kind / key
    if not write_atomically(place, data):
        raise OSError(f"neither {folder()} nor {spare()} can be written; free some space, or set SHEER_CACHE or TMPDIR")
    return place


@contextlib.contextmanager
def staging() -> Iterator[Path]:
    """A fresh private folder to build in, gone afterwards: a temporary one, since the cache may be full or read-only."""
    path = Path(tempfile.mkdtemp(prefix="sheer-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def publish(built: Path, kind: str, key: str, part: str = "") -> Path:
    """Makes a copy of a finished folder the entry, or the spare one. What is there already stays if it holds `part`, and
    is replaced if no part is named. Raises OSError."""
    last: OSError | None = None
    for parent in (folder() / kind, None):
        try:
            parent = parent or spare() / kind
            parent.mkdir(parents=True, exist_ok=True)
            return _copy_into(built, parent, parent / key, part)
        except OSError as error:
            last = error
    raise OSError(f"{last}; free some space, or set SHEER_CACHE or TMPDIR") from last


def _copy_into(built: Path, parent: Path, final: Path, part: str) -> Path:
    """By way of a private name and a rename, so that others see all of it or nothing."""
    fresh = Path(tempfile.mkdtemp(dir=parent, prefix=".new-"))
    try:
        shutil.copytree(built, fresh, dirs_exist_ok=True)
        fresh.chmod(0o755)
        for _ in range(8):  # others may be at it too
            try:
                fresh.rename(final)
                return final
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            if part and (final / part).exists():
                return final
            old = Path(tempfile.mkdtemp(dir=parent, prefix=".old-"))
            with contextlib.suppress(OSError):
                final.rename(old)
            shutil.rmtree(old, ignore_errors=True)
        raise PermissionError(f"cannot put anything at {final}")
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> bool:
    """Put `data` at `path` by way of a temporary name, so that others see all of it or nothing. False if it
    can't be."""
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
        count = sum(1 for item in kind.iterdir() if not item.name.startswith((".new-", ".old-")))
        total = sum(
            item.stat().st_size for item in kind.rglob("*") if item.is_file() and not item.is_symlink()
        )
        found[kind.name] = (count, total)
    return found
