"""Looks for programs on which the engines differ: `python -m tests.fuzz.hunt FIRST COUNT [ISA]`. In: seeds. Out: the smallest failing PTX of each.

Every program runs in a process of its own, so that a crash is a finding too.
"""

from __future__ import annotations

import os
import sys

from tests.fuzz.engines import difference, smaller
from tests.fuzz.generator import Generator, Program


def outcome(program: Program, isa: str) -> str:
    """"" where the engines agree."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            text = difference(program, isa)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
        os.write(writing, text.encode()[:60000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        text = stream.read().decode()
    _, status = os.waitpid(child, 0)
    return f"the process ended with status {status}" if status else text


def main() -> int:
    first, count = int(sys.argv[1]), int(sys.argv[2])
    isa = sys.argv[3] if len(sys.argv) > 3 else ""
    bad = 0
    for seed in range(first, first + count):
        program = Generator(seed).make()
        found = outcome(program, isa)
        if not found:
            continue
        bad += 1
        kind = found.split(":")[0][:12]
        smaller(program, lambda p, kind=kind: outcome(p, isa).split(":")[0][:12] == kind)
        print(f"== seed {seed}: {found[:400]}\n{program.text()}", flush=True)
    print(f"{bad} of {count} programs failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
