"""Reads chip files: TOML in which every number says its unit, its status and its source.

Comes in: the name of a chip beside this file, or a path. Goes out: a frozen `Chip`, or a ChipError that names
file and key; and `properties_text`, the `key value` lines from which the runtime answers for the device.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sheer.base.errors import ChipError

FOLDER = Path(__file__).resolve().parent
STATUS = ("published", "derived", "measured", "fitted", "assumed")
FIELDS = {"value", "unit", "status", "source"}
# What a device must be able to say of itself. The unit is checked, so that nobody reads KB as bytes.
REQUIRED = {
    "multiprocessors": "1",
    "clock_hz": "Hz",
    "warp_lanes": "1",
    "threads_per_multiprocessor": "1",
    "blocks_per_multiprocessor": "1",
    "threads_per_block": "1",
    "registers_per_multiprocessor": "1",
    "shared_bytes_per_multiprocessor": "B",
    "shared_bytes_per_block": "B",
    "l2_bytes": "B",
    "memory_bytes": "B",
    "memory_bus_bits": "bit",
    "memory_clock_hz": "Hz",
    "memory_bandwidth_Bps": "B/s",
    "tdp_w": "W",
}


class Number(NamedTuple):
    """One number of a chip. `status` says how it is known; `source` where from, or by which arithmetic."""

    value: float | int
    unit: str
    status: str
    source: str


class Chip(NamedTuple):
    """A chip file: its key (`br100`), the name that programs see, and all its numbers by name."""

    key: str
    name: str
    vendor: str
    numbers: Mapping[str, Number]

    def __getitem__(self, name: Any) -> Any:
        """The value of a number, by its name (or a field of the tuple, by its index)."""
        if isinstance(name, str):
            return self.numbers[name].value
        return tuple.__getitem__(self, name)

    def assumed(self) -> list[str]:
        """Names of the numbers that nobody published and that nothing measured or derived."""
        return [name for name, number in self.numbers.items() if number.status == "assumed"]


def names() -> list[str]:
    """Chips that come with Sheer."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find(name: str) -> Path:
    """The chip file that a name or a path means."""
    path = Path(name)
    if path.suffix == ".toml" or "/" in name:
        if not path.is_file():
            raise ChipError(f"there is no chip file {name}")
        return path
    path = FOLDER / f"{name.lower()}.toml"
    if not path.is_file():
        raise ChipError(
            f"there is no chip {name!r}; there are {', '.join(names())}, or the path of a chip file (x.toml)"
        )
    return path


def load(name: str) -> Chip:
    """Read and check one chip file."""
    path = find(name)
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ChipError(f"{path}: not TOML: {error}") from None
    head = content.pop("chip", None)
    if not isinstance(head, dict) or not all(
        isinstance(head.get(k), str) and head[k] for k in ("name", "vendor")
    ):
        raise ChipError(f"{path}: needs a table [chip] with the texts name and vendor")
    numbers: dict[str, Number] = {}
    for section, entries in content.items():
        if not isinstance(entries, dict):
            raise ChipError(
                f"{path}: {section}: a number outside a section; write [section] and name = {{ value = ... }}"
            )
        for key, entry in entries.items():
            if key in numbers:
                raise ChipError(f"{path}: {section}.{key}: this name stands in another section already")
            numbers[key] = _number(f"{path}: {section}.{key}", entry)
    for key, unit in REQUIRED.items():
        if key not in numbers:
            raise ChipError(f"{path}: {key} is missing (unit {unit}); every chip must say it")
        if numbers[key].unit != unit:
            raise ChipError(f"{path}: {key} has the unit {numbers[key].unit!r}; it must be {unit!r}")
    return Chip(path.stem, head["name"], head["vendor"], MappingProxyType(numbers))


def _number(where: str, entry: Any) -> Number:
    if not isinstance(entry, dict) or set(entry) != FIELDS:
        raise ChipError(
            f"{where}: a number needs exactly the fields value, unit, status and source, not {entry!r}"
        )
    value, unit, status, source = entry["value"], entry["unit"], entry["status"], entry["source"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ChipError(f"{where}: value {value!r} is not a number")
    if not isinstance(unit, str) or not unit:
        raise ChipError(f'{where}: the unit is missing; a count has the unit "1"')
    if status not in STATUS:
        raise ChipError(f"{where}: status {status!r} is not one of {', '.join(STATUS)}")
    if not isinstance(source, str) or not source.strip():
        raise ChipError(f"{where}: the source is missing; for an assumed number, say why this value")
    return Number(value, unit, status, source)


def properties_text(chip: Chip) -> str:
    """`key value` lines: key, name, vendor, then every number by its name."""
    lines = [f"key {chip.key}", f"name {chip.name}", f"vendor {chip.vendor}"]
    for name, number in chip.numbers.items():
        value = number.value
        lines.append(f"{name} {int(value) if float(value).is_integer() else value!r}")
    return "\n".join(lines) + "\n"
