"""What nvcc's parser takes and clang's does not. In go a clang call that failed and what it said, out come flags with which the same call reads
the sources put right.

* `T::name<n>(x)` in device code, where T hangs on a template's parameter: the language wants `T::template name<n>(x)`. Without `template`,
  clang must take `<` for "less than", and finds out, at the earliest, when the template is instantiated.
* `kernel << <grid, block>> >(x)`, as some formatters of source text write it.
* `kernel<<<grid, {x, y}>>>(p)`: the shape of a launch without its name, `dim3`.
* `#define UNROLL #pragma unroll`: nvcc reads text that went through the preprocessor, in which a line `UNROLL` became the directive. The macro gets
  `_Pragma("unroll")`.
* A default argument that a member of a class template gets outside its class. It is left out; calls that needed it remain an error.
* `if constexpr (this->width > 4)`, where the member is static: it takes no object, though one is written. The class stands in the object's place.
* A function of the program's own by the name of one that clang knows without a header and g++ does not, `static inline ... __rdtsc()`: the
  program's gets another name.

Clang's messages are the witness of where. The user's files are not touched: a virtual file system shows clang the amended text under the old name.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

WORDS = (
    rb"error: (?:missing 'template' keyword prior to dependent template name '(\w+)'"
    rb"|reference to overloaded function could not be resolved|reference to non-static member function must be called"
    rb"|(expected expression)|(default arguments cannot be added to an out-of-line definition of a member of a class template))"
)
MISSING = re.compile(WORDS)
# file:line:column:{ranges}: error: ...; the messages that name nothing have a range that ends behind the name
PLACE = re.compile(rb"^(.+?):(\d+):(\d+):(?:\{\d+:\d+-(\d+):(\d+)\}\S*)? " + WORDS, re.M)
# where the macro is written whose use came before
IN_MACRO = re.compile(rb"^(.+?):(\d+):(\d+):(?:\{\S*)? note: expanded from macro '\w+'", re.M)
THIS = re.compile(
    rb"^(.+?):(\d+):(\d+):(?:\{\S*)? note: use of 'this' pointer is only allowed within the evaluation of a call to a 'constexpr' member", re.M
)
OBJECT = re.compile(rb"this(\s*)->")
# the class itself, in a form that may stand before `::`; as a name it would not do, for the member may be a base's
CLASS = b"decltype(static_cast<__remove_cvref(decltype(*this)) (*)()>(nullptr)())::"
PRAGMA = re.compile(rb"#[ \t]*pragma[ \t]+([^\\\n]*?)[ \t]*(?=\n|$)")
OPENING = re.compile(rb"<<(\s+)<(?!<)")
SHAPE = re.compile(rb"<<<(?:(?:(?!>>>)[^;])*,)?\s*\{\Z")  # an argument of a launch that begins with a brace
CLOSING = re.compile(rb">(\s*)>(\s*)>(?=\s*\()")
BUILTIN = re.compile(
    rb"error: (?:static declaration of|conflicting types for|functions that differ only in their return type)[^\n]*\n"
    rb"[^\n]*note: '(_\w+)' is a builtin with type"
)
ASK = ("-fdiagnostics-print-source-range-info", "-fno-caret-diagnostics", "-ferror-limit=0")
ROUNDS = 4  # what is put right lets clang see further


class Change(NamedTuple):
    """`text` for what stands at start .. end; `why` for the user, if he should know."""

    start: int
    end: int
    text: bytes
    why: str = ""


def amended(command: Sequence[str], said: bytes, folder: str) -> list[str]:
    """Flags for a repetition of `command`, or none if nothing can be done; the amended texts are kept in `folder`."""
    texts: dict[str, bytes] = {}
    renamed: list[str] = []
    flags: list[str] = []
    if not MISSING.search(said) and not THIS.search(said) and b"is a builtin with type" not in said:
        return flags
    for _ in range(ROUNDS):
        done = subprocess.run(
            [*command, *flags, *ASK], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        taken = [f"-D{name}=sheer_own{name}" for name in dict.fromkeys(map(os.fsdecode, BUILTIN.findall(done.stderr)))]
        renamed += taken
        if done.returncode == 0 or not (_put_right(done.stderr, texts) or taken):
            break
        flags = [*_overlay(texts, folder), *renamed]
    return flags


def _put_right(said: bytes, texts: dict[str, bytes]) -> bool:
    """Amend the texts at the places that clang names; is there a new one?"""
    changes: dict[str, set[Change]] = {}
    for match in (*PLACE.finditer(said), *IN_MACRO.finditer(said), *THIS.finditer(said)):
        name = os.path.abspath(os.fsdecode(match.group(1)))
        if name not in texts:
            try:
                texts[name] = Path(name).read_bytes()
            except OSError:
                continue
        changes.setdefault(name, set()).update(_how(match)(texts[name], match))
    for name, found in changes.items():
        text = texts[name]
        for change in sorted(found, reverse=True):
            texts[name] = texts[name][: change.start] + change.text + texts[name][change.end :]
        for why in sorted({(text.count(b"\n", 0, c.start) + 1, c.why) for c in found if c.why}):
            print(f"{name}:{why[0]}: note: {why[1]}", file=sys.stderr)
    return any(changes.values())


def _how(match: re.Match[bytes]) -> Callable[[bytes, re.Match[bytes]], Iterator[Change]]:
    if match.re is IN_MACRO:
        return _pragma
    if match.re is THIS:
        return _static
    return _default if match.group(8) else _launch if match.group(7) else _template


def _template(text: bytes, match: re.Match[bytes]) -> Iterator[Change]:
    """Where in the text the word `template` belongs; nowhere if the text is another than clang's, as in a macro."""
    line, column, last_line, last_column, name = match.group(2, 3, 4, 5, 6)
    place = None
    if name:  # the place is the name's or, behind `::`, that of the whole expression
        start = _offset(text, int(line), int(column))
        found = re.compile(rb"(" + name + rb")\s*<|[^;{}]*?(?:::|\.|->)\s*(" + name + rb")\s*<").match(text, start)
        place = found.start(found.lastindex or 0) if found else None
    elif last_line:
        end = _offset(text, int(last_line), int(last_column))
        start = text.rfind(b"\n", 0, end) + 1
        found = re.search(rb"(?:::|\.|->)\s*(operator\s*\(\s*\)|\w+)$", text[start:end])
        place = start + found.start(1) if found and text[end:].lstrip()[:1] == b"<" else None
    if place is not None:
        yield Change(place, place, b"template ", "taken with `template`, as nvcc does in device code")


