"""A console for tables: as wide as the terminal, and wide enough where output goes to a file or a pipe."""

from __future__ import annotations

import sys
from typing import Any


def wide(columns: int = 150) -> Any:
    """A rich console that does not fold tables just because nobody looks at a terminal."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=columns)
