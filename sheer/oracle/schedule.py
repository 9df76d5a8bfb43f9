"""Who runs next. In: a Program and a Launch. Out: the launch done, or KernelFault.

Threads of a warp that are at the same instruction execute it together; those furthest behind go first, so that lanes meet again
after a branch. Nobody starves: lanes that wait while others poll get their turn. Blocks start in order; another one starts when
those that run all wait or poll.
"""

from __future__ import annotations

from sheer.base.errors import KernelFault
from sheer.oracle.program import Program, Step
from sheer.oracle.state import Block, Launch, Thread, Warp

PATIENCE = 2000  # basic blocks that lanes may fall behind before they come first
POLL = 40  # what an atomic or volatile access counts in that
QUANTUM = 20_000  # instructions that a warp runs before another has its turn
RESIDENT = 64  # blocks at once, unless they wait for the whole grid


def _ready(warp: Warp) -> list[Thread]:
    return [t for t in warp.threads if t.alive and t.wait is None]


def _group(warp: Warp, ready: list[Thread]) -> list[Thread]:
    """The threads to run: those furthest behind, or those that have waited too long."""
    first = min(ready, key=lambda t: t.last)
    if warp.tick - first.last <= PATIENCE:
        first = min(ready, key=lambda t: (-len(t.stack), t.code.rank[t.pc], t.pc))
    return [
        t for t in ready if t.code is first.code and t.pc == first.pc and len(t.stack) == len(first.stack)
    ]


def run_warp(warp: Warp, launch: Launch) -> int:
    """Runs a warp until all its threads wait or are done, or the quantum is over; returns the instructions executed."""
    count = 0
    while count < QUANTUM:
        ready = _ready(warp)
        if not ready:
            break
        group = _group(warp, ready)
        warp.tick += 1
        alone = len(group) == len(ready)
        if alone:
            for thread in ready:
                thread.last = warp.tick
        while True:
            step = group[0].code.steps[group[0].pc]
            count += 1
            launch.clock += 1
            if step.strong and not alone:
                warp.tick += POLL
            _do(step, group)
            if step.moves or step.ends:
                break
        for thread in group:
            thread.last = warp.tick
    return count


def _do(step: Step, group: list[Thread]) -> None:
    """One instruction for all threads of the group."""
    active = group
    if step.guard is not None:
        guard = step.guard
        active = [t for t in group if guard(t)]
        if step.moves:
            chosen = {id(t) for t in active}
            for thread in group:
                if id(thread) not in chosen:
                    thread.pc += 1
    if step.group is not None:
        if active:
            step.group(active)
    else:
        one = step.one
        assert one is not None
        for thread in active:
            one(thread)
    if not step.moves:
        for thread in group:
            thread.pc += 1


def run(program: Program, launch: Launch) -> None:
    """Runs the whole grid."""
    total = launch.grid[0] * launch.grid[1] * launch.grid[2]
    live: list[Block] = []
    started = 0
    while live or started < total:
        if not live and started < total:
            live.append(_start(program, launch, started))
            started += 1
        progress = 0
        finished = False
        for block in list(live):
            progress += sum(run_warp(warp, launch) for warp in block.warps)
            if block.live == 0:
                live.remove(block)
                finished = True
        if launch.waiting_for_grid and started == total:
            progress += _open_grid(launch, live)
        waits_for_grid = launch.waiting_for_grid > 0
        if live and started < total and not finished and (waits_for_grid or len(live) < RESIDENT):
            live.append(_start(program, launch, started))
            started += 1
        elif live and not progress and not finished:
            raise _deadlock(live)


def _start(program: Program, launch: Launch, number: int) -> Block:
    return Block(launch, number, program.kernel, program.static_shared)


def _open_grid(launch: Launch, live: list[Block]) -> int:
    """The grid barrier opens when all live threads of the grid wait at it."""
    if launch.waiting_for_grid < sum(b.live for b in live):
        return 0
    for block in live:
        for thread in block.grid_waiters:
            thread.wait = None
            thread.pc += 1
        block.grid_waiters = []
    launch.waiting_for_grid = 0
    return 1


def _deadlock(live: list[Block]) -> KernelFault:
    thread = next(t for b in live for t in b.threads if t.alive)
    waiting = sum(t.alive for b in live for t in b.threads)
    return thread.fault("Timeout", f"deadlock: {waiting} threads wait for others that never come")
