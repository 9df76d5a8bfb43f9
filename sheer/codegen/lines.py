"""From a place in object code to a source line. In: the ELF object and an offset in .text. Out: (path, line), line 0 if unknown."""

from __future__ import annotations

import io


def locate(data: bytes, offset: int) -> tuple[str, int]:
    """Reads the object's DWARF line table."""
    from elftools.elf.elffile import ELFFile

    elf = ELFFile(io.BytesIO(data))
    if not elf.has_dwarf_info():
        return "", 0
    dwarf = elf.get_dwarf_info()
    best: tuple[int, str, int] | None = None
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        folder = unit.get_top_DIE().attributes.get("DW_AT_comp_dir")
        found = _search(program, offset, folder.value if folder is not None else b"")
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    return (best[1], best[2]) if best else ("", 0)


def _search(program: object, offset: int, home: bytes) -> tuple[int, str, int] | None:
    """The last row with a line at or before the offset, in the sequence that covers it; else the first one after it.

    Code that belongs to no line (a call of the machine, spills) stands among rows of line 0: its neighbours say where it is.
    """
    rows: list[tuple[int, int, int]] = []
    for entry in program.get_entries():  # type: ignore[attr-defined]
        state = entry.state
        if state is None:
            continue
        rows.append((state.address, state.file, state.line))
        if not state.end_sequence:
            continue
        if rows[0][0] <= offset < rows[-1][0]:
            break
        rows = []
    named = [row for row in rows[:-1] if row[2]]
    chosen = next((row for row in reversed(named) if row[0] <= offset), named[0] if named else None)
    if chosen is None:
        return None
    header = program.header  # type: ignore[attr-defined]
    entry = header["file_entry"][chosen[1] - 1]
    folder = home
    if entry.dir_index and entry.dir_index <= len(header["include_directory"]):
        folder = header["include_directory"][entry.dir_index - 1]
        if not folder.startswith(b"/") and home:
            folder = home + b"/" + folder
    name = entry.name if entry.name.startswith(b"/") or not folder else folder + b"/" + entry.name
    return chosen[0], name.decode("utf-8", "replace"), chosen[2]
