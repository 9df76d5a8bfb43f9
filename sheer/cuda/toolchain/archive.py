"""Which members of static libraries a device link needs. In: objects and archives. Out: the wrappers that the link has to name.

A member that holds nothing but device code has no symbol that host code asks for: the host linker would leave it in its
archive. As nvlink does, we take the members that define a device symbol which is still missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sheer.cuda.toolchain import fatbin

WRAPPER = re.compile(rb"__fatbinwrap__nv_[0-9a-f]+(?=\0)")
ATTRIBUTES = rb"(?:\([^)]*\)\s*)?(?:\.\w+(?:\([^)]*\))?\s+(?:\d+\s+)?)*"
SYMBOL = re.compile(rb"^\.(visible|weak|common|extern)\s+\.(?:func|entry|global|const)\s+" + ATTRIBUTES + rb"([\w$%]+)", re.M)


class Unit:
    """An object with relocatable device code: its wrapper's name, the device symbols that it defines and wants."""

    def __init__(self, data: bytes) -> None:
        names = WRAPPER.findall(data)
        self.wrapper = names[0].decode() if names else ""
        self.defines: set[bytes] = set()
        self.wants: set[bytes] = set()
        for images, relocatable in fatbin.find_all(data):
            for image in images if relocatable else ():
                for kind, name in SYMBOL.findall(image):
                    (self.wants if kind == b"extern" else self.defines).add(name)
        self.wants -= self.defines


def members(data: bytes) -> Iterator[bytes]:
    """The members of an `ar` archive; none of a thin one, which only names them."""
    if not data.startswith(b"!<arch>\n"):
        return
    position = 8
    while position + 60 <= len(data):
        try:
            size = int(data[position + 48 : position + 58])
        except ValueError:
            return
        yield data[position + 60 : position + 60 + size]
        position += 60 + size + size % 2


def wanted_wrappers(paths: Iterable[str]) -> list[str]:
    """The wrappers of archive members that must be linked for their device code."""
    taken, offered = [], []
    for path in dict.fromkeys(paths):
        try:
            data = Path(path).read_bytes()
        except OSError:
            continue
        if data.startswith(b"!<arch>\n"):
            offered += [unit for unit in map(Unit, members(data)) if unit.wrapper]
        elif data.startswith(b"\x7fELF"):
            taken.append(Unit(data))
    have = {name for unit in taken for name in unit.defines}
    todo = {name for unit in taken for name in unit.wants} - have
    found: list[str] = []
    while todo:
        name = todo.pop()
        unit = next((unit for unit in offered if name in unit.defines), None)
        if name in have or unit is None:
            continue
        found.append(unit.wrapper)
        have |= unit.defines
        todo |= unit.wants - have
    return sorted(set(found))
