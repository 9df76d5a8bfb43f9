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
        found = _search(program, offset)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    return (best[1], best[2]) if best else ("", 0)


def _search(program: object, offset: int) -> tuple[int, str, int] | None:
    """The last row at or before the offset, in a sequence that covers it."""
    previous = None
    candidate = None
    for entry in program.get_entries():  # type: ignore[attr-defined]
        state = entry.state
        if state is None:
            continue
        if previous is not None and previous.address <= offset < state.address and previous.line:
            candidate = (previous.address, previous.file, previous.line)
        previous = None if state.end_sequence else state
    if candidate is None:
        return None
    header = program.header  # type: ignore[attr-defined]
    entry = header["file_entry"][candidate[1] - 1]
    folder = b""
    if entry.dir_index and entry.dir_index <= len(header["include_directory"]):
        folder = header["include_directory"][entry.dir_index - 1]
    name = entry.name if entry.name.startswith(b"/") or not folder else folder + b"/" + entry.name
    return candidate[0], name.decode("utf-8", "replace"), candidate[2]
