"""Runs random programs on both engines. In: a Program and a way of compiling it. Out: how the results differ, or nothing.

The native engine runs in a process of its own, so that a crash is a finding, too, and so that each way of compiling has its knobs.
"""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests import engines
from tests.fuzz.program import COLUMNS, RECORD, Program
from tests.fuzz.tiles import Tiles

SECONDS = 60  # for one program


@dataclass(frozen=True)
class Way:
    """How programs are compiled: vector instructions and lanes of a group (0: the compiler's choice)."""

    isa: str = "native"
    lanes: int = 0

    def __str__(self) -> str:
        return f"{self.isa}-{self.lanes or 'any'}"


def launch(program: Program | Tiles, engine: Any) -> np.ndarray:
    """Every word that the program leaves behind."""
    words, cells, number = program.inputs()
    out = np.arange(program.total * RECORD, dtype=np.uint32) * 3
    columns = np.arange(program.total * COLUMNS, dtype=np.uint32) * 5
    reduced = np.array(cells, np.uint32)
    engine(program.text(), "fuzz", program.grid, program.block, [np.array(words, np.uint32), out, columns, reduced, number])
    return np.concatenate([out, columns, reduced])


def reference(program: Program | Tiles) -> np.ndarray:
    """What the interpreter leaves behind."""
    return launch(program, engines.reference)


def _serve(connection: Any, way: Way) -> None:
    os.environ["SHEER_ISA"], os.environ["SHEER_LANES"] = way.isa, str(way.lanes)
    while True:
        program = connection.recv()
        try:
            connection.send(launch(program, engines.native))
        except Exception as error:
            connection.send(f"{type(error).__name__}: {error}")


class Native:
    """The native engine in a process of its own, started again when it dies."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.process: Any = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, self.way), daemon=True)
        self.process.start()
        other.close()

    def stop(self) -> None:
        """Ends the process."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None

    def run(self, program: Program | Tiles) -> np.ndarray | str:
        """The words that the program leaves behind, or what went wrong."""
        if self.process is None:
            self._start()
        self.connection.send(program)
        if not self.connection.poll(SECONDS):
            self.stop()
            return "TimeoutError: the program runs on and on"
        try:
            return self.connection.recv()
        except EOFError:
            self.process.join()
            status = self.process.exitcode
            self.process = None
            return f"Crash: the process ended with status {status}"


def difference(program: Program | Tiles, wanted: np.ndarray, got: np.ndarray | str) -> str:
    """"" or the first word that differs."""
    if isinstance(got, str):
        return got
    different = np.flatnonzero(got != wanted)
    if not len(different):
        return ""
    first = int(different[0])
    thread, word = divmod(first, RECORD)
    what = f"thread {thread} word {word}" if thread < program.total else f"word {first - program.total * RECORD} behind the records"
    return f"Differs: {what}: native {got[first]:#x}, reference {wanted[first]:#x} ({len(different)} words differ)"
