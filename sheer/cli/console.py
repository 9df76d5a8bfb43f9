"""A console for tables: as wide as the terminal, and wide enough where output goes to a file or a pipe; and a progress bar for long work."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any


def wide(columns: int = 150, file: Any = None) -> Any:
    """A rich console that does not fold tables just because nobody looks at a terminal."""
    from rich.console import Console

    file = file or sys.stdout
    return Console(file=file) if file.isatty() else Console(file=file, width=columns)


def watched(items: Iterable[Any], what: str, total: int) -> Iterator[Any]:
    """The items, with a bar on stderr where somebody looks at a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, what, total, console=Console(stderr=True), transient=True)
