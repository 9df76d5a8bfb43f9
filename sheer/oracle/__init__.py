"""The reference interpreter: slow and obvious, the second witness of what a kernel means. In: a Module and a launch. Out: memory as
the kernel leaves it and what it printed, or KernelFault.

    schedule.py   who runs next            program.py    functions as lists of steps
    state.py      threads, warps, blocks   operands.py   reading and writing registers
    control.py    flow and calls           access.py     memory and atomics
    warp.py       lanes and barriers       matrix.py     mma and its kin
    texture.py    textures and surfaces
"""

from __future__ import annotations

from collections.abc import Sequence

from sheer.ir.module import Module
from sheer.oracle import access, control, matrix, texture, warp
from sheer.oracle.memory import HEAP, Arena, BadAddress, Memory, Remote
from sheer.oracle.program import Program
from sheer.oracle.schedule import run as _run
from sheer.oracle.state import Launch

__all__ = [
    "Arena",
    "BadAddress",
    "Memory",
    "Remote",
    "access",
    "control",
    "matrix",
    "run",
    "run_remote",
    "symbols",
    "texture",
    "warp",
]

_heaps: dict[int, Arena] = {}


def symbols(module: Module) -> list[str]:
    """The module's symbols in the order of its description: global and const variables."""
    return [v.name for v in module.variables.values() if v.space in ("global", "const")]


def instantiate(module: Module, memory: Arena) -> dict[str, int]:
    """Allocates the module's symbols in an arena and fills in their initial values."""
    places = {
        name: memory.allocate(module.variables[name].size, module.variables[name].data or b"")
        for name in symbols(module)
    }
    numbers = {name: 1 + i for i, name in enumerate(module.functions)}
    for name, place in places.items():
        for reloc in module.variables[name].relocs:
            target = places.get(reloc.symbol, numbers.get(reloc.symbol, 0)) + reloc.addend
            memory.store(place + reloc.offset, target.to_bytes(8, "little")[: reloc.bytes])
    return places


def run(
    module: Module,
    kernel: str,
    grid: Sequence[int],
    block: Sequence[int],
    params: bytes,
    memory: Memory,
    globals_: dict[str, int] | None = None,
    shared: int = 0,
    heap: Arena | None = None,
) -> bytes:
    """Runs a launch. `params` is the packed parameter block, `globals_` says where symbols are (see `instantiate`), `shared` is the
    size of dynamic shared memory. Returns what the kernel printed. Raises KernelFault, CompileError.
    """
    program = Program(module, kernel)
    gx, gy, gz = grid
    bx, by, bz = block
    launch = Launch(module, (gx, gy, gz), (bx, by, bz), shared, params, memory, globals_ or {}, heap)
    _run(program, launch)
    return bytes(launch.output)


def run_remote(
    module: Module,
    kernel: str,
    grid: Sequence[int],
    block: Sequence[int],
    shared: int,
    pid: int,
    params: bytes,
    globals_: Sequence[int],
) -> bytes:
    """Runs a launch on the memory of another process; `globals_` are the addresses of the module's symbols in their order. The heap of
    device-side malloc stays in this process, from one launch to the next.
    """
    heap = _heaps.setdefault(pid, Arena(start=HEAP))
    places = dict(zip(symbols(module), globals_, strict=False))
    return run(module, kernel, grid, block, params, Remote(pid), places, shared, heap)
