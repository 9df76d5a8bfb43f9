"""`T::name<n>(x)` where T hangs on a template's parameter: the language wants `T::template name<n>(x)`, and in device code nvcc's parser does
without. In go a clang call that failed and what it said, out come flags with which the same call reads the sources with the words put in.

Without `template`, clang must take `<` for "less than". It finds out, at the earliest, when the template is instantiated; so its messages are
the only witness. The user's files are not touched: a virtual file system shows clang the amended text under the old name.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

WORDS = (
    rb"error: (?:missing 'template' keyword prior to dependent template name '(\w+)'"
    rb"|reference to overloaded function could not be resolved|reference to non-static member function must be called)"
)
MISSING = re.compile(WORDS)
# file:line:column:{ranges}: error: ...; the messages that name nothing have a range that ends behind the name
PLACE = re.compile(rb"^(.+?):(\d+):(\d+):(?:\{\d+:\d+-(\d+):(\d+)\}\S*)? " + WORDS, re.M)
ASK = ("-fdiagnostics-print-source-range-info", "-fno-caret-diagnostics", "-ferror-limit=0")
ROUNDS = 4  # words put in let clang see further


def amended(command: Sequence[str], said: bytes, folder: str) -> list[str]:
    """Flags for a repetition of `command`, or none if nothing can be done; the amended texts are kept in `folder`."""
    texts: dict[str, bytes] = {}
    flags: list[str] = []
    if not MISSING.search(said):
        return flags
    for _ in range(ROUNDS):
        done = subprocess.run(
            [*command, *flags, *ASK], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode == 0 or not _put_in(done.stderr, texts):
            break
        flags = _overlay(texts, folder)
    return flags


def _put_in(said: bytes, texts: dict[str, bytes]) -> bool:
    """Amend the texts at the places that clang names; is there a new one?"""
    places: dict[str, set[int]] = {}
    for match in PLACE.finditer(said):
        name = os.path.abspath(os.fsdecode(match.group(1)))
        if name not in texts:
            try:
                texts[name] = Path(name).read_bytes()
            except OSError:
                continue
        place = _place(texts[name], match)
        if place is not None:
            places.setdefault(name, set()).add(place)
    for name, offsets in places.items():
        for offset in sorted(offsets, reverse=True):
            text = texts[name]
            texts[name] = text[:offset] + b"template " + text[offset:]
            line = text.count(b"\n", 0, offset) + 1
            print(f"{name}:{line}: note: taken with `template`, as nvcc does in device code", file=sys.stderr)
    return bool(places)


def _place(text: bytes, match: re.Match[bytes]) -> int | None:
    """Where in the text the word belongs; None where the text is another than clang's, as in a macro."""
    line, column, last_line, last_column, name = match.group(2, 3, 4, 5, 6)
    if name:  # the place is the name's or, behind `::`, that of the whole expression
        start = _offset(text, int(line), int(column))
        found = re.compile(rb"(" + name + rb")\s*<|[^;{}]*?(?:::|\.|->)\s*(" + name + rb")\s*<").match(text, start)
        return found.start(found.lastindex or 0) if found else None
    if not last_line:
        return None
    end = _offset(text, int(last_line), int(last_column))
    start = text.rfind(b"\n", 0, end) + 1
    found = re.search(rb"(?:::|\.|->)\s*(\w+)$", text[start:end])
    return start + found.start(1) if found and text[end:].lstrip()[:1] == b"<" else None


def _offset(text: bytes, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find(b"\n", start) + 1
    return start + column - 1


def _overlay(texts: dict[str, bytes], folder: str) -> list[str]:
    roots = []
    for number, (name, text) in enumerate(texts.items()):
        kept = os.path.join(folder, f"amended-{number}")
        Path(kept).write_bytes(text)
        roots.append({"type": "file", "name": name, "external-contents": kept})
    description = os.path.join(folder, "amended.json")  # clang's YAML, of which JSON is a part
    Path(description).write_text(json.dumps({"version": 0, "use-external-names": "false", "roots": roots}))
    return ["-ivfsoverlay", description]