def _default(text: bytes, match: re.Match[bytes]) -> Iterator[Change]:
    """The default argument, which clang's range is, with its equals sign; blanks stand for it, so that all else keeps its place."""
    line, column, last_line, last_column = match.group(2, 3, 4, 5)
    if last_line:
        start = text.find(b"=", _offset(text, int(line), int(column)))
        end = _offset(text, int(last_line), int(last_column))
        if 0 <= start < end and b"\n" not in text[start:end]:
            yield Change(start, end, b" " * (end - start))


def _launch(text: bytes, match: re.Match[bytes]) -> Iterator[Change]:
    """The brackets of a launch, together; the space between them goes behind, so that all else keeps its place. Or the name of its shapes."""
    third = _offset(text, int(match.group(2)), int(match.group(3)))
    if SHAPE.search(text, text.rfind(b"<<<", 0, third), third + 1):
        yield Change(third, third, b"dim3")
    opening = next((m for m in OPENING.finditer(text, max(0, third - 80), third + 1) if m.end() == third + 1), None)
    closing = CLOSING.search(text, third) if opening else None
    if opening and closing:
        yield Change(opening.start(), opening.end(), b"<<<" + opening.group(1))
        if closing.group(1) or closing.group(2):
            yield Change(closing.start(), closing.end(), closing.group(1) + closing.group(2) + b">>>")


def _pragma(text: bytes, match: re.Match[bytes]) -> Iterator[Change]:
    """A directive as what a macro stands for, as an operator."""
    directive = PRAGMA.match(text, _offset(text, int(match.group(2)), int(match.group(3))))
    if directive:
        words = directive.group(1).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        yield Change(directive.start(), directive.end(), b'_Pragma("' + words + b'")')


def _static(text: bytes, match: re.Match[bytes]) -> Iterator[Change]:
    """A static member of the class, in place of the object's."""
    written = OBJECT.match(text, _offset(text, int(match.group(2)), int(match.group(3))))
    if written:
        yield Change(written.start(), written.end(), CLASS + written.group(1))


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
