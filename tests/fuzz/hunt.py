"""Looks for programs on which the engines differ. In: seeds. Out: the smallest failing program of each.

    python -m tests.fuzz.hunt FIRST COUNT [--tiles] [--ways native-64,generic-32] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from tests.fuzz.engines import Native, Way, difference, reference
from tests.fuzz.generator import Generator
from tests.fuzz.program import Program
from tests.fuzz.reduce import smaller
from tests.fuzz.tiles import TileGenerator

WAYS = "native-0,avx2-0"


def way(text: str) -> Way:
    """A Way from "isa-lanes"."""
    isa, lanes = text.split("-")
    return Way(isa, int(lanes))


def kind(found: str) -> str:
    """What sort of failure it is: a reduced program must show the same."""
    return found.split("(")[0][:40] if not found.startswith("Differs") else "Differs"


def failure(program: Program, native: Native) -> str:
    """How the program fails; nothing where it does not, or where the program itself is not valid."""
    try:
        wanted: np.ndarray = reference(program)
    except Exception:
        return ""
    return difference(program, wanted, native.run(program))


def main() -> int:
    """Hunts; 1 if anything was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--tiles", action="store_true", help="CUDA C++ kernels in tiles; they are not made smaller")
    parser.add_argument("--ways", default=WAYS)
    parser.add_argument("--keep", type=Path, help="where the failing programs are written")
    parser.add_argument("--seconds", type=int, default=120, help="how long to make each smaller")
    options = parser.parse_args()
    natives = [Native(way(text)) for text in options.ways.split(",")]
    bad = 0
    for seed in range(options.first, options.first + options.count):
        program = (TileGenerator if options.tiles else Generator)(seed).make()
        try:
            wanted = reference(program)
        except Exception as error:
            print(f"== seed {seed}: the reference: {type(error).__name__}: {error}", flush=True)
            continue
        for native in natives:
            found = difference(program, wanted, native.run(program))
            if found:
                bad += 1
                print(f"== seed {seed}, {native.way}: {found[:300]}", flush=True)
                end = time.monotonic() + options.seconds

                def fails(p: Program, n: Native = native, k: str = kind(found), end: float = end) -> bool:
                    return time.monotonic() < end and kind(failure(p, n)) == k

                if isinstance(program, Program):
                    smaller(program, fails)
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{seed}.ptx").write_text(program.text())
                break
    for native in natives:
        native.stop()
    print(f"{bad} of {options.count} programs failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
