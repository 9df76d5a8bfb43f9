"""State of a launch: threads, warps, blocks. In: a Launch (what was asked for). Out: objects that the instructions change.

A thread has a position (code, pc), registers, .param variables, and a stack of callers; it waits (`wait`) or runs. Registers hold
unsigned bits of their declared width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sheer.base.errors import KernelFault
from sheer.ir.module import Inst, Loc, Module
from sheer.oracle.memory import HEAP, LOCAL, PARAM, SHARED, WINDOW, Arena, BadAddress, Memory

Dim = tuple[int, int, int]
LOCAL_LIMIT = 1 << 19  # bytes of local memory per thread that calls may use: as large as CUDA lets them be


class Frame(NamedTuple):
    """A caller: where it goes on, and what it had."""

    code: Any
    pc: int
    regs: list[int]
    params: dict[str, bytearray]
    local_base: int
    returned: Callable[[Thread, dict[str, bytearray]], None]


class Launch:
    """One launch of a kernel, and what all its blocks share."""

    def __init__(
        self,
        module: Module,
        grid: Dim,
        block: Dim,
        dynamic_shared: int,
        params: bytes,
        memory: Memory,
        symbols: dict[str, int],
        heap: Arena | None = None,
    ) -> None:
        self.module, self.grid, self.block = module, grid, block
        self.dynamic_shared, self.params, self.memory = dynamic_shared, params, memory
        self.symbols = symbols  # global and const variables -> address
        self.heap = heap if heap is not None else Arena(start=HEAP)
        self.output = bytearray()
        self.clock = 0
        self.waiting_for_grid = 0
        self.function_ids = {name: 1 + index for index, name in enumerate(module.functions)}
        self.function_names = {number: name for name, number in self.function_ids.items()}


class Thread:
    """One CUDA thread."""

    def __init__(self, warp: Warp, lane: int, linear: int, code: Any) -> None:
        x, y, _ = warp.block.launch.block
        self.warp, self.block, self.launch = warp, warp.block, warp.block.launch
        self.lane, self.linear = lane, linear
        self.tid = (linear % x, linear // x % y, linear // (x * y))
        self.code, self.pc = code, 0
        self.regs: list[int] = [0] * code.register_count
        self.params: dict[str, bytearray] = {}
        self.stack: list[Frame] = []
        self.local = bytearray()
        self.local_base = 0
        self.carry = 0
        self.cluster_phase = 0
        self.wait: Any = None
        self.alive = True
        self.last = 0  # when the warp last let it run
        self.strong = 0  # atomics and volatile accesses since: it may be polling

    @property
    def inst(self) -> Inst:
        """The instruction at hand."""
        found: Inst = self.code.steps[self.pc].inst
        return found

    def fault(self, kind: str, message: str, address: int = 0) -> KernelFault:
        """What to raise for an illegal action of this thread."""
        inst = self.inst
        path = self.launch.module.files.get(inst.loc.file, "")
        place = (
            f"{path}:{inst.loc.line}" if inst.loc.line else f"{self.launch.module.text_name}:{inst.ptx_line}"
        )
        text = f"{message} ({inst.opcode} at {place}, block {self.block.ctaid}, thread {self.tid})"
        loc: Any = Loc(path, inst.loc.line) if inst.loc.line else None  # type: ignore[arg-type]
        return KernelFault(kind, text, self.linear, self.block.linear, address, loc)

    # -- memory ----------------------------------------------------------------------------------------------------------

    def _place(self, space: str, address: int, size: int) -> tuple[bytearray | bytes | Memory, int]:
        """The memory behind an address of a space, and the offset in it."""
        if not space or space in ("global", "const"):
            window = address & ~WINDOW
            offset = address & WINDOW
            if window == 0:
                return self.launch.memory, address
            if window == HEAP:
                return self.launch.heap, address
            space = {SHARED: "shared", LOCAL: "local", PARAM: "param"}.get(window, "nowhere")
        else:
            offset = address & WINDOW if space == "param" else address
        area: bytearray | bytes = {
            "shared": self.block.shared,
            "local": self.local,
            "param": self.launch.params,
        }.get(space, b"")
        if space == "local" and offset + size <= LOCAL_LIMIT and offset + size > len(self.local):
            self.local.extend(bytes(offset + size - len(self.local)))
        if offset < 0 or offset + size > len(area):
            raise BadAddress
        return area, offset

    def _check(self, address: int, size: int, what: str) -> None:
        if address & (size - 1) and size & (size - 1) == 0:
            raise self.fault(
                "MisalignedAddress",
                f"a {what} of {size} bytes at the misaligned address {address:#x}",
                address,
            )

    def load(self, space: str, address: int, size: int, align: int = 0) -> bytes:
        """Bytes from a state space ("" = generic)."""
        if space != "local":  # where the compiler chose the places
            self._check(address, align or size, "load")
        try:
            area, offset = self._place(space, address, size)
            if isinstance(area, (bytearray, bytes)):
                return bytes(area[offset : offset + size])
            return area.load(offset, size)
        except BadAddress:
            raise self._illegal("load", space, address, size) from None

    def store(self, space: str, address: int, data: bytes, align: int = 0) -> None:
        """Bytes to a state space."""
        if space != "local":
            self._check(address, align or len(data), "store")
        try:
            area, offset = self._place(space, address, len(data))
            if isinstance(area, bytes):
                raise BadAddress
            if isinstance(area, bytearray):
                area[offset : offset + len(data)] = data
            else:
                area.store(offset, data)
        except BadAddress:
            raise self._illegal("store", space, address, len(data)) from None

    def _illegal(self, what: str, space: str, address: int, size: int) -> KernelFault:
        return self.fault(
            "IllegalAddress",
            f"an illegal {what} of {size} bytes at {space or 'generic'} address {address:#x}",
            address,
        )

    def text_at(self, address: int) -> bytes:
        """The C string at a generic address."""
        found = bytearray()
        while True:
            byte = self.load("", address + len(found), 1)
            if byte == b"\0" or len(found) > 1 << 16:
                return bytes(found)
            found += byte

    # -- calls --------------------------------------------------------------------------------------------------------------

    def enter(
        self,
        code: Any,
        params: dict[str, bytearray],
        returned: Callable[[Thread, dict[str, bytearray]], None],
    ) -> None:
        """Goes on in a called function."""
        self.stack.append(Frame(self.code, self.pc + 1, self.regs, self.params, self.local_base, returned))
        self.local_base += -(-self.code.local_bytes // 16) * 16
        if self.local_base + code.local_bytes > LOCAL_LIMIT or len(self.stack) > 10000:
            raise self.fault("StackOverflow", "the stack of a thread overflows")
        self.code, self.pc, self.params = code, 0, params
        self.regs = [0] * code.register_count
        for name, index, width in code.register_params:
            self.regs[index] = int.from_bytes(params[name], "little") & ((1 << width) - 1)

    def leave(self) -> None:
        """ret: back to the caller, or done."""
        if not self.stack:
            self.exit()
            return
        params, code, regs = self.params, self.code, self.regs
        for name, index, width in code.register_returns:
            params[name] = bytearray(regs[index].to_bytes(max(width // 8, 1), "little"))
        frame = self.stack.pop()
        self.code, self.pc, self.regs, self.params = frame.code, frame.pc, frame.regs, frame.params
        self.local_base = frame.local_base
        frame.returned(self, params)

    def exit(self) -> None:
        """The thread is done; those who wait for it look again."""
        self.alive = False
        self.block.live -= 1
        self.warp.recheck()
        self.block.recheck()


class Meeting:
    """Lanes of a warp that wait for each other at a .sync instruction: who is there, with what."""

    def __init__(self, members: int, action: Callable[[dict[int, tuple[Thread, Any]]], None]) -> None:
        self.members, self.action = members, action
        self.there: dict[int, tuple[Thread, Any]] = {}


class Warp:
    """32 threads, or the rest of the block."""

    def __init__(self, block: Block, index: int, count: int, code: Any) -> None:
        self.block, self.index = block, index
        self.threads = [Thread(self, lane, index * 32 + lane, code) for lane in range(count)]
        self.meetings: dict[tuple[str, int], Meeting] = {}
        self.tick = 0

    def meet(
        self,
        thread: Thread,
        key: str,
        members: int,
        value: Any,
        action: Callable[[dict[int, tuple[Thread, Any]]], None],
    ) -> None:
        """The thread waits until all lanes of `members` that are alive have come to a like instruction; then `action` gives
        each its result.
        """
        members |= 1 << thread.lane
        meeting = self.meetings.setdefault((key, members), Meeting(members, action))
        meeting.there[thread.lane] = (thread, value)
        thread.wait = meeting

    def recheck(self) -> None:
        """Ends the meetings that are complete."""
        for key, meeting in list(self.meetings.items()):
            expected = {t.lane for t in self.threads if t.alive and meeting.members >> t.lane & 1}
            if meeting.there.keys() >= expected:
                del self.meetings[key]
                meeting.action(meeting.there)
                for thread, _ in meeting.there.values():
                    thread.wait = None
                    thread.pc += 1


class Barrier:
    """A named barrier of a block: threads that wait, those that only arrived, and what they vote."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Thread, Callable[[Thread, list[bool]], None] | None]] = []
        self.arrived = 0
        self.expected = 0
        self.votes: list[bool] = []


