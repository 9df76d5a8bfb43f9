"""Memory as the reference interpreter sees it. In: addresses, sizes and bytes. Out: bytes, or BadAddress.

Device memory hides behind a protocol of two calls: `Arena` holds it in this process (tests), `Remote` reaches into the process
whose launch is replayed. Generic addresses below 2**56 are device memory; above lie the windows of shared, local and parameter
memory and the heap of device-side malloc, one window each, told apart by the top byte.
"""

from __future__ import annotations

import bisect
import ctypes
import os
from typing import Protocol

SHARED, LOCAL, PARAM, HEAP = (n << 56 for n in (1, 2, 3, 4))
WINDOW = (1 << 56) - 1


class BadAddress(Exception):
    """Nothing is mapped there."""


class Memory(Protocol):
    """Device memory."""

    def load(self, address: int, size: int) -> bytes: ...

    def store(self, address: int, data: bytes) -> None: ...


class Arena:
    """Device memory in this process: allocations with gaps between them."""

    def __init__(self, start: int = 0x7000_0000_0000) -> None:
        self.next = start
        self.starts: list[int] = []
        self.areas: list[bytearray] = []

    def allocate(self, size: int, data: bytes = b"") -> int:
        """The address of `size` zeroed bytes, or of `data`."""
        area = bytearray(data.ljust(size, b"\0"))
        address = self.next
        self.next += -(-max(len(area), 1) // 256) * 256 + 4096
        self.starts.append(address)
        self.areas.append(area)
        return address

    def release(self, address: int) -> None:
        """Forgets an allocation; the address must be its start."""
        index = bisect.bisect_left(self.starts, address)
        if index == len(self.starts) or self.starts[index] != address:
            raise BadAddress
        del self.starts[index], self.areas[index]

    def _find(self, address: int, size: int) -> tuple[bytearray, int]:
        index = bisect.bisect_right(self.starts, address) - 1
        if index >= 0:
            offset = address - self.starts[index]
            if offset + size <= len(self.areas[index]):
                return self.areas[index], offset
        raise BadAddress

    def load(self, address: int, size: int) -> bytes:
        area, offset = self._find(address, size)
        return bytes(area[offset : offset + size])

    def store(self, address: int, data: bytes) -> None:
        area, offset = self._find(address, len(data))
        area[offset : offset + len(data)] = data


class _Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class Remote:
    """Memory of another process, through process_vm_readv and process_vm_writev."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.libc = ctypes.CDLL(None, use_errno=True)
        for name in ("process_vm_readv", "process_vm_writev"):
            getattr(self.libc, name).argtypes = [
                ctypes.c_int,
                ctypes.POINTER(_Piece),
                ctypes.c_ulong,
                ctypes.POINTER(_Piece),
                ctypes.c_ulong,
                ctypes.c_ulong,
            ]
            getattr(self.libc, name).restype = ctypes.c_ssize_t

    def _move(self, name: str, buffer: ctypes.Array[ctypes.c_char], address: int, size: int) -> None:
        here, there = _Piece(ctypes.addressof(buffer), size), _Piece(address, size)
        moved = getattr(self.libc, name)(self.pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
        if moved == size:
            return
        number = ctypes.get_errno()
        if moved < 0 and number in (1, 3, 38):  # not permitted, no such process, not in this kernel
            raise OSError(
                number,
                f"{name} of process {self.pid}: {os.strerror(number)}; the reference engine must be allowed to "
                "read and write the program's memory (ptrace)",
            )
        raise BadAddress

    def load(self, address: int, size: int) -> bytes:
        buffer = ctypes.create_string_buffer(size)
        self._move("process_vm_readv", buffer, address, size)
        return buffer.raw

    def store(self, address: int, data: bytes) -> None:
        self._move("process_vm_writev", ctypes.create_string_buffer(data, len(data)), address, len(data))
