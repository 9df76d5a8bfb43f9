"""The page `docs/coverage/ptx.md`. In: the instruction table and its list of what is absent. Out: the page's text
(`python -m sheer.isa.page > docs/coverage/ptx.md`).
"""

from __future__ import annotations

import sys

from sheer.isa import ROWS
from sheer.isa.absent import ABSENT
from sheer.isa.row import Row

_HEAD = """# PTX coverage

<!-- Made by `python -m sheer.isa.page` from the rows in sheer/isa: change those, not this. -->

Every form of every instruction that Sheer runs, in the order of the PTX ISA manual, whose section is given (numbers shift
a little between its versions). Read `{.sat}` as an optional word, `.<s32|u32>` as a type, `{.rnd:rn|rz}` as an optional
choice (the name before the colon is ours), `(c)` as an optional operand, `d|p` as a pair of results, `[a]` as an address.

The device reports compute capability 8.0. Forms of later capabilities are here where a compiler emits them for 8.0, or
where they cost nothing. All of `.version` up to the newest that clang writes is read.
"""
_GROUPS = {
    "9.7.1": "Integer arithmetic",
    "9.7.2": "Extended-precision integer arithmetic",
    "9.7.3": "Floating point",
    "9.7.4": "Half precision",
    "9.7.5": "Comparison and selection",
    "9.7.6": "Comparison in half precision",
    "9.7.8": "Logic and shifts",
    "9.7.9": "Data movement and conversion",
    "9.7.10": "Textures",
    "9.7.11": "Surfaces",
    "9.7.12": "Control flow",
    "9.7.13": "Synchronisation and communication",
    "9.7.14": "Matrices",
    "9.7.17": "Video, one part",
    "9.7.18": "Video, all parts",
    "9.7.19": "Miscellaneous",
}


def _numbers(section: str) -> list[int]:
    return [int(part) for part in section.split(".")]


def _group(row: Row) -> str:
    return ".".join(row.section.split(".")[:3])


def page() -> str:
    """The whole page."""
    forms = sum(len(row.forms) for row in ROWS)
    names = {form.name for row in ROWS for form in row.forms}
    parts = [_HEAD, f"{len(names)} instructions in {forms} forms.\n"]
    for group in sorted({_group(row) for row in ROWS}, key=_numbers):
        parts.append(f"## {_GROUPS[group]} ({group})\n")
        rows = sorted((row for row in ROWS if _group(row) == group), key=lambda row: _numbers(row.section))
        for section in dict.fromkeys(row.section for row in rows):
            parts += _section(section, [row for row in rows if row.section == section])
    parts += _absent("Not there, though compute capability 8.0 has it", True)
    parts += _absent("Not there, of later capabilities", False)
    return "\n".join(parts)


def _section(section: str, rows: list[Row]) -> list[str]:
    names = dict.fromkeys(form.name for row in rows for form in row.forms)
    lines = [" ".join(form.text.split()) for row in rows for form in row.forms]
    notes = [f"{row.note[0].upper()}{row.note[1:]}.\n" for row in rows if row.note]
    return [f"### {section}: {', '.join(names)}\n", "```", *lines, "```\n", *notes]


def _absent(title: str, promised: bool) -> list[str]:
    rows = [row for row in ABSENT if row.promised == promised]
    said = "A kernel that has one is refused when it is first launched, with these words; other kernels of its module run."
    return [
        f"## {title}\n",
        *([f"{said}\n"] if promised else []),
        "| for example | what it is | instead |",
        "|---|---|---|",
        *(f"| `{row.example}` | {row.what} | {row.instead} |" for row in rows),
        "",
    ]


if __name__ == "__main__":
    sys.stdout.write(page())
