"""Reads chip files: TOML in which every number says its unit, its status and its source.

Comes in: the name of a chip beside this file, one of its aliases (the name that the vendor's tools print), or a
path. Goes out: a frozen `Chip`, or a ChipError that names file, line and key and says what is allowed; and
`properties_text`, the `key value` lines from which the runtime answers for the device.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sheer.base.errors import ChipError
from sheer.chips import vocabulary

FOLDER = Path(__file__).resolve().parent
PROCESSES = FOLDER / "process"
STATUS = ("published", "derived", "measured", "fitted", "assumed")
FIELDS = {"value", "unit", "status", "source"}
TEXTS = ("name", "vendor", "architecture", "kernels", "process", "packaging", "form", "based_on")


class Number(NamedTuple):
    """One number of a chip. `status` says how it is known; `source` where from, or by which arithmetic."""

    value: float | int
    unit: str
    status: str
    source: str


class Chip(NamedTuple):
    """A chip file: its key (`br100`), the name that programs see, the names that vendor tools print, other
    texts of its head (architecture, process, packaging, family of library kernels), and all its numbers."""

    key: str
    name: str
    vendor: str
    numbers: Mapping[str, Number]
    aliases: tuple[str, ...] = ()
    texts: Mapping[str, str] = MappingProxyType({})

    def __reduce__(self) -> tuple[Any, ...]:
        """For other processes: views of dicts can't be pickled."""
        return _unpacked, (self.key, self.name, self.vendor, dict(self.numbers), self.aliases, dict(self.texts))

    def __getitem__(self, name: Any) -> Any:
        """The value of a number, by its name (or a field of the tuple, by its index)."""
        if isinstance(name, str):
            return self.numbers[name].value
        return tuple.__getitem__(self, name)

    def value(self, name: str) -> Any:
        """The value of a number that the file has."""
        return self.numbers[name].value

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a number, or the default where the file does not say it."""
        return self.numbers[name].value if name in self.numbers else default

    def assumed(self) -> list[str]:
        """Names of the numbers that nobody published and that nothing measured or derived."""
        return [name for name, number in self.numbers.items() if number.status == "assumed"]

    def changed(self, **values: float) -> Chip:
        """The same chip with other values: for sweeps and for the range of a prediction."""
        numbers = dict(self.numbers)
        for name, value in values.items():
            if name not in numbers:
                raise ChipError(f"chip {self.key} has no number {name!r}{_meant(name, [*numbers, *vocabulary.SHORT])}")
            row = vocabulary.TABLE[name]
            if wrong := row.wrong(value, swept=True):
                raise ChipError(f"{name} = {value!r}: {wrong} ({row.meaning})")
            numbers[name] = numbers[name]._replace(value=value)
        return self._replace(numbers=MappingProxyType(numbers))

    def designed(self, **values: float) -> Chip:
        """The chip as it would be built with other values: `changed`, with what hangs on them. Rates grow with multiprocessors and clock, a
        multiprocessor's part of the L2 with the L2; what is named itself stays as named."""
        follow: dict[str, float] = {}
        for cause, names in vocabulary.FOLLOW.items():
            if cause in values and cause in self.numbers and self.value(cause):
                for name in names:
                    if name in self.numbers:
                        follow[name] = follow.get(name, self.value(name)) * values[cause] / self.value(cause)
        return self.changed(**values, **{name: value for name, value in follow.items() if name not in values})


def _unpacked(key: str, name: str, vendor: str, numbers: dict[str, Number], aliases: tuple[str, ...], texts: dict[str, str]) -> Chip:
    return Chip(key, name, vendor, MappingProxyType(numbers), aliases, MappingProxyType(texts))


def names() -> list[str]:
    """Chips that come with Sheer."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def plain(name: str) -> str:
    """A name without what tools and their versions write differently: case, signs between words, the maker's name and brands in front."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    while len(words) > 1 and words[0] in ("nvidia", "tesla", "geforce"):
        del words[0]
    return "".join(words)


