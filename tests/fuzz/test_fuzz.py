"""Random programs on both engines: every word that they leave behind must be the same."""

from __future__ import annotations

import numpy as np
import pytest

from tests import engines
from tests.fuzz.programs import CELLS, SLOTS, Program, program

QUICK, MANY = 12, 150


def launched(one: Program, engine: object) -> tuple[np.ndarray, np.ndarray]:
    """What the threads left behind, and the cells of the atomics."""
    rng = np.random.default_rng(one.seed)
    source = rng.integers(0, 1 << 63, 1200, np.uint64) * np.uint64(2) + rng.integers(0, 2, 1200, np.uint64)
    source[rng.random(1200) < 0.2] = rng.choice(np.array([0, 1, 5, 31, 0x3F800000, 0x7FFFFFFF], np.uint64))
    out = np.zeros(one.threads * one.grid[0] * one.grid[1] * SLOTS, np.uint32)
    cells = np.zeros(CELLS * 4, np.uint32)
    engine(one.text, "fuzz", one.grid, one.block, [source, out, cells])  # type: ignore[operator]
    return out.reshape(-1, SLOTS), cells


def check(seed: int) -> str:
    """Nothing, or the first thread that differs."""
    one = program(seed)
    (want, want_cells), (got, got_cells) = launched(one, engines.reference), launched(one, engines.native)
    for thread in np.nonzero((want != got).any(1))[0]:
        slot = int(np.nonzero(want[thread] != got[thread])[0][0])
        return f"seed {seed}: thread {thread} word {slot}: {got[thread][slot]:#x}, the reference says {want[thread][slot]:#x}"
    if (want_cells != got_cells).any():
        return f"seed {seed}: cells {got_cells}, the reference says {want_cells}"
    return ""


@pytest.mark.parametrize("seed", range(QUICK))
def test_engines_agree(seed: int) -> None:
    wrong = check(seed)
    assert not wrong, wrong


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(QUICK, MANY))
def test_engines_agree_on_many(seed: int) -> None:
    wrong = check(seed)
    assert not wrong, wrong
