"""Runs a random program on both engines. In: a Program. Out: how their results differ, or nothing; and the smallest program that still differs."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from sheer import oracle
from sheer.flow import compile_kernel
from sheer.ptx import parse
from tests.fuzz.generator import CELLS, COUNTERS, INPUTS, Node, Program


def inputs(program: Program) -> tuple[np.ndarray, np.ndarray, int]:
    """The read-only words, the words before the reductions, the number."""
    rng = random.Random(program.seed ^ 0xF00D)
    words = [rng.choice([rng.getrandbits(32), rng.randrange(16), rng.randrange(1024)]) for _ in range(INPUTS)]
    return np.array(words, np.uint32), np.arange(COUNTERS, dtype=np.uint32) * 77, rng.randrange(80)


def native(program: Program, isa: str = "") -> np.ndarray:
    """What the native engine writes."""
    words, counters, number = inputs(program)
    out = np.zeros(program.grid * program.threads * CELLS, np.uint32)
    params = b"".join(int(a.ctypes.data).to_bytes(8, "little") for a in (words, out, counters)) + number.to_bytes(4, "little")
    compile_kernel(parse(program.text()), "fuzz", program.block, isa).launch((program.grid, 1, 1), params)
    return np.concatenate([out, counters])


def reference(program: Program) -> np.ndarray:
    """What the reference interpreter writes."""
    words, counters, number = inputs(program)
    memory = oracle.Arena()
    size = 4 * program.grid * program.threads * CELLS
    places = [memory.allocate(words.nbytes, words.tobytes()), memory.allocate(size), memory.allocate(counters.nbytes, counters.tobytes())]
    params = b"".join(p.to_bytes(8, "little") for p in places) + number.to_bytes(4, "little")
    oracle.run(parse(program.text()), "fuzz", (program.grid, 1, 1), program.block, params, memory)
    return np.frombuffer(memory.load(places[1], size) + memory.load(places[2], counters.nbytes), np.uint32)


def difference(program: Program, isa: str = "") -> str:
    """"" or the first cell that differs."""
    got, wanted = native(program, isa), reference(program)
    different = np.flatnonzero(got != wanted)
    if not len(different):
        return ""
    first = int(different[0])
    thread, cell = divmod(first, CELLS)
    what = f"thread {thread} cell {cell}" if thread < program.grid * program.threads else f"counter {first % CELLS}"
    return f"seed {program.seed}: {what}: native {got[first]:#x}, reference {wanted[first]:#x} ({len(different)} cells differ)"


def smaller(program: Program, fails: Callable[[Program], bool]) -> Program:
    """Takes statements away as long as the program still fails."""
    changed = True
    while changed:
        changed = False
        for body in _bodies(program):
            size = max(len(body) // 2, 1)
            while size:
                position = 0
                while position < len(body):
                    taken = body[position : position + size]
                    del body[position : position + size]
                    if fails(program):
                        changed = True
                    else:
                        body[position:position] = taken
                        position += size
                size //= 2
        changed |= _unwrapped(program, fails)
    return program


def _bodies(program: Program) -> list[list[Node]]:
    found: list[list[Node]] = []
    work = [program.body, *program.functions]
    while work:
        body = work.pop(0)
        found.append(body)
        for node in body:
            work += node.bodies()
    return found


def _unwrapped(program: Program, fails: Callable[[Program], bool]) -> bool:
    """Tries to put the insides of a statement in its place."""
    for body in _bodies(program):
        for position, node in enumerate(body):
            if not node.bodies():
                continue
            inside = [inner for part in node.bodies() for inner in part]
            body[position : position + 1] = inside
            if fails(program):
                return True
            body[position : position + len(inside)] = [node]
    return False