@cache
def aliases() -> dict[str, str]:
    """Every name of a built-in chip, made plain: its key, and what vendor tools print."""
    found: dict[str, str] = {}
    for key in names():
        chip = load(key)
        for alias in (key, *chip.aliases):
            other = found.setdefault(plain(alias), key)
            if other != key:
                raise ChipError(f"{FOLDER / (key + '.toml')}: the alias {alias!r} means {other} already")
    return found


def find(name: str) -> Path:
    """The chip file that a name or a path means."""
    path = Path(name)
    if path.suffix == ".toml" or "/" in name:
        if not path.is_file():
            raise ChipError(f"there is no chip file {name}")
        return path
    path = FOLDER / f"{name.lower()}.toml"
    if not path.is_file() and plain(name) in aliases():
        path = FOLDER / f"{aliases()[plain(name)]}.toml"
    if not path.is_file():
        close = [aliases()[word] for word in difflib.get_close_matches(plain(name), aliases(), n=6, cutoff=0.6)]
        hint = f"did you mean {' or '.join(list(dict.fromkeys(close))[:3])}? There" if close else "there"
        raise ChipError(f"there is no chip {name!r}; {hint} are {', '.join(names())}, or the path of a chip file (x.toml)")
    return path


class _File:
    """One TOML file: its text for line numbers, its head and its numbers, each checked by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text(encoding="utf-8")
            content = tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ChipError(f"{path}: not TOML: {error}") from None
        self.head: dict[str, Any] = content.pop("chip", None) or {}
        if not isinstance(self.head, dict):
            raise ChipError(f"{path}: [chip] must be a table")
        self.numbers: dict[str, Number] = {}
        for section, entries in content.items():
            self._section(section, entries)

    def where(self, key: str, section: str = "") -> str:
        """`file:line: section.key` of a key: TOML readers keep no lines, so it is looked up in the text."""
        pattern = re.compile(rf'^\s*"?{re.escape(key)}"?\s*=')
        inside = not section
        for number, line in enumerate(self.text.splitlines(), 1):
            heading = re.match(r"\s*\[([^\]]+)\]", line)
            if heading:
                inside = not section or heading[1].strip() == section
                if heading[1].strip() == key and not section:
                    return f"{self.path}:{number}: [{key}]"
            elif inside and pattern.match(line):
                return f"{self.path}:{number}: {section + '.' if section else ''}{key}"
        return f"{self.path}: {section + '.' if section else ''}{key}"

    def _section(self, section: str, entries: Any) -> None:
        if not isinstance(entries, dict):
            raise ChipError(
                f"{self.where(section)}: a number outside a section; write [section] and name = {{ value = ... }}"
            )
        if section not in vocabulary.SECTIONS:
            raise ChipError(
                f"{self.where(section)}: there is no such section; sections are "
                f"chip, {', '.join(vocabulary.SECTIONS)}"
            )
        for key, entry in entries.items():
            where = self.where(key, section)
            row = vocabulary.TABLE.get(key)
            if row is None:
                raise ChipError(f"{where}: no such number{_meant(key, vocabulary.TABLE)}")
            if row.section != section:
                raise ChipError(f"{where}: belongs into [{row.section}]: {row.meaning}")
            self.numbers[key] = _number(where, entry, row)


def _meant(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "; docs/chips.md lists all"


def _number(where: str, entry: Any, row: vocabulary.Row) -> Number:
    if not isinstance(entry, dict) or set(entry) != FIELDS:
        raise ChipError(
            f"{where}: a number needs exactly the fields value, unit, status and source, not {entry!r}"
        )
    value, unit, status, source = entry["value"], entry["unit"], entry["status"], entry["source"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ChipError(f"{where}: value {value!r} is not a number")
    if wrong := row.wrong(value):
        raise ChipError(f"{where}: value {value!r} {wrong} ({row.meaning})")
    if not isinstance(unit, str) or not unit:
        raise ChipError(f'{where}: the unit is missing; a count has the unit "1"')
    if unit != row.unit:
        raise ChipError(f"{where}: has the unit {unit!r}; it must be {row.unit!r} ({row.meaning})")
    if status not in STATUS:
        raise ChipError(f"{where}: status {status!r} is not one of {', '.join(STATUS)}")
    if not isinstance(source, str) or not source.strip():
        raise ChipError(f"{where}: the source is missing; for an assumed number, say why this value")
    return Number(value, unit, status, source)


def _head(file: _File) -> tuple[dict[str, str], tuple[str, ...]]:
    """The texts and the aliases of [chip]."""
    texts: dict[str, str] = {}
    aliases: tuple[str, ...] = ()
    for key, value in file.head.items():
        if key == "aliases":
            if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
                raise ChipError(
                    f"{file.where(key, 'chip')}: a list of names, as the vendor's tools print them"
                )
            aliases = tuple(value)
        elif key not in TEXTS:
            raise ChipError(
                f"{file.where(key, 'chip')}: no such text; allowed are {', '.join(TEXTS)} and aliases"
            )
        elif not isinstance(value, str) or not value:
            raise ChipError(f"{file.where(key, 'chip')}: must be a text")
        else:
            texts[key] = value
    return texts, aliases


def load(name: str) -> Chip:
    """Read and check one chip file, with the chip that it is based on and its process, if it names them."""
    path = find(name)
    file = _File(path)
    texts, aliases = _head(file)
    numbers = dict(file.numbers)
    if "based_on" in texts:
        base = texts.pop("based_on")
        if base not in names() or base == path.stem:
            raise ChipError(
                f"{file.where('based_on', 'chip')}: {base!r} is none of the chips {', '.join(names())}"
            )
        if "based_on" in _File(FOLDER / f"{base}.toml").head:
            raise ChipError(f"{file.where('based_on', 'chip')}: {base} is itself based on another chip")
        parent = load(base)
        texts = {**parent.texts, **texts}
        numbers = {**parent.numbers, **numbers}
    if "process" in texts:
        process = PROCESSES / f"{texts['process']}.toml"
        if not process.is_file():
            known = ", ".join(sorted(p.stem for p in PROCESSES.glob("*.toml")))
            raise ChipError(f"{file.where('process', 'chip')}: {texts['process']!r} is none of {known}")
        numbers = {**_File(process).numbers, **numbers}
    for key in ("name", "vendor"):
        if key not in texts:
            raise ChipError(f"{path}: needs a table [chip] with the texts name and vendor")
    missing = [key for key in vocabulary.DEVICE if key not in numbers]
    if missing:
        row = vocabulary.TABLE[missing[0]]
        raise ChipError(
            f"{path}: [{row.section}] {missing[0]} is missing (unit {row.unit}); every chip must say it: {row.meaning}"
        )
    ordered = {key: numbers[key] for key in vocabulary.TABLE if key in numbers}
    return Chip(path.stem, texts.pop("name"), texts.pop("vendor"), MappingProxyType(ordered), aliases, texts)


def for_pricing(chip: Chip, kernels: bool = False) -> None:
    """Raise a ChipError where a number that predictions need is not in the file; those of a program's kernels need more."""
    for key in (*vocabulary.MODEL, *(vocabulary.KERNEL if kernels else ())):
        if key not in chip.numbers:
            row = vocabulary.TABLE[key]
            raise ChipError(
                f"chip {chip.key}: a prediction needs {key} (unit {row.unit}: {row.meaning}); "
                f"say it in [{row.section}], or name a process"
            )


def properties_text(chip: Chip) -> str:
    """`key value` lines: key, name, vendor, then every number that a program can ask for, by its name."""
    lines = [f"key {chip.key}", f"name {chip.name}", f"vendor {chip.vendor}"]
    for name, number in chip.numbers.items():
        if vocabulary.TABLE[name].section in vocabulary.VISIBLE:
            value = number.value
            lines.append(f"{name} {int(value) if float(value).is_integer() else value!r}")
    return "\n".join(lines) + "\n"
