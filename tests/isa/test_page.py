"""The page of PTX coverage is what the table says, and what is said to be absent is, and is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheer.isa import TABLE, UnknownOpcode, bind, page
from sheer.isa.absent import ABSENT, NAMES, Absent, absent

ROOT = Path(__file__).resolve().parent.parent.parent


def test_page_is_current() -> None:
    written = (ROOT / "docs" / "coverage" / "ptx.md").read_text()
    assert written == page.page(), "python -m sheer.isa.page > docs/coverage/ptx.md"


@pytest.mark.parametrize("row", ABSENT, ids=lambda row: row.example.split(".")[0])
def test_absent_is_absent_and_explained(row: Absent) -> None:
    assert absent(row.example) is row
    with pytest.raises(UnknownOpcode, match="is not supported: .*; instead: "):
        bind(row.example)


def test_names_without_any_form() -> None:
    assert not NAMES & set(TABLE)
    assert all(absent(name) for name in NAMES)
