"""A console for tables: as wide as the terminal, and wide enough where output goes to a file or a pipe."""

from __future__ import annotations

import sys
from typing import Any


def wide(columns: int = 150, file: Any = None) -> Any:
    """A rich console that does not fold tables just because nobody looks at a terminal."""
    from rich.console import Console

    file = file or sys.stdout
    return Console(file=file) if file.isatty() else Console(file=file, width=columns)