class Block:
    """One thread block."""

    def __init__(self, launch: Launch, linear: int, code: Any, shared_bytes: int) -> None:
        x, y, _ = launch.grid
        self.launch, self.linear = launch, linear
        self.ctaid = (linear % x, linear // x % y, linear // (x * y))
        self.shared = bytearray(shared_bytes + launch.dynamic_shared)
        self.barriers: dict[int, Barrier] = {}
        self.cluster_phase = 0
        self.cluster_arrived = 0
        total = launch.block[0] * launch.block[1] * launch.block[2]
        self.warps = [Warp(self, n, min(32, total - 32 * n), code) for n in range(-(-total // 32))]
        self.threads = [t for w in self.warps for t in w.threads]
        self.live = total  # threads that have not left
        self.grid_waiters: list[Thread] = []
        self.cluster_waiters: list[tuple[Thread, int]] = []

    def recheck(self) -> None:
        """Opens the barriers for which everybody has come."""
        for number, barrier in list(self.barriers.items()):
            if barrier.arrived >= (barrier.expected or self.live) and barrier.arrived:
                del self.barriers[number]
                for thread, result in barrier.waiting:
                    thread.wait = None
                    thread.pc += 1
                    if result is not None:
                        result(thread, barrier.votes)
        if self.cluster_arrived and self.cluster_arrived >= self.live:
            self.cluster_phase += 1
            self.cluster_arrived = 0
        for thread, phase in list(self.cluster_waiters):
            if phase < self.cluster_phase:
                self.cluster_waiters.remove((thread, phase))
                thread.wait = None
                thread.pc += 1
