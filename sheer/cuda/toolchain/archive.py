"""What a device link takes, and what it misses. In: objects and archives. Out: the wrappers of archive members that the link has
to name; functions and variables that a kernel reaches and nobody defines.

A member that holds nothing but device code has no symbol that host code asks for: the host linker would leave it in its
archive. As nvlink does, we take the members that define a device symbol which is still missing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from sheer.base.frame import RUNTIME
from sheer.cuda.toolchain import elf, fatbin

WRAPPER = re.compile(rb"__fatbinwrap__nv_[0-9a-f]+(?=\0)")
ATTRIBUTES = rb"(?:\([^)]*\)\s*)?(?:\.\w+(?:\([^)]*\))?\s+(?:\d+\s+)?)*"
SYMBOL = re.compile(
    rb"^(?:\.(visible|weak|common|extern)\s+)?\.(func|entry|global|const)\s+" + ATTRIBUTES + rb"([\w$%]+)", re.M
)
NAME = re.compile(rb"[\w$%]+")


class Unit:
    """An object: the host symbols that it defines and wants; of relocatable device code its wrapper's name, the device symbols
    that it defines and wants, and for each function the names in its body."""

    def __init__(self, data: bytes, path: str) -> None:
        names = WRAPPER.findall(data)
        self.path = path
        self.wrapper = names[0].decode() if names else ""
        self.host_defines, self.host_wants = elf.object_names(data)
        self.defines: set[bytes] = set()
        self.wants: set[bytes] = set()
        self.functions: set[bytes] = set()  # of those that it wants
        self.bodies: dict[bytes, set[bytes]] = {}
        self.kernels: set[bytes] = set()
        for images, relocatable in fatbin.find_all(data):
            for image in images if relocatable else ():
                self._image(image)
        self.wants -= self.defines

    def _image(self, text: bytes) -> None:
        for found in SYMBOL.finditer(text):
            linkage, kind, name = found.groups()
            if linkage == b"extern":
                self.wants.add(name)
                if kind == b"func":
                    self.functions.add(name)
                continue
            if linkage:
                self.defines.add(name)
            if kind in (b"func", b"entry"):
                start, end = text.find(b"\n{", found.end()), text.find(b";", found.end())
                if start >= 0 and not 0 <= end < start:  # a declaration ends at once
                    body = text[start : text.find(b"\n}", start)]
                    self.bodies.setdefault(name, set()).update(NAME.findall(body))
                if kind == b"entry":
                    self.kernels.add(name)


class Resolved(NamedTuple):
    """wrappers: of archive members that the link must name. missing: names that a kernel needs, with the file that does."""

    wrappers: list[str]
    missing: dict[str, str]


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


def resolve(paths: Iterable[str]) -> Resolved:
    """What becomes of the device code among `paths`, the way the host linker and nvlink take members of archives."""
    taken: list[Unit] = []
    offered: list[Unit] = []
    for path in dict.fromkeys(paths):
        try:
            data = Path(path).read_bytes()
        except OSError:
            continue
        if data.startswith(b"!<arch>\n"):
            offered += [Unit(member, path) for member in members(data) if member.startswith(b"\x7fELF")]
        elif data.startswith(b"\x7fELF"):
            taken.append(Unit(data, path))
    wrappers: list[str] = []
    while True:
        host = set().union(*(unit.host_wants for unit in taken)) - set().union(*(unit.host_defines for unit in taken))
        device = set().union(*(unit.wants for unit in taken)) - set().union(*(unit.defines for unit in taken))
        unit = next((unit for unit in offered if unit.host_defines & host or unit.defines & device), None)
        if unit is None:
            return Resolved(sorted(set(wrappers)), _missing(taken, [unit.wants for unit in taken]))
        offered.remove(unit)
        taken.append(unit)
        if unit.wrapper and not unit.host_defines & host:
            wrappers.append(unit.wrapper)


def _missing(units: list[Unit], wanted: list[set[bytes]]) -> dict[str, str]:
    """Which of the names `wanted` by each unit nobody defines and a kernel reaches."""
    defined = set().union(*(unit.defines for unit in units))
    owners = {name: unit for unit in units for name in unit.defines & unit.bodies.keys()}
    found: dict[str, str] = {}
    asked = {id(unit): names for unit, names in zip(units, wanted, strict=True)}
    todo = [(unit, name) for unit in units for name in unit.kernels]
    seen = set()
    while todo:
        unit, name = todo.pop()
        if (id(unit), name) in seen:
            continue
        seen.add((id(unit), name))
        for called in unit.bodies.get(name, ()):
            if called in unit.bodies:
                todo.append((unit, called))
            elif called in owners:
                todo.append((owners[called], called))
            elif called in asked[id(unit)] and called not in defined and called.decode() not in RUNTIME:
                found.setdefault(called.decode(), os.path.basename(unit.path))
    return found


def undefined(ptx: bytes) -> list[str]:
    """Functions that a kernel of a whole program reaches and that it does not define. (Variables that it only declares are its own.)"""
    unit = Unit(b"", "")
    unit._image(ptx)
    return sorted(_missing([unit], [unit.functions]))
