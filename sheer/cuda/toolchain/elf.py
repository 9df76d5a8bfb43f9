"""Reads symbols: in goes an ELF file, out come the names that a shared library exports, or that an object defines and wants."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little-endian
SYMBOLS, DYNAMIC_SYMBOLS = 2, 11


def defined_names(path: Path) -> list[str]:
    """The names that a 64-bit little-endian shared library exports, sorted."""
    data = path.read_bytes()
    if data[:6] != MAGIC:
        raise ValueError(f"{path} is no 64-bit little-endian ELF file")
    return sorted(name.decode() for name, defined, _ in _symbols(data, DYNAMIC_SYMBOLS) if defined)


def object_names(data: bytes) -> tuple[set[bytes], set[bytes]]:
    """The global names that an object file defines, and those that it wants (weakly wanted ones are left out)."""
    found = list(_symbols(data, SYMBOLS)) if data[:6] == MAGIC else []
    return {name for name, defined, _ in found if defined}, {name for name, defined, weak in found if not defined and not weak}


def _symbols(data: bytes, kind: int) -> Iterator[tuple[bytes, bool, bool]]:
    """Of every global symbol in the tables of a kind: name, is it defined, is it weak."""
    (table,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + number * size) for number in range(count)]
    for section in sections:
        if section[1] != kind:
            continue
        strings = sections[section[6]][4]
        for offset in range(section[4], section[4] + section[5], 24):
            name, info, _, index, _, _ = struct.unpack_from("<IBBHQQ", data, offset)
            if name and info >> 4 in (1, 2):
                start = strings + name
                yield data[start : data.index(b"\0", start)], index != 0, info >> 4 == 2
