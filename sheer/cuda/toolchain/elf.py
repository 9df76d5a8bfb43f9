"""Reads what a shared library defines: in goes an ELF file, out come the names of its dynamic symbols."""

from __future__ import annotations

import struct
from pathlib import Path

DYNAMIC_SYMBOLS = 11


def defined_names(path: Path) -> list[str]:
    """The names that a 64-bit little-endian shared library exports, sorted."""
    data = path.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError(f"{path} is no 64-bit little-endian ELF file")
    (table,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + number * size) for number in range(count)]
    names = set()
    for section in sections:
        if section[1] != DYNAMIC_SYMBOLS:
            continue
        strings = sections[section[6]][4]
        for offset in range(section[4], section[4] + section[5], 24):
            name, info, _, index, _, _ = struct.unpack_from("<IBBHQQ", data, offset)
            if name and index and info >> 4 in (1, 2):
                start = strings + name
                names.add(data[start : data.index(b"\0", start)].decode())
    return sorted(names)
