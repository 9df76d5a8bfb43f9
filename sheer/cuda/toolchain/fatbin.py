"""The container that carries PTX text inside host objects: written here, read by libsheer and by `sheer
show`.

Layout: the bytes `SHEERFB1`, u32 flags (1 = relocatable device code), u32 number of images, then per image
u64 size and text.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Sequence

MAGIC = b"SHEERFB1"
RELOCATABLE = 1


def pack(images: Sequence[bytes], relocatable: bool = False) -> bytes:
    """The container of some PTX texts."""
    parts = [MAGIC, struct.pack("<II", RELOCATABLE if relocatable else 0, len(images))]
    for image in images:
        parts += [struct.pack("<Q", len(image)), image]
    return b"".join(parts)


def unpack(blob: bytes, start: int = 0) -> tuple[list[bytes], bool]:
    """The PTX texts of a container that begins at `start`, and whether it is relocatable. ValueError if it
    is damaged."""
    if blob[start : start + 8] != MAGIC:
        raise ValueError("not a Sheer fatbin: it does not begin with SHEERFB1")
    flags, count = struct.unpack_from("<II", blob, start + 8)
    position = start + 16
    images = []
    for _ in range(count):
        if position + 8 > len(blob):
            raise ValueError("a Sheer fatbin ends early")
        (size,) = struct.unpack_from("<Q", blob, position)
        position += 8
        if position + size > len(blob):
            raise ValueError("a Sheer fatbin ends early")
        images.append(blob[position : position + size])
        position += size
    return images, bool(flags & RELOCATABLE)


def find_all(blob: bytes) -> list[tuple[list[bytes], bool]]:
    """Every container inside a larger file (an object, a program)."""
    found = []
    start = blob.find(MAGIC)
    while start >= 0:
        with contextlib.suppress(ValueError):
            found.append(unpack(blob, start))
        start = blob.find(MAGIC, start + 8)
    return found
